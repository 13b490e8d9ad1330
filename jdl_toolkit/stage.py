"""What a notebook holds: one stage of one request, with its inputs, its saved results and its gate."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import yaml

from .balance import Balance
from .cohort import Cohort
from .covariates import Covariates
from .document import Inset
from .errors import GateClosed, JDLError, Problem
from .findings import Findings, Provenance
from .lab import STAGES, Lab
from .linkage import Engine, Linkage, compare_in_duckdb
from .manifest import PACKAGES, Manifest, file_digest
from .matching import MatchedSample
from .register import Register
from .result import Result, write_atomically
from .spec import RequestSpec, read_yaml
from .submission import Submission

R = TypeVar("R", bound=Result)

#: Results that the outcome stage loads, in the order in which they came about.
STAGED: tuple[type[Result], ...] = (Submission, Linkage, Cohort, Covariates, MatchedSample, Balance)

#: Set while `jdl run` executes a notebook. Without it a notebook is somebody exploring, and saves apart.
RUNNING = "JDL_RUNNING"

#: What a stage's gate can say.
PASSED, UNANSWERED, CLOSED = "passed", "could not be answered", "closed"


@dataclass(frozen=True)
class RequestFolder:
    """The folder of one request below the outputs folder.

    Parameters
    ----------
    root : Path
        ``outputs/<request>``.
    """

    root: Path

    @property
    def manifest_file(self) -> Path:
        return self.root / "manifest.json"

    @property
    def findings_file(self) -> Path:
        return self.root / "findings.json"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def restricted(self) -> Path:
        return self.root / "restricted"

    @property
    def exploratory(self) -> Path:
        """What notebooks save that were not executed by `jdl run`: never part of what is published."""
        return self.restricted / "exploratory"

    def executed(self, stage: str) -> Path:
        """The executed notebook of a stage: a restricted record, but for the report's."""
        return self.restricted / "notebooks" / f"{STAGES[stage]}.ipynb"

    def closing(self, stage: str) -> Path:
        """What the stage said when it closed; its presence is the proof that the notebook came to its end."""
        return self.restricted / f"{stage}.closed.json"


def open_folder(lab: Lab, spec: RequestSpec, outputs: Path) -> RequestFolder:
    """Open a request's folder, making it if it is new.

    Raises
    ------
    JDLError
        If the folder was made under another specification or from other inputs: names every key that changed. The
        earlier outputs stay untouched.
    """
    folder = RequestFolder(Path(outputs) / spec.request)
    register, submission = lab.source(spec)
    linkage_engine(lab, spec)
    with Register.open(register) as opened:
        inputs = [
            {"name": submission.name, "sha256": file_digest(submission)},
            {"name": "register", "sha256": opened.digest},
        ]
    if not folder.manifest_file.exists():
        if folder.root.exists() and any(folder.root.iterdir()):
            fix = "choose another outputs folder with --outputs, or move what lies there"
            raise JDLError("the folder holds something else than a request's outputs", lab.short(folder.root), fix)
        write_atomically(folder.root / "spec.yml", yaml.safe_dump(spec.to_dict(), sort_keys=False, allow_unicode=True))
        Manifest.new(folder.manifest_file, spec.request, spec.digest, inputs, spec.seed).write()
        return folder
    manifest = Manifest.read(folder.manifest_file)
    if manifest.stage("intake").get("status") != "done":  # nothing was finished: the folder takes what there is now
        write_atomically(folder.root / "spec.yml", yaml.safe_dump(spec.to_dict(), sort_keys=False, allow_unicode=True))
        manifest.values |= {"spec_digest": spec.digest, "inputs": inputs, "seed": spec.seed}
        manifest.write()
        return folder
    changed = _changes(read_yaml(folder.root / "spec.yml"), spec.to_dict())
    before = {i["name"]: i["sha256"] for i in manifest.values["inputs"]}
    changed += [f"the content of {i['name']}" for i in inputs if before.get(i["name"]) != i["sha256"]]
    if changed:
        what = f"this folder was made under another specification; changed since: {'; '.join(changed)}"
        fix = "add --fresh (the earlier outputs are archived), or choose another folder with --outputs"
        raise JDLError(what, lab.short(folder.root), fix)
    return folder


def _changes(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[str]:
    changes = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            changes += _changes(old, new, f"{prefix}{key}.")
        elif old != new:
            changes.append(f"{prefix}{key} ({old} → {new})")
    return changes


def linkage_engine(lab: Lab, spec: RequestSpec) -> Engine:
    """What finds and compares candidates, as the request's data source says.

    Raises
    ------
    JDLError
        If that is Spark and it is not installed.
    """
    place = lab.data_source(spec)
    if place.linkage.engine == "duckdb":
        return compare_in_duckdb
    from .linkage.spark import SparkEngine  # an extra, like what it needs

    beside = Path(place.register_file).with_suffix(".linkage-index.parquet")
    return SparkEngine(place.linkage.master, lab.root / (place.linkage.index or beside))


class Stage:
    """One stage of one request, as its notebook sees it.

    Parameters
    ----------
    name : str
        A key of `lab.STAGES`.
    lab : Lab
    spec : RequestSpec
    folder : RequestFolder
    """

    def __init__(self, name: str, lab: Lab, spec: RequestSpec, folder: RequestFolder) -> None:
        self.name = name
        self.lab = lab
        self.spec = spec
        self.folder = folder
        self.register_file, self.submission_file = lab.source(spec)

    def __repr__(self) -> str:
        return f"stage {self.name} of request {self.spec.request}"

    @cached_property
    def register(self) -> Register:
        """The lab's register, opened read-only."""
        return Register.open(self.register_file)

    @cached_property
    def engine(self) -> Engine:
        """What linkage uses to find and compare candidates: DuckDB, or Spark."""
        return linkage_engine(self.lab, self.spec)

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.read(self.folder.manifest_file)

    @property
    def data_period(self) -> tuple[dt.date, dt.date]:
        """First and last day for which reoffending data exist: the request's settings, else the register's days."""
        return self.spec.intake.data_period((self.register.meta.data_start, self.register.meta.data_end))

    @property
    def marked_up_file(self) -> Path:
        """Where the organisation's workbook goes with its faults marked; it holds people, so it is restricted."""
        return self._place / f"marked-up-{self.submission_file.stem}.xlsx"

    @property
    def accepted(self) -> dict[str, str] | None:
        """Who accepted a balance outside the limit, and why; None if nobody did."""
        return self.manifest.last_event("balance accepted")

    def load(self, kind: type[R]) -> R:
        """The result of that kind an earlier stage saved; while exploring, what was saved exploring comes first."""
        explored = self.folder.exploratory / kind.__name__.lower()
        if self.is_exploring and explored.exists():
            return kind.load(explored)
        return kind.load(self.folder.restricted / kind.__name__.lower())

    def save(self, *results: Result) -> None:
        """Save results of this stage, each whole or not at all."""
        for result in results:
            result.save(self._place / type(result).__name__.lower())

    def write_findings(self, findings: Findings) -> None:
        """Write the findings; while exploring, marked as such and apart from those that a report is drawn from."""
        if self.is_exploring:
            findings.model_copy(update={"exploratory": True}).write(self.folder.exploratory / "findings.json")
        else:
            findings.write(self.folder.findings_file)

    @property
    def is_exploring(self) -> bool:
        """Whether somebody runs this notebook by hand, rather than `jdl run`."""
        return RUNNING not in os.environ

    @property
    def _place(self) -> Path:
        return self.folder.exploratory if self.is_exploring else self.folder.restricted

    def provenance(self) -> Provenance:
        """Where the numbers come from: specification, inputs, versions, seed, extract."""
        manifest, meta = self.manifest.values, self.register.meta
        return Provenance(
            spec_digest=self.spec.digest,
            inputs=tuple(manifest["inputs"]),
            toolkit_version=manifest["toolkit_version"],
            toolkit_commit=manifest["toolkit_commit"],
            packages={name: manifest["packages"][name] for name in PACKAGES},
            seed=self.spec.seed,
            data_start=meta.data_start,
            data_end=meta.data_end,
            extract=meta.extract,
            register_note=meta.note,
            synthetic=meta.synthetic,
            settings=self.spec.to_dict(),
        )

    def close(self, gate: str = PASSED, reason: str = "") -> Inset:
        """End the stage: record what its gate says, and show it.

        Parameters
        ----------
        gate : {"passed", "could not be answered", "closed"}
        reason : str
            Why, in words without any personal data.
        """
        if self.is_exploring:
            words = "EXPLORATORY: what this notebook saved lies apart. `jdl run` makes what is published."
            return Inset("warning", f"Gate of this stage: {gate}", f"{reason}\n\n{words}".strip())
        write_atomically(self.folder.closing(self.name), json.dumps({"gate": gate, "reason": reason}))
        tone = "note" if gate == PASSED else "warning"
        return Inset(tone, f"Gate of this stage: {gate}", reason or "Nothing stands in the way of the next stage.")

    def close_intake(self, submission: Submission) -> Inset:
        """Gate of the intake: enough people, and nothing that blocks the request.

        Raises
        ------
        JDLError
            With everything that the organisation must supply before the request can go on.
        """
        blockers = submission.request_blockers()
        few = [b for b in blockers if b.code == "too_few_people"]
        if len(few) < len(blockers):
            raise JDLError(Problem(b.message, f"{b.sheet} sheet", "ask the organisation for it") for b in blockers)
        return self.close(UNANSWERED, few[0].message) if few else self.close()

    def close_cohort(self, n_in_scope: int) -> Inset:
        """Gate of linkage and cohort: the minimum number of people in the analysis."""
        return self._close_minimum(n_in_scope, "people could be included in the analysis")

    def close_matching(self, n_matched: int, balance: Balance) -> Inset:
        """Gate of matching: enough matched people and no red covariate, unless an analyst accepted it with a reason."""
        if n_matched < self.spec.cohort.minimum_analysed:
            return self._close_minimum(n_matched, "people could be matched")
        if balance.passed:
            return self.close()
        if self.accepted:
            who, why = self.accepted["by"], self.accepted["reason"]
            return self.close(PASSED, f"Balance is outside the limit and was accepted by {who}: {why}")
        limit = self.spec.balance.amber_up_to
        return self.close(
            CLOSED, f"the worst standardised mean difference is {balance.worst:.3f}, above the limit of {limit}"
        )

    def _close_minimum(self, n: int, what: str) -> Inset:
        minimum = self.spec.cohort.minimum_analysed
        return self.close() if n >= minimum else self.close(UNANSWERED, f"{n} {what}; at least {minimum} are needed")


def open_stage(name: str, request: str, outputs: str = "outputs") -> Stage:
    """Open a stage of a request: the first line of every notebook from 01 to 04.

    Parameters
    ----------
    name : {"intake", "linkage", "matching", "outcomes"}
    request : str
        Id of the request (its file stands in ``parameters/requests``) or path of its YAML file.
    outputs : str
        Folder of all outputs.

    Raises
    ------
    JDLError
        If the request or its data are at fault, or its folder was made under another specification.
    GateClosed
        If an earlier stage has not been run, or its gate is not passed: outcomes stay closed until then.
    """
    lab = Lab.find()
    spec = lab.spec(request)
    folder = open_folder(lab, spec, lab.root / outputs)
    for earlier in list(STAGES)[: list(STAGES).index(name)]:
        said = read_closing(folder, earlier)
        if said["gate"] != PASSED:
            fix = "run the earlier stages first" if said["gate"] == "not run" else "see that stage's notebook"
            raise GateClosed(
                f"stage {earlier}: {said['gate']}. {said['reason']}".strip(), f"request {spec.request}", fix
            )
    stage = Stage(name, lab, spec, folder)
    if not stage.is_exploring:
        folder.closing(name).unlink(missing_ok=True)
    pd.set_option("display.max_colwidth", None)  # a message cut short is no message
    return stage


def read_closing(folder: RequestFolder, stage: str) -> dict[str, str]:
    """What a stage said when it closed; gate ``not run`` if it never did."""
    try:
        return json.loads(folder.closing(stage).read_text())
    except (OSError, ValueError):
        return {"gate": "not run", "reason": ""}
