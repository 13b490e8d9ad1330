"""What the replications of the matching part come to: small tables, aggregates alone, and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ... import __version__
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..headline import default_spec
from ..part import Effort
from ..people import World
from ..summary import measure
from .cells import CELLS, FALLBACK, SIDE_BY_SIDE

_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value")


def write_results(replications: pd.DataFrame, results: Path, effort: Effort, wanted: Mapping[str, int]) -> None:
    """Write estimates.csv, hidden.csv and about.json; whatever part of the study is finished is summed up.

    Parameters
    ----------
    replications : DataFrame
        As `cells.replicate` gives them, with cell and replication.
    results : Path
    effort : Effort
    wanted : dict of str to int
        Replications that were asked for, by cell.
    """
    done = replications.groupby("cell").size()
    about = {"seed": effort.seed, "short": effort.short, "toolkit_version": __version__, "commit": toolkit_commit()}
    found = {cell: int(done.get(cell, 0)) for cell in wanted}
    about |= {"tried": {"cells": sum(n > 0 for n in found.values()), "replications": sum(found.values())}}
    about |= {"wanted": dict(wanted), "replications": found}
    for name, frame in (("estimates", estimates_of(replications)), ("hidden", hidden_of(replications))):
        write_atomically(results / f"{name}.csv", frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    write_atomically(results / "about.json", json.dumps(about, indent=2) + "\n")


def estimates_of(replications: pd.DataFrame) -> pd.DataFrame:
    """A row for each cell and estimate.

    Returns
    -------
    DataFrame
        cell, estimator, n (replications with an estimate), n_without (nobody could be matched), n_open (balance and
        size would let the result be published), n_open_covered, truth (mean effect on the people compared, percentage
        points), the columns of `summary.measure`, n_covered, n_conclusive, n_reduction, n_increase, n_wrong
        (conclusive, with the sign the truth has not; missing without an effect), exaggeration (mean of conclusive
        estimates, as sizes, over the size of the truth), exaggeration_mcse, power_people, power_worth (promised, per
        cent).
    """
    rows = []
    for cell in (cell for cell in CELLS if (replications["cell"] == cell).any()):
        all_of = replications[replications["cell"] == cell]
        of = all_of[all_of["headline_estimate"].notna()] if "headline_estimate" in all_of else all_of.iloc[:0]
        if len(of) < 2:
            continue
        is_open = of["is_balanced"].astype(bool) & (of["n_matched"] >= default_spec(FALLBACK).cohort.minimum_analysed)
        for name in SIDE_BY_SIDE:
            found, truth = _arrays(of, name), of[f"{name}_truth"].to_numpy(float)
            covered = (found["ci_low"] <= truth) & (truth <= found["ci_high"])
            length = (of["classic_ci_high"] - of["classic_ci_low"]).to_numpy(float)
            row = {"cell": cell, "estimator": name, "n": len(of), "n_without": len(all_of) - len(of)}
            row |= {"n_open": int(is_open.sum()), "n_open_covered": int((covered & is_open).sum())}
            row |= (
                {"truth": 100 * float(truth.mean())} | measure(found, truth, length) | {"n_covered": int(covered.sum())}
            )
            row |= _conclusive(found, truth, CELLS[cell])
            for count in ("people", "worth"):
                row[f"power_{count}"] = 100 * float(of.get(f"power_{count}", pd.Series(dtype=float)).mean())
            rows.append(row)
    return pd.DataFrame(rows)


def _arrays(of: pd.DataFrame, name: str) -> dict[str, np.ndarray]:
    return {part: of[f"{name}_{part}"].to_numpy(float) for part in _PARTS}


def _conclusive(found: dict[str, np.ndarray], truth: np.ndarray, world: World) -> dict[str, float]:
    """How many findings are conclusive, and of an effect how many have the wrong sign and how far they exaggerate."""
    reduction, increase = found["ci_high"] < 0, found["ci_low"] > 0
    conclusive = reduction | increase
    row = {
        "n_conclusive": int(conclusive.sum()),
        "n_reduction": int(reduction.sum()),
        "n_increase": int(increase.sum()),
    }
    if not world.effect or not conclusive.any():
        return row | dict.fromkeys(("n_wrong", "exaggeration", "exaggeration_mcse"), np.nan)
    estimates, times = found["estimate"][conclusive], np.abs(found["estimate"] / truth)[conclusive]
    error = times.std(ddof=1) / np.sqrt(len(times)) if len(times) > 1 else np.nan
    row["n_wrong"] = int((np.sign(estimates) != np.sign(truth[conclusive])).sum())
    return row | {"exaggeration": float(times.mean()), "exaggeration_mcse": float(error)}


def hidden_of(replications: pd.DataFrame) -> pd.DataFrame:
    """A row for each cell with something that nobody recorded; its columns are empty where no such cell has been run.

    Returns
    -------
    DataFrame
        cell, odds (its odds ratio with treatment), n, gap (how much commoner it is among the treated, points), changes
        (what it does to their reoffending, points), bias (of the headline, points), bias_mcse, less_bias, less_mcse
        (once what the toolkit's formula says it did is taken off), n_less_covered; ratio_outcome, ratio_treatment,
        ratio (mean risk ratio found), odds_factor (means); strongest_measured (points, mean); n_reduction, n_increase
        (conclusive); n_over_e, n_over_lambda, n_over_gamma (the toolkit says that nothing as strong as what there is
        could bring the interval to zero), and e_limit, lambda_interval, gamma (medians among conclusive findings).
    """
    columns = ["cell", "odds", "n"]
    if "p_treated" not in replications:
        return pd.DataFrame(columns=columns)
    hidden = replications[replications["p_treated"].notna()]
    rows = [_hidden_row(cell, hidden[hidden["cell"] == cell]) for cell in CELLS if (hidden["cell"] == cell).sum() > 1]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def _hidden_row(cell: str, of: pd.DataFrame) -> dict[str, float]:
    world, truth, n = CELLS[cell], of["headline_truth"], len(of)
    off, less = 100 * (of["headline_estimate"] - truth), 100 * (of["without_estimate"] - truth)
    covered = (of["without_ci_low"] <= truth) & (truth <= of["without_ci_high"])
    reduction, increase = of["headline_ci_high"] < 0, of["headline_ci_low"] > 0
    row = {"cell": cell, "odds": world.hidden_selection, "n": n}
    row |= {"gap": 100 * (of["p_treated"] - of["p_control"]).mean(), "changes": 100 * of["outcome_difference"].mean()}
    for name, values in (("bias", off), ("less_bias", less)):
        row |= {name: values.mean(), f"{name.removesuffix('_bias')}_mcse": values.std(ddof=1) / np.sqrt(n)}
    row |= {"n_less_covered": int(covered.sum())}
    row |= {name: of[name].mean() for name in ("ratio_outcome", "ratio_treatment", "odds_factor")}
    row |= {"ratio": of["e_ratio"].mean(), "strongest_measured": 100 * of["strongest_measured"].mean()}
    row |= {"n_reduction": int(reduction.sum()), "n_increase": int(increase.sum())}
    strength = {
        "e": ("e_limit", of[["ratio_outcome", "ratio_treatment"]].max(axis=1)),
        "lambda": ("lambda_interval", of["odds_factor"]),
        "gamma": ("gamma", max(world.hidden_selection, 1 / world.hidden_selection)),
    }
    for name, (said, real) in strength.items():
        row[f"n_over_{name}"] = int((of[said] > real).sum())  # missing: it had no answer, so it claims nothing
        row[said] = of.loc[reduction | increase, said].median()
    return row


def of_effect(rows: pd.DataFrame, has: bool) -> pd.DataFrame:
    """The rows of cells in which the service has an effect, or has none."""
    return rows[rows["cell"].map(lambda cell: bool(CELLS[cell].effect) == has).astype(bool)]
