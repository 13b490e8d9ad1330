"""Uploads whose truth is known: nine people in ten are on the register, half of the others resemble somebody who is.

People who are not on the register are drawn without a filter: that one of them has by chance the name and date of birth
of somebody on a large register is part of the problem. (`synthetic.strangers`, made for demonstrations, rejects them.)
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdl_toolkit.identifiers import normalise_pnc_id
from jdl_toolkit.register import Register
from jdl_toolkit.synthetic.names import draw_names
from jdl_toolkit.synthetic.uploads import IDENTITY, LEVELS, apply_faults, keep_identifiers

from .unseen import apply_unseen_faults, mistake_identifiers

UNSEEN = "unseen"
ALL_LEVELS = (*LEVELS, UNSEEN)
SHARE_ON_REGISTER = 0.9

#: Likeness of those who are not on the register -> share.
LIKENESSES: dict[str, float] = {
    "unrelated": 0.5,
    "twin": 0.125,  # surname and date of birth, another forename, of either sex
    "sibling": 0.125,  # surname; born one to seven years apart
    "namesake": 0.125,  # forename and surname; born up to ten years apart, on any day
    "parent or child": 0.125,  # forename and surname; born 18 to 40 years apart
}
#: How middle names are given, where there is one: in full, as an initial, not at all.
MIDDLE_NAMES = {"full": 0.4, "initial": 0.1, "none": 0.5}


def draw_upload(register: Register, level: str, seed: int, n_records: int) -> pd.DataFrame:
    """Records as `link` takes them, in an order that tells nothing.

    Parameters
    ----------
    level : str
        One of `ALL_LEVELS`.

    Returns
    -------
    DataFrame with row, the columns of `IDENTITY`, usable; and the truth: truth (person_id, missing for those who are
    not on the register), likeness ("" for those who are), faults, ethnicity, recorded_twice (another person
    of the register has the same name and date of birth)
    """
    rng = np.random.default_rng([seed, list(ALL_LEVELS).index(level)])
    n_on = round(n_records * SHARE_ON_REGISTER)
    on = _sample(register, rng, n_on).assign(likeness="")
    off = invent_strangers(rng, _sample(register, rng, n_records - n_on))
    people = pd.concat([on.rename(columns={"person_id": "truth"}), off], ignore_index=True)
    people = people.sample(frac=1, random_state=rng).reset_index(drop=True)
    faulty = apply_unseen_faults(rng, people) if level == UNSEEN else apply_faults(rng, people, level)
    written = keep_identifiers(rng, _shorten_middle_names(rng, faulty))
    if level == UNSEEN:
        written = mistake_identifiers(rng, written)
    written["pnc_id"] = normalise_pnc_id(written["pnc_id"])
    text = [c for c in IDENTITY if c != "dob"]
    written[text] = written[text].astype(object).where(written[text].notna(), None)
    kept = [*IDENTITY, "truth", "likeness", "faults", "ethnicity", "recorded_twice"]
    return written[kept].assign(row=np.arange(2, n_records + 2), usable=True, truth=written["truth"].astype("Int64"))


def invent_strangers(rng: np.random.Generator, models: pd.DataFrame) -> pd.DataFrame:
    """One person who is not on the register for each of the models, in the shares of `LIKENESSES`."""
    n, dob = len(models), models["dob"]
    likeness = rng.choice(list(LIKENESSES), n, p=list(LIKENESSES.values()))
    sex = np.where(likeness == "twin", rng.permutation(models["sex"].to_numpy()), models["sex"])
    drawn = draw_names(rng, sex, dob.dt.year.to_numpy(), models["ethnicity"].to_numpy())
    drawn = drawn.set_index(models.index)
    same_surname = likeness != "unrelated"
    same_forename = np.isin(likeness, ["namesake", "parent or child"])
    # A twin's or sibling's forename is any but the model's
    taken = drawn["forename"] == models["forename"]
    drawn["forename"] = drawn["forename"].mask(taken, drawn["middle_name"].fillna("Robin"))
    apart = {
        "unrelated": rng.integers(-900, 900, n),
        "twin": np.zeros(n, dtype=int),
        "sibling": rng.choice([-1, 1], n) * rng.integers(330, 2600, n),
        "namesake": rng.choice([-1, 1], n) * rng.integers(1, 3650, n),
        # Nobody is born so late as to be a child
        "parent or child": np.where(dob.dt.year < 1968, 1, -1) * rng.integers(6600, 14600, n),
    }
    days = np.select([likeness == kind for kind in apart], list(apart.values()))
    return drawn.assign(
        forename=drawn["forename"].mask(same_forename, models["forename"]),
        surname=drawn["surname"].mask(same_surname, models["surname"]),
        dob=(dob + pd.to_timedelta(days, unit="D")).astype(dob.dtype),
        sex=pd.Series(sex, index=models.index).fillna("M"),
        ethnicity=models["ethnicity"],
        pnc_id=None,
        prison_number=None,
        truth=pd.NA,
        likeness=likeness,
        recorded_twice=False,
    )


def _sample(register: Register, rng: np.random.Generator, n: int) -> pd.DataFrame:
    """`n` people of the register at random, with the maiden name where one is recorded, and whether another person
    has the same name and date of birth."""
    n_people = int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0])
    chosen = pd.DataFrame({"place": rng.choice(n_people, n, replace=False, shuffle=False)})
    people = register.sql(
        """
        WITH maiden AS (
            SELECT person_id, min(surname) AS maiden_surname FROM person_alias WHERE kind = 'maiden' GROUP BY person_id
        ),
        drawn AS (SELECT p.* FROM person p SEMI JOIN chosen ON p.rowid = place),
        doubles AS (
            SELECT DISTINCT d.person_id, true AS recorded_twice FROM drawn d
            JOIN person p USING (forename, surname, dob) WHERE d.person_id <> p.person_id
        )
        SELECT drawn.*, maiden_surname, coalesce(recorded_twice, false) AS recorded_twice
        FROM drawn LEFT JOIN maiden USING (person_id) LEFT JOIN doubles USING (person_id) ORDER BY person_id
        """,
        chosen=chosen,
    )
    text = {c: object for c in (*IDENTITY, "maiden_surname", "ethnicity") if c != "dob"}
    people = people.astype(text | {"dob": "datetime64[s]"})
    return people.sample(frac=1, random_state=rng).reset_index(drop=True)


def _shorten_middle_names(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    how = rng.choice(list(MIDDLE_NAMES), len(people), p=list(MIDDLE_NAMES.values()))
    middle = people["middle_name"].mask(how == "initial", people["middle_name"].str[0]).mask(how == "none", None)
    return people.assign(middle_name=middle)
