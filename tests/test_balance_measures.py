"""Measures of balance against their definitions, person by person, and what is said where there is none."""

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import cohort, made, spec_as_r

from jdl_toolkit.balance import assess_balance, measure_balance, smd
from jdl_toolkit.balance.measures import spread_of
from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import match


def slow(x, is_treated, weights):
    """Every statistic of one column by its definition, with plain sums."""
    t, c = is_treated, ~is_treated
    w_t, w_c = weights[t] / weights[t].sum(), weights[c] / weights[c].sum()
    m_t, m_c = sum(w_t * x[t]), sum(w_c * x[c])
    is_binary = set(x) <= {0.0, 1.0}
    s2 = [x[g].mean() * (1 - x[g].mean()) if is_binary else np.var(x[g], ddof=1) for g in (t, c)]
    v_t = sum(w_t * (x[t] - m_t) ** 2) / (1 - sum(w_t**2))
    v_c = sum(w_c * (x[c] - m_c) ** 2) / (1 - sum(w_c**2))
    gaps = [abs(sum(w_t[x[t] <= v]) - sum(w_c[x[c] <= v])) for v in sorted(set(x))]
    gaps = gaps[:1] if len(gaps) == 2 else gaps
    return {
        "smd_treated": (m_t - m_c) / np.sqrt(s2[0]),
        "smd_pooled": (m_t - m_c) / np.sqrt((s2[0] + s2[1]) / 2),
        "var_ratio": np.nan if is_binary else v_t / v_c,
        "ecdf_max": max(gaps),
        "ecdf_mean": sum(gaps) / len(gaps),
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_every_statistic_is_its_definition_with_weights_on_both_sides(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 60))
    is_treated = np.arange(n) % 4 == 0
    columns = {
        "number": rng.normal(2e3, 3, n),  # far from zero: sums of squares must not lose their digits
        "count": rng.poisson(3, n).astype(float),
        "half": rng.integers(0, 7, n) / 2,
        "level": (rng.random(n) < 0.4).astype("uint8"),
    }
    columns["level"][[0, 1, 4, 5]] = 0, 1, 1, 0  # both groups vary
    weights = rng.random(n) * (rng.random(n) < 0.8)
    weights[[0, 4, 1, 2]] = 0.7, 0.2, 0.4, 1.3
    for x in (pd.DataFrame(columns), pd.DataFrame(columns).to_numpy(float)):
        (found,) = measure_balance(x, is_treated, weights)
        for j, column in enumerate(columns.values()):
            for name, value in slow(column.astype(float), is_treated, weights).items():
                assert found[name][j] == pytest.approx(value, rel=1e-9, abs=1e-11, nan_ok=True), name


def test_blocks_give_what_one_sum_gives(monkeypatch):
    rng = np.random.default_rng(5)
    x, is_treated, weights = rng.normal(size=(5000, 7)), rng.random(5000) < 0.1, rng.random(5000)
    (whole,) = measure_balance(x, is_treated, weights)
    monkeypatch.setattr("jdl_toolkit.balance.blocks.BLOCK", 7)
    (cut,) = measure_balance(x, is_treated, weights)
    numbers = ["smd_pooled", "smd_treated", "var_ratio", "ecdf_max", "ecdf_mean"]
    np.testing.assert_allclose(cut[numbers], whole[numbers], rtol=1e-12)
    few = np.where(rng.random(5000) < 0.01, weights, 0.0)  # most rows count for nothing and are not read
    few[[int(np.argmax(is_treated)), int(np.argmin(is_treated))]] = 1.0
    assert smd(x, is_treated, few) == pytest.approx([slow(c, is_treated, few)["smd_pooled"] for c in x.T], rel=1e-9)


def test_why_there_is_no_variance_ratio():
    is_treated = np.array([True, True, True, False, False, False])
    x = pd.DataFrame({"controls agree": [1, 2, 3, 7, 7, 7.5], "level": [0, 1, 1, 0, 1, 0], "fine": [1, 2, 4, 1, 5, 9]})
    (found,) = measure_balance(x, is_treated, np.array([1, 1, 1, 1, 1, 0]))
    assert found["why_no_ratio"].tolist() == ["the controls do not vary", "it is 0 or 1", ""]
    assert found["var_ratio"].isna().tolist() == [True, True, False]
    (alone,) = measure_balance(x, is_treated, np.array([1, 0, 0, 1, 1, 0]))
    assert alone["why_no_ratio"].tolist() == ["a group is one person", "it is 0 or 1", "a group is one person"]
    assert np.isfinite(alone[["smd_pooled", "ecdf_max", "ecdf_mean"]]).all(axis=None)


@pytest.mark.parametrize(("weights", "who"), [([0, 0, 1, 1], "treated person"), ([1, 1, 0, 0], "control")])
def test_a_group_without_weight_is_refused(weights, who):
    with pytest.raises(JDLError, match=f"no {who} has any weight"):
        smd(np.arange(4.0)[:, None], np.array([True, True, False, False]), np.array(weights, float))


def test_a_constant_far_from_zero_has_no_spread():
    x = np.array([[0.1 + 1e6, 5.0]] * 300 + [[0.1 + 1e6, 7.0]])
    found = spread_of(x, np.arange(301) < 100)
    assert (found.treated[0], found.pooled[0], found.treated[1]) == (0, 0, 0) and found.pooled[1] > 0


# -- what stands beside the levels, and the denominator ---------------------------------------------------------------


def test_squares_and_products_are_shown_and_do_not_close_the_gate():
    units = cohort(31)
    given = made(units, age="Age", copas_rate="Rate", region="Region")
    asked = spec_as_r(balance={"interactions": [["age", "region"], ["employed", "copas_rate"]]})
    matched = match(given, asked)
    balance = assess_balance(given, matched, asked)
    assert balance.beside["label"].tolist() == [
        "Age, squared", "Rate, squared", "Age × Region: Mid", "Age × Region: North", "Age × Region: South",
        "employed × Rate",
    ]  # fmt: skip
    ordered = units.sort_values("unit_id")
    by_hand = {
        "Age, squared": ordered["age"] ** 2,
        "Age × Region: North": ordered["age"] * (ordered["region"] == "North"),
        "employed × Rate": ordered["employed"] * ordered["copas_rate"],
    }
    shown = balance.beside.set_index("label")
    for name, values in by_hand.items():
        expected = slow(values.to_numpy(float), ordered["is_treated"].to_numpy(), matched.units["weight"].to_numpy())
        assert shown.loc[name, "smd_after"] == pytest.approx(expected["smd_pooled"], rel=1e-9)
    assert balance.every["gates"].tolist() == [True] * len(balance.rows) + [False] * 6
    strict = spec_as_r(balance={"amber_up_to": balance.worst + 1e-9, "green_up_to": 1e-9})
    assert assess_balance(given, matched, strict).passed
    assert (assess_balance(given, matched, strict).beside["light"] == "red").any()


def test_a_square_that_is_a_covariate_is_not_shown_twice():
    units = cohort(32).assign(age_squared=lambda u: (u["age"] - u["age"].mean()) ** 2)
    balance = assess_balance(made(units), match(made(units), spec()), spec())
    assert balance.beside["covariate"].tolist() == ["copas_rate"]
    none = assess_balance(made(units), match(made(units), spec()), spec(balance={"squares": False}))
    assert len(none.beside) == 0 and len(none.every) == len(none.rows)


def test_products_of_what_is_no_covariate_are_refused_all_at_once():
    given = made(cohort(33))
    asked = spec(balance={"interactions": [["age", "sex"], ["age", "age"]]})
    with pytest.raises(JDLError, match="no covariate sex") as fault:
        assess_balance(given, match(given, asked), asked)
    assert "is its square" in str(fault.value)


def test_the_gate_uses_the_denominator_that_is_asked_for():
    given = made(cohort(34))
    matched = match(given, spec())
    by = {d: assess_balance(given, matched, spec(balance={"denominator": d})) for d in ("pooled", "treated")}
    for name, balance in by.items():
        assert balance.denominator == name
        assert balance.rows["smd_after"].tolist() == balance.rows[f"smd_{name}"].tolist()
        assert balance.worst == balance.rows["smd_after"].abs().max()
    assert (by["pooled"].rows["smd_after"] != by["treated"].rows["smd_after"]).any()


def test_where_the_treated_do_not_vary_the_gate_takes_the_pooled_denominator():
    units = pd.DataFrame({"unit_id": range(300), "is_treated": np.arange(300) < 60, "age": np.arange(300) % 41 + 20.0})
    units.loc[units["is_treated"], "age"] = 33.0
    balance = assess_balance(made(units), match(made(units), spec()), spec(balance={"denominator": "treated"}))
    assert np.isinf(balance.rows["smd_treated_before"][0])
    assert balance.rows["smd_before"][0] == balance.rows["smd_pooled_before"][0] and np.isfinite(balance.worst)
    assert (
        not balance.rows.select_dtypes("number")
        .drop(columns=["smd_treated", "smd_treated_before"])
        .isna()
        .any(axis=None)
    )


def test_balance_does_not_depend_on_the_order_of_rows():
    units = cohort(35)
    given, mixed = made(units), made(units.sample(frac=1, random_state=1))
    first, second = (assess_balance(g, match(g, spec()), spec()) for g in (given, mixed))
    pd.testing.assert_frame_equal(first.every, second.every)


def test_treated_weights_may_be_fractions():
    units = cohort(36)
    given = made(units)
    matched = match(given, spec(matching={"method": "overlap"}))
    weight = matched.units["weight"].to_numpy()
    assert ((weight > 0) & (weight < 1))[matched.units["is_treated"]].any()
    balance = assess_balance(given, matched, spec())
    assert balance.worst < 1e-8  # overlap weights of a logistic score balance what is in it exactly
    age = balance.rows.set_index("covariate").loc["age"]
    treated = units.sort_values("unit_id").loc[lambda u: u["is_treated"], "age"]
    assert age["mean_treatment"] == pytest.approx(
        np.average(treated, weights=weight[matched.units["is_treated"]]), rel=1e-12
    )
    assert age["mean_treatment_matched"] == pytest.approx(treated.mean(), rel=1e-12)
