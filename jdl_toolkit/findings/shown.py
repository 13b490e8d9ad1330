"""What findings show of themselves in a notebook: the headline in words, the measures, and the forest plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import exploratory
from ..document import Figure, Table
from ..numbers import count_, decimals_for, difference, interval, p_value, value, with_unit

if TYPE_CHECKING:
    from .estimates import Estimate
    from .schema import Analysis, Findings, Measure

_COLUMNS = ("analysis", "measure", "label", "unit", "estimator", "n_treatment", "n_control")
_VALUES = ("treatment_value", "control_value")
_PARTS = {"estimate": "difference", "se": "se", "ci_low": "ci_low", "ci_high": "ci_high", "p_value": "p_value"}
_VERDICTS = {"reduction": "a reduction", "increase": "an increase", "inconclusive": "inconclusive"}


def analysis_words(analysis: Analysis) -> str:
    """What the analysis is of, and its headline or why there is none."""
    return f"{analysis.title}: {_sentence(_headline(analysis))}"


def _headline(analysis: Analysis) -> str:
    measure = analysis.headline_measure
    if analysis.status == "could_not_be_answered":
        return f"could not be answered: {analysis.reason or 'no reason was given'}"
    if measure is None:
        return "no outcome was measured"
    if measure.headline is None:
        return f"{measure.label}: not shown, as {measure.why_not or 'it was withheld'}"
    head = measure.headline
    return (
        f"{measure.label}: {value(measure.treatment_value, measure.unit)} in the treatment group, "
        f"{value(measure.control_value_adjusted, measure.unit)} expected without the service. The difference is "
        f"{with_unit(_difference(head, measure.unit), 'percentage points')} (95% interval "
        f"{interval(head.ci_low, head.ci_high, measure.unit)}), {_VERDICTS[measure.verdict or 'inconclusive']}; "
        f"{count_(measure.n_treatment)} people are compared with {count_(measure.n_control)}"
    )


def findings_words(findings: Findings) -> str:
    """Whose request it is, and the headline of each analysis."""
    marks = [exploratory.MARK] * (findings.exploratory and not exploratory.is_marked())
    marks += ["Everybody in it is invented."] * findings.synthetic
    whose = f"{findings.organisation.name}, {findings.service.name} (request {findings.request})."
    if not findings.analyses:
        return "\n\n".join([f"{whose} It could not be answered: {findings.reason}.", *marks])
    if len(findings.analyses) == 1:
        return "\n\n".join([f"{whose} {_sentence(_headline(findings.analyses[0]))}", *marks])
    said = "\n".join(f"- {analysis_words(a)}" for a in findings.analyses)
    return "\n\n".join([f"{whose} It holds {len(findings.analyses)} analyses.", said, *marks])


def findings_frame(findings: Findings) -> pd.DataFrame:
    """The three estimates of every measure of every analysis, in rows; missing where withheld."""
    rows: list[dict[str, Any]] = []
    for analysis in findings.analyses:
        for m in analysis.measures:
            same = {"analysis": analysis.id, "measure": m.key, "label": m.label, "unit": str(m.unit)}
            same |= {name: getattr(m, name) for name in ("n_treatment", "n_control", *_VALUES)}
            for kind in ("headline", "classic", "check"):
                found = getattr(m, kind)
                parts = {name: None if found is None else getattr(found, part) for part, name in _PARTS.items()}
                rows.append(same | {"estimator": kind} | parts)
    types = dict.fromkeys(["n_treatment", "n_control"], "Int64") | dict.fromkeys([*_VALUES, *_PARTS.values()], float)
    return pd.DataFrame(rows, columns=[*_COLUMNS, *_VALUES, *_PARTS.values()]).astype(types)


def analysis_table(analysis: Analysis) -> Table | None:
    """Every measure with its headline difference; None where nothing was measured."""
    from ..tables import measures_table

    return measures_table(analysis) if analysis.measures else None


def analysis_plot(analysis: Analysis, unit: str = "share") -> Figure | None:
    """The headline differences of the measures in one unit; None where none is shown."""
    from ..plots import measures_plot

    return measures_plot(analysis.measures, unit=unit)


def findings_table(findings: Findings) -> Table | None:
    """The measures where there is one analysis; the first measure of each where there are several."""
    return analysis_table(findings.analyses[0]) if len(findings.analyses) == 1 else _of_analyses(findings)


def findings_plot(findings: Findings) -> Figure | None:
    """The differences of the measures where there is one analysis; of the first in each where there are several."""
    return analysis_plot(findings.analyses[0]) if len(findings.analyses) == 1 else _plot_of_analyses(findings)


def _of_analyses(findings: Findings) -> Table | None:
    """The first measure of each analysis; None where no analysis shows it."""
    shown = _shown(findings)
    rows = tuple((a.title, *_cells(a, measure)) for a, measure in shown)
    columns = ("Analysis", "People", "Rate", "Expected", "Difference", "95% interval", "p-value")
    note = "Expected: without the service. Differences in percentage points."
    caption = f"{shown[0][1].label} in each analysis" if shown else ""
    return Table("analyses", caption, columns, rows, "lrrrrrr", note) if rows else None


def _plot_of_analyses(findings: Findings) -> Figure | None:
    """The first measure's difference in each analysis, with its interval; None where no analysis shows it."""
    from ..plots import forest_plot

    rows = [{"label": a.title, **vars(measure.headline)} for a, measure in _shown(findings)]
    caption = "Difference in the reoffending rate, analysis by analysis"
    return forest_plot(rows, key="analysis_differences", caption=caption) if rows else None


def _shown(findings: Findings) -> list[tuple[Analysis, Measure]]:
    both = [(a, a.headline_measure) for a in findings.analyses]
    return [(a, m) for a, m in both if m is not None and m.headline is not None]


def _cells(analysis: Analysis, measure: Measure) -> tuple[str, ...]:
    head, unit = measure.headline, measure.unit
    values = (value(x, unit) for x in (measure.treatment_value, measure.control_value_adjusted))
    limits = interval(head.ci_low, head.ci_high, unit)
    return count_(measure.n_treatment), *values, _difference(head, unit), limits, p_value(head.p_value)


def _difference(head: Estimate, unit: str) -> str:
    """As finely as its interval."""
    return difference(head.estimate, unit, decimals_for(unit, head.ci_low, head.ci_high))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
