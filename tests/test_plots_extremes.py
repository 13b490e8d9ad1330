"""Figures of any size, with any label and any value: what is written fits, and hides nothing."""

import invented
import numpy as np
import pytest
from drawn import layout_faults
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from jdl_toolkit import findings as f
from jdl_toolkit import plots
from jdl_toolkit.plots import canvas

WHOLE = invented.whole_findings().analyses[0]
HOSTILE = (
    "<script>alert(1)</script>", "\\textbf{x}$\\frac$", "عربى من اليمين", "Donaudampfschifffahrtsgesellschaft" * 3,
    "=1+1", "**bold**", "a\nb\tc", "‮evil", "\N{ZERO WIDTH SPACE}",
)  # fmt: skip
LABELS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(max_codepoint=0x250), min_size=1, max_size=90))
SHARES = st.floats(0, 1)

few = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def faults(monkeypatch):
    """Call it after drawing: what is wrong with all that was drawn since it was last called."""
    drawn, to_svg = [], canvas.to_svg
    monkeypatch.setattr(canvas, "to_svg", lambda drawing, salt: (drawn.append(drawing), to_svg(drawing, salt))[1])

    def found():
        new, drawn[:] = list(drawn), []
        assert new, "nothing was drawn"
        assert all(d.get_size_inches()[1] * 72 < 1500 for d in new)
        return [fault for drawing in new for fault in layout_faults(drawing)]

    return found


@few
@given(
    st.lists(LABELS, min_size=1, max_size=6), st.floats(-0.9, 0.9), st.floats(1e-4, 0.9), st.sampled_from(f.Unit)
)  # fmt: skip
def test_differences_of_any_size_with_any_label(faults, labels, middle, half, unit):
    rows = [
        {"label": "x" + label, "heading": labels[0], "estimate": middle * 10**i, "ci_low": middle * 10**i - half}
        | {"ci_high": middle * 10**i + half, "is_headline": i == 0, "is_below": i == 2}
        for i, label in enumerate(labels)
    ]
    plots.forest_plot(rows, unit=str(unit), reference=middle)
    plots.forest_plot(rows, is_dense=True, directions=("less in the treatment group, " + "far " * 20, "more"))
    assert faults() == []


@few
@given(st.lists(LABELS, min_size=1, max_size=7), st.integers(0, 10**7), st.booleans())
def test_a_flow_with_any_reason(faults, labels, n, is_withheld):
    steps = [{"label": label, "records_excluded": None if is_withheld else n, "records_after": n} for label in labels]
    plots.flow_chart([{"code": None} | steps[0], *({"code": 2 * i} | step for i, step in enumerate(steps))])
    assert faults() == []


@few
@given(st.lists(LABELS, min_size=1, max_size=30, unique=True), st.floats(0, 2), st.floats(0, 0.3), st.booleans())
def test_balance_of_any_covariates(faults, labels, before, after, signed):
    rows = [
        {"covariate": label, "level": "" if i % 2 else label[::-1], "smd_before": before * (-1) ** i}
        | {"smd_after": after / (i + 1), "gates": i % 5 > 0}
        for i, label in enumerate(labels)
    ]
    plots.love_plot(rows, signed=signed, order="covariate" if signed else "after")
    assert faults() == []


@few
@given(st.integers(1, 40), st.floats(-12, 3), st.floats(0.01, 9), st.lists(SHARES, min_size=3, max_size=3))
def test_an_overlap_of_any_bins(faults, n_bins, start, wide, shares):
    groups = dict(zip(("treatment", "pool", "control"), shares, strict=True))
    edges = np.linspace(start, start + wide, n_bins + 1)
    bins = [{"lower": a, "upper": b} | groups for a, b in zip(edges, edges[1:], strict=False)]
    plots.overlap([bins[0] | {"control": None}, *bins[1:]])
    assert faults() == []


@few
@given(
    st.sampled_from([30, 31, 257, 1_000, 9_000, 250_000]), st.sampled_from([200, 3_000, 33_111]), st.floats(0.1, 0.5)
)
def test_power_of_any_group(faults, n_treatment, n_control, sd):
    def least(n):
        return 360.5 * sd * (1 / n + 1 / n_control) ** 0.5

    def needed(pp):
        spare = (pp / 360.5 / sd) ** 2 - 1 / n_control
        return round(1 / spare) if spare > 0 else None

    rows = [f.PowerRow(reduction_pp=d, n_treatment=needed(d), infeasible=needed(d) is None) for d in range(1, 11)]
    sizes = np.unique(np.geomspace(30, max(1000, 4 * min(n_treatment, 25_000)), 25).round().astype(int))
    parts = {"n_treatment": n_treatment, "n_control": n_control, "detectable_in_hand_pp": least(n_treatment)}
    parts |= {"smallest_detectable_pp": least(1e12), "curve": tuple((int(n), least(n)) for n in sizes)}
    figure = plots.power_curve(invented.power().model_copy(update={"rows": tuple(rows), "sd": sd} | parts))
    assert faults() == []
    marked = {row["Marked"] for row in figure.data if row["Marked"]}
    assert "this analysis" in marked and marked <= {"this analysis", *(f"reduction of {d} points" for d in (2, 5, 10))}


@few
@example(1.0, 1.0, 0.0)
@given(SHARES, SHARES, st.floats(0, 0.2))
def test_curves_that_end_anywhere(faults, one, two, half):
    def at(share, part):
        return {f"{part}": share, f"{part}_low": max(0, share - half), f"{part}_high": min(1, share + half)}

    ends = [f.SurvivalPoint(day=day, **at(1 - (1 - one) * p, "treatment"), **at(1 - (1 - two) * p, "control"))
            for day, p in ((100, 0.3), (365, 1.0))]  # fmt: skip
    curve = WHOLE.survival[0].model_copy(update={"points": tuple(ends)})
    plots.survival_plot(WHOLE.model_copy(update={"survival": (curve,)}))
    assert faults() == []


@few
@given(SHARES, SHARES, LABELS)
def test_any_two_rates(faults, one, two, happened):
    figure = plots.people_picture(one, two, happened=happened)
    assert faults() == []
    assert all(0 <= row["Of every 100"] <= 100 for row in figure.data)


@few
@given(st.integers(1, 60), st.integers(1, 12), LABELS, st.floats(0.001, 0.08))
def test_any_number_of_subgroups(faults, n, n_ages, label, spread):
    levels = {"provider": tuple(f"{i} {label}" for i in range(n)), "age_band": tuple(map(str, range(n_ages)))}
    many = invented.with_subgroup_balance(WHOLE, spread, **levels, intervention_type=(label,))
    figure = plots.balance_strip(many)
    assert faults() == []
    assert len({row["Subgroup"] for row in figure.data}) == n + n_ages + 1
