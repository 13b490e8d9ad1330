"""What a notebook cell may show a reader: words, an inset, a table or a figure.

Each block shows itself in JupyterLab as HTML and carries, beside that, one structured bundle (`MIME`). The reports,
HTML and PDF alike, are drawn from these bundles and from Markdown cells alone, so that a stray print, a frame of
people or a traceback can never reach a reader.

While somebody explores by hand, each block says so (`exploratory`), in every form it is shown in.
"""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass, field
from html import escape
from itertools import groupby, zip_longest
from typing import Any

from . import exploratory
from .markup import clean, isolated, parse_words, to_html

MIME = "application/vnd.jdl-toolkit.v1+json"


@dataclass(frozen=True)
class Block:
    """A thing a reader sees. Sub-classes name their `kind` and draw their HTML for JupyterLab."""

    kind = "block"

    def to_json(self) -> dict[str, Any]:
        """The bundle that renderers draw from: `kind` and every field of the block; `exploratory` if it is marked."""
        return {"kind": self.kind, **asdict(self)} | ({"exploratory": True} if exploratory.is_marked() else {})

    def to_html(self) -> str:
        raise TypeError(f"{type(self).__name__} draws no HTML")

    def _to_text(self) -> str:
        return f"<{self.kind}>"

    def __str__(self) -> str:
        """As text, for a terminal: without characters that it would obey, or that nobody sees."""
        return exploratory.marked(clean(self._to_text()))

    def _repr_html_(self) -> str:
        style = "border:1px solid;padding:0 .4em;display:inline-block"  # in the colour of the text, on light and dark
        mark = f'<p style="{style}"><strong>{exploratory.MARK}</strong></p>' if exploratory.is_marked() else ""
        return mark + self.to_html()

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        return {MIME: self.to_json(), "text/html": self._repr_html_(), "text/plain": str(self)}


def _html(text: str) -> str:
    """A text from anywhere for a page: without control characters, its direction of writing kept to itself."""
    return escape(isolated(clean(text)))


@dataclass(frozen=True)
class Words(Block):
    """Paragraphs and lists in plain Markdown (paragraphs, ``- `` items, ``**bold**``); no HTML, no links, no headings.

    Parameters
    ----------
    text : str
        Paragraphs are separated by an empty line.
    rules : tuple of str
        Names of the wording rules that chose the sentences.
    """

    text: str
    rules: tuple[str, ...] = ()
    kind = "words"

    def to_html(self) -> str:
        return to_html(parse_words(self.text))

    def _to_text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Inset(Block):
    """A boxed passage: the finding, one result of several, what can and cannot be said, a warning.

    Parameters
    ----------
    tone : {"finding", "result", "can", "cannot", "warning", "note"}
    title : str
    text : str
        As in `Words`.
    links : tuple of (str, str)
        Text and target of each link below the passage; a target is the relative path of another report, as
        ``../custody/report.html``.
    """

    tone: str
    title: str
    text: str
    rules: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    kind = "inset"

    def to_html(self) -> str:
        body = to_html(parse_words(self.text)) + "".join(f"<p>{_html(text)}</p>" for text, _ in self.links)
        style = "border-left:4px solid #12436D;padding:.2em 1em"
        return f'<aside style="{style}"><strong>{_html(self.title)}</strong>{body}</aside>'

    def _to_text(self) -> str:
        return f"{self.title}\n\n{self.text}"


@dataclass(frozen=True)
class Table(Block):
    """A table with a caption, column headers and a header for each row (the first column).

    Parameters
    ----------
    key : str
        Short name, unique in a report (``power``); names the CSV file of its data.
    caption : str
    columns : tuple of str
        Header texts, the row header's first.
    rows : tuple of tuple of str
        Cells as printed, row header first.
    align : str
        One letter a column, ``l`` or ``r``.
    note : str
        Printed below the table.
    groups : tuple of str
        For each row the group that it belongs to; groups are printed as sub-headings, rows of one group together.
        Empty: no groups.
    """

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    align: str = ""
    note: str = ""
    groups: tuple[str, ...] = ()
    kind = "table"

    @property
    def parts(self) -> list[tuple[str, list[tuple[str, ...]]]]:
        """The rows of each group under its name; one part without a name if there are no groups."""
        named = zip(self.groups or [""] * len(self.rows), self.rows, strict=True)
        return [(name, [row for _, row in rows]) for name, rows in groupby(named, key=lambda pair: pair[0])]

    def to_html(self) -> str:
        head = "".join(f'<th scope="col"{_look(self.align, i)}>{_html(c)}</th>' for i, c in enumerate(self.columns))
        body = "".join(
            f"<tbody>{_group_html(name, len(self.columns))}{_rows_html(rows, self.align)}</tbody>"
            for name, rows in self.parts
        )
        note = f"<p>{_html(self.note)}</p>" if self.note else ""
        top = f"<caption{_LOOKS['l']}>{_html(self.caption)}</caption><thead><tr>{head}</tr></thead>"
        return f"<table>{top}{body}</table>{note}"

    def _to_text(self) -> str:
        """The caption, the columns beside each other with long cells in lines, the note."""
        align = self.align.ljust(max(map(len, (self.columns, *self.rows))), "l")
        wide = [_width_of(column) for column in zip_longest(self.columns, *self.rows, fillvalue="")]
        lines = [self.caption, "", *_in_lines(self.columns, wide, align), "  ".join("-" * w for w in wide)]
        for name, rows in self.parts:
            lines += [name] if name else []
            lines += [line for row in rows for line in _in_lines(row, wide, align)]
        return "\n".join([*lines, *(["", *textwrap.wrap(self.note, _TEXT_WIDTH)] if self.note else [])])


#: In a terminal: of a text, of a cell, and of a heading whose cells are narrower.
_TEXT_WIDTH, _CELL_WIDTH, _HEADING_WIDTH = 100, 48, 12


def _width_of(column: tuple[str, ...]) -> int:
    """Of a column in a terminal: its heading may take several lines, a long cell, too."""
    heading, *cells = column
    widest = max(map(len, cells), default=0)
    longest_word = max(map(len, heading.split()), default=0)
    return max(min(widest, _CELL_WIDTH), min(len(heading), max(longest_word, _HEADING_WIDTH)))


def _in_lines(cells: tuple[str, ...], wide: list[int], align: str) -> list[str]:
    """A row of a table in as many lines as its longest cell needs."""
    wrapped = [textwrap.wrap(cell, w) or [""] for cell, w in zip(cells, wide, strict=False)]
    place = {"l": str.ljust, "r": str.rjust}
    lines = zip_longest(*wrapped, fillvalue="")
    return ["  ".join(place[a](x, w) for x, w, a in zip(line, wide, align, strict=False)).rstrip() for line in lines]


def _group_html(name: str, n_columns: int) -> str:
    spread = f'scope="rowgroup" colspan="{n_columns}"'
    return f"<tr><th {spread}{_LOOKS['l']}>{_html(name)}</th></tr>" if name else ""


#: JupyterLab sets every cell to the right, and knows no other style than an element's own.
_LOOKS = {"l": ' style="text-align:left"', "r": ' style="text-align:right"'}
_ROW_LOOK = ' style="text-align:left;font-weight:normal"'


def _look(align: str, column: int) -> str:
    return _LOOKS.get(align[column : column + 1], _LOOKS["l"])


def _rows_html(rows: list[tuple[str, ...]], align: str) -> str:
    return "".join(
        f'<tr><th scope="row"{_ROW_LOOK}>{_html(row[0])}</th>'
        + "".join(f"<td{_look(align, i)}>{_html(cell)}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )


@dataclass(frozen=True)
class Figure(Block):
    """A vector drawing with its caption, its alternative text and the data it was drawn from.

    Parameters
    ----------
    key : str
        Short name, unique in a report (``love_plot``); names the CSV file of its data.
    caption : str
    alt : str
        What the picture says, for those who do not see it; at least 20 characters.
    svg : str
        The drawing, with no script, no date and no outside reference.
    data : tuple of dict
        One record per thing drawn.
    note : str
    """

    key: str
    caption: str
    alt: str
    svg: str
    data: tuple[dict[str, Any], ...] = field(default=())
    note: str = ""
    kind = "figure"

    def __post_init__(self) -> None:
        if exploratory.is_marked():
            object.__setattr__(self, "svg", exploratory.marked_drawing(self.svg))

    def to_json(self) -> dict[str, Any]:
        """As of any block, with the order of the data's columns: a notebook's file sorts the names in a record."""
        return super().to_json() | {"data_columns": list(dict.fromkeys(name for row in self.data for name in row))}

    def to_html(self) -> str:
        return f'<figure role="group">{self.svg}<figcaption>{_html(self.caption)}</figcaption></figure>'

    def _to_text(self) -> str:
        return f"{self.caption}\n{self.alt}"


def show(*blocks: Block | None) -> None:
    """Show several blocks in one notebook cell; None, for what there is nothing to show of, is passed over."""
    from IPython.display import display  # not at the top: only a notebook has it to show with

    for block in blocks:
        if block is not None:
            display(block)


class Shown:
    """Something that shows itself in a notebook by its blocks, each an output of its own."""

    def blocks(self) -> tuple[Block, ...]:
        raise TypeError(f"{type(self).__name__} shows nothing of itself")

    def _ipython_display_(self) -> None:
        """Show each block as an output of its own, from which pages can be drawn like from any other."""
        show(*self.blocks())

    def _repr_html_(self) -> str:
        return "".join(block._repr_html_() for block in self.blocks())
