"""Power of two-sample tests, and what undoes it: the group needed and the difference that can be detected.

The t-test rests on the noncentral t distribution. With T = (Z + c) / S, c the noncentrality and S² a chi-squared over
its degrees of freedom ν, P(T > q) = E Φ(c − qS). The expectation is summed over log S, where the trapezoidal rule
converges faster than any power of its step: within 1e-15 from 2 to 10⁷ people in either group, and a number everywhere.
(SciPy's own distribution function is not a number in the far tail from about 10⁴ people on.)

References
----------
Trefethen and Weideman (2014), "The exponentially convergent trapezoidal rule", SIAM Review 56, 385-458.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize, special

from ..errors import JDLError
from .limits import refuse

#: A treatment group beyond this is no answer to anybody.
MOST_PEOPLE = 1e9
_LEAST_PEOPLE = 2.0

#: log of the density, relative to its peak, where the sum over log S stops: e^-45 is 3e-20.
_DEPTH = 45.0
_MOST_NODES = 200_000


def power_of_t_test(n_treatment: float, n_control: float, effect: float, alpha: float, sides: int = 2) -> float:
    """Power of the two-sample t-test with equal variances.

    Parameters
    ----------
    n_treatment, n_control : float
        Need not be whole, more than 2 together; either may be infinite, for the limit.
    effect : float
        Difference in standard deviations, of either sign.
    alpha : float
    sides : {2, 1}
        1: a test towards the side on which the effect lies.

    Raises
    ------
    JDLError
        Here and below: with every value that makes no sense, see `limits`.
    """
    refuse(alpha, sides=sides, groups=(n_treatment, n_control), numbers={"effect": effect})
    return _power(_noncentrality(n_treatment, n_control, effect), n_treatment + n_control - 2, alpha, sides)


def needed_treatment(
    difference: float, sd: float, n_control: float, alpha: float, power: float, sides: int = 2
) -> float | None:
    """Smallest treatment group (not yet rounded, at least 2) that reaches the power; None if none does."""
    refuse(alpha, power, sides=sides, sd=sd, groups=(n_control,), numbers={"difference": difference})
    effect = difference / sd

    def lacking(n: float) -> float:
        return _power(_noncentrality(n, n_control, effect), n + n_control - 2, alpha, sides) - power

    low, high = _LEAST_PEOPLE, 2 * _LEAST_PEOPLE
    if lacking(low) >= 0:
        return low
    if lacking(math.inf) <= 0:
        return None
    while lacking(high) < 0:
        low, high = high, 2 * high
        if low > MOST_PEOPLE:
            return None
    return float(optimize.brentq(lacking, low, high, xtol=1e-12, rtol=1e-14))


def detectable_difference(
    n_treatment: float, n_control: float, sd: float, alpha: float, power: float, sides: int = 2
) -> float:
    """Smallest true difference found with the wanted power; `n_treatment` may be infinite, for the floor."""
    refuse(alpha, power, sides=sides, sd=sd, groups=(n_treatment, n_control))
    needed = _noncentrality_needed(n_treatment + n_control - 2, alpha, power, sides)
    return needed * sd * math.sqrt(1 / n_treatment + 1 / n_control)


def cohen_h(share_treatment: float, share_control: float) -> float:
    """Cohen's h: the difference of two shares on the scale 2·asin√p, on which their variance is 1/n whatever p.

    References
    ----------
    Cohen (1988), Statistical power analysis for the behavioral sciences, chapter 6.
    """
    if not (0 <= share_treatment <= 1 and 0 <= share_control <= 1):
        raise JDLError("a share lies between 0 and 1", "power, shares", "correct the value")
    return 2 * (math.asin(math.sqrt(share_treatment)) - math.asin(math.sqrt(share_control)))


def power_of_shares(n_treatment: float, n_control: float, h: float, alpha: float, sides: int = 2) -> float:
    """Power of the normal test of two shares that differ by Cohen's `h`."""
    refuse(alpha, sides=sides, groups=(n_treatment, n_control), numbers={"h": h})
    return _power(_noncentrality(n_treatment, n_control, h), math.inf, alpha, sides)


def needed_for_shares(h: float, n_control: float, alpha: float, power: float, sides: int = 2) -> float | None:
    """Smallest treatment group (not yet rounded, at least 2) for shares that differ by Cohen's `h`; None if none is."""
    refuse(alpha, power, sides=sides, groups=(n_control,), numbers={"h": h})
    room = (h / _noncentrality_needed(math.inf, alpha, power, sides)) ** 2 - 1 / n_control
    return max(1 / room, _LEAST_PEOPLE) if room * MOST_PEOPLE >= 1 else None


def detectable_share(
    n_treatment: float, n_control: float, share_control: float, alpha: float, power: float, sides: int = 2
) -> float | None:
    """The largest share below that of the controls that is told from it; None if even a share of 0 is not."""
    shares = {"share_control": share_control}
    refuse(alpha, power, sides=sides, groups=(n_treatment, n_control), shares=shares)
    h = _noncentrality_needed(math.inf, alpha, power, sides) * math.sqrt(1 / n_treatment + 1 / n_control)
    angle = math.asin(math.sqrt(share_control)) - h / 2
    return None if angle < 0 else math.sin(angle) ** 2


def _noncentrality(n_treatment: float, n_control: float, effect: float) -> float:
    return abs(effect) / math.sqrt(1 / n_treatment + 1 / n_control)


def _noncentrality_needed(df: float, alpha: float, power: float, sides: int) -> float:
    high = 1.0  # `refuse` keeps power so far below 1 that this ends: at 1e13, of 3 people and the smallest level
    while _power(high, df, alpha, sides) < power:
        high *= 2
    root = optimize.brentq(lambda c: _power(c, df, alpha, sides) - power, 0.0, high, xtol=1e-13, rtol=1e-14)
    return float(root)


def _power(ncp: float, df: float, alpha: float, sides: int) -> float:
    # scipy.special has the same functions as scipy.stats, and loads in a fraction of its time
    if math.isinf(df):
        q, spread, weight = -special.ndtri(alpha / sides), np.ones(1), np.ones(1)
    else:
        q = -special.stdtrit(df, alpha / sides)
        spread, weight = _spread(df, ncp, abs(q))
    reached = special.ndtr(ncp - q * spread)
    if sides == 2:
        reached += special.ndtr(-ncp - q * spread)
    return min(float(weight @ reached), 1.0)


def _spread(df: float, ncp: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """Values of S, evenly spaced in its logarithm, with their probabilities.

    The density of u = log S is proportional to exp(−ν/2 · (e^{2u} − 1 − 2u)). The step follows whatever is narrower,
    that density or the rise of Φ(c − q·e^u), which takes 1/c in u.
    """
    depth = 2 * _DEPTH / df
    lowest = -(depth + math.sqrt(2 * depth)) / 2
    highest = math.log1p(depth + math.sqrt(2 * depth)) / 2
    rise = max(min(ncp, q * math.exp(highest)), 1.0)
    step = min(1 / math.sqrt(18 * df), 0.06, 0.4 / rise)
    u = np.linspace(lowest, highest, min(math.ceil((highest - lowest) / step), _MOST_NODES))
    weight = np.exp(-df / 2 * (np.expm1(2 * u) - 2 * u))
    return np.exp(u), weight / weight.sum()
