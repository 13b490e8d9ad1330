"""Where every request of a lab stands: one table, for the status, the index page, a batch and the bulletin.

A row is made from what is small and dated: the request's YAML or its ``spec.yml``, its manifest, the records of its
releases. Findings are opened for one thing alone: to see that they are those that the run made.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..errors import JDLError, cut
from ..lab import Lab, RequestFolder
from ..manifest import Manifest, is_under_way
from ..portfolio import RequestStatus
from ..releases import Release, read_releases, version_folder
from ..spec import RequestSpec
from .held import NOT_OF_A_RUN, is_at_fault
from .place import Place, answer_due, place_of

COLUMNS = [
    "request", "organisation", "service", "need", "sector", "setting", "received", "status", "where", "since", "due",
    "overdue", "reminder_due", "criterion", "ended", "version", "invented", "folder",
]  # fmt: skip

#: Of a manifest that cannot be read.
SPOILT = "manifest unreadable: run with --fresh"

#: Of an example whose register cannot be opened: that is no fault that somebody must look into.
EXAMPLE = "an example without its data"

#: Characters of what is wrong with a request's YAML.
_LONGEST_FAULT = 100


@dataclass(frozen=True)
class _Known:
    """What is known of one request: its settings, its manifest if it was run, its releases, what is wrong with it."""

    name: str
    settings: Mapping[str, Any]
    manifest: Manifest | None = None
    releases: tuple[Release, ...] = ()
    fault: str = ""
    invented: bool = False


def all_requests(lab: Lab | None, outputs: Path, today: dt.date, until: dt.date | None = None) -> pd.DataFrame:
    """Every request of a lab and where it stands.

    Parameters
    ----------
    lab : Lab or None
        Whose ``parameters/requests`` are listed, too: those that were not run yet are `received`.
    outputs : Path
        Folder of all outputs.
    today : date
        By which comments and answers are overdue.
    until : date, optional
        As things stood at the end of that day, by the dates of events, stages and releases; requests received later,
        or without a date, are left out.

    Returns
    -------
    DataFrame
        A row a request, by its id: request, organisation, service, need, sector, setting, received (date; None if its
        YAML does not say), status (`RequestStatus`), where (in words), since (date or None), due (date or None),
        overdue, reminder_due (bool), criterion (why it could not be answered, else ""), ended (date or None: of
        publication, of not being answered, of withdrawal), version (int; 0: not released), invented (bool), folder
        (its name below `outputs`).

    Raises
    ------
    JDLError
        If the record of a release cannot be read.
    """
    day = today if until is None else min(today, until)
    rows = []
    for known in _every_request(lab, Path(outputs)):
        received = _date(known.settings.get("received"))
        if until is not None and (received is None or received > until):
            continue
        running = until is None and known.manifest is not None and is_under_way(outputs, known.name)
        rows.append(_row(known, received, _place(known, received, day, running, until)))
    found = pd.DataFrame(rows, columns=COLUMNS).sort_values("request", ignore_index=True)
    dates = ("received", "since", "due", "ended")
    return found.assign(**{name: found[name].astype(object).where(found[name].notna(), None) for name in dates})


def _row(known: _Known, received: dt.date | None, place: Place) -> dict[str, Any]:
    organisation, service = (_mapping(known.settings.get(name)) for name in ("organisation", "service"))
    return {
        "request": str(known.settings.get("request") or known.name),
        "organisation": str(organisation.get("name", "")),
        "service": str(service.get("name", "")),
        "need": str(service.get("need", "")),
        "sector": str(organisation.get("sector", "")),
        "setting": str(service.get("setting", "")),
        "received": received,
        **place.values(),
        "invented": known.invented,
        "folder": known.name,
    }


def _place(known: _Known, received: dt.date | None, day: dt.date, running: bool, until: dt.date | None) -> Place:
    if known.fault:
        status = RequestStatus.received if known.manifest is None else RequestStatus.in_progress
        due, version = answer_due(known.settings, received), max([r.version for r in known.releases], default=0)
        return Place(status, known.fault, received, due, due is not None and day > due, version=version)
    values = known.manifest.values if known.manifest is not None else {}
    stages, events = values.get("stages") or {}, values.get("events") or []
    releases = known.releases
    if until is not None:  # what happened later is not known yet
        stages = {k: s for k, s in stages.items() if str(s.get("ended") or s.get("started") or "")[:10] <= str(until)}
        events = [e for e in events if e["date"] <= str(until)]
        releases = tuple(r for r in releases if r.released <= until)
    place = place_of(
        stages=stages,
        events=events,
        releases=releases,
        settings=known.settings,
        received=received,
        day=day,
        running=running,
        reported=values.get("reported", ""),
        status=values.get("status", ""),
    )
    at_fault = until is None and known.manifest is not None and not running
    if at_fault and is_at_fault(known.manifest, RequestFolder(known.manifest.path.parent)):
        return replace(place, where=f"{NOT_OF_A_RUN}; {place.where}")
    return place


def _every_request(lab: Lab | None, outputs: Path) -> Iterator[_Known]:
    """Every request that has a folder, a release or a YAML, once."""
    released: dict[str, list[Release]] = {}
    for release in read_releases(outputs):
        released.setdefault(release.request, []).append(release)
    seen, examples = set(), _example_sources(lab)
    for path in sorted(outputs.glob("*/manifest.json")):
        seen.add(path.parent.name)
        yield _due_if_real(_run(path.parent, tuple(released.get(path.parent.name, ()))), examples)
    asked = sorted((lab.root / "parameters" / "requests").glob("*.yml")) if lab is not None else []
    for path in [path for path in asked if path.stem not in seen and path.stem not in released]:
        yield _due_if_real(_not_run(lab, path, examples), examples)
    for name in sorted(released.keys() - seen):  # its folder was taken away; what was published stays
        yield _published(outputs, released[name])


def _run(folder: Path, releases: tuple[Release, ...]) -> _Known:
    settings = _settings(folder / "spec.yml")
    try:
        manifest = Manifest.read(folder / "manifest.json")
        _require_shape(manifest.values)
    except (JDLError, KeyError, TypeError, AttributeError, ValueError):
        return _Known(folder.name, settings, Manifest(folder, {}), releases, SPOILT)
    name, synthetic = str(manifest.values["request"]), bool(manifest.values.get("synthetic"))
    return _Known(folder.name, {"request": name} | settings, manifest, releases, invented=synthetic)


def _require_shape(values: dict[str, Any]) -> None:
    """What every row reads of a manifest is there, and is what it should be."""
    values["request"], values["status"]
    for stage in values["stages"].values():
        stage["status"]
    for event in values.get("events", []):
        dt.date.fromisoformat(event["date"])
        event["event"], event["by"]


def _example_sources(lab: Lab | None) -> frozenset[str]:
    """Data sources that are marked as examples."""
    sources = _settings(lab.root / "parameters" / "data_sources.yml") if lab is not None else {}
    return frozenset(name for name, source in sources.items() if _mapping(source).get("example") is True)


def _due_if_real(known: _Known, examples: frozenset[str]) -> _Known:
    """The same, without a day by which it is to be answered if it asks an example's register: nobody waits for it."""
    if known.settings.get("register") not in examples:
        return known
    report = _mapping(known.settings.get("report")) | {"answer_within_weeks": None}
    return replace(known, settings={**known.settings, "report": report})


def _not_run(lab: Lab, path: Path, examples: frozenset[str]) -> _Known:
    defaults, spec = lab.root / "parameters" / "defaults.yml", None
    asked = _asked(lab, path, _state(path), _state(defaults))
    fault = ""
    if isinstance(asked, RequestSpec):
        spec = asked
        try:
            lab.register_file(spec)
        except JDLError as wrong:
            is_example = spec.register_name in examples
            fault = f"{EXAMPLE if is_example else 'its register is at fault'}: {_brief(wrong, path)}"
    else:
        fault = f"its settings are at fault: {asked}"
    settings = spec.to_dict() if spec is not None else _with_report(_settings(path), _settings(defaults))
    return _Known(path.stem, {**settings, "request": path.stem}, fault=fault)


@lru_cache(maxsize=2048)
def _asked(lab: Lab, path: Path, *_: Any) -> RequestSpec | str:
    """A request that was not run, or what is wrong with its settings in brief. Read once while a file stays."""
    try:
        return lab.spec(str(path))
    except JDLError as fault:
        return _brief(fault, path)


def _brief(fault: JDLError, path: Path) -> str:
    """What is wrong, where, and how much more is."""
    more = f" (and {len(fault.problems) - 1} more)" if len(fault.problems) > 1 else ""
    said = f"{fault.problems[0].where}: {fault.problems[0].what}".removeprefix(": ")
    return cut(said.replace(str(path), path.name), _LONGEST_FAULT) + more


def _with_report(settings: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Settings that could not be validated, with what the lab's defaults say of the report: when it is due."""
    return settings | {"report": _mapping(defaults.get("report")) | _mapping(settings.get("report"))}


def _published(outputs: Path, releases: list[Release]) -> _Known:
    file = version_folder(outputs, releases[-1].request, releases[-1].version) / "findings.json"
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        held = {}
    return _Known(releases[-1].request, held, releases=tuple(releases), invented=bool(held.get("synthetic")))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _settings(path: Path) -> dict[str, Any]:
    """A YAML mapping as it stands; empty if it is none."""
    return _read_settings(path, _state(path))


@lru_cache(maxsize=2048)
def _read_settings(path: Path, _: Any) -> dict[str, Any]:
    try:
        return _mapping(yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (OSError, ValueError, yaml.YAMLError):
        return {}


def _mapping(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else {}


def _date(value: Any) -> dt.date | None:
    try:
        return value if type(value) is dt.date else dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
