"""The PNC id and prison number of a record: do they lead to the person whom names and date of birth describe?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .evidence import agreements, is_identified

#: What may be said of the identifiers of a record.
IDENTIFIERS = (
    "agrees",
    "in conflict",
    "another than the register's",
    "not found on the register",
    "malformed",
    "not given",
    "not looked up",
)


def distrust_identifiers(scored: pd.DataFrame) -> tuple[pd.DataFrame, set[int]]:
    """Trust the identifiers of a record only where they lead to somebody whom the rest of the record describes.

    An identifier is in conflict if its owner agrees neither on the date of birth, nor on the whole name, nor roughly on
    the date and one name; or if the owner's forename or date of birth is another one and a different person agrees on
    the whole name and the date of birth (the identifier is then a twin's, or a namesake's). Where somebody else agrees
    on everything, the identifier counts as not given. Otherwise it speaks for its owner all the same, but such a pair
    is ambiguous at most.

    Parameters
    ----------
    scored : DataFrame
        From `score_candidates`.

    Returns
    -------
    scored : DataFrame
        With match_weight, pnc and prison (and their weights) changed for such records, and is_conflicting.
    rows : set of int
        The records concerned.
    """
    scored = scored.assign(is_conflicting=False)
    forename, surname, dob = agreements(scored)
    exact_dob = (scored["dob"] == "exact").to_numpy()
    other_rows = set(scored.loc[forename & surname & exact_dob, "row"])
    has_other = scored["row"].isin(other_rows).to_numpy()
    fits = (exact_dob | (forename & surname) | (dob & (forename | surname))) & ((forename & dob) | ~has_other)
    doubted: set[int] = set()
    for key in ("pnc", "prison"):
        leads = (scored[key] == "exact").to_numpy()
        # Another entry of the same person, under an alias, may fit
        rows = set(scored.loc[leads & ~fits, "row"]) - set(scored.loc[leads & fits, "row"])
        concerned = scored["row"].isin(rows).to_numpy()
        without = concerned & (has_other | ~leads)
        scored["is_conflicting"] |= concerned & leads
        scored = without_identifier(scored, key, without)
        doubted |= rows
    return scored, {int(row) for row in doubted}


def without_identifier(scored: pd.DataFrame, key: str, where: np.ndarray | bool = True) -> pd.DataFrame:
    """The pairs as if the records had not given this identifier (``pnc`` or ``prison``)."""
    where = np.broadcast_to(where, len(scored))
    weight = scored[f"{key}_weight"]
    return scored.assign(
        **{
            "match_weight": scored["match_weight"] - weight.where(where, 0.0),
            f"{key}_weight": weight.mask(where, 0.0),
            key: scored[key].mask(where, "no evidence"),
        }
    )


def trusted_owners(scored: pd.DataFrame) -> pd.DataFrame:
    """The one person to whom a record's identifiers lead without conflict: row, person_id."""
    led = scored.loc[is_identified(scored) & ~scored["is_conflicting"].to_numpy(dtype=bool), ["row", "person_id"]]
    led = led.drop_duplicates()
    return led[~led["row"].duplicated(keep=False)].reset_index(drop=True)


def judge_identifiers(
    people: pd.DataFrame, levels: pd.DataFrame, pairs: pd.DataFrame, conflicting: set[int]
) -> pd.DataFrame:
    """What became of the identifiers of each record.

    Parameters
    ----------
    people : DataFrame
        The submission's.
    levels : DataFrame
        From `characteristics`.
    pairs : DataFrame
        From `pictures.with_outcomes`.
    conflicting : set of int
        Rows for which an identifier led to somebody else.

    Returns
    -------
    DataFrame with row, identifier (one of `IDENTIFIERS`)
    """
    row, given = levels["row"], levels["identifier"]
    sound = given == "given and verified"
    agreeing = pairs.loc[is_identified(pairs), "row"]
    differing = pairs.loc[(pairs["outcome"] == "matched") & (pairs["pnc"] == "other"), "row"]
    kinds = {
        "in conflict": row.isin(conflicting),
        "agrees": row.isin(agreeing),
        "another than the register's": row.isin(differing),
        "not looked up": sound & ~row.isin(people.loc[people["usable"].astype(bool), "row"]),
        "not found on the register": sound,
        "malformed": given == "malformed",
    }
    found = np.select([np.asarray(test, dtype=bool) for test in kinds.values()], list(kinds), "not given")
    return pd.DataFrame({"row": row.to_numpy(), "identifier": found}).astype({"identifier": "str"})
