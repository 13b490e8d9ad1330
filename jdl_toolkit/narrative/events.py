"""What starts the clock, and what the flow says of people who reoffended before the service, in words and shares."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ..findings import Analysis, Findings, FlowStep
from ..wording import listed

#: Reason code after which every person has one record.
REPEAT_RECORD = 4
#: Reason code of people who reoffended before the service started, and the step of the pool that asks the same.
REOFFENDED_FIRST = 12
POOL_REOFFENDED_FIRST = "reoffended_first"


def event(analysis: Analysis | None, plural: bool = False) -> str:
    """What follow-up starts from: ``sentence``, ``release`` or ``sentence or release``, by the index disposals."""
    codes = set(analysis.index_disposals) if analysis is not None else {"custody", ""}
    nouns = (["sentence"] if codes - {"custody"} else []) + (["release"] if "custody" in codes else [])
    return " or ".join(f"{noun}s" if plural else noun for noun in nouns)


def event_happened(analysis: Analysis | None) -> str:
    """The day of the event, as the end of "the day …"."""
    return {
        "sentence": "a person was given the sentence",
        "release": "a person was released from custody",
        "sentence or release": "a person was given a community sentence, or was released from custody",
    }[event(analysis)]


#: Type of release -> how somebody was released.
RELEASES = {
    "licence": "on licence",
    "hdc": "on home detention curfew",
    "approved_premises": "to approved premises",
    "unconditional": "unconditionally",
}


def disposals_in_words(codes: tuple[str, ...], release_types: tuple[str, ...] = ()) -> str:
    """Kinds of index disposal: ``a community order or a suspended sentence order``; custody is a release."""
    how = listed([RELEASES.get(code, code.replace("_", " ")) for code in release_types], "or")
    release = "a release from custody" + (f" ({how})" if how else "")
    return listed([release if code == "custody" else _a(code.replace("_", " ")) for code in codes], "or")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def is_delay_drawn(findings: Findings) -> bool:
    """Whether people of the comparison group were given a delay before the start, as the service has one."""
    return (
        findings.setting("cohort", "route") != "custody"
        and findings.setting("cohort", "equivalent_time_limit") != "none"
    )


def people_found(analysis: Analysis) -> int | None:
    """Different people found with a conviction; None where the flow does not show it."""
    return next((step.records_after for step in analysis.flow if step.code == REPEAT_RECORD), None)


def reoffended_first_shares(analysis: Analysis) -> tuple[float, float] | None:
    """Share of the submitted people in scope, and of the pool, who left as they reoffended before the (drawn) start.

    None where either flow lacks the step, or withholds what the share is made of.
    """
    treated = _share_leaving(analysis.flow, lambda step: step.code == REOFFENDED_FIRST)
    pool = _share_leaving(analysis.pool_flow, lambda step: step.key == POOL_REOFFENDED_FIRST)
    return None if treated is None or pool is None else (treated, pool)


#: How many times the share of the pool the share of the treated must be for the gap to be told.
LARGE_GAP = 2


def large_gap(findings: Findings, analysis: Analysis) -> tuple[float, float] | None:
    """Both shares of `reoffended_first_shares` where they differ much though a delay was drawn; else None."""
    shares = reoffended_first_shares(analysis) if is_delay_drawn(findings) else None
    return None if shares is None or shares[0] <= LARGE_GAP * shares[1] else shares


def _share_leaving(flow: tuple[FlowStep, ...], is_meant: Callable[[FlowStep], bool]) -> float | None:
    for before, step in pairwise(flow):
        if is_meant(step) and step.records_excluded is not None and before.records_after:
            return step.records_excluded / before.records_after
    return None
