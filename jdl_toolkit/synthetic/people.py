"""Who is on the synthetic register: demography, names, identifiers, and when their first recorded offence comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from ..identifiers import format_pnc_id, pnc_check_letter
from . import assumptions as a
from .draws import NEVER, YEAR, Days, day, pick, pick_one
from .names import add_relatives, draw_names

SHARE_DUPLICATES = 0.003
_PNC_PRIME, _PNC_STEP = 9_999_991, 6_180_337  # serial numbers look random and never repeat within a year
_PRISON_PRIME, _PRISON_STEP = 175_759_973, 108_625_913


def draw_people(rng: Generator, n: int, first_id: int) -> pd.DataFrame:
    """`n` people with their names, and what their careers start from.

    Returns
    -------
    DataFrame
        person_id, forename, middle_name, surname, dob (datetime64), sex, ethnicity, nationality, region (of residence);
        and, in days since 1970, arrested (for the first time), first_offence (−1 for those never convicted) and leaves
        (`NEVER` for those who stay); male, career (row of `assumptions.career_matrix`), appetite.
    """
    male = rng.random(n) >= a.SHARE_FEMALE
    first, age = _first_offences(rng, male)
    sex = np.where(male, "M", "F").astype(object)
    dob = (first - np.floor(age * YEAR).astype(np.int64)).astype("datetime64[D]").astype("datetime64[s]")
    ethnicity = np.array(a.ETHNICITIES, dtype=object)[pick_one(rng, a.ETHNICITY_SHARES, n)]
    people = draw_names(rng, sex, pd.DatetimeIndex(dob).year.to_numpy(), ethnicity).reset_index(drop=True)
    people = people.assign(person_id=np.arange(first_id, first_id + n), dob=dob, sex=sex, ethnicity=ethnicity)
    people = _add_duplicates(rng, add_relatives(rng, people))
    for column, shares in (("nationality", a.NATIONALITIES), ("region", a.REGIONS)):
        people[column] = np.array(list(shares), dtype=object)[pick_one(rng, np.array(list(shares.values())), n)]
    # a relative's date of birth may have moved by days: nobody offends before the age of ten
    born = people["dob"].to_numpy().astype("datetime64[D]").astype(np.int64)
    first = np.maximum(first, born + round(10 * YEAR) + 1)
    leaves = first + np.floor(rng.random(n) * (day(a.DATA_END) - first)).astype(np.int64)
    careers = np.array(list(a.CAREER_SHARES.values())).T  # boys, men, girls, women
    return people.assign(
        arrested=first,
        first_offence=np.where(rng.random(n) < a.SHARE_NEVER_CONVICTED, -1, first),
        leaves=np.where(rng.random(n) < a.SHARE_LEAVING, leaves, NEVER),
        male=male,
        career=pick(rng, careers[2 * ~male + (age >= 18)]),
        appetite=np.minimum(np.exp(rng.normal(0, a.OFFENCES_APPETITE, n)), a.OFFENCES_MOST),
    )


def _first_offences(rng: Generator, male: NDArray[np.bool_]) -> tuple[Days, NDArray[np.float64]]:
    """Day of, and age in years at, everybody's first offence."""
    n = len(male)
    band = np.where(male, pick_one(rng, a.AGE_SHARES["M"], n), pick_one(rng, a.AGE_SHARES["F"], n))
    age = a.AGE_BANDS[band] + rng.random(n) * (a.AGE_BANDS[band + 1] - a.AGE_BANDS[band])
    start, latest = day(a.DATA_START), day(a.DATA_END) - 240  # the first sanction falls into the data period, too
    active = rng.random(n) < np.where(age < 18, *a.SHARE_ACTIVE_AT_START)
    pace = np.where(active, a.MEAN_YEARS_TO_ENTRY, 1e3) * YEAR  # so slow a pace is no pace at all
    first = start - np.log1p(rng.random(n) * np.expm1((start - latest) / pace)) * pace
    return np.floor(first).astype(np.int64), age


def _add_duplicates(rng: Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Give a few records the name and date of birth of the record born next: one human being, recorded twice."""
    by_birth = people.sort_values(["sex", "dob"], kind="stable").index.to_numpy()
    sex, dob = people["sex"].to_numpy()[by_birth], people["dob"].to_numpy()[by_birth]
    alike = np.flatnonzero((sex[1:] == sex[:-1]) & (np.diff(dob) < np.timedelta64(60, "D")))
    at = rng.permutation(alike)[: round(len(people) * SHARE_DUPLICATES)]
    known, again = by_birth[at], by_birth[at + 1]
    for column in ("forename", "middle_name", "surname", "dob", "ethnicity"):
        values = people[column].to_numpy().copy()
        values[again] = people[column].to_numpy()[known]
        people[column] = values
    return people


class Identifiers:
    """Hands out identifiers that never repeat, over all chunks of one register."""

    def __init__(self) -> None:
        self._recorded: dict[int, int] = {}
        self._prisoners = 0

    def pnc_ids(self, year: NDArray[np.int64]) -> NDArray:
        """PNC ids of people first recorded in these years."""
        serial = np.empty(len(year), dtype=np.int64)
        for value in np.unique(year):
            rows = np.flatnonzero(year == value)
            begin = self._recorded.get(int(value), 0)
            serial[rows] = (np.arange(begin, begin + len(rows)) * _PNC_STEP + int(value) * 104_729) % _PNC_PRIME + 1
            self._recorded[int(value)] = begin + len(rows)
        return format_pnc_id(year, serial)

    def prison_numbers(self, n: int) -> NDArray:
        """`n` prison numbers, ``A9999AA``."""
        number = (np.arange(self._prisoners, self._prisoners + n) * _PRISON_STEP + 1) % _PRISON_PRIME
        self._prisoners += n
        if n == 0:
            return np.array([], dtype=object)
        letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        digits = np.char.zfill((number // 676 % 10_000).astype(str), 4)
        last = np.char.add(letters[number // 26 % 26], letters[number % 26])
        return np.char.add(np.char.add(letters[number // 6_760_000], digits), last).astype(object)


def cro_numbers(rng: Generator, year: NDArray[np.int64]) -> NDArray:
    """Numbers of the Criminal Records Office, ``123456/05X``, for five people in six; else None."""
    serial = rng.integers(1, 1_000_000, len(year))
    short = np.char.zfill((year % 100).astype(str), 2)
    number = np.char.add(np.char.add(np.char.add(serial.astype(str), "/"), short), pnc_check_letter(year, serial))
    return np.where(rng.random(len(year)) < 5 / 6, number.astype(object), None)
