"""Where the columns and rows of the picture of subgroups stand, so that all can be read and none is too many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from ..typeface import width, wrap
from .balance import covariate_label
from .canvas import LEADING, SIZE, WIDTH, block_height, records
from .effects import level_words, subgroup_words

ROW = SIZE * LEADING
ABOVE_ROWS = 30.0  # from the heads of the columns down to the first row: the worst differences
_PITCH, _WIDEST = 13.0, 36.0  # of a column: the least, and the most
_HEAD, _LONGEST = 84.0, 112.0  # longest line of a characteristic's name, and of a subgroup's, which stands upright
_TALL = 610.0  # of the whole picture: a page
_PANELS = 2
_LABELS = (0.34, 0.25)  # the share of the sheet that names of rows may take, and what they take where columns need it
_ROWS = 8  # shown even where every cell is green
#: A covariate's level.
Key = tuple[str, str]


@dataclass(frozen=True)
class Column:
    """A subgroup: its names, its differences by covariate and level, and the worst of all, shown or not."""

    of: str
    name: str
    cells: dict[Key, dict[str, Any]]
    worst_of_all: float

    @property
    def full_name(self) -> str:
        return f"{self.of}: {self.name}"

    @cached_property
    def worst(self) -> tuple[float, Key]:
        """The largest difference of those shown, without sign, and where it is."""
        return max((abs(row["smd_after"]), key) for key, row in self.cells.items())


def columns_of(found: Any) -> list[Column]:
    """A column for each subgroup of the findings that has a difference to show; none if there are no subgroups."""
    if found is None:
        return []
    worst = {(row.by, row.level): row.worst or 0.0 for row in found.rows}
    columns = []
    for group in found.balance:
        cells = {(row["covariate"], row["level"]): row for row in records(group.rows)}
        if cells:
            largest = max(worst.get((group.by, group.level), 0.0), *(abs(row["smd_after"]) for row in cells.values()))
            columns.append(Column(subgroup_words(group.by), level_words(group.by, group.level), cells, largest))
    return columns


def label_width_of(columns: list[Column]) -> float:
    """Room for the names of rows: as much as they need, at most a third of the sheet, or less for many columns."""
    labels = {covariate_label(row) for column in columns for row in column.cells.values()}
    needed = max(width(text, SIZE) for text in [*labels, "Worst, per cent, as"])
    room = [min(WIDTH * share, needed) + 12 for share in _LABELS]
    return next((x for x in room if len(_filled(columns, WIDTH - x - 4)) == 1), room[0])


def _least_width(name: str, n: int) -> float:
    """What the columns of a characteristic need, or its name above them."""
    return max(n * _PITCH, *(width(line, SIZE, bold=True) + 6 for line in wrap(name, _HEAD, SIZE, bold=True)))


def panels_of(columns: list[Column], room: float) -> tuple[list[list[Column]], int]:
    """Columns in rows that fit, and how many columns are left out: of too many, those that differ least."""
    chosen = list(columns)
    while len(panels := _filled(chosen, room)) > _PANELS:
        chosen.remove(min(chosen, key=lambda column: column.worst))
    return panels, len(columns) - len(chosen)


def _filled(columns: list[Column], room: float) -> list[list[Column]]:
    panels: list[list[Column]] = [[]]
    for column in columns:
        if _needed([*panels[-1], column]) > room and panels[-1]:
            panels.append([])
        panels[-1].append(column)
    return panels


def _needed(columns: list[Column]) -> float:
    return sum(_least_width(name, len(list(of))) for name, of in groupby(columns, key=lambda column: column.of))


def block_of(columns: list[Column], n_panels: int, label_width: float) -> dict[str, Any]:
    """One row of columns: where each stands and what its head says, which rows there are, and the height of all."""
    stretch = min((WIDTH - label_width - 4) / _needed(columns), _WIDEST / _PITCH)
    centres, heads, names, x = [], [], [], label_width
    for name, of in ((name, list(of)) for name, of in groupby(columns, key=lambda column: column.of)):
        wide = _least_width(name, len(of)) * stretch
        pitch = wide / len(of)
        names.append((x, wide, wrap(name, max(_HEAD, wide - 8), SIZE, bold=True)))
        centres += [x + (i + 0.5) * pitch for i in range(len(of))]
        heads += [_upright(column.name, max(1, int(pitch / ROW))) for column in of]
        x += wide
    head = max(width(line, SIZE) for lines in heads for line in lines) + 6
    above = max(block_height(lines) for _, _, lines in names) + head + ABOVE_ROWS
    keys = sorted({key for column in columns for key in column.cells}, key=lambda key: _order(columns, key))
    room = (_TALL - 2 * ROW) / n_panels - above - 12
    rows: list[tuple[list[str], list[Key]]] = []
    for i, key in enumerate(keys):
        lines = wrap(_row_label(columns, key), label_width - 12, SIZE)
        left = len(keys) - i
        is_green = all(column.cells[key]["light"] == "green" for column in columns if key in column.cells)
        if left > 1 and (
            (is_green and i >= _ROWS)
            or sum(block_height(text) + 3 for text, _ in rows) + block_height(lines) + 2 * ROW > room
        ):
            rows.append((wrap(f"{left} more, the worst of them", label_width - 12, SIZE), keys[i:]))
            break
        rows.append((lines, [key]))
    height = above + sum(block_height(lines) + 3 for lines, _ in rows) + 12
    return {"columns": columns, "centres": centres, "heads": heads, "names": names} | {
        "rows": rows, "height": height, "above": above, "right": x
    }  # fmt: skip


def _order(columns: list[Column], key: Key) -> tuple[float, Key]:
    return -max(abs(column.cells[key]["smd_after"]) for column in columns if key in column.cells), key


def _row_label(columns: list[Column], key: Key) -> str:
    row = next(column.cells[key] for column in columns if key in column.cells)
    return covariate_label(row).replace(" (log of 1 + number)", "").replace(" (years)", "")


def _upright(name: str, most: int) -> list[str]:
    """A subgroup's name in at most so many lines; the end of a longer one is left to the data."""
    lines = wrap(name, _LONGEST, SIZE)
    if len(lines) > most:
        last = lines[most - 1]
        while width(f"{last}…", SIZE) > _LONGEST:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last}…"]
    return lines
