"""Which of a lab's files are searched, and as what: published, shown, kept among records, left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PUBLISHED = "published, or about to be"
SCREEN = "shown in the terminal"
RECORDS = "logs and records"
CHECKS = "pages of a check"
REVIEW = "pages for sign-off"
NOTEBOOKS = "executed notebooks of the lab"
LEFT = "left in temporary folders"
OTHER = "anything else in the lab's folder"
#: Rows about people are kept here, and have to be: what is sought must be found.
RESTRICTED = "restricted: rows about people"
SEARCHED = (PUBLISHED, SCREEN, RECORDS, CHECKS, REVIEW, NOTEBOOKS, LEFT, OTHER)

_RECORDS = ("run.log", "manifest.json", "spec.yml", ".index-cache.json", "record.json")
#: What was put there by whoever asks, and is not searched.
_GIVEN = ("data", "parameters", "notebooks", "people.txt", "response.txt", "extract")


def files_of(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a scene, and what it is searched as; what was put there by hand is left out."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        place = place_of(path.relative_to(root))
        if place:
            yield path, place


def place_of(path: Path) -> str:
    """What a file of a scene is searched as; "" if it is not."""
    top, *below = path.parts
    if top == "terminal":
        return SCREEN
    if top == "tmp":
        return LEFT
    if not below:
        return ""
    if below[0] in _GIVEN:
        return _of_given(path)
    if "restricted" in below:
        inside = below[below.index("restricted") + 1 :]
        known = {"review": REVIEW, "notebooks": NOTEBOOKS}
        return known.get(inside[0], RESTRICTED)
    if any(part.startswith(".report.") or part.startswith(".executing.") for part in below):
        return LEFT
    if below[0] == "outputs":
        is_record = path.name in _RECORDS or path.suffix in (".log", ".lock", ".jsonl") or "batches" in below
        return RECORDS if is_record else PUBLISHED
    return OTHER


def _of_given(path: Path) -> str:
    """Beside an upload lie the page of its check and its marked-up copy, which goes back to who sent it."""
    if path.name.endswith("-check.html"):
        return CHECKS
    return ""
