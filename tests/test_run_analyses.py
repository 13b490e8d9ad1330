"""A request with several analyses: each has its own cohort, gate, results and report; what is published adds up."""

import json
import re
import shutil

import nbformat
import pytest
import yaml
from click.testing import CliRunner

from jdl_toolkit import disclosure
from jdl_toolkit.cli import main
from jdl_toolkit.cohort import Cohort
from jdl_toolkit.findings import Findings
from jdl_toolkit.linkage import Linkage
from jdl_toolkit.register import Register
from jdl_toolkit.result import write_atomically
from jdl_toolkit.run import run_request
from jdl_toolkit.submission import Submission

REQUEST = "bridges-short"
ORDERS = ["Mentoring", "Employment support", "Housing advice"]
PRISON = ["Through the gate", "Prison workshop"]
ANALYSES = {
    "community": {"title": "On a court order", "records": {"intervention_type": ORDERS}, "subgroups": ["sex"]},
    "custody": {
        "title": "Released from prison",
        "records": {"intervention_type": PRISON},
        "cohort": {"route": "custody", "index_disposals": ["custody"]},
        "subgroups": ["intensity"],
    },
    "kestrel": {"title": "Kestrel Works alone", "records": {"provider": ["Kestrel Works"]}, "subgroups": []},
}


#: The demonstration's own tests look at the whole panel.
FEW_VARIANTS = {"calipers": [0.1], "nearest_ratios": [], "methods": ["ebal"], "leave_one_out": False}


def jdl(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def write_request(lab, name, **changes):
    values = yaml.safe_load((lab.root / "parameters/requests/bridges-2013.yml").read_text())
    path = lab.root / f"parameters/requests/{name}.yml"
    values |= {"request": name, "analyses": ANALYSES, "robustness": FEW_VARIANTS} | changes
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def bridges(made_lab):
    """The second demonstration with three of its analyses, run to its reports."""
    path = write_request(made_lab, REQUEST)
    yield made_lab, run_request(made_lab, REQUEST, made_lab.root / "outputs")
    path.unlink()
    shutil.rmtree(made_lab.root / "outputs" / REQUEST)


@pytest.fixture
def folder(bridges):
    return bridges[0].root / "outputs" / REQUEST


@pytest.fixture
def findings(folder):
    return Findings.read(folder / "findings.json")


def test_every_analysis_ends_in_a_stated_way(bridges, findings):
    assert [(a.id, a.status) for a in findings.analyses] == [
        ("community", "reported"), ("custody", "reported"), ("kestrel", "could_not_be_answered"),
    ]  # fmt: skip
    assert findings.status == "reported"
    kestrel = findings.analyses[2]
    assert "at least 30 are needed" in kestrel.reason and kestrel.measures == () and kestrel.matching is None
    assert kestrel.flow, "how far its records got is told all the same"
    headline = bridges[1].headline.splitlines()
    assert [line.split(":")[0] for line in headline] == [c["title"] for c in ANALYSES.values()]


def test_each_analysis_has_its_own_cohort_and_flow(folder, findings):
    cohorts = {name: Cohort.load(folder / "restricted/analyses" / name / "cohort") for name in ("community", "custody")}
    assert set(cohorts["custody"].treated["disposal"]) == {"custody"}
    assert "custody" not in set(cohorts["community"].treated["disposal"])
    assert (cohorts["custody"].treated["delay_days"] == 0).all() and (cohorts["custody"].pool["delay_days"] == 0).all()
    records = len(Submission.load(folder / "restricted/submission").people)
    for analysis in findings.analyses:
        assert [s.records_after for s in analysis.flow][0] == records and analysis.flow[1].key == "other_analysis"
    shared = set(cohorts["custody"].treated["person_id"]) & set(cohorts["community"].pool["person_id"])
    assert not shared, "nobody who was submitted is a control, in whichever analysis"


def test_the_planted_effects_lie_in_the_intervals(bridges, findings):
    truth = json.loads((bridges[0].root / "data/demo/truth.json").read_text())["bridges"]["analyses"]
    for analysis in findings.analyses[:2]:
        rate = analysis.headline_measure.headline
        assert rate.ci_low < truth[analysis.id]["realised_effect_pp"] / 100 < rate.ci_high, analysis.id


def test_subgroups_are_each_analysiss_own(findings):
    community, custody = (a.subgroups for a in findings.analyses[:2])
    assert [(s.declared, {r.by for r in s.rows}) for s in (community, custody)] == [
        (("sex",), {"sex"}), (("intensity",), {"intensity"}),
    ]  # fmt: skip
    assert custody.n_tests == sum(row.headline is not None for row in custody.rows) >= 2


def test_each_analysis_has_a_report_that_names_the_others(folder):
    places = {"On a court order": "", "Released from prison": "custody/", "Kestrel Works alone": "kestrel/"}
    for title, place in places.items():
        page = (folder / f"report/{place}report.html").read_text()
        assert (folder / f"report/{place}report.pdf").read_bytes().startswith(b"%PDF")
        assert title in page.split("</title>")[0], "its own title"
        assert all(other in page for other in places), "the others by name"


def test_outcomes_of_an_analysis_are_opened_after_every_matching(folder):
    stages = json.loads((folder / "manifest.json").read_text())["stages"]
    assert list(stages) == [
        "intake", "linkage", "matching/community", "matching/custody", "outcomes/community", "outcomes/custody",
        "report",
    ]  # fmt: skip
    assert stages["linkage"]["analyses"]["kestrel"]["gate"] == "could not be answered"
    kept = sorted(str(p.relative_to(folder / "restricted")) for p in (folder / "restricted").rglob("*.ipynb"))
    assert kept == [
        "analyses/community/notebooks/03_matching.ipynb", "analyses/community/notebooks/04_outcomes.ipynb",
        "analyses/custody/notebooks/03_matching.ipynb", "analyses/custody/notebooks/04_outcomes.ipynb",
        "notebooks/01_intake.ipynb", "notebooks/02_linkage.ipynb",
    ]  # fmt: skip


def test_nothing_published_or_shown_names_anybody(bridges, folder, findings):
    lab, people = bridges[0], Submission.load(folder / "restricted/submission").people
    files = [*(p for p in (folder / "report").rglob("*") if p.is_file()), folder / "findings.json"]
    with Register.open(lab.root / "data/demo/register.duckdb") as register:
        assert disclosure.find_leaks(files, register, people, findings) == []
    names = {f"{p.forename} {p.surname}" for p in people.itertuples() if p.forename and p.surname}
    for path in (folder / "restricted").rglob("*.ipynb"):
        shown = json.dumps([c.get("outputs", []) for c in nbformat.read(path, as_version=4).cells])
        assert not [name for name in names if name in shown], path.name


def test_nothing_is_run_twice_and_one_lost_analysis_alone_is_run_again(bridges, folder, findings, monkeypatch):
    lab = bridges[0]
    monkeypatch.chdir(lab.root)
    assert json.loads(jdl("run", REQUEST, "--json").stdout)["seconds"] == {}
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["stages"]["outcomes/community"]
    write_atomically(folder / "manifest.json", json.dumps(manifest))
    before = (folder / "findings.json").read_bytes()
    (folder / "findings.json").unlink()
    again = jdl("run", REQUEST, "--json")
    assert again.exit_code == 0, again.stderr
    assert list(json.loads(again.stdout)["seconds"]) == ["outcomes/community", "report"]
    assert (folder / "findings.json").read_bytes() == before


def test_what_is_within_the_limits_cannot_be_accepted(bridges, monkeypatch):
    """The report would say that the balance is outside them."""
    monkeypatch.chdir(bridges[0].root)
    result = jdl("record", REQUEST, "balance accepted", "--analysis", "custody", "--by", "A", "--reason", "b")
    assert result.exit_code == 2 and "nothing to accept" in result.stderr
    assert json.loads((bridges[0].root / "outputs" / REQUEST / "manifest.json").read_text())["events"] == []


def test_closed_gates_are_told_at_once_and_accepted_one_by_one(bridges, monkeypatch, tmp_path):
    lab = bridges[0]
    monkeypatch.chdir(lab.root)
    balance = {"green_up_to": 0.00001, "amber_up_to": 0.00002}
    two = {name: ANALYSES[name] | {"subgroups": []} for name in ("community", "custody")}
    path = write_request(lab, "bridges-strict", balance=balance, matching={"fallback": "none"}, analyses=two)
    try:
        closed = jdl("run", "bridges-strict", "--outputs", tmp_path)
        assert closed.exit_code == 4 and closed.stderr.count("stage matching is closed") == 2, closed.stderr
        assert "--analysis custody" in closed.stderr and "--analysis community" in closed.stderr
        accept = ("record", "bridges-strict", "balance accepted", "--by", "A", "--reason", "b", "--outputs", tmp_path)
        unknown = jdl(*accept, "--analysis", "custdy")
        assert unknown.exit_code == 2 and "--analysis: community, custody" in unknown.stderr
        assert jdl(*accept, "--analysis", "custody").exit_code == 0
        closed = jdl("run", "bridges-strict", "--outputs", tmp_path)
        assert closed.exit_code == 4 and closed.stderr.count("stage matching is closed") == 1, closed.stderr
        assert "--analysis community" in closed.stderr and "--analysis custody" not in closed.stderr
        assert not (tmp_path / "bridges-strict/findings.json").exists(), "no outcome is open while a gate is closed"
        manifest = json.loads((tmp_path / "bridges-strict/manifest.json").read_text())
        assert manifest["status"] == "a gate is closed"
        reason = manifest["stages"]["matching/community"]["reason"]
        assert re.fullmatch(r"the worst standardised mean difference is [\d.]+%, above the limit of 0.002%", reason)
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("analyses", "words"),
    [
        ({"a": {"records": {"provider": ["Harbor Trust"]}}}, "Harbour Trust"),
        ({"a": {"records": {"establishment": ["HMP Nowhere"]}}}, "establishment"),
    ],
)
def test_an_analysis_that_the_upload_cannot_give_ends_at_the_intake(made_lab, monkeypatch, tmp_path, analyses, words):
    monkeypatch.chdir(made_lab.root)
    path = write_request(made_lab, "bridges-none", analyses=analyses)
    try:
        result = jdl("run", "bridges-none", "--outputs", tmp_path)
    finally:
        path.unlink()
    assert result.exit_code == 2 and words in result.stderr and "What to do" in result.stderr, result.stderr
    assert not (tmp_path / "bridges-none/restricted/linkage").exists()


def test_a_request_none_of_whose_analyses_can_be_answered(made_lab, monkeypatch, tmp_path):
    monkeypatch.chdir(made_lab.root)
    few = {
        "kestrel": ANALYSES["kestrel"],
        "prison": ANALYSES["kestrel"] | {"title": "Again", "cohort": {"period": "year"}},
    }
    path = write_request(made_lab, "bridges-few", analyses=few)
    try:
        result = jdl("run", "bridges-few", "--outputs", tmp_path)
    finally:
        path.unlink()
    assert result.exit_code == 3 and "could not be answered" in result.stderr, result.stderr
    found = Findings.read(tmp_path / "bridges-few/findings.json")
    assert found.status == "could_not_be_answered" and [a.id for a in found.analyses] == ["kestrel", "prison"]
    assert (tmp_path / "bridges-few/report/prison/report.pdf").exists()
    assert Linkage.load(tmp_path / "bridges-few/restricted/linkage").links is not None
