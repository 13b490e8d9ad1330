"""Many tests at once: what chance gives, and what is left after adjustment."""

import gc

import numpy as np
import pandas as pd
import pytest
from bulletins import pilot_bulletin

from jdl_toolkit.portfolio import PublishedResult, Source, multiplicity, with_adjusted
from jdl_toolkit.portfolio.multiplicity import p_from_interval
from jdl_toolkit.portfolio.pooling import se_from_interval


def results_with(*p_values, difference=-1.0, verdict="reduction"):
    frame = pd.DataFrame({"p_value": p_values}).reindex(columns=list(PublishedResult.model_fields))
    about = {"difference_pp": difference, "verdict": verdict, "source": Source.this_lab, "p_from_interval": False}
    return with_adjusted(frame.assign(**about))


def test_holm_and_benjamini_hochberg_by_hand():
    """Holm: 4·0.010, 3·0.013, 2·0.030, 1·0.040, never falling. BH: 4/1·0.010, 4/2·0.013, 4/3·0.030, 0.040, upwards."""
    found = results_with(0.04, 0.010, np.nan, 0.030, 0.013)
    assert found["p_holm"].tolist() == pytest.approx([0.06, 0.04, np.nan, 0.06, 0.04], nan_ok=True)
    assert found["p_fdr"].tolist() == pytest.approx([0.04, 0.026, np.nan, 0.04, 0.026], nan_ok=True)
    counts = multiplicity(found)
    assert (counts.n_tests, counts.n_after_holm, counts.n_after_fdr, counts.n_after_fdr_reductions) == (4, 2, 4, 4)


def test_what_chance_alone_would_give():
    """57·0.05 = 2.85; binomial(57, 0.05): P(X ≤ 0) = 0.0537, P(X ≤ 5) = 0.934, P(X ≤ 6) = 0.977, summed by hand."""
    found = multiplicity(results_with(*[0.5] * 57, verdict="inconclusive"))
    assert (found.expected_by_chance, found.expected_each_way) == pytest.approx((2.85, 1.425))
    assert (found.chance_low, found.chance_high) == (0, 6)
    assert found.p_so_many == 1
    three = multiplicity(pd.concat([results_with(0.01, 0.02, 0.03), results_with(*[0.5] * 54, verdict="inconclusive")]))
    by_hand = 1 - sum(np.prod([57 - i for i in range(n)]) / [1, 1, 2][n] * 0.05**n * 0.95 ** (57 - n) for n in range(3))
    assert three.p_so_many == pytest.approx(by_hand)


def test_services_that_do_nothing_give_about_as_many_as_stated(monkeypatch):
    monkeypatch.setattr(gc, "collect", lambda: 0)  # statsmodels tidies up the whole process at each call
    rng = np.random.default_rng(57)
    n, holm, fdr = [], [], []
    for _ in range(200):
        p = rng.uniform(size=57)
        found = multiplicity(results_with(*p, verdict="inconclusive"))
        n.append((p < 0.05).sum())
        holm.append(found.n_after_holm > 0)
        fdr.append(found.n_after_fdr > 0)
    assert np.mean(n) == pytest.approx(2.85, abs=0.4)
    assert np.mean([0 <= one <= 6 for one in n]) > 0.95
    assert np.mean(holm) < 0.1 and np.mean(fdr) < 0.1  # chance 0.05 in 200 draws


def test_the_p_value_of_an_interval():
    """−20 points (−38 to −1): the interval is 37 wide, its standard error 37 / 3.92 = 9.44, z = 2.119, p = 0.034."""
    se = se_from_interval(pd.Series([-38.0]), pd.Series([-1.0]))
    assert se[0] == pytest.approx(9.4390, abs=1e-4)
    assert p_from_interval(pd.Series([-20.0]), se)[0] == pytest.approx(0.0341, abs=1e-4)
    assert p_from_interval(pd.Series([-20.0]), pd.Series([0.0])).isna().all()
    by_t = p_from_interval(pd.Series([-2.0, -2.0]), pd.Series([1.0, 1.0]), pd.Series([29.0, np.nan]))
    assert by_t.tolist() == pytest.approx([0.0549, 0.0455], abs=1e-4)  # t with 29 degrees of freedom; normal


def test_no_result_no_test():
    found = multiplicity(results_with())
    assert (found.n_tests, found.n_conclusive, found.chance_high, found.p_so_many) == (0, 0, 0, None)


def test_the_pilot_year():
    found = pilot_bulletin().multiplicity
    assert (found.n_tests, found.n_conclusive, found.n_reductions, found.n_increases) == (57, 22, 19, 3)
    assert found.n_from_interval == 57 and found.n_imported == 0
    assert found.n_after_holm <= found.n_after_fdr <= found.n_conclusive
