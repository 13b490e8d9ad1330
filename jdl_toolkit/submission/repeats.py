"""The same person twice: exactly, nearly, or by a shared identifier. All of it warns only: every record is kept."""

from __future__ import annotations

import duckdb
import pandas as pd

from .faults import issues_of
from .fields import PEOPLE

#: Jaro-Winkler similarity from which two spellings may be one name.
ALIKE = 0.88

# Twins share surname and date of birth, so forenames must be alike; a name part that begins the other is a short form.
_NEARLY_THE_SAME = f"""
WITH alike AS (
    SELECT a."row" AS first_row, b."row" AS later_row FROM person a JOIN person b USING (dob, surname)
    WHERE a."row" < b."row" AND (jaro_winkler_similarity(a.forename, b.forename) >= {ALIKE}
        OR (least(length(a.forename), length(b.forename)) >= 3
            AND (starts_with(a.forename, b.forename) OR starts_with(b.forename, a.forename))))
    UNION ALL
    SELECT a."row", b."row" FROM person a JOIN person b USING (dob, forename)
    WHERE a."row" < b."row" AND jaro_winkler_similarity(a.surname, b.surname) >= {ALIKE}
    UNION ALL
    SELECT a."row", b."row" FROM person a JOIN person b
        ON a.dob = b.dob AND a.forename = b.surname AND a.surname = b.forename
    WHERE a."row" < b."row"
    UNION ALL
    SELECT a."row", b."row" FROM person a JOIN person b USING (forename, surname)
    WHERE a."row" < b."row" AND (hamming(strftime(a.dob, '%Y%m%d'), strftime(b.dob, '%Y%m%d')) = 1
        OR (year(a.dob) = year(b.dob) AND month(a.dob) = day(b.dob) AND day(a.dob) = month(b.dob)))
)
SELECT later_row AS "row", min(first_row) AS first_row FROM alike GROUP BY later_row ORDER BY later_row
"""

_DIFFERENT_PEOPLE = """
SELECT "row" FROM person WHERE {column} IS NOT NULL
QUALIFY count(DISTINCT person) OVER (PARTITION BY {column}) > 1 ORDER BY "row"
"""


def number_people(people: pd.DataFrame) -> pd.Series:
    """A number for each distinct person: same names (but for accents, spaces, capitals) and date of birth."""
    keys = pd.DataFrame(
        {"forename": _letters(people["forename"]), "surname": _letters(people["surname"]), "dob": people["dob"]}
    )
    return keys.groupby(["forename", "surname", "dob"], dropna=False, sort=False).ngroup()


def repeat_issues(people: pd.DataFrame) -> list[pd.DataFrame]:
    """Warnings on records of one person, named by row numbers.

    Parameters
    ----------
    people : DataFrame
        As `Submission.people`.

    Returns
    -------
    list of DataFrame
        Issues ``duplicate_exact`` (dates too), ``duplicate_person``, ``duplicate_near`` and ``identifier_shared``;
        each on the later of the records but the last, which is on all.
    """
    known = people[people["forename"].notna() & people["surname"].notna() & people["dob"].notna()]
    records = known.assign(person=number_people(known))
    first_row = records.groupby("person")["row"].transform("min")
    later = records["row"] != first_row
    exact = later & records.duplicated(["person", "service_start", "service_end"])
    issues = [
        issues_of(
            "duplicate_exact", PEOPLE, records.loc[exact, "row"], "Surname", "row " + first_row[exact].astype("str")
        ),
        issues_of(
            "duplicate_person",
            PEOPLE,
            records.loc[later & ~exact, "row"],
            "Surname",
            "row " + first_row[later & ~exact].astype("str"),
        ),
    ]
    keyed = records.assign(forename=_letters(records["forename"]), surname=_letters(records["surname"]))
    fields = ["row", "person", "forename", "surname", "dob", "pnc_id", "prison_number"]
    with duckdb.connect(":memory:", config={"threads": 2}) as con:
        con.execute("PRAGMA disable_progress_bar")
        con.register("person", keyed.loc[~later, fields])
        near = con.execute(_NEARLY_THE_SAME).df()
        con.register("person", keyed[fields])
        shared = {c: con.execute(_DIFFERENT_PEOPLE.format(column=c)).df()["row"] for c in ("pnc_id", "prison_number")}
    issues.append(issues_of("duplicate_near", PEOPLE, near["row"], "Surname", "row " + near["first_row"].astype("str")))
    headings = {"pnc_id": "PNC id", "prison_number": "Prison number"}
    return issues + [issues_of("identifier_shared", PEOPLE, rows, headings[c]) for c, rows in shared.items()]


def _letters(names: pd.Series) -> pd.Series:
    plain = names.astype("str").str.normalize("NFKD").str.casefold()
    return plain.str.replace(r"[\W\d_]+", "", regex=True)
