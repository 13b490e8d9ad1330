"""The leak check finds planted personal data in every kind of file, and nothing else."""

import base64
import datetime as dt
import io
import json
import struct
import time
import zipfile
import zlib

import numpy as np
import odfdo
import openpyxl
import pandas as pd
import pytest
from examples import findings
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from pypdf import PdfWriter
from pypdf.annotations import FreeText
from registers import TinyRegister, tiny_register
from typst import compile as typst

from jdl_toolkit.disclosure import find_leaks, names_of_people, published_documents, published_text
from jdl_toolkit.disclosure.leaks import UNREADABLE, dates_in, is_own

UPLOAD = pd.DataFrame(
    {
        "forename": ["Zebedee", "Mary Ann", "Jürgen", None, "Felicity"],
        "middle_name": ["Quill", None, None, None, None],
        "surname": ["Crabtree-Oakes", "O'Threlfall", "Brown", "White", "Fflack"],
        "dob": pd.to_datetime(["1985-05-16", "1991-12-01", None, "2000-01-01", None]),
        "pnc_id": ["1999/0012345H", None, None, None, None],
        "prison_number": ["A1234BC", None, None, None, None],
    }
)


@pytest.fixture
def register() -> TinyRegister:
    person = [
        {"person_id": 1, "forename": "Philippa", "surname": "Vandersteen", "dob": dt.date(1979, 3, 2)},
        {
            "person_id": 2,
            "forename": "Grace",
            "surname": "White",
            "dob": dt.date(2000, 1, 1),
            "pnc_id": "1998/0000077X",
        },
        {
            "person_id": 3,
            "forename": "Dale",
            "surname": "Brown",
            "dob": dt.date(1970, 6, 7),
            "prison_number": "B7654CD",
        },
        {"person_id": 4, "forename": "Peter", "surname": "Foundation", "dob": dt.date(1970, 6, 8), "cro": "12345/85K"},
        {"person_id": 5, "forename": "Will", "surname": "Young", "dob": dt.date(1970, 6, 9)},
        {"person_id": 6, "forename": "Anne", "surname": "Midlands", "dob": dt.date(1970, 6, 10)},
        {"person_id": 7, "forename": "Søren", "surname": "Ødegård", "dob": dt.date(1970, 6, 11)},
        {"person_id": 8, "forename": "Иван", "surname": "Петров", "dob": dt.date(1970, 6, 12)},
    ]
    alias = [{"person_id": 1, "kind": "maiden", "surname": "Thistlewood"}]
    return tiny_register(person=person, person_alias=alias)


def kinds(tmp_path, register, content, name="report.html"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = find_leaks([path], register, UPLOAD, findings())
    assert {file for file, _ in found} <= {path}
    return {kind for _, kind in found}


INITIAL = "surname with an initial"
NAME, BIRTH, PNC, PRISON, CRO = "full name", "date of birth", "PNC id", "prison number", "CRO number"

#: How a person may be written, in a page -> the kind to be found.
SPELLINGS = {
    "Thanks to Zebedee Crabtree-Oakes for": NAME,
    "CRABTREE OAKES, ZEBEDEE": NAME,
    "Crabtree-Oakes Zebedee Quill": NAME,
    "zebedee quill crabtree oakes": NAME,
    "Zebedee Q. Crabtree-Oakes": NAME,
    "zebedee.crabtreeoakes@example.org": NAME,
    "ZebedeeCrabtreeOakes": NAME,
    "mary ann o’threlfall": NAME,
    "Maryann OThrelfall": NAME,
    "Mary-Ann O&#39;Threlfall": NAME,
    "Jurgen Brown": NAME,
    "Brown, Jürgen": NAME,
    "Ju\u0308rgen Brown": NAME,  # the accent as a character of its own
    "Ｊürgen　Ｂrown": NAME,  # full width
    "Dale Bro\u00adwn": NAME,  # a soft hyphen
    "D\u200ba\u200dl\u2060e Br\ufeffo\u200ew\u202an": NAME,  # characters without width, and for the direction
    "Dale\u00a0\u2009Brown": NAME,
    "Dale&nbsp;Brown": NAME,
    "D&#97;le &#x42;rown": NAME,
    "Da-\nle Bro-\n wn": NAME,  # broken at the end of a line
    "Dale\n\n  Brown": NAME,
    "Felicity Fﬂack": NAME,  # a ligature
    "Soren Odegard": NAME,
    "Иван ПЕТРОВ": NAME,
    "philippa VANDERSTEEN": NAME,
    "Philippa Thistlewood": NAME,  # an alias
    "<td>Dale</td><td>Brown</td>": NAME,
    "Da<b>le</b> Br<i></i>own": NAME,
    "<img alt='Dale Brown'>": NAME,
    "<a href='mailto:x?to=Dale%20Brown'>": NAME,
    "<iframe srcdoc='&lt;p&gt;Da&lt;b&gt;le&lt;/b&gt; Brown'>": NAME,
    "<!-- Dale Brown -->": NAME,
    '<script type="application/ld+json">{"name": "J\\u00fcrgen Brown"}</script>': NAME,
    "<script>x = 'RGFsZSBCcm93bg=='</script>": NAME,
    "<style>p::after {content: 'Dale Brown'}</style>": NAME,
    "<a href='data:text/csv;charset=utf-8,Dale%2CBrown'>": NAME,
    "<a href='data:text/csv;base64,RGFsZSxCcm93bg=='>": NAME,
    "<a href='data:application/json;base64,eyJhIjogIkp1XFx1MDMwOHJnZW4gQnJvd24ifQ=='>": NAME,
    "Dale (Danny) Brown": NAME,
    "Dale “Danny Boy” Brown": NAME,
    "Brown [formerly Green], Dale": NAME,
    "<table><tr><td>1</td><td>Dale</td></tr><tr><td>2</td><td>Brown</td></tr></table>": NAME,
    "<table><tr><td>North<td>J&uuml;rgen<tr><td>South<td>Brown</table>": NAME,
    "D. Brown": INITIAL,
    "Mr D Brown": INITIAL,
    "Brown, D.": INITIAL,
    "BROWN D": INITIAL,
    "D.J. Brown": INITIAL,
    "Z. Crabtree-Oakes": INITIAL,
    "Ms Vandersteen said": "rare surname",
    "a Threlfall": "rare surname",
    "Mr Crabtreeoakes": "rare surname",
    "born 1985-05-16": BIRTH,
    "1985-5-16T00:00:00Z": BIRTH,
    "1985/5/16": BIRTH,
    "born 16/05/1985": BIRTH,
    "05/16/1985": BIRTH,
    "16 / 05 / 1985": BIRTH,
    "born 16/5/85": BIRTH,
    "16–05–1985": BIRTH,
    "born 16.05.1985": BIRTH,
    "16 05 1985": BIRTH,
    "born 16 May 1985": BIRTH,
    "16May1985": BIRTH,
    "16-May-85": BIRTH,
    "16 May ’85": BIRTH,
    "born on the 16th of May 1985": BIRTH,
    "16th day of May, 1985": BIRTH,
    "16 Mai 1985": BIRTH,  # Welsh
    "born May 16, 1985": BIRTH,
    "May-16-1985": BIRTH,
    "id=19850516": BIRTH,
    "16051985": BIRTH,
    "2 March 1979": BIRTH,
    "d.o.b.16/05/1985": BIRTH,
    "16. 05. 1985": BIRTH,
    "1985 May 16": BIRTH,
    "1985-May-16": BIRTH,
    "1985 05 16": BIRTH,
    "16 5 1985": BIRTH,
    "16_05_1985": BIRTH,
    "1985:05:16": BIRTH,
    "May 16 '85": BIRTH,
    "PNC1999/0012345H": PNC,
    "1999_0012345H": PNC,
    "1999.0012345.H": PNC,
    "1999/0012345": PNC,
    "A.1234.BC": PRISON,
    "A1234/BC": PRISON,
    "NOMISA1234BC": PRISON,
    "Dale<sup>1</sup> Brown": NAME,
    "Dale¹ Brown": NAME,
    "Dale[1] Brown": NAME,
    "Brown, Mr Dale": NAME,
    "Zebedee Peter Crabtree-Oakes": NAME,  # of the upload: whatever the word between
    "D a l e   B r o w n": NAME,
    "D.a.l.e B.r.o.w.n": NAME,
    "D\u0430le Brown": NAME,  # a Cyrillic letter
    "<table><tr><td>Dale<td>Male<td>3<td>Brown</table>": NAME,
    "<a href='data:text/csv,n%2Cf%0A1%2CDale%0A2%2CBrown'>": NAME,
    "1999/0012345H": PNC,
    "pnc 99/12345h": PNC,
    "19990012345H": PNC,
    "1999 / 0012345 H": PNC,
    "1999-0012345H": PNC,
    "98/77X": PNC,
    "A1234BC": PRISON,
    "A 1234 BC": PRISON,
    "a1234-bc": PRISON,
    "b76<b>54</b>cd": PRISON,
    "12345/85K": CRO,
    "12345 / 85 k": CRO,
}

#: What is looked for, however written.
NOT_FOUND = (
    "d. brown",
    "dale is brown",
    "Dale Peter Brown",  # of the register alone, and of no middle name on record
    "Dale, 43, Brown",
    "16,05,1985",
    "sixteenth of May 1985",
    "850516",
    "A1234BC1",
    "Brwon, Dale",
    "vandersteen",
    "born in May 1985, on day 16",
    "85 05 16",
    "d@le br0wn",
)


def test_personal_data_in_a_page_are_found(tmp_path, register):
    """However they are written; what a reader alone would see is listed, too, so that nobody relies on it."""
    written = {**SPELLINGS, **dict.fromkeys(NOT_FOUND)}
    paths = {text: tmp_path / f"{i}.html" for i, text in enumerate(written)}
    for text, path in paths.items():
        path.write_text(f"<html><body><p>{text}</p></body></html>", encoding="utf-8")
    found = set(find_leaks(paths.values(), register, UPLOAD, findings()))
    assert [text for text, kind in SPELLINGS.items() if (paths[text], kind) not in found] == []
    assert [text for text in NOT_FOUND if any(path == paths[text] for path, _ in found)] == []


@pytest.mark.parametrize(
    "text",
    [
        "White, Brown and other ethnic groups",  # surnames that are ordinary words
        "Foundation supported 257 people in the West Midlands",  # the organisation; a region
        "Data from 1 January 2000 to 30 June 2012",  # somebody was born on the first day of the data period
        "This will young people help",  # words that are a name by chance cannot be told apart, unless …
        "Table A Midlands, figure B White, group C, Brown",  # letters that are no initials of these
        "<table><tr><td>Dale</td><td>1</td></tr><tr><td>2</td><td>Brown</td></tr></table>",  # in different columns
        "18 to 20, 21 to 24, 1,246 records, 33%",
        "3.19850516 or 0.16.05.1985",
        "A12345BC, 1999/0012345K",  # no identifier of anybody
        "Born in May 1985, on day 16",
    ],
)
def test_ordinary_words_and_dates_of_the_request_raise_no_alarm(tmp_path, register, text):
    expected = {"full name"} if "young" in text else set()  # … and so this one is an alarm, by the rule
    assert kinds(tmp_path, register, f"<p>{text}</p>") == expected


def test_values_and_titles_exempt_nobody(tmp_path, register):
    """The whole name of an organisation may be shown; a value of the upload, a title or a dated signature is none."""
    whole = findings()
    first = whole.analyses[0]
    path = tmp_path / "a.html"

    def found(text, **changed):
        path.write_text(f"<p>{text}</p>")
        return {kind for _, kind in find_leaks([path], register, UPLOAD, whole.model_copy(update=changed))}

    row = first.profile[0].model_copy(update={"level": "Dale Brown"})
    for update in (
        {"title": "Dale Brown"},
        {"records": {"provider": ("Dale Brown",)}},
        {"profile": (*first.profile, row)},
    ):
        assert found("of Dale Brown", analyses=(first.model_copy(update=update),)) == {NAME}
    assert found("B 16/05/1985", sign_offs=({"by": "B 16/05/1985"},)) == {BIRTH}
    named = whole.organisation.model_copy(update={"name": "Dale Brown Trust"})
    assert found("The DALE-BROWN TRUST helped", organisation=named) == set()
    assert found("Dale Brown was helped", organisation=named) == {NAME}


@pytest.mark.parametrize(
    "name", ["Help for Jürgen Brown", "The Zebedee Quill Crabtree-Oakes Trust", "Jürgen Kai Brown"]
)
@pytest.mark.parametrize("of", ["organisation", "service"])
def test_an_organisation_or_service_called_like_somebody_of_the_upload_is_no_exception(tmp_path, register, of, name):
    whole = findings()
    named = whole.model_copy(update={of: getattr(whole, of).model_copy(update={"name": name})})
    path = tmp_path / "a.html"
    path.write_text(f"<p>People who used {name}</p>")
    assert (path, NAME) in find_leaks([path], register, UPLOAD, named)
    assert NAME not in {kind for _, kind in find_leaks([path], register, UPLOAD[:0], named)}  # nobody of this upload
    assert names_of_people([name, "Brown Trust", "Help for Young"], UPLOAD) == [name]


def test_names_in_the_validation_study_are_not_the_toolkits_own_texts():
    assert not is_own("DALEBROWN") and is_own("NAMEDATEOFBIRTH")


def test_figures_of_two_cells_are_no_date(tmp_path, register):
    """7.0 and 6.70 are no 7 June 1970; but a date that only an element within a line breaks is one."""
    for apart in ("</td><td>", "</th></tr><tr><th>", "</p><p>", "<br>", "</text><text>"):
        (tmp_path / f"a{len(apart)}.html").write_text(f"<td>0.4 to 7.0{apart}6.70 to 9.1, 7.6.{apart}1970</td>")
    assert find_leaks(tmp_path.iterdir(), register, UPLOAD, findings()) == []
    assert kinds(tmp_path, register, "<td>7.6.<b>19</b>70</td>") == {"date of birth"}


def test_the_toolkits_own_texts_raise_no_alarm(tmp_path):
    """Somebody is called like each pair of words that the toolkit itself prints."""
    pairs = [("Proven", "Reoffending"), ("Propensity", "Score"), ("Supported", "Housing"), ("Year", "Proven")]
    people = pd.DataFrame(pairs, columns=["forename", "surname"])
    path = tmp_path / "report.html"
    path.write_text("One-year proven reoffending rate. Supported housing. Propensity Score")
    assert find_leaks([path], None, people, findings()) == []


def png_with(kind: bytes, body: bytes, after: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return head + chunk(kind, body) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + after


def jpeg_with(segment: bytes, body: bytes, after: bytes = b"") -> bytes:
    head = b"\xff\xd8\xff" + segment + struct.pack(">H", len(body) + 2) + body
    return head + b"\xff\xda\0\x02" + b"\x12" * 9 + b"\xff\xd9" + after


SECRET = "Dale Brown, A1234BC"
PACKED = base64.b64encode(png_with(b"tEXt", b"Author\0" + SECRET.encode())).decode()
SVG = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"


def notebook(**cell) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": ["x\n"], "outputs": [], "metadata": {}} | cell]})


def pictures_and_data() -> dict[str, str | bytes]:
    """File name -> content, each with the secret somewhere."""
    drawing = base64.b64encode(SVG.format(SECRET).encode()).decode()
    wide = SECRET.encode("utf-16-le")
    lines = base64.encodebytes(png_with(b"tEXt", b"Author\0" + SECRET.encode())).decode()
    shown = {"output_type": "display_data", "data": {"image/png": lines}}
    table = {"output_type": "display_data", "data": {"text/html": ["<td>Dale</td>\n", "<td>Brown A1234BC</td>"]}}
    return {
        "text.png": png_with(b"tEXt", b"Author\0" + SECRET.encode()),
        "compressed.png": png_with(b"zTXt", b"Comment\0\0" + zlib.compress(SECRET.encode())),
        "international.png": png_with(b"iTXt", b"Title\0\1\0\0\0" + zlib.compress(SECRET.encode())),
        "exif.png": png_with(b"eXIf", b"MM\0*" + wide),
        "private.png": png_with(b"prVt", SECRET.encode()),
        "behind.png": png_with(b"tEXt", b"a\0b", SECRET.encode()),
        "comment.jpg": jpeg_with(b"\xfe", SECRET.encode()),
        "exif.jpeg": jpeg_with(b"\xe1", b"Exif\0\0" + wide),
        "behind.jpg": jpeg_with(b"\xfe", b"nothing", SECRET.encode()),
        "text.svg": SVG.format("<text>Dale</text> <text>Brown</text><metadata>A1234BC</metadata>"),
        "letters.svg": SVG.format("<text><tspan>Da</tspan><tspan>le</tspan> Brown A1234BC</text>"),
        "title.svg": SVG.format(f"<title>{SECRET}</title>"),
        "picture.svg": SVG.format(f"<image href='data:image/png;base64,{PACKED}'/>"),
        "picture.html": f"<img src='data:image/png;base64,{PACKED}' alt=''>",
        "drawing.html": f"<img src='data:image/svg+xml;base64,{drawing}'>",
        "drawing2.html": f'<img src="data:image/svg+xml,%3Csvg%3E%3Ctext%3E{SECRET}%3C/text%3E%3C/svg%3E">'.replace(
            " Brown, ", "%20Brown%2C%20"
        ),
        "rows.csv": 'forename,surname,id\n"Dale","Brown","A1234BC"\n',
        "apart.csv": "forename,n,surname,id\nDale,3,Brown,A1234BC\n",
        "semicolons.csv": "n;x\n1;Dale\n2;Brown\n3;A1234BC\n",
        "tabs.csv": "n\tx\n1\tDale\n2\tBrown\n3\tA1234BC\n",
        "apart.json": json.dumps({"a": "Dale", "n": 3, "b": "Brown", "id": "A1234BC"}),
        "lists.json": json.dumps({"a": ["Dale", "Zed"], "b": ["Brown", "Fox"], "id": ["A1234BC", ""]}),
        "columns.csv": "1985,Dale,3\n1986,Brown,4\n1987,A1234BC,5\n",
        "wide.txt": SECRET.encode("utf-16"),
        "western.txt": "Jürgen Brown A1234BC".encode("cp1252"),
        "Dale-Brown-A1234BC.txt": "the name of the file itself",
        "values.json": json.dumps({"forename": "Jürgen", "surname": "Brown", "id": "A1234BC"}),
        "key.json": json.dumps({"Dale": "Brown", "id": "A1234BC"}),
        "inner.json": json.dumps({"a": json.dumps({"b": "Jürgen", "c": "Brown A1234BC"})}),
        "page.json": json.dumps(["<p>Da<b>le</b> Brown", 1, "A1234BC"]),
        "source.ipynb": notebook(source=["# Dale\n", "# Brown, A1234BC"]),
        "table.ipynb": notebook(outputs=[table]),
        "picture.ipynb": notebook(outputs=[shown]),
        "metadata.ipynb": notebook(metadata={"tags": [SECRET]}),
        "attachment.ipynb": notebook(attachments={"a.png": {"image/png": PACKED}}),
    }


def spreadsheets() -> dict[str, bytes]:
    """The secret in a cell, down a column, in a hidden sheet, a comment, a property, a name, a header."""
    found = {}

    def book(name, change):
        one, stream = openpyxl.Workbook(), io.BytesIO()
        change(one, one.active)
        one.save(stream)
        found[f"{name}.xlsx"] = stream.getvalue()

    def hidden(book, _):
        book.create_sheet("hidden").append([SECRET])
        book["hidden"].sheet_state = "veryHidden"

    def named(book, _):
        book.defined_names["x"] = openpyxl.workbook.defined_name.DefinedName("x", attr_text=f'"{SECRET}"')

    parts = CellRichText(TextBlock(InlineFont(b=True), "Da"), "le Brown A1234BC")
    book("cell", lambda _, sheet: sheet.append(["Dale", "Brown", "A1234BC", dt.date(1985, 5, 16)]))
    book("apart", lambda _, sheet: sheet.append(["Dale", 3, "Male", "Brown", "A1234BC"]))
    book("column", lambda _, sheet: [sheet.append([1, value]) for value in ("Dale", "Brown", "A1234BC")])
    book("letters", lambda _, sheet: sheet.append([parts]))
    book("hidden", hidden)
    book("comment", lambda _, sheet: setattr(sheet["A1"], "comment", openpyxl.comments.Comment(SECRET, "lab")))
    book("creator", lambda book, _: setattr(book.properties, "creator", SECRET))
    book("name", named)
    book("header", lambda _, sheet: setattr(sheet.oddHeader.left, "text", SECRET))
    cells = "".join(f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in SECRET.split())
    for name, place in (("cell", "content.xml"), ("creator", "meta.xml"), ("note", "styles.xml")):
        document = odfdo.Document("spreadsheet")
        stream = io.BytesIO()
        document.save(stream)
        with zipfile.ZipFile(stream) as old, zipfile.ZipFile(changed := io.BytesIO(), "w") as new:
            for part in old.namelist():
                content = old.read(part)
                if part == place:
                    end = b"</table:table>" if name == "cell" and b"</table:table>" in content else None
                    content = (
                        content.replace(end, f"<table:table-row>{cells}</table:table-row></table:table>".encode(), 1)
                        if end
                        else content + f"<!-- {SECRET} -->".encode()
                    )
                new.writestr(part, content)
        found[f"{name}.ods"] = changed.getvalue()
    return found


def pdfs(tmp_path) -> dict[str, bytes]:
    """The secret in the text, the properties, a bookmark, an alternative text, a link, an attachment, a note."""
    source = {
        "text": f"= Result\nWritten about {SECRET}.",
        "broken": "#set page(width: 3cm)\n#set par(justify: true)\nDa-\\ le Bro-\\ wn A1234BC",
        "apart": "#set text(tracking: 4pt)\nDale Brown A1234BC",
        "title": f'#set document(title: "{SECRET}")\nx',
        "bookmark": f"#set heading(outlined: false, bookmarked: true)\n#hide[= {SECRET}]",
        "alt": f'#figure(rect(), alt: "{SECRET}", caption: [x])',
        "link": '#link("https://example.org/Dale%20Brown/A1234BC")[x]',
        "attached": f'#pdf.attach("a.csv", bytes("{SECRET}"))\nx',
    }
    found = {}
    for name, text in source.items():
        (tmp_path / "a.typ").write_text(text)
        found[f"{name}.pdf"] = typst(str(tmp_path / "a.typ"))
    writer = PdfWriter(clone_from=io.BytesIO(found["link.pdf"]))
    writer.add_annotation(0, FreeText(text=SECRET, rect=(0, 0, 9, 9)))
    writer.write(noted := io.BytesIO())
    writer = PdfWriter(clone_from=io.BytesIO(found["text.pdf"]))
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(closed := io.BytesIO())
    return found | {"note.pdf": noted.getvalue(), "encrypted.pdf": closed.getvalue()}


def test_personal_data_are_found_wherever_a_file_can_hide_them(tmp_path, register):
    """A table of hiding places: every kind of file that is published, shown or unseen."""
    (tmp_path / "files").mkdir()
    contents = {**pictures_and_data(), **spreadsheets(), **pdfs(tmp_path)}
    assert len(contents) > 45
    for name, content in contents.items():
        (tmp_path / "files" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = find_leaks((tmp_path / "files").iterdir(), register, UPLOAD, findings())
    held = {name: {kind for path, kind in found if path.name == name} for name in contents}
    assert held.pop("encrypted.pdf") == {UNREADABLE}
    assert {name: kinds for name, kinds in held.items() if not kinds >= {NAME, PRISON}} == {}
    assert BIRTH in held["cell.xlsx"]


def test_what_cannot_be_read_is_refused(tmp_path, register, monkeypatch):
    """Unknown, damaged, encrypted and oversized files; a workbook with a part that is not read."""
    with zipfile.ZipFile(macros := io.BytesIO(), "w") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    with zipfile.ZipFile(bomb := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * 3_000_000)
    contents = {
        "a.docx": b"x", "b.zip": b"x", "c": b"x", "d.pdf": b"%PDF-1.7 broken", "e.json": b"{", "f.txt": b"D\0a\0l\0e",
        "g.xlsx": macros.getvalue(), "h.ods": bomb.getvalue(), "i.png": b"GIF89a", "j.txt": b" " * 2_000_001,
        "k.png": png_with(b"zTXt", b"a\0\0" + zlib.compress(b" " * 2_000_001)),
        "l.html": b"<p>\0", "m.xlsx": b"\xd0\xcf\x11",
    }  # fmt: skip
    for module in (published_text, published_documents):
        monkeypatch.setattr(module, "MOST_BYTES", 2_000_000)
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = find_leaks(tmp_path.iterdir(), register, UPLOAD, findings())
    assert found == [(tmp_path / name, UNREADABLE) for name in sorted(contents)]


def test_no_value_is_ever_shown_and_a_response_is_read(tmp_path, register):
    path = tmp_path / "c.txt"
    path.write_text("Dale Brown, 16 May 1985, Vandersteen")
    found = find_leaks([path], register, UPLOAD, findings())
    assert found == [(path, "date of birth"), (path, "full name"), (path, "rare surname")]
    answered = findings().model_copy(update={"organisation_response": "Dale Brown did well", "answers": {"a": SECRET}})
    answered.write(tmp_path / "findings.json")
    assert {kind for _, kind in find_leaks([tmp_path / "findings.json"], register, UPLOAD, answered)} == {NAME, PRISON}


def test_a_surname_is_rare_by_its_share_of_the_register(tmp_path):
    many = [{"person_id": i, "forename": "A", "surname": "Okonkwo" if i < 3 else f"Common{i}x"} for i in range(30)]
    path = tmp_path / "a.txt"
    path.write_text("Okonkwo")
    assert find_leaks([path], tiny_register(person=many), None) == []  # three of thirty bear it
    assert find_leaks([path], tiny_register(person=many[2:]), None) == [(path, "rare surname")]


def test_a_surname_with_an_initial_counts_where_few_bear_both(tmp_path):
    many = [{"person_id": i, "forename": "Jo" if i < 3 else "Zoe", "surname": "Smith"} for i in range(4)]
    path = tmp_path / "a.txt"
    path.write_text("J. Smith, or Smith, J., said")
    assert find_leaks([path], tiny_register(person=many), None) == []
    path.write_text("Z. Smith said")
    assert find_leaks([path], tiny_register(person=many), None) == [(path, INITIAL)]
    assert find_leaks([path], tiny_register(person=many), None, findings(sign_offs=({"by": "Z. Smith"},))) == []


def test_dates_are_read_in_every_form():
    assert dates_in("16/05/85") == {dt.date(1985, 5, 16), dt.date(2085, 5, 16)}
    assert dates_in("31/02/1985, 2010-13-01, 12 Foo 1985, 1.2.3, 20101, 198505160") == set()
    assert dates_in("1st of June 2001; jun 2, 2001; 03.06.2001; 20010604") == {
        dt.date(2001, 6, d) for d in (1, 2, 3, 4)
    }


def test_fifty_thousand_people_take_seconds(tmp_path):
    rng = np.random.default_rng(7)
    names = np.array(
        [f"{a}{b}{c}" for a in "BCDFG" for b in ("ar", "el", "in", "ot") for c in ("ton", "ley", "wick", "by", "ham")]
    )
    n = 50_000
    person = pd.DataFrame(
        {"person_id": np.arange(n), "forename": rng.choice(names, n), "surname": rng.choice(names, n)}
    )
    person["dob"] = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 15_000, n), unit="D")
    register = TinyRegister({"person": person})
    path = tmp_path / "report.html"
    path.write_text(
        "<p>" + " ".join(f"word{i} people reoffended within a year" for i in range(5_000)) + " Barton Inham</p>"
    )
    start = time.perf_counter()
    find_leaks([path], register, UPLOAD, findings())
    assert time.perf_counter() - start < 20


def test_the_digest_of_a_pdf_is_nobodys_name_and_another_value_in_its_place_is_read():
    from jdl_toolkit.disclosure.published_documents import _DIGEST

    told = b"<xmpMM:%sID>%s</xmpMM:%sID>"
    for of in (b"Document", b"Instance"):
        digest = told % (of, b"F7dFkBfzS4oYKaya48vhQ1==", of)
        assert b"Kaya" in digest and b"Kaya" not in _DIGEST.sub(b"><", digest)
        name = told % (of, b"Dale Kaya", of)
        assert _DIGEST.sub(b"><", name) == name
