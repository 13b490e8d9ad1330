"""The effect of each service against how many people were in its treatment group."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import document
from ..markup import one_line
from ..numbers import number, plural
from ..typeface import width
from .canvas import (
    DARK,
    HEAVY,
    LEADING,
    NAVY,
    ORANGE,
    RULE,
    SIZE,
    THIN,
    WIDTH,
    finish,
    panel,
    records,
    sheet,
    styled,
    write,
)
from .portfolio import pp, pp_interval

FAINT = "#868E92"  # of what is not conclusive, so that the rest stands out: 3.3 to 1 on white
#: Verdict -> how its diamond and line are drawn: filled and heavy if conclusive, an increase with a square within.
_LOOKS: dict[str, dict[str, Any]] = {
    "reduction": {"color": NAVY, "mfc": NAVY, "lw": HEAVY},
    "inconclusive": {"color": FAINT, "mfc": "white", "lw": 0.6},
    "increase": {"color": ORANGE, "mfc": ORANGE, "lw": HEAVY},
}
_KEY = {"reduction": "reduction", "inconclusive": "inconclusive", "increase": "increase"}
_TICKS = (10, 20, 30, 50, 100, 200, 300, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
_WIDE = 10  # largest group over smallest, from which the scale is logarithmic
_ROW = SIZE * LEADING
_LEFT, _TOP, _RIGHT, _BOTTOM = 58.0, 26.0, WIDTH - 10, 226.0
_AXIS = 42.0  # below the panel: the numbers and the name of its axis
_MOST = 60  # results that are named below the picture: more would not fit on a page
_LARGE, _SMALL = 6.0, 4.0  # of the diamonds of conclusive results, and of others
#: Points from the end of a line, and to its side, at which a letter is tried that has no room beside its diamond.
_FAR, _ASIDE = (10.0, 18.0, 26.0, 36.0), (0.0, 10.0, -10.0, 20.0, -20.0)


@styled
def effects_by_size(
    rows: Iterable[Any], *, is_conclusive_only: bool = False, key: str = "", caption: str = ""
) -> document.Figure | None:
    """A diamond and its interval for each result, by the size of the treatment group.

    None without any result, or with one alone where the conclusive ones are drawn.

    Parameters
    ----------
    rows : records
        ``verdict``, ``n_treatment`` (people), ``difference_pp``, ``ci_low_pp``, ``ci_high_pp`` (percentage points,
        treatment less comparison group), ``name`` and, optionally, ``label``: in the picture instead of it, and
        ``source``: dashed unless "this lab".
    is_conclusive_only : bool
        Only results whose interval does not include zero, each with a letter and its name below the picture; of more
        than sixty no one is named.
    """
    shown = [r for r in records(rows) if r.get("verdict") and r.get("n_treatment") and r.get("ci_low_pp") is not None]
    shown = [r for r in shown if not is_conclusive_only or r["verdict"] != "inconclusive"]
    shown = [r | {"n_treatment": int(r["n_treatment"])} for r in shown]
    if len(shown) <= is_conclusive_only:  # of one that is conclusive a sentence tells
        return None
    shown.sort(key=lambda r: (r["n_treatment"], r["name"]))
    is_named = is_conclusive_only and len(shown) <= _MOST
    drawing, paper = sheet(_BOTTOM + _AXIS + (_ROW * -(-len(shown) // 2) + 4 if is_named else 0))
    axes = panel(drawing, _LEFT, _TOP, _RIGHT, _BOTTOM)
    is_log = shown[-1]["n_treatment"] > _WIDE * shown[0]["n_treatment"]
    _scales(axes, shown, is_log)
    for row in sorted(shown, key=lambda r: r["verdict"] != "inconclusive"):
        _result(axes, row)
    axes.axhline(0, color=DARK, lw=1, zorder=0)
    _key(paper, shown)
    if is_named:
        _letters(paper, axes, shown)
        _listed(paper, shown)
    is_imported = any(_is_elsewhere(r) for r in shown)
    return finish(
        drawing,
        key or ("effects_conclusive" if is_conclusive_only else "effects_by_size"),
        caption or f"Difference in the reoffending rate by size of the treatment group, {_which(is_conclusive_only)}",
        _words(shown, is_conclusive_only),
        [_record(row) for row in shown],
        "Below zero: fewer people reoffended than expected. A line is the 95 per cent interval."
        + (" Dashed: published elsewhere." if is_imported else "")
        + (" Letters run from the smallest group to the largest." if is_named else "")
        + (" All results are in the spreadsheet, with their names." if is_conclusive_only else ""),
    )


def _which(is_conclusive_only: bool) -> str:
    return "conclusive results only" if is_conclusive_only else "all results"


def _is_elsewhere(row: dict[str, Any]) -> bool:
    return row.get("source", "this lab") != "this lab"


def _result(axes: Axes, row: dict[str, Any]) -> None:
    look = _LOOKS[row["verdict"]]
    n = row["n_treatment"]
    dashes = (0, (3, 2)) if _is_elsewhere(row) else "-"
    axes.plot([n, n], [row["ci_low_pp"], row["ci_high_pp"]], color=look["color"], lw=look["lw"], ls=dashes)
    edge = DARK if row["verdict"] == "increase" else look["color"]
    size = _SMALL if row["verdict"] == "inconclusive" else _LARGE
    axes.plot(n, row["difference_pp"], "D", mfc=look["mfc"], mec=edge, mew=look["lw"] if size == _SMALL else 1, ms=size)
    if row["verdict"] == "increase":  # told from a reduction without colour, as on either side of zero
        axes.plot(n, row["difference_pp"], "+", color=DARK, ms=4, mew=THIN)


def _scales(axes: Axes, shown: list[dict[str, Any]], is_log: bool) -> None:
    smallest, largest = shown[0]["n_treatment"], shown[-1]["n_treatment"]
    spread = largest - smallest or max(1, smallest)
    limits = (max(0, smallest - 0.08 * spread), largest + 0.08 * spread)
    limits = (smallest / 1.15, largest * 1.15) if is_log else limits
    low, high = min(r["ci_low_pp"] for r in shown), max(r["ci_high_pp"] for r in shown)
    low, high = min(low, 0), max(high, 0)
    room = 0.06 * (high - low)
    axes.set(xlim=limits, ylim=(low - room, high + room))
    if is_log:
        axes.set_xscale("log")
        ticks = _apart([t for t in _TICKS if limits[0] <= t <= limits[1]], limits)
        axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
        axes.set_xticks([], minor=True)
    else:
        axes.locator_params(axis="x", nbins=6, integer=True)
        axes.xaxis.set_major_formatter(lambda x, _: number(x))
    axes.locator_params(axis="y", integer=True, nbins=8)
    axes.yaxis.set_major_formatter(lambda y, _: number(y))
    axes.grid(axis="y", color=RULE, alpha=0.25, lw=0.6)
    axes.set(
        xlabel=f"People in the treatment group{' (logarithmic scale)' if is_log else ''}",
        ylabel="Difference, percentage points",
    )


def _apart(ticks: list[int], limits: tuple[float, float]) -> list[int]:
    """Ticks whose numbers do not touch; of those that would, the rounder stays."""
    span = np.log(limits[1] / limits[0])

    def at(tick: int) -> float:
        return (_RIGHT - _LEFT) * np.log(tick / limits[0]) / span

    kept: list[int] = []
    for tick in sorted(ticks, key=lambda t: (-(str(t)[0] == "1"), -(str(t)[0] == "3"), t)):
        wide = width(f"{tick:,}", SIZE)
        if all(abs(at(tick) - at(n)) >= (wide + width(f"{n:,}", SIZE)) / 2 + 0.6 * SIZE for n in kept):
            kept.append(tick)
    return sorted(kept)


def _key(paper: Axes, shown: list[dict[str, Any]]) -> None:
    x = _LEFT
    for verdict in [v for v in _LOOKS if any(r["verdict"] == v for r in shown)]:
        look = _LOOKS[verdict]
        paper.plot([x + 4, x + 4], [4, 18], color=look["color"], lw=look["lw"])
        edge = DARK if verdict == "increase" else look["color"]
        paper.plot(x + 4, 11, "D", mfc=look["mfc"], mec=edge, ms=_SMALL if verdict == "inconclusive" else _LARGE)
        if verdict == "increase":
            paper.plot(x + 4, 11, "+", color=DARK, ms=4, mew=THIN)
        write(paper, x + 12, 11 - _ROW / 2, [_KEY[verdict]])
        x += 12 + width(_KEY[verdict], SIZE) + 20


def cut(text: str, limit: float) -> str:
    """A name in one line of at most `limit` points, its end cut off where it is longer."""
    text = one_line(text)
    if width(text, SIZE) <= limit:
        return text
    while text and width(f"{text.rstrip()}…", SIZE) > limit:
        text = text[:-1]
    return f"{text.rstrip()}…"


def letter(place: int) -> str:
    """What stands for the result at a place: A to Z, then AA to AZ, BA …"""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def _letters(paper: Axes, axes: Axes, shown: list[dict[str, Any]]) -> None:
    """A letter at each result, beside its diamond where there is room, else at an end of its line or led to it."""

    def at(n: float, points: float) -> tuple[float, float]:
        return tuple(paper.transData.inverted().transform(axes.transData.transform((n, points))))

    drawn = [[at(r["n_treatment"], r[part]) for part in ("ci_high_pp", "ci_low_pp")] for r in shown]
    blocked = [(x - 1, high - 2, x + 1, low + 2) for (x, high), (_, low) in drawn]
    blocked += [(x - 5, y - 5, x + 5, y + 5) for x, y in (at(r["n_treatment"], r["difference_pp"]) for r in shown)]
    zero = at(shown[0]["n_treatment"], 0)[1]
    blocked.append((_LEFT, zero - 1, _RIGHT, zero + 1))
    letters: list[tuple[float, ...]] = []
    for place, (row, ((x, high), (_, low))) in enumerate(zip(shown, drawn, strict=True)):
        text = letter(place)
        wide = width(text, SIZE, bold=True)
        y = at(row["n_treatment"], row["difference_pp"])[1] - _ROW / 2
        tries = [(x + 6, y), (x - wide - 6, y), (x - wide / 2, low + 3), (x - wide / 2, high - _ROW - 3)]
        tries += [(x - wide / 2 + aside, low + far) for far in _FAR for aside in _ASIDE]
        tries += [(x - wide / 2 + aside, high - _ROW - far) for far in _FAR for aside in _ASIDE]
        for left, top in tries:
            box = (left - 2, top, left + wide + 2, top + _ROW)
            on_paper = box[0] >= _LEFT + 2 and box[2] <= WIDTH - 2 and box[1] >= _TOP and box[3] <= _BOTTOM - 2
            lead = _lead((x, low if top > low else high), (left + wide / 2, top - 1 if top > low else top + _ROW + 1))
            lead = lead if top > low + 4 or top + _ROW < high - 4 else []
            dots = [(px - 1, py - 1, px + 1, py + 1) for px, py in lead]
            is_free = not any(_touch(box, other) for other in blocked)
            if on_paper and is_free and not any(_touch(dot, other) for dot in dots for other in letters):
                if lead:
                    paper.plot(*zip(*lead, strict=True), color=RULE, lw=0.5)
                write(paper, left, top, [text], color=DARK, bold=True)
                letters.append(box)
                blocked += [box, *dots]
                break


def _lead(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
    """Points of a line from the end of an interval to its letter, close enough to see what it would cross."""
    return [(start[0] + k / 12 * (end[0] - start[0]), start[1] + k / 12 * (end[1] - start[1])) for k in range(13)]


def _listed(paper: Axes, shown: list[dict[str, Any]]) -> None:
    """Whose each letter is, below the picture, in two columns."""
    half = -(-len(shown) // 2)
    wide = max(width(letter(place), SIZE, bold=True) for place in range(len(shown))) + 6
    for place, row in enumerate(shown):
        x, y = (0.0 if place < half else WIDTH / 2), _BOTTOM + _AXIS + (place % half if half else 0) * _ROW
        write(paper, x, y, [letter(place)], color=DARK, bold=True)
        write(paper, x + wide, y, [cut(row.get("label") or row["name"], WIDTH / 2 - wide - 10)])


def _touch(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _words(shown: list[dict[str, Any]], is_conclusive_only: bool) -> str:
    kinds = [
        (sum(r["verdict"] == verdict for r in shown), *names)
        for verdict, names in {
            "reduction": ("reduction", "reductions"),
            "inconclusive": ("inconclusive", "inconclusive"),
            "increase": ("increase", "increases"),
        }.items()
    ]
    counts = ", ".join(plural(n, one, many) for n, one, many in kinds if n)
    said = f"{plural(len(shown), 'result', 'results')} ({counts}) by size of the treatment group. "
    ends = [shown[0]] if len(shown) == 1 else [shown[0], shown[-1]]
    heads = ["The smallest group", "the largest"] if len(ends) == 2 else ["The group"]
    told = (
        f"{head} has {plural(r['n_treatment'], 'person', 'people')}: {_effect(r)}"
        for head, r in zip(heads, ends, strict=True)
    )
    more = ""
    if not is_conclusive_only and _narrows(shown):
        more = " Intervals are narrower where groups are larger."
    return f"{said}{'; '.join(told)}, in percentage points.{more}"


def _effect(row: dict[str, Any]) -> str:
    low, high = row["ci_low_pp"], row["ci_high_pp"]
    return f"{pp(row['difference_pp'], low, high)} ({pp_interval(low, high)})"


def _narrows(shown: list[dict[str, Any]]) -> bool:
    """Whether intervals become narrower from each third of the results, by size, to the next."""
    wide = [r["ci_high_pp"] - r["ci_low_pp"] for r in shown]
    thirds = [part for part in np.array_split(np.array(wide), 3) if len(part)]
    middle = [float(np.median(part)) for part in thirds]
    return len(shown) >= 6 and all(after < before for before, after in pairwise(middle))


def _record(row: dict[str, Any]) -> dict[str, Any]:
    heads = {"Estimate (percentage points)": "difference_pp", "Lower limit": "ci_low_pp", "Upper limit": "ci_high_pp"}
    return (
        {"Label": row["name"], "People in the treatment group": row["n_treatment"]}
        | {head: round(row[field], 1) for head, field in heads.items()}
        | {"Result": row["verdict"]}
    )
