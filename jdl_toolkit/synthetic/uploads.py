"""What an organisation sends: people as it knows them, with the slips, gaps and habits of real uploads.

Rates of faults follow the levels of the data model: `clean`; `realistic`, where 82 per cent of rows have no wrong
value; `dirty`, where 55 per cent have none. Ways of writing that change no value (capitals, stray spaces, dates as
text) come on top of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..identifiers import shorten_pnc_id
from .names import draw_names
from .slips import (
    another_day,
    first_of_january,
    has_nickname,
    misdate,
    misdate_year,
    misspell,
    nicknames,
    respell,
    swap_day_and_month,
)
from .strangers import off_register_people
from .workbook import write_upload

__all__ = ["FAULTS", "IDENTITY", "LEVELS", "corrupt", "off_register_people", "write_upload"]

#: What is known of a person on the register and may stand in an upload.
IDENTITY = ("forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number")
DATES = ("dob", "service_start", "service_end")

SHARE_WITH_PNC_ID, SHARE_WITH_PRISON_NUMBER = 0.35, 0.10


@dataclass(frozen=True)
class Level:
    """How much is wrong in an upload, in shares of its rows."""

    faulty: float
    faulty_twice: float  # of the faulty
    text_dates: float
    stray_spaces: float
    capitals: float
    gender_in_words: float


LEVELS: dict[str, Level] = {
    "clean": Level(0, 0, 0, 0, 0, 0),
    "realistic": Level(0.18, 0.12, 0.05, 0.02, 0.03, 0.02),
    "dirty": Level(0.45, 0.30, 0.12, 0.06, 0.08, 0.06),
}

#: Fault -> share among the first faults of a row. Set so that at the realistic level names and dates of birth agree as
#: often as in a published evaluation of person matching: name exact .88, date of birth exact .948, one digit off .017.
FAULTS: dict[str, float] = {
    "surname misspelt": 0.13,
    "forename misspelt": 0.14,
    "nickname": 0.15,
    "surname in another spelling": 0.06,
    "maiden name": 0.05,
    "middle name for forename": 0.04,
    "names swapped": 0.01,
    "date of birth: one digit": 0.065,
    "date of birth: day and month swapped": 0.15,
    "date of birth: year": 0.03,
    "date of birth: first of January": 0.05,
    "date of birth: another day": 0.05,
    "gender": 0.05,
}
OTHERWISE = "surname misspelt"  # where a fault is not possible: no nickname, a day above 12, …


def corrupt(
    rng: np.random.Generator, people: pd.DataFrame, level: str = "realistic", recognisable: bool = False
) -> pd.DataFrame:
    """Write people down the way organisations do.

    Parameters
    ----------
    rng : numpy.random.Generator
    people : DataFrame
        The columns of `IDENTITY` as on the register (dob datetime64); service_start and service_end if there;
        optionally maiden_surname, which then serves as the maiden name. Other columns pass through.
    level : str
        A key of `LEVELS`.
    recognisable : bool
        Whether every row with a wrong value carries its PNC id (where the register has one), so that linkage can find
        it beyond doubt. The share of rows with a PNC id stays the same.

    Returns
    -------
    DataFrame
        Same rows and index. The date columns hold dates and texts mixed; ``faults`` says what is wrong.
    """
    faulty = apply_faults(rng, people, level)
    always = faulty["faults"].ne("") if recognisable else None
    return format_cells(rng, keep_identifiers(rng, faulty, always), level)


def apply_faults(rng: np.random.Generator, people: pd.DataFrame, level: str) -> pd.DataFrame:
    """Wrong values in the share of rows of the level: one to a row, two in some.

    ``faults`` says which, with a semicolon between.
    """
    amount = _level(level)
    n = len(people)
    written = people.copy()
    faulty = rng.random(n) < amount.faulty
    again = faulty & (rng.random(n) < amount.faulty_twice)
    first, second = (_draw_faults(rng, people) for _ in range(2))
    first, second = np.where(faulty, first, ""), np.where(again & (first != second), second, "")
    for fault, change in _CHANGES.items():
        rows = (first == fault) | (second == fault)
        if rows.any():
            written.loc[rows, IDENTITY] = change(rng, written.loc[rows])[list(IDENTITY)]
    faults = pd.Series(first, index=people.index) + np.where(second != "", "; ", "") + second
    return written.assign(faults=faults)


def keep_identifiers(rng: np.random.Generator, people: pd.DataFrame, always: pd.Series | None = None) -> pd.DataFrame:
    """PNC ids on 35 per cent of rows, half of them in the short form; prison numbers on 10 per cent of rows, or on as
    many as have one. Rows in `always` keep their PNC id first; the rest of the share falls to the others."""
    n = len(people)
    priority = rng.random(n) - (0 if always is None else always.to_numpy(dtype=bool))
    keeps_pnc = _lowest(np.where(people["pnc_id"].isna(), 2, priority), round(SHARE_WITH_PNC_ID * n))
    if always is not None:
        keeps_pnc |= always.to_numpy(dtype=bool)
    pnc_id = people["pnc_id"].where(rng.random(n) < 0.5, shorten_pnc_id(people["pnc_id"])).where(keeps_pnc, None)
    without = people["prison_number"].isna()
    keeps_number = _lowest(np.where(without, 2, rng.random(n)), round(SHARE_WITH_PRISON_NUMBER * n))
    return people.assign(pnc_id=pnc_id, prison_number=people["prison_number"].where(keeps_number & ~without, None))


def format_cells(rng: np.random.Generator, people: pd.DataFrame, level: str) -> pd.DataFrame:
    """Ways of writing that change no value: dates as text (day first), stray spaces, capitals, gender in words."""
    amount, n = _level(level), len(people)
    written = people.copy()
    for column in [c for c in DATES if c in people]:
        written[column] = _cells(people[column]).mask(rng.random(n) < amount.text_dates, _as_text(rng, people[column]))
    capitals = rng.random(n) < amount.capitals
    for column in ("forename", "middle_name", "surname"):
        text = people[column].mask(capitals, people[column].str.upper())
        written[column] = text.mask(rng.random(n) < amount.stray_spaces, " " + text + "  ")
    words = people["sex"].map({"M": "Male", "F": "Female"})
    written["sex"] = people["sex"].mask(rng.random(n) < amount.gender_in_words, words)
    return written


def _level(level: str) -> Level:
    if level not in LEVELS:
        raise JDLError(f"there is no level {level!r} of faults", fix=f"use {', '.join(LEVELS)}")
    return LEVELS[level]


def _draw_faults(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    shares = np.array(list(FAULTS.values()))
    drawn = rng.choice(list(FAULTS), len(people), p=shares / shares.sum())
    dob = people["dob"]
    swappable = (dob.dt.day <= 12) & (dob.dt.day != dob.dt.month)
    possible = np.select(
        [drawn == "nickname", drawn == "maiden name", drawn == "middle name for forename", drawn == "gender",
         drawn == "date of birth: day and month swapped"],
        [has_nickname(people["forename"]), people["sex"].eq("F"), people["middle_name"].notna(), people["sex"].notna(),
         swappable],
        True,
    )  # fmt: skip
    return np.where(possible, drawn, OTHERWISE)


Change = Callable[[np.random.Generator, pd.DataFrame], pd.DataFrame]

_CHANGES: dict[str, Change] = {
    "surname misspelt": lambda rng, p: p.assign(surname=misspell(rng, p["surname"])),
    "forename misspelt": lambda rng, p: p.assign(forename=misspell(rng, p["forename"])),
    "nickname": lambda rng, p: p.assign(forename=nicknames(rng, p["forename"])),
    "surname in another spelling": lambda rng, p: p.assign(surname=respell(rng, p["surname"])),
    "maiden name": lambda rng, p: p.assign(surname=_maiden_names(rng, p)),
    "middle name for forename": lambda rng, p: p.assign(forename=p["middle_name"], middle_name=None),
    "names swapped": lambda rng, p: p.assign(forename=p["surname"], surname=p["forename"]),
    "date of birth: one digit": lambda rng, p: p.assign(dob=misdate(rng, p["dob"])),
    "date of birth: day and month swapped": lambda rng, p: p.assign(dob=swap_day_and_month(p["dob"])),
    "date of birth: year": lambda rng, p: p.assign(dob=misdate_year(rng, p["dob"])),
    "date of birth: first of January": lambda rng, p: p.assign(dob=first_of_january(p["dob"])),
    "date of birth: another day": lambda rng, p: p.assign(dob=another_day(rng, p["dob"])),
    "gender": lambda rng, p: p.assign(sex=p["sex"].map({"M": "F", "F": "M"})),
}


def _maiden_names(rng: np.random.Generator, people: pd.DataFrame) -> pd.Series:
    """The recorded maiden name, else a surname that nobody has recorded."""
    n = len(people)
    drawn = draw_names(rng, people["sex"].to_numpy(), np.full(n, 1970), np.full(n, None))["surname"]
    unrecorded = pd.Series(drawn.to_numpy(), index=people.index)
    if "maiden_surname" not in people:
        return unrecorded
    return people["maiden_surname"].where(people["maiden_surname"].notna(), unrecorded)


def _lowest(priority: np.ndarray, n: int) -> np.ndarray:
    """Which are among the `n` lowest; 2 is never among them."""
    chosen = np.zeros(len(priority), dtype=bool)
    chosen[np.argsort(priority, kind="stable")[:n]] = True
    return chosen & (priority < 2)


def _cells(dates: pd.Series) -> pd.Series:
    """Dates as Python dates, None where missing; texts stay."""
    if not pd.api.types.is_datetime64_any_dtype(dates):
        return dates.astype(object)
    return dates.dt.date.astype(object).where(dates.notna(), None)


def _as_text(rng: np.random.Generator, dates: pd.Series) -> pd.Series:
    if not pd.api.types.is_datetime64_any_dtype(dates):
        return dates.astype(object)
    slashes, dots, words = (dates.dt.strftime(f) for f in ("%d/%m/%Y", "%d.%m.%Y", "%d %B %Y"))
    luck = rng.random(len(dates))
    text = slashes.mask(luck > 0.8, dots).mask(luck > 0.9, words)
    return text.astype(object).where(dates.notna(), None)
