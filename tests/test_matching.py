"""Matching: R's scores and weights to the digit; the invariants of a good match; outcomes refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import RADIUS_RUNS, TABLES, cohort, covariates, made, r_units, reference, spec_as_r

from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import MatchedSample, match, radius_weights
from jdl_toolkit.matching.propensity import fit_propensity
from jdl_toolkit.matching.regression import Link, fit_firth, fit_glm, sort_columns


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("run", RADIUS_RUNS)
def test_radius_weights_against_r(table, run):
    scale, caliper_sd, caliper_raw = RADIUS_RUNS[run]
    sample = match(covariates(table), spec_as_r(matching={"scale": scale}), caliper_sd, caliper_raw=caliper_raw)
    r, units = reference(table)[run], r_units(table)
    assert sample.caliper_raw == pytest.approx(r["caliper"], rel=1e-9)
    assert sample.n_treatment_matched == r["n_treated_matched"]
    assert len(sample.unmatched_treated) == r["n_treated_unmatched"]
    assert sample.n_control == r["n_control_used"]
    weight = sample.units["weight"].to_numpy()
    assert np.abs(weight - units[run]).max() < 1e-13  # sums of up to 185 fractions 1/k
    is_treated = sample.units["is_treated"]
    assert (weight[~is_treated] ** 2).sum() == pytest.approx(r["sum_w2"], rel=1e-12)
    assert sample.ess_control == pytest.approx(r["estimates"]["ess_control"], rel=1e-12)
    k = sample.units.loc[is_treated, "n_matches"]
    assert np.array_equal(k, units.loc[is_treated, f"{run}_k"].fillna(0))


@pytest.mark.parametrize(("table", "exact"), [("lalonde", "race"), ("syn_small", "sex")])
def test_radius_within_exact_strata_against_r(table, exact):
    given, r = covariates(table), reference(table)["radius_logit_02sd_exact"]
    fitted = fit_propensity(given, spec_as_r())
    is_treated = given.units["is_treated"].to_numpy()
    strata = pd.factorize(given.units[exact])[0]
    weight, n_matches = radius_weights(fitted.logit, is_treated, r["caliper"], strata)
    assert np.abs(weight - r_units(table)["radius_logit_02sd_exact"]).max() < 1e-13
    assert int((weight[is_treated] > 0).sum()) == r["n_treated_matched"]
    if exact == "sex":
        through_spec = match(given, spec_as_r(matching={"exact": ["sex"]}), 0.2)
        assert np.array_equal(through_spec.units["weight"], weight)


def slow_radius(score, is_treated, caliper, strata):
    """The definition, pair by pair."""
    near = np.abs(score[is_treated][:, None] - score[~is_treated][None, :]) <= caliper
    near &= strata[is_treated][:, None] == strata[~is_treated][None, :]
    k = near.sum(axis=1)
    weight, n_matches = np.zeros(len(score)), np.zeros(len(score), dtype=int)
    weight[is_treated], n_matches[is_treated] = k > 0, k
    weight[~is_treated] = (near / np.maximum(k, 1)[:, None]).sum(axis=0)
    n_matches[~is_treated] = near.sum(axis=0)
    return weight, n_matches


tenths = st.integers(-30, 30).map(lambda i: i / 10)  # many ties, and differences exactly on the caliper
groups = st.lists(st.tuples(tenths | st.just(float("nan")), st.booleans(), st.integers(0, 2)), min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(groups, st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.7, 2.5]))
def test_radius_weights_are_the_definition(rows, caliper):
    score, is_treated, strata = (np.array(column) for column in zip(*rows, strict=True))
    weight, n_matches = radius_weights(score, is_treated, caliper, strata)
    slow_weight, slow_n = slow_radius(score, is_treated, caliper, strata)
    assert np.array_equal(n_matches, slow_n)
    assert weight == pytest.approx(slow_weight, abs=1e-12)
    assert weight[~is_treated].sum() == pytest.approx(weight[is_treated].sum(), abs=1e-9)
    assert np.array_equal(weight > 0, n_matches > 0)  # nobody who serves nobody keeps a rounding rest as weight


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.01, 0.1, 0.2]))
def test_a_match_is_good_and_the_order_of_rows_does_not_matter(seed, caliper):
    units = cohort(seed, n_treatment=20, n_pool=150)
    sample = match(made(units), spec(), caliper)
    shuffled = match(made(units.sample(frac=1, random_state=seed)), spec(), caliper)
    pd.testing.assert_frame_equal(sample.units, shuffled.units, check_exact=True)
    assert_good_match(sample)


def assert_good_match(sample: MatchedSample) -> None:
    units = sample.units
    treated, pool = units[units["is_treated"]], units[~units["is_treated"]]
    assert set(treated["weight"]) <= {0.0, 1.0}
    assert pool["weight"].sum() == pytest.approx(treated["weight"].sum(), rel=1e-12)
    # a control gets at most the whole of each it serves; a sum of shares may end a rounding above a whole number
    assert (pool["weight"] <= pool["n_matches"] * (1 + 1e-12)).all()
    gap = np.abs(treated["logit"].to_numpy()[:, None] - pool["logit"].to_numpy()[None, :])
    assert np.array_equal((gap <= sample.caliper_raw).sum(axis=1), treated["n_matches"])
    assert np.array_equal((gap <= sample.caliper_raw).any(axis=0), pool["weight"] > 0)
    assert sorted(units["unit_id"]) == list(units["unit_id"])


@pytest.mark.parametrize(
    "column",
    ["reoffended", "n_reoffences", "days_to_first", "offence_date", "proven_date", "first_reoffence_class", "outcome"],
)
def test_an_outcome_is_refused(column):
    units = cohort(1).assign(**{column: 0})
    with pytest.raises(JDLError, match="must not see outcomes") as refused:
        match(made(units), spec())
    assert column in str(refused.value)


def test_covariates_with_similar_names_are_no_outcomes():
    names = ["previous_offences", "offences_last_two_years", "age_first_offence", "index_offence_group", "needs_ogrs3"]
    rng = np.random.default_rng(5)
    units = cohort(1).assign(**{n: rng.normal(size=1560) for n in names})
    assert set(names) <= set(match(made(units), spec()).design.columns)


def test_all_faults_of_a_frame_are_said_at_once():
    units = cohort(2).assign(seen=pd.Timestamp("2012-01-01"), rate=np.inf)
    with pytest.raises(JDLError) as refused:
        match(made(units), spec())
    assert [p.where for p in refused.value.problems] == ["covariates, seen", "covariates, rate"]
    with pytest.raises(JDLError, match="occurs more than once"):
        match(made(pd.concat([cohort(2), cohort(2).head(1)])), spec())


def test_exact_covariate_that_is_not_there():
    with pytest.raises(JDLError, match="index_disposal"):
        match(made(cohort(3)), spec(matching={"exact": ["index_disposal"]}))


def test_treated_far_from_everybody_stay_unmatched():
    units = cohort(4)
    far = units["is_treated"] & (units.index == 0)
    units.loc[far, "copas_rate"] = 12.0
    sample = match(made(units), spec(), 0.05)
    assert units.loc[far, "unit_id"].item() in sample.unmatched_treated
    assert any("no comparable control" in m for m in sample.messages)
    assert sample.n_treatment_matched == sample.n_treatment - len(sample.unmatched_treated)


def test_a_matched_sample_is_saved_and_read_back(tmp_path):
    units = cohort(6).assign(region=["Isle", *["North", "Mid", "South"] * 519, "Mid", "Isle"])
    sample = match(made(units), spec())
    sample.save(tmp_path / "matched")
    back = MatchedSample.load(tmp_path / "matched")
    pd.testing.assert_frame_equal(back.units, sample.units)
    for field in dataclasses.fields(sample):
        if not isinstance(getattr(sample, field.name), pd.DataFrame):
            assert getattr(back, field.name) == getattr(sample, field.name)


# -- regression -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "family"), [(Link.logit, sm.families.Binomial()), (Link.log, sm.families.Poisson()), (Link.identity, None)]
)
def test_weighted_fits_against_statsmodels(link, family):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 3)) * [1, 100, 0.01] + [0, 5000, 1]
    eta = 0.5 * x[:, 0] - 0.004 * (x[:, 1] - 5000)
    noisy = eta + rng.logistic(size=400)
    y = {Link.logit: noisy > 0, Link.log: rng.poisson(np.exp(eta)), Link.identity: noisy}[link].astype(float)
    weights = rng.exponential(size=400)
    fit = fit_glm(x, y, link, weights)
    theirs = sm.GLM(y, sm.add_constant(x), family=family, var_weights=weights).fit(tol=1e-14, maxiter=200)
    assert [fit.intercept, *fit.coefficients] == pytest.approx(theirs.params, rel=1e-7)
    assert fit.predict(x) == pytest.approx(theirs.fittedvalues, rel=1e-9, abs=1e-9)
    assert not fit.is_separated


@pytest.mark.parametrize("link", [Link.logit, Link.log])
def test_separation_is_recognised(link):
    x = np.column_stack([np.arange(60) % 4 == 0, np.random.default_rng(1).normal(size=60)]).astype(float)
    y = np.where(x[:, 0] == 1, 0.0, np.arange(60) % 2)
    assert fit_glm(x, y, link).is_separated
    y[0] = 1.0
    assert not fit_glm(x, y, link).is_separated
    assert fit_glm(x, np.zeros(60), link).is_separated


def test_strong_covariates_and_rare_treatment_are_no_separation():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20_000, 3))
    y = (2.5 * x[:, 0] - 9 + rng.logistic(size=20_000) > 0) * 1.0
    assert 10 < y.sum() < 200
    assert not fit_glm(x, y, Link.logit).is_separated


@pytest.mark.parametrize("cells", [(0, 12, 30, 50), (3, 9, 20, 60), (0, 40, 25, 0)])
def test_firth_is_half_a_person_in_each_cell_of_a_fourfold_table(cells):
    # for one 0/1 covariate Firth's estimate is that of the table with 1/2 added to each cell (Firth 1993)
    a, b, c, d = cells
    y = np.repeat([1.0, 0.0, 1.0, 0.0], cells)
    x = np.repeat([1.0, 1.0, 0.0, 0.0], cells)[:, None]
    fit = fit_firth(x, y)
    assert fit.intercept == pytest.approx(np.log((c + 0.5) / (d + 0.5)), rel=1e-8)
    assert fit.coefficients[0] == pytest.approx(np.log((a + 0.5) * (d + 0.5) / (b + 0.5) / (c + 0.5)), rel=1e-8)


def test_sorting_keeps_the_first_of_a_collinear_set():
    rng = np.random.default_rng(4)
    a, b = rng.normal(1000, 1, 50), rng.normal(size=50)
    x = np.column_stack([np.full(50, 7.0), a, 3 * a - 2, b, a - 5 * b + 1, b + 1e-3 * rng.normal(size=50)])
    found = sort_columns(x)
    assert (found.kept, found.constant, found.combined) == ([1, 3, 5], [0], {2: [1], 4: [1, 3]})
