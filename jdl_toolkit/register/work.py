"""The work folder of a build: one builder at a time, finished steps kept, everything renamed into place at the end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from ..errors import JDLError

#: Table of the unfinished register: a row for each finished step, committed after what the step has made.
_STEPS = "register.build_step"


class Work:
    """What an interrupted build left, or the beginning of a new one.

    Parameters
    ----------
    out : Path
        The register to be made; the folder lies beside it.
    fingerprint : str
        Of all that the register depends on; what was left by a build of another fingerprint is thrown away.
    """

    def __init__(self, out: Path, fingerprint: str) -> None:
        self.out, self.fingerprint = out, fingerprint
        self.folder = work_folder(out)
        self.draft = self.folder / "register.duckdb"
        self.set_aside = self.folder / "set-aside"

    def attach(self, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        """Attach the draft as ``register``; returns the notes of the steps that are finished."""
        key = self.folder / "fingerprint"
        if not key.is_file() or key.read_text() != self.fingerprint:
            self.clear()
        try:
            return self._attach(con)
        except (duckdb.Error, json.JSONDecodeError):  # killed within its first moments, or damaged
            con.execute("DETACH DATABASE IF EXISTS register")
            self.clear()
            return self._attach(con)

    def _attach(self, con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        (self.folder / "fingerprint").write_text(self.fingerprint)
        con.execute("ATTACH '" + str(self.draft).replace("'", "''") + "' AS register")
        con.execute(f"CREATE TABLE IF NOT EXISTS {_STEPS} (step VARCHAR, note VARCHAR)")
        return {step: json.loads(note) for step, note in con.execute(f"FROM {_STEPS}").fetchall()}

    def finish_step(self, con: duckdb.DuckDBPyConnection, step: str, note: Any) -> None:
        """Record a step; whatever it made is in the draft by now."""
        con.execute(f"INSERT INTO {_STEPS} VALUES (?, ?)", [step, json.dumps(note)])
        con.execute("CHECKPOINT register")

    def clear(self) -> None:
        """Throw away everything but the lock."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()

    def publish(self) -> Path | None:
        """Rename the register, and the rows set aside, into place; returns the folder of the latter, if any."""
        beside = self.out.with_name(self.out.name + ".set-aside")
        shutil.rmtree(beside, ignore_errors=True)
        if self.set_aside.is_dir() and any(self.set_aside.iterdir()):
            self.set_aside.replace(beside)
        self.draft.replace(self.out)
        return beside if beside.is_dir() else None


def work_folder(out: Path) -> Path:
    """Where the build of a register keeps its work."""
    return out.with_name(f".{out.name}.building")


def _make_folder(out: Path) -> Path:
    """Make the work folder, if a register may be written beside it."""
    if out.is_dir():
        raise JDLError("there is a folder of this name", where=str(out), fix="name a file to write")
    if out.is_file() and not _is_database(out):
        fix = "name another file to write; this one was left as it is"
        raise JDLError("there is a file of this name, and it is no register", where=str(out), fix=fix)
    folder = work_folder(out)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "lock").touch()
    except OSError:
        fix = "name a file in a folder where you may write"
        raise JDLError("nothing can be written here", where=str(out.parent), fix=fix) from None
    return folder


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


@contextmanager
def stopped_by_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end in KeyboardInterrupt, whatever DuckDB and Splink make of it on the way."""
    try:
        yield
    except Exception as fault:
        cause: BaseException | None = fault
        while cause is not None:
            if isinstance(cause, RuntimeError | duckdb.Error) and "interrupted" in str(cause).lower():
                raise KeyboardInterrupt from None
            cause = cause.__cause__ or cause.__context__
        raise


@contextmanager
def only_builder(out: Path) -> Iterator[None]:
    """Hold the work folder; it goes when nothing in it is worth keeping.

    Raises
    ------
    JDLError
        If another build of the same register is running, or the register cannot be written there.
    """
    folder = _make_folder(out)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        fix = "wait until it has ended, or name another file to write"
        raise JDLError("another build of this register is running", where=str(out), fix=fix) from None
    try:
        yield
    finally:
        if set(os.listdir(folder)) <= {"lock", "fingerprint"}:
            shutil.rmtree(folder)
        lock.release()
