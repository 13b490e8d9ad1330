"""Where a register's tables come from: Parquet files named after them, or a lab's files mapped by an SQL adapter."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ..errors import JDLError, Problem
from .schema import TABLES


def open_sources(con: duckdb.DuckDBPyConnection, src: Path, adapter: Path | None) -> dict[str, dict[str, str]]:
    """Make a view for every table that `src` or the adapter gives.

    The adapter's views come first; a table without one is looked for as ``table.parquet``, ``table-*.parquet`` or
    ``table/*.parquet``. Relative file names in the adapter start at `src`.

    Returns
    -------
    dict
        Table -> its columns (lower case) and their DuckDB types.

    Raises
    ------
    JDLError
        If `src` is no folder, the adapter is faulty, or a file is not readable. All faults at once.
    """
    if not src.is_dir():
        raise JDLError("there is no such folder", where=str(src), fix="name the folder that holds the lab's files")
    con.execute(f"SET file_search_path = {_quote(str(src.resolve()))}")
    if adapter is not None:
        _run_adapter(con, adapter)
    given = {
        row[0].lower() for row in con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    }
    sources, problems = {}, []
    for table in TABLES:
        try:
            if table not in given:
                files = _parquet_files(src, table)
                if not files:
                    continue
                listed = ", ".join(_quote(str(file.resolve())) for file in files)
                con.execute(f"CREATE VIEW {table} AS FROM read_parquet([{listed}], union_by_name = true)")
            columns = con.execute(f"DESCRIBE memory.main.{table}").fetchall()
            sources[table] = {name.lower(): kind for name, kind, *_ in columns}
        except duckdb.Error as fault:
            problems.append(unreadable(table, fault))
    if problems:
        raise JDLError(problems)
    return sources


def unreadable(table: str, fault: duckdb.Error) -> Problem:
    """Which table could not be read; the reader's own words may hold values, so only their kind is named."""
    fix = "check that its files are whole, and that the adapter converts every value"
    return Problem(f"the rows could not be read ({type(fault).__name__})", f"table {table}", fix)


def _run_adapter(con: duckdb.DuckDBPyConnection, adapter: Path) -> None:
    try:
        statements = con.extract_statements(adapter.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise JDLError(
            "the adapter is missing or unreadable", str(adapter), "name a .sql file, saved as UTF-8"
        ) from None
    except duckdb.Error:
        raise JDLError(
            "the adapter is not valid SQL", str(adapter), "correct its syntax; DuckDB's SQL is used"
        ) from None
    problems = []
    for number, statement in enumerate(statements, start=1):
        place = f"{adapter.name}, statement {number}"
        if statement.type != duckdb.StatementType.CREATE:
            problems.append(
                Problem("only CREATE VIEW statements may stand here", place, "write CREATE VIEW person AS SELECT …")
            )
            continue
        try:
            con.execute(statement)
        except (duckdb.BinderException, duckdb.CatalogException) as fault:
            # These speak of the names of columns, tables and functions, never of values.
            problems.append(
                Problem(str(fault).split("\n")[0], place, "correct the names; DESCRIBE lists a file's columns")
            )
        except duckdb.Error as fault:
            fix = "check the file names (they start at the source folder) and the format"
            problems.append(Problem(f"a file could not be read ({type(fault).__name__})", place, fix))
    if problems:
        raise JDLError(problems)


def _parquet_files(src: Path, table: str) -> list[Path]:
    return sorted({*src.glob(f"{table}.parquet"), *src.glob(f"{table}-*.parquet"), *(src / table).glob("*.parquet")})


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
