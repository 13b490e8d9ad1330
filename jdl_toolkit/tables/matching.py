"""Who is compared with whom, and how far the groups' scores meet, as tables of the lab's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..document import Table
from ..numbers import MINIMUM_CELL, number, shown_count
from ..plots.canvas import records
from .balance import NOTHING

_GROUPS = ("treatment", "pool")
_HEADERS = ("Treatment group", "Control pool")
#: Part of a group that everybody is counted in -> its row.
_PARTS = {"all": "All", "compared": "In the comparison"}


def compared_table(
    parts: Iterable[Any],
    reasons: dict[str, str],
    *,
    minimum_cell: int = MINIMUM_CELL,
    key: str = "compared",
    caption: str = "",
) -> Table:
    """How many of each group are compared, what they are worth, and why the others are not.

    Parameters
    ----------
    parts : records
        `MatchedSample.to_frame`.
    reasons : dict of str to str
        Code of a part that is left out -> the reason in words.
    minimum_cell : int
        Smaller counts are not shown.
    """
    of = {(row["part"], row["group"]): row for row in records(parts)}

    def cells(part: str) -> tuple[str, ...]:
        return tuple(_people(of.get((part, g)), of[("all", g)]["n"], minimum_cell) for g in _GROUPS)

    worth = tuple(number(of[("compared", g)]["n_effective"]) for g in _GROUPS)
    rows = [(name, *cells(part)) for part, name in _PARTS.items()]
    rows += [("They are worth, if all counted alike", *worth)]
    left_out = dict.fromkeys(part for part, _ in of if part not in _PARTS)
    rows += [(f"Left out: {reasons[part]}", *cells(part)) for part in left_out]
    return Table(key, caption or "Who is compared with whom", ("People", *_HEADERS), tuple(rows), "lrr")


def _people(row: dict[str, Any] | None, n_all: int, minimum_cell: int) -> str:
    if row is None:
        return NOTHING
    n = shown_count(row["n"], minimum_cell)
    return f"{n} ({number(row['n'] / n_all, factor=100)}%)" if row["part"] != "all" and n[0].isdigit() and n_all else n


def scores_table(groups: Iterable[Any], *, key: str = "scores", caption: str = "") -> Table:
    """How the propensity score is spread in each group before matching, in per cent.

    Parameters
    ----------
    groups : records
        `Overlap.rows`.
    """
    of = {row["group"]: row for row in records(groups)}
    shares = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
    rows = tuple(
        (f"{share:.0%} of the group have a score up to", *(f"{number(of[g][name], 1, factor=100)}%" for g in _GROUPS))
        for name, share in shares.items()
    )
    note = "Score: the probability of being in the treatment group, given the covariates."
    return Table(key, caption or "Scores of both groups", ("Score", *_HEADERS), rows, "lrr", note)
