"""The project's hook strips notebooks before they are committed, and changes nothing else in them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def checkout(tmp_path):
    """A repository with the project's hook set up, as `make install` does it, and all templates committed."""
    own = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PRE_COMMIT_HOME": str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | own

    def run(*words: str, ok: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(ROOT / ".pre-commit-config.yaml", root)
    run("git", "init", "--quiet")
    run("git", "config", "user.name", "Somebody")
    run("git", "config", "user.email", "somebody@example.org")
    run("pre-commit", "install")
    run("git", "add", ".")
    run("git", "commit", "--quiet", "--message", "templates")  # the hook lets stripped templates pass as they are
    return root, run


def test_outputs_never_reach_a_commit_and_nothing_else_changes(checkout):
    root, run = checkout
    path = root / "notebooks" / "03_matching.ipynb"
    before = path.read_bytes()
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="257 people")]
            cell.execution_count = 1
            cell.metadata["papermill"] = {"duration": 1.0}
    notebook.metadata |= {"papermill": {"parameters": {}}, "widgets": {"state": {}}}
    nbformat.write(notebook, path)
    run("git", "add", ".")
    stopped = run("git", "commit", "--message", "with outputs", ok=False)
    assert stopped.returncode and "notebooks without outputs" in stopped.stdout + stopped.stderr
    assert path.read_bytes() == before
    run("git", "add", ".")
    assert "nothing to commit" in run("git", "status").stdout


def test_the_hook_needs_nothing_from_elsewhere():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [one["repo"] for one in hooks] == ["local"]
    assert "pre-commit install" in (ROOT / "Makefile").read_text()
