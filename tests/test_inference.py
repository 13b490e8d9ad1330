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
from statsmodels.duration.survfunc import SurvfuncRight
from threadpoolctl import threadpool_limits

from jdl_toolkit.errors import JDLError
from jdl_toolkit.inference import Outcomes, compare_measures, holm, verdict
from jdl_toolkit.inference.comparison import expected_people
from jdl_toolkit.inference.estimation import estimate
from jdl_toolkit.inference.interval import PARTS
from jdl_toolkit.inference.survival import choose_days, kaplan_meier
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


def test_first_measure_in_every_other_way(whole):
    found, rate = whole.result.estimators.set_index("name"), whole.result.measures.iloc[0]
    for name in ("headline", "classic", "check"):
        assert found.loc[name, list(PARTS)].tolist() == [rate[f"{name}_{part}"] for part in PARTS]
    assert found.loc["t_classic_welch", "se"] == rate["classic_se"]
    assert found.loc["risk_ratio_HC3", "estimate"] == rate["ratio_estimate"]
    assert len(found) > 25 and not found.index.duplicated().any()
    assert found.loc[found["why_not"].isna(), list(PARTS)].notna().all(axis=None)


def test_withheld_first_measure_has_no_other_estimates(whole):
    nobody = whole.frame.assign(reoffended=0, n_reoffences=0, days_to_first=np.nan)
    found = compare_measures(nobody, whole.matched, spec_as_r(**FIRST_THREE))
    assert found.measures["why_not"][0] == "the outcome was the same for everybody"
    assert found.estimators.empty and list(found.estimators) == list(whole.result.estimators)
    assert set(found.time_to_event["why_not"]) == {
        "time to the event is the same for everybody within each group", "nobody had an event"
    }  # fmt: skip


def test_outcome_that_is_the_group_itself_is_withheld(whole):
    """All treated and no control: a difference of 1 without any scatter is no estimate with an error of 0."""
    treated = whole.matched.units.set_index("unit_id")["is_treated"].loc[whole.frame["unit_id"]].to_numpy()
    apart = whole.frame.assign(
        reoffended=treated.astype(int), n_reoffences=treated.astype(int), days_to_first=np.where(treated, 5.0, np.nan)
    )
    row = compare_measures(apart, whole.matched, spec_as_r(**FIRST_THREE)).measures.iloc[0]
    assert row["why_not"] == "the outcome was the same for everybody within each group"
    assert np.isnan(row["headline_estimate"])


def test_ratio_beside_the_difference(compared):
    measures, r = compared.result.measures, reference("syn_small")["survival_radius_logit_02sd"]
    rate, frequency, days = (measures.iloc[i] for i in range(3))
    assert rate["ratio_estimate"] == pytest.approx(rate["treatment_value"] / rate["control_value"], rel=1e-12)
    assert np.log(frequency["ratio_estimate"]) == pytest.approx(r["quasipoisson_log_rr"], rel=1e-6)
    assert frequency["ratio_se"] == pytest.approx(r["quasipoisson_se_HC3"], rel=1e-7)
    assert days[[f"ratio_{part}" for part in PARTS if part != "df"]].isna().all()


def test_times_by_both_clocks(whole):
    found = whole.result.time_to_event.set_index(["clock", "measure"])
    assert found.index.tolist() == [(c, m) for c in ("calendar", "at_risk") for m in ("rmst", "hazard")]
    frame = whole.frame.merge(whole.matched.units[["unit_id", "is_treated", "weight"]], on="unit_id")
    days = frame["days_to_first"].fillna(365.0)
    means = [np.average(days[g], weights=frame["weight"][g]) for g in (frame["is_treated"], ~frame["is_treated"])]
    row = found.loc[("calendar", "rmst")]  # nobody is lost by the calendar: a plain difference of means
    assert row["estimate"] == pytest.approx(means[0] - means[1], rel=1e-12)
    assert row["label"] == "Mean days without a proven reoffence, of the first 365"
    assert (found["p_value"].between(0, 1) & (found["se"] > 0)).all() and found["why_not"].isna().all()
    poor = compare_measures(whole.frame.drop(columns=["days_at_risk"]), whole.matched, spec_as_r(**FIRST_THREE))
    assert poor.time_to_event.empty and "clock" in poor.time_to_event


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
    assert repr(back) == repr(compared.result) == expected


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


# -- every measure ----------------------------------------------------------------------------------------------------

ALL_KEYS = [
    "rate", "frequency", "days",
    "first_indictable", "first_indictable_reoffenders", "first_either_way", "first_either_way_reoffenders",
    "first_summary", "first_summary_reoffenders",
    "n_indictable", "n_indictable_reoffenders", "n_either_way", "n_either_way_reoffenders",
    "n_summary", "n_summary_reoffenders",
    "first_custody", "first_custody_reoffenders", "custodial_sentences", "custodial_sentences_reoffenders",
    "days_in_custody", "employed_any", "employed_1_month", "employed_end", "benefit_any", "benefit_end",
]  # fmt: skip


def everything(seed: int = 5) -> pd.DataFrame:
    """syn_small's outcomes with the columns it lacks invented: classes, custody, work and benefits."""
    frame, rng = outcomes(people("syn_small")), np.random.default_rng(seed)
    y, n = frame["reoffended"].to_numpy(), len(frame)
    classes = np.array(["indictable", "either_way", "summary"], dtype=object)[rng.choice(3, n, p=[0.3, 0.4, 0.3])]
    of_class = rng.multinomial(frame["n_reoffences"].to_numpy(), [0.3, 0.4, 0.3])
    inside = np.where(rng.random(n) < 0.5, rng.integers(1, 300, n), 0)  # reoffenders or not
    new = {"first_class": np.where(y == 1, classes, None)}
    new |= {f"n_{c}": of_class[:, j] for j, c in enumerate(["indictable", "either_way", "summary"])}
    new |= {"first_custody": y * (inside > 50), "n_custodial_sentences": y * ((inside > 0) * 1 + (inside > 200))}
    new |= {"days_in_custody": inside, "days_at_risk": 365 - inside, "returned_to_custody": (inside > 0) * 1}
    to_first = np.where(y, np.minimum(frame["days_to_first"].fillna(0), 365 - inside), 365 - inside)
    new |= {"days_at_risk_to_first": to_first.astype(int), "recalled": (inside > 60) * 1}
    shares = {"employed_any": 0.5, "employed_1_month": 0.3, "employed_end": 0.4, "benefit_any": 0.7, "benefit_end": 0.5}
    return frame.assign(**new, **{k: (rng.random(n) < p).astype(int) for k, p in shares.items()})


@pytest.fixture(scope="module")
def whole() -> SimpleNamespace:
    matched, frame = match(covariates("syn_small"), spec_as_r(), 0.2), everything()
    return SimpleNamespace(matched=matched, frame=frame, result=compare_measures(frame, matched, spec_as_r()))


def test_every_measure_with_conditional_ones_beside_those_over_everyone(whole, compared):
    measures = whole.result.measures
    assert measures["key"].tolist() == ALL_KEYS
    assert measures["why_not"].isna().all()
    conditional = measures["base"] == "reoffenders"
    assert measures.loc[conditional, "n_treatment"].tolist() == [37] * 9
    assert set(measures.loc[conditional, "key"].str.removesuffix("_reoffenders")) - {"days"} < set(measures["key"])
    families = measures["family"].drop_duplicates().tolist()
    assert families == list(spec().outcomes.measures)
    assert set(measures.query("better == 'higher'")["key"]) == {"days", *(k for k in ALL_KEYS if "employed" in k)}
    neither = {"first_either_way_reoffenders", "first_summary_reoffenders"}
    assert set(measures.query("better == 'neither'")["key"]) == neither
    assert measures["holm_p"].tolist() == holm(measures["headline_p_value"].to_numpy()).tolist()
    same = [c for c in measures if c not in ("holm_p",)]
    pd.testing.assert_frame_equal(measures[same][:3], compared.result.measures[same], check_exact=True)


def test_each_measure_is_taken_from_its_column_among_its_people(whole):
    frame, units = whole.frame.set_index("unit_id"), whole.matched.units.set_index("unit_id")
    frame = frame.loc[units.index]
    columns = {k: frame[k] for k in ALL_KEYS if k in frame} | {"custodial_sentences": frame["n_custodial_sentences"]}
    columns |= {f"first_{c}": (frame["first_class"] == c) * 1 for c in ("indictable", "either_way", "summary")}
    for row in whole.result.measures[3:].itertuples():
        y = columns[row.key.removesuffix("_reoffenders")].astype(float)
        within = (frame["reoffended"] == 1) | (row.base == "everyone")
        treated, control = (within & (units["weight"] > 0) & (units["is_treated"] == group) for group in (True, False))
        assert row.treatment_value == pytest.approx(y[treated].mean())
        assert row.control_value == pytest.approx(np.average(y[control], weights=units["weight"][control]))
        assert (row.n_treatment_with, row.n_control_with) == ((y[treated] > 0).sum(), (y[control] > 0).sum())
        found = estimate(y, whole.matched.design, whole.matched, row.unit, spec_as_r(), within)
        assert row.headline_estimate == pytest.approx(found["headline"]["estimate"], rel=1e-9, abs=1e-12)
        assert row.check_se == pytest.approx(found["check"]["se"], rel=1e-9)


@pytest.mark.parametrize(
    ("months", "rate", "end"),
    [
        (12, "One-year proven reoffending rate", "People in work one year after the sentence"),
        (24, "Two-year proven reoffending rate", "People in work two years after the sentence"),
        (18, "18-month proven reoffending rate", "People in work 18 months after the sentence"),
    ],
)
def test_labels_follow_the_setting(whole, months, rate, end):
    asked = spec_as_r(cohort={"follow_up_months": months}, outcomes={"measures": ["rate", "employment"]})
    labels = compare_measures(whole.frame, whole.matched, asked).measures["label"].tolist()
    assert (labels[0], labels[3]) == (rate, end)


def test_measures_are_those_asked_for_in_that_order(whole):
    asked = spec_as_r(outcomes={"measures": ["rate", "first_custody", "frequency"]})
    found = compare_measures(whole.frame, whole.matched, asked).measures
    assert found["key"].tolist() == ["rate", "first_custody", "first_custody_reoffenders", "frequency"]


def test_what_the_register_lacks_is_left_out_with_one_message(whole):
    poor = whole.frame.drop(columns=["employed_any", "employed_1_month", "employed_end", "benefit_any", "benefit_end"])
    result = compare_measures(poor.drop(columns="recalled"), whole.matched, spec_as_r())
    assert result.measures["key"].tolist() == ALL_KEYS[:-5]
    assert result.messages == (
        "The register does not hold what these measures need, so they are left out: employment and out-of-work "
        "benefits.",
        "The register has no spells in custody: custody is counted from sentence to release.",
    )
    assert result.follow_up["key"].tolist() == [k for k in whole.result.follow_up["key"] if k != "recalled"]


@pytest.mark.parametrize(
    ("n_with", "weights", "expected"),
    [
        ((10, 10), [1.0] * 100, (10, 90)),
        ((0, 20), [1.0] * 100, (10, 90)),  # none of the treated, where ten of a hundred would be expected
        ((20, 0), [1.0] * 100, (10, 90)),
        ((10, 30), [1.0] * 50 + [0.0001] * 50, (20, 30)),  # controls worth 50: (10 + 50 * 30 / 50) / 150 of 50 are 13.3
    ],
)
def test_expected_people(n_with, weights, expected):
    treated, control = (np.arange(100) < n for n in n_with)
    found = expected_people(treated, control, np.array(weights))
    if weights[-1] < 1:
        expected = (50 * 40 / 150, 50 * 110 / 150)
    assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("n", "why"), [(9, "too rare"), (10, None), (50, None), (90, None), (91, "too common")])
def test_custody_and_class_need_enough_people_on_either_side(n, why):
    """A hundred treated and a thousand controls of equal weight, in both groups the same share."""
    n_people = 1100
    rank = np.r_[np.arange(100), np.arange(1000) // 10]
    units = pd.DataFrame({"unit_id": range(n_people), "is_treated": np.arange(n_people) < 100, "score": 0.1})
    units["weight"] = np.where(units["is_treated"], 1.0, 0.1)
    design = pd.DataFrame({"unit_id": range(n_people), "x": np.random.default_rng(1).normal(size=n_people)})
    units["logit"] = np.log(0.1 / 0.9)
    matched = SimpleNamespace(
        units=units, design=design, ess_control=1000.0, n_treatment_matched=100, n_control=1000, estimand="att",
        caliper_raw=None, scale="logit", method="radius",
    )  # fmt: skip
    frame = pd.DataFrame({"unit_id": range(n_people), "reoffended": 1, "n_reoffences": 1, "days_to_first": 1.0 + rank})
    has_it = (rank < n).astype(int)
    frame = frame.assign(first_custody=has_it, n_custodial_sentences=has_it * (1 + rank % 2))
    asked = spec(outcomes={"measures": ["rate", "first_custody", "custodial_sentences"]})
    rows = compare_measures(frame, matched, asked).measures.set_index("key")["why_not"]
    for key in ("first_custody", "first_custody_reoffenders"):
        assert rows[key].startswith(f"it is {why}: fewer than 10 ") if why else pd.isna(rows[key]), rows[key]
    for key in ("custodial_sentences", "custodial_sentences_reoffenders"):
        assert pd.isna(rows[key]) == (n >= 10)


# -- follow-up and survival -------------------------------------------------------------------------------------------


def test_follow_up_by_hand(whole):
    frame, units = whole.frame.set_index("unit_id"), whole.matched.units.set_index("unit_id")
    frame, w = frame.loc[units.index], units["weight"]
    treated, control = units["is_treated"] & (w > 0), ~units["is_treated"] & (w > 0)
    rows = whole.result.follow_up.set_index("key")
    assert rows.index.tolist() == [
        "days_in_custody", "returned_to_custody", "recalled", "days_at_risk", "reoffences_per_year_at_risk",
    ]  # fmt: skip
    assert rows["unit"].tolist() == ["days", "share", "share", "days", "count"]
    assert set(rows["n_treatment"]) == {60} and set(rows["n_control"]) == {2351}
    for key in rows.index[:4]:
        assert rows.loc[key, "treatment"] == pytest.approx(frame.loc[treated, key].mean())
        assert rows.loc[key, "control"] == pytest.approx(np.average(frame.loc[control, key], weights=w[control]))
        assert rows.loc[key, "n_treatment_with"] == (frame.loc[treated, key] > 0).sum()
    assert rows.loc["days_in_custody", "treatment"] + rows.loc["days_at_risk", "treatment"] == pytest.approx(365)
    years = frame["days_at_risk"] / 365.25
    for name, group in {"treatment": treated, "control": control}.items():
        rate = (w * frame["n_reoffences"])[group].sum() / (w * years)[group].sum()
        assert rows.loc["reoffences_per_year_at_risk", name] == pytest.approx(rate)


def observed(is_treated: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, events and radius weights of one group of syn_small, as R had them."""
    frame, units = people("syn_small"), match(covariates("syn_small"), spec_as_r(), 0.2).units
    frame = frame.set_index("id").loc[units["unit_id"]].reset_index()
    group = ((units["weight"] > 0) & (units["is_treated"] == is_treated)).to_numpy()
    return (
        frame["time"].to_numpy(float)[group],
        frame["event"].to_numpy()[group] == 1,
        units["weight"].to_numpy()[group],
    )


@pytest.mark.parametrize("is_treated", [True, False])
def test_kaplan_meier_and_its_error_against_r(is_treated):
    """R 4.2.2, survival 3.5-3: `survfit` with the radius weights and their robust standard error."""
    found = kaplan_meier(*observed(is_treated), np.array([90, 180, 365]), 0.95)
    r = [
        row
        for row in reference("syn_small")["survival_radius_logit_02sd"]["km"]
        if row["stratum"] == f"t={is_treated:d}"
    ]
    assert found["day"].tolist() == [row["time"] for row in r]
    assert found["survival"].tolist() == pytest.approx([row["surv"] for row in r], rel=1e-10)
    assert found["se"].tolist() == pytest.approx([row["se"] for row in r], rel=1e-10)


def test_with_equal_weights_it_is_greenwood():
    time, event, _ = observed(True)
    theirs = SurvfuncRight(time, event.astype(int))
    days = theirs.surv_times[:-1].astype(int)
    found = kaplan_meier(time, event, np.full(len(time), 3.0), days, 0.95)
    assert found["survival"].to_numpy() == pytest.approx(theirs.surv_prob[:-1], rel=1e-12)
    assert found["se"].to_numpy() == pytest.approx(theirs.surv_prob_se[:-1], rel=1e-12)


def test_whole_weights_are_people_counted_so_often():
    time, event, _ = observed(True)
    times = np.random.default_rng(2).integers(1, 5, len(time))
    theirs = SurvfuncRight(time, event.astype(int), freq_weights=times)
    found = kaplan_meier(time, event, times.astype(float), theirs.surv_times[:-1].astype(int), 0.95)
    assert found["survival"].to_numpy() == pytest.approx(theirs.surv_prob[:-1], rel=1e-12)


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_limits_are_symmetric_for_the_log_of_minus_the_log(confidence):
    found = kaplan_meier(*observed(False), np.array([5, 90, 365]), confidence)
    s, middle = found["survival"], np.log(-np.log(found["survival"]))
    half = stats.norm.ppf((1 + confidence) / 2) * found["se"] / (s * -np.log(s))
    assert np.log(-np.log(found["low"])).to_numpy() == pytest.approx((middle + half).to_numpy())
    assert np.log(-np.log(found["high"])).to_numpy() == pytest.approx((middle - half).to_numpy())
    assert ((0 < found["low"]) & (found["low"] < s) & (s < found["high"]) & (found["high"] < 1)).all()


def test_nobody_has_reoffended_yet():
    found = kaplan_meier(np.array([10.0, 20, 20]), np.array([True, False, False]), np.ones(3), np.array([9, 10]), 0.95)
    assert found.iloc[0].tolist() == [9, 1, 0, 1, 1]
    assert found["survival"][1] == pytest.approx(2 / 3)


def test_survival_ends_at_one_less_the_rate_by_the_calendar(whole):
    curve, rate = whole.result.survival.query("clock == 'calendar'"), whole.result.measures.iloc[0]
    assert curve["day"].iloc[-1] == 365 and curve["day"].is_monotonic_increasing
    assert curve["treatment"].iloc[-1] == pytest.approx(1 - rate["treatment_value"], abs=1e-14)
    assert curve["control"].iloc[-1] == pytest.approx(1 - rate["control_value"], abs=1e-14)
    assert curve["n_treatment_step"].sum() == 37 and curve["n_control_step"].sum() == 1314
    day, half = curve.iloc[2]["day"], whole.matched.units.merge(whole.frame, on="unit_id").query("is_treated")
    assert curve.iloc[2]["treatment"] == pytest.approx(1 - (half["days_to_first"] <= day).mean())


def test_survival_ends_at_one_less_the_rate_although_years_differ_in_length(whole):
    longer = whole.frame.assign(days_at_risk=whole.frame["days_at_risk"] + whole.frame["unit_id"] % 2)
    found = compare_measures(longer, whole.matched, spec_as_r())
    curve = found.survival.query("clock == 'calendar'").iloc[-1]
    assert curve["day"] == 366
    assert curve["control"] == pytest.approx(1 - found.measures.iloc[0]["control_value"], abs=1e-14)


def test_survival_by_days_at_risk_censors_at_the_end_of_them(whole):
    curve = whole.result.survival.query("clock == 'at_risk'")
    treated = whole.matched.units.merge(whole.frame, on="unit_id").query("is_treated and weight > 0")
    theirs = SurvfuncRight(treated["days_at_risk_to_first"], treated["reoffended"])
    expected = [theirs.surv_prob[theirs.surv_times <= day][-1] for day in curve["day"]]
    assert curve["treatment"].to_numpy() == pytest.approx(np.array(expected))
    last = whole.result.survival.query("clock == 'calendar'").iloc[-1]
    assert curve["day"].iloc[-1] <= 365 and curve["treatment"].iloc[-1] < last["treatment"] - 0.02


@pytest.mark.parametrize("cell", [1, 5, 12])
def test_no_step_tells_of_few_people(whole, cell):
    curves = compare_measures(whole.frame, whole.matched, spec_as_r(disclosure={"minimum_cell": cell})).survival
    assert curves.groupby("clock").size().between(2, 24).all()
    assert (curves[["n_treatment_step", "n_control_step"]] >= cell).all(axis=None)
    calendar = curves.query("clock == 'calendar'")
    assert len(calendar) == {1: 16, 5: 7, 12: 2}[cell]


def test_too_few_people_draw_no_curve_and_say_so(whole):
    found = compare_measures(whole.frame, whole.matched, spec_as_r(disclosure={"minimum_cell": 20}))
    assert found.survival.empty and "clock" in found.survival
    assert [m for m in found.messages if "is not drawn" in m] == [
        f"Time to the first reoffence by days {clock} is not drawn: fewer than 2 steps of at least 20 people of each "
        "group could be formed."
        for clock in ("since the index date", "not in custody")
    ]


OBSERVED = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=60)


@settings(max_examples=200, deadline=None)
@given(st.tuples(OBSERVED, OBSERVED), st.integers(2, 12), st.integers(1, 6))
def test_days_of_the_grid(groups, n_steps, fewest):
    groups = [(np.array([t for t, _ in g], float), np.array([e for _, e in g], bool)) for g in groups]
    days = choose_days(groups, n_steps, fewest)
    assert len(days) <= n_steps and (np.diff(days) > 0).all() and (days > 0).all()
    for time, event in groups if len(days) else ():
        bounds = [-1, *days]
        steps = [(event & (low < time) & (time <= high)).sum() for low, high in zip(bounds, days, strict=False)]
        assert min(steps) >= fewest
        assert ((time > days[-1]) | ((time == days[-1]) & ~event)).sum() >= fewest
        assert not 0 < (event & (time > days[-1])).sum() < fewest


def test_order_of_rows_matters_to_no_result(whole):
    again = compare_measures(whole.frame.sample(frac=1, random_state=8), whole.matched, spec_as_r())
    for name in ("measures", "estimators", "time_to_event", "follow_up", "survival"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(whole.result, name), check_exact=True)


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
    """12 covariates, a true effect of −5 points, 100 replications; the validation study has 20,000 of all kinds."""
    truth, rng = -0.05, np.random.default_rng(20140313)
    with threadpool_limits(1):  # small matrices: threads would only wait for each other
        found = [replicate(rng, truth) for _ in range(100)]
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
        assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / len(found))
        assert 0.8 < ratio < 1.2  # within chance, standard errors are of the size of the estimates' own scatter
    assert said["headline"][3] < said["classic"][3]  # classic's intervals are wider than its scatter asks for
