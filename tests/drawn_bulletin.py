"""Bulletins for tests from a line of words, and the blocks that the bulletin's notebook shows of one."""

import ast
import copy
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
import pandas as pd
from bulletins import pilot_bulletin

from jdl_toolkit import document
from jdl_toolkit.portfolio import Bulletin

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "10_bulletin.ipynb"
UNTIL = dt.date(2013, 10, 31)
#: What a result has where a case does not say: best estimate, limits and people.
USUAL = {
    "reduction": (-6.0, -11.0, -1.0, 257),
    "increase": (6.0, 1.0, 11.0, 120),
    "inconclusive": (-2.0, -8.0, 4.0, 90),
}
ENDS = {"unanswered": "could not be answered", "withdrawn": "withdrawn", "in progress": "in progress"}
_COUNTED = re.compile(r"(\d+) (reduction|increase|inconclusive|unanswered|withdrawn|in progress)s?")


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def bulletin_of(text: str, **changes: Any) -> Bulletin:
    """A bulletin of what a line says: ``19 reductions; 12 unanswered; increase 6 1 11 of 30; 2 in progress``.

    A result by itself has its best estimate, limits and people, and may have a need, a sector, ``rates 33 35`` and
    ``frequency −0.31 −0.55 −0.07``; ``before`` of an item says that it was over before the last bulletin.
    """
    requests, reports = [], []
    for item in (part.strip() for part in text.split(";") if part.strip() not in ("", "–")):
        n, kind = _COUNTED.match(item).groups() if _COUNTED.match(item) else (1, re.match(r"in progress|\w+", item)[0])
        for _ in range(int(n)):
            name = f"case-{len(requests) + 1}"
            requests.append(_request(name, kind, item))
            if kind in USUAL:
                reports.append(_report(requests[-1], kind, item))
    with mock.patch("gc.collect"):  # statsmodels calls it each time, which takes longer than all the rest
        return _gathered(requests, reports, changes)


def _gathered(requests: list[dict[str, Any]], reports: list[dict[str, Any]], changes: dict[str, Any]) -> Bulletin:
    return pilot_bulletin(
        "2013-10",
        changes.pop("earlier_until", dt.date(2013, 9, 30)),
        requests=pd.DataFrame(requests, columns=list(_request("", "withdrawn", ""))),
        reports=pd.DataFrame(reports, columns=[*_report(_request("", "reduction", ""), "reduction", "")]),
        **({"feedback": None} | changes),
    )


def _request(name: str, kind: str, item: str) -> dict[str, Any]:
    ended = dt.date(2013, 9, 12) if "before" in item else dt.date(2013, 10, 15)
    found = re.search(r"(accommodation|employment|education)\b", item)
    sector = re.search(r"(private|public)\b", item)
    place = int(name.removeprefix("case-") or 1) - 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place % 26] * (1 + place // 26)  # names without figures tell results apart
    return {
        "request": name, "organisation": f"Trust {letters}", "service": f"Hostel {letters}",
        "need": found[1] if found else "mentoring", "sector": sector[1] if sector else "voluntary",
        "setting": "community", "received": pd.Timestamp(2013, 5, 2), "status": ENDS.get(kind, "published"),
        "criterion": "fewer than 30 people could be matched" if "matched" in item
        else "fewer than 60 people were submitted" if kind == "unanswered" else "",
        "ended": None if kind == "in progress" else pd.Timestamp(ended), "version": int(kind in USUAL),
        "invented": True,
    }  # fmt: skip


def _report(request: dict[str, Any], kind: str, item: str) -> dict[str, Any]:
    best, low, high, n = USUAL[kind]
    told = re.match(rf"{kind} (\S+) (\S+) (\S+)", item)
    best, low, high = map(number, told.groups()) if told else (best, low, high)
    of = re.search(r"of ([\d,]+)", item)
    rates = re.search(r"rates (\d+) (\d+)", item)
    often = re.search(r"frequency (\S+) (\S+) (\S+)", item)
    kept = ("request", "organisation", "service", "need", "sector", "setting", "received", "invented")
    return {name: request[name] for name in kept} | {
        "verdict": kind, "n_treatment": int(of[1].replace(",", "")) if of else n, "difference_pp": best,
        "ci_low_pp": low, "ci_high_pp": high, "analysis": "main", "title": "", "version": 1,
        "released": request["ended"], "reason": "",
        "treatment_value": int(rates[1]) / 100 if rates else None,
        "control_value": int(rates[2]) / 100 if rates else None,
        **dict(zip(("frequency_difference", "frequency_ci_low", "frequency_ci_high"),
                   map(number, often.groups()) if often else (None,) * 3, strict=True)),
        "frequency_verdict": "reduction" if often else None,
    }  # fmt: skip


def blocks_of(bulletin: Bulletin) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The blocks that the notebook shows, and the notebook with them: its cells run here, without a kernel."""
    notebook, shown = copy.deepcopy(nbformat.read(NOTEBOOK, as_version=4)), []
    names: dict[str, Any] = {}
    for cell in (c for c in notebook.cells if c.cell_type == "code" and "parameters" not in c.metadata.get("tags", [])):
        *body, last = ast.parse(cell.source.replace(_opening(cell.source), "this = bulletin")).body
        names |= {"bulletin": bulletin}
        output: list[document.Block] = []
        value = None
        names["show"] = lambda *blocks, out=output: out.extend(b for b in blocks if b is not None)
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        else:
            exec(compile(ast.Module([last], []), "cell", "exec"), names)
        output += [value] if value is not None else []
        bundles = [{document.MIME: json.loads(json.dumps(block.to_json()))} for block in output]
        cell.outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in bundles]
        shown += [bundle[document.MIME] for bundle in bundles]
    return shown, json.loads(nbformat.writes(notebook))


def _opening(source: str) -> str:
    """The line that opens the bulletin's file, if a cell has it."""
    return next((line for line in source.splitlines() if "Bulletin.read(" in line), "\0")
