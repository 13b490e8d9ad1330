"""Hidden bias: R's figures, exact enumeration, linear programming, and a hidden characteristic that was put in."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import GOLDEN, people, r_units, reference
from scipy import optimize, stats

from jdl_toolkit.errors import JDLError
from jdl_toolkit.hidden_bias import (
    discordant_pairs,
    e_value,
    e_value_for_difference,
    e_value_hr,
    e_value_md,
    e_value_or,
    e_value_rd,
    e_value_rr,
    marginal_sensitivity,
    measured_confounders,
    rosenbaum_mcnemar,
    rosenbaum_signed_rank,
    tipping_point,
    with_confounder,
)
from jdl_toolkit.hidden_bias.weights import extreme_means

BOUNDS = ("p_upper_increase", "p_lower_increase", "p_upper_decrease", "p_lower_decrease")
GAMMAS = [1, 1.1, 1.25, 1.5, 2, 3]


def r_pairs(table: str, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of both sides of R's pairs within the caliper, in the same order."""
    units = people(table).assign(pair=r_units(table)["matchit_nn11_cal02_subclass"]).dropna(subset="pair")
    sides = units.pivot(index="pair", columns="treat", values=outcome)
    return sides[1].to_numpy(), sides[0].to_numpy()


# --- Rosenbaum bounds ------------------------------------------------------------------------------------------------


def test_exact_bounds_against_r():
    theirs = reference("syn_small")["rosenbaum_mcnemar"]
    assert discordant_pairs(*r_pairs("syn_small", "reoff")) == (theirs["treated_only"], theirs["control_only"])
    found = rosenbaum_mcnemar(theirs["treated_only"], theirs["control_only"], theirs["gamma"])
    for name in BOUNDS:
        assert found.table[name].tolist() == pytest.approx(theirs[name], abs=1e-14)  # both exact
    assert (found.direction, found.n_pairs, found.n_treated_higher, found.tipping_gamma) == ("increase", 21, 12, None)
    assert "no tipping point: even with no hidden bias" in found.summary()


def test_the_bounds_of_rbounds_leave_out_the_statistic_itself():
    """P(X > a) for P(X ≥ a): kept as what is known to be wrong."""
    theirs = pd.DataFrame(reference("syn_small")["rosenbaum_mcnemar"]["rbounds_binarysens"])
    ours = rosenbaum_mcnemar(12, 9, theirs["Gamma"]).table
    one_off = rosenbaum_mcnemar(13, 8, theirs["Gamma"]).table
    assert one_off["p_upper_increase"].tolist() == pytest.approx(theirs["Upper bound"].tolist(), abs=5e-6)
    assert one_off["p_lower_increase"].tolist() == pytest.approx(theirs["Lower bound"].tolist(), abs=5e-6)
    assert (ours["p_upper_increase"] > theirs["Upper bound"]).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.floats(1, 20))
def test_bounds_of_pairs_enclose_and_the_tipping_point_is_where_the_level_is_met(up, down, gamma):
    found = rosenbaum_mcnemar(up, down, [gamma])
    row = found.table.iloc[0]
    n, high = up + down, gamma / (1 + gamma)
    assert row["p_upper_increase"] == pytest.approx(stats.binom.sf(up - 1, n, high), rel=1e-9, abs=1e-300)
    assert row["p_lower_decrease"] == pytest.approx(stats.binom.sf(down - 1, n, 1 - high), rel=1e-9, abs=1e-300)
    assert row["p_lower_increase"] <= row["p_upper_increase"] and row["p_lower_decrease"] <= row["p_upper_decrease"]
    test = stats.binomtest(max(up, down), n).pvalue if n else 1.0
    assert found.p_value == pytest.approx(test, rel=1e-9)
    if found.tipping_gamma is None:
        assert test > 0.05 and found.why_not
    else:
        share = found.tipping_gamma / (1 + found.tipping_gamma)
        assert stats.binom.sf(max(up, down) - 1, n, share) == pytest.approx(0.025, rel=1e-9)
        assert found.tipping_gamma >= 1


def test_no_pair_that_differs_is_said():
    for found in (
        rosenbaum_mcnemar(0, 0, [1, 2]),
        rosenbaum_signed_rank([0, 0], [1, 2]),
        rosenbaum_signed_rank([], [1]),
    ):
        assert (found.n_pairs, found.direction, found.p_value, found.tipping_gamma) == (0, "none", 1.0, None)
        assert (found.table[list(BOUNDS)] == 1).all(axis=None)
        assert found.summary().endswith("the two people of every pair have the same outcome.")


def test_signed_rank_bounds_against_r():
    theirs = pd.DataFrame(reference("lalonde")["rosenbaum_wilcoxon"]["psens"])
    treated, control = r_pairs("lalonde", "re78")
    assert len(treated) == reference("lalonde")["rosenbaum_wilcoxon"]["pairs"]
    found = rosenbaum_signed_rank(treated - control, theirs["Gamma"])
    assert found.table["p_upper_increase"].tolist() == pytest.approx(theirs["Upper bound"].tolist(), abs=5.1e-5)
    assert found.table["p_lower_increase"].tolist() == pytest.approx(theirs["Lower bound"].tolist(), abs=5.1e-5)
    assert (found.n_pairs, found.is_exact) == (106, False)  # eleven pairs earned the same
    at_one = stats.wilcoxon(treated - control, correction=False, method="approx", alternative="greater")
    assert found.table["p_upper_increase"].iloc[0] == pytest.approx(at_one.pvalue, rel=1e-9)


def enumerated(differences, least: float, share: float) -> float:
    """P(T ≥ least) over all ways to sign the differences."""
    ranks = stats.rankdata(np.abs(differences))
    signs = np.array(list(itertools.product((0, 1), repeat=len(ranks))))
    chance = share ** signs.sum(axis=1) * (1 - share) ** (1 - signs).sum(axis=1)
    return chance[signs @ ranks >= least - 1e-9].sum()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4).filter(bool), min_size=1, max_size=10), st.floats(1, 10))
def test_signed_rank_bounds_of_few_pairs_against_enumeration(differences, gamma):
    differences, share = np.array(differences), gamma / (1 + gamma)
    ranks = stats.rankdata(np.abs(differences))
    up, down = ranks[differences > 0].sum(), ranks[differences < 0].sum()
    row = rosenbaum_signed_rank([*differences, 0, 0], [gamma]).table.iloc[0]
    for direction, statistic in (("increase", up), ("decrease", down)):
        assert row[f"p_upper_{direction}"] == pytest.approx(enumerated(differences, statistic, share), rel=1e-9)
        assert row[f"p_lower_{direction}"] == pytest.approx(enumerated(differences, statistic, 1 - share), rel=1e-9)


@pytest.mark.parametrize("n", [12, 25, 26, 80])
def test_tipping_point_of_ranks_is_where_the_level_is_met(n):
    differences = np.random.default_rng(n).normal(1.1, 1, n).round(1)
    found = rosenbaum_signed_rank(differences, [1])
    assert found.direction == "increase" and found.is_exact == (found.n_pairs <= 25)
    at_it = rosenbaum_signed_rank(differences, [found.tipping_gamma]).table.iloc[0]
    assert at_it["p_upper_increase"] == pytest.approx(0.025, rel=1e-9)
    mirrored = rosenbaum_signed_rank(-differences, [1])
    assert mirrored.direction == "decrease" and mirrored.tipping_gamma == pytest.approx(found.tipping_gamma)
    assert f"the decrease in {found.n_pairs} pairs" in mirrored.summary()


def test_the_normal_approximation_is_near_where_it_takes_over():
    from jdl_toolkit.hidden_bias.rosenbaum import _exact_tail, _normal_tail

    ranks = np.arange(1.0, 27)
    for share, least in itertools.product((0.5, 0.6, 0.75), (150, 200, 250, 300)):
        # without a correction for continuity, as R's; half a step of T is worth 0.005 here, skewness the rest
        assert _normal_tail(ranks, least, share) == pytest.approx(_exact_tail(ranks, least, share), abs=0.02)


@pytest.mark.parametrize("gammas", [[], [0.5], [math.nan], [math.inf]])
def test_bounds_say_all_that_is_wrong(gammas):
    with pytest.raises(JDLError) as refused:
        rosenbaum_mcnemar(-1, 2.5, gammas, alpha=0)
    assert len(refused.value.problems) == 4
    with pytest.raises(JDLError, match="2 problems"):
        rosenbaum_signed_rank([1, math.nan], gammas)
    with pytest.raises(JDLError, match="0 or 1"):
        discordant_pairs([1, 2], [0, 1])


# --- tipping point ---------------------------------------------------------------------------------------------------


def test_a_confounder_of_the_tipping_strength_removes_the_difference():
    found = tipping_point(-0.06, -0.11, -0.01, [0.2, 0.5, 0.8], [0.1, 0.5], control_value=0.39)
    assert (found.bias_to_zero, found.bias_to_include_zero, len(found.grid)) == (-0.06, -0.01, 6)
    told = found.grid.dropna()
    # p₁ = p₀ can make no difference; with 20 v 10 per cent no risk ratio takes 6 points off 39
    assert len(told) == 4 and found.grid["effect_to_zero"].isna().sum() == 1
    for row in told.itertuples():
        assert with_confounder(-0.06, -0.11, -0.01, row.effect_to_zero, row.p_treatment, row.p_control)[
            0
        ] == pytest.approx(0, abs=1e-15)
        assert with_confounder(-0.06, -0.11, -0.01, row.effect_to_include_zero, row.p_treatment, row.p_control)[
            2
        ] == pytest.approx(0, abs=1e-15)
        # as a risk ratio: what the controls would have had with the treated people's share of U
        for ratio, bias in ((row.ratio_to_zero, -0.06), (row.ratio_to_include_zero, -0.01)):
            factor = (1 + (ratio - 1) * row.p_treatment) / (1 + (ratio - 1) * row.p_control)
            assert 0.39 * factor == pytest.approx(0.39 + bias)
    assert (found.contour["effect_to_zero"] * found.contour["prevalence_gap"]).dropna().to_numpy() == pytest.approx(
        -0.06
    )
    # a share cannot be changed by more than 1
    assert found.contour["effect_to_zero"].isna().sum() == (found.contour["prevalence_gap"] < 0.06).sum() == 5
    assert "by −30 percentage points to account for the whole difference, and by −5 percentage" in found.summary()


def test_an_invented_confounder_is_corrected_for():
    """No effect of the service; U raises reoffending by 30 points and is more common among the treated."""
    rng = np.random.default_rng(4)
    is_treated = np.arange(400_000) < 200_000
    u = rng.random(400_000) < np.where(is_treated, 0.6, 0.2)
    y = rng.random(400_000) < 0.2 + 0.3 * u
    estimate = y[is_treated].mean() - y[~is_treated].mean()
    assert estimate == pytest.approx(0.12, abs=0.005)
    assert with_confounder(estimate, estimate, estimate, 0.3, 0.6, 0.2)[0] == pytest.approx(0, abs=0.005)
    found = measured_confounders(pd.DataFrame({"u": u * 1.0, "one": 1.0}), is_treated, y, {"u": "Has it"})
    assert found["name"].tolist() == ["Has it"]
    assert found.iloc[0][["p_treatment", "p_control", "gap", "effect"]].tolist() == pytest.approx(
        [0.6, 0.2, 0.4, 0.3], abs=0.01
    )
    assert found["bias"].iloc[0] == pytest.approx(estimate, abs=0.005)
    assert "1.0 times as much as the recorded characteristic" in tipping_point(estimate, 0.11, 0.13).against(found)


def test_measured_characteristics_by_hand():
    x = pd.DataFrame(
        {"unit_id": range(8), "age": [30, 40, 20, 30, 40, 50, 20, 60.0], "sex": [1, 1, 0, 1, 0, 1, 0, 0.0]}
    )
    is_treated, y = np.array([1, 1, 0, 0, 0, 0, 0, 0], bool), np.array([0, 1, 1, 0, 0, 1, 1, 0.0])
    found = measured_confounders(x, is_treated, y).set_index("name")
    assert found.loc["sex", ["p_treatment", "p_control"]].tolist() == pytest.approx([1, 1 / 3])
    assert found.loc["sex", "effect"] == pytest.approx(1 / 2 - 2 / 4, abs=1e-15)
    control_age, control_y = x["age"][2:], y[2:]
    slope = np.polyfit(control_age, control_y, 1)[0]
    assert found.loc["age", "effect"] == pytest.approx(slope * control_age.std(ddof=0))
    assert found.loc["age", "bias"] == pytest.approx(slope * (35 - control_age.mean()))
    assert found["is_standardised"].to_dict() == {"age": True, "sex": False}


def test_tipping_points_that_do_not_exist_are_said():
    across = tipping_point(-0.02, -0.06, 0.02)
    assert across.bias_to_include_zero is None and across.contour["effect_to_include_zero"].isna().all()
    assert "nothing has to be explained" in across.summary()
    assert across.against(pd.DataFrame(columns=["name", "bias"])).startswith("There is no recorded characteristic")
    measured = pd.DataFrame({"name": ["sex", "age"], "bias": [-0.01, 0.04]})
    assert "0.5 times as much" in across.against(measured) and across.against(measured).endswith("(age).")
    assert across.against(measured.assign(bias=0.0)).startswith("No recorded characteristic would have made")
    assert "whatever it did to the outcome" in tipping_point(-0.3, -0.4, -0.2).summary()
    days = tipping_point(40, 20, 60, unit="days")
    assert days.contour["effect_to_zero"].iloc[0] == 4000 and "by 200 days" in days.summary()


def test_tipping_points_say_all_that_is_wrong():
    with pytest.raises(JDLError) as refused:
        tipping_point(math.nan, -1, math.inf, [2], [], control_value=0)
    assert len(refused.value.problems) == 5
    with pytest.raises(JDLError, match="in its interval"):
        with_confounder(1, 2, 3, 0.1, 0.5, 0.4)
    with pytest.raises(JDLError, match="2 problems"):
        measured_confounders(pd.DataFrame({"a": [1.0, math.inf]}), [True, True], [0, 1])


# --- weights ---------------------------------------------------------------------------------------------------------


def by_linear_programming(y, weight, factor: float, sign: int) -> float:
    """Charnes and Cooper: v = z / Σwz; extremise Σwvy with Σwv = 1 and t/Λ ≤ v ≤ tΛ."""
    n = len(y)
    upper = np.hstack([np.eye(n), np.full((n, 1), -factor)])
    lower = np.hstack([-np.eye(n), np.full((n, 1), 1 / factor)])
    found = optimize.linprog(
        sign * np.append(weight * y, 0),
        A_ub=np.vstack([upper, lower]),
        b_ub=np.zeros(2 * n),
        A_eq=[np.append(weight, 0)],
        b_eq=[1],
    )
    return sign * found.fun


@pytest.mark.parametrize("seed", range(6))
def test_extreme_means_against_linear_programming(seed):
    rng = np.random.default_rng(seed)
    y = np.sort(rng.integers(0, 2, 15) if seed % 2 else rng.normal(size=15).round(1)).astype(float)
    weight, factor = rng.exponential(size=15) + 0.01, 1 + rng.exponential()
    lowest, highest = extreme_means(y, weight, factor)
    assert lowest == pytest.approx(by_linear_programming(y, weight, factor, 1), abs=1e-9)
    assert highest == pytest.approx(by_linear_programming(y, weight, factor, -1), abs=1e-9)


@pytest.mark.parametrize("shift", [-0.8, 0.5])
def test_the_estimate_may_be_zero_just_from_the_tipping_factor_on(shift):
    rng = np.random.default_rng(3)
    treated, control, weight = rng.normal(shift, 1, 50), rng.normal(0, 1, 400), rng.exponential(size=400)
    weight[:100] = 0  # those who serve nobody count for nothing
    found = marginal_sensitivity(treated, control, weight, [1, 1.5, 2, 4], half_width=0.1)
    assert found.estimate == pytest.approx(treated.mean() - np.average(control, weights=weight))
    assert found.table.loc[0, ["low", "high"]].tolist() == pytest.approx([found.estimate] * 2)
    assert found.table["low"].is_monotonic_decreasing and found.table["high"].is_monotonic_increasing
    side = "high" if shift < 0 else "low"
    at_it = marginal_sensitivity(
        treated, control, weight, [found.tipping_lambda, found.tipping_lambda_interval], half_width=0.1
    )
    assert at_it.table[side].iloc[0] == pytest.approx(0, abs=1e-12)
    assert at_it.table[f"ci_{side}"].iloc[1] == pytest.approx(0, abs=1e-12)
    assert 1 < found.tipping_lambda_interval < found.tipping_lambda
    assert "the finding stands" in found.summary()


def test_the_tipping_factor_of_shares_is_the_root_of_the_odds_ratio():
    treated, control = np.repeat([1, 0], [33, 67]), np.repeat([1, 0], [390, 610])
    found = marginal_sensitivity(treated, control, np.full(1000, 0.1), [1])
    assert found.tipping_lambda == pytest.approx(math.sqrt(0.39 / 0.61 / (0.33 / 0.67)))
    weighted = marginal_sensitivity([1, 0], control, np.ones(1000), [1], weight_treatment=[33, 67], half_width=0.2)
    assert weighted.tipping_lambda == pytest.approx(found.tipping_lambda)
    assert weighted.tipping_lambda_interval == 1.0


def test_a_mean_out_of_reach_is_said():
    found = marginal_sensitivity([5.0], [1, 2, 3], [1, 1, 1], [1, 10])
    assert found.tipping_lambda is None and "no weights of these controls reach" in found.summary()
    assert np.isfinite(found.table).all(axis=None)
    assert marginal_sensitivity([1.0], [1, 1], [1, 1], [1]).tipping_lambda == 1.0


def test_weights_say_all_that_is_wrong():
    with pytest.raises(JDLError) as refused:
        marginal_sensitivity([math.nan], [1, 2], [0, 0], [0.5], half_width=-1)
    assert len(refused.value.problems) == 4
    with pytest.raises(JDLError, match="treatment"):
        marginal_sensitivity([], [1, 2], [1, 1], [1])


# --- E-values --------------------------------------------------------------------------------------------------------

E_VALUES = json.loads((GOLDEN / "evalues.json").read_text())


def agrees(found, theirs: dict, rel: float) -> None:
    assert found.point == pytest.approx(theirs["e_point"], rel=rel)
    assert found.limit == pytest.approx(theirs["e_ci"], rel=rel)
    for ours, key in ((found.ratio, "rr"), (found.ratio_low, "rr_lo"), (found.ratio_high, "rr_hi")):
        if "rr_lo" in theirs:
            assert ours == pytest.approx(theirs[key], rel=rel)


def test_e_values_against_r():
    """To the seven digits, at least, that R printed."""
    for row in E_VALUES["rr"]:
        agrees(e_value_rr(row["rr"], row["lo"], row["hi"]), {k: row[k] for k in ("e_point", "e_ci")}, 3e-7)
    for key, is_rare in (("or_common_sqrt", False), ("or_rare", True)):
        for row in E_VALUES[key]:
            agrees(e_value_or(row["or"], row["lo"], row["hi"], is_rare=is_rare), row, 3e-7)
    for row in E_VALUES["hr_common"]:
        agrees(e_value_hr(row["hr"], row["lo"], row["hi"], is_rare=False), row, 8e-7)
    for row in E_VALUES["md"]:
        agrees(e_value_md(row["d"], row["se"]), row, 5e-7)
    for row in E_VALUES["rd"]:
        agrees(e_value_rd(row["n11"], row["n10"], row["n01"], row["n00"]), row, 4e-7)


def test_published_example():
    """VanderWeele and Ding (2017): 3.9 (1.8 to 8.7) gives 7.26 and 3.0."""
    found = e_value_rr(3.9, 1.8, 8.7)
    assert (round(found.point, 2), found.limit) == (7.26, pytest.approx(3.0))
    assert "risk ratio of 7.26 each" in found.summary() and "it takes 3.00" in found.summary()


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 100))
def test_an_e_value_is_just_strong_enough(ratio):
    strength = e_value(ratio)
    # the largest bias that two risk ratios of this size can make
    assert strength**2 / (2 * strength - 1) == pytest.approx(max(ratio, 1 / ratio))
    assert e_value(1 / ratio) == pytest.approx(strength)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=4, max_size=4))
def test_limit_of_a_risk_difference_against_a_search_of_the_grid(counts):
    n11, n10, n01, n00 = counts
    if n11 * (n01 + n00) < n01 * (n11 + n10):
        n11, n10, n01, n00 = n01, n00, n11, n10
    n1, n0 = n11 + n10, n01 + n00
    f, p1, p0 = n1 / (n1 + n0), n11 / n1, n01 / n0
    grid = np.arange(1, p1 / p0 + 1e-3, 1e-3)
    rd, share = p1 - p0 * grid, f + (1 - f) / grid
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0 * grid**2) * share**2
    variance += rd**2 * (1 - 1 / grid) ** 2 * f * (1 - f) / (n1 + n0)
    first = grid[np.argmax(rd * share - 1.959963984540054 * np.sqrt(variance) <= 0)]
    found = e_value_rd(*counts, grid=1e-3)
    assert found.limit == pytest.approx(e_value(min(first, p1 / p0)), abs=1e-9)
    assert found.point == pytest.approx(e_value(p1 / p0))


def test_e_value_of_the_headline():
    found = e_value_for_difference(0.33, -0.06, -0.11, -0.01)
    assert (found.ratio, found.ratio_low, found.ratio_high) == pytest.approx((33 / 39, 28 / 39, 38 / 39))
    assert found.point == pytest.approx(e_value(33 / 39)) and found.limit == pytest.approx(e_value(38 / 39))
    assert "taken as known" in found.approximation
    assert e_value_for_difference(0.33, -0.06, -0.13, 0.01).limit == 1
    assert "nothing hidden at all" in e_value_for_difference(0.33, -0.06, -0.13, 0.01).summary()
    assert e_value_for_difference(0.1, 0.0, -0.5, 0.5).point == 1  # a limit beyond nobody at all
    for nothing in (e_value_for_difference(0.0, -0.1, -0.2, -0.05), e_value_for_difference(0.1, 0.1, 0.0, 0.2)):
        assert nothing.point is None and nothing.limit is None
        assert "has none of the outcome" in nothing.summary()


def test_e_values_that_do_not_exist_are_said():
    assert e_value_rd(5, 95, 0, 100).why_not.startswith("nobody in one of the groups")
    assert e_value_rd(5, 95, 5, 95).point == 1 and e_value_rd(5, 95, 5, 95).limit == 1
    assert e_value_rd(51, 108_778, 397, 78_557).point == e_value_rd(397, 78_557, 51, 108_778).point
    assert e_value_md(1e6, 1).why_not == "the difference is too large for a risk ratio"
    assert e_value_md(0.0, 0.2).point == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: e_value(0),
        lambda: e_value(math.nan),
        lambda: e_value_rr(1, 2, 3),
        lambda: e_value_or(0.5, 0, 1, is_rare=True),
        lambda: e_value_hr(0.5, 0.4, math.inf, is_rare=False),
        lambda: e_value_md(math.nan, 1),
        lambda: e_value_rd(0, 0, 1, 1),
        lambda: e_value_rd(-1, 1, 1, 1),
        lambda: e_value_for_difference(0.3, math.nan, 0, 1),
        lambda: e_value_for_difference(0.3, 0.1, 0.2, 0.3),
    ],
)
def test_e_values_of_nonsense_are_refused(wrong):
    with pytest.raises(JDLError, match="E-value"):
        wrong()
