"""People who are not on the register, half of them easily taken for somebody who is: what linkage must not find."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from ..errors import JDLError
from ..register.nicknames import canonical_forms
from .names import draw_names
from .slips import swap_day_and_month

#: People invented for each who is wanted; the larger the register, the more of them are like somebody.
N_TRIES = 40
COLUMNS = ("forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number", "likeness", "resembles")


def off_register_people(
    rng: np.random.Generator,
    people: pd.DataFrame,
    n: int,
    models: pd.DataFrame | None = None,
    aliases: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """People who are not on the register, half of them easily taken for somebody who is.

    A namesake has forename, surname and sex of somebody on the register and a date of birth with another day, month
    and year. A twin has surname and date of birth of somebody, and a forename unlike theirs (initial, second and last
    letter differ) that is neither their middle name nor a form of the same name. Beyond that nobody is like anybody on
    the register: see `_is_like_somebody`.

    Parameters
    ----------
    rng : numpy.random.Generator
    people : DataFrame
        The register's persons: person_id, forename, middle_name, surname, dob (datetime64), sex, ethnicity.
    n : int
    models : DataFrame, optional
        Those of `people` whom namesakes and twins may resemble. Default: all.
    aliases : DataFrame, optional
        forename, surname, dob: other names on the register that nobody may have.

    Returns
    -------
    DataFrame, shape (n, …)
        Identity as an upload has it (identifiers missing), ``likeness`` (namesake, twin, unrelated), ``resembles``
        (person_id, missing where unrelated).

    Raises
    ------
    JDLError
        If the register is so large that everybody is like somebody.
    """
    n_twins, n_namesakes = n // 5, n // 2 - n // 5
    wanted = {"twin": n_twins, "namesake": n_namesakes, "unrelated": n - n_twins - n_namesakes}
    models = people if models is None else models
    made = []
    for (likeness, count), make in zip(wanted.items(), (_twins, _namesakes, _unrelated), strict=True):
        drawn = models.iloc[rng.integers(0, len(models), N_TRIES * count)].reset_index(drop=True)
        made.append(make(rng, drawn).assign(likeness=likeness))
    made = pd.concat([m.astype({"resembles": "Int64"}) for m in made], ignore_index=True)
    known = pd.concat([frame[["forename", "surname", "dob"]] for frame in (people, aliases) if frame is not None])
    free = made[
        ~_is_like_somebody(made, known) & ~made.duplicated(["surname", "dob"]) & ~made.duplicated(["forename", "dob"])
    ]
    chosen = pd.concat([free[free["likeness"] == likeness].head(count) for likeness, count in wanted.items()])
    if len(chosen) < n:
        raise JDLError("too few people who are not on the register could be invented", fix="ask for fewer")
    chosen = chosen.assign(pnc_id=None, prison_number=None).sample(frac=1, random_state=rng).reset_index(drop=True)
    return chosen[list(COLUMNS)]


def _twins(rng: np.random.Generator, models: pd.DataFrame) -> pd.DataFrame:
    twins = models[["surname", "dob", "sex"]].assign(resembles=models["person_id"])
    drawn = [_names_like(rng, models)["forename"] for _ in range(8)]
    known = models["forename"]
    forename = pd.Series(None, index=models.index, dtype=object)
    for option in drawn:
        other = (option.str[0] != known.str[0]) & (option.str[1] != known.str[1]) & (option.str[-1] != known.str[-1])
        other &= (option != models["middle_name"]) & ~_is_form_of(option, known)
        forename = forename.mask(forename.isna() & other, option)
    return twins.assign(forename=forename, middle_name=None)[forename.notna()]


def _is_form_of(left: pd.Series, right: pd.Series) -> pd.Series:
    """Whether two forenames may name the same person, as Margaret and Rita do; False where one has no other forms."""
    groups = [[names.str.casefold().map(table) for table in _groups_of_forms()] for names in (left, right)]
    alike = [ours.eq(theirs) & ours.notna() for ours in groups[0] for theirs in groups[1]]
    return pd.concat(alike, axis=1).any(axis=1)


def _groups_of_forms() -> tuple[dict[str, str | None], ...]:
    """Forename -> the name that stands for its first group of forms; and for its second, where there is one."""
    forms = canonical_forms()
    return {name: first for name, (first, _) in forms.items()}, {name: second for name, (_, second) in forms.items()}


def _namesakes(rng: np.random.Generator, models: pd.DataFrame) -> pd.DataFrame:
    n, dob = len(models), models["dob"]
    year = dob.dt.year + rng.integers(3, 9, n) * rng.choice([-1, 1], n)
    month = (dob.dt.month - 1 + rng.integers(1, 12, n)) % 12 + 1
    day = (dob.dt.day - 1 + rng.integers(2, 26, n)) % 28 + 1
    other = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day})).astype(dob.dtype)
    distinct = (day != dob.dt.day) & ~((day == dob.dt.month) & (month == dob.dt.day)) & models["sex"].notna()
    namesakes = models[["forename", "surname", "sex"]].assign(
        dob=other, resembles=models["person_id"], middle_name=None
    )
    return namesakes[distinct]


def _unrelated(rng: np.random.Generator, models: pd.DataFrame) -> pd.DataFrame:
    dob = models["dob"] + pd.to_timedelta(rng.integers(-900, 900, len(models)), unit="D")
    names = _names_like(rng, models)
    return names.assign(dob=dob.astype(models["dob"].dtype), sex=models["sex"].fillna("M"), resembles=pd.NA)


def _names_like(rng: np.random.Generator, models: pd.DataFrame) -> pd.DataFrame:
    born = models["dob"].dt.year.to_numpy()
    return draw_names(rng, models["sex"].to_numpy(), born, models["ethnicity"].to_numpy()).set_index(models.index)


def _is_like_somebody(made: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Whether somebody on the register could be meant by each.

    One name is shared together with the date of birth (day and month swapped or not); or the forename with the initial
    of the surname, or its initial with three letters of the surname, and two of year, month and day of birth; or the
    forename with three letters at the beginning or end of the surname, and the year. A twin's surname does not count.
    """
    made, known = _with_parts(made), _with_parts(known)
    like = _is_among(made, known, ["surname", "dob"]) & made["likeness"].ne("twin")
    like |= _is_among(made, known, ["forename", "dob"])
    for part in ("surname_begins", "surname_ends"):
        like |= _is_among(made, known, ["forename", part, "year"])
    for two in combinations(("year", "month", "day"), 2):
        like |= _is_among(made, known, ["forename", "surname_initial", *two])
        like |= _is_among(made, known, ["forename_initial", "surname_begins", *two])
    swapped = made.assign(dob=swap_day_and_month(made["dob"]))
    like |= _is_among(swapped, known, ["surname", "dob"]) & (swapped["dob"] != made["dob"])
    return like | _is_among(swapped, known, ["forename", "dob"])


def _with_parts(people: pd.DataFrame) -> pd.DataFrame:
    dob, surname = people["dob"].astype("datetime64[s]"), people["surname"]
    ends = {
        "forename_initial": people["forename"].str[0],
        "surname_initial": surname.str[0],
        "surname_begins": surname.str[:3],
        "surname_ends": surname.str[-3:],
    }
    parts = {"year": dob.dt.year, "month": dob.dt.month, "day": dob.dt.day}
    return people.assign(dob=dob, **ends, **parts)


def _is_among(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> pd.Series:
    known = right[keys].drop_duplicates().assign(known=True)
    return left[keys].merge(known, on=keys, how="left")["known"].eq(True).set_axis(left.index)
