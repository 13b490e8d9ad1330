"""The forest plot of the index: a strip of SVG for each result, drawn to a scale that all share.

Places across are per cent of the strip, so that a strip is as wide as the window leaves it and its marks keep their
form. What all strips have in common, the lines of the scale and the marks, is drawn once and used by each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from markupsafe import Markup

from ... import numbers
from ...findings import Verdict
from .entries import DRAFT, IMPORTED, Shown

#: Steps of the scale, percentage points; the first that needs no more than `_MOST` of them is taken.
_STEPS, _MOST = (1, 2, 5, 10, 20, 25, 50), 7
#: Share of the range left free on either side of it.
_MARGIN = 0.03


class Scale:
    """From percentage points to per cent of a strip's width.

    Parameters
    ----------
    results : sequence of Shown
        Those drawn; the scale holds all their intervals, and zero.
    """

    def __init__(self, results: Sequence[Shown]) -> None:
        drawn = [one for one in results if one.is_drawn]
        low = min([0.0, *(min(one.low, one.estimate) for one in drawn)])
        high = max([0.0, *(max(one.high, one.estimate) for one in drawn)])
        low, high = (low, high) if high - low >= 1 else (low - 5, high + 5)
        spare = _MARGIN * (high - low)
        self.low, self.high = low - spare, high + spare
        step = next((s for s in _STEPS if (self.high - self.low) / s <= _MOST), 100)
        self.ticks = [step * i for i in range(ceil(self.low / step), floor(self.high / step) + 1)]

    def at(self, points: float) -> str:
        """Where a difference stands: ``41.7%``."""
        return f"{100 * (points - self.low) / (self.high - self.low):.2f}%"


def axis(scale: Scale) -> Markup:
    """The scale with its numbers, and what the strips below it use."""
    parts = [Markup('<svg class="axis" aria-hidden="true" focusable="false"><defs><g id="lines">')]
    for tick in scale.ticks:
        kind = "zero" if tick == 0 else "tick"
        parts.append(Markup('<line class="{}" x1="{}" x2="{}" y1="0" y2="100%"/>').format(kind, *[scale.at(tick)] * 2))
    parts.append(
        Markup('</g><path id="clear" d="M-8 0L0-7L8 0L0 7Z"/><path id="unclear" d="M-5 0L0-5L5 0L0 5Z"/></defs>')
    )
    for tick in scale.ticks:
        label = numbers.number(tick, sign=True)
        parts.append(Markup('<text x="{}" y="1.1em" text-anchor="middle">{}</text>').format(scale.at(tick), label))
    return Markup("").join([*parts, Markup("</svg>")])


def strip(one: Shown, scale: Scale) -> Markup:
    """One result: its interval as a line, its difference as a diamond.

    A clear result has a large diamond and a thick line; one that is not published is hollow, one that was published
    elsewhere has a broken line besides.
    """
    kind = "clear" if one.verdict != Verdict.inconclusive else "unclear"
    more = {DRAFT: " draft", IMPORTED: " imported"}.get(one.standing, "")
    return Markup(
        '<svg class="strip {}{}" aria-hidden="true" focusable="false"><use href="#lines"/>'
        '<line class="interval" x1="{}" x2="{}" y1="50%" y2="50%"/><use class="mark" href="#{}" x="{}" y="50%"/></svg>'
    ).format(one.verdict, more, scale.at(one.low), scale.at(one.high), kind, scale.at(one.estimate))


def sample(verdict: str, more: str = "") -> Markup:
    """A mark by itself, for the key."""
    kind = "unclear" if verdict == Verdict.inconclusive else "clear"
    return Markup(
        '<svg class="strip sample {} {}" aria-hidden="true" focusable="false">'
        '<line class="interval" x1="5%" x2="95%" y1="50%" y2="50%"/>'
        '<use class="mark" href="#{}" x="50%" y="50%"/></svg>'
    ).format(verdict, more, kind)
