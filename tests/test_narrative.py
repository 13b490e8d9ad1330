"""The words of a report, rule by rule: from interval, p-value, counts and gates to the sentence."""

import re

import examples
import invented
import pytest
from examples import (
    analysis,
    days,
    estimate,
    findings,
    frequency,
    measure,
    power,
    ranged,
    steps,
    unanswered,
    withheld,
)

from jdl_toolkit import narrative
from jdl_toolkit.findings import BalanceRow, BalanceSummary, Findings, HiddenBias, Verdict
from jdl_toolkit.markup import clean, parse_words
from jdl_toolkit.narrative import terms
from jdl_toolkit.narrative.covariates import COVARIATES
from jdl_toolkit.narrative.ranges import (
    compared,
    difference_in_words,
    interval_in_words,
    judged,
    ruled_out,
    verdict_of,
)
from jdl_toolkit.plots.effects import SUBGROUPS
from jdl_toolkit.plots.families import HEADINGS
from jdl_toolkit.spec import Covariate, MeasureFamily, Subgroup
from jdl_toolkit.wording import Passage, listed, period, plain, small_number, within

REDUCTION, INCREASE, INCONCLUSIVE = ranged(-0.38, -0.01), ranged(0.02, 0.11), ranged(-0.0794, 0.0359)
#: Passages that a report may lack.
ABSENT = ("other_analyses", "follow_up", "survival", "subgroups", "subgroups_caution")
ABSENT += ("other_ways", "placebo", "hidden_bias", "not_shown_measures", "power_method", "organisation_response")
PASSAGES = (
    narrative.finding,
    narrative.what_was_done,
    narrative.for_every_100,
    narrative.range_in_words,
    narrative.can_say,
    narrative.cannot_say,
    narrative.what_could_be_detected,
    narrative.who_is_in,
    narrative.how_alike,
    narrative.three_estimates,
    narrative.method_in_short,
    narrative.caveats,
    narrative.technical_notes,
    narrative.provenance,
    narrative.glossary,
)
MORE = tuple(getattr(narrative, name) for name in ABSENT)


def of(headline, **changes) -> Findings:
    """Findings with one measure, the rate."""
    return findings(measure(headline, **changes))


# --- ranges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (-0.38, -0.01, "share", "is between 1 and 38 percentage points lower"),  # [S4]: Brighton and Hove
        (
            -0.13,
            -0.002,
            "share",
            "is between 0.2 and 13 percentage points lower",
        ),  # one decimal: 0.2 would print as 0
        (-0.13, -0.0004, "share", "is between 0.04 and 13 percentage points lower"),
        (0.02, 0.11, "share", "is between 2 and 11 percentage points higher"),
        (-0.0794, 0.0359, "share", "could be as many as 8 percentage points lower, or as many as 4 higher"),
        (-0.01, 0.01, "share", "could be as many as 1 percentage point lower, or as many as 1 higher"),
        (-0.08, 0.003, "share", "could be as many as 8 percentage points lower, or as many as 0.3 higher"),
        (-0.1, 0.0, "share", "could be as many as 10 percentage points lower, or nothing"),
        (0.0, 0.1, "share", "could be as many as 10 percentage points higher, or nothing"),
        (-0.084, -0.083, "share", "is about 8 percentage points lower"),
        (-0.31, 0.09, "count", "could be as much as 0.31 fewer, or as much as 0.09 more"),
        (-0.31, -0.004, "count", "is between 0.004 and 0.31 fewer"),
        (-9.4, 37.8, "days", "could be as many as 9 days sooner, or as many as 38 later"),
        (-0.277, -0.002, "share", "is between 0.2 and 27.7 percentage points lower"),
        (1.2, 30.0, "days", "is between 1 and 30 days later"),
        (-1.2, 0.6, "days", "could be as many as 1 day sooner, or as many as 1 later"),
    ],
)
def test_a_range_in_words(low, high, unit, words):
    assert interval_in_words(ranged(low, high).model_copy(update={"ci_low": low, "ci_high": high}), unit) == words


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "words"),
    [
        (-0.0218, -0.0794, 0.0359, "share", "2 percentage points lower"),
        (-0.013, -0.07, 0.04, "share", "1 percentage point lower"),
        (0.003, -0.06, 0.06, "share", "0.3 percentage points higher"),  # would print as 0
        (-0.003, -0.06, 0.06, "share", "0.3 percentage points lower"),
        (0.0, -0.06, 0.06, "share", "no different"),
        (-0.065, -0.13, -0.002, "share", "6.5 percentage points lower"),  # as fine as its interval
        (-0.1395, -0.277, -0.002, "share", "14 percentage points lower"),  # no decimal that is zero
        (-0.14, -0.28, -0.004, "count", "0.14 fewer"),
        (-0.11, -0.31, 0.09, "count", "0.11 fewer"),
        (14.2, -9.4, 37.8, "days", "14 days later"),
        (-1.0, -9.4, 7.4, "days", "1 day sooner"),
    ],
)
def test_a_best_estimate_in_words(value, low, high, unit, words):
    found = estimate(value).model_copy(update={"ci_low": low, "ci_high": high})
    assert difference_in_words(found, unit) == words


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.2, -1e-9, Verdict.reduction),
        (1e-9, 0.2, Verdict.increase),
        (-0.1, 0.1, Verdict.inconclusive),
        (-0.1, 0.0, Verdict.inconclusive),
        (0.0, 0.1, Verdict.inconclusive),
    ],
)
def test_the_verdict_depends_on_whether_the_interval_crosses_or_touches_zero(low, high, verdict):
    assert verdict_of(ranged(-0.2, 0.2).model_copy(update={"ci_low": low, "ci_high": high})) == verdict


# --- the finding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headline", "changes", "sentence"),
    [
        (
            REDUCTION,
            {"treatment_value": 0.4},
            (
                "People who received the service reoffended less often than similar people who did not: 40% within one"
                " year, against 60% expected, and the true difference is between 1 and 38 percentage points lower."
            ),
        ),
        (
            INCREASE,
            {"treatment_value": 0.4},
            (
                "People who received the service reoffended more often than similar people who did not: 40% within one"
                " year, against 34% expected, and the true difference is between 2 and 11 percentage points higher."
            ),
        ),
        (
            INCONCLUSIVE,
            {},
            (
                "It is not clear whether the service changed reoffending: 33% of the people who received it reoffended"
                " within one year, against 35% expected of similar people, and the true difference could be as many as"
                " 8 percentage points lower, or as many as 4 higher."
            ),
        ),
    ],
)
def test_the_headline_sentence(headline, changes, sentence):
    assert narrative.headline_sentence(analysis(measure(headline, **changes))) == sentence


def test_the_headline_sentence_without_a_result():
    words = "The result cannot be shown: fewer than 5 people reoffended, so the result could point to individuals."
    assert narrative.headline_sentence(analysis(withheld())) == words
    assert narrative.headline_sentence(unanswered().analyses[0]) == "No outcome was measured."


@pytest.mark.parametrize(
    ("headline", "title", "rules"),
    [
        (
            REDUCTION,
            "Reoffending was lower among people who received the service",
            ("rates", "rounding", "conclusive_interval", "conclusive_reduction"),
        ),
        (
            INCREASE,
            "Reoffending was higher among people who received the service",
            ("rates", "conclusive_interval", "conclusive_increase"),
        ),
        (INCONCLUSIVE, "The result is inconclusive", ("rates", "inconclusive", "ruled_out", "power_in_hand")),
    ],
)
def test_the_finding_follows_from_the_verdict(headline, title, rules):
    found = narrative.finding(of(headline))
    assert (found.tone, found.title, found.rules) == ("finding", title, rules)


def test_an_inconclusive_finding_says_what_is_ruled_out_and_what_could_be_found():
    text = narrative.finding(of(INCONCLUSIVE)).text
    assert (
        "With 95% confidence, this rules out a reduction of 9 percentage points or more and an increase of 5 or more."
        in text
    )
    assert text.endswith(
        "With 257 people, this analysis had a 95% chance of a clear result only if the true reduction or increase was"
        " 10.7 percentage points or more."
    )
    words = "rules out a reduction of 11 percentage points or more and an increase of any size."
    assert words in narrative.finding(of(ranged(-0.1, 0.0))).text


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.0646, 0.0422, "a reduction of 7 percentage points or more and an increase of 5 or more"),
        (-0.0794, 0.0359, "a reduction of 9 percentage points or more and an increase of 5 or more"),
        (-0.08, 0.04, "a reduction of 9 percentage points or more and an increase of 5 or more"),  # limits are inside
        (-0.0501, 0.0099, "a reduction of 6 percentage points or more and an increase of 2 or more"),
        (-0.08, 0.0032, "a reduction of 8.1 percentage points or more and an increase of 0.4 or more"),
        (0.0, 0.0422, "a reduction of any size and an increase of 5 percentage points or more"),
        (-0.009, 0.0, "a reduction of 2 percentage points or more and an increase of any size"),
    ],
)
def test_what_is_ruled_out_lies_beyond_the_limits(low, high, words):
    """Rounding to the nearest would rule out what the interval includes: 6 where the limit is 6.46."""
    found = ranged(-0.1, 0.1).model_copy(update={"ci_low": low, "ci_high": high})
    assert ruled_out(found, "share") == words


@pytest.mark.parametrize("headline", [INCONCLUSIVE, ranged(-0.06, 0.06), ranged(-0.1, 0.0)])
def test_inconclusive_is_never_called_no_effect(headline):
    found = of(headline)
    for passage in (narrative.finding, narrative.can_say, narrative.for_every_100, narrative.range_in_words):
        text = passage(found).text.lower()
        assert not re.search(r"no effect|did not change|does not work|no impact|made no difference", text)
    assert "has no effect on reoffending”: an effect may be there" in narrative.cannot_say(found).text


def test_another_measure_with_a_clear_result_is_told_beside_an_inconclusive_rate():
    """As with three services of the pilot year ([S4]): the rate inconclusive, the frequency lower."""
    found = narrative.finding(findings(measure(INCONCLUSIVE), frequency(ranged(-0.5, -0.1)), days(ranged(3, 40))))
    assert found.title == "The result is inconclusive"
    assert "Proven reoffences per person: 0.91, against 1.21 expected, 0.30 fewer." in found.text
    assert found.rules[-3:] == ("others_clear", "other_measure", "other_measure_reoffenders")
    assert "Two other measures show a clear difference, also when all measures are judged together." in found.text
    assert "compares only people who reoffended" in found.text


def test_a_withheld_result_says_why():
    found = narrative.finding(findings(withheld()))
    assert found.title == "The result is not shown"
    assert "fewer than 5 people reoffended" in found.text
    for passage in PASSAGES:
        assert passage(findings(withheld())).text


def test_a_request_that_could_not_be_answered_says_why_and_nothing_about_the_service():
    found = narrative.finding(unanswered())
    assert found.title == "This request could not be answered"
    assert "Only 21 people could be included in the analysis; at least 30 are needed." in found.text
    assert "nothing can be said about the service, good or bad" in found.text
    for passage in (
        narrative.what_was_done,
        narrative.who_is_in,
        narrative.can_say,
        narrative.cannot_say,
        narrative.caveats,
    ):
        assert passage(unanswered()).text
    assert "says nothing about the service" in narrative.cannot_say(unanswered()).text
    assert narrative.who_is_in(unanswered()).text.count("- ") == 2


# --- for every 100, ranges -------------------------------------------------------------------------------------------


def test_for_every_100_people():
    text = narrative.for_every_100(findings()).text
    assert "Of every 100 people who received the service, **33** committed a proven reoffence within one year." in text
    assert (
        "Of 100 similar people, **35** would be expected to. That is 2 fewer, but it could be as many as 8 fewer"
        in text
    )
    assert "Every 100 people who received the service committed **91** proven reoffences within one year." in text
    assert "100 similar people would be expected to commit **102**. That is 11 fewer" in text
    assert text.endswith(
        "Each figure is rounded by itself, here and in what follows, so figures may not add up exactly."
    )
    clear = narrative.for_every_100(of(REDUCTION, treatment_value=0.4)).text
    assert "**40**" in clear and "**60**" in clear
    assert "That is 20 fewer, and likely to be between 1 and 38 fewer." in clear


def test_differences_are_rounded_from_unrounded_values():
    """32.6% and 34.4% print as 33% and 34%; their difference, 1.8, as 2."""
    text = narrative.for_every_100(of(estimate(-0.018), treatment_value=0.326)).text
    assert "**33**" in text and "**34**" in text and "That is 2 fewer" in text


def test_every_measure_has_its_range_or_the_reason_why_not():
    found = narrative.range_in_words(
        findings(measure(), frequency(ranged(-0.5, -0.1)), days(), withheld(label="Custody"))
    )
    lines = found.text.split("\n\n")[1].split("\n")
    assert [line.split(":")[0] for line in lines] == [
        "- One-year proven reoffending rate",
        "- Proven reoffences per person",
        "- Days to the first proven reoffence (among people who reoffended)",
    ]
    assert lines[0].endswith("Not clear.") and lines[1].endswith("Clearly lower, which is welcome.")
    words = (
        "122 days, against 108 days expected, 14 days later. The true difference could be as many as 9 days sooner, or"
    )
    assert f"{words} as many as 38 later. Not clear." in lines[2]
    assert "One further measure is not shown. “Every result in tables” names it, and the reason." in found.text
    assert {"conditional_measures", "confidence_in_words"} <= set(found.rules)


def test_a_measure_that_is_no_longer_clear_among_many_is_named():
    clear = frequency(ranged(-0.5, -0.1), holm_p=0.07)
    text = narrative.range_in_words(findings(measure(), clear)).text
    assert "Clear only by itself, and not when all measures are judged together (Holm's adjustment): proven" in text
    assert "Holm" not in narrative.range_in_words(findings(measure(), frequency(ranged(-0.5, -0.1), holm_p=0.03))).text


def family(key, name, headline=None, **changes):
    """A share of everyone of a further family."""
    return measure(
        headline or INCONCLUSIVE,
        **({"key": key, "label": key.replace("_", " ").capitalize(), "family": name} | changes),
    )


@pytest.mark.parametrize(
    ("name", "better", "headline", "words"),
    [
        ("employment", "higher", INCREASE, "Clearly higher, which is welcome."),
        ("employment", "higher", REDUCTION, "Clearly lower, which is not welcome."),
        ("benefits", "lower", REDUCTION, "Clearly lower, which is welcome."),
        ("first_class", "neither", INCREASE, "Clearly higher."),
        ("first_custody", "lower", INCREASE, "Clearly higher, which is not welcome."),
        ("first_custody", "lower", INCONCLUSIVE, "Not clear."),
    ],
)
def test_what_is_welcome_depends_on_the_measure(name, better, headline, words):
    assert judged(family("x", name, headline, better=better)) == words


@pytest.mark.parametrize(
    ("changes", "headline", "words"),
    [
        ({"unit": "days", "family": "days", "better": "higher"}, ranged(3, 40), "Clearly later, which is welcome."),
        ({"unit": "days", "family": "days_in_custody"}, ranged(-9, -2), "Clearly fewer, which is welcome."),
        ({"unit": "days", "family": "days_in_custody"}, ranged(2, 9), "Clearly more, which is not welcome."),
    ],
)
def test_days_are_sooner_or_later_to_a_reoffence_but_fewer_or_more_in_custody(changes, headline, words):
    found = measure(headline, treatment_value=14.2, **changes)
    assert judged(found) == words
    assert ("later" in compared(found)) == (changes["family"] == "days")
    assert narrative.check_numbers(compared(found), findings(found)) == []


def test_one_day_is_not_days():
    found = measure(ranged(-3, 2), unit="days", family="days_in_custody", treatment_value=1.2, label="Days in custody")
    words = "Days in custody: 1 day, against 2 days expected, 1 day fewer."
    assert compared(found).startswith(words)


def test_further_measures_are_told_by_family_without_becoming_a_wall():
    found = invented.whole_findings()
    text = narrative.for_every_100(found).text
    assert [line.split("**")[1] for line in text.split("\n") if line.startswith("- **")] == [
        "Seriousness of the first reoffence", "Number of reoffences by seriousness", "Custody", "Employment"
    ]  # fmt: skip
    assert "people given custody for their first reoffence: 10, against 14;" in text
    assert "days in custody: 14 days each on average, against 17 days" in text and "per person" not in text
    assert "people in work one year after the sentence: 31, against 28. " in text
    assert "summary offences are the least serious and are tried by magistrates." in text
    ranges = narrative.range_in_words(found)
    assert len([line for line in ranges.text.split("\n") if line.startswith("- ")]) == 6
    assert ("The rest of what can be shown is not clear (days to first proven reoffence") in ranges.text
    assert "Clear only by" in ranges.text


@pytest.mark.parametrize(
    ("headlines", "words"),
    [
        ((INCONCLUSIVE,), "This difference is not clear."),
        ((INCREASE,), "This difference is clear."),
        ((INCONCLUSIVE, INCONCLUSIVE), "Neither of these differences is clear."),
        ((INCONCLUSIVE,) * 3, "None of these differences is clear."),
        ((INCREASE, INCREASE), "Both of these differences are clear."),
        ((INCREASE, INCONCLUSIVE), "Clear: measure 0."),
    ],
)
def test_whether_the_differences_of_a_family_are_clear(headlines, words):
    measures = [family(f"measure_{i}", "employment", headline) for i, headline in enumerate(headlines)]
    text = narrative.for_every_100(findings(measure(), *measures)).text
    assert [line for line in text.split("\n") if line.startswith("- **Employment")][0].endswith(words)


def test_what_is_withheld_or_lacking_is_said_once_for_each_reason():
    only = narrative.range_in_words(findings(withheld()))
    assert only.text == "One measure is not shown. “Every result in tables” names it, and the reason."
    few = {"why_not": "fewer than 30 people in the treatment group reoffended"}
    hidden = [withheld(key=k, label=k, family="first_custody", **few) for k in ("First", "Second")]
    found = findings(measure(family="rate"), frequency(family="frequency"), *hidden, withheld(label="Third"))
    text = narrative.not_shown_measures(found).text
    assert "- Not shown, because fewer than 30 people in the treatment group reoffended: first; second.\n" in text
    assert text.count("fewer than 30 people") == 1
    assert "Three further measures are not shown. “Every result in tables” names them, and the" in (
        narrative.range_in_words(found).text
    )
    rare = withheld(label="First", why_not="it is too rare: fewer than 10 such people would be expected")
    said = narrative.not_shown_measures(findings(measure(), rare)).text
    assert "- Not shown, because it is too rare (fewer than 10 such people would be expected): first." in said
    assert (
        "- Not measured, as the register holds no records of it: seriousness of the first reoffence, number of"
        " reoffences by seriousness, employment and out-of-work benefits."
    ) in text
    assert narrative.not_shown_measures(findings()) is None  # findings without families


@pytest.mark.parametrize(
    ("holm_ps", "words", "lost"),
    [
        ((0.03,), "One other measure shows a clear difference,", None),
        ((0.03, 0.04), "Two other measures show a clear difference,", None),
        ((0.03, 0.05), "One other measure shows a clear difference,", "Clear only by itself, and not"),
        ((0.06,), None, "Clear only by itself, and not"),
        ((0.06, 0.2), None, "Clear only by themselves, and not"),
        (
            (0.01, 0.01, 0.01, 0.01, 0.3),
            "Four of the five other measures show a clear difference,",
            "Clear only by itself",
        ),
    ],
)
def test_only_what_holds_among_all_measures_is_told_as_clear(holm_ps, words, lost):
    others = [family(f"measure_{i}", "employment", INCREASE, holm_p=p) for i, p in enumerate(holm_ps)]
    found = findings(measure(INCONCLUSIVE), *others)
    text = narrative.finding(found).text
    assert (words is None) == ("also when all measures are judged together" not in text) and (words or "") in text
    assert (lost is None) == ("Clear only" not in text) and (lost or "") in text
    n_clear = sum(p < 0.05 for p in holm_ps)
    can = narrative.can_say(found)
    assert can.text.count("“Measure") == n_clear and ("can_other" in can.rules) == (n_clear > 0)
    assert n_clear == 0 or "Add: “This is one of several measures, and not the main one.”" in can.text
    assert n_clear < 4 or "- And: measure 3." in text
    assert narrative.check_numbers(text, found) == []


def test_measures_of_two_years_say_so():
    two = {"follow_up_months": 24, "power": None}
    found = findings(measure(label="Two-year proven reoffending rate"), frequency(), analysis_changes=two)
    for passage in (narrative.finding, narrative.for_every_100, narrative.can_say, narrative.what_was_done):
        assert "within two years" in passage(found).text and "one year" not in passage(found).text


# --- what can and cannot be said -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headline", "can", "cannot"),
    [
        (REDUCTION, ("can_reduction", "can_range"), "cannot_opposite cannot_exact cannot_cause cannot_everyone"),
        (INCREASE, ("can_increase", "can_range"), "cannot_opposite cannot_exact cannot_cause cannot_everyone"),
        (
            INCONCLUSIVE,
            ("can_inconclusive", "can_range", "can_more"),
            "cannot_no_effect cannot_claim cannot_estimate cannot_everyone",
        ),
    ],
)
def test_what_can_and_cannot_be_said(headline, can, cannot):
    found = of(headline)
    assert (narrative.can_say(found).tone, narrative.can_say(found).rules) == ("can", can)
    assert (narrative.cannot_say(found).tone, narrative.cannot_say(found).rules) == ("cannot", tuple(cannot.split()))


def test_what_can_be_said_of_a_reduction():
    can, cannot = narrative.can_say(of(REDUCTION)).text, narrative.cannot_say(of(REDUCTION)).text
    assert "were less likely to commit a proven reoffence within one year than similar people who did not" in can
    assert "“Supported housing increases reoffending” or “Supported housing has no effect on reoffending”" in cannot
    assert "“The reduction is certainly due to Supported housing”" in cannot
    assert "were more likely" in narrative.can_say(of(INCREASE)).text
    assert "“Supported housing reduces reoffending” or" in narrative.cannot_say(of(INCREASE)).text


def test_measures_among_reoffenders_carry_their_caveat():
    found = findings(measure(), days(ranged(3, 40)))
    assert "cannot_conditional" in narrative.cannot_say(found).rules
    assert "Add: “This concerns only people who reoffended.”" in narrative.can_say(found).text
    assert "“Days to the first proven reoffence: 122 days for people who received the service, against 101 days" in (
        narrative.can_say(found).text
    )
    assert "cannot_conditional" not in narrative.cannot_say(of(REDUCTION)).rules


# --- how sure --------------------------------------------------------------------------------------------------------


def test_the_power_table_in_words():
    """Source: Table 1 of the pilot-year document, 33,111 controls, 95 per cent power."""
    found = narrative.what_could_be_detected(findings())
    assert "- For a reduction of 2 percentage points: 9,327 people." in found.text
    assert "- For a reduction of 5 percentage points: 1,207 people." in found.text
    assert "- For a reduction of 10 percentage points: 294 people." in found.text
    assert "for a 95% chance of showing a reduction of less than 0.9 percentage points" in found.text
    assert (
        "If the true reduction were the one seen here, 2.2 percentage points, 7,594 people would be needed."
        in found.text
    )
    assert "uncertain" in found.text and "We recommend sending a larger group" in found.text
    assert {"needed_fixed", "floor", "needed_for_observed", "send_more", "power_caveats"} <= set(found.rules)


@pytest.mark.parametrize(
    ("headline", "needed", "rule"),
    [
        (estimate(0.01), None, "observed_not_lower"),
        (estimate(0.0), None, "observed_not_lower"),
        (estimate(-0.005), None, "observed_below_floor"),
        (estimate(-0.0218), 7_594, "needed_for_observed"),
    ],
)
def test_people_needed_for_what_was_seen_only_if_it_was_a_reduction_above_the_floor(headline, needed, rule):
    table = power().model_copy(update={"needed_for_observed": needed})
    found = narrative.what_could_be_detected(findings(measure(headline), analysis_changes={"power": table}))
    kinds = {"observed_not_lower", "observed_below_floor", "needed_for_observed"}
    assert set(found.rules) & kinds == {rule}
    assert ("send_more" if rule != "observed_below_floor" else "send_more_narrower") in found.rules
    assert "what was seen is itself uncertain" in found.text
    if rule == "observed_below_floor":
        assert (
            "If the true difference were only the 0.5 percentage points seen here, no number of people could show it"
            " with this comparison group. But what was seen is itself uncertain."
        ) in found.text


@pytest.mark.parametrize(("pp", "words"), [(9.984, "10"), (10.69, "10.7"), (8.96, "9"), (4.25, "4.3"), (2.0, "2")])
def test_points_of_the_power_table_have_no_decimal_that_is_zero(pp, words):
    table = power().model_copy(update={"detectable_in_hand_pp": pp})
    found = findings(measure(INCONCLUSIVE), analysis_changes={"power": table})
    text = narrative.finding(found).text
    assert text.endswith(f"if the true reduction or increase was {words} percentage points or more.")
    assert narrative.check_numbers(text, found) == []


def test_a_conclusive_result_needs_no_larger_group():
    rules = narrative.what_could_be_detected(of(REDUCTION)).rules
    assert not {"send_more", "needed_for_observed"} & set(rules)


def test_a_reduction_that_no_number_of_people_could_show():
    rows = tuple(
        r.model_copy(update={"infeasible": True, "n_treatment": None}) if r.reduction_pp == 2 else r
        for r in power().rows
    )
    found = narrative.what_could_be_detected(
        findings(analysis_changes={"power": power().model_copy(update={"rows": rows})})
    )
    assert "- For a reduction of 2 percentage points: no number of people would be enough." in found.text


def test_the_three_estimates_agree_or_the_report_says_so():
    assert "all_agree" in narrative.three_estimates(of(INCONCLUSIVE)).rules
    other = narrative.three_estimates(of(INCONCLUSIVE, classic=REDUCTION))
    assert (
        "**The classic estimate would have said otherwise**: it is a reduction, where the headline estimate is"
        " inconclusive." in other.text
    )
    assert "classic_differs" in other.rules and "all_agree" not in other.rules
    assert "check_differs" in narrative.three_estimates(of(REDUCTION, check=INCONCLUSIVE)).rules


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({}, "dropped_none", "All three concern the same 257 people: everybody could be matched."),
        (
            {"n_treatment": 263},
            "dropped_some",
            "All three concern the same 257 people; 6 people could not be matched and left.",
        ),
        (
            {"n_treatment": None},
            "dropped_few",
            "All three concern the 257 people who could be matched; some could not.",
        ),
        ({"ess_control": 513.0}, "effective_size_small", "less than twice the group that received the service"),
    ],
)
def test_on_whom_the_estimates_rest(changes, rule, words):
    matching = analysis().matching.model_copy(update=changes)
    found = narrative.three_estimates(findings(analysis_changes={"matching": matching}))
    assert rule in found.rules and words in found.text
    assert ("effective_size_small" in found.rules) == (rule == "effective_size_small")


# --- who was compared ------------------------------------------------------------------------------------------------


def test_what_was_done_in_the_community_and_from_custody():
    text = narrative.what_was_done(findings()).text
    assert "started the service less than six months after a community order or a suspended sentence order." in text
    assert "between June 2008 and December 2010" in text
    assert (
        "an offence within one year of the sentence, proved by a conviction, caution, reprimand or warning in" in text
    )
    assert "people who had the same kinds of sentence in the same period" in text
    assert (
        "Reoffending in the follow-up was not looked at before the comparison group was settled, except to leave out"
        " people of both groups who reoffended before the service started (for the comparison group: before a start"
        " drawn for them). The two groups came out alike in what was compared: 1 point from the records, and on"
    ) in text
    assert "in that time or in the six months after it" in text
    settings = findings().provenance.settings
    settings = settings | {"cohort": settings["cohort"] | {"route": "custody"}}
    found = findings(analysis_changes={"index_disposals": ("custody",)})
    found = found.model_copy(update={"provenance": found.provenance.model_copy(update={"settings": settings})})
    assert (
        "We kept people who started the service while serving a sentence of custody, at any time in that sentence,"
        " before a release from custody, so that" in narrative.what_was_done(found).text
    )
    assert "before the comparison group was settled. The two groups" in narrative.what_was_done(found).text
    red = analysis().balance.model_copy(update={"n_red": 1, "passed": False, "accepted_reason": "Nothing better."})
    said = narrative.what_was_done(findings(analysis_changes={"balance": red}))
    assert "alike_not" in said.rules and "alike" not in said.rules
    assert "alike" not in narrative.what_was_done(findings(analysis_changes={"balance": None})).rules
    assert "clock_from_index" in narrative.method_in_short(found).rules


@pytest.mark.parametrize(
    ("codes", "one", "many"),
    [
        (("community_order", "suspended_sentence_order"), "sentence", "sentences"),
        (("custody",), "release", "releases"),
        (("custody", "community_order"), "sentence or release", "sentences or releases"),
    ],
)
def test_sentences_and_releases_are_named_only_where_there_are_any(codes, one, many):
    found = findings(analysis_changes={"index_disposals": codes, "covariates": ("index_year",)})
    done, method = narrative.what_was_done(found).text, narrative.method_in_short(found).text
    assert f"These {many} were between" in done and f"within one year of the {one}, proved" in done
    assert f"For everybody, on the day of the {one}." in method
    assert f"the year and quarter of the {one}, days in jail" in method
    if "custody" not in codes:
        assert "release" not in done + method + narrative.glossary(found).text
    if len(codes) == 1:
        assert "people who were released from custody in the same period" in done


def test_the_organisation_describes_its_service_in_its_own_quoted_words():
    answers = {"service_description": 'A **flat**,\nand a "worker"', "selection": "By need.", "need": "Housing"}
    text = clean(narrative.what_was_done(findings(answers=answers)).text)
    assert "The organisation describes the service so: “A **flat**, and a ’worker’.”" in text
    assert "- How people were chosen: “By need.”" in text and "Housing" not in text.replace("Supported housing", "")
    assert "describe" not in narrative.what_was_done(findings(answers={"need": "Housing"})).text


def test_a_note_on_the_register_comes_first():
    found = findings()
    found = found.model_copy(
        update={
            "provenance": found.provenance.model_copy(update={"register_note": "these are court records of 3 counties"})
        }
    )
    for passage in (narrative.what_was_done, narrative.caveats):
        text = passage(found).text
        assert text.startswith("**About the records**: These are court records of 3 counties.")
        assert narrative.check_numbers(text, found) == []
        assert "register_note" not in passage(findings()).rules


# --- several analyses ------------------------------------------------------------------------------------------------


def test_a_report_names_its_analysis_and_what_the_others_found():
    found = invented.several()
    note = narrative.other_analyses(found)
    assert (note.tone, note.title) == ("note", "One of three analyses of this request")
    assert "- **Women**: This analysis could not be answered: only 21 people could be included in the analysis;" in (
        note.text
    )
    assert "- **Custody: people released from prison**: lower. 40% against 52% expected; difference in percentage" in (
        note.text
    )
    assert "**Community sentences**: " not in note.text
    assert narrative.finding(found).text.startswith("This is about the analysis **Community sentences**. Of 257 people")
    custody = narrative.what_was_done(found.about("custody")).text
    assert (
        "the analysis **Custody: people released from prison**. It takes records with the region Wales or London."
        in (custody)
    )
    assert narrative.other_analyses(findings()) is None and "which_analysis" not in narrative.finding(findings()).rules


@pytest.mark.parametrize(
    ("about", "links"),
    [
        ("community", ["women/report.html", "custody/report.html"]),
        ("women", ["../report.html", "../custody/report.html"]),
        ("custody", ["../report.html", "../women/report.html"]),
    ],
)
def test_a_report_links_to_those_of_the_other_analyses(about, links):
    """The first analysis's report lies in report/, each further one's in a folder below."""
    note = narrative.other_analyses(invented.several().about(about))
    assert [target for _, target in note.links] == links


@pytest.mark.parametrize(("n", "chance"), [(2, "10%"), (3, "14%"), (7, "30%"), (20, "64%")])
def test_several_analyses_say_how_often_chance_alone_looks_conclusive(n, chance):
    found = findings()
    many = tuple(found.analyses[0].model_copy(update={"id": f"a-{i}", "title": f"Part {i}"}) for i in range(n))
    found = found.model_copy(update={"analyses": many})
    text = narrative.other_analyses(found).text
    assert "about one analysis in 20 would look conclusive" in text
    assert f"the chance that at least one does is {chance}." in text
    assert narrative.check_numbers(text, found) == []


def test_an_only_result_among_several_analyses_needs_no_word_on_chance():
    found = examples.several()
    none = [a.model_copy(update={"status": "could_not_be_answered"}) for a in found.analyses[1:]]
    found = found.model_copy(update={"analyses": (found.analyses[0], *none)})
    assert "by_chance" not in narrative.other_analyses(found).rules


def test_an_analysis_that_could_not_be_answered_says_so_among_answered_ones():
    found = invented.several().about("women")
    assert narrative.finding(found).title == "This analysis could not be answered"
    assert "This is about the analysis **Women**. Only 21 people" in (narrative.finding(found).text)
    assert "for this analysis.”" in narrative.can_say(found).text
    assert narrative.what_was_done(found).text.endswith("The analysis ended there, without a result.")


@pytest.mark.parametrize(
    ("release_types", "words"),
    [
        ((), "after a release from custody."),
        (("licence",), "after a release from custody (on licence)."),
        (("licence", "hdc"), "after a release from custody (on licence or on home detention curfew)."),
    ],
)
def test_the_kinds_of_release_are_named(release_types, words):
    changes = {"index_disposals": ("custody",), "release_types": release_types}
    assert words in narrative.what_was_done(findings(analysis_changes=changes)).text


# --- follow-up, curves, subgroups ------------------------------------------------------------------------------------


def test_subgroups_in_words():
    found = invented.whole_findings()
    words = narrative.subgroups(found)
    assert "Subgroups by sex, age and provider were named before any outcome was looked at." in words.text
    assert "Five subgroups were tested." in words.text
    assert (
        "the result is clear for the subgroup 25 to 34 (age): 16 percentage points lower. The true difference is"
        " between 7 and 25 percentage points lower. Clear without the adjustment, but not with it: men (sex)."
    ) in words.text
    assert "- Sex: chance alone could explain that the results of the subgroups differ (p-value 0.48). " in words.text
    assert "- Age: the results of the subgroups differ by more than chance would often produce (p-value 0.02," in (
        words.text
    )
    assert (
        "- Not shown, because fewer than 30 people in it or outside it could be analysed: North Trust (provider);"
        in (words.text)
    )
    assert (
        "do not show that the service works for the one and not for the other"
        in narrative.subgroups_caution(found).text
    )
    assert "cannot_subgroup" in narrative.cannot_say(found).rules
    assert narrative.subgroups(findings()) is None and narrative.subgroups_caution(findings()) is None


@pytest.mark.parametrize(
    ("n_tests", "rule", "words"),
    [
        (0, "subgroups_none", "None of them was large enough for an analysis."),
        (1, "subgroups_tested", "One subgroup was tested."),
        (12, "subgroups_tested", "12 subgroups were tested."),
    ],
)
def test_the_number_of_tests_is_said(n_tests, rule, words):
    changes = {"n_tests": n_tests, "heterogeneity": ()}
    changes |= {"rows": tuple(r for r in invented.subgroups().rows if not r.headline)} if not n_tests else {}
    found = findings(analysis_changes={"subgroups": invented.subgroups(**changes)})
    said = narrative.subgroups(found)
    assert rule in said.rules and words in said.text
    assert narrative.check_numbers(said.text, found) == []


def test_subgroups_of_which_none_is_clear_are_not_called_without_effect():
    rows = tuple(row.model_copy(update={"holm_p": 0.3}) for row in invented.subgroups().rows if row.headline)
    found = findings(analysis_changes={"subgroups": invented.subgroups(rows=rows)})
    text = narrative.subgroups(found).text
    assert "the result is not clear in any of them. This does not mean that nothing changed for them" in text
    assert "no effect" not in text and "no difference" not in text


def balance(*smds, **changes):
    rows = tuple(
        BalanceRow(
            covariate=f"Covariate {i}",
            level="" if i else "North",
            smd_before=0.4,
            smd_after=smd,
            light="green" if abs(smd) <= 0.05 else "amber" if abs(smd) <= 0.1 else "red",
        )
        for i, smd in enumerate(smds)
    )
    lights = {f"n_{c}": sum(r.light == c for r in rows) for c in ("red", "amber")}
    summary = BalanceSummary(rows=rows, worst=max(map(abs, smds)), passed=not lights["n_red"], **lights)
    return findings(analysis_changes={"balance": summary.model_copy(update=changes)})


def test_balance_in_words():
    found = narrative.how_alike(balance(0.01, -0.04, 0.02, 0.03))
    assert "Before matching, the largest difference was 40.0%. After matching, it is 4.0%." in found.text
    assert "All 4 are green." in found.text
    assert "The least alike are Covariate 1 (4.0%), Covariate 3 (3.0%) and Covariate 2 (2.0%)." in found.text
    assert "Of the 3, one is amber; the rest are green." in narrative.how_alike(balance(0.01, -0.07, 0.02)).text
    mixed = narrative.how_alike(balance(0.06, -0.07, 0.2, 0.0))
    assert "Of the 4, two are amber and one is red; the rest are green." in mixed.text
    assert "not_accepted" in mixed.rules
    assert "Covariate 0: North (6.0%)" in narrative.how_alike(balance(0.06)).text
    assert "compared on 4 points (each level of each characteristic is one)" in found.text


def test_of_two_levels_that_mirror_each_other_one_is_named():
    rows = [("Sex", "Men", 0.04), ("Sex", "Women", -0.0400000000001), ("Age", "", 0.03), ("Region", "North", 0.02)]
    rows += [("Region", "South", -0.019), ("Region", "West", 0.001)]
    made = tuple(
        BalanceRow(covariate=c, level=level, smd_before=0.4, smd_after=smd, light="green") for c, level, smd in rows
    )
    summary = BalanceSummary(rows=made, worst=0.04, passed=True, n_red=0, n_amber=0)
    text = narrative.how_alike(findings(analysis_changes={"balance": summary})).text
    assert "The least alike are Sex: Men (4.0%), Age (3.0%) and Region: North (2.0%)." in text


def test_an_accepted_balance_prints_who_and_why():
    found = narrative.how_alike(balance(0.2, accepted_by="A. Analyst", accepted_reason="too few women to do better"))
    assert "was accepted by A. Analyst**, for this reason: too few women to do better." in found.text
    assert "not_accepted" not in found.rules
    closed = narrative.method_in_short(balance(0.2))
    assert "caliper_best" in closed.rules


# --- method, caveats, provenance -------------------------------------------------------------------------------------


def test_the_method_is_explained_in_about_two_pages_without_a_formula():
    found = narrative.method_in_short(findings())
    assert 600 < len(found.text.split()) < 1100
    assert {
        "propensity_score",
        "radius_matching",
        "caliper",
        "equivalent_time_limit",
        "three_estimates",
        "confidence_interval",
    } <= set(found.rules)
    assert "Here it is 0.2 standard deviations" in found.text
    assert "all but 1 in 20 contain the true value" in found.text
    matching = analysis().matching.model_copy(update={"calipers_tried": (0.2, 0.1, 0.05), "caliper_sd": 0.05})
    narrowed = narrative.method_in_short(findings(analysis_changes={"matching": matching}))
    assert (
        "Here it is 0.05 standard deviations" in narrowed.text
        and "the widest of three that were tried" in narrowed.text
    )


def test_technical_notes_are_the_messages_of_the_matching():
    assert narrative.technical_notes(findings()).text == "Nothing had to be merged or left out."
    matching = analysis().matching.model_copy(update={"messages": ("region: Wales was joined", "b.")})
    notes = narrative.technical_notes(findings(analysis_changes={"matching": matching}))
    assert notes.text == "- Region: Wales was joined.\n- B."
    of_subgroups = invented.subgroups(messages=("Sex, Male: a linear model was used",))
    notes = narrative.technical_notes(findings(analysis_changes={"subgroups": of_subgroups}))
    assert notes.text == "- Subgroups: Sex, Male: a linear model was used."


def test_caveats_name_the_links_that_may_be_wrong():
    found = "of the 1,159 records found"
    assert (
        f"about 3 {found} are expected to belong to somebody else by chance. People who resemble"
        in narrative.caveats(findings()).text
    )
    few = findings().linkage.model_copy(update={"expected_wrong_links": 0.4})
    text = narrative.caveats(findings(linkage=few)).text
    assert f"by PNC id, prison number, name and date of birth, which can go wrong: about 0.4 {found} are" in text
    hidden = few.model_copy(update={"by_status": few.by_status | {"matched": None}})
    assert "about 0.4 of the records found are" in narrative.caveats(findings(linkage=hidden)).text


@pytest.mark.parametrize(
    ("left", "of", "words"),
    [(554, 14_120, "4% left"), (3, 14_120, "0.02% left"), (1_900, 14_120, None), (None, 9, None)],
)
def test_a_large_gap_in_who_reoffended_before_the_start_is_told(left, of, words):
    """Of the treated in scope 90 of 347 left: 26%; the pool's share is told if it is less than half of that."""
    first, last = steps(of, (12, left or 0))
    pool = (first, last.model_copy(update={"records_excluded": left}))
    found = findings(analysis_changes={"pool_flow": pool})
    text = narrative.caveats(found).text
    assert ("26% left because they reoffended before the service started" in text) == (words is not None)
    assert words is None or f"compared with them, {words} because" in text
    assert narrative.check_numbers(text, found) == []


def test_what_the_matching_left_out_is_not_said_to_be_taken_into_account():
    asked = {"covariates": ("index_disposal", "sentence_band")}
    assert "the kind of sentence, the length of the sentence, days" in (
        narrative.method_in_short(findings(analysis_changes=asked)).text
    )
    messages = ("Length of the sentence is left out: it is the same for everybody.", "Days in jail is left out: so.")
    matching = analysis().matching.model_copy(update={"messages": messages})
    text = narrative.method_in_short(findings(analysis_changes=asked | {"matching": matching})).text
    assert "These were taken into account: the kind of sentence.\n" in text


def test_invented_people_and_exploratory_analyses_are_announced():
    assert narrative.synthetic_notice(findings()) is None
    notice = narrative.synthetic_notice(findings(synthetic=True))
    assert (notice.tone, notice.title, notice.rules) == ("warning", "Invented data", ("synthetic",))
    assert narrative.synthetic_notice(findings(exploratory=True)).rules == ("exploratory",)


def test_the_glossary_is_in_order_and_explains_each_term_once():
    terms = [term for term, _ in narrative.GLOSSARY]
    assert terms == sorted(terms, key=str.lower) and len(set(terms)) == len(terms)
    assert narrative.glossary().text.count("- **") == len(terms)


# --- every text ------------------------------------------------------------------------------------------------------

KINDS = {
    "inconclusive": findings(),
    "reduction": of(REDUCTION, treatment_value=0.4),
    "increase": of(INCREASE, classic=INCONCLUSIVE),
    "near zero": of(ranged(-0.13, -0.002)),
    "tiny": findings(measure(ranged(-0.0004, 0.0003)), frequency(ranged(-0.003, 0.004)), days(ranged(-0.4, 0.3))),
    "withheld": findings(withheld()),
    "balance": balance(0.06, -0.07, 0.2, 0.0),
    "whole": invented.whole_findings(),
    "several": invented.several(),
    "custody": invented.several().about("custody"),
    "not answered": invented.several().about("women"),
    "rich": examples.several(),
    "two withheld subgroups": findings(analysis_changes={"subgroups": examples.subgroups()}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passage", PASSAGES + MORE, ids=lambda p: p.__name__)
def test_every_text_is_clean_and_every_number_in_it_is_found(kind, passage):
    block = passage(KINDS[kind])
    if block is None:
        assert passage.__name__ in ABSENT
        return
    text = f"{getattr(block, 'title', '')} {block.text}"
    assert block.rules
    assert narrative.check_numbers(text, KINDS[kind]) == []
    assert not re.search(r"-0\b|−0\b|\bnan\b|None(?! of)|\{|\}| {2}|\.\.|,,| \.", text)
    assert not re.search(r"(?<![\d.,])1 (people|percentage points|days|records|\w+ (were|are))\b", text)
    lines = [line for line in block.text.split("\n") if line]
    assert all(line.startswith("- ") or line[0].isupper() or line[0] in "*“" for line in lines)
    assert all(line[-1] in ".”" for line in lines if not line.endswith((":", "**")))
    sentences = re.split(r"(?<=[.!?]) |(?<=[.!?]”) ", block.text.replace("\n", " "))
    assert max(len(s.split()) for s in sentences) <= 75


def test_a_number_that_is_nowhere_in_the_findings_is_reported():
    found = findings()
    assert narrative.check_numbers("33% of 257 people, against 35%; 9,327 would be needed.", found) == []
    assert narrative.check_numbers("34.7% of 258 people", found) == ["34.7", "258"]
    assert narrative.check_numbers("1,247 records by 13 August 2013", found) == ["1,247", "13"]
    assert narrative.check_numbers("SHA-256 3f3f3f3f3f3f3f3f and jdl-toolkit 0.1.0", found) == []
    assert narrative.check_numbers("SHA-256 4f3f3f3f3f3f3f3f", found) == ["4f3f3f3f3f3f3f3f"]


def test_text_from_outside_cannot_become_markup():
    hostile = findings().organisation.model_copy(update={"name": "**A**\n- item\u202e"})
    block = narrative.finding(findings(organisation=hostile))
    assert "from **A** - item and" in clean(block.text)
    assert {"type": "strong", "inline": [{"type": "text", "text": "A"}]} not in parse_words(block.text)[0]["inline"]
    assert clean(plain("# Title\x00\n\n- x")) == "# Title - x"


def test_small_words():
    assert [within(12), within(24), within(18), within(6)] == [
        "within one year",
        "within two years",
        "within 18 months",
        "within 6 months",
    ]
    assert [period(6), period(1), period(12), period(18)] == ["six months", "one month", "one year", "18 months"]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")] == [
        "",
        "a",
        "a and b",
        "a, b or c",
    ]
    passage = Passage().say("one", "A.").say("two", "B.").item("three", "c").item("three", "d").say("four", "E.")
    assert passage.text == "A. B.\n\n- c\n- d\n\nE."
    assert passage.rules == ("one", "two", "three", "four")


def test_what_was_taken_into_account_is_what_the_register_holds_and_the_labs_own_columns():
    text = narrative.method_in_short(findings()).text
    assert "These were taken into account: age, sex, previous offences by type, days in jail." in text


def test_every_characteristic_that_can_be_matched_on_has_readers_words():
    assert set(map(str, Covariate)) - {"extra"} == set(COVARIATES)
    assert set(map(str, Subgroup)) == set(SUBGROUPS)
    assert set(map(str, MeasureFamily)) == set(HEADINGS)


def test_the_measure_that_decides_is_not_called_unclear_for_the_number_of_others():
    """It was named beforehand; a further measure with the same p-values is."""
    lower, p = estimate(-0.05, se=0.02), {"holm_p": 0.3, "verdict": Verdict.reduction}
    rate = measure(headline=lower, **p)
    other = measure(headline=lower, key="other", label="People seen again", **p)
    text = narrative.for_every_100(findings(rate, other)).text + narrative.range_in_words(findings(rate, other)).text
    assert "(Holm's adjustment): people seen again." in text and "reoffending rate; " not in text
    alone = narrative.range_in_words(findings(rate)).text
    assert "Clear only" not in alone


# --- several analyses, an accepted imbalance, too few ----------------------------------------------------------------


def parts(*results, records=({},)):
    """Findings with one analysis of the rate for each headline estimate."""
    one = findings().analyses[0]
    made = tuple(
        one.model_copy(
            update={
                "id": f"a-{i}",
                "title": f"Part {i}",
                "records": records[i % len(records)],
                "measures": (measure(headline),),
            }
        )
        for i, headline in enumerate(results)
    )
    return findings().model_copy(update={"analyses": made})


@pytest.mark.parametrize(
    ("p", "n", "rule", "words"),
    [
        (0.007, 8, "no_longer_clear_among_analyses", "would no longer be clear: its p-value times eight"
         " is 0.06, which is not below 0.05."),
        (0.02, 2, "still_clear_among_analyses", "is still clear: its p-value times two is"
         " 0.04, which is below 0.05."),
        (0.0249, 2, "still_clear_among_analyses", "is 0.0498, which is below 0.05."),
        (0.4, 3, "no_longer_clear_among_analyses", "is 1.00, which is not below 0.05."),
    ],
)  # fmt: skip
def test_a_clear_result_of_several_analyses_carries_their_number_and_what_becomes_of_it(p, n, rule, words):
    clear = REDUCTION.model_copy(update={"p_value": p})
    found = parts(clear, *[INCONCLUSIVE] * (n - 1))
    can, note = narrative.can_say(found), narrative.other_analyses(found)
    assert f"“This is one of {small_number(n)} analyses of this request.”" in can.text
    assert rule in can.rules and words in can.text and rule in note.rules and words in note.text
    assert narrative.check_numbers(can.text + note.text, found) == []
    assert "can_one_of_several" not in narrative.can_say(found.about("a-1")).rules  # inconclusive
    assert "can_one_of_several" not in narrative.can_say(parts(clear)).rules


@pytest.mark.parametrize(
    ("records", "shares"),
    [
        (({"provider": ("A",)}, {"provider": ("B",)}), False),
        (({"provider": ("A", "B")}, {"provider": ("B",)}), True),
        (({"provider": ("A",)}, {"region": ("Wales",)}), True),
        (({"provider": ("A",), "region": ("Wales",)}, {"provider": ("B",), "region": ("Wales",)}), False),
        (({}, {"provider": ("B",)}), True),
    ],
)
def test_analyses_are_said_to_share_people_where_nothing_keeps_them_apart(records, shares):
    text = narrative.other_analyses(parts(REDUCTION, INCONCLUSIVE, records=records)).text
    assert ("some of them may share people" in text) == ("is smaller where they share people" in text) == shares
    assert "This chance holds for analyses of separate people" in text and "different people, the chance" not in text


def test_an_accepted_imbalance_is_told_in_the_finding_and_in_what_cannot_be_said():
    found = balance(0.2, 0.01, accepted_by="A. Analyst", accepted_reason="too few women to do better")
    text, name = narrative.finding(found), found.analyses[0].balance.rows[0].covariate
    assert "outside_the_limit" in text.rules
    assert f"too far apart in {name}" in text.text and "(20.0%), which was accepted by A. Analyst." in text.text
    cannot = narrative.cannot_say(found)
    assert f"“The two groups were alike”: they differ by more than the limit in {name}" in cannot.text
    alike = balance(0.01)
    assert "outside_the_limit" not in narrative.finding(alike).rules
    assert "cannot_alike" not in narrative.cannot_say(alike).rules


def test_rates_that_print_alike_carry_a_note_on_rounding():
    words = "the two are alike only once they are rounded."
    assert words in narrative.finding(of(estimate(-0.007), treatment_value=0.277)).text  # 27.7% and 28.4%
    assert words not in narrative.finding(of(estimate(-0.018), treatment_value=0.326)).text  # 33% and 34%


def test_only_measures_that_are_shown_are_called_inconclusive():
    shown = [measure(family="rate"), family("a", "employment")]
    text = narrative.range_in_words(findings(*shown, withheld(label="B", family="employment"))).text
    assert "The rest of what can be shown is not clear (employment)." in text
    assert "The rest is not clear (employment)." in narrative.range_in_words(findings(*shown)).text


def too_late(n_before, could="Their outcomes could be analysed with a wider window."):
    """An analysis without a result, of whose people an unknown number started the service too late."""
    found = invented.several().about("women")
    received, left = steps(n_before, (10, 20))
    hidden = ("records_excluded", "records_after")
    left = left.model_copy(
        update={"records_excluded": None, "records_after": None, "secondary": hidden, "could": could}
        | {"label": "the service started too late"}
    )
    one = found.analyses[0].model_copy(update={"flow": (received, left), "matching": None})
    return found.model_copy(update={"analyses": (one, *found.analyses[1:])})


def test_too_few_because_most_started_late_asks_for_a_wider_window_not_for_more_people():
    found = narrative.finding(too_late(72))
    assert found.rules[-2:] == ("most_left", "could_bring_back") and "send_more" not in found.rules
    assert found.text.endswith(
        "Most often, people left for this reason: the service started too late. Their outcomes could be analysed in"
        " another analysis, with a wider window. We recommend asking for that."
    )
    assert "could not be answered" not in found.text and found.title == "This analysis could not be answered"
    assert "send_more" in narrative.finding(too_late(40)).rules  # they may be too few by themselves
    assert "send_more" in narrative.finding(too_late(72, could="")).rules
    assert narrative.finding(too_late(72, could="Fuller identifiers would help.")).text.endswith(" would help.")
    one = too_late(72).analyses[0]
    enough = one.model_copy(update={"flow": (*one.flow[:1], one.flow[1].model_copy(update={"records_after": 40}))})
    assert "send_more" in narrative.finding(too_late(72), enough).rules  # not for want of people


def test_the_amount_of_a_service_has_a_unit():
    row = invented.subgroups().rows[0].model_copy(update={"by": "intensity", "level": "under 20", "holm_p": 0.001})
    clear = row.model_copy(update={"headline": REDUCTION})
    found = invented.subgroups(declared=("intensity",), rows=(clear,), heterogeneity=())
    text = narrative.subgroups(findings(analysis_changes={"subgroups": found})).text
    assert "for the subgroup under 20 hours or sessions (amount of the service)" in text


def test_terms_are_found_in_the_words_that_readers_meet():
    said = ["Calipers that were tried", "0.2 of the logit", "An offence triable either way.", "by control groups"]
    assert terms.occurring(said) == {"Caliper", "Propensity logit", "Class of an offence", "Comparison group"}
    assert terms.occurring(["Holm: adjusted p-values"]) == {"Holm's adjustment", "P-value"}
    assert terms.occurring(["It was powerful, and recalling frequently"]) == frozenset()


# --- other ways of analysing -----------------------------------------------------------------------------------------


def with_panel(*estimates, main=None, **changes):
    """Findings whose headline is `main`, with a panel of other estimates of it."""
    main = main or REDUCTION
    panel = invented.robustness(*estimates, main=main, **changes)
    return findings(measure(main), analysis_changes={"robustness": panel})


@pytest.mark.parametrize(
    ("main", "others", "rule", "words"),
    [
        (REDUCTION, (REDUCTION, ranged(-0.3, -0.02)), "ways_agree", "does not depend on which of these ways is chosen"),
        (REDUCTION, (REDUCTION, ranged(-0.3, 0.02)), "ways_agree_direction", "how clear it is does"),
        (
            REDUCTION,
            (REDUCTION, ranged(-0.1, 0.12)),
            "ways_differ",
            "**The finding depends on how the analysis is made**",
        ),
        (INCREASE, (INCREASE, REDUCTION), "ways_differ", "should be read with caution"),
        (INCREASE, (INCREASE,), "ways_agree", "does not depend"),
        (
            INCONCLUSIVE,
            (INCONCLUSIVE,) * 3,
            "ways_inconclusive",
            "stays inconclusive. That other ways point the same way does not make it clearer.",
        ),
        (
            INCONCLUSIVE,
            (REDUCTION,) * 3,
            "ways_inconclusive_some_clear",
            "among many ways one may look clear by chance",
        ),
    ],
)
def test_what_other_ways_mean_depends_on_the_finding_and_on_how_they_compare(main, others, rule, words):
    said = narrative.other_ways(with_panel(*others, main=main))
    kinds = {"ways_agree", "ways_agree_direction", "ways_differ", "ways_inconclusive", "ways_inconclusive_some_clear"}
    assert set(said.rules) & kinds == {rule} and words in said.text
    assert "All ways rest on the same records" in said.text


@pytest.mark.parametrize("other", [REDUCTION, INCREASE, INCONCLUSIVE])
def test_other_ways_never_support_an_inconclusive_finding(other):
    text = narrative.other_ways(with_panel(*[other] * 9, main=INCONCLUSIVE)).text.lower()
    assert "stays inconclusive" in text
    assert not re.search(r"confirm|support|robust|agree|no effect|evidence", text)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (
            (ranged(-0.2, -0.04),),
            "The same question was also answered in one other way, named before any outcome was looked at: by closer",
        ),
        (
            (ranged(-0.2, -0.04),),
            "It points to a reduction, as the estimate of this report does. Its best estimate is 12",
        ),
        ((ranged(-0.2, -0.04),), "Looked at by itself, it is clearly a reduction, with 95% confidence."),
        ((ranged(0.0, 0.04),), "It does not point to a reduction"),
        ((ranged(-0.2, 0.04),), "Looked at by itself, it is inconclusive."),
        ((ranged(-0.2, -0.04),) * 2, "Both of them point to a reduction"),
        ((ranged(-0.2, -0.04),) * 12, "The same question was also answered in 12 other ways, named"),
        ((ranged(-0.2, -0.04),) * 12, "All of them point to a reduction"),
        ((ranged(-0.2, -0.04), *(ranged(-0.1, 0.2),) * 3), "One of them points to a reduction"),
        ((ranged(-0.1, 0.2),) * 3, "None of them points to a reduction"),
        ((ranged(-0.2, -0.04), ranged(-0.1, 0.038)), "between 3.1 and 12 percentage points lower."),
        ((ranged(-0.2, -0.04), ranged(-0.1, 0.13)), "between 12 percentage points lower and 1.5 higher."),
        ((ranged(0.01, 0.01), ranged(0.03, 0.03)), "between 1 and 3 percentage points higher."),
        ((estimate(0.0), ranged(0.03, 0.03)), "between no difference and 3 percentage points higher."),
    ],
)
def test_other_ways_are_counted_and_their_range_told(others, words):
    found = with_panel(*others)
    text = narrative.other_ways(found).text
    assert words in text
    assert narrative.check_numbers(text, found) == []


def test_ways_without_an_estimate_or_with_unlike_groups_are_told():
    whole = invented.whole_findings()
    text = narrative.other_ways(whole).text
    assert "One of them leaves the groups less alike than this report may, and so counts for less." in text
    assert "- No estimate, because fewer than 30 people in the treatment group could be compared in this way:" in text
    assert "within 0.01 standard deviations." in text
    none = invented.robustness().rows[:2]
    alone = findings(analysis_changes={"robustness": invented.robustness().model_copy(update={"rows": none})})
    said = narrative.other_ways(alone)
    assert said.rules == ("ways_none", "way_not_possible") and "No other way" in said.text


def test_needs_are_told_in_two_steps():
    text = narrative.other_ways(invented.whole_findings()).text
    assert "For everyone, without the assessment, the estimate is" in text
    assert "The first step shows what the choice of people changes, the second what their needs change." in text
    rows = tuple(r for r in invented.robustness().rows if r.key != "needs_assessed_with")
    some = findings(analysis_changes={"robustness": invented.robustness().model_copy(update={"rows": rows})})
    assert "needs_runs" not in narrative.other_ways(some).rules


def placebo_of(**changes):
    found = invented.robustness()
    placebo = found.placebo.model_copy(update=changes)
    return findings(analysis_changes={"robustness": found.model_copy(update={"placebo": placebo})})


def test_a_placebo_that_holds_is_told_without_triumph():
    said = narrative.placebo(placebo_of())
    assert (said.tone, said.rules) == ("note", ("placebo", "placebo_with", "placebo_holds"))
    assert "0.05 more per person in the group that received the service; the true difference could be as" in said.text
    assert "as much as 0.09 fewer, or as much as 0.19 more. This does not prove" in said.text
    assert "“Years since the last previous offence” was left out too" in said.text


def test_a_placebo_that_fails_is_a_warning_in_plain_words():
    said = narrative.placebo(placebo_of(estimate=estimate(0.3, 0.1), holds=False, left_out=()))
    assert (said.tone, said.rules) == ("warning", ("placebo", "placebo_fails"))
    assert said.title == "A test on the past found a difference where there should be none"
    assert "these may explain part of the result" in said.text


def test_a_placebo_of_any_other_number_is_lower_or_higher():
    text = narrative.placebo(placebo_of(unit="days", estimate=estimate(-0.12, 0.1))).text
    assert "0.12 lower in the group" in text and "as much as 0.32 lower, or as much as 0.08 higher" in text
    text = narrative.placebo(placebo_of(unit="share", estimate=estimate(-0.03, 0.05))).text
    assert "3 percentage points lower in the group" in text


def test_a_placebo_that_could_not_be_tried_says_why():
    said = narrative.placebo(placebo_of(estimate=None, unit=None, holds=None, why_not="it is a category"))
    assert said.rules == ("placebo_none",) and "could not be tried with “Previous offences" in said.text
    found = invented.robustness().model_copy(update={"placebo": None})
    assert narrative.placebo(findings(analysis_changes={"robustness": found})) is None
    assert narrative.placebo(findings()) is None


def test_a_clear_result_says_how_strong_something_hidden_would_have_to_be():
    said = narrative.hidden_bias(invented.whole_findings())
    assert said.rules == ("hidden", "hidden_needed", "hidden_strongest", "hidden_e_value", "hidden_pairs")
    for words in (
        "shift the difference by 0.3 percentage points or more; to explain all of it, by 6.1 percentage points.",
        "“Previous offences” matters most. Left as it was before the groups were made alike",
        "by about 5.7 percentage points",
        "by a ratio of at least 1.11 each; to explain all of it, of at least 1.65.",
        "by more than 1.08 (Rosenbaum’s bound)",
    ):
        assert words in said.text


def test_an_inconclusive_result_needs_nothing_hidden_to_explain_it():
    said = narrative.hidden_bias(with_panel(INCONCLUSIVE, main=INCONCLUSIVE))
    assert said.rules == ("hidden", "hidden_inconclusive", "hidden_strongest")
    assert "may also have covered up a true difference" in said.text
    bare = with_panel(REDUCTION, hidden=HiddenBias())
    assert narrative.hidden_bias(bare).rules == ("hidden",)
    assert narrative.hidden_bias(findings()) is None


def test_the_caveat_that_there_is_no_panel_goes_once_there_is_one():
    assert "not_in_report" in narrative.caveats(findings()).rules
    assert "not_in_report" not in narrative.caveats(invented.whole_findings()).rules
