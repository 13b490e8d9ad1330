"""`manifest.json`: what was run, on which inputs, how long each stage took, which gates it passed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import filelock

from . import __version__
from .errors import JDLError, UnderWay, read_text
from .result import write_atomically

#: Packages that numbers depend on; their versions stand in every manifest.
PACKAGES = (
    "duckdb",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "splink",
    "statsmodels",
    "matplotlib",
    "papermill",
    "typst",
)

#: What an input is called on record: an upload's file may have the name of a client.
UPLOAD, REGISTER = "upload", "register"
#: In the manifest, which texts of the request hold the full name of somebody of the upload: no record shows them.
WITHHELD = "withheld"
NOT_SHOWN = "(name not shown)"


def now() -> str:
    """The time of day, to the second, with its zone."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def toolkit_commit() -> str | None:
    """Commit of the checkout the toolkit runs from, with ``+`` when files were changed; None for an installed wheel."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        ask = ["git", "-C", str(root)]
        commit = subprocess.run(
            [*ask, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout
        dirty = subprocess.run([*ask, "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.strip() + ("+" if dirty.stdout.strip() else "")


def _is_record(values: Any) -> bool:
    """Whether a manifest holds what one must, of the kind that it must be."""
    kinds = {"request": str, "status": str, "spec_digest": str, "inputs": list, "stages": dict, "events": list}
    kinds |= {"toolkit_version": str, "packages": dict}
    if not isinstance(values, dict) or not all(isinstance(values.get(key), kind) for key, kind in kinds.items()):
        return False
    has_status = (isinstance(one, dict) and _is_stage(one) for one in values["stages"].values())
    has_event = (isinstance(one, dict) and _is_event(one) for one in values["events"])
    has_digest = (isinstance(one, dict) and {"name", "sha256"} <= one.keys() for one in values["inputs"])
    return all(has_status) and all(has_event) and all(has_digest)


def _is_stage(said: dict[str, Any]) -> bool:
    """Whether it says how a stage ended, when if it did, and what is misplaced in a report as a list."""
    try:
        dt.datetime.fromisoformat(said.get("ended", "2000-01-01"))
    except (TypeError, ValueError):
        return False
    return isinstance(said.get("status"), str) and isinstance(said.get("misplaced", []), list)


def _is_event(said: dict[str, Any]) -> bool:
    """Whether it says what was done, by whom and on which day, as `Manifest.record_event` does."""
    try:
        dt.date.fromisoformat(said["date"])
    except (KeyError, TypeError, ValueError):
        return False
    return isinstance(said.get("event"), str) and isinstance(said.get("by"), str)


def package_versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


@contextmanager
def alone(outputs: Path, request: str, place: str = "") -> Iterator[None]:
    """Hold a request's folder while the block runs, so that no two processes write its manifest.

    Raises
    ------
    UnderWay
        If another process holds it.
    """
    try:
        with filelock.FileLock(_lock_file(outputs, request), timeout=0.2):  # who only looks has it for less
            yield
    except filelock.Timeout:
        fix = "wait until it has ended, or choose another folder with --outputs"
        raise UnderWay("another run of this request is under way", place or request, fix) from None


def is_under_way(outputs: Path, request: str) -> bool:
    """Whether a process holds the request's folder now."""
    if not _lock_file(outputs, request).exists():
        return False
    try:
        with filelock.FileLock(_lock_file(outputs, request), timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # somebody else's folder: nothing is known of it
        return True


def _lock_file(outputs: Path, request: str) -> Path:
    return outputs / f".{request}.lock"


def digests_of_inputs(values: Mapping[str, Any]) -> dict[str, str]:
    """Digest of the upload and of the register, of a manifest's values; older ones call the upload by its file."""
    inputs = values.get("inputs", ())
    return {REGISTER if one["name"] == REGISTER else UPLOAD: one["sha256"] for one in inputs}


class Manifest:
    """The record of one request's folder, written whole after every change.

    Parameters
    ----------
    path : Path
        ``outputs/<request>/manifest.json``.
    values : dict
        Its content; see `outputs/README.md`.
    """

    def __init__(self, path: Path, values: dict[str, Any]) -> None:
        self.path = path
        self.values = values

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest.

        Raises
        ------
        JDLError
            If there is none or it cannot be read.
        """
        try:
            values = json.loads(read_text(path))
            if not _is_record(values):
                raise ValueError
            return cls(path, values)
        except FileNotFoundError:
            raise JDLError("there is no manifest", str(path), "run the request with `jdl run`") from None
        except PermissionError:
            raise
        except (OSError, ValueError, RecursionError):
            raise JDLError("the manifest is unreadable", str(path), "run the request again with --fresh") from None

    @classmethod
    def new(cls, path: Path, request: str, spec_digest: str, inputs: list[dict[str, str]], seed: int) -> Manifest:
        values = {"request": request, "status": "received", "spec_digest": spec_digest, "inputs": inputs, "seed": seed}
        values |= {"toolkit_version": __version__, "toolkit_commit": toolkit_commit(), "packages": package_versions()}
        return cls(path, values | {"created": now(), "stages": {}, "events": []})

    def stage(self, name: str) -> dict[str, Any]:
        """The record of one stage (``matching``, or ``matching/custody`` of one analysis); empty before it ran."""
        return self.values["stages"].get(name, {})

    def record_stage(self, name: str, **values: Any) -> None:
        """Replace the record of a stage and write the manifest."""
        self.values["stages"][name] = values
        self.write()

    def record_event(
        self, event: str, by: str, reason: str = "", date: str = "", analysis: str = "main", **more: str
    ) -> None:
        """Append a person's decision (balance accepted, …) and write the manifest."""
        said = {"event": event, "analysis": analysis, "by": by, "reason": reason, "date": date or now()[:10]}
        self.values["events"].append(said | more)
        self.write()

    def last_event(self, event: str, analysis: str = "main") -> dict[str, str] | None:
        """The latest decision of that kind about an analysis; None if there is none."""
        events = reversed(self.values["events"])
        return next((e for e in events if e["event"] == event and e.get("analysis", "main") == analysis), None)

    def write(self) -> None:
        write_atomically(self.path, json.dumps(self.values, indent=1) + "\n")
