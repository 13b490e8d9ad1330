"""Damage to a file as a whole, and to the archive that a workbook is."""

from __future__ import annotations

import base64
import gzip
import struct
import zipfile
import zlib

from hypothesis import strategies as st

from .kinds import Draw, Made, kind
from .sent import parts, rows, saved, xlsx, zipped
from .text import csv_text, ods

NAME = "upload.xlsx"
SHEET = "xl/worksheets/sheet1.xml"


@kind("file", "empty")
def _empty(draw: Draw) -> Made:
    return NAME, b""


@kind("file", "cut off")
def _cut(draw: Draw) -> Made:
    return NAME, xlsx()[: draw(st.integers(1, len(xlsx()) - 1))]


@kind("file", "its beginning lost")
def _headless(draw: Draw) -> Made:
    return NAME, xlsx()[draw(st.integers(1, len(xlsx()) - 1)) :]


@kind("file", "a piece lost in the middle")
def _holed(draw: Draw) -> Made:
    at = draw(st.integers(1, len(xlsx()) - 2))
    return NAME, xlsx()[:at] + xlsx()[at + draw(st.integers(1, 4096)) :]


@kind("file", "bits flipped")
def _flipped(draw: Draw) -> Made:
    content = bytearray(xlsx())
    for at in draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=8)):
        content[at // 8] ^= 1 << at % 8
    return NAME, bytes(content)


@kind("file", "a block of nought bytes")
def _zeroed(draw: Draw) -> Made:
    at, n = draw(st.integers(0, len(xlsx()) - 1)), draw(st.integers(1, 4096))
    return NAME, xlsx()[:at] + bytes(n) + xlsx()[at + n :]


@kind("file", "random bytes")
def _random(draw: Draw) -> Made:
    return draw(st.sampled_from((NAME, "upload.ods", "upload.csv"))), draw(st.binary(min_size=1, max_size=3000))


@kind("file", "another kind of file under the name of a workbook")
def _other(draw: Draw) -> Made:
    heads = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"{\\rtf1\\ansi ", b"SQLite format 3\0"]
    heads += [b"PAR1", b"\x1f\x8b\x08", b"From: a@b.example\r\nSubject: list\r\n\r\n", b"7z\xbc\xaf\x27\x1c"]
    return draw(st.sampled_from((NAME, "upload.ods"))), draw(st.sampled_from(heads)) + draw(st.binary(max_size=500))


@kind("file", "a web page under the name of a workbook")
def _html(draw: Draw) -> Made:
    cells = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows())
    return NAME, f"<html><table>{cells}</table><script>alert(1)</script></html>".encode()


@kind("file", "old or protected by a password (OLE)")
def _ole(draw: Draw) -> Made:
    marks = draw(st.sampled_from((b"", "EncryptedPackage".encode("utf-16-le"), "Workbook".encode("utf-16-le"))))
    return NAME, bytes.fromhex("d0cf11e0a1b11ae1") + draw(st.binary(max_size=600)) + marks + bytes(512)


@kind("file", "twice in one")
def _twice(draw: Draw) -> Made:
    return NAME, xlsx() + xlsx()


@kind("file", "something before it")
def _prefixed(draw: Draw) -> Made:
    return NAME, draw(st.binary(min_size=1, max_size=400)) + xlsx()


@kind("file", "something behind it")
def _suffixed(draw: Draw) -> Made:
    return NAME, xlsx() + draw(st.binary(min_size=1, max_size=400))


@kind("file", "sent as text: bytes above 127 spoilt")
def _as_text(draw: Draw) -> Made:
    encoding = draw(st.sampled_from(("latin-1", "cp437")))
    return NAME, xlsx().decode(encoding).encode("utf-8")


@kind("file", "sent as text: line ends changed")
def _line_ends(draw: Draw) -> Made:
    before, after = draw(st.sampled_from(((b"\n", b"\r\n"), (b"\r", b""), (b"\r\n", b"\n"))))
    return NAME, xlsx().replace(before, after)


@kind("file", "sent as text: base64 or gzip left on")
def _wrapped(draw: Draw) -> Made:
    wrap = draw(st.sampled_from((base64.b64encode, lambda content: gzip.compress(content, mtime=0))))
    return NAME, wrap(xlsx())


@kind("file", "under the name of another kind")
def _misnamed(draw: Draw) -> Made:
    text = csv_text(rows()).encode()
    cases = [(NAME, text), ("upload.ods", text), ("upload.ods", xlsx()), ("upload.csv", xlsx()), (NAME, ods())]
    return draw(st.sampled_from([*cases, ("upload.csv", ods()), ("upload.xls", xlsx()), ("upload.xlsm", xlsx())]))


@kind("file", "a name that no file should have")
def _odd_name(draw: Draw) -> Made:
    names = [
        "-rf.xlsx",
        "a b  c.xlsx",
        "=cmd.xlsx",
        "<b>x.xlsx",
        "x\u202exslx.exe.xlsx",
        "é" * 60 + ".xlsx",
        "a\nb.xlsx",
    ]
    names += ["%s%n{0}.xlsx", "'; drop table people;--.xlsx", "..xlsx", ".xlsx", "UPLOAD.XLSX", "\x1b[31mred.xlsx"]
    return draw(st.sampled_from(names)), xlsx()


def _replaced(name: str, change: object) -> bytes:
    files = parts()
    files[name] = change(files[name]) if callable(change) else change
    return zipped(files)


def _part(draw: Draw) -> str:
    return draw(st.sampled_from(sorted(parts())))


@kind("archive", "a part missing")
def _missing(draw: Draw) -> Made:
    gone = _part(draw)
    return NAME, zipped({name: text for name, text in parts().items() if name != gone})


@kind("archive", "a part empty")
def _emptied(draw: Draw) -> Made:
    return NAME, _replaced(_part(draw), b"")


@kind("archive", "a part cut off")
def _part_cut(draw: Draw) -> Made:
    name = _part(draw)
    at = draw(st.integers(1, len(parts()[name]) - 1))
    return NAME, _replaced(name, lambda text: text[:at])


@kind("archive", "a part of random bytes")
def _part_random(draw: Draw) -> Made:
    return NAME, _replaced(_part(draw), draw(st.binary(max_size=2000)))


@kind("archive", "two parts exchanged")
def _exchanged(draw: Draw) -> Made:
    files, one, two = parts(), _part(draw), _part(draw)
    files[one], files[two] = files[two], files[one]
    return NAME, zipped(files)


@kind("archive", "a part twice under one name")
def _doubled(draw: Draw) -> Made:
    name = _part(draw)
    other = draw(st.sampled_from((b"", b"<x/>", parts()[name])))
    files = list(parts().items())
    return NAME, zipped([*files, (name, other)] if draw(st.booleans()) else [(name, other), *files])


def _directory_fields(change: dict[int, bytes], only: str = SHEET) -> bytes:
    """Change fields of one part's entry in the directory, and in its local header, by the directory's offset."""
    content = bytearray(xlsx())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        length = struct.unpack_from("<H", content, at + 28)[0]
        if bytes(content[at + 46 : at + 46 + length]).decode() == only:
            local = struct.unpack_from("<I", content, at + 42)[0]
            for offset, value in change.items():
                content[at + offset : at + offset + len(value)] = value
                if 8 <= offset < 32 and offset != 42:
                    content[local + offset - 2 : local + offset - 2 + len(value)] = value
        at = content.find(b"PK\x01\x02", at + 1)
    return bytes(content)


@kind("archive", "a wrong checksum")
def _checksum(draw: Draw) -> Made:
    return NAME, _directory_fields({16: draw(st.binary(min_size=4, max_size=4))})


@kind("archive", "sizes that are not true")
def _sizes(draw: Draw) -> Made:
    field = draw(st.sampled_from((20, 24)))
    return NAME, _directory_fields({field: struct.pack("<I", draw(st.integers(0, 2**32 - 1)))})


@kind("archive", "a part marked as encrypted")
def _encrypted(draw: Draw) -> Made:
    return NAME, _directory_fields({8: struct.pack("<H", draw(st.sampled_from((1, 0x41, 0x2000))))})


@kind("archive", "a way of packing that is not known")
def _method(draw: Draw) -> Made:
    return NAME, _directory_fields({10: struct.pack("<H", draw(st.sampled_from((1, 6, 9, 12, 14, 93, 95, 98, 99))))})


@kind("archive", "packed otherwise than usual")
def _packing(draw: Draw) -> Made:
    return NAME, zipped(parts(), draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))))


@kind("archive", "a directory that points elsewhere")
def _offset(draw: Draw) -> Made:
    return NAME, _directory_fields({42: struct.pack("<I", draw(st.integers(0, 2**32 - 1)))}, _part(draw))


@kind("archive", "an end that is not true")
def _end_record(draw: Draw) -> Made:
    content = bytearray(xlsx())
    at = content.rfind(b"PK\x05\x06") + draw(st.integers(4, 21))
    content[at] = draw(st.integers(0, 255))
    return NAME, bytes(content)


@kind("archive", "names in capitals, or with the other slash")
def _names(draw: Draw) -> Made:
    change = draw(
        st.sampled_from((str.upper, str.title, lambda name: name.replace("/", "\\"), lambda name: "/" + name))
    )
    return NAME, zipped({change(name): text for name, text in parts().items()})


@kind("archive", "parts that would be written elsewhere if it were unpacked")
def _slip(draw: Draw) -> Made:
    names = [
        "../../told.json",
        "../evil.txt",
        "/tmp/jdl-evil.txt",
        "..\\..\\evil.txt",
        "C:\\evil.txt",
        "xl/../../evil.xml",
    ]
    return NAME, zipped([*parts().items(), (draw(st.sampled_from(names)), b"evil")])


@kind("archive", "parts with impossible names")
def _impossible_names(draw: Draw) -> Made:
    names = ["", "xl/\x01.xml", "a" * 60_000, "xl/worksheets/sheet1.xml/", "\ufffe.xml", "CON", "xl/" * 5000 + "a.xml"]
    return NAME, zipped([*parts().items(), (draw(st.sampled_from(names)), b"x")])


@kind("archive", "very many parts")
def _many(draw: Draw) -> Made:
    n = draw(st.integers(2_000, 20_000))
    return NAME, zipped([*parts().items(), *((f"xl/media/{i}.png", b"") for i in range(n))])


def _bomb(n_bytes: int, head: bytes = b"", tail: bytes = b"") -> bytes:
    """Deflated spaces between a head and a tail, made without holding them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    made = [packer.compress(head)]
    block = b" " * 2**20
    made += [packer.compress(block) for _ in range(n_bytes // 2**20)]
    return b"".join([*made, packer.compress(tail), packer.flush()])


def _archive_with_bomb(name: str, n_bytes: int, claimed: int | None) -> bytes:
    """The workbook, in which one part unpacks to far more than its packed size, and claims a size of its own."""
    head, _, tail = parts()[name].partition(b"<sheetData>") if name == SHEET else (parts()[name], b"", b"")
    packed = _bomb(n_bytes, head + (b"<sheetData>" if tail else b""), tail)
    files = {other: text for other, text in parts().items() if other != name}
    content = bytearray(zipped(files))
    end = content.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<I", content, end + 16)[0]
    size = (n_bytes // 2**20 * 2**20 + len(head) + len(tail) + 11) if claimed is None else claimed
    fixed = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x42CF, 0, len(packed), size & 0xFFFFFFFF, len(name), 0)
    local = b"PK\x03\x04" + fixed + name.encode() + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + fixed + struct.pack("<HHHII", 0, 0, 0, 0, start) + name.encode()
    directory = bytes(content[start:end]) + entry
    n = len(files) + 1
    ending = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), start + len(local), 0)
    return bytes(content[:start]) + local + directory + ending


@kind("archive", "a bomb: a part unpacks to a gigabyte")
def _honest_bomb(draw: Draw) -> Made:
    return NAME, _archive_with_bomb(draw(st.sampled_from((SHEET, "xl/styles.xml"))), 2**30, None)


@kind("archive", "a bomb that claims to be small")
def _lying_bomb(draw: Draw) -> Made:
    part = draw(st.sampled_from((SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml")))
    return NAME, _archive_with_bomb(part, 3 * 2**30, draw(st.integers(0, 5_000)))


@kind("archive", "another document of the same kind of archive")
def _docx(draw: Draw) -> Made:
    content = draw(st.sampled_from(("word/document.xml", "ppt/presentation.xml", "META-INF/MANIFEST.MF", "a.txt")))
    return NAME, zipped({"[Content_Types].xml": parts()["[Content_Types].xml"], content: b"<x/>"})


@kind("archive", "an archive without anything in it")
def _nothing(draw: Draw) -> Made:
    return NAME, draw(st.sampled_from((zipped({}), zipped({"xl/": b""}), zipped({"upload.xlsx": xlsx()}))))


@kind("archive", "macros, links to other files and forgotten parts")
def _macros(draw: Draw) -> Made:
    extra = {"xl/vbaProject.bin": draw(st.binary(max_size=200)), "xl/externalLinks/externalLink1.xml": b"<x/>"}
    extra |= {"customXml/item1.xml": b"<x/>", "xl/printerSettings/p1.bin": b"\0"}
    return NAME, zipped(parts(saved_with_comment()) | extra)


def saved_with_comment() -> bytes:
    """The workbook with a comment on a cell, which brings a drawing and relations with it."""
    from openpyxl.comments import Comment

    from .sent import book

    made = book()
    made["People"]["B2"].comment = Comment("to be asked again", "somebody")
    return saved(made)
