"""A power table in words: in short, and as a table for readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..document import Table
from ..numbers import REDUCTION_WORDS, number, significant, with_unit

if TYPE_CHECKING:
    from .table import PowerTable

_NEVER = "no number is enough"


def in_short(table: PowerTable) -> str:
    """What the group in hand detects, or what the reductions asked for take; and the floor."""
    level = f"{100 * table.power:g}% power in a two-sided test at the {100 * table.alpha:g}% level"
    controls = f"{number(table.n_control)} controls"
    if table.n_treatment is None:
        said = [f"With {controls}, {level} takes {_sizes_needed(table)}."]
    else:
        least = _or_more(table, table.detectable_in_hand, REDUCTION_WORDS[table.unit])
        said = [f"{number(table.n_treatment)} treated people and {controls} detect {least}, with {level}."]
    said.append(f"With these controls {_floor(table)}.")
    if (worth := table.effective) is not None:
        in_hand = f" they detect {_or_more(worth, worth.detectable_in_hand)}, and" if worth.n_treatment else ""
        counted = f"Counting {_counted(table)} by what they are worth ({_worth(table)}),"
        said.append(f"{counted}{in_hand} {_floor(worth)}.")
    return " ".join(said)


def needed_table(table: PowerTable) -> Table:
    """Group needed and power in hand for each reduction; by the safer count, too, where worth is known."""
    tables = [table] + ([table.effective] if table.effective is not None else [])
    has_group = table.n_treatment is not None
    heads, columns = ("", ", by the safer count"), [f"Reduction ({REDUCTION_WORDS[table.unit]})"]
    for _, head in zip(tables, heads, strict=False):
        columns.append(f"Treatment group needed{head}")
        columns += [f"Power of {number(table.n_treatment)} treated people{head}"] if has_group else []
    rows = []
    for same in zip(*(one.rows.itertuples() for one in tables), strict=True):
        cells = [_plain(same[0].reduction)]
        for row in same:
            cells.append(_NEVER if row.infeasible else number(row.n_treatment))
            cells += [_chance(row.power_in_hand)] if has_group else []
        rows.append(tuple(cells))
    note = (
        f"For {100 * table.power:g}% power in a two-sided t-test at the {100 * table.alpha:g}% level, with "
        f"{number(table.n_control)} controls and a standard deviation of {table.sd:,.4g}."
    )
    if table.effective is not None:
        note += f" By the safer count {_counted(table)} are worth {_worth(table)}."
    caption = "How many treated people each reduction takes"
    return Table("group_needed", caption, tuple(columns), tuple(rows), "r" * len(columns), note)


def _or_more(table: PowerTable, reduction: float, unit: str = "") -> str:
    if _is_none(table, reduction):
        return "no reduction of any size"
    return f"a reduction of {significant(reduction)} {unit}".strip() + " or more"


def _floor(table: PowerTable) -> str:
    floor = table.smallest_detectable
    least = "any" if _is_none(table, floor) else f"less than {significant(floor)}"
    return f"no number of treated people detects {least}"


def _is_none(table: PowerTable, reduction: float) -> bool:
    """Whether nothing could fall by so much: a share has 100 percentage points."""
    return table.unit == "share" and reduction >= 100


def _sizes_needed(table: PowerTable) -> str:
    """People that the largest and the smallest of the reductions take that some number of people detects."""
    unit, found = REDUCTION_WORDS[table.unit], table.rows[~table.rows["infeasible"]].sort_values("reduction")
    if found.empty:
        most = with_unit(_plain(max(table.reductions)), unit)
        return f"more than any number of treated people for a reduction of {most}"
    (most, n_most), *_, (least, n_least) = found[["reduction", "n_treatment"]].iloc[[-1, 0]].itertuples(index=False)
    said = f"{number(n_most)} treated people for a reduction of {with_unit(_plain(most), unit)}"
    return said if most == least else f"{said} and {number(n_least)} for one of {_plain(least)}"


def _plain(reduction: float) -> str:
    return f"{reduction:,.6g}"


def _counted(table: PowerTable) -> str:
    groups = {"ess_treatment": "the treated", "ess_control": "the controls"}
    return " and ".join(words for name, words in groups.items() if name in _worth_of(table))


def _worth(table: PowerTable) -> str:
    return " and ".join(map(number, _worth_of(table).values()))


def _worth_of(table: PowerTable) -> dict[str, float]:
    """Effective sizes of the groups that are worth something else than their number of people."""
    sizes = {"ess_treatment": (table.ess_treatment, table.n_treatment)}
    sizes |= {"ess_control": (table.ess_control, table.n_control)}
    known = {name: ess for name, (ess, n) in sizes.items() if ess is not None and number(ess) != number(n)}
    return known or {name: ess for name, (ess, _) in sizes.items() if ess is not None}


def _chance(power: float) -> str:
    """Per cent; what is not quite certain is not printed as certain."""
    return "over 99%" if power > 0.995 else f"{number(power, factor=100)}%"
