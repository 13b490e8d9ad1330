"""Time to the first proven reoffence: the share of people without one, day by day, in both groups."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes

from .. import document
from ..numbers import number
from .canvas import (
    DARK,
    DASHED,
    DOTTED,
    HEAVY,
    LEADING,
    NAVY,
    ORANGE,
    PALE,
    RULE,
    SIZE,
    THIN,
    WIDTH,
    finish,
    panel,
    sheet,
    styled,
    write,
)

#: Group -> name, colour and line: told apart without colour.
_GROUPS = {"treatment": ("Treatment group", NAVY, "-"), "control": ("Comparison group", ORANGE, DASHED)}
CLOCKS = {
    "calendar": "Days since the index date",
    "at_risk": "Days since the index date that were not spent in custody",
}
_LIMITS = {"treatment": "-", "control": DOTTED}
_BEYOND = 1.06  # of the last day, up to which its value is drawn, so that the last step is seen to lead to it
_HIGHEST = 4.0  # where the line of the upper label may stand, in points
_LABEL = 2 * SIZE * LEADING + 6  # height of the label of a line, in points


@styled
def survival_plot(
    analysis: Any, *, clock: str = "calendar", key: str = "", caption: str = ""
) -> document.Figure | None:
    """Step lines of the share of people without a proven reoffence, with limits; None where the curve is not known.

    Parameters
    ----------
    analysis : part of the findings
        ``survival``: curves by their ``clock``, whose points have a ``day`` and each group's share and limits.
    clock : {"calendar", "at_risk"}
        Every day counts, or only days not spent in custody.
    """
    curve = next((c for c in analysis.survival if c.clock == clock and c.points), None)
    if curve is None:
        return None
    points = sorted(curve.points, key=lambda p: p.day)
    if points[0].day > 0:
        everyone = dict.fromkeys(type(points[0]).model_fields, 1.0) | {"day": 0}
        points.insert(0, type(points[0])(**everyone))
    lowest = min(90, 10 * math.floor(10 * min(min(p.treatment_low, p.control_low) for p in points)))
    drawing, paper = sheet(206)
    left, top, right, bottom = 56.0, 10.0, WIDTH - 106, 170.0
    axes = panel(drawing, left, top, right, bottom)
    ends = {}
    for group, (_, colour, line) in _GROUPS.items():
        _draw(axes, points, group, colour, line)
        ends[group] = 100 * getattr(points[-1], group)
    last = points[-1].day
    axes.set(
        xlim=(0, _BEYOND * last),
        ylim=(lowest, 100),
        xlabel=CLOCKS[clock],
        ylabel="Without a proven\nreoffence, per cent",
    )
    axes.set_xticks([day for day in _ticks(last) if day <= last])
    axes.locator_params(axis="y", nbins=6)
    axes.grid(axis="y", color=RULE, alpha=0.25, lw=0.6)
    _label_ends(paper, ends, lowest, top, right, bottom)
    note = "Shaded, between thin lines: 95 per cent limits of the treatment group, day by day; dotted: those of the "
    note += "comparison group."
    note += f" The vertical axis begins at {lowest} per cent." if lowest > 0 else ""
    return finish(
        drawing,
        key or ("survival" if clock == "calendar" else f"survival_{clock}"),
        caption or f"How long people stayed free of proven reoffending ({_counted(clock)})",
        _words(points, clock),
        [_record(p, clock) for p in points],
        note,
    )


def _counted(clock: str) -> str:
    return "all days count" if clock == "calendar" else "only days outside custody count"


def _draw(axes: Axes, points: list[Any], group: str, colour: str, line: Any) -> None:
    points = [*points, points[-1].model_copy(update={"day": _BEYOND * points[-1].day})]  # the last step has a length
    days = [p.day for p in points]
    middle, low, high = ([100 * getattr(p, f"{group}{part}") for p in points] for part in ("", "_low", "_high"))
    if group == "treatment":
        axes.fill_between(days, low, high, step="post", facecolor=PALE, lw=0, zorder=0)
    for limit in (low, high):
        axes.step(days, limit, where="post", color=colour if group == "treatment" else DARK, lw=THIN, ls=_LIMITS[group])
    axes.step(days, middle, where="post", color=colour, ls=line, lw=HEAVY)


def _label_ends(paper: Axes, ends: dict[str, float], lowest: float, top: float, right: float, bottom: float) -> None:
    """Name each line at its end; labels that would touch are moved apart."""
    height = {group: bottom - (bottom - top) * (value - lowest) / (100 - lowest) for group, value in ends.items()}
    upper, lower = sorted(height, key=lambda group: height[group])
    gap = max(0.0, _LABEL - (height[lower] - height[upper]))
    places = {lower: min(max(height[lower] + gap / 2, _HIGHEST + _LABEL), bottom - _LABEL)}
    places[upper] = max(min(height[upper] - gap / 2, places[lower] - _LABEL), _HIGHEST)
    for group, (name, colour, line) in _GROUPS.items():
        y = places[group]
        paper.plot([right + 6, right + 24], [y, y], color=colour, lw=HEAVY, ls=line)
        write(paper, right + 6, y + 1, [name, f"{number(ends[group])} per cent"], color=DARK)


def _ticks(last: int) -> list[int]:
    """Days at which the axis is marked: about every three months of a year, six of more."""
    step = 91 if last <= 400 else 183
    return [*range(0, last - step // 3, step), last]


def _words(points: list[Any], clock: str) -> str:
    middle = min(points, key=lambda p: abs(p.day - points[-1].day / 2))
    told = [
        f"by day {p.day}, {_whole(p.treatment)} per cent of the treatment group and {_whole(p.control)} per cent of "
        "the comparison group"
        for p in (middle, points[-1])
    ]
    last = points[-1]
    limits = (
        f"The limits on the last day are {_whole(last.treatment_low)} to {_whole(last.treatment_high)} and "
        f"{_whole(last.control_low)} to {_whole(last.control_high)} per cent."
    )
    return f"Two falling step lines ({_counted(clock)}). Without a proven reoffence were {told[0]}; {told[1]}. {limits}"


def _whole(share: float) -> str:
    return number(share, factor=100)


def _record(point: Any, clock: str) -> dict[str, Any]:
    heads = {CLOCKS[clock]: point.day}
    for group, (name, *_) in _GROUPS.items():
        for part, said in (("", ""), ("_low", ", lower limit"), ("_high", ", upper limit")):
            heads[f"{name} (per cent){said}"] = round(100 * getattr(point, f"{group}{part}"), 1)
    return heads
