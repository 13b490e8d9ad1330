"""Life beside offending: employment, benefits and assessed needs, all of them worse where the risk is higher."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import completed_years, day, to_dates
from .histories import REPORT_DAYS
from .sentencing import CUSTODY

WORK_RECORDS_SINCE = np.datetime64("1998-01-01").astype("datetime64[D]").astype(int)
MEAN_JOB_DAYS = 420
SHARE_CLAIMING = 0.95  # of spells out of work
SHARE_OTHER_BENEFIT = 0.04
#: Need -> share in custody, share under a court order (lifestyle, accommodation, alcohol: published; the rest assumed).
NEEDS: dict[str, tuple[float, float]] = {
    "accommodation": (0.68, 0.39),
    "employability": (0.66, 0.48),
    "finance": (0.55, 0.42),
    "relationships": (0.70, 0.62),
    "lifestyle": (0.89, 0.71),
    "drugs": (0.56, 0.38),
    "alcohol": (0.22, 0.24),
    "wellbeing": (0.42, 0.44),
    "thinking": (0.88, 0.80),
    "attitudes": (0.74, 0.52),
}
SHARE_ASSESSED = 0.65
NEED_BY_RISK = 1.6  # log odds per unit of OGRS3
DAYS_TO_ASSESSMENT_INSIDE = 60


def draw_work(rng: Generator, people: pd.DataFrame, risk: NDArray[np.float64], custody: pd.DataFrame) -> dict:
    """Jobs and benefits: alternating spells in and out of work, ended by custody.

    Parameters
    ----------
    people : DataFrame
        person_id, dob, leaves.
    risk : float array, shape (n_people,)
        Mean OGRS3 of each person; people at higher risk work less.
    custody : DataFrame
        Table ``custody_spell``.

    Returns
    -------
    dict of str to DataFrame
        Tables ``employment_spell`` and ``benefit_spell``.
    """
    n = len(people)
    share = 1 / (1 + np.exp(-(0.42 - 3.4 * risk + rng.normal(0, 1.0, n))))
    share = np.clip(share, 0.04, 0.92)
    sixteen = people["dob"].to_numpy().astype("datetime64[D]").astype(np.int64) + 16 * 365 + 4
    end = np.minimum(day(a.DATA_END) + 1, people["leaves"].to_numpy())  # a spell that outlasts the data has no end
    cursor = np.maximum(sixteen, WORK_RECORDS_SINCE)
    who, none = np.flatnonzero(cursor < end), np.zeros((0, 3), dtype=np.int64)
    jobs, gaps = [none], [none]
    working = rng.random(n) < share
    while len(who):
        length = np.where(working[who], MEAN_JOB_DAYS, MEAN_JOB_DAYS * (1 / share[who] - 1))
        begin = cursor[who]
        finish = begin + np.ceil(rng.exponential(length)).astype(np.int64) + 20
        spell = np.stack([who, begin, np.minimum(finish, end[who])], axis=1)
        jobs.append(spell[working[who]])
        gaps.append(spell[~working[who]])
        cursor[who], working[who] = finish + 1, ~working[who]
        who = who[cursor[who] < end[who]]
    inside = _custody_days(people, custody)
    ids = people["person_id"].to_numpy()
    idle = np.concatenate(gaps)
    claims = idle[rng.random(len(idle)) < SHARE_CLAIMING]
    claims[:, 1] += rng.integers(0, 15, len(claims))
    benefits = _spell_table(ids, _outside(claims, inside, resumes=True), "out_of_work")
    benefits.loc[rng.random(len(benefits)) < SHARE_OTHER_BENEFIT, "kind"] = "other"
    employed = _spell_table(ids, _outside(np.concatenate(jobs), inside, resumes=False), "employed")
    return {"employment_spell": employed, "benefit_spell": benefits}


def _custody_days(people: pd.DataFrame, custody: pd.DataFrame) -> NDArray[np.int64]:
    """Spells inside as person (position), first and last day; one without end lasts beyond the data period."""
    first, last = (custody[c].to_numpy().astype("datetime64[D]").astype(np.int64) for c in ("start", "end"))
    last = np.where(custody["end"].isna(), day(a.DATA_END) + 1, last)
    person = custody["person_id"].to_numpy() - people["person_id"].iloc[0]
    spells = np.stack([person, first, last], axis=1)
    # a sentinel keeps look-ups valid where nobody is inside; it sorts behind everybody
    spells = np.concatenate([spells, [[len(people), 0, 0]]])
    return spells[np.lexsort((spells[:, 1], spells[:, 0]))]


def _outside(spells: NDArray[np.int64], custody: NDArray[np.int64], resumes: bool) -> NDArray[np.int64]:
    """The parts of spells that lie outside custody.

    Parameters
    ----------
    spells, custody : int array, shape (n, 3)
        Person, first day, last day; custody sorted by person and first day, without overlap.
    resumes : bool
        What custody interrupted goes on after release (benefits); else it is lost (jobs).
    """
    width = 10**5  # days are far fewer, so person and day make one sortable number
    begins = custody[:, 0] * width + custody[:, 1]
    parts = []
    while len(spells):
        person, start, finish = spells.T
        at = np.searchsorted(begins, person * width + start, side="right") - 1
        held = (at >= 0) & (custody[at, 0] == person) & (custody[at, 2] >= start)
        late = np.where(held, custody[at, 2] + 1, start)
        following = np.minimum(at + 1, len(custody) - 1)
        comes = (custody[following, 0] == person) & (custody[following, 1] > start) & (custody[following, 1] <= finish)
        until = np.where(comes & ~held, custody[following, 1] - 1, finish)
        whole = ~held & (until >= start)
        parts.append(np.stack([person, start, until], axis=1)[whole])
        rest = np.where(held, late, until + 1)
        again = resumes & (held | comes) & (rest <= finish)
        spells = np.stack([person, rest, finish], axis=1)[again]
    return np.concatenate(parts) if parts else spells


def _spell_table(ids: NDArray, spells: NDArray[np.int64], kind: str) -> pd.DataFrame:
    spells = spells[np.lexsort((spells[:, 1], spells[:, 0]))]
    last = np.where(spells[:, 2] > day(a.DATA_END), -1, spells[:, 2])
    return pd.DataFrame(
        {"person_id": ids[spells[:, 0]], "start": to_dates(spells[:, 1]), "end": to_dates(last), "kind": kind}
    )


def draw_needs(rng: Generator, people: pd.DataFrame, sanctions: pd.DataFrame) -> pd.DataFrame:
    """Assessments (OASys) of adults: before a community sentence, or between custodial sentence and release.

    The shares with each need are those of `NEEDS` on average; around it all but that for alcohol rise with OGRS3.

    Returns
    -------
    DataFrame
        Table ``needs_assessment``: needs as 0 or 1; ogrs3, the chance of reoffending within a year, in per cent.
    """
    adult = completed_years(sanctions["disposed"], sanctions["dob"]) >= 18
    chosen = (
        adult & sanctions["disposal"].isin([CUSTODY, *a.COURT_ORDERS]) & (rng.random(len(sanctions)) < SHARE_ASSESSED)
    )
    assessed = sanctions[chosen]
    n, custody = len(assessed), (assessed["disposal"] == CUSTODY).to_numpy()
    report = np.maximum(assessed["disposed"] - rng.integers(1, REPORT_DAYS, n), assessed["first_offence"])
    room = np.minimum(assessed["release"], assessed["last_day"]) - assessed["disposed"]
    induction = assessed["disposed"] + np.floor(rng.random(n) * room.clip(0, DAYS_TO_ASSESSMENT_INSIDE)).astype(
        np.int64
    )
    on = np.where(custody, induction, report)
    table = {"person_id": people["person_id"].to_numpy()[assessed["person"]], "assessed_on": to_dates(on)}
    risk = assessed["risk"].to_numpy()
    relative = risk - assessed.groupby(custody)["risk"].transform("mean").to_numpy()
    for need, (inside, outside) in NEEDS.items():
        base = np.where(custody, inside, outside)
        logit = np.log(base / (1 - base)) + (0 if need == "alcohol" else NEED_BY_RISK) * relative
        table[need] = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype("int32")
    table["ogrs3"] = np.rint(100 * risk)
    return pd.DataFrame(table).drop_duplicates(["person_id", "assessed_on"], ignore_index=True)
