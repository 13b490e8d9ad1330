"""Spells inside: remand before a sentence, the sentence up to release, recalls from licence."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .draws import to_dates
from .sentencing import CUSTODY, RELEASE_TYPES

#: A licence is recalled without a new offence no sooner than this after release, and for at least `SHORTEST_RECALL`.
EARLIEST_RECALL, SHORTEST_RECALL, LONGEST_RECALL = 20, 14, 120
#: Sentences served for fewer days than this have no remand for another matter in them.
SHORTEST_WITH_REMAND = 40


def custody_table(rng: Generator, ids: NDArray[np.int64], sanctions: pd.DataFrame) -> pd.DataFrame:
    """The register's table ``custody_spell``.

    Parameters
    ----------
    ids : int array, shape (n_people,)
        person_ids by position.
    sanctions : DataFrame
        As `careers.simulate_careers` gives it, with the establishment as ``prison``.
    """
    inside = sanctions[sanctions["disposal"] == CUSTODY]
    released = inside["release"] <= inside["last_day"]
    how = np.where(released, np.array(RELEASE_TYPES, dtype=object)[inside["release_type"]], None)
    end = np.where(released, inside["release"], -1)
    sentences = inside.assign(start=inside["disposed"], end=end, what="sentenced", how=how)
    spells = pd.concat([_remands(sanctions), sentences, _technical_recalls(rng, inside)])
    spells = spells.sort_values(["person", "start", "end"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "person_id": ids[spells["person"]],
            "start": to_dates(spells["start"].to_numpy()),
            "end": to_dates(spells["end"].to_numpy()),
            "kind": spells["what"],
            "establishment": spells["prison"],
            "release_type": spells["how"],
        }
    )


def add_remands_inside(rng: Generator, spells: pd.DataFrame) -> pd.DataFrame:
    """The table ``custody_spell`` with some spells on remand for another matter, during a sentence that goes on.

    They change nothing of who is inside when, and let nobody count days of custody by adding up spells.
    """
    length = (spells["end"] - spells["start"]).dt.days
    long = (spells["kind"] == "sentenced") & (length >= SHORTEST_WITH_REMAND)
    rows = spells[long & (rng.random(len(spells)) < a.SHARE_REMAND_INSIDE)]
    room = length[rows.index].to_numpy()
    first = 1 + np.floor(rng.random(len(rows)) * room / 2).astype(np.int64)
    last = np.minimum(first + rng.integers(7, 60, len(rows)), room - 1)
    begin, end = (rows["start"] + pd.to_timedelta(days, unit="D") for days in (first, last))
    added = rows.assign(start=begin.astype("datetime64[s]"), end=end.astype("datetime64[s]"), kind="remand")
    added["release_type"] = None
    return pd.concat([spells, added]).sort_values(["person_id", "start"], kind="stable", ignore_index=True)


def _remands(sanctions: pd.DataFrame) -> pd.DataFrame:
    """Remand up to the sentence; for people on licence it is a recall."""
    same_person = sanctions["person"] == sanctions["person"].shift(1)
    on_licence = sanctions["remand"] < sanctions["licence_end"].shift(1).where(same_person, -1)
    what = np.where(on_licence, "recall", "remand")
    remands = sanctions.assign(start=sanctions["remand"], end=sanctions["disposed"], what=what, how=None)
    return remands[sanctions["remand"] >= 0]


def _technical_recalls(rng: Generator, inside: pd.DataFrame) -> pd.DataFrame:
    """Licences broken without a new offence; the next offence comes after the recall has ended."""
    begin = inside["release"] + EARLIEST_RECALL
    room = np.minimum(inside["free_until"], inside["licence_end"]) - begin
    chosen = (room > 60) & (rng.random(len(inside)) < a.SHARE_TECHNICAL_RECALL)
    rows, begin, room = inside[chosen], begin[chosen], room[chosen]
    start = begin + np.floor(rng.random(len(rows)) * (room - 30)).astype(np.int64)
    end = np.minimum(start + rng.integers(SHORTEST_RECALL, LONGEST_RECALL, len(rows)), begin + room - 1)
    return rows.assign(start=start, end=end, what="recall", how="licence")
