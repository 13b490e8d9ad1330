"""Folders to make something in, of which none is left for ever: what a killed process left, the next removes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

#: The file in each that its owner holds. The system frees it when the owner dies, however it does.
_LOCK = "held"
_held: dict[Path, filelock.FileLock] = {}


def new_folder(parent: Path, prefix: str) -> Path:
    """A folder for its owner alone; those of the same prefix that belong to nobody any more are removed.

    Parameters
    ----------
    parent : Path
    prefix : str
        How its name begins. A folder that begins alike but was not made here is not touched.

    Raises
    ------
    OSError
    """
    for left in parent.glob(f"{prefix}*"):
        lock = filelock.FileLock(left / _LOCK)
        try:
            if left.stat().st_uid != os.getuid() or left in _held or not (left / _LOCK).exists():
                continue
            with lock.acquire(timeout=0):
                shutil.rmtree(left, ignore_errors=True)
        except (OSError, filelock.Timeout):  # somebody uses it, or has just removed it
            continue
    while True:  # once more, if another process took this one for left over before its lock was held
        made = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        lock = filelock.FileLock(made / _LOCK)
        lock.acquire()
        if (made / _LOCK).exists():
            _held[made] = lock
            return made
        lock.release()


def remove(folder: Path) -> None:
    """Remove a folder of `new_folder` with all in it."""
    lock = _held.pop(folder, None)
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        lock.release()


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """A folder of `new_folder` for as long as a block of code takes."""
    folder = new_folder(parent, prefix)
    try:
        yield folder
    finally:
        remove(folder)
