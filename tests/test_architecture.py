"""Imports go one way: a module knows only those of earlier bands (import-linter's contract in pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_imports_go_one_way():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-500:]


@pytest.mark.parametrize("name", ["plots", "tables"])
def test_drawing_knows_no_stage(name):
    code = f"import sys, jdl_toolkit.{name}; print([m for m in sys.modules if m.startswith('jdl_toolkit.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    stages = ("submission", "linkage", "cohort", "covariates", "matching", "outcomes", "inference", "register")
    assert not [stage for stage in stages if f"jdl_toolkit.{stage}'" in loaded]


def test_matching_loads_no_outcome():
    """Nothing that the matching stage is made of can even import what measures outcomes."""
    code = "import sys, jdl_toolkit.matching, jdl_toolkit.balance; print('jdl_toolkit.outcomes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
