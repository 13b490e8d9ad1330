"""The follow-up itself: how much of it people spent in custody, and how often they reoffended while at risk.

Told of both groups without a test: what differs here may explain a difference in reoffending, and is no outcome.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..cohort.clock import DAYS_OF_YEAR

COLUMNS = (
    "key",
    "label",
    "unit",
    "treatment",
    "control",
    "n_treatment",
    "n_control",
    "n_treatment_with",
    "n_control_with",
)
#: key (a column of the outcomes), label, unit.
ROWS = (
    ("days_in_custody", "Days in custody, on average", "days"),
    ("returned_to_custody", "In custody on at least one day", "share"),
    ("recalled", "Recalled to custody", "share"),
    ("days_at_risk", "Days not in custody, on average", "days"),
    ("reoffences_per_year_at_risk", "Reoffences per person and year not in custody", "count"),
)


def describe_follow_up(outcomes: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Custody and time at risk in the follow-up of the matched groups.

    Parameters
    ----------
    outcomes : DataFrame
        As `outcomes.measure_outcomes` gives it, in the order of `units`. What it does not hold is left out.
    units : DataFrame
        is_treated, weight.

    Returns
    -------
    DataFrame
        key, label, unit (share, count, days); treatment, plain mean; control, weighted mean; n_treatment, n_control,
        people; n_treatment_with, n_control_with, those with more than 0 of it. Reoffences per year at risk is the ratio
        of the (weighted) sums of reoffences and of years at risk.
    """
    if "days_at_risk" not in outcomes:
        return pd.DataFrame(columns=list(COLUMNS))
    weight, is_treated = units["weight"].to_numpy(float), units["is_treated"].to_numpy(bool)
    groups = {"treatment": is_treated & (weight > 0), "control": ~is_treated & (weight > 0)}
    rows = []
    for key, label, unit in ROWS:
        per_year = key not in outcomes and key == "reoffences_per_year_at_risk"
        if not per_year and key not in outcomes:
            continue
        values = outcomes["n_reoffences" if per_year else key].to_numpy(float)
        base = outcomes["days_at_risk"].to_numpy(float) / DAYS_OF_YEAR if per_year else np.ones(len(values))
        row = {"key": key, "label": label, "unit": unit}
        for name, group in groups.items():
            years = weight[group] @ base[group]
            row |= {name: float(weight[group] @ values[group] / years) if years else np.nan}
            row |= {f"n_{name}": int(group.sum()), f"n_{name}_with": int((values[group] > 0).sum())}
        rows.append(row)
    return pd.DataFrame(rows)[list(COLUMNS)]
