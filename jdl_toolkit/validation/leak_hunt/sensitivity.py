"""Both searches held to planted people, and the toolkit's own to people who cannot be in its files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ...disclosure import find_leaks
from ...findings import Findings
from ...synthetic.names import draw_names
from .people import Needles, days_of, uploaded
from .plants import PUBLISHABLE, WAYS, writings
from .seeking import Seeker
from .unwrapping import texts_of

_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"


def plant_all(invented: Path, n_people: int) -> pd.DataFrame:
    """Every way of lying in a file, tried with each writing of some people of the upload.

    Returns
    -------
    DataFrame
        kind, where, writing; tried, hunt (found by the hunt), gate (found, or the file refused, by the toolkit's leak
        check); gate is missing for kinds that are never published.
    """
    people = uploaded(invented / "foundation-2013.xlsx").dropna(subset=["forename", "surname", "dob"])
    people = people[people["surname"].str.strip().str.fullmatch(r"[A-Za-z]{6,}")]
    whole = people.dropna(subset=["pnc_id", "prison_number"])
    chosen = pd.concat([whole, people.drop(whole.index)]).head(n_people)
    chosen = chosen.assign(dob=days_of(chosen["dob"])).dropna(subset=["dob"])
    seeker, rows = Seeker(Needles.of(chosen)), []
    with tempfile.TemporaryDirectory(prefix="jdl-plants.") as folder:
        for way in WAYS:
            paths: dict[tuple[str, int], Path] = {}
            for i, person in enumerate(chosen.to_dict("records")):
                for writing, text in writings(person).items():
                    path = Path(folder) / f"{len(rows)}-{i}-{len(paths)}{way.kind}"
                    path.write_bytes(way.plant(text))
                    paths[writing, i] = path
            publishable = way.kind in PUBLISHABLE
            stopped = {path for path, _ in find_leaks(paths.values(), None, chosen)} if publishable else set()
            found = {key: bool(seeker.seek(texts_of(path))) for key, path in paths.items()}
            for writing in dict.fromkeys(writing for writing, _ in paths):
                own = [key for key in paths if key[0] == writing]
                row = {"kind": way.kind, "where": way.where, "writing": writing, "tried": len(own)}
                row["hunt"] = sum(found[key] for key in own)
                rows.append(row | {"gate": sum(paths[key] in stopped for key in own) if publishable else None})
            for path in paths.values():
                path.unlink()
    return pd.DataFrame(rows).astype({"gate": "Int64"})


class Strangers:
    """A register of people with ordinary names, of whom nobody can be in any file: what the leak check asks of one."""

    def __init__(self, seed: int, n: int) -> None:
        rng = np.random.default_rng(seed)
        sex = rng.choice(["M", "F"], n, p=[0.85, 0.15])
        groups = rng.choice(["White", "Black", "Asian", "Mixed", "Other"], n, p=[0.84, 0.06, 0.05, 0.03, 0.02])
        self.people = draw_names(rng, sex, rng.integers(1940, 1992, n), groups)
        self.people["dob"] = pd.Timestamp("1940-01-01") + pd.to_timedelta(rng.integers(0, 19_000, n), unit="D")
        numbers, check = rng.integers(0, 10**7, n), rng.integers(0, len(_LETTERS), n)
        years = rng.integers(1950, 2012, n)
        self.people["pnc_id"] = [f"{y}/{i:07d}{_LETTERS[c]}" for y, i, c in zip(years, numbers, check, strict=True)]
        two = [_LETTERS[a] + _LETTERS[b] for a, b in zip(check, numbers % 23, strict=True)]
        self.people["prison_number"] = [f"A{i % 10_000:04d}{x}" for i, x in zip(numbers, two, strict=True)]
        self.people["cro"] = [f"{i % 10**6}/{y % 100:02d}{x[0]}" for i, y, x in zip(numbers, years, two, strict=True)]
        self._connection = duckdb.connect()
        self._connection.register("given", self.people)
        self._connection.execute("CREATE TABLE person AS FROM given")

    def has(self, table: str) -> bool:
        return table == "person"

    def sql(self, query: str, **frames: pd.DataFrame) -> pd.DataFrame:
        """What `register.Register.sql` gives."""
        for name, frame in frames.items():
            self._connection.register(name, frame)
        return self._connection.execute(query).df()


def by_chance(published: Path, seed: int, n_registers: int, n_people: int) -> pd.DataFrame:
    """Reports held, by the toolkit's leak check, against registers of strangers: whatever it finds, it finds by chance.

    Returns
    -------
    DataFrame
        report, register, n_people, n_files, n_flagged, what (file and kind of each).
    """
    rows: list[dict[str, Any]] = []
    for folder in sorted(path.parent for path in published.glob("*/findings.json")):
        findings = Findings.read(folder / "findings.json")
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for i in range(n_registers):
            others = Strangers(seed * 1000 + i, n_people)
            found = find_leaks(files, others, others.people.head(1_000), findings)
            row = {"report": folder.name, "register": i + 1, "n_people": n_people, "n_files": len(files)}
            rows.append(
                row | {"n_flagged": len(found), "what": "; ".join(f"{path.name}: {kind}" for path, kind in found)}
            )
    return pd.DataFrame(rows, columns=["report", "register", "n_people", "n_files", "n_flagged", "what"])
