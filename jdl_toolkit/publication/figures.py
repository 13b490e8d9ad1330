"""The data behind each figure as cells, and what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ..document import Figure
from .table import Symbol, plain

_UNIT = re.compile(r" ?\(([^()]*)\)")
_LIMIT = "limit of the 95 per cent interval"
#: Heading in a figure's data, without its unit -> what it holds.
MEANINGS: dict[str, str] = {
    "Group": "Group of people",
    "Of every 100": "People out of 100",
    "Label": "What the row is of: a measure, an estimate, a subgroup, a way of analysing or a characteristic",
    "Estimate": "Difference, treatment group less comparison group",
    "Lower limit": f"Lower {_LIMIT}",
    "Upper limit": f"Upper {_LIMIT}",
    "People in the treatment group": "Size of the treatment group",
    "Smallest reduction": "Smallest true reduction that so many people could show",
    "Marked": "What is marked at this point of the curve",
    "Days since the index date": "Days, all of which count",
    "Days since the index date that were not spent in custody": "Days, of which only those outside custody count",
    "Treatment group": "Share of the treatment group",
    "Comparison group": "Share of the comparison group",
    "All in the control pool": "Share of all from whom controls could be chosen",
    "Step": "Reason for which records left; first, what was received",
    "Records that left": "Records that left at the step",
    "Records that remained": "Records after the step",
    "Score": "Bin of the propensity score, on the logit scale",
    "Before matching": "Standardised difference before matching, of a standard deviation",
    "After matching": "Standardised difference after matching, of a standard deviation",
    "Before weighting": "Standardised difference before weighting, of a standard deviation",
    "After weighting": "Standardised difference after weighting, of a standard deviation",
    "Decides": "yes: counts for whether the groups are alike enough; no: is only looked at",
    "Subgroup": "Characteristic and level of the subgroup",
    "Characteristic": "What the groups are compared in",
    "Difference after matching": "Standardised difference after matching, of a standard deviation",
    "Difference after weighting": "Standardised difference after weighting, of a standard deviation",
    "Light": "green, amber or red, by the size of the difference",
}
_UNITS = {"Of every 100": "people of every 100", "People in the treatment group": "people"}
_UNITS |= {"Records that left": "records", "Records that remained": "records"}
_UNITS |= {name: "days" for name in MEANINGS if name.startswith("Days since")}


def figure_file(figure: Figure) -> str:
    return f"figure_{figure.key}.csv"


def field_names(data: Iterable[dict[str, Any]]) -> list[str]:
    """The columns of a figure's data, in order."""
    return list(dict.fromkeys(name for row in data for name in row))


def figure_cells(figure: Figure) -> list[list[Any]]:
    """The records a figure was drawn from: [c] for what is withheld, [z] where there is nothing to tell."""
    names = field_names(figure.data)
    columns = [whole([row.get(name, Symbol.z) for row in figure.data]) for name in names]
    return [[_cell(value) for value in row] for row in zip(*columns, strict=True)]


def whole(values: list[Any]) -> list[Any]:
    """The values of a column, without decimals where no number in it has any."""
    fractions = [value for value in values if isinstance(value, float)]
    if not all(value.is_integer() for value in fractions):
        return values
    return [int(value) if isinstance(value, float) else value for value in values]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Symbol):
        return plain(value) or Symbol.z
    return Symbol.c if value is None else value


def column_unit(heading: str, headings: Iterable[str]) -> str:
    """The unit in brackets in a heading, or that of the thing it counts; limits have the estimate's; "" for a text."""
    if heading in ("Lower limit", "Upper limit"):
        heading = next((name for name in headings if name.startswith("Estimate (")), heading)
    found = _UNIT.search(heading)
    return found[1] if found else _UNITS.get(heading, "")


def column_meaning(heading: str, figure: Figure) -> str:
    """What a column holds, and in which figure it is drawn."""
    name, _, limit = _UNIT.sub("", heading).partition(", ")
    said = MEANINGS.get(name, name) + (f": {limit} of the interval" if limit else "")
    return f"{said}. Drawn in the figure “{figure.caption}”"


def column_kind(cells: Iterable[Any]) -> str:
    """Number, where every cell is one or a symbol."""
    told = [cell for cell in cells if not isinstance(cell, Symbol)]
    return "number" if told and all(isinstance(cell, int | float | Decimal) for cell in told) else "text"
