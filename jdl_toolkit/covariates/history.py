"""What the register says of each person as at the index date: raw facts, before any coding for a model.

Previous means proven before the index date (on the day itself does not count) and not part of the index disposal;
penalty notices and breaches are no offences here either, so that history and outcome speak of the same thing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..cohort.clock import COUNTS_AS_OFFENCE, months_after
from ..cohort.index_disposal import sql_list
from ..register import NEEDS, Register

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

#: Types of DuckDB whose values are taken as numbers; true and false are 1 and 0.
NUMBER_TYPES = (
    *(
        f"{unsigned}{size}"
        for unsigned in ("", "U")
        for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
    ),
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
    "BOOLEAN",
)

_UNITS = "SELECT unit_id, person_id, disposal_id, disposal, index_date::DATE AS index_date FROM units"


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
        unit_id, disposal, index_date; age (completed years), sex, ethnicity, nationality; sentence_days, region; the
        most serious index offence (index_offence_group, index_severity); n_offences, n_sanctions, n_convictions,
        n_custody, n_two_years and n_<merged group>, all previous; age_first_offence, age_first_sanction (completed
        years).
    """
    units = units[["unit_id", "person_id", "disposal_id", "disposal", "index_date"]]
    facts = register.sql(_FACTS, units=units)
    counts = [column for column in facts if column.startswith("n_")]
    facts[counts] = facts[counts].fillna(0).astype("int64")
    return units[["unit_id"]].merge(facts, on="unit_id", how="left", validate="one_to_one")


def copas_rate(n_sanctions: pd.Series, age: pd.Series, age_first_sanction: pd.Series) -> pd.Series:
    """The Copas rate: ln((1 + previous sanctions) / (10 + age - age at first sanction)), ages in completed years.

    The index sanction is the first where there is none before it.

    References
    ----------
    Howard, Francis, Soothill & Humphreys (2009), OGRS 3, Ministry of Justice Research Summary 7/09.
    """
    return np.log((1 + n_sanctions) / (10 + age - age_first_sanction))


def in_spell(units: pd.DataFrame, register: Register, table: str, kind: str) -> pd.Series:
    """1 for each unit within a spell of this kind on the index date, else 0, in the order of `units`."""
    found = register.sql(
        f"""
        SELECT DISTINCT u.unit_id FROM ({_UNITS}) u JOIN "{table}" s ON s.person_id = u.person_id
        WHERE s.kind = $kind AND s.start <= u.index_date AND (s."end" IS NULL OR s."end" >= u.index_date)
        """,
        params={"kind": kind},
        units=units,
    )
    return units["unit_id"].isin(found["unit_id"]).astype("float64").reset_index(drop=True)


def latest_needs(units: pd.DataFrame, register: Register) -> pd.DataFrame:
    """The latest needs assessment on or before the index date, in the order of `units`; missing where there is none."""
    return _latest(units, register, "needs_assessment", "assessed_on", [*NEEDS, "ogrs3"])


def latest_extra(units: pd.DataFrame, register: Register) -> tuple[pd.DataFrame, list[str]]:
    """The lab's own covariates as at the index date, and the names of columns that are neither numbers nor text."""
    columns = register.sql("SELECT * FROM (DESCRIBE extra_covariates)").set_index("column_name")["column_type"]
    types = columns.drop(["person_id", "as_of"]).str.replace(r"\(.*\)$", "", regex=True)  # DECIMAL(9,2), ENUM('a', 'b')
    numeric, text = types.isin(NUMBER_TYPES), types.isin(("VARCHAR", "ENUM"))
    latest = _latest(units, register, "extra_covariates", "as_of", list(types.index[numeric | text]))
    return latest.astype(dict.fromkeys(types.index[numeric], "float64")), sorted(types.index[~numeric & ~text])


def _latest(units: pd.DataFrame, register: Register, table: str, date: str, columns: list[str]) -> pd.DataFrame:
    names = ", ".join(f's."{column}"' for column in columns)
    found = register.sql(
        f"""
        SELECT u.unit_id{", " if names else ""}{names}
        FROM ({_UNITS}) u JOIN "{table}" s ON s.person_id = u.person_id AND s."{date}" <= u.index_date
        QUALIFY row_number() OVER (PARTITION BY u.unit_id ORDER BY s."{date}" DESC{", " if names else ""}{names}) = 1
        """,
        units=units,
    )
    return units[["unit_id"]].merge(found, on="unit_id", how="left").drop(columns="unit_id")


def _count(merged: str) -> str:
    return f"count(*) FILTER (o.offence_group IN ({sql_list(MERGED_GROUPS[merged])})) AS n_{merged}"


# date_sub counts whole years passed, that is, age in completed years.
_FACTS = f"""
    WITH u AS ({_UNITS}),
    previous AS (
        SELECT u.unit_id, count(*) AS n_offences, count(DISTINCT o.proven_date) AS n_sanctions,
            count(DISTINCT o.proven_date) FILTER (coalesce(d.disposal, '') NOT IN ({sql_list(NOT_CONVICTIONS)}))
                AS n_convictions,
            count(*) FILTER (o.offence_date > {months_after("u.index_date", -24)}) AS n_two_years,
            min(o.offence_date) AS first_offence, min(o.proven_date) AS first_sanction,
            {", ".join(_count(merged) for merged in MERGED_GROUPS)}
        FROM u JOIN offence o ON o.person_id = u.person_id
        LEFT JOIN disposal d ON d.disposal_id = o.disposal_id
        WHERE o.proven_date < u.index_date AND o.disposal_id IS DISTINCT FROM u.disposal_id AND {COUNTS_AS_OFFENCE}
        GROUP BY u.unit_id
    ),
    custody AS (
        SELECT u.unit_id, count(*) AS n_custody
        FROM u JOIN disposal d ON d.person_id = u.person_id
        WHERE d.disposal = 'custody' AND d.disposal_date < u.index_date AND d.disposal_id <> u.disposal_id
        GROUP BY u.unit_id
    ),
    index_offence AS (
        SELECT u.unit_id, o.offence_group AS index_offence_group, o.severity AS index_severity,
            min(o.offence_date) OVER (PARTITION BY u.unit_id) AS first_offence
        FROM u JOIN offence o ON o.disposal_id = u.disposal_id
        QUALIFY row_number() OVER (PARTITION BY u.unit_id ORDER BY coalesce(o.is_breach, false), o.severity,
            list_position(['indictable', 'either_way', 'summary'], o.offence_class), o.offence_group, o.offence_id) = 1
    )
    SELECT u.unit_id, u.disposal, u.index_date,
        date_sub('year', p.dob, u.index_date) AS age, p.sex, p.ethnicity, p.nationality,
        d.sentence_days, d.region, i.index_offence_group, i.index_severity, c.n_custody,
        h.* EXCLUDE (unit_id, first_offence, first_sanction),
        date_sub('year', p.dob, least(h.first_offence, i.first_offence)) AS age_first_offence,
        date_sub('year', p.dob, least(h.first_sanction, d.disposal_date)) AS age_first_sanction
    FROM u
    LEFT JOIN person p ON p.person_id = u.person_id
    LEFT JOIN disposal d ON d.disposal_id = u.disposal_id
    LEFT JOIN previous h ON h.unit_id = u.unit_id
    LEFT JOIN custody c ON c.unit_id = u.unit_id
    LEFT JOIN index_offence i ON i.unit_id = u.unit_id
    ORDER BY u.unit_id
"""
