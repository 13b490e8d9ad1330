"""A lab to do harm to: the base that trials copy, what an undisturbed run of it gives, and ways of running `jdl`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import yaml

from ... import execution
from ...lab import STAGES, Lab, RequestFolder, lay_out
from ...result import write_atomically
from ...synthetic.demonstration import synthesise
from ..cheap import CHEAP, FOUNDATION

REQUEST = "fault-trial"

#: Seconds after which a process that has not ended is taken to hang. One takes ten, on a machine with nothing else to
#: do; on one that is crowded a hundred times as long was seen.
LONGEST = 900


@dataclass(frozen=True)
class Told:
    """How a process of `jdl` ended, and what it said.

    Parameters
    ----------
    status : int
        Exit status; negative: the signal that ended it.
    out, err : str
    hung : bool
        It had to be ended.
    """

    status: int
    out: str
    err: str
    hung: bool = False

    @property
    def said(self) -> str:
        return f"{self.out}\n{self.err}"


class Running:
    """A process of `jdl` that has been started; in a group of its own, so that all it started can be counted."""

    def __init__(self, process: Any, out: Path, err: Path) -> None:
        self.process, self._out, self._err = process, out, err

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process.is_alive() if hasattr(self.process, "is_alive") else self.process.poll() is None

    def wait(self, seconds: float = LONGEST) -> Told:
        """Wait for its end; a process that does not end is killed, and said to hang."""
        until = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        hung = self.is_alive()
        if hung:
            os.kill(self.pid, signal.SIGKILL)
        if hasattr(self.process, "exitcode"):
            self.process.join()
            status = self.process.exitcode
        else:
            status = self.process.wait()
        texts = [path.read_text("utf-8", "replace") if path.exists() else "" for path in (self._out, self._err)]
        return Told(status, *texts, hung)


def _be_jdl(arguments: tuple[str, ...], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    """What a forked process does: it is `jdl`, typed in a folder."""
    execution.end_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, number in ((out, 1), (err, 2)):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdout, sys.stderr = (os.fdopen(os.dup(n), "w", encoding="utf-8", errors="backslashreplace") for n in (1, 2))
    os.environ.update(environment)
    os.chdir(folder)
    from ...cli import main

    try:
        main(list(arguments), prog_name="jdl")
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()


@dataclass(frozen=True)
class Bench:
    """The folder of the whole part: its base, and the labs of the trials."""

    folder: Path

    @property
    def base(self) -> Lab:
        return Lab(self.folder / "base" / "lab")

    @property
    def states(self) -> Path:
        """The outputs of the undisturbed run as they were after each stage."""
        return self.folder / "base" / "after"

    def prepare(self, persons: int, seed: int, stages: Sequence[str] = tuple(STAGES)) -> None:
        """Make what is missing of the base: the lab with an invented register, and the undisturbed run of it."""
        if not (self.base.root / "parameters" / "defaults.yml").exists():
            making = self.folder / "base" / "making"
            shutil.rmtree(making, ignore_errors=True)
            lab = lay_out(making)
            for path in (lab.root / "parameters" / "requests").glob("*.yml"):
                path.unlink()
            synthesise(lab.root / "data" / "demo", persons, seed)
            for spare in ("register", "bridges-2013.xlsx", "bridges_links.parquet"):
                place = lab.root / "data" / "demo" / spare
                shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
            request = lab.root / "parameters" / "requests" / f"{REQUEST}.yml"
            asked = {"request": REQUEST} | FOUNDATION | CHEAP
            request.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
            os.replace(making, self.base.root)
        for stage in stages:
            if not (self.states / stage).exists():
                told = self.jdl(self.base.root, "run", REQUEST, "--until", stage)
                if told.status:
                    raise RuntimeError(f"the undisturbed run ended with {told.status} at {stage}: {told.err[-800:]}")
                making = self.states / f".{stage}"
                shutil.rmtree(making, ignore_errors=True)
                shutil.copytree(self.base.root / "outputs", making)
                os.replace(making, self.states / stage)

    def lab(self, name: str, after: str = "") -> Lab:
        """A copy of the base of one's own, with the outputs of the undisturbed run up to a stage ("": none)."""
        root = self.folder / "labs" / name
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.base.root, root, ignore=shutil.ignore_patterns("outputs"))
        if after:
            shutil.copytree(self.states / after, root / "outputs")
        else:
            (root / "outputs").mkdir()
        return Lab(root)

    def start(self, root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Running:
        """Start `jdl` in a lab: a process forked from one that has everything imported."""
        out, err = _screens(root)
        given = (arguments, str(root), dict(environment or {}), str(out), str(err))
        process = execution.context().Process(target=_be_jdl, args=given)
        execution.start(process)
        return Running(process, out, err)

    def jdl(self, root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Told:
        """Run `jdl` in a lab to its end."""
        return self.start(root, *arguments, environment=environment).wait()

    def spawn(self, root: Path, *arguments: str, before: Sequence[str] = (), **options: Any) -> Running:
        """Start `jdl` as a shell would, everything imported anew; `options` as of `subprocess.Popen`."""
        out, err = _screens(root)
        command = [*before, sys.executable, "-c", "from jdl_toolkit.cli import main; main(prog_name='jdl')", *arguments]
        options = {"env": dict(os.environ), "stdin": subprocess.DEVNULL, "start_new_session": True} | options
        with open(out, "wb") as to, open(err, "wb") as errors:
            process = subprocess.Popen(command, cwd=root, **{"stdout": to, "stderr": errors} | options)
        return Running(process, out, err)

    @cached_property
    def findings(self) -> dict[str, Any]:
        """What the undisturbed run found; what it published, too, if it went on to the report."""
        if (self.states / "report").exists():
            return findings_of(self.states / "report", "report")
        return {"findings": {"analyses": findings_of(self.states / "outcomes", "outcomes")["findings"]}}

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """What nothing that is shown may hold: full names, days of birth and identifiers of people of the upload."""
        from ...submission import Submission

        people = Submission.load(RequestFolder(self.states / "linkage" / REQUEST).restricted / "submission").people
        found = []
        for person in people.head(400).to_dict("records"):
            names = [str(person.get(part) or "") for part in ("forename", "surname")]
            found += [" ".join(names)] if all(len(name) > 2 for name in names) else []
            born = person.get("dob")
            found += [f"{born:%Y-%m-%d}", f"{born:%d/%m/%Y}"] if pd.notna(born) else []
            found += [str(person[key]) for key in ("pnc_id", "prison_number") if len(str(person.get(key) or "")) > 6]
        return tuple(dict.fromkeys(found))


def _screens(root: Path) -> tuple[Path, Path]:
    """Where a process prints; below the bench, outside the lab, which may be full or closed."""
    place = root.parent / "screens"
    place.mkdir(parents=True, exist_ok=True)
    number = f"{root.name}-{time.monotonic_ns()}"
    return place / f"{number}.out", place / f"{number}.err"


def findings_of(outputs: Path, stage: str) -> dict[str, Any]:
    """What a run found: its findings but for the commit of the toolkit, and after the report each published file.

    The executed notebook tells when each cell ran, and is left out.
    """
    folder = RequestFolder(outputs / REQUEST)
    findings = json.loads(folder.findings_file.read_text("utf-8"))
    commit = findings["provenance"].pop("toolkit_commit", None)
    if stage != "report":
        return {"findings": findings["analyses"]}
    files = [p for p in sorted(folder.report.rglob("*")) if p.is_file() and p.suffix != ".ipynb"]
    return {
        "findings": findings,
        "commit": commit,
        "files": {str(p.relative_to(folder.report)): p.read_bytes() for p in files},
    }


def kernels_of(root: Path) -> list[psutil.Process]:
    """The processes that execute notebooks of a lab now."""
    found = []
    for process in psutil.process_iter(["pid"]):
        try:
            if process.cwd() == str(root) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


def stage_begun(root: Path, stage: str) -> bool:
    """Whether the log of a run says that a stage was started."""
    log = root / "outputs" / REQUEST / "run.log"
    try:
        return f"stage {stage} started" in log.read_text("utf-8", "replace")
    except OSError:
        return False


def manifest_of(root: Path) -> dict[str, Any]:
    return json.loads((root / "outputs" / REQUEST / "manifest.json").read_text("utf-8"))


def change_manifest(root: Path, **values: Any) -> None:
    """Write a manifest with other values, as another version or another clock would have left it."""
    path = root / "outputs" / REQUEST / "manifest.json"
    write_atomically(path, json.dumps(manifest_of(root) | values, indent=1) + "\n")
