"""From matching onward: twenty cells, each analysed as a request is, with the toolkit's own settings.

Every replication draws people whose true effect is known person by person (`people`), matches them on the ladder, falls
back on entropy balancing where no caliper balances, opens the gates or does not, and lays four estimates side by side:
crude (the two groups as they come), classic, headline and check. Where something that nobody recorded decides who is
treated, the toolkit's bounds on hidden bias are asked of the same data, and what it really did is put beside them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...balance import choose_caliper
from ...errors import CouldNotBeAnswered
from ...hidden_bias import with_confounder
from ...inference import estimate
from ...inference.estimation import ESTIMATES
from ...inference.weighted_t import Group, t_test
from ...matching import MatchedSample
from ...power import PowerTable
from ...robustness.hiding import bound_hidden_bias
from ..headline import KEPT, covariates_of, default_spec, model_settings
from ..people import People, World, draw_people, hidden_strength
from ..study import Study

SIDE_BY_SIDE = ("crude", *ESTIMATES)
FALLBACK = "ebal"  # the toolkit's default

#: What nobody recorded goes with treatment and outcome by these odds ratios: as motivation would, with no effect of the
#: service, so that it looks like one; and as need would, with an effect of five points, so that it hides it.
ODDS = (1.5, 2.0, 3.0)

#: Each size, each selection and each effect several times, in pairs that come with one another in practice.
MEASURED = {
    "30x1000-weak-none": World(30, 1_000, "weak", 0.0),
    "30x5000-strong-10": World(30, 5_000, "strong", -0.10),
    "60x2000-strong-none": World(60, 2_000, "strong", 0.0),
    "60x5000-middle-10": World(60, 5_000, "middle", -0.10),
    "100x1000-middle-none": World(100, 1_000, "middle", 0.0),
    "100x10000-strong-5": World(100, 10_000, "strong", -0.05),
    "257x5000-strong-none": World(257, 5_000, "strong", 0.0),
    "257x33000-middle-2": World(257, 33_000, "middle", -0.02),
    "1000x10000-middle-none": World(1_000, 10_000, "middle", 0.0),
    "1000x10000-middle-5": World(1_000, 10_000, "middle", -0.05),
    "5000x20000-weak-none": World(5_000, 20_000, "weak", 0.0),
    "5000x20000-strong-2": World(5_000, 20_000, "strong", -0.02),
    "257x5000-strong-grows": World(257, 5_000, "strong", -0.05, grows=True),
    "1000x10000-middle-grows": World(1_000, 10_000, "middle", -0.05, grows=True),
}
HIDDEN = {
    f"1000x10000-hidden-{odds:g}-{name}": World(
        1_000, 10_000, "middle", effect, hidden_selection=odds, hidden_outcome=odds**power
    )
    for name, effect, power in (("none", 0.0, -1), ("5", -0.05, 1))
    for odds in ODDS
}
CELLS = MEASURED | HIDDEN

#: Worlds without what nobody recorded that the hidden ones are laid beside: with no effect, and with five points.
BASES = {"none": "1000x10000-middle-none", "5": "1000x10000-middle-5"}

#: Of a short study: cells whose replications are quick.
SHORT = (
    "30x1000-weak-none",
    "60x2000-strong-none",
    "100x1000-middle-none",
    "257x5000-strong-none",
    "257x5000-strong-grows",
    "1000x10000-hidden-3-none",
)


def replicate(world: World, rng: np.random.Generator) -> list[dict]:
    """One draw of the world, analysed as a request would be.

    Returns
    -------
    list of dict
        One row: is_balanced, n_matched, ess, method (of matching), and for each of `SIDE_BY_SIDE` ``_truth`` (mean
        effect on the people that it concerns), ``_estimate``, ``_se``, ``_ci_low``, ``_ci_high``, ``_p_value``,
        ``_df``; power_people and power_worth, what the power table of these very groups promises for the true effect,
        by people and by what their weights make them worth (missing without an effect). In a world with a hidden
        confounder also the columns of `_hidden`. Where nobody could be matched all but the crude ones are missing.
    """
    people, spec = draw_people(world, rng), default_spec(FALLBACK)
    y, treated = people.reoffended, people.is_treated
    ones = (Group(y[group], np.ones(int(group.sum()))) for group in (treated, ~treated))
    row = _of("crude", t_test(*ones, spec.inference.confidence), people.effect[treated].mean())
    covariates = covariates_of(people)
    try:
        matched, balance, _ = choose_caliper(covariates, spec, distances=False)
    except CouldNotBeAnswered:
        return [row | {"is_balanced": False, "n_matched": 0}]
    found = estimate(y, matched.design, matched, "share", spec)
    weight = matched.units["weight"].to_numpy(float)
    served = treated & (weight > 0)
    truth = float(people.effect[served].mean())
    row |= {"is_balanced": balance.passed, "n_matched": int(served.sum()), "ess": matched.ess_control}
    row["method"] = str(matched.method)
    for name in ESTIMATES:
        row |= _of(name, found[name], truth)
    row |= _power_promised(y, served, weight, truth, matched, spec)
    return [row | _hidden(world, people, matched, found["headline"], spec) if world.is_confounded else row]


def _of(name: str, found: dict, truth: float) -> dict[str, float]:
    return {f"{name}_truth": float(truth)} | {f"{name}_{key}": found[key] for key in KEPT}


def _power_promised(y, served, weight, truth: float, matched: MatchedSample, spec) -> dict[str, float]:
    """As `power_for_rate` has it: of the rates observed, so that it moves a little from draw to draw."""
    control = (weight > 0) & ~matched.units["is_treated"].to_numpy(bool)
    if not truth or control.sum() < 2:
        return {}
    rates = {"treatment": y[served].mean(), "control": np.average(y[control], weights=weight[control])}
    sizes = {"n_treatment": int(served.sum()), "n_control": int(control.sum())}
    table = PowerTable.for_rates(**rates, **sizes, alpha=spec.power.alpha, ess_control=matched.ess_control)
    counted = {"people": table, "worth": table.effective}
    return {f"power_{name}": of.power_for(100 * truth, of.n_treatment) for name, of in counted.items()}


def _hidden(world: World, people: People, matched: MatchedSample, headline: dict, spec) -> dict[str, float]:
    """What nobody recorded did among the people compared, and what the toolkit's bounds say of the same data.

    Returns
    -------
    dict
        p_treated, p_control (who has it, weighted), outcome_difference (what it does to the treated, a share);
        without_estimate, without_ci_low, without_ci_high (headline less what the toolkit's formula takes it to have
        done); ratio_outcome, ratio_treatment (the risk ratios of an E-value, above 1); odds_factor (of the odds of
        treatment, the largest among the people compared); and of the toolkit tipping_zero, tipping_interval (points of
        bias, a share), e_ratio, e_point, e_limit, lambda_interval, gamma, strongest_measured; missing where it had no
        answer.
    """
    units = matched.units
    weight, treated = units["weight"].to_numpy(float), people.is_treated
    served, control = ((weight > 0) & group for group in (treated, ~treated))
    p_treated, p_control = (float(np.average(people.hidden[g], weights=weight[g])) for g in (served, control))
    with_it, without, factor = hidden_strength(world, people.x[weight > 0])
    of_treated = treated[weight > 0]
    changes = float((with_it - without)[of_treated].mean())
    interval = [headline[key] for key in ("estimate", "ci_low", "ci_high")]
    less = with_confounder(*interval, changes, p_treated, p_control)
    row = {"p_treated": p_treated, "p_control": p_control, "outcome_difference": changes}
    row |= dict(zip(("without_estimate", "without_ci_low", "without_ci_high"), less, strict=True))
    ratio = float(with_it[of_treated].mean() / without[of_treated].mean())
    row |= {"ratio_outcome": max(ratio, 1 / ratio), "ratio_treatment": _ratio(p_treated, p_control, ratio)}
    row["odds_factor"] = float(factor.max())
    said = bound_hidden_bias(
        covariates_of(people),
        matched,
        pd.Series(people.reoffended, index=units["unit_id"]),
        {"unit": "share", "treatment_value": float(people.reoffended[served].mean())}
        | {f"headline_{key}": headline[key] for key in KEPT},
        spec,
    )
    toolkit = {
        "tipping_zero": said["confounder"]["to_zero"],
        "tipping_interval": said["confounder"]["to_include_zero"],
        "e_ratio": said["e_values"]["ratio"],
        "e_point": said["e_values"]["point"],
        "e_limit": said["e_values"]["limit"],
        "lambda_interval": said["weights"]["tipping_interval"],
        "gamma": said["pairs"]["tipping_gamma"],
        "strongest_measured": said["confounder"]["strongest_bias"],
    }
    return row | {name: np.nan if value is None else float(value) for name, value in toolkit.items()}


def _ratio(p_treated: float, p_control: float, ratio_outcome: float) -> float:
    """How much commoner among one group is that which raises the outcome: having it, or having it not."""
    if ratio_outcome < 1:
        p_treated, p_control = 1 - p_treated, 1 - p_control
    return max(p_treated / p_control, p_control / p_treated)


MATCHING = Study(
    name="matching",
    cells=CELLS,
    replications=dict.fromkeys(CELLS, 1_000),
    replicate=replicate,
    rests_on=(
        "balance",
        "hidden_bias",
        "inference",
        "matching",
        "power",
        "robustness/hiding.py",
        "validation/headline.py",
        "validation/matching/cells.py",
        "validation/people.py",
    ),
    settings=lambda: model_settings(FALLBACK),
)
