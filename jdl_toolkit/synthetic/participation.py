"""Who takes part in an invented service, and what it does to them: a misleading selection, a known effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import JDLError
from .episodes import OBSERVED_MONTHS
from .histories import remove_reoffending

#: What each covariate adds to the log odds of taking part, at strength 1. Supported housing reaches people with a need
#: for accommodation, with longer histories, younger, out of work; some regions more than others. Assumed.
DRAW = {
    "needs_accommodation": 0.9,
    "log_previous_offences": 0.6,  # natural logarithm of 1 + previous offences
    "decades_over_thirty": -0.3,
    "is_male": 0.3,
    "years_since_2007": 0.2,
}
REGIONS = {"Yorkshire and the Humber": 0.9, "North East": 0.5, "North West": 0.3}


def select_participants(events: pd.DataFrame, rng: np.random.Generator, n: int, strength: float = 1.0) -> pd.DataFrame:
    """Choose who takes part, depending on what they are like but never on what they do afterwards.

    The chance of being chosen next is proportional to exp(`participation_score`), times ``weight`` where there is such
    a column (sampling without replacement, by the Gumbel trick).

    Parameters
    ----------
    events : DataFrame
        One row per person with age, sex, n_previous_offences, needs_accommodation (0/1; missing where not assessed),
        region, index_date.
    rng : numpy.random.Generator
    n : int
    strength : float
        0: a random sample. 1: the crude comparison is wrong by several points.

    Returns
    -------
    DataFrame
        `n` rows of `events`.

    Raises
    ------
    JDLError
        If there are fewer than `n` events.
    """
    if len(events) < n:
        raise JDLError(f"{n:,} people are to take part, but only {len(events):,} could", fix="use a larger register")
    score = strength * participation_score(events)
    if "weight" in events:
        with np.errstate(divide="ignore"):
            score = score + np.log(events["weight"].to_numpy(dtype=float))
    order = np.argsort(-(score + rng.gumbel(size=len(events))), kind="stable")
    return events.iloc[np.sort(order[:n])]


def participation_score(events: pd.DataFrame) -> np.ndarray:
    """Log odds of taking part, up to a constant (see `DRAW` and `REGIONS`), shape (n_events,)."""
    terms = {
        "needs_accommodation": events["needs_accommodation"].astype(float).fillna(0.4),
        "log_previous_offences": np.log1p(events["n_previous_offences"].astype(float)),
        "decades_over_thirty": (events["age"].astype(float) - 30) / 10,
        "is_male": events["sex"].eq("M").astype(float),
        "years_since_2007": events["index_date"].dt.year - 2007.0,
    }
    region = events["region"].astype(object).map(REGIONS).fillna(0.0)
    return sum((DRAW[name] * value for name, value in terms.items()), start=region.astype(float)).to_numpy()


def plant_effect(
    tables: dict[str, pd.DataFrame], participants: pd.DataFrame, effect_pp: float, rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Make the service work: some of those who would have reoffended do not.

    As many reoffending participants as round(−`effect_pp` per cent of all participants), chosen at random, lose every
    offence from the start of the service until 18 months after the index date, with all that followed from it alone.
    The average effect on the participants is then exactly minus that number over all participants.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables of the register (those that `histories.remove_reoffending` looks after).
    participants : DataFrame
        person_id, index_date, service_start, reoffended (bool: in the follow-up, and not before the service started).
    effect_pp : float
        In percentage points; negative is a reduction.
    rng : numpy.random.Generator

    Returns
    -------
    tables : dict of str to DataFrame
    helped : Series of bool
        Whose reoffending went; index of `participants`.

    Raises
    ------
    JDLError
        If the effect is positive, or larger than the participants' reoffending.
    """
    if effect_pp > 0:
        raise JDLError("only reductions can be planted", f"effect_pp = {effect_pp:g}", "give zero or a negative number")
    n_helped = round(-effect_pp / 100 * len(participants))
    reoffenders = np.flatnonzero(participants["reoffended"].to_numpy(dtype=bool))
    if n_helped > len(reoffenders):
        possible = f"{100 * len(reoffenders) / max(len(participants), 1):.1f}"
        raise JDLError(
            f"only {possible} per cent of the participants reoffend", f"effect_pp = {effect_pp:g}", "plant less"
        )
    helped = pd.Series(False, index=participants.index)
    helped.iloc[rng.choice(reoffenders, n_helped, replace=False)] = True
    chosen = participants[helped]
    # an offence on the day the service starts counts as after it
    after = chosen["service_start"] - pd.Timedelta(days=1)
    until = chosen["index_date"] + pd.DateOffset(months=OBSERVED_MONTHS)
    return remove_reoffending(tables, chosen["person_id"], after, until), helped
