"""Open a prepared register: one read-only DuckDB file, asked in SQL."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd

from ..document import Block, Shown, Table, Words
from ..errors import JDLError
from ..numbers import date
from ..scratch import new_folder, remove
from .linkage_index import prepare_normalising
from .schema import SCHEMA_VERSION

#: Names of the environment's limits for the database, which keep several processes within one machine.
THREADS, MEMORY = "JDL_THREADS", "JDL_MEMORY"

#: How folders for what does not fit into memory are named.
_SPILL = "jdl-register-"

_REBUILD = "prepare it with `jdl register build SRC --out FILE`"


@dataclass(frozen=True)
class Meta:
    """What the extract covers.

    Parameters
    ----------
    data_start, data_end : date
        Period for which offences and outcomes are recorded.
    extract : str
        The lab's name of the extract.
    synthetic : bool
        Whether the people are invented.
    note : str
        What every reader of a report from this register must know; printed there. Empty if nothing.
    """

    data_start: dt.date
    data_end: dt.date
    extract: str
    synthetic: bool
    note: str = ""


class Register(Shown):
    """A prepared register, open for reading. Use as a context manager, or call `close`.

    Parameters
    ----------
    path : Path
    connection : DuckDBPyConnection
        With the file attached read-only and in use.
    spill : Path
        Folder for what does not fit into memory; it goes when the register is closed, or no longer used.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> register = examples.foundation().register
    >>> register
    Register: extract synthetic-20000-2013-a2a48161, offences and outcomes from 1 January 1995 to 30 June 2012. Its
    people are invented.
    >>> register.row_counts()[["table", "n_kept"]].head(3)
              table  n_kept
    0          meta       1
    1        person   20000
    2  person_alias    2918
    >>> register.sql("SELECT sex, count(*) AS n FROM person GROUP BY sex ORDER BY sex")
      sex      n
    0   F   5062
    1   M  14938
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, meta: Meta, digest: str, spill: Path) -> None:
        self.path, self.meta, self.digest = path, meta, digest
        self._connection = connection
        self._clear_spill = weakref.finalize(self, remove, spill)

    @classmethod
    def open(cls, path: Path, *, threads: int | None = None, memory: str | None = None) -> Self:
        """Open the file that `build_register` wrote.

        Parameters
        ----------
        path : Path
        threads, memory : int, str, optional
            Limits of DuckDB. Default: as `THREADS` and `MEMORY` of the environment say, else two and 2 GB. What does
            not fit into memory goes to a folder of its own, for the owner alone, in the system's folder for temporary
            files (``TMPDIR``), and goes with the register.

        Raises
        ------
        JDLError
            If there is no such file, it is no register, or its schema version is another.
        """
        path = Path(path)
        if not path.is_file():
            raise JDLError("there is no register here", where=str(path), fix=_REBUILD)
        spill = new_folder(Path(tempfile.gettempdir()), _SPILL)
        try:
            threads = threads or int(os.environ.get(THREADS, "2"))
            con, meta, digest = _connect(path, threads, memory or os.environ.get(MEMORY, "2GB"), spill)
        except BaseException:
            remove(spill)
            raise
        return cls(path, con, meta, digest, spill)

    def sql(self, query: str, params: dict[str, Any] | list[Any] | None = None, **frames: pd.DataFrame) -> pd.DataFrame:
        """Ask the register.

        Parameters
        ----------
        query : str
            One SQL statement in DuckDB's dialect. Rows come in no order without ORDER BY.
        params : dict or list, optional
            Values for ``$name`` or ``?`` in the query.
        **frames : DataFrame
            Stand in the query as tables of these names.
        """
        try:
            for name, frame in frames.items():
                self._connection.register(name, frame)
            return self._connection.execute(query, params).df()
        finally:
            for name in frames:
                self._connection.unregister(name)

    def set_aside(self) -> pd.DataFrame:
        """What the build set aside or left out, a row per table, column, reason and action: n_rows."""
        return self.sql('SELECT * FROM set_aside ORDER BY n_rows DESC, "table", "column", reason')

    def remarks(self) -> pd.DataFrame:
        """What the build kept although it looks odd, a row per table and kind: what, rule, n_rows, n_given.

        Raises
        ------
        JDLError
            If the register was prepared before remarks were made.
        """
        try:
            return self.sql('SELECT * FROM remark ORDER BY "table", n_rows DESC, what')
        except duckdb.CatalogException:
            raise JDLError("the register was prepared without remarks", where=str(self.path), fix=_REBUILD) from None

    def row_counts(self) -> pd.DataFrame:
        """Rows of each table: n_read = n_set_aside + n_kept."""
        return self.sql("SELECT * FROM row_count")

    def coverage(self) -> pd.DataFrame:
        """Rows by table, date column and year: n_rows, first, last, n_outside the period, may_be_incomplete."""
        return self.sql('SELECT * FROM coverage ORDER BY "table", "column", year')

    def has(self, table: str) -> bool:
        """Whether the register holds at least one row of this table."""
        known = self._connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [table]
        ).fetchone()[0]
        return bool(known) and self._connection.execute(f'SELECT EXISTS (FROM "{table}")').fetchone()[0]

    def close(self) -> None:
        """Close the file, and remove what was spilled."""
        self._connection.close()
        self._clear_spill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def summary(self) -> str:
        """What the extract covers, in a sentence or two."""
        meta = self.meta
        people = " Its people are invented." if meta.synthetic else ""
        note = f" {meta.note}" if meta.note else ""
        return (
            f"Register: extract {meta.extract}, offences and outcomes from {date(meta.data_start)} to "
            f"{date(meta.data_end)}.{people}{note}"
        )

    def table(self) -> Table | None:
        """Rows of each table, and how many the build set aside; None once the register is closed."""
        from .. import tables

        try:
            counts = self.row_counts().query("table != 'meta'")
        except duckdb.Error:
            return None
        heads = {"table": "Table", "n_read": "Rows read", "n_set_aside": "Set aside", "n_kept": "Kept"}
        return tables.plain_table(counts.reset_index(drop=True), "What the register holds", heads, key="register")

    def __repr__(self) -> str:
        return self.summary()

    def __str__(self) -> str:
        table = self.table()
        return self.summary() if table is None else f"{self.summary()}\n\n{table}"

    def blocks(self) -> tuple[Block, ...]:
        """Its summary and the sizes of its tables; never a row."""
        return tuple(block for block in (Words(self.summary()), self.table()) if block is not None)


def _connect(path: Path, threads: int, memory: str, spill: Path) -> tuple[duckdb.DuckDBPyConnection, Meta, str]:
    """A connection that has the register in use, what it covers, and its digest."""
    limits = {"threads": threads, "memory_limit": memory, "temp_directory": str(spill / "rows")}
    con = duckdb.connect(":memory:", config=limits)
    try:
        con.execute("PRAGMA disable_progress_bar")
        quoted = str(path).replace("'", "''")
        try:
            con.execute(f"ATTACH '{quoted}' AS register (READ_ONLY)")
            con.execute("USE register")
            version = con.execute("SELECT schema_version FROM meta").fetchone()[0]
        except duckdb.Error:
            raise JDLError("this file is not a prepared register", where=str(path), fix=_REBUILD) from None
        if version != SCHEMA_VERSION:
            what = f"the register has schema version {version}, this toolkit reads version {SCHEMA_VERSION}"
            raise JDLError(what, where=str(path), fix=_REBUILD)
        prepare_normalising(con)
        asked = "SELECT data_start, data_end, extract, synthetic, coalesce(note, ''), digest FROM meta"
        *values, digest = con.execute(asked).fetchone()
    except BaseException:
        con.close()
        raise
    return con, Meta(*values), digest
