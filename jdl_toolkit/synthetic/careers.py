"""Histories as chains of sanctions: at each, OGRS3 says whether and the calendar says when the next offence comes.

A step of the loop is everybody's k-th sanction at once; there is no loop over people. Dates are whole days since
1970-01-01 throughout.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import NEVER, Days, completed_years, day, pick, truncated_exponential
from .ogrs import ogrs3_one_year, second_year_hazard
from .sentencing import CUSTODY, sentence

_COLUMNS = (
    "person", "order", "group", "career", "male", "dob", "age_first", "risk", "n_offences", "worse", "first_offence",
    "last_possible", "proven", "disposed", "event", "disposal", "sentence_days", "remand", "release", "release_type",
    "licence_end", "free_until", "last_day",
)  # fmt: skip


def simulate_careers(rng: Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Everybody's sanctions within the data period.

    Parameters
    ----------
    people : DataFrame
        Columns dob, first_offence, leaves (days; `first_offence` −1 for people never convicted, `leaves` `NEVER` for
        those who stay), male (bool), career (row of `assumptions.career_matrix`), appetite (for many offences at once).

    Returns
    -------
    DataFrame
        A row per sanction, sorted by person and order: person (position in `people`), order (= previous sanctions),
        group, career, male, dob, age_first, risk (OGRS3 at the event), what `sentencing.sentence` adds, and
        free_until (day of the next first offence, else last_day) and last_day (the last that is observed).
    """
    mixes = a.career_matrix()
    now = _enter(people)
    steps: list[dict[str, NDArray]] = []
    order = 0
    while not steps or len(now["person"]):
        n = len(now["person"])
        now["order"] = np.full(n, order)
        stays = rng.random(n) < a.STAY_WITH_CAREER
        now["group"] = pick(rng, mixes[np.where(stays, now["career"], len(mixes) - 1)])
        now |= sentence(rng, now)
        if order == 0:
            now["age_first"] = completed_years(now["disposed"], now["dob"])
        age = completed_years(now["event"], now["dob"])
        now["risk"] = ogrs3_one_year(age, now["age_first"], now["male"], now["order"], now["group"])
        after = now["event"] + _days_to_next(rng, now["risk"], now["disposal"] == CUSTODY)
        returns = after <= now["last_day"]
        now["free_until"] = np.minimum(after, now["last_day"])
        known = now["disposed"] <= now["last_day"]
        steps.append({column: now[column][known] for column in _COLUMNS})
        now = {column: values[known & returns] for column, values in now.items()}
        now["first_offence"], now["last_risk"] = now["free_until"], now["risk"]
        order += 1
    sanctions = pd.DataFrame({c: np.concatenate([step[c] for step in steps]) for c in _COLUMNS})
    return sanctions.sort_values(["person", "order"], ignore_index=True)


def _enter(people: pd.DataFrame) -> dict[str, NDArray]:
    person = np.flatnonzero(people["first_offence"].to_numpy() >= 0)
    columns = ("dob", "first_offence", "male", "career", "appetite")
    now: dict[str, NDArray] = {c: people[c].to_numpy()[person] for c in columns}
    now["person"] = person
    now["last_day"] = np.minimum(day(a.DATA_END), people["leaves"].to_numpy()[person])
    now["last_risk"] = np.zeros(len(person))
    now["age_first"] = np.zeros(len(person))  # set at the first sanction
    return now


def _days_to_next(rng: Generator, risk: NDArray[np.float64], custody: NDArray[np.bool_]) -> Days:
    """Days from the event to the next first offence; beyond the data period for those who desist.

    Year one: the OGRS3 chance, on a day from a truncated exponential. Year two: the hazard that OGRS3 for two years
    implies. Later years: that hazard, fading; the day is uniform within them.
    """
    n = len(risk)
    luck = rng.random(n)
    free = 1 - risk  # chance of no offence so far
    year = (luck < free).astype(np.int64)
    hazard = second_year_hazard(risk)
    for _ in range(17):
        free = free * (1 - hazard)
        year += luck < free
        hazard = hazard * a.FADING_HAZARD
    first = truncated_exponential(rng, n, a.DAYS_TO_FIRST_OTHER)
    first[custody] = truncated_exponential(rng, int(custody.sum()), a.DAYS_TO_FIRST_CUSTODY)
    days = np.where(year == 0, np.maximum(np.ceil(first), 1), 365 * year + 1 + rng.integers(0, 365, n))
    return np.where(year == 18, NEVER, days).astype(np.int64)
