"""The answer of the matching part in words: plain first, every number from its results."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...numbers import number
from ..chance import FALSE_ALARM
from ..part import Check
from ..summary import describe
from .cells import CELLS, MEASURED, SIDE_BY_SIDE
from .flip import Series
from .results import of_effect

CAN = """**What this can and cannot show.** It shows that the estimates, their intervals and the power table are right \
where what decides who is treated is on record and the models have about the right form. Here people have twelve \
characteristics, being treated is logistic in them, and there is one outcome. It says nothing of linkage, which has a \
part of its own. And it cannot show that in a real request nothing unrecorded mattered: no data can. It shows how \
strong such a thing would have to be."""

ALLOWED = f"""**What was allowed.** There are many claims, and each may fail by chance. The bounds are set so that in \
{number(100 * (1 - FALSE_ALARM))} of 100 studies of a faultless toolkit no claim at all would fail. So the bounds of \
one setting are wide; those of all settings together are narrow, and see small faults."""


def words_of(about: dict, estimates: pd.DataFrame, hidden: pd.DataFrame, series: dict, checks: Iterable[Check]) -> str:
    """The answer as paragraphs.

    Parameters
    ----------
    about : dict
    estimates, hidden : DataFrame
        See `results`.
    series : dict of str to Series or None
        "none" and "5", see `matching_flip.series_of`.
    checks : iterable of Check
        They decide whether a paragraph opens with praise.
    """
    measured = estimates[estimates["cell"].isin(MEASURED)]
    of = {name: measured[measured["estimator"] == name] for name in SIDE_BY_SIDE}
    failed = " ".join(check.claim for check in checks if check.holds is False)
    parts = [_made(about)]
    if len(of["headline"]):
        parts += [_bias(of, failed), _coverage(of, failed), _false(of, failed), _power(of, failed), _signs(of, failed)]
    return "\n\n".join(
        part for part in (*parts, _hidden(hidden, series), _bounds(hidden, failed), CAN, ALLOWED) if part
    )


def _opening(failed: str, about: str, holds: str, fails: str) -> str:
    """The words a paragraph opens with: the second if a claim with these words does not hold."""
    return f"**{fails if about in failed else holds}** "


def _made(about: dict) -> str:
    done, wanted = about["replications"], about["wanted"]
    n, n_wanted = sum(done.values()), sum(wanted.values())
    said = (
        f"We invented people for {len(wanted)} kinds of service. As they are invented, we know what each of them "
        f"would have done without it, and so the true effect. {n:,} times we drew people anew and analysed them as "
        "a real request is, from matching onward, with the toolkit's own settings."
    )
    if n < n_wanted:
        said += f" **The study is not finished: {n:,} of {n_wanted:,} repetitions are in.**"
    if about["short"]:
        said += " **This is a short study: a first look with wide bounds, not a proof.**"
    return said


def _bias(of: dict[str, pd.DataFrame], failed: str) -> str:
    crude, classic, headline = (of[name]["bias"] for name in ("crude", "classic", "headline"))
    largest = of["headline"].loc[headline.abs().idxmax()]
    opening = _opening(
        failed, "Bias of the headline: ", "Matching puts right what is recorded.", "The headline is biased somewhere."
    )
    return opening + (
        "Who takes part in such services is likelier to reoffend anyway. So a comparison without matching is "
        f"{number(crude.min(), 1)} to {number(crude.max(), 1)} percentage points off, to the service's harm. The "
        f"headline is within {number(headline.abs().max(), 2)} points of the truth on average in every setting "
        f"(largest: {describe(CELLS[largest['cell']])}, where one Monte-Carlo error is "
        f"{number(largest['bias_mcse'], 2)}). The classic test is {number(classic.mean(), 2)} points off on "
        f"average over the settings, the headline {number(headline.mean(), 2)}."
    )


def _coverage(of: dict[str, pd.DataFrame], failed: str) -> str:
    headline, mean = of["headline"], {name: _share(rows, "n_covered") for name, rows in of.items()}
    low, high = headline.loc[headline["coverage"].idxmin()], headline.loc[headline["coverage"].idxmax()]
    opening = _opening(
        failed,
        "Coverage of the headline",
        "Intervals hold what they promise.",
        "Intervals do not hold what they promise.",
    )
    return opening + (
        f"Of the headline's 95 per cent intervals {mean['headline']} per cent held the true effect: from "
        f"{number(low['coverage'], 1)} ({describe(CELLS[low['cell']])}) to {number(high['coverage'], 1)} "
        f"({describe(CELLS[high['cell']])}). Of the classic test's {mean['classic']}, of the check's "
        f"{mean['check']}, without matching {mean['crude']}. More than 95 means intervals longer than need be."
    )


def _false(of: dict[str, pd.DataFrame], failed: str) -> str:
    none = {name: of_effect(rows, False) for name, rows in of.items()}
    if not len(none["headline"]):
        return ""
    shares = {name: _share(rows, "n_conclusive") for name, rows in none.items()}
    opening = _opening(
        failed,
        "Type I error",
        "It rarely finds what is not there.",
        "It does not find what it should where nothing is.",
    )
    return opening + (
        f"Where the service does nothing, {shares['headline']} per cent of the headline's findings are conclusive "
        f"all the same (type I error); 5 are allowed. Classic: {shares['classic']}; check: {shares['check']}; "
        f"without matching: {shares['crude']}."
    )


def _power(of: dict[str, pd.DataFrame], failed: str) -> str:
    rows = of_effect(of["headline"], True)
    if not len(rows):
        return ""
    more = {by: 100 * rows["n_conclusive"] / rows["n"] - rows[f"power_{by}"] for by in ("people", "worth")}
    by = {name: _range(values) for name, values in more.items()}
    opening = _opening(
        failed,
        "Power of the headline",
        "It finds what the power table says it can.",
        "The power table promises more than is kept.",
    )
    return opening + (
        "The share of conclusive findings differs from what the table promised by "
        f"{by['people']} percentage points if controls count as people, and by {by['worth']} by the safer count, "
        "in which they count by what their weights make them worth. The table knows nothing of the adjustment for "
        "covariates, which finds more; nor, by people, of what reuse of controls costs."
    )


def _signs(of: dict[str, pd.DataFrame], failed: str) -> str:
    rows = of["headline"][of["headline"]["n_wrong"].notna()]
    if not len(rows):
        return ""
    n_wrong, n = rows["n_wrong"].sum(), rows["n_conclusive"].sum()
    worst = rows.loc[rows["exaggeration"].idxmax()]
    opening = _opening(
        failed,
        "with the wrong sign",
        "A conclusive finding rarely points the wrong way, but in a group too small for the effect it exaggerates.",
        "Conclusive findings point the wrong way too often.",
    )
    return opening + (
        f"Of {n:,} conclusive findings about a real reduction {n_wrong:,.0f} ({number(100 * n_wrong / n, 1)} per "
        f"cent) {'was' if n_wrong == 1 else 'were'} of an increase. With {describe(CELLS[worst['cell']])}, where "
        f"{number(100 * worst['n_conclusive'] / worst['n'])} per cent were conclusive, those overstated the effect "
        f"{number(worst['exaggeration'], 1)} times: what is so small is found only when chance makes it look larger."
    )


def _hidden(hidden: pd.DataFrame, series: dict[str, Series | None]) -> str:
    none, real = series["none"], series["5"]
    if none is None or real is None:
        return ""
    false = _listed([number(100 * share) for share in none.reduction[1:]])
    half, zero = _odds(real.odds_at(real.reduction, 0.5)), _odds(real.odds_at(real.bias, 5.0))
    strongest = hidden["strongest_measured"].mean()
    return (
        "**What nobody recorded can turn a conclusion.** Let half of all people have something unrecorded that "
        "goes with being treated and with the outcome by the same odds ratio. Where it keeps people from "
        f"reoffending, as motivation might, odds ratios of {_listed([f'{o:g}' for o in none.odds[1:]])} make the "
        f"headline find a reduction in {false} per cent of services that do nothing (1,000 treated people; by "
        f"chance alone 2.5). One in five is reached at {_odds(none.odds_at(none.reduction, 0.2))}. Where it makes "
        "people reoffend, as need might, it hides a real reduction of 5 points: fewer than half are still found "
        f"from {half} on, and the whole effect is gone at {zero}. For comparison: the strongest of the recorded "
        f"characteristics would have misled by {number(strongest, 1)} points, had it been left out; something "
        f"unrecorded does so at {_odds(none.odds_at(none.bias, -strongest))}."
    )


def _bounds(hidden: pd.DataFrame, failed: str) -> str:
    null = of_effect(hidden, False)
    if not len(null):
        return ""
    over = {name: int(null[f"n_over_{name}"].sum()) for name in ("e", "lambda", "gamma")}
    is_wrong = "claims too much" in failed or "taken off" in failed
    return (
        f"**The toolkit's bounds on hidden bias are {'not right' if is_wrong else 'right'}.** Its tipping point "
        "says how far such a thing moves the estimate: how much commoner it is among the treated, times what it "
        f"changes. Taking that off leaves {number(hidden['less_bias'].abs().max(), 2)} points of bias at most, "
        f"where there were {number(hidden['bias'].abs().max(), 1)}. In {null['n'].sum():,.0f} repetitions the "
        "service did nothing and hidden bias alone made the findings. In how many did a bound claim that nothing "
        f"as strong as what was there could explain the finding? The E-value in {over['e']:,}, Λ in "
        f"{over['lambda']:,}, Γ in {over['gamma']:,}; chance alone may do so in one of forty. These three assume "
        "the worst of what is hidden, so they err on the safe side."
    )


def _share(of: pd.DataFrame, count: str) -> str:
    return number(100 * of[count].sum() / of["n"].sum(), 1)


def _range(points: pd.Series) -> str:
    low, high = (number(x, 1, sign=True) for x in (points.min(), points.max()))
    return low if low == high else f"{low} to {high}"


def _odds(odds: float | None) -> str:
    return "no odds ratio that was tried" if odds is None else f"an odds ratio of about {number(odds, 1)}"


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
