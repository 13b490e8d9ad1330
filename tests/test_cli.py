"""The command line: mistakes of use are told in JSON to whoever asked for it; one spoilt manifest hides no request."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jdl_toolkit.cli import main
from jdl_toolkit.manifest import alone


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["match", "t.csv", "--json"], "Missing option '--treatment'"),
        (["check", "--json"], "Missing argument 'UPLOAD'"),
        (["template", "a.xlsx", "--jsn", "--json"], "No such option"),
        (["register", "build", "src", "--json"], "Missing option '--out'"),
    ],
)
def test_a_mistake_of_use_is_told_in_json(arguments, words):
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 2
    answer = json.loads(told.stdout)
    assert words in answer["error"] and answer["exit_status"] == 2
    assert "Usage:" in told.stderr


def test_without_json_a_mistake_of_use_is_words_alone():
    told = CliRunner().invoke(main, ["match", "t.csv"])
    assert told.exit_code == 2 and told.stdout == "" and "Missing option" in told.stderr


def manifest_like(**values):
    """A manifest with all that one must hold, as JSON."""
    empty = {"spec_digest": "", "inputs": [], "events": [], "toolkit_version": "0.7.0", "packages": {}}
    return json.dumps(empty | values)


def test_a_spoilt_manifest_hides_no_other_request(tmp_path):
    for name, content in (
        ("a", manifest_like(request="a", status="reported", stages={"intake": {"status": "done"}})),
        ("b", '{"request": "b", "sta'),
        ("c", "[]"),
        ("d", '{"request": "d", "status": "reported", "stages": {}}'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(content)
    told = CliRunner().invoke(main, ["status", "--outputs", str(tmp_path), "--json"])
    assert told.exit_code == 0
    found = {r["request"]: r["status"] for r in json.loads(told.stdout)["requests"]}
    assert found["a"] == "reported"
    assert found["b"] == found["c"] == found["d"] == "manifest unreadable: run with --fresh"


def test_a_terminal_without_some_characters_shows_others_instead(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "manifest.json").write_text(manifest_like(request="a", status="reported", stages={}))
    told = CliRunner(charset="latin-1").invoke(main, ["status", "--outputs", str(tmp_path)])
    assert told.exit_code == 0 and "request" in told.stdout and "?" in told.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("asked", (["--help"], ["status", "--help"], ["--version"]))
def test_help_that_cannot_be_written_is_no_fault_of_the_toolkit(asked):
    script = "from jdl_toolkit.cli import main; main()"
    with open("/dev/full", "w") as full:
        told = subprocess.run([sys.executable, "-c", script, *asked], stdout=full, stderr=subprocess.PIPE, text=True)
    assert told.returncode == 2 and "no space is left" in told.stderr and "Traceback" not in told.stderr


def test_status_of_a_folder_that_is_not_there(tmp_path):
    (tmp_path / "file").write_text("")
    for place in ("nope", "file"):
        told = CliRunner().invoke(main, ["status", "--outputs", str(tmp_path / place)])
        assert told.exit_code == 2 and "there is no such folder" in told.stderr


def test_a_run_that_was_killed_is_interrupted_and_one_under_way_is_not(tmp_path):
    (tmp_path / "a").mkdir()
    values = manifest_like(request="a", status="in progress", stages={"intake": {"status": "running"}})
    (tmp_path / "a" / "manifest.json").write_text(values)

    def told():
        listed = json.loads(CliRunner().invoke(main, ["status", "--outputs", str(tmp_path), "--json"]).stdout)
        (said,) = [one for one in listed["requests"] if one["request"] == "a"]
        return said["status"], said["stages"]

    assert told() == ("interrupted", {"intake": "interrupted"})
    with alone(tmp_path, "a"):
        assert told() == ("in progress", {"intake": "running"})
    assert told()[0] == "interrupted"
