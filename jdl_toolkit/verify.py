"""Are a request's results what its specification and inputs give? Made a second time, and compared.

Everything from the upload to the findings is done again in a folder of its own, from the same files and under what
people recorded. Nothing of the request's folder is read but what is compared. Nothing in it is written, but for its
copy of the report's settings where those have changed, as any command does that opens it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .errors import CouldNotBeAnswered, GateClosed, JDLError
from .findings import Findings
from .lab import Lab
from .lifecycle import UNANSWERABLE, has_same_figures, results_digest
from .manifest import Manifest, alone
from .run import run_request
from .spec import RequestSpec, differences
from .stage import RequestFolder, open_folder

#: Behind a request's name: the folder in which it is run a second time, removed when that is done, or by the next.
AGAIN = ".verify"
#: Places that are named where results differ; of more, how many they are.
_NAMED = 8


@dataclass(frozen=True)
class Verified:
    """What came of running a request a second time.

    Parameters
    ----------
    request : str
    digest, again : str
        SHA-256 of the results, without what people did with them: as they are kept, and as they came out again.
    has_same_figures : bool
        Whether every figure is the same. Results whose digests differ may have the same figures, made by another
        release of the toolkit or of a package.
    changed : tuple of str
        Where they differ: ``analyses.0.matching.caliper (0.05 → 0.1)``.
    """

    request: str
    digest: str
    again: str
    has_same_figures: bool
    changed: tuple[str, ...]

    @property
    def exit_status(self) -> int:
        """0, or 4 where a figure is another."""
        return 0 if self.has_same_figures else 4

    def __str__(self) -> str:
        if self.digest == self.again:
            return f"{self.request}: run again, the same results came out, to the byte (SHA-256 {self.digest[:12]}…)."
        if self.has_same_figures:
            said = f"{self.request}: run again, every figure came out the same. What else differs:"
        else:
            said = f"{self.request}: run again, OTHER RESULTS came out. As kept → as they came out again:"
        lines = [said, *(f"  {place}" for place in self.changed[:_NAMED])]
        lines += [f"  and {len(self.changed) - _NAMED:,} more"] if len(self.changed) > _NAMED else []
        return "\n".join(lines)


def verify_request(
    lab: Lab,
    request: str,
    outputs: Path,
    progress: Callable[[str, str, float], None] = lambda stage, state, share: None,
    engine: str = "",
) -> Verified:
    """Run a request a second time, from its upload to its findings, and compare.

    Parameters
    ----------
    lab : Lab
    request : str
        Id or YAML path of the request.
    outputs : Path
        Folder of all outputs.
    progress, engine
        As in `run.run_request`.

    Raises
    ------
    JDLError
        If it has no findings, somebody ended it without any, or its specification or inputs are no longer those of its
        folder: each that changed is named.
    GateClosed
        If a gate is closed that was open.
    """
    spec = lab.spec(request)
    folder = RequestFolder(outputs / spec.request)
    kept, manifest = _kept(lab, spec, folder)
    place = outputs / f".{spec.request}{AGAIN}"
    with alone(outputs, f"{spec.request}{AGAIN}", lab.short(place)):
        try:
            shutil.rmtree(place, ignore_errors=True)
            _begin(place / spec.request, manifest)
            try:
                run_request(lab, request, place, "outcomes", progress=progress, engine=engine, with_index=False)
            except CouldNotBeAnswered:
                pass  # its findings say why
            except GateClosed as closed:
                raise _closed_again(spec.request, closed) from None
            again = Findings.read(RequestFolder(place / spec.request).findings_file)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    # what the request's own folder keeps of earlier matches, a folder of one run cannot
    trace = {"matched_again": kept.provenance.matched_again}
    again = again.model_copy(update={"provenance": again.provenance.model_copy(update=trace)})
    digests = results_digest(kept), results_digest(again)
    changed = () if digests[0] == digests[1] else tuple(differences(_leaves(kept), _leaves(again)))
    return Verified(spec.request, *digests, digests[0] == digests[1] or has_same_figures(kept, again), changed)


def _closed_again(request: str, closed: GateClosed) -> GateClosed:
    """A gate that closed in the second run: its pages are gone with its folder, the way to see them is not."""
    fix = (
        f"its matching comes out otherwise than it is kept; to see how: jdl run {request} --fresh, in a copy of the lab"
    )
    return GateClosed([replace(one, what=f"run again, {one.what}", fix=fix) for one in closed.problems])


def _kept(lab: Lab, spec: RequestSpec, folder: RequestFolder) -> tuple[Findings, Manifest]:
    """The findings and the record of a request whose specification and inputs are as they were."""
    place = lab.short(folder.root)
    with alone(folder.root.parent, spec.request, place):
        manifest = Manifest.read(folder.manifest_file)
        if manifest.last_event(UNANSWERABLE) is not None:
            raise JDLError("somebody recorded that it could not be answered: there is nothing to verify", place)
        if not folder.findings_file.exists():
            raise JDLError("it has no findings yet", place, f"run it first: jdl run {spec.request}")
        open_folder(lab, spec, folder.root.parent)
        return Findings.read(folder.findings_file), manifest


def _begin(root: Path, manifest: Manifest) -> None:
    """A folder in which nothing is done yet, but which holds what people decided."""
    values = manifest.values
    begun = Manifest.new(root / "manifest.json", values["request"], values["spec_digest"], values["inputs"], 0)
    begun.values["events"] = values["events"]
    begun.write()


def _leaves(findings: Findings) -> dict[str, Any]:
    """The findings as nested values, lists by the number of each entry; without what people did with them."""
    people = {"draft", "sign_offs", "organisation_response", "version", "schema_version"}
    return _by_number(findings.model_dump(mode="json", exclude=people))


def _by_number(value: Any) -> Any:
    if isinstance(value, list):
        value = {str(i): entry for i, entry in enumerate(value)}
    return {key: _by_number(entry) for key, entry in value.items()} if isinstance(value, dict) else value
