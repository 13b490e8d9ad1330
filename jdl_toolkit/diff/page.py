"""The page that shows what changed between two runs: for the lab alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import groupby

from ..errors import JDLError, Problem
from ..findings import Analysis, Status
from ..narrative import headline_sentence
from ..render.html import page_of
from ..render.lint import lint_html
from .changes import Change, Differences
from .telling import kinds_of_small_differences

#: Why the page must not leave the lab.
RESTRICTED = (
    "RESTRICTED: for the lab alone. Counts of two runs, laid side by side, can tell of a few people even where neither "
    "run does."
)
_WORD = re.compile(r"\s+|\S+")


def page_of_differences(found: Differences) -> str:
    """The page as HTML.

    Parameters
    ----------
    found : Differences

    Raises
    ------
    JDLError
        If the page would not be accessible; all faults at once.
    """
    tables = [
        ("settings", "Settings", "Choices of the specification that are not the same.", found.settings),
        ("made", "Inputs and versions", "What the runs were made from and with.", found.made),
        ("counts", "Counts", "Records and people, step by step.", found.counts),
        ("results", "Results", "Cells of every other table of the reports.", found.results),
    ]
    page = page_of(
        "diff.html.j2",
        found=found,
        restricted=RESTRICTED,
        tables=[(key, title, note, _grouped(changes)) for key, title, note, changes in tables],
        sentences=_grouped_sentences(found),
        telling=kinds_of_small_differences(found.telling),
        summary=summary(found),
        headlines=_headlines(found),
    )
    faults = lint_html(page)
    if faults:
        raise JDLError(Problem(fault, "the page of changes") for fault in faults)
    return page


def _headlines(found: Differences) -> list[tuple[str, str, str]]:
    """Title of each analysis, and its finding in one sentence in either run."""
    told = [{a.id: a for a in run.findings.analyses} if run.findings else {} for run in (found.before, found.after)]
    ids = dict.fromkeys(name for one in told for name in one)
    titles = {name: next(one[name].title for one in told if name in one) if len(ids) > 1 else "" for name in ids}
    return [(titles[name], *(_finding(one.get(name)) for one in told)) for name in ids]


def _finding(analysis: Analysis | None) -> str:
    if analysis is None:
        return "Not analysed."
    return headline_sentence(analysis) if analysis.status is Status.reported else f"Not answered: {analysis.reason}."


def summary(found: Differences) -> list[tuple[str, str]]:
    """Name of each section and how much changed in it: ``("Settings", "1 change")``."""
    counted = {
        "Settings": found.settings,
        "Inputs and versions": found.made,
        "Counts": found.counts,
        "Results": found.results,
        "Sentences": found.sentences,
    }
    return [(name, _n_changes(len(changes))) for name, changes in counted.items()]


def _n_changes(n: int) -> str:
    return "1 change" if n == 1 else f"{n:,} changes" if n else "no change"


def _grouped(changes: tuple[Change, ...]) -> list[tuple[str, str, list[Change]]]:
    """Each place with how much changed there, and the changes."""
    grouped = [(where, list(rows)) for where, rows in groupby(changes, key=lambda change: change.where)]
    return [(where, _n_changes(len(rows)), rows) for where, rows in grouped]


def _grouped_sentences(found: Differences) -> list[tuple[str, str, list[tuple[list, list]]]]:
    grouped = [(where, list(rows)) for where, rows in groupby(found.sentences, key=lambda change: change.where)]
    return [(where, _n_changes(len(rows)), [marked(one.before, one.after) for one in rows]) for where, rows in grouped]


def marked(before: str, after: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both sentences in pieces, each with whether it is not in the other."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return (
        list(_pieces((kind != "equal", "".join(old[a:b])) for kind, a, b, _, _ in codes)),
        list(_pieces((kind != "equal", "".join(new[c:d])) for kind, _, _, c, d in codes)),
    )


def _pieces(found: Iterator[tuple[bool, str]]) -> Iterator[tuple[bool, str]]:
    return ((is_changed, text) for is_changed, text in found if text)
