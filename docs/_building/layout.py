"""The folder that Sphinx reads: the pages of `docs/`, and those made of the toolkit itself.

Pages are written to be read in the repository too, so their links lead to files of the repository; here they are made
to lead to pages.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from . import command_line, glossary, reference, settings, worked

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
#: Files outside docs/ that have a page of their own.
PAGES = {
    "README.md": "index.md",
    "GLOSSARY.md": "glossary.rst",
    "CHANGELOG.md": "changes.md",
    "parameters/defaults.yml": "settings.md",
    "benchmarks/linkage/README.md": "benchmarks/linkage.md",
    "benchmarks/cohort/README.md": "benchmarks/cohort.md",
}
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def lay_out(source: Path, notebooks: dict[str, Path]) -> None:
    """Write every page into `source`; one that has not changed keeps its time, so that Sphinx need not read it again.

    Parameters
    ----------
    source : Path
    notebooks : dict of str to Path
        Executed notebooks by name, as `worked.executed` gives them; may be empty.
    """
    made = Made(source)
    for path in sorted(DOCS.rglob("*.md")):
        if not path.relative_to(DOCS).parts[0].startswith("_"):
            made.page(path, path.relative_to(DOCS).as_posix())
    for path, name in PAGES.items():
        if path.endswith(".md") and path not in ("README.md", "GLOSSARY.md"):
            made.page(ROOT / path, name)
    made.text("glossary.rst", glossary.page((ROOT / "GLOSSARY.md").read_text("utf-8")))
    made.text("settings.md", settings.page((ROOT / "parameters" / "defaults.yml").read_text("utf-8")))
    made.text("commands.md", command_line.page())
    made.text("decisions/index.md", decisions_page())
    for name, text in reference.pages(ROOT, DOCS / "method").items():
        made.text(name, text)
    for name, content in worked.pages(notebooks).items():
        made.text(name, content)
    for path in (DOCS / "images").iterdir():
        made.copy(path, f"images/{path.name}")
    made.sweep()


class Made:
    """A folder being written: what was written stays, what was not is swept away at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names = folder, set()

    def page(self, path: Path, name: str) -> None:
        """A Markdown file of the repository, its links made to lead to pages."""

        def lead(link: re.Match[str]) -> str:
            return self.link(link[1], link[2], link[3] or "", path, name)

        self.text(name, LINK.sub(lead, path.read_text("utf-8")))

    def link(self, words: str, target: str, anchor: str, path: Path, name: str) -> str:
        """One link of a page: to a page, to a term of the glossary, or to a file that is laid beside the pages."""
        file = (path.parent / target).resolve()
        if not file.is_relative_to(ROOT):
            return f"[{words}]({target}{anchor})"
        place = file.relative_to(ROOT).as_posix()
        if place == "GLOSSARY.md" and anchor:
            return f"{{term}}`{words} <{glossary.term_of(anchor[1:])}>`"
        if file.is_dir() or not file.exists():
            return f"[{words}]({target}{anchor})"  # Sphinx will complain of it
        if place in PAGES:
            to = PAGES[place]
        elif file.is_relative_to(DOCS):
            to = file.relative_to(DOCS).as_posix()
            if file.suffix not in (".md", ".png"):
                self.copy(file, to)
        else:
            to = f"files/{place}"
            self.copy(file, to)
        return f"[{words}](/{to}{anchor})"

    def text(self, name: str, text: str) -> None:
        target = self._target(name)
        if not target.exists() or target.read_text("utf-8") != text:
            target.write_text(text, "utf-8")

    def copy(self, path: Path, name: str) -> None:
        target = self._target(name)
        if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            shutil.copyfile(path, target)

    def _target(self, name: str) -> Path:
        self.names.add(name)
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def sweep(self) -> None:
        for path in self.folder.rglob("*"):
            if path.is_file() and path.relative_to(self.folder).as_posix() not in self.names:
                path.unlink()


def decisions_page() -> str:
    """Every decision record, by its number."""
    lines = [
        "# Decisions",
        "",
        "Where the toolkit chose between ways of doing something: what was decided, and why.",
        "",
    ]
    lines += ["```{toctree}", ":maxdepth: 1", ""]
    for path in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").replace("`", "")
        lines.append(f"{int(path.name[:4])}. {title} <{path.stem}>")
    return "\n".join([*lines, "```", ""])
