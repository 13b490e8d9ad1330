"""Findings: the only door by which aggregates leave, the schema, and the same bytes for the same input."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from examples import findings, provenance, several, spec
from statsmodels.stats.multitest import multipletests

from jdl_toolkit import narrative
from jdl_toolkit.attrition import Ledger
from jdl_toolkit.balance import choose_caliper
from jdl_toolkit.disclosure import find_leaks
from jdl_toolkit.errors import JDLError
from jdl_toolkit.findings import (
    AnalysisResults,
    Findings,
    Status,
    collect_findings,
    could_not_be_answered,
    findings_schema,
)
from jdl_toolkit.inference import compare_measures
from jdl_toolkit.matching import overlap_bins
from jdl_toolkit.power import PowerTable, common_sd
from jdl_toolkit.spec import lab_resources
from jdl_toolkit.submission import analyses_of

N_T, N_C = 200, 3000


@pytest.fixture(scope="module")
def results():
    """Results of every stage for an invented request: real matching, balance, comparison and power."""
    rng = np.random.default_rng(11)
    n = N_T + N_C
    is_treated = np.arange(n) < N_T
    age = rng.normal(33, 9, n) + 2 * is_treated
    sex = np.where(rng.random(n) < np.where(is_treated, 0.2, 0.15), "Female", "Male")
    units = pd.DataFrame({"unit_id": np.arange(n), "is_treated": is_treated, "age": age, "sex": sex})
    bands = pd.cut(age, [0, 25, 35, 200], labels=["under 25", "25 to 34", "35 and over"], right=False)
    profile = pd.DataFrame({"unit_id": units["unit_id"], "sex": pd.Categorical(sex), "age_band": bands})
    labels = {"sex": "Sex", "age": "Age at index date (years)", "age_band": "Age at index date"}
    covariates = SimpleNamespace(units=units, profile=profile, labels=labels, messages=())
    asked = spec(covariates={"use": ["age", "sex"]})
    matched, balance, tried = choose_caliper(covariates, asked)
    reoffended = rng.random(n) < 0.38 - 0.002 * (age - 33) - 0.02 * is_treated
    n_reoffences = np.where(reoffended, 1 + rng.poisson(1.5, n), 0)
    days = np.where(reoffended, rng.integers(1, 366, n), np.nan)
    frame = {"unit_id": units["unit_id"], "reoffended": reoffended.astype(int), "n_reoffences": n_reoffences}
    outcomes = compare_measures(pd.DataFrame(frame | {"days_to_first": days}), matched, asked)
    rate = outcomes.measures.iloc[0]
    sd = common_sd(rate.treatment_value, rate.n_treatment, rate.control_value, rate.n_control)
    sizes = {"n_control": rate.n_control, "n_treatment": rate.n_treatment}
    power = PowerTable(**sizes, sd=sd, reductions=asked.power.reductions_pp)
    ledger = (
        Ledger.start("submission", "records received", 260).exclude(1, 0).exclude(2, 30, 230, details={"no match": 30})
    )
    ledger = (
        ledger.exclude(3, 0, 230).exclude(4, 0, 230).exclude(5, 27, 203, could="An exact date.").exclude(12, 3, 200)
    )
    pool_ledger = Ledger.start("pool", "events", N_C, N_C)
    cohort = SimpleNamespace(ledger=ledger, pool_ledger=pool_ledger, index_from="2008-04-01", index_to="2010-12-31")
    cohort.analysis = "main"
    status = {"matched": 230, "ambiguous": 0, "no match": 30, "unusable identifiers": 0}
    tiers = pd.DataFrame({"tier": ["same name and date of birth", "PNC id"], "n_records": [180, 50]})
    linkage = SimpleNamespace(by_status=lambda: status, by_tier=lambda: tiers, expected_wrong_links=1.25)
    submission = SimpleNamespace(
        public_answers=lambda: {"what": "Housing", "empty": ""},
        ledger=Ledger.start("submission", "records received", 260),
        people=pd.DataFrame({"row": np.arange(260)}),
    )
    return asked, submission, linkage, cohort, covariates, matched, balance, outcomes, power, tried


NAMES = ("cohort", "covariates", "matched", "balance", "outcomes", "power", "tried")


def collect(results, asked=None, **changes):
    """Findings of the one analysis; changes replace results of its stages."""
    request, submission, linkage, *stages = results
    asked = asked or request
    one = AnalysisResults(asked, **(dict(zip(NAMES, stages, strict=True)) | changes))
    return collect_findings(asked, submission, linkage, [one], provenance())


def test_stage_results_become_findings(results):
    found = collect(results)
    part, outcomes, matched = found.analyses[0], results[7], results[5]
    assert (found.status, found.reason, found.answers) == (Status.reported, None, {"what": "Housing"})
    rate = part.headline_measure
    assert rate.headline.estimate == outcomes.measures["headline_estimate"].iloc[0]
    assert rate.control_value_adjusted == pytest.approx(rate.treatment_value - rate.headline.estimate, abs=1e-12)
    assert [m.key for m in part.measures] == list(outcomes.measures["key"])
    assert part.matching.n_treatment_matched == matched.n_treatment_matched
    assert part.matching.ess_control == pytest.approx(matched.ess_control)
    assert part.matching.calipers_tried == tuple(results[-1]["caliper"])
    assert part.power.needed_for_observed == (
        results[8].needed_for(100 * rate.headline.estimate) if rate.headline.estimate < 0 else None
    )
    assert {r.characteristic for r in part.profile} == {"Sex", "Age at index date"}
    assert {(r.covariate, r.level) for r in part.balance.rows} >= {("Age at index date (years)", ""), ("Sex", "Female")}
    assert found.linkage.by_status["matched"] == 230


def test_three_who_reoffended_first_are_not_counted_out(results):
    steps = {s.code: s for s in collect(results).analyses[0].flow if s.code}
    assert steps[12].records_excluded is None and "records_excluded" not in steps[12].secondary
    assert steps[5].records_excluded is None and "records_excluded" in steps[5].secondary
    assert steps[14].records_after == results[5].n_treatment_matched


def test_the_same_results_give_the_same_bytes_and_survive_writing(results, tmp_path):
    first, second = collect(results), collect(results)
    first.write(tmp_path / "a.json")
    second.write(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert Findings.read(tmp_path / "a.json") == first


def test_findings_hold_nothing_about_single_people(results, tmp_path):
    """No row is as long as the group, no unit id stands in the file, and no count of people is 1 to 4."""
    collect(results).write(tmp_path / "findings.json")
    content = json.loads((tmp_path / "findings.json").read_text())

    def longest(value):
        if isinstance(value, dict):
            return max(map(longest, value.values()), default=0)
        return max([len(value), *map(longest, value)], default=0) if isinstance(value, list) else 0

    assert longest(content) < 100
    assert "unit_id" not in (tmp_path / "findings.json").read_text()
    for row in content["analyses"][0]["profile"]:
        assert 5 <= round(row["treatment"] * results[5].n_treatment_matched) <= N_T - 5
    for bin_ in content["analyses"][0]["overlap"]:
        assert round(bin_["treatment"] * N_T) >= 5 and round(bin_["pool"] * N_C) >= 5
    people = pd.DataFrame({"forename": ["Zebedee"], "surname": ["Crabtree"], "dob": pd.to_datetime(["1985-05-16"])})
    assert find_leaks([tmp_path / "findings.json"], None, people, Findings.read(tmp_path / "findings.json")) == []


def test_every_passage_is_made_from_them_and_every_number_is_theirs(results):
    found = collect(results)
    for passage in (narrative.finding, narrative.who_is_in, narrative.how_alike, narrative.three_estimates):
        block = passage(found)
        assert narrative.check_numbers(block.text, found) == []


def test_a_balance_accepted_by_an_analyst_is_kept_with_the_reason(results):
    balance = collect(results, accepted={"by": "A. Analyst", "reason": "too few women"}).analyses[0].balance
    assert (balance.accepted_by, balance.accepted_reason) == ("A. Analyst", "too few women")


def test_below_the_minimum_group_nothing_is_described(results):
    part = collect(results, spec(disclosure={"minimum_group": 500})).analyses[0]
    assert (part.profile, part.overlap, part.balance, part.matching, part.power) == ((), (), None, None, None)
    assert all(m.headline is None and m.why_not == "it concerns fewer than 500 people" for m in part.measures)


def test_a_request_that_could_not_be_answered_says_why_and_how_far_it_went(results):
    asked, submission, linkage, cohort, *_ = results
    why = "3 people could be matched; at least 30 are needed"
    found = could_not_be_answered(asked, submission, linkage, [cohort], why, provenance())
    assert found.status is Status.could_not_be_answered
    assert found.reason == "fewer than 5 people could be matched; at least 30 are needed"
    assert found.analyses[0].measures == () and found.analyses[0].flow[0].records_after == 260
    block = narrative.finding(found)
    assert "could not be answered" in f"{block.title} {block.text}"
    early = could_not_be_answered(asked, submission, None, None, "only 40 people", provenance())
    assert [s.records_after for s in early.analyses[0].flow] == [260]
    assert early.linkage is None


def test_an_analysis_that_could_not_be_answered_stands_among_those_that_were(results):
    request, submission, linkage, cohort, *stages = results
    choices = {"main": {}, "wider": {"title": "A wider window", "cohort": {"start_within_months": 12}}}
    request = spec(covariates={"use": ["age", "sex"]}, analyses=choices)
    first, second = (one for one in analyses_of(request, submission.people))
    done = AnalysisResults(first, cohort, **dict(zip(NAMES[1:], stages, strict=True)))
    why = "3 people could be matched; at least 30 are needed"
    ended = AnalysisResults(second, cohort, reason=why)
    found = collect_findings(request, submission, linkage, [done, ended], provenance())
    assert (found.status, found.reason) == (Status.reported, None)
    one, other = found.analyses
    assert (one.id, one.title, one.status, one.settings) == ("main", "Main", Status.reported, {})
    assert (other.id, other.title, other.status) == ("wider", "A wider window", Status.could_not_be_answered)
    assert other.reason == "fewer than 5 people could be matched; at least 30 are needed"
    assert other.settings == {"cohort": {"start_within_months": 12}} and other.start_within_months == 12
    assert found.about("wider").setting("cohort", "start_within_months") == 12
    assert (other.measures, other.power, other.matching, other.pool_flow) == ((), None, None, ())
    neither = collect_findings(
        request, submission, linkage, [AnalysisResults(first, cohort, reason="21 people"), ended], provenance()
    )
    assert neither.status is Status.could_not_be_answered
    assert neither.reason == f"Main: 21 people; A wider window: {other.reason}"


def test_of_two_analyses_that_differ_by_three_people_the_later_is_held_back(results):
    request, submission, linkage, cohort, *stages = results
    request = spec(covariates={"use": ["age", "sex"]}, analyses={"main": {}, "again": {"title": "Once more"}})
    first, second = analyses_of(request, submission.people)
    parts = dict(zip(NAMES[1:], stages, strict=True))
    done = AnalysisResults(first, cohort, **parts)
    units = parts["matched"].units
    fewer = dataclasses.replace(
        parts["matched"], units=units.assign(weight=units["weight"].mask(units["unit_id"] < 3, 0))
    )
    other = AnalysisResults(second, cohort, **(parts | {"matched": fewer}))
    found = collect_findings(request, submission, linkage, [done, other], provenance())
    assert [a.status for a in found.analyses] == [Status.reported, Status.could_not_be_answered]
    assert found.analyses[1].reason == (
        "beside “Main” it would tell something of fewer than 5 people, as so few are in the one and not in the other"
    )
    assert found.analyses[1].measures == () and found.analyses[1].matching is None
    same = collect_findings(request, submission, linkage, [done, dataclasses.replace(done, spec=second)], provenance())
    one, twin = same.analyses
    assert [a.status for a in same.analyses] == [Status.reported, Status.reported]
    assert (twin.measures, twin.profile, twin.balance) == (one.measures, one.profile, one.balance)


def test_who_is_not_matched_leaves_no_trace_where_their_number_is_withheld(results):
    """Two without a comparable control, far from the others: everything told of the comparison is of the others."""
    matched, units = results[5], results[5].units
    is_alone = units["is_treated"] & (units["unit_id"] < 2)
    parts = {"weight": units["weight"].mask(is_alone, 0), "logit": units["logit"].mask(is_alone, 9.0)}
    fewer = dataclasses.replace(matched, units=units.assign(**parts))
    part = collect(results, matched=fewer).analyses[0]
    assert (part.matching.n_treatment, part.matching.n_treatment_matched) == (None, N_T - 2)
    without = SimpleNamespace(units=fewer.units[~is_alone])
    assert [one.model_dump() for one in part.overlap] == overlap_bins(without, 5)
    assert part.overlap[-1].upper < 9


def test_p_values_can_be_adjusted_again_from_what_is_shown(results):
    frame = results[7].measures.copy()
    frame.loc[frame["key"] == "frequency", ["n_treatment_with", "n_control_with"]] = 3
    part = collect(results, outcomes=dataclasses.replace(results[7], measures=frame)).analyses[0]
    shown = [m for m in part.measures if m.headline is not None]
    assert part.n_measures_tested == len(shown) == len(part.measures) - 1
    p = [m.headline.p_value for m in shown]
    assert [m.holm_p for m in shown] == multipletests(p, method="holm")[1].tolist()


def test_what_a_report_of_several_analyses_names_is_public():
    texts = several().public_texts()
    named = {"Everyone", "The North", "North", "Released from custody", "Recalled", "Female", "25 and over"}
    assert named <= set(texts)
    assert "21 people could be included in the analysis; at least 30 are needed" in texts


def test_the_schema_is_kept_in_step():
    """After a change of the models: write `findings_schema()` to parameters/findings.schema.json."""
    kept = (lab_resources() / "parameters" / "findings.schema.json").read_text(encoding="utf-8")
    assert kept == findings_schema()


def test_findings_that_are_missing_or_wrong_are_refused_in_words(tmp_path):
    with pytest.raises(JDLError, match="no findings yet"):
        Findings.read(tmp_path / "findings.json")
    findings().write(tmp_path / "findings.json")
    content = json.loads((tmp_path / "findings.json").read_text())
    content["analyses"][0]["measures"][0]["person"] = 1
    (tmp_path / "findings.json").write_text(json.dumps(content))
    with pytest.raises(JDLError, match=r"analyses\.0\.measures\.0\.person"):
        Findings.read(tmp_path / "findings.json")


def test_power_is_withheld_with_the_rate(results):
    """From the standard deviation of the power table a withheld rate could be worked out."""
    frame = results[7].measures.copy()
    frame.loc[frame["key"] == "rate", "treatment_value"] = 3 / 200
    frame.loc[frame["base"] == "reoffenders", "n_treatment"] = 3
    part = collect(results, outcomes=SimpleNamespace(measures=frame)).analyses[0]
    assert part.power is None
    assert all(m.headline is None for m in part.measures)
    assert narrative.headline_sentence(part).startswith("The result cannot be shown: fewer than 5 people")
