"""Marginal sensitivity: how wrong the weights of the controls may be before an estimate rests on them alone.

Something not recorded may make a person's odds of having been treated up to Λ times larger, or smaller, than what is
recorded says. Each control's weight is those odds, so the weighted mean of the controls may be any that weights within
[w/Λ, wΛ] give. Its extremes give the factor Λ to everybody above some outcome and 1/Λ below, or the reverse.

References
----------
Zhao, Small and Bhattacharya (2019), Journal of the Royal Statistical Society B 81, 735-761.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from ..numbers import number


@dataclass(frozen=True)
class MarginalSensitivity:
    """Bounds of a weighted difference over Λ, and the Λ at which they reach zero.

    Parameters
    ----------
    estimate : float
        Mean of the treated less the weighted mean of the controls.
    half_width : float or None
        Of its interval.
    table : DataFrame
        `lambda_`, low, high (of the estimate); with `half_width` also ci_low, ci_high: low less, and high plus, the
        half width of the estimate's own interval, as if the weights were known.
    tipping_lambda : float or None
        Λ at which the estimate may be zero.
    tipping_lambda_interval : float or None
        Λ at which the interval may include zero; 1 if it does already. None without a half width, or if no Λ does.
    why_not : str or None
        Why there is no tipping Λ.
    """

    estimate: float
    half_width: float | None
    table: pd.DataFrame
    tipping_lambda: float | None
    tipping_lambda_interval: float | None
    why_not: str | None

    def summary(self) -> str:
        if self.tipping_lambda is None:
            return f"Hidden bias in the weights: {self.why_not}."
        to_zero = number(math.floor(100 * self.tipping_lambda) / 100, 2)
        text = (
            f"If something not recorded made the odds of treatment up to {to_zero} times larger or smaller than the "
            f"records say, it could not yet account for the whole difference"
        )
        if self.tipping_lambda_interval is None or self.tipping_lambda_interval == 1:
            return f"{text}."
        return f"{text}; up to {number(math.floor(100 * self.tipping_lambda_interval) / 100, 2)} the finding stands."


def marginal_sensitivity(
    y_treatment,
    y_control,
    weight_control,
    lambdas: Iterable[float],
    *,
    weight_treatment=None,
    half_width: float | None = None,
) -> MarginalSensitivity:
    """Bounds of a weighted difference when every control's odds weight may be wrong by a factor in [1/Λ, Λ].

    Parameters
    ----------
    y_treatment, y_control : array, shape (n_treated,), (n_controls,)
        Outcomes, or residuals from an outcome model.
    weight_control, weight_treatment : array
        At least 0; of the treated 1 by default. They are not varied.
    lambdas : iterable of float
        At least 1.
    half_width : float, optional
        Of the interval of the estimate, to carry along.

    Raises
    ------
    JDLError
        With everything that makes no sense.
    """
    treated, control, weight = (np.asarray(a, float) for a in (y_treatment, y_control, weight_control))
    weight_treated = np.ones(len(treated)) if weight_treatment is None else np.asarray(weight_treatment, float)
    lambdas = np.asarray(list(lambdas), float)
    _check(treated, weight_treated, control, weight, lambdas, half_width)
    mean = float(np.average(treated, weights=weight_treated))
    order = np.argsort(control[weight > 0], kind="stable")
    y, w = control[weight > 0][order], weight[weight > 0][order]
    lowest, highest = np.array([extreme_means(y, w, factor) for factor in lambdas]).T
    table = {"lambda_": lambdas, "low": mean - highest, "high": mean - lowest}
    if half_width is not None:
        table |= {"ci_low": table["low"] - half_width, "ci_high": table["high"] + half_width}
    estimate = mean - float(np.average(y, weights=w))
    tipping, of_interval = _tipping(y, w, mean), None
    if half_width is not None:
        # the controls need only reach the mean of the treated, moved towards them by the half width
        is_lost = abs(estimate) <= half_width
        of_interval = 1.0 if is_lost else _tipping(y, w, mean - math.copysign(half_width, estimate))
    why_not = None if tipping is not None else "no weights of these controls reach the mean of the treated"
    return MarginalSensitivity(estimate, half_width, pd.DataFrame(table), tipping, of_interval, why_not)


def extreme_means(y: np.ndarray, weight: np.ndarray, factor: float) -> tuple[float, float]:
    """Smallest and largest weighted mean of sorted `y` when each weight may be multiplied by 1/`factor` to `factor`.

    Over every place where the multiplier may change from the one to the other, by prefix sums. Parameters are of shape
    (n,), `y` in ascending order, weights above 0.
    """
    below, y_below = (np.concatenate([[0.0], np.cumsum(part)]) for part in (weight, weight * y))
    above, y_above = below[-1] - below, y_below[-1] - y_below
    low = (factor * y_below + y_above / factor) / (factor * below + above / factor)
    high = (y_below / factor + factor * y_above) / (below / factor + factor * above)
    return float(low.min()), float(high.max())


def _tipping(y: np.ndarray, weight: np.ndarray, target: float) -> float | None:
    """Λ at which the weighted mean of `y` may be the target.

    Then Σwz(y − t) = 0 with z = Λ on one side of t and 1/Λ on the other: Λ² is the one part over the other.
    """
    parts = [float((weight * np.maximum(side, 0)).sum()) for side in (y - target, target - y)]
    if parts[0] == parts[1]:
        return 1.0
    return math.sqrt(max(parts) / min(parts)) if min(parts) > 0 else None


def _check(treated, weight_treated, control, weight, lambdas, half_width) -> None:
    faults = []
    for name, y, w in (("treatment", treated, weight_treated), ("control", control, weight)):
        if y.shape != w.shape or not (np.isfinite(y).all() and np.isfinite(w).all()):
            faults.append(Problem("outcomes and weights must be finite, one for each person", f"hidden bias, {name}"))
        elif not (w >= 0).all() or not (w > 0).any():
            faults.append(Problem("weights must not be negative, and not all 0", f"hidden bias, {name}"))
    if not lambdas.size or not (np.isfinite(lambdas) & (lambdas >= 1)).all():
        faults.append(Problem("must be finite numbers from 1 up, at least one", "hidden bias, lambdas"))
    if half_width is not None and not 0 <= half_width < math.inf:
        faults.append(Problem("must be a finite number from 0 up", "hidden bias, half_width"))
    if faults:
        raise JDLError(faults)
