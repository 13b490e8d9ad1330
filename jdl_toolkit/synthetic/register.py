"""Assemble a synthetic register, chunk by chunk, and stream it to Parquet: one file per table.

A chunk is simulated from its own child of the seed and written as one row group, so memory stays flat and the same
persons and seed give the same content. The folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import JDLError
from ..scratch import scratch
from . import assumptions as a
from .careers import simulate_careers
from .circumstances import NEEDS, draw_needs, draw_work
from .custody import add_remands_inside
from .draws import NEVER, to_dates
from .histories import build_histories
from .names import draw_aliases
from .people import Identifiers, cro_numbers, draw_people

CHUNK = 50_000
RISK_OF_NEVER_CONVICTED = 0.08  # decides on their work alone
#: Changes when the same seed begins to give another register.
GENERATION = 2

_ID, _TEXT, _DAY, _INT, _YES = pa.int64(), pa.string(), pa.date32(), pa.int32(), pa.bool_()
SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema(columns)
    for name, columns in {
        "person": {
            "person_id": _ID, "pnc_id": _TEXT, "prison_number": _TEXT, "cro": _TEXT, "forename": _TEXT,
            "middle_name": _TEXT, "surname": _TEXT, "dob": _DAY, "sex": _TEXT, "ethnicity": _TEXT,
            "nationality": _TEXT, "observed_until": _DAY,
        },
        "person_alias": {"person_id": _ID, "kind": _TEXT, "forename": _TEXT, "surname": _TEXT, "dob": _DAY},
        "disposal": {
            "disposal_id": _ID, "person_id": _ID, "disposal_date": _DAY, "disposal": _TEXT, "sentence_days": _INT,
            "release_date": _DAY, "establishment": _TEXT, "region": _TEXT, "court": _TEXT,
        },
        "offence": {
            "offence_id": _ID, "disposal_id": _ID, "person_id": _ID, "offence_date": _DAY, "proven_date": _DAY,
            "offence_group": _TEXT, "offence_class": _TEXT, "severity": _INT, "is_penalty_notice": _YES,
            "is_breach": _YES,
        },
        "custody_spell": {
            "person_id": _ID, "start": _DAY, "end": _DAY, "kind": _TEXT, "establishment": _TEXT, "release_type": _TEXT,
        },
        "employment_spell": {"person_id": _ID, "start": _DAY, "end": _DAY, "kind": _TEXT},
        "benefit_spell": {"person_id": _ID, "start": _DAY, "end": _DAY, "kind": _TEXT},
        "needs_assessment": {
            "person_id": _ID, "assessed_on": _DAY, **dict.fromkeys(NEEDS, _INT), "ogrs3": pa.float64(),
        },
        "meta": {
            "data_start": _DAY, "data_end": _DAY, "extract": _TEXT, "synthetic": _YES, "n_persons": _ID,
            "n_disposals": _ID, "n_offences": _ID,
        },
    }.items()
}  # fmt: skip


def synthesise_register(
    out: Path, persons: int = 100_000, seed: int = 1, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Write a synthetic register with known truth: reoffending happens with the chance that OGRS3 gives.

    Parameters
    ----------
    out : Path
        Folder to write, one Parquet file per table. An earlier register there is replaced; anything else is refused.
    persons : int
    seed : int
        The same persons and seed give the same content.
    progress : callable, optional
        Called with a line of text after each chunk.

    Returns
    -------
    dict
        ``path``, ``extract``, ``persons``, ``seed``, ``data_start``, ``data_end`` and ``rows`` (table -> rows).

    Raises
    ------
    JDLError
        If `persons` is below 1, or `out` holds something that is no register.
    """
    out = Path(out)
    if persons < 1:
        raise JDLError("a register needs at least one person", where=f"persons = {persons}", fix="ask for more")
    refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch(out.parent, f".{out.name}.") as folder:
        draft = folder / "register"
        draft.mkdir()
        rows = _stream(draft, persons, seed, progress or (lambda line: None))
        if out.exists():
            os.replace(out, folder / "earlier")
        os.replace(draft, out)
    span = {"data_start": a.DATA_START.isoformat(), "data_end": a.DATA_END.isoformat()}
    return {
        "path": str(out),
        "extract": extract_id(persons, seed),
        "persons": persons,
        "seed": seed,
        **span,
        "rows": rows,
    }


def refuse_foreign(out: Path) -> None:
    """Raise unless `out` is free, empty, or holds the files of a register and nothing else."""
    if not out.exists():
        return
    strange = out.is_file() or {p.name for p in out.iterdir()} - {f"{name}.parquet" for name in SCHEMAS}
    if strange:
        raise JDLError(
            "the folder is there and holds more than a register", where=str(out), fix="name a new or empty folder"
        )


def extract_id(persons: int, seed: int) -> str:
    """Name of the extract, from the size and the seed."""
    digest = hashlib.sha256(f"{GENERATION}/{persons}/{seed}".encode()).hexdigest()[:8]
    return f"synthetic-{persons}-{seed}-{digest}"


def _stream(folder: Path, persons: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    n_chunks = -(-persons // CHUNK)
    rows, identifiers = dict.fromkeys(SCHEMAS, 0), Identifiers()
    writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", schema) for name, schema in SCHEMAS.items()}
    try:
        for number, child in enumerate(np.random.SeedSequence(seed).spawn(n_chunks)):
            done = number * CHUNK
            n = min(CHUNK, persons - done)
            first_ids = (rows["disposal"] + 1, rows["offence"] + 1)
            streams = (np.random.default_rng(child), np.random.default_rng(child.spawn(1)[0]))
            tables = synthesise_chunk(streams, n, done + 1, first_ids, identifiers)
            for name, frame in tables.items():
                writers[name].write_table(_arrow(frame, SCHEMAS[name]), row_group_size=1_000_000)
                rows[name] += len(frame)
            say(f"{done + n:,} of {persons:,} persons")
        meta = {
            "data_start": a.DATA_START,
            "data_end": a.DATA_END,
            "extract": extract_id(persons, seed),
            "synthetic": True,
        }
        meta |= {"n_persons": rows["person"], "n_disposals": rows["disposal"], "n_offences": rows["offence"]}
        writers["meta"].write_table(pa.Table.from_pylist([meta], schema=SCHEMAS["meta"]))
    finally:
        for writer in writers.values():
            writer.close()
    return rows | {"meta": 1}


def _arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)


def synthesise_chunk(
    streams: tuple[np.random.Generator, np.random.Generator],
    n: int,
    first_person: int,
    first_ids: tuple[int, int],
    identifiers: Identifiers,
) -> dict[str, pd.DataFrame]:
    """All tables but ``meta`` for `n` people.

    Parameters
    ----------
    streams : tuple of Generator
        One for all but pending cases and remand during sentences, one for these.
    first_person : int
        person_id of the first of them.
    first_ids : tuple of int
        First disposal_id and offence_id to use.
    identifiers : Identifiers
        Shared by all chunks of a register.
    """
    rng, more = streams
    people = draw_people(rng, n, first_person)
    born = people["dob"].to_numpy().astype("datetime64[D]").astype(np.int64)
    sanctions = simulate_careers(rng, people.assign(dob=born))
    tables = build_histories(rng, people, sanctions, first_ids, more)
    risk = sanctions.groupby("person")["risk"].mean().reindex(range(n), fill_value=RISK_OF_NEVER_CONVICTED)
    tables |= draw_work(rng, people, risk.to_numpy(), tables["custody_spell"])
    tables["needs_assessment"] = draw_needs(rng, people, sanctions)
    tables["person"] = _person_table(rng, people, tables["custody_spell"], identifiers)
    tables["person_alias"] = draw_aliases(rng, tables["person"])
    tables["custody_spell"] = add_remands_inside(more, tables["custody_spell"])
    return tables


def _person_table(
    rng: np.random.Generator, people: pd.DataFrame, custody: pd.DataFrame, identifiers: Identifiers
) -> pd.DataFrame:
    year = to_dates(people["arrested"].to_numpy()).dt.year.to_numpy()
    inside = people["person_id"].isin(custody["person_id"]).to_numpy()
    number = np.full(len(people), None, dtype=object)
    number[inside] = identifiers.prison_numbers(int(inside.sum()))
    leaves = people["leaves"].to_numpy()
    return people.assign(
        pnc_id=identifiers.pnc_ids(year),
        prison_number=number,
        cro=cro_numbers(rng, year),
        observed_until=to_dates(np.where(leaves == NEVER, -1, leaves)),
    )
