"""What a request asks for: the defaults and the request's own YAML, validated together, frozen and hashed.

`parameters/defaults.yml` states every choice once; a request states what differs. Unknown keys are refused with the
nearest valid name, and all faults are reported at once.
"""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator

from . import exploratory
from .document import Block, Shown, Table, Words
from .errors import JDLError, Problem, cut, read_text

Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=0)]
Months = Annotated[int, Field(ge=1, le=120)]

#: Stand for the side of a period that is not known: no date of a service lies beyond them.
FIRST_DAY, LAST_DAY = dt.date(1, 1, 1), dt.date(9999, 12, 31)


def _without_examples(schema: dict[str, Any]) -> None:
    """A schema describes a model in words; the code of a docstring's examples is for Python."""
    if "description" in schema:
        schema["description"] = schema["description"].split("\n\nExamples\n---")[0]


class Model(BaseModel):
    """Frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, json_schema_extra=_without_examples
    )

    def __dir__(self) -> list[str]:
        """What is offered by tab: the fields and what this toolkit adds, not the machinery of pydantic."""
        return [name for name in super().__dir__() if name.startswith("__") or name not in _OF_PYDANTIC]


_OF_PYDANTIC = frozenset(dir(BaseModel))


M = TypeVar("M", bound=Model)


class Sector(StrEnum):
    voluntary = "voluntary"
    private = "private"
    public = "public"
    education = "education"


class Need(StrEnum):
    accommodation = "accommodation"
    employment = "employment"
    education = "education"
    family = "family"
    mentoring = "mentoring"
    drugs_alcohol = "drugs_alcohol"
    attitudes = "attitudes"
    multiple = "multiple"
    other = "other"


class Setting(StrEnum):
    community = "community"
    custody = "custody"
    both = "both"


class Disposal(StrEnum):
    community_order = "community_order"
    suspended_sentence_order = "suspended_sentence_order"
    custody = "custody"
    fine = "fine"
    caution = "caution"
    absolute_discharge = "absolute_discharge"
    conditional_discharge = "conditional_discharge"
    positive_drug_test = "positive_drug_test"
    youth_sentence = "youth_sentence"
    other = "other"


class SexualOffence(StrEnum):
    ever = "ever"
    index = "index"
    keep = "keep"


class Route(StrEnum):
    community = "community"
    custody = "custody"


class TimeLimit(StrEnum):
    drawn = "drawn"
    none = "none"


class Period(StrEnum):
    quarter = "quarter"
    year = "year"


class ReleaseType(StrEnum):
    licence = "licence"
    hdc = "hdc"
    approved_premises = "approved_premises"
    unconditional = "unconditional"


class Subgroup(StrEnum):
    sex = "sex"
    age_band = "age_band"
    ethnicity = "ethnicity"
    region = "region"
    establishment = "establishment"
    provider = "provider"
    intervention_type = "intervention_type"
    intensity = "intensity"


class UploadColumn(StrEnum):
    """Columns of an upload by which its records can be divided into analyses."""

    region = "region"
    establishment = "establishment"
    provider = "provider"
    intervention_type = "intervention_type"


class MeasureFamily(StrEnum):
    """Outcome measures that are asked for together; see `outcomes.measures`."""

    rate = "rate"
    frequency = "frequency"
    days = "days"
    first_class = "first_class"
    count_by_class = "count_by_class"
    first_custody = "first_custody"
    custodial_sentences = "custodial_sentences"
    days_in_custody = "days_in_custody"
    employment = "employment"
    benefits = "benefits"


class Method(StrEnum):
    """How treated people and the pool are made comparable."""

    radius = "radius"
    nearest = "nearest"
    ipw = "ipw"
    overlap = "overlap"
    ebal = "ebal"


class Scale(StrEnum):
    logit = "logit"
    probability = "probability"
    odds = "odds"


class CaliperUnit(StrEnum):
    sd = "sd"
    raw = "raw"


class Order(StrEnum):
    """Who among the treated is matched first, where a control serves only once."""

    largest = "largest"
    smallest = "smallest"
    closest = "closest"


class CommonSupport(StrEnum):
    none = "none"
    range = "range"


class Fallback(StrEnum):
    """What takes the place of matching that balances at no caliper."""

    ebal = "ebal"
    none = "none"


class Denominator(StrEnum):
    pooled = "pooled"
    treated = "treated"


class Selection(StrEnum):
    all = "all"
    stepwise = "stepwise"


class Covariate(StrEnum):
    age = "age"
    age_squared = "age_squared"
    sex = "sex"
    ethnicity = "ethnicity"
    nationality = "nationality"
    age_first_offence = "age_first_offence"
    copas_rate = "copas_rate"
    previous_offences = "previous_offences"
    previous_convictions = "previous_convictions"
    previous_custody = "previous_custody"
    previous_by_group = "previous_by_group"
    previous_by_each_group = "previous_by_each_group"
    offences_last_two_years = "offences_last_two_years"
    index_offence_group = "index_offence_group"
    index_severity = "index_severity"
    index_disposal = "index_disposal"
    sentence_band = "sentence_band"
    index_year = "index_year"
    index_quarter = "index_quarter"
    region = "region"
    release_type = "release_type"
    years_since_last_offence = "years_since_last_offence"
    employed = "employed"
    employed_share = "employed_share"
    on_benefit = "on_benefit"
    benefit_share = "benefit_share"
    needs = "needs"
    extra = "extra"


class Organisation(Model):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    sector: Sector


class Service(Model):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    need: Need
    setting: Setting


class Intake(Model):
    minimum_people: Count
    minimum_age: Count
    maximum_age: Count
    allow_initials: bool
    data_from: dt.date | None
    data_to: dt.date | None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.data_from and self.data_to and self.data_from > self.data_to:
            raise ValueError("data_from must not lie after data_to")
        return self

    def data_period(self, known: tuple[dt.date, dt.date] | None = None) -> tuple[dt.date, dt.date] | None:
        """First and last day for which reoffending data exist: these settings, else `known`; None if neither."""
        if known is None and not (self.data_from or self.data_to):
            return None
        first, last = known or (FIRST_DAY, LAST_DAY)
        return self.data_from or first, self.data_to or last


class Forecast(Model):
    analysed_shares: Annotated[tuple[Share, ...], Field(min_length=1)]
    reoffending_rate: Share
    comparison_people: Annotated[int, Field(ge=2)]
    asked_reduction_pp: Annotated[float, Field(gt=0, lt=100)]


class Suitability(Model):
    short_contact_days: Annotated[float, Field(ge=0)]


class Linkage(Model):
    match_probability: Share
    ambiguous_probability: Share
    margin: Annotated[float, Field(ge=0, le=30)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ambiguous_probability > self.match_probability:
            raise ValueError("ambiguous_probability must not exceed match_probability")
        return self


class Cohort(Model):
    route: Route
    index_disposals: Annotated[tuple[Disposal, ...], Field(min_length=1)]
    start_within_months: Months
    sexual_offence: SexualOffence
    equivalent_time_limit: TimeLimit
    follow_up_months: Months
    proving_months: Count
    observed_months: Months | None
    minimum_analysed: Annotated[int, Field(ge=2)]
    release_types: tuple[ReleaseType, ...]
    period: Period
    index_from: dt.date | None
    index_to: dt.date | None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.index_from and self.index_to and self.index_from > self.index_to:
            raise ValueError("index_from must not lie after index_to")
        if self.observed_months is not None and self.observed_months < self.follow_up_months:
            raise ValueError(
                "observed_months must not be less than follow_up_months: nobody counts beyond what was seen"
            )
        if self.route is Route.community and self.start_within_months > self.follow_up_months:
            raise ValueError(
                "start_within_months must not exceed follow_up_months, or it would be over before the start"
            )
        if self.release_types and Disposal.custody not in self.index_disposals:
            raise ValueError("release_types say which releases count, so index_disposals must hold custody")
        return self

    @property
    def must_be_observed_months(self) -> int:
        """Months for which a person must be observed: as set, else follow-up and waiting period together."""
        return self.observed_months or self.follow_up_months + self.proving_months


#: A column of the covariates; which there are is known when they are built, so names are checked there.
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]


class PropensityModel(Model):
    """How covariates become the propensity model, whatever they are."""

    merge_levels_below: Count
    people_per_parameter: Annotated[float, Field(gt=0)]
    splines: tuple[ColumnName, ...]
    spline_df: Annotated[int, Field(ge=2, le=10)]
    interactions: tuple[tuple[ColumnName, ColumnName], ...]
    selection: Selection
    enter_below: Share
    leave_above: Share

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        if self.leave_above < self.enter_below:
            raise ValueError("leave_above must not be below enter_below, or a covariate would come and go without end")
        return self


class Covariates(PropensityModel):
    use: Annotated[tuple[Covariate, ...], Field(min_length=1)]
    needs_within_months: Months | None


class Matching(Model):
    method: Method
    scale: Scale
    caliper_unit: CaliperUnit
    calipers: tuple[Annotated[float, Field(gt=0)], ...]
    ratio: Annotated[int, Field(ge=1)]
    replace: bool
    order: Order
    exact: tuple[ColumnName, ...]
    common_support: CommonSupport
    trim: Annotated[float, Field(ge=0, lt=0.5)]
    fallback: Fallback

    @model_validator(mode="after")
    def _has_a_caliper(self) -> Self:
        if self.method is Method.radius and not self.calipers:
            raise ValueError("radius matching needs at least one caliper")
        return self


class Balance(Model):
    green_up_to: Annotated[float, Field(gt=0)]
    amber_up_to: Annotated[float, Field(gt=0)]
    denominator: Denominator
    squares: bool
    interactions: tuple[tuple[ColumnName, ColumnName], ...]


class Outcomes(Model):
    measures: Annotated[tuple[MeasureFamily, ...], Field(min_length=1)]
    survival_steps: Annotated[int, Field(ge=2, le=60)]

    @model_validator(mode="after")
    def _rate_first(self) -> Self:
        if self.measures[0] is not MeasureFamily.rate:
            raise ValueError("rate must come first: it is the measure that a finding is judged by")
        return self


class Inference(Model):
    confidence: Share
    minimum_reoffenders: Count
    minimum_events: Count
    cross_fit_folds: Annotated[int, Field(ge=0, le=20)]
    bootstrap_draws: Count


class Robustness(Model):
    """The alternative analyses that are declared ahead and shown beside the headline."""

    calipers: tuple[Annotated[float, Field(gt=0)], ...]
    nearest_ratios: tuple[Annotated[int, Field(ge=1)], ...]
    methods: tuple[Method, ...]
    leave_one_out: bool
    placebo: ColumnName | None
    gammas: tuple[Annotated[float, Field(ge=1)], ...]


class Power(Model):
    alpha: Share
    power: Share
    reductions_pp: Annotated[tuple[Annotated[float, Field(gt=0, lt=100)], ...], Field(min_length=1)]


class Disclosure(Model):
    minimum_group: Annotated[int, Field(ge=1)]
    minimum_cell: Annotated[int, Field(ge=1)]


class Reporting(Model):
    """`draft_weeks`: how long the organisation has for its comments on a draft.

    `reminder_days_before`: so many days before they are due a reminder is, and again so many days after each reminder.
    `answer_within_weeks`: after so many weeks from its receipt a request without an end is overdue; null: never.

    Concerns the report stage alone: no part of what results are made from, so an older lab need not state it.
    """

    draft_weeks: Annotated[int, Field(ge=1, le=52)] = 4
    reminder_days_before: Annotated[int, Field(ge=0, le=364)] = 7
    answer_within_weeks: Annotated[int, Field(ge=1, le=520)] | None = 12

    def printed(self) -> dict[str, Any]:
        """What a report is made from and prints: when to remind and when a request is late is the lab's own diary."""
        return self.model_dump(mode="json", include={"draft_weeks"})


#: What each request states for itself; the rest has its place in ``defaults.yml``.
ALWAYS_STATED = ("request", "organisation", "service", "received", "submission", "register")

AnalysisId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]

#: Sections that an analysis may set for itself.
OF_ANALYSIS = ("cohort", "covariates", "matching", "balance", "outcomes", "inference", "power", "robustness")


class AnalysisChoice(Model):
    """One entry of a request's `analyses`: which records it takes, and what it sets otherwise than the request.

    Parameters
    ----------
    title : str, optional
        As readers see it. Default: made from the id.
    records : dict
        Column of the upload -> values; only records with one of them belong to the analysis.
    each : UploadColumn, optional
        Make one analysis for each value of this column that enough people have.
    subgroups : tuple of Subgroup, optional
        Default: the request's.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    records: dict[UploadColumn, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    each: UploadColumn | None = None
    subgroups: tuple[Subgroup, ...] | None = None
    cohort: dict[str, Any] = {}
    covariates: dict[str, Any] = {}
    matching: dict[str, Any] = {}
    balance: dict[str, Any] = {}
    outcomes: dict[str, Any] = {}
    inference: dict[str, Any] = {}
    power: dict[str, Any] = {}
    robustness: dict[str, Any] = {}

    def changes(self) -> dict[str, Any]:
        """What this analysis sets otherwise than its request, section by section."""
        sections = {name: getattr(self, name) for name in OF_ANALYSIS if getattr(self, name)}
        return sections | ({} if self.subgroups is None else {"subgroups": list(self.subgroups)})


class Analysis(Model):
    """Which analysis of a request a specification is for; `main` is the only one of a request that lists none."""

    id: AnalysisId = "main"
    title: str = ""
    records: dict[UploadColumn, tuple[str, ...]] = {}


#: Of a specification, what is no choice: who asks for what, and which analysis it is for.
_NO_CHOICES = ("request", "organisation", "service", "received", "submission", "register", "analysis", "exploratory")

#: Folders beside those of the requests below the outputs folder: no request may have such a name.
RESERVED = ("archive", "batches", "bulletins", "feedback", "imported", "index", "released")


class RequestSpec(Shown, Model):
    """One request, whole: what it asks for and every choice that applies to it.

    A request may hold several analyses. Each has a specification of its own (`for_analysis`), in which `analysis` says
    which one it is; whatever concerns one analysis is given that one.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> spec = examples.foundation().spec
    >>> spec.matching.calipers
    (0.2, 0.1, 0.05, 0.01)
    >>> narrower = spec.with_(matching={"calipers": [0.02]})
    >>> narrower.differs()
    ['matching.calipers']
    >>> print(narrower.summary())
    Request foundation-2013 (Supported housing, Foundation): 1 choice is not as requested
    """

    request: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    organisation: Organisation
    service: Service
    received: dt.date
    submission: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,120}\.(xlsx|ods|csv)$")]
    register_name: Annotated[str, Field(alias="register", pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
    seed: Count
    intake: Intake
    forecast: Forecast
    suitability: Suitability
    linkage: Linkage
    cohort: Cohort
    covariates: Covariates
    matching: Matching
    balance: Balance
    outcomes: Outcomes
    inference: Inference
    power: Power
    robustness: Robustness
    disclosure: Disclosure
    report: Reporting = Reporting()
    subgroups: tuple[Subgroup, ...]
    intensity_bands: tuple[Annotated[float, Field(gt=0)], ...]
    analyses: dict[AnalysisId, AnalysisChoice]
    analysis: Analysis = Analysis()
    exploratory: bool = False
    _requested: dict[str, Any] | None = PrivateAttr(None)

    @field_validator("request")
    @classmethod
    def _is_not_reserved(cls, request: str) -> str:
        if request in RESERVED:
            raise ValueError(f"`{request}` is a folder of the outputs; give the request another name")
        return request

    @model_validator(mode="after")
    def _exact_are_covariates(self) -> Self:
        unknown = [name for name in self.matching.exact if name not in set(Covariate)]
        if unknown and Covariate.extra not in self.covariates.use:
            near = [difflib.get_close_matches(name, list(Covariate), n=1, cutoff=0.5) for name in unknown]
            hints = [
                f"`{name}`{f' (did you mean `{n[0]}`?)' if n else ''}" for name, n in zip(unknown, near, strict=True)
            ]
            raise ValueError(f"matching.exact names what is no covariate: {', '.join(hints)}")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of all that results are made from: the same choices give the same hash, whatever the YAML's layout.

        The section `report` and the name of the upload's file are not part of it.
        """
        return hashlib.sha256(json.dumps(of_results(self.to_dict()), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The specification as plain values, by the names used in YAML."""
        return self.model_dump(mode="json", by_alias=True)

    def on_record(self) -> dict[str, Any]:
        """The same as records keep it: without the name of the upload's file, which may be a client's."""
        return {key: value for key, value in self.to_dict().items() if key != "submission"}

    def with_(self, **changes: Any) -> RequestSpec:
        """A copy with other choices, marked EXPLORATORY: what comes of it cannot be released.

        Parameters
        ----------
        **changes
            Sections and the keys to change in them: ``spec.with_(matching={"calipers": [0.05]})``.
        """
        changed = validate(merge(self.to_dict(), changes) | {"exploratory": True}, "with_(…)")
        changed._requested = self._requested or self.to_dict()
        return changed

    def differs(self) -> list[str]:
        """Places of the choices that are others than was requested or, if none was made by hand, than by default."""
        before = self._before()
        now = {name: value for name, value in self.to_dict().items() if name in before and name not in _NO_CHOICES}
        return [place for place, _, _ in settings_changed({name: before[name] for name in now}, now)]

    def summary(self) -> str:
        """Whose request it is, and how many choices are others than before."""
        n, before = len(self.differs()), self._before_is
        many = f"every choice is {before}"
        if n:
            many = f"{n} {'choice is' if n == 1 else 'choices are'} not {before}"
        title = f", analysis {self.analysis.title or self.analysis.id}" if self.analysis.id != "main" else ""
        return f"Request {self.request}{title} ({self.service.name}, {self.organisation.name}): {many}"

    def table(self) -> Table:
        """Every choice in words, by the section of the request's file."""
        from .tables import choices_table

        return choices_table(self.to_dict())

    def blocks(self) -> tuple[Block, ...]:
        """What a notebook shows: the summary, the choices that are not as requested (or by default), every choice."""
        from .tables import changed_choices_table

        mark = f"\n\n{exploratory.MARK}" if self.exploratory and not exploratory.is_marked() else ""
        changed = changed_choices_table(self.to_dict(), self._before(), self._before_is)
        return tuple(b for b in (Words(f"{self.summary()}.{mark}"), changed, self.table()) if b is not None)

    @property
    def _before_is(self) -> str:
        return "by default" if self._requested is None else "as requested"

    def _before(self) -> dict[str, Any]:
        """The choices that these are laid beside: those requested, or the toolkit's defaults."""
        return self._requested or read_yaml(lab_resources() / "parameters" / "defaults.yml")

    def variant(self, **changes: Any) -> RequestSpec:
        """A copy with other choices, as `with_`, for the variants that are declared ahead: not marked EXPLORATORY."""
        return validate(merge(self.to_dict(), changes), "a variant")

    def for_analysis(self, analysis: Analysis, choice: AnalysisChoice) -> RequestSpec:
        """The specification of one analysis: the request's, with what `choice` sets otherwise."""
        where = f"analyses.{analysis.id}"
        values = merge(self.to_dict(), choice.changes()) | {"analysis": analysis.model_dump(mode="json")}
        return _validated(values, where, RequestSpec)


def lab_resources() -> Path:
    """Folder that holds the notebooks and parameters shipped with the toolkit (the wheel's, or the checkout's)."""
    shipped = Path(str(resources.files(__package__))) / "_lab"
    return shipped if shipped.is_dir() else Path(__file__).resolve().parent.parent


class _Repeated(Exception):
    """Keys that a YAML file states more than once in one mapping: (key, line of the first, line), from 1."""

    def __init__(self, found: list[tuple[str, int, int]]) -> None:
        super().__init__(found)
        self.found = found


#: YAML lets the last of two sections of one name win in silence, so that what the first says would be lost.
_STATE_ONCE = "state each key once: put what both say together"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which refuses keys that are stated twice, however deep they stand."""

    def get_single_node(self) -> yaml.Node | None:
        node = super().get_single_node()
        found = sorted(_repeated_keys(node), key=lambda one: one[2])
        if found:
            raise _Repeated(found)
        return node


def _repeated_keys(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    seen, left = set(), [root]  # an alias stands for a node that was seen, which may hold itself
    while left:
        node = left.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
            continue
        lines: dict[str, int] = {}
        for key, value in node.value:
            left.append(value)
            if isinstance(key, yaml.ScalarNode):
                line = key.start_mark.line + 1
                if key.value in lines:
                    yield key.value, lines[key.value], line
                lines.setdefault(key.value, line)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises
    ------
    JDLError
        If the file is missing, is no YAML, states a key twice in one mapping, or holds something else than a mapping.
    """
    try:
        values = yaml.load(read_text(path), _Loader)
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*.yml")) if path.parent.is_dir() else []
        fix = (
            f"there are: {', '.join(near)}"
            if near
            else "check the name, or lay out a working folder with `jdl init DIR`"
        )
        raise JDLError("there is no such file", where=str(path), fix=fix) from None
    except (
        OSError,
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ) as fault:  # also a date that is none, a nest without end
        mark = getattr(fault, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise JDLError("the file is not readable as YAML", where=f"{path}{line}", fix="correct its syntax") from None
    except _Repeated as repeated:
        raise JDLError(
            Problem(f"`{key}` stands here and in line {first} already", f"{path}, line {line}", _STATE_ONCE)
            for key, first, line in repeated.found
        ) from None
    if not isinstance(values, dict):
        raise JDLError(
            "the file should hold settings, as `key: value`",
            where=str(path),
            fix="write them as in parameters/requests, which `jdl init DIR` lays out",
        )
    return values


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, section by section; lists are replaced whole."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def of_results(values: dict[str, Any]) -> dict[str, Any]:
    """Settings, as plain values, that results are made from.

    Not among them: the section that concerns the report stage alone, and how the upload's file is called.
    """
    return {key: value for key, value in values.items() if key not in ("report", "submission")}


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Settings that are not the same in two specifications: ``matching.exact ([] → ['sex'])``; long ones cut."""
    found = settings_changed(before, after)
    return [f"{place} ({cut(str(old), 80)} → {cut(str(new), 80)})" for place, old, new in found]


def settings_changed(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[tuple[str, Any, Any]]:
    """Settings that are not the same in two specifications: place (``matching.exact``), before, after."""
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += settings_changed(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append((f"{prefix}{key}", old, new))
    return found


def load_spec(path: Path, defaults: Path | None = None) -> RequestSpec:
    """Lay a request over the defaults and validate the whole.

    Parameters
    ----------
    path : Path
        The request's YAML file.
    defaults : Path, optional
        The lab's ``defaults.yml``. Default: the one shipped with the toolkit.

    Raises
    ------
    JDLError
        With every fault at once: unknown keys with the nearest valid name, missing keys, wrong values.
    """
    path = Path(path)
    base = read_yaml(defaults or lab_resources() / "parameters" / "defaults.yml")
    asked = read_yaml(path)
    for key in ("exploratory", "analysis"):
        if key in asked:
            fix = "take the line out" if key == "exploratory" else "list analyses under `analyses:`"
            raise JDLError(f"`{key}` is not for a request to set", where=str(path), fix=fix)
    try:
        return validate(merge(base, {"register": "main"} | asked), path.name)
    except JDLError as fault:
        raise JDLError(_where_it_stands(problem, asked, base, path.name) for problem in fault.problems) from None


def _where_it_stands(problem: Problem, asked: dict[str, Any], base: dict[str, Any], name: str) -> Problem:
    """A problem with a setting that the request does not state is one of the defaults."""
    of, _, place = problem.where.partition(", ")
    keys = place.split(".")
    is_of_defaults = of == name and not _states(asked, keys) and _states(base, keys)
    return replace(problem, where=f"defaults.yml, {place}") if is_of_defaults else problem


def _states(values: Any, keys: list[str]) -> bool:
    """Whether settings hold what stands at a place, or something else than settings on the way to it."""
    if not keys or not isinstance(values, dict):
        return True
    return keys[0] in values and _states(values[keys[0]], keys[1:])


def intake_spec(defaults: Path) -> RequestSpec:
    """The defaults alone, for an upload that belongs to no request yet; it counts as received today."""
    service = {"name": "an upload to check", "need": Need.other, "setting": Setting.both}
    asked = {"request": "check", "organisation": {"name": "unknown", "sector": Sector.voluntary}, "service": service}
    asked |= {"received": dt.date.today(), "submission": "upload.xlsx", "register": "main"}
    return validate(read_yaml(defaults) | asked, defaults.name)


def validate(values: dict[str, Any], where: str, model: type[M] = RequestSpec) -> M:
    """Validate settings, a request's or another `model`'s, or raise one `JDLError` that names every fault."""
    found = _validated(values, where, model)
    if isinstance(found, RequestSpec):
        problems = []
        for name, choice in found.analyses.items():
            try:
                _validated(merge(values, choice.changes()), f"{where}, analyses.{name}", RequestSpec)
            except JDLError as fault:
                problems += fault.problems
        if problems:
            raise JDLError(problems)
    return found


def _validated(values: dict[str, Any], where: str, model: type[M]) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise JDLError(_problem(error, where, model) for error in fault.errors()) from None


def _problem(error: dict[str, Any], where: str, model: type[BaseModel]) -> Problem:
    path = [str(part) for part in error["loc"]]
    place = f"{where}, {'.'.join(path)}"
    if error["type"] == "extra_forbidden":
        allowed = _keys_at(path[:-1], model)
        near = difflib.get_close_matches(path[-1], allowed, n=1, cutoff=0.5)
        hint = f"did you mean `{near[0]}`? " if near else ""
        return Problem("unknown key", place, f"{hint}Allowed: {', '.join(sorted(allowed))}.")
    if error["type"] == "missing":
        if model is RequestSpec and path[0] not in ALWAYS_STATED:
            fix = "add it to parameters/defaults.yml; a new `jdl init` lays one out that is whole"
            return Problem("this setting is missing", f"defaults.yml, {'.'.join(path)}", fix)
        example = "; parameters/requests holds an example" if model is RequestSpec else ""
        return Problem("this setting is missing", place, f"add it{example}")
    if error["type"] == "enum":
        allowed = error["ctx"]["expected"]
        return Problem("not one of the allowed values", place, f"use {allowed}")
    if error["type"] == "string_pattern_mismatch":
        is_file = path[-1] == "submission"
        allowed = "a plain file name ending in .xlsx, .ods or .csv" if is_file else "small letters, digits and hyphens"
        return Problem("this name is not allowed", place, f"use {allowed}")
    if error["type"] == "tuple_type":
        return Problem("this should be a list", place, "write its values in square brackets: [one, another]")
    what = error["msg"].removeprefix("Value error, ")
    return Problem(what[0].lower() + what[1:], place, "correct the value")


def _keys_at(path: list[str], model: type[BaseModel]) -> list[str]:
    for part in path:
        if get_origin(model) is dict:  # entries by name: any name stands for the same kind of entry
            model = get_args(model)[1]
        else:
            model = next(f.annotation for n, f in model.model_fields.items() if part in (n, f.alias))
    return [f.alias or n for n, f in model.model_fields.items() if n not in ("exploratory", "analysis")]
