"""Would another analysis have said otherwise? The other ways of analysing in words.

That other ways point the same way never makes an inconclusive result clearer: they rest on the same people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, Robustness, RobustnessRow, Verdict
from ..wording import Passage, capital, listed, plain, small_number
from .design import EITHER_GROUP, concerns_either_group, was_blind
from .ranges import DIRECTIONS, chosen, confidence, sized, unit_words, verdict_of

#: Group of variants -> what was done otherwise.
GROUPS: dict[str, str] = {
    "caliper": "by closer or looser matching",
    "nearest": "by matching with only the nearest people of the comparison group",
    "weights": "by weighting everybody",
    "estimator": "by other calculations",
    "needs": "with and without the assessment of needs",
    "left_out": "leaving out one characteristic at a time",
}
_KIND = {Verdict.reduction: "a reduction", Verdict.increase: "an increase"}
#: Decimals to which the estimates of other ways are told.
_DECIMALS = {"share": 1, "count": 2, "days": 0}


@dataclass(frozen=True)
class Tally:
    """How the other ways of analysing compare with the main one.

    Parameters
    ----------
    n : int
        Other ways with an estimate.
    n_same : int
        Those that point the same way.
    clear : dict of Verdict to int
        Those whose own interval lies below, above, or across zero.
    lowest, highest : float
        The smallest and the largest estimate.
    """

    n: int
    n_same: int
    clear: dict[Verdict, int]
    lowest: float
    highest: float


def tally(found: Robustness) -> Tally | None:
    """Count the other ways; None where none has an estimate."""
    estimates = [row.estimate for row in found.others if row.estimate is not None]
    if not estimates:
        return None
    values, verdicts = [e.estimate for e in estimates], [verdict_of(e) for e in estimates]
    way = shown_way(found.main.estimate)
    n_same = sum(shown_way(value) == way != 0 for value in values)
    return Tally(len(values), n_same, {v: verdicts.count(v) for v in Verdict}, min(values), max(values))


#: Differences below it print as 0.0 percentage points beside others, and point neither way.
_NOTHING = 0.0005


def shown_way(value: float) -> int:
    """Which way an estimate points as it is printed: -1, 1, or 0 where it prints as none."""
    return 0 if abs(value) < _NOTHING else 1 if value > 0 else -1


def other_ways(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """How many other ways were tried, between what values they lie, and what follows; None without a panel."""
    analysis = chosen(findings, analysis)
    found, measure = analysis.robustness, analysis.headline_measure
    if found is None or measure is None:
        return None
    passage, counted = Passage(), tally(found)
    if counted is None:
        passage.say("ways_none", "No other way of analysing these people gave an estimate.")
    else:
        _what_was_tried(passage, found.others, findings)
        _whom_they_concern(passage, found, analysis)
        _where_they_lie(passage, counted, found, measure.unit, findings)
        _unlike(passage, found, findings)
        _what_follows(passage, counted, found.main.estimate, verdict_of(found.main), was_blind(findings))
    _needs(passage, found, measure.unit)
    _not_possible(passage, found)
    return passage.words()


def _what_was_tried(passage: Passage, others: Sequence[RobustnessRow], findings: Findings) -> None:
    kinds = [words for group, words in GROUPS.items() if any(row.group == group for row in others)]
    n = len(others)
    ways = "one other way" if n == 1 else f"{small_number(n)} other ways"
    named = "before any outcome was looked at" if was_blind(findings) else "in the request"
    passage.say("ways", f"The same question was also answered in {ways}, named {named}: {listed(kinds)}.")


#: Groups of variants that match or weight otherwise; those with other people or other calculations keep to the method.
_OTHER_METHODS = ("caliper", "nearest", "weights")


def n_of_other_methods(found: Robustness) -> int:
    """Other ways that match or weight by another method than this report."""
    return sum(row.group in _OTHER_METHODS for row in found.others)


def _whom_they_concern(passage: Passage, found: Robustness, analysis: Analysis) -> None:
    """That overlap weights, here or in another way, concern other people than all the rest."""
    others = found.others
    if concerns_either_group(analysis):
        n = n_of_other_methods(found)
        if n:
            concern = (
                "It concerns" if len(others) == 1 else f"{capital(small_number(n))} of them concern{'s' * (n == 1)}"
            )
            passage.say(
                "ways_concern_treated",
                f"{concern} the people who received the service and could be compared, while this report concerns"
                f" {EITHER_GROUP}; for this reason alone the estimates may differ.",
            )
    elif any(row.key == "overlap" for row in others):
        passage.say(
            "ways_concern_either_group",
            f"One of them, overlap weights, concerns {EITHER_GROUP}, so its estimate may differ for this reason alone."
            if len(others) > 1
            else f"It concerns {EITHER_GROUP}, so its estimate may differ for this reason alone.",
        )


def _where_they_lie(passage: Passage, counted: Tally, found: Robustness, unit: str, findings: Findings) -> None:
    """Which way the estimates point, the smallest and the largest of them, and how many are clear by themselves."""
    n, main = counted.n, found.main.estimate
    if shown_way(main):
        kind = "a reduction" if main < 0 else "an increase"
        points = _of_them(counted.n_same, n, "points", "point")
        passage.say("ways_direction", f"{points} to {kind}, as the estimate of this report does.")
    spread = between(counted.lowest, counted.highest, unit)
    if n == 1:
        passage.say("ways_range", f"Its best estimate is {size_and_way(counted.lowest, unit)}.")
    else:
        passage.say("ways_range", f"Their best estimates lie between {spread}.")
    alone = "Looked at by itself" if n == 1 else "Looked at one by one"
    for verdict, kind in _KIND.items():
        if counted.clear[verdict]:
            they = _lower(_of_them(counted.clear[verdict], n, "is", "are"))
            passage.say("ways_clear", f"{alone}, {they} clearly {kind}, with {confidence(findings)} confidence.")
    if counted.clear[Verdict.inconclusive] == n:
        passage.say("ways_unclear", f"{alone}, {_lower(_of_them(n, n, 'is', 'are'))} inconclusive.")


def n_unlike(found: Robustness, findings: Findings) -> int:
    """Other ways that leave a larger difference between the groups than the main analysis may."""
    limit = findings.setting("balance", "amber_up_to")
    return sum(row.worst is not None and abs(row.worst) > limit for row in found.others)


def _unlike(passage: Passage, found: Robustness, findings: Findings) -> None:
    n = n_unlike(found, findings)
    if n:
        they = "them" if len(found.others) > 1 else "it"
        which = (
            f"{capital(small_number(n))} of them {'leaves' if n == 1 else 'leave'}" if they == "them" else "It leaves"
        )
        passage.say(
            "ways_unlike",
            f"{which} the groups less alike than this report may, and so {'counts' if n == 1 else 'count'} for less.",
        )


def _what_follows(passage: Passage, counted: Tally, main: float, verdict: Verdict, blind: bool) -> None:
    """What all of it means for the finding, by how the other ways compare with it."""
    if verdict is Verdict.inconclusive:
        rule, words = _beside_an_inconclusive(counted, main, blind)
        passage.say(rule, f"The finding of this report stays inconclusive. {words}", new=True)
    else:
        passage.say(*_dependence(counted, verdict), new=True)
    passage.say("ways_share", "All ways rest on the same records, and share what is wrong with those.")


def _beside_an_inconclusive(counted: Tally, main: float, blind: bool) -> tuple[str, str]:
    """What other ways add to an inconclusive finding: never clarity, at most more doubt about its direction."""
    if counted.clear[Verdict.inconclusive] < counted.n:
        many = "Among many ways one may look clear by chance."
        chosen_first = "Its way of analysing was chosen before the result was known, and among many ways one may look"
        return "ways_inconclusive_some_clear", f"{chosen_first} clear by chance." if blind else many
    n_otherwise = counted.n - counted.n_same
    if main and n_otherwise:
        if counted.n == 1:
            some = "The other way does"
        elif n_otherwise == counted.n:
            some = f"The {small_number(counted.n)} other ways do"
        else:
            some = f"{capital(small_number(n_otherwise))} of {small_number(counted.n)} other ways"
            some += " does" if n_otherwise == 1 else " do"
        return (
            "ways_inconclusive_mixed",
            f"{some} not point the same way, so even the direction of its best estimate depends on how the analysis is"
            " made.",
        )
    return "ways_inconclusive", "That other ways point the same way does not make it clearer."


def _dependence(counted: Tally, verdict: Verdict) -> tuple[str, str]:
    opposite = Verdict.increase if verdict is Verdict.reduction else Verdict.reduction
    if counted.n_same < counted.n or counted.clear[opposite]:
        return (
            "ways_differ",
            "**The finding depends on how the analysis is made**, so it should be read with caution.",
        )
    if counted.clear[verdict] == counted.n:
        return "ways_agree", "So the finding does not depend on which of these ways is chosen."
    return (
        "ways_agree_direction",
        "So which way the difference points does not depend on how the analysis is made, but how clear it is does.",
    )


def _needs(passage: Passage, found: Robustness, unit: str) -> None:
    """What the assessment of needs changes: first the people, then the variables."""
    by_key = {row.key: row.estimate for row in found.rows if row.group == "needs"}
    runs = [by_key.get(f"needs_{run}") for run in ("everyone_without", "assessed_without", "assessed_with")]
    if any(run is None for run in runs):
        return
    everyone, without, with_it = (size_and_way(run.estimate, unit) for run in runs)
    passage.say(
        "needs_runs",
        f"Needs were assessed for some people only. For everyone, without the assessment, the estimate is {everyone};"
        f" for those assessed, still without it, {without}; for the same people with it, {with_it}.",
        "The first step shows what the choice of people changes, the second what their needs change.",
        new=True,
    )


def _not_possible(passage: Passage, found: Robustness) -> None:
    """Ways that gave no estimate, each reason once."""
    reasons: dict[str, list[str]] = {}
    for row in found.rows:
        if row.estimate is None:
            name = f"without {_lower(plain(row.label))}" if row.group == "left_out" else _lower(plain(row.label))
            reasons.setdefault(plain(row.why_not or "it could not be computed").rstrip("."), []).append(name)
    for reason, names in reasons.items():
        passage.item("way_not_possible", f"No estimate, because {reason}: {'; '.join(names)}.")


def size(value: float, unit: str) -> str:
    """A difference without its sign: ``3.1 percentage points``, ``0.11``."""
    printed = sized(value, unit, max(_DECIMALS[unit], numbers.decimals_for(unit, value)))
    return f"{printed} {unit_words(printed, unit)}".rstrip()


def size_and_way(value: float, unit: str) -> str:
    """An estimate: ``3.1 percentage points lower``."""
    return f"{size(value, unit)} {DIRECTIONS[unit][value > 0]}" if value else "no difference"


def between(low: float, high: float, unit: str) -> str:
    """A range of estimates: ``3 and 8.1 percentage points lower``, ``2.1 percentage points lower and 1 higher``."""
    below, above = DIRECTIONS[unit]
    if low < 0 < high:
        return f"{size_and_way(low, unit)} and {size(high, unit).split()[0]} {above}"
    if low * high == 0:
        return f"{size_and_way(low, unit)} and {size_and_way(high, unit)}"
    near, far = (size(x, unit) for x in sorted((low, high), key=abs))
    return f"{near.split()[0]} and {far} {below if high < 0 else above}"


def _of_them(n: int, total: int, one: str, many: str) -> str:
    """``All of them point``, ``One of them points``, ``None of them points``; of a single way ``It points``."""
    if total == 1:
        return f"It {one}" if n else "It does not point"
    if n == total:
        return f"{'Both' if total == 2 else 'All'} of them {many}"
    return f"{capital(small_number(n))} of them {one if n <= 1 else many}"


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
