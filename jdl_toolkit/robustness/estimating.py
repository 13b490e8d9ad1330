"""The headline estimate of one variant: its figures, or why there are none. Never a missing number without a reason."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..inference.estimation import Kind, expected_outcomes, headline_among, prepare
from ..matching import MatchedSample
from ..matching.design import joined_levels
from ..matching.newton import Start
from ..matching.starts import start_among
from .variants import in_words, score_of

if TYPE_CHECKING:
    from ..covariates import Covariates
    from ..spec import RequestSpec

ESTIMATE = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
SIZES = ("n_treatment", "n_control", "ess_control")
NOTHING: dict[str, Any] = dict.fromkeys([*SIZES, *ESTIMATE])


def estimate_sample(
    sample: MatchedSample, y: pd.Series, kind: str, spec: RequestSpec, start: Start | None = None
) -> dict[str, Any]:
    """Compare the groups of a variant by the headline estimate.

    Parameters
    ----------
    sample : MatchedSample
    y : Series
        Outcome by unit_id; people without one (NaN, or not there) are left out.
    kind : {"share", "count", "days"}
    spec : RequestSpec
        inference.confidence, covariates.people_per_parameter, disclosure.minimum_group.
    start : Start, optional
        See `start_of_headline`.

    Returns
    -------
    dict
        n_treatment, n_control, ess_control (of those compared); estimate, se, ci_low, ci_high, p_value, df; why_not.
        Without an estimate all six are None and `why_not` says why, as a clause.
    """
    values, compared = outcome_of(sample, y)
    weight, is_treated = sample.units["weight"].to_numpy(float), sample.units["is_treated"].to_numpy(bool)
    of_control = weight[compared & ~is_treated]
    sizes = {"n_treatment": int((compared & is_treated).sum()), "n_control": len(of_control)}
    sizes["ess_control"] = float(of_control.sum() ** 2 / (of_control**2).sum()) if len(of_control) else 0.0
    why_not = _why_not(sizes, values[compared], spec)
    if why_not:
        return NOTHING | sizes | {"why_not": why_not}
    start = start and replace(start, joined=joined_levels(sample.merged))
    try:
        # the headline alone: the model of the whole pool, for the check, takes as long again
        head, _ = headline_among(prepare(sample.design, sample, compared), values, Kind(kind), spec, start)
    except (JDLError, ArithmeticError, ValueError) as fault:
        return NOTHING | sizes | {"why_not": in_words(fault)}
    if not all(math.isfinite(head[part]) for part in ESTIMATE):
        return NOTHING | sizes | {"why_not": "the calculation has no answer for these people"}
    return sizes | {part: head[part] for part in ESTIMATE} | {"why_not": None}


def start_of_headline(
    covariates: Covariates, matched: MatchedSample, y: pd.Series, kind: Kind, spec: RequestSpec
) -> Start | None:
    """Where the outcome model of the main analysis ended: variants on its covariates, or fewer, start from there.

    None where it ended in a model of another kind.
    """
    values, compared = outcome_of(matched, y)
    people = prepare(matched.design, matched, compared)
    of_control = values[people.control]
    expected = expected_outcomes(of_control, people.matched, kind, spec.covariates.people_per_parameter)
    if expected.fit is None or expected.fit.link != kind.link:
        return None
    model, fitted = expected.model, score_of(covariates, matched)
    return start_among(fitted, model.names, expected.fit, people.control, of_control, model.model_weight)


def outcome_of(sample: MatchedSample, y: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """An outcome in the order of a sample, and who is compared on it: people with a weight and an outcome."""
    values = y.reindex(sample.units["unit_id"]).to_numpy(float)
    return values, np.isfinite(values) & (sample.units["weight"].to_numpy(float) > 0)


def _why_not(sizes: dict[str, Any], values: np.ndarray, spec: RequestSpec) -> str | None:
    least = spec.disclosure.minimum_group
    if sizes["n_treatment"] < least:
        return f"fewer than {least} people in the treatment group could be compared in this way"
    if sizes["n_control"] < 2:
        return "there are too few people to compare with"
    return "the outcome was the same for everybody" if values.min() == values.max() else None
