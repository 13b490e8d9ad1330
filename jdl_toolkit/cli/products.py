"""Commands on what is made of many requests: the bulletin, results published elsewhere, what organisations think."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import JDLError
from ..execution import ENGINES, preload
from .frame import bar, command, main

if TYPE_CHECKING:  # at run time, each command imports what it needs
    from ..imported import Import
    from ..lab import Lab


def _outputs(outputs: Path | None) -> Path:
    """Folder of all outputs: the one named, or else the lab's."""
    from ..lab import Lab

    if outputs is not None and not outputs.is_dir():
        raise JDLError("there is no such folder", str(outputs), "name the folder of all outputs with --outputs")
    return outputs or Lab.find().root / "outputs"


def _lab_if_any() -> Lab | None:
    """The lab that this is called in; results published elsewhere need none."""
    from ..lab import Lab

    try:
        return Lab.find()
    except JDLError:
        return None


@command(main, "bulletin", "jdl bulletin 2013-10")
@click.argument("period")
@click.option("--reissue", default="", metavar="REASON", help="Why a bulletin that was published is made again.")
@click.option("--engine", type=click.Choice(ENGINES), help="What executes the notebook; default: fork.")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def bulletin(period: str, reissue: str, engine: str | None, outputs: Path | None) -> tuple[dict, str]:
    """Make the bulletin of PERIOD, a month as YYYY-MM: every request and result up to its last day."""
    sys.modules.setdefault("rfc3987_syntax", None)  # as in `jdl run`
    from ..lab import Lab

    lab, place = Lab.find(), _outputs(outputs).resolve()
    preload(engine or "")
    from ..bulletin import make_bulletin
    from ..numbers import date

    today = dt.date.today()
    made = make_bulletin(lab, place, period, today, reissue, engine or "", bar())
    of = made.bulletin
    values = {"period": of.period, "version": of.version, "folder": str(made.folder), "files": list(made.files)}
    values |= {"published": of.published, "next_publication": of.next_publication, "counts": of.counts.model_dump()}
    values |= {"n_new": len(of.new_results), "n_imported": of.n_imported, "warnings": list(made.warnings)}
    values |= {"leak_check": made.leak_check}
    days = f"Day of publication: {date(of.published)}; of the next: {date(of.next_publication)}."
    if of.published > today:
        days += f" Until then it is for the pre-release list alone, {of.pre_release.hours} hours before."
    told = [of.counts.balanced().summary(), days, f"Leak check: {made.leak_check}."]
    told += [f"Look at this: {words}." for words in made.warnings]
    return values, "\n".join([*told, f"Bulletin: {lab.short(made.folder)}"])


@command(main, "import-results", "jdl import-results published.csv")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
@click.option("--replace", "reason", default="", metavar="REASON", help="Replace an earlier import, and say why.")
@click.option("--check-only", is_flag=True, help="Check the file and keep nothing; needs no lab.")
@click.option("--strict", is_flag=True, help="Refuse a file in which a result contradicts itself or another.")
def import_results(file: Path, outputs: Path | None, reason: str, check_only: bool, strict: bool) -> tuple[dict, str]:
    """Take results published elsewhere into the portfolio, marked as such, and tell what in them does not fit.

    One result a row; docs/imported-results.md has the columns. One-year reoffending rates with a difference and an
    interval, or figures from which they follow, enter the portfolio's numbers; others are listed.
    """
    from ..imported import import_results as check_and_import
    from ..imported.report import contradictions, terminal_words
    from ..render import refresh_index

    place = None if check_only and outputs is None else _outputs(outputs)
    made, is_new = check_and_import(file, place, dt.date.today(), reason)
    if strict and (found := contradictions(made)):
        raise JDLError(found)
    kept = [str(path) for path in _keep_import(made, place)] if is_new and not check_only else []
    if kept and (lab := _lab_if_any()) is not None:
        refresh_index(lab, place)
    told = [f"Wrote {path}." for path in kept] + ["Nothing was kept."] * check_only
    words = terminal_words(made, told)
    if not is_new and not check_only:
        words = f"It was imported before; nothing was changed.\n\n{words}"
    return made.to_values() | {"files": kept}, words


def _keep_import(made: Import, outputs: Path) -> list[Path]:
    """Write the import, its page and the file back with remarks."""
    from ..imported.report import checked_rows, page_sections
    from ..imported.store import keep, place
    from ..prepared.page import as_notebook
    from ..render import to_html
    from ..render.files import csv_of
    from ..result import write_atomically

    path = place(outputs, made.name)
    page, checked = path.with_suffix(".html"), path.with_name(f"{made.name}-checked.csv")
    to_html(as_notebook(page_sections(made)), "Results published elsewhere", made.file, page)
    write_atomically(checked, csv_of(*checked_rows(made)))
    return [keep(made, outputs), page, checked]


@command(main, "feedback", "jdl feedback answers/*.xlsx")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
@click.option("--write", is_flag=True, help="Write the questionnaire on every released report that has none yet.")
def feedback(files: tuple[Path, ...], outputs: Path | None, write: bool) -> tuple[dict, str]:
    """Read questionnaires that organisations filled in on their report, and count what they say.

    Reads .xlsx, .ods, .csv, or the plain text of an e-mail. Without a file: how many are due, and what was answered.
    """
    from ..feedback import feedback_summary, keep_answers, outstanding, summary_words, write_missing

    outputs, today = _outputs(outputs), dt.date.today()
    written = [str(path) for path in write_missing(outputs)] if write else []
    kept = keep_answers(files, outputs, today)
    summary, waiting = feedback_summary(outputs, today), outstanding(outputs, today)
    told = [f"Wrote {path}." for path in written] + [f"{name}: {what}." for name, what in kept]
    told += [summary_words(summary)]
    told += ["Outstanding: " + ", ".join(request for request, _ in waiting) + "."] if waiting else []
    values = {"written": written, "read": [{"file": name, "result": what} for name, what in kept]}
    values |= {"summary": summary.model_dump(mode="json"), "outstanding": [request for request, _ in waiting]}
    return values, "\n".join(told)
