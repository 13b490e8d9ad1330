"""The benchmark of the workbench: every change is timed to three figures, and its judgements are right."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last, so that nothing else is found there first

from benchmarks.explore import report  # noqa: E402
from benchmarks.explore.session import CHANGES, make_bench, measure  # noqa: E402


def test_a_session_is_timed_change_by_change():
    found = measure(400, 4000, 0)
    assert list(found["changes"]) == list(CHANGES)
    assert all(seconds["first"] > 0 for seconds in found["changes"].values())
    assert found["peak_mb"] >= found["loaded_mb"] > 0
    text = report.as_markdown([{"size": "usual"} | found])
    assert all(f"| {change} |" in text for change in CHANGES)
    bench = make_bench(400, 4000)
    assert bench.look(bench.spec).matched.design.shape == (4400, 61)


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0.80 of 0.5, met"), (0.6, "1.20 of 0.5, not met")])
def test_the_slowest_change_is_held_against_the_limit(seconds, said):
    changes = {
        "caliper": {"first": seconds, "again": 0.1, "cpu": 0.1},
        "check estimate": {"first": 0.2, "again": 0.3, "cpu": 9.0},
    }
    sizes = {"n_treatment": 10_000, "n_pool": 100_000, "first_look": 1.0, "loaded_mb": 400.0, "peak_mb": 600.0}
    first, second = report.check_aims([{"size": "usual", "changes": changes} | sizes])
    assert first == f"10,000 × 100,000, the slowest change (caliper): {report.figure(seconds)} s, {said}"
    assert second.endswith("0.10 of 6,144, met")
