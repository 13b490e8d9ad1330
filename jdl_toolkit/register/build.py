"""Prepare a register: read a lab's tables, set broken rows aside, write the good ones, derive what linkage needs.

Each step leaves its result in a draft beside the register and is then recorded, so that a build that was interrupted
goes on where it stopped. The draft takes the register's place when all is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from .. import __version__
from ..errors import JDLError, Problem
from .contract import missing_columns, missing_tables
from .csv_files import csv_to_parquet
from .linkage_index import derive_linkage_index
from .linkage_model import train_linkage_model
from .loading import counts_that_differ, load_table
from .remarks import find_remarks
from .schema import SCHEMA_VERSION, TABLES
from .set_aside import as_problem, too_many
from .sources import Sources, find_sources, fingerprint, open_csv, unreadable
from .summary import record, summarise
from .work import Work, only_builder, stopped_by_ctrl_c

#: Days of times with a zone are days here.
TIME_ZONE = "Europe/London"
#: Share of a table's rows, or of a column's values, above which the mapping is taken to be wrong.
MOST_SET_ASIDE = 0.01

Progress = Callable[[str, int, int], None]


def build_register(
    src: Path,
    out: Path,
    adapter: Path | None = None,
    progress: Progress | None = None,
    *,
    strict: bool = False,
    most_set_aside: float = MOST_SET_ASIDE,
    threads: int = 2,
    memory: str = "4GB",
) -> dict[str, Any]:
    """Read a lab's tables and write them as one file that `Register.open` reads.

    Run again after an interruption, it goes on after the last step that was finished.

    Parameters
    ----------
    src : Path
        Folder of Parquet or CSV files: ``person.parquet``, ``person-*.csv``, ``person/*.csv.gz``, and so on.
    out : Path
        The file to write; whole or not at all. Rows set aside are written beside it, to ``<out>.set-aside/``.
    adapter : Path, optional
        A ``.sql`` file of ``CREATE VIEW person AS SELECT …`` statements that map a lab's own CSV or Parquet files to
        the schema; relative file names start at `src`.
    progress : callable, optional
        Called with the name of a step, how many steps are done and how many there are.
    strict : bool
        Refuse if a single row would be set aside or a single value left out.
    most_set_aside : float
        Refuse if a larger share of a table's rows would be set aside, or of a column's values be left out (and more
        than ten, or more than half).
    threads, memory : int, str
        Limits of DuckDB; what does not fit into memory is spilled beside `out`.

    Returns
    -------
    dict
        See `summary.summarise`; with ``register`` and ``set_aside_folder`` (None if nothing was set aside).

    Raises
    ------
    JDLError
        Missing tables or columns, unreadable files, keys that stand on rows that differ, too much set aside; all at
        once, never with a value of a row.
    """
    src, out, tell = Path(src), Path(out), progress or (lambda *step: None)
    with stopped_by_ctrl_c(), only_builder(out), _connect(threads, memory) as con:
        con.execute("PRAGMA disable_progress_bar; SET preserve_insertion_order = false")
        con.execute(f"SET TimeZone = '{TIME_ZONE}'")
        sources = find_sources(con, src, adapter)
        _refuse(_missing(sources))
        versions = [__version__, SCHEMA_VERSION, duckdb.__version__]
        key = fingerprint(src, adapter, sources, versions)
        work = Work(out, key)
        done = work.attach(con)
        con.execute(f"SET temp_directory = '{str(work.folder / 'spill').replace(chr(39), chr(39) * 2)}'")
        steps = _Steps(con, work, done, sources, tell)
        _read_tables(con, steps, work)
        if fingerprint(src, adapter, sources, versions) != key:
            work.clear()
            raise JDLError("a file changed while it was read", str(src), "run the command again when all is in place")
        notes = {table: done[f"table {table}"] for table in TABLES}
        _guard(notes, work, strict, most_set_aside)
        con.execute("USE register")
        steps.run("remarks", lambda: find_remarks(con))
        steps.run("linkage index", lambda: _index(con))
        steps.run("linkage model", lambda: train_linkage_model(con))
        digest = hashlib.sha256("\n".join([SCHEMA_VERSION, *(n["content"] for n in notes.values())]).encode())
        record(con, notes, done["remarks"], SCHEMA_VERSION, digest.hexdigest())
        summary = summarise(con, done, sources)
        con.execute("USE memory")
        con.execute("DETACH register")
        beside = work.publish()
        work.clear()
    return {"register": str(out), "set_aside_folder": str(beside) if beside else None, **summary}


def _connect(threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory})
    except duckdb.Error:
        raise JDLError("this is no amount of memory", "--memory", "write it as 4GB or 500MB") from None


class _Steps:
    """Runs the steps that are not finished, and records each."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, work: Work, done: dict, sources: Sources, tell: Progress
    ) -> None:
        self.con, self.work, self.done, self.sources, self.tell = con, work, done, sources, tell
        self.total = len(sources.csv) + len(TABLES) + 3

    def run(self, step: str, make: Callable[[], Any]) -> None:
        if step not in self.done:
            self.tell(step, len(self.done), self.total)
            self.done[step] = make()
            self.work.finish_step(self.con, step, self.done[step])


def _missing(sources: Sources) -> list[Problem]:
    problems = missing_tables(sources.views, [name.split(".")[0].lower() for name in sources.spare])
    for table, columns in sources.views.items():
        problems += missing_columns(TABLES[table], columns)
    return problems


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise JDLError(problems)


def _read_tables(con: duckdb.DuckDBPyConnection, steps: _Steps, work: Work) -> None:
    """Load every table; raise what refuses the build, of all tables together."""
    problems, aside = [], set()
    for table in TABLES.values():
        step = f"table {table.name}"
        try:
            if step not in steps.done:
                columns, n_lines = _open(con, steps, table.name, work)
                steps.run(step, partial(load_table, con, table, columns, aside, work.set_aside, n_lines))
        except duckdb.Error as fault:
            if isinstance(fault, duckdb.OutOfMemoryException) or "No space left" in str(fault):
                fix = (
                    "free disk space, or allow more with --memory, and run the command again; what is finished is kept"
                )
                raise JDLError("the build ran out of memory or disk space", step, fix) from None
            problems.append(unreadable(table.name, fault))
            load_table(con, table, {}, aside, work.set_aside)
            continue
        note = steps.done[step]
        problems += [Problem(*problem) for problem in note["problems"]]
        aside |= {table.name} if note["has_keys_aside"] else set()
    if not problems:
        problems = counts_that_differ(con, steps.done)
    if problems:
        con.execute("DETACH register")
        work.clear()
        raise JDLError(problems)


def _open(con: duckdb.DuckDBPyConnection, steps: _Steps, table: str, work: Work) -> tuple[dict[str, str], int]:
    """The columns of a table's view, and how many lines of its files could not be split; CSV is converted first."""
    if table not in steps.sources.csv:
        return steps.sources.views.get(table, {}), 0
    converted, lines = work.folder / f"{table}.parquet", work.set_aside / f"{table}-lines.parquet"
    headers = steps.sources.csv[table]
    steps.run(f"csv {table}", partial(csv_to_parquet, con, headers, converted, lines))
    return open_csv(con, TABLES[table], converted), steps.done[f"csv {table}"]["n_lines"]


def _guard(notes: dict[str, Any], work: Work, strict: bool, most: float) -> None:
    """Refuse if too much is broken. What is finished stays, so that the same command goes on with another limit."""
    faults = [fault for note in notes.values() for fault in note["faults"]]
    if strict:
        problems = [as_problem(fault) for fault in faults]
    else:
        rows = {table: (note["n_read"], note["n_set_aside"]) for table, note in notes.items()}
        problems = too_many(faults, rows, most)
    if not notes["person"]["n_kept"]:
        problems.append(Problem("no person is left", "table person", "check the files and the adapter"))
    if problems:
        limit = f"more than {100 * most:g} % of a table or column is wrong, which looks like a wrong mapping"
        what = "with --strict nothing may be set aside" if strict else limit
        fix = f"look at the rows in {work.set_aside}; correct the files or the adapter and run the command again"
        fix += "; or run it without --strict" if strict else "; or, if all is as it should be, raise --most-set-aside"
        raise JDLError([*problems, Problem(f"no register was made: {what}", str(work.out), fix)])


def _index(con: duckdb.DuckDBPyConnection) -> None:
    """Derive the linkage index anew; whatever an interrupted attempt left goes."""
    asked = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'register'"
    for (name,) in con.execute(asked).fetchall():
        if name not in TABLES and name != "build_step" and not name.startswith("aside_"):
            con.execute(f"DROP TABLE register.{name}")
    derive_linkage_index(con)
