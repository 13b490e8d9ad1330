"""Tables of a synthetic register read and rewritten in place for a few people, as an effect is planted."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .episodes import ask

#: Tables that an effect may change, and those whose rows ``meta`` counts.
CHANGED = ("offence", "disposal", "custody_spell", "needs_assessment")
COUNTED = ("person", "disposal", "offence")


def tables_of(con: duckdb.DuckDBPyConnection, person_ids: pd.Series) -> dict[str, pd.DataFrame]:
    """What the register holds of these people, in the tables that an effect may change."""
    ids = pd.DataFrame({"person_id": person_ids.astype("int64")})
    return {name: ask(con, f"SELECT t.* FROM {name} t SEMI JOIN ids USING (person_id)", ids=ids) for name in CHANGED}


def rewrite(folder: Path, before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]) -> None:
    """Put the changed tables of some people in the place of what the register's files hold of them."""
    for name, was in before.items():
        now = after[name]
        if len(now) == len(was):
            continue
        path = folder / f"{name}.parquet"
        draft = path.with_name(f".{path.name}")
        con = duckdb.connect(":memory:", config={"threads": 2})
        con.register("ids", was[["person_id"]].drop_duplicates())
        con.register("rows_now", now)
        columns = ", ".join(
            f'"{c}"::{kind} AS "{c}"'
            for c, kind, *_ in con.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
        )
        con.execute(
            f"""COPY (SELECT * FROM read_parquet($source) ANTI JOIN ids USING (person_id)
                UNION ALL SELECT {columns} FROM rows_now) TO '{str(draft).replace("'", "''")}' (FORMAT parquet)""",
            {"source": str(path)},
        )
        con.close()
        draft.replace(path)


def recount(folder: Path) -> None:
    """Let ``meta`` count the rows that the tables hold now."""
    path = folder / "meta.parquet"
    counts = {f"n_{name}s": pq.ParquetFile(folder / f"{name}.parquet").metadata.num_rows for name in COUNTED}
    meta = pq.read_table(path)
    for name, n in counts.items():
        meta = meta.set_column(meta.schema.get_field_index(name), name, pa.array([n], pa.int64()))
    pq.write_table(meta, path)
