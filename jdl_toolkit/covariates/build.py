"""Everything known of a person as at the index date, coded for matching and banded for readers; never an outcome.

Coding, stated once
-------------------
- Counts of previous offences, convictions and sentences enter as log(1 + n): the step from none to one says more than
  the step from thirty to thirty-one. Readers see plain bands (`Covariates.profile`).
- Age is in completed years; its square is centred at the mean age of all units, so that the two columns are nearly
  unrelated.
- A missing category is the level "not recorded". A missing number is the median of all units, with a column beside it
  that says so (``<name>_missing``); two such columns that agree for everybody are one.
- Previous means proven before the index date and not part of the index disposal (`history`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..cohort import Cohort
from ..cohort.index_disposal import in_words
from ..register import NEEDS, Register
from ..result import Result
from ..spec import Covariate, RequestSpec
from .history import MERGED_GROUPS, copas_rate, gather_facts, in_spell, latest_extra, latest_needs
from .profile import NOT_RECORDED, SENTENCE_BANDS, banded, build_profile, quarter, words, year

#: Column -> label for readers. Columns of `needs`, `extra` and missing values make their own.
LABELS = {
    "age": "Age at index date (years)",
    "age_squared": "Age at index date, squared distance from the mean",
    "sex": "Sex",
    "ethnicity": "Ethnicity",
    "nationality": "Nationality",
    "age_first_offence": "Age at first offence (years)",
    "copas_rate": "Copas rate (speed of gathering sanctions)",
    "previous_offences": "Previous offences (log of 1 + number)",
    "previous_convictions": "Previous convictions (log of 1 + number)",
    "previous_custody": "Previous sentences of custody (log of 1 + number)",
    "offences_last_two_years": "Previous offences committed in the two years before (log of 1 + number)",
    "index_offence_group": "Index offence",
    "index_severity": "Seriousness of the index offence (1 most, 8 least)",
    "index_disposal": "Index disposal",
    "sentence_band": "Length of the sentence",
    "index_year": "Year of the index date",
    "index_quarter": "Quarter of the index date",
    "region": "Region",
    "employed": "Employed at the index date",
    "on_benefit": "On out-of-work benefit at the index date",
} | {
    f"previous_{merged}": f"Previous offences: {words} (log of 1 + number)"
    for merged, words in (
        ("violence", "violence and robbery"),
        ("sexual", "sexual"),
        ("burglary", "burglary"),
        ("theft_fraud", "theft, handling and fraud"),
        ("motoring", "motoring"),
        ("drugs", "drugs"),
        ("disorder_damage", "public order and criminal damage"),
        ("other", "other"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Covariates(Result):
    """Covariates as at the index date of everybody who may be compared.

    Parameters
    ----------
    units : DataFrame
        unit_id, is_treated, then a column per covariate: float, or text for a category. No value is missing.
    profile : DataFrame
        unit_id and the characteristics readers know, as ordered categories, in the order a table should show.
    labels : dict
        Column of `units` or `profile` -> label for readers.
    messages : tuple of str
        Covariates that were asked for and could not be had.
    """

    units: pd.DataFrame
    profile: pd.DataFrame
    labels: dict[str, str]
    messages: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Columns of `units` that are covariates."""
        return [column for column in self.units if column not in ("unit_id", "is_treated")]

    def summary(self) -> str:
        n = int(self.units["is_treated"].sum())
        controls = len(self.units) - n
        return f"{len(self.names)} covariates as at the index date of {n:,} treated people and {controls:,} controls"


def build_covariates(cohort: Cohort, register: Register, spec: RequestSpec) -> Covariates:
    """Read what was known of each person at the index date.

    Parameters
    ----------
    cohort : Cohort
    register : Register
    spec : RequestSpec
        ``spec.covariates.use`` says which covariates, and in which order.
    """
    groups = [cohort.treated.assign(is_treated=True), cohort.pool.assign(is_treated=False)]
    people = pd.concat(groups, ignore_index=True)
    people = people.astype({"unit_id": "int64", "person_id": "int64", "disposal_id": "int64", "is_treated": bool})
    facts = gather_facts(people, register)
    raw, messages = [], []
    for covariate in spec.covariates.use:
        if covariate is Covariate.age_squared:
            continue  # made of the age once that is complete
        columns, lacking = _raw_columns(covariate, facts, people, register)
        raw.append(columns)
        messages += lacking
    units, labels, unusable = _complete(pd.concat(raw, axis=1) if raw else pd.DataFrame(index=facts.index))
    if Covariate.age_squared in spec.covariates.use:
        age = facts["age"].fillna(facts["age"].median()).astype("float64")
        units.insert(list(units).index("age") + 1 if "age" in units else 0, "age_squared", (age - age.mean()) ** 2)
        labels["age_squared"] = LABELS["age_squared"]
    profile, profile_labels = build_profile(facts, units)
    return Covariates(
        units=pd.concat([people[["unit_id", "is_treated"]], units], axis=1),
        profile=profile,
        labels=profile_labels | labels,
        messages=(*messages, *unusable),
    )


def _raw_columns(
    covariate: Covariate, facts: pd.DataFrame, people: pd.DataFrame, register: Register
) -> tuple[pd.DataFrame, list[str]]:
    """The columns of one covariate, values missing where the register has none, and what could not be had."""
    plain = _FROM_FACTS.get(covariate)
    if plain is not None:
        return plain(facts), []
    if not register.has(_OPTIONAL_TABLES[covariate]):
        # Nobody asks for a lab's own columns by name: without any, nothing is lacking.
        lacking = [] if covariate is Covariate.extra else [f"{covariate}: the register has no such records; left out"]
        return pd.DataFrame(index=facts.index), lacking
    match covariate:
        case Covariate.employed:
            return in_spell(people, register, "employment_spell", "employed").to_frame("employed"), []
        case Covariate.on_benefit:
            return in_spell(people, register, "benefit_spell", "out_of_work").to_frame("on_benefit"), []
        case Covariate.needs:
            return latest_needs(people, register).astype("float64").add_prefix("needs_"), []
        case _:
            extra, unusable = latest_extra(people, register)
            lacking = [f"extra: column {column} is neither a number nor text; left out" for column in unusable]
            return extra.add_prefix("extra_"), lacking


def _previous_by_group(facts: pd.DataFrame) -> pd.DataFrame:
    counts = facts[[f"n_{merged}" for merged in MERGED_GROUPS]].astype("float64")
    return np.log1p(counts).rename(columns=lambda name: f"previous_{name[2:]}")


def _copas_rate(facts: pd.DataFrame) -> pd.Series:
    return copas_rate(facts["n_sanctions"], facts["age"], facts["age_first_sanction"])


def _sentence_band(facts: pd.DataFrame) -> pd.Series:
    return banded(facts["sentence_days"], SENTENCE_BANDS).astype(object)


def _log_count(count: str, name: str):
    return lambda facts: np.log1p(facts[count].astype("float64")).to_frame(name)


def _as_is(name: str):
    return lambda facts: facts[[name]]


_OPTIONAL_TABLES = {
    Covariate.employed: "employment_spell",
    Covariate.on_benefit: "benefit_spell",
    Covariate.needs: "needs_assessment",
    Covariate.extra: "extra_covariates",
}
_FROM_FACTS = {
    Covariate.age: _as_is("age"),
    Covariate.sex: lambda facts: facts["sex"].map({"M": "Male", "F": "Female"}).to_frame(),
    Covariate.ethnicity: _as_is("ethnicity"),
    Covariate.nationality: _as_is("nationality"),
    Covariate.age_first_offence: _as_is("age_first_offence"),
    Covariate.copas_rate: lambda facts: _copas_rate(facts).to_frame("copas_rate"),
    Covariate.previous_offences: _log_count("n_offences", "previous_offences"),
    Covariate.previous_convictions: _log_count("n_convictions", "previous_convictions"),
    Covariate.previous_custody: _log_count("n_custody", "previous_custody"),
    Covariate.previous_by_group: _previous_by_group,
    Covariate.offences_last_two_years: _log_count("n_two_years", "offences_last_two_years"),
    Covariate.index_offence_group: lambda f: words(f["index_offence_group"]).to_frame("index_offence_group"),
    Covariate.index_severity: _as_is("index_severity"),
    Covariate.index_disposal: lambda facts: words(facts["disposal"]).to_frame("index_disposal"),
    Covariate.sentence_band: lambda facts: _sentence_band(facts).to_frame("sentence_band"),
    Covariate.index_year: lambda facts: year(facts).to_frame("index_year"),
    Covariate.index_quarter: lambda facts: quarter(facts).to_frame("index_quarter"),
    Covariate.region: _as_is("region"),
}  # fmt: skip


def _complete(raw: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Columns without missing values, their labels, and what had to be left out."""
    units: dict[str, pd.Series] = {}
    labels, indicators, unusable = {}, set(), []
    for name in raw:
        values, label = raw[name], _label(name)
        if not pd.api.types.is_numeric_dtype(values):
            text = values.astype(object)
            units[name] = text.where(text.notna(), NOT_RECORDED).astype("str")
            labels[name] = label
            continue
        missing = values.isna()
        if missing.all() and len(values):
            unusable.append(f"{label}: nobody has a value; left out")
            continue
        units[name], labels[name] = values.astype("float64").fillna(values.median()), label
        pattern = missing.to_numpy().tobytes()
        if missing.any() and pattern not in indicators:
            indicators.add(pattern)
            units[f"{name}_missing"], labels[f"{name}_missing"] = missing.astype("float64"), f"{label}: not recorded"
    return pd.DataFrame(units, index=raw.index), labels, unusable


def _label(name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    if name.startswith("needs_") and name[6:] in (*NEEDS, "ogrs3"):
        return "OGRS 3 score" if name == "needs_ogrs3" else f"Need: {name[6:]}"
    return in_words(name.removeprefix("extra_")).capitalize()
