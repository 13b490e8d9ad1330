"""What a build read, kept, left out and set aside: as tables of the register, and in words."""

from __future__ import annotations

from typing import Any

import duckdb
import pandas as pd

from .coverage import coverage_table
from .schema import TABLES
from .set_aside import VALUE_LEFT_OUT
from .sources import Sources


def record(
    con: duckdb.DuckDBPyConnection, notes: dict[str, Any], remarks: list[dict[str, Any]], version: str, digest: str
) -> None:
    """Write the tables ``set_aside``, ``remark``, ``row_count``, ``coverage``, complete ``meta``, drop the build's own.

    Parameters
    ----------
    notes : dict
        Table -> what `load_table` returned.
    remarks : list of dict
        What `find_remarks` returned.
    """
    start, end = con.execute("SELECT data_start, data_end FROM meta").fetchone()
    faults = [fault for note in notes.values() for fault in note["faults"]]
    counts = [{"table": t} | {k: note[k] for k in ("n_read", "n_set_aside", "n_kept")} for t, note in notes.items()]
    frames = {
        "set_aside": pd.DataFrame(faults, columns=["table", "column", "reason", "action", "n_rows"]).astype(
            {"table": str, "column": str, "reason": str, "action": str, "n_rows": "int64"}
        ),
        "remark": pd.DataFrame(remarks, columns=["table", "what", "rule", "n_rows", "n_given"]).astype(
            {"table": str, "what": str, "rule": str, "n_rows": "int64", "n_given": "int64"}
        ),
        "row_count": pd.DataFrame(counts),
        "coverage": coverage_table([row for note in notes.values() for row in note["coverage"]], start, end),
    }
    con.execute("BEGIN")
    for name, frame in frames.items():
        con.register("frame", frame)
        dates = "* REPLACE (first::DATE AS first, last::DATE AS last)" if name == "coverage" else "*"
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {dates} FROM frame")
        con.unregister("frame")
    con.execute(
        "CREATE OR REPLACE TABLE meta AS SELECT *, ? AS schema_version, ? AS digest FROM meta", [version, digest]
    )
    for table in TABLES:
        con.execute(f"DROP TABLE IF EXISTS aside_{table}")
    con.execute("DROP TABLE build_step")
    con.execute("COMMIT")


def summarise(con: duckdb.DuckDBPyConnection, done: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """What `build_register` returns.

    Returns
    -------
    dict
        ``digest``, ``extract``, ``data_start``, ``data_end``; ``rows`` (table -> rows kept); ``set_aside`` (a dict
        per table, column and reason: action, n_rows, n_given, fix); ``remarks`` (a dict per table and kind: what, rule,
        n_rows, n_given); ``dates`` (table.column -> how read, where not ISO); ``files`` (CSV file -> how written, if
        unusual); ``covers`` (table.column -> first, last, n_outside the period); ``may_be_incomplete`` (table, column,
        year, n_rows); ``ignored`` (table -> columns that the schema does not know); ``files_not_used``.
    """
    notes = {table: done[f"table {table}"] for table in TABLES}
    start, end, extract, digest = con.execute("SELECT data_start, data_end, extract, digest FROM meta").fetchone()
    covers = con.execute(
        """
        SELECT "table" || '.' || "column", min(first)::VARCHAR, max(last)::VARCHAR, sum(n_outside)::BIGINT,
            sum(n_rows)::BIGINT
        FROM coverage GROUP BY ALL HAVING sum(n_rows) > 0 ORDER BY 1
        """
    ).fetchall()
    keys = ("first", "last", "n_outside", "n_rows")
    thin = con.execute('SELECT "table", "column", year, n_rows FROM coverage WHERE may_be_incomplete ORDER BY ALL').df()
    known = {t.name: {c.name for c in t.columns} for t in TABLES.values() if not t.open}
    ignored = {t: sorted(set(columns) - known[t]) for t, columns in sources.views.items() if t in known}
    return {
        "digest": digest,
        "extract": extract,
        "data_start": start.isoformat(),
        "data_end": end.isoformat(),
        "rows": {table: note["n_kept"] for table, note in notes.items()},
        "set_aside": [fault for note in notes.values() for fault in note["faults"]],
        "remarks": done["remarks"],
        "dates": {f"{t}.{c}": words for t, note in notes.items() for c, words in note["dates"].items()},
        "files": {k: v for step, note in done.items() if step.startswith("csv ") for k, v in note["files"].items()},
        "covers": {name: dict(zip(keys, values, strict=True)) for name, *values in covers},
        "may_be_incomplete": thin.to_dict("records"),
        "ignored": {name: columns for name, columns in ignored.items() if columns},
        "files_not_used": sources.spare,
    }


def in_words(made: dict[str, Any]) -> str:
    """What `summarise` returned, for whoever ran the command."""
    said = [
        f"Built {made['register']}: extract {made['extract']}, data from {made['data_start']} to {made['data_end']}.",
        *(_table_line(made, table, n) for table, n in made["rows"].items() if n and table != "meta"),
    ]
    if empty := [table for table, n in made["rows"].items() if not n]:
        said.append(f"  without rows: {', '.join(empty)}")
    said += _paragraph("How the files were read", _alike(made["files"] | made["dates"]))
    said += _paragraph("Set aside or left out", [_fault_line(fault) for fault in made["set_aside"]])
    if made["set_aside_folder"]:
        said.append(f"  The rows, as they came: {made['set_aside_folder']}. They are about people: keep them safe.")
    said += _paragraph("Kept, but look at them", [_remark_line(remark) for remark in made["remarks"]])
    thin = [f"{t['table']}.{t['column']}, {t['year']}: {_rows(t['n_rows'])}" for t in made["may_be_incomplete"]]
    said += _paragraph("Years that may be incomplete (less than a tenth of their neighbours)", thin)
    ignored = [f"{table}: columns {', '.join(columns)}" for table, columns in made["ignored"].items()]
    said += _paragraph("Not used", ignored + [f"file {name}" for name in made["files_not_used"]])
    return "\n".join(said)


def _table_line(made: dict[str, Any], table: str, n: int) -> str:
    line = f"  {table:<16} {_rows(n):>18}"
    for name, covered in made["covers"].items():
        if name.startswith(f"{table}."):
            line += f"; {name.split('.')[1]} {covered['first']} to {covered['last']}"
            if covered["n_outside"]:
                share = covered["n_outside"] / covered["n_rows"]
                line += f" ({covered['n_outside']:,} outside the period, {share:.1%})"
    return line


def _alike(told: dict[str, str]) -> list[str]:
    """What is told of several places, once."""
    return [f"{words}: {', '.join(k for k, v in told.items() if v == words)}" for words in dict.fromkeys(told.values())]


def _rows(n: int) -> str:
    return f"{n:,} row" if n == 1 else f"{n:,} rows"


def _fault_line(fault: dict[str, Any]) -> str:
    place = f"{fault['table']}.{fault['column']}" if fault["column"] else fault["table"]
    left_out = fault["action"] == VALUE_LEFT_OUT
    done = "left out" if left_out else "set aside"
    unit = "values" if left_out else "rows"
    return f"{place}: {fault['n_rows']:,} of {fault['n_given']:,} {unit} {done}: {fault['reason']} ({fault['fix']})"


def _remark_line(remark: dict[str, Any]) -> str:
    return f"{remark['table']}: {remark['n_rows']:,} of {remark['n_given']:,} rows: {remark['what']} ({remark['rule']})"


def _paragraph(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines)] if lines else []
