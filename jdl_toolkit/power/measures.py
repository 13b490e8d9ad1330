"""Power for the outcomes of one comparison: the spread of each, and the sizes of its groups."""

from __future__ import annotations

import math

from ..errors import CouldNotBeAnswered, JDLError
from .spread import common_sd
from .table import PowerTable

_KEY_OF_RATE = "rate"


def power_for_measure(outcomes, key: str, spec) -> PowerTable:
    """Power table of one outcome measure, for the people it was compared among.

    Groups count as people, as published; `effective` of the table counts them by what their weights make them worth.
    The standard deviation is the root of the mean of both groups' sample variances. Reductions are those of
    `spec.power.reductions_pp`: percentage points of a share, per cent of the control group's mean for counts and days.

    Parameters
    ----------
    outcomes : inference.Outcomes
    key : str
        Of the measure, as in ``outcomes.measures``.
    spec : RequestSpec
        power.

    Raises
    ------
    JDLError
        If there is no such measure.
    CouldNotBeAnswered
        If the measure is not shown, or does not vary.
    """
    rows = outcomes.measures.set_index("key")
    if key not in rows.index:
        raise JDLError(f"there is no outcome measure {key!r}", "power", f"choose one of {', '.join(rows.index)}")
    row, asked = rows.loc[key], spec.power
    if isinstance(row["why_not"], str):
        raise CouldNotBeAnswered(f"{row['label']}: not shown, {row['why_not']}", "power")
    n_treatment, n_control, unit = int(row["n_treatment"]), int(row["n_control"]), str(row["unit"])
    if unit == "share":
        sd = common_sd(row["treatment_value"], n_treatment, row["control_value"], n_control)
    else:
        sd = math.sqrt((row["treatment_sd"] ** 2 + row["control_sd"] ** 2) / 2)
    if not sd:
        raise CouldNotBeAnswered(f"{row['label']}: the same for everybody in both groups, nothing can be compared")
    scale = 1.0 if unit == "share" else row["control_value"] / 100
    if not scale:
        raise CouldNotBeAnswered(f"{row['label']}: none in the control group, there is nothing to reduce")
    worth = {f"ess_{group}": float(row[f"ess_{group}"]) for group in ("control", "treatment")}
    if min(worth.values()) < 2:  # weights that leave one group worth fewer than two people: no variance, no power
        worth = {}
    return PowerTable(
        n_control=n_control,
        sd=sd,
        n_treatment=n_treatment,
        alpha=asked.alpha,
        power=asked.power,
        reductions=[scale * r for r in asked.reductions_pp],
        unit=unit,
        **worth,
    )


def power_for_rate(outcomes, spec) -> PowerTable:
    """Power table of the one-year reoffending rate; parameters and errors as for `power_for_measure`."""
    return power_for_measure(outcomes, _KEY_OF_RATE, spec)
