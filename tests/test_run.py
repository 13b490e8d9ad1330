"""The whole line: the published flow, the manifest, resuming, and what happens with bad input."""

import json
import os
import re
import shutil
from pathlib import Path

import nbformat
import openpyxl
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from jdl_toolkit import disclosure, narrative, run
from jdl_toolkit.attrition import Ledger
from jdl_toolkit.blinding import ANOTHER, MATCHED_AGAIN, SAME, MatchingLog
from jdl_toolkit.cli import main
from jdl_toolkit.cohort import Cohort
from jdl_toolkit.errors import GateClosed
from jdl_toolkit.findings import Findings, Verdict
from jdl_toolkit.lab import STAGES
from jdl_toolkit.linkage import Linkage
from jdl_toolkit.register import Register
from jdl_toolkit.render import lint_html
from jdl_toolkit.result import write_atomically
from jdl_toolkit.robustness import Robustness
from jdl_toolkit.spec import merge
from jdl_toolkit.stage import Stage
from jdl_toolkit.submission import Submission

REQUEST = "foundation-2013"


def jdl(*arguments):
    """Run `jdl …`; the result has exit_code, stdout and stderr."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def stored(lab, kind):
    return kind.load(lab.root / "outputs" / REQUEST / "restricted" / kind.__name__.lower())


# --- the published example -------------------------------------------------------------------------------------------


def test_the_stages_give_the_published_flow(demo):
    """[S4], worked example: 1,246 → 1,125 → 916 → 347 → 257 → 257, with every published sub-count."""
    lab, _ = demo
    ledger: Ledger = stored(lab, Cohort).ledger
    after = {step["key"]: step["records_after"] for step in ledger.steps}
    assert ledger.received == 1246
    assert {code: ledger.excluded(code) for code in range(1, 14)} == {
        1: 6, 2: 81, 3: 34, 4: 187, 5: 22, 6: 491, 7: 0, 8: 0, 9: 0, 10: 69, 11: 9, 12: 90, 13: 0,
    }  # fmt: skip
    assert after["no_conviction"] == 1125 and after["repeat_record"] == 938 and after["no_sentence"] == 916
    assert after["sexual_offence"] == 347 and after["reoffended_first"] == ledger.remaining == 257
    analysis = Findings.read(lab.root / "outputs" / REQUEST / "findings.json").analyses[0]
    assert analysis.matching.n_treatment_matched == 257
    assert [s.records_after for s in analysis.flow][-1] == 257


def test_the_published_remarks_on_the_excluded_are_in_the_findings(demo):
    lab, _ = demo
    flow = {s.code: s for s in Findings.read(lab.root / "outputs" / REQUEST / "findings.json").analyses[0].flow}
    numbers = {code: {d.records for d in step.details} for code, step in flow.items()}
    assert 251 in numbers[6], "of the 491, those whose service started within six months"
    words = " ".join(d.label for d in flow[4].details)
    assert 355 in numbers[4] or "355" in words
    assert 168 in numbers[4] or "168" in words


def test_linkage_finds_whom_it_should_and_nobody_else(demo):
    lab, _ = demo
    truth = pd.read_parquet(lab.root / "data/demo/truth_links.parquet")
    links = stored(lab, Linkage).links.merge(truth, on="row", suffixes=("", "_true"), validate="one_to_one")
    linked = links[links.status == "matched"]
    assert (linked.person_id == linked.person_id_true).all()
    assert len(linked) == 1246 - 6 - 81


def test_the_truth_lies_in_the_interval_and_the_crude_comparison_is_further_off(demo):
    lab, _ = demo
    truth = json.loads((lab.root / "data/demo/truth.json").read_text())
    rate = next(
        m
        for m in Findings.read(lab.root / "outputs" / REQUEST / "findings.json").analyses[0].measures
        if m.key == "rate"
    )
    att = truth["realised_effect_pp"] / 100
    assert rate.headline.ci_low < att < rate.headline.ci_high
    assert abs(rate.headline.estimate - att) < abs(truth["crude_difference_pp"] / 100 - att)
    assert rate.verdict is Verdict.inconclusive or rate.headline.ci_low * rate.headline.ci_high > 0


# --- what a run leaves -----------------------------------------------------------------------------------------------


def test_the_manifest_says_what_was_run_and_how_long_it_took(demo):
    lab, outcome = demo
    manifest = json.loads((lab.root / "outputs" / REQUEST / "manifest.json").read_text())
    assert manifest["status"] == "reported" and list(manifest["stages"]) == list(STAGES)
    assert all(
        s["status"] == "done" and s["seconds"] > 0 and s["gate"] == "passed" for s in manifest["stages"].values()
    )
    assert outcome.headline and "%" in outcome.headline
    assert {i["name"] for i in manifest["inputs"]} == {"upload", "register"}


def test_the_manifest_proves_that_the_match_came_before_outcomes(demo, in_lab):
    folder = in_lab.root / "outputs" / REQUEST
    stages = json.loads((folder / "manifest.json").read_text())["stages"]
    matched, opened = stages["matching"], stages["outcomes"]
    assert matched["sample"] == opened["sample"] and matched["matched"] <= opened["opened"]
    chosen = [rung for rung in matched["tried"] if rung["chosen"]]
    assert len(chosen) == 1 and chosen[0]["caliper"] == matched["chosen"]["caliper_sd"] and chosen[0]["n_red"] == 0
    log = MatchingLog(folder / "restricted").entries()
    assert [entry["what"] for entry in log][:3] == ["tried", "matched", "outcomes opened"]
    assert not log[0]["outcomes_were_open"] and log[0]["tries"] == matched["tried"]
    assert "matched before outcomes were opened" in jdl("status").stdout


def test_every_notebook_is_kept_executed(demo):
    lab, _ = demo
    folder = lab.root / "outputs" / REQUEST
    kept = [*(folder / "restricted/notebooks").glob("*.ipynb"), folder / "report/report.ipynb"]
    assert len(kept) == len(STAGES)
    for path in kept:
        notebook = nbformat.read(path, as_version=4)
        cells = [c for c in notebook.cells if c.cell_type == "code"]
        assert all(c.execution_count for c in cells)
        assert not [o for c in cells for o in c.outputs if o.output_type == "error" or o.get("name") == "stderr"], (
            path.name
        )
        assert "papermill" not in notebook.metadata


def test_nothing_published_names_anybody(demo):
    lab, _ = demo
    folder = lab.root / "outputs" / REQUEST
    files = [*(p for p in (folder / "report").rglob("*") if p.is_file()), folder / "findings.json"]
    with Register.open(lab.root / "data/demo/register.duckdb") as register:
        people = stored(lab, Submission).people
        findings = Findings.read(folder / "findings.json")
        assert disclosure.find_leaks(files, register, people, findings) == []
        someone = people[people.usable].iloc[7]
        planted = lab.root / "planted.html"
        planted.write_text(f"<p>thanks to {someone.forename} {someone.surname}</p>")
        assert disclosure.find_leaks([planted], register, people, findings), "the check must find a name that is there"


def test_no_path_of_this_machine_is_published(demo):
    lab, _ = demo
    for name, content in snapshot(lab.root / "outputs" / REQUEST / "report").items():
        assert str(lab.root).encode() not in content, name


def test_no_notebook_of_the_lab_shows_anybody(demo):
    lab, _ = demo
    people = stored(lab, Submission).people
    for path in (lab.root / "outputs" / REQUEST / "restricted/notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        shown = json.dumps([c.get("outputs", []) for c in notebook.cells])
        full = [
            f"{p.forename} {p.surname}" for p in people.itertuples() if p.forename and p.surname and len(p.surname) > 3
        ]
        assert not [name for name in full if name in shown], path.name
        page = (lab.root / "outputs" / REQUEST / "restricted/review" / f"{path.stem}.html").read_text()
        assert lint_html(page) == [] and not [name for name in full if name in page], path.name
        assert all((lab.root / "outputs" / REQUEST / "restricted/review" / link).exists() for link in links(page))


def links(page):
    return re.findall(r'href="([^"#]+\.html)"', page)


def test_code_comes_into_the_report_where_it_is_asked_for_and_the_report_alone_is_made_anew(
    demo, in_lab, tmp_path, monkeypatch
):
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / REQUEST)
    asked = []
    monkeypatch.setattr(run, "build_report", lambda *given: asked.append(given[4]))
    for options in (["--with-code"], ["--with-code"], []):
        told = jdl("run", REQUEST, "--outputs", tmp_path, "--json", *options)
        assert told.exit_code == 0, told.stderr
        asked.append(list(json.loads(told.stdout)["seconds"]))
    assert asked == [True, ["report"], [], False, ["report"]]
    assert '<details class="code">' not in (in_lab.root / "outputs" / REQUEST / "report/report.html").read_text()


def test_a_second_run_does_nothing_again(demo, in_lab):
    before = snapshot(in_lab.root / "outputs" / REQUEST / "report")
    result = jdl("run", REQUEST, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["seconds"] == {}
    assert snapshot(in_lab.root / "outputs" / REQUEST / "report") == before


def test_the_same_input_gives_the_same_findings_and_pdf(demo, in_lab, tmp_path):
    result = jdl("run", REQUEST, "--outputs", tmp_path)
    assert result.exit_code == 0, result.stderr
    for name in ("findings.json", "report/report.html", "report/report.pdf"):
        assert (tmp_path / REQUEST / name).read_bytes() == (in_lab.root / "outputs" / REQUEST / name).read_bytes(), name


def test_a_request_that_is_run_tells_of_other_ways_in_its_report(demo):
    lab, _ = demo
    folder = lab.root / "outputs/foundation-2013"
    analysis = Findings.read(folder / "findings.json").analyses[0]
    saved = Robustness.load(folder / "restricted/robustness")
    assert len(analysis.robustness.others) == len(saved.others) >= 25
    assert analysis.robustness.main == analysis.headline_measure.headline
    assert analysis.robustness.placebo.estimate is not None and analysis.robustness.hidden.pairs.rows
    page = (folder / "report/report.html").read_text()
    assert "Would another analysis have said otherwise?" in page and "A test on the past" in page
    assert (folder / "report/figures/robustness.svg").exists()
    assert {t.measure for t in analysis.time_to_event} and len(analysis.estimators) > 10


#: Where the panel is not what is looked at; the demonstration has all of it.
FEW_VARIANTS = {"calipers": [], "nearest_ratios": [], "methods": [], "leave_one_out": False}
FEW_VARIANTS |= {"placebo": None, "gammas": []}


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.fixture
def bad(in_lab, tmp_path):
    """Make a request `bad` that differs from the demonstration; run it into a folder of its own."""
    made = []

    def write(**changes):
        values = yaml.safe_load((in_lab.root / f"parameters/requests/{REQUEST}.yml").read_text())
        path = in_lab.root / "parameters/requests/bad.yml"
        path.write_text(yaml.safe_dump(values | {"request": "bad", "robustness": FEW_VARIANTS} | changes))
        made.append(path)
        return lambda *more: jdl("run", "bad", "--outputs", tmp_path, *more)

    yield write
    for path in made:
        path.unlink(missing_ok=True)
    for path in (in_lab.root / "data/demo").glob("bad*"):
        path.unlink()


def ends_with(result, status, *words):
    assert result.exit_code == status, (result.exit_code, result.stderr, result.exception)
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def test_an_unknown_key(bad, tmp_path):
    ends_with(bad(matching={"calliper": 1})(), 2, "bad.yml, matching.calliper: unknown key", "did you mean `calipers`?")
    assert not (tmp_path / "bad").exists()


def test_an_upload_that_is_not_there(bad, tmp_path):
    ends_with(bad(submission="bad.xlsx")(), 2, "request bad, submission: the upload is not there")
    assert not (tmp_path / "bad").exists()


def workbook(lab, change):
    book = openpyxl.load_workbook(lab.root / "data/demo/foundation-2013.xlsx")
    change(book)
    book.save(lab.root / "data/demo/bad.xlsx")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda book: book.remove(book["People"]), "People"),
        (lambda book: book["People"].delete_rows(2, 5000), "no"),
    ],
    ids=["no People sheet", "no rows"],
)
def test_a_workbook_that_lacks_something(bad, in_lab, tmp_path, change, words):
    workbook(in_lab, change)
    ends_with(bad(submission="bad.xlsx")(), 2, words, "What to do")
    manifest = json.loads((tmp_path / "bad/manifest.json").read_text())
    assert manifest["stages"]["intake"]["status"] == "failed"
    assert (tmp_path / "bad/restricted/notebooks/01_intake.ipynb").exists(), "the notebook up to the failure is kept"
    assert not (tmp_path / "bad/restricted/submission").exists() and not (tmp_path / "bad/findings.json").exists()


def test_a_workbook_without_its_answers_stops_at_the_gate_with_every_record_checked(bad, in_lab, tmp_path):
    workbook(in_lab, lambda book: book.remove(book["Service"]))
    ends_with(bad(submission="bad.xlsx")(), 2, "Service sheet: the answers about the service are missing", "What to do")
    assert json.loads((tmp_path / "bad/manifest.json").read_text())["stages"]["intake"]["status"] == "failed"
    assert (tmp_path / "bad/restricted/marked-up.xlsx").exists() and not (tmp_path / "bad/findings.json").exists()


def test_a_workbook_that_is_none(bad, in_lab):
    (in_lab.root / "data/demo/bad.xlsx").write_bytes(b"this is no workbook")
    ends_with(bad(submission="bad.xlsx")(), 2, "upload of bad: the workbook is damaged", "What to do")


def _kept(folder, *but):
    """What each file of a folder is called and holds, but for files that are called so or lie in a folder that is."""
    files = [path for path in folder.rglob("*") if path.is_file() and not {*but} & {*path.parts}]
    return "".join(f"{path}\n{path.read_bytes().decode(errors='ignore')}" for path in files)


def test_the_name_of_an_upload_is_kept_nowhere(bad, in_lab, tmp_path):
    sent, named = in_lab.root / "data/demo/foundation-2013.xlsx", in_lab.root / "data/demo/bad Zebedee Quill.xlsx"
    named.write_bytes(sent.read_bytes())
    go = bad(submission=named.name)
    assert go("--until", "intake").exit_code == 0
    assert json.loads((tmp_path / "bad/manifest.json").read_text())["inputs"][0]["name"] == "upload"
    named.write_bytes(sent.read_bytes()[:9000])
    ends_with(go(), 2, "the content of the upload")
    result = go("--fresh")
    ends_with(result, 2, "upload of bad: the workbook is damaged")
    assert "Quill" not in result.stderr + _kept(tmp_path)
    other = in_lab.root / "data/demo/bad-2.xlsx"
    named.rename(other)
    ends_with(go(), 2, "request bad, submission: the upload is not there", "data/demo")
    other.write_bytes(sent.read_bytes())
    ends_with(bad(submission=other.name)("--until", "intake"), 0)
    other.rename(named)  # the same upload by another name is no change
    ends_with(bad(submission=named.name)("--until", "intake"), 0)


def test_a_request_that_names_somebody_of_its_upload_keeps_no_name_and_stays_stopped(bad, in_lab, tmp_path):
    cells = openpyxl.load_workbook(in_lab.root / "data/demo/foundation-2013.xlsx", read_only=True)["People"].values
    heads = list(next(cells))
    person = next(cells)
    name = " ".join(str(person[heads.index(part)]).strip() for part in ("Forename", "Surname"))
    service = {"name": f"Help for {name}", "need": "accommodation", "setting": "community"}
    go = bad(service=service)
    for _ in range(2):  # the second finds an intake that is up to date, and settings that show no name
        result = go()
        ends_with(result, 4, "request bad, service.name: this setting holds the full name of somebody of its upload")
        assert name not in result.stderr + _kept(tmp_path, "submission", "marked-up.xlsx")
    assert "(name not shown)" in (tmp_path / "bad/spec.yml").read_text()
    records = {"region": [name]}  # which nobody has: intake refuses it, and its settings are kept
    go = bad(analyses={"one": {"title": f"All but {name}"}, "two": {"records": records}})
    result = go("--fresh")
    ends_with(result, 4, "request bad, analyses.one.title: this", "request bad, analyses.two.records.region.0: this")
    assert name not in result.stderr + _kept(tmp_path, "submission", "marked-up.xlsx")
    go = bad(service=service)
    go("--fresh")
    result = bad(service=service | {"name": "Help"})()
    ends_with(result, 2, "service.name ((name not shown) → Help)", "add --fresh")
    assert name not in result.stderr


def test_too_few_people_could_not_be_answered(bad, in_lab, tmp_path):
    workbook(in_lab, lambda book: book["People"].delete_rows(42, 5000))
    ends_with(bad(submission="bad.xlsx")(), 3, "could not be answered", "60")
    findings = Findings.read(tmp_path / "bad/findings.json")
    assert findings.status == "could_not_be_answered" and not any(a.measures for a in findings.analyses)
    assert (tmp_path / "bad/report/report.pdf").exists()
    assert json.loads((tmp_path / "bad/manifest.json").read_text())["status"] == "could not be answered"


def test_a_register_that_is_none(bad, in_lab, tmp_path):
    sources = in_lab.root / "parameters/data_sources.yml"
    before = sources.read_text()
    (in_lab.root / "data/demo/bad.duckdb").write_bytes(b"no register")
    try:
        sources.write_text(before.replace("data/demo/register.duckdb", "data/demo/bad.duckdb"))
        ends_with(bad()(), 2, "bad.duckdb", "What to do")
    finally:
        sources.write_text(before)
    assert not (tmp_path / "bad").exists()


def test_a_register_without_a_needed_table(in_lab, tmp_path):
    source = tmp_path / "extract"
    shutil.copytree(in_lab.root / "data/demo/register", source)
    for path in source.glob("offence*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    result = jdl("register", "build", source, "--out", tmp_path / "register.duckdb")
    ends_with(result, 2, "offence", "What to do")
    assert not (tmp_path / "register.duckdb").exists()


def test_outputs_made_under_another_specification_stay_untouched(demo, in_lab):
    path = in_lab.root / f"parameters/requests/{REQUEST}.yml"
    before, kept = path.read_text(), snapshot(in_lab.root / "outputs" / REQUEST)
    try:
        path.write_text(before + "matching: {calipers: [0.05]}\n")
        ends_with(jdl("run", REQUEST), 2, "made under another specification", "matching.calipers", "--fresh")
    finally:
        path.write_text(before)
    assert snapshot(in_lab.root / "outputs" / REQUEST) == kept


def test_a_folder_that_holds_something_else(bad, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/mine.txt").write_text("mine")
    ends_with(bad()(), 2, "holds something else")
    assert snapshot(tmp_path / "bad") == {"mine.txt": b"mine"}


def test_two_runs_of_one_request_at_once(bad, tmp_path):
    import filelock

    with filelock.FileLock(tmp_path / ".bad.lock"):
        ends_with(bad()(), 2, "another run of this request is under way")


def test_a_stage_that_fails_leaves_its_notebook_and_the_manifest_says_so(demo, in_lab, tmp_path):
    template = in_lab.root / "notebooks/03_matching.ipynb"
    before = template.read_text()
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / REQUEST)
    kept = snapshot(tmp_path / REQUEST / "report")
    notebook = nbformat.reads(before, as_version=4)
    notebook.cells.insert(6, nbformat.v4.new_code_cell("1 / 0"))
    try:
        template.write_text(nbformat.writes(notebook))
        ends_with(jdl("run", REQUEST, "--outputs", tmp_path), 1, "03_matching", "ZeroDivisionError")
    finally:
        template.write_text(before)
    manifest = json.loads((tmp_path / REQUEST / "manifest.json").read_text())
    assert manifest["status"] == "failed" and manifest["stages"]["matching"]["status"] == "failed"
    assert manifest["stages"]["linkage"]["status"] == "done"
    executed = nbformat.read(tmp_path / REQUEST / "restricted/notebooks/03_matching.ipynb", as_version=4)
    assert any(o.output_type == "error" for c in executed.cells for o in c.get("outputs", []))
    review = tmp_path / REQUEST / "restricted/review"
    assert "Cell 8 failed: ZeroDivisionError" in (review / "03_matching.html").read_text()
    assert "failed with StageFailed" in (review / "index.html").read_text()
    assert snapshot(tmp_path / REQUEST / "report") == kept
    resumed = jdl("run", REQUEST, "--until", "matching", "--outputs", tmp_path, "--json")
    assert resumed.exit_code == 0 and list(json.loads(resumed.stdout)["seconds"]) == ["matching"]


def test_a_closed_gate_keeps_outcomes_shut_until_someone_accepts_with_a_reason(bad, tmp_path):
    """And a bootstrap that is asked for is drawn: the notebook hands over what the sample was matched on."""
    strict = bad(
        balance={"green_up_to": 0.00001, "amber_up_to": 0.00002},
        matching={"fallback": "none"},
        inference={"bootstrap_draws": 25},
    )
    ends_with(strict(), 4, "stage matching is closed", "standardised mean difference", "For review:")
    assert "Gate of this stage: closed" in (tmp_path / "bad/restricted/review/03_matching.html").read_text()
    assert (
        not (tmp_path / "bad/findings.json").exists()
        and not (tmp_path / "bad/restricted/notebooks/04_outcomes.ipynb").exists()
    )
    closed = json.loads((tmp_path / "bad/manifest.json").read_text())["stages"]["matching"]
    assert len(closed["tried"]) == 4 and all(rung["n_red"] for rung in closed["tried"]), "every caliper of the ladder"
    proposed = {one["yaml"]: one for one in closed["proposals"]}
    passes = {m: proposed[f"matching: {{fallback: none, method: {m}}}"]["passes"] for m in ("ebal", "nearest")}
    assert passes == {"ebal": True, "nearest": False}, "with what the request states in that section"
    shown = (tmp_path / "bad/restricted/notebooks/03_matching.ipynb").read_text()
    assert "What may make the groups alike" in shown and "matching: {fallback: none, method: ebal}" in shown
    recorded = jdl(
        "record",
        "bad",
        "balance accepted",
        "--by",
        "A. Analyst",
        "--reason",
        "a test of the gate",
        "--outputs",
        tmp_path,
    )
    assert recorded.exit_code == 0
    result = strict("--until", "outcomes")
    assert result.exit_code == 0, result.stderr
    found = Findings.read(tmp_path / "bad/findings.json")
    summary = found.analyses[0].balance
    assert (summary.passed, summary.accepted_by, summary.accepted_reason) == (False, "A. Analyst", "a test of the gate")
    assert "a test of the gate" in narrative.how_alike(found).text
    (row,) = [row for row in found.analyses[0].estimators if row.name == "bootstrap"]
    assert row.why_not is None and row.estimate.se > 0 and row.estimate.ci_low < row.estimate.ci_high


def test_outcomes_stay_closed_to_another_sample_than_the_one_that_was_recorded(demo, in_lab, tmp_path):
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / REQUEST)
    file = tmp_path / REQUEST / "restricted/matchedsample/units.parquet"
    units = pd.read_parquet(file)
    dropped = units.index[~units["is_treated"] & (units["weight"] > 0)][0]
    units.loc[dropped, "weight"] = 0.0  # one control less
    units.to_parquet(file, index=False)
    manifest = json.loads((tmp_path / REQUEST / "manifest.json").read_text())
    del manifest["stages"]["outcomes"]
    write_atomically(tmp_path / REQUEST / "manifest.json", json.dumps(manifest))
    ends_with(jdl("run", REQUEST, "--outputs", tmp_path), 4, "not the one that was recorded", "--fresh")


def test_matching_again_after_outcomes_were_opened_leaves_a_trace(demo, in_lab, tmp_path):
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / REQUEST)
    file = tmp_path / REQUEST / "manifest.json"

    def again(**changes):
        """The matching once more: its record is lost, or the request asks for something else."""
        manifest = json.loads(file.read_text())
        manifest["stages"].pop("matching", None)
        write_atomically(file, json.dumps(manifest))
        fresh = ["--fresh"] if changes else []
        before = (in_lab.root / f"parameters/requests/{REQUEST}.yml").read_text()
        try:
            asked = merge(yaml.safe_load(before), changes)
            (in_lab.root / f"parameters/requests/{REQUEST}.yml").write_text(yaml.safe_dump(asked))
            result = jdl("run", REQUEST, "--until", "matching", "--outputs", tmp_path, *fresh)
        finally:
            (in_lab.root / f"parameters/requests/{REQUEST}.yml").write_text(before)
        assert result.exit_code == 0, result.stderr
        return [e["reason"] for e in json.loads(file.read_text())["events"] if e["event"] == MATCHED_AGAIN]

    (same,) = again()
    assert same.startswith(SAME)
    kept = snapshot(tmp_path / REQUEST)
    (another,) = again(matching={"calipers": [0.02]})
    (archived,) = (tmp_path / "archive").iterdir()
    now = snapshot(archived)
    before = json.loads(kept.pop("manifest.json"))
    del before["stages"]["matching"]  # by `again` itself
    assert json.loads(now.pop("manifest.json")) == before
    assert now == kept, "the earlier outputs are archived whole"
    assert another == f"{ANOTHER} than was opened in a run that was archived; changed since: matching.calipers"
    stage = Stage("outcomes", in_lab, in_lab.spec(REQUEST), run.RequestFolder(tmp_path / REQUEST), is_exploring=False)
    assert stage.provenance().matched_again == (another,)


def test_a_leak_keeps_the_report_from_being_put_in_place(demo, in_lab, tmp_path, monkeypatch):
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / REQUEST)
    kept = snapshot(tmp_path / REQUEST / "report")
    monkeypatch.setattr(run.disclosure, "find_leaks", lambda *_: [("report.html", "full name")])
    spec = in_lab.spec(REQUEST)
    with pytest.raises(GateClosed, match="full name"):
        run.build_report(in_lab, REQUEST, spec, run.RequestFolder(tmp_path / REQUEST))
    assert snapshot(tmp_path / REQUEST / "report") == kept
    assert not [p for p in os.listdir(tmp_path / REQUEST) if p.startswith(".report")]


def test_who_publishes_a_second_time_is_warned_where_the_findings_differ(demo, in_lab, tmp_path):
    folder = run.RequestFolder(tmp_path / REQUEST)
    shutil.copytree(in_lab.root / "outputs" / REQUEST, folder.root)
    assert not run.differs_from_archived(folder)
    old = tmp_path / "archive" / f"{REQUEST}-20260101T000000000001"
    shutil.copytree(folder.root, old)
    assert not run.differs_from_archived(folder), "the same findings once more tell of nobody"
    findings = json.loads((old / "findings.json").read_text())
    findings["analyses"][0]["matching"]["n_treatment_matched"] -= 3
    (old / "findings.json").write_text(json.dumps(findings))
    assert run.differs_from_archived(folder)
    told = jdl("run", REQUEST, "--outputs", tmp_path)
    assert told.exit_code == 0 and run.EARLIER in told.stdout, told.stderr
    assert run.EARLIER in (folder.root / "run.log").read_text()
    findings["status"] = "could_not_be_answered"
    (old / "findings.json").write_text(json.dumps(findings))
    assert not run.differs_from_archived(folder)
    assert run.EARLIER not in jdl("run", REQUEST, "--outputs", tmp_path).stdout


def test_a_terminal_has_the_number_of_such_figures_and_the_log_each_of_them():
    few, many = [run.EARLIER, *["  a: 1"] * 3], [run.EARLIER, *["  a: 1"] * 110]
    assert run._few_lines(few, "a/run.log") == few and run._few_lines([], "a/run.log") == []
    said = "  110 figures would tell of a few people; each is named in a/run.log"
    assert run._few_lines(many, "a/run.log") == [run.EARLIER, said]


# --- exploring, and what a killed run leaves --------------------------------------------------------------------------


def test_a_notebook_run_by_hand_changes_nothing_that_is_published(demo, in_lab, tmp_path):
    import papermill

    folder = in_lab.root / "outputs" / REQUEST
    log = MatchingLog(folder / "restricted")
    logged, apart = log.entries(), ("exploratory", "matching_log")
    kept = {name: content for name, content in snapshot(folder).items() if not any(a in name for a in apart)}
    papermill.execute_notebook(
        in_lab.root / "notebooks/03_matching.ipynb",
        tmp_path / "explored.ipynb",
        parameters={"request": REQUEST, "outputs": "outputs"},
        cwd=str(in_lab.root / "notebooks"),
        kernel_name="python3",
        progress_bar=False,
    )
    now = {name: content for name, content in snapshot(folder).items() if not any(a in name for a in apart)}
    assert now == kept
    (added,) = log.entries()[len(logged) :]
    assert (added["what"], added["by"], added["outcomes_were_open"], added["changed"]) == ("tried", "by hand", True, [])
    (listed,) = (one for one in json.loads(jdl("status", "--json").stdout)["requests"] if one["request"] == REQUEST)
    assert listed["matchings_tried_by_hand"] == 1
    assert (folder / "restricted/exploratory/matchedsample").is_dir()
    assert "EXPLORATORY" in (tmp_path / "explored.ipynb").read_text()
    shutil.rmtree(folder / "restricted/exploratory")


def test_saving_a_template_with_outputs_does_not_run_it_again(demo, in_lab):
    template = in_lab.root / "notebooks/03_matching.ipynb"
    before = template.read_text()
    notebook = nbformat.reads(before, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="seen")]
    try:
        template.write_text(nbformat.writes(notebook))
        result = jdl("run", REQUEST, "--json")
    finally:
        template.write_text(before)
    assert result.exit_code == 0 and json.loads(result.stdout)["seconds"] == {}


def test_what_a_killed_run_left_is_swept(demo, in_lab):
    folder = in_lab.root / "outputs" / REQUEST
    for place in (folder / ".report.killed", folder / "restricted/notebooks/.executing.killed"):
        place.mkdir()
        (place / "half.ipynb").write_text("half")
    assert jdl("run", REQUEST).exit_code == 0
    assert not [p for p in folder.rglob(".*")]


def test_a_corrected_upload_is_taken_after_a_bad_one(bad, in_lab, tmp_path):
    workbook(in_lab, lambda book: book.remove(book["Service"]))
    run_bad = bad(submission="bad.xlsx")
    ends_with(run_bad("--until", "intake"), 2, "Service")
    workbook(in_lab, lambda book: None)
    result = run_bad("--until", "intake")
    assert result.exit_code == 0, result.stderr


def test_outputs_that_cannot_be_written(bad, tmp_path):
    (tmp_path / "file").write_text("mine")
    result = jdl("run", REQUEST, "--outputs", tmp_path / "file")
    ends_with(result, 2, "there is a file of this name", "--outputs")


@pytest.mark.parametrize("content", [b"", b'{"cells": [', b"[]", b"\x00\x01", None])
def test_an_executed_notebook_that_is_spoilt_is_not_whole(tmp_path, content):
    """Its stage is executed again."""
    file = tmp_path / "02_linkage.ipynb"
    if content is not None:
        file.write_bytes(content)
    assert not run._can_be_read(file)
    file.write_text('{"cells": []}')
    assert run._can_be_read(file)
