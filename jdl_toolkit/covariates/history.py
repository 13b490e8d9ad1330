"""What the register says of each person as at the index date: raw facts, before any coding for a model.

Rules
-----
- Previous means proven before the index date (on the day itself does not count) and not part of the index disposal.
  What was proven on the day of the index sentence belongs to the same occasion, also where the index date is a later
  release from custody.
- Penalty notices and breaches are no offences here either, so that history and outcome speak of the same thing.
- Sanctions, convictions and sentences of custody are counted by day: several on one day are one.
- The index offence counts as far as it was committed and proven by the index date. A disposal dated later is not looked
  at, not even to say what an earlier offence led to.
- An age below `LOWEST_AGE` or above `HIGHEST_AGE` is a wrong date of birth: it is missing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..cohort.clock import COUNTS_AS_OFFENCE, DAYS_OF_YEAR, months_after
from ..cohort.index_disposal import sql_list
from ..register import OFFENCE_GROUPS, Register

#: The twenty offence groups merged into a few, for counts of previous offences.
MERGED_GROUPS: dict[str, tuple[str, ...]] = {
    "violence": ("violence", "robbery"),
    "sexual": ("sexual_adult", "sexual_child"),
    "burglary": ("domestic_burglary", "other_burglary"),
    "theft_fraud": ("theft", "handling", "fraud", "theft_from_vehicle"),
    "motoring": ("taking_driving", "other_motoring", "drink_driving"),
    "drugs": ("drug_import_production", "drug_possession_supply"),
    "disorder_damage": ("public_order", "criminal_damage"),
    "other": ("soliciting", "absconding_bail", "other"),
}
#: Disposals without a conviction: they are sanctions, but no previous convictions.
NOT_CONVICTIONS = ("caution", "positive_drug_test")

#: Completed years. Eight was the age of criminal responsibility in England and Wales until 1963.
LOWEST_AGE, HIGHEST_AGE = 8, 110

UNITS = "SELECT unit_id, person_id, disposal_id, disposal, index_date::DATE AS index_date FROM units"


def gather_facts(units: pd.DataFrame, register: Register) -> pd.DataFrame:
    """One row per unit, in the order of `units`: who they are, the index disposal and offence, and their history.

    Parameters
    ----------
    units : DataFrame
        unit_id, person_id, disposal_id, disposal, index_date.
    register : Register

    Returns
    -------
    DataFrame
        unit_id, disposal, index_date, sentence_date (of the index disposal); age (completed years), sex, ethnicity,
        nationality; sentence_days, region; the most serious index offence (index_offence_group, index_severity);
        n_offences, n_sanctions, n_convictions, n_custody, n_two_years and n_<offence group>, all previous;
        age_first_offence, age_first_sanction (completed years); years_since_last_offence.
    """
    units = units[["unit_id", "person_id", "disposal_id", "disposal", "index_date"]]
    facts = register.sql(_FACTS, units=units)
    counts = [column for column in facts if column.startswith("n_")]
    facts[counts] = facts[counts].fillna(0).astype("int64")
    for age in ("age", "age_first_offence", "age_first_sanction"):
        facts[age] = facts[age].where(facts[age].between(LOWEST_AGE, HIGHEST_AGE)).astype("float64")
    return units[["unit_id"]].merge(facts, on="unit_id", how="left", validate="one_to_one")


def merged_counts(facts: pd.DataFrame) -> pd.DataFrame:
    """Previous offences of each of `MERGED_GROUPS`, a column each, named as the group."""
    return pd.DataFrame({name: facts[[f"n_{g}" for g in groups]].sum(axis=1) for name, groups in MERGED_GROUPS.items()})


def copas_rate(n_sanctions: pd.Series, age: pd.Series, age_first_sanction: pd.Series) -> pd.Series:
    """The Copas rate: ln((1 + previous sanctions) / (10 + age - age at first sanction)), ages in completed years.

    The index sanction is the first where there is none before it.

    References
    ----------
    Howard, Francis, Soothill & Humphreys (2009), OGRS 3, Ministry of Justice Research Summary 7/09.
    """
    return np.log((1 + n_sanctions) / (10 + age - age_first_sanction))


def _count(group: str) -> str:
    return f"count(*) FILTER (o.offence_group = '{group}') AS n_{group}"


# date_sub counts whole years passed, that is, age in completed years. Offences and disposals of these people are read
# once each, up to the index date; everything else is made of those rows.
_FACTS = f"""
    WITH u AS ({UNITS}),
    sentence AS MATERIALIZED (
        SELECT u.unit_id, d.disposal_id, d.disposal, d.disposal_date, d.sentence_days, d.region,
            d.disposal_id = u.disposal_id AS is_index, d.disposal_date < u.index_date AS is_before
        FROM u JOIN disposal d ON d.person_id = u.person_id WHERE d.disposal_date <= u.index_date
    ),
    own AS MATERIALIZED (SELECT * FROM sentence WHERE is_index),
    o AS MATERIALIZED (
        SELECT u.unit_id, u.index_date, o.disposal_id, o.offence_id, o.offence_date, o.proven_date, o.offence_group,
            o.offence_class, o.severity, o.is_penalty_notice, o.is_breach,
            o.disposal_id IS NOT DISTINCT FROM u.disposal_id AS is_index
        FROM u JOIN offence o ON o.person_id = u.person_id
        WHERE o.offence_date <= u.index_date AND o.proven_date <= u.index_date
    ),
    previous AS (
        SELECT o.unit_id, count(*) AS n_offences, count(DISTINCT o.proven_date) AS n_sanctions,
            count(DISTINCT o.proven_date) FILTER (coalesce(s.disposal, '') NOT IN ({sql_list(NOT_CONVICTIONS)}))
                AS n_convictions,
            count(*) FILTER (o.offence_date > {months_after("o.index_date", -24)}) AS n_two_years,
            min(o.offence_date) AS first_offence, max(o.offence_date) AS last_offence,
            min(o.proven_date) AS first_sanction,
            {", ".join(_count(group) for group in OFFENCE_GROUPS)}
        FROM o
        LEFT JOIN own ON own.unit_id = o.unit_id
        LEFT JOIN sentence s ON s.unit_id = o.unit_id AND s.disposal_id = o.disposal_id
        WHERE NOT o.is_index AND o.proven_date < o.index_date AND o.proven_date IS DISTINCT FROM own.disposal_date
            AND {COUNTS_AS_OFFENCE}
        GROUP BY o.unit_id
    ),
    custody AS (
        SELECT s.unit_id, count(DISTINCT s.disposal_date) AS n_custody
        FROM sentence s LEFT JOIN own ON own.unit_id = s.unit_id
        WHERE s.disposal = 'custody' AND s.is_before AND s.disposal_date IS DISTINCT FROM own.disposal_date
        GROUP BY s.unit_id
    ),
    index_offence AS (
        SELECT o.unit_id, o.offence_group AS index_offence_group, o.severity AS index_severity,
            min(o.offence_date) OVER (PARTITION BY o.unit_id) AS first_offence
        FROM o WHERE o.is_index
        QUALIFY row_number() OVER (PARTITION BY o.unit_id ORDER BY coalesce(o.is_breach, false), o.severity,
            list_position(['indictable', 'either_way', 'summary'], o.offence_class), o.offence_group, o.offence_id) = 1
    )
    SELECT u.unit_id, u.disposal, u.index_date, coalesce(own.disposal_date, u.index_date) AS sentence_date,
        date_sub('year', p.dob, u.index_date) AS age, p.sex, p.ethnicity, p.nationality,
        own.sentence_days, own.region, i.index_offence_group, i.index_severity, c.n_custody,
        h.* EXCLUDE (unit_id, first_offence, last_offence, first_sanction),
        date_sub('year', p.dob, least(h.first_offence, i.first_offence)) AS age_first_offence,
        date_sub('year', p.dob, least(h.first_sanction, own.disposal_date)) AS age_first_sanction,
        (u.index_date - h.last_offence) / {DAYS_OF_YEAR} AS years_since_last_offence
    FROM u
    LEFT JOIN person p ON p.person_id = u.person_id
    LEFT JOIN own ON own.unit_id = u.unit_id
    LEFT JOIN previous h ON h.unit_id = u.unit_id
    LEFT JOIN custody c ON c.unit_id = u.unit_id
    LEFT JOIN index_offence i ON i.unit_id = u.unit_id
    ORDER BY u.unit_id
"""
