"""The checker of published results: a table of cases, results at random, the real ones, and this lab's own."""

from __future__ import annotations

import datetime as dt
import math

import examples
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import GOLDEN
from scipy import stats
from test_cases import read_cases

from jdl_toolkit.imported import RULES, check_rows
from jdl_toolkit.imported.own import rows_of
from jdl_toolkit.imported.reading import read_results, read_row

TODAY = dt.date(2026, 11, 22)
RATE = "one-year proven reoffending rate"
OUTCOMES = {
    "per 100": ("one-year proven reoffending frequency", "offences per 100 people"),
    "per person": ("one-year proven reoffending frequency", "offences per person"),
    "days": ("days in employment in 12 months", "days"),
    "employed": ("employed at any time in year after release", "percent"),
    "relative": ("relative change in number of proven reoffences", "percent"),
}
COLUMNS = {
    "treatment": "treatment_value", "control": "control_value", "difference": "effect_t_minus_c", "low": "ci95_low",
    "high": "ci95_high", "p": "p_value", "significant": "significant_as_published", "people": "n_treatment",
    "controls": "n_control", "submitted": "n_submitted", "relative": "relative_change_pct", "notes": "notes",
    "publication": "publication", "subgroup": "setting_or_subgroup",
}  # fmt: skip


def row(name: str = "1", **cells: object):
    """A row from its cells by the short names of the table of cases."""
    cells = {key: str(value) for key, value in cells.items()}
    outcome, unit = OUTCOMES.get(cells.pop("outcome", ""), (RATE, "percent"))
    given = {"id": name, "programme": "A service", "outcome": outcome, "unit": unit, "source_title": "A report"}
    return read_row(given | {"publication": "Dec 2013"} | {COLUMNS[key]: value for key, value in cells.items()})


def found(*rows) -> set[str]:
    return {remark.rule for remark in check_rows(rows, TODAY)}


def cells_of(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split(";")]
    keys = [part.partition(" ")[0] for part in parts]
    assert set(keys) <= {*COLUMNS, "outcome"}, text
    return {key: part.removeprefix(f"{key} ") for key, part in zip(keys, parts, strict=True)}


@pytest.mark.parametrize("case", read_cases("published-results"))
def test_case(case):
    rows = [row(str(i), **cells_of(text)) for i, text in enumerate(case["published"].split(" / "))]
    expected = set() if case["rule"] == "–" else set(case["rule"].split(", "))
    assert found(*rows) == expected, case["why"]


def test_every_rule_has_a_case():
    named = {rule for case in read_cases("published-results") for rule in case.values[0]["rule"].split(", ")}
    assert named - {"–"} == set(RULES)


# --- results that are right, however they were rounded ----------------------------------------------------------------


def printed(x: float, decimals: int) -> str:
    return f"{x:.{decimals}f}"


@st.composite
def true_results(draw) -> dict[str, float]:
    """A result that is right in all its figures, unrounded, in per cent."""
    n, m = draw(st.integers(30, 20_000)), draw(st.integers(300, 200_000))
    treatment, control = draw(st.floats(2, 95)), draw(st.floats(2, 95))
    spread = draw(st.floats(1.0, 1.4))  # the weights of the controls
    se = math.sqrt(treatment * (100 - treatment) / (n - 1) + spread * control * (100 - control) / (m - 1))
    difference = treatment - control
    half = stats.t.ppf(0.975, n - 1) * se
    return {
        "treatment": treatment, "control": control, "difference": difference, "low": difference - half,
        "high": difference + half, "p": 2 * stats.t.sf(abs(difference) / se, n - 1), "people": n, "controls": m,
        "relative": 100 * (treatment / control - 1), "submitted": n + draw(st.integers(0, 5_000)),
    }  # fmt: skip


def published(
    true: dict[str, float], decimals: dict[str, int], without: frozenset[str] = frozenset()
) -> dict[str, str]:
    """The result as a report prints it."""
    cells = {key: printed(true[key], decimals.get(key, 0)) for key in true if key not in without}
    conclusive = true["low"] > 0 or true["high"] < 0
    lower = true["difference"] < 0
    cells["significant"] = f"yes ({'lower' if lower else 'higher'})" if conclusive else "no"
    return cells


DECIMALS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("treatment", "control", "difference", "relative"), st.integers(0, 2)),
        **dict.fromkeys(("low", "high"), st.integers(0, 2)),
        "p": st.integers(2, 3),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    true_results(), DECIMALS, st.frozensets(st.sampled_from(["treatment", "control", "difference", "p", "relative"]))
)
def test_right_results_are_never_accused(true, decimals, without):
    assert found(row(**published(true, decimals, without))) == set()


def plant(true: dict[str, float], cells: dict[str, str], kind: str) -> dict[str, str]:
    """The same cells with one fault that is larger than any rounding."""
    n = lambda key: float(cells[key])  # noqa: E731
    clear = not cells["significant"].startswith("no")
    sign = -1 if true["difference"] < 0 else 1
    return (
        cells
        | {
            "difference_from_rates": {"difference": printed(n("difference") + 4, 1)},
            "relative_change": {"relative": printed(n("relative") * 1.5 + sign * 250, 1)},
            "interval_reversed": {"low": cells["high"], "high": cells["low"]},
            "estimate_outside_interval": {"low": printed(n("high") + 3, 1), "high": printed(n("high") + 9, 1)},
            "interval_asymmetric": {"low": printed(n("low") - 6, 1)},
            "interval_v_significance": {"significant": "no" if clear else "yes"},
            "p_v_significance": {"p": "0.40" if clear else "0.001"},
            "p_v_interval": {"p": "0.40" if clear else "0.001"},
            "interval_too_narrow": {
                "low": printed(n("difference") - (n("difference") - n("low")) / 3, 4),
                "high": printed(n("difference") + (n("high") - n("difference")) / 3, 4),
            },
            "interval_too_wide": {
                "low": printed(n("difference") - 6 * (n("difference") - n("low")), 2),
                "high": printed(n("difference") + 6 * (n("high") - n("difference")), 2),
            },
            "more_analysed_than_submitted": {"submitted": printed(n("people") - 2, 0)},
            "value_impossible": {"treatment": printed(100 + n("treatment"), 1)},
            "unit_mistaken": {"treatment": printed(n("treatment") / 100, 4), "control": printed(n("control") / 100, 4)},
            "direction_v_figures": {"significant": f"{cells['significant'][:3]} ({'higher' if sign < 0 else 'lower'})"},
            "date_in_future": {"publication": "Dec 2042"},
        }[kind]
    )


KINDS = [
    "difference_from_rates", "relative_change", "interval_reversed", "estimate_outside_interval", "interval_asymmetric",
    "interval_v_significance", "p_v_significance", "p_v_interval", "interval_too_narrow", "interval_too_wide",
    "more_analysed_than_submitted", "value_impossible", "unit_mistaken", "direction_v_figures", "date_in_future",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(
    true_results().filter(lambda true: abs(true["difference"]) > 3 and min(abs(true["low"]), abs(true["high"])) > 0.5)
)
def test_a_planted_fault_is_found(kind, true):
    cells = published(true, {**dict.fromkeys(("treatment", "control", "difference", "low", "high"), 2), "p": 3})
    assert kind in found(row(**plant(true, cells, kind)))


def test_rows_by_themselves_do_not_depend_on_their_order():
    rows = [row(str(i), treatment=33, control=35 + i, notes="relative reduction 9%") for i in range(4)]
    back = {remark for remark in check_rows(rows[::-1], TODAY)}
    assert {(r.rule, r.row) for r in back} == {(r.rule, r.row) for r in check_rows(rows, TODAY)}


# --- the real ones ---------------------------------------------------------------------------------------------------


def test_published_results():
    """Six remarks on 52 results, each explained in docs/imported-results.md; no row is accused without cause."""
    rows = read_results(GOLDEN / "published_results.csv")
    assert len(rows) == 52
    assert sorted((r.row, r.rule) for r in check_rows(rows, TODAY)) == [
        ("12", "one_limit_only"),
        ("19", "one_change_two_outcomes"),
        ("20", "one_change_two_outcomes"),
        ("28", "subgroups_v_whole"),
        ("30", "subgroups_v_whole"),
        ("31", "subgroups_v_whole"),
    ]


def test_this_labs_own_results():
    """Findings whose parts fit are not accused; the same ones with a part that does not fit are."""

    def exact(value: float, se: float):
        return examples.estimate(value, se, 2 * stats.t.sf(abs(value) / se, 256))

    rate = exact(-0.0218, 0.0293)
    measures = (examples.measure(rate), examples.frequency(exact(-0.11, 0.1)), examples.days(exact(14.2, 12.0)))
    measures = tuple(m.model_copy(update={"classic": None}) for m in measures)
    shown = examples.measure(rate, classic=exact(-0.022, 0.0296))
    measures += (shown.model_copy(update={"headline": None}),)
    rows = rows_of([examples.findings(*measures), examples.unanswered()])
    assert [row.id.rpartition(":")[2] for row in rows] == ["headline"] * 3 + ["classic"]
    assert check_rows(rows, TODAY) == []
    assert found(rows[0].model_copy(update={"effect": rows[0].effect.scaled(1.5)})) >= {"difference_from_rates"}
    assert found(rows[0].model_copy(update={"significant": True})) == {"interval_v_significance", "p_v_significance"}
    narrow = {"ci_low": rows[0].ci_low.scaled(0.5), "ci_high": rows[0].ci_high.scaled(0.5)}
    assert "interval_too_narrow" in found(rows[0].model_copy(update=narrow | {"effect": None, "p_value": None}))
