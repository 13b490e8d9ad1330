"""Differences between the matched groups, with intervals and p-values: three estimates, always shown together.

Effect = treatment − control; a negative difference in reoffending is a reduction. All three estimates concern the
matched treated people. Values are unrounded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy import stats

from .errors import JDLError
from .matching import MatchedSample
from .regression import Link, fit_glm, independent_columns
from .result import Result

ESTIMATES = ("headline", "classic", "check")


class Kind(StrEnum):
    """What an outcome is, and with it the link of its outcome model."""

    share = "share"
    count = "count"
    days = "days"

    @property
    def link(self) -> Link:
        return {Kind.share: Link.logit, Kind.count: Link.log, Kind.days: Link.identity}[self]


@dataclass(frozen=True)
class Measure:
    """One outcome measure of the method: its column in the outcomes, and among whom it is taken."""

    key: str
    label: str
    kind: Kind
    column: str
    base: str


MEASURES = (
    Measure("rate", "One-year proven reoffending rate", Kind.share, "reoffended", "everyone"),
    Measure("frequency", "Proven reoffences per person", Kind.count, "n_reoffences", "everyone"),
    Measure("days", "Days to first proven reoffence", Kind.days, "days_to_first", "reoffenders"),
)


@dataclass(frozen=True)
class Outcomes(Result):
    """Outcome measures of both groups and the differences between them.

    Parameters
    ----------
    measures : DataFrame
        One row per measure: key, label, unit (share, count, days), base (everyone, reoffenders), n_treatment, n_control,
        treatment_value (plain mean of the matched treated), control_value (weighted mean of the matched controls),
        control_value_adjusted (treatment_value − headline estimate: with the outcome model, the headline need not be
        the difference of the two means); for headline, classic and check each ``_estimate``, ``_se``, ``_ci_low``,
        ``_ci_high``, ``_p_value``, ``_df``; holm_p (headline, over the measures shown); verdict and classic_verdict
        (reduction, increase, inconclusive: below, above or across zero; for days "increase" means a longer time to
        the first reoffence, which is no worsening); why_not (why a measure is withheld, else None).
    n_treatment, n_control : int
        Matched people.
    ess_control : float
        Effective control size (Σw)² / Σw².
    ess_is_low : bool
        It is below twice the matched treated.
    messages : tuple of str
    """

    measures: pd.DataFrame
    n_treatment: int
    n_control: int
    ess_control: float
    ess_is_low: bool
    messages: tuple[str, ...]

    def summary(self) -> str:
        found = self.measures.iloc[0]
        if found["why_not"] is not None:
            return f"{found['label']}: not shown, {found['why_not']}"
        low, value, high = (100 * found[f"headline_{k}"] for k in ("ci_low", "estimate", "ci_high"))
        return f"{found['label']}: {value:+.1f} percentage points ({low:+.1f} to {high:+.1f}), {found['verdict']}"


def compare_measures(outcomes: pd.DataFrame, matched: MatchedSample, spec) -> Outcomes:
    """Compare the matched groups on every outcome measure.

    Parameters
    ----------
    outcomes : DataFrame
        unit_id, reoffended (0/1), n_reoffences, days_to_first (NaN for those who did not reoffend). Everybody in the
        comparison must be there; the rest of the pool serves the check estimate.
    matched : MatchedSample
    spec : RequestSpec
        inference.confidence, inference.minimum_reoffenders, covariates.people_per_parameter.

    Raises
    ------
    JDLError
        If outcomes are missing for people in the comparison, a unit occurs twice, or outcomes contradict each other.
    """
    aligned, matched = _align(outcomes, matched)
    is_reoffender = aligned["reoffended"].to_numpy() == 1
    rows, messages = [], []
    for measure in MEASURES:
        subset = is_reoffender if measure.base == "reoffenders" else np.ones(len(aligned), bool)
        row, said = _measure_row(measure, aligned[measure.column].to_numpy(float), subset, matched, spec)
        rows.append(row)
        messages += [f"{measure.label}: {text}" for text in said]
    measures = pd.DataFrame(rows)
    measures["holm_p"] = holm(measures["headline_p_value"].to_numpy(float))
    ess, n = matched.ess_control, matched.n_treatment_matched
    if ess < 2 * n:
        messages.append("The effective size of the control group is below twice the treatment group: few people carry it.")
    return Outcomes(measures, n, matched.n_control, ess, bool(ess < 2 * n), tuple(dict.fromkeys(messages)))


def estimate(y, design, matched: MatchedSample, kind: str, spec, subset=None) -> dict:
    """Headline, classic and check estimate of one difference.

    Parameters
    ----------
    y : array, shape (n_people,)
        Outcome, in the order of ``matched.units``; not read outside `subset`.
    design : DataFrame or array, shape (n_people, n_columns)
        Matching covariates in the same order, for the outcome model; a column unit_id is ignored.
    matched : MatchedSample
    kind : {"share", "count", "days"}
        Link of the outcome model: logit, log or identity.
    spec : RequestSpec
    subset : bool array, shape (n_people,), optional
        Only these people (reoffenders). Default: everybody.

    Returns
    -------
    dict
        ``headline``, ``classic``, ``check``, each a dict of estimate, se, ci_low, ci_high, p_value, df; and ``messages``
        (tuple of str).

    Raises
    ------
    JDLError
        With fewer than two people in one of the groups.

    Notes
    -----
    headline: τ = mean of r over matched treated − Σ w r over matched controls, r = y − m₀(x), w scaled to sum to 1, m₀
    fitted in the matched controls with those weights. SE² = Σ(r_T − r̄_T)² / (n(n − 1)) + Σ(w(r_C − r̄_C))²; t with n − 1
    degrees of freedom.

    check: the same matched treated against the whole pool, m₀ fitted there without weights, w the odds of the score
    (AIPW, Hájek). SE² = Σ(r_T − r̄_T)² / n² + Σ(w(r_C − r̄_C))², from the influence function.
    """
    x = design.drop(columns="unit_id", errors="ignore") if isinstance(design, pd.DataFrame) else design
    x, y = np.asarray(x, float), np.asarray(y, float)
    units, kind = matched.units, Kind(kind)
    within = np.ones(len(units), bool) if subset is None else np.asarray(subset, bool)
    is_treated, weight = units["is_treated"].to_numpy(bool), units["weight"].to_numpy(float)
    score = units["score"].to_numpy(float)
    treated = within & is_treated & (weight > 0)
    control, pool = (within & ~is_treated & served for served in (weight > 0, (score > 0) & (score < 1)))
    if min(treated.sum(), control.sum()) < 2:
        raise JDLError("fewer than two people are left in one of the groups", "outcomes", "this cannot be compared")
    confidence, least = spec.inference.confidence, spec.covariates.people_per_parameter
    odds = score[pool] / (1 - score[pool])
    headline, said = _adjusted(x, y, treated, control, weight[control], weight[control], kind, least)
    check, said_of_check = _adjusted(x, y, treated, pool, odds, np.ones(pool.sum()), kind, least)
    difference, n = headline["difference"], int(treated.sum())
    return {
        "headline": _interval(difference, headline["se_sample"], n - 1, confidence),
        "classic": _classic(y[treated], y[control], weight[control], confidence),
        "check": _interval(check["difference"], check["se_influence"], n - 1, confidence),
        "messages": (*said, *(f"in the check estimate, {text}" for text in said_of_check if text not in said)),
    }


def _adjusted(
    x: np.ndarray,
    y: np.ndarray,
    treated: np.ndarray,
    control: np.ndarray,
    weight: np.ndarray,
    model_weight: np.ndarray,
    kind: Kind,
    least_per_column: float,
) -> tuple[dict, list[str]]:
    """Difference of mean residuals from an outcome model of the controls, with both forms of its standard error."""
    predict, said = _outcome_model(x[control], y[control], model_weight, kind, least_per_column)
    r_t, r_c = y[treated] - predict(x[treated]), y[control] - predict(x[control])
    w = weight / weight.sum()
    mean_t, mean_c, n = r_t.mean(), w @ r_c, len(r_t)
    of_treated, of_control = ((r_t - mean_t) ** 2).sum(), ((w * (r_c - mean_c)) ** 2).sum()
    return {
        "difference": mean_t - mean_c,
        "se_sample": math.sqrt(of_treated / (n * (n - 1)) + of_control),
        "se_influence": math.sqrt(of_treated / n**2 + of_control),
    }, said


def _outcome_model(x: np.ndarray, y: np.ndarray, weight: np.ndarray, kind: Kind, least_per_column: float):
    """m₀: the expected outcome without the service, by covariates.

    Where a logit or log model has no finite maximum (few events), the linear model takes its place: it always exists,
    and the difference of residuals stays unbiased, the weights alone seeing to it. Where the controls are worth fewer
    than `least_per_column` people per column, any model would follow chance: there the mean alone is used.

    Returns
    -------
    predict : callable
    said : list of str
    """
    kept, _, _ = independent_columns(x)
    size = weight.sum() ** 2 / (weight**2).sum()
    if size < least_per_column * len(kept):
        return (lambda new: np.average(y, weights=weight)), [
            "there are too few controls for an outcome model on all covariates, so the means are compared without one."
        ]
    fit = fit_glm(x[:, kept], y, kind.link, weight)
    said = []
    if fit.is_separated:
        said = [f"the {kind.link} outcome model has no answer with so few events, so a linear one was used."]
        fit = fit_glm(x[:, kept], y, Link.identity, weight)
    return (lambda new: fit.predict(new[:, kept])), said


def _classic(treated: np.ndarray, control: np.ndarray, weight: np.ndarray, confidence: float) -> dict:
    """Difference of weighted means with Welch's interval, controls counted as independent: for comparison with the past.

    The weighted variance is Σw(y − m)² / Σw · n/(n − 1).
    """
    n_t, n_c = len(treated), len(control)
    mean = np.average(control, weights=weight)
    variance = np.average((control - mean) ** 2, weights=weight) * n_c / (n_c - 1)
    parts = treated.var(ddof=1) / n_t, variance / n_c
    total = sum(parts)
    df = total**2 / (parts[0] ** 2 / (n_t - 1) + parts[1] ** 2 / (n_c - 1)) if total else n_t + n_c - 2
    return _interval(treated.mean() - mean, math.sqrt(total), df, confidence)


def _interval(value: float, se: float, df: float, confidence: float) -> dict:
    half = stats.t.ppf((1 + confidence) / 2, df) * se
    p = 2 * stats.t.sf(abs(value) / se, df) if se else float(value == 0)
    found = {"estimate": value, "se": se, "ci_low": value - half, "ci_high": value + half, "p_value": p, "df": df}
    return {k: float(v) for k, v in found.items()}


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values; NaN (a measure not shown) stays NaN and does not count.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    adjusted = np.full(len(p_values), np.nan)
    shown = np.flatnonzero(~np.isnan(p_values))
    order = shown[np.argsort(p_values[shown], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def verdict(ci_low: float, ci_high: float) -> str:
    """reduction, increase or inconclusive, by whether the interval crosses zero."""
    return "reduction" if ci_high < 0 else "increase" if ci_low > 0 else "inconclusive"


def _measure_row(
    measure: Measure, y: np.ndarray, subset: np.ndarray, matched: MatchedSample, spec
) -> tuple[dict, tuple[str, ...]]:
    units = matched.units
    served = subset & (units["weight"] > 0).to_numpy()
    treated, control = (served & group for group in (units["is_treated"], ~units["is_treated"]))
    row = {"key": measure.key, "label": measure.label, "unit": str(measure.kind), "base": measure.base}
    row |= {"n_treatment": int(treated.sum()), "n_control": int(control.sum())}
    names = [f"{e}_{k}" for e in ESTIMATES for k in ("estimate", "se", "ci_low", "ci_high", "p_value", "df")]
    empty = dict.fromkeys(["treatment_value", "control_value", "control_value_adjusted", *names], np.nan)
    why_not = _why_not(measure, y, treated, control, spec)
    if why_not:
        return row | empty | {"verdict": None, "classic_verdict": None, "why_not": why_not}, ()
    found = estimate(y, matched.design, matched, measure.kind, spec, subset)
    row |= {"treatment_value": float(y[treated].mean())}
    row |= {"control_value": float(np.average(y[control], weights=units["weight"].to_numpy()[control]))}
    row |= {"control_value_adjusted": row["treatment_value"] - found["headline"]["estimate"]}
    row |= {f"{e}_{k}": value for e in ESTIMATES for k, value in found[e].items()}
    row |= {"verdict": verdict(found["headline"]["ci_low"], found["headline"]["ci_high"])}
    row |= {"classic_verdict": verdict(found["classic"]["ci_low"], found["classic"]["ci_high"]), "why_not": None}
    return row, found["messages"]


def _why_not(measure: Measure, y: np.ndarray, treated: np.ndarray, control: np.ndarray, spec) -> str | None:
    least = spec.inference.minimum_reoffenders
    if measure.base == "reoffenders" and treated.sum() < least:
        return f"fewer than {least} people in the treatment group reoffended"
    if min(treated.sum(), control.sum()) < 2:
        return "there are too few people to compare"
    both = y[treated | control]
    if both.max() == both.min():
        return "the outcome was the same for everybody"
    return None


def _align(outcomes: pd.DataFrame, matched: MatchedSample) -> tuple[pd.DataFrame, MatchedSample]:
    """Outcomes in the order of the matched sample, and the sample cut to those who have outcomes."""
    if outcomes["unit_id"].duplicated().any():
        raise JDLError("the outcomes hold a unit more than once", "outcomes, unit_id", "measure them again")
    if ((outcomes["reoffended"] == 1) != outcomes["days_to_first"].notna()).any():
        fix = "days_to_first belongs to those who reoffended, and to nobody else; measure the outcomes again"
        raise JDLError("reoffending and days to the first reoffence contradict each other", "outcomes", fix)
    has_outcome = matched.units["unit_id"].isin(outcomes["unit_id"]).to_numpy()
    n_missing = int((~has_outcome & (matched.units["weight"] > 0)).sum())
    if n_missing:
        raise JDLError(f"{n_missing} people in the comparison have no outcome", "outcomes", "measure them again for all")
    if not has_outcome.all():
        cut = {k: getattr(matched, k)[has_outcome].reset_index(drop=True) for k in ("units", "design")}
        matched = MatchedSample(**(vars(matched) | cut))
    return matched.units[["unit_id"]].merge(outcomes, on="unit_id", how="left", validate="1:1"), matched
