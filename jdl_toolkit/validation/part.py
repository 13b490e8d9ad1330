"""What the parts of the validation study share: how one is run, what it answers, and what its answer rests on.

A part asks one question. `Part.run` tries, and writes what came of it below a folder: as it goes, so that it can be
stopped and taken up again; in the end a few small tables in ``results/``, aggregates alone. `Part.answer` reads those
tables and nothing else: so the report, the page of the documentation and the tests say the same of the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..document import Block, Figure, Table, Words
from ..result import Result

RESULTS = "results"


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Parameters
    ----------
    short : bool
        Little: seconds rather than hours, for the tests and for a first look. The same code, fewer repetitions.
    seed : int
        What is drawn; another seed is another study.
    workers : int
        Processes. They change no result.
    histories : Path, optional
        Folder of real dated histories, for the parts that can use them: read in place, aggregates alone come out.
    """

    short: bool = False
    seed: int = 1
    workers: int = 2
    histories: Path | None = None


@dataclass(frozen=True)
class Check:
    """One claim that can fail: what was found, and what had been allowed before it was looked at.

    Parameters
    ----------
    claim : str
        What should hold, in words: "Coverage of the headline, 257 v 33,000, weak selection, no effect".
    found, allowed : str
        As printed: "94.6%", "93.2 to 96.8%".
    holds : bool or None
        None: it could not be tried here.
    why : str
        Where it does not hold or was not tried: the reason, and what that means for the toolkit's numbers.
    """

    claim: str
    found: str
    allowed: str
    holds: bool | None
    why: str = ""


@dataclass(frozen=True)
class Answer(Result):
    """What a part found, for a reader.

    Parameters
    ----------
    key, question : str
        Of the part.
    text : str
        The answer in plain words; as in `Words`. Every number in it comes from the results.
    checks : tuple of Check
    tables : tuple of Table
    figures : tuple of Figure

    Examples
    --------
    >>> from jdl_toolkit.validation.part import Answer, Check
    >>> coin = Check("Heads of 100 throws of a fair coin", "47", "37 to 63", holds=True)
    >>> answer = Answer("coin", "Is the coin fair?", "As far as 100 throws can tell, it is.", (coin,))
    >>> answer
    Is the coin fair? 1 of 1 check holds.
    """

    key: str
    question: str
    text: str
    checks: tuple[Check, ...]
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.holds is False)

    @property
    def not_tried(self) -> tuple[Check, ...]:
        """The checks that could not be tried."""
        return tuple(check for check in self.checks if check.holds is None)

    def summary(self) -> str:
        n, n_held = len(self.checks), sum(check.holds is True for check in self.checks)
        untried = f"; {len(self.not_tried)} could not be tried" if self.not_tried else ""
        checks = "check holds" if n == 1 else "checks hold"
        return f"{self.question} {n_held:,} of {n:,} {checks}{untried}."

    def to_frame(self) -> pd.DataFrame:
        """The checks: claim, found, allowed, holds, why."""
        return pd.DataFrame([vars(check) for check in self.checks])

    def blocks(self) -> tuple[Block, ...]:
        return (Words(self.text), *self.tables, *self.figures)


@dataclass(frozen=True)
class Part:
    """One question of the study.

    Parameters
    ----------
    key : str
        Names its folder and its option: ``matching``, ``whole-line``, ``trials``, ``published``, ``drawing-rules``,
        ``faults``, ``workbooks``, ``leaks``.
    question : str
        The heading under which its answer stands.
    run : callable
        ``run(folder, effort)``: try, and write ``folder/results/*.csv`` (or ``.json``). Run again with the same effort,
        it goes on where it stopped; a folder made with another seed, settings or code is refused with a `JDLError`.
        Progress bars (tqdm) on standard error.
    answer : callable
        ``answer(results)``: an `Answer` from that folder of small tables alone.
    takes : str
        About how long, in words for the help: "40 minutes on 2 processors".
    """

    key: str
    question: str
    run: Callable[[Path, Effort], None]
    answer: Callable[[Path], Answer]
    takes: str
