"""Disclosure control: the only door through which counts of people leave.

No statistic of a group below the minimum; no count of 1 to 4 (with the default `minimum_cell` of 5), and none that
could be worked out from others: where a withheld count follows from what is shown, a further one is withheld, until at
least two values remain possible for each. Nothing here knows what the counts mean; `flow_counts` and `aggregates` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

__all__ = ["Suppressed", "enough", "is_small", "may_be_shown", "possible_values", "suppress_counts"]

#: A sum: key of the total, keys of its parts.
Sum = tuple[str, Sequence[str]]
#: How far from the truth other values are sought, in minimum cells.
WINDOW = 10
#: How many sums away another value of a count is sought first.
NEAR = 2
#: How often bounds are narrowed by each other before the rest is left to programming.
MOST_ROUNDS = 20
#: How far programming goes in search of another value.
MOST_NODES = 100
#: How often programming is asked before counts are withheld many at once.
MOST_ASKED = 2000
GIVEN_AWAY = "what is shown in any case gives a small count away"


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
    also: Iterable[str] = (),
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
    also : iterable of str
        Counts that are withheld in any case, though they are not small.

    Returns
    -------
    Suppressed

    Raises
    ------
    ValueError
        If a sum does not hold, a count to be kept is small, or what is kept gives a small count away.
    """
    table = _Table(dict(counts), tuple((t, tuple(parts)) for t, parts in sums), minimum_cell, frozenset(implied))
    keep, also = frozenset(keep), frozenset(also)
    small = [k for k, n in counts.items() if is_small(n, minimum_cell)]
    primary = frozenset(k for k in small if k not in table.implied)
    if primary & keep:
        raise ValueError("a count that is to be shown is small")
    found, reader = Suppressed(primary, also - primary - keep), _Reader(table)
    if reader.first_certain(small, found, keep) is not None:
        raise ValueError(GIVEN_AWAY)
    while (exposed := reader.first_certain(small, found)) is not None:
        found = table.withhold_more(exposed, found, keep, at_once=reader.n_asked > MOST_ASKED)
    if reader.n_asked > MOST_ASKED:
        return found
    others = [k for k in found.secondary - also if counts[k] >= minimum_cell]
    idle = {key for key in others if reader.first_certain([key], found) is not None}
    return Suppressed(found.primary, found.secondary - idle)


class _Reader:
    """Who looks for counts that can have one value only, and remembers what was found on the way.

    Attributes
    ----------
    n_asked : int
        How often programming was asked.
    """

    def __init__(self, table: _Table) -> None:
        self.table, self.n_asked = table, 0
        self.solutions: list[np.ndarray] = []
        self.known: tuple[Suppressed, frozenset[str] | None] | None = None

    def first_certain(
        self, keys: Iterable[str], found: Suppressed, all_but: frozenset[str] | None = None
    ) -> str | None:
        """The first of `keys` that can have one value only; None if each can have several.

        A solution that was found once spares the questions after all counts that differ from the truth in it, as long
        as it keeps within the bounds: they widen with each count that is withheld. With `all_but`, every other count
        but zero is taken as withheld, without a word of how small it is: what is certain then will always be.
        """
        if self.known != (found, all_but):
            self.known, self.system = (found, all_but), _System(self.table, found, all_but)
            fits = [self.system.allows(one) for one in self.solutions]
            valid = [one != 0 for one, is_fit in zip(self.solutions, fits, strict=True) if is_fit]
            self.varied = np.any([np.zeros(len(self.table.counts), bool), *valid], axis=0)
        for key in keys:
            at = self.table.place[key]
            if self.varied[at]:
                continue
            other = self.system.other_value(at)
            self.n_asked += self.system.n_asked
            self.system.n_asked = 0
            if other is None:
                return key
            self.solutions.append(other)
            self.varied |= other != 0
        return None


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

    @cached_property
    def place(self) -> dict[str, int]:
        """The column of each count in `matrix`."""
        return {key: i for i, key in enumerate(self.counts)}

    @cached_property
    def matrix(self) -> csr_array:
        """A row per sum: 1 for its total, -1 for each part; a column per count."""
        terms = [
            (row, self.place[key], sign)
            for row, (total, parts) in enumerate(self.sums)
            for key, sign in ((total, 1.0), *((part, -1.0) for part in parts))
        ]
        rows, columns, signs = zip(*terms, strict=True) if terms else ((), (), ())
        return csr_array((signs, (rows, columns)), shape=(len(self.sums), len(self.counts)))

    @cached_property
    def keys(self) -> list[str]:
        return list(self.counts)

    @cached_property
    def truth(self) -> np.ndarray:
        return np.array(list(self.counts.values()), dtype=float)

    def beside(self, columns: np.ndarray) -> np.ndarray:
        """Counts that share a sum with one of these, these included. Masks over the counts."""
        places = abs(self.matrix) @ columns.astype(float) > 0
        return (abs(self.matrix).T @ places.astype(float) > 0) | columns

    def withhold_more(self, exposed: str, found: Suppressed, keep: frozenset[str], at_once: bool = False) -> Suppressed:
        """Withhold the smallest count, not zero, in a sum with `exposed`, or with an unknown one in a sum with that, …

        With `at_once`, all counts that are so many sums away are. If there is none, the largest small count of these
        sums is no longer said to be small, but only withheld.
        """
        mask = {name: np.zeros(len(self.counts), bool) for name in ("unknown", "keep", "seen", "primary")}
        for name, keys in (("unknown", found.primary | found.secondary | self.implied), ("keep", keep)):
            mask[name][[self.place[key] for key in keys]] = True
        mask["primary"][[self.place[key] for key in found.primary]] = True
        mask["seen"][self.place[exposed]] = True
        frontier = mask["seen"].copy()
        while frontier.any():
            members = self.beside(frontier)
            free = np.flatnonzero(members & ~mask["unknown"] & ~mask["keep"] & (self.truth >= self.minimum_cell))
            if len(free):
                chosen = free if at_once else free[[np.argmin(self.truth[free])]]
                return Suppressed(found.primary, found.secondary | {self.keys[i] for i in chosen})
            frontier = members & mask["unknown"] & ~mask["seen"]
            mask["seen"] |= frontier
        small = np.flatnonzero(mask["seen"] & mask["primary"])
        if not len(small):
            raise ValueError(GIVEN_AWAY)
        largest = self.keys[small[np.argmax(self.truth[small])]]
        return Suppressed(found.primary - {largest}, found.secondary | {largest})


class _System:
    """What a reader can work out: the sums, with what is shown put in, and the unknown counts whole numbers.

    The unknowns are sought as deviations from the true counts, at most `WINDOW` minimum cells either way, so that large
    registers pose no numerical problem. A count with another value only further away counts as certain, which errs on
    the safe side.
    """

    def __init__(self, table: _Table, found: Suppressed, all_but: frozenset[str] | None = None) -> None:
        self.table, self.n_asked = table, 0
        least, truth = table.minimum_cell, table.truth
        low, high = np.zeros(len(truth)), np.zeros(len(truth))
        bounds = [(found.primary, 1, least - 1), (found.secondary, least, np.inf)]
        bounds.append((table.implied - found.primary - found.secondary, 0, np.inf))
        if all_but is not None:
            bounds.append(({key for key in table.counts if table.counts[key] and key not in all_but}, 0, np.inf))
        for keys, lowest, highest in bounds:
            at = [table.place[key] for key in keys]
            low[at] = np.minimum(lowest, truth[at]) - truth[at]
            high[at] = highest - truth[at]
        low, high = np.maximum(low, -WINDOW * least), np.minimum(high, WINDOW * least)
        self.widest = low, high
        self.low, self.high = self._narrowed(low, high)

    def allows(self, solution: np.ndarray) -> bool:
        """Whether deviations that fit every sum keep within the bounds."""
        low, high = self.widest
        return bool(((solution >= low) & (solution <= high)).all())

    def _narrowed(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bounds as each sum by itself narrows them, given the bounds of its other members."""
        terms = self.table.matrix.tocoo()
        row, column, is_total = terms.row, terms.col, terms.data > 0
        for _ in range(MOST_ROUNDS):
            least = np.where(is_total, low[column], -high[column])
            most = np.where(is_total, high[column], -low[column])
            n_rows = self.table.matrix.shape[0]
            up = least - np.bincount(row, least, n_rows)[row]
            down = most - np.bincount(row, most, n_rows)[row]
            narrower_low, narrower_high = low.copy(), high.copy()
            np.minimum.at(narrower_high, column, np.where(is_total, up, -down))
            np.maximum.at(narrower_low, column, np.where(is_total, down, -up))
            if (narrower_low == low).all() and (narrower_high == high).all():
                break
            low, high = narrower_low, narrower_high
        return low, high

    def limit(self, key: str, direction: int) -> int:
        """The smallest (direction 1) or largest (direction -1) value that a count can have."""
        at = self.table.place[key]
        columns = self._connected(at, None)
        found = self._solve(columns, self.low, self.high, direction * (columns == at).astype(float))
        if found is None:
            raise ValueError(f"no values fit the sums around {key}")
        return self.table.counts[key] + int(found[columns == at][0])

    def other_value(self, at: int) -> np.ndarray | None:
        """Deviations of all counts with which that at a place has another value; None if it can have one only.

        One is mostly found close by, which spares the rest.
        """
        if self.low[at] == self.high[at]:
            return None
        tries = ((direction, reach) for reach in (NEAR, None) for direction in (1, -1))
        return next((one for one in (self._other(at, *how) for how in tries) if one is not None), None)

    def _other(self, at: int, direction: int, reach: int | None) -> np.ndarray | None:
        """Deviations with which a count is smaller (direction 1) or larger (-1), others so many sums away making up.

        Where that is not settled within `MOST_NODES`, it counts as if there were none, which errs on the safe side.
        """
        low, high = self.low.copy(), self.high.copy()
        if direction > 0:
            high[at] = -1
        else:
            low[at] = 1
        if low[at] > high[at]:
            return None
        columns = self._connected(at, reach)
        found = self._solve(columns, low, high, np.zeros(len(columns)))
        if found is None:
            return None
        other = np.zeros(len(self.table.counts))
        other[columns] = found
        return other

    def _connected(self, at: int, reach: int | None) -> np.ndarray:
        """Counts that are not settled and depend on each other through so many sums; all, if `reach` is None."""
        is_free = self.low < self.high
        near = np.zeros(len(is_free), bool)
        near[at] = True
        while reach is None or reach > 0:
            wider = self.table.beside(near) & is_free
            if (wider == near).all():
                break
            near, reach = wider, None if reach is None else reach - 1
        return np.flatnonzero(near | (np.arange(len(near)) == at))

    def _solve(self, columns: np.ndarray, low: np.ndarray, high: np.ndarray, aim: np.ndarray) -> np.ndarray | None:
        """Whole deviations of these counts that fit every sum, the best by `aim`; None if there are none."""
        self.n_asked += 1
        sums = self.table.matrix[:, columns]
        sums = sums[np.diff(sums.indptr) > 0]
        found = milp(
            aim,
            integrality=np.ones(len(columns)),
            bounds=Bounds(low[columns], high[columns]),
            constraints=LinearConstraint(sums, 0, 0) if sums.shape[0] else (),
            options={} if aim.any() else {"node_limit": MOST_NODES},
        )
        return None if found.x is None else np.rint(found.x)


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
    withheld = [k for k in counts if k in suppressed.primary or k in suppressed.secondary]
    system = _System(table, suppressed)
    return {k: (system.limit(k, 1), system.limit(k, -1)) for k in withheld}
