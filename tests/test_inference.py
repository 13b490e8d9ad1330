"""Inference: R's estimates to the digit; the headline against its formula; known truth recovered."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import RADIUS_RUNS, TABLES, cohort, covariates, made, people, reference, spec_as_r
from scipy import stats
from threadpoolctl import threadpool_limits

from jdl_toolkit.errors import JDLError
from jdl_toolkit.inference import Outcomes, compare_measures, holm, verdict
from jdl_toolkit.inference.estimation import estimate
from jdl_toolkit.matching import match

FIRST_THREE = {"outcomes": {"measures": ["rate", "frequency", "days"]}}
KIND = {"lalonde": "days", "syn_small": "share"}  # lalonde's outcome is a sum of money: a mean, as days are
FAMILY = {"share": sm.families.Binomial(), "count": sm.families.Poisson(), "days": sm.families.Gaussian()}


def outcome_of(table: str) -> np.ndarray:
    return people(table)[reference(table)["info"]["outcome"]].to_numpy(float)


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """syn_small's outcomes under the names of the outcome stage."""
    named = {"id": "unit_id", "reoff": "reoffended", "nreoff": "n_reoffences"}
    return frame.rename(columns=named).assign(days_to_first=frame["time"].where(frame["reoff"] == 1))


# -- against R ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("run", RADIUS_RUNS)
def test_classic_against_r(table, run):
    scale, caliper_sd, caliper_raw = RADIUS_RUNS[run]
    matched = match(covariates(table), spec_as_r(matching={"scale": scale}), caliper_sd, caliper_raw=caliper_raw)
    found = estimate(outcome_of(table), matched.design, matched, KIND[table], spec())["classic"]
    r = reference(table)[run]["estimates"]
    assert found["estimate"] == pytest.approx(r["att"], rel=1e-10)
    theirs = r["t_classic_welch"]
    assert [found[k] for k in ("se", "df", "ci_low", "ci_high", "p_value")] == pytest.approx(
        [theirs[k] for k in ("se", "df", "lo", "hi", "p")], rel=1e-10
    )


@pytest.mark.parametrize("table", TABLES)
def test_check_against_r_where_all_treated_are_matched(table):
    matched = match(covariates(table), spec_as_r(), 50)
    assert matched.unmatched_treated == []
    found = estimate(outcome_of(table), matched.design, matched, KIND[table], spec())["check"]
    r = reference(table)["aipw_att"]
    assert found["estimate"] == pytest.approx(r["att_hajek"], rel=1e-8)
    assert found["se"] == pytest.approx(r["se_if_hajek"], rel=1e-8)


def test_headline_with_a_linear_model_is_r_regression_centred_at_the_treated():
    # imputing the controls' linear model for the treated is lm(y ~ treat * (x − mean of the treated)), R's lm_lin_att
    matched = match(covariates("lalonde"), spec_as_r(), 0.2)
    found = estimate(outcome_of("lalonde"), matched.design, matched, "days", spec())["headline"]
    r = reference("lalonde")["radius_logit_02sd"]["estimates"]
    assert found["estimate"] == pytest.approx(r["lm_lin_att"], rel=1e-10)


# -- the headline's formula -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["share", "count", "days"])
@pytest.mark.parametrize("among", ["everyone", "reoffenders"])
def test_headline_is_its_formula(kind, among):
    frame, matched = people("syn_small"), match(covariates("syn_small"), spec_as_r(), 0.2)
    y = frame[{"share": "drug", "count": "nreoff", "days": "time"}[kind]].to_numpy(float)
    within = np.ones(len(frame), bool) if among == "everyone" else frame["reoff"].to_numpy() == 1
    x = matched.design.drop(columns="drug" if kind == "share" else "x12")
    found = estimate(y, x, matched, kind, spec(), within)["headline"]

    weight, is_treated = matched.units["weight"].to_numpy(), matched.units["is_treated"].to_numpy()
    t, c = within & is_treated & (weight > 0), within & ~is_treated & (weight > 0)
    z = sm.add_constant(x.drop(columns="unit_id")).to_numpy()
    model = sm.GLM(y[c], z[c], family=FAMILY[kind], var_weights=weight[c]).fit(tol=1e-14, maxiter=100)
    w = weight[c] / weight[c].sum()
    r_t, r_c = y[t] - model.predict(z[t]), y[c] - model.predict(z[c])
    n, tau = t.sum(), r_t.mean() - w @ r_c
    se = np.sqrt(((r_t - r_t.mean()) ** 2).sum() / (n * (n - 1)) + ((w * (r_c - w @ r_c)) ** 2).sum())
    half = stats.t.ppf(0.975, n - 1) * se
    expected = [tau, se, tau - half, tau + half, 2 * stats.t.sf(abs(tau) / se, n - 1), n - 1]
    assert list(found.values()) == pytest.approx(expected, rel=1e-7, abs=1e-10)


def small(seed: int = 30, n_treatment: int = 50, n_pool: int = 800):
    """A matched invented cohort and an outcome without any effect."""
    units = cohort(seed, n_treatment, n_pool)
    matched = match(made(units), spec(), 0.2)
    rng = np.random.default_rng(seed)
    return matched, (rng.random(len(units)) < 0.35).astype(float)


def test_confidence_is_a_setting():
    matched, y = small()
    wide, narrow = (
        estimate(y, matched.design, matched, "share", spec(inference={"confidence": c}))["headline"]
        for c in (0.99, 0.5)
    )
    assert wide["estimate"] == narrow["estimate"]
    ratio = stats.t.ppf(0.995, wide["df"]) / stats.t.ppf(0.75, wide["df"])
    assert wide["ci_high"] - wide["ci_low"] == pytest.approx(ratio * (narrow["ci_high"] - narrow["ci_low"]))


def test_outcomes_of_people_outside_the_comparison_do_not_matter_for_headline_and_classic():
    units = cohort(31, 30, 300)
    units.loc[30:120, "copas_rate"] += 8  # out of everybody's reach
    matched = match(made(units), spec(), 0.05)
    y = (np.random.default_rng(1).random(330) < 0.4).astype(float)
    outside = matched.units["weight"].to_numpy() == 0
    assert outside.sum() > 50
    other = np.where(outside, 1 - y, y)
    one, two = (estimate(v, matched.design, matched, "share", spec()) for v in (y, other))
    assert one["headline"] == two["headline"] and one["classic"] == two["classic"]
    assert one["check"] != two["check"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_interval_excludes_zero_exactly_when_p_is_below_the_level(seed):
    matched, y = small(seed % 7, 40, 400)
    y = np.where(matched.units["is_treated"], np.random.default_rng(seed).random(len(y)) < 0.2, y).astype(float)
    for name, found in estimate(y, matched.design, matched, "share", spec()).items():
        if name != "messages":
            crosses = found["ci_low"] <= 0 <= found["ci_high"]
            assert crosses == (found["p_value"] >= 0.05)
            assert found["ci_high"] + found["ci_low"] == pytest.approx(2 * found["estimate"], abs=1e-12)


# -- where the outcome model fails ----------------------------------------------------------------------------------


def test_few_events_take_the_linear_outcome_model_and_say_so():
    matched, _ = small()
    y = np.zeros(len(matched.units))
    served = matched.units.query("~is_treated and weight > 0").index
    north = matched.design["region=North"].to_numpy() == 1
    y[[i for i in served if not north[i]][:6]] = 1  # nobody in the North: the logit has no finite maximum
    y[matched.units.query("is_treated").index[:3]] = 1
    found = estimate(y, matched.design, matched, "share", spec())
    assert any("a linear one was used" in m for m in found["messages"])
    linear = estimate(y, matched.design, matched, "days", spec())
    assert found["headline"] == linear["headline"]
    assert linear["messages"] == ()


def test_covariate_constant_among_controls_is_left_out_and_said():
    matched, y = small()
    flag = np.zeros(len(y))
    flag[matched.units.query("is_treated").index[:5]] = 1
    found = estimate(y, matched.design.assign(flag=flag), matched, "share", spec())
    assert any("the same for all these controls" in m for m in found["messages"])
    assert found["headline"] == estimate(y, matched.design, matched, "share", spec())["headline"]


def test_too_few_controls_for_a_model_compare_means_and_say_so():
    matched, y = small(32, 30, 40)
    x = np.random.default_rng(1).normal(size=(70, 12))
    found = estimate(y, x, matched, "share", spec())
    assert any("too few controls" in m for m in found["messages"])
    assert found["headline"]["estimate"] == pytest.approx(found["classic"]["estimate"], abs=1e-14)


# -- all measures of a request --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compared() -> SimpleNamespace:
    matched = match(covariates("syn_small"), spec_as_r(), 0.2)
    return SimpleNamespace(
        matched=matched, result=compare_measures(outcomes(people("syn_small")), matched, spec_as_r(**FIRST_THREE))
    )


def test_measures(compared):
    measures, matched = compared.result.measures, compared.matched
    assert measures["key"].tolist() == ["rate", "frequency", "days"]
    assert measures["unit"].tolist() == ["share", "count", "days"]
    assert measures["base"].tolist() == ["everyone", "everyone", "reoffenders"]
    assert measures["n_treatment"].tolist() == [60, 60, 37]
    assert measures["n_control"].tolist() == [2351, 2351, 1314]
    r = reference("syn_small")
    means = r["radius_logit_02sd"]["estimates"], r["survival_radius_logit_02sd"]
    assert measures["treatment_value"][:2].tolist() == pytest.approx(
        [means[0]["mean_treated"], means[1]["mean_count_t"]]
    )
    assert measures["control_value"][:2].tolist() == pytest.approx([means[0]["mean_control"], means[1]["mean_count_c"]])
    adjusted = measures["treatment_value"] - measures["headline_estimate"]
    assert measures["control_value_adjusted"].to_numpy() == pytest.approx(adjusted.to_numpy())
    assert measures["classic_estimate"].to_numpy() == pytest.approx(
        (measures["treatment_value"] - measures["control_value"]).to_numpy()
    )
    frame = people("syn_small")
    days = estimate(frame["time"], matched.design, matched, "days", spec(), frame["reoff"] == 1)
    assert measures["headline_se"][2] == days["headline"]["se"]
    assert measures["verdict"].tolist() == measures["classic_verdict"].tolist() == ["inconclusive"] * 3
    assert measures["why_not"].isna().all()
    assert measures["holm_p"].tolist() == holm(measures["headline_p_value"].to_numpy()).tolist()


def test_effective_size(compared):
    assert compared.result.ess_control == pytest.approx(1078.09422824244)
    assert not compared.result.ess_is_low and compared.result.messages == ()
    lalonde = match(covariates("lalonde"), spec_as_r(), 0.2)  # 107 against 184
    y = (np.arange(614) % 3 == 0).astype(int)
    frame = pd.DataFrame({"unit_id": people("lalonde")["id"], "reoffended": y, "n_reoffences": 2 * y})
    low = compare_measures(
        frame.assign(days_to_first=np.where(y, np.arange(614) % 300 + 1.0, np.nan)), lalonde, spec_as_r(**FIRST_THREE)
    )
    assert low.ess_is_low
    assert "The effective size of the control group is below twice the treatment group." in low.messages


def test_days_need_enough_reoffenders():
    matched = match(covariates("syn_small"), spec_as_r(), 0.2)
    strict = spec_as_r(**FIRST_THREE, inference={"minimum_reoffenders": 38})
    row = compare_measures(outcomes(people("syn_small")), matched, strict).measures.iloc[2]
    assert row["why_not"] == "fewer than 38 people in the treatment group reoffended"
    assert np.isnan([row["headline_estimate"], row["treatment_value"], row["holm_p"]]).all()
    assert pd.isna(row["verdict"])


def test_an_outcome_that_does_not_vary_is_not_compared():
    matched = match(covariates("syn_small"), spec_as_r(), 0.2)
    nobody = outcomes(people("syn_small")).assign(reoffended=0, n_reoffences=0, days_to_first=np.nan)
    result = compare_measures(nobody, matched, spec_as_r(**FIRST_THREE))
    assert result.measures["why_not"].tolist() == [
        "the outcome was the same for everybody",
        "the outcome was the same for everybody",
        "fewer than 30 people in the treatment group reoffended",
    ]
    assert "not shown" in result.summary()


def test_order_of_outcomes_does_not_matter_and_they_may_cover_only_the_comparison(compared):
    frame = outcomes(people("syn_small")).sample(frac=1, random_state=3)
    again = compare_measures(frame, compared.matched, spec_as_r(**FIRST_THREE))
    pd.testing.assert_frame_equal(again.measures, compared.result.measures, check_exact=True)
    served = compared.matched.units.query("weight > 0")["unit_id"]
    only = compare_measures(frame[frame["unit_id"].isin(served)], compared.matched, spec_as_r(**FIRST_THREE)).measures
    assert only["headline_estimate"].to_numpy() == pytest.approx(
        compared.result.measures["headline_estimate"].to_numpy()
    )
    with pytest.raises(JDLError, match="1 people in the comparison have no outcome"):
        compare_measures(frame[frame["unit_id"] != served.iloc[0]], compared.matched, spec_as_r(**FIRST_THREE))


def test_contradicting_outcomes_are_refused(compared):
    frame = outcomes(people("syn_small"))
    frame.loc[frame["reoffended"].idxmax(), "days_to_first"] = np.nan
    with pytest.raises(JDLError, match="contradict"):
        compare_measures(frame, compared.matched, spec_as_r(**FIRST_THREE))


def test_outcomes_are_saved_and_read_back(compared, tmp_path):
    compared.result.save(tmp_path / "outcomes")
    back = Outcomes.load(tmp_path / "outcomes")
    pd.testing.assert_frame_equal(back.measures, compared.result.measures, check_dtype=False)
    expected = "One-year proven reoffending rate: -6.9 percentage points (-19.4 to +5.6), inconclusive"
    assert str(back) == str(compared.result) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.1, -0.01, "reduction"), (0.01, 0.1, "increase"), (-0.1, 0.1, "inconclusive"), (-0.1, 0.0, "inconclusive")],
)
def test_verdict(low, high, expected):
    assert verdict(low, high) == expected


def test_holm_by_hand_and_what_is_not_shown_does_not_count():
    """Holm (1979): the smallest times 3, the next times 2, the largest times 1, never falling."""
    p = np.array([0.03, np.nan, 0.01, 0.04])
    assert holm(p) == pytest.approx([0.06, np.nan, 0.03, 0.06], nan_ok=True)
    assert np.isnan(holm(np.array([np.nan]))).all()


# -- known truth ----------------------------------------------------------------------------------------------------


def replicate(rng: np.random.Generator, effect: float) -> dict:
    """One cohort of 150 treated and 3,000 others who differ on covariates that matter, matched and compared."""
    x = rng.normal(size=(3150, 12))
    x[:, 6:] = x[:, 6:] > 0.4
    is_treated = np.arange(3150) < 150
    x[is_treated, :3] += [0.5, 0.3, -0.3]
    p = 0.1 + 0.8 / (1 + np.exp(0.6 - x[:, :8] @ [0.6, 0.4, -0.3, 0.3, 0, 0.2, 0.4, 0.3]))
    y = (rng.random(3150) < p + effect * is_treated).astype(float)
    units = pd.DataFrame(x, columns=[f"x{j}" for j in range(12)]).assign(unit_id=range(3150), is_treated=is_treated)
    matched = match(made(units), spec(), 0.2)
    return estimate(y, matched.design, matched, "share", spec())


def test_known_effect_is_recovered(capsys):
    """12 covariates, a true effect of −5 points, 200 replications."""
    truth, rng = -0.05, np.random.default_rng(20140313)
    with threadpool_limits(1):  # small matrices: threads would only wait for each other
        found = [replicate(rng, truth) for _ in range(200)]
    said = {}
    for name in ("headline", "classic", "check"):
        value, se, low, high = (np.array([f[name][k] for f in found]) for k in ("estimate", "se", "ci_low", "ci_high"))
        said[name] = bias, error, covered, ratio = (
            value.mean() - truth,
            value.std(ddof=1) / np.sqrt(len(found)),
            np.mean((low <= truth) & (truth <= high)),
            se.mean() / value.std(ddof=1),
        )
        with capsys.disabled():
            print(f"\n{name}: bias {100 * bias:+.2f} ± {100 * error:.2f}, covers {covered:.1%}, SE ratio {ratio:.2f}")
    for name in ("headline", "check"):
        bias, error, covered, ratio = said[name]
        assert abs(bias) < 3 * error
        assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200)
        assert 0.85 < ratio < 1.15  # standard errors are of the size of the estimates' own scatter
    assert said["headline"][3] < said["classic"][3]  # classic's intervals are wider than its scatter asks for
