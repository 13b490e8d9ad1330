"""How the figures of a prepared table are printed: every estimate of one outcome alike, in the outcome's own unit."""

from __future__ import annotations

import math
from typing import Any

from ..numbers import UNITS, difference, number
from ..plots.effects import UNIT_WORDS, estimate_words, finer

#: Where there is none of what a cell would hold.
NONE = "–"
_MOST_DECIMALS = 12


class Figures:
    """One way of printing for all that is said of an outcome.

    Shares are in per cent and percentage points with one decimal. Other outcomes have the decimals at which the
    standard error of the headline has three digits, as a table may hold dollars or grams.

    Parameters
    ----------
    unit : {"share", "count", "mean"}
    se : float or None
        Standard error of the headline, on the scale of the outcome.
    """

    def __init__(self, unit: str, se: float | None) -> None:
        self.unit, self.words = unit, UNIT_WORDS[unit]
        self.factor = UNITS[unit][0]
        self.decimals = finer(unit) if unit == "share" else _decimals(se, UNITS[unit][1])

    def value(self, x: float) -> str:
        """A group's value: ``22.2%``, ``6,350``."""
        if self.unit == "share":
            return f"{number(x, self.decimals, factor=100)}%"
        return number(x, self.decimals)

    def difference(self, x: float | None) -> str:
        """A difference, or a standard error: ``−10.7``."""
        return NONE if x is None or not math.isfinite(x) else difference(x, self.unit, self.decimals)

    def interval(self, row: Any) -> str:
        """Estimate and interval of a row: ``−10.8 (−19.6 to −2.0)``."""
        return estimate_words(row["estimate"], row["ci_low"], row["ci_high"], self.unit, self.decimals)


def _decimals(se: float | None, usual: int) -> int:
    if se is None or not math.isfinite(se) or se <= 0:
        return usual
    return min(_MOST_DECIMALS, max(0, 2 - math.floor(math.log10(se))))


def ratio_words(row: Any) -> str:
    """A ratio and its interval: ``0.68 (0.49 to 0.94)``."""
    estimate, low, high = (number(row[k], 2) for k in ("estimate", "ci_low", "ci_high"))
    return f"{estimate} ({low} to {high})"
