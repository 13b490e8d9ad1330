"""The workbench: its numbers are those of the functions the notebooks call, and outcomes stay closed until opened."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from jdl_toolkit import examples
from jdl_toolkit.balance import assess_balance, choose_caliper
from jdl_toolkit.blinding import ANOTHER, MATCHED_AGAIN, OPENED, TRIED, MatchingLog, note_match, sample_digest
from jdl_toolkit.cli import main
from jdl_toolkit.covariates import Facts, build_covariates, gather, lacking_covariates
from jdl_toolkit.document import Figure
from jdl_toolkit.errors import GateClosed, JDLError
from jdl_toolkit.explore import Workbench, people
from jdl_toolkit.explore import words as told
from jdl_toolkit.explore.variant import as_yaml
from jdl_toolkit.explore.words import not_offered
from jdl_toolkit.inference import compare_measures, estimate_all
from jdl_toolkit.manifest import Manifest, alone
from jdl_toolkit.matching import match
from jdl_toolkit.matching.score_bins import overlap_bins
from jdl_toolkit.spec import Covariate, of_results
from jdl_toolkit.stage import Stage, open_folder
from jdl_toolkit.subgroups import compare_subgroups

#: Sums are taken in another order, so that results agree but for rounding; means of entropy balancing to 1e-10.
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
SHOWN = ["mean_treatment", "mean_treatment_all", "mean_pool", "mean_control", "smd_before", "smd_after"]
SAME = ["kind", "covariate", "level", "label", "light", "gates"]


@pytest.fixture(scope="module")
def found():
    return examples.foundation()


@pytest.fixture(scope="module")
def bench(found):
    return Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)


@pytest.fixture(scope="module")
def opened(found):
    bench = Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)
    bench.open_outcomes("A. Analyst", "to compare estimates")
    return bench


def require_same_differences(look, balance):
    expected = balance.every.reset_index(drop=True)
    assert look.differences[SAME].astype(str).equals(expected[SAME].astype(str))
    np.testing.assert_allclose(look.differences[SHOWN].to_numpy(), expected[SHOWN].to_numpy(float), **CLOSE)
    assert look.worst == pytest.approx(balance.worst, abs=1e-9)
    assert (look.n_red, look.passed) == (balance.n_red, balance.passed)


@pytest.mark.parametrize(
    "changes",
    [
        {"matching": {"calipers": [0.05]}},
        {"matching": {"calipers": [0.3], "caliper_unit": "raw", "exact": ["sex", "region"]}},
        {"matching": {"calipers": [0.1], "trim": 0.03}, "balance": {"interactions": [["age", "sex"]]}},
        {"matching": {"method": "nearest", "calipers": [0.2]}},
        {"matching": {"method": "nearest", "calipers": [], "replace": True, "ratio": 3}},
        {"matching": {"method": "ipw", "common_support": "range"}, "balance": {"denominator": "treated"}},
        {"matching": {"method": "overlap", "exact": ["sex"]}, "balance": {"squares": False}},
        {"matching": {"method": "ebal"}},
        {"matching": {"calipers": [0.1]}, "covariates": {"selection": "stepwise", "splines": ["age"]}},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_a_look_is_what_match_and_assess_balance_give(found, bench, changes):
    spec = bench.spec.with_(**changes)
    look = bench.look(spec)
    matched = match(found.covariates, spec)
    pd.testing.assert_frame_equal(look.matched.units, matched.units, rtol=1e-9, atol=1e-12)
    assert (look.matched.caliper_raw, look.matched.messages) == (matched.caliper_raw, matched.messages)
    require_same_differences(look, assess_balance(found.covariates, matched, spec, distances=False))
    assert look.bins == overlap_bins(matched, spec.disclosure.minimum_cell)
    assert look.counts["n_control"] == matched.n_control and not look.is_requested


def test_as_requested_is_the_ladder_and_so_are_several_calipers(found, bench):
    look = bench.look(bench.spec)
    assert look.is_requested and look.label == "As requested"
    assert sample_digest(look.matched.units) == sample_digest(found.matched.units)
    require_same_differences(look, found.balance)
    several = bench.spec.with_(matching={"calipers": [0.5, 0.02]}, balance={"amber_up_to": 0.03, "green_up_to": 0.02})
    look = bench.look(several)
    assert look.spec == several.with_(matching={"fallback": "none"}) and not look.fell_back and not look.passed
    matched, balance, tried = choose_caliper(found.covariates, look.spec, distances=False)
    assert len(tried) > 1 and matched.method == look.matched.method == "radius"
    require_same_differences(look, balance)
    close = {"check_exact": False, "rtol": 1e-9, "atol": 1e-9}
    pd.testing.assert_frame_equal(look.tried, tried, **close)


def test_a_fallback_is_on_for_other_covariates_alone_and_is_called_what_it_is(found):
    strict = found.spec.with_(balance={"amber_up_to": 0.02, "green_up_to": 0.01})
    bench = Workbench(found.covariates, strict, found.submission, found.cohort, found.register)
    own = bench.look(bench.spec)
    assert (own.fell_back, own.is_requested) == (True, True) and own.spec.matching == strict.matching
    assert own.label == "Entropy balancing, in place of radius"
    use = [c for c in strict.covariates.use if c != "region"]
    fewer = bench.look(bench.spec.with_(covariates={"use": use}))
    assert fewer.fell_back and fewer.label == "Entropy balancing, in place of radius; without region"
    assert told.said_of(fewer, fewer.label, 0.02).count("No caliper balances; entropy balancing took its place.") == 1
    assert "This look: entropy balancing, in its place" in told.counts_html(own, fewer, 0.1)
    for changes in ({"method": "nearest"}, {"trim": 0.01}, {"calipers": [0.01]}, {"exact": ["sex"]}):
        look = bench.look(bench.spec.with_(matching=changes))
        asked = changes.get("method", "radius")
        assert (look.fell_back, look.matched.method, str(look.spec.matching.fallback)) == (False, asked, "none")
        assert "entropy" not in look.label and "fallback: none" in as_yaml(bench.spec, look.spec)
        again, _, _ = choose_caliper(found.covariates, look.spec, distances=False)
        assert sample_digest(again.units) == sample_digest(look.matched.units), "a run under these lines shows the same"


def test_exact_agreement_is_offered_on_categories_small_whole_numbers_and_as_requested(found, bench):
    units = found.covariates.units
    numbers = [name for name in bench.exact_available if units[name].dtype.kind in "fiu"]
    assert numbers and all((units[name] == units[name].round()).all() for name in numbers)
    assert "previous_sexual" not in bench.exact_available
    own = found.spec.with_(matching={"exact": ["previous_sexual"]})
    assert "previous_sexual" in Workbench(found.covariates, own).exact_available


def test_looks_of_many_covariates_say_how_many_there_are(found):
    labels = {"age": "Age"}
    use = found.spec.covariates.use
    more = found.spec.with_(covariates={"use": [*use, *(c for c in Covariate if c not in use)]})
    n = len(list(Covariate)) - len(use)
    assert told.label_of(found.spec, more, None, labels) == f"{n} more covariates than requested"
    few = found.spec.with_(covariates={"use": ["age", "sex"]})
    assert told.label_of(found.spec, few, None, labels).endswith("fewer covariates than requested")
    assert told.label_of(few, few.with_(covariates={"use": ["sex"]}), None, labels) == "Without age"


def test_an_effect_of_groups_that_are_not_alike_says_so(found, opened):
    look = opened.look(
        opened.spec.with_(matching={"calipers": [0.5]}, balance={"amber_up_to": 0.005, "green_up_to": 0.001})
    )
    effect = opened.effect(look)
    assert not look.passed and not effect.are_alike
    own = opened.effect(opened.look(opened.spec))
    rows = opened.forest([own, effect]).data
    assert [row["Label"] for row in rows] == ["As requested", "Caliper 0.5 (groups not alike)"]
    assert "Groups not alike" in told.said_of_effect(effect, own)
    assert "ot alike" not in told.said_of_effect(own, own) + own.summary()
    assert re.search(r"[\d]\.\d percentage points \(.?\d+\.\d to .?\d+\.\d\)", own.in_words())


def test_a_subgroup_is_matched_anew_within_itself(found, bench, opened):
    name = next(iter(found.samples.samples))
    look = bench.look(bench.spec, name)
    sample = found.samples.samples[name]
    compared = look.matched.units[look.matched.units["weight"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(compared, sample.units, rtol=1e-9, check_exact=False)
    by, _, level = name.partition(": ")
    group = found.samples.groups.query("by == @by and level == @level").iloc[0]
    assert look.worst == pytest.approx(group["worst"], abs=1e-9)
    assert (look.matched.caliper_sd or np.nan) == pytest.approx(group["caliper_sd"], nan_ok=True)
    told = compare_subgroups(found.samples, found.measured, found.spec).rows.query("by == @by and level == @level")
    effect = opened.effect(opened.look(opened.spec, name))
    assert effect.estimate == pytest.approx(told["headline_estimate"].iloc[0], rel=1e-9)
    assert effect.ci_low == pytest.approx(told["headline_ci_low"].iloc[0], rel=1e-9)


def test_subgroups_are_those_declared_and_others_that_are_large_enough(found, bench):
    declared = [name for name, label in bench.subgroups.items() if not label.endswith("(not declared)")]
    formed = found.samples.groups[found.samples.groups["is_formed"]]
    assert declared == [f"{g.by}: {g.level}" for g in formed.itertuples()]
    assert list(bench.subgroups)[: len(declared)] == declared and len(bench.subgroups) > len(declared)
    with pytest.raises(JDLError, match="there is no subgroup `sex: Neither`"):
        bench.look(bench.spec, "sex: Neither")


def test_effects_are_those_of_compare_measures_wherever_their_models_start(found, opened):
    parts = ["estimate", "se", "ci_low", "ci_high", "p_value"]
    for changes in ({"calipers": [0.05]}, {"calipers": [0.02]}, {"method": "nearest"}, {"method": "overlap"}):
        spec = opened.spec.with_(matching=changes)
        look = opened.look(spec)
        rows = compare_measures(found.measured, look.matched, spec).measures.set_index("key")
        for measure in ("rate", "frequency", "days", "n_either_way", "custodial_sentences"):
            for estimator in ("headline", "classic", "check"):
                effect, row = opened.effect(look, measure, estimator), rows.loc[measure]
                assert effect.why_not == (None if pd.isna(row["why_not"]) else row["why_not"])
                got, expected = [getattr(effect, k) for k in parts], [row[f"{estimator}_{k}"] for k in parts]
                np.testing.assert_allclose(got, np.array(expected, float), rtol=1e-8, atol=1e-10, err_msg=measure)
                assert (effect.n_treatment, effect.n_control) == (row["n_treatment"], row["n_control"])


def test_other_estimators_are_those_of_the_panel(found, opened):
    look = opened.look(opened.spec)
    panel = found.outcomes.estimators.set_index("name")
    assert list(opened.estimators)[:3] == ["headline", "classic", "check"]
    for name in ("t_ess_welch", "lm_HC1", "gcomp", "aipw", "abadie_imbens_caliper", "risk_ratio"):
        effect = opened.effect(look, "rate", name)
        assert effect.estimate == pytest.approx(panel.loc[name, "estimate"], rel=1e-8), name
        assert effect.se == pytest.approx(panel.loc[name, "se"], rel=1e-8), name
        assert effect.scale == panel.loc[name, "scale"]
    y = (found.measured["reoffended"] == 1).to_numpy()
    units = look.matched.units[["unit_id"]].merge(found.measured, on="unit_id", validate="1:1")
    among = (units["reoffended"] == 1).to_numpy()
    days, design = units["days_to_first"].to_numpy(), look.matched.design
    row = estimate_all(days, design, look.matched, "days", opened.spec, ["lm_HC1"], subset=among).iloc[0]
    assert opened.effect(look, "days", "lm_HC1").estimate == pytest.approx(row["estimate"], rel=1e-9) and y.any()


def test_rows_read_in_place_and_copied_rows_give_the_same(found, opened):
    """Most of the pool has a weight at a wide caliper, few at a narrow one: the model reads it in two ways."""
    for caliper, is_most in ((0.5, True), (0.0005, False)):
        spec = opened.spec.with_(matching={"calipers": [caliper]})
        look = opened.look(spec)
        assert (2 * look.matched.n_control > len(look.matched.units)) == is_most
        row = compare_measures(found.measured, look.matched, spec).measures.iloc[0]
        assert opened.effect(look).estimate == pytest.approx(row["headline_estimate"], rel=1e-9)
        assert opened.effect(look).se == pytest.approx(row["headline_se"], rel=1e-9)


def test_a_change_of_covariates_is_built_from_the_register_and_read_once(found, monkeypatch):
    bench = Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)
    read, told = [], []
    monkeypatch.setattr(people, "gather", lambda *given: read.append(1) or gather(*given))
    for use in (["age", "sex", "previous_offences"], ["age", "age_squared", "years_since_last_offence", "region"]):
        spec = bench.spec.with_(covariates={"use": use}, matching={"calipers": [0.1]})
        look = bench.look(spec, progress=lambda *step: told.append(step))
        built = build_covariates(found.cohort, found.register, spec)
        matched = match(built, spec)
        pd.testing.assert_frame_equal(look.matched.units, matched.units)
        require_same_differences(look, assess_balance(built, matched, spec, distances=False))
    assert len(read) == 1 and told[0] == ("reading what was known of everybody", 0, 4)
    assert [done for _, done, _ in told] == [0, 1, 2, 3, 4, 1, 2, 3, 4] and {total for *_, total in told} == {4}
    told.clear()
    bench.look(spec.with_(matching={"calipers": [0.05]}), progress=lambda *step: told.append(step))
    assert told == [], "the score stands"
    assert "age" in bench.covariates_available and len(bench.covariates_available) <= 28
    assert {"sex", "region"} <= set(bench.exact_available) and "age" not in bench.exact_available


def test_covariates_that_say_nothing_of_these_people_are_not_offered(found, monkeypatch):
    """As on a register without nationality and region, that holds nothing of anybody from before the index date."""
    known = gather(found.cohort, found.register)
    counts = {name: 0 for name in known.of_each if name.startswith("n_")}
    empty = dict.fromkeys(("nationality", "region", "years_since_last_offence"))
    bare = Facts(known.people, known.of_each.assign(**counts, **empty))
    given = (found.cohort, found.register, found.spec)
    own = lacking_covariates(*given, known=known)
    assert own == lacking_covariates(*given) and {"nationality", "region", "previous_offences"}.isdisjoint(own)
    lacking = lacking_covariates(*given, known=bare)
    new = {name: why for name, why in lacking.items() if name not in own}
    nobody, alike = "nobody has a value", "the same for everybody"
    assert new == dict.fromkeys(("nationality", "region", "years_since_last_offence"), nobody) | dict.fromkeys(
        ("previous_offences", "previous_convictions", "previous_custody", "previous_by_group",
         "previous_by_each_group", "offences_last_two_years"), alike
    )  # fmt: skip
    assert own["release_type"] == nobody and own["extra"] == "the register has no such records"
    monkeypatch.setattr("jdl_toolkit.covariates.lacking._A_FEW", 500)
    few = lacking_covariates(*given)
    assert few["extra"] == own["extra"] and few["release_type"].startswith(f"{nobody}, of ")

    monkeypatch.setattr(people, "lacking_covariates", lambda *_: lacking)
    bench = Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)
    assert bench.covariates_lacking == lacking and {"age", "age_squared"} <= set(bench.covariates_available)
    assert set(bench.covariates_available) | set(lacking) == set(map(str, Covariate))
    assert set(bench.covariates_available).isdisjoint(lacking)
    said = not_offered({"region": nobody, "sex": alike, "extra": nobody}, {"region": "Region", "sex": "Sex"})
    assert said.endswith(f": Region, extra ({nobody}); Sex ({alike}).") and not_offered({}, {}) == ""
    assert Workbench(found.covariates, found.spec).covariates_lacking == {}, "without a register, as was built"


def test_outcomes_are_nowhere_until_they_are_opened(found, bench):
    assert not bench.is_open
    for asked in (lambda: bench.effect(bench.look(bench.spec)), lambda: bench.measures):
        with pytest.raises(GateClosed, match=r"the outcomes are closed[\s\S]*open_outcomes\(by, reason\)"):
            asked()
    assert bench._measured is None and not any(s.outcomes or s.expected for s in bench._standing.values())
    alone_with_covariates = Workbench(found.covariates, found.spec)
    with pytest.raises(JDLError, match="nothing to measure outcomes by"):
        alone_with_covariates.open_outcomes("A", "B")
    with pytest.raises(JDLError, match="cannot be built without the register"):
        alone_with_covariates.look(found.spec.with_(covariates={"use": ["age"]}))


def test_what_cannot_be_matched_is_said_and_the_bench_goes_on(found, bench, opened):
    refused = {
        "there is no covariate nothing to match exactly": {"matching": {"exact": ["nothing"]}},
        "no treated person has a comparable control[\\s\\S]*choose a wider caliper": {
            "matching": {"calipers": [1e-14], "method": "nearest", "caliper_unit": "raw"}
        },
        "What to do: trim less$": {"matching": {"trim": 0.49, "method": "overlap"}},
        "there is no covariate nothing": {"balance": {"interactions": [["nothing", "sex"]]}},
    }
    for words, changes in refused.items():
        with pytest.raises(JDLError, match=words):
            bench.look(bench.spec.with_(**changes))
    units = found.covariates.units
    apart = units.assign(age=units["age"].where(units["is_treated"], units["age"].clip(upper=25)))
    beyond = Workbench(dataclasses.replace(found.covariates, units=apart), found.spec)
    with pytest.raises(JDLError, match="no weights of the controls give them the means|can be compared"):
        beyond.look(found.spec.with_(matching={"method": "ebal"}, covariates={"merge_levels_below": 0}))
    with pytest.raises(JDLError, match="there is no measure `reoffending`"):
        opened.effect(opened.look(opened.spec), "reoffending")
    with pytest.raises(JDLError, match="there is no estimator `best`"):
        opened.effect(opened.look(opened.spec), "rate", "best")
    assert bench.look(bench.spec).passed


def test_looks_and_effects_show_themselves(opened):
    own, other = opened.look(opened.spec), opened.look(opened.spec.with_(matching={"calipers": [0.05]}))
    assert other.label == "Caliper 0.05" and other.summary().startswith("Caliper 0.05: 255 of 257 treated people")
    assert other.to_frame().equals(other.differences) and other.table().rows[1] == (
        "Treated people with a comparable control",
        "255",
    )
    assert isinstance(other.plot(), Figure) and isinstance(other.overlap_plot(), Figure)
    effects = [opened.effect(other), opened.effect(own), opened.effect(own, "rate", "risk_ratio")]
    drawn = opened.forest(effects)
    assert [row["Label"] for row in drawn.data] == ["As requested", "Caliper 0.05"], "a ratio is no difference"
    assert effects[0].to_frame().shape[0] == 1 and "percentage points" in effects[0].summary()
    assert opened.forest([effects[2]]) is None and "ratio" in effects[2].in_words()
    rare = opened.effect(own, "first_indictable")
    assert np.isnan(rare.estimate) and rare.in_words().startswith("not shown, it is too rare") and rare.plot() is None


# --- in a request's folder ------------------------------------------------------------------------------------------


@pytest.fixture
def matched_request(found, tmp_path):
    """A request as `jdl run --until matching` leaves it, as far as the workbench reads it."""
    lab = found.lab
    spec = lab.spec("foundation-2013")
    folder = open_folder(lab, spec, tmp_path / "outputs")
    stage = Stage("matching", lab, spec, folder, is_exploring=False)
    stage.save(found.submission, found.cohorts, found.cohort, found.covariates, found.matched, found.samples)
    tried = pd.DataFrame({"method": ["radius"]})
    stage.noted = {}
    no_proposals = type("None_", (), {"rows": pd.DataFrame()})()
    stage.close_matching(found.matched, found.balance, tried, found.samples, no_proposals)
    manifest = Manifest.read(folder.manifest_file)
    manifest.record_stage("intake", status="done")
    manifest.record_stage("matching", status="done", **stage.noted)
    return Stage("matching", lab, spec, folder, is_exploring=True)


def test_opening_is_recorded_and_a_later_match_is_seen_as_after_it(found, matched_request):
    stage, folder = matched_request, matched_request.folder
    bench = Workbench.of(stage)
    log = MatchingLog(folder.restricted)
    for caliper in (0.05, 0.05, 0.02):
        bench.look(bench.spec.with_(matching={"calipers": [caliper]}))
    told = log.entries(TRIED)
    assert [t["tries"][0]["caliper"] for t in told] == [0.05, 0.02], "the same settings are one try"
    assert {t["by"] for t in told} == {"by hand"} and not any(t["outcomes_were_open"] for t in told)
    assert "matching.calipers" in told[0]["changed"][0]

    in_memory = Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)
    for by, reason, words in (
        ("", "a", "by, your name: nobody is named"),
        ("A. Analyst", " ", "reason: outcomes opened needs a reason"),
        ("A. Analyst 12345678", "a", "by, your name: the name holds a number"),
        ("A. Analyst", "why" * 1000, "reason: the reason is too long"),
    ):
        for one in (bench, in_memory):
            with pytest.raises(JDLError, match=words) as refused:
                one.open_outcomes(by, reason)
            assert "--" not in str(refused.value) and not one.is_open, "a notebook has no options"
    with alone(folder.root.parent, "foundation-2013"), pytest.raises(JDLError, match="another run of this request"):
        bench.open_outcomes("A. Analyst", "to look")
    assert not bench.is_open and not log.entries(OPENED)

    event = bench.open_outcomes("A. Analyst", "to see how much hangs on the caliper")
    digest = sample_digest(found.matched.units, *(s.units for s in found.samples.samples.values()))
    held = Manifest.read(folder.manifest_file).values["events"]
    assert held == [event] and event["event"] == OPENED and event["analysis"] == "main"
    assert (event["by"], event["sample"], event["were_open"]) == ("A. Analyst", digest, "no")
    assert [e["sample"] for e in log.entries(OPENED)] == [digest]
    own = compare_measures(found.measured, found.matched, bench.spec).measures.iloc[0]
    assert bench.effect(bench.look(bench.spec)).estimate == pytest.approx(own["headline_estimate"], rel=1e-9)
    bench.look(bench.spec.with_(matching={"calipers": [0.03]}))
    assert log.entries(TRIED)[-1]["outcomes_were_open"]

    again = Workbench.of(stage)
    assert not again.is_open
    assert again.open_outcomes("B. Analyst", "to look at it, too")["were_open"] == "yes"
    manifest = Manifest.read(folder.manifest_file)
    note_match(folder.root, manifest, "main", "another digest")
    assert manifest.values["events"][-1]["event"] == MATCHED_AGAIN
    assert manifest.values["events"][-1]["reason"].startswith(ANOTHER)


def test_outcomes_stay_closed_while_the_match_has_not_passed(matched_request):
    stage = matched_request
    bench = Workbench.of(stage)
    closing = stage.folder.closing("matching")
    said = json.loads(closing.read_text())
    closing.write_text(json.dumps(said | {"gate": "closed", "reason": "the worst difference is 12%"}))
    with pytest.raises(GateClosed, match="matching is closed. the worst difference is 12%"):
        bench.open_outcomes("A. Analyst", "to look")
    closing.unlink()
    with pytest.raises(GateClosed, match="matching is not run[\\s\\S]*--until matching"):
        bench.open_outcomes("A. Analyst", "to look")
    closing.write_text(json.dumps(said))
    units = stage.folder.restricted / "matchedsample" / "units.parquet"
    frame = pd.read_parquet(units)
    frame.assign(weight=frame["weight"] * 2).to_parquet(units)
    with pytest.raises(GateClosed, match="not the one that was recorded"):
        bench.open_outcomes("A. Analyst", "to look")
    assert not bench.is_open and not MatchingLog(stage.folder.restricted).entries(OPENED)
    assert of_results(bench.spec.to_dict()) == of_results(stage.spec.to_dict())


def test_outcomes_are_opened_at_the_command_line(found, matched_request, monkeypatch):
    folder = matched_request.folder
    monkeypatch.chdir(found.lab.root)

    def record(*options):
        place = ("--outputs", str(folder.root.parent))
        return CliRunner().invoke(main, ["record", "foundation-2013", OPENED, *options, *place])

    refused = record("--by", "A. Analyst")
    assert refused.exit_code == 2 and "--reason: outcomes opened needs a reason" in refused.stderr
    assert record("--reason", "to look").exit_code == 2, "nobody is named"
    other = record("--by", "A. Analyst", "--reason", "to look", "--analysis", "north")
    assert other.exit_code == 4 and "outcomes stay closed: its matching is not run" in other.stderr
    assert not MatchingLog(folder.restricted).entries(OPENED)

    told = record("--by", "A. Analyst", "--reason", "to see how much hangs on the caliper")
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("Recorded for foundation-2013: outcomes opened on ")
    assert told.stdout.endswith(", by A. Analyst. A match made after this is marked as such.\n")
    again = json.loads(record("--by", "B. Analyst", "--reason", "to look, too", "--json").stdout)
    assert (again["request"], again["event"], again["were_open"]) == ("foundation-2013", OPENED, "yes")
    events = Manifest.read(folder.manifest_file).values["events"]
    assert [(e["by"], e["were_open"]) for e in events] == [("A. Analyst", "no"), ("B. Analyst", "yes")]
    log = MatchingLog(folder.restricted).entries(OPENED)
    assert [e["sample"] for e in log] == [e["sample"] for e in events]
    closing = folder.closing("matching")
    closing.write_text(json.dumps(json.loads(closing.read_text()) | {"gate": "closed", "reason": "12% apart"}))
    shut = record("--by", "A. Analyst", "--reason", "to look")
    assert shut.exit_code == 4 and "its matching is closed. 12% apart" in shut.stderr
