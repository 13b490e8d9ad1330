"""What a reader must know of a match on a prepared table: whom it concerns, and where it falls short.

There is no ladder here: the caliper is the one that was asked for, as in R. Where it does not balance the groups the
answer says so, and what may be tried by hand.
"""

from __future__ import annotations

from ..balance import Balance
from ..matching import MatchedSample
from ..numbers import number
from ..spec import Fallback, Method
from ..wording import plain
from .settings import TableSpec

#: Ways that pick controls for each treated person; the others give everybody a weight.
MATCHING = (Method.radius, Method.nearest)
METHOD_WORDS = {
    Method.radius: "radius matching",
    Method.nearest: "nearest neighbours",
    Method.ipw: "inverse-odds weights",
    Method.overlap: "overlap weights",
    Method.ebal: "entropy balancing",
}
#: Less than this share of the treated: a comparison of few says little of the others.
_FEW = 0.5


def step(method: str) -> str:
    """What lies between before and after: matching or weighting."""
    return "matching" if method in MATCHING else "weighting"


def whom(matched: MatchedSample) -> str:
    """Whom the differences concern, in a sentence."""
    if matched.estimand == "ato":
        return (
            "The result concerns people who might have been in either group (overlap weights), not all treated people: "
            "those whose treatment was almost certain, either way, count for little."
        )
    if matched.n_treatment_matched < matched.n_treatment:
        return "The result concerns the treated people who are in the comparison, not all treated people."
    return "The result concerns all treated people of the table."


def warnings(matched: MatchedSample, balance: Balance, spec: TableSpec) -> list[str]:
    """Why the estimates should not be relied on: groups that are not alike, or a comparison of few."""
    said, method = [], matched.method
    if not balance.passed:
        rows = balance.rows
        worst = rows.loc[rows["smd_after"].abs().fillna(-1).idxmax()]
        n_red = balance.n_red
        difference = "difference is" if n_red == 1 else "differences are"
        said.append(
            f"Balance is not reached: {n_red} of {len(rows)} {difference} red, the worst is {plain(worst['label'])}, "
            f"{number(abs(balance.worst), 1, factor=100)} per cent of a standard deviation (limit: "
            f"{spec.balance.amber_up_to * 100:g}). Nothing else was tried: {_try(method)}."
        )
    n, n_matched = matched.n_treatment, matched.n_treatment_matched
    if n_matched < _FEW * n:
        tried = "a wider --caliper, or " if matched.caliper_raw is not None else ""
        share = number(n_matched / n, factor=100)
        said.append(
            f"Only {n_matched:,} of {n:,} treated people ({share} per cent) are compared; the others may differ from "
            f"them. Try {tried}--method {'ipw' if method == Method.ebal else 'ebal'}."
        )
    return said


def remarks(matched: MatchedSample, balance: Balance, spec: TableSpec) -> list[str]:
    """Warnings, whom the result concerns if not the treated, and how small the control group has become."""
    said = warnings(matched, balance, spec)
    if len(spec.matching.calipers) > 1 and matched.caliper_raw is not None:
        said.append(f"Of the calipers the widest alone was used, {max(spec.matching.calipers):g}: there is no ladder.")
    if spec.matching.fallback != Fallback.none:
        said.append("matching.fallback has no use here and was ignored: name the method instead.")
    if matched.estimand == "ato":
        said.append(whom(matched))
    if matched.ess_control < 2 * matched.n_treatment_matched:
        said.append("The effective size of the control group is below twice the treatment group.")
    return said


def _try(method: str) -> str:
    if method == Method.ebal:
        return "try fewer covariates, or --common-support"
    if method in MATCHING:
        return "try other values of --caliper by hand, one after the other, or --method ebal"
    return "try --method ebal, or --method radius with several values of --caliper"
