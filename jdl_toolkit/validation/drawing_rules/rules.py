"""One service that does nothing, drawn on given dates: what four rules about time make of it, and what matching does.

Who is treated, and when, is drawn; what happens to anybody is not touched. So every difference that is found is either
chance or the rule's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from ...cohort.pool import draw_delays
from ...covariates import Covariates
from ...inference.estimation import Kind, headline_among, prepare
from ...inference.weighted_t import Group, t_test
from ...matching import match
from ...spec import RequestSpec
from ..study import Study
from .dates import HAZARD, KINDS, LONGEST, REAL, YEAR, Dates, dates_of

#: The rules about the time before the start, for readers; the last is the toolkit's.
RULES = {
    "none": "No rule",
    "window": "Controls free of reoffending for the whole window",
    "included": "Delays of those analysed",
    "drawn": "Delays of all in scope (the toolkit's rule)",
}
FIRST_OFFENCE_LEFT = 12  # code of "reoffended before the service started"

#: By how much the log odds of being chosen grow, for a standard deviation of each.
BY_KNOWN = {"age": -0.5, "sex": 0.3}
BY_RECORD = 0.5
#: How strongly a high risk brings an early start, where it does: the power that a uniform draw is raised to.
HASTE = 0.5
_KEPT = ("estimate", "se", "ci_low", "ci_high", "p_value")


@dataclass(frozen=True)
class Placebo:
    """A service that does nothing.

    Parameters
    ----------
    dates : str
        One of `dates.KINDS`, or ``real``.
    chosen : {"chance", "known", "record"}
        How people come to be treated: by lot; leaning to the young and to men, which the model knows; by their record
        as well.
    waits : {"alike", "by risk"}
        Whether delays are those of anybody, or shorter for people of a long record.
    n_people, n_submitted : int
        Of invented dates; to be expected among those submitted.
    step : int
        Days between two delays that can be drawn.
    histories : str
        Folder of real dates.
    """

    dates: str
    chosen: str = "chance"
    waits: str = "alike"
    n_people: int = 12_000
    n_submitted: int = 1_000
    step: int = 15
    histories: str = ""

    def known(self) -> Dates:
        """The dates, with what the rules say of them."""
        return dates_of(self.dates, self.n_people, self.step, self.histories)


def replicate(world: Placebo, rng: np.random.Generator) -> list[dict]:
    """One service, analysed under each rule; where people are chosen by more than a lot, matched as well.

    Returns
    -------
    list of dict
        A row for each analysis: rule; outcome (``reoffended``, or ``before``: offending before the index date, which no
        service can have touched); analysis (``crude``, ``matched``, ``matched with record``); n_treated, n_control;
        estimate, se, ci_low, ci_high, p_value of the difference of two shares (crude, Welch) or of the headline.
    """
    known, service = world.known(), draw(world, rng)
    rows, treated = [], service.is_treated
    for rule, is_control in service.controls.items():
        rows.append({"rule": rule} | _crude(known.reoffended, treated, is_control, "reoffended"))
    if world.chosen == "chance":
        return rows
    controls = service.controls["drawn"]
    rows.append({"rule": "drawn"} | _crude(known.offended_before, treated, controls, "before"))
    return rows + [{"rule": "drawn"} | row for row in _matched(world, known, treated, controls)]


@dataclass(frozen=True)
class Service:
    """A service that was drawn.

    Parameters
    ----------
    is_submitted, is_treated : bool array, shape (n_people,)
        Sent by the organisation; of them, those who would be analysed.
    starts : Series, shape (n_people,)
        The day on which the service starts for each person, if it does.
    controls : dict of str to bool array
        Who is a control under each rule.
    spec : RequestSpec
        With the seed that delays were drawn with.
    """

    is_submitted: np.ndarray
    is_treated: np.ndarray
    starts: pd.Series
    controls: dict[str, np.ndarray]
    spec: RequestSpec


def draw(world: Placebo, rng: np.random.Generator) -> Service:
    """Draw whom the service works with and from when, and let each rule choose the controls."""
    known = world.known()
    is_submitted = rng.random(len(known.events)) < _chances(world)
    started = _draw_starts(world, known, rng)
    reason, delay = known.reason[started, np.arange(len(known.events))], known.delays[started]
    is_treated = is_submitted & np.isnan(reason)
    in_scope = is_submitted & (np.isnan(reason) | (reason >= FIRST_OFFENCE_LEFT))
    pool, spec = known.in_pool & ~is_submitted, known.spec.variant(seed=int(rng.integers(2**31)))
    controls = {
        rule: pool & ~_removed(rule, known, pool, is_treated if rule == "included" else in_scope, delay, spec)
        for rule in RULES
    }
    starts = known.events["index_date"] + pd.to_timedelta(delay, unit="D")
    return Service(is_submitted, is_treated, starts, controls, spec)


def _removed(
    rule: str, known: Dates, pool: np.ndarray, whose: np.ndarray, delay: np.ndarray, spec: RequestSpec
) -> np.ndarray:
    """Who leaves the pool under a rule; delays are drawn by `cohort.pool.draw_delays`, from `whose`."""
    if rule == "none":
        return np.zeros(len(pool), bool)
    if rule == "window":
        return known.removed[-1]
    events = known.events[["disposal_id", "disposal"]]
    drawn, _ = draw_delays(events[pool], events[whose].assign(delay_days=delay[whose]), spec)
    leaves = np.zeros(len(pool), bool)
    leaves[pool] = known.removed[np.searchsorted(known.delays, drawn), np.flatnonzero(pool)]
    return leaves


@lru_cache(maxsize=16)
def _chances(world: Placebo) -> np.ndarray:
    """The chance of each person to be submitted: logistic, so that the model can be right about it."""
    known, leaning = world.known(), np.zeros(1)
    if world.chosen != "chance":
        leaning = sum(weight * known.column(name) for name, weight in BY_KNOWN.items())
    if world.chosen == "record":
        leaning = leaning + BY_RECORD * known.column(known.record)
    leaning = np.broadcast_to(leaning, len(known.events))
    share = world.n_submitted / len(known.events)
    return expit(leaning + brentq(lambda a: expit(leaning + a).mean() - share, -20, 10))


def _draw_starts(world: Placebo, known: Dates, rng: np.random.Generator) -> np.ndarray:
    """For each person the place of a delay; in the "two sentences", releases start within a third of the window."""
    u = rng.random(len(known.events))
    if world.waits == "by risk":
        u = u ** np.exp(HASTE * known.column(known.record))
    if world.dates == "two sentences":
        u = np.where(known.events["disposal"] == "custody", u / 3, u)
    return np.minimum((u * len(known.delays)).astype(int), len(known.delays) - 1)


def _crude(y: np.ndarray, is_treated: np.ndarray, is_control: np.ndarray, outcome: str) -> dict:
    groups = [Group(y[who], np.ones(int(who.sum()))) for who in (is_treated, is_control)]
    found = t_test(*groups, 0.95)
    sizes = {"n_treated": groups[0].n, "n_control": groups[1].n}
    return {"outcome": outcome, "analysis": "crude"} | sizes | {k: found[k] for k in _KEPT}


def _matched(world: Placebo, known: Dates, is_treated: np.ndarray, is_control: np.ndarray) -> list[dict]:
    """The headline of both outcomes, without the record in the model, and with it where people are chosen by it."""
    who = is_treated | is_control
    units = known.covariates.units[who].assign(is_treated=is_treated[who])
    without = units.drop(columns=[c for c in units if c.startswith(known.record)])
    models = {"matched": without} | ({"matched with record": units} if world.chosen == "record" else {})
    rows = []
    for analysis, frame in models.items():
        sample = match(Covariates(frame, frame[["unit_id"]], {}), known.spec)
        prepared = prepare(sample.design, sample)
        outcomes = {"reoffended": known.reoffended, "before": known.offended_before}
        for outcome, y in outcomes.items():
            if outcome == "before" and analysis != "matched":
                continue  # what the model balances is no test of it
            found, _ = headline_among(prepared, y[who], Kind.share, known.spec)
            sizes = {"n_treated": sample.n_treatment_matched, "n_control": sample.n_control}
            rows.append({"outcome": outcome, "analysis": analysis} | sizes | {k: found[k] for k in _KEPT})
    return rows


def expected_without_rule(known: Dates) -> dict[str, float]:
    """The difference that constant risk gives, in shares, under no rule and for the whole window.

    At a rate h, of people free until the day before start s, E[e^(-hs) - e^(-365h)] / E[e^(-hs)] reoffend; of everybody
    1 - e^(-365h); of those free until the last start S, 1 - e^(-h(365 - S)).
    """
    free = np.exp(-HAZARD * (known.delays - 1.0))
    of_treated = (free - np.exp(-HAZARD * YEAR)).mean() / free.mean()
    of_all, of_window = 1 - np.exp(-HAZARD * YEAR), 1 - np.exp(-HAZARD * (YEAR - known.delays[-1] + 1))
    return {"none": float(of_treated - of_all), "window": float(of_treated - of_window)}


def error_of_expected(n_people: int, delays: np.ndarray) -> dict[str, float]:
    """Standard errors, in shares, with which so many people at a constant risk keep to `expected_without_rule`.

    The people are drawn once, for all draws of a service. Each of them moves a share among some by its distance from
    that share, if among them at all, over the share that is among them (the influence of a ratio of means).
    """
    days = -np.log1p(-(np.arange(20_000) + 0.5) / 20_000) / HAZARD
    last = np.asarray(delays, float) - 1.0

    def influence(among: np.ndarray, reoffend: np.ndarray) -> np.ndarray:
        return (reoffend - reoffend.mean() / among.mean() * among) / among.mean()

    within = days <= YEAR
    free = days[:, None] > last
    of_treated = influence(free.mean(axis=1), (free & within[:, None]).mean(axis=1))
    others = {"none": influence(np.ones(len(days)), within), "window": influence(free[:, -1], free[:, -1] & within)}
    return {rule: float((of_treated - other).std() / np.sqrt(n_people)) for rule, other in others.items()}


def cells(short: bool, histories: str = "") -> dict[str, Placebo]:
    """The services that are drawn, by name; fewer, smaller and with fewer possible delays where `short`."""
    size = {"n_people": 4_000, "n_submitted": 700, "step": 60} if short else {}
    found = {f"{kind}, by lot": Placebo(kind, **size) for kind in KINDS}
    found["uneven, early for those at risk"] = Placebo("uneven", waits="by risk", **size)
    found |= {f"uneven, chosen by {how}": Placebo("uneven", how, **size) for how in ("known", "record")}
    if short:
        found = {name: cell for name, cell in found.items() if cell.dates in ("constant", "uneven")}
    if histories:
        size = {"n_submitted": 1_500, "histories": histories, "step": 60 if short else 15}
        found["real, by lot"] = Placebo(REAL, **size)
        found["real, early for those at risk"] = Placebo(REAL, waits="by risk", **size)
        found |= {f"real, chosen by {how}": Placebo(REAL, how, **size) for how in ("known", "record")}
    return found


def study(short: bool, histories: str = "", n_draws: int | None = None) -> Study:
    """Every cell, with the number of draws of each: 1,000 by lot; 400 where each is matched as well."""
    chosen = cells(short, histories)
    usual = {name: 20 if short else 400 if cell.chosen != "chance" else 1_000 for name, cell in chosen.items()}
    code = ("cohort", "matching", "inference", "covariates", "outcomes.py")
    return Study(
        name="drawing rules",
        cells=chosen,
        replications=usual if n_draws is None else dict.fromkeys(chosen, n_draws),
        replicate=replicate,
        rests_on=(*code, "validation/drawing_rules/dates.py", "validation/drawing_rules/rules.py"),
        settings=lambda: {"by_known": BY_KNOWN, "by_record": BY_RECORD, "haste": HASTE, "longest": LONGEST},
    )
