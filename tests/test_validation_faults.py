"""Faults of machine and files: the short suite survives, its answer can say no, and what was mended stays mended."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError, refused_by_system, refused_in_words
from jdl_toolkit.findings import Findings
from jdl_toolkit.lab import STAGES
from jdl_toolkit.manifest import Manifest
from jdl_toolkit.register import Register, require_as_prepared
from jdl_toolkit.result import write_atomically
from jdl_toolkit.spec import read_yaml
from jdl_toolkit.validation.claim import claim
from jdl_toolkit.validation.faults import PART, changed, suite
from jdl_toolkit.validation.faults.answer import KINDS
from jdl_toolkit.validation.faults.bench import REQUEST, Bench
from jdl_toolkit.validation.faults.changed import REGISTERS
from jdl_toolkit.validation.faults.trial import Case, Trial, carry_out, judge_words
from jdl_toolkit.validation.part import Effort


@pytest.fixture(scope="module")
def results(short_part):
    return short_part(PART) / "results"


def test_the_short_suite_survives(results):
    answer = PART.answer(results)
    assert not answer.failed, [check.why for check in answer.failed]
    kinds = pd.read_csv(results / "kinds.csv")
    able = {kind for kind, (can, _) in suite.NEEDS.items() if not can()}
    assert set(kinds["kind"]) == {kind for kind, _ in suite.SHORT} - able
    assert int(kinds["n_tried"].sum()) == json.loads((results / "about.json").read_text())["n_planned"]
    assert "short run" in answer.text and {one.n_tried for one in kinds.itertuples()} <= {1, 2}


def test_a_whole_run_tries_some_of_every_kind_at_every_stage_and_on_every_kind_of_file(results, monkeypatch):
    """Of all that is known, drawn by the seed; and one of each kind comes before a second of any."""
    monkeypatch.setattr(suite, "NEEDS", {})
    bench = Bench(results.parent)
    if not (bench.states / "report").exists():  # a short run makes no report; its files are as these
        shutil.copytree(bench.states / "outcomes", bench.states / "report")
        for name in ("report.html", "report.pdf", "data-tables.xlsx"):
            write_atomically(bench.states / "report" / REQUEST / "report" / name, "x")
    known = list(suite.all_trials(bench))
    for seed in (1, 2013):
        chosen = suite.chosen_trials(known, Effort(seed=seed))
        kinds = [one.kind for one in chosen]
        assert set(kinds) == set(kinds[: len(KINDS)]) == set(KINDS) and len(chosen) <= 150 < len(known)
        assert max(kinds.count(kind) for kind in KINDS) == suite.OF_A_KIND
        for kind in ("killed", "paused"):
            names = " ".join(one.name for one in chosen if one.kind == kind)
            assert all(f"stage {stage}" in names for stage in STAGES)
        spoilt = " ".join(one.name for one in chosen if one.kind.startswith("damaged"))
        assert all(ending in spoilt for ending in (".xlsx", ".duckdb", ".yml", ".ipynb", ".parquet", ".json"))
        assert all(way in spoilt for way in ("cut in half", "a bit flipped", "emptied", "zeroes"))


def test_an_answer_says_what_was_not_survived_and_what_was_not_tried(results, tmp_path):
    shutil.copytree(results, tmp_path / "results")
    trials, kinds = (pd.read_csv(results / f"{name}.csv", keep_default_na=False) for name in ("trials", "kinds"))
    trials.loc[0, ["survived", "why"]] = [False, "it hung"]
    kinds.loc[kinds["kind"] == trials.loc[0, "kind"], "n_survived"] -= 1
    trials.to_csv(tmp_path / "results/trials.csv", index=False)
    kinds.to_csv(tmp_path / "results/kinds.csv", index=False)
    about = json.loads((results / "about.json").read_text()) | {"not_tried": {"clock": "there is no compiler"}}
    (tmp_path / "results/about.json").write_text(json.dumps(about | {"n_planned": 5000}))
    answer = PART.answer(tmp_path / "results")
    (failed,) = answer.failed
    assert "it hung" in failed.why and "unfinished" in answer.text
    assert ["no compiler" in check.why for check in answer.not_tried] == [True]
    assert answer.tables[-1].key == "faults_not_survived"


def test_a_folder_of_another_study_is_refused(tmp_path):
    claim(tmp_path, Effort(seed=2), suite.RESTS_ON)
    with pytest.raises(JDLError, match=r"made otherwise \(seed, short\)"):
        suite.run(tmp_path, Effort(short=True, seed=1))
    for spoilt in ('{"seed": ', "3", ""):
        (tmp_path / "settings.json").write_text(spoilt)
        with pytest.raises(JDLError, match="cannot be read"):
            claim(tmp_path, Effort(seed=2), suite.RESTS_ON)


@pytest.mark.parametrize("said", ["Traceback (most recent call last)", "A fault of the toolkit: x", "nothing helpful"])
def test_a_trial_hears_what_should_not_be_said(said):
    from types import SimpleNamespace

    from jdl_toolkit.validation.faults.bench import Told

    bench = SimpleNamespace(needles=("Ann Example",))
    nowhere = SimpleNamespace(root=Path("/nowhere"))
    case = Case(bench, nowhere, None, told=[Told(2, "", said)])
    judge_words(case)
    assert case.faults
    named = Case(bench, nowhere, None, told=[Told(2, "", "What to do: ask Ann Example")])
    judge_words(named)
    assert named.faults == ["it showed personal data"]


def test_a_trial_that_fails_itself_is_not_survived_and_stops_no_other(tmp_path):
    from types import SimpleNamespace

    bench = SimpleNamespace(lab=lambda *_: SimpleNamespace(root=tmp_path))
    row = carry_out(bench, Trial("killed", "x", act=lambda case: 1 / 0), 0, 1)
    assert not row["survived"] and row["why"] == "the trial itself failed (ZeroDivisionError)"


def test_rows_change_in_a_register_that_a_process_reads(tmp_path):
    place = tmp_path / "register.duckdb"
    with duckdb.connect(str(place)) as con:
        con.execute("CREATE TABLE offence AS SELECT DATE '2013-01-02' AS offence_date FROM range(8)")
    held = "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        reader.stdout.readline()
        changed._updated(place)
        reader.stdin.close()
    with duckdb.connect(str(place), read_only=True) as con:
        assert con.execute("SELECT count(DISTINCT offence_date) FROM offence").fetchone() == (2,)


def test_what_the_system_refuses_is_told_without_its_words():
    told = refused_by_system(PermissionError(errno.EACCES, "Permission denied", "/lab/upload.xlsx"))
    assert "may not be read" in str(told) and "/lab/upload.xlsx" in str(told) and told.exit_status == 2
    assert refused_by_system(OSError(errno.EBADF, "x")) is None
    told = refused_in_words("IsADirectoryError", "[Errno 21] Is a directory: '/lab/a' -> '/lab/b'")
    assert told.problems[0].where == "/lab/b" and "folder where a file" in told.problems[0].what
    assert refused_in_words("ValueError", "[Errno 13] x: '/lab'") is None
    assert "ulimit -f" in str(refused_in_words("SerialisationError", "IO_EFBIG"))
    for kind in ("MemoryError", "OutOfMemoryException"):
        assert "not enough memory" in str(refused_in_words(kind, "could not allocate block"))


@pytest.mark.parametrize(
    "changed",
    (
        {"events": [{"event": "sign-off"}]},
        {"events": [{"event": "sign-off", "by": "A", "date": "yesterday"}]},
        {"events": [{"event": "sign-off", "by": 3, "date": "2026-01-01"}]},
        {"stages": {"intake": {"status": "done", "ended": "garbage"}}},
        {"stages": {"intake": {"status": "done", "ended": 5}}},
        {"stages": {"report": {"status": "done", "misplaced": 7}}},
        {"stages": {"report": {"status": 5}}},
    ),
)
def test_a_manifest_whose_stages_or_events_are_odd_is_unreadable(tmp_path, changed):
    held = {"request": "a", "status": "reported", "spec_digest": "", "inputs": [], "events": [], "stages": {}}
    held |= {"toolkit_version": "0.7.0", "packages": {}}
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(held))
    assert Manifest.read(path).values == held
    path.write_text(json.dumps(held | changed))
    with pytest.raises(JDLError, match="unreadable"):
        Manifest.read(path)


def test_a_manifest_that_nests_without_end_is_unreadable(tmp_path):
    (tmp_path / "manifest.json").write_text("[" * 200_000)
    with pytest.raises(JDLError, match="unreadable"):
        Manifest.read(tmp_path / "manifest.json")


@pytest.mark.parametrize("read", (Manifest.read, Findings.read, read_yaml))
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.alarm(5)
    try:
        with pytest.raises(JDLError, match="pipe"):
            read(tmp_path / "pipe")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_findings_that_are_no_text_are_not_valid(tmp_path):
    (tmp_path / "findings.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(JDLError, match="not valid findings"):
        Findings.read(tmp_path / "findings.json")


def test_files_are_as_closed_as_the_umask_asks(tmp_path):
    before = os.umask(0o077)
    try:
        write_atomically(tmp_path / "closed", "x")
        os.umask(0)
        write_atomically(tmp_path / "open", "x")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("closed", "open")] == [0o600, 0o644]


@pytest.mark.parametrize("change", REGISTERS.values(), ids=REGISTERS)
def test_a_register_that_was_changed_is_noticed_whatever_its_own_digest_says(made_lab, tmp_path, change):
    file = shutil.copy(made_lab.root / "data/demo/register.duckdb", tmp_path / "register.duckdb")
    with Register.open(file) as register:
        digest = register.digest
        require_as_prepared(register, tmp_path)
        require_as_prepared(register, tmp_path)
    change(tmp_path / "register.duckdb")
    with Register.open(file) as register:
        if register.digest == digest:
            with pytest.raises(JDLError, match="not what it was prepared with"):
                require_as_prepared(register, tmp_path)
        else:
            require_as_prepared(register, tmp_path)  # another extract: that is for the request's record to say


def test_the_same_register_in_another_file_is_the_same(made_lab, tmp_path):
    import duckdb

    file = shutil.copy(made_lab.root / "data/demo/register.duckdb", tmp_path / "register.duckdb")
    with Register.open(file) as register:
        require_as_prepared(register, tmp_path)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{file}' AS a (READ_ONLY); ATTACH '{tmp_path}/b.duckdb' AS b; COPY FROM DATABASE a TO b")
    assert (tmp_path / "b.duckdb").read_bytes() != (tmp_path / "register.duckdb").read_bytes()
    os.replace(tmp_path / "b.duckdb", file)
    with Register.open(file) as register:
        require_as_prepared(register, tmp_path)


def test_a_manifest_of_another_shape_is_none(tmp_path):
    (tmp_path / "manifest.json").write_text('{"request": "a", "stages": []}')
    with pytest.raises(JDLError, match="unreadable"):
        Manifest.read(tmp_path / "manifest.json")


def test_what_a_killed_process_spilled_goes_when_the_next_one_opens_a_register(made_lab, tmp_path, monkeypatch):
    """And what one that is alive uses stays."""
    import subprocess
    import sys
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = made_lab.root / "data/demo/register.duckdb"
    script = f"import os; from jdl_toolkit.register import Register; kept = Register.open({str(file)!r})"
    script += "; os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script], env=os.environ | {"TMPDIR": str(tmp_path)})
    (left,) = tmp_path.glob("jdl-register-*")
    with Register.open(file) as first, Register.open(file) as second:
        assert not left.exists() and len(list(tmp_path.glob("jdl-register-*"))) == 2
        assert first.has("offence") and second.has("offence")
    assert not list(tmp_path.glob("jdl-register-*"))
