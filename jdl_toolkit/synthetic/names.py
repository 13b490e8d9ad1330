"""Names as they occur: common ones often, rare ones rarely, by birth cohort and community.

Ranks become frequencies by a Zipf-Mandelbrot law, w(r) = (r + shift)^-slope, with a long tail of composed names behind
the common ones. The parameters are set so that two random people agree on forename, surname and full name about as
often as in a published evaluation of person matching (4.3e-3, 7.9e-4, 6.4e-6); name generators with a few hundred
surnames agree several times too often, which makes linkage look harder or easier than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from . import name_lists as lists
from .slips import has_nickname, nicknames, other_spellings, respell

#: Share of the communities within each ethnicity code of the register.
COMMUNITIES: dict[str, dict[str, float]] = {
    "White": {"english": 0.82, "welsh": 0.05, "scottish": 0.045, "irish": 0.04, "east_european": 0.045},
    "Black": {"caribbean": 0.48, "west_african": 0.34, "east_african": 0.18},
    "Asian": {"muslim_asian": 0.62, "sikh": 0.16, "indian": 0.17, "chinese": 0.05},
    "Mixed": {"english": 0.62, "caribbean": 0.22, "west_african": 0.06, "muslim_asian": 0.10},
    "Other": {"middle_eastern": 0.65, "chinese": 0.2, "east_african": 0.15},
}
#: Where the ethnicity is not recorded, people are drawn in these shares (community and suspended orders, 2020).
UNRECORDED = {"White": 0.84, "Black": 0.06, "Asian": 0.05, "Mixed": 0.03, "Other": 0.02}

#: First birth year of each generation of English forenames.
GENERATIONS = (1900, 1946, 1964, 1976, 1987)
SHARE_WITH_MIDDLE_NAME = 0.62
SHARE_WITH_ALIAS = 0.15
SHARE_TWINS = 0.004
SHARE_NAMESAKES = 0.006


@dataclass(frozen=True)
class NameTable:
    """Names and their cumulative probabilities."""

    names: np.ndarray
    cumulative: np.ndarray

    def draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.names[np.searchsorted(self.cumulative, rng.random(n), side="right").clip(max=len(self.names) - 1)]


def draw_names(
    rng: np.random.Generator, sex: np.ndarray, birth_year: np.ndarray, ethnicity: np.ndarray
) -> pd.DataFrame:
    """Draw a name for each person.

    Parameters
    ----------
    rng : numpy.random.Generator
    sex : array of str, shape (n,)
        ``M`` or ``F``; anything else is drawn as one of the two.
    birth_year : int array, shape (n,)
    ethnicity : array of str, shape (n,)
        Codes of the register; anything else is drawn in the shares of `UNRECORDED`.

    Returns
    -------
    DataFrame with forename, middle_name (None for about two in five), surname; shape (n, 3)
    """
    n = len(sex)
    sex, birth_year = np.asarray(sex, dtype=object), np.asarray(birth_year)
    female = np.where(pd.isna(sex), rng.random(n) < 0.2, sex == "F")
    community = _draw_communities(rng, np.asarray(ethnicity, dtype=object))
    generation = np.searchsorted(GENERATIONS[1:], birth_year, side="right")
    names = pd.DataFrame({"forename": "", "middle_name": None, "surname": ""}, index=range(n), dtype=object)
    cells = pd.DataFrame({"community": community, "female": female, "generation": generation})
    for (name, is_female, cohort), rows in cells.groupby(["community", "female", "generation"]).indices.items():
        forenames = _forenames(name, bool(is_female), int(cohort))
        names.iloc[rows, 0] = forenames.draw(rng, len(rows))
        names.iloc[rows, 1] = forenames.draw(rng, len(rows))
        names.iloc[rows, 2] = _surnames(name).draw(rng, len(rows))
    # nobody is given the same name twice
    has_middle = (rng.random(n) < SHARE_WITH_MIDDLE_NAME) & (names["middle_name"] != names["forename"])
    names["middle_name"] = names["middle_name"].where(has_middle, None)
    return names


def draw_aliases(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Other names under which 15 per cent of people are on record.

    For women mostly a maiden name; else a nickname, another spelling, or a false surname (now and then with a false
    date of birth, a year off). Nobody has more than one.

    Parameters
    ----------
    people : DataFrame with person_id, forename, surname, dob, sex

    Returns
    -------
    DataFrame with person_id, kind (maiden, nickname, spelling, alias), forename, surname, dob
    """
    columns = ["person_id", "forename", "surname", "dob"]
    chosen = people.loc[rng.random(len(people)) < SHARE_WITH_ALIAS, [*columns, "sex"]].reset_index(drop=True)
    n = len(chosen)
    u = rng.random(n)
    maiden = ((chosen["sex"] == "F") & (u < 0.6)).to_numpy()
    nickname = ~maiden & (u < 0.75) & has_nickname(chosen["forename"])
    alias = ~maiden & ~nickname & (u >= 0.88)
    chosen["kind"] = np.select([maiden, nickname, alias], ["maiden", "nickname", "alias"], "spelling")
    forename = chosen["forename"].mask(nickname, nicknames(rng, chosen["forename"]))
    surname = chosen["surname"].mask(maiden | alias, _surnames("english").draw(rng, n))
    spelling = (chosen["kind"] == "spelling").to_numpy()
    in_forename = rng.random(n) < 0.5
    chosen["forename"] = forename.mask(spelling & in_forename, respell(rng, forename))
    chosen["surname"] = surname.mask(spelling & ~in_forename, respell(rng, surname))
    false_dob = alias & (rng.random(n) < 0.3)
    a_year_off = pd.to_datetime(chosen["dob"]) + pd.to_timedelta(rng.choice([-366, -365, 365, 366], n), unit="D")
    chosen["dob"] = pd.to_datetime(chosen["dob"]).mask(false_dob, a_year_off)
    # a slip may change nothing ("Anna" with its two n exchanged): such a record tells nothing
    was = people.set_index("person_id").loc[chosen["person_id"], ["forename", "surname"]].to_numpy()
    differs = (chosen[["forename", "surname"]].to_numpy() != was).any(axis=1)
    return chosen.loc[differs, ["person_id", "kind", "forename", "surname", "dob"]].reset_index(drop=True)


def add_relatives(
    rng: np.random.Generator, people: pd.DataFrame, twins: float = SHARE_TWINS, namesakes: float = SHARE_NAMESAKES
) -> pd.DataFrame:
    """Make some people twins and others same-name relatives of somebody on the register.

    Twins share surname and date of birth (and ethnicity, where there is such a column) and differ in forename; the
    second is taken from those born nearest, so a date of birth moves by days and no history stops making sense.
    Same-name relatives share forename, surname and sex, and were born 18 to 45 years apart.

    Parameters
    ----------
    people : DataFrame with forename, surname, dob, sex, and any other columns; shape (n, …)
    twins, namesakes : float
        Share of people who have a twin, or a same-name relative, on the register.

    Returns
    -------
    DataFrame of the same shape, columns and order
    """
    people = people.copy()
    community = [c for c in ("ethnicity",) if c in people]
    by_birth = people.reset_index(drop=True).sort_values([*community, "dob"], kind="stable").index.to_numpy()
    pairs = rng.permutation(by_birth[: len(by_birth) // 2 * 2].reshape(-1, 2))
    n_twins, n_namesakes = round(len(people) * twins / 2), round(len(people) * namesakes / 2)
    first, second = pairs[:n_twins].T
    alike = (people["forename"].to_numpy()[first] != people["forename"].to_numpy()[second]).astype(bool)
    first, second = first[alike], second[alike]
    for column in ("surname", "dob", *community):
        position = people.columns.get_loc(column)
        people.iloc[second, position] = people[column].to_numpy()[first]
    older, younger = _generations_apart(rng, people, pairs[n_twins:].ravel(), n_namesakes)
    for column in ("forename", "surname", *community):
        people.iloc[younger, people.columns.get_loc(column)] = people[column].to_numpy()[older]
    return people


def _draw_communities(rng: np.random.Generator, ethnicity: np.ndarray) -> np.ndarray:
    unrecorded = ~np.isin(ethnicity.astype(str), list(COMMUNITIES))
    ethnicity = np.where(
        unrecorded, rng.choice(list(UNRECORDED), len(ethnicity), p=list(UNRECORDED.values())), ethnicity
    )
    community = np.empty(len(ethnicity), dtype=object)
    for code, shares in COMMUNITIES.items():
        rows = np.flatnonzero(ethnicity == code)
        community[rows] = rng.choice(list(shares), len(rows), p=list(shares.values()))
    return community


def _generations_apart(
    rng: np.random.Generator, people: pd.DataFrame, candidates: np.ndarray, n_pairs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of `n_pairs` older and younger people of one sex, born 18 to 45 years apart."""
    born = pd.to_datetime(people["dob"]).dt.year.to_numpy()
    sex = people["sex"].astype(object).to_numpy()
    by_age = rng.permutation(candidates)
    by_age = by_age[np.argsort(born[by_age], kind="stable")]
    half = len(by_age) // 2
    older, younger = rng.permutation(by_age[:half]), rng.permutation(by_age[half : 2 * half])
    gap = born[younger] - born[older]
    fits = (gap >= 18) & (gap <= 45) & (sex[older] == sex[younger])
    return older[fits][:n_pairs], younger[fits][:n_pairs]


def _table(parts: Sequence[tuple[float, Sequence[str], float, float]]) -> NameTable:
    """Mix lists: (share, names by rank, slope, shift) each."""
    weights: dict[str, float] = {}
    for share, names, slope, shift in parts:
        rank = np.arange(1, len(names) + 1)
        frequency = (rank + shift) ** -slope
        for name, weight in zip(names, share * frequency / frequency.sum(), strict=True):
            weights[name] = weights.get(name, 0.0) + weight
    return NameTable(np.array(list(weights), dtype=object), np.cumsum(list(weights.values())))


def _compose(stems: Sequence[str], endings: Sequence[str]) -> list[str]:
    """All combinations in an order that looks random and never changes."""
    names = sorted({stem + ending for stem in stems for ending in endings if len(stem + ending) > 1})
    return list(np.random.default_rng(19).permutation(np.array(names, dtype=object)))


@cache
def _surnames(community: str) -> NameTable:
    places = _compose(lists.PLACE_STEMS, lists.PLACE_ENDINGS)
    heads: Mapping[str, tuple[str, ...]] = {
        "english": lists.ENGLISH_SURNAMES,
        "caribbean": lists.ENGLISH_SURNAMES,
        "welsh": lists.WELSH_SURNAMES,
        "scottish": lists.SCOTTISH_SURNAMES,
        "irish": lists.IRISH_SURNAMES,
        "east_european": lists.EAST_EUROPEAN_SURNAMES,
        "muslim_asian": lists.MUSLIM_ASIAN_SURNAMES,
        "indian": lists.INDIAN_SURNAMES,
        "sikh": lists.SIKH_SURNAMES,
        "chinese": lists.CHINESE_SURNAMES,
        "west_african": lists.WEST_AFRICAN_SURNAMES,
        "east_african": lists.EAST_AFRICAN_SURNAMES,
        "middle_eastern": lists.MIDDLE_EASTERN_SURNAMES,
    }
    head = heads[community]
    if community in ("english", "caribbean"):
        return _table([(0.39, head, 0.52, 0.0), (0.61, places, 0.5, 20.0)])
    if community == "welsh":
        return _table([(0.5, head, 0.7, 1.0), (0.2, lists.ENGLISH_SURNAMES, 0.52, 0.0), (0.3, places, 0.5, 20.0)])
    if community == "sikh":
        return _table([(0.45, head[:2], 0.3, 0.0), (0.55, head[2:], 0.7, 3.0)])
    rare = _compose(*lists.SYLLABLES[community])
    return _table([(0.7, head, 0.8, 1.0), (0.3, rare, 0.4, 10.0)])


@cache
def _forenames(community: str, female: bool, generation: int) -> NameTable:
    male_lists = (lists.MALE_1930, lists.MALE_1955, lists.MALE_1970, lists.MALE_1980, lists.MALE_1990)
    female_lists = (lists.FEMALE_1930, lists.FEMALE_1955, lists.FEMALE_1970, lists.FEMALE_1980, lists.FEMALE_1990)
    cohorts = female_lists if female else male_lists
    everybody = sorted({name for cohort in cohorts for name in cohort})
    rare = _compose(lists.FORENAME_STEMS, lists.FEMALE_ENDINGS if female else lists.MALE_ENDINGS)
    english = [(0.70, cohorts[generation], 0.85, 3.0), (0.22, everybody, 0.0, 0.0), (0.08, rare, 0.3, 5.0)]
    own: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], float]] = {
        "irish": (lists.IRISH_MALE, lists.IRISH_FEMALE, 0.5),
        "caribbean": (lists.CARIBBEAN_MALE, lists.CARIBBEAN_FEMALE, 0.5),
        "west_african": (lists.WEST_AFRICAN_MALE, lists.WEST_AFRICAN_FEMALE, 0.8),
        "east_african": (lists.MUSLIM_MALE, lists.MUSLIM_FEMALE, 0.85),
        "muslim_asian": (lists.MUSLIM_MALE, lists.MUSLIM_FEMALE, 0.95),
        "indian": (lists.HINDU_MALE, lists.HINDU_FEMALE, 0.9),
        "sikh": (lists.SIKH_FORENAMES, lists.SIKH_FORENAMES, 0.9),
        "chinese": (lists.CHINESE_FORENAMES, lists.CHINESE_FORENAMES, 0.8),
        "middle_eastern": (lists.MIDDLE_EASTERN_MALE, lists.MIDDLE_EASTERN_FEMALE, 0.9),
        "east_european": (lists.EAST_EUROPEAN_MALE, lists.EAST_EUROPEAN_FEMALE, 0.9),
    }
    if community not in own:
        return _table(english)
    male, women, share = own[community]
    spelt = _spellings(women if female else male)
    rest = [((1 - share) * part, *law) for part, *law in english]
    return _table([(0.85 * share, women if female else male, 0.8, 1.0), (0.15 * share, spelt, 0.0, 0.0), *rest])


def _spellings(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(form for name in names for form in other_spellings().get(name, (name,)))
