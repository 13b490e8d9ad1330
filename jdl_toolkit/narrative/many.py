"""What several analyses of one request mean for each of them: how many there are, whom they share, what chance does."""

from __future__ import annotations

from itertools import combinations

from .. import numbers
from ..findings import Analysis, Findings, Status, Verdict
from ..wording import Passage, small_number
from .ranges import alpha


def answered(findings: Findings) -> list[Analysis]:
    """Analyses with a result that could look conclusive."""
    return [
        a
        for a in findings.analyses
        if a.status is Status.reported and a.headline_measure is not None and a.headline_measure.headline is not None
    ]


def n_answered(findings: Findings) -> int:
    return len(answered(findings))


def chance_of_any(findings: Findings) -> float:
    """The chance that at least one of the answered analyses looks conclusive though nothing changed: 1 − (1 − α)ⁿ.

    It holds for analyses of separate people, and is an upper bound where they share some.
    """
    return 1 - (1 - alpha(findings)) ** n_answered(findings)


def may_share_people(findings: Findings) -> bool:
    """Whether any two analyses could hold the same person: no column of the upload tells their records apart."""
    return any(not _are_apart(one, other) for one, other in combinations(findings.analyses, 2))


def _are_apart(one: Analysis, other: Analysis) -> bool:
    shared = one.records.keys() & other.records.keys()
    return any(not set(one.records[column]) & set(other.records[column]) for column in shared)


def joint_p(analysis: Analysis, findings: Findings) -> float | None:
    """The p-value of an analysis when all answered ones are judged together: p times their number (Bonferroni).

    None where there is no result, or only one of the analyses was answered.
    """
    measure, n = analysis.headline_measure, n_answered(findings)
    if n < 2 or measure is None or measure.headline is None:
        return None
    return min(1.0, n * measure.headline.p_value)


def joint_p_in_words(analysis: Analysis, findings: Findings) -> str | None:
    """`joint_p` with two decimals, or as many as tell it from the level that it is held against."""
    p, level = joint_p(analysis, findings), alpha(findings)
    if p is None:
        return None
    printed = numbers.p_value(p)
    return printed if p == level or printed != numbers.number(level, 2) else numbers.number(p, 4)


def judged_together(passage: Passage, findings: Findings, analysis: Analysis, item: bool = False) -> None:
    """Whether a conclusive analysis would still be clear if all answered ones were judged together."""
    measure, p = analysis.headline_measure, joint_p(analysis, findings)
    if p is None or measure is None or measure.verdict in (None, Verdict.inconclusive):
        return
    is_clear = p < alpha(findings)
    n, level = small_number(n_answered(findings)), f"{alpha(findings):g}"
    text = (
        f"When all {n} analyses that were answered are judged together, the result of this one"
        f" {'is still' if is_clear else 'would no longer be'} clear: its p-value times {n} is"
        f" {joint_p_in_words(analysis, findings)}, which is {'below' if is_clear else 'not below'} {level}."
    )
    rule = "still_clear_among_analyses" if is_clear else "no_longer_clear_among_analyses"
    if item:
        passage.item(rule, text)
    else:
        passage.say(rule, text)
