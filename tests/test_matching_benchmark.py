"""The matching benchmark: what it times is what it says, its ratios and judgements are right, peers find the same."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # last, so that nothing else is found there first

from benchmarks.matching import peers, report  # noqa: E402
from benchmarks.matching.people import as_covariates, make_people, make_scores, make_spec  # noqa: E402
from benchmarks.matching.timing import FLOOR, time_arrays, time_stage  # noqa: E402
from jdl_toolkit.matching import match, radius_weights  # noqa: E402


def test_the_people_make_sixty_columns_and_can_all_be_compared():
    sample = match(as_covariates(make_people(100, 4000)), make_spec())
    assert sample.design.shape == (4100, 61)
    assert sample.n_treatment_matched == 100


def test_scikit_learn_finds_the_same_weights():
    score, is_treated, caliper, _ = make_scores(60, 3000)
    _, weight = peers.scikit_learn(score, is_treated, caliper)
    assert weight == pytest.approx(radius_weights(score, is_treated, caliper)[0], abs=1e-12)
    assert peers.measure("scikit-learn", 60, 3000)["n_differing"] == 0


def test_a_stage_is_timed_in_its_parts(tmp_path):
    make_people(80, 2000).to_parquet(tmp_path / "people.parquet")
    found = time_stage(tmp_path / "people.parquet")
    assert list(found["parts"]) == ["score", "match", "differences", "with KS and eCDF"]
    assert all(part["cpu"] > 0 for part in found["parts"].values())
    assert (found["n_treatment"], found["n_pool"], found["n_columns"]) == (80, 2000, 60)
    assert found["peak_with_distances_mb"] >= found["peak_mb"] >= found["loaded_mb"] > 0


def figures(radius: float, stage: float, peak: float) -> list[dict]:
    seconds = {"wall": 1.0, "cpu": 1.0}
    arrays = {"parts": {FLOOR: seconds, "radius": {"wall": radius, "cpu": radius}}, "peak_mb": 1.0}
    parts = {name: {"wall": stage / 3, "cpu": stage / 6} for name in ("score", "match", "differences")}
    whole = {"parts": parts | {"with KS and eCDF": seconds}, "loaded_mb": 1.0, "peak_mb": peak}
    told = {"name": "one", "version": "1", "method": "radius", "our_part": "radius"}
    here = told | {"seconds": {"wall": 9.0, "cpu": 3 * radius}, "peak_mb": 5.0, "n_differing": 0}
    return [
        {
            "size": "large",
            "n_treatment": 10_000,
            "n_pool": 1_000_000,
            "arrays": arrays,
            "stage": whole | {"peak_with_distances_mb": peak},
            "peers": [here, told | {"why_not": "not done after 600 s"}],
        }
    ]


@pytest.mark.parametrize(
    ("radius", "stage", "peak", "met"),
    [(2.0, 10.0, 3072.0, [True, True, True]), (2.1, 10.1, 3073.0, [False, False, False])],
)
def test_an_aim_is_met_up_to_its_limit(radius, stage, peak, met):
    lines = report.check_aims(figures(radius, stage, peak))
    assert [not line.endswith("not met") for line in lines] == met


def test_ratios_stand_in_the_tables():
    text = report.as_markdown(figures(1.5, 6.0, 100.0))
    assert "| radius | 1.50 | 1.5 |" in text
    assert "| 10,000 × 1,000,000 | one 1 | radius | 4.50 | 3.00 | 5.00 | 0 |" in text
    assert "not done after 600 s" in text
    assert "6.00 (3.00)" in text


def test_the_command_prints_one_object():
    command = [sys.executable, "-m", "benchmarks.matching.timing", "arrays", "50", "2000", "--repeats", "1"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert set(found["parts"]) == set(time_arrays(50, 2000, 1)["parts"])
    assert np.isfinite([part["cpu"] for part in found["parts"].values()]).all()
