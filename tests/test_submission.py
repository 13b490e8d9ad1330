"""What an organisation sends is read whole, every fault is found at once, and no message repeats a personal value."""

from __future__ import annotations

import datetime as dt
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from registers import make_spec
from uploads_on_disk import ANSWERS, HEADINGS, people_rows, person, write_csv, write_ods, write_xlsx

from jdl_toolkit.errors import JDLError
from jdl_toolkit.submission import Submission, marked_up_copy, read_submission
from jdl_toolkit.submission.answers import read_answers
from jdl_toolkit.submission.dates import maybe_swapped, read_dates
from jdl_toolkit.submission.faults import BLOCKS_REQUEST, BLOCKS_ROW, FAULTS, SEVERITIES, WARNS
from jdl_toolkit.submission.fields import ALIASES, COLUMNS, plain
from jdl_toolkit.submission.questions import QUESTION_BY_KEY, QUESTIONS, question_of

SPEC = make_spec()  # received on 1 January 2013
PERIOD = (dt.date(2000, 1, 1), dt.date(2012, 12, 31))
D = dt.date


def submit(tmp_path: Path, *changes: dict, n: int = 80, answers=ANSWERS, spec=SPEC, period=None) -> Submission:
    """An upload of `n` people; the first of them differ as told. Record i stands in row i + 2."""
    records = [person(i, **(changes[i] if i < len(changes) else {})) for i in range(n)]
    return read_submission(write_xlsx(tmp_path / "upload.xlsx", people_rows(records), answers), spec, period)


def codes(submission: Submission, row: int) -> set[str]:
    return set(submission.issues.loc[submission.issues["row"] == row, "code"])


def problems(path: Path, spec=SPEC) -> str:
    with pytest.raises(JDLError) as caught:
        read_submission(path, spec)
    assert all(p.what and p.where and p.fix for p in caught.value.problems)
    return str(caught.value)


# What is read


def test_a_faultless_upload_is_read_as_it_was_sent(tmp_path):
    sent = person(3, Forename="Zoë", Middle_name="de la", Surname="O'Brien-Žák", PNC_id="1985/0012345L",
                  Prison_number="a1234bc",
                  Service_end=D(2011, 1, 1), Region="Wales", Establishment="Any prison")  # fmt: skip
    found = submit(tmp_path, sent)
    assert found.issues.empty
    first = found.people.iloc[0]
    assert (first.row, first.forename, first.middle_name, first.surname) == (2, "Zoë", "de la", "O'Brien-Žák")
    assert (first.dob, first.sex) == (pd.Timestamp(1963, 4, 4), "M")
    assert (first.service_start, first.service_end) == (pd.Timestamp(2010, 1, 4), pd.Timestamp(2011, 1, 1))
    assert (first.pnc_id, first.prison_number, first.region, first.establishment) == (
        "1985/0012345L",
        "A1234BC",
        "Wales",
        "Any prison",
    )
    assert found.people["usable"].all() and found.people["why_unusable"].isna().all()
    assert list(found.people) == [
        "row", "forename", "middle_name", "surname", "dob", "sex", "pnc_id", "prison_number",
        "service_start", "service_end", "region", "establishment", "ethnicity",
        "provider", "intervention_type", "intensity", "usable", "why_unusable",
    ]  # fmt: skip
    parts = found.people[["provider", "intervention_type", "intensity"]]
    assert parts.isna().all(axis=None) and parts["intensity"].dtype == "float64"  # nobody sent them
    assert (found.ledger.received, found.n_people, found.n_people_ready, found.request_blockers()) == (80, 80, 80, ())
    assert found.answers["date_meaning"] == "The day the tenancy began" and len(found.answers) == 9
    assert found.summary() == (
        "80 records of 80 distinct people; 80 can be used for linkage, 0 have a fault that blocks them. "
        "Nothing blocks the request."
    )


@pytest.mark.parametrize("writer", [write_ods, write_csv], ids=["ods", "csv"])
def test_every_format_gives_the_same_people(tmp_path, writer):
    rows = people_rows(
        [
            person(i, Surname="Šmíd" if i == 5 else f"Surn{i}ame".replace(str(i), "xyz"[i % 3] * (i + 1)))
            for i in range(70)
        ]
    )
    workbook = read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)
    other = read_submission(writer(tmp_path / f"a.{writer.__name__[-3:]}", rows), SPEC)
    pd.testing.assert_frame_equal(other.people, workbook.people)
    assert other.answers == workbook.answers


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-16", "\t"), ("utf-8", ",")])
def test_csv_of_any_usual_encoding_and_separator(tmp_path, encoding, delimiter):
    rows = people_rows([person(i, Surname="Müller") if i == 0 else person(i) for i in range(70)])
    found = read_submission(write_csv(tmp_path / "a.csv", rows, encoding=encoding, delimiter=delimiter), SPEC)
    assert found.people["surname"].iloc[0] == "Müller"
    assert found.people["dob"].iloc[0] == pd.Timestamp(1960, 1, 1)


def test_saved_and_loaded_again(tmp_path):
    found = submit(tmp_path, {"Forename": "J."}, {"Surname": None}, {"Gender": "?"})
    found.save(tmp_path / "submission")
    again = Submission.load(tmp_path / "submission")
    pd.testing.assert_frame_equal(again.people, found.people)
    pd.testing.assert_frame_equal(again.issues, found.issues)
    assert (again.answers, again.ledger, again.n_people) == (found.answers, found.ledger, found.n_people)


def test_headings_are_recognised_by_what_they_say(tmp_path):
    named = [
        "Client's FIRST NAME(S)",
        "Last name",
        "D.O.B. (dd/mm/yyyy)",
        "Sex",
        "Date service started",
        "Prisoner No.",
        "Shoe size",
    ]
    keys = ["Forename", "Surname", "Date of birth", "Gender", "Service start", "Prison number", "nothing"]
    rows = people_rows([person(i) for i in range(70)], keys)
    rows[0] = named
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", [["Our upload"], [], *rows]), SPEC)
    assert found.people["row"].tolist() == list(range(4, 74))  # the rows that a spreadsheet shows
    assert found.people["usable"].all()
    assert found.columns["key"].tolist()[:6] == ["forename", "surname", "dob", "sex", "service_start", "prison_number"]
    assert found.columns["position"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    unused = found.issues[found.issues["code"] == "column_not_used"]
    assert unused["row"].tolist() == [3] and "Shoe size" in unused["message"].iloc[0]


def test_misspelt_headings_are_guessed_and_said_so(tmp_path):
    rows = people_rows([person(i) for i in range(70)])
    rows[0] = [{"Surname": "Surnmae", "Date of birth": "Date of brith"}.get(h, h) for h in HEADINGS]
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)
    assert (found.issues["code"] == "heading_guessed").sum() == 2
    assert found.people["usable"].all()


def test_no_heading_stands_for_two_columns_and_every_heading_finds_itself():
    names = [plain(name) for column in COLUMNS for name in (column.heading, *column.aliases)]
    assert len(ALIASES) == len(set(names))
    assert all(ALIASES[plain(column.heading)] == column.key for column in COLUMNS)
    assert all(question_of(question.text).key == question.key for question in QUESTIONS)


def test_parts_of_a_service_are_read_under_the_names_that_organisations_use(tmp_path):
    sent = ["Forename", "Surname", "Date of birth", "Gender", "Service start"]
    for provider, kind, amount in [("Provider", "Intervention type", "Intensity"),
                                   ("Delivery Partner", "COURSE", "No. of sessions"),
                                   ("supplier", "Type of intervention", "Contact hours (total)")]:  # fmt: skip
        said = {provider: "  Any Town\u00a0 Project ", kind: "Mentoring", amount: "12 hrs"}
        records = [person(i, **{h.replace(" ", "_"): v for h, v in said.items()}) for i in range(69)]
        records += [person(69) | {provider: "not known", kind: "-", amount: "n/a"}]
        rows = people_rows(records, [*sent, *said])
        found = read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)
        assert found.issues.empty
        parts = found.people[["provider", "intervention_type", "intensity"]]
        assert parts.iloc[0].tolist() == ["Any Town Project", "Mentoring", 12.0]
        assert parts.iloc[69].isna().all()


def test_of_two_columns_for_one_part_the_first_is_read_unless_the_other_has_the_heading(tmp_path):
    """Such columns passed before there were parts of a service, and must not stop an upload now."""
    base = ["Forename", "Surname", "Date of birth", "Gender", "Service start"]
    said = {"Programme": "A", "Hours": 3, "Module": "B", "Intensity": 7, "House": 12, "Projct": "C"}
    records = [person(i) | said for i in range(70)]
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", people_rows(records, [*base, *said])), SPEC)
    assert found.people.iloc[0][["intervention_type", "intensity"]].tolist() == ["A", 7.0]
    assert found.people["provider"].isna().all()  # these headings are not guessed at
    told = found.issues.groupby("code")["message"].agg(list)
    assert [m.split("“")[1].split("”")[0] for m in told["column_second"]] == ["Hours", "Module"]
    assert [m.split("“")[1].split("”")[0] for m in told["column_not_used"]] == ["House", "Projct"]


AMOUNTS = {
    "numbers": ([12, 12.5, 0, "12", "12.345", ".5", "７"], [12, 12.5, 0, 12, 12.345, 0.5, 7]),
    "decimal commas and thousands": (["1,5", "12,25", "1,200", "1,200.5"], [1.5, 12.25, 1200, 1200.5]),
    "words of unit": (["12 hrs", "12 Hours.", "6h", "90 minutes", "30 mins"], [12, 12, 6, 1.5, 0.5]),
    "sessions": (["6 sessions", "1 session", "4 sess."], [6, 1, 4]),
    "times of a clock": ([dt.time(12, 30), "12:30", "2 hrs 15 mins", "2h 15"], [12.5, 12.5, 2.25, 2.25]),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_amounts_are_read_however_they_are_written(tmp_path, kind):
    cells, expected = AMOUNTS[kind]
    found = submit_amounts(tmp_path, cells)
    assert found.people["intensity"].iloc[: len(cells)].tolist() == pytest.approx(expected)
    assert found.issues.empty


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["ten", "10-12", "about 12", "3 days", True, dt.date(2012, 10, 12), "12,", "1 200"], "intensity_not_a_number"),
        ([-3, "-3", "-12.5 hrs", 9001, "02079460000", 41000], "intensity_impossible"),
    ],
)
def test_amounts_that_cannot_be_used_are_left_out_with_a_warning_that_does_not_repeat_them(tmp_path, cells, code):
    found = submit_amounts(tmp_path, [*cells, 5])
    assert found.people["intensity"].isna().tolist() == [True] * len(cells) + [False] + [True] * (69 - len(cells))
    assert found.issues["code"].unique().tolist() == [code]
    assert found.issues["row"].tolist() == list(range(2, 2 + len(cells))) and set(found.issues["severity"]) == {WARNS}
    assert set(found.issues["column"]) == {"Intensity"} and found.people["usable"].all()
    assert found.issues["message"].unique().tolist() == [f"{FAULTS[code].what}. {FAULTS[code].fix}"]


def test_hours_beside_sessions_are_remarked_of_the_column(tmp_path):
    found = submit_amounts(tmp_path, ["6 sessions", "12 hrs", 3])
    assert found.issues[["code", "column"]].values.tolist() == [["intensity_units_mixed", "Intensity"]]
    assert found.issues["row"].isna().all() and found.people["intensity"].iloc[:3].tolist() == [6, 12, 3]


def submit_amounts(tmp_path: Path, cells: list) -> Submission:
    records = [person(i) | ({"Intensity": cells[i]} if i < len(cells) else {}) for i in range(70)]
    return read_submission(write_xlsx(tmp_path / "a.xlsx", people_rows(records, [*HEADINGS, "Intensity"])), SPEC)


# Rules for a record


BLOCKING = [
    ({"Forename": None}, "forename_missing", False),
    ({"Forename": "unknown"}, "forename_missing", False),
    ({"Forename": "#N/A"}, "forename_missing", False),
    ({"Forename": "J"}, "forename_initials", False),
    ({"Forename": "J. P."}, "forename_initials", False),
    ({"Surname": "\xa0"}, "surname_missing", False),
    ({"Surname": "12345"}, "surname_missing", False),
    ({"Surname": "S."}, "surname_initials", False),
    ({"Date_of_birth": None}, "dob_missing", False),
    ({"Date_of_birth": "31/02/1980"}, "dob_impossible", False),
    ({"Date_of_birth": "about 1980"}, "dob_not_a_date", False),
    ({"Date_of_birth": 1980}, "dob_not_a_date", False),
    ({"Date_of_birth": D(2012, 1, 2)}, "dob_recent", False),
    ({"Date_of_birth": D(2020, 1, 2)}, "dob_recent", False),
    ({"Date_of_birth": D(2000, 1, 2), "Service_start": D(2010, 1, 1)}, "dob_implausible", False),  # 9 years old
    ({"Date_of_birth": D(1909, 1, 1), "Service_start": D(2010, 1, 1)}, "dob_implausible", False),  # 101
    ({"Date_of_birth": D(2011, 1, 1), "Service_start": D(2010, 1, 1)}, "dob_implausible", False),  # born later
    ({"Gender": None}, "gender_missing", False),
    ({"Gender": "X"}, "gender_code", False),
    ({"Gender": 1}, "gender_code", False),
    ({"Service_start": None}, "service_dates_missing", False),
    ({"Service_start": "tbc"}, "service_dates_missing", False),
    ({"Service_start": "in spring"}, "service_start_not_a_date", False),
    ({"Service_start": "30/02/2010"}, "service_start_impossible", False),
    ({"Service_start": D(2010, 2, 2), "Service_end": D(2010, 2, 1)}, "end_before_start", False),
    ({"Service_start": D(1999, 12, 31)}, "outside_data_period", True),
    ({"Service_start": D(2013, 1, 1)}, "outside_data_period", True),
]

WARNING = [
    ({"PNC_id": "1985/0012345Q"}, "pnc_id_check_letter"),
    ({"PNC_id": "twelve"}, "pnc_id_malformed"),
    ({"PNC_id": D(1985, 1, 1)}, "pnc_id_changed"),
    ({"Prison_number": "1234"}, "prison_number_malformed"),
    ({"Prison_number": 1234}, "prison_number_malformed"),
    ({"Surname": "Smith2"}, "name_characters"),
    ({"Service_start": "11/11/10"}, "two_digit_year"),
    ({"Service_start": "01/22/2010"}, "date_month_first"),
    ({"Service_start": 40000}, "date_as_number"),
    ({"Service_end": "soon"}, "service_end_not_a_date"),
    ({"Service_end": "31/06/2011"}, "service_end_impossible"),
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory) -> Submission:
    """One upload with every fault, each in a row of its own."""
    changes = [changes for changes, *_ in BLOCKING] + [changes for changes, _ in WARNING]
    return submit(tmp_path_factory.mktemp("faulty"), *changes, n=len(changes) + 60, period=PERIOD)


@pytest.mark.parametrize(
    ("row", "code", "usable"), [(i + 2, code, usable) for i, (_, code, usable) in enumerate(BLOCKING)]
)
def test_a_fault_that_blocks_a_record(faulty, row, code, usable):
    found = faulty.issues[faulty.issues["row"] == row]
    assert found[["code", "severity"]].values.tolist() == [[code, BLOCKS_ROW]]
    record = faulty.people[faulty.people["row"] == row].iloc[0]
    assert record["usable"] == usable
    assert record["why_unusable"] == code if not usable else pd.isna(record["why_unusable"])


@pytest.mark.parametrize(("row", "code"), [(i + 2 + len(BLOCKING), code) for i, (_, code) in enumerate(WARNING)])
def test_a_fault_that_only_warns(faulty, row, code):
    found = faulty.issues[faulty.issues["row"] == row]
    assert found[["code", "severity"]].values.tolist() == [[code, WARNS]]
    record = faulty.people[faulty.people["row"] == row].iloc[0]
    assert record["usable"] and record[["pnc_id", "prison_number"]].isna().all()  # a malformed identifier is not used


def test_faulty_records_are_kept_and_counted(faulty):
    n = len(BLOCKING) + len(WARNING) + 60
    n_unusable = sum(not usable for _, _, usable in BLOCKING)
    assert len(faulty.people) == faulty.ledger.received == n
    assert faulty.people["usable"].sum() == n - n_unusable
    assert faulty.n_people_ready == n - len(BLOCKING)


def test_ages_at_the_limits_are_allowed(tmp_path):
    start = {"Service_start": D(2010, 1, 1)}
    found = submit(tmp_path, start | {"Date_of_birth": D(2000, 1, 1)}, start | {"Date_of_birth": D(1909, 1, 2)})
    assert found.issues.empty and found.people["usable"].all()


def test_short_and_foreign_names_are_names(tmp_path):
    names = ["Jo", "Al", "O'Neil", "J-P Smith", "Ng", "José María", "Łukasz", "Na", "Null"]
    found = submit(tmp_path, *({"Forename": name} for name in names))
    assert found.issues.empty and found.people["forename"].tolist()[: len(names)] == names


def test_the_settings_of_intake_are_followed(tmp_path):
    spec = make_spec(
        intake={"allow_initials": True, "minimum_age": 18, "minimum_people": 90}
    )  # a minimum above what was sent
    found = submit(
        tmp_path, {"Forename": "J"}, {"Date_of_birth": D(1993, 1, 1), "Service_start": D(2010, 1, 1)}, spec=spec
    )
    assert codes(found, 2) == {"forename_initials_kept"} and codes(found, 3) == {"dob_implausible"}
    assert found.people["usable"].tolist()[:3] == [True, False, True]
    assert [b.code for b in found.request_blockers()] == [
        "too_few_people"
    ] and "at least 90" in found.request_blockers()[0].message


def test_gender_as_it_is_written(tmp_path):
    found = submit(tmp_path, *({"Gender": written} for written in ("Male", "f.", "WOMAN", " m ", "female")))
    assert found.people["sex"].tolist()[:5] == ["M", "F", "F", "M", "F"]


def test_spaces_of_every_kind_are_made_plain(tmp_path):
    found = submit(tmp_path, {"Forename": "\u200b Anna\xa0\xa0Maria\t", "Surname": " van\u2009der  Berg"})
    assert found.people[["forename", "surname"]].iloc[0].tolist() == ["Anna Maria", "van der Berg"]


def test_all_faults_of_a_row_are_reported_and_the_first_is_its_reason(tmp_path):
    found = submit(
        tmp_path, {"Forename": "J", "Date_of_birth": "31/02/1980", "Gender": "Z", "Service_start": None, "PNC_id": "1"}
    )
    assert codes(found, 2) == {
        "forename_initials",
        "dob_impossible",
        "gender_code",
        "service_dates_missing",
        "pnc_id_malformed",
    }
    assert found.people["why_unusable"].iloc[0] == "forename_initials"


def test_rows_that_are_no_records(tmp_path):
    rows = people_rows([person(i) for i in range(70)])
    rows[10:10] = [[None] * 12, ["  "] * 12]  # rows 11 and 12: blank
    rows += [
        HEADINGS,
        ["Total", None, None, "70 people"],
        [None, None, None, "Note: dates of birth were checked"],
        [71],
        ["end of list"],
    ]
    rows += [[None, None, None, "Lonely"]]  # a surname alone is a record, if a poor one
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)
    assert len(found.people) == found.ledger.received == 71
    assert found.people["row"].tolist() == [*range(2, 11), *range(13, 74), 79]
    # 74 repeats the headings, 75, 76 and 78 are notes, 77 holds its own number alone
    assert found.issues.loc[found.issues["code"] == "not_a_record", "row"].tolist() == [74, 75, 76, 78]


def test_a_note_in_the_number_column_is_reported(tmp_path):
    rows = people_rows([person(i) for i in range(70)]) + [
        [None] * 12,
        ["Total: 70", None, None, None, None, None, None, None, None, None, "All"],
    ]
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", rows), SPEC)
    assert found.issues["row"].tolist() == [73] and len(found.people) == 70


# Repeated people


def test_the_same_person_twice(tmp_path):
    base = {
        "Forename": "Christopher",
        "Surname": "Longname",
        "Date_of_birth": D(1980, 3, 4),
        "Service_start": D(2010, 5, 5),
    }
    found = submit(
        tmp_path,
        base,
        base,  # row 3: wholly the same
        base | {"Service_start": D(2011, 5, 5), "Surname": "LONG-NAME"},  # row 4: another episode
        base | {"Forename": "Chris"},  # row 5: a short form
        base | {"Date_of_birth": D(1980, 4, 3)},  # row 6: day and month exchanged
        base | {"Forename": "Longname", "Surname": "Christopher"},  # row 7: names exchanged
        base | {"Surname": "Longnam"},  # row 8: a letter lost
        base | {"Date_of_birth": D(1989, 3, 4)},  # row 9: one digit
        base | {"Forename": "Peter"},  # row 10: perhaps a twin
        base | {"Date_of_birth": D(1975, 9, 17)},  # row 11: a namesake
    )
    by_row = {row: codes(found, row) for row in range(2, 12)}
    assert by_row[2] == set() and by_row[3] == {"duplicate_exact"} and by_row[4] == {"duplicate_person"}
    assert all(by_row[row] == {"duplicate_near"} for row in range(5, 10))
    assert by_row[10] == by_row[11] == set()
    assert set(found.issues["severity"]) == {WARNS} and found.people["usable"].all()
    assert "(row 2)" in found.issues["message"].iloc[0]
    assert (len(found.people), found.n_people) == (80, 78)


def test_an_identifier_of_two_people(tmp_path):
    found = submit(tmp_path, {"PNC_id": "85/12345L"}, {"PNC_id": "1985/0012345L"}, {"PNC_id": "1985/0012346M"})
    shared = found.issues[found.issues["code"] == "identifier_shared"]
    assert found.people["pnc_id"].iloc[0] == "1985/0012345L"
    assert shared["row"].tolist() == [2, 3] and set(shared["column"]) == {"PNC id"}


def test_repeats_do_not_make_up_the_minimum(tmp_path):
    records = [person(i % 59) for i in range(80)]
    found = read_submission(write_xlsx(tmp_path / "a.xlsx", people_rows(records)), SPEC)
    assert [(b.code, b.sheet, b.row) for b in found.request_blockers()] == [("too_few_people", "People", None)]
    assert (len(found.people), found.n_people) == (80, 59)


def test_blocked_records_do_not_make_up_the_minimum(tmp_path):
    assert submit(tmp_path, n=60).request_blockers() == ()
    found = submit(tmp_path, {"Gender": None}, n=60)
    assert "(59; at least 60 are needed)" in found.request_blockers()[0].message


# Dates


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("16/05/1985", D(1985, 5, 16)), ("16-5-1985", D(1985, 5, 16)), ("16.05.85", D(1985, 5, 16)),
        ("1985-05-16", D(1985, 5, 16)), ("1985-05-16T10:30:00Z", D(1985, 5, 16)), ("16/05/1985 00:00", D(1985, 5, 16)),
        ("16 May 1985", D(1985, 5, 16)), ("16th of September, 2001", D(2001, 9, 16)),
        ("Thursday, 16-May-85", D(1985, 5, 16)),
        ("May 16, 1985", D(1985, 5, 16)), ("05/16/1985", D(1985, 5, 16)), ("05/06/1985", D(1985, 6, 5)),
        ("29/02/2000", D(2000, 2, 29)), ("1/1/13", D(2013, 1, 1)), ("1/1/14", D(1914, 1, 1)),
        ("16\xa0/05/1985", D(1985, 5, 16)),
        (31183.0, D(1985, 5, 16)), (31183.75, D(1985, 5, 16)), ("31183", D(1985, 5, 16)), (16051985, D(1985, 5, 16)),
        (5051985.0, D(1985, 5, 5)), ("19850516", D(1985, 5, 16)), (D(1985, 5, 16), D(1985, 5, 16)),
        (dt.datetime(1985, 5, 16, 23, 59), D(1985, 5, 16)),
    ],
)  # fmt: skip
def test_dates_in_every_form(cell, date):
    read = read_dates(pd.Series([cell], dtype="object"), SPEC.received).iloc[0]
    assert read["date"].date() == date and pd.isna(read["fault"])


NO_DATE = "a number, time or yes/no value"


@pytest.mark.parametrize(
    ("cell", "fault", "kind"),
    [
        ("29/02/1900", "impossible", None), ("31/04/2000", "impossible", None), ("13/13/2000", "impossible", None),
        ("1985", "not_a_date", "a year alone"), (1985.0, "not_a_date", "a year alone"),
        ("May", "not_a_date", "text that is no date"),
        (True, "not_a_date", NO_DATE), (dt.time(3), "not_a_date", NO_DATE),
        (float("nan"), "not_a_date", NO_DATE), (-5, "not_a_date", NO_DATE),
        ("", "missing", None), (" \xa0", "missing", None), (None, "missing", None),
    ],
)  # fmt: skip
def test_what_is_no_date(cell, fault, kind):
    read = read_dates(pd.Series([cell], dtype="object"), SPEC.received).iloc[0]
    assert (
        pd.isna(read["date"])
        and read["fault"] == fault
        and (read["kind"] == kind or (kind is None and pd.isna(read["kind"])))
    )


FORMS = ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d%m%Y", "serial", "date"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.dates(D(1906, 1, 1), D(2099, 12, 31)), st.sampled_from(FORMS)), max_size=60))
def test_every_day_is_read_back(days):
    cells = [
        {"serial": float((day - D(1899, 12, 30)).days), "date": day}.get(form) or day.strftime(form)
        for day, form in days
    ]
    read = read_dates(pd.Series(cells, dtype="object"), SPEC.received)
    assert [date.date() for date in read["date"]] == [day for day, _ in days]


CELLS = st.one_of(
    st.text(max_size=20), st.floats(), st.integers(), st.booleans(), st.none(), st.dates(), st.datetimes(),
    st.times(), st.timedeltas(),
    st.from_regex(r"\d{1,4}[/. -]\d{1,2}[/. -]\d{1,4}", fullmatch=True),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(CELLS, max_size=40))
def test_any_cell_is_a_date_or_has_a_fault(cells):
    read = read_dates(pd.Series(cells, dtype="object"), SPEC.received)
    assert (read["date"].notna() != read["fault"].notna()).all() and len(read) == len(cells)


def test_american_order_makes_the_rest_of_the_column_doubtful(tmp_path):
    found = submit(
        tmp_path,
        *({"Date_of_birth": d} for d in ("05/16/1985", "05/06/1985", "07/07/1985", "1985-05-06", "16/05/1985")),
    )
    assert [codes(found, row) for row in range(2, 7)] == [{"date_month_first"}, {"date_ambiguous"}, set(), set(), set()]
    assert submit(tmp_path, {"Date_of_birth": "05/06/1985"}).issues.empty


def test_a_column_whose_days_and_months_were_exchanged_is_noticed(tmp_path):
    texts = [{"Date_of_birth": f"{day}/03/1980"} for day in range(13, 27)]
    dates = [{"Date_of_birth": D(1980, 5, 1 + i % 12)} for i in range(66)]
    found = submit(tmp_path, *texts, *dates)
    swapped = found.issues[found.issues["code"] == "dates_maybe_swapped"]
    assert len(swapped) == 1 and swapped["row"].isna().all() and swapped["column"].tolist() == ["Date of birth"]
    read = read_dates(
        pd.Series([f"{day}/03/1980" for day in range(1, 29)] + [D(1980, 5, 2)] * 9, dtype="object"), SPEC.received
    )
    assert not maybe_swapped(read)


def test_workbooks_that_count_from_1904(tmp_path):
    path = write_xlsx(
        tmp_path / "a.xlsx",
        people_rows([person(i, Date_of_birth=31183 - 1462 if i == 0 else D(1980, 1, 1)) for i in range(70)]),
    )
    book = load_workbook(path)
    book.epoch = dt.datetime(1904, 1, 1)
    book.save(path)
    assert read_submission(path, SPEC).people["dob"].iloc[0] == pd.Timestamp(1985, 5, 16)


# Answers about the service


def blockers(answers: list[list]) -> list[tuple]:
    found = read_answers(answers)[1]
    return [
        (issue.code, None if pd.isna(issue.row) else issue.row)
        for issue in found[found["severity"] == BLOCKS_REQUEST].itertuples()
    ]


@pytest.mark.parametrize("question", [1, 2, 3, 4, 7, 8, 9])
@pytest.mark.parametrize("answer", [None, "tbc", "-"])
def test_a_question_without_an_answer_blocks_the_request(question, answer):
    answers = [[q, a if i != question else answer] for i, (q, a) in enumerate(ANSWERS)]
    assert blockers(answers) == [("question_unanswered", question + 1)]
    assert ANSWERS[question][0] in read_answers(answers)[1]["message"].iloc[0]


def test_a_question_that_was_taken_out_or_refused_blocks_the_request():
    assert blockers(ANSWERS) == []
    assert blockers([ANSWERS[0], *ANSWERS[2:]]) == [("question_missing", None)]
    assert blockers([*ANSWERS[:-1], [ANSWERS[-1][0], "Not yet."]]) == [("not_signed_off", len(ANSWERS))]
    assert [code for code, _ in blockers([])] == ["question_missing"] * 7


@pytest.mark.parametrize("question", [5, 6])
def test_a_question_that_helps_readers_only_warns(question):
    answers = [[q, a if i != question else None] for i, (q, a) in enumerate(ANSWERS)]
    found = read_answers(answers)[1]
    assert found[["code", "severity", "row"]].values.tolist() == [["question_left_open", WARNS, question + 1]]
    assert read_answers([row for row in ANSWERS if row[0] != ANSWERS[question][0]])[1]["code"].tolist() == [
        "question_left_open"
    ]


@pytest.mark.parametrize("answer", ["No, not yet", "not yet.", "N", "awaiting the director"])
def test_a_sign_off_that_is_still_to_come_blocks_the_request(answer):
    assert blockers([*ANSWERS[:-1], [ANSWERS[-1][0], answer]]) == [("not_signed_off", len(ANSWERS))]
    assert blockers([*ANSWERS[:-1], [ANSWERS[-1][0], "Yes, by Nora's deputy"]]) == []


def test_questions_in_other_words():
    answers = [
        ["Service", "Housing"],
        ["Where received", "Custody"],
        ["Referral route", "Court"],
        ["What does the date mean?", "Start"],
    ]
    answers += [
        ["How were they selected?", "All"],
        ["Deputy contact", "Yes"],
        ["", "Signed off by", "The director"],
        ["Colour", "Blue"],
    ]
    assert blockers(answers) == []
    understood = read_answers(answers)[0]
    assert understood["sign_off"] == "The director" and understood["Colour"] == "Blue"


def test_answers_that_name_somebody_are_not_for_a_report(tmp_path):
    answers = [*ANSWERS, ["Contact in the organisation", "J. Secretname"], ["Anything else?", "Ask J. Secretname"]]
    found = submit(tmp_path, answers=answers, n=61)
    assert found.answers["contact"] == "J. Secretname" and len(found.answers) == 11
    assert list(found.public_answers()) == [
        "service_description",
        "where_received",
        "referral_route",
        "date_meaning",
        "sentence_point",
        "contact_length",
        "selection",
    ]


def test_an_unanswered_question_blocks_the_whole_upload(tmp_path):
    found = submit(tmp_path, answers=ANSWERS[:-1], n=61)
    assert [(b.sheet, b.row, b.code) for b in found.request_blockers()] == [("Service", None, "question_missing")]
    assert found.summary().endswith("1 thing blocks the request.")


# Structural faults


def test_a_file_that_is_not_there(tmp_path):
    write_xlsx(tmp_path / "foundation.xlsx", people_rows([person(0)]))
    assert "did you mean “foundation.xlsx”?" in problems(tmp_path / "foundtion.xlsx")
    assert "no such file" in problems(tmp_path / "nowhere" / "a.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.xlsx", b"", "the file is empty"),
        ("a.xlsx", b"not a zip", "damaged or not a workbook"),
        ("a.ods", b"PK\x03\x04 truncated", "damaged or not a workbook"),
        ("a.xls", b"old", "this kind of file cannot be read"),
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "a workbook of the old kind"),
        (
            "a.xlsx",
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        ("a.csv", b"\x81\x8d\x00\x00", "not text"),
        ("a.csv", b"a,b\n1,2\n", "there is no row of headings"),
    ],
)
def test_files_that_are_no_uploads(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    assert what in problems(tmp_path / name)


def test_missing_sheets_name_the_nearest(tmp_path):
    rows = people_rows([person(i) for i in range(3)])
    text = problems(write_xlsx(tmp_path / "a.xlsx", rows, names=("Peopel", "Servcie")))
    assert (
        text.startswith("2 problems")
        and "rename the sheet “Peopel” to “People”" in text
        and "rename the sheet “Servcie”" in text
    )
    assert "Zwingli" not in problems(write_xlsx(tmp_path / "b.xlsx", rows, names=("Zwingli", "Service")))


def test_without_answers_the_people_are_checked_all_the_same(tmp_path):
    rows = people_rows([person(i) for i in range(2)] + [person(2, Date_of_birth="31/02/1980")])
    found = read_submission(_without_answers(write_csv(tmp_path / "c.csv", rows)), SPEC)
    assert [b.code for b in found.request_blockers()] == ["too_few_people", "service_missing"]
    assert "a file of the same name with -service.csv at its end, beside it" in found.request_blockers()[1].message
    assert found.issues.loc[found.issues["row"] == 4, "code"].tolist() == ["dob_impossible"] and not found.answers
    renamed = read_submission(write_xlsx(tmp_path / "a.xlsx", rows, names=("People", "Servcie")), SPEC)
    assert "rename the sheet “Servcie” to “Service”" in renamed.request_blockers()[1].message


def test_an_answer_over_the_example_is_an_answer():
    sign_off = QUESTION_BY_KEY["sign_off"]
    heading, asked = ["Question", "Answer", "For example"], [sign_off.text, "", sign_off.example]
    assert "sign_off" not in read_answers([heading, asked])[0]
    assert read_answers([heading, [sign_off.text, "", "Yes, by our trustees"]])[0]["sign_off"] == "Yes, by our trustees"
    assert read_answers([heading, [sign_off.text, "The director", "Yes, by x"]])[0]["sign_off"] == "The director"
    # in a sheet of another make, what stands beside is not the organisation's
    assert "sign_off" not in read_answers([["Question", "Answer", "Guidance"], [sign_off.text, "", "Say who"]])[0]


def _without_answers(path: Path) -> Path:
    path.with_name("c-service.csv").unlink()
    return path


def test_missing_columns_name_the_nearest_and_all_come_at_once(tmp_path):
    rows = people_rows([person(i) for i in range(3)])
    names = {
        "Date of birth": "Birth info (UK)",
        "Gender": "Eye colour",
        "Service start": "Started",
        "Service end": "Foo",
        "Surname": "Last name",
    }
    rows[0] = [names.get(h, h) for h in HEADINGS]
    text = problems(write_xlsx(tmp_path / "a.xlsx", rows, names=("People", "Other")))
    assert text.startswith("4 problems")
    assert "no column “Date of birth”" in text and "rename the column “Birth info (UK)” to “Date of birth”" in text
    assert "no column “Gender”" in text and "add a column with the heading “Gender”" in text
    assert (
        "neither a column “Service start” nor “Service end”" in text
        and "rename the column “Started” to “Service start”" in text
    )


def test_a_single_column_of_names_and_two_columns_of_dates(tmp_path):
    rows = people_rows([person(i) for i in range(3)], ["Name", "Date of birth", "DOB", "Gender", "Start date"])
    rows[0] = ["Name", "Date of birth", "DOB", "Gender", "Start date"]
    text = problems(write_xlsx(tmp_path / "a.xlsx", rows))
    assert text.count("split the column “Name” into Forename and Surname") == 2
    assert "2 columns could be “Date of birth”: “Date of birth”, “DOB”" in text


def test_a_first_row_of_people_is_never_repeated_in_a_message(tmp_path):
    rows = people_rows([person(i, Forename="Secretname") for i in range(70)])[1:]
    text = problems(write_xlsx(tmp_path / "a.xlsx", rows))
    assert "there is no row of headings" in text and "Secretname" not in text and "1960" not in text


def test_sheets_without_records(tmp_path):
    assert "no records below the headings" in problems(write_xlsx(tmp_path / "a.xlsx", [HEADINGS, [None] * 12]))
    assert "the sheet is empty" in problems(write_xlsx(tmp_path / "a.xlsx", []))


def test_a_stray_cell_in_the_last_row_and_column_does_not_end_the_process(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", people_rows([person(i) for i in range(3)]))
    book = load_workbook(path)
    book["People"]["XFD1048576"] = "x"
    book.save(path)
    assert "cells far outside the table" in problems(path)


def test_an_archive_that_would_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("jdl_toolkit.submission.exhaustion.MOST_BYTES", 1_000_000)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 1_000_001)
    assert (tmp_path / "a.xlsx").stat().st_size < 10_000
    assert "too large" in problems(tmp_path / "a.xlsx")


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("sound")
    rows = people_rows([person(i) for i in range(62)])
    return {
        w.__name__[-3:].replace("lsx", "xlsx"): w(folder / f"a.{w.__name__[-3:]}", rows).read_bytes()
        for w in (write_ods, write_csv)
    } | {"xlsx": write_xlsx(folder / "a.xlsx", rows).read_bytes()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["xlsx", "ods", "csv"]), damage=st.data())
def test_a_damaged_file_ends_in_words_or_is_read(sound, tmp_path, kind, damage):
    content = bytearray(sound[kind])
    how = damage.draw(st.sampled_from(["cut", "bytes", "random"]))
    if how == "cut":
        content = content[: damage.draw(st.integers(0, len(content) - 1))]
    elif how == "bytes":
        for place in damage.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
            content[place] = damage.draw(st.integers(0, 255))
    else:
        content = damage.draw(st.binary(max_size=400))
    path = tmp_path / f"damaged.{kind}"
    path.write_bytes(bytes(content))
    (tmp_path / "damaged-service.csv").write_text("Question,Answer\n")
    try:
        found = read_submission(path, SPEC)
    except JDLError as fault:
        assert fault.problems[0].fix
    else:
        assert len(found.people) == found.ledger.received > 0


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=20))
def test_any_cells_below_the_headings_are_read(tmp_path, rows):
    cells = [[None if c is None else str(c) for c in row] for row in rows]
    headings = ["Forename", "Surname", "Date of birth", "Gender", "PNC id", "Service start"]
    try:
        found = read_submission(write_csv(tmp_path / "a.csv", [headings, *cells], encoding="utf-8"), SPEC)
    except JDLError as fault:
        assert "there are no records" in str(fault) or "not readable" in str(fault) or "not text" in str(fault)
    else:
        blocked = set(found.issues.loc[found.issues["severity"] == BLOCKS_ROW, "row"])
        assert set(found.people.loc[~found.people["usable"], "row"]) <= blocked


# Reports


def test_no_personal_value_stands_in_an_issue_or_a_summary(tmp_path):
    secret = {"Forename": "Q", "Surname": "Secretname7", "Date_of_birth": "31/02/1971", "Gender": "Secretgender",
              "PNC_id": "Secretpnc", "Prison_number": "Secretprison", "Service_start": "Secretdate"}  # fmt: skip
    found = submit(
        tmp_path, secret, {"Surname": "Secretname"}, {"Surname": "Secretname", "Date_of_birth": D(1971, 2, 28)}
    )
    shown = (
        found.issues.to_csv() + found.summary() + found.faults_by_kind().to_csv() + repr(found) + found._repr_html_()
    )
    assert "secret" not in shown.lower() and "1971" not in shown
    assert len(found.issues) >= 7


def test_every_fault_is_of_a_known_severity_and_says_what_to_do():
    assert all(
        fault.severity in SEVERITIES and fault.what and fault.fix.endswith((".", "answer it."))
        for fault in FAULTS.values()
    )
    assert all(fault.severity == BLOCKS_ROW for fault in FAULTS.values() if fault.unusable)


def test_faults_are_counted_by_kind_the_gravest_first(tmp_path):
    found = submit(tmp_path, {"Gender": None}, {"Gender": None}, {"Forename": "J"}, {"PNC_id": "1"}, n=61)
    counts = found.faults_by_kind()
    assert counts[["severity", "code", "n"]].values.tolist() == [
        [BLOCKS_REQUEST, "too_few_people", 1],
        [BLOCKS_ROW, "gender_missing", 2],
        [BLOCKS_ROW, "forename_initials", 1],
        [WARNS, "pnc_id_malformed", 1],
    ]
    assert found.summary() == (
        "61 records of 61 distinct people; 58 can be used for linkage, 3 have a fault that blocks them. "
        "1 thing blocks the request."
    )


@pytest.mark.parametrize("writer", [write_xlsx, write_ods, write_csv], ids=["xlsx", "ods", "csv"])
def test_the_marked_copy_marks_each_fault_in_place_and_can_be_sent_again(tmp_path, writer):
    records = [person(i) for i in range(70)]
    records[0] |= {"Forename": "J", "Gender": "?"}
    records[1] |= {"Date of birth": "31/02/1980", "PNC id": "@1+1"}
    records[5] = records[4] | {"Service start": D(2012, 1, 1)}
    path = writer(tmp_path / f"a.{writer.__name__[-3:].replace('lsx', 'xlsx')}", people_rows(records))
    found = read_submission(path, SPEC)
    marked = load_workbook(marked_up_copy(path, found, tmp_path / "marked.xlsx"))
    people = marked["People"]
    commented = {cell.coordinate: cell.comment.text for row in people.iter_rows() for cell in row if cell.comment}
    assert set(commented) == {"B2", "F2", "E3", "G3", "D7"}
    assert "Give it in full" in commented["B2"] and "left out until it is corrected" in commented["B2"]
    assert people["B2"].fill.fgColor.rgb == "00F9C5A7" and people["D7"].fill.fgColor.rgb == "00FFF2B3"
    assert people["A2"].fill.fgColor.rgb == "00000000"
    listed = [row[:4] for row in marked["What to correct"].iter_rows(min_row=2, values_only=True)]
    assert listed[0] == ("People", 2, "Forename", BLOCKS_ROW) and len(listed) == len(found.issues)
    again = read_submission(tmp_path / "marked.xlsx", SPEC)
    pd.testing.assert_frame_equal(again.people, found.people)
    assert len(again.issues) == len(found.issues)


def test_text_that_looks_like_a_formula_stays_text_in_the_marked_copy(tmp_path):
    path = write_csv(tmp_path / "a.csv", people_rows([person(i, Region="=1+1") for i in range(60)]))
    marked = load_workbook(marked_up_copy(path, read_submission(path, SPEC), tmp_path / "marked.xlsx"))
    assert (marked["People"]["K2"].data_type, marked["People"]["K2"].value) == ("s", "=1+1")


def test_ten_thousand_records_are_read_and_checked_in_seconds(tmp_path):
    names = [f"{a}{b}{c}{d}" for a in "bcdfg" for b in "aeiou" for c in "lmnrst" for d in "aeiouxyzkpqw"]
    rows = people_rows([person(i, Forename=names[i % 1800], Surname=names[i // 6 % 1800]) for i in range(10_000)])
    path = write_csv(tmp_path / "a.csv", rows)
    began = time.process_time()
    found = read_submission(path, SPEC)
    assert len(found.people) == 10_000
    assert time.process_time() - began < 10  # about 1 s where the machine is idle
