"""What must hold of the whole line, and what chance allows: fixed before anything was looked at.

What is counted without chance must hold in every repetition. The other claims share one small chance of a false alarm
(`chance.FALSE_ALARM`), in equal parts. Beyond chance a bias passes that is small beside what a finding does
not know anyway: `NEGLIGIBLE` of a standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
from scipy import stats

from ...numbers import number
from ..chance import FALSE_ALARM, share_bounds
from ..part import Check
from .results import ALL, OUTCOMES
from .service import Line

#: Of a standard error. Intervals that are off by a tenth of one cover 94.9 instead of 95 per cent.
NEGLIGIBLE = 0.1
#: What linkage may move an estimate by, of a standard error: where records are kept as most are, and where they are
#: dirty and carry no identifier. Off by a half, intervals cover 92 per cent.
LINKAGE_MOVES = {"clean": 0.1, "realistic": 0.1, "dirty": 0.5}
MOST_WRONG_LINKS = 0.01
#: Points by which the bias that a hidden trait brings may differ from the rough formula for it.
ROUGH = 1.0
#: A cell with fewer repetitions is not judged by itself.
FEWEST = 50

Claim = Callable[[float], Check]


def checks_of(estimates: pd.DataFrame, linkage: pd.DataFrame, cells: dict[str, Line]) -> tuple[Check, ...]:
    """Every claim; see `results` for the frames."""
    claims = list(_claims(estimates, linkage, cells))
    level = FALSE_ALARM / max(len(claims), 1)
    return (*_without_chance(linkage), *(claim(level) for claim in claims))


def hidden_bias(rate: float, odds: float) -> float:
    """About what a hidden trait brings, in points: reoffending of a group chosen by it less that of the others.

    Parameters
    ----------
    rate : float
        Reoffending of the others, per cent.
    odds : float
        `Line.hidden_odds`. Those who would reoffend have the trait with a chance of 1 / (1 + odds), the others of a
        half; who has it takes part `odds` times as often. So the odds of reoffending change by the ratio of the mean
        chances of taking part: 2·odds / (1 + odds) against (1 + odds) / 2.
    """
    times = (2 * odds / (1 + odds)) / ((1 + odds) / 2)
    changed = times * rate / (100 - rate)
    return 100 * changed / (1 + changed) - rate


def _without_chance(linkage: pd.DataFrame) -> Iterator[Check]:
    n = int(linkage["n"].sum())
    claims = {
        "n_not_adding_up": "The flow of records adds up, from those received to those analysed",
        "n_judged_otherwise": "Who can be analysed is as other code, written apart from the toolkit, says",
        "n_differ": "Who reoffended is as other code, written apart from the toolkit, says",
    }
    for name, claim in claims.items():
        k = int(linkage[name].sum())
        why = "" if not k else "The toolkit does not do what its method says, or the other code does not."
        yield Check(claim, f"{k:,} exceptions in {n:,} repetitions", "none", not k, why)
    wrong = float(linkage[["n_wrong", "n_strangers_linked"]].sum().sum())
    share = wrong / max(wrong + float(linkage["n_right"].sum()), 1)
    why = "" if share <= MOST_WRONG_LINKS else "Records are linked to other people: their sentences are not theirs."
    allowed = f"{number(100 * MOST_WRONG_LINKS)}% at most"
    claim = "Links to the wrong person, of all links"
    yield Check(claim, f"{number(100 * share, 2)}%", allowed, share <= MOST_WRONG_LINKS, why)


def _claims(estimates: pd.DataFrame, linkage: pd.DataFrame, cells: dict[str, Line]) -> Iterator[Claim]:
    headline = estimates[(estimates["estimator"] == "headline") & (estimates["links"] == "found")]
    as_it_was, undone = (headline[headline["outcomes"] == o].set_index("cell") for o in OUTCOMES)
    true = estimates[(estimates["links"] == "true") & (estimates["outcomes"] == OUTCOMES[1])].set_index("cell")
    if ALL in as_it_was.index:
        row = as_it_was.loc[ALL]
        for covers in (_covers_average, _covers_matched):
            yield partial(covers, ", all settings but the hidden trait", row)
        yield partial(_false_findings, undone.loc[ALL])
        yield partial(_no_bias, "Bias of the headline with true links and no effect", true.loc[ALL])
        yield partial(_no_bias, "Bias of the headline, from upload to finding", row)
    for cell, line in cells.items():
        if cell not in as_it_was.index:
            continue
        row, said = as_it_was.loc[cell], describe(line)
        if line.hidden_odds > 1:
            yield partial(_sees_what_is_hidden, said, undone.loc[cell], line)
        else:
            for covers in (_covers_average, _covers_matched):
                yield partial(covers, f": {said}", row, fewest=FEWEST)
        if line.kept_from_it:
            yield partial(_as_promised, said, row)
    with_effect = as_it_was[[cell in cells and cells[cell].kept_from_it > 0 for cell in as_it_was.index]]
    if len(with_effect):
        yield partial(_signs, with_effect)
    for row in linkage.to_dict("records"):
        yield partial(_linkage_moves, describe(cells[row["cell"]]), row)


def describe(line: Line) -> str:
    """A cell in few words."""
    shares = [number(100 * share) for share in dict.fromkeys((line.kept_from_it, line.kept_from_it_many))]
    helped = f"{' or '.join(shares)}% helped" if line.kept_from_it_many else "no effect"
    words = [f"{line.faults}{'' if line.identifiers else ', no identifiers'}", f"{_strength(line.selection)} selection"]
    return ", ".join([*words, helped, *(["a hidden trait"] if line.hidden_odds > 1 else [])])


def _strength(selection: float) -> str:
    return "weak" if selection < 0.75 else "middling" if selection < 1.25 else "strong"


def _covers_average(said: str, row: pd.Series, level: float, fewest: int = 2) -> Check:
    claim = f"Coverage of the average effect of such a service{said}"
    return _covers(claim, row["n_covered_average"], int(row["n"]), 0.95, level, fewest)


def _covers_matched(said: str, row: pd.Series, level: float, fewest: int = 2) -> Check:
    """Held to what it must be; see `results.expected_coverage`."""
    claim = f"Coverage of the effect on the people matched{said}"
    return _covers(claim, row["n_covered"], int(row["n"]), row["coverage_expected"] / 100, level, fewest)


def _covers(claim: str, k: int, n: int, share: float, level: float, fewest: int) -> Check:
    low, high = share_bounds(n, share, level)
    found, allowed = f"{number(100 * k / n, 1)}%", f"{number(100 * low, 1)} to {number(100 * high, 1)}%"
    if n < fewest:
        return Check(claim, found, allowed, None, _too_few(n))
    holds = low <= k / n <= high
    why = "" if holds else "Intervals promise more, or less, than they keep when the whole line is run."
    return Check(claim, found, allowed, bool(holds), why)


def _false_findings(row: pd.Series, level: float) -> Check:
    low, high = share_bounds(n := int(row["n"]), 0.05, level)
    share = row["n_conclusive"] / n
    why = "" if low <= share <= high else "Services that do nothing are found to do something too often, or too seldom."
    claim = "False findings where the effect is undone, all settings but the hidden trait"
    allowed = f"{number(100 * low, 1)} to {number(100 * high, 1)}%"
    return Check(claim, f"{number(100 * share, 1)}%", allowed, not why, why)


def _no_bias(claim: str, row: pd.Series, level: float) -> Check:
    n = int(row["n"])
    if n < 2:
        return Check(claim, "not known", "", None, _too_few(n))
    allowed = float(stats.t.isf(level / 2, n - 1)) * row["bias_mcse"] + NEGLIGIBLE * row["mean_se"]
    holds = abs(row["bias"]) <= allowed
    why = "" if holds else "Estimates are off the truth by more than chance and a tenth of a standard error."
    return Check(claim, f"{number(row['bias'], 2)} points", _within(allowed), bool(holds), why)


def _as_promised(said: str, row: pd.Series, level: float) -> Check:
    n, promised = int(row["n"]), row["power"] / 100
    least = float(stats.binom.ppf(level, n, promised)) / n
    share = row["n_conclusive"] / n
    claim = f"Power reaches what the power table promises so many people: {said}"
    found, allowed = f"{number(100 * share)}%", f"{number(100 * least)}% or more (promised {number(100 * promised)}%)"
    if n < FEWEST:
        return Check(claim, found, allowed, None, _too_few(n))
    why = "" if share >= least else "Requests are promised more than the whole line keeps."
    return Check(claim, found, allowed, not why, why)


def _signs(rows: pd.DataFrame, level: float) -> Check:
    n, wrong = int(rows["n"].sum()), int(rows["n_wrong_sign"].sum())
    most = int(stats.binom.isf(level, n, 0.025))
    why = "" if wrong <= most else "Services that help are found to harm too often."
    claim = "Findings of an increase where the service helps, all settings with an effect"
    return Check(claim, f"{wrong:,} of {n:,}", f"{most:,} at most", wrong <= most, why)


def _sees_what_is_hidden(said: str, row: pd.Series, line: Line, level: float) -> Check:
    """A study that saw no bias here would see none anywhere."""
    n, expected = int(row["n"]), hidden_bias(row["rate_compared"], line.hidden_odds)
    claim = f"The bias that a hidden trait must bring is seen: {said}"
    if n < FEWEST:
        return Check(claim, "not known", f"about {number(expected, 1)} points", None, _too_few(n))
    room = float(stats.t.isf(level / 2, n - 1)) * row["bias_mcse"] + ROUGH
    holds = abs(row["bias"] - expected) <= room
    why = "" if holds else "The study does not see what was planted, so its other answers are worth little."
    allowed = f"{number(expected - room, 1)} to {number(expected + room, 1)} points"
    return Check(claim, f"{number(row['bias'], 1)} points", allowed, bool(holds), why)


def _linkage_moves(said: str, row: dict, level: float) -> Check:
    n, share = int(row["n"]), LINKAGE_MOVES[row["faults"]]
    words = {0.1: "a tenth of a standard error", 0.5: "half a standard error"}[share]
    claim = f"Linkage moves the estimate by less than {words}: {said}"
    if n < FEWEST:
        return Check(claim, f"{number(row['error_shift'], 2)} points", "", None, _too_few(n))
    allowed = float(stats.t.isf(level / 2, n - 1)) * row["error_shift_mcse"] + share * row["mean_se"]
    holds = abs(row["error_shift"]) <= allowed
    why = "" if holds else "People who are missed or mistaken change the answer, not only how sure it is."
    return Check(claim, f"{number(row['error_shift'], 2)} points", _within(allowed), bool(holds), why)


def _within(points: float) -> str:
    return f"within {number(points, 2)} points of 0"


def _too_few(n: int) -> str:
    return f"Only {n:,} {'repetition is' if n == 1 else 'repetitions are'} in: too few to judge this by itself."
