"""The benchmark of batches says what it measured: requests, aims, and what counts as the analysis."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last, so that nothing else is found there first

from benchmarks.batch import report, requests, shares  # noqa: E402


def test_requests_have_the_sizes_that_are_asked_for():
    sizes = requests.sizes(57)
    assert len(sizes) == 57 and sizes == requests.sizes(57)
    assert sizes[7::8] == [requests.TOO_FEW] * 7
    others = [n for n in sizes if n != requests.TOO_FEW]
    assert requests.FEWEST <= min(others) and max(others) <= requests.MOST


@pytest.mark.parametrize(
    ("wall", "memory_mb", "said"),
    [((100.0, 50.0), 2_000.0, ["met", "met", "met"]), ((250.0, 220.0), 4_000.0, ["not met", "not met", "not met"])],
)
def test_aims_are_met_or_not(wall, memory_mb, said):
    """Ten requests: 5 s each and twice as fast with two workers, or 22 s each and hardly faster."""
    batches = [
        {"n_workers": n, "n_requests": 10, "wall": seconds, "memory_mb": memory_mb}
        for n, seconds in zip((1, 2), wall, strict=True)
    ]
    lines = report.aims(batches)
    assert [line.rpartition(", ")[2] for line in lines] == said
    assert f"2 workers: {wall[1] / 10:.3g}" in lines[0]
    assert f"{wall[0] / wall[1]:.3g}" in lines[2]


def test_a_cell_is_of_the_analysis_if_it_calls_one_of_its_verbs():
    imports = ast.parse("from jdl_toolkit.linkage import link_people\nfrom jdl_toolkit import plots\n")
    verbs = shares._imported_verbs(imports)
    assert verbs == {"link_people"}
    assert shares._calls(ast.parse("linked = link_people(people, stage.register)")) & verbs
    assert not shares._calls(ast.parse("show(plots.waterfall(linked.ledger))")) & verbs
