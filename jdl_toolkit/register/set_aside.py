"""Rows set aside and values left out: counted by table, column and reason, and written where they can be repaired."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from ..errors import Problem
from .contract import CAME, FAULTS, Fault
from .schema import Table
from .values import literal, quoted

#: Temporary table of the faulty rows of the table that is being loaded.
ASIDE = "temp.aside"
ROW_SET_ASIDE, VALUE_LEFT_OUT = "row set aside", "value left out"
#: So many broken rows are no sign of a wrong mapping, unless they are more than half.
FEW = 10


def collect_faults(con: duckdb.DuckDBPyConnection, table: Table, kinds: list[Fault]) -> list[dict[str, Any]]:
    """Count the rows of `ASIDE` by column and reason: what cost rows their place, and of other rows what was left out.

    Returns
    -------
    list of dict
        table, column, reason, action, n_rows, n_given (rows, or values of the column, out of which), fix, follows.
    """
    rows = _row_bits(kinds)
    found = con.execute(f'SELECT "{FAULTS}", count(*) FROM {ASIDE} GROUP BY ALL').fetchall()
    counts = [0] * len(kinds)
    for bits, n in found:
        for i, kind in enumerate(kinds):
            counts[i] += n if bits >> i & 1 and kind.sets_aside == bool(bits & rows) else 0
    n_aside = sum(n for bits, n in found if bits & rows)
    n_rows = con.execute(f"SELECT count(*) FROM register.{table.name}").fetchone()[0] + n_aside
    return [
        {
            "table": table.name,
            "column": kind.column,
            "reason": kind.reason,
            "action": ROW_SET_ASIDE if kind.sets_aside else VALUE_LEFT_OUT,
            "n_rows": n,
            "n_given": n_rows if kind.sets_aside else _given(con, table, kind, counts, kinds),
            "fix": kind.fix + _near_codes(con, table, kind, i),
            "follows": kind.follows,
        }
        for i, (kind, n) in enumerate(zip(kinds, counts, strict=True))
        if n
    ]


def _given(con: duckdb.DuckDBPyConnection, table: Table, kind: Fault, counts: list[int], kinds: list[Fault]) -> int:
    """How many rows give a value for the column, wrong ones included."""
    kept = con.execute(f"SELECT count({quoted(kind.column)}) FROM register.{table.name}").fetchone()[0]
    column = next(c for c in table.columns if c.name == kind.column)
    if column.instead != "NULL":
        return kept
    return kept + sum(n for k, n in zip(kinds, counts, strict=True) if k.column == kind.column and not k.sets_aside)


def _near_codes(con: duckdb.DuckDBPyConnection, table: Table, kind: Fault, i: int) -> str:
    """Which allowed codes the wrong ones resemble. The wrong ones are never told: a name may stand among them."""
    codes = next((c.codes for c in table.columns if c.name == kind.column), ())
    if not codes or "code" not in kind.reason:
        return ""
    wrong = con.execute(
        f'SELECT DISTINCT {_came(kind.column)} FROM {ASIDE} WHERE "{FAULTS}" & {1 << i} <> 0 ORDER BY 1 LIMIT 200'
    ).fetchall()
    plain = {code.lower(): code for code in codes}
    near = {plain[m] for (text,) in wrong for m in get_close_matches((text or "").lower(), plain, n=1, cutoff=0.7)}
    return f"; some resemble {', '.join(sorted(near))}" if near else ""


def _came(column: str) -> str:
    return f'json_extract_string("{CAME}", {literal(f"$.{quoted(column)}")})'


def keep_keys(con: duckdb.DuckDBPyConnection, table: Table, kinds: list[Fault]) -> bool:
    """Keep the keys of rows set aside, so that rows that refer to them can say why; returns whether there are any."""
    if len(table.key) != 1:
        return False
    key, name = table.key[0], f"register.aside_{table.name}"
    con.execute(
        f"""
        CREATE OR REPLACE TABLE {name} AS
        SELECT DISTINCT TRY_CAST({_came(key)} AS BIGINT) AS {quoted(key)} FROM {ASIDE}
        WHERE "{FAULTS}" & {_row_bits(kinds)} <> 0 AND TRY_CAST({_came(key)} AS BIGINT) IS NOT NULL
        """
    )
    if con.execute(f"SELECT EXISTS (FROM {name})").fetchone()[0]:
        return True
    con.execute(f"DROP TABLE {name}")
    return False


def write_rows(con: duckdb.DuckDBPyConnection, table: Table, kinds: list[Fault], folder: Path) -> None:
    """Write the rows of `ASIDE` as they came, as text, with ``jdl_action`` and ``jdl_reasons`` before their columns."""
    target = folder / f"{table.name}.parquet"
    target.unlink(missing_ok=True)
    keys = con.execute(f'SELECT DISTINCT unnest(json_keys("{CAME}")) FROM {ASIDE} ORDER BY 1').fetchall()
    if not keys:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    shape = literal(json.dumps({key: "VARCHAR" for (key,) in keys}))
    reasons = ", ".join(
        f'CASE WHEN "{FAULTS}" & {1 << i} <> 0 THEN {literal(f"{k.column}: {k.reason}" if k.column else k.reason)} END'
        for i, k in enumerate(kinds)
    )
    con.execute(
        f"""
        COPY (
            SELECT CASE WHEN "{FAULTS}" & {_row_bits(kinds)} <> 0 THEN '{ROW_SET_ASIDE}' ELSE '{VALUE_LEFT_OUT}' END
                AS jdl_action, array_to_string(list_filter([{reasons}], lambda r: r IS NOT NULL), '; ') AS jdl_reasons,
                unnest(json_transform("{CAME}", {shape}))
            FROM {ASIDE}
        ) TO {literal(str(target))} (FORMAT parquet)
        """
    )


def _row_bits(kinds: list[Fault]) -> int:
    return sum(1 << i for i, kind in enumerate(kinds) if kind.sets_aside)


def unsplit_lines(table: Table, n: int, out_of: int) -> dict[str, Any]:
    """The entry for lines of CSV files that do not have the columns of the header."""
    fix = "put texts that hold the separator between double quotes, and write a quote within them twice"
    entry = {"table": table.name, "column": "", "reason": "a line without the columns of the header"}
    return entry | {"action": ROW_SET_ASIDE, "n_rows": n, "n_given": out_of, "fix": fix, "follows": False}


def too_many(faults: list[dict[str, Any]], rows: dict[str, tuple[int, int]], most: float) -> list[Problem]:
    """Problems where so much is broken that the mapping is most likely wrong.

    Parameters
    ----------
    faults : list of dict
        Of all tables, from `collect_faults`.
    rows : dict
        Table -> rows read, rows set aside.
    most : float
        The share above which a table, or a column, is refused. Rows that only follow others set aside do not count.
    """
    followed = {}
    for fault in faults:
        if fault["follows"] and fault["action"] == ROW_SET_ASIDE:
            followed[fault["table"]] = followed.get(fault["table"], 0) + fault["n_rows"]
    refused = {t for t, (n_read, n_aside) in rows.items() if _is_too_much(n_aside - followed.get(t, 0), n_read, most)}
    problems = []
    for fault in faults:
        of_row = fault["action"] == ROW_SET_ASIDE
        broken = fault["table"] in refused if of_row else _is_too_much(fault["n_rows"], fault["n_given"], most)
        if broken and not fault["follows"]:
            problems.append(as_problem(fault))
    return problems


def _is_too_much(n: int, out_of: int, most: float) -> bool:
    return n > most * out_of and (n > FEW or n > out_of / 2)


def as_problem(fault: dict[str, Any]) -> Problem:
    """A kind of fault, counted, as a problem that refuses the build."""
    what = f"{fault['n_rows']:,} of {fault['n_given']:,} {'rows' if fault['action'] == ROW_SET_ASIDE else 'values'}"
    place = f"table {fault['table']}" + (f", column {fault['column']}" if fault["column"] else "")
    return Problem(f"{what}: {fault['reason']}", place, fault["fix"])
