"""Published numbers: what the short run finds, and that each check fails on results that are bad."""

import json
import math

import pandas as pd
import pytest

from jdl_toolkit.errors import JDLError
from jdl_toolkit.validation.part import Effort
from jdl_toolkit.validation.published import PART
from jdl_toolkit.validation.published.line import DATA, Verdict
from jdl_toolkit.validation.published.power import ROUNDINGS, power_lines, sd_window, t_root
from jdl_toolkit.validation.published.reference import apart, leaves, power_of_ten, values_compared, why_not
from jdl_toolkit.validation.published.reference_own import TABLES, reference, units_of


@pytest.fixture(scope="module")
def folder(short_part):
    return short_part(PART)


@pytest.fixture
def bad(folder, tmp_path):
    """A copy of the results, to be spoilt: ``bad(figure, column=value)`` changes the lines whose figure begins so."""

    def spoil(figure, **changes):
        frame = pd.read_csv(folder / "results" / "figures.csv")
        chosen = frame["figure"].str.startswith(figure)
        assert chosen.any()
        for column, value in changes.items():
            frame[column] = frame[column].astype(object)
            frame.loc[chosen, column] = value
        frame.to_csv(tmp_path / "figures.csv", index=False)
        about = json.loads((folder / "results" / "about.json").read_text())
        (tmp_path / "about.json").write_text(json.dumps(about))
        return PART.answer(tmp_path)

    return spoil


def test_all_that_is_recomputed_agrees_and_what_was_not_tried_is_said(folder):
    found = PART.answer(folder / "results")
    assert not found.failed
    assert [check.claim for check in found.not_tried] == ["The whole line counts the worked example as published"]
    assert found.text.startswith("**A short run")
    counts, figures = found.tables
    assert dict(zip(counts.columns, counts.rows[0], strict=True))["Differ"] == "0"
    assert (
        sum(int(row[1].replace(",", "")) for row in counts.rows)
        == json.loads((folder / "results" / "about.json").read_text())["n_figures"]
    )
    rows = {row[0]: row for row in figures.rows}
    assert rows["Table 1: people needed for a reduction of 1 point"][1:3] == ("240,648", "240,648")
    assert rows["row 1, Foundation support service, significance"][2].startswith("−1.9 (−7.7 to 3.9) by Welch")
    assert len(found.figures) == 1 and "kinds of value compared with R" in found.figures[0].alt


def test_a_second_run_changes_nothing_and_another_effort_is_refused(folder):
    file = folder / "results" / "figures.csv"
    before = file.stat().st_mtime_ns
    PART.run(folder, Effort(short=True))
    assert file.stat().st_mtime_ns == before
    with pytest.raises(JDLError, match="made with another short"):
        PART.run(folder, Effort(short=False))
    with pytest.raises(JDLError, match="cannot be read"):
        PART.answer(folder)


def test_a_figure_that_differs_fails_its_source_and_the_table(bad):
    found = bad("Table 1: people needed for a reduction of 6", verdict="differs", recomputed="830", n_agree=0)
    assert [check.claim for check in found.failed] == [
        "Everything recomputed agrees: the pilot year", "The published power table comes out in all its rows"
    ]  # fmt: skip
    assert "829, recomputed 830" in found.failed[0].why
    found = bad("radius matching: balance", verdict="differs", n_agree=60)
    assert [check.found for check in found.failed] == ["494 of 497"]


def test_a_figure_without_a_reason_and_a_new_contradiction_fail(bad):
    assert bad("answers to the survey", why=" ").failed[0].found == "1 without"
    found = bad("reports with a significant reduction", verdict="contradiction")
    assert found.failed[-1].found == "1 new" and "reports with a significant reduction" in found.failed[-1].why


def test_every_value_of_the_files_is_compared_or_has_a_reason(folder):
    """Paths that are compared in a whole run are those that the short run compares in its blocks, for every block."""
    for name in TABLES:
        for column in units_of(name).columns.drop("id"):
            stays = column in ("ps", "logit_ps") or column.removesuffix("_k") in reference(name)
            assert why_not(column) or stays, column
    assert why_not("matchit_full/pairs/total_abs_logit").startswith("optimal")
    assert why_not("radius_logit_02sd/estimates/something_new") == ""


def test_a_value_that_is_off_by_more_than_eight_digits_differs():
    theirs = {"radius_ps_01/estimates/att": 2.0, "radius_ps_01/estimates/mean_treated": 3.0}
    close, off = ({path: value * (1 + gap) for path, value in theirs.items()} for gap in (1e-9, 1e-7))
    (line,) = values_compared("f", theirs, close)
    assert (line.verdict, line.n, line.n_agree) == (Verdict.agrees, 2, 2)
    (line,) = values_compared("f", theirs, off)
    assert (line.verdict, line.n_agree, line.apart) == (Verdict.differs, 0, pytest.approx(1e-7))
    (line,) = values_compared("f", theirs, {"radius_ps_01/estimates/att": None, **dict.fromkeys(list(theirs)[1:], 3.0)})
    assert (line.verdict, line.n_agree, line.apart) == (Verdict.differs, 1, math.inf)
    assert apart("x", None, None) == apart("x", math.nan, None) == 0
    (line,) = values_compared("f", {"radius_ps_01/estimates/new": 1.0}, {})
    assert line.verdict is Verdict.not_recomputable and line.why == ""


def test_the_standard_deviation_behind_the_table_and_what_the_file_says_of_it():
    low, high = sd_window(t_root(), "nearest")
    assert (low, high) == (pytest.approx(0.47326917090, abs=1e-11), pytest.approx(0.47326928983, abs=1e-11))
    assert all((w := sd_window(t_root(1), rounding))[0] > w[1] for rounding in ROUNDINGS)
    odd = {line.figure: (line.published, line.recomputed) for line in power_lines() if line.verdict != "agrees"}
    assert odd["11,543 of 33,111"] == ("34.861%", "34.862%")
    assert odd["people for 1 point with it"] == ("243,445", "243,459")
    assert odd["rows 1 and 9 contradict each other if rounded down"] == ("yes", "no")


def test_the_committed_results_are_those_of_a_whole_run():
    results = DATA.parents[2] / "docs" / "validation" / "published"
    found = PART.answer(results)
    assert not found.failed and not found.not_tried
    assert json.loads((results / "about.json").read_text())["short"] is False


@pytest.mark.parametrize(("x", "words"), [(1e-8, "10⁻⁸"), (5e-4, "5 × 10⁻⁴"), (5.1e-5, "5.1 × 10⁻⁵"), (0.0, "0")])
def test_bounds_are_written_as_powers_of_ten(x, words):
    assert power_of_ten(x) == words


def test_leaves_keep_nulls_and_leave_out_texts():
    assert dict(leaves({"a": [1, {"b": None}], "c": "text"})) == {"a/0": 1, "a/1/b": None}
