"""`findings.json`: everything that may be published about a request, and nothing about a person.

The models below are the versioned schema. Values are unrounded (rounding is for the reader's eye, in `narrative`), save
where digits would tell of people who are not told of; counts are whole numbers, or `None` where disclosure control
withholds them. Sign: effect = treatment − control, negative is a reduction; shares are fractions here and become per
cent in words.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field, PrivateAttr, ValidationError

from ..document import Block, Figure, Shown, Table, Words
from ..errors import JDLError, read_text
from ..markup import escaped_json
from ..result import write_atomically
from ..spec import Model, Organisation, Service
from . import shown
from .estimates import Estimate, Unit
from .robustness_schema import EstimatorRow, Robustness, TimeRow

SCHEMA_VERSION = "2.3"


class Status(StrEnum):
    reported = "reported"
    could_not_be_answered = "could_not_be_answered"


class Verdict(StrEnum):
    """Whether the 95 per cent interval of the headline estimate crosses zero."""

    reduction = "reduction"
    increase = "increase"
    inconclusive = "inconclusive"


class Detail(Model):
    """Part of the excluded, or a remark on some of them.

    `secondary`: the count is not small; it is withheld lest a small one be found by subtraction.
    """

    label: str
    records: int | None
    secondary: bool = False


class FlowStep(Model):
    """One step of a ledger: records that leave and stay, and people, as far as they are known by then.

    `secondary` names the counts withheld only to protect a small one.
    """

    code: int | None
    key: str
    label: str
    records_excluded: int | None
    records_after: int | None
    people_excluded: int | None = None
    people_after: int | None
    details: tuple[Detail, ...]
    could: str
    secondary: tuple[str, ...] = ()


class LinkageSummary(Model):
    """How many records were found; `secondary` names the counts withheld only to protect a small one."""

    records: int | None
    by_status: dict[str, int | None]
    by_tier: tuple[Detail, ...]
    expected_wrong_links: float | None
    secondary: tuple[str, ...] = ()


class ProfileRow(Model):
    """Share of a level in each group, as fractions; None where withheld."""

    characteristic: str
    level: str
    treatment: float | None
    control: float | None
    pool: float | None


class BalanceRow(Model):
    """Standardised differences of the treated people compared, from the whole pool (before) and from their controls.

    With three decimals; `light` is that of the unrounded difference.
    """

    covariate: str
    level: str
    smd_before: float
    smd_after: float
    light: Literal["green", "amber", "red"]
    kind: Literal["level", "square"] = "level"


class BalanceSummary(Model):
    """`n_withheld`: rows that are counted here but not listed, as they concern too few people.

    `denominator`: whose standard deviation differences are measured by. `squares`: squares of numbers, which were
    looked at and do not decide whether the groups are alike enough.
    """

    rows: tuple[BalanceRow, ...]
    squares: tuple[BalanceRow, ...] = ()
    denominator: Literal["pooled", "treated"] = "pooled"
    n_withheld: int = 0
    n_red: int
    n_amber: int
    worst: float
    passed: bool
    accepted_by: str | None = None
    accepted_reason: str | None = None

    @property
    def every(self) -> tuple[BalanceRow, ...]:
        """All rows that may be drawn: those that decide, and the squares beside them."""
        return self.rows + self.squares


class OverlapBin(Model):
    """Share of each group whose score (logit) lies in the bin; None where withheld."""

    lower: float
    upper: float
    treatment: float | None
    pool: float | None
    control: float | None


class MatchingSummary(Model):
    """`n_treatment` is None where it would give away how few could not be matched.

    `method`: the one that was used; `is_fallback`: it took the place of the declared one, which made the groups alike
    enough nowhere. `caliper_sd` and `caliper_raw` are None for a method without a caliper.
    """

    method: Literal["radius", "nearest", "ipw", "overlap", "ebal"] = "radius"
    is_fallback: bool = False

    n_treatment: int | None
    n_treatment_matched: int
    n_pool: int
    n_control: int
    ess_control: float
    caliper_sd: float | None
    caliper_raw: float | None
    calipers_tried: tuple[float, ...]
    messages: tuple[str, ...]


class Measure(Model):
    """One outcome measure. `why_not` says why it is withheld; then values and estimates are None.

    `control_value_adjusted` is what the headline estimate expects of people like the treated without the service:
    `treatment_value` less the headline estimate. `better` says which way is welcome, if either is. `holm_p` is adjusted
    over the measures of the analysis that are shown.
    """

    key: str
    family: str = ""
    label: str
    better: Literal["lower", "higher", "neither"] = "lower"
    unit: Unit
    base: Literal["everyone", "reoffenders"]
    n_treatment: int | None
    n_control: int | None
    treatment_value: float | None
    control_value: float | None
    control_value_adjusted: float | None = None
    headline: Estimate | None
    classic: Estimate | None
    check: Estimate | None
    holm_p: float | None
    verdict: Verdict | None
    classic_verdict: Verdict | None
    why_not: str | None


class FollowUpRow(Model):
    """Something told of the follow-up of both groups, without a test; None where withheld."""

    key: str
    label: str
    unit: Unit
    treatment: float | None
    control: float | None


class SurvivalPoint(Model):
    """Share without a proven reoffence by the end of `day`, with pointwise limits."""

    day: int
    treatment: float
    treatment_low: float
    treatment_high: float
    control: float
    control_low: float
    control_high: float


class SurvivalCurve(Model):
    """`clock`: days since the index date, or only those of them that were not spent in custody."""

    clock: Literal["calendar", "at_risk"]
    points: tuple[SurvivalPoint, ...]


class SubgroupRow(Model):
    """The first measure in a subgroup, matched anew within it; `why_not`: why it is withheld or was not formed."""

    by: str
    level: str
    n_treatment: int | None
    n_control: int | None
    treatment_value: float | None
    control_value: float | None
    headline: Estimate | None
    holm_p: float | None
    verdict: Verdict | None
    worst: float | None
    why_not: str | None


class Heterogeneity(Model):
    """Whether the effects of a characteristic's subgroups differ by more than chance (Cochran's Q)."""

    by: str
    q: float
    df: int
    p_value: float


class SubgroupDifference(Model):
    """Standardised difference on one level after the subgroup was matched; `light` is of the unrounded one."""

    covariate: str
    level: str
    smd_after: float
    light: Literal["green", "amber", "red"]


class SubgroupBalance(Model):
    """How alike the groups are within a subgroup; `n_withheld`: rows not listed, as they concern too few people."""

    by: str
    level: str
    rows: tuple[SubgroupDifference, ...]
    n_withheld: int = 0


class SubgroupSummary(Model):
    """`n_tests`: subgroups that were tested, which the p-values are adjusted for.

    `balance`: of subgroups whose result is shown.
    """

    declared: tuple[str, ...]
    n_tests: int
    rows: tuple[SubgroupRow, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    messages: tuple[str, ...] = ()
    balance: tuple[SubgroupBalance, ...] = ()


class PowerRow(Model):
    reduction_pp: float
    n_treatment: int | None
    infeasible: bool


class EffectivePower(Model):
    """The answers of a `PowerSummary` with every control counted by what its weight makes it worth.

    `n_control`: the effective control size, which need not be whole.
    """

    n_control: float
    rows: tuple[PowerRow, ...]
    smallest_detectable_pp: float
    detectable_in_hand_pp: float
    needed_for_observed: int | None


class PowerSummary(Model):
    """`rows`: group needed; `smallest_detectable_pp`: with this control group and no end of treated people.

    Controls count as people, as published; in `effective` by what they are worth.
    """

    sd: float
    alpha: float
    power: float
    n_control: int
    n_treatment: int
    rows: tuple[PowerRow, ...]
    smallest_detectable_pp: float
    detectable_in_hand_pp: float
    curve: tuple[tuple[int, float], ...]
    needed_for_observed: int | None
    effective: EffectivePower | None = None


class Analysis(Shown, Model):
    """One treatment group with its control group and results.

    `covariates`: settings that the groups were matched on, as far as the register has such records; `own_covariates`:
    readers' labels of a lab's own columns among them. `records`: the values of the upload's columns that a record must
    have to belong to it; `settings`: what it sets otherwise than its request.
    """

    id: str
    title: str
    status: Status = Status.reported
    reason: str | None = None
    records: dict[str, tuple[str, ...]] = {}
    settings: dict[str, Any] = {}
    route: str = "community"
    release_types: tuple[str, ...] = ()
    index_disposals: tuple[str, ...]
    index_from: dt.date | None
    index_to: dt.date | None
    start_within_months: int
    follow_up_months: int
    proving_months: int
    sexual_offence: str
    covariates: tuple[str, ...] = ()
    own_covariates: tuple[str, ...] = ()
    flow: tuple[FlowStep, ...]
    pool_flow: tuple[FlowStep, ...]
    profile: tuple[ProfileRow, ...]
    balance: BalanceSummary | None
    overlap: tuple[OverlapBin, ...]
    matching: MatchingSummary | None
    measures: tuple[Measure, ...]
    power: PowerSummary | None
    follow_up: tuple[FollowUpRow, ...] = ()
    survival: tuple[SurvivalCurve, ...] = ()
    subgroups: SubgroupSummary | None = None
    robustness: Robustness | None = None
    estimators: tuple[EstimatorRow, ...] = ()
    time_to_event: tuple[TimeRow, ...] = ()

    @property
    def headline_measure(self) -> Measure | None:
        """The measure that decides the verdict: the first share that concerns everyone, the reoffending rate."""
        return next((m for m in self.measures if m.unit == Unit.share and m.base == "everyone"), None)

    @property
    def n_measures_tested(self) -> int:
        """Measures that are shown, the declared first one among them: the p-values are adjusted for so many."""
        return sum(measure.headline is not None for measure in self.measures)

    def summary(self) -> str:
        """The headline in one sentence, or why there is none."""
        return shown.analysis_words(self)

    def table(self) -> Table | None:
        """Every measure with its headline difference; None where nothing was measured."""
        return shown.analysis_table(self)

    def plot(self, unit: str = "share") -> Figure | None:
        """The headline differences in one unit (share, count, days) with their intervals; None where none is shown."""
        return shown.analysis_plot(self, unit)

    def blocks(self) -> tuple[Block, ...]:
        """What an analysis shows of itself in a notebook: words, table and picture, if it has them."""
        words = Words(shown.analysis_words(self))
        return tuple(block for block in (words, self.table(), self.plot()) if block is not None)


class Provenance(Model):
    """Where the numbers come from; `synthetic`: the people of the register are invented.

    `matched_again`: for each match of another sample after outcomes had been opened, what was changed.
    """

    spec_digest: str
    inputs: tuple[dict[str, str], ...]
    toolkit_version: str
    toolkit_commit: str | None
    packages: dict[str, str]
    seed: int
    data_start: dt.date
    data_end: dt.date
    extract: str
    synthetic: bool = False
    settings: dict[str, Any]
    register_note: str = ""
    matched_again: tuple[str, ...] = ()


class Draft(Model):
    """A report that is not published: the day it was sent to the organisation, and the last day for its comments."""

    sent: dt.date | None = None
    respond_by: dt.date | None = None


class Version(Model):
    """Which publication of a request's report it is: its number and day, the day of the one it replaces, and why.

    `same_figures`: no figure of the one it replaces has changed, only words.
    """

    number: Annotated[int, Field(ge=1)]
    released: dt.date
    replaced: dt.date | None = None
    reason: str = ""
    same_figures: bool = False


class Findings(Shown, Model):
    """All that the report, the bulletin and the portfolio may know of a request.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> findings = examples.foundation().findings
    >>> findings.status.value, len(findings.analyses)
    ('reported', 1)
    >>> found = findings.to_frame()
    >>> found[found["measure"] == "rate"].set_index("estimator")[["difference", "ci_low", "ci_high"]].round(3)
               difference  ci_low  ci_high
    estimator
    headline        0.017  -0.044    0.078
    classic         0.016  -0.043    0.074
    check           0.017  -0.044    0.078
    >>> print(findings.analyses[0].summary().split(".")[0])
    Supported housing: One-year proven reoffending rate: 29% in the treatment group, 27% expected without the service
    """

    schema_version: Literal["2.0", "2.1", "2.2", "2.3"] = SCHEMA_VERSION
    request: str
    received: dt.date
    organisation: Organisation
    service: Service
    answers: dict[str, str]
    exploratory: bool
    synthetic: bool
    status: Status
    reason: str | None
    linkage: LinkageSummary | None
    analyses: tuple[Analysis, ...]
    provenance: Provenance
    sign_offs: tuple[dict[str, str], ...] = ()
    organisation_response: str | None = None
    draft: Draft | None = None
    version: Version | None = None
    disclosure: Annotated[dict[str, int], Field(description="minimum_group and minimum_cell that were applied")]
    _listed: tuple[str, ...] = PrivateAttr(())

    @property
    def listed(self) -> tuple[str, ...]:
        """Ids of the analyses in the request's order, whichever of them comes first here."""
        return self._listed or tuple(a.id for a in self.analyses)

    @property
    def minimum_cell(self) -> int:
        """The smallest count of people that may be shown."""
        return self.disclosure["minimum_cell"]

    def setting(self, section: str, key: str) -> Any:
        """A choice of the specification that the first analysis was made under."""
        own = self.analyses[0].settings.get(section, {}) if self.analyses else {}
        return own[key] if key in own else self.provenance.settings[section][key]

    def about(self, analysis: str) -> Findings:
        """These findings with one analysis, given by its id, before the others: what its report is drawn from.

        Raises
        ------
        JDLError
            If there is no such analysis.
        """
        if analysis not in (a.id for a in self.analyses):
            known = ", ".join(a.id for a in self.analyses)
            raise JDLError(f"there is no analysis `{analysis}`", f"request {self.request}", f"there are: {known}")
        if analysis == self.analyses[0].id:
            return self
        ordered = sorted(self.analyses, key=lambda a: (a.id != analysis, self.listed.index(a.id)))
        found = self.model_copy(update={"analyses": tuple(ordered)})
        found._listed = self.listed
        return found

    def summary(self) -> str:
        """Whose request it is, and the headline of each analysis."""
        return shown.findings_words(self)

    def to_frame(self) -> pd.DataFrame:
        """The three estimates of every measure of every analysis, in rows.

        Returns
        -------
        DataFrame
            analysis (its id), measure (its key), label, unit, estimator (headline, classic, check), n_treatment,
            n_control, treatment_value, control_value, difference (treatment − control; shares as fractions), se,
            ci_low, ci_high, p_value; missing for a measure that is withheld.
        """
        return shown.findings_frame(self)

    def table(self) -> Table | None:
        """The measures where there is one analysis, the first measure of each where there are several; or None."""
        return shown.findings_table(self)

    def plot(self) -> Figure | None:
        """A forest plot of the same differences; None where none is shown."""
        return shown.findings_plot(self)

    def blocks(self) -> tuple[Block, ...]:
        """What findings show of themselves in a notebook: words, table and picture, if they have them."""
        words = Words(shown.findings_words(self))
        return tuple(block for block in (words, self.table(), self.plot()) if block is not None)

    def public_texts(self) -> list[str]:
        """Texts whose words may stand in a report; the organisation's free text is left out."""
        texts = [self.request, *self.public_names(), *self.labels()]
        texts += [value for entry in self.sign_offs for key, value in entry.items() if key != "reason"]
        for analysis in self.analyses:
            texts += [analysis.title]
            texts += [text for column, values in analysis.records.items() for text in (column, *values)]
            for row in analysis.profile:
                texts += [row.characteristic, row.level]
            if analysis.balance is not None:
                texts += [analysis.balance.accepted_by or ""]
                texts += [text for row in analysis.balance.every for text in (row.covariate, row.level)]
            if analysis.subgroups is not None:
                texts += [text for row in analysis.subgroups.rows for text in (row.by, row.level)]
                differences = [row for group in analysis.subgroups.balance for row in group.rows]
                texts += dict.fromkeys(text for row in differences for text in (row.covariate, row.level))
        return texts

    def public_names(self) -> list[str]:
        """Names that may be shown as a whole: of the organisation, its service, and of those who signed.

        A signature with figures in it, such as a date, is none.
        """
        signed = [str(entry.get("by") or "") for entry in self.sign_offs]
        signed += [a.balance.accepted_by or "" for a in self.analyses if a.balance is not None]
        signed = [name for name in signed if not any(map(str.isdigit, name))]
        return [*self.given_names(), *signed]

    def given_names(self) -> list[str]:
        """Names of the organisation and its service: shown as far as they are nobody's of the upload."""
        return [self.organisation.name, self.service.name]

    def labels(self) -> list[str]:
        """Texts of the toolkit's own in the findings; values of the upload's columns and titles are none of them."""
        texts = [self.reason or "", self.provenance.extract, *self.provenance.packages]
        for analysis in self.analyses:
            texts += [analysis.reason or "", *analysis.index_disposals]
            for step in (*analysis.flow, *analysis.pool_flow):
                texts += [step.label, step.could, *(detail.label for detail in step.details)]
            texts += [row.label for row in (*analysis.measures, *analysis.follow_up)]
            if analysis.robustness is not None:
                texts += [row.label for row in analysis.robustness.rows]
            texts += [row.label for row in (*analysis.estimators, *analysis.time_to_event)]
        return texts

    def public_dates(self) -> list[dt.date]:
        """Dates of the request itself: data period, period of the index dates, received, draft, version, sign-offs."""
        dates = [self.received, self.provenance.data_start, self.provenance.data_end]
        dates += [self.draft.sent, self.draft.respond_by] if self.draft is not None else []
        dates += [self.version.released, self.version.replaced] if self.version is not None else []
        dates += [day for analysis in self.analyses for day in (analysis.index_from, analysis.index_to)]
        signed = (str(entry[key]) for entry in self.sign_offs for key in entry if "date" in key or key == "at")
        dates += [dt.date.fromisoformat(day[:10]) for day in signed if re.match(r"\d{4}-\d\d-\d\d", day)]
        return [day for day in dates if day is not None]

    def write(self, path: Path) -> None:
        """Write `findings.json`, whole or not at all, the same bytes for the same findings."""
        write_atomically(path, escaped_json(self.model_dump_json(indent=1)) + "\n")

    @classmethod
    def read(cls, path: Path) -> Findings:
        """Read and validate `findings.json`.

        Raises
        ------
        JDLError
            If the file is missing or does not follow the schema.
        """
        try:
            return cls.model_validate_json(read_text(Path(path)))
        except UnicodeDecodeError:
            raise JDLError("not valid findings (no text)", str(path), "run the request again") from None
        except OSError:
            raise JDLError("there are no findings yet", str(path), "run the request with `jdl run`") from None
        except ValidationError as fault:
            keys = ", ".join(sorted({".".join(str(p) for p in e["loc"]) for e in fault.errors()})[:5])
            raise JDLError(f"not valid findings (at {keys})", str(path), "run the request again") from None


def findings_schema() -> str:
    """The JSON schema of `findings.json`, as kept in ``parameters/findings.schema.json``."""
    return json.dumps(Findings.model_json_schema(), indent=1, sort_keys=True) + "\n"
