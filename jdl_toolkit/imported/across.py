"""Rules on several rows: the same result published twice, and values that belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from .figures import difference_range
from .of_words import claims_of
from .printed import Printed, apart, magnitude
from .schema import Remark, ResultRow
from .words import Kind, per_person

_FIGURES = {
    "n_treatment": "people in the treatment group", "n_control": "people in the control group",
    "treatment": "value of the treatment group", "control": "value of the control group", "effect": "difference",
    "ci_low": "lower limit", "ci_high": "upper limit", "relative": "relative change",
}  # fmt: skip
#: Relative changes that are no further apart are taken for one that was rounded, or copied, differently.
NEARLY = 1.0


def across_rows(rows: Sequence[ResultRow], others: Sequence[ResultRow] = ()) -> list[Remark]:
    """Remarks on pairs of rows that concern the same people, on both rows of each."""
    groups = defaultdict(list)
    for row in [*rows, *others]:
        groups[tuple(_folded(text) for text in (row.programme, row.publication, row.subgroup))].append(row)
    found = []
    for group in groups.values():
        for a, b in combinations(group, 2):
            what = _differently(a, b) if _folded(a.outcome) == _folded(b.outcome) else ""
            found += _on_both("published_differently", a, b, what)
            found += _on_both("one_change_two_outcomes", a, b, _one_change(a, b))
            found += _on_both("unit_mistaken", a, b, _fewer_than_people(a, b) or _fewer_than_people(b, a))
    return found


def _on_both(rule: str, a: ResultRow, b: ResultRow, what: str) -> list[Remark]:
    if not what:
        return []
    pairs = ((a, b), (b, a))
    return [Remark(rule=rule, row=one.id, what=f"{what} (Compared with row {other.id}.)") for one, other in pairs]


def _folded(text: str) -> str:
    """Text to compare: without capitals, remarks in brackets such as "(CI)", and signs."""
    return " ".join(re.sub(r"\(ci\)|[^\w]+", " ", text.casefold()).split())


def _differently(a: ResultRow, b: ResultRow) -> str:
    if per_person(a.unit) != per_person(b.unit):
        return ""
    for field, words in _FIGURES.items():
        one, other = getattr(a, field), getattr(b, field)
        if one is not None and other is not None and apart(one.range, other.range):
            return f"The {words} is {one.value:g} in one place and {other.value:g} in the other."
    if a.significant is not None and b.significant is not None and a.significant is not b.significant:
        return "It is called significant in one place and not significant in the other."
    for one, other in ((a, b), (b, a)):
        estimate = difference_range(one)
        if estimate is None or difference_range(other) is not None or not (other.ci_low and other.ci_high):
            continue
        if apart(estimate, (other.ci_low.range[0], other.ci_high.range[1])):
            return "The difference in one place lies outside the interval in the other."
    return ""


def _changes(row: ResultRow) -> list[Printed]:
    own = [row.effect] if row.kind is Kind.relative and row.effect else []
    return [*own, *([row.relative] if row.relative else []), *claims_of(row)["relative"]]


def _one_change(a: ResultRow, b: ResultRow) -> str:
    if _folded(a.outcome) == _folded(b.outcome):
        return ""
    for one in _changes(a):
        for other in _changes(b):
            gap = abs(magnitude(one.range)[0] - magnitude(other.range)[0])
            if gap <= NEARLY:
                sizes = f"{abs(one.value):g} and {abs(other.value):g} per cent"
                return f"Relative changes of {sizes} are quoted, one of “{a.outcome}”, one of “{b.outcome}”."
    return ""


def _fewer_than_people(rate: ResultRow, frequency: ResultRow) -> str:
    """Fewer reoffences than reoffenders: everybody who reoffends does so once at least."""
    factor = per_person(frequency.unit)
    if rate.kind is not Kind.rate or frequency.kind is not Kind.frequency or factor is None:
        return ""
    for name, people, offences in (
        ("treatment", rate.treatment, frequency.treatment),
        ("control", rate.control, frequency.control),
    ):
        if people is None or offences is None:
            continue
        per_100 = offences.scaled(100 * factor)
        if per_100.range[1] < people.range[0]:
            what = f"{people.value:g} of 100 people in the {name} group reoffended, with {per_100.value:g} reoffences"
            return f"{what}: the frequency's unit must be another."
    return ""
