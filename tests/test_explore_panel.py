"""The panel: its controls set by code, what it shows, what it puts on record, and lines that are pasted."""

import html
import json
import os
import re
import shutil

import ipywidgets
import pytest
import yaml

from jdl_toolkit import exploratory
from jdl_toolkit.blinding import LOG, OPENED
from jdl_toolkit.explore import ExplorePanel, Workbench
from jdl_toolkit.explore.controls import COVARIATES, MATCHING
from jdl_toolkit.explore.panel import EFFECTS, KEPT, LOVE, VARIANT
from jdl_toolkit.explore.variant import as_declared, as_yaml, changes_of, paste
from jdl_toolkit.findings import Findings
from jdl_toolkit.lab import Lab
from jdl_toolkit.manifest import Manifest
from jdl_toolkit.spec import Analysis, load_spec
from jdl_toolkit.stage import open_stage

REQUEST = "foundation-2013"


@pytest.fixture(scope="module")
def own_lab(demo, tmp_path_factory):
    """A copy of the lab with the demonstration run, as the panel writes into its manifest and log."""
    root = tmp_path_factory.mktemp("panel") / "lab"
    shutil.copytree(demo[0].root, root, ignore=shutil.ignore_patterns("notebooks", "archive"))
    before = os.getcwd()
    os.chdir(root)
    log = root / "outputs" / REQUEST / "restricted" / LOG
    log.write_text("".join(line for line in log.open() if f'"{OPENED}"' not in line))  # as before outcomes were opened
    yield Lab(root)
    os.chdir(before)
    exploratory.mark(False)


@pytest.fixture(scope="module")
def bench(own_lab):
    return Workbench.of(open_stage("matching", REQUEST))


@pytest.fixture(scope="module")
def closed(bench):
    """One panel for all tests that need no outcomes."""
    return ExplorePanel(bench)


@pytest.fixture
def panel(closed):
    closed.kept.clear()
    closed.go_back()
    return closed


@pytest.fixture(scope="module")
def opened(own_lab):
    """A panel with a look from before the outcomes were opened and one from after."""
    panel = ExplorePanel(Workbench.of(open_stage("matching", REQUEST)))
    panel.controls.caliper.value = 0.05
    panel.keep_look()
    panel.by.value, panel.reason.value = "A. Statistician", "to see how much hangs on the caliper"
    panel.open.click()
    panel.controls.caliper.value = 0.02
    panel.keep_look()
    return panel


def test_a_moved_caliper_is_matched_within_and_no_longer_as_requested(panel, bench):
    assert panel.name == "As requested" and panel.look.is_requested
    panel.controls.caliper.value = 10**-1.3
    assert panel.look.matched.caliper_sd == 0.05 and not panel.controls.caliper_as_requested.value
    assert panel.look.worst == bench.look(bench.spec.with_(matching={"calipers": [0.05]})).worst
    assert panel.name == "Caliper 0.05" and "Caliper 0.05" in panel.said.value
    assert panel.look.spec.exploratory
    panel.controls.caliper_as_requested.value = True
    assert panel.look.is_requested


def test_other_methods_show_what_they_have_use_for(panel):
    assert panel.controls.of_nearest.layout.display == "none"
    panel.controls.method.value = "nearest"
    panel.controls.ratio.value, panel.controls.replace.value = 2, True
    assert (panel.look.matched.method, panel.look.spec.matching.ratio) == ("nearest", 2)
    assert panel.controls.of_nearest.layout.display is None
    panel.controls.method.value = "overlap"
    assert panel.look.matched.method == "overlap" and panel.look.matched.caliper_sd is None
    assert panel.controls.caliper.disabled
    assert "entropy" not in panel.name and panel.name == "Overlap weights"


def test_trimming_support_and_strata_change_who_is_compared(panel):
    panel.controls.trim.value = 0.03
    panel.controls.common_support.value = True
    panel.controls.exact["sex"].value = True
    asked = panel.look.spec.matching
    assert (asked.trim, asked.common_support, asked.exact) == (0.03, "range", ("sex",))
    assert panel.name == "Exact on sex; trimmed at 0.03; common support"
    units = panel.look.matched.units
    score = units.loc[units["weight"] > 0, "score"]
    assert 0.03 <= score.min() and score.max() <= 0.97


def test_other_covariates_wait_for_the_button(panel):
    panel.controls.covariates["ethnicity"].value = False
    panel.controls.caliper.value = 0.05
    assert "ethnicity" in panel.look.spec.covariates.use and "changed" in panel.controls.fit.description
    panel.controls.fit.click()
    assert "ethnicity" not in panel.look.spec.covariates.use and panel.controls.fit.description == "Fit again"
    assert not any("thnic" in term for term in panel.look.matched.coefficients["term"])
    assert panel.name == "Caliper 0.05; without ethnicity"
    panel.controls.own_covariates.click()
    panel.controls.fit.click()
    assert "ethnicity" in panel.look.spec.covariates.use


def test_what_the_register_cannot_give_is_not_offered_and_a_sentence_says_why(panel, bench):
    assert set(panel.controls.covariates) == set(bench.covariates_available)
    assert set(panel.controls.covariates).isdisjoint(bench.covariates_lacking) and bench.covariates_lacking
    said = html.unescape(panel.controls.not_offered.value)
    assert all(panel.labels.get(name, name) in said for name in bench.covariates_lacking)
    assert all(why in said for why in bench.covariates_lacking.values())
    inside = [box.children for box in panel.controls.boxes() if isinstance(box, ipywidgets.VBox)]
    assert any(panel.controls.not_offered in children for children in inside), "it stands in the list"


def test_a_subgroup_is_matched_within_itself(panel, bench):
    panel.controls.subgroup.value = next(iter(bench.subgroups))
    assert panel.look.subgroup and panel.look.counts["n_treatment"] < bench.look(bench.spec).counts["n_treatment"]


def test_what_cannot_be_made_is_said_and_the_last_picture_stays(panel):
    look, picture = panel.look, panel.pictures[LOVE].value
    for box in panel.controls.covariates.values():
        box.value = False
    panel.controls.fit.click()
    assert "This look cannot be made" in panel.box.value and "tick at least one covariate" in panel.box.value
    assert panel.controls.faults[COVARIATES].value == panel.box.value, "it stands beside the button, too"
    assert panel.look is look and panel.pictures[LOVE].value == picture and not panel.controls.fit.disabled
    panel.controls.caliper.value = 0.04
    assert panel.box.value == "" and panel.look.matched.caliper_sd == 0.04
    assert not any(note.value for note in panel.controls.faults.values())
    panel.controls.trim.max = 0.49
    panel.controls.trim.value = 0.49
    assert "trim less" in panel.controls.faults[MATCHING].value and not panel.controls.faults[COVARIATES].value
    panel.controls.trim.value, panel.controls.trim.max = 0, 0.1


def test_a_fault_of_the_toolkit_is_a_box_without_its_text(panel, monkeypatch):
    def fails(*_, **__):
        raise TypeError("Jane Doe, born 1980")

    monkeypatch.setattr(panel.bench, "look", fails)
    panel.controls.caliper.value = 0.032
    assert "fault of the toolkit (TypeError)" in panel.box.value and "Doe" not in panel.box.value


def test_outcomes_stay_closed_without_a_name_and_a_reason(panel):
    assert panel.effect is None and "closed" in panel.mark.value and "EXPLORATORY" in panel.mark.value
    panel.open.click()
    assert "The outcomes stay closed" in panel.box.value and not panel.bench.is_open
    assert panel.controls.measure.disabled


def test_the_gate_says_why_outcomes_stay_closed(panel, monkeypatch):
    from jdl_toolkit.errors import GateClosed

    def closed(*_):
        raise GateClosed("the worst difference is above the limit", "stage matching", "match better")

    monkeypatch.setattr(panel.bench._record, "opened", closed)
    panel.by.value, panel.reason.value = "A. Statistician", "a reason"
    panel.open.click()
    assert "The worst difference is above the limit." in panel.box.value and not panel.bench.is_open
    panel.by.value = panel.reason.value = ""


def test_outcomes_opened_elsewhere_are_told_as_the_record_has_it(bench):
    panel, log = ExplorePanel(bench), bench.stage.log
    before = log.path.read_bytes()
    log.add(OPENED, "main", "jdl run", sample="a")
    try:
        panel.controls.caliper.value = 0.063
        panel.keep_look()
        assert re.search(r"outcomes opened on \d+ \w+ 20\d\d by jdl run; not shown here yet", panel.mark.value)
        assert "say who looks and why" in panel.closed.value and panel.opening.layout.display != "none"
        panel.tabs.selected_index = KEPT
        assert "<td>after opening</td>" in panel.pictures[KEPT].value and "not shown" in panel.pictures[KEPT].value
        assert log.entries()[-1]["outcomes_were_open"]
        panel.open.click()
        assert "Name or reason is missing" in panel.stays_closed.value and not bench.is_open
    finally:
        log.path.write_bytes(before)


def test_opened_outcomes_are_on_record_and_agree_with_the_findings(opened, own_lab):
    event = Manifest.read(own_lab.root / "outputs" / REQUEST / "manifest.json").last_event("outcomes opened", "main")
    assert (event["by"], event["reason"]) == ("A. Statistician", "to see how much hangs on the caliper")
    found = Findings.read(own_lab.root / "outputs" / REQUEST / "findings.json").analyses[0].headline_measure
    own = opened._effect_of(opened._requested)
    assert own.estimate == pytest.approx(found.headline.estimate, abs=1e-9)
    assert "One-year proven reoffending rate" in opened.said.value


def test_looks_from_before_and_after_opening_are_told_apart(opened):
    opened.tabs.selected_index = KEPT
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td>(.*?)</td>", opened.pictures[KEPT].value)
    assert rows == [("Caliper 0.05", "before opening"), ("Caliper 0.02", "after opening")]
    opened.tabs.selected_index = EFFECTS
    forest = opened.pictures[EFFECTS].value
    assert re.findall(r"aria-label=\"([^\"]*)", forest)[0].count(";") >= 2
    assert "As requested" in forest and "Caliper 0.05:" in forest and "Caliper 0.02 (after outcomes" in forest


def test_another_measure_and_another_estimator_are_shown_for_every_look(opened):
    opened.tabs.selected_index = EFFECTS
    for measure, estimator, words in (
        ("frequency", "headline", "number per person"),
        ("rate", "classic", "percentage"),
    ):
        opened.controls.measure.value, opened.controls.estimator.value = measure, estimator
        assert (opened.effect.measure, opened.effect.estimator) == (measure, estimator)
        assert words in opened.pictures[EFFECTS].value
    opened.controls.estimator.value = "headline"


def test_a_variant_is_whole_and_valid_when_it_is_pasted(opened, own_lab, tmp_path):
    opened.controls.caliper.value = 10**-1.6
    opened.make.click()
    assert opened.tabs.selected_index == VARIANT and "not declared ahead" in opened.about.value
    assert yaml.safe_load(opened.beside.value) == {"robustness": {"calipers": [0.01, 0.025, 0.05, 0.1, 0.2, 0.5]}}
    assert yaml.safe_load(opened.instead.value) == {"matching": {"calipers": [0.025], "fallback": "none"}}
    defaults, request = own_lab.root / "parameters" / "defaults.yml", own_lab.request_file(REQUEST)
    for text in (f"{request.read_text()}\n{opened.instead.value}\n", opened.whole.value):
        (tmp_path / "pasted.yml").write_text(text)
        spec = load_spec(tmp_path / "pasted.yml", defaults)
        assert 0.025 in (*spec.matching.calipers, *spec.robustness.calipers)
    opened.back.click()
    opened.make.click()
    assert "nothing to declare" in opened.about.value and not opened.variants.children


def test_before_outcomes_were_opened_it_is_declared_ahead(panel, monkeypatch):
    monkeypatch.setattr(type(panel.bench.stage.log), "entries", lambda *_: [])
    panel.controls.caliper.value = 0.02
    panel.make.click()
    assert "declared ahead" in panel.about.value and "not declared ahead" not in panel.about.value


@pytest.mark.parametrize(("analysis", "entry"), [("community", "community"), ("provider-north-trust", "provider")])
def test_of_several_analyses_the_entry_of_one_is_changed(made_lab, tmp_path, analysis, entry):
    file = made_lab.request_file("bridges-2013")
    whole = load_spec(file)
    own = whole.for_analysis(Analysis(id=analysis), whole.analyses[entry])
    changed = own.with_(matching={"exact": ["sex"]}, subgroups=["age_band"])
    said = yaml.safe_load(as_yaml(own, changed))["analyses"]
    assert list(said) == [entry] and said[entry]["matching"] == {"exact": ["sex"]}
    (tmp_path / "bridges-2013.yml").write_text(paste(file.read_text(), changes_of(own, changed), own))
    pasted = load_spec(tmp_path / "bridges-2013.yml")
    assert list(pasted.analyses) == list(whole.analyses)
    assert pasted.analyses[entry].changes() == {"matching": {"exact": ["sex"]}, "subgroups": ["age_band"]}
    assert all(pasted.analyses[name] == whole.analyses[name] for name in whole.analyses if name != entry)


def test_pasting_keeps_remarks_and_what_a_section_states(made_lab, tmp_path):
    text = made_lab.request_file(REQUEST).read_text() + "matching: {calipers: [0.1, 0.05]}  # two\n# the end\n"
    (tmp_path / "a.yml").write_text(text)
    own = load_spec(tmp_path / "a.yml")
    changed = own.with_(matching={"trim": 0.01})
    pasted = paste(text, changes_of(own, changed), own)
    assert pasted.splitlines()[0] == text.splitlines()[0] and pasted.rstrip().endswith("# the end")
    (tmp_path / "b.yml").write_text(pasted)
    assert load_spec(tmp_path / "b.yml").matching == changed.matching


@pytest.mark.parametrize(
    ("changes", "declared"),
    [
        ({"matching": {"calipers": [0.03]}}, {"robustness": {"calipers": [0.01, 0.03, 0.05, 0.1, 0.2, 0.5]}}),
        ({"matching": {"calipers": [0.05]}}, {}),
        (
            {"matching": {"method": "nearest", "ratio": 3, "replace": True}},
            {"robustness": {"nearest_ratios": [1, 3, 5]}},
        ),
        ({"matching": {"method": "nearest"}}, None),  # without replacement
        ({"matching": {"method": "ipw"}}, {}),
        ({"matching": {"trim": 0.01}}, None),
        ({"matching": {"calipers": [0.03]}, "subgroups": ["sex"]}, None),
    ],
)
def test_what_the_robustness_panel_can_declare(made_lab, changes, declared):
    own = load_spec(made_lab.request_file(REQUEST))
    assert as_declared(own, own.with_(**changes)) == declared


def test_unattended_it_shows_pictures_and_tables_and_makes_no_widget(bench, capsys):
    panel = ExplorePanel(bench)
    panel._ipython_display_()
    told = capsys.readouterr().out
    assert "need a running kernel" in told and "Treated people" in told and "Dot plot" in told
    assert not {"widget", "controls"} & vars(panel).keys()


def test_what_is_saved_of_the_panel_is_small_and_about_nobody(opened, bench):
    state = json.dumps(ipywidgets.Widget.get_manager_state(drop_defaults=True))
    assert len(state) < 1_500_000  # all panels of this file together
    assert "A. Statistician" not in state
    ids = bench.look(bench.spec).matched.units["unit_id"].astype(str)
    assert not any(f'"{one}"' in state or f">{one}<" in state for one in ids[ids.str.len() > 4].head(200))
