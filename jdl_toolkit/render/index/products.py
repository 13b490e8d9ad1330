"""What the index lists beside the lab's requests: bulletins, the last batch, results published elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ... import numbers
from . import words
from .entries import IMPORTED, Entry, Shown, characteristics
from .links import KINDS, Links, address


@dataclass(frozen=True)
class Products:
    """Bulletins, the newest first, and what the last batch came to."""

    bulletins: tuple[Links, ...] = ()
    batch: Links | None = None
    elsewhere: Links | None = None


def products(outputs: Path) -> Products:
    """What lies in an outputs folder."""
    folders = sorted((p for p in outputs.glob("bulletins/*") if p.is_dir()), key=lambda p: p.name, reverse=True)
    bulletins = [_bulletin(outputs, folder) for folder in folders]
    return Products(tuple(b for b in bulletins if b.links), _batch(outputs), _elsewhere(outputs))


def _bulletin(outputs: Path, folder: Path) -> Links:
    try:
        held = json.loads((folder / "bulletin.json").read_text(encoding="utf-8"))
        published = dt.date.fromisoformat(held["published"])
        of = f"{held['title']}, {numbers.date(published)}"
    except (OSError, ValueError, KeyError, TypeError):
        of = f"Bulletin {folder.name}"
    return Links(of, _files(outputs, folder))


def _files(outputs: Path, folder: Path) -> tuple[tuple[str, str], ...]:
    files = sorted(p for p in folder.iterdir() if p.suffix in KINDS and not p.name.startswith("."))
    order = list(KINDS)
    files.sort(key=lambda p: order.index(p.suffix))
    return tuple((KINDS[p.suffix], address(outputs, p)) for p in files)


def _batch(outputs: Path) -> Links | None:
    """The last batch's record, and how many requests came to what in it."""
    files = sorted(outputs.glob("batches/*.json"))
    if not files:
        return None
    return Links(_batch_in_words(files[-1]), (("JSON", address(outputs, files[-1])),))


def _batch_in_words(file: Path) -> str:
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        day = words.day(dt.datetime.fromisoformat(held["finished"]).date())
        parts = [f"{int(n):,} {outcome}" for outcome, n in held["counts"].items()]
        n = numbers.plural(int(held["n_requests"]), "request", "requests")
        return f"Last batch, {day}: {n}{': ' if parts else ''}{', '.join(parts)}"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"Last batch: {file.stem}"


def _elsewhere(outputs: Path) -> Links | None:
    files = sorted(outputs.glob("imported/*.html"))
    links = tuple((p.stem, address(outputs, p)) for p in files)
    return Links("Results published elsewhere and what does not fit in them", links) if links else None


def imported_entries(table: pd.DataFrame, outputs: Path) -> list[Entry]:
    """Results published elsewhere that may be set beside the lab's own, one row each, in the order of their imports.

    Those that are listed only, for want of an interval or as they are no reoffending rates, stay on the imports' pages.

    Parameters
    ----------
    table : DataFrame
        As `imported.read_imported` gives it.
    outputs : Path
    """
    rows = [{name: _known(value) for name, value in row.items()} for row in table.to_dict("records")]
    return [_imported(row, outputs) for row in rows if row["why_not"] is None]


def _known(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(value)
    return None if value is None or pd.isna(value) else value


def _imported(row: dict[str, Any], outputs: Path) -> Entry:
    page = outputs / "imported" / f"{str(row['request']).split(':')[0]}.html"
    links = (Links("Published elsewhere", (("checked", address(outputs, page)),)),) if page.exists() else ()
    shown = Shown(
        title="",
        standing=IMPORTED,
        verdict=row["verdict"],
        n=None if row["n_treatment"] is None else int(row["n_treatment"]),
        treatment=row["treatment_value"],
        control=row["control_value"],
        estimate=row["difference_pp"],
        low=row["ci_low_pp"],
        high=row["ci_high_pp"],
        report=links[0].links[0][1] if links else "",
    )
    published, organisation = row["published"], row["organisation"] or ""
    when = f", {words.day(published)}" if isinstance(published, dt.date) else ""
    return Entry(
        request=row["request"],
        organisation=organisation,
        service=row["title"] if row["title"] != organisation else "",
        status=words.ELSEWHERE,
        **characteristics(row),
        where=f"{row['source_title'] or 'source not named'}{when}",
        results=(shown,),
        links=links,
        remarks=tuple(row["remarks"] or ()),
    )
