"""Slips from outside: ways of writing a person otherwise that neither the register's tables nor its model know of.

The faults of `jdl_toolkit.synthetic.uploads` undo themselves too easily: nearly all short forms drawn there are in the
table with which linkage reads short forms, and the kinds of wrong dates are the levels of its comparison. Here
nothing is drawn from those tables: short forms and respellings follow rules, slips fall on any letter, the first
included, dates go wrong in other ways, and identifiers are sometimes somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from jdl_toolkit.synthetic.uploads import IDENTITY, LEVELS

from .slips import cut_off, misread, neighbouring_key, short_form, spelt_by_ear

#: Fault -> share among the first faults of a row. Nobody has published such shares: names to dates are as three to two.
FAULTS: dict[str, float] = {
    "surname: neighbouring key": 0.10,
    "forename: neighbouring key": 0.08,
    "surname: spelt by ear": 0.08,
    "forename: spelt by ear": 0.06,
    "surname: misread": 0.04,
    "forename: misread": 0.03,
    "surname cut off": 0.04,
    "forename: short form by rule": 0.05,
    "forenames joined": 0.04,
    "second surname added": 0.05,
    "title or suffix in the name": 0.04,
    "middle name for surname": 0.02,
    "known by another forename": 0.03,
    "both names misspelt": 0.03,
    "date of birth: digits of the year exchanged": 0.05,
    "date of birth: digits of the day exchanged": 0.04,
    "date of birth: a day off": 0.06,
    "date of birth: a month off": 0.05,
    "date of birth: first of the month": 0.06,
    "date of birth: three to five years off": 0.03,
    "date of birth of another row": 0.02,
}
OTHERWISE = "surname: neighbouring key"  # where a fault would change nothing

#: Of the identifiers given: copied from another row; mistyped.
SHARE_OF_ANOTHER_ROW, SHARE_MISTYPED = 0.02, 0.02


def apply_unseen_faults(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Wrong values in as many rows as at the realistic level, of other kinds.

    Parameters
    ----------
    people : DataFrame with the columns of `IDENTITY`

    Returns
    -------
    DataFrame of the same rows and ``faults``, with a semicolon between two
    """
    amount, n, shares = LEVELS["realistic"], len(people), np.array(list(FAULTS.values()))
    faulty = rng.random(n) < amount.faulty
    again = faulty & (rng.random(n) < amount.faulty_twice)
    written = people.assign(faults="")
    for concerned in (faulty, again):
        kind = np.where(concerned, rng.choice(list(FAULTS), n, p=shares / shares.sum()), "")
        written = _apply(rng, written, kind)
    return written


def mistake_identifiers(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Some of the identifiers given are another row's or mistyped; ``faults`` says so."""
    written, faults = people.copy(), people["faults"]
    for column, words in (("pnc_id", "PNC id"), ("prison_number", "prison number")):
        luck, given = rng.random(len(people)), people[column].notna()
        copied = given & (luck < SHARE_OF_ANOTHER_ROW)
        mistyped = given & ~copied & (luck < SHARE_OF_ANOTHER_ROW + SHARE_MISTYPED)
        # Row by row from the top, as somebody fills a column downwards
        above = people[column].ffill().shift()
        written[column] = written[column].mask(copied, above).mask(mistyped, _mistype(rng, people[column]))
        for concerned, which in ((copied, f"{words} of another row"), (mistyped, f"{words} mistyped")):
            faults = faults.mask(concerned, (faults + "; " + which).str.removeprefix("; "))
    return written.assign(faults=faults)


def _apply(rng: np.random.Generator, people: pd.DataFrame, kind: np.ndarray) -> pd.DataFrame:
    """The fault of each row, "" for none; where it changes nothing, `OTHERWISE`."""
    written = people.copy()
    for fault in [*(k for k in FAULTS if k != OTHERWISE), OTHERWISE]:
        rows = kind == fault
        if not rows.any():
            continue
        before = written.loc[rows, list(IDENTITY)]
        after = _CHANGES[fault](rng, before)
        changed = (_text(after) != _text(before)).any(axis=1).to_numpy()
        kind[np.flatnonzero(rows)[~changed]] = OTHERWISE
        written.loc[rows, list(IDENTITY)] = after
    separator = np.where((people["faults"] != "") & (kind != ""), "; ", "")
    return written.assign(faults=people["faults"] + separator + kind)


def _text(people: pd.DataFrame) -> pd.DataFrame:
    return people.astype(object).where(people.notna(), "").astype(str)


# ---------------------------------------------------------------- names


def _each(change: Callable[[np.random.Generator, str], str], *columns: str) -> Callable:
    """The change in each of the columns; missing names stay missing."""

    def apply(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
        return people.assign(**{c: people[c].map(lambda name: change(rng, name), na_action="ignore") for c in columns})

    return apply


def _joined(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    between = rng.choice(["", " ", "-"], len(people))
    joined = people["forename"] + between + people["middle_name"].str.lower()
    return people.assign(forename=joined.fillna(people["forename"]), middle_name=None)


def _second_surname(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    other = rng.permutation(people["surname"].to_numpy())
    first = rng.random(len(people)) < 0.5
    surname = np.where(first, people["surname"] + "-" + other, other + "-" + people["surname"])
    return people.assign(surname=np.where(other == people["surname"], people["surname"], surname))


def _titled(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    title = np.where(people["sex"] == "F", rng.choice(["Mrs ", "Miss ", "Ms "], len(people)), "Mr ")
    suffix = rng.choice([" Jr", " Snr", " (Junior)"], len(people))
    before = (rng.random(len(people)) < 0.6) | people["sex"].eq("F").to_numpy()
    forename = np.where(before, title + people["forename"], people["forename"])
    return people.assign(forename=forename, surname=np.where(before, people["surname"], people["surname"] + suffix))


def _another_forename(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """The forename of another row of the same sex."""
    other = people.groupby("sex", dropna=False)["forename"].transform(lambda names: np.roll(names.to_numpy(), 1))
    return people.assign(forename=other, middle_name=people["middle_name"].where(other == people["forename"], None))


# ---------------------------------------------------------------- dates and identifiers


def _dates(people: pd.DataFrame, years=0, months=0, days=0, **parts: pd.Series) -> pd.DataFrame:
    """Other years, months or days; a date that the calendar does not have stays as it was."""
    dob = people["dob"]
    wanted = pd.DataFrame({"year": dob.dt.year + years, "month": dob.dt.month + months, "day": dob.dt.day})
    moved = pd.to_datetime(wanted.assign(**parts), errors="coerce") + pd.to_timedelta(days, unit="D")
    return people.assign(dob=moved.astype(dob.dtype).where(moved.notna(), dob))


def _exchanged(number: pd.Series) -> pd.Series:
    """The last two digits of each number exchanged."""
    return number // 100 * 100 + number % 10 * 10 + number // 10 % 10


def _year_exchanged(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    year = _exchanged(people["dob"].dt.year)
    return _dates(people, year=year.where(year < 2000, people["dob"].dt.year))


def _signs(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.choice([-1, 1], n)


def _mistype(rng: np.random.Generator, written: pd.Series) -> pd.Series:
    """One digit of each identifier is another one."""

    def slip(text: str) -> str:
        at = int(rng.choice([i for i, letter in enumerate(text) if letter.isdigit()]))
        return text[:at] + str((int(text[at]) + int(rng.integers(1, 10))) % 10) + text[at + 1 :]

    return written.map(slip, na_action="ignore")


_CHANGES: dict[str, Callable[[np.random.Generator, pd.DataFrame], pd.DataFrame]] = {
    "surname: neighbouring key": _each(neighbouring_key, "surname"),
    "forename: neighbouring key": _each(neighbouring_key, "forename"),
    "surname: spelt by ear": _each(spelt_by_ear, "surname"),
    "forename: spelt by ear": _each(spelt_by_ear, "forename"),
    "surname: misread": _each(misread, "surname"),
    "forename: misread": _each(misread, "forename"),
    "surname cut off": _each(cut_off, "surname"),
    "forename: short form by rule": _each(short_form, "forename"),
    "forenames joined": _joined,
    "second surname added": _second_surname,
    "title or suffix in the name": _titled,
    "middle name for surname": lambda rng, p: p.assign(
        surname=p["middle_name"].fillna(p["surname"]), middle_name=p["middle_name"].where(p["middle_name"].isna(), None)
    ),
    "known by another forename": _another_forename,
    "both names misspelt": _each(neighbouring_key, "forename", "surname"),
    "date of birth: digits of the year exchanged": _year_exchanged,
    "date of birth: digits of the day exchanged": lambda rng, p: _dates(p, day=_exchanged(p["dob"].dt.day)),
    "date of birth: a day off": lambda rng, p: _dates(p, days=_signs(rng, len(p))),
    "date of birth: a month off": lambda rng, p: _dates(p, months=_signs(rng, len(p))),
    "date of birth: first of the month": lambda rng, p: _dates(p, day=p["dob"].dt.day * 0 + 1),
    "date of birth: three to five years off": lambda rng, p: _dates(
        p, years=_signs(rng, len(p)) * rng.integers(3, 6, len(p))
    ),
    "date of birth of another row": lambda rng, p: p.assign(dob=np.roll(p["dob"].to_numpy(), 1)),
}
