"""Does a synthetic register look like the published statistics? Every figure beside its published counterpart.

Definitions follow the proven reoffending statistics: an event is a release from custody or any other disposal; a cohort
holds each person's first event of a calendar year (three years around 2009, so that chance blurs less); a proven
reoffence is committed within twelve calendar months of the event and proven within a further six; penalty notices and
breaches do not count. Published figures: Ministry of Justice statistics of the year named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from ..errors import JDLError

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
    SELECT e.disposal_id, count(*) AS n, min(c.offence_date) AS first, count(*) FILTER (WHERE c.severity = 1) AS n_serious
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
       EXISTS (FROM benefit_spell s WHERE s.person_id = a.person_id AND s.kind = 'out_of_work' AND s.start < a.disposal_date
           AND coalesce(s."end" > a.disposal_date - 30, true)) AS is_on_benefit
FROM adult a;
CREATE TEMP TABLE assessed AS
SELECT n.*, d.is_custody
FROM needs_assessment n ASOF JOIN (
    SELECT person_id, disposal = 'custody' AS is_custody, disposal_date - (CASE WHEN is_custody THEN 0 ELSE 28 END) AS made_from
    FROM disposal WHERE disposal IN ('community_order', 'suspended_sentence_order', 'custody')
) d ON n.person_id = d.person_id AND n.assessed_on >= d.made_from;
CREATE TEMP TABLE inside AS
SELECT c.person_id, p.sex, greatest(0, date_diff('day', greatest(c.start, DATE '2005-01-01'),
           least(coalesce(c."end", DATE '2010-12-31'), DATE '2010-12-31'))) AS n_days
FROM custody_spell c JOIN person p USING (person_id);
"""


@dataclass(frozen=True)
class Figure:
    """A published figure and how its counterpart is found: the ratio of two sums.

    Parameters
    ----------
    fact, source : str
    published : float
    value, of : str
        SQL: what is summed (as a share of the number of rows, unless `per` is given), and over which rows.
    slack : float
        Difference accepted beside Monte-Carlo error, in the unit of the figure.
    reason : str
        Why so much.
    per : str
        SQL: the denominator's summand.
    """

    fact: str
    source: str
    published: float
    value: str
    of: str
    slack: float
    reason: str
    per: str = "1"


def first_of_year(condition: str = "true", years: str = "2008 AND 2010") -> str:
    """Each person's first event of a calendar year among the events that meet the condition, as SQL."""
    return f"""(FROM outcome WHERE ({condition}) AND year BETWEEN {years}
        QUALIFY row_number() OVER (PARTITION BY person_id, year ORDER BY event_date, disposal_id) = 1)"""


_YEARS = "2005 AND 2010"
_COHORT = first_of_year()
_ORDERS = first_of_year("is_court_order AND is_adult", _YEARS)
_RELEASES = first_of_year("is_custody AND is_adult", _YEARS)
_SUPERVISED = first_of_year("(is_court_order OR is_custody) AND is_adult", _YEARS)
_RATE = "100.0 * reoffended::INT"
_MIX = "the mix of people is assumed, OGRS3 gives the rest"
_YEAR = "the figure is of another year than the cohort; " + _MIX
_DRAWN = "drawn with this chance; Monte-Carlo error only"


def _rate(fact: str, source: str, published: float, of: str, slack: float, reason: str) -> Figure:
    return Figure(f"reoffended within a year: {fact}, %", source, published, _RATE, of, slack, reason)


def _need(need: str, inside: float, outside: float) -> tuple[Figure, Figure]:
    where = (("custody", inside, "is_custody"), ("court orders", outside, "NOT is_custody"))
    return tuple(
        Figure(f"need for {need}: {name}, %", "October 2024", share, f"100.0 * {need}", f"(FROM assessed WHERE {rows})", 2.0,
               "needs rise with OGRS3 around the published share")
        for name, share, rows in where
    )  # fmt: skip


def _ethnicity(name: str, share: float) -> Figure:
    return Figure(f"ethnicity on court orders: {name}, %", "2020", share, f"100.0 * coalesce(ethnicity = '{name}', false)::INT", _ORDERS,
                  0.5, "published in whole per cent; " + _DRAWN)  # fmt: skip


FIGURES: tuple[Figure, ...] = (
    _rate("everybody", "2009", 26.3, _COHORT, 0.8, _MIX),
    _rate("no previous offence", "2011/12", 10.5, f"(FROM {_COHORT} WHERE n_previous = 0)", 1.5, _YEAR),
    _rate("11 or more previous offences", "2011/12", 47.0, f"(FROM {_COHORT} WHERE n_previous >= 11)", 3.0, _YEAR),
    _rate("women", "2013", 19.0, f"(FROM {_COHORT} WHERE sex = 'F')", 1.5, _YEAR),
    _rate("men", "2013", 29.0, f"(FROM {_COHORT} WHERE sex = 'M')", 1.5, _YEAR),
    _rate("adults on a court order or released", "2018-2023", 34.5, _SUPERVISED, 1.5, "33 to 36 over the years"),
    _rate("adults released from less than a year", "2018-2023", 60.0, f"(FROM {_RELEASES} WHERE sentence_days < 365)", 4.0,
          "59 to 61, a decade later, against 57 in 2009; OGRS3, made in 2009, is kept"),
    _rate("adults released from custody", "custody comparison group", 42.0, _RELEASES, 5.0,
          "one comparison group of one request, not a statistic of all releases"),
    Figure("reoffences per reoffender: everybody", "2009-2012", 2.85, "n_reoffences", f"(FROM {_COHORT} WHERE reoffended)", 0.1,
           "2.8 to 2.9 over the years"),
    Figure("reoffences per reoffender: adults released", "custody comparison group", 4.1, "n_reoffences",
           f"(FROM {_RELEASES} WHERE reoffended)", 0.3, "one comparison group of one request"),
    Figure("days to first reoffence: adults released", "custody comparison group", 122.0, "days_to_first",
           f"(FROM {_RELEASES} WHERE reoffended)", 2.0, _DRAWN),
    Figure("share of reoffences by people with 11 or more previous offences, %", "2011/12", 56.5,
           "100.0 * n_reoffences * (n_previous >= 11)::INT", _COHORT, 4.0, _YEAR, per="n_reoffences"),
    Figure("share of reoffences that are serious, %", "2009-2012", 0.7, "100.0 * n_serious", first_of_year("true", _YEARS), 0.15,
           "read as severity 1, the most serious of eight", per="n_reoffences"),
    Figure("women among adults on court orders, %", "2009-2013", 15.0, "100.0 * (sex = 'F')::INT", _ORDERS, 1.5, _MIX),
    Figure("women in prison, % of days inside", "2009-2013", 5.0, "100.0 * n_days * (sex = 'F')::INT", "(FROM inside)", 1.0, _MIX,
           per="n_days"),
    *(_ethnicity(*pair) for pair in (("White", 84), ("Black", 6), ("Asian", 5), ("Mixed", 3), ("Other", 1))),
    Figure("employed in the month before sentence, %", "2005-2010", 33.3, "100.0 * is_employed::INT", "(FROM sentence)", 4.0,
           "published as about one third"),
    Figure("on out-of-work benefit in the month before sentence, %", "2005-2010", 55.0, "100.0 * is_on_benefit::INT",
           "(FROM sentence)", 5.0, "published as over half, read as 50 to 60"),
    *_need("lifestyle", 89, 71),
    *_need("accommodation", 68, 39),
    *_need("alcohol", 22, 24),
)  # fmt: skip


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
            SELECT person_id, sum({figure.value})::DOUBLE AS a, sum({figure.per})::DOUBLE AS b FROM {figure.of} GROUP BY person_id
        ), total AS (SELECT sum(a) / sum(b) AS ratio, sum(b) AS size FROM person_sum)
        SELECT any_value(ratio), sqrt(sum((a - ratio * b) ** 2)) / any_value(size) FROM person_sum, total"""
    ).fetchone()
    ratio, se = (float("nan") if value is None else value for value in (ratio, se))
    tolerance = figure.slack + N_STANDARD_ERRORS * se
    agrees = bool(abs(ratio - figure.published) <= tolerance)
    row = {"fact": figure.fact, "source": figure.source, "published": float(figure.published), "synthetic": ratio}
    return row | {"tolerance": tolerance, "agrees": agrees, "reason": figure.reason}
