"""Gender and ethnicity as organisations write them, read into the register's codes."""

from __future__ import annotations

import pandas as pd

from .faults import issues_at
from .fields import GENDERS
from .names import read_known

#: Words of an answer -> ethnicity; the first that fits. Letters with a digit are the codes of self-defined ethnicity.
ETHNICITY_WORDS = {
    r"^m\d?$|mixed|multiple|dual|white and|white &": "Mixed",
    r"^w\d?$|white|^(?:british|english|irish|scottish|welsh|european)$|gypsy|traveller|\broma\b": "White",
    r"^b\d?$|black|african|caribbean|somali": "Black",
    r"^a\d?$|asian|\bindian|pakistani|bangladeshi": "Asian",
    r"^o\d?$|other|arab": "Other",
}


def read_gender(cells: pd.Series) -> tuple[pd.Series, list[pd.DataFrame]]:
    """M or F, by row; and issues where there is neither."""
    text = read_known(cells).str.casefold().str.strip(" .")
    sex = text.map(GENDERS).astype("str")
    return sex, [
        issues_at("gender_missing", text.isna(), "sex"),
        issues_at("gender_code", text.notna() & sex.isna(), "sex"),
    ]


def read_ethnicity(cells: pd.Series) -> tuple[pd.Series, list[pd.DataFrame]]:
    """One of `fields.ETHNICITIES`, by row, missing where not given; and issues where it is none of them."""
    text = read_known(cells).str.casefold().str.strip(" .")
    text = text.where(~text.isin(("ns", "not disclosed")))
    ethnicity = pd.Series(None, index=cells.index, dtype="str")
    for words, code in ETHNICITY_WORDS.items():
        ethnicity = ethnicity.mask(ethnicity.isna() & text.str.contains(words, na=False), code)
    return ethnicity, [issues_at("ethnicity_code", text.notna() & ethnicity.isna(), "ethnicity")]
