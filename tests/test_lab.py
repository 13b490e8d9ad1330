"""A working folder: found, laid out, and what it says when something is not there."""

import pytest
import yaml

from jdl_toolkit.errors import JDLError
from jdl_toolkit.lab import STAGES, Lab, lay_out


def test_a_new_folder_has_all_that_a_request_needs(tmp_path):
    lab = lay_out(tmp_path / "my-lab")
    assert Lab.find(lab.root / "data" / "submissions").root == lab.root
    assert lab.spec("foundation-2013").request == "foundation-2013"
    assert all(lab.notebook(name).parent == lab.root / "notebooks" for name in STAGES.values())
    assert not list(tmp_path.glob(".my-lab*"))


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(JDLError, match="not empty"):
        lay_out(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


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
    with pytest.raises(JDLError, match="foundation-2013.xlsx: the upload is not there"):
        lab.source(spec)
    sources = lab.root / "parameters/data_sources.yml"
    sources.write_text(yaml.safe_dump({"main": {"register": "a", "submissions": "b"}}))
    with pytest.raises(JDLError, match="no data source `demo`"):
        lab.source(spec)
