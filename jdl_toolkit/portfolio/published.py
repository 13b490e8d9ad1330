"""What a bulletin says of results: each as it was published, and what was corrected."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from ..findings import Verdict
from ..spec import Model


class Source(StrEnum):
    """Who made the analysis behind a result."""

    this_lab = "this lab"
    imported = "imported"


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


class Correction(Model):
    """A report that took the place of an earlier one; both versions stay on record."""

    request: str
    organisation: str
    version: int
    published: dt.date
    reason: str
    is_new: bool
