"""What is new in a release: each new report with its result in one sentence, and what was corrected."""

from __future__ import annotations

from ... import numbers
from ...document import Inset, Words
from ...findings import Verdict
from ...portfolio.bulletin import Bulletin
from ...portfolio.published import PublishedResult
from ...wording import Passage, capital, ended, listed, plain, small_number
from .naming import confident, difference, effect_of, is_imported, people, reports, result_name

#: The folder of outputs, seen from the bulletin's, and where a version of a request's report lies.
OUTPUTS = "../../"
_REPORT = OUTPUTS + "released/{request}/{version}/{analysis}report.html"


def what_is_new(bulletin: Bulletin) -> Words:
    """How many reports are new, and how the counts have changed since the bulletin before."""
    passage, new = Passage(), [r for r in bulletin.new_results if not is_imported(r)]
    if bulletin.earlier_until is None:
        passage.say("first_bulletin", "This is the first bulletin, so everything in it is new.")
    else:
        _since(passage, bulletin, numbers.date(bulletin.earlier_until))
    n = len(new)
    if not n:
        return passage.say("nothing_new", "No report is published with this bulletin.", new=True).words()
    verb = "is" if n == 1 else "are"
    return passage.say("new_reports", f"{capital(reports(n))} {verb} new in this release.", new=True).words()


def _since(passage: Passage, bulletin: Bulletin, day: str) -> None:
    now, before = bulletin.counts, bulletin.earlier_counts
    received, published = now.received - before.received, now.published - before.published
    unanswered = now.could_not_be_answered - before.could_not_be_answered
    withdrawn = now.withdrawn - before.withdrawn
    ends = [
        (published, "was published", "were published"),
        (unanswered, "could not be answered", "could not be answered"),
        (withdrawn, "was withdrawn", "were withdrawn"),
    ]
    came = f"{small_number(received)} {'request was' if received == 1 else 'requests were'} received"
    came = "no request was received" if received == 0 else came
    went = [f"{small_number(n)} {one if n == 1 else many}" for n, one, many in ends if n > 0]
    said = listed([came, *went]) if went else f"{came}, and none came to an end"
    passage.say("since_the_last", f"Since the last bulletin, which went up to {day}, {said}.")


def new_results(bulletin: Bulletin) -> list[Inset]:
    """A box for each new report: whose it is, its result in one sentence, and where it lies."""
    new = [r for r in bulletin.new_results if not is_imported(r)]
    return [_new(result, bulletin) for result in sorted(new, key=_order)]


def _order(result: PublishedResult) -> tuple[int, str, str, str]:
    place = [Verdict.reduction, Verdict.increase, Verdict.inconclusive, None].index(result.verdict)
    return place, result.organisation.casefold(), result.service.casefold(), result.analysis


def _new(result: PublishedResult, bulletin: Bulletin) -> Inset:
    passage = Passage()
    passage.say(f"result_{result.verdict.value if result.verdict else 'withheld'}", result_sentence(result))
    if result.is_correction:
        passage.say("corrected", f"This is version {result.version}: {ended(plain(result.corrected_reason))}")
    links = ((f"The report on {result_name(result)}", report_of(result, bulletin)),)
    return passage.inset("result", result_name(result), links)


def report_of(result: PublishedResult, bulletin: Bulletin) -> str:
    """Path of a report's page from the bulletin's folder; of several, all but the first have a folder."""
    first = next((r.analysis for r in bulletin.of_this_lab if r.request == result.request), result.analysis)
    analysis = "" if result.analysis == first else f"{result.analysis}/"
    return _REPORT.format(request=result.request, version=result.version, analysis=analysis)


def result_sentence(result: PublishedResult) -> str:
    """The result in one plain sentence, as the report has it."""
    if result.verdict is None:
        return ended(f"The result cannot be shown: {plain(result.why_not or 'it was withheld')}")
    effect, group = effect_of(result), f"{people(result.n_treatment)} " if result.n_treatment else "people "
    values = (result.treatment_value, result.control_value)
    printed = [numbers.value(x, "share") for x in values] if None not in values else []
    if printed and printed[0] == printed[1] and result.verdict is not Verdict.inconclusive:
        printed = [numbers.per_cent(x, 1) for x in values]
    true = confident(effect)
    if result.verdict is Verdict.inconclusive:
        start = f"It is not clear whether the service changed reoffending among the {group}analysed: "
        if printed:
            return f"{start}{printed[0]} reoffended, against {printed[1]} expected of similar people, and {true}."
        return f"{start}the best estimate is {_or_none(difference(effect))}, but {true}."
    often = "less often" if result.verdict is Verdict.reduction else "more often"
    start = (
        f"The {group}who received the service and were analysed reoffended {often} than similar people who did not: "
    )
    if printed:
        return f"{start}{printed[0]}, against {printed[1]} expected, and {true}."
    return f"{start}the best estimate is {difference(effect)}, and {true}."


def _or_none(words: str) -> str:
    return words.replace("no different", "no difference")


def corrections(bulletin: Bulletin) -> Words | None:
    """Reports that took the place of earlier ones since the bulletin before; None where there are none."""
    found, passage = [c for c in bulletin.corrections if c.is_new], Passage()
    if not found:
        return None
    n = len(found)
    passage.say(
        "corrections",
        f"**{capital(small_number(n))} report{'' if n == 1 else 's'} {'was' if n == 1 else 'were'} corrected.** The"
        f" version before stays on record, and both are listed below.",
    )
    for one in found:
        passage.item(
            "correction",
            f"{plain(one.organisation)} (request {plain(one.request)}), version {one.version}, published"
            f" {numbers.date(one.published)}: {ended(plain(one.reason))}",
        )
    return passage.words()
