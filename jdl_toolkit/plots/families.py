"""Outcome measures in the order in which readers meet them: by family, a measure among reoffenders beside its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Family of measures (`spec.MeasureFamily`) -> heading that it stands under. Several may share one.
HEADINGS: dict[str, str] = {
    "rate": "Reoffending",
    "frequency": "Reoffending",
    "days": "Reoffending",
    "first_class": "Seriousness of the first reoffence",
    "count_by_class": "Number of reoffences by seriousness",
    "first_custody": "Custody",
    "custodial_sentences": "Custody",
    "days_in_custody": "Custody",
    "employment": "Employment",
    "benefits": "Out-of-work benefits",
}
CLASSES = (
    "Indictable offences are the most serious and are tried by the Crown Court; offences triable either way can be "
    "tried by either court; summary offences are the least serious and are tried by magistrates."
)
AMONG = "among those who reoffended"
_OF_REOFFENDERS = re.compile(r"_(among_|of_)?reoffend(ers|ed)$")


@dataclass(frozen=True)
class Placed:
    """A measure under its heading; `is_below`: it is taken among reoffenders, and the same over everyone precedes."""

    heading: str
    measure: Any
    is_below: bool

    @property
    def name(self) -> str:
        """The measure's label, by itself."""
        return measure_label(self.measure)

    @property
    def label(self) -> str:
        """The measure's label, short where the row above names it."""
        return AMONG if self.is_below else self.name


def heading(measure: Any) -> str:
    return HEADINGS.get(measure.family, "Reoffending")


def arranged(measures: Iterable[Any]) -> list[Placed]:
    """Measures by heading, otherwise in their order; one among reoffenders directly after the same over everyone."""
    given = list(measures)
    order = list(dict.fromkeys([*HEADINGS.values()]))
    groups = sorted(given, key=lambda m: order.index(heading(m)))
    placed: list[Placed] = []
    for measure in groups:
        if measure.base == "everyone":
            placed.append(Placed(heading(measure), measure, False))
            pairs = [m for m in groups if m.base != "everyone" and _is_same(m, measure)]
            placed += [Placed(heading(m), m, True) for m in pairs]
        elif not any(m.base == "everyone" and _is_same(measure, m) for m in groups):
            placed.append(Placed(heading(measure), measure, False))
    return placed


def measure_label(measure: Any) -> str:
    """A measure's label that says so where only people who reoffended are counted."""
    if measure.base == "everyone" or "reoffend" in measure.label.lower():
        return measure.label
    return f"{measure.label} ({AMONG})"


def not_shown(measures: Iterable[Any]) -> list[str]:
    """What is withheld, each reason once: ``because fewer than 30 people …: custody; days to the first …``."""
    reasons: dict[str, list[str]] = {}
    for placed in arranged(measures):
        if placed.measure.headline is None:
            reason, _, because = (placed.measure.why_not or "it was withheld").rstrip(".").partition(": ")
            reason += f" ({because})" if because else ""
            label = measure_label(placed.measure)
            reasons.setdefault(reason, []).append(label[:1].lower() + label[1:])
    return [f"because {reason}: {'; '.join(labels)}" for reason, labels in reasons.items()]


def _is_same(conditional: Any, over_everyone: Any) -> bool:
    """Whether two measures are the same but for whom they are taken among."""
    if heading(conditional) != heading(over_everyone):
        return False
    stems = [_OF_REOFFENDERS.sub("", m.key) for m in (conditional, over_everyone)]
    return conditional.label == over_everyone.label or stems[0] == stems[1]
