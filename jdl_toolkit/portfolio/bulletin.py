"""`bulletin.json`: everything that a bulletin is drawn from, and nothing about a person.

The models below are the versioned schema. Differences of the headline rate are in percentage points, negative where
fewer reoffended; shares are fractions; frequencies are reoffences per person. A result is of one analysis, which is one
report.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import ValidationError

from ..errors import JDLError
from ..findings import Verdict
from ..markup import escaped_json
from ..result import write_atomically
from ..spec import Model
from .answers import FeedbackSummary
from .published import Correction, PublishedResult, Source
from .received import Counts, Criterion, RequestRow
from .together import Multiplicity, PooledEffect

SCHEMA_VERSION = "1.0"

#: The bulletin's file in its folder.
BULLETIN_FILE = "bulletin.json"


class PreRelease(Model):
    """Who may see the bulletin before it is published, by role, and how long before."""

    hours: int
    people: tuple[str, ...]


class Bulletin(Model):
    """All that the bulletin of one period says.

    Parameters
    ----------
    period, title, contact : str
        The period as ``YYYY-MM``.
    base_address : str
        Where the folder of outputs is published, for whoever has the PDF alone; may be empty.
    version, reissue_reason
        From 1; why a bulletin took the place of one that had been published.
    start, until : date
        First and last day that requests were received on.
    earlier_until : date or None
        Last day that the bulletin before covers; None if this is the first.
    published, next_publication : date
    synthetic : bool
        Whether any request or result is invented.
    counts, earlier_counts : Counts
        At the end of `until` and of `earlier_until` (all zero if this is the first). Imported results are none of them.
    n_imported : int
        Results published elsewhere among `results`.
    requests, results, pooled, criteria, corrections : tuple
        Requests by the day they were received; results by organisation, request and analysis.
    pooling : dict
        How effects were pooled: `minimum`, `minimum_predicted`, `n_results`, `n_pooled`, `n_left_out`,
        `n_se_from_interval`.
    remarks : tuple of str
        Sentences on how the numbers were come by.
    """

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    period: str
    version: int = 1
    reissue_reason: str = ""
    title: str
    contact: str
    base_address: str = ""
    start: dt.date
    until: dt.date
    earlier_until: dt.date | None
    published: dt.date
    next_publication: dt.date
    synthetic: bool
    counts: Counts
    earlier_counts: Counts
    n_imported: int
    requests: tuple[RequestRow, ...]
    criteria: tuple[Criterion, ...]
    results: tuple[PublishedResult, ...]
    corrections: tuple[Correction, ...]
    pooled: tuple[PooledEffect, ...]
    pooling: dict[str, int]
    multiplicity: Multiplicity
    pre_release: PreRelease
    feedback: FeedbackSummary | None = None
    remarks: tuple[str, ...] = ()

    @property
    def of_this_lab(self) -> tuple[PublishedResult, ...]:
        """Results of this lab's own requests, which the counts are of."""
        return tuple(r for r in self.results if r.source is Source.this_lab)

    @property
    def new_results(self) -> tuple[PublishedResult, ...]:
        """Results first published since the bulletin before."""
        return tuple(r for r in self.results if r.is_new)

    @property
    def conclusive(self) -> tuple[PublishedResult, ...]:
        """Results whose interval does not cross zero, the smallest treatment group first."""
        found = [r for r in self.results if r.is_conclusive]
        return tuple(sorted(found, key=lambda r: (r.n_treatment or 0, r.request)))

    @property
    def frequency_only(self) -> tuple[PublishedResult, ...]:
        """Results that are inconclusive on the rate, but not on the frequency of reoffending."""
        conclusive = (Verdict.reduction, Verdict.increase)
        return tuple(r for r in self.results if r.verdict is Verdict.inconclusive and r.frequency_verdict in conclusive)

    def results_frame(self) -> pd.DataFrame:
        """A row for each result, with the columns of `PublishedResult`."""
        return _frame(PublishedResult, self.results)

    def requests_frame(self) -> pd.DataFrame:
        """A row for each request, with the columns of `RequestRow`."""
        return _frame(RequestRow, self.requests)

    def write(self, path: Path) -> None:
        """Write `bulletin.json`, whole or not at all, the same bytes for the same bulletin."""
        write_atomically(path, escaped_json(self.model_dump_json(indent=1)) + "\n")

    @classmethod
    def read(cls, path: Path) -> Bulletin:
        """Read and validate `bulletin.json`.

        Raises
        ------
        JDLError
            If the file is missing, is of another version of the schema, or does not follow it.
        """
        path, again = Path(path), "make it again with `jdl bulletin`"
        try:
            text = path.read_text(encoding="utf-8")
            stated = json.loads(text).get("schema_version")
        except OSError:
            raise JDLError("there is no such bulletin yet", str(path), "make it with `jdl bulletin`") from None
        except (ValueError, AttributeError):
            raise JDLError("the bulletin cannot be read", str(path), again) from None
        if stated != SCHEMA_VERSION:
            what = f"the bulletin has schema version {str(stated)[:20]}; this toolkit reads {SCHEMA_VERSION}"
            raise JDLError(what, str(path), f"{again}, or read it with the toolkit that made it")
        try:
            return cls.model_validate_json(text)
        except ValidationError as fault:
            keys = ", ".join(sorted({".".join(str(p) for p in e["loc"]) for e in fault.errors()})[:5])
            raise JDLError(f"not a valid bulletin (at {keys})", str(path), again) from None


def _frame(model: type[Model], rows: tuple[Model, ...]) -> pd.DataFrame:
    return pd.DataFrame([row.model_dump() for row in rows], columns=list(model.model_fields))
