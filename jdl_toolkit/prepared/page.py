"""A match on a prepared table as one page: who is compared, how alike they are, what differs, how sure that is.

The page is laid out as an executed notebook is, in Markdown and the toolkit's own blocks, so that the same renderer
draws it and the same checks hold.
"""

from __future__ import annotations

from typing import Any

from ..document import MIME, Block, Table, Words
from ..numbers import count_, number, p_value
from ..plots import forest_plot, love_plot, overlap
from ..plots.effects import estimate_words
from ..spec import Method
from ..wording import ended, plain
from .analysis import PreparedEstimates, PreparedMatch
from .answer import STATISTICS
from .beside import Section
from .settings import TableSpec
from .table import PreparedTable

#: Estimates that the figure shows, in this order; the table has all.
_IN_FIGURE = ("headline", "check", "aipw", "gcomp", "t_classic_welch", "t_ess_welch", "lm_HC3")
_NOTE = "Not disclosure controlled: numbers of few people are shown as they are."


def as_notebook(sections: list[Section]) -> dict[str, Any]:
    """Sections as the cells of an executed notebook, which `render` draws."""
    cells: list[dict[str, Any]] = []
    for title, blocks in sections:
        cells.append({"cell_type": "markdown", "source": f"## {title}"})
        data = [{"output_type": "display_data", "data": {MIME: block.to_json()}} for block in blocks]
        cells.append({"cell_type": "code", "outputs": data})
    return {"cells": cells, "metadata": {}}


def page_sections(
    table: PreparedTable,
    found: PreparedMatch,
    estimated: PreparedEstimates | None,
    spec: TableSpec,
    bins: list[dict[str, float]],
    more: list[Section],
) -> list[Section]:
    """What the page shows.

    Parameters
    ----------
    bins : list of dict
        Histogram of the score, see `plots.overlap`; empty where too few people are in each.
    more : list of (str, list of Block)
        Sections before the last: power, hidden bias, other choices.
    """
    sections = [("Who is compared", _who(table, found, bins)), ("How alike the groups are", _alike(found, spec))]
    if estimated is not None:
        for row in estimated.measures.itertuples():
            sections.append((f"Difference: {plain(row.label)}", _difference(row, estimated, spec)))
    return [*sections, *more, ("How this was made", _made(found, estimated, spec))]


def _who(table: PreparedTable, found: PreparedMatch, bins: list[dict[str, float]]) -> list[Block]:
    matched = found.matched
    rows = [
        ("Rows of the table", count_(table.n_rows)),
        ("Left out, a value is missing", count_(table.n_incomplete)),
        ("Treated", count_(matched.n_treatment)),
        ("Treated and in the comparison", count_(matched.n_treatment_matched)),
        ("Others", count_(matched.n_pool)),
        ("Others in the comparison", count_(matched.n_control)),
        ("Worth, equally weighted", number(matched.ess_control, 1)),
    ]
    caliper = "none" if matched.caliper_raw is None else f"{matched.caliper_raw:.6g}, on the {matched.scale}"
    rows = [*rows, ("Method", matched.method), ("Caliper", caliper)]
    blocks: list[Block] = [Words(ended(matched.summary()))]
    blocks += [overlap(bins)] if bins else []
    return [*blocks, Table("people", "People in the comparison", ("Item", "Value"), tuple(rows), "lr", _NOTE)]


def _alike(found: PreparedMatch, spec: TableSpec) -> list[Block]:
    rows = found.balance.rows
    limits = {"green_up_to": spec.balance.green_up_to, "amber_up_to": spec.balance.amber_up_to}
    drawn = rows[["covariate", "level", "label", "smd_before", "smd_after"]]
    finite = drawn[drawn[["smd_before", "smd_after"]].abs().max(axis=1) < float("inf")]
    plot = [love_plot(finite, **limits)] if len(finite) else []
    cells = tuple(
        (
            plain(row["label"]),
            number(row["smd_before"], 1, factor=100),
            number(row["smd_after"], 1, factor=100),
            *(number(row[k], 3) for k in STATISTICS if not k.startswith("smd")),
            row["light"],
        )
        for row in rows.to_dict("records")
    )
    columns = (
        "Covariate",
        "Before, per cent",
        "After, per cent",
        "Variance ratio",
        "Mean distance",
        "Largest distance",
    )
    note = (
        "Standardised differences, treatment group minus comparison group; variance ratio, mean and largest distance "
    )
    note += "between the distribution functions after matching."
    caption = "Every covariate before and after matching"
    return [
        Words(ended(found.balance.summary())),
        *plot,
        Table("balance", caption, (*columns, "Light"), cells, "lrrrrrl", note),
    ]


def _difference(row: Any, estimated: PreparedEstimates, spec: TableSpec) -> list[Block]:
    estimates, unit = estimated.of(row.label), row.unit
    shown = estimates[estimates["why_not"].isna() & (estimates["scale"] == "difference")]
    drawn = [
        {"label": shown.loc[name, "label"], "is_headline": name == "headline"}
        | {k: shown.loc[name, k] for k in ("estimate", "ci_low", "ci_high")}
        for name in _IN_FIGURE
        if name in shown.index
    ]
    cells = tuple(
        (r.label, name, estimate_words(r.estimate, r.ci_low, r.ci_high, unit), f"{r.se:.6g}", p_value(r.p_value))
        for name, r in zip(shown.index, shown.itertuples(), strict=True)
    )
    label = plain(row.label)
    said = (
        f"{label}: {row.treatment_value:.6g} in the treatment group, {row.control_value:.6g} in the comparison group."
    )
    per_cent = number(spec.inference.confidence, factor=100)
    columns = ("Estimate", "Name", f"Difference ({per_cent}% interval)", "Standard error", "p-value")
    blocks: list[Block] = [Words(said)]
    if drawn:
        directions = ("less in the treatment group", "more")
        blocks.append(
            forest_plot(drawn, unit=unit, key="estimates", caption=f"{label}: estimates", directions=directions)
        )
    note = "Shares in percentage points; the standard error is not rounded and on the scale of the outcome."
    return [
        *blocks,
        Table("all_estimates", f"{label}: every estimate", columns, cells or (("none", *["none"] * 4),), "llrrr", note),
    ]


def _made(found: PreparedMatch, estimated: PreparedEstimates | None, spec: TableSpec) -> list[Block]:
    said = [*found.messages, *(estimated.messages if estimated is not None else ())]
    chosen = {f"matching.{k}": v for k, v in spec.to_dict()["matching"].items()} | {"seed": spec.seed}
    if spec.matching.method not in (Method.radius, Method.nearest):
        chosen.pop("matching.calipers")
    rows = tuple((name, _value(v)) for name, v in chosen.items())
    messages = [Words("\n".join(f"- {plain(text)}" for text in said))] if said else []
    return [*messages, Table("settings", "Settings of the match", ("Setting", "Value"), rows, "ll")]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(plain(str(v)) for v in value) or "none"
    return "none" if value is None else ("yes" if value else "no") if isinstance(value, bool) else f"{value}"
