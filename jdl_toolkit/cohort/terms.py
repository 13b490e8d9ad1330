"""What the exclusions are decided by, in values and in the words of the ledger."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ..spec import Disposal, ReleaseType, RequestSpec, Route
from ..wording import listed
from .clock import add_months, last_index_date, proving_months, season
from .index_disposal import in_words

#: Why somebody's offences may not have been seen to the end.
UNOBSERVED = "(for example death or emigration)"

#: How somebody was released, as a reader would write it.
RELEASED = {
    ReleaseType.licence: "on licence",
    ReleaseType.hdc: "on home detention curfew",
    ReleaseType.approved_premises: "to approved premises",
    ReleaseType.unconditional: "without conditions",
}
#: Why somebody is in custody, by the kind of spell.
HELD = {"recall": "on recall", "remand": "on remand", "sentenced": "under another sentence"}


def with_article(kind: str) -> str:
    """A disposal's kind in a sentence: "a community order", "custody"."""
    if kind == Disposal.custody:
        return "custody"
    words = "disposal of another kind" if kind == Disposal.other else in_words(kind)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def in_plural(kind: str) -> str:
    """Several disposals of a kind: "community orders", "releases from custody"."""
    if kind == Disposal.custody:
        return "releases from custody"
    return "disposals of other kinds" if kind == Disposal.other else f"{in_words(kind)}s"


@dataclass(frozen=True)
class Terms:
    """What the steps are decided by, in values and in words: the request's settings and the end of the data."""

    spec: RequestSpec
    data_end: dt.date

    @property
    def is_custody_route(self) -> bool:
        return self.spec.cohort.route is Route.custody

    @property
    def window(self) -> int:
        return self.spec.cohort.start_within_months

    @property
    def months(self) -> int:
        """Follow-up and waiting period together."""
        return proving_months(self.spec)

    @property
    def releases(self) -> str:
        """The types of release that count, or nothing if all do: "on licence or to approved premises"."""
        return listed([RELEASED[kind] for kind in self.spec.cohort.release_types], "or")

    @property
    def kinds(self) -> str:
        """The kinds of sentence that count: "a community order or custody with release on licence"."""
        custody = f"custody with release {self.releases}" if self.releases else "custody"
        kinds = self.spec.cohort.index_disposals
        return " or ".join(custody if kind == Disposal.custody else with_article(kind) for kind in kinds)

    @property
    def event(self) -> str:
        kinds = set(self.spec.cohort.index_disposals)
        return "release" if kinds == {"custody"} else "sentence or release" if "custody" in kinds else "sentence"

    @property
    def bounds(self) -> str:
        """The cohort's first and last index date: "1 January 2010 to 30 June 2010"; nothing if none is set."""
        first, last = self.spec.cohort.index_from, self.spec.cohort.index_to
        if first and last:
            return f"{first:%-d %B %Y} to {last:%-d %B %Y}"
        return f"from {first:%-d %B %Y}" if first else f"up to {last:%-d %B %Y}" if last else ""

    @property
    def last_index_date(self) -> dt.date:
        """The last index date that can be followed in these data."""
        return last_index_date(self.data_end, self.months)

    @property
    def earliest_return(self) -> str:
        """The season in which somebody released on the first day after these data can have been followed."""
        return season(add_months(self.data_end + dt.timedelta(days=1), self.months))

    @property
    def full_return(self) -> str:
        """The season in which everybody sentenced or released by the end of these data will have been followed."""
        return season(add_months(self.data_end, self.months))
