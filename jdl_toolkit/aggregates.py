"""From results about people to aggregates that may be published: flow, linkage, profile, overlap, balance, measures.

Each function takes stage results and returns plain values for the models of `findings`, with disclosure control
applied. What the counts have to do with each other is said here; how they are protected, in `disclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd

from .attrition import Ledger
from .disclosure import Suppressed, coarse_edges, mask_small_counts, may_be_shown, merge_levels, suppress_counts

NO_COMPARABLE = 14
#: Begins the label of a detail that is a remark on some of those who leave.
OF_WHICH = "of which "
#: With more details than this that are no remarks by their labels, only all of them are taken to divide a total.
MOST_REMARKS = 12
#: Width of the finest bins of the overlap histogram, on the logit of the score.
OVERLAP_WIDTH = 0.25
ESTIMATE_PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")


# --- flow and linkage ------------------------------------------------------------------------------------------------


class _Counts:
    """Counts under construction, and the sums a reader can form from them."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.sums: list[tuple[str, tuple[str, ...]]] = []
        self.implied: set[str] = set()

    def rest(self, total: str, part: str) -> None:
        """`part` is some of `total`; the others are printed nowhere."""
        if self.counts[part] == self.counts[total]:
            self.sums.append((total, (part,)))
            return
        key = f"{total} without {part}"
        self.counts[key] = self.counts[total] - self.counts[part]
        self.implied.add(key)
        self.sums.append((total, (part, key)))

    def equal(self, one: str, other: str) -> None:
        """Two counts that are the same number are taken to be known as such."""
        if one in self.counts and self.counts[one] == self.counts.get(other):
            self.sums.append((one, (other,)))


def flow_and_linkage(
    ledger: Ledger, pool_ledger: Ledger | None, linkage: Any, n_matched: int | None, minimum_cell: int
) -> dict[str, Any]:
    """Both flows and the linkage summary, protected together.

    Parameters
    ----------
    ledger : Ledger
        Of the submission; the step for people without a comparable control (code 14) is added if `n_matched` is given.
    pool_ledger : Ledger, optional
    linkage : Linkage, optional
    n_matched : int, optional
        Treated people who could be matched.
    minimum_cell : int

    Returns
    -------
    dict
        ``flow``, ``pool_flow`` (lists of steps), ``linkage`` (dict or None), ``is_unmatched_hidden`` (bool: the number
        of treated people before matching is withheld).
    """
    if n_matched is not None and all(s["code"] != NO_COMPARABLE for s in ledger.steps):
        ledger = ledger.exclude(NO_COMPARABLE, ledger.remaining - n_matched, n_matched)
    table, keep = _Counts(), set()
    for name, flow in (("flow", ledger), ("pool", pool_ledger)):
        if flow is not None:
            _add_ledger(table, name, flow)
            last = f"{name} {len(flow.steps) - 1} after"
            keep |= {last} if table.counts[last] >= minimum_cell else set()
    if linkage is not None:
        _add_linkage(table, linkage, ledger)
    found = suppress_counts(table.counts, table.sums, minimum_cell, keep=keep, implied=table.implied)
    before_matching = f"flow {len(ledger.steps) - 2} after"
    return {
        "flow": _shown_flow(found, table, "flow", ledger),
        "pool_flow": _shown_flow(found, table, "pool", pool_ledger) if pool_ledger is not None else [],
        "linkage": _shown_linkage(found, table, linkage) if linkage is not None else None,
        "is_unmatched_hidden": found.shown(table.counts, before_matching) is None if n_matched is not None else False,
    }


def _add_ledger(table: _Counts, name: str, ledger: Ledger) -> None:
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
            if f"{name} {i - 1} people" in table.counts:
                table.rest(f"{name} {i - 1} people", f"{key} people")
            table.equal(f"{key} people", f"{key} after")


def _add_details(table: _Counts, key: str, step: dict[str, Any]) -> None:
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


def _add_linkage(table: _Counts, linkage: Any, ledger: Ledger) -> None:
    """Records by status add up to all records, matched records by tier to the matched; both meet the flow."""
    by_status = linkage.by_status()
    table.counts |= {f"status {status}": n for status, n in by_status.items()}
    table.counts["linkage records"] = sum(by_status.values())
    table.sums.append(("linkage records", tuple(f"status {status}" for status in by_status)))
    tiers = linkage.by_tier()
    table.counts |= {f"tier {tier}": int(n) for tier, n in zip(tiers["tier"], tiers["n_records"], strict=True)}
    if len(tiers):
        table.sums.append(("status matched", tuple(f"tier {tier}" for tier in tiers["tier"])))
    table.equal("linkage records", "flow 0 after")
    for i, step in enumerate(ledger.steps):
        if step["key"] == "unusable_identifiers":
            table.equal("status unusable identifiers", f"flow {i} left")
        if step["key"] == "not_found":
            table.equal("status matched", f"flow {i} after")
            for j, label in enumerate(step["details"]):
                table.equal(f"status {label}", f"flow {i} detail {j}")
            missing = by_status.get("ambiguous", 0) + by_status.get("no match", 0)
            if missing == step["records_excluded"]:
                table.sums.append((f"flow {i} left", ("status ambiguous", "status no match")))


def _shown_flow(found: Suppressed, table: _Counts, name: str, ledger: Ledger) -> list[dict[str, Any]]:
    steps = []
    for i, step in enumerate(ledger.steps):
        place = {label: f"{name} {i} detail {j}" for j, label in enumerate(step["details"])}
        keys = {"records_excluded": f"{name} {i} left", "records_after": f"{name} {i} after"}
        keys |= {"people_after": f"{name} {i} people"} if step["people_after"] is not None else {}
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
        steps.append({"people_after": None} | shown | words | {"secondary": secondary})
    return steps


def _shown_linkage(found: Suppressed, table: _Counts, linkage: Any) -> dict[str, Any]:
    status = {s: found.shown(table.counts, f"status {s}") for s in linkage.by_status()}
    tiers = [
        {"label": t, "records": found.shown(table.counts, f"tier {t}"), "secondary": f"tier {t}" in found.secondary}
        for t in linkage.by_tier()["tier"]
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


# --- who is compared -------------------------------------------------------------------------------------------------


def profile_rows(covariates: Any, matched: Any, minimum_cell: int) -> list[dict[str, Any]]:
    """Share of each level among the matched treated, the weighted matched controls and the whole pool.

    Neighbouring levels are joined until each holds at least `minimum_cell` people of each group; where only one is
    left, the characteristic is named without figures.
    """
    units = matched.units[["unit_id", "is_treated", "weight"]]
    profile = units.merge(covariates.profile, on="unit_id", how="left", validate="1:1")
    groups = {
        "treatment": profile["is_treated"] & (profile["weight"] > 0),
        "control": ~profile["is_treated"] & (profile["weight"] > 0),
        "pool": ~profile["is_treated"],
    }
    weights = {"treatment": profile["weight"] * 0 + 1, "control": profile["weight"], "pool": profile["weight"] * 0 + 1}
    rows = []
    for column in covariates.profile.columns.drop("unit_id"):
        level = profile[column].astype("category") if profile[column].dtype.name != "category" else profile[column]
        counts = pd.DataFrame({g: level[within].value_counts(sort=False) for g, within in groups.items()})
        counts = counts.reindex(level.cat.categories)[lambda c: c.sum(axis=1) > 0]
        label = covariates.labels.get(column, column)
        joined = merge_levels(counts, minimum_cell)
        for levels in joined:
            within_level = level.isin(levels)
            row = {"characteristic": label, "level": _joined_name(levels, len(joined))}
            row |= {
                g: float(weights[g][within & within_level].sum() / weights[g][within].sum())
                if len(joined) > 1
                else None
                for g, within in groups.items()
            }
            rows.append(row)
    return rows


def _share(weight: pd.Series, group: pd.Series, level: pd.Series) -> float:
    return float(weight[group & level].sum() / weight[group].sum())


def _joined_name(levels: list[Any], n_groups: int) -> str:
    names = [str(level) for level in levels]
    if n_groups > 1 and len(names) > 3:
        return f"{names[0]}, {names[1]} and other less common ones"
    return " or ".join(names)


def overlap_bins(matched: Any, minimum_cell: int) -> list[dict[str, float]]:
    """Histogram of the logit of the score: share of each group per bin, no bin below `minimum_cell` of any."""
    units = matched.units[np.isfinite(matched.units["logit"])]
    treated, pool = units[units["is_treated"]], units[~units["is_treated"]]
    control = pool[pool["weight"] > 0]
    edges = coarse_edges([g["logit"].to_numpy() for g in (treated, pool, control)], minimum_cell, OVERLAP_WIDTH)
    if not len(edges):
        return []
    shares = {
        "treatment": np.histogram(treated["logit"], edges)[0] / len(treated),
        "pool": np.histogram(pool["logit"], edges)[0] / len(pool),
        "control": np.histogram(control["logit"], edges, weights=control["weight"])[0] / control["weight"].sum(),
    }
    return [
        {"lower": float(low), "upper": float(high)} | {g: float(share[i]) for g, share in shares.items()}
        for i, (low, high) in enumerate(pairwise(edges))
    ]


def balance_summary(balance: Any, covariates: Any, matched: Any, minimum_cell: int) -> dict[str, Any]:
    """Standardised differences of every level that may be shown; the lights count them all.

    From the difference of a rare level the number of people with it could be worked out, so such rows are left out. If
    one level of a covariate is left out, so is its next smallest. A row without a finite difference is left out too.
    """
    rows = balance.rows.reset_index(drop=True)
    is_level = (rows["level"] != "") | rows["var_ratio"].isna()
    sizes = pd.DataFrame(
        {
            "matched": rows["mean_treatment"] * matched.n_treatment_matched,
            "treated": rows.get("mean_treatment_all", rows["mean_treatment"]) * matched.n_treatment,
            "pool": rows["mean_pool"] * matched.n_pool,
        }
    )
    n_people = {"matched": matched.n_treatment_matched, "treated": matched.n_treatment, "pool": matched.n_pool}
    fine = [[may_be_shown(round(k), n_people[g], minimum_cell) for k in sizes[g]] for g in sizes]
    is_fine = np.all(fine, axis=0)
    hidden = (is_level & ~is_fine) | ~np.isfinite(rows[["smd_before", "smd_after"]]).all(axis=1)
    for _, of_covariate in rows[is_level].groupby("covariate", sort=False):
        shown = of_covariate.index[~hidden[of_covariate.index]]
        if hidden[of_covariate.index].sum() == 1 and len(shown):
            hidden[sizes.loc[shown, "matched"].idxmin()] = True
    columns = ["covariate", "level", "smd_before", "smd_after", "light"]
    names = rows["covariate"].map(lambda c: covariates.labels.get(c, c))
    shown_rows = rows.assign(covariate=names)[~hidden][columns].to_dict("records")
    return {
        "rows": shown_rows,
        "n_withheld": int(hidden.sum()),
        "n_red": int((rows["light"] == "red").sum()),
        "n_amber": int((rows["light"] == "amber").sum()),
        "worst": float(balance.worst),
        "passed": bool(balance.passed),
    }


def matching_summary(matched: Any, tried: Any, is_unmatched_hidden: bool, spec: Any) -> dict[str, Any]:
    """Sizes of the groups and the caliper, with what the analyst was told."""
    minimum_cell = spec.disclosure.minimum_cell
    return {
        "n_treatment": None if is_unmatched_hidden else matched.n_treatment,
        "n_treatment_matched": matched.n_treatment_matched,
        "n_pool": matched.n_pool,
        "n_control": matched.n_control,
        "ess_control": float(matched.ess_control),
        "caliper_sd": float(matched.caliper_sd),
        "caliper_raw": float(matched.caliper_raw),
        "calipers_tried": _calipers(tried, matched, spec),
        "messages": [mask_small_counts(m, minimum_cell) for m in matched.messages],
    }


def _calipers(tried: Any, matched: Any, spec: Any) -> list[float]:
    """As handed over (a frame with a column caliper, or numbers), else the ladder down to the one that was used."""
    if tried is not None:
        return [float(c) for c in (tried["caliper"] if isinstance(tried, pd.DataFrame) else tried)]
    ladder = [float(c) for c in sorted(spec.matching.calipers, reverse=True)]
    used = float(matched.caliper_sd)
    return ladder[: ladder.index(used) + 1] if used in ladder else [used]


# --- outcomes --------------------------------------------------------------------------------------------------------


def measure_rows(outcomes: Any, minimum_group: int, minimum_cell: int) -> list[dict[str, Any]]:
    """Every measure with its three estimates, or with the reason why it is withheld.

    A share is withheld if its numerator or the complement is below the minimum in either group; if so few, or all but
    so few, reoffended at all, every measure is, since each tells something of them.
    """
    frame = outcomes.measures
    n_reoffenders = _n_reoffenders(frame)
    n_treatment = frame.loc[frame["base"] == "everyone", "n_treatment"].max()
    too_few = n_reoffenders is not None and not may_be_shown(n_reoffenders, n_treatment, minimum_cell)
    return [_measure(row, too_few, minimum_group, minimum_cell) for row in frame.to_dict("records")]


def _n_reoffenders(frame: pd.DataFrame) -> int | None:
    """People of the treatment group who reoffended: the base of a measure among them, or the rate's numerator."""
    among = frame.loc[frame["base"] == "reoffenders", "n_treatment"].dropna()
    if len(among):
        return int(among.iloc[0])
    rates = frame[(frame["base"] == "everyone") & (frame["unit"] == "share") & frame["treatment_value"].notna()]
    return round(rates["treatment_value"].iloc[0] * rates["n_treatment"].iloc[0]) if len(rates) else None


def _measure(row: dict[str, Any], too_few: bool, minimum_group: int, minimum_cell: int) -> dict[str, Any]:
    why_not = _text(row.get("why_not"))
    if why_not is None and too_few:
        why_not = f"fewer than {minimum_cell} people in the treatment group reoffended, or all but so few did"
    if why_not is None and row["n_treatment"] < minimum_group:
        why_not = f"it concerns fewer than {minimum_group} people"
    if why_not is None and row["unit"] == "share":
        groups = ((row["treatment_value"], row["n_treatment"]), (row["control_value"], row["n_control"]))
        if not all(may_be_shown(round(p * n), n, minimum_cell) for p, n in groups):
            why_not = f"it would tell something of fewer than {minimum_cell} people"
    names = {k: row[k] for k in ("key", "label", "unit", "base")} | {"why_not": why_not}
    values = ("n_treatment", "n_control", "treatment_value", "control_value", "control_value_adjusted", "holm_p")
    verdicts = ("verdict", "classic_verdict")
    if why_not is not None:
        return names | dict.fromkeys([*values, *verdicts, "headline", "classic", "check"])
    estimates = {
        e: {part: float(row[f"{e}_{part}"]) for part in ESTIMATE_PARTS} for e in ("headline", "classic", "check")
    }
    numbers = {k: _number(row[k]) for k in values}
    return names | numbers | {k: _text(row[k]) for k in verdicts} | estimates


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and value else None


def _number(value: Any) -> float | int | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(value) if isinstance(value, int | np.integer) else float(value)


def power_summary(power: Any, measures: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The power table, and how many people a reduction of the size observed would take (if there was one).

    None where the rate is withheld: it could be worked out from the standard deviation of the table.
    """
    rate = next((m for m in measures if m["unit"] == "share" and m["base"] == "everyone"), None)
    if rate is None or rate["headline"] is None:
        return None
    observed = rate["headline"]["estimate"]
    rows = [
        {
            "reduction_pp": float(r["reduction_pp"]),
            "n_treatment": None if pd.isna(r["n_treatment"]) else int(r["n_treatment"]),
            "infeasible": bool(r["infeasible"]),
        }
        for r in power.rows.to_dict("records")
    ]
    numbers = ("sd", "alpha", "power", "smallest_detectable_pp", "detectable_in_hand_pp")
    return {k: float(getattr(power, k)) for k in numbers} | {
        "n_control": int(power.n_control),
        "n_treatment": int(power.n_treatment),
        "rows": rows,
        "curve": [
            (int(n), float(pp)) for n, pp in power.curve[["n_treatment", "detectable_pp"]].itertuples(index=False)
        ],
        "needed_for_observed": power.needed_for(100 * observed) if observed < 0 else None,
    }
