"""Tiny registers in memory, requests and linked records for tests of the stages that ask the register."""

from __future__ import annotations

import datetime as dt
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.register import TABLES, build_register
from jdl_toolkit.spec import RequestSpec, lab_resources, merge, read_yaml, validate

DATA_START, DATA_END = dt.date(2000, 1, 1), dt.date(2012, 12, 31)
ANYBODY = {
    "person": {
        "forename": "A",
        "surname": "B",
        "dob": dt.date(1980, 1, 1),
        "sex": "M",
        "ethnicity": "White",
        "nationality": "British",
    },
    "disposal": {"disposal": "community_order"},
    "offence": {
        "offence_group": "theft",
        "offence_class": "either_way",
        "severity": 5,
        "is_penalty_notice": False,
        "is_breach": False,
    },
    "custody_spell": {"kind": "sentenced"},
    "employment_spell": {"kind": "employed"},
    "benefit_spell": {"kind": "out_of_work"},
}


class TinyRegister:
    """What the stages use of `register.Register`, over tables in memory and without checks."""

    def __init__(self, tables: dict[str, pd.DataFrame], data_end: dt.date = DATA_END) -> None:
        self.meta = SimpleNamespace(data_start=DATA_START, data_end=data_end, extract="tiny", synthetic=True)
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self._rows = {name: len(frame) for name, frame in tables.items()}
        for name, table in TABLES.items():
            if name == "meta":
                continue
            given = tables.get(name, pd.DataFrame())
            types = {c.name: c.type for c in table.columns}
            columns = [
                f'CAST("{c}" AS {t}) AS "{c}"' if c in given else f'CAST(NULL AS {t}) AS "{c}"'
                for c, t in types.items()
            ]
            columns += [f'"{c}"' for c in given if c not in types]
            if given.empty:
                given = pd.DataFrame({"nothing": []})
            self._connection.register("given", given)
            self._connection.execute(f'CREATE TABLE "{name}" AS SELECT {", ".join(columns)} FROM given')
            self._connection.unregister("given")

    def sql(self, query: str, params: Any = None, **frames: pd.DataFrame) -> pd.DataFrame:
        for name, frame in frames.items():
            self._connection.register(name, frame)
        return self._connection.execute(query, params).df()

    def has(self, table: str) -> bool:
        return self._rows.get(table, 0) > 0


def tiny_register(data_end: dt.date = DATA_END, **tables: list[dict[str, Any]]) -> TinyRegister:
    """A register from rows written as dicts; ids are numbered, people and other values made up where not given."""
    tables = {name: [ANYBODY.get(name, {}) | row for row in rows] for name, rows in tables.items()}
    for name, key in (("disposal", "disposal_id"), ("offence", "offence_id")):
        for number, row in enumerate(tables.get(name, []), start=1):
            row.setdefault(key, number)
    ids = {row["person_id"] for rows in tables.values() for row in rows}
    known = {row["person_id"] for row in tables.get("person", [])}
    people = tables.get("person", []) + [ANYBODY["person"] | {"person_id": i} for i in sorted(ids - known)]
    return TinyRegister({name: pd.DataFrame(rows) for name, rows in (tables | {"person": people}).items()}, data_end)


def make_spec(**changes: Any) -> RequestSpec:
    """The defaults with an invented request, and `changes` by section."""
    request = {
        "request": "test",
        "organisation": {"name": "An organisation", "sector": "voluntary"},
        "service": {"name": "A service", "need": "mentoring", "setting": "community"},
        "received": "2013-01-01",
        "submission": "test.xlsx",
        "register": "main",
    }
    defaults = read_yaml(lab_resources() / "parameters" / "defaults.yml")
    return validate(merge(merge(defaults, request), changes), "test")


def submit(
    *records: dict[str, Any], candidates: list[dict[str, Any]] | None = None
) -> tuple[SimpleNamespace, SimpleNamespace]:
    """A submission and its linkage; a record gives person_id, service_start, and what else is out of the ordinary."""
    good = {
        "person_id": None,
        "usable": True,
        "why_unusable": None,
        "service_start": None,
        "service_end": None,
        "status": "matched",
    }
    rows = [{"row": number} | good | record for number, record in enumerate(records, start=2)]
    frame = pd.DataFrame(rows, columns=["row", *good])
    frame[["service_start", "service_end"]] = frame[["service_start", "service_end"]].apply(pd.to_datetime)
    frame["person_id"] = frame["person_id"].astype("Int64")
    frame["usable"] = frame["usable"].astype(bool)
    ledger = Ledger.start("submission", "records received", len(frame))
    people = frame[["row", "usable", "why_unusable", "service_start", "service_end"]]
    links = frame[["row", "status", "person_id"]]
    unsure = pd.DataFrame(candidates or [], columns=["row", "person_id", "match_weight", "posterior"])
    return SimpleNamespace(people=people, ledger=ledger), SimpleNamespace(links=links, candidates=unsure)


def build_telling(src: Path, out: Path, tells: Connection) -> None:
    """Build a register in a process that can be killed, telling each step as `build_register` tells its progress."""
    build_register(src, out, progress=lambda *step: tells.send(step), most_set_aside=1.0)
