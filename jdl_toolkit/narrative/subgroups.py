"""Subgroups in words: which were named beforehand, what was found, and how such results are to be read."""

from __future__ import annotations

from .. import numbers
from ..document import Inset, Words
from ..findings import Analysis, Findings, Heterogeneity, SubgroupRow, SubgroupSummary, Verdict
from ..plots.effects import level_words, subgroup_words
from ..wording import Passage, capital, listed, plain, small_number
from .design import was_blind
from .ranges import alpha, chosen, difference_in_words, interval_in_words, verdict_of


def subgroups(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """The difference in each subgroup, and whether it differs between them; None if no subgroups were named."""
    analysis = chosen(findings, analysis)
    found, measure = analysis.subgroups, analysis.headline_measure
    if found is None or not found.declared:
        return None
    passage = Passage()
    names = listed([subgroup_words(by).lower() for by in found.declared])
    named = "before any outcome was looked at" if was_blind(findings) else "in the request"
    passage.say(
        "subgroups_declared",
        f"Subgroups by {names} were named {named}. In each, the groups were made alike anew, within itself.",
    )
    if found.n_tests == 0:
        passage.say("subgroups_none", "None of them was large enough for an analysis.")
    else:
        tests = "One subgroup was" if found.n_tests == 1 else f"{capital(small_number(found.n_tests))} subgroups were"
        passage.say(
            "subgroups_tested",
            f"{tests} tested. The p-values are adjusted for that number (Holm), as the more subgroups are looked at,"
            " the more likely it is that one seems clear by chance.",
        )
        _clear(passage, findings, found, measure.unit if measure is not None else "share")
        for test in found.heterogeneity:
            passage.item(*_heterogeneity(test, findings))
    _not_formed(passage, found)
    return passage.words()


def _clear(passage: Passage, findings: Findings, found: SubgroupSummary, unit: str) -> None:
    """Those that are clear with the adjustment, and those that would be so without it."""
    by_itself = [row for row in found.rows if row.headline and verdict_of(row.headline) is not Verdict.inconclusive]
    kept = [row for row in by_itself if _is_clear(row, findings)]
    if not kept:
        passage.say(
            "subgroups_unclear",
            "With that adjustment, the result is not clear in any of them. This does not mean that nothing changed for"
            " them: subgroups are small, and small groups seldom give a clear result.",
        )
    for row in kept:
        passage.say(
            "subgroup_clear",
            f"With that adjustment, the result is clear for the subgroup {_name(row)}:"
            f" {difference_in_words(row.headline, unit)}. The true difference {interval_in_words(row.headline, unit)}.",
        )
    lost = [_name(row) for row in by_itself if row not in kept]
    if lost:
        passage.say("subgroups_lost", f"Clear without the adjustment, but not with it: {listed(lost)}.")


def _is_clear(row: SubgroupRow, findings: Findings) -> bool:
    """Whether the adjusted p-value, too, is below the level of the intervals."""
    return (row.headline.p_value if row.holm_p is None else row.holm_p) < alpha(findings)


def _heterogeneity(test: Heterogeneity, findings: Findings) -> tuple[str, str]:
    """Whether the subgroups of one characteristic differ from each other, in words."""
    by, p = subgroup_words(test.by), numbers.p_value(test.p_value)
    if test.p_value >= alpha(findings):
        return (
            "heterogeneity_chance",
            f"{by}: chance alone could explain that the results of the subgroups differ (p-value {p}). That does not"
            " show that they are the same.",
        )
    return (
        "heterogeneity",
        f"{by}: the results of the subgroups differ by more than chance would often produce (p-value {p}, not"
        " adjusted for the number of characteristics looked at). This is a question for a further analysis, not a"
        " finding.",
    )


def _not_formed(passage: Passage, found: SubgroupSummary) -> None:
    """Those that were not formed or are withheld, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in found.rows:
        if row.headline is None:
            reasons.setdefault(plain(row.why_not or "it was withheld").rstrip("."), []).append(_name(row))
    for reason, names in reasons.items():
        passage.item("subgroup_not_shown", f"Not shown, because {reason}: {'; '.join(names)}.")


def _name(row: SubgroupRow) -> str:
    return f"{plain(level_words(row.by, row.level))} ({subgroup_words(row.by).lower()})"


def subgroups_caution(findings: Findings, analysis: Analysis | None = None) -> Inset | None:
    """How results of subgroups are to be read; None where none is shown."""
    found = chosen(findings, analysis).subgroups
    if found is None or not any(row.headline is not None for row in found.rows):
        return None
    passage = Passage()
    passage.say(
        "subgroups_warning",
        "A clear result in one subgroup and an unclear one in another do not show that the service works for the one"
        " and not for the other: they may differ in size only.",
        "Only the comparison of the subgroups with each other speaks to that.",
        "The finding of this report is that of the whole group.",
    )
    return passage.inset("warning", "Reading subgroups")
