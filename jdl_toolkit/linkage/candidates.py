"""Which register entries are worth comparing with each record of the upload: blocking, in one SQL question.

Splink's own blocking would build every pair of every rule; here rules that share the date of birth are one join and
each pair must also agree on something of the name, so that the scoring sees tens of thousands of pairs, not millions.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from ..identifiers import is_pnc_id, is_prison_number, normalise_pnc_id, normalise_prison_number
from ..register import Register
from ..register.linkage_index import NAMED, NORMALISED

#: A name agrees roughly: enough to look closer where the date of birth agrees, too.
_NAME_NEAR = """(a.initial = e.initial OR a.sound = e.sound OR left(a.surname, 1) = left(e.surname, 1)
    OR a.forename = e.surname OR a.surname = e.forename OR a.forename = e.middle_name OR a.surname_last = e.surname_last
    OR a.surname_first = e.surname_last OR a.surname_last = e.surname_first)"""
_DOB_NEAR = """(year(a.dob) = year(e.dob) OR (month(a.dob) = month(e.dob) AND day(a.dob) = day(e.dob))
    OR hamming(a.dob_digits, e.dob_digits) <= 2)"""

#: Key of the rule -> condition of the join between the upload (a) and the entries of the register (e).
RULES: dict[str, str] = {
    "PNC id": "a.pnc_id = e.pnc_id",
    "prison number": "a.prison_number = e.prison_number",
    "date of birth": f"a.dob = e.dob AND {_NAME_NEAR}",
    "date of birth, day and month swapped": f"a.dob_swapped = e.dob AND {_NAME_NEAR}",
    "surname and forename": "a.surname = e.surname AND a.canonical = e.canonical",
    "names swapped": "a.surname = e.forename AND a.forename = e.surname",
    "surname and initial": f"a.surname_last = e.surname_last AND a.initial = e.initial AND {_DOB_NEAR}",
    "first part of a surname": f"""a.surname_first = e.surname_last AND a.surname_first <> a.surname_last
        AND a.initial = e.initial AND {_DOB_NEAR}""",
    "last part of a surname": f"""a.surname_last = e.surname_first AND e.surname_first <> e.surname_last
        AND a.initial = e.initial AND {_DOB_NEAR}""",
    "sound, initial and year": f"a.sound = e.sound AND a.initial = e.initial AND {_DOB_NEAR}",
    "forename, year and month": "a.canonical = e.canonical AND date_trunc('month', a.dob) = date_trunc('month', e.dob)",
}
#: Rules that ask for an identifier; the others ask for names and dates alone.
IDENTIFIER_RULES = ("PNC id", "prison number")


def prepare_records(people: pd.DataFrame) -> pd.DataFrame:
    """Usable records with verified identifiers; one that fails its check is treated as not given.

    Parameters
    ----------
    people : DataFrame
        The submission's, one row per record.

    Returns
    -------
    DataFrame with row, forename, middle_name, surname, dob, sex, pnc_id, prison_number; usable rows only, sorted by row
    """
    usable = people.loc[people["usable"].astype(bool)].sort_values("row", kind="stable").reset_index(drop=True)
    records = usable[["row", "forename", "middle_name", "surname", "dob", "sex"]].copy()
    records["pnc_id"] = normalise_pnc_id(usable["pnc_id"]).where(is_pnc_id(usable["pnc_id"]), None)
    prison = usable["prison_number"]
    records["prison_number"] = normalise_prison_number(prison).where(is_prison_number(prison), None)
    return records


def normalise_records(records: pd.DataFrame, register: Register) -> pd.DataFrame:
    """The records as the register's index writes its entries.

    Returns
    -------
    DataFrame with row, the normalised columns of `linkage_index`, usual_forename, and dob_swapped (day and month
    exchanged; missing where that is no other date)
    """
    return register.sql(
        f"""
        WITH named AS (
            SELECT row, {NAMED}, dob::DATE AS dob, sex, pnc_id, prison_number FROM records
        ),
        normalised AS (SELECT row, {NORMALISED} FROM named LEFT JOIN nickname ON nick = forename)
        SELECT n.*, CASE WHEN is_usual THEN forename END AS usual_forename,
            CASE WHEN day(dob) <= 12 AND day(dob) <> month(dob)
                THEN make_date(year(dob), day(dob), month(dob)) END AS dob_swapped
        FROM normalised n LEFT JOIN forename_frequency USING (forename) ORDER BY row
        """,
        records=typed(records),
    )


def pairs_query() -> str:
    """The question that finds the pairs: row and entry_id, distinct, from the tables `asked` and `linkage_index`."""
    return " UNION ".join(
        f"SELECT a.row, e.entry_id FROM asked a JOIN linkage_index e ON {rule}" for rule in RULES.values()
    )


def find_candidates(asked: pd.DataFrame, register: Register) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs worth scoring, and the register's side of them.

    Parameters
    ----------
    asked : DataFrame
        From `normalise_records`.

    Returns
    -------
    pairs : DataFrame with row, entry_id; distinct and sorted
    entries : DataFrame with the columns of `linkage_index`
    """
    pairs = register.sql(f"SELECT * FROM ({pairs_query()}) ORDER BY row, entry_id", asked=typed(asked))
    return pairs, entries_of(pairs, register)


def entries_of(pairs: pd.DataFrame, register: Register) -> pd.DataFrame:
    """The entries of the register that stand in a pair, sorted."""
    return register.sql(
        "SELECT e.* FROM linkage_index e SEMI JOIN pairs USING (entry_id) ORDER BY entry_id",
        pairs=pairs[["entry_id"]].drop_duplicates(),
    )


def typed(frame: pd.DataFrame) -> pa.Table:
    """The frame with declared types: a column without any value has none that DuckDB could guess."""
    types = {"row": pa.int64(), "dob": pa.date32(), "dob_swapped": pa.date32()}
    return pa.table({c: pa.Array.from_pandas(frame[c], type=types.get(c, pa.string())) for c in frame})
