"""Results that were published elsewhere: what follows from a row's own figures, by the toolkit's rules and tests."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from ...imported import check_rows, read_results
from ...imported.consistency import CAUTION, RULES, relative_range
from ...imported.figures import Z, degrees_of_freedom, difference_range
from ...imported.of_words import claims_of, direction_v_figures, unit_of_words
from ...imported.precision import half_width, narrowest_se, too_narrow, too_wide, widest_se_of_groups
from ...imported.schema import ResultRow
from ...imported.words import Kind
from ...inference.interval import interval
from ...inference.weighted_t import Group, t_test
from ...numbers import MINUS, number, p_value
from .line import DATA, Line, Verdict, cannot, exact, follows

SOURCE = "published_results.csv"
#: The day of the last source: nothing in the file is later.
TODAY = dt.date(2025, 1, 1)
_NO_RECORDS = "rests on records of people that were not published"
_FIELDS = {
    "n_submitted": "people submitted", "n_treatment": "people analysed", "n_control": "people in the control group",
    "treatment": "value of the treatment group", "control": "value of the control group", "effect": "difference",
    "ci_low": "lower limit", "ci_high": "upper limit", "p_value": "p-value",
}  # fmt: skip


def result_lines() -> Iterator[Line]:
    """Every row: what can be recomputed from it, what cannot, and what contradicts what."""
    rows = read_results(DATA / SOURCE)
    for row in rows:
        yield from _of_row(row)
    by_id = {row.id: row for row in rows}
    yield _interval_of_another(by_id["5"], by_id["4"])
    yield from _sums(by_id["43"])
    yield from _contradictions(rows)


#: Figures of rows that have a line of their own elsewhere in this module.
_ELSEWHERE = {"5": ("ci_low", "ci_high"), "43": ("n_treatment", "n_control")}


def _of_row(row: ResultRow) -> Iterator[Line]:
    lines = [*_difference(row), *_welch(row), *_interval(row), *_significance(row), *_words(row)]
    recomputed = {line.figure.rpartition(", ")[2] for line in lines}
    yield from lines
    told = {field: getattr(row, field) for field in _FIELDS if getattr(row, field) is not None}
    done = {field for field in told if _FIELDS[field] in recomputed} | set(_ELSEWHERE.get(row.id, ()))
    done |= {"ci_low", "ci_high"} if "interval" in recomputed else set()
    done |= {"p_value"} if "significance" in recomputed else set()
    if left := [field for field in told if field not in done]:
        names = "; ".join(f"{_FIELDS[field]} {_as_published(row, field)}" for field in left).replace("-", MINUS)
        yield cannot(SOURCE, _name(row, "as published"), names, _NO_RECORDS, len(left))
    elif not told:
        words = row.as_published.get("effect_t_minus_c") or "not significant"
        yield cannot(SOURCE, _name(row, "direction in words"), words, "no figure is published", 1)
    if row.significant is not None and told and "significance" not in recomputed:
        why = "group sizes, or the spread of the outcome, are not published"
        yield cannot(SOURCE, _name(row, "significance"), _says(row), why)
    for words, why in _OF_NOTES.get(row.id, ()):
        yield cannot(SOURCE, _name(row, "in the words beside it"), words, why)


#: Figures in words that nothing else in the file bears on.
_OF_NOTES = {
    "5": (("37% of those submitted", "the number submitted is not published"),),
    "12": (("up to 30 in every 100", "the limit of an interval whose group sizes are not published"),),
    "57": (("targets of 10% and 7.5%", "set by contract; they follow from no data"),),
}


def _says(row: ResultRow) -> str:
    return "significant" if row.significant else "not significant"


def _as_published(row: ResultRow, field: str) -> str:
    columns = {"treatment": "treatment_value", "control": "control_value", "effect": "effect_t_minus_c"}
    columns |= {"ci_low": "ci95_low", "ci_high": "ci95_high"}
    return row.as_published.get(columns.get(field, field), "") or f"{getattr(row, field).value:g}"


def _name(row: ResultRow, what: str) -> str:
    outcome = "" if row.kind is Kind.rate else f" ({row.outcome})"
    return f"row {row.id}, {row.programme}{outcome}, {what}"


def _told(x: float) -> str:
    return number(x, 0 if float(x).is_integer() else 1)


def _difference(row: ResultRow) -> Iterator[Line]:
    """A difference from the two values, and a change relative to the second."""
    if row.treatment and row.control and row.effect and row.kind is not Kind.relative:
        exactly = row.treatment.value - row.control.value
        yield exact(SOURCE, _name(row, "difference"), _told(row.effect.value), _told(exactly), "difference_range")
    for claim in claims_of(row)["relative"]:
        if row.treatment and row.control:
            low, high = sorted(abs(x) for x in relative_range(row))
            holds = low - claim.half <= claim.value <= high + claim.half
            told = f"{number(low, 1)} to {number(high, 1)}%, as the two values are rounded"
            yield _judged(row, "relative change", f"{claim.value:g}%", told, holds, "relative_range")


def _judged(row: ResultRow, what: str, published: str, recomputed: str, holds: bool, by: str, why: str = "") -> Line:
    verdict = Verdict.agrees if holds else Verdict.contradiction
    return Line(SOURCE, _name(row, what), published, recomputed, verdict, by, why, 1, int(holds))


def _fitting(row: ResultRow, what: str, published: str, recomputed: str, by: str, why: str) -> Line:
    return Line(SOURCE, _name(row, what), published, recomputed, Verdict.fits, by, why)


def _group(rate: float, n: float) -> Group:
    """A group in which so many per cent have the outcome; every person counts once."""
    n = int(n)
    had = round(rate / 100 * n)
    return Group(np.repeat([1.0, 0.0], [had, n - had]), np.ones(n))


def _welch(row: ResultRow) -> Iterator[Line]:
    """Interval and p-value by Welch's test where both groups are known: over all counts that print as published."""
    if row.kind is not Kind.rate or not (row.treatment and row.control and row.n_treatment and row.n_control):
        return
    n_t, n_c = row.n_treatment.value, row.n_control.value
    found = []
    for rate_t in _rates(row.treatment.range, n_t):
        control = [row.control.range[0] + 0.01, row.control.value, row.control.range[1] - 0.01]
        found += [t_test(_group(rate_t, n_t), _group(rate_c, n_c), 0.95) for rate_c in control]
    middle = t_test(_group(row.treatment.value, n_t), _group(row.control.value, n_c), 0.95)
    p = min(f["p_value"] for f in found), max(f["p_value"] for f in found)
    verdicts = {bool(f["p_value"] < 0.05) for f in found}
    by_welch = f"{_points(middle)}; p {p_value(p[0])} to {p_value(p[1])} over all counts that print so"
    yield _judged(row, "significance", _says(row), by_welch, verdicts == {row.significant}, "t_test")


def _rates(printed: tuple[float, float], n: float) -> list[float]:
    """The least and the largest share of n people that prints so, in per cent."""
    low, high = math.ceil(printed[0] / 100 * n), math.ceil(printed[1] / 100 * n) - 1
    return [100 * low / n, 100 * (low + high) // 2 / n, 100 * high / n]


def _points(found: dict) -> str:
    value, low, high = (number(100 * found[key], 1) for key in ("estimate", "ci_low", "ci_high"))
    return f"{value} ({low} to {high}) by Welch"


def _interval(row: ResultRow) -> Iterator[Line]:
    """A published interval against the group sizes and against its own middle."""
    half = half_width(row)
    if half is None:
        return
    published = f"{_as_published(row, 'ci_low')} to {_as_published(row, 'ci_high')}".replace("-", MINUS)
    middle = (row.ci_low.value + row.ci_high.value) / 2
    if row.effect is not None:
        slack = row.effect.half + (row.ci_low.half + row.ci_high.half) / 2
        holds = abs(middle - row.effect.value) <= slack
        told = f"middle {number(middle, 1)}"
        why = "rounding explains half a point"
        yield _judged(row, "difference", _told(row.effect.value), told, holds, "check_row", why)
    if row.kind is Kind.rate and row.n_treatment is not None and (row.effect or row.treatment):
        reach = _least_and_most(row)
        told = f"{number(sum(half) / 2, 1)} to either side; {reach}"
        yield _bounded(row, row, published, told, "the rates, which decide, are not published")
    if row.significant is not None and row.kind in (Kind.rate, Kind.frequency):
        without_zero = row.ci_high.range[1] < 0 or row.ci_low.range[0] > 0
        told = "the interval does not hold zero" if without_zero else "the interval holds zero"
        yield _judged(row, "significance", _says(row), told, without_zero is row.significant, "interval_v_significance")


def _least_and_most(row: ResultRow) -> str:
    least, most = narrowest_se(row), widest_se_of_groups(row)
    parts = [f"at least {number(Z * least, 1)} with so many people"] if least else []
    parts += [f"{number(Z * most, 1)} at a rate of 50%"] if most and not least else []
    return ", ".join(parts) or "no bound follows"


def _interval_of_another(limits: ResultRow, rates: ResultRow) -> Line:
    """An interval that one source quotes of a result whose rates another quotes."""
    both = rates.model_copy(update={"ci_low": limits.ci_low, "ci_high": limits.ci_high})
    se = narrowest_se(both)
    low, high = difference_range(rates)
    reach = f"{number((low + high) / 2 - Z * se, 1)} to {number((low + high) / 2 + Z * se, 1)} at least"
    why = f"rates and size from row {rates.id}; the controls' number is not published, and taken as without end"
    published = f"{limits.ci_low.value:g} to {limits.ci_high.value:g}".replace("-", MINUS)
    return _bounded(limits, both, published, reach, why)


def _bounded(row: ResultRow, figures: ResultRow, published: str, told: str, why: str) -> Line:
    """An interval that the group sizes allow, or not."""
    if what := too_narrow(figures) or too_wide(figures):
        return _judged(row, "interval", published, told, False, "too_narrow, too_wide", what)
    return _fitting(row, "interval", published, told, "too_narrow, too_wide", why)


def _significance(row: ResultRow) -> Iterator[Line]:
    """Significance where the controls' number is not published: with controls without end, the smallest p-value."""
    if row.kind not in (Kind.rate, Kind.share) or row.significant is None or row.n_control or not row.n_treatment:
        return
    if not (row.treatment and row.control) or half_width(row) is not None:
        return
    se = math.sqrt(row.treatment.value * (100 - row.treatment.value) / (row.n_treatment.value - 1))
    df = degrees_of_freedom(row)
    p = interval(row.treatment.value - row.control.value, se, df, 0.95)["p_value"]
    says, told = _says(row), f"p {p_value(p)} with controls without end"
    unknown = "the number of controls, which decides, is not published"
    if p >= 0.05:  # the smallest p-value that there can be
        yield _judged(row, "significance", says, told, not row.significant, "interval")
    elif row.significant:
        yield _fitting(row, "significance", says, told, "interval", f"{unknown}; this is the smallest p-value")
    else:
        yield cannot(SOURCE, _name(row, "significance"), says, unknown)


def _words(row: ResultRow) -> Iterator[Line]:
    """Direction and units in words."""
    both = row.treatment and row.control
    if row.direction is not None and both:
        exactly = row.treatment.value - row.control.value
        told = "lower" if exactly < 0 else "higher" if exactly > 0 else "the same"
        holds = not direction_v_figures(row)
        yield _judged(row, "direction", str(row.direction), told, holds, "direction_v_figures")
    for per_100, person, _ in claims_of(row)["per_100"]:
        holds = not unit_of_words(row)
        yield _judged(row, "per person", f"{person.value:g}", number(per_100.value / 100, 2), holds, "unit_of_words")
    claimed = claims_of(row)
    for people, _ in claimed["people"] if both else []:
        exactly = abs(row.control.value - row.treatment.value)
        holds = abs(exactly - people.value) <= 1
        yield _judged(row, "fewer people per 100", f"{people.value:g}", _told(exactly), holds, "words_v_figures")
    for ends in claimed["between"]:
        told = f"{abs(row.ci_high.value):g} to {abs(row.ci_low.value):g}"
        published = f"{ends[0].value:g} to {ends[1].value:g}"
        yield _judged(row, "reduction in words", published, told, published == told, "words_v_figures")
    for total, parts in claimed["sum"]:
        told = number(sum(part.value for part in parts))
        yield follows(SOURCE, _name(row, "people submitted"), number(total.value), told, "parts_v_sum")


def _sums(row: ResultRow) -> Iterator[Line]:
    """Men and women of the row on the Thinking Skills Programme, as its note has them."""
    men, women = (part.partition(" v ") for part in row.notes.replace("males ", "").replace("fe", "").split("; "))
    for i, field in ((0, "n_treatment"), (2, "n_control")):
        n = sum(int("".join(filter(str.isdigit, part[i]))) for part in (men, women))
        yield follows(SOURCE, _name(row, _FIELDS[field]), number(getattr(row, field).value), number(n), "number")


def _contradictions(rows: list[ResultRow]) -> Iterator[Line]:
    """What the toolkit's rules find in the file: a line for each remark, with all rows that it is on."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for remark in check_rows(rows, TODAY):
        what = remark.what.partition(" (Compared with")[0].partition(" (Rows")[0]
        found[remark.rule, what].append(remark.row)
    for (rule, what), ids in found.items():
        names = f"row{'s' if len(ids) > 1 else ''} {', '.join(ids)}"
        verdict = Verdict.caution if RULES[rule].weight == CAUTION else Verdict.contradiction
        yield Line(SOURCE, names, "as published", what, verdict, "check_rows", RULES[rule].meaning)
