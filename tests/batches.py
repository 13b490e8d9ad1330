"""A lab of cheap requests for tests of batches, and what must hold on disk after a kill at any moment."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import nbformat
import yaml
from uploads_on_disk import people_rows, person, write_xlsx

from jdl_toolkit import execution
from jdl_toolkit.balance import Balance
from jdl_toolkit.batch import choose_workers, run_batch
from jdl_toolkit.cohort import Cohort
from jdl_toolkit.covariates import Covariates
from jdl_toolkit.findings import Findings
from jdl_toolkit.inference import Outcomes
from jdl_toolkit.lab import Lab, lay_out
from jdl_toolkit.lifecycle import REPORTED, all_requests, results_digest
from jdl_toolkit.linkage import Linkage
from jdl_toolkit.manifest import is_under_way
from jdl_toolkit.matching import MatchedSample
from jdl_toolkit.power import PowerTable
from jdl_toolkit.robustness import Robustness
from jdl_toolkit.stage import RequestFolder, read_closing
from jdl_toolkit.subgroups import Subgroups, SubgroupSamples
from jdl_toolkit.submission import Submission
from jdl_toolkit.validation.cheap import CHEAP, FOUNDATION

#: What each stage leaves among the restricted files, and must be whole once its record says done.
LEFT_BY = {
    "intake": (Submission,),
    "linkage": (Linkage, Cohort),
    "matching": (Covariates, MatchedSample, Balance, SubgroupSamples),
    "outcomes": (Outcomes, PowerTable, Robustness, Subgroups),
}


def cheap_lab(root: Path, demonstration: Path) -> Lab:
    """A lab with the demonstration's register and no request."""
    lab = lay_out(root)
    for path in (lab.root / "parameters" / "requests").glob("*.yml"):
        path.unlink()
    sources = {
        "demo": {"register": str(demonstration / "register.duckdb"), "submissions": str(demonstration)},
        "own": {"register": str(demonstration / "register.duckdb"), "submissions": "data/submissions"},
    }
    (lab.root / "parameters" / "data_sources.yml").write_text(yaml.safe_dump(sources))
    return lab


def add_request(lab: Lab, name: str, **changes: Any) -> str:
    """Write a cheap request of the demonstration's upload."""
    asked = {"request": name} | FOUNDATION | CHEAP | changes
    path = lab.root / "parameters" / "requests" / f"{name}.yml"
    path.write_text(yaml.safe_dump(asked, sort_keys=False))
    return name


def add_too_few(lab: Lab, name: str) -> str:
    """Write a request of forty strangers, which cannot be answered."""
    write_xlsx(lab.root / "data/submissions" / f"{name}.xlsx", people_rows([person(n) for n in range(1, 41)]))
    return add_request(lab, name, register="own", submission=f"{name}.xlsx")


def add_broken(lab: Lab, name: str) -> str:
    """Write a request whose workbook is damaged."""
    (lab.root / "data/submissions" / f"{name}.xlsx").write_bytes(b"PK\x03\x04 and no more")
    return add_request(lab, name, register="own", submission=f"{name}.xlsx")


def batch_here(root: str, outputs: str, names: tuple[str, ...], n_workers: int, result: str) -> None:
    """Run a batch and write what it came to; what a process of its own does."""
    execution.end_with_parent()
    lab = Lab(Path(root))
    summary = run_batch(lab, Path(outputs), names, choose_workers(lab, Path(outputs), n_workers=n_workers))
    Path(result).write_text(json.dumps(summary.to_json()))


def start_batch(lab: Lab, outputs: Path, names: tuple[str, ...] = (), n_workers: int = 2, result: str = "result.json"):
    """A batch in a process of its own, forked from the server that has everything imported; it can be killed."""
    outputs.parent.mkdir(parents=True, exist_ok=True)
    place = outputs.parent / result
    place.unlink(missing_ok=True)
    arguments = (str(lab.root), str(outputs), names, n_workers, str(place))
    process = execution.context().Process(target=batch_here, args=arguments)
    process.start()
    process.result = place
    return process


def result_of(process) -> dict[str, Any]:
    """What a batch came to that ran to its end."""
    process.join(300)
    assert process.exitcode == 0
    return json.loads(process.result.read_text())


def kill(process, outputs: Path) -> None:
    """Kill a batch without warning; within two seconds all of its children must have gone."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    until = time.monotonic() + 2
    while any(is_under_way(outputs, path.name[1:-5]) for path in outputs.glob(".*.lock") if path.name != ".index.lock"):
        assert time.monotonic() < until, "a worker outlived its batch"
        time.sleep(0.02)


def require_whole(lab: Lab, outputs: Path) -> int:
    """What must hold at any moment: nothing that counts as finished is half-written. Returns the stages done."""
    n_done = 0
    for folder in map(RequestFolder, sorted(path.parent for path in outputs.glob("*/manifest.json"))):
        manifest = json.loads(folder.manifest_file.read_text())
        done = [name for name, stage in manifest["stages"].items() if stage["status"] == "done"]
        n_done += len(done)
        for name in done:
            _require_stage(folder, manifest, name)
        if manifest["status"] == "reported":
            assert "report" in done
    page = outputs / "index.html"
    assert not page.exists() or page.read_text(encoding="utf-8").rstrip().endswith("</html>")
    table = all_requests(lab, outputs, dt.date(2014, 1, 1))
    begun = set(table[table["status"] != "received"]["folder"])
    assert begun <= {path.parent.name for path in outputs.glob("*/manifest.json")}
    return n_done


def _require_stage(folder: RequestFolder, manifest: dict[str, Any], name: str) -> None:
    if name == "report":
        findings = Findings.read(folder.findings_file)
        assert results_digest(findings) == manifest[REPORTED]
        for file in ("report.html", "report.pdf", "report.ipynb"):
            assert (folder.report / file).stat().st_size > 1000
        notebook = folder.report / "report.ipynb"
    else:
        assert read_closing(folder, name)["gate"] == manifest["stages"][name]["gate"]
        unanswered = manifest["stages"][name]["gate"] != "passed"
        for kind in () if unanswered else LEFT_BY[name]:
            kind.load(folder.restricted / kind.__name__.lower())
        notebook = folder.executed(name)
    cells = [c for c in nbformat.read(notebook, as_version=4).cells if c.cell_type == "code" and c.source.strip()]
    assert cells and all(cell.execution_count for cell in cells), f"{name} is done, but its notebook did not end"
    errors = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    assert not errors, name


def executions(outputs: Path, name: str) -> tuple[dict[str, int], dict[str, int]]:
    """How often each stage of a request was started, and how often it came to its end, by its log."""
    started: dict[str, int] = {}
    ended: dict[str, int] = {}
    for line in (outputs / name / "run.log").read_text().splitlines():
        said = line.split(" INFO stage ")[-1].split()
        if said[1:2] == ["started"]:
            started[said[0]] = started.get(said[0], 0) + 1
        elif said[1:2] == ["done"]:
            ended[said[0]] = ended.get(said[0], 0) + 1
    return started, ended
