"""What a group of a given size could have shown."""

from __future__ import annotations

from typing import Any

from .. import document
from ..numbers import number
from ..typeface import wrap
from .canvas import DARK, NAVY, ORANGE, SIZE, WIDTH, finish, panel, sheet, styled, write

_TICKS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


@styled
def power_curve(power: Any, *, key: str = "power_curve", caption: str = "") -> document.Figure | None:
    """Smallest detectable reduction against the size of the treatment group, with the group in hand marked.

    None, so nothing is shown, where the rate is withheld: its standard deviation would give it away.

    Parameters
    ----------
    power : part of the findings
        ``curve`` (group size, percentage points), ``n_treatment``, ``detectable_in_hand_pp``,
        ``smallest_detectable_pp`` (with no end of treated people), ``power``, ``n_control``.
    """
    if power is None:
        return None
    sizes, reductions = zip(*sorted(power.curve), strict=True)
    drawing, paper = sheet(226)
    left, top, right, bottom = 52.0, 10.0, WIDTH - 30, 192.0
    axes = panel(drawing, left, top, right, bottom)
    axes.plot(sizes, reductions, color=NAVY, lw=2)
    axes.plot(
        power.n_treatment, power.detectable_in_hand_pp, "D", color=ORANGE, mec=DARK, ms=8, zorder=3, clip_on=False
    )
    floor = power.smallest_detectable_pp
    axes.axhline(floor, color=DARK, ls=(0, (4, 2)), lw=1)
    low, high = min(*sizes, power.n_treatment), max(*sizes, power.n_treatment)
    tallest = max(*reductions, power.detectable_in_hand_pp)
    axes.set(xscale="log", xlim=(low, high), ylim=(0, tallest * 1.08))
    ticks = [t for t in _TICKS if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set(
        xlabel="People in the treatment group (logarithmic scale)",
        ylabel="Smallest reduction that\ncan be shown (points)",
    )
    _label_in_hand(paper, axes, power, left, top, right)
    y = bottom - (bottom - top) * floor / (tallest * 1.08)
    text = f"however many people: {short(floor)}"
    write(paper, left + 6, y - SIZE * 1.3 - 2, [text], color=DARK)
    return finish(
        drawing,
        key,
        caption or "The smallest reduction that a group of a given size could show",
        _words(power),
        [
            {"People in the treatment group": n, "Smallest reduction (percentage points)": round(pp, 1)}
            for n, pp in sorted(power.curve)
        ],
        f"With {number(power.power, factor=100)} per cent power and {power.n_control:,} people in the control group.",
    )


def short(points: float) -> str:
    """Percentage points with one decimal, or none where it is zero: ``1.4``, ``10``."""
    return number(points, 1).removesuffix(".0")


def _label_in_hand(paper: Any, axes: Any, power: Any, left: float, top: float, right: float) -> None:
    """Name the marked group in the empty corner above the falling curve, with a line to the mark."""
    text = f"{power.n_treatment:,} people in this analysis: {short(power.detectable_in_hand_pp)} points or more"
    lines = wrap(text, 150, SIZE, bold=True)
    x = right - 156
    below = write(paper, x, top, lines, bold=True)
    start = paper.transData.inverted().transform(
        axes.transData.transform((power.n_treatment, power.detectable_in_hand_pp))
    )
    end = (x - 4, (top + below) / 2) if start[0] < x else (x + 60, below + 2)
    paper.plot([start[0], end[0]], [start[1], end[1]], color=DARK, lw=0.8)


def _words(power: Any) -> str:
    (fewest, most_pp), (most, fewest_pp) = min(power.curve), max(power.curve)
    return (
        f"Falling curve: {fewest:,} people could show a reduction of {short(most_pp)} percentage points or more, "
        f"{most:,} people {short(fewest_pp)}. The {power.n_treatment:,} people in this analysis could show "
        f"{short(power.detectable_in_hand_pp)} points; no number of people could show less than "
        f"{short(power.smallest_detectable_pp)}."
    )
