"""The leak check finds planted personal data in every kind of file, and nothing else."""

import base64
import datetime as dt
import json
import struct
import time
import zlib

import numpy as np
import openpyxl
import pandas as pd
import pytest
from examples import findings
from registers import TinyRegister, tiny_register
from typst import compile as typst

from jdl_toolkit.disclosure import find_leaks
from jdl_toolkit.disclosure.leaks import dates_in

UPLOAD = pd.DataFrame(
    {
        "forename": ["Zebedee", "Mary Ann", "Jürgen", None],
        "middle_name": ["Quill", None, None, None],
        "surname": ["Crabtree-Oakes", "O'Threlfall", "Brown", "White"],
        "dob": pd.to_datetime(["1985-05-16", "1991-12-01", None, "2000-01-01"]),
        "pnc_id": ["1999/0012345H", None, None, None],
        "prison_number": ["A1234BC", None, None, None],
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
    ]
    alias = [{"person_id": 1, "kind": "maiden", "surname": "Thistlewood"}]
    return tiny_register(person=person, person_alias=alias)


def kinds(tmp_path, register, content, name="report.html"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = find_leaks([path], register, UPLOAD, findings())
    assert {file for file, _ in found} <= {path}
    return {kind for _, kind in found}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Thanks to Zebedee Crabtree-Oakes for", "full name"),
        ("CRABTREE OAKES, ZEBEDEE", "full name"),
        ("zebedee quill crabtree oakes", "full name"),
        ("mary ann o’threlfall", "full name"),
        ("Jurgen Brown", "full name"),
        ("Brown, Jürgen", "full name"),
        ("philippa VANDERSTEEN", "full name"),
        ("Philippa Thistlewood", "full name"),  # an alias
        ("Dale&nbsp;Brown", "full name"),
        ("<td>Dale</td><td>Brown</td>", "full name"),
        ("Da<b>le</b> Brown", "full name"),
        ("<img alt='Dale Brown'>", "full name"),
        ("<!-- Dale Brown -->", "full name"),
        ("Ms Vandersteen said", "rare surname"),
        ("a Threlfall", "rare surname"),
        ("born 1985-05-16", "date of birth"),
        ("born 16/05/1985", "date of birth"),
        ("born 16/5/85", "date of birth"),
        ("born 16.05.1985", "date of birth"),
        ("born 16 May 1985", "date of birth"),
        ("born on the 16th of May 1985", "date of birth"),
        ("born May 16, 1985", "date of birth"),
        ("id=19850516", "date of birth"),
        ("2 March 1979", "date of birth"),
        ("1999/0012345H", "PNC id"),
        ("pnc 99/12345h", "PNC id"),
        ("98/77X", "PNC id"),
        ("A1234BC", "prison number"),
        ("b7654cd", "prison number"),
        ("12345/85K", "CRO number"),
    ],
)
def test_personal_data_in_a_page_are_found(tmp_path, register, text, kind):
    assert kind in kinds(tmp_path, register, f"<html><body><p>{text}</p></body></html>")


@pytest.mark.parametrize(
    "text",
    [
        "White, Brown and other ethnic groups",  # surnames that are ordinary words
        "Foundation supported 257 people in the West Midlands",  # the organisation; a region
        "Data from 1 January 2000 to 30 June 2012",  # somebody was born on the first day of the data period
        "This will young people help",  # words that are a name by chance cannot be told apart, unless …
        "18 to 20, 21 to 24, 1,246 records, 33%",
        "3.19850516 or 0.16.05.1985",
        "A12345BC, 1999/0012345K",  # no identifier of anybody
        "Born in May 1985, on day 16",
    ],
)
def test_ordinary_words_and_dates_of_the_request_raise_no_alarm(tmp_path, register, text):
    expected = {"full name"} if "young" in text else set()  # … and so this one is an alarm, by the rule
    assert kinds(tmp_path, register, f"<p>{text}</p>") == expected


@pytest.mark.parametrize("apart", ["</td><td>", "</th></tr><tr><th>", "</p><p>", "<br>", "</text><text>"])
def test_figures_of_two_cells_are_no_date(tmp_path, register, apart):
    """7.0 and 6.70 are no 7 June 1970; but a date that only an element within a line breaks is one."""
    assert kinds(tmp_path, register, f"<td>0.4 to 7.0{apart}6.70 to 9.1</td>") == set()
    assert kinds(tmp_path, register, f"<td>7.6.{apart}1970</td>") == set()
    assert kinds(tmp_path, register, "<td>7.6.<b>19</b>70</td>") == {"date of birth"}


def test_the_toolkits_own_texts_raise_no_alarm(tmp_path):
    """Somebody is called like each pair of words that the toolkit itself prints."""
    pairs = [("Proven", "Reoffending"), ("Propensity", "Score"), ("Supported", "Housing"), ("Year", "Proven")]
    people = pd.DataFrame(pairs, columns=["forename", "surname"])
    path = tmp_path / "report.html"
    path.write_text("One-year proven reoffending rate. Supported housing. Propensity Score")
    assert find_leaks([path], None, people, findings()) == []


def png_with(keyword: bytes, text: bytes, compressed: bool = False) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = keyword + b"\0" + (b"\0" + zlib.compress(text) if compressed else text)
    return (
        head
        + chunk(b"zTXt" if compressed else b"tEXt", body)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def test_pictures_are_read_for_what_they_carry(tmp_path, register):
    assert kinds(tmp_path, register, png_with(b"Author", b"Dale Brown"), "a.png") == {"full name"}
    assert kinds(tmp_path, register, png_with(b"Comment", b"16 May 1985", compressed=True), "b.png") == {
        "date of birth"
    }
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg'><metadata>A1234BC</metadata><text>Dale</text> <text>Brown</text></svg>"
    )
    assert kinds(tmp_path, register, svg, "c.svg") == {"full name", "prison number"}
    inside = base64.b64encode(png_with(b"Author", b"Dale Brown")).decode()
    assert kinds(tmp_path, register, f"<img src='data:image/png;base64,{inside}' alt=''>") == {"full name"}
    inside = base64.b64encode(svg.encode()).decode()
    assert kinds(tmp_path, register, f"<img src='data:image/svg+xml;base64,{inside}' alt=''>") == {
        "full name",
        "prison number",
    }


def test_data_files_are_read_by_value(tmp_path, register):
    assert kinds(tmp_path, register, "forename,surname\nDale,Brown\n", "a.csv") == {"full name"}
    record = {"forename": "Jürgen", "surname": "Brown", "born": ["1985-05-16"]}
    assert kinds(tmp_path, register, json.dumps(record), "b.json") == {"full name", "date of birth"}
    cell = {
        "cell_type": "code",
        "outputs": [{"data": {"text/html": ["<td>Dale</td>\n", "<td>Brown</td>"]}}],
        "source": ["x\n"],
    }
    assert kinds(tmp_path, register, json.dumps({"cells": [cell], "metadata": {}}), "c.ipynb") == {"full name"}
    cell = {"cell_type": "markdown", "source": ["Written about Dale\n", "Brown."]}
    assert kinds(tmp_path, register, json.dumps({"cells": [cell]}), "d.ipynb") == {"full name"}
    assert kinds(tmp_path, register, "Jürgen Brown".encode("cp1252"), "e.txt") == {"full name"}
    assert kinds(tmp_path, register, "nothing", "Dale-Brown.txt") == {"full name"}  # the name of the file itself


def test_spreadsheets_are_read_with_their_dates_comments_and_properties(tmp_path, register):
    book = openpyxl.Workbook()
    book.active.append(["Dale", "Brown", dt.date(1985, 5, 16)])
    book.properties.creator = "A1234BC"
    book.active["A1"].comment = openpyxl.comments.Comment("1999/0012345H", "lab")
    book.save(tmp_path / "x.xlsx")
    content = (tmp_path / "x.xlsx").read_bytes()
    assert kinds(tmp_path, register, content, "x.xlsx") == {"full name", "date of birth", "prison number", "PNC id"}


def test_pdf_text_and_properties_are_read(tmp_path, register):
    (tmp_path / "a.typ").write_text(
        '#set document(title: "A1234BC")\n= Result\nWritten about Dale Brown, born 16 May 1985.'
    )
    content = typst(str(tmp_path / "a.typ"))
    assert kinds(tmp_path, register, content, "a.pdf") == {"full name", "date of birth", "prison number"}


def test_a_damaged_file_is_reported_and_no_value_is_ever_shown(tmp_path, register):
    assert kinds(tmp_path, register, b"%PDF-1.7 broken", "a.pdf") == {"could not be read"}
    assert kinds(tmp_path, register, "{", "b.json") == {"could not be read"}
    path = tmp_path / "c.txt"
    path.write_text("Dale Brown, 16 May 1985, Vandersteen")
    found = find_leaks([path], register, UPLOAD, findings())
    assert found == [(path, "date of birth"), (path, "full name"), (path, "rare surname")]


def test_a_surname_is_rare_by_its_share_of_the_register(tmp_path):
    many = [{"person_id": i, "forename": "A", "surname": "Okonkwo" if i < 3 else f"Common{i}x"} for i in range(30)]
    path = tmp_path / "a.txt"
    path.write_text("Okonkwo")
    assert find_leaks([path], tiny_register(person=many), None) == []  # three of thirty bear it
    assert find_leaks([path], tiny_register(person=many[2:]), None) == [(path, "rare surname")]


def test_dates_are_read_in_every_form():
    assert dates_in("16/05/85") == {dt.date(1985, 5, 16), dt.date(2085, 5, 16)}
    assert dates_in("31/02/1985, 2010-13-01, 12 Foo 1985, 1.2.3, 20101, 198505160") == set()
    assert dates_in("1st of June 2001; jun 2, 2001; 03.06.2001; 20010604") == {
        dt.date(2001, 6, d) for d in (1, 2, 3, 4)
    }


def test_a_hundred_thousand_people_take_seconds(tmp_path):
    rng = np.random.default_rng(7)
    names = np.array(
        [f"{a}{b}{c}" for a in "BCDFG" for b in ("ar", "el", "in", "ot") for c in ("ton", "ley", "wick", "by", "ham")]
    )
    n = 100_000
    person = pd.DataFrame(
        {"person_id": np.arange(n), "forename": rng.choice(names, n), "surname": rng.choice(names, n)}
    )
    person["dob"] = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 15_000, n), unit="D")
    register = TinyRegister({"person": person})
    path = tmp_path / "report.html"
    path.write_text(
        "<p>" + " ".join(f"word{i} people reoffended within a year" for i in range(20_000)) + " Barton Inham</p>"
    )
    start = time.perf_counter()
    find_leaks([path], register, UPLOAD, findings())
    assert time.perf_counter() - start < 20
