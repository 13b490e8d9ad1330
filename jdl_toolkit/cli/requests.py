"""Commands on one request: run it, run it again to verify it, record what people do with it, compare two runs."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import click

from ..execution import ENGINES, preload
from .frame import DAY, command, main, stage_progress

#: What `jdl record` takes, as in `lifecycle`, which is loaded when a command is run.
EVENTS = [
    "balance accepted",
    "outcomes opened",
    "sign-off",
    "draft sent",
    "reminder sent",
    "response received",
    "warnings looked at",
    "withdrawn",
    "could not be answered",
]
CRITERIA = [
    "few-submitted",
    "few-analysed",
    "few-matched",
    "not-alike",
    "no-outcomes",
    "data-period",
    "upload",
    "service",
]


@command(main, "run", "jdl run foundation-2013")
@click.argument("request")
@click.option(
    "--until",
    default="report",
    show_default=True,
    help="Last stage to run: intake, linkage, matching, outcomes or report.",
)
@click.option("--fresh", is_flag=True, help="Archive the request's earlier outputs and start anew.")
@click.option("--with-code", is_flag=True, help="Put the code of the report's notebook into its HTML, folded.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What executes notebooks: a forked process or a Jupyter kernel each. Default: JDL_ENGINE, else fork.",
)
@click.option(
    "--outputs", type=click.Path(path_type=Path), help="Folder of all outputs. Default: outputs/ in the lab's folder."
)
def run(
    request: str, until: str, fresh: bool, with_code: bool, engine: str | None, outputs: Path | None
) -> tuple[dict, str]:
    """Run one request: every stage that is not yet up to date, up to the report."""
    # A grammar of web addresses that jsonschema loads if it can: a second and a half, for what no notebook holds.
    sys.modules.setdefault("rfc3987_syntax", None)
    from ..lab import Lab

    lab = Lab.find()
    preload(engine or "")  # imports what notebooks need while this process imports what a run needs
    from ..run import run_request

    outputs = (outputs or lab.root / "outputs").resolve()
    progress, tell = stage_progress(until)
    outcome = run_request(lab, request, outputs, until, fresh, progress, with_code, engine or "", tell=tell)
    review = lab.short(outcome.review)
    values = {
        "request": outcome.request,
        "status": outcome.status,
        "headline": outcome.headline,
        "seconds": outcome.seconds,
        "warning": outcome.warning,
        "review": review,
    }
    values |= {"explored": outcome.explored} if outcome.explored else {}
    explored = f"\n\n{outcome.explored}" if outcome.explored else ""
    if outcome.report is None:
        return values, f"{outcome.request}: done up to stage {until}.\n\nFor review: {review}{explored}"
    report = {name: lab.short(outcome.report / f"report.{name}") for name in ("html", "pdf")}
    words = f"{outcome.headline}\n\nReport: {report['html']}\n        {report['pdf']}\n\nFor review: {review}{explored}"
    words += f"\n\n{outcome.warning_in_short}" if outcome.warning_in_short else ""
    return values | {"report": report}, words


@command(main, "verify", "jdl verify foundation-2013")
@click.argument("request")
@click.option("--engine", type=click.Choice(ENGINES), help="What executes notebooks. Default: JDL_ENGINE, else fork.")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def verify(request: str, engine: str | None, outputs: Path | None) -> tuple[dict, str]:
    """Run a request a second time from its upload, elsewhere, and compare: the same results must come out.

    Nothing of its folder is changed. Ends with status 4 if a figure is another, and with 2 if its specification, its
    upload or the register is no longer what it was made from.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # as in `run`
    from ..lab import Lab

    lab = Lab.find()
    preload(engine or "")
    from ..verify import verify_request

    progress, _ = stage_progress("outcomes")
    found = verify_request(lab, request, (outputs or lab.root / "outputs").resolve(), progress, engine or "")
    values = {"request": found.request, "same": found.exit_status == 0, "to_the_byte": found.digest == found.again}
    values |= {"digest": found.digest, "again": found.again, "changed": list(found.changed)}
    return values | {"exit_status": found.exit_status}, str(found)


@command(
    main,
    "record",
    "jdl record foundation-2013 'balance accepted' --by 'A. Statistician' --reason 'the worst covariate is ...'\n\n"
    "jdl record foundation-2013 'draft sent' --by 'A. Statistician'",
)
@click.argument("request")
@click.argument("event", type=click.Choice(EVENTS))
@click.option("--analysis", default="main", help="Whose balance or outcomes, where the request holds several analyses.")
@click.option("--by", required=True, help="Who did it.")
@click.option(
    "--reason",
    default="",
    help="Why; the report prints that of an accepted balance and of what was done with the report. Needed for an"
    " accepted balance, for outcomes opened by hand, for warnings looked at, and for every end.",
)
@click.option("--criterion", default="", help=f"Why it could not be answered: {', '.join(CRITERIA)}.")
@click.option("--date", type=DAY, help="The day of the event. Default: today.")
@click.option(
    "--text-file", type=click.Path(path_type=Path), help="The organisation's response: plain text in UTF-8, no names."
)
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def record(request: str, outputs: Path | None, date: dt.datetime | None, **options: Any) -> tuple[dict, str]:
    """Record what people do with a request: accept its balance, open its outcomes by hand, sign its report off, send
    its draft, remind, answer, look at a run's warnings, withdraw it, or say why it could not be answered.

    A report is a draft until it is released; once its draft is sent, each page says until when comments are due. The
    report alone is made anew when the request is next run.
    """
    from ..lab import Lab
    from ..lifecycle import record_event, recorded_in_words
    from ..render import refresh_index

    lab = Lab.find()
    day = None if date is None else date.date()
    place = outputs or lab.root / "outputs"
    said = record_event(lab, request, place, date=day, today=dt.date.today(), **options)
    refresh_index(lab, place)
    return {"request": request} | said, recorded_in_words(request, said)


@command(main, "diff", "jdl diff foundation-2013-20140114T093000000000 foundation-2013")
@click.argument("first", metavar="A")
@click.argument("second", metavar="[B]", required=False)
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
@click.option("--html", type=click.Path(path_type=Path), help="Page to write. Default: in the later run's folder.")
def diff(first: str, second: str | None, outputs: Path | None, html: Path | None) -> tuple[dict, str]:
    """Show what changed between two runs of a request: settings, counts, results, sentences.

    A and B are a request (its current run), an archived folder, or the path of a run's folder. With A alone, the
    latest archived run of that request is compared with the current one. The page is for the lab alone.
    """
    from ..diff import differences_between, kinds_of_small_differences, page_of_differences, summary, two_runs
    from ..lab import Lab
    from ..result import write_atomically

    lab = Lab.find()
    found = differences_between(*two_runs(first, second, outputs or lab.root / "outputs"))
    path = html or found.after.folder / "restricted" / "changes" / f"{found.before.name}.html"
    write_atomically(path, page_of_differences(found))
    words = [f"{name}: {run.name}, {run.called}" for name, run in (("Before", found.before), ("After", found.after))]
    words += [f"{name}: {said}" for name, said in summary(found)]
    told = kinds_of_small_differences(found.telling)
    words += [f"Together they tell of a few people. {kind.words}" for kind in told]
    return found.to_json() | {"html": str(path)}, "\n".join([*words, f"Page: {lab.short(path)}"])
