"""Common support: people whose score has no like in the other group are left out before anything is matched."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from ..spec import CommonSupport


def in_support(logit: np.ndarray, is_treated: np.ndarray, common_support: str, trim: float) -> np.ndarray:
    """Who lies on common support; the score is not fitted anew without the others.

    First, only probabilities in [trim, 1 − trim] stay. Then, for `range`, only people between the lowest and the
    highest score of the other group's people who are left, once (as MatchIt's ``discard = "both"``): the ranges are
    those of whole groups, whatever strata are matched exactly.

    Parameters
    ----------
    logit : float array, shape (n_people,)
        NaN for people set aside, who are on no support.
    is_treated : bool array, shape (n_people,)
    common_support : CommonSupport
    trim : float

    Returns
    -------
    inside : bool array, shape (n_people,)
    """
    inside = ~np.isnan(logit)
    if trim > 0:
        inside &= (expit(logit) >= trim) & (expit(-logit) >= trim)
    if common_support == CommonSupport.none:
        return inside
    groups = [logit[inside & group] for group in (is_treated, ~is_treated)]
    if not all(map(len, groups)):
        return np.zeros(len(logit), bool)
    lowest, highest = max(g.min() for g in groups), min(g.max() for g in groups)
    return inside & (logit >= lowest) & (logit <= highest)
