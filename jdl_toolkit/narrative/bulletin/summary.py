"""How many requests there were, and what became of them."""

from __future__ import annotations

from ... import numbers
from ...document import Inset, Table, Words
from ...portfolio.bulletin import Bulletin
from ...portfolio.received import NO_CRITERION, Counts
from ...tables import counts_table
from ...wording import Passage, capital, listed, plain, small_number
from .naming import are, was


def summary(bulletin: Bulletin) -> Inset:
    """The findings to date: counts that balance, what the reports say, and why some could not be answered."""
    counts, passage = bulletin.counts, Passage()
    _received(passage, bulletin)
    _verdicts(passage, counts)
    _chance(passage, bulletin)
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
    ended = [
        (counts.published, f"{counts.published:,} {'has' if counts.published == 1 else 'have'} been published"),
        (counts.could_not_be_answered, f"{counts.could_not_be_answered:,} could not be answered"),
        (counts.withdrawn, f"{counts.withdrawn:,} {was(counts.withdrawn)} withdrawn by the organisation"),
        (counts.in_progress, f"{counts.in_progress:,} {are(counts.in_progress)} in progress"),
    ]
    parts = [words for count, words in ended if count]
    if counts.received == 1:  # one request has one end
        end = parts[0].removeprefix("1 ")
        first = f"To {numbers.date(bulletin.until)}, the lab received one request for an analysis, on"
        passage.say("received", f"{first} {numbers.date(bulletin.start)}. It {end}.")
        return
    n = f"{counts.received:,} requests"
    what = f"Of these, {listed(parts)}" if len(parts) > 1 else f"All {parts[0].removeprefix(f'{counts.received:,} ')}"
    first = f"From the first request, on {numbers.date(bulletin.start)}, to {numbers.date(bulletin.until)}"
    passage.say("received", f"{first}, the lab received {n} for an analysis. {what}.")


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


def _chance(passage: Passage, bulletin: Bulletin) -> None:
    """How many of the conclusive results are left when all are judged together; nothing where none is conclusive."""
    m = bulletin.multiplicity
    if m.n_tests < 2 or not m.n_conclusive:
        return
    among = ", those published elsewhere among them," if m.n_imported else ""
    together = f"may be due to chance: when all {m.n_tests:,} tests{among} are judged together"
    where = "(see “How many results are clear by chance?”)"
    if m.n_conclusive == 1:
        is_left, holm = ("remains" if m.n_after_fdr else "is no longer"), ("still" if m.n_after_holm else "not")
        said = f"The one conclusive result {together}, it {is_left} conclusive at a false discovery rate of 5%, and is"
        passage.say("one_when_judged_together", f"{said} {holm} by the stricter adjustment of Holm {where}.")
        return
    passage.say(
        "left_when_judged_together",
        f"Some of the reductions and increases {together}, {_left(m.n_after_fdr)} of the {m.n_conclusive:,} conclusive"
        f" results {'remains' if m.n_after_fdr == 1 else 'remain'} conclusive at a false discovery rate of 5%, and"
        f" {_left(m.n_after_holm)} by the stricter adjustment of Holm {where}.",
    )


def _left(n: int) -> str:
    return f"**{small_number(n)}**"


def _unanswered(passage: Passage, bulletin: Bulletin) -> None:
    n = bulletin.counts.could_not_be_answered
    if not n:
        return
    whom = f"{capital(small_number(n)) if n == 1 else f'{n:,}'} request{'' if n == 1 else 's'} could not be answered"
    reasons = [(c.n, plain(c.criterion).removesuffix(".")) for c in bulletin.criteria]
    if len(reasons) == 1:
        passage.say("why_unanswered", f"{whom}, {_because(reasons[0][1])}.", new=True)
        return
    passage.say("why_unanswered", f"{whom}:", new=True)
    for count, words in reasons:
        of = numbers.plural(count, "request", "requests")
        passage.item("criterion", f"{of}, {_because(words)}.")


def _because(criterion: str) -> str:
    return "for a reason that is not stated" if criterion == NO_CRITERION else f"because {criterion}"


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
