"""What a study found: bias, coverage, type I error, power and length of intervals, each with its Monte-Carlo error.

References
----------
Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102: the measures and their Monte-Carlo errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .people import World

LEVEL = 0.05
RED = 0.10  # standardised mean difference above which balance is red

#: How many Monte-Carlo standard errors a coverage may lie from 95 per cent, and a type I error from 5: the two-sided
#: 1 per cent point. With a dozen cells, 1.96 would call one true 95 per cent in two studies a miss; this, one in nine.
BOUND = 2.576


def summarise(replications: pd.DataFrame, worlds: Mapping[str, World], estimators: tuple[str, ...]) -> pd.DataFrame:
    """One row for each cell, caliper rule and estimator.

    Parameters
    ----------
    replications : DataFrame
        cell, replication, caliper_rule (where the study has several), and for each estimator ``_estimate``, ``_se``,
        ``_ci_low``, ``_ci_high``, ``_p_value`` (shares).
    worlds : dict of str to World
        The cells, by name.
    estimators : tuple of str
        Lengths are compared with those of "classic" if it is among them, else with the first.

    Returns
    -------
    DataFrame
        cell, n_treated, n_pool, selection, effect, prognosis, truth, caliper_rule ("ladder, balanced": those of the
        ladder whose balance has no red difference, as only they would be published), estimator, n (replications with an
        estimate), n_without (replications without), share_red (with a standardised difference above 0.10 after
        matching), then the columns of `measure` and, where there is a crude difference, crude_bias.
    """
    replications = replications.assign(caliper_rule=replications.get("caliper_rule", "widest"))
    if "worst_smd" in replications:  # what would be published: a red difference closes the gate
        open_gate = (replications["caliper_rule"] == "ladder") & (replications["worst_smd"] <= RED)
        published = replications[open_gate].assign(caliper_rule="ladder, balanced")
        replications = pd.concat([replications, published], ignore_index=True)
    rows = []
    for cell in worlds:
        for rule, group in replications[replications["cell"] == cell].groupby("caliper_rule"):
            rows += _rows(group, cell, worlds[cell], rule, estimators)
    return pd.DataFrame(rows)


def as_table(summary: pd.DataFrame, worlds: Mapping[str, World]) -> str:
    """The summary of one caliper rule as a Markdown table, a row for each cell, the estimators with slashes between."""
    estimators = summary["estimator"].drop_duplicates().tolist()
    heads = ["treated v pool, selection, effect", "n", "red, %", "crude bias", "bias", "SD", "mean SE", "coverage, %"]
    heads += ["bounds", "p < 0.05, %", f"length ({_compared(estimators)} = 1)"]
    decimals = {"bias": 2, "sd": 2, "mean_se": 2, "coverage": 1, "rejected": 1, "length_ratio": 2}
    lines = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for cell, of in summary.groupby("cell", sort=False):
        first = of.iloc[0]
        shown = {name: [_fixed(v, places) for v in of[name]] for name, places in decimals.items()}
        parts = [describe(worlds[cell]), f"{first['n']:,}"]
        parts += [_fixed(first.get("share_red", np.nan), 0), _fixed(first.get("crude_bias", np.nan), 1)]
        triples = {name: " / ".join(values) for name, values in shown.items()}
        parts += [triples[name] for name in ("bias", "sd", "mean_se", "coverage")]
        parts += [
            f"{first['coverage_low']:.1f} to {first['coverage_high']:.1f}",
            triples["rejected"],
            triples["length_ratio"],
        ]
        lines.append(f"| {' | '.join(parts)} |")
    return "\n".join(lines)


def describe(world: World) -> str:
    """A cell in few words."""
    effect = f"\N{MINUS SIGN}{abs(100 * world.effect):g}" if world.effect else "no effect"
    effect += " growing with risk" if world.grows else ""
    words = [f"{world.n_treated:,} v {world.n_pool:,}", world.selection, effect]
    words += [f"hidden odds {world.hidden_selection:g}"] if world.is_confounded else []
    words += ["strong covariates"] if world.prognosis == "strong" else []
    return ", ".join(words + (["curved"] if world.truth == "curved" else []))


def _compared(estimators: Sequence[str]) -> str:
    """The estimator whose intervals the others are measured by."""
    return "classic" if "classic" in estimators else estimators[0]


def _fixed(value: float, places: int) -> str:
    """A number with so many decimals; a dash where there is none, a true minus, and never minus zero."""
    text = "\N{EN DASH}" if np.isnan(value) else f"{value + 0.0:.{places}f}"
    return text.lstrip("-") if float(text.replace("\N{EN DASH}", "1")) == 0 else text.replace("-", "\N{MINUS SIGN}")


def _rows(group: pd.DataFrame, cell: str, world: World, rule: str, estimators: tuple[str, ...]) -> list[dict]:
    about = {"cell": cell, "n_treated": world.n_treated, "n_pool": world.n_pool, "selection": world.selection}
    about |= {"effect": 100 * world.effect, "prognosis": world.prognosis, "truth": world.truth, "caliper_rule": rule}
    compared = _compared(estimators)
    rows = []
    for name in estimators:
        has = group[f"{name}_estimate"].notna() & group[f"{compared}_estimate"].notna()
        found = {"estimator": name, "n": int(has.sum()), "n_without": int((~has).sum())}
        if "worst_smd" in group:
            found["share_red"] = 100 * float((group.loc[has, "worst_smd"] > RED).mean())
        one, other = (
            {k: group.loc[has, f"{e}_{k}"].to_numpy(float) for k in ("estimate", "se", "ci_low", "ci_high", "p_value")}
            for e in (name, compared)
        )
        found |= measure(one, world.effect, other["ci_high"] - other["ci_low"])
        if "crude_estimate" in group:
            found["crude_bias"] = 100 * float(group.loc[has, "crude_estimate"].mean() - world.effect)
        rows.append(about | found)
    return rows


def measure(found: Mapping[str, np.ndarray], effect: float | np.ndarray, other_length: np.ndarray) -> dict[str, float]:
    """Performance of one estimator in one cell.

    Parameters
    ----------
    found : dict of array, shape (n_replications,)
        estimate, se, ci_low, ci_high, p_value; shares.
    effect : float or array, shape (n_replications,)
        The truth, the same for all or of each replication.
    other_length : array, shape (n_replications,)
        Lengths of the intervals to compare with.

    Returns
    -------
    dict
        In percentage points: bias, sd (of the estimates from the truth), mean_se, length (of intervals, mean). In per
        cent: coverage; rejected (p below 5 per cent: the type I error where there is no effect, else the power).
        length_ratio is of the mean lengths. Each with its Monte-Carlo standard error, ``_mcse``. coverage_low and
        coverage_high, the bounds around 95; within_bounds.
    """
    n, covered = len(found["estimate"]), (found["ci_low"] <= effect) & (effect <= found["ci_high"])
    rejected, length = found["p_value"] < LEVEL, found["ci_high"] - found["ci_low"]
    off = found["estimate"] - effect
    sd, ratio = off.std(ddof=1), length.mean() / other_length.mean()
    allowed = BOUND * np.sqrt(LEVEL * (1 - LEVEL) / n)
    values = {
        "bias": (off.mean(), sd / np.sqrt(n)),
        "sd": (sd, sd / np.sqrt(2 * (n - 1))),
        "mean_se": (found["se"].mean(), found["se"].std(ddof=1) / np.sqrt(n)),
        "coverage": _share(covered),
        "rejected": _share(rejected),
        "length": (length.mean(), length.std(ddof=1) / np.sqrt(n)),
    }
    percent = {
        k: 100 * float(v) for name, pair in values.items() for k, v in zip((name, f"{name}_mcse"), pair, strict=True)
    }
    return percent | {
        "length_ratio": float(ratio),
        "length_ratio_mcse": float((length - ratio * other_length).std(ddof=1) / np.sqrt(n) / other_length.mean()),
        "coverage_low": 100 * float(1 - LEVEL - allowed),
        "coverage_high": 100 * min(float(1 - LEVEL + allowed), 1.0),
        "within_bounds": bool(abs(covered.mean() - (1 - LEVEL)) <= allowed),
    }


def _share(happened: np.ndarray) -> tuple[float, float]:
    p = happened.mean()
    return float(p), float(np.sqrt(p * (1 - p) / len(happened)))
