"""An estimate with its interval, and the unit that it is in: what all parts of the findings share."""

from __future__ import annotations

from enum import StrEnum

from ..spec import Model


class Unit(StrEnum):
    share = "share"  # fractions, printed as per cent; differences in percentage points
    count = "count"  # per person, two decimals
    days = "days"  # whole days


class Estimate(Model):
    """`df` is None where it would tell a number of people that is withheld; the rest then has three decimals."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p_value: float
    df: float | None
