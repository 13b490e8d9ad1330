"""The rules for each record of the People sheet: cells in, clean values and issues out. No loop over people."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ..identifiers import is_pnc_id, normalise_pnc_id, normalise_prison_number
from ..spec import RequestSpec
from .dates import maybe_swapped, read_dates
from .faults import BLOCKS_ROW, UNUSABLE, all_issues, issues_of
from .fields import BY_KEY, GENDERS, PEOPLE, PLACEHOLDERS
from .sheets import is_blank

#: Every word of the name is one letter: "J", "J.", "J. P.", "J-P".
INITIALS = r"^(?:[^\W\d_][\W_]+)*[^\W\d_][\W_]*$"
NAME_SIGNS = r"[\d@_#<>{}\[\]=*+\\|~^;:!?\"]"

Issues = list[pd.DataFrame]


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
    cells = cells.reindex(columns=list(BY_KEY)).rename_axis("row")
    people = pd.DataFrame(index=cells.index)
    issues: Issues = []
    for key in ("forename", "middle_name", "surname"):
        people[key] = _read_name(cells[key])
    for key in ("forename", "surname"):
        issues += _name_issues(people[key], key, spec.intake.allow_initials)
    odd = people["forename"].str.contains(NAME_SIGNS, na=False) | people["surname"].str.contains(NAME_SIGNS, na=False)
    issues.append(_issues("name_characters", odd, "surname"))
    dates = {key: read_dates(cells[key], spec.received, from_1904) for key in ("dob", "service_start", "service_end")}
    for key, read in dates.items():
        people[key] = read["date"]
        issues += _date_remarks(read, key)
    people["sex"], found = _read_gender(cells["sex"])
    issues += found
    issues += _service_issues(people, dates, data_period)
    issues += _birth_issues(people, dates["dob"], spec)
    for read_identifier, key in ((_read_pnc_id, "pnc_id"), (_read_prison_number, "prison_number")):
        people[key], found = read_identifier(cells[key])
        issues += found
    for key in ("region", "establishment"):
        people[key] = _text(cells[key])
    people = people.reset_index().astype({"row": "int64"})
    return _mark_unusable(people, all_issues(issues)), all_issues(issues)


def _issues(code: str, where: pd.Series, key: str, detail: pd.Series | str = "") -> pd.DataFrame:
    more = detail if isinstance(detail, str) else detail[where]
    return issues_of(code, PEOPLE, where.index[where], BY_KEY[key].heading, more)


def _text(cells: pd.Series) -> pd.Series:
    """Cells as text: spaces of any kind made one, compatibility characters made plain; missing where blank."""
    filled = cells.where(~cells.map(is_blank).astype(bool))
    written = filled.map(_written, na_action="ignore").astype("str")
    clean = written.str.replace("[\u200b-\u200f\u2060\ufeff\u00ad]", "", regex=True).str.normalize("NFKC")
    clean = clean.str.replace(r"[\s\x00-\x1f]+", " ", regex=True).str.strip()
    return clean.where(clean != "")


def _written(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _read_name(cells: pd.Series) -> pd.Series:
    text = _text(cells)
    nothing = text.str.casefold().isin(PLACEHOLDERS) | text.str.startswith("#", na=False)
    return text.where(~nothing & text.str.contains(r"[^\W\d_]", na=False))


def _name_issues(names: pd.Series, key: str, allow_initials: bool) -> Issues:
    initials = names.str.fullmatch(INITIALS, na=False)
    code = f"{key}_initials_kept" if allow_initials else f"{key}_initials"
    return [_issues(f"{key}_missing", names.isna(), key), _issues(code, initials, key)]


def _read_gender(cells: pd.Series) -> tuple[pd.Series, Issues]:
    text = _text(cells).str.casefold().str.strip(" .")
    text = text.where(~text.isin(PLACEHOLDERS))
    sex = text.map(GENDERS).astype("str")
    return sex, [
        _issues("gender_missing", text.isna(), "sex"),
        _issues("gender_code", text.notna() & sex.isna(), "sex"),
    ]


def _date_remarks(read: pd.DataFrame, key: str) -> Issues:
    issues = [
        _issues(code, read["remark"] == code, key) for code in ("two_digit_year", "date_month_first", "date_as_number")
    ]
    if (read["remark"] == "date_month_first").any():
        issues.append(_issues("date_ambiguous", read["either_order"], key))
    if maybe_swapped(read):
        issues.append(issues_of("dates_maybe_swapped", PEOPLE, [None], BY_KEY[key].heading))
    return issues


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
        _issues("dob_missing", read["fault"] == "missing", "dob"),
        _issues("dob_recent", recent, "dob"),
        _issues(
            "dob_implausible",
            implausible,
            "dob",
            pd.Series(f"outside {low} to {high} at the start of the service", people.index),
        ),
    ]


def _service_issues(
    people: pd.DataFrame, dates: dict[str, pd.DataFrame], data_period: tuple[dt.date, dt.date] | None
) -> Issues:
    start, end = people["service_start"], people["service_end"]
    # a start that was given but is no date has its own fault; an end that is no date leaves nothing, if it stands alone
    none = end.isna() & (dates["service_start"]["fault"] == "missing")
    issues = [
        *_unread_issues(dates["service_start"], "service_start"),
        *_unread_issues(dates["service_end"], "service_end"),
        _issues("service_dates_missing", none, "service_start"),
        _issues("end_before_start", end < start, "service_end"),
    ]
    if data_period is not None:
        first, last = map(pd.Timestamp, data_period)
        known = start.fillna(end)
        outside = known.notna() & ~known.between(first, last)
        side = pd.Series(
            np.where(known < first, f"before {first:%d/%m/%Y}", f"after {last:%d/%m/%Y}"), index=known.index
        )
        issues.append(_issues("outside_data_period", outside, "service_start", side))
    return issues


def _unread_issues(read: pd.DataFrame, key: str) -> Issues:
    not_a_date, impossible = read["fault"] == "not_a_date", read["fault"] == "impossible"
    return [_issues(f"{key}_not_a_date", not_a_date, key, read["kind"]), _issues(f"{key}_impossible", impossible, key)]


def _age(born: pd.Series, at: pd.Series) -> pd.Series:
    """Completed years; missing where either date is."""
    not_yet = (at.dt.month < born.dt.month) | ((at.dt.month == born.dt.month) & (at.dt.day < born.dt.day))
    return at.dt.year - born.dt.year - not_yet


def _read_pnc_id(cells: pd.Series) -> tuple[pd.Series, Issues]:
    changed = (
        cells.map(lambda cell: not isinstance(cell, str)).astype(bool)
        & ~cells.map(is_blank).astype(bool)
        & cells.notna()
    )
    text = _text(cells.where(~changed))
    long = normalise_pnc_id(text).astype("str")
    right = is_pnc_id(text)
    issues = [
        _issues("pnc_id_changed", changed, "pnc_id"),
        _issues("pnc_id_malformed", text.notna() & long.isna(), "pnc_id"),
        _issues("pnc_id_check_letter", long.notna() & ~right, "pnc_id"),
    ]
    return long.where(right), issues


def _read_prison_number(cells: pd.Series) -> tuple[pd.Series, Issues]:
    text = _text(cells)
    number = normalise_prison_number(text).astype("str")
    return number, [_issues("prison_number_malformed", text.notna() & number.isna(), "prison_number")]


def _mark_unusable(people: pd.DataFrame, issues: pd.DataFrame) -> pd.DataFrame:
    """Add ``usable`` and ``why_unusable``: the first fault, as `FAULTS` has them, that leaves nothing to look for."""
    blocking = issues[(issues["severity"] == BLOCKS_ROW) & issues["code"].isin(UNUSABLE)]
    first = blocking.assign(order=blocking["code"].map(UNUSABLE.index)).sort_values("order").drop_duplicates("row")
    why = people["row"].map(first.set_index("row")["code"]).astype("str")
    columns = ["row", "forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number"]
    columns += ["service_start", "service_end", "region", "establishment"]
    return people[columns].assign(usable=why.isna(), why_unusable=why)
