"""The headline's standard error, which takes weights as fixed, beside a bootstrap that refits score and match."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import JDLError
from ..inference import estimate
from ..inference.estimation import Comparison, Kind, adjusted, expected_outcomes
from ..matching import match
from ..matching.design import comparable
from ..matching.radius import radius_weights
from ..matching.regression import Link, fit_firth, fit_glm, sort_columns
from .headline import CELLS as HEADLINE_CELLS
from .headline import covariates_of, default_spec, model_settings
from .people import World, draw_people
from .study import Study

DRAWS = 200
FEWEST_DRAWS = 190  # with fewer that have an answer, the others are no fair picture

CELLS = {name: HEADLINE_CELLS[name] for name in ("30x1000-weak-none", "257x1000-strong-none")}


def replicate(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw of the world, analysed at the widest caliper, by formula and by bootstrap.

    Each bootstrap draw takes treated people and the pool with replacement, each group by itself, fits the score anew,
    matches anew and fits the outcome model anew (`headline_of`).

    Returns
    -------
    list of dict
        One row: ``headline_…`` by the formula; ``bootstrap_…``, the same estimate with the standard deviation over the
        draws for its standard error; ``percentile_…``, the same with the percentiles of the draws for limits; n_draws
        that had an answer. The last two are missing where too few had.
    """
    people, spec = draw_people(world, rng), default_spec()
    y, confidence = people.reoffended, spec.inference.confidence
    matched = match(covariates_of(people), spec, max(spec.matching.calipers))
    found = estimate(y, matched.design, matched, "share", spec)["headline"]
    groups = [np.flatnonzero(people.is_treated == group) for group in (True, False)]
    drawn = [np.concatenate([rng.choice(group, len(group)) for group in groups]) for _ in range(DRAWS)]
    values = np.array([headline_of(people.x[d], people.is_treated[d], y[d]) for d in drawn])
    values = values[~np.isnan(values)]
    row = {"n_draws": len(values)} | {f"headline_{key}": value for key, value in found.items()}
    if len(values) < FEWEST_DRAWS:
        return [row]
    value, df, se = found["estimate"], found["df"], float(values.std(ddof=1))
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * se
    row |= _named("bootstrap", value, se, value - half, value + half, float(2 * stats.t.sf(abs(value) / se, df)))
    low, high = map(float, np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2]))
    p_value = min(2 * float(min((values <= 0).mean(), (values >= 0).mean())), 1.0)
    return [row | _named("percentile", value, se, low, high, p_value)]


def headline_of(x: np.ndarray, is_treated: np.ndarray, y: np.ndarray) -> float:
    """The headline estimate at the widest caliper, from arrays alone; NaN where there is none.

    The steps of `match` and `estimate` for numbers without gaps, without their messages and frames: many times as
    fast. A test holds the two together.
    """
    spec = default_spec()
    within = comparable(pd.DataFrame(x), is_treated).within
    try:
        used = sort_columns(x[within]).kept
        fit = fit_glm(x[np.ix_(within, used)], is_treated[within].astype(float), Link.logit)
        if fit.is_separated:
            fit = fit_firth(x[np.ix_(within, used)], is_treated[within].astype(float))
        logit = np.where(within, fit.linear_predictor(x[:, used]), np.nan)
        caliper = max(spec.matching.calipers) * float(np.nanstd(logit, ddof=1))
        weight = radius_weights(logit, is_treated, caliper)[0]
        treated, control = ((weight > 0) & group for group in (is_treated, ~is_treated))
        if min(treated.sum(), control.sum()) < 2:
            return np.nan
        people = Comparison(x[:, used], treated, weight[treated], *(2 * (control, weight[control])))
        found = expected_outcomes(y[control], people.matched, Kind.share, spec.covariates.people_per_parameter)
        return adjusted(y, people, people.matched, found)["difference"]
    except JDLError:
        return np.nan


def _named(name: str, *values: float) -> dict[str, float]:
    keys = ("estimate", "se", "ci_low", "ci_high", "p_value")
    return {f"{name}_{key}": value for key, value in zip(keys, values, strict=True)}


BOOTSTRAP = Study(
    name="bootstrap",
    cells=CELLS,
    replications=dict.fromkeys(CELLS, 250),
    replicate=replicate,
    rests_on=("matching", "inference", "balance", "validation/people.py", "validation/bootstrap.py"),
    settings=model_settings,
)
