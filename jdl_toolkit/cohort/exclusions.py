"""The exclusions, one named step each: the filter that decides also writes its own row of the ledger.

A record leaves once, at the first reason that applies (codes 1 to 13 of `attrition.REASONS`). What is counted goes into
the step's details, which disclosure control reads; texts hold no counts.
"""

from __future__ import annotations

import pandas as pd

from ..spec import RequestSpec, SexualOffence
from ..wording import listed
from .other_disposals import could_be_analysed, starts_in_window, why_other
from .terms import HELD, UNOBSERVED, Terms
from .walk import Walk

#: What was unusable, by the field that a fault's code starts with; "dob_missing" is a fault of the date of birth.
UNUSABLE_FIELDS = {
    "forename": "no full name",
    "surname": "no full name",
    "dob": "no usable date of birth",
    "gender": "no usable gender",
    "service": "no usable date of the service",
}


def require_in_analysis(walk: Walk, terms: Terms, belongs: pd.Series) -> Walk:
    """Reason 0: the records of other parts of the request, where an analysis takes only some of them."""
    if not terms.spec.analysis.records:
        return walk
    values = [listed(list(values), "or") for values in terms.spec.analysis.records.values()]
    label = f"the record belongs to another part of this request, not to {listed(values)}"
    could = "They may be part of another analysis of this request."
    return walk.leave(~belongs.astype(bool), 0, people=False, label=label, could=could)


def require_usable_identifiers(walk: Walk, terms: Terms) -> Walk:
    """Reason 1."""
    rows = walk.rows
    why = rows["why_unusable"].where(rows["why_unusable"].notna(), "identifiers")
    undated = rows["service_start"].isna()
    why = why.mask(rows["usable"].astype(bool) & undated, "service_date_missing").astype(str)
    why = why.str.split("_").str[0].map(UNUSABLE_FIELDS).fillna("identifiers unusable").astype(object)
    leaves = ~rows["usable"].astype(bool) | rows["status"].eq("unusable identifiers") | undated
    could = "They can be looked for if the records are corrected and sent again."
    return walk.leave(leaves, 1, why, people=False, could=could)


def require_found(walk: Walk, terms: Terms) -> Walk:
    """Reason 2: nobody, or more than one person, came into question."""
    status = walk.rows["status"].where(walk.rows["status"].eq("ambiguous"), "no match")
    leaves = ~walk.rows["status"].eq("matched") | walk.rows["person_id"].isna()
    could = "Some of them may be found with fuller identifiers (PNC id, prison number, former names)."
    if (leaves & status.eq("ambiguous")).any():
        could += " Records that fit more than one person could be decided by a clerical review."
    return walk.leave(leaves, 2, status, could=could)


def require_conviction(walk: Walk, terms: Terms) -> Walk:
    """Reason 3: neither a disposal nor a proven offence is on record."""
    could = "Their sentences may stand under another name, which fuller identifiers would show."
    return walk.leave(~walk.rows["has_conviction"].astype(bool), 3, could=could)


def require_one_record_per_person(walk: Walk, terms: Terms) -> Walk:
    """Reason 4: of several records of one person, the best episode stays.

    That is the one whose index disposal passes reasons 5 to 10, or fails at the latest of them; ties: the earliest
    service start, then the lowest row number. Nothing that happened afterwards (reason 12) takes part.
    """
    rows = walk.rows
    order = rows.assign(first_failure=_first_failure(rows, terms)).sort_values(
        ["first_failure", "service_start", "row"], ascending=[False, True, True]
    )
    repeats = order["person_id"].duplicated().reindex(rows.index)
    several = rows["person_id"].duplicated(keep=False)
    remarks = {
        "records of people who appear more than once": int(several.sum()),
        "people who appear more than once": int(rows.loc[several, "person_id"].nunique()),
    }
    could = "Nobody is lost here: each person stays through the record whose sentence suits the analysis best."
    return walk.leave(repeats, 4, remarks=remarks if several.any() else {}, could=could)


def require_sentence(walk: Walk, terms: Terms) -> Walk:
    """Reason 5: no disposal of any kind precedes the service."""
    by_end = walk.rows["is_dated_by_end"]
    remark = "records dated by the end of the service, as its start was not given"
    remarks = {remark: int(by_end.sum())} if by_end.any() else {}
    could = "Their sentences may be found if the service's date was wrong and the exact date is sent."
    return walk.leave(_no_sentence(walk.rows, terms), 5, remarks=remarks, could=could)


def require_eligible_disposal(walk: Walk, terms: Terms) -> Walk:
    """Reason 6: listed by kind, for the kinds suggest further analyses."""
    rows = walk.rows
    why = why_other(rows, terms)
    leaves = why.notna()
    outside = f", or lay outside the cohort ({terms.bounds})" if terms.bounds else ""
    if terms.is_custody_route:
        release = f" with release {terms.releases}" if terms.releases else ""
        label = f"not serving a sentence of custody{release} when the service started{outside}"
    else:
        label = f"the most recent sentence before the service was not {terms.kinds}{outside}"
    remarks = {}
    if leaves.any():
        remarks = {f"of which started within {terms.window} months": int((leaves & starts_in_window(rows)).sum())}
    could = could_be_analysed(rows[leaves], terms)
    return walk.leave(leaves, 6, why, label=label, remarks=remarks, could=could)


def require_release(walk: Walk, terms: Terms) -> Walk:
    """Reason 7."""
    known = walk.rows["release_date"].notna()
    detail = known.map({True: "released after the data end", False: "no release on record"})
    label = f"still in custody, or released after the data end ({terms.data_end:%-d %B %Y})"
    # From the data end alone: a season taken from these people's own dates would tell something about them.
    could = (
        f"Their outcomes could be analysed from {terms.earliest_return} at the earliest, once the register covers"
        f" {terms.months} months after their release."
    )
    return walk.leave(_still_inside(walk.rows, terms), 7, detail, label=label, could=could)


def require_certain_release(walk: Walk, terms: Terms) -> Walk:
    """Reason 8."""
    detail = pd.Series("a release that is not on record", index=walk.rows.index)
    if terms.is_custody_route:
        words = {kind: f"{held} after the release" for kind, held in HELD.items()}
        several = "served more than one sentence, with different releases"
        detail = walk.rows["held_at_index"].astype(object).map(words).fillna(several)
    could = "Their release could be decided with exact dates of the service, and the establishment it was received in."
    return walk.leave(_release_uncertain(walk.rows, terms), 8, detail, could=could)


def require_service_within_data(walk: Walk, terms: Terms) -> Walk:
    """Reason 9: the last usable index date is follow-up and waiting period before the data end."""
    last = terms.last_index_date
    label = f"{terms.event} too late to be followed for {terms.months} months (after {last:%-d %B %Y})"
    # From the data end alone, as for reason 7: the latest date among these people is somebody's own.
    could = (
        f"Their outcomes could be analysed from {terms.full_return}, once the register covers {terms.months} months"
        f" after every {terms.event} up to the data end."
    )
    return walk.leave(_after_data_end(walk.rows, terms), 9, label=label, could=could)


def require_start_within_window(walk: Walk, terms: Terms) -> Walk:
    """Reason 10. By the custody route the delay is zero and nobody leaves."""
    rows, window = walk.rows, terms.window
    months = (rows["service_start"] - rows["index_date"]).dt.days / 30.4375
    within_double = f"started {window} to {2 * window} months after"
    detail = (months < 2 * window).map({True: within_double, False: "started later still"})
    label = f"the service started {window} months or more after the {terms.event}"
    could = (
        "Their outcomes could be analysed with a wider window, if they stayed free of reoffending until their start."
    )
    return walk.leave(_started_too_late(rows, terms), 10, detail, label=label, could=could)


def require_no_sexual_offence(walk: Walk, terms: Terms) -> Walk:
    """Reason 11: as the index offence, or on record by the index date."""
    rows = walk.rows
    detail = rows["is_sexual_index"].map({True: "as the index offence", False: "on record before"})
    leaves, label = has_sexual_offence(rows, terms.spec)
    could = "Their outcomes could be analysed separately, against people with such offences on record."
    return walk.leave(leaves, 11, detail, label=label, could=could)


def require_not_reoffended_first(walk: Walk, terms: Terms) -> Walk:
    """Reason 12. Nothing brings these people back: what they did came before the service."""
    label = f"reoffended after the {terms.event}, but before the service started"
    return walk.leave(walk.rows["is_reoffender_first"], 12, label=label)


def require_observation(walk: Walk, terms: Terms) -> Walk:
    """Reason 13."""
    months = terms.spec.cohort.must_be_observed_months
    label = f"not followed for the whole {months} months from the {terms.event} in these data {UNOBSERVED}"
    could = "Those who were observed for part of that time could be analysed with a shorter follow-up."
    return walk.leave(walk.rows["observed_until"] < walk.rows["observed_to"], 13, label=label, could=could)


#: The steps that need the register, in order of reason 3 to 13.
REGISTER_STEPS = (
    require_conviction,
    require_one_record_per_person,
    require_sentence,
    require_eligible_disposal,
    require_release,
    require_certain_release,
    require_service_within_data,
    require_start_within_window,
    require_no_sexual_offence,
    require_not_reoffended_first,
    require_observation,
)


def _no_sentence(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    return rows["disposal_id"].isna()


def _other_disposal(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    return why_other(rows, terms).notna()


def _still_inside(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    late = rows["release_date"].isna() | (rows["release_date"] > pd.Timestamp(terms.data_end))
    return rows["disposal"].eq("custody") & late


def _release_uncertain(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    return rows["is_uncertain"] | (rows["held_at_index"].notna() & terms.is_custody_route)


def _after_data_end(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    end = pd.Timestamp(terms.data_end)
    return (rows["proving_end"] > end) | (rows["service_start"] > end)


def _started_too_late(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    return (rows["service_start"] >= rows["window_end"]) & (not terms.is_custody_route)


def has_sexual_offence(rows: pd.DataFrame, spec: RequestSpec) -> tuple[pd.Series, str]:
    """Which rows leave for a sexual offence under the request's rule, and that rule in words."""
    match spec.cohort.sexual_offence:
        case SexualOffence.ever:
            return rows["is_sexual_ever"], "a sexual offence is on record"
        case SexualOffence.index:
            return rows["is_sexual_index"], "the index offence was a sexual offence"
        case SexualOffence.keep:
            return rows["is_sexual_index"] & False, "a sexual offence is on record (not a reason in this analysis)"


def _first_failure(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """The first of reasons 5 to 10 that would apply to each record; 11 where none does."""
    failure = pd.Series(11, index=rows.index)
    rules = (_no_sentence, _other_disposal, _still_inside, _release_uncertain, _after_data_end, _started_too_late)
    for code, fails in reversed(list(enumerate(rules, start=5))):
        failure = failure.mask(fails(rows, terms), code)
    return failure
