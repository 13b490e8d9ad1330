"""Results from matching on, findings and specifications as they show themselves: whole, in words, nothing of few."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from examples import findings, spec
from reference_tables import covariates, people, spec_as_r

from jdl_toolkit import exploratory
from jdl_toolkit.balance import Balance, assess_balance
from jdl_toolkit.document import Figure, Table, Words
from jdl_toolkit.findings import Status
from jdl_toolkit.inference import Outcomes, compare_measures
from jdl_toolkit.matching import MatchedSample, match
from jdl_toolkit.matching.overlap import describe_overlap
from jdl_toolkit.robustness.panel import COLUMNS, Robustness
from jdl_toolkit.subgroups import Subgroups

THREE = {"outcomes": {"measures": ["rate", "frequency", "days"]}}


@pytest.fixture(scope="module")
def matched() -> MatchedSample:
    return match(covariates("syn_small"), spec_as_r(disclosure={"minimum_cell": 10}), 0.2)


@pytest.fixture(scope="module")
def outcomes(matched) -> Outcomes:
    named = {"id": "unit_id", "reoff": "reoffended", "nreoff": "n_reoffences"}
    frame = people("syn_small").rename(columns=named)
    frame = frame.assign(days_to_first=frame["time"].where(frame["reoffended"] == 1))
    return compare_measures(frame, matched, spec_as_r(**THREE))


def kinds(shown) -> list[type]:
    return [type(block) for block in shown.blocks()]


def texts(shown) -> str:
    return "".join(json.dumps(block.to_json(), ensure_ascii=False) for block in shown.blocks())


# -- matching and balance -------------------------------------------------------------------------------------------


def test_a_sample_shows_who_is_compared_and_withholds_by_the_requests_own_minimum(matched):
    assert kinds(matched) == [Words, Table, Figure] and matched.minimum_cell == 10
    frame, rows = matched.to_frame(), {row[0]: row[1:] for row in matched.table().rows}
    of = frame.set_index(["group", "part"])["n"]
    parts = of.drop(index=["all", "compared"], level="part").groupby(level="group").sum().reindex(["pool", "treatment"])
    left = of.xs("all", level="part") - of.xs("compared", level="part")
    assert parts.fillna(0).to_dict() == left.to_dict(), "nobody is lost"
    assert rows["All"] == tuple(f"{of[g, 'all']:,}" for g in ("treatment", "pool"))
    few = dataclasses.replace(matched, minimum_cell=int(of.max()) + 1)
    assert {cell for row in few.table().rows for cell in row[1:] if cell.startswith("fewer")} == {
        f"fewer than {few.minimum_cell}"
    }
    assert few.plot() is None, "a group smaller than the minimum has no picture"


def test_overlap_has_its_picture_once_people_are_matched(matched):
    overlap = describe_overlap(matched)
    assert kinds(overlap) == [Words, Table, Figure]
    assert overlap.plot().svg == matched.plot().svg
    middle = next(row for row in overlap.table().rows if row[0].startswith("50%"))
    score = matched.units.loc[matched.units["is_treated"] & matched.units["logit"].notna(), "score"]
    assert middle[1] == f"{100 * score.median():.1f}%"


def test_balance_draws_the_requests_limits_and_reads_what_was_saved_without_them(matched, tmp_path):
    asked = spec_as_r(balance={"green_up_to": 0.03, "amber_up_to": 0.07, "denominator": "treated"})
    balance = assess_balance(covariates("syn_small"), matched, asked)
    assert kinds(balance) == [Words, Table, Figure]
    assert ">3%<" in balance.plot().svg and ">7%<" in balance.plot().svg and ">5%<" not in balance.plot().svg
    assert "standard deviation of the treatment group" in balance.table().note
    assert len(balance.table(top=3).rows) == 5 and balance.plot(signed=True).svg != balance.plot().svg
    (_, deciding), (_, beside) = balance.table().parts
    assert len(deciding) <= 15 and len(beside) <= 8
    after = [abs(float(row[2].replace("−", "-"))) for row in deciding]
    assert after == sorted(after, reverse=True) and after[0] == pytest.approx(100 * balance.worst, abs=0.05)
    balance.save(tmp_path / "balance")
    values = json.loads((tmp_path / "balance/result.json").read_text())
    older = {k: v for k, v in values.items() if k not in ("green_up_to", "amber_up_to", "method", "sha256")}
    (tmp_path / "balance/result.json").write_text(json.dumps(older))
    assert (Balance.load(tmp_path / "balance").green_up_to, Balance.load(tmp_path / "balance").method) == (
        0.05,
        "radius",
    )


# -- outcomes -------------------------------------------------------------------------------------------------------


def test_outcomes_show_three_estimates_and_a_forest_plot(outcomes):
    assert kinds(outcomes) == [Words, Table, Figure]
    table, frame = outcomes.table(), outcomes.to_frame()
    assert table.columns[2:] == ("Headline", "Classic", "Check") and len(table.rows) == 3
    rate = frame[(frame["measure"] == "rate") & (frame["estimator"] == "classic")].iloc[0]
    assert table.rows[0][3].startswith(f"{100 * rate['difference']:.0f} (".replace("-", "−"))
    assert len(frame) == 9 and frame["estimator"].tolist()[:3] == ["headline", "classic", "check"]
    assert [row[0] for row in outcomes.plot("count").data and outcomes.table("measures").rows][1] == (
        "Proven reoffences per person"
    )
    assert outcomes.plot("mean") is None


def test_a_measure_of_few_people_has_no_figures(outcomes):
    row = outcomes.measures.iloc[0]
    reoffended = round(row["treatment_value"] * row["n_treatment"])
    fewest = min(reoffended, row["n_treatment"] - reoffended)
    told, hidden = (dataclasses.replace(outcomes, minimum_cell=fewest + more) for more in (0, 1))
    assert told.table().rows[0][2] != "[c]" and told.plot() is not None
    assert hidden.table().rows[0][1:] == ("[c]",) * 4 and hidden.plot() is None
    assert hidden.table("estimators") is None, "nor by another estimator"


def test_outcomes_of_weights_say_so(outcomes):
    assert "Headline: matching with" in outcomes.table().note
    assert "Headline: weighting with" in dataclasses.replace(outcomes, method="ebal").table().note


# -- subgroups and robustness ---------------------------------------------------------------------------------------


def estimate(value: float, prefix: str = "") -> dict[str, float]:
    parts = {"estimate": value, "se": 0.03, "ci_low": value - 0.06, "ci_high": value + 0.06, "p_value": 0.04, "df": 90}
    return {f"{prefix}{name}": x for name, x in parts.items()}


def subgroups(n_reoffended: int = 30) -> Subgroups:
    rows = [
        {"by": "sex", "level": level, "n_treatment": 90, "n_control": 900, "treatment_value": value / 90}
        | {"control_value": 0.4, "holm_p": 0.08, "verdict": "inconclusive", "worst": 0.04, "why_not": None}
        | estimate(-0.07, "headline_")
        for level, value in (("Male", 30), ("Female", n_reoffended))
    ]
    missing = dict.fromkeys(rows[0], np.nan) | {"by": "sex", "level": "Not known", "why_not": "too few people"}
    tests = pd.DataFrame({"by": ["sex"], "q": [0.0], "df": [1], "p_value": [0.62]})
    frame = pd.DataFrame([*rows, missing])
    frame["why_not"] = frame["why_not"].astype(object).where(frame["why_not"].notna(), None)
    return Subgroups(frame, tests, ("sex",), {"sex": "Sex"}, 2, ())


def test_subgroups_show_those_tested_and_say_why_others_are_not():
    shown = subgroups()
    assert kinds(shown) == [Words, Table, Figure]
    assert [row[0] for row in shown.table().rows] == ["Male", "Female"]
    assert "Sex: p = 0.62" in shown.table().note and "Not shown: Not known: too few people." in shown.table().note
    assert [row["Label"] for row in shown.plot().data] == ["Sex: Male", "Sex: Female"]
    few = subgroups(n_reoffended=4)
    assert [row[0] for row in few.table().rows] == ["Male"] and "Female: it would tell" in few.table().note
    none = dataclasses.replace(shown, rows=shown.rows.tail(1))
    assert kinds(none) == [Words]


def panel(**changes) -> Robustness:
    sizes = {"n_treatment": 90, "n_control": 900, "ess_control": 300.0, "worst": 0.04, "estimand": "att"}
    ways = [("main", "headline", "This report", -0.07), ("caliper", "caliper_0.1", "Within 0.1", -0.05)]
    rows = [dict(zip(("group", "key", "label"), way[:3], strict=True)) | sizes | estimate(way[3]) for way in ways]
    failed = {"group": "nearest", "key": "nearest_1", "label": "The nearest person", "why_not": "nobody is alike"}
    frame = pd.DataFrame([*rows, failed], columns=list(COLUMNS)).astype({"n_treatment": "Int64", "n_control": "Int64"})
    frame["why_not"] = frame["why_not"].astype(object).where(frame["why_not"].notna(), None)
    hidden = {"e_values": {"ratio": 0.8, "ratio_low": 0.6, "ratio_high": 0.9, "point": 1.8, "limit": 1.4}}
    made = Robustness("rate", "Reoffending rate", "share", frame, None, hidden)
    return dataclasses.replace(made, **changes)


def test_the_panel_shows_every_way_and_what_gave_no_estimate():
    shown = panel()
    assert kinds(shown) == [Words, Table, Figure]
    assert [row[0] for row in shown.table().rows] == ["This report", "Within 0.1 (90)"]
    assert "Without an estimate: The nearest person: nobody is alike." in shown.table().note
    assert shown.table("hidden_bias").rows == (("E-value (risk ratio)", "1.80", "1.40"),)
    assert shown.table("bounds") is None
    assert [row["Label"] for row in shown.plot().data] == ["This report", "Closer or looser matching: Within 0.1"]
    assert kinds(panel(rows=shown.rows.iloc[:0], why_not="the rate is withheld")) == [Words]


# -- findings -------------------------------------------------------------------------------------------------------


def test_findings_show_the_headline_the_measures_and_the_forest_plot():
    found = findings()
    assert kinds(found) == [Words, Table, Figure]
    assert "33% in the treatment group, 35% expected without the service" in found.summary()
    assert "inconclusive; 257 people are compared with 33,111" in found.summary()
    rate = found.analyses[0].measures[0]
    assert found.to_frame()["difference"].iloc[:3].tolist() == [
        getattr(rate, kind).estimate for kind in ("headline", "classic", "check")
    ]
    assert kinds(found.analyses[0]) == [Words, Table, Figure]


def test_findings_of_several_analyses_show_the_first_measure_of_each():
    one = findings().analyses[0]
    other = one.model_copy(update={"id": "second", "title": "Second analysis"})
    none = one.model_copy(update={"id": "third", "title": "Third", "measures": (), "reason": "too few people."})
    none = none.model_copy(update={"status": Status.could_not_be_answered})
    found = findings().model_copy(update={"analyses": (one, other, none), "exploratory": True})
    assert [row[0] for row in found.table().rows] == [one.title, "Second analysis"]
    assert [row["Label"] for row in found.plot().data] == [one.title, "Second analysis"]
    assert "- Third: Could not be answered: too few people." in found.summary()
    assert exploratory.MARK in found.summary() and set(found.to_frame()["analysis"]) == {one.id, "second"}
    assert kinds(none) == [Words]


def test_findings_without_a_result_say_why():
    found = findings().model_copy(update={"analyses": (), "status": Status.could_not_be_answered, "reason": "too few"})
    assert kinds(found) == [Words] and "could not be answered: too few." in found.summary()
    first = findings().analyses[0]
    rate = first.measures[0].model_copy(
        update=dict.fromkeys(["headline", "classic", "check", "treatment_value", "control_value"])
        | {"why_not": "it concerns few"}
    )
    withheld = first.model_copy(update={"measures": (rate,)})
    assert "not shown, as it concerns few." in withheld.summary() and kinds(withheld) == [Words, Table]


# -- specifications -------------------------------------------------------------------------------------------------


def test_a_specification_shows_what_is_not_by_default_and_every_choice():
    asked = spec(matching={"method": "nearest"})
    words, changed, every = asked.blocks()
    assert "2 choices are not by default" in words.text and exploratory.MARK not in words.text
    assert changed.columns == ("Setting", "Value", "By default")
    assert ("Matching method", "nearest neighbours", "radius") in changed.rows and len(changed.rows) == 2
    assert ("Matching method", "nearest neighbours") in every.rows
    assert not any("_" in row[0] or "." in row[0] for row in every.rows), "no technical name"


def test_what_was_changed_by_hand_is_laid_beside_what_was_requested():
    asked = spec(matching={"method": "nearest"})
    changed = asked.with_(matching={"calipers": [0.02]}).with_(subgroups=["sex"])
    assert changed.differs() == ["matching.calipers", "subgroups"]
    words, table, _ = changed.blocks()
    assert "2 choices are not as requested" in words.text and exploratory.MARK in words.text
    assert table.rows[0][1:] == ("0.02", "0.2, 0.1, 0.05, 0.01") and table.columns[2] == "As requested"
    back = changed.with_(matching={"calipers": list(asked.matching.calipers)}, subgroups=[])
    assert back.differs() == [] and [type(block) for block in back.blocks()] == [Words, Table]
    assert back.to_dict() == asked.to_dict() | {"exploratory": True}, "what is remembered is no part of it"


@pytest.mark.parametrize("shown", [spec(), findings(), findings().analyses[0]], ids=lambda one: type(one).__name__)
def test_tab_offers_what_is_ours_and_nothing_of_pydantic(shown):
    offered = {name for name in dir(shown) if not name.startswith("_")}
    assert offered >= {"summary", "table", "blocks", *type(shown).model_fields}
    assert not any(name.startswith(("model_", "parse_")) for name in offered) and "json" not in offered


def test_nothing_that_is_shown_holds_a_row_about_a_person(matched, outcomes):
    ids = set(matched.units["unit_id"].astype(str))
    for result in (matched, describe_overlap(matched), outcomes):
        assert not {"unit_id", "logit"} & set(result.to_frame().columns) and "unit_id" not in texts(result)
        assert max(len(block.rows) for block in result.blocks() if isinstance(block, Table)) < len(ids) / 4
