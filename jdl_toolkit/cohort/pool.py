"""The control pool: people with the same kinds of sentence in the same period, under the same rules and clock.

Where nothing else is said, each rule is the one the submitted people pass, applied by the same columns.

The equivalent time limit ([S4]) protects against immortal-time bias: the treated are, by definition, free of
reoffending until their service starts. Each control therefore draws a delay from those of all submitted people in
scope (they pass reasons 1 to 11; before "reoffended first"), within the stratum of its disposal, and leaves if within
it the control reoffended, or received another disposal (which would then have been the most recent before the start).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ..attrition import Ledger
from ..register import Register
from ..spec import Disposal, RequestSpec, TimeLimit
from .clock import is_reoffence_before_service, months_after, proving_months, quarter_end, quarter_start, seeded_uniform
from .exclusions import UNOBSERVED, Walk, has_sexual_offence
from .index_disposal import SEXUAL, event_date, in_words, seriousness, sql_list

POOL_COLUMNS = ["unit_id", "person_id", "disposal_id", "disposal", "index_date", "delay_days"]


def index_period(index_dates: pd.Series) -> tuple[dt.date, dt.date] | None:
    """First day of the earliest index date's quarter, last day of the latest's; None if there are no dates."""
    if index_dates.empty:
        return None
    return quarter_start(index_dates.min().date()), quarter_end(index_dates.max().date())


def build_pool(
    in_scope: pd.DataFrame, submitted: np.ndarray, ambiguous: np.ndarray, register: Register, spec: RequestSpec
) -> tuple[pd.DataFrame, Ledger, tuple[str, ...]]:
    """Choose the control pool.

    Parameters
    ----------
    in_scope : DataFrame
        disposal, index_date, delay_days of the submitted people who pass reasons 1 to 11.
    submitted, ambiguous : int array
        person_id of everybody submitted and found; of everybody who may be one of the ambiguous records.
    register : Register
    spec : RequestSpec

    Returns
    -------
    pool : DataFrame
        unit_id, person_id, disposal_id, disposal, index_date, delay_days (as drawn; 0 without a time limit), by
        unit_id.
    ledger : Ledger
    messages : tuple of str
    """
    walk = _open(index_period(in_scope["index_date"]), register, spec)
    walk = _leave(walk, walk.rows["person_id"].isin(submitted), "submitted", "submitted by the organisation")
    walk = _leave(walk, walk.rows["person_id"].isin(ambiguous), "ambiguous", "possibly one of the ambiguous records")
    walk = require_index_events(walk, register, spec)
    walk = require_one_event_per_person(walk, spec)
    drawn, messages = draw_delays(walk.rows, in_scope, spec)
    walk = Walk(walk.rows.assign(delay_days=drawn), walk.ledger)
    if spec.cohort.equivalent_time_limit is TimeLimit.drawn:
        walk = require_drawn_start(walk, register, spec)
    pool = walk.rows.assign(unit_id=walk.rows["disposal_id"])[POOL_COLUMNS]
    return pool.sort_values("unit_id", ignore_index=True), walk.ledger, messages


def require_index_events(walk: Walk, register: Register, spec: RequestSpec) -> Walk:
    """Keep the events that could be somebody's index disposal, by the rules that the submitted people pass."""
    rows, end, months = walk.rows, pd.Timestamp(register.meta.data_end), proving_months(spec)
    walk = _leave(walk, rows["is_outranked"], "outranked", "another disposal of the same day takes precedence")
    walk = _leave(walk, walk.rows["is_inside"], "in_custody", "in custody under another sentence on that day")
    late = f"too late to be followed for {months} months"
    walk = _leave(walk, walk.rows["proving_end"] > end, "after_data_end", late)
    leaves, label = has_sexual_offence(walk.rows, spec)
    walk = _leave(walk, leaves, "sexual_offence", label)
    unobserved = walk.rows["observed_until"] < walk.rows["observed_to"]
    label = f"not followed for the whole {spec.cohort.must_be_observed_months} months in these data {UNOBSERVED}"
    return _leave(walk, unobserved, "follow_up_incomplete", label)


def require_one_event_per_person(walk: Walk, spec: RequestSpec) -> Walk:
    """Draw one event of each person, each with the same chance."""
    lot = seeded_uniform(walk.rows["disposal_id"].to_numpy(), spec.seed, "pool event")
    order = walk.rows[["person_id", "disposal_id"]].assign(lot=lot).sort_values(["lot", "disposal_id"])
    others = order["person_id"].duplicated().reindex(walk.rows.index)
    return _leave(walk, others, "other_event", "another event of a person who is already counted")


def draw_delays(events: pd.DataFrame, in_scope: pd.DataFrame, spec: RequestSpec) -> tuple[np.ndarray, tuple[str, ...]]:
    """A delay in days for each event, drawn from the delays of the submitted people in scope, within the disposal.

    The draw is ``sorted_delays[floor(u * n)]`` with u from the event's id and the seed, so the order of rows plays no
    part. Where nobody in scope has the disposal, the delays of all are used, and a message says so.
    """
    delays = np.zeros(len(events), dtype=np.int64)
    if spec.cohort.equivalent_time_limit is TimeLimit.none or in_scope.empty:
        return delays, ()
    lot = seeded_uniform(events["disposal_id"].to_numpy(), spec.seed, "pool delay")
    messages = []
    for kind in sorted(events["disposal"].unique()):
        own = in_scope.loc[in_scope["disposal"] == kind, "delay_days"]
        if own.empty:
            own = in_scope["delay_days"]
            messages.append(
                f"nobody in scope had {in_words(kind)}: its controls draw delays from those of all disposals"
            )
        ordered = np.sort(own.to_numpy(dtype=np.int64))
        here = (events["disposal"] == kind).to_numpy()
        delays[here] = ordered[(lot[here] * len(ordered)).astype(np.int64)]
    return delays, tuple(messages)


def require_drawn_start(walk: Walk, register: Register, spec: RequestSpec) -> Walk:
    """The equivalent time limit: no other disposal, and no proven reoffence, between index date and drawn start."""
    u = walk.rows[["disposal_id", "person_id", "index_date", "delay_days"]]
    started = "(SELECT *, index_date::DATE + delay_days::INTEGER AS service_start FROM started)"
    other = register.sql(
        f"""
        SELECT DISTINCT u.disposal_id FROM {started} u JOIN disposal d ON d.person_id = u.person_id
        WHERE d.disposal_id <> u.disposal_id AND d.disposal_date > u.index_date AND d.disposal_date < u.service_start
        """,
        started=u,
    )
    walk = _leave(
        walk,
        walk.rows["disposal_id"].isin(other["disposal_id"]),
        "other_disposal_first",
        "another disposal between the index date and the drawn start",
    )
    reoffended = register.sql(
        f"""
        SELECT DISTINCT u.disposal_id FROM {started} u JOIN offence o ON o.person_id = u.person_id
        WHERE {is_reoffence_before_service(spec)}
        """,
        started=u,
    )
    leaves = walk.rows["disposal_id"].isin(reoffended["disposal_id"])
    return _leave(walk, leaves, "reoffended_first", "reoffended between the index date and the drawn start")


def _leave(walk: Walk, leaves: pd.Series, key: str, label: str) -> Walk:
    return Walk(**vars(walk.leave(leaves, None, key=key, label=label)) | {"left": ()})


def _open(period: tuple[dt.date, dt.date] | None, register: Register, spec: RequestSpec) -> Walk:
    """All events of the eligible kinds in the period, with what the rules are decided by."""
    first, last = period or (dt.date(1, 1, 2), dt.date(1, 1, 1))
    events = register.sql(
        f"""
        WITH event AS (
            SELECT d.disposal_id, d.person_id, d.disposal, {event_date("d")} AS index_date, {seriousness("d")} AS rank
            FROM disposal d
            WHERE d.disposal IN ({sql_list(spec.cohort.index_disposals)})
                AND {event_date("d")} BETWEEN $first AND $last
        ),
        others AS (
            SELECT e.disposal_id,
                bool_or({event_date("d")} = e.index_date
                    AND ({seriousness("d")}, d.disposal_id) < (e.rank, e.disposal_id)) AS is_outranked,
                bool_or(d.disposal = 'custody' AND d.disposal_date <= e.index_date
                    AND (d.release_date IS NULL OR d.release_date > e.index_date)) AS is_inside
            FROM event e JOIN disposal d ON d.person_id = e.person_id AND d.disposal_id <> e.disposal_id
            GROUP BY e.disposal_id
        ),
        sexual AS (
            SELECT e.disposal_id, true AS is_sexual_ever, bool_or(o.disposal_id = e.disposal_id) AS is_sexual_index
            FROM event e JOIN offence o ON o.person_id = e.person_id
            WHERE {SEXUAL} AND (o.proven_date <= e.index_date OR o.disposal_id = e.disposal_id)
            GROUP BY e.disposal_id
        )
        SELECT e.disposal_id, e.person_id, e.disposal, e.index_date,
            coalesce(x.is_outranked, false) AS is_outranked, coalesce(x.is_inside, false) AS is_inside,
            coalesce(s.is_sexual_ever, false) AS is_sexual_ever, coalesce(s.is_sexual_index, false) AS is_sexual_index,
            {months_after("e.index_date", proving_months(spec))} AS proving_end,
            {months_after("e.index_date", spec.cohort.must_be_observed_months)} AS observed_to, p.observed_until
        FROM event e
        LEFT JOIN person p ON p.person_id = e.person_id
        LEFT JOIN others x ON x.disposal_id = e.disposal_id
        LEFT JOIN sexual s ON s.disposal_id = e.disposal_id
        ORDER BY e.disposal_id
        """,
        params={"first": first, "last": last},
    )
    kinds = ["release from custody" if k == Disposal.custody else in_words(k) for k in spec.cohort.index_disposals]
    label = f"every {' or '.join(kinds)} in the period"
    return Walk(events, Ledger.start("pool", label, len(events), events["person_id"].nunique()))
