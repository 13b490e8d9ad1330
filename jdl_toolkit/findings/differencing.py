"""Two releases of one request beside each other: which of their counts tell of a few people.

A corrected release replaces the earlier one, but nobody unreads that. A count that has changed by three tells of three
people; a count that was withheld, and is shown now beside the same total, is told after all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..disclosure import is_small, may_be_shown
from .schema import Analysis, Findings, FlowStep, Unit

#: A count: what it is of, in words; people (or records) with it, and of how many; None where withheld or without whole.
Count = tuple[str, int | None, int | None]


@dataclass(frozen=True)
class SmallDifference:
    """A count that, taken from that of another release, tells of a few people.

    Parameters
    ----------
    analysis, title : str
        Of the analysis; empty for what is of the whole request.
    what : str
        What is counted, for readers.
    why : str
        Why the two tell of a few; without a number that would tell it again.
    """

    analysis: str
    title: str
    what: str
    why: str

    @property
    def words(self) -> str:
        """The whole in one sentence."""
        of = f"{self.title}: " if self.title else ""
        return f"{of}{self.what}: {self.why}."


def small_differences(earlier: Findings, later: Findings) -> tuple[SmallDifference, ...]:
    """Counts of two releases of one request that, laid beside each other, tell of few people.

    Parameters
    ----------
    earlier, later : Findings
        In either order, the answer is of the same counts.

    Returns
    -------
    tuple of SmallDifference
        In the order of the later findings; analyses that only one of them has are not compared. The larger of the two
        minimums applies.
    """
    minimum = max(earlier.minimum_cell, later.minimum_cell)
    before = {a.id: a for a in earlier.analyses}
    found = _compared("", "", _of_request(earlier), _of_request(later), minimum)
    for one in later.analyses:
        if one.id in before:
            found += _compared(one.id, one.title, _of_analysis(before[one.id]), _of_analysis(one), minimum)
    return tuple(found)


def _compared(
    analysis: str, title: str, before: Iterator[Count], after: Iterator[Count], minimum: int
) -> list[SmallDifference]:
    old = {what: (count, whole) for what, count, whole in before}
    found = []
    for what, count, whole in after:
        if what in old and (why := _why(*old[what], count, whole, minimum)):
            found.append(SmallDifference(analysis, title, what, why))
    return found


def _why(old: int | None, old_whole: int | None, new: int | None, new_whole: int | None, minimum: int) -> str:
    """Why two counts tell of a few people; empty if they do not."""
    if (old is None) != (new is None):
        return "it is withheld in one release and shown in the other" if old_whole == new_whole else ""
    if old is None or new is None or (old, old_whole) == (new, new_whole):
        return ""
    if is_small(abs(new - old), minimum):
        return f"the two releases differ by fewer than {minimum}"
    if old_whole is None or new_whole is None or old_whole == new_whole:
        return ""
    more, more_with = abs(new_whole - old_whole), (new - old) * (1 if new_whole > old_whole else -1)
    if not may_be_shown(more_with, more, minimum):
        return f"of those who are in one release alone, fewer than {minimum} have it, or all but so few"
    return ""


# --- every count that is published -----------------------------------------------------------------------------------


def _of_request(findings: Findings) -> Iterator[Count]:
    linkage = findings.linkage
    if linkage is None:
        return
    yield "records in the linkage", linkage.records, None
    for status, n in linkage.by_status.items():
        yield f"linkage, {status}", n, linkage.records
    for tier in linkage.by_tier:
        yield f"found by {tier.label}", tier.records, linkage.records


def _of_analysis(analysis: Analysis) -> Iterator[Count]:
    yield from _of_flow("flow", analysis.flow)
    yield from _of_flow("flow of the control pool", analysis.pool_flow)
    if (matching := analysis.matching) is not None:
        yield "treatment group before matching", matching.n_treatment, None
        yield "treatment group compared", matching.n_treatment_matched, None
        yield "control pool", matching.n_pool, None
        yield "control group", matching.n_control, matching.n_pool
        n = matching.n_treatment_matched
        for row in analysis.profile:
            share = row.treatment
            yield f"profile, {row.characteristic}: {row.level}", None if share is None else round(share * n), n
    for measure in analysis.measures:
        label = measure.label if measure.base == "everyone" else f"{measure.label} (of people who reoffended)"
        yield from _of_share(label, measure.n_treatment, measure.treatment_value, measure.unit)
    whole = analysis.headline_measure
    for row in analysis.follow_up:
        yield from _of_share(f"follow-up, {row.label}", whole and whole.n_treatment, row.treatment, row.unit)
    for row in analysis.subgroups.rows if analysis.subgroups is not None else ():
        yield from _of_share(f"subgroup {row.by}: {row.level}", row.n_treatment, row.treatment_value, Unit.share)


def _of_flow(name: str, steps: tuple[FlowStep, ...]) -> Iterator[Count]:
    for step in steps:
        what = f"{name}, {step.label}"
        yield f"{what}: records excluded", step.records_excluded, None
        yield f"{what}: records after", step.records_after, None
        yield f"{what}: people excluded", step.people_excluded, None
        yield f"{what}: people after", step.people_after, None
        for detail in step.details:
            yield f"{what}: {detail.label}", detail.records, step.records_excluded


def _of_share(label: str, n: int | None, value: float | None, unit: Unit) -> Iterator[Count]:
    """People a figure is of, and, of a share, people with it."""
    yield f"{label}: people it is of", n, None
    if unit == Unit.share:
        yield f"{label}: people with it", None if n is None or value is None else round(n * value), n
