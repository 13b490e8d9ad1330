"""Results of many requests as one table: a row for each analysis, in percentage points."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..findings import Analysis, Findings, Verdict
from ..findings import Status as FindingsStatus

#: Key of the measure of how many reoffences there are per person.
FREQUENCY = "frequency"


def conclusive(requests: pd.DataFrame) -> pd.DataFrame:
    """The published requests whose interval does not cross zero, the smallest treatment group first."""
    shown = requests[requests["verdict"].isin([Verdict.reduction, Verdict.increase])]
    return shown.sort_values(["n_treatment", "request"], ignore_index=True)


def results(findings: Iterable[Findings]) -> pd.DataFrame:
    """A row for each analysis of many requests, as the figures and tables of a bulletin need them.

    Returns
    -------
    DataFrame
        request, organisation, service, need, sector, setting, received, analysis, title, verdict, n_treatment,
        n_control, treatment_value, control_value (adjusted), difference_pp, ci_low_pp, ci_high_pp, p_value, why_not,
        se_pp, df, frequency_difference, frequency_ci_low, frequency_ci_high, frequency_verdict, invented; in percentage
        points (frequency: reoffences per person), unrounded. An analysis that could not be answered has its reason as
        why_not; a request of which none could has one row, with the request's reason.
    """
    rows = []
    for found in findings:
        names = {"request": found.request, "organisation": found.organisation.name, "service": found.service.name}
        names |= {"need": found.service.need.value, "sector": found.organisation.sector.value}
        names |= {"setting": found.service.setting.value, "received": found.received}
        names |= {"invented": found.synthetic}
        if found.status is FindingsStatus.could_not_be_answered:
            rows.append(names | {"analysis": None, "verdict": None, "why_not": found.reason})
            continue
        for analysis in found.analyses:
            shown = {"why_not": analysis.reason}
            if analysis.reason is None:
                shown = _rate(analysis.headline_measure) | _frequency(analysis)
            rows.append(names | {"analysis": analysis.id, "title": analysis.title} | shown)
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


RESULT_COLUMNS = [
    "request", "organisation", "service", "need", "sector", "setting", "received", "analysis", "title", "verdict",
    "n_treatment", "n_control", "treatment_value", "control_value", "difference_pp", "ci_low_pp", "ci_high_pp",
    "p_value", "why_not", "se_pp", "df", "frequency_difference", "frequency_ci_low", "frequency_ci_high",
    "frequency_verdict", "invented",
]  # fmt: skip


def _rate(measure) -> dict:
    if measure is None or measure.headline is None:
        return {"verdict": None, "why_not": measure.why_not if measure else "no outcome was measured"}
    head = measure.headline
    return {
        "verdict": measure.verdict.value,
        "n_treatment": measure.n_treatment,
        "n_control": measure.n_control,
        "treatment_value": measure.treatment_value,
        "control_value": measure.control_value_adjusted,
        "difference_pp": 100 * head.estimate,
        "ci_low_pp": 100 * head.ci_low,
        "ci_high_pp": 100 * head.ci_high,
        "p_value": head.p_value,
        "why_not": None,
        "se_pp": 100 * head.se,
        "df": head.df,
    }


def _frequency(analysis: Analysis) -> dict:
    """The difference in reoffences per person, if it was measured and may be shown."""
    measure = next((m for m in analysis.measures if m.key == FREQUENCY), None)
    if measure is None or measure.headline is None:
        return {}
    head = measure.headline
    return {
        "frequency_difference": head.estimate,
        "frequency_ci_low": head.ci_low,
        "frequency_ci_high": head.ci_high,
        "frequency_verdict": measure.verdict.value,
    }
