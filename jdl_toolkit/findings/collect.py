"""Collect the results of all stages into findings: the only door by which anything leaves."""

from __future__ import annotations

from typing import Any

from ..attrition import Ledger
from ..disclosure import enough, mask_small_counts
from ..spec import RequestSpec
from . import aggregates, flow_counts
from .schema import Analysis, Findings, LinkageSummary, Provenance, Status


def collect_findings(
    spec: RequestSpec,
    submission: Any,
    linkage: Any,
    cohort: Any,
    covariates: Any,
    matched: Any,
    balance: Any,
    outcomes: Any,
    power: Any,
    provenance: Provenance,
    tried: Any = None,
    accepted: dict[str, str] | None = None,
) -> Findings:
    """Turn the results of all stages into aggregates: the only door by which they leave.

    Parameters
    ----------
    spec : RequestSpec
    submission, linkage, cohort, covariates, matched, balance, outcomes, power
        Results of the stages, with rows about people.
    provenance : Provenance
    tried : DataFrame or sequence of float, optional
        Calipers tried, in the order tried (a column ``caliper``). Default: the ladder down to the one used.
    accepted : dict of str to str, optional
        ``by`` and ``reason`` of the analyst who accepted a balance outside the limit.

    Returns
    -------
    Findings
        The same for the same input, byte for byte once written.
    """
    limits = spec.disclosure
    n_matched = matched.n_treatment_matched
    counted = flow_counts.flow_and_linkage(cohort.ledger, cohort.pool_ledger, linkage, n_matched, limits.minimum_cell)
    measures = aggregates.measure_rows(outcomes, limits.minimum_group, limits.minimum_cell)
    is_enough = enough(n_matched, limits.minimum_group)
    parts: dict[str, Any] = {"measures": measures}
    if is_enough:
        parts["profile"] = aggregates.profile_rows(covariates, matched, limits.minimum_cell)
        parts["overlap"] = aggregates.overlap_bins(matched, limits.minimum_cell)
        summary = aggregates.balance_summary(balance, covariates, matched, limits.minimum_cell)
        said = {f"accepted_{key}": (accepted or {}).get(key) for key in ("by", "reason")}
        parts["balance"] = summary | said
        parts["matching"] = aggregates.matching_summary(matched, tried, counted["is_unmatched_hidden"], spec)
        parts["power"] = aggregates.power_summary(power, measures) if power is not None else None
    parts |= _taken_into_account(spec, covariates)
    analysis = _analysis(spec, cohort, counted, **parts)
    return _findings(spec, submission, Status.reported, None, counted["linkage"], (analysis,), provenance)


def could_not_be_answered(
    spec: RequestSpec, submission: Any, linkage: Any, cohort: Any, reason: str, provenance: Provenance
) -> Findings:
    """Findings of a request that fell below the minimum criteria: the flow as far as it went, and the reason.

    Parameters
    ----------
    spec : RequestSpec
    submission : Submission
    linkage, cohort : optional
        None for a stage that was not reached.
    reason : str
        In words; counts of a few people in it are masked.
    provenance : Provenance
    """
    minimum = spec.disclosure.minimum_cell
    last: Any = cohort if cohort is not None else submission
    ledger: Ledger | None = last.ledger if last is not None else None
    if ledger is None:
        counted = {"flow": [], "pool_flow": [], "linkage": None}
    else:
        counted = flow_counts.flow_and_linkage(ledger, None, linkage, None, minimum)
    analysis = _analysis(spec, cohort, counted)
    words = mask_small_counts(reason, minimum)
    return _findings(spec, submission, Status.could_not_be_answered, words, counted["linkage"], (analysis,), provenance)


def _taken_into_account(spec: RequestSpec, covariates: Any) -> dict[str, tuple[str, ...]]:
    """What the groups were matched on: settings that the register has records for, and a lab's own columns."""
    columns = [c for c in covariates.units if c not in ("unit_id", "is_treated") and not c.endswith("_missing")]
    own = [c for c in columns if c.startswith("extra_")]
    groups = {"previous_by_group": "previous_", "needs": "needs_"}
    starts = {c: groups.get(c, "\0") for c in spec.covariates.use}
    there = [str(c) for c, start in starts.items() if c in columns or any(x.startswith(start) for x in columns)]
    labels = (covariates.labels.get(c, c).split(" (log of")[0] for c in own)
    return {"covariates": tuple(there), "own_covariates": tuple(dict.fromkeys(labels))}


def _analysis(spec: RequestSpec, cohort: Any, counted: dict[str, Any], **parts: Any) -> Analysis:
    nothing: dict[str, Any] = dict.fromkeys(("balance", "matching", "power"))
    nothing |= dict.fromkeys(("profile", "overlap", "measures"), ())
    values = nothing | parts | {"flow": counted["flow"], "pool_flow": counted["pool_flow"]}
    asked = spec.cohort
    return Analysis.model_validate(
        values
        | {
            "id": "main",
            "title": spec.service.name,
            "index_disposals": tuple(str(kind) for kind in asked.index_disposals),
            "index_from": cohort.index_from if cohort is not None else None,
            "index_to": cohort.index_to if cohort is not None else None,
            "start_within_months": asked.start_within_months,
            "follow_up_months": asked.follow_up_months,
            "proving_months": asked.proving_months,
            "sexual_offence": str(asked.sexual_offence),
        }
    )


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
        disclosure={"minimum_group": spec.disclosure.minimum_group, "minimum_cell": spec.disclosure.minimum_cell},
    )
