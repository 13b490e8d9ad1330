"""What the replications of the whole line come to: small tables, aggregates alone, and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from ... import __version__
from ...inference.estimation import ESTIMATES
from ...manifest import toolkit_commit
from ...power.spread import common_sd
from ...power.t_test import power_of_t_test
from ...result import write_atomically
from ..part import Effort
from ..summary import LEVEL, measure
from .register import Registers
from .replication import KEPT
from .service import Line

ALL = "all"  # all cells together; of the estimates with the effect undone, all in which nothing is hidden

#: What a row of the estimates is about: the links, and whether the effect is in the outcomes.
LINKS, OUTCOMES = ("found", "true"), ("as it was", "undone")


def write_results(
    replications: pd.DataFrame, cells: Mapping[str, Line], wanted: int, registers: Registers, out: Path, effort: Effort
) -> None:
    """Write estimates.csv, linkage.csv, missed.csv and about.json, of whatever is finished.

    Parameters
    ----------
    replications : DataFrame
        As `replication.replicate` gives them, with cell and replication.
    cells : dict of str to Line
    wanted : int
        Replications asked for, of each cell.
    """
    done = replications.groupby("cell").size()
    about = {"seed": effort.seed, "short": effort.short, "toolkit_version": __version__, "commit": toolkit_commit()}
    found = {cell: int(done.get(cell, 0)) for cell in cells}
    about |= {"tried": {"cells": sum(n > 0 for n in found.values()), "replications": sum(found.values())}}
    about |= {"wanted": wanted, "replications": found, "registers": asdict(registers)}
    about |= {"service": {cell: asdict(line) for cell, line in cells.items()}}
    tables = {"estimates": estimates_of, "linkage": linkage_of, "missed": missed_of}
    for name, make in tables.items():
        text = make(replications, cells).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_atomically(out / f"{name}.csv", text)
    write_atomically(out / "about.json", json.dumps(about, indent=2) + "\n")


def estimates_of(replications: pd.DataFrame, cells: Mapping[str, Line]) -> pd.DataFrame:
    """A row for each cell, kind of links, outcomes and estimate.

    Returns
    -------
    DataFrame
        cell (or `ALL`), links, outcomes, estimator, n (with an estimate), n_without, truth (mean over the replications,
        percentage points), crude_bias, the columns of `summary.measure` (missing where n is 1), n_covered,
        n_covered_average (intervals that hold the average truth of the cell), coverage_expected (`expected_coverage`,
        per cent), n_conclusive, n_wrong_sign, power
        (promised to so many people, controls by their effective number; per cent), z (sum of error over standard
        error), n_matched, ess,
        rate_compared (per cent of the comparison group, adjusted), n_red (replications), n_weighted.
    """
    rows = []
    for cell, of in _by_cell(replications, cells):
        for links in LINKS:
            rows += [_row(of, cell, links, OUTCOMES[0], name) for name in ESTIMATES]
        rows += [_row(of, cell, links, OUTCOMES[1], "headline") for links in LINKS]
    nothing_hidden = replications[replications["cell"].map({c: line.hidden_odds == 1 for c, line in cells.items()})]
    if len(nothing_hidden):
        rows += [_row(nothing_hidden, ALL, links, outcomes, "headline") for links in LINKS for outcomes in OUTCOMES]
    return pd.DataFrame(rows)


def _by_cell(replications: pd.DataFrame, cells: Mapping[str, Line]) -> list[tuple[str, pd.DataFrame]]:
    parts = [(cell, replications[replications["cell"] == cell]) for cell in cells]
    return [(cell, of) for cell, of in parts if len(of)]


def _row(of: pd.DataFrame, cell: str, links: str, outcomes: str, estimator: str) -> dict:
    column = f"{links}_{estimator}" if outcomes == OUTCOMES[0] else f"{links}_undone"
    has = of[f"{column}_estimate"].notna()
    row = {"cell": cell, "links": links, "outcomes": outcomes, "estimator": estimator}
    row |= {"n": int(has.sum()), "n_without": int((~has).sum())}
    of = of[has]
    if of.empty:
        return row
    found = {key: of[f"{column}_{key}"].to_numpy(float) for key in KEPT}
    truth = of[f"{links}_truth"].to_numpy(float) * (outcomes == OUTCOMES[0])
    crude = of[f"{links}_crude_estimate"].to_numpy(float) - of[f"{links}_truth"].to_numpy(float)
    row |= {"truth": 100 * truth.mean(), "crude_bias": 100 * crude.mean()}
    row |= measure(found, truth, found["ci_high"] - found["ci_low"]) if len(of) > 1 else {}
    average = pd.Series(truth).groupby(of["cell"].to_numpy()).transform("mean").to_numpy()
    covers = [(found["ci_low"] <= t) & (t <= found["ci_high"]) for t in (truth, average)]
    row |= {"n_covered": int(covers[0].sum()), "n_covered_average": int(covers[1].sum())}
    groups = [of[f"{links}_{name}"].to_numpy(float) for name in ("rate_treated", "n_matched")]
    row |= {"coverage_expected": 100 * float(expected_coverage(found, truth, *groups).mean())}
    conclusive = (found["ci_low"] > 0) | (found["ci_high"] < 0)
    row |= {"n_conclusive": int(conclusive.sum())}
    row |= {"n_wrong_sign": int((conclusive & (np.sign(found["estimate"]) * np.sign(truth) < 0)).sum())}
    row |= {"power": _promised(of, links, truth.mean()), "z": float(((found["estimate"] - truth) / found["se"]).sum())}
    counts = {name: of[f"{links}_{name}"] for name in ("n_matched", "ess", "n_red", "is_weighted")}
    row |= {"n_matched": counts["n_matched"].mean(), "ess": counts["ess"].mean()}
    row |= {"rate_compared": 100 * (of[f"{links}_rate_treated"] - of[f"{links}_headline_estimate"]).mean()}
    return row | {"n_red": int((counts["n_red"] > 0).sum()), "n_weighted": int(counts["is_weighted"].sum())}


def expected_coverage(
    found: Mapping[str, np.ndarray], truth: np.ndarray, rate_treated: np.ndarray, n_matched: np.ndarray
) -> np.ndarray:
    """How often an interval that is right for the average effect holds that on the very people matched.

    Its standard error allows for chance in Y1 of the n treated, p1·(1 − p1) / n of its variance; the error against the
    truth of these people is that of Y0, with p0 = p1 − truth in the place of p1. Without an effect it is 95 per cent.

    Parameters
    ----------
    found : dict of array, shape (n_replications,)
        estimate, se, ci_high.
    truth, rate_treated, n_matched : array, shape (n_replications,)

    Returns
    -------
    array, shape (n_replications,)
        Shares.
    """
    p1, p0 = rate_treated, rate_treated - truth
    more = (p0 * (1 - p0) - p1 * (1 - p1)) / n_matched
    reach = stats.norm.isf(LEVEL / 2) * found["se"] / np.sqrt(found["se"] ** 2 + more)
    return 1 - 2 * stats.norm.sf(reach)


def _promised(of: pd.DataFrame, links: str, effect: float) -> float:
    """Power that the toolkit's power table promises such groups for this effect, per cent."""
    if not effect:
        return 100 * LEVEL
    n, ess, rate = (float(of[f"{links}_{name}"].mean()) for name in ("n_matched", "ess", "rate_treated"))
    return 100 * power_of_t_test(n, ess, effect / common_sd(rate, n, rate - effect, ess), LEVEL)


def linkage_of(replications: pd.DataFrame, cells: Mapping[str, Line]) -> pd.DataFrame:
    """What linkage did in each cell, and what that did to the estimate.

    Returns
    -------
    DataFrame
        cell, faults, identifiers, n, then totals over the replications: n_records, n_right, n_wrong, n_missed,
        n_strangers, n_strangers_linked, n_unusable, n_ambiguous, expected_wrong; n_not_served (analysed), n_analysed,
        n_true_analysed, n_served_in_pool, n_pool; shift (mean of the estimate with the links found less that with the
        true ones, points), undone_shift (the same without an effect), error_shift (shift less what the truth itself
        shifts by), each with ``_mcse``, truth_shift; mean_se (of the estimates, points); and, of the things that must
        be 0: n_differ, n_judged_otherwise, n_not_adding_up.
    """
    rows = []
    summed = ["n_records", "n_right", "n_wrong", "n_missed", "n_strangers", "n_strangers_linked", "n_unusable"]
    summed += ["n_ambiguous", "expected_wrong"]
    for cell, of in _by_cell(replications, cells):
        line, n = cells[cell], len(of)
        row = {"cell": cell, "faults": line.faults, "identifiers": line.identifiers, "n": n}
        row |= {name: float(of[name].sum()) for name in summed}
        row |= {name: float(of[f"found_{name}"].sum()) for name in ("n_not_served", "n_analysed", "n_pool")}
        row |= {"n_true_analysed": float(of["true_n_analysed"].sum())}
        row |= {"n_served_in_pool": float(of["found_n_served_in_pool"].sum())}
        shifts = {name: 100 * (of[f"found_{c}"] - of[f"true_{c}"]) for name, c in _SHIFTS.items()}
        shifts["error_shift"] = shifts["shift"] - shifts["truth_shift"]
        for name in ("shift", "undone_shift", "error_shift"):
            known = shifts[name].dropna()
            row[name] = known.mean()
            row[f"{name}_mcse"] = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
        row |= {"truth_shift": shifts["truth_shift"].mean(), "mean_se": 100 * of["found_headline_se"].mean()}
        for name in ("n_differ", "n_judged_otherwise"):
            row[name] = float(sum(of[f"{links}_{name}"].sum() for links in LINKS))
        row["n_not_adding_up"] = float(sum((of[f"{links}_adds_up"] != 1).sum() for links in LINKS))
        rows.append(row)
    return pd.DataFrame(rows)


_SHIFTS = {"shift": "headline_estimate", "undone_shift": "undone_estimate", "truth_shift": "truth"}


def missed_of(replications: pd.DataFrame, cells: Mapping[str, Line]) -> pd.DataFrame:
    """Of the people who could be analysed, how many linkage missed: a row for each level of faults and group.

    Returns
    -------
    DataFrame
        faults, group (``analysable``: all of them), n, n_missed: totals over all replications of the level.
    """
    levels = replications["cell"].map({cell: line.faults for cell, line in cells.items()})
    groups = [c.removeprefix("missed_") for c in replications if c.startswith("missed_")]
    return pd.DataFrame(
        [
            {"faults": level, "group": group, "n": int(of[f"n_{group}"].sum()), "n_missed": int(missed.sum())}
            for level, of in replications.groupby(levels, sort=False)
            for group, missed in ((group, of[f"missed_{group}"]) for group in groups)
        ]
    )
