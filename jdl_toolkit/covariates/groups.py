"""The two groups before matching: averages and shares of every covariate, and how far apart they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..disclosure import is_small
from ..document import Table
from ..numbers import MINIMUM_CELL, number
from .profile import NOT_RECORDED, QUARTERS, SENTENCE_BANDS

#: What a row of the comparison is: the average of a number, the share of a yes-or-no column, or of a category's level.
AVERAGE, SHARE, LEVEL = "average", "share", "level"
_COUNTS = ["n_treated", "n_pool"]
#: Levels that have an order of their own.
_ORDERED = [*(name for _, name in SENTENCE_BANDS), *QUARTERS]
_HIDDEN, _NOTHING = "[c]", "–"
_OVER = {AVERAGE: "Averages", SHARE: "Shares, per cent"}


def compare_groups(units: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Treated people and the control pool, covariate by covariate, everybody counting once.

    Parameters
    ----------
    units : DataFrame
        unit_id, is_treated, then a column per covariate without missing values: numbers, or text for a category.
    labels : mapping
        Column -> label.

    Returns
    -------
    DataFrame
        As `Covariates.to_frame`.
    """
    columns = units.drop(columns=["unit_id", "is_treated"])
    is_treated = units["is_treated"].to_numpy(bool)
    is_number = [pd.api.types.is_numeric_dtype(columns[name]) for name in columns]
    numbers = _numbers(columns.loc[:, is_number].astype("float64"), is_treated)
    categories = [
        _levels(columns[name], is_treated) for name, known in zip(columns, is_number, strict=True) if not known
    ]
    frame = pd.concat([numbers, *categories], ignore_index=True)
    frame["label"] = [labels.get(name, name) for name in frame["covariate"]]
    spread = np.sqrt((frame.pop("variance_treated") + frame.pop("variance_pool")) / 2)
    apart = frame["treated"] - frame["pool"]
    frame["smd"] = np.where(spread > 0, apart / spread.where(spread > 0), np.where(apart == 0, 0.0, np.nan))
    kind = pd.Categorical(frame["kind"], [AVERAGE, SHARE, LEVEL], ordered=True)
    frame = frame.assign(kind=kind).sort_values("kind", kind="stable", ignore_index=True).astype({"kind": "str"})
    return frame[["kind", "covariate", "level", "label", "treated", "pool", *_COUNTS, "smd"]]


def _numbers(columns: pd.DataFrame, is_treated: np.ndarray) -> pd.DataFrame:
    """Means and variances of numbers; those that are 0 or 1 for everybody are shares, whose variance is p(1 - p)."""
    rows: dict[str, Any] = {"covariate": list(columns), "level": ""}
    is_share = ((columns == 0) | (columns == 1)).all().to_numpy(bool)
    rows["kind"] = np.where(is_share, SHARE, AVERAGE)
    for name, members in (("treated", is_treated), ("pool", ~is_treated)):
        of = columns[members]
        mean = of.mean().to_numpy(float)
        rows[name], rows[f"n_{name}"] = mean, np.where(is_share, of.sum(), len(of)).astype("int64")
        rows[f"variance_{name}"] = np.where(is_share, mean * (1 - mean), of.var(ddof=1).to_numpy(float))
    return pd.DataFrame(rows)


def _levels(column: pd.Series, is_treated: np.ndarray) -> pd.DataFrame:
    """Shares of a category's levels: bands, quarters and numbers in their order, others by size."""
    counts = pd.DataFrame(
        {"n_treated": column[is_treated].value_counts(), "n_pool": column[~is_treated].value_counts()}
    )
    counts = counts.fillna(0).astype("int64").rename_axis("level").reset_index()
    order = sorted(counts.itertuples(), key=lambda row: (*_place(row.level), -row.n_treated, -row.n_pool, row.level))
    counts = counts.loc[[row.Index for row in order]].reset_index(drop=True)
    rows = counts.assign(kind=LEVEL, covariate=column.name)
    for name in ("treated", "pool"):
        share = counts[f"n_{name}"] / max(counts[f"n_{name}"].sum(), 1)
        rows[name], rows[f"variance_{name}"] = share, share * (1 - share)
    return rows


def _place(level: str) -> tuple[int, int]:
    """Where a level stands whatever its size: those with an order of their own in that; what says little last."""
    last = {"other": 1, NOT_RECORDED: 2}.get(level.lower(), 0)
    return last, _ORDERED.index(level) if level in _ORDERED else int(level) if level.isdecimal() else 0


def may_show(frame: pd.DataFrame, n_treated: int, n_pool: int, minimum_cell: int) -> np.ndarray:
    """Whether a row may be shown: of a share, that neither those who have it nor those who do not are few."""
    groups = ((frame["n_treated"], n_treated), (frame["n_pool"], n_pool))
    few = [is_small(n, minimum_cell) or is_small(everybody - n, minimum_cell) for ns, everybody in groups for n in ns]
    return (frame["kind"] == AVERAGE).to_numpy() | ~np.array(few, bool).reshape(2, -1).any(axis=0)


def groups_table(
    frame: pd.DataFrame, n_treated: int, n_pool: int, minimum_cell: int = MINIMUM_CELL, *, key: str = "groups"
) -> Table:
    """What `compare_groups` found, for readers: numbers first, then the categories.

    Parameters
    ----------
    frame : DataFrame
    n_treated, n_pool : int
        People of each group.
    minimum_cell : int
        Shares of fewer people than this, of either group, are not shown.
    """
    shown = may_show(frame, n_treated, n_pool, minimum_cell)
    rows = [_row(row, is_shown) for row, is_shown in zip(frame.to_dict("records"), shown, strict=True)]
    groups = [_OVER.get(kind, label) for kind, label in zip(frame["kind"], frame["label"], strict=True)]
    columns = ("Covariate", f"Treated ({n_treated:,})", f"Control pool ({n_pool:,})", "Difference")
    note = (
        "Everybody counts once: this is before matching. Categories in per cent of each group. Difference: treated "
        "less control pool, per cent of the standard deviation of both groups; beyond 10 the groups are called unlike."
    )
    if not shown.all():
        note += f" {_HIDDEN}: fewer than {minimum_cell} people."
    caption = "The groups before matching"
    return Table(key, caption, columns, tuple(rows), "lrrr", note, tuple(groups))


def _row(row: dict[str, Any], is_shown: bool) -> tuple[str, str, str, str]:
    name = row["level"] if row["kind"] == LEVEL else row["label"]
    if not is_shown:
        return name, _HIDDEN, _HIDDEN, _HIDDEN
    if row["kind"] == AVERAGE:
        decimals = 1 if max(abs(row["treated"]), abs(row["pool"])) >= 10 else 2
        values = [_NOTHING if np.isnan(row[k]) else number(row[k], decimals) for k in ("treated", "pool")]
    else:
        values = [number(row[k], 1, factor=100) for k in ("treated", "pool")]
    apart = _NOTHING if np.isnan(row["smd"]) else number(row["smd"], 1, factor=100, sign=True)
    return name, *values, apart
