"""What exploring puts on record: every way of matching that was looked at, and who opened the outcomes, and why."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from ..errors import JDLError
from ..lifecycle import OPENED, record_event
from ..lifecycle.events import faults_of_words
from ..manifest import now

if TYPE_CHECKING:
    from ..spec import RequestSpec
    from ..stage import Stage


#: Who opened them, where it was no run: who it was is in the manifest, if they were asked.
BY_HAND = "by hand"


class Record(Protocol):
    """Where a workbench writes down what was done with it."""

    def tried(self, rows: pd.DataFrame, spec: RequestSpec) -> None:
        """A way of matching was looked at."""

    def opened(self, by: str, reason: str) -> dict[str, str]:
        """Outcomes are about to be opened; raises `GateClosed` if they must stay closed."""

    def openings(self) -> list[dict[str, str]]:
        """Whenever outcomes of this analysis were opened: ``at`` (ISO date and time) and ``by``, the first first."""


def _require_words(by: str, reason: str) -> None:
    """Refuse a name or a reason that is missing, in the words of a notebook: there are no options there."""
    problems = faults_of_words(OPENED, by.strip(), reason.strip(), ("by, your name", "reason"))
    if problems:
        raise JDLError(problems)


class InMemory:
    """Of a workbench made from parts: nothing is written, as there is no request's folder."""

    def __init__(self) -> None:
        self._openings: list[dict[str, str]] = []

    def tried(self, rows: pd.DataFrame, spec: RequestSpec) -> None:
        pass

    def openings(self) -> list[dict[str, str]]:
        return list(self._openings)

    def opened(self, by: str, reason: str) -> dict[str, str]:
        _require_words(by, reason)
        self._openings.append({"at": now(), "by": BY_HAND})
        return {"event": OPENED, "by": by, "reason": reason, "date": dt.date.today().isoformat()}


class InFolder:
    """Of a request's analysis: its matching log, and its manifest.

    Parameters
    ----------
    stage : Stage
        The matching stage, opened by hand.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def tried(self, rows: pd.DataFrame, spec: RequestSpec) -> None:
        self.stage.log_tries(rows, spec)

    def openings(self) -> list[dict[str, str]]:
        return [{"at": e["at"], "by": e["by"]} for e in self.stage.log.entries(OPENED, self.stage.analysis)]

    def opened(self, by: str, reason: str) -> dict[str, str]:
        _require_words(by, reason)
        stage = self.stage
        return record_event(
            stage.lab,
            stage.request_spec,
            stage.folder.root.parent,
            OPENED,
            by,
            today=dt.date.today(),
            analysis=stage.analysis,
            reason=reason,
        )
