"""Failures meant for people: what is wrong, where, and what to do about it.

Every error a user can cause is a `JDLError`. The command line prints its message without a traceback and ends with
its exit status; a notebook shows the same message. Messages name sheets, rows, columns, files and settings, never a
person: no name, date of birth or identifier may stand in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


def cut(text: str, longest: int = 60) -> str:
    """A text for a message: no longer than that many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


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
        return f"{head}\n  What to do: {self.fix}" if self.fix else head


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
    """A notebook failed for a reason that is the toolkit's; the executed notebook shows where. Not a user's mistake."""

    exit_status = 1


class KernelDied(StageFailed):
    """The process that executed a notebook died: killed, out of memory, or a fault of a library. Worth another try."""
