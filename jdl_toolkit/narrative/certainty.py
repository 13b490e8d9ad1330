"""How sure a result is: the three estimates side by side, whether they agree, and on whom they rest."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, Measure, Verdict
from ..wording import Passage
from .design import EITHER_GROUP, concerns_either_group, is_matched, making
from .ranges import chosen, difference_in_words, interval_in_words, named, verdict_of


def three_estimates(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The three estimates side by side, whether they agree, and on whom they rest."""
    analysis, passage = chosen(findings, analysis), Passage()
    measure = analysis.headline_measure
    if measure is None or measure.headline is None:
        return passage.say("withheld", "The estimates are not shown, because the result is withheld.").words()
    way, as_before = making(analysis), ", as in earlier publications" if is_matched(analysis) else ""
    passage.say("why_three", "The difference was estimated in three ways, which lean on different assumptions.")
    for name, rule, estimate in (
        (f"**Headline**: {way}, then an adjustment for what differences are left", "headline", measure.headline),
        (f"**Classic**: the plain difference after {way}{as_before}", "classic", measure.classic),
        (_CHECK[is_matched(analysis)], "check", measure.check),
    ):
        if estimate is None:
            passage.item(f"{rule}_missing", f"{name}: it could not be computed.")
        else:
            spread = interval_in_words(estimate, measure.unit)
            passage.item(rule, f"{name}: {difference_in_words(estimate, measure.unit)}. The true difference {spread}.")
    _agreement(passage, measure)
    _elsewhere(passage, analysis, measure)
    _resting_on(passage, findings, analysis)
    return passage.words()


#: Whether people were matched -> what the check is called beside the other two.
_CHECK = {
    True: "**Check**: weighting everyone in the comparison group instead of matching, with an adjustment",
    False: "**Check**: weights straight from the propensity score, with an adjustment worked out from everybody alike",
}
_SAID = {Verdict.reduction: "below zero", Verdict.increase: "above zero", Verdict.inconclusive: "unclear"}
_VERDICT = {Verdict.reduction: "a reduction", Verdict.increase: "an increase", Verdict.inconclusive: "inconclusive"}


def _agreement(passage: Passage, measure: Measure) -> None:
    headline = measure.verdict or verdict_of(measure.headline)
    classic = measure.classic_verdict or (verdict_of(measure.classic) if measure.classic else headline)
    check = verdict_of(measure.check) if measure.check else headline
    if classic != headline:
        passage.say(
            "classic_differs",
            f"**The classic estimate would have said otherwise**: it is {_VERDICT[classic]}, where the headline"
            f" estimate is {_VERDICT[headline]}.",
            "The verdict of this report follows the headline estimate, as was decided before the result was known.",
        )
    if check != headline:
        passage.say(
            "check_differs",
            f"The check is {_VERDICT[check]}, so the result depends on the method and should be read with caution.",
        )
    if classic == headline == check:
        which = named(measure)
        which = f"{which[:1].lower()}{which[1:]}"
        passage.say("all_agree", f"All three lead to the same conclusion on the {which}.")


def _elsewhere(passage: Passage, analysis: Analysis, decides: Measure) -> None:
    """Other measures on which the classic estimate would have said otherwise, each with both verdicts."""
    said = []
    for measure in analysis.measures:
        if measure == decides or measure.headline is None or measure.classic is None:
            continue
        headline = measure.verdict or verdict_of(measure.headline)
        classic = measure.classic_verdict or verdict_of(measure.classic)
        if classic != headline:
            label = named(measure)
            said.append(f"{label[:1].lower()}{label[1:]} ({_SAID[classic]}, where the headline is {_SAID[headline]})")
    if said:
        passage.say(
            "classic_differs_elsewhere",
            f"**On other measures the classic estimate, by itself, would have said otherwise**: {'; '.join(said)}.",
        )


def _resting_on(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    matching = analysis.matching
    if matching is None:
        return
    matched, minimum = matching.n_treatment_matched, findings.minimum_cell
    rest = "rest on" if concerns_either_group(analysis) else "concern"
    nobody_left = "everybody could be matched" if is_matched(analysis) else "nobody had to be left out"
    could = "be matched" if is_matched(analysis) else "be compared"
    if concerns_either_group(analysis):
        passage.say(
            "either_group",
            f"All three concern {EITHER_GROUP}, and count each person by how likely the other group would have been.",
            new=True,
        )
    if matching.n_treatment is None:
        passage.say(
            "dropped_few",
            f"All three {rest} the {numbers.plural(matched, 'person', 'people')} who could {could}; some could not.",
            new=True,
        )
    elif matching.n_treatment == matched:
        passage.say(
            "dropped_none",
            f"All three {rest} the same {numbers.plural(matched, 'person', 'people')}: {nobody_left}.",
            new=True,
        )
    else:
        dropped = numbers.plural(matching.n_treatment - matched, "person", "people", minimum)
        passage.say(
            "dropped_some",
            f"All three {rest} the same {numbers.plural(matched, 'person', 'people')}; {dropped} could not {could}"
            " and left.",
            new=True,
        )
    effective = numbers.number(matching.ess_control)
    controls = numbers.plural(matching.n_control, "person", "people")
    passage.say(
        "effective_size",
        f"The comparison group has {controls}. They count unequally, so they tell as much as {effective} people of"
        " equal weight.",
    )
    if matching.ess_control < 2 * matched:
        passage.say(
            "effective_size_small",
            "**This is less than twice the group that received the service**, so a few people weigh heavily in the"
            " comparison.",
        )
