"""How the comparison group was made, by the method that was used, for readers who are no statisticians."""

from __future__ import annotations

from .. import numbers
from ..findings import Analysis, Findings, MatchingSummary
from ..tables.choices import choice_words
from ..wording import Passage, listed, small_number
from .design import was_blind

RADIUS = (
    "**What is radius matching?** Around each person who received the service we draw a circle, as it were, and"
    " compare that person with everybody inside it: all the people whose score is close enough.",
    "Each person's comparison people share one vote equally. Somebody who is inside several circles has a part in"
    " each.",
    "In this way every person who received the service counts once, and the comparison group is made to their pattern.",
)
NEAREST = (
    "**What is nearest neighbour matching?** Each person who received the service is compared with {those} whose score"
    " is closest.",
    "In this way the comparison group is made to the pattern of the people who received the service.",
)
ENTROPY_BALANCING = (
    "**What is entropy balancing?** Nobody is picked out. Everybody in the comparison group is kept, and some count for"
    " more than others.",
    "How much each person counts is worked out so that the averages of the two groups agree in everything that was"
    " taken into account, such as age or the number of convictions, and so that nobody counts for more than that"
    " takes.",
)
INVERSE_ODDS = (
    "**How is the comparison group made?** Nobody is picked out. Everybody in the comparison group is kept, and counts"
    " for more the likelier a person with that record was to receive the service.",
    "In this way the comparison group is made to the pattern of the people who received the service.",
)
OVERLAP = (
    "**How are the groups compared?** Everybody is kept in both groups, and counts for more the likelier it was, by the"
    " record, that this person would be in the other group.",
    "The result therefore concerns people who might well have been in either group, not all who received the service.",
)
OF_METHOD = {"radius": RADIUS, "ebal": ENTROPY_BALANCING, "ipw": INVERSE_ODDS, "overlap": OVERLAP}


def how_matched(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """Say how the comparison group was made, why in this way, and that outcomes played no part in it."""
    matching = analysis.matching
    method = matching.method if matching is not None else str(findings.setting("matching", "method"))
    if matching is not None and matching.is_fallback:
        _fell_back(passage, findings, matching)
    sentences = _nearest(findings) if method == "nearest" else OF_METHOD[method]
    passage.say(f"{method}_matching", *sentences, new=True)
    if matching is None:
        pass
    elif matching.caliper_sd is not None:
        _caliper(passage, findings, analysis, matching)
    else:
        _blind(passage, findings, "chosen", "This was settled by how alike the groups are")
    _restrictions(passage, findings, method)
    if method in ("radius", "nearest"):
        where = "inside the circle" if method == "radius" else "close enough"
        passage.say("no_match", f"A person with nobody {where} cannot be compared and leaves the analysis.")


def ends_of_trim(trim: float) -> tuple[str, str]:
    """The likelihoods below and above which people are left out, in per cent: ``0.5`` and ``99.5``."""
    return f"{100 * trim:.6g}", f"{100 * (1 - trim):.6g}"


def _restrictions(passage: Passage, findings: Findings, method: str) -> None:
    """Who could be compared with whom at all: matched exactly, within the range of both groups, without the ends."""
    exact = [choice_words(name) for name in findings.setting("matching", "exact")]
    if exact and method in ("radius", "nearest"):
        passage.say(
            "exact",
            f"Only people who are exactly alike in {listed(exact)} were compared with each other, however close their"
            " scores.",
        )
    elif exact:
        passage.say(
            "exact_weights",
            f"The weights are made so that the two groups have exactly the same make-up by {listed(exact)}.",
        )
    if findings.setting("matching", "common_support") == "range":
        passage.say(
            "common_support",
            "People of either group whose score is lower or higher than any in the other group were left out, as nobody"
            " is like them.",
        )
    trim = findings.setting("matching", "trim")
    if trim:
        low, high = ends_of_trim(trim)
        passage.say(
            "trim",
            f"People whose likelihood of receiving the service is below {low}% or above {high}% were left out as well,"
            " as hardly anybody is like them."
            if findings.setting("matching", "common_support") == "range"
            else f"People whose likelihood of receiving the service is below {low}% or above {high}% were left out, as"
            " hardly anybody is like them.",
        )


def _fell_back(passage: Passage, findings: Findings, matching: MatchingSummary) -> None:
    """That the declared method failed, and what took its place as had been declared."""
    tried = len(matching.calipers_tried)
    ways = f"in {small_number(tried)} ways, each stricter than the last" if tried > 1 else "as had been planned"
    passage.say(
        "fallback",
        "**Why was entropy balancing used?** First, each person who received the service was to be compared with the"
        f" people most like them. That was tried {ways}, and the groups did not come out alike enough.",
        f"For that case another way had been named {'beforehand' if was_blind(findings) else 'in the request'}, entropy"
        " balancing. It was used in place of the first.",
        new=True,
    )


def _nearest(findings: Findings) -> tuple[str, ...]:
    ratio = findings.setting("matching", "ratio")
    those = "the one person" if ratio == 1 else f"the {small_number(ratio)} people"
    again = (
        "One person may be compared with several."
        if findings.setting("matching", "replace")
        else "Nobody is compared with more than one of them."
    )
    return (NEAREST[0].format(those=those), again, NEAREST[1])


def _caliper(passage: Passage, findings: Findings, analysis: Analysis, matching: MatchingSummary) -> None:
    width = numbers.number(matching.caliper_sd, _decimals(matching.caliper_sd))
    scale = (
        "the propensity score (on its logit scale)"
        if findings.setting("matching", "scale") == "logit"
        else "the propensity score"
    )
    far = "How far the circle reaches" if matching.method == "radius" else "How far apart two scores may be"
    passage.say("caliper", f"{far} is called the caliper. Here it is {width} standard deviations of {scale}.")
    tried = small_number(len(matching.calipers_tried))
    is_alike = analysis.balance is None or analysis.balance.passed
    if len(matching.calipers_tried) > 1 and is_alike:
        passage.say("caliper_narrowed", f"It is the widest of {tried} that were tried at which the groups are alike.")
    elif not is_alike:
        passage.say("caliper_best", f"Of {tried} that were tried, it is the one that makes the groups most alike.")
    _blind(passage, findings, "caliper", "It was chosen by how alike the groups are")


def _blind(passage: Passage, findings: Findings, rule: str, settled: str) -> None:
    """By what the method was settled, and whether outcomes were closed then."""
    if was_blind(findings):
        passage.say(f"{rule}_blind", f"{settled}, without a look at any outcome.")
    else:
        passage.say(f"{rule}_not_blind", f"{settled}. But the groups were made again after outcomes had been opened.")


def _decimals(x: float) -> int:
    return next((d for d in range(5) if abs(round(x, d) - x) < 1e-9), 4)
