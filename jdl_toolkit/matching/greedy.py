"""Nearest neighbours without replacement: one after another takes the nearest control that is still free.

This is sequential by definition. It runs over groups of equal scores, and a control group that is used up is jumped
over by pointers to the next free one (union-find), so that the time hardly depends on the pool.

Where the nearest free controls lie at the same distance on either side, they are taken from in proportion to what each
side has left.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from .sorted_pool import first_index

#: Parts of places below this are rounding.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Groups:
    """People in groups of equal score within a stratum, in ascending order of stratum, then score.

    Parameters
    ----------
    people : int array, shape (n_people,)
        Positions; a group stands together.
    start, size : int array, shape (n_groups,)
        Where each group begins in `people`, and how many it has.
    score : float array, shape (n_groups,)
    stratum : int array, shape (n_groups,)
    """

    people: np.ndarray
    start: np.ndarray
    size: np.ndarray
    score: np.ndarray
    stratum: np.ndarray


@dataclass(frozen=True)
class Links:
    """Which groups are compared; a link's places and weight are shared equally by the people of each of its groups.

    Parameters
    ----------
    treated, pool : int array, shape (n_links,)
        Groups; each pair of groups at most once.
    places : float array, shape (n_links,)
        Controls taken; whole numbers unless controls on either side were equally near.
    weight : float array, shape (n_links,)
        Each place counts 1/k, k the controls of the person who has it.
    """

    treated: np.ndarray
    pool: np.ndarray
    places: np.ndarray
    weight: np.ndarray


@dataclass
class _Stock:
    """Controls that are still free, group by group."""

    score: np.ndarray
    size: np.ndarray
    left: dict[int, float] = field(default_factory=dict)  # of groups already taken from
    below: dict[int, int] = field(default_factory=dict)  # of a group used up: the next one to look at
    above: dict[int, int] = field(default_factory=dict)

    def free(self, group: int) -> float:
        return self.left.get(group, self.size[group])

    def take(self, group: int, amount: float) -> None:
        rest = self.free(group) - amount
        self.left[group] = rest
        if rest <= _NOTHING:
            self.below[group], self.above[group] = group - 1, group + 1


@dataclass(frozen=True)
class _Asker:
    """One treated group: its score, and the stretch of control groups of its stratum, divided at its score."""

    score: float
    size: int
    low: int
    at: int
    high: int


def serve_each_once(treated: Groups, pool: Groups, ratio: int, caliper: float, order: str, tolerance: float) -> Links:
    """Match in `ratio` rounds: in each, every treated person takes the nearest free control within the caliper.

    Parameters
    ----------
    treated, pool : Groups
    caliper : float
        Inclusive; infinity: none.
    order : {"largest", "smallest", "closest"}
    tolerance : float
        Distances that differ by no more are equal.
    """
    askers = _askers(treated, pool)
    stock = _Stock(pool.score, pool.size)
    rounds: list[tuple[int, int, float, int]] = []
    served: list[list[float]] = [[] for _ in askers]
    waiting = sorted(range(len(askers)), key=lambda g: askers[g].score, reverse=order != "smallest")
    for turn in range(ratio):
        run = _closest_first if order == "closest" else _in_order
        took = run(askers, waiting, stock, caliper, tolerance)
        got = dict.fromkeys(waiting, 0.0)
        for group, control, amount in took:
            got[group] += amount
            rounds.append((group, control, amount, turn))
        for group, amount in got.items():
            served[group].append(amount / askers[group].size)
        waiting = [g for g in waiting if got[g] >= askers[g].size - _NOTHING]
        if not waiting:
            break
    return _links(rounds, served, len(pool.size))


def _askers(treated: Groups, pool: Groups) -> list[_Asker]:
    low = np.searchsorted(pool.stratum, treated.stratum, "left")
    high = np.searchsorted(pool.stratum, treated.stratum, "right")
    at = first_index(low, high, lambda i: pool.score[i] >= treated.score)
    columns = (treated.score, treated.size, low, at, high)
    return [_Asker(*row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def _nearest_free(asker: _Asker, stock: _Stock, tolerance: float) -> tuple[float, list[int]]:
    """Distance of the nearest free control group, and that group, or both where two are equally near."""
    down, up = _follow(stock.below, asker.at - 1), _follow(stock.above, asker.at)
    lower = asker.score - stock.score[down] if down >= asker.low else np.inf
    upper = stock.score[up] - asker.score if up < asker.high else np.inf
    if lower == upper == np.inf:
        return np.inf, []
    if abs(lower - upper) <= tolerance:
        return float(min(lower, upper)), [down, up]
    return (float(lower), [down]) if lower < upper else (float(upper), [up])


def _follow(pointers: dict[int, int], group: int) -> int:
    passed = []
    while group in pointers:
        passed.append(group)
        group = pointers[group]
    for one in passed:
        pointers[one] = group
    return group


def _take(
    asker: _Asker, wanted: float, stock: _Stock, furthest: float, tolerance: float
) -> tuple[list[tuple[int, float]], float]:
    """Take up to `wanted` places, nearest first, none beyond `furthest`; what was taken, and what is still wanted."""
    taken = []
    while wanted > _NOTHING:
        distance, groups = _nearest_free(asker, stock, tolerance)
        if not groups or distance > furthest:
            break
        free = [stock.free(g) for g in groups]
        amount = min(wanted, sum(free))
        for group, there in zip(groups, free, strict=True):
            part = amount * there / sum(free)
            stock.take(group, part)
            taken.append((group, part))
        wanted -= amount
    return taken, wanted


def _in_order(
    askers: list[_Asker], waiting: list[int], stock: _Stock, caliper: float, tolerance: float
) -> list[tuple[int, int, float]]:
    """One round in the order given. The same score in two strata competes for nothing, so any order does for those."""
    return [
        (g, control, amount)
        for g in waiting
        for control, amount in _take(askers[g], askers[g].size, stock, caliper, tolerance)[0]
    ]


def _closest_first(
    askers: list[_Asker], waiting: list[int], stock: _Stock, caliper: float, tolerance: float
) -> list[tuple[int, int, float]]:
    """One round, the closest pair first. Distances only grow as controls are used up, so old ones are lower bounds."""
    took: list[tuple[int, int, float]] = []
    wanted = {g: float(askers[g].size) for g in waiting}
    heap = [(_nearest_free(askers[g], stock, tolerance)[0], -askers[g].score, g) for g in waiting]
    heapq.heapify(heap)
    while heap and heap[0][0] <= caliper and heap[0][0] < np.inf:  # infinity: nobody is left for them
        limit = min(heap[0][0] + tolerance, caliper)
        equally_close = []
        while heap and heap[0][0] <= limit:
            equally_close.append(heapq.heappop(heap)[1:])
        for minus_score, g in sorted(equally_close):
            taken, wanted[g] = _take(askers[g], wanted[g], stock, limit, tolerance)
            took += [(g, control, amount) for control, amount in taken]
            if wanted[g] > _NOTHING:
                heapq.heappush(heap, (_nearest_free(askers[g], stock, tolerance)[0], minus_score, g))
    return took


def _links(rounds: list[tuple[int, int, float, int]], served: list[list[float]], n_pool: int) -> Links:
    """Turn places taken into weight.

    Of a treated group all have K controls after K whole rounds, and a share q of them, drawn anew by chance in each
    round, one more. A place of a whole round then counts (1 − q)/K + q/(K + 1), one of the last 1/(K + 1). Without a
    whole round, q is the probability of having a control at all, and the person's weight.
    """
    if not rounds:
        none = np.zeros(0, dtype=np.intp)
        return Links(none, none, np.zeros(0), np.zeros(0))
    group, control, amount, turn = (np.array(column) for column in zip(*rounds, strict=True))
    whole = np.array([sum(share >= 1 - _NOTHING for share in shares) for shares in served])
    part = np.array([shares[-1] if shares and shares[-1] < 1 - _NOTHING else 0.0 for shares in served])
    k, q = whole[group], part[group]
    weight = amount * np.where(turn < k, (1 - q) / np.maximum(k, 1) + q / (k + 1), 1 / (k + 1))
    pair, where = np.unique(group * n_pool + control, return_inverse=True)
    return Links(pair // n_pool, pair % n_pool, np.bincount(where, amount), np.bincount(where, weight))
