"""One standard deviation for a power table, from what is known of the outcome."""

from __future__ import annotations

import math


def common_sd(rate_treatment: float, n_treatment: float, rate_control: float, n_control: float) -> float:
    """One standard deviation for two groups: the root of the simple mean of their sample variances p(1−p)·n/(n−1).

    With 84 of 257 and 11,543 of 33,111 people, 0.4732691826, which gives all ten rows of [S4], Table 1; likely, not
    proved, to be the publisher's own recipe. A group may be infinite, where its size is not known: p(1−p).

    References
    ----------
    [S4] Ministry of Justice (2014), "Justice Data Lab: the pilot year".
    """
    groups = ((rate_treatment, n_treatment), (rate_control, n_control))
    variances = (p * (1 - p) * n / (n - 1) if math.isfinite(n) else p * (1 - p) for p, n in groups)
    return math.sqrt(sum(variances) / 2)


def sd_of_count(mean: float, overdispersion: float = 1.0) -> float:
    """Standard deviation of a count: the root of its mean times the overdispersion.

    Parameters
    ----------
    mean : float
        Per person.
    overdispersion : float
        Variance over mean; 1 for a Poisson count. Numbers of reoffences have more.
    """
    return math.sqrt(mean * overdispersion)
