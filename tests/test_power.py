"""Power: the published table in all ten rows; R's pwr; each answer undoes the other."""

import itertools
import json
import math
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from drawn import layout_faults
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import GOLDEN, covariates, people, spec_as_r
from scipy import special
from statsmodels.stats.power import TTestIndPower

from jdl_toolkit import tables
from jdl_toolkit.cli import main
from jdl_toolkit.errors import CouldNotBeAnswered, JDLError
from jdl_toolkit.findings import PowerSummary
from jdl_toolkit.findings.aggregates import power_summary
from jdl_toolkit.inference import compare_measures
from jdl_toolkit.matching import match
from jdl_toolkit.plots import canvas
from jdl_toolkit.power import (
    PowerTable,
    cohen_h,
    common_sd,
    detectable_difference,
    detectable_share,
    needed_for_shares,
    needed_treatment,
    power_for_measure,
    power_for_rate,
    power_of_shares,
    power_of_t_test,
    sd_of_count,
)
from jdl_toolkit.render import lint_html

SD = common_sd(84 / 257, 257, 11_543 / 33_111, 33_111)
VECTORS = pd.read_csv(GOLDEN / "power_vectors.csv")
VECTORS["sides"] = VECTORS["alternative"].map({"two.sided": 2, "one.sided": 1})


def vectors(test: str, solve_for: str):
    chosen = VECTORS[(VECTORS["test"] == test) & (VECTORS["solve_for"] == solve_for)]
    return pytest.mark.parametrize("vector", chosen.itertuples(), ids=lambda v: str(v.row))


def foundation(reductions=range(1, 11)) -> PowerTable:
    return PowerTable(n_control=33_111, sd=SD, n_treatment=257, reductions=reductions)


def test_published_table_in_all_ten_rows():
    published = pd.read_csv(GOLDEN / "power_table.csv")
    table = foundation()
    assert table.rows["reduction"].tolist() == published["reduction_pp"].tolist()
    assert table.rows["n_treatment"].tolist() == published["min_treatment_n_published"].tolist()
    assert table.rows["n_treatment"].tolist() == [240648, 9327, 3584, 1925, 1207, 829, 605, 461, 363, 294]
    assert not table.rows["infeasible"].any()


def test_table_before_rounding_and_its_standard_deviation():
    recipe = json.loads((GOLDEN / "table1_foundation.json").read_text())["best_recipe"]
    assert pytest.approx(recipe["sd"], abs=5e-11) == SD  # given with ten decimals
    rows = PowerTable(n_control=33_111, sd=recipe["sd"]).rows
    # given with five decimals; in the first row, near the floor, R's own root is good to 2e-9 only
    assert rows["n_exact"].to_numpy() == pytest.approx(recipe["exact_n"], rel=3e-9, abs=6e-6)


def test_every_vector_is_of_a_kind_that_is_tested():
    kinds = set(zip(VECTORS["test"], VECTORS["solve_for"], strict=True))
    assert kinds == {("t2n", "n_treated"), ("t2n", "power"), ("t2n", "delta"), ("2p2n", "n_treated"), ("2p2n", "power")}
    assert len(VECTORS) == 110


@vectors("t2n", "n_treated")
def test_needed_against_r(vector):
    needed = needed_treatment(vector.delta, vector.sd, vector.n_control, vector.alpha, vector.power, vector.sides)
    if math.isnan(vector.n_treated):
        assert needed is None
        floor = detectable_difference(math.inf, vector.n_control, vector.sd, vector.alpha, vector.power, vector.sides)
        assert vector.delta < floor
    else:  # R's root is good to about 1e-8; in row 93, near the floor, to 3.4e-8
        assert needed == pytest.approx(vector.n_treated, rel=5e-8)
        assert power_of_t_test(
            needed, vector.n_control, vector.delta / vector.sd, vector.alpha, vector.sides
        ) == pytest.approx(vector.power, abs=1e-13)


@vectors("t2n", "power")
def test_power_against_r(vector):
    found = power_of_t_test(vector.n_treated, vector.n_control, vector.delta / vector.sd, vector.alpha, vector.sides)
    assert found == pytest.approx(vector.power, abs=2e-11)  # R's own noncentral t; off by 1.5e-11 in row 571


@vectors("t2n", "delta")
def test_detectable_difference_against_r(vector):
    found = detectable_difference(
        vector.n_treated, vector.n_control, vector.sd, vector.alpha, vector.power, vector.sides
    )
    assert found == pytest.approx(vector.delta, rel=1e-11)  # as R's power


@vectors("2p2n", "n_treated")
def test_needed_for_shares_against_r(vector):
    h = cohen_h(vector.p_treated, vector.p_control)
    assert abs(h) == pytest.approx(vector.effect_size, rel=1e-14)
    needed = needed_for_shares(h, vector.n_control, vector.alpha, vector.power, vector.sides)
    if math.isnan(vector.n_treated):
        assert needed is None
        room = detectable_share(math.inf, vector.n_control, vector.p_control, vector.alpha, vector.power)
        assert vector.p_treated > room
    else:  # the normal distribution is exact on both sides
        assert needed == pytest.approx(vector.n_treated, rel=1e-12)


@vectors("2p2n", "power")
def test_power_of_shares_against_r(vector):
    h = cohen_h(vector.p_treated, vector.p_control)
    found = power_of_shares(vector.n_treated, vector.n_control, h, vector.alpha, vector.sides)
    assert found == pytest.approx(vector.power, abs=1e-14)


def test_the_share_that_is_detected_has_the_power():
    share = detectable_share(257, 33_111, 0.35, 0.05, 0.95)
    assert share < 0.35
    assert power_of_shares(257, 33_111, cohen_h(share, 0.35), 0.05) == pytest.approx(0.95, abs=1e-12)
    assert detectable_share(30, 33_111, 0.02, 0.05, 0.95) is None  # even nobody at all would not be told from 2 %


#: n₁, n₂, noncentrality, level, power: by 30-digit quadrature (mpmath 1.3) of ∫ [Φ(c − qs) + Φ(−c − qs)] f(s) ds over
#: the density f of S, and q from the regularised incomplete beta function to 30 digits.
HIGH_PRECISION = [
    (2, 2, 30, 0.001, 0.59365409539842293),
    (2, 2, 1e-06, 0.05, 0.050000000000046312),
    (2, 2, 2, 0.2, 0.61059819523202268),
    (2, 3, 100, 0.001, 1.0),
    (3, 5, 4, 0.05, 0.91175864639701056),
    (5, 30, 7.5, 0.001, 0.99981803093848661),
    (30, 30, 2.5, 0.2, 0.88513368867295348),
    (30, 257, 3.6, 0.05, 0.94822470813026161),
    (257, 33111, 3.6, 0.05, 0.94949040141606202),
    (257, 33111, 0.01, 0.001, 0.0010005847324924039),
    (10000, 1000000, 20, 0.05, 1.0),
    (10000, 1000000, 1, 0.05, 0.17007481121498207),
    (2, 10000000, 6.4, 0.001, 0.99906288828947977),
    (10000000, 10000000, 6.4, 0.001, 0.99906289103721102),
    (10000000, 10000000, 0.5, 0.2, 0.25465027264766),
    (10000000, 2, 3, 0.01, 0.66427916586461819),
]


@pytest.mark.parametrize(("n_treatment", "n_control", "noncentrality", "alpha", "power"), HIGH_PRECISION)
def test_power_against_thirty_digits(n_treatment, n_control, noncentrality, alpha, power):
    effect = noncentrality * math.sqrt(1 / n_treatment + 1 / n_control)
    # q itself comes from SciPy's t distribution, good to 1e-14 of its value
    assert power_of_t_test(n_treatment, n_control, effect, alpha) == pytest.approx(power, abs=1e-13)


def test_a_number_everywhere_and_as_scipy_wherever_scipy_has_one():
    sizes, compared = (2, 3, 5, 12, 30, 257, 4_000, 33_111, 10**6, 10**7), 0
    for n_treatment, n_control in itertools.product(sizes, sizes):
        for alpha, effect in itertools.product((0.001, 0.05, 0.2), (0.0, 1e-8, 1e-3, 0.03, 0.3, 3.0, 100.0)):
            found = power_of_t_test(n_treatment, n_control, effect, alpha)
            assert alpha - 1e-12 <= found <= 1
            df, ncp = n_treatment + n_control - 2, effect / math.sqrt(1 / n_treatment + 1 / n_control)
            q = -special.stdtrit(df, alpha / 2)
            theirs = 1 - special.nctdtr(df, ncp, q) + special.nctdtr(df, ncp, -q)
            if not math.isnan(theirs):
                compared += 1
                assert found == pytest.approx(theirs, abs=1e-13), (n_treatment, n_control, alpha, effect)
    assert 1900 < compared < 2100


def test_it_rises_with_everything_that_ought_to_raise_it_up_to_ten_million():
    sizes = np.unique(np.geomspace(2, 10**7, 40).round())
    for alpha, power in itertools.product((0.001, 0.05, 0.2), (0.5, 0.8, 0.999)):
        for n_control in (2, 30, 33_111, 10**7):
            detectable = [detectable_difference(n, n_control, 1.0, alpha, power) for n in [*sizes, math.inf]]
            assert np.isfinite(detectable).all() and (np.diff(detectable) < 0).all()
            effect = detectable[20] * 1.0000001
            of_size = [power_of_t_test(n, n_control, effect, alpha) for n in sizes]
            assert (np.diff(of_size) >= -1e-14).all()
            found = needed_treatment(effect, 1.0, n_control, alpha, power)
            assert found == pytest.approx(sizes[20], rel=1e-3)
    # in the limit the normal test; a finite size differs by order 1/n
    n = 10**7
    limit = power_of_t_test(math.inf, n, 3 / math.sqrt(n), 0.05)
    assert limit == pytest.approx(float(special.ndtr(3 - 1.959963984540054) + special.ndtr(-3 - 1.959963984540054)))
    assert power_of_t_test(n, n, 3 * math.sqrt(2 / n), 0.05) == pytest.approx(limit, abs=1 / n)


@settings(max_examples=80, deadline=None)
@given(st.integers(30, 50_000), st.integers(30, 10**6), st.sampled_from([0.5, 0.8, 0.95]), st.floats(0.05, 0.5))
def test_each_answer_undoes_the_other(n_treatment, n_control, power, sd):
    difference = detectable_difference(n_treatment, n_control, sd, 0.05, power)
    assert power_of_t_test(n_treatment, n_control, difference / sd, 0.05) == pytest.approx(power, abs=1e-9)
    # near the floor the number needed is steep in the difference: compare on the scale that the control group sets
    needed = needed_treatment(difference, sd, n_control, 0.05, power)
    assert 1 / needed + 1 / n_control == pytest.approx(1 / n_treatment + 1 / n_control, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 5000), st.integers(10, 10**6), st.floats(0.01, 0.3))
def test_more_people_or_a_larger_difference_never_lower_power(n_treatment, n_control, effect):
    power = power_of_t_test(n_treatment, n_control, effect, 0.05)
    assert 0.05 <= power <= 1
    assert power_of_t_test(n_treatment + 10, n_control, effect, 0.05) >= power - 1e-12
    assert power_of_t_test(n_treatment, n_control, effect * 1.1, 0.05) >= power - 1e-12


def test_below_the_floor_no_number_is_enough():
    table = foundation([0.5, 0.9, 0.94, 5])
    assert table.smallest_detectable == pytest.approx(0.9376, abs=5e-5)
    assert table.rows["infeasible"].tolist() == [True, True, False, False]
    assert table.rows["n_treatment"].isna().tolist() == [True, True, False, False]
    assert table.needed_for(0.9) is None


def test_group_in_hand():
    table = foundation()
    theirs = TTestIndPower().solve_power(nobs1=257, ratio=33_111 / 257, alpha=0.05, power=0.95)
    assert table.detectable_in_hand == pytest.approx(100 * SD * theirs, rel=1e-8)
    assert table.rows["power_in_hand"].iloc[-1] == pytest.approx(power_of_t_test(257, 33_111, 0.1 / SD, 0.05))
    assert table.rows["power_in_hand"].is_monotonic_increasing
    assert table.needed_for(table.detectable_in_hand) == 257
    assert table.needed_for(-5) == table.needed_for(5) == 1207
    assert table.needed_for(0) is None


def compared(**changes) -> SimpleNamespace:
    """Outcomes with one measure: the rate of the worked example, its controls worth 2,000."""
    row = {"key": "rate", "label": "Rate", "unit": "share", "treatment_value": 84 / 257, "n_treatment": 257}
    row |= {"control_value": 11_543 / 33_111, "n_control": 33_111, "ess_treatment": 257.0, "ess_control": 2000.0}
    return SimpleNamespace(measures=pd.DataFrame([row | {"why_not": None} | changes]))


def test_power_of_a_comparison_rests_on_its_rate():
    table = power_for_rate(compared(), spec())
    pd.testing.assert_frame_equal(table.rows, foundation().rows)
    assert (table.sd, table.n_control, table.n_treatment, table.unit) == (SD, 33_111, 257, "share")
    worth = PowerTable(n_control=2000, sd=SD, n_treatment=257)
    pd.testing.assert_frame_equal(table.effective.rows, worth.rows)
    assert table.effective.smallest_detectable == worth.smallest_detectable > table.smallest_detectable
    assert "33,111 controls" in table.summary() and "what they are worth (2,000)" in table.summary()


def test_power_of_a_count_and_of_days_rests_on_their_spread():
    count = {"key": "frequency", "unit": "count", "treatment_value": 0.9, "control_value": 1.2}
    table = power_for_measure(compared(**count, treatment_sd=1.8, control_sd=2.2), "frequency", spec())
    assert table.sd == pytest.approx(math.sqrt((1.8**2 + 2.2**2) / 2))
    # 1 to 10 per cent of the controls' mean
    assert table.rows["reduction"].tolist() == pytest.approx([0.012 * k for k in range(1, 11)])
    by_hand = detectable_difference(257, 33_111, table.sd, 0.05, 0.95)
    assert table.detectable_in_hand == pytest.approx(by_hand) and "per person" in table.summary()
    assert table.needed_for(-0.3) == round(needed_treatment(0.3, table.sd, 33_111, 0.05, 0.95))
    days = {"key": "days", "unit": "days", "treatment_value": 130.0, "control_value": 120.0, "n_treatment": 84}
    table = power_for_measure(compared(**days, treatment_sd=90.0, control_sd=95.0, ess_treatment=84.0), "days", spec())
    assert table.rows["reduction"].iloc[4] == pytest.approx(6.0) and table.n_treatment == 84


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"treatment_value": 0.0, "control_value": 0.0}, "the same for everybody"),
        ({"why_not": "it is too rare"}, "not shown, it is too rare"),
        ({"unit": "count", "treatment_sd": 1.0, "control_sd": 0.0, "control_value": 0.0}, "nothing to reduce"),
    ],
)
def test_what_has_no_power_is_said(changes, words):
    with pytest.raises(CouldNotBeAnswered, match=words):
        power_for_rate(compared(**changes), spec())


def test_a_measure_that_is_not_there_is_said_and_controls_worth_nobody_are_left_out():
    with pytest.raises(JDLError, match="no outcome measure 'days'"):
        power_for_measure(compared(), "days", spec())
    assert power_for_rate(compared(ess_control=1.4), spec()).effective is None


def test_every_measure_of_a_real_comparison_has_its_power():
    frame = people("syn_small")
    outcomes = pd.DataFrame({"unit_id": frame["id"], "reoffended": frame["reoff"], "n_reoffences": frame["nreoff"]})
    outcomes["days_to_first"] = frame["time"].where(frame["reoff"] == 1)
    asked_for = spec_as_r(outcomes={"measures": ["rate", "frequency", "days"]}, inference={"minimum_reoffenders": 2})
    matched = match(covariates("syn_small"), asked_for)
    comparison = compare_measures(outcomes, matched, asked_for)
    treated = frame["treat"] == 1
    for key, column in (("rate", frame["reoff"]), ("frequency", frame["nreoff"]), ("days", outcomes["days_to_first"])):
        table = power_for_measure(comparison, key, asked_for)
        row = comparison.measures.set_index("key").loc[key]
        assert row["treatment_sd"] == pytest.approx(column[treated].std())  # all are matched, each once
        assert table.sd**2 == pytest.approx((row["treatment_sd"] ** 2 + row["control_sd"] ** 2) / 2)
        assert table.n_control == row["n_control"] and table.effective.n_control == row["ess_control"] < table.n_control
        assert table.effective.detectable_in_hand > table.detectable_in_hand > table.smallest_detectable > 0
    assert power_for_rate(comparison, asked_for).effective.n_control == pytest.approx(matched.ess_control)


def test_findings_and_their_table_carry_both_ways_of_counting():
    measure = {"unit": "share", "base": "everyone", "headline": {"estimate": -0.05}}
    summary = PowerSummary(**power_summary(power_for_rate(compared(), spec()), [measure]))
    assert (summary.n_control, summary.needed_for_observed, summary.rows[0].n_treatment) == (33_111, 1207, 240_648)
    worth = PowerTable(n_control=2000, sd=SD, n_treatment=257)
    assert summary.effective.n_control == 2000 and summary.effective.rows[0].infeasible
    assert summary.effective.needed_for_observed == worth.needed_for(-5) == summary.effective.rows[4].n_treatment
    assert summary.effective.detectable_in_hand_pp == worth.detectable_in_hand
    table = tables.power_table(SimpleNamespace(power=summary))
    assert table.columns[-1] == "People needed, by the safer count"
    assert table.rows[0] == ("1", "240,648", "no number of people is enough")
    assert table.rows[4] == ("5", "1,207", f"{worth.needed_for(5):,}") and "worth 2,000 who count alike" in table.note
    plain = tables.power_table(SimpleNamespace(power=summary.model_copy(update={"effective": None})))
    assert [row[:2] for row in table.rows] == list(plain.rows)
    assert table.note.replace(" By the safer count they are worth 2,000 who count alike.", "") == plain.note


def test_sd_of_a_count():
    assert sd_of_count(0.9) == pytest.approx(0.9**0.5) and sd_of_count(0.9, 4) == pytest.approx(0.9**0.5 * 2)


def test_curve():
    curve = foundation().curve
    assert curve["n_treatment"].iloc[0] == 30 and curve["n_treatment"].is_monotonic_increasing
    assert curve["n_treatment"].iloc[-1] >= 4 * 257
    assert curve["detectable"].is_monotonic_decreasing
    n, detectable = curve.iloc[20]
    assert detectable == pytest.approx(100 * detectable_difference(n, 33_111, SD, 0.05, 0.95))


def test_common_sd_by_hand():
    assert common_sd(0.5, 5, 0.2, 11) == pytest.approx(math.sqrt((0.25 * 5 / 4 + 0.16 * 11 / 10) / 2))


def test_all_wrong_values_are_said_at_once():
    wrong = {"n_control": 1, "sd": 0.0, "n_treatment": math.nan, "power": 0.04, "reductions": [0], "unit": "rate"}
    with pytest.raises(JDLError) as refused:
        PowerTable(**wrong, ess_control=0.5, ess_treatment="many")
    places = "n_control n_treatment sd power reductions unit ess_control ess_treatment".split()
    assert [p.where for p in refused.value.problems] == [f"power, {place}" for place in places]
    with pytest.raises(JDLError, match="100 percentage points"):
        PowerTable(n_control=100, sd=0.5, reductions=[100])
    with pytest.raises(JDLError, match="at least one"):
        PowerTable(n_control=100, sd=math.inf, reductions=[])
    with pytest.raises(JDLError, match="number of treated"):  # a worth of nobody
        PowerTable(n_control=100, sd=0.5, ess_treatment=20)
    for make in (
        lambda: PowerTable.for_rates(control=1.5, treatment=None, n_control=10**400, alpha=0),
        lambda: PowerTable.for_counts(mean=0, overdispersion=math.nan, n_control=2, alpha=0),
        lambda: PowerTable.for_days(sd=-1, n_control=None, reductions=5),
    ):
        with pytest.raises(JDLError) as refused:
            make()
        assert len(refused.value.problems) == 3


def test_a_table_is_written_with_no_more_than_is_known():
    table = PowerTable(n_control=33_111, sd=0.4732691826)
    assert (table.alpha, table.power, table.unit, table.n_treatment) == (0.05, 0.95, "share", None)
    assert table.detectable_in_hand is None and table.effective is None and "power_in_hand" not in table.rows
    assert table.rows["n_treatment"].tolist() == foundation().rows["n_treatment"].tolist()
    assert "294 treated people for a reduction of 10 percentage points and 240,648 for one of 1." in repr(table)
    assert table.rows is table.rows and table.curve is table.curve  # kept once they are worked out
    assert table == PowerTable(n_control=np.int64(33_111), sd=np.float64(0.4732691826), reductions=range(1, 11))


@pytest.mark.parametrize("solved", ["n_treated", "power", "delta"])
def test_a_table_answers_as_r(solved):
    chosen = VECTORS[(VECTORS["test"] == "t2n") & (VECTORS["solve_for"] == solved) & (VECTORS["sides"] == 2)]
    for vector in chosen[chosen["n_treated"].notna()].itertuples():
        asked_for = {"n_control": vector.n_control, "sd": vector.sd, "alpha": vector.alpha, "power": vector.power}
        if solved == "power":
            asked_for["power"] = 0.9999  # of no account
        table, points = PowerTable(**asked_for), 100 * vector.delta
        if solved == "n_treated":
            assert table.needed_for(points) == math.floor(vector.n_treated + 0.5)
        elif solved == "power":
            assert table.power_for(points, vector.n_treated) == pytest.approx(vector.power, abs=2e-11)
        else:
            assert table.detectable(vector.n_treated) == pytest.approx(points, rel=1e-11)
    assert len(chosen) >= 5


def test_rates_counts_and_days_have_their_own_ways_in():
    rates = {"control": 11_543 / 33_111, "n_control": 33_111}
    assert PowerTable.for_rates(**rates, treatment=84 / 257, n_treatment=257) == foundation()
    planned = PowerTable.for_rates(**rates)
    assert planned.sd == pytest.approx(math.sqrt(rates["control"] * (1 - rates["control"])), rel=1e-5)
    counts = PowerTable.for_counts(mean=1.2, overdispersion=3, n_control=33_111)
    assert counts.sd == math.sqrt(3.6) and counts.reductions == pytest.approx([0.012 * k for k in range(1, 11)])
    assert counts.needed_for(0.12) == round(needed_treatment(0.12, counts.sd, 33_111, 0.05, 0.95)) == 3602
    days = PowerTable.for_days(sd=95, n_control=11_543, n_treatment=84)
    assert days.reductions == tuple(range(5, 51, 5)) and "37.5 days or more" in days.summary()
    both = PowerTable.for_days(sd=95, n_control=11_543, n_treatment=84, ess_treatment=80, ess_control=5_000.4)
    assert "Counting the treated and the controls by what they are worth (80 and 5,000)" in both.summary()
    assert both.effective == PowerTable.for_days(sd=95, n_control=5_000.4, n_treatment=80)


def test_what_no_share_could_fall_by_is_not_offered():
    table = PowerTable(n_control=2, sd=0.47, n_treatment=3)
    assert "detect no reduction of any size" in table.summary() and "detects any." in table.summary()
    assert "more than any number of treated people for a reduction of 10 percentage points" in repr(
        PowerTable(n_control=5, sd=0.47)
    )
    assert table.detectable_in_hand > table.smallest_detectable > 100 and table.plot() is None


UNITS = st.sampled_from(["share", "count", "days", "mean"])


@settings(max_examples=40, deadline=None)
@given(st.integers(30, 5_000), st.integers(100, 10**6), st.floats(0.1, 0.5), st.sampled_from([0.5, 0.8, 0.95]), UNITS)
def test_the_answers_of_a_table_undo_each_other(n_treatment, n_control, sd, power, unit):
    table = PowerTable(n_control=n_control, sd=sd, n_treatment=n_treatment, power=power, unit=unit)
    detected, floor = table.detectable_in_hand, table.smallest_detectable
    assert table.power_for(detected, n_treatment) == table.power_for(-detected, n_treatment) == pytest.approx(power)
    assert table.needed_for(detected) == table.needed_for(-detected) == n_treatment
    assert floor == table.detectable(math.inf) < table.detectable(10 * n_treatment) < detected
    assert table.detectable(1e12) == pytest.approx(floor, rel=1e-5)
    assert table.needed_for(0.999 * floor) is None and table.needed_for(detected * 1.2) < n_treatment
    assert table.power_for(1.1 * detected, n_treatment) > power > table.power_for(0.9 * detected, n_treatment)
    assert table.rows["power_in_hand"].is_monotonic_increasing and table.curve["detectable"].is_monotonic_decreasing
    assert table.rows["n_exact"].dropna().is_monotonic_decreasing


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("sizes", [(1, 2), (2, 2), (math.inf, 2), (30, 1e15), (math.inf, math.inf)])
def test_the_hardest_levels_end_in_a_number(sizes, sides):
    found = detectable_difference(*sizes, 1e60, 1e-12, 1 - 1e-9, sides)
    assert 0 <= found < 1e80 and (found > 0) == (sizes[0] + sizes[1] < math.inf or min(sizes) < math.inf)
    easy = detectable_difference(*sizes, 1e60, 0.3, 0.300001, sides)
    assert 0 <= easy <= found


def test_single_answers_refuse_what_makes_no_sense_all_at_once():
    wrong = {
        lambda: detectable_difference(100, 100, 0.5, 0.05, 0.05): ["power"],
        lambda: detectable_difference(0.5, math.nan, -1, 0.0, 1.0, 3): ["sd", "groups", "alpha", "power", "sides"],
        lambda: detectable_difference(1, 1, 1, 0.05, 0.9): ["groups"],
        lambda: needed_treatment(math.nan, math.inf, 0, 0.05, 0.9999999999999999): ["sd", "groups", "difference"]
        + ["power"],
        lambda: power_of_t_test(100, 100, math.inf, 1e-16): ["effect", "alpha"],
        lambda: power_of_shares(100, -1, math.nan, 0.05): ["groups", "h"],
        lambda: needed_for_shares(math.inf, 100, 0.05, 0.01): ["h", "power"],
        lambda: detectable_share(100, 100, 1.5, 0.05, 0.01): ["share_control", "power"],
        lambda: cohen_h(-0.1, 0.5): ["shares"],
    }
    for call, places in wrong.items():
        with pytest.raises(JDLError) as refused:
            call()
        assert [p.where for p in refused.value.problems] == [f"power, {place}" for place in places]


def test_a_power_table_is_saved_and_read_back(tmp_path):
    table = PowerTable(n_control=33_111, sd=SD, n_treatment=257, reductions=[1, 5], ess_control=900.5)
    table.save(tmp_path / "power")
    back = PowerTable.load(tmp_path / "power")
    assert back == table and back.needed_for(1) == 240_648 and back.effective.needed_for(1) is None
    pd.testing.assert_frame_equal(back.rows, table.rows)


def test_a_table_that_version_0_6_saved_is_read_back(tmp_path):
    table = PowerTable(
        n_control=33_111, sd=SD, n_treatment=257, reductions=[1, 5], ess_control=900.5, ess_treatment=257
    )
    for folder, one in ((tmp_path, table), (tmp_path / "effective", table.effective)):
        folder.mkdir(exist_ok=True)
        names = (
            "unit",
            "sd",
            "alpha",
            "power",
            "n_control",
            "n_treatment",
            "smallest_detectable",
            "detectable_in_hand",
        )
        (folder / "result.json").write_text(json.dumps({name: getattr(one, name) for name in names}))
        one.rows.to_parquet(folder / "rows.parquet", index=False)
        one.curve.to_parquet(folder / "curve.parquet", index=False)
    assert PowerTable.load(tmp_path) == table
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(JDLError, match="--fresh"):
        PowerTable.load(tmp_path)


TABLES = {
    "published": lambda: PowerTable(n_control=33_111, sd=SD),
    "30 people": lambda: PowerTable(n_control=33_111, sd=SD, n_treatment=30),
    "5 controls": lambda: PowerTable(n_control=5, sd=SD, n_treatment=40),
    "infeasible": lambda: PowerTable(n_control=500, sd=SD, n_treatment=257, reductions=[0.5, 1, 4, 9, 15, 25]),
    "counts": lambda: PowerTable.for_counts(mean=1.2, overdispersion=3, n_control=33_111, n_treatment=257),
    "days": lambda: PowerTable.for_days(sd=95, n_control=11_543, n_treatment=84),
    "large": lambda: PowerTable(n_control=10**12, sd=SD, n_treatment=10**9),
    "effective": lambda: PowerTable(n_control=33_111, sd=SD, n_treatment=257, ess_control=2000.3),
    "mean": lambda: PowerTable(n_control=500, sd=1e6, unit="mean", reductions=[1e5, 2e5, 3.5e5], n_treatment=257),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_curve_is_drawn_of_any_table(name, monkeypatch):
    table, drawn, to_svg = TABLES[name](), [], canvas.to_svg
    monkeypatch.setattr(canvas, "to_svg", lambda drawing, salt: (drawn.append(drawing), to_svg(drawing, salt))[1])
    figure = table.plot()
    assert layout_faults(drawn[0]) == []
    marked = {row["Marked"]: row["People in the treatment group"] for row in figure.data if row["Marked"]}
    assert marked.pop("the group in hand", None) == table.n_treatment
    assert set(marked.values()) <= set(table.rows["n_treatment"].dropna())
    assert ("reduction of 10 points" in marked) == (name in ("published", "30 people", "large", "effective"))
    head = {"counts": "per person", "days": "days", "mean": "units of the outcome"}.get(name, "percentage points")
    assert f"Smallest reduction ({head})" in figure.data[0]
    assert ("worth 2,000, the group in hand could show 11.3 points" in figure.note) == (name == "effective")
    assert table.table().columns[0] == f"Reduction ({head})"


def asked(*arguments: str):
    return CliRunner().invoke(main, ["power", *arguments])


def test_command_in_json():
    told = json.loads(
        asked("--n-control", "33111", "--sd", "0.4732691826", "--reductions", "0.9,1,10", "--json").stdout
    )
    assert set(told) == {"sd", "rows", "smallest_detectable_pp"}
    assert told["rows"][0] == {"reduction_pp": 0.9, "infeasible": True}
    assert [r["n_treated"] for r in told["rows"][1:]] == [240_648, 294]
    assert told["rows"][2]["n_treated_exact"] == pytest.approx(293.65860, abs=1e-5)
    assert told["smallest_detectable_pp"] == pytest.approx(0.9376, abs=5e-5)


def test_command_with_rates_and_worth():
    rates = ("--rate-treatment", str(84 / 257), "--rate-control", str(11_543 / 33_111), "--n-treatment", "257")
    told = json.loads(asked("--n-control", "33111", *rates, "--ess", "2000", "--json").stdout)
    assert told["sd"] == pytest.approx(SD, abs=1e-15)
    assert [r["n_treated"] for r in told["rows"]] == pd.read_csv(GOLDEN / "power_table.csv")[
        "min_treatment_n_published"
    ].tolist()
    assert told["detectable_in_hand_pp"] == pytest.approx(foundation().detectable_in_hand)
    assert told["effective"]["rows"][0]["infeasible"] and told["effective"]["n_control"] == 2000
    words = asked("--n-control", "33111", *rates, "--ess", "2000").stdout
    assert "240,648" in words and "no number is enough" in words and "what they are worth (2,000)" in words


def test_command_for_counts_and_days():
    count = ("--measure", "count", "--mean", "0.9", "--overdispersion", "3", "--reductions", "0.1,0.01")
    told = json.loads(asked("--n-control", "5000", *count, "--json").stdout)
    assert told["sd"] == pytest.approx(2.7**0.5) and told["rows"][1] == {"reduction": 0.01, "infeasible": True}
    by_hand = needed_treatment(0.1, 2.7**0.5, 5000, 0.05, 0.95)
    assert told["rows"][0]["n_treated_exact"] == pytest.approx(by_hand)
    days = asked("--n-control", "5000", "--measure", "days", "--sd", "95", "--reductions", "10:11")
    assert days.exit_code == 0 and "(days)" in days.stdout and re.search(r"11 +1,203", days.stdout)
    told = json.loads(asked("--n-control", "5000", "--measure", "days", "--sd", "95", "--json").stdout)
    assert [row["reduction"] for row in told["rows"]] == [5 * k for k in range(1, 11)]
    told = json.loads(asked("--n-control", "5000", *count[:4], "--json").stdout)
    assert [row["reduction"] for row in told["rows"]] == pytest.approx([0.009 * k for k in range(1, 11)])
    assert "--reductions" in asked("--n-control", "5000", "--measure", "count", "--sd", "2").stderr


def test_command_for_planning_with_one_rate_and_a_group_in_hand():
    told = json.loads(asked("--n-control", "33111", "--rate-control", "0.35", "--json").stdout)
    assert told["rows"][4]["n_treated"] == PowerTable.for_rates(control=0.35, n_control=33_111).needed_for(5) == 1226
    words = asked("--n-control", "33111", "--sd", "0.4732691826", "--n-treatment", "257").stdout
    assert words.startswith(
        "257 treated people and 33,111 controls detect a reduction of 10.7 percentage points or more"
    )
    assert re.search(r"10 +294 +92%", words)


def test_command_writes_a_page(tmp_path):
    out = tmp_path / "power.html"
    given = ("--n-control", "33111", "--sd", "0.4732691826", "--n-treatment", "257", "--html", str(out))
    told = asked(*given)
    assert told.exit_code == 0 and told.stdout.endswith(f"Written: {out}\n")
    page = out.read_text()
    assert not lint_html(page) and "240,648" in page and page.count("<figure") == page.count("<table") - 1 == 1
    refused = asked(*given)
    assert refused.exit_code == 2 and "there already" in refused.stderr and out.read_text() == page
    assert asked(*given[:-4], "--html", str(out), "--force").exit_code == 0 and out.read_text() != page
    # of three people no curve can be drawn
    assert asked("--n-control", "2", "--sd", "0.5", "--n-treatment", "3", *given[-2:], "--force").exit_code == 0
    assert not lint_html(out.read_text()) and "<figure" not in out.read_text()
    wrong = asked("--n-control", "1", "--sd", "1", "--html", str(tmp_path / "other.html"))
    assert wrong.exit_code == 2 and sorted(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("arguments", "n_faults"),
    [
        (("--n-control", "1", "--alpha", "2", "--power", "nan", "--reductions", "x", "--ess", "0"), 6),
        (("--n-control", "100", "--sd", "-1"), 1),
        (("--n-control", "100", "--sd", "0.5", "--rate-control", "0.3"), 1),
        (("--n-control", "100", "--rate-treatment", "1.5", "--rate-control", "-1", "--n-treatment", "0"), 3),
        (("--n-control", "100", "--rate-treatment", "0", "--rate-control", "0", "--n-treatment", "9"), 1),
        (("--n-control", "100", "--measure", "count", "--mean", "0", "--overdispersion", "inf"), 2),
        (("--n-control", "100", "--measure", "days", "--mean", "3", "--reductions", "1:1000000000"), 3),
        (("--n-control", "100", "--sd", "0.5", "--reductions", "5,100"), 1),
        (("--n-control", "100", "--sd", "0.5", "--reductions", "5,nan"), 1),
        (("--n-control", "100", "--sd", "0.5", "--reductions", "5:1"), 1),
        (("--n-control", "100", "--sd", "0.5", "--reductions", "1:1000000000"), 1),
        (("--n-control", "100", "--sd", "0.5", "--reductions", "9" * 5000), 1),
        (("--n-control", "100", "--sd", "0.5", "--power", "0.9999999999999999"), 1),
        (("--n-control", "2", "--sd", "0.5", "--alpha", "1e-16"), 1),
        (("--n-control", "2", "--sd", "0.5", "--alpha", "nan", "--power", "inf"), 2),
        (("--n-control", "1" + "0" * 400, "--sd", "inf", "--n-treatment", "1" + "0" * 30), 3),
        (("--n-control", "100", "--measure", "days", "--sd", "1e300", "--reductions", "1e-300"), 2),
        (("--n-control", "100", "--measure", "days", "--sd", "nan", "--reductions", "1", "--ess", "inf"), 2),
        (("--n-control", "100", "--measure", "count", "--mean", "1e300", "--overdispersion", "nan"), 2),
    ],
)
def test_command_says_all_faults_at_once(arguments, n_faults):
    told = asked(*arguments)
    assert told.exit_code == 2 and told.stdout == ""
    assert (f"{n_faults} problems:" in told.stderr) == (n_faults > 1), told.stderr
    assert told.stderr.count("What to do:") == n_faults, told.stderr
