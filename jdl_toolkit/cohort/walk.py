"""People on their way through the exclusions: whoever leaves is counted by the step that decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from ..attrition import Ledger


@dataclass(frozen=True)
class Walk:
    """Records on their way through the exclusions: those still in, those that left, the ledger so far.

    Parameters
    ----------
    rows : DataFrame
        Records still in.
    ledger : Ledger
    left : tuple of DataFrame
        Those that left, with their ``reason`` and ``detail``.
    """

    rows: pd.DataFrame
    ledger: Ledger
    left: tuple[pd.DataFrame, ...] = ()

    def leave(self, leaves: pd.Series, code: int | None, detail: pd.Series | None = None, **words) -> Walk:
        """Take out the rows for which `leaves` is true, and record the step.

        `detail` says for each row which part of the reason applies; its counts become the step's details, followed by
        those in ``remarks``. ``people`` is false as long as people are not known; ``could`` is said only if somebody
        leaves. Other words go to `Ledger.exclude`.
        """
        leaves = leaves.astype(bool)
        gone, stay = self.rows[leaves], self.rows[~leaves]
        gone = gone.assign(reason=code, detail=None if detail is None else detail[leaves].astype(object))
        counts = {} if detail is None else _counted(detail[leaves])
        details = counts | words.pop("remarks", {})
        people = stay["person_id"].nunique() if words.pop("people", True) else None
        words |= {"could": words.get("could", "") if len(gone) else ""}
        ledger = self.ledger.exclude(code, len(gone), people, details=details, **words)
        return replace(self, rows=stay, left=(*self.left, gone), ledger=ledger)


def _counted(values: pd.Series) -> dict[str, int]:
    """How often each value occurs, the most common first, then by name."""
    return dict(values.value_counts().sort_index().sort_values(ascending=False, kind="stable"))
