"""What an analysis could have found, how many people would settle it, and by what test that was worked out."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Estimate, Findings, PowerRow, PowerSummary, Unit, Verdict
from ..wording import Passage
from .design import EITHER_GROUP, among_either_group, concerns_either_group
from .ranges import chosen


def power_sentence(power: PowerSummary | None, among: str = "") -> tuple[str, str]:
    """How large a reduction could have been found; `among`: whom it concerns, if not all who received the service."""
    if power is None:
        return "power_unknown", "How large a difference this analysis could have found was not computed."
    chance = numbers.per_cent(power.power)
    size = points(power.detectable_in_hand_pp)
    people = numbers.plural(power.n_treatment, "person", "people")
    return (
        "power_in_hand",
        (
            f"With {people}, this analysis had a {chance} chance of a clear result only if the true reduction or"
            f" increase{among} was {size} or more."
        ),
    )


def points(pp: float) -> str:
    """Percentage points of the power table, with one decimal unless that is a zero: 10.4 is not 10 there."""
    printed = numbers.number(pp, 1).removesuffix(".0")
    return f"{printed} percentage {'point' if printed == '1' else 'points'}"


#: Percentage points of a reduction that is worth looking for: one that an analysis of more people should show.
SMALL = 2.0


def in_hand(power: PowerSummary) -> float:
    """The smallest reduction that the analysis was likely to show, by the safer of both counts of people."""
    safer = power.effective.detectable_in_hand_pp if power.effective is not None else power.detectable_in_hand_pp
    return max(safer, power.detectable_in_hand_pp)


def is_large(power: PowerSummary) -> bool:
    """Whether more people would add little: the analysis was likely to show what is worth looking for."""
    return in_hand(power) <= SMALL


#: How many people are needed where nothing would do.
NO_NUMBER = "no number of people would be enough"


def what_could_be_detected(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What this analysis could have found, how many people would be needed, and what that rests on."""
    analysis = chosen(findings, analysis)
    power, measure, passage = analysis.power, analysis.headline_measure, Passage()
    is_clear = measure is not None and measure.verdict in (Verdict.reduction, Verdict.increase)
    if is_clear:
        passage.say(
            "already_clear",
            "The result is clear, so no more people are needed to settle which way the difference points. What follows"
            " is of use for planning a further analysis.",
        )
    passage.say(*power_sentence(power, among_either_group(analysis)))
    if power is None:
        return passage.words()
    worth = power.effective
    if worth is not None:
        too = ", too" if points(worth.detectable_in_hand_pp) == points(power.detectable_in_hand_pp) else ""
        passage.say(
            "power_two_counts",
            "That counts everybody in the comparison group as one person, as earlier publications do. But some of them"
            " count for more than others, so the group tells less than its number of people promises. A safer count"
            f" allows for that: by it{too}, this analysis could show {points(worth.detectable_in_hand_pp)} or more.",
        )
    chance = numbers.per_cent(power.power)
    rows = {row.reduction_pp: row for row in power.rows}
    by_worth = {row.reduction_pp: row for row in worth.rows} if worth is not None else {}
    wanted = [rows[pp] for pp in (2, 5, 10) if pp in rows]
    if wanted:
        passage.say(
            "needed_fixed",
            f"For a {chance} chance of a clear result, this many people would have to be analysed:",
            new=True,
        )
    for row in wanted:
        out_of_reach = row.infeasible or row.n_treatment is None
        needed = NO_NUMBER if out_of_reach else _people(row)
        other = by_worth.get(row.reduction_pp)
        if other is not None and not out_of_reach and _people(other) != needed:
            needed += f"; by the safer count, {_people(other) or NO_NUMBER}"
        rule = "needed_infeasible" if out_of_reach else "needed_fixed"
        passage.item(rule, f"For a reduction of {points(row.reduction_pp)}: {needed}.")
    floor = points(power.smallest_detectable_pp)
    if worth is not None and points(worth.smallest_detectable_pp) != floor:
        floor += f" (by the safer count, {points(worth.smallest_detectable_pp).split()[0]})"
    passage.say(
        "floor",
        f"With this comparison group, no number of people would be enough for a {chance} chance of showing a reduction"
        f" of less than {floor}.",
    )
    if measure is not None and measure.headline is not None and measure.verdict is Verdict.inconclusive:
        _needed_for_observed(passage, power, measure.headline)
        passage.say(*_more_people(power, measure.headline), new=True)
    passage.say(
        "power_caveats",
        "These numbers are a guide.",
        "They assume that people in both groups vary as much as they did here.",
        "People counted here are those who remain after every exclusion; more would have to be sent.",
        new=True,
    )
    if concerns_either_group(analysis):
        passage.say(
            "power_either_group",
            f"They concern a reduction among {EITHER_GROUP}. People of the group that received the service count"
            " unequally as well, so somewhat more people would be needed than these numbers say.",
        )
    return passage.words()


def _people(row: PowerRow) -> str | None:
    """How many people are needed; None where no number is enough."""
    return None if row.infeasible or row.n_treatment is None else numbers.plural(row.n_treatment, "person", "people")


def _more_people(power: PowerSummary, estimate: Estimate) -> tuple[str, str]:
    """Whether a larger group is worth sending, by what it could show with this comparison group."""
    if is_large(power):
        return (
            "more_adds_little",
            "This analysis was already large. More people would make the range narrower, but only by a little.",
        )
    if power.smallest_detectable_pp > SMALL:
        return (
            "more_pool",
            "A larger group alone would not show a small reduction: the comparison group would have to be larger, too.",
        )
    if estimate.estimate < 0 and -100 * estimate.estimate <= power.smallest_detectable_pp:
        return (
            "send_more_narrower",
            "A larger group would make the range narrower, and could show whether a larger difference is there. But a"
            " difference as small as the one seen would stay unclear.",
        )
    return (
        "send_more",
        "We recommend sending a larger group when it is available, including people of earlier and later years.",
    )


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
    if power.effective is not None:
        by_worth = power.effective.needed_for_observed
        other = NO_NUMBER if by_worth is None else numbers.plural(by_worth, "person", "people")
        needed += f" (by the safer count, {other})" if other != needed else ""
    passage.say(
        "needed_for_observed",
        f"If the true reduction were the one seen here, {words}, {needed} would be needed.",
        "But what was seen is itself uncertain, so this number is too.",
        new=True,
    )


def power_method(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """By what test and from what the numbers of people were worked out; None where there are none."""
    power = chosen(findings, analysis).power
    if power is None:
        return None
    passage = Passage()
    passage.say(
        "power_method",
        f"The numbers of people are those of a two-sided t-test of two means at {numbers.per_cent(power.alpha)}, with"
        f" {numbers.per_cent(power.power)} power, {numbers.plural(power.n_control, 'person', 'people')} in the"
        f" comparison group and a standard deviation of {numbers.number(power.sd, 3)} in both groups.",
    )
    if power.effective is not None:
        passage.say(
            "power_method_effective",
            f"The safer count takes the comparison group’s effective size, {numbers.number(power.effective.n_control)},"
            " in place of its number of people.",
        )
    return passage.words()
