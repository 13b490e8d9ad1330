"""Which outcome measures tell of a few people: by how many have any of it, in either group."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .suppression import may_be_shown


def few(minimum_cell: int) -> str:
    """Why something is withheld for the sake of few people."""
    return f"it would tell something of fewer than {minimum_cell} people"


def is_of_few(row: dict[str, Any], minimum_cell: int) -> bool:
    """Whether few people of either group have it, or all but so few, weighted or counted; so if nothing is known."""
    groups = ("treatment", "control")
    counted = [(row[f"n_{g}_with"], row[f"n_{g}"]) for g in groups if not pd.isna(row.get(f"n_{g}_with"))]
    counts = [*counts_of(row), *counted]
    return not counts or not all(may_be_shown(k, n, minimum_cell) for k, n in counts)


def counts_of(row: dict[str, Any]) -> list[tuple[int, int]]:
    """People with any of it, and all it is taken among, in both groups; none for days to something, which all have."""
    if row["unit"] == "days" and row["base"] == "reoffenders":
        return []
    groups = ("treatment", "control")
    if row["unit"] == "share" and not pd.isna(row.get("treatment_value")):
        return [(round(row[f"{g}_value"] * row[f"n_{g}"]), row[f"n_{g}"]) for g in groups]
    return [(int(row[f"n_{g}_with"]), row[f"n_{g}"]) for g in groups if not pd.isna(row.get(f"n_{g}_with"))]
