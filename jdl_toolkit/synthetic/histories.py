"""From sanctions to the tables of a register, and back: reoffending can be taken out again without a trace.

An episode is what one sanction is for: its offences lie between the first of them and the day before remand or
conviction, and its disposal, its remand, its sentence and its assessment belong to nothing else. So an episode can be
removed whole (`remove_reoffending`), and what remains is a valid register.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from . import assumptions as a
from .custody import custody_table
from .draws import completed_years, day, to_dates
from .offences import draw_offences, draw_pending, offence_table
from .ogrs import OFFENCE_GROUPS
from .sentencing import CAUTION, CUSTODY, GRAVITY

_PRISONS = np.array([f"HMP {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX"], dtype=object)
#: Days before a community sentence within which its assessment was made (pre-sentence report).
REPORT_DAYS = 28
_ASSESSED = ("community_order", "suspended_sentence_order", "custody")
#: A drug test is taken on arrest, within these days of the offence.
TEST_DAYS = 2


def build_histories(
    rng: Generator, people: pd.DataFrame, sanctions: pd.DataFrame, first_ids: tuple[int, int], more: Generator
) -> dict:
    """Disposals, offences and custody spells of everybody.

    Parameters
    ----------
    people : DataFrame
        As `people.draw_people` gives it.
    sanctions : DataFrame
        As `careers.simulate_careers` gives it.
    first_ids : tuple of int
        First disposal_id and first offence_id to use.
    more : Generator
        For pending cases, which came later: so that all else of a register of the same seed is as before.

    Returns
    -------
    dict of str to DataFrame
        Tables ``disposal``, ``offence``, ``custody_spell`` of the register; dates are datetime64.
    """
    sanctions = sanctions.assign(kind=0)
    disposals = pd.concat([sanctions, _breaches(rng, sanctions), _drug_tests(rng, sanctions)])
    disposals = disposals.sort_values(["person", "disposed", "kind"], kind="stable", ignore_index=True)
    disposals["disposal_id"] = first_ids[0] + np.arange(len(disposals))
    disposals = _places(rng, people, disposals)
    offences = pd.concat([draw_offences(rng, disposals), draw_pending(more, sanctions)])
    offences = offences.sort_values(["person", "date", "disposal_id"], kind="stable", ignore_index=True)
    offences["offence_id"] = first_ids[1] + np.arange(len(offences))
    ids = people["person_id"].to_numpy()
    return {
        "disposal": _disposal_table(ids, disposals),
        "offence": offence_table(ids, offences),
        "custody_spell": custody_table(rng, ids, disposals[disposals["kind"] == 0]),
    }


def _breaches(rng: Generator, sanctions: pd.DataFrame) -> pd.DataFrame:
    """Orders breached without a new offence: a disposal of its own (`kind` 1), between the order and what came next."""
    room = np.minimum(sanctions["free_until"] - sanctions["event"], 365) - 30
    chosen = sanctions["disposal"].isin(a.COURT_ORDERS) & (room > 10) & (rng.random(len(sanctions)) < a.SHARE_BREACH)
    rows = sanctions[chosen]
    on = rows["event"] + 30 + np.floor(rng.random(len(rows)) * room[chosen]).astype(np.int64)
    committed = on - rng.integers(7, 29, len(rows))
    rows = rows.assign(disposed=on, proven=on, first_offence=committed, last_possible=committed, n_offences=1)
    return rows.assign(kind=1, disposal=a.DISPOSAL_CODES["other"], group=OFFENCE_GROUPS.index("other"))


def _drug_tests(rng: Generator, sanctions: pd.DataFrame) -> pd.DataFrame:
    """Positive tests for class A drugs on arrest (`kind` 2): a disposal without an offence of its own."""
    triggers = [OFFENCE_GROUPS.index(group) for group in a.DRUG_TEST_GROUPS]
    first = sanctions["first_offence"]
    tested = sanctions["group"].isin(triggers) & (sanctions["disposal"] != CAUTION) & (sanctions["remand"] < 0)
    tested &= (first >= day(a.DRUG_TEST_SINCE)) & (completed_years(first, sanctions["dob"]) >= 18)
    rows = sanctions[tested & (rng.random(len(sanctions)) < a.SHARE_DRUG_TEST)]
    on = rows["first_offence"] + rng.integers(0, TEST_DAYS + 1, len(rows))
    return rows.assign(disposed=on, n_offences=0, kind=2, disposal=a.DISPOSAL_CODES["positive_drug_test"])


def _places(rng: Generator, people: pd.DataFrame, disposals: pd.DataFrame) -> pd.DataFrame:
    """Region, court and prison of each disposal; mostly in the region of residence."""
    n = len(disposals)
    regions = np.array(list(a.REGIONS), dtype=object)
    elsewhere = regions[rng.integers(0, len(regions), n)]
    region = np.where(
        rng.random(n) < a.SHARE_IN_HOME_REGION, people["region"].to_numpy()[disposals["person"]], elsewhere
    )
    grave = (GRAVITY[disposals["group"]] > 1.9) | (
        (disposals["disposal"] == CUSTODY) & (disposals["worse"] > 0)
    ).to_numpy()
    court = region + np.where(grave, " Crown Court ", " Magistrates' Court ") + rng.integers(1, 7, n).astype(str)
    out_of_court = disposals["disposal"].isin([CAUTION, a.DISPOSAL_CODES["positive_drug_test"]]).to_numpy()
    prison = np.where(disposals["male"], rng.integers(0, 20, n), rng.integers(20, 24, n))  # none holds men and women
    return disposals.assign(region=region, court=np.where(out_of_court, None, court), prison=_PRISONS[prison])


def _disposal_table(ids: NDArray[np.int64], disposals: pd.DataFrame) -> pd.DataFrame:
    custody = (disposals["disposal"] == CUSTODY).to_numpy()
    released = custody & (disposals["release"] <= disposals["last_day"]).to_numpy()
    return pd.DataFrame(
        {
            "disposal_id": disposals["disposal_id"],
            "person_id": ids[disposals["person"]],
            "disposal_date": to_dates(disposals["disposed"].to_numpy()),
            "disposal": np.array(a.DISPOSALS, dtype=object)[disposals["disposal"]],
            "sentence_days": disposals["sentence_days"].astype("Int32").mask(~custody),
            "release_date": to_dates(np.where(released, disposals["release"], -1)),
            "establishment": np.where(custody, disposals["prison"], None),
            "region": disposals["region"],
            "court": disposals["court"],
        }
    )


def remove_reoffending(
    tables: dict[str, pd.DataFrame], person_ids: pd.Series, after: pd.Series, until: pd.Series
) -> dict[str, pd.DataFrame]:
    """Take out what people did in a window, and all that followed from it alone.

    Offences with after < offence_date ≤ until go (penalty notices and breaches stay unless their disposal goes). A
    disposal that loses its last offence other than breaches goes too, with its breaches, its remand, sentence and
    recall spells, its assessment, and the drug test that was taken on that arrest.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables of a register; ``offence`` and ``disposal`` are needed, ``custody_spell`` and ``needs_assessment`` looked
        after if present, others passed on. ``meta`` only beside whole tables: it counts what is left of them.
    person_ids : int array, shape (n,)
        Each person once.
    after, until : datetime array, shape (n,)
        The window of each person.

    Returns
    -------
    dict of str to DataFrame
        The same tables without those rows; the frames given are not changed.
    """
    window = pd.DataFrame({"person_id": np.asarray(person_ids), "after": np.asarray(after), "until": np.asarray(until)})
    window = window.astype({"after": "datetime64[s]", "until": "datetime64[s]"}).set_index("person_id")
    offence, disposal = tables["offence"], tables["disposal"]
    touched = offence[offence["person_id"].isin(window.index)]
    bounds = window.loc[touched["person_id"]]
    dates = pd.to_datetime(touched["offence_date"]).to_numpy()
    counts = ~(touched["is_breach"].astype(bool) | touched["is_penalty_notice"].astype(bool)).to_numpy()
    gone = touched[counts & (dates > bounds["after"].to_numpy()) & (dates <= bounds["until"].to_numpy())]
    stays = touched[counts & ~touched["offence_id"].isin(gone["offence_id"])]
    emptied = set(gone["disposal_id"].dropna()) - set(stays["disposal_id"].dropna())
    lost = disposal[disposal["disposal_id"].isin(emptied)]
    tests = _tests_of(disposal, gone, stays)
    offence_stays = ~offence["offence_id"].isin(gone["offence_id"]) & ~offence["disposal_id"].isin(emptied)
    left = {"offence": offence[offence_stays], "disposal": disposal[~disposal["disposal_id"].isin(emptied | tests)]}
    if "custody_spell" in tables:
        left["custody_spell"] = _without_spells(tables["custody_spell"], lost)
    if "needs_assessment" in tables:
        left["needs_assessment"] = _without_assessments(tables["needs_assessment"], lost, left["disposal"])
    if "meta" in tables:
        left["meta"] = tables["meta"].assign(n_offences=len(left["offence"]), n_disposals=len(left["disposal"]))
    return tables | {name: frame.reset_index(drop=True) for name, frame in left.items()}


def _tests_of(disposal: pd.DataFrame, gone: pd.DataFrame, stays: pd.DataFrame) -> set[int]:
    """Drug tests on arrest for an offence that is gone, unless one that stays explains them as well."""
    tests = disposal[(disposal["disposal"] == "positive_drug_test") & disposal["person_id"].isin(gone["person_id"])]

    def explained(offences: pd.DataFrame) -> set[int]:
        pairs = tests[["disposal_id", "person_id", "disposal_date"]].merge(
            offences[["person_id", "offence_date"]], on="person_id"
        )
        wait = pd.to_datetime(pairs["disposal_date"]) - pd.to_datetime(pairs["offence_date"])
        return set(pairs.loc[wait.between(pd.Timedelta(0), pd.Timedelta(days=TEST_DAYS)), "disposal_id"])

    return explained(gone) - explained(stays)


def _without_spells(spells: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """Spells of the disposals lost: the sentence begins on the day of one, remand and recall end on it.

    So does what lies within such a sentence (remand for another matter).
    """
    on = np.where(spells["kind"] == "sentenced", pd.to_datetime(spells["start"]), pd.to_datetime(spells["end"]))
    keys = pd.MultiIndex.from_arrays([spells["person_id"], pd.to_datetime(on)])
    gone = keys.isin(pd.MultiIndex.from_arrays([lost["person_id"], pd.to_datetime(lost["disposal_date"])]))
    of_lost = lost.loc[lost["disposal"] == "custody", ["person_id", "disposal_date", "release_date"]]
    inside = spells.loc[~gone & (spells["kind"] == "remand"), ["person_id", "start", "end"]].reset_index()
    inside = inside.merge(of_lost, on="person_id")
    starts, ends, sentenced, released = (
        pd.to_datetime(inside[c]) for c in ("start", "end", "disposal_date", "release_date")
    )
    within = inside.loc[(starts > sentenced) & ~(ends >= released), "index"]
    return spells[~gone & ~spells.index.isin(within)]


def _without_assessments(needs: pd.DataFrame, lost: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Assessments made for the disposals lost: before a community sentence, or between sentence and release."""

    made = needs.assign(row=needs.index, made=pd.to_datetime(needs["assessed_on"]))[["person_id", "row", "made"]]

    def made_for(disposals: pd.DataFrame) -> pd.Index:
        disposals = disposals[disposals["person_id"].isin(lost["person_id"]) & disposals["disposal"].isin(_ASSESSED)]
        sentenced, released = (pd.to_datetime(disposals[c]) for c in ("disposal_date", "release_date"))
        custody = disposals["disposal"] == "custody"
        begins = sentenced.where(custody, sentenced - pd.Timedelta(days=REPORT_DAYS))
        ends = released.fillna(pd.Timestamp("2100-01-01")).where(custody, sentenced)
        near = made.merge(disposals.assign(begins=begins, ends=ends), on="person_id")
        return pd.Index(near.loc[near["made"].between(near["begins"], near["ends"]), "row"].unique())

    return needs.drop(index=made_for(lost).difference(made_for(kept)))
