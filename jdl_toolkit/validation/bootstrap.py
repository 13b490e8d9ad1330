"""The headline's standard error, which takes weights as fixed, beside a bootstrap that refits score and match."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..covariates import Covariates
from ..errors import JDLError
from ..inference import estimate
from ..matching import match
from .headline import CELLS as HEADLINE_CELLS
from .headline import default_spec, model_settings
from .people import World, draw_people
from .study import Study

DRAWS = 200
FEWEST_DRAWS = 100  # with fewer draws that could be analysed, nothing is said

CELLS = {name: HEADLINE_CELLS[name] for name in ("30x1000-weak-none", "257x1000-strong-none")}


def replicate(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw of the world, analysed at the widest caliper, by formula and by bootstrap.

    Each bootstrap draw takes treated people and the pool with replacement, each group by itself, fits the score anew,
    matches anew and fits the outcome model anew.

    Returns
    -------
    list of dict
        One row: ``headline_…`` by the formula; ``normal_…``, the same estimate with the standard deviation over the
        draws in the place of its standard error; ``percentile_…``, the estimate with the percentiles of the draws for
        limits; n_draws that could be analysed. NaN where the formula, or too few draws, have an answer.
    """
    people = draw_people(world, rng)
    frame, y, confidence = people.frame(), people.reoffended, default_spec().inference.confidence
    found = _headline(frame, y)
    rows = {name: np.flatnonzero(people.is_treated == group) for name, group in (("treated", True), ("pool", False))}
    drawn = []
    for _ in range(DRAWS):
        taken = np.concatenate([rng.choice(group, len(group)) for group in rows.values()])
        again = frame.iloc[taken].assign(unit_id=np.arange(len(taken)))
        drawn.append(_headline(again, y[taken]).get("estimate", np.nan))
    drawn = np.array(drawn)[~np.isnan(drawn)]
    row = {"n_draws": len(drawn)} | {f"headline_{key}": value for key, value in found.items()}
    if not found or len(drawn) < FEWEST_DRAWS:
        return [row]
    se, df = float(drawn.std(ddof=1)), found["df"]
    half = float(stats.t.ppf((1 + confidence) / 2, df)) * se
    p_value = float(2 * stats.t.sf(abs(found["estimate"]) / se, df))
    row |= _named("normal", found["estimate"], se, found["estimate"] - half, found["estimate"] + half, p_value)
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    p_value = 2 * min((drawn <= 0).mean(), (drawn >= 0).mean())
    return [row | _named("percentile", found["estimate"], se, float(low), float(high), float(min(p_value, 1)))]


def _headline(frame: pd.DataFrame, y: np.ndarray) -> dict[str, float]:
    """The headline estimate; nothing where no score can be fitted or fewer than two people are matched."""
    spec = default_spec()
    try:
        matched = match(Covariates(frame, frame[["unit_id"]], {}), spec, max(spec.matching.calipers))
        return estimate(y, matched.design, matched, "share", spec)["headline"]
    except JDLError:
        return {}


def _named(name: str, *values: float) -> dict[str, float]:
    keys = ("estimate", "se", "ci_low", "ci_high", "p_value")
    return {f"{name}_{key}": value for key, value in zip(keys, values, strict=True)}


BOOTSTRAP = Study(
    name="bootstrap",
    cells=CELLS,
    replications=dict.fromkeys(CELLS, 250),
    replicate=replicate,
    rests_on=("matching", "inference", "regression", "validation/people.py", "validation/bootstrap.py"),
    settings=model_settings,
)
