"""The method in words for readers who are no statisticians, and where the numbers come from."""

from __future__ import annotations

from .. import numbers
from ..document import Inset, Words
from ..exploratory import MARK
from ..findings import Analysis, Findings
from ..tables.choices import choice_words
from ..wording import Passage, ended, listed, period, plain, within
from .covariates import covariates_in_words
from .design import is_matched
from .drafts import event_words
from .events import event, is_delay_drawn
from .explored import say_explored
from .ways_of_matching import how_matched


def synthetic_notice(findings: Findings) -> Inset | None:
    """A warning that the people are invented, or that the analysis is exploratory; None if neither is so."""
    passage = Passage()
    if findings.synthetic:
        passage.say(
            "synthetic",
            "The people, sentences and offences behind this report were invented by a computer to show how the toolkit"
            " works.",
            "No figure in it says anything about a real person or about any real service.",
        )
    if findings.exploratory:
        passage.say(
            "exploratory",
            MARK,
            new=True,
        )
        say_explored(passage, findings)
    if not passage.rules:
        return None
    return passage.inset("warning", "Invented data" if findings.synthetic else "Exploratory analysis")


def method_in_short(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What was done and why, in about two pages without a formula."""
    analysis = analysis if analysis is not None else findings.analyses[0]
    passage = Passage()
    _why_compare(passage)
    _propensity(passage, findings, analysis)
    how_matched(passage, findings, analysis)
    _same_clock(passage, findings, analysis)
    _outcomes(passage, analysis)
    _estimates(passage, analysis)
    _intervals(passage, findings)
    return passage.words()


def _why_compare(passage: Passage) -> None:
    passage.say(
        "why_compare",
        "**Why a comparison group?** People who receive a service may reoffend more or less than others for reasons"
        " that have nothing to do with it: they may be older, or have fewer convictions.",
        "To see what the service changed, we would have to know what the same people would have done without it. That"
        " cannot be observed.",
        "The next best thing is to look at other people who did not receive the service but are like those who did.",
    )


def _propensity(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    passage.say(
        "propensity_score",
        "**What is a propensity score?** Nobody has a perfect double. Two people of the same age may differ in their"
        " convictions, and two with the same convictions in age.",
        "So what is on record about people is summed up in one number: how likely a person with this record is to be"
        " among those who received the service. This is the propensity score.",
        "If people with the same score are compared, the two groups come out alike in everything that went into it.",
        f"It is worked out from what was known on the day of the {event(analysis)} and never from what happened"
        " afterwards.",
        new=True,
    )
    names = covariates_in_words(analysis)
    if names:
        passage.say("covariates", f"These were taken into account: {', '.join(names)}.")
    _model(passage, findings)


def _model(passage: Passage, findings: Findings) -> None:
    """How the score was worked out otherwise than with every characteristic by itself, as a straight line."""
    curves = [choice_words(name) for name in findings.setting("covariates", "splines")]
    products = [" with ".join(map(choice_words, pair)) for pair in findings.setting("covariates", "interactions")]
    if curves:
        passage.say(
            "splines",
            f"What {listed(curves)} {'tells' if len(curves) == 1 else 'tell'} about taking part may change along a"
            " curve, rather than by the same step throughout.",
        )
    if products:
        which = "This pair" if len(products) == 1 else "These pairs"
        passage.say(
            "interactions",
            f"{which} of characteristics may count together otherwise than each by itself: {'; '.join(products)}.",
        )
    if findings.setting("covariates", "selection") == "stepwise":
        passage.say(
            "stepwise",
            "A computer chose, step by step, which of these enter the score: those that help to tell who received the"
            " service. How alike the groups are is judged on all of them.",
        )


def _same_clock(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    start = f"**When does the clock start?** For everybody, on the day of the {event(analysis)}."
    if not is_delay_drawn(findings):
        passage.say("clock_from_index", start, new=True)
        return
    passage.say(
        "equivalent_time_limit",
        f"{start} But the service starts some time later, and only people who have not reoffended by then can start"
        " it.",
        "Without care, the group that received the service would look better for this reason alone.",
        "So the same is asked of the comparison group: each of them is given a delay before the start, drawn from those"
        " of the people who were submitted, and leaves if they reoffended within it. This is the equivalent time"
        " limit.",
        new=True,
    )
    passage.say(
        "window",
        f"Only people who started less than {period(analysis.start_within_months)} after the {event(analysis)} are"
        " analysed.",
    )


def _outcomes(passage: Passage, analysis: Analysis) -> None:
    waiting = f" or in the {period(analysis.proving_months)} after it" if analysis.proving_months else ""
    passage.say(
        "proven_reoffence",
        f"**What counts as reoffending?** An offence committed {within(analysis.follow_up_months)} of the"
        f" {event(analysis)}, for which a person was convicted, cautioned, reprimanded or warned in that"
        f" time{waiting}.",
        "Offences that nobody was found to have committed cannot be counted, in either group.",
        new=True,
    )


def _estimates(passage: Passage, analysis: Analysis) -> None:
    if not is_matched(analysis):
        _estimates_by_weights(passage, analysis)
        return
    passage.say(
        "three_estimates",
        "**Why three estimates?** Matching makes the groups alike but never perfectly so. The headline estimate"
        " therefore also takes out what the small differences that are left would explain. What is “expected” in this"
        " report is what the comparison group did, so adjusted; its own, unadjusted value may differ a little.",
        "The classic estimate does not: it is the plain difference after matching, as in earlier publications, so that"
        " results can be laid side by side.",
        "The check reaches the same people by another road: instead of matching, it gives weight to everybody in the"
        " comparison group according to the propensity score.",
        "If the three agree, the result does not hang on one way of doing things. The headline decides, and was named"
        " as such beforehand.",
        new=True,
    )


def _estimates_by_weights(passage: Passage, analysis: Analysis) -> None:
    """The same where nobody was matched: the three then lie closer together."""
    exact = analysis.matching is not None and analysis.matching.method in ("ebal", "overlap")
    alike = (
        "These weights make the averages of the two groups agree in what was taken into account. The headline estimate"
        " takes out what differences may be left all the same."
        if exact
        else "The weights make the groups alike but never perfectly so. The headline estimate therefore also takes out"
        " what the small differences that are left would explain."
    )
    passage.say(
        "three_estimates_by_weights",
        f"**Why three estimates?** {alike} What is “expected” in this report is what the comparison group did, so"
        " adjusted; its own, unadjusted value may differ a little.",
        "The classic estimate does not: it is the plain difference after weighting.",
        "The check reaches the result by another road: its weights come straight from the propensity score, and what it"
        " expects without the service is worked out from everybody in the comparison group alike.",
        "If the three agree, the result does not hang on one way of doing things, though all of them are weighted and"
        " so have much in common. The headline decides, and was named as such beforehand.",
        new=True,
    )


def _intervals(passage: Passage, findings: Findings) -> None:
    confidence = findings.setting("inference", "confidence")
    wrong = round(1 / (1 - confidence))
    passage.say(
        "confidence_interval",
        "**What is a confidence interval?** Had other people happened to use the service, the result would have come"
        " out a little differently. The interval shows by how much.",
        f"A {numbers.per_cent(confidence)} confidence interval is made so that, over many analyses, all but 1 in"
        f" {wrong} contain the true value.",
        "If the interval lies wholly below zero, reoffending was lower; wholly above, higher. If it includes zero, the"
        " result is inconclusive: the analysis cannot tell.",
        "The interval speaks of chance. It does not cover errors in the records, or differences between the groups that"
        " are on no record.",
        new=True,
    )


def provenance(findings: Findings) -> Words:
    """How the figures can be made again, and what was done after outcomes had been opened; `tables` has the rest."""
    passage = Passage()
    passage.say(
        "made_again",
        "The same upload, register, specification and version of the toolkit give the same figures. A digest (SHA-256)"
        " tells whether a file is the same to the last letter.",
    )
    passage.say(
        "data_files",
        "The tables of this report are also in the spreadsheets “data-tables” (Excel and OpenDocument), and as CSV in"
        " the folder “data”, with what each figure is drawn from and a data dictionary that says what every column"
        " means.",
    )
    for reason in findings.provenance.matched_again:
        passage.item("matched_again", f"Matched again after outcomes had been opened: {ended(plain(reason))}")
    for entry in findings.sign_offs:
        passage.item("sign_off", event_words(entry))
    return passage.words()
