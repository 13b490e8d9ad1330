"""What stands beside the estimates: power in hand, how much hidden bias would matter, and other ways of analysing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from ..document import Block, Table, Words
from ..errors import JDLError
from ..numbers import count_, number, p_value, significant, with_unit
from ..plots import forest_plot
from ..plots.effects import UNIT_WORDS
from ..power import PowerTable, power_for_measure
from ..robustness.estimating import ESTIMATE, estimate_sample
from ..robustness.hiding import bound_hidden_bias
from ..robustness.variants import LEFT_OUT, declare, match_variants
from ..wording import ended, plain
from .analysis import PreparedEstimates, PreparedMatch
from .figures import NONE, Figures
from .settings import TableSpec
from .table import PreparedTable

Section = tuple[str, list[Block]]
_ALREADY = "it is unclear already"


@dataclass(frozen=True)
class Beside:
    """What is known beside the estimates of the first outcome.

    Parameters
    ----------
    power : PowerTable or None
    hidden_bias : dict
        See `robustness.hiding.bound_hidden_bias`.
    robustness : list of dict
        A row per other way of analysing: group, label, n_treated, n_control, estimate, se, ci_low, ci_high, p_value,
        df, why_not; empty unless it was asked for.
    messages : tuple of str
    """

    power: PowerTable | None
    hidden_bias: dict[str, Any]
    robustness: list[dict[str, Any]]
    messages: tuple[str, ...]

    def values(self) -> dict[str, Any]:
        """Its parts of the answer."""
        found: dict[str, Any] = {"hidden_bias": self.hidden_bias}
        if self.power is not None:
            names = ("sd", "alpha", "power", "smallest_detectable", "detectable_in_hand")
            found["power"] = {name: getattr(self.power, name) for name in names} | {"effective": None}
            if worth := self.power.effective:
                sizes = {"n_treated": worth.n_treatment, "n_control": worth.n_control}
                found["power"]["effective"] = sizes | {name: getattr(worth, name) for name in names[3:]}
        return found | ({"robustness": self.robustness} if self.robustness else {})


def look_beside(
    table: PreparedTable,
    found: PreparedMatch,
    estimated: PreparedEstimates,
    spec: TableSpec,
    *,
    panel: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> Beside:
    """Power, hidden bias and, with `panel`, the variants of the robustness panel, for the first outcome.

    Nothing here can stop the answer: what cannot be worked out says why.
    """
    inner, matched = spec.renamed(table.place_of), found.matched
    place, row = next(iter(table.types)), estimated.measures.iloc[0].to_dict()
    y = pd.Series(table.outcomes[place].to_numpy(float), index=table.outcomes["unit_id"])
    messages, power, hidden, rows = [], None, {}, []
    if min(row["n_treatment"], row["n_control"]) < 2:
        messages.append("Power: not worked out, fewer than two people are left in one of the groups.")
    else:
        try:
            power = power_for_measure(estimated, row["key"], inner)
        except JDLError as fault:
            messages.append(f"Power: {ended(fault.problems[0].what)}")
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        if pd.notna(row["headline_estimate"]):
            progress("hidden bias")
            hidden = bound_hidden_bias(table.covariates, matched, y, row, inner)
        if panel:
            progress("other ways of analysing")
            for variant, sample in match_variants(table.covariates, matched, declare(table.covariates, matched, inner)):
                one = {"why_not": sample} if isinstance(sample, str) else estimate_sample(sample, y, row["unit"], inner)
                label = f"Without {variant.label}" if variant.group == LEFT_OUT else variant.label
                sizes = {"n_treated": one.pop("n_treatment", None), "n_control": one.pop("n_control", None)}
                rows.append({"group": variant.group, "label": label, **sizes, **one})
    return Beside(power, _in_names(hidden, table), _in_names(rows, table), tuple(messages))


def _in_names(value: Any, table: PreparedTable) -> Any:
    if isinstance(value, dict):
        return {k: _in_names(v, table) for k, v in value.items()}
    if isinstance(value, list):
        return [_in_names(v, table) for v in value]
    return table.in_names(value) if isinstance(value, str) else value


def beside_sections(beside: Beside, estimated: PreparedEstimates, confidence: float) -> list[Section]:
    """Its parts of the page."""
    row = estimated.measures.iloc[0]
    figures = Figures(row["unit"], row["headline_se"])
    sections: list[Section] = []
    if beside.power is not None:
        sections.append(("What could have been found", [Words(_power_words(beside.power))]))
    if beside.hidden_bias:
        sections.append(("How much hidden bias would matter", [_hidden_table(beside.hidden_bias, figures)]))
    if beside.robustness:
        sections.append(("Other ways of analysing", _panel_blocks(beside.robustness, row, figures, confidence)))
    return sections


def _power_words(power: PowerTable) -> str:
    unit = UNIT_WORDS[power.unit]
    wanted = number(power.power, factor=100)
    said = (
        f"With {number(power.n_treatment)} treated people and {number(power.n_control)} others, a difference of "
        f"{with_unit(significant(power.detectable_in_hand), unit)} is found with {wanted} per cent power"
    )
    if power.effective is not None:
        said += (
            f"; with everybody counted by what the weights make them worth, one of "
            f"{significant(power.effective.detectable_in_hand)}"
        )
    return f"{said}. No number of treated people is enough for less than {significant(power.smallest_detectable)}."


def _hidden_table(hidden: dict[str, Any], figures: Figures) -> Table:
    """What each way of asking takes to explain the difference away, and to leave it unclear; or why there is none."""
    pairs, weights, confounder, e_values = (hidden.get(k, {}) for k in ("pairs", "weights", "confounder", "e_values"))
    is_unclear = e_values.get("limit") == 1 or weights.get("tipping_interval") == 1
    already = _ALREADY if is_unclear else NONE
    rows = [
        (
            f"Shift of the difference, {figures.words}",
            figures.difference(_size(confounder.get("to_zero"))),
            already
            if confounder.get("to_include_zero") is None
            else figures.difference(_size(confounder["to_include_zero"])),
        ),
        (
            "Factor by which the odds of treatment of each of the others are wrong",
            _factor(weights.get("tipping_estimate")),
            _factor(weights.get("tipping_interval"), already),
        ),
        ("The same factor within pairs (Rosenbaum)", NONE, _factor(pairs.get("tipping_gamma"), already)),
        (
            "Ratio of risks with treatment and with outcome (E-value)",
            _factor(e_values.get("point")),
            _factor(e_values.get("limit"), already),
        ),
    ]
    names = ("Shift", "Factor", "Pairs", "E-value")
    parts = (confounder, weights, pairs, e_values)
    why = [f"{name}: {part['why_not']}." for name, part in zip(names, parts, strict=True) if part.get("why_not")]
    note = " ".join([f"{NONE}: does not apply, or was not worked out.", *map(plain, why)])
    columns = ("Measure of hidden bias", "Explains all of the difference", "Makes it unclear")
    return Table("hidden_bias", "What it would take to explain the difference away", columns, tuple(rows), "lll", note)


def _size(x: float | None) -> float | None:
    return None if x is None else abs(x)


def _factor(x: float | None, already: str = NONE) -> str:
    """A factor; `already` where none is needed."""
    if x is None:
        return NONE
    return already if x == 1 and already != NONE else number(x, 2)


def _panel_blocks(rows: list[dict[str, Any]], row: pd.Series, figures: Figures, confidence: float) -> list[Block]:
    main = {"label": "This analysis", "is_headline": True} | {k: row[f"headline_{k}"] for k in ESTIMATE[:4]}
    drawn = [main] if pd.notna(row["headline_estimate"]) else []
    drawn += [r for r in rows if r.get("estimate") is not None]
    cells = tuple(
        (
            plain(r["label"]),
            count_(r.get("n_treated") or 0),
            figures.interval(r) if r.get("estimate") is not None else plain(str(r["why_not"])),
            p_value(r["p_value"]) if r.get("p_value") is not None else NONE,
        )
        for r in rows
    )
    style = {"unit": row["unit"], "decimals": figures.decimals, "confidence": confidence}
    style |= {"directions": ("less in the treatment group", "more"), "caption": "Other ways of analysing"}
    plot = [forest_plot(drawn, key="other_ways", **style)] if drawn else []
    columns = ("Analysis", "Treated", f"Difference ({100 * confidence:g}% interval)", "p-value")
    note = f"Headline estimates, in {figures.words}."
    if any("overlap" in r["label"].lower() for r in rows):
        note += " Overlap weights concern people who might have been in either group; all others, the treated."
    return [*plot, Table("other_ways", "Every other way", columns, cells, "lrlr", note)]
