"""Folders to make something in: held while somebody is at it, removed when nobody is."""

import subprocess
import sys

import pytest

from jdl_toolkit.scratch import new_folder, remove, scratch

HOLD = """
import sys
from pathlib import Path
from jdl_toolkit.scratch import new_folder
print(new_folder(Path(sys.argv[1]), ".demo."), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """A process that holds a folder of its own."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    folder = tmp_path / child.stdout.readline().strip().rpartition("/")[2]
    yield child, folder
    child.kill()
    child.wait()


def test_what_another_process_holds_stays_and_what_it_left_when_it_was_killed_goes(tmp_path, other):
    child, folder = other
    (folder / "rows").write_text("of somebody")
    with scratch(tmp_path, ".demo."):
        assert (folder / "rows").exists()
    child.kill()
    child.wait()
    assert folder.exists()
    with scratch(tmp_path, ".demo.") as own:
        assert not folder.exists() and own.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_begins_alike_and_one_s_own_are_not_touched(tmp_path):
    (tmp_path / ".demo.mine").mkdir()
    (tmp_path / ".demo.file").write_text("")
    first, second = new_folder(tmp_path, ".demo."), new_folder(tmp_path, ".demo.")
    assert first.exists() and first != second
    remove(first)
    remove(second)
    assert {path.name for path in tmp_path.iterdir()} == {".demo.mine", ".demo.file"}


def test_a_fault_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), scratch(tmp_path, ".demo."):
        raise ValueError
    assert list(tmp_path.iterdir()) == []
