"""How a match on a prepared table is shown, on its page and in a notebook: differences in the covariates, estimates."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..balance import Balance
from ..document import Figure, Table
from ..numbers import number, p_value
from ..plots import forest_plot, love_plot
from ..wording import plain
from .figures import NONE, Figures, ratio_words
from .remarks import step

#: Statistics of the balance in the table of differences, beside the differences themselves.
_STATISTICS = ("var_ratio", "ecdf_mean", "ecdf_max")
#: Estimates that the figure shows, in this order; the table has all.
_IN_FIGURE = ("headline", "check", "aipw", "gcomp", "t_classic_welch", "t_ess_welch", "lm_HC3")


def differences_plot(balance: Balance, method: str) -> Figure | None:
    """The love plot of all differences that are finite; None without any."""
    drawn = balance.rows[["covariate", "level", "label", "smd_before", "smd_after"]]
    finite = drawn[drawn[["smd_before", "smd_after"]].abs().max(axis=1) < float("inf")]
    limits = {"green_up_to": balance.green_up_to, "amber_up_to": balance.amber_up_to}
    return love_plot(finite, **limits, denominator=balance.denominator, step=step(method)) if len(finite) else None


def differences_table(balance: Balance, method: str) -> Table:
    """Every covariate before and after matching, with what says more than the averages."""
    between = step(method)
    cells = tuple(
        (
            plain(row["label"]),
            number(row["smd_before"], 1, factor=100),
            number(row["smd_after"], 1, factor=100),
            *(_exactly(row[k], 3) for k in _STATISTICS),
            row["light"],
        )
        for row in balance.rows.to_dict("records")
    )
    columns = ("Covariate", "Before", "After", "Variance ratio", "Mean distance", "Largest distance", "Light")
    note = (
        "Before, after: treatment group less comparison group, per cent of a standard deviation. Variance ratio, mean "
        f"and largest distance between the distribution functions: after {between}. {NONE}: a share has no variance of "
        "its own, or there is none."
    )
    return Table("balance", f"Every covariate before and after {between}", columns, cells, "lrrrrrl", note)


def _exactly(x: float, decimals: int) -> str:
    return NONE if x != x or abs(x) == float("inf") else number(x, decimals)


def values_in_words(row: Any) -> str:
    """What the groups have of an outcome, in a sentence.

    Parameters
    ----------
    row : named tuple
        Of `PreparedEstimates.measures`.
    """
    figures = Figures(row.unit, row.headline_se)
    return (
        f"{plain(row.label)}: {figures.value(row.treatment_value)} in the treatment group, "
        f"{figures.value(row.control_value)} in the comparison group."
    )


def headline_in_words(row: Any, confidence: float) -> str:
    """The headline of an outcome, with its interval if it has one."""
    figures = Figures(row.unit, row.headline_se)
    parts = {k: getattr(row, f"headline_{k}") for k in ("estimate", "ci_low", "ci_high")}
    if any(pd.isna(x) for x in parts.values()):
        return (
            f"Difference: {figures.difference(row.treatment_value - row.control_value)} {figures.words}, no interval."
        )
    return f"Difference ({100 * confidence:g}% interval): {figures.interval(parts)} {figures.words}."


def estimates_plot(row: Any, estimates: pd.DataFrame, confidence: float) -> Figure | None:
    """The main estimates of one outcome with their intervals; None where there is none.

    Parameters
    ----------
    row : named tuple
        Of `PreparedEstimates.measures`.
    estimates : DataFrame
        Of that outcome, by name: `PreparedEstimates.of`.
    """
    figures, differences = Figures(row.unit, row.headline_se), _had(estimates).query("scale == 'difference'")
    drawn = [
        {"label": differences.loc[name, "label"], "is_headline": name == "headline"}
        | {k: differences.loc[name, k] for k in ("estimate", "ci_low", "ci_high")}
        for name in _IN_FIGURE
        if name in differences.index
    ]
    style = {"unit": row.unit, "decimals": figures.decimals, "confidence": confidence}
    style |= {"directions": ("less in the treatment group", "more"), "caption": f"{plain(row.label)}: estimates"}
    return forest_plot(drawn, key="estimates", **style) if drawn else None


def estimates_table(row: Any, estimates: pd.DataFrame, confidence: float) -> Table:
    """Every estimate of one outcome that could be had, ratios apart; parameters as of `estimates_plot`."""
    figures, shown = Figures(row.unit, row.headline_se), _had(estimates)
    cells = tuple(_estimate_row(r, figures) for r in shown.to_dict("records"))
    note = f"Differences and their standard errors in {figures.words}. "
    note += "Of a ratio, 1 is no difference, and the standard error is of its logarithm."
    columns = ("Estimate", f"Value ({100 * confidence:g}% interval)", "Standard error", "p-value")
    cells = cells or ((("none", NONE, NONE, NONE)),)
    groups = tuple("Ratios" if scale == "ratio" else "Differences" for scale in shown["scale"])
    order = sorted(range(len(groups)), key=lambda i: groups[i])
    if len(set(groups)) > 1:
        cells, groups = tuple(cells[i] for i in order), tuple(groups[i] for i in order)
    else:
        groups, note = (), note.partition(". ")[0] + "."
    caption = f"{plain(row.label)}: every estimate"
    return Table("all_estimates", caption, columns, cells, "lrrr", note, groups)


def _had(estimates: pd.DataFrame) -> pd.DataFrame:
    """Those that could be had."""
    return estimates[estimates["why_not"].isna()]


def _estimate_row(row: dict[str, Any], figures: Figures) -> tuple[str, str, str, str]:
    if row["scale"] == "ratio":
        return row["label"], ratio_words(row), _exactly(row["se"], 2), p_value(row["p_value"])
    return row["label"], figures.interval(row), figures.difference(row["se"]), p_value(row["p_value"])
