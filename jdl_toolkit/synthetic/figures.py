"""Does a synthetic register look like the published statistics? Every figure beside its published counterpart.

Definitions follow the proven reoffending statistics: an event is a release from custody or any other disposal; a cohort
holds each person's first event of a calendar year (three years around 2009, so that chance blurs less); a proven
reoffence is committed within twelve calendar months of the event and proven within a further six; penalty notices and
breaches do not count.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from ..errors import JDLError
from .published_figures import FIGURES, Figure

#: Monte-Carlo error allowed for, in standard errors.
N_STANDARD_ERRORS = 2.0
_TABLES = (
    "meta", "person", "disposal", "offence", "custody_spell", "employment_spell", "benefit_spell", "needs_assessment",
)  # fmt: skip
_OUTCOMES = """
CREATE TEMP TABLE counted AS SELECT * FROM offence WHERE NOT is_penalty_notice AND NOT is_breach;
CREATE TEMP TABLE event AS
WITH own AS (SELECT disposal_id, count(*) AS n FROM counted GROUP BY disposal_id),
history AS (
    SELECT d.*, coalesce(own.n, 0) AS n_own,
           sum(coalesce(own.n, 0)) OVER (PARTITION BY d.person_id ORDER BY d.disposal_date, d.disposal_id) AS so_far
    FROM disposal d LEFT JOIN own USING (disposal_id)
)
SELECT h.disposal_id, h.person_id, h.disposal, h.disposal_date, h.sentence_days, so_far - n_own AS n_previous,
       CASE WHEN disposal = 'custody' THEN release_date ELSE disposal_date END AS event_date, year(event_date) AS year,
       p.sex, p.ethnicity, date_diff('day', p.dob, event_date) / 365.2425 >= 18 AS is_adult,
       disposal IN ('community_order', 'suspended_sentence_order') AS is_court_order, disposal = 'custody' AS is_custody
FROM history h JOIN person p USING (person_id)
WHERE (n_own > 0 OR disposal = 'positive_drug_test')
  AND event_date + INTERVAL 18 MONTH <= (SELECT max(data_end) FROM meta)
  AND coalesce(p.observed_until >= event_date + INTERVAL 18 MONTH, true);
CREATE TEMP TABLE outcome AS
WITH reoffence AS (
    SELECT e.disposal_id, count(*) AS n, min(c.offence_date) AS first,
           count(*) FILTER (WHERE c.severity = 1) AS n_serious
    FROM event e JOIN counted c ON c.person_id = e.person_id AND c.offence_date > e.event_date
        AND c.offence_date <= e.event_date + INTERVAL 12 MONTH AND c.proven_date <= e.event_date + INTERVAL 18 MONTH
    GROUP BY e.disposal_id
)
SELECT e.*, coalesce(r.n, 0) AS n_reoffences, n_reoffences > 0 AS reoffended, coalesce(r.n_serious, 0) AS n_serious,
       r.first - e.event_date AS days_to_first
FROM event e LEFT JOIN reoffence r USING (disposal_id);
CREATE TEMP TABLE sentence AS
WITH adult AS (
    SELECT d.person_id, d.disposal_date, d.disposal = 'custody' AS is_custody, d.disposal_id
    FROM disposal d JOIN person p USING (person_id)
    WHERE d.disposal IN ('community_order', 'suspended_sentence_order', 'custody')
      AND year(d.disposal_date) BETWEEN 2005 AND 2010 AND date_diff('day', p.dob, d.disposal_date) >= 18 * 365.25
)
SELECT a.*,
       EXISTS (FROM employment_spell s WHERE s.person_id = a.person_id AND s.start < a.disposal_date
           AND coalesce(s."end" > a.disposal_date - 30, true)) AS is_employed,
       EXISTS (FROM benefit_spell s WHERE s.person_id = a.person_id AND s.kind = 'out_of_work'
           AND s.start < a.disposal_date AND coalesce(s."end" > a.disposal_date - 30, true)) AS is_on_benefit
FROM adult a;
CREATE TEMP TABLE assessed AS
SELECT n.*, d.is_custody
FROM needs_assessment n ASOF JOIN (
    SELECT person_id, disposal = 'custody' AS is_custody,
           disposal_date - (CASE WHEN is_custody THEN 0 ELSE 28 END) AS made_from
    FROM disposal WHERE disposal IN ('community_order', 'suspended_sentence_order', 'custody')
) d ON n.person_id = d.person_id AND n.assessed_on >= d.made_from;
CREATE TEMP TABLE inside AS
SELECT c.person_id, p.sex, greatest(0, date_diff('day', greatest(c.start, DATE '2005-01-01'),
           least(coalesce(c."end", DATE '2010-12-31'), DATE '2010-12-31'))) AS n_days
FROM custody_spell c JOIN person p USING (person_id);
"""


def figures(register_folder: Path) -> pd.DataFrame:
    """Lay a synthetic register beside the published figures.

    Parameters
    ----------
    register_folder : Path
        What `synthesise_register` wrote.

    Returns
    -------
    DataFrame
        A row per figure: fact, source, published, synthetic, tolerance (slack + two standard errors), agrees, reason.
        Standard errors allow for people who are counted in several years.

    Raises
    ------
    JDLError
        If the folder holds no register.
    """
    folder = Path(register_folder)
    absent = [name for name in _TABLES if not (folder / f"{name}.parquet").is_file()]
    if absent:
        raise JDLError(f"no {', '.join(absent)} table", where=str(folder), fix="make a register with `jdl synth`")
    with duckdb.connect(":memory:", config={"threads": 2}) as con:
        con.execute("PRAGMA disable_progress_bar")
        for name in _TABLES:
            path = str(folder / f"{name}.parquet").replace("'", "''")
            con.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
        con.execute(_OUTCOMES)
        rows = [_measure(con, figure) for figure in FIGURES]
    return pd.DataFrame(rows)


def _measure(con: duckdb.DuckDBPyConnection, figure: Figure) -> dict[str, object]:
    """The figure with its standard error: linearised ratio of sums, people independent."""
    ratio, se = con.execute(
        f"""WITH person_sum AS (
            SELECT person_id, sum({figure.value})::DOUBLE AS a, sum({figure.per})::DOUBLE AS b
            FROM {figure.of} GROUP BY person_id
        ), total AS (SELECT sum(a) / sum(b) AS ratio, sum(b) AS size FROM person_sum)
        SELECT any_value(ratio), sqrt(sum((a - ratio * b) ** 2)) / any_value(size) FROM person_sum, total"""
    ).fetchone()
    ratio, se = (float("nan") if value is None else value for value in (ratio, se))
    tolerance = figure.slack + N_STANDARD_ERRORS * se
    agrees = bool(abs(ratio - figure.published) <= tolerance)
    row = {"fact": figure.fact, "source": figure.source, "published": float(figure.published), "synthetic": ratio}
    return row | {"tolerance": tolerance, "agrees": agrees, "reason": figure.reason}
