"""What the design of an analysis lets a sentence say: who was matched, whom it concerns, and what was settled blind."""

from __future__ import annotations

from ..findings import Analysis, Findings
from ..wording import Passage, ended, listed, plain

#: Methods that pick people out for each other; the rest weight everybody.
_MATCHING = ("radius", "nearest")
#: Whom a result of overlap weights concerns, in lay words.
EITHER_GROUP = "people who might have been in either group"


def is_matched(analysis: Analysis | None) -> bool:
    """Whether people were matched with each other, rather than all of them weighted."""
    return analysis is None or analysis.matching is None or analysis.matching.method in _MATCHING


def making(analysis: Analysis | None) -> str:
    """What made the groups alike: ``matching`` or ``weighting``."""
    return "matching" if is_matched(analysis) else "weighting"


def concerns_either_group(analysis: Analysis | None) -> bool:
    """Whether the result concerns people who might have been in either group, not all who received the service."""
    return analysis is not None and analysis.matching is not None and analysis.matching.method == "overlap"


def among_either_group(analysis: Analysis | None, before: str = " ") -> str:
    """`` among people who might have been in either group``; empty where a result concerns all of the treated."""
    return f"{before}among {EITHER_GROUP}" if concerns_either_group(analysis) else ""


def was_blind(findings: Findings) -> bool:
    """Whether the groups were never matched again once outcomes had been opened."""
    return not findings.provenance.matched_again


def matched_again(findings: Findings) -> tuple[str, ...]:
    """Sentences on what was changed once outcomes had been opened; none where nothing was."""
    reasons = [plain(reason).rstrip(".") for reason in findings.provenance.matched_again]
    if not reasons:
        return ()
    return (
        "**The groups were made again after outcomes had been opened**, so what was chosen for this result may have"
        " been chosen with outcomes in view. It should be read with caution.",
        ended(f"What is on record about it: {listed(reasons)}"),
    )


def say_matched_again(passage: Passage, findings: Findings) -> None:
    """Beside the finding: that the groups were made again once outcomes had been opened, and why."""
    said = matched_again(findings)
    if said:
        passage.say("matched_again", *said, new=True)
