"""Findings whose every text from outside is a hostile one, each another: what a report may be drawn from at the worst.

The figures are invented and stay as they are. A text comes in as it would: what the request, the response or a record
refuses is refused here, too, and plain words stand in its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...attrition import REASONS
from ...errors import JDLError
from ...findings import (
    Analysis,
    BalanceRow,
    BalanceSummary,
    Estimate,
    Findings,
    FlowStep,
    LinkageSummary,
    MatchingSummary,
    Measure,
    OverlapBin,
    PowerRow,
    PowerSummary,
    ProfileRow,
    Provenance,
    Status,
    SubgroupRow,
    SubgroupSummary,
    Verdict,
    Version,
)
from ...lifecycle import read_response
from ...lifecycle.events import faults_of_words
from ...markup import one_line
from ...spec import RequestSpec, lab_resources, merge, read_yaml, validate

REQUEST = "hostile-texts"
PLAIN = "Plain words"
Texts = Mapping[str, str]


def _named(section: str) -> Callable[[str, Path], str]:
    def take(text: str, folder: Path) -> str:
        return getattr(_spec({section: {"name": text}}), section).name

    return take


def _responded(text: str, folder: Path) -> str:
    file = folder / "response.txt"
    file.write_text(text, "utf-8", errors="surrogatepass")
    return read_response(file)


def _recorded(by: bool) -> Callable[[str, Path], str]:
    def take(text: str, folder: Path) -> str:
        text = one_line(text)
        if faults := faults_of_words("sign-off", text if by else "A", "" if by else text):
            raise JDLError(faults)
        return text

    return take


def _titled(text: str, folder: Path) -> str:
    return _spec({"analyses": {"main": {"title": text}}}).analyses["main"].title


def _as_it_is(text: str, folder: Path) -> str:
    return text


#: Each field of findings that holds words from outside -> how they come in.
FIELDS: dict[str, Callable[[str, Path], str]] = {
    "name of the organisation": _named("organisation"), "name of the service": _named("service"),
    "title of an analysis": _titled, "the organisation's response": _responded,
    "who signed off": _recorded(True), "reason of a sign-off": _recorded(False),
    "who accepted a balance": _recorded(True), "reason of an accepted balance": _recorded(False),
    "reason of a correction": _recorded(False),
} | dict.fromkeys((
    "an answer of the upload", "a question of the upload", "name of the upload's file", "value of a column chosen by",
    "region of the register", "establishment of the register", "court of the register", "a text covariate of the lab",
    "label in the lab's codebook", "level of a subgroup", "note of the register", "name of the extract", "a setting",
), _as_it_is)  # fmt: skip


def taken(texts: Texts, folder: Path) -> tuple[dict[str, str], set[str]]:
    """Each field's text as it is taken in, and the fields whose text was refused in words."""
    said, refused = {}, set()
    for field, text in texts.items():
        try:
            said[field] = FIELDS[field](text, folder)
        except JDLError:
            said[field] = PLAIN
            refused.add(field)
    return said, refused


def _spec(more: Mapping[str, Any]) -> RequestSpec:
    asked = {
        "request": REQUEST, "organisation": {"name": PLAIN, "sector": "voluntary"}, "received": dt.date(2013, 8, 12),
        "service": {"name": PLAIN, "need": "accommodation", "setting": "community"}, "submission": "upload.xlsx",
        "register": "main", "cohort": {"sexual_offence": "index"},
    }  # fmt: skip
    base = read_yaml(lab_resources() / "parameters" / "defaults.yml")
    return validate(merge(merge(base, asked), more), "a hostile request")


def hostile_findings(said: Texts) -> Findings:
    """Findings of one analysis of 257 people with these texts, as a second version."""
    spec = _spec({"organisation": {"name": said["name of the organisation"]}})
    spec = validate(merge(spec.to_dict(), {"service": {"name": said["name of the service"]}}), "a hostile request")
    signed = {"event": "sign-off", "by": said["who signed off"], "date": "2014-02-03"}
    return Findings(
        request=REQUEST, received=spec.received, organisation=spec.organisation, service=spec.service,
        answers={"What does the service consist of?": said["an answer of the upload"],
                 said["a question of the upload"]: PLAIN},
        exploratory=False, synthetic=True, status=Status.reported, reason=None,
        linkage=LinkageSummary(
            records=300, by_status={"matched": 270, "no match": 30}, by_tier=(), expected_wrong_links=1.2),
        analyses=(_analysis(said),), provenance=_provenance(said, spec),
        sign_offs=(signed | {"reason": said["reason of a sign-off"]},),
        organisation_response=said["the organisation's response"],
        version=Version(number=2, released=dt.date(2014, 3, 31), replaced=dt.date(2014, 3, 3),
                        reason=said["reason of a correction"]),
        disclosure={"minimum_group": 30, "minimum_cell": 5},
    )  # fmt: skip


def _provenance(said: Texts, spec: RequestSpec) -> Provenance:
    settings = spec.to_dict()
    settings["covariates"] = settings["covariates"] | {"splines": [said["a setting"]]}
    return Provenance(
        spec_digest="3f" * 32, inputs=({"name": said["name of the upload's file"], "sha256": "a1" * 32},),
        toolkit_version="0.1.0", toolkit_commit="c0ffee1", packages={}, seed=20140313,
        data_start=dt.date(2000, 1, 1), data_end=dt.date(2012, 6, 30), extract=said["name of the extract"],
        register_note=said["note of the register"], synthetic=True, settings=settings,
    )  # fmt: skip


def _analysis(said: Texts) -> Analysis:
    own = said["label in the lab's codebook"]
    levels = [("Region", said["region of the register"]), ("Establishment", said["establishment of the register"]),
              ("Court", said["court of the register"]), (own, said["a text covariate of the lab"])]  # fmt: skip
    profile = [ProfileRow(characteristic=of, level=level, treatment=0.5, control=0.5, pool=0.4) for of, level in levels]
    balance = [
        BalanceRow(covariate=of, level=level, smd_before=0.31, smd_after=0.07, light="amber") for of, level in levels
    ]
    return Analysis(
        id="main", title=said["title of an analysis"], records={"region": (said["value of a column chosen by"],)},
        index_disposals=("community_order",), index_from=dt.date(2008, 6, 1), index_to=dt.date(2010, 12, 31),
        start_within_months=6, follow_up_months=12, proving_months=6, sexual_offence="index", covariates=("age", "sex"),
        own_covariates=(own,), flow=_flow(), pool_flow=(), profile=tuple(profile),
        balance=BalanceSummary(
            rows=tuple(balance), n_red=0, n_amber=len(balance), worst=0.07, passed=False,
            accepted_by=said["who accepted a balance"], accepted_reason=said["reason of an accepted balance"]),
        overlap=(OverlapBin(lower=-8.0, upper=-5.0, treatment=0.4, pool=0.8, control=0.5),
                 OverlapBin(lower=-5.0, upper=-2.0, treatment=0.6, pool=0.2, control=0.5)),
        matching=MatchingSummary(
            n_treatment=257, n_treatment_matched=257, n_pool=41_230, n_control=33_111, ess_control=8_214.6,
            caliper_sd=0.2, caliper_raw=0.21, calipers_tried=(0.2,), messages=()),
        measures=(_measure(),), power=_power(), subgroups=_subgroups(said),
    )  # fmt: skip


def _estimate() -> Estimate:
    return Estimate(estimate=-0.0218, se=0.0293, ci_low=-0.0795, ci_high=0.0359, p_value=0.46, df=256)


def _measure() -> Measure:
    one = _estimate()
    return Measure(
        key="rate", family="rate", label="One-year proven reoffending rate", unit="share", base="everyone",
        n_treatment=257, n_control=33_111, treatment_value=84 / 257, control_value=84 / 257 + 0.022,
        control_value_adjusted=84 / 257 + 0.0218, headline=one, classic=one, check=one, holm_p=0.46,
        verdict=Verdict.inconclusive, classic_verdict=Verdict.inconclusive, why_not=None,
    )  # fmt: skip


def _power() -> PowerSummary:
    return PowerSummary(
        sd=0.4733, alpha=0.05, power=0.95, n_control=33_111, n_treatment=257,
        rows=(PowerRow(reduction_pp=5, n_treatment=1_207, infeasible=False),), smallest_detectable_pp=0.9377,
        detectable_in_hand_pp=10.69, curve=((30, 31.6), (257, 10.69), (1000, 5.5)), needed_for_observed=7_594,
    )  # fmt: skip


def _subgroups(said: Texts) -> SubgroupSummary:
    figures = {"n_treatment": 128, "n_control": 12_800, "treatment_value": 0.33, "control_value": 0.3518}
    figures |= {"headline": _estimate(), "holm_p": 0.9, "verdict": Verdict.inconclusive, "worst": 0.04}
    few = dict.fromkeys(figures) | {"why_not": "fewer than 30 people could be matched"}
    rows = (
        SubgroupRow(by="region", level=said["level of a subgroup"], why_not=None, **figures),
        SubgroupRow(by="region", level="Elsewhere", **few),
    )
    return SubgroupSummary(declared=("region",), n_tests=1, rows=rows, heterogeneity=())


def _flow() -> tuple[FlowStep, ...]:
    step = {"details": (), "could": "", "people_after": None}
    key, label = REASONS[2]
    return (
        FlowStep(code=None, key="received", label="records received", records_excluded=0, records_after=300, **step),
        FlowStep(code=2, key=key, label=label, records_excluded=43, records_after=257, **step),
    )
