"""Are the groups alike within every subgroup? A column for each subgroup, a row for each characteristic."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from .. import document
from ..markup import clean
from ..numbers import number, plural
from ..typeface import width
from .balance import covariate_label
from .canvas import (
    DARK,
    INK,
    ORANGE,
    PALE,
    PLUM,
    RULE,
    SIZE,
    TEAL,
    THIN,
    WIDTH,
    block_height,
    finish,
    sheet,
    styled,
    write,
)
from .strip_layout import ABOVE_ROWS, ROW, Column, block_of, columns_of, label_width_of, panels_of

#: Light -> how its cell is marked, and what it means.
_MARKS: dict[str, dict[str, Any]] = {
    "green": {"marker": "o", "ms": 3.6, "mfc": TEAL, "mec": TEAL},
    "amber": {"marker": "^", "ms": 6.5, "mfc": ORANGE, "mec": DARK, "mew": THIN},
    "red": {"marker": "s", "ms": 8, "mfc": PLUM, "mec": PLUM},
}
_WORSE = list(_MARKS)


@styled
def balance_strip(
    analysis: Any,
    *,
    green_up_to: float = 0.05,
    amber_up_to: float = 0.10,
    denominator: str = "pooled",
    key: str = "subgroup_balance",
    caption: str = "",
) -> document.Figure | None:
    """Standardised differences after matching in each subgroup, by light; None where no subgroup is shown.

    Parameters
    ----------
    analysis : part of the findings
        ``subgroups.balance``: groups by ``by`` and ``level``, with rows of ``covariate``, ``level``, ``smd_after`` (in
        standard deviations) and ``light``.
    green_up_to, amber_up_to : float
        Limits, in standard deviations, that the lights were given by.
    denominator : {"pooled", "treated"}
        Whose standard deviation the differences are measured by.

    Notes
    -----
    The characteristics that differ most have rows; all others share one, which shows the worst of them. More subgroups
    than two rows of columns hold are left to the data, those that differ least.
    """
    columns = columns_of(analysis.subgroups)
    if not columns:
        return None
    label_width = label_width_of(columns)
    panels, n_left = panels_of(columns, WIDTH - label_width - 4)
    blocks = [block_of(panel, len(panels), label_width) for panel in panels]
    ring = max((column for panel in panels for column in panel), key=lambda column: column.worst[0])
    drawing, paper = sheet(sum(block["height"] for block in blocks) + 2 * ROW)
    y = _key(paper, green_up_to, amber_up_to)
    for block in blocks:
        _draw(paper, y, block, label_width, ring)
        y += block["height"]
    return finish(
        drawing,
        key,
        caption or "How alike the groups are within each subgroup",
        _words(columns),
        [
            {"Subgroup": column.full_name, "Characteristic": covariate_label(row)}
            | {"Difference after matching (per cent)": round(100 * row["smd_after"], 1), "Light": row["light"]}
            for column in columns
            for row in column.cells.values()
        ],
        _note(columns, n_left, denominator),
    )


def _key(paper: Axes, green: float, amber: float) -> float:
    low, high = (number(limit, factor=100) for limit in (green, amber))
    texts = {"green": f"up to {low}%", "amber": f"above {low}%, up to {high}%", "red": f"above {high}%"}
    x = 8.0
    for light, text in texts.items():
        _mark(paper, [x], [ROW / 2 + 1], light)
        write(paper, x + 9, 1, [text])
        x += width(text, SIZE) + 30
    write(paper, x, 1, ["–"], ha="center")
    write(paper, x + 9, 1, ["not shown"])
    return 2 * ROW


def _mark(paper: Axes, x: list[float], y: list[float], light: str) -> None:
    paper.plot(x, y, ls="", **_MARKS[light])
    if light == "red":
        paper.plot(x, y, ls="", marker="x", ms=4, mec="white", mew=1.2)


def _draw(paper: Axes, top: float, block: dict[str, Any], label_width: float, ring: Column) -> None:
    """One row of columns; the worst cell of `ring` stands in a ring."""
    columns, centres, right = block["columns"], block["centres"], block["right"]
    first = top + block["above"]
    for x, _, lines in block["names"]:
        write(paper, x + 3, top, lines, bold=True)
        paper.plot([x, x], [top + 2, top + block["height"] - 12], color=RULE, lw=THIN)
    foot = first - ABOVE_ROWS
    for column, x, lines in zip(columns, centres, block["heads"], strict=True):
        for i, line in enumerate(lines):
            _turned(paper, x + (i - (len(lines) - 1) / 2) * ROW, foot, line)
        _turned(paper, x, first - 3, number(column.worst_of_all, 1, factor=100))
    write(paper, label_width - 8, first - 20, ["Worst, per cent"], ha="right", bold=True)
    marks: dict[str, list[tuple[float, float]]] = {light: [] for light in _MARKS}
    y = first
    for lines, keys in block["rows"]:
        high = block_height(lines) + 3
        paper.plot([label_width, right], [y, y], color=PALE, lw=THIN, zorder=0)
        write(paper, label_width - 8, y + 1.5, lines, ha="right")
        for column, x in zip(columns, centres, strict=True):
            lights = [column.cells[key]["light"] for key in keys if key in column.cells]
            if lights:
                marks[max(lights, key=_WORSE.index)].append((x, y + high / 2))
            else:
                write(paper, x, y + (high - ROW) / 2, ["–"], ha="center")
            if column is ring and column.worst[1] in keys:
                paper.plot(x, y + high / 2, "o", ms=12, mfc="none", mec=INK, mew=1.2)
        y += high
    for light, places in marks.items():
        if places:
            _mark(paper, *(list(values) for values in zip(*places, strict=True)), light)


def _turned(paper: Axes, x: float, y: float, text: str) -> None:
    """Upright text that begins at y, in the middle of a column."""
    paper.text(x + 0.36 * SIZE, y, clean(text), rotation=90, rotation_mode="anchor", ha="left", va="baseline")


def _words(columns: list[Column]) -> str:
    n = {light: sum(row["light"] == light for c in columns for row in c.cells.values()) for light in _MARKS}
    worst = max(columns, key=lambda column: column.worst[0])
    size, key = worst.worst
    return (
        f"Grid of {plural(len(columns), 'subgroup', 'subgroups')} by characteristics. Of the differences after "
        f"matching, {n['green']:,} are green, {n['amber']:,} amber and {n['red']:,} red. The largest is "
        f"{number(size, 1, factor=100)} per cent of a standard deviation ({covariate_label(worst.cells[key])}, "
        f"{worst.full_name})."
    )


def _note(columns: list[Column], n_left: int, denominator: str) -> str:
    whose = "the treatment group" if denominator == "treated" else "both groups"
    worst = max(columns, key=lambda column: column.worst[0])
    size, key = worst.worst
    note = f"Per cent of the standard deviation of {whose} before matching. Ringed: the largest difference"
    note += f", {number(size, 1, factor=100)} per cent ({covariate_label(worst.cells[key])}, {worst.full_name})."
    if any(column.worst_of_all > column.worst[0] for column in columns):
        note += " Worst: of all characteristics, also of those that are not shown."
    if len({key for column in columns for key in column.cells}) > min(len(column.cells) for column in columns):
        note += " Not shown: too few people have it, or nobody could."
    if n_left:
        are = "subgroup, whose worst difference is smaller, is"
        are = are if n_left == 1 else "subgroups, whose worst differences are smaller, are"
        note += f" {n_left:,} further {are} only in the data."
    return note
