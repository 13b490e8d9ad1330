"""Addresses on the index page: of versions, drafts and what else lies in the outputs folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import quote

from ...markup import one_line
from ...releases import Release, version_folder
from . import words

#: What a reader may open of a report, by the ending of its files, in the order of the links.
KINDS = {".html": "HTML", ".pdf": "PDF", ".xlsx": "XLSX", ".ods": "ODS"}
_OF_REPORT = ("report.html", "report.pdf", "data-tables.xlsx", "data-tables.ods")


class Texts:
    """A dataclass whose texts come from outside: each is one line, without characters that nobody sees."""

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if isinstance(value, str):
                object.__setattr__(self, one.name, one_line(value))


@dataclass(frozen=True)
class Links(Texts):
    """Addresses that belong together: of a version, a draft, an analysis."""

    of: str
    links: tuple[tuple[str, str], ...]


def address(outputs: Path, file: Path) -> str:
    """From the page to a file; whatever a folder is called, it stays a path."""
    return quote(file.relative_to(outputs).as_posix())


def of_draft(folder: Path, titles: Mapping[str, str], called: str) -> list[Links]:
    """The report of each analysis that stands in a request's folder, as far as it was drawn."""
    groups = []
    for place, analysis in zip(
        ["report", *(f"report/{name}" for name in list(titles)[1:])], titles or [""], strict=True
    ):
        files = [folder / place / name for name in _OF_REPORT if (folder / place / name).exists()]
        of = f"{called}, {titles[analysis]}" if len(titles) > 1 else called
        groups += [links_to(of, folder.parent, files)] if files else []
    return groups


def of_version(outputs: Path, release: Release, titles: Mapping[str, str]) -> list[Links]:
    """What a released version holds, a group of links for each folder with a report."""
    folder = version_folder(outputs, release.request, release.version)
    said = f"Version {release.version}, {words.day(release.released)}"
    places: dict[str, list[Path]] = {}
    for name in sorted(release.files, key=lambda name: (name.count("/"), name)):
        if Path(name).name in _OF_REPORT:
            places.setdefault(Path(name).parent.name, []).append(folder / name)
    ordered = {name: sorted(files, key=lambda file: _OF_REPORT.index(file.name)) for name, files in places.items()}
    return [
        links_to(f"{said}, {titles[name]}" if len(places) > 1 and name in titles else said, outputs, files)
        for name, files in ordered.items()
    ]


def links_to(of: str, outputs: Path, files: Iterable[Path]) -> Links:
    return Links(of, tuple((KINDS[file.suffix], address(outputs, file)) for file in files))


def reports_of(groups: list[Links], analyses: list[str]) -> dict[str, str]:
    """By analysis, where its report is read: the page, or else the first file that there is."""
    first = groups[0].links[0][1] if groups else ""
    by_folder = {group.links[0][1].split("/")[-2]: group.links[0][1] for group in groups}
    return {name: by_folder.get(name, first) if i else first for i, name in enumerate(analyses)}
