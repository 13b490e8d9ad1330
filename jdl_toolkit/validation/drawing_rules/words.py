"""The words of the answer on drawing rules."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...numbers import number
from ..part import Check
from .dates import REAL

#: What was measured for the method with another code on the same kind of real dates, 2,000 draws: bias in points, false
#: findings in per cent.
BEFORE = {"none": (-6.7, 99.0), "window": (6.1, 99.0), "included": (-0.20, 5.5), "drawn": (-0.05, 5.7)}

CHANGED = (
    "**What was changed on the way.** At constant risk, theory says what the difference must be. The first bound for "
    "that allowed for the chance of the draws alone, and was missed; it forgot that the invented people are one draw "
    "themselves. It was widened by what theory says of that, after the result had been looked at. No other bound was."
)

CANNOT = (
    "**What this cannot show.** The services here start on days that have nothing to do with who would reoffend, "
    "but in the lines that say otherwise. A service that waits for people to settle, or takes the urgent cases "
    "first, is not made good by any drawing rule. A negative control is silent about what it does not share with "
    "the outcome: it rings for what also drove offending before the index date, and for nothing else. The real "
    "dates are those of one county of the United States, charges and not convictions, with 11 thousand people; "
    "they are read in place, and no row of them is kept."
)


def told(about: dict, draws: pd.DataFrame, checks: Iterable[Check]) -> str:
    """The answer in plain words."""
    failed = [check for check in checks if check.holds is False]
    lot = draws[(draws["chosen"] == "chance") & (draws["waits"] == "alike")]
    start = "**This was a short run.** " if about["short"] else ""
    left = [name for name, n in about["planned"].items() if draws.loc[draws["cell"] == name, "n_draws"].min() < n]
    if left:
        start += f"**The run is unfinished in {len(left)} of {len(about['planned'])} kinds of service.** "
    times = " to ".join(f"{n:,}" for n in sorted({int(draws["n_draws"].min()), int(draws["n_draws"].max())}))
    verdict = "Yes." if not failed else "Not everywhere: see the checks that fail."
    paragraphs = [
        f"{start}{verdict} Whoever got a service was free of reoffending until it started; people who got none had no "
        f"such time to pass. Left alone, that makes any service look good. Here services that do nothing were drawn at "
        f"random, {times} times on each set of dates, and every difference found is false.",
        _of_rules(lot, "on invented dates", lot["dates"] != REAL),
    ]
    if about["with_histories"]:
        paragraphs.append(_of_rules(lot, "on the real dates of one county", lot["dates"] == REAL))
        paragraphs.append(_beside_before(lot[lot["dates"] == REAL].set_index("rule")))
    else:
        paragraphs.append("**The real dates were not there**, so that nothing is said of them here.")
    paragraphs += [_of_waits(draws), _of_placebo(draws), CANNOT, CHANGED]
    return "\n\n".join(paragraphs)


def _range(values: pd.Series, decimals: int) -> str:
    low, high = (number(x, decimals) for x in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _of_rules(lot: pd.DataFrame, where: str, here: pd.Series) -> str:
    by = {rule: group for rule, group in lot[here].groupby("rule")}
    said = {rule: f"{_range(group['bias'], 2)} points" for rule, group in by.items()}
    false = {rule: f"{_range(group['rejected'], 1)} per cent" for rule, group in by.items()}
    return (
        f"**The rules {where}.** Without a rule the service seems to change reoffending by {said['none']}, and the "
        f"difference is conclusive in {false['none']} of draws. Controls free of reoffending for the whole window: "
        f"{said['window']}, {false['window']}. Delays of those analysed: {said['included']}, {false['included']}. The "
        f"toolkit's rule, delays of all in scope: {said['drawn']}, {false['drawn']}; five per cent are right."
    )


def _beside_before(real: pd.DataFrame) -> str:
    said = "; ".join(f"{number(b, 2)} and {number(real.loc[rule, 'bias'], 2)}" for rule, (b, _) in BEFORE.items())
    return (
        f"When the method was chosen, the same four rules were tried on real dates with other code, 2,000 draws. The "
        f"bias found then and the one found here, in the same order: {said} points. How many are treated, and how "
        f"delays are spread, is not the same."
    )


def _of_waits(draws: pd.DataFrame) -> str:
    risk = draws[(draws["waits"] == "by risk") & (draws["rule"] == "drawn")]
    return (
        f"**Where the rule has no hold.** If people of a long record start early, delays are no longer those of "
        f"anybody. The rule is then off by {_range(risk['bias'], 2)} points, and finds an effect in "
        f"{_range(risk['rejected'], 1)} per cent of draws. No check is laid on these lines: they show a limit."
    )


def _of_placebo(draws: pd.DataFrame) -> str:
    drawn = draws[(draws["rule"] == "drawn") & (draws["chosen"] != "chance")]
    by = {key: group for key, group in drawn.groupby(["chosen", "outcome", "analysis"])}

    def bias(*key: str) -> str:
        return _range(by[key]["bias"], 1)

    def found(*key: str) -> str:
        return _range(by[key]["rejected"], 1)

    return (
        f"**Treatments that are none, and negative controls.** People chosen by age and sex differ by "
        f"{bias('known', 'reoffended', 'crude')} points in reoffending before matching, and by "
        f"{bias('known', 'reoffended', 'matched')} after it. Matching then finds an effect in "
        f"{found('known', 'reoffended', 'matched')} per cent of draws, and the negative control, offending before the "
        f"index date, gives an alarm in {found('known', 'before', 'matched')}. Where people are chosen by their record "
        f"as well, and the model is not told, matching leaves {bias('record', 'reoffended', 'matched')} points; the "
        f"negative control rings in {found('record', 'before', 'matched')} per cent of draws. Told of the record, the "
        f"model leaves {bias('record', 'reoffended', 'matched with record')} points and finds an effect in "
        f"{found('record', 'reoffended', 'matched with record')} per cent."
    )
