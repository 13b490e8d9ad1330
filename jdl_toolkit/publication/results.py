"""Results as tidy tables: analyses, measures, estimates, power, follow-up, survival."""

from __future__ import annotations

from collections.abc import Iterator

from .. import numbers
from ..findings import Analysis, Findings, Measure, PowerRow
from ..plots.families import Placed, arranged
from ..plots.power import short
from ..tables.choices import choice_words
from . import columns as of
from .table import Cell, Column, DataTable, Symbol, count, number, or_none, printed, text

ROUNDING = (
    "Figures have the digits that the report prints. Differences are rounded from unrounded values, so that they may "
    "not be the difference of the rounded ones. Differences between percentages are in percentage points."
)
SIGN = "Differences are treatment group less comparison group: a negative one is less in the treatment group."


def analyses_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("title", "Title", "What the analysis is of"),
        text("status", "Status", "reported, or could not be answered"),
        text("why_not", "Why it was not answered", "Reason for which there is no result"),
        text("route", "Route", "Where people were when the service began: community or custody"),
        text("sentences", "Sentences", "Sentences of the index offence that the analysis holds"),
        text("index_from", "First index date", "Day from which index dates were looked at (year-month-day)"),
        text("index_to", "Last index date", "Last day of index dates that were looked at (year-month-day)"),
        number("follow_up_months", "Follow-up", "Months after the index date in which an offence counts", "months"),
        number("proving_months", "Waiting period", "Further months for an offence to be proved", "months"),
        text("first_measure", "First measure", "The measure that decides the verdict"),
        of.VERDICT,
    )
    return DataTable("analyses", "Analyses", columns, tuple(map(_analysis, findings.analyses)))


def _analysis(a: Analysis) -> tuple[Cell, ...]:
    first = a.headline_measure
    return (
        a.id,
        a.title,
        a.status.replace("_", " "),
        or_none(a.reason),
        a.route,
        ", ".join(map(choice_words, a.index_disposals)),
        *(Symbol.x if day is None else day.isoformat() for day in (a.index_from, a.index_to)),
        a.follow_up_months,
        a.proving_months,
        Symbol.z if first is None else first.label,
        Symbol.z if first is None else _verdict(first),
    )


def _verdict(measure: Measure) -> str | Symbol:
    return Symbol.c if measure.verdict is None else str(measure.verdict)


_OF_MEASURE: tuple[Column, ...] = (
    of.ANALYSIS,
    text("measure_key", "Measure, short name", "Short name of the outcome measure"),
    of.MEASURE,
)


def measures_table(findings: Findings) -> DataTable:
    columns = (
        *_OF_MEASURE,
        text("family", "Family", "Heading that the measure stands under in the report"),
        text("base", "Among", "everyone, or only people who reoffended"),
        of.N_TREATMENT,
        of.N_COMPARISON,
        of.UNIT,
        of.TREATMENT_VALUE,
        of.COMPARISON_VALUE,
        of.EXPECTED_VALUE,
        of.WHY_NOT,
    )
    rows = tuple(row for a in findings.analyses for row in _measures(a))
    note = (
        "The difference of the table differences is the treatment group's value less what is expected of it without the"
        " service. The comparison group's own value, not adjusted by the outcome model, stands beside it."
    )
    return DataTable("measures", "Outcome measures: values of both groups", columns, rows, (ROUNDING, note))


def _measures(a: Analysis) -> Iterator[tuple[Cell, ...]]:
    for placed in arranged(a.measures):
        m = placed.measure
        expected = m.control_value if m.control_value_adjusted is None else m.control_value_adjusted
        yield (
            *(a.id, m.key, placed.name, placed.heading, m.base, count(m.n_treatment), count(m.n_control)),
            of.value_unit(m.unit),
            *(of.value(x, m.unit) for x in (m.treatment_value, m.control_value, expected)),
            or_none(m.why_not),
        )


def differences_table(findings: Findings) -> DataTable:
    columns = (*_OF_MEASURE, of.DIFFERENCE_UNIT, *of.estimate_columns(), of.HOLM_P, of.VERDICT, of.WHY_NOT)
    rows = tuple(_difference(a.id, p) for a in findings.analyses for p in arranged(a.measures))
    title = "Outcome measures: the headline difference between the groups"
    return DataTable("differences", title, columns, rows, (ROUNDING, SIGN))


def _difference(analysis: str, placed: Placed) -> tuple[Cell, ...]:
    m = placed.measure
    return (
        *(analysis, m.key, placed.name, of.difference_unit(m.unit), *of.estimate_cells(m.headline, m.unit)),
        *(printed(numbers.p_value(m.holm_p)), _verdict(m), or_none(m.why_not)),
    )


#: Estimates of a measure -> what they are.
_KINDS = {
    "headline": "matching or weighting with an outcome model",
    "classic": "difference of weighted means",
    "check": "doubly robust weighting",
}


def estimates_table(findings: Findings) -> DataTable:
    columns = (
        *_OF_MEASURE,
        text("kind", "Estimate", "headline, classic or check"),
        text("made_by", "Made by", "How the estimate is made"),
        of.DIFFERENCE_UNIT,
        *of.estimate_columns(),
    )
    rows = tuple(
        (
            *(a.id, p.measure.key, p.name, kind, made, of.difference_unit(p.measure.unit)),
            *of.estimate_cells(getattr(p.measure, kind), p.measure.unit),
        )
        for a in findings.analyses
        for p in arranged(a.measures)
        for kind, made in _KINDS.items()
    )
    return DataTable("estimates", "Three estimates of each difference", columns, rows, (ROUNDING, SIGN))


_REDUCTION = "percentage points"


def power_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        number("reduction", "Reduction", "Reduction of the reoffending rate that is to be shown", _REDUCTION),
        number(
            "people_needed",
            "People needed",
            "People needed in the treatment group; [z]: no number of people is enough",
            "people",
        ),
        number(
            "people_needed_effective",
            "People needed, effective",
            "The same with every control counted by what its weight makes it worth",
            "people",
        ),
    )
    rows = []
    for a in (a for a in findings.analyses if a.power is not None):
        worth = a.power.effective.rows if a.power.effective is not None else [None] * len(a.power.rows)
        for row, same in zip(a.power.rows, worth, strict=True):
            reduction = printed(f"{row.reduction_pp:g}")
            rows.append((a.id, reduction, _needed(row), Symbol.z if same is None else _needed(same)))
    title = "People needed to show a reduction in reoffending"
    return DataTable("power", title, columns, tuple(rows))


def _needed(row: PowerRow) -> int | Symbol:
    return Symbol.z if row.infeasible else count(row.n_treatment)


def power_in_hand_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("controls", "Controls", "counted as people, or by what their weights make them worth (effective)"),
        of.N_TREATMENT,
        number("n_controls", "Controls", "Size of the comparison group, counted so", "people"),
        number("significance", "Significance level", "Of the two-sided test", "per cent"),
        number("power", "Power", "Probability with which a true difference of the size is shown", "per cent"),
        number("sd", "Standard deviation", "Of the reoffending rate, a share", "share"),
        number("detectable", "Could be shown", "Smallest reduction that this analysis could show", _REDUCTION),
        number("limit", "Limit", "Below it no number of people is enough with these controls", _REDUCTION),
        number(
            "needed_for_observed",
            "People needed for the difference found",
            "People needed to show a difference as large as the one found; [x]: no number is enough, or not worked out",
            "people",
        ),
    )
    rows = []
    for a in (a for a in findings.analyses if a.power is not None):
        p, n_controls = a.power, a.power.n_control
        for name, size, same in (("people", n_controls, p), ("effective", None, p.effective)):
            if same is None:
                continue
            figures = (
                *(size or printed(numbers.number(same.n_control)), printed(numbers.number(p.alpha, factor=100))),
                *(printed(numbers.number(p.power, factor=100)), printed(numbers.number(p.sd, 3))),
                *(printed(short(x)) for x in (same.detectable_in_hand_pp, same.smallest_detectable_pp)),
            )
            rows.append((a.id, name, p.n_treatment, *figures, count(same.needed_for_observed, Symbol.x)))
    return DataTable("power_in_hand", "What this analysis could have shown", columns, tuple(rows))


def follow_up_table(findings: Findings) -> DataTable:
    columns = (
        of.ANALYSIS,
        text("what", "During the follow-up", "What is told of the follow-up"),
        of.UNIT,
        of.TREATMENT_VALUE,
        of.COMPARISON_VALUE,
    )
    rows = tuple(
        (a.id, r.label, of.value_unit(r.unit), of.value(r.treatment, r.unit), of.value(r.control, r.unit))
        for a in findings.analyses
        for r in a.follow_up
    )
    return DataTable(
        "follow_up",
        "The follow-up of both groups",
        columns,
        rows,
        ("Without a test, and not adjusted by an outcome model.",),
    )


def survival_table(findings: Findings) -> DataTable:
    names = {"treatment": "Treatment group", "control": "Comparison group"}
    limits = {"": ("", "Share"), "_low": (", lower limit", "Lower limit of the share")}
    limits["_high"] = (", upper limit", "Upper limit of the share")
    figures = tuple(
        number(
            f"{group.replace('control', 'comparison')}{part}",
            f"{name}{label}",
            f"{what} of the {name.lower()} without a proven reoffence by the end of the day",
            "per cent",
        )
        for group, name in names.items()
        for part, (label, what) in limits.items()
    )
    clock = text("clock", "Clock", "all days count, or only days outside custody count")
    day = number("day", "Day", "Days since the index date, by the clock", "days")
    rows = tuple(
        (
            *(a.id, "all days" if curve.clock == "calendar" else "days outside custody", point.day),
            *(of.per_cent(getattr(point, f"{group}{part}")) for group in names for part in limits),
        )
        for a in findings.analyses
        for curve in a.survival
        for point in curve.points
    )
    title = "People without a proven reoffence, day by day"
    return DataTable("survival", title, (of.ANALYSIS, clock, day, *figures), rows)
