"""One difference between the matched groups, estimated three ways: headline, classic and check.

Effect = treatment − control. All three concern the matched treated people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import JDLError
from ..matching import MatchedSample
from ..matching.regression import Link, fit_glm, independent_columns

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
class OutcomeModel:
    """What the outcome models of one set of controls share: their covariates, sorted out once for all outcomes.

    Parameters
    ----------
    control : bool array, shape (n_people,)
    weight, model_weight : array, shape (n_controls,)
        Of the difference of means, and of the model.
    x, x_treated : array, shape (n_controls, n_kept), shape (n_treated, n_kept)
        Columns that carry something new among the controls, of them and of the treated.
    ignores : bool
        Some treated person differs in a covariate that is the same for all these controls.
    """

    control: np.ndarray
    weight: np.ndarray
    model_weight: np.ndarray
    x: np.ndarray
    x_treated: np.ndarray
    ignores: bool


@dataclass(frozen=True)
class Comparison:
    """Who is compared, prepared for the estimates of any number of outcomes among the same people.

    Parameters
    ----------
    treated : bool array, shape (n_people,)
        Matched treated people.
    matched, pool : OutcomeModel
        Of the matched controls with their weights (headline), and of the whole pool (check).
    """

    treated: np.ndarray
    matched: OutcomeModel
    pool: OutcomeModel


def prepare(design, matched: MatchedSample, subset=None) -> Comparison:
    """Sort out who is compared and on which columns; parameters and errors as for `estimate`."""
    x = design.drop(columns="unit_id", errors="ignore") if isinstance(design, pd.DataFrame) else design
    x, units = np.asarray(x, float), matched.units
    within = np.ones(len(units), bool) if subset is None else np.asarray(subset, bool)
    is_treated, weight = units["is_treated"].to_numpy(bool), units["weight"].to_numpy(float)
    score = units["score"].to_numpy(float)
    treated = within & is_treated & (weight > 0)
    control, pool = (within & ~is_treated & served for served in (weight > 0, (score > 0) & (score < 1)))
    if min(treated.sum(), control.sum()) < 2:
        raise JDLError("fewer than two people are left in one of the groups", "outcomes", "this cannot be compared")
    odds = score[pool] / (1 - score[pool])
    return Comparison(
        treated,
        _outcome_model(x, treated, control, weight[control], weight[control]),
        _outcome_model(x, treated, pool, odds, np.ones(pool.sum())),
    )


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
        ``headline``, ``classic``, ``check``, each a dict of estimate, se, ci_low, ci_high, p_value, df; and
        ``messages`` (tuple of str).

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
    return estimate_among(prepare(design, matched, subset), y, kind, spec)


def estimate_among(people: Comparison, y, kind: str, spec) -> dict:
    """`estimate` of one more outcome among people who are prepared already."""
    y, kind = np.asarray(y, float), Kind(kind)
    treated, control = people.treated, people.matched.control
    confidence, least = spec.inference.confidence, spec.covariates.people_per_parameter
    headline, said = _adjusted(y, treated, people.matched, kind, least)
    check, said_of_check = _adjusted(y, treated, people.pool, kind, least)
    difference, n = headline["difference"], int(treated.sum())
    return {
        "headline": _interval(difference, headline["se_sample"], n - 1, confidence),
        "classic": _classic(y[treated], y[control], people.matched.weight, confidence),
        "check": _interval(check["difference"], check["se_influence"], n - 1, confidence),
        "messages": (*said, *(f"in the check estimate, {text}" for text in said_of_check if text not in said)),
    }


def _adjusted(
    y: np.ndarray, treated: np.ndarray, model: OutcomeModel, kind: Kind, least_per_column: float
) -> tuple[dict, list[str]]:
    """Difference of mean residuals from an outcome model of the controls, with both forms of its standard error."""
    of_treated, of_control, said = _expected(y[model.control], model, kind, least_per_column)
    r_t, r_c = y[treated] - of_treated, y[model.control] - of_control
    w = model.weight / model.weight.sum()
    mean_t, mean_c, n = r_t.mean(), w @ r_c, len(r_t)
    of_treated, of_control = ((r_t - mean_t) ** 2).sum(), ((w * (r_c - mean_c)) ** 2).sum()
    return {
        "difference": mean_t - mean_c,
        "se_sample": math.sqrt(of_treated / (n * (n - 1)) + of_control),
        "se_influence": math.sqrt(of_treated / n**2 + of_control),
    }, said


def _outcome_model(
    x: np.ndarray, treated: np.ndarray, control: np.ndarray, weight: np.ndarray, model_weight: np.ndarray
) -> OutcomeModel:
    x_control, x_treated = x[control], x[treated]
    kept, constant, _ = independent_columns(x_control)
    ignores = any((x_treated[:, j] != x_control[0, j]).any() for j in constant)
    return OutcomeModel(control, weight, model_weight, x_control[:, kept], x_treated[:, kept], ignores)


def _expected(
    y: np.ndarray, model: OutcomeModel, kind: Kind, least_per_column: float
) -> tuple[np.ndarray | float, np.ndarray | float, list[str]]:
    """m₀: the expected outcome without the service, by covariates.

    Where a logit or log model has no finite maximum (few events), the linear model takes its place: it always exists,
    and the difference of residuals stays unbiased, the weights alone seeing to it. Where the controls are worth fewer
    than `least_per_column` people per column, any model would follow chance: there the mean alone is used.

    Returns
    -------
    of_treated, of_control : array or float
        Expected outcomes.
    said : list of str
    """
    weight = model.model_weight
    size = weight.sum() ** 2 / (weight**2).sum()
    if size < least_per_column * model.x.shape[1]:
        mean = float(np.average(y, weights=weight))
        said = (
            "there are too few controls for an outcome model on all covariates, so the means are compared without one."
        )
        return mean, mean, [said]
    said = []
    if model.ignores:
        said.append("covariates that are the same for all these controls are left out of the outcome model.")
    fit = fit_glm(model.x, y, kind.link, weight)
    if fit.is_separated:
        said.append(f"the {kind.link} outcome model has no answer with so few events, so a linear one was used.")
        fit = fit_glm(model.x, y, Link.identity, weight)
    return fit.predict(model.x_treated), fit.predict(model.x), said


def _classic(treated: np.ndarray, control: np.ndarray, weight: np.ndarray, confidence: float) -> dict:
    """Difference of weighted means with Welch's interval, as earlier publications have it.

    Controls count as independent. The weighted variance is Σw(y − m)² / Σw · n/(n − 1).
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
