"""One difference between the matched groups, estimated three ways: headline, classic and check.

Effect = treatment − control. All three concern the matched treated people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..matching import MatchedSample
from ..matching.regression import Link, fit_glm, independent_columns
from .interval import effective_number, interval
from .weighted_t import Group, t_test

ESTIMATES = ("headline", "classic", "check")


class Kind(StrEnum):
    """What an outcome is, and with it the link of its outcome model."""

    share = "share"
    count = "count"
    days = "days"
    mean = "mean"

    @property
    def link(self) -> Link:
        return {Kind.share: Link.logit, Kind.count: Link.log}.get(self, Link.identity)


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
    treated_weight : array, shape (n_treated,)
        1 each, unless the method weights the treated, too.
    matched, pool : OutcomeModel
        Of the matched controls with their weights (headline), and of the whole pool (check).
    """

    treated: np.ndarray
    treated_weight: np.ndarray
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
    if min(treated.sum(), control.sum()) < 2 or effective_number(weight[treated]) <= 1:
        raise JDLError("fewer than two people are left in one of the groups", "outcomes", "this cannot be compared")
    # as the treated are weighted, so is the pool: odds make it like the treated, the score itself like the overlap
    of_pool = score[pool] if matched.estimand == "ato" else score[pool] / (1 - score[pool])
    return Comparison(
        treated,
        weight[treated],
        outcome_model(x, treated, control, weight[control], weight[control]),
        outcome_model(x, treated, pool, of_pool, np.ones(pool.sum())),
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
    kind : {"share", "count", "days", "mean"}
        Link of the outcome model: logit, log, or identity for the last two.
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
    degrees of freedom. Where the treated are weighted, too, means and squares of theirs are weighted, u scaled to sum
    to 1: Σ(u(r_T − r̄_T))² · n/(n − 1) with n = (Σu)²/Σu²; with equal weights nothing changes.

    check: the same matched treated against the whole pool, m₀ fitted there without weights, w the odds of the score
    (AIPW, Hájek). SE² = Σ(r_T − r̄_T)² / n² + Σ(w(r_C − r̄_C))², from the influence function. With overlap weights w is
    the score itself.
    """
    return estimate_among(prepare(design, matched, subset), y, kind, spec)


def estimate_among(people: Comparison, y, kind: str, spec) -> dict:
    """`estimate` of one more outcome among people who are prepared already."""
    y, kind = np.asarray(y, float), Kind(kind)
    confidence, least = spec.inference.confidence, spec.covariates.people_per_parameter
    headline, said = adjusted(y, people, people.matched, kind, least)
    check, said_of_check = adjusted(y, people, people.pool, kind, least)
    df = effective_number(people.treated_weight) - 1
    control = Group(y[people.matched.control], people.matched.weight)
    return {
        "headline": interval(headline["difference"], headline["se_sample"], df, confidence),
        "classic": t_test(Group(y[people.treated], people.treated_weight), control, confidence),
        "check": interval(check["difference"], check["se_influence"], df, confidence),
        "messages": (*said, *(f"in the check estimate, {text}" for text in said_of_check if text not in said)),
    }


def adjusted(
    y: np.ndarray, people: Comparison, model: OutcomeModel, kind: Kind, least_per_column: float
) -> tuple[dict, list[str]]:
    """Difference of mean residuals from an outcome model of the controls, with both forms of its standard error.

    Returns
    -------
    found : dict
        difference, se_sample (headline) and se_influence (check).
    said : list of str
    """
    of_treated, of_control, said = expected_outcomes(y[model.control], model, kind, least_per_column)
    r_t, r_c = y[people.treated] - of_treated, y[model.control] - of_control
    u, w = people.treated_weight, model.weight / model.weight.sum()
    mean_t, mean_c, n = np.average(r_t, weights=u), w @ r_c, effective_number(u)
    squares_t, squares_c = ((u * (r_t - mean_t)) ** 2).sum() / u.sum() ** 2, ((w * (r_c - mean_c)) ** 2).sum()
    return {
        "difference": mean_t - mean_c,
        "se_sample": math.sqrt(squares_t * n / (n - 1) + squares_c),
        "se_influence": math.sqrt(squares_t + squares_c),
    }, said


def outcome_model(
    x: np.ndarray, treated: np.ndarray, control: np.ndarray, weight: np.ndarray, model_weight: np.ndarray
) -> OutcomeModel:
    """The covariates of one set of controls, and of the treated, sorted out."""
    x_control, x_treated = x[control], x[treated]
    kept, constant, _ = independent_columns(x_control)
    ignores = any((x_treated[:, j] != x_control[0, j]).any() for j in constant)
    return OutcomeModel(control, weight, model_weight, x_control[:, kept], x_treated[:, kept], ignores)


def expected_outcomes(
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
    if effective_number(weight) < least_per_column * model.x.shape[1]:
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
