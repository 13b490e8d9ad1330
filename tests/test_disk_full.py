"""A disk that is full is told as such, wherever it is met."""

import errno
from types import SimpleNamespace

import nbformat
import pytest

from jdl_toolkit import run
from jdl_toolkit.errors import JDLError, disk_full, is_disk_full
from jdl_toolkit.execution import notebooks
from jdl_toolkit.lab import Lab


@pytest.mark.parametrize(
    ("fault", "is_full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (RuntimeError("IO Error: Could not write file: No space left on device"), True),
        (RuntimeError("IO_ENOSPC"), True),  # of a sheet of a workbook, first written to a temporary file
        (OSError(errno.EACCES, "x"), False),
        (ValueError("no space"), False),
    ],
)
def test_what_a_full_disk_is(fault, is_full):
    assert is_disk_full(fault) is is_full


def test_a_run_says_what_to_do(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run, "_run_request", fails)
    with pytest.raises(JDLError, match="no space is left on the disk") as raised:
        run.run_request(None, "x", tmp_path)
    assert raised.value.exit_status == 2 and raised.value.problems[0].fix.startswith("free some and run the same again")


def test_half_a_notebook_hides_no_full_disk(tmp_path, monkeypatch):
    """Papermill writes as much of it as fits; what is left is not read as a notebook."""
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "notebooks" / "t.ipynb")

    def half(template, executed, **_):
        with open(executed, "w") as file:
            file.write('{"cells": [')
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(notebooks.papermill, "execute_notebook", half)
    with pytest.raises(JDLError, match="no space is left on the disk"):
        notebooks.execute_template(Lab(tmp_path), "t", {}, tmp_path / "kept" / "t.ipynb")
    assert not (tmp_path / "kept" / "t.ipynb").exists()


def test_what_a_cell_met_is_told_without_its_words(tmp_path):
    fault = SimpleNamespace(ename="IOException", evalue="No space left on device: /x/Mary Smith", cell_index=3)
    told = notebooks._as_ours(fault, Lab(tmp_path), "01_intake", tmp_path)
    assert isinstance(told, JDLError) and "Mary" not in str(told) and str(told) in (str(disk_full(tmp_path)),)
