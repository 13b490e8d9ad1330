"""The study behind the choice of the headline: the three estimates, repeated in worlds whose effect is known."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..balance import choose_caliper, smd
from ..covariates import Covariates
from ..errors import CouldNotBeAnswered
from ..inference import estimate
from ..inference.estimation import ESTIMATES
from ..matching import MatchedSample, match
from ..spec import RequestSpec, intake_spec, lab_resources
from .people import People, World, draw_people
from .study import Study

#: Eight cells in which each selection meets each effect twice, with every pair of group and pool size; then the other
#: half of the 2 x 2 at the size of the published worked example, and worlds that are hard for the models.
CELLS = {
    "30x1000-weak-none": World(30, 1_000, "weak", 0.0),
    "30x33000-strong-reduction": World(30, 33_000, "strong", -0.05),
    "257x1000-strong-none": World(257, 1_000, "strong", 0.0),
    "257x1000-weak-reduction": World(257, 1_000, "weak", -0.05),
    "257x33000-weak-reduction": World(257, 33_000, "weak", -0.05),
    "257x33000-strong-none": World(257, 33_000, "strong", 0.0),
    "1000x33000-weak-none": World(1_000, 33_000, "weak", 0.0),
    "1000x33000-strong-reduction": World(1_000, 33_000, "strong", -0.05),
    "257x33000-weak-none": World(257, 33_000, "weak", 0.0),
    "257x33000-strong-reduction": World(257, 33_000, "strong", -0.05),
    "30x1000-strong-reduction": World(30, 1_000, "strong", -0.05),
    "257x33000-weak-none-prognostic": World(257, 33_000, "weak", 0.0, prognosis="strong"),
    "257x33000-strong-none-curved": World(257, 33_000, "strong", 0.0, truth="curved"),
}

#: The size of the published worked example, where earlier measurements can be laid beside these.
_TWICE = [name for name in CELLS if name.startswith("257x33000-") and name.count("-") == 2]

KEPT = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")


@lru_cache
def default_spec(fallback: str = "none") -> RequestSpec:
    """The toolkit's defaults, but for what is done where no caliper balances."""
    spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
    return spec.variant(matching={"fallback": fallback})


def model_settings(fallback: str = "none") -> dict:
    """Those of the defaults that decide the estimates."""
    spec = default_spec(fallback)
    sections = ("covariates", "matching", "balance", "inference")
    return {section: getattr(spec, section).model_dump(mode="json") for section in sections}


def replicate(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw of the world, analysed as a request would be.

    Returns
    -------
    list of dict
        Two rows: `caliper_rule` "ladder" (the widest caliper that balances; where none does, the one that comes
        nearest) and "widest" (0.2 SD, whatever the balance). Each with the matched sample (n_matched, n_control, ess,
        worst_smd, caliper), what was said of the models, the crude difference and, for each estimate, ``_estimate``,
        ``_se``, ``_ci_low``, ``_ci_high``, ``_p_value``, ``_df``. Where nobody could be matched they are missing.
    """
    people, spec = draw_people(world, rng), default_spec()
    sample, n_tried = _on_the_ladder(people, spec)
    on_ladder = _row(people, "ladder", sample)
    if n_tried < 2:
        return [on_ladder, on_ladder | {"caliper_rule": "widest"}]
    return [on_ladder, _row(people, "widest", match(covariates_of(people), spec, max(spec.matching.calipers)))]


def replicate_fallback(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw, analysed on the ladder alone and with entropy balancing where no caliper balances; as `replicate`."""
    people = draw_people(world, rng)
    sample = _on_the_ladder(people, default_spec())[0]
    rows = [_row(people, "ladder", sample)]
    if rows[0].get("worst_smd", 0) > default_spec().balance.amber_up_to:
        return [*rows, _row(people, "fallback", _on_the_ladder(people, default_spec("ebal"))[0])]
    return [*rows, rows[0] | {"caliper_rule": "fallback"}]


def _on_the_ladder(people: People, spec: RequestSpec) -> tuple[MatchedSample | None, int]:
    """The sample that the ladder chooses, None if nobody could be matched; and how many rungs were tried."""
    try:
        sample, _, tried = choose_caliper(covariates_of(people), spec, distances=False)
    except CouldNotBeAnswered:
        return None, 0
    return sample, len(tried)


def covariates_of(people: People) -> Covariates:
    """The people as matching is given them."""
    frame = people.frame()
    return Covariates(frame, frame[["unit_id"]], {})


def _row(people: People, rule: str, matched: MatchedSample | None) -> dict:
    y, is_treated = people.reoffended, people.is_treated
    row = {"caliper_rule": rule, "crude_estimate": float(y[is_treated].mean() - y[~is_treated].mean())}
    if matched is None or not matched.n_treatment_matched:
        return row | {"n_matched": 0, "n_control": 0, "ess": 0.0}
    found = estimate(y, matched.design, matched, "share", default_spec())
    row |= {"n_matched": matched.n_treatment_matched, "n_control": matched.n_control, "ess": matched.ess_control}
    row["caliper"] = np.nan if matched.caliper_sd is None else matched.caliper_sd
    row["worst_smd"] = float(np.abs(smd(people.x, is_treated, matched.units["weight"].to_numpy(float))).max())
    row["said_of_score"] = " ".join(matched.messages)
    row["said_of_outcome"] = " ".join(found["messages"])
    return row | {f"{name}_{key}": found[name][key] for name in ESTIMATES for key in KEPT}


HEADLINE = Study(
    name="headline",
    cells=CELLS,
    replications={name: 2_000 if name in _TWICE else 1_000 for name in CELLS},
    replicate=replicate,
    rests_on=("matching", "inference", "balance", "validation/people.py", "validation/headline.py"),
    settings=model_settings,
)

FALLBACK = Study(
    name="fallback",
    cells={name: world for name, world in CELLS.items() if world.n_treated == 30},
    replications={name: 1_000 for name, world in CELLS.items() if world.n_treated == 30},
    replicate=replicate_fallback,
    rests_on=HEADLINE.rests_on,
    settings=lambda: model_settings("ebal"),
)
