"""How strong hidden bias would have to be to explain the main result: four ways of asking, on one comparison.

- pairs: each treated person with the nearest control, used once; Rosenbaum's bounds on McNemar's or signed-rank test.
- weights: every control's weight may be wrong by a factor (Zhao, Small and Bhattacharya), on residuals of the headline.
- confounder: the shift of the difference that something hidden would have to make, beside what the measured covariates
  would make if they had been left as they were before matching.
- e_values: on the scale of risk ratios (VanderWeele and Ding).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..hidden_bias import (
    e_value_for_difference,
    e_value_md,
    marginal_sensitivity,
    measured_confounders,
    rosenbaum_mcnemar,
    rosenbaum_signed_rank,
    tipping_point,
)
from ..inference.estimation import Kind, expected_outcomes, prepare
from ..matching import MatchedSample, exact_strata, nearest_pairs
from ..matching.design import ordered_units
from ..spec import Scale
from .estimating import outcome_of
from .variants import in_words

if TYPE_CHECKING:
    from ..covariates import Covariates
    from ..spec import RequestSpec

Part = dict[str, Any]

#: Where no factors are asked for there is no table of bounds; tipping factors do not depend on any.
_NO_TABLE = (1.0,)


def bound_hidden_bias(
    covariates: Covariates, matched: MatchedSample, y: pd.Series, row: dict[str, Any], spec: RequestSpec
) -> dict[str, Part]:
    """Bounds on hidden bias of the main result.

    Parameters
    ----------
    covariates : Covariates
    matched : MatchedSample
    y : Series
        The first measure by unit_id.
    row : dict
        Its row of `Outcomes.measures`.
    spec : RequestSpec
        robustness.gammas, inference.confidence.

    Returns
    -------
    dict
        pairs (direction, rows of gamma and p_value, tipping_gamma, n_pairs), weights (rows of lambda_, low, high,
        ci_low, ci_high; tipping_estimate, tipping_interval), confounder (to_zero, to_include_zero, strongest,
        strongest_bias), e_values (ratio, ratio_low, ratio_high, point, limit); each with why_not. What was not worked
        out is None, and why_not says why.
    """
    parts: dict[str, tuple[Callable[[], Part], Part]] = {
        "pairs": (
            lambda: _pairs(covariates, matched, y, Kind(row["unit"]), spec),
            {"direction": None, "rows": [], "tipping_gamma": None, "n_pairs": None},
        ),
        "weights": (
            lambda: _weights(matched, y, row, spec),
            {"rows": [], "tipping_estimate": None, "tipping_interval": None},
        ),
        "confounder": (
            lambda: _confounder(covariates, matched, y, row),
            dict.fromkeys(["to_zero", "to_include_zero", "strongest", "strongest_bias"]),
        ),
        "e_values": (lambda: _e_values(row), dict.fromkeys(["ratio", "ratio_low", "ratio_high", "point", "limit"])),
    }
    found = {}
    for name, (work_out, nothing) in parts.items():
        try:
            found[name] = nothing | work_out()
        except (JDLError, ArithmeticError, ValueError) as fault:
            found[name] = nothing | {"why_not": in_words(fault)}
    return found


def _pairs(covariates: Covariates, matched: MatchedSample, y: pd.Series, kind: Kind, spec: RequestSpec) -> Part:
    """Pairs within the caliper of the main analysis. Where ties are shared, the counts are those expected, rounded.

    Of a share by McNemar's test, of anything else by the signed ranks, for which pairs must be whole.
    """
    units = matched.units
    logit = units["logit"].to_numpy(float)
    score = {Scale.logit: logit, Scale.probability: units["score"].to_numpy(float), Scale.odds: np.exp(logit)}
    values, _ = outcome_of(matched, y)
    cannot = units["why"].isin(["no_counterpart", "off_support"]).to_numpy() | ~np.isfinite(values)
    treated, control, share = nearest_pairs(
        np.where(cannot, np.nan, score[Scale(matched.scale)]),
        units["is_treated"].to_numpy(bool),
        caliper=matched.caliper_raw,
        strata=exact_strata(ordered_units(covariates.units), spec),
    )
    differs = values[treated] - values[control]
    asked = spec.robustness.gammas or _NO_TABLE, 1 - spec.inference.confidence
    if kind is Kind.share:
        counts = (round(float(share[differs == sign].sum())) for sign in (1, -1))
        bounds = rosenbaum_mcnemar(*counts, *asked)
    elif (share < 1).any():
        raise JDLError("some people have several controls that are equally near, so that there is no one set of pairs")
    else:
        bounds = rosenbaum_signed_rank(differs, *asked)
    way = f"p_upper_{bounds.direction}"
    given = _records(bounds.table) if way in bounds.table and spec.robustness.gammas else []
    rows = [{"gamma": r["gamma"], "p_value": r[way]} for r in given]
    found = {"direction": bounds.direction, "rows": rows, "tipping_gamma": bounds.tipping_gamma}
    return found | {"n_pairs": round(float(share.sum())), "why_not": bounds.why_not}


def _weights(matched: MatchedSample, y: pd.Series, row: dict[str, Any], spec: RequestSpec) -> Part:
    """Of residuals of the outcome model, so that the bounds close in on the headline estimate."""
    values, compared = outcome_of(matched, y)
    people = prepare(matched.design, matched, compared)
    kind, least = Kind(row["unit"]), spec.covariates.people_per_parameter
    expected = expected_outcomes(values[people.control], people.matched, kind, least)
    bounds = marginal_sensitivity(
        values[people.treated] - expected.of_treated,
        values[people.control] - expected.of_control,
        people.matched.weight,
        spec.robustness.gammas or _NO_TABLE,
        weight_treatment=people.treated_weight,
        half_width=(row["headline_ci_high"] - row["headline_ci_low"]) / 2,
    )
    columns = [c for c in ("lambda_", "low", "high", "ci_low", "ci_high") if c in bounds.table]
    return {
        "rows": _records(bounds.table[columns]) if spec.robustness.gammas else [],
        "tipping_estimate": bounds.tipping_lambda,
        "tipping_interval": bounds.tipping_lambda_interval,
        "why_not": bounds.why_not,
    }


def _confounder(covariates: Covariates, matched: MatchedSample, y: pd.Series, row: dict[str, Any]) -> Part:
    head = (row["headline_estimate"], row["headline_ci_low"], row["headline_ci_high"])
    tipping = tipping_point(*head)
    values, _ = outcome_of(matched, y)
    known, is_treated = np.isfinite(values), matched.units["is_treated"].to_numpy(bool)
    design = matched.design.drop(columns="unit_id")
    measured = measured_confounders(design[known], is_treated[known], values[known])
    strongest = measured.iloc[0] if len(measured) else None
    return {
        "to_zero": tipping.bias_to_zero,
        "to_include_zero": tipping.bias_to_include_zero,
        "strongest": None if strongest is None else _label(str(strongest["name"]), covariates),
        "strongest_bias": None if strongest is None else abs(float(strongest["bias"])),
        "why_not": tipping.why_not,
    }


def _label(column: str, covariates: Covariates) -> str:
    """Label of a column of the design: the covariate's, with the level."""
    name = max((c for c in covariates.units if column.startswith(c)), key=len, default=column)
    level = column.removeprefix(name).strip(" :=")
    label = covariates.labels.get(name, name).split(" (log of")[0]
    return f"{label}: {level}" if level else label


def _e_values(row: dict[str, Any]) -> Part:
    if row["unit"] == Kind.mean:  # may be negative, so that a ratio says nothing
        sd = math.sqrt((row["treatment_sd"] ** 2 + row["control_sd"] ** 2) / 2)
        found = e_value_md(row["headline_estimate"] / sd, row["headline_se"] / sd)
    else:
        head = (row[f"headline_{part}"] for part in ("estimate", "ci_low", "ci_high"))
        found = e_value_for_difference(row["treatment_value"], *head)
    names = ("ratio", "ratio_low", "ratio_high", "point", "limit", "why_not")
    return {name: getattr(found, name) for name in names}


def _records(table: pd.DataFrame) -> list[dict[str, float | None]]:
    return [{k: None if pd.isna(v) else float(v) for k, v in row.items()} for row in table.to_dict("records")]
