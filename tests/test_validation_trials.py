"""The study of trials: what is published of them, what the toolkit finds, and each of its checks can fail."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from jdl_toolkit.validation.trials import PART
from jdl_toolkit.validation.trials.data import DATA, LADDER, TRIALS, WAYS

FILES = ("ways.csv", "draws.csv", "estimators.csv", "about.json")


@pytest.fixture(scope="module")
def results(short_part) -> Path:
    return short_part(PART) / "results"


def test_the_short_study_holds(results):
    answer = PART.answer(results)
    assert not answer.failed, [vars(check) for check in answer.failed]
    assert len(answer.checks) == 15 and not answer.not_tried
    assert "**This was a short run" in answer.text and "What this cannot show" in answer.text
    first = answer.checks[0]
    assert first.found == first.allowed == "22.2% and 30.6%, −8.3 (−16.6 to −0.1)"
    assert [figure.key for figure in answer.figures] == ["trial_of_aid_ways", "trial_of_training_ways"]


def test_every_way_of_comparing_has_an_answer_and_the_ladder_chooses(results):
    ways = pd.read_csv(results / "ways.csv")
    assert len(ways) == len(TRIALS) * len(WAYS) and ways["why_not"].isna().all()
    for _, of in ways.groupby("trial"):
        passed = of[of["passed"] & of["way"].isin(LADDER)]["way"].tolist()
        assert of.loc[of["is_chosen"], "way"].tolist() == [min(passed, key=LADDER.index)]
    training = ways[(ways["trial"] == "training") & ways["is_chosen"]].iloc[0]
    # R's matches and weights of the same table give 1,283.93 as the plain weighted difference (ref_lalonde.json).
    assert training["classic_estimate"] == pytest.approx(1283.930198, abs=1e-5)


def test_the_bundled_tables_are_the_trials():
    aid = pd.read_csv(DATA / "rossi.csv")
    assert len(aid) == 432 and aid.groupby("fin")["arrest"].agg(["sum", "size"]).to_numpy().tolist() == [
        [66, 216],
        [48, 216],
    ]
    assert not {"name", "dob"} & set(aid)
    told = (DATA / "README.md").read_text()
    assert "`rossi.csv`" in told and "Rossi" in told and "licence" in told and "`lalonde.csv`" in told


@pytest.mark.parametrize(
    ("file", "where", "values", "claim"),
    [
        ("draws.csv", {"cell": "by lot", "estimator": "headline"}, {"rejected": 48}, "false findings of the headline"),
        ("draws.csv", {"cell": "by lot", "estimator": "check"}, {"sd_from_crude": 0.01}, "check less unadjusted"),
        ("draws.csv", {"cell": "controls chosen", "estimator": "headline"}, {"bias": 9}, "bias left in the headline"),
        ("draws.csv", {"cell": "controls chosen", "estimator": "crude"}, {"bias": 0.1}, "difference shows it"),
        ("ways.csv", {"trial": "training", "way": LADDER[0]}, {"headline_ci_high": 1700}, "headline estimate of what"),
        ("ways.csv", {"trial": "training", "way": "Unadjusted"}, {"classic_ci_high": 2000}, "not randomised"),
        ("ways.csv", {"trial": "training, before"}, {"headline_ci_low": 10}, "earnings in 1975"),
        ("ways.csv", {"trial": "aid, before"}, {"headline_ci_high": -0.1}, "convictions before prison"),
        ("ways.csv", {"trial": "aid", "way": "Unadjusted"}, {"mean_treated": 0.25}, "as published"),
    ],
)
def test_every_check_can_fail(results, tmp_path, file, where, values, claim):
    for name in FILES:
        (tmp_path / name).write_bytes((results / name).read_bytes())
    frame = pd.read_csv(tmp_path / file)
    here = (frame[list(where)] == pd.Series(where)).all(axis=1)
    assert here.any()
    frame.loc[here, list(values)] = list(values.values())
    frame.to_csv(tmp_path / file, index=False)
    assert any(claim in check.claim for check in PART.answer(tmp_path).failed)
