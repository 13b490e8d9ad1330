"""Time to the first reoffence compared in one number: mean time without one, and the ratio of hazards.

The survival curves show the whole; these two sum it up. Neither assumes that everybody was observed to the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..matching import MatchedSample
from .interval import PARTS, NotEstimable, interval
from .survival import CLOCKS, last_day, times

LABELS = {
    "rmst": "Mean days without a proven reoffence, of the first {horizon:g}",
    "hazard": "Rate of first proven reoffences on any day (hazard ratio)",
}
COLUMNS = ("measure", "label", "scale", *PARTS, "why_not")

#: The Newton steps of the hazard ratio end when they are smaller than this.
_STEP = 1e-12
_MOST_STEPS = 50


def compare_times(time: np.ndarray, event: np.ndarray, matched: MatchedSample, spec, horizon: float) -> pd.DataFrame:
    """Restricted mean survival time and hazard ratio of the matched groups.

    Parameters
    ----------
    time : array, shape (n_people,)
        Day of the first reoffence, or last day of observation, in the order of ``matched.units``.
    event : bool array, shape (n_people,)
    matched : MatchedSample
    spec : RequestSpec
        inference.confidence.
    horizon : float
        Days up to which the mean time is taken.

    Returns
    -------
    DataFrame
        measure (rmst, hazard); label; scale, "difference" (days) or "ratio"; estimate, se (of the logarithm for a
        ratio), ci_low, ci_high, p_value, df (infinite: a normal interval); why_not, why there is none.
    """
    weight, is_treated = matched.units["weight"].to_numpy(float), matched.units["is_treated"].to_numpy(bool)
    served = weight > 0
    groups = [(time[who], event[who], weight[who]) for who in (served & is_treated, served & ~is_treated)]
    rows = []
    for measure, compare in {"rmst": _rmst_difference, "hazard": _log_hazard_ratio}.items():
        is_ratio = measure == "hazard"
        row = {
            "measure": measure,
            "label": LABELS[measure].format(horizon=horizon),
            "scale": "ratio" if is_ratio else "difference",
        }
        try:
            value, se = compare(*groups, horizon)
            found = interval(value, se, math.inf, spec.inference.confidence, is_log=is_ratio)
            rows.append(row | found | {"why_not": None})
        except NotEstimable as fault:
            rows.append(row | dict.fromkeys(PARTS, np.nan) | {"why_not": str(fault)})
    why_not = pd.Series([row["why_not"] for row in rows], dtype=object)
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(why_not=why_not)


def times_to_first(outcomes: pd.DataFrame, matched: MatchedSample, spec) -> pd.DataFrame:
    """`compare_times` of the first proven reoffence, by both clocks of the survival curves.

    By the calendar the mean is taken over the shortest follow-up; by days not in custody up to the last day on which
    at least `disclosure.minimum_cell` people of either group are still observed.

    Parameters
    ----------
    outcomes : DataFrame
        As for `survival.survival_curves`; without days at risk the frame is empty.
    matched : MatchedSample
    spec : RequestSpec

    Returns
    -------
    DataFrame
        clock (calendar, at_risk), then the columns of `compare_times`.
    """
    if "days_at_risk" not in outcomes:
        return pd.DataFrame(columns=["clock", *COLUMNS])
    weight, is_treated = matched.units["weight"].to_numpy(float), matched.units["is_treated"].to_numpy(bool)
    groups = [g & (weight > 0) for g in (is_treated, ~is_treated)]
    event = outcomes["reoffended"].to_numpy() == 1
    length = (outcomes["days_in_custody"] + outcomes["days_at_risk"]).to_numpy(float)
    found = []
    for clock in CLOCKS:
        time = times(outcomes, clock, groups[0] | groups[1])
        horizon = length[groups[0] | groups[1]].min()
        if clock == "at_risk":
            horizon = min(last_day(time[g], event[g], spec.disclosure.minimum_cell) for g in groups)
        found.append(compare_times(time, event, matched, spec, float(horizon)).assign(clock=clock))
    return pd.concat(found, ignore_index=True)[["clock", *COLUMNS]]


def _rmst_difference(treated: tuple, control: tuple, horizon: float) -> tuple[float, float]:
    _require_people(treated, control)
    if not horizon > 0:
        raise NotEstimable("there are too few people at risk on the first day")
    (m_t, se_t), (m_c, se_c) = (restricted_mean(*group, horizon) for group in (treated, control))
    se = math.hypot(se_t, se_c)
    if not se > 0:
        raise NotEstimable("time to the event is the same for everybody within each group")
    return m_t - m_c, se


def _log_hazard_ratio(treated: tuple, control: tuple, horizon: float) -> tuple[float, float]:
    _require_people(treated, control)
    found = log_hazard_ratio(treated, control)
    return found.value, found.robust_se


def _require_people(*groups: tuple) -> None:
    if min(len(time) for time, _, _ in groups) < 2:
        raise NotEstimable("fewer than two people are left in one of the groups")


def restricted_mean(time: np.ndarray, event: np.ndarray, weight: np.ndarray, horizon: float) -> tuple[float, float]:
    """Mean time without an event up to the horizon: the area under the weighted Kaplan-Meier curve, and its error.

    Parameters
    ----------
    time, event, weight
        As for `survival.kaplan_meier`.
    horizon : float

    Returns
    -------
    mean, se : float

    Raises
    ------
    NotEstimable
        If the last person was observed only to a day before the horizon, without an event: the curve ends there.

    Notes
    -----
    SE² = Σ(w ∂mean/∂w)², the infinitesimal jackknife of the curve; with equal weights Σ A² d / (Y(Y − d)), A the area
    under the curve from a day of events to the horizon (Greenwood's formula carried over).

    References
    ----------
    Royston & Parmar (2013), BMC Medical Research Methodology 13, 152; Jaeckel (1972), Bell Laboratories MM 72-1215-11.
    """
    last = time.max()
    if last < horizon and not event[time == last].all():
        raise NotEstimable(f"nobody in one of the groups was observed for {horizon:g} days")
    seen = event & (time <= horizon)
    when = np.unique(time[seen])
    order = np.argsort(time, kind="stable")
    at_or_after = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    at_risk = at_or_after[np.searchsorted(time[order], when)]
    own = np.searchsorted(when, time[seen])
    events = np.bincount(own, weight[seen], len(when))
    rest = np.where(np.bincount(own, minlength=len(when)) == _n_at_risk(time, when), 0.0, at_risk - events)
    survival = np.append(1.0, np.cumprod(rest / at_risk))
    width = np.diff(np.concatenate([[0.0], when, [horizon]]))
    areas = survival * width
    after = np.cumsum(areas[::-1])[::-1][1:]  # area from each day of events on
    slope = np.divide(after, rest, out=np.zeros_like(after), where=rest > 0)  # nobody is left: no area either
    summed = np.append(0.0, np.cumsum(events / at_risk * slope))
    moved = summed[np.searchsorted(when, time, side="right")]
    moved[seen] -= slope[own]
    return float(areas.sum()), math.sqrt(((weight * moved) ** 2).sum())


def _n_at_risk(time: np.ndarray, when: np.ndarray) -> np.ndarray:
    return len(time) - np.searchsorted(np.sort(time), when, side="left")


@dataclass(frozen=True)
class LogHazardRatio:
    """Logarithm of the hazard ratio, treatment over control.

    Parameters
    ----------
    value : float
    robust_se : float
        From the score residuals: holds with weights, and where hazards are not proportional.
    naive_se : float
        From the information; for comparison, as if weights were numbers of people.
    """

    value: float
    robust_se: float
    naive_se: float


def log_hazard_ratio(treated: tuple, control: tuple) -> LogHazardRatio:
    """Weighted Cox regression on treatment alone: Efron's treatment of ties, robust standard error.

    Parameters
    ----------
    treated, control : tuple of array
        time, event, weight of each person. The controls' weights are scaled to sum to those of the treated.

    Raises
    ------
    NotEstimable
        Where one of the groups has no events while the other could have had them: the ratio is 0 or infinite.

    Notes
    -----
    On a day with d events of mean weight w̄, the k-th of them (k = 0 … d − 1) sees the sums at risk less k/d of those
    who have an event that day. With one 0/1 covariate all that matters are two sums per event, so that there is no loop
    over people.

    References
    ----------
    Cox (1972), JRSS B 34, 187-220; Efron (1977), JASA 72, 557-565; Lin & Wei (1989), JASA 84, 1074-1078; Therneau &
    Grambsch (2000), Modeling Survival Data, section 7.1 (weights and ties).
    """
    scale = treated[2].sum() / control[2].sum()
    groups = [(treated[0], treated[1], treated[2]), (control[0], control[1], control[2] * scale)]
    when = np.unique(np.concatenate([time[event] for time, event, _ in groups]))
    if not len(when):
        raise NotEstimable("nobody had an event")
    at_risk, dying, n_dying = (np.array(v) for v in zip(*(_sums_by_day(*g, when) for g in groups), strict=True))
    n = n_dying.sum(axis=0)
    day = np.repeat(np.arange(len(when)), n)
    past = (np.arange(len(day)) - np.repeat(np.cumsum(n) - n, n)) / n[day]  # k/d of each event
    r_t, r_c = at_risk[:, day] - past * dying[:, day]
    share = (dying.sum(axis=0) / n)[day]  # mean weight of the day's events
    observed = dying[0].sum()
    if not (at_risk[1] * dying[0]).sum() > 0 or not (at_risk[0] * dying[1]).sum() > 0:
        raise NotEstimable("one of the groups had no events while both were observed")
    beta = 0.0
    for _ in range(_MOST_STEPS):
        p = r_t * math.exp(beta) / (r_t * math.exp(beta) + r_c)
        information = (share * p * (1 - p)).sum()
        step = (observed - (share * p).sum()) / information
        beta += float(np.clip(step, -2, 2))
        if abs(step) < _STEP:
            break
    else:
        raise NotEstimable("the hazard ratio has no finite answer")
    p = r_t * math.exp(beta) / (r_t * math.exp(beta) + r_c)
    information = (share * p * (1 - p)).sum()
    hazard = share / (r_t * math.exp(beta) + r_c)
    squares = 0.0
    for value, (time, event, weight) in zip((1.0, 0.0), groups, strict=True):
        pull = math.exp(beta * value) * hazard * (value - p)
        passed = np.append(0.0, np.cumsum(np.bincount(day, pull, len(when))))
        spared = np.bincount(day, pull * past, len(when))
        mean = np.bincount(day, p, len(when)) / n
        residual = -passed[np.searchsorted(when, time, side="right")]
        own = np.searchsorted(when, time[event])
        residual[event] += value - mean[own] + spared[own]
        squares += ((weight * residual) ** 2).sum()
    return LogHazardRatio(beta, math.sqrt(squares) / information, 1 / math.sqrt(information))


def _sums_by_day(time: np.ndarray, event: np.ndarray, weight: np.ndarray, when: np.ndarray) -> tuple:
    """Weights at risk on each of the days, weights of those with an event on it, and their number."""
    order = np.argsort(time, kind="stable")
    at_or_after = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    own = np.searchsorted(when, time[event])
    by_day = np.bincount(own, weight[event], len(when)), np.bincount(own, minlength=len(when))
    return at_or_after[np.searchsorted(time[order], when)], *by_day
