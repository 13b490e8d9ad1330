"""The page on which an organisation sees how many people it would need: sliders, no server, no network.

It is written with the answers to its first settings in it, by the functions of `power`; its script works out all others
by the same formulas (`templates/power.js`), and a test holds both together to every printed digit.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..numbers import number
from ..power import PowerTable
from ..result import write_atomically
from ..spec import RequestSpec
from .html import page_of

#: Chances in 100 that can be asked for, the published one first.
POWERS = (95, 90, 80)
#: Two-sided level of the published tests.
ALPHA = 0.05
#: Places of a slider.
PLACES = 1000


@dataclass(frozen=True)
class Input:
    """A number that can be chosen: the ends and steps of its slider, its first value, and the ends of its box."""

    low: float
    high: float
    step: float
    value: float
    least: float
    most: float
    is_log: bool = False
    is_whole: bool = False

    def on_page(self) -> dict[str, Any]:
        """As the template prints it; `place` is where the slider stands."""
        low, high, value = (math.log(x) if self.is_log else x for x in (self.low, self.high, self.value))
        place = round(PLACES * min(max((value - low) / (high - low), 0), 1))
        ends = {"min": self.least, "most": self.most}
        texts = {name: f"{x:.10g}" for name, x in (ends | {"value": self.value}).items()}
        return texts | {"place": place, "step": "1" if self.is_whole else "any"}


@dataclass(frozen=True)
class Measured:
    """An outcome: what it is called, its unit in words, decimals of its differences, and the rows of its table."""

    label: str
    unit: str
    decimals: int
    rows: tuple[float, ...]


MEASURES = {
    "rate": Measured("How many people reoffend", "percentage points", 1, tuple(range(1, 11))),
    "frequency": Measured("How often they reoffend", "reoffences per person", 2, tuple(n / 20 for n in range(1, 11))),
    "days": Measured("How long it takes those who reoffend", "days", 0, tuple(range(5, 55, 5))),
}


@dataclass(frozen=True)
class Asked:
    """What is chosen on the page; rates and powers are per cent."""

    measure: str = "rate"
    n: int = 257
    control: int = 33_111
    rate: float = 35
    mean: float = 1.0
    uneven: float = 5.0
    days_sd: float = 105
    hoped_rate: float = 5
    hoped_frequency: float = 0.1
    hoped_days: float = 14
    power: int = POWERS[0]

    @property
    def hoped(self) -> float:
        """The difference hoped for, in the unit of the measure."""
        return getattr(self, f"hoped_{self.measure}")

    @property
    def base(self) -> float | None:
        """What is expected without the service, in the unit of the measure; of days nothing is asked."""
        return {"rate": self.rate, "frequency": self.mean}.get(self.measure)

    @property
    def table(self) -> PowerTable:
        """What `power` says to it."""
        known: dict[str, Any] = {"n_control": self.control, "n_treatment": self.n, "power": self.power / 100}
        known["reductions"] = MEASURES[self.measure].rows
        if self.measure == "rate":
            return PowerTable.for_rates(control=self.rate / 100, **known)
        if self.measure == "frequency":
            return PowerTable.for_counts(mean=self.mean, overdispersion=self.uneven, **known)
        return PowerTable.for_days(sd=self.days_sd, **known)


@dataclass(frozen=True)
class Shown:
    """What the page says to one choice: texts by slot, which of its sentences hold, rows of the table."""

    slots: dict[str, str]
    flags: frozenset[str]
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def holds(self, flags: str) -> bool:
        """Whether every one of these flags, separated by spaces, is set."""
        return self.flags.issuperset(flags.split())


def answer(asked: Asked, median_share: float) -> Shown:
    """What the page says; the script's `answer` says the same.

    Parameters
    ----------
    asked : Asked
    median_share : float
        Of those sent, how many end in the analysis, in the middle of earlier requests.
    """
    measure, table = MEASURES[asked.measure], asked.table
    found, needed = table.detectable(asked.n), table.needed_for(asked.hoped)
    slots = {
        "n": f"{asked.n:,}",
        "control": f"{asked.control:,}",
        "detectable": number(found, measure.decimals),
        "floor": number(table.smallest_detectable, measure.decimals + 1),
        "wanted": str(asked.power),
        "hoped": _short(asked.hoped),
        "unit": measure.unit,
        "in_hand": _chance(table.power_for(asked.hoped, asked.n)),
        "needed": "" if needed is None else f"{needed:,}",
        "sent": "" if needed is None else f"{_two_digits(math.ceil(needed / median_share)):,}",
        "base": "" if asked.base is None else _short(asked.base),
        "left": "" if asked.base is None else number(asked.base - found, 0 if asked.measure == "rate" else 2),
    }
    flags = {asked.measure, "never" if needed is None else "enough"}
    if asked.base is not None:
        flags |= {"can" if found < asked.base else "cannot"}
        flags |= {"too_much"} if asked.hoped > asked.base else set()
    return Shown(slots, frozenset(flags), [_row(asked, row) for row in table.rows.itertuples()])


def power_page(spec: RequestSpec) -> str:
    """The page, with the first settings as `spec` has them (`forecast`).

    Parameters
    ----------
    spec : RequestSpec
        A lab's defaults are enough (`spec.intake_spec`).
    """
    known, shares = spec.forecast, spec.forecast.analysed_shares
    asked = replace(
        Asked(),
        control=known.comparison_people,
        rate=100 * known.reoffending_rate,
        hoped_rate=known.asked_reduction_pp,
    )
    inputs, median = _inputs(asked), statistics.median(shares)
    settings = {
        "alpha": ALPHA,
        "median_share": median,
        "inputs": {
            name: {"low": one.low, "high": one.high, "step": one.step, "log": one.is_log, "whole": one.is_whole}
            for name, one in inputs.items()
        },
        "measures": {k: {"unit": m.unit, "decimals": m.decimals, "rows": m.rows} for k, m in MEASURES.items()},
    }
    return page_of(
        "power.html.j2",
        asked=asked,
        measures=MEASURES,
        inputs={name: one.on_page() for name, one in inputs.items()},
        powers=POWERS,
        shares=[number(100 * share) for share in (min(shares), median, max(shares))],
        shown=answer(asked, median),
        settings=Markup(json.dumps(settings)),
    )


def write_power_page(spec: RequestSpec, out: Path) -> Path:
    """Write `power_page` whole or not at all; give back where."""
    write_atomically(Path(out), power_page(spec))
    return Path(out)


def _inputs(asked: Asked) -> dict[str, Input]:
    return {
        "n": Input(30, 20_000, 1, asked.n, 2, 1_000_000, is_log=True, is_whole=True),
        "control": Input(30, 1_000_000, 1, asked.control, 2, 10_000_000, is_log=True, is_whole=True),
        "rate": Input(1, 99, 1, asked.rate, 0.1, 99.9),
        "mean": Input(0.05, 5, 0.05, asked.mean, 0.01, 100),
        "uneven": Input(1, 30, 0.1, asked.uneven, 0.1, 1000, is_log=True),
        "days_sd": Input(20, 180, 1, asked.days_sd, 1, 1000),
        "hoped_rate": Input(0.5, 20, 0.5, asked.hoped_rate, 0.1, 99),
        "hoped_frequency": Input(0.05, 1, 0.05, asked.hoped_frequency, 0.01, 100),
        "hoped_days": Input(1, 100, 1, asked.hoped_days, 1, 1000),
    }


def _row(asked: Asked, row: Any) -> tuple[str, str, str]:
    size = _short(row.reduction)
    if asked.base is not None and row.reduction > asked.base:
        return size, "more than there is to reduce", "–"
    return size, "no number is enough" if row.infeasible else f"{row.n_treatment:,}", _chance(row.power_in_hand)


def _chance(share: float) -> str:
    return "over 99" if 100 * share > 99.5 else number(100 * share)


def _short(x: float) -> str:
    """As it was chosen: two decimals at most, none where they are zero."""
    return f"{x:,.2f}".rstrip("0").rstrip(".")


def _two_digits(n: int) -> int:
    unit = 10 ** max(0, len(str(n)) - 2)
    return unit * math.floor(n / unit + 0.5)
