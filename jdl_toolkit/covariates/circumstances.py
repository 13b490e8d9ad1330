"""Life beside offending: work and benefits before the sentence, type of release, assessed needs, a lab's own facts.

Work and benefits are looked at before the *sentence*, not at the index date: nobody has a job on the day of release
from custody. Days are counted once however many spells hold them, and nothing of a spell is used but its days in the
months before the sentence: whether it went on makes no difference.
"""

from __future__ import annotations

import pandas as pd

from ..cohort import liberty
from ..cohort.clock import months_after
from ..register import NEEDS, Register
from .history import UNITS

#: Months before the sentence: in which somebody counts as employed, and of which the share of days is taken.
NEAR_MONTHS, SHARE_MONTHS = 1, 12

NOT_A_RELEASE = "not a release"

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


def before_sentence(units: pd.DataFrame, register: Register, table: str, kind: str) -> pd.DataFrame:
    """Days in spells of one kind before the sentence of the index disposal, in the order of `units`.

    Parameters
    ----------
    units : DataFrame
        unit_id, person_id, sentence_date.
    table, kind : str
        Table of spells (their last day counts), and which of its spells.

    Returns
    -------
    DataFrame
        is_near: 1 if any day of the month before the sentence lies in such a spell, else 0; share: of the days of the
        twelve months before it. The sentence's own day is not among them. Missing where the months begin before the
        table's first spell: its records do not reach so far back.
    """
    found = register.sql(
        f"""
        WITH u AS (
            SELECT unit_id, person_id, (sentence_date::DATE - INTERVAL 1 DAY)::DATE AS last_day,
                {months_after("sentence_date::DATE", -SHARE_MONTHS)} AS first_day,
                {months_after("sentence_date::DATE", -NEAR_MONTHS)} AS near
            FROM units
        ),
        spell AS (
            SELECT u.unit_id, u.near, greatest(s.start, u.first_day) AS a, least(s."end", u.last_day) AS b
            FROM u JOIN "{table}" s ON s.person_id = u.person_id
            WHERE s.kind = $kind AND s.start <= u.last_day AND (s."end" IS NULL OR s."end" >= u.first_day)
        ),
        ordered AS (
            SELECT *, max(b) OVER (
                PARTITION BY unit_id ORDER BY a, b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
            FROM spell
        ),
        counted AS (
            SELECT unit_id, sum(greatest(0, b - greatest(a, reached + 1) + 1)) AS n_days, bool_or(b >= near) AS is_near
            FROM ordered GROUP BY unit_id
        ),
        records AS (SELECT min(start) AS begin FROM "{table}")
        SELECT u.unit_id,
            CASE WHEN u.near >= r.begin THEN coalesce(c.is_near, false)::DOUBLE END AS is_near,
            CASE WHEN u.first_day >= r.begin
                THEN coalesce(c.n_days, 0)::DOUBLE / (u.last_day - u.first_day + 1) END AS share
        FROM u CROSS JOIN records r LEFT JOIN counted c ON c.unit_id = u.unit_id
        """,
        params={"kind": kind},
        units=units[["unit_id", "person_id", "sentence_date"]],
    )
    return units[["unit_id"]].merge(found, on="unit_id", how="left").drop(columns="unit_id")


def release_types(units: pd.DataFrame, register: Register) -> pd.Series | None:
    """How people were released on their index date, in the order of `units`.

    Taken from the column ``release_type`` of `units` if there is one, else by the same rule (`cohort.liberty`).

    Returns
    -------
    Series of str, or None
        Codes of the register, `NOT_A_RELEASE` for sentences in the community, missing where it is not recorded. None
        if nobody's index disposal is custody, or the register has no stays in custody.
    """
    is_release = (units["disposal"] == "custody").to_numpy()
    if not (is_release.any() and register.has("custody_spell")):
        return None
    if "release_type" in units:
        codes = units["release_type"].astype(object).reset_index(drop=True)
    else:
        found = register.sql(
            f"""
            WITH u AS (SELECT unit_id, person_id, disposal, index_date::DATE AS release_date FROM units),
            {liberty.release_types(register, "unit_id")}
            SELECT * FROM freed
            """,
            units=units[["unit_id", "person_id", "disposal", "index_date"]],
        )
        codes = units["unit_id"].map(found.set_index("unit_id")["release_type"]).astype(object).reset_index(drop=True)
    return codes.where(is_release, NOT_A_RELEASE)


def latest_needs(units: pd.DataFrame, register: Register, within_months: int | None) -> pd.DataFrame:
    """The latest valid needs assessment on or before the index date, in the order of `units`; missing without one.

    One in which nothing is recorded is not valid, nor one made more than `within_months` before the index date, if
    that is given.
    """
    columns = [*NEEDS, "ogrs3"]
    valid = " OR ".join(f's."{column}" IS NOT NULL' for column in columns)
    if within_months is not None:
        valid = f"({valid}) AND s.assessed_on >= {months_after('u.index_date', -within_months)}"
    return _latest(units, register, "needs_assessment", "assessed_on", columns, valid)


def latest_extra(units: pd.DataFrame, register: Register) -> tuple[pd.DataFrame, list[str]]:
    """The lab's own covariates as at the index date, and the names of columns that are neither numbers nor text."""
    columns = register.sql("SELECT * FROM (DESCRIBE extra_covariates)").set_index("column_name")["column_type"]
    types = columns.drop(["person_id", "as_of"]).str.replace(r"\(.*\)$", "", regex=True)  # DECIMAL(9,2), ENUM('a', 'b')
    numeric, text = types.isin(NUMBER_TYPES), types.isin(("VARCHAR", "ENUM"))
    latest = _latest(units, register, "extra_covariates", "as_of", list(types.index[numeric | text]))
    return latest.astype(dict.fromkeys(types.index[numeric], "float64")), sorted(types.index[~numeric & ~text])


def _latest(
    units: pd.DataFrame, register: Register, table: str, date: str, columns: list[str], valid: str = "true"
) -> pd.DataFrame:
    names = "".join(f', s."{column}"' for column in columns)
    found = register.sql(
        f"""
        SELECT u.unit_id{names}
        FROM ({UNITS}) u JOIN "{table}" s ON s.person_id = u.person_id AND s."{date}" <= u.index_date AND ({valid})
        QUALIFY row_number() OVER (PARTITION BY u.unit_id ORDER BY s."{date}" DESC{names}) = 1
        """,
        units=units[["unit_id", "person_id", "disposal_id", "disposal", "index_date"]],
    )
    return units[["unit_id"]].merge(found, on="unit_id", how="left").drop(columns="unit_id")
