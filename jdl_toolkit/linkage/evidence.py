"""What the levels of a candidate pair amount to: relatives, weak evidence, and the readable reason."""

from __future__ import annotations

import numpy as np
import pandas as pd

FORENAME_CERTAIN = ("exact", "swapped", "nickname")
FORENAME_WEAK = ("slip", "cut", "usual", "alike", "middle", "start")
SURNAME_AGREES = ("exact", "slip", "alike", "part", "sound")
DOB_AGREES = ("exact", "day_month", "digit", "january", "month", "day")

_NAME_WORDS = {
    "same": "same name",
    "swapped": "forename and surname swapped",
    "nickname": "short form of the forename",
    "part": "part of the surname",
    "similar": "similar name",
    "middle": "forename is the middle name",
    "surname": "same forename, another surname",
    "similar forename": "similar forename, another surname",
    "forename": "same surname, another forename",
    "initial": "same surname, forename not given in full",
    "other": "another name",
}
_DOB_WORDS = {
    "exact": "same date of birth",
    "day_month": "day and month swapped",
    "digit": "one digit of the date of birth differs",
    "january": "1 January of the same year",
    "month": "another month of birth, same day and year",
    "day": "another day of birth, same month and year",
    "day_and_month": "same day and month, another year",
    "digits": "two digits of the date of birth differ",
    "year": "same year of birth",
    "other": "another date of birth",
    "no evidence": "no date of birth",
}


def agreements(scored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether forename, surname and date of birth agree in each pair, slips forgiven."""
    forename = scored["forename"].isin(FORENAME_CERTAIN + FORENAME_WEAK).to_numpy()
    surname = scored["surname"].isin(SURNAME_AGREES).to_numpy() | (scored["forename"] == "swapped").to_numpy()
    return forename, surname, scored["dob"].isin(DOB_AGREES).to_numpy()


def is_identified(scored: pd.DataFrame) -> np.ndarray:
    """Whether the PNC id or the prison number of a pair is the same."""
    return ((scored["pnc"] == "exact") | (scored["prison"] == "exact")).to_numpy()


def is_twin(scored: pd.DataFrame) -> np.ndarray:
    """Same surname and date of birth (slips forgiven), forename dissimilar, no identifier agreeing."""
    forename, surname, dob = agreements(scored)
    known = (scored["forename"] != "no evidence").to_numpy()
    return surname & dob & known & ~forename & ~is_identified(scored)


def is_other_person(scored: pd.DataFrame) -> np.ndarray:
    """Pairs that must not link whatever they weigh, because relatives look like this.

    Twins (`is_twin`), unless the middle name is the same, and namesakes such as parent and child: same name, date of
    birth altogether different. Neither applies where an identifier agrees.

    Returns
    -------
    bool array, shape (n_pairs,)
    """
    namesake = (scored["dob"] == "other").to_numpy()
    return (is_twin(scored) & ~_same_middle_name(scored)) | (namesake & ~is_identified(scored))


def is_doubtful(scored: pd.DataFrame) -> np.ndarray:
    """Pairs that are at most ambiguous, whatever they weigh, unless an identifier agrees.

    Twins of one middle name; another surname of a man, without a middle name that agrees; a forename that agrees but
    roughly, with another surname (Sean for Dean, of another family) or, if it may be another name, with the other sex
    (Daniel for Danielle, twins); two digits of the date of birth differ (parent and child), or
    only the year agrees and the name does so but roughly.

    Returns
    -------
    bool array, shape (n_pairs,)
    """
    _, surname, _ = agreements(scored)
    rough = scored["forename"].isin(["slip", "cut", "usual", "alike", "start"]).to_numpy()
    maybe_other = rough & (scored["forename"] != "slip").to_numpy()
    changed = (scored["surname"] == "other").to_numpy() & ~surname & ~_same_middle_name(scored)
    same_name = scored["forename"].isin(FORENAME_CERTAIN).to_numpy() & (scored["surname"] == "exact").to_numpy()
    weak_name = (rough & ~surname) | changed | (maybe_other & (scored["sex"] == "other").to_numpy())
    weak_dob = (scored["dob"] == "digits").to_numpy() | ((scored["dob"] == "year").to_numpy() & ~same_name)
    return ((weak_name | weak_dob) & ~is_identified(scored)) | is_twin(scored)


def _same_middle_name(scored: pd.DataFrame) -> np.ndarray:
    return scored["middle"].isin(["exact", "part"]).to_numpy()


def reasons(scored: pd.DataFrame) -> np.ndarray:
    """The tier of each pair: its readable reason.

    Returns
    -------
    array of str, shape (n_pairs,)
    """
    forename, surname, _ = agreements(scored)
    certain = scored["forename"].isin(FORENAME_CERTAIN).to_numpy()
    name = np.select(
        [
            (scored["forename"] == "swapped"),
            (scored["forename"] == "exact") & (scored["surname"] == "exact"),
            scored["forename"].isin(["nickname", "cut"]) & surname,
            (scored["forename"] == "middle") & surname,
            (scored["forename"] == "exact") & (scored["surname"] == "part"),
            forename & surname,
            certain,
            forename,
            (scored["forename"] == "no evidence") & surname,
            surname,
        ],
        [
            "swapped",
            "same",
            "nickname",
            "middle",
            "part",
            "similar",
            "surname",
            "similar forename",
            "initial",
            "forename",
        ],
        "other",
    )
    by_name = pd.Series(name).map(_NAME_WORDS)
    by_name = by_name.where(~scored["is_alias"].to_numpy(dtype=bool), by_name + " (an alias on the register)")
    reason = by_name + ", " + scored["dob"].map(_DOB_WORDS).reset_index(drop=True)
    for key, words in (("prison", "prison number"), ("pnc", "PNC id")):
        agrees = (scored[key] == "exact").to_numpy()
        beside = np.select(
            [forename & surname, (scored["dob"] == "exact").to_numpy(), forename | surname],
            ["and name", "and date of birth", "and part of the name"],
            "alone",
        )
        reason = reason.mask(agrees, np.char.add(f"{words} ", beside))
    return reason.to_numpy(dtype=object)
