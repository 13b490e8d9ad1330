"""What had to be joined, set aside or left out for a propensity score to exist, in words.

The messages name covariates, never numbers of people: they are published.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .checks import covariate_columns
from .design import NOT_KNOWN, OTHER_LEVELS
from .terms import Model

SAME_SCORE = (
    "No covariate is left that could tell the groups apart: everybody has the same score, and every control is as good "
    "as any other."
)


def unknown_throughout(units: pd.DataFrame) -> list[str]:
    """Covariates that are not known of anybody."""
    names = covariate_columns(units)
    return [
        c
        for c in names
        if (list(units[c].cat.categories) == [NOT_KNOWN] if hasattr(units[c], "cat") else units[c].isna().all())
    ]


def said_of_missing(terms: pd.DataFrame, unknown: list[str]) -> list[str]:
    numbers = set(terms.loc[terms["level"] == "", "covariate"]) - set(unknown)
    gaps = terms[(terms["level"] == NOT_KNOWN) & terms["covariate"].isin(numbers)]
    return [
        f"{label}: where not known, the mean was put in and a column of its own says so." for label in gaps["label"]
    ]


def said_of_merging(merged: dict[str, list[str]], spec, labels: dict[str, str]) -> list[str]:
    if not merged:
        return []
    rule = (
        f"Levels with fewer than {spec.covariates.merge_levels_below} treated people, or fewer than "
        f"{spec.covariates.people_per_parameter:g} for each column of the model, were joined as “{OTHER_LEVELS}”"
    )
    return [f"{rule}: {'; '.join(f'{labels.get(c, c)} ({listed(v)})' for c, v in merged.items())}."]


def said_of_setting_aside(lonely: list[str], is_treated: np.ndarray) -> list[str]:
    if not lonely:
        return []
    groups = {True: "in the treatment group", False: "in the control pool"}
    where = " and ".join(words for group, words in groups.items() if (is_treated == group).any())
    return [f"People {where} whom nobody in the other group resembles were set aside, because of: {listed(lonely)}."]


def said_of_left_out(
    model: Model,
    present: list[int],
    combined: dict[int, list[int]],
    spoken_for: list[str],
    unknown: list[str],
    labels: dict[str, str],
) -> list[str]:
    """Columns that follow from others, and whole terms of which nothing is left and of which nothing was said yet.

    `present` and `combined` are positions of columns: those of which something is known, and those made up of others.
    """
    titles = model.terms["title"].tolist()
    said = [
        f"{titles[j]} is left out: it follows from {listed([titles[k] for k in ks])}." for j, ks in combined.items()
    ]
    has_some = set(model.terms["term"].iloc[present])
    for term in dict.fromkeys(model.terms["term"]):
        label = model.title_of(term, labels)
        if term not in has_some and label not in spoken_for:
            why = "it is not known of anybody" if term in unknown else "it is the same for everybody"
            said.append(f"{label} is left out: {why}.")
    return said


def said_of_selection(dropped: list[str], spec) -> list[str]:
    if not dropped:
        return []
    return [
        f"Stepwise selection (in below p = {spec.covariates.enter_below:g}, out above {spec.covariates.leave_above:g}) "
        f"left out of the score what says nothing further about who was treated: {listed(dropped)}. Balance is judged "
        "on every covariate all the same."
    ]


def said_of_size(n_columns: int, n_treatment: int, spec) -> list[str]:
    least = spec.covariates.people_per_parameter
    if n_columns * least <= n_treatment:
        return []
    return [
        f"The propensity score weighs up {n_columns} things at once (columns of the model), with fewer than {least:g} "
        "people in the treatment group for each, so that it may follow chance features of these people."
    ]


def said_of_separation(titles: list[str]) -> list[str]:
    if not titles:
        return []
    return [
        "Taken together, the covariates tell some treated people and the pool completely apart (above all "
        f"{listed(titles)}), so that the usual logistic regression has no answer; Firth's penalised regression was "
        "used for the propensity score."
    ]


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
