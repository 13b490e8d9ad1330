"""Tables of figures as an accessible Excel workbook, in the Analysis Function's own theme (gptables)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable
from typing import Any

import gptables

from ..publication import DataTable
from ..publication.cover import PUBLISHER, Cover
from ..publication.table import Cell
from .sheets import (
    CONTENTS,
    CONTENTS_COLUMNS,
    CONTENTS_LINE,
    LANGUAGE,
    Sheet,
    contents,
    decimals,
    follows_number,
    height,
    pack,
    sheets,
    width,
)

_CORE, _A4, _COVER_WIDTH = "docProps/core.xml", 9, 85
_A_CHARACTER = 1.1  # width of a character of the text, in those of Excel's own font, which columns are measured by


def to_xlsx(cover: Cover, tables: Iterable[DataTable]) -> bytes:
    """A workbook with cover, contents, notes, a sheet for each table and what every column means.

    The same tables make the same bytes. Following the Analysis Function's checklist, each sheet has one table, marked
    as such, from the first column on; no cell is merged or empty, and there are no filters and no frozen panes. A text
    is written as a text, whatever it begins with.
    """
    file, placed = io.BytesIO(), sheets(cover, tables)
    book = gptables.GPWorkbook(file, {"in_memory": True})
    _write_cover(book, cover)
    _write_contents(book, cover, placed)
    for sheet in placed:
        _write_sheet(book, sheet)
    created = dt.datetime.combine(cover.dated, dt.time())
    book.set_properties({"title": cover.title, "author": PUBLISHER, "created": created})
    book.close()
    return _in_language(file.getvalue())


def _write_cover(book: gptables.GPWorkbook, cover: Cover) -> None:
    page, theme = book.add_worksheet("Cover"), book.theme
    lines = [(cover.title, theme.cover_title_format)]
    for heading, told in cover.sections.items():
        lines += [(heading, theme.cover_subtitle_format), *((line, theme.cover_text_format) for line in told)]
    _write_lines(book, page, lines)
    for y, (line, look) in enumerate(lines):
        page.set_row(y, height([line], [_COVER_WIDTH], look["font_size"]))
    _set_widths(page, [_COVER_WIDTH])
    _set_print(page)


def _write_contents(book: gptables.GPWorkbook, cover: Cover, placed: list[Sheet]) -> None:
    page, theme, rows = book.add_worksheet(CONTENTS), book.theme, contents(placed)
    lines = [(mark, theme.subtitle_format) for mark in cover.marks] + [(CONTENTS_LINE, theme.instructions_format)]
    top = _write_lines(book, page, [("Contents", theme.title_format), *lines])
    link = book.add_format(theme.data_format | {"underline": True, "font_color": "#0000FF"})
    for place, (name, title) in enumerate(rows, top + 1):
        page.write_url(place, 0, f"internal:'{name}'!A1", link, name)
        page.write_string(place, 1, title, book.add_format(theme.data_format))
    widths = [*map(width, CONTENTS_COLUMNS, zip(*rows, strict=True))]
    for y, row in enumerate(rows, top + 1):
        page.set_row(y, height(row, widths))
    _mark(book, page, "contents", "Contents", [(heading, {}) for heading in CONTENTS_COLUMNS], top, len(rows))
    _set_widths(page, widths)


def _write_sheet(book: gptables.GPWorkbook, sheet: Sheet) -> None:
    page, theme, table = book.add_worksheet(sheet.name), book.theme, sheet.table
    lines = [(table.title, theme.title_format)]
    lines += [(mark, theme.subtitle_format) for mark in sheet.marks]
    lines += [(sheet.instructions, theme.instructions_format)]
    top = _write_lines(book, page, [*lines, *((line, theme.legend_format) for line in sheet.legend)])
    for y, row in enumerate(table.rows, top + 1):
        page.set_row(y, height(row, sheet.widths))
        for x, cell in enumerate(row):
            look = book.add_format(theme.data_format | _look(cell, sheet, x))
            if decimals(cell) is None:
                page.write_string(y, x, str(cell), look)
            else:
                page.write_number(y, x, cell, look)
    page.set_row(top, height(sheet.headings, sheet.widths))
    headings = [(heading, _align(sheet, x)) for x, heading in enumerate(sheet.headings)]
    _mark(book, page, table.name, table.title, headings, top, len(table.rows))
    _set_widths(page, sheet.widths)


def _write_lines(book: gptables.GPWorkbook, page: Any, lines: Iterable[tuple[str, dict[str, Any]]]) -> int:
    """Lines one below the other in the first column; the number of the first free row."""
    lines = list(lines)
    for y, (line, look) in enumerate(lines):
        page.write_string(y, 0, line, book.add_format(look))
    return len(lines)


def _align(sheet: Sheet, x: int) -> dict[str, Any]:
    columns = sheet.table.columns
    if columns[x].kind == "number":
        return {"align": "right"}
    return {"align": "left"} | ({"indent": 1} if follows_number(columns, x) else {})


def _look(cell: Cell, sheet: Sheet, x: int) -> dict[str, Any]:
    n = decimals(cell)
    shown = {} if n is None else {"num_format": f"#,##0.{'0' * n}" if n else "#,##0"}
    return _align(sheet, x) | {"valign": "top"} | shown


def _mark(
    book: gptables.GPWorkbook,
    page: Any,
    name: str,
    title: str,
    headings: list[tuple[str, dict[str, Any]]],
    top: int,
    n_rows: int,
) -> None:
    """Headings, the mark that makes cells a table for screen readers, its alternative text, and how it is printed."""
    heading_format = book.theme.column_heading_format
    columns = [{"header": text, "header_format": book.add_format(heading_format | look)} for text, look in headings]
    described = {"title": title, "description": f"{title}. One row of headings, and {n_rows} below it."}
    options = {"name": name, "columns": columns, "style": None, "autofilter": False} | described
    page.add_table(top, 0, top + n_rows, len(headings) - 1, options)
    page.repeat_rows(top)
    _set_print(page)


def _set_widths(page: Any, widths: Iterable[int]) -> None:
    for x, characters in enumerate(widths):
        page.set_column(x, x, round(characters * _A_CHARACTER, 1))


def _set_print(page: Any) -> None:
    page.set_paper(_A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer("&C&A, page &P of &N")


def _in_language(workbook: bytes) -> bytes:
    """With the language in its properties."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        core = archive.read(_CORE).decode()
    said = f"<dc:language>{LANGUAGE}</dc:language></cp:coreProperties>"
    return pack(workbook, {_CORE: core.replace("</cp:coreProperties>", said).encode()})
