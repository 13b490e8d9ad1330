"""The index page of the outputs folder: every request, its standing, result and links; opens from disk.

One file that asks nothing of any network. Without its script everything is listed and drawn; the script filters, sorts
and tells (docs/decisions/0047).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import filelock
from markupsafe import Markup

from ...errors import JDLError, Problem
from ...imported import read_imported
from ...lab import Lab
from ...lifecycle.standing import all_requests
from ...result import write_atomically
from ...wording import capital
from ..html import page_of
from ..lint import lint_html
from . import picture, words
from .entries import Entry, Shown, counts, entries
from .products import Products, imported_entries, products

__all__ = ["index_page", "refresh_index", "write_index"]

log = logging.getLogger("jdl_toolkit")

#: What the reader may choose rows by: name, words, how a value is written.
CHOICES = ("status", "need", "setting", "sector", "verdict")
_POLICY = "policy-of-this-page"


def refresh_index(lab: Lab | None, outputs: Path) -> None:
    """Write the index anew after something happened: what was on disk last is on the page that lies there last.

    A failure here stops nothing; the log tells of it.
    """
    try:
        with filelock.FileLock(outputs / ".index.lock"):
            write_index(lab, outputs)
    except Exception as fault:
        why = fault if isinstance(fault, JDLError) else type(fault).__name__
        log.error("the index page could not be drawn: %s", why)


def write_index(lab: Lab | None, outputs: Path, today: dt.date | None = None) -> Path:
    """Write ``index.html`` of a lab's outputs folder.

    Parameters
    ----------
    lab : Lab or None
        Without one, only requests that have a folder are listed.
    outputs : Path
    today : date, optional
        The day from which it is judged what is overdue; now if not said.
    """
    today = today or dt.date.today()
    listed = [*entries(all_requests(lab, outputs, today), outputs), *imported_entries(read_imported(outputs), outputs)]
    write_atomically(outputs / "index.html", index_page(listed, products(outputs), today))
    return outputs / "index.html"


def index_page(listed: Sequence[Entry], made: Products, today: dt.date) -> str:
    """The page.

    Parameters
    ----------
    listed : sequence of Entry
        In the order of the table.
    made : Products
        Bulletins and batches.
    today : date

    Raises
    ------
    JDLError
        With every fault that `lint_html` finds.
    """
    drawn = [(i, one) for i, entry in enumerate(listed) for one in entry.results if one.is_drawn]
    drawn.sort(key=lambda pair: (pair[1].estimate, listed[pair[0]].request))
    scale = picture.Scale([one for _, one in drawn])
    requests, reports = counts(listed)
    n_named = Counter(entry.organisation for entry in listed)
    page = page_of(
        "index.html.j2",
        entries=listed,
        results=[(i, _name(listed[i], n_named), one) for i, one in drawn],
        axis=picture.axis(scale),
        strip=lambda one: picture.strip(one, scale),
        sample=picture.sample,
        choices={name: _choices(listed, name) for name in CHOICES},
        requests=requests,
        reports=reports,
        n_elsewhere=sum(entry.status == words.ELSEWHERE for entry in listed),
        is_invented=any(entry.is_invented for entry in listed),
        made=made,
        words=words,
        today=today,
        data=_data(listed, drawn),
        policy=_POLICY,
    )
    page = page.replace(_POLICY, _policy(page), 1)
    if faults := lint_html(page, with_script=True):
        raise JDLError(Problem(fault, "index.html") for fault in faults)
    return page


def _name(entry: Entry, n_named: Mapping[str, int]) -> str:
    """What a line of the picture is called: the organisation, with its service where it has several rows."""
    if n_named[entry.organisation] > 1 and entry.service not in ("", entry.organisation):
        return f"{entry.organisation}, {entry.service}"
    return entry.organisation or entry.request


def _choices(listed: Sequence[Entry], name: str) -> list[tuple[str, str]]:
    """Values of a characteristic that occur, each with its words, in an order that readers expect."""
    if name == "verdict":
        held = {verdict for entry in listed for verdict in entry.verdicts}
        return [(v, words.heading(v)) for v in (*words.SIGNS, words.NO_RESULT) if v in held]
    held = {getattr(entry, name) for entry in listed} - {""}
    if name == "status":
        overdue = [("overdue", "Overdue")] if any(entry.is_overdue for entry in listed) else []
        return [(v, words.heading(v)) for v in words.ORDER if v in held] + overdue
    return [(v, words.heading(v)) for v in sorted(held, key=words.named)]


# --- what the script reads -----------------------------------------------------------------------------------------


def _data(listed: Sequence[Entry], drawn: Sequence[tuple[int, Shown]]) -> Markup:
    """The rows as JSON that can stand in a page: nothing in it ends the element that it stands in, or a line."""
    values = {
        "requests": [_request(entry) for entry in listed],
        "results": [_result(listed[i], i, one) for i, one in drawn],
        "words": {v: words.heading(v) for entry in listed for v in (entry.need, entry.setting, entry.sector) if v},
    }
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _request(entry: Entry) -> dict[str, Any]:
    """What a request is found, chosen and sorted by."""
    first = entry.first
    return {
        "text": f"{entry.organisation} {entry.service} {entry.request}",
        "is": {name: [getattr(entry, name)] for name in ("need", "setting", "sector")}
        | {"status": [entry.status] + ["overdue"] * entry.is_overdue, "verdict": entry.verdicts},
        "keys": {
            "organisation": f"{entry.organisation} {entry.service} {entry.request}",
            "status": words.ORDER[entry.status],
            "received": entry.received.isoformat() if entry.received else None,
            **{name: words.named(getattr(entry, name)) or None for name in ("need", "setting", "sector")},
            "people": first.n if first else None,
            "result": first.estimate if first else None,
            "verdict": first.verdict if first else None,
        },
    }


def _result(entry: Entry, i: int, one: Shown) -> dict[str, Any]:
    """What a result is sorted by, and what is said of it when a reader points at it."""
    people = f"{one.n:,} people in the treatment group" if one.n is not None else ""
    kind = ", ".join(words.named(value) for value in (entry.need, entry.setting, entry.sector) if value)
    middle, interval = one.figures
    rates = words.rates(one.treatment, one.control)
    size = f"{rates}; difference {middle} percentage points; 95% interval {interval}; {one.verdict}."
    size = size if rates else capital(size.removeprefix("; "))
    return {
        "row": i,
        "estimate": one.estimate,
        "people": one.n,
        "need": entry.need,
        "verdict": one.verdict,
        "name": entry.organisation or entry.request,
        "about": [text for text in (entry.service, one.title, kind, people) if text],
        "says": [text for text in (one.sentence, size) if text],
        "standing": _standing(entry, one),
        "opens": one.report != "",
    }


def _standing(entry: Entry, one: Shown) -> str:
    invented = " The people are invented." if entry.is_invented else ""
    version = f", version {entry.version}" if entry.version > 1 else ""
    return f"{entry.request}: {one.standing}{version}.{invented}"


# --- what the page may do ------------------------------------------------------------------------------------------


def _policy(page: str) -> str:
    """Nothing from anywhere, and of what stands in the page only its own style and script, by their hashes."""
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    rules = [f"style-src {_hash(style)}", f"script-src {_hash(script)}", "base-uri 'none'", "form-action 'none'"]
    return "; ".join(["default-src 'none'", *rules])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
