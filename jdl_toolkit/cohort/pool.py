"""The control pool: people with the same kinds of sentence in the same period, under the same rules and clock.

Where nothing else is said, each rule is the one the submitted people pass, applied by the same columns.

The equivalent time limit ([S4]) protects against immortal-time bias: the treated are, by definition, free of
reoffending until their service starts. Each control therefore draws a delay from those of all submitted people in
scope (they pass reasons 1 to 11; before "reoffended first"), within the stratum of its disposal, and leaves if within
it the control reoffended, or received another disposal (which would then have been the most recent before the start),
or if the control was in custody on the day drawn (by the custody route the delay is zero, and there is no such day).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ..attrition import Ledger
from ..register import Register
from ..spec import RequestSpec, TimeLimit
from .clock import is_reoffence_before_service, months_after, period_end, period_start, proving_months, seeded_uniform
from .exclusions import has_sexual_offence
from .index_disposal import SEXUAL, event_date, in_words, is_sexual_index, precedence, sql_list
from .liberty import held, release_types, released
from .terms import UNOBSERVED, Terms
from .walk import Walk

UNIT_COLUMNS = ["unit_id", "person_id", "disposal_id", "disposal", "release_type", "index_date", "delay_days"]


def index_period(index_dates: pd.Series, spec: RequestSpec) -> tuple[dt.date, dt.date] | None:
    """The whole quarters or years that hold the index dates, within the cohort's bounds; None if there are no dates."""
    if index_dates.empty:
        return None
    first = period_start(index_dates.min().date(), spec.cohort.period)
    last = period_end(index_dates.max().date(), spec.cohort.period)
    return max(first, spec.cohort.index_from or first), min(last, spec.cohort.index_to or last)


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
        unit_id, person_id, disposal_id, disposal, release_type, index_date, delay_days (as drawn; 0 without a time
        limit), by unit_id.
    ledger : Ledger
    messages : tuple of str
    """
    walk = _open(index_period(in_scope["index_date"], spec), register, spec)
    walk = _leave(walk, walk.rows["person_id"].isin(submitted), "submitted", "submitted by the organisation")
    walk = _leave(walk, walk.rows["person_id"].isin(ambiguous), "ambiguous", "possibly one of the ambiguous records")
    walk = require_index_events(walk, register, spec)
    walk = require_one_event_per_person(walk, spec)
    drawn, messages = draw_delays(walk.rows, in_scope, spec)
    walk = Walk(walk.rows.assign(delay_days=drawn), walk.ledger)
    if spec.cohort.equivalent_time_limit is TimeLimit.drawn:
        walk = require_drawn_start(walk, register, spec)
    pool = walk.rows.assign(unit_id=walk.rows["disposal_id"])[UNIT_COLUMNS].astype({"release_type": "str"})
    return pool.sort_values("unit_id", ignore_index=True), walk.ledger, messages


def require_index_events(walk: Walk, register: Register, spec: RequestSpec) -> Walk:
    """Keep the events that could be somebody's index disposal, by the rules that the submitted people pass."""
    terms = Terms(spec, register.meta.data_end)
    end, months = pd.Timestamp(terms.data_end), terms.months
    if terms.releases:
        other = walk.rows["disposal"].eq("custody") & ~walk.rows["release_type"].isin(spec.cohort.release_types)
        walk = _leave(walk, other, "other_release", f"not released {terms.releases}, as far as the register says")
    walk = _leave(walk, walk.rows["is_outranked"], "outranked", "another disposal of the same day takes precedence")
    inside = "in custody on that day and after it, on remand, on recall or under another sentence"
    walk = _leave(walk, walk.rows["held_at_index"].notna(), "in_custody", inside)
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
    """The equivalent time limit: until the drawn start no other disposal and no proven reoffence; then at liberty."""
    found = register.sql(
        f"""
        WITH u AS MATERIALIZED (
            SELECT disposal_id, person_id, disposal, disposal_date::DATE AS disposal_date,
                index_date::DATE AS index_date, index_date::DATE + delay_days::INTEGER AS service_start
            FROM started
        ),
        other AS (
            SELECT DISTINCT u.disposal_id FROM u JOIN disposal d ON d.person_id = u.person_id
            WHERE d.disposal_id <> u.disposal_id
                AND d.disposal_date > u.index_date AND d.disposal_date < u.service_start
        ),
        {held(register, "disposal_id")},
        reoffended AS (
            SELECT DISTINCT u.disposal_id FROM u JOIN offence o ON o.person_id = u.person_id
            WHERE {is_reoffence_before_service(spec)}
        )
        SELECT u.disposal_id, other.disposal_id IS NOT NULL AS has_other,
            held.held_at_start IS NOT NULL AND u.service_start > u.index_date AS is_held,
            reoffended.disposal_id IS NOT NULL AS has_reoffended
        FROM u
        LEFT JOIN other ON other.disposal_id = u.disposal_id
        LEFT JOIN held ON held.disposal_id = u.disposal_id
        LEFT JOIN reoffended ON reoffended.disposal_id = u.disposal_id
        """,
        started=walk.rows[["disposal_id", "person_id", "disposal", "disposal_date", "index_date", "delay_days"]],
    )
    walk = Walk(walk.rows.merge(found, on="disposal_id", validate="one_to_one"), walk.ledger)
    between = "between the index date and the drawn start"
    walk = _leave(walk, walk.rows["has_other"], "other_disposal_first", f"another disposal {between}")
    walk = _leave(walk, walk.rows["is_held"], "in_custody_at_start", "in custody on the drawn start")
    return _leave(walk, walk.rows["has_reoffended"], "reoffended_first", f"reoffended {between}")


def _leave(walk: Walk, leaves: pd.Series, key: str, label: str) -> Walk:
    return Walk(**vars(walk.leave(leaves, None, key=key, label=label)) | {"left": ()})


def _open(period: tuple[dt.date, dt.date] | None, register: Register, spec: RequestSpec) -> Walk:
    """All events of the eligible kinds in the period, with what the rules are decided by."""
    first, last = period or (dt.date(1, 1, 2), dt.date(1, 1, 1))
    events = register.sql(
        f"""
        WITH u AS MATERIALIZED (
            SELECT d.disposal_id, d.person_id, d.disposal, d.disposal_date, {released("d")} AS release_date,
                d.sentence_days, {event_date("d")} AS index_date, NULL::DATE AS service_start
            FROM disposal d
            WHERE d.disposal IN ({sql_list(spec.cohort.index_disposals)})
                AND {event_date("d")} BETWEEN $first AND $last
        ),
        outranked AS (
            SELECT DISTINCT u.disposal_id
            FROM u JOIN disposal d ON d.person_id = u.person_id AND d.disposal_id <> u.disposal_id
            WHERE {event_date("d")} = u.index_date AND {precedence("d")} < {precedence("u")}
        ),
        {held(register, "disposal_id")},
        {release_types(register, "disposal_id")},
        sexual AS (
            SELECT u.disposal_id, bool_or({is_sexual_index()}) AS is_index
            FROM u JOIN offence o ON o.person_id = u.person_id
            WHERE {SEXUAL} AND (o.proven_date <= u.index_date OR o.disposal_id = u.disposal_id)
            GROUP BY u.disposal_id
        )
        SELECT u.disposal_id, u.person_id, u.disposal, u.disposal_date, u.index_date, freed.release_type,
            outranked.disposal_id IS NOT NULL AS is_outranked, held.held_at_index,
            sexual.disposal_id IS NOT NULL AS is_sexual_ever, coalesce(sexual.is_index, false) AS is_sexual_index,
            {months_after("u.index_date", proving_months(spec))} AS proving_end,
            {months_after("u.index_date", spec.cohort.must_be_observed_months)} AS observed_to, p.observed_until
        FROM u
        LEFT JOIN person p ON p.person_id = u.person_id
        LEFT JOIN outranked ON outranked.disposal_id = u.disposal_id
        LEFT JOIN held ON held.disposal_id = u.disposal_id
        LEFT JOIN freed ON freed.disposal_id = u.disposal_id
        LEFT JOIN sexual ON sexual.disposal_id = u.disposal_id
        ORDER BY u.disposal_id
        """,
        params={"first": first, "last": last},
    )
    kinds = ["release from custody" if k == "custody" else in_words(k) for k in spec.cohort.index_disposals]
    label = f"every {' or '.join(kinds)} in the period"
    return Walk(events, Ledger.start("pool", label, len(events), events["person_id"].nunique()))
