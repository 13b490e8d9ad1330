"""One effect estimated in every way that is valid for it.

The headline answers the request. The others stand beside it: so that results can be laid beside earlier publications
and other packages, and so that a reader sees how much hangs on the choice.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..errors import JDLError
from ..matching import MatchedSample
from .compared import Compared, compared
from .interval import PARTS, NotEstimable
from .registry import ESTIMATORS, Estimator

__all__ = ["COLUMNS", "ESTIMATORS", "Estimator", "estimate_all"]

COLUMNS = ("name", "label", "explanation", "scale", *PARTS, "why_not")


def estimate_all(
    y,
    design,
    matched: MatchedSample,
    kind: str,
    spec,
    names: Iterable[str] | None = None,
    *,
    subset=None,
    sets=None,
    covariates=None,
    made: dict | None = None,
    where: str = "outcome",
) -> pd.DataFrame:
    """Estimate one effect in every way that is valid for it.

    Parameters
    ----------
    y : array, shape (n_people,)
        Outcome, in the order of ``matched.units``. Needed of everybody with a weight; people without one and without an
        outcome are left out of the estimates that use the whole pool.
    design : DataFrame or array, shape (n_people, n_columns)
        Matching covariates in the same order; a column unit_id is ignored.
    matched : MatchedSample
    kind : {"share", "count", "days", "mean"}
    spec : RequestSpec
        inference, covariates.people_per_parameter, seed.
    names : iterable of str, optional
        Which estimators. Default: all that are for this kind of outcome; those made on request only where asked for.
    subset : bool array, shape (n_people,), optional
        Only these people.
    sets : array, shape (n_people,), optional
        Matched set of each person, for standard errors by set.
    covariates : Covariates, optional
        What the sample was matched on, for the bootstrap.
    made : dict, optional
        What `estimation.estimate_among` made of the same outcome of the same people, so that it is not made again.
    where : str
        Name of the outcome's column, for messages.

    Returns
    -------
    DataFrame
        A row per estimator: name, label, explanation, scale; estimate, se, ci_low, ci_high, p_value, df; why_not.
        On the scale "difference" treatment − control, on "ratio" treatment / control with the standard error of the
        logarithm. df is infinite for normal intervals. Where `why_not` says why there is no estimate, the numbers are
        missing.

    Raises
    ------
    JDLError
        With every fault of outcome, weights and names at once.
    """
    unknown = [n for n in names or () if n not in ESTIMATORS]
    if unknown:
        raise JDLError(f"there is no estimator {', '.join(unknown)}", "names", f"choose from {', '.join(ESTIMATORS)}")
    given = {"subset": subset, "sets": sets, "covariates": covariates, "made": made, "where": where}
    people = compared(y, design, matched, kind, spec, **given)
    if names is None:
        asked = [e for e in ESTIMATORS.values() if people.kind in e.kinds and _is_asked_for(e, people)]
    else:
        asked = [ESTIMATORS[n] for n in names]
    nothing = people.why_not
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        rows = [_row(e, people, nothing) for e in asked]
    why_not = pd.Series([row["why_not"] for row in rows], dtype=object)  # None stays None
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(why_not=why_not)


def _is_asked_for(estimator: Estimator, people: Compared) -> bool:
    asked = {
        "lm_cluster": people.sets is not None,
        "aipw_cross_fitted": people.spec.inference.cross_fit_folds > 0,
        "bootstrap": people.spec.inference.bootstrap_draws > 0,
    }
    return asked.get(estimator.name, True)


def _row(estimator: Estimator, people: Compared, nothing: str | None) -> dict:
    row = {k: getattr(estimator, k) for k in ("name", "label", "explanation", "scale")}
    try:
        if nothing:
            raise NotEstimable(nothing)
        if people.kind not in estimator.kinds:
            raise NotEstimable(f"it is for {' and '.join(f'{k}s' for k in estimator.kinds)} only")
        if estimator.of_all and people.matched.estimand != "att":
            raise NotEstimable("it concerns all treated people, while the weights make up another group")
        answer = estimator.function(people)
        found = {k: float(answer[k]) for k in PARTS}
        if not np.isfinite([found[k] for k in PARTS if k != "df"]).all():
            raise NotEstimable("the computation has no finite answer")
        if not found["se"] > 0:
            raise NotEstimable("its standard error is 0")
    except NotEstimable as fault:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": str(fault)}
    except JDLError as fault:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": fault.problems[0].what}
    except np.linalg.LinAlgError:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": "its equations have no unique solution"}
    return row | found | {"why_not": None}
