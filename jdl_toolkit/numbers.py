"""How numbers are printed, once for words, tables and figures.

Rates in whole per cent, frequencies with two decimals, days whole, p-values with two decimals. Where a limit of an
interval would print as zero, a decimal is added, so that a reader can see on which side of zero it lies. Halves are
rounded away from zero, a minus is a real minus sign, and there is no "-0". Differences are rounded from unrounded
values, so that printed figures may not add.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from math import floor, isfinite, log10

MINUS = "\N{MINUS SIGN}"
WITHHELD = "withheld"
#: Smaller counts of people are not shown unless a request says otherwise: `disclosure.minimum_cell` of the defaults.
MINIMUM_CELL = 5
#: From here on figures are written with a power of ten: they have more digits than anybody reads.
_LARGE = 1e15

#: Unit of a measure -> (factor from the unrounded value to the printed one, decimals).
UNITS: dict[str, tuple[int, int]] = {"share": (100, 0), "count": (1, 2), "days": (1, 0), "mean": (1, 2)}

#: Unit of a measure -> what stands after the size of a reduction: 5 percentage points, 0.1 per person.
REDUCTION_WORDS = {"share": "percentage points", "count": "per person", "days": "days", "mean": "units of the outcome"}

#: Units of which there can be one: 1 percentage point, −1 day.
_OF_ONE = {"percentage points": "percentage point", "days": "day", "units of the outcome": "unit of the outcome"}


def with_unit(printed: str, words: str) -> str:
    """A printed figure with its unit: ``6 percentage points``, ``−1 percentage point``, ``1.0 percentage points``."""
    return f"{printed} {_OF_ONE.get(words, words) if printed.strip('+' + MINUS) == '1' else words}"


def number(x: float, decimals: int = 0, *, factor: int = 1, sign: bool = False) -> str:
    """`x` times `factor`, rounded half away from zero, with thousands separators and a real minus sign.

    Parameters
    ----------
    x : float
    decimals : int
    factor : int
        100 turns a share into per cent. The product is exact in decimals, so that 0.285 is 28.5 and not 28.4999….
    sign : bool
        Print "+" before a positive number.
    """
    if not isfinite(x):
        return "not available"
    if abs(x) >= _LARGE:
        return f"{MINUS if x < 0 else '+' if sign else ''}{abs(x) * factor:.6g}"
    rounded = (Decimal(repr(float(x))) * factor).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    if rounded == 0:
        return text
    return f"{MINUS if rounded < 0 else '+' if sign else ''}{text}"


def significant(x: float, digits: int = 3) -> str:
    """So many significant digits, but never fewer than the whole number: ``10.7``, ``0.938``, ``1,207``."""
    return number(x, max(0, digits - 1 - floor(log10(abs(x))))) if x and isfinite(x) else number(x)


def per_cent(share: float | None, decimals: int = 0) -> str:
    """A share (fraction) as per cent: ``33%``; "withheld" for None."""
    return WITHHELD if share is None else f"{number(share, decimals, factor=100)}%"


def points(diff: float | None, decimals: int | None = None) -> str:
    """A difference between two shares (a fraction) in percentage points, without the words: ``−6``."""
    return difference(diff, "share", decimals)


def count_(n: int | None, minimum: int = MINIMUM_CELL, *, secondary: bool = False) -> str:
    """A count with thousands separators, or what stands for one that disclosure control withholds (None).

    Parameters
    ----------
    n : int or None
    minimum : int
        The smallest count that is shown: ``fewer than 5``.
    secondary : bool
        The count is not small: it is withheld lest a small one be found by subtraction. Prints ``withheld``.
    """
    if n is None:
        return WITHHELD if secondary else f"fewer than {minimum}"
    return f"{n:,}"


def shown_count(n: int, minimum: int = MINIMUM_CELL) -> str:
    """A count as printed where small ones are not shown, but nobody is: ``0``, ``fewer than 5``, ``257``."""
    return count_(None if 0 < n < minimum else int(n), minimum)


def plural(n: int | None, one: str, many: str, minimum: int = MINIMUM_CELL) -> str:
    """A count with its noun: ``1 person``, ``257 people``, ``fewer than 5 people``."""
    return f"{count_(n, minimum)} {one if n == 1 else many}"


def date(day: dt.date) -> str:
    """A date in words: ``1 January 2009``."""
    return f"{day.day} {day:%B %Y}"


def month(day: dt.date) -> str:
    """A month in words: ``January 2009``."""
    return f"{day:%B %Y}"


def p_value(p: float | None) -> str:
    """Two decimals; ``<0.01`` below."""
    if p is None:
        return WITHHELD
    return "<0.01" if p < 0.01 else number(p, 2)


def value(x: float | None, unit: str) -> str:
    """The value of a measure in its unit: ``33%``, ``1.03``, ``112``; ``0.3%`` where it would print as zero."""
    if x is None:
        return WITHHELD
    factor, decimals = UNITS[unit][0], decimals_for(unit, x)
    return f"{number(x, decimals, factor=factor)}{'%' if unit == 'share' else ''}"


def decimals_for(unit: str, *limits: float) -> int:
    """Decimals at which none of the limits prints as zero (unless it is zero): the unit's own, or up to six more."""
    factor, fewest = UNITS[unit]
    for decimals in range(fewest, fewest + 6):
        if all(x == 0 or number(x, decimals, factor=factor).strip(f"{MINUS}0.") for x in limits):
            return decimals
    return fewest + 6


def difference(diff: float | None, unit: str, decimals: int | None = None) -> str:
    """A difference in its unit, without the words: ``−6`` (percentage points), ``−0.12``, ``14`` (days).

    Pass `decimals_for` the interval's limits, so that a difference is printed as finely as its interval.
    """
    if diff is None:
        return WITHHELD
    factor, usual = UNITS[unit]
    return number(diff, usual if decimals is None else decimals, factor=factor)


def interval(low: float | None, high: float | None, unit: str) -> str:
    """An interval in its unit, without the words: ``−12 to −1``; ``−12.1 to −0.3`` where a limit would print as 0."""
    if low is None or high is None:
        return WITHHELD
    decimals = decimals_for(unit, low, high)
    return f"{difference(low, unit, decimals)} to {difference(high, unit, decimals)}"
