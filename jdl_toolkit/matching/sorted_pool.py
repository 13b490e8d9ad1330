"""The control pool sorted by score: whoever is near a treated person is a stretch of it.

Stretches are found by bisection for all treated people at once, and what they hand out is added up by differences:
added where a stretch begins, taken away where it ends, summed along the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SortedPool:
    """Controls in ascending order of their stratum and, within it, of their score.

    Parameters
    ----------
    people : int array, shape (n_pool,)
        Their positions among everybody.
    score : float array, shape (n_pool,)
    starts : int array, shape (n_strata + 1,)
        Where each stratum begins; the last is n_pool.
    """

    people: np.ndarray
    score: np.ndarray
    starts: np.ndarray

    def of_strata(self, people: np.ndarray, strata: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Where the controls of each person's stratum begin and end (exclusive), `strata` being everybody's."""
        own = np.zeros(len(people), dtype=np.intp) if strata is None else strata[people].astype(np.intp)
        return self.starts[own], self.starts[own + 1]

    def added_up(self, first: np.ndarray, last: np.ndarray, amount: np.ndarray | None = None) -> np.ndarray:
        """For each control, in sorted order, the sum of `amount` over the stretches [first, last) that hold it.

        No stretch may be empty. Without `amount` they are counted, exactly; sums of shares may keep a rounding rest of
        1e-17.
        """
        ends = len(self.score) + 1
        begun = np.bincount(first, amount, ends)
        total = np.cumsum(begun - np.bincount(last, amount, ends))[:-1]
        if len(self.starts) == 2 or amount is None:
            return total
        # the rounding rest of one stratum is no business of the next
        n = np.diff(self.starts)
        starts = self.starts[:-1][n > 0]
        return total - np.repeat(total[starts] - begun[starts], n[n > 0])


def dense(strata: np.ndarray | None) -> np.ndarray | None:
    """The same strata as 0, 1, 2 …, in the narrowest type, so that they are sorted by radix and fit the cache."""
    if strata is None or not len(strata):
        return None
    if strata.min() < 0 or strata.max() >= max(len(strata), 2**16):
        strata = np.unique(strata, return_inverse=True)[1]
    return strata.astype(np.min_scalar_type(int(strata.max())), copy=False)


def sorted_by_score(people: np.ndarray, score: np.ndarray, strata: np.ndarray | None) -> np.ndarray:
    """`people` in ascending order of stratum, then score; the order among equals is any."""
    ordered = people[np.argsort(score[people])]
    return ordered if strata is None else ordered[np.argsort(strata[ordered], kind="stable")]


def sort_pool(score: np.ndarray, is_control: np.ndarray, strata: np.ndarray | None) -> SortedPool:
    """Sort the controls.

    Parameters
    ----------
    score : float array, shape (n_people,)
        NaN: neither treated nor control.
    is_control : bool array, shape (n_people,)
    strata : int array, shape (n_people,), or None
        As `dense` gives them.
    """
    people = np.flatnonzero(is_control & ~np.isnan(score))
    sizes = [len(people)] if strata is None else np.bincount(strata[people], minlength=int(strata.max()) + 1)
    people = sorted_by_score(people, score, strata)
    return SortedPool(people, score[people], np.r_[0, np.cumsum(sizes)])


def first_index(low: np.ndarray, high: np.ndarray, is_past: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The first index in [low, high) at which `is_past` is true, else high: one bisection for all.

    Parameters
    ----------
    low, high : int array, shape (n_treated,)
    is_past : function of an int array of shape (n_treated,)
        False up to some index, and true from there on.
    """
    low, high = low.copy(), high.copy()
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        is_open = low < high
        past = is_past(np.where(is_open, middle, 0))
        high = np.where(is_open & past, middle, high)
        low = np.where(is_open & ~past, middle + 1, low)
    return low


def within(
    pool: SortedPool, treated: np.ndarray, distance: float | np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The stretch of [low, high) with |difference| <= distance, as the difference is computed.

    Searching for score ± distance would round differently from the difference itself.
    """
    first = first_index(low, high, lambda i: treated - pool.score[i] <= distance)
    last = first_index(first, high, lambda i: pool.score[i] - treated > distance)
    return first, last
