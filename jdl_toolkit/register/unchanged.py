"""Whether a prepared register is still what it was when it was first used.

The digest that stands in a register was taken of its rows when it was built. Somebody who writes into the file changes
the rows and not the digest. So the whole file is digested when a lab first uses it, and remembered with its size and
times; while these stay nothing is read again. Other bytes need not be other rows (the same extract may have been
prepared anew): then, which takes long, the rows themselves are held to the register's digest.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb

from ..errors import JDLError
from ..result import write_atomically
from .loading import content_of
from .schema import SCHEMA_VERSION, TABLES
from .store import Register

#: Columns that the build adds to the table ``meta`` once it has taken the digest.
_ADDED = ("schema_version", "digest")


def content_digest(register: Register) -> str:
    """SHA-256 of the rows of a register, as they are; the build's own, if nobody changed them."""
    contents = [content_of(register._connection, table, _ADDED)[1] for table in TABLES]
    return hashlib.sha256("\n".join([SCHEMA_VERSION, *contents]).encode()).hexdigest()


def require_as_prepared(register: Register, kept: Path) -> None:
    """Hold a register to what it was when it was first used.

    Parameters
    ----------
    register : Register
    kept : Path
        Folder of all outputs, in which that is remembered.

    Raises
    ------
    JDLError
        If its rows are not those that it was prepared with, or cannot be read.
    """
    path = Path(register.path).resolve()
    note = kept / f".register-{register.digest[:16]}.json"
    before, marks = _remembered(note), _marks(path)
    if before["marks"].get(str(path)) == marks:
        return
    digest = _digest(path)
    is_same = not before["sha256"] or digest in before["sha256"]
    if not is_same:
        try:
            is_same = content_digest(register) == register.digest
        except duckdb.Error:  # a part that cannot be read
            is_same = False
    if not is_same:
        what = "the content of the register is not what it was prepared with: its file was changed, or is damaged"
        raise JDLError(what, str(path), "put the file back, or prepare it anew with `jdl register build`")
    if _marks(path) == marks and kept.is_dir():
        known = {"sha256": sorted({*before["sha256"], digest}), "marks": before["marks"] | {str(path): marks}}
        write_atomically(note, json.dumps(known, indent=1) + "\n")


def _remembered(note: Path) -> dict[str, Any]:
    """What was noted: digests of files that hold these rows; by path, size and times. Nothing, if it is spoilt."""
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        if isinstance(said["sha256"], list) and isinstance(said["marks"], dict):
            return said
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {"sha256": [], "marks": {}}


def _files(path: Path) -> list[Path]:
    """The file, and the log that DuckDB keeps beside it while somebody writes."""
    return [file for file in (path, path.with_name(f"{path.name}.wal")) if file.exists()]


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    for file in _files(path):
        with open(file, "rb") as content:
            found.update(hashlib.file_digest(content, "sha256").digest())
    return found.hexdigest()


def _marks(path: Path) -> list[int]:
    """Sizes and times of both, which no change leaves as they are."""
    stats = [file.stat() for file in _files(path)]
    return [mark for one in stats for mark in (one.st_size, one.st_mtime_ns, one.st_ctime_ns)]
