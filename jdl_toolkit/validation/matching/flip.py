"""How strong something that nobody recorded must be to turn a conclusion, read off the graded series of cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .cells import BASES, HIDDEN


@dataclass(frozen=True)
class Series:
    """What the headline found as the odds ratios of what nobody recorded grow; the first is 1, nothing hidden.

    Parameters
    ----------
    odds : tuple of float
    bias : tuple of float
        Percentage points.
    reduction, increase : tuple of float
        Share of replications with a conclusive reduction, or increase.
    """

    odds: tuple[float, ...]
    bias: tuple[float, ...]
    reduction: tuple[float, ...]
    increase: tuple[float, ...]

    def odds_at(self, values: Sequence[float], wanted: float) -> float | None:
        """The odds ratio at which `values`, joined by straight lines over its logarithm, first reach `wanted`."""
        for i in range(1, len(values)):
            before, after = values[i - 1], values[i]
            if before != after and min(before, after) <= wanted <= max(before, after):
                part = (wanted - before) / (after - before)
                low, high = math.log(self.odds[i - 1]), math.log(self.odds[i])
                return math.exp(low + part * (high - low))
        return None


def series_of(name: str, estimates: pd.DataFrame, hidden: pd.DataFrame) -> Series | None:
    """The series "none" (no effect) or "5" (a reduction of five points); None where a cell of it is missing."""
    base = estimates[(estimates["cell"] == BASES[name]) & (estimates["estimator"] == "headline")]
    cells = [cell for cell in HIDDEN if cell.rpartition("-")[2] == name]
    rows = hidden.set_index("cell").reindex(cells)
    if base.empty or rows["n"].isna().any():
        return None
    first = base.iloc[0]
    return Series(
        (1.0, *map(float, rows["odds"])),
        (float(first["bias"]), *map(float, rows["bias"])),
        *(
            (float(first[way] / first["n"]), *map(float, rows[way] / rows["n"]))
            for way in ("n_reduction", "n_increase")
        ),
    )
