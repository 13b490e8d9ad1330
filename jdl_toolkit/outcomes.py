"""Proven reoffending in the follow-up of each person: the one stage that opens what happened afterwards."""

from __future__ import annotations

import pandas as pd

from .cohort.clock import is_proven_reoffence
from .register import Register
from .spec import RequestSpec


def measure_outcomes(units: pd.DataFrame, register: Register, spec: RequestSpec) -> pd.DataFrame:
    """Count each person's proven reoffences in the follow-up.

    A proven reoffence is an offence after the index date and no later than ``follow_up_months`` after it, proven no
    later than ``follow_up_months + proving_months`` after it; penalty notices and breaches do not count ([S4],
    footnote 1). Treatment group and control pool are measured by this one query.

    Parameters
    ----------
    units : DataFrame
        unit_id, person_id, index_date; further columns are ignored.
    register : Register
    spec : RequestSpec

    Returns
    -------
    DataFrame
        A row for every unit, in the order of `units`: ``unit_id``, ``reoffended`` (0 or 1), ``n_reoffences``,
        ``days_to_first`` (days from the index date to the first proven reoffence; NaN for those without one, who stay
        in the frame).
    """
    counted = register.sql(
        f"""
        SELECT u.unit_id, count(*) AS n_reoffences, min(o.offence_date - u.index_date) AS days_to_first
        FROM (SELECT unit_id, person_id, index_date::DATE AS index_date FROM units) u
        JOIN offence o ON o.person_id = u.person_id
        WHERE {is_proven_reoffence(spec)}
        GROUP BY u.unit_id
        """,
        units=units[["unit_id", "person_id", "index_date"]],
    )
    outcomes = units[["unit_id"]].merge(counted, on="unit_id", how="left")
    outcomes["n_reoffences"] = outcomes["n_reoffences"].fillna(0).astype("int64")
    outcomes["days_to_first"] = outcomes["days_to_first"].astype("float64")
    outcomes["reoffended"] = (outcomes["n_reoffences"] > 0).astype("int64")
    return outcomes[["unit_id", "reoffended", "n_reoffences", "days_to_first"]]
