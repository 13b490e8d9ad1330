"""Every number in a generated text must come from the findings, or be one of a few constants of the method."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from .. import numbers
from ..findings import (
    Analysis,
    Estimate,
    Findings,
    FollowUpRow,
    HiddenBias,
    Measure,
    Robustness,
    SubgroupSummary,
    SurvivalCurve,
)
from .events import people_found, reoffended_first_shares
from .hidden_bias import ratio
from .many import chance_of_any, joint_p_in_words, n_answered
from .ranges import beyond, sized
from .robustness import n_of_other_methods, n_unlike, size, tally
from .ways_of_matching import ends_of_trim

#: Numbers that belong to the method or to ordinary speech: "for every 100 people", "SHA-256".
CONSTANTS = frozenset({"1", "100", "256"})
_DIGEST = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,}\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)*")


def check_numbers(text: str, findings: Findings) -> list[str]:
    """The numbers in `text` that are nowhere in the findings, as they stand there; empty when all are.

    A number is found when it is a value of the findings as `numbers` prints it, a share or difference that the
    narrative forms from two of them, a setting, or part of a text that the findings hold (a label, a name).

    Parameters
    ----------
    text : str
    findings : Findings
    """
    allowed = known_numbers(findings)
    rest = _without_quotes(text, findings)
    digests = _DIGEST.findall(rest)
    return [found for found in _tokens(_DIGEST.sub(" ", rest)) if found not in allowed] + digests


def known_numbers(findings: Findings) -> frozenset[str]:
    """Every number that a text about these findings may hold, without sign and unit."""
    allowed = set(CONSTANTS)
    for printed in _printed(findings):
        allowed.update(_tokens(printed))
    return frozenset(allowed)


def _tokens(text: str) -> list[str]:
    return [token.rstrip(",") for token in _NUMBER.findall(text)]


def _without_quotes(text: str, findings: Findings) -> str:
    """`text` without digests and without names and identifiers that the findings hold as they are."""
    source = findings.provenance
    held = [findings.request, findings.organisation.name, findings.service.name, source.toolkit_version, source.extract]
    held += [source.toolkit_commit or "", *source.packages.values(), *(e.get("name", "") for e in source.inputs)]
    for value in sorted(filter(None, held), key=len, reverse=True):
        text = text.replace(value, " ")
    digests = {source.spec_digest, *(e.get("sha256", "") for e in source.inputs)}
    for token in _DIGEST.findall(text):
        if any(digest.startswith(token) for digest in digests):
            text = text.replace(token, " ")
    return text


def _printed(findings: Findings) -> Iterator[str]:
    """Every value as it may be printed."""
    yield from _dates(findings)
    yield from _texts(findings.model_dump(mode="json", exclude={"provenance", "analyses"}))
    yield from (str(findings.provenance.seed), findings.provenance.register_note, *findings.provenance.matched_again)
    yield from _settings(findings.provenance.settings)
    if findings.linkage is not None:
        yield from _counts([findings.linkage.records, *findings.linkage.by_status.values()])
        yield from _counts([d.records for d in findings.linkage.by_tier])
        if findings.linkage.expected_wrong_links is not None:
            yield numbers.number(findings.linkage.expected_wrong_links)
            yield numbers.number(findings.linkage.expected_wrong_links, 1)
    for analysis in findings.analyses:
        yield from _analysis(analysis, findings)
        yield from _settings_of(analysis.settings)
    yield from ends_of_trim(findings.setting("matching", "trim"))
    yield from _counts([len(findings.analyses), n_answered(findings)])
    yield numbers.per_cent(chance_of_any(findings))
    yield from (p for a in findings.analyses if (p := joint_p_in_words(a, findings)) is not None)


def _dates(findings: Findings) -> Iterator[str]:
    source = findings.provenance
    days: list[dt.date | None] = [findings.received, source.data_start, source.data_end]
    days += [day for a in findings.analyses for day in (a.index_from, a.index_to)]
    for day in filter(None, days):
        yield from (numbers.date(day), numbers.month(day), day.isoformat().replace("-", " "))


def _texts(value: Any) -> Iterator[str]:
    """Numbers inside texts that the findings hold; they are quoted, never computed."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield numbers.number(value)


def _settings_of(value: Any) -> Iterator[str]:
    """Every text and number of the settings, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (part for inner in value.values() for part in _settings_of(inner))
    elif isinstance(value, list | tuple):
        yield from (part for inner in value for part in _settings_of(inner))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:g}"
        yield numbers.number(value, factor=100)


def _settings(settings: dict[str, Any]) -> Iterator[str]:
    yield from (part for section in settings.values() if isinstance(section, dict) for part in _settings_of(section))
    confidence = settings["inference"]["confidence"]
    yield numbers.number(1 / (1 - confidence))
    yield numbers.number(settings["power"]["power"], factor=100)


def _counts(values: list[int | None]) -> Iterator[str]:
    yield from (numbers.count_(v) for v in values if v is not None)


def _analysis(analysis: Analysis, findings: Findings) -> Iterator[str]:
    yield from _texts(analysis.model_dump(mode="json", include={"title", "reason", "records", "index_disposals"}))
    for flow in (analysis.flow, analysis.pool_flow):
        for step in flow:
            yield from (step.label, step.could)
            yield from _counts([step.records_excluded, step.records_after, step.people_after])
            yield from (part for d in step.details for part in (d.label, *_counts([d.records])))
    received, remaining = (
        (s.records_after for s in (analysis.flow[0], analysis.flow[-1])) if analysis.flow else (None, None)
    )
    if received and remaining:
        yield numbers.per_cent(remaining / received)
    if remaining and people_found(analysis):
        yield numbers.per_cent(remaining / people_found(analysis))
    yield from (numbers.value(share, "share") for share in reoffended_first_shares(analysis) or ())
    for row in analysis.profile:
        yield from (row.characteristic, row.level)
        yield from (numbers.per_cent(x) for x in (row.treatment, row.control, row.pool) if x is not None)
    yield from (f"{x:g}" for pair in pairwise(analysis.overlap) for x in (pair[0].lower, pair[0].upper, pair[1].upper))
    yield from _counts([len([m for m in analysis.measures if m.headline and m != analysis.headline_measure])])
    for measure in analysis.measures:
        yield from _measure(measure)
    for row in analysis.follow_up:
        yield from _follow_up(row)
    for curve in analysis.survival:
        yield from _curve(curve)
    if analysis.subgroups is not None:
        yield from _subgroups(analysis.subgroups, analysis)
    if analysis.robustness is not None:
        yield from _robustness(analysis.robustness, analysis)
        yield from _counts([n_unlike(analysis.robustness, findings)])
    yield from _design(analysis)


def _follow_up(row: FollowUpRow) -> Iterator[str]:
    yield row.label
    yield from (numbers.value(x, row.unit) for x in (row.treatment, row.control) if x is not None)


def _curve(curve: SurvivalCurve) -> Iterator[str]:
    for point in curve.points:
        yield numbers.count_(point.day)
        yield from (numbers.value(x, "share") for x in (point.treatment, point.control))


def _subgroups(found: SubgroupSummary, analysis: Analysis) -> Iterator[str]:
    unit = analysis.headline_measure.unit.value if analysis.headline_measure is not None else "share"
    yield from (numbers.count_(found.n_tests), *found.messages)
    yield from (numbers.p_value(test.p_value) for test in found.heterogeneity)
    for row in found.rows:
        yield from (row.level, row.why_not or "", *_counts([row.n_treatment, row.n_control]))
        yield from _estimate(row.headline, unit) if row.headline is not None else ()


def _robustness(found: Robustness, analysis: Analysis) -> Iterator[str]:
    unit, counted = analysis.headline_measure.unit.value if analysis.headline_measure else "share", tally(found)
    if counted is not None:
        yield from _counts([counted.n, counted.n_same, counted.n - counted.n_same, *counted.clear.values()])
        yield from _counts([n_of_other_methods(found)])
    for row in found.rows:
        yield from (row.label, row.why_not or "", *_counts([row.n_treatment]))
        yield from (size(row.estimate.estimate, unit),) if row.estimate is not None else ()
    if found.placebo is not None:
        yield from (found.placebo.label, found.placebo.why_not or "", *found.placebo.left_out)
        if found.placebo.estimate is not None and found.placebo.unit is not None:
            unit_of_placebo = str(found.placebo.unit)
            yield from _estimate(found.placebo.estimate, "count" if unit_of_placebo == "days" else unit_of_placebo)
    yield from _hidden(found.hidden, unit)


def _hidden(found: HiddenBias, unit: str) -> Iterator[str]:
    if found.confounder is not None:
        yield found.confounder.strongest or ""
        shifts = (found.confounder.to_zero, found.confounder.to_include_zero, found.confounder.strongest_bias)
        yield from (size(x, unit) for x in shifts if x is not None)
    ratios = [found.pairs.tipping_gamma] if found.pairs is not None else []
    ratios += [found.e_values.point, found.e_values.limit] if found.e_values is not None else []
    yield from (ratio(x) for x in ratios if x is not None)


def _design(analysis: Analysis) -> Iterator[str]:
    if analysis.balance is not None:
        b = analysis.balance
        yield from _counts([b.n_red, b.n_amber, b.n_withheld, len(b.rows), len(b.rows) + b.n_withheld])
        yield from (b.accepted_reason or "", numbers.number(b.worst, 1, factor=100))
        for row in (*b.rows, *b.squares):
            yield from (row.covariate, row.level)
            yield from (numbers.number(x, 1, factor=100) for x in (row.smd_before, row.smd_after))
    if analysis.matching is not None:
        m = analysis.matching
        yield from _counts([m.n_treatment, m.n_treatment_matched, m.n_pool, m.n_control])
        yield from (numbers.number(m.ess_control), *m.messages, *(f"{c:g}" for c in m.calipers_tried))
        yield from (f"{c:g}" for c in (m.caliper_sd,) if c is not None)
        yield from (numbers.number(c, 2) for c in (m.caliper_raw,) if c is not None)
        if m.n_treatment is not None:
            yield from _counts([m.n_treatment - m.n_treatment_matched])
    if analysis.power is not None:
        p = analysis.power
        rows = (*p.rows, *(p.effective.rows if p.effective is not None else ()))
        yield from _counts([p.effective.needed_for_observed] if p.effective is not None else [])
        yield from _counts([p.n_control, p.n_treatment, p.needed_for_observed, *(r.n_treatment for r in rows)])
        yield from (f"{r.reduction_pp:g}" for r in p.rows)
        for pp in (
            x
            for part in filter(None, (p, p.effective))
            for x in (part.smallest_detectable_pp, part.detectable_in_hand_pp)
        ):
            yield from (numbers.number(pp), numbers.number(pp, 1))
        yield f"{p.sd:.3f}"


def _measure(measure: Measure) -> Iterator[str]:
    yield from (measure.label, measure.why_not or "")
    yield from _counts([measure.n_treatment, measure.n_control])
    unit = measure.unit.value
    for value in (measure.treatment_value, measure.control_value, measure.control_value_adjusted):
        if value is not None:
            yield numbers.value(value, unit)
            yield numbers.value(value, "share") if measure.base == "everyone" and unit != "days" else ""
    for estimate in filter(None, (measure.headline, measure.classic, measure.check)):
        yield from _estimate(estimate, unit)
    if measure.holm_p is not None:
        yield numbers.p_value(measure.holm_p)


def _estimate(estimate: Estimate, unit: str) -> Iterator[str]:
    limits = numbers.decimals_for(unit, estimate.ci_low, estimate.ci_high)
    best = numbers.decimals_for(unit, estimate.estimate)
    usual = numbers.UNITS[unit][1]
    for value in (estimate.estimate, estimate.ci_low, estimate.ci_high):
        for decimals in {usual, usual + 1, limits, max(best, limits)}:
            yield numbers.difference(abs(value), unit, decimals)
            yield sized(value, unit, decimals)
    yield from (beyond(limit, unit, limits) for limit in (estimate.ci_low, estimate.ci_high))
    if unit == "count":
        yield from _estimate(estimate, "share")
    yield numbers.p_value(estimate.p_value)
