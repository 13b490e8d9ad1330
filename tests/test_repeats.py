"""Records of one person are found as groups; twins, namesakes and relatives are not among them."""

from __future__ import annotations

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest
from registers import make_spec
from uploads_on_disk import people_rows, person, write_xlsx

from jdl_toolkit.submission import Submission, read_submission
from jdl_toolkit.submission.repeats import (
    EPISODES,
    EXACT,
    NEAR,
    SHARED,
    check_repeats,
    count_groups,
    list_groups,
    number_people,
)

BASE = {"forename": "Robert", "middle_name": None, "surname": "Longname", "dob": "1980-03-14", "sex": "M"}
BASE |= {"pnc_id": None, "prison_number": None, "service_start": "2010-05-05", "service_end": None}
ANNA = {"forename": "Anna", "sex": "F"}


def people(*changes: dict) -> pd.DataFrame:
    """Records that differ from BASE as told; the first stands in row 2."""
    table = pd.DataFrame([BASE | change for change in changes])
    dates = {name: pd.to_datetime(table[name]) for name in ("dob", "service_start", "service_end")}
    return table.assign(row=range(2, len(table) + 2), **dates)


def groups(*changes: dict) -> list[tuple[str, str]]:
    return list(list_groups(check_repeats(people(*changes))[0])[["kind", "rows"]].itertuples(index=False, name=None))


ONE_PERSON = [
    ({}, {"forename": "Bob"}, "a short form"),
    ({}, {"forename": "Rob"}, "the beginning of the name"),
    ({}, {"forename": "Robret"}, "letters exchanged in the forename"),
    ({}, {"surname": "Longnam"}, "a letter lost in the surname"),
    ({}, {"forename": "Bob", "surname": "Longnane"}, "a short form and a slip in the surname"),
    ({}, {"forename": "Roberts", "surname": "Longnane"}, "a slip in each name"),
    ({}, {"forename": "Longname", "surname": "Robert"}, "names exchanged"),
    ({}, {"dob": "1980-03-15"}, "a digit of the day"),
    ({}, {"dob": "1981-03-14"}, "a digit of the year"),
    ({"dob": "1980-03-04"}, {"dob": "1980-04-03"}, "day and month exchanged"),
    ({}, {"dob": "1980-03-24"}, "another digit of the day"),
    ({"dob": "1978-03-12"}, {"dob": "1978-03-21"}, "two digits of the day exchanged"),
    ({"dob": "1978-03-12"}, {"dob": "1987-03-12"}, "two digits of the year exchanged"),
    ({}, {"dob": "1980-03-15", "surname": "Longnane"}, "a digit of the date and a slip in the surname"),
    ({}, {"dob": "1980-03-15", "forename": "Bob"}, "a digit of the date and a short form"),
    ({}, {"dob": "1980-03-15", "forename": "Robrt"}, "a digit of the date and a slip in the forename"),
    ({}, {"surname": "Smith-Longname"}, "a second surname before"),
    ({}, {"surname": "Longname Smith"}, "a second surname behind"),
    ({}, {"forename": "John", "middle_name": "Robert"}, "known by the second forename"),
    (ANNA | {"pnc_id": "P1"}, ANNA | {"pnc_id": "P1", "surname": "Otherwise"}, "a changed surname, the same PNC id"),
    ({"prison_number": "N1"}, {"prison_number": "N1", "forename": "Bob", "dob": "1980-05-14"}, "one prison number"),
]  # fmt: skip

TWO_PEOPLE = [
    ({}, {"forename": "Peter"}, "twins"),
    ({"forename": "Jayden"}, {"forename": "Hayden"}, "twins whose names rhyme"),
    ({"forename": "Alexander"}, {"forename": "Alexandra", "sex": "F"}, "twins of two sexes"),
    ({"forename": "Michael"}, {"forename": "Michelle", "sex": "F"}, "twins of two sexes, nearly the same name"),
    ({"pnc_id": "P1"}, {"pnc_id": "P2", "forename": "Roberto"}, "two PNC ids"),
    ({}, {"dob": "1975-09-17"}, "namesakes"),
    ({}, {"dob": "1980-04-14", "surname": "Quitedifferent"}, "one forename, nearly one date of birth"),
    (ANNA, ANNA | {"surname": "Otherwise"}, "one forename and date of birth alone"),
    ({"dob": "1955-03-14"}, {"dob": "1980-03-14", "forename": "William"}, "father and son"),
]


@pytest.mark.parametrize(("one", "other", "why"), ONE_PERSON)
def test_nearly_the_same_person(one, other, why):
    assert groups(one, other) == [(NEAR, "2, 3")], why
    assert groups(other, one) == [(NEAR, "2, 3")], why  # whichever stands first


@pytest.mark.parametrize(("one", "other", "why"), TWO_PEOPLE)
def test_two_people_are_no_group(one, other, why):
    assert groups(one, other) == [], why


def test_same_name_and_birthday_is_one_person_whatever_else_differs():
    assert groups({}, {}) == [(EXACT, "2, 3")]
    assert groups({}, {"sex": "F", "surname": "LONG-NAME"}) == [(EXACT, "2, 3")]
    assert groups({}, {"service_start": "2011-05-05"}) == [(EPISODES, "2, 3")]
    assert groups({}, {"service_end": "2011-05-05"}) == [(EPISODES, "2, 3")]
    assert groups({}, {}, {"service_start": "2011-05-05"}) == [(EPISODES, "2, 3, 4")]


def test_groups_are_connected_through_others():
    """Nothing ties the first record to the third but the second."""
    chain = ({}, {"dob": "1980-03-15"}, {"dob": "1980-03-15", "surname": "Longname-Smith"})
    assert groups(chain[0], chain[2]) == []
    repeats, _ = check_repeats(people(*chain, {"forename": "Peter", "dob": "1960-01-01"}, chain[2]))
    assert repeats["row"].tolist() == [2, 3, 4, 6] and set(repeats["group"]) == {1} and set(repeats["kind"]) == {NEAR}


def test_a_shared_identifier_holds_a_group_together_and_is_told_on_all():
    stranger = {"forename": "Peter", "surname": "Other", "dob": "1960-01-01", "pnc_id": "P1"}
    repeats, issues = check_repeats(people({"pnc_id": "P1"}, {"forename": "Bob", "pnc_id": "P1"}, stranger))
    assert list_groups(repeats)[["kind", "rows"]].values.tolist() == [[SHARED, "2, 3, 4"]]
    told = pd.concat(issues)
    assert told.loc[told["code"] == "identifier_shared", "row"].tolist() == [2, 3, 4]
    assert told.loc[told["code"] == "duplicate_near", "row"].tolist() == [3]


def test_an_identifier_of_one_person_spelt_in_two_ways_is_not_called_shared():
    _, issues = check_repeats(people({"pnc_id": "P1"}, {"pnc_id": "P1", "forename": "Rob"}))
    assert pd.concat(issues)["code"].tolist() == ["duplicate_near"]


def test_episodes_are_counted_and_every_record_is_kept():
    table = people({}, {"service_start": "2011-01-01"}, {"service_start": "2011-01-01"}, {"forename": "Bob"})
    repeats, _ = check_repeats(table)
    assert repeats[["row", "episode"]].values.tolist() == [[2, 1], [3, 2], [4, 2], [5, 1]]
    listed = list_groups(repeats).iloc[0]
    assert (listed["kind"], listed["n_records"], listed["n_episodes"]) == (NEAR, 4, 2)
    assert count_groups(repeats).values.tolist() == [[NEAR, 1, 4, 4]]


def test_the_least_certain_groups_come_first_and_no_name_is_kept():
    other = {"forename": "Zoe", "surname": "Otherwise", "sex": "F"}
    repeats, _ = check_repeats(people({}, {}, other, other | {"surname": "Otherwyse"}))
    assert list_groups(repeats)["kind"].tolist() == [NEAR, EXACT]
    assert list(repeats) == ["group", "row", "kind", "episode"]


def test_records_without_name_or_birthday_are_in_no_group():
    assert groups({"dob": None}, {"dob": None}) == [] and groups({"surname": None}, {"surname": None}) == []
    repeats, issues = check_repeats(people({"dob": None}))
    assert repeats.empty and not sum(map(len, issues))
    assert list_groups(repeats).empty and count_groups(repeats).empty


def test_the_groups_are_saved_with_the_submission(tmp_path):
    records = [person(0), person(0, Service_start=dt.date(2012, 1, 1)), *(person(i) for i in range(1, 70))]
    path = write_xlsx(tmp_path / "a.xlsx", people_rows(records))
    read_submission(path, make_spec()).save(tmp_path / "submission")
    again = Submission.load(tmp_path / "submission")
    assert again.repeats.values.tolist() == [[1, 2, EPISODES, 1], [1, 3, EPISODES, 2]]
    assert len(again.people) == 71 and again.n_people == 70


@pytest.mark.parametrize("column", ["pnc_id", "prison_number"])
def test_one_identifier_on_every_record_is_a_group_and_no_burden(column):
    n = 4_000
    rng = np.random.default_rng(1)
    letters = np.array(list("abcdefghijklmnoprstuvw"))
    names = ["".join(rng.choice(letters, 9)) for _ in range(2 * n)]
    table = people(*({"forename": names[i], "surname": names[n + i], column: "P1"} for i in range(n)))
    table["dob"] = pd.Timestamp("1970-01-01") + pd.to_timedelta(rng.integers(0, 9_000, n), unit="D")
    began = time.process_time()
    repeats, _ = check_repeats(table)
    assert time.process_time() - began < 5  # about 0.3 s where the machine is idle
    assert repeats["group"].nunique() == 1 and len(repeats) == n and set(repeats["kind"]) == {SHARED}


def test_numbers_of_people_follow_names_and_birthday():
    assert number_people(people({}, {"surname": "long name"}, {"dob": "1980-03-15"})).tolist() == [0, 0, 1]
