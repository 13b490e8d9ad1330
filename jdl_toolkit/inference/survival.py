"""Time to the first proven reoffence of the matched groups, as weighted survival curves.

Two clocks. "calendar": everybody is followed for the whole period, in custody or not, so that the curve ends at one
less the reoffending rate. "at_risk": days in custody do not count; people leave observation at the end of their own
days at risk.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

CLOCKS = {"calendar": "since the index date", "at_risk": "not in custody"}
GROUPS = ("treatment", "control")
COLUMNS = (
    "clock", "day", "treatment", "treatment_low", "treatment_high", "control", "control_low", "control_high",
    "n_treatment_step", "n_control_step",
)  # fmt: skip
#: Fewer steps than this make no curve.
FEWEST_STEPS = 2


def survival_curves(outcomes: pd.DataFrame, units: pd.DataFrame, spec) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Share of each matched group without a proven reoffence by the end of each day of a grid.

    Parameters
    ----------
    outcomes : DataFrame
        reoffended, days_to_first, days_in_custody, days_at_risk, days_at_risk_to_first, in the order of `units`.
    units : DataFrame
        is_treated, weight.
    spec : RequestSpec
        outcomes.survival_steps, disclosure.minimum_cell, inference.confidence.

    Returns
    -------
    curves : DataFrame
        clock; day; treatment, control, each with ``_low`` and ``_high``; n_treatment_step, n_control_step, people who
        first reoffended after the previous day of the grid (or the index date) and up to this one.
    messages : tuple of str
        Which curve is not drawn, and why.
    """
    if "days_at_risk" not in outcomes:
        return pd.DataFrame(columns=list(COLUMNS)), ()
    weight, is_treated = units["weight"].to_numpy(float), units["is_treated"].to_numpy(bool)
    members = {"treatment": is_treated & (weight > 0), "control": ~is_treated & (weight > 0)}
    event = outcomes["reoffended"].to_numpy() == 1
    curves, messages = [], []
    for clock, words in CLOCKS.items():
        time = times(outcomes, clock, np.logical_or(*members.values()))
        groups = {name: (time[who], event[who], weight[who]) for name, who in members.items()}
        cell = spec.disclosure.minimum_cell
        days = choose_days([(t, e) for t, e, _ in groups.values()], spec.outcomes.survival_steps, cell)
        if len(days) < FEWEST_STEPS:
            fewer = f"fewer than {FEWEST_STEPS} steps of at least {cell} people of each group could be formed"
            messages.append(f"Time to the first reoffence by days {words} is not drawn: {fewer}.")
            continue
        curve = pd.DataFrame({"clock": clock, "day": days})
        for name, group in groups.items():
            values = kaplan_meier(*group, days, spec.inference.confidence)
            curve[[name, f"{name}_low", f"{name}_high"]] = values[["survival", "low", "high"]].to_numpy()
            curve[f"n_{name}_step"] = np.diff(_n_events(*group[:2], days), prepend=0)
        curves.append(curve)
    table = pd.concat(curves, ignore_index=True)[list(COLUMNS)] if curves else pd.DataFrame(columns=list(COLUMNS))
    return table, tuple(messages)


def kaplan_meier(
    time: np.ndarray, event: np.ndarray, weight: np.ndarray, days: np.ndarray, confidence: float
) -> pd.DataFrame:
    """Weighted Kaplan-Meier estimate on the given days, with pointwise limits.

    Parameters
    ----------
    time : array, shape (n_people,)
        Day of the first reoffence, or last day of observation.
    event : bool array, shape (n_people,)
        Whether `time` is that of a reoffence.
    weight : array, shape (n_people,)
        Positive; only their ratios matter.
    days : int array, shape (n_days,)
        Ascending; somebody must be left at risk, without a reoffence, on the last.
    confidence : float

    Returns
    -------
    DataFrame
        day, survival (by the end of the day), se, low, high.

    Notes
    -----
    S = ∏(1 − h), h = d/Y, d and Y weighted sums of those who reoffend on a day and of those at risk before it.
    SE² = Σ(w ∂S/∂w)², the infinitesimal jackknife: with equal weights Greenwood's formula, without censoring the
    Σ(w(r − r̄))² of the headline estimate. Limits are symmetric for ln(−ln S) and so stay between 0 and 1.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457-481; Jaeckel (1972), Bell Laboratories MM 72-1215-11 (the jackknife);
    Kalbfleisch & Prentice (2002), The Statistical Analysis of Failure Time Data, section 1.4 (the limits).
    """
    seen = event & (time <= days[-1])
    when = np.unique(time[seen])
    order = np.argsort(time, kind="stable")
    at_or_after = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    at_risk = at_or_after[np.searchsorted(time[order], when)]
    own = np.searchsorted(when, time[seen])  # which of these days is a person's own
    hazard = np.bincount(own, weight[seen], len(when)) / at_risk
    s = np.append(1.0, np.cumprod(1 - hazard))[np.searchsorted(when, days, side="right")]
    slope = 1 / (at_risk * (1 - hazard))
    at_event = np.zeros(len(time))
    at_event[seen] = slope[own]
    summed = np.append(0.0, np.cumsum(hazard * slope))
    variance = np.empty(len(days))
    for i, day in enumerate(days):
        passed = summed[np.searchsorted(when, np.minimum(time, day), side="right")]
        variance[i] = ((weight * (np.where(time <= day, at_event, 0.0) - passed)) ** 2).sum()
    se = s * np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = stats.norm.ppf((1 + confidence) / 2) * se / (s * np.abs(np.log(s)))
    low, high = (np.where(s < 1, s ** np.exp(sign * half), 1.0) for sign in (1, -1))
    return pd.DataFrame({"day": days, "survival": s, "se": se, "low": low, "high": high})


def choose_days(groups: list[tuple[np.ndarray, np.ndarray]], n_steps: int, fewest: int) -> np.ndarray:
    """Days of the grid: at most `n_steps`, evenly spread, joined where a step would tell of too few people.

    No step between neighbouring days holds fewer than `fewest` first reoffences of either group, and on the last day at
    least so many people of either are still observed without one. What comes after the last day are no reoffences or at
    least so many.

    Parameters
    ----------
    groups : list of (time, event)
        As for `kaplan_meier`.
    """
    end = min(last_day(time, event, fewest) for time, event in groups)
    spread = np.unique(np.rint(np.linspace(0, end, n_steps + 1)).astype(np.int64))[1:]
    by_day = np.array([_n_events(time, event, spread) for time, event in groups])
    chosen: list[int] = []
    for i in range(len(spread)):
        if (by_day[:, i] - (by_day[:, chosen[-1]] if chosen else 0) >= fewest).all():
            chosen.append(i)
    if not chosen:
        return spread[:0]
    chosen[-1] = len(spread) - 1  # what is left after the last full step joins it
    rest = np.array([event.sum() for _, event in groups]) - by_day[:, -1]
    if ((rest > 0) & (rest < fewest)).any():
        chosen.pop()
    return spread[chosen]


def last_day(time: np.ndarray, event: np.ndarray, fewest: int) -> int:
    """The last day by whose end at least `fewest` people are still observed without an event; 0 if there is none."""
    days = np.arange(1, int(time.max()) + 1)
    today = _n_events(time, event, days) - _n_events(time, event, days - 1)
    left = len(time) - np.searchsorted(np.sort(time), days) - today
    return int((left >= fewest).sum())


def times(outcomes: pd.DataFrame, clock: str, served: np.ndarray) -> np.ndarray:
    """Day of the first reoffence or last day of observation; by the calendar one last day for all."""
    if clock == "at_risk":
        return outcomes["days_at_risk_to_first"].to_numpy(float)
    length = (outcomes["days_in_custody"] + outcomes["days_at_risk"]).to_numpy(float)
    return np.where(outcomes["reoffended"] == 1, outcomes["days_to_first"], length[served].max())


def _n_events(time: np.ndarray, event: np.ndarray, days: np.ndarray) -> np.ndarray:
    """First reoffences by the end of each day."""
    return np.searchsorted(np.sort(time[event]), days, side="right")
