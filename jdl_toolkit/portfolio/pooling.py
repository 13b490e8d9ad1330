"""Effects of several services taken together: a random-effects model on percentage-point differences.

The spread of true effects is estimated by Paule and Mandel (1982), the interval by Hartung and Knapp (2001), never
narrower than without their adjustment (Röver, Knapp and Friede 2015), and the prediction interval by Higgins, Thompson
and Spiegelhalter (2009). Weights, tau and Q come from `statsmodels.stats.meta_analysis.combine_effects`.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from .published import Source
from .together import PooledEffect

#: Level of intervals and tests: results are conclusive by their 95 per cent interval.
ALPHA = 0.05

#: Fewer cannot have a prediction interval: it needs k − 2 degrees of freedom.
FEWEST = 3

#: Fewer have none that is shown: with three results it is thirteen standard errors to either side.
FEWEST_PREDICTED = 5

#: By what results are pooled, besides all of them.
GROUPINGS = ("need", "setting", "sector")

SAME_PROGRAMME = "another imported result of the same programme comes first, and may be of the same people"
ANOTHER_ANALYSIS = "another analysis of the same request comes first, and may be of the same people"
SAME_ORGANISATION = "this lab has a result of the same organisation, which may be of the same people"
NO_WIDTH = "its standard error is not known"

#: Iterations of Paule and Mandel's estimating equation; a dozen are usual.
_ITERATIONS = 1000


def se_from_interval(low: Any, high: Any) -> Any:
    """Standard error that a symmetric 95 per cent interval implies, by the normal distribution."""
    return (high - low) / (2 * stats.norm.isf(ALPHA / 2))


def left_out(results: pd.DataFrame) -> pd.Series:
    """Why each result is no part of the pooled effects; empty if it is, or if it has no effect to pool.

    Of each request the first analysis that has an effect is pooled: a national analysis and regional ones share people,
    and whether two do is not on record. Likewise of each imported programme the first result, unless its organisation
    or programme begins with the name of an organisation that this lab has a result of: services are spelt in many ways.

    Parameters
    ----------
    results : DataFrame
        As `Bulletin.results_frame`; each request's analyses in its own order.
    """
    has_effect = results["difference_pp"].notna()
    own = results["source"] == Source.this_lab
    service = results["organisation"].str.casefold() + "\n" + results["service"].str.casefold()
    known = tuple(set(_bare(results["organisation"][own & has_effect])) - {" "})
    begins = [_bare(results[name]).map(lambda words: words.startswith(known)) for name in ("organisation", "service")]
    repeated = ~own & (begins[0] | begins[1]).astype(bool)
    no_width = ~(results["se_pp"].astype(float) > 0)
    usable = has_effect & ~no_width & ~repeated
    later = results["request"].where(own, service).where(usable).duplicated() & usable
    conditions = [~has_effect, repeated, no_width, later & own, later]
    why = np.select(conditions, ["", SAME_ORGANISATION, NO_WIDTH, ANOTHER_ANALYSIS, SAME_PROGRAMME], "")
    return pd.Series(why, index=results.index, dtype=object)


def _bare(names: pd.Series) -> pd.Series:
    """Names as they are compared: their words alone, a space after each, so that no name begins within a word."""
    return names.fillna("").map(lambda name: " ".join(re.findall(r"\w+", name.casefold())) + " ")


def pool(effects: np.ndarray, ses: np.ndarray) -> dict[str, float | int]:
    """Random-effects summary of independent effects.

    Parameters
    ----------
    effects, ses : ndarray of shape (k,)
        Effects and their standard errors, in one unit; k is at least 3.

    Returns
    -------
    dict
        The values of `PooledEffect` from `estimate_pp` to `q_p_value`, in the unit of the effects.

    Notes
    -----
    With weights w = 1 / (se² + tau²) and mean m, the ordinary standard error is (Σw)^(-1/2). Hartung and Knapp multiply
    it by the root of Σw(y − m)² / (k − 1), here by 1 at least, and use t with k − 1 degrees of freedom. The prediction
    interval is m ± t(k − 2)·√(tau² + se(m)²), with that same se(m). I² = 1 − (k − 1) / Q, at least 0.
    """
    k = len(effects)
    with np.errstate(divide="ignore"):  # effects that are all the same have no spread to divide by
        found = combine_effects(effects, np.square(ses), method_re="pm", maxiter=_ITERATIONS)
    mean, tau, q = float(found.mean_effect_re), float(np.sqrt(max(found.tau2, 0))), max(float(found.q), 0.0)
    se = float(found.sd_eff_w_re * np.sqrt(max(1.0, found.scale_hksj_re)))
    half = stats.t.isf(ALPHA / 2, k - 1) * se
    wide = stats.t.isf(ALPHA / 2, k - 2) * np.hypot(tau, se)
    return {
        "estimate_pp": mean,
        "ci_low_pp": float(mean - half),
        "ci_high_pp": float(mean + half),
        "p_value": float(2 * stats.t.sf(abs(mean) / se, k - 1)),
        "prediction_low_pp": float(mean - wide),
        "prediction_high_pp": float(mean + wide),
        "tau_pp": tau,
        "i_squared": float(max(0.0, 1 - (k - 1) / q)) if q > 0 else 0.0,
        "q": q,
        "q_df": k - 1,
        "q_p_value": float(stats.chi2.sf(q, k - 1)),
    }


def pooled_effects(
    results: pd.DataFrame, minimum: int = FEWEST, minimum_predicted: int = FEWEST_PREDICTED
) -> tuple[PooledEffect, ...]:
    """The pooled effect over all results, and for each need, setting and sector that has results.

    Parameters
    ----------
    results : DataFrame
        As `Bulletin.results_frame`, with the column left_out of `left_out`.
    minimum : int
        Fewest results that are pooled, 3 or more.
    minimum_predicted : int
        Fewest results from which a prediction interval is told.
    """
    shown = results[results["difference_pp"].notna()]
    groups: list[tuple[str, str, pd.DataFrame]] = [("all", "all", shown)]
    for by in GROUPINGS:
        groups += [(by, str(level), part) for level, part in shown.groupby(by, sort=True)]
    fewest = (max(minimum, FEWEST), max(minimum_predicted, FEWEST))
    return tuple(_pooled(by, level, part, *fewest) for by, level, part in groups)


def _pooled(by: str, level: str, part: pd.DataFrame, minimum: int, minimum_predicted: int) -> PooledEffect:
    taken = part[part["left_out"] == ""]
    k, n_people = len(taken), taken["n_treatment"].sum(min_count=max(len(taken), 1))
    about = {
        "by": by,
        "level": level,
        "k": k,
        "n_people": int(n_people) if pd.notna(n_people) else None,
        "n_imported": int((taken["source"] == Source.imported).sum()),
        "n_left_out": len(part) - k,
    }
    if k < minimum:
        results = "result" if k == 1 else "results"
        return PooledEffect(**about, why_not=f"{k} {results}; effects are pooled from {minimum} on")
    effects, ses = (taken[c].to_numpy(float) for c in ("difference_pp", "se_pp"))
    pooled = pool(effects, ses)
    if k < minimum_predicted:
        pooled |= {"prediction_low_pp": None, "prediction_high_pp": None}
    return PooledEffect(**about, **pooled)
