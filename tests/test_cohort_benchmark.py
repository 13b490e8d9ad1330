"""The cohort benchmark: the toolkit and plain pandas agree to the last person, on sound registers and broken ones."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_register_remarks import build, random_register

from jdl_toolkit.register import Register, build_register
from jdl_toolkit.synthetic import synthesise_register

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # last, so that nothing else is found there first

from benchmarks.cohort import report  # noqa: E402
from benchmarks.cohort.agreement import differences  # noqa: E402
from benchmarks.cohort.peer import export_tables  # noqa: E402
from benchmarks.cohort.requests import make_spec, sample_records  # noqa: E402
from benchmarks.cohort.timing import run_pandas, run_toolkit  # noqa: E402

RELEASES = {"index_disposals": ["custody"], "sexual_offence": "index", "start_within_months": 12}
ALL_KINDS = {"index_disposals": ["custody", "community_order", "fine"], "equivalent_time_limit": "none"}
EVERYBODY = {"index_disposals": ["community_order", "suspended_sentence_order", "custody"], "sexual_offence": "keep"}
COHORTS = [{}, RELEASES, ALL_KINDS, EVERYBODY]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort-benchmark")
    synthesise_register(folder / "src", 5_000, seed=11)
    build_register(folder / "src", folder / "r.duckdb")
    with Register.open(folder / "r.duckdb") as register:
        export_tables(register, folder)
    return folder / "r.duckdb"


def compared(path: Path, cohort: dict, n_records: int, seed: int):
    spec = make_spec(cohort=cohort)
    with Register.open(path) as register:
        records, data_end = sample_records(register, spec, n_records, seed), register.meta.data_end
    _, ours = run_toolkit(path, records, spec)
    _, theirs = run_pandas(path.parent, records, data_end, spec)
    return ours, theirs


@pytest.mark.parametrize("cohort", COHORTS, ids=["default", "releases", "no time limit", "everybody"])
def test_plain_pandas_finds_the_same_people_reasons_and_outcomes(prepared, cohort):
    ours, theirs = compared(prepared, cohort, 120, 5)
    assert differences(ours, theirs) == []
    # Not for want of people: most reasons occur, and somebody reoffended in either group
    assert theirs["records"]["reason"].nunique() >= 5 and len(theirs["treated"]) > 20 and len(theirs["pool"]) > 15
    assert 0 < theirs["outcomes"]["reoffended"].mean() < 1 and theirs["outcomes"]["n_reoffences"].max() > 1


@pytest.mark.parametrize("seed", [1, 2])
def test_they_agree_on_registers_broken_in_every_way(tmp_path, seed):
    given = random_register(seed, n=250)
    build(tmp_path, **{name: pd.DataFrame(rows, dtype=object) for name, rows in given.items()})
    with Register.open(tmp_path / "out.duckdb") as register:
        export_tables(register, tmp_path)
    for cohort in (ALL_KINDS, ALL_KINDS | {"equivalent_time_limit": "drawn", "observed_months": 12}):
        ours, theirs = compared(tmp_path / "out.duckdb", cohort, 60, seed)
        assert differences(ours, theirs) == []
        assert len(theirs["treated"]) > 4 and len(theirs["pool"]) > 10


def test_what_differs_is_named(prepared):
    ours, theirs = compared(prepared, {}, 300, 5)
    changed = theirs["treated"].assign(delay_days=theirs["treated"]["delay_days"] + 1)
    assert differences(ours, theirs | {"treated": changed}) == [f"treated.delay_days: {len(changed)} rows differ"]
    assert differences(ours, {"pool": theirs["pool"].head(1)}) == [f"pool: {len(ours['pool'])} rows, not 1"]


def test_one_command_measures_compares_and_judges(prepared, tmp_path):
    command = [sys.executable, "-m", "benchmarks.cohort", str(prepared), "--records", "300", "--repeats", "1"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "f.json")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (figures,) = json.loads((tmp_path / "f.json").read_text())
    assert figures["n_people"] == 5_000 and figures["differences"] == []
    ours = figures["toolkit"]
    assert ours["wall"] == pytest.approx(sum(part["wall"] for part in ours["parts"].values()))
    assert set(ours["parts"]) == set(report.PARTS) and 50 < ours["peak_mb"] < 3000
    assert "the same people, reasons and outcomes as plain pandas" in done.stdout
    assert "| 5,000 |" in done.stdout and "of 20 s, met" in done.stdout


def test_growth_and_limits_are_of_the_figures():
    def figures(people, wall, mb):
        measured = {
            "parts": {p: {"wall": wall / 4, "cpu": wall / 2} for p in report.PARTS},
            "wall": wall,
            "cpu": wall,
            "peak_mb": mb,
        }
        measured |= {"n_treated": 9, "n_pool": people, "spilt_mb": 0.0}
        return {"n_people": people, "n_events": 5 * people, "toolkit": measured}

    small = figures(100_000, 2.0, 500.0)
    small |= {"pandas": small["toolkit"] | {"peak_mb": 1000.0}, "differences": ["pool: 1 rows, not 2"]}
    text = report.as_markdown([small, figures(1_000_000, 20.0, 500.0)])
    assert "| 100,000 to 1,000,000 | 1.00 | 1.00 | 1.00 | 0.00 |" in text
    assert "1,000,000 people: 20.0 s, 1.00 of 20 s, not met" in text
    assert "NOT what plain pandas finds (pool: 1 rows, not 2), in 1.00 of its wall time, 1.00 of its CPU" in text
