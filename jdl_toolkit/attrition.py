"""The attrition ledger: starts at the records received, gains a row at every step, and must add up.

The steps record their own counts; nobody types one. Codes and order are those of the method: a record leaves once,
at the first reason that applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .document import Figure, Table
from .errors import JDLError
from .result import Result

#: Reason code -> (key, reason in plain words). The order is the order of exclusion.
REASONS: dict[int, tuple[str, str]] = {
    0: ("other_analysis", "the record belongs to another part of this request"),
    1: ("unusable_identifiers", "the record could not be used to look for anybody"),
    2: ("not_found", "nobody on the register could be identified with confidence"),
    3: ("no_conviction", "found on the register, but with no conviction recorded"),
    4: ("repeat_record", "another record of a person who is already counted"),
    5: ("no_sentence", "no relevant sentence was found before the service started"),
    6: ("other_disposal", "the most recent sentence was of a kind outside this analysis"),
    7: ("still_in_custody", "still in custody, or released after the data end"),
    8: ("release_uncertain", "it could not be decided which release from custody belongs to the service"),
    9: ("after_data_end", "the service came too late for reoffending to be followed up"),
    10: ("started_too_late", "the service started too long after the sentence or release"),
    11: ("sexual_offence", "a sexual offence is on record"),
    12: ("reoffended_first", "reoffended after the sentence or release, but before the service started"),
    13: ("follow_up_incomplete", "could not be followed for the whole period"),
    14: ("no_comparable_control", "nobody comparable was found among people the organisation did not work with"),
}


#: The ledger of a control pool, by its name, and what its table and its picture show.
POOL, POOL_CAPTION = "pool", "Each step from the register to the control pool"


@dataclass(frozen=True)
class Ledger(Result):
    """Who was received, who left at each step and why, who remains.

    Parameters
    ----------
    name : str
        What is counted: ``submission`` or ``pool``.
    steps : tuple of dict
        Each has ``code`` (None for the first row), ``key``, ``label``, ``records_before``, ``records_excluded``,
        ``records_after``, ``people_before``, ``people_excluded``, ``people_after`` (None while people are not yet
        known), ``details`` (label -> records, a breakdown of the excluded or a remark on some of them), ``could`` (what
        would bring these people back, in a sentence without counts).

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> ledger = examples.foundation().cohort.ledger
    >>> ledger
    1,246 records received; 257 remain after 13 steps. Most left at one step, 491: the most recent sentence before the
    service was not a community order or a suspended sentence order.
    >>> ledger.excluded(12)  # reoffended before the service started; the codes are those of `attrition.REASONS`
    90
    >>> left = ledger.to_frame().query("records_excluded > 0")
    >>> left[["key", "records_excluded", "records_after"]].tail(3)
                     key  records_excluded  records_after
    10  started_too_late                69            356
    11    sexual_offence                 9            347
    12  reoffended_first                90            257
    """

    name: str
    steps: tuple[dict[str, Any], ...]

    @classmethod
    def start(cls, name: str, label: str, records: int, people: int | None = None) -> Ledger:
        """Open a ledger with the records received."""
        first = {"code": None, "key": "received", "label": label, "records_before": int(records), "records_excluded": 0}
        first |= {
            "records_after": int(records),
            "people_before": people,
            "people_excluded": None if people is None else 0,
        }
        first |= {"people_after": people, "details": {}, "could": ""}
        return cls(name, (first,))

    def exclude(
        self,
        code: int | None,
        records: int,
        people_after: int | None = None,
        *,
        key: str | None = None,
        label: str | None = None,
        details: dict[str, int] | None = None,
        could: str = "",
    ) -> Ledger:
        """Append one step and return the longer ledger.

        Parameters
        ----------
        code : int or None
            Reason code (a key of `REASONS`); None for a step of the control pool, which names its own key and label.
        records : int
            Records that leave here, zero included.
        people_after : int, optional
            Distinct people left after this step.
        details : dict of str to int
            Breakdown or remarks, counted in records.
        could : str
            What would bring these people back (another analysis, a later date).
        """
        reason_key, reason = REASONS[code] if code is not None else (key, label)
        before = self.remaining
        step = {"code": code, "key": key or reason_key, "label": label or reason, "records_before": before}
        step |= {"records_excluded": int(records), "records_after": before - int(records)}
        step |= {"people_before": self.steps[-1]["people_after"], "people_excluded": None}
        step |= {"people_after": None if people_after is None else int(people_after)}
        if step["people_before"] is not None and people_after is not None:
            step["people_excluded"] = step["people_before"] - int(people_after)
        step |= {"details": {k: int(v) for k, v in (details or {}).items()}, "could": could}
        return Ledger(self.name, (*self.steps, step)).check()

    @property
    def received(self) -> int:
        """Records at the start."""
        return self.steps[0]["records_after"]

    @property
    def remaining(self) -> int:
        """Records after the last step."""
        return self.steps[-1]["records_after"]

    def excluded(self, code: int) -> int:
        """Records that left for this reason."""
        return sum(s["records_excluded"] for s in self.steps if s["code"] == code)

    def check(self) -> Ledger:
        """Return the ledger if it adds up.

        Raises
        ------
        JDLError
            If a row does not follow from the one before, a count is negative, or there are more people than records.
        """
        before = self.received
        for step in self.steps:
            if step["records_before"] != before or step["records_after"] != before - step["records_excluded"]:
                raise JDLError("the attrition ledger does not add up", where=f"{self.name}, step {step['key']}")
            people = step["people_before"], step["people_excluded"], step["people_after"]
            if None not in people and (people[0] - people[1] != people[2] or people[2] > step["records_after"]):
                raise JDLError("the people of the ledger do not add up", where=f"{self.name}, step {step['key']}")
            if min(step["records_excluded"], step["records_after"], step["people_excluded"] or 0) < 0:
                raise JDLError("more records leave than there are", where=f"{self.name}, step {step['key']}")
            before = step["records_after"]
        return self

    def to_frame(self) -> pd.DataFrame:
        """One row per step, in order; the first is what was received.

        Returns
        -------
        DataFrame
            code (of `REASONS`; missing for the first row and for steps of the pool), key, label (why they left),
            records_before, records_excluded, records_after, people_before, people_excluded, people_after (missing while
            people are not known), details (a breakdown in records), could (what would bring them back).
        """
        return pd.DataFrame(list(self.steps))

    def table(self, caption: str = "") -> Table:
        """The steps at which anybody left, with the records and the people before and after it."""
        from . import tables

        key, of = ("pool_flow", POOL_CAPTION) if self.name == POOL else ("flow", "")
        return tables.flow_table(self.steps, key=key, caption=caption or of)

    def plot(self, caption: str = "") -> Figure:
        """The flow chart: what remains down the middle, who left beside it."""
        from . import plots

        key, of = ("pool_flow_chart", POOL_CAPTION) if self.name == POOL else ("flow_chart", "")
        return plots.flow_chart(self.steps, key=key, caption=caption or of)

    def summary(self) -> str:
        what = self.steps[0]["label"]
        received = f"{self.received:,} {what}" if what.startswith("records") else f"{self.received:,} records: {what}"
        most = max(self.steps, key=lambda step: step["records_excluded"])
        n, n_steps = most["records_excluded"], len(self.steps) - 1
        worst = f" Most left at one step, {n:,}: {most['label']}." if n else ""
        after = f" after {n_steps} step{'' if n_steps == 1 else 's'}" if n_steps else ""
        return f"{received}; {self.remaining:,} remain{after}.{worst}"
