"""People planted in every kind of file, by every way that a text may lie in one: what a search must find.

Each plant is the bytes of one file that holds one text somewhere. The hunt and the toolkit's own leak check are both
held to them, and so neither's silence is taken for proof.
"""

from __future__ import annotations

import base64
import csv
import gzip
import html
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import openpyxl
import pandas as pd

Plant = Callable[[str], bytes]


@dataclass(frozen=True)
class Way:
    """One way in which a text lies in a file.

    Parameters
    ----------
    kind : str
        The file's ending.
    where : str
        In words.
    plant : callable
        ``plant(text)``: the bytes of a file that holds it.
    """

    kind: str
    where: str
    plant: Plant


def _page(body: str) -> bytes:
    return f"<!doctype html><html lang='en'><head><title>Report</title></head><body>{body}</body></html>".encode()


def _split(text: str) -> str:
    half = max(1, len(text) // 2)
    return f"{html.escape(text[:half])}<b>{html.escape(text[half:])}</b>"


def _notebook(metadata: dict | None = None, source: str = "", outputs: list | None = None) -> bytes:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": [source], "outputs": outputs or []}
    cell["id"] = "abcd1234"
    return json.dumps({"cells": [cell], "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _shown(**data: object) -> list[dict]:
    return [{"output_type": "display_data", "metadata": {}, "data": data}]


def _failed(text: str) -> list[dict]:
    return [{"output_type": "error", "ename": "ValueError", "evalue": text, "traceback": [f"\x1b[31m{text}\x1b[0m"]}]


def _png(kind: bytes, body: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    picture = chunk(b"IHDR", header) + chunk(kind, body) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + picture


def _jpeg(text: str) -> bytes:
    said = text.encode()
    return b"\xff\xd8\xff\xfe" + struct.pack(">H", len(said) + 2) + said + b"\xff\xda\0\2\xff\xd9"


def _workbook(change: Callable[[openpyxl.Workbook], object]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = "Measure"
    change(book)
    book.save(content)
    return content.getvalue()


def _ods(cells: str, meta: str = "") -> bytes:
    names = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in _ODF.items())
    cells = "".join(
        f"<table:table-cell><text:p>{html.escape(c)}</text:p></table:table-cell>" for c in cells.split(" | ")
    )
    table = f'<table:table table:name="A"><table:table-row>{cells}</table:table-row></table:table>'
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    )
    about = f"<office:document-meta {names}><office:meta><office:note>{html.escape(meta)}</office:note></office:meta>"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content + "</office:document-content>")
        archive.writestr("meta.xml", about + "</office:document-meta>")
        files = "".join(f'<manifest:file-entry manifest:full-path="{n}" manifest:media-type="text/xml"/>' for n in ("content.xml", "meta.xml"))  # fmt: skip  # noqa: E501
        space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {space}>{files}</manifest:manifest>")
    return made.getvalue()


_ODF = {"office": "office", "table": "table", "text": "text"}


def _typeset(source: str) -> bytes:
    import typst

    return typst.compile(source.encode())


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _pdf_with(change: Callable[..., object]) -> bytes:
    from pypdf import PdfWriter

    writer, content = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    change(writer)
    writer.write(content)
    return content.getvalue()


def _pdf_note(writer: object, text: str) -> None:
    from pypdf.annotations import FreeText

    writer.add_annotation(0, FreeText(text=text, rect=(10, 10, 90, 90)))  # type: ignore[attr-defined]


def _table(text: str, encoding: str = "utf-8") -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([["Measure", "Value"], ["rate", "0.3"], [text, "1"]])
    return written.getvalue().encode(encoding)


def _parquet(text: str) -> bytes:
    content = io.BytesIO()
    pd.DataFrame({"measure": ["rate", text], "value": [0.3, 1.0]}).to_parquet(content, index=False)
    return content.getvalue()


def _zipped(name: str, text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return content.getvalue()


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'
_URI = "data:image/svg+xml;base64,"

WAYS: tuple[Way, ...] = (
    Way(".html", "text", lambda t: _page(f"<p>Thanks to {html.escape(t)} for all.</p>")),
    Way(".html", "text split by an element", lambda t: _page(f"<p>{_split(t)}</p>")),
    Way(".html", "entities", lambda t: _page("".join(f"&#{ord(c)};" for c in t))),
    Way(".html", "attribute", lambda t: _page(f'<img src="" alt="{html.escape(t)}">')),
    Way(".html", "address", lambda t: _page(f'<a href="mailto:a@example.org?subject={quote(t)}">write</a>')),
    Way(".html", "comment", lambda t: _page(f"<!-- {html.escape(t)} -->")),
    Way(".html", "script", lambda t: _page(f"<script>const x = {json.dumps({'a': t})};</script>")),
    Way(".html", "style", lambda t: _page(f"<style>p::after {{content: {json.dumps(t)}}}</style>")),
    Way(
        ".html",
        "base64",
        lambda t: _page(f'<img src="{_URI}{_packed(_SVG.format(f"<text>{html.escape(t)}</text>"))}">'),
    ),
    Way(
        ".html",
        "picture in base64",
        lambda t: _page(
            f'<img src="data:image/png;base64,{base64.b64encode(_png(b"tEXt", b"Author" + bytes(1) + t.encode())).decode()}">'  # noqa: E501
        ),
    ),  # fmt: skip
    Way(".svg", "text", lambda t: _SVG.format(f"<text>{html.escape(t)}</text>").encode()),
    Way(".svg", "title", lambda t: _SVG.format(f"<title>{html.escape(t)}</title>").encode()),
    Way(".svg", "comment", lambda t: _SVG.format(f"<!-- {html.escape(t)} -->").encode()),
    Way(".svg", "metadata", lambda t: _SVG.format(f"<metadata><rdf>{html.escape(t)}</rdf></metadata>").encode()),
    Way(".png", "text", lambda t: _png(b"tEXt", b"Author\0" + t.encode())),
    Way(".png", "compressed text", lambda t: _png(b"zTXt", b"Comment\0\0" + zlib.compress(t.encode()))),
    Way(".png", "international text", lambda t: _png(b"iTXt", b"Title\0\1\0\0\0" + zlib.compress(t.encode()))),
    Way(".png", "behind the end", lambda t: _png(b"tEXt", b"a\0b") + t.encode()),
    Way(".jpg", "comment", _jpeg),
    Way(".pdf", "page", lambda t: _typeset(f"#text({_literal(t)})")),
    Way(
        ".pdf",
        "page, small capitals and hyphens",
        lambda t: _typeset(f"#set text(hyphenate: true)\n#smallcaps({_literal(t)})"),
    ),
    Way(".pdf", "title", lambda t: _typeset(f"#set document(title: {_literal(t)})\nx")),
    Way(".pdf", "author", lambda t: _typeset(f"#set document(author: {_literal(t)})\nx")),
    Way(".pdf", "bookmark", lambda t: _typeset(f"= #text({_literal(t)})\nx")),
    Way(".pdf", "alternative text", lambda t: _typeset(f"#figure(rect(), alt: {_literal(t)})")),
    Way(".pdf", "property", lambda t: _pdf_with(lambda w: w.add_metadata({"/Keywords": t}))),
    Way(".pdf", "note", lambda t: _pdf_with(lambda w: _pdf_note(w, t))),
    Way(".pdf", "attachment", lambda t: _pdf_with(lambda w: w.add_attachment("a.csv", _table(t)))),
    Way(".xlsx", "cell", lambda t: _workbook(lambda b: b.active.append(["rate", t]))),
    Way(
        ".xlsx",
        "hidden sheet",
        lambda t: _workbook(lambda b: (b.create_sheet("h").append([t]), setattr(b["h"], "sheet_state", "hidden"))),
    ),  # fmt: skip
    Way(
        ".xlsx",
        "comment",
        lambda t: _workbook(lambda b: setattr(b.active["A1"], "comment", openpyxl.comments.Comment(t, "lab"))),
    ),  # fmt: skip
    Way(
        ".xlsx",
        "author of a comment",
        lambda t: _workbook(lambda b: setattr(b.active["A1"], "comment", openpyxl.comments.Comment("x", t))),
    ),  # fmt: skip
    Way(".xlsx", "properties", lambda t: _workbook(lambda b: setattr(b.properties, "creator", t))),
    Way(".xlsx", "header", lambda t: _workbook(lambda b: setattr(b.active.oddHeader.left, "text", t))),
    Way(
        ".xlsx",
        "defined name",
        lambda t: _workbook(
            lambda b: b.defined_names.add(openpyxl.workbook.defined_name.DefinedName("x", attr_text=json.dumps(t)))
        ),
    ),  # fmt: skip
    Way(".ods", "cell", lambda t: _ods(f"rate | {t}")),
    Way(".ods", "properties", lambda t: _ods("rate", t)),
    Way(".ipynb", "source", lambda t: _notebook(source=f"# {t}")),
    Way(".ipynb", "metadata", lambda t: _notebook(metadata={"papermill": {"parameters": {"x": t}}})),
    Way(
        ".ipynb",
        "printed",
        lambda t: _notebook(outputs=[{"output_type": "stream", "name": "stdout", "text": ["x\n", t]}]),
    ),
    Way(".ipynb", "shown", lambda t: _notebook(outputs=_shown(**{"text/html": [f"<td>{_split(t)}</td>"]}))),
    Way(".ipynb", "traceback", lambda t: _notebook(outputs=_failed(t))),
    Way(
        ".ipynb",
        "picture",
        lambda t: _notebook(
            outputs=_shown(**{"image/png": base64.encodebytes(_png(b"tEXt", b"Author\0" + t.encode())).decode()})
        ),
    ),  # fmt: skip
    Way(".json", "value", lambda t: json.dumps({"a": [{"b": t}]}).encode()),
    Way(".json", "key", lambda t: json.dumps({"a": {t: 1}}).encode()),
    Way(".json", "escaped", lambda t: ('{"a": "' + "".join(f"\\u{ord(c):04x}" for c in t) + '"}').encode()),
    Way(".json", "JSON in JSON", lambda t: json.dumps({"a": json.dumps({"b": t})}).encode()),
    Way(".csv", "cell", _table),
    Way(".csv", "two bytes a character", lambda t: _table(t, "utf-16")),
    Way(".txt", "line", lambda t: f"stage linkage: {t}\n".encode()),
    Way(".txt", "percent signs", lambda t: f"https://example.org/?q={quote(t)}\n".encode()),
    Way(".log", "line", lambda t: f"2013-10-01 10:00:00,000 ERROR {t}\n".encode()),
    Way(".parquet", "cell", _parquet),
    Way(".gz", "text", lambda t: gzip.compress(t.encode())),
    Way(".zip", "text", lambda t: _zipped("a.txt", t)),
)
#: Kinds of file that may be published: the toolkit's own check reads these, and refuses all others.
PUBLISHABLE = (".html", ".svg", ".png", ".jpg", ".pdf", ".xlsx", ".ods", ".ipynb", ".json", ".csv", ".txt")


def writings(person: dict) -> dict[str, str]:
    """How somebody may be written, by what it is: keys as in `people.KINDS`, with variants."""
    f, s, born = person["forename"].strip(), person["surname"].strip(), pd.Timestamp(person["dob"])
    found = {
        "full name": f"{f} {s}",
        "full name, surname first": f"{s.upper()}, {f}",
        "single name": f"Mr {s}",
        "date of birth": f"{born:%Y-%m-%d}",
        "date of birth, in words": f"{born.day} {born:%B %Y}",
        "date of birth, strokes": f"{born:%d/%m/%Y}",
    }
    found |= {"identifier, PNC id": person["pnc_id"]} if isinstance(person["pnc_id"], str) else {}
    found |= {"identifier, prison number": person["prison_number"]} if isinstance(person["prison_number"], str) else {}
    return found
