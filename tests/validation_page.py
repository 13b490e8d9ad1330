"""The page docs/validation.md, its pictures and its table of checks, from the results in docs/validation.

Renew them with ``python tests/validation_page.py``; after a new study with ``python tests/validation_page.py FOLDER``,
which first takes over the results of that folder of `jdl validate`. tests/test_validate.py says when they are
out of date.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from jdl_toolkit.document import Block, Figure, Inset, Table, Words
from jdl_toolkit.markup import Node, parse_words
from jdl_toolkit.render.files import to_csv
from jdl_toolkit.validation.page import CHECKS, checks_csv
from jdl_toolkit.validation.part import RESULTS
from jdl_toolkit.validation.parts import PARTS
from jdl_toolkit.validation.shown import TITLE, sections
from jdl_toolkit.validation.whole import STUDY as STUDY_FILE
from jdl_toolkit.validation.whole import Validation

ROOT = Path(__file__).parents[1]
PAGE, STUDY = ROOT / "docs" / "validation.md", ROOT / "docs" / "validation"
#: Below docs/validation, beside the folders of the parts.
PICTURES = "pictures"

INTRODUCTION = f"""# {TITLE}

The validation study: the toolkit tried where the right answer is known, and attacked. Anyone can run it again; how is
said at the end. <a href="validation-report.html">The same as one page that can be saved and printed, with every
check</a>; all checks as a table: [{CHECKS}](validation/{CHECKS}). What the study cannot settle, and what to check
where: [Assurance](assurance.md).

This page is made from the results in `docs/validation` by `python tests/validation_page.py`.
"""


def files(folder: Path = STUDY) -> dict[Path, str]:
    """What the page consists of, by its place: the text, the pictures with their data, the table of checks."""
    study = Validation.read(folder, PARTS)
    account = Account()
    parts = [account.section(section) for section in sections(study, every_check=False)]
    found = {PAGE: "\n".join([INTRODUCTION, *parts]), STUDY / CHECKS: checks_csv(study)}
    return found | {STUDY / PICTURES / name: text for name, text in account.files.items()}


class Account:
    """Draws sections as Markdown; numbers tables and figures, and keeps the files that they need."""

    def __init__(self) -> None:
        self.n = {"table": 0, "figure": 0}
        self.files: dict[str, str] = {}

    def section(self, section) -> str:
        parts = [f"{'#' * section.level} {text(section.title)}", *(self.block(block) for block in section.blocks)]
        return "\n\n".join(parts) + "\n"

    def block(self, block: Block) -> str:
        if isinstance(block, Words):
            return words(parse_words(block.text))
        if isinstance(block, Inset):
            inside = f"**{text(block.title)}**\n\n{words(parse_words(block.text))}"
            return "\n".join(f"> {line}".rstrip() for line in inside.splitlines())
        self.n[block.kind] += 1
        head = f"**{block.kind.capitalize()} {self.n[block.kind]}.** {text(block.caption)}"
        drawn = table(block) if isinstance(block, Table) else self.figure(block)
        return "\n\n".join([head, drawn, *([f"*{text(block.note)}*"] if block.note else [])])

    def figure(self, block: Figure) -> str:
        key = next(name for name in names(block.key) if f"{name}.svg" not in self.files)
        self.files[f"{key}.svg"] = block.svg + "\n"
        shown = f"![{text(block.alt)}](validation/{PICTURES}/{key}.svg)"
        if not block.data:
            return shown
        self.files[f"{key}.csv"] = to_csv(block)
        return f"{shown}\n\n[Data of figure {self.n['figure']}](validation/{PICTURES}/{key}.csv)"


def names(key: str):
    """A key, and what it is called where another figure has that name."""
    yield key
    yield from (f"{key}-{n}" for n in range(2, 100))


def table(block: Table) -> str:
    """Rows as Markdown, those of each group a table of their own under its name."""
    align = ["--:" if letter == "r" else ":--" for letter in block.align.ljust(len(block.columns), "l")]
    head = [_row(block.columns), f"| {' | '.join(align)} |"]
    parts = []
    for name, rows in block.parts or [("", [])]:
        parts += [f"**{text(name)}**"] if name else []
        parts.append("\n".join([*head, *map(_row, rows)]))
    return "\n\n".join(parts)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(text(' '.join(cell.split())) for cell in cells)} |"


def text(plain: str) -> str:
    """Text that Markdown shows as it is; an option of a command as code, or its hyphens would become a dash."""
    shown = re.sub(r"([\\`*_<>\[\]|$~])", r"\\\1", plain)
    return re.sub(r"(?<!\S)--[a-z][a-z-]*|(?<=\()--[a-z][a-z-]*", r"`\g<0>`", shown)


def words(nodes: list[Node]) -> str:
    """Paragraphs and lists of the toolkit's words as Markdown."""
    parts = []
    for node in nodes:
        if node["type"] == "list":
            parts.append("\n".join(f"- {_inline(item[0]['inline'])}" for item in node["items"]))
        else:
            parts.append(_inline(node["inline"]))
    return "\n\n".join(parts)


def _inline(inline: list[Node]) -> str:
    return "".join(f"**{_inline(n['inline'])}**" if "inline" in n else text(n.get("text", " ")) for n in inline)


def take_over(study: Path, folder: Path = STUDY) -> None:
    """Replace the results of each part that the study has finished by the study's own."""
    shutil.copy(study / STUDY_FILE, folder)
    for run in Validation.read(study, PARTS).runs:
        if run.answer is not None:
            shutil.rmtree(folder / run.part.key, ignore_errors=True)
            shutil.copytree(study / run.part.key / RESULTS, folder / run.part.key)


def write(folder: Path = STUDY) -> None:
    shutil.rmtree(folder / PICTURES, ignore_errors=True)
    for path, content in files(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:]:
        take_over(Path(sys.argv[1]))
    write()
    print(f"{PAGE.relative_to(ROOT)} is up to date")
