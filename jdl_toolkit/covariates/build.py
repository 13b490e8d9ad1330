"""Everything known of a person as at the index date, coded for matching and banded for readers; never an outcome.

Coding, stated once (each covariate: `parameters/codebook/covariates.yml`)
---------------------------------------------------------------------------
- Counts of previous offences, convictions and sentences enter as log(1 + n): the step from none to one says more than
  the step from thirty to thirty-one. Readers see plain bands (`Covariates.profile`).
- Age is in completed years; its square is centred at the mean age of all units, so that the two columns are nearly
  unrelated.
- A missing category is the level "not recorded". A missing number is the median of all units, with a column beside it
  that says so (``<name>_missing``); two such columns that agree for everybody are one. An age at first offence that is
  filled in is at most the age.
- Previous means proven before the index date and not part of the index disposal (`history`); work and benefits are
  those before the sentence (`circumstances`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ..cohort import Cohort
from ..document import Block, Figure, Table, Words
from ..numbers import MINIMUM_CELL
from ..register import OFFENCE_GROUPS, Register
from ..result import Result
from ..spec import Covariate, RequestSpec
from .circumstances import before_sentence, latest_extra, latest_needs, release_types
from .groups import compare_groups, groups_table, may_show
from .history import copas_rate, gather_facts, merged_counts
from .meanings import Codebook, read_codebook
from .profile import NOT_RECORDED, SENTENCE_BANDS, banded, build_profile, quarter, words, year


@dataclass(frozen=True)
class Covariates(Result):
    """Covariates as at the index date of everybody who may be compared.

    Parameters
    ----------
    units : DataFrame
        unit_id, is_treated, then a column per covariate: float, or text for a category. No value is missing.
    profile : DataFrame
        unit_id and the characteristics readers know, as ordered categories, in the order a table should show.
    labels : dict
        Column of `units` or `profile` -> label for readers.
    messages : tuple of str
        Covariates that were asked for and could not be had.
    codebook : DataFrame
        A row per covariate column of `units` (those for missing values apart): column, covariate, label, meaning,
        values, enters, missing.
    minimum_cell : int
        Shares of fewer people are not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> covariates = examples.foundation().covariates
    >>> covariates
    30 covariates as at the index date of 257 treated people and 2,354 controls
    >>> covariates.names[:4]
    ['age', 'age_squared', 'sex', 'ethnicity']
    >>> apart = covariates.to_frame().sort_values("smd", key=abs, ascending=False)
    >>> apart[["covariate", "treated", "pool", "smd"]].head(3).round(2)
                  covariate  treated  pool   smd
    4     previous_offences     2.05  1.43  0.66
    5  previous_convictions     1.42  1.00  0.62
    3            copas_rate    -1.34 -1.61  0.57
    """

    units: pd.DataFrame
    profile: pd.DataFrame
    labels: dict[str, str]
    messages: tuple[str, ...] = ()
    codebook: pd.DataFrame = field(default_factory=pd.DataFrame)
    minimum_cell: int = MINIMUM_CELL

    @property
    def names(self) -> list[str]:
        """Columns of `units` that are covariates."""
        return [column for column in self.units if column not in ("unit_id", "is_treated")]

    def summary(self) -> str:
        n, controls = self._sizes
        return f"{len(self.names)} covariates as at the index date of {n:,} treated people and {controls:,} controls"

    def to_frame(self) -> pd.DataFrame:
        """The groups before matching, everybody counting once: a row per number and per level of a category.

        Returns
        -------
        DataFrame
            kind (``average`` of a number, ``share`` of a yes-or-no column, ``level`` of a category), covariate (column
            of `units`), level ("" but for a category), label, treated, pool (average, or share as a fraction),
            n_treated, n_pool (people it is an average of, or who have it), smd (difference in standard deviations,
            sqrt((s²_treated + s²_pool) / 2), as `balance.smd` has it; missing where groups differ and nothing varies).
        """
        return self._groups.copy()

    def table(self) -> Table:
        """The groups before matching; shares of fewer people than `minimum_cell` are not shown."""
        return groups_table(self._groups, *self._sizes, self.minimum_cell)

    def plot(self) -> Figure | None:
        """How the groups differ before matching, the largest differences first; None if there is nothing to draw."""
        from .. import plots

        frame = self._groups
        return plots.groups_plot(frame[may_show(frame, *self._sizes, self.minimum_cell)])

    def meanings_table(self) -> Table:
        """What each covariate means, in what form it enters, and what stands for a missing value."""
        from .. import tables

        heads = {"label": "Covariate", "meaning": "Meaning", "enters": "Enters", "missing": "If missing"}
        book = self.codebook.reindex(columns=list(heads))
        return tables.plain_table(book, "What each covariate means", heads, key="meanings")

    def blocks(self) -> tuple[Block, ...]:
        """Summary, what could not be had, table and picture."""
        said = [Words("\n".join(f"- {message}" for message in self.messages))] if self.messages else []
        first, *rest = super().blocks()
        return (first, *said, *rest)

    @cached_property
    def _groups(self) -> pd.DataFrame:
        """Worked out once, for table and picture: it reads every column."""
        return compare_groups(self.units, self.labels)

    @property
    def _sizes(self) -> tuple[int, int]:
        """Treated people, and people in the control pool."""
        n = int(self.units["is_treated"].sum())
        return n, len(self.units) - n


@dataclass(frozen=True)
class Facts:
    """What the register says of everybody as at the index date, from which any choice of covariates is made.

    Parameters
    ----------
    people : DataFrame
        unit_id, person_id, disposal_id, index_date, is_treated, …: the treated first.
    of_each : DataFrame
        A row for each of `people`.
    """

    people: pd.DataFrame = field(repr=False)
    of_each: pd.DataFrame = field(repr=False)


def gather(cohort: Cohort, register: Register) -> Facts:
    """Read what was known of each person at the index date, whatever of it is used."""
    groups = [cohort.treated.assign(is_treated=True), cohort.pool.assign(is_treated=False)]
    people = pd.concat(groups, ignore_index=True)
    people = people.astype({"unit_id": "int64", "person_id": "int64", "disposal_id": "int64", "is_treated": bool})
    facts = gather_facts(people, register)
    return Facts(people, facts.assign(**_circumstances(people.assign(sentence_date=facts["sentence_date"]), register)))


def build_covariates(
    cohort: Cohort,
    register: Register,
    spec: RequestSpec,
    codebook: Codebook | None = None,
    known: Facts | None = None,
) -> Covariates:
    """Read what was known of each person at the index date.

    Parameters
    ----------
    cohort : Cohort
    register : Register
    spec : RequestSpec
        ``spec.covariates.use`` says which covariates, and in which order.
    codebook : Codebook, optional
        Labels. Default: the one shipped with the toolkit.
    known : Facts, optional
        As `gather` gives them, where several choices of covariates are made for the same people.
    """
    book, known = codebook or read_codebook(), known or gather(cohort, register)
    people, facts = known.people, known.of_each
    raw, messages = [pd.DataFrame(index=facts.index)], []
    for covariate in spec.covariates.use:
        if covariate is Covariate.age_squared:
            continue  # made of the age once that is complete
        columns, lacking = raw_columns(covariate, facts, people, register, spec)
        raw.append(columns)
        messages += lacking
    units, labels, unusable = _complete(pd.concat(raw, axis=1), book)
    age = facts["age"].fillna(facts["age"].median())
    if "age_first_offence" in units:
        units["age_first_offence"] = np.fmin(units["age_first_offence"], age)
    if Covariate.age_squared in spec.covariates.use and age.notna().all():
        units.insert(list(units).index("age") + 1 if "age" in units else 0, "age_squared", (age - age.mean()) ** 2)
        labels["age_squared"] = book.label("age_squared")
    profile = build_profile(facts)
    return Covariates(
        units=pd.concat([people[["unit_id", "is_treated"]], units], axis=1),
        profile=profile,
        labels={name: label for name, label in book.profile_labels.items() if name in profile} | labels,
        messages=(*messages, *unusable),
        codebook=book.entries([name for name in units if not _is_indicator(name, units)]),
        minimum_cell=spec.disclosure.minimum_cell,
    )


def _is_indicator(name: str, units: pd.DataFrame) -> bool:
    """Whether a column only says that another is missing."""
    return name.endswith("_missing") and name.removesuffix("_missing") in units


def _circumstances(people: pd.DataFrame, register: Register) -> dict[str, pd.Series]:
    """Type of release, work and benefits, as far as the register has them."""
    found = {}
    release = release_types(people, register)
    if release is not None:
        found["release_type"] = release
    for table, kind, near, share in (
        ("employment_spell", "employed", "employed", "employed_share"),
        ("benefit_spell", "out_of_work", "on_benefit", "benefit_share"),
    ):
        if register.has(table):
            days = before_sentence(people, register, table, kind)
            found |= {near: days["is_near"], share: days["share"]}
    return found


def raw_columns(
    covariate: Covariate, facts: pd.DataFrame, people: pd.DataFrame, register: Register, spec: RequestSpec
) -> tuple[pd.DataFrame, list[str]]:
    """The columns of one covariate, values missing where the register has none, and what could not be had."""
    if covariate in _FROM_FACTS:
        return _FROM_FACTS[covariate](facts), []
    if covariate in facts:
        values = facts[str(covariate)]
        return (words(values) if covariate is Covariate.release_type else values).to_frame(str(covariate)), []
    if covariate is Covariate.needs and register.has("needs_assessment"):
        needs = latest_needs(people, register, spec.covariates.needs_within_months)
        return needs.astype("float64").add_prefix("needs_"), []
    if covariate is Covariate.extra and register.has("extra_covariates"):
        extra, unusable = latest_extra(people, register)
        lacking = [f"extra: column {column} is neither a number nor text; left out" for column in unusable]
        return extra.add_prefix("extra_"), lacking
    # Nobody asks for a lab's own columns by name: without any, nothing is lacking. Nor a type where nobody is released.
    is_lacking = covariate is not Covariate.extra
    is_lacking &= covariate is not Covariate.release_type or bool((people["disposal"] == "custody").any())
    return pd.DataFrame(index=facts.index), [f"{covariate}: the register has no such records; left out"] * is_lacking


def _previous_by_group(facts: pd.DataFrame) -> pd.DataFrame:
    return np.log1p(merged_counts(facts).astype("float64")).add_prefix("previous_")


def _previous_by_each_group(facts: pd.DataFrame) -> pd.DataFrame:
    counts = facts[[f"n_{group}" for group in OFFENCE_GROUPS]].astype("float64")
    return np.log1p(counts).rename(columns=lambda name: f"previous_each_{name[2:]}")


def _copas_rate(facts: pd.DataFrame) -> pd.Series:
    return copas_rate(facts["n_sanctions"], facts["age"], facts["age_first_sanction"])


def _sentence_band(facts: pd.DataFrame) -> pd.Series:
    return banded(facts["sentence_days"], SENTENCE_BANDS).astype(object)


def _log_count(count: str, name: str):
    return lambda facts: np.log1p(facts[count].astype("float64")).to_frame(name)


def _as_is(name: str):
    return lambda facts: facts[[name]]


_FROM_FACTS = {
    Covariate.age: _as_is("age"),
    Covariate.sex: lambda facts: facts["sex"].map({"M": "Male", "F": "Female"}).to_frame(),
    Covariate.ethnicity: _as_is("ethnicity"),
    Covariate.nationality: _as_is("nationality"),
    Covariate.age_first_offence: _as_is("age_first_offence"),
    Covariate.copas_rate: lambda facts: _copas_rate(facts).to_frame("copas_rate"),
    Covariate.previous_offences: _log_count("n_offences", "previous_offences"),
    Covariate.previous_convictions: _log_count("n_convictions", "previous_convictions"),
    Covariate.previous_custody: _log_count("n_custody", "previous_custody"),
    Covariate.previous_by_group: _previous_by_group,
    Covariate.previous_by_each_group: _previous_by_each_group,
    Covariate.offences_last_two_years: _log_count("n_two_years", "offences_last_two_years"),
    Covariate.years_since_last_offence: _log_count("years_since_last_offence", "years_since_last_offence"),
    Covariate.index_offence_group: lambda f: words(f["index_offence_group"]).to_frame("index_offence_group"),
    Covariate.index_severity: _as_is("index_severity"),
    Covariate.index_disposal: lambda facts: words(facts["disposal"]).to_frame("index_disposal"),
    Covariate.sentence_band: lambda facts: _sentence_band(facts).to_frame("sentence_band"),
    Covariate.index_year: lambda facts: year(facts).to_frame("index_year"),
    Covariate.index_quarter: lambda facts: quarter(facts).to_frame("index_quarter"),
    Covariate.region: _as_is("region"),
}  # fmt: skip


def _complete(raw: pd.DataFrame, book: Codebook) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Columns without missing values, their labels, and what had to be left out."""
    units: dict[str, pd.Series] = {}
    labels, indicators, unusable = {}, set(), []
    for name in raw:
        values, label = raw[name], book.label(name)
        if not pd.api.types.is_numeric_dtype(values):
            text = values.astype(object)
            units[name] = text.where(text.notna(), NOT_RECORDED).astype("str")
            labels[name] = label
            continue
        missing = values.isna()
        if missing.all() and len(values):
            unusable.append(f"{label}: nobody has a value; left out")
            continue
        units[name], labels[name] = values.astype("float64").fillna(values.median()), label
        pattern = missing.to_numpy().tobytes()
        if missing.any() and pattern not in indicators:
            indicators.add(pattern)
            units[f"{name}_missing"] = missing.astype("float64")
            labels[f"{name}_missing"] = f"{label}: {book.missing_label(name)}"
    return pd.DataFrame(units, index=raw.index), labels, unusable
