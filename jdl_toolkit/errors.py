"""Failures meant for people: what is wrong, where, and what to do about it.

Every error a user can cause is a `JDLError`. The command line prints its message without a traceback and ends with
its exit status; a notebook shows the same message. Messages name sheets, rows, columns, files and settings, never a
person: no name, date of birth or identifier may stand in one.
"""

from __future__ import annotations

import builtins
import errno
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path


def cut(text: str, longest: int = 60) -> str:
    """A text for a message: no longer than that many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _visible(text: str) -> str:
    """`text` without what a terminal would obey and a reader can't see: a key or a file's name may be from outside."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


@dataclass(frozen=True)
class Problem:
    """One fault: what is wrong, where it is, what to do.

    Parameters
    ----------
    what : str
        The fault, in a sentence a statistician or an organisation understands.
    where : str
        File, sheet, row, column or setting it concerns. Empty when there is no such place.
    fix : str
        What to do about it.
    """

    what: str
    where: str = ""
    fix: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return _visible(f"{head}\n  What to do: {self.fix}" if self.fix else head)


class JDLError(Exception):
    """The user's input is wrong. Holds one problem or all that were found at once.

    Parameters
    ----------
    problems : str, Problem or iterable of Problem
    where, fix : str
        Used when `problems` is a plain sentence.
    """

    exit_status = 2

    def __init__(self, problems: str | Problem | Iterable[Problem], where: str = "", fix: str = "") -> None:
        if isinstance(problems, str):
            problems = Problem(problems, where, fix)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        return "\n".join([f"{len(self.problems)} problems:", *(f"- {p}" for p in self.problems)])

    def calling(self, name: str, other: str) -> JDLError:
        """The same fault, whose places are not told by this name but by the other."""
        return type(self)([replace(one, where=one.where.replace(name, other)) for one in self.problems])

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in a notebook instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UnderWay(JDLError):
    """Another process holds the request's folder. Wait until it has ended."""


class CouldNotBeAnswered(JDLError):
    """The request falls below the minimum criteria: it ends, stated as such, and no outcome is computed."""

    exit_status = 3


class GateClosed(JDLError):
    """A gate (balance, sign-off, leak check) is closed; nothing beyond it was computed or published."""

    exit_status = 4


class StageFailed(Exception):
    """A notebook failed for a reason that is the toolkit's; the executed notebook shows where. Not a user's mistake.

    `fix`: what to do about it, if somebody can do anything.
    """

    exit_status = 1

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.fix = fix


class KernelDied(StageFailed):
    """The process that executed a notebook died: killed, out of memory, or a fault of a library. Worth another try."""

    def __init__(self, what: str, fix: str = "run the same again: it goes on where it stopped") -> None:
        super().__init__(what, fix)


#: What the system says of a disk, or of somebody's share of it, that is full; libraries pass it on in their own words
#: (IO_ENOSPC, and IO_WRITE of older ones: what writes the sheets of a workbook).
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_WORDS = (
    "No space left on device",
    "Disk quota exceeded",
    "failed to offload data block",
    "IO_ENOSPC",
    "IO_WRITE",
)


def is_disk_full(fault: BaseException | str) -> bool:
    """Whether a fault, or what is told of one, is that nothing more can be written."""
    if isinstance(fault, OSError) and fault.errno in _FULL:
        return True
    return any(words in str(fault) for words in _FULL_WORDS)


#: What the system refuses for a reason that whoever runs the lab can do away with, and how.
_REFUSED = {
    errno.EACCES: ("this may not be read or written here", "let the user who runs it read and write there"),
    errno.EPERM: ("this may not be read or written here", "let the user who runs it read and write there"),
    errno.EROFS: ("the disk can only be read", "name another folder with --outputs, or let it be written"),
    errno.EISDIR: ("there is a folder where a file should be", "move it away and run the same again"),
    errno.ENOTDIR: ("there is a file where a folder should be", "move it away and run the same again"),
    errno.EEXIST: ("something else is in its place", "move it away and run the same again"),
    errno.ENOTEMPTY: ("something else is in its place", "move it away and run the same again"),
    errno.ELOOP: ("a link leads to itself", "remove it and run the same again"),
    errno.ENXIO: ("this is no file", "move it away and run the same again"),
    errno.EMFILE: ("too many files are open at once", "raise the limit (ulimit -n) and run the same again"),
    errno.ENFILE: ("too many files are open on this machine", "close some and run the same again"),
    errno.EFBIG: ("a file may not grow as large as is needed", "raise the limit (ulimit -f) and run the same again"),
    errno.EIO: ("the disk could not be read or written", "let the disk be checked and run the same again"),
    errno.ESTALE: ("the disk is no longer there", "connect it again and run the same again"),
    errno.ENAMETOOLONG: ("the name is too long", "choose shorter names of folders and requests"),
    errno.ENOMEM: ("there is not enough memory", "free some and run the same again; what is finished is kept"),
    errno.ENOENT: ("this is not there, or was removed meanwhile", "put it back and run the same again"),
}


def refused_by_system(fault: OSError, shown: Callable[[Path], str] = str) -> JDLError | None:
    """What to say of a fault of the file system that whoever runs the lab can mend; None if it is none.

    Its words are passed over: they are the system's. The place is told.

    Parameters
    ----------
    fault : OSError
    shown : callable
        How a path is told.
    """
    if is_disk_full(fault):
        return disk_full(*([Path(os.fsdecode(fault.filename)).parent] if isinstance(fault.filename, str) else []))
    if fault.errno not in _REFUSED:
        return None
    what, fix = _REFUSED[fault.errno]
    places = [name for name in (fault.filename2, fault.filename) if isinstance(name, str | bytes)]
    return JDLError(what, shown(Path(os.fsdecode(places[0]))) if places else "", fix)


def read_text(path: Path) -> str:
    """The text of a file. A pipe or a device in its place is refused: a reader would wait for ever.

    Raises
    ------
    OSError
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.ENXIO, "", str(path))
    return path.read_text(encoding="utf-8")


#: A fault of the system as a notebook passes it on: its number, and the last file that it names.
_OF_SYSTEM = re.compile(r"\[Errno (\d+)\][^']*(?:'([^']*)')?(?: -> '([^']*)')?")

#: The same as what writes the sheets of a workbook passes it on.
_OF_SHEETS = re.compile(r"IO_(E[A-Z]+)")

#: What libraries call it when they are given no more memory.
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryException")


def refused_in_words(kind: str, text: str) -> JDLError | None:
    """The same of a fault that comes as the name of its class and its text, as a notebook's does."""
    if kind in _OUT_OF_MEMORY:
        return refused_by_system(OSError(errno.ENOMEM, ""))
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, OSError):
        found = _OF_SYSTEM.match(text)
        return refused_by_system(OSError(int(found[1]), "", found[3] or found[2])) if found else None
    if kind == "SerialisationError" and (found := _OF_SHEETS.fullmatch(text)):
        return refused_by_system(OSError(getattr(errno, found[1], 0), ""))
    return None


def disk_full(*places: Path) -> JDLError:
    """What to say when nothing more can be written: in which of the folders written to, or in that of temporary files.

    The one that has the least room left is named.
    """

    def free(place: Path) -> int:
        try:
            return shutil.disk_usage(place).free
        except OSError:
            return 2**63

    place = min((*places, Path(tempfile.gettempdir())), key=free)
    return JDLError(
        "no space is left on the disk", str(place), "free some and run the same again; what is finished is kept"
    )
