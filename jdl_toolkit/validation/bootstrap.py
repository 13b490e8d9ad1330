"""The headline's standard error, which takes weights as fixed, beside a bootstrap that refits score and match."""

from __future__ import annotations

import numpy as np

from ..inference import estimate
from ..inference.bootstrap import bootstrap
from ..inference.interval import NotEstimable
from ..matching import match
from .headline import CELLS as HEADLINE_CELLS
from .headline import covariates_of, default_spec, model_settings
from .people import World, draw_people
from .study import Study

DRAWS = 200

CELLS = {name: HEADLINE_CELLS[name] for name in ("30x1000-weak-none", "257x1000-strong-none")}


def replicate(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw of the world, analysed at the widest caliper, by formula and by bootstrap.

    Returns
    -------
    list of dict
        One row: estimate, se, ci_low, ci_high and p_value of ``headline_`` and ``bootstrap_``; of the latter only if
        draws enough had an answer.
    """
    people, spec = draw_people(world, rng), default_spec()
    covariates, y = covariates_of(people), people.reoffended
    matched = match(covariates, spec, max(spec.matching.calipers))
    again = spec.variant(seed=int(rng.integers(2**31)), inference={"bootstrap_draws": DRAWS})
    row = {f"headline_{k}": v for k, v in estimate(y, matched.design, matched, "share", spec)["headline"].items()}
    try:
        found = bootstrap(y, covariates, matched, "share", again)
    except NotEstimable:
        return [row]
    return [row | {f"bootstrap_{k}": v for k, v in found.items()}]


BOOTSTRAP = Study(
    name="bootstrap",
    cells=CELLS,
    replications=dict.fromkeys(CELLS, 250),
    replicate=replicate,
    rests_on=("matching", "inference", "balance", "validation/people.py", "validation/bootstrap.py"),
    settings=model_settings,
)
