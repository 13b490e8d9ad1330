"""Registers for the whole-line study: each replication has people of its own, and an effect planted in their records.

A few large registers are invented and prepared once, by the commands a lab uses (`prepare_registers`). A replication
draws some tenth of the people of one of them with everything that is on record of them, and derives anew what linkage
needs (`draw_register`): the same as if their tables alone had been prepared, which a test shows. The parameters of
linkage are those of the large register, as a lab trains them once. An effect then takes out of the records what the
helped people did from the start of their service on (`plant`); nothing else of the register changes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ...register import Register, build_register
from ...register.linkage_index import derive_linkage_index
from ...register.schema import TABLES
from ...register.store import Meta
from ...synthetic.episodes import OBSERVED_MONTHS, ask
from ...synthetic.histories import remove_reoffending
from ...synthetic.register import synthesise_register
from ...synthetic.rewriting import CHANGED, tables_of

#: Of the prepared file, what is neither a table of the lab's nor derived from the people drawn.
KEPT_WHOLE = ("linkage_parameters", "set_aside", "remark", "row_count", "coverage")


@dataclass(frozen=True)
class Registers:
    """The large registers that the replications draw from.

    Parameters
    ----------
    n_registers, n_people : int
        How many, and people on each.
    n_drawn : int
        People in the register of one replication.
    """

    n_registers: int
    n_people: int
    n_drawn: int

    def path(self, folder: Path, number: int) -> Path:
        return folder / f"{number}-of-{self.n_people}.duckdb"


def prepare_registers(folder: Path, registers: Registers, seed: int) -> None:
    """Invent and prepare the large registers that are not there yet.

    Each has a seed of its own, from `seed` and its number. A file appears whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(registers.n_registers):
        path = registers.path(folder, number)
        if path.exists():
            continue
        own = int(np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1)[0])
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{number}.") as draft:
            synthesise_register(Path(draft) / "tables", registers.n_people, own)
            build_register(Path(draft) / "tables", Path(draft) / path.name)
            (Path(draft) / path.name).replace(path)


@dataclass(frozen=True)
class Drawn:
    """The register of one replication.

    Parameters
    ----------
    register : Register
    connection : DuckDBPyConnection
        The one that the register is asked through.
    absent : DataFrame
        People of the same population who are not on it, as `served.recognisable_people` has persons, but for how
        distinct they are.
    """

    register: Register
    connection: duckdb.DuckDBPyConnection
    absent: pd.DataFrame


@contextmanager
def draw_register(path: Path, n_drawn: int, n_absent: int, rng: np.random.Generator) -> Iterator[Drawn]:
    """A register of `n_drawn` people of a large one, in memory, and some `n_absent` others; each with the same chance.

    Parameters
    ----------
    path : Path
        A prepared register.
    """
    with tempfile.TemporaryDirectory(prefix="jdl-line.") as spill:
        limits = {"threads": 1, "memory_limit": "2GB", "temp_directory": spill}
        con = duckdb.connect(":memory:", config=limits)
        try:
            con.execute("PRAGMA disable_progress_bar; SET TimeZone = 'Europe/London'")
            con.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS large (READ_ONLY)")
            people = con.execute("SELECT person_id FROM large.person ORDER BY person_id").df()
            chosen = rng.choice(len(people), n_drawn + n_absent, replace=False)
            absent = _absent(con, people.iloc[np.sort(chosen[n_drawn:])])
            con.execute("ATTACH ':memory:' AS register; USE register")
            _copy(con, people.iloc[chosen[:n_drawn]])
            con.execute("DETACH large")
            derive_linkage_index(con)
            asked = "SELECT data_start, data_end, extract, synthetic, coalesce(note, ''), digest FROM meta"
            *meta, digest = con.execute(asked).fetchone()
            register = Register(path, con, Meta(*meta), digest, Path(spill))
            yield Drawn(register, con, absent)
        finally:
            con.close()


def _absent(con: duckdb.DuckDBPyConnection, chosen: pd.DataFrame) -> pd.DataFrame:
    """Persons of the large register, but for those who stand there twice: one of the two may have been drawn."""
    people = ask(
        con,
        """SELECT p.* EXCLUDE (observed_until), (SELECT min(a.surname) FROM large.person_alias a
                WHERE a.person_id = p.person_id AND a.kind = 'maiden') AS maiden_surname
        FROM large.person p SEMI JOIN chosen USING (person_id)
        WHERE NOT EXISTS (FROM large.person o WHERE o.person_id <> p.person_id
            AND o.forename = p.forename AND o.surname = p.surname AND o.dob = p.dob)
        ORDER BY person_id""",
        chosen=chosen,
    )
    people["dob"] = people["dob"].astype("datetime64[s]")
    text = people.select_dtypes(["object", "str"]).columns
    people[text] = people[text].astype(object).where(people[text].notna(), None)
    return people


def _copy(con: duckdb.DuckDBPyConnection, drawn: pd.DataFrame) -> None:
    """What the large register holds of the people drawn, each table in the order in which it is prepared."""
    con.register("drawn", drawn)
    for name, table in TABLES.items():
        of_people = "SEMI JOIN drawn USING (person_id)" if name != "meta" else ""
        order = ", ".join(f'"{column}"' for column in table.order)
        con.execute(f'CREATE TABLE "{name}" AS SELECT t.* FROM large."{name}" t {of_people} ORDER BY {order}')
    for name in KEPT_WHOLE:
        con.execute(f'CREATE TABLE "{name}" AS FROM large."{name}"')
    con.unregister("drawn")


def plant(con: duckdb.DuckDBPyConnection, helped: pd.DataFrame) -> None:
    """Take out of the register what the helped people did from the start of their service on, for eighteen months.

    Parameters
    ----------
    helped : DataFrame
        person_id (each once), index_date, service_start. Their offences from the start of the service (that day
        included) to `OBSERVED_MONTHS` after the index date go, with all that followed from them alone
        (`histories.remove_reoffending`).
    """
    if helped.empty:
        return
    before = tables_of(con, helped["person_id"])
    after = helped["service_start"] - pd.Timedelta(days=1)
    until = helped["index_date"] + pd.DateOffset(months=OBSERVED_MONTHS)
    left = remove_reoffending(before, helped["person_id"], after, until)
    people = helped[["person_id"]].astype("int64")
    for name in CHANGED:
        if len(left[name]) == len(before[name]):
            continue
        con.register("people", people)
        con.register("rows_now", left[name])
        con.execute(f"DELETE FROM {name} WHERE person_id IN (SELECT person_id FROM people)")
        con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM rows_now")
        con.unregister("people")
        con.unregister("rows_now")
