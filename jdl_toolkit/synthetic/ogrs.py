"""OGRS3, the Offender Group Reconviction Scale: the chance of proven reoffending, here the engine that makes it happen.

Source of formula and constants: Howard, Francis, Soothill & Humphreys (2009), "OGRS 3: the revised Offender Group
Reconviction Scale", Ministry of Justice Research Summary 7/09.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Offence group -> what it adds to the logit. The order of the keys is the integer code of a group.
OFFENCE_FACTORS: dict[str, float] = {
    "violence": 0.0,
    "robbery": -0.635,
    "public_order": 0.182,
    "sexual_adult": 0.003,
    "sexual_child": -0.653,
    "soliciting": 0.761,
    "domestic_burglary": -0.124,
    "other_burglary": 0.241,
    "theft": 0.661,
    "handling": 0.352,
    "fraud": 0.160,
    "absconding_bail": 0.733,
    "taking_driving": 0.380,
    "theft_from_vehicle": 0.427,
    "other_motoring": 0.262,
    "drink_driving": -0.121,
    "criminal_damage": 0.205,
    "drug_import_production": -0.796,
    "drug_possession_supply": 0.077,
    "other": -0.061,
}
OFFENCE_GROUPS: tuple[str, ...] = tuple(OFFENCE_FACTORS)

_FACTORS = np.array(list(OFFENCE_FACTORS.values()))
_AGE_FROM = np.array([10, 12, 14, 16, 18, 21, 25, 30, 35, 40, 50])
_MALE = np.array([0.0, 0.0839, 0.0758, -0.0616, -0.6251, -1.0515, -1.1667, -1.3260, -1.3680, -1.4997, -2.0253])
_FEMALE = np.array([-0.7850, -0.6139, -0.6695, -0.9592, -0.8975, -1.0285, -1.0528, -1.1291, -1.4219, -1.5247, -2.4498])
_AGE_SEX = np.stack([_FEMALE, _MALE])
_COPAS = 1.25112
_ONE_YEAR, _TWO_YEARS = 1.40256, 2.12171
_FIRST_SANCTION, _LATER_SANCTION = 0.12614, 0.46306


def group_codes(offence_group: ArrayLike) -> NDArray[np.int64]:
    """Integer codes of offence groups given by name; codes pass unchanged.

    Raises
    ------
    KeyError
        If a name is none of `OFFENCE_GROUPS`.
    """
    groups = np.asarray(offence_group)
    if groups.dtype.kind in "iu":
        return groups.astype(np.int64)
    names, where = np.unique(groups.astype(str), return_inverse=True)
    lookup = {name: code for code, name in enumerate(OFFENCE_GROUPS)}
    return np.array([lookup[name] for name in names], dtype=np.int64)[where].reshape(groups.shape)


def copas_rate(age: ArrayLike, age_first: ArrayLike, sanctions: ArrayLike) -> NDArray[np.float64]:
    """Copas rate: how fast sanctions have come, ln((1 + s) / (10 + age − age at first sanction))."""
    age, age_first = np.asarray(age, dtype=float), np.asarray(age_first, dtype=float)
    return np.log((1 + np.asarray(sanctions, dtype=float)) / (10 + age - age_first))


def _score(
    age: ArrayLike, age_first: ArrayLike, male: ArrayLike, sanctions: ArrayLike, offence_group: ArrayLike
) -> NDArray[np.float64]:
    """The logit of OGRS3 without the constant that belongs to one or two years."""
    sanctions = np.asarray(sanctions)
    band = np.clip(np.searchsorted(_AGE_FROM, np.floor(np.asarray(age, dtype=float)), side="right") - 1, 0, None)
    history = np.where(sanctions == 0, _FIRST_SANCTION, _LATER_SANCTION)
    age_sex = _AGE_SEX[np.asarray(male, dtype=bool).astype(np.int64), band]
    return _COPAS * copas_rate(age, age_first, sanctions) + history + age_sex + _FACTORS[group_codes(offence_group)]


def ogrs3_one_year(
    age: ArrayLike, age_first: ArrayLike, male: ArrayLike, sanctions: ArrayLike, offence_group: ArrayLike
) -> NDArray[np.float64]:
    """Chance of a proven reoffence within one year of a community sentence or of release.

    Parameters
    ----------
    age : array, shape (n,)
        Completed years at the sentence, or at release from custody.
    age_first : array, shape (n,)
        Completed years at the first sanction.
    male : bool array, shape (n,)
    sanctions : int array, shape (n,)
        Previous sanctions; the present one does not count.
    offence_group : array of str or int, shape (n,)
        Names from `OFFENCE_GROUPS`, or their positions in it.

    Returns
    -------
    array, shape (n,)
        Probabilities.
    """
    return 1 / (1 + np.exp(-_ONE_YEAR - _score(age, age_first, male, sanctions, offence_group)))


def ogrs3_two_year(
    age: ArrayLike, age_first: ArrayLike, male: ArrayLike, sanctions: ArrayLike, offence_group: ArrayLike
) -> NDArray[np.float64]:
    """Chance of a proven reoffence within two years; parameters as in `ogrs3_one_year`."""
    return 1 / (1 + np.exp(-_TWO_YEARS - _score(age, age_first, male, sanctions, offence_group)))


def second_year_hazard(one_year: ArrayLike) -> NDArray[np.float64]:
    """Chance of reoffending in the second year of somebody who did not in the first, from the one-year chance.

    Both scales share everything but their constants, so the two-year chance follows from the one-year chance.
    """
    one_year = np.asarray(one_year, dtype=float)
    odds = one_year / (1 - one_year) * np.exp(_TWO_YEARS - _ONE_YEAR)
    two_years = odds / (1 + odds)
    return (two_years - one_year) / (1 - one_year)
