"""Part `whole-line`: is the effect found right when all of it is done, from the upload to the finding?"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pandas as pd

from ..part import RESULTS, Answer, Check, Effort, Part
from ..study import Study, read_replications, run_study
from .checks import checks_of
from .register import Registers, prepare_registers
from .replication import line_spec, replicate
from .results import write_results
from .service import MANY, N_NEVER_CONVICTED, N_NOT_ON_REGISTER, N_OTHER_DISPOSAL, N_TAKING_PART, N_TWICE, Line
from .shown import figures_of, tables_of
from .words import words_of

#: Effects from none to a third of all reoffending, selection from weak to strong, uploads from clean to dirty; in one
#: the service helps those with many offences far more than others, in one a hidden trait decides who takes part.
CELLS = {
    "clean-2": Line("clean", 0.5, 0.08, 0.08),
    "clean-hidden": Line("clean", 1.0, 0.0, 0.0, hidden_odds=3.0),
    "realistic-none": Line("realistic", 1.5, 0.0, 0.0),
    "realistic-5": Line("realistic", 1.0, 0.19, 0.19),
    "dirty-10": Line("dirty", 1.0, 0.38, 0.38, identifiers=False),
    "dirty-varied": Line("dirty", 1.5, 0.05, 0.40, identifiers=False),
}
REPLICATIONS, BLOCK = 200, 5

LARGE = Registers(n_registers=4, n_people=150_000, n_drawn=20_000)
SMALL = Registers(n_registers=1, n_people=20_000, n_drawn=12_000)

#: What the results rest on: every stage from upload to finding, the invented people, and this study.
RESTS_ON = (
    "attrition.py", "balance", "cohort", "covariates", "inference", "linkage", "matching", "outcomes.py", "register",
    "submission", "synthetic", "validation/whole_line/register.py", "validation/whole_line/replication.py",
    "validation/whole_line/service.py",
)  # fmt: skip


def run(folder: Path, effort: Effort) -> None:
    """Prepare the registers, draw and analyse what is missing of the cells, and sum up; as `Part.run`."""
    registers = SMALL if effort.short else LARGE
    prepare_registers(folder / "registers", registers, effort.seed)
    study = line_study(folder / "registers", registers)
    n = 1 if effort.short else REPLICATIONS
    run_study(study, folder / "replications", None, n, effort.workers, effort.seed, BLOCK)
    sum_up(folder, effort)


def sum_up(folder: Path, effort: Effort) -> None:
    """Write the results of what is finished: all of it, or so far."""
    registers, n = (SMALL, 1) if effort.short else (LARGE, REPLICATIONS)
    found = read_replications(folder / "replications")
    write_results(found[found["replication"] < n], CELLS, n, registers, folder / RESULTS, effort)


def line_study(folder: Path, registers: Registers) -> Study[Line]:
    """The six cells on these registers."""
    return Study(
        name="whole-line",
        cells=CELLS,
        replications=dict.fromkeys(CELLS, REPLICATIONS),
        replicate=partial(replicate, folder=folder, registers=registers),
        rests_on=RESTS_ON,
        settings=partial(_settings, registers),
    )


def _settings(registers: Registers) -> dict:
    sizes = (MANY, N_TAKING_PART, N_OTHER_DISPOSAL, N_NEVER_CONVICTED, N_NOT_ON_REGISTER, N_TWICE)
    return {"registers": asdict(registers), "service": sizes, "request": line_spec().to_dict()}


def answer(results: Path) -> Answer:
    """What the results say; as `Part.answer`."""
    estimates, linkage, missed = (pd.read_csv(results / f"{name}.csv") for name in ("estimates", "linkage", "missed"))
    about = json.loads((results / "about.json").read_text("utf-8"))
    cells = {cell: Line(**line) for cell, line in about["service"].items()}
    checks = (_whole(about), *checks_of(estimates, linkage, cells))
    text = words_of(about, estimates, linkage, missed, cells, checks)
    tables = tables_of(estimates, linkage, missed, cells)
    return Answer(PART.key, PART.question, text, checks, tables, figures_of(estimates, linkage, cells))


def _whole(about: dict) -> Check:
    n, wanted = sum(about["replications"].values()), about["wanted"] * len(about["replications"])
    why = "" if n >= wanted else "The study is not finished: what it says so far may still change."
    return Check("Every repetition asked for is in", f"{n:,}", f"{wanted:,}", None if why else True, why)


PART = Part(
    key="whole-line",
    question="Is the effect found right when all of it is done, from the upload to the finding?",
    run=run,
    answer=answer,
    takes="45 minutes on 2 processors",
)
