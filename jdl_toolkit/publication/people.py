"""Who was sent, found, lost and compared, and how alike the groups were, as tidy tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from .. import numbers
from ..findings import Analysis, BalanceRow, Findings, FlowStep
from ..plots.power import short
from ..tables.balance import DENOMINATORS, METHODS
from ..wording import capital
from . import columns as of
from .table import Cell, Column, DataTable, Symbol, count, number, or_none, printed, text

_OF_STEP: tuple[Column, ...] = (
    of.ANALYSIS,
    text("flow", "Flow", "treatment group, or control pool"),
    number("step", "Step", "Place of the step in the flow; 0: what was received", "order"),
)
_STEP_LABEL = text("label", "What the step is", "Reason for which records left at the step")


def flow_table(findings: Findings) -> DataTable:
    said = {"before": "before the step", "left": "that left at the step", "after": "that remained after the step"}
    figures = tuple(
        number(f"{what}_{when}", f"{what.capitalize()} {words}", f"{what.capitalize()} {words}", what)
        for what in ("records", "people")
        for when, words in said.items()
    )
    code = number("code", "Reason code", "Number of the reason in the list of reasons", "code")
    rows = tuple(
        (a.id, flow, i, count(step.code, Symbol.z), step.label, *_counts(before, step))
        for a in findings.analyses
        for flow, steps in _flows(a)
        for i, (before, step) in enumerate(pairwise([None, *steps]))
    )
    title = "Each step from the records received to the people analysed"
    notes = ("Until records are found on the register, it is not known how many people they are of.",)
    return DataTable("flow", title, (*_OF_STEP, code, _STEP_LABEL, *figures), rows, notes)


def _flows(a: Analysis) -> tuple[tuple[str, tuple[FlowStep, ...]], ...]:
    return ("treatment group", a.flow), ("control pool", a.pool_flow)


def _counts(before: FlowStep | None, step: FlowStep) -> tuple[int | Symbol, ...]:
    """Records, and people, before a step, leaving at it and remaining after it."""
    after, people = count(step.records_after), _people(step)
    if before is None:
        return Symbol.z, Symbol.z, after, Symbol.z, Symbol.z, people
    records = count(before.records_after), count(step.records_excluded), after
    return *records, _people(before), _people_that_left(before, step), people


def _people(step: FlowStep) -> int | Symbol:
    """None is withheld where the step says so; before linkage people are not known."""
    return count(step.people_after, Symbol.c if "people_after" in step.secondary else Symbol.x)


def _people_that_left(before: FlowStep, step: FlowStep) -> int | Symbol:
    if step.people_excluded is not None or "people_excluded" in step.secondary:
        return count(step.people_excluded)
    if Symbol.x in (_people(before), _people(step)):
        return Symbol.x
    known = before.people_after is not None and step.people_after is not None
    return before.people_after - step.people_after if known else Symbol.c


def flow_parts_table(findings: Findings) -> DataTable:
    part = text("part", "Part", "Of what kind they were; “of which” counts some of those above it again")
    columns = (*_OF_STEP, _STEP_LABEL, part, number("records", "Records", "Records of the part", "records"))
    rows = tuple(
        (a.id, flow, i, step.label, capital(detail.label), count(detail.records))
        for a in findings.analyses
        for flow, steps in _flows(a)
        for i, step in enumerate(steps)
        for detail in step.details
    )
    return DataTable("flow_parts", "Those who left at each step, in parts", columns, rows)


def linkage_table(findings: Findings) -> DataTable:
    columns = (
        text("what", "What", "received, outcome of the search, way in which records were found, or links in error"),
        text("label", "Outcome", "What became of the records"),
        number("records", "Records", "Number of records, or of links", "records"),
    )
    return DataTable("linkage", "How the records were found on the register", columns, tuple(_linkage(findings)))


def _linkage(findings: Findings) -> Iterator[tuple[Cell, ...]]:
    found = findings.linkage
    if found is None:
        return
    yield "received", "Records received", count(found.records)
    for name, n in found.by_status.items():
        yield "outcome", capital(name.replace("_", " ")), count(n)
    for tier in found.by_tier:
        yield "way", tier.label, count(tier.records)
    if found.expected_wrong_links is not None:
        wrong = found.expected_wrong_links
        expected = Symbol.low if 0 < wrong < 0.05 else printed(short(wrong))
        yield "in error", "Links that are expected to be wrong by chance", expected


def profile_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("characteristic", "Characteristic", "What is told of people"),
        text("level", "Level", "Value of the characteristic"),
        number("treatment", "Treatment group", "Share of the treatment group", "per cent"),
        number("comparison", "Comparison group", "Share of the comparison group", "per cent"),
        number("pool", "Whole control pool", "Share of all from whom controls could be chosen", "per cent"),
    )
    rows = tuple(
        (a.id, row.characteristic, row.level, *map(of.per_cent, (row.treatment, row.control, row.pool)))
        for a in findings.analyses
        for row in a.profile
    )
    return DataTable("profile", "Who was compared with whom", columns, rows)


def balance_table(findings: Findings) -> DataTable:
    unit = "per cent of a standard deviation"
    columns = (
        of.ANALYSIS,
        text("characteristic", "Characteristic", "What the groups are compared in"),
        text("level", "Level", "Value of the characteristic"),
        text("decides", "Decides", "yes: counts for whether the groups are alike enough; no: is only looked at"),
        number("before", "Before matching", "Standardised difference from the whole control pool", unit),
        number("after", "After matching", "Standardised difference from the comparison group", unit),
        text("light", "Light", "green, amber or red, by the size of the difference that is left"),
    )
    rows = tuple(_balance(a.id, row) for a in findings.analyses if a.balance is not None for row in a.balance.every)
    notes = (
        "Differences are treatment group less comparison group. The table matching says by whose standard deviation.",
    )
    return DataTable("balance", "How alike the groups are", columns, rows, notes)


def _balance(analysis: str, row: BalanceRow) -> tuple[Cell, ...]:
    differences = of.standardised(row.smd_before), of.standardised(row.smd_after)
    decides = "yes" if row.kind == "level" else "no"
    return analysis, row.covariate, or_none(row.level), decides, *differences, row.light


def matching_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("method", "Method", "How controls were chosen or weighted"),
        text("is_fallback", "In place of the declared method", "yes: the declared method made the groups not alike"),
        number("caliper_sd", "Caliper", "Widest distance of a match", "standard deviations of the score"),
        number("n_treatment", "Treatment group", "People who could be matched", "people"),
        number("n_matched", "Treatment group matched", "People who were matched and are compared", "people"),
        number("n_pool", "Control pool", "People from whom controls could be chosen", "people"),
        number("n_comparison", "Comparison group", "People who are compared with the treatment group", "people"),
        number("effective", "Effective comparison group", "People who count alike that it is worth", "people"),
        text("denominator", "Standard deviation of", "Whose standard deviation differences are measured by"),
        of.WORST,
        number("n_red", "Red differences", "Differences that are red after matching", "differences"),
        number("n_amber", "Amber differences", "Differences that are amber after matching", "differences"),
        number(
            "n_not_listed", "Differences not listed", "Differences that concern too few people to list", "differences"
        ),
        text("alike_enough", "Alike enough", "yes: the gate for balance was passed"),
    )
    rows = tuple(_matching(a) for a in findings.analyses if a.matching is not None and a.balance is not None)
    return DataTable("matching", "How the groups were made alike", columns, rows)


def _matching(a: Analysis) -> tuple[Cell, ...]:
    m, b = a.matching, a.balance
    caliper = Symbol.z if m.caliper_sd is None else printed(f"{m.caliper_sd:g}")
    sizes = count(m.n_treatment), m.n_treatment_matched, m.n_pool, m.n_control
    return (
        *(a.id, METHODS[m.method], _yes(m.is_fallback), caliper, *sizes, printed(numbers.number(m.ess_control))),
        *(DENOMINATORS[b.denominator], of.standardised(abs(b.worst)), b.n_red, b.n_amber, b.n_withheld),
        _yes(b.passed),
    )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def overlap_table(findings: Findings) -> DataTable:
    groups = {"treatment": "treatment group", "control": "comparison group", "pool": "whole control pool"}
    unit = "logit of the score"
    columns = (
        of.ANALYSIS,
        number("lower", "From", "Lower end of the bin", unit),
        number("upper", "To", "Upper end of the bin", unit),
        *(
            number(
                group.replace("control", "comparison"),
                words.capitalize(),
                f"Share of the {words} whose score is in the bin",
                "per cent",
            )
            for group, words in groups.items()
        ),
    )
    rows = tuple(
        (
            *(a.id, *(printed(numbers.number(x, 2)) for x in (row.lower, row.upper))),
            *(of.per_cent(getattr(row, group)) for group in groups),
        )
        for a in findings.analyses
        for row in a.overlap
    )
    return DataTable("overlap", "How likely people in each group were to receive the service", columns, rows)
