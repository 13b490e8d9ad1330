"""Linkage on Spark agrees with linkage in DuckDB. What needs Spark is skipped without pyspark or Java."""

import os
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from linkage_register import IDENTITY, KNOWN, as_submitted, draw_upload, pnc
from packaging.requirements import Requirement
from registers import make_spec

from jdl_toolkit.errors import JDLError
from jdl_toolkit.lab import lay_out
from jdl_toolkit.linkage import compare_in_duckdb, link
from jdl_toolkit.linkage.candidates import RULES, entries_of, normalise_records, pairs_query, prepare_records, typed
from jdl_toolkit.linkage.scoring import score_candidates
from jdl_toolkit.linkage.spark import SparkEngine, compare_on_spark, copy_index, open_session, require_spark
from jdl_toolkit.linkage.spark_dialect import define_functions, to_spark
from jdl_toolkit.register.comparisons import COMPARISONS
from jdl_toolkit.stage import linkage_engine

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def register(known_register):
    return known_register


@pytest.fixture(scope="module")
def people(register):
    """A dirty upload, and records that agree with a known person in unusual ways."""
    known = KNOWN.set_index("person_id").assign(pnc_id=None, prison_number=None)
    changes = [
        {"pnc_id": pnc(11), "prison_number": "A1234BC"},
        {"forename": "Oakenthorpe", "surname": "William", "dob": "1980-04-03"},
        {"forename": "Henry", "middle_name": "William", "dob": "1990-03-04"},
        {"forename": "Wm", "surname": "Oakenthorpe-Smith", "dob": "1980-01-01"},
        {"forename": "Wíllïäm", "surname": "Øakenthörpe", "middle_name": "Hen"},
        {"forename": "Вильям", "surname": "Оукенторп"},
        {"forename": "W", "surname": "Oaken", "sex": None},
        {"surname": "Thorpe", "dob": None},
    ]
    unusual = pd.DataFrame([known.loc[900_001].to_dict() | change for change in changes])
    unusual["dob"] = pd.to_datetime(unusual["dob"])
    return as_submitted(pd.concat([draw_upload(register, "dirty", seed=23, n=500)[IDENTITY], unusual[IDENTITY]]))


@pytest.fixture(scope="module")
def asked(people, register):
    return normalise_records(prepare_records(people), register)


@pytest.fixture(scope="module")
def parameters(register):
    return register.sql("SELECT * FROM linkage_parameters ORDER BY comparison, position")


@pytest.fixture(scope="module")
def index(register, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "index.parquet"
    copy_index(register, path)
    return path


@pytest.fixture(scope="session")
def needs_spark():
    try:
        require_spark()
    except JDLError as absent:
        pytest.skip(f"not tested: {absent.problems[0].what}")


@pytest.fixture(scope="session")
def session(needs_spark):
    """Spark on this machine, started once for all tests."""
    with open_session("local[2]") as opened:
        yield opened


def test_the_same_pairs_the_same_levels_and_the_same_weights(session, register, index, asked, parameters):
    here = score_candidates(*compare_in_duckdb(asked, register, parameters))
    there = score_candidates(*compare_on_spark(session, index, asked, register, parameters))
    assert len(here) > len(asked)
    weights = [c for c in here if c.endswith("weight")]
    pd.testing.assert_frame_equal(here.drop(columns=weights), there.drop(columns=weights))
    assert np.abs(here[weights] - there[weights]).max(axis=None) < 1e-9


def test_the_same_links(session, register, index, people):
    submission, spec = SimpleNamespace(people=people), make_spec()
    here = link(submission, register, spec)
    there = link(submission, register, spec, partial(compare_on_spark, session, index))
    assert here.by_status()["matched"] > 300
    pd.testing.assert_frame_equal(here.links, there.links, check_exact=False, rtol=0, atol=1e-9)
    pd.testing.assert_frame_equal(here.candidates, there.candidates, check_exact=False, rtol=0, atol=1e-9)
    assert here.summary() == there.summary()


def test_an_upload_without_any_usable_record(session, register, index, people):
    submission = SimpleNamespace(people=people.assign(usable=False))
    result = link(submission, register, make_spec(), partial(compare_on_spark, session, index))
    assert (result.n_candidates, result.by_status()["unusable identifiers"]) == (0, len(people))


def conditions_of_the_linkage() -> dict[str, str]:
    """All conditions in SQL: of the rules over a and e, of the levels over columns of both sides."""
    rules = {f"rule {key}": condition for key, condition in RULES.items()}
    neutral = {f"{c.key}, no evidence": c.neutral for c in COMPARISONS}
    levels = {f"{c.key}, {level.key}": level.condition for c in COMPARISONS for level in c.levels}
    return rules | neutral | {key: condition for key, condition in levels.items() if condition != "ELSE"}


def question(columns: list[str]) -> str:
    """What each condition says of each pair, as columns c0, c1, …"""
    sides = ", ".join(f"a.{c} AS {c}_l, e.{c} AS {c}_r" for c in columns)
    conditions = list(enumerate(conditions_of_the_linkage().values()))
    of_rules = ", ".join(f"({c}) AS c{i}" for i, c in conditions[: len(RULES)])
    answers = ", ".join([f"c{i}" for i in range(len(RULES))] + [f"({c}) AS c{i}" for i, c in conditions[len(RULES) :]])
    return f"""SELECT pair, {answers} FROM (SELECT pair, {sides}, {of_rules}
        FROM pairs p JOIN asked a ON a.row = p.row JOIN entries e ON e.entry_id = p.entry_id) two ORDER BY pair"""


@pytest.fixture(scope="module")
def tables(register, asked):
    """Candidate pairs, all records with a known person (also with a double surname), and pairs by chance."""
    chance = register.sql("SELECT * FROM linkage_index WHERE person_id = 900001 OR entry_id % 613 = 0")
    pairs = register.sql(
        f"SELECT * FROM ({pairs_query()}) UNION SELECT row, entry_id FROM asked CROSS JOIN chance",
        asked=typed(asked),
        chance=chance,
    )
    pairs = pd.concat([pairs, asked[["row"]].assign(entry_id=-1)])
    known = chance[chance["person_id"] == 900_001]
    in_two_parts = known.assign(entry_id=-1, surname_first="oaken", surname_last="thorpe")
    entries = pd.concat([entries_of(pairs, register), in_two_parts], ignore_index=True)
    pairs = pairs.sort_values(["row", "entry_id"]).assign(pair=range(len(pairs)))
    columns = [c for c in entries if c in asked]
    of_register = typed(entries[columns]).append_column("entry_id", pa.array(entries["entry_id"]))
    pairs = pa.Table.from_pandas(pairs, preserve_index=False)
    return {"asked": typed(asked), "entries": of_register, "pairs": pairs}, columns


def test_each_condition_says_the_same_of_each_pair(session, register, tables):
    tables, columns = tables
    here = register.sql(question(columns), **tables)
    define_functions(session)
    for name, table in tables.items():
        session.createDataFrame(table).createOrReplaceTempView(name)
    there = session.sql(to_spark(question(columns))).toArrow().to_pandas()
    keys = ["pair", *conditions_of_the_linkage()]
    here, there = (frame.set_axis(keys, axis=1).astype("boolean", errors="ignore") for frame in (here, there))
    assert len(here) > 10_000
    never = [key for key in keys[1:] if not here[key].any()]
    assert never == []
    differs = [key for key in keys if not here[key].astype(object).equals(there[key].astype(object))]
    assert differs == []


def with_slips(name: str, rng: np.random.Generator) -> str:
    """The name with one to three letters wrong, put in, left out, or exchanged with the next."""
    letters = list(name)
    for _ in range(rng.integers(1, 4)):
        i, other = rng.integers(len(letters)), rng.choice(list("aeéłnsт"))
        two = letters[i : i + 2]
        letters[i : i + 2] = [[other, *two[1:]], [other, *two], two[1:], two[::-1]][rng.integers(4)]
        letters = letters or ["a"]
    return "".join(letters)


def test_similarities_are_the_same_to_the_last_bit(session, register):
    """Near a threshold the last bit decides. Names with slips, in other scripts, and with letters in another order."""
    rng = np.random.default_rng(4)
    names = register.sql("SELECT DISTINCT surname FROM linkage_index ORDER BY surname LIMIT 500")["surname"].tolist()
    names += ["żółć", "мария", "é", "aa", "martha"]
    pairs = [(name, with_slips(name, rng)) for name in rng.choice(names, 4000)]
    pairs += list(zip(rng.choice(names, 2000), rng.choice(names, 2000), strict=True))
    pairs += [("", "a"), ("", ""), ("holcroft", "rochcroft")]  # the last: an odd number of letters in another order
    table = pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs], "n": range(len(pairs))})
    functions = ["jaro_winkler_similarity(a, b)", "levenshtein(a, b)", "damerau_levenshtein(a, b)"]
    query = f"SELECT {', '.join(f'{f} AS f{i}' for i, f in enumerate(functions))} FROM pairs ORDER BY n"
    here = register.sql(query, pairs=table)
    define_functions(session)
    session.createDataFrame(table).createOrReplaceTempView("pairs")
    there = session.sql(to_spark(query)).toArrow().to_pandas()
    for column in here:
        assert (here[column] == there[column]).all(), column
    # Spark's own function of this name says something else
    own = session.sql("SELECT jaro_winkler_similarity(a, b) AS f FROM pairs ORDER BY n").toArrow().to_pandas()
    assert (np.abs(own["f"] - here["f0"]) > 0.01).sum() > 10


SCRIPT = """
import pickle, sys
from pathlib import Path
from types import SimpleNamespace
from registers import make_spec
from jdl_toolkit.errors import JDLError
from jdl_toolkit.linkage import link
from jdl_toolkit.linkage.spark import SparkEngine
from jdl_toolkit.register import Register
register, people, master, index, result = sys.argv[1:]
with Register.open(Path(register)) as opened:
    submission = SimpleNamespace(people=pickle.loads(Path(people).read_bytes()))
    try:
        linkage = link(submission, opened, make_spec(), SparkEngine(master, Path(index)))
    except JDLError as fault:
        Path(result).write_text(str(fault))
    else:
        linkage.save(Path(result))
"""


def run_engine(register, people, master: str, folder: Path) -> subprocess.CompletedProcess:
    """Link in a process of its own, whose current and temporary folders are empty."""
    for name in ("current", "temporary"):
        (folder / name).mkdir()
    people.to_pickle(folder / "people.pickle")
    paths = [register.path, folder / "people.pickle", master, folder / "index.parquet", folder / "result"]
    environment = os.environ | {
        "TMPDIR": str(folder / "temporary"),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, paths)],
        cwd=folder / "current",
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_the_engine_starts_and_ends_spark_says_nothing_and_leaves_nothing(needs_spark, register, people, tmp_path):
    done = run_engine(register, people, "local[2]", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [p for name in ("current", "temporary") for p in (tmp_path / name).iterdir()] == []
    there = type(here := link(SimpleNamespace(people=people), register, make_spec())).load(tmp_path / "result")
    pd.testing.assert_frame_equal(here.links, there.links, check_exact=False, rtol=0, atol=1e-9)


def test_spark_that_does_not_start_is_an_error_for_people(needs_spark, register, people, tmp_path):
    done = run_engine(register, people.head(1), "nonsense", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    message = (tmp_path / "result").read_text()
    assert message.startswith("Spark at nonsense: Spark did not do its work (") and "What to do: " in message
    assert [p for name in ("current", "temporary") for p in (tmp_path / name).iterdir()] == []


def test_a_failed_step_shows_no_value_of_a_row(needs_spark, session, capfd):
    from jdl_toolkit.linkage import spark

    with pytest.raises(JDLError, match=r"did not do its work \(CAST_INVALID_INPUT\)") as failed:
        with spark._telling_the_kind_only("local"), spark._quietly():
            session.sql("SELECT CAST(name AS INT) FROM VALUES ('Oakenthorpe') AS t(name)").collect()
    assert "Oakenthorpe" not in str(failed.value) and failed.value.__cause__ is None
    assert capfd.readouterr() == ("", "")


def test_the_copy_of_the_index_is_made_once_and_anew_when_the_register_is_another(register, tmp_path):
    path = tmp_path / "deep" / "index.parquet"
    copy_index(register, path)
    first = path.stat()
    assert pq.read_metadata(path).num_rows == register.sql("SELECT count(*) AS n FROM linkage_index")["n"].iloc[0]
    assert first.st_mode == register.path.stat().st_mode
    copy_index(register, path)
    assert path.stat().st_mtime_ns == first.st_mtime_ns
    other = pq.read_table(path).replace_schema_metadata({"register": "another"})
    pq.write_table(other.slice(0, 5), path)
    copy_index(register, path)
    assert pq.read_metadata(path).num_rows == len(other)
    assert [p.name for p in path.parent.iterdir()] == ["index.parquet"]


def test_without_pyspark_or_java_the_user_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(JDLError, match=r"pip install 'jdl-toolkit\[spark\]'"):
        SparkEngine("local[2]", tmp_path / "index.parquet")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: True)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JDLError, match="install Java 17 or later"):
        SparkEngine("local[2]", tmp_path / "index.parquet")


def test_the_data_source_says_which_engine(monkeypatch, tmp_path):
    lab = lay_out(tmp_path / "lab")
    spec, sources = lab.spec("foundation-2013"), lab.root / "parameters/data_sources.yml"
    assert linkage_engine(lab, spec) is compare_in_duckdb
    monkeypatch.setattr("jdl_toolkit.linkage.spark.require_spark", lambda: None)
    place = {"register": "data/demo/register.duckdb", "submissions": "data/demo"}

    def asking(linkage):
        sources.write_text(yaml.safe_dump({"demo": place | {"linkage": linkage}}))
        return linkage_engine(lab, spec)

    beside = lab.root / "data/demo/register.linkage-index.parquet"
    assert asking({"engine": "spark"}) == SparkEngine("local[*]", beside)
    asked = {"engine": "spark", "master": "spark://host:7077", "index": "/shared/index.parquet"}
    assert asking(asked) == SparkEngine("spark://host:7077", Path("/shared/index.parquet"))
    assert asking({"engine": "duckdb"}) is compare_in_duckdb
    with pytest.raises(JDLError, match="data_sources.yml, demo, linkage.engin: unknown key.*\n.*did you mean `engine`"):
        asking({"engin": "spark"})
    with pytest.raises(JDLError, match="'duckdb' or 'spark'"):
        asking({"engine": "sparc"})


def test_the_notebook_links_by_the_engine_of_the_data_source():
    assert (
        "link(submission, stage.register, stage.spec, stage.engine)"
        in (ROOT / "notebooks/02_linkage.ipynb").read_text()
    )


def test_the_extra_is_pinned():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["spark"]
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    assert [r.name for r in map(Requirement, extra) if pins.get(r.name) not in r.specifier] == []
    assert "pyspark" in [r.name for r in map(Requirement, extra)]
