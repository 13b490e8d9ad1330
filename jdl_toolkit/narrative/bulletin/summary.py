"""How many requests there were, and what became of them."""

from __future__ import annotations

from ... import numbers
from ...document import Inset, Table, Words
from ...portfolio.bulletin import Bulletin
from ...portfolio.received import Counts
from ...tables import counts_table
from ...wording import Passage, listed, plain
from .naming import are, was


def summary(bulletin: Bulletin) -> Inset:
    """The findings to date: counts that balance, what the reports say, and why some could not be answered."""
    counts, passage = bulletin.counts, Passage()
    _received(passage, bulletin)
    _verdicts(passage, counts)
    if counts.inconclusive:
        passage.say("inconclusive_is_not_none", "An inconclusive result does not mean that a service had no effect.")
    _unanswered(passage, bulletin)
    return passage.inset("finding", _title(counts))


def _title(counts: Counts) -> str:
    if not counts.received:
        return "No request has been received yet"
    if not counts.published:
        return "No result has been published yet"
    if counts.received == 1:
        return "The first request has been published"
    which = "All" if counts.published == counts.received else f"{counts.published:,} of"
    return f"{which} {counts.received:,} requests published to date"


def _received(passage: Passage, bulletin: Bulletin) -> None:
    counts = bulletin.counts
    if not counts.received:
        passage.say("none_received", f"To {numbers.date(bulletin.until)}, the lab received no request.")
        return
    between = f"Between {numbers.date(bulletin.start)} and {numbers.date(bulletin.until)}"
    ended = [
        (counts.published, f"{counts.published:,} {'has' if counts.published == 1 else 'have'} been published"),
        (counts.could_not_be_answered, f"{counts.could_not_be_answered:,} could not be answered"),
        (counts.withdrawn, f"{counts.withdrawn:,} {was(counts.withdrawn)} withdrawn by the organisation"),
        (counts.in_progress, f"{counts.in_progress:,} {are(counts.in_progress)} in progress"),
    ]
    parts = [words for count, words in ended if count]
    if counts.received == 1:  # one request has one end
        end = parts[0].removeprefix("1 ")
        passage.say("received", f"{between}, the lab received one request for an analysis. It {end}.")
        return
    n = f"{counts.received:,} requests"
    what = f"Of these, {listed(parts)}" if len(parts) > 1 else f"All {parts[0].removeprefix(f'{counts.received:,} ')}"
    passage.say("received", f"{between}, the lab received {n} for an analysis. {what}.")


def _verdicts(passage: Passage, counts: Counts) -> None:
    if not counts.n_reports:
        return
    found = [
        (counts.reductions, "shows a reduction in reoffending", "show a reduction in reoffending"),
        (counts.increases, "shows an increase", "show an increase"),
        (counts.inconclusive, "is inconclusive", "are inconclusive"),
        (counts.without_result, "has no result that can be shown", "have no result that can be shown"),
    ]
    parts = [f"**{n:,}** {one if n == 1 else many}" for n, one, many in found if n]
    if counts.n_reports == 1:
        verb = next(one for n, one, _ in found if n)
        passage.say("verdicts", f"The one report published so far {verb}.", new=True)
        return
    if counts.n_reports == counts.published:
        start = f"Each published request has one report. Of these {counts.n_reports:,} reports"
    else:
        start = f"A request may have several reports. Of the {counts.n_reports:,} reports published"
    passage.say("verdicts", f"{start}, {listed(parts)}.", new=True)


def _unanswered(passage: Passage, bulletin: Bulletin) -> None:
    n = bulletin.counts.could_not_be_answered
    if not n:
        return
    whom = "The request that could not be answered" if n == 1 else f"The {n:,} requests that could not be answered"
    reasons = [(c.n, plain(c.criterion).removesuffix(".")) for c in bulletin.criteria]
    if len(reasons) == 1:
        passage.say("why_unanswered", f"{whom} did not meet a minimum of the lab: {reasons[0][1]}.", new=True)
        return
    passage.say("why_unanswered", f"{whom} did not meet the minimum criteria for an analysis:", new=True)
    for count, words in reasons:
        passage.item("criterion", f"{numbers.plural(count, 'request', 'requests')}: {words}.")


def about_requests(bulletin: Bulletin) -> Words | None:
    """What the table of every request holds; None where there is no request."""
    if not bulletin.counts.received:
        return None
    passage = Passage().say(
        "every_request",
        "Every request that was received is listed, whatever became of it. Of those that are not published, only what"
        " does not point to an organisation is shown."
        if any(r.organisation is None for r in bulletin.requests)
        else "Every request that was received is listed, whatever became of it.",
    )
    return passage.words()


def about_imported(bulletin: Bulletin) -> Words | None:
    """That results published elsewhere are no requests of this lab; None where there are none."""
    n = bulletin.n_imported
    if not n:
        return None
    one = n == 1
    return (
        Passage()
        .say(
            "imported",
            f"{'One result was' if one else f'{n:,} results were'} published elsewhere and taken over as published."
            f" {'It is' if one else 'They are'} not counted among the requests of this lab, and"
            f" {'is' if one else 'are'} drawn with dashed lines in the figures of effects.",
        )
        .words()
    )


def counts(bulletin: Bulletin) -> Table:
    """The counts as a table, beside those of the bulletin before."""
    until = numbers.date(bulletin.until)
    if bulletin.earlier_until is None:
        return counts_table(bulletin.counts.model_dump(), until=until)
    now, before = bulletin.counts.model_dump(), bulletin.earlier_counts.model_dump()
    return counts_table(now, before, until=until, earlier_until=numbers.date(bulletin.earlier_until))
