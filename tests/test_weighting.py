"""Weights instead of matches, and common support: R's results, known properties, and what cannot be solved."""

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import TABLES, cohort, covariates, made, people, r_units, reference, spec_as_r
from scipy.optimize import minimize

from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import entropy_weights, match, odds_weights, overlap_weights
from jdl_toolkit.matching.propensity import fit_propensity
from jdl_toolkit.matching.support import in_support

OUTCOME = {"lalonde": "re78", "syn_small": "reoff"}


def weighted(table: str, method: str):
    sample = match(covariates(table), spec_as_r(matching={"method": method}))
    is_treated, weight = sample.units["is_treated"].to_numpy(), sample.units["weight"].to_numpy()
    y = people(table)[OUTCOME[table]].to_numpy(float)
    att = np.average(y[is_treated], weights=weight[is_treated]) - np.average(
        y[~is_treated], weights=weight[~is_treated]
    )
    return sample, is_treated, weight, att


def balance_of(sample, is_treated: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Difference of weighted means of the model's columns, in standard deviations of the treated."""
    x = sample.design.drop(columns="unit_id").to_numpy(float)
    means = [np.average(x[group], weights=weight[group], axis=0) for group in (is_treated, ~is_treated)]
    return (means[0] - means[1]) / x[is_treated].std(axis=0, ddof=1)


@pytest.mark.parametrize("table", TABLES)
def test_inverse_odds_against_r(table):
    sample, is_treated, weight, att = weighted(table, "ipw")
    r = r_units(table)["ipw_att"].to_numpy()[~is_treated]
    assert weight[~is_treated] / weight[~is_treated].sum() == pytest.approx(r / r.sum(), rel=1e-8)
    estimates = reference(table)["ipw_att"]["estimates"]
    assert att == pytest.approx(estimates["att"], rel=1e-10)
    assert sample.ess_control == pytest.approx(estimates["ess_control"], rel=1e-10)
    assert set(weight[is_treated]) == {1.0} and sample.estimand == "att" and sample.caliper_raw is None


@pytest.mark.parametrize("table", TABLES)
def test_entropy_balancing_against_r(table):
    sample, is_treated, weight, att = weighted(table, "ebal")
    # WeightIt stops with differences of up to 1e-7 standard deviations left; here none are
    assert np.abs(balance_of(sample, is_treated, weight)).max() < 1e-9
    r, estimates = r_units(table)["ebal_att"].to_numpy()[~is_treated], reference(table)["ebal_att"]["estimates"]
    assert weight[~is_treated] / weight.max() == pytest.approx(
        r / r.max() * weight[~is_treated].max() / weight.max(), abs=1e-6
    )
    sd = people(table)[OUTCOME[table]].std()
    assert att / sd == pytest.approx(estimates["att"] / sd, abs=1e-8)
    assert sample.ess_control == pytest.approx(estimates["ess_control"], rel=1e-6)


@pytest.mark.parametrize("table", TABLES)
def test_overlap_weights_balance_the_means_exactly(table):
    # of a logistic score by maximum likelihood (Li, Morgan & Zaslavsky 2018, theorem 3)
    sample, is_treated, weight, _ = weighted(table, "overlap")
    assert np.abs(balance_of(sample, is_treated, weight)).max() < 1e-9
    score = sample.units["score"].to_numpy()
    assert weight[is_treated] == pytest.approx(1 - score[is_treated])
    assert weight[~is_treated] == pytest.approx(score[~is_treated], rel=1e-8)  # the sums agree by themselves
    assert sample.estimand == "ato" and sample.ess_treatment < sample.n_treatment


# -- entropy balancing ------------------------------------------------------------------------------------------------


def primal(x: np.ndarray, is_treated: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The same problem as it is stated: least Σ w log w among the controls under linear constraints."""
    controls = x[~is_treated]
    inside = (strata[~is_treated][:, None] == np.unique(strata)).astype(float)
    share = (strata[is_treated][:, None] == np.unique(strata)).mean(axis=0)
    constraints = np.hstack([controls, inside])
    target = np.r_[x[is_treated].mean(axis=0), share]
    found = minimize(
        lambda w: w @ np.log(w),
        np.full(len(controls), 1 / len(controls)),
        jac=lambda w: 1 + np.log(w),
        bounds=[(1e-12, 1)] * len(controls),
        constraints={"type": "eq", "fun": lambda w: constraints.T @ w - target, "jac": lambda w: constraints.T},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    assert found.success
    return found.x * is_treated.sum()


@pytest.mark.parametrize("n_strata", [1, 3])
def test_entropy_balancing_is_the_nearest_to_equal_weights(n_strata):
    rng = np.random.default_rng(n_strata)
    is_treated = np.arange(90) < 30
    x = rng.normal(size=(90, 2)) + 0.3 * is_treated[:, None]
    strata = rng.integers(0, n_strata, 90)
    weight = entropy_weights(x, is_treated, strata, ["a", "b"])
    assert weight[~is_treated] == pytest.approx(primal(x, is_treated, strata), abs=2e-5)
    for s in range(n_strata):
        inside = strata == s
        assert weight[inside & ~is_treated].sum() == pytest.approx((inside & is_treated).sum(), rel=1e-12)
    assert (weight[~is_treated] @ x[~is_treated]) / 30 == pytest.approx(x[is_treated].mean(axis=0), abs=1e-9)


def test_strata_are_indicators_among_the_columns():
    rng = np.random.default_rng(3)
    is_treated, strata = np.arange(400) < 80, rng.integers(0, 4, 400)
    x = rng.normal(size=(400, 2)) * [1, 1000] + 0.2 * is_treated[:, None]
    indicators = (strata[:, None] == [1, 2, 3]).astype(float)
    within = entropy_weights(x, is_treated, strata, ["a", "b"])
    columns = np.hstack([x, indicators])
    among = entropy_weights(columns, is_treated, np.zeros(400, dtype=int), ["a", "b", "1", "2", "3"])
    assert within == pytest.approx(among, rel=1e-7)
    # collinear columns and constants change nothing
    more = np.hstack([columns, columns[:, :1] * 2 - 1, np.ones((400, 1))])
    again = entropy_weights(more, is_treated, np.zeros(400, dtype=int), list("ab123cd"))
    assert again == pytest.approx(among, rel=1e-7)


def test_entropy_balancing_names_what_cannot_be_balanced():
    rng = np.random.default_rng(4)
    is_treated, one = np.arange(200) < 40, np.zeros(200, dtype=int)
    x = rng.normal(size=(200, 2))
    beyond = x + [[0, 9]] * is_treated[:, None]
    with pytest.raises(JDLError, match="above all in: b") as refused:
        entropy_weights(beyond, is_treated, one, ["a", "b"])
    assert "leave these covariates out" in str(refused.value)
    # each mean within the range of the controls, but not both together: the treated lie beside a narrow band
    x[:, 1] = x[:, 0] + np.where(is_treated, 0.5, rng.uniform(-0.1, 0.1, 200))
    with pytest.raises(JDLError, match="no weights of the controls"):
        entropy_weights(x, is_treated, one, ["a", "b"])
    # within the range of all controls, but half the weight must come from a stratum whose controls lie far off
    strata = np.arange(200) % 2
    x = np.where(is_treated, 0.0, np.where(strata == 0, 2.0, -1.0) + rng.uniform(0, 1, 200))[:, None]
    assert np.isfinite(entropy_weights(x, is_treated, one, ["a"])).all()
    with pytest.raises(JDLError, match="no weights of the controls"):
        entropy_weights(x, is_treated, strata, ["a"])


def test_entropy_balancing_at_the_edge_of_what_is_possible():
    # half the treated at 1, which one control alone has: it gets half of all weight
    x = np.r_[np.zeros(5), np.ones(5), np.zeros(99), 1.0][:, None]
    weight = entropy_weights(x, np.arange(110) < 10, np.zeros(110, dtype=int), ["rare"])
    assert weight[-1] == pytest.approx(5) and weight[10:-1] == pytest.approx(np.full(99, 5 / 99))


def test_far_but_possible_means_are_reached():
    rng = np.random.default_rng(5)
    is_treated = np.arange(5050) < 50
    x = rng.normal(size=(5050, 3)) + 1.6 * is_treated[:, None]
    weight = entropy_weights(x, is_treated, np.zeros(5050, dtype=int), list("abc"))
    assert (weight[~is_treated] @ x[~is_treated]) / 50 == pytest.approx(x[is_treated].mean(axis=0), abs=1e-9)


# -- strata, extremes, support --------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ipw", "overlap", "ebal"])
def test_weights_agree_within_exact_strata(method):
    units = cohort(5)
    sample = match(made(units), spec(matching={"method": method, "exact": ["region"]}))
    found = sample.units.merge(units[["unit_id", "region"]], on="unit_id")
    sums = found.groupby(["region", "is_treated"])["weight"].sum().unstack()
    assert sums[False].to_numpy() == pytest.approx(sums[True].to_numpy(), rel=1e-9)
    assert np.ptp(found.loc[found["region"] == "Mid", "n_matches"].to_numpy()) > 0
    assert (found["weight"] > 0).all() and not len(sample.dropped)


@pytest.mark.parametrize("method", ["radius", "nearest", "ipw", "overlap", "ebal"])
def test_a_stratum_without_one_of_the_groups_is_left_out_with_the_reason(method):
    units = cohort(6)
    north = units["region"] == "North"
    units["region"] = np.where(north & units["is_treated"], "Mid", units["region"])
    units["court"] = np.where(north, "Crown", "Local")
    # taken apart by two covariates together, so that neither sets anybody aside: only their stratum does
    units.loc[units["is_treated"].to_numpy().nonzero()[0][:5], "court"] = "Crown"
    units.loc[(~units["is_treated"]).to_numpy().nonzero()[0][:40], "region"] = "North"
    sample = match(made(units), spec(matching={"method": method, "exact": ["region", "court"]}))
    found = sample.units.merge(units[["unit_id", "region", "court"]], on="unit_id")
    groups = found.groupby(["region", "court"])["is_treated"].agg(["any", "all"])
    alone = found.set_index(["region", "court"]).index.isin(groups[~groups["any"] | groups["all"]].index)
    assert alone.any() and (found.loc[alone, "weight"] == 0).all()
    assert set(found.loc[alone, "why"]) == {"no_counterpart"}
    assert (found.loc[~alone, "why"] != "no_counterpart").all()


def test_few_controls_with_most_of_the_weight_are_said():
    units = cohort(7).drop(columns="region")
    calm = match(made(units), spec(matching={"method": "ipw"}))
    assert not any("handful" in m for m in calm.messages)
    units["copas_rate"] = np.where(units["is_treated"], units["copas_rate"] + 2.6, units["copas_rate"])
    extreme = match(made(units), spec(matching={"method": "ipw"}))
    assert any("handful of controls" in m for m in extreme.messages)
    assert extreme.ess_control < 20 < calm.ess_control


def test_an_error_of_entropy_balancing_names_covariates_as_readers_know_them():
    units = cohort(10)
    units["copas_rate"] = np.where(units["is_treated"], units["copas_rate"] + 9, units["copas_rate"])
    units.loc[0, "copas_rate"] = 0.0
    with pytest.raises(JDLError, match="above all in: Copas rate\n") as refused:
        match(made(units, copas_rate="Copas rate"), spec(matching={"method": "ebal"}))
    assert refused.value.problems[0].where == "matching.method, ebal"


def test_odds_beyond_all_bounds():
    logit = np.array([0.0, 900.0, 890.0, 5.0, np.nan])
    weight = odds_weights(logit, np.array([True, False, False, False, False]), np.zeros(5, dtype=int))
    assert weight == pytest.approx([1, 1 / (1 + np.exp(-10)), 1 / (1 + np.exp(10)), 0, 0])
    assert overlap_weights(logit, np.arange(5) < 1, np.zeros(5, dtype=int)).sum() == pytest.approx(1.0)
    given = made(cohort(8))
    far = fit_propensity(given, spec())
    far.logit[0] = 900.0
    with pytest.raises(JDLError, match="some odds are too large"):
        match(given, spec(matching={"scale": "odds"}), propensity=far)


scores = st.lists(st.tuples(st.integers(-5, 5).map(float) | st.just(np.nan), st.booleans()), min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(scores, st.sampled_from(["none", "range"]), st.sampled_from([0, 0.01, 0.2]))
def test_common_support_is_the_definition(rows, rule, trim):
    logit, is_treated = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    inside = in_support(logit, is_treated, rule, trim)
    p = 1 / (1 + np.exp(-logit))
    left = [not np.isnan(x) and trim <= e <= 1 - trim for x, e in zip(logit, p, strict=True)]
    for i in range(len(rows)):
        others = [logit[j] for j in range(len(rows)) if left[j] and is_treated[j] != is_treated[i]]
        mine = left[i] and (rule == "none" or (bool(others) and min(others) <= logit[i] <= max(others)))
        assert inside[i] == mine


@pytest.mark.parametrize("method", ["radius", "nearest", "ipw", "overlap", "ebal"])
def test_people_off_support_are_left_out_of_every_method_and_the_score_stays(method):
    given, choices = made(cohort(9)), {"method": method, "common_support": "range", "trim": 0.01}
    sample = match(given, spec(matching=choices))
    plain = match(given, spec(matching={"method": method}))
    logit, is_treated = sample.units["logit"].to_numpy(), sample.units["is_treated"].to_numpy()
    inside = in_support(logit, is_treated, "range", 0.01)
    assert ((sample.units["why"] == "off_support") == ~inside).all()
    assert (sample.units.loc[~inside, "weight"] == 0).all() and 0 < inside.sum() < len(inside)
    assert np.array_equal(logit, plain.units["logit"]) and sample.caliper_raw == plain.caliper_raw
    assert (not is_treated[~inside].any()) or any("outside the common support" in m for m in sample.messages)


@pytest.mark.parametrize("method", ["radius", "nearest", "ipw", "overlap", "ebal"])
def test_nobody_on_support_is_a_result(method):
    units = pd.DataFrame({"unit_id": range(40), "is_treated": np.arange(40) < 4, "age": np.arange(40) % 7})
    sample = match(made(units), spec(matching={"method": method, "trim": 0.49}))
    assert sample.n_treatment_matched == sample.n_control == 0 and sample.ess_control == 0
    assert set(sample.dropped["reason"]) == {"off_support"}
