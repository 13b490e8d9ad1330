"""The outcome measures of the method: what each is, among whom it is taken, and which way is welcome.

A measure among those who reoffended conditions on something that happens after the index date, so it stands directly
beside its version over everyone, wherever there is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..spec import MeasureFamily as F
from ..spec import RequestSpec
from ..wording import listed, period, small_number
from .estimation import Kind

#: Family -> what is named where it is left out.
FAMILY_WORDS = {
    F.rate: "reoffending",
    F.frequency: "number of reoffences",
    F.days: "time to the first reoffence",
    F.first_class: "class of the first reoffence",
    F.count_by_class: "reoffences by class",
    F.first_custody: "custody for the first reoffence",
    F.custodial_sentences: "custodial sentences",
    F.days_in_custody: "days in custody",
    F.employment: "employment",
    F.benefits: "out-of-work benefits",
}


@dataclass(frozen=True)
class Measure:
    """One outcome measure.

    Parameters
    ----------
    family : MeasureFamily
    key, label : str
    kind : Kind
    column : str
        Of the outcome frame; ``first_class=summary`` is whether that column has this value.
    better : {"lower", "higher", "neither"}
    base : {"everyone", "reoffenders"}
    """

    family: F
    key: str
    label: str
    kind: Kind
    column: str
    better: str = "lower"
    base: str = "everyone"

    def values(self, outcomes: pd.DataFrame) -> np.ndarray:
        """The outcome of each person as a number, shape (n_people,)."""
        column, _, level = self.column.partition("=")
        return (outcomes[column] == level).to_numpy(float) if level else outcomes[column].to_numpy(float)

    def is_in(self, outcomes: pd.DataFrame) -> bool:
        return self.column.partition("=")[0] in outcomes

    @property
    def needs_events(self) -> bool:
        """Whether it needs `inference.minimum_events`; the first three families have been published without."""
        return self.family not in (F.rate, F.frequency, F.days)


def measures_asked(spec: RequestSpec, outcomes: pd.DataFrame) -> tuple[list[Measure], tuple[str, ...]]:
    """The measures of the families asked for, in the order asked for.

    Parameters
    ----------
    spec : RequestSpec
        outcomes.measures, cohort.follow_up_months.
    outcomes : DataFrame
        Measures whose column it does not hold are left out.

    Returns
    -------
    measures : list of Measure
    messages : tuple of str
        What is left out, in one sentence.
    """
    months = spec.cohort.follow_up_months
    words = {"length": _adjective(months), "period": period(months), "event": _event(spec)}
    asked = [m for family in spec.outcomes.measures for m in MEASURES if m.family == family]
    missing = dict.fromkeys(FAMILY_WORDS[m.family] for m in asked if not m.is_in(outcomes))
    said = f"The register does not hold what these measures need, so they are left out: {listed(tuple(missing))}."
    held = [replace(m, label=m.label.format(**words)) for m in asked if m.is_in(outcomes)]
    return held, (said,) if missing else ()


def rate_label(spec: RequestSpec) -> str:
    """Label of the first measure: ``One-year proven reoffending rate``."""
    return MEASURES[0].label.format(length=_adjective(spec.cohort.follow_up_months))


def _event(spec: RequestSpec) -> str:
    """What follow-up starts from, for a reader who knows no index date: ``sentence``, ``sentence or release``."""
    codes = {str(code) for code in spec.cohort.index_disposals}
    return " or ".join((["sentence"] if codes - {"custody"} else []) + (["release"] if "custody" in codes else []))


def _adjective(months: int) -> str:
    """The follow-up before a noun: ``One-year``, ``Two-year``, ``18-month``."""
    years, rest = divmod(months, 12)
    return f"{months}-month" if rest else f"{small_number(years).capitalize()}-year"


def _pair(family: F, key: str, label: str, kind: Kind, column: str, better: str = "lower") -> tuple[Measure, Measure]:
    """A measure over everyone, and the same among those who reoffended; `better` is of the latter.

    Over everyone a lower figure is welcome whatever the class, as it may come of fewer people reoffending.
    """
    people, reoffenders = ("People", "Reoffenders") if label.startswith("{who}") else ("person", "reoffender")
    return (
        Measure(family, key, label.replace("{who}", people), kind, column),
        Measure(family, f"{key}_reoffenders", label.replace("{who}", reoffenders), kind, column, better, "reoffenders"),
    )


_SHARE, _COUNT, _DAYS = Kind.share, Kind.count, Kind.days
_FIRST, _EACH_WAY = "{who} whose first reoffence was ", "first_class=either_way"
_GIVEN, _SENTENCES = "{who} given custody for their first reoffence", "Custodial sentences for reoffences per {who}"
_WORK, _BENEFIT = "People in work ", "People on out-of-work benefit "
_ANY, _MONTH, _END = "at any time within {period}", "one month after the {event}", "{period} after the {event}"

MEASURES = (
    Measure(F.rate, "rate", "{length} proven reoffending rate", _SHARE, "reoffended"),
    Measure(F.frequency, "frequency", "Proven reoffences per person", _COUNT, "n_reoffences"),
    Measure(F.days, "days", "Days to first proven reoffence", _DAYS, "days_to_first", "higher", "reoffenders"),
    *_pair(F.first_class, "first_indictable", _FIRST + "indictable", _SHARE, "first_class=indictable"),
    *_pair(F.first_class, "first_either_way", _FIRST + "triable either way", _SHARE, _EACH_WAY, "neither"),
    *_pair(F.first_class, "first_summary", _FIRST + "summary", _SHARE, "first_class=summary", "neither"),
    *_pair(F.count_by_class, "n_indictable", "Indictable reoffences per {who}", _COUNT, "n_indictable"),
    *_pair(F.count_by_class, "n_either_way", "Triable either way reoffences per {who}", _COUNT, "n_either_way"),
    *_pair(F.count_by_class, "n_summary", "Summary reoffences per {who}", _COUNT, "n_summary"),
    *_pair(F.first_custody, "first_custody", _GIVEN, _SHARE, "first_custody"),
    *_pair(F.custodial_sentences, "custodial_sentences", _SENTENCES, _COUNT, "n_custodial_sentences"),
    Measure(F.days_in_custody, "days_in_custody", "Days in custody per person", _DAYS, "days_in_custody"),
    Measure(F.employment, "employed_any", _WORK + _ANY, _SHARE, "employed_any", "higher"),
    Measure(F.employment, "employed_1_month", _WORK + _MONTH, _SHARE, "employed_1_month", "higher"),
    Measure(F.employment, "employed_end", _WORK + _END, _SHARE, "employed_end", "higher"),
    Measure(F.benefits, "benefit_any", _BENEFIT + _ANY, _SHARE, "benefit_any"),
    Measure(F.benefits, "benefit_end", _BENEFIT + _END, _SHARE, "benefit_end"),
)
