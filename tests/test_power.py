"""Power: the published table in all ten rows; R's pwr; each answer undoes the other."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import GOLDEN
from statsmodels.stats.power import TTestIndPower

from jdl_toolkit.errors import CouldNotBeAnswered, JDLError
from jdl_toolkit.power import (
    PowerTable,
    common_sd,
    detectable_difference,
    needed_treatment,
    power_for_rate,
    power_of_t_test,
    power_table,
)

SD = common_sd(84 / 257, 257, 11_543 / 33_111, 33_111)
VECTORS = pd.read_csv(GOLDEN / "power_vectors.csv").query("test == 't2n' and alternative == 'two.sided'")


def foundation(reductions=range(1, 11)) -> PowerTable:
    return power_table(33_111, SD, 257, 0.05, 0.95, reductions)


def test_published_table_in_all_ten_rows():
    published = pd.read_csv(GOLDEN / "power_table.csv")
    table = foundation()
    assert table.rows["reduction_pp"].tolist() == published["reduction_pp"].tolist()
    assert table.rows["n_treatment"].tolist() == published["min_treatment_n_published"].tolist()
    assert table.rows["n_treatment"].tolist() == [240648, 9327, 3584, 1925, 1207, 829, 605, 461, 363, 294]
    assert not table.rows["infeasible"].any()


def test_table_before_rounding_and_its_standard_deviation():
    recipe = json.loads((GOLDEN / "table1_foundation.json").read_text())["best_recipe"]
    assert pytest.approx(recipe["sd"], abs=5e-11) == SD  # given with ten decimals
    rows = power_table(33_111, recipe["sd"], 257, 0.05, 0.95, range(1, 11)).rows
    # given with five decimals; in the first row, near the floor, R's own root is good to 2e-9 only
    assert rows["n_exact"].to_numpy() == pytest.approx(recipe["exact_n"], rel=3e-9, abs=6e-6)


@pytest.mark.parametrize("vector", VECTORS.query("solve_for == 'n_treated'").itertuples(), ids=lambda v: str(v.row))
def test_needed_against_r(vector):
    needed = needed_treatment(vector.delta, vector.sd, vector.n_control, vector.alpha, vector.power)
    if math.isnan(vector.n_treated):
        assert needed is None
        floor = detectable_difference(math.inf, vector.n_control, vector.sd, vector.alpha, vector.power)
        assert vector.delta < floor
    else:  # the reference was itself solved to about 1e-8
        assert needed == pytest.approx(vector.n_treated, rel=1e-7)


@pytest.mark.parametrize("vector", VECTORS.query("solve_for == 'power'").itertuples(), ids=lambda v: str(v.row))
def test_power_against_r(vector):
    found = power_of_t_test(vector.n_treated, vector.n_control, vector.delta / vector.sd, vector.alpha)
    assert found == pytest.approx(vector.power, abs=1e-10)


@pytest.mark.parametrize("vector", VECTORS.query("solve_for == 'delta'").itertuples(), ids=lambda v: str(v.row))
def test_detectable_difference_against_r(vector):
    found = detectable_difference(vector.n_treated, vector.n_control, vector.sd, vector.alpha, vector.power)
    assert found == pytest.approx(vector.delta, rel=1e-10)


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


@pytest.mark.parametrize("sizes", [(1e4, 1e6), (2, 1e6), (1e6, 1e6)])
def test_power_is_a_number_where_scipy_has_none(sizes):
    power = [power_of_t_test(*sizes, d, 0.05) for d in (0.0, 0.01, 0.2, 0.5, 2.0)]
    assert np.isfinite(power).all() and power == sorted(power)
    assert power[0] == pytest.approx(0.05, abs=1e-9)


def test_below_the_floor_no_number_is_enough():
    table = foundation([0.5, 0.9, 0.94, 5])
    assert table.smallest_detectable_pp == pytest.approx(0.9376, abs=5e-5)
    assert table.rows["infeasible"].tolist() == [True, True, False, False]
    assert table.rows["n_treatment"].isna().tolist() == [True, True, False, False]
    assert table.needed_for(0.9) is None


def test_group_in_hand():
    table = foundation()
    theirs = TTestIndPower().solve_power(nobs1=257, ratio=33_111 / 257, alpha=0.05, power=0.95)
    assert table.detectable_in_hand_pp == pytest.approx(100 * SD * theirs, rel=1e-8)
    assert table.rows["power_in_hand"].iloc[-1] == pytest.approx(power_of_t_test(257, 33_111, 0.1 / SD, 0.05))
    assert table.rows["power_in_hand"].is_monotonic_increasing
    assert table.needed_for(table.detectable_in_hand_pp) == 257
    assert table.needed_for(-5) == table.needed_for(5) == 1207
    assert table.needed_for(0) is None


def test_power_of_a_comparison_rests_on_its_rate():
    rate = {"key": "rate", "treatment_value": 84 / 257, "n_treatment": 257}
    rate |= {"control_value": 11_543 / 33_111, "n_control": 33_111}
    table = power_for_rate(SimpleNamespace(measures=pd.DataFrame([rate])), spec())
    pd.testing.assert_frame_equal(table.rows, foundation().rows)
    assert (table.sd, table.n_control, table.n_treatment) == (SD, 33_111, 257)
    nobody = pd.DataFrame([rate | {"treatment_value": 0.0, "control_value": 0.0}])
    with pytest.raises(CouldNotBeAnswered):
        power_for_rate(SimpleNamespace(measures=nobody), spec())


def test_curve():
    curve = foundation().curve
    assert curve["n_treatment"].iloc[0] == 30 and curve["n_treatment"].is_monotonic_increasing
    assert curve["n_treatment"].iloc[-1] >= 4 * 257
    assert curve["detectable_pp"].is_monotonic_decreasing
    n, detectable = curve.iloc[20]
    assert detectable == pytest.approx(100 * detectable_difference(n, 33_111, SD, 0.05, 0.95))


def test_common_sd_by_hand():
    assert common_sd(0.5, 5, 0.2, 11) == pytest.approx(math.sqrt((0.25 * 5 / 4 + 0.16 * 11 / 10) / 2))


def test_all_wrong_values_are_said_at_once():
    with pytest.raises(JDLError) as refused:
        power_table(1, 0.0, 1, 0.05, 0.04, [0])
    assert [p.where for p in refused.value.problems] == [
        "power, n_control",
        "power, n_treatment",
        "power, sd",
        "power, power",
        "power, reductions_pp",
    ]


def test_a_power_table_is_saved_and_read_back(tmp_path):
    table = foundation()
    table.save(tmp_path / "power")
    back = PowerTable.load(tmp_path / "power")
    pd.testing.assert_frame_equal(back.rows, table.rows)
    assert back.needed_for(1) == 240_648
    assert "257 treated and 33,111 controls, 95% power for 10.7 percentage points" in str(back)
