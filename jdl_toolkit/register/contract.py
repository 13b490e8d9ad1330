"""Check a register's tables against their contract; every fault is reported, none of them with a value in it."""

from __future__ import annotations

import duckdb

from ..errors import Problem
from .schema import TABLES, Column, Table


def missing_tables(present: set[str]) -> list[Problem]:
    """A problem for every table that a register cannot do without."""
    return [
        Problem(
            "this table is missing", f"table {t.name}", f"add {t.name}.parquet, or a view of that name to the adapter"
        )
        for t in TABLES.values()
        if t.needed and t.name not in present
    ]


def column_faults(con: duckdb.DuckDBPyConnection, table: Table, source: str, columns: dict[str, str]) -> list[Problem]:
    """Columns that are missing, or hold values that their type cannot hold.

    Parameters
    ----------
    source : str
        Qualified name of the view that holds the lab's rows.
    columns : dict of str to str
        Lower-case column name -> DuckDB type, as they are in `source`.
    """
    place = f"table {table.name}, column {{}}"
    absent = [c for c in table.columns if c.required and c.name not in columns]
    problems = [Problem("this column is missing", place.format(c.name), f"add it, of type {c.type}") for c in absent]
    other = [c for c in table.columns if c.name in columns and c.type not in ("VARCHAR", columns[c.name])]
    if other:
        counts = ", ".join(
            f'count(*) FILTER (WHERE {_given(c.name)} IS NOT NULL AND TRY_CAST("{c.name}" AS {c.type}) IS NULL)'
            for c in other
        )
        found = con.execute(f"SELECT {counts} FROM {source}").fetchone()
        problems += [
            Problem(
                f"{n:,} {_rows(n)} cannot be read as {c.type}", place.format(c.name), f"convert the column to {c.type}"
            )
            for c, n in zip(other, found, strict=True)
            if n
        ]
    return problems


def row_faults(con: duckdb.DuckDBPyConnection, table: Table) -> list[Problem]:
    """Missing values, unknown codes, numbers out of range, dates out of order; keys that repeat or lead nowhere."""
    rules = [rule for c in table.columns for rule in _value_rules(c)]
    rules += [(f"table {table.name}", r.broken, r.what, r.fix) for r in table.rules]
    rules = [(place.format(table=table.name), *rest) for place, *rest in rules]
    for column, target in table.refers:
        broken = f'"{column}" IS NOT NULL AND NOT EXISTS (FROM {target} t WHERE t."{column}" = this."{column}")'
        place = f"table {table.name}, column {column}"
        rules.append(
            (place, broken, f"{column} that is not in table {target}", f"add them to {target}, or leave such rows out")
        )
    problems = []
    if rules:
        counts = ", ".join(f"count(*) FILTER (WHERE {broken})" for _, broken, _, _ in rules)
        found = con.execute(f"SELECT {counts} FROM {table.name} AS this").fetchone()
        problems += [
            Problem(f"{n:,} {_rows(n)}: {what}", place, fix)
            for (place, _, what, fix), n in zip(rules, found, strict=True)
            if n
        ]
    if table.key:
        key = ", ".join(f'"{c}"' for c in table.key)
        query = f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {table.name} GROUP BY {key} HAVING n > 1)"
        n = con.execute(query).fetchone()[0]
        if n:
            named = " and ".join(table.key)
            problems.append(
                Problem(f"{n:,} rows share their {named}", f"table {table.name}", f"keep one row for each {named}")
            )
    if table.name == "meta" and (n := con.execute("SELECT count(*) FROM meta").fetchone()[0]) != 1:
        problems.append(Problem(f"{n:,} rows", "table meta", "give exactly one row, about the extract as a whole"))
    return problems


def _value_rules(c: Column) -> list[tuple[str, str, str, str]]:
    place, rules = f"table {{table}}, column {c.name}", []
    if c.required and not c.may_be_null:
        rules.append((place, f'"{c.name}" IS NULL', "no value", "fill the column, or leave such rows out"))
    if c.codes:
        allowed = ", ".join(f"'{code}'" for code in c.codes)
        rules.append(
            (place, f'"{c.name}" NOT IN ({allowed})', "a code that is not allowed", f"use {', '.join(c.codes)}")
        )
    low, high = c.low, c.high
    if low is not None or high is not None:
        broken = " OR ".join(f'"{c.name}" {op} {v}' for op, v in (("<", low), (">", high)) if v is not None)
        fix = f"use {low} to {high}" if high is not None else f"use {low} or more"
        rules.append((place, broken, "a number out of range", fix))
    return rules


def _given(name: str) -> str:
    return f"nullif(trim(\"{name}\"::VARCHAR), '')"


def _rows(n: int) -> str:
    return "row" if n == 1 else "rows"
