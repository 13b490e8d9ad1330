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
from jdl_toolkit.matching.design import comparable, merge_rare_levels
from jdl_toolkit.matching.propensity import fit_propensity
from jdl_toolkit.matching.regression import Link, fit_firth, fit_glm, independent_columns

# R's fit stops at a relative change of the deviance of 1e-14; both stay within 1e-9 of the exact maximum.
R_SCORE = 5e-9


@pytest.mark.parametrize("table", TABLES)
def test_score_against_r(table):
    fitted, r = fit_propensity(covariates(table), spec_as_r()), reference(table)["propensity"]
    coefficients = dict(
        zip(fitted.coefficients["term"].str.replace("=", ""), fitted.coefficients["estimate"], strict=True)
    )
    assert list(coefficients) == list(r["coef"])
    assert coefficients == pytest.approx(r["coef"], rel=1e-8)
    assert np.abs(fitted.logit - r_units(table)["logit_ps"]).max() < R_SCORE
    assert fitted.score == pytest.approx(r_units(table)["ps"].to_numpy(), rel=R_SCORE)
    assert fitted.messages == ()


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


# -- rare levels --------------------------------------------------------------------------------------------------


def levels(**n_treated: int) -> pd.DataFrame:
    treated = [name for name, n in n_treated.items() for _ in range(n)]
    pool = [name for name in n_treated for _ in range(40)]
    frame = pd.DataFrame({"region": treated + pool})
    return frame.assign(unit_id=range(len(frame)), is_treated=[True] * len(treated) + [False] * len(pool))


@pytest.mark.parametrize(
    ("n_treated", "people_per_parameter", "joined"),
    [
        ({"A": 40, "B": 30, "C": 20}, 5, []),  # nothing is rare
        ({"A": 40, "B": 6, "C": 5, "D": 20}, 5, ["B", "C"]),  # rare levels join each other
        ({"A": 40, "B": 20, "C": 4}, 5, ["B", "C"]),  # one rare level takes the next rarest with it
        ({"A": 40, "B": 4, "C": 3}, 5, ["B", "C"]),  # still few together: the category is kept all the same
        ({"A": 40, "B": 1}, 5, []),  # two levels always stay
        ({"A": 40, "B": 20, "C": 6, "D": 5, "E": 0}, 5, ["C", "D"]),  # no treated people: not comparable, so apart
        ({"A": 12, "B": 11, "C": 13, "D": 14}, 20, ["A", "B"]),  # 50 people, 2 columns at most
        ({"A": 12, "B": 11, "C": 13, "D": 14}, 30, ["A", "B", "C"]),
    ],
)
def test_rare_levels_join(n_treated, people_per_parameter, joined):
    assert merge_rare_levels(levels(**n_treated), 10, people_per_parameter).get("region", []) == joined


def test_the_rarest_level_of_all_categories_joins_first():
    units = levels(A=20, B=15, C=12).assign(group="x")
    units.loc[units.index % 3 == 0, "group"] = "y"
    units.loc[units.index % 10 == 0, "group"] = "z"  # rarer than region B, the next to join there
    assert set(merge_rare_levels(units, 0, 47 / 3)) == {"group"}


def test_joined_levels_are_in_the_model_and_said():
    units = cohort(8).assign(nationality="British")
    for first, nationality in [(0, "Other"), (30, "Irish"), (36, "Polish")]:  # 30, 6 and 6 of the 60 treated
        units.loc[first : first + (29 if first == 0 else 5), "nationality"] = nationality
        units.loc[100 + 5 * first : 199 + 5 * first, "nationality"] = nationality
    sample = match(made(units, nationality="Nationality"), spec())
    assert sample.merged == {"nationality": ["Irish", "Polish"]}
    assert {"nationality=Other", "nationality=other levels"} <= set(sample.design.columns)
    assert any("were joined as “other levels”: Nationality (Irish and Polish)" in m for m in sample.messages)


# -- columns that cannot be estimated -------------------------------------------------------------------------------


def test_collinear_and_constant_columns_leave_with_a_message():
    units = cohort(9)
    units["age_months"] = 12 * units["age"]
    units["both"] = units["age"] + units["copas_rate"]
    units["court"] = "Crown"
    sample = match(made(units, age="Age", age_months="Age in months", both="Both", court="Court"), spec())
    assert list(sample.design.columns[1:]) == ["age", "copas_rate", "employed", "region=North", "region=South"]
    assert "Age in months is left out: it follows from Age." in sample.messages
    assert "Both is left out: it follows from Age and copas_rate." in sample.messages
    assert "Court is left out: it is the same for everybody." in sample.messages
    plain = match(made(cohort(9)), spec())
    assert sample.units["logit"].to_numpy() == pytest.approx(plain.units["logit"].to_numpy(), abs=1e-12)


def test_level_nobody_treated_has_is_set_aside():
    units = cohort(10)
    alone = ~units["is_treated"] & (np.arange(len(units)) % 7 == 0)
    units.loc[alone, "region"] = "Wales"
    sample = match(made(units, region="Region"), spec())
    rows = sample.units.set_index("unit_id").loc[units.loc[alone, "unit_id"]]
    assert (rows["weight"] == 0).all() and (rows["score"] == 0).all() and rows["logit"].isna().all()
    assert any("set aside, because of: Region" in m for m in sample.messages)
    # maximum likelihood tends to just this: the others' scores are those of a fit without these people
    without = match(made(units[~alone]), spec())
    pd.testing.assert_frame_equal(
        sample.units[~sample.units["unit_id"].isin(units.loc[alone, "unit_id"])].reset_index(drop=True), without.units
    )


def test_treated_whom_nobody_in_the_pool_resembles_are_set_aside():
    units = cohort(11)
    units["hostel"] = (units["is_treated"] & (units.index < 5)).astype(int)
    sample = match(made(units), spec())
    assert set(units.loc[units["hostel"] == 1, "unit_id"]) <= set(sample.unmatched_treated)
    assert "hostel" not in sample.design.columns


def test_setting_aside_is_repeated():
    # nobody treated has a = 1; among those left nobody treated has b = 1
    x = np.array([[0, 0], [0, 0], [0, 0], [1, 0], [0, 1], [1, 1]], float)
    within, columns = comparable(x, np.array([True, True, False, False, False, False]))
    assert within.tolist() == [True, True, True, False, False, False]
    assert columns == [0, 1]


def test_covariate_that_tells_the_groups_apart_is_an_error():
    units = cohort(12).assign(on_programme=lambda u: u["is_treated"].astype(int))
    with pytest.raises(JDLError, match="On the programme"):
        match(made(units, on_programme="On the programme"), spec())
    with pytest.raises(JDLError, match="one of the groups is empty"):
        match(made(cohort(12)[lambda u: u["is_treated"]]), spec())


def test_separation_by_a_combination_takes_firths_penalty():
    units = cohort(13, n_treatment=40)
    n = len(units)
    a, b = np.arange(n) % 2, np.arange(n) % 3 == 0
    units["a"] = np.where(units["is_treated"], a, a & ~b)
    units["b"] = np.where(units["is_treated"], np.where(a == 1, b, 1), (1 - a) & b)  # treated a + b ≥ 1, pool ≤ 1
    sample = match(made(units), spec())
    assert any("Firth" in m for m in sample.messages)
    assert sample.coefficients["estimate"].abs().max() < 50
    assert sample.units["logit"].notna().all()
    assert sample.n_treatment_matched > 0
    assert not any("Firth" in m for m in match(made(cohort(13, n_treatment=40)), spec()).messages)


def test_unknown_numbers_get_the_mean_and_a_column():
    units = cohort(14)
    units.loc[units.index % 9 == 0, "copas_rate"] = np.nan
    sample = match(made(units, copas_rate="Copas rate"), spec())
    assert "copas_rate=not known" in sample.design.columns
    assert any(m.startswith("Copas rate: where not known") for m in sample.messages)
    filled = sample.design.loc[sample.design["copas_rate=not known"] == 1, "copas_rate"]
    assert filled.to_numpy() == pytest.approx(units["copas_rate"].mean())


def test_few_treated_people_per_column_is_said():
    units = cohort(15, n_treatment=12)
    assert any("fewer than 5 treated people" in m for m in match(made(units), spec()).messages)


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


def test_independent_columns_keep_the_first_of_a_collinear_set():
    rng = np.random.default_rng(4)
    a, b = rng.normal(1000, 1, 50), rng.normal(size=50)
    x = np.column_stack([np.full(50, 7.0), a, 3 * a - 2, b, a - 5 * b + 1, b + 1e-3 * rng.normal(size=50)])
    kept, constant, combined = independent_columns(x)
    assert (kept, constant, combined) == ([1, 3, 5], [0], {2: [1], 4: [1, 3]})
