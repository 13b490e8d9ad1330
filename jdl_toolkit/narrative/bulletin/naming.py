"""How a published result, its effect and several of them are named in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from ... import numbers
from ...findings import Unit, Verdict
from ...portfolio.bulletin import Bulletin
from ...portfolio.published import PublishedResult, Source
from ...wording import plain, small_number
from ..ranges import difference_in_words, interval_in_words


@dataclass(frozen=True)
class Effect:
    """An effect as `ranges` puts it in words: a share, or a number per person."""

    estimate: float
    ci_low: float
    ci_high: float


def result_name(result: PublishedResult) -> str:
    """``Service (Organisation)``, with the analysis where it has a title of its own."""
    service = ", ".join(plain(part) for part in (result.service, result.title) if part and part != result.organisation)
    organisation = plain(result.organisation)
    return f"{service} ({organisation})" if service else organisation


def effect_of(result: PublishedResult) -> Effect:
    """The difference in the rate, as a share."""
    return Effect(*(x / 100 for x in (result.difference_pp, result.ci_low_pp, result.ci_high_pp)))


def frequency_of(result: PublishedResult) -> Effect:
    """The difference in reoffences per person."""
    return Effect(result.frequency_difference, result.frequency_ci_low, result.frequency_ci_high)


def difference(effect: Effect) -> str:
    """``6 percentage points lower``."""
    return difference_in_words(effect, Unit.share)


def spread(effect: Effect) -> str:
    """``is between 1 and 12 percentage points lower``, as the end of "the true difference …"."""
    return interval_in_words(effect, Unit.share)


def confident(effect: Effect) -> str:
    """``with 95% confidence the true difference is between 1 and 12 percentage points lower``."""
    return f"with 95% confidence the true difference {spread(effect)}"


def limits(effect: Effect) -> str:
    """The range of a conclusive effect without its unit and side: ``between 1 and 12``, ``about 1``."""
    return spread(effect).removeprefix("is ").partition(" percentage point")[0]


def shown(bulletin: Bulletin) -> list[PublishedResult]:
    """This lab's reports that have a result."""
    return [r for r in bulletin.of_this_lab if r.verdict is not None]


def with_verdict(bulletin: Bulletin, verdict: Verdict) -> list[PublishedResult]:
    """This lab's reports of one verdict."""
    return [r for r in shown(bulletin) if r.verdict is verdict]


def sized(results: list[PublishedResult]) -> list[PublishedResult]:
    """Results whose treatment group is known, the smallest first."""
    return sorted((r for r in results if r.n_treatment), key=lambda r: (r.n_treatment, r.organisation, r.request))


def is_imported(result: PublishedResult) -> bool:
    return result.source is Source.imported


def people(n: int) -> str:
    """``257 people``."""
    return numbers.plural(n, "person", "people")


def was(n: int) -> str:
    return "was" if n == 1 else "were"


def are(n: int) -> str:
    return "is" if n == 1 else "are"


def reports(n: int) -> str:
    """``One report``, ``57 reports``, as a sentence begins or goes on."""
    return f"{small_number(n)} report{'' if n == 1 else 's'}"
