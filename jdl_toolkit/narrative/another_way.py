"""Who left but could be analysed another way, or later: what it takes, and what to ask for."""

from __future__ import annotations

from .. import numbers
from ..findings import Analysis, Detail, Findings, FlowStep
from ..wording import capital, ended, plain
from .events import REPEAT_RECORD

#: Reason code of a record that belongs to another analysis, whose report tells of it.
OTHER_ANALYSIS = 0
#: Reason code of an index disposal of another kind; its parts are the kinds.
OTHER_DISPOSAL = 6


def another_way(step: FlowStep, minimum_analysed: int) -> str:
    """How those who left at a step could be analysed another way, or later; empty where there is no way.

    Repeat records lose nobody, and records of other analyses are told of in their own reports.
    """
    if step.code in (None, OTHER_ANALYSIS, REPEAT_RECORD) or step.records_excluded == 0:
        return ""
    said = [capital(ended(plain(step.could)))] if step.could else []
    if step.code == OTHER_DISPOSAL and _could_suffice(step, minimum_analysed):
        said.append(
            "A further analysis, with a comparison group of its own, can be asked for by kind of sentence; it needs at"
            f" least {numbers.count_(minimum_analysed)} people who can be compared."
        )
    return " ".join(said)


def most_frequent_reason(analysis: Analysis, findings: Findings) -> FlowStep | None:
    """The reason for which most left, if those people by themselves would be enough for an analysis.

    How many left at a step whose count is withheld is known from the counts around it: all that were there before, but
    for fewer than an analysis needs, if nothing that is withheld follows.
    """
    minimum = findings.setting("cohort", "minimum_analysed")
    remained = analysis.flow[-1].records_after if analysis.flow else None
    if remained is not None and remained >= minimum:
        return None  # it is not for want of people that there is no result
    left = [s for s in analysis.flow[1:] if s.code not in (None, OTHER_ANALYSIS, REPEAT_RECORD)]
    sizes = [(_at_least(analysis, step, minimum), step) for step in left]
    n, most = max(sizes, key=lambda pair: pair[0], default=(0, None))
    return most if n >= minimum else None


def _at_least(analysis: Analysis, step: FlowStep, minimum_analysed: int) -> int:
    """How many left at a step, at the least, as far as what is shown tells."""
    if step.records_excluded is not None:
        return step.records_excluded
    i = analysis.flow.index(step)
    before, after = analysis.flow[i - 1].records_after, analysis.flow[i + 1 :]
    if before is None or analysis.matching is not None or any(s.records_excluded != 0 for s in after):
        return 0
    return max(0, before - (minimum_analysed - 1))


def in_another(step: FlowStep) -> str:
    """A step's `could`, said of another analysis where it takes other rules, with the advice to ask for one."""
    could = ended(plain(step.could)).replace("with a wider window", "in another analysis, with a wider window", 1)
    return f"{could} We recommend asking for that." if "analys" in could else could


def _could_suffice(step: FlowStep, minimum_analysed: int) -> bool:
    """Whether people with any one kind of sentence could be enough for an analysis, as far as what is shown tells."""
    kinds = _kinds(step)
    hidden = sum(kind.records is None for kind in kinds)
    rest = (step.records_excluded or 0) - sum(kind.records or 0 for kind in kinds) - max(0, hidden - 1)
    most = [rest if kind.records is None and kind.secondary else kind.records or 0 for kind in kinds]
    return max(most, default=0) >= minimum_analysed


def _kinds(step: FlowStep) -> list[Detail]:
    """The kinds of sentence of those who left, without remarks on parts of them."""
    labels = [d.label for d in step.details]
    parts = [d for d in step.details if not any(d.label.startswith(f"{other}: ") for other in labels)]
    return [d for d in parts if not d.label.startswith("of which ") and d.records != 0]
