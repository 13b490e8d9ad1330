"""What may be published of subgroups: their estimates, and their figures unless a few people follow from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..disclosure import is_small, mask_small_counts, may_be_shown
from .digits import DECIMALS, coarse, floored
from .outcome_rows import ESTIMATE_PARTS, counts_of, few, number, text
from .overlaps import Shown
from .subgroup_balance import subgroup_balance

#: Characteristics whose levels an organisation wrote itself: named only where enough people have them.
IN_OWN_WORDS = ("region", "establishment", "provider", "intervention_type")
OTHERS = "all others"


def subgroup_summary(
    subgroups: Any,
    rate: dict[str, Any] | None,
    minimum_group: int,
    minimum_cell: int,
    shown: Shown | None = None,
    analysis: int = 0,
    known: Mapping[tuple[str, str], int] | None = None,
    divided: Collection[str] = (),
) -> dict[str, Any] | None:
    """The rate in each subgroup; None if none was declared.

    Parameters
    ----------
    subgroups : Subgroups
    rate : dict, optional
        The rate of the whole group as `measure_rows` gives it; None, or withheld: no subgroup is shown.
    minimum_group, minimum_cell : int
    shown, analysis : optional
        As for `measure_rows`.
    known : mapping, optional
        People at a level, (by, level) -> number, as the profile tells it: see `known_sizes`.
    divided : collection of str
        Characteristics by which the request is divided into analyses: their levels keep their estimates alone, for
        matched within an analysis of its own, a level is of a few people more or less.

    Notes
    -----
    Levels add up to the whole. Where what is shown of them leaves a few people over, as few had no comparable control
    within their subgroup or were of a small one, the smallest level keeps its estimate, but not its numbers. So does a
    level of which a few people less are compared than the profile tells of.
    """
    if not subgroups.declared:
        return None
    rows, is_known = [], rate is not None and rate["why_not"] is None
    for _, levels in subgroups.rows.groupby("by", sort=False):
        found = [_subgroup(row, is_known, minimum_group, minimum_cell) for row in levels.to_dict("records")]
        if is_known:
            _hide_lost(found, known or {}, minimum_cell, divided)
            _hide_figures(found, rate, minimum_cell, shown, analysis)
        rows += _named(found, minimum_group)
    return {
        "declared": tuple(str(by) for by in subgroups.declared),
        "n_tests": int(subgroups.n_tests),
        "rows": rows,
        "heterogeneity": _heterogeneity(subgroups, rows) if is_known else [],
        "messages": tuple(mask_small_counts(text, minimum_cell) for text in subgroups.messages),
        "balance": subgroup_balance(subgroups, rows, minimum_cell, shown, analysis),
    }


def _subgroup(row: dict[str, Any], is_known: bool, minimum_group: int, minimum_cell: int) -> dict[str, Any]:
    why_not = text(row.get("why_not"))
    if why_not is None and not is_known:
        why_not = "the result of the whole group cannot be shown"
    if why_not is None and row["n_treatment"] < minimum_group:
        why_not = f"it concerns fewer than {minimum_group} people"
    if why_not is None and not all(
        may_be_shown(k, n, minimum_cell) for k, n in counts_of(row | {"unit": "share", "base": ""})
    ):
        why_not = few(minimum_cell)
    names = {"by": row["by"], "level": str(row["level"]), "why_not": why_not, "n_before": row["n_treatment"]}
    if why_not is not None:
        return names | dict.fromkeys([*FIGURES, "headline", "holm_p", "verdict", "worst"])
    headline = {part: float(row[f"headline_{part}"]) for part in ESTIMATE_PARTS}
    values = {k: number(row[k]) for k in (*FIGURES, "holm_p")} | {"worst": _worst(row["worst"])}
    return names | values | {"verdict": text(row["verdict"]), "headline": headline}


def known_sizes(profile: Sequence[Mapping[str, Any]], subgroups: Any, matched: Any) -> dict[tuple[str, str], int]:
    """People at each level, (by, level) -> number, whom the profile tells of: its shares are exact."""
    by_label = {label: str(by) for by, label in subgroups.labels.items()}
    told = [row for row in profile if row["characteristic"] in by_label and row["treatment"] is not None]
    n = matched.n_treatment_matched
    return {(by_label[row["characteristic"]], str(row["level"])): round(row["treatment"] * n) for row in told}


def _hide_lost(
    rows: Sequence[dict], known: Mapping[tuple[str, str], int], minimum_cell: int, divided: Collection[str]
) -> None:
    """Take out the figures of levels of which the profile, or an analysis, tells a few people more, or less."""
    for row in (row for row in rows if row["n_treatment"] is not None):
        told = known.get((row["by"], row["level"]), row["n_treatment"])
        if row["by"] in divided or is_small(abs(told - row["n_treatment"]), minimum_cell):
            _hide(row)


#: What is withheld of a subgroup whose estimate is shown.
FIGURES = ("n_treatment", "n_control", "treatment_value", "control_value")


def _hide_figures(
    rows: Sequence[dict], rate: dict[str, Any], minimum_cell: int, shown: Shown | None, analysis: int
) -> None:
    """Take out the figures of levels that, beside those of the others and of the whole, tell of a few people."""

    def reoffended(row: dict[str, Any]) -> int:
        return round(row["treatment_value"] * row["n_treatment"])

    for row in (row for row in rows if row["n_treatment"] is not None):
        key = f"subgroup {row['by']} {row['level']}"
        if shown is not None and not shown.allows(analysis, key, reoffended(row), row["n_treatment"]):
            _hide(row)
    while known := [row for row in rows if row["n_treatment"] is not None]:
        n_left = rate["n_treatment"] - sum(row["n_treatment"] for row in known)
        k_left = reoffended(rate) - sum(map(reoffended, known))
        if n_left == 0 == k_left:
            return
        others = " or ".join(row["level"] for row in rows if row not in known)
        if may_be_shown(k_left, n_left, minimum_cell) and (
            shown is None or not others or shown.allows(analysis, f"subgroup {rows[0]['by']} {others}", k_left, n_left)
        ):
            return
        smallest = min(known, key=lambda row: row["n_treatment"])
        _hide(smallest)


def _worst(value: Any) -> float | None:
    """To three decimals: more of them would fit one number of people only."""
    worst = number(value)
    return None if worst is None else round(worst, DECIMALS)


def _heterogeneity(subgroups: Any, rows: Sequence[dict]) -> list[dict]:
    """Rounded where levels are, as the statistic is of their estimates."""
    hidden = {row["by"] for row in rows if row["headline"] is not None and row["n_treatment"] is None}
    return [
        test | ({"q": round(test["q"], 2), "p_value": floored(test["p_value"])} if test["by"] in hidden else {})
        for test in subgroups.heterogeneity.to_dict("records")
    ]


def _hide(row: dict) -> None:
    """Take out the figures of a level, and all of its estimate that the number of people could be worked out from."""
    row |= dict.fromkeys(FIGURES) | {"headline": coarse(row["headline"])}
    row["holm_p"] = None if row["holm_p"] is None else floored(row["holm_p"])


def _named(rows: Sequence[dict], minimum_group: int) -> list[dict]:
    """Rows without what is not published; levels in an organisation's own words that few people have, as one."""
    found: list[dict] = []
    for row in rows:
        n_before = row.pop("n_before")
        if row["by"] in IN_OWN_WORDS and row["headline"] is None and not n_before >= minimum_group:
            row["level"], row["why_not"] = OTHERS, f"none of these has {minimum_group} people"
            if any(other["level"] == OTHERS for other in found):
                continue
        found.append(row)
    return found
