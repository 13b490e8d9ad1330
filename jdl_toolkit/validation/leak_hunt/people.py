"""Invented people whose names are no words: a register, two uploads, and what of them is sought in every file.

The synthetic register's people are called Brown, Young and Foundation, and so is much else. Every letter of a name is
therefore exchanged for another of the same sound class: likeness, misspellings and sound codes stay as they are, so
that the whole line works as ever, but what comes out ("Pruwm") stands in no text by itself.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

from ...identifiers import normalise_pnc_id
from ...register import build_register
from ...submission.fields import COLUMNS, PEOPLE
from ...synthetic.bridges import write_bridges
from ...synthetic.foundation import write_foundation
from ...synthetic.register import synthesise_register
from ...synthetic.uploads import IDENTITY
from .folding import folded, letters_of, signs_of

#: Letters of one class stand for each other in sound codes; each is exchanged for the next but `step` of its class.
CLASSES = ("aeiou", "bpfv", "cgjkqsxz", "dt", "mn")
#: Letters of a name from which it is sought by itself, and of forename and surname from which they are together.
SHORTEST_WORD, SHORTEST_TOGETHER = 6, 9
#: Signs of an identifier from which it is sought: a prison number has seven.
SHORTEST_IDENTIFIER = 7
#: Later days are those of the data period, and stand in every report.
LATEST_BIRTH = dt.date(1994, 12, 31)
NAMES, BIRTH = ("forename", "middle_name", "surname"), "dob"
FULL_NAME, NAME, BORN, IDENTIFIER = "full name", "single name", "date of birth", "identifier"
KINDS = (FULL_NAME, NAME, BORN, IDENTIFIER)


def exchanged(step: int) -> dict[int, str]:
    """Table for `str.translate`: every letter for another of its class, capitals for capitals."""
    pairs = {a: c[(i + step) % len(c)] for c in CLASSES for i, a in enumerate(c)}
    return str.maketrans(pairs | {a.upper(): b.upper() for a, b in pairs.items()})


@dataclass(frozen=True)
class Needles:
    """What is sought, each as it is compared.

    Parameters
    ----------
    together : frozenset of str
        Letters of forename and surname in either order, and with the middle name between.
    names : frozenset of str
        Forenames, middle names and surnames, each by itself.
    births : frozenset of date
    identifiers : frozenset of str
        PNC ids in both forms, prison numbers and CRO numbers: letters and digits alone.
    """

    together: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    births: frozenset[dt.date] = frozenset()
    identifiers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, people: pd.DataFrame) -> Needles:
        """Of people: forename, middle_name, surname, dob, pnc_id, prison_number, cro, as far as there."""
        known = people.reindex(columns=[*NAMES, BIRTH, "pnc_id", "prison_number", "cro"])
        f, m, s = ([letters_of(v) if isinstance(v, str) else "" for v in known[c]] for c in NAMES)
        both = [
            one for a, b, c in zip(f, m, s, strict=True) if a and c for one in (a + c, c + a, *([a + b + c] * bool(b)))
        ]
        words = {w for c in NAMES for v in known[c].dropna() for w in re.findall(r"[a-z]+", folded(str(v)))}
        born = days_of(known[BIRTH]).dropna()
        written = [str(v) for c in ("pnc_id", "prison_number", "cro") for v in known[c].dropna()]
        full = [v for v in normalise_pnc_id(known["pnc_id"].astype(object)).dropna()]
        written += [*full, *(v[2:] for v in full)]
        return cls(
            frozenset(one for one in both if len(one) >= SHORTEST_TOGETHER),
            frozenset(w for w in words if len(w) >= SHORTEST_WORD),
            frozenset(d for d in (stamp.date() for stamp in born) if d <= LATEST_BIRTH),
            frozenset(one for one in map(signs_of, written) if len(one) >= SHORTEST_IDENTIFIER),
        )

    def __or__(self, other: Needles) -> Needles:
        return Needles(*(getattr(self, f.name) | getattr(other, f.name) for f in fields(self)))

    def without(self, other: Needles) -> Needles:
        """These but for those that `other` holds as well."""
        return Needles(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return dict(zip(KINDS, (len(getattr(self, f.name)) for f in fields(self)), strict=True))


def days_of(written: pd.Series) -> pd.Series:
    """Dates as cells hold them; a text is read day first, but for one that begins with its year."""
    from_year = pd.to_datetime(written.astype(str).str[:10], errors="coerce", format="%Y-%m-%d")
    return from_year.fillna(pd.to_datetime(written, errors="coerce", format="mixed", dayfirst=True))


def invent(folder: Path, persons: int, seed: int, effect_pp: float) -> None:
    """A register and two uploads of people whose names are no words, as `jdl synth` lays them out.

    Parameters
    ----------
    folder : Path
        Written whole or not at all.
    persons : int
    seed : int
    effect_pp : float
        Planted for the first upload; the second has its own.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".inventing."))
    try:
        synthesise_register(making / "register", persons, seed)
        for table in ("person", "person_alias"):
            _rename(making / "register" / f"{table}.parquet")
        write_foundation(making / "register", making / "foundation-2013.xlsx", making / "truth.json", seed, effect_pp)
        known = pd.read_parquet(making / "truth_links.parquet")["person_id"].dropna()
        write_bridges(making / "register", making / "bridges-2013.xlsx", making / "links.parquet", seed, known, True)
        build_register(making / "register", making / "register.duckdb")
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _rename(path: Path) -> None:
    table, letters = pd.read_parquet(path), exchanged(1)
    for column in [c for c in NAMES if c in table]:
        known = table[column].notna()
        table.loc[known, column] = table.loc[known, column].str.translate(letters)
    table.to_parquet(path, index=False)


def uploaded(path: Path) -> pd.DataFrame:
    """The people of an upload as they are written there, headings in the order of the template."""
    cells = pd.DataFrame(openpyxl.load_workbook(path, read_only=True)[PEOPLE].values)
    said = list(cells.iloc[0])
    places = {c.key: said.index(c.heading) for c in COLUMNS if c.key in IDENTITY and c.heading in said}
    return pd.DataFrame({key: cells.iloc[1:, place] for key, place in places.items()}).reset_index(drop=True)


def on_register(folder: Path) -> pd.DataFrame:
    """Everybody on the register, other names included."""
    person = pd.read_parquet(folder / "register" / "person.parquet")
    alias = pd.read_parquet(folder / "register" / "person_alias.parquet")
    more = alias.merge(person[["person_id", "forename", "surname"]], on="person_id", suffixes=("", "_person"))
    for column in ("forename", "surname"):
        more[column] = more[column].fillna(more[f"{column}_person"])
    return pd.concat([person, more[["forename", "surname", "dob"]]], ignore_index=True)


def decoys(people: pd.DataFrame, needles: Needles, seed: int, without: frozenset[str] = frozenset()) -> Needles:
    """As many others of the same shape, who are nobody: whatever of them is found, is found by chance.

    Names with other letters of each class; identifiers with other digits; days between the births on which nobody was
    born, with day and month in their places or exchanged: a birth written 12/11/1942 is read either way.
    """
    rng, letters = np.random.default_rng(seed), exchanged(2)
    other = people.copy()
    for column in [c for c in NAMES if c in other]:
        known = other[column].notna()
        other.loc[known, column] = other.loc[known, column].astype(str).str.translate(letters)
    for column in [c for c in ("pnc_id", "prison_number", "cro") if c in other]:
        digits = {str(d): str(e) for d, e in enumerate(rng.permutation(10))}
        other[column] = [
            v[:5] + v[5:].translate(str.maketrans(digits)) if isinstance(v, str) else None for v in other[column]
        ]
    other["dob"] = pd.NaT
    days = pd.date_range(min(needles.births), LATEST_BIRTH).date
    meant = needles.births | {turned for day in needles.births if (turned := _turned(day))}
    free = frozenset(day for day in days if day not in meant and day.isoformat() not in without)
    return (Needles.of(other) | Needles(births=free)).without(needles)


def _turned(day: dt.date) -> dt.date | None:
    """The day with day and month exchanged, if there is such a day."""
    return dt.date(day.year, day.day, day.month) if day.day <= 12 else None
