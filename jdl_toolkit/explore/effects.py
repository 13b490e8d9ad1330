"""One estimate of the effect for the people of a look, as `compare_measures` and `estimate_all` have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..inference.comparison import why_withheld
from ..inference.estimation import (
    Comparison,
    check_given,
    expected_outcomes,
    headline_given,
    prepare,
)
from ..inference.estimators import estimate_all
from ..inference.measures import Measure
from ..inference.registry import ESTIMATORS
from ..inference.weighted_t import Group, t_test
from .looks import Effect, Look
from .standing import Standing

PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value")


def effect_of(look: Look, standing: Standing, measured: pd.DataFrame, measure: Measure, estimator: str) -> Effect:
    """The effect on one measure, by one estimator.

    Parameters
    ----------
    look : Look
    standing : Standing
        Of the look's score.
    measured : DataFrame
        Outcomes of everybody, sorted by unit_id.
    measure : Measure
    estimator : str
    """
    spec, units = look.spec, look.matched.units
    y = _in_order(standing, measured, measure.key, measure.values)
    weight, is_treated = units["weight"].to_numpy(float), standing.is_treated
    is_among = np.ones(len(y), bool)
    if measure.base == "reoffenders":
        is_among = _in_order(standing, measured, "reoffended", lambda outcomes: outcomes["reoffended"].to_numpy()) == 1
    served = np.flatnonzero(is_among & (weight > 0))
    of_treated = is_treated[served]
    treated, control = (Group(y[who], weight[who]) for who in (served[of_treated], served[~of_treated]))
    found: dict[str, Any] = dict.fromkeys(PARTS, np.nan)
    why_not = why_withheld(measure, treated, control, spec)
    if why_not is None:
        with threadpool_limits(1):  # a fit goes by small blocks of rows: threads would wait for each other
            found, why_not = _estimate(look, standing, y, is_among, (treated, control), measure, estimator)
    way = ESTIMATORS[estimator]
    return Effect(
        look.label if estimator == "headline" else f"{look.label}: {way.label}",
        measure.key,
        measure.label,
        estimator,
        str(measure.kind),
        way.scale,
        *(float(found[name]) for name in PARTS),
        treated.n,
        control.n,
        why_not,
        spec.inference.confidence,
        look.is_requested and estimator == "headline",
        look.passed,
    )


def _in_order(
    standing: Standing, measured: pd.DataFrame, key: str, values: Callable[[pd.DataFrame], np.ndarray]
) -> np.ndarray:
    """Each person's outcome in the order of the score's people."""
    if key not in standing.outcomes:
        place = np.searchsorted(measured["unit_id"].to_numpy(), standing.fitted.units["unit_id"].to_numpy())
        standing.outcomes[key] = values(measured)[place]
    return standing.outcomes[key]


def _estimate(
    look: Look,
    standing: Standing,
    y: np.ndarray,
    is_among: np.ndarray,
    groups: tuple[Group, Group],
    measure: Measure,
    estimator: str,
) -> tuple[dict, str | None]:
    """What an estimator makes of it, and why it makes nothing, if so."""
    spec = look.spec
    if estimator == "classic":
        return t_test(*groups, spec.inference.confidence), None
    if estimator in ("headline", "check"):
        people = prepare(standing.x, look.matched, is_among, in_place=True)
        find = _headline if estimator == "headline" else _check
        return find(people, standing, y, measure, spec), None
    subset = None if is_among.all() else is_among
    more = {"subset": subset, "covariates": standing.covariates}
    rows = estimate_all(y, standing.x, look.matched, measure.kind, spec, [estimator], **more)
    return rows.iloc[0].to_dict(), rows["why_not"].iloc[0]


def _headline(people: Comparison, standing: Standing, y: np.ndarray, measure: Measure, spec) -> dict:
    """The headline; its model starts where that of the last look ended, which changes nothing but the time it takes."""
    key, least = (measure.key, measure.base), spec.covariates.people_per_parameter
    start = standing.starts.get(key)
    expected = expected_outcomes(people.matched.outcome(y), people.matched, measure.kind, least, start)
    is_of_most = people.matched.control.all()  # a model of few controls is quick, and a poor start for one of many
    if expected.start is not None and expected.fit.link == measure.kind.link and (is_of_most or start is None):
        standing.starts[key] = expected.start
    return headline_given(people, y, expected, spec)


def _check(people: Comparison, standing: Standing, y: np.ndarray, measure: Measure, spec) -> dict:
    """The check; the model of the whole pool is the same whoever is matched."""
    key = (measure.key, spec.covariates.people_per_parameter)
    if key not in standing.expected:
        least = spec.covariates.people_per_parameter
        standing.expected[key] = expected_outcomes(people.pool.outcome(y), people.pool, measure.kind, least)
    return check_given(people, y, standing.expected[key], spec)
