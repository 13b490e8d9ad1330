"""The matching part: its sums are right, its claims fail when they should, its words follow its numbers."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jdl_toolkit.inference import estimate
from jdl_toolkit.matching import match
from jdl_toolkit.validation import matching
from jdl_toolkit.validation.chance import FALSE_ALARM, share_bounds
from jdl_toolkit.validation.headline import covariates_of, default_spec
from jdl_toolkit.validation.matching import cells
from jdl_toolkit.validation.matching.cells import BASES, CELLS, HIDDEN, MATCHING, MEASURED, SHORT, SIDE_BY_SIDE
from jdl_toolkit.validation.matching.checks import checks_of, wrong_sign
from jdl_toolkit.validation.matching.flip import Series
from jdl_toolkit.validation.matching.results import estimates_of, hidden_of, write_results
from jdl_toolkit.validation.part import Effort
from jdl_toolkit.validation.parts import PARTS
from jdl_toolkit.validation.people import draw_people
from jdl_toolkit.validation.study import random_stream, read_replications, run_study

N = 400
TRIED = "60x2000-strong-none"


def drawn(n: int = N, cells=tuple(CELLS)) -> pd.DataFrame:
    """What replications would look like of a toolkit that is all it should be, from normal draws."""
    frames = [_of_cell(cell, CELLS[cell], np.random.default_rng(i), n) for i, cell in enumerate(cells)]
    return pd.concat(frames, ignore_index=True)


def _of_cell(cell, world, rng, n):
    se = 0.47 * np.sqrt(1 / world.n_treated + 2 / world.n_pool)
    truth = world.effect + (0.005 * rng.standard_normal(n) if world.grows else np.zeros(n))
    columns = {"cell": cell, "replication": np.arange(n), "is_balanced": True, "n_matched": world.n_treated}
    hidden = 0.0
    if world.is_confounded:
        changes = np.log(world.hidden_outcome) / 5
        gap = np.log(world.hidden_selection) / 4
        hidden = changes * gap
        columns |= {"p_treated": 0.5 + gap, "p_control": 0.5, "outcome_difference": changes}
        columns |= {"ratio_outcome": 1.4, "ratio_treatment": 1.5, "odds_factor": 1.6, "strongest_measured": 0.03}
        columns |= {"e_ratio": 0.9, "e_limit": 1.2, "lambda_interval": 1.1, "gamma": 1.1}
    error = se * rng.standard_normal(n)
    for i, name in enumerate(SIDE_BY_SIDE):
        estimate = truth + hidden + error + (0.1 if name == "crude" else 0.0002 * i)
        low, high = estimate - 1.96 * se, estimate + 1.96 * se
        values = {"truth": truth, "estimate": estimate, "se": se, "ci_low": low, "ci_high": high}
        values["p_value"] = 2 * stats.norm.sf(np.abs(estimate) / se)
        columns |= {f"{name}_{key}": value for key, value in values.items()}
    if world.is_confounded:
        columns |= {f"without_{k}": columns[f"headline_{k}"] - hidden for k in ("estimate", "ci_low", "ci_high")}
    if world.effect:
        promised = stats.norm.sf(1.96 - np.abs(truth) / se)
        columns |= {"power_people": promised, "power_worth": promised}
    return pd.DataFrame(columns)


def answer_of(replications, folder):
    write_results(replications, folder, Effort(), dict.fromkeys(CELLS, N))
    return matching.answer(folder)


@pytest.fixture(scope="module")
def everything():
    return drawn()


@pytest.fixture(scope="module")
def sound(everything, tmp_path_factory):
    return answer_of(everything, tmp_path_factory.mktemp("sound"))


# -- the cells ------------------------------------------------------------------------------------------------------


def test_the_cells_are_what_is_promised():
    assert len(CELLS) == 20 and set(MATCHING.replications.values()) == {1_000}
    assert {w.n_treated for w in CELLS.values()} == {30, 60, 100, 257, 1_000, 5_000}
    assert {w.effect for w in CELLS.values()} == {0.0, -0.02, -0.05, -0.10}
    assert {w.selection for w in CELLS.values()} == {"weak", "middle", "strong"}
    assert {w.n_pool for w in CELLS.values()} >= {1_000, 33_000} and sum(w.grows for w in CELLS.values()) == 2
    assert {w.hidden_selection for w in HIDDEN.values()} == {1.5, 2, 3} and set(SHORT) < set(CELLS)
    for name, cell in BASES.items():  # the series begins where nothing is hidden, everything else being the same
        plain = {dataclasses.replace(HIDDEN[f"1000x10000-hidden-{o:g}-{name}"], hidden_selection=1, hidden_outcome=1)
                 for o in cells.ODDS}  # fmt: skip
        assert plain == {MEASURED[cell]}
    assert matching.PART in PARTS


def test_a_replication_knows_the_truth_and_what_was_hidden():
    """Found by hand from the people drawn, for a cell with each."""
    name = "1000x10000-hidden-3-5"
    (row,) = cells.replicate(CELLS[name], random_stream(1, name, 0))
    assert row["headline_truth"] == pytest.approx(-0.05) and row["is_balanced"] and row["n_matched"] > 950
    assert 0.15 < row["outcome_difference"] < 0.25 and 0.2 < row["p_treated"] - row["p_control"] < 0.32
    less = row["outcome_difference"] * (row["p_treated"] - row["p_control"])
    assert row["headline_estimate"] - row["without_estimate"] == pytest.approx(less)
    assert row["tipping_zero"] == row["headline_estimate"] and row["odds_factor"] == pytest.approx(2, abs=0.02)
    assert 0.7 < row["power_worth"] < row["power_people"] < 0.95
    assert row["ratio_treatment"] == pytest.approx(row["p_treated"] / row["p_control"])
    assert row["strongest_measured"] > 0.01
    grows = "257x5000-strong-grows"
    (row,) = cells.replicate(CELLS[grows], random_stream(1, grows, 0))
    assert row["headline_truth"] < -0.06 and row["crude_truth"] < -0.06
    assert "p_treated" not in row and row["crude_estimate"] > row["headline_estimate"]


@pytest.mark.parametrize("cell", ["60x5000-middle-10", "257x5000-strong-grows"])
def test_without_the_chance_of_outcomes_the_headline_is_the_truth(cell):
    """With each person's probability for an outcome, what is planted is what is estimated, in every single draw."""
    people, spec = draw_people(CELLS[cell], random_stream(9, cell, 0)), default_spec("ebal")
    matched = match(covariates_of(people), spec, 0.2)
    found = estimate(people.p, matched.design, matched, "share", spec)
    served = people.is_treated & (matched.units["weight"].to_numpy(float) > 0)
    truth = people.effect[served].mean()
    for name in ("headline", "check"):
        assert found[name]["estimate"] == pytest.approx(truth, abs=1e-5)
    assert abs(found["classic"]["estimate"] - truth) > 1e-4


# -- for real -------------------------------------------------------------------------------------------------------


def test_a_standard_error_of_half_the_size_is_found_out(tmp_path, monkeypatch):
    """Sixty replications of one cell, by the toolkit's own functions: with intervals half as long, and put right."""
    real, n = cells.estimate, matching.SHORT_REPLICATIONS
    monkeypatch.setattr(cells, "estimate", lambda *given: (found := real(*given)) | {"headline": _halved(found)})
    run_study(MATCHING, tmp_path / "replications", [TRIED], n, 1, 5)
    matching.sum_up(tmp_path, Effort(short=True, seed=5))
    found = matching.answer(tmp_path / "results")
    assert [c.holds for c in found.checks if c.claim.startswith("Coverage of the headline: ")] == [False]
    assert [c.claim for c in found.failed if not c.claim.startswith(("Coverage", "Type I"))] == []
    about = json.loads((tmp_path / "results" / "about.json").read_text("utf-8"))
    assert about["seed"] == 5 and about["short"] and about["replications"][TRIED] == n
    assert about["tried"] == {"cells": 1, "replications": n} and len(about["wanted"]) == len(SHORT)
    assert "not finished: 60 of 360 repetitions" in found.text and "This is a short study" in found.text
    assert sum(path.stat().st_size for path in (tmp_path / "results").iterdir()) < 60_000
    rows = read_replications(tmp_path / "replications")
    shrink(rows, 2)  # as they were
    put_right = answer_of(rows, tmp_path / "right")
    assert put_right.failed == () and put_right.checks[1].claim == "Coverage of the headline, all cells together"


def _halved(found):
    head = found["headline"]
    half = (head["ci_high"] - head["estimate"]) / 2
    return head | {"ci_low": head["estimate"] - half, "ci_high": head["estimate"] + half, "se": head["se"] / 2}


# -- summing up -----------------------------------------------------------------------------------------------------


def test_sums_by_hand():
    """Four replications with a truth of their own each; one more in which nobody could be matched."""
    rows = drawn(5, ("257x5000-strong-grows",))
    for name in SIDE_BY_SIDE:
        rows[f"{name}_truth"] = [-0.05, -0.10, -0.05, -0.05, np.nan]
        rows[f"{name}_estimate"] = [-0.10, -0.10, 0.10, 0.00, np.nan]
        rows[f"{name}_ci_low"], rows[f"{name}_ci_high"] = (
            rows[f"{name}_estimate"] - 0.06,
            rows[f"{name}_estimate"] + 0.06,
        )
    rows["n_matched"] = [257, 257, 29, 257, 0]
    rows["is_balanced"] = [True, False, True, True, False]
    found = estimates_of(rows).set_index("estimator").loc["headline"]
    assert (found["n"], found["n_without"], found["n_open"], found["n_open_covered"]) == (4, 1, 2, 2)
    assert found["truth"] == pytest.approx(-6.25) and found["bias"] == pytest.approx(
        100 * (-0.05 + 0 + 0.15 + 0.05) / 4
    )
    assert found["n_covered"] == 3 and found["coverage"] == 75  # 0.10 ± 0.06 does not hold −0.05
    assert (found["n_conclusive"], found["n_reduction"], found["n_increase"], found["n_wrong"]) == (3, 2, 1, 1)
    assert found["exaggeration"] == pytest.approx((2 + 1 + 2) / 3)
    assert found["exaggeration_mcse"] == pytest.approx(np.std([2, 1, 2], ddof=1) / np.sqrt(3))


def test_sums_of_what_was_hidden_by_hand():
    rows = drawn(4, ("1000x10000-hidden-2-none",))
    rows["headline_estimate"], rows["without_estimate"] = [-0.03, -0.02, -0.04, -0.03], [-0.01, 0.0, -0.02, 0.01]
    rows["headline_ci_low"], rows["headline_ci_high"] = [-0.05] * 4, [-0.01, 0.01, -0.01, -0.01]
    rows["without_ci_low"], rows["without_ci_high"] = [-0.03] * 4, [0.01, 0.02, -0.001, 0.03]
    rows["e_limit"], rows["lambda_interval"] = [1.6, 1.5, 1.4, 1.0], [1.7, 1.65, 1.0, np.nan]
    rows["gamma"] = [np.nan, 2.1, 1.9, np.nan]
    found = hidden_of(rows).iloc[0]
    assert (found["bias"], found["less_bias"]) == pytest.approx((-3.0, -0.5)) and found["n_less_covered"] == 3
    assert (found["n_reduction"], found["n_increase"]) == (3, 0)
    assert (found["n_over_e"], found["n_over_lambda"], found["n_over_gamma"]) == (1, 2, 1)  # 1.5 itself is no more
    assert found["e_limit"] == pytest.approx(1.4)  # of the three that are conclusive
    assert list(hidden_of(drawn(4, (TRIED,))).columns[:2]) == ["cell", "odds"]


def test_where_a_series_reaches_a_value():
    series = Series((1.0, 2.0, 4.0), (0.0, -1.0, -3.0), (0.0, 0.5, 1.0), (0.0, 0.0, 0.0))
    assert series.odds_at(series.bias, -2.0) == pytest.approx(2 * np.sqrt(2))
    assert series.odds_at(series.reduction, 0.25) == pytest.approx(np.sqrt(2))
    assert series.odds_at(series.bias, -4.0) is None


# -- what is allowed ------------------------------------------------------------------------------------------------


def test_bounds_are_those_of_the_binomial():
    for n, level in ((60, 1e-3), (1_000, 1e-4)):
        low, high = share_bounds(n, 0.95, level)
        assert stats.binom.cdf(round(low * n) - 1, n, 0.95) <= level / 2 < stats.binom.cdf(round(low * n), n, 0.95)
        assert stats.binom.sf(round(high * n), n, 0.95) <= level / 2
    assert share_bounds(60, 0.95, 1e-3)[1] == 1


def test_wrong_signs_that_chance_allows():
    assert wrong_sign(0.05) == pytest.approx(0.025, abs=1e-6)  # no effect: either side is as likely
    z, d = stats.norm.isf(0.025), 1.3
    assert wrong_sign(stats.norm.sf(z - d) + stats.norm.sf(z + d)) == pytest.approx(stats.norm.sf(z + d))


def test_a_sound_toolkit_passes(sound):
    assert sound.failed == () and sound.not_tried == () and len(sound.checks) > 60
    assert "Matching puts right what is recorded" in sound.text and "not finished" not in sound.text
    assert "**Intervals hold" in sound.text and "bounds on hidden bias are right" in sound.text


def test_the_claims_share_one_small_chance(sound):
    """Each is held to its part: a p-value that one claim alone would call remarkable passes."""
    n_claims = len(sound.checks) - 1  # but for that of being finished
    low, _ = share_bounds(N, 0.95, FALSE_ALARM / n_claims)
    (check,) = (c for c in sound.checks if c.claim == "Coverage of the headline: 60 v 2,000, strong, no effect")
    assert check.allowed.startswith(f"{100 * low:.1f} to") and low < share_bounds(N, 0.95, 0.05)[0]


def off(name, column, by):
    """Move a column of the headline (or others) of one cell."""

    def change(rows):
        rows.loc[rows["cell"] == name, column] += by

    return change


def shrink(rows, factor=0.5, prefix="headline", cells=None):
    here = slice(None) if cells is None else rows["cell"].isin(cells)
    middle = rows.loc[here, f"{prefix}_estimate"]
    for limit in ("ci_low", "ci_high"):
        rows.loc[here, f"{prefix}_{limit}"] = middle + factor * (rows.loc[here, f"{prefix}_{limit}"] - middle)


def biased(rows):
    for part in ("estimate", "ci_low", "ci_high"):
        off("5000x20000-weak-none", f"headline_{part}", 0.004)(rows)


def backwards(rows):
    """A tenth of the findings of one cell with their sign turned."""
    here = rows.index[rows["cell"] == "1000x10000-middle-5"][: N // 10]
    rows.loc[here, "headline_estimate"] = 0.05
    rows.loc[here, ["headline_ci_low", "headline_ci_high"]] = [0.02, 0.08]


def crude_is_right(rows):
    for part in ("estimate", "ci_low", "ci_high"):
        rows[f"crude_{part}"] = rows[f"headline_{part}"]


FAULTS = {
    "halved": (shrink, "Coverage of the headline, all cells together", "**Intervals do not hold"),
    "a little short": (
        lambda rows: shrink(rows, 0.92),
        "Coverage of the headline, all cells together",
        "Intervals do not",
    ),
    "a little long": (
        lambda rows: shrink(rows, 1.12),
        "Coverage of the headline, all cells together",
        "Intervals do not",
    ),
    "short in one cell": (
        lambda rows: shrink(rows, 0.7, cells=["100x1000-middle-none"]),
        "Coverage of the headline: 100 v 1,000, middle, no effect",
        "Intervals do not",
    ),
    "type I": (
        lambda rows: shrink(rows, 0.85, cells=[c for c, w in MEASURED.items() if not w.effect]),
        "Type I error",
        "It does not find what it should",
    ),
    "biased": (biased, "Bias of the headline: 5,000 v 20,000, weak, no effect", "The headline is biased"),
    "promised": (off("60x5000-middle-10", "power_worth", 0.2), "Power of the headline", "promises more than is kept"),
    "backwards": (backwards, "wrong sign", "the wrong way too often"),
    "blind": (crude_is_right, "The study knows a wrong answer", ""),
    "formula": (
        off("1000x10000-hidden-2-5", "without_estimate", 0.01),
        "Bias of the headline, what nobody recorded taken off",
        "are not right",
    ),
    "formula's interval": (
        lambda rows: shrink(rows, 0.6, "without", ["1000x10000-hidden-3-none"]),
        "Coverage of the headline, what nobody recorded taken off",
        "are not right",
    ),
    "E-value": (off("1000x10000-hidden-2-none", "e_limit", 0.5), "The E-value of the interval claims", "not right"),
    "lambda": (off("1000x10000-hidden-2-none", "lambda_interval", 0.6), "The factor Λ of the interval", "not right"),
    "gamma": (off("1000x10000-hidden-3-none", "gamma", 2.0), "The factor Γ of the interval claims", "not right"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_claim_can_fail(fault, everything, tmp_path, monkeypatch):
    change, claim, words = FAULTS[fault]
    rows = everything.copy()
    change(rows)
    monkeypatch.setattr(matching, "figures_of", lambda *given: ())  # for time
    found = answer_of(rows, tmp_path)
    failed = [check for check in found.failed if claim in check.claim]
    assert failed and all(check.why and check.found and check.allowed for check in failed)
    assert words in found.text


# -- what is shown --------------------------------------------------------------------------------------------------


def test_what_is_printed_is_what_was_found(sound, everything):
    summed = estimates_of(everything).set_index(["cell", "estimator"])
    tables = {table.key: table for table in sound.tables}
    assert list(tables) == [
        f"matching-{t}" for t in ("bias", "coverage", "type-i", "power", "signs", "hidden", "bounds")
    ]
    first = tables["matching-coverage"].rows[0]
    assert first[0] == "30 v 1,000, weak, no effect"
    assert first[1:5] == tuple(f"{summed.loc[('30x1000-weak-none', e), 'coverage']:.1f}" for e in SIDE_BY_SIDE)
    assert len(tables["matching-bias"].rows) == 14 and len(tables["matching-power"].rows) == 8
    assert tables["matching-power"].rows[-1][0] == "1,000 v 10,000, middle, −5 growing with risk"
    assert len(tables["matching-signs"].rows) == 11 and len(set(tables["matching-hidden"].groups)) == 2
    mean = 100 * summed.xs("headline", level=1).loc[list(MEASURED), "n_covered"].sum() / (14 * N)
    assert f"{mean:.1f} per cent held the true effect" in sound.text
    assert [figure.key for figure in sound.figures] == [
        f"matching-{f}" for f in ("bias", "coverage", "power", "hidden")
    ]
    for figure in sound.figures:
        assert figure.svg.startswith("<svg") and len(figure.alt) > 40 and figure.data
        assert not re.search(r"nan|-0\.0\b|not available", figure.alt)
    assert not re.search(r"\bnan\b|not available", sound.text + str(tables["matching-bounds"]))


def test_a_study_that_was_stopped_says_so(tmp_path):
    """With some cells only: nothing is claimed of the others, and nothing falls over."""
    found = answer_of(drawn(30, list(CELLS)[:3]), tmp_path)
    assert [check.claim for check in found.not_tried] == [
        "Every repetition asked for is in",
        "The study knows a wrong answer: coverage of the crude comparison, cells of 257 treated or more",
    ]
    assert "90 of 8,000 repetitions are in" in found.text and "What nobody recorded can turn" not in found.text
    assert [figure.key for figure in found.figures] == ["matching-bias", "matching-coverage", "matching-power"]
    one = answer_of(drawn(30, (BASES["none"],)), tmp_path / "one")
    assert [figure.key for figure in one.figures] == ["matching-bias", "matching-coverage"]
    hidden = answer_of(drawn(30, list(HIDDEN)), tmp_path / "hidden")
    assert hidden.figures == () and "bounds on hidden bias are right" in hidden.text


def test_claims_are_none_without_results():
    nothing = pd.DataFrame(columns=["cell", "estimator"])
    assert checks_of(nothing, pd.DataFrame(columns=["cell", "odds", "n"])) == ()
