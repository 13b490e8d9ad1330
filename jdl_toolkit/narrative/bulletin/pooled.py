"""Several results taken together: the average effect, how far the effects differ, and what a further one might be."""

from __future__ import annotations

from ... import numbers
from ...document import Words
from ...plots.portfolio import level_name
from ...portfolio.bulletin import Bulletin
from ...portfolio.together import PooledEffect
from ...tables.portfolio import CLEAR, too_few_to_tell
from ...wording import Passage, capital, listed, small_number
from .naming import people

#: By what effects are pooled in the bulletin, besides all of them.
GROUPINGS = ("need", "setting", "sector")


def pooled_rows(bulletin: Bulletin) -> list[PooledEffect]:
    """What the figure and the table of pooled effects show: all results, then by need, setting and sector."""
    return [p for by in ("all", *GROUPINGS) for p in bulletin.pooled if p.by == by]


def pooled(bulletin: Bulletin) -> Words | None:
    """What pooling is and says; None where there is no result."""
    rows = [p for p in pooled_rows(bulletin) if p.k or p.n_left_out]
    if not rows:
        return None
    passage, together = Passage(), rows[0]
    if all(p.estimate_pp is None for p in rows):
        least = bulletin.pooling.get("minimum", 3)
        said = f"Effects are averaged from {small_number(least)} results on; there are not yet so many."
        return passage.say("too_few_to_pool", said).words()
    _what_it_is(passage)
    if together.estimate_pp is not None:
        _together(passage, together)
    _groups(passage, rows[1:])
    _left_out(passage, bulletin)
    return passage.words()


def _what_it_is(passage: Passage) -> None:
    passage.say(
        "what_pooling_is",
        "Results can be averaged, so that results of more certain analyses count for more. The average here allows for"
        " the services being different, so that their true effects differ too (a random-effects model).",
    )
    passage.item(
        "what_the_average_is",
        "**The average** is the effect in the middle of the services, with its 95% confidence interval.",
    )
    passage.item(
        "what_heterogeneity_is",
        "**Heterogeneity** is how far the true effects differ from service to service: what is left of the spread once"
        " chance is taken off (I²). At 0%, the results differ no more than chance would make them differ; of a few"
        " results this says little.",
    )
    passage.item(
        "what_prediction_is",
        "**The prediction interval** is where the effect of a further service of the kind would be expected to lie. It"
        " is wider than the interval of the average: the average may be certain, and one service still far from it.",
    )


def _together(passage: Passage, row: PooledEffect) -> None:
    side = "lower" if row.estimate_pp < 0 else "higher"
    who = f" on {people(row.n_people)}" if row.n_people else ""
    results = numbers.plural(row.k, "result", "results")
    passage.say(
        "pooled_together",
        f"Across {results}{who}, reoffending was on average {_size(row.estimate_pp)} percentage points {side} than"
        f" expected (95% confidence interval {_interval(row.ci_low_pp, row.ci_high_pp)}).",
        new=True,
    )
    passage.say(
        "average_of_the_willing",
        "These services came to the lab by their own choice, so it is not the average of services in general.",
    )
    passage.say("heterogeneity_of_all", _heterogeneity(row))
    low, high = row.prediction_low_pp, row.prediction_high_pp
    if low is not None:
        crosses = low < 0 < high
        meaning = (
            "so it could reduce reoffending or increase it"
            if crosses
            else f"so it would be expected to {'reduce' if high <= 0 else 'increase'} reoffending"
        )
        passage.say(
            "prediction_of_all",
            f"The effect of a further service would be expected between {_interval(low, high, ' and ')} percentage"
            f" points, {meaning}.",
        )


def _heterogeneity(row: PooledEffect) -> str:
    if row.i_squared is None:
        return "How far the effects differ was not worked out."
    if too_few_to_tell(row):
        return "There are too few results to tell how far the effects differ."
    share = numbers.per_cent(row.i_squared)
    if share == "0%":
        return "The results differ no more than chance would make them differ (heterogeneity, I², 0%)."
    sure = row.q_p_value is not None and row.q_p_value < CLEAR
    how = "which is more than chance would produce" if sure else "which chance alone could still produce"
    return (
        f"About {share} of the spread between the results is put down to true differences between the services"
        f" (heterogeneity, I²), {how}."
    )


def _groups(passage: Passage, rows: list[PooledEffect]) -> None:
    clear = [p for p in rows if p.estimate_pp is not None and (p.ci_high_pp < 0 or p.ci_low_pp > 0)]
    told = [p for p in rows if p.estimate_pp is not None]
    for row in clear:
        side, results = "lower" if row.estimate_pp < 0 else "higher", numbers.plural(row.k, "result", "results")
        passage.item(
            "pooled_clear",
            f"{level_name(row.by, row.level)} ({results}): on average {_size(row.estimate_pp)} percentage points {side}"
            f" (95% confidence interval {_interval(row.ci_low_pp, row.ci_high_pp)}).",
        )
    unclear = [level_name(p.by, p.level) for p in told if p not in clear]
    if unclear:
        names = listed([f"“{name}”" for name in unclear])
        passage.say("pooled_unclear", f"The average is not clearly above or below zero for {names}.", new=True)
    few = [level_name(p.by, p.level) for p in rows if p.estimate_pp is None]
    if few:
        names = listed([f"“{name}”" for name in few])
        passage.say("pooled_too_few", f"There are too few results to average for {names}.", new=not unclear)


def _left_out(passage: Passage, bulletin: Bulletin) -> None:
    n = bulletin.pooling.get("n_left_out", 0)
    if n:
        passage.say(
            "left_out_of_pool",
            f"{capital(small_number(n))} {'result is' if n == 1 else 'results are'} left out of the averages, as"
            f" {'its' if n == 1 else 'their'} people may be those of another result, or how certain"
            f" {'it is' if n == 1 else 'they are'} is not known.",
            new=True,
        )


def _size(points: float) -> str:
    return numbers.number(abs(points), 1)


def _interval(low: float, high: float, between: str = " to ") -> str:
    return f"{numbers.number(low, 1)}{between}{numbers.number(high, 1)}"
