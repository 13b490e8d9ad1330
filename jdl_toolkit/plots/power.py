"""What a group of a given size could have shown."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import document
from ..numbers import number
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

#: Reductions, in percentage points, that are marked beside the group in hand.
MARKED = (10.0, 5.0, 2.0)
_TICKS = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
_FARTHEST = 300_000  # people: a marked reduction that needs more is left out
_ROW = SIZE * LEADING
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 10.0, WIDTH - 24, 200.0


@styled
def power_curve(power: Any, *, key: str = "power_curve", caption: str = "") -> document.Figure | None:
    """Smallest detectable reduction against the size of the treatment group, with the group in hand marked.

    Reductions of 2, 5 and 10 points are marked with the number of people that each needs. None, so nothing is shown,
    where the rate is withheld: its standard deviation would give it away.

    Parameters
    ----------
    power : part of the findings
        ``curve`` (group size, percentage points), ``rows`` (group that a reduction needs), ``n_treatment``,
        ``detectable_in_hand_pp``, ``smallest_detectable_pp`` (with no end of treated people), ``power``, ``n_control``.
    """
    if power is None:
        return None
    marked = _marked(power)
    points = sorted({n: pp for n, pp in (*marked, *power.curve)}.items())
    sizes, reductions = _smooth(points)
    drawing, paper = sheet(236)
    axes = panel(drawing, _LEFT, _TOP, _RIGHT, _BOTTOM)
    floor, in_hand = power.smallest_detectable_pp, (power.n_treatment, power.detectable_in_hand_pp)
    axes.plot(sizes, reductions, color=NAVY, lw=HEAVY)
    axes.axhline(floor, color=DARK, ls=DASHED, lw=LINE)
    axes.plot(
        *zip(*marked, strict=True) if marked else ((), ()), "o", color=NAVY, mfc="white", ms=6, zorder=3, clip_on=False
    )
    axes.plot(*in_hand, "D", color=ORANGE, mec=DARK, ms=8, zorder=4, clip_on=False)
    low, high = min(*sizes, in_hand[0]), max(*sizes, in_hand[0])
    axes.set(xscale="log", xlim=(low, high), ylim=(0, max(*reductions, in_hand[1]) * 1.08))
    ticks = [t for t in _TICKS if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.set_xticks([], minor=True)
    axes.locator_params(axis="y", integer=True, nbins=7)
    axes.set(
        xlabel="People in the treatment group (logarithmic scale)",
        ylabel="Smallest reduction that\ncan be shown (points)",
    )
    _write_labels(paper, axes, power, marked, (sizes, reductions))
    names = {n: f"reduction of {short(pp)} points" for n, pp in marked} | {in_hand[0]: "this analysis"}
    told = sorted(({n: pp for n, pp in points} | dict([in_hand])).items())
    return finish(
        drawing,
        key,
        caption or "The smallest reduction that a group of a given size could show",
        _words(power, marked),
        [
            {
                "People in the treatment group": n,
                "Smallest reduction (percentage points)": round(pp, 1),
                "Marked": names.get(n, ""),
            }
            for n, pp in told
        ],
        f"With {number(power.power, factor=100)} per cent power and {power.n_control:,} people in the comparison"
        " group.",
    )


def short(points: float) -> str:
    """Percentage points with one decimal, or none where it is zero: ``1.4``, ``10``."""
    return number(points, 1).removesuffix(".0")


def _marked(power: Any) -> list[tuple[int, float]]:
    """People needed for each of the marked reductions that the power table answers, and the reduction."""
    needed = {row.reduction_pp: row.n_treatment for row in power.rows}
    return [(n, pp) for pp in MARKED if (n := needed.get(pp)) is not None and n <= _FARTHEST]


def _smooth(points: list[tuple[int, float]]) -> tuple[list[float], list[float]]:
    """The curve between known points: its square is linear in 1/n, as δ² is proportional to 1/n₁ + 1/n₂."""
    n, pp = (np.array(values, dtype=float) for values in zip(*points, strict=True))
    fine = np.unique(np.concatenate([n, np.geomspace(n[0], n[-1], 200)]))
    return fine.tolist(), np.sqrt(np.interp(-1 / fine, -1 / n, pp**2)).tolist()


def _write_labels(
    paper: Axes, axes: Axes, power: Any, marked: list[tuple[int, float]], curve: tuple[list[float], list[float]]
) -> None:
    """Name the group in hand in the empty corner above the curve, the other marks beside each, and the floor.

    A label for which there is no room is left out: its number is in the data and the table.
    """

    def at(n: Any, pp: Any) -> np.ndarray:
        pairs = np.column_stack([np.atleast_1d(n), np.atleast_1d(pp)]).astype(float)
        return paper.transData.inverted().transform(axes.transData.transform(pairs))

    mark, floor = at(power.n_treatment, power.detectable_in_hand_pp)[0], at(1, power.smallest_detectable_pp)[0][1]
    lines = [f"{power.n_treatment:,} people in this analysis:"]
    lines.append(f"{short(power.detectable_in_hand_pp)} points or more")
    x = _RIGHT - max(width(line, SIZE, bold=True) for line in lines)
    below = write(paper, x, _TOP, lines, bold=True)
    end = (x - 4, (_TOP + below) / 2) if mark[0] < x - 8 else (min(max(mark[0], x + 8), _RIGHT), below + 2)
    paper.plot(*zip(mark, end, strict=True), color=DARK, lw=THIN)
    across = np.linspace((_LEFT, floor), (_RIGHT, floor), 200)
    blocked = np.vstack([at(*curve), np.linspace(mark, end, 60), across, *(at(*one) for one in marked)])
    taken = [(x - 6, _TOP, _RIGHT, below)]
    wanted = [([f"however many people: {short(power.smallest_detectable_pp)}"], [(_LEFT + 6, floor - _ROW - 3)])]
    for n, pp in marked:
        words, (px, py) = [f"{short(pp)} points:", f"{n:,} people"], at(n, pp)[0]
        wide = max(width(line, SIZE) for line in words)
        above = [(min(px + 7, _RIGHT - wide), py - 2 * _ROW - up) for up in (-6.0, 0.0, 6.0, 12.0)]
        before = [(px - wide - 7, py + 1), (px - wide - 9, py - 6), *((px - wide, y) for _, y in above)]
        wanted.append((words, above + before))
    for words, places in wanted:
        place = _free(taken, places, words, blocked)
        if place is not None:
            write(paper, *place, words)


def _free(
    taken: list[tuple[float, float, float, float]],
    places: list[tuple[float, float]],
    words: list[str],
    blocked: np.ndarray,
) -> tuple[float, float] | None:
    """The first place where the words lie on the sheet and touch no label and no line; it is then taken.

    Parameters
    ----------
    taken : list of (float, float, float, float)
        Left, upper, right and lower edge of the labels that are there.
    places : list of (float, float)
        Left and upper edge, in points.
    words : list of str
        Lines.
    blocked : array, shape (k, 2)
        Points of what is drawn.
    """
    for x, y in places:
        box = (x - 3, y - 1, x + max(width(line, SIZE) for line in words) + 2, y + _ROW * len(words) + 1)
        inside = (blocked > box[:2]).all(axis=1) & (blocked < box[2:]).all(axis=1)
        on_sheet = box[0] > _LEFT and box[1] > 2 and box[2] < WIDTH - 2 and box[3] < _BOTTOM
        if on_sheet and not inside.any() and not any(_touch(box, other) for other in taken):
            taken.append(box)
            return x, y
    return None


def _touch(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _words(power: Any, marked: list[tuple[int, float]]) -> str:
    (fewest, most_pp), (most, fewest_pp) = min(power.curve), max(power.curve)
    needed = [f"{short(pp)} points would take {n:,} people" for n, pp in marked]
    return (
        f"Falling curve: {fewest:,} people could show a reduction of {short(most_pp)} percentage points or more, "
        f"{most:,} people {short(fewest_pp)}. The {power.n_treatment:,} people in this analysis could show "
        f"{short(power.detectable_in_hand_pp)} points; no number of people could show less than "
        f"{short(power.smallest_detectable_pp)}."
    ) + (f" To show {'; '.join(needed)}." if needed else "")
