"""pyproject.toml, constraints.txt and environment.yml describe one and the same set of packages."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def _project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _requirements():
    project = _project()
    return [Requirement(r) for r in [*project["dependencies"], *project["optional-dependencies"]["test"]]]


def _pins():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines if line and not line.startswith("#")]
    assert all(pins), "constraints.txt holds a line that is no exact pin"
    return {canonicalize_name(p[1]): p[2] for p in pins}


def test_every_requirement_is_pinned_to_a_version_it_allows():
    pins = _pins()
    outside = {r.name: pins.get(canonicalize_name(r.name)) for r in _requirements()}
    outside = {
        r.name: outside[r.name]
        for r in _requirements()
        if outside[r.name] is None or outside[r.name] not in r.specifier
    }
    assert outside == {}


def test_what_runs_is_what_is_pinned():
    pins = _pins()
    differs = {r.name: version(r.name) for r in _requirements() if version(r.name) != pins[canonicalize_name(r.name)]}
    assert differs == {}


def test_no_download_address_is_written_down():
    for name in ("constraints.txt", "environment.yml", "pyproject.toml"):
        assert not re.search(r"https?://|file:|@ ", (ROOT / name).read_text()), name


def test_conda_gives_the_same_set():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert python.startswith("python" + _project()["requires-python"])
    assert pip == "pip"
    assert packages["pip"] == ["--constraint constraints.txt", "--editable .[test]"]


def test_the_named_packages_are_required():
    named = {
        "jupyterlab",
        "papermill",
        "nbconvert",
        "pandas",
        "numpy",
        "scikit-learn",
        "statsmodels",
        "matplotlib",
        "seaborn",
    }
    assert named <= {r.name for r in _requirements()}
