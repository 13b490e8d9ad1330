"""The robustness panel as one picture: every estimate with its interval, against the headline."""

from __future__ import annotations

from typing import Any

from .. import document
from .effects import forest_plot

#: Group of variants -> its heading.
GROUPS: dict[str, str] = {
    "caliper": "Closer or looser matching",
    "nearest": "Matching with the nearest only",
    "weights": "Weights for everybody",
    "estimator": "Other calculations",
    "needs": "Assessment of needs",
    "left_out": "One characteristic left out",
}


def robustness_plot(analysis: Any, *, key: str = "robustness", caption: str = "") -> document.Figure | None:
    """All estimates of the first measure in one picture; None where there is no other way than the main one."""
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None or not found.others:
        return None
    head = found.main
    rows = [{"label": "This report", "heading": "", "is_headline": True, **vars(head)}]
    for group, heading in GROUPS.items():
        rows += [
            {"label": row.label, "name": f"{heading}: {row.label}", "heading": heading, **vars(row.estimate)}
            for row in found.others
            if row.group == group
        ]
    label = measure.label[:1].lower() + measure.label[1:]
    caption = caption or f"Difference in the {label} by this and by other ways of analysing"
    note = "Dotted line and shaded band: the estimate of this report, and its interval."
    band = (head.ci_low, head.ci_high)
    shown = {"unit": measure.unit, "reference": head.estimate, "band": band, "is_dense": True}
    return forest_plot(rows, **shown, key=key, caption=caption, note=note)
