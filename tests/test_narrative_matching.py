"""How the comparison group was made, in words, by every method and where one took another's place."""

import pytest
from examples import analysis, findings

from jdl_toolkit import narrative
from jdl_toolkit.findings import BalanceRow


def with_matching(method: str, settings=None, is_balanced=True, **changes):
    """Findings of an analysis that was matched by `method`, whatever the request had asked for."""
    caliper = {} if method in ("radius", "nearest") else {"caliper_sd": None, "caliper_raw": None}
    given = {"method": method, "calipers_tried": ()} | caliper | changes
    balance = analysis().balance.model_copy(update={"passed": is_balanced})
    parts = {"matching": analysis().matching.model_copy(update=given), "balance": balance}
    return findings(analysis_changes=parts | ({"settings": {"matching": settings}} if settings else {}))


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("radius", "Around each person who received the service we draw a circle"),
        ("nearest", "compared with the one person whose score is closest. Nobody is compared with more than one"),
        ("ipw", "counts for more the likelier a person with that record was to receive the service"),
        ("overlap", "people who might well have been in either group, not all who received the service"),
        ("ebal", "worked out so that the averages of the two groups agree"),
    ],
)
def test_every_method_is_explained(method, words):
    text = narrative.method_in_short(with_matching(method)).text
    assert words in text
    assert ("circle" in text) == (method == "radius") and ("is called the caliper" in text) == (
        method in ("radius", "nearest")
    )
    assert "without a look at any outcome" in text
    assert narrative.check_numbers(text, with_matching(method)) == []


def test_several_neighbours_that_may_serve_again():
    found = with_matching("nearest", settings={"ratio": 3, "replace": True})
    text = narrative.method_in_short(found).text
    assert "compared with the three people whose score is closest. One person may be compared with several." in text


def test_a_fallback_is_told_plainly_with_its_reason():
    found = with_matching("ebal", is_fallback=True, calipers_tried=(0.2, 0.1, 0.05, 0.01))
    words = narrative.method_in_short(found)
    assert "fallback" in words.rules and words.text.index("Why was entropy balancing used?") < words.text.index(
        "What is entropy balancing?"
    )
    assert (
        "That was tried in four ways, each stricter than the last, and the groups did not come out alike" in words.text
    )
    assert "another way had been named beforehand" in words.text
    assert narrative.check_numbers(words.text, found) == []
    assert "fallback" not in narrative.method_in_short(with_matching("ebal")).rules
    once = with_matching("ebal", is_fallback=True, calipers_tried=())
    assert "That was tried as had been planned, and" in narrative.method_in_short(once).text


def test_where_nothing_balances_all_rungs_are_counted():
    text = narrative.method_in_short(with_matching("radius", is_balanced=False, calipers_tried=(0.2, 0.1, 0.05))).text
    assert "Of three that were tried, it is the one that makes the groups most alike." in text


def test_squares_and_whose_deviation_in_words():
    row = analysis().balance.rows[0]
    square = BalanceRow(
        covariate="Age, squared", level="", smd_before=0.3, smd_after=-0.123, light="red", kind="square"
    )
    balance = analysis().balance.model_copy(update={"rows": (row,), "squares": (square,), "denominator": "treated"})
    found = findings(analysis_changes={"balance": balance})
    words = narrative.how_alike(found)
    assert "the usual spread among the people who received the service" in words.text
    assert "there the largest difference is 12.3%, which would be red. They do not decide" in words.text
    assert narrative.check_numbers(words.text, found) == []
    plain = narrative.how_alike(findings())
    assert "squares" not in plain.rules and "the usual spread among people of both groups" in plain.text


def test_matching_again_is_told_where_the_numbers_come_from():
    found = findings()
    reason = "another sample than was opened in a run that was archived; changed since: matching.calipers"
    told = found.model_copy(update={"provenance": found.provenance.model_copy(update={"matched_again": (reason,)})})
    text = narrative.provenance(told).text
    assert f"- Matched again after outcomes had been opened: {reason}." in text
    assert narrative.check_numbers(text, told) == []
    assert "Matched again" not in narrative.provenance(found).text
