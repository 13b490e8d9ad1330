"""E-values: how strongly something not recorded must go with treatment and outcome to explain a finding away.

References
----------
VanderWeele and Ding (2017), Annals of Internal Medicine 167, 268-274; conversions to risk ratios from its table 2.
Ding and VanderWeele (2016), Epidemiology 27, 368-377: risk differences. The R package EValue 4.1.4 agrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import optimize, special

from ..errors import JDLError, Problem
from ..numbers import number

RARE = "the ratio is taken as a risk ratio, as the outcome is rare"


@dataclass(frozen=True)
class EValue:
    """E-value of an estimate and of the limit of its interval that is nearest to no effect.

    Parameters
    ----------
    scale : str
        What the estimate was: risk ratio, odds ratio, hazard ratio, mean difference, risk difference, difference.
    ratio, ratio_low, ratio_high : float or None
        The estimate and its limits as risk ratios; None where there is none.
    point : float or None
    limit : float or None
        1 where the interval includes no effect.
    approximation : str
        What was assumed to get a risk ratio; "" if nothing was.
    why_not : str or None
        Why a value is missing.
    """

    scale: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    point: float | None
    limit: float | None
    approximation: str = ""
    why_not: str | None = None

    def summary(self) -> str:
        if self.point is None:
            return f"E-value: none, {self.why_not}."
        text = (
            f"Something not recorded that goes with both the treatment and the outcome by a risk ratio of "
            f"{number(self.point, 2)} each could account for the whole difference (E-value), a weaker one could not"
        )
        if self.limit == 1:
            return f"{text}; the interval includes no difference with nothing hidden at all."
        return f"{text}; for the interval to include no difference it takes {number(self.limit, 2)}."


def e_value(ratio: float) -> float:
    """E = R + √(R(R − 1)) of a risk ratio, or of 1/R for a ratio below 1."""
    if not 0 < ratio < math.inf:
        raise JDLError("a risk ratio is a finite number above 0", "E-value, ratio")
    stronger = max(ratio, 1 / ratio)
    return stronger + math.sqrt(stronger * (stronger - 1))


def e_value_rr(rr: float, low: float, high: float) -> EValue:
    """E-value of a risk ratio, or a ratio of rates, with its interval."""
    _check_ratio(rr, low, high)
    return _of_ratios("risk ratio", rr, low, high)


def e_value_or(odds_ratio: float, low: float, high: float, *, is_rare: bool) -> EValue:
    """E-value of an odds ratio; of an outcome that is not rare (above 15 %) its root is taken for the risk ratio."""
    _check_ratio(odds_ratio, low, high)
    if is_rare:
        return _of_ratios("odds ratio", odds_ratio, low, high, RARE)
    ratios = (math.sqrt(r) for r in (odds_ratio, low, high))
    return _of_ratios("odds ratio", *ratios, "the risk ratio is taken as the root of the odds ratio")


def e_value_hr(hr: float, low: float, high: float, *, is_rare: bool) -> EValue:
    """E-value of a hazard ratio; of an outcome that is not rare by the end, (1 − ½^√HR) / (1 − ½^√(1/HR))."""
    _check_ratio(hr, low, high)
    if is_rare:
        return _of_ratios("hazard ratio", hr, low, high, RARE)
    ratios = ((1 - 0.5 ** math.sqrt(r)) / (1 - 0.5 ** math.sqrt(1 / r)) for r in (hr, low, high))
    return _of_ratios("hazard ratio", *ratios, "the risk ratio is approximated from the hazard ratio")


def e_value_md(d: float, se: float) -> EValue:
    """E-value of a difference of means in standard deviations: exp(0.91 d), with limits exp(0.91 d ∓ 1.78 se)."""
    if not (math.isfinite(d) and 0 <= se < math.inf):
        raise JDLError("the difference and its standard error must be finite", "E-value, d and se")
    middle, half = 0.91 * d, 1.78 * se
    said = "the risk ratio is approximated from the difference in standard deviations"
    try:
        ratios = [math.exp(x) for x in (middle, middle - half, middle + half)]
    except OverflowError:
        ratios = [0.0]
    if not all(ratios):
        why_not = "the difference is too large for a risk ratio"
        return EValue("mean difference", None, None, None, None, None, said, why_not)
    return _of_ratios("mean difference", *ratios, said)


def e_value_rd(n11: float, n10: float, n01: float, n00: float, alpha: float = 0.05, grid: float = 1e-4) -> EValue:
    """E-value of a risk difference from a two-by-two table.

    The limit is the E-value of the smallest bias factor at which the lower limit of the corrected risk difference
    reaches zero, on a grid upward from 1. Where risk is lower with treatment, the two are exchanged.

    Parameters
    ----------
    n11, n10 : float
        Treated people with and without the outcome.
    n01, n00 : float
        Controls with and without it.
    alpha : float
    grid : float
        Step of the bias factor; the R package's by default.
    """
    counts = {"n11": n11, "n10": n10, "n01": n01, "n00": n00}
    faults = [
        Problem("must be a finite number from 0 up", f"E-value, {k}")
        for k, v in counts.items()
        if not 0 <= v < math.inf
    ]
    if not faults and not (n11 + n10 > 0 and n01 + n00 > 0):
        faults.append(Problem("one of the groups is empty", "E-value, counts"))
    if not 0 < alpha < 1 or not 0 < grid < math.inf:
        faults.append(Problem("must lie above 0, alpha below 1", "E-value, alpha and grid"))
    if faults:
        raise JDLError(faults)
    if n11 / (n11 + n10) < n01 / (n01 + n00):
        n11, n10, n01, n00 = n01, n00, n11, n10
    n1, n0 = n11 + n10, n01 + n00
    p1, p0 = n11 / n1, n01 / n0
    if not p0:
        why_not = "nobody in one of the groups has the outcome, so that there is no risk ratio"
        return EValue("risk difference", None, None, None, None, None, "", why_not)
    ratio = p1 / p0
    bias = _bias_to_include_zero(p1, n1, p0, n0, -special.ndtri(alpha / 2), grid)
    return EValue("risk difference", ratio, None, None, e_value(ratio), e_value(bias))


def _bias_to_include_zero(p1: float, n1: float, p0: float, n0: float, z: float, grid: float) -> float:
    """Smallest bias factor on the grid at which the lower limit of the corrected risk difference is not above zero."""
    treated = n1 / (n1 + n0)
    of_p1, of_p0 = p1 * (1 - p1) / n1, p0 * (1 - p0) / n0
    of_treated = treated * (1 - treated) / (n1 + n0)

    def lower(bias: float) -> float:
        rd, share = p1 - p0 * bias, treated + (1 - treated) / bias
        variance = (of_p1 + of_p0 * bias**2) * share**2 + (rd * (1 - 1 / bias)) ** 2 * of_treated
        return rd * share - z * math.sqrt(variance)

    if lower(1.0) <= 0:
        return 1.0
    root = optimize.brentq(lower, 1.0, p1 / p0, xtol=1e-14)
    steps = math.ceil((root - 1) / grid - 1e-9)
    return min(1 + steps * grid, p1 / p0)


def e_value_for_difference(treatment_value: float, estimate: float, ci_low: float, ci_high: float) -> EValue:
    """E-value of a difference of shares, or of counts per person, as a ratio of the two values.

    The control value is what the treated would have had, treatment_value − estimate. It is taken as known for the
    limits, coming from many more people: (control + limit) / control.

    Parameters
    ----------
    treatment_value : float
        At least 0.
    estimate, ci_low, ci_high : float
        Treatment minus control.
    """
    values = {"treatment_value": treatment_value, "estimate": estimate, "ci_low": ci_low, "ci_high": ci_high}
    faults = [Problem("must be a finite number", f"E-value, {k}") for k, v in values.items() if not math.isfinite(v)]
    if not faults and not (treatment_value >= 0 and ci_low <= estimate <= ci_high):
        faults.append(Problem("a value from 0 up, and an estimate within its interval, are needed", "E-value"))
    if faults:
        raise JDLError(faults)
    control = treatment_value - estimate
    said = "the risk ratio is that of the two values, the value of the controls taken as known"
    if treatment_value <= 0 or control <= 0:
        why_not = "one of the groups has none of the outcome, so that there is no risk ratio"
        return EValue("difference", None, None, None, None, None, said, why_not)
    ratio, low, high = (max((control + x) / control, 0.0) for x in (estimate, ci_low, ci_high))
    return _of_ratios("difference", ratio, low, high, said)


def _of_ratios(scale: str, ratio: float, low: float, high: float, approximation: str = "") -> EValue:
    limit = 1.0 if low <= 1 <= high else e_value(low if ratio > 1 else high)
    return EValue(scale, float(ratio), float(low), float(high), e_value(ratio), limit, approximation)


def _check_ratio(ratio: float, low: float, high: float) -> None:
    if not 0 < low <= ratio <= high < math.inf:
        raise JDLError("a ratio and its interval are finite, above 0 and in order", "E-value, ratio, low and high")
