"""What is not on record: the placebo outcome, and how strong something hidden would have to be, in words."""

from __future__ import annotations

from .. import numbers
from ..document import Inset, Words
from ..findings import Analysis, Estimate, Findings, HiddenBias, Verdict
from ..tables.robustness import points_against
from ..wording import Passage, capital, listed, plain
from .design import making
from .ranges import ANY_NUMBER, chosen, difference_in_words, interval_in_words, verdict_of
from .robustness import size


def placebo(findings: Findings, analysis: Analysis | None = None) -> Inset | None:
    """Whether the groups differed in something that the service cannot have changed; None where nothing was tried."""
    analysis = chosen(findings, analysis)
    found = analysis.robustness.placebo if analysis.robustness is not None else None
    if found is None:
        return None
    name, passage = _name(found.label), Passage()
    if found.estimate is None or found.unit is None:
        reason = plain(found.why_not or "it could not be computed").rstrip(".")
        passage.say("placebo_none", f"This could not be tried with “{name}”: {reason}.")
        return passage.inset("note", "A test on the past could not be made")
    passage.say(
        "placebo",
        f"Taking part cannot have changed what came before it. So “{name}” was left out of the {making(analysis)}, and"
        " then compared as if it were a result.",
    )
    more = [f"“{_name(label)}”" for label in found.left_out if label != found.label]
    if more:
        were = "was" if len(more) == 1 else "were"
        passage.say("placebo_with", f"{listed(more)} {were} left out too, as much the same follows from it.")
    words = _compared(found.estimate, str(found.unit))
    if found.holds:
        passage.say(
            "placebo_holds",
            f"No clear difference was found, as it should be: {words}. This does not prove that the groups are alike in"
            " everything; it is a test that could have shown that they are not, and did not.",
        )
        return passage.inset("note", "A test on the past found no clear difference, as it should")
    passage.say(
        "placebo_fails",
        f"**A clear difference was found where there should be none**: {words}. The rest of what is on record does not"
        " by itself make the groups alike in their past.",
        "For the result of this report they were made alike in this, too. But they may also differ in things that are"
        " not on record, and these may explain part of the result.",
    )
    return passage.inset("warning", "A test on the past found a difference where there should be none")


def failed_placebo(analysis: Analysis | None) -> str:
    """What the service cannot have changed and in which the groups differ clearly, in words; empty where none does."""
    found = analysis.robustness.placebo if analysis is not None and analysis.robustness is not None else None
    if found is None or found.estimate is None or found.holds:
        return ""
    name = _name(found.label)
    return f"{name[:1].lower()}{name[1:]}"


def _compared(estimate: Estimate, unit: str) -> str:
    """The difference and its range: ``0.05 more in the group that received the service; the true difference …``."""
    unit, family = (unit, "") if unit != "days" else ("count", ANY_NUMBER)
    difference = difference_in_words(estimate, unit, family)
    return (
        f"{difference} {'per person ' if not family and unit == 'count' else ''}in the group that received the service;"
        f" the true difference {interval_in_words(estimate, unit, family)}"
    )


def hidden_bias(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """How strong something that is not on record would have to be to explain the result; None without a panel."""
    analysis = chosen(findings, analysis)
    if analysis.robustness is None or analysis.headline_measure is None:
        return None
    found, passage, unit = analysis.robustness.hidden, Passage(), analysis.headline_measure.unit
    passage.say(
        "hidden",
        "People who received the service may differ from the others in something that is not on record, such as their"
        " motivation.",
    )
    if verdict_of(analysis.robustness.main) is Verdict.inconclusive:
        passage.say(
            "hidden_inconclusive",
            "As the result is inconclusive, nothing hidden is needed to explain it; but something hidden may also have"
            " covered up a true difference.",
        )
        _strongest(passage, found, unit)
        return passage.words()
    _needed(passage, found, unit)
    _strongest(passage, found, unit)
    _e_values(passage, found)
    _pairs(passage, found, analysis.robustness.main.estimate)
    return passage.words()


def _needed(passage: Passage, found: HiddenBias, unit: str) -> None:
    hidden = found.confounder
    if hidden is None or hidden.to_zero is None or hidden.to_include_zero is None:
        return
    passage.say(
        "hidden_needed",
        f"To make the result unclear, it would have to shift the difference by {size(hidden.to_include_zero, unit)} or"
        f" more; to explain all of it, by {size(hidden.to_zero, unit)}.",
    )


def _strongest(passage: Passage, found: HiddenBias, unit: str) -> None:
    hidden = found.confounder
    if hidden is None or not hidden.strongest or not hidden.strongest_bias:
        return
    passage.say(
        "hidden_strongest",
        f"For comparison: of all that is on record, “{_name(hidden.strongest)}” matters most. Left as it was before the"
        f" groups were made alike, it alone would shift the difference by about {size(hidden.strongest_bias, unit)}.",
    )


def _e_values(passage: Passage, found: HiddenBias) -> None:
    e = found.e_values
    if e is None or e.point is None or e.limit is None or e.limit <= 1:
        return
    passage.say(
        "hidden_e_value",
        f"In ratios (E-values): to make the result unclear, it would have to go with taking part, and with reoffending,"
        f" by a ratio of at least {ratio(e.limit)} each; to explain all of it, of at least {ratio(e.point)}.",
        "A ratio of two would mean: twice as common in one group as in the other, and twice as likely to reoffend.",
        new=True,
    )


def _pairs(passage: Passage, found: HiddenBias, main: float) -> None:
    pairs = found.pairs
    if pairs is None or pairs.tipping_gamma is None:
        return
    if points_against(pairs, main):
        passage.say(
            "hidden_pairs_against",
            "In pairs of one person of each group, the difference points the other way from that of this report, so"
            " these pairs say nothing of how firm it is (Rosenbaum’s bound).",
        )
        return
    passage.say(
        "hidden_pairs",
        "In pairs of one person of each group, the result stays clear as long as nothing hidden multiplies the odds"
        " that one of the two received the service, rather than the other, by more than"
        f" {ratio(pairs.tipping_gamma)} (Rosenbaum’s bound).",
    )


def ratio(value: float) -> str:
    """A ratio with two decimals at most: ``1.4``, ``2``."""
    return numbers.number(value, 2).rstrip("0").rstrip(".")


def _name(label: str) -> str:
    name = plain(label).split(" (log of")[0].removesuffix(" (years)")
    return capital(name)
