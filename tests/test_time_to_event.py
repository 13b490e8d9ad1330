"""Mean time and hazard ratio: R's numbers, formulas for equal weights, and what is said where there are none."""

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import people, r_sample, reference
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from jdl_toolkit.inference import compare_times
from jdl_toolkit.inference.interval import NotEstimable
from jdl_toolkit.inference.survival import kaplan_meier
from jdl_toolkit.inference.time_to_event import log_hazard_ratio, restricted_mean


def groups_of_syn_small() -> list[tuple]:
    frame, units = people("syn_small"), r_sample("syn_small", "radius_logit_02sd").units
    time, event, weight = frame["time"].to_numpy(float), frame["event"].to_numpy() == 1, units["weight"].to_numpy()
    treated = units["is_treated"].to_numpy()
    return [(time[who], event[who], weight[who]) for who in (treated & (weight > 0), ~treated & (weight > 0))]


def draw(seed: int, n: int = 120, last: int = 40) -> list[tuple]:
    """Two groups with censoring, ties and equal weights."""
    rng = np.random.default_rng(seed)
    found = []
    for k in (n // 3, n):
        died, left = rng.integers(1, 2 * last, k), rng.integers(last // 2, last + 1, k)
        found.append((np.minimum(died, left).astype(float), died <= left, np.ones(k)))
    return found


def test_against_r():
    """Cox: 1e-8 (R's `coxph` stops at a change of 1e-9 of the likelihood); the mean: 1e-12, it is a sum."""
    treated, control = groups_of_syn_small()
    r = reference("syn_small")["survival_radius_logit_02sd"]
    found = log_hazard_ratio(treated, control)
    assert found.value == pytest.approx(r["cox_loghr"], rel=1e-8)
    assert found.robust_se == pytest.approx(r["cox_robust_se"], rel=1e-8)
    assert found.naive_se == pytest.approx(r["cox_naive_se"], rel=1e-8)
    means = [restricted_mean(*group, 365)[0] for group in (treated, control)]
    assert means[0] - means[1] == pytest.approx(r["rmst365_diff"], rel=1e-12)
    for name, group in (("t=1", treated), ("t=0", control)):
        rows = [row for row in r["km"] if row["stratum"] == name]
        curve = kaplan_meier(*group, np.array([row["time"] for row in rows]), 0.95)
        assert curve["survival"].to_numpy() == pytest.approx([row["surv"] for row in rows], rel=1e-12)
        assert curve["se"].to_numpy() == pytest.approx([row["se"] for row in rows], rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_mean_time_with_equal_weights_is_the_area_with_greenwoods_error(seed):
    (time, event, weight), _ = draw(seed)
    horizon = float(time.max())
    mean, se = restricted_mean(time, event, 3 * weight, horizon)
    curve = SurvfuncRight(time, event.astype(int))
    days = np.arange(0, int(horizon))
    position = np.searchsorted(curve.surv_times, days, side="right")
    assert mean == pytest.approx(np.append(1.0, curve.surv_prob)[position].sum(), rel=1e-12)
    after = [np.append(1.0, curve.surv_prob)[position][days >= t].sum() for t in curve.surv_times]
    d, at_risk = curve.n_events, curve.n_risk
    alive = at_risk > d
    variance = (np.array(after)[alive] ** 2 * d[alive] / (at_risk[alive] * (at_risk[alive] - d[alive]))).sum()
    assert se == pytest.approx(np.sqrt(variance), rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_errors_are_the_slopes_over_the_weights(seed):
    """The infinitesimal jackknife by its definition: move each person's weight a little, and see."""
    rng = np.random.default_rng(seed)
    groups = [(t, e, rng.choice([0.3, 1.0, 2.5], len(t))) for t, e, _ in draw(seed, 40)]
    time, event, weight = groups[1]
    horizon, step = float(time.max()), 1e-5
    moved = [
        (restricted_mean(time, event, weight + step * one, horizon)[0] - restricted_mean(*groups[1], horizon)[0]) / step
        for one in np.eye(len(time))
    ]
    se = np.sqrt(((weight * np.array(moved)) ** 2).sum())
    assert restricted_mean(*groups[1], horizon)[1] == pytest.approx(se, rel=1e-3, abs=1e-4)


def log_hazard_by_hand(treated: tuple, control: tuple, scale: float) -> float:
    """The log hazard ratio with the controls' weights multiplied by a fixed number, maximised by a grid of Newton."""
    wrapped = control[0], control[1], control[2] * scale
    both = [np.concatenate(v) for v in zip(treated, wrapped, strict=True)]
    time, event, weight = both
    z = np.arange(len(time)) < len(treated[0])
    beta = 0.0
    for _ in range(60):
        score = information = 0.0
        for day in np.unique(time[event]):
            at_risk, dying = time >= day, event & (time == day)
            d, mean_weight = dying.sum(), weight[dying].mean()
            score += (weight * z)[dying].sum()
            for k in range(d):
                risk = weight * np.exp(beta * z) * (at_risk - k / d * dying)
                p = risk[z].sum() / risk.sum()
                score -= mean_weight * p
                information += mean_weight * p * (1 - p)
        beta += score / information
    return beta


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hazard_ratio_and_its_robust_error_by_definition(seed):
    """Efron's likelihood written out person by person; the robust error as the jackknife of small changes of weight."""
    rng = np.random.default_rng(seed)
    treated, control = ((t, e, rng.choice([0.4, 1.0, 2.0], len(t))) for t, e, _ in draw(seed, 36, 12))
    found, scale = log_hazard_ratio(treated, control), treated[2].sum() / control[2].sum()
    at = log_hazard_by_hand(treated, control, scale)
    assert found.value == pytest.approx(at, rel=1e-9)
    squares, step = 0.0, 1e-5
    for k, group in enumerate((treated, control)):
        for one in np.eye(len(group[0])):
            changed = [treated, control]
            changed[k] = (group[0], group[1], group[2] * (1 + step * one))
            squares += ((log_hazard_by_hand(*changed, scale) - at) / step) ** 2
    # Efron's mean weight of a day's events moves with the weights; the residuals leave that out, as R's do
    assert found.robust_se == pytest.approx(np.sqrt(squares), rel=0.02)


def test_without_weights_it_is_the_fit_of_statsmodels():
    treated, control = draw(4, 300)
    equal = control[0], control[1], np.full(len(control[0]), len(treated[0]) / len(control[0]))
    found = log_hazard_ratio(treated, equal)
    same = log_hazard_ratio(treated, control)
    assert (same.value, same.robust_se) == pytest.approx((found.value, found.robust_se), rel=1e-12)
    twins = log_hazard_ratio(treated, treated)
    assert twins.value == pytest.approx(0, abs=1e-12)
    balanced = tuple(v[: len(treated[0])] for v in control)
    time, event, _ = (np.concatenate(v) for v in zip(treated, balanced, strict=True))
    z = (np.arange(len(time)) < len(treated[0])).astype(float)
    theirs = PHReg(time, z[:, None], status=event.astype(int), ties="efron").fit(disp=0)
    ours = log_hazard_ratio(treated, balanced)
    assert ours.value == pytest.approx(theirs.params[0], rel=1e-6)
    assert ours.naive_se == pytest.approx(theirs.bse[0], rel=1e-6)


def test_frame_of_both_measures():
    matched, frame = r_sample("syn_small", "radius_logit_02sd"), people("syn_small")
    found = compare_times(frame["time"].to_numpy(float), frame["event"].to_numpy() == 1, matched, spec(), 365.0)
    r = reference("syn_small")["survival_radius_logit_02sd"]
    assert found["measure"].tolist() == ["rmst", "hazard"] and found["scale"].tolist() == ["difference", "ratio"]
    assert found["why_not"].tolist() == [None, None]
    assert found["estimate"].tolist() == pytest.approx([r["rmst365_diff"], np.exp(r["cox_loghr"])])
    assert found.loc[1, "se"] == pytest.approx(r["cox_robust_se"])
    assert np.log(found.loc[1, "ci_high"]) == pytest.approx(r["cox_loghr"] + 1.959964 * r["cox_robust_se"], rel=1e-6)
    assert found.loc[0, "label"] == "Mean days without a proven reoffence, of the first 365"


def said(groups: list[tuple], horizon: float = 40.0) -> dict:
    matched = r_sample("lalonde", "unadjusted")
    time, event, weight = (np.concatenate(v) for v in zip(*groups, strict=True))
    units = pd.DataFrame({"is_treated": np.arange(len(time)) < len(groups[0][0]), "weight": weight})
    sample = type(matched)(**(vars(matched) | {"units": units}))
    found = compare_times(time, event, sample, spec(), horizon).set_index("measure")
    for _, row in found.iterrows():
        assert row["estimate":"df"].isna().all() if row["why_not"] else row["estimate":"df"].notna().all()
    return found["why_not"].to_dict()


def test_what_has_no_answer_says_so():
    treated, control = draw(5)
    nobody = np.zeros(len(treated[0]), bool)
    full = np.full(len(treated[0]), 40.0)
    assert said([treated, control]) == {"rmst": None, "hazard": None}
    none = said([(full, nobody, treated[2]), control])
    assert none == {"rmst": None, "hazard": "one of the groups had no events while both were observed"}
    unseen = said([(full, nobody, treated[2]), (np.full(3, 40.0), np.zeros(3, bool), np.ones(3))])
    assert unseen["hazard"] == "nobody had an event" and "is the same for everybody" in unseen["rmst"]
    short = said([(np.full(5, 10.0), np.zeros(5, bool), np.ones(5)), control])
    assert short["rmst"] == "nobody in one of the groups was observed for 40 days"
    one = said([tuple(v[:1] for v in treated), control])
    assert set(one.values()) == {"fewer than two people are left in one of the groups"}
    assert said([treated, control], 0.0)["rmst"] == "there are too few people at risk on the first day"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 5))
def test_a_handful_of_people_give_numbers_or_a_reason(seed, n_treated, n_control):
    rng = np.random.default_rng(seed)
    groups = [
        (rng.integers(0, 6, n).astype(float), rng.random(n) < 0.6, rng.choice([1e-9, 0.5, 1.0], n))
        for n in (n_treated, n_control)
    ]
    assert set(said(groups, 5.0)) == {"rmst", "hazard"}


def test_everybody_has_the_event_on_the_last_day():
    time, event = np.array([3.0, 5.0, 5.0]), np.array([True, True, True])
    mean, se = restricted_mean(time, event, np.ones(3), 8.0)
    assert (mean, se) == pytest.approx((13 / 3, np.std(time) / np.sqrt(3)))
    with pytest.raises(NotEstimable):
        restricted_mean(time, np.array([True, True, False]), np.ones(3), 8.0)
