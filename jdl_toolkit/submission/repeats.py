"""The same person more than once: found as groups of records, and warned of. Every record is kept.

Two records are of one person if names (but for accents, spaces and capitals) and date of birth agree. They are *nearly*
of one person if they differ as slips of the pen, short forms and second surnames make them differ. Twins do not: their
forenames are unlike, or their sexes or PNC ids differ.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..register.nicknames import canonical_forms
from .faults import issues_of
from .fields import PEOPLE

#: Kinds of groups, the surest first: what it takes to hold the group together.
EXACT, EPISODES, NEAR, SHARED = KINDS = (
    "the same person, the same dates",
    "the same person, other dates",
    "nearly the same person",
    "an identifier in common",
)

#: Jaro-Winkler similarity from which two spellings may be one name.
ALIKE = 0.88
#: Blocks of more people than this share a placeholder, not an identifier: they are not compared pair by pair.
_LARGEST_BLOCK = 20
_IDENTIFIERS = {"pnc_id": "PNC id", "prison_number": "Prison number"}

_MACROS = f"""
CREATE MACRO slip(a, b) AS damerau_levenshtein(a, b) <= 1 AND least(length(a), length(b)) >= 3;
CREATE MACRO alike(a, b) AS slip(a, b) OR jaro_winkler_similarity(a, b) >= {ALIKE};
-- one short form begins the other; rhyming twins (Jayden, Hayden) begin otherwise
CREATE MACRO one_forename(a, b) AS a.forename = b.forename OR (coalesce(a.sex = b.sex, true)
    AND (a.forename = b.middle OR b.forename = a.middle OR len(list_intersect(a.forms, b.forms)) > 0
        OR (a.forename[1] = b.forename[1] AND jaro_winkler_similarity(a.forename, b.forename) >= {ALIKE})
        OR (least(length(a.forename), length(b.forename)) >= 3
            AND (starts_with(a.forename, b.forename) OR starts_with(b.forename, a.forename)))));
CREATE MACRO swapped(a, b) AS a.forename = b.surname AND a.surname = b.forename;
-- one digit of the date, or two neighbouring ones exchanged, or day and month exchanged
CREATE MACRO near_day(a, b) AS damerau_levenshtein(strftime(a.dob, '%Y%m%d'), strftime(b.dob, '%Y%m%d')) <= 1
    OR (year(a.dob) = year(b.dob) AND month(a.dob) = day(b.dob) AND day(a.dob) = month(b.dob));
CREATE MACRO not_two(a, b) AS a.number < b.number AND coalesce(a.pnc_id = b.pnc_id, true);
"""

#: Each pair shares a key that few others share: part of the surname, a form of the forename, two parts of the date.
_NEAR = """
WITH part AS (SELECT *, unnest(parts) AS "key" FROM person),
    form AS (SELECT *, unnest(forms) AS "key" FROM person),
    day AS (SELECT *, unnest([strftime(dob, '%Y-%m-'), strftime(dob, '%Y--%d'), strftime(dob, '-%m-%d'),
        concat(year(dob), ':', least(month(dob), day(dob)), ':', greatest(month(dob), day(dob)))]) AS "key" FROM person)
SELECT a.number AS one, b.number AS other FROM part a JOIN part b USING (dob, "key")
    WHERE not_two(a, b) AND one_forename(a, b)
UNION SELECT a.number, b.number FROM form a JOIN form b USING (dob, "key")
    WHERE not_two(a, b) AND one_forename(a, b) AND alike(a.surname, b.surname)
UNION SELECT a.number, b.number FROM person a JOIN person b ON a.dob = b.dob AND a.forename = b.surname
    WHERE not_two(a, b) AND swapped(a, b)
UNION SELECT a.number, b.number FROM person a JOIN person b
    ON a.dob = b.dob AND a.forename[1] = b.forename[1] AND a.surname[1] = b.surname[1]
    WHERE not_two(a, b) AND one_forename(a, b) AND slip(a.forename, b.forename) AND slip(a.surname, b.surname)
UNION SELECT a.number, b.number FROM day a JOIN day b USING ("key", surname)
    WHERE not_two(a, b) AND near_day(a, b) AND one_forename(a, b)
        AND (len(list_intersect(a.forms, b.forms)) > 0 OR slip(a.forename, b.forename))
UNION SELECT a.number, b.number FROM day a JOIN day b USING ("key", forename)
    WHERE not_two(a, b) AND near_day(a, b) AND slip(a.surname, b.surname)
"""

_HOLDERS = """
SELECT DISTINCT number, {column} AS held FROM record WHERE {column} IS NOT NULL
QUALIFY count(DISTINCT number) OVER (PARTITION BY {column}) BETWEEN 2 AND {most}
"""
#: The same identifier and a forename alike: one person, if date of birth or surname are not far off either.
_NEAR_BY_IDENTIFIER = """
WITH holder AS (SELECT person.*, held FROM ({holders}) JOIN person USING (number))
SELECT a.number AS one, b.number AS other FROM holder a JOIN holder b USING (held)
    WHERE a.number < b.number AND (swapped(a, b)
        OR (one_forename(a, b) AND (a.dob = b.dob OR near_day(a, b) OR alike(a.surname, b.surname)))
        OR (a.dob = b.dob AND alike(a.forename, b.forename) AND alike(a.surname, b.surname)))
"""


def number_people(people: pd.DataFrame) -> pd.Series:
    """A number for each distinct person: same names (but for accents, spaces, capitals) and date of birth."""
    keys = pd.DataFrame(
        {"forename": _letters(people["forename"]), "surname": _letters(people["surname"]), "dob": people["dob"]}
    )
    return keys.groupby(["forename", "surname", "dob"], dropna=False, sort=False).ngroup()


def check_repeats(people: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Groups of records that may be of one person, and what to warn of.

    Parameters
    ----------
    people : DataFrame
        As `Submission.people`. Records without a forename, surname or date of birth belong to no group.

    Returns
    -------
    repeats : DataFrame
        One row per record that is in a group: ``group`` (from 1, by first row), ``row``, ``kind`` (of the group, one
        of `KINDS`), ``episode`` (from 1 within the group: distinct dates of the service). No name, no date.
    issues : list of DataFrame
        ``duplicate_exact``, ``duplicate_person`` and ``duplicate_near`` on the later of the records, and
        ``identifier_shared`` on all who share one with somebody else.
    """
    known = people[people["forename"].notna() & people["surname"].notna() & people["dob"].notna()]
    records = known.assign(number=number_people(known)).reset_index(drop=True)
    near, shared = _pairs(records)
    n = int(records["number"].max() + 1) if len(records) else 0
    alike, joined = _components(near, n), _components(pd.concat([near, shared]), n)
    records["alike"], records["group"] = alike[records["number"]], joined[records["number"]]
    return _groups(records), [*_later(records), _nearly(records, near), *_shared(records)]


def list_groups(repeats: pd.DataFrame) -> pd.DataFrame:
    """A row per group: group, kind, rows ("5, 19, 44"), n_records, n_episodes; the least certain kinds first."""
    if repeats.empty:
        return pd.DataFrame(columns=["group", "kind", "rows", "n_records", "n_episodes"])
    by = repeats.assign(rows=repeats["row"].astype("str")).groupby("group")
    groups = by.agg(
        kind=("kind", "first"), rows=("rows", ", ".join), n_records=("row", "size"), n_episodes=("episode", "max")
    )
    order = groups["kind"].map({NEAR: 0, SHARED: 1, EXACT: 2, EPISODES: 3})
    return groups.assign(order=order).sort_values(["order", "group"]).drop(columns="order").reset_index()


def count_groups(repeats: pd.DataFrame) -> pd.DataFrame:
    """Groups counted: kind, n_groups, n_records, largest (records in the largest group); no rows."""
    groups = list_groups(repeats).groupby("kind", sort=False)["n_records"]
    return groups.agg(n_groups="size", n_records="sum", largest="max").reset_index()


def _pairs(records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs of people (``one``, ``other``) that are nearly the same, and pairs that share an identifier."""
    if records.empty:
        return (pd.DataFrame({"one": [], "other": []}, dtype="int64"),) * 2
    held = records[["number", *_IDENTIFIERS]]
    with duckdb.connect(":memory:", config={"threads": 2}) as con:
        con.execute("PRAGMA disable_progress_bar")
        con.execute(_MACROS)
        con.register("person", _comparable(records))
        con.register("record", held)
        near = [con.execute(_NEAR).df()]
        for column in _IDENTIFIERS:
            holders = _HOLDERS.format(column=column, most=_LARGEST_BLOCK)
            near.append(con.execute(_NEAR_BY_IDENTIFIER.format(holders=holders)).df())
    # a link to the first holder joins them all: no need for every pair
    shared = [
        pd.DataFrame({"one": held.groupby(column)["number"].transform("first"), "other": held["number"]}).dropna()
        for column in _IDENTIFIERS
    ]
    return pd.concat(near).drop_duplicates(), pd.concat(shared).query("one != other").astype("int64").drop_duplicates()


def _comparable(records: pd.DataFrame) -> pd.DataFrame:
    """Each distinct person by the letters of the names, the forms of the forename and the parts of the surname."""
    both_sexes = records.groupby("number")["sex"].transform("nunique") > 1
    first = records.assign(sex=records["sex"].mask(both_sexes)).drop_duplicates("number")
    table = first[["number", "dob", "sex", "pnc_id"]].assign(
        forename=_letters(first["forename"]),
        surname=_letters(first["surname"]),
        middle=_letters(first["middle_name"]).where(first["middle_name"].notna()),
    )
    known, names = canonical_forms(), table["forename"].drop_duplicates()
    forms = {name: [form for form in known.get(name, (name,)) if form] for name in names}
    table["forms"] = table["forename"].map(forms)
    parts = first["surname"].astype("str").str.replace(r"[-\u2010-\u2015/]", " ", regex=True).str.split()
    parts = _letters(parts.explode())
    parts = parts[parts.str.len() >= 3].groupby(level=0).agg(list).reindex(first.index)
    whole = table["surname"].map(lambda name: [name])
    table["parts"] = (whole + parts.where(parts.notna(), whole)).map(lambda listed: list(dict.fromkeys(listed)))
    return table


def _components(pairs: pd.DataFrame, n: int) -> np.ndarray:
    """For each of n people the number of the component that the pairs put them in."""
    if n == 0:
        return np.empty(0, dtype="int64")
    links = coo_array((np.ones(len(pairs), dtype="int8"), (pairs["one"], pairs["other"])), shape=(n, n))
    return connected_components(links, directed=False)[1]


def _groups(records: pd.DataFrame) -> pd.DataFrame:
    repeated = records[records.duplicated("group", keep=False)]
    by = repeated.groupby("group", sort=False)
    dates = repeated.groupby(["group", "service_start", "service_end"], dropna=False, sort=False).ngroup()
    episode = dates.groupby(repeated["group"]).transform(lambda found: pd.factorize(found)[0] + 1).astype("int64")
    one_person, one_kind = by["number"].transform("nunique") == 1, by["alike"].transform("nunique") == 1
    one_date = dates.groupby(repeated["group"]).transform("nunique") == 1
    kind = np.select([one_person & one_date, one_person, one_kind], [EXACT, EPISODES, NEAR], SHARED)
    frame = pd.DataFrame({"group": by.ngroup() + 1, "row": repeated["row"], "kind": kind, "episode": episode})
    return frame.astype({"kind": "str"}).sort_values(["group", "row"]).reset_index(drop=True)


def _later(records: pd.DataFrame) -> list[pd.DataFrame]:
    first_row = records.groupby("number")["row"].transform("min")
    later = records["row"] != first_row
    exact = later & records.duplicated(["number", "service_start", "service_end"])
    return [
        issues_of(code, PEOPLE, records.loc[which, "row"], "Surname", "row " + first_row[which].astype("str"))
        for code, which in (("duplicate_exact", exact), ("duplicate_person", later & ~exact))
    ]


def _nearly(records: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    row = records.groupby("number")["row"].min()
    rows = pd.DataFrame({"one": near["one"].map(row), "other": near["other"].map(row)})
    first = rows.min(axis=1).groupby(rows.max(axis=1)).min()
    return issues_of("duplicate_near", PEOPLE, first.index, "Surname", "row " + first.astype("str"))


def _shared(records: pd.DataFrame) -> list[pd.DataFrame]:
    """Records whose identifier also stands for somebody who is not even nearly the same."""
    holders = {column: records.groupby(column)["alike"].transform("nunique") for column in _IDENTIFIERS}
    return [
        issues_of("identifier_shared", PEOPLE, records.loc[n > 1, "row"], _IDENTIFIERS[column])
        for column, n in holders.items()
    ]


def _letters(names: pd.Series) -> pd.Series:
    plain = names.astype("str").str.normalize("NFKD").str.casefold()
    return plain.str.replace(r"[\W\d_]+", "", regex=True)
