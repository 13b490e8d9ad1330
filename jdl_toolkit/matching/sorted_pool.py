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
    strata : int array, shape (n_pool,), or None
        None: one stratum.
    """

    people: np.ndarray
    score: np.ndarray
    strata: np.ndarray | None

    def of_strata(self, people: np.ndarray, strata: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Where the controls of each person's stratum begin and end (exclusive), `strata` being everybody's."""
        if strata is None or self.strata is None:
            return np.zeros(len(people), dtype=np.intp), np.full(len(people), len(self.score))
        return tuple(np.searchsorted(self.strata, strata[people], side) for side in ("left", "right"))

    def added_up(self, first: np.ndarray, last: np.ndarray, amount: np.ndarray | None = None) -> np.ndarray:
        """For each control, in sorted order, the sum of `amount` over the stretches [first, last) that hold it.

        No stretch may be empty. Without `amount` they are counted, exactly; sums of shares may keep a rounding rest of
        1e-17.
        """
        ends = len(self.score) + 1
        begun = np.bincount(first, amount, ends)
        total = np.cumsum(begun - np.bincount(last, amount, ends))[:-1]
        if self.strata is None or amount is None or not len(total):
            return total
        # the rounding rest of one stratum is no business of the next
        starts = np.flatnonzero(np.r_[True, self.strata[1:] != self.strata[:-1]])
        return total - np.repeat(total[starts] - begun[starts], np.diff(np.r_[starts, len(total)]))


def sorted_by_score(people: np.ndarray, score: np.ndarray, strata: np.ndarray | None) -> np.ndarray:
    """`people` in ascending order of stratum, then score; the order among equals is any."""
    ordered = people[np.argsort(score[people])]
    if strata is None:
        return ordered
    codes = strata[ordered]
    if len(codes) and 0 <= codes.min() and codes.max() <= np.iinfo(np.uint16).max:
        codes = codes.astype(np.uint16)  # NumPy sorts these by radix, in one pass
    return ordered[np.argsort(codes, kind="stable")]


def sort_pool(score: np.ndarray, is_control: np.ndarray, strata: np.ndarray | None) -> SortedPool:
    """Sort the controls; everyone has the score given.

    Parameters
    ----------
    score : float array, shape (n_people,)
        NaN: neither treated nor control.
    is_control : bool array, shape (n_people,)
    strata : int array, shape (n_people,), or None
    """
    people = sorted_by_score(np.flatnonzero(is_control & ~np.isnan(score)), score, strata)
    return SortedPool(people, score[people], None if strata is None else strata[people])


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
