"""How sure a result is: the three estimates side by side, and what the analysis could have found."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Estimate, Findings, Measure, PowerSummary, Unit, Verdict
from ..wording import Passage
from .ranges import chosen, difference_in_words, interval_in_words, verdict_of


def three_estimates(findings: Findings, analysis: Analysis | None = None) -> Words:
    """The three estimates side by side, whether they agree, and on whom they rest."""
    analysis, passage = chosen(findings, analysis), Passage()
    measure = analysis.headline_measure
    if measure is None or measure.headline is None:
        return passage.say("withheld", "The estimates are not shown, because the result is withheld.").words()
    passage.say("why_three", "The difference was estimated in three ways, which lean on different assumptions.")
    for name, rule, estimate in (
        ("**Headline**: matching, then an adjustment for what differences are left", "headline", measure.headline),
        ("**Classic**: the plain difference after matching, as in earlier publications", "classic", measure.classic),
        (
            "**Check**: weighting everyone in the comparison group instead of matching, with an adjustment",
            "check",
            measure.check,
        ),
    ):
        if estimate is None:
            passage.item(f"{rule}_missing", f"{name}: it could not be computed.")
        else:
            spread = interval_in_words(estimate, measure.unit)
            passage.item(rule, f"{name}: {difference_in_words(estimate, measure.unit)}. The true difference {spread}.")
    _agreement(passage, measure)
    _resting_on(passage, findings, analysis)
    return passage.words()


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
        passage.say("all_agree", "All three lead to the same conclusion.")


def _resting_on(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    matching = analysis.matching
    if matching is None:
        return
    matched, minimum = matching.n_treatment_matched, findings.minimum_cell
    if matching.n_treatment is None:
        passage.say(
            "dropped_few",
            f"All three concern the {numbers.plural(matched, 'person', 'people')} who could be matched; some could"
            " not.",
            new=True,
        )
    elif matching.n_treatment == matched:
        passage.say(
            "dropped_none",
            f"All three concern the same {numbers.plural(matched, 'person', 'people')}: everybody could be matched.",
            new=True,
        )
    else:
        dropped = numbers.plural(matching.n_treatment - matched, "person", "people", minimum)
        passage.say(
            "dropped_some",
            f"All three concern the same {numbers.plural(matched, 'person', 'people')}; {dropped} could not be matched"
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


def power_sentence(power: PowerSummary | None) -> tuple[str, str]:
    if power is None:
        return "power_unknown", "How large a difference this analysis could have found was not computed."
    chance = numbers.per_cent(power.power)
    size = _points(power.detectable_in_hand_pp)
    people = numbers.plural(power.n_treatment, "person", "people")
    return (
        "power_in_hand",
        (
            f"With {people}, this analysis had a {chance} chance of a clear result only if the true reduction was"
            f" {size} or more."
        ),
    )


def _points(pp: float) -> str:
    """Percentage points of the power table, with one decimal unless that is a zero: 10.4 is not 10 there."""
    printed = numbers.number(pp, 1).removesuffix(".0")
    return f"{printed} percentage {'point' if printed == '1' else 'points'}"


def what_could_be_detected(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What this analysis could have found, how many people would be needed, and what that rests on."""
    analysis = chosen(findings, analysis)
    power, measure, passage = analysis.power, analysis.headline_measure, Passage()
    passage.say(*power_sentence(power))
    if power is None:
        return passage.words()
    chance = numbers.per_cent(power.power)
    rows = {row.reduction_pp: row for row in power.rows}
    wanted = [rows[pp] for pp in (2, 5, 10) if pp in rows]
    if wanted:
        passage.say(
            "needed_fixed",
            f"For a {chance} chance of a clear result, this many people would have to be analysed:",
            new=True,
        )
    for row in wanted:
        if row.infeasible or row.n_treatment is None:
            passage.item(
                "needed_infeasible",
                f"For a reduction of {_points(row.reduction_pp)}: no number of people would be enough.",
            )
        else:
            passage.item(
                "needed_fixed",
                f"For a reduction of {_points(row.reduction_pp)}:"
                f" {numbers.plural(row.n_treatment, 'person', 'people')}.",
            )
    floor = _points(power.smallest_detectable_pp)
    passage.say(
        "floor",
        f"With this comparison group, no number of people would be enough to show a reduction of less than {floor}.",
    )
    if measure is not None and measure.headline is not None and measure.verdict is Verdict.inconclusive:
        _needed_for_observed(passage, power, measure.headline)
        passage.say(
            "send_more",
            "We recommend sending a larger group when it is available, including people of earlier and later years.",
            new=True,
        )
    passage.say(
        "power_caveats",
        "These numbers are a guide.",
        "They assume that people in both groups vary as much as they did here.",
        "People counted here are those who remain after every exclusion; more would have to be sent.",
        new=True,
    )
    return passage.words()


def _needed_for_observed(passage: Passage, power: PowerSummary, estimate: Estimate) -> None:
    if estimate.estimate >= 0:
        passage.say(
            "observed_not_lower",
            "The rate seen here was not lower, so there is no observed reduction to plan for.",
            "But what was seen is itself uncertain.",
            new=True,
        )
        return
    observed = numbers.points(abs(estimate.estimate), numbers.decimals_for(Unit.share, estimate.estimate) or 1)
    observed = observed.removesuffix(".0")
    words = f"{observed} percentage {'point' if observed == '1' else 'points'}"
    if power.needed_for_observed is None or -100 * estimate.estimate <= power.smallest_detectable_pp:
        passage.say(
            "observed_below_floor",
            f"If the true difference were only the {words} seen here, no number of people could show it with this"
            " comparison group.",
            "But what was seen is itself uncertain.",
            new=True,
        )
        return
    needed = numbers.plural(power.needed_for_observed, "person", "people")
    passage.say(
        "needed_for_observed",
        f"If the true reduction were the one seen here, {words}, {needed} would be needed.",
        "But what was seen is itself uncertain, so this number is too.",
        new=True,
    )
