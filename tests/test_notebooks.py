"""The templates are thin, stripped, and open only what they may."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from jdl_toolkit.lab import STAGES

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Notebooks that pages for people outside are drawn from.
FOR_READERS = ("05", "10")


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.stem)
def template(request):
    nbformat.validate(json.loads(request.param.read_text()))
    return request.param, nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_every_stage_has_its_template():
    assert {path.stem for path in TEMPLATES} >= set(STAGES.values())


def test_outputs_are_stripped(template):
    _, notebook = template
    assert all(not cell.outputs and cell.execution_count is None for cell in code(notebook))
    assert "papermill" not in notebook.metadata


def test_one_parameters_cell_of_literals_and_nothing_else(template):
    _, notebook = template
    tagged = [cell for cell in code(notebook) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    names = [re.fullmatch(r'(\w+) = "[\w./-]*"', line)[1] for line in tagged[0].source.splitlines()]
    assert names in (
        ["request", "outputs"],
        ["request", "outputs", "analysis"],
        ["period", "outputs"],
        ["persons", "seed"],
        ["study"],
    )


def test_cells_are_few_and_thin_and_define_nothing(template):
    path, notebook = template
    assert len(code(notebook)) <= (40 if path.stem.startswith(FOR_READERS) else 15)
    for cell in code(notebook):
        assert len([line for line in cell.source.splitlines() if line.strip()]) <= 6, cell.source
        assert not re.search(r"^\s*(def|class|for|while|try|with) ", cell.source, re.M), cell.source


def test_it_starts_with_a_title_and_its_purpose(template):
    _, notebook = template
    title, *purpose = notebook.cells[0].source.splitlines()
    assert notebook.cells[0].cell_type == "markdown" and title.startswith("# ") and "".join(purpose).strip()


def test_headings_of_the_labs_own_notebooks_are_questions(template):
    path, notebook = template
    headings = re.findall(r"^## (.+)$", "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"), re.M)
    is_for_readers = path.stem.startswith(FOR_READERS)  # written for people outside: headings may be statements
    assert headings and (is_for_readers or all(heading.endswith("?") for heading in headings)), headings


@pytest.mark.parametrize(
    ("name", "opened"),
    [("05_report", "Findings.read("), ("05_not_answered", "Findings.read("), ("10_bulletin", "Bulletin.read(")],
)
def test_a_page_for_readers_is_drawn_from_one_file(name, opened):
    source = "\n".join(cell.source for cell in code(nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)))
    imported = set(re.findall(r"^(?:from|import) (.+)$", source, re.M))
    assert not any(re.search(r"register|cohort|linkage|submission|stage|duckdb|pandas", line) for line in imported), (
        imported
    )
    assert re.findall(r"\b(?:open|read\w*|load|glob)\(", source) == ["read("]
    assert opened in source
