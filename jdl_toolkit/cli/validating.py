"""`jdl validate`: the study of whether the toolkit's numbers can be trusted."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import JDLError
from .frame import command, main

if TYPE_CHECKING:  # at run time, the command imports what it needs
    from ..validation.whole import Validation

#: What a run in the background writes its progress to, in the study's folder.
LOG = "validation.log"


@command(main, "validate", "jdl validate --out validation --background")
@click.argument("parts", nargs=-1)
@click.option("--short", is_flag=True, help="A first look in minutes: few repetitions, wide bounds, no proof.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the study.  [default: validation, or validation-short]"
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Another seed is another study.")
@click.option("--workers", type=click.IntRange(1), help="Processes; they change no figure.  [default: the processors]")
@click.option(
    "--histories",
    type=click.Path(path_type=Path),
    envvar="JDL_HISTORIES",
    help="Folder of real dated histories, read in place; counts alone come out. Also: JDL_HISTORIES.",
)
@click.option("--background", is_flag=True, help="Run by itself, and return at once; --status tells how far it is.")
@click.option("--status", is_flag=True, help="Run nothing: tell what the folder holds.")
@click.option("--by-itself", is_flag=True, hidden=True)
def validate(
    parts: tuple[str, ...], short: bool, out: Path | None, background: bool, status: bool, by_itself: bool, **how: Any
) -> tuple[dict, str]:
    """Try the toolkit where the right answer is known, and attack it; report what holds and what does not.

    PARTS are names of parts; without, all are run, which takes hours: matching, whole-line, trials,
    drawing-rules, published, faults, workbooks, hostile-text, leaks. Stopped, it goes on where it was when the same is
    asked again. The report is validation.html in the folder. Ends with status 4 if a check does not hold.
    """
    from ..validation.part import Effort
    from ..validation.parts import PARTS, chosen
    from ..validation.whole import Validation, run_parts

    asked, out = chosen(parts, PARTS), out or Path("validation-short" if short else "validation")
    if status:
        return _told(Validation.read(out, PARTS), out)
    _check_histories(how["histories"])
    effort = Effort(short, how["seed"], how["workers"] or os.cpu_count() or 1, how["histories"])
    if background:
        return _start(asked, out, effort)
    if by_itself:
        sys.stderr = _Watched(sys.stderr.buffer, line_buffering=True)

    from ..validation.page import write_report

    def report_so_far(_key: str) -> None:
        with suppress(JDLError):  # of what one part shows amiss; the others are run all the same
            write_report(Validation.read(out, PARTS), out)

    run_parts(asked, out, effort, report_so_far)
    study = Validation.read(out, PARTS)
    write_report(study, out)
    return _told(study, out)


class _Watched(io.TextIOWrapper):
    """The log of a run in the background, to which progress bars are drawn as to a terminal."""

    def isatty(self) -> bool:
        return True


def _check_histories(folder: Path | None) -> None:
    if folder is not None and not folder.is_dir():
        raise JDLError("there is no such folder", str(folder), "name the folder of real histories, or leave it out")


def _start(asked: tuple, out: Path, effort: Any) -> tuple[dict, str]:
    """Start the same command in a process of its own, which outlives this one; what would stop it at once is told."""
    from ..validation.whole import claim_folder

    claim_folder(out, effort)
    given = ["validate", *(part.key for part in asked), "--out", str(out), "--seed", str(effort.seed), "--by-itself"]
    given += ["--workers", str(effort.workers), *(["--short"] if effort.short else [])]
    given += ["--histories", str(effort.histories)] if effort.histories else []
    call = [sys.executable, "-c", "from jdl_toolkit.cli import main; main()", *given]
    with open(out / LOG, "ab") as log:
        child = subprocess.Popen(
            call, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=os.environ | {"TQDM_MININTERVAL": "5"},
        )  # fmt: skip
    told = [f"Started, process {child.pid}. How far it is: jdl validate --status --out {out}"]
    told += [f"To stop it: kill {child.pid}. What is finished is kept; the same command goes on."]
    return {"pid": child.pid, "folder": str(out), "log": str(out / LOG)}, "\n".join(told)


def _told(study: Validation, out: Path) -> tuple[dict, str]:
    """What the study found so far, as values and in words."""
    from ..validation.page import PAGE
    from ..validation.shown import exceptions_table, parts_table
    from ..validation.whole import FAILED

    page, progress = out / PAGE, _progress(out) if study.is_running else ""
    values = {"folder": str(out), "checks": len(study.checks), "failed": [vars(check) for check in study.failed]}
    values |= {"not_tried": [vars(check) for check in study.not_tried], "progress": progress}
    values["parts"] = {run.part.key: _part_values(run) for run in study.runs}
    values |= {"report": str(page) if page.exists() else None, "exit_status": study.exit_status}
    failed, untried = (
        exceptions_table(study.answers, holds, caption)
        for holds, caption in ((False, "Checks that do not hold"), (None, "Checks that could not be tried"))
    )
    said = [str(block) for block in (parts_table(study.runs), failed, untried) if block is not None]
    said += [f"{run.part.key}: {run.why}" for run in study.runs if run.state == FAILED]
    said += [f"Under way: {progress}"] if progress else []
    return values, "\n\n".join([*said, study.summary(), *([f"Report: {page}"] if page.exists() else [])])


def _part_values(run: Any) -> dict[str, Any]:
    checks = run.answer.checks if run.answer else ()
    values = {"state": run.state, "light": run.light, "checks": len(checks), "seconds": run.seconds}
    values["held"] = sum(check.holds is True for check in checks)
    return values | {"short": run.is_short, "why": run.why}


def _progress(out: Path) -> str:
    """The last line that a run in the background drew, if one did."""
    try:
        lines = re.split(r"[\r\n]+", (out / LOG).read_text("utf-8", errors="replace")[-4000:])
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
