"""All requests and where they stand, as a table for a terminal: what needs somebody first; words, and no colours."""

from __future__ import annotations

import datetime as dt
import io
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import cut
from ..markup import one_line
from ..portfolio import ENDED, UNDER_WAY, RequestStatus

#: Parts of `where` that somebody must look into.
_STUCK = ("fault", "failed", "interrupted", "a gate is closed", "input is wrong", "unreadable")

#: Characters of a name, and of other words, in a cell.
_LONGEST_NAME, _LONGEST = 48, 200

#: Columns below which a terminal is narrow: two columns share one then.
_NARROW = 110


def needs_first(requests: pd.DataFrame) -> pd.DataFrame:
    """The table of `all_requests` in the order in which somebody is needed.

    Stuck, overdue, to be reminded, in the lab's hands, waiting for the organisation, ended; then by the day that it is
    due, and by its id.
    """
    ranked = requests.assign(_rank=[_rank(row) for row in requests.to_dict("records")])
    ranked["_due"] = [str(due or "9999") for due in requests["due"]]
    return ranked.sort_values(["_rank", "_due", "request"], ignore_index=True).drop(columns=["_rank", "_due"])


def _rank(row: Mapping[str, Any]) -> int:
    if row["status"] in ENDED:
        return 6 + ENDED.index(RequestStatus(row["status"]))
    if any(part in row["where"] for part in _STUCK):
        return 0
    if row["overdue"]:
        return 1
    if row["reminder_due"]:
        return 2
    order = (RequestStatus.in_progress, RequestStatus.received, RequestStatus.with_organisation)
    return 3 + order.index(RequestStatus(row["status"]))


def counts_of(requests: pd.DataFrame) -> dict[str, int]:
    """How many requests there are in each state; they add up."""
    held = requests["status"].value_counts()
    return {state.value: int(held.get(state.value, 0)) for state in (*UNDER_WAY, *ENDED)}


def counts_in_words(requests: pd.DataFrame) -> str:
    """The same as a sum."""
    parts = [f"{n} {state}" for state, n in counts_of(requests).items() if n]
    n = len(requests)
    said = [f"{n} request{'s' * (n != 1)} = {' + '.join(parts)}."]
    n_overdue, n_remind = int(requests["overdue"].sum()), int(requests["reminder_due"].sum())
    if n_overdue or n_remind:
        said.append(f"Overdue: {n_overdue}. Reminders due: {n_remind}.")
    return " ".join(said)


def overview(requests: pd.DataFrame, notes: Mapping[str, Sequence[str]] | None = None, width: int = 0) -> str:
    """The table in words.

    Parameters
    ----------
    requests : DataFrame
        As `all_requests` makes it, in the order in which it is shown.
    notes : dict, optional
        By folder, further lines on a request.
    width : int
        Columns of the terminal. Default: those that there are; where there is none, as in a file, 120.
    """
    notes, text = notes or {}, io.StringIO()
    width = width or max(shutil.get_terminal_size((120, 24)).columns, 80)
    is_narrow = width < _NARROW
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("request, organisation", "received", "status, where it is") if is_narrow else (
        "request", "organisation", "received", "status", "where it is"
    ):  # fmt: skip
        table.add_column(name, overflow="fold", no_wrap=name == "received", ratio=None if name == "received" else 2)
    table.add_column("due", min_width=12)
    for row in requests.to_dict("records"):
        who = (row["request"], cut(one_line(row["organisation"]) or "–", _LONGEST_NAME))
        where = [row["where"], *([row["criterion"]] if row["criterion"] else []), *notes.get(row["folder"], ())]
        stands = (_status(row), "\n".join(where))
        who, stands = (("\n".join(pair),) if is_narrow else pair for pair in (who, stands))
        cells = (*who, _day(row["received"]), *stands, _due(row))
        table.add_row(*(Text(_shown(cell)) for cell in cells))
    Console(file=text, width=width, markup=False, highlight=False, emoji=False, no_color=True).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().strip("\n").splitlines())


def _shown(text: str) -> str:
    """Text from outside on lines of its own, without what a terminal would obey."""
    return "\n".join(one_line(line)[:_LONGEST] for line in text.split("\n"))


def _status(row: Mapping[str, Any]) -> str:
    return f"{row['status']} {_day(row['ended'])}" if row["ended"] else row["status"]


def _due(row: Mapping[str, Any]) -> str:
    said = [_day(row["due"])] if row["due"] else []
    said += ["OVERDUE"] if row["overdue"] else []
    said += ["reminder due"] if row["reminder_due"] else []
    return "\n".join(said) or "–"


def _day(day: dt.date | None) -> str:
    return "–" if day is None else day.isoformat()
