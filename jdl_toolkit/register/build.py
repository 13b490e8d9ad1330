"""Prepare a register: check a lab's tables, write them in order of access, derive what linkage needs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from ..errors import JDLError, Problem
from .contract import column_faults, missing_tables, row_faults
from .linkage_index import derive_linkage_index
from .linkage_model import train_linkage_model
from .schema import SCHEMA_VERSION, TABLES, Column, Table
from .sources import open_sources, unreadable


def build_register(
    src: Path,
    out: Path,
    adapter: Path | None = None,
    progress: Callable[[str], None] | None = None,
    *,
    threads: int = 2,
    memory: str = "2GB",
) -> dict[str, Any]:
    """Check a lab's tables and write them as one file that `Register.open` reads.

    Parameters
    ----------
    src : Path
        Folder of Parquet files: ``person.parquet``, ``person-*.parquet`` or ``person/*.parquet``, and so on.
    out : Path
        The file to write; whole or not at all.
    adapter : Path, optional
        A ``.sql`` file of ``CREATE VIEW person AS SELECT …`` statements that map a lab's own CSV or Parquet files to
        the schema; relative file names start at `src`.
    progress : callable, optional
        Called with a line of text before each step.
    threads, memory : int, str
        Limits; what does not fit into memory is spilled beside `out`.

    Returns
    -------
    dict
        ``register``, ``digest``, ``extract``, ``data_start``, ``data_end``, ``rows`` (table -> rows), ``ignored``
        (columns of the source that the schema does not know).

    Raises
    ------
    JDLError
        With every fault of every table at once.
    """
    src, out, say = Path(src), Path(out), progress or (lambda line: None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        draft = Path(folder) / "register.duckdb"
        config = {"threads": threads, "memory_limit": memory, "temp_directory": str(Path(folder) / "spill")}
        with duckdb.connect(":memory:", config=config) as con:
            con.execute("PRAGMA disable_progress_bar")
            con.execute("SET preserve_insertion_order = false")
            sources = open_sources(con, src, adapter)
            quoted = str(draft).replace("'", "''")
            con.execute(f"ATTACH '{quoted}' AS register")
            _load(con, sources, say)
            con.execute("USE register")
            say("linkage index")
            derive_linkage_index(con)
            say("linkage model")
            train_linkage_model(con)
            summary = _seal(con, sources)
            con.execute("USE memory")
            con.execute("DETACH register")
        draft.replace(out)
    return {"register": str(out), **summary}


def _load(con: duckdb.DuckDBPyConnection, sources: dict[str, dict[str, str]], say: Callable[[str], None]) -> None:
    """Copy every table into the file and check it; raise all faults together."""
    problems: list[Problem] = missing_tables(set(sources))
    loaded = []
    for table in TABLES.values():
        say(f"table {table.name}")
        if table.name not in sources:
            con.execute(f"CREATE TABLE register.{table.name} ({', '.join(_declare(c) for c in table.columns)})")
            continue
        source, columns = f"memory.main.{table.name}", sources[table.name]
        try:
            faults = column_faults(con, table, source, columns)
            if not faults:
                con.execute(f"CREATE TABLE register.{table.name} AS {_select(table, source, columns)}")
                loaded.append(table)
        except duckdb.Error as fault:
            faults = [unreadable(table.name, fault)]
        if faults:
            con.execute(f"CREATE TABLE register.{table.name} ({', '.join(_declare(c) for c in table.columns)})")
        problems += faults
    con.execute("USE register")
    readable = {table.name for table in loaded} | (set(TABLES) - set(sources))
    for table in loaded:
        if all(target in readable for _, target in table.refers):
            problems += row_faults(con, table)
    con.execute("USE memory")
    if problems:
        raise JDLError(problems)


def _select(table: Table, source: str, columns: dict[str, str]) -> str:
    chosen = [_cast(c, columns) for c in table.columns]
    if table.open:
        known = {c.name for c in table.columns}
        chosen += [f'"{name}"' for name in sorted(columns) if name not in known]
    order = ", ".join(f'"{name}"' for name in table.order)
    return f"SELECT {', '.join(chosen)} FROM {source} ORDER BY {order}"


def _cast(c: Column, columns: dict[str, str]) -> str:
    if c.name not in columns:
        return f'{c.default}::{c.type} AS "{c.name}"'
    value = f"nullif(trim(\"{c.name}\"::VARCHAR), '')" if c.type == "VARCHAR" else f'TRY_CAST("{c.name}" AS {c.type})'
    return f'{value} AS "{c.name}"' if c.default == "NULL" else f'coalesce({value}, {c.default}) AS "{c.name}"'


def _declare(c: Column) -> str:
    return f'"{c.name}" {c.type}'


def _seal(con: duckdb.DuckDBPyConnection, sources: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Store schema version and digest, and report what the file holds."""
    rows, parts = {}, []
    for table in TABLES.values():
        rows[table.name], part = _content(con, table.name)
        parts.append(part)
    digest = hashlib.sha256("\n".join([SCHEMA_VERSION, *parts]).encode()).hexdigest()
    con.execute(
        "CREATE OR REPLACE TABLE meta AS SELECT *, ? AS schema_version, ? AS digest FROM meta", [SCHEMA_VERSION, digest]
    )
    start, end, extract = con.execute("SELECT data_start, data_end, extract FROM meta").fetchone()
    known = {t.name: {c.name for c in t.columns} for t in TABLES.values() if not t.open}
    ignored = {name: sorted(set(columns) - known[name]) for name, columns in sources.items() if name in known}
    summary = {"digest": digest, "extract": extract, "data_start": start.isoformat(), "data_end": end.isoformat()}
    return summary | {"rows": rows, "ignored": {name: columns for name, columns in ignored.items() if columns}}


def _content(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Rows of a table and a text that changes with its content, but not with the order of its rows."""
    columns = con.execute(f"DESCRIBE {table}").fetchall()
    row = ", ".join(f'coalesce("{name}"::VARCHAR, chr(30))' for name, *_ in columns)
    total = f"coalesce(sum(md5_number_lower(concat_ws(chr(31), {row}))), 0)"
    n, content = con.execute(f"SELECT count(*), {total}::VARCHAR FROM {table}").fetchone()
    return n, f"{table} {[(name, kind) for name, kind, *_ in columns]} {n} {content}"
