"""Nearest neighbours: each treated person is compared with the `ratio` controls whose scores are nearest.

**Ties never depend on the order of rows or on names.** People whose scores are equal are treated equally: where not all
of them find a place, they share it. What comes of it is what matching with ties broken at random gives on average.

- With replacement every control at the distance of the last place shares the places that are left.
- Without replacement (`greedy`) equal controls are a stock of places, used by number and shared within the stock; equal
  treated people who together find too few controls share what there is, and have a weight below 1.

Scores are equal when they differ by less than `TIED` standard deviations: covariates that add up to the same may do so
but for the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .greedy import Groups, serve_each_once
from .sorted_pool import SortedPool, dense, first_index, sort_pool, sorted_by_score, within

#: Distances that differ by less, in standard deviations of the score, are equal.
TIED = 1e-11


@dataclass(frozen=True)
class _Windows:
    """With replacement: whom each treated person may take, as stretches of the sorted pool.

    All of [inner, inner_end) serve whole. Those of [first, inner) and [inner_end, last) lie at the distance of the last
    place, and each has `part` of a place.
    """

    first: np.ndarray
    inner: np.ndarray
    inner_end: np.ndarray
    last: np.ndarray
    places: np.ndarray
    part: np.ndarray


def nearest_weights(
    score: np.ndarray,
    is_treated: np.ndarray,
    ratio: int = 1,
    replace: bool = False,
    caliper: float | None = None,
    strata: np.ndarray | None = None,
    order: str = "largest",
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of nearest-neighbour matching; the caliper is inclusive.

    Parameters
    ----------
    score : float array, shape (n_people,)
        NaN for people who cannot be matched.
    is_treated : bool array, shape (n_people,)
    ratio : int
        Controls wanted for each treated person. Who finds fewer within reach keeps those.
    replace : bool
        Whether a control may serve more than one treated person. If not, in rounds: each takes one before anybody takes
        a second.
    caliper : float, optional
        On the scale of the score; None: there is none.
    strata : int array, shape (n_people,), optional
        Only people of one stratum are compared.
    order : {"largest", "smallest", "closest"}
        Without replacement, who takes first: the treated with the largest or smallest score, or the closest pair (of
        equally close ones, the larger treated score).

    Returns
    -------
    weight : float array, shape (n_people,)
        Treated: 1; below 1 for equal people who share too few controls; 0 without any. Controls: the sum over the
        treated they serve of 1/k, k that person's controls. Both groups' weights have the same sum.
    n_matches : int array, shape (n_people,)
        How many of the other group a person is compared with; everybody who shares a place counts.

    Notes
    -----
    Agrees with R's MatchIt (`method = "nearest"`), whose weights average 1 among controls, where scores have no ties.
    """
    (score, tolerance), strata = _with_equal_scores(score), dense(strata)
    if replace:
        return _with_replacement(score, is_treated, ratio, caliper, strata, tolerance)
    treated, pool = (_groups(score, group, strata) for group in (is_treated, ~is_treated))
    weight, n_matches = np.zeros(len(score)), np.zeros(len(score), dtype=np.int64)
    links = serve_each_once(treated, pool, ratio, np.inf if caliper is None else caliper, order, tolerance)
    for mine, theirs, us, them in (
        (links.treated, links.pool, treated, pool),
        (links.pool, links.treated, pool, treated),
    ):
        total = np.bincount(mine, links.weight, len(us.size)) / us.size
        n = np.bincount(mine, them.size[theirs], len(us.size)).astype(np.int64)
        weight[us.people], n_matches[us.people] = np.repeat(total, us.size), np.repeat(n, us.size)
    # a whole weight may come out a rounding beside 1
    weight[is_treated & (np.abs(weight - 1) < 1e-9)] = 1.0
    return weight, n_matches


def nearest_pairs(
    score: np.ndarray,
    is_treated: np.ndarray,
    ratio: int = 1,
    replace: bool = False,
    caliper: float | None = None,
    strata: np.ndarray | None = None,
    order: str = "largest",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who is compared with whom in nearest-neighbour matching; parameters as `nearest_weights`.

    Returns
    -------
    treated, control : int array, shape (n_pairs,)
        Positions in `score`; sorted by the treated person, then the control.
    share : float array, shape (n_pairs,)
        What the pair contributes to both weights: its sum over a person's pairs is that person's weight. For 1:1 it is
        the probability that the two are a pair when ties are broken at random; 1 throughout without ties.

    Notes
    -----
    Equal scores multiply pairs: each of m equal treated people is paired with each of n equal controls.
    """
    (score, tolerance), strata = _with_equal_scores(score), dense(strata)
    if replace:
        pool, treated, found = _nearest_windows(score, is_treated, ratio, caliper, strata, tolerance)
        who, place, part = _spread_out(found)
        first, second, share = treated[who], pool.people[place], part / found.places[who]
    else:
        ours, theirs = (_groups(score, group, strata) for group in (is_treated, ~is_treated))
        links = serve_each_once(ours, theirs, ratio, np.inf if caliper is None else caliper, order, tolerance)
        n, m = ours.size[links.treated], theirs.size[links.pool]
        link = np.repeat(np.arange(len(n)), n * m)
        within_link = np.arange(len(link)) - np.repeat(np.cumsum(n * m) - n * m, n * m)
        first = ours.people[ours.start[links.treated][link] + within_link // m[link]]
        second = theirs.people[theirs.start[links.pool][link] + within_link % m[link]]
        share = (links.weight / (n * m))[link]
    ordered = np.lexsort((second, first))
    return first[ordered], second[ordered], share[ordered]


def _with_equal_scores(score: np.ndarray) -> tuple[np.ndarray, float]:
    """The score with ties made exact, and the difference below which distances are equal, too.

    A run of sorted scores with gaps of at most the tolerance takes the value of its lowest.
    """
    known = np.flatnonzero(~np.isnan(score))
    tolerance = TIED * float(score[known].std(ddof=1)) if len(known) > 1 else 0.0
    ordered = known[np.argsort(score[known])]
    values = score[ordered]
    begins = np.r_[True, np.diff(values) > tolerance][: len(values)]
    equal = score.copy()
    equal[ordered] = values[begins][np.cumsum(begins) - 1]
    return equal, tolerance


def _groups(score: np.ndarray, is_member: np.ndarray, strata: np.ndarray | None) -> Groups:
    people = sorted_by_score(np.flatnonzero(is_member & ~np.isnan(score)), score, strata)
    values, codes = score[people], np.zeros(len(people), dtype=np.intp) if strata is None else strata[people]
    begins = np.r_[True, (values[1:] != values[:-1]) | (codes[1:] != codes[:-1])][: len(people)]
    start = np.flatnonzero(begins)
    return Groups(people, start, np.diff(np.r_[start, len(people)]), values[start], codes[start])


def _with_replacement(
    score: np.ndarray,
    is_treated: np.ndarray,
    ratio: int,
    caliper: float | None,
    strata: np.ndarray | None,
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray]:
    weight, n_matches = np.zeros(len(score)), np.zeros(len(score), dtype=np.int64)
    pool, treated, found = _nearest_windows(score, is_treated, ratio, caliper, strata, tolerance)
    weight[treated], n_matches[treated] = found.places > 0, found.last - found.first
    served = found.places > 0
    share = 1.0 / np.maximum(found.places, 1)
    n_served = pool.added_up(found.first[served], found.last[served])
    total = np.zeros(len(pool.people))
    for begin, end, amount in (
        (found.inner, found.inner_end, share),
        (found.first, found.inner, found.part * share),
        (found.inner_end, found.last, found.part * share),
    ):
        some = end > begin
        total += pool.added_up(begin[some], end[some], amount[some])
    weight[pool.people], n_matches[pool.people] = np.where(n_served > 0, total, 0.0), n_served
    return weight, n_matches


def _nearest_windows(
    score: np.ndarray,
    is_treated: np.ndarray,
    ratio: int,
    caliper: float | None,
    strata: np.ndarray | None,
    tolerance: float,
) -> tuple[SortedPool, np.ndarray, _Windows]:
    """Find the nearest `ratio` controls of each treated person, and all others at the same distance as the last.

    The nearest k are a stretch of the sorted pool: the first at which the control beyond its end is not nearer than the
    one at its beginning.
    """
    pool = sort_pool(score, ~is_treated, strata)
    people = pool.people
    treated = np.flatnonzero(is_treated & ~np.isnan(score))
    if not len(people):
        treated = treated[:0]
    t = score[treated]
    low, high = pool.of_strata(treated, strata)
    reach = np.inf if caliper is None else caliper
    k = np.minimum(ratio, high - low)
    at = first_index(low, high - k, lambda i: t - pool.score[i] <= pool.score[np.minimum(i + k, len(people) - 1)] - t)
    ends = [np.clip(i, 0, max(len(people) - 1, 0)) for i in (at, at + k - 1)]
    furthest = np.maximum(np.abs(t - pool.score[ends[0]]), np.abs(t - pool.score[ends[1]]))
    first, last = within(pool, t, np.minimum(furthest + tolerance, reach), low, high)
    inner = first_index(first, last, lambda i: t - pool.score[i] < furthest - tolerance)
    inner_end = first_index(first, last, lambda i: pool.score[i] - t >= furthest - tolerance)
    # everybody within reach, or everybody at one distance: there is no inner stretch, or nothing else
    none_nearer, all_nearer = inner_end <= inner, last - first <= k
    inner = np.where(all_nearer | none_nearer, first, inner)
    inner_end = np.where(all_nearer, last, np.where(none_nearer, first, inner_end))
    n_shared = (last - first) - (inner_end - inner)
    places = np.minimum(k, last - first)
    part = (places - (inner_end - inner)) / np.maximum(n_shared, 1)
    return pool, treated, _Windows(first, inner, inner_end, last, places, part)


def _spread_out(found: _Windows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every (treated, place in the pool) of the windows, with the part of a place that the control has."""
    n = found.last - found.first
    who = np.repeat(np.arange(len(n)), n)
    place = np.arange(len(who)) - np.repeat(np.cumsum(n) - n, n) + found.first[who]
    is_inner = (place >= found.inner[who]) & (place < found.inner_end[who])
    return who, place, np.where(is_inner, 1.0, found.part[who])
