"""The sentences that go with the figures: by need, by sector, by size of the group."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ... import numbers
from ...document import Words
from ...findings import Verdict
from ...plots.portfolio import level_name, verdict_counts
from ...portfolio.bulletin import Bulletin
from ...portfolio.published import PublishedResult
from ...wording import Passage, capital, listed, small_number
from .naming import confident, difference, effect_of, is_imported, people, result_name, shown, sized

#: Sizes of treatment groups, in people, that are told: as the report on the pilot year tells them.
LARGE, VERY_LARGE = 200, 500
#: Reports from which on the share of reductions among them is told.
FEWEST = 5


def figure_rows(bulletin: Bulletin, is_own_only: bool = False) -> list[dict[str, Any]]:
    """The results as figures take them, with a name each; of this lab alone, if so wished."""
    results = bulletin.of_this_lab if is_own_only else bulletin.results
    n_of = Counter(r.organisation for r in results)
    return [
        r.model_dump(mode="json")
        | {"name": result_name(r), "label": r.organisation if n_of[r.organisation] == 1 else r.title or r.service}
        for r in results
    ]


def by_need(bulletin: Bulletin) -> Words | None:
    """Which need has most reports, most reductions and the largest share of them, and where results are mixed."""
    return _by(bulletin, "need", "need")


def by_sector(bulletin: Bulletin) -> Words | None:
    """The same for the sectors of the organisations."""
    return _by(bulletin, "sector", "sector")


def _by(bulletin: Bulletin, by: str, noun: str) -> Words | None:
    counted = verdict_counts(shown(bulletin), by)
    if not counted:
        return None
    passage = Passage()
    if len(counted) == 1:
        name, n = level_name(by, counted[0][0]), sum(counted[0][1].values())
        said = f"All reports with a result are of one {noun}: {name} ({n:,})."
        return passage.say(f"one_{noun}", said).words()
    _most(passage, by, noun, counted)
    _largest_share(passage, by, noun, counted)
    mixed = [
        f"“{level_name(by, level)}” ({numbers.plural(down, 'reduction', 'reductions')},"
        f" {numbers.plural(up, 'increase', 'increases')})"
        for level, c in counted
        if (down := c[Verdict.reduction]) and (up := c[Verdict.increase])
    ]
    if mixed:
        passage.say(
            f"mixed_{noun}",
            f"Results are mixed for {listed(mixed)}: some services were associated with a reduction, and others with an"
            " increase.",
        )
    return passage.words()


def _most(passage: Passage, by: str, noun: str, counted: list[tuple[str, Counter[str]]]) -> None:
    totals = {level: sum(count.values()) for level, count in counted}
    most = [level for level, n in totals.items() if n == max(totals.values())]
    n, of = max(totals.values()), sum(totals.values())
    if len(most) == 1:
        said = f"More reports are on {_within(by, most[0])} than on any other {noun} ({n:,} of {of:,})."
    else:
        said = f"The {noun}s with most reports are {_quoted(by, most)} ({n:,} each of {of:,})."
    passage.say(f"most_{noun}", said)
    for verdict, what in ((Verdict.reduction, "reductions"), (Verdict.increase, "increases")):
        counts = {level: count[verdict] for level, count in counted if count[verdict]}
        if not counts:
            continue
        top = max(counts.values())
        first = [level for level, n in counts.items() if n == top]
        if len(first) == 1:
            said = f"More {what} were found for {_within(by, first[0])} than for any other {noun} ({top:,})."
        else:
            said = f"The {noun}s with most {what} are {_quoted(by, first)} ({top:,} each)."
        passage.say(f"most_{verdict.value}_{noun}", said)


def _within(by: str, level: str | None) -> str:
    """A level within a sentence: a need by its name, a sector or what is no need by itself as it is called."""
    name = level_name(by, level)
    if by == "need" and level not in (None, "multiple", "other"):
        return name[0].lower() + name[1:]
    return f"the sector “{name}”" if by == "sector" else f"“{name}”"


def _quoted(by: str, levels: list[str]) -> str:
    return listed([f"“{level_name(by, level)}”" for level in levels])


def _largest_share(passage: Passage, by: str, noun: str, counted: list[tuple[str, Counter[str]]]) -> None:
    """Where reductions are the largest part of the results, if one level alone leads and has enough of them."""
    shares = {
        level: (c[Verdict.reduction] / n, c[Verdict.reduction], n) for level, c in counted if (n := sum(c.values()))
    }
    enough = {level: values for level, values in shares.items() if values[2] >= FEWEST}
    if len(enough) < 2:
        return
    top = max(share for share, _, _ in enough.values())
    first = [level for level, (share, _, _) in enough.items() if share == top]
    if len(first) == 1 and top > 0:
        _, n, of = enough[first[0]]
        passage.say(
            f"largest_share_{noun}",
            f"Of those with {FEWEST} reports or more, “{level_name(by, first[0])}” has the largest share of reductions:"
            f" {n:,} of {of:,}.",
        )


def by_size(bulletin: Bulletin) -> Words | None:
    """What the figure of all effects shows, and how many groups are smaller than 500 people."""
    known = sized([r for r in bulletin.results if r.verdict is not None])
    if not known:
        return None
    passage = Passage()
    passage.say(
        "diamond",
        "Each diamond is the best estimate of one report: the difference between the reoffending rate of the people"
        " who received the service and the rate expected of similar people. The line through it is the 95% confidence"
        " interval. If the line crosses zero, the result is inconclusive.",
    )
    if narrows(known):
        passage.say("narrower", "The more people were analysed, the shorter the line and the more certain the result.")
    n = sum(r.n_treatment < VERY_LARGE for r in known)
    if len(known) > 1:
        which = "None" if n == 0 else "All" if n == len(known) else f"{n:,}"
        passage.say(
            "below_500",
            f"{which} of the {len(known):,} treatment groups {'has' if n == 1 else 'have'} fewer than {VERY_LARGE}"
            " people.",
        )
    return passage.words()


def narrows(results: list[PublishedResult]) -> bool:
    """Whether intervals get narrower with size: their median in the smaller half of groups against the larger half."""
    wide = [r.ci_high_pp - r.ci_low_pp for r in sized(results) if r.ci_low_pp is not None and r.ci_high_pp is not None]
    half = len(wide) // 2
    return half >= 3 and _median(wide[:half]) > _median(wide[-half:])


def _median(values: list[float]) -> float:
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def conclusive_by_size(bulletin: Bulletin) -> Words | None:
    """How many of the conclusive results are of large groups, and what the smallest found; None without a result."""
    if not any(r.verdict for r in bulletin.results):
        return None
    found, passage = sized([r for r in bulletin.conclusive if r.ci_low_pp is not None]), Passage()
    if not found:
        return passage.say("none_conclusive", "No result is conclusive yet.").words()
    large = sum(r.n_treatment > LARGE for r in found)
    smallest = found[0]
    effect = effect_of(smallest)
    best = f"the best estimate is {difference(effect)}, and {confident(effect)}"
    if len(found) == 1:
        said = f"One result is conclusive, of {people(smallest.n_treatment)}: {result_name(smallest)}. There {best}."
        return passage.say("one_conclusive", said).words()
    which = "None" if large == 0 else capital(small_number(large)) if large < len(found) else "All"
    passage.say(
        "large_conclusive",
        f"{which} of the {len(found):,} conclusive results {'is' if large == 1 else 'are'} of more than {LARGE}"
        " people.",
    )
    passage.say(
        "smallest_conclusive",
        f"The smallest is of {people(smallest.n_treatment)}: {result_name(smallest)}. There {best}.",
    )
    if smallest.n_treatment <= LARGE:
        passage.say(
            "small_can_be_clear",
            "So a small group can give a clear result, but only if the difference is large; and how large it truly is"
            " remains uncertain.",
        )
    if any(map(is_imported, found)):
        n = sum(map(is_imported, found))
        verb = "was" if n == 1 else "were"
        passage.say("imported_conclusive", f"Of these, {numbers.count_(n)} {verb} published elsewhere.")
    return passage.words()
