"""Studies of the methods: the truth is planted exactly, nothing depends on how a study is run, the sums are right."""

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from jdl_toolkit.errors import JDLError
from jdl_toolkit.inference.bootstrap import bootstrap as of_toolkit
from jdl_toolkit.inference.estimation import ESTIMATES, Kind
from jdl_toolkit.matching import match
from jdl_toolkit.validation import bootstrap, hostile, leak_hunt, workbooks
from jdl_toolkit.validation import study as running
from jdl_toolkit.validation.__main__ import main
from jdl_toolkit.validation.bootstrap import BOOTSTRAP
from jdl_toolkit.validation.faults import suite
from jdl_toolkit.validation.headline import (
    CELLS,
    FALLBACK,
    HEADLINE,
    covariates_of,
    default_spec,
    replicate,
    replicate_fallback,
)
from jdl_toolkit.validation.matching.cells import MATCHING
from jdl_toolkit.validation.people import BASE_RATE, LEAST_RISK, World, _rules, draw_people, hidden_strength
from jdl_toolkit.validation.picture import coverage_picture
from jdl_toolkit.validation.study import random_stream, read_replications, run_study
from jdl_toolkit.validation.summary import BOUND, as_table, measure, summarise

RECORDS = Path(__file__).resolve().parent.parent / "docs" / "decisions"
SMALL = "30x1000-weak-none"


def run(out, **how):
    run_study(HEADLINE, out, [SMALL], **({"replications": 6, "workers": 1, "seed": 7} | how))
    return read_replications(out)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Six replications in one process, in one file."""
    out = tmp_path_factory.mktemp("whole")
    return out, run(out, block=6)


# -- the truth ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("truth", ["logistic", "curved"])
def test_the_effect_is_planted_exactly(truth):
    people = draw_people(World(40_000, 60_000, "strong", -0.05, truth=truth), np.random.default_rng(1))
    treated, pool = people.is_treated, ~people.is_treated
    assert (treated.sum(), pool.sum()) == (40_000, 60_000)
    np.testing.assert_allclose(people.p[treated] - people.p0[treated], -0.05, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(people.p[pool], people.p0[pool])
    assert people.p0.min() >= LEAST_RISK and people.p.min() >= 0 and people.p.max() <= 1
    for group in (treated, pool):  # reoffending follows the probabilities: 4 standard errors
        se = np.sqrt((people.p[group] * (1 - people.p[group])).sum()) / group.sum()
        assert people.reoffended[group].mean() == pytest.approx(people.p[group].mean(), abs=4 * se)


def test_the_world_is_as_described():
    people = draw_people(World(30, 60_000, "weak", 0.0), np.random.default_rng(2))
    pool = ~people.is_treated
    assert people.p0[pool].mean() == pytest.approx(BASE_RATE, abs=0.005)
    assert roc_auc_score(people.reoffended[pool], people.p0[pool]) == pytest.approx(0.75, abs=0.01)
    frame = people.frame()
    assert list(frame.columns[:2]) == ["unit_id", "is_treated"] and frame.shape == (60_030, 14)
    assert abs(np.corrcoef(frame["unit_id"], frame["is_treated"])[0, 1]) < 0.02  # treated stand anywhere


@pytest.mark.parametrize(("selection", "auc"), [("weak", 0.64), ("middle", 0.705), ("strong", 0.755)])
def test_selection_is_logistic_and_as_strong_as_described(selection, auc):
    """In case-control samples the slopes of the logistic selection are those of the population."""
    people = draw_people(World(20_000, 40_000, selection, 0.0), np.random.default_rng(3))
    spread = people.x.std(axis=0)
    fit = LogisticRegression(C=np.inf).fit(people.x / spread, people.is_treated)
    assert roc_auc_score(people.is_treated, fit.decision_function(people.x / spread)) == pytest.approx(auc, abs=0.01)
    rule = _rules(World(20_000, 40_000, selection, 0.0)).leaning
    slopes = rule.factor * rule.direction / rule.spread * spread
    np.testing.assert_allclose(fit.coef_[0], slopes, atol=0.05)  # standard errors are about 0.011
    assert people.p0[people.is_treated].mean() - people.p0[~people.is_treated].mean() > 0.04  # confounded


def test_an_effect_may_grow_with_risk():
    people = draw_people(World(20_000, 20_000, "strong", -0.05, grows=True), np.random.default_rng(4))
    treated = people.is_treated
    np.testing.assert_allclose(people.effect[treated], -0.05 / BASE_RATE * people.p0[treated], rtol=1e-12)
    assert people.effect[treated].mean() < -0.055 and not people.effect[~treated].any() and people.p.min() >= 0


@pytest.mark.parametrize(("selection", "outcome"), [(3.0, 1 / 3), (2.0, 2.0)])
def test_what_nobody_recorded_has_the_odds_ratios_stated(selection, outcome):
    world = World(20_000, 40_000, "middle", 0.0, hidden_selection=selection, hidden_outcome=outcome)
    people = draw_people(world, np.random.default_rng(6))
    spread, pool = people.x.std(axis=0), ~people.is_treated
    seen = np.column_stack([people.x / spread, people.hidden])
    leaning = LogisticRegression(C=np.inf, max_iter=500).fit(seen, people.is_treated).coef_[0, -1]
    risk = LogisticRegression(C=np.inf, max_iter=500).fit(seen, people.reoffended).coef_[0, -1]
    assert (leaning, risk) == pytest.approx((np.log(selection), np.log(outcome)), abs=0.09)  # SE about 0.02
    with_it, without, _ = hidden_strength(world, people.x)
    np.testing.assert_allclose(people.p0, np.where(people.hidden == 1, with_it, without), rtol=1e-12)
    np.testing.assert_allclose(with_it / (1 - with_it) / (without / (1 - without)), outcome, rtol=1e-9)
    assert people.p0.min() >= LEAST_RISK and people.hidden[pool].mean() < 0.5 < people.hidden[~pool].mean()
    rare = hidden_strength(dataclasses.replace(world, n_treated=10, n_pool=100_000), people.x[:1_000])[2]
    assert rare.max() == pytest.approx((1 + selection) / 2, rel=0.01)  # of somebody who has it not, among the rare


@pytest.mark.parametrize("world", [*MATCHING.cells.values(), *CELLS.values()])
def test_no_effect_takes_more_than_there_is(world):
    """Else the effect would be smaller than the one that is called the truth."""
    small = dataclasses.replace(world, n_treated=300, n_pool=300)
    people = draw_people(small, np.random.default_rng(8))
    assert people.p.min() >= 0 and people.p.max() <= 1


def test_worlds_without_it_are_drawn_as_before():
    """Adding to what a world may hold changed no draw."""
    people = draw_people(CELLS[SMALL], random_stream(1, SMALL, 0))
    assert (people.reoffended.sum(), people.reoffended[people.is_treated].sum()) == (338, 13)
    assert people.p0[:2] == pytest.approx([0.2778441689525672, 0.2380254580203815], rel=1e-9)
    assert not people.hidden.any()


# -- running --------------------------------------------------------------------------------------------------------


def test_results_do_not_depend_on_blocks_or_workers(whole, tmp_path):
    pd.testing.assert_frame_equal(run(tmp_path, block=4, workers=2), whole[1])
    assert sorted(p.name for p in (tmp_path / SMALL).glob("*.parquet")) == [
        "000000-000003.parquet",
        "000004-000005.parquet",
    ]


def test_each_replication_is_the_one_with_its_number(whole):
    with threadpool_limits(1):
        rows = pd.DataFrame(replicate(CELLS[SMALL], random_stream(7, SMALL, 3)))
    found = whole[1][whole[1]["replication"] == 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[rows.columns], rows, check_dtype=False)
    draws = {random_stream(*key).random() for key in [(7, SMALL, 3), (7, SMALL, 4), (8, SMALL, 3), (7, "other", 3)]}
    assert len(draws) == 4


def test_goes_on_after_a_kill(whole, tmp_path):
    command = [sys.executable, "-m", "jdl_toolkit.validation", "headline", "--out", str(tmp_path), "--cells", SMALL]
    command += ["--replications", "400", "--workers", "2", "--seed", "7", "--block", "1"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    files, end = tmp_path / SMALL, time.monotonic() + 300
    while not list(files.glob("*.parquet")) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 300
    while _in_session(process.pid) and time.monotonic() < end:  # its processes leave with it
        time.sleep(0.05)
    assert not _in_session(process.pid)
    made = {path.name: path.stat().st_mtime_ns for path in files.glob("*.parquet")}
    assert 0 < len(made) < 400
    (files / ".000000-000399.parquet.half").write_bytes(b"half a file")  # what a kill within a write leaves
    found = run(tmp_path, replications=max(6, len(made)))
    pd.testing.assert_frame_equal(found[found["replication"] < 6], whole[1])
    assert {name: (files / name).stat().st_mtime_ns for name in made} == made  # nothing was run twice


def _in_session(leader: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def test_more_replications_are_added_to_those_there(whole, tmp_path):
    run(tmp_path, replications=3, block=2)
    before = set((tmp_path / SMALL).glob("*.parquet"))
    pd.testing.assert_frame_equal(run(tmp_path, block=4), whole[1])
    assert before < set((tmp_path / SMALL).glob("*.parquet"))


@pytest.mark.parametrize("what", ["seed", "world", "settings", "code", "study"])
def test_other_settings_are_refused(whole, monkeypatch, what):
    study, seed = HEADLINE, 7
    if what == "seed":
        seed = 8
    elif what == "world":
        other = dataclasses.replace(CELLS[SMALL], effect=-0.05)
        study = dataclasses.replace(study, cells=CELLS | {SMALL: other})
    elif what == "settings":
        study = dataclasses.replace(study, settings=lambda: {})
    elif what == "code":
        monkeypatch.setattr(running, "code_digest", lambda parts: "other")
    else:
        study = BOOTSTRAP
    with pytest.raises(JDLError, match="made under other settings") as refusal:
        run_study(study, whole[0], [SMALL], 6, 1, seed)
    assert f"{SMALL} (" in str(refusal.value) and what in str(refusal.value)


def test_the_code_that_results_rest_on_is_found():
    everything = running.code_digest(["matching", "inference", "balance"])
    assert everything == running.code_digest(["balance", "inference", "matching"])
    assert len({everything, running.code_digest(["matching"]), running.code_digest(["balance"])}) == 3
    parts = (suite, workbooks.running, hostile.running, leak_hunt.running)
    for part in (*HEADLINE.rests_on, *BOOTSTRAP.rests_on, *chain.from_iterable(part.RESTS_ON for part in parts)):
        assert running.code_digest([part]) != running.code_digest([])


@dataclasses.dataclass(frozen=True)
class Dice:
    """A world of another kind."""

    sides: tuple[int, ...]


def throw(world, rng):
    return [{"sum": int(sum(rng.integers(1, n, endpoint=True) for n in world.sides))}]


def test_a_study_may_be_of_worlds_of_another_kind(tmp_path):
    cells = {"two": Dice((6, 6)), "one": Dice((2,))}
    dice = running.Study("dice", cells, dict.fromkeys(cells, 30), throw, ("errors.py",), lambda: {"fair": (True,)})
    run_study(dice, tmp_path, workers=1)
    found = read_replications(tmp_path)
    run_study(dice, tmp_path, workers=1, replications=31)  # settings with tuples are known again
    assert len(read_replications(tmp_path)) == 62 and len(found) == 60
    assert (found["sum"] <= found["cell"].map({"one": 2, "two": 12})).all()


def test_unknown_cells_and_empty_folders(tmp_path):
    with pytest.raises(JDLError, match="there is no cell 30x1000"):
        run_study(HEADLINE, tmp_path, ["30x1000"], 1)
    with pytest.raises(JDLError, match="no replications are finished"):
        read_replications(tmp_path)


def test_command_line(whole, tmp_path):
    def call(*words):
        return CliRunner().invoke(main, list(map(str, words)))

    told = " ".join(call("headline", "--help").output.split())
    assert "Example: python -m jdl_toolkit.validation headline --out runs" in told
    table, picture = tmp_path / "t.csv", tmp_path / "p.png"
    shown = call("summary", "headline", whole[0], "--table", table, "--picture", picture)
    assert "| 30 v 1,000, weak, no effect | 6 |" in shown.output
    assert len(pd.read_csv(table)) >= 6 and picture.read_bytes().startswith(b"\x89PNG")
    command = [sys.executable, "-m", "jdl_toolkit.validation", "headline", "--out", str(whole[0]), "--cells", SMALL]
    refused = subprocess.run([*command, "--seed", "8"], capture_output=True, text=True)
    assert refused.returncode == 2 and refused.stderr.startswith("Error: ") and "Traceback" not in refused.stderr


# -- summing up -----------------------------------------------------------------------------------------------------


def test_measures_by_hand():
    found = {
        "estimate": np.array([0.00, -0.04, -0.08, -0.12]),
        "se": np.array([0.01, 0.02, 0.03, 0.02]),
        "ci_low": np.array([-0.02, -0.08, -0.14, -0.16]),
        "ci_high": np.array([0.02, 0.00, -0.02, -0.08]),
        "p_value": np.array([1.0, 0.05, 0.01, 0.001]),
    }
    got = measure(found, -0.05, np.array([0.1, 0.1, 0.1, 0.1]))
    sd = np.sqrt((0.06**2 + 0.02**2) * 2 / 3)
    assert got["bias"] == pytest.approx(-1.0) and got["bias_mcse"] == pytest.approx(100 * sd / 2)
    assert got["sd"] == pytest.approx(100 * sd) and got["sd_mcse"] == pytest.approx(100 * sd / np.sqrt(6))
    assert got["mean_se"] == pytest.approx(2.0)
    assert got["mean_se_mcse"] == pytest.approx(100 * np.sqrt(0.0002 / 3) / 2)
    assert (got["coverage"], got["rejected"]) == (50.0, 50.0)  # p = 0.05 itself does not reject
    assert got["coverage_mcse"] == pytest.approx(25.0)
    assert got["length"] == pytest.approx(8.0) and got["length_ratio"] == pytest.approx(0.8)
    assert got["length_ratio_mcse"] == pytest.approx(np.std([0.04, 0.08, 0.12, 0.08], ddof=1) / 2 / 0.1)
    half = 100 * BOUND * np.sqrt(0.05 * 0.95 / 4)
    assert (got["coverage_low"], got["coverage_high"]) == pytest.approx((95 - half, 100))  # never above 100
    assert not got["within_bounds"]  # 50 per cent of 4 lies below 66.9


def test_rules_are_summed_up_apart_and_failures_counted():
    rows = [
        {"cell": SMALL, "replication": i, "caliper_rule": rule, "worst_smd": smd, "crude_estimate": 0.1}
        | {
            f"{name}_{key}": value if smd < 9 else np.nan
            for name in ESTIMATES
            for key, value in {"estimate": i / 100, "se": 0.1, "ci_low": -1, "ci_high": 1, "p_value": 0.9}.items()
        }
        for i, smd in enumerate([0.05, 0.10, 0.11, 9.0])
        for rule in ("ladder", "widest")
    ]
    found = summarise(pd.DataFrame(rows), CELLS, ESTIMATES)
    headline = found[found["estimator"] == "headline"].set_index("caliper_rule")
    assert headline["n"].to_dict() == {"ladder": 3, "ladder, balanced": 2, "widest": 3}
    assert headline["n_without"].to_dict() == {"ladder": 1, "ladder, balanced": 0, "widest": 1}
    assert headline.loc["ladder", "share_red"] == pytest.approx(100 / 3)
    assert headline["bias"].to_list() == pytest.approx([1.0, 0.5, 1.0])
    assert headline["crude_bias"].to_list() == pytest.approx([10.0] * 3)


def test_bootstrap_is_that_of_the_toolkit(monkeypatch):
    """From arrays alone, and by the function that analyses use: the same draws, the same standard error."""
    monkeypatch.setattr(bootstrap, "DRAWS", 12)
    monkeypatch.setattr(bootstrap, "FEWEST_DRAWS", 12)
    world = World(40, 300, "weak", 0.0)
    people = draw_people(world, random_stream(1, "a", 0))
    monkeypatch.setattr(bootstrap, "draw_people", lambda world, rng: people)  # the stream is left to the draws
    (row,) = bootstrap.replicate(world, np.random.default_rng(5))
    spec = default_spec().variant(seed=5, inference={"bootstrap_draws": 12})
    covariates = covariates_of(people)
    matched = match(covariates, spec, 0.2)
    theirs = of_toolkit(people.reoffended, covariates, matched, Kind.share, spec)
    ours = {key: row[f"bootstrap_{key}"] for key in ("estimate", "se", "ci_low", "ci_high", "p_value")}
    assert ours == pytest.approx({key: theirs[key] for key in ours}, rel=1e-9)
    assert row["n_draws"] == 12


def test_percentiles_are_those_of_the_draws(monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWS", 50)
    monkeypatch.setattr(bootstrap, "FEWEST_DRAWS", 41)
    values = iter([*np.arange(-5, 36) / 100, *[np.nan] * 9])
    monkeypatch.setattr(bootstrap, "headline_of", lambda *arrays: next(values))
    (row,) = bootstrap.replicate(World(40, 300, "weak", 0.0), random_stream(1, "a", 0))
    assert row["n_draws"] == 41  # those without an answer are left out
    assert (row["percentile_ci_low"], row["percentile_ci_high"]) == pytest.approx((-0.04, 0.34))
    assert row["percentile_p_value"] == pytest.approx(2 * 6 / 41)  # six of them are 0 or less
    monkeypatch.setattr(bootstrap, "FEWEST_DRAWS", 42)
    values = iter([*np.arange(-5, 36) / 100, *[np.nan] * 9])
    (row,) = bootstrap.replicate(World(40, 300, "weak", 0.0), random_stream(1, "a", 0))
    assert "bootstrap_se" not in row and "headline_se" in row


def test_fallback_takes_the_place_of_a_red_ladder_only():
    """Of these two draws one balances on the ladder and one does not."""
    name = "30x1000-strong-reduction"
    for number, is_red in ((0, True), (1, False)):
        ladder, fallback = replicate_fallback(CELLS[name], random_stream(1, name, number))
        assert (ladder["caliper_rule"], fallback["caliper_rule"]) == ("ladder", "fallback")
        assert (ladder["worst_smd"] > 0.10) == is_red
        if is_red:
            assert fallback["worst_smd"] < 1e-6 and np.isnan(fallback["caliper"])  # weights by entropy balancing
            assert fallback["headline_estimate"] != ladder["headline_estimate"]
        else:
            assert fallback == ladder | {"caliper_rule": "fallback"}


# -- the record -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("study", "rule"), [(HEADLINE, "ladder"), (FALLBACK, "fallback"), (BOOTSTRAP, "widest")])
def test_the_record_shows_the_table_that_was_measured(study, rule):
    summed = pd.read_csv(RECORDS / f"0025-{study.name}.csv")
    shown = summed[summed["caliper_rule"] == rule]
    assert as_table(shown, study.cells) in (RECORDS / "0025-headline.md").read_text("utf-8")


def test_the_measured_headline_holds():
    """What the record claims, from the figures it was made of."""
    summed = pd.read_csv(RECORDS / "0025-headline.csv")
    ladder = summed[summed["caliper_rule"] == "ladder"]
    headline, classic = (ladder[ladder["estimator"] == name].set_index("cell") for name in ("headline", "classic"))
    assert set(headline.index) == set(CELLS)
    assert (headline.loc[list(CELLS)[:8], "n"] + headline.loc[list(CELLS)[:8], "n_without"] >= 1_000).all()
    assert headline["within_bounds"].all()
    assert (headline.loc[headline["n_pool"] == 33_000, "length_ratio"] < 1).all()
    assert not classic["within_bounds"].all()
    assert coverage_picture(ladder, CELLS).startswith(b"\x89PNG")
    assert re.search(r"\(\.\./images/headline-study\.png\)", (RECORDS / "0025-headline.md").read_text("utf-8"))
