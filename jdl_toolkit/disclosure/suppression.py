"""Disclosure control: the only door through which counts of people leave.

No statistic of a group below the minimum; no count of 1 to 4 (with the default `minimum_cell` of 5), and none that
could be worked out from others: where a withheld count follows from what is shown, a further one is withheld, until at
least two values remain possible for each. Nothing here knows what the counts mean; `flow_counts` and `aggregates` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

__all__ = ["Suppressed", "coarse_edges", "enough", "mask_small_counts", "merge_levels", "possible_values"]
__all__ += ["is_small", "may_be_shown", "suppress_counts"]

#: A sum: key of the total, keys of its parts.
Sum = tuple[str, Sequence[str]]
#: How far from the truth other values are sought, in minimum cells.
WINDOW = 10


def enough(n: float | None, minimum_group: int) -> bool:
    """Whether a group is large enough for any statistic."""
    return n is not None and n >= minimum_group


def is_small(n: float, minimum_cell: int) -> bool:
    """Whether a count must be withheld: 1 to 4 by default. Nobody is not somebody: zero may be shown in a flow."""
    return 0 < n < minimum_cell


def may_be_shown(numerator: float, denominator: float, minimum_cell: int) -> bool:
    """Whether a share may be shown: its numerator and the complement both reach the minimum, zero included.

    0 per cent and 100 per cent of a small group disclose something of each of its members.
    """
    return numerator >= minimum_cell and denominator - numerator >= minimum_cell


# --- counts and their sums -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Suppressed:
    """Which counts are withheld: `primary` as they are small, `secondary` lest a small one follow from the rest."""

    primary: frozenset[str]
    secondary: frozenset[str]

    def shown(self, counts: Mapping[str, int], key: str) -> int | None:
        """The count, or None if it is withheld."""
        return None if key in self.primary or key in self.secondary else counts[key]


def suppress_counts(
    counts: Mapping[str, int],
    sums: Iterable[Sum],
    minimum_cell: int,
    *,
    keep: Iterable[str] = (),
    implied: Iterable[str] = (),
) -> Suppressed:
    """Withhold small counts, and as many others as it takes that none of them can be worked out.

    The reader is taken to know every sum, and of a withheld count whether it is small ("fewer than 5") or withheld for
    the sake of another (then at least `minimum_cell`). After every withholding the smallest and the largest value that
    each withheld count could have are found by integer programming; if they coincide, the smallest count that shares a
    sum with it, or with a count that depends on it, is withheld next. Whatever turns out to protect nothing, as it can
    be worked out itself, is shown after all.

    Parameters
    ----------
    counts : mapping of str to int
        Key -> count.
    sums : iterable of (str, sequence of str)
        Total and its parts; every sum must hold. A sum of one part says that two counts are equal.
    minimum_cell : int
    keep : iterable of str
        Counts that are shown in any case. They must not be small.
    implied : iterable of str
        Counts that are printed nowhere but follow from others, such as the complement of a part. Protected alike.

    Returns
    -------
    Suppressed

    Raises
    ------
    ValueError
        If a sum does not hold, a count to be kept is small, or what is kept gives a small count away.
    """
    table = _Table(dict(counts), tuple((t, tuple(parts)) for t, parts in sums), minimum_cell, frozenset(implied))
    keep = frozenset(keep)
    primary = frozenset(k for k, n in counts.items() if is_small(n, minimum_cell) and k not in table.implied)
    if primary & keep:
        raise ValueError("a count that is to be shown is small")
    found = Suppressed(primary, frozenset())
    while (exposed := table.first_exposed(found)) is not None:
        found = table.withhold_another(exposed, found, keep)
    system = _System(table, found)
    idle = {k for k in found.secondary if counts[k] >= minimum_cell and system.is_certain(k)}
    return Suppressed(found.primary, found.secondary - idle)


@dataclass(frozen=True)
class _Table:
    counts: dict[str, int]
    sums: tuple[tuple[str, tuple[str, ...]], ...]
    minimum_cell: int
    implied: frozenset[str]

    def __post_init__(self) -> None:
        wrong = [total for total, parts in self.sums if self.counts[total] != sum(self.counts[p] for p in parts)]
        if wrong:
            raise ValueError(f"these totals are not the sum of their parts: {', '.join(wrong)}")

    def first_exposed(self, found: Suppressed) -> str | None:
        """The first small count, withheld or implied, that can have one value only; None if all are safe."""
        small = [k for k in self.counts if is_small(self.counts[k], self.minimum_cell)]
        system = _System(self, found)
        return next((k for k in small if system.is_certain(k)), None)

    def withhold_another(self, exposed: str, found: Suppressed, keep: frozenset[str]) -> Suppressed:
        """Withhold the smallest count, not zero, in a sum with `exposed`, or with an unknown one in a sum with that, …

        If there is none, the largest small count of these sums is no longer said to be small, but only withheld.
        """
        unknown = found.primary | found.secondary | self.implied
        order = {key: i for i, key in enumerate(self.counts)}
        frontier, seen = {exposed}, {exposed}
        while frontier:
            members = {k for total, parts in self.sums for k in (total, *parts) if frontier & {total, *parts}}
            free = [k for k in members - unknown - keep if self.counts[k] >= self.minimum_cell]
            if free:
                chosen = min(free, key=lambda k: (self.counts[k], order[k]))
                return Suppressed(found.primary, found.secondary | {chosen})
            frontier = (members & unknown) - seen
            seen |= frontier
        small = sorted((seen & found.primary), key=lambda k: (-self.counts[k], order[k]))
        if not small:
            raise ValueError("what is shown in any case gives a small count away")
        return Suppressed(found.primary - {small[0]}, found.secondary | {small[0]})


class _System:
    """What a reader can work out: the sums, with what is shown put in, and the unknown counts whole numbers.

    The unknowns are sought as deviations from the true counts, at most `WINDOW` minimum cells either way, so that large
    registers pose no numerical problem. A count with another value only further away counts as certain, which errs on
    the safe side.
    """

    def __init__(self, table: _Table, found: Suppressed) -> None:
        primary, secondary, least = found.primary, found.secondary, table.minimum_cell
        self.counts = table.counts
        self.unknown = [k for k in table.counts if k in primary or k in secondary or k in table.implied]
        index = {k: i for i, k in enumerate(self.unknown)}
        rows = []
        for total, parts in table.sums:
            row = np.zeros(len(self.unknown))
            for key, sign in ((total, 1.0), *((p, -1.0) for p in parts)):
                if key in index:
                    row[index[key]] += sign
            rows.append(row)
        truth = np.array([self.counts[k] for k in self.unknown], dtype=float)
        lowest = {k: min(least, self.counts[k]) for k in secondary} | dict.fromkeys(primary, 1)
        low = np.array([lowest.get(k, 0) for k in self.unknown]) - truth
        high = np.array([least - 1 if k in primary else np.inf for k in self.unknown]) - truth
        self.bounds = Bounds(np.maximum(low, -WINDOW * least), np.minimum(high, WINDOW * least))
        self.constraints = LinearConstraint(np.array(rows), 0, 0) if rows and self.unknown else ()

    def limit(self, key: str, direction: int) -> int:
        """The smallest (direction 1) or largest (direction -1) value that a count can have."""
        aim = np.array([float(direction) if k == key else 0.0 for k in self.unknown])
        found = milp(aim, integrality=np.ones(len(self.unknown)), bounds=self.bounds, constraints=self.constraints)
        if not found.success:
            raise ValueError(f"no values fit the sums around {key}")
        return self.counts[key] + round(float(found.x @ np.abs(aim)))

    def is_certain(self, key: str) -> bool:
        if self.limit(key, 1) < self.counts[key]:
            return False
        return self.limit(key, -1) == self.counts[key]


def possible_values(
    counts: Mapping[str, int],
    sums: Iterable[Sum],
    minimum_cell: int,
    suppressed: Suppressed,
    implied: Iterable[str] = (),
) -> dict[str, tuple[int, int]]:
    """The smallest and largest value that a reader must allow for each withheld count."""
    table = _Table(
        dict(counts), tuple((total, tuple(parts)) for total, parts in sums), minimum_cell, frozenset(implied)
    )
    system = _System(table, suppressed)
    withheld = [k for k in counts if k in suppressed.primary or k in suppressed.secondary]
    return {k: (system.limit(k, 1), system.limit(k, -1)) for k in withheld}


# --- levels and bins -------------------------------------------------------------------------------------------------


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
