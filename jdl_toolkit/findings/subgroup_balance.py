"""How alike the groups are within each subgroup: the differences that may be published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import may_be_shown
from .digits import DECIMALS
from .overlaps import Shown

_GROUPS = ("matched", "treated", "pool")


def subgroup_balance(
    subgroups: Any,
    rows: Sequence[dict[str, Any]],
    minimum_cell: int,
    shown: Shown | None = None,
    analysis: int = 0,
) -> list[dict[str, Any]]:
    """Standardised differences after matching in every subgroup whose result is shown, by the rules of the whole group.

    A level that few people of a group have, or all but a few, is left out, and with it the next smallest of its
    covariate; so is a difference that is not finite. Differences have three decimals.

    Parameters
    ----------
    subgroups : Subgroups
    rows : sequence of dict
        As they are published.
    minimum_cell : int
    shown, analysis : optional
        As for `measure_rows`.
    """
    every = getattr(subgroups, "balance", None)
    if every is None or not len(every):
        return []
    published = {(row["by"], row["level"]) for row in rows if row["headline"] is not None}
    found = []
    for (by, level), own in every.groupby(["by", "level"], sort=False):
        if (by, level) not in published:
            continue
        own = own.reset_index(drop=True)
        hidden = _hidden(own, minimum_cell)
        if shown is not None:
            hidden = _beside_others(own, hidden, f"balance {by} {level}", shown, analysis)
        listed = own[~hidden].drop(columns="level").rename(columns={"covariate_level": "level"})
        listed = listed.assign(smd_after=listed["smd_after"].round(DECIMALS) + 0.0)  # + 0.0: no -0
        columns = ["covariate", "level", "smd_after", "light"]
        found.append(
            {"by": by, "level": level, "rows": listed[columns].to_dict("records"), "n_withheld": int(hidden.sum())}
        )
    return found


def _hidden(rows: pd.DataFrame, minimum_cell: int) -> np.ndarray:
    """Rows that must not be listed, by the numbers of people in this subgroup."""
    is_fine = np.ones(len(rows), dtype=bool)
    for group in _GROUPS:
        pairs = zip(rows[f"k_{group}"], rows[f"n_{group}"], strict=True)
        is_fine &= np.array([bool(np.isfinite(k)) and may_be_shown(int(k), int(n), minimum_cell) for k, n in pairs])
    is_level = rows["is_level"].to_numpy(bool)
    return _with_next_smallest(rows, (is_level & ~is_fine) | ~np.isfinite(rows["smd_after"].to_numpy(float)))


def _with_next_smallest(rows: pd.DataFrame, hidden: np.ndarray) -> np.ndarray:
    """Where one level of a covariate is left out, another is too, lest the first follow from the rest."""
    hidden = hidden.copy()
    for _, of_covariate in rows[rows["is_level"].to_numpy(bool)].groupby("covariate", sort=False):
        there = of_covariate.index[~hidden[of_covariate.index]]
        if hidden[of_covariate.index].sum() == 1 and len(there):
            hidden[rows.loc[there, "k_matched"].idxmin()] = True
    return hidden


def _beside_others(rows: pd.DataFrame, hidden: np.ndarray, key: str, shown: Shown, analysis: int) -> np.ndarray:
    """Rows to leave out as well, as the same subgroup of an earlier analysis would leave few people of a level."""
    hidden = hidden.copy()
    for i in np.flatnonzero(rows["is_level"].to_numpy(bool) & ~hidden):
        row = rows.loc[i]
        name = f"{key} {row['covariate']} {row['covariate_level']}"
        hidden[i] = not shown.allows(analysis, name, row["k_matched"], row["n_matched"])
    return _with_next_smallest(rows, hidden)
