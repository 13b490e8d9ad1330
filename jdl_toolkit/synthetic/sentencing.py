"""From an episode of offending to its sanction: how many offences, when proven, which disposal, how long inside."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import Days, completed_years, day, pick, zero_truncated_negative_binomial
from .ogrs import OFFENCE_GROUPS, ogrs3_one_year

CUSTODY, CAUTION = a.DISPOSAL_CODES["custody"], a.DISPOSAL_CODES["caution"]
RELEASE_TYPES = ("unconditional", "licence", "hdc", "approved_premises")
GRAVITY = np.array([a.OFFENCE_NATURE[g][4] for g in OFFENCE_GROUPS])
_MOTORING = np.isin(OFFENCE_GROUPS, ["other_motoring", "drink_driving"])
_SENTENCE_DAYS = a.by_group(a.SENTENCE_DAYS, a.OTHER_SENTENCE_DAYS)
_ADULT_ONLY = [a.DISPOSAL_CODES["fine"], *a.COURT_ORDERS]


def sentence(rng: Generator, now: dict[str, NDArray]) -> dict[str, NDArray]:
    """The sanction of everybody's present episode.

    Parameters
    ----------
    now : dict of arrays, shape (n,)
        first_offence and dob (days), group (code), order (previous sanctions), male, last_risk, appetite.

    Returns
    -------
    dict of arrays, shape (n,)
        n_offences, worse (gravity above the group's), disposal (code), last_possible (day for a further offence),
        proven, disposed, event (days); and for custody sentence_days, remand (its start), release, licence_end,
        release_type (code); −1 where there is none.
    """
    n = len(now["first_offence"])
    mean = a.OFFENCES_MEAN * np.exp(a.OFFENCES_BY_RISK * now["last_risk"]) * (1 + now["order"]) ** a.OFFENCES_BY_RECORD
    mean = mean * now["appetite"]
    n_offences = zero_truncated_negative_binomial(rng, mean, a.OFFENCES_SIZE)
    proven = now["first_offence"] + np.ceil(rng.triangular(28, 100, 180, n)).astype(np.int64)
    report = np.where(rng.random(n) < a.SHARE_ADJOURNED, rng.integers(7, 29, n), 0)
    worse = rng.normal(0, a.GRAVITY_SPREAD, n)  # than the offences of this group are on average
    grave = GRAVITY[now["group"]] + worse
    disposal = _disposals(rng, now, grave, proven + report)
    caution = disposal == CAUTION
    proven = np.where(caution, now["first_offence"] + rng.integers(1, 40, n), proven)
    disposed = proven + np.where(np.isin(disposal, [CUSTODY, *a.COURT_ORDERS]), report, 0)
    chosen = {"n_offences": n_offences, "worse": worse, "disposal": disposal, "proven": proven, "disposed": disposed}
    return chosen | _custody(rng, now["group"], now["first_offence"], chosen)


def _disposals(rng: Generator, now: dict[str, NDArray], grave: NDArray[np.float64], on: Days) -> NDArray[np.int64]:
    age = completed_years(on, now["dob"])
    group = now["group"]
    age_first = np.where(now["order"] == 0, age, now["age_first"])
    risk = ogrs3_one_year(age, age_first, now["male"], now["order"], group)
    what = (np.ones(len(age)), np.log1p(now["order"]), np.log(risk / (1 - risk)), grave, ~now["male"], _MOTORING[group])
    terms = np.stack(what, axis=1)
    score = np.full((len(age), len(a.SENTENCING)), -np.inf)
    for name, coefficients in a.SENTENCING.items():
        score[:, a.DISPOSAL_CODES[name]] = terms @ np.array(coefficients)
    young = age < 18
    score[np.ix_(young, _ADULT_ONLY)] = -np.inf
    score[~young, a.DISPOSAL_CODES["youth_sentence"]] = -np.inf
    score[young, CUSTODY] -= 1.0
    score[on < day(a.SUSPENDED_SINCE), a.DISPOSAL_CODES["suspended_sentence_order"]] = -np.inf
    shares = np.exp(score - score.max(axis=1, keepdims=True))
    return pick(rng, shares / shares.sum(axis=1, keepdims=True))


def _custody(rng: Generator, group: NDArray[np.int64], first: Days, chosen: dict[str, NDArray]) -> dict[str, NDArray]:
    """Remand, length and release: half the sentence is served, less time on remand, less home detention curfew."""
    disposal, worse, proven, disposed = (chosen[c] for c in ("disposal", "worse", "proven", "disposed"))
    n = len(disposal)
    custody = disposal == CUSTODY
    grave = np.maximum(GRAVITY[group] + worse, 0)
    remanded = rng.random(n) < np.where(custody, 0.15 + 0.12 * grave, 0.01 * grave)
    remanded &= disposal != CAUTION
    remand = np.where(remanded, first + rng.integers(1, 25, n), -1)
    inside = np.where(remanded, disposed - remand, 0)
    drawn = _SENTENCE_DAYS[group] * np.exp(a.SENTENCE_BY_GRAVITY * worse + rng.normal(0, a.SENTENCE_SPREAD, n))
    days = np.clip(np.rint(drawn), 14, 7000).astype(np.int64)
    eligible = (days >= 90) & (days < 4 * 365) & (disposed >= day(a.HDC_SINCE))
    hdc = eligible & (rng.random(n) < a.SHARE_HDC)
    early = np.where(hdc, np.minimum(135, days // 4), 0)
    release = disposed + np.maximum(days // 2 - inside - early, 1)
    premises = (days >= 4 * 365) & (grave > 2) & (rng.random(n) < 0.4)
    kind = np.select([premises, hdc, days >= 365], [3, 2, 1], 0)
    latest = np.maximum(np.where(remanded, remand, proven) - 1, first)
    return {
        "last_possible": latest,
        "remand": remand,
        "sentence_days": np.where(custody, days, -1),
        "release": np.where(custody, release, -1),
        "release_type": np.where(custody, kind, -1),
        "licence_end": np.where(custody & (days >= 365), disposed + days - inside, -1),
        "event": np.where(custody, release, disposed),
    }
