"""A hostile reader of published counts: what must every withheld one be, given all that is printed?

The reader splits people into kinds (the region they are of, where they left, whether they reoffended). Every published
count is that of some kinds together, a withheld one has the bounds that its words give it, and nothing else is known.
Programming over whole numbers of each kind then gives the least and the most that any count can be. This shares nothing
with the sums that suppression forms from counts and ledgers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

#: More people than any kind has, and how long one question may take; after that, the bounds found so far count.
MANY, SECONDS = 1_000_000, 2


@dataclass
class Reader:
    """Counts of `kinds` of people, each a tuple; a count is told of those for which `holds` is true."""

    kinds: list[tuple]
    rows: list[np.ndarray] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    withheld: dict[str, np.ndarray] = field(default_factory=dict)

    def row(self, holds: Callable[[tuple], bool]) -> np.ndarray:
        return np.array([float(holds(kind)) for kind in self.kinds])

    def between(self, row: np.ndarray, low: float, high: float) -> None:
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def told(self, name: str, holds: Callable[[tuple], bool], value: int | None, least: int, most: float) -> None:
        """A count as printed; if withheld (None), at least `least` and at most `most`."""
        row = self.row(holds)
        if value is None:
            self.withheld[name] = row
            self.between(row, least, most)
        else:
            self.between(row, value, value)

    def limits(self, row: np.ndarray) -> tuple[int, int]:
        """The least and the most that a count can be."""
        known = LinearConstraint(csr_array(np.array(self.rows)), self.low, self.high)
        whole = {"integrality": np.ones(len(row)), "bounds": Bounds(0, MANY), "options": {"time_limit": SECONDS}}
        found = [milp(sign * row, constraints=known, **whole) for sign in (1, -1)]
        if any(one.mip_dual_bound is None for one in found):
            raise ValueError(f"no people fit what is published: {found[0].message}")
        return math.ceil(found[0].mip_dual_bound - 1e-6), math.floor(1e-6 - found[1].mip_dual_bound)

    def certain(self, names: Iterable[str] | None = None) -> dict[str, int]:
        """Withheld counts that can have one value only."""
        limits = {name: self.limits(self.withheld[name]) for name in names or self.withheld}
        return {name: low for name, (low, high) in limits.items() if low == high}
