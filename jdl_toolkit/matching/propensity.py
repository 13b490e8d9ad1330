"""The propensity score: how likely each person was to be among the treated, given the covariates.

Whatever has to be joined, set aside or left out for the score to exist is said in words. The messages name covariates,
never numbers of people: they are published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from ..errors import JDLError
from .design import (
    NOT_KNOWN,
    OTHER_LEVELS,
    comparable,
    expand_levels,
    merge_rare_levels,
    ordered_units,
    without_reference_levels,
)
from .regression import Fit, Link, fit_firth, fit_glm, independent_columns


@dataclass(frozen=True)
class Propensity:
    """Scores of everybody, and how they came about. Rows follow `units`, which is sorted by unit_id.

    Parameters
    ----------
    units : DataFrame
        The covariates as given, sorted, with `merged` levels still apart.
    design : DataFrame
        unit_id and the model's columns (no intercept), for everybody.
    logit, score : array, shape (n_people,)
        Score is the probability of being treated. For people set aside the logit is NaN and the score 0 (pool) or 1
        (treated), the limits that maximum likelihood tends to.
    coefficients : DataFrame
        term, estimate; the first term is ``(Intercept)``, as in R.
    merged : dict of str to list of str
        Covariate -> levels joined as "other levels".
    messages : tuple of str
    """

    units: pd.DataFrame
    design: pd.DataFrame
    logit: np.ndarray
    score: np.ndarray
    coefficients: pd.DataFrame
    merged: dict[str, list[str]]
    messages: tuple[str, ...]


def fit_propensity(covariates, spec) -> Propensity:
    """Logistic regression of treated (1) on the covariates, by maximum likelihood.

    In this order: rare levels are joined (`merge_rare_levels`); people without any counterpart on some covariate are
    set aside (`comparable`), as maximum likelihood would do by a score of 0 or 1; constant and collinear columns are
    left out; where the likelihood still has no maximum, Firth's penalty is used.

    Parameters
    ----------
    covariates : Covariates
        `units` (unit_id, is_treated and one column per covariate) and `labels`.
    spec : RequestSpec

    Raises
    ------
    JDLError
        If a column is an outcome or a date, is not finite, tells the groups completely apart, or a group is empty.
    """
    units = ordered_units(covariates.units)
    is_treated = units["is_treated"].to_numpy(bool)
    merged = merge_rare_levels(units, spec.covariates.merge_levels_below, spec.covariates.people_per_parameter)
    columns, terms = expand_levels(units, merged)
    terms["label"] = [covariates.labels.get(c, c) for c in terms["covariate"]]
    x = columns.to_numpy(float)
    within, without_counterpart = comparable(x, is_treated)
    lonely = sorted(set(terms["label"].iloc[without_counterpart]))
    _require_both_groups(within, is_treated, lonely)

    modelled = np.array(without_reference_levels(x[within], terms), dtype=int)
    kept, _, combined = independent_columns(x[np.ix_(within, modelled)])
    names = list(columns.columns[modelled[kept]])
    design = np.ascontiguousarray(x[:, modelled[kept]])
    fit, said_of_fit = _fit(design[within], is_treated[within].astype(float))
    logit = np.where(within, fit.linear_predictor(design), np.nan)
    said = [
        *_said_of_missing(terms),
        *_said_of_merging(merged, spec, covariates.labels),
        *_said_of_setting_aside(lonely, is_treated[~within]),
        *_said_of_left_out(terms, modelled, kept, combined, lonely),
        *_said_of_size(len(names), int(is_treated.sum()), spec),
        *said_of_fit,
    ]
    return Propensity(
        units,
        pd.concat([units[["unit_id"]], pd.DataFrame(design, columns=names)], axis=1),
        logit,
        np.where(within, expit(logit), is_treated.astype(float)),
        pd.DataFrame({"term": ["(Intercept)", *names], "estimate": [fit.intercept, *fit.coefficients]}),
        merged,
        tuple(said),
    )


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[Fit, list[str]]:
    fit = fit_glm(x, y, Link.logit)
    if not fit.is_separated:
        return fit, []
    return fit_firth(x, y), [
        "Taken together, the covariates tell some treated people and the pool completely apart, so that the usual "
        "logistic regression has no answer; Firth's penalised regression was used for the propensity score."
    ]


def _require_both_groups(within: np.ndarray, is_treated: np.ndarray, covariates: list[str]) -> None:
    if (within & is_treated).any() and (within & ~is_treated).any():
        return
    if covariates:
        what = "nobody in the pool can be compared with anybody treated"
        fix = "take out of covariates.use what only one group can have, or widen the pool"
        raise JDLError(what, f"covariates, {', '.join(covariates)}", fix)
    raise JDLError("one of the groups is empty", "covariates", "matching needs treated people and a pool")


def _said_of_missing(terms: pd.DataFrame) -> list[str]:
    numbers = set(terms.loc[terms["level"] == "", "covariate"])
    gaps = terms[(terms["level"] == NOT_KNOWN) & terms["covariate"].isin(numbers)]
    return [
        f"{label}: where not known, the mean was put in and a column of its own says so." for label in gaps["label"]
    ]


def _said_of_merging(merged: dict[str, list[str]], spec, labels: dict[str, str]) -> list[str]:
    if not merged:
        return []
    rule = (
        f"Levels with fewer than {spec.covariates.merge_levels_below} treated people, or fewer than "
        f"{spec.covariates.people_per_parameter:g} for each column of the model, were joined as “{OTHER_LEVELS}”"
    )
    return [f"{rule}: {'; '.join(f'{labels.get(c, c)} ({_and(v)})' for c, v in merged.items())}."]


def _said_of_setting_aside(lonely: list[str], is_treated: np.ndarray) -> list[str]:
    if not lonely:
        return []
    groups = {True: "in the treatment group", False: "in the control pool"}
    where = " and ".join(words for group, words in groups.items() if (is_treated == group).any())
    return [f"People {where} whom nobody in the other group resembles were set aside, because of: {_and(lonely)}."]


def _said_of_left_out(
    terms: pd.DataFrame, modelled: np.ndarray, kept: list[int], combined: dict[int, list[int]], lonely: list[str]
) -> list[str]:
    titles = [f"{t.label}: {t.level}" if t.level else t.label for t in terms.iloc[modelled].itertuples()]
    said = [f"{titles[j]} is left out: it follows from {_and([titles[k] for k in ks])}." for j, ks in combined.items()]
    spoken_for = {*terms["label"].iloc[modelled[[*kept, *combined]]], *lonely}
    same = [label for label in dict.fromkeys(terms["label"]) if label not in spoken_for]
    return said + [f"{label} is left out: it is the same for everybody." for label in same]


def _said_of_size(n_columns: int, n_treatment: int, spec) -> list[str]:
    least = spec.covariates.people_per_parameter
    if n_columns * least <= n_treatment:
        return []
    return [f"The propensity model has {n_columns} columns, fewer than {least:g} treated people for each."]


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
