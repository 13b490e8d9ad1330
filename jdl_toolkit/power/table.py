"""How many people a difference takes to be found, and what the groups in hand could have found, as one table.

Two-sided two-sample t-test with unequal groups for a fixed control group. [S4] is "Justice Data Lab: the pilot year"
(Ministry of Justice, 2014), whose Table 1 comes out exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..numbers import UNITS
from ..result import Result
from .limits import power_faults
from .t_test import detectable_difference, needed_treatment, power_of_t_test

_CURVE_FROM = 30
_CURVE_POINTS = 60

#: Unit of an outcome -> what its differences are given in. Shares are told in percentage points.
UNIT_WORDS = {"share": "percentage points", "count": "per person", "days": "days", "mean": "units of the outcome"}


@dataclass(frozen=True)
class PowerTable(Result):
    """Group sizes needed for given reductions, and what the group in hand can detect.

    Reductions are in the unit's own words (`UNIT_WORDS`): percentage points for a share, else the outcome's scale.

    Parameters
    ----------
    rows : DataFrame
        reduction, n_exact (before rounding; NaN if infeasible), n_treatment (rounded to nearest, as published),
        infeasible (no treatment group is large enough with this control group), power_in_hand (with `n_treatment`).
    unit : {"share", "count", "days", "mean"}
    sd : float
        One standard deviation of the outcome for the whole table, on the scale of the outcome (shares: fractions).
    alpha, power : float
    n_control, n_treatment : float
        Sizes that were used; whole, unless people are counted by what they are worth.
    smallest_detectable : float
        The floor: detectable with this control group and no end of treated people.
    detectable_in_hand : float
        The smallest difference that the group in hand detects with the wanted power.
    curve : DataFrame
        n_treatment, detectable: from 30 people up.
    effective : PowerTable, optional
        The same table with every group counted by what it is worth, (Σw)² / Σw², as weights make people worth less.
    """

    rows: pd.DataFrame
    unit: str
    sd: float
    alpha: float
    power: float
    n_control: float
    n_treatment: float
    smallest_detectable: float
    detectable_in_hand: float
    curve: pd.DataFrame
    effective: PowerTable | None = None

    def needed_for(self, reduction: float) -> int | None:
        """Treated people needed for a reduction of this size, whatever its sign; None if no number is enough."""
        if reduction == 0:
            return None
        difference = abs(reduction) / UNITS[self.unit][0]
        needed = needed_treatment(difference, self.sd, self.n_control, self.alpha, self.power)
        return None if needed is None else _nearest(needed)

    def summary(self) -> str:
        worth = self.effective
        counted = (
            ""
            if worth is None
            else f". Counting the controls by what they are worth ({worth.n_control:,.0f}): "
            f"{worth.detectable_in_hand:.3g} and {worth.smallest_detectable:.2g}"
        )
        return (
            f"With {self.n_treatment:,.0f} treated and {self.n_control:,.0f} controls, {100 * self.power:g}% power for "
            f"{self.detectable_in_hand:.3g} {UNIT_WORDS[self.unit]}; no treatment group finds less than "
            f"{self.smallest_detectable:.2g}{counted}"
        )


def power_table(
    n_control: float,
    sd: float,
    n_treatment: float,
    alpha: float,
    power: float,
    reductions: Iterable[float],
    *,
    unit: str = "share",
    ess_control: float | None = None,
    ess_treatment: float | None = None,
) -> PowerTable:
    """The published power table for any groups and any outcome.

    Parameters
    ----------
    n_control, n_treatment : int
        People in each group, at least 2.
    sd : float
        Standard deviation of the outcome; 0.47 for a rate of 33 %.
    alpha : float
        Two-sided level.
    power : float
        Wanted, above alpha.
    reductions : iterable of float
        Above zero, in the unit's words: percentage points of a share.
    unit : {"share", "count", "days"}
    ess_control, ess_treatment : float, optional
        Effective sizes; with that of the controls the table is made a second time, with them (`effective`).

    Raises
    ------
    JDLError
        With every value that makes no sense.
    """
    reductions = [float(r) for r in reductions]
    faults = power_faults(n_control, sd, n_treatment, alpha, power, reductions, unit, ess_control, ess_treatment)
    if faults:
        raise JDLError(faults)
    asked = (float(sd), float(alpha), float(power))
    worth = None
    if ess_control is not None:
        treated = float(n_treatment if ess_treatment is None else ess_treatment)
        worth = _table(reductions, str(unit), float(ess_control), treated, *asked)
    return _table(reductions, str(unit), int(n_control), int(n_treatment), *asked, worth)


def _table(
    reductions: list[float],
    unit: str,
    n_control: float,
    n_treatment: float,
    sd: float,
    alpha: float,
    power: float,
    effective: PowerTable | None = None,
) -> PowerTable:
    scale, rows = UNITS[unit][0], []
    for reduction in reductions:
        exact = needed_treatment(reduction / scale, sd, n_control, alpha, power)
        in_hand = power_of_t_test(n_treatment, n_control, reduction / scale / sd, alpha)
        found = {"reduction": reduction, "n_exact": np.nan if exact is None else exact}
        found |= {"n_treatment": None if exact is None else _nearest(exact), "infeasible": exact is None}
        rows.append(found | {"power_in_hand": in_hand})
    sizes = _curve_sizes(n_treatment, [r["n_exact"] for r in rows])
    curve = [scale * detectable_difference(n, n_control, sd, alpha, power) for n in sizes]
    return PowerTable(
        pd.DataFrame(rows).astype({"n_treatment": "Int64"}),
        unit,
        sd,
        alpha,
        power,
        n_control,
        n_treatment,
        scale * detectable_difference(math.inf, n_control, sd, alpha, power),
        scale * detectable_difference(n_treatment, n_control, sd, alpha, power),
        pd.DataFrame({"n_treatment": sizes, "detectable": curve}),
        effective,
    )


def _nearest(n: float) -> int:
    return math.floor(n + 0.5)


def _curve_sizes(n_treatment: float, needed: list[float]) -> list[int]:
    """Sizes for a curve: from 30 to four times the group in hand, or as far as the 5th largest reduction needs."""
    known = sorted(n for n in needed if not math.isnan(n))
    top = max([1000, 4 * n_treatment, *known[:5]])
    return np.unique(np.geomspace(_CURVE_FROM, min(top, 100_000), _CURVE_POINTS).round().astype(int)).tolist()
