"""Hostile texts followed through to what is published: a report, a bulletin and an index page, all made of them.

A round puts another text into every field at once, so that a few reports have every kind of text in every field. What
is then read belongs to the whole round: a fault counts against every text of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from ... import render
from ...disclosure.pdf_pages import pdf_pages
from ...execution.notebooks import execute, execute_template
from ...findings import Findings
from ...lab import STAGES, Lab, lay_out
from ...markup import clean
from ...narrative import check_blocks
from ...narrative.bulletin import check_bulletin
from ...portfolio import BULLETIN_FILE, Bulletin, Period, bulletin_settings, gather
from ...render.bulletin import write_bulletin
from ...render.index import index_page
from ...render.index.entries import PUBLISHED, Entry, Shown
from ...render.index.products import Products
from ...run import shown_blocks
from .files import in_file
from .findings import FIELDS, REQUEST, hostile_findings, taken
from .texts import CANARY, TEXTS

#: Where a round's files lie -> how they are named in the table of files.
REPORT, BULLETIN, INDEX = "report", "bulletin", "index page"
PERIOD = "2014-03"
_DAY = dt.date(2014, 3, 31)


def n_rounds() -> int:
    """Rounds in which each field has a text of every kind once."""
    return len(TEXTS)


def texts_of(number: int) -> dict[str, tuple[str, str]]:
    """Of a round, each field's kind of text and the text, with a mark by which the field is found again."""
    kinds = list(TEXTS)
    chosen = {}
    for i, field in enumerate(FIELDS):
        kind = kinds[(number + i) % len(kinds)]
        text = TEXTS[kind][(number + i // len(kinds)) % len(TEXTS[kind])]
        chosen[field] = kind, text.replace(CANARY, mark_of(i))
    return chosen


def mark_of(place: int) -> str:
    """What stands in a text in place of the canary: it and two letters."""
    return f"{CANARY}{chr(97 + place // 26)}{chr(97 + place % 26)}"


def play(number: int, folder: Path) -> tuple[list[dict], list[dict]]:
    """A round: a row for each field, and one for each file that was read.

    Parameters
    ----------
    number : int
        From 0; after `n_rounds` of them each field has had each kind of text.
    folder : Path
        Empty; the lab and what is made of it lie there.
    """
    texts = texts_of(number)
    said, refused = taken({field: text for field, (_, text) in texts.items()}, folder)
    lab, findings = lay_out(folder / "lab"), hostile_findings(said)
    faults = [*_report(lab, findings, folder), *_bulletin(lab, said, folder)]
    (folder / "index.html").write_text(_index(said), "utf-8")
    faults += [f"{INDEX}: {fault}" for fault in render.lint_html((folder / "index.html").read_text("utf-8"), True)]
    files = read_all({REPORT: folder / REQUEST, BULLETIN: folder / BULLETIN, INDEX: folder / "index.html"})
    faults += [f"{one['file']}: {one['faults']}" for one in files if one["faults"]]
    page = shown_text((folder / REQUEST / "report" / "report.html").read_text("utf-8"))
    paper = re.sub(r"[\s-]", "", "".join(pdf_pages((folder / REQUEST / "report" / "report.pdf").read_bytes())))
    rows = []
    for i, (field, (kind, _)) in enumerate(texts.items()):
        is_shown, mark = mark_of(i) in page, mark_of(i)
        mine = list(faults)
        if is_shown and mark not in paper:
            mine.append("the page shows it, the PDF does not")
        end = "refused" if field in refused else "taken as text" if is_shown else "not printed"
        rows.append({"field": f"published, {field}", "kind": kind, "text": number, "end": end, "faults": mine})
    return rows, files


def _report(lab: Lab, findings: Findings, folder: Path) -> list[str]:
    """Draw the report as a run does; numbers that the findings do not hold, and faults of the page."""
    place = folder / REQUEST / "report"
    place.mkdir(parents=True)
    findings.write(folder / REQUEST / "findings.json")
    notebook = place / "report.ipynb"
    execute(lab, STAGES["report"], REQUEST, folder, notebook, analysis="main")
    blocks = shown_blocks(notebook)
    render.write_report(notebook, findings, place)
    read = render.misprints(blocks, findings, place / "report.html", place / "report.pdf")
    wrong = [*check_blocks(blocks, findings).foreign, *read.foreign, *read.missing]
    wrong += render.lint_html((place / "report.html").read_text("utf-8"))
    return [f"{REPORT}: {fault}" for fault in wrong]


def _bulletin(lab: Lab, said: Mapping[str, str], folder: Path) -> list[str]:
    """Draw a bulletin that names the request and its service, as a bulletin is made."""
    made = bulletin_of(said, lab)
    place = folder / BULLETIN
    inside = place / "bulletins" / PERIOD
    made.write(inside / BULLETIN_FILE)
    notebook = inside / "bulletin.ipynb"
    execute_template(lab, "10_bulletin", {"period": PERIOD, "outputs": str(place)}, notebook)
    blocks = shown_blocks(notebook)
    write_bulletin(notebook, made, inside)
    read = render.misprints(blocks, made, inside / "bulletin.html", inside / "bulletin.pdf")
    wrong = [*check_bulletin(blocks, made).foreign, *read.foreign, *read.missing]
    wrong += render.lint_html((inside / "bulletin.html").read_text("utf-8"))
    return [f"{BULLETIN}: {fault}" for fault in wrong]


def bulletin_of(said: Mapping[str, str], lab: Lab) -> Bulletin:
    """The bulletin of a month in which one request was published, and corrected."""
    names = {"organisation": said["name of the organisation"], "service": said["name of the service"]}
    kinds = {"need": "accommodation", "sector": "voluntary", "setting": "community", "invented": True}
    request = {"request": REQUEST, "received": pd.Timestamp(2013, 8, 12)} | names | kinds
    stood = {"status": "published", "criterion": "", "ended": pd.Timestamp(2014, 3, 3), "version": 2}
    found = {
        "verdict": "inconclusive", "n_treatment": 257, "difference_pp": -2.18, "ci_low_pp": -7.95, "ci_high_pp": 3.59,
        "analysis": "main", "title": said["title of an analysis"], "version": 1,
        "released": dt.date(2014, 3, 3), "reason": "", "treatment_value": 0.33, "control_value": 0.3518,
        "frequency_difference": None, "frequency_ci_low": None, "frequency_ci_high": None, "frequency_verdict": None,
    }  # fmt: skip
    again = {"version": 2, "released": _DAY, "reason": said["reason of a correction"]}
    period = Period.parse(PERIOD)
    settings = bulletin_settings(lab.root / "parameters" / "bulletins", period)
    people = settings.pre_release.model_copy(update={"people": (clean(said["who signed off"]),)})
    return gather(
        period, settings.model_copy(update={"pre_release": people}), pd.DataFrame([request | stood]),
        pd.DataFrame([request | found, request | found | again]), version=2, earlier_until=dt.date(2014, 2, 28),
        reissue_reason=said["reason of a sign-off"],
    )  # fmt: skip


def _index(said: Mapping[str, str]) -> str:
    result = Shown(said["title of an analysis"], PUBLISHED, "inconclusive", n=257, treatment=0.33, control=0.35,
                   estimate=-2.0, low=-8.0, high=4.0)  # fmt: skip
    listed = Entry(
        REQUEST, said["name of the organisation"], said["name of the service"], "published", need="accommodation",
        received=dt.date(2013, 8, 12), where=said["reason of an accepted balance"], results=(result,),
        remarks=(said["reason of a correction"],),
    )  # fmt: skip
    return index_page([listed], Products(), _DAY)


def read_all(places: Mapping[str, Path]) -> list[dict]:
    """Every file below these places, each under the name of its place: what took effect in it."""
    found = []
    for name, place in places.items():
        files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
        found += [{"place": name, "file": f"{name}{path.suffix}", "faults": "; ".join(in_file(path))} for path in files]
    return found


class _Text(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: Iterable) -> None:
        self._unseen += tag in ("script", "style", "title", "desc")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style", "title", "desc")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)


def shown_text(page: str) -> str:
    """The text of a page without scripts and styles."""
    text = _Text()
    text.feed(page)
    text.close()
    return "".join(text.said)
