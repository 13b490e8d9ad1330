"""Whether the toolkit and plain pandas choose the same people, for the same reasons, and count the same reoffences."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from jdl_toolkit.spec import RequestSpec

from .timing import run_pandas, run_toolkit


def disagreements(
    register: Path, tables: Path, records: pd.DataFrame, data_end: dt.date, spec: RequestSpec
) -> list[str]:
    """What differs of all that the two have in common; nothing if they agree."""
    ours, theirs = run_toolkit(register, records, spec), run_pandas(tables, records, data_end, spec)
    return differences(ours[1], theirs[1])


def differences(ours: dict[str, pd.DataFrame], theirs: dict[str, pd.DataFrame]) -> list[str]:
    """Table and column of all that differs; `theirs` may have fewer columns."""
    found = []
    for name, frame in theirs.items():
        if len(ours[name]) != len(frame):
            found.append(f"{name}: {len(ours[name])} rows, not {len(frame)}")
            continue
        for column in frame:
            one, other = ours[name][column].reset_index(drop=True), frame[column].reset_index(drop=True)
            same = (one.isna() & other.isna()) | (one == other).fillna(False).astype(bool)
            if not same.all():
                found.append(f"{name}.{column}: {int((~same).sum())} rows differ")
    return found
