"""A placebo outcome: something from before the index date, on which the service cannot have had an effect.

It is left out of the model with whatever tells the same, people are matched anew, and it is compared as if it were an
outcome. Where the groups then differ, the covariates that are left did not make them alike in it; so they may be unlike
in other things, too, that nobody has on record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..inference.estimation import Kind
from ..matching import MatchedSample
from ..spec import Method
from .estimating import NOTHING, estimate_sample, outcome_of
from .variants import Variant, columns_telling, families_of, is_missing, match_variants, with_matching

if TYPE_CHECKING:
    from ..covariates import Covariates
    from ..spec import RequestSpec

#: How the codebook says that a number of things enters the model.
_LOG_OF_COUNT = "log(1 + number)"
_NOT_ENOUGH = "too few covariates would be left to match on"


def placebo_outcome(covariates: Covariates, matched: MatchedSample, spec: RequestSpec) -> dict[str, Any] | None:
    """Compare the matched groups on `spec.robustness.placebo`; None where the settings name none.

    Returns
    -------
    dict
        covariate, label; left_out, labels of all that was left out of the model; unit (share, count, days; "days" is
        any other number); treatment_value, control_value; n_treatment, n_control, ess_control; estimate, se, ci_low,
        ci_high, p_value, df; holds, whether the interval holds 0; why_not: all figures are then None.
    """
    name = spec.robustness.placebo
    if name is None:
        return None
    families, columns = families_of(covariates), columns_telling(name, covariates)
    label, own = families.get(name, (covariates.labels.get(name, name), (name,)))
    left_out = tuple(words for words, members in families.values() if set(members) & set(columns))
    found = {"covariate": name, "label": label, "left_out": left_out} | NOTHING
    found |= dict.fromkeys(["unit", "treatment_value", "control_value", "holds", "why_not"])
    why_not = _why_not(own[0], columns, covariates)
    if why_not:
        return found | {"why_not": why_not}
    main = with_matching(spec, method=Method(matched.method))
    ((_, sample),) = match_variants(covariates, matched, [Variant("placebo", "placebo", label, main, columns)])
    if isinstance(sample, str):
        return found | {"why_not": sample}
    y, kind = _as_outcome(own[0], covariates)
    found |= {"unit": str(kind)} | estimate_sample(sample, y, kind, spec)
    if found["why_not"]:
        return found
    return found | _means(sample, y) | {"holds": bool(found["ci_low"] <= 0 <= found["ci_high"])}


def _why_not(column: str, columns: tuple[str, ...], covariates: Covariates) -> str | None:
    if column not in covariates.units:
        return "it is not among the covariates, so that nothing is known of it here"
    if not pd.api.types.is_numeric_dtype(covariates.units[column]):
        return "it is a category, and only a number can be compared as if it were an outcome"
    return _NOT_ENOUGH if len(covariates.names) == len(columns) else None


def _as_outcome(column: str, covariates: Covariates) -> tuple[pd.Series, Kind]:
    """A covariate by unit_id, a number of things counted as such again; missing where its value was filled in."""
    units, book = covariates.units, covariates.codebook
    values = units[column].to_numpy(float)
    enters = book.loc[book["column"] == column, "enters"].tolist() if len(book) else []
    is_count = bool(enters) and str(enters[0]).startswith(_LOG_OF_COUNT)
    if is_count:
        values = np.expm1(values)
        is_count = np.allclose(values, np.rint(values), atol=1e-6)  # years are not counted one by one
        values = np.rint(values) if is_count else values
    kind = Kind.count if is_count else Kind.share if np.isin(values, (0, 1)).all() else Kind.days
    known = np.where(is_missing(column, units), np.nan, values)
    return pd.Series(known, index=units["unit_id"].to_numpy()), kind


def _means(sample: MatchedSample, y: pd.Series) -> dict[str, float]:
    values, compared = outcome_of(sample, y)
    weight, is_treated = sample.units["weight"].to_numpy(float), sample.units["is_treated"].to_numpy(bool)
    groups = {"treatment_value": compared & is_treated, "control_value": compared & ~is_treated}
    return {name: float(np.average(values[group], weights=weight[group])) for name, group in groups.items()}
