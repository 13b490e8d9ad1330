"""Disclosure control: what is withheld, and that it cannot be worked out."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdl_toolkit.disclosure import (
    coarse_edges,
    enough,
    is_small,
    mask_small_counts,
    may_be_shown,
    merge_levels,
    possible_values,
    suppress_counts,
)


def by_hand(counts, sums, suppressed, minimum):
    """Every value each withheld count can have, by trying all combinations of small tables."""
    hidden = sorted(suppressed.primary | suppressed.secondary)
    top = max(counts.values()) + minimum
    least = {k: min(minimum, counts[k]) for k in hidden}
    domains = [range(1, minimum) if k in suppressed.primary else range(least[k], top + 1) for k in hidden]
    found = {k: set() for k in hidden}
    for values in itertools.product(*domains):
        guess = counts | dict(zip(hidden, values, strict=True))
        if all(guess[total] == sum(guess[p] for p in parts) for total, parts in sums):
            for k, v in zip(hidden, values, strict=True):
                found[k].add(v)
    return found


def one_row(values):
    counts = {f"c{i}": n for i, n in enumerate(values)} | {"total": sum(values)}
    return counts, [("total", [f"c{i}" for i in range(len(values))])]


def test_a_single_small_count_takes_the_smallest_other_one_with_it():
    counts, sums = one_row([3, 20, 40])
    found = suppress_counts(counts, sums, 5, keep=["total"])
    assert found.primary == {"c0"}
    assert found.secondary == {"c1"}
    assert [found.shown(counts, k) for k in counts] == [None, None, 40, 63]
    assert possible_values(counts, sums, 5, found) == {"c0": (1, 4), "c1": (19, 22)}


def test_two_small_counts_protect_each_other_unless_their_sum_gives_them_away():
    counts, sums = one_row([3, 2, 40])
    assert suppress_counts(counts, sums, 5).secondary == frozenset()
    for pair in ([1, 1], [4, 4]):  # 2 and 8 leave no choice for two counts of 1 to 4
        counts, sums = one_row([*pair, 40, 50])
        assert suppress_counts(counts, sums, 5, keep=["total"]).secondary == {"c2"}


def test_a_count_of_five_beside_a_count_of_one_protects_nothing():
    counts, sums = one_row([1, 5, 30])  # one "fewer than 5" and one "at least 5" that add to 6
    found = suppress_counts(counts, sums, 5, keep=["total"])
    assert found.secondary == {"c1", "c2"}
    assert all(len(v) > 1 for v in by_hand(counts, sums, found, 5).values())


def test_zero_is_shown_and_protects_nothing():
    counts, sums = one_row([2, 0, 30])
    found = suppress_counts(counts, sums, 5, keep=["total"])
    assert found.secondary == {"c2"}
    assert found.shown(counts, "c1") == 0


def test_where_even_the_word_small_would_tell_a_count_is_only_said_to_be_withheld():
    counts, sums = one_row([1, 1, 0])  # with a minimum of 3, a total below 3 of two counts above 0 could only be 2
    found = suppress_counts(counts, sums, 3)
    assert (found.primary, found.secondary) == ({"c0", "c1"}, {"total"})
    assert by_hand(counts, sums, found, 3)["c0"] == {1, 2}


def test_a_complement_that_is_printed_nowhere_is_protected_too():
    counts = {"excluded": 491, "within": 489, "beyond": 2}
    sums = [("excluded", ["within", "beyond"])]
    assert suppress_counts(counts, sums, 5, keep=["excluded"], implied=["beyond"]).secondary == {"within"}
    counts = {"excluded": 491, "within": 251, "beyond": 240}
    assert suppress_counts(counts, sums, 5, implied=["beyond"]).secondary == frozenset()


def test_what_is_kept_must_not_give_a_small_count_away():
    counts, sums = one_row([2, 30])
    with pytest.raises(ValueError, match="gives a small count away"):
        suppress_counts(counts, sums, 5, keep=["total", "c1"])
    with pytest.raises(ValueError, match="is small"):
        suppress_counts(counts, sums, 5, keep=["c0"])
    with pytest.raises(ValueError, match="not the sum"):
        suppress_counts(counts | {"total": 33}, sums, 5)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=2, max_size=4))
def test_no_withheld_count_of_a_row_can_be_recovered(values):
    counts, sums = one_row(values)
    found = suppress_counts(counts, sums, 5)
    assert {k for k, n in counts.items() if 0 < n < 5} <= found.primary | found.secondary
    assert all(len(v) > 1 for v in by_hand(counts, sums, found, 5).values())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=3))
def test_no_withheld_count_of_a_table_with_margins_can_be_recovered(rows):
    table = np.array(rows)
    counts = {f"{r},{c}": int(table[r, c]) for r in range(table.shape[0]) for c in range(2)}
    counts |= {f"{r},all": int(table[r].sum()) for r in range(table.shape[0])}
    counts |= {f"all,{c}": int(table[:, c].sum()) for c in range(2)} | {"all": int(table.sum())}
    sums = [(f"{r},all", [f"{r},0", f"{r},1"]) for r in range(table.shape[0])]
    sums += [(f"all,{c}", [f"{r},{c}" for r in range(table.shape[0])]) for c in range(2)]
    sums += [("all", [f"{r},all" for r in range(table.shape[0])]), ("all", ["all,0", "all,1"])]
    found = suppress_counts(counts, sums, 3)
    assert all(low < high for low, high in possible_values(counts, sums, 3, found).values())
    assert {k for k, n in counts.items() if 0 < n < 3} <= found.primary | found.secondary


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=2, max_size=4), st.integers(5, 12))
def test_the_limits_found_by_programming_are_those_found_by_trying(excluded, remaining):
    """A flow: each step's records are those before it less those that leave; the last count is always shown."""
    counts, sums, after = {"after0": sum(excluded) + remaining}, [], sum(excluded) + remaining
    for i, n in enumerate(excluded, 1):
        after -= n
        counts |= {f"left{i}": n, f"after{i}": after}
        sums.append((f"after{i - 1}", [f"left{i}", f"after{i}"]))
    found = suppress_counts(counts, sums, 5, keep=[f"after{len(excluded)}"])
    limits = possible_values(counts, sums, 5, found)
    assert all(low < high for low, high in limits.values())
    hidden = found.primary | found.secondary
    if len(hidden) <= 4:
        tried = by_hand(counts, sums, found, 5)
        assert all(min(tried[k]) == limits[k][0] for k in hidden)


@pytest.mark.parametrize(("n", "is_enough"), [(None, False), (0, False), (29, False), (30, True)])
def test_groups_below_the_minimum_have_no_statistics(n, is_enough):
    assert enough(n, 30) is is_enough


def test_none_and_all_of_a_group_are_not_shown():
    assert [may_be_shown(k, 60, 5) for k in (0, 4, 5, 55, 56, 60)] == [False, False, True, True, False, False]
    assert [is_small(k, 5) for k in (0, 1, 4, 5)] == [False, True, True, False]


def test_neighbouring_levels_are_joined_until_each_is_large_enough():
    counts = pd.DataFrame({"treatment": [3, 40, 60, 2, 1], "pool": [90, 900, 900, 80, 70]}, index=list("abcde"))
    assert merge_levels(counts, 5) == [["a", "b"], ["c", "d", "e"]]
    assert merge_levels(counts, 1) == [["a"], ["b"], ["c"], ["d"], ["e"]]
    assert merge_levels(pd.DataFrame({"treatment": [257, 0]}, index=["men", "women"]), 5) == [["men", "women"]]


def test_every_bin_of_a_histogram_holds_enough_of_each_group():
    rng = np.random.default_rng(1)
    treated, pool = rng.normal(-4, 1, 60), rng.normal(-6, 2, 5000)
    edges = coarse_edges([treated, pool], 5, 0.25)
    assert edges[0] == np.floor(pool.min()) and edges[-1] == np.ceil(pool.max())
    counts = [np.histogram(v, edges)[0] for v in (treated, pool)]
    assert [c.sum() for c in counts] == [60, 5000]
    assert min(c.min() for c in counts) >= 5
    assert len(edges) > 5
    assert coarse_edges([treated[:4], pool], 5, 0.25).size == 0


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "3 people could be included; at least 30 are needed",
            "fewer than 5 people could be included; at least 30 are needed",
        ),
        ("13 people, 1,003 people and 0.3 people", "13 people, 1,003 people and 0.3 people"),
        ("5 people", "5 people"),
        ("1 record", "fewer than 5 record"),
    ],
)
def test_small_counts_in_a_message_are_masked(text, masked):
    assert mask_small_counts(text, 5) == masked
