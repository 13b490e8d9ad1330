"""A fit that starts from one on more covariates ends where it would have ended from nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdl_toolkit.matching.regression import Link, fit_glm, sort_columns, start_of

N_COLUMNS = 6
NAMES = tuple("abcdef")


def people(seed: int, link: Link) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correlated covariates of several kinds and sizes, an outcome that hangs on them, and weights."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1500, N_COLUMNS)) @ rng.normal(size=(N_COLUMNS, N_COLUMNS)) * 10.0 ** rng.integers(-3, 4, 6)
    x[:, 0] = x[:, 0] > np.quantile(x[:, 0], 0.9)
    eta = (x - x.mean(axis=0)) / x.std(axis=0) @ rng.normal(0, 0.4, N_COLUMNS) - 1
    draws = {
        Link.logit: lambda: rng.random(len(x)) < 1 / (1 + np.exp(-eta)),
        Link.log: lambda: rng.poisson(np.exp(eta)),
        Link.identity: lambda: eta + rng.normal(size=len(x)),
    }
    return x, draws[link]().astype(float), rng.uniform(0.2, 3, len(x))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    link=st.sampled_from(list(Link)),
    left_out=st.sets(st.integers(0, N_COLUMNS - 1), max_size=4),
    other_weights=st.booleans(),
)
def test_left_out_from_the_full_fit_is_the_fit_from_nothing(seed, link, left_out, other_weights):
    x, y, weights = people(seed, link)
    start = start_of(NAMES, x, y, fit_glm(x, y, link, weights), weights)
    kept = [j for j in range(N_COLUMNS) if j not in left_out]
    weights = np.roll(weights, 7) if other_weights else weights
    fewer, scale = x[:, kept], sort_columns(x[:, kept], weights).scale
    cold = fit_glm(fewer, y, link, weights)
    warm = fit_glm(fewer, y, link, weights, start=start.among(tuple(NAMES[j] for j in kept), scale))
    assert warm.is_separated == cold.is_separated
    size = x[:, kept].std(axis=0)
    assert warm.coefficients * size == pytest.approx(cold.coefficients * size, rel=1e-9, abs=1e-11)
    assert warm.predict(fewer) == pytest.approx(cold.predict(fewer), rel=1e-9, abs=1e-11)


def test_levels_that_another_fit_joins_are_sums_of_those_apart():
    x, y, _ = people(5, Link.logit)
    levels = np.eye(4)[np.arange(len(y)) % 4]  # the fourth is what the others are compared with
    columns = np.column_stack([x[:, :2], levels[:, 0], levels[:, 1] + levels[:, 2]])
    names, scale = ("a", "b", "c=north", "c=other levels"), sort_columns(columns).scale
    fit = fit_glm(columns, y, Link.logit)
    slopes = [*fit.coefficients, fit.coefficients[-1], 0.0]
    apart = start_of((*names[:3], *"efg"), np.column_stack([x[:, :2], levels]), y, replace(fit, coefficients=slopes))
    beta, information = replace(apart, joined={"c=other levels": ("e", "f")}).among(names, scale)
    assert beta[1:] / scale.spread == pytest.approx(fit.coefficients, rel=1e-9)
    own = start_of(names, columns, y, fit)
    assert information == pytest.approx(own.information, rel=1e-9, abs=1e-12)


def test_a_start_far_off_does_not_mislead():
    x, y, _ = people(3, Link.logit)
    full = fit_glm(x, y, Link.logit)
    start = start_of(NAMES, x, y, full)
    beta, information = start.among(NAMES, sort_columns(x).scale)
    found = fit_glm(x, y, Link.logit, start=(beta + 4, information / 10))
    assert found.coefficients == pytest.approx(full.coefficients, rel=1e-9)


def test_there_is_no_start_for_a_column_that_was_not_there():
    x, y, _ = people(1, Link.logit)
    start = start_of(NAMES[:5], x[:, :5], y, fit_glm(x[:, :5], y, Link.logit))
    assert start.among(NAMES, sort_columns(x).scale) is None


def test_a_separated_fit_is_still_recognised_from_a_start():
    x, y, _ = people(2, Link.logit)
    names, tells = (*NAMES, "tells"), np.where(y == 1, 0.0, np.arange(len(y)) % 40 == 0)
    x = np.column_stack([x, tells])
    start = start_of(NAMES, x[:, :6], y, fit_glm(x[:, :6], y, Link.logit))
    assert start.among(names, sort_columns(x).scale) is None
    at = np.append(start.among(NAMES, sort_columns(x[:, :6]).scale)[0], 0.0)
    assert fit_glm(x, y, Link.logit, start=(at, np.eye(8))).is_separated
