"""Where a register's tables come from: Parquet or CSV files named after them, or files mapped by an SQL adapter."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from ..errors import JDLError, Problem
from .csv_files import Header, numbers_among, read_header
from .schema import TABLES, Table
from .values import literal, quoted

_FILE = re.compile(r"(?P<stem>.+?)(?:-[^.]*)?(?P<kind>\.parquet|\.csv|\.csv\.gz)", re.IGNORECASE)

#: After comments; other things are created by statements of the same type.
_MAKES_VIEW = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?VIEW\b", re.IGNORECASE | re.DOTALL
)


@dataclass
class Sources:
    """The files and views that the tables are read from.

    Parameters
    ----------
    parquet, csv : dict
        Table -> its files, or what their first lines say.
    views : dict
        Table -> its columns (lower case) and their DuckDB types, once it can be read.
    spare : list of str
        Files in the folder that no table is read from.
    """

    parquet: dict[str, list[Path]] = field(default_factory=dict)
    csv: dict[str, list[Header]] = field(default_factory=dict)
    views: dict[str, dict[str, str]] = field(default_factory=dict)
    spare: list[str] = field(default_factory=list)


def find_sources(con: duckdb.DuckDBPyConnection, src: Path, adapter: Path | None) -> Sources:
    """Make a view for every table of the adapter and of Parquet files, and look at the CSV files.

    The adapter's views come first; a table without one is looked for as ``table.parquet``, ``table-*.parquet`` or
    ``table/*.parquet``, or the same in CSV (``.csv``, ``.csv.gz``). Relative file names in the adapter start at `src`.

    Raises
    ------
    JDLError
        If `src` is no folder, the adapter is faulty, or a file is not readable. All faults at once.
    """
    if not src.is_dir():
        raise JDLError("there is no such folder", where=str(src), fix="name the folder that holds the lab's files")
    con.execute(f"SET file_search_path = {literal(str(src.resolve()))}")
    if adapter is not None:
        _run_adapter(con, adapter)
    asked = con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    mapped = {name.lower() for (name,) in asked}
    sources, problems, found = Sources(), [], {}
    for stem, kind, path in _data_files(src):
        if stem in TABLES and stem not in mapped:
            found.setdefault(stem, {}).setdefault(kind, []).append(path)
        elif adapter is None:
            sources.spare.append(path.name)
    for table in TABLES:
        files = found.get(table, {})
        if len(files) > 1:
            fix = "keep one of the two, so that no row is read twice"
            problems.append(Problem("it is there both as Parquet and as CSV", f"table {table}", fix))
        elif "csv" in files:
            looked = [read_header(path) for path in files["csv"]]
            problems += [header for header in looked if isinstance(header, Problem)]
            sources.csv[table] = [header for header in looked if isinstance(header, Header)]
            sources.views[table] = {name: "VARCHAR" for h in sources.csv[table] for name in h.columns}
            problems += _lacking(table, {h.path: set(h.columns) for h in sources.csv[table]})
        elif table in mapped or files:
            sources.parquet[table] = files.get("parquet", [])
            try:
                sources.views[table] = _view(con, table, sources.parquet[table])
                problems += _lacking(table, _columns_by_file(con, sources.parquet[table]))
            except duckdb.Error as fault:
                problems.append(unreadable(table, fault))
    if problems:
        raise JDLError(problems)
    return sources


def _columns_by_file(con: duckdb.DuckDBPyConnection, files: list[Path]) -> dict[Path, set[str]]:
    """What each part of a Parquet table holds; not asked if there is but one."""
    if len(files) < 2:
        return {}
    listed = ", ".join(literal(str(file.resolve())) for file in files)
    asked = f"SELECT file_name, list(lower(name)) FROM parquet_schema([{listed}]) GROUP BY ALL"
    return {Path(file): set(names) for file, names in con.execute(asked).fetchall()}


def _lacking(table: str, columns: dict[Path, set[str]]) -> list[Problem]:
    """Parts that lack a column which others have: their rows would look as if the cells were empty."""
    problems = []
    for needed in (c.name for c in TABLES[table].columns if c.required):
        without = sorted(path.name for path, names in columns.items() if needed not in names)
        if 0 < len(without) < len(columns):
            what = f"{len(without):,} of {len(columns):,} files lack this column"
            fix = f"add it to {', '.join(without[:3])}{' and the others' * (len(without) > 3)}"
            problems.append(Problem(what, f"table {table}, column {needed}", fix))
    return problems


def open_csv(con: duckdb.DuckDBPyConnection, table: Table, converted: Path) -> dict[str, str]:
    """Make the view of a table whose CSV files were converted; a lab's own columns of numbers become numbers."""
    columns = _view(con, table.name, [converted])
    own = [name for name in columns if name not in {c.name for c in table.columns}] if table.open else []
    numbers = numbers_among(con, f"memory.main.{table.name}", own)
    if numbers:
        cast = ", ".join(f"TRY_CAST({quoted(n)} AS {kind}) AS {quoted(n)}" for n, kind in numbers.items())
        con.execute(
            f"CREATE OR REPLACE VIEW memory.main.{table.name} AS SELECT * REPLACE ({cast}) "
            f"FROM read_parquet({literal(str(converted))})"
        )
    return columns | numbers


def _view(con: duckdb.DuckDBPyConnection, table: str, files: list[Path]) -> dict[str, str]:
    if files:
        listed = ", ".join(literal(str(file.resolve())) for file in files)
        con.execute(
            f"CREATE OR REPLACE VIEW memory.main.{table} AS FROM read_parquet([{listed}], union_by_name = true)"
        )
    columns = con.execute(f"DESCRIBE memory.main.{table}").fetchall()
    return {name.lower(): kind for name, kind, *_ in columns}


def fingerprint(src: Path, adapter: Path | None, sources: Sources, versions: list[str]) -> str:
    """A text that changes when a file, the adapter or a version does: path, size and time of every file read."""
    files = {path for paths in sources.parquet.values() for path in paths}
    files |= {header.path for headers in sources.csv.values() for header in headers}
    text = adapter.read_text(encoding="utf-8") if adapter is not None else ""
    for named in re.findall(r"'((?:[^']|'')+\.(?:[^']|'')+)'", text):
        files |= _named_files(src, named.replace("''", "'"))
    stamps = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(files)]
    return hashlib.sha256(json.dumps([versions, text, stamps]).encode()).hexdigest()


def _named_files(src: Path, named: str) -> set[Path]:
    """Files that a text in the adapter may mean; most texts mean none."""
    try:
        path = Path(named)
        root, pattern = (Path(path.anchor), str(path.relative_to(path.anchor))) if path.anchor else (src, named)
        return {found for found in root.glob(pattern) if found.is_file()}
    except (ValueError, NotImplementedError, OSError):
        return set()


def _data_files(src: Path) -> Iterator[tuple[str, str, Path]]:
    """Table (if its name is one), kind and path of the files in the folder, and in folders named after a table."""
    for path in sorted(src.iterdir()):
        inside = path.is_dir() and path.name.lower() in TABLES
        for file in sorted(path.iterdir()) if inside else [path]:
            named = _FILE.fullmatch(file.name)
            if named and file.is_file():
                kind = "parquet" if named["kind"].lower() == ".parquet" else "csv"
                yield (path.name if inside else named["stem"]).lower(), kind, file


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
        if statement.type != duckdb.StatementType.CREATE or not _MAKES_VIEW.match(statement.query):
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
