"""Power: how many people a difference takes to be found, and what the group in hand could have found.

Two-sided two-sample t-test with unequal groups, by the noncentral t distribution, for a fixed control group. [S4] is
"Justice Data Lab: the pilot year" (Ministry of Justice, 2014), whose Table 1 comes out exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special

from .errors import CouldNotBeAnswered, JDLError, Problem
from .result import Result

#: A treatment group beyond this is no answer to anybody.
_MOST_PEOPLE = 1e9
_CURVE_FROM = 30
_CURVE_POINTS = 60


@dataclass(frozen=True)
class PowerTable(Result):
    """Group sizes needed for given reductions, and what the group in hand can detect.

    Parameters
    ----------
    rows : DataFrame
        reduction_pp, n_exact (before rounding; NaN if infeasible), n_treatment (rounded to nearest, as published),
        infeasible (no treatment group is large enough with this control group), power_in_hand (with `n_treatment`).
    sd : float
        One standard deviation of the outcome for the whole table, on the scale of shares.
    alpha, power : float
    n_control, n_treatment : int
    smallest_detectable_pp : float
        The floor: detectable with this control group and no end of treated people.
    detectable_in_hand_pp : float
        The smallest difference that the group in hand detects with the wanted power.
    curve : DataFrame
        n_treatment, detectable_pp: from 30 people up.
    """

    rows: pd.DataFrame
    sd: float
    alpha: float
    power: float
    n_control: int
    n_treatment: int
    smallest_detectable_pp: float
    detectable_in_hand_pp: float
    curve: pd.DataFrame

    def needed_for(self, reduction_pp: float) -> int | None:
        """Treated people needed for a reduction of this size, whatever its sign; None if no number is enough."""
        if reduction_pp == 0:
            return None
        needed = needed_treatment(abs(reduction_pp) / 100, self.sd, self.n_control, self.alpha, self.power)
        return None if needed is None else _nearest(needed)

    def summary(self) -> str:
        return (
            f"With {self.n_treatment:,} treated and {self.n_control:,} controls, {100 * self.power:g}% power for "
            f"{self.detectable_in_hand_pp:.1f} percentage points; no treatment group finds less than "
            f"{self.smallest_detectable_pp:.2f}"
        )


def power_table(n_control: int, sd: float, n_treatment: int, alpha: float, power: float, reductions_pp) -> PowerTable:
    """The published power table for any control group.

    Parameters
    ----------
    n_control, n_treatment : int
        People in each group, at least 2.
    sd : float
        Standard deviation of the outcome (see `common_sd`); 0.47 for a rate of 33 %.
    alpha : float
        Two-sided level.
    power : float
        Wanted, above alpha.
    reductions_pp : iterable of float
        Percentage points, positive.

    Raises
    ------
    JDLError
        With every value that makes no sense.
    """
    _check(n_control, sd, n_treatment, alpha, power, reductions_pp)
    rows = []
    for reduction in reductions_pp:
        exact = needed_treatment(reduction / 100, sd, n_control, alpha, power)
        in_hand = power_of_t_test(n_treatment, n_control, reduction / 100 / sd, alpha)
        found = {"reduction_pp": float(reduction), "n_exact": np.nan if exact is None else exact}
        found |= {"n_treatment": None if exact is None else _nearest(exact), "infeasible": exact is None}
        rows.append(found | {"power_in_hand": in_hand})
    sizes = _curve_sizes(n_treatment, [r["n_exact"] for r in rows])
    curve = [100 * detectable_difference(n, n_control, sd, alpha, power) for n in sizes]
    return PowerTable(
        pd.DataFrame(rows).astype({"n_treatment": "Int64"}),
        float(sd),
        float(alpha),
        float(power),
        int(n_control),
        int(n_treatment),
        100 * detectable_difference(math.inf, n_control, sd, alpha, power),
        100 * detectable_difference(n_treatment, n_control, sd, alpha, power),
        pd.DataFrame({"n_treatment": sizes, "detectable_pp": curve}),
    )


def common_sd(rate_treatment: float, n_treatment: int, rate_control: float, n_control: int) -> float:
    """One standard deviation for two groups: the root of the simple mean of their sample variances p(1−p)·n/(n−1).

    With 84 of 257 and 11,543 of 33,111 people, 0.4732691826, which gives all ten rows of [S4], Table 1; likely, not
    proved, to be the publisher's own recipe.
    """
    groups = ((rate_treatment, n_treatment), (rate_control, n_control))
    return math.sqrt(sum(p * (1 - p) * n / (n - 1) for p, n in groups) / 2)


def power_of_t_test(n_treatment: float, n_control: float, effect: float, alpha: float) -> float:
    """Power of the two-sided two-sample t-test.

    Parameters
    ----------
    n_treatment, n_control : float
        Need not be whole; either may be infinite, for the limit.
    effect : float
        Difference in standard deviations.
    alpha : float
    """
    return _power(_noncentrality(n_treatment, n_control, effect), n_treatment + n_control - 2, alpha)


def needed_treatment(difference: float, sd: float, n_control: int, alpha: float, power: float) -> float | None:
    """Smallest treatment group (not yet rounded) that reaches the power; None if none does.

    Searched from 2 people upward: wide brackets run into the far tail, where SciPy's noncentral t is not a number.
    """
    effect = difference / sd

    def lacking(n: float) -> float:
        return power_of_t_test(n, n_control, effect, alpha) - power

    low, high = 2.0, 4.0
    if lacking(low) >= 0:
        return low
    if lacking(math.inf) <= 0:
        return None
    while lacking(high) < 0:
        low, high = high, 2 * high
        if low > _MOST_PEOPLE:
            return None
    return float(optimize.brentq(lacking, low, high, xtol=1e-9, rtol=1e-14))


def detectable_difference(n_treatment: float, n_control: int, sd: float, alpha: float, power: float) -> float:
    """Smallest true difference found with the wanted power; `n_treatment` may be infinite, for the floor."""
    df = n_treatment + n_control - 2
    high = 1.0
    while _power(high, df, alpha) < power:
        high *= 2
    ncp = optimize.brentq(lambda c: _power(c, df, alpha) - power, 0.0, high, xtol=1e-13, rtol=1e-14)
    return float(ncp) * sd * math.sqrt(1 / n_treatment + 1 / n_control)


def _noncentrality(n_treatment: float, n_control: float, effect: float) -> float:
    return abs(effect) / math.sqrt(1 / n_treatment + 1 / n_control)


def _power(ncp: float, df: float, alpha: float) -> float:
    # scipy.special has the same functions as scipy.stats, and loads in a fraction of its time
    if math.isinf(df):
        q = -special.ndtri(alpha / 2)
        return float(special.ndtr(ncp - q) + special.ndtr(-q - ncp))
    q = -special.stdtrit(df, alpha / 2)
    near, far = 1 - float(special.nctdtr(df, ncp, q)), float(special.nctdtr(df, ncp, -q))
    if math.isnan(near):
        near = float(special.ndtr(ncp - q))
    return near + (0.0 if math.isnan(far) else far)  # where SciPy has no number for the far tail, it is below 1e-8


def _nearest(n: float) -> int:
    return math.floor(n + 0.5)


def _curve_sizes(n_treatment: int, needed: list[float]) -> list[int]:
    """Sizes for a curve: from 30 to four times the group in hand, or as far as the 5th largest reduction needs."""
    known = sorted(n for n in needed if not math.isnan(n))
    top = max([1000, 4 * n_treatment, *known[:5]])
    return np.unique(np.geomspace(_CURVE_FROM, min(top, 100_000), _CURVE_POINTS).round().astype(int)).tolist()


def _check(n_control: int, sd: float, n_treatment: int, alpha: float, power: float, reductions_pp) -> None:
    faults = [
        (n_control < 2, "n_control", "at least 2 people are needed"),
        (n_treatment < 2, "n_treatment", "at least 2 people are needed"),
        (not sd > 0, "sd", "the standard deviation must be above 0: both rates are 0 or 1"),
        (not 0 < alpha < 1, "alpha", "the level must lie between 0 and 1"),
        (not alpha < power < 1, "power", "the wanted power must lie between alpha and 1"),
        (not all(r > 0 for r in reductions_pp), "reductions_pp", "reductions are given as positive percentage points"),
    ]
    problems = [Problem(what, f"power, {where}", "correct the value") for is_wrong, where, what in faults if is_wrong]
    if problems:
        raise JDLError(problems)


def power_for_rate(outcomes, spec) -> PowerTable:
    """Power table of the one-year reoffending rate, for the groups that were compared.

    Parameters
    ----------
    outcomes : inference.Outcomes
        Its row ``rate`` gives both shares and both group sizes.
    spec : RequestSpec

    Raises
    ------
    CouldNotBeAnswered
        If the outcome does not vary: everybody reoffended, or nobody.
    """
    rate = outcomes.measures.set_index("key").loc["rate"]
    sd = common_sd(rate["treatment_value"], rate["n_treatment"], rate["control_value"], rate["n_control"])
    if not sd:
        raise CouldNotBeAnswered("nobody, or everybody, reoffended in both groups: nothing can be compared")
    asked = spec.power
    return power_table(
        int(rate["n_control"]), sd, int(rate["n_treatment"]), asked.alpha, asked.power, asked.reductions_pp
    )
