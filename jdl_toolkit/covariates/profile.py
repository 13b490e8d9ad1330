"""The characteristics that a report's reader knows, in plain bands: the profile of the people who are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..cohort.index_disposal import in_words

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
    "sexual_adult": "sexual offence against an adult",
    "sexual_child": "sexual offence against a child",
    "taking_driving": "taking a vehicle without consent",
    "theft_from_vehicle": "theft from a vehicle",
}


def words(codes: pd.Series) -> pd.Series:
    """Codes as a reader would write them; missing stays missing."""
    return codes.astype(object).map(lambda code: WORDS.get(code) or in_words(code), na_action="ignore")


def year(facts: pd.DataFrame) -> pd.Series:
    """Calendar year of the index date, as text."""
    return facts["index_date"].dt.year.astype("str").rename("index_year")


def quarter(facts: pd.DataFrame) -> pd.Series:
    """Quarter of the year of the index date, in words."""
    return facts["index_date"].dt.quarter.map(dict(enumerate(QUARTERS, start=1))).astype(object)


def build_profile(facts: pd.DataFrame, units: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """A row per unit of `facts`, as ordered categories in the order a table should show, and the labels of its columns.

    The same characteristics whatever the model uses; employment and benefits where `units` has them. What is not
    recorded of anybody is left out.
    """
    yes_no = {1.0: "yes", 0.0: "no"}
    columns = {
        "sex": ("Sex", facts["sex"].map({"M": "Male", "F": "Female"})),
        "age_band": ("Age at index date", banded(facts["age"], AGE_BANDS)),
        "ethnicity": ("Ethnicity", facts["ethnicity"]),
        "nationality": ("Nationality", facts["nationality"].astype(object).where(
            facts["nationality"].isna() | (facts["nationality"] == "British"), "Other")),
        "previous_offences_band": ("Previous offences", banded(facts["n_offences"], COUNT_BANDS)),
        "previous_custody_band": ("Previous sentences of custody", banded(facts["n_custody"], CUSTODY_BANDS)),
        "index_disposal": ("Index disposal", words(facts["disposal"])),
        "sentence_band": ("Length of the sentence", banded(facts["sentence_days"], SENTENCE_BANDS)),
        "index_offence_group": ("Index offence", words(facts["index_offence_group"])),
        "region": ("Region", facts["region"]),
        "index_year": ("Year of the index date", year(facts)),
        "employed": ("Employed at the index date", units["employed"].map(yes_no) if "employed" in units else None),
        "on_benefit": ("On out-of-work benefit", units["on_benefit"].map(yes_no) if "on_benefit" in units else None),
    }  # fmt: skip
    columns = {name: (label, values) for name, (label, values) in columns.items() if values is not None}
    ordered = {name: _in_order(values) for name, (_, values) in columns.items()}
    known = {name: values for name, values in ordered.items() if not values.eq(NOT_RECORDED).all()}
    return pd.DataFrame({"unit_id": facts["unit_id"], **known}), {name: columns[name][0] for name in known}


def _in_order(values: pd.Series) -> pd.Series:
    """Bands and years in their own order, yes before no, others by size; "other" and "not recorded" last."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.remove_unused_categories()
    text = values.astype(object).where(values.notna(), NOT_RECORDED)
    counts = text.value_counts()
    by_size = (lambda level: 0) if values.name == "index_year" else (lambda level: -counts[level])
    place = {"yes": -2, "no": -1, "other": 1, NOT_RECORDED: 2}
    levels = sorted(counts.index, key=lambda level: (place.get(level.lower(), 0), by_size(level), level))
    return pd.Series(pd.Categorical(text, categories=levels, ordered=True), index=values.index)
