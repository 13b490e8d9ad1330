"""Everything that can be read out of a published file: what it shows, and what it carries along unseen.

HTML text, attributes, comments, scripts and embedded pictures; PDF text and document properties; the values of JSON and
notebooks; SVG; the text chunks of PNG; CSV and other text; the cells, comments and properties of a spreadsheet.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from pypdf import PdfReader
from python_calamine import CalamineWorkbook

_DATA_ADDRESS = re.compile(r"data:([\w/+.-]*)((?:;[\w=-]+)*),([^\"'\s>)]*)")
_PNG = b"\x89PNG\r\n\x1a\n"
#: Parts of a PNG that hold text: keyword and value, plain or compressed.
_PNG_TEXT = (b"tEXt", b"zTXt", b"iTXt", b"eXIf")


def read_texts(path: Path) -> list[str]:
    """The texts of a file, in the order of reading.

    Raises
    ------
    ValueError
        If the file has a format that is read here but is damaged.
    """
    path = Path(path)
    content = path.read_bytes()
    try:
        return [path.name, *_READERS.get(path.suffix.lower(), _text)(content)]
    except (
        Exception
    ) as fault:  # the libraries raise errors of many classes; whatever cannot be read cannot be published
        raise ValueError(f"{path.name} could not be read ({type(fault).__name__})") from None


def _decode(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _text(content: bytes) -> Iterator[str]:
    if content.startswith(_PNG):
        yield from _png(content)
    else:
        yield _decode(content)


# --- markup ----------------------------------------------------------------------------------------------------------


#: Elements that stand apart for every reader: what one ends with and the next begins with is never read as one word.
_APART = frozenset("br caption dd desc div dt figcaption h1 h2 h3 h4 h5 h6 li p td text th title tr".split())


class _Markup(HTMLParser):
    """Text as it is read (entities resolved, elements apart), and everything else that an element carries.

    `joined` is the text without the gaps that elements within a line would make.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.joined: list[str] = []
        self.carried: list[str] = []

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
        self.joined.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.carried += [value for _, value in attrs if value]
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _APART:
            self.joined.append(" ")

    def handle_comment(self, data: str) -> None:
        self.carried.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def _markup(content: bytes) -> Iterator[str]:
    yield from _markup_text(_decode(content))


def _markup_text(text: str) -> Iterator[str]:
    parser = _Markup()
    parser.feed(text)
    parser.close()
    yield " ".join(parser.shown)
    # A name may be broken by an element, as in Jo<b>hn</b>: read the text a second time without the gaps.
    yield "".join(parser.joined)
    for value in parser.carried:
        yield _DATA_ADDRESS.sub(" ", value)
    for kind, options, value in _DATA_ADDRESS.findall(text):
        yield from _embedded(kind, options, value)


def _embedded(kind: str, options: str, value: str) -> Iterator[str]:
    try:
        content = base64.b64decode(value, validate=False) if ";base64" in options else unquote_to_bytes(value)
    except (binascii.Error, ValueError):
        return
    reader = _markup if "svg" in kind or "html" in kind or "xml" in kind else _text
    yield from reader(content)


# --- data ------------------------------------------------------------------------------------------------------------


def _json(content: bytes) -> Iterator[str]:
    """Values in their order, and keys; markup inside a value is read as such."""
    values, keys = [], []
    _walk(json.loads(_decode(content)), values, keys)
    yield " ".join(values)
    yield " ".join(keys)
    for value in values:
        if "<" in value and ">" in value:
            yield from _markup_text(value)
        if value.startswith("iVBOR"):
            yield from _png(base64.b64decode(value))


def _walk(value: Any, values: list[str], keys: list[str]) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            keys.append(key)
            _walk(part, values, keys)
    elif isinstance(value, list):
        if value and all(isinstance(part, str) for part in value):
            values.append(
                "".join(value) if value[0].endswith("\n") else " ".join(value)
            )  # a notebook's lines are one text
        else:
            for part in value:
                _walk(part, values, keys)
    elif value is not None:
        values.append(str(value))


def _pdf(content: bytes) -> Iterator[str]:
    reader = PdfReader(BytesIO(content))
    for page in reader.pages:
        yield page.extract_text()
    for value in (reader.metadata or {}).values():
        yield str(value)
    if "/Metadata" in reader.trailer["/Root"]:
        yield from _markup(reader.trailer["/Root"]["/Metadata"].get_data())
    yield from _outline(reader.outline)
    for name, files in reader.attachments.items():
        yield name
        for file in files:
            yield from _text(file)


def _outline(entries: list) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _outline(entry)
        else:
            yield str(entry.title)


def _png(content: bytes) -> Iterator[str]:
    place = len(_PNG)
    while place + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        if kind in _PNG_TEXT:
            for part in body.split(b"\0"):
                yield _decode(part)
                try:
                    yield _decode(zlib.decompress(part))
                except zlib.error:
                    pass
            packed = body.split(b"\0", 1)[-1].lstrip(b"\0\1")
            try:  # compressed data may hold zero bytes itself
                yield _decode(zlib.decompress(packed))
            except zlib.error:
                pass
        place += 12 + size


def _workbook(content: bytes) -> Iterator[str]:
    """Cells row by row, with dates as dates; then every part of the archive: comments, properties, names of sheets."""
    workbook = CalamineWorkbook.from_filelike(BytesIO(content))
    for name in workbook.sheet_names:
        yield name
        for row in workbook.get_sheet_by_name(name).to_python():
            yield " ".join(cell.isoformat() if hasattr(cell, "isoformat") else str(cell) for cell in row)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels", ".vml")):
                yield from _markup(archive.read(name))
            elif name.endswith(".png"):
                yield from _png(archive.read(name))


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".html": _markup,
    ".htm": _markup,
    ".svg": _markup,
    ".xml": _markup,
    ".json": _json,
    ".ipynb": _json,
    ".pdf": _pdf,
    ".png": _png,
    ".xlsx": _workbook,
    ".ods": _workbook,
}
