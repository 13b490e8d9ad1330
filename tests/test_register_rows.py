"""Rows that break the contract: set aside or mended, counted, written whole; and when that refuses the register."""

import datetime as dt
import json

import pandas as pd
import pytest
from click.testing import CliRunner
from test_register import DAY, tables, write

from jdl_toolkit.cli import main
from jdl_toolkit.errors import JDLError
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.register.summary import in_words

BEFORE = DAY - dt.timedelta(days=1)


def build(folder, given, **options):
    write(folder / "src", given)
    return build_register(folder / "src", folder / "out.duckdb", **{"most_set_aside": 1.0} | options)


def faults_of(made) -> dict[tuple[str, str, str], tuple[str, int]]:
    return {(f["table"], f["column"], f["reason"]): (f["action"], f["n_rows"]) for f in made["set_aside"]}


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """One fault of every kind, among rows that are good."""
    folder = tmp_path_factory.mktemp("messy")
    given = tables()
    person = pd.DataFrame(
        {
            "person_id": ["1", "2", "3", "x9", None, "3", "4"],
            "forename": ["Łukasz", "Bill", "Anne-Marie", "Zebedee", "Zebedee", "Anne-Marie", "Eve"],
            "surname": ["O'Brien", "Smith-Jones", "Müller", "Quux", "Quux", "Müller", " "],
            "dob": ["1985-01-02", "1850-05-06", "1979-12-31", None, None, "1979-12-31", "31/02/1990"],
            "sex": ["M", "male", "F", "F", "M", "F", "F"],
            "ethnicity": ["White", "white", None, None, None, None, "Klingon"],
            "observed_until": ["1980-01-01", None, "2014-05-06", None, None, "2014-05-06", "soon"],
        }
    )
    disposal = pd.DataFrame(
        {
            "disposal_id": [10, 11, 12, 13, 14],
            "person_id": [1, 3, 3, 99, 2],
            "disposal_date": ["2010-05-04", "2010-05-04", "nonsense", "2010-05-04", "2010-05-04"],
            "disposal": ["custody", "fine", "fine", "fine", "costody"],
            "release_date": ["2010-05-03", None, None, None, None],
            "sentence_days": ["-5", "1.5", "7", "7", "7"],
        }
    )
    offence = pd.concat([given["offence"]] * 5, ignore_index=True).assign(
        offence_id=range(100, 110), disposal_id=[10, None, 12, 77, 10, None, None, None, None, None]
    )
    offence["person_id"] = [1, 2, 3, 1, 2, 2, 2, 2, 55, 1]
    offence["severity"] = [3, 5, 5, 5, 5, 9, None, 5, 5, 5]
    offence["proven_date"] = [DAY] * 7 + [BEFORE] + [DAY] * 2
    offence["offence_date"] = [DAY] * 9 + [dt.date(1999, 12, 31)]
    spell = {"person_id": [1, 1, 1, 1], "start": [DAY] * 4, "kind": ["employed"] * 3 + ["resting"]}
    spells = pd.DataFrame(spell | {"end": ["2011-01-01", "2011-01-01", "2009-01-01", None]})
    spells = pd.concat([spells, spells.head(1).assign(end="until now")])
    tables_ = given | {"person": person, "disposal": disposal, "offence": offence, "employment_spell": spells}
    made = build(folder, tables_)
    return made, folder


def test_every_broken_row_is_counted_by_table_column_and_reason(messy):
    row, value = "row set aside", "value left out"
    assert faults_of(messy[0]) == {
        ("person", "", "the same row more than once"): (row, 1),
        ("person", "person_id", "cannot be read as a whole number"): (row, 1),
        ("person", "person_id", "no value"): (row, 1),
        ("person", "dob", "cannot be read as a date"): (value, 1),
        ("person", "dob", "dob before 1900 or after the data end"): (value, 1),
        ("person", "sex", "a code that is not allowed"): (value, 1),
        ("person", "ethnicity", "a code that is not allowed"): (value, 2),
        ("person", "observed_until", "cannot be read as a date"): (value, 1),
        ("person", "observed_until", "observed_until before dob"): (value, 1),
        ("disposal", "disposal_date", "cannot be read as a date"): (row, 1),
        ("disposal", "disposal", "a code that is not allowed"): (row, 1),
        ("disposal", "person_id", "person_id that is not in table person"): (row, 1),
        ("disposal", "sentence_days", "a number out of range"): (value, 1),
        ("disposal", "sentence_days", "cannot be read as a whole number"): (value, 1),
        ("disposal", "release_date", "release_date before disposal_date"): (value, 1),
        ("offence", "", "disposal_id of another person"): (row, 1),
        ("offence", "", "proven_date before offence_date"): (row, 1),
        ("offence", "severity", "a number out of range"): (row, 1),
        ("offence", "severity", "no value"): (row, 1),
        ("offence", "person_id", "person_id that is not in table person"): (row, 1),
        ("offence", "disposal_id", "its row of table disposal was set aside"): (value, 1),
        ("offence", "disposal_id", "disposal_id that is not in table disposal"): (value, 1),
        ("employment_spell", "", "the same row more than once"): (row, 1),
        ("employment_spell", "", "end before start"): (row, 1),
        ("employment_spell", "end", "cannot be read as a date"): (row, 1),
        ("employment_spell", "kind", "a code that is not allowed"): (row, 1),
    }


def test_good_rows_stay_and_a_wrong_value_costs_nobody_their_place(messy):
    with Register.open(messy[1] / "out.duckdb") as register:
        people = register.sql("SELECT * FROM person ORDER BY person_id").set_index("person_id")
        assert people.index.tolist() == [1, 2, 3, 4]
        assert people["dob"].notna().tolist() == [True, False, True, False]
        assert people["sex"].fillna("").tolist() == ["M", "", "F", "F"]
        # Not known how long they were seen: as if never, so that nobody counts as staying out of trouble
        assert people["observed_until"].dt.date.fillna(0).tolist() == [
            dt.date(2000, 1, 1), 0, dt.date(2014, 5, 6), dt.date(2000, 1, 1),
        ]  # fmt: skip
        assert register.sql(
            "SELECT disposal_id, release_date, sentence_days FROM disposal ORDER BY ALL"
        ).isna().sum().tolist() == [0, 2, 2]
        kept = register.sql("SELECT offence_id, disposal_id FROM offence ORDER BY 1")
        assert kept["offence_id"].tolist() == [100, 101, 102, 103, 109]
        assert kept["disposal_id"].notna().tolist() == [True, False, False, False, False]
        assert register.sql("SELECT count(*) AS n FROM employment_spell")["n"].tolist() == [1]
        counts = register.row_counts().set_index("table")
        assert (counts["n_read"] == counts["n_set_aside"] + counts["n_kept"]).all()
        assert counts.loc["offence"].tolist() == [10, 5, 5] and counts.loc["person"].tolist() == [7, 3, 4]
        stored = register.set_aside()
        assert stored["n_rows"].sum() == sum(f["n_rows"] for f in messy[0]["set_aside"])
        assert set(stored["table"]) == {"person", "disposal", "offence", "employment_spell"}


def test_rows_set_aside_are_written_as_they_came_with_their_reasons(messy):
    folder = messy[1] / "out.duckdb.set-aside"
    assert messy[0]["set_aside_folder"] == str(folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert {p.name for p in folder.iterdir()} == {
        f"{t}.parquet" for t in set(f["table"] for f in messy[0]["set_aside"])
    }
    people = pd.read_parquet(folder / "person.parquet")
    assert len(people) == 6 and (people["jdl_action"] == "row set aside").sum() == 3
    unread = people[people["person_id"] == "x9"].iloc[0]
    assert unread["jdl_reasons"] == "person_id: cannot be read as a whole number" and unread["surname"] == "Quux"
    eve = people[people["forename"] == "Eve"].iloc[0]
    assert (eve["jdl_action"], eve["dob"], eve["ethnicity"]) == ("value left out", "31/02/1990", "Klingon")
    assert eve["jdl_reasons"].count(";") == 2
    disposals = pd.read_parquet(folder / "disposal.parquet")
    assert disposals.set_index("disposal_id").loc["14", "disposal"] == "costody"


def test_words_name_counts_and_places_but_no_value(messy):
    words = in_words(messy[0])
    assert "disposal.disposal: 1 of 5 rows set aside: a code that is not allowed" in words
    assert "some resemble custody" in words and "some resemble White" in words
    assert "offence_date 1999-12-31 to 2010-05-04 (1 outside the period, 20.0%)" in words
    for value in ("costody", "Klingon", "31/02", "Quux", "x9", "male)", "until now", "nonsense"):
        assert value not in words + json.dumps(messy[0])


def test_a_wrong_mapping_refuses_and_says_where_the_rows_are(tmp_path):
    given = tables()
    given["person"]["sex"] = ["1", "2", "1"]
    with pytest.raises(JDLError) as caught:
        build(tmp_path, given, most_set_aside=0.01)
    table, last = caught.value.problems
    assert (table.where, table.what) == ("table person, column sex", "3 of 3 values: a code that is not allowed")
    assert "1 % of" in last.what and "--most-set-aside" in last.fix
    waiting = tmp_path / ".out.duckdb.building" / "set-aside" / "person.parquet"
    assert str(waiting.parent) in last.fix and pd.read_parquet(waiting)["sex"].tolist() == ["1", "2", "1"]
    told = []
    made = build_register(
        tmp_path / "src", tmp_path / "out.duckdb", progress=lambda step, *_: told.append(step), most_set_aside=1.0
    )
    # Everything read so far was kept, for the files are the same
    assert told == ["remarks", "linkage index", "linkage model"] and made["rows"]["person"] == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.duckdb", "out.duckdb.set-aside", "src"]


def test_a_few_broken_rows_do_not_refuse_a_small_table_but_strict_does(tmp_path):
    given = tables()
    given["offence"] = pd.concat([given["offence"]] * 10).assign(offence_id=range(20), severity=[9] * 9 + [5] * 11)
    made = build(tmp_path, given, most_set_aside=0.01)
    assert made["rows"]["offence"] == 11
    with pytest.raises(JDLError, match="9 of 20 rows: a number out of range") as caught:
        build(tmp_path, given, strict=True)
    assert "--strict" in caught.value.problems[-1].what
    many = pd.concat([given["offence"]] * 50).assign(offence_id=range(1000), severity=[9] * 11 + [5] * 989)
    with pytest.raises(JDLError, match="11 of 1,000 rows"):
        build(tmp_path, given | {"offence": many}, most_set_aside=0.01)
    assert build(tmp_path, given | {"offence": many}, most_set_aside=0.011)["rows"]["offence"] == 989


def test_rows_that_only_follow_do_not_refuse(tmp_path):
    given = tables()
    given["disposal"] = pd.concat([given["disposal"]] * 500).assign(disposal_id=range(1000), person_id=1)
    given["disposal"]["disposal_date"] = [None] * 10 + [DAY] * 990
    offence = pd.concat([given["offence"]] * 50).assign(offence_id=range(100), disposal_id=3, person_id=1)
    made = build(tmp_path, given | {"offence": offence}, most_set_aside=0.01)
    assert made["rows"]["offence"] == 100
    assert faults_of(made)[("offence", "disposal_id", "its row of table disposal was set aside")][1] == 100


def test_a_register_needs_a_person_but_no_offence(tmp_path):
    given = tables()
    given["person"]["person_id"] = ["a", "b", "c"]
    with pytest.raises(JDLError, match="no person is left"):
        build(tmp_path, given)
    given = tables()
    made = build(tmp_path, given | {"offence": given["offence"].head(0)})
    assert made["rows"]["offence"] == 0 and not made["set_aside"] and made["set_aside_folder"] is None
    with Register.open(tmp_path / "out.duckdb") as register:
        assert register.set_aside().empty and not register.has("offence")


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ([1.0, 2.0, 3.0], [1, 2, 3]),
        ([1.5, 2.0, float("nan")], [2]),
        (["-7", " 8 ", "0x1F"], [-7, 8]),
        (["9223372036854775807", "9223372036854775808", "1e3"], [9223372036854775807]),
        ([2.0**53, 2.0**60, 1.0], [1, 2**53]),
    ],
)
def test_ids_are_whole_numbers_and_never_rounded(tmp_path, ids, kept):
    given = tables()
    given["person"]["person_id"] = ids
    build(tmp_path, given)
    with Register.open(tmp_path / "out.duckdb") as register:
        assert register.sql("SELECT person_id FROM person ORDER BY 1")["person_id"].tolist() == kept


def test_times_are_days_in_london_and_categories_are_text(tmp_path):
    given = tables()
    person, disposal = given["person"], given["disposal"]
    person["sex"] = person["sex"].astype("category")
    person.columns = [c.upper() for c in person.columns]
    # Midnight of 4 May in London is the evening before in Greenwich
    disposal["disposal_date"] = pd.to_datetime(["2010-05-03T23:00:00Z", "2010-05-04T12:00:00Z"])
    given["offence"]["offence_date"] = pd.to_datetime(["2010-05-04T23:59:00"] * 2)
    given["offence"]["proven_date"] = ["2010-05-04T23:59:00", "20100504"]
    made = build(tmp_path, given, strict=True)
    with Register.open(tmp_path / "out.duckdb") as register:
        days = "SELECT disposal_date AS d FROM disposal UNION SELECT unnest([offence_date, proven_date]) FROM offence"
        assert register.sql(days)["d"].dt.date.tolist() == [DAY]
    assert made["rows"]["person"] == 3


def test_a_labs_own_columns_may_have_any_name(tmp_path):
    given = tables()
    extra = {"person_id": [1, 99], "as_of": ["2010-01-01", "x"], 'a "q"': [1, 2], "src": [3, 4], "this": [5, 6]}
    given["extra_covariates"] = pd.DataFrame(extra | {"came": [7, 8], "bits": [9, 10]})
    given["person"] = given["person"].assign(src="x", this=1, sex=["M", "?", "F"])
    made = build(tmp_path, given)
    with Register.open(tmp_path / "out.duckdb") as register:
        kept = register.sql("SELECT * EXCLUDE (as_of) FROM extra_covariates")
    assert kept.iloc[0].to_dict() == {
        name: values[0] for name, values in given["extra_covariates"].items() if name != "as_of"
    }
    assert made["ignored"] == {"person": ["src", "this"]}
    aside = pd.read_parquet(tmp_path / "out.duckdb.set-aside" / "extra_covariates.parquet")
    assert aside['a "q"'].tolist() == ["2"] and aside["jdl_reasons"].str.count(";").tolist() == [1]


def test_covered_years_are_kept_and_thin_ones_told(tmp_path):
    given = tables()
    per_year = {2000: 0, **dict.fromkeys(range(2001, 2008), 120), 2008: 9, **dict.fromkeys(range(2009, 2016), 120)}
    days = [dt.date(year, 7, 1) for year, n in per_year.items() for _ in range(n)] + [dt.date(1999, 1, 1)] * 3
    offence = pd.DataFrame({"offence_date": days, "offence_id": range(len(days))})
    for column in ("person_id", "offence_group", "offence_class", "severity"):
        offence[column] = given["offence"][column].iloc[0]
    offence["disposal_id"], offence["proven_date"] = None, dt.date(2015, 12, 31)
    made = build(tmp_path, given | {"offence": offence})
    thin = [(t["column"], t["year"], t["n_rows"]) for t in made["may_be_incomplete"] if t["column"] == "offence_date"]
    assert thin == [("offence_date", 2000, 0), ("offence_date", 2008, 9)]
    assert made["covers"]["offence.offence_date"] == {
        "first": "1999-01-01", "last": "2015-07-01", "n_outside": 3, "n_rows": len(days),
    }  # fmt: skip
    with Register.open(tmp_path / "out.duckdb") as register:
        years = register.coverage().query("column == 'offence_date'").set_index("year")
    assert years.loc[2003, "n_rows"] == 120 and years.index.tolist() == list(range(1999, 2016))


def test_the_command_tells_it_in_json_too(tmp_path):
    given = tables()
    given["offence"]["severity"] = [9, 5]
    write(tmp_path / "src", given)
    command = ["register", "build", str(tmp_path / "src"), "--out", str(tmp_path / "r.duckdb"), "--json"]
    done = CliRunner().invoke(main, command)
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [(f["column"], f["n_rows"], f["n_given"]) for f in told["set_aside"]] == [("severity", 1, 2)]
    assert CliRunner().invoke(main, [*command, "--strict"]).exit_code == 2


def test_what_happened_before_birth_is_set_aside(tmp_path):
    """Nobody is sentenced before birth: with such a row an age at the index date would be negative."""
    given = tables()
    dob = given["person"].set_index("person_id")["dob"].dropna()
    person = int(dob.index[0])
    early = pd.Timestamp(dob.loc[person]).date() - dt.timedelta(days=1)
    disposals = given["disposal"].copy()
    added = disposals.head(1).assign(disposal_id=990, person_id=person, disposal_date=early, release_date=None)
    offences = given["offence"].copy()
    crime = offences.head(1).assign(offence_id=990, disposal_id=None, person_id=person, offence_date=early)
    on_the_day = crime.assign(offence_id=991, offence_date=early + dt.timedelta(days=1))
    made = build(
        tmp_path,
        given | {"disposal": pd.concat([disposals, added]), "offence": pd.concat([offences, crime, on_the_day])},
    )
    assert faults_of(made) == {
        ("disposal", "", "disposal_date before the person was born"): ("row set aside", 1),
        ("offence", "", "offence_date before the person was born"): ("row set aside", 1),
    }
    assert made["rows"]["offence"] == len(offences) + 1 and made["rows"]["disposal"] == len(disposals)
