"""Damaged workbooks: a few of each kind here, and that the study's checks fail where they should."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from uploads_on_disk import EMPTY

from jdl_toolkit.errors import JDLError
from jdl_toolkit.spec import load_spec
from jdl_toolkit.submission.exhaustion import Damaged, rows_within_reach, would_exhaust
from jdl_toolkit.submission.sheets import read_sheets
from jdl_toolkit.validation import workbooks
from jdl_toolkit.validation.part import RESULTS, Effort
from jdl_toolkit.validation.workbooks.kinds import example, kinds
from jdl_toolkit.validation.workbooks.sent import parts, xlsx, zipped
from jdl_toolkit.validation.workbooks.text import ods

SHEET = "xl/worksheets/sheet1.xml"


def asks_too_much(content: bytes) -> bool:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file) as archive:
        return would_exhaust(io.BytesIO(content), archive)


def with_sheet(before: bytes, new: bytes, at: str = SHEET) -> bytes:
    files = parts()
    made = files.pop(SHEET).replace(before, new + before, 1)
    return zipped(files | {at: made})


def test_a_sound_workbook_asks_for_nothing_too_much():
    assert not asks_too_much(xlsx()) and not asks_too_much(ods())


@pytest.mark.parametrize("place", [SHEET, "one.dat"])
@pytest.mark.parametrize("cell", ["XFD1048576", "xfd1048576", "ZZZZ99999999"])
def test_a_far_cell_is_found_however_it_is_spelt_and_wherever_its_sheet_lies(cell, place):
    new = f'<row r="1048576"><c r="{cell}" t="n"><v>1</v></c></row>'.encode()
    assert asks_too_much(with_sheet(b"</sheetData>", new, place))


@pytest.mark.parametrize("what", [b"mergeCell", b"hyperlink"])
def test_a_range_as_large_as_the_sheet_is_found(what):
    assert asks_too_much(with_sheet(b"<pageMargins", b"<x><" + what + b' ref="A1:XFD1048576"/></x>'))
    assert not asks_too_much(with_sheet(b"<pageMargins", b"<x><" + what + b' ref="A1:XFD1"/></x>'))


def test_one_long_text_that_many_cells_refer_to_is_found():
    files = parts()
    files["xl/sharedStrings.xml"] = b"<sst><si><t>" + b"x" * 1_000_000 + b"</t></si></sst>"
    cells = b'<row r="100">' + b'<c r="A100" t="s"><v>0</v></c>' * 600 + b"</row></sheetData>"
    files[SHEET] = files[SHEET].replace(b"</sheetData>", cells)
    assert asks_too_much(zipped(files))


@pytest.mark.parametrize("number", ["99999", "-1", "", "x"])
def test_a_cell_that_refers_to_a_text_that_is_not_there_is_not_taken_for_another(number):
    files = parts()
    files[SHEET] = re.sub(rb't="s"><v>5<', f't="s"><v>{number}<'.encode(), files[SHEET], count=1)
    with pytest.raises(Damaged):
        asks_too_much(zipped(files))


def test_a_part_that_unpacks_to_more_than_it_says_is_damaged():
    content = bytearray(zipped({"xl/workbook.xml": b" " * 100_000}))
    for at in (content.find(b"PK\x03\x04") + 22, content.find(b"PK\x01\x02") + 24):
        content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Damaged):
        asks_too_much(bytes(content))


FAR = (
    '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row><table:table-row>'
    '<table:table-cell table:number-columns-repeated="16383"/>'
    "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
)


@pytest.mark.parametrize(("row", "is_too_much"), [(FAR, True), (EMPTY, False)], ids=["far", "empty"])
def test_cells_said_to_be_repeated_are_counted(row, is_too_much):
    with zipfile.ZipFile(io.BytesIO(ods())) as archive:
        content = archive.read("content.xml").decode()
    assert asks_too_much(ods(content.replace("</table:table>", f"{row}</table:table>", 1))) == is_too_much


@pytest.mark.parametrize(
    ("kind_of", "is_refused"),
    [('"zzz"', True), ('"date"', True), ('"float"', True), ('"date" office:date-value="1985-05-16"', False)],
)
def test_a_cell_of_an_ods_that_would_be_read_as_empty_is_refused(tmp_path, kind_of, is_refused):
    with zipfile.ZipFile(io.BytesIO(ods())) as archive:
        content = archive.read("content.xml").decode()
    (tmp_path / "a.ods").write_bytes(ods(content.replace('"string"><text:p>1980/', f"{kind_of}><text:p>1980/", 1)))
    if not is_refused:
        assert read_sheets(tmp_path / "a.ods")["People"][1][6] == dt.date(1985, 5, 16)
        return
    with pytest.raises(JDLError, match="no known kind"):
        read_sheets(tmp_path / "a.ods")


def test_endless_and_many_rows_of_a_csv_file_are_given_up():
    assert rows_within_reach(iter([["a", "b"], []])) == [["a", "b"], []]
    assert rows_within_reach(iter([[""] * 100_000, *([] for _ in range(100))])) is None
    assert rows_within_reach(iter([[""] * 16_384])) and rows_within_reach(iter([[""] * 16_385])) is None


@pytest.mark.parametrize(
    "text", ["received: 2013-02-31", "seed: " + "9" * 5000, "x: " + "[" * 3000], ids=["no day", "digits", "nest"]
)
def test_yaml_that_would_crash_is_refused_in_words(tmp_path, text):
    (tmp_path / "r.yml").write_text(text)
    with pytest.raises(JDLError, match="not readable as YAML"):
        load_spec(tmp_path / "r.yml")


def test_a_key_sends_a_terminal_no_commands(tmp_path):
    (tmp_path / "r.yml").write_text('"\\e[31mred\\u202e": 1\n')
    with pytest.raises(JDLError) as refused:
        load_spec(tmp_path / "r.yml")
    assert "[31mred" in str(refused.value) and "\x1b" not in str(refused.value) and "\u202e" not in str(refused.value)


def test_there_are_more_than_a_hundred_kinds_of_damage_and_the_same_seed_draws_the_same_file():
    found = kinds()
    assert len({(kind.group, kind.name) for kind in found}) == len(found) > 100
    flipped = next(kind for kind in found if kind.name == "bits flipped")
    assert example(flipped, 7) == example(flipped, 7) != example(flipped, 8)


# The parts of the study


def test_a_short_study_of_damaged_workbooks_holds_and_fails_where_it_should(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks.running, "SHORT_STEP", 25)  # six kinds
    workbooks.PART.run(tmp_path, Effort(short=True, seed=3))
    told = workbooks.PART.answer(tmp_path / RESULTS)
    assert told.failed == () and "short study" in told.text
    worse(tmp_path / RESULTS / "kinds.csv", "misread")
    failed = workbooks.PART.answer(tmp_path / RESULTS).failed
    assert len(failed) == 2 and "took somebody for another person" in failed[1].claim


def worse(table: Path, fault: str) -> None:
    """One of the tried did not survive."""
    rows = pd.read_csv(table, keep_default_na=False)
    rows["faults"] = rows["faults"].astype("object")
    rows.loc[0, ["survived", "faults"]] = [int(rows.loc[0, "survived"]) - 1, fault]
    rows.to_csv(table, index=False)


def test_a_folder_made_with_another_seed_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({"seed": 2}))
    with pytest.raises(JDLError, match="made otherwise"):
        workbooks.PART.run(tmp_path, Effort(short=True, seed=1))
