"""Exploring by hand: other settings follow through the stages, everything says EXPLORATORY, nothing of it gets out."""

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
from jdl_toolkit.cohort import Cohort
from jdl_toolkit.covariates import Covariates, build_covariates
from jdl_toolkit.document import MIME, Figure, Words
from jdl_toolkit.errors import GateClosed, JDLError
from jdl_toolkit.exploratory import MARK
from jdl_toolkit.explored import findings_file, record_explored
from jdl_toolkit.findings import Findings
from jdl_toolkit.jupyter import prepare_notebooks
from jdl_toolkit.lab import RUNNING, Lab, RequestFolder
from jdl_toolkit.matching import MatchedSample
from jdl_toolkit.narrative import headline_sentence
from jdl_toolkit.releases import Release, released_findings
from jdl_toolkit.render.content import read_report
from jdl_toolkit.render.files import to_csv
from jdl_toolkit.render.review import notebook_page
from jdl_toolkit.stage import Stage, open_stage
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


def test_a_request_that_was_not_run_has_nothing_to_explore(made_lab, tmp_path):
    with pytest.raises(JDLError, match="has not been run yet"):
        prepare_notebooks(made_lab, REQUEST, tmp_path)
