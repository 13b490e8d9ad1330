"""The index page of the outputs folder: every request, its status and links; opens from disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..result import write_atomically
from .html import page_of


def write_index(outputs: Path) -> Path:
    """Write ``index.html`` from the manifests below `outputs`; an unreadable manifest is listed as such.

    Each analysis of a request has links of its own: the first report lies in ``report/``, others in folders below.
    """
    rows = []
    for path in sorted(outputs.glob("*/manifest.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            row = {"request": values["request"], "status": values["status"], "when": values["created"][:10]}
        except (OSError, ValueError, KeyError, TypeError):
            row = {"request": path.parent.name, "status": "manifest unreadable", "when": ""}
        review = f"{path.parent.name}/restricted/review/index.html"
        row["review"] = review if (outputs / review).exists() else ""
        rows.append(row | {"reports": _reports(path.parent, row["request"])})
    write_atomically(outputs / "index.html", page_of("index.html.j2", rows=rows))
    return outputs / "index.html"


def _reports(folder: Path, request: str) -> list[dict[str, Any]]:
    """The reports of a request, each with what it is of and its files, in the order of the request's analyses."""
    analyses = _analyses(folder)
    places = ["report", *(f"report/{name}" for name in list(analyses)[1:])]
    names = [f"{request}, {title}" for title in analyses.values()] if len(analyses) > 1 else [request]
    found = []
    for place, name in zip(places, names, strict=True):
        kinds = [kind for kind in ("html", "pdf") if (folder / place / f"report.{kind}").exists()]
        links = [(kind.upper(), f"{folder.name}/{place}/report.{kind}") for kind in kinds]
        found += [{"name": name, "links": links}] if links else []
    return found


def _analyses(folder: Path) -> dict[str, str]:
    """Id -> title of each analysis, as its findings say; none where there are no findings yet."""
    try:
        findings = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        return {str(one["id"]): str(one["title"]) for one in findings["analyses"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
