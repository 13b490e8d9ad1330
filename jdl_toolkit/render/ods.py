"""Tables of figures as an OpenDocument spreadsheet: the same sheets as `xlsx`, in the format that GOV.UK asks for."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from odfdo import Document, Element

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

#: Parts of a spreadsheet; odfdo's template has more, with a picture and settings of the machine that made it.
_PARTS = frozenset(("mimetype", "content.xml", "styles.xml", "settings.xml", "meta.xml", "META-INF/manifest.xml"))
_CM_A_CHARACTER, _COVER_WIDTH = 0.225, 85
#: Sizes as in the Analysis Function's theme: name -> (size in points, bold, wrapped).
_LOOKS = {
    "cover_title": (16, True, True),
    "cover_heading": (14, True, True),
    "cover_text": (12, False, True),
    "title": (16, True, False),
    "mark": (14, False, False),
    "line": (12, False, False),
    "heading": (12, True, True),
    "heading_number": (12, True, True),
    "heading_after": (12, True, True),
    "text": (12, False, True),
    "text_after": (12, False, True),
    "number": (12, False, True),
}


def to_ods(cover: Cover, tables: Iterable[DataTable]) -> bytes:
    """A spreadsheet with cover, contents, notes, a sheet for each table and what every column means.

    The same tables make the same bytes. Tables are database ranges with a header row; a text is a text, whatever it
    begins with.
    """
    placed = sheets(cover, tables)
    document = _empty(cover)
    pages = [_cover(cover), _contents(cover, placed), *map(_sheet, placed)]
    styles = document.content.get_element("//office:automatic-styles")
    for style in _automatic_styles(placed, "".join(pages)):
        styles.append(Element.from_tag(style))
    for part in (*pages, _ranges(cover, placed)):
        document.body.append(Element.from_tag(part))
    file = io.BytesIO()
    document.save(file)
    return pack(file.getvalue())


def _empty(cover: Cover) -> Document:
    """A spreadsheet without a sheet, in English, with properties that name no machine."""
    document = Document("spreadsheet")
    for part in [*document.get_parts()]:
        if part not in _PARTS:
            document.del_part(part)
    for path in document.manifest.get_paths():
        if path not in _PARTS and path != "/":
            document.manifest.del_full_path(path)
    document.set_part("styles.xml", _STYLES.encode())
    document.set_part("settings.xml", _SETTINGS.encode())
    document.body.clear()
    document.content.get_element("//office:automatic-styles").clear()
    fonts = document.content.get_element("//office:font-face-decls")
    fonts.clear()
    fonts.append(Element.from_tag('<style:font-face style:name="Arial" svg:font-family="Arial"/>'))
    meta = document.meta.get_element("//office:meta")
    meta.clear()
    made = dt.datetime.combine(cover.dated, dt.time())
    document.meta.title, document.meta.language, document.meta.creator = cover.title, LANGUAGE, PUBLISHER
    document.meta.initial_creator, document.meta.creation_date, document.meta.date = PUBLISHER, made, made
    document.meta.set_generator("jdl_toolkit")
    return document


def _cover(cover: Cover) -> str:
    lines = [(cover.title, "cover_title")]
    for heading, told in cover.sections.items():
        lines += [(heading, "cover_heading"), *((line, "cover_text") for line in told)]
    heights = (height([line], [_COVER_WIDTH], _LOOKS[look][0]) for line, look in lines)
    rows = (_row([_text(line, look)], points) for (line, look), points in zip(lines, heights, strict=True))
    return _page("Cover", [_COVER_WIDTH], rows)


def _contents(cover: Cover, placed: list[Sheet]) -> str:
    rows = contents(placed)
    widths = [*map(width, CONTENTS_COLUMNS, zip(*rows, strict=True))]
    lines = [("Contents", "title"), *((mark, "mark") for mark in cover.marks), (CONTENTS_LINE, "line")]
    head = _header([(heading, "heading") for heading in CONTENTS_COLUMNS], height(CONTENTS_COLUMNS, widths))
    linked = (_row([_link(row[0]), _text(row[1], "text")], height(row, widths)) for row in rows)
    return _page(CONTENTS, widths, [*_above(lines), head, *linked])


def _sheet(sheet: Sheet) -> str:
    columns, widths = sheet.table.columns, sheet.widths
    lines = [(sheet.table.title, "title"), *((mark, "mark") for mark in sheet.marks), (sheet.instructions, "line")]
    after = ["_after" if follows_number(columns, x) else "" for x in range(len(columns))]
    looks = [
        "heading_number" if c.kind == "number" else f"heading{more}" for c, more in zip(columns, after, strict=True)
    ]
    head = _header(zip(sheet.headings, looks, strict=True), height(sheet.headings, widths))
    texts = [f"{c.kind}{more}" for c, more in zip(columns, after, strict=True)]
    rows = (_row(map(_cell, row, texts), height(row, widths)) for row in sheet.table.rows)
    return _page(sheet.name, widths, [*_above([*lines, *((line, "line") for line in sheet.legend)]), head, *rows])


def _page(name: str, widths: Iterable[int], rows: Iterable[str]) -> str:
    columns = "".join(f'<table:table-column table:style-name="width_{characters}"/>' for characters in widths)
    return f'<table:table table:name="{name}" table:style-name="sheet">{columns}{"".join(rows)}</table:table>'


def _above(lines: Iterable[tuple[str, str]]) -> Iterable[str]:
    """The lines above a table, which may reach over its columns."""
    return (_row([_text(line, look)], height([""], [1], _LOOKS[look][0])) for line, look in lines)


def _header(headings: Iterable[tuple[str, str]], points: float) -> str:
    """The row of headings, marked as such: it is repeated on every printed page."""
    row = _row((_text(heading, look) for heading, look in headings), points)
    return f"<table:table-header-rows>{row}</table:table-header-rows>"


def _row(cells: Iterable[str], points: float) -> str:
    return f'<table:table-row table:style-name="height_{points:g}">{"".join(cells)}</table:table-row>'


def _text(words: str, look: str) -> str:
    return _string(escape(words), look)


def _link(name: str) -> str:
    return _string(f'<text:a xlink:href="#{name}.A1" xlink:type="simple">{name}</text:a>', "text")


def _string(content: str, look: str) -> str:
    start = f'<table:table-cell office:value-type="string" table:style-name="{look}">'
    return f"{start}<text:p>{content}</text:p></table:table-cell>"


def _cell(cell: Cell, look: str) -> str:
    n = decimals(cell)
    if n is None:
        return _text(str(cell), look)
    start = f'<table:table-cell office:value-type="float" office:value="{cell}" table:style-name="number_{n}">'
    return f"{start}<text:p>{cell:,}</text:p></table:table-cell>"


def _ranges(cover: Cover, placed: list[Sheet]) -> str:
    """What tables are marked by: named ranges of which the first row holds the headings."""
    places = [("contents", CONTENTS, len(cover.marks) + 2, 2, len(placed))]
    places += [(s.table.name, s.name, len(s.lines) + 1, len(s.headings), len(s.table.rows)) for s in placed]
    ranges = "".join(
        f'<table:database-range table:name="{name}" table:contains-header="true"'
        f' table:target-range-address="{page}.A{top + 1}:{page}.{_letters(n_columns)}{top + n_rows + 1}"/>'
        for name, page, top, n_columns, n_rows in places
    )
    return f"<table:database-ranges>{ranges}</table:database-ranges>"


def _letters(n: int) -> str:
    """The name of the n-th column."""
    return _letters((n - 1) // 26) + chr(65 + (n - 1) % 26) if n else ""


def _automatic_styles(placed: list[Sheet], pages: str) -> Iterable[str]:
    """The styles that are used: of sheets, of widths and heights, of texts, of numbers."""
    yield '<style:style style:name="sheet" style:family="table" style:master-page-name="Default"/>'
    for characters in sorted({int(found) for found in re.findall(r'"width_(\d+)"', pages)}):
        yield (
            f'<style:style style:name="width_{characters}" style:family="table-column"><style:table-column-properties'
            f' style:column-width="{characters * _CM_A_CHARACTER:.2f}cm"/></style:style>'
        )
    for points in sorted(set(re.findall(r'"height_([\d.]+)"', pages)), key=float):
        yield (
            f'<style:style style:name="height_{points}" style:family="table-row"><style:table-row-properties'
            f' style:row-height="{points}pt" style:use-optimal-row-height="false"/></style:style>'
        )
    for name, look in _LOOKS.items():
        yield _cell_style(name, *look)
    for n in sorted({decimals(cell) for sheet in placed for row in sheet.table.rows for cell in row} - {None}):
        yield (
            f'<number:number-style style:name="figures_{n}"><number:number number:decimal-places="{n}"'
            f' number:min-decimal-places="{n}" number:min-integer-digits="1" number:grouping="true"/>'
            "</number:number-style>"
        )
        yield _cell_style(f"number_{n}", *_LOOKS["number"], f"figures_{n}")


def _cell_style(name: str, size: int, is_bold: bool, is_wrapped: bool, figures: str = "") -> str:
    data = f' style:data-style-name="{figures}"' if figures else ""
    weight = ' fo:font-weight="bold"' if is_bold else ""
    border = ' fo:border-bottom="0.5pt solid #000000"' if name.startswith("heading") else ""
    room = ' fo:padding-left="0.25cm"' if name.endswith("_after") else ""
    is_right = name.startswith("number") or name.endswith("_number")
    side = "end" if is_right else "start"
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Default"{data}>'
        f'<style:table-cell-properties style:vertical-align="top" style:text-align-source="fix"{border}{room}'
        f' fo:wrap-option="{"wrap" if is_wrapped else "no-wrap"}"/>'
        f'<style:paragraph-properties fo:text-align="{side}"/>'
        f'<style:text-properties fo:font-size="{size}pt"{weight}/></style:style>'
    )


_SETTINGS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-settings office:version="1.3"'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
)
#: In place of the template's styles, which are of another language: English, Arial, landscape, as wide as the paper.
_STYLES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3">
<office:font-face-decls><style:font-face style:name="Arial" svg:font-family="Arial"/></office:font-face-decls>
<office:styles>
<style:default-style style:family="table-cell"><style:text-properties style:font-name="Arial" fo:font-size="12pt"
 fo:language="en" fo:country="GB"/></style:default-style>
<style:style style:name="Default" style:family="table-cell"/>
</office:styles>
<office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties fo:page-width="29.7cm"
 fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm" style:scale-to-X="1" style:scale-to-Y="0"/>
</style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="page"><style:footer><text:p>
<text:sheet-name>?</text:sheet-name>, page <text:page-number>1</text:page-number>
 of <text:page-count>1</text:page-count>
</text:p></style:footer></style:master-page></office:master-styles>
</office:document-styles>
"""
