"""What a report may say of its design: who was matched, whom it concerns, what was settled blind and restricted."""

import invented
import pytest
from examples import analysis, estimate, findings, measure, power, ranged, spec, withheld
from test_narrative_matching import with_matching

from jdl_toolkit import narrative, tables
from jdl_toolkit.findings import EffectivePower, EstimatorRow, PairBounds, PowerRow
from jdl_toolkit.matching.messages import said_of_size

REDUCTION, INCREASE, INCONCLUSIVE = ranged(-0.38, -0.01), ranged(0.02, 0.11), ranged(-0.0794, 0.0359)
REASON = "another sample than was opened; changed since: matching.exact"
EITHER = "people who might have been in either group"


def again(found, *reasons):
    """The same findings after matching anew with outcomes open."""
    return found.model_copy(
        update={"provenance": found.provenance.model_copy(update={"matched_again": reasons or (REASON,)})}
    )


def by_weights(method, headline=INCONCLUSIVE, robustness=None, **changes):
    matched = with_matching(method, **changes).analyses[0]
    parts = {"matching": matched.matching, "balance": matched.balance, "robustness": robustness}
    return findings(measure(headline), analysis_changes=parts | {"settings": matched.settings})


# --- matched again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passage", "blind", "opened"),
    [
        (narrative.what_was_done, "before the comparison group was settled", "comparison group was first settled"),
        (narrative.other_ways, "named before any outcome was looked at", "named in the request"),
        (narrative.subgroups, "named before any outcome was looked at", "named in the request"),
        (narrative.how_alike, "before any outcome was compared", "each level of each characteristic is one)."),
        (
            narrative.method_in_short,
            "without a look at any outcome",
            "But the groups were made again after outcomes had been opened",
        ),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_blindness_is_claimed_only_where_it_was_kept(passage, blind, opened):
    whole = invented.whole_findings()
    assert blind in passage(whole).text and opened not in passage(whole).text
    told = passage(again(whole)).text
    assert opened in told and blind not in told
    assert narrative.check_numbers(told, again(whole)) == []


@pytest.mark.parametrize("headline", [REDUCTION, INCREASE, INCONCLUSIVE])
def test_matching_again_stands_beside_the_finding(headline):
    found = findings(measure(headline))
    text = narrative.finding(again(found)).text
    assert "**The groups were made again after outcomes had been opened**" in text
    assert f"What is on record about it: {REASON}." in text
    assert "Add to each: “The groups were made again" in narrative.can_say(again(found)).text
    assert "“The comparison was settled before anybody knew the result”" in narrative.cannot_say(again(found)).text
    assert "matched_again" in narrative.caveats(again(found)).rules
    for passage in (narrative.finding, narrative.can_say, narrative.cannot_say, narrative.caveats):
        assert "made again" not in passage(found).text


def test_several_reasons_are_told_together():
    text = narrative.finding(again(findings(), "the first", "the second.")).text
    assert "on record about it: the first and the second." in text


def test_a_fallback_is_not_called_named_beforehand_once_outcomes_were_open():
    found = with_matching("ebal", is_fallback=True)
    assert "had been named beforehand" in narrative.method_in_short(found).text
    text = narrative.method_in_short(again(found)).text
    assert "another way had been named in the request, entropy balancing" in text


# --- overlap weights -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headline", [REDUCTION, INCREASE, INCONCLUSIVE])
@pytest.mark.parametrize(
    "passage",
    [
        narrative.finding,
        narrative.what_was_done,
        narrative.for_every_100,
        narrative.can_say,
        narrative.cannot_say,
        narrative.caveats,
        narrative.what_could_be_detected,
        narrative.three_estimates,
    ],
    ids=lambda p: p.__name__,
)
def test_whom_overlap_weights_concern_is_said_wherever_the_result_is(passage, headline):
    found = by_weights("overlap", headline)
    words = passage(found).text
    assert "might have been in either group" in words
    assert narrative.check_numbers(words, found) == []
    for method in ("radius", "nearest", "ipw", "ebal"):
        assert "in either group" not in passage(by_weights(method, headline)).text.replace("People in either group", "")


@pytest.mark.parametrize("headline", [REDUCTION, INCREASE, INCONCLUSIVE])
def test_the_headline_sentence_says_whom_overlap_weights_concern(headline):
    assert EITHER in narrative.headline_sentence(by_weights("overlap", headline).analyses[0])
    assert EITHER not in narrative.headline_sentence(by_weights("ebal", headline).analyses[0])


def test_a_weighted_share_is_not_told_as_a_share_of_people():
    text = narrative.finding(by_weights("overlap")).text
    assert "Counted so, **" in text and "Of 257 people" not in text
    assert "Of 257 people" in narrative.finding(by_weights("ebal")).text


def test_figures_that_are_withheld_are_not_introduced():
    parts = {"matching": with_matching("overlap").analyses[0].matching}
    assert narrative.for_every_100(findings(withheld(), analysis_changes=parts)).rules == ("withheld",)


def test_the_panel_says_whom_each_way_concerns():
    panel = invented.robustness()
    other, own = (by_weights(method, robustness=panel) for method in ("radius", "overlap"))
    assert "One of them, overlap weights, concerns people who might" in narrative.other_ways(other).text
    text = narrative.other_ways(own).text
    assert "concern the people who received the service and could be compared, while this report" in text
    assert narrative.check_numbers(text, own) == []
    assert "all others, the treatment group" in tables.robustness_table(other.analyses[0]).note
    note = tables.robustness_table(own.analyses[0]).note
    assert "This report, by overlap weights, concerns people" in note and "all others" not in note
    one = by_weights("overlap", robustness=invented.robustness(INCONCLUSIVE))
    assert "It concerns the people who received the service" in narrative.other_ways(one).text


# --- words of matching -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ipw", "overlap", "ebal"])
def test_nothing_is_called_matched_where_people_were_weighted(method):
    found = by_weights(method, calipers_tried=())
    for passage in (narrative.three_estimates, narrative.how_alike, narrative.what_was_done):
        text = passage(found).text
        assert "matched" not in text and "matching" not in text, passage.__name__
    text = narrative.three_estimates(found).text
    assert "**Headline**: weighting, then an adjustment" in text and "nobody had to be left out" in text
    assert "three_estimates_by_weights" in narrative.method_in_short(found).rules
    exact = "make the averages of the two groups agree" in narrative.method_in_short(found).text
    assert exact == (method != "ipw")
    assert "Headline: weighting" in tables.estimates_table(found.analyses[0]).note


@pytest.mark.parametrize("method", ["radius", "nearest"])
def test_matching_keeps_its_words(method):
    text = narrative.three_estimates(by_weights(method)).text
    assert "**Headline**: matching" in text and "everybody could be matched" in text
    assert "three_estimates" in narrative.method_in_short(by_weights(method)).rules


@pytest.mark.parametrize(
    ("after", "rule", "words"),
    [
        ((0.0, 0.0004), "none_left", "No difference is left that one decimal place would show."),
        ((0.0, -0.012), "least_alike", "The least alike is B (1.2%)."),
        ((0.02, -0.012), "least_alike", "The least alike are A (2.0%) and B (1.2%)."),
    ],
)
def test_what_prints_as_nothing_is_not_called_least_alike(after, rule, words):
    row = analysis().balance.rows[0]
    rows = tuple(row.model_copy(update={"covariate": c, "smd_after": v}) for c, v in zip("AB", after, strict=True))
    balance = analysis().balance.model_copy(update={"rows": rows, "worst": max(map(abs, after))})
    said = narrative.how_alike(findings(analysis_changes={"balance": balance}))
    assert rule in said.rules and words in said.text


# --- beside an inconclusive result -----------------------------------------------------------------------------------

LOWER, HIGHER = ranged(-0.2, 0.1), ranged(-0.1, 0.2)


@pytest.mark.parametrize(
    ("others", "rule", "words"),
    [
        ((LOWER,), "ways_inconclusive", "That other ways point the same way does not make it clearer."),
        ((LOWER, HIGHER), "ways_inconclusive_mixed", "One of two other ways does not point the same way"),
        ((HIGHER,), "ways_inconclusive_mixed", "The other way does not point the same way"),
        ((HIGHER,) * 3, "ways_inconclusive_mixed", "The three other ways do not point the same way"),
        ((LOWER,) * 16 + (HIGHER,) * 19, "ways_inconclusive_mixed", "19 of 35 other ways do not point the same"),
        ((LOWER, estimate(0.0)), "ways_inconclusive_mixed", "One of two other ways does not"),
        ((LOWER, REDUCTION), "ways_inconclusive_some_clear", "was chosen before the result was known"),
    ],
)
def test_other_ways_that_point_elsewhere_are_not_called_the_same(others, rule, words):
    panel = invented.robustness(*others, main=INCONCLUSIVE)
    found = findings(measure(INCONCLUSIVE), analysis_changes={"robustness": panel})
    said = narrative.other_ways(found)
    assert rule in said.rules and words in said.text
    assert ("point the same way does not make it clearer" in said.text) == (rule == "ways_inconclusive")
    assert narrative.check_numbers(said.text, found) == []
    assert "was chosen before the result" not in narrative.other_ways(again(found)).text


# --- power -----------------------------------------------------------------------------------------------------------


def with_worth(needed, floor=2.1):
    """Power as published, and with controls counted by what they are worth."""
    rows = tuple(
        PowerRow(reduction_pp=r.reduction_pp, n_treatment=needed, infeasible=needed is None) for r in power().rows
    )
    worth = EffectivePower(
        n_control=6189.7,
        rows=rows,
        smallest_detectable_pp=floor,
        detectable_in_hand_pp=10.9,
        needed_for_observed=needed,
    )
    return findings(analysis_changes={"power": power().model_copy(update={"effective": worth})})


@pytest.mark.parametrize(
    ("needed", "words", "observed"),
    [
        (None, "no number of people would be enough.", "(by the safer count, no number of people would be enough)"),
        (12_001, "12,001 people.", "7,594 people (by the safer count, 12,001 people) would be needed"),
        (1, "1 person.", "7,594 people (by the safer count, 1 person) would be needed"),
    ],
)
def test_power_is_told_both_ways_with_the_reason(needed, words, observed):
    found = with_worth(needed)
    said = narrative.what_could_be_detected(found)
    assert "counts everybody in the comparison group as one person, as earlier publications do" in said.text
    assert f"- For a reduction of 2 percentage points: 9,327 people; by the safer count, {words}" in said.text
    assert observed in said.text
    assert "a reduction of less than 0.9 percentage points (by the safer count, 2.1)." in said.text
    assert narrative.check_numbers(said.text, found) == []
    plain = narrative.what_could_be_detected(findings())
    assert "power_two_counts" not in plain.rules and "safer" not in plain.text


def test_a_safer_count_that_comes_to_the_same_is_not_told_twice():
    rows = power().rows
    worth = EffectivePower(
        n_control=33_000.0,
        rows=rows,
        smallest_detectable_pp=0.9377,
        detectable_in_hand_pp=10.69,
        needed_for_observed=7_594,
    )
    found = findings(analysis_changes={"power": power().model_copy(update={"effective": worth})})
    text = narrative.what_could_be_detected(found).text
    assert "by it, too, this analysis could show 10.7 percentage points or more." in text
    assert "by the safer count" not in text and "- For a reduction of 5 percentage points: 1,207 people.\n" in text


def test_by_what_test_the_numbers_of_people_were_worked_out():
    said = narrative.power_method(with_worth(12_001))
    assert said.text == (
        "The numbers of people are those of a two-sided t-test of two means at 5%, with 95% power, 33,111 people in the"
        " comparison group and a standard deviation of 0.473 in both groups. The safer count takes the comparison"
        " group’s effective size, 6,190, in place of its number of people."
    )
    assert narrative.power_method(findings()).rules == ("power_method",)
    assert narrative.power_method(findings(analysis_changes={"power": None})) is None


# --- the method page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"exact": ["sex"]}, "Only people who are exactly alike in sex were compared with each other"),
        ({"exact": ["sex", "index_year"]}, "exactly alike in sex and year of the index date were"),
        ({"common_support": "range"}, "lower or higher than any in the other group were left out"),
        ({"trim": 0.05}, "below 5% or above 95% were left out, as"),
        ({"trim": 0.005, "common_support": "range"}, "below 0.5% or above 99.5% were left out as well"),
    ],
)
def test_what_the_matching_was_restricted_to_is_in_words(settings, words):
    found = with_matching("radius", settings=settings)
    text = narrative.method_in_short(found).text
    assert words in text and narrative.check_numbers(text, found) == []
    assert words not in narrative.method_in_short(with_matching("radius")).text


def test_exact_strata_of_weights_are_in_words():
    text = narrative.method_in_short(with_matching("ebal", settings={"exact": ["sex"]})).text
    assert "exactly the same make-up by sex" in text and "Only people who are exactly" not in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"splines": ["age"]}, "What age tells about taking part may change along a curve"),
        ({"splines": ["age", "copas_rate"]}, "(Copas rate) tell about taking part"),
        ({"interactions": [["age", "sex"]]}, "This pair of characteristics may count together otherwise"),
        ({"interactions": [["age", "sex"], ["sex", "region"]]}, "each by itself: age with sex; sex with region."),
        ({"selection": "stepwise"}, "A computer chose, step by step"),
    ],
)
def test_what_the_score_was_made_of_otherwise_is_in_words(settings, words):
    text = narrative.method_in_short(findings(analysis_changes={"settings": {"covariates": settings}})).text
    assert words in text
    assert words not in narrative.method_in_short(findings()).text


# --- pairs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "words"),
    [
        ("decrease", "compared with one other. It is for an outcome that is lower in the treatment group."),
        (
            "increase",
            "In these pairs the outcome is higher in the treatment group, in this report it is lower: so this",
        ),
        ("none", "compared with one other. The pairs point neither way."),
    ],
)
def test_the_p_value_in_pairs_names_its_direction(direction, words):
    panel = invented.robustness()
    pairs = PairBounds(**(panel.hidden.pairs.model_dump() | {"direction": direction}))
    panel = panel.model_copy(update={"hidden": panel.hidden.model_copy(update={"pairs": pairs})})
    found = findings(measure(estimate(-0.061)), analysis_changes={"robustness": panel})
    assert words in tables.bounds_table(found.analyses[0]).note
    rules = narrative.hidden_bias(found).rules
    assert ("hidden_pairs_against" in rules) == (direction == "increase")
    assert ("hidden_pairs" in rules) == (direction != "increase")


# --- tables ----------------------------------------------------------------------------------------------------------


def test_other_calculations_that_compare_anew_are_named():
    note = tables.robustness_table(invented.whole_findings().analyses[0]).note
    assert "but the check weights the whole control pool" in note
    assert "Largest difference left, %" in tables.robustness_table(invented.whole_findings().analyses[0]).columns


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("headline", "lm_HC3"), "All rest on the people and weights of this report."),
        (("headline", "check"), "but for the check, which compares with the whole control pool"),
        (("check", "aipw", "abadie_imbens_5"), "the check, the doubly robust estimates and nearest neighbours, which"),
    ],
)
def test_estimators_that_go_back_to_the_pool_are_named(names, words):
    row = EstimatorRow(name="", label="One", scale="difference", estimate=estimate(-0.02), why_not=None)
    rows = tuple(row.model_copy(update={"name": name}) for name in names)
    failed = tuple(row.model_copy(update={"label": x, "estimate": None, "why_not": "no caliper"}) for x in "AB")
    note = tables.estimators_table(analysis(estimators=rows + failed)).note
    assert words in note and note.endswith("–: not estimated. A; B: no caliper.")
    assert "not estimated" not in tables.estimators_table(analysis(estimators=rows)).note


def test_terms_of_estimators_are_explained_where_they_are_met():
    found = narrative.terms.occurring(["Difference of weighted means (HC3)", "(psmatch2)", "Doubly robust (AIPW)"])
    assert found == {"HC standard error", "Psmatch", "Doubly robust estimate"}


def test_a_score_of_many_columns_is_told_in_plain_words():
    (said,) = said_of_size(54, 257, spec())
    assert said.startswith("The propensity score weighs up 54 things at once (columns of the model), with fewer than 5")
    assert said_of_size(51, 255, spec()) == []
