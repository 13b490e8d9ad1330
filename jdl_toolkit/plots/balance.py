"""Are the groups alike? Standardised differences before and after matching."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from .. import document
from ..numbers import number, plural
from .canvas import (
    DARK,
    DASHED,
    DOTTED,
    LINE,
    NAVY,
    ORANGE,
    RULE,
    THIN,
    few_ticks,
    finish,
    key_above,
    name_axis,
    records,
    rows_sheet,
    styled,
    write,
)

#: Method (`spec.Matching`) -> what lies between before and after.
STEPS = dict.fromkeys(("radius", "nearest"), "matching") | dict.fromkeys(("ipw", "overlap", "ebal"), "weighting")
_SMD = {"Before": "smd_before", "After": "smd_after"}


@styled
def love_plot(
    rows: Iterable[Any],
    *,
    top: int = 15,
    green_up_to: float = 0.05,
    amber_up_to: float = 0.10,
    signed: bool = False,
    order: str = "after",
    denominator: str = "pooled",
    step: str = "matching",
    key: str = "love_plot",
    caption: str = "",
) -> document.Figure:
    """Standardised mean differences before and after matching, in per cent, the worst covariates first.

    Parameters
    ----------
    rows : records
        ``covariate``, ``level``, ``smd_before``, ``smd_after`` (in standard deviations) and, optionally, ``label``,
        ``kind`` (square, product) and ``gates``: rows that do not decide about balance are drawn as squares.
    top : int
        How many levels have a row of their own, the largest differences after matching; the others share one row, a
        stroke for each. Of rows that do not decide, which stand below, a quarter of that.
    green_up_to, amber_up_to : float
        Gates, in standard deviations; drawn as lines.
    signed : bool
        Draw signed differences; otherwise their absolute values.
    order : {"after", "before", "covariate"}
        By the difference after or before matching, or the levels of each covariate together.
    denominator : {"pooled", "treated"}
        Whose standard deviation the differences are measured by.
    step : str
        What lies between before and after: matching, or weighting (`STEPS`).
    """
    ranked = sorted(records(rows), key=lambda r: (-abs(r["smd_after"]), -abs(r["smd_before"]), covariate_label(r)))
    deciding, beside = ([r for r in ranked if _decides(r) is wanted] for wanted in (True, False))
    drawn = _section(deciding, top, order) + _section(beside, max(3, top // 4), order, BESIDE if deciding else "")
    headings = [heading for _, _, heading in drawn]
    labels = [label for label, _, _ in drawn]
    drawing, axes, y = rows_sheet(labels, headings=headings if any(headings) else None, top=36, below=46)
    sign = (lambda x: 100 * x) if signed else (lambda x: 100 * abs(x))
    _draw_rows(axes, y, [[[sign(r[c]) for r in of_row] for c in _SMD.values()] for _, of_row, _ in drawn],
               [_decides(of_row[0]) for _, of_row, _ in drawn])  # fmt: skip
    reach = max([100 * abs(r[c]) for r in ranked for c in _SMD.values()] + [110 * amber_up_to]) * 1.06
    axes.set_xlim(-reach if signed else 0, reach)
    name_axis(axes, "Difference, per cent of a standard deviation" + ("" if signed else " (without sign)"))
    few_ticks(axes)
    if signed:
        axes.axvline(0, color=RULE, lw=THIN, zorder=0)
    _draw_limits(drawing, axes, green_up_to, amber_up_to, signed)
    _love_key(axes, has_beside=bool(beside))
    n_more = len(ranked) - sum(len(of_row) == 1 for _, of_row, _ in drawn)
    return finish(
        drawing,
        key,
        caption or f"How alike the groups are before and after {step}",
        _love_words(deciding or ranked, len(beside) if deciding else 0, amber_up_to, step),
        [
            {"Label": covariate_label(r)}
            | {f"{when} {step} (per cent)": round(100 * r[c], 1) for when, c in _SMD.items()}
            | {"Decides": "yes" if _decides(r) else "no"}
            for r in ranked
        ],
        _love_note(n_more, denominator, bool(beside), step),
    )


#: Heading of the rows that do not decide whether the groups are alike enough, and of a row that stands for many.
BESIDE, REST = "Squares and products (do not decide)", "All others"
_AFTER = {"marker": "D", "ls": "", "color": NAVY, "ms": 5}
_AFTER_BESIDE = {"marker": "s", "ls": "", "mfc": "white", "mec": NAVY, "ms": 5}
_BEFORE = {"marker": "o", "ls": "", "mfc": "white", "mec": DARK, "ms": 5.5}
#: A row of the picture: its label, the levels it shows (several: those without a row of their own), its heading.
Row = tuple[str, list[dict[str, Any]], str]


def _decides(row: dict[str, Any]) -> bool:
    return row.get("gates") is not False and row.get("kind") not in ("square", "product")


def _section(ranked: list[dict[str, Any]], top: int, order: str, title: str = "") -> list[Row]:
    """The rows of some levels: those that differ most by themselves, all others together in one row."""
    shown, rest = ranked[:top], ranked[top:]
    if len(rest) == 1:
        shown, rest = ranked, []
    if order == "before":
        shown = sorted(shown, key=lambda r: -abs(r["smd_before"]))
    together = _of_one_covariate(shown) if order == "covariate" else []
    alone = [row for row in shown if not any(row in rows for rows in together)]
    found: list[Row] = [(_short(row), [row], "") for row in alone]
    for rows in together:
        heads = [_name(rows[0]), *[""] * (len(rows) - 1)]
        found += [(row["level"], [row], head) for row, head in zip(rows, heads, strict=True)]
    if rest:
        found.append((f"{len(rest)} more, a stroke for each", rest, REST if order == "covariate" else ""))
    if title and found:
        label, rows, head = found[0]
        found[0] = (label, rows, f"{title}: {head}" if head else title)
    return found


def _of_one_covariate(shown: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Levels of each covariate of which several are shown."""
    of_covariate: dict[str, list[dict[str, Any]]] = {}
    for row in shown:
        if row["level"]:
            of_covariate.setdefault(row["covariate"], []).append(row)
    return [rows for rows in of_covariate.values() if len(rows) > 1]


def _draw_rows(axes: Axes, y: list[float], values: list[list[list[float]]], decides: list[bool]) -> None:
    """Before and after with a line between; of many levels a stroke each, before in the upper half of the row.

    Marks of a kind are drawn at once, which takes half the time, and whole where they lie at the edge.
    """
    alone = [(at, *before, *after, own) for at, (before, after), own in zip(y, values, decides, strict=True)
             if len(after) == 1]  # fmt: skip
    for at, (before, after) in zip(y, values, strict=True):
        if len(after) > 1:
            for x, edge, colour in ((before, at - 5, DARK), (after, at + 5, NAVY)):
                axes.vlines(x, at, edge, color=colour, lw=THIN)
    if not alone:
        return
    rows, before, _, _ = zip(*alone, strict=True)
    axes.hlines(rows, before, [after for _, _, after, _ in alone], color=RULE, lw=THIN, zorder=1)
    axes.plot(before, rows, **_BEFORE, zorder=2, clip_on=False)
    for own, look in ((True, _AFTER), (False, _AFTER_BESIDE)):
        at = [(after, row) for row, _, after, is_own in alone if is_own is own]
        if at:
            axes.plot(*zip(*at, strict=True), **look, zorder=3, clip_on=False)


def _draw_limits(drawing: Sheet, axes: Axes, green: float, amber: float, signed: bool) -> None:
    """The limits as lines with their value above: the smaller to the left of its line, lest they touch."""
    paper, top = drawing.axes[0], axes.get_ylim()[1]
    for limit, colour, dashes in ((green, DARK, DOTTED), (amber, ORANGE, DASHED)):
        for x in (-100 * limit, 100 * limit) if signed else (100 * limit,):
            axes.axvline(x, color=colour, ls=dashes, lw=LINE, zorder=0)
    at = [axes.transData.transform((100 * limit, top)) for limit in (green, amber)]
    first, second = (paper.transData.inverted().transform(place)[0] for place in at)
    over = min(3.0, (second - first - 4) / 2)  # how far a label reaches over its line
    for limit, x, side in ((green, first + over, "right"), (amber, second - over, "left")):
        write(paper, x, top - 13, [f"{number(limit, factor=100)}%"], ha=side)


def _love_key(axes: Axes, has_beside: bool) -> None:
    looks = {"before": _BEFORE, "after": _AFTER} | ({"after, does not decide": _AFTER_BESIDE} if has_beside else {})
    for label, look in looks.items():
        axes.plot([], [], label=label, **look)
    key_above(axes, 14)


def covariate_label(row: dict[str, Any]) -> str:
    """A reader's label of a covariate's level: ``age: 18 to 20``."""
    if row.get("label"):
        return row["label"]
    return f"{row['covariate']}: {row['level']}" if row.get("level") else row["covariate"]


def _short(row: dict[str, Any]) -> str:
    """The label without the scale that a number was matched on."""
    return covariate_label(row).replace(" (log of 1 + number)", "").replace(" (years)", "")


def _name(row: dict[str, Any]) -> str:
    """The label without the level."""
    return covariate_label(row).removesuffix(f": {row['level']}") if row["level"] else covariate_label(row)


def _love_words(ordered: list[dict[str, Any]], n_beside: int, gate: float, step: str) -> str:
    """What the picture says of the levels that decide, the worst after matching first in `ordered`."""
    worst, now = max(ordered, key=lambda r: abs(r["smd_before"])), ordered[0]
    n_outside = sum(abs(r["smd_after"]) > gate for r in ordered)
    outside = "none lies" if n_outside == 0 else f"{n_outside} {'lies' if n_outside == 1 else 'lie'}"
    words = (
        f"Dot plot of {plural(len(ordered), 'characteristic', 'characteristics')}. "
        f"Before {step} the largest difference was {_per_cent_words(worst['smd_before'])} of a standard deviation "
        f"({covariate_label(worst)}); after {step} it is {_per_cent_words(now['smd_after'])} "
        f"({covariate_label(now)}), and {outside} above {number(gate, factor=100)} per cent."
    )
    stand = "square or product, which does not decide, stands" if n_beside == 1 else "squares or products, which do not"
    stand += "" if n_beside == 1 else " decide, stand"
    return words + (f" {n_beside:,} {stand} below." if n_beside else "")


def _per_cent_words(smd: float) -> str:
    return f"{number(abs(smd), 1, factor=100)} per cent"


def _love_note(more: int, denominator: str, has_beside: bool, step: str) -> str:
    whose = "the treatment group" if denominator == "treated" else "both groups"
    lines = f"The standard deviation is that of {whose} before {step}. "
    lines += "Green up to the dotted line, red above the dashed one."
    if has_beside:
        lines += " Squares and products are looked at, but do not decide whether the groups are alike enough."
    if more:
        lines += f" The largest differences after {step} have a row each; {more:,} more are smaller, and their strokes "
        lines += f"stand in one row: upwards before {step}, downwards after it."
    return lines
