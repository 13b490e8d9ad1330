"""How many people a difference takes to be found, and what the groups in hand could have found, as one table.

The question is what a table holds; its answers are worked out when they are first looked at, and then kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from ..document import Figure, Table
from ..errors import JDLError, Problem
from ..numbers import UNITS
from ..result import Result
from . import words
from .limits import LARGEST, MOST_IN_GROUP, SMALLEST, as_number, power_faults
from .saved import saved_by_0_6
from .spread import common_sd, sd_of_count
from .t_test import detectable_difference, needed_treatment, power_of_t_test

_CURVE_FROM = 30
_CURVE_POINTS = 60
_IN_PERCENT = tuple(float(n) for n in range(1, 11))  # as of the published table; of a count, per cent of its mean
_IN_DAYS = tuple(float(n) for n in range(5, 51, 5))
_OPTIONAL = ("n_treatment", "ess_control", "ess_treatment")


@dataclass(frozen=True, kw_only=True)
class PowerTable(Result):
    """Group needed, effect detectable and power in hand, for a control group of a given size.

    The test is the two-sided t-test of two groups of unequal size. A true reduction δ is found with power

    P(T > t) + P(T < −t), T noncentral t, with n₁ + n₂ − 2 degrees of freedom and noncentrality δ / (σ √(1/n₁ + 1/n₂)),

    where n₁ people are treated, n₂ are controls, σ is their common standard deviation, and t is chosen so that this is
    `alpha` where δ is 0. It is exact, not the normal approximation. The group needed is the n₁ at which the power is
    the one wanted, rounded to the nearest whole number, as published; the effect detectable is the δ at which it is. As
    n₁ grows without end, δ falls to a floor that the control group sets: below it no number of treated people is
    enough.

    Parameters
    ----------
    n_control : int
        People in the control group, at least 2.
    sd : float
        One standard deviation of the outcome for the whole table, on the outcome's own scale; of a share as a fraction:
        0.47 for a rate of 33 %. `for_rates` and `for_counts` work it out.
    n_treatment : int, optional
        People in the treatment group, at least 2; without them there is no power in hand.
    alpha : float
        Two-sided level.
    power : float
        Wanted, above alpha.
    reductions : iterable of float
        Above zero: percentage points of a share, else on the scale of the outcome.
    unit : {"share", "count", "days", "mean"}
        What the outcome is.
    ess_control, ess_treatment : float, optional
        What the people of a group are worth once weighted, (Σw)² / Σw²; see `effective`.

    Attributes
    ----------
    rows : DataFrame
    curve : DataFrame
    smallest_detectable : float
    detectable_in_hand : float or None
    effective : PowerTable or None

    Raises
    ------
    JDLError
        With every value that makes no sense.

    References
    ----------
    Ministry of Justice (2014), "Justice Data Lab: the pilot year", Table 1. The standard deviation that gives all of
    its ten rows is not published; it is that of 84 of 257 and 11,543 of 33,111 people, see `common_sd`.

    Examples
    --------
    The published table, with a group in hand:

    >>> from jdl_toolkit.power import PowerTable
    >>> table = PowerTable(n_control=33_111, sd=0.4732691826, n_treatment=257)
    >>> table
    257 treated people and 33,111 controls detect a reduction of 10.7 percentage points or more, with 95% power in a \
two-sided test at the 5% level. With these controls no number of treated people detects less than 0.938.
    >>> print(table.table())
    How many treated people each reduction takes
    <BLANKLINE>
       Reduction     Treatment  Power of 257
     (percentage  group needed       treated
         points)                      people
    ------------  ------------  ------------
               1       240,648            6%
               2         9,327           10%
               3         3,584           17%
               4         1,925           27%
               5         1,207           39%
               6           829           53%
               7           605           66%
               8           461           77%
               9           363           86%
              10           294           92%
    <BLANKLINE>
    For 95% power in a two-sided t-test at the 5% level, with 33,111 controls and a standard deviation
    of 0.4733.
    >>> table.needed_for(2.5), round(table.detectable(1000), 2), round(table.power_for(5, 257), 3)
    (5419, 5.48, 0.393)

    From rates; the frequency of reoffending, and days to the first reoffence. The mean of 1.2, its overdispersion of 3
    and the spread of 95 days are made up for the example:

    >>> PowerTable.for_rates(treatment=84 / 257, control=11_543 / 33_111, n_treatment=257, n_control=33_111).sd
    0.4732691825842051
    >>> frequency = PowerTable.for_counts(mean=1.2, overdispersion=3, n_control=33_111, n_treatment=257)
    >>> round(frequency.detectable_in_hand, 2), frequency.needed_for(0.12)
    (0.43, 3602)
    >>> days = PowerTable.for_days(sd=95, n_control=11_543, n_treatment=84, reductions=[10, 20, 40])
    >>> days.rows["n_treatment"].tolist()
    [1306, 301, 74]
    """

    n_control: float
    sd: float
    n_treatment: float | None = None
    alpha: float = 0.05
    power: float = 0.95
    reductions: tuple[float, ...] = _IN_PERCENT
    unit: str = "share"
    ess_control: float | None = None
    ess_treatment: float | None = None

    def __post_init__(self) -> None:
        for name in ("n_control", "sd", "n_treatment", "alpha", "power", "ess_control", "ess_treatment"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None and name in _OPTIONAL else as_number(value))
        given = self.reductions if isinstance(self.reductions, Iterable) else ()
        object.__setattr__(self, "reductions", tuple(map(float, map(as_number, given))))
        object.__setattr__(self, "unit", str(self.unit))
        if faults := power_faults(self):
            raise JDLError(faults)

    @classmethod
    def for_rates(
        cls,
        *,
        control: float,
        n_control: float,
        treatment: float | None = None,
        n_treatment: float | None = None,
        **asked: Any,
    ) -> Self:
        """Table for a rate, whose standard deviation is that of both groups' rates (`common_sd`).

        Parameters
        ----------
        control, treatment : float
            Rates, as fractions. Without that of the treatment group, for planning, it is that of the controls.
        n_control, n_treatment : int
            People; n_treatment may be left out.
        **asked
            alpha, power, reductions, ess_control, ess_treatment.

        Examples
        --------
        How many people does a fall from 35 to 30 per cent take?

        >>> PowerTable.for_rates(control=0.35, n_control=33_111).needed_for(5)
        1226
        """
        rates = {"control": control} | ({} if treatment is None else {"treatment": treatment})
        faults = [
            Problem("a rate is a fraction between 0 and 1", f"power, {name}", "0.35 for 35 per cent")
            for name, rate in rates.items()
            if not 0 <= as_number(rate) <= 1
        ]
        sizes = [n if 2 <= as_number(n) <= MOST_IN_GROUP else math.inf for n in (n_treatment, n_control)]
        sd = 1.0 if faults else common_sd(rates.get("treatment", control), sizes[0], control, sizes[1])
        return cls._with_faults(faults, sd=sd, n_control=n_control, n_treatment=n_treatment, **asked)

    @classmethod
    def for_counts(
        cls, *, mean: float, overdispersion: float = 1.0, reductions: Iterable[float] | None = None, **asked: Any
    ) -> Self:
        """Table for a count, as the number of reoffences, whose variance is known relative to its mean.

        Parameters
        ----------
        mean : float
            Per person.
        overdispersion : float
            Variance over mean; 1 for a Poisson count. Numbers of reoffences have more.
        reductions : iterable of float, optional
            Per person. Default: 1 to 10 per cent of the mean.
        **asked
            n_control, n_treatment, alpha, power, ess_control, ess_treatment.
        """
        wrong = [
            Problem(
                f"must be a number above 0, from {SMALLEST:g} to {LARGEST:g}", f"power, {name}", "correct the value"
            )
            for name, x in (("mean", mean), ("overdispersion", overdispersion))
            if not SMALLEST <= as_number(x) <= LARGEST
        ]
        sd = 1.0 if wrong else sd_of_count(mean, overdispersion)
        if reductions is None:
            reductions = [1.0] if wrong else [n * mean / 100 for n in _IN_PERCENT]
        return cls._with_faults(wrong, sd=sd, reductions=reductions, unit="count", **asked)

    @classmethod
    def for_days(cls, *, sd: float, reductions: Iterable[float] = _IN_DAYS, **asked: Any) -> Self:
        """Table for days, as those to the first reoffence, among the people who have such a day.

        Parameters
        ----------
        sd : float
            Days.
        reductions : iterable of float
            Days. Default: 5, 10 and so on to 50.
        **asked
            n_control, n_treatment, alpha, power, ess_control, ess_treatment.
        """
        return cls(sd=sd, reductions=reductions, unit="days", **asked)

    @classmethod
    def _with_faults(cls, faults: Iterable[Problem], **question: Any) -> Self:
        """The table, or all faults at once: those known already and those of the question."""
        found = list(faults)
        try:
            table = cls(**question)
        except JDLError as refused:
            raise JDLError([*found, *refused.problems]) from None
        if found:
            raise JDLError(found)
        return table

    # --- answers -----------------------------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> pd.DataFrame:
        """A row per reduction.

        reduction, n_exact (before rounding; NaN if infeasible), n_treatment (rounded to nearest, as published),
        infeasible (no treatment group is large enough), and with a group in hand power_in_hand.
        """
        rows = []
        for reduction in self.reductions:
            exact = self._needed(reduction)
            row = {"reduction": reduction, "n_exact": np.nan if exact is None else exact}
            row |= {"n_treatment": None if exact is None else _nearest(exact), "infeasible": exact is None}
            if self.n_treatment is not None:
                row["power_in_hand"] = self.power_for(reduction, self.n_treatment)
            rows.append(row)
        return pd.DataFrame(rows).astype({"n_treatment": "Int64"})

    @cached_property
    def curve(self) -> pd.DataFrame:
        """n_treatment, detectable: from 30 people to four times the group in hand or what larger reductions need."""
        needed = sorted(self.rows["n_exact"].dropna())
        top = min(max([1000, 4 * (self.n_treatment or 0), *needed[:5]]), 100_000)
        sizes = np.unique(np.geomspace(_CURVE_FROM, top, _CURVE_POINTS).round().astype(int)).tolist()
        return pd.DataFrame({"n_treatment": sizes, "detectable": [self.detectable(n) for n in sizes]})

    @cached_property
    def smallest_detectable(self) -> float:
        """The floor: detectable with this control group and no end of treated people."""
        return self.detectable(math.inf)

    @cached_property
    def detectable_in_hand(self) -> float | None:
        """The smallest reduction that the group in hand detects with the wanted power; None without such a group."""
        return None if self.n_treatment is None else self.detectable(self.n_treatment)

    @cached_property
    def effective(self) -> PowerTable | None:
        """The same table with both groups counted by what they are worth; None where that is not known.

        A group whose worth is not given counts as people.
        """
        if self.ess_control is None and self.ess_treatment is None:
            return None
        sizes = {
            "n_control": self.n_control if self.ess_control is None else self.ess_control,
            "n_treatment": self.n_treatment if self.ess_treatment is None else self.ess_treatment,
        }
        return replace(self, **sizes, ess_control=None, ess_treatment=None)

    def needed_for(self, reduction: float) -> int | None:
        """Treated people needed for a reduction of this size, whatever its sign; None if no number is enough."""
        needed = self._needed(reduction) if reduction else None
        return None if needed is None else _nearest(needed)

    def detectable(self, n_treatment: float) -> float:
        """The smallest reduction that so many treated people detect with the wanted power; infinitely many: the floor.

        In the unit of the table: percentage points of a share. More than 2 people in all.
        """
        return self._scale * detectable_difference(n_treatment, self.n_control, self.sd, self.alpha, self.power)

    def power_for(self, reduction: float, n_treatment: float) -> float:
        """The chance that so many treated people detect a reduction of this size, whatever its sign."""
        return power_of_t_test(n_treatment, self.n_control, reduction / self._scale / self.sd, self.alpha)

    # --- shown and read back -----------------------------------------------------------------------------------------

    def summary(self) -> str:
        return words.in_short(self)

    def to_frame(self) -> pd.DataFrame:
        """`rows`: a row per reduction."""
        return self.rows.copy()

    def table(self) -> Table:
        return words.needed_table(self)

    def plot(self) -> Figure | None:
        from ..plots import power_curve  # not at the top: the command answers without a picture, in half the time

        return power_curve(self)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; also what version 0.6.0 did, which kept the answers: the question is read from them.

        Raises
        ------
        JDLError
            If the folder, or a part of it, is not there or cannot be read.
        """
        question = saved_by_0_6(Path(folder))
        return super().load(folder) if question is None else cls(**question)

    def _needed(self, reduction: float) -> float | None:
        difference = abs(reduction) / self._scale
        return needed_treatment(difference, self.sd, self.n_control, self.alpha, self.power)

    @property
    def _scale(self) -> int:
        return UNITS[self.unit][0]


def _nearest(n: float) -> int:
    return math.floor(n + 0.5)
