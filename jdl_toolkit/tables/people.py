"""Who was sent, found, lost and compared, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import MINIMUM_CELL, count_, number, per_cent
from ..plots.balance import covariate_label
from ..plots.canvas import records
from ..plots.flow import step_count, step_label
from ..plots.power import short
from .balance import DENOMINATORS

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from ..findings import Analysis, Findings

NOTHING = "–"


def profile_table(analysis: Analysis, *, key: str = "profile", caption: str = "") -> Table:
    """Who is in the treatment group, in the comparison group and in the whole pool, by characteristic.

    Levels of which no share may be shown have no row: the note names them.
    """
    shown = [row for row in analysis.profile if (row.treatment, row.control, row.pool) != (None, None, None)]
    cells = tuple((row.level, *map(per_cent, (row.treatment, row.control, row.pool))) for row in shown)
    groups = tuple(row.characteristic for row in shown)
    hidden: dict[str, list[str]] = {}
    for row in analysis.profile:
        if row not in shown:
            hidden.setdefault(row.characteristic, []).append(row.level)
    note = "Per cent of each group."
    if any(None in (row.treatment, row.control, row.pool) for row in shown):
        note += " Withheld: too few people to be shown."
    if hidden:
        named = "; ".join(f"{name}: {', '.join(levels)}" for name, levels in hidden.items())
        note += f" Without a row, as too few people are of it: {named}."
    columns = ("Characteristic", "Treatment group", "Comparison group", "Whole control pool")
    nothing = (("No characteristic can be shown", *[NOTHING] * 3),)
    caption = caption or "Who was compared with whom"
    return Table(key, caption, columns, cells or nothing, "lrrr", note, groups if cells else ())


def balance_table(analysis: Analysis, *, top: int = 15, key: str = "balance", caption: str = "") -> Table:
    """Standardised mean differences in per cent, the worst after matching first."""
    rows = sorted(records(analysis.balance.rows), key=lambda r: -abs(r["smd_after"]))
    cells = tuple(
        (
            covariate_label(row),
            number(row["smd_before"], 1, factor=100),
            number(row["smd_after"], 1, factor=100),
            row["light"],
        )
        for row in rows[:top]
    )
    whose = DENOMINATORS[analysis.balance.denominator]
    note = f"Per cent of the standard deviation of {whose} before matching, treatment group minus comparison group."
    if len(rows) > top:
        note += f" The largest {top} of {len(rows)} are shown; the others are smaller after matching."
    if analysis.balance.n_withheld:
        note += f" Not listed, as they concern too few people: {analysis.balance.n_withheld}."
    columns = ("Characteristic", "Before matching", "After matching", "Light")
    return Table(key, caption or "How alike the groups are", columns, cells, "lrrl", note)


def flow_table(
    steps: Iterable[Any], *, key: str = "flow", caption: str = "", minimum_cell: int = MINIMUM_CELL
) -> Table:
    """The steps at which anybody left: records and people before it, those that left, those that remained.

    Parameters
    ----------
    steps : records
        `analysis.flow`, `analysis.pool_flow` or the steps of a ledger.
    """
    recorded = records(steps)
    rows = [(before, row) for before, row in pairwise([None, *recorded]) if before is None or _left(row)]
    with_people = any(row["people_after"] is not None for _, row in rows)
    cells = tuple(
        (step_label(row["code"], row["label"]), *_counts(before, row, with_people, minimum_cell))
        for before, row in rows
    )
    columns = ("Step", "Records before", "Records that left", "Records that remained")
    columns += ("People before", "People that left", "People that remained") if with_people else ()
    nothing = (("No steps are recorded", *[NOTHING] * 3),)
    notes = ["Nobody left at the other steps."] if len(rows) < len(recorded) else []
    if with_people and any(row["people_after"] is None for _, row in rows):
        notes.append("Until records are found on the register, it is not known how many people they are of.")
    caption = caption or "Each step from the records received to the people analysed"
    return Table(key, caption, columns, cells or nothing, "l" + "r" * (len(columns) - 1), " ".join(notes))


def flow_parts_table(
    steps: Iterable[Any], *, key: str = "flow_parts", caption: str = "", minimum_cell: int = MINIMUM_CELL
) -> Table | None:
    """Of what kinds those were who left, step by step; None where no step tells."""
    told = [(step_label(row["code"], row["label"]), detail) for row in records(steps) for detail in _details(row)]
    rows = tuple(
        (_sentence(d["label"]), count_(d["records"], minimum_cell, secondary=d.get("secondary", False)))
        for _, d in told
    )
    caption = caption or "Those who left, in parts"
    overlaps = any(d["label"].startswith("of which") for _, d in told)
    note = "“Of which” counts some of those above it again." if overlaps else ""
    groups = tuple(_sentence(label) for label, _ in told)
    return Table(key, caption, ("Part", "Records"), rows, "lr", note, groups) if rows else None


def linkage_table(findings: Findings, *, key: str = "linkage", caption: str = "") -> Table | None:
    """How each record was looked for on the register, and found; None where none was looked for."""
    linkage = findings.linkage
    if linkage is None:
        return None
    hidden = linkage.secondary
    found = {name: n for name, n in linkage.by_status.items() if name == "matched"}
    others = {name: n for name, n in linkage.by_status.items() if name != "matched"}
    cells = [("Records received", linkage.records, "records" in hidden)]
    cells += [("Found (matched)", n, name in hidden) for name, n in found.items()]
    cells += [(f"Found by: {tier.label}", tier.records, tier.secondary) for tier in linkage.by_tier]
    cells += [(_sentence(name), n, name in hidden) for name, n in others.items()]
    wrong = linkage.expected_wrong_links
    chance = "" if wrong is None else f"Links that are expected to be wrong by chance: {links_in_words(wrong)}."
    note = chance and f"{chance} People who resemble each other, such as relatives, can add to that."
    rows = tuple((label, count_(n, findings.minimum_cell, secondary=kept)) for label, n, kept in cells)
    return Table(key, caption or "How the records were found on the register", ("Outcome", "Records"), rows, "lr", note)


def _left(row: Mapping[str, Any]) -> bool:
    """Whether records left, or may have: a count that is withheld."""
    return row["records_excluded"] != 0


def _counts(before: Mapping[str, Any] | None, row: Mapping[str, Any], with_people: bool, minimum: int) -> list[str]:
    """Records, and if wanted people, before a step, leaving at it and remaining after it."""
    after = step_count(row, "records_after", minimum)
    if before is None:
        return [NOTHING, NOTHING, after, *([NOTHING, NOTHING, _people(row, minimum)] if with_people else [])]
    cells = [step_count(before, "records_after", minimum), step_count(row, "records_excluded", minimum), after]
    if with_people:
        cells += [_people(before, minimum), _people_that_left(before, row, minimum), _people(row, minimum)]
    return cells


def _people(row: Mapping[str, Any], minimum_cell: int) -> str:
    """None means withheld where a reason says so; before linkage people are not yet known."""
    if row["people_after"] is None and "people_after" not in row.get("secondary", ()):
        return NOTHING
    return step_count(row, "people_after", minimum_cell)


def _people_that_left(before: Mapping[str, Any], row: Mapping[str, Any], minimum: int) -> str:
    """As the step says, else what the people before it and after it leave."""
    if row.get("people_excluded") is not None or "people_excluded" in row.get("secondary", ()):
        return step_count(row, "people_excluded", minimum)
    if before["people_after"] is None and "people_after" not in before.get("secondary", ()):
        return NOTHING
    if before["people_after"] is not None and row["people_after"] is not None:
        return count_(before["people_after"] - row["people_after"])
    return count_(
        None, minimum, secondary=row["records_excluded"] is not None or "records_excluded" in row["secondary"]
    )


def _details(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parts of those who left: of the findings as they are, of a ledger's step from its counts."""
    details = row["details"]
    if isinstance(details, Mapping):
        return [{"label": label, "records": n} for label, n in details.items()]
    return list(details)


def _sentence(name: str) -> str:
    plain = name.replace("_", " ") if name.islower() else name
    return plain[:1].upper() + plain[1:]


def links_in_words(n: float) -> str:
    """A number of links with one decimal: ``1.8``; ``fewer than 0.1`` where it would print as zero."""
    return "fewer than 0.1" if 0 < n < 0.05 else short(n)
