"""One difference between the matched groups, estimated three ways: headline, classic and check.

Effect = treatment − control. All three concern the matched treated people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..matching import MatchedSample
from ..matching.newton import Moments, Start
from ..matching.regression import Fit, Link, fit_glm, sort_columns, start_at
from ..matching.terms import as_matrix
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
        All people, where they have no copy of their own rows: those of weight 0 are no controls then.
    weight, model_weight : array, shape (n_controls,)
        Of the difference of means, and of the model.
    x, x_treated : array, shape (n_controls, n_kept), shape (n_treated, n_kept)
        Columns that carry something new among the controls, of them and of the treated.
    kept : list of int
        Their positions.
    names : tuple of str
        Their names, or positions where they have none.
    scale : Moments
        Of `x` with the weights of the model.
    ignores : bool
        Some treated person differs in a covariate that is the same for all these controls.
    """

    control: np.ndarray
    weight: np.ndarray
    model_weight: np.ndarray
    x: np.ndarray
    x_treated: np.ndarray
    kept: list[int]
    names: tuple[str, ...]
    scale: Moments
    ignores: bool

    def outcome(self, y: np.ndarray) -> np.ndarray:
        """The outcomes of the controls; 0 for those without weight, who may have none."""
        held = y[self.control]
        return np.where((self.weight > 0) | (self.model_weight > 0), held, 0.0) if self.control.all() else held


@dataclass(frozen=True)
class Comparison:
    """Who is compared, prepared for the estimates of any number of outcomes among the same people.

    Parameters
    ----------
    x : DataFrame or array, shape (n_people, n_columns)
    treated : bool array, shape (n_people,)
        Matched treated people.
    treated_weight : array, shape (n_treated,)
        1 each, unless the method weights the treated, too.
    control, in_pool : bool array, shape (n_people,)
        Matched controls, and the whole pool.
    control_weight, pool_weight : array, shape (n_controls,), shape (n_pool,)
        Of the matched controls, and of the pool to make it like the treated.
    in_place : bool
        Where most people are controls, models read `x` (an array) as it is, others at weight 0, instead of a copy of
        the controls' rows. It saves time where there are a great many; the results agree but for rounding.
    """

    x: pd.DataFrame | np.ndarray
    treated: np.ndarray
    treated_weight: np.ndarray
    control: np.ndarray
    control_weight: np.ndarray
    in_pool: np.ndarray
    pool_weight: np.ndarray
    in_place: bool = False

    @cached_property
    def matched(self) -> OutcomeModel:
        """Of the matched controls with their weights (headline)."""
        return self._model(self.control, self.control_weight, self.control_weight)

    @cached_property
    def pool(self) -> OutcomeModel:
        """Of the whole pool (check)."""
        return self._model(self.in_pool, self.pool_weight, np.ones(len(self.pool_weight)))

    def _model(self, control: np.ndarray, *weights: np.ndarray) -> OutcomeModel:
        if self.in_place and 2 * control.sum() > len(control):
            weights = [_for_all(control, weight) for weight in weights]
            control = np.ones(len(control), bool)
        return outcome_model(self.x, self.treated, control, *weights)


def _for_all(control: np.ndarray, weight: np.ndarray) -> np.ndarray:
    found = np.zeros(len(control))
    found[control] = weight
    return found


def prepare(design, matched: MatchedSample, subset=None, *, in_place: bool = False) -> Comparison:
    """Sort out who is compared and on which columns; parameters and errors as for `estimate`, `Comparison`."""
    units = matched.units
    within = np.ones(len(units), bool) if subset is None else np.asarray(subset, bool)
    is_treated, weight = units["is_treated"].to_numpy(bool), units["weight"].to_numpy(float)
    score = units["score"].to_numpy(float)
    treated = within & is_treated & (weight > 0)
    control, pool = (within & ~is_treated & served for served in (weight > 0, (score > 0) & (score < 1)))
    if min(treated.sum(), control.sum()) < 2 or effective_number(weight[treated]) <= 1:
        raise JDLError("fewer than two people are left in one of the groups", "outcomes", "this cannot be compared")
    # as the treated are weighted, so is the pool: odds make it like the treated, the score itself like the overlap
    of_pool = score[pool] if matched.estimand == "ato" else score[pool] / (1 - score[pool])
    weights = weight[treated], control, weight[control], pool, of_pool
    return Comparison(_covariates(design), treated, *weights, in_place)


def as_array(design) -> np.ndarray:
    """Matching covariates as one matrix, row after row; a column unit_id is left out."""
    if isinstance(design, np.ndarray) and design.dtype == float:
        return design
    return _rows(_covariates(design), np.ones(len(design), bool))


def _covariates(design) -> pd.DataFrame | np.ndarray:
    return design.drop(columns="unit_id", errors="ignore") if isinstance(design, pd.DataFrame) else design


def _rows(x: pd.DataFrame | np.ndarray, who: np.ndarray) -> np.ndarray:
    return as_matrix(x, who) if isinstance(x, pd.DataFrame) else np.asarray(x, float)[who]


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
    found = estimate_among(prepare(design, matched, subset), y, kind, spec)
    return {name: found[name] for name in (*ESTIMATES, "messages")}


def estimate_among(people: Comparison, y, kind: str, spec) -> dict:
    """`estimate` of one more outcome among people who are prepared already; `expected` is m₀ of the check."""
    y, kind = np.asarray(y, float), Kind(kind)
    confidence, least = spec.inference.confidence, spec.covariates.people_per_parameter
    headline, said = headline_among(people, y, kind, spec)
    of_pool = expected_outcomes(people.pool.outcome(y), people.pool, kind, least)
    check = adjusted(y, people, people.pool, of_pool)
    control = Group(y[people.control], people.control_weight)
    return {
        "headline": headline,
        "classic": t_test(Group(y[people.treated], people.treated_weight), control, confidence),
        "check": interval(check["difference"], check["se_influence"], headline["df"], confidence),
        "messages": (*said, *(f"in the check estimate, {text}" for text in of_pool.said if text not in said)),
        "expected": of_pool,
    }


def headline_among(
    people: Comparison, y: np.ndarray, kind: Kind, spec, start: Start | None = None
) -> tuple[dict, tuple[str, ...]]:
    """The headline of `estimate` alone, and what there is to say of it; the pool is not looked at."""
    least = spec.covariates.people_per_parameter
    expected = expected_outcomes(people.matched.outcome(y), people.matched, kind, least, start)
    return headline_given(people, y, expected, spec), expected.said


def headline_given(people: Comparison, y: np.ndarray, expected: Expected, spec) -> dict:
    """The headline, the outcomes expected of the matched people being known."""
    found = adjusted(y, people, people.matched, expected)
    df = effective_number(people.treated_weight) - 1
    return interval(found["difference"], found["se_sample"], df, spec.inference.confidence)


def check_given(people: Comparison, y: np.ndarray, expected: Expected, spec) -> dict:
    """The check, the outcomes expected of the pool being known: from a model of the same pool, whoever is matched."""
    of_treated = _rows(people.x, people.treated)
    model = expected.model
    if len(model.kept) < of_treated.shape[1]:
        of_treated = np.take(of_treated, model.kept, axis=1)
    weight = _for_all(people.in_pool, people.pool_weight) if model.control.all() else people.pool_weight
    model = replace(model, weight=weight, x_treated=of_treated)
    found = adjusted(y, people, model, replace(expected, model=model))
    df = effective_number(people.treated_weight) - 1
    return interval(found["difference"], found["se_influence"], df, spec.inference.confidence)


def adjusted(y: np.ndarray, people: Comparison, model: OutcomeModel, expected: Expected) -> dict:
    """Difference of mean residuals from an outcome model of the controls, with both forms of its standard error.

    Returns
    -------
    dict
        difference, se_sample (headline) and se_influence (check).
    """
    r_t, r_c = y[people.treated] - expected.of_treated, model.outcome(y) - expected.of_control
    u, w = people.treated_weight, model.weight / model.weight.sum()
    mean_t, mean_c, n = np.average(r_t, weights=u), w @ r_c, effective_number(u)
    squares_t, squares_c = ((u * (r_t - mean_t)) ** 2).sum() / u.sum() ** 2, ((w * (r_c - mean_c)) ** 2).sum()
    return {
        "difference": mean_t - mean_c,
        "se_sample": math.sqrt(squares_t * n / (n - 1) + squares_c),
        "se_influence": math.sqrt(squares_t + squares_c),
    }


def outcome_model(
    x: pd.DataFrame | np.ndarray,
    treated: np.ndarray,
    control: np.ndarray,
    weight: np.ndarray,
    model_weight: np.ndarray,
) -> OutcomeModel:
    """The covariates of one set of controls, and of the treated, sorted out."""
    in_place = isinstance(x, np.ndarray) and x.dtype == float and control.all()
    x_control, x_treated = x if in_place else _rows(x, control), _rows(x, treated)
    columns = sort_columns(x_control, model_weight)
    first = int(np.argmax(model_weight > 0))
    ignores = any((x_treated[:, j] != x_control[first, j]).any() for j in columns.constant)
    kept = columns.kept
    if len(kept) < x.shape[1]:
        x_control, x_treated = (np.take(part, kept, axis=1) for part in (x_control, x_treated))
    names = tuple(str(x.columns[j] if isinstance(x, pd.DataFrame) else j) for j in kept)
    return OutcomeModel(control, weight, model_weight, x_control, x_treated, kept, names, columns.scale, ignores)


@dataclass(frozen=True)
class Expected:
    """m₀: the expected outcome without the service, by covariates.

    Parameters
    ----------
    model : OutcomeModel
    fit : Fit or None
        Without one the mean alone is used.
    mean : float
    said : tuple of str
    """

    model: OutcomeModel
    fit: Fit | None
    mean: float
    said: tuple[str, ...]

    @property
    def start(self) -> Start | None:
        """For models of the same outcome among other people; None without one of its own link."""
        return None if self.fit is None else start_at(self.model.names, self.fit, self.model.scale)

    def of(self, x: np.ndarray) -> np.ndarray | float:
        """Of people with these covariates: all columns, as those compared were given."""
        return self._of(x if len(self.model.kept) == x.shape[1] else np.take(x, self.model.kept, axis=1))

    @property
    def of_treated(self) -> np.ndarray | float:
        return self._of(self.model.x_treated)

    @property
    def of_control(self) -> np.ndarray | float:
        return self._of(self.model.x)

    def _of(self, x: np.ndarray) -> np.ndarray | float:
        return self.mean if self.fit is None else self.fit.predict(x)


def expected_outcomes(
    y: np.ndarray, model: OutcomeModel, kind: Kind, least_per_column: float, start: Start | None = None
) -> Expected:
    """m₀ from the outcomes of the controls.

    Where a logit or log model has no finite maximum (few events), the linear model takes its place: it always exists,
    and the difference of residuals stays unbiased, the weights alone seeing to it. Where the controls are worth fewer
    than `least_per_column` people per column, any model would follow chance: there the mean alone is used.

    A start, from the same outcome on as many covariates or more, makes the fit quicker and changes nothing.
    """
    weight = model.model_weight
    mean = float(np.average(y, weights=weight))
    if effective_number(weight) < least_per_column * model.x.shape[1]:
        said = (
            "there are too few controls for an outcome model on all covariates, so the means are compared without one."
        )
        return Expected(model, None, mean, (said,))
    said = []
    if model.ignores:
        said.append("covariates that are the same for all these controls are left out of the outcome model.")
    beginning = start and start.among(model.names, model.scale)
    fit = fit_glm(model.x, y, kind.link, weight, scale=model.scale, start=beginning)
    if fit.is_separated:
        said.append(f"the {kind.link} outcome model has no answer with so few events, so a linear one was used.")
        fit = fit_glm(model.x, y, Link.identity, weight, scale=model.scale)
    return Expected(model, fit, mean, tuple(said))
