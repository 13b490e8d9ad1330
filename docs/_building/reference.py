"""The reference: a page for each package of the toolkit with its public names, described by their docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

#: Pages in the order of the house. What is named in no group comes last, so that nothing can be forgotten.
GROUPS = {
    "The stages of a request": "submission linkage cohort covariates matching balance outcomes inference subgroups "
    "power robustness hidden_bias",
    "Without a register": "prepared precheck",
    "What every stage shares": "spec register stage lab result attrition document errors",
    "By hand": "examples explore jupyter exploratory blinding",
    "What is published": "disclosure findings narrative publication portfolio imported bulletin feedback",
    "Pictures and tables": "plots tables numbers wording markup typeface",
    "Running and releasing": "run execution batch manifest render lifecycle release releases diff",
    "Invented people": "synthetic validation",
}
#: A value longer than this is not printed.
LONGEST_VALUE = 60


def modules(root: Path) -> list[str]:
    """Every module or package directly within jdl_toolkit."""
    inside = (root / "jdl_toolkit").iterdir()
    found = [path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()]
    return sorted(name for name in found if not name.startswith("_"))


def grouped(names: list[str]) -> dict[str, list[str]]:
    """The modules that exist, by group; those in no group come last."""
    listed = {title: [name for name in order.split() if name in names] for title, order in GROUPS.items()}
    rest = [name for name in names if not any(name in group for group in listed.values())]
    return listed | {"Besides": rest}


def public_names(module: ModuleType) -> list[str]:
    """`__all__`, or for a module without it what it defines itself and does not begin with `_`."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    tree = ast.parse(inspect.getsource(module))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]


def pages(root: Path, method: Path) -> dict[str, str]:
    """The pages by file name, in reStructuredText.

    Parameters
    ----------
    root : Path
        Of the repository.
    method : Path
        Pages whose formulas name functions; those that no package offers are described on the page of theirs, too.
    """
    texts = [path.read_text("utf-8") for path in method.glob("*.md")]
    named = {name for text in texts for name in re.findall(r"`(jdl_toolkit(?:\.\w+)+)`", text)}
    names = modules(root)
    made = {f"reference/{name}.rst": page(name, named) for name in names}
    return made | {"reference/index.rst": index(grouped(names))}


def index(groups: dict[str, list[str]]) -> str:
    lines = [*_heading("Reference", "="), "The public names of each package, as their docstrings describe them.", ""]
    for title, names in groups.items():
        if names:
            lines += [*_heading(title, "-"), ".. toctree::", "   :maxdepth: 1", ""]
            lines += [*(f"   {name}" for name in names), ""]
    return "\n".join(lines)


def page(name: str, named: set[str]) -> str:
    """One package: what it is for, its public names in a list, and each of them."""
    full = f"jdl_toolkit.{name}"
    module = importlib.import_module(full)
    public = public_names(module)
    lines = [*_heading(name, "="), f".. automodule:: {full}", "   :no-members:", ""]
    if public:
        lines += [".. list-table::", "   :class: names", "   :widths: auto", ""]
        for one in public:
            lines += [f"   * - :py:obj:`~{full}.{one}`", f"     - {in_short(full, one, getattr(module, one))}"]
        lines.append("")
    for one in public:
        lines += [*_directive(f"{full}.{one}", getattr(module, one)), ""]
    behind = sorted(other for other in named if other.startswith(f"{full}.") and other.split(".", 2)[2] not in public)
    if behind:
        lines += [*_heading("Behind the formulas", "-"), "Not offered by the package, but named by the method.", ""]
    for other in behind:
        place, _, one = other.rpartition(".")
        lines += [*_directive(other, getattr(importlib.import_module(place), one)), ""]
    return "\n".join(lines)


def _heading(title: str, line: str) -> Iterator[str]:
    yield from (title, line * len(title), "")


def _directive(full: str, value: Any) -> list[str]:
    if inspect.isclass(value):
        return [f".. autoclass:: {full}", "   :members:"]
    if inspect.isfunction(value) or hasattr(value, "__wrapped__"):
        return [f".. autofunction:: {full}"]
    printed = repr(value)
    is_plain = len(printed) <= LONGEST_VALUE and "<" not in printed
    package, _, name = full.rpartition(".")
    lines = [f".. py:data:: {name}", f"   :module: {package}", *([f"   :value: {printed}"] if is_plain else [])]
    return [*lines, "", *(f"   {line}" for line in comment_on(package, name))]


def in_short(package: str, name: str, value: Any) -> str:
    """What a name is, in its first sentence."""
    if inspect.isclass(value) or inspect.isfunction(value) or hasattr(value, "__wrapped__"):
        text = (inspect.getdoc(value) or "").split("\n\n")[0]
    else:
        text = " ".join(comment_on(package, name))
    return " ".join(text.split())


def comment_on(package: str, name: str) -> list[str]:
    """The `#:` lines above a constant, in whichever module of the package assigns it; or what stands behind it."""
    place = Path(inspect.getfile(importlib.import_module(package)))
    for file in sorted(place.parent.rglob("*.py")) if place.name == "__init__.py" else [place]:
        lines = file.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.match(rf"{name}\b[^=]*=", line):
                above = []
                while number and lines[number - 1].startswith("#:"):
                    number -= 1
                    above.insert(0, lines[number].removeprefix("#:").strip())
                return above or re.findall(r"#:? (.+)$", line)
    return []
