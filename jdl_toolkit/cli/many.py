"""Commands on all requests of a lab."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import JDLError
from .frame import DAY, bar, command, main

if TYPE_CHECKING:  # at run time, each command imports what it needs
    from ..lab import Lab

#: A run that is under way, and one that was killed: its manifest says the former still.
IN_PROGRESS, INTERRUPTED = "in progress", "interrupted"

#: What the manifest proves of a match that is as it should be.
PROVED = "matched before outcomes were opened"

SPOILT = "manifest unreadable: run with --fresh"


@command(main, "status", "jdl status\n\njdl status --overdue")
@click.option("--overdue", is_flag=True, help="Only what is overdue, or due to be reminded of.")
@click.option("--long", "is_long", is_flag=True, help="Say of each request how it was matched, too.")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def status(outputs: Path | None, overdue: bool, is_long: bool) -> tuple[dict, str]:
    """List every request: where it stands, what is due and what is overdue; what needs somebody comes first.

    Also told: a match that is not proved to come before outcomes were opened, and matching that was tried by hand.
    """
    from ..lifecycle import all_requests
    from ..lifecycle.overview import counts_in_words, counts_of, needs_first, overview

    if outputs is not None and not outputs.is_dir():
        raise JDLError("there is no such folder", str(outputs), "name the folder of all outputs with --outputs")
    lab = _lab(required=outputs is None)
    outputs = outputs or lab.root / "outputs"
    found = needs_first(all_requests(lab, outputs, dt.date.today()))
    counts = counts_in_words(found)
    held = {"counts": counts_of(found), "n_requests": len(found), "n_overdue": int(found["overdue"].sum())}
    held |= {"n_reminders_due": int(found["reminder_due"].sum())}
    found = found[found["overdue"] | found["reminder_due"]] if overdue else found
    runs = {folder: _of_run(outputs, folder) for folder in found["folder"]}
    listed = [_listed(row, runs[row["folder"]]) for row in found.to_dict("records")]
    if not listed:
        return {"requests": [], **held}, f"Nothing is overdue. {counts}" if overdue else "There is no request yet."
    words = overview(found, {one["folder"]: _notes(one, is_long) for one in listed})
    opened = [one["matching"] for one in listed if one.get("matching")]
    n_proved = sum(set(one.values()) == {PROVED} for one in opened)
    words += f"\n\n{counts}"
    if opened:
        words += f"\nOutcomes are open in {len(opened)}; {n_proved} of them {'is' if n_proved == 1 else 'are'} proved"
        words += f" to be {PROVED}."
    if any(one.get("review") for one in listed):
        words += f"\nFor review: {outputs}/<request>/restricted/review/index.html"
    return {"requests": listed, **held}, words


def _lab(required: bool) -> Lab | None:
    """The lab that the current folder belongs to; None if it belongs to none and none is required."""
    from ..lab import Lab

    try:
        return Lab.find()
    except JDLError:
        if required:
            raise
        return None


def _listed(row: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """A request as `--json` tells it: `status` as its manifest has it, `standing` as a bulletin counts it."""
    row = {"standing": row.pop("status"), **row}
    return row | run | {"overdue": bool(row["overdue"]), "reminder_due": bool(row["reminder_due"])}


def _of_run(outputs: Path, folder: str) -> dict[str, Any]:
    """What a request's own folder tells: stages, draft, pages for review, how it was matched."""
    from ..blinding import TRIED, MatchingLog, order_of_stages
    from ..lifecycle import draft_standing
    from ..manifest import Manifest, is_under_way
    from ..stage import RequestFolder

    root = RequestFolder(outputs / folder)
    if not root.manifest_file.exists():
        return {"status": "received", "stages": {}}
    try:
        manifest = Manifest.read(root.manifest_file)
        values, state = manifest.values, manifest.values["status"]
        stages = {name: stage["status"] for name, stage in values["stages"].items()}
        if state == IN_PROGRESS and not is_under_way(outputs, folder):
            stages = {name: INTERRUPTED if of == "running" else of for name, of in stages.items()}
            state = INTERRUPTED
        review = root.review / "index.html"
        return {
            "status": state,
            "stages": stages,
            "review": str(review) if review.exists() else None,
            "draft": draft_standing(values.get("events", []), dt.date.today()),
            "matching": order_of_stages(manifest),
            "matchings_tried_by_hand": sum(
                entry["by"] == "by hand" for entry in MatchingLog(root.restricted).entries(TRIED)
            ),
        }
    except (JDLError, KeyError, TypeError, AttributeError):  # one spoilt manifest hides no other request
        return {"status": SPOILT, "stages": {}}


def _notes(listed: dict[str, Any], is_long: bool) -> list[str]:
    """What stands below a request: how it was matched, if that is asked for or is not as it should be."""
    words = [said for said in dict.fromkeys(listed.get("matching", {}).values()) if is_long or said != PROVED]
    n = listed.get("matchings_tried_by_hand", 0)
    return [*words, *([f"matching tried by hand {n} {'time' if n == 1 else 'times'}"] if n else [])]


@command(
    main,
    "release",
    "jdl release foundation-2013 --by 'A. Statistician'\n\n"
    "jdl release foundation-2013 --by 'A. Statistician' --reason 'the upload held a person twice'\n\n"
    "jdl release --check",
)
@click.argument("request", required=False)
@click.option("--by", default="", help="Who releases it.")
@click.option("--reason", default="", help="Why a published version is replaced; its correction prints it.")
@click.option("--date", type=DAY, help="The day of publication. Default: today.")
@click.option(
    "--without-response",
    default="",
    metavar="TEXT",
    help="Why not to wait for the organisation until its weeks are over.",
)
@click.option(
    "--check", is_flag=True, help="Release nothing: list what was released, and hold its files to their record."
)
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def release(
    request: str | None, outputs: Path | None, date: dt.datetime | None, check: bool, **options: str
) -> tuple[dict, str]:
    """Publish a request's report: all that it takes must be there, or nothing is published.

    The report must be up to date, its gates passed, its results signed off by a second analyst, and its draft sent to
    the organisation, which has answered or had its weeks. What is published lies in outputs/released and is never
    changed: a correction is the next version, with its reason.
    """
    from ..lab import Lab
    from ..release import release_request

    lab = Lab.find()
    outputs = (outputs or lab.root / "outputs").resolve()
    if check:
        return _check(outputs, request or "*")
    if request is None:
        raise JDLError("no request is named", "REQUEST", "name one, or list what was released with --check")
    day = None if date is None else date.date()
    done = release_request(lab, request, outputs, date=day, today=dt.date.today(), tell=bar(), **options)
    values = done.release.model_dump(mode="json") | {"folder": str(done.folder), "was_there": done.was_there}
    return values, done.words


def _check(outputs: Path, request: str) -> tuple[dict, str]:
    from ..errors import GateClosed
    from ..releases import check_releases

    found = check_releases(outputs, request)
    problems = [problem for one in found for problem in one.problems]
    if problems:
        raise GateClosed(problems)
    listed = [
        {name: getattr(one.release, name) for name in ("request", "version", "released", "by", "reason")}
        | {"standing": one.standing, "n_files": len(one.release.files)}
        for one in found
    ]
    lines = [
        f"{one['request']}, version {one['version']} of {one['released']}: {one['standing']}, {one['n_files']} files as"
        f" they were released" + (f". Reason: {one['reason']}" if one["reason"] else "")
        for one in listed
    ]
    return {"released": listed}, "\n".join(lines) or "Nothing has been released."


@command(
    main,
    "batch",
    "jdl batch\n\njdl batch foundation-2013 bridges-2013 --workers 2\n\njdl batch --scheduler tcp://cluster.example:8786",
)
@click.argument("requests", metavar="[REQUEST …]", nargs=-1)
@click.option("--workers", type=click.IntRange(1), help="Requests that run at once. Default: one for each core.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this Dask cluster instead (extra `dask`).")
@click.option("--until", default="report", show_default=True, help="Last stage to run.")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def batch(
    requests: tuple[str, ...], workers: int | None, scheduler: str | None, until: str, outputs: Path | None
) -> tuple[dict, str]:
    """Run many requests at once; without names, every request that is neither released nor withdrawn.

    What is up to date is not run again. A request that fails stops no other; one whose process dies is tried once more.
    Run again after a kill, it goes on at the first unfinished stage of each request. Ends with 0 when every request
    was reported or could not be answered, else with the worst status: 130 (stopped by Ctrl-C, SIGTERM or SIGHUP), then
    1, then 4, then 2.
    """
    from ..batch import choose_workers, run_batch, terminal_width
    from ..lab import Lab

    lab = Lab.find()
    outputs = (outputs or lab.root / "outputs").resolve()
    chosen = choose_workers(lab, outputs, until, workers, scheduler)
    summary = run_batch(lab, outputs, requests, chosen)
    return summary.to_json(), summary.in_words(terminal_width())
