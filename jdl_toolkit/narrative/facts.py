"""What a report may say in figures, topic by topic: each fact with the words that name it and its figures in order.

A fact is made from the findings by itself, not from the sentences and tables that tell it, so that a checker can hold
these to it. Its figures stand in the order in which they are told: the treatment group before what is expected, a
difference before its range, the lower limit before the higher.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .. import numbers
from ..findings import Estimate
from ..plots.effects import finer
from .ranges import beyond, one_decimal_more, sized, verdict_of
from .robustness import size

#: A number with its sign, as `numbers` prints it.
NUMBER = re.compile(rf"(?:(?<![\w)]){numbers.MINUS})?\d[\d,]*(?:\.\d+)*")
#: Unit of a measure -> the mark of a value, and of a difference, in it.
_VALUE = {"share": "%", "count": "", "days": "d", "mean": ""}
DIFFERENCE = {"share": "pp", "count": "", "days": "d", "mean": ""}
#: Marks that a figure without a unit of its own may be read with; "-" and "+" are the words lower and higher.
_ANY = tuple(unit + side for unit in ("", "%", "pp", "d", "n", "m") for side in ("", "-", "+"))

#: The ways in which one figure may be printed: number and mark of the unit, as ``33%``, ``6pp``, ``257n`` (people).
Figure = frozenset[str]


@dataclass(frozen=True)
class Fact:
    """Figures that belong together.

    Parameters
    ----------
    labels : tuple of str
        Words by which a sentence or a row names it; empty: it has no name.
    figures : tuple of Figure
        In the order in which they are told.
    """

    labels: tuple[str, ...]
    figures: tuple[Figure, ...]


def figure(printed: Iterable[str | None], marks: tuple[str, ...] = _ANY) -> Figure:
    """A figure from the ways it may be printed; the mark of its unit may always be missing."""
    found = (n.rstrip(",") for text in printed if text for n in NUMBER.findall(text))
    return frozenset(n + mark for n in found for mark in {"", *marks})


def loose(*printed: str | None) -> Iterator[Fact]:
    """Each number by itself, without an order."""
    yield from (Fact((), (figure([n]),)) for text in printed if text for n in NUMBER.findall(text))


def counts(values: Iterable[int | None]) -> tuple[Figure, ...]:
    """Counts of people or records, as whole numbers; None is withheld, and has no figure."""
    return tuple(figure([numbers.count_(n)] if n is not None else [], ("n",)) for n in values)


def shares(values: Iterable[float | None]) -> tuple[Figure, ...]:
    """Shares of people, in per cent."""
    return tuple(value(x, "share") for x in values)


def value(x: float | None, unit: str) -> Figure:
    """A value of a measure in its unit, also as data of a figure, and for every 100 people."""
    if x is None:
        return frozenset()
    usual = _VALUE[unit]
    found = figure([numbers.value(x, unit), one_decimal_more(x, unit), *as_data(x, unit)], (usual,))
    per_100 = [numbers.value(x, "share"), one_decimal_more(x, "share")]
    found |= figure(per_100, ("",)) if unit == "count" else frozenset()
    return found | figure([f"{numbers.value(x, unit)}"], ("n",) if unit == "share" else (usual,))


def as_data(x: float, unit: str) -> list[str]:
    """A value as the data of figures hold it: rounded by Python, with a real minus sign."""
    places = (round(x * numbers.UNITS[unit][0], decimals) + 0 for decimals in (None, 1, 2, 3))  # + 0: no "-0"
    return [f"{place:,}".replace("-", numbers.MINUS) for place in places]


def signed(x: float | None, unit: str, decimals: int) -> Figure:
    """A difference as tables and figures print it, with its sign."""
    if x is None:
        return frozenset()
    as_fine = {decimals, finer(unit)}
    return figure([*(numbers.difference(x, unit, d) for d in as_fine), *as_data(x, unit)], (DIFFERENCE[unit],))


def unsigned(x: float, unit: str, decimals: int) -> Figure:
    """A difference as sentences print it: its sign is in the words."""
    if unit == "count":
        return _unsigned(x, unit, decimals) | _unsigned(x, "share", numbers.decimals_for("share", x))
    return _unsigned(x, unit, decimals)


def _unsigned(x: float, unit: str, decimals: int) -> Figure:
    as_fine = {decimals, finer(unit), numbers.decimals_for(unit, x)}
    printed = [sized(x, unit, d) for d in as_fine] + [numbers.difference(abs(x), unit, decimals)]
    side = "+" if x > 0 else "-"
    return figure(printed, (DIFFERENCE[unit], DIFFERENCE[unit] + side, side, *(["n"] if unit == "count" else [])))


def sized_and_sided(x: float, unit: str) -> Figure:
    side = "+" if x > 0 else "-"
    return figure([size(x, unit)], (DIFFERENCE[unit], DIFFERENCE[unit] + side, side))


def told(labels: tuple[str, ...], before: tuple[Figure, ...], estimate: Estimate, unit: str) -> Iterator[Fact]:
    """An estimate with its range, as sentences tell it and as tables print it; `before`: what is told first."""
    low, high = estimate.ci_low, estimate.ci_high
    decimals = numbers.decimals_for(unit, low, high)
    fine = max(decimals, numbers.decimals_for(unit, estimate.estimate))
    in_table = tuple(signed(x, unit, decimals) for x in (estimate.estimate, low, high))
    p = figure([numbers.p_value(estimate.p_value)], ("",))
    yield Fact(labels, (*before, *in_table, p))
    best = unsigned(estimate.estimate, unit, fine)
    near, far = sorted((low, high), key=abs) if verdict_of(estimate) != "inconclusive" else (low, high)
    ends = [unsigned(x, unit, decimals) for x in (near, far)]
    ruled_out = [figure([beyond(x, unit, decimals)], ("pp",)) for x in (low, high) if x] if low <= 0 <= high else []
    yield Fact(labels, (*before, best, *ends, *ruled_out))
    if unit == "count":
        rough = numbers.decimals_for("share", low, high)
        yield Fact(labels, (*before, best, *(_unsigned(x, "share", rough) for x in (near, far))))


def standardised(x: float) -> Figure:
    printed = [numbers.number(v, 1, factor=100) for v in (x, abs(x))]
    return figure([*printed, *(text.removesuffix(".0") for text in printed), *as_data(x, "share"), f"{x:g}"], ("%",))


def printed_p(p: float | None) -> str | None:
    return None if p is None else numbers.p_value(p)
