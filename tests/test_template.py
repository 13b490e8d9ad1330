"""The template can be filled in as a person would, and comes back without a fault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from registers import make_spec
from uploads_on_disk import people_rows, person

from jdl_toolkit.errors import JDLError
from jdl_toolkit.submission import Submission, read_submission, write_template
from jdl_toolkit.submission.fields import COLUMNS, ETHNICITIES, REGIONS, plain
from jdl_toolkit.submission.questions import QUESTION_BY_KEY, QUESTIONS, question_of
from jdl_toolkit.submission.template import PARTS

SPEC = make_spec()
HEADINGS = [column.heading for column in COLUMNS]


@pytest.fixture
def book(tmp_path) -> Workbook:
    return load_workbook(write_template(tmp_path / "template.xlsx"))


def fill(book: Workbook, first_row: int, n: int = 61, **changes) -> None:
    """Type people into the sheet People from a row on, and an answer to each question."""
    parts = {"Provider": "Any Town Project", "Intervention type": "Mentoring", "Intensity": 12.5}
    records = [
        person(i, **changes) | parts | {"Ethnicity": ETHNICITIES[i % 5], "Region": REGIONS[i % 10]} for i in range(n)
    ]
    for row, values in enumerate(people_rows(records, HEADINGS)[1:], start=first_row):
        for column, value in enumerate(values, start=1):
            book["People"].cell(row, column).value = value
    for row in range(2, book["Service"].max_row + 1):
        if question_of(book["Service"].cell(row, 1).value):
            book["Service"].cell(row, 2).value = "An answer"


def read(book: Workbook, path: Path) -> Submission:
    book.save(path)
    return read_submission(path, SPEC)


def test_people_written_over_the_example_come_through_without_a_fault(book, tmp_path):
    fill(book, first_row=2)
    found = read(book, tmp_path / "a.xlsx")
    assert found.issues.empty
    assert len(found.people) == 61 and found.people["row"].iloc[0] == 2
    assert found.people["ethnicity"].tolist()[:6] == [*ETHNICITIES, "White"]
    assert found.people["region"].iloc[2] == "Yorkshire and the Humber"
    assert found.people["provider"].eq("Any Town Project").all() and found.people["intensity"].eq(12.5).all()
    assert found.people["intervention_type"].eq("Mentoring").all()
    assert found.answers == {question.key: "An answer" for question in QUESTIONS}  # without the examples beside them


def test_people_written_below_the_example_come_through_and_the_example_is_not_read(book, tmp_path):
    fill(book, first_row=3)
    found = read(book, tmp_path / "a.xlsx")
    assert found.issues[["code", "row", "severity"]].values.tolist() == [["example_row", 2, "warns"]]
    assert found.people["row"].tolist() == list(range(3, 64))


@pytest.mark.parametrize(("heading", "value"), [("Surname", "Carter"), ("Date of birth", dt.date(1985, 5, 17))])
def test_an_example_row_of_which_a_cell_was_written_over_is_a_record(book, tmp_path, heading, value):
    fill(book, first_row=3)
    book["People"].cell(2, HEADINGS.index(heading) + 1).value = value
    found = read(book, tmp_path / "a.xlsx")
    assert found.issues[["code", "row"]].values.tolist() == [["example_mark", 2]]
    assert len(found.people) == 62 and found.people["forename"].iloc[0] == "Alexandra"


def test_somebody_who_is_called_as_the_example_is_a_record(book, tmp_path):
    fill(book, first_row=2)
    book["People"].append([7, "Alexandra", None, "Sample", dt.date(1985, 5, 16), "F", *[None] * 2, dt.date(2012, 2, 1)])
    found = read(book, tmp_path / "a.xlsx")
    assert found.issues.empty and len(found.people) == 62


def test_nobody_is_in_an_empty_template(book, tmp_path):
    with pytest.raises(JDLError, match="there are no records below the headings"):
        read(book, tmp_path / "a.xlsx")


def test_the_example_row_holds_no_identifier_that_could_be_left_behind(book):
    example = dict(zip(HEADINGS, (cell.value for cell in book["People"][2]), strict=True))
    assert example["PNC id"] is None and example["Prison number"] is None and example["Middle name"] is None
    assert all(cell.font.italic for cell in book["People"][2])


def test_headings_say_what_is_required_and_are_understood(book):
    shown = [cell.value for cell in book["People"][1]]
    assert [plain(heading) for heading in shown] == [plain(heading) for heading in HEADINGS]
    required = [column.heading for column in COLUMNS if column.required]
    assert [h.split("\n")[0] for h in shown if h.endswith("(required)")] == required
    assert [h.split("\n")[0] for h in shown if h.endswith("(start or end required)")] == [
        "Service start",
        "Service end",
    ]
    assert [h.split("\n")[0] for h in shown if h.endswith("(if several)")] == ["Provider", "Intervention type"]


def test_every_question_is_asked_once_and_titles_of_parts_are_no_questions(book):
    asked = [question_of(row[0]) for row in book["Service"].iter_rows(min_row=2, values_only=True)]
    assert sorted(q.key for q in asked if q) == sorted(QUESTION_BY_KEY)
    assert sum(q is None for q in asked) == len(PARTS) and not any(question_of(title) for title in PARTS)


def test_lists_and_checks_fit_what_spreadsheets_allow(book):
    rules = {str(rule.sqref): rule for sheet in book for rule in sheet.data_validations.dataValidation}
    assert len(rules) == len(COLUMNS) + len(QUESTIONS)
    assert all(
        len(r.prompt) <= 255 and len(r.promptTitle) <= 32 and len(r.formula1 or "") <= 257 for r in rules.values()
    )
    assert rules["F2:F20000"].formula1 == '"M,F"' and rules["E2:E20000"].type == "date"
    assert rules["M2:M20000"].formula1 == '"White,Black,Asian,Mixed,Other"'
    assert book["People"].column_dimensions["G"].number_format == "@"  # a PNC id stays text


def test_the_help_explains_every_column_and_question_and_how_to_send_the_file(book):
    said = "\n".join(str(value) for row in book["Help"].iter_rows(values_only=True) for value in row if value)
    assert all(column.heading in said and column.help in said for column in COLUMNS)
    assert all(q.text in said and q.help in said and q.example in said for q in QUESTIONS)
    assert "by the channel agreed with the lab, never by plain e-mail" in said and "jdl check" in said
    assert book.sheetnames == ["Help", "People", "Service"]
