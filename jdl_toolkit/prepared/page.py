"""A match on a prepared table as one page: who is compared, how alike they are, what differs, how sure that is.

The page is laid out as an executed notebook is, in Markdown and the toolkit's own blocks, so that the same renderer
draws it and the same checks hold.
"""

from __future__ import annotations

from typing import Any

from ..document import MIME, Block, Inset, Table, Words
from ..numbers import count_, number
from ..plots import overlap
from ..spec import CaliperUnit, Method
from ..tables import setting_rows
from ..wording import capital, plain
from .analysis import PreparedEstimates, PreparedMatch
from .beside import Section
from .remarks import MATCHING, METHOD_WORDS, step, whom
from .settings import TableSpec
from .shown import differences_plot, differences_table, estimates_plot, estimates_table, values_in_words
from .table import PreparedTable

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
    sections = [("Who is compared", _who(table, found, spec, bins)), ("How alike the groups are", _alike(found))]
    if estimated is not None:
        for row in estimated.measures.itertuples():
            sections.append((f"Difference: {plain(row.label)}", _difference(row, estimated)))
    return [*sections, *more, ("How this was made", _made(found, estimated, spec))]


def _who(table: PreparedTable, found: PreparedMatch, spec: TableSpec, bins: list[dict[str, float]]) -> list[Block]:
    matched = found.matched
    is_overlap = matched.method == Method.overlap
    rows = [
        ("Method", capital(METHOD_WORDS[matched.method])),
        ("Rows of the table", count_(table.n_rows)),
        ("Left out, a value is missing", count_(table.n_incomplete)),
        ("Treated", count_(matched.n_treatment)),
        ("Treated and in the comparison", count_(matched.n_treatment_matched)),
        *([("Treated, worth equally weighted", number(matched.ess_treatment, 1))] if is_overlap else []),
        ("Others", count_(matched.n_pool)),
        ("Others in the comparison", count_(matched.n_control)),
        ("Others, worth equally weighted", number(matched.ess_control, 1)),
    ]
    if matched.method in MATCHING:
        rows.append(("Caliper", _caliper(found, spec)))
    said = (
        f"{matched.n_treatment_matched:,} of {matched.n_treatment:,} treated people are compared with "
        f"{matched.n_control:,} of {matched.n_pool:,} others, worth {number(matched.ess_control)} equally weighted, by "
        f"{METHOD_WORDS[matched.method]}. {whom(matched)}"
    )
    control = "matched comparison group" if matched.method in MATCHING else "weighted comparison group"
    treated = "weighted treatment group" if is_overlap else "treatment group"
    groups = {"treatment": treated, "control": control, "pool": "all others"}
    blocks: list[Block] = [Words(said), *_warned(found)]
    blocks += [overlap(bins, groups=groups, receive="receive the treatment")] if bins else []
    return [*blocks, Table("people", "People in the comparison", ("Item", "Value"), tuple(rows), "lr", _NOTE)]


def _caliper(found: PreparedMatch, spec: TableSpec) -> str:
    matched = found.matched
    if matched.caliper_raw is None:
        return "none"
    raw = f"{matched.caliper_raw:.4g} on the scale of the score ({matched.scale})"
    is_raw = spec.matching.caliper_unit == CaliperUnit.raw
    return raw if is_raw else f"{matched.caliper_sd:g} standard deviations: {raw}"


def _warned(found: PreparedMatch) -> list[Block]:
    text = "\n\n".join(plain(warning) for warning in found.warnings)
    return [Inset("warning", "Before you use these figures", text)] if text else []


def _alike(found: PreparedMatch) -> list[Block]:
    balance, between = found.balance, step(found.matched.method)
    plot = differences_plot(balance, found.matched.method)
    n_green = len(balance.rows) - balance.n_red - balance.n_amber
    said = (
        f"Of {len(balance.rows)} differences {n_green} are green, {balance.n_amber} amber and {balance.n_red} red "
        f"after {between}; the largest is {number(abs(balance.worst), 1, factor=100)} per cent of a standard deviation."
    )
    return [Words(said), *([plot] if plot else []), differences_table(balance, found.matched.method)]


def _difference(row: Any, estimated: PreparedEstimates) -> list[Block]:
    estimates = estimated.of(row.label)
    plot = estimates_plot(row, estimates, estimated.confidence)
    table = estimates_table(row, estimates, estimated.confidence)
    return [Words(values_in_words(row)), *([plot] if plot else []), table]


def _made(found: PreparedMatch, estimated: PreparedEstimates | None, spec: TableSpec) -> list[Block]:
    said = [text for text in found.messages if text not in found.warnings]
    said += _for_readers(estimated, found.matched.method) if estimated is not None else []
    messages = [Words("\n".join(f"- {plain(text)}" for text in said))] if said else []
    caption = "Settings of the comparison"
    return [*messages, Table("settings", caption, ("Setting", "Value"), tuple(_settings(spec)), "ll")]


def _for_readers(estimated: PreparedEstimates, method: str) -> list[str]:
    """The messages of the estimates, with the names that readers know in place of the keys of the answer."""
    missing = estimated.estimates[estimated.estimates["why_not"].notna()]
    others = list(estimated.messages[missing.groupby(["outcome", "why_not"]).ngroups :])
    if method not in MATCHING:  # nobody expects an estimate within a caliper where there is none
        missing = missing[missing["name"] != "abadie_imbens_caliper"]
    said = [
        f"{plain(outcome)}: not available, {why_not}: {'; '.join(rows['label'])}."
        for (outcome, why_not), rows in missing.groupby(["outcome", "why_not"], sort=False)
    ]
    return said + others


def _settings(spec: TableSpec) -> list[tuple[str, str]]:
    """What the method uses, and what was set; the caliper stands with the people."""
    method, matching = spec.matching.method, spec.to_dict()["matching"]
    kept = ["scale"] if method in MATCHING else []
    kept += ["ratio", "replace", "order"] if method == Method.nearest else []
    kept += [name for name in ("exact", "trim") if matching[name]]
    kept += ["common_support"] if matching["common_support"] != "none" else []
    values = {
        "matching": {name: matching[name] for name in kept},
        "balance": {name: getattr(spec.balance, name) for name in ("denominator", "green_up_to", "amber_up_to")},
        "inference": {"confidence": spec.inference.confidence},
    }
    return [*setting_rows(values), ("Seed of random draws", f"{spec.seed}")]
