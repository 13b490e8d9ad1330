"""The rules for each record of the People sheet: cells in, clean values and issues out. No loop over people."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ..spec import RequestSpec
from .amounts import read_amounts
from .codes import read_ethnicity, read_gender
from .dates import maybe_swapped, order_unclear, read_dates
from .faults import BLOCKS_ROW, UNUSABLE, all_issues, issues_at, issues_of
from .fields import BY_KEY, PARTS_OF_SERVICE, PEOPLE
from .identifiers import read_identifiers
from .names import read_known, read_names

Issues = list[pd.DataFrame]

#: What `read_dates` remarks of a date, by its code in `faults.FAULTS`.
DATE_REMARKS = ("two_digit_year", "date_month_first", "date_column_month_first", "date_ambiguous", "date_as_number")

#: People born on 1 January are 1 in 365; from this share on, and this number, many stand for a year alone.
MANY_NEW_YEARS_DAYS, FEWEST_NEW_YEARS_DAYS = 0.02, 5


def check_people(
    cells: pd.DataFrame, spec: RequestSpec, data_period: tuple[dt.date, dt.date] | None, from_1904: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read and check the records.

    Parameters
    ----------
    cells : DataFrame of object
        Raw cells; the index holds row numbers as the spreadsheet shows them, the columns are keys of `fields.COLUMNS`.
    spec : RequestSpec
    data_period : (date, date), optional
        First and last day for which reoffending data exist.
    from_1904 : bool
        Whether bare numbers count days from 1904.

    Returns
    -------
    people : DataFrame
        One row per record, as in `Submission.people`.
    issues : DataFrame
    """
    absent = dict.fromkeys([key for key in BY_KEY if key not in cells])
    cells = cells.assign(**absent).astype("object")[list(BY_KEY)].rename_axis("row")
    people = pd.DataFrame(index=cells.index)
    issues: Issues = []
    for key in ("forename", "middle_name", "surname"):
        people[key], found = read_names(cells[key], key, spec.intake.allow_initials)
        issues += found
    dates = {key: read_dates(cells[key], spec.received, from_1904) for key in ("dob", "service_start", "service_end")}
    for key, read in dates.items():
        people[key] = read["date"]
        issues += _date_remarks(read, key)
    issues += _service_issues(people, dates, data_period)
    received = pd.Timestamp(spec.received)
    issues += [issues_at("service_in_future", people[key] > received, key) for key in ("service_start", "service_end")]
    issues += _birth_issues(people, dates["dob"], spec)
    for key, read_code in (("sex", read_gender), ("ethnicity", read_ethnicity)):
        people[key], found = read_code(cells[key])
        issues += found
    people[["pnc_id", "prison_number"]], found = read_identifiers(cells["pnc_id"], cells["prison_number"])
    issues += found
    for key in ("region", "establishment", "provider", "intervention_type"):
        people[key] = read_known(cells[key])
    people["intensity"], found = read_amounts(cells["intensity"])
    issues += found
    people = people.reset_index().astype({"row": "int64"})
    return _mark_unusable(people, all_issues(issues)), all_issues(issues)


def _date_remarks(read: pd.DataFrame, key: str) -> Issues:
    issues = [issues_at(code, read["remark"] == code, key) for code in DATE_REMARKS]
    of_column = {"dates_maybe_swapped": maybe_swapped(read), "dates_order_unclear": order_unclear(read)}
    return issues + [issues_of(code, PEOPLE, [None], BY_KEY[key].heading) for code, found in of_column.items() if found]


def _birth_issues(people: pd.DataFrame, read: pd.DataFrame, spec: RequestSpec) -> Issues:
    """Missing, no date, in the last year, or an age at the start of the service outside the limits."""
    received = pd.Timestamp(spec.received)
    at = people["service_start"].fillna(people["service_end"]).fillna(received)
    age = _age(people["dob"], at)
    recent = people["dob"] > received - pd.DateOffset(years=1)
    low, high = spec.intake.minimum_age, spec.intake.maximum_age
    implausible = people["dob"].notna() & ~recent & ~age.between(low, high)
    return [
        *_unread_issues(read, "dob"),
        issues_at("dob_missing", read["fault"] == "missing", "dob"),
        issues_at("dob_stand_in", read["fault"] == "stand_in", "dob"),
        *_new_years_days(people["dob"]),
        issues_at("dob_recent", recent, "dob"),
        issues_at(
            "dob_implausible",
            implausible,
            "dob",
            pd.Series(f"outside {low} to {high} at the start of the service", people.index),
        ),
    ]


def _new_years_days(born: pd.Series) -> Issues:
    n = int(((born.dt.month == 1) & (born.dt.day == 1)).sum())
    if n < max(FEWEST_NEW_YEARS_DAYS, MANY_NEW_YEARS_DAYS * born.notna().sum()):
        return []
    return [issues_of("dobs_on_new_years_day", PEOPLE, [None], BY_KEY["dob"].heading, [f"{n} of {born.notna().sum()}"])]


def _service_issues(
    people: pd.DataFrame, dates: dict[str, pd.DataFrame], data_period: tuple[dt.date, dt.date] | None
) -> Issues:
    start, end = people["service_start"], people["service_end"]
    # a start that was given but is no date has its own fault; an end that is no date leaves nothing, if it stands alone
    none = end.isna() & dates["service_start"]["fault"].isin(("missing", "stand_in"))
    issues = [
        *_unread_issues(dates["service_start"], "service_start"),
        *_unread_issues(dates["service_end"], "service_end"),
        issues_at("service_dates_missing", none, "service_start"),
        *(issues_at("service_stand_in", dates[key]["fault"] == "stand_in", key) for key in dates if key != "dob"),
        issues_at("end_before_start", end < start, "service_end"),
    ]
    if data_period is not None:
        first, last = map(pd.Timestamp, data_period)
        known = start.fillna(end)
        outside = known.notna() & ~known.between(first, last)
        side = pd.Series(
            np.where(known < first, f"before {first:%d/%m/%Y}", f"after {last:%d/%m/%Y}"), index=known.index
        )
        issues.append(issues_at("outside_data_period", outside, "service_start", side))
    return issues


def _unread_issues(read: pd.DataFrame, key: str) -> Issues:
    not_a_date, impossible = read["fault"] == "not_a_date", read["fault"] == "impossible"
    return [
        issues_at(f"{key}_not_a_date", not_a_date, key, read["kind"]),
        issues_at(f"{key}_impossible", impossible, key),
    ]


def _age(born: pd.Series, at: pd.Series) -> pd.Series:
    """Completed years; missing where either date is."""
    not_yet = (at.dt.month < born.dt.month) | ((at.dt.month == born.dt.month) & (at.dt.day < born.dt.day))
    return at.dt.year - born.dt.year - not_yet


def _mark_unusable(people: pd.DataFrame, issues: pd.DataFrame) -> pd.DataFrame:
    """Add ``usable`` and ``why_unusable``: the first fault, as `FAULTS` has them, that leaves nothing to look for."""
    blocking = issues[(issues["severity"] == BLOCKS_ROW) & issues["code"].isin(UNUSABLE)]
    first = blocking.assign(order=blocking["code"].map(UNUSABLE.index)).sort_values("order").drop_duplicates("row")
    why = people["row"].map(first.set_index("row")["code"]).astype("str")
    columns = ["row", "forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number"]
    columns += ["service_start", "service_end", "region", "establishment", "ethnicity", *PARTS_OF_SERVICE]
    return people[columns].assign(usable=why.isna(), why_unusable=why)
