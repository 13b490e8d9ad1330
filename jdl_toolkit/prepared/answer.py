"""What `jdl match` answers: one JSON object whose keys are fixed, words for a terminal, and the weights as a file.

Nothing that is not a number becomes one: where a statistic does not exist the value is null.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..matching import DROPPED
from ..numbers import number
from ..result import write_atomically
from .analysis import PreparedEstimates, PreparedMatch
from .table import PreparedTable

#: Statistics of the balance by the names under which R's results have them.
STATISTICS = {
    "smd_treated": "smd_sd_treated",
    "smd_pooled": "smd_sd_pooled",
    "var_ratio": "var_ratio",
    "ecdf_mean": "ecdf_mean",
    "ecdf_max": "ecdf_max",
}

_OF_ESTIMATE = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
_MOST_ROWS = 12


def answer(
    table: PreparedTable, found: PreparedMatch, estimated: PreparedEstimates | None, **more: dict[str, Any]
) -> dict[str, Any]:
    """The values of ``--json``; see docs/match.md for every key.

    Parameters
    ----------
    estimated : PreparedEstimates, optional
        None where the table has no outcome: the answer then holds balance alone.
    **more
        Further parts: power, hidden_bias, robustness.
    """
    matched = found.matched
    values: dict[str, Any] = {
        "method": matched.method,
        "score": matched.scale,
        "estimand": matched.estimand,
        "n_treated": matched.n_treatment,
        "n_control": matched.n_pool,
        "n_treated_matched": matched.n_treatment_matched,
        "n_treated_unmatched": matched.n_treatment - matched.n_treatment_matched,
        "n_control_used": matched.n_control,
        "caliper_sd": matched.caliper_sd,
        "caliper_raw": matched.caliper_raw,
        "ess_control": matched.ess_control,
        "ess_treated": matched.ess_treatment,
    }
    if estimated is not None:
        parts = {row.label: _outcome(row, estimated) for row in estimated.measures.itertuples()}
        first = next(iter(parts))
        values |= {"outcome": first, **parts[first]}
        values |= {"outcomes": parts} if len(parts) > 1 else {}
    values |= {
        "balance": {row["name"]: _sides(row) for row in found.balance.rows.to_dict("records")},
        "balance_passed": found.balance.passed,
        "worst_smd": found.balance.worst,
        "coefficients": dict(matched.coefficients[["term", "estimate"]].itertuples(index=False, name=None)),
        "dropped": _dropped(table, matched),
        **more,
        "warnings": list(found.warnings),
        "messages": [*found.messages, *(estimated.messages if estimated is not None else ())],
    }
    return plain_values(values)


def _outcome(row: Any, estimated: PreparedEstimates) -> dict[str, Any]:
    estimates = estimated.of(row.label)
    return {
        "outcome_type": row.unit,
        "mean_treated": row.treatment_value,
        "mean_control": row.control_value,
        "att": row.treatment_value - row.control_value,
        "estimates": {
            name: {k: values[k] for k in _OF_ESTIMATE} | ({"scale": "ratio"} if values["scale"] == "ratio" else {})
            for name, values in estimates.to_dict("index").items()
        },
    }


def _sides(row: dict[str, Any]) -> dict[str, dict[str, float]]:
    sides = {"before": "_before", "after": ""}
    return {side: {name: row[k + end] for k, name in STATISTICS.items()} for side, end in sides.items()}


def _dropped(table: PreparedTable, matched: Any) -> list[dict[str, Any]]:
    """Reasons and counts of all who have no weight."""
    groups = {"treatment": "treated", "pool": "control"}
    rows = [
        {"group": groups[r.group], "reason": r.reason, "n": r.n, "words": DROPPED[r.reason]}
        for r in matched.dropped.itertuples()
    ]
    if table.n_incomplete:
        words = "a value is missing in their row"
        rows.insert(0, {"group": "all", "reason": "incomplete", "n": table.n_incomplete, "words": words})
    return rows


def plain_values(value: Any) -> Any:
    """Values that JSON has: numbers of NumPy as Python's, those that are not finite as null."""
    if isinstance(value, dict):
        return {str(k): plain_values(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return str(value) if isinstance(value, str) else value


def in_words(values: dict[str, Any], written: list[Path]) -> str:
    """The answer for a terminal."""
    n, n_matched = values["n_treated"], values["n_treated_matched"]
    lines = [
        f"{n_matched:,} of {n:,} treated people compared with {values['n_control_used']:,} of {values['n_control']:,} "
        f"others, worth {values['ess_control']:,.0f} equally weighted ({values['method']}, score: {values['score']})."
    ]
    if values["caliper_raw"] is not None:
        lines += [f"Caliper: {values['caliper_raw']:.6g} ({values['caliper_sd']:.4g} standard deviations)."]
    lines += [f"WARNING: {warning}" for warning in values["warnings"]]
    lines += ["", *_balance_lines(values)]
    for name, part in (values.get("outcomes") or {values.get("outcome"): values}).items():
        if name is not None:
            lines += ["", *_estimate_lines(name, part)]
    others = [message for message in values["messages"] if message not in values["warnings"]]
    lines += ["", *(f"- {message}" for message in others)] if others else []
    lines += ["", *(f"Wrote {path}." for path in written)] if written else []
    return "\n".join(lines)


def _balance_lines(values: dict[str, Any]) -> list[str]:
    rows = [(name, s["before"]["smd_sd_pooled"], s["after"]["smd_sd_pooled"]) for name, s in values["balance"].items()]
    rows.sort(key=lambda row: -abs(row[2]) if row[2] is not None else -math.inf)
    width = max(20, *(len(name) for name, *_ in rows[:_MOST_ROWS]))
    lines = [f"{'Standardised differences, per cent':<{width}}   {'before':>10}   {'after':>10}"]
    lines += [
        f"{name:<{width}}   {_per_cent(before):>10}   {_per_cent(after):>10}"
        for name, before, after in rows[:_MOST_ROWS]
    ]
    return lines + ([f"({len(rows) - _MOST_ROWS:,} more are smaller after matching)"] if len(rows) > _MOST_ROWS else [])


def _per_cent(smd: float | None) -> str:
    return "none" if smd is None else number(smd, 1, factor=100)


def _estimate_lines(name: str, part: dict[str, Any]) -> list[str]:
    lines = [f"{name} ({part['outcome_type']}): {part['mean_treated']:.6g} in the treatment group, "]
    lines[0] += f"{part['mean_control']:.6g} in the comparison group, difference {part['att']:.6g}"
    lines += [f"{'Estimate':<22}{'value':>14}{'SE':>14}{'from':>14}{'to':>14}{'p':>9}"]
    for key, values in part["estimates"].items():
        if values["estimate"] is not None:
            shown = [f"{values[k]:>14.6g}" if values[k] is not None else f"{'none':>14}" for k in _OF_ESTIMATE[:4]]
            p = "none" if values["p_value"] is None else f"{values['p_value']:.4f}"
            lines.append(f"{key:<22}{''.join(shown)}{p:>9}")
    return lines


def write_weights(table: PreparedTable, found: PreparedMatch, out: Path) -> None:
    """Row number, score, logit and weight of every row of the file, whole or not at all.

    Rows that were left out have weight 0 and no score. Numbers are written so that reading gives the same again.
    """
    units = found.matched.units
    whole = pd.DataFrame({"row": np.arange(1, table.n_rows + 1)})
    units = units[["unit_id", "score", "logit", "weight"]].rename(columns={"unit_id": "row"})
    frame = whole.merge(units, on="row", how="left", validate="1:1").fillna({"weight": 0.0})
    write_atomically(out, frame.to_csv(index=False, lineterminator="\n"))
