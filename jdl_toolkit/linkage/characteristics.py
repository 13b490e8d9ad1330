"""What may make a record harder to find: what was given, what the intake remarked, and who the person is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..identifiers import is_pnc_id, is_prison_number

SEXES = {"M": "men", "F": "women"}
#: Headings of the template under which a remark concerns what a person is found by.
_NAMES_AND_DATES = ("Forename", "Middle name", "Surname", "Date of birth")
_IDENTIFIERS = ("PNC id", "Prison number")


def characteristics(submission: Any) -> pd.DataFrame:
    """Characteristics of each record, with their levels in readers' words.

    Parameters
    ----------
    submission : Submission
        Its people and issues; ethnicity is used if the upload gives it.

    Returns
    -------
    DataFrame, sorted by row, with row, sex, identifier, remark, birthday, middle_name, ethnicity
    """
    people = submission.people
    sound = is_pnc_id(people["pnc_id"]) | is_prison_number(people["prison_number"])
    identifier = np.select([sound, _is_malformed(submission)], ["given and verified", "malformed"], "not given")
    remarked = _is_remarked(submission, _NAMES_AND_DATES)
    dob = pd.to_datetime(people["dob"])
    new_year = (dob.dt.month == 1) & (dob.dt.day == 1)
    ethnicity = people["ethnicity"] if "ethnicity" in people else pd.Series(None, index=people.index, dtype=object)
    levels = {
        "row": people["row"],
        "sex": people["sex"].map(SEXES).fillna("not given"),
        "identifier": identifier,
        "remark": np.where(remarked, "on a name or the date of birth", "none"),
        "birthday": np.select([dob.isna(), new_year], ["not given", "1 January"], "another day"),
        "middle_name": np.where(people["middle_name"].notna(), "given", "not given"),
        "ethnicity": ethnicity.astype(object).where(ethnicity.notna(), "not given"),
    }
    frame = pd.DataFrame(levels).astype(dict.fromkeys(list(levels)[1:], "str"))
    return frame.sort_values("row", kind="stable", ignore_index=True)


def _is_malformed(submission: Any) -> np.ndarray:
    """Whether an identifier was given that cannot be one, by its form or its check letter."""
    people = submission.people
    pnc, prison = people["pnc_id"], people["prison_number"]
    wrong = (pnc.notna() & ~is_pnc_id(pnc)) | (prison.notna() & ~is_prison_number(prison))
    return wrong.to_numpy(dtype=bool) | _is_remarked(submission, _IDENTIFIERS)


def _is_remarked(submission: Any, headings: tuple[str, ...]) -> np.ndarray:
    issues = getattr(submission, "issues", None)
    if issues is None:
        return np.zeros(len(submission.people), dtype=bool)
    rows = issues.loc[issues["column"].isin(headings), "row"]
    return submission.people["row"].isin(rows).to_numpy()
