"""Hostile texts: the study's checks fail where they should, its readers see what acts; what it found is mended."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from drawn_bulletin import blocks_of, bulletin_of
from examples import findings

from jdl_toolkit import render
from jdl_toolkit.document import MIME, Inset, Table, Words
from jdl_toolkit.errors import JDLError
from jdl_toolkit.findings import Findings
from jdl_toolkit.narrative.bulletin import check_bulletin
from jdl_toolkit.narrative.check import Checker, as_quote
from jdl_toolkit.portfolio import Bulletin
from jdl_toolkit.render.lint import lint_html
from jdl_toolkit.render.printed import _in_pdf
from jdl_toolkit.validation import hostile
from jdl_toolkit.validation.hostile import published
from jdl_toolkit.validation.hostile.files import in_csv, in_file, in_json, in_notebook, in_page, in_pdf, in_workbook
from jdl_toolkit.validation.hostile.findings import FIELDS, PLAIN, hostile_findings, taken
from jdl_toolkit.validation.hostile.texts import CANARY, TEXTS
from jdl_toolkit.validation.part import RESULTS, Effort
from jdl_toolkit.validation.workbooks.sent import xlsx, zipped

ODD = f"\x1b[31m{CANARY}\u202e \x9b31m\u200b"


# --- the part of the study -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def studied(short_part):
    return short_part(hostile.PART)


def test_a_short_study_of_hostile_texts_holds(studied):
    told = hostile.PART.answer(studied / RESULTS)
    assert told.failed == () and "short study" in told.text
    (line,) = told.not_tried
    assert "whole line" in line.claim
    read = pd.read_csv(studied / RESULTS / "files.csv", index_col="file")["read"]
    assert {"report.html", "report.pdf", "report.xlsx", "report.ods", "report.csv", "report.ipynb"} <= {*read.index}
    assert {"bulletin.html", "bulletin.pdf", "index page.html"} <= {*read.index}


@pytest.mark.parametrize(("name", "where"), [("fields.csv", 0), ("files.csv", 0)])
def test_it_fails_where_it_should(studied, tmp_path, name, where):
    for file in (studied / RESULTS).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    rows = pd.read_csv(tmp_path / name, keep_default_na=False)
    rows.loc[where, "survived"] -= 1
    if "faults" in rows:
        rows["faults"] = rows["faults"].astype("object")
        rows.loc[where, "faults"] = "page: there is a script element"
    rows.to_csv(tmp_path / name, index=False)
    assert len(hostile.PART.answer(tmp_path).failed) == (2 if name == "fields.csv" else 1)


def test_commands_that_did_not_end_well_are_told(studied, tmp_path):
    for file in (studied / RESULTS).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    about = json.loads((tmp_path / "about.json").read_text())
    (tmp_path / "about.json").write_text(json.dumps(about | {"whole_line": True}))
    rows = pd.read_csv(tmp_path / "fields.csv", keep_default_na=False)
    line = {
        "field": "whole line, jdl run",
        "kind": "all at once",
        "tried": 2,
        "survived": 1,
        "failed": 1,
        "faults": "x",
    }
    pd.concat([rows, pd.DataFrame([line])]).fillna(0).to_csv(tmp_path / "fields.csv", index=False)
    told = hostile.PART.answer(tmp_path)
    assert [check.found for check in told.failed] == ["1 of 2"] and "1 of 2 commands" in told.text


def test_what_is_done_is_not_done_again(studied, monkeypatch):
    monkeypatch.setattr(hostile.running, "_tried", lambda step: pytest.fail("tried again"))
    hostile.PART.run(studied, Effort(short=True))


def test_a_folder_made_with_another_seed_is_refused(tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({"seed": 2}))
    with pytest.raises(JDLError, match="made otherwise"):
        hostile.PART.run(tmp_path, Effort(short=True, seed=1))


def test_each_kind_of_text_visits_each_field():
    rounds = [published.texts_of(number) for number in range(published.n_rounds())]
    for field in FIELDS:
        assert {texts[field][0] for texts in rounds} == {*TEXTS}


def test_what_a_record_would_refuse_is_refused(tmp_path):
    asked = dict.fromkeys(FIELDS, "x" * 30_000)
    said, refused = taken(asked, tmp_path)
    assert {"name of the organisation", "the organisation's response", "reason of a sign-off"} <= refused
    assert said["name of the organisation"] == PLAIN and said["note of the register"] == "x" * 30_000
    assert hostile_findings(dict.fromkeys(FIELDS, "a")).analyses[0].title == "a"


# --- what takes effect is seen ---------------------------------------------------------------------------------------


def test_what_takes_effect_is_seen(tmp_path):
    assert in_page(f'<p onclick="{CANARY}()">x</p>') and in_page(f'<a href="javascript:{CANARY}()">x</a>')
    assert in_page(f"<{CANARY}>") and not in_page(f"<p>&lt;script&gt;{CANARY}()</p>")
    assert in_page(f"<script>{CANARY}aa()</script>")
    assert in_csv(f"a,={CANARY}\n") and not in_csv(f"a,'={CANARY}\n")
    assert in_workbook(zipped({"xl/worksheets/sheet1.xml": b"<c><f>1+1</f></c>"})) and not in_workbook(xlsx())
    assert in_pdf(f"1 0 obj <</S /URI /URI (http://{CANARY})>>".encode()) and not in_pdf(b"1 0 obj <</Title (a)>>")
    assert in_json(f'"{CANARY}\x7f"') and in_json("{") and not in_json(json.dumps(ODD))
    shown = {"cells": [{"outputs": [{"data": {"text/html": f"<b onclick='{CANARY}'>", "text/plain": "\x1b[1m"}}]}]}
    assert len(in_notebook(json.dumps(shown))) == 2
    (tmp_path / "run.log").write_text("\x1b[31m")
    assert in_file(tmp_path / "run.log")


# --- what was found --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [Table("t", ODD, (ODD, "b"), ((ODD, ODD),), note=ODD, groups=(ODD,)), Inset("note", ODD, ODD), Words(ODD)],
    ids=["table", "inset", "words"],
)
def test_what_a_notebook_shows_sends_no_control_characters(block):
    assert CANARY in block.to_html() and in_page(block.to_html()) == []
    assert not {"\x1b", "\u202e", "\x9b", "\u200b"} & {*str(block)}


@pytest.mark.parametrize("name", ['A & B 24 "Seven"', "Advice <24>", "R&D 2024"])
def test_a_name_with_a_number_and_a_sign_that_html_escapes_stops_no_report(name, tmp_path):
    found = findings()
    found = found.model_copy(update={"organisation": found.organisation.model_copy(update={"name": name})})
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "## The finding"},
        {"cell_type": "code", "metadata": {}, "source": "", "execution_count": 1, "outputs": [
            {"output_type": "display_data", "metadata": {}, "data": {MIME: Words("Nothing to tell.").to_json()}}]},
    ]  # fmt: skip
    notebook, page = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, tmp_path / "report.html"
    blocks = [Words("Nothing to tell.").to_json()]
    render.to_html(notebook, "Title", f"Justice Data Lab report for {name}.", page)
    assert lint_html(page.read_text("utf-8")) == []
    assert render.misprints(blocks, found, page).foreign == ()
    page.write_text(page.read_text("utf-8").replace("24", "25"), "utf-8")
    assert render.misprints(blocks, found, page).foreign != ()


def test_a_date_that_goes_on_in_the_next_line_of_a_pdf_is_no_misprint():
    def wrong(text):
        return {*_in_pdf([], Checker(findings(), " ".join(text.split())), text)[0]}

    assert wrong("for an organisation. Received 12 August\n2013. Nothing else") == set()
    assert wrong("for an organisation. Received 12 August\n2027. Nothing else") == {"2027"}


def test_a_name_that_looks_like_two_clauses_stops_no_bulletin():
    made = bulletin_of("reduction; inconclusive")
    for name in ("Home. Hope", "Home; and Hope", "'; DROP TABLE people; --x", "**Hope"):
        named = Bulletin.model_validate_json(made.model_dump_json().replace("Hostel A", name))
        assert check_bulletin(blocks_of(named)[0], named).foreign == ()


def test_a_long_word_that_a_drawing_breaks_is_known_again():
    name = "jdlcanary-with-a-long-name-of-2024"
    assert re.search(as_quote(name), "a jdlcanary-with-a-long-na me-of-2024 b")
    assert not re.search(as_quote("Hostel 24"), "Hostel 2 4") and not re.search(as_quote(name), name + "5")


def test_data_send_a_terminal_no_commands_and_keep_the_text(tmp_path):
    found = findings().model_copy(update={"answers": {ODD: ODD}})
    found.write(tmp_path / "findings.json")
    assert in_file(tmp_path / "findings.json") == [] and "\u202e" not in (tmp_path / "findings.json").read_text("utf-8")
    assert Findings.read(tmp_path / "findings.json") == found
