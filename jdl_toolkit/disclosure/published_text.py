"""Everything that can be read out of a published file: what it shows, and what it carries along unseen.

HTML text, attributes, comments, scripts and embedded files; the values and keys of JSON and notebooks; SVG; CSV and
other text, by rows and by columns. PDF, pictures and spreadsheets are read by `published_documents`. Whatever is found
is read a second time as it is meant: entities, percent signs, escapes and base64 resolved, words broken at the end of a
line joined. A kind of file that is not known here, an encrypted or an oversized one is refused, never passed over.
"""

from __future__ import annotations

import base64
import binascii
import csv
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

#: Files above this size, packed or unpacked, are refused.
MOST_BYTES = 200_000_000
#: How often something may be written within something else.
DEEPEST = 6

#: Between texts that do not stand in one line; and, as numbers keep words apart, between texts that are not read on.
APART, KEPT_APART = "\f", "\n1\n"
#: Of how many cells of words in a row each two are put together.
WIDEST = 8
#: A cell that may hold a name: one to three words, with a capital.
_MAY_BE_NAME = re.compile(r"\s*(?![a-z])[^\W\d_]{2,}(?:[ '’-](?! )[^\W\d_]+){0,2}\s*")
_DATA_ADDRESS = re.compile(r"data:([\w/+.-]*)((?:;[\w=+.-]+)*),([^\"'\s>)]*)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/=_-])")
_PACKED_LINES = re.compile(r"[A-Za-z0-9+/\s]{60,}={0,2}\s*")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
#: A word broken at the end of a line, by a hyphen that may be a soft one.
_BROKEN = re.compile("(?<=\\w)(?:-|\u2010|\u00ad)[ \\t]*\\r?\\n[ \\t]*(?=\\w)")


def read_texts(path: Path) -> list[str]:
    """The texts of a file, in the order of reading, its name first.

    Raises
    ------
    ValueError
        If the file is of a kind that is not read here, damaged, encrypted or too large.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("too large")
        return [text for one in (path.name, *read_bytes(path.read_bytes(), path.suffix)) for text in _as_meant(one)]
    except (
        Exception
    ) as fault:  # the libraries raise errors of many classes; whatever cannot be read cannot be published
        raise ValueError(f"{path.name} could not be read ({type(fault).__name__})") from None


def read_text(text: str) -> list[str]:
    """A text as `read_texts` reads one that is a file's."""
    return list(_as_meant(text))


def read_bytes(content: bytes, suffix: str) -> Iterator[str]:
    """The texts of a file's content, by the ending of its name.

    Raises
    ------
    ValueError
        If files of that ending are not read here.
    """
    from . import published_documents as documents

    reader = documents.READERS.get(suffix.lower()) or _READERS.get(suffix.lower())
    if reader is None:
        raise ValueError(f"files ending in {suffix or 'nothing'} are not read")
    return reader(content)


def decoded(content: bytes) -> str:
    """Bytes as text.

    Raises
    ------
    ValueError
        If they hold zero bytes, and so are no text of one byte for each character.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise ValueError("no text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _text(content: bytes) -> Iterator[str]:
    yield decoded(content)


# --- written within something else -----------------------------------------------------------------------------------


def _as_meant(text: str, depth: int = 0) -> Iterator[str]:
    """A text without what is packed in it; what is packed; and the text with its entities and escapes resolved."""
    bare, packed = _unpacked(text)
    yield bare
    for part in packed if depth < DEEPEST else ():
        yield from _as_meant(part, depth + 1)
    meant = bare
    for _ in range(DEEPEST):
        before = meant
        if "&" in meant:
            meant = html.unescape(meant)
        if "%" in meant:
            meant = unquote(meant, errors="ignore")
        if "\\" in meant:
            meant = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), meant)
        meant = _BROKEN.sub("", meant)
        if meant == before:
            break
    if meant != bare:
        yield _changed(bare, meant)
        if "<" in meant:
            try:
                yield from list(markup_text(meant))
            except AssertionError:  # it only looked like markup
                return


def _changed(bare: str, meant: str) -> str:
    """Lines of a text that read otherwise as it is meant, with those around them; the rest was read already."""
    before, lines = set(bare.split("\n")), meant.split("\n")
    is_new = [line not in before for line in lines]
    around = [any(is_new[max(0, i - 1) : i + 2]) for i in range(len(lines))]
    return "\n".join(line if kept else KEPT_APART for line, kept in zip(lines, around, strict=True))


def _unpacked(text: str) -> tuple[str, list[str]]:
    """A text without files, and short texts, that are packed in it as base64 or in data addresses; and their texts."""
    if not _BASE64.search(text) and "data:" not in text:
        return text, []
    packed: list[str] = []

    def address(found: re.Match[str]) -> str:
        kind, options, value = found.groups()
        content = unquote_to_bytes(value)
        if ";base64" in options:
            content = _from_base64(content.decode("ascii", "ignore")) or b""
        packed.extend(_embedded(content, kind))
        return " "

    def token(found: re.Match[str]) -> str:
        content = _from_base64(found[0])
        texts = list(_embedded(content, "", is_sure=False)) if content else []
        packed.extend(texts)
        return " " if texts else found[0]

    return _BASE64.sub(token, _DATA_ADDRESS.sub(address, text)), packed


def _from_base64(text: str) -> bytes | None:
    text = re.sub(r"\s+", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None


#: How a file of a kind begins.
_BEGINNINGS = ((b"\x89PNG", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"%PDF", ".pdf"), (b"PK\x03\x04", ".xlsx"))


def _embedded(content: bytes, kind: str, is_sure: bool = True) -> Iterator[str]:
    """The texts of a file within a file. Without a kind that is told, only what clearly is a file or a text counts."""
    for beginning, suffix in _BEGINNINGS:
        if content.startswith(beginning):
            yield from read_bytes(content, suffix)
            return
    if is_sure:
        markup = any(word in kind for word in ("svg", "html", "xml"))
        suffix = next((f".{name}" for name in ("json", "csv") if name in kind), ".txt")
        yield from read_bytes(content, ".html" if markup else suffix)
        return
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    if text.isprintable() and sum(c.isalnum() or c == " " for c in text) > 0.7 * len(text):
        yield text


# --- markup ----------------------------------------------------------------------------------------------------------


#: Elements that stand apart for every reader: what one ends with and the next begins with is never read as one word.
_APART = frozenset("br caption dd desc div dt figcaption h1 h2 h3 h4 h5 h6 li p td text th title tr".split())
_APART |= frozenset({"text:p", "text:h", "table:table-cell", "table:table-row", "si", "row", "c"})


class _Markup(HTMLParser):
    """Text as it is read (entities resolved, elements apart), and everything else that an element carries.

    `joined` is the text without the gaps that elements within a line would make; `tables` are rows of cells.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.joined: list[str] = []
        self.carried: list[str] = []
        self.tables: list[list[list[str]]] = [[]]
        self.rows: list[list[str]] = []
        self.named: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
        self.joined.append(data)
        if self.tables[-1] and self.tables[-1][-1]:
            self.tables[-1][-1][-1] += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.carried += [value for _, value in attrs if value]
        self.rows.append([value for _, value in attrs if value])
        self.named |= {name for name in (tag, *(name for name, _ in attrs)) if "-" in name}
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables[-1]:
            self.tables[-1][-1].append("")
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _APART:
            self.joined.append(APART)

    def handle_comment(self, data: str) -> None:
        self.carried.append(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def markup(content: bytes) -> Iterator[str]:
    """The texts of a file of HTML, SVG or XML."""
    yield from markup_text(decoded(content))


def markup_text(text: str, depth: int = 0) -> Iterator[str]:
    """Text as read, the same without the gaps that elements within a line make, columns, and what elements carry."""
    parser = _Markup()
    parser.feed(text)
    parser.close()
    yield APART.join(parser.shown)
    # A name may be broken by an element, as in Jo<b>hn</b>: read the text a second time without the gaps.
    yield "".join(parser.joined)
    for rows in parser.tables:
        yield from columns_of(rows)
        yield from pairs_of(rows)
    yield from pairs_of(parser.rows)
    yield KEPT_APART.join(parser.named)
    for value in parser.carried:
        yield value
        if "<" in value and ">" in value and depth < DEEPEST:
            yield from markup_text(value, depth + 1)


# --- data ------------------------------------------------------------------------------------------------------------


def _json(content: bytes) -> Iterator[str]:
    """Values in their order, keys, and each key with its value; markup and JSON inside a value are read as such."""
    yield from _json_value(json.loads(decoded(content)))


def _json_value(content: Any, depth: int = 0) -> Iterator[str]:
    values: list[str] = []
    keys: list[str] = []
    pairs: list[str] = []
    rows: list[list[str]] = []
    _walk(content, values, keys, pairs, rows)
    packed = [len(value) > 60 and _PACKED_LINES.fullmatch(value) is not None for value in values]
    is_markup = [value.lstrip()[:1] == "<" and ">" in value for value in values]  # read as such below
    yield " ".join(v for v, *apart in zip(values, packed, is_markup, strict=True) if not any(apart))
    yield " ".join(keys)
    yield KEPT_APART.join(pairs)
    yield from pairs_of(rows)
    for value, is_packed in zip(values, packed, strict=True):
        if is_packed:
            yield re.sub(r"\s+", "", value)
        if "<" in value and ">" in value:
            yield from markup_text(value)
        elif value[:1] in ("{", "[") and depth < DEEPEST:
            try:
                yield from _json_value(json.loads(value), depth + 1)
            except json.JSONDecodeError:
                continue


def _walk(value: Any, values: list[str], keys: list[str], pairs: list[str], rows: list[list[str]]) -> None:
    """Collect what an object holds; `rows`: texts beside each other in one object, in one list, or across lists."""
    if isinstance(value, dict):
        rows.append([part for part in value.values() if isinstance(part, str)])
        columns = [part for part in value.values() if isinstance(part, list) and part and isinstance(part[0], str)]
        rows.extend([str(part) for part in row] for row in zip(*columns, strict=False) if len(row) > 1)
        for key, part in value.items():
            keys.append(key)
            if isinstance(part, str) and len(part) < 200 and not _PACKED_LINES.fullmatch(part):
                pairs.append(f"{key} {part}")
            _walk(part, values, keys, pairs, rows)
    elif isinstance(value, list):
        if any(isinstance(part, int | float) for part in value):
            rows.append([part for part in value if isinstance(part, str)])
        if value and all(isinstance(part, str) for part in value):
            values.append(
                "".join(value) if value[0].endswith("\n") else " ".join(value)
            )  # a notebook's lines are one text
        else:
            for part in value:
                _walk(part, values, keys, pairs, rows)
    elif value is not None:
        values.append(str(value))


def _table(content: bytes) -> Iterator[str]:
    """A table as it stands, and read down its columns."""
    text = decoded(content)
    yield text
    for sign in ",;\t|":
        if sign == "," or sign in text:
            rows = list(csv.reader(StringIO(text), delimiter=sign))
            yield from columns_of(rows)
            yield from pairs_of(rows)


def columns_of(rows: list[list[str]]) -> Iterator[str]:
    """The cells of each column below each other; of a table that is no longer than a person's details would be."""
    for i in range(max(map(len, rows), default=0)):
        yield " ".join(row[i] for row in rows if i < len(row))


def pairs_of(rows: Iterable[list[str]]) -> Iterator[str]:
    """Each two cells of a row that may be a forename and a surname, side by side: other cells may stand between."""
    found: dict[str, None] = {}
    for row in rows:
        if len(row) > 1:
            names = [cell.strip() for cell in row if _MAY_BE_NAME.fullmatch(cell)]
            found |= {
                f"{one} {other}": None for place, one in enumerate(names) for other in names[place + 1 : place + WIDEST]
            }
    yield KEPT_APART.join(found)


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".html": markup,
    ".htm": markup,
    ".svg": markup,
    ".xml": markup,
    ".rels": markup,
    ".rdf": markup,
    ".vml": markup,
    ".json": _json,
    ".ipynb": _json,
    ".csv": _table,
    ".txt": _text,
    ".md": _text,
    ".css": _text,
    ".py": _text,
    ".typ": _text,
    ".j2": _text,
}
