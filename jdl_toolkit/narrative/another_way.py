"""Who left but could be analysed another way, or later: with their number, and what to ask for."""

from __future__ import annotations

from .. import numbers
from ..findings import Analysis, Detail, Findings, FlowStep
from ..wording import Passage, capital, ended, listed, plain
from .events import REPEAT_RECORD

#: Reason code of a record that belongs to another analysis, whose report tells of it.
OTHER_ANALYSIS = 0
#: Reason code of an index disposal of another kind; its parts are the kinds.
OTHER_DISPOSAL = 6
#: Reason code -> what is true of those who left, of one and of several. Others are named by the step's label.
LEFT: dict[int, tuple[str, str]] = {
    1: ("could not be used to look for anybody", "could not be used to look for anybody"),
    2: ("could not be identified with confidence", "could not be identified with confidence"),
    3: ("is of somebody without a conviction on record", "are of people without a conviction on record"),
    5: ("had no relevant sentence before the service", "had no relevant sentence before the service"),
    6: ("had a sentence of another kind", "had sentences of other kinds"),
    7: ("is still in custody, or left it too late", "are still in custody, or left it too late"),
    8: ("has a release that could not be decided", "have releases that could not be decided"),
    9: ("came too late to be followed up in these data", "came too late to be followed up in these data"),
    10: ("started the service too late", "started the service too late"),
    11: ("has a sexual offence on record", "have a sexual offence on record"),
    12: ("reoffended before the service started", "reoffended before the service started"),
    13: ("could not be followed for the whole period", "could not be followed for the whole period"),
    14: ("had nobody comparable", "had nobody comparable"),
}


def another_way(passage: Passage, analysis: Analysis, minimum_cell: int, minimum_analysed: int) -> None:
    """What would bring people back; repeat records lose nobody."""
    left = [s for s in analysis.flow[1:] if s.records_excluded != 0 and s.code not in (OTHER_ANALYSIS, REPEAT_RECORD)]
    could = [s for s in left if s.could or (s.code == OTHER_DISPOSAL and _could_suffice(s, minimum_analysed))]
    if not could:
        return
    passage.say("another_way", "Some of those who left could be analysed another way, or later:", new=True)
    for step in could:
        if step.could:
            passage.item("another_way", could_in_words(step, minimum_cell))
    for step in could:
        if step.code == OTHER_DISPOSAL and _could_suffice(step, minimum_analysed):
            _other_disposals(passage, step, minimum_cell, minimum_analysed)


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


def could_in_words(step: FlowStep, minimum_cell: int) -> str:
    """A step's `could` with its count: ``12 people are still in custody; their outcomes could be analysed from …``."""
    who, is_one = _who(step, minimum_cell)
    one, several = LEFT.get(step.code, ("left", "left"))
    said = one if is_one else several
    if step.code not in LEFT:
        said = f"left ({plain(step.label)})"
    return f"{who} {said}; {_lower_first(ended(plain(step.could)))}"


def _who(step: FlowStep, minimum_cell: int) -> tuple[str, bool]:
    """``12 people``, ``Fewer than 5 people``, ``Some people`` where the count is withheld; whether it is one."""
    people = step.code is not None and step.code > REPEAT_RECORD
    nouns = ("person", "people") if people else ("record", "records")
    if step.records_excluded is None and "records_excluded" in step.secondary:
        return f"Some {nouns[1]}", False
    n = step.records_excluded
    return capital(numbers.plural(n, *nouns, minimum_cell)), n == 1


def _lower_first(text: str) -> str:
    """With a small first letter, unless the first word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


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


def _other_disposals(passage: Passage, step: FlowStep, minimum_cell: int, minimum_analysed: int) -> None:
    """The kinds of sentence a further analysis could be asked for, the most frequent first; small ones together."""
    kinds = sorted(_kinds(step), key=lambda kind: -(kind.records or 0))
    told = [kind for kind in kinds if kind.records is not None]
    hidden = [kind for kind in kinds if kind.records is None]
    if not kinds:
        return
    passage.say(
        "other_disposals",
        "A further analysis, with a comparison group of its own, can be asked for by kind of sentence; it needs at"
        f" least {numbers.count_(minimum_analysed)} people who can be compared. Of those who left there were:",
        new=True,
    )
    for kind in told:
        people = numbers.plural(kind.records, "person", "people")
        passage.item("other_disposal", f"{capital(plain(kind.label))}: {people}.")
    if hidden:
        named = listed([f"{plain(kind.label)} ({_count(kind, minimum_cell)})" for kind in hidden])
        passage.item("other_disposals_small", f"{capital(named)}.")


def _count(kind: Detail, minimum_cell: int) -> str:
    return numbers.count_(kind.records, minimum_cell, secondary=kind.secondary)
