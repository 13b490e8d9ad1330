"""A report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from ..errors import JDLError, Problem
from ..markup import Node, isolated
from ..markup import to_html as markup_html
from ..numbers import MINUS, WITHHELD
from ..publication.figures import whole
from ..result import write_atomically
from . import content, drawing
from .code import highlighted
from .files import field_names, to_csv
from .glossary import meanings, with_marks
from .lint import lint_html


def to_html(
    notebook: Path | Mapping[str, Any],
    title: str,
    subtitle: str,
    out: Path,
    *,
    exploratory: bool | None = None,
    synthetic: bool | None = None,
    draft: str = "",
    version: str = "",
    names: tuple[str, ...] = (),
    with_code: bool = False,
) -> Path:
    """Draw an executed notebook as a self-contained, accessible HTML file.

    Parameters
    ----------
    notebook : Path or mapping
    title, subtitle : str
    out : Path
    exploratory, synthetic : bool, optional
        Show these banners. Default: as the notebook's metadata says.
    draft : str
        What a draft says of itself: shown first, its mark behind the text.
    version : str
        What a report that replaces an earlier publication says of itself: shown first.
    names : tuple of str
        Names from outside, in which no term of the glossary is looked for.
    with_code : bool
        Put the code of each cell, folded, before what it shows.

    Raises
    ------
    JDLError
        If a block is malformed, or the page would not pass `lint_html`; nothing is written then.
    """
    marks = {"exploratory": exploratory, "synthetic": synthetic, "draft": draft, "version": version}
    report = content.read_report(notebook, title, subtitle, names=names, with_code=with_code, **marks)
    write_atomically(Path(out), html_of(report))
    return Path(out)


def html_of(report: content.Report) -> str:
    """The page.

    Raises
    ------
    JDLError
        With every fault that `lint_html` finds.
    """
    parts, meant = with_marks(report.parts, report.names)
    opening, rest = parts[: report.opening], parts[report.opening :]
    page = page_of("report.html.j2", report=report, opening=opening, rest=rest, meanings=meant)
    faults = lint_html(page)
    if faults:
        raise JDLError(Problem(fault, "report.html") for fault in faults)
    return page


def page_of(template: str, **values: Any) -> str:
    """A page from one of the templates, with the style sheet in it."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("jdl_toolkit.render"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: isolated(value) if type(value) is str else value,  # markup has it already
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"blocks": _blocks, "drawing": _drawing, "csv_link": _csv_link}
    environment.filters["data_rows"] = lambda figure: data_cells(figure.block.data)
    environment.filters["highlighted"] = highlighted
    environment.filters |= {"meanings": lambda glossary: meanings([glossary])}
    environment.tests |= {
        name: lambda part, kind=kind: isinstance(part, kind)
        for name, kind in {
            "glossary": content.Glossary,
            "heading": content.Heading,
            "prose": content.Prose,
            "box": content.Box,
            "table": content.Table,
            "figure": content.Figure,
            "code": content.Code,
        }.items()
    }
    return environment


def _blocks(nodes: tuple[Node, ...]) -> Markup:
    return Markup(markup_html(list(nodes)))


def _drawing(figure: content.Figure) -> Markup:
    block = figure.block
    return Markup(drawing.for_html(block.svg, f"figure-{figure.number}", block.caption, block.alt))


def data_cells(data: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Headers and cells of the table below a figure, from the records it was drawn from."""
    names = field_names(data)
    columns = [whole([row.get(name) for row in data]) for name in names]
    rows = [[_cell(value) for value in row] for row in zip(*columns, strict=True)]
    return [name.replace("_", " ") for name in names], rows


def _csv_link(figure: content.Figure) -> str:
    return "data:text/csv;charset=utf-8," + quote(to_csv(figure.block))


def _cell(value: Any) -> str:
    if value is None:
        return WITHHELD
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}".replace("-", MINUS) if isinstance(value, int | float) else str(value).strip() or "–"
