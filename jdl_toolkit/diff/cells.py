"""Two tables laid side by side: cells that are not the same, and rows, columns or tables that only one of them has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .. import document

#: What stands for the value of something that one of the runs does not have.
ABSENT = "not there"
#: Share of the cells of two columns that are the same if one is taken for the other, under another heading.
SAME = 0.5

#: What changed, and how it reads in either run.
Pair = tuple[str, str, str]


@dataclass(frozen=True)
class Grid:
    """A table by the names of its rows and columns; the first column names the rows."""

    rows: list[str]
    columns: list[str]
    cells: dict[tuple[str, str], str]

    def row(self, name: str) -> list[str]:
        return [self.cells[name, column] for column in self.columns]


def changes_of(old: document.Table | None, new: document.Table | None) -> Iterator[Pair]:
    """What is not the same in two tables.

    A table, column or row that one of them lacks is one change, and so is one with another name; every other cell is
    compared under its row and column.
    """
    if old is None or new is None:
        yield _whole_table(old, new)
        return
    before, after = grid(old), grid(new)
    columns = dict(_matched(before.columns, after.columns, lambda a, b: _share_same(before, after, a, b) >= SAME))
    same_cells = {name: [(c, before.cells[name, c]) for c in columns] for name in before.rows}
    rows = dict(
        _matched(
            before.rows,
            after.rows,
            lambda a, b: bool(columns) and same_cells[a] == [(c, after.cells[b, d]) for c, d in columns.items()],
        )
    )
    yield from _names("Column", before.columns, after.columns, columns, len(before.rows), len(after.rows))
    yield from _rows(before, after, rows)
    was = {b: a for a, b in rows.items()}
    for row in after.rows:
        for column, now in columns.items() if row in was else ():
            pair = before.cells[was[row], column], after.cells[row, now]
            if pair[0] != pair[1]:
                yield f"{row}: {now}", *pair


def _whole_table(old: document.Table | None, new: document.Table | None) -> Pair:
    n_cells = [ABSENT if t is None else _n_cells(len(t.rows) * (len(t.columns) - 1)) for t in (old, new)]
    return ("The table is new" if old is None else "The table is gone"), *n_cells


def _n_cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n:,} cells"


def _names(
    kind: str, old: list[str], new: list[str], matched: dict[str, str], n_old: int, n_new: int
) -> Iterator[Pair]:
    """Columns that have another heading, are new or are gone."""
    yield from ((f"Heading of a {kind.lower()}", a, b) for a, b in matched.items() if a != b)
    yield from ((f"{kind} “{a}”", _n_cells(n_old), ABSENT) for a in old if a not in matched)
    yield from ((f"{kind} “{b}”", ABSENT, _n_cells(n_new)) for b in new if b not in matched.values())


def _rows(before: Grid, after: Grid, matched: dict[str, str]) -> Iterator[Pair]:
    """Rows that have another name, are new or are gone, each with all its cells."""
    yield from (("Name of a row", a, b) for a, b in matched.items() if a != b)
    yield from ((name, _listed(before, name), ABSENT) for name in before.rows if name not in matched)
    yield from ((name, ABSENT, _listed(after, name)) for name in after.rows if name not in matched.values())


def _listed(table: Grid, row: str) -> str:
    return "; ".join(cell for cell in table.row(row) if cell) or "no figures"


def _share_same(before: Grid, after: Grid, one: str, other: str) -> float:
    """The share of rows that both tables have in which a column of each reads the same."""
    shared = [row for row in before.rows if (row, other) in after.cells]
    return sum(before.cells[row, one] == after.cells[row, other] for row in shared) / len(shared) if shared else 0.0


def _matched(old: list[str], new: list[str], is_same: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    """Names of both, in the order of the old ones: by name, and by what they hold where the name is another."""
    free = [name for name in new if name not in old]
    for name in old:
        if name in new:
            yield name, name
        elif found := next((other for other in free if is_same(name, other)), None):
            free.remove(found)
            yield name, found


def grid(table: document.Table) -> Grid:
    """Rows, columns and cells by names, none of which comes twice."""
    groups = table.groups or [""] * len(table.rows)
    names = [row[0] if re.search(r"[^\W\d]", row[0]) else f"{table.columns[0]}: {row[0]}" for row in table.rows]
    rows = numbered(f"{group}, {name}" if group else name for group, name in zip(groups, names, strict=True))
    columns = numbered(table.columns[1:])
    cells = {
        (name, column): cell
        for name, row in zip(rows, table.rows, strict=True)
        for column, cell in zip(columns, row[1:], strict=True)
    }
    return Grid(rows, columns, cells)


def numbered(names: Iterable[str]) -> list[str]:
    """The names; one that comes again with its number, so that none takes the place of another."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
