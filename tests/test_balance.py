"""Balance: R's numbers to the digit; the lights; the caliper that is chosen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import RADIUS_RUNS, TABLES, cohort, covariates, made, r_units, reference, spec_as_r

from jdl_toolkit.balance import Balance, assess_balance, choose_caliper, ecdf_distances, measure_balance, smd
from jdl_toolkit.errors import CouldNotBeAnswered
from jdl_toolkit.matching import match
from jdl_toolkit.matching.design import expand_levels

STATISTICS = {
    "mean_treatment": "mean_t",
    "mean_control": "mean_c",
    "smd_treated": "smd_sd_treated",
    "smd_pooled": "smd_sd_pooled",
    "var_ratio": "var_ratio",
    "ecdf_max": "ecdf_max",
    "ecdf_mean": "ecdf_mean",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("run", [None, "radius_logit_02sd_exact", "ipw_att", *RADIUS_RUNS])
def test_every_statistic_against_r(table, run):
    units = covariates(table).units
    columns, _ = expand_levels(units, {})
    weights = np.ones(len(units)) if run is None else r_units(table)[run].to_numpy()
    (found,) = measure_balance(columns.to_numpy(), units["is_treated"].to_numpy(), weights)
    found = found.set_index(columns.columns)
    theirs = pd.DataFrame(reference(table)[run or "unadjusted"]["balance"]).T.astype(float)
    assert set(found.index) == set(theirs.index)
    for ours, name in STATISTICS.items():  # R's weights are written with 17 digits; sums over 3,000 people
        np.testing.assert_allclose(found[ours], theirs.loc[found.index, name], rtol=1e-10, atol=1e-12, err_msg=ours)


@pytest.mark.parametrize("table", TABLES)
def test_balance_of_a_match_against_r(table):
    matched = match(covariates(table), spec_as_r(), 0.2)
    balance = assess_balance(covariates(table), matched, spec_as_r())
    theirs = reference(table)["radius_logit_02sd"]["balance"]
    names = [f"{r.covariate}={r.level}" if r.level else r.covariate for r in balance.rows.itertuples()]
    assert names == list(theirs)
    smd_after = [r["smd_sd_pooled"] for r in theirs.values()]
    # our own score here, not R's: it differs by up to 1e-9 and moves nobody in or out of a radius
    assert balance.rows["smd_after"].to_numpy() == pytest.approx(smd_after, abs=1e-12)
    assert balance.worst == pytest.approx(max(map(abs, smd_after)), abs=1e-12)
    before = reference(table)["unadjusted"]["balance"]
    assert balance.rows["smd_before"].to_numpy() == pytest.approx(
        [r["smd_sd_pooled"] for r in before.values()], abs=1e-12
    )
    assert balance.rows["mean_pool"].to_numpy() == pytest.approx([r["mean_c"] for r in before.values()], rel=1e-12)
    assert balance.passed and balance.n_red == 0
    assert balance.n_amber == {"lalonde": 2, "syn_small": 0}[table]


def test_smd_by_hand():
    # treated 1, 3 (mean 2, variance 2); pool 0, 2, 4, 6 (mean 3, variance 20/3)
    x = np.array([1, 3, 0, 2, 4, 6], float)[:, None]
    is_treated = np.arange(6) < 2
    assert smd(x, is_treated)[0] == pytest.approx(-1 / np.sqrt((2 + 20 / 3) / 2))
    assert smd(x, is_treated, denominator="treated")[0] == pytest.approx(-1 / np.sqrt(2))
    # after weighting the mean of the pool is 2, the denominator stays
    assert smd(x, is_treated, np.array([1, 1, 1, 0, 1, 0]))[0] == 0
    assert smd(x, is_treated, np.array([1, 1, 0, 0, 2, 0]))[0] == pytest.approx(-2 / np.sqrt((2 + 20 / 3) / 2))


def test_smd_of_shares_by_hand():
    x = np.array([1, 0, 0, 0, 1, 1, 1, 0], float)[:, None]  # 1 of 4 against 3 of 4, both variances 3/16
    assert smd(x, np.arange(8) < 4)[0] == pytest.approx(-0.5 / np.sqrt(3 / 16))


def test_smd_where_nothing_varies():
    is_treated = np.array([True, True, True, False, False, False])
    same, apart = np.full((6, 1), 0.1), is_treated[:, None].astype(float)
    weights = np.array([1, 1, 1, 0.1, 0.3, 0.7])  # a weighted mean of 0.1 is not exactly 0.1
    assert smd(same, is_treated, weights)[0] == 0
    assert smd(apart, is_treated, weights)[0] == np.inf


def test_distance_between_distributions_by_hand():
    x = np.array([1.0, 2, 3, 2, 3, 4])
    # steps of treated 1/3 2/3 1 1, of pool 0 1/3 2/3 1 at the values 1 2 3 4
    is_treated, once = np.arange(6) < 3, np.ones(6)
    # with the pool's 3 weighted twice: 0 1/4 3/4 1
    twice = np.array([1, 1, 1, 1, 2, 1])
    assert ecdf_distances(x, is_treated, once, twice) == [
        pytest.approx((1 / 3, (1 / 3 + 1 / 3 + 1 / 3) / 4)),
        pytest.approx((5 / 12, (1 / 3 + 5 / 12 + 1 / 4) / 4)),
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_balance_does_not_see_scale_or_order(seed):
    rng = np.random.default_rng(seed)
    x, is_treated, weights = rng.normal(size=(40, 2)), np.arange(40) % 3 == 0, rng.random(40) + 0.01
    (found,) = measure_balance(x, is_treated, weights)
    order = rng.permutation(40)
    (again,) = measure_balance(x[order] * 1000 + 7, is_treated[order], weights[order])
    columns = ["smd_pooled", "smd_treated", "var_ratio", "ecdf_max", "ecdf_mean"]
    np.testing.assert_allclose(found[columns], again[columns], rtol=1e-7, atol=1e-9)
    assert (found["ecdf_max"] >= found["ecdf_mean"]).all() and (found["ecdf_max"] <= 1).all()


def fixed_match(units: pd.DataFrame, control_weight: np.ndarray) -> SimpleNamespace:
    weight = np.where(units["is_treated"], 1.0, control_weight)
    return SimpleNamespace(units=units[["unit_id", "is_treated"]].assign(weight=weight), merged={}, method="radius")


@pytest.mark.parametrize(
    ("share", "light"), [(0.5, "green"), (0.524, "green"), (0.526, "amber"), (0.549, "amber"), (0.551, "red")]
)
def test_lights(share, light):
    # half of both unweighted groups is in the level: the denominator is 1/2, so the difference counts twice
    units = pd.DataFrame({"unit_id": range(400), "is_treated": np.arange(400) < 200, "x": np.arange(400) % 2})
    weight = np.where(units["x"] == 1, share, 1 - share)
    balance = assess_balance(made(units, x="Employed"), fixed_match(units, weight), spec())
    row = balance.rows.iloc[0]
    assert row["smd_after"] == pytest.approx(-2 * (share - 0.5))
    assert (row["light"], row["label"], row["smd_before"]) == (light, "Employed", 0)
    assert balance.passed is (light != "red")
    assert (balance.n_red, balance.n_amber) == (int(light == "red"), int(light == "amber"))


def test_every_level_is_in_the_gate():
    units = cohort(20).assign(nationality="British")
    units.loc[[1, 2, *range(300, 340)], "nationality"] = "Irish"
    units.loc[[3, 4, 5, *range(340, 380)], "nationality"] = "Polish"
    units.loc[range(400, 420), "nationality"] = "French"  # nobody treated
    given = made(units, region="Region", nationality="Nationality")
    balance = assess_balance(given, match(given, spec()), spec())
    rows = balance.rows.groupby("covariate", sort=False)["level"].apply(list)
    assert rows["region"] == ["Mid", "North", "South"]  # the reference level, Mid, too
    assert rows["nationality"] == ["British", "French", "other levels"]
    assert rows["age"] == [""]
    french = balance.rows.set_index("level").loc["French"]
    assert french["smd_before"] < 0 and french["smd_after"] == 0
    assert french["label"] == "Nationality: French"


def test_balance_is_saved_and_read_back(tmp_path):
    given = covariates("lalonde")
    balance = assess_balance(given, match(given, spec_as_r()), spec_as_r())
    balance.save(tmp_path / "balance")
    back = Balance.load(tmp_path / "balance")
    pd.testing.assert_frame_equal(back.rows, balance.rows, check_dtype=False)
    assert (back.worst, back.passed) == (balance.worst, True)
    assert repr(balance) == "Balance passed: 7 green, 2 amber, 0 red; worst difference 9.1%"


# -- the ladder of calipers -------------------------------------------------------------------------------------------


def test_the_widest_caliper_that_balances_is_chosen():
    given = covariates("lalonde")
    chosen, balance, tried = choose_caliper(given, spec_as_r(matching={"calipers": [0.05, 3.0, 0.2]}))
    assert tried["caliper"].tolist() == [3.0, 0.2]  # widest first; none is tried after one that balances
    assert (tried["n_red"] > 0).tolist() == [True, False]
    assert chosen.caliper_sd == 0.2 and balance.passed
    assert tried["worst_smd"].iloc[-1] == pytest.approx(balance.worst, abs=1e-14)
    assert tried["n_matched"].iloc[-1] == 184
    assert tried["ess"].iloc[-1] == pytest.approx(106.507094496873)


def test_the_best_caliper_is_kept_but_the_gate_is_closed_when_none_balances():
    given = covariates("lalonde")
    # entropy balancing agrees to rounding only, and no difference may be left at all
    strict = spec_as_r(matching={"calipers": [3.0, 0.2, 0.05]}, balance={"green_up_to": 1e-30, "amber_up_to": 1e-30})
    chosen, balance, tried = choose_caliper(given, strict)
    assert tried["method"].tolist() == ["radius"] * 3 + ["ebal"] and not balance.passed and balance.n_red > 0
    assert tried["chosen"].sum() == 1 and not tried["chosen"].iloc[-1]
    by_radius = tried[tried["method"] == "radius"]
    assert chosen.caliper_sd == by_radius.loc[by_radius["worst_smd"].idxmin(), "caliper"]
    assert balance.worst == pytest.approx(by_radius["worst_smd"].min(), abs=1e-14)


def test_nobody_comparable_ends_the_request():
    units = cohort(21, n_treatment=15, n_pool=15)
    narrow = spec(matching={"calipers": [1e-9]})
    with pytest.raises(CouldNotBeAnswered, match="no treated person has a comparable control"):
        choose_caliper(made(units), narrow)
