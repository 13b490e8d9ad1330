"""Questionnaires on published reports: what is sent, what comes back, what may be told of it."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from functools import cache

import examples
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError
from jdl_toolkit.feedback import (
    QUESTIONS,
    Asked,
    feedback_summary,
    keep_answers,
    outstanding,
    read_questionnaire,
    summary_words,
    write_missing,
    write_questionnaire,
)  # fmt: skip
from jdl_toolkit.feedback.store import place, read_ledger
from jdl_toolkit.releases import RECORD, Release, version_folder

TODAY = dt.date(2014, 2, 28)
HOSTILE = '=HYPERLINK("http://x","y") <script>alert(1)</script> \u202eevil'


@cache
def findings_text() -> str:
    return examples.findings(request="a-request").model_dump_json()


def release(outputs, request: str, day: dt.date, version: int = 1, answered: bool = True) -> None:
    """A released report with findings, as `jdl release` leaves it."""
    folder = version_folder(outputs, request, version)
    folder.mkdir(parents=True)
    (folder / "findings.json").write_text(findings_text().replace("a-request", request))
    made = Release(
        request=request,
        version=version,
        released=day,
        by="A. Analyst",
        files={},
        toolkit_version="1",
        answered=answered,
    )
    (folder / RECORD).write_text(made.model_dump_json())


def fill(path, answers: dict[str, str]):
    """Fill a questionnaire in as a person does: in the cells beside the questions."""
    workbook = load_workbook(path)
    by_text = {question.text: question.key for question in QUESTIONS}
    for row in workbook.active.iter_rows():
        if row[0].value in by_text and by_text[row[0].value] in answers:
            row[1].value = answers[by_text[row[0].value]]
            row[1].data_type = "s"
    workbook.save(path)
    return path


@pytest.fixture
def outputs(tmp_path):
    place = tmp_path / "outputs"
    for i in range(8):
        release(place, f"request-{i}", dt.date(2013, 12, 12))
    release(place, "later", dt.date(2014, 2, 13))
    release(place, "not-answered", dt.date(2013, 12, 12), answered=False)
    return place


def sent(outputs, request: str):
    write_missing(outputs)
    return place(outputs, "questionnaires", f"{request}-1-feedback.xlsx")


def test_questionnaire_is_protected_offers_lists_and_runs_nothing(tmp_path):
    asked = Asked("foundation-2013", 2, HOSTILE, "=1+1")
    path = write_questionnaire(asked, 2, tmp_path)
    sheet = load_workbook(path).active
    answers = [cell for row in sheet.iter_rows() for cell in row if not cell.protection.locked]
    assert path.name == "foundation-2013-2-feedback.xlsx" and sheet.protection.sheet
    assert len(answers) == len(QUESTIONS) and {cell.column_letter for cell in answers} == {"B"}
    lists = [rule for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert len(lists) == sum(bool(question.choices) for question in QUESTIONS)
    assert all(len(rule.formula1) <= 255 for rule in lists)  # what spreadsheets take
    assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert "foundation-2013 / 2" in [cell.value for cell in sheet["B"]]
    assert not [name for name in zipfile.ZipFile(path).namelist() if "vba" in name.lower()]
    text = path.with_suffix(".txt").read_text()
    assert "Reference: foundation-2013 / 2" in text and "\u202e" not in text and text.count("Your answer:") == 13


def test_written_for_released_reports_with_results_once(outputs):
    names = {path.name.removesuffix("-1-feedback.xlsx") for path in write_missing(outputs)}
    assert names == {"later", *(f"request-{i}" for i in range(8))}
    assert write_missing(outputs) == []
    release(outputs, "later", dt.date(2014, 2, 20), version=2)
    assert [path.name for path in write_missing(outputs)] == ["later-2-feedback.xlsx"]


def test_answers_are_read_from_a_workbook_and_from_an_e_mail(outputs):
    given = {"useful": "agree", "used_within": "plan to use them", "comments": HOSTILE}
    path = fill(sent(outputs, "request-1"), given)
    found = read_questionnaire(path)
    assert (found.request, found.version) == ("request-1", 1)
    assert found.choices == {"useful": "agree", "used_within": "plan to use them"}
    assert set(found.words) == {"comments"} and "\u202e" not in found.words["comments"]
    mail = path.with_suffix(".txt").read_text().split("4. How far")
    mail = "Dear all,\n\n" + mail[0] + "4. How far" + mail[1].replace("Your answer:", "Your answer: Strongly agree.", 1)
    quoted = path.with_name("mail.txt")
    quoted.write_text("".join(f"> {line}\n" for line in mail.splitlines()), encoding="utf-8-sig")
    assert read_questionnaire(quoted).answers == {"useful": "strongly agree"}


def test_all_faults_at_once_and_nothing_is_repeated_or_kept(outputs, tmp_path):
    wrong = fill(sent(outputs, "request-1"), {"useful": "Jane Smith was great", "used_within": "maybe"})
    empty = sent(outputs, "request-2")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    foreign = write_questionnaire(Asked("elsewhere", 1, "x", "y"), 1, tmp_path)
    fill(foreign, {"useful": "agree"})
    good = fill(sent(outputs, "request-3"), {"useful": "agree"})
    files = [wrong, empty, tmp_path / "other.csv", tmp_path / "absent.xlsx", foreign, good]
    with pytest.raises(JDLError) as caught:
        keep_answers(files, outputs, TODAY)
    said = str(caught.value)
    assert len(caught.value.problems) == 7 and "Smith" not in said and "maybe" not in said
    for words in ("row 9", "row 12", "nothing is answered", "no reference", "no such file", "was not released"):
        assert words in said, words
    assert read_ledger(outputs).received == {} and not place(outputs, "answers").exists()


def answer(outputs, i: int, useful: str, day: dt.date = TODAY, **more: str):
    path = fill(sent(outputs, f"request-{i}"), {"useful": useful, "comments": f"Comment {i}"} | more)
    return keep_answers([path], outputs, day)


def test_summary_counts_and_names_nobody(outputs):
    for i in range(4):
        answer(outputs, i, "agree")
    few = feedback_summary(outputs, TODAY)
    assert (few.n_published, few.n_due, few.n_answered, few.n_outstanding) == (9, 8, 4, 4)
    assert few.suppressed and few.questions == () and few.response_rate == 0.5
    answer(outputs, 4, "disagree")
    full = feedback_summary(outputs, TODAY)
    assert not full.suppressed and full.response_rate == 0.625 and [q.key for q in full.questions] == ["useful"]
    assert {k: n for k, n in full.questions[0].counts.items() if n} == {"agree": 4, "disagree": 1}
    assert "request-" not in full.model_dump_json() and "Comment" not in full.model_dump_json()
    assert [request for request, _ in outstanding(outputs, TODAY)] == ["request-5", "request-6", "request-7"]
    assert "8 questionnaires are due by 28 February 2014; 5 came back (63%), 3 are outstanding." in summary_words(full)


def test_as_it_stood_on_an_earlier_day(outputs):
    answer(outputs, 0, "agree", dt.date(2014, 2, 1))
    assert feedback_summary(outputs, dt.date(2014, 1, 31)).n_answered == 0
    assert feedback_summary(outputs, dt.date(2014, 2, 1)).n_answered == 1
    january = feedback_summary(outputs, dt.date(2014, 1, 11))  # published on 12 December: due on 12 January
    assert (january.n_published, january.n_due, january.response_rate) == (8, 0, None)
    assert feedback_summary(outputs, dt.date(2014, 1, 12)).n_due == 8


def test_the_later_answer_counts(outputs):
    assert answer(outputs, 0, "agree") == [("request-0-1-feedback.xlsx", "read")]
    assert answer(outputs, 0, "agree")[0][1] == "read before"
    assert answer(outputs, 0, "strongly disagree")[0][1] == "takes the place of an earlier answer"
    kept = list(place(outputs, "answers").iterdir())
    assert len(kept) == 1 and json.loads(kept[0].read_text()) == {"useful": "strongly disagree"}
    assert len(list(place(outputs, "restricted", "words").iterdir())) == 1


def test_answers_are_apart_from_who_gave_them(outputs):
    answer(outputs, 0, "agree")
    (kept,) = place(outputs, "answers").iterdir()
    assert "request-0" not in kept.name + kept.read_text() and "Comment" not in kept.read_text()
    assert "Comment 0" in next(place(outputs, "restricted", "words").iterdir()).read_text()


def test_command(outputs):
    call = lambda *words: CliRunner().invoke(main, ["feedback", "--outputs", str(outputs), *words])  # noqa: E731
    assert call("--write").exit_code == 0
    path = fill(place(outputs, "questionnaires", "request-0-1-feedback.xlsx"), {"useful": "agree"})
    said = json.loads(call(str(path), "--json").stdout)
    assert said["read"] == [{"file": path.name, "result": "read"}] and said["summary"]["n_answered"] == 1
    assert "request-1" in call().stdout
    assert call(str(outputs / "nothing.xlsx")).exit_code == 2
