"""What PDFs, pictures and spreadsheets hold: pages, cells, and every text that stands in them unseen."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    StreamObject,
    TextStringObject,
)
from python_calamine import CalamineWorkbook

from .pdf_pages import pdf_pages, written_texts
from .published_text import MOST_BYTES, columns_of, decoded, markup, pairs_of, read_bytes

_PNG = b"\x89PNG\r\n\x1a\n"
#: Parts of a PNG that hold the picture, and no text.
_OF_PICTURE = frozenset(b"IHDR PLTE IDAT IEND pHYs gAMA cHRM sRGB bKGD tRNS sBIT hIST tIME iCCP".split())
#: Says where in a spreadsheet's header or footer the following text stands.
_PLACE = re.compile(r"&[LCR]|&\"[^\"]*\"")
#: What tells a PDF from others, in its metadata: 16 bytes as base64, whose letters are nobody's name.
_DIGEST = re.compile(rb"(?:(?<=<xmpMM:DocumentID)|(?<=<xmpMM:InstanceID))>[A-Za-z0-9+/]{22}==<(?=/xmpMM:)")
#: Text that stands in a page in place of what is drawn there.
_INSTEAD = re.compile(rb"/(?:ActualText|Alt|E|Contents)\s*(?:\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f\s]+)>)", re.DOTALL)


def _loosely(content: bytes) -> Iterator[str]:
    """Bytes that may hold text, of one or two bytes for each character."""
    yield decoded(content.replace(b"\0", b" "))
    if b"\0" in content:
        yield from (content[start:].decode("utf-16-le", "ignore") for start in (0, 1))


# --- PDF -------------------------------------------------------------------------------------------------------------

#: Characters one by one.
_DRAWN_APART = re.compile(r"(?:(?<!\S)\w ){6}")


def _pdf(content: bytes) -> Iterator[str]:
    """Text of the pages, every text string of the document, its metadata, and the files attached to it."""
    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted:
        raise ValueError("encrypted")
    for number, page in enumerate(pdf_pages(content)):
        yield page
        if _DRAWN_APART.search(page):  # PDFium takes wide gaps for spaces; pypdf, which takes longer, does not
            yield reader.pages[number].extract_text()
    yield from written_texts(content)
    for value in (reader.metadata or {}).values():
        yield str(value)
    for number in sorted({*reader.xref.get(0, ()), *reader.xref_objStm}):
        yield from _of_object(reader.get_object(IndirectObject(number, 0, reader)))
    for name, files in reader.attachments.items():
        yield name
        for file in files:
            yield from read_bytes(file, PurePosixPath(name).suffix)


def _of_object(value: Any) -> Iterator[str]:
    """Text strings of an object of a PDF: alternative texts, notes, titles, addresses, whatever they are called."""
    if isinstance(value, StreamObject):
        yield from _of_stream(value)
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, DictionaryObject):
            left += dict.values(one)
        elif isinstance(one, ArrayObject):
            left += list.__iter__(one)
        elif isinstance(one, ByteStringObject):
            yield from _loosely(bytes(one))
        elif isinstance(one, TextStringObject):
            yield str(one)


def _of_stream(stream: StreamObject) -> Iterator[str]:
    kind = (stream.get("/Type"), stream.get("/Subtype"))
    if "/Image" in kind:
        if stream.get("/Filter") == "/DCTDecode":
            yield from _jpeg(stream._data)
    elif "/XML" in kind or "/Metadata" in kind:
        yield from markup(_DIGEST.sub(b"><", stream.get_data()))
    elif not {"/XRef", "/ObjStm", "/EmbeddedFile"} & set(kind) and "/Length1" not in stream:
        for plain, hexadecimal in _INSTEAD.findall(stream.get_data()):
            content = bytes.fromhex(hexadecimal.decode()) if hexadecimal else plain
            wide = content.startswith((b"\xfe\xff", b"\xff\xfe"))
            yield content.decode("utf-16", "replace") if wide else decoded(content)


# --- pictures --------------------------------------------------------------------------------------------------------


def _unzipped(content: bytes) -> bytes:
    """Zlib-compressed bytes as they were; none if they are not compressed.

    Raises
    ------
    ValueError
        If they are more than can be read.
    """
    unzip = zlib.decompressobj()
    try:
        found = unzip.decompress(content, MOST_BYTES)
    except zlib.error:
        return b""
    if unzip.unconsumed_tail:
        raise ValueError("too large")
    return found


def _png(content: bytes) -> Iterator[str]:
    """Texts of a picture: of every part that is not the picture itself, and of what follows its end."""
    if not content.startswith(_PNG):
        raise ValueError("no PNG")
    place, kind = len(_PNG), b""
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + size]
        if kind not in _OF_PICTURE:
            yield from _loosely(body)
            for part in {*body.split(b"\0"), body.split(b"\0", 1)[-1].lstrip(b"\0\1")}:
                yield from _loosely(_unzipped(part))  # compressed data may hold zero bytes itself
        place += 12 + size
    yield from _loosely(content[place:])


def _jpeg(content: bytes) -> Iterator[str]:
    """Texts of a photograph: of every segment before the picture, and of what follows its end."""
    if not content.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    place = 2
    while content[place : place + 1] == b"\xff" and content[place + 1] != 0xDA:
        kind, size = content[place + 1], struct.unpack(">H", content[place + 2 : place + 4])[0]
        if 0xE0 <= kind <= 0xEF or kind == 0xFE:
            yield from _loosely(content[place + 4 : place + 2 + size])
        place += 2 + size
    yield from _loosely(content[content.rfind(b"\xff\xd9") + 2 :])


# --- spreadsheets ----------------------------------------------------------------------------------------------------


def _workbook(content: bytes) -> Iterator[str]:
    """Cells row by row and column by column, with dates as dates; then every part of the archive.

    So hidden sheets, comments, defined names, headers and properties are read as well.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts) or sum(part.file_size for part in parts) > MOST_BYTES:
            raise ValueError("encrypted or too large")
        yield from _loosely(archive.comment)
        for part in parts:
            yield part.filename
            if part.is_dir():
                continue
            suffix = ".txt" if part.filename == "mimetype" else f".{part.filename.rpartition('.')[2]}"
            for text in read_bytes(archive.read(part), suffix):
                yield _PLACE.sub(" ", text)
    workbook = CalamineWorkbook.from_filelike(BytesIO(content))
    for name in workbook.sheet_names:
        rows = [[_cell(cell) for cell in row] for row in workbook.get_sheet_by_name(name).to_python()]
        yield from (" ".join(row) for row in rows)
        yield from columns_of(rows)
        yield from pairs_of(rows)


def _cell(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".pdf": _pdf,
    ".png": _png,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".xlsx": _workbook,
    ".ods": _workbook,
}
