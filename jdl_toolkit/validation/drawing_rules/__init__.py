"""Do the rules about time do what they are for? Services that do nothing, drawn on invented and on real dates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ... import __version__
from ...errors import JDLError
from ...manifest import toolkit_commit
from ...result import write_atomically
from ..part import RESULTS, Effort, Part
from ..study import Study, read_replications, run_study
from .results import KEY, QUESTION, answer
from .rules import Placebo, error_of_expected, expected_without_rule, study

LEVEL = 0.05


def run(folder: Path, effort: Effort) -> None:
    """Draw the services of every cell and sum up what each rule made of them.

    Raises
    ------
    JDLError
        If the folder of histories does not hold them, or `folder` has draws made with another seed, settings or code.
    """
    histories = "" if effort.histories is None else str(Path(effort.histories).resolve())
    if histories and not (Path(histories) / "index_events.csv").is_file():
        fix = "name the folder that holds index_events.csv, or leave the option out"
        raise JDLError("there are no histories in this folder", "--histories", fix)
    asked = study(effort.short, histories)
    run_study(asked, folder / "draws", workers=effort.workers, seed=effort.seed)
    write_results(folder, asked, effort)


def write_results(folder: Path, asked: Study, effort: Effort) -> None:
    """Sum up the draws that are there; of a study that is still running, those that it has finished."""
    draws = read_replications(folder / "draws", asked.cells)
    about = {"seed": effort.seed, "short": effort.short, "toolkit": __version__, "commit": toolkit_commit()}
    about |= {"with_histories": effort.histories is not None, "planned": asked.replications}
    about["cells"] = {name: _described(cell) for name, cell in asked.cells.items()}
    constant = next(cell for cell in asked.cells.values() if cell.dates == "constant")
    about["expected"] = {rule: round(100 * x, 6) for rule, x in expected_without_rule(constant.known()).items()}
    errors = error_of_expected(len(constant.known().events), constant.known().delays)
    about["expected_error"] = {rule: round(100 * x, 6) for rule, x in errors.items()}
    write_atomically(folder / RESULTS / "draws.csv", summarise(draws).to_csv(index=False, float_format="%.6g"))
    write_atomically(folder / RESULTS / "about.json", json.dumps(about, indent=2) + "\n")


def _described(cell: Placebo) -> dict:
    """What a cell is, without the place of anybody's files; of the dates, how many people and how many reoffended."""
    known = cell.known()
    about = {"dates": cell.dates, "chosen": cell.chosen, "waits": cell.waits, "step": cell.step}
    of_pool = float(100 * known.reoffended[known.in_pool].mean())
    return about | {"n_people": len(known.events), "n_pool": int(known.in_pool.sum()), "rate": round(of_pool, 2)}


def summarise(draws: pd.DataFrame) -> pd.DataFrame:
    """A row for each cell, rule, outcome and analysis.

    Parameters
    ----------
    draws : DataFrame
        As `drawing_rules.replicate` gives them, with cell and replication.

    Returns
    -------
    DataFrame
        cell, rule, outcome, analysis, n_draws; n_treated, n_control (means); bias, bias_mcse, sd, mean_se (percentage
        points); rejected, rejected_mcse (per cent of draws with a p-value below 5 per cent).
    """
    rows = []
    for keys, group in draws.groupby(["cell", "rule", "outcome", "analysis"], sort=False):
        n, share = len(group), float((group["p_value"] < LEVEL).mean())
        sd = float(group["estimate"].std(ddof=1))
        row = dict(zip(("cell", "rule", "outcome", "analysis"), keys, strict=True)) | {"n_draws": n}
        row |= {"n_treated": group["n_treated"].mean(), "n_control": group["n_control"].mean()}
        row |= {"bias": 100 * group["estimate"].mean(), "bias_mcse": 100 * sd / np.sqrt(n), "sd": 100 * sd}
        row |= {"mean_se": 100 * group["se"].mean(), "rejected": 100 * share}
        rows.append(row | {"rejected_mcse": 100 * np.sqrt(share * (1 - share) / n)})
    return pd.DataFrame(rows)


PART = Part(KEY, QUESTION, run, answer, "30 minutes on 2 processors, half of it for real dates")
