"""Uploads as people really send them: what is read is right, or a remark says that it may not be."""

from __future__ import annotations

import datetime as dt
import warnings
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from registers import make_spec
from uploads_on_disk import ANSWERS, HEADINGS, people_rows, person, write_csv, write_xlsx

from jdl_toolkit.errors import JDLError
from jdl_toolkit.identifiers import format_pnc_id
from jdl_toolkit.submission import Submission, marked_up_copy, read_submission
from jdl_toolkit.submission.dates import order_unclear, read_dates
from jdl_toolkit.submission.faults import FAULTS, WARNS

SPEC = make_spec()
D = dt.date
FEW_COLUMNS = ["Surname", "Forename", "Date of birth", "Gender", "Service start"]


def submit(tmp_path: Path, heading: str, cells: list, n: int = 70) -> Submission:
    """An upload whose first people have these cells in a column."""
    headings = HEADINGS if heading in HEADINGS else [*HEADINGS, heading]
    records = [person(i) | ({heading: cells[i]} if i < len(cells) else {}) for i in range(n)]
    return read_submission(write_xlsx(tmp_path / "a.xlsx", people_rows(records, headings)), SPEC)


def sheet(tmp_path: Path, rows: list[list]) -> Submission:
    return read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)


def by_row(found: Submission, n: int) -> list[set[str]]:
    return [set(found.issues.loc[found.issues["row"] == row, "code"]) for row in range(2, n + 2)]


def few(n: int = 70) -> list[list]:
    return people_rows([person(i) for i in range(n)], FEW_COLUMNS)[1:]


# Names


@pytest.mark.parametrize(
    ("sent", "read", "codes"),
    [
        ("Mr John", "John", {"name_trimmed"}), ("Drew", "Drew", set()), ("Missy", "Missy", set()),
        ("Dr", None, {"forename_missing"}), ("Robert (Bob)", "Robert", {"name_trimmed"}),
        ("Robert “Bob”", "Robert", {"name_trimmed"}), ("Robert 'Bob'", "Robert", {"name_trimmed"}),
        ("Sam Jnr.", "Sam", {"name_trimmed"}), ("Junior", "Junior", set()),
        ("Bob \U0001f600", "Bob \U0001f600", {"name_characters"}),
        ("Bob\ue003", "Bob\ue003", {"name_characters"}), ("\U0010fffdBob", "\U0010fffdBob", {"name_characters"}),
        ("O´Neil", "O'Neil", set()), ("O’Neil", "O'Neil", set()), ("Ｊｏｓｅ", "Jose", set()),
        ("\u202eJose", "Jose", set()),
        ("Иван", "Иван", {"name_other_script"}), ("王", "王", {"name_other_script"}),
        ("Jоse", "Jоse", {"name_other_script"}),
        ("JosÃ©", "José", {"name_garbled"}), ("Oâ€™Neil", "O'Neil", {"name_garbled"}), ("Łukasz", "Łukasz", set()),
        ("John, Smith", "John, Smith", {"name_characters"}), ("An\u2009na", "An na", set()),
    ],
)  # fmt: skip
def test_a_name_is_made_plain(tmp_path, sent, read, codes):
    found = submit(tmp_path, "Forename", [sent])
    name = found.people["forename"].iloc[0]
    assert (None if pd.isna(name) else name) == read
    assert by_row(found, 1) == [codes]


def test_one_column_of_names_is_parted_at_the_comma_and_said_so(tmp_path):
    names = [[f"{r[0].upper()}, {r[1]}", *r[2:]] for r in few()]
    found = sheet(tmp_path, [["Name", *FEW_COLUMNS[2:]], *names])
    assert found.people[["surname", "forename"]].iloc[0].tolist() == ["SURAAAA", "Foreaaa"]
    assert found.issues[["code", "row"]].values.tolist() == [["names_split", 1]]
    assert found.columns["recognised"].tolist()[:2] == ["as surname, forename"] * 2
    with pytest.raises(JDLError, match="split the column “Name” into Forename and Surname"):
        sheet(tmp_path, [["Name", *FEW_COLUMNS[2:]], *names[1:], ["Anna Bell", *names[0][1:]]])


# Codes and identifiers


def test_gender_that_the_records_do_not_hold_is_answered_kindly(tmp_path):
    found = submit(tmp_path, "Gender", ["Male ", "FEMALE.", "Ｍ", 1, "Non-binary", "X", "prefer not to say"])
    assert found.people["sex"].tolist()[:3] == ["M", "F", "M"]
    assert by_row(found, 7)[3:] == [{"gender_code"}] * 3 + [{"gender_missing"}]
    assert "may not be how the person describes their gender" in FAULTS["gender_code"].fix


def test_ethnicity_is_optional_and_read_into_five_codes(tmp_path):
    sent = ["White", "W1", "Black Caribbean", "Asian or Asian British - Indian", "Mixed white and black caribbean"]
    sent += ["Any other white background", "White and Asian", "Arab", "Not stated", None, "Chinese"]
    found = submit(tmp_path, "Ethnicity", sent)
    expected = ["White", "White", "Black", "Asian", "Mixed", "White", "Mixed", "Other", None, None, None]
    assert [None if pd.isna(code) else code for code in found.people["ethnicity"][:11]] == expected
    assert found.issues[["code", "row"]].values.tolist() == [["ethnicity_code", 12]]


def test_identifiers_are_read_as_they_are_written(tmp_path):
    forms = ["85/12345l", "1985 / 0012345 L", "1985-0012345L", "1985\\0012345L", "1985/OO12345L", "PNC: 85/12345L"]
    for form in forms:
        found = submit(tmp_path, "PNC id", [form])
        assert found.people["pnc_id"].iloc[0] == "1985/0012345L"
        assert by_row(found, 1) == [{"identifier_letters"} if "O" in form else set()]
    found = submit(tmp_path, "PNC id", ["CRO 12345/85X", "n/a", "1985/0O12345Q"])
    assert by_row(found, 3) == [{"pnc_id_is_cro"}, set(), {"pnc_id_malformed"}]
    found = submit(tmp_path, "Prison number", ["A12O4BC", "a 1234 bc.", "A1234B"])
    assert found.people["prison_number"].tolist()[:2] == ["A1204BC", "A1234BC"]
    assert by_row(found, 3) == [{"identifier_letters"}, set(), {"prison_number_malformed"}]


def test_identifiers_in_each_others_column_are_put_right(tmp_path):
    records = [person(i) for i in range(70)]
    records[0] |= {"PNC id": "A1234BC", "Prison number": "1985/0012345L"}
    records[1] |= {"PNC id": "A1234BD"}
    records[2] |= {"PNC id": "A1234BE", "Prison number": "A1234BF"}  # which of the two is right cannot be seen
    found = sheet(tmp_path, people_rows(records))
    assert found.people[["pnc_id", "prison_number"]].iloc[0].tolist() == ["1985/0012345L", "A1234BC"]
    assert found.people["prison_number"].tolist()[1:3] == ["A1234BD", "A1234BF"]
    assert by_row(found, 3) == [{"identifiers_exchanged"}, {"identifiers_exchanged"}, {"pnc_id_malformed"}]


# Dates


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("'16/05/1985", D(1985, 5, 16)), ("16/05/1985.", D(1985, 5, 16)), ("16–05–1985", D(1985, 5, 16)),
        ("１６/０５/１９８５", D(1985, 5, 16)), ("３１１８３", D(1985, 5, 16)), ("16/05/'85", D(1985, 5, 16)),
        ("16 / 05 / 1985", D(1985, 5, 16)), ("31183.0", D(1985, 5, 16)),
    ],
)  # fmt: skip
def test_dates_as_they_are_typed(cell, date):
    assert read_dates(pd.Series([cell], dtype="object"), SPEC.received)["date"].iloc[0].date() == date


@pytest.mark.parametrize(
    ("cell", "fault", "kind"),
    [
        ("Sept 2013", "not_a_date", "a month without a day"), ("05/1985", "not_a_date", "a month without a day"),
        ("16 May", "not_a_date", "a day without a year"), ("١٦/٠٥/١٩٨٥", "not_a_date", "text that is no date"),
        ("01/02/2010 - 03/04/2010", "not_a_date", "two dates in one cell"), ("not known", "missing", None),
        ("01/01/1900", "stand_in", None), (D(1900, 1, 1), "stand_in", None), ("00/00/0000", "stand_in", None),
        ("31/12/9999", "stand_in", None),
    ],
)  # fmt: skip
def test_what_is_no_date_and_why(cell, fault, kind):
    read = read_dates(pd.Series([cell], dtype="object"), SPEC.received).iloc[0]
    assert pd.isna(read["date"]) and read["fault"] == fault
    assert read["kind"] == kind if kind else pd.isna(read["kind"])


def test_a_stand_in_for_a_date_is_a_fault_of_its_own(tmp_path):
    assert by_row(submit(tmp_path, "Date of birth", [D(1900, 1, 1)]), 1) == [{"dob_stand_in"}]
    found = submit(tmp_path, "Service end", ["ongoing", "31/12/9999", "still attending"])
    assert by_row(found, 3) == [set(), {"service_stand_in"}, {"service_end_not_a_date"}]
    found = submit(tmp_path, "Service start", ["01/01/1900"])
    assert by_row(found, 1) == [{"service_dates_missing", "service_stand_in"}]


def test_a_column_of_american_dates_is_read_as_such_with_a_remark_on_each(tmp_path):
    days = [person(i)["Date of birth"] for i in range(70)]
    found = submit(tmp_path, "Date of birth", [f"{day:%m/%d/%Y}" for day in days])
    assert found.people["dob"].dt.date.tolist() == days
    counts = found.issues["code"].value_counts().to_dict()
    shown = sum(day.day > 12 for day in days)
    same = sum(day.day == day.month for day in days)
    assert counts == {"date_month_first": shown, "date_column_month_first": 70 - shown - same}


def test_a_column_that_does_not_show_its_order_is_remarked_on(tmp_path):
    found = submit(tmp_path, "Date of birth", [f"{1 + i % 12:02d}/{1 + i * 5 % 12:02d}/1980" for i in range(70)])
    assert "dates_order_unclear" in set(found.issues["code"])
    first_of_month = pd.Series([f"01/{1 + i % 12:02d}/2010" for i in range(70)], dtype="object")
    assert not order_unclear(read_dates(first_of_month, SPEC.received))


def test_many_births_on_new_years_day_are_remarked_on(tmp_path):
    found = submit(tmp_path, "Date of birth", [D(1960 + i, 1, 1) for i in range(5)])
    assert found.issues["code"].tolist() == ["dobs_on_new_years_day"] and "(5 of 70)" in found.issues["message"].iloc[0]
    fewer = submit(tmp_path, "Date of birth", [D(1980, 3, 3), *(D(1960 + i, 1, 1) for i in range(4))])
    assert fewer.issues.empty


# Sheets, headings and rows


def test_columns_that_were_not_sent_are_not_at_fault(tmp_path):
    found = sheet(tmp_path, [FEW_COLUMNS, *few()])
    assert found.issues.empty and found.people["service_end"].isna().all()


def test_headings_below_a_title_above_a_row_that_shows_the_form(tmp_path):
    form = ["in full", "in full", "dd/mm/yyyy", "M/F", "dd/mm/yyyy"]
    found = sheet(tmp_path, [["Our charity"], [], ["Person", None, None, None, "Service"], FEW_COLUMNS, form, *few()])
    assert found.issues[["code", "row"]].values.tolist() == [["not_a_record", 5]]
    assert found.people["row"].tolist() == list(range(6, 76))


def test_headings_all_misspelt_are_guessed_and_others_are_not(tmp_path):
    found = sheet(tmp_path, [["Surnmae", "1. Fornames", "Date of Brith", "Gander", "Service Strat"], *few()])
    assert found.issues["code"].tolist() == ["heading_guessed"] * 5
    assert found.columns["key"].tolist() == ["surname", "forename", "dob", "sex", "service_start"]
    rows = [[*row, D(2011, 1, 1), D(2009, 1, 1)] for row in few()]
    found = sheet(tmp_path, [[*FEW_COLUMNS, "End date of sentence", "Start date of sentence"], *rows])
    assert found.issues["code"].tolist() == ["column_not_used"] * 2


def test_hidden_rows_and_formulas_without_a_result_are_pointed_out(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", people_rows([person(i) for i in range(70)]))
    book = load_workbook(path)
    book["People"].row_dimensions[5].hidden = True
    book["People"]["D3"] = '=UPPER("x")'
    book.create_sheet("People (2)").append(HEADINGS)
    book.save(path)
    found = read_submission(path, SPEC)
    assert len(found.people) == 70
    assert by_row(found, 4) == [set(), {"formula_without_value", "surname_missing"}, set(), {"hidden_row"}]
    assert found.issues["code"].tolist().count("sheet_not_read") == 1


def test_cells_that_were_merged_moved_down_or_stand_under_no_heading_are_pointed_out(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", people_rows([person(i) for i in range(70)], FEW_COLUMNS))
    book = load_workbook(path)
    people = book["People"]
    people.merge_cells("D3:E4")
    people["F1"], people["F9"] = None, "a note"
    people.move_range("B20:B71", rows=1)
    book.save(path)
    found = read_submission(path, SPEC).issues.set_index("code")
    assert found.loc[["merged_cells"], "row"].tolist() == [3, 4]
    assert "column F" in found.loc["column_unheaded", "message"]
    assert found.loc["column_slipped", "column"] == "Forename" and "row 20" in found.loc["column_slipped", "message"]


def test_rows_of_a_csv_file_shorter_or_longer_than_the_headings_are_pointed_out(tmp_path):
    rows = [FEW_COLUMNS, *few()]
    rows[4], rows[6], rows[8] = rows[4][:4], [*rows[6], "x"], [*rows[8], ""]
    found = read_submission(write_csv(tmp_path / "a.csv", [["Our upload"], *rows]), SPEC)
    people = found.issues[found.issues["sheet"] == "People"]
    said = people.groupby("code")["row"].agg(list).to_dict()
    assert said == {"service_dates_missing": [6], "row_too_short": [6], "row_too_long": [8]}


def test_a_name_longer_than_names_are_is_pointed_out(tmp_path):
    found = submit(tmp_path, "Forename", ["Jo" * 30, "Jo" * 30 + "e", "Jo " * 200])
    assert found.issues.loc[found.issues["code"] == "name_long", "row"].tolist() == [3, 4]


@pytest.mark.parametrize("odd", ["\x01", "\x1f", "\x7f", "\x92", "\ufdd0", "\ufffc", "\ufffe", "\uffff", "\U0010ffff"])
def test_what_belongs_to_no_text_is_left_out_of_each_cell_with_a_remark(tmp_path, odd):
    pnc = str(format_pnc_id(1985, 12345))
    row = [
        "1",
        "~Foreaaa",
        None,
        "Sur~aaa",
        "~16/05/1985~",
        "M~",
        f"19~{pnc[2:]}",
        "A12~34BC",
        "~2011-03-04",
        None,
        "~East",
        None,
    ]
    clean, sent = ([cell and cell.replace("~", sign) for cell in row] for sign in ("", odd))
    headings, answers = [f"{h}{odd}" for h in HEADINGS], [[f"{cell}{odd}" for cell in line] for line in ANSWERS]
    plain = read_submission(write_csv(tmp_path / "plain.csv", [HEADINGS, clean, clean]), SPEC)
    found = read_submission(write_csv(tmp_path / "a.csv", [headings, clean, sent], answers), SPEC)
    assert found.people.equals(plain.people) and found.answers == plain.answers
    said = found.issues[found.issues["code"] == "cell_characters"]
    assert set(said["row"]) == {3}
    assert set(said["column"]) == {h for h, cell in zip(HEADINGS, row, strict=True) if "~" in str(cell)}


def test_what_the_xml_of_a_workbook_writes_for_a_control_character_is_left_out_with_a_remark(tmp_path):
    found = submit(tmp_path, "Forename", ["Jo_x0000_hn", "_x001F_Mary", "Sam_x000A_Lee", "Jos\u00c3\x89", "Anna"])
    assert found.people["forename"].tolist()[:3] == ["John", "Mary", "Sam Lee"]
    assert by_row(found, 5) == [{"cell_characters"}, {"cell_characters"}, set(), {"name_garbled"}, set()]


def test_a_csv_file_with_a_title_and_commas_in_its_names(tmp_path):
    names = [[f"{r[0]}, {r[1]}", *r[2:]] for r in few()]
    path = write_csv(tmp_path / "a.csv", [["Our upload"], ["Name", *FEW_COLUMNS[2:]], *names], delimiter=";")
    assert read_submission(path, SPEC).people["forename"].iloc[0] == "Foreaaa"


def test_an_upload_with_the_earlier_questions_still_passes(tmp_path):
    earlier = [row for row in ANSWERS if not row[0].startswith(("When in", "How long", "What the service start"))]
    earlier.append(["What the service start date means", "The first meeting"])
    path = write_xlsx(tmp_path / "a.xlsx", people_rows([person(i) for i in range(70)]), earlier)
    found = read_submission(path, SPEC)
    assert found.request_blockers() == () and found.answers["date_meaning"] == "The first meeting"
    assert found.issues["code"].tolist() == ["question_left_open"] * 2


# What a cold reader of the check stumbled over


def with_answer(tmp_path: Path, question: str, answer: str) -> pd.DataFrame:
    answers = [[asked, answer if question in asked else said] for asked, said in ANSWERS]
    people = people_rows([person(i) for i in range(70)])
    return read_submission(write_xlsx(tmp_path / "a.xlsx", people, answers), SPEC).issues


@pytest.mark.parametrize(
    "answer",
    ["will be signed off next week", "Nobody", "Nothing is signed yet", "Director has not yet approved it", "none yet",
     "The director, approval pending"],
)  # fmt: skip
def test_words_that_put_the_sign_off_off_are_no_sign_off(tmp_path, answer):
    assert with_answer(tmp_path, "sign-off", answer)["code"].tolist() == ["not_signed_off"]


@pytest.mark.parametrize(
    "answer",
    ["No objection: signed by the director", "Director of Norwich services", "Yes; a copy to the board is pending",
     "Notley, head of service", "Wilma, who will be away in May"],
)  # fmt: skip
def test_a_sign_off_is_not_refused_for_a_word_in_it(tmp_path, answer):
    assert with_answer(tmp_path, "sign-off", answer).empty


def test_an_answer_copied_from_the_example_is_remarked_on(tmp_path):
    found = with_answer(tmp_path, "dates mean", "Start: the first meeting with the coach. End: the last one.")
    assert found[["sheet", "row", "code", "severity"]].values.tolist() == [["Service", 5, "answer_is_example", WARNS]]
    assert with_answer(tmp_path, "received", "Community").empty  # offered in a list: nothing odd in choosing it


def test_a_service_after_the_upload_was_received_is_remarked_on(tmp_path):
    after = SPEC.received + dt.timedelta(days=1)
    found = submit(tmp_path, "Service start", [after, SPEC.received])
    assert found.issues[["row", "column", "code"]].values.tolist() == [[2, "Service start", "service_in_future"]]
    assert found.people["usable"].all()
    ended = submit(tmp_path, "Service end", [after])
    assert ended.issues[["row", "column", "code"]].values.tolist() == [[2, "Service end", "service_in_future"]]


@pytest.mark.parametrize(("sent", "key"), [("NOMIS no.", "prison_number"), ("NOMS No", "prison_number"),
                                           ("Middle", "middle_name")])  # fmt: skip
def test_headings_that_prisons_use(tmp_path, sent, key):
    found = sheet(tmp_path, [[*FEW_COLUMNS, sent], *([*row, None] for row in few())])
    assert found.columns["key"].tolist()[-1] == key


def test_a_heading_that_may_hold_a_date_or_an_identifier_is_not_repeated(tmp_path):
    found = sheet(tmp_path, [[*FEW_COLUMNS, "Ann Sample 12/03/1985", "Flat 12"], *([*row, 1, 2] for row in few())])
    assert found.columns["found"].tolist()[-2:] == ["column F", "Flat 12"]
    assert not found.issues["message"].str.contains("Ann|1985").any()


def test_two_forenames_in_one_cell_are_remarked_on(tmp_path):
    assert by_row(submit(tmp_path, "Forename", ["Bob & Jim"]), 1) == [{"name_characters"}]


def with_unknown_error(path: Path) -> Path:
    """A workbook in which a date of birth is an error that spreadsheets learnt of late."""
    write_xlsx(path, people_rows([person(i) for i in range(70)]))
    workbook = load_workbook(path)
    workbook["People"]["E5"].value, workbook["People"]["E5"].data_type = "#ERROR!", "e"
    workbook.save(path)
    return path


def test_an_error_of_a_kind_we_cannot_read_is_named_as_such(tmp_path):
    with pytest.raises(JDLError, match="cells show an error that cannot be read") as raised:
        read_submission(with_unknown_error(tmp_path / "a.xlsx"), SPEC)
    assert "clear the cells that show an error" in str(raised.value) and "damaged" not in str(raised.value)


def test_what_is_no_file_of_ours_is_told_how_to_become_one(tmp_path):
    (tmp_path / "a.xlsm").write_bytes(b"x")
    with pytest.raises(JDLError, match=r"save it as \.xlsx"):
        read_submission(tmp_path / "a.xlsm", SPEC)
    (tmp_path / "b.xlsx").mkdir()
    with pytest.raises(JDLError, match="a folder, not a file"):
        read_submission(tmp_path / "b.xlsx", SPEC)
    people = people_rows([person(i) for i in range(70)])
    with pytest.raises(JDLError, match="if any of the 2 sheets of this file is meant, rename it to “People”") as raised:
        read_submission(write_xlsx(tmp_path / "c.xlsx", people, names=("Ann Sample", "Service")), SPEC)
    assert "Ann" not in str(raised.value)


def test_the_copy_is_made_without_a_word_of_the_parts_it_drops(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", people_rows([person(i, Region=0) for i in range(70)]))
    workbook = load_workbook(path)
    cell = workbook["People"]["A5"]
    cell.value, cell.number_format = 1_000_000_000, "DD/MM/YYYY"  # no date; openpyxl would say so, and quote it
    workbook.save(path)
    found = read_submission(path, SPEC)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        marked_up_copy(path, found, tmp_path / "marked.xlsx")
    assert (tmp_path / "marked.xlsx").is_file()


def test_open_answers_are_told_along_with_what_keeps_the_file_from_being_read(tmp_path):
    unsigned = [[asked, None if "sign-off" in asked else said] for asked, said in ANSWERS]
    with pytest.raises(JDLError) as nobody:
        read_submission(write_xlsx(tmp_path / "a.xlsx", [FEW_COLUMNS], unsigned), SPEC)
    assert [(p.what, p.where) for p in nobody.value.problems] == [
        ("there are no records below the headings", "a.xlsx, sheet “People”"),
        ("the question is not answered (Internal sign-off of this submission)", "a.xlsx, sheet “Service”, row 10"),
    ]
    with pytest.raises(JDLError) as no_gender:
        read_submission(write_xlsx(tmp_path / "a.xlsx", [row[:3] + row[4:] for row in few()], unsigned[:-1]), SPEC)
    assert [(p.what, p.where) for p in no_gender.value.problems][-1] == (
        "the question is not on the sheet (Internal sign-off of this submission)", "a.xlsx, sheet “Service”",
    )  # fmt: skip


def test_a_question_that_was_asked_and_left_open_is_a_remark(tmp_path):
    answers = [*ANSWERS, ["Sector", None], ["Why the same person appears more than once", None]]
    people = people_rows([person(i) for i in range(70)])
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", people, answers), SPEC).issues
    assert found[["row", "code", "severity"]].values.tolist() == [[len(ANSWERS) + 1, "question_left_open", WARNS]]


def test_a_yes_or_no_is_not_a_name(tmp_path):
    assert by_row(submit(tmp_path, "Forename", [True]), 1) == [{"forename_missing"}]


def test_the_copy_does_not_look_through_the_whole_sheet_for_each_row(tmp_path, monkeypatch):
    looks, whole = [], Worksheet.max_column.fget

    def counted(sheet: Worksheet) -> int:
        looks.append(1)
        return whole(sheet)

    monkeypatch.setattr(Worksheet, "max_column", property(counted))
    n_looks = []
    for n in (70, 140):
        path = write_csv(tmp_path / f"{n}.csv", people_rows([person(i, Gender="X") for i in range(n)]))
        found = read_submission(path, SPEC)
        assert len(found.issues) >= n
        looks.clear()
        marked_up_copy(path, found, tmp_path / "marked.xlsx")
        n_looks.append(len(looks))
    assert n_looks[0] == n_looks[1]
