"""The index page of the outputs folder: every request, its status and links; opens from disk."""

from __future__ import annotations

import json
from pathlib import Path

from ..result import write_atomically
from .html import page_of


def write_index(outputs: Path) -> Path:
    """Write ``index.html`` from the manifests below `outputs`; an unreadable manifest is listed as such."""
    rows = []
    for path in sorted(outputs.glob("*/manifest.json")):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            row = {"request": values["request"], "status": values["status"], "when": values["created"][:10]}
        except (OSError, ValueError, KeyError):
            row = {"request": path.parent.name, "status": "manifest unreadable", "when": ""}
        files = [f"report/report.{kind}" for kind in ("html", "pdf")]
        row["links"] = [
            (Path(f).suffix[1:].upper(), f"{path.parent.name}/{f}") for f in files if (path.parent / f).exists()
        ]
        rows.append(row)
    write_atomically(outputs / "index.html", page_of("index.html.j2", rows=rows))
    return outputs / "index.html"
