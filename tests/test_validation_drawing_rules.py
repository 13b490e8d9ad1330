"""The study of drawing rules: what it draws is what the cohort is built from, and each of its checks can fail."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.cohort import build_cohort
from jdl_toolkit.errors import JDLError
from jdl_toolkit.validation.drawing_rules import PART
from jdl_toolkit.validation.drawing_rules.dates import open_dates, submitted
from jdl_toolkit.validation.drawing_rules.rules import (
    HAZARD,
    YEAR,
    Placebo,
    draw,
    error_of_expected,
    expected_without_rule,
    replicate,
)
from jdl_toolkit.validation.part import Effort

HISTORIES = Path(__file__).resolve().parents[2] / "shared" / "real-histories"
SHORT = Effort(short=True, seed=1, workers=1)

needs_histories = pytest.mark.skipif(
    not (HISTORIES / "index_events.csv").is_file(),
    reason="the real histories are not beside this checkout (../shared/real-histories)",
)


@pytest.fixture(scope="module")
def folder(short_part) -> Path:
    """A short run, without real dates."""
    return short_part(PART)


def test_the_short_study_holds_and_says_that_it_was_short(folder):
    answer = PART.answer(folder / "results")
    assert not answer.failed, [vars(check) for check in answer.failed]
    assert len(answer.checks) == 13 and [check.found for check in answer.not_tried] == ["not tried"]
    assert "**This was a short run.**" in answer.text and "**The real dates were not there**" in answer.text
    assert [table.key for table in answer.tables] == ["drawing_rules", "placebo_treatments", "drawing_dates"]
    assert [figure.key for figure in answer.figures] == ["bias_by_rule", "placebo_treatments"]
    by_rule = {row[0]: row for row in answer.tables[0].rows[:4]}
    assert by_rule["No rule"][1].startswith("−") and float(by_rule["No rule"][2]) == 100


def test_a_run_is_taken_up_again_and_another_seed_is_refused(folder):
    draws = folder / "results" / "draws.csv"
    before, block = draws.read_bytes(), next((folder / "draws" / "uneven, by lot").glob("*.parquet"))
    block.unlink()
    PART.run(folder, SHORT)
    assert draws.read_bytes() == before
    with pytest.raises(JDLError, match="seed"):
        PART.run(folder, dataclasses.replace(SHORT, seed=2))


@pytest.mark.parametrize("dates", ["uneven", pytest.param("real", marks=needs_histories)])
def test_a_service_is_drawn_as_the_cohort_would_be_built(dates):
    """The same people submitted from the same days give `build_cohort` the same treatment group and control pool."""
    histories = str(HISTORIES) if dates == "real" else ""
    world = Placebo(dates, n_people=4_000, n_submitted=700, step=60, histories=histories)
    known, service = world.known(), draw(world, np.random.default_rng(3))
    sent = submitted(known.events[service.is_submitted], service.starts[service.is_submitted])
    unit = known.events["unit_id"]
    with open_dates(dates, world.n_people, histories) as (register, _, _):
        for rule in ("none", "drawn"):
            cohort = build_cohort(*sent, register, service.spec.variant(cohort={"equivalent_time_limit": rule}))
            assert cohort.treated["unit_id"].tolist() == unit[service.is_treated].tolist()
            assert cohort.pool["unit_id"].tolist() == unit[service.controls[rule]].tolist()
    assert len(cohort.treated) > 200 and len(cohort.pool) > 2_000


@needs_histories
def test_nothing_of_real_people_is_kept(tmp_path):
    world = Placebo("real", n_submitted=1_500, step=60, histories=str(HISTORIES))
    rows = replicate(world, np.random.default_rng(1))
    assert {row["rule"] for row in rows} == {"none", "window", "included", "drawn"}
    assert all(isinstance(value, (str, int, float)) for row in rows for value in row.values())
    bias = {row["rule"]: row["estimate"] for row in rows}
    assert bias["none"] < -0.03 < bias["drawn"] < 0.03 < bias["window"] + 0.02


def test_results_tell_no_place_of_files(folder):
    about = json.loads((folder / "results" / "about.json").read_text())
    assert about["with_histories"] is False and str(folder) not in json.dumps(about)
    assert set(about["cells"]) == set(about["planned"]) and about["seed"] == 1 and about["short"]


def test_theory_of_constant_risk():
    """Starts on day 1 alone: nobody has time to pass, and only the window's last day tells the groups apart."""
    known = dataclasses.replace(
        Placebo("constant", n_people=4_000, n_submitted=700, step=60).known(), delays=np.array([1])
    )
    assert expected_without_rule(known) == pytest.approx({"none": 0.0, "window": 0.0})


def spoiled(folder: Path, out: Path, change) -> list[str]:
    """The claims that fail once the draws were changed."""
    draws = pd.read_csv(folder / "results" / "draws.csv")
    out.mkdir()
    change(draws).to_csv(out / "draws.csv", index=False)
    (out / "about.json").write_text((folder / "results" / "about.json").read_text())
    return [check.claim for check in PART.answer(out).failed]


def test_a_rule_that_does_nothing_is_found_out(folder, tmp_path):
    def as_without(draws):
        values = ["bias", "bias_mcse", "rejected"]
        without = draws[draws["rule"] == "none"].set_index("cell")[values]
        here = (draws["rule"] == "drawn") & (draws["analysis"] == "crude") & (draws["outcome"] == "reoffended")
        draws.loc[here, values] = without.loc[draws.loc[here, "cell"]].to_numpy()
        return draws

    failed = spoiled(folder, tmp_path / "bad", as_without)
    assert sum("the rule's bias" in claim for claim in failed) == 2
    assert sum("false findings under the rule" in claim for claim in failed) == 2


@pytest.mark.parametrize(
    ("cell", "outcome", "analysis", "values", "claim"),
    [
        ("uneven, chosen by record", "before", "matched", {"rejected": 40}, "negative control rings"),
        ("uneven, chosen by known", "before", "matched", {"rejected": 40}, "false alarms of the negative control"),
        ("uneven, chosen by known", "reoffended", "matched", {"bias": 5}, "model knows: bias left"),
        ("uneven, chosen by record", "reoffended", "matched with record", {"rejected": 40}, "false findings"),
        ("constant, by lot", "reoffended", "crude", {"bias": 0}, "the bias that theory gives"),
    ],
)
def test_every_check_can_fail(folder, tmp_path, cell, outcome, analysis, values, claim):
    def change(draws):
        here = (draws["cell"] == cell) & (draws["outcome"] == outcome) & (draws["analysis"] == analysis)
        here &= (draws["rule"] != "drawn") | (analysis != "crude")
        assert here.any()
        draws.loc[here, list(values)] = list(values.values())
        return draws

    assert any(claim in failed for failed in spoiled(folder, tmp_path / "bad", change))


def test_a_folder_without_histories_is_refused(tmp_path):
    with pytest.raises(JDLError, match="no histories"):
        PART.run(tmp_path, dataclasses.replace(SHORT, histories=tmp_path))


def test_people_at_a_constant_risk_keep_to_theory_as_closely_as_is_said():
    """400 populations of 3,000 people, whose difference is worked out over all delays at once."""
    rng, delays, n = np.random.default_rng(5), np.arange(1, 181, 15), 3_000
    found = {"none": [], "window": []}
    for _ in range(400):
        days = rng.exponential(1 / HAZARD, n)
        free, within = days[:, None] > delays - 1.0, days <= YEAR
        of_treated = (free & within[:, None]).mean() / free.mean()
        found["none"].append(of_treated - within.mean())
        found["window"].append(of_treated - (free[:, -1] & within).mean() / free[:, -1].mean())
    said = error_of_expected(n, delays)
    for rule, differences in found.items():
        # the standard deviation of 400 has a relative error of 1 / sqrt(800); four of them
        assert np.std(differences, ddof=1) == pytest.approx(said[rule], rel=0.14), rule
