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
SHARE_CLAIMING = 0.88  # of spells out of work
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
_DISPOSAL = {name: code for code, name in enumerate(a.DISPOSALS)}


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
    share = 1 / (1 + np.exp(-(0.75 - 3.4 * risk + rng.normal(0, 1.0, n))))
    share = np.clip(share, 0.04, 0.92)
    sixteen = people["dob"].to_numpy().astype("datetime64[D]").astype(np.int64) + 16 * 365 + 4
    end = np.minimum(day(a.DATA_END), people["leaves"].to_numpy())
    cursor = np.maximum(sixteen, WORK_RECORDS_SINCE)
    who, jobs, gaps = np.flatnonzero(cursor < end), [], []
    working = rng.random(n) < share
    while len(who):
        length = np.where(working[who], MEAN_JOB_DAYS, MEAN_JOB_DAYS * (1 / share[who] - 1))
        begin = cursor[who]
        finish = begin + np.ceil(rng.exponential(length)).astype(np.int64) + 6
        spell = np.stack([who, begin, np.where(finish > end[who], -1, finish)], axis=1)
        jobs.append(spell[working[who]])
        gaps.append(spell[~working[who]])
        cursor[who], working[who] = finish + 1, ~working[who]
        who = who[cursor[who] < end[who]]
    ids = people["person_id"].to_numpy()
    employed = _spells(ids, np.concatenate(jobs), "employed", custody)
    idle = np.concatenate(gaps)
    claims = idle[rng.random(len(idle)) < SHARE_CLAIMING]
    claims[:, 1] += rng.integers(0, 15, len(claims))
    claims = claims[(claims[:, 2] < 0) | (claims[:, 2] > claims[:, 1])]
    benefits = _spells(ids, claims, "out_of_work", custody)
    benefits.loc[rng.random(len(benefits)) < 0.06, "kind"] = "other"
    return {"employment_spell": employed, "benefit_spell": benefits}


def _spells(ids: NDArray, spells: NDArray[np.int64], kind: str, custody: pd.DataFrame) -> pd.DataFrame:
    """Spells as a table: those that begin inside are dropped, those that custody interrupts end there."""
    spells = spells[np.lexsort((spells[:, 1], spells[:, 0]))]
    far = day(a.DATA_END) + 1
    person = ids[spells[:, 0]]
    start = spells[:, 1]
    finish = np.where(spells[:, 2] < 0, far, spells[:, 2])
    begins = custody["start"].to_numpy().astype("datetime64[D]").astype(np.int64)
    ends = custody["end"].to_numpy().astype("datetime64[D]").astype(np.int64)
    ends = np.where(custody["end"].isna(), far, ends)
    by = np.lexsort((begins, custody["person_id"].to_numpy()))
    holder, begins, ends = np.r_[custody["person_id"].to_numpy()[by], -1], np.r_[begins[by], far], np.r_[ends[by], far]
    width = 100_000
    position = np.searchsorted(holder[:-1] * width + begins[:-1], person * width + start)
    interrupted = (holder[position] == person) & (begins[position] < finish)
    finish = np.where(interrupted, begins[position], finish)
    inside = (position > 0) & (holder[position - 1] == person) & (ends[position - 1] > start)
    keep = ~inside & (finish > start)
    finish = np.where(finish >= far, -1, finish)[keep]
    return pd.DataFrame(
        {"person_id": person[keep], "start": to_dates(start[keep]), "end": to_dates(finish), "kind": kind}
    )


def draw_needs(rng: Generator, people: pd.DataFrame, sanctions: pd.DataFrame) -> pd.DataFrame:
    """Assessments (OASys) of adults: before a community sentence, or between custodial sentence and release.

    The shares with each need are those of `NEEDS` on average; around it they rise with OGRS3.
    """
    s = sanctions
    custody = (s["disposal"] == CUSTODY).to_numpy()
    supervised = custody | s["disposal"].isin([_DISPOSAL["community_order"], _DISPOSAL["suspended_sentence_order"]])
    adult = completed_years(s["disposed"].to_numpy(), s["dob"].to_numpy()) >= 18
    chosen = supervised & adult & (rng.random(len(s)) < SHARE_ASSESSED)
    s, custody = s[chosen], custody[chosen]
    last = np.minimum(np.minimum(day(a.DATA_END), s["leaves"]), s["release"]).to_numpy()
    report = np.maximum(s["disposed"] - rng.integers(1, REPORT_DAYS, len(s)), s["first_offence"]).to_numpy()
    room = np.where(custody, np.maximum(np.minimum(last - s["disposed"], 60), 0), 0)
    on = np.where(custody, s["disposed"] + np.floor(rng.random(len(s)) * room).astype(np.int64), report)
    table = {"person_id": people["person_id"].to_numpy()[s["person"]], "assessed_on": to_dates(on)}
    risk = s["risk"].to_numpy()
    for need, (inside, outside) in NEEDS.items():
        base = np.where(custody, inside, outside)
        centre = np.where(custody, risk[custody].mean() if custody.any() else 0, risk[~custody].mean() if (~custody).any() else 0)
        slope = 0.0 if need == "alcohol" else 1.6
        chance = 1 / (1 + np.exp(-np.log(base / (1 - base)) - slope * (risk - centre)))
        table[need] = (rng.random(len(s)) < chance).astype("int32")
    table["ogrs3"] = np.rint(100 * risk)
    return pd.DataFrame(table).drop_duplicates(["person_id", "assessed_on"], ignore_index=True)
