"""The offences behind each disposal: when, of which group, class and severity; breaches and penalty notices."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import day, pick, to_dates
from .ogrs import OFFENCE_GROUPS
from .sentencing import CAUTION, CUSTODY

_CLASS_SHARES = np.array([a.OFFENCE_NATURE[group][:3] for group in OFFENCE_GROUPS])
_MEAN_SEVERITY = np.array([a.OFFENCE_NATURE[group][3] for group in OFFENCE_GROUPS])
_SERIOUS = a.by_group(a.SERIOUS_SHARES, 0.0)
_INDICTABLE = a.OFFENCE_CLASSES.index("indictable")
_MINOR = {"class": a.OFFENCE_CLASSES.index("summary")}
#: Share of further offences that need not be of the principal offence's group.
SHARE_OTHER_GROUP = 0.4


def draw_offences(rng: Generator, disposals: pd.DataFrame) -> pd.DataFrame:
    """A row per offence, sorted by person and date, columns as in `offence_table`.

    The principal offence of a disposal comes first; the rest lie later in the same episode and are no more serious.

    Parameters
    ----------
    disposals : DataFrame
        As `histories.build_histories` makes them, with disposal_id: sanctions (`kind` 0), breaches (1), drug tests (2).
    """
    of = np.repeat(np.arange(len(disposals)), disposals["n_offences"].to_numpy())
    principal = np.diff(of, prepend=-1) > 0
    columns = ["person", "disposal_id", "first_offence", "last_possible", "proven", "group", "career", "kind", "worse"]
    offences = disposals[columns].iloc[of].reset_index(drop=True)
    span = (offences["last_possible"] - offences["first_offence"] + 1).to_numpy()
    later = np.where(principal, 0, np.floor(rng.random(len(of)) * span)).astype(np.int64)
    offences["date"] = offences["first_offence"] + later
    other = ~principal & (rng.random(len(of)) < SHARE_OTHER_GROUP)
    offences.loc[other, "group"] = pick(rng, a.career_matrix()[offences["career"].to_numpy()[other]])
    severity = _severity(rng, offences["group"].to_numpy(), np.where(principal, offences["worse"], 0))
    of_principal = severity[np.maximum.accumulate(np.where(principal, np.arange(len(of)), 0))]
    breach = (offences["kind"] == 1).to_numpy()
    offences = offences.assign(severity=np.maximum(severity, of_principal), is_breach=breach, is_penalty_notice=False)
    drawn = pick(rng, _CLASS_SHARES[offences["group"]])
    # what is most serious of all is tried in the Crown Court alone
    drawn = np.where(offences["severity"] == 1, _INDICTABLE, drawn)
    offences["class"] = np.where(breach, _MINOR["class"], drawn)
    offences = pd.concat([offences, _added_breaches(rng, disposals), _penalty_notices(rng, disposals)])
    return offences.sort_values(["person", "date", "disposal_id"], kind="stable", ignore_index=True)


def draw_pending(rng: Generator, sanctions: pd.DataFrame) -> pd.DataFrame:
    """Offences charged but not decided when the data end: rows as `draw_offences` gives them, with no disposal.

    Everybody whose last known sanction was followed by an offence has a case of which the outcome is not known yet;
    `assumptions.SHARE_PENDING` of those cases are on the register.

    Parameters
    ----------
    sanctions : DataFrame
        As `careers.simulate_careers` gives it.
    """
    last = sanctions.drop_duplicates("person", keep="last")
    last = last[(last["free_until"] < last["last_day"]) & (last["last_day"] == day(a.DATA_END))]
    rows = last[rng.random(len(last)) < a.SHARE_PENDING]
    group = pick(rng, a.career_matrix()[rows["career"].to_numpy()])
    severity = _severity(rng, group, np.zeros(len(rows)))
    drawn = np.where(severity == 1, _INDICTABLE, pick(rng, _CLASS_SHARES[group]))
    values = {"date": rows["free_until"], "group": group, "severity": severity, "class": drawn}
    return rows.assign(**values, disposal_id=-1, proven=-1, is_breach=False, is_penalty_notice=False)


def _severity(rng: Generator, group: NDArray[np.int64], worse: NDArray[np.float64]) -> NDArray[np.int64]:
    drawn = np.clip(np.rint(rng.normal(_MEAN_SEVERITY[group] - worse, 0.6)), 2, 8)
    return np.where(rng.random(len(group)) < _SERIOUS[group], 1, drawn).astype(np.int64)


def _added_breaches(rng: Generator, disposals: pd.DataFrame) -> pd.DataFrame:
    """Breach of an earlier order, dealt with together with new offences."""
    after_order = disposals["disposal"].shift(1).isin(a.COURT_ORDERS) & (
        disposals["person"] == disposals["person"].shift(1)
    )
    chosen = after_order & (disposals["kind"] == 0) & (disposals["disposal"] != CAUTION)
    rows = disposals[chosen & (rng.random(len(disposals)) < a.SHARE_BREACH_WITH_OFFENCE)]
    return rows.assign(date=rows["last_possible"], severity=7, is_breach=True, is_penalty_notice=False, **_MINOR)


def _penalty_notices(rng: Generator, disposals: pd.DataFrame) -> pd.DataFrame:
    """Penalty notices for disorder: offences without a disposal, in the months after a sanction at liberty."""
    room = np.minimum(disposals["free_until"] - disposals["event"], 365) - 1
    chosen = (disposals["kind"] == 0) & (disposals["disposal"] != CUSTODY) & (room > 5)
    chosen &= rng.random(len(disposals)) < a.SHARE_PENALTY_NOTICE
    rows = disposals[chosen].assign(disposal_id=-1, severity=8, is_breach=False, is_penalty_notice=True, **_MINOR)
    rows["date"] = rows["event"] + 1 + np.floor(rng.random(len(rows)) * room[chosen]).astype(np.int64)
    return rows.assign(proven=rows["date"], group=OFFENCE_GROUPS.index("public_order"))


def offence_table(ids: NDArray[np.int64], offences: pd.DataFrame) -> pd.DataFrame:
    """The register's table ``offence``; `ids` are the person_ids by position."""
    return pd.DataFrame(
        {
            "offence_id": offences["offence_id"],
            "disposal_id": offences["disposal_id"].astype("Int64").mask(offences["disposal_id"] < 0),
            "person_id": ids[offences["person"]],
            "offence_date": to_dates(offences["date"].to_numpy()),
            "proven_date": to_dates(offences["proven"].to_numpy()),
            "offence_group": np.array(OFFENCE_GROUPS, dtype=object)[offences["group"]],
            "offence_class": np.array(a.OFFENCE_CLASSES, dtype=object)[offences["class"]],
            "severity": offences["severity"].astype("int32"),
            "is_penalty_notice": offences["is_penalty_notice"].astype(bool),
            "is_breach": offences["is_breach"].astype(bool),
        }
    )
