"""What chance does to many tests, said plainly."""

from __future__ import annotations

from ... import numbers
from ...document import Inset
from ...portfolio.bulletin import Bulletin
from ...wording import Passage, small_number
from .naming import are


def by_chance(bulletin: Bulletin) -> Inset | None:
    """How many conclusive results chance alone would give, and how many are left; None without a test."""
    m, passage = bulletin.multiplicity, Passage()
    if not m.n_tests:
        return None
    level, n = numbers.per_cent(m.alpha), m.n_tests
    if n == 1:
        passage.say(
            "one_test",
            f"One result was tested, at {level}. If its service changed nothing, it would still look conclusive with a"
            f" chance of {level}.",
        )
        return passage.inset("warning", "Some clear results may be due to chance")
    passage.say(
        "expected_by_chance",
        f"**{n:,} results were tested at {level} each. About {_about(m.expected_by_chance)} of them would be conclusive"
        " by chance alone, even if no service changed anything**, half of them as reductions and half as increases.",
    )
    if not m.n_conclusive:
        passage.say("none_to_correct", "None is conclusive.")
        return passage.inset("warning", "Some clear results may be due to chance")
    more = m.n_conclusive > m.chance_high
    how = "more than chance would be expected to give" if more else "no more than chance may give"
    passage.say(
        "found_against_chance",
        f"{m.n_conclusive:,} {are(m.n_conclusive)} conclusive, which is {how} (between {m.chance_low:,} and"
        f" {m.chance_high:,}, in 95 of 100 such collections)."
        + (" But which of them are due to chance cannot be told." if m.n_conclusive > 1 else ""),
    )
    passage.say(
        "left_after_holm",
        f"When all are judged together so strictly that even one false result would be unlikely (Holm's adjustment),"
        f" **{_left(m.n_after_holm)}** conclusive.",
        new=True,
    )
    passage.say(
        "left_after_fdr",
        "If it is accepted that about 5% of the results that are called conclusive are false (false discovery rate,"
        f" Benjamini and Hochberg), **{_left(m.n_after_fdr)}**.",
    )
    passage.say(
        "each_report_stands",
        "The verdict of a report is that of its own test, as the organisation asked about its own service. Who picks"
        " results out of all of them should use the stricter ones.",
        new=True,
    )
    return passage.inset("warning", "Some clear results may be due to chance")


def _about(expected: float) -> str:
    return numbers.number(expected, 0) if expected >= 2 else numbers.number(expected, 1).removesuffix(".0")


def _left(n: int) -> str:
    return "none is left" if n == 0 else "one is left" if n == 1 else f"{small_number(n)} are left"
