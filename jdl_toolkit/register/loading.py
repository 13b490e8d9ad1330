"""Load one table into the register: good rows sorted, bad ones set aside whole, everything counted.

One pass reads, judges and sorts. The few bad rows are then taken out again, so that the source is read once only.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb

from ..errors import Problem
from .contract import CAME, FAULTS, Fault, judged
from .coverage import years_covered
from .dates import decide_styles
from .schema import Table
from .set_aside import ASIDE, as_problem, collect_faults, keep_keys, unsplit_lines, write_rows
from .values import is_text_date, quoted, text_of

#: Reason of rows that are given more than once.
TWICE = Fault("", "the same row more than once", "send each row once; one was kept", "", True)


def load_table(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    columns: dict[str, str],
    set_aside: set[str],
    folder: Path,
    n_lines: int = 0,
) -> dict[str, Any]:
    """Make ``register.<table>`` from the view ``memory.main.<table>``.

    Whatever an interrupted attempt left of the table is replaced.

    Parameters
    ----------
    columns : dict of str to str
        Columns of the view and their types; empty for a table that is absent.
    set_aside : set of str
        Tables before this one of which rows with a key were set aside.
    folder : Path
        Where the rows set aside are written.
    n_lines : int
        Lines of its files that could not be split into columns, and are set aside already.

    Returns
    -------
    dict
        What `summary` and later steps need, all of it JSON: ``n_read``, ``n_kept``, ``n_set_aside``, ``faults``,
        ``coverage``, ``content``, ``problems``, ``dates``, ``has_keys_aside``.
    """
    name = f"register.{table.name}"
    styles, problems, faults, n_read, has_keys = {}, [], [], 0, False
    if not columns:
        con.execute(
            f"CREATE OR REPLACE TABLE {name} ({', '.join(f'{quoted(c.name)} {c.type}' for c in table.columns)})"
        )
    else:
        source = f"memory.main.{table.name}"
        texts = {c.name: text_of(c.name) for c in table.columns if is_text_date(c, columns.get(c.name, "DATE"))}
        styles = decide_styles(con, source, texts)
        query, kinds = judged(table, source, columns, styles, set_aside)
        order = ", ".join(quoted(column) for column in table.order)
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {query} ORDER BY {order}")
        n_read = con.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        kinds = [*kinds, TWICE]
        _take_out(con, name, kinds)
        problems = _keys_that_differ(con, table)
        faults = collect_faults(con, table, kinds)
        has_keys = keep_keys(con, table, kinds)
        write_rows(con, table, kinds, folder)
        con.execute(f"DROP TABLE {ASIDE}")
    n_kept, content = content_of(con, table.name)
    if n_lines:
        n_read += n_lines
        faults = [unsplit_lines(table, n_lines, n_read), *faults]
    return {
        "n_read": n_read,
        "n_kept": n_kept,
        "n_set_aside": n_read - n_kept,
        "faults": faults,
        "coverage": years_covered(con, table),
        "content": content,
        "problems": problems,
        "dates": {column: style.words for column, style in styles.items() if style.words},
        "has_keys_aside": has_keys,
    }


def _take_out(con: duckdb.DuckDBPyConnection, name: str, kinds: list[Fault]) -> None:
    """Move faulty rows to the table `ASIDE` (faults, row as it came), and out of the register what cannot stay."""
    con.execute(
        f'CREATE OR REPLACE TEMP TABLE {ASIDE} AS SELECT "{FAULTS}", "{CAME}" FROM {name} WHERE "{FAULTS}" <> 0'
    )
    rows = sum(1 << i for i, kind in enumerate(kinds) if kind.sets_aside)
    if con.execute(f"SELECT EXISTS (FROM {ASIDE})").fetchone()[0]:
        con.execute(f'DELETE FROM {name} WHERE "{FAULTS}" & {rows} <> 0')
    con.execute(f'ALTER TABLE {name} DROP COLUMN "{FAULTS}"')
    con.execute(f'ALTER TABLE {name} DROP COLUMN "{CAME}"')
    columns = [quoted(column) for column, *_ in con.execute(f"DESCRIBE {name}").fetchall()]
    same = " AND ".join(f"{c} IS NOT DISTINCT FROM lag({c}) OVER ()" for c in columns)
    con.execute("SET preserve_insertion_order = true")  # the rows are sorted, so that equal ones are neighbours
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE twice AS SELECT row FROM (
            SELECT rowid AS row, row_number() OVER () AS number, {same} AS same FROM {name}
        ) WHERE same AND number > 1
        """
    )
    con.execute("SET preserve_insertion_order = false")
    if con.execute("SELECT EXISTS (FROM twice)").fetchone()[0]:
        bit = 1 << (len(kinds) - 1)
        con.execute(
            f"INSERT INTO {ASIDE} SELECT {bit}, to_json(t)::VARCHAR FROM {name} AS t WHERE t.rowid IN (FROM twice)"
        )
        con.execute(f"DELETE FROM {name} WHERE rowid IN (FROM twice)")
    con.execute("DROP TABLE twice")


def _keys_that_differ(con: duckdb.DuckDBPyConnection, table: Table) -> list[list[str]]:
    """A problem if a key stands on rows that differ; one row of each is left, so that later tables can be judged."""
    if not table.key:
        return []
    key, name = ", ".join(quoted(c) for c in table.key), f"register.{table.name}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE shared AS SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1")
    rows, problems = f"{name} SEMI JOIN shared USING ({key})", []
    n = con.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
    if n:
        named = " and ".join(table.key)
        what, fix = f"{n:,} rows share their {named}, but differ", f"keep one row for each {named}"
        problems = [[what, f"table {table.name}", fix]]
        con.execute(
            f"""
            DELETE FROM {name} WHERE rowid IN (
                SELECT t.rowid FROM {name} t SEMI JOIN shared USING ({key})
                QUALIFY row_number() OVER (PARTITION BY {key}) > 1)
            """
        )
    con.execute("DROP TABLE shared")
    return problems


def content_of(con: duckdb.DuckDBPyConnection, table: str, without: Collection[str] = ()) -> tuple[int, str]:
    """Rows of a table and a text that changes with its content, but not with the order of its rows.

    `without`: columns that do not count.
    """
    described = con.execute(f"DESCRIBE register.{table}").fetchall()
    columns = [column for column in described if column[0] not in without]
    row = ", ".join(f"coalesce({quoted(name)}::VARCHAR, chr(30))" for name, *_ in columns)
    total = f"coalesce(sum(md5_number_lower(concat_ws(chr(31), {row}))), 0)"
    n, content = con.execute(f"SELECT count(*), {total}::VARCHAR FROM register.{table}").fetchone()
    return n, f"{table} {json.dumps([(name, kind) for name, kind, *_ in columns])} {n} {content}"


def counts_that_differ(con: duckdb.DuckDBPyConnection, done: dict[str, Any]) -> list[Problem]:
    """Problems if ``meta`` is not one good row, or counts other rows than were read."""
    note = done["table meta"]
    if note["n_read"] != 1 or note["faults"]:
        one = "give exactly one row, about the extract as a whole"
        rows = [Problem(f"{note['n_read']:,} rows", "table meta", one)] if note["n_read"] != 1 else []
        return rows + [as_problem(fault) for fault in note["faults"]]
    names = ("person", "disposal", "offence")
    told = con.execute(f"SELECT {', '.join(f'n_{n}s' for n in names)} FROM register.meta").fetchone()
    return [
        Problem(
            f"{n:,} were sent, {done[f'table {name}']['n_read']:,} were read",
            f"table meta, column n_{name}s",
            "check that all files of the extract are there, once each",
        )
        for name, n in zip(names, told, strict=True)
        if n is not None and n != done[f"table {name}"]["n_read"]
    ]
