"""Whether a hostile text took effect in a file: read by rules of their own, which share nothing with what wrote it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from html.parser import HTMLParser
from pathlib import Path

from .texts import CANARY

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e]")


class _Page(HTMLParser):
    """Where in a page the canary stands that is not text or a quoted value without effect."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_data = tag == "script" and dict(attrs).get("type") == "application/json"
        self._inside.append("data" if is_data else tag)
        if CANARY in tag:
            self.faults.append("it became an element")
        for name, value in attrs:
            acts = name.startswith("on") or name in (
                "src",
                "href",
                "style",
                "action",
                "formaction",
                "srcdoc",
                "xlink:href",
            )
            if CANARY in name or (
                acts and CANARY in (value or "").casefold() and not (value or "").startswith("data:text/csv")
            ):
                self.faults.append(f"it became an attribute that acts ({name})")

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() not in (tag, "data" if tag == "script" else tag):
            pass

    def handle_data(self, data: str) -> None:
        if CANARY in data and self._inside and self._inside[-1] in ("script", "style"):
            self.faults.append(f"it stands in a {self._inside[-1]}")

    def handle_comment(self, data: str) -> None:
        if CANARY in data:
            self.faults.append("it became a comment")


def in_page(html: str) -> list[str]:
    """Of a page."""
    page = _Page()
    page.feed(html)
    page.close()
    return list(dict.fromkeys(page.faults + (["it turns the direction of writing"] if _CONTROL.search(html) else [])))


def in_workbook(content: bytes) -> list[str]:
    """Of an .xlsx or .ods: a formula, a link that leads out, or a part that is no XML."""
    faults = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8", "replace")
            if re.search(r"<(?:\w+:)?f[ >]|table:formula=", text):
                faults.append("a cell holds a formula")
            if re.search(rf'(?:Target|xlink:href)="[^"]*{CANARY}', text):
                faults.append("a link leads out")
            if CANARY in name:
                faults.append("it became the name of a part")
    return faults


def in_csv(text: str) -> list[str]:
    """Of a CSV file: a cell that a spreadsheet program would calculate."""
    cells = (cell for row in csv.reader(io.StringIO(text)) for cell in row)
    risky = (cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and CANARY in cell)
    return ["a cell begins like a formula"] if any(risky) else []


def in_pdf(content: bytes) -> list[str]:
    """Of a PDF: scripts, launches or links made of it, in plain objects and in packed ones."""
    packed = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    plain = [content, *(_unpacked(part) for part in packed)]
    found = [rb"/JavaScript", rb"/Launch", rb"/EmbeddedFile", rb"/URI\s*\([^)]*" + CANARY.encode()]
    return [f"it holds {name.decode()[:12]}" for name in found if any(re.search(name, part) for part in plain)]


def _unpacked(part: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(part, 50_000_000)
    except zlib.error:
        return b""


def in_notebook(text: str) -> list[str]:
    """Of an executed notebook: every output that JupyterLab shows as a page, or a terminal as text."""
    outputs = [output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])]
    shown = [output.get("data", {}) for output in outputs]
    faults = [fault for data in shown for fault in in_page("".join(data.get("text/html", "")))]
    faults += ["it acts by itself" for data in shown if "application/javascript" in data]
    plain = ["".join(data.get("text/plain", "")) for data in shown]
    return faults + ["its text holds control characters" for text in plain if _CONTROL.search(text)]


def in_json(text: str) -> list[str]:
    """Of data: valid JSON, in which a text stands as it came; what a terminal obeys is escaped."""
    try:
        json.loads(text)
    except ValueError:
        return ["it is no JSON"]
    return ["it holds control characters"] if re.search("[\x00-\x08\x0b-\x1f\x7f\x9b]", text) else []


def in_file(path: Path) -> list[str]:
    """Of any file that a run writes; nothing is looked for in kinds of files that only the toolkit reads."""
    content = path.read_bytes()
    text = content.decode("utf-8", "replace")
    match path.suffix:
        case ".html" | ".svg":
            return in_page(text)
        case ".xlsx" | ".ods":
            return in_workbook(content)
        case ".csv":
            return in_csv(text)
        case ".pdf":
            return in_pdf(content)
        case ".ipynb":
            return in_notebook(text)
        case ".json":
            return in_json(text)
        case ".log" | ".yml" | ".txt":
            return ["it holds control characters"] if _CONTROL.search(text) else []
    return []
