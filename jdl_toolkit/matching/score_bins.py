"""The histogram of the scores, so coarse that no bin tells of a few people."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..disclosure import coarse_edges

#: Width of the finest bins of the overlap histogram, on the logit of the score.
OVERLAP_WIDTH = 0.25


def overlap_bins(matched: Any, minimum_cell: int, is_unmatched_hidden: bool = False) -> list[dict[str, float]]:
    """Histogram of the logit of the score: share of each group per bin, no bin below `minimum_cell` of any.

    Shares are rounded to whole per cent: exact ones, times the size of the group, would be counts of people. Where the
    number of treated people who were not matched is hidden, the treated are those who were: the shares of a small group
    tell its size even so. Where a method weights the treated, they are those compared, weighted as they are.
    """
    units = matched.units[np.isfinite(matched.units["logit"])]
    treated, pool = units[units["is_treated"]], units[~units["is_treated"]]
    of_treated = treated["weight"].where(treated["weight"] > 0)
    is_weighted = of_treated.nunique() > 1
    treated = treated[treated["weight"] > 0] if is_unmatched_hidden or is_weighted else treated
    weight = treated["weight"] if is_weighted else treated["weight"] * 0 + 1
    control = pool[pool["weight"] > 0]
    edges = coarse_edges([g["logit"].to_numpy() for g in (treated, pool, control)], minimum_cell, OVERLAP_WIDTH)
    if not len(edges):
        return []
    shares = {
        "treatment": np.histogram(treated["logit"], edges, weights=weight)[0] / weight.sum(),
        "pool": np.histogram(pool["logit"], edges)[0] / len(pool),
        "control": np.histogram(control["logit"], edges, weights=control["weight"])[0] / control["weight"].sum(),
    }
    return [
        {"lower": float(low), "upper": float(high)} | {g: round(float(share[i]), 2) for g, share in shares.items()}
        for i, (low, high) in enumerate(pairwise(edges))
    ]
