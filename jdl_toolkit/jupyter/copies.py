"""The notebooks of a request, copied to where somebody may explore with them; the executed ones stay untouched."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ..errors import JDLError
from ..findings import Findings, Status
from ..lab import LAB_FILE, MAIN, OF_ANALYSIS, STAGES, Lab, RequestFolder
from ..manifest import Manifest
from ..result import write_atomically
from ..stage import PASSED, read_closing
from .notes import EXPLORE, copy_of

#: What was copied, by its digest, so that a copy that somebody edited is known.
RECORD = ".copied.json"

NOT_ANSWERED = "05_not_answered"

#: What is said of the gate of a stage that did not come to its end.
NOT_RUN = "not run"


@dataclass(frozen=True)
class Prepared:
    """The notebooks of a request, ready to be opened.

    Parameters
    ----------
    folder : Path
    first : Path
        The notebook to open first: of a stage that stopped, else of matching, else of the first stage not run.
    kept : tuple of Path
        Copies that somebody edited and that stay as they are.
    renamed : tuple of Path
        Edited copies of an earlier run, under the names they have now; new ones lie in their place.
    """

    folder: Path
    first: Path
    kept: tuple[Path, ...] = ()
    renamed: tuple[Path, ...] = ()

    def opened_first(self, analysis: str | None = None) -> Path:
        """The notebook to open first, of the analysis that is asked for.

        Raises
        ------
        JDLError
            If there is no notebook of that analysis.
        """
        if analysis in (None, MAIN):
            return self.first
        place = self.folder / analysis
        there = sorted(path.name for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        if analysis in there:
            place = self.folder / analysis
            return next(path for path in (place / self.first.name, *sorted(place.glob("*.ipynb"))) if path.is_file())
        fix = f"there are: {', '.join(there)}" if there else "leave --analysis out: the request holds one alone"
        raise JDLError(f"there is no analysis `{analysis}` with notebooks to explore", "--analysis", fix)


@dataclass(frozen=True)
class _Source:
    """A notebook to be copied: the one that was executed, or its template."""

    name: str
    analysis: str
    file: Path


def prepare_notebooks(lab: Lab, request: str, outputs: Path) -> Prepared:
    """Copy the notebooks of a request to ``restricted/exploratory/notebooks``, each whole or not at all.

    Those that were executed come with their outputs; of stages that were not, the template. An edited copy is never
    written over: it stays while the run it was copied from stands, and gets another name once that was made anew.

    Parameters
    ----------
    lab : Lab
    request : str
        Id of the request.
    outputs : Path
        Folder of all outputs, inside the lab or elsewhere.

    Raises
    ------
    JDLError
        If the request has not been run, at least up to its intake.
    """
    outputs = Path(outputs).resolve()
    folder = RequestFolder(outputs / request)
    if not folder.manifest_file.exists() or read_closing(folder, "intake")["gate"] == NOT_RUN:
        what, fix = "this request has not been run yet, so there is nothing to explore", f"jdl run {request}"
        raise JDLError(what, lab.short(folder.root), f"run it first, at least its intake: {fix} --until intake")
    place = outputs.relative_to(lab.root) if outputs.is_relative_to(lab.root) else outputs
    record_file, kept, renamed = folder.by_hand() / RECORD, [], []
    record, targets = _read_record(record_file), {}
    for source in _sources(lab, folder):
        given = {"request": request, "outputs": place.as_posix(), "analysis": source.analysis}
        copy = copy_of(nbformat.read(source.file, as_version=4), source.name, given)
        target = folder.by_hand(source.analysis) / f"{source.name}.ipynb"
        targets[source.name, source.analysis], key = target, str(target.relative_to(folder.by_hand()))
        if target.exists() and _digest(target.read_bytes()) != record.get(key):
            if record.get(key) == _digest(copy.encode()):
                kept.append(target)
                continue
            renamed.append(_renamed(target))
        if not target.exists() or record.get(key) != _digest(copy.encode()):
            write_atomically(target, copy)
        record[key] = _digest(copy.encode())
        _sign(copy)
    write_atomically(record_file, json.dumps(record, indent=1))
    if not folder.by_hand().is_relative_to(lab.root):  # a notebook finds its lab from where it lies
        write_atomically(folder.by_hand() / LAB_FILE, f"{lab.root}\n")
    return Prepared(folder.by_hand(), _first(folder, targets), tuple(kept), tuple(renamed))


@dataclass(frozen=True)
class BroughtOver:
    """Notebooks of an archived run that stay where they were, in the folder of the new one.

    Parameters
    ----------
    folder : Path
    edited : tuple of str
        Names of those that somebody edited.
    """

    folder: Path
    edited: tuple[str, ...]


def bring_over(archived: RequestFolder, folder: RequestFolder) -> BroughtOver | None:
    """Put the notebooks that somebody explored with back to where they lay before their run was archived.

    In one rename, so that JupyterLab goes on with those that are open there. The next `prepare_notebooks` gives edited
    ones another name, and makes the others anew. None if there are none, or the new run has some already.
    """
    if not archived.by_hand().is_dir() or folder.by_hand().exists():
        return None
    folder.exploratory.mkdir(parents=True, exist_ok=True)
    os.replace(archived.by_hand(), folder.by_hand())
    place, record = folder.by_hand(), _read_record(folder.by_hand() / RECORD)
    there = [path for path in sorted(place.rglob("*.ipynb")) if path.parent.name != ".ipynb_checkpoints"]
    edited = [path for path in there if record.get(str(path.relative_to(place))) != _digest(path.read_bytes())]
    return BroughtOver(place, tuple(path.relative_to(place).with_suffix("").as_posix() for path in edited))


def _sources(lab: Lab, folder: RequestFolder) -> Iterator[_Source]:
    """Which notebooks there are to copy: of the request, then of each analysis that goes on after linkage."""
    manifest = Manifest.read(folder.manifest_file)
    for stage in ("intake", "linkage"):
        yield _Source(STAGES[stage], MAIN, _executed(lab, folder, manifest, stage, MAIN))
    said = read_closing(folder, "linkage")
    for analysis in [name for name, one in said.get("analyses", {}).items() if one["gate"] == PASSED]:
        for stage in OF_ANALYSIS:
            yield _Source(STAGES[stage], analysis, _executed(lab, folder, manifest, stage, analysis))
        if lab.notebook(EXPLORE).is_file():
            yield _Source(EXPLORE, analysis, lab.notebook(EXPLORE))
    yield from _reports(lab, folder)


def _executed(lab: Lab, folder: RequestFolder, manifest: Manifest, stage: str, analysis: str) -> Path:
    """The notebook of a stage as it was executed to its end, else its template."""
    record = stage if analysis == MAIN else f"{stage}/{analysis}"
    executed = folder.executed(stage, analysis)
    done = manifest.stage(record).get("status") == "done" and executed.is_file()
    return executed if done else lab.notebook(STAGES[stage])


def _reports(lab: Lab, folder: RequestFolder) -> Iterator[_Source]:
    """The notebooks of the reports, as published; a template for an analysis that has none yet."""
    try:
        analyses = Findings.read(folder.findings_file).analyses
    except JDLError:
        analyses = ()
    for i, one in enumerate(analyses):
        name = STAGES["report"] if one.status is Status.reported else NOT_ANSWERED
        made = (folder.report / one.id if i else folder.report) / "report.ipynb"
        yield _Source(name, one.id, made if made.is_file() else lab.notebook(name))


def _first(folder: RequestFolder, targets: dict[tuple[str, str], Path]) -> Path:
    """Where to look first: a stage that stopped; else matching, where most is to be tried; else what was not run."""
    of_stages = {(stage, a): targets[n, a] for stage, n in STAGES.items() for name, a in targets if name == n}
    gates = {(stage, a): read_closing(folder, stage, a)["gate"] for stage, a in of_stages}
    stopped = [of_stages[one] for one, gate in gates.items() if gate not in (PASSED, NOT_RUN)]
    matching = [target for (stage, _), target in of_stages.items() if stage == "matching"]
    not_run = [of_stages[one] for one, gate in gates.items() if gate == NOT_RUN]
    return next(iter([*stopped, *matching, *not_run, *targets.values()]))


def _renamed(edited: Path) -> Path:
    """Give an edited copy a name that says when it was last edited."""
    at = dt.datetime.fromtimestamp(edited.stat().st_mtime).strftime("%Y-%m-%d-%H%M%S")
    target, n = edited.with_name(f"{edited.stem}-edited-{at}.ipynb"), 1
    while target.exists():
        n += 1
        target = edited.with_name(f"{edited.stem}-edited-{at}-{n}.ipynb")
    os.replace(edited, target)
    return target


def _sign(copy: str) -> None:
    """Tell Jupyter that what the copy shows was made here: of others it leaves out drawings."""
    from nbformat.sign import NotebookNotary  # here: it loads a database

    NotebookNotary().sign(nbformat.reads(copy, as_version=4))


def _read_record(file: Path) -> dict[str, str]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
