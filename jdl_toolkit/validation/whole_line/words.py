"""The answer of the whole line in words: plain first, every number from its results."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...numbers import number
from ..part import Check
from .checks import hidden_bias
from .results import ALL, OUTCOMES
from .shown import Cells, headline, scatter

CAN = """**What this can and cannot show.** Every stage really ran: a workbook was written and read, each person \
looked for by name and date of birth, sentences, exclusions, covariates and outcomes were taken from a register, \
people matched, and a finding made. It cannot show that real registers, real slips and real services are like those \
invented here, nor that nothing hidden decided who took part in a real one. The registers are small beside a nation's: \
among millions more people share a name and a date of birth, so that more records stay in doubt."""

CHANGED = """**What was changed on the way.** When this part was first run in whole (decision 59), the headline was \
off by −1.2 to −1.3 points at strong selection, and two of its checks did not hold. The study erred, not the \
toolkit: its service took nobody who was sentenced again before it began, whom the control pool keeps, as real \
services do. Such people may take part since. No bound was changed."""

TRUTH = """**What is called true.** For each person who took part we know whether they reoffend within a year of their \
sentence with the service and without it. The truth is the mean difference over the matched people who took part, each \
as they count in the comparison. Who was excluded or found no control does not count. Somebody linked by mistake has \
no effect; what they do to an estimate is error. So is what people do who took part, were missed, and stand among the \
controls. Nobody who reoffended before the service started is helped by it, so the same people leave with and without \
an effect."""

#: Of Monte-Carlo errors: what one in a hundred studies would show by chance.
BEYOND_CHANCE = 2.576
#: What was looked at for the study that travels with the toolkit: decision 65.
WHY_NARROW = """Why was not found (decision 65). There are more than four times as many covariates here as in the part \
from matching onward, where intervals are right; but 42 more that mean nothing, added there, made a difference of one \
per cent only. A part may be chance."""


def words_of(
    about: dict,
    estimates: pd.DataFrame,
    linkage: pd.DataFrame,
    missed: pd.DataFrame,
    cells: Cells,
    checks: Iterable[Check],
) -> str:
    """The answer as paragraphs; the checks decide whether a paragraph opens with praise."""
    failed = " ".join(check.claim for check in checks if check.holds is False)
    parts = [_made(about, linkage)]
    if ALL in headline(estimates).index and headline(estimates).loc[ALL, "n"] > 1:
        undone = headline(estimates, outcomes=OUTCOMES[1]).loc[ALL]
        parts += [_right(estimates, failed), _false(estimates, failed), _too_narrow(undone)]
    parts += [_linkage(linkage, failed), _missed(missed), _hidden(estimates, cells)]
    return "\n\n".join(part for part in (*parts, TRUTH, CAN, CHANGED) if part)


def _made(about: dict, linkage: pd.DataFrame) -> str:
    n, wanted = sum(about["replications"].values()), about["wanted"] * len(about["replications"])
    records, drawn = linkage["n_records"].sum() / linkage["n"].sum(), about["registers"]["n_drawn"]
    said = (
        f"{n:,} times a register of {drawn:,} invented people was drawn, a service chose whom to work with, some of "
        f"them reoffended less for it, and a workbook of some {number(records)} records was written: clean, with as "
        "many slips as real uploads have, or dirty and without identifiers. Then the toolkit did what it does with a "
        "real request, from reading the workbook to the finding."
    )
    if n < wanted:
        said += f" **The study is not finished: {n:,} of {wanted:,} repetitions are in.**"
    if about["short"]:
        said += " **This is a short study: a first look with wide bounds, not a proof.**"
    return said


def _opens(failed: str, about: tuple[str, ...], holds: str, fails: str) -> str:
    return f"**{fails if any(words in failed for words in about) else holds}** "


def _right(estimates: pd.DataFrame, failed: str) -> str:
    rows = headline(estimates)
    row = rows.loc[ALL]
    covered = 100 * row["n_covered"] / row["n"]
    average = 100 * row["n_covered_average"] / row["n"]
    opening = _opens(
        failed,
        ("Bias of the headline", "Coverage of"),
        "The whole line finds the effect that was planted.",
        "The whole line does not find the effect that was planted as it should.",
    )
    return opening + (
        f"Without matching, comparisons are {number(row['crude_bias'], 1)} points off on average. The headline is "
        f"{number(row['bias'], 2)} points off, with a Monte-Carlo error of {number(row['bias_mcse'], 2)}; a single "
        f"finding has a standard error of {number(row['mean_se'], 1)}. Its 95 per cent intervals hold the "
        f"average effect of such a service in {number(average, 1)} of 100 repetitions, and the effect on the very "
        f"people matched in {number(covered, 1)}. The latter must fall short of 95, to "
        f"{number(row['coverage_expected'], 1)}: intervals allow for the chance in what people did with the service, "
        "which is less than in what they would have done without it."
    )


def _false(estimates: pd.DataFrame, failed: str) -> str:
    found = headline(estimates, outcomes=OUTCOMES[1]).loc[ALL]
    effects = headline(estimates).drop(index=ALL)
    effects = effects[effects["truth"] < 0]
    opening = _opens(
        failed,
        ("False findings", "Power reaches"),
        "It finds little where there is nothing, and as much as was promised where there is something.",
        "It finds too much, or less than was promised.",
    )
    said = opening + (
        f"Every analysis was done again with the effect undone: {number(100 * found['n_conclusive'] / found['n'], 1)} "
        f"per cent were conclusive, where 5 are to be expected."
    )
    power = [
        f"{number(-row['truth'], 1)} points in {number(100 * row['n_conclusive'] / row['n'])} per cent of repetitions "
        f"(promised: {number(row['power'])})"
        for _, row in effects.sort_values("truth", ascending=False).iterrows()
    ]
    wrong = int(effects["n_wrong_sign"].sum())
    said += f" A true reduction of {'; of '.join(power)} was found." if power else ""
    return said + f" {wrong:,} of {int(effects['n'].sum()):,} repetitions with an effect found an increase."


def _too_narrow(found: pd.Series) -> str:
    """That estimates scatter further than their standard errors say, where chance alone does not account for it."""
    times, error = scatter(found)
    if (times - 1) / error < BEYOND_CHANCE:
        return ""
    covered = 100 * found["n_covered_average"] / found["n"]
    return (
        f"**Intervals are a little too narrow.** Estimates scatter by {number(found['sd'], 2)} points, "
        f"{number(100 * (times - 1))} per cent (± {number(100 * error)}) more than their standard errors say. So with "
        f"the effect undone {number(covered, 1)} per cent of intervals hold the truth, where 95 should. {WHY_NARROW}"
    )


def _linkage(linkage: pd.DataFrame, failed: str) -> str:
    by = linkage.groupby("faults", sort=False).sum(numeric_only=True)
    wrong, right = (float(by[list(c)].sum().sum()) for c in (("n_wrong", "n_strangers_linked"), ("n_right",)))
    shares = {
        level: 100 * by.loc[level, "n_missed"] / (by.loc[level, "n_records"] - by.loc[level, "n_strangers"])
        for level in ("clean", "realistic", "dirty")
        if level in by.index
    }
    missed = ", ".join(f"{number(share, 1)} per cent of {level} records" for level, share in shares.items())
    opening = _opens(
        failed,
        ("Linkage moves", "Links to the wrong"),
        "Imperfect linkage costs people rather than truth.",
        "Imperfect linkage changes the answer.",
    )
    said = opening + (
        f"Of {right + wrong:,.0f} links {wrong:,.0f} went to the wrong person. Of people on the register it missed "
        f"{missed}. Each repetition was analysed twice, with the links found and with the true ones."
    )
    if linkage["error_shift"].notna().all():
        for level in shares:
            of = linkage[linkage["faults"] == level]
            ends = (number(f(of["error_shift"]), 2, sign=True) for f in (min, max))
            moved = " to ".join(dict.fromkeys(ends))
            said += f" With {level} uploads linkage moved the estimate by {moved} points on average"
            said += f", where one finding has a standard error of {number(of['mean_se'].mean(), 1)}."
    dirty = linkage[linkage["faults"] == "dirty"]
    if dirty.empty:
        return said
    in_pool, of = (dirty[name].sum() / dirty["n"].sum() for name in ("n_served_in_pool", "n_pool"))
    return said + (
        " People who took part and were missed may stand among the controls: with dirty uploads "
        f"{number(in_pool, 1)} of {number(of)} in a repetition."
    )


def _missed(missed: pd.DataFrame) -> str:
    by = missed[missed["faults"] == "dirty"].set_index("group")
    if by.empty:
        return ""
    share = {group: 100 * row["n_missed"] / row["n"] for group, row in by.iterrows() if row["n"]}
    return (
        f"**Who is missed** are those whose record has a slip: in dirty uploads {number(share['slip'], 1)} per cent of "
        f"them, {number(share['not_slip'], 1)} of the others. Women are missed in {number(share['female'], 1)} per "
        f"cent, men in {number(share['not_female'], 1)}; people of other than White ethnicity in "
        f"{number(share['not_white'], 1)}, White people in {number(share['white'], 1)}; those who would have "
        f"reoffended in {number(share['would_reoffend'], 1)}, the others in {number(share['not_would_reoffend'], 1)}."
    )


def _hidden(estimates: pd.DataFrame, cells: Cells) -> str:
    rows = headline(estimates, outcomes=OUTCOMES[1])
    found = [(cell, line) for cell, line in cells.items() if line.hidden_odds > 1 and cell in rows.index]
    if not found or rows.loc[found[0][0], "n"] < 2:
        return ""
    cell, line = found[0]
    row = rows.loc[cell]
    expected = hidden_bias(row["rate_compared"], line.hidden_odds)
    return (
        f"**What no register holds, no matching mends.** Where a hidden trait goes with reoffending and with taking "
        f"part, each with an odds ratio of {line.hidden_odds:g}, the headline is {number(row['bias'], 1)} points off, "
        f"although the service does nothing; theory expects about {number(expected, 1)}. Its intervals hold the truth "
        f"in {number(100 * row['n_covered'] / row['n'])} of 100 repetitions only. Nothing in the data says so: this is "
        "the limit of the method, and the reason why a report speaks of what could have gone unseen."
    )
