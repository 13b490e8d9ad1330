"""What contradicts itself in the records of the people concerned, counted by kind, with the rule that was applied.

Most of this is set aside when a register is prepared; what slips through, or cannot be decided there, is treated by the
same rules in every stage. Nothing here decides who is analysed: the table tells a reader how clean the records are.
"""

from __future__ import annotations

import pandas as pd

from ..register import Register
from .liberty import NEVER, is_own_spell, released

COLUMNS = ["kind", "rule", "n_events", "n_people"]

_BY_OWN_DATE = "counted by its own date; who was not observed to the end of the follow-up leaves by reason 13"

#: Key -> kind in words, rule applied. The order is that of the table.
KINDS: dict[str, tuple[str, str]] = {
    "disposal_after_observed": ("disposal after the person was last observed (death, emigration)", _BY_OWN_DATE),
    "offence_after_observed": ("offence after the person was last observed (death, emigration)", _BY_OWN_DATE),
    "service_after_observed": (
        "service started after the person was last observed",
        "the record leaves by reason 13, if no other reason comes first",
    ),
    "disposal_before_birth": ("disposal before birth", "counted by its own date"),
    "offence_before_birth": ("offence before birth", "counted by its own date"),
    "release_before_sentence": ("release before the sentence", "the release is taken as not on record"),
    "release_after_data_end": ("release after the data end", "still in custody at the data end (reason 7)"),
    "release_unlike_spell": (
        "release on another day than the spell of that sentence ends",
        "the release of the sentence counts",
    ),
    "proven_before_committed": ("offence proven before it was committed", "never counted as a reoffence"),
    "never_proven": ("offence without a date of conviction", "never counted as a reoffence or as previous"),
    "offence_without_disposal": ("offence without a disposal", "counted by its own dates"),
    "spell_ends_before_start": ("spell in custody that ends before it starts", "left out"),
    "overlapping_spells": ("spell in custody that overlaps an earlier one", "in custody while any of them lasts"),
    "double_disposal": ("the same disposal again on the same day", "the one with the lowest number counts"),
    "double_offence": (
        "the same offence again on the same day",
        "each counts: several counts of one offence look the same",
    ),
    "double_spell": ("the same spell in custody again", "counted once"),
}


def find_contradictions(people: pd.Series, records: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Count what contradicts itself in the records of some people, in one question to the register.

    Parameters
    ----------
    people : int Series
        person_id of everybody concerned: those submitted and found, and the control pool.
    records : DataFrame
        person_id, service_start of the submitted records.
    register : Register

    Returns
    -------
    DataFrame
        kind, rule, n_events, n_people: a row for every kind that occurs, in the order of `KINDS`.
    """
    found = register.sql(
        _question(register),
        params={"data_end": register.meta.data_end},
        people=people.dropna().astype("int64").drop_duplicates().to_frame("person_id"),
        records=records.loc[records["person_id"].notna(), ["person_id", "service_start"]].astype(
            {"person_id": "int64"}
        ),
    )
    found = found.set_index("key").reindex(KINDS).dropna()
    words = pd.DataFrame(KINDS, index=["kind", "rule"]).T
    found = words.join(found, how="inner").astype({"n_events": "int64", "n_people": "int64"})
    return found.loc[found["n_events"] > 0, COLUMNS].reset_index(drop=True)


def _question(register: Register) -> str:
    spells, unlike = "", "false"
    if register.has("custody_spell"):
        spells, unlike = f", {_SPELLS}", _UNLIKE
    tables = ["disposals", "offences", "services", *(["spells"] if spells else [])]
    return f"""
        WITH whom AS MATERIALIZED (
            SELECT w.person_id, p.dob, p.observed_until FROM people w JOIN person p ON p.person_id = w.person_id
        ),
        disposals AS (
            SELECT d.person_id,
                count(*) FILTER (d.disposal_date > w.observed_until) AS disposal_after_observed,
                count(*) FILTER (d.disposal_date < w.dob) AS disposal_before_birth,
                count(*) FILTER (d.release_date < d.disposal_date) AS release_before_sentence,
                count(*) FILTER (d.release_date > $data_end) AS release_after_data_end,
                count(*) FILTER ({unlike}) AS release_unlike_spell,
                {_doubles("d.disposal_date, d.disposal, d.sentence_days, d.release_date")} AS double_disposal
            FROM disposal d JOIN whom w ON w.person_id = d.person_id GROUP BY d.person_id
        ),
        offences AS (
            SELECT person_id, sum(n - 1) AS double_offence, sum(COLUMNS('^(offence|proven|never)_')) FROM (
                SELECT o.person_id, count(*) AS n,
                    count(*) FILTER (o.offence_date > w.observed_until) AS offence_after_observed,
                    count(*) FILTER (o.offence_date < w.dob) AS offence_before_birth,
                    count(*) FILTER (o.proven_date < o.offence_date) AS proven_before_committed,
                    count(*) FILTER (o.proven_date IS NULL) AS never_proven,
                    count(*) FILTER (o.disposal_id IS NULL) AS offence_without_disposal
                FROM offence o JOIN whom w ON w.person_id = o.person_id
                GROUP BY o.person_id, hash({_OFFENCE})  -- quicker than counting distinct rows of each person
            ) GROUP BY person_id
        ),
        services AS (
            SELECT r.person_id, count(*) FILTER (r.service_start > w.observed_until) AS service_after_observed
            FROM records r JOIN whom w ON w.person_id = r.person_id GROUP BY r.person_id
        ){spells}
        {" UNION ALL ".join(_counted(table) for table in tables)}"""


_OFFENCE = (
    "o.disposal_id, o.offence_date, o.proven_date, o.offence_group, o.offence_class, o.severity, o.is_penalty_notice,"
    " o.is_breach"
)
_UNLIKE = f"""EXISTS (
                    FROM custody_spell s WHERE s.person_id = d.person_id AND {is_own_spell("s", "d")}
                    AND d.disposal = 'custody' AND {released("d")} IS DISTINCT FROM s."end")"""
_SPELLS = f"""
        stays AS (
            SELECT s.*, max(coalesce(s."end", {NEVER})) OVER (
                    PARTITION BY s.person_id ORDER BY s.start, s."end" NULLS LAST
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end
            FROM custody_spell s WHERE s.person_id IN (SELECT person_id FROM whom)
        ),
        spells AS (
            SELECT s.person_id,
                count(*) FILTER (s."end" < s.start) AS spell_ends_before_start,
                count(*) FILTER (s.start < s.latest_end) AS overlapping_spells,
                {{doubles}} AS double_spell
            FROM stays s GROUP BY s.person_id
        )"""


def _doubles(columns: str) -> str:
    """SQL for how many of a person's rows repeat another in these columns."""
    return f"count(*) - count(DISTINCT hash({columns}))"


_SPELLS = _SPELLS.format(doubles=_doubles('s.start, s."end", s.kind'))


def _counted(table: str) -> str:
    """SQL that turns counts per person into a row for each kind: events, and people with at least one."""
    each = "COLUMNS(* EXCLUDE (person_id))"
    into = "ON COLUMNS(*) INTO NAME key VALUE"
    return f"""
        SELECT e.key, e.n_events, p.n_people
        FROM (UNPIVOT (SELECT sum({each})::BIGINT FROM {table}) {into} n_events) e
        JOIN (UNPIVOT (SELECT count_if({each} > 0)::BIGINT FROM {table}) {into} n_people) p ON p.key = e.key"""
