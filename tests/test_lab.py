"""A working folder: found, laid out, and what it says when something is not there."""

import json
from pathlib import Path

import pytest
import yaml

from jdl_toolkit import __version__, laid_out
from jdl_toolkit.errors import JDLError
from jdl_toolkit.lab import STAGES, Lab, lay_out


def test_a_new_folder_has_all_that_a_request_needs(tmp_path):
    lab = lay_out(tmp_path / "my-lab")
    assert Lab.find(lab.root / "data" / "submissions").root == lab.root
    assert lab.spec("foundation-2013").request == "foundation-2013"
    assert all(lab.notebook(name).parent == lab.root / "notebooks" for name in STAGES.values())
    assert not list(tmp_path.glob(".my-lab*"))


def test_an_empty_folder_in_which_somebody_stands_stays_the_one_it_is(tmp_path, monkeypatch):
    folder = tmp_path / "my-lab"
    folder.mkdir()
    monkeypatch.chdir(folder)
    lay_out(Path("."))
    assert Lab.find(Path.cwd()).spec("foundation-2013") and (Path("data") / "submissions").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["my-lab"]


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(JDLError, match="not empty"):
        lay_out(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def change(notebook, before, after):
    held = notebook.read_text()
    assert before in held
    notebook.write_text(held.replace(before, after))


def laid_out_by_an_earlier_version(lab, name, before="open_stage", after="open_a_stage"):
    """As if version 0.1.0 had shipped other notebooks, and laid this lab out with them."""
    notebook, record = lab.own_notebook(name), lab.root / "notebooks" / laid_out.RECORD
    change(notebook, before, after)
    laid_out.note_notebooks(notebook.parent)
    record.write_text(record.read_text().replace(f'"{__version__}"', '"0.1.0"'))


def test_a_notebook_that_the_lab_never_changed_follows_the_toolkit(tmp_path):
    lab = lay_out(tmp_path / "lab")
    matching, outcomes = lab.own_notebook("03_matching"), lab.own_notebook("04_outcomes")
    assert json.loads((matching.parent / laid_out.RECORD).read_text())["version"] == __version__
    assert matching.read_bytes() == lab.shipped_notebook("03_matching").read_bytes(), "the record lies beside it"
    laid_out_by_an_earlier_version(lab, "03_matching")
    assert lab.notebook("03_matching") == lab.shipped_notebook("03_matching") != matching
    held = json.loads(matching.read_text())
    matching.write_text(json.dumps(held | {"metadata": {"saved": "in JupyterLab"}}))
    assert lab.notebook("03_matching") != matching, "saving a notebook changes no cell"
    assert lab.notebook("04_outcomes") == outcomes and lab.notebook("of_the_lab") == lab.shipped_notebook("of_the_lab")
    change(matching, "open_a_stage", "open_my_stage")
    assert lab.notebook("03_matching") == matching, "what the lab changed is the lab's"
    change(matching, "open_my_stage", "open_a_stage")
    (matching.parent / laid_out.RECORD).unlink()
    assert lab.notebook("03_matching") == matching, "nothing is known of a lab that was laid out before"


@pytest.mark.parametrize("spoilt", ["", "[]", '{"notebooks": []}', '{"version": "0.1.0"}'])
def test_a_record_that_cannot_be_read_says_nothing(tmp_path, spoilt):
    lab = lay_out(tmp_path / "lab")
    laid_out_by_an_earlier_version(lab, "03_matching")
    own = lab.own_notebook("03_matching")
    (own.parent / laid_out.RECORD).write_text(spoilt)
    assert lab.notebook("03_matching") == own and laid_out.laid_out_by(own) == ""


def test_when_a_failure_may_come_of_another_version(tmp_path):
    lab = lay_out(tmp_path / "lab")
    own, shipped = lab.own_notebook("03_matching"), lab.shipped_notebook("03_matching")
    assert not laid_out.is_suspect(own, shipped, "ImportError"), "the same cells"
    change(own, "open_stage", "my_stage")
    assert not laid_out.is_suspect(own, shipped, "ImportError"), "laid out by this version"
    laid_out_by_an_earlier_version(lab, "03_matching", "my_stage", "your_stage")
    assert laid_out.is_suspect(own, shipped, "ZeroDivisionError")
    assert not laid_out.is_suspect(own, lab.shipped_notebook("of_the_lab"), "ImportError")
    (own.parent / laid_out.RECORD).unlink()
    found = {e: laid_out.is_suspect(own, shipped, e) for e in ("ImportError", "TypeError", "ZeroDivisionError")}
    assert found == {"ImportError": True, "TypeError": True, "ZeroDivisionError": False}


def test_elsewhere_there_is_no_lab(tmp_path):
    with pytest.raises(JDLError, match="jdl init"):
        Lab.find(tmp_path)


def test_a_request_says_which_id_and_file_name_differ(tmp_path):
    lab = lay_out(tmp_path / "lab")
    (lab.root / "parameters/requests/foundation-2013.yml").rename(lab.root / "parameters/requests/other.yml")
    with pytest.raises(JDLError, match="rename the file to foundation-2013.yml"):
        lab.spec("other")


def test_missing_data_are_named_with_the_command_that_makes_them(tmp_path):
    lab = lay_out(tmp_path / "lab")
    spec = lab.spec("foundation-2013")
    with pytest.raises(JDLError, match="data/demo/register.duckdb: the register is not there"):
        lab.source(spec)
    (lab.root / "data/demo").mkdir()
    (lab.root / "data/demo/register.duckdb").touch()
    with pytest.raises(JDLError, match="request foundation-2013, submission: the upload is not there"):
        lab.source(spec)
    sources = lab.root / "parameters/data_sources.yml"
    sources.write_text(yaml.safe_dump({"main": {"register": "a", "submissions": "b"}}))
    with pytest.raises(JDLError, match="no data source `demo`"):
        lab.source(spec)


def test_a_link_that_leads_to_itself_has_a_name(tmp_path):
    lab = Lab(tmp_path)
    (tmp_path / "review").symlink_to("review")
    assert lab.short(tmp_path / "review" / "index.html") == "review/index.html"
