"""The register: contract, adapter, digest, file, and what is derived for linkage."""

import datetime as dt

import duckdb
import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError
from jdl_toolkit.identifiers import normalise_pnc_id
from jdl_toolkit.register import Register, build_register
from jdl_toolkit.register.linkage_index import prepare_normalising
from jdl_toolkit.synthetic import synthesise_register

DAY = dt.date(2010, 5, 4)


def tables() -> dict[str, pd.DataFrame]:
    """The smallest register worth the name: three people, one of them with an alias."""
    return {
        "meta": pd.DataFrame(
            {"data_start": [dt.date(2000, 1, 1)], "data_end": [dt.date(2015, 12, 31)], "extract": ["tiny"]}
        ),
        "person": pd.DataFrame(
            {
                "person_id": [1, 2, 3],
                "pnc_id": ["85/12345X", None, "2001/0000077K"],
                "forename": ["Łukasz", "Bill", "Anne-Marie"],
                "surname": ["O'Brien", "Smith-Jones", "Müller"],
                "dob": [dt.date(1985, 1, 2), dt.date(1990, 5, 6), dt.date(1979, 12, 31)],
                "sex": ["M", None, "F"],
            }
        ),
        "person_alias": pd.DataFrame({"person_id": [3], "kind": ["maiden"], "surname": ["Quillfeather"]}),
        "disposal": pd.DataFrame(
            {"disposal_id": [10, 11], "person_id": [1, 3], "disposal_date": [DAY, DAY], "disposal": ["custody", "fine"]}
        ),
        "offence": pd.DataFrame(
            {
                "offence_id": [100, 101],
                "disposal_id": [10, None],
                "person_id": [1, 2],
                "offence_date": [DAY, DAY],
                "proven_date": [DAY, DAY],
                "offence_group": ["theft", "violence"],
                "offence_class": ["summary", "either_way"],
                "severity": [3, 5],
            }
        ),
    }


def write(folder, given) -> None:
    folder.mkdir(exist_ok=True)
    for name, frame in given.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    write(folder / "src", tables())
    summary = build_register(folder / "src", folder / "tiny.duckdb")
    return folder / "tiny.duckdb", summary


def faults(folder, given, **options) -> dict[str, str]:
    """Where -> what, of all faults found."""
    write(folder / "src", given)
    with pytest.raises(JDLError) as caught:
        build_register(folder / "src", folder / "out.duckdb", **options)
    return {p.where: p.what for p in caught.value.problems}


def test_a_register_holds_every_table_absent_ones_empty(built):
    path, summary = built
    assert summary["rows"]["person"] == 3 and summary["rows"]["custody_spell"] == 0
    assert (summary["extract"], summary["data_end"], summary["ignored"]) == ("tiny", "2015-12-31", {})
    with Register.open(path) as register:
        assert register.has("offence") and not register.has("custody_spell") and not register.has("no such table")
        assert (register.meta.data_start, register.meta.synthetic) == (dt.date(2000, 1, 1), False)
        assert register.sql("SELECT is_breach, disposal_id FROM offence ORDER BY offence_id")["is_breach"].tolist() == [
            False,
            False,
        ]
        assert register.sql('SELECT "end", kind FROM custody_spell').empty


def test_a_register_is_asked_with_parameters_and_frames(built):
    with Register.open(built[0]) as register:
        wanted = pd.DataFrame({"person_id": [2, 3]})
        query = "SELECT person_id FROM person SEMI JOIN wanted USING (person_id) WHERE dob > $born"
        assert register.sql(query, {"born": dt.date(1985, 1, 1)}, wanted=wanted)["person_id"].tolist() == [2]
        period = "offences and outcomes from 1 January 2000 to 31 December 2015"
        assert repr(register) == f"Register: extract tiny, {period}." + register.summary().partition(period + ".")[2]
        held = {row[0]: row[-1] for row in register.table().rows}
        assert held["person"] == str(len(register.sql("FROM person"))) and "meta" not in held
        with pytest.raises(duckdb.Error):
            register.sql("DELETE FROM person")


def test_what_is_missing_altogether_is_reported_at_once_before_any_row_is_read(tmp_path):
    given = tables()
    given["person"] = given["person"].rename(columns={"surname": "sur_name"}).assign(sex="male")
    given["offence"] = given["offence"].drop(columns="offence_class")
    given["sentence"] = given.pop("disposal")
    given["disposals"] = given["sentence"]
    write(tmp_path / "src", given)
    with pytest.raises(JDLError) as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert {p.where: (p.what, p.fix.partition("; ")[2]) for p in caught.value.problems} == {
        "table disposal": ("this table is missing", "did you mean disposals?"),
        "table person, column surname": ("this column is missing", "did you mean sur_name?"),
        "table offence, column offence_class": ("this column is missing", ""),
    }


def test_a_file_without_a_header_betrays_no_value(tmp_path):
    write(tmp_path / "src", {name: frame for name, frame in tables().items() if name != "person"})
    (tmp_path / "src" / "person.csv").write_text("1,Ada,Lovelace,1815-12-10\n")
    with pytest.raises(JDLError, match="none of its columns is known") as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb")
    assert "ovelace" not in str(caught.value)


def test_missing_tables_and_a_missing_folder_are_named(tmp_path):
    given = tables()
    found = faults(tmp_path, {"person": given["person"]})
    assert set(found) == {"table meta", "table disposal", "table offence"}
    with pytest.raises(JDLError, match="no such folder"):
        build_register(tmp_path / "nowhere", tmp_path / "out.duckdb")


def test_meta_is_one_row_and_counts_what_was_sent(tmp_path):
    given = tables()
    given["meta"] = pd.concat([given["meta"]] * 2).assign(note=["a", "b"])
    assert faults(tmp_path, given) == {"table meta": "2 rows"}
    found = faults(tmp_path, given | {"meta": given["meta"].head(1).assign(n_persons=4, n_offences=2)})
    assert found == {"table meta, column n_persons": "4 were sent, 3 were read"}
    found = faults(tmp_path, given | {"meta": given["meta"].head(1).assign(data_end="soon")})
    assert found == {"table meta, column data_end": "1 of 1 rows: cannot be read as a date"}


def test_a_fault_leaves_the_earlier_register_and_no_litter(tmp_path):
    write(tmp_path / "src", tables())
    out = tmp_path / "out" / "r.duckdb"
    digest = build_register(tmp_path / "src", out)["digest"]
    faulty = tables()
    faulty["disposal"]["disposal_id"] = 10
    write(tmp_path / "src", faulty)
    with pytest.raises(JDLError):
        build_register(tmp_path / "src", out)
    assert [p.name for p in out.parent.iterdir()] == ["r.duckdb"]
    with Register.open(out) as register:
        assert register.digest == digest


def test_the_digest_is_of_the_content_not_of_its_order_or_files(tmp_path, built):
    given = tables()
    src = tmp_path / "src"
    write(src, {name: frame for name, frame in given.items() if name not in ("person", "offence")})
    given["person"].tail(1).to_parquet(src / "person-000.parquet")
    given["person"].head(2).to_parquet(src / "person-001.parquet")
    (src / "offence").mkdir()
    given["offence"].iloc[::-1].to_parquet(src / "offence" / "part.parquet")
    assert build_register(src, tmp_path / "out.duckdb")["digest"] == built[1]["digest"]
    given["offence"].assign(severity=[4, 5]).to_parquet(src / "offence" / "part.parquet")
    assert build_register(src, tmp_path / "out.duckdb")["digest"] != built[1]["digest"]


def test_a_labs_own_files_are_mapped_by_sql(tmp_path, built):
    given = tables()
    src = tmp_path / "src"
    write(src, {name: frame for name, frame in given.items() if name not in ("person", "disposal")})
    people = given["person"].rename(columns={"person_id": "urn", "dob": "born"})
    people.assign(born=[d.strftime("%d/%m/%Y") for d in people["born"]]).to_csv(src / "nominals.csv", index=False)
    given["disposal"].assign(disposal=["CUST", "FINE"]).to_csv(src / "sentences.csv", index=False)
    adapter = tmp_path / "adapter.sql"
    adapter.write_text(
        """
        CREATE VIEW person AS SELECT urn AS person_id, strptime(born, '%d/%m/%Y')::DATE AS dob, * EXCLUDE (urn, born)
            FROM read_csv('nominals.csv', all_varchar = true);
        CREATE VIEW disposal AS SELECT * REPLACE (CASE disposal WHEN 'CUST' THEN 'custody' ELSE 'fine' END AS disposal)
            FROM 'sentences.csv' JOIN person USING (person_id);
        """
    )
    summary = build_register(src, tmp_path / "out.duckdb", adapter)
    assert summary["digest"] == built[1]["digest"]
    assert "surname" in summary["ignored"]["disposal"] and "person" not in summary["ignored"]


def test_an_adapter_may_only_make_views_and_its_faults_are_named(tmp_path):
    write(tmp_path / "src", tables())
    adapter = tmp_path / "lab.sql"
    adapter.write_text(
        "CREATE VIEW person AS SELECT urn FROM 'person.parquet'; DROP TABLE person;\n"
        "CREATE VIEW disposal AS SELECT * FROM 'absent.csv';"
    )
    with pytest.raises(JDLError) as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb", adapter)
    problems = caught.value.problems
    assert [p.where for p in problems] == [f"lab.sql, statement {n}" for n in (1, 2, 3)]
    assert "urn" in problems[0].what and "CREATE VIEW" in problems[1].what and "IOException" in problems[2].what
    views = "-- a step\n/* on the\nway */ create or replace view step AS FROM 'person.parquet';"
    adapter.write_text(views + "CREATE TABLE person AS FROM step; CREATE MACRO one() AS 1;")
    with pytest.raises(JDLError) as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb", adapter)
    assert [p.where for p in caught.value.problems] == ["lab.sql, statement 2", "lab.sql, statement 3"]
    adapter.write_text("CREATE VIEW")
    with pytest.raises(JDLError, match="not valid SQL"):
        build_register(tmp_path / "src", tmp_path / "out.duckdb", adapter)


def test_rows_that_cannot_be_read_name_the_table_but_not_the_value(tmp_path):
    write(tmp_path / "src", tables())
    (tmp_path / "src" / "p.csv").write_text("person_id,born\n1,31/02/1980\n")
    adapter = tmp_path / "lab.sql"
    adapter.write_text(
        "CREATE VIEW person AS SELECT person_id, 'a' AS forename, 'b' AS surname, 'M' AS sex,"
        " strptime(born, '%d/%m/%Y')::DATE AS dob FROM read_csv('p.csv', all_varchar = true)"
    )
    with pytest.raises(JDLError) as caught:
        build_register(tmp_path / "src", tmp_path / "out.duckdb", adapter)
    assert "table person: the rows could not be read" in str(caught.value) and "31/02" not in str(caught.value)


def test_own_covariates_keep_their_columns_and_one_row_per_date(tmp_path):
    given = tables()
    extra = pd.DataFrame({"person_id": [1, 2], "as_of": [DAY, DAY], "risk_decile": [3, 9], "unit": ["north", None]})
    write(tmp_path / "src", given | {"extra_covariates": extra})
    build_register(tmp_path / "src", tmp_path / "out.duckdb")
    with Register.open(tmp_path / "out.duckdb") as register:
        kept = register.sql("SELECT * FROM extra_covariates ORDER BY person_id")
        assert kept["risk_decile"].tolist() == [3, 9] and "unit" in kept
    again = faults(tmp_path, given | {"extra_covariates": pd.concat([extra, extra.head(1).assign(unit="south")])})
    assert again == {"table extra_covariates": "2 rows share their person_id and as_of, but differ"}


@pytest.mark.parametrize("content", [b"", b"not a database", None])
def test_a_file_that_is_no_register_is_refused(tmp_path, content):
    path = tmp_path / "x.duckdb"
    if content is None:
        duckdb.connect(str(path)).execute("CREATE TABLE meta (extract VARCHAR)").close()
    else:
        path.write_bytes(content)
    with pytest.raises(JDLError, match="not a prepared register"):
        Register.open(path)
    with pytest.raises(JDLError, match="no register here"):
        Register.open(tmp_path / "absent.duckdb")


def test_a_register_of_another_schema_version_is_refused(tmp_path, built):
    path = tmp_path / "old.duckdb"
    path.write_bytes(built[0].read_bytes())
    with duckdb.connect(str(path)) as con:
        con.execute("UPDATE meta SET schema_version = '0'")
    with pytest.raises(JDLError, match="schema version 0, this toolkit reads version 4"):
        Register.open(path)


def test_the_linkage_index_writes_names_one_way_and_holds_aliases(built):
    with Register.open(built[0]) as register:
        index = register.sql("SELECT * FROM linkage_index ORDER BY entry_id")
    assert index["dob"].is_monotonic_increasing
    by_name = index.set_index(["forename", "surname"])
    assert set(by_name.index) == {
        ("annemarie", "muller"), ("annemarie", "quillfeather"), ("lukasz", "obrien"), ("bill", "smithjones"),
    }  # fmt: skip
    assert by_name.loc[("bill", "smithjones"), "canonical"] == "william"
    assert by_name.loc[("lukasz", "obrien"), "pnc_id"] == "1985/0012345X"
    maiden = by_name.loc[("annemarie", "quillfeather")]
    assert maiden["is_alias"] and maiden["pnc_id"] == "2001/0000077K" and maiden["dob_digits"] == "19791231"


def test_pnc_ids_are_written_as_those_of_uploads_are():
    written = ["85/12345X", "1985/12345x", "1985 / 0012345X", "850012345X", "19850012345X", "8512345X", "1985X", None]
    with duckdb.connect() as con:
        prepare_normalising(con)
        found = [con.execute("SELECT pnc_key(?)", [text]).fetchone()[0] for text in written]
    assert found == ["1985/0012345X"] * 5 + [None] * 3
    assert found == normalise_pnc_id(pd.Series(written)).tolist()


# Values of the National Archives' rule (United States census)
@pytest.mark.parametrize(
    ("name", "code"),
    [("Robert", "r163"), ("Rupert", "r163"), ("Ashcraft", "a261"), ("Tymczak", "t522"), ("Pfister", "p236"),
     ("Jackson", "j250"), ("Gutierrez", "g362"), ("Lee", "l000"), ("VanDeusen", "v532")],
)  # fmt: skip
def test_soundex(name, code):
    with duckdb.connect() as con:
        prepare_normalising(con)
        assert con.execute("SELECT soundex(name_key(?))", [name]).fetchone()[0] == code


def test_surnames_are_as_frequent_as_among_people_of_the_forename(tmp_path):
    given = tables()
    names = [("Ali", "Khan")] * 4 + [("Ali", "Hill")] + [("Tom", "Hill")] * 4 + [("Tom", "Ford")]
    given["person"] = pd.DataFrame(names, columns=["forename", "surname"]).assign(
        person_id=range(1, 11), dob=DAY.replace(year=1980), sex="M"
    )
    write(tmp_path / "src", given | {"person_alias": given["person_alias"].head(0)})
    build_register(tmp_path / "src", tmp_path / "out.duckdb")
    with Register.open(tmp_path / "out.duckdb") as register:
        shares = register.sql("SELECT DISTINCT forename, surname, tf_forename, tf_surname FROM linkage_index")
    shares = shares.set_index(["forename", "surname"])
    assert shares["tf_forename"].tolist() == [0.5] * 4
    # Khan: 4 of 10 people, but three others among the five called Ali (more than the two that 10 × .5 × .4 expects)
    assert shares.loc[("ali", "khan"), "tf_surname"] == pytest.approx(3 / 10 / 0.5)
    assert shares.loc[("ali", "hill"), "tf_surname"] == pytest.approx(0.5)


def test_the_linkage_model_is_trained_once_and_its_levels_add_up(built):
    with Register.open(built[0]) as register:
        parameters = register.sql("SELECT * FROM linkage_parameters ORDER BY comparison, position")
    sums = parameters.groupby("comparison")[["m", "u"]].sum()
    assert (sums["m"] - 1).abs().max() < 1e-9 and (sums["u"] - 1).abs().max() < 0.02
    assert (parameters[["m", "u"]] > 0).all().all()


def test_two_builds_of_one_register_derive_the_same(tmp_path):
    synthesise_register(tmp_path / "src", 3000, seed=2)
    derived = []
    for threads in (1, 2):
        build_register(tmp_path / "src", tmp_path / "out.duckdb", threads=threads)
        with Register.open(tmp_path / "out.duckdb") as register:
            derived.append(
                [register.sql(f"SELECT * FROM {t} ORDER BY ALL") for t in ("linkage_index", "linkage_parameters")]
            )
    for one, two in zip(*derived, strict=True):
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_what_does_not_fit_into_memory_goes_to_a_folder_that_is_removed(built, tmp_path, monkeypatch):
    spills, work = tmp_path / "spills", tmp_path / "work"
    spills.mkdir()
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spills))
    monkeypatch.chdir(work)
    # 80 MB of numbers, sorted, do not fit into 40
    many = "SELECT * FROM (SELECT (i * 7919) % 5000011 AS n FROM range(5000000) t(i)) ORDER BY n OFFSET 4999999"
    with duckdb.connect(config={"memory_limit": "40MB", "temp_directory": "", "threads": 1}) as con:
        with pytest.raises(duckdb.OutOfMemoryException):
            con.execute(many).fetchall()
    with Register.open(built[0], threads=1, memory="40MB") as register:
        (folder,) = spills.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert register.sql(many)["n"].tolist() == [5_000_010]
        used = register.sql("SELECT value FROM duckdb_settings() WHERE name = 'temp_directory'")["value"].tolist()
        assert used == [str(folder / "rows")]
    assert not list(spills.iterdir()) and not list(work.iterdir())
    register = Register.open(built[0])
    del register
    (tmp_path / "x.duckdb").write_bytes(b"no database")
    with pytest.raises(JDLError):
        Register.open(tmp_path / "x.duckdb")
    assert not list(spills.iterdir())
