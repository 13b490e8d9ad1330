"""A report as a tagged PDF (PDF/UA-1), set by Typst from the same parts as the HTML.

The report goes to Typst as data: the template reads JSON, so that no text from outside is ever read as markup.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from .. import document
from ..errors import JDLError
from ..markup import Node
from ..result import write_atomically
from ..typeface import FAMILY, FOLDER, printable, width, wrap
from . import content, drawing, layout
from .row_headers import with_row_headers

_MARGIN = 62.6  # points
PAGE_WIDTH, PAGE_HEIGHT = 595.28, 841.89  # of A4
TEXT_WIDTH, LANDSCAPE_WIDTH = PAGE_WIDTH - 2 * _MARGIN, PAGE_HEIGHT - 2 * _MARGIN
_TALLEST = 630.0  # of a drawing, so that its caption and note stand on the same page
_PADDING = 8.0  # between two columns
_BETWEEN = 18.0  # the two halves of a table
_LONGEST = 24  # characters of a word that is never broken
#: What is tried, in this order: the page's text width, whether figures stay on one line, the type size.
_WAYS = (
    (TEXT_WIDTH, True, 8.5),
    (TEXT_WIDTH, True, 7.5),
    (TEXT_WIDTH, False, 7.5),
    (LANDSCAPE_WIDTH, True, 7.5),
    (LANDSCAPE_WIDTH, False, 6.5),
)
#: Of a table in two halves, side by side: type size, points above and below the text of a row, and points that the
#: higher half and the note may have at most, so that all stays on a page; and the share of the height that is saved.
_HALF, _SIZE, _INSET, _HALF_HIGH, _SAVED = (TEXT_WIDTH - _BETWEEN) / 2, 7.5, 2.3, 685.0, 0.33
_FEWEST = 10  # rows of a table that is set in halves
_NARROW, _WIDEST = 120.0, 230.0  # points that a column of text gets before the type gets smaller; asks for at most
_SHORT = 1_500  # characters of a table or box that is kept on one page


def to_pdf(
    notebook: Path | Mapping[str, Any],
    title: str,
    subtitle: str,
    out: Path,
    *,
    exploratory: bool | None = None,
    synthetic: bool | None = None,
    draft: str = "",
    version: str = "",
    named: Mapping[str, str] | None = None,
) -> Path:
    """Draw an executed notebook as a tagged PDF; the same bytes for the same notebook.

    Never call this in a process that will fork afterwards: Typst's threads do not survive a fork.

    Parameters
    ----------
    notebook, title, subtitle, out, exploratory, synthetic, draft, version
        As in `to_html`.
    named : mapping, optional
        Target of a link -> what is printed instead of the name of the file there.

    Raises
    ------
    JDLError
        If a block is malformed, or the document breaks a rule of PDF/UA-1; nothing is written then.
    """
    marks = {"exploratory": exploratory, "synthetic": synthetic, "draft": draft, "version": version}
    report = content.read_report(notebook, title, subtitle, **marks)
    write_atomically(Path(out), pdf_of(report, named))
    return Path(out)


def pdf_of(report: content.Report, named: Mapping[str, str] | None = None) -> bytes:
    """The PDF's bytes."""
    import typst  # not at the top: what only executes notebooks needs none of it

    template, values = resources.files(__package__).joinpath("templates", "report.typ"), values_of(report, named)
    try:
        with tempfile.TemporaryDirectory(prefix="jdl-pdf-") as place:
            folder = Path(place)
            (folder / "report.typ").write_bytes(template.read_bytes())
            (folder / "report.json").write_text(json.dumps(values), encoding="utf-8")
            compiler = typst.Compiler(folder / "report.typ", font_paths=_fonts())

            def lay_out(chosen: layout.Layout) -> None:
                (folder / "layout.json").write_text(json.dumps(chosen), encoding="utf-8")

            def ask(chosen: layout.Layout) -> str:
                lay_out(chosen)
                return compiler.query("metadata")

            lay_out(layout.settle(values["parts"], ask))
            return with_row_headers(compiler.compile(format="pdf", pdf_standards=["ua-1"]))
    except typst.TypstError as fault:
        what = f"the PDF breaks a rule of accessibility or layout ({fault.message})"
        raise JDLError(what, "report.pdf", "see whether the HTML report shows the same fault") from None


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER])


def values_of(report: content.Report, named: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What the template needs, as plain values; all text printable."""
    return {
        "title": printable(report.title),
        "subtitle": printable(report.subtitle),
        "warnings": [_marked(printable(warning)) for warning in report.warnings],
        "running": printable(report.running),
        "mark": printable(report.mark),
        "font": FAMILY,
        "margin": _MARGIN,
        "top": layout.TOP,
        "foot": PAGE_HEIGHT - layout.BOTTOM,
        "between": _BETWEEN,
        "half_inset": _INSET,
        "inset": layout.INSETS[0],
        "width": TEXT_WIDTH,
        "opening": report.opening,
        "parts": [_part(part, named or {}) | {"index": i} for i, part in enumerate(report.parts)],
    }


def _marked(warning: str) -> tuple[str, str]:
    """A warning as its mark, the words in capitals that it begins with, and what follows."""
    mark = re.match(r"[A-Z]+(?: [A-Z]+)*\b", warning)
    return (mark[0], warning[mark.end() :]) if mark else ("", warning)


def _part(part: content.Part, named: Mapping[str, str]) -> dict[str, Any]:
    match part:
        case content.Heading():
            return {"kind": "heading", "level": part.level - 1, "text": printable(part.text)}
        case content.Prose():
            return {"kind": "prose", "blocks": [_node(node) for node in part.blocks]}
        case content.Box():
            blocks = [_node(node) for node in part.blocks]
            long = len(json.dumps(blocks)) > 2 * _SHORT
            title = printable(part.title)
            files = [_file(name, target, named) for name, target in part.links]
            box = {"kind": "box", "tone": part.tone, "title": title, "blocks": blocks, "files": files}
            return box | {"breakable": long or part.tone == "note"}
        case content.Table():
            return {"kind": "table", "number": part.number, **_table(part.block)}
        case content.Figure():
            return {"kind": "figure", "number": part.number, **_figure(part.block)}


def _file(name: str, target: str, named: Mapping[str, str]) -> dict[str, Any]:
    """What is printed for a link: a name, not a link, as a PDF may be sent alone.

    It is the PDF beside the page of another report, in parts between which a line may end: ``../``, ``custody/``,
    ``report.pdf``.
    """
    if target in named:
        kind, _, what = named[target].partition(": ")
        return {"name": printable(kind), "path": re.findall(r"[^/\s]+/*\s?|\s", printable(what))}
    return {"name": printable(name), "path": re.findall(r"[^/]+/?", target.removesuffix(".html") + ".pdf")}


def _node(node: Node) -> Node:
    if node["type"] == "text":
        return {"type": "text", "text": printable(node["text"])}
    if node["type"] == "list":
        return node | {"items": [[_node(block) for block in item] for item in node["items"]]}
    return node | ({"inline": [_node(inner) for inner in node["inline"]]} if "inline" in node else {})


def _figure(block: document.Figure) -> dict[str, Any]:
    svg, (wide, high) = drawing.for_pdf(block.svg, block.key)
    scale = min(1.0, TEXT_WIDTH / wide, _TALLEST / high)
    words = {"caption": printable(block.caption), "alt": printable(block.alt), "note": printable(block.note)}
    return words | {"svg": svg, "width": wide * scale, "height": high * scale}


def _table(block: document.Table) -> dict[str, Any]:
    """Columns as wide as their words need; cells as runs, broken where a word is wider than its column.

    ``halves``: what is otherwise where the table is set in two halves, the second of them apart; None where it is not.
    """
    rows = [[printable(cell) for cell in row] for row in (block.columns, *block.rows)]
    groups = [printable(name) for name in block.groups]
    size, widths, page_width = column_widths(rows, block.align)
    halves = _halves(rows, block, groups, (size, widths)) if page_width == TEXT_WIDTH else None
    return _set(rows, groups, size, widths) | {
        "caption": printable(block.caption),
        "note": printable(block.note),
        "landscape": page_width == LANDSCAPE_WIDTH,
        "padding": _PADDING,
        "align": ["right" if letter == "r" else "left" for letter in block.align],
        "breakable": sum(len(cell) for row in rows for cell in row) > _SHORT or len(rows) > 16,
        "second": [],
        "halves": None if halves is None else _set(rows, groups, *halves),
    }


def _set(
    rows: list[list[str]], groups: list[str], size: float, widths: list[float], second: int | None = None
) -> dict[str, Any]:
    """Type size, column widths and rows; those from `second` apart."""
    header, *cells = (
        [_runs(cell, wide, size, bold=i == 0) for cell, wide in zip(row, widths, strict=True)]
        for i, row in enumerate(rows)
    )
    own = {"size": size, "widths": widths, "header": header, "parts": _parts(groups[:second], cells[:second])}
    return own if second is None else own | {"second": _parts(groups[second:], cells[second:])}


def _halves(
    rows: list[list[str]], block: document.Table, groups: list[str], whole: tuple[float, list[float]]
) -> tuple[float, list[float], int] | None:
    """Type size, widths and first row of the second half of a table that is set in two halves; None if it is not.

    That is a long table of few short columns: the halves stand side by side, and it becomes that much lower.
    """
    free = _HALF - _PADDING * (len(block.align) - 1)
    least = [_needs(rows, c, _SIZE, letter == "r") for c, letter in enumerate(block.align)]
    breaks = any(len(word) > _LONGEST for row in rows for cell in row for word in cell.split())
    if len(rows) <= _FEWEST or breaks or sum(least) > free:
        return None
    spare = free - sum(least)
    tried = [[least[0] + k / 8 * spare, *least[1:-1], least[-1] + (1 - k / 8) * spare] for k in range(8, -1, -1)]
    widths, high = min(
        ((each, _heights(rows, groups, _SIZE, each, _INSET)) for each in tried), key=lambda pair: sum(pair[1])
    )
    halves = {k: max(sum(high[1:k]), sum(high[k:])) for k in range(2, len(rows))}
    # A half that begins with a group says no name of a group twice.
    begins = [k for k in halves if not groups or groups[k - 1] != groups[k - 2]]
    best = min(halves, key=lambda k: (halves[k] + (0 if k in begins else 24), k))
    lower = halves[best] + high[0]
    note = 8 * 1.4 * len(wrap(block.note, TEXT_WIDTH, 8))
    if lower + note > _HALF_HIGH or lower > (1 - _SAVED) * sum(_heights(rows, groups, *whole, layout.INSETS[0])):
        return None
    return _SIZE, widths, best - 1


def _heights(rows: list[list[str]], groups: list[str], size: float, widths: list[float], inset: float) -> list[float]:
    """About how high each row is, in points, the name of a group with the first row of it."""
    lines = [max(len(wrap(cell, wide, size)) for cell, wide in zip(row, widths, strict=True)) for row in rows]
    high = [size * (1.28 * n - 0.55) + 2 * inset for n in lines]
    for i, name in enumerate(groups):
        high[i + 1] += 0.73 * size + 8 + inset if i == 0 or name != groups[i - 1] else 0
    return high


def _parts(groups: list[str], rows: list[Any]) -> list[dict[str, Any]]:
    """Rows with the name of the group that begins with them, if one does."""
    starts = [name if i == 0 or name != groups[i - 1] else "" for i, name in enumerate(groups)] or [""] * len(rows)
    return [{"starts": name, "cells": row} for name, row in zip(starts, rows, strict=True)]


def column_widths(rows: list[list[str]], align: str) -> tuple[float, list[float], float]:
    """Type size, column widths (without padding) and text width, all in points, with which a table stays on the page.

    The rule of browsers: each column gets at least its longest word (or, if it holds figures, its longest cell), and
    what is left is shared in proportion to what the columns would like beyond that. If that much does not fit, the type
    gets smaller, then figures may wrap, then the page is turned; if nothing helps, all columns shrink alike and long
    words are broken.
    """
    for page_width, whole, size in _WAYS:
        free = page_width - _PADDING * (len(align) - 1)
        least = [_needs(rows, c, size, whole and letter == "r") for c, letter in enumerate(align)]
        if whole:
            least = [max(low, min(_needs(rows, c, size, True), _NARROW)) for c, low in enumerate(least)]
        if sum(least) <= free:
            break
    else:
        return size, [wide * free / sum(least) for wide in least], page_width
    natural = [_needs(rows, c, size, True) for c in range(len(align))]
    modest = [min(like, max(low, _WIDEST)) for like, low in zip(natural, least, strict=True)]
    widths = _between(_between(least, modest, free), natural, free)
    spare = min(free, 0.65 * page_width) - sum(widths)  # a small table is not stretched over the whole page
    return size, [widths[0] + max(0.0, spare), *widths[1:]], page_width


def _between(low: list[float], high: list[float], total: float) -> list[float]:
    """Widths as near to `high` as `total` allows, each raised from `low` by the same share of its distance."""
    distance = sum(max(0.0, top - bottom) for bottom, top in zip(low, high, strict=True))
    share = min(1.0, (total - sum(low)) / distance) if distance else 0.0
    return [bottom + share * max(0.0, top - bottom) for bottom, top in zip(low, high, strict=True)]


def _needs(rows: list[list[str]], column: int, size: float, whole: bool) -> float:
    """Width of a column's longest word or, if `whole`, of its longest line; headers are bold and may always wrap."""
    widest = max((width(word[:_LONGEST], size, bold=True) for word in _words(rows[0][column])), default=0)
    for row in rows[1:]:
        parts = row[column].split("\n") if whole else [word[:_LONGEST] for word in _words(row[column])]
        widest = max([widest, *(width(part, size) for part in parts)])
    return widest + 1


def _words(cell: str) -> list[str]:
    """What stays on one line: a space that no line ends at is within a word."""
    return re.findall(r"[^ \n\t]+", cell)


def _runs(cell: str, wide: float, size: float, bold: bool) -> list[list[str]]:
    """A cell as runs of text; a run of several pieces is one word, which may be broken between them."""
    runs: list[list[str]] = [[""]]
    for word in re.split(r"(\s+)", cell):
        if not word.strip() or width(word, size, bold) <= wide:
            runs[-1][0] += word
            continue
        letters = max(1, int(len(word) * wide / width(word, size, bold) / 2))
        runs += [[word[k : k + letters] for k in range(0, len(word), letters)], [""]]
    return [run for run in runs if run != [""]]
