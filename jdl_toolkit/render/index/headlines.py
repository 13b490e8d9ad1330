"""The headline results of findings files, kept beside them so that a file that did not change is not read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ... import __version__
from ...errors import JDLError
from ...findings import Findings
from ...narrative import headline_sentence
from ...portfolio import results
from ...result import write_atomically

#: File below the outputs folder; it may be deleted at any time.
KEPT = ".index-cache.json"

#: Goes up when what is kept of findings changes.
FORMAT = 1

#: What is kept of each result, as `portfolio.results` names it.
OF_RESULT = (
    "analysis", "title", "verdict", "n_treatment", "treatment_value", "control_value", "difference_pp", "ci_low_pp",
    "ci_high_pp", "why_not",
)  # fmt: skip


def headlines(outputs: Path, files: Iterable[Path]) -> dict[Path, dict[str, Any]]:
    """The headline results of each file that can be read.

    A file counts as unchanged while its size and time of writing are what they were. What is kept of files that are not
    asked for is dropped. Writing it is worth no failure: in a folder that cannot be written to, all is read anew.

    Parameters
    ----------
    outputs : Path
    files : iterable of Path
        Findings files below `outputs`; those that are missing or spoilt have no entry in what is given back.

    Returns
    -------
    dict of Path to dict
        ``analyses``: (id, title) of each; ``results``: for each analysis a dict of `OF_RESULT` and ``sentence``, the
        finding in words; ``synthetic``, ``exploratory``.
    """
    before, now, found = _kept(outputs), {}, {}
    for file in files:
        try:
            state = file.stat()
        except OSError:
            continue
        name, mark = file.relative_to(outputs).as_posix(), [state.st_mtime_ns, state.st_size]
        entry = before.get(name)
        if entry is None or entry["mark"] != mark:
            entry = {"mark": mark, "headline": _headline(file)}
        now[name] = entry
        if entry["headline"] is not None:
            found[file] = entry["headline"]
    if now != before:
        _keep(outputs, now)
    return found


def _kept(outputs: Path) -> dict[str, Any]:
    try:
        held = json.loads((outputs / KEPT).read_text(encoding="utf-8"))
        files = held["files"] if held["made_by"] == _made_by() else {}
        return {name: entry for name, entry in files.items() if {"mark", "headline"} <= set(entry)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _keep(outputs: Path, files: Mapping[str, Any]) -> None:
    try:
        write_atomically(outputs / KEPT, json.dumps({"made_by": _made_by(), "files": files}))
    except OSError:
        pass


def _made_by() -> list[Any]:
    return [FORMAT, __version__]


def _headline(file: Path) -> dict[str, Any] | None:
    """What is kept of one findings file; None if it is spoilt or of an older schema."""
    try:
        found = Findings.read(file)
    except JDLError:
        return None
    if found.exploratory:  # nothing of it is told: the remark that it is exploratory stands alone
        return {"analyses": [], "results": [], "synthetic": found.synthetic, "exploratory": True}
    said = {analysis.id: headline_sentence(analysis) for analysis in found.analyses}
    rows = results([found]).astype(object)
    rows = rows.where(pd.notna(rows), None)
    return {
        "analyses": [[analysis.id, analysis.title] for analysis in found.analyses],
        "results": [
            {name: row[name] for name in OF_RESULT} | {"sentence": said.get(row["analysis"], "")}
            for row in rows.to_dict("records")
        ],
        "synthetic": found.synthetic,
        "exploratory": found.exploratory,
    }
