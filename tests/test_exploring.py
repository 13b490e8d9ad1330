"""Exploring by hand: other settings follow through the stages, everything says EXPLORATORY, nothing of it gets out."""

import datetime as dt
import io
import json
import re
import shutil
import sys

import nbformat
import pytest
from click.testing import CliRunner
from examples import findings as invented_findings

from jdl_toolkit import cli, exploratory
from jdl_toolkit.balance import choose_caliper, propose
from jdl_toolkit.blinding import archived_folders
from jdl_toolkit.cohort import Cohort
from jdl_toolkit.covariates import Covariates, build_covariates
from jdl_toolkit.document import MIME, Figure, Table, Words
from jdl_toolkit.errors import GateClosed, JDLError
from jdl_toolkit.exploratory import MARK
from jdl_toolkit.explored import findings_file, record_explored
from jdl_toolkit.findings import Findings
from jdl_toolkit.jupyter import prepare_notebooks, serving_of
from jdl_toolkit.jupyter.serving import note_serving
from jdl_toolkit.lab import RUNNING, Lab, RequestFolder
from jdl_toolkit.lifecycle import NOT_OF_A_RUN, all_requests, faults_of_findings, results_digest
from jdl_toolkit.lifecycle.held import is_at_fault
from jdl_toolkit.manifest import Manifest
from jdl_toolkit.matching import MatchedSample
from jdl_toolkit.narrative import check_blocks, finding, headline_sentence
from jdl_toolkit.releases import Release, released_findings
from jdl_toolkit.render.content import read_report
from jdl_toolkit.render.files import to_csv
from jdl_toolkit.render.html import to_html
from jdl_toolkit.render.review import notebook_page
from jdl_toolkit.run import out_of_date
from jdl_toolkit.spec import merge
from jdl_toolkit.stage import Stage, _open_outcomes, open_stage
from jdl_toolkit.subgroups import match_subgroups
from jdl_toolkit.submission import Submission

REQUEST = "foundation-2013"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="40pt" viewBox="0 0 90 40"><path d="M0 0"/></svg>'


@pytest.fixture(autouse=True)
def unmarked():
    """Opening a stage by hand marks the process, which here goes on with other tests."""
    yield
    exploratory.mark(False)


@pytest.fixture
def explored(demo, in_lab, tmp_path):
    """The demonstration request as `jdl run` left it, outside its lab: the folder, and where outputs lie."""
    shutil.copytree(in_lab.root / "outputs" / REQUEST, tmp_path / "elsewhere" / REQUEST)
    return RequestFolder(tmp_path / "elsewhere" / REQUEST), str(tmp_path / "elsewhere")


def jdl(*args):
    return CliRunner().invoke(cli.main, list(map(str, args)))


def match_by_hand(stage):
    """What 03_matching does."""
    cohort, spec = stage.load(Cohort), stage.spec
    covariates = build_covariates(cohort, stage.register, spec, stage.codebook)
    matched, balance, tried = choose_caliper(covariates, spec)
    stage.log_tries(tried, spec)
    proposals = propose(covariates, balance, spec, stage.defaults)
    samples = match_subgroups(stage.load(Submission), cohort, covariates, spec)
    stage.save(covariates, matched, balance, samples)
    return stage.close_matching(matched, balance, tried, samples, proposals)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_a_changed_setting_follows_through_the_stages_and_mixes_with_nothing(explored):
    folder, outputs = explored
    before = {path: path.read_bytes() for path in folder.root.rglob("*.json") if "exploratory" not in str(path)}
    stage = open_stage("matching", REQUEST, outputs)
    assert stage.spec.exploratory and not stage.changed, "as requested, but marked"
    stage = stage.explore(matching={"calipers": [0.05]})
    assert stage.spec.matching.calipers == (0.05,)
    assert stage.changed == ["matching.calipers ([0.2, 0.1, 0.05, 0.01] → [0.05])"]
    assert MARK in str(match_by_hand(stage))
    assert stage.log.entries("tried")[-1]["changed"] == stage.changed, "logged against what was requested"

    with pytest.raises(JDLError, match="04_outcomes was not since"):
        findings_file(REQUEST, outputs)
    later = open_stage("outcomes", REQUEST, outputs)
    assert later.spec.matching.calipers == (0.05,) and later.load(MatchedSample).caliper_sd == 0.05
    assert later.provenance().settings["matching"]["calipers"] == [0.05] and later._whole.exploratory
    assert "03_matching, saved" in later.settings().text or later.changed

    own, explored_one = folder.restricted / "matchedsample", folder.exploratory / "matchedsample"
    shutil.copytree(own, folder.root.parent / "kept")
    shutil.copytree(explored_one, own, dirs_exist_ok=True)
    with pytest.raises(GateClosed, match="not the one that was recorded when it was matched"):
        _open_outcomes(Stage("outcomes", later.lab, later.request_spec, folder, is_exploring=False))
    shutil.copytree(folder.root.parent / "kept", own, dirs_exist_ok=True)

    record_explored(folder, "linkage", "main", {}, ["linkage", "cohort"])
    with pytest.raises(JDLError, match="03_matching was not since"):
        open_stage("outcomes", REQUEST, outputs)
    later.forget()
    again = open_stage("outcomes", REQUEST, outputs)
    assert again.load(MatchedSample).caliper_sd == 0.2 and not again.changed
    assert findings_file(REQUEST, outputs) == folder.findings_file
    assert {path: path.read_bytes() for path in before} == before, "nothing published was touched"


def test_what_a_stage_made_in_another_session_is_not_taken_for_its_own(explored):
    folder, outputs = explored
    stage = open_stage("matching", REQUEST, outputs).explore(covariates={"use": ["age", "sex"]})
    covariates = build_covariates(stage.load(Cohort), stage.register, stage.spec, stage.codebook)
    stage.save(covariates)
    assert len(stage.load(Covariates).names) == 2, "its own, in this session"
    assert len(open_stage("matching", REQUEST, outputs).load(Covariates).names) > 2


def test_settings_are_changed_where_they_are_first_used_and_never_under_a_run(explored, monkeypatch):
    _, outputs = explored
    stage = open_stage("matching", REQUEST, outputs)
    with pytest.raises(JDLError, match="change it in 02_linkage"):
        stage.explore(cohort={"minimum_analysed": 10})
    with pytest.raises(JDLError, match="which request it is"):
        stage.explore(request="another")
    with pytest.raises(JDLError, match="did you mean `calipers`"):
        stage.explore(matching={"calliper": 0.1})
    run = Stage("matching", stage.lab, stage.request_spec, stage.folder, is_exploring=False)
    with pytest.raises(GateClosed, match="by hand alone"):
        run.explore(matching={"calipers": [0.05]})
    assert not run.spec.exploratory
    monkeypatch.setenv(RUNNING, "1")
    assert findings_file(REQUEST, outputs) == stage.folder.findings_file


# --- the mark ---------------------------------------------------------------------------------------------------------


def test_whatever_is_shown_while_exploring_says_so_once(capsys):
    plain = Figure("a", "A caption", "A description of twenty letters", SVG)
    assert MARK not in plain.svg + str(plain) + to_csv(plain)
    exploratory.mark()
    figure = Figure("a", "A caption", "A description of twenty letters", SVG, ({"x": 1},))
    again = Figure("a", "A caption", "A description of twenty letters", figure.svg)
    assert figure.svg.count(MARK) == 1 and again.svg == figure.svg
    assert 'viewBox="0 0 90 56"' in figure.svg and 'height="56pt"' in figure.svg
    assert to_csv(figure).splitlines()[0] == MARK
    for form in Words("Found.")._repr_mimebundle_().values():
        assert MARK in str(form) or form["exploratory"] is True


def test_a_cell_that_prints_something_else_says_so_once(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shell, out = InteractiveShell(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    exploratory._mark_prints(shell)
    exploratory.mark()
    shell.run_cell("print(1 + 1); print(3)")
    assert out.getvalue() == f"{MARK}\n2\n3\n"
    exploratory.mark(False)
    shell.run_cell("print(4)")
    assert out.getvalue().endswith("3\n4\n")


def test_a_page_drawn_from_what_was_made_by_hand_says_so_whatever_it_is_told():
    exploratory.mark()
    shown = nbformat.v4.new_output("display_data", data=Words("Found.")._repr_mimebundle_())
    exploratory.mark(False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[shown])])
    assert read_report(notebook, "T").banners == (MARK,)
    assert read_report(notebook, "T", exploratory=False).banners == (MARK,)
    assert MARK in notebook_page(notebook, "T")
    notebook.cells[0].outputs[0].data[MIME].pop("exploratory")
    assert read_report(notebook, "T").banners == () and MARK not in notebook_page(notebook, "T")


def test_a_table_that_is_copied_out_of_a_page_still_says_so(tmp_path):
    exploratory.mark()
    table = Table("a", "Ages of those compared", ("Age", "People"), (("20", "9"),))
    shown = nbformat.v4.new_output("display_data", data=table._repr_mimebundle_())
    exploratory.mark(False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[shown])])
    page = to_html(notebook, "T", "", tmp_path / "a.html").read_text()
    assert re.search(r"<caption[^>]*><span><b>Table 1.</b> .?EXPLORATORY\. Ages of those compared", page)
    (part,) = read_report(notebook, "T").parts
    assert part.block.caption == "EXPLORATORY. Ages of those compared", "as the PDF has it, too"
    notebook.cells[0].outputs[0].data[MIME].pop("exploratory")
    assert read_report(notebook, "T").parts[0].block.caption == "Ages of those compared"


# --- the doors --------------------------------------------------------------------------------------------------------


def test_findings_made_by_hand_pass_no_door(explored):
    folder, outputs = explored
    published = Findings.read(folder.findings_file)
    sentence = headline_sentence(published.analyses[0])
    published.model_copy(update={"exploratory": True}).write(folder.findings_file)
    for command in (["run"], ["release"], ["batch"]):
        told = jdl(*command, REQUEST, "--outputs", outputs, *(["--workers", 1] if command == ["batch"] else []))
        assert told.exit_code == 4, (command, told.stdout, told.stderr)
        assert re.search("exploratory", told.stdout + told.stderr, re.I) and sentence not in told.stdout
    told = jdl("status", "--outputs", outputs, "--json")
    assert told.exit_code == 0 and sentence not in told.stdout
    index = (folder.root.parent / "index.html").read_text(encoding="utf-8")
    assert "exploratory, not for publication" in index and sentence not in index


def altered(found, **changes):
    """The same results but for one estimate: what somebody put together by hand, and calls published."""
    first = found.analyses[0]
    measure = first.headline_measure
    head = measure.headline.model_copy(update={"estimate": measure.headline.estimate - 0.01})
    measures = tuple(m.model_copy(update={"headline": head}) if m is measure else m for m in first.measures)
    first = first.model_copy(update={"measures": measures})
    return found.model_copy(update={"analyses": (first, *found.analyses[1:])} | changes)


def test_results_that_no_run_made_pass_no_door_whatever_they_say_of_themselves(explored):
    folder, outputs = explored
    altered(Findings.read(folder.findings_file)).write(folder.findings_file)
    by = ("--by", "B. Second")
    for command in (["run"], ["record", "sign-off"], ["record", "draft sent"], ["release"]):
        told = jdl(command[0], REQUEST, *command[1:], "--outputs", outputs, *(by if command != ["run"] else ()))
        assert told.exit_code == 4, (command, told.stdout, told.stderr)
        for words in ("not those that jdl run made", f"{REQUEST}, findings.json", f"jdl run {REQUEST} --fresh"):
            assert words in told.stderr, (command, told.stderr)
    assert Manifest.read(folder.manifest_file).values["events"] == []
    assert "findings at fault" in " ".join(jdl("status", "--outputs", outputs).stdout.split())
    index = (folder.root.parent / "index.html").read_text(encoding="utf-8")
    assert NOT_OF_A_RUN in index and headline_sentence(Findings.read(folder.findings_file).analyses[0]) not in index


def test_an_exploratory_copy_and_other_settings_are_seen_wherever_requests_are_listed(explored):
    folder, _ = explored
    manifest, made = Manifest.read(folder.manifest_file), Findings.read(folder.findings_file)
    assert not is_at_fault(manifest, folder)
    made.model_copy(update={"exploratory": True}).write(folder.findings_file)
    (row,) = all_requests(None, folder.root.parent, dt.date(2026, 12, 1)).to_dict("records")
    assert row["where"].startswith(NOT_OF_A_RUN)

    def faults(**changes):
        found = made.model_copy(update={"provenance": made.provenance.model_copy(update=changes)})
        return [problem.what for problem in faults_of_findings(found, manifest, folder)]

    settings = merge(made.provenance.settings, {"matching": {"calipers": [0.05]}})
    assert faults() == []
    assert (
        "other settings than the request's: matching.calipers ([0.2, 0.1, 0.05, 0.01] → [0.05])"
        in (faults(settings=settings)[0])
    )
    assert "their digest is another" in faults(spec_digest="0" * 64)[0]
    assert faults(settings=merge(made.provenance.settings, {"report": {"draft_weeks": 9}})) == []


@pytest.mark.parametrize("of_the_report", [True, False], ids=["of 0.6.0", "killed before its report"])
def test_a_folder_without_a_record_runs_on_and_makes_anew_what_cannot_be_proved(explored, in_lab, of_the_report):
    folder, outputs = explored
    manifest, spec = Manifest.read(folder.manifest_file), in_lab.spec(REQUEST)
    manifest.values.pop("results")
    if not of_the_report:
        manifest.values.pop("reported")
    manifest.write()
    assert out_of_date(in_lab, REQUEST, spec, folder) == ("" if of_the_report else "outcomes")
    assert not is_at_fault(manifest, folder)
    before = Findings.read(folder.findings_file)
    altered(before).write(folder.findings_file)
    assert out_of_date(in_lab, REQUEST, spec, folder) == "outcomes", "from the restricted results, and no refusal"
    assert jdl("record", REQUEST, "sign-off", "--outputs", outputs, "--by", "B").exit_code == (
        2 if of_the_report else 0
    )
    manifest = Manifest.read(folder.manifest_file)
    manifest.values["results"] = {"digest": "of another schema", "schema_version": "1.0"}
    manifest.write()
    assert out_of_date(in_lab, REQUEST, spec, folder) == "outcomes"
    if of_the_report:
        told = jdl("run", REQUEST, "--outputs", outputs)
        assert told.exit_code == 0, told.stderr
        assert results_digest(Findings.read(folder.findings_file)) == results_digest(before)
        held = Manifest.read(folder.manifest_file).values
        assert held["results"]["digest"] == held["reported"] == results_digest(before)


def test_a_finding_made_by_hand_says_which_settings_are_not_the_requests(explored):
    _, outputs = explored
    stage = open_stage("outcomes", REQUEST, outputs)
    stage.changes = {"matching": {"calipers": [0.05]}, "subgroups": []}
    made = Findings.read(stage.folder.findings_file).model_copy(
        update={"exploratory": True, "provenance": stage.provenance()}
    )
    text = finding(made).text
    assert "made by hand, and with other settings than the request's:" in text
    assert "score: 0.05 (the request: 0.2, 0.1, 0.05, 0.01)." in text
    assert check_blocks([finding(made).to_json()], made).foreign == ()
    stage.changes = {}
    made = made.model_copy(update={"provenance": stage.provenance()})
    assert finding(made).text.startswith("This was made by hand, with the settings of the request.")


def test_findings_made_by_hand_are_not_taken_for_published_ones(tmp_path):
    place = tmp_path / "released" / REQUEST / "1"
    place.mkdir(parents=True)
    invented_findings(exploratory=True).write(place / "findings.json")
    release = Release.model_construct(request=REQUEST, version=1)
    with pytest.raises(JDLError, match="not those that were published"):
        released_findings(tmp_path, release)


# --- the notebooks ----------------------------------------------------------------------------------------------------


def test_copies_carry_results_and_parameters_and_leave_the_originals(explored, in_lab):
    folder, outputs = explored
    executed = folder.executed("matching").read_bytes()
    prepared = prepare_notebooks(in_lab, REQUEST, outputs)
    names = {path.name for path in prepared.folder.glob("*.ipynb")}
    assert names >= {"01_intake.ipynb", "02_linkage.ipynb", "03_matching.ipynb", "04_outcomes.ipynb", "05_report.ipynb"}
    assert folder.executed("matching").read_bytes() == executed
    text = (prepared.folder / "03_matching.ipynb").read_text(encoding="utf-8")
    nbformat.validate(json.loads(text))
    copy = nbformat.reads(text, as_version=4)
    assert MARK in copy.cells[0].source and copy.metadata.kernelspec.name == "python3"
    assert copy.metadata.language_info.file_extension == ".py" and (copy.nbformat, copy.nbformat_minor) == (4, 5)
    (cell,) = (cell for cell in copy.cells if "parameters" in cell.metadata.get("tags", []))
    assert cell.source == f'request = "{REQUEST}"\noutputs = "{outputs}"\nanalysis = "main"'
    assert any(MIME in o.get("data", {}) for c in copy.cells if c.cell_type == "code" for o in c.outputs)
    numbers = [cell.execution_count for cell in copy.cells if cell.cell_type == "code"]
    assert numbers == list(range(1, len(numbers) + 1)), "no gap where a cell was left out"
    assert prepared.first == prepared.folder / "03_matching.ipynb", "executed, with a setting to change"
    (opens,) = (cell.source for cell in copy.cells if cell.source.count("open_stage("))
    assert re.search(r"open_stage\(.*\)\n# stage = stage.explore\(matching=", opens)
    assert Lab.find(prepared.folder) == in_lab, "though it lies elsewhere"


def test_an_edited_copy_is_never_written_over(explored, in_lab):
    folder, outputs = explored
    prepared = prepare_notebooks(in_lab, REQUEST, outputs)
    copy, other = prepared.folder / "03_matching.ipynb", prepared.folder / "02_linkage.ipynb"
    as_made, unedited = copy.read_text(), other.read_text()
    copy.write_text(as_made.replace("# stage = stage.explore", "stage = stage.explore"))
    edited = copy.read_text()
    (prepared.folder / ".ipynb_checkpoints").mkdir()
    assert jdl("run", REQUEST, "--outputs", outputs).exit_code == 0, "it sweeps, but not here"
    assert (prepared.folder / ".ipynb_checkpoints").is_dir()
    kept = prepare_notebooks(in_lab, REQUEST, outputs)
    assert kept.kept == (copy,) and not kept.renamed and copy.read_text() == edited and other.read_text() == unedited

    executed = nbformat.read(folder.executed("matching"), as_version=4)
    executed.cells[0].source += " Made anew."
    nbformat.write(executed, folder.executed("matching"))
    anew = prepare_notebooks(in_lab, REQUEST, outputs)
    assert not anew.kept and [path.read_text() for path in anew.renamed] == [edited]
    assert re.fullmatch(r"03_matching-edited-\d{4}-\d\d-\d\d-\d{6}\.ipynb", anew.renamed[0].name)
    assert "Made anew." in copy.read_text()


def test_notebooks_stay_where_they_are_when_their_run_is_archived(explored, in_lab):
    folder, outputs = explored
    prepared = prepare_notebooks(in_lab, REQUEST, outputs)
    copy = prepared.folder / "03_matching.ipynb"
    copy.write_text(copy.read_text().replace("# stage = stage.explore", "stage = stage.explore"))
    edited = copy.read_text()
    record_explored(folder, "matching", "main", {}, ["matchedsample"])
    note_serving(prepared.folder, "http://127.0.0.1:8888", prepared.folder, in_lab.root / "nowhere.json")
    told = jdl("run", REQUEST, "--outputs", outputs, "--fresh", "--until", "intake")
    (line,) = (line for line in told.stdout.splitlines() if "Notebooks to explore with stay" in line)
    assert "03_matching as edited" in line and "JupyterLab is open there, at http://127.0.0.1:8888:" in line
    assert copy.read_text() == edited and not folder.explored("matching").exists(), "what was saved is archived"
    (archived,) = archived_folders(folder.root)
    assert RequestFolder(archived).explored("matching").is_file() and not RequestFolder(archived).by_hand().exists()
    assert serving_of(prepared.folder).url(copy).startswith("http://127.0.0.1:8888/lab/tree/"), "without a token"
    told = jdl("run", REQUEST, "--outputs", outputs, "--until", "intake")
    assert "Notebooks to explore with" not in told.stdout, "said once"
    said = json.loads((prepared.folder / ".jupyterlab.json").read_text())
    (prepared.folder / ".jupyterlab.json").write_text(json.dumps(said | {"started": 1.0}))
    assert serving_of(prepared.folder) is None, "another process has its number now"


def test_a_request_that_was_not_run_has_nothing_to_explore(made_lab, tmp_path):
    with pytest.raises(JDLError, match="has not been run yet"):
        prepare_notebooks(made_lab, REQUEST, tmp_path)
