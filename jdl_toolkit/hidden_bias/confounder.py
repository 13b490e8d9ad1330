"""Tipping point: how strong something not recorded would have to be to account for a difference.

An unrecorded characteristic U that people have or have not, held by a share p₁ of the treated and p₀ of their controls,
and that changes the outcome by δ, makes the groups differ by δ(p₁ − p₀) with no effect of the service at all. As a risk
ratio R, it multiplies what the controls would have had by (1 + (R − 1)p₁) / (1 + (R − 1)p₀).

References
----------
Lin, Psaty and Kronmal (1998), Biometrics 54, 948-963.
VanderWeele and Arah (2011), Epidemiology 22, 42-52.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from ..numbers import REDUCTION_WORDS, difference, number, with_unit

PREVALENCES = (0.1, 0.3, 0.5, 0.7, 0.9)
_GAPS = np.arange(1, 101) / 100
_GAP_TOLD = 0.2


@dataclass(frozen=True)
class TippingPoint:
    """What U would have to be to move an estimate, and its interval, to zero.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        Treatment minus control.
    unit : {"share", "count", "days"}
        A characteristic cannot change a share by more than 1.
    bias_to_zero : float
        The estimate itself.
    bias_to_include_zero : float or None
        The limit nearest to zero; None if the interval holds zero already.
    grid : DataFrame
        p_treatment, p_control; effect_to_zero, effect_to_include_zero (difference that U makes to the outcome);
        ratio_to_zero, ratio_to_include_zero (the same as a risk ratio). Missing (`pd.NA`) where no U of these
        prevalences could.
    contour : DataFrame
        prevalence_gap (p₁ − p₀, 0.01 to 1), effect_to_zero, effect_to_include_zero: the curve of all U that suffice.
    why_not : str or None
        Why there is no bias_to_include_zero.
    """

    estimate: float
    ci_low: float
    ci_high: float
    unit: str
    bias_to_zero: float
    bias_to_include_zero: float | None
    grid: pd.DataFrame
    contour: pd.DataFrame
    why_not: str | None

    def summary(self) -> str:
        if self.bias_to_include_zero is None:
            return f"Tipping point: {self.why_not}."
        needed = [bias / _GAP_TOLD for bias in (self.bias_to_zero, self.bias_to_include_zero)]
        who = (
            f"Something not recorded that is {number(100 * _GAP_TOLD)} percentage points more common among the treated"
        )
        if self.unit == "share" and abs(needed[0]) > 1:
            return f"{who} could not account for the difference, whatever it did to the outcome."
        to_zero, to_include = (difference(x, self.unit) for x in needed)
        if self.unit in ("share", "days"):
            to_zero, to_include = (with_unit(x, REDUCTION_WORDS[self.unit]) for x in (to_zero, to_include))
        return (
            f"{who} would have to change the outcome by {to_zero} to account for the whole difference, and by "
            f"{to_include} for the interval to include zero."
        )

    def against(self, measured: pd.DataFrame) -> str:
        """The tipping point beside the strongest recorded characteristic of `measured_confounders`, in a sentence."""
        if measured.empty or not self.estimate:
            return "There is no recorded characteristic to lay beside the tipping point."
        # whichever way it would have misled: what is not recorded may be as strong in the other direction
        strongest = measured.loc[measured["bias"].abs().idxmax()]
        if not strongest["bias"]:
            return "No recorded characteristic would have made a difference had it been left out."
        times = number(abs(self.estimate / strongest["bias"]), 1)
        return (
            f"To account for the whole difference, what is not recorded would have to matter {times} times as much as "
            f"the recorded characteristic that would have misled most, had it been left out ({strongest['name']})."
        )


def tipping_point(
    estimate: float,
    ci_low: float,
    ci_high: float,
    prevalence_treatment: Iterable[float] = PREVALENCES,
    prevalence_control: Iterable[float] = PREVALENCES,
    *,
    control_value: float | None = None,
    unit: str = "share",
) -> TippingPoint:
    """How strong an unrecorded 0/1 characteristic must be to move an estimate, or its interval, to zero.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        Treatment minus control, with its interval.
    prevalence_treatment, prevalence_control : iterable of float
        p₁ and p₀ of the grid, from 0 to 1.
    control_value : float, optional
        What the treated would have had without the service (`control_value_adjusted`); gives the risk ratios.
    unit : {"share", "count", "days"}

    Raises
    ------
    JDLError
        With everything that makes no sense.
    """
    p1, p0 = (np.asarray(list(p), float) for p in (prevalence_treatment, prevalence_control))
    _check(estimate, ci_low, ci_high, p1, p0, control_value)
    limit = ci_high if ci_high < 0 else ci_low if ci_low > 0 else None
    p1, p0 = (side.ravel() for side in np.meshgrid(p1, p0, indexing="ij"))
    grid, contour = {"p_treatment": p1, "p_control": p0}, {"prevalence_gap": _GAPS}
    for name, bias in (("to_zero", estimate), ("to_include_zero", limit)):
        grid[f"effect_{name}"] = _effects(bias, p1 - p0, unit)
        grid[f"ratio_{name}"] = _ratios(bias, p1, p0, control_value)
        contour[f"effect_{name}"] = _effects(bias, _GAPS, unit)
    why_not = (
        None if limit is not None else "the interval includes no difference already, so nothing has to be explained"
    )
    numbers = (float(estimate), float(ci_low), float(ci_high), unit, float(estimate))
    return TippingPoint(
        *numbers, None if limit is None else float(limit), pd.DataFrame(grid), pd.DataFrame(contour), why_not
    )


def with_confounder(
    estimate: float, ci_low: float, ci_high: float, effect: float, p_treatment: float, p_control: float
) -> tuple[float, float, float]:
    """Estimate and interval if such a U existed: less δ(p₁ − p₀)."""
    _check(estimate, ci_low, ci_high, np.array([p_treatment]), np.array([p_control]), None)
    if not math.isfinite(effect):
        raise JDLError("must be a finite number", "hidden bias, effect")
    bias = effect * (p_treatment - p_control)
    return estimate - bias, ci_low - bias, ci_high - bias


def measured_confounders(x: pd.DataFrame, is_treated, y, labels: dict[str, str] | None = None) -> pd.DataFrame:
    """What each recorded characteristic would do if it were U: the measure of how strong U would have to be.

    Before matching, one at a time. Each takes with it whatever goes along with it, so that "as strong as prior
    offending" means all that prior offending stands for.

    Parameters
    ----------
    x : DataFrame, shape (n_people, n_columns)
        Columns of the matching model; a column unit_id is ignored.
    is_treated : bool array, shape (n_people,)
    y : array, shape (n_people,)
        Outcome.
    labels : dict, optional
        Column -> readers' name.

    Returns
    -------
    DataFrame
        name, p_treatment, p_control (share, or mean in standard deviations from that of the controls), gap (their
        difference), effect (on the outcome among the untreated: of having it, or of one standard deviation), bias (gap
        × effect), is_standardised; largest bias first. Columns that do not vary among the untreated are left out.
    """
    x = x.drop(columns="unit_id", errors="ignore")
    values, treated, y = x.to_numpy(float), np.asarray(is_treated, bool), np.asarray(y, float)
    faults = []
    if not (len(values) == len(treated) == len(y)):
        faults.append(Problem("must have a row for each person", "hidden bias, x, is_treated and y"))
    elif treated.all() or not treated.any():
        faults.append(Problem("one of the groups is empty", "hidden bias, is_treated"))
    if not (np.isfinite(values).all() and np.isfinite(y).all()):
        faults.append(Problem("holds missing or infinite values", "hidden bias, x and y"))
    if faults:
        raise JDLError(faults)
    of_control, y_control = values[~treated], y[~treated]
    mean, spread = of_control.mean(axis=0), of_control.std(axis=0, ddof=0)
    is_share = ((values == 0) | (values == 1)).all(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(mean), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (of_control - mean).T @ (y_control - y_control.mean()) / len(y_control) / spread**2
        scale = np.where(is_share, 1.0, spread)
        from_zero = np.where(is_share, 0.0, mean)
        p1, p0 = ((m - from_zero) / scale for m in (values[treated].mean(axis=0), mean))
    names = [(labels or {}).get(c, c) for c in x.columns]
    columns = {"name": names, "p_treatment": p1, "p_control": p0, "gap": p1 - p0, "effect": slope * scale}
    found = pd.DataFrame(columns | {"bias": (p1 - p0) * slope * scale, "is_standardised": ~is_share})[varies]
    return found.sort_values("bias", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def _effects(bias: float | None, gap: np.ndarray, unit: str) -> pd.array:
    """δ = bias / (p₁ − p₀), missing where there is none."""
    if bias is None:
        return pd.array([pd.NA] * len(gap), dtype="Float64")
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = bias / gap
    largest = 1.0 if unit == "share" else math.inf
    return _where(effect, (gap != 0) & (np.abs(effect) <= largest))


def _ratios(bias: float | None, p1: np.ndarray, p0: np.ndarray, control_value: float | None) -> pd.array:
    """R from (1 + (R − 1)p₁) / (1 + (R − 1)p₀) = 1 + bias / control_value, missing where there is none above 0."""
    if bias is None or control_value is None:
        return pd.array([pd.NA] * len(p1), dtype="Float64")
    factor = 1 + bias / control_value
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 1 + (factor - 1) / (p1 - factor * p0)
    return _where(ratio, (p1 != p0) & np.isfinite(ratio) & (ratio > 0))


def _where(values: np.ndarray, there: np.ndarray) -> pd.array:
    return pd.array([float(v) if ok else pd.NA for v, ok in zip(values, there, strict=True)], dtype="Float64")


def _check(estimate, ci_low, ci_high, p1: np.ndarray, p0: np.ndarray, control_value) -> None:
    numbers = {"estimate": estimate, "ci_low": ci_low, "ci_high": ci_high}
    faults = [
        Problem("must be a finite number", f"hidden bias, {n}") for n, v in numbers.items() if not math.isfinite(v)
    ]
    if not faults and not ci_low <= estimate <= ci_high:
        faults.append(Problem("the estimate must lie in its interval", "hidden bias, ci_low and ci_high"))
    for name, p in (("prevalence_treatment", p1), ("prevalence_control", p0)):
        if not p.size or not ((p >= 0) & (p <= 1)).all():
            faults.append(Problem("must be shares from 0 to 1", f"hidden bias, {name}"))
    if control_value is not None and not 0 < control_value < math.inf:
        faults.append(Problem("must be above 0 for a risk ratio", "hidden bias, control_value"))
    if faults:
        raise JDLError(faults)
