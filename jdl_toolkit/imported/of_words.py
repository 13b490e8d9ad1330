"""Rules on what the words beside a result say: which way it goes, and figures that they repeat."""

from __future__ import annotations

from .figures import difference_range
from .printed import Printed, apart, magnitude
from .schema import ResultRow
from .words import Direction, Kind, claims, per_person


def claims_of(row: ResultRow) -> dict[str, list]:
    """Figures in a row's notes."""
    return claims(row.notes)


def direction_v_figures(row: ResultRow) -> str:
    """The direction in words against the sign of the difference, of the relative change and of a clear interval."""
    if row.direction is None:
        return ""
    shown = [difference_range(row), row.relative.range if row.relative else None]
    if row.ci_low is not None and row.ci_low.range[0] > 0:
        shown.append((row.ci_low.range[0], float("inf")))
    if row.ci_high is not None and row.ci_high.range[1] < 0:
        shown.append((float("-inf"), row.ci_high.range[1]))
    for low, high in filter(None, shown):
        found = Direction.lower if high < 0 else Direction.higher if low > 0 else None
        if found is not None and found is not row.direction:
            return f"It is called {row.direction}, but by its figures it is {found}."
        exact = row.treatment and row.control and row.treatment.value == row.control.value
        if found is None and exact and low >= 0 >= high and row.direction is not Direction.same:
            return f"It is called {row.direction}, but both groups have the same value."
    return ""


def unit_of_words(row: ResultRow) -> str:
    """A frequency per 100 people that is repeated per person: "205 per 100 printed as slightly over 2.0"."""
    factor = per_person(row.unit) or 0.01
    for per_100, person, slightly in claims_of(row)["per_100"]:
        slack = 0.1 if slightly else 0.0
        low, high = per_100.scaled(0.01).range
        if apart((low, high), (person.range[0] - slack, person.range[1] + slack)):
            return f"{per_100.value:g} per 100 people is {per_100.value / 100:g} per person, not {person.value:g}."
        values = [f.scaled(100 * factor).range for f in (row.treatment, row.control) if f is not None]
        if values and row.kind is Kind.frequency and all(apart(per_100.range, value) for value in values):
            return f"{per_100.value:g} per 100 people is the value of neither group."
    return ""


def words_v_figures(row: ResultRow) -> str:
    """People in 100, and limits in points, that the words repeat, against the row's difference and interval."""
    said, estimate = claims_of(row), difference_range(row)
    if row.kind not in (Kind.rate, Kind.share):
        return ""
    for people, which in said["people"]:
        if estimate is None or people.value > 100:
            continue
        if apart(people.range, magnitude(estimate)) or _other_way(which, estimate):
            return f"“{people.value:g} people” in 100 is not the difference."
    for a, b in said["between"]:
        limits = [f for f in (row.ci_low, row.ci_high) if f is not None]
        if len(limits) == 2 and not _same_limits((a, b), limits):
            return f"“Between {a.value:g} and {b.value:g} points” is not the interval."
    return ""


def _other_way(which: Direction, estimate: tuple[float, float]) -> bool:
    return estimate[0] > 0 if which is Direction.lower else estimate[1] < 0


def _same_limits(said: tuple[Printed, Printed], limits: list[Printed]) -> bool:
    for given in (limits, limits[::-1]):
        if not any(apart(a.range, magnitude(b.range)) for a, b in zip(said, given, strict=True)):
            return True
    return False


def parts_v_sum(row: ResultRow) -> str:
    """A sum in the words, "351 = 258 analysed + 93 not meeting criteria"."""
    for total, parts in claims_of(row)["sum"]:
        added = sum(part.value for part in parts)
        slack = total.half + sum(part.half for part in parts)
        if abs(added - total.value) >= slack:
            return f"{' + '.join(f'{part.value:,g}' for part in parts)} is {added:,g}, not {total.value:,g}."
    return ""
