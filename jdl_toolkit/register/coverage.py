"""What an extract covers: rows by table, date column and year, and years that look as if a part were missing."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import duckdb
import pandas as pd

from .schema import Table
from .values import quoted

#: A year with less than this share of what its neighbours have may be incomplete; so may every empty year.
THIN = 0.1
#: Neighbours with fewer rows a year than this say nothing.
ENOUGH = 100
#: A year of which the period holds less than this share is not judged.
LEAST_OF_YEAR = 0.1


def years_covered(con: duckdb.DuckDBPyConnection, table: Table) -> list[dict[str, Any]]:
    """Rows by year of every date of an event that the table must have, with the first and the last day and the period.

    Returns
    -------
    list of dict
        table, column, year, n_rows, first, last (ISO dates), n_outside (rows before data_start or after data_end).
    """
    if table.name == "meta":
        return []
    found = []
    for c in table.columns:
        if c.type == "DATE" and c.required and c.low is None:  # a date of birth has limits of its own
            day = quoted(c.name)
            rows = con.execute(
                f"""
                SELECT year({day}), count(*), min({day})::VARCHAR, max({day})::VARCHAR,
                    count(*) FILTER (WHERE {day} < data_start OR {day} > data_end)
                FROM register.{table.name}, (SELECT min(data_start) AS data_start, max(data_end) AS data_end
                    FROM register.meta)
                WHERE {day} IS NOT NULL GROUP BY 1 ORDER BY 1
                """
            ).fetchall()
            keys = ("year", "n_rows", "first", "last", "n_outside")
            found += [{"table": table.name, "column": c.name, **dict(zip(keys, r, strict=True))} for r in rows]
    return found


def coverage_table(covered: list[dict[str, Any]], data_start: dt.date, data_end: dt.date) -> pd.DataFrame:
    """All years of all tables, empty ones within the period included, each with whether it may be incomplete.

    A year is judged by its rate, rows over the share of the year that lies in the period, against the mean rate of
    the year before and the year after.

    Returns
    -------
    DataFrame
        table, column, year, n_rows, first, last, n_outside, may_be_incomplete.
    """
    inside = {year: _share(year, data_start, data_end) for year in range(data_start.year, data_end.year + 1)}
    judged = [year for year, share in inside.items() if share >= LEAST_OF_YEAR]
    rows = []
    columns = dict.fromkeys((row["table"], row["column"]) for row in covered)
    for table, column in columns:
        years = {row["year"]: row for row in covered if (row["table"], row["column"]) == (table, column)}
        rate = {year: years.get(year, {"n_rows": 0})["n_rows"] / inside[year] for year in judged}
        for year in sorted({*years, *judged}):
            near = [rate[y] for y in (year - 1, year + 1) if y in rate]
            usual = sum(near) / len(near) if near else 0.0
            thin = year in rate and usual >= ENOUGH and rate[year] < THIN * usual
            thin = thin or (year in rate and not rate[year] and max(rate.values()) >= ENOUGH)
            empty = {"table": table, "column": column, "year": year, "n_rows": 0, "n_outside": 0}
            rows.append(years.get(year, empty) | {"may_be_incomplete": thin})
    names = ["table", "column", "year", "n_rows", "first", "last", "n_outside", "may_be_incomplete"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(first=pd.to_datetime(frame["first"]), last=pd.to_datetime(frame["last"])).astype(
        {"year": "int64", "n_rows": "int64", "n_outside": "int64", "may_be_incomplete": bool}
    )


def _share(year: int, start: dt.date, end: dt.date) -> float:
    first, last = max(start, dt.date(year, 1, 1)), min(end, dt.date(year, 12, 31))
    return ((last - first).days + 1) / (366 if calendar.isleap(year) else 365)
