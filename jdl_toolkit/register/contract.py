"""The contract as checks: what is missing altogether, and per table one query that reads, judges and mends each row.

No fault holds a value of a row. A fault sets its row aside, or has only the wrong value left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import Problem
from .dates import DateStyle
from .schema import TABLES, Column, Table
from .values import literal, quoted, read_as

#: Columns of a judged row beside the table's own: the faults as bits, and the faulty row as it came, in JSON.
FAULTS, CAME = "jdl faults", "jdl came"
#: The same on the way; the names keep clear of a lab's own columns.
BITS, ROW = "jdl bits", "jdl row"


@dataclass(frozen=True)
class Fault:
    """One kind of fault that a row of a table may have.

    Parameters
    ----------
    column : str
        Empty if it concerns the row as a whole.
    reason, fix : str
        For people.
    broken : str
        SQL, over the row as read, or (rules of the table) over its good values, as `this`.
    sets_aside : bool
        The row is set aside; otherwise the value of `column` is left out.
    follows : bool
        Only because another row was set aside.
    """

    column: str
    reason: str
    fix: str
    broken: str
    sets_aside: bool
    follows: bool = False


def missing_tables(present: Iterable[str], stems: Iterable[str]) -> list[Problem]:
    """A problem for every table that a register cannot do without; `stems` are the names of files that were found."""
    stems = sorted(stems)
    problems = []
    for table in (t.name for t in TABLES.values() if t.needed and t.name not in set(present)):
        fix = f"add {table}.parquet or {table}.csv, or a view of that name to the adapter"
        near = get_close_matches(table, stems, n=1, cutoff=0.75)
        problems.append(Problem("this table is missing", f"table {table}", fix + _did_you_mean(near)))
    return problems


def missing_columns(table: Table, columns: dict[str, str]) -> list[Problem]:
    """Columns that are not there. Names of other columns are told only if some are known: else it may be no header."""
    absent = [c for c in table.columns if c.required and c.name not in columns]
    known = {c.name for c in table.columns}
    if absent and not known & set(columns):
        what = "none of its columns is known"
        return [Problem(what, f"table {table.name}", "check that the first line of each file names the columns")]
    spare = sorted(set(columns) - known)
    return [
        Problem(
            "this column is missing",
            f"table {table.name}, column {c.name}",
            f"add it, of type {c.type}{_did_you_mean(get_close_matches(c.name, spare, n=1, cutoff=0.7))}",
        )
        for c in absent
    ]


def _did_you_mean(near: list[str]) -> str:
    return f"; did you mean {near[0]}?" if near else ""


def judged(
    table: Table, source: str, columns: dict[str, str], styles: dict[str, DateStyle], set_aside: set[str]
) -> tuple[str, list[Fault]]:
    """The query that reads a table's rows, and the faults that its bits stand for, lowest bit first.

    Parameters
    ----------
    source : str
        Qualified name of the view that holds the lab's rows.
    columns : dict of str to str
        Lower-case column name -> DuckDB type, as they are in `source`.
    set_aside : set of str
        Tables of which rows with a good key were set aside; the keys are in ``register.aside_<table>``.
    """
    own = [name for name in sorted(columns) if name not in {c.name for c in table.columns}] if table.open else []
    read, faults = [f'jdl_source AS "{ROW}"'], []
    for c in table.columns:
        value, given = read_as(c, columns[c.name], styles.get(c.name)) if c.name in columns else ("NULL", None)
        read.append(f"({value})::{c.type} AS {quoted(c.name)}")
        if given:
            read.append(f"{given} AS {_given(c)}")
        faults += _value_faults(c, given is not None)
    rules = _row_faults(table, set_aside)
    good = [_good_value(c, [f for f in faults if f.column == c.name and not f.sets_aside]) for c in table.columns]
    mended = [_mended(c, [f for f in rules if f.column == c.name and not f.sets_aside]) for c in table.columns]
    own = [quoted(name) for name in own]
    read += [f"jdl_source.{name} AS {name}" for name in own]
    source = f"(SELECT {', '.join(f'{quoted(name)} AS {quoted(name)}' for name in columns)} FROM {source})"
    query = f"""
        WITH read AS (SELECT {", ".join(read)} FROM {source} AS jdl_source),
        good AS (
            SELECT "{ROW}", {", ".join(good + own)}, {_bits(faults, 0)} AS "{BITS}" FROM read
        )
        SELECT {", ".join(mended + [f"this.{name}" for name in own])},
            this."{BITS}" | {_bits(rules, len(faults))} AS "{FAULTS}",
            CASE WHEN "{FAULTS}" <> 0 THEN to_json("{ROW}")::VARCHAR END AS "{CAME}"
        FROM good AS this {_joins(table, set_aside)}
    """
    return query, faults + rules


def _value_faults(c: Column, may_be_unreadable: bool) -> list[Fault]:
    name, faults = quoted(c.name), []
    if may_be_unreadable:
        names = {"BIGINT": "a whole number", "INTEGER": "a whole number", "DATE": "a date", "DOUBLE": "a number"}
        what = names.get(c.type, "true or false")
        fix = f"convert the column to {c.type}"
        if c.name.endswith("_id"):
            fix = "ids are whole numbers: number others in the adapter, in the same way for all tables"
        elif c.type == "DATE":
            fix = "write dates as 2010-05-04 or 04/05/2010; leave unknown ones empty"
        faults.append((f"cannot be read as {what}", fix, f"{_given(c)} AND {name} IS NULL"))
    if c.required and not c.may_be_null:
        given = f"NOT {_given(c)}" if may_be_unreadable else "true"
        faults.append(("no value", "fill the column", f"{name} IS NULL AND {given}"))
    if c.codes:
        allowed = ", ".join(literal(code) for code in c.codes)
        faults.append(("a code that is not allowed", f"use {', '.join(c.codes)}", f"{name} NOT IN ({allowed})"))
    if c.low is not None or c.high is not None:
        broken = " OR ".join(f"{name} {op} {v}" for op, v in (("<", c.low), (">", c.high)) if v is not None)
        reason, fix = (
            "a number out of range",
            f"use {c.low} to {c.high}" if c.high is not None else f"use {c.low} or more",
        )
        if c.type == "DATE":
            reason, fix = f"{c.name} before 1900 or after the data end", "correct it, or leave it empty"
        faults.append((reason, fix, broken))
    return [Fault(c.name, *fault, c.sets_aside) for fault in faults]


def _row_faults(table: Table, set_aside: set[str]) -> list[Fault]:
    faults = [Fault(r.blames, r.what, r.fix, r.broken, not r.blames) for r in table.rules]
    by_name = {c.name: c for c in table.columns}
    for column, target in table.refers:
        name, costs = quoted(column), by_name[column].sets_aside
        lost = f"this.{name} IS NOT NULL AND {target}.{name} IS NULL"
        if target in set_aside:
            followed = f"aside_{target}.{name} IS NOT NULL"
            reason = f"its row of table {target} was set aside"
            faults.append(Fault(column, reason, f"repair table {target}", f"{lost} AND {followed}", costs, True))
            lost += f" AND NOT ({followed})"
        fix = f"add what is missing to {target}"
        faults.append(Fault(column, f"{column} that is not in table {target}", fix, lost, costs))
    return faults


def _joins(table: Table, set_aside: set[str]) -> str:
    joins = []
    for column, target in table.refers:
        names = [target] + [f"aside_{target}"] * (target in set_aside)
        joins += [f'LEFT JOIN register.{n} AS {n} ON {n}."{column}" = this."{column}"' for n in names]
    return "\n".join(joins)


def _good_value(c: Column, faults: list[Fault]) -> str:
    name = quoted(c.name)
    value = name if c.default == "NULL" else f"coalesce({name}, {c.default})"
    wrong = " OR ".join(f"({f.broken})" for f in faults)
    return f"CASE WHEN {wrong} THEN {c.instead} ELSE {value} END AS {name}" if faults else f"{value} AS {name}"


def _mended(c: Column, faults: list[Fault]) -> str:
    name = quoted(c.name)
    wrong = " OR ".join(f"({f.broken})" for f in faults)
    return f"CASE WHEN {wrong} THEN {c.instead} ELSE this.{name} END AS {name}" if faults else f"this.{name}"


def _bits(faults: list[Fault], first: int) -> str:
    each = [f"CASE WHEN {f.broken} THEN {1 << (first + i)} ELSE 0 END" for i, f in enumerate(faults)]
    return f"({' + '.join(each) or '0'})::BIGINT"


def _given(c: Column) -> str:
    return quoted(f"given {c.name}")
