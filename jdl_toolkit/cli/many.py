"""Commands on all requests of a lab."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from ..errors import JDLError
from .frame import command, main

#: A run that is under way, and one that was killed: its manifest says the former still.
IN_PROGRESS, INTERRUPTED = "in progress", "interrupted"

SPOILT = "manifest unreadable: run with --fresh"


@command(main, "status", "jdl status")
@click.option("--outputs", type=click.Path(path_type=Path), help="Folder of all outputs.")
def status(outputs: Path | None) -> tuple[dict, str]:
    """List every request with its status, its draft, and whether it was matched before outcomes were opened."""
    from ..blinding import TRIED, MatchingLog, order_of_stages
    from ..lab import Lab
    from ..lifecycle import draft_standing
    from ..manifest import Manifest, is_under_way
    from ..stage import RequestFolder

    if outputs is not None and not outputs.is_dir():
        raise JDLError("there is no such folder", str(outputs), "name the folder of all outputs with --outputs")
    outputs, listed = outputs or Lab.find().root / "outputs", []
    for path in sorted(outputs.glob("*/manifest.json")):
        try:
            of = Manifest.read(path).values
            stages = {name: stage["status"] for name, stage in of["stages"].items()}
            match = order_of_stages(Manifest.read(path))
            by_hand = sum(entry["by"] == "by hand" for entry in MatchingLog(path.parent / "restricted").entries(TRIED))
            review = RequestFolder(path.parent).review / "index.html"
            found = {"request": of["request"], "status": of["status"], "stages": stages}
            if of["status"] == IN_PROGRESS and not is_under_way(outputs, path.parent.name):
                stages = {name: INTERRUPTED if state == "running" else state for name, state in stages.items()}
                found |= {"status": INTERRUPTED, "stages": stages}
            found["review"] = str(review) if review.exists() else None
            draft = draft_standing(of.get("events", []), dt.date.today())
            listed.append(found | {"draft": draft, "matching": match, "matchings_tried_by_hand": by_hand})
        except (JDLError, KeyError, TypeError, AttributeError):  # one spoilt manifest hides no other request
            listed.append({"request": path.parent.name, "status": SPOILT, "stages": {}})
    words = "\n".join(map(_status_line, listed)) or "No request has been run yet."
    if any(one.get("review") for one in listed):
        words += f"\n\nFor review: {outputs}/<request>/restricted/review/index.html"
    return {"requests": listed}, words


def _status_line(listed: dict[str, Any]) -> str:
    by_hand = listed.get("matchings_tried_by_hand", 0)
    draft = listed.get("draft")
    told = [listed["status"], *([draft["words"]] if draft else []), *dict.fromkeys(listed.get("matching", {}).values())]
    told += [f"matching tried by hand {by_hand} {'time' if by_hand == 1 else 'times'}"] if by_hand else []
    return f"{listed['request']:<40} {'; '.join(told)}"


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
    was reported or could not be answered, else with the worst status: 1, then 4, then 2.
    """
    from ..execution import preload
    from ..lab import Lab

    preload()  # imports while this process imports what a batch needs
    from ..batch import choose_workers, run_batch, terminal_width

    lab = Lab.find()
    outputs = (outputs or lab.root / "outputs").resolve()
    chosen = choose_workers(lab, outputs, until, workers, scheduler)
    summary = run_batch(lab, outputs, requests, chosen)
    return summary.to_json(), summary.in_words(terminal_width())
