"""Levels and bins joined until each holds enough people, and small counts in words masked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd


def merge_levels(counts: pd.DataFrame, minimum_cell: int) -> list[list]:
    """Neighbouring levels joined until each reaches the minimum in every group.

    Parameters
    ----------
    counts : DataFrame
        A row per level, in the order of a table; a column of counts per group.
    minimum_cell : int

    Returns
    -------
    list of list
        Index labels of the levels that stand together. A single list means that the characteristic cannot be shown: all
        people, or all but a few, have the same level.
    """
    groups = [[label] for label in counts.index]
    sizes = [row for row in counts.to_numpy(float)]
    while len(groups) > 1:
        least = [size.min() for size in sizes]
        if min(least) >= minimum_cell:
            break
        i = int(np.argmin(least))
        beside = [j for j in (i - 1, i + 1) if 0 <= j < len(groups)]
        j = min(beside, key=lambda b: (least[b], sizes[b].sum(), b))
        first, second = min(i, j), max(i, j)
        groups[first] += groups.pop(second)
        sizes[first] = sizes[first] + sizes.pop(second)
    return groups


def coarse_edges(values: Sequence[np.ndarray], minimum_cell: int, width: float) -> np.ndarray:
    """Edges of a histogram in which every bin holds at least `minimum_cell` of each group.

    Parameters
    ----------
    values : sequence of array
        Each group's values; finite.
    minimum_cell : int
    width : float
        Of the finest bins. The outermost edges are whole numbers, beyond the smallest and largest value.

    Returns
    -------
    array
        Increasing; empty if a group is smaller than the minimum.
    """
    if any(len(v) < minimum_cell for v in values):
        return np.array([])
    low, high = np.floor(min(v.min() for v in values)), np.ceil(max(v.max() for v in values))
    fine = low + width * np.arange(round((high - low) / width) + 1)
    fine[-1] = max(fine[-1], high)
    counts = np.array([np.histogram(v, fine)[0] for v in values])
    edges, held = [fine[0]], np.zeros(len(values))
    for edge, column in zip(fine[1:], counts.T, strict=True):
        held += column
        if (held >= minimum_cell).all():
            edges.append(edge)
            held = np.zeros(len(values))
    edges[-1] = fine[-1]
    return np.array(edges)


def mask_small_counts(text: str, minimum_cell: int) -> str:
    """Counts of a few people in a text of the toolkit's own (``3 people could …``) as ``fewer than 5``."""
    few = "|".join(str(n) for n in range(1, minimum_cell))
    nouns = "people|person|persons|records?|treated|controls?|women|men"
    return re.sub(rf"(?<![\d.,/])(?:{few})(?= (?:{nouns})\b)", f"fewer than {minimum_cell}", text)
