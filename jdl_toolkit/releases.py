"""What was released: each version of a request's report in a folder of its own, which is never changed again.

``outputs/released/<request>/<version>/`` holds the report's files, ``findings.json`` and ``release.json``. It is all of
a request that may be put on a web site. A correction is a further version with its reason; both stay, and both are
listed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from .errors import JDLError, Problem
from .exploratory import MARK
from .findings import Findings
from .manifest import file_digest
from .spec import Model

#: Folder of all that was released, below the outputs folder.
RELEASED = "released"

#: The record of a release, beside its files.
RECORD = "release.json"


class Release(Model):
    """One version of a request's published report.

    Parameters
    ----------
    request : str
    version : int
        From 1; each correction has the next.
    released : date
    by : str
        Who released it.
    reason : str
        Why there is a further version; empty for the first.
    files : dict of str to str
        SHA-256 of every file of the version by its path below the version's folder, `RECORD` itself left out.
    toolkit_version : str
    answered : bool
        Whether there are results in it; False for the short report of a request that could not be answered.
    run : str
        When the run that it was made from was begun, as its manifest says; empty if that is not known.
    """

    request: str
    version: int = Field(ge=1)
    released: dt.date
    by: str
    reason: str = ""
    files: dict[str, str]
    toolkit_version: str
    answered: bool = True
    run: str = ""


def version_folder(outputs: Path, request: str, version: int) -> Path:
    """Where one version of a request's report lies."""
    return Path(outputs) / RELEASED / request / str(version)


def read_releases(outputs: Path, request: str = "*") -> list[Release]:
    """Every version that was released, of one request or of all, by request and version.

    Raises
    ------
    JDLError
        If a record cannot be read: what was published must be known before anything else is.
    """
    found = []
    for path in Path(outputs).glob(f"{RELEASED}/{request}/*/{RECORD}"):
        if path.parent.name.isdigit():
            found.append(_read(path))
    return sorted(found, key=lambda release: (release.request, release.version))


def _read(path: Path) -> Release:
    try:
        return Release.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as fault:
        where, fix = f"{path.parent.parent.name}/{path.parent.name}", "restore the folder from a copy; never edit it"
        raise JDLError(f"the record of a release cannot be read ({type(fault).__name__})", where, fix) from None


def latest(releases: list[Release]) -> dict[str, Release]:
    """By request, the version that stands: the last one."""
    return {release.request: release for release in releases}


def released_findings(outputs: Path, release: Release) -> Findings:
    """The findings that were published with a version.

    Raises
    ------
    JDLError
        If they cannot be read, or somebody put in their place what was made by hand.
    """
    findings = Findings.read(version_folder(outputs, release.request, release.version) / "findings.json")
    if findings.exploratory:
        where, fix = f"released/{release.request}/{release.version}", "restore the folder from a copy; never edit it"
        raise JDLError(f"its findings are not those that were published. {MARK}", where, fix)
    return findings


def files_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a version but its record, by its path below the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / RECORD)
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}


@dataclass(frozen=True)
class Checked:
    """A version that was released, held to its record.

    Parameters
    ----------
    release : Release
    is_latest : bool
        Whether it stands, or is superseded.
    changed, missing, added : tuple of str
        Files that are not what was released.
    """

    release: Release
    is_latest: bool
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        """``stands`` or ``superseded``."""
        return "stands" if self.is_latest else "superseded"

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with its files."""
        where = f"released/{self.release.request}/{self.release.version}"
        kinds = (("changed", self.changed), ("missing", self.missing), ("not part of the release", self.added))
        fix = "restore the folder from a copy: what was released is never edited"
        return [Problem(f"{what}: {', '.join(files)}", where, fix) for what, files in kinds if files]


def check_releases(outputs: Path, request: str = "*") -> list[Checked]:
    """Hold every released file to the record of its release.

    Raises
    ------
    JDLError
        If a record cannot be read.
    """
    releases = read_releases(outputs, request)
    last = {release.request: release.version for release in releases}
    return [_checked(outputs, release, last[release.request] == release.version) for release in releases]


def _checked(outputs: Path, release: Release, is_latest: bool) -> Checked:
    held = files_of(version_folder(outputs, release.request, release.version))
    changed = tuple(name for name, digest in release.files.items() if held.get(name, digest) != digest)
    missing, added = (tuple(sorted(a - b)) for a, b in ((release.files.keys(), held), (held.keys(), release.files)))
    return Checked(release, is_latest, changed, missing, added)
