"""The flow of a submission: what was received, who left at each step and why, who is analysed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from .. import document
from ..errors import JDLError
from ..numbers import MINIMUM_CELL, count_
from ..typeface import width, wrap
from .canvas import DARK, NAVY, PALE, SIZE, WIDTH, block_height, finish, records, sheet, styled, write

#: Those who are left after the last exclusion of each group of reason codes.
MILESTONES: dict[int, str] = {
    0: "records that belong to this analysis",
    3: "records of people found, with a conviction",
    4: "different people",
    5: "with a sentence before the service started",
    11: "with a sentence and a start of service inside this analysis",
    13: "followed up from before the service started",
    14: "in the treatment group that is compared",
}

#: The last box where nobody was compared: the flow ends before the groups were formed.
NOT_COMPARED = "could be analysed"

_MAIN, _SIDE, _GAP, _PAD = 176.0, 244.0, 20.0, 7.0
_BOLD_SIZE = 11.0
_SHORTEST, _APART = 24.0, 8.0  # least length of an arrow; room between two boxes of those who left
_COLUMNS = {"Step": "label", "Records that left": "records_excluded", "Records that remained": "records_after"}
_COUNT, _BETWEEN = 24.0, 3.0  # least width of the column of counts; room between two reasons


@styled
def flow_chart(
    steps: Iterable[Any],
    *,
    key: str = "flow_chart",
    caption: str = "",
    note: str = "",
    minimum_cell: int = MINIMUM_CELL,
) -> document.Figure:
    """Boxes down the middle with the records that remain; beside each arrow those who left there, with the reason.

    Parameters
    ----------
    steps : records
        A ledger's steps or the flow of the findings: ``code``, ``label``, ``records_excluded``, ``records_after``
        (None where withheld; ``secondary`` names those withheld only to protect another); the first is what was
        received. Steps with a reason code are gathered into `MILESTONES`; those of a control pool, which have none,
        stand each for themselves.

    Raises
    ------
    JDLError
        If there is no step.
    """
    rows = records(steps)
    if not rows:
        raise JDLError("there are no steps to draw", "flow chart", "show it only where a flow is recorded")
    stages = _stages(rows)
    boxes = [_box(step_count(s["step"], "records_after", minimum_cell), s["label"]) for s in stages]
    sides = [[_reason(leaver, minimum_cell) for leaver in s["left"]] for s in stages]
    heights = [block_height([number], _BOLD_SIZE) + block_height(label) + 2 * _PAD for number, label in boxes]
    gaps, end = _gaps(heights, [_side_height(side) for side in sides[1:]])
    drawing, paper = sheet(end + 3)
    y = 3.0
    for i, ((number, label), height) in enumerate(zip(boxes, heights, strict=True)):
        if i:
            _arrow(paper, y, y + gaps[i - 1], sides[i])
            y += gaps[i - 1]
        last = i == len(boxes) - 1
        paper.add_patch(Rectangle((3, y), _MAIN, height, facecolor=NAVY if last else PALE, edgecolor=NAVY, lw=1))
        ink = "white" if last else NAVY
        below = write(paper, 3 + _MAIN / 2, y + _PAD, [number], _BOLD_SIZE, bold=True, ha="center", color=ink)
        write(paper, 3 + _MAIN / 2, below, label, ha="center", color=ink)
        y += height
    data = [{head: row.get(k) for head, k in _COLUMNS.items()} for row in rows]
    return finish(
        drawing,
        key,
        caption or "Who was received, who left the analysis and why",
        _words(stages, minimum_cell),
        data,
        note,
    )


def step_count(row: dict[str, Any], field: str, minimum_cell: int) -> str:
    """A count of a step as printed; one that is withheld only to protect another is not called small."""
    return count_(row[field], minimum_cell, secondary=field in row.get("secondary", ()))


def step_label(code: int | None, label: str) -> str:
    """Why records left. Of those of another analysis, which values this one takes is said where there is room."""
    return label.partition(", not to ")[0] if code == 0 else label


def _stages(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps gathered into the boxes that are drawn. Where nobody left there is no box: the last one takes the label."""
    stages = [{"label": rows[0]["label"], "step": rows[0], "left": []}]
    left: list[dict[str, Any]] = []
    for i, row in enumerate(rows[1:], start=1):
        if row["records_excluded"] != 0:
            left.append(row)
        last = i == len(rows) - 1
        ends_group = row["code"] is None or last or _milestone(row["code"]) != _milestone(rows[i + 1]["code"])
        label = "remain" if row["code"] is None else MILESTONES[_milestone(row["code"])]
        if last and row["code"] is not None and row["code"] < max(MILESTONES):
            label = NOT_COMPARED
        if ends_group and left:
            stages.append({"label": label, "step": row, "left": left})
            left = []
        elif last and len(stages) > 1:
            stages[-1] |= {"label": label, "step": row}
    return stages


def _milestone(code: int | None) -> int | None:
    return next((m for m in MILESTONES if code is not None and code <= m), None)


def _box(number: str, label: str) -> tuple[str, list[str]]:
    return number, wrap(label, _MAIN - 2 * _PAD, SIZE)


def _reason(row: dict[str, Any], minimum_cell: int) -> tuple[str, list[str]]:
    """How many left, and why, in lines that fit beside the count."""
    count = step_count(row, "records_excluded", minimum_cell)
    return count, wrap(step_label(row["code"], row["label"]), _SIDE - 2 * _PAD - _count_width(count), SIZE)


def _count_width(count: str) -> float:
    return max(width(count, SIZE, bold=True), _COUNT) + 6


def _gaps(heights: list[float], sides: list[float]) -> tuple[list[float], float]:
    """Lengths of the arrows, and the y at which the lowest box ends.

    The boxes of those who left stand in a column of their own, each centred on its arrow, so that it may reach beside
    the boxes above and below: arrows are only as long as keeps that column's boxes apart.
    """
    gaps: list[float] = []
    y, free = 3.0 + heights[0], 3.0  # the end of the last box in either column
    for side, height in zip(sides, heights[1:], strict=True):
        gaps.append(max(_SHORTEST, 2 * (free + side / 2 - y)))
        free = y + gaps[-1] / 2 + side / 2 + _APART
        y += gaps[-1] + height
    return gaps, max(y, free - _APART) if sides else y


def _side_height(side: list[tuple[str, list[str]]]) -> float:
    return sum(block_height(lines) for _, lines in side) + _BETWEEN * (len(side) - 1) + 2 * _PAD


def _arrow(paper: Axes, top: float, bottom: float, side: list[tuple[str, list[str]]]) -> None:
    """The arrow from box to box and, from its middle, one to the box of those who left."""
    middle = 3 + _MAIN / 2
    style = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0, "color": DARK, "lw": 1}
    paper.add_patch(FancyArrowPatch((middle, top), (middle, bottom), **style))
    if not side:
        return
    height = _side_height(side)
    start, y = WIDTH - _SIDE - 3, (top + bottom - height) / 2
    paper.add_patch(FancyArrowPatch((middle, (top + bottom) / 2), (start, (top + bottom) / 2), **style))
    paper.add_patch(Rectangle((start, y), _SIDE, height, facecolor="white", edgecolor=DARK, lw=0.8, ls=(0, (4, 2))))
    y += _PAD
    for count, lines in side:
        text = start + _PAD + _count_width(count)
        write(paper, text - 6, y, [count], bold=True, ha="right")
        y = write(paper, text, y, lines) + _BETWEEN


def _words(stages: list[dict[str, Any]], minimum_cell: int) -> str:
    ends = [f"{step_count(s['step'], 'records_after', minimum_cell)} {s['label']}" for s in (stages[0], stages[-1])]
    leavers = [x for s in stages for x in s["left"]]
    left = [f"{step_count(x, 'records_excluded', minimum_cell)} ({step_label(x['code'], x['label'])})" for x in leavers]
    words = f"Flow chart from {ends[0]} to {ends[1]}. "
    return words + (f"Left on the way: {'; '.join(left)}." if left else "Nobody left on the way.")
