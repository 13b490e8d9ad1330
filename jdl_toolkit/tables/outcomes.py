"""Outcomes as tables: measures, the three estimates, follow-up, subgroups, and the people that it would take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import count_, decimals_for, difference, interval, number, p_value, value
from ..plots.effects import estimate_words, level_words, subgroup_words
from ..plots.families import Placed, arranged

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from ..findings import Analysis, Estimate, Measure, PowerRow

NOT_SHOWN = "[c]"  # the Analysis Function's shorthand for a confidential value
ROUNDING = (
    "Differences between percentages are in percentage points. They are rounded from unrounded values, "
    "so that figures may not add."
)


def power_table(analysis: Analysis, *, key: str = "power", caption: str = "") -> Table | None:
    """People needed in the treatment group to show reductions of several sizes; None where the rate is withheld."""
    power = analysis.power
    if power is None:
        return None
    worth = power.effective
    tables = (power.rows,) if worth is None else (power.rows, worth.rows)
    rows = tuple((f"{same[0].reduction_pp:g}", *map(_needed, same)) for same in zip(*tables, strict=True))
    note = (
        f"For a {number(power.power, factor=100)} per cent chance of a clear result, with {count_(power.n_control)} "
        "people in the comparison group"
    )
    caption = caption or "How many people must be analysed to show a reduction in reoffending"
    columns = ("Reduction, percentage points", "People needed in the treatment group")
    if worth is not None:
        columns += ("People needed, by the safer count",)
        note += f". By the safer count they are worth {number(worth.n_control)} who count alike"
    note += ". People needed: after every exclusion."
    return Table(key, caption, columns, rows, "l" + "r" * (len(columns) - 1), note)


def _needed(row: PowerRow) -> str:
    return "no number of people is enough" if row.infeasible else count_(row.n_treatment)


def measures_table(analysis: Analysis, *, key: str = "measures", caption: str = "") -> Table:
    """Every outcome measure with the headline difference, under the heading of its family.

    A measure among people who reoffended stands directly below the same over everyone. Those that are withheld have no
    row, but for the first measure; a report names them with the reason (`narrative.not_shown_measures`).
    """
    placed = _shown(analysis)
    rows = [(p.name, *_measure(p.measure)) for p in placed]
    columns = (
        "Measure",
        "Treatment group",
        "Expected without the service",
        "Difference",
        "95% interval",
        "p-value",
        "p-value (Holm)",
    )
    note = f"Expected without the service: from the comparison group, adjusted by the outcome model. {ROUNDING} "
    note += f"Holm: p-value adjusted for {_n_tested(analysis)}."
    note += _of_reoffenders(placed)
    note += _withheld(analysis)
    caption = caption or "Both groups, measure by measure"
    return Table(key, caption, columns, tuple(rows), "lrrrrrr", note, _groups(placed))


def estimates_table(analysis: Analysis, *, key: str = "estimates", caption: str = "") -> Table:
    """The headline, classic and check estimates of every measure, each with its interval.

    Beside them the comparison group's own value, which the classic estimate takes from the treatment group's.
    """
    placed = _shown(analysis)
    kinds = ("headline", "classic", "check")
    rows = tuple(
        (p.name, _unadjusted(p.measure), *(_estimate(getattr(p.measure, kind), p.measure.unit) for kind in kinds))
        for p in placed
    )
    note = (
        f"Unadjusted: the comparison group's own value, before the outcome model. Headline, classic and check: "
        f"difference (95% interval). {ROUNDING} Headline: {_made(analysis)} with an outcome model; classic: "
        "difference of weighted means, as in earlier publications; check: doubly robust weighting. All three concern "
        f"{_whom(analysis)}."
    )
    note += _withheld(analysis)
    caption = caption or "Three estimates of each difference"
    columns = ("Measure", "Comparison group, unadjusted", *(kind.capitalize() for kind in kinds))
    return Table(key, caption, columns, rows, "lrrrr", note, _groups(placed))


def follow_up_table(analysis: Analysis, *, key: str = "follow_up", caption: str = "") -> Table | None:
    """Time at risk and in custody in both groups; None where the register tells nothing of it."""
    told = [row for row in analysis.follow_up if (row.treatment, row.control) != (None, None)]
    if not told:
        return None
    rows = tuple((row.label, value(row.treatment, row.unit), value(row.control, row.unit)) for row in told)
    note = "Means and shares of the groups that are compared, not adjusted by an outcome model and without a test."
    if any(None in (row.treatment, row.control) for row in told):
        note += " Withheld: too few people to be shown."
    columns = ("During the follow-up", "Treatment group", "Comparison group")
    return Table(key, caption or "The follow-up of both groups", columns, rows, "lrr", note)


def subgroups_table(analysis: Analysis, *, key: str = "subgroups", caption: str = "") -> Table | None:
    """The first measure in each subgroup that was tested; None if none was."""
    found, measure = analysis.subgroups, analysis.headline_measure
    shown = [row for row in found.rows if row.headline is not None] if found is not None else []
    if not shown or measure is None:
        return None
    rows = tuple((level_words(row.by, row.level), *_subgroup(row, measure.unit)) for row in shown)
    columns = (
        "Subgroup",
        "People",
        "Rate",
        "Expected",
        "Difference (95% interval)",
        "p-value",
        "p-value (Holm)",
        "Largest difference left, %",
    )
    note = (
        f"{measure.label}. People: in the treatment group. Expected: without the service, from the subgroup's "
        f"own comparison group. {ROUNDING} Holm: p-value adjusted for the {count_(found.n_tests)} tests of subgroups. "
        "Largest difference left: standardised, between the two groups."
    )
    caption = caption or "The difference in each subgroup"
    return Table(key, caption, columns, rows, "lrrrrrrr", note, tuple(subgroup_words(row.by) for row in shown))


def _shown(analysis: Analysis) -> list[Placed]:
    """Measures that have a row: all that are not withheld, and the first."""
    first = analysis.headline_measure
    kept = [m for m in analysis.measures if m.headline is not None or m is first]
    return arranged(kept or analysis.measures[:1])


def _groups(placed: Iterable[Placed]) -> tuple[str, ...]:
    """The heading of each row; none where all rows would stand under one."""
    headings = tuple(p.heading for p in placed)
    return headings if len(set(headings)) > 1 else ()


def _measure(measure: Measure) -> list[str]:
    if measure.headline is None:
        return [NOT_SHOWN] * 6
    head, unit, adjusted = measure.headline, measure.unit, measure.control_value_adjusted
    return [
        value(measure.treatment_value, unit),
        value(measure.control_value if adjusted is None else adjusted, unit),
        difference(head.estimate, unit, decimals_for(unit, head.ci_low, head.ci_high)),
        interval(head.ci_low, head.ci_high, unit),
        p_value(head.p_value),
        p_value(measure.holm_p),
    ]


def _unadjusted(measure: Measure) -> str:
    """The comparison group's own value, where an estimate is shown beside it."""
    return NOT_SHOWN if measure.headline is None else value(measure.control_value, measure.unit)


def _subgroup(row: Any, unit: str) -> list[str]:
    head = row.headline
    return [
        count_(row.n_treatment, secondary=True),
        value(row.treatment_value, unit),
        value(None if row.treatment_value is None else row.treatment_value - head.estimate, unit),
        estimate_words(head.estimate, head.ci_low, head.ci_high, unit),
        p_value(head.p_value),
        p_value(row.holm_p),
        NOT_SHOWN if row.worst is None else number(abs(row.worst), 1, factor=100),
    ]


def _of_reoffenders(placed: Iterable[Placed]) -> str:
    """On how many people the measures among reoffenders rest, and what that means."""
    among = [p.measure for p in placed if p.measure.base == "reoffenders" and p.measure.headline is not None]
    if not among:
        return ""
    sizes = f"{count_(among[0].n_treatment)} and {count_(among[0].n_control)} people"
    return f" Measures among those who reoffended ({sizes}) compare only part of each group."


def _made(analysis: Analysis) -> str:
    is_matched = analysis.matching is None or analysis.matching.method in ("radius", "nearest")
    return "matching" if is_matched else "weighting"


def _whom(analysis: Analysis) -> str:
    """Whom the estimates concern."""
    if analysis.matching is not None and analysis.matching.method == "overlap":
        return "people who might have been in either group"
    return "the matched treatment group" if _made(analysis) == "matching" else "the treatment group"


def _withheld(analysis: Analysis) -> str:
    """What the shorthand of a cell stands for, if the measure that decides is withheld."""
    first = analysis.headline_measure
    return f" {NOT_SHOWN}: not shown." if first is not None and first.headline is None else ""


def _n_tested(analysis: Analysis) -> str:
    """How many measures the p-values are adjusted for, where the findings say so."""
    n = getattr(analysis, "n_measures_tested", None)
    return f"the {count_(n)} measures that were tested" if n else "the number of measures"


def _estimate(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return NOT_SHOWN
    return estimate_words(estimate.estimate, estimate.ci_low, estimate.ci_high, unit)
