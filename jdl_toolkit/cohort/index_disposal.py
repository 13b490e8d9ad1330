"""Which sentence a service belongs to: the index disposal of each record, and what the exclusions need to know of it.

Community route: the most recent disposal of any kind strictly before the service starts. A disposal happens on its
date, a custodial sentence on the day of release. Somebody whose release comes on or after the day the service starts
is in custody then, and that sentence is the most recent one whatever came before. A sentence without a release date is
one still being served; it stands at its date, and if another disposal followed it within its term, the release is
uncertain.

Custody route: the custodial sentence being served when the service starts. When the service ended plays no part: who
was sent back to prison before its end would be treated unlike who was not. If several sentences are being served that
lead to more than one date of release, the release is uncertain. A sentence that follows without a gap on a remand
during which the service started counts as being served (where the register has custody spells). A recall is no
sentence: whoever is inside on recall alone is serving none. If the person stays in custody after the release, on remand
or under another sentence, the release is uncertain, too.

The index event of a sentence to custody is its first release: what `release_date` says. The end of a recall is none.

Ties on one day are broken by seriousness (`SERIOUSNESS`), then by the longest sentence, then by the lowest disposal_id;
among the sentences being served when the service starts, the one with the latest release comes first.
"""

from __future__ import annotations

import pandas as pd

from ..register import Register
from ..spec import Disposal, RequestSpec, Route
from .clock import COUNTS_AS_OFFENCE, is_reoffence_before_service, months_after, proving_months
from .liberty import NEVER, ended, held, release_types, released

#: The most serious first; decides which of two disposals on one day is the index disposal.
SERIOUSNESS = (
    Disposal.custody,
    Disposal.suspended_sentence_order,
    Disposal.community_order,
    Disposal.youth_sentence,
    Disposal.fine,
    Disposal.conditional_discharge,
    Disposal.absolute_discharge,
    Disposal.caution,
    Disposal.positive_drug_test,
    Disposal.other,
)

SEXUAL = "o.offence_group IN ('sexual_adult', 'sexual_child') AND NOT coalesce(o.is_penalty_notice, false)"


def in_words(kind: str) -> str:
    """A disposal's code as a reader would write it."""
    return kind.replace("_", " ")


def sql_list(kinds: tuple[str, ...]) -> str:
    """Codes of an enumeration as an SQL list."""
    return ", ".join(f"'{kind}'" for kind in kinds)


def seriousness(alias: str) -> str:
    """SQL for the rank of a disposal, 1 the most serious."""
    return f"list_position([{sql_list(SERIOUSNESS)}], {alias}.disposal)"


def precedence(alias: str) -> str:
    """SQL for the order of disposals of one day: the most serious, the longest sentence, the lowest number first."""
    return f"({seriousness(alias)}, -coalesce({alias}.sentence_days, 0), {alias}.disposal_id)"


def is_sexual_index(alias: str = "o") -> str:
    """SQL for a sexual offence dealt with by the index disposal of ``u``, or by another one of the same day."""
    return f"{SEXUAL} AND ({alias}.disposal_id = u.disposal_id OR {alias}.proven_date = u.disposal_date)"


def event_date(alias: str) -> str:
    """SQL for the day a disposal's follow-up would start: the release from custody, else its own date."""
    return f"CASE WHEN {alias}.disposal = 'custody' THEN {released(alias)} ELSE {alias}.disposal_date END"


def find_index_disposals(records: pd.DataFrame, register: Register, spec: RequestSpec) -> pd.DataFrame:
    """The index disposal of each record, with the dates and findings that reasons 3 to 13 are decided by.

    Parameters
    ----------
    records : DataFrame
        row, person_id, service_start: records of people found on the register.
    register : Register
    spec : RequestSpec

    Returns
    -------
    DataFrame
        A row per record: ``row``, ``has_conviction``, ``disposal_id`` (missing where no disposal precedes the
        service), ``disposal``, ``disposal_date``, ``release_date``, ``index_date``, ``is_in_scope`` (of an eligible
        kind, and on the right side of the service), ``is_inside`` (serving it when the service started),
        ``is_uncertain`` (release), ``held_at_index``, ``held_at_start`` (see `liberty.held`), ``release_type``,
        ``window_end``, ``proving_end``, ``observed_to`` (index date plus the window, follow-up and waiting period, and
        observation), ``observed_until``, ``is_sexual_index``, ``is_sexual_ever`` (proven by the index date),
        ``is_reoffender_first``.
    """
    custody_route = spec.cohort.route is Route.custody
    chosen = _served(register) if custody_route else "SELECT *, false AS is_served FROM latest"
    in_scope = "i.is_served" if custody_route else _community_scope(spec)
    return register.sql(
        f"""
        WITH record AS (
            SELECT row, person_id, service_start::DATE AS service_start FROM records
        ),
        sentence AS MATERIALIZED (
            SELECT d.* REPLACE ({released("d")} AS release_date) FROM disposal d
            WHERE d.person_id IN (SELECT person_id FROM record)
        ),
        {_LATEST},
        chosen AS ({chosen}),
        u AS (
            SELECT i.*, {event_date("i")} AS index_date, coalesce({in_scope}, false) AS is_in_scope FROM chosen i
        ),
        {held(register, "row")},
        {release_types(register, "row")},
        past AS (
            SELECT u.row,
                bool_or({is_sexual_index()}) AS is_sexual_index,
                bool_or({SEXUAL} AND (o.proven_date <= u.index_date OR o.disposal_id = u.disposal_id))
                    AS is_sexual_ever,
                bool_or({is_reoffence_before_service(spec)}) AS is_reoffender_first
            FROM u JOIN offence o ON o.person_id = u.person_id GROUP BY u.row
        ),
        convicted AS (
            SELECT person_id FROM disposal WHERE person_id IN (SELECT person_id FROM record)
            UNION
            SELECT o.person_id FROM offence o
            WHERE o.person_id IN (SELECT person_id FROM record) AND o.proven_date IS NOT NULL AND {COUNTS_AS_OFFENCE}
        )
        SELECT r.row, c.person_id IS NOT NULL AS has_conviction,
            u.disposal_id, u.disposal, u.disposal_date, u.release_date, u.index_date,
            coalesce(u.is_in_scope, false) AS is_in_scope, coalesce(u.is_inside, false) AS is_inside,
            coalesce(u.is_uncertain, false) AS is_uncertain, held.held_at_index, held.held_at_start, freed.release_type,
            {months_after("u.index_date", spec.cohort.start_within_months)} AS window_end,
            {months_after("u.index_date", proving_months(spec))} AS proving_end,
            {months_after("u.index_date", spec.cohort.must_be_observed_months)} AS observed_to,
            p.observed_until, coalesce(past.is_sexual_index, false) AS is_sexual_index,
            coalesce(past.is_sexual_ever, false) AS is_sexual_ever,
            coalesce(past.is_reoffender_first, false) AS is_reoffender_first
        FROM record r
        LEFT JOIN convicted c ON c.person_id = r.person_id
        LEFT JOIN person p ON p.person_id = r.person_id
        LEFT JOIN u ON u.row = r.row
        LEFT JOIN past ON past.row = r.row
        LEFT JOIN held ON held.row = r.row
        LEFT JOIN freed ON freed.row = r.row
        ORDER BY r.row
        """,
        params={} if custody_route else {"data_end": register.meta.data_end},
        records=records[["row", "person_id", "service_start"]],
    )


# `since`: the day from which a disposal is the person's latest. Release for those released before the service started;
# the service's own start for those still inside then; the date of sentence where there is no release date.
_LATEST = f"""
        before AS (
            SELECT r.row, r.service_start, d.disposal_id, d.person_id, d.disposal, d.disposal_date,
                d.release_date, d.sentence_days,
                d.disposal = 'custody' AND {ended("d")} >= r.service_start AS is_inside,
                is_inside AND d.release_date IS NULL AS is_unreleased,
                CASE WHEN d.disposal = 'custody' AND d.release_date IS NOT NULL
                    THEN least(d.release_date, r.service_start) ELSE d.disposal_date END AS since
            FROM record r JOIN sentence d ON d.person_id = r.person_id
            WHERE d.disposal_date < r.service_start
        ),
        latest AS (
            SELECT *, NOT is_unreleased AND bool_or(is_unreleased) OVER (PARTITION BY row) AS is_uncertain
            FROM before d
            QUALIFY row_number() OVER (PARTITION BY row ORDER BY since DESC,
                CASE WHEN is_inside THEN coalesce(release_date, {NEVER}) END DESC NULLS LAST, {precedence("d")}) = 1
        )"""


def _community_scope(spec: RequestSpec) -> str:
    # Released on or after the start, yet by the data end: a case for the custody route. Later than that, for reason 7.
    was_inside = "i.disposal = 'custody' AND i.release_date >= i.service_start AND i.release_date <= $data_end"
    return f"i.disposal IN ({sql_list(spec.cohort.index_disposals)}) AND NOT coalesce({was_inside}, false)"


def _served(register: Register) -> str:
    remand = "false"
    if register.has("custody_spell"):
        remand = """EXISTS (
                    FROM custody_spell s WHERE s.person_id = d.person_id AND s.kind = 'remand'
                    AND s.start <= r.service_start AND d.disposal_date > r.service_start
                    AND (s."end" IS NULL OR (s."end" >= r.service_start AND d.disposal_date <= s."end" + 1)))"""
    return f"""
            WITH served AS (
                SELECT r.row, d.* FROM record r JOIN sentence d ON d.person_id = r.person_id
                WHERE d.disposal = 'custody' AND (d.release_date IS NULL OR d.release_date >= r.service_start)
                    AND (d.disposal_date <= r.service_start OR {remand})
            ),
            one AS (
                SELECT *, min(coalesce(release_date, DATE '9999-12-31')) OVER w
                    <> max(coalesce(release_date, DATE '9999-12-31')) OVER w AS is_uncertain
                FROM served
                WINDOW w AS (PARTITION BY row)
                QUALIFY row_number() OVER (
                    PARTITION BY row ORDER BY release_date NULLS LAST, {precedence("served")}) = 1
            )
            SELECT r.row, r.service_start, r.person_id, o.disposal_id, o.disposal, o.disposal_date,
                o.release_date, true AS is_inside, o.is_uncertain, true AS is_served
            FROM one o JOIN record r ON r.row = o.row
            UNION ALL
            SELECT row, service_start, person_id, disposal_id, disposal, disposal_date, release_date, is_inside,
                is_uncertain, false FROM latest WHERE row NOT IN (SELECT row FROM one)"""
