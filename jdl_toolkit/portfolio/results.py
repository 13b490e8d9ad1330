"""Results of many requests as one table: a row for each analysis, in percentage points."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..findings import Findings, Verdict
from ..findings import Status as FindingsStatus


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
        n_control, treatment_value, control_value (adjusted), difference_pp, ci_low_pp, ci_high_pp, p_value, why_not; in
        percentage points, unrounded. An analysis that could not be answered has its reason as why_not; a request of
        which none could has one row, with the request's reason.
    """
    rows = []
    for found in findings:
        names = {"request": found.request, "organisation": found.organisation.name, "service": found.service.name}
        names |= {"need": found.service.need.value, "sector": found.organisation.sector.value}
        names |= {"setting": found.service.setting.value, "received": found.received}
        if found.status is FindingsStatus.could_not_be_answered:
            rows.append(names | {"analysis": None, "verdict": None, "why_not": found.reason})
            continue
        for analysis in found.analyses:
            rate = _rate(analysis.headline_measure) if analysis.reason is None else {"why_not": analysis.reason}
            rows.append(names | {"analysis": analysis.id, "title": analysis.title} | rate)
    return pd.DataFrame(rows, columns=RESULT_COLUMNS)


RESULT_COLUMNS = [
    "request", "organisation", "service", "need", "sector", "setting", "received", "analysis", "title", "verdict",
    "n_treatment", "n_control", "treatment_value", "control_value", "difference_pp", "ci_low_pp", "ci_high_pp",
    "p_value", "why_not",
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
    }
