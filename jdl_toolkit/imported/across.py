"""Rules on several rows: the same result published twice, and values that belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations, permutations, product

from .figures import difference_range
from .of_words import claims_of
from .printed import Printed, Range, apart, magnitude
from .schema import Remark, ResultRow
from .words import Kind, per_person

_FIGURES = {
    "n_treatment": "people in the treatment group", "n_control": "people in the control group",
    "treatment": "value of the treatment group", "control": "value of the control group", "effect": "difference",
    "ci_low": "lower limit", "ci_high": "upper limit", "relative": "relative change",
}  # fmt: skip
#: Relative changes that are no further apart are taken for one that was rounded, or copied, differently.
NEARLY = 1.0
#: Rows of one programme, date and group that are compared in pairs: no report has as many, and a file of them all alike
#: would take hours.
MOST = 100


def across_rows(rows: Sequence[ResultRow], others: Sequence[ResultRow] = ()) -> list[Remark]:
    """Remarks on pairs of rows that concern the same people, on both rows of each."""
    groups = defaultdict(list)
    for row in [*rows, *others]:
        groups[tuple(_folded(text) for text in (row.programme, row.publication, row.subgroup))].append(row)
    found = []
    for group in groups.values():
        for a, b in combinations(group[:MOST], 2):
            what = _differently(a, b) if _folded(a.outcome) == _folded(b.outcome) else ""
            found += _on_both("published_differently", a, b, what)
            found += _on_both("one_change_two_outcomes", a, b, _one_change(a, b))
            found += _on_both("unit_mistaken", a, b, _fewer_than_people(a, b) or _fewer_than_people(b, a))
    return found + _divided(list(rows))


def _divided(rows: list[ResultRow]) -> list[Remark]:
    """A whole and its two parts, "in work" and "not in work": the whole must be a mixture of both, in known shares."""
    reports = defaultdict(list)
    for row in rows:
        reports[_folded(row.programme), _folded(row.publication)].append(row)
    found = []
    for report in reports.values():
        for part, rest in permutations([row for row in report if row.kind is Kind.rate][:MOST], 2):
            if not _is_rest_of(part, rest):
                continue
            shares = [row for row in report if row.kind is Kind.share and _speaks_of(row, part)]
            for whole in report:
                if whole not in (part, rest) and _folded(whole.outcome) == _folded(part.outcome):
                    found += _mixture(whole, part, rest, shares)
    return found


def _is_rest_of(part: ResultRow, rest: ResultRow) -> bool:
    words = _folded(rest.subgroup).split()
    without = [word for word in words if word != "not"]
    return len(without) < len(words) and without == _folded(part.subgroup).split() and part.outcome == rest.outcome


def _speaks_of(share: ResultRow, part: ResultRow) -> bool:
    """Whether a share is of what divides the parts: "employed" and "in employment" begin alike."""
    stems = {word[:6] for word in _folded(part.subgroup).split() if len(word) >= 6 and word != "subgroup"}
    return bool(stems & {word[:6] for word in _folded(share.outcome).split()})


def _mixture(whole: ResultRow, part: ResultRow, rest: ResultRow, shares: list[ResultRow]) -> list[Remark]:
    for name in ("treatment", "control"):
        w, a, b = (getattr(row, name) for row in (whole, part, rest))
        if w is None or a is None or b is None:
            continue
        hull = min(a.range[0], b.range[0]), max(a.range[1], b.range[1])
        what = f"{w.value:g} in the {name} group is no mixture of {a.value:g} and {b.value:g}, its two parts"
        if apart(w.range, hull):
            return _remarks_on((whole, part, rest), f"{what}.")
        needed = _share_range(w, a, b)
        for share in (getattr(row, name) for row in shares):
            if share is not None and needed is not None and apart(share.range, needed):
                of = f"in which the first is {share.value:g} per cent; it takes {needed[0]:.0f} to {needed[1]:.0f}"
                return _remarks_on((whole, part, rest), f"{what}, {of}.")
    return []


def _share_range(whole: Printed, part: Printed, rest: Printed) -> Range | None:
    """Shares of the first part, in per cent, that the printed values allow; None where the parts may be equal."""
    if not apart(part.range, rest.range):
        return None
    found = [100 * (r - w) / (r - p) for w, p, r in product(whole.range, part.range, rest.range)]
    return min(found), max(found)


def _remarks_on(rows: tuple[ResultRow, ...], what: str) -> list[Remark]:
    names = ", ".join(row.id for row in rows)
    return [Remark(rule="subgroups_v_whole", row=row.id, what=f"{what} (Rows {names}.)") for row in rows]


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
        if one is not None and other is not None and _other_figure(one, other):
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


def _other_figure(a: Printed, b: Printed) -> bool:
    """With as many digits, one value prints in one way only; else no value may print like both."""
    if a.half == b.half and not (a.is_about or b.is_about):
        return a.value != b.value
    return apart(a.range, b.range)


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
