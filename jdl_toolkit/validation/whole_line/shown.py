"""The whole line in tables and pictures."""

from __future__ import annotations

import pandas as pd

from ...document import Figure, Table
from ...numbers import number
from ...plots.canvas import INK, LINE, NAVY, ORANGE, RULE, finish, rows_sheet, styled
from ..chance import FALSE_ALARM, share_bounds
from ..picture import rows_of_cells
from .checks import describe
from .results import ALL, OUTCOMES
from .service import MANY, Line

Cells = dict[str, Line]

#: Group of those who could be analysed -> as printed.
GROUPS = {
    "analysable": "All",
    "slip": "Written with a slip",
    "not_slip": "Written without one",
    "pnc_id": "With a PNC id",
    "not_pnc_id": "Without one",
    "female": "Women",
    "not_female": "Men",
    "white": "White",
    "not_white": "Other ethnicity",
    "under_25": "Under 25",
    "not_under_25": "25 and over",
    "many_offences": f"{MANY} or more previous offences",
    "not_many_offences": f"Fewer than {MANY}",
    "would_reoffend": "Would have reoffended",
    "not_would_reoffend": "Would not have",
}
FAULTS = {"clean": "Clean", "realistic": "Realistic", "dirty": "Dirty"}
_NONE = "\N{EN DASH}"


def headline(estimates: pd.DataFrame, links: str = "found", outcomes: str = OUTCOMES[0]) -> pd.DataFrame:
    """Rows of the headline, by cell."""
    rows = estimates[(estimates["estimator"] == "headline") & (estimates["links"] == links)]
    return rows[rows["outcomes"] == outcomes].set_index("cell")


def tables_of(estimates: pd.DataFrame, linkage: pd.DataFrame, missed: pd.DataFrame, cells: Cells) -> tuple[Table, ...]:
    return (
        findings_table(estimates, cells),
        estimators_table(estimates, cells),
        false_table(estimates, cells),
        linkage_table(linkage, cells),
        missed_table(missed),
    )


def findings_table(estimates: pd.DataFrame, cells: Cells) -> Table:
    """Truth, bias, coverage and power of each setting."""
    rows = []
    for cell, row in headline(estimates).iterrows():
        n = int(row["n"])
        shares = (100 * row[name] / n for name in ("n_covered_average", "n_covered", "n_conclusive"))
        average, covered, conclusive = (number(share, 1) for share in shares)
        covered += f" ({number(row['coverage_expected'], 1)})"
        values = (number(row["truth"], 1), number(row["crude_bias"], 1), _plus_minus(row, "bias"))
        conclusive += f" ({number(row['power'])})" if cell != ALL else ""
        rows.append((_name(cell, cells), *values, average, covered, conclusive))
    heads = ("Setting", "True effect", "Crude bias", "Headline bias", "Average covered, %", "Matched covered, %")
    heads += ("Conclusive (promised), %",)
    times = headline(estimates).drop(index=ALL, errors="ignore")["n"].astype(int)
    note = (
        f"Repetitions of each setting: {' to '.join(dict.fromkeys(f'{n:,}' for n in (times.min(), times.max())))}. "
        "Crude: treated less pool, without matching, in percentage points as the effect and the biases. ±: one "
        "Monte-Carlo error. Covered: intervals that hold the average effect of such a service, and that on the very "
        "people matched; in brackets what the latter must be for intervals made for the former. Promised: "
        "by the power table, or 5 per cent where there is no effect. All: without the hidden trait."
    )
    caption = "The whole line, from the upload to the finding"
    return Table("line-findings", caption, heads, tuple(rows), "lrrrrrr", note)


def estimators_table(estimates: pd.DataFrame, cells: Cells) -> Table:
    """The three estimates side by side."""
    of = estimates[
        (estimates["links"] == "found") & (estimates["outcomes"] == OUTCOMES[0]) & (estimates["cell"] != ALL)
    ]
    rows = []
    for cell, group in of.groupby("cell", sort=False):
        by = group.set_index("estimator")
        bias = tuple(_value(by.loc[name], "bias", 2) for name in _ESTIMATES)
        covered = tuple(number(100 * by.loc[name, "n_covered_average"] / by.loc[name, "n"], 1) for name in _ESTIMATES)
        rows.append((_name(cell, cells), *bias, *covered))
    heads = [f"{name.capitalize()}, {what}" for what in ("bias", "coverage %") for name in _ESTIMATES]
    caption = "The headline beside the classic test and the check"
    note = "Bias in percentage points; coverage of the average effect of such a service."
    return Table("line-estimators", caption, ("Setting", *heads), tuple(rows), "lrrrrrr", note)


_ESTIMATES = ("headline", "classic", "check")


def false_table(estimates: pd.DataFrame, cells: Cells) -> Table:
    """The same analyses with the effect undone: bias and false findings, with the links found and the true ones."""
    parts = [headline(estimates, links, OUTCOMES[1]) for links in ("found", "true")]
    rows = []
    for cell in parts[0].index:
        values = [
            text
            for part in parts
            for text in (
                _plus_minus(part.loc[cell], "bias"),
                number(100 * part.loc[cell, "n_conclusive"] / part.loc[cell, "n"], 1),
            )
        ]
        rows.append((_name(cell, cells), *values, _scatter(parts[0].loc[cell])))
    heads = ("Setting", "Bias, links found", "False findings, %", "Bias, true links", "False findings, %")
    note = "Each analysis again, with what its people would have done without the service: nothing is to be found, and "
    note += "5 per cent of false findings are to be expected. Last column: how far estimates scatter, as a multiple of "
    note += "what their standard errors say; links found. All: without the hidden trait."
    heads = (*heads, "Scatter / standard error")
    return Table("line-false", "The same people with the effect undone", heads, tuple(rows), "lrrrrr", note)


def scatter(row: pd.Series) -> tuple[float, float]:
    """How far estimates scatter, as a multiple of their mean standard error, and its Monte-Carlo error."""
    return row["sd"] / row["mean_se"], row["sd_mcse"] / row["mean_se"]


def _scatter(row: pd.Series) -> str:
    return "–" if row["n"] < 2 else "{} ± {}".format(*(number(part, 2) for part in scatter(row)))


def linkage_table(linkage: pd.DataFrame, cells: Cells) -> Table:
    """What linkage did with the records, and to the estimate."""
    rows = []
    for row in linkage.to_dict("records"):
        on_register = row["n_records"] - row["n_strangers"]
        wrong = row["n_wrong"] + row["n_strangers_linked"]
        shares = (100 * row["n_right"] / on_register, 100 * row["n_missed"] / on_register)
        in_pool = number(row["n_served_in_pool"] / row["n"], 1)
        found = f"{wrong:,.0f} of {row['n_right'] + wrong:,.0f}"
        moved = tuple(_plus_minus(row, name) for name in ("error_shift", "undone_shift"))
        rows.append((describe(cells[row["cell"]]), *(number(s, 1) for s in shares), found, in_pool, *moved))
    heads = ("Setting", "Found, %", "Missed, %", "Wrong links", "Served, in pool")
    note = (
        "Found and missed: of records of people on the register; the rest went to somebody else. Served, in pool: "
        "people who took part, were missed and stand among the controls, a repetition. Moved: estimate with the links "
        "found less that with the true links of the same repetition, in percentage points, less what the truth itself "
        "moved by; ± one Monte-Carlo error."
    )
    caption = "What linkage finds and misses, and what that does to the estimate"
    return Table("line-linkage", caption, (*heads, "Moved", "Moved, no effect"), tuple(rows), "lrrrrrr", note)


def missed_table(missed: pd.DataFrame) -> Table:
    """Who is missed, by how the upload is written."""
    by = missed.set_index(["group", "faults"])
    levels = [level for level in FAULTS if level in set(missed["faults"])]
    rows = tuple((label, *(_share_missed(by, group, level) for level in levels)) for group, label in GROUPS.items())
    caption = "Of the people who could be analysed, per cent whom linkage missed"
    note = "By how the upload is written. In the dirty uploads no record has an identifier."
    return Table(
        "line-missed", caption, ("People", *(FAULTS[level] for level in levels)), rows, "l" + "r" * len(levels), note
    )


def _share_missed(by: pd.DataFrame, group: str, level: str) -> str:
    row = by.loc[(group, level)]
    return number(100 * row["n_missed"] / row["n"], 1) if row["n"] else _NONE


def figures_of(estimates: pd.DataFrame, linkage: pd.DataFrame, cells: Cells) -> tuple[Figure, ...]:
    """Bias and coverage by setting, and what linkage moves; those for which there are enough repetitions."""
    rows = headline(estimates).drop(index=ALL, errors="ignore")
    if "bias" not in rows or rows["bias"].isna().any():
        return ()
    return (bias_figure(rows, cells), coverage_figure(rows, cells), linkage_figure(linkage, cells))


@styled
def bias_figure(rows: pd.DataFrame, cells: Cells) -> Figure:
    labels = [describe(cells[cell]) for cell in rows.index]
    marks = {"headline": rows["bias"].tolist(), "crude": rows["crude_bias"].tolist()}
    drawing, _ = rows_of_cells(labels, marks, "Bias, percentage points", line=0)
    shown = rows[[cells[cell].hidden_odds == 1 for cell in rows.index]]
    alt = f"Where nothing is hidden, crude comparisons are off by {number(shown['crude_bias'].min(), 1)} to "
    alt += f"{number(shown['crude_bias'].max(), 1)} points, the headline by {number(shown['bias'].min(), 1)} to "
    alt += f"{number(shown['bias'].max(), 1)}."
    data = [{"Setting": s, "Headline": r["bias"], "Crude": r["crude_bias"]} for s, r in _records(labels, rows)]
    return finish(drawing, "line-bias", "How far estimates are off the truth, from upload to finding", alt, data)


@styled
def coverage_figure(rows: pd.DataFrame, cells: Cells) -> Figure:
    labels = [describe(cells[cell]) for cell in rows.index]
    bands = [tuple(100 * b for b in share_bounds(int(n), 0.95, FALSE_ALARM)) for n in rows["n"]]
    title = "Coverage of 95% intervals, per cent\n(shaded: where chance may put a true 95)"
    covered = 100 * rows["n_covered_average"] / rows["n"]
    drawing, _ = rows_of_cells(labels, {"headline": covered.tolist()}, title, bands, 95)
    low, high = number(covered.min(), 1), number(covered.max(), 1)
    is_hidden = cells[covered.idxmin()].hidden_odds > 1
    alt = f"Between {low} and {high} per cent of the headline's intervals hold the average effect"
    alt += "; lowest where a trait is hidden." if is_hidden else "."
    data = [
        {"Setting": s, "Coverage": 100 * r["n_covered_average"] / r["n"], "Repetitions": r["n"]}
        for s, r in _records(labels, rows)
    ]
    return finish(
        drawing, "line-coverage", "How often intervals hold the average effect, from upload to finding", alt, data
    )


@styled
def linkage_figure(linkage: pd.DataFrame, cells: Cells) -> Figure:
    """The estimate with the links found less that with the true ones, with an effect and with it undone."""
    labels = [describe(cells[cell]) for cell in linkage["cell"]]
    drawing, axes, middles = rows_sheet(labels, top=24, below=50)
    axes.axvline(0, color=RULE, lw=1)
    looks = {"error_shift": ("D", NAVY, -3.0, "as it was"), "undone_shift": ("s", ORANGE, 3.0, "effect undone")}
    for name, (shape, colour, aside, label) in looks.items():
        at = [y + aside for y in middles]
        reach = 1.96 * linkage[f"{name}_mcse"].fillna(0)
        axes.hlines(at, linkage[name] - reach, linkage[name] + reach, color=colour, lw=LINE)
        filled = {"mfc": colour if name == "error_shift" else "white", "ms": 5}
        axes.plot(linkage[name], at, shape, color=colour, label=label, ls="none", clip_on=False, **filled)
    axes.set_xlabel("Links found less true links, percentage points\n(lines: 95% Monte-Carlo intervals)", color=INK)
    axes.margins(x=0.05)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)
    low, high = number(linkage["error_shift"].min(), 2, sign=True), number(linkage["error_shift"].max(), 2, sign=True)
    alt = f"Imperfect linkage moves the estimate by {low} to {high} points on average, most where uploads are dirty."
    if linkage.loc[linkage["error_shift"].abs().idxmax(), "faults"] != "dirty":
        alt = f"Imperfect linkage moves the estimate by {low} to {high} points on average."
    data = [
        {"Setting": s, "As it was": r["error_shift"], "Effect undone": r["undone_shift"]}
        for s, r in _records(labels, linkage)
    ]
    return finish(drawing, "line-linkage-moves", "What imperfect linkage does to the estimate", alt, data)


def _records(labels: list[str], rows: pd.DataFrame) -> list[tuple[str, dict]]:
    return list(zip(labels, rows.to_dict("records"), strict=True))


def _name(cell: str, cells: Cells) -> str:
    return "All" if cell == ALL else describe(cells[cell])


def _value(row: pd.Series, name: str, decimals: int) -> str:
    return number(row[name], decimals) if name in row and pd.notna(row[name]) else _NONE


def _plus_minus(row: pd.Series | dict, name: str) -> str:
    error = row.get(f"{name}_mcse")
    value = row.get(name)
    if value is None or pd.isna(value):
        return _NONE
    return number(value, 2) + ("" if error is None or pd.isna(error) else f" ± {number(error, 2)}")
