"""What happened in the follow-up of each person: the one stage that opens it.

One question to the register gives a row for each unit, a treated person's or a control's alike.

Rules (method, section 6; beside those of `cohort.clock`)
---------------------------------------------------------
- The follow-up is the days after the index date, up to and with the day `follow_up_months` after it.
- First reoffence: the earliest; on one day the most serious (lowest severity number; then indictable before triable
  either way before summary; then the lowest offence_id).
- Custody for a proven reoffence counts if sentenced after it and by the end of the waiting period, as the proof itself
  must be.
- A spell in custody counts as many days as it has nights: from the day after its start to the day of its end. Days of
  spells that overlap count once; a spell without an end lasts to the end of the follow-up. A sentence's own spell ends
  with its release, whatever its end says, as it does in the cohort.
- A spell in work or on benefit holds its first and its last day, as it does before the index date.
"""

from __future__ import annotations

import pandas as pd

from .cohort.clock import is_proven_reoffence, months_after, proving_months
from .cohort.liberty import is_own_spell, released
from .register import Register
from .spec import MeasureFamily, RequestSpec

#: Classes of offence, the most serious first.
CLASSES = ("indictable", "either_way", "summary")

#: Family of measures -> table of spells, kind of spell, first word of its columns, moments asked for.
CIRCUMSTANCES = {
    MeasureFamily.employment: ("employment_spell", "employed", "employed", ("any", "1_month", "end")),
    MeasureFamily.benefits: ("benefit_spell", "out_of_work", "benefit", ("any", "end")),
}


def measure_outcomes(units: pd.DataFrame, register: Register, spec: RequestSpec) -> pd.DataFrame:
    """Proven reoffences, custody, and where the register has them work and benefits, in each person's follow-up.

    A proven reoffence is an offence after the index date and no later than ``follow_up_months`` after it, proven no
    later than ``follow_up_months + proving_months`` after it; penalty notices and breaches do not count ([S4],
    footnote 1). Treatment group and control pool are measured by this one query.

    Parameters
    ----------
    units : DataFrame
        unit_id, person_id, index_date; further columns are ignored.
    register : Register
    spec : RequestSpec
        cohort.follow_up_months, cohort.proving_months, outcomes.measures.

    Returns
    -------
    DataFrame
        A row for every unit, in the order of `units`; 0 or 1 for what is true or not:

        - unit_id;
        - reoffended; n_reoffences; days_to_first, days from the index date to the first proven reoffence (NaN for those
          without one);
        - first_class, class of the first reoffence (missing for those without one); n_indictable, n_either_way,
          n_summary, reoffences of each class;
        - first_custody, custody was given for the first reoffence; n_custodial_sentences, sentences to custody for
          proven reoffences, those of one day counted once;
        - days_in_custody and days_at_risk, which add up to the days of the follow-up; days_at_risk_to_first, days not
          in custody up to the first reoffence, or to the end;
        - returned_to_custody, at least one day in custody; recalled, at least one on recall: only where the register
          has spells in custody. Without them, custody is counted from sentence to release;
        - employed_any, employed_1_month, employed_end, benefit_any, benefit_end: at any time in the follow-up, one
          month after the index date, on the last day. Only where asked for and where the register has such spells.
    """
    circumstances = [family for family in CIRCUMSTANCES if family in spec.outcomes.measures]
    circumstances = [family for family in circumstances if register.has(CIRCUMSTANCES[family][0])]
    found = register.sql(
        f"""
        WITH u AS MATERIALIZED (
            SELECT unit_id, person_id, index_date,
                {months_after("index_date", spec.cohort.follow_up_months)} AS last_day,
                {months_after("index_date", proving_months(spec))} AS proving_end,
                {months_after("index_date", 1)} AS next_month
            FROM (SELECT unit_id, person_id, index_date::DATE AS index_date FROM units)
        ),
        {_reoffences(spec)},
        {_custody(register)}
        {"".join(_in_spells(family) for family in circumstances)}
        SELECT u.unit_id, (r.unit_id IS NOT NULL)::BIGINT AS reoffended, coalesce(r.n_reoffences, 0) AS n_reoffences,
            (r.first_date - u.index_date)::DOUBLE AS days_to_first, r.first_class,
            {", ".join(f"coalesce(r.n_{name}, 0) AS n_{name}" for name in CLASSES)},
            coalesce(r.first_custody, 0) AS first_custody,
            coalesce(r.n_custodial_sentences, 0) AS n_custodial_sentences,
            coalesce(c.days, 0) AS days_in_custody, u.last_day - u.index_date - days_in_custody AS days_at_risk,
            coalesce(r.first_date, u.last_day) - u.index_date - coalesce(c.days_to_first, 0)
                AS days_at_risk_to_first,
            (days_in_custody > 0)::BIGINT AS returned_to_custody,
            {"coalesce(c.recalled, 0) AS recalled," if register.has("custody_spell") else ""}
            {"".join(f"{_columns(family)}," for family in circumstances)}
        FROM u LEFT JOIN reoffender r ON r.unit_id = u.unit_id LEFT JOIN custody c ON c.unit_id = u.unit_id
        {"".join(f"LEFT JOIN {family} ON {family}.unit_id = u.unit_id " for family in circumstances)}
        """,
        units=units[["unit_id", "person_id", "index_date"]],
    )
    return units[["unit_id"]].merge(found, on="unit_id", how="left", validate="1:1")


def _reoffences(spec: RequestSpec) -> str:
    """SQL of proven reoffences, with whether custody was given for them, and of those who committed them."""
    ranked = f"(offence_date, severity, list_position({list(CLASSES)}, offence_class), offence_id)"
    counts = ", ".join(f"count(*) FILTER (offence_class = '{name}') AS n_{name}" for name in CLASSES)
    return f"""
        sentence AS (
            SELECT disposal_id, disposal_date FROM disposal
            WHERE disposal = 'custody' AND person_id IN (SELECT person_id FROM u)
        ),
        reoffence AS (
            SELECT u.unit_id, o.offence_date, o.offence_class, o.severity, o.offence_id,
                CASE WHEN s.disposal_date BETWEEN o.offence_date AND u.proving_end THEN s.disposal_date END AS sentenced
            FROM u JOIN offence o ON o.person_id = u.person_id LEFT JOIN sentence s ON s.disposal_id = o.disposal_id
            WHERE {is_proven_reoffence(spec)}
        ),
        reoffender AS (
            SELECT unit_id, count(*) AS n_reoffences, min(offence_date) AS first_date,
                arg_min(offence_class, {ranked}) AS first_class,
                arg_min((sentenced IS NOT NULL)::BIGINT, {ranked}) AS first_custody,
                count(DISTINCT sentenced) AS n_custodial_sentences, {counts}
            FROM reoffence GROUP BY unit_id
        )"""


def _custody(register: Register) -> str:
    """SQL of the days in custody, and of those up to the first reoffence.

    Of each spell only what lies beyond the ends of all spells that started before it is counted.
    """
    spells = f"""(
                SELECT s.person_id, s.start, s.kind, coalesce((
                    SELECT max({released("d")}) FROM disposal d WHERE d.person_id = s.person_id
                    AND d.disposal = 'custody' AND {is_own_spell("s", "d")}), s."end") AS "end"
                FROM custody_spell s WHERE s.person_id IN (SELECT person_id FROM u))"""
    if not register.has("custody_spell"):
        spells = f"""(SELECT d.person_id, d.disposal_date AS start, {released("d")} AS "end", 'sentenced' AS kind
                FROM disposal d WHERE d.disposal = 'custody')"""
    return f"""
        spell AS (
            SELECT u.unit_id, s.kind, greatest(s.start, u.index_date) AS start,
                least(coalesce(s."end", u.last_day), u.last_day) AS stop, r.first_date
            FROM u JOIN {spells} s ON s.person_id = u.person_id LEFT JOIN reoffender r ON r.unit_id = u.unit_id
            WHERE s.start < u.last_day AND (s."end" IS NULL OR (s."end" > u.index_date AND s."end" > s.start))
        ),
        section AS (
            SELECT unit_id, kind, stop, first_date, greatest(start, max(stop) OVER (
                PARTITION BY unit_id ORDER BY start, stop ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS start
            FROM spell
        ),
        custody AS (
            SELECT unit_id, sum(greatest(stop - start, 0))::BIGINT AS days,
                sum(greatest(least(stop, coalesce(first_date, stop)) - start, 0))::BIGINT AS days_to_first,
                max((kind = 'recall')::BIGINT) AS recalled
            FROM section GROUP BY unit_id
        )"""


def _in_spells(family: MeasureFamily) -> str:
    """SQL of those within a spell at some time in the follow-up: one month after the index date, on the last day."""
    table, kind, *_ = CIRCUMSTANCES[family]
    within = 'bool_or(s.start <= u.{day} AND (s."end" IS NULL OR s."end" >= u.{day}))::BIGINT'
    return f""",
        {family} AS (
            SELECT u.unit_id, 1 AS is_any, {within.format(day="next_month")} AS is_1_month,
                {within.format(day="last_day")} AS is_end
            FROM u JOIN "{table}" s ON s.person_id = u.person_id
            WHERE s.kind = '{kind}' AND s.start <= u.last_day AND (s."end" IS NULL OR s."end" > u.index_date)
            GROUP BY u.unit_id
        )"""


def _columns(family: MeasureFamily) -> str:
    *_, word, moments = CIRCUMSTANCES[family]
    return ", ".join(f"coalesce({family}.is_{moment}, 0)::BIGINT AS {word}_{moment}" for moment in moments)
