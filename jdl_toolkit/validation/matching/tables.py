"""The matching part in tables."""

from __future__ import annotations

import pandas as pd

from ...document import Table
from ...numbers import number
from ..chance import FALSE_ALARM, share_bounds
from ..summary import BOUND, describe
from .cells import CELLS, HIDDEN, MEASURED, SIDE_BY_SIDE
from .results import of_effect

#: As printed: each estimate, in the order of the columns.
_HEADS = tuple(name.capitalize() for name in SIDE_BY_SIDE)


def tables_of(estimates: pd.DataFrame, hidden: pd.DataFrame) -> tuple[Table, ...]:
    """Bias, coverage, false findings, power, wrong signs, what nobody recorded, and the bounds on it."""
    measured = estimates[estimates["cell"].isin(MEASURED)]
    tables = [bias_table(measured), coverage_table(measured), type_i_table(measured), power_table(measured)]
    tables += [signs_table(estimates)]
    tables += [hidden_table(hidden), bounds_table(hidden)] if len(hidden) else []
    return tuple(table for table in tables if table.rows)


def bias_table(measured: pd.DataFrame) -> Table:
    """Mean of estimate less truth, in each cell, and how far chance moves the headline's."""
    wide = by_cell(measured, "bias")
    error = by_cell(measured, "bias_mcse")["headline"]
    rows = tuple(
        (describe(CELLS[cell]), *(number(wide.loc[cell, e], 2) for e in SIDE_BY_SIDE), number(BOUND * error[cell], 2))
        for cell in wide.index
    )
    note = "Treated people and pool; how strongly they are selected; the true effect, in percentage points. Chance: "
    note += f"{BOUND:g} Monte-Carlo errors of the headline."
    return Table(
        "matching-bias",
        "Bias: how far the estimates are off the true effect on average, percentage points",
        ("Setting", *_HEADS, "Chance (±)"),
        rows,
        "lrrrrr",
        note,
    )


def coverage_table(measured: pd.DataFrame) -> Table:
    """Share of 95 per cent intervals that hold the truth, and the share of results that would be published."""
    wide, first = by_cell(measured, "coverage"), measured[measured["estimator"] == "headline"].set_index("cell")
    rows = []
    for cell in wide.index:
        of = first.loc[cell]
        low, high = (number(100 * share, 1) for share in share_bounds(int(of["n"]), 0.95, FALSE_ALARM))
        shown = number(100 * of["n_open"] / (of["n"] + of["n_without"]))
        values = (number(wide.loc[cell, e], 1) for e in SIDE_BY_SIDE)
        rows.append((describe(CELLS[cell]), *values, f"{low} to {high}", shown))
    note = (
        "By chance: where 99 in 100 studies would put an interval that truly covers 95 per cent. Gates open: balance "
    )
    note += "passes and 30 people or more are compared, so that a report could be published."
    return Table(
        "matching-coverage",
        "Coverage: per cent of intervals that hold the true effect; they promise 95",
        ("Setting", *_HEADS, "By chance", "Gates open, %"),
        tuple(rows),
        "lrrrrrr",
        note,
    )


def type_i_table(measured: pd.DataFrame) -> Table:
    """Conclusive findings where the service does nothing."""
    wide = shares(of_effect(measured, False), "n_conclusive")
    rows = tuple((describe(CELLS[cell]), *(number(wide.loc[cell, e], 1) for e in SIDE_BY_SIDE)) for cell in wide.index)
    caption = "Type I error: per cent of repetitions with a conclusive finding although the service does nothing"
    return Table("matching-type-i", caption, ("Setting", *_HEADS), rows, "lrrrr", "An honest method has 5 per cent.")


def power_table(measured: pd.DataFrame) -> Table:
    """Power of each estimate against what the power table promised of the same groups."""
    with_effect = of_effect(measured, True)
    wide, promised = shares(with_effect, "n_conclusive"), with_effect.drop_duplicates("cell").set_index("cell")
    rows = tuple(
        (
            describe(CELLS[cell]),
            number(promised.loc[cell, "truth"], 1),
            *(number(promised.loc[cell, f"power_{count}"]) for count in ("people", "worth")),
            *(number(wide.loc[cell, name]) for name in ("classic", "headline", "check")),
        )
        for cell in wide.index
    )
    note = "Promised by people: controls count as people, as published. Safer: they count by what their weights make "
    note += "them worth. True effect: percentage points, mean over the treated."
    columns = ("Setting", "True effect", "Promised by people", "Promised, safer", "Classic", "Headline", "Check")
    caption = "Power: per cent of repetitions with a conclusive finding, beside what the power table promised"
    return Table("matching-power", caption, columns, rows, "lrrrrrr", note)


def signs_table(estimates: pd.DataFrame) -> Table:
    """Conclusive findings of the headline about real effects: the wrong way, and how far they overstate."""
    rows = []
    for row in estimates[(estimates["estimator"] == "headline") & estimates["n_wrong"].notna()].to_dict("records"):
        wrong = number(100 * row["n_wrong"] / row["n_conclusive"], 1)
        times = f"{number(row['exaggeration'], 2)} ± {number(row['exaggeration_mcse'], 2)}"
        conclusive = f"{row['n_conclusive']:,.0f} of {row['n']:,}"
        rows.append((describe(CELLS[row["cell"]]), conclusive, f"{row['n_wrong']:,.0f}", wrong, times))
    note = "Exaggeration: mean size of the conclusive estimates over the size of the true effect, ± its Monte-Carlo "
    note += "error. Hidden odds: in those settings nobody recorded what decides who is treated."
    return Table(
        "matching-signs",
        "Conclusive findings about a real reduction: how many point the wrong way, and how far they exaggerate",
        ("Setting", "Conclusive", "Wrong way", "Wrong way, %", "Exaggeration, times"),
        tuple(rows),
        "lrrrr",
        note,
    )


def hidden_table(hidden: pd.DataFrame) -> Table:
    """What something nobody recorded does to the headline, by how strong it is."""
    rows = tuple(
        (
            number(row["odds"], 1),
            number(abs(row["gap"]), 1),
            number(abs(row["changes"]), 1),
            number(row["bias"], 2),
            number(100 * row["n_reduction"] / row["n"], 1),
            number(100 * row["n_increase"] / row["n"], 1),
            f"{number(row['less_bias'], 2)} ± {number(BOUND * row['less_mcse'], 2)}",
        )
        for row in hidden.to_dict("records")
    )
    columns = ("Odds ratio with treatment and outcome", "Commoner among the treated, points")
    columns += ("Changes reoffending by, points", "Bias, points", "Conclusive reduction, %", "Conclusive increase, %")
    columns += ("Bias less what the formula says",)
    note = "Half of all people have it. ± is what chance allows. The last column takes off what the formula of the "
    note += "toolkit's tipping point says that it did: how much commoner it is, times what it changes."
    caption = "1,000 treated people and 10,000 others: what nobody recorded does to the headline"
    return Table("matching-hidden", caption, columns, rows, "rrrrrrr", note, _series_names(hidden))


def bounds_table(hidden: pd.DataFrame) -> Table:
    """The toolkit's bounds on hidden bias beside what is really there, where the service does nothing."""
    rows = []
    for row in (r for r in hidden.to_dict("records") if not HIDDEN[r["cell"]].effect):
        strongest = number(max(row["ratio_outcome"], row["ratio_treatment"]), 2)
        real = (strongest, number(row["odds_factor"], 2), number(row["odds"], 2))
        said = ("e_limit", "lambda_interval", "gamma")
        pairs = (f"{one} / {_known(row[name])}" for one, name in zip(real, said, strict=True))
        over = " / ".join(f"{row[f'n_over_{name}']:,.0f}" for name in ("e", "lambda", "gamma"))
        rows.append((number(row["odds"], 1), *pairs, f"{over} of {row['n']:,.0f}"))
    return Table(
        "matching-bounds",
        "Is the toolkit right about what would suffice? How strong it really is / what the toolkit says would suffice",
        ("Odds ratio", "Risk ratios (E-value)", "Odds of treatment (Λ)", "Odds within a pair (Γ)", "Claimed too much"),
        tuple(rows),
        "rrrrr",
        "The service does nothing, and what nobody recorded makes the findings. The toolkit's figures are medians over "
        "its conclusive findings, for the interval to include zero. It claims too much where its figure is above what "
        "is really there: one time in forty is allowed to chance.",
    )


def _series_names(hidden: pd.DataFrame) -> tuple[str, ...]:
    names = {True: "Real reduction of 5 points; it makes people likelier to be treated and to reoffend"}
    names[False] = "No effect; it makes people likelier to be treated and less likely to reoffend"
    return tuple(names[bool(HIDDEN[cell].effect)] for cell in hidden["cell"])


def by_cell(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """One column, a row for each cell in the study's order, a column for each estimate."""
    order = [cell for cell in CELLS if (frame["cell"] == cell).any()]
    return frame.pivot(index="cell", columns="estimator", values=column).reindex(index=order, columns=SIDE_BY_SIDE)


def shares(frame: pd.DataFrame, count: str) -> pd.DataFrame:
    return by_cell(frame.assign(share=100 * frame[count] / frame["n"]), "share")


def labels(wide: pd.DataFrame) -> list[str]:
    return [describe(CELLS[cell]) for cell in wide.index]


def _known(value: float) -> str:
    return "–" if pd.isna(value) else number(value, 2)
