"""The first measure in each subgroup, and whether subgroups differ, as tidy tables."""

from __future__ import annotations

from .. import numbers
from ..findings import Analysis, Findings, SubgroupRow
from ..plots.effects import level_words, subgroup_words
from . import columns as of
from .results import ROUNDING
from .table import Cell, DataTable, Symbol, count, number, or_none, printed, text

_BY = text("by", "Characteristic", "What the subgroups are formed by")


def subgroups_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        _BY,
        text("level", "Subgroup", "Value of the characteristic"),
        of.MEASURE,
        of.N_TREATMENT,
        of.N_COMPARISON,
        of.UNIT,
        of.TREATMENT_VALUE,
        of.EXPECTED_VALUE,
        of.DIFFERENCE_UNIT,
        *of.estimate_columns(),
        of.HOLM_P,
        of.WORST,
        of.VERDICT,
        of.WHY_NOT,
    )
    told = [a for a in findings.analyses if a.subgroups is not None and a.headline_measure is not None]
    rows = tuple(_subgroup(a, row) for a in told for row in a.subgroups.rows)
    return DataTable("subgroups", "The difference in each subgroup", columns, rows, (ROUNDING,))


def _subgroup(a: Analysis, row: SubgroupRow) -> tuple[Cell, ...]:
    measure, head = a.headline_measure, row.headline
    has_expected = row.treatment_value is not None and head is not None
    expected = row.treatment_value - head.estimate if has_expected else None
    return (
        *(a.id, subgroup_words(row.by), level_words(row.by, row.level), measure.label),
        *(count(row.n_treatment), count(row.n_control), of.value_unit(measure.unit)),
        *(of.value(row.treatment_value, measure.unit), of.value(expected, measure.unit)),
        *(of.difference_unit(measure.unit), *of.estimate_cells(head, measure.unit)),
        printed(numbers.p_value(row.holm_p)),
        of.standardised(None if row.worst is None else abs(row.worst)),
        *(Symbol.c if row.verdict is None else str(row.verdict), or_none(row.why_not)),
    )


def subgroup_balance_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        _BY,
        text("level", "Subgroup", "Value of the characteristic"),
        text("characteristic", "Compared in", "What the groups are compared in within the subgroup"),
        text("characteristic_level", "Level", "Value of what the groups are compared in"),
        number(
            "after",
            "After matching",
            "Standardised difference from the subgroup’s own comparison group",
            "per cent of a standard deviation",
        ),
        text("light", "Light", "green, amber or red, by the size of the difference that is left"),
    )
    rows = tuple(
        (
            *(a.id, subgroup_words(part.by), level_words(part.by, part.level), row.covariate, row.level),
            *(of.standardised(row.smd_after), row.light),
        )
        for a in findings.analyses
        if a.subgroups is not None
        for part in a.subgroups.balance
        for row in part.rows
    )
    return DataTable("subgroup_balance", "How alike the groups are within each subgroup", columns, rows)


def subgroup_tests_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        _BY,
        number("q", "Cochran’s Q", "Statistic of the test that the effects are the same in all subgroups", "statistic"),
        number("df", "Degrees of freedom", "Subgroups less one", "degrees of freedom"),
        number("p_value", "p-value", "Probability of as large a Q if effects are the same", "probability"),
    )
    rows = tuple(
        (a.id, subgroup_words(t.by), printed(numbers.number(t.q, 1)), t.df, printed(numbers.p_value(t.p_value)))
        for a in findings.analyses
        if a.subgroups is not None
        for t in a.subgroups.heterogeneity
    )
    return DataTable("subgroup_tests", "Whether the difference differs between subgroups", columns, rows)
