"""The leak check of a bulletin: against everybody of every upload of the lab, and of its registers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..disclosure import find_leaks, names_of_people
from ..errors import GateClosed, JDLError
from ..lab import Lab
from ..portfolio import Bulletin
from ..register import Register
from ..spec import read_yaml
from ..stage import RequestFolder
from ..submission import Submission

_PERSON = ["forename", "middle_name", "surname", "dob", "pnc_id", "prison_number"]


@dataclass(frozen=True)
class PublicTexts:
    """What may stand in a bulletin, asked for by the leak check as of findings; free text of people is none of it.

    `of_somebody`: names of organisations and services that hold the full name of somebody of their own uploads.
    """

    bulletin: Bulletin
    of_somebody: frozenset[str] = frozenset()

    def given_names(self) -> list[str]:
        """None: names of organisations and services were held against their own uploads, see `of_somebody`."""
        return []

    def public_names(self) -> list[str]:
        """Whole names of organisations, services, and of who sees the bulletin before it is published."""
        rows = (*self.bulletin.requests, *self.bulletin.results)
        names = [text for row in rows for text in (row.organisation, row.service) if text]
        names = [name for name in names if name not in self.of_somebody]
        return list(dict.fromkeys([*names, *self.bulletin.pre_release.people]))

    def public_texts(self) -> list[str]:
        """Texts whose words may stand in a bulletin."""
        of = self.bulletin
        texts = [of.title, of.contact, of.period, *self.public_names(), *self.labels()]
        texts += [row.request for row in of.requests]
        texts += [text for row in of.results for text in (row.request, row.analysis, row.title, row.source_title)]
        return list(dict.fromkeys(texts))

    def labels(self) -> list[str]:
        """Texts of the toolkit's own."""
        of = self.bulletin
        texts = [*of.remarks, *(row.criterion for row in of.criteria)]
        texts += [row.why_not or "" for row in (*of.results, *of.pooled)]
        questions = of.feedback.questions if of.feedback else ()
        return texts + [text for one in questions for text in (one.question, *one.counts)]

    def public_dates(self) -> list[dt.date]:
        """Every date of the bulletin, none of which is of a person."""
        return list(dict.fromkeys(_dates(self.bulletin.model_dump())))


def _dates(value: Any) -> Iterator[dt.date]:
    if isinstance(value, dt.date):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _dates(part)


def check_bulletin(lab: Lab, outputs: Path, files: list[Path], bulletin: Bulletin) -> str:
    """Look for personal data in the files of a bulletin.

    All uploads are read as one, so that the files are read but once for each register.

    Returns
    -------
    str
        What they were held against, in a sentence.

    Raises
    ------
    GateClosed
        If a file holds a name, date of birth or identifier: file and kind are named, never the text.
    """
    uploads, registers = _uploads(outputs), _registers(lab, outputs)
    people = pd.concat(uploads.values(), ignore_index=True) if uploads else None
    texts = PublicTexts(bulletin, _names_of_somebody(bulletin, uploads))
    leaks: set[tuple[Path, str]] = set()
    for path in registers or [None]:
        if path is None:
            leaks |= set(find_leaks(files, None, people, texts))
            continue
        with Register.open(path) as register:
            leaks |= set(find_leaks(files, register, people, texts))
    if leaks:
        found = "; ".join(sorted({f"{Path(file).name}: {kind}" for file, kind in leaks}))
        what = f"the leak check found personal data ({found}); nothing was put in place"
        fix = (
            "look at the reasons of corrections, at imported results, at names of organisations and services and at the"
        )
        fix += " bulletin's settings; correct it there"
        raise GateClosed(what, f"bulletin {bulletin.period}", fix)
    if not uploads and not registers:
        return (
            "nothing to hold it against, as no upload and no register is here: read the reasons of corrections yourself"
        )
    n = len(uploads)
    against = f"{n} {'upload' if n == 1 else 'uploads'} and {len(registers)}"
    return f"held against the people of {against} {'register' if len(registers) == 1 else 'registers'}"


def _names_of_somebody(bulletin: Bulletin, uploads: Mapping[str, pd.DataFrame]) -> frozenset[str]:
    """Names of organisations and services that hold the full name of somebody of their own uploads."""
    given: dict[str, set[str]] = {}
    for row in (*bulletin.requests, *bulletin.results):
        given.setdefault(row.request or "", set()).update(name for name in (row.organisation, row.service) if name)
    return frozenset(
        name for request, names in given.items() if request in uploads
        for name in names_of_people(names, uploads[request])
    )  # fmt: skip


def _uploads(outputs: Path) -> dict[str, pd.DataFrame]:
    """People of every upload that was taken in, by its request; one that is spoilt or destroyed is left out."""
    found = {}
    for folder in sorted(Path(outputs).glob("*/restricted/submission")):
        try:
            people = Submission.load(folder).people
            found[folder.parent.parent.name] = people[[c for c in _PERSON if c in people]].astype(object)
        except JDLError:
            continue
    return found


def _registers(lab: Lab, outputs: Path) -> list[Path]:
    """Registers of the requests that were run, as far as they are there."""
    try:
        sources = read_yaml(lab.root / "parameters" / "data_sources.yml")
    except JDLError:
        return []
    found: dict[Path, None] = {}
    for path in sorted(Path(outputs).glob("*/spec.yml")):
        place = sources.get(read_yaml(RequestFolder(path.parent).root / "spec.yml").get("register"))
        register = lab.root / str(place["register"]) if isinstance(place, dict) and "register" in place else None
        if register is not None and register.is_file():
            found[register.resolve()] = None
    return list(found)
