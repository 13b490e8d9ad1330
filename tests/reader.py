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
MANY, SECONDS = 10_000, 2
#: How many times people are sought at random that fit, before each count is asked after.
N_TRIES = 6


@dataclass
class Reader:
    """Counts of `kinds` of people, each a tuple; a count is told of those for which `holds` is true."""

    kinds: list[tuple]
    rows: list[np.ndarray] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    withheld: dict[str, np.ndarray] = field(default_factory=dict)
    choices: list[tuple[np.ndarray, np.ndarray, float]] = field(default_factory=list)

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

    def either(self, one: np.ndarray, other: np.ndarray, most: float) -> None:
        """One of two counts is at most so many; which of them, is not told."""
        self.choices.append((one, other, most))

    def certain_of(self, targets: dict[str, np.ndarray]) -> dict[str, int]:
        """Of these counts, those that can have one value only.

        Kinds that are alike in all that is asked and told are taken together. Each solution that is found spares the
        questions after the counts that differ from an earlier one.
        """
        names, n_told = list(targets), len(self.rows)
        chosen = [row for one, other, _ in self.choices for row in (one, other)]
        alike, first = np.unique(np.array([*self.rows, *targets.values(), *chosen]), axis=1, return_index=True)
        n_kinds, n_choices = len(first), len(self.choices)
        asked = alike[n_told : n_told + len(names)]
        told, low, high = [*alike[:n_told]], [*self.low], [*self.high]
        told = [np.r_[row, np.zeros(n_choices)] for row in told]
        for i, (_, _, most) in enumerate(self.choices):
            for is_other in (0, 1):
                switch = np.zeros(n_choices)
                switch[i] = MANY if is_other else -MANY
                told.append(np.r_[alike[n_told + len(names) + 2 * i + is_other], switch])
                low.append(-np.inf)
                high.append(most + MANY * is_other)
        whole = {"integrality": np.ones(n_kinds + n_choices), "options": {"time_limit": SECONDS}}
        whole["bounds"] = Bounds(0, np.r_[np.full(n_kinds, MANY), np.ones(n_choices)])
        known = LinearConstraint(csr_array(np.array(told)), low, high)
        least, most, certain = np.full(len(names), np.inf), np.full(len(names), -np.inf), {}
        draw = np.random.default_rng(0)

        def solve(aim: np.ndarray):
            found = milp(np.r_[aim, np.zeros(n_choices)], constraints=known, **whole)
            if found.x is not None:
                values = np.rint(asked @ found.x[:n_kinds])
                np.minimum(least, values, out=least)
                np.maximum(most, values, out=most)
            elif found.status == 2:
                raise ValueError(f"no people fit what is published: {found.message}")
            return found

        for _ in range(N_TRIES):
            solve(draw.integers(-3, 4, n_kinds) * (draw.random(n_kinds) < 0.3))
        for place, name in enumerate(names):
            for sign in (1, -1):
                if least[place] < most[place]:
                    break
                found = solve(sign * asked[place])
                if found.status != 0:  # not settled in time
                    break
            else:
                if least[place] == most[place]:
                    certain[name] = int(least[place])
        return certain

    def certain(self, names: Iterable[str] | None = None) -> dict[str, int]:
        """Withheld counts that can have one value only."""
        limits = {name: self.limits(self.withheld[name]) for name in names or self.withheld}
        return {name: low for name, (low, high) in limits.items() if low == high}
