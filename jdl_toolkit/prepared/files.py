"""The files of `jdl match`: whether what it reads is a file, and whether what it writes can be written.

Both are looked at before anything is calculated. A path that the system itself refuses (too long, no permission) is
told as a fault of the path, in the system's words.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import JDLError, Problem

_LONGEST_SHOWN = 120


def shown(path: Path) -> str:
    """A path for a message; of a long one the end."""
    text = str(path)
    return text if len(text) <= _LONGEST_SHOWN else f"… {text[-_LONGEST_SHOWN:]}"


@contextmanager
def _told_of(where: str, what: str, fix: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as fault:
        reason = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else "no such path can be"
        raise JDLError(f"{what}: {reason}", where, fix) from None


def is_there(path: Path, where: str = "") -> bool:
    """Whether a path is a file.

    Raises
    ------
    JDLError
        If it is a folder, or the system refuses to look.
    """
    where = f"{where}, {shown(path)}" if where else shown(path)
    with _told_of(where, "this cannot be read", "check the path"):
        if path.is_dir():
            raise JDLError("this is a folder", where, "name a file in it")
        return path.is_file()


def refuse_to_overwrite(written: dict[str, Path], read: list[Path], force: bool) -> None:
    """Refuse places that hold something already (unless forced), that are read, named twice or cannot be written.

    Parameters
    ----------
    written : dict
        Option -> path.
    """
    places = [os.path.realpath(path) for path in [*read, *written.values()]]
    if len(set(places)) < len(places):
        raise JDLError("the same file is named twice", "jdl match", "give each a file of its own")
    problems = []
    for option, path in written.items():
        try:
            _require_place(path, f"{option}, {shown(path)}", force)
        except JDLError as fault:
            problems += fault.problems
    if problems:
        raise JDLError(problems)


def _require_place(path: Path, where: str, force: bool) -> None:
    with _told_of(where, "this cannot be written", "name a file in a folder of your own"):
        if path.is_dir():
            raise JDLError("this is a folder", where, "name a file")
        if path.exists() and not path.is_file():
            raise JDLError("this is no file", where, "name a file")
        if path.exists() and not force:
            fix = "name another, or say --force to replace it; nothing was changed"
            raise JDLError("the file is there already", where, fix)
        if not path.parent.is_dir():
            raise JDLError("there is no such folder", where, "make it, or name another")
        # as `write_atomically` will: better now than after an hour
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """What still goes wrong while a file is written (a full disk), told as a fault of its path."""
    try:
        yield
    except OSError as fault:
        reason = os.strerror(fault.errno) if fault.errno else type(fault).__name__
        what = f"the file could not be written: {reason}; nothing of it is left"
        raise JDLError(Problem(what, f"{option}, {shown(path)}", "make room, or name another place")) from None
