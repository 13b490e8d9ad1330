"""The propensity score: R's scores to the digit, rare levels, who is set aside, and what is left out."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import TABLES, cohort, covariates, made, r_units, reference, spec_as_r
from scipy import stats
from scipy.interpolate import CubicSpline
from scipy.special import expit

from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import match
from jdl_toolkit.matching.cross_fitting import assign_folds, cross_fitted_scores
from jdl_toolkit.matching.design import comparable, expand_levels, merge_rare_levels
from jdl_toolkit.matching.messages import SAME_SCORE
from jdl_toolkit.matching.overlap import Overlap, concordance, describe_overlap, overlap_coefficient
from jdl_toolkit.matching.propensity import fit_propensity
from jdl_toolkit.matching.selection import choose_stepwise, log_p
from jdl_toolkit.matching.splines import knots_of, natural_spline

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
    assert set(merge_rare_levels(units, 1, 47 / 3)) == {"group"}
    assert merge_rare_levels(units, 0, 47 / 3) == {}  # a setting of 0: none ever joins


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
    seen = comparable(pd.DataFrame(x, columns=["a", "b"]), np.array([True, True, False, False, False, False]))
    assert seen.within.tolist() == [True, True, True, False, False, False]
    assert seen.apart == [0, 1]
    assert seen.varies.tolist() == [False, False]


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
    said = match(made(units), spec()).messages
    assert any("with fewer than 5 people in the treatment group for each" in m for m in said)


def test_separating_covariates_are_named():
    units = cohort(13, n_treatment=40)
    n = len(units)
    a, b = np.arange(n) % 2, np.arange(n) % 3 == 0
    units["a"] = np.where(units["is_treated"], a, a & ~b)
    units["b"] = np.where(units["is_treated"], np.where(a == 1, b, 1), (1 - a) & b)
    messages = match(made(units, a="Hostel", b="Court"), spec()).messages
    assert any("(above all Court and Hostel)" in m for m in messages)
    assert sum("Firth" in m for m in messages) == 1


def test_number_that_tells_the_groups_apart_is_an_error_and_one_that_touches_sets_aside():
    units = cohort(16)
    treated = units["is_treated"]
    with pytest.raises(JDLError, match="Days.*nobody in the pool can be compared"):
        fit_propensity(made(units.assign(days=np.where(treated, 50.0, 5.0) + units.index / 1e4), days="Days"), spec())
    days = np.where(treated, 50.0 + units.index % 3, 50.0 - units.index % 3)  # both groups have 50, nothing else alike
    fitted = fit_propensity(made(units.assign(days=days)), spec())
    by_id = dict(zip(units["unit_id"], days, strict=True))
    assert (np.isnan(fitted.logit) == (fitted.units["unit_id"].map(by_id) != 50)).all()
    assert any("in the treatment group and in the control pool" in m for m in fitted.messages)


def test_without_a_usable_covariate_everybody_has_the_same_score():
    units = cohort(17)[["unit_id", "is_treated"]].assign(court="Crown")
    fitted = fit_propensity(made(units, court="Court"), spec())
    assert fitted.score == pytest.approx(np.full(1560, 60 / 1560), rel=1e-12)
    assert fitted.messages == ("Court is left out: it is the same for everybody.", SAME_SCORE)
    sample = match(made(units), spec(), propensity=fitted)
    assert (sample.n_treatment_matched, sample.n_control) == (60, 1500)
    assert sample.units.loc[~sample.units["is_treated"], "weight"].to_numpy() == pytest.approx(60 / 1500)


def test_covariates_known_of_nobody_are_left_out():
    units = cohort(18).assign(number=np.nan, category=pd.Series([None] * 1560, dtype="str"))
    fitted = fit_propensity(made(units, number="Number", category="Category"), spec())
    assert fitted.messages == (
        "Number is left out: it is not known of anybody.",
        "Category is left out: it is not known of anybody.",
    )
    assert list(fitted.design.columns[1:]) == ["age", "copas_rate", "employed", "region=North", "region=South"]


def test_every_type_of_column_gives_the_score_of_plain_numbers_and_text():
    units = cohort(19)
    units["count"] = np.arange(1560) % 5.0
    plain = fit_propensity(made(units), spec())
    typed = units.assign(
        employed=units["employed"] == 1,
        count=units["count"].astype("Int64"),
        region=pd.Categorical(units["region"], ["South", "Nowhere", "North", "Mid"], ordered=True),
        age=units["age"].astype("Float64"),
        is_treated=units["is_treated"].astype("boolean"),
    )
    fitted = fit_propensity(made(typed), spec())
    assert np.array_equal(fitted.logit, plain.logit)
    assert list(fitted.design.columns) == list(plain.design.columns)


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda u: u.assign(x=np.inf), "x", "infinite"),
        (lambda u: u.assign(x=1e200), "x", "too large"),
        (lambda u: u.assign(x=pd.Timestamp("2012-01-01")), "x", "a number or a category"),
        (lambda u: u.assign(x=1j), "x", "a number or a category"),
        (lambda u: u.assign(x=[f"{i}" for i in range(len(u))]), "x", "more than 1,000 levels"),
        (lambda u: u.rename(columns={"age": 7}), "7", "must be text"),
        (lambda u: pd.concat([u, u[["age"]]], axis=1), "age", "more than one column"),
        (
            lambda u: u.assign(is_treated=u["is_treated"].astype("boolean").mask(u.index == 3)),
            "is_treated",
            "not known",
        ),
        (lambda u: u.assign(is_treated="yes"), "is_treated", "true or false"),
        (lambda u: u.assign(unit_id=u["unit_id"].astype("Int64").mask(u.index == 3)), "unit_id", "not known"),
        (
            lambda u: u.assign(unit_id=u["unit_id"].where(u.index > 3, "a").astype(object)),
            "unit_id",
            "whole numbers, or",
        ),
        (lambda u: u.drop(columns="unit_id"), "", "no column unit_id"),
    ],
)
def test_what_no_score_can_be_made_of_is_refused(change, where, what):
    with pytest.raises(JDLError, match=what) as refused:
        fit_propensity(made(change(cohort(20))), spec())
    assert [p.where for p in refused.value.problems] == [f"covariates, {where}" if where else "covariates"]


def test_faults_of_the_frame_and_of_the_settings_are_said_together():
    asked = {"splines": ["aeg", "region"], "interactions": [["age", "sector"], ["region", "region"]]}
    with pytest.raises(JDLError) as refused:
        fit_propensity(made(cohort(21).assign(rate=np.inf)), spec(covariates=asked))
    assert [p.where for p in refused.value.problems] == [
        "covariates, rate",
        "covariates.splines",
        "covariates.splines",
        "covariates.interactions",
        "covariates.interactions",
    ]
    assert "did you mean age?" in str(refused.value)


def test_one_treated_person_has_a_score_and_people_unlike_are_set_aside():
    units = cohort(22, n_treatment=1)
    fitted = fit_propensity(made(units), spec())
    alone = fitted.units["is_treated"]
    same = (fitted.units[["employed", "region"]] == fitted.units.loc[alone, ["employed", "region"]].iloc[0]).all(axis=1)
    assert np.array_equal(~np.isnan(fitted.logit), same.to_numpy())
    assert np.isfinite(fitted.logit[same]).all()


# -- order and units ------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.permutations(["age", "copas_rate", "employed", "region", "age_months"]))
def test_order_of_rows_and_columns_changes_no_score(seed, order):
    units = cohort(seed, n_pool=400).assign(age_months=lambda u: 12 * u["age"])
    shuffled = units[["is_treated", *order, "unit_id"]].sample(frac=1, random_state=seed)
    one, two = fit_propensity(made(units), spec()), fit_propensity(made(shuffled), spec())
    assert np.abs(one.score - two.score).max() < 1e-12
    assert np.nanmax(np.abs(one.logit - two.logit)) < 1e-10
    rows_only = fit_propensity(made(units.sample(frac=1, random_state=seed)), spec())
    assert np.array_equal(rows_only.logit, one.logit, equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([(1e6, 0.0), (1.0, 1e6), (1e-6, 0.0), (-1e6, 1e6)]),
    st.sampled_from([{}, {"splines": ["age"]}, {"interactions": [["age", "region"]]}]),
)
def test_units_of_a_number_change_no_score(seed, change, asked):
    factor, shift = change
    units = cohort(seed, n_pool=400)
    one = fit_propensity(made(units), spec(covariates=asked))
    two = fit_propensity(made(units.assign(age=units["age"] * factor + shift)), spec(covariates=asked))
    assert np.array_equal(np.isnan(one.logit), np.isnan(two.logit))
    assert np.nanmax(np.abs(one.logit - two.logit)) < 1e-8


def test_a_fit_holds_one_matrix_and_no_copies():
    rng = np.random.default_rng(23)
    n, n_columns = 60_000, 40
    units = pd.DataFrame({f"x{j}": rng.normal(size=n) for j in range(n_columns)})
    units = units.assign(unit_id=np.arange(n), is_treated=np.arange(n) % 100 == 0)
    matrix = 8 * n * n_columns
    tracemalloc.start()
    fitted = fit_propensity(made(units), spec())
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.6 * matrix  # the matrix, and less than as much again for frames and blocks of rows
    assert held < 0.3 * matrix  # numbers of the design share the memory of the covariates
    assert fitted.design.shape == (n, 1 + n_columns)


# -- curves and products --------------------------------------------------------------------------------------------


def test_spline_columns_are_those_of_r():
    # R: lm(weight ~ ns(height, df = 5), data = women), an example in the manual of the package splines
    height = np.arange(58.0, 73.0)
    weight = np.array([115, 117, 120, 123, 126, 129, 132, 135, 139, 142, 146, 150, 154, 159, 164])
    x = np.column_stack([np.ones(15), natural_spline(height, knots_of(height, 5)).T])
    found = np.linalg.lstsq(x, weight, rcond=None)[0]
    assert found == pytest.approx([114.7447, 15.9474, 25.1695, 33.2582, 50.7894, 45.0363], abs=5e-5)


@pytest.mark.parametrize("df", [2, 4, 10])
def test_splines_span_the_natural_cubic_splines_and_go_on_as_lines(df):
    rng = np.random.default_rng(24)
    values = rng.gamma(2, 5, 500)
    knots = knots_of(values, df)
    assert len(knots) == df + 1 and np.array_equal(knots, np.quantile(values, np.linspace(0, 1, df + 1)))
    theirs = CubicSpline(knots, np.eye(df + 1), bc_type="natural")(values)
    ours = np.column_stack([np.ones(500), natural_spline(values, knots).T])
    rest = theirs - ours @ np.linalg.lstsq(ours, theirs, rcond=None)[0]
    assert np.abs(rest).max() < 1e-9
    beyond = natural_spline(knots[-1] + np.array([0.0, 1.0, 2.0, 3.0]), knots)
    assert np.abs(np.diff(beyond, 2)).max() < 1e-9


def test_curve_enters_the_score_and_balance_keeps_the_number():
    units = cohort(25)
    fitted = fit_propensity(made(units), spec(covariates={"splines": ["age"], "spline_df": 3}))
    curve = [f"age spline {i}" for i in (1, 2, 3)]
    assert list(fitted.design.columns[1:5]) == [*curve, "copas_rate"]
    theirs = sm.GLM(
        fitted.units["is_treated"].astype(float),
        sm.add_constant(fitted.design.iloc[:, 1:].astype(float)),
        family=sm.families.Binomial(),
    ).fit(tol=1e-14)
    assert fitted.score == pytest.approx(theirs.fittedvalues.to_numpy(), rel=1e-8)
    assert list(expand_levels(fitted.units, fitted.merged)[0])[:2] == ["age", "copas_rate"]


def test_counts_have_curves_of_fewer_columns():
    units = cohort(26).assign(previous=lambda u: np.where(u.index % 10 < 6, 0.0, u.index % 7))
    fitted = fit_propensity(
        made(units, previous="Previous", employed="Work"), spec(covariates={"splines": ["previous", "employed"]})
    )
    assert fitted.messages[:2] == (
        "Work has too few different values for a curve and enters the score as a line.",
        "Previous: so many people share a value that its curve has 2 columns, not 4.",
    )
    assert {"previous spline 1", "previous spline 2", "employed"} <= set(fitted.design)


def test_products_are_those_of_the_columns():
    units = cohort(27, n_treatment=200)
    asked = {"interactions": [["age", "region"], ["region", "age"], ["region", "employed"], ["age", "age"]]}
    design = fit_propensity(made(units), spec(covariates=asked)).design
    names = [
        "age × region=North",
        "age × region=South",
        "region=North × employed",
        "region=South × employed",
        "age × age",
    ]
    assert list(design.columns[6:]) == names
    for name in names:
        left, right = (design[part] - (design[part].mean() if part == "age" else 0) for part in name.split(" × "))
        assert design[name].to_numpy() == pytest.approx(
            (left * right).to_numpy(), abs=1e-12
        )  # numbers about their mean


def test_product_that_only_one_group_has_is_left_out():
    units = cohort(28, n_treatment=200).assign(flag=lambda u: u.index % 2)
    units.loc[units["is_treated"] & (units["flag"] == 1), "region"] = "Mid"  # no treated person is flagged in the North
    fitted = fit_propensity(made(units, flag="Flag"), spec(covariates={"interactions": [["flag", "region"]]}))
    assert "Flag × region: North is left out: it would tell the groups apart." in fitted.messages
    assert not any("Firth" in m for m in fitted.messages) and np.isfinite(fitted.logit).all()


# -- stepwise choice ------------------------------------------------------------------------------------------------


def slow_stepwise(x, y, columns_of, enter, leave):
    """The definition: every model fitted by statsmodels, every test by its p-value."""

    def loglik(terms):
        columns = sorted(j for t in terms for j in columns_of[t])
        return (
            sm.GLM(y, sm.add_constant(x[:, columns], has_constant="add"), family=sm.families.Binomial())
            .fit(tol=1e-13)
            .llf
        )

    def p(larger, smaller):
        df = sum(len(columns_of[t]) for t in larger - smaller)
        return stats.chi2.sf(2 * (loglik(larger) - loglik(smaller)), df)

    chosen, before = frozenset(), None
    while chosen != before:
        before = chosen
        entering = min(((p(chosen | {t}, chosen), t) for t in columns_of if t not in chosen), default=(1, ""))
        chosen = chosen | {entering[1]} if entering[0] < enter else chosen
        while chosen:
            leaving = max((p(chosen, chosen - {t}), t) for t in chosen)
            if leaving[0] <= leave:
                break
            chosen = chosen - {leaving[1]}
    return chosen


@pytest.mark.parametrize("seed", range(6))
def test_stepwise_choice_is_the_definition(seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(600, 8))
    z[:, 1] = z[:, 0] + z[:, 2] + 0.3 * rng.normal(size=600)  # enters for two others, and leaves when both are in
    y = (0.8 * z[:, 0] + 0.8 * z[:, 2] + 0.4 * z[:, 4] - 1.5 + rng.logistic(size=600) > 0).astype(float)
    columns_of = {"a": [0], "b": [1], "c": [2], "d": [3, 4], "e": [5], "f": [6, 7]}
    asked = spec(covariates={"selection": "stepwise"})
    chosen = choose_stepwise(z, y, columns_of, asked)
    assert set(chosen) == slow_stepwise(z, y, columns_of, 0.05, 0.10)
    backwards = {t: [7 - j for j in js] for t, js in reversed(columns_of.items())}
    assert set(choose_stepwise(z[:, ::-1].copy(), y, backwards, asked)) == set(chosen)


def test_equal_covariates_are_chosen_by_name():
    table = [(0, 0, 100, 10), (1, 1, 100, 40), (0, 1, 10, 3), (1, 0, 10, 3)]  # the same for both: a, b, people, treated
    x = np.array([(a, b) for a, b, n, _ in table for _ in range(n)], float)
    y = np.array([i < n_treated for _, _, n, n_treated in table for i in range(n)], float)
    asked = spec(covariates={"selection": "stepwise"})
    assert choose_stepwise(x, y, {"first": [0], "second": [1]}, asked) == ["first"]
    assert choose_stepwise(x, y, {"second": [0], "first": [1]}, asked) == ["first"]
    assert choose_stepwise(x[::-1], y[::-1], {"second": [0], "first": [1]}, asked) == ["first"]


def test_selection_says_what_it_left_out_and_keeps_exact_covariates():
    units = cohort(30, n_treatment=200, n_pool=3000).assign(noise=lambda u: np.sin(u.index))
    labels = {"noise": "Noise", "region": "Region"}
    asked = {"selection": "stepwise"}
    free = fit_propensity(made(units, **labels), spec(covariates=asked))
    assert not {"noise", "region=North"} & set(free.design) and "copas_rate" in free.design
    assert any(m.startswith("Stepwise selection") and "Region and Noise" in m for m in free.messages)
    exact = fit_propensity(made(units, **labels), spec(covariates=asked, matching={"exact": ["region"]}))
    assert {"region=North", "region=South"} <= set(exact.design)
    assert list(free.units)[2:] == ["age", "copas_rate", "employed", "region", "noise"]  # balance is judged on them all


def test_product_enters_only_after_its_covariates():
    rng = np.random.default_rng(31)
    z = rng.normal(size=(1500, 2))
    y = (1.2 * z[:, 0] * z[:, 1] - 1 + rng.logistic(size=1500) > 0).astype(float)
    x = np.column_stack([z, z[:, 0] * z[:, 1]])
    columns_of, parents = {"a": [0], "b": [1], "a × b": [2]}, {"a × b": ("a", "b")}
    asked = spec(covariates={"selection": "stepwise", "enter_below": 1e-6, "leave_above": 1e-6})
    assert choose_stepwise(x, y, columns_of, asked, parents) == []
    assert choose_stepwise(x, y, columns_of, asked, parents, stay=["a", "b"]) == ["a", "b", "a × b"]


@pytest.mark.parametrize("df", [1, 2, 7])
def test_log_p_goes_on_where_p_is_nought(df):
    for statistic in (0.0, 0.3, 10.0, 600.0):
        assert log_p(statistic, df) == pytest.approx(stats.chi2.logsf(statistic, df), rel=1e-10, abs=1e-12)
    border = stats.chi2.isf(1e-280, df)
    near, far = log_p(border * (1 - 1e-9), df), log_p(border * (1 + 1e-9), df)
    assert near > far and far == pytest.approx(near, rel=1e-7)
    assert log_p(1e5, df) == pytest.approx(-5e4, rel=1e-3) and log_p(1e5, df) > log_p(1e5 + 1, df)


# -- overlap --------------------------------------------------------------------------------------------------------


def test_overlap_is_described_in_shares_and_quantiles():
    logit = np.array([0.0, 1.0, 2.0, 9.0, -5.0, 0.5, 1.0, 1.5, np.nan])
    units = pd.DataFrame({"is_treated": [True] * 4 + [False] * 5})
    found = describe_overlap(SimpleNamespace(units=units, logit=logit))
    treatment, pool = found.rows.to_dict("records")
    assert (treatment["n"], treatment["share_set_aside"], treatment["share_outside"]) == (4, 0.0, 0.5)  # 2 and 9
    assert (pool["n"], pool["share_set_aside"], pool["share_outside"]) == (
        5,
        0.2,
        pytest.approx(0.4),
    )  # -5, and no score
    assert treatment["q50"] == pytest.approx((expit(1) + expit(2)) / 2)
    assert found.concordance == pytest.approx(stats.mannwhitneyu(logit[:4], logit[4:8]).statistic / 16)
    assert "50.0% of treated people and 40.0% of the pool" in found.summary()
    assert not {"min", "max"} & set(found.rows)


def test_overlap_coefficient_of_known_distributions():
    rng = np.random.default_rng(32)
    a, b = rng.normal(0, 1, 200_000), rng.normal(1, 1, 200_000)
    assert overlap_coefficient(a, b) == pytest.approx(2 * stats.norm.cdf(-0.5), abs=0.005)  # of two normals 1 SD apart
    assert overlap_coefficient(np.exp(a), np.exp(b)) == pytest.approx(overlap_coefficient(a, b), abs=1e-12)
    assert overlap_coefficient(a, a[:1000]) > 0.95
    assert overlap_coefficient(a, a + 100) == 0
    assert overlap_coefficient(np.ones(3), np.ones(7)) == 1
    assert concordance(a, b) == pytest.approx(stats.norm.cdf(-1 / np.sqrt(2)), abs=0.003)


def test_overlap_of_a_score_and_of_its_matched_sample_are_the_same(tmp_path):
    fitted = fit_propensity(made(cohort(33)), spec())
    found = describe_overlap(fitted)
    pd.testing.assert_frame_equal(found.rows, describe_overlap(match(made(cohort(33)), spec(), propensity=fitted)).rows)
    found.save(tmp_path / "overlap")
    assert Overlap.load(tmp_path / "overlap").coefficient == found.coefficient


# -- cross-fitting --------------------------------------------------------------------------------------------------


def test_folds_are_even_within_groups_and_go_by_the_identifier():
    units = cohort(34)
    fold = assign_folds(units["unit_id"], units["is_treated"], 7, 5)
    for group in (units["is_treated"], ~units["is_treated"]):
        sizes = np.bincount(fold[group], minlength=7)
        assert len(sizes) == 7 and sizes.max() - sizes.min() <= 1
    shuffled = units.sample(frac=1, random_state=1)
    again = assign_folds(shuffled["unit_id"], shuffled["is_treated"], 7, 5)
    assert np.array_equal(again, fold[shuffled.index])
    other = assign_folds(units["unit_id"], units["is_treated"], 7, 6)
    assert 0.05 < (other == fold).mean() < 0.25  # one in seven by chance
    as_text = assign_folds(units["unit_id"].astype(str), units["is_treated"], 7, 5)
    assert sorted(np.bincount(as_text)) == sorted(np.bincount(fold))


def test_cross_fitted_scores_are_those_of_a_model_of_all_other_folds():
    fitted = fit_propensity(made(cohort(35)), spec())
    is_treated = fitted.units["is_treated"].to_numpy()
    logit = cross_fitted_scores(fitted.design, is_treated, 3, 11)
    fold = assign_folds(fitted.units["unit_id"], is_treated, 3, 11)
    x = sm.add_constant(fitted.design.drop(columns="unit_id").to_numpy(float))
    for k in range(3):
        theirs = sm.GLM(is_treated[fold != k] * 1.0, x[fold != k], family=sm.families.Binomial()).fit(tol=1e-14)
        assert logit[fold == k] == pytest.approx(x[fold == k] @ theirs.params, abs=1e-8)
    assert 0 < np.abs(logit - fitted.logit).max() < 2


def test_cross_fitting_with_people_set_aside_and_columns_that_one_fold_lacks():
    units = cohort(36).assign(
        rare=lambda u: np.isin(u.index, [0, 60]) * 1
    )  # one treated person and one control have it
    fitted = fit_propensity(made(units), spec())
    is_treated = fitted.units["is_treated"].to_numpy()
    within = np.arange(len(units)) % 5 > 0
    logit = cross_fitted_scores(fitted.design, is_treated, 2, 3, within)
    assert np.array_equal(np.isnan(logit), ~within)
    assert "rare" in fitted.design and np.abs(logit[within]).max() < 50


@pytest.mark.parametrize("folds", [0, 1, 61])
def test_folds_that_cannot_be_made(folds):
    fitted = fit_propensity(made(cohort(37)), spec())
    with pytest.raises(JDLError, match="folds cannot be made") as refused:
        cross_fitted_scores(fitted.design, fitted.units["is_treated"], folds, 1)
    assert refused.value.problems[0].where == "inference.cross_fit_folds"


def test_numbers_too_close_together_are_refused():
    units = cohort(3)
    units["tiny"] = np.arange(len(units)) * 1e-300
    with pytest.raises(JDLError, match="too close together"):
        fit_propensity(made(units), spec())
