"""The ladder by every method, what takes its place where nothing balances, and what is proposed then."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from examples import spec
from reference_tables import cohort, covariates, made, spec_as_r

from jdl_toolkit import tables
from jdl_toolkit.balance import assess_balance, choose_caliper, propose
from jdl_toolkit.balance.ladder import FELL_BACK
from jdl_toolkit.covariates import Covariates
from jdl_toolkit.findings.aggregates import matching_summary
from jdl_toolkit.matching import match
from jdl_toolkit.spec import lab_resources, merge, read_yaml
from jdl_toolkit.subgroups.matching import _match


def curved(seed: int = 1, n: int = 4000) -> pd.DataFrame:
    """People among whom the treated are those in the middle of `years`: a straight line cannot tell them."""
    rng = np.random.default_rng(seed)
    years, rate = rng.exponential(1, n), rng.normal(0, 1, n)
    logit = -3.2 + 1.5 * rate - 0.5 * (years - 1) ** 2 + 1.2 * years
    region = rng.choice(["North", "South"], n)
    is_treated = rng.random(n) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {"unit_id": np.arange(n), "is_treated": is_treated, "years": years, "rate": rate, "region": region}
    )


ONE_RUNG = {"calipers": [0.2], "fallback": "none"}


# -- the ladder -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matching", "rungs"),
    [
        ({"method": "radius"}, [("radius", 0.2)]),
        ({"method": "nearest"}, [("nearest", 0.2), ("nearest", 0.1)]),
        ({"method": "nearest", "calipers": [], "replace": True}, [("nearest", None)]),
        ({"method": "ipw"}, [("ipw", None)]),
        ({"method": "overlap"}, [("overlap", None)]),
        ({"method": "ebal"}, [("ebal", None)]),
    ],
)
def test_the_rungs_of_every_method(matching, rungs):
    given, asked = covariates("syn_small"), spec_as_r(matching=matching)
    matched, balance, tried = choose_caliper(given, asked)
    found = [(r.method, None if pd.isna(r.caliper) else r.caliper) for r in tried.itertuples()]
    assert found[: len(rungs)] == rungs[: len(found)] and found[0] == rungs[0]
    chosen = tried[tried["chosen"]].iloc[0]
    assert tried["chosen"].sum() == 1 and chosen["method"] == matched.method
    assert (chosen["n_matched"], chosen["ess"]) == (matched.n_treatment_matched, matched.ess_control)
    assert chosen["worst_smd"] == pytest.approx(balance.worst, abs=1e-12) and chosen["n_red"] == balance.n_red
    assert balance.passed == (chosen["n_red"] == 0) and tried["why"].ne("").all()


def test_a_ladder_in_the_units_of_the_score():
    given = covariates("lalonde")
    raw = spec_as_r(matching={"caliper_unit": "raw", "calipers": [5.0, 0.36090239412617]})
    matched, balance, tried = choose_caliper(given, raw)
    assert tried["caliper"].tolist() == [5.0, 0.36090239412617] and balance.passed
    assert matched.caliper_raw == 0.36090239412617 and matched.caliper_sd == pytest.approx(0.2, rel=1e-9)
    assert balance.worst == pytest.approx(choose_caliper(given, spec_as_r())[1].worst, abs=1e-12)
    assert matching_summary(matched, None, False, raw)["calipers_tried"] == [5.0, 0.36090239412617]


def test_a_rung_on_which_nobody_can_be_compared_is_told_of():
    given = made(cohort(41))
    asked = spec(matching={"calipers": [0.2, 1e-12], "fallback": "none"}, balance={"amber_up_to": 1e-9})
    _, balance, tried = choose_caliper(given, asked)
    last = tried.iloc[-1]
    assert (last["n_matched"], last["ess"], last["why"]) == (0, 0, "nobody has a comparable control")
    assert pd.isna(last["worst_smd"]) and not balance.passed and tried["chosen"].tolist() == [True, False]
    table = tables.ladder_table(tried, 5)
    assert table.rows[-1][:6] == ("radius", "1e-12", "0", "0", "–", "–") and "nan" not in str(table).lower()


def test_balance_at_the_limit_is_within_it():
    given, asked = made(cohort(42)), spec(matching=ONE_RUNG)
    worst = choose_caliper(given, asked)[1].worst
    for limit, passes in ((worst, True), (np.nextafter(worst, 0), False)):
        at = spec(matching=ONE_RUNG, balance={"amber_up_to": limit, "green_up_to": limit / 2})
        balance, tried = choose_caliper(given, at)[1:]
        assert balance.passed is passes and bool(tried["n_red"].iloc[0] == 0) is passes


# -- the fallback -----------------------------------------------------------------------------------------------------


def test_entropy_balancing_takes_the_place_of_a_ladder_that_fails():
    given = made(curved(), years="Years")
    asked = spec(matching={"calipers": [0.2]})
    matched, balance, tried = choose_caliper(given, asked)
    assert tried["method"].tolist() == ["radius", "ebal"] and tried["chosen"].tolist() == [False, True]
    assert tried["why"].tolist() == ["1 difference is red", "nothing before it balances, and it does"]
    assert matched.method == "ebal" and balance.passed and balance.worst < 1e-6
    assert matched.ess_control >= asked.disclosure.minimum_group
    assert matched.messages[0] == FELL_BACK and "entropy balancing was used" in FELL_BACK
    alone = match(given, spec(matching={"method": "ebal"}))
    assert matched.units.equals(alone.units)
    summary = matching_summary(matched, None, False, asked)
    assert (summary["method"], summary["is_fallback"], summary["caliper_sd"]) == ("ebal", True, None)
    assert summary["calipers_tried"] == [0.2]


@pytest.mark.parametrize("method", ["radius", "nearest", "ipw"])
def test_the_fallback_needs_enough_effective_controls(method):
    given = made(curved())
    common = {"method": method, "calipers": [0.2]}
    strict = {"amber_up_to": 1e-4, "green_up_to": 1e-5}
    ess = choose_caliper(given, spec(matching=common, balance=strict))[0].ess_control
    for least, is_used in ((int(ess), True), (int(ess) + 1, False)):
        asked = spec(matching=common, balance=strict, disclosure={"minimum_group": least})
        matched, balance, tried = choose_caliper(given, asked)
        assert (matched.method == "ebal") is is_used and balance.passed is is_used
        assert tried["method"].iloc[-1] == "ebal"
        assert (f"its effective control size is below {least}" in tried["why"].tolist()) is not is_used


def test_without_a_solution_the_best_rung_stays_and_the_gate_is_closed():
    units = curved()
    least = units.loc[~units["is_treated"], "years"].quantile(0.5)
    units = units[units["is_treated"] | (units["years"] < least)]  # no weights of these reach the treated's mean
    matched, balance, tried = choose_caliper(made(units), spec())
    assert matched.method == "radius" and not balance.passed
    refused = tried.iloc[-1]
    assert refused["method"] == "ebal" and not refused["chosen"] and "no weights of the controls" in refused["why"]
    assert FELL_BACK not in matched.messages


@pytest.mark.parametrize("matching", [{"fallback": "none"}, {"method": "overlap", "trim": 0.03}])
def test_nothing_takes_the_place_where_it_was_not_declared_or_concerns_others(matching):
    asked = spec(matching=matching, balance={"amber_up_to": 1e-30, "green_up_to": 1e-30})
    _, balance, tried = choose_caliper(made(cohort(43)), asked)
    assert not balance.passed and len(set(tried["method"])) == 1


def test_a_subgroup_falls_back_like_the_whole_and_says_so():
    units = curved()
    given = Covariates(units, units[["unit_id"]], {})
    found, sample, _, said = _match(given, spec(matching={"calipers": [0.2]}))
    assert "why_not" not in found and sample.method == "ebal" and said == FELL_BACK.rstrip(".")
    assert _match(given, spec(matching=ONE_RUNG))[0]["why_not"] == "the groups could not be made alike enough"


# -- proposals --------------------------------------------------------------------------------------------------------


def test_a_square_that_the_score_does_not_know_is_mended_by_a_curve():
    given, asked = made(curved(), years="Years"), spec(matching=ONE_RUNG)
    matched, balance, _ = choose_caliper(given, asked)
    assert not balance.passed and balance.rows.set_index("covariate").loc["years", "light"] == "red"
    before = balance.beside.set_index("covariate").loc["years", "smd_after"]
    found = propose(given, balance, asked).rows.set_index("yaml")
    curve = found.loc["covariates: {splines: [years]}"]
    assert curve["passes"] and curve["what"] == "let the score follow a curve in: Years"
    again = asked.variant(**yaml.safe_load("covariates: {splines: [years]}"))
    mended, better, _ = choose_caliper(given, again)
    assert better.passed and mended.n_treatment_matched == curve["n_matched"]
    assert better.worst == pytest.approx(curve["worst_smd"], abs=1e-12)
    after = better.beside.set_index("covariate").loc["years", "smd_after"]
    assert abs(before) > 0.3 and abs(after) < 0.05, "the planted imbalance is one of the square"


def test_every_proposal_gives_what_it_says_when_its_lines_are_used():
    given, asked = made(curved(), years="Years"), spec(matching=ONE_RUNG)
    rows = propose(given, choose_caliper(given, asked)[1], asked).rows
    assert len(rows) >= 8 and (rows["why_not"] == "").all()
    for row in rows.itertuples():
        again = spec(**merge({"matching": ONE_RUNG}, yaml.safe_load(row.yaml)))
        matched, balance, _ = choose_caliper(given, again, distances=False)
        assert (matched.n_treatment_matched, balance.n_red, balance.passed) == (row.n_matched, row.n_red, row.passes)
        assert matched.ess_control == pytest.approx(row.ess, rel=1e-9)
    changed = " ".join(rows["yaml"])
    for part in ("calipers", "splines", "[years, years]", "method: ebal", "nearest", "common_support", "trim"):
        assert part in changed


def test_the_lines_of_a_proposal_take_the_place_of_the_whole_section():
    """The request's own file, with each section of the proposal in place of its own, gives what was tried."""
    given = made(curved(), years="Years")
    own = {"matching": ONE_RUNG | {"order": "smallest"}, "covariates": {"merge_levels_below": 3}}
    rows = propose(given, choose_caliper(given, spec(**own))[1], spec(**own)).rows
    for row in rows.itertuples():
        pasted = own | yaml.safe_load(row.yaml)
        matched, balance, _ = choose_caliper(given, spec(**pasted), distances=False)
        assert (matched.n_treatment_matched, balance.n_red) == (row.n_matched, row.n_red), row.yaml
        for section in yaml.safe_load(row.yaml):
            assert own[section].keys() <= pasted[section].keys()


def test_what_a_lab_sets_otherwise_is_not_taken_for_the_toolkits_default():
    given, asked = made(curved(), years="Years"), spec(matching=ONE_RUNG | {"order": "largest"})
    defaults = merge(read_yaml(lab_resources() / "parameters/defaults.yml"), {"matching": {"order": "smallest"}})
    balance = choose_caliper(given, asked)[1]
    of_lab, of_toolkit = (" ".join(propose(given, balance, asked, d).rows["yaml"]) for d in (defaults, None))
    assert "order: largest" in of_lab and "order" not in of_toolkit


def test_a_covariate_of_several_columns_is_left_out_under_its_own_name():
    rng = np.random.default_rng(9)
    units = cohort(44)
    for kind in ("violence", "theft"):
        units[f"previous_{kind}"] = rng.normal(size=len(units)) + 3.0 * units["is_treated"]
    given = made(units, previous_violence="Previous offences: violence", previous_theft="Previous offences: theft")
    use = ["age", "sex", "previous_by_group"]
    asked = spec(matching={"calipers": [3.0], "fallback": "none"}, covariates={"use": use})
    rows = propose(given, choose_caliper(given, asked)[1], asked).rows.set_index("yaml")
    assert rows.loc["covariates: {use: [age, sex]}", "what"] == "leave out of the covariates: Previous offences by kind"


def test_where_a_test_selects_the_covariates_all_of_them_are_proposed():
    given, asked = made(curved(), years="Years"), spec(matching=ONE_RUNG, covariates={"selection": "stepwise"})
    rows = propose(given, choose_caliper(given, asked)[1], asked).rows
    assert any("selection: all" in lines for lines in rows["yaml"])
    asked = spec(matching=ONE_RUNG)
    assert not rows.empty and not any(
        "selection" in lines for lines in propose(given, choose_caliper(given, asked)[1], asked).rows["yaml"]
    )


@pytest.mark.parametrize("as_fallback", [False, True])
def test_entropy_balancing_meets_what_stepwise_selection_left_out(as_fallback):
    """Nothing enters the score (no p-value is below 1e-12), yet every level of every covariate is balanced."""
    given = made(curved(), years="Years")
    stepwise = {"selection": "stepwise", "enter_below": 1e-12, "leave_above": 1e-12}
    matching = ONE_RUNG | {"fallback": "ebal"} if as_fallback else {"method": "ebal"}
    matched, balance, _ = choose_caliper(given, spec(matching=matching, covariates=stepwise))
    assert matched.method == "ebal" and len(matched.design.columns) - 1 < len(balance.rows)
    assert balance.worst < 1e-6 and balance.passed


def test_what_passes_and_keeps_most_people_comes_first():
    given, asked = made(curved()), spec(matching=ONE_RUNG)
    rows = propose(given, choose_caliper(given, asked)[1], asked).rows
    assert rows["passes"].tolist() == sorted(rows["passes"], reverse=True) and 0 < rows["passes"].sum() < len(rows)
    clear = rows[rows["passes"] & (rows["caution"] == "")]
    assert clear.index.tolist() == list(range(len(clear))), "what gives up nothing but people comes before the rest"
    assert clear["n_matched"].tolist() == sorted(clear["n_matched"], reverse=True)
    failing = rows[~rows["passes"]]
    assert failing["n_red"].tolist() == sorted(failing["n_red"])


def test_a_covariate_that_tells_the_groups_apart_may_be_dropped_only_with_a_warning():
    rng = np.random.default_rng(8)
    units = cohort(44).assign(
        region=lambda u: np.where(u["is_treated"] & (rng.random(len(u)) < 0.97), "North", "South")
    )
    units.loc[rng.choice(np.arange(60, 1560), 25, replace=False), "region"] = "North"
    given = made(units, region="Region")
    asked = spec(matching={"calipers": [3.0], "fallback": "none"}, covariates={"use": ["age", "sex", "region"]})
    _, balance, _ = choose_caliper(given, asked)
    assert balance.rows.set_index("covariate").loc["region", "light"].eq("red").all()
    rows = propose(given, balance, asked).rows.set_index("yaml")
    dropped = rows.loc["covariates: {use: [age, sex]}"]
    assert dropped["what"] == "leave out of the covariates: Region"
    assert dropped["caution"].startswith("the groups then differ in it by") and "nothing corrects" in dropped["caution"]
    share = units.groupby("is_treated")["region"].apply(lambda r: (r == "North").mean())
    apart = (share[True] - share[False]) / np.sqrt(sum(p * (1 - p) for p in share) / 2)
    said = float(dropped["caution"].split("by ")[1].split("%")[0])
    assert said == pytest.approx(100 * apart, abs=15), "nearly the whole difference stays: nobody is matched on it"
    exact = rows.loc["matching: {calipers: [3.0], fallback: none, exact: [region]}"]
    assert exact["worst_smd"] < balance.worst and exact["caution"] == ""


def test_nothing_is_proposed_while_the_gate_is_open():
    given = covariates("lalonde")
    balance = choose_caliper(given, spec_as_r())[1]
    found = propose(given, balance, spec_as_r())
    assert len(found.rows) == 0 and repr(found) == "The gate is open: nothing is proposed"
    assert found.table() is None


def test_proposals_and_ladder_as_tables_and_in_json():
    given, asked = made(curved(), years="Years"), spec(matching=ONE_RUNG)
    _, balance, tried = choose_caliper(given, asked)
    found = propose(given, balance, asked)
    table = tables.proposals_table(found.rows, 5)
    assert table.columns[-1] == "Lines for the request" and "covariates: {splines: [years]}" in str(table.rows)
    assert [name for name, _ in table.parts] == ["The gate would open", "The gate would stay closed"]
    assert f"{len(found.passing)} of them" in repr(found)
    shown = tables.differences_table(balance.every, balance.denominator)
    assert [name for name, _ in shown.parts] == ["What decides", "Squares and products (do not decide)"]
    (_, deciding), (_, beside) = shown.parts
    assert deciding[0][0] == "Years" and beside[0][0] == "Years, squared" and beside[0][3] == "red"
    assert len(deciding) == len(balance.rows) and len(beside) == len(balance.beside)
    assert "nan" not in f"{table}{shown}{tables.ladder_table(tried, 5)}".lower()
    assert "No variance ratio where it is 0 or 1." in shown.note
    assert json.dumps(found.rows.to_json())


def test_distances_are_left_out_where_nobody_asks_for_them():
    given = covariates("lalonde")
    lean = choose_caliper(given, spec_as_r(), distances=False)[1]
    full = assess_balance(given, match(given, spec_as_r(), 0.2), spec_as_r())
    assert "ecdf_max" not in lean.rows and "ecdf_max" in full.rows
    pd.testing.assert_frame_equal(lean.rows, full.rows[lean.rows.columns])
