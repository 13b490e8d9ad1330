"""A bootstrap that refits the score and matches anew in every draw: does the headline's standard error hold?

The headline takes its weights as given. Here whole people are drawn with replacement, treated and pool each as many as
there were, and everything from the propensity model on is done again.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from ..errors import JDLError
from ..matching import MatchedSample, match
from ..spec import Method
from .estimation import Kind, headline_among, prepare
from .interval import NotEstimable, interval

#: More draws without an estimate than this share of all, and the others are no fair picture.
MOST_FAILED = 0.05

NOT_FOR_NEAREST = (
    "the bootstrap does not hold for nearest neighbours (Abadie and Imbens 2008); the standard error of Abadie and "
    "Imbens, or the one by matched sets, stands in its place"
)


def bootstrap(
    y: np.ndarray, covariates, matched: MatchedSample, kind: Kind, spec, subset: np.ndarray | None = None
) -> dict:
    """The headline with the standard deviation of its bootstrap draws as standard error.

    Parameters
    ----------
    y : array, shape (n_people,)
        In the order of ``matched.units``.
    covariates : Covariates
        What the match was made from: `units` and `labels`.
    matched : MatchedSample
        Its caliper, in standard deviations of the score, is kept.
    kind : Kind
    spec : RequestSpec
        inference.bootstrap_draws, seed, and whatever matching needs.
    subset : bool array, shape (n_people,), optional

    Raises
    ------
    NotEstimable
        For nearest neighbours; without draws or covariates; where more than `MOST_FAILED` of the draws had no answer.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap; Abadie & Imbens (2008), Econometrica 76, 1537-1557.
    """
    draws = spec.inference.bootstrap_draws
    if matched.method == Method.nearest:
        raise NotEstimable(NOT_FOR_NEAREST)
    if draws < 2 or covariates is None:
        raise NotEstimable("inference.bootstrap_draws does not ask for it" if draws < 2 else "covariates are not given")
    rng = np.random.default_rng(spec.seed)
    units = covariates.units.sort_values("unit_id", kind="stable").reset_index(drop=True)
    if not np.array_equal(units["unit_id"].to_numpy(), matched.units["unit_id"].to_numpy()):
        raise NotEstimable("the covariates are not those of the people matched")
    groups = [np.flatnonzero(units["is_treated"].to_numpy(bool) == g) for g in (True, False)]
    found = []
    for _ in range(draws):
        drawn = np.concatenate([rng.choice(g, len(g)) for g in groups])
        people = SimpleNamespace(
            units=units.iloc[drawn].reset_index(drop=True).assign(unit_id=np.arange(len(drawn))),
            labels=covariates.labels,
        )
        try:
            again = match(people, spec, matched.caliper_sd)
            among = prepare(again.design, again, None if subset is None else subset[drawn])
            value = headline_among(among, y[drawn], kind, spec)[0]["estimate"]
        except JDLError:
            continue
        if np.isfinite(value):
            found.append(value)
    if len(found) < (1 - MOST_FAILED) * draws:
        raise NotEstimable(f"{draws - len(found)} of {draws} draws had no answer")
    headline, _ = headline_among(prepare(matched.design, matched, subset), y, kind, spec)
    se = float(np.std(found, ddof=1))
    return interval(headline["estimate"], se, headline["df"], spec.inference.confidence)
