"""The flow of a request and its linkage as they may be published: counts protected together, as readers will subtract.

What the counts have to do with each other is said here; how they are protected, in `disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from ..attrition import Ledger
from ..disclosure import Suppressed, suppress_counts
from .shared_counts import Cell, Counts, Flow, add_overlaps, what_gives_away

#: Begins the label of a detail that is a remark on some of those who leave.
OF_WHICH = "of which "
#: With more details than this that are no remarks by their labels, only all of them are taken to divide a total.
MOST_REMARKS = 12
#: The ways of finding a record that are too rare to be shown each.
OTHER_WAYS = "other ways"


def flows_and_linkage(flows: Sequence[Flow], linkage: Any, minimum_cell: int) -> dict[str, Any]:
    """The flows of all analyses of a request and its linkage, protected together.

    Parameters
    ----------
    flows : sequence of Flow
    linkage : Linkage, optional
    minimum_cell : int

    Returns
    -------
    dict
        ``flows``, a dict for each analysis: ``flow``, ``pool_flow`` (lists of steps) and ``is_unmatched_hidden`` (bool:
        the number of treated people before matching is withheld); ``linkage`` (dict or None).
    """
    table, keep = Counts(), []
    for i, one in enumerate(flows):
        for name, ledger in ((f"{i} flow", one.whole), (f"{i} pool", one.pool_ledger)):
            if ledger is not None:
                _add_ledger(table, name, ledger)
                last = f"{name} {len(ledger.steps) - 1} after"
                if table.counts[last] >= minimum_cell and (one.is_answered or len(flows) == 1):
                    keep = [*keep, last] if ledger is not one.pool_ledger else [last, *keep]
    if linkage is not None:
        _add_linkage(table, linkage, minimum_cell)
        for i, one in enumerate(flows):
            _link_flow(table, linkage, f"{i} flow", one.whole)
    cells = add_overlaps(table, flows, linkage, minimum_cell)
    found = _protected(table, minimum_cell, keep)
    also: set[str] = set()
    while more := _audited(cells, found, table, minimum_cell, frozenset(keep)):
        also |= more
        found = _protected(table, minimum_cell, keep, also)
    return {
        "flows": [_shown(found, table, i, one) for i, one in enumerate(flows)],
        "linkage": _shown_linkage(found, table, linkage, minimum_cell) if linkage is not None else None,
    }


def _audited(
    cells: Sequence[Cell], found: Suppressed, table: Counts, minimum_cell: int, keep: frozenset[str]
) -> set[str]:
    """Counts to withhold too until no small one follows by linear algebra."""
    also: set[str] = set()
    while more := what_gives_away(cells, found, table.counts, minimum_cell, keep):
        also |= more
        found = Suppressed(found.primary, found.secondary | more)
    return also


def _protected(table: Counts, minimum_cell: int, keep: list[str], also: Iterable[str] = ()) -> Suppressed:
    """What to withhold. Of the last counts, which are to be shown, those of later analyses give way where they must.

    If nothing else helps, no count is shown.
    """
    while True:
        try:
            return suppress_counts(table.counts, table.sums, minimum_cell, keep=keep, implied=table.implied, also=also)
        except ValueError:
            if not keep:
                return Suppressed(frozenset(), frozenset(k for k, n in table.counts.items() if n))
            keep = keep[:-1]


def _shown(found: Suppressed, table: Counts, i: int, one: Flow) -> dict[str, Any]:
    before_matching = f"{i} flow {len(one.whole.steps) - 2} after"
    return {
        "flow": _shown_flow(found, table, f"{i} flow", one.whole),
        "pool_flow": _shown_flow(found, table, f"{i} pool", one.pool_ledger) if one.pool_ledger is not None else [],
        "is_unmatched_hidden": one.n_matched is not None and found.shown(table.counts, before_matching) is None,
    }


def _add_ledger(table: Counts, name: str, ledger: Ledger) -> None:
    """Counts of a ledger: records after each step are those before it less those that leave; likewise people."""
    for i, step in enumerate(ledger.steps):
        key = f"{name} {i}"
        table.counts[f"{key} after"] = step["records_after"]
        if i:
            table.counts[f"{key} left"] = step["records_excluded"]
            table.sums.append((f"{name} {i - 1} after", (f"{key} left", f"{key} after")))
            _add_details(table, key, step)
        if step["people_after"] is not None:
            table.counts[f"{key} people"] = step["people_after"]
            if step["people_excluded"] is not None and i:
                table.counts[f"{key} people left"] = step["people_excluded"]
                table.sums.append((f"{name} {i - 1} people", (f"{key} people left", f"{key} people")))
                table.equal(f"{key} people left", f"{key} left")
            table.equal(f"{key} people", f"{key} after")


def _add_details(table: Counts, key: str, step: dict[str, Any]) -> None:
    """What details have to do with each other, by their labels and by what adds up.

    Some divide those who leave ("fine", "caution"). "of which …" is a remark on some of them, and "fine: …" on some of
    that part; the latter may divide the former. The difference of two remarks may be what left ("records of people …"
    less "people …"). Their order does not matter.
    """
    left, n = f"{key} left", table.counts
    keys = {label: f"{key} detail {j}" for j, label in enumerate(step["details"])}
    n |= {keys[label]: records for label, records in step["details"].items()}
    wholes = {label: _whole(label, keys) for label in keys}
    parts = [label for label in keys if wholes[label] is None and not label.startswith(OF_WHICH)]
    division = _division([keys[label] for label in parts], n, n[left])
    if division:
        table.sums.append((left, division))
    for label, k in keys.items():
        whole = wholes[label]
        if whole is not None and n[k] <= n[keys[whole]]:
            table.rest(keys[whole], k)
        elif k not in division and n[k] <= n[left]:
            table.rest(left, k)
        table.sums += [(k, (left, o)) for o in keys.values() if o != k and n[left] and n[k] == n[left] + n[o]]
        if label.startswith(OF_WHICH):
            ending = f": {label.removeprefix(OF_WHICH)}"
            shares = tuple(keys[other] for other in keys if other.endswith(ending))
            if shares and sum(n[share] for share in shares) == n[k]:
                table.sums.append((k, shares))


def _whole(label: str, labels: Iterable[str]) -> str | None:
    """The detail of which this one is a part by its label: "fine" for "fine: started within 6 months"."""
    return next((other for other in labels if label.startswith(f"{other}: ")), None)


def _division(keys: list[str], counts: dict[str, int], total: int) -> tuple[str, ...]:
    """The largest set of counts that adds up to the total: what divides it. Of many counts, all or none."""
    sizes = range(len(keys), 0, -1) if len(keys) <= MOST_REMARKS else [len(keys)]
    return next((c for size in sizes for c in combinations(keys, size) if sum(counts[k] for k in c) == total), ())


def _in_order(details: dict[str, int]) -> list[str]:
    """Labels as a reader wants them: parts from the largest to the smallest, then remarks, then parts of remarks."""
    rank = {label: 2 if _whole(label, details) else 1 if label.startswith(OF_WHICH) else 0 for label in details}
    return sorted(details, key=lambda label: (rank[label], -details[label], label))


def _add_linkage(table: Counts, linkage: Any, minimum_cell: int) -> None:
    """Records by status add up to all records, matched records by tier to the matched."""
    by_status = linkage.by_status()
    table.counts |= {f"status {status}": n for status, n in by_status.items()}
    table.counts["linkage records"] = sum(by_status.values())
    table.sums.append(("linkage records", tuple(f"status {status}" for status in by_status)))
    tiers = _tiers(linkage, minimum_cell)
    table.counts |= {f"tier {tier}": n for tier, n in tiers.items()}
    if tiers:
        table.sums.append(("status matched", tuple(f"tier {tier}" for tier in tiers)))


def _link_flow(table: Counts, linkage: Any, name: str, ledger: Ledger) -> None:
    """What the counts of the linkage have to do with those of a flow."""
    by_status = linkage.by_status()
    table.equal("linkage records", f"{name} 0 after")
    for i, step in enumerate(ledger.steps):
        if step["key"] == "unusable_identifiers":
            table.equal("status unusable identifiers", f"{name} {i} left")
        if step["key"] == "not_found":
            table.equal("status matched", f"{name} {i} after")
            for j, label in enumerate(step["details"]):
                table.equal(f"status {label}", f"{name} {i} detail {j}")
            missing = by_status.get("ambiguous", 0) + by_status.get("no match", 0)
            if missing == step["records_excluded"]:
                table.sums.append((f"{name} {i} left", ("status ambiguous", "status no match")))


def _tiers(linkage: Any, minimum_cell: int) -> dict[str, int]:
    """Records by the way they were found; the rarest ways together, last, if any of them is below the minimum.

    As many are joined as it takes to reach the minimum, so that none need be withheld.
    """
    frame = linkage.by_tier()
    tiers = {tier: int(n) for tier, n in zip(frame["tier"], frame["n_records"], strict=True)}
    rare: list[str] = []
    for tier in sorted(tiers, key=lambda tier: tiers[tier]):
        if tiers[tier] >= minimum_cell and (not rare or sum(tiers[t] for t in rare) >= minimum_cell):
            break
        rare.append(tier)
    if len(rare) < 2:
        return tiers
    return {tier: n for tier, n in tiers.items() if tier not in rare} | {OTHER_WAYS: sum(tiers[t] for t in rare)}


def _shown_flow(found: Suppressed, table: Counts, name: str, ledger: Ledger) -> list[dict[str, Any]]:
    steps = []
    for i, step in enumerate(ledger.steps):
        place = {label: f"{name} {i} detail {j}" for j, label in enumerate(step["details"])}
        keys = {"records_excluded": f"{name} {i} left", "records_after": f"{name} {i} after"}
        keys |= {"people_after": f"{name} {i} people"} if step["people_after"] is not None else {}
        keys |= {"people_excluded": f"{name} {i} people left"} if f"{name} {i} people left" in table.counts else {}
        shown = {k: found.shown(table.counts, key) if key in table.counts else 0 for k, key in keys.items()}
        details = [
            {
                "label": label,
                "records": found.shown(table.counts, place[label]),
                "secondary": place[label] in found.secondary,
            }
            for label in _in_order(step["details"])
        ]
        words = {k: step[k] for k in ("code", "key", "label", "could")} | {"details": details}
        secondary = [k for k, key in keys.items() if key in found.secondary]
        steps.append({"people_after": None, "people_excluded": None} | shown | words | {"secondary": secondary})
    return steps


def _shown_linkage(found: Suppressed, table: Counts, linkage: Any, minimum_cell: int) -> dict[str, Any]:
    status = {s: found.shown(table.counts, f"status {s}") for s in linkage.by_status()}
    tiers = [
        {"label": t, "records": found.shown(table.counts, f"tier {t}"), "secondary": f"tier {t}" in found.secondary}
        for t in _tiers(linkage, minimum_cell)
    ]
    secondary = [s for s in status if f"status {s}" in found.secondary]
    secondary += ["records"] if "linkage records" in found.secondary else []
    wrong = float(linkage.expected_wrong_links)
    return {
        "records": found.shown(table.counts, "linkage records"),
        "by_status": status,
        "by_tier": tiers,
        "expected_wrong_links": wrong if math.isfinite(wrong) else None,
        "secondary": secondary,
    }
