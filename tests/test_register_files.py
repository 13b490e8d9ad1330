"""CSV as it comes from other systems, and builds that are killed, repeated or run twice at once."""

import datetime as dt
import gzip
import multiprocessing
import os
import signal
import time

import duckdb
import pandas as pd
import pytest
from filelock import FileLock
from registers import build_telling
from test_register import tables, write

from jdl_toolkit import execution
from jdl_toolkit.errors import JDLError
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.register.dates import decide_styles
from jdl_toolkit.register.work import stopped_by_ctrl_c
from jdl_toolkit.synthetic import synthesise_register

UK = "%d/%m/%Y"


def as_csv(folder, given, sep=",", day="%Y-%m-%d", encoding="utf-8", ending="\n") -> None:
    folder.mkdir(exist_ok=True)
    for name, frame in given.items():
        frame = frame.apply(lambda c: [v.strftime(day) if isinstance(v, dt.date) else v for v in c])
        text = frame.to_csv(index=False, sep=sep, lineterminator=ending)
        (folder / f"{name}.csv").write_bytes(text.encode(encoding))


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parquet")
    write(folder / "src", tables())
    return build_register(folder / "src", folder / "out.duckdb")["digest"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, ""),
        ({"sep": ";", "day": UK, "encoding": "utf-8-sig", "ending": "\r\n"}, "separated by semicolons"),
        ({"sep": "\t", "day": "%d-%b-%Y", "encoding": "utf-16"}, "separated by tabs, letters of utf-16"),
        ({"sep": "|", "day": "%d.%m.%Y"}, "separated by bars"),
    ],
)
def test_csv_makes_the_same_register_as_parquet(tmp_path, digest, options, told):
    as_csv(tmp_path / "src", tables(), **options)
    made = build_register(tmp_path / "src", tmp_path / "out.duckdb", strict=True)
    assert made["digest"] == digest
    assert made["files"].get("person.csv", "") == told


def test_windows_letters_parts_and_compressed_files(tmp_path, digest):
    given = tables()
    given["person"].loc[0, "forename"] = "Lukasz"  # Windows-1252 has no Ł
    write(tmp_path / "src", given)
    expected = build_register(tmp_path / "src", tmp_path / "a.duckdb")["digest"]
    assert expected != digest
    src = tmp_path / "csv"
    as_csv(src, {name: frame for name, frame in given.items() if name != "person"}, day=UK)
    as_csv(src, {"person-a": given["person"].head(2)})
    as_csv(src, {"PERSON-b": given["person"].tail(1)}, sep=";", encoding="cp1252", day=UK)
    (src / "offence").mkdir()
    (src / "offence" / "x.csv.gz").write_bytes(gzip.compress((src / "offence.csv").read_bytes()))
    (src / "offence.csv").unlink()
    (src / "notes.csv").write_text("anything\n")
    made = build_register(src, tmp_path / "b.duckdb", strict=True)
    assert made["digest"] == expected
    assert made["files"] == {"PERSON-b.csv": "separated by semicolons, letters of Windows-1252"}
    assert made["files_not_used"] == ["notes.csv"]


def test_odd_lines_are_set_aside_and_odd_texts_are_kept(tmp_path):
    write(tmp_path / "src", {name: frame for name, frame in tables().items() if name != "person"})
    long = "x" * 1_000_000
    text = [
        ' Person_ID ,FORENAME,surname,"dob",sex,pnc_id,',  # a comma at the end, as some exports have
        '1,"An ""odd"", one",O\'Brien,1985-01-02,M,,',
        '2,"two\nlines",Smith,,,   ,',
        f"3,{long},  Jones  ,1979-12-31,F,",
        "4,too,few",
        "5,one,too,many,values,here,by,two",
        '6,"bad" quote,Smith,1980-01-01,M,,',
    ]
    (tmp_path / "src" / "person.csv").write_text("\n".join(text) + "\n")
    made = build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert [(f["table"], f["reason"], f["n_rows"], f["n_given"]) for f in made["set_aside"]] == [
        ("person", "a line without the columns of the header", 3, 6)
    ]
    with Register.open(tmp_path / "out.duckdb") as register:
        people = register.sql("SELECT * FROM person ORDER BY 1")
        assert register.row_counts().set_index("table").loc["person"].tolist() == [6, 3, 3]
    assert people["forename"].tolist() == ['An "odd", one', "two\nlines", long]
    assert people["surname"].tolist() == ["O'Brien", "Smith", "Jones"] and people["pnc_id"].isna().all()
    lines = pd.read_parquet(tmp_path / "out.duckdb.set-aside" / "person-lines.parquet")
    assert sorted(lines["text"].str[0]) == ["4", "5", "6"]


def test_a_quote_that_is_never_closed_counts_every_line_it_swallows(tmp_path):
    write(tmp_path / "src", {name: frame for name, frame in tables().items() if name != "person"})
    rows = ["person_id,forename,surname,dob,sex"] + [f"{i},A,B,1980-01-01,M" for i in range(1, 5)]
    rows += ['5,"A,B,1980-01-01,M'] + [f"{i},A,B,1980-01-01,M" for i in range(6, 31)]
    (tmp_path / "src" / "person.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(JDLError, match="26 of 30 rows: a line without the columns of the header"):
        build_register(tmp_path / "src", tmp_path / "out.duckdb")


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "no header"), (b"\n1,2\n", "no header"), (b"person_id,dob,DOB\n", "two columns have the same name")],
)
def test_a_csv_file_needs_a_header(tmp_path, content, what):
    write(tmp_path / "src", {name: frame for name, frame in tables().items() if name != "person"})
    (tmp_path / "src" / "person.csv").write_bytes(content)
    with pytest.raises(JDLError, match=what):
        build_register(tmp_path / "src", tmp_path / "out.duckdb")


def test_a_table_is_given_once(tmp_path):
    write(tmp_path / "src", tables())
    as_csv(tmp_path / "src", {"person": tables()["person"]})
    with pytest.raises(JDLError, match="both as Parquet and as CSV"):
        build_register(tmp_path / "src", tmp_path / "out.duckdb")


def test_own_covariates_of_numbers_stay_numbers_and_codes_stay_text(tmp_path):
    write(tmp_path / "src", tables())
    rows = ["person_id,as_of,score,ratio,code,mixed", "1,04/05/2010,3,0.5,007,1", "2,05/05/2010,,1e-3,12,n/a"]
    (tmp_path / "src" / "extra_covariates.csv").write_text("\n".join(rows))
    build_register(tmp_path / "src", tmp_path / "out.duckdb", strict=True)
    with Register.open(tmp_path / "out.duckdb") as register:
        kept = register.sql("SELECT * FROM extra_covariates ORDER BY person_id")
        kinds = register.sql("SELECT typeof(score), typeof(ratio), typeof(code), typeof(mixed) FROM extra_covariates")
    assert kinds.iloc[0].tolist() == ["BIGINT", "DOUBLE", "VARCHAR", "VARCHAR"]
    assert kept["ratio"].tolist() == [0.5, 0.001] and kept["code"].tolist() == ["007", "12"]


@pytest.mark.parametrize(
    ("columns", "month_first", "ambiguous", "read"),
    [
        ({"a": ["13/02/2010", "01/02/2010"]}, [False], [False], ["2010-02-13", "2010-02-01"]),
        ({"a": ["02/13/2010", "01/02/2010"]}, [True], [False], ["2010-02-13", "2010-01-02"]),
        ({"a": ["01/02/2010", "2010-02-01"]}, [False], [True], ["2010-02-01"] * 2),
        # One slip does not turn a column round
        ({"a": ["02/13/2010", "13/02/2010", "14/02/2010"]}, [False], [False], [None, "2010-02-13", "2010-02-14"]),
        # A column that does not tell goes with the table
        ({"a": ["01/02/2010"], "b": ["12/31/2010"]}, [True, True], [True, False], ["2010-01-02"]),
        (
            {"a": ["01/02/10", "31/02/2010", "", "2010-5-4 00:00:00"]},
            [False],
            [False],
            [None, None, None, "2010-05-04"],
        ),
    ],
)
def test_day_or_month_first_is_decided_for_a_whole_column(columns, month_first, ambiguous, read):
    from jdl_toolkit.register.dates import day_of

    with duckdb.connect() as con:
        con.register("given", pd.DataFrame(columns))
        styles = decide_styles(con, "given", {name: f"jdl_source.{name}" for name in columns})
        assert [s.month_first for s in styles.values()] == month_first
        assert [s.is_ambiguous for s in styles.values()] == ambiguous
        days = con.execute(f"SELECT ({day_of('a', month_first[0])})::VARCHAR FROM given").fetchall()
    assert [day for (day,) in days] == read


def test_how_dates_were_read_is_told(tmp_path):
    as_csv(tmp_path / "src", tables(), day=UK)
    made = build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert made["dates"]["person.dob"] == "dates are read day first"
    assert made["dates"]["disposal.disposal_date"].endswith("no value tells whether it is not the month")


def test_a_column_that_mixes_both_ways_of_writing_dates_is_told(tmp_path):
    given = tables()
    given["person"]["dob"] = ["25/12/1980", "26/12/1981", "12/27/1982"]
    as_csv(tmp_path / "src", given)
    made = build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert made["dates"]["person.dob"] == (
        "dates are read day first; 1 can only be read month first, so some that can be read both ways may be misread"
    )
    assert [(fault["column"], fault["n_rows"]) for fault in made["set_aside"]] == [("dob", 1)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_part_that_lacks_a_needed_column_is_refused(tmp_path, kind):
    given = tables()
    given["person-2"] = given["person"].drop(columns="dob").assign(person_id=[7, 8, 9])
    as_csv(tmp_path / "src", given) if kind == "csv" else write(tmp_path / "src", given)
    with pytest.raises(JDLError) as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert [(p.where, p.what, p.fix) for p in caught.value.problems] == [
        ("table person, column dob", "1 of 2 files lack this column", f"add it to person-2.{kind}")
    ]


@pytest.fixture(scope="module")
def extract(tmp_path_factory):
    """An invented extract in CSV and Parquet, with broken rows."""
    src = tmp_path_factory.mktemp("extract") / "src"
    synthesise_register(src, 5000, seed=3)
    for name in ("person", "offence"):
        frame = pd.read_parquet(src / f"{name}.parquet")
        if name == "offence":
            frame.loc[frame.index % 50 == 0, "severity"] = 99
        frame.to_csv(src / f"{name}.csv", index=False)
        (src / f"{name}.parquet").unlink()
    return src


def test_a_killed_build_goes_on_and_ends_as_if_nothing_had_happened(tmp_path, extract):
    expected = build_register(extract, tmp_path / "whole.duckdb", most_set_aside=1.0)
    out, told, kills = tmp_path / "out.duckdb", [], 0
    out.write_bytes(b"checksumDUCK, the earlier register")
    for delay in (0.02, 0.1, 0.25, 0.05, 0.4, 0.15, 0.6, 0.3):
        hears, tells = multiprocessing.Pipe(duplex=False)
        process = execution.context().Process(target=build_telling, args=(extract, out, tells))
        process.start()
        tells.close()
        told.append(hears.recv()[1])  # steps that were finished before
        time.sleep(delay)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.join()
        if out.stat().st_size > 100:
            break
        assert out.read_bytes() == b"checksumDUCK, the earlier register"
    assert kills >= 2
    made = build_register(extract, out, most_set_aside=1.0)
    assert {k: v for k, v in made.items() if k not in ("register", "set_aside_folder")} == {
        k: v for k, v in expected.items() if k not in ("register", "set_aside_folder")
    }
    assert told[0] == 0 and max(told) > 0
    aside = [
        pd.read_parquet(tmp_path / f"{name}.duckdb.set-aside" / "offence.parquet").sort_values("offence_id")
        for name in ("whole", "out")
    ]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in aside))
    assert len(aside[0]) == expected["set_aside"][0]["n_rows"] > 100
    with Register.open(out) as one, Register.open(tmp_path / "whole.duckdb") as other:
        tables_ = [
            r.sql("SELECT table_name FROM duckdb_tables() WHERE database_name = 'register'") for r in (one, other)
        ]
        assert set(tables_[0]["table_name"]) == set(tables_[1]["table_name"])
        for table in ("linkage_index", "linkage_parameters", "coverage", "row_count"):
            ordered = [r.sql(f"SELECT * FROM {table} ORDER BY ALL") for r in (one, other)]
            pd.testing.assert_frame_equal(*ordered)
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")]


def stopped_after(src, out, step) -> None:
    """A build that ends before `step`."""

    def tell(name, *_):
        if name == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_register(src, out, progress=tell)


def first_step(src, out) -> str:
    steps = []
    build_register(src, out, progress=lambda name, *_: steps.append(name))
    return steps[0]


def test_it_goes_on_only_with_the_same_files(tmp_path):
    src, out = tmp_path / "src", tmp_path / "out.duckdb"
    write(src, tables())
    stopped_after(src, out, "linkage index")
    assert first_step(src, out) == "linkage index"
    stopped_after(src, out, "linkage model")
    assert first_step(src, out) == "linkage model"
    stopped_after(src, out, "linkage index")
    os.utime(src / "offence.parquet", ns=(1, 1))
    assert first_step(src, out) == "table meta"


def test_it_goes_on_only_with_the_same_adapter_and_the_files_that_it_names(tmp_path):
    src, out, adapter = tmp_path / "src", tmp_path / "out.duckdb", tmp_path / "lab.sql"
    write(src, tables())
    (src / "person.parquet").rename(src / "nominals.parquet")
    adapter.write_text("CREATE VIEW person AS FROM 'nominal*.parquet';")

    def steps(**change):
        seen = []

        def tell(name, *_):
            seen.append(name)
            if name == "linkage index":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_register(src, out, adapter, tell)
        return seen[0]

    assert (steps(), steps()) == ("table meta", "linkage index")
    os.utime(src / "nominals.parquet", ns=(1, 1))
    assert (steps(), steps()) == ("table meta", "linkage index")
    adapter.write_text("CREATE VIEW person AS SELECT * FROM 'nominal*.parquet';")
    assert steps() == "table meta"


def test_a_damaged_draft_is_begun_anew(tmp_path):
    src, out = tmp_path / "src", tmp_path / "out.duckdb"
    write(src, tables())
    stopped_after(src, out, "linkage index")
    (tmp_path / ".out.duckdb.building" / "register.duckdb").write_bytes(b"cut off")
    assert first_step(src, out) == "table meta"


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path):
    src, out = tmp_path / "src", tmp_path / "out.duckdb"
    write(src, tables())

    def tell(name, *_):
        if name == "table offence":
            write(src, {"person": tables()["person"].assign(middle_name="X")})

    with pytest.raises(JDLError, match="a file changed while it was read"):
        build_register(src, out, progress=tell)
    assert [p.name for p in tmp_path.iterdir()] == ["src"]


def test_two_builds_of_one_register_do_not_meet(tmp_path):
    write(tmp_path / "src", tables())
    folder = tmp_path / ".out.duckdb.building"
    folder.mkdir()
    with FileLock(folder / "lock"), pytest.raises(JDLError, match="another build of this register is running"):
        build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert build_register(tmp_path / "src", tmp_path / "out.duckdb")["rows"]["person"] == 3


def test_a_register_is_not_written_over_other_files_or_where_nothing_can_be_written(tmp_path):
    write(tmp_path / "src", tables())
    other = tmp_path / "src" / "person.parquet"
    content = other.read_bytes()
    places = [(other, "no register"), (tmp_path / "src", "folder of this name"), (other / "r", "can be written here")]
    for out, what in places:
        with pytest.raises(JDLError, match=what):
            build_register(tmp_path / "src", out)
    assert other.read_bytes() == content
    assert len(list((tmp_path / "src").iterdir())) == len(tables())
    with pytest.raises(JDLError, match="no amount of memory"):
        build_register(tmp_path / "src", tmp_path / "r.duckdb", memory="lots")


def test_ctrl_c_is_known_whatever_it_was_made_into():
    for fault in (RuntimeError("Query interrupted"), duckdb.InterruptException("Interrupted!")):
        with pytest.raises(KeyboardInterrupt), stopped_by_ctrl_c():
            try:
                raise fault
            except Exception as cause:
                raise ValueError("as another library tells it") from cause
    with pytest.raises(ValueError, match="another"), stopped_by_ctrl_c():
        raise ValueError("another fault")
