"""Damage to CSV files and to OpenDocument workbooks."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from .kinds import Draw, Made, kind
from .sent import ANSWERS, Parts, Rows, parts, rows, zipped

NAME, SERVICE = "upload.csv", "upload-service.csv"


def csv_text(lines: Rows, delimiter: str = ",", line_end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Rows as CSV; dates with the day first."""
    out = io.StringIO()
    shown = [["" if c is None else f"{c:%d/%m/%Y}" if isinstance(c, dt.date) else c for c in line] for line in lines]
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(shown)
    return out.getvalue()


def _csv(text: str | bytes, encoding: str = "utf-8-sig") -> Made:
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return NAME, content, {SERVICE: csv_text(ANSWERS).encode("utf-8-sig")}


@kind("csv", "in another encoding")
def _encoding(draw: Draw) -> Made:
    kinds = (
        "cp1252",
        "latin-1",
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "mac-roman",
        "cp850",
    )
    return _csv(csv_text(rows()), draw(st.sampled_from(kinds)))


@kind("csv", "in the encoding of a mainframe")
def _ebcdic(draw: Draw) -> Made:
    return _csv(csv_text(rows()).encode(draw(st.sampled_from(("cp037", "cp500", "cp1140")))))


@kind("csv", "names with accents, spoilt on the way")
def _mojibake(draw: Draw) -> Made:
    lines = rows()
    at = draw(st.integers(1, len(lines) - 1))
    lines[at][1] = lines[at][1] + draw(st.sampled_from(("é", "ß", "ø", "’", "ñ")))
    return _csv(csv_text(lines).encode("utf-8").decode("cp1252", "replace"))


@kind("csv", "another sign between the cells")
def _delimiter(draw: Draw) -> Made:
    return _csv(csv_text(rows(), draw(st.sampled_from((";", "\t", "|", ":", "~", "\x1f", " ")))))


@kind("csv", "a line that names the sign between the cells")
def _sep(draw: Draw) -> Made:
    sign = draw(st.sampled_from(";,\t"))
    return _csv(f"sep={sign}\r\n{csv_text(rows(), sign)}")


@kind("csv", "other line ends")
def _line_ends(draw: Draw) -> Made:
    return _csv(
        csv_text(rows(), line_end=draw(st.sampled_from(("\n", "\r", "\r\r\n", "\n\r", "\r\n\r\n", "\u2028", "\x85"))))
    )


@kind("csv", "a quotation mark that is never closed")
def _quote(draw: Draw) -> Made:
    text = csv_text(rows())
    at = draw(st.integers(0, len(text)))
    return _csv(f'{text[:at]}"{text[at:]}')


@kind("csv", "quoted twice, or each line as one cell")
def _quoted(draw: Draw) -> Made:
    lines = csv_text(rows()).splitlines()
    return _csv(draw(st.sampled_from((csv_text(rows(), quoting=csv.QUOTE_ALL), csv_text([[line] for line in lines])))))


@kind("csv", "characters that are none (NUL)")
def _nul(draw: Draw) -> Made:
    content = csv_text(rows()).encode()
    at = draw(st.integers(0, len(content)))
    return _csv(content[:at] + bytes(draw(st.integers(1, 50))) + content[at:])


@kind("csv", "rows of unequal length")
def _ragged(draw: Draw) -> Made:
    lines = rows()
    for at in draw(st.lists(st.integers(1, len(lines) - 1), min_size=1, max_size=10)):
        n = draw(st.integers(0, 30))
        lines[at] = (lines[at] + [""] * 40)[:n]
    return _csv(csv_text(lines))


@kind("csv", "a comma in a name without quotation marks")
def _shifted(draw: Draw) -> Made:
    lines = csv_text(rows()).splitlines()
    at = draw(st.integers(1, len(lines) - 1))
    cells = lines[at].split(",")
    cells[1] = f"{cells[1]}, Jr"
    lines[at] = ",".join(cells)
    return _csv("\r\n".join(lines))


@kind("csv", "a cell without end")
def _gigantic(draw: Draw) -> Made:
    lines = rows()
    lines[draw(st.integers(1, 60))][draw(st.integers(0, 11))] = "x" * draw(
        st.sampled_from((32_768, 131_073, 5_000_000))
    )
    return _csv(csv_text(lines))


@kind("csv", "a bomb: one endless row and many short ones")
def _wide(draw: Draw) -> Made:
    wide, many = draw(st.sampled_from(((200_000, 200_000), (1_000_000, 50_000), (20_000, 2_000_000))))
    return _csv(csv_text(rows()) + "," * wide + "\n" + "x\n" * many)


@kind("csv", "a bomb: millions of empty rows")
def _tall(draw: Draw) -> Made:
    return _csv(
        csv_text(rows()) + draw(st.sampled_from(("\n", ",,,,,,,,,,,\n"))) * draw(st.integers(500_000, 1_000_000))
    )


@kind("csv", "cut off")
def _cut(draw: Draw) -> Made:
    text = csv_text(rows())
    line = draw(st.integers(2, 60))
    return _csv("\r\n".join(text.splitlines()[:line]) + text.splitlines()[line][: draw(st.integers(0, 60))])


@kind("csv", "titles above, totals below")
def _around(draw: Draw) -> Made:
    above = draw(st.lists(st.sampled_from(("Our upload", "", "Confidential,,,", "Printed on 12/08/2013")), max_size=8))
    below = draw(st.sampled_from(("Total,66", "", "Total,,,,66", "End of list")))
    return _csv("\r\n".join([*above, csv_text(rows()) + below]))


@kind("csv", "answers about the service missing or strange")
def _service(draw: Draw) -> Made:
    other = draw(st.sampled_from((b"", b"\0", b"Question,Answer\n", b"\xff\xfe", b'"', b"," * 100_000)))
    return NAME, csv_text(rows()).encode(), draw(st.sampled_from(({}, {SERVICE: other})))


# OpenDocument

_ODS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_KIND = "application/vnd.oasis.opendocument.spreadsheet"


def _cell(value: Any, more: str = "") -> str:
    if value is None:
        return f"<table:table-cell {more}/>"
    if isinstance(value, dt.date):
        return f'<table:table-cell {more} office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, (int, float)):
        return f'<table:table-cell {more} office:value-type="float" office:value="{value}"/>'
    return (
        f'<table:table-cell {more} office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
    )


def lines_of(cells: Rows) -> str:
    """Rows as OpenDocument has them."""
    return "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in cells)


def spreadsheet(sheets: dict[str, str]) -> str:
    """The content of an .ods file: the lines of each sheet, by its name."""
    spaces = " ".join(f'xmlns:{n}="{_ODS.format(n)}"' for n in ("office", "table", "text"))
    tables = "".join(f'<table:table table:name="{name}">{lines}</table:table>' for name, lines in sheets.items())
    head = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
    return f"{head}<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"


def _content(people: str | None = None, last: str = "") -> str:
    people = lines_of(rows()) if people is None else people
    return spreadsheet({"People": people + last, "Service": lines_of(ANSWERS)})


def _packed(content: str | bytes) -> Parts:
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{_ODS.format("manifest")}">'
    manifest += f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_KIND}"/></manifest:manifest>'
    text = content.encode() if isinstance(content, str) else content
    return {"mimetype": _KIND.encode(), "content.xml": text, "META-INF/manifest.xml": manifest.encode()}


def ods(content: str | bytes | None = None) -> bytes:
    """The upload as an .ods file."""
    return zipped(_packed(_content() if content is None else content))


def _ods(content: str | bytes) -> Made:
    return "upload.ods", ods(content)


@kind("ods", "cut off, or with bits flipped")
def _ods_damaged(draw: Draw) -> Made:
    content = bytearray(ods())
    at = draw(st.integers(1, len(content) - 1))
    if draw(st.booleans()):
        return "upload.ods", bytes(content[:at])
    content[at] ^= draw(st.integers(1, 255))
    return "upload.ods", bytes(content)


@kind("ods", "its content cut off")
def _ods_cut(draw: Draw) -> Made:
    return _ods(_content()[: draw(st.integers(0, len(_content()) - 1))])


@kind("ods", "a part missing or empty")
def _ods_part(draw: Draw) -> Made:
    files = parts(ods())
    name = draw(st.sampled_from(sorted(files)))
    files = {n: t for n, t in files.items() if n != name} if draw(st.booleans()) else files | {name: b""}
    return "upload.ods", zipped(files)


@kind("ods", "protected by a password")
def _ods_encrypted(draw: Draw) -> Made:
    data = '<manifest:encryption-data manifest:checksum="x"/>'
    files = parts(ods())
    entry = f'<manifest:file-entry manifest:full-path="content.xml">{data}</manifest:file-entry></manifest:manifest>'
    files["META-INF/manifest.xml"] = files["META-INF/manifest.xml"].replace(b"</manifest:manifest>", entry.encode())
    return "upload.ods", zipped(files | {"content.xml": draw(st.binary(min_size=50, max_size=500))})


@kind("ods", "a bomb: one filled cell, repeated without end")
def _ods_wide(draw: Draw) -> Made:
    across, down = draw(
        st.sampled_from(((16384, 1048576), (16384, 10_000), (1, 1048576), (2**31, 1), (10**12, 10**12)))
    )
    cell = _cell("x", f'table:number-columns-repeated="{across}"')
    return _ods(_content(last=f'<table:table-row table:number-rows-repeated="{down}">{cell}</table:table-row>'))


@kind("ods", "a filled cell in the last row and column")
def _ods_far(draw: Draw) -> Made:
    rows_, columns = draw(st.sampled_from(((1048575, 16383), (1048575, 1), (1, 16383), (300_000, 100))))
    blank = f'<table:table-row table:number-rows-repeated="{rows_}"><table:table-cell/></table:table-row>'
    gap = f'<table:table-cell table:number-columns-repeated="{columns}"/>'
    return _ods(_content(last=f"{blank}<table:table-row>{gap}{_cell('x')}</table:table-row>"))


@kind("ods", "empty rows and columns to the end of the sheet")
def _ods_empty(draw: Draw) -> Made:
    cell = '<table:table-cell table:number-columns-repeated="16384"/>'
    gap = f'<table:table-row table:number-rows-repeated="1040000">{cell}</table:table-row>'
    return _ods(_content(last=gap * draw(st.integers(1, 3))))


@kind("ods", "repeats that are no number")
def _ods_repeats(draw: Draw) -> Made:
    odd = draw(st.sampled_from(("-1", "0", "", "NaN", "1e9", "18446744073709551616", "٣")))
    return _ods(
        _content().replace("<table:table-cell ", f'<table:table-cell table:number-columns-repeated="{odd}" ', 1)
    )


@kind("ods", "cells of types and values that are none")
def _ods_types(draw: Draw) -> Made:
    new = draw(
        st.sampled_from(
            (
                '"date" office:date-value="1985-02-31"',
                '"date" office:date-value="x"',
                '"boolean" office:boolean-value="2"',
                '"float" office:value="x"',
                '"time" office:time-value="PT99999H"',
                '"zzz"',
                '"date"',
            )
        )
    )
    text = _content()
    at = text.find("office:value-type=", draw(st.integers(0, len(text) // 2)))
    end = text.find(">", at)
    close = "/" if text[end - 1] == "/" else ""
    return _ods(f"{text[:at]}office:value-type={new} {close}{text[end:]}")


@kind("ods", "entities that multiply")
def _ods_entities(draw: Draw) -> Made:
    return _ods(with_entities(_content(), draw(st.integers(2, 40))))


def with_entities(xml: str, levels: int, use: bool = True) -> str:
    """XML whose first text refers to an entity that multiplies tenfold at each level."""
    lines = [f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, levels)]
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "lol">{"".join(lines)}]>'
    head, sign, rest = xml.partition("?>")
    made = f"{head}{sign}{doctype}{rest}" if sign else f"{doctype}{xml}"
    first, _, last = made.partition("Forename")
    return f"{first}&e{levels - 1};Forename{last}" if use and last else made
