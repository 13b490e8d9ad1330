"""Newton's method in blocks: the same maximum as a library's, from any start, layout and type of column."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from jdl_toolkit.matching import newton
from jdl_toolkit.matching.regression import Link, fit_glm, sort_columns


def people(n: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Covariates of three kinds, and 2 % who are treated."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(35, 10, n), rng.integers(0, 2, n), rng.poisson(3, n), rng.normal(size=n) * 1e-3])
    return x, ((x - [35, 0.5, 3, 0]) @ [0.03, 0.5, 0.1, 300] - 4.6 + rng.logistic(size=n) > 0).astype(float)


def test_the_maximum_is_scikit_learns():
    x, y = people(20_000)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-13, max_iter=100).fit(scaled, y)
    # their gradient ends at 1e-13, which is 1e-10 of a coefficient of the rarest column
    assert fit_glm(x, y, Link.logit).coefficients * x.std(axis=0) == pytest.approx(theirs.coef_[0], abs=1e-9)


def test_a_start_from_a_part_of_many_leads_to_the_same_maximum(monkeypatch):
    x, y = people(4 * newton.PART + 1000)
    from_a_part = fit_glm(x, y, Link.logit)
    monkeypatch.setattr(newton, "PART", len(y))
    from_nothing = fit_glm(x, y, Link.logit)
    assert from_a_part.coefficients == pytest.approx(from_nothing.coefficients, rel=1e-10)
    assert from_a_part.intercept == pytest.approx(from_nothing.intercept, rel=1e-10)


def test_a_part_that_is_separated_does_not_mislead(monkeypatch):
    monkeypatch.setattr(newton, "PART", 50)
    x, y = people(5000)
    flag = np.zeros(len(y))
    flag[np.flatnonzero(y == 1)[[0, 3]]] = 1
    flag[np.flatnonzero(y == 0)[1]] = 1  # few have it, and the part sees nobody or only the treated among them
    found = fit_glm(np.column_stack([x, flag]), y, Link.logit)
    assert not found.is_separated
    monkeypatch.setattr(newton, "PART", len(y))
    assert found.coefficients == pytest.approx(
        fit_glm(np.column_stack([x, flag]), y, Link.logit).coefficients, rel=1e-9
    )


@pytest.mark.parametrize("layout", [np.asfortranarray, np.ascontiguousarray, lambda x: np.vstack([x, x])[: len(x)]])
def test_the_layout_in_memory_changes_no_digit(layout):
    x, y = people(9000)
    first, second = fit_glm(x, y, Link.logit), fit_glm(layout(x), y, Link.logit)
    assert np.array_equal(first.coefficients, second.coefficients)


def test_columns_of_small_types_are_read_as_they_are():
    x, y = people(9000)
    flags = np.round(x[:, 1:3])
    assert np.array_equal(
        fit_glm(flags.astype(np.uint8), y, Link.logit).coefficients, fit_glm(flags, y, Link.logit).coefficients
    )


@pytest.mark.parametrize("link", list(Link))
def test_people_of_no_weight_are_not_there(link):
    x, y = people(3000)
    weights = np.where(np.arange(3000) < 2500, 1.7, 0.0)
    all_of_them, some = fit_glm(x, y, link, weights), fit_glm(x[:2500], y[:2500], link)
    assert all_of_them.coefficients == pytest.approx(some.coefficients, rel=1e-9)


@pytest.mark.parametrize(("factor", "added"), [(1e6, 0.0), (1.0, 1e6), (1e-9, 0.0)])
def test_unit_and_origin_of_a_column_do_not_matter(factor, added):
    x, y = people(4000)
    before, after = fit_glm(x, y, Link.logit), fit_glm(x * factor + added, y, Link.logit)
    # a column of 1e6 ± 0.001 has itself lost six of its digits
    assert after.predict(x * factor + added) == pytest.approx(before.predict(x), rel=1e-6 if added else 1e-9)


def test_moments_are_numpys_and_of_a_constant_nothing_remains():
    x, _ = people(10_000)
    x = np.column_stack([x, np.full(len(x), 0.1)])
    found = newton.moments(x)
    assert found.centre == pytest.approx(x.mean(axis=0), rel=1e-12)
    assert found.spread[:4] == pytest.approx(x[:, :4].std(axis=0), rel=1e-12)
    assert found.correlation[:4, :4] == pytest.approx(np.corrcoef(x[:, :4].T), abs=1e-12)
    assert (found.spread[4], found.centre[4]) == (0.0, 0.1)
    assert not found.correlation[4].any()
    assert sort_columns(x).constant == [4]


def test_a_mean_model_is_least_squares():
    x, _ = people(5000)
    y = x @ [1, 2, 3, 4.0] * 1e5 + np.random.default_rng(1).normal(size=5000)
    theirs = np.linalg.lstsq(np.column_stack([np.ones(5000), x]), y, rcond=None)[0]
    assert fit_glm(x, y, Link.identity).coefficients == pytest.approx(theirs[1:], rel=1e-8)


def test_a_column_that_varies_in_its_last_digits_only_is_a_constant():
    x, y = people(4000)
    far = np.column_stack([x, 1e15 + np.arange(4000) % 4])
    assert (sort_columns(far).kept, sort_columns(far).constant) == ([0, 1, 2, 3], [4])
    assert sort_columns(np.column_stack([x, 1e6 + np.arange(4000) % 4])).kept == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("unit", [1e-90, 1e90])
def test_units_at_the_edge_of_numbers_change_no_fit(unit):
    x, y = people(4000)
    assert sort_columns(x * unit).kept == [0, 1, 2, 3]
    assert fit_glm(x * unit, y, Link.logit).predict(x * unit) == pytest.approx(fit_glm(x, y, Link.logit).predict(x))
