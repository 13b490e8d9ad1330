"""The runs of a request as they lie on disk: the latest in its folder, earlier ones in the archive."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import numbers
from ..blinding import archived_folders
from ..errors import JDLError, Problem
from ..findings import Findings
from ..manifest import Manifest, digests_of_inputs
from ..render.content import read_report
from ..render.parts import Report
from ..render.report import titles
from ..spec import read_yaml


@dataclass(frozen=True)
class Run:
    """One run of a request, as far as it got.

    Parameters
    ----------
    name : str
        Of its folder; an archived one ends with the time at which it was archived.
    folder : Path
    request : str
    status : str
    settings : dict
        Its specification, all defaults filled in.
    inputs : dict
        Name of each input -> SHA-256.
    findings : Findings or None
        None if the run ended before there were any.
    reports : dict
        Analysis -> its report, for every analysis that has one.
    begun : str
        When it was begun, as its manifest says: a time of day with its zone.
    """

    name: str
    folder: Path
    request: str
    status: str
    settings: dict[str, Any]
    inputs: dict[str, str]
    findings: Findings | None
    reports: dict[str, Report]
    begun: str = ""

    @property
    def called(self) -> str:
        """What readers know the run by: ``begun on 13 March 2014 at 09:30, archived on 1 May 2014 at 10:00``."""
        stamp = re.search(r"-(\d{8}T\d{6})\d*$", self.name)
        times = {"begun": _time(self.begun), "archived": _time(stamp.group(1)) if stamp else None}
        said = (f"{what} on {numbers.date(at)} at {at:%H:%M}" for what, at in times.items() if at is not None)
        return ", ".join(said) or "at a time that is not recorded"


def two_runs(first: str, second: str | None, outputs: Path) -> tuple[Run, Run]:
    """The earlier and the later run; with one name alone, that request's latest archived run and its current one.

    Parameters
    ----------
    first, second : str
        A request, an archived folder by its name, or the path of a run's folder.
    outputs : Path
        The outputs folder of the lab.

    Raises
    ------
    JDLError
        If a run is not there, both are the same folder, or they are of two requests. All faults at once.
    """
    if second is None:
        folder = find_folder(first, outputs)
        archived = archived_folders(folder)
        if not archived:
            fix = "name two runs, or run the request again with --fresh"
            raise JDLError("there is no archived run to compare it with", f"request {first}", fix)
        return open_run(archived[0]), open_run(folder)
    found, faults = [], []
    for name in (first, second):
        try:
            found.append(open_run(find_folder(name, outputs)))
        except JDLError as fault:
            faults += fault.problems
    if faults:
        raise JDLError(faults)
    before, after = found
    if before.folder.resolve() == after.folder.resolve():
        raise JDLError("both names are of the same run", first, "name an earlier run; archived ones lie in archive/")
    if before.request != after.request:
        where = f"{before.name}, {after.name}"
        fix = "compare an archived run of a request with its current one"
        raise JDLError(f"these are runs of two requests, {before.request} and {after.request}", where, fix)
    return before, after


def find_folder(name: str, outputs: Path) -> Path:
    """The folder of a run, by a request's name, an archived folder's name, or a path.

    Raises
    ------
    JDLError
        If there is none; with the archived runs of a request of that name.
    """
    places = [outputs / name, outputs / "archive" / name, Path(name), Path(name).parent]
    for place in places:
        if (place / "manifest.json").is_file() and (place != Path(name).parent or Path(name).is_file()):
            return place.resolve()
    known = [folder.name for folder in archived_folders(outputs / name)]
    fix = f"archived runs: {', '.join(known)}" if known else "name a request, an archived folder or the path of a run"
    raise JDLError("there is no run here", name, fix)


def open_run(folder: Path) -> Run:
    """Read a run: manifest, specification, findings and reports.

    Raises
    ------
    JDLError
        If the manifest, the specification or the findings cannot be read.
    """
    manifest = Manifest.read(folder / "manifest.json").values
    faults = [
        Problem(f"the manifest has no {key}", folder.name) for key in ("request", "status") if key not in manifest
    ]
    if faults:
        raise JDLError(faults)
    path = folder / "findings.json"
    findings = Findings.read(path) if path.is_file() else None
    inputs = digests_of_inputs(manifest)
    settings = {key: value for key, value in read_yaml(folder / "spec.yml").items() if key != "submission"}
    reports = _reports(folder, findings) if findings is not None else {}
    known = (folder.name, folder, manifest["request"], manifest["status"], settings, inputs, findings, reports)
    return Run(*known, begun=str(manifest.get("created", "")))


def _time(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _reports(folder: Path, findings: Findings) -> dict[str, Report]:
    """The first analysis's report lies in ``report/``, each further one's in a folder of its own below."""
    found = {}
    for place, analysis in enumerate(findings.analyses):
        notebook = folder / "report" / (analysis.id if place else "") / "report.ipynb"
        if notebook.is_file():
            found[analysis.id] = read_report(_content(notebook), *titles(findings.about(analysis.id)))
    return found


def _content(notebook: Path) -> dict[str, Any]:
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise JDLError("the report's notebook is unreadable", f"{notebook.parent.name}/{notebook.name}") from None
