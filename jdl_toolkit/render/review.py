"""The executed notebooks of a request as pages for the second analyst who signs it off. They never leave the lab.

Drawn as reports are, from Markdown cells and the toolkit's own bundles; the code stands folded beside what it shows.
Nothing else of a notebook is read: no stream, no repr, and of an error its class alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ..exploratory import MARK
from ..lab import OF_ANALYSIS, STAGES
from ..markup import parse_markdown, parse_words, with_code_spans
from ..result import write_atomically
from ..stage import CLOSED, MAIN, RequestFolder, read_closing
from . import content
from .checklist import CHECKLIST
from .html import page_of
from .parts import Box, Heading, Part, Prose, Table
from .standing import TITLES, Standing, standing_of

RESTRICTED = "RESTRICTED: for the lab alone. Not to be published or passed on."

#: Of papermill, in a notebook that failed: a cell that it put in, which is none of the template's.
_PUT_IN = "papermill-error-cell-tag"


@dataclass(frozen=True)
class Page:
    """One stage of a request, or of one of its analyses, as a page of the review.

    Parameters
    ----------
    stage, analysis : str
    name : str
        File below ``restricted/review``.
    of : str
        Title of the analysis; empty where there is one alone.
    notebook : Path
    """

    stage: str
    analysis: str
    name: str
    of: str
    notebook: Path

    @property
    def title(self) -> str:
        """Of the stage, with the analysis's own."""
        return f"{TITLES[self.stage]}: {self.of}" if self.of else TITLES[self.stage]

    @property
    def is_drawn(self) -> bool:
        return self.notebook.exists()


class Reviewed(content.Reader):
    """Reads cells as a report's reader does, but keeps the title's words and every question, and fails at nothing."""

    def __init__(self) -> None:
        super().__init__([], with_code=True)
        self.question = ""

    def cell(self, number: int, cell: Mapping[str, Any]) -> Iterator[Part]:
        yield from super().cell(number, cell | {"metadata": {}})
        error = next((o for o in cell.get("outputs", ()) if o.get("output_type") == "error"), None)
        if error is not None:
            words = "What the error says may hold data: it stands in the notebook alone. Nothing after it was run."
            yield self.box(f"Cell {number} failed: {_class_of(error)}", words)

    def markdown(self, source: str) -> Iterator[Part]:
        nodes = parse_markdown(source)
        if nodes and nodes[0]["type"] == "heading" and nodes[0]["level"] == 1:
            yield Prose(tuple(with_code_spans([node for node in nodes[1:] if node["type"] != "heading"])))
            return
        for part in super().markdown(source):
            if isinstance(part, Heading):
                self.question = part.text
            yield Prose(tuple(with_code_spans(list(part.blocks)))) if isinstance(part, Prose) else part

    def bundle(self, number: int, values: Any) -> Iterator[Part]:
        if isinstance(values, dict) and values.get("kind") == "table" and not values.get("caption"):
            values = values | {"caption": self.question or "Table"}
        n_faults = len(self.faults)
        yield from super().bundle(number, values)
        if len(self.faults) > n_faults:
            yield self.box(f"Something that cell {number} shows cannot be drawn", "See it in the notebook itself.")

    def box(self, title: str, words: str, tone: str = "warning") -> Box:
        """A box of the page's own."""
        self.counts["box"] += 1
        return Box(tone, title, tuple(parse_words(words)), f"box-{self.counts['box']}")


def review_pages(folder: RequestFolder, standing: Standing) -> list[Page]:
    """The pages that a request has or will have, in the order of its stages; of each analysis that is known by now."""
    analyses = list(read_closing(folder, "linkage").get("analyses", {})) or [MAIN]
    pages, failed = [], standing.run("report").status == "failed"
    for stage, template in STAGES.items():
        if stage == "report" and not failed:  # its notebook is published with it
            continue
        for analysis in analyses if stage in (*OF_ANALYSIS, "report") else [MAIN]:
            name = template if analysis == MAIN else f"{template}-{analysis}"
            of = "" if analysis == MAIN else standing.title(analysis)
            pages.append(Page(stage, analysis, f"{name}.html", of, folder.executed(stage, analysis)))
    return pages


def write_review(folder: RequestFolder, stage: str = "", analysis: str = MAIN) -> Path:
    """Draw the pages of a request below ``restricted/review``, each whole or not at all, and their contents.

    Parameters
    ----------
    folder : RequestFolder
    stage, analysis : str
        Draw that stage's page alone, and the contents. Default: all; pages without a notebook are removed.

    Returns
    -------
    Path
        The contents, ``index.html``.
    """
    standing = standing_of(folder)
    pages = review_pages(folder, standing)
    for page in pages:
        if page.is_drawn and stage in ("", page.stage) and (not stage or analysis == page.analysis):
            write_atomically(folder.review / page.name, stage_page(page, pages, standing))
    names = {page.name for page in pages if page.is_drawn} | {"index.html"}
    for path in folder.review.glob("*.html"):
        if path.name not in names:
            path.unlink()
    write_atomically(folder.review / "index.html", contents_page(pages, standing))
    return folder.review / "index.html"


def stage_page(page: Page, pages: list[Page], standing: Standing) -> str:
    """One executed notebook as a page, with the way to the others; one that cannot be drawn says so."""
    drawn = [one for one in pages if one.is_drawn]
    place = drawn.index(page)
    around = {"here": page, "pages": pages, "previous": drawn[place - 1] if place else None}
    around["following"] = drawn[place + 1] if place + 1 < len(drawn) else None
    run = standing.run(page.stage, page.analysis)
    box = Box(run.tone, f"Gate of this stage: {run.standing}", tuple(parse_words(run.words)), "box-standing")
    try:
        return _page(page.title, [box, *read_reviewed(page.notebook)], standing, **around)
    except Exception as fault:  # whatever a spoilt notebook holds, its reviewer is told
        words = f"It ended with {type(fault).__name__}. See the notebook itself: {page.notebook.name}."
        spoilt = Box("warning", "This notebook cannot be drawn", tuple(parse_words(words)), "box-spoilt")
        return _page(page.title, [box, spoilt], standing, **around)


def notebook_page(notebook: Mapping[str, Any], title: str) -> str:
    """Any executed notebook as a page on its own."""
    alone = {"here": None, "pages": [], "previous": None, "following": None}
    standing = Standing(exploratory=content.holds_exploratory(notebook))
    return _page(title, read_reviewed(notebook), standing, **alone)


def contents_page(pages: list[Page], standing: Standing) -> str:
    """The contents of a review: what was run, decided and tried, and what to look at before signing off."""
    tried = standing.tried and Table(3 if standing.events else 2, standing.tried)
    looked_at = [(TITLES[stage], items) for stage, items in CHECKLIST.items()]
    values = {"tried": tried, "checklist": looked_at, "commands": _commands(standing)}
    around = {"pages": pages, "here": None, "previous": None, "following": None}
    return _page("Contents and sign-off", [], standing, **values, **around)


def read_reviewed(notebook: Path | Mapping[str, Any]) -> list[Part]:
    """The parts of an executed notebook, with its code, for those who work in the lab."""
    reader = Reviewed()
    cells = content.load(notebook)["cells"]
    own = [cell for cell in cells if _PUT_IN not in cell.get("metadata", {}).get("tags", ())]
    return [part for i, cell in enumerate(own, start=1) for part in reader.cell(i, cell)]


def _page(title: str, parts: list[Part], standing: Standing, **more: Any) -> str:
    """A page, or with what the contents have besides (`more`) the contents."""
    questions = [part for part in parts if isinstance(part, Heading) and part.level == 2]
    stages = [(TITLES[stage], list(pages)) for stage, pages in groupby(more["pages"], key=lambda page: page.stage)]
    values = {"title": title, "parts": parts, "questions": questions, "standing": standing, "stages": stages}
    template = "review_index.html.j2" if "checklist" in more else "review.html.j2"
    return page_of(template, banners=_banners(standing), **values, **more)


def _banners(standing: Standing) -> tuple[str, ...]:
    shown = {MARK: standing.exploratory, content.INVENTED: standing.synthetic}
    return (RESTRICTED, *(text for text, wanted in shown.items() if wanted))


def _commands(standing: Standing) -> list[tuple[str, str]]:
    """What to type, and when."""
    record = f"jdl record {standing.request}"
    closed = [run.analysis for run in standing.runs if run.stage == "matching" and run.gate == CLOSED]
    accept = [
        f"{record} 'balance accepted'{'' if a == MAIN else f' --analysis {a}'} --by NAME --reason TEXT" for a in closed
    ]
    return [
        ("To sign the report off:", f"{record} sign-off --by NAME"),
        *(("To accept a balance outside the limits:", one) for one in accept),
        ("Then, so that the report shows it:", f"jdl run {standing.request}"),
    ]


def _class_of(error: Mapping[str, Any]) -> str:
    found = re.fullmatch(r"[A-Za-z_]\w{0,60}", str(error.get("ename", "")))
    return found[0] if found else "an error"
