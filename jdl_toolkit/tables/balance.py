"""What was tried to make the groups alike, what may be tried, and every difference, as tables of the lab's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..document import Table
from ..numbers import MINIMUM_CELL, number, shown_count
from ..plots.balance import BESIDE
from ..plots.canvas import records

NOTHING = "–"
DECIDING = "What decides"

METHODS = {
    "radius": "radius",
    "nearest": "nearest",
    "ipw": "inverse odds",
    "overlap": "overlap weights",
    "ebal": "entropy balancing",
}
DENOMINATORS = {"pooled": "both groups", "treated": "the treatment group"}


def ladder_table(
    tried: Iterable[Any], minimum_cell: int = MINIMUM_CELL, *, key: str = "ladder", caption: str = ""
) -> Table:
    """The rungs in the order tried, which one is used, and what speaks for or against each.

    Parameters
    ----------
    tried : records
        As `balance.choose_caliper` returns them.
    minimum_cell : int
        Smaller counts are not shown.
    """
    cells = tuple((*_match(row), *_result(row, minimum_cell), _verdict(row)) for row in records(tried))
    columns = ("Method", "Caliper", "Matched", "Effective controls", "Worst difference", "Red", "Result")
    note = "Worst difference: the largest standardised mean difference after matching, in per cent."
    return Table(key, caption or "What was tried; outcomes play no part in the choice", columns, cells, "lrrrrrl", note)


def proposals_table(
    proposals: Iterable[Any], minimum_cell: int = MINIMUM_CELL, *, key: str = "proposals", caption: str = ""
) -> Table | None:
    """Changes that were tried after the gate had closed, the most promising first; None where there are none.

    Parameters
    ----------
    proposals : records
        `Proposals.rows`.
    minimum_cell : int
        Smaller counts are not shown.
    """
    rows = records(proposals)
    cells = tuple((row["what"], *_result(row, minimum_cell), _hint(row), row["yaml"]) for row in rows)
    columns = ("Change", "Matched", "Effective controls", "Worst difference", "Red", "Result", "Lines for the request")
    note = (
        "Each was tried alone, on covariates alone. To use one, let its lines take the place of the section of that"
        " name in the request's YAML file (under the analysis, where there are several) and run it again with --fresh."
        " Worst difference in per cent."
    )
    groups = tuple("The gate would open" if row["passes"] else "The gate would stay closed" for row in rows)
    caption = caption or "What may make the groups alike"
    return Table(key, caption, columns, cells, "lrrrrll", note, groups) if cells else None


def differences_table(
    rows: Iterable[Any], denominator: str = "pooled", *, top: int = 40, key: str = "differences", caption: str = ""
) -> Table:
    """Every difference with its variance ratio and the distance of the distributions, the worst after matching first.

    Squares and products, which do not decide, stand below.

    Parameters
    ----------
    rows : records
        `Balance.every`.
    denominator : {"pooled", "treated"}
        Whose standard deviation the differences are measured by.
    top : int
        How many of those that decide are shown, and half as many of the others.
    """
    ordered = sorted(records(rows), key=lambda r: -abs(r["smd_after"]))
    deciding, beside = ([r for r in ordered if r["gates"] is gates] for gates in (True, False))
    shown = deciding[:top] + beside[: (top + 1) // 2]
    cells = tuple(
        (
            row["label"],
            *(number(row[c], 1, factor=100) for c in ("smd_before", "smd_after")),
            row["light"],
            NOTHING if row["var_ratio"] is None else number(row["var_ratio"], 2),
            NOTHING if row.get("ecdf_max") is None else number(row["ecdf_max"], 1, factor=100),
        )
        for row in shown
    )
    whose = DENOMINATORS[denominator]
    note = f"Per cent of the standard deviation of {whose} before matching, treatment group minus comparison group."
    reasons = sorted({r["why_no_ratio"] for r in shown if r["var_ratio"] is None and r["why_no_ratio"]})
    note += f" No variance ratio where {', or '.join(reasons)}." if reasons else ""
    note += " Distance: the largest between the two distributions, in per cent."
    if len(ordered) > len(shown):
        note += f" {len(ordered) - len(shown)} more are smaller after matching."
    groups = tuple(DECIDING if row["gates"] else BESIDE for row in shown) if beside else ()
    columns = ("Characteristic", "Before", "After", "Light", "Variance ratio", "Distance")
    return Table(key, caption or "Every difference before and after matching", columns, cells, "lrrlrr", note, groups)


def _match(row: dict[str, Any]) -> tuple[str, str]:
    return METHODS[row["method"]], NOTHING if row["caliper"] is None else f"{row['caliper']:g}"


def _result(row: dict[str, Any], minimum_cell: int) -> tuple[str, str, str, str]:
    """People matched, effective control size, worst difference and red ones; dashes where it could not be tried."""
    n, ess = row["n_matched"], row["ess"]
    if n is None:
        return (NOTHING,) * 4
    worst = NOTHING if row["worst_smd"] is None else number(row["worst_smd"], 1, factor=100)
    return shown_count(n, minimum_cell), number(ess), worst, NOTHING if row["n_red"] is None else str(row["n_red"])


def _verdict(row: dict[str, Any]) -> str:
    kept = "kept, though not alike" if row["n_red"] else "used"
    return f"{kept}: {row['why']}" if row["chosen"] else row["why"]


def _hint(row: dict[str, Any]) -> str:
    if row["why_not"]:
        return f"could not be tried: {row['why_not']}"
    return f"take care: {row['caution']}" if row["caution"] else f"by {METHODS[row['method']]}{_within(row)}"


def _within(row: dict[str, Any]) -> str:
    return "" if row["caliper"] is None else f", caliper {row['caliper']:g}"
