"""What looks odd in the rows that were kept: counted by kind, each with the rule by which later stages go on.

A remark costs no row its place: each of these things occurs in sound data, too, and a row does not tell which it is.
Many of one kind mean that an adapter or the extract deserves a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from .values import quoted

#: The date by which an event of each table is placed in time.
EVENT_DATES = {
    "disposal": "disposal_date",
    "offence": "offence_date",
    "custody_spell": "start",
    "employment_spell": "start",
    "benefit_spell": "start",
    "needs_assessment": "assessed_on",
    "extra_covariates": "as_of",
}


@dataclass(frozen=True)
class Remark:
    """One kind of oddity.

    Parameters
    ----------
    what, rule : str
        For people: what the rows have in common, and what is done with them.
    holds : str
        SQL over the row `this`, its `person` (observed_until) and, for offences, its `disposal`.
    table : str
        Table whose rows are counted, if it is not `this`.
    """

    what: str
    rule: str
    holds: str
    table: str = ""


def _in_all(day: str) -> tuple[Remark, ...]:
    return (
        Remark(
            f"{day} after the person's observed_until",
            "kept as dated; who is not observed to the end of the follow-up leaves the analysis",
            f"this.{quoted(day)} > person.observed_until",
        ),
        Remark(
            f"{day} after the data end",
            "kept; later than every follow-up, so it counts nowhere",
            f"this.{quoted(day)} > $data_end",
        ),
    )


REMARKS: dict[str, tuple[Remark, ...]] = {
    "disposal": (
        Remark(
            "release_date after the data end",
            "kept; the person counts as still in custody",
            "this.release_date > $data_end",
        ),
        Remark(
            "custody without a release_date",
            "kept; taken as still being served, and where another sentence follows, the release is uncertain",
            "this.disposal = 'custody' AND this.release_date IS NULL",
        ),
        Remark(
            "a release_date, but no custody",
            "kept; the release_date is not used",
            "this.disposal <> 'custody' AND this.release_date IS NOT NULL",
        ),
        Remark(
            "release_date later than the sentence is long",
            "kept; the release_date decides",
            "this.disposal = 'custody' AND this.release_date - this.disposal_date > this.sentence_days",
        ),
    ),
    "offence": (
        Remark(
            "no proven_date, and no disposal: a pending case",
            "kept; it proves nothing and counts nowhere",
            "this.offence_id IS NOT NULL AND this.proven_date IS NULL AND this.disposal_id IS NULL",
        ),
        Remark(
            "no proven_date, although there is a disposal",
            "kept; neither a previous offence nor a reoffence",
            "this.proven_date IS NULL AND this.disposal_id IS NOT NULL",
        ),
        Remark(
            "proven, but without a disposal",
            "kept; counts in the history and as a reoffence, never as an index offence",
            "this.proven_date IS NOT NULL AND this.disposal_id IS NULL",
        ),
        Remark(
            "proven_date after the data end",
            "kept; later than every waiting period, so it counts nowhere",
            "this.proven_date > $data_end",
        ),
        Remark(
            "offence_date after the sentence for it",
            "kept as dated; within the follow-up it counts as a reoffence",
            "this.offence_date > disposal.disposal_date",
        ),
        Remark(
            "proven_date after the sentence for it",
            "kept as dated; previous only once it is proven",
            "this.offence_date <= disposal.disposal_date AND this.proven_date > disposal.disposal_date",
        ),
        Remark(
            "no offence belongs to it",
            "kept; as an index disposal, its offence is not recorded",
            "this.offence_id IS NULL",
            "disposal",
        ),
    ),
}


def find_remarks(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Look through the tables of the register in use.

    Returns
    -------
    list of dict
        table, what, rule, n_rows, n_given (rows of the table), only for what occurs.
    """
    data_end = con.execute("SELECT data_end FROM meta").fetchone()[0]
    con.execute("SET preserve_insertion_order = true")  # `_doubles` looks at neighbours
    n_given = {table: con.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in EVENT_DATES}
    counted = []
    for table, day in EVENT_DATES.items():
        remarks = REMARKS.get(table, ()) + _in_all(day)
        counts = ", ".join(f"count(*) FILTER ({remark.holds})" for remark in remarks)
        query = f"SELECT {counts} FROM {table} AS this {_ENDS} {_SENTENCES if table == 'offence' else ''}"
        n_each = con.execute(query, {"data_end": data_end}).fetchone()
        counted += [(r.table or table, r.what, r.rule, n) for r, n in zip(remarks, n_each, strict=True)]
        counted += [
            (table, what, rule, con.execute(query).fetchone()[0]) for what, rule, query in _FURTHER.get(table, ())
        ]
    con.execute("SET preserve_insertion_order = false")
    return [
        {"table": table, "what": what, "rule": rule, "n_rows": n, "n_given": n_given[table]}
        for table, what, rule, n in counted
        if n
    ]


# Most registers know of few people's end: then the join costs next to nothing
_ENDS = """
    LEFT JOIN (SELECT person_id, observed_until FROM person WHERE observed_until IS NOT NULL) AS person
    ON person.person_id = this.person_id"""
# A full join, so that one pass finds the disposals without an offence, too
_SENTENCES = """
    FULL JOIN (SELECT disposal_id, disposal_date FROM disposal) AS disposal
    ON disposal.disposal_id = this.disposal_id"""


def _doubles(table: str, day: str, alike: str, joins: str = "") -> str:
    """Rows of which an earlier one of the same person and day is alike in all that the method uses.

    The file is sorted by person and day: one pass finds the days with more than one row, and only these are grouped.
    """
    return f"""
        WITH busy AS (
            SELECT DISTINCT person_id, {day} FROM (
                SELECT person_id, {day}, person_id = lag(person_id) OVER () AND {day} = lag({day}) OVER () AS is_same
                FROM {table}
            ) WHERE is_same
        )
        SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (
            SELECT count(*) AS n FROM {table} AS this SEMI JOIN busy USING (person_id, {day}) {joins}
            GROUP BY this.person_id, this.{day}, {alike} HAVING n > 1
        )
    """


#: Table -> what, rule, and a query for the number of rows: what takes more than the row and those it refers to.
_FURTHER = {
    "disposal": (
        (
            "looks like a double of another: same person, day, kind, length and release",
            "kept; the lowest disposal_id is the index disposal, and sentences of one day count once",
            _doubles("disposal", "disposal_date", "this.disposal, this.sentence_days, this.release_date"),
        ),
    ),
    "offence": (
        (
            "looks like a double of another: same person, days, group, class, severity and sentence",
            "kept; each counts, since two counts of one charge look alike, too",
            _doubles(
                "offence",
                "offence_date",
                "this.proven_date, offence_group, offence_class, severity, is_penalty_notice, is_breach,"
                " disposal.disposal_date, disposal.disposal, disposal.sentence_days, disposal.release_date",
                "LEFT JOIN disposal ON disposal.disposal_id = this.disposal_id",
            ),
        ),
    ),
    "custody_spell": (
        (
            "start before an earlier spell of the person has ended",
            "kept; a day in two spells counts once",
            """
            SELECT count(*) FILTER (start < latest) FROM (
                SELECT start, max("end") OVER (PARTITION BY person_id ORDER BY start, "end", kind
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest FROM custody_spell
            )
            """,
        ),
    ),
}
