"""What the toolkit's linkage is compared with: exact matching and deterministic tiers, each one SQL file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from jdl_toolkit.linkage.candidates import normalise_records, prepare_records
from jdl_toolkit.register import Register

_FOLDER = Path(__file__).parent
EXACT, TIERS = ((_FOLDER / name).read_text() for name in ("exact.sql", "tiers.sql"))
_TYPES = {"row": pa.int64(), "dob": pa.date32(), "dob_swapped": pa.date32()}


def normalise(people: pd.DataFrame, register: Register) -> pa.Table:
    """The records as linkage itself reads them, identifiers verified: table ``asked`` of the SQL files."""
    asked = normalise_records(prepare_records(people), register)
    # Declared types: a column without any value has none that DuckDB could guess
    return pa.table({c: pa.Array.from_pandas(asked[c], type=_TYPES.get(c, pa.string())) for c in asked})


def match_exactly(people: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Links of exact matching: row, person_id; linked rows only."""
    return register.sql(EXACT, asked=normalise(people, register))


def match_by_tiers(people: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Links of the deterministic tiers: row, person_id, tier; linked rows only."""
    return register.sql(TIERS, asked=normalise(people, register))
