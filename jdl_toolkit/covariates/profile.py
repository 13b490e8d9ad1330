"""The characteristics that a report's reader knows, in plain bands: the profile of the people who are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..cohort.index_disposal import in_words
from .circumstances import NOT_A_RELEASE

NOT_RECORDED = "not recorded"

#: Bands by their lowest value. Sentences in days.
SENTENCE_BANDS = (
    (0, "under 6 months"),
    (183, "6 to under 12 months"),
    (365, "1 to under 2 years"),
    (730, "2 to under 4 years"),
    (1461, "4 years or more"),
)
AGE_BANDS = (
    (0, "under 18"),
    (18, "18 to 20"),
    (21, "21 to 24"),
    (25, "25 to 34"),
    (35, "35 to 44"),
    (45, "45 and over"),
)
COUNT_BANDS = ((0, "none"), (1, "1 or 2"), (3, "3 to 6"), (7, "7 to 10"), (11, "11 or more"))
CUSTODY_BANDS = ((0, "none"), (1, "1"), (2, "2 to 5"), (6, "6 or more"))
RECENCY_BANDS = (
    (0, "under 6 months"),
    (0.5, "6 to under 12 months"),
    (1, "1 to under 2 years"),
    (2, "2 to under 5 years"),
    (5, "5 years or more"),
)
QUARTERS = ("January to March", "April to June", "July to September", "October to December")


def banded(values: pd.Series, bands: tuple[tuple[int, str], ...]) -> pd.Series:
    """Values as ordered bands, each given by its lowest value; "not recorded", last, where a value is missing."""
    lows, names = zip(*bands, strict=True)
    place = np.searchsorted(lows, values.to_numpy(dtype="float64", na_value=np.nan), side="right") - 1
    place = np.where(values.isna() | (place < 0), len(names), place)
    return pd.Series(pd.Categorical.from_codes(place, [*names, NOT_RECORDED], ordered=True), index=values.index)


#: Codes whose words are more than the code without underscores.
WORDS = {
    "absconding_bail": "failing to surrender to bail",
    "drug_import_production": "drug import or production",
    "drug_possession_supply": "drug possession or supply",
    "handling": "handling stolen goods",
    "hdc": "home detention curfew",
    "sexual_adult": "sexual offence against an adult",
    "sexual_child": "sexual offence against a child",
    "taking_driving": "taking a vehicle without consent",
    "theft_from_vehicle": "theft from a vehicle",
}


def words(codes: pd.Series) -> pd.Series:
    """Codes as a reader would write them; missing stays missing."""
    return codes.astype(object).map({code: WORDS.get(code) or in_words(code) for code in codes.dropna().unique()})


def year(facts: pd.DataFrame) -> pd.Series:
    """Calendar year of the index date, as text."""
    return facts["index_date"].dt.year.astype("str").rename("index_year")


def quarter(facts: pd.DataFrame) -> pd.Series:
    """Quarter of the year of the index date, in words."""
    return facts["index_date"].dt.quarter.map(dict(enumerate(QUARTERS, start=1))).astype(object)


def recency(facts: pd.DataFrame) -> pd.Series:
    """Time since the last previous offence in bands; people without one come last."""
    bands = banded(facts["years_since_last_offence"], RECENCY_BANDS)
    return bands.cat.rename_categories({NOT_RECORDED: "no previous offence"})


def build_profile(facts: pd.DataFrame) -> pd.DataFrame:
    """A row per unit of `facts`, as ordered categories in the order a table should show.

    The same characteristics whatever the model uses; type of release, employment and benefits where `facts` has them.
    What is not recorded of anybody is left out.
    """
    yes_no, nationality = {1.0: "yes", 0.0: "no"}, facts["nationality"].astype(object)
    columns = {
        "sex": facts["sex"].map({"M": "Male", "F": "Female"}),
        "age_band": banded(facts["age"], AGE_BANDS),
        "ethnicity": facts["ethnicity"],
        "nationality": nationality.where(nationality.isna() | (nationality == "British"), "Other"),
        "previous_offences_band": banded(facts["n_offences"], COUNT_BANDS),
        "last_offence_band": recency(facts),
        "previous_custody_band": banded(facts["n_custody"], CUSTODY_BANDS),
        "index_disposal": words(facts["disposal"]),
        "release_type": words(facts["release_type"]) if "release_type" in facts else None,
        "sentence_band": banded(facts["sentence_days"], SENTENCE_BANDS),
        "index_offence_group": words(facts["index_offence_group"]),
        "region": facts["region"],
        "index_year": year(facts),
        "employed": facts["employed"].map(yes_no) if "employed" in facts else None,
        "on_benefit": facts["on_benefit"].map(yes_no) if "on_benefit" in facts else None,
    }
    ordered = {name: _in_order(values) for name, values in columns.items() if values is not None}
    known = {name: values for name, values in ordered.items() if not values.eq(NOT_RECORDED).all()}
    return pd.DataFrame({"unit_id": facts["unit_id"], **known})


def _in_order(values: pd.Series) -> pd.Series:
    """Bands and years in their own order, yes before no, others by size; "other" and "not recorded" last."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.remove_unused_categories()
    text = values.astype(object).where(values.notna(), NOT_RECORDED)
    counts = text.value_counts()
    by_size = (lambda level: 0) if values.name == "index_year" else (lambda level: -counts[level])
    place = {"yes": -2, "no": -1, "other": 1, NOT_A_RELEASE: 2, NOT_RECORDED: 3}
    levels = sorted(counts.index, key=lambda level: (place.get(level.lower(), 0), by_size(level), level))
    return pd.Series(pd.Categorical(text, categories=levels, ordered=True), index=values.index)
