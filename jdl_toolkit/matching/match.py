"""Matching and weighting by every method: who is compared with whom, and with what weight.

No outcome can enter: the covariate frame is searched for one and refused.
"""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd
from scipy.special import expit
from threadpoolctl import threadpool_limits

from ..errors import JDLError
from ..spec import CaliperUnit, Method, Selection
from .design import expand_levels
from .nearest import nearest_weights
from .newton import Start
from .propensity import Propensity, fit_propensity
from .radius import radius_weights
from .sample import MatchedSample, remarks, why_left_out
from .support import in_support
from .weighting import entropy_weights, odds_weights, overlap_weights

#: Methods with a caliper; the others weight everybody.
WITH_CALIPER = (Method.radius, Method.nearest)
#: A logit that varies less than this (in units of its size, or 1) varies by rounding alone.
_NO_SPREAD = 1e-12


def match(
    covariates,
    spec,
    caliper_sd: float | None = None,
    *,
    caliper_raw: float | None = None,
    propensity: Propensity | None = None,
    start: Start | None = None,
) -> MatchedSample:
    """Make the pool comparable to the treated people by spec.matching.method.

    `radius`
        Each treated person with everybody within the caliper, with replacement (`radius_weights`).
    `nearest`
        Each with the `ratio` nearest, with or without a caliper and replacement (`nearest_weights`).
    `ipw`, `overlap`, `ebal`
        Everybody, weighted by inverse odds, by overlap, or by entropy balancing on the columns of the propensity model
        and, where these are a selection, on every other level of every covariate, as the gate looks at them
        (`odds_weights`, `overlap_weights`, `entropy_weights`). There is no caliper.

    Parameters
    ----------
    covariates : Covariates
        `units` (unit_id, is_treated, one column per covariate) and `labels`. The order of rows does not matter.
    spec : RequestSpec
        The sections matching and covariates.
    caliper_sd : float, optional
        Standard deviations of the score over the whole sample, n − 1. Default: the widest of spec.matching.calipers, in
        spec.matching.caliper_unit; without any, nearest neighbours have no caliper.
    caliper_raw : float, optional
        The caliper on the score's own scale instead.
    propensity : Propensity, optional
        A score already fitted on the same covariates, so that several calipers and methods share it.
    start : Start, optional
        Where the fit of the score starts, if it is not given.

    Raises
    ------
    JDLError
        If a column tells an outcome, a setting names a covariate that is not there, no score can be fitted, odds are
        beyond all bounds, or entropy balancing has no solution.

    Notes
    -----
    Treated people who cannot be compared have weight 0 and leave the analysis (reason 14); that may be all of them.
    Where everybody has the same score, the caliper is 0 and everyone serves everyone. The standard deviation, and the
    score, stay those of the whole sample where common support leaves people out.
    """
    fitted = propensity or fit_propensity(covariates, spec, start)
    method, is_treated = spec.matching.method, fitted.units["is_treated"].to_numpy(bool)
    strata = exact_strata(fitted.units, spec)
    supported = in_support(fitted.logit, is_treated, spec.matching.common_support, spec.matching.trim)
    score, spread = _score(fitted.logit, str(spec.matching.scale))
    score[~supported] = np.nan
    sizes: dict[str, float | None] = {"caliper_sd": None, "caliper_raw": None}
    if method in WITH_CALIPER:
        sizes = _caliper(spec, spread, caliper_sd, caliper_raw)
    if method is Method.radius:
        weight, n_matches = radius_weights(score, is_treated, sizes["caliper_raw"], strata)
    elif method is Method.nearest:
        chosen = {k: getattr(spec.matching, k) for k in ("ratio", "replace", "order")}
        weight, n_matches = nearest_weights(score, is_treated, caliper=sizes["caliper_raw"], strata=strata, **chosen)
    else:
        weight, n_matches = _weights(spec, fitted, supported, is_treated, strata, covariates.labels)
    units = fitted.units[["unit_id", "is_treated"]].assign(
        score=fitted.score, logit=fitted.logit, weight=weight, n_matches=n_matches
    )
    was_near = np.zeros(len(units), bool)
    if method is Method.nearest and (is_treated & supported & (weight == 0)).any():
        was_near = _had_choice(score, is_treated, sizes["caliper_raw"], strata)
    units["why"] = why_left_out(units, supported, strata, was_near)
    return MatchedSample(
        units,
        fitted.design,
        str(method),
        str(spec.matching.scale),
        **sizes,
        coefficients=fitted.coefficients,
        merged=fitted.merged,
        messages=(*fitted.messages, *remarks(units, method)),
        minimum_cell=spec.disclosure.minimum_cell,
    )


def exact_strata(units: pd.DataFrame, spec) -> np.ndarray | None:
    """The stratum of each person, 0, 1, 2 …: people who agree on every covariate of spec.matching.exact; None if none.

    A missing value is a level of its own.
    """
    exact = [str(name) for name in spec.matching.exact]
    there = list(units.columns[2:])
    absent = [name for name in exact if name not in there]
    if absent:
        near = [difflib.get_close_matches(name, there, n=1, cutoff=0.5) for name in absent]
        hints = [f"for {name}, did you mean {n[0]}?" for name, n in zip(absent, near, strict=True) if n]
        fix = f"{' '.join([*hints, 'Name'])} covariates that are used: {', '.join(there)}"
        raise JDLError(f"there is no covariate {', '.join(absent)} to match exactly", "matching.exact", fix)
    return units.groupby(exact, dropna=False, sort=True).ngroup().to_numpy() if exact else None


def _score(logit: np.ndarray, scale: str) -> tuple[np.ndarray, float]:
    """The score matched on, and its standard deviation (n − 1) over all who have one; 0 where only rounding varies."""
    with np.errstate(over="ignore", invalid="ignore"):
        score = {"logit": np.copy, "probability": expit, "odds": np.exp}[scale](logit)
        spread = float(np.nanstd(score, ddof=1))
    if not np.isfinite(spread):
        fix = "use matching.scale: logit, or leave out the covariates that tell the groups apart"
        raise JDLError("some odds are too large to calculate with", "matching.scale, odds", fix)
    if np.nanmax(logit) - np.nanmin(logit) <= _NO_SPREAD * max(1.0, float(np.nanmax(np.abs(logit)))):
        return np.where(np.isnan(score), np.nan, np.nanmean(score)), 0.0
    return score, spread


def _caliper(spec, spread: float, caliper_sd: float | None, caliper_raw: float | None) -> dict[str, float | None]:
    """The caliper in standard deviations and on the score's scale; both None where there is none."""
    if caliper_sd is None and caliper_raw is None:
        widest = max(spec.matching.calipers, default=None)
        if widest is None:
            return {"caliper_sd": None, "caliper_raw": None}
        caliper_sd, caliper_raw = (None, widest) if spec.matching.caliper_unit is CaliperUnit.raw else (widest, None)
    if caliper_raw is None:
        return {"caliper_sd": float(caliper_sd), "caliper_raw": float(caliper_sd * spread)}
    return {"caliper_sd": float(caliper_raw / spread) if spread > 0 else 0.0, "caliper_raw": float(caliper_raw)}


def _had_choice(
    score: np.ndarray, is_treated: np.ndarray, caliper: float | None, strata: np.ndarray | None
) -> np.ndarray:
    """Who had anybody of the other group within the caliper, before any were taken."""
    return radius_weights(score, is_treated, np.inf if caliper is None else caliper, strata)[1] > 0


def _weights(
    spec,
    fitted: Propensity,
    supported: np.ndarray,
    is_treated: np.ndarray,
    strata: np.ndarray | None,
    labels: dict[str, str],
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a method without matches; everybody with a weight serves all of the other group in the stratum."""
    method, codes = spec.matching.method, np.zeros(len(is_treated), dtype=np.intp) if strata is None else strata
    if method is Method.ebal:
        weight = np.zeros(len(is_treated))
        x, names, start = _to_balance(fitted, spec)
        titles = _titles(names, labels)
        with threadpool_limits(1):  # it goes by small blocks of rows: threads would wait for each other
            if supported.all():
                weight = entropy_weights(x, is_treated, codes, titles, start)
            else:
                of_some = x[supported], is_treated[supported], codes[supported]
                weight[supported] = entropy_weights(*of_some, titles, start)
    else:
        of_logit = {Method.ipw: odds_weights, Method.overlap: overlap_weights}[method]
        weight = of_logit(np.where(supported, fitted.logit, np.nan), is_treated, codes)
    n_treated, n_control = (np.bincount(codes, (weight > 0) & group) for group in (is_treated, ~is_treated))
    n_matches = np.where(is_treated, n_control[codes], n_treated[codes]).astype(np.int64)
    return weight, np.where(weight > 0, n_matches, 0)


def _to_balance(fitted: Propensity, spec) -> tuple[np.ndarray, list[str], np.ndarray | None]:
    """Columns whose means entropy balancing makes equal, their names, and weights to start from (as coefficients).

    Some columns may be collinear.
    """
    names, slopes = list(fitted.design.columns[1:]), fitted.coefficients["estimate"].to_numpy(float)[1:]
    if spec.covariates.selection is Selection.all:
        return fitted.matrix, names, slopes
    levels = expand_levels(fitted.units, fitted.merged)[0]
    others = levels[[c for c in levels if c not in names]]
    every = np.column_stack([fitted.matrix, others.to_numpy(float)])
    return every, [*names, *others.columns], np.concatenate([slopes, np.zeros(others.shape[1])])


def _titles(columns: list[str], labels: dict[str, str]) -> list[str]:
    """Columns of the model as readers know them: ``region=North`` as "Region: North"."""
    parts = [column.partition("=") for column in columns]
    return [f"{labels.get(name, name)}{': ' if level else ''}{level}" for name, _, level in parts]
