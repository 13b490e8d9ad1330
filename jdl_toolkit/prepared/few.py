"""Groups of so few people that they, not a covariate, are why there is no comparison, or none with an interval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import JDLError, Problem
from ..matching import MatchedSample
from .table import PreparedTable

#: Fewer people than this in a group: a fault of the score or the match is told as theirs.
FEW = 5


@contextmanager
def few_people_told(table: PreparedTable) -> Iterator[None]:
    """Let errors of score and match say first that one of the groups is hardly there, if so."""
    try:
        yield
    except JDLError as fault:
        is_treated = table.covariates.units["is_treated"]
        groups = {"treatment group": int(is_treated.sum()), "control group": int((~is_treated).sum())}
        fix = "find more people, or name fewer covariates, on which those few have others like them"
        few = [
            Problem(f"the {group} is {_people(n)}, too few to be compared on these covariates", "--treatment", fix)
            for group, n in groups.items()
            if n < FEW
        ]
        if not few:
            raise
        raise type(fault)([*few, *fault.problems]) from None


def said_of_few(matched: MatchedSample) -> list[str]:
    """What can be had where the comparison rests on one person on a side."""
    groups = {"treatment group": matched.n_treatment_matched, "control group": matched.n_control}
    return [
        f"The {group} is one person in the comparison: the difference of means is that person's difference, without a "
        "standard error or an interval."
        for group, n in groups.items()
        if n == 1
    ]


def _people(n: int) -> str:
    return "one person" if n == 1 else f"{n} people"
