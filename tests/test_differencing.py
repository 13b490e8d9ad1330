"""A corrected release beside the earlier one: which counts tell of a few people."""

import pytest
from invented import findings, subgroups

from jdl_toolkit.findings import small_differences


def with_flow(found, **counts):
    """With counts of the step for reason 11 replaced."""
    one = found.analyses[0]
    flow = tuple(step.model_copy(update=counts) if step.code == 11 else step for step in one.flow)
    return found.model_copy(update={"analyses": (one.model_copy(update={"flow": flow}), *found.analyses[1:])})


def with_rate(found, n, k):
    one = found.analyses[0]
    rate = one.measures[0].model_copy(update={"n_treatment": n, "treatment_value": k / n})
    return found.model_copy(update={"analyses": (one.model_copy(update={"measures": (rate, *one.measures[1:])}),)})


def test_the_same_release_twice_tells_of_nobody():
    assert small_differences(findings(subgroups=subgroups()), findings(subgroups=subgroups())) == ()


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [(9, 12, "the two releases differ by fewer than 5"), (9, None, "withheld in one"), (None, 9, "withheld in one"),
     (9, 14, ""), (9, 0, ""), (None, None, "")],
)  # fmt: skip
def test_counts_that_change_by_a_few_or_are_withheld_in_one(before, after, why):
    found = small_differences(*(with_flow(findings(), records_excluded=n) for n in (before, after)))
    assert [d.what for d in found] == (["flow, a sexual offence is on record: records excluded"] if why else [])
    assert all(why in d.words and d.words.startswith(f"{findings().analyses[0].title}: flow,") for d in found)
    assert not any(str(n) in d.words for d in found for n in (3, 9, 12))


@pytest.mark.parametrize(
    ("k", "n", "n_found"),
    [((84, 257), (84, 257), 0), ((84, 257), (86, 257), 1), ((84, 257), (104, 300), 0), ((84, 257), (86, 300), 1),
     ((84, 257), (84, 300), 1), ((84, 257), (127, 300), 1), ((84, 257), (85, 259), 2)],
)  # fmt: skip
def test_people_with_it_are_set_off_against_those_who_are_in_one_release_alone(k, n, n_found):
    """Of 43 further people two, none, or all reoffended; of two further people, the number itself tells."""
    for one, other in ((k, n), (n, k)):
        found = small_differences(with_rate(findings(), one[1], one[0]), with_rate(findings(), other[1], other[0]))
        assert len(found) == n_found and all(d.what.startswith("One-year proven reoffending rate") for d in found)


def test_analyses_and_requests_that_only_one_release_has_are_not_compared():
    renamed = findings().analyses[0].model_copy(update={"id": "other"})
    other = findings().model_copy(update={"analyses": (renamed,), "linkage": None})
    assert small_differences(with_flow(findings(), records_excluded=12), other) == ()
