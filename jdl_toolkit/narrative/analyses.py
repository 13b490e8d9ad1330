"""The other analyses of a request: what they found, where their reports lie, and what several of them mean."""

from __future__ import annotations

from .. import numbers
from ..document import Inset
from ..findings import Analysis, Findings, Verdict
from ..plots.effects import estimate_words
from ..wording import Passage, capital, small_number
from .finding import headline_sentence
from .many import chance_of_any, judged_together, may_share_people, n_answered
from .ranges import alpha, expected
from .titles import title_in_words


def report_path(findings: Findings, analysis: Analysis) -> str:
    """Where the report of another analysis lies, seen from the report of the first analysis of `findings`."""
    first, here = findings.listed[0], findings.analyses[0].id
    up = "" if here == first else "../"
    return f"{up}report.html" if analysis.id == first else f"{up}{analysis.id}/report.html"


def other_analyses(findings: Findings) -> Inset | None:
    """What the other analyses of the request found, with links to their reports; None if there are no others."""
    if len(findings.analyses) < 2:
        return None
    passage = Passage()
    others = sorted(findings.analyses[1:], key=lambda a: findings.listed.index(a.id))
    n = len(findings.analyses)
    passage.say(
        "several_analyses",
        f"{capital(small_number(n))} analyses were made for this request, of different people or by different rules"
        f"{'; some of them may share people' if may_share_people(findings) else ''}. Each has a report of its own. This"
        " report is about one of them. Of the others:",
    )
    for analysis in others:
        passage.item("other_analysis", f"**{title_in_words(analysis)}**: {result_in_short(analysis)}")
    _by_chance(passage, findings)
    links = tuple((f"Report: {title_in_words(a)}", report_path(findings, a)) for a in others)
    return passage.inset("note", f"One of {small_number(n)} analyses of this request", links)


def result_in_short(analysis: Analysis) -> str:
    """What an analysis found, in a line: verdict, rates, and the difference with its interval."""
    measure = analysis.headline_measure
    if measure is None or measure.headline is None or measure.treatment_value is None:
        return headline_sentence(analysis)
    found = {Verdict.reduction: "lower", Verdict.increase: "higher"}.get(measure.verdict, "inconclusive")
    rates = [numbers.value(x, measure.unit) for x in (measure.treatment_value, expected(measure))]
    estimate = measure.headline
    difference = estimate_words(estimate.estimate, estimate.ci_low, estimate.ci_high, measure.unit)
    return f"{found}. {rates[0]} against {rates[1]} expected; difference in percentage points {difference}."


def _by_chance(passage: Passage, findings: Findings) -> None:
    """What several analyses mean for one that looks conclusive."""
    n = n_answered(findings)
    if n < 2:
        return
    shared = " and is smaller where they share people" if may_share_people(findings) else ""
    passage.say(
        "by_chance",
        f"The more analyses are made, the more likely it is that one looks conclusive by chance. Even if a service"
        f" changed nothing, about one analysis in {small_number(round(1 / alpha(findings)))} would look conclusive; of"
        f" {small_number(n)} analyses, the chance that at least one does is"
        f" {numbers.per_cent(chance_of_any(findings))}. This chance holds for analyses of separate people{shared}. A"
        " conclusive result of one among several is therefore weaker evidence than if it were the only one.",
        new=True,
    )
    judged_together(passage, findings, findings.analyses[0])
