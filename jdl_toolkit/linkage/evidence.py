"""What the levels of a candidate pair amount to: identifiers that cannot be trusted, twins, and the readable reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

FORENAME_AGREES = ("exact", "swapped", "nickname", "slip", "alike", "middle")
SURNAME_AGREES = ("exact", "slip", "alike", "part", "sound")
DOB_AGREES = ("exact", "day_month", "digit")

_NAME_WORDS = {
    "same": "same name",
    "swapped": "forename and surname swapped",
    "nickname": "short form of the forename",
    "similar": "similar name",
    "middle": "forename is the middle name",
    "surname": "same forename, another surname",
    "forename": "same surname, another forename",
    "initial": "same surname, forename not given in full",
    "other": "another name",
}
_DOB_WORDS = {
    "exact": "same date of birth",
    "day_month": "day and month swapped",
    "digit": "one digit of the date of birth differs",
    "day_and_month": "same day and month, another year",
    "year": "same year of birth",
    "other": "another date of birth",
    "no evidence": "no date of birth",
}


def distrust_identifiers(scored: pd.DataFrame) -> tuple[pd.DataFrame, set[int]]:
    """Take the identifiers of a record for not given where they lead to somebody else.

    That is so if the identifier's owner agrees neither on the date of birth nor on the whole name; or if the owner's
    forename is another one and a different person agrees on the whole name and the date of birth (the identifier is
    then a twin's).

    Parameters
    ----------
    scored : DataFrame
        From `score_candidates`.

    Returns
    -------
    scored : DataFrame
        With match_weight, pnc and prison changed for such records.
    rows : set of int
        The records concerned.
    """
    scored = scored.copy()
    forename, surname, dob = _agreements(scored)
    all_agree = forename & surname & (scored["dob"] == "exact").to_numpy()
    has_other = pd.Series(all_agree).groupby(scored["row"].to_numpy()).transform("any").to_numpy(dtype=bool)
    fits = (scored["dob"] == "exact").to_numpy() | (forename & surname) | (dob & (forename | surname))
    fits &= forename | ~has_other
    doubted: set[int] = set()
    for key in ("pnc", "prison"):
        rows = set(scored.loc[(scored[key] == "exact").to_numpy() & ~fits, "row"])
        # Another entry of the same person, under an alias, may fit
        rows -= set(scored.loc[(scored[key] == "exact").to_numpy() & fits, "row"])
        concerned = scored["row"].isin(rows)
        scored["match_weight"] -= scored[f"{key}_weight"].where(concerned, 0.0)
        scored[key] = scored[key].mask(concerned, "no evidence")
        doubted |= rows
    return scored, {int(row) for row in doubted}


def is_other_person(scored: pd.DataFrame) -> np.ndarray:
    """Pairs that must not link whatever they weigh, because relatives look like this.

    Twins: same surname and date of birth (slips forgiven), forename dissimilar. Namesakes (parent and child): same
    name, date of birth altogether different. Neither applies where an identifier agrees.

    Returns
    -------
    bool array, shape (n_pairs,)
    """
    forename, surname, dob = _agreements(scored)
    identified = ((scored["pnc"] == "exact") | (scored["prison"] == "exact")).to_numpy()
    known = (scored["forename"] != "no evidence").to_numpy()
    twin = surname & dob & known & ~forename
    namesake = (scored["dob"] == "other").to_numpy()
    return (twin | namesake) & ~identified


def reasons(scored: pd.DataFrame) -> np.ndarray:
    """The tier of each pair: its readable reason.

    Returns
    -------
    array of str, shape (n_pairs,)
    """
    forename, surname, _ = _agreements(scored)
    name = np.select(
        [
            (scored["forename"] == "swapped"),
            (scored["forename"] == "exact") & (scored["surname"] == "exact"),
            (scored["forename"] == "nickname") & surname,
            (scored["forename"] == "middle") & surname,
            forename & surname,
            forename,
            (scored["forename"] == "no evidence") & surname,
            surname,
        ],
        ["swapped", "same", "nickname", "middle", "similar", "surname", "initial", "forename"],
        "other",
    )
    by_name = pd.Series(name).map(_NAME_WORDS)
    by_name = by_name.where(~scored["is_alias"].to_numpy(dtype=bool), by_name + " (an alias on the register)")
    reason = by_name + ", " + scored["dob"].map(_DOB_WORDS).reset_index(drop=True)
    whole_name = (forename & surname).astype(bool)
    for key, words in (("prison", "prison number"), ("pnc", "PNC id")):
        agrees = (scored[key] == "exact").to_numpy()
        reason = reason.mask(agrees, np.where(whole_name, f"{words} and name", f"{words} and date of birth"))
    return reason.to_numpy(dtype=object)


def _agreements(scored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether forename, surname and date of birth agree, spelling and slips forgiven (bool arrays)."""
    forename = scored["forename"].isin(FORENAME_AGREES).to_numpy()
    surname = (scored["surname"].isin(SURNAME_AGREES) | (scored["forename"] == "swapped")).to_numpy()
    return forename, surname, scored["dob"].isin(DOB_AGREES).to_numpy()
