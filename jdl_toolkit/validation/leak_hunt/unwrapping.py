"""Every text that the bytes of a file may hold, whatever kind of file it is: read by what it is, not by its name.

Nothing here is shared with the leak check of the toolkit (`disclosure`), which reads files in its own way: what one of
the two overlooks, the other should find.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import html
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import openpyxl

DEEPEST = 8
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/_=-])")
_LONG_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{60,}={0,2}\s*)+(?:[A-Za-z0-9+/]+={0,2})?")
_TAG = re.compile(r"<[^<>]*>")
#: What stands between two of these is never read as one word.
_APART = re.compile(r"</?(?:p|td|th|tr|li|div|h\d|title|head|body|text|br|caption|[a-z]+:p)\b[^<>]*>", re.IGNORECASE)
#: Says where in a spreadsheet's header or footer the following text stands.
_PLACE = re.compile(r"&[LCR]")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_OCTAL = re.compile(rb"\\([0-7]{1,3})")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
#: A stream of objects or of their places; a stream that draws text.
_OBJECTS = re.compile(rb"/Type\s*/(?:ObjStm|XRef)\b")
_DRAWS = re.compile(rb"\bTf\b|\bBT\b")
_HEX = re.compile(rb"<([0-9A-Fa-f\s]{8,})>")
#: A string in brackets, or a number that stands by itself: a reference to an object, a place on the page.
_STRING_OR_NUMBER = re.compile(
    rb"(?P<string>\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\))|(?<![^\s\[\]()<>])[-+]?\d*\.?\d+(?![^\s\[\]()<>])",
    re.DOTALL,
)


def texts_of(path: Path) -> Iterator[str]:
    """All texts of a file, its name first."""
    yield path.name
    yield from texts_in(path.read_bytes())


def texts_in(content: bytes, depth: int = 0) -> Iterator[str]:
    """All texts that bytes may hold, packed ones too."""
    if depth > DEEPEST or not content:
        return
    if content[:4] == b"PK\x03\x04":
        yield from _archive(content, depth)
    elif content[:2] == b"\x1f\x8b":
        yield from texts_in(gzip.decompress(content), depth + 1)
    elif content[:3] == b"BZh":
        yield from texts_in(bz2.decompress(content), depth + 1)
    elif content[:4] == b"\x89PNG":
        yield from _png(content, depth)
    elif content[:3] == b"\xff\xd8\xff":
        yield re.sub(rb"[^\x20-\x7e]+", b" ", content).decode("ascii")
    elif content[:5] == b"%PDF-":
        yield from _pdf(content, depth)
    elif content[:4] == b"PAR1":
        yield from _parquet(content)
    else:
        yield from _text(content, depth)


def _text(content: bytes, depth: int) -> Iterator[str]:
    """Bytes as text, in each way they may be meant, and what is packed in it."""
    for text in _decoded(content):
        if text.lstrip()[:1] in ("{", "["):
            try:
                yield from _values(json.loads(text), depth)
                continue
            except ValueError:
                pass
        yield from _meanings(text, depth)


def _decoded(content: bytes) -> Iterator[str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield content.decode("utf-16", "replace")
        return
    if b"\0" in content:  # two bytes for each character, or what lies between texts
        yield content.replace(b"\0", b"").decode("latin-1")
        content = content.replace(b"\0", b" ")
    try:
        yield content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield content.decode("latin-1")


def _meanings(text: str, depth: int) -> Iterator[str]:
    """A text without what is packed in it; with its escapes resolved; without its markup; what is packed."""
    bare = _LONG_BASE64.sub(" ", text)
    yield bare
    meant = bare
    for _ in range(4):
        before = meant
        meant = html.unescape(meant) if "&" in meant else meant
        meant = unquote(meant, errors="ignore") if "%" in meant else meant
        meant = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), meant) if "\\" in meant else meant
        if meant == before:
            break
    if meant != bare:
        yield meant
    if "<" in meant:
        yield _TAG.sub("", _APART.sub(" ", meant))
        yield _TAG.sub(" ", meant)
    for found in (*_LONG_BASE64.findall(text), *_BASE64.findall(bare)):
        packed = _from_base64(found)
        if packed and _is_meant(packed):
            yield from texts_in(packed, depth + 1)


def _from_base64(text: str) -> bytes:
    text = re.sub(r"\s+", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _is_meant(content: bytes) -> bool:
    """Whether bytes are a file or a text, rather than a digest."""
    if content[:4] in (b"\x89PNG", b"PK\x03\x04", b"%PDF", b"PAR1") or content[:2] in (b"\x1f\x8b", b"\xff\xd8"):
        return True
    printable = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in content)
    return printable > 0.9 * len(content.replace(b"\0", b""))


def _values(content: Any, depth: int) -> Iterator[str]:
    """Values and keys of JSON: all together in their order, and each that may be packed or markup by itself."""
    found: list[str] = []
    left = [content]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [part for pair in reversed(one.items()) for part in reversed(pair)]
        elif isinstance(one, list):
            if one and all(isinstance(part, str) for part in one) and one[0].endswith("\n"):
                found.append("".join(one))  # lines of a notebook's cell
            else:
                left += reversed(one)
        elif one is not None:
            found.append(str(one))
    yield "\n".join(text for text in found if not _LONG_BASE64.fullmatch(text))
    for text in dict.fromkeys(found):
        if len(text) >= 12 and (("<" in text) or ("&" in text) or ("%" in text) or _BASE64.search(text)
                                or _LONG_BASE64.search(text) or text[:1] in "{["):  # fmt: skip
            yield from _text(text.encode("utf-8", "replace"), depth + 1) if depth < DEEPEST else ()


def _archive(content: bytes, depth: int) -> Iterator[str]:
    """Every part of an archive; and of a workbook the cells, so that dates are dates and a row is read as one."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        yield archive.comment.decode("latin-1")
        for part in archive.infolist():
            yield part.filename
            yield part.comment.decode("latin-1") + part.extra.decode("latin-1")
            yield from (_PLACE.sub(" ", text) for text in texts_in(archive.read(part), depth + 1))
        is_workbook = "xl/workbook.xml" in archive.namelist()
    if is_workbook:
        for sheet in openpyxl.load_workbook(BytesIO(content), read_only=True).worksheets:
            rows = [[str(cell) for cell in row if cell is not None] for row in sheet.values]
            yield "\n".join(" ".join(row) for row in rows)


def _png(content: bytes, depth: int) -> Iterator[str]:
    place, kind = 8, b""
    while kind != b"IEND" and place + 8 <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        body = content[place + 8 : place + 8 + size]
        if kind not in (b"IDAT", b"PLTE", b"iCCP"):
            yield body.replace(b"\0", b"").decode("latin-1")
            yield body.replace(b"\0", b" ").decode("utf-8", "replace")
            yield from (text for part in _inflated_anywhere(body) for text in texts_in(part, depth + 1))
        place += 12 + size
    yield from texts_in(content[place:], depth + 1)


def _inflated_anywhere(body: bytes) -> Iterator[bytes]:
    """Compressed data wherever in a piece it begins."""
    for m in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body):
        try:
            yield zlib.decompressobj().decompress(body[m.start() :], 50_000_000)
        except zlib.error:
            continue


def _pdf(content: bytes, depth: int) -> Iterator[str]:
    """Text of the pages as it is drawn; what stands outside streams; every stream, inflated."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        for page in document:
            shown = page.get_textpage()
            yield shown.get_text_bounded()
            shown.close()
    finally:
        document.close()
    yield from _pdf_strings(_STREAM.sub(b" ", content))
    for found in _STREAM.finditer(content):
        stream = found[1]
        try:
            inflated = zlib.decompressobj().decompress(stream, 50_000_000)
        except zlib.error:
            inflated = stream
        if inflated[:4] in (b"\x00\x01\x00\x00", b"OTTO", b"true", b"\xff\xd8\xff\xe0"):  # a typeface holds no person
            continue
        about = content[max(0, content.rfind(b"endobj", 0, found.start())) : found.start()]
        is_syntax = _OBJECTS.search(about) or _DRAWS.search(inflated)
        if inflated[:5] == b"<?xpa" or b"<x:xmpmeta" in inflated[:400] or not is_syntax:
            yield from texts_in(inflated, depth + 1)
        yield from _pdf_strings(inflated)


def _pdf_strings(content: bytes) -> Iterator[str]:
    """Words and strings in brackets with their escapes resolved, wide ones narrowed; strings of hexadecimal digits.

    Without the numbers outside strings: among thousands of references to objects some look like an identifier, and
    between two parts of a drawn word they only say how far apart these are.
    """
    plain = _STRING_OR_NUMBER.sub(lambda m: m["string"] or b"", content)
    plain = _OCTAL.sub(lambda m: bytes([int(m[1], 8) & 255]), plain.replace(b"\\\r\n", b"").replace(b"\\\n", b""))
    yield plain.replace(b"\0", b"").replace(b"\xfe\xff", b"").decode("latin-1")
    for found in _HEX.findall(content):
        digits = re.sub(rb"\s", b"", found)
        value = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        if _is_meant(value.removeprefix(b"\xfe\xff")):
            yield value.removeprefix(b"\xfe\xff").replace(b"\0", b"").decode("latin-1")


def _parquet(content: bytes) -> Iterator[str]:
    """A table, row by row, and what is said of it."""
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".parquet") as file, duckdb.connect() as con:
        file.write(content)
        file.flush()
        table = con.execute("FROM read_parquet($path)", {"path": file.name}).df()
        about = con.execute("SELECT key, value FROM parquet_kv_metadata($path)", {"path": file.name}).fetchall()
    yield " ".join(map(str, table.columns))
    yield "\n".join(" ".join(map(str, row)) for row in table.astype(object).itertuples(index=False))
    for key, value in about:
        yield from _text(bytes(key) + b" " + bytes(value), 1)
