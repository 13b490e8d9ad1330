"""`bulletin.json`: everything that a bulletin is drawn from, and nothing about a person.

The models below are the versioned schema. Differences of the headline rate are in percentage points, negative where
fewer reoffended; shares are fractions; frequencies are reoffences per person. A result is of one analysis, which is one
report.
"""

from __future__ import annotations

import datetime as dt
import json
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import ValidationError

from ..errors import JDLError
from ..findings import Verdict
from ..result import write_atomically
from ..spec import Model
from .counts import RequestCounts, RequestStatus

SCHEMA_VERSION = "1.0"

#: The bulletin's file in its folder.
BULLETIN_FILE = "bulletin.json"


class Source(StrEnum):
    """Who made the analysis behind a result."""

    this_lab = "this lab"
    imported = "imported"


class RequestRow(Model):
    """One request received, as readers are told of it.

    `request`, `organisation` and `service` are of requests of which anything was released (`version` above 0); others
    are named only if the lab's settings say so (else `organisation` is None and `request` a running number). `ended`:
    when it was published first, found unanswerable, or withdrawn. `is_new`: it ended since the bulletin before.
    """

    request: str
    organisation: str | None
    service: str | None
    need: str | None
    sector: str | None
    setting: str | None
    received: dt.date
    status: RequestStatus
    criterion: str = ""
    ended: dt.date | None = None
    version: int = 0
    n_reports: int = 0
    invented: bool = False
    is_new: bool = False


class PublishedResult(Model):
    """The headline result of one analysis, in the version that stands; values are None where nothing could be shown.

    Parameters
    ----------
    request, analysis, title : str
        The analysis is `main` where a request has one. Imported results have the id they were imported under.
    version, corrected_reason, published, first_published
        Version that stands, why it took the place of the one before (else empty), and when it and the first were
        released. None for an imported result of no known day, which counts as published before any bulletin.
    source_title
        Where an imported result was published; empty for this lab's.
    remarks, derived, outcome
        What the reader of an imported result should know, such as a contradiction in it; whether its difference or
        interval is worked out from other published figures; what was measured, if said.
    treatment_value, control_value
        Share that reoffended, and what is expected of people like them without the service.
    difference_pp, ci_low_pp, ci_high_pp, se_pp, df
        In percentage points; `se_pp` as computed with the result, or (`se_from_interval`) from the interval's width.
    p_value, p_holm, p_fdr
        `p_from_interval`: from difference and interval, by t or the normal distribution. The others are over all tests
        of the bulletin, by Holm and by Benjamini and Hochberg.
    frequency_difference, frequency_ci_low, frequency_ci_high, frequency_verdict
        The difference in reoffences per person.
    why_not
        Why there is no result.
    left_out
        Why it is no part of the pooled effects; empty if it is.
    is_new, is_correction
        First published since the bulletin before; published before and corrected since.
    """

    request: str
    version: int = 1
    corrected_reason: str = ""
    organisation: str
    service: str = ""
    need: str | None
    sector: str | None
    setting: str | None
    received: dt.date | None = None
    published: dt.date | None
    first_published: dt.date | None
    analysis: str = "main"
    title: str = ""
    source: Source = Source.this_lab
    source_title: str = ""
    remarks: tuple[str, ...] = ()
    derived: bool = False
    outcome: str = ""
    verdict: Verdict | None = None
    n_treatment: int | None = None
    n_control: int | None = None
    treatment_value: float | None = None
    control_value: float | None = None
    difference_pp: float | None = None
    ci_low_pp: float | None = None
    ci_high_pp: float | None = None
    se_pp: float | None = None
    se_from_interval: bool = False
    df: float | None = None
    p_value: float | None = None
    p_from_interval: bool = False
    p_holm: float | None = None
    p_fdr: float | None = None
    frequency_difference: float | None = None
    frequency_ci_low: float | None = None
    frequency_ci_high: float | None = None
    frequency_verdict: Verdict | None = None
    why_not: str | None = None
    left_out: str = ""
    invented: bool = False
    is_new: bool = False
    is_correction: bool = False

    @property
    def is_conclusive(self) -> bool:
        """Whether the interval does not cross zero."""
        return self.verdict in (Verdict.reduction, Verdict.increase)


class PooledEffect(Model):
    """The effects of several results taken together by a random-effects model; `why_not` says why there is none.

    Parameters
    ----------
    by, level : str
        What the results have in common: a `need`, `setting` or `sector`, or `all` (level `all`).
    k, n_people, n_imported : int
        Results pooled, people in their treatment groups (None if one is not known), and how many were imported.
    n_left_out : int
        Results with an effect that were left out, as their people may be those of another.
    estimate_pp, ci_low_pp, ci_high_pp, p_value
        Mean effect with its 95 per cent interval, Hartung and Knapp's.
    prediction_low_pp, prediction_high_pp
        Where the effect of a further service of the kind is expected, with 95 per cent (Higgins, Thompson and
        Spiegelhalter 2009).
    tau_pp, i_squared, q, q_df, q_p_value
        Standard deviation of the true effects (Paule and Mandel), share of the spread that is more than chance
        (fraction), and Cochran's test.
    """

    by: Literal["all", "need", "setting", "sector"]
    level: str
    k: int
    n_people: int | None = None
    n_imported: int = 0
    n_left_out: int = 0
    estimate_pp: float | None = None
    ci_low_pp: float | None = None
    ci_high_pp: float | None = None
    p_value: float | None = None
    prediction_low_pp: float | None = None
    prediction_high_pp: float | None = None
    tau_pp: float | None = None
    i_squared: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    why_not: str | None = None


class Multiplicity(Model):
    """How many conclusive results chance alone would give, and how many are left once that is allowed for.

    Parameters
    ----------
    n_tests, alpha
        Results with a test of the headline rate, and the level of each.
    n_conclusive, n_reductions, n_increases : int
        As published.
    expected_by_chance, expected_each_way : float
        How many of `n_tests` would be conclusive if no service did anything: n·alpha; half of it in either direction.
    chance_low, chance_high : int
        Central 95 per cent of the number that chance would give (binomial, which takes tests as independent).
    p_so_many : float or None
        Chance of as many conclusive ones or more if no service did anything; None without a test.
    n_after_holm, n_after_fdr : int
        Results still below alpha with p-values adjusted by Holm, and by Benjamini and Hochberg; of which reductions.
    n_from_interval : int
        Tests whose p-value was derived from the interval.
    n_imported : int
    """

    n_tests: int
    alpha: float
    n_conclusive: int
    n_reductions: int
    n_increases: int
    expected_by_chance: float
    expected_each_way: float
    chance_low: int
    chance_high: int
    p_so_many: float | None
    n_after_holm: int
    n_after_holm_reductions: int
    n_after_fdr: int
    n_after_fdr_reductions: int
    n_from_interval: int
    n_imported: int


class PreRelease(Model):
    """Who may see the bulletin before it is published, by role, and how long before."""

    hours: int
    people: tuple[str, ...]


class FeedbackQuestion(Model):
    """How many chose each answer to a question of the feedback questionnaire."""

    key: str
    question: str
    n_answered: int
    counts: dict[str, int | None]


class FeedbackSummary(Model):
    """What organisations answered to the questionnaire on their published report, up to a day; never free text.

    `n_due`: reports whose questionnaire should have been answered by then. `suppressed`: fewer than `minimum` answered,
    so that no answers are told of.
    """

    until: dt.date
    n_published: int
    n_due: int
    n_answered: int
    response_rate: float | None
    n_outstanding: int
    minimum: int
    suppressed: bool
    questions: tuple[FeedbackQuestion, ...] = ()


class Criterion(Model):
    """How many requests could not be answered by one of the minimum criteria."""

    criterion: str
    n: int


class Correction(Model):
    """A report that took the place of an earlier one; both versions stay on record."""

    request: str
    organisation: str
    version: int
    published: dt.date
    reason: str
    is_new: bool


class Counts(Model):
    """`RequestCounts` as values; `published` requests hold `n_reports` reports, which have the verdicts."""

    received: int
    published: int
    could_not_be_answered: int
    withdrawn: int
    in_progress: int
    reductions: int
    increases: int
    inconclusive: int
    without_result: int
    n_reports: int

    def balanced(self) -> RequestCounts:
        """The counts, if they balance.

        Raises
        ------
        JDLError
        """
        return RequestCounts(**self.model_dump())


class Bulletin(Model):
    """All that the bulletin of one period says.

    Parameters
    ----------
    period, title, contact : str
        The period as ``YYYY-MM``.
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
        How effects were pooled: `minimum`, `n_results`, `n_pooled`, `n_left_out`, `n_se_from_interval`.
    remarks : tuple of str
        Sentences on how the numbers were come by.
    """

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    period: str
    version: int = 1
    reissue_reason: str = ""
    title: str
    contact: str
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

    def pooled_frame(self) -> pd.DataFrame:
        """A row for each pooled effect, with the columns of `PooledEffect`."""
        return _frame(PooledEffect, self.pooled)

    def write(self, path: Path) -> None:
        """Write `bulletin.json`, whole or not at all, the same bytes for the same bulletin."""
        write_atomically(path, self.model_dump_json(indent=1) + "\n")

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
