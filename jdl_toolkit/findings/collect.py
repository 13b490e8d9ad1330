"""Collect the results of all stages into findings: the only door by which anything leaves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..disclosure import enough, mask_small_counts
from ..matching import overlap_bins
from ..spec import OF_ANALYSIS, RequestSpec
from ..submission import analyses_of
from ..wording import listed
from . import aggregates, flow_counts, follow_up_rows, outcome_rows, robustness_rows, subgroup_rows
from .outcome_rows import few
from .overlaps import Overlaps, Shown, members, too_alike
from .schema import Analysis, Draft, Findings, LinkageSummary, Provenance, Status
from .shared_counts import Flow


@dataclass(frozen=True)
class AnalysisResults:
    """Results of every stage of one analysis, with rows about people.

    Parameters
    ----------
    spec : RequestSpec
        Of the analysis.
    cohort, covariates, matched, balance, outcomes, power, subgroups, robustness : Result, optional
        None for a stage that was not reached.
    tried : DataFrame or sequence of float, optional
        Calipers tried, in the order tried (a column ``caliper``). Default: the ladder down to the one used.
    accepted : dict of str to str, optional
        ``by`` and ``reason`` of the analyst who accepted a balance outside the limit.
    reason : str, optional
        Why this analysis could not be answered.
    """

    spec: RequestSpec
    cohort: Any
    covariates: Any = None
    matched: Any = None
    balance: Any = None
    outcomes: Any = None
    power: Any = None
    subgroups: Any = None
    robustness: Any = None
    tried: Any = None
    accepted: dict[str, str] | None = None
    reason: str | None = None

    @property
    def title(self) -> str:
        """As readers see the analysis; the service's name if it has none of its own."""
        return self.spec.analysis.title or self.spec.service.name


def collect_findings(
    spec: RequestSpec,
    submission: Any,
    linkage: Any,
    results: Sequence[AnalysisResults],
    provenance: Provenance,
) -> Findings:
    """Turn the results of all stages into aggregates: the only door by which they leave.

    What concerns several analyses of the same people is protected together: a table of one must not give away, by
    subtraction from that of another, what neither shows.

    Parameters
    ----------
    spec : RequestSpec
        Of the request.
    submission, linkage : Result
    results : sequence of AnalysisResults
        One for each analysis, in the request's order.
    provenance : Provenance

    Returns
    -------
    Findings
        The same for the same input, byte for byte once written. `could_not_be_answered` if no analysis was answered.
    """
    minimum = spec.disclosure.minimum_cell
    results, groups = _without_too_alike(results, minimum)
    flows = [Flow.of(one.cohort, None if one.reason else one.matched) for one in results]
    counted = flow_counts.flows_and_linkage(flows, linkage, minimum)
    shown = Shown(Overlaps.of(members(groups), minimum), minimum)
    divided = {str(column) for one in results for column in one.spec.analysis.records}
    analyses = []
    for i, (one, flow) in enumerate(zip(results, counted["flows"], strict=True)):
        if not one.reason and flow["flow"][-1]["records_after"] is None:
            one = replace(one, reason=f"beside another analysis of this request {few(minimum)}")
        parts = {} if one.reason else _answered(one, flow, shown, i, divided)
        analyses.append(_analysis(spec, one, flow, **parts))
    is_answered = any(a.status is Status.reported for a in analyses)
    reason = None if is_answered else _reasons(analyses)
    status = Status.reported if is_answered else Status.could_not_be_answered
    return _findings(spec, submission, status, reason, counted["linkage"], tuple(analyses), provenance)


def could_not_be_answered(
    spec: RequestSpec, submission: Any, linkage: Any, cohorts: Any, reason: str, provenance: Provenance
) -> Findings:
    """Findings of a request that fell below the minimum criteria: the flow as far as it went, and the reason.

    Parameters
    ----------
    spec : RequestSpec
        Of the request.
    submission : Submission, optional
    linkage : Linkage, optional
    cohorts : Cohorts, optional
        None for a stage that was not reached.
    reason : str
        In words; counts of a few people in it are masked.
    provenance : Provenance
    """
    minimum = spec.disclosure.minimum_cell
    if cohorts is not None:
        by_id = {one.analysis.id: one for one in analyses_of(spec, submission.people)}
        results = [AnalysisResults(by_id[c.analysis], c, reason=reason) for c in cohorts]
        found = collect_findings(spec, submission, linkage, results, provenance)
        return found.model_copy(update={"reason": mask_small_counts(reason, minimum)})
    counted: dict[str, Any] = {"flows": [{"flow": [], "pool_flow": []}], "linkage": None}
    if submission is not None:
        counted = flow_counts.flows_and_linkage([Flow(submission.ledger)], linkage, minimum)
    analysis = _analysis(spec, AnalysisResults(spec, None, reason=reason), counted["flows"][0])
    status, linked = Status.could_not_be_answered, counted["linkage"]
    return _findings(spec, submission, status, analysis.reason, linked, (analysis,), provenance)


def _reasons(analyses: Sequence[Analysis]) -> str:
    """Why no analysis was answered, in one text; each reason names its analysis if there are several."""
    if len({a.reason for a in analyses}) == 1:
        return analyses[0].reason or ""
    return "; ".join(f"{a.title}: {a.reason}" for a in analyses)


def _without_too_alike(
    results: Sequence[AnalysisResults], minimum_cell: int
) -> tuple[list[AnalysisResults], list[set[Any] | None]]:
    """Results, none beside others that it differs from by a few people, and the people compared in each."""
    groups = [None if one.reason else _people(one) for one in results]
    kept = list(results)
    for place, others in too_alike(groups, minimum_cell).items():
        titles = listed([f"“{results[i].title}”" for i in others])
        reason = f"beside {titles} {few(minimum_cell)}, as so few are in the one and not in the other"
        kept[place], groups[place] = replace(results[place], reason=reason), None
    return kept, groups


def _people(one: AnalysisResults) -> set[Any]:
    """The treated people compared in an analysis."""
    units = one.matched.units
    compared = units.loc[units["is_treated"] & (units["weight"] > 0), "unit_id"]
    treated = getattr(one.cohort, "treated", None)
    return set(compared if treated is None else treated.set_index("unit_id").loc[compared, "person_id"])


def _answered(
    one: AnalysisResults, flow: dict[str, Any], shown: Shown, place: int, divided: Collection[str]
) -> dict[str, Any]:
    """What is told of an analysis that was answered, beside its flow, in a request divided by these columns."""
    limits, matched = one.spec.disclosure, one.matched
    minimums = limits.minimum_group, limits.minimum_cell
    measures = outcome_rows.measure_rows(one.outcomes, *minimums, shown, place)
    parts: dict[str, Any] = {"measures": measures} | _taken_into_account(one.spec, one.covariates)
    if not enough(matched.n_treatment_matched, limits.minimum_group):
        return parts
    parts["profile"] = aggregates.profile_rows(one.covariates, matched, limits.minimum_cell, shown, place)
    parts["overlap"] = overlap_bins(matched, limits.minimum_cell, flow["is_unmatched_hidden"])
    summary = aggregates.balance_summary(
        one.balance, one.covariates, matched, limits.minimum_cell, shown, place, parts["profile"]
    )
    parts["balance"] = summary | {f"accepted_{key}": (one.accepted or {}).get(key) for key in ("by", "reason")}
    parts["matching"] = aggregates.matching_summary(
        matched, one.tried, flow["is_unmatched_hidden"], one.spec, one.balance.passed
    )
    parts["power"] = aggregates.power_summary(one.power, measures) if one.power is not None else None
    rate = next((m for m in measures if m["unit"] == "share" and m["base"] == "everyone"), None)
    if rate is not None and rate["why_not"] is None:  # else it could be worked out from the rest
        parts["follow_up"] = follow_up_rows.follow_up_rows(one.outcomes, limits.minimum_cell, shown, place)
        parts["survival"] = follow_up_rows.survival_rows(
            one.outcomes, limits.minimum_cell, parts["follow_up"], shown, place, rate["n_treatment"]
        )
        parts |= {"estimators": robustness_rows.estimator_rows(one.outcomes)}
        told = parts["follow_up"], parts["survival"]
        parts |= {"time_to_event": robustness_rows.time_rows(one.outcomes, *told, limits.minimum_cell)}
        if one.robustness is not None:
            panel, cell = one.robustness, limits.minimum_cell
            parts["robustness"] = robustness_rows.robustness_summary(panel, rate, cell, shown, place)
    if one.subgroups is not None:
        parts["subgroups"] = subgroup_rows.subgroup_summary(
            one.subgroups,
            rate,
            *minimums,
            shown,
            place,
            subgroup_rows.known_sizes(parts["profile"], one.subgroups, matched),
            divided,
        )
    return parts


def _taken_into_account(spec: RequestSpec, covariates: Any) -> dict[str, tuple[str, ...]]:
    """What the groups were matched on: settings that the register has records for, and a lab's own columns."""
    columns = [c for c in covariates.units if c not in ("unit_id", "is_treated") and not c.endswith("_missing")]
    own = [c for c in columns if c.startswith("extra_")]
    groups = {"previous_by_group": "previous_", "needs": "needs_"}
    starts = {c: groups.get(c, "\0") for c in spec.covariates.use}
    there = [str(c) for c, start in starts.items() if c in columns or any(x.startswith(start) for x in columns)]
    labels = (covariates.labels.get(c, c).split(" (log of")[0] for c in own)
    return {"covariates": tuple(there), "own_covariates": tuple(dict.fromkeys(labels))}


def _analysis(spec: RequestSpec, one: AnalysisResults, flow: dict[str, Any], **parts: Any) -> Analysis:
    """One analysis of the request with its flow, and `parts` of what it found."""
    nothing: dict[str, Any] = dict.fromkeys(("balance", "matching", "power"))
    nothing |= dict.fromkeys(("profile", "overlap", "measures"), ())
    asked, cohort = one.spec.cohort, one.cohort
    reason = mask_small_counts(one.reason, spec.disclosure.minimum_cell) if one.reason else None
    own = {
        "id": one.spec.analysis.id,
        "title": one.title,
        "status": Status.could_not_be_answered if reason else Status.reported,
        "reason": reason,
        "records": {str(column): values for column, values in one.spec.analysis.records.items()},
        "settings": settings_of_its_own(spec, one.spec),
        "route": str(asked.route),
        "release_types": tuple(str(kind) for kind in asked.release_types),
        "index_disposals": tuple(str(kind) for kind in asked.index_disposals),
        "index_from": cohort.index_from if cohort is not None else None,
        "index_to": cohort.index_to if cohort is not None else None,
        "start_within_months": asked.start_within_months,
        "follow_up_months": asked.follow_up_months,
        "proving_months": asked.proving_months,
        "sexual_offence": str(asked.sexual_offence),
    }
    return Analysis.model_validate(nothing | parts | own | {k: flow[k] for k in ("flow", "pool_flow")})


def settings_of_its_own(request: RequestSpec, analysis: RequestSpec) -> dict[str, Any]:
    """What an analysis sets otherwise than its request: section -> key -> value, and its subgroups."""
    asked, own = request.to_dict(), analysis.to_dict()
    changed = {
        section: {key: value for key, value in own[section].items() if asked[section][key] != value}
        for section in OF_ANALYSIS
    }
    found: dict[str, Any] = {section: values for section, values in changed.items() if values}
    return found | ({"subgroups": own["subgroups"]} if own["subgroups"] != asked["subgroups"] else {})


def _findings(
    spec: RequestSpec,
    submission: Any,
    status: Status,
    reason: str | None,
    linkage: dict[str, Any] | None,
    analyses: tuple[Analysis, ...],
    provenance: Provenance,
) -> Findings:
    answers = submission.public_answers() if submission is not None else {}
    return Findings(
        request=spec.request,
        received=spec.received,
        organisation=spec.organisation,
        service=spec.service,
        answers={key: text for key, text in answers.items() if text},
        exploratory=spec.exploratory,
        synthetic=provenance.synthetic,
        status=status,
        reason=reason,
        linkage=LinkageSummary.model_validate(linkage) if linkage is not None else None,
        analyses=analyses,
        provenance=provenance,
        draft=Draft(),
        disclosure={"minimum_group": spec.disclosure.minimum_group, "minimum_cell": spec.disclosure.minimum_cell},
    )
