"""The propensity score: how likely each person was to be among the treated, given the covariates.

Whatever has to be joined, set aside or left out for the score to exist is said in words. The messages name covariates,
never numbers of people: they are published.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits

from ..errors import JDLError
from ..spec import Selection
from .checks import problems_of_settings
from .design import comparable, expand_levels, joined_levels, merge_rare_levels, ordered_units
from .messages import (
    SAME_SCORE,
    said_of_left_out,
    said_of_merging,
    said_of_missing,
    said_of_selection,
    said_of_separation,
    said_of_setting_aside,
    said_of_size,
    unknown_throughout,
)
from .newton import Start
from .regression import Fit, Link, fit_firth, fit_glm, sort_columns
from .selection import choose_stepwise
from .terms import Model, as_matrix, linear_predictor, model_of

#: Rows in which a column is looked at first.
_FIRST = 4096


@dataclass(frozen=True)
class Propensity:
    """Scores of everybody, and how they came about. Rows follow `units`, which is sorted by unit_id.

    Parameters
    ----------
    units : DataFrame
        The covariates as given, sorted, categories as pandas categories, with `merged` levels still apart.
    design : DataFrame
        unit_id and the model's columns (no intercept), for everybody: numbers float64, levels uint8.
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

    @cached_property
    def matrix(self) -> np.ndarray:
        """The model's columns of everybody as one float64 matrix, row after row, made when it is first asked for."""
        return as_matrix(self.design.iloc[:, 1:], np.ones(len(self.design), bool))


def fit_propensity(covariates, spec, start: Start | None = None) -> Propensity:
    """Logistic regression of treated (1) on the covariates, by maximum likelihood.

    In this order: rare levels are joined (`merge_rare_levels`); people without any counterpart on some covariate are
    set aside (`comparable`), as maximum likelihood would do by a score of 0 or 1; curves and products are made
    (`model_of`); constant and collinear columns are left out; covariates are chosen, if the request says so
    (`choose_stepwise`); where the likelihood still has no maximum, Firth's penalty is used. Without any column left,
    everybody has the same score.

    Parameters
    ----------
    covariates : Covariates
        `units` (unit_id, is_treated and one column per covariate) and `labels`.
    spec : RequestSpec
    start : Start, optional
        Of a score on more covariates (`starts.start_of_score`), which makes the fit quicker and changes nothing.

    Raises
    ------
    JDLError
        With every fault of the frame and of the settings at once: a column is an outcome or a date, or not finite; a
        setting names what is no covariate. Else if a covariate tells the groups completely apart, or a group is empty.
    """
    given = covariates.units
    keys_are_there = {"unit_id", "is_treated"} <= set(given.columns) and given.columns.is_unique
    units = ordered_units(given, problems_of_settings(given, spec) if keys_are_there else ())
    is_treated, labels = units["is_treated"].to_numpy(bool), covariates.labels
    merged = merge_rare_levels(units, spec.covariates.merge_levels_below, spec.covariates.people_per_parameter)
    columns, terms = expand_levels(units, merged)
    terms["label"] = [labels.get(c, c) for c in terms["covariate"]]
    seen = comparable(columns, is_treated)
    lonely = sorted(set(terms["label"].iloc[seen.apart]))
    _require_both_groups(seen.within, is_treated, lonely)

    model = model_of(units, columns, terms, seen, is_treated, spec)
    start = start and replace(start, joined=joined_levels(merged))
    with threadpool_limits(
        1
    ):  # a fit goes by small blocks of rows: on a busy machine threads would wait for each other
        chosen = _fit(model, seen.within, is_treated, spec, start)
    design, fit = model.columns.iloc[:, chosen.used], chosen.fit
    logit = np.where(seen.within, linear_predictor(design, fit.intercept, fit.coefficients), np.nan)
    unknown = unknown_throughout(units)
    said = [
        *said_of_missing(terms, unknown),
        *said_of_merging(merged, spec, labels),
        *said_of_setting_aside(lonely, is_treated[~seen.within]),
        *model.messages,
        *said_of_left_out(model, [*chosen.kept, *chosen.combined], chosen.combined, lonely, unknown, labels),
        *said_of_selection([model.title_of(term, labels) for term in chosen.dropped], spec),
        *said_of_size(len(chosen.used), int(is_treated.sum()), spec),
        *([] if chosen.used else [SAME_SCORE]),
        *said_of_separation(chosen.separating),
    ]
    names = list(design.columns)
    return Propensity(
        units,
        pd.DataFrame({"unit_id": units["unit_id"]} | {c: design[c].to_numpy() for c in names}, copy=False),
        logit,
        np.where(seen.within, expit(logit), is_treated.astype(float)),
        pd.DataFrame({"term": ["(Intercept)", *names], "estimate": [fit.intercept, *fit.coefficients]}),
        merged,
        tuple(said),
    )


@dataclass(frozen=True)
class _Fitted:
    """A fit, and by position the columns of the model: used in it, worth keeping, and combinations of others.

    `dropped` are terms that the stepwise choice leaves out; `separating` titles of columns for which Firth's penalty
    was needed.
    """

    fit: Fit
    used: list[int]
    kept: list[int]
    combined: dict[int, list[int]]
    dropped: list[str]
    separating: list[str]


def _fit(model: Model, within: np.ndarray, is_treated: np.ndarray, spec, start: Start | None) -> _Fitted:
    """Leave out what carries nothing new, choose, and fit: by maximum likelihood, or Firth's where that has none."""
    y, varying = is_treated[within].astype(float), _varying(model.columns, within)
    x = as_matrix(model.columns.iloc[:, varying], within)
    columns = sort_columns(x)
    kept = [varying[j] for j in columns.kept]
    combined = {varying[j]: [varying[k] for k in sources] for j, sources in columns.combined.items()}
    used, dropped = _select(x, y, model, kept, columns.kept, spec)
    if len(used) < x.shape[1]:
        del x  # never two of its size at a time
        x = as_matrix(model.columns.iloc[:, used], within)
    scale = columns.scale.of([kept.index(j) for j in used])
    beginning = start and start.among(tuple(model.columns.columns[used]), scale)
    fit, separating = fit_glm(x, y, Link.logit, scale=scale, start=beginning), []
    if fit.is_separated:
        fit = fit_firth(x, y)
        pull = np.abs(fit.coefficients) * x.std(axis=0)
        separating = sorted({model.terms["title"].iloc[used[j]] for j in np.flatnonzero(pull >= pull.max() / 2)})
    return _Fitted(fit, used, kept, combined, dropped, separating)


def _varying(columns: pd.DataFrame, within: np.ndarray) -> list[int]:
    """Positions of the columns that are not the same for everybody within; most show it in their first rows."""
    rows = np.flatnonzero(within)

    def varies(column: np.ndarray) -> bool:
        return any((held := column[part]).min() < held.max() for part in (rows[:_FIRST], rows))

    return [j for j in range(columns.shape[1]) if varies(columns.iloc[:, j].to_numpy())]


def _select(
    x: np.ndarray, y: np.ndarray, model: Model, kept: list[int], places: list[int], spec
) -> tuple[list[int], list[str]]:
    """Positions of the columns that enter, and the terms that the stepwise choice leaves out.

    `kept` are positions in the model, `places` those of the same columns in x.

    What is matched exactly always stays: the score must describe people within those strata.
    """
    if spec.covariates.selection != Selection.stepwise:
        return kept, []
    columns_of: dict[str, list[int]] = {}
    for i, j in enumerate(kept):
        columns_of.setdefault(model.terms["term"].iloc[j], []).append(i)
    x = x if len(places) == x.shape[1] else x[:, places]
    chosen = choose_stepwise(x, y, columns_of, spec, model.parents, spec.matching.exact)
    return sorted(kept[i] for t in chosen for i in columns_of[t]), [t for t in columns_of if t not in chosen]


def _require_both_groups(within: np.ndarray, is_treated: np.ndarray, covariates: list[str]) -> None:
    if (within & is_treated).any() and (within & ~is_treated).any():
        return
    if covariates:
        what = "nobody in the pool can be compared with anybody treated"
        fix = "take out of covariates.use what only one group can have, or widen the pool"
        raise JDLError(what, f"covariates, {', '.join(covariates)}", fix)
    raise JDLError("one of the groups is empty", "covariates", "matching needs treated people and a pool")
