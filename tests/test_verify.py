"""A request run a second time: the same results, or where they differ."""

import json
import shutil

import pytest
from click.testing import CliRunner
from test_run import snapshot

from jdl_toolkit import verify
from jdl_toolkit.cli import main
from jdl_toolkit.errors import CouldNotBeAnswered, GateClosed, JDLError
from jdl_toolkit.findings import Findings
from jdl_toolkit.result import write_atomically
from jdl_toolkit.verify import verify_request

REQUEST = "foundation-2013"


@pytest.fixture(scope="module")
def kept(demo):
    """The demonstration request as it was run; its lab is the current folder in no test."""
    lab, _ = demo
    return lab, lab.root / "outputs"


@pytest.fixture
def copied(kept, tmp_path):
    lab, outputs = kept
    shutil.copytree(outputs / REQUEST, tmp_path / REQUEST)
    return lab, tmp_path


def again(monkeypatch, findings):
    """Let a second run come to these findings."""

    def run_request(lab, request, outputs, *_, **__):
        write_atomically(outputs / REQUEST / "findings.json", findings.model_dump_json())

    monkeypatch.setattr(verify, "run_request", run_request)


def test_a_second_run_gives_the_same_to_the_byte_and_leaves_no_trace(kept, in_lab):
    _, outputs = kept
    before = snapshot(outputs / REQUEST)
    told = CliRunner().invoke(main, ["verify", REQUEST, "--json"])
    said = json.loads(told.stdout)
    assert told.exit_code == 0 and said["same"] and said["to_the_byte"] and said["digest"] == said["again"]
    assert snapshot(outputs / REQUEST) == before
    assert not list(outputs.glob(f"{verify.AGAIN}*")) and not list(outputs.glob(f".*{verify.AGAIN}"))


def test_a_figure_changed_by_hand_is_named(copied, monkeypatch):
    lab, outputs = copied
    file = outputs / REQUEST / "findings.json"
    true = Findings.read(file)
    values = json.loads(file.read_text("utf-8"))
    values["analyses"][0]["matching"]["n_treatment_matched"] -= 1
    file.write_text(json.dumps(values), "utf-8")
    again(monkeypatch, true)
    found = verify_request(lab, REQUEST, outputs)
    assert found.exit_status == 4 and "OTHER RESULTS" in str(found)
    assert found.changed == ("analyses.0.matching.n_treatment_matched (256 → 257)",)
    assert not [path for path in outputs.iterdir() if path.is_dir() and path.name != REQUEST]


def test_what_an_earlier_release_made_may_have_the_same_figures(copied, monkeypatch):
    lab, outputs = copied
    true = Findings.read(outputs / REQUEST / "findings.json")
    newer = true.provenance.model_copy(update={"packages": true.provenance.packages | {"numpy": "99.0"}})
    again(monkeypatch, true.model_copy(update={"provenance": newer}))
    found = verify_request(lab, REQUEST, outputs)
    assert found.exit_status == 0 and found.digest != found.again and "every figure came out the same" in str(found)
    (changed,) = found.changed
    assert changed.startswith("provenance.packages.numpy (") and "99.0" in changed


def test_an_earlier_match_is_no_difference(copied, monkeypatch):
    """A folder of one run knows nothing of earlier ones of the same request."""
    lab, outputs = copied
    true = Findings.read(outputs / REQUEST / "findings.json")
    trace = true.provenance.model_copy(update={"matched_again": ("the caliper",)})
    write_atomically(
        outputs / REQUEST / "findings.json", true.model_copy(update={"provenance": trace}).model_dump_json()
    )
    again(monkeypatch, true)
    found = verify_request(lab, REQUEST, outputs)
    assert found.digest == found.again and found.changed == ()


def test_a_request_that_was_not_answered_is_verified_as_well(copied, monkeypatch):
    lab, outputs = copied
    true = Findings.read(outputs / REQUEST / "findings.json")

    def run_request(lab, request, outputs, *_, **__):
        write_atomically(outputs / REQUEST / "findings.json", true.model_dump_json())
        raise CouldNotBeAnswered("too few people", "request")

    monkeypatch.setattr(verify, "run_request", run_request)
    assert verify_request(lab, REQUEST, outputs).exit_status == 0


def test_a_gate_that_closes_in_the_second_run_is_told_with_a_way_to_see_why(copied, monkeypatch):
    lab, outputs = copied

    def run_request(lab, request, outputs, *_, **__):
        raise GateClosed("stage 04 is closed: balance", f"request {request}", "see pages that will be gone")

    monkeypatch.setattr(verify, "run_request", run_request)
    with pytest.raises(GateClosed, match="run again, stage 04 is closed: balance") as closed:
        verify_request(lab, REQUEST, outputs)
    assert "--fresh, in a copy of the lab" in str(closed.value) and "pages that will be gone" not in str(closed.value)
    assert not list(outputs.glob(f".*{verify.AGAIN}"))


def test_what_cannot_be_verified_is_said(copied, monkeypatch):
    lab, outputs = copied
    manifest, findings = outputs / REQUEST / "manifest.json", outputs / REQUEST / "findings.json"
    values = json.loads(manifest.read_text("utf-8"))
    other = [entry | {"sha256": "0" * 64} for entry in values["inputs"]]
    manifest.write_text(json.dumps(values | {"inputs": other}), "utf-8")
    with pytest.raises(JDLError, match="the content of"):
        verify_request(lab, REQUEST, outputs)
    event = {"event": "could not be answered", "analysis": "main", "by": "A", "reason": "", "date": "2013-09-01"}
    manifest.write_text(json.dumps(values | {"events": [event | {"criterion": "upload"}]}), "utf-8")
    with pytest.raises(JDLError, match="nothing to verify"):
        verify_request(lab, REQUEST, outputs)
    manifest.write_text(json.dumps(values), "utf-8")
    findings.unlink()
    with pytest.raises(JDLError, match="no findings yet"):
        verify_request(lab, REQUEST, outputs)
    shutil.rmtree(outputs / REQUEST)
    with pytest.raises(JDLError, match="no manifest"):
        verify_request(lab, REQUEST, outputs)
