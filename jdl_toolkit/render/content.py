"""An executed notebook as the parts of a report, the one list that HTML and PDF are drawn from.

An allow-list: Markdown cells and the toolkit's own bundles (`document.MIME`). Streams, reprs, tracebacks, other MIME
types and code never become a part, so they cannot reach a reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import document
from ..errors import JDLError, Problem
from ..exploratory import MARK, SHORT_MARK
from ..markup import Node, clean, parse_markdown, parse_words
from .glossary import with_terms_that_occur
from .parts import Box, Code, Figure, Glossary, Heading, Part, Prose, Report, Table

#: Where the report's marks stand in a notebook's metadata: ``{"exploratory": true, "synthetic": true}``.
METADATA = "jdl_toolkit"
#: A Markdown or code cell with this tag is for the lab alone.
LEFT_OUT = "not-in-report"

INVENTED = "INVENTED DATA: no person in this report exists. It says nothing about any real service."

_TONES = ("finding", "result", "can", "cannot", "warning", "note")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}")
#: A report of another analysis of the request, seen from this one, or of any request, seen from a bulletin.
_REPORT = re.compile(r"(\.\./\.\./released/[A-Za-z0-9._-]+/\d+/|\.\./)?([a-z0-9][a-z0-9-]*/)?report\.html")
_RESERVED = ("main", "contents", "title")


def read_report(
    notebook: Path | Mapping[str, Any],
    title: str,
    subtitle: str = "",
    *,
    exploratory: bool | None = None,
    synthetic: bool | None = None,
    draft: str = "",
    version: str = "",
    names: tuple[str, ...] = (),
    with_code: bool = False,
) -> Report:
    """Read an executed notebook.

    A Markdown cell that opens with a level-1 heading is the notebook's own title and is left out, as are cells tagged
    ``not-in-report`` and headings below which nothing is shown. Headings never skip a level; tables and figures are
    numbered in order; a key that comes a second time gets a number.

    Parameters
    ----------
    notebook : Path or mapping
        The file, or its content as `nbformat` or `json` reads it.
    exploratory, synthetic : bool, optional
        Whether to show these banners. Default: as the notebook's metadata says, else no. A notebook that shows
        anything made by hand is exploratory, whatever is said.
    draft : str
        What a draft says of itself; nothing of a report that is published.
    version : str
        What a report that replaces an earlier publication says of itself, its number first.
    names : tuple of str
        Names from outside, in which no term of the glossary is looked for.
    with_code : bool
        Whether the source of each code cell becomes a part, too, before what the cell shows.

    Raises
    ------
    JDLError
        If the file is no notebook, or a bundle is malformed; all faults at once.
    """
    content = load(notebook)
    marks = content.get("metadata", {}).get(METADATA, {})
    shown = {MARK: holds_exploratory(content) or exploratory, INVENTED: synthetic}
    asked = {MARK: marks.get("exploratory"), INVENTED: marks.get("synthetic")}
    banners = tuple(text for text, wanted in shown.items() if (asked[text] if wanted is None else wanted))
    banners = (_line(version), *banners) if version else banners
    draft = _line(draft)
    faults: list[Problem] = []
    reader = Reader(faults, with_code)
    parts = [part for i, cell in enumerate(content["cells"], start=1) for part in reader.cell(i, cell)]
    if faults:
        raise JDLError(faults)
    heads = (_line(title) or "Report", _line(subtitle))
    parts = with_terms_that_occur(parts, heads)
    return Report(*heads, banners, tuple(_without_empty_sections(parts)), tuple(map(_line, names)), draft)


def holds_exploratory(content: Mapping[str, Any]) -> bool:
    """Whether anything that a notebook shows was made by hand."""
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", ())]
    shown = [output.get("data", {}).get(document.MIME) for output in outputs]
    return any(isinstance(block, Mapping) and bool(block.get("exploratory")) for block in shown)


def _without_empty_sections(parts: list[Part]) -> list[Part]:
    """The parts without headings that are followed by another of the same or a higher level, or by nothing.

    Code alone below a heading is nothing.
    """
    kept: list[Part] = []
    below: Part | None = None
    for part in reversed(parts):
        if isinstance(part, Code):
            kept.append(part)
            continue
        ends = below is None or (isinstance(below, Heading) and isinstance(part, Heading) and below.level <= part.level)
        if not isinstance(part, Heading) or not ends:
            kept.append(part)
            below = part
    return kept[::-1]


class Reader:
    """Turns cells into parts, and remembers what must be unique or in order across them."""

    def __init__(self, faults: list[Problem], with_code: bool = False) -> None:
        self.faults, self.with_code = faults, with_code
        self.level = 1
        self.counts = {"table": 0, "figure": 0, "box": 0}
        self.ids = set(_RESERVED)
        self.keys: set[str] = set()

    def cell(self, number: int, cell: Mapping[str, Any]) -> Iterator[Part]:
        if LEFT_OUT in cell.get("metadata", {}).get("tags", ()):
            return
        if cell.get("cell_type") == "markdown":
            yield from self.markdown(_text(cell.get("source", "")))
        elif cell.get("cell_type") == "code":
            source = clean(_text(cell.get("source", ""))).strip("\n")
            if self.with_code and source.strip():
                yield Code(number, source)
            for output in cell.get("outputs", ()):
                is_shown = output.get("output_type") in ("display_data", "execute_result")
                if is_shown and document.MIME in output.get("data", {}):
                    yield from self.bundle(number, output["data"][document.MIME])

    def markdown(self, source: str) -> Iterator[Part]:
        nodes = parse_markdown(source)
        if nodes and nodes[0]["type"] == "heading" and nodes[0]["level"] == 1:
            return
        prose: list[Node] = []
        for node in nodes:
            if node["type"] != "heading":
                prose.append(node)
                continue
            if prose:
                yield Prose(tuple(prose))
                prose = []
            if node["text"]:
                self.level = max(2, min(node["level"], self.level + 1, 6))
                yield Heading(self.level, node["text"], self.unique(_slug(node["text"]), self.ids))
        if prose:
            yield Prose(tuple(prose))

    def bundle(self, number: int, values: Any) -> Iterator[Part]:
        where = f"notebook, cell {number}"
        try:
            fields = dict(values)
            block = _BLOCKS[fields.pop("kind")](fields)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            what = f"a block of the report is malformed ({type(fault).__name__})"
            self.faults.append(Problem(what, where, "show blocks made by narrative, tables or plots only"))
            return
        faults = _faults(block)
        if faults:
            self.faults += [Problem(what, where, "complete the block where it is made") for what in faults]
        elif isinstance(block, document.Words):
            kind = Glossary if block.rules == ("glossary",) else Prose
            yield kind(tuple(parse_words(block.text)))
        elif isinstance(block, document.Inset):
            self.counts["box"] += 1
            name = f"box-{self.counts['box']}"
            text, quoted = tuple(parse_words(block.text)), "response" in block.rules
            yield Box(block.tone, block.title, text, name, block.links, quoted)
        else:
            self.counts[block.kind] += 1
            block = replace(block, key=self.unique(block.key, self.keys))
            yield (Table if block.kind == "table" else Figure)(self.counts[block.kind], block)

    def unique(self, name: str, taken: set[str]) -> str:
        fresh, n = name, 1
        while fresh in taken:
            n += 1
            fresh = f"{name}-{n}"
        taken.add(fresh)
        return fresh


def _words(fields: dict[str, Any]) -> document.Words:
    return document.Words(_text(fields["text"]), tuple(fields.get("rules", ())))


def _inset(fields: dict[str, Any]) -> document.Inset:
    links = tuple((_line(text), _line(target)) for text, target in fields.get("links", ()))
    title, text = _line(fields["title"]), _text(fields["text"])
    return document.Inset(str(fields["tone"]), title, text, tuple(fields.get("rules", ())), links)


def _table(fields: dict[str, Any]) -> document.Table:
    columns = tuple(_line(c) for c in fields["columns"])
    rows = tuple(tuple(clean(_text(cell)) for cell in row) for row in fields["rows"])
    align = fields.get("align") or "l" * len(columns)
    caption, note = _line(fields["caption"]), _line(fields.get("note", ""))
    if fields.get("exploratory") and caption:  # so that a table copied out of a page still says so
        caption = f"{SHORT_MARK}. {caption}"
    groups = tuple(_line(name) for name in fields.get("groups", ()))
    return document.Table(fields["key"], caption, columns, rows, align, note, groups)


def _figure(fields: dict[str, Any]) -> document.Figure:
    order = {name: i for i, name in enumerate(fields.get("data_columns", ()))}
    data = tuple(
        {_line(k): clean(row[k]) if isinstance(row[k], str) else row[k] for k in sorted(row, key=_place(order))}
        for row in fields.get("data", ())
    )
    texts = (_line(fields[name]) for name in ("caption", "alt"))
    return document.Figure(fields["key"], *texts, _text(fields["svg"]), data, _line(fields.get("note", "")))


def _place(order: Mapping[str, int]) -> Callable[[str], int]:
    """Columns as the block names them, any others last, as they come."""
    return lambda name: order.get(name, len(order))


_BLOCKS = {"words": _words, "inset": _inset, "table": _table, "figure": _figure}


def _faults(block: document.Block) -> list[str]:
    """What a block lacks to be accessible."""
    if isinstance(block, document.Inset):
        known = block.tone in _TONES and block.title
        faults = [] if known else ["an inset has no title, or a tone that is none of the known ones"]
        inside = all(text and _REPORT.fullmatch(target) for text, target in block.links)
        return faults + ([] if inside else ["a link of an inset leads elsewhere than to another report"])
    if isinstance(block, document.Words):
        return []
    name = f"the {block.kind} “{block.key}”"
    faults = [] if _KEY.fullmatch(str(block.key)) else [f"a {block.kind} has a key that cannot name a file"]
    faults += [] if block.caption else [f"{name} has no caption"]
    if isinstance(block, document.Figure):
        return faults + ([] if len(block.alt) >= 20 else [f"{name} has no alternative text of at least 20 characters"])
    n = len(block.columns)
    whole = n and all(block.columns) and all(len(row) == n and row[0].strip() for row in block.rows)
    grouped = not block.groups or (len(block.groups) == len(block.rows) and all(block.groups))
    return faults + ([] if whole and grouped and len(block.align) == n else [f"{name} has rows or headers amiss"])


def load(notebook: Path | Mapping[str, Any]) -> Mapping[str, Any]:
    """A notebook's content, from its file or as it is."""
    if isinstance(notebook, Mapping):
        return notebook
    try:
        content = json.loads(Path(notebook).read_text(encoding="utf-8"))
        return content | {"cells": list(content["cells"])}
    except (OSError, ValueError, TypeError, KeyError):
        raise JDLError("this is no executed notebook", Path(notebook).name, "run the report's stage again") from None


def _text(value: Any) -> str:
    """Text of a notebook, which may stand there as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    raise TypeError("no text")


def _line(value: Any) -> str:
    return " ".join(clean(_text(value)).split())


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "section"
