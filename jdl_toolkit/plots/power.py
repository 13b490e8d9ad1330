"""What a group of a given size could have shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import document
from ..numbers import REDUCTION_WORDS, number, significant, with_unit
from ..typeface import width
from .canvas import (
    DARK,
    DASHED,
    HEAVY,
    LEADING,
    LINE,
    NAVY,
    ORANGE,
    SIZE,
    THIN,
    WIDTH,
    finish,
    panel,
    sheet,
    styled,
    write,
)
from .places import free_place

#: Reductions, in percentage points, that are marked beside the group in hand; of other reductions, that part of the
#: largest.
MARKED = (10.0, 5.0, 2.0)
_UNITS = {"share": "points", "count": "per person", "days": "days", "mean": "units"}  # as there is room for
_DIGITS = {"count": 2, "mean": 3}
_FARTHEST = 300_000  # people: a marked reduction that needs more is left out
_ROW = SIZE * LEADING
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 10.0, WIDTH - 24, 200.0


@dataclass(frozen=True)
class _Curve:
    """What is drawn, of findings or of a power table; sizes of reductions in the unit's own words.

    ``needed``: reduction -> people; ``points``: people, and the smallest reduction that they detect; ``whose``: the
    group in hand in words.
    """

    n_control: float
    n_treatment: float | None
    power: float
    unit: str
    needed: dict[float, int]
    points: list[tuple[float, float]]
    floor: float
    in_hand: float | None
    whose: str
    note: str = ""

    def size(self, reduction: float) -> str:
        return f"{self.figure(reduction)} {_UNITS[self.unit]}"

    def asked(self, reduction: float) -> str:
        """A reduction that was asked for, as it was: not rounded."""
        return f"{reduction:,.6g} {_UNITS[self.unit]}"

    def figure(self, reduction: float) -> str:
        if self.unit in _DIGITS:
            return significant(reduction, _DIGITS[self.unit])
        return short(reduction) if reduction >= 0.05 else significant(reduction, 1)


@styled
def power_curve(power: Any, *, key: str = "power_curve", caption: str = "") -> document.Figure | None:
    """Smallest detectable reduction against the size of the treatment group, with the group in hand marked.

    Three reductions (2, 5 and 10 points where the table has them) are marked with the number of people that each needs.
    None, so nothing is shown, where the rate is withheld: its standard deviation would give it away. None also where no
    share could fall by as much as the control group takes.

    Parameters
    ----------
    power : findings.PowerSummary, power.PowerTable or None
    """
    if power is None:
        return None
    curve = _of_findings(power) if hasattr(power, "smallest_detectable_pp") else _of_table(power)
    marked = _marked(curve)
    in_hand = [] if curve.in_hand is None else [(curve.n_treatment, curve.in_hand)]
    points = sorted({n: size for n, size in (*marked, *curve.points, *in_hand)}.items())
    if len(points) < 2:
        return None
    sizes, reductions = _smooth(points)
    drawing, paper = sheet(236)
    top = 1.08 * max(reductions)
    # a mark of its own size keeps clear of the numbers of the axis
    low = sizes[0] * (0.98 if in_hand and in_hand[0][0] == sizes[0] else 1.0) ** math.log(sizes[-1] / sizes[0])
    axes = panel(drawing, _left(top), _TOP, _RIGHT, _BOTTOM)
    axes.plot(sizes, reductions, color=NAVY, lw=HEAVY)
    axes.axhline(curve.floor, color=DARK, ls=DASHED, lw=LINE)
    for at, style in ((marked, {"marker": "o", "color": NAVY, "mfc": "white", "ms": 6, "zorder": 3}),
                      (in_hand, {"marker": "D", "color": ORANGE, "mec": DARK, "ms": 8, "zorder": 4})):  # fmt: skip
        axes.plot(*zip(*at, strict=True) if at else ((), ()), ls="", clip_on=False, **style)
    axes.set(xscale="log", xlim=(low, sizes[-1]), ylim=(0, top))
    ticks = _ticks(low, sizes[-1], axes.bbox.width * 72 / drawing.dpi)
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.set_yticks(_rungs(top), [f"{y:,.6g}" for y in _rungs(top)])
    axes.set(
        xlabel="People in the treatment group (logarithmic scale)",
        ylabel=f"Smallest reduction that\ncan be shown ({_UNITS[curve.unit]})",
    )
    _write_labels(paper, axes, curve, marked, (sizes, reductions))
    names = {n: f"reduction of {curve.asked(size)}" for n, size in marked} | {n: curve.whose for n, _ in in_hand}
    return finish(
        drawing,
        key,
        caption or "The smallest reduction that a group of a given size could show",
        _words(curve, marked),
        [
            {
                "People in the treatment group": n,
                f"Smallest reduction ({REDUCTION_WORDS[curve.unit]})": _rounded(size, curve.unit),
                "Marked": names.get(n, ""),
            }
            for n, size in points
        ],
        f"With {number(curve.power, factor=100)} per cent power and {number(curve.n_control)} people in the comparison"
        f" group.{curve.note}",
    )


def _of_findings(power: Any) -> _Curve:
    return _Curve(
        power.n_control,
        power.n_treatment,
        power.power,
        "share",
        {row.reduction_pp: row.n_treatment for row in power.rows if row.n_treatment is not None},
        list(power.curve),
        power.smallest_detectable_pp,
        power.detectable_in_hand_pp,
        "this analysis",
    )


def _of_table(table: Any) -> _Curve:
    """Of a `power.PowerTable`; no share could fall by 100 points, and a curve says nothing of what lies above."""
    most = 100.0 if table.unit == "share" else math.inf
    rows = table.rows[~table.rows["infeasible"]]
    points = [(n, size) for n, size in table.curve.itertuples(index=False) if size < most]
    in_hand = table.detectable_in_hand
    drawn = _Curve(
        table.n_control,
        table.n_treatment,
        table.power,
        table.unit,
        {r: int(n) for r, n in zip(rows["reduction"], rows["n_treatment"], strict=True)},
        points,
        table.smallest_detectable,
        in_hand if in_hand is not None and in_hand < most else None,
        "the group in hand",
    )
    if (worth := table.effective) is None:
        return drawn
    least = worth.smallest_detectable if worth.detectable_in_hand is None else worth.detectable_in_hand
    who = (
        "no number of people could show less than"
        if worth.detectable_in_hand is None
        else "the group in hand could show"
    )
    note = f" By the safer count, in which they are worth {number(worth.n_control)}, {who} {drawn.size(least)}."
    return replace(drawn, note=note)


def _rounded(size: float, unit: str) -> float:
    return round(size, 1) if unit == "share" and size >= 0.05 else float(f"{size:.3g}")


def _left(top: float) -> float:
    """Where the panel begins: beside the widest number of its vertical axis and the axis's name."""
    return max(_LEFT, 40 + max(width(f"{y:,.6g}", SIZE) for y in _rungs(top)))


def _rungs(top: float) -> list[float]:
    """At most seven round numbers from 0 up to `top`."""
    step = 10.0 ** math.floor(math.log10(top / 7))
    step *= next(k for k in (1, 2, 5, 10) if top / (k * step) < 7)
    return [k * step for k in range(math.floor(top / step) + 1)]


def _ticks(low: float, high: float, wide: float) -> list[int]:
    """Round numbers of people, as many as find room on an axis `wide` points long."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for parts, every in (((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3), ((1,), 6)):
        ticks = [k * 10**d for d in decades if d % every == 0 for k in parts if low <= k * 10**d <= high]
        at = [wide * math.log(t / low) / math.log(high / low) for t in ticks]
        ends = [(x - width(f"{t:,}", SIZE) / 2, x + width(f"{t:,}", SIZE) / 2) for x, t in zip(at, ticks, strict=True)]
        if all(right + 0.6 * SIZE < left for (_, right), (left, _) in pairwise(ends)):
            return ticks
    return ticks[:1]


def short(points: float) -> str:
    """Percentage points with one decimal, or none where it is zero: ``1.4``, ``10``."""
    return number(points, 1).removesuffix(".0")


def _marked(curve: _Curve) -> list[tuple[int, float]]:
    """People needed for each of the marked reductions that the power table answers, and the reduction."""
    needed = {size: n for size, n in curve.needed.items() if n <= _FARTHEST}
    if curve.unit == "share" and any(size in needed for size in MARKED):
        chosen = MARKED
    else:  # the nearest to the same parts of the largest
        top = max(needed, default=0.0)
        chosen = tuple(dict.fromkeys(min(needed, key=lambda r: abs(r - part * top / 10)) for part in MARKED if needed))
    return [(needed[size], size) for size in chosen if size in needed]


def _smooth(points: list[tuple[int, float]]) -> tuple[list[float], list[float]]:
    """The curve between known points: its square is linear in 1/n, as δ² is proportional to 1/n₁ + 1/n₂."""
    n, pp = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    fine = np.unique(np.concatenate([n, np.geomspace(n[0], n[-1], 200)]))
    return fine.tolist(), np.sqrt(np.interp(-1 / fine, -1 / n, pp**2)).tolist()


def _write_labels(
    paper: Axes, axes: Axes, curve: _Curve, marked: list[tuple[int, float]], line: tuple[list[float], list[float]]
) -> None:
    """Name the group in hand in the empty corner above the curve, the other marks beside each, and the floor.

    A label for which there is no room is left out: its number is in the data and the table.
    """

    def at(n: Any, pp: Any) -> np.ndarray:
        pairs = np.column_stack([np.atleast_1d(n), np.atleast_1d(pp)]).astype(float)
        return paper.transData.inverted().transform(axes.transData.transform(pairs))

    left, floor = at(axes.get_xlim()[0], curve.floor)[0]
    across = np.linspace((left, floor), (_RIGHT, floor), 200)
    taken, blocked = [], [at(*line), across, *(at(*one) for one in marked)]
    if curve.in_hand is not None:
        mark = at(curve.n_treatment, curve.in_hand)[0]
        lines = [f"{number(curve.n_treatment)} people in {curve.whose}:", f"{curve.size(curve.in_hand)} or more"]
        x = _RIGHT - max(width(words, SIZE, bold=True) for words in lines)
        below = write(paper, x, _TOP, lines, bold=True)
        end = (x - 4, (_TOP + below) / 2) if mark[0] < x - 8 else (min(max(mark[0], x + 8), _RIGHT), below + 2)
        paper.plot(*zip(mark, end, strict=True), color=DARK, lw=THIN)
        taken.append((x - 6, _TOP, _RIGHT, below))
        blocked.append(np.linspace(mark, end, 60))
    beside_floor = [(left + 6, floor - _ROW - 3), (left + 6, floor + 3)]
    wanted = [([f"however many people: {curve.figure(curve.floor)}"], beside_floor)]
    for n, size in marked:
        words, (px, py) = [f"{curve.asked(size)}:", f"{n:,} people"], at(n, size)[0]
        wide = max(width(line, SIZE) for line in words)
        above = [(min(px + 7, _RIGHT - wide), py - 2 * _ROW - up) for up in (-6.0, 0.0, 6.0, 12.0)]
        before = [(px - wide - 7, py + 1), (px - wide - 9, py - 6), *((px - wide, y) for _, y in above)]
        wanted.append((words, above + before))
    for words, places in wanted:
        place = free_place(taken, places, words, np.vstack(blocked), (left, 2, WIDTH - 2, _BOTTOM))
        if place is not None:
            write(paper, *place, words)


def _words(curve: _Curve, marked: list[tuple[int, float]]) -> str:
    unit = REDUCTION_WORDS[curve.unit]
    (fewest, largest), (most, smallest) = min(curve.points), max(curve.points)
    shown = with_unit(curve.figure(largest), unit)
    said = (
        f"Falling curve: {number(fewest)} people could show a reduction of {shown} or more, "
        f"{number(most)} people {curve.figure(smallest)}."
    )
    never = f"o number of people could show less than {curve.figure(curve.floor)}."
    if curve.in_hand is None:
        said += f" N{never}"
    else:
        said += (
            f" The {number(curve.n_treatment)} people in {curve.whose} could show {curve.size(curve.in_hand)}; n{never}"
        )
    needed = [f"{curve.asked(size)} would take {n:,} people" for n, size in marked]
    return said + (f" To show {'; '.join(needed)}." if needed else "")
