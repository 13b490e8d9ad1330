"""One replication of the whole line: a register, a service, its upload, and every stage up to the finding.

What is true
------------
The outcome is the one-year proven reoffence after a sentence: an offence after the sentence and within twelve months,
proven within eighteen. Each person who took part has two of them for each of their eligible sentences, both read off a
register: Y0 before the effect is planted, Y1 after it. They differ only for people whom the service kept from
reoffending (`line_service.is_helped`): these would have reoffended, not before the service started; and all that they
did from its first day on, for eighteen months after the sentence, is gone. So nobody who reoffended first is helped,
and who leaves for that reason, or for any other from before the service, is the same with and without an effect.

The truth of an analysis is the mean of Y1 − Y0 over the matched people who took part, each at the sentence that the
toolkit chose for them and with the weight that they have in the comparison: *the effect on the people matched*. It is
theirs alone: who was excluded, or found no control, does not count, however much the service helped them. A person who
was linked by mistake and never took part has no effect of the service, and is left out of the truth: what such people
do to an estimate is error. Participants whom linkage missed stay in the register as everybody else, and may be drawn
into the control pool, with the outcome that the service gave them: that is error, too.

Each replication is analysed twice: with the links that the toolkit found, and with the true ones (every usable record
linked to its person, nobody else). The difference of the two estimates is what linkage does; as all else is equal in
both, it is known far more exactly than either.

Beside that, each analysis is done anew with Y0 in the place of Y1: the same people, the same weights, no effect. There
a conclusive finding is a false one.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ...balance import choose_caliper
from ...cohort import Cohort, build_cohorts
from ...covariates import build_covariates
from ...errors import CouldNotBeAnswered
from ...inference import compare_measures, estimate
from ...inference.estimation import ESTIMATES
from ...linkage import Linkage, link
from ...matching import MatchedSample
from ...outcomes import measure_outcomes
from ...register import Register
from ...spec import RequestSpec, intake_spec, lab_resources
from ...submission import Submission, read_submission
from ...synthetic.foundation import ANSWERS
from ...synthetic.workbook import write_upload
from .register import Registers, draw_register, plant
from .service import MANY, N_NOT_ON_REGISTER, Line, Service, draw_service, outcomes_of

KEPT = ("estimate", "se", "ci_low", "ci_high", "p_value")


@lru_cache
def line_spec() -> RequestSpec:
    """The toolkit's defaults, for the one measure that a finding is judged by.

    A sexual offence is a reason to leave where it is the index offence: so in `synthetic.episodes`, too, which the
    exclusions are compared with.
    """
    spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
    return spec.variant(outcomes={"measures": ["rate"]}, cohort={"sexual_offence": "index"})


def replicate(line: Line, rng: np.random.Generator, *, folder: Path, registers: Registers) -> list[dict]:
    """A register, a service and its upload; through every stage, with the links found and with the true ones.

    Parameters
    ----------
    line : Line
    rng : numpy.random.Generator
    folder : Path
        Where `line_register.prepare_registers` put the large registers.
    registers : Registers

    Returns
    -------
    list of dict
        One row; the columns are those of `linked_counts`, and for the links found (``found_``) and the true ones
        (``true_``) those of `analysed_row`.
    """
    path = registers.path(folder, int(rng.integers(registers.n_registers)))
    with draw_register(path, registers.n_drawn, 2 * N_NOT_ON_REGISTER, rng) as drawn:
        con, register = drawn.connection, drawn.register
        service = draw_service(con, line, drawn.absent, rng)
        people = service.taking_part
        without = outcomes_of(con, people["person_id"])
        plant(con, people[people["is_helped"]])
        both = pd.DataFrame({"without": without, "with": outcomes_of(con, people["person_id"])}).astype(float)
        spec = line_spec().variant(seed=int(rng.integers(2**31)))
        with tempfile.TemporaryDirectory(prefix="jdl-line.") as place:
            upload = Path(place) / "upload.xlsx"
            write_upload(upload, service.rows.drop(columns="person_id"), ANSWERS)
            submission = read_submission(upload, spec, (register.meta.data_start, register.meta.data_end))
        linkage = link(submission, register, spec)
        row = linked_counts(linkage, submission, service)
        found = _analyse(submission, linkage, register, spec)
        true = _analyse(submission, with_true_links(linkage, submission, service), register, spec, found)
        for name, analysed in (("found", found), ("true", true)):
            row |= {f"{name}_{key}": value for key, value in analysed_row(analysed, both, service, spec).items()}
    return [row]


@dataclass(frozen=True)
class Analysed:
    """One analysis; all but the cohort is None where nobody could be compared."""

    cohort: Cohort
    matched: MatchedSample | None = None
    n_red: int | None = None
    measured: pd.DataFrame | None = None
    estimates: dict[str, dict[str, float]] | None = None


def _analyse(
    submission: Submission, linkage: Linkage, register: Register, spec: RequestSpec, before: Analysed | None = None
) -> Analysed:
    """From links to the finding, by the stages that the notebooks call.

    Where the same people are compared as in the analysis `before`, that is the answer. Where others are, the three
    estimates are made by the function that makes those of a finding, without all that is drawn beside them.
    """
    cohort = next(iter(build_cohorts(submission, linkage, register, spec)))
    if before and all(getattr(cohort, g).equals(getattr(before.cohort, g)) for g in ("treated", "pool")):
        return replace(before, cohort=cohort)
    if len(cohort.treated) < spec.cohort.minimum_analysed:
        return Analysed(cohort)
    try:
        matched, balance, _ = choose_caliper(build_covariates(cohort, register, spec), spec, distances=False)
    except CouldNotBeAnswered:
        return Analysed(cohort)
    measured = measure_outcomes(pd.concat([cohort.treated, cohort.pool]), register, spec)
    if before:
        y = matched.units[["unit_id"]].merge(measured, on="unit_id", validate="1:1")["reoffended"].to_numpy(float)
        found = estimate(y, matched.design, matched, "share", spec)
        return Analysed(cohort, matched, balance.n_red, measured, {name: found[name] for name in ESTIMATES})
    finding = compare_measures(measured, matched, spec).measures.iloc[0]
    told = {name: {key: finding[f"{name}_{key}"] for key in KEPT} for name in ESTIMATES}
    return Analysed(cohort, matched, balance.n_red, measured, told)


def with_true_links(linkage: Linkage, submission: Submission, service: Service) -> Linkage:
    """The same linkage as if every usable record had been linked to its person, and nothing else had been likely."""
    truth = linkage.links[["row"]].merge(service.rows[["row", "person_id"]], on="row", validate="1:1")["person_id"]
    usable = submission.people.set_index("row")["usable"].loc[linkage.links["row"]].to_numpy(bool)
    is_linked = usable & truth.notna().to_numpy()
    status = linkage.links["status"].where(~linkage.links["status"].isin(["matched", "ambiguous"]), "no match")
    links = linkage.links.assign(person_id=truth.where(is_linked), status=status.mask(is_linked, "matched"))
    return replace(linkage, links=links, candidates=linkage.candidates.iloc[:0])


def linked_counts(linkage: Linkage, submission: Submission, service: Service) -> dict[str, float]:
    """What linkage made of the records, and whom of those in scope it missed.

    Returns
    -------
    dict
        n_records; n_right, n_wrong (linked to somebody else), n_missed (on the register, not linked), n_strangers (not
        on the register) and n_strangers_linked, n_unusable; expected_wrong (as the toolkit told); then of the people
        who could be analysed, for each group ``n_<group>`` and of them ``missed_<group>`` (linked by no record).
    """
    links = linkage.links[["row", "status", "person_id"]].merge(
        service.rows[["row", "person_id", "faults", "pnc_id"]], on="row", suffixes=("", "_true"), validate="1:1"
    )
    on_register, linked = links["person_id_true"].notna(), links["person_id"].notna()
    right = (links["person_id"] == links["person_id_true"]).fillna(False).astype(bool)
    counts = {
        "n_records": len(links),
        "n_right": right.sum(),
        "n_wrong": (linked & on_register & ~right).sum(),
        "n_missed": (on_register & ~linked).sum(),
        "n_strangers": (~on_register).sum(),
        "n_strangers_linked": (~on_register & linked).sum(),
        "n_unusable": links["status"].eq("unusable identifiers").sum(),
        "n_ambiguous": links["status"].eq("ambiguous").sum(),
        "expected_wrong": linkage.expected_wrong_links,
        "share_usable": submission.people["usable"].mean(),
    }
    people = service.taking_part[service.taking_part["verdict"] == "analysable"]
    found = set(links.loc[right, "person_id"])
    first = links.drop_duplicates("person_id_true").set_index("person_id_true").loc[people["person_id"]]
    is_missed = ~people["person_id"].isin(found).to_numpy()
    for name, belongs in _groups(people, service.known, first).items():
        counts |= {f"n_{name}": belongs.sum(), f"missed_{name}": (belongs & is_missed).sum()}
    return {key: float(value) for key, value in counts.items()}


def _groups(people: pd.DataFrame, known: pd.DataFrame, first: pd.DataFrame) -> dict[str, np.ndarray]:
    """Who belongs to which group, of those who could be analysed; `first` is the first record of each."""
    about = known.set_index("person_id").loc[people["person_id"]]
    is_female, is_white = about["sex"].eq("F").to_numpy(), about["ethnicity"].eq("White").to_numpy()
    is_young = (people["index_date"].to_numpy() - about["dob"].to_numpy()) / np.timedelta64(1, "D") < 25 * 365.25
    has_slip, has_pnc = first["faults"].ne("").to_numpy(), first["pnc_id"].notna().to_numpy()
    many, again = people["n_previous_offences"].ge(MANY).to_numpy(), people["would_reoffend"].to_numpy(bool)
    pairs = {"female": is_female, "white": is_white, "under_25": is_young, "slip": has_slip, "pnc_id": has_pnc}
    pairs |= {"many_offences": many, "would_reoffend": again}
    groups = {"analysable": np.ones(len(people), bool)}
    for name, belongs in pairs.items():
        groups |= {name: belongs, f"not_{name}": ~belongs}
    return groups


def analysed_row(analysed: Analysed, both: pd.DataFrame, service: Service, spec: RequestSpec) -> dict[str, float]:
    """One analysis in numbers.

    Parameters
    ----------
    both : DataFrame
        By disposal_id of everybody who took part: without, with (the effect), 0 or 1; missing where the sentence went.

    Returns
    -------
    dict
        n_analysed, n_not_served (analysed, but never took part), n_pool, n_served_in_pool (took part, and are in the
        pool), n_reoffended_first (records), n_judged_otherwise (see `_judged_otherwise`), adds_up (the ledger); then
        n_matched, n_control, ess, n_red, is_weighted (no caliper balanced); truth, share_not_served (of the matched, by
        weight); rate_treated; n_differ (participants compared whose outcome is not as `episodes` says); crude_estimate;
        for each estimate ``_estimate``, ``_se``, ``_ci_low``, ``_ci_high``, ``_p_value``, and the headline's with Y0
        under ``undone_``.
    """
    cohort, served = analysed.cohort, service.taking_part["person_id"]
    row = {"n_analysed": len(cohort.treated), "n_not_served": (~cohort.treated["person_id"].isin(served)).sum()}
    row |= {"n_pool": len(cohort.pool), "n_served_in_pool": cohort.pool["person_id"].isin(served).sum()}
    row["n_reoffended_first"] = cohort.records["reason"].eq(12).sum()
    row["n_judged_otherwise"] = _judged_otherwise(cohort, service)
    row["adds_up"] = cohort.ledger.received == len(cohort.treated) + cohort.records["reason"].notna().sum()
    if analysed.matched is None or analysed.estimates["headline"]["estimate"] is None:
        return {key: float(value) for key, value in (row | {"n_matched": 0}).items()}
    matched = analysed.matched
    units = matched.units[["unit_id", "is_treated", "weight"]].merge(
        analysed.measured[["unit_id", "reoffended"]], on="unit_id", validate="1:1"
    )
    is_treated, y = units["is_treated"].to_numpy(bool), units["reoffended"].to_numpy(float)
    people = pd.concat([cohort.treated, cohort.pool]).set_index("unit_id")["person_id"].loc[units["unit_id"]]
    took_part = people.isin(served).to_numpy()
    without, with_it = (both[name].reindex(units["unit_id"]).to_numpy() for name in ("without", "with"))
    known = took_part & ~np.isnan(without)
    counted = np.where(is_treated & known, units["weight"], 0.0)
    row |= {"n_matched": matched.n_treatment_matched, "n_control": matched.n_control, "ess": matched.ess_control}
    row |= {"n_red": analysed.n_red, "rate_treated": np.average(y[is_treated], weights=units.loc[is_treated, "weight"])}
    row |= {"is_weighted": matched.caliper_sd is None, "crude_estimate": y[is_treated].mean() - y[~is_treated].mean()}
    row |= {"truth": np.average((with_it - without)[counted > 0], weights=counted[counted > 0])}
    row["share_not_served"] = 1 - counted.sum() / units.loc[is_treated, "weight"].sum()
    row["n_differ"] = (y[known] != with_it[known]).sum()
    row |= {f"{name}_{key}": analysed.estimates[name][key] for name in ESTIMATES for key in KEPT}
    undone = estimate(np.where(known, without, y), matched.design, matched, "share", spec)["headline"]
    row |= {f"undone_{key}": undone[key] for key in KEPT}
    return {key: float(value) for key, value in row.items()}


def _judged_otherwise(cohort: Cohort, service: Service) -> int:
    """People linked for whom toolkit and `episodes`, written apart from it, disagree on whether they can be analysed.

    Of those who took part and are linked by a record that was not set aside as a repeat of theirs.
    """
    people = service.taking_part.set_index("person_id")
    records = cohort.records[cohort.records["person_id"].isin(people.index)]
    records = records[~records["reason"].isin([1, 2, 4])].drop_duplicates("person_id")
    expected = people["verdict"].loc[records["person_id"].astype("int64")].eq("analysable").to_numpy()
    return int((expected != records["reason"].isna().to_numpy()).sum())
