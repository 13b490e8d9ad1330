"""The first sheet of a spreadsheet: what it is, of whom, how to read it, and whom to ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from .. import numbers
from ..findings import Findings
from ..wording import ended
from .results import ROUNDING, SIGN
from .table import MEANINGS, DataTable, plain

PUBLISHER = "Justice Data Lab"


@dataclass(frozen=True)
class Cover:
    """A title and lines of text under three headings: introduction, about the data, contact.

    `marks` stand on every sheet; `dated`: the day that the file's properties name, not that of its making, so that
    the same findings make the same file.
    """

    title: str
    marks: tuple[str, ...]
    intro: tuple[str, ...]
    about: tuple[str, ...]
    contact: tuple[str, ...]
    dated: dt.date

    @property
    def sections(self) -> dict[str, tuple[str, ...]]:
        """Lines by their heading, as gptables names them."""
        return {
            "Introductory information": self.marks + self.intro,
            "About these data": self.about,
            "Contact": self.contact,
        }


def request_cover(findings: Findings, tables: Iterable[DataTable], marks: Iterable[str] = ()) -> Cover:
    """The cover of one request's spreadsheet.

    Parameters
    ----------
    findings : Findings
    tables : iterable of DataTable
        Those in the spreadsheet; the symbols in them are explained.
    marks : iterable of str
        What stands on every page of the report: that it is a draft, exploratory, or of invented people.
    """
    made, title = findings.provenance, f"{findings.service.name}: figures of the {PUBLISHER} report"
    intro = (
        f"The tables of the report on {findings.service.name} ({findings.organisation.name}), one on each sheet.",
        f"Published by the {PUBLISHER}. Request {findings.request}, received {numbers.date(findings.received)}.",
        *((f"The request could not be answered: {ended(findings.reason)}",) if findings.reason else ()),
        "The report says what the figures mean and what may be said of them: read it first.",
        "The sheet Contents leads to every table, and the sheet data_dictionary says what every column means.",
    )
    period = f"{numbers.date(made.data_start)} to {numbers.date(made.data_end)}"
    about = (
        f"From register extract {made.extract}, which covers {period}.",
        SIGN,
        ROUNDING,
        *symbols_explained(tables),
        f"Counts below {findings.minimum_cell} are withheld, and so are others from which one could be worked out. "
        f"Results of fewer than {findings.disclosure['minimum_group']} people are not shown.",
        "The same tables are in the folder data as CSV files, with what each figure of the report was drawn from.",
    )
    contact = (f"Ask the {PUBLISHER} team that sent you the report, and name the request {findings.request}.",)
    lines = (tuple(map(plain, part)) for part in (marks, intro, about, contact))
    return Cover(plain(title), *lines, findings.received)


def symbols_explained(tables: Iterable[DataTable]) -> tuple[str, ...]:
    """What each symbol in some tables means."""
    used = {symbol for table in tables for symbol in table.symbols()}
    return tuple(f"{symbol} means {meaning}." for symbol, meaning in MEANINGS.items() if symbol in used)
