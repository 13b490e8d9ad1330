"""The offences behind each disposal: when, of which group, class and severity; breaches and penalty notices beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import day, pick, to_dates
from .ogrs import OFFENCE_GROUPS
from .sentencing import CUSTODY

_CODE = {name: code for code, name in enumerate(a.DISPOSALS)}
_SUPERVISED = [_CODE["community_order"], _CODE["suspended_sentence_order"]]
_NATURE = np.array([a.OFFENCE_NATURE[g] for g in OFFENCE_GROUPS])
_SERIOUS = a.by_group(a.SERIOUS_SHARES, 0.0)


def draw_offences(rng: Generator, disposals: pd.DataFrame) -> pd.DataFrame:
    """A row per offence: the principal one first, the rest later in the same episode and no more serious."""
    counts = disposals["n_offences"].to_numpy()
    of = np.repeat(np.arange(len(disposals)), counts)
    principal = np.r_[True, of[1:] != of[:-1]] if len(of) else np.zeros(0, dtype=bool)
    columns = ["person", "disposal_id", "first_offence", "last_possible", "proven", "group", "career", "kind", "worse"]
    o = disposals[columns].iloc[of].reset_index(drop=True)
    span = (o["last_possible"] - o["first_offence"] + 1).to_numpy()
    later = o["first_offence"] + np.floor(rng.random(len(o)) * span).astype(np.int64)
    o["date"] = np.where(principal, o["first_offence"], later)
    other_group = ~principal & (rng.random(len(o)) < 0.4)
    o.loc[other_group, "group"] = pick(rng, a.career_matrix()[o["career"].to_numpy()[other_group]])
    severity = _severity(rng, o["group"].to_numpy(), np.where(principal, o["worse"], 0))
    first = np.maximum.accumulate(np.where(principal, np.arange(len(o)), 0))
    o["severity"] = np.maximum(severity, severity[first])
    o["is_breach"], o["is_penalty_notice"] = o["kind"] == 1, False
    o["class"] = np.where(o["is_breach"], 2, pick(rng, _NATURE[o["group"], :3]))
    offences = pd.concat([o, _added_breaches(rng, disposals), _penalty_notices(rng, disposals)], ignore_index=True)
    return offences.sort_values(["person", "date", "disposal_id"], kind="stable", ignore_index=True)


def _severity(rng: Generator, group: NDArray[np.int64], worse: NDArray[np.float64]) -> NDArray[np.int64]:
    drawn = np.clip(np.rint(rng.normal(_NATURE[group, 3] - worse, 0.6)), 2, 8)
    return np.where(rng.random(len(group)) < _SERIOUS[group], 1, drawn).astype(np.int64)


def _added_breaches(rng: Generator, d: pd.DataFrame) -> pd.DataFrame:
    """Breach of an earlier order, dealt with together with new offences."""
    before = d["disposal"].shift(1).isin(_SUPERVISED) & (d["person"] == d["person"].shift(1)) & (d["kind"] == 0)
    rows = d[before & (d["disposal"] != _CODE["caution"]) & (rng.random(len(d)) < 0.15)]
    return rows.assign(date=rows["last_possible"], severity=7, **{"class": 2}, is_breach=True, is_penalty_notice=False)


def _penalty_notices(rng: Generator, d: pd.DataFrame) -> pd.DataFrame:
    """Penalty notices for disorder: offences without a disposal, in the months after a sanction at liberty."""
    until = np.where(d["next_offence"] >= 0, d["next_offence"], np.minimum(day(a.DATA_END), d["leaves"]))
    room = np.minimum(until - d["event"], 365) - 1
    chosen = (d["kind"] == 0) & (d["disposal"] != CUSTODY) & (room > 5) & (rng.random(len(d)) < a.SHARE_PENALTY_NOTICE)
    rows = d[chosen].assign(disposal_id=-1, severity=8, **{"class": 2}, is_breach=False, is_penalty_notice=True)
    rows["date"] = rows["proven"] = rows["event"] + 1 + np.floor(rng.random(len(rows)) * room[chosen]).astype(np.int64)
    return rows.assign(group=OFFENCE_GROUPS.index("public_order"))


def offence_table(ids: NDArray, o: pd.DataFrame) -> pd.DataFrame:
    """The register's table ``offence``."""
    return pd.DataFrame(
        {
            "offence_id": o["offence_id"],
            "disposal_id": o["disposal_id"].astype("Int64").mask(o["disposal_id"] < 0),
            "person_id": ids[o["person"]],
            "offence_date": to_dates(o["date"].to_numpy()),
            "proven_date": to_dates(o["proven"].to_numpy()),
            "offence_group": np.array(OFFENCE_GROUPS, dtype=object)[o["group"]],
            "offence_class": np.array(a.OFFENCE_CLASSES, dtype=object)[o["class"]],
            "severity": o["severity"].astype("int32"),
            "is_penalty_notice": o["is_penalty_notice"].astype(bool),
            "is_breach": o["is_breach"].astype(bool),
        }
    )
