"""Kinds of damage: the register that the modules of kinds write themselves into, and what hypothesis draws for each."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import JDLError

#: Draws one value of a hypothesis strategy.
Draw = Callable[[Any], Any]
#: What is sent: the name of the file, its content, and other files beside it.
Made = tuple[str, bytes] | tuple[str, bytes, dict[str, bytes]]

#: Groups of kinds, in the order they are told.
GROUPS = {
    "file": "The file as a whole",
    "archive": "The archive inside a workbook",
    "xml": "The XML inside a workbook",
    "sheets": "Sheets, rows and headings",
    "cells": "Cells",
    "csv": "CSV files",
    "ods": "OpenDocument workbooks",
}
_MODULES = ("files", "xml", "sheets", "cells", "text")


@dataclass(frozen=True)
class Kind:
    """One kind of damage: ``make(draw)`` gives a file. `undetectable`: what comes of it is as good a workbook."""

    name: str
    group: str
    make: Callable[[Draw], Made]
    undetectable: bool = False

    @property
    def is_bomb(self) -> bool:
        """Made to exhaust the machine."""
        return self.name.startswith("a bomb")


_KINDS: dict[tuple[str, str], Kind] = {}


def kind(
    group: str, name: str, undetectable: bool = False
) -> Callable[[Callable[[Draw], Made]], Callable[[Draw], Made]]:
    """Register a function as a kind of damage."""

    def register(make: Callable[[Draw], Made]) -> Callable[[Draw], Made]:
        if (group, name) in _KINDS:
            raise ValueError(f"two kinds are called {group}: {name}")
        _KINDS[group, name] = Kind(name, group, make, undetectable)
        return make

    return register


def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order of `GROUPS`.

    Raises
    ------
    JDLError
        If hypothesis, which draws them, is not installed.
    """
    if importlib.util.find_spec("hypothesis") is None:
        fix = "install the toolkit with its extra `validation`: pip install 'jdl-toolkit[validation]'"
        raise JDLError("hypothesis, which draws the damaged workbooks, is not installed", "jdl validate", fix)
    for module in _MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return tuple(sorted(_KINDS.values(), key=lambda one: list(GROUPS).index(one.group)))


def example(of: Kind, seed: int) -> Made:
    """One file of a kind, as hypothesis draws it; of the few that it draws the last, as it begins with the simplest."""
    import hypothesis
    from hypothesis import strategies

    found: list[Made] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=1 if of.is_bomb else 3,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate,),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategies.data())
    def draw_one(data: Any) -> None:
        found.append(of.make(data.draw))

    with warnings.catch_warnings():  # names that stand twice in an archive, and the like, are what is wanted
        warnings.simplefilter("ignore")
        draw_one()
    return found[-1]
