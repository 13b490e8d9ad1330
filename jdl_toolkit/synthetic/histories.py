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
from .draws import day, to_dates
from .offences import draw_offences, offence_table
from .ogrs import OFFENCE_GROUPS
from .sentencing import CUSTODY, RELEASE_TYPES

_CODE = {name: code for code, name in enumerate(a.DISPOSALS)}
_SUPERVISED = [_CODE["community_order"], _CODE["suspended_sentence_order"]]
_NATURE = np.array([a.OFFENCE_NATURE[g] for g in OFFENCE_GROUPS])
#: Days before a community sentence within which its assessment was made (pre-sentence report).
REPORT_DAYS = 28
#: A drug test is taken on arrest, within these days of the offence.
TEST_DAYS = 2


def build_histories(rng: Generator, people: pd.DataFrame, sanctions: pd.DataFrame, first_ids: tuple[int, int]) -> dict:
    """Disposals, offences and custody spells of everybody.

    Parameters
    ----------
    people : DataFrame
        As `people.draw_people` gives it.
    sanctions : DataFrame
        As `careers.simulate_careers` gives it.
    first_ids : tuple of int
        First disposal_id and first offence_id to use.

    Returns
    -------
    dict of str to DataFrame
        Tables ``disposal``, ``offence``, ``custody_spell`` of the register; dates are datetime64.
    """
    s = sanctions.assign(kind=0)
    disposals = pd.concat([s, _breaches(rng, s), _drug_tests(rng, s)], ignore_index=True)
    disposals = disposals.sort_values(["person", "disposed", "kind"], kind="stable", ignore_index=True)
    disposals["disposal_id"] = first_ids[0] + np.arange(len(disposals))
    disposals = _places(rng, people, disposals)
    offences = draw_offences(rng, disposals)
    offences["offence_id"] = first_ids[1] + np.arange(len(offences))
    ids = people["person_id"].to_numpy()
    return {
        "disposal": _disposal_table(ids, disposals),
        "offence": offence_table(ids, offences),
        "custody_spell": _custody_table(rng, ids, disposals[disposals["kind"] == 0]),
    }


def _breaches(rng: Generator, s: pd.DataFrame) -> pd.DataFrame:
    """Orders breached without a new offence: a disposal of its own (`kind` 1), between the order and what came next."""
    until = np.where(s["next_offence"] >= 0, s["next_offence"], np.minimum(day(a.DATA_END), s["leaves"]))
    until = np.minimum(until, s["event"] + 365)
    room = until - s["event"] - 30
    chosen = s["disposal"].isin(_SUPERVISED) & (room > 10) & (rng.random(len(s)) < a.SHARE_BREACH)
    rows = s[chosen].assign(kind=1, disposal=_CODE["other"], n_offences=1, remand=-1, group=OFFENCE_GROUPS.index("other"))
    rows["disposed"] = rows["event"] + 30 + np.floor(rng.random(len(rows)) * room[chosen]).astype(np.int64)
    rows["proven"] = rows["disposed"]
    rows["first_offence"] = rows["last_possible"] = rows["disposed"] - rng.integers(7, 29, len(rows))
    return rows


def _drug_tests(rng: Generator, s: pd.DataFrame) -> pd.DataFrame:
    """Positive tests for class A drugs on arrest (`kind` 2): a disposal without an offence of its own."""
    groups = [OFFENCE_GROUPS.index(g) for g in ("theft", "domestic_burglary", "other_burglary", "robbery", "drug_possession_supply")]
    tested = s["group"].isin(groups) & (s["first_offence"] >= day(a.DRUG_TEST_SINCE)) & (s["disposal"] != _CODE["caution"])
    tested &= (s["first_offence"] - s["dob"] > 18 * 365.25) & (s["remand"] < 0) & (rng.random(len(s)) < a.SHARE_DRUG_TEST)
    rows = s[tested].assign(kind=2, disposal=_CODE["positive_drug_test"], n_offences=0, remand=-1, sentence_days=-1, release=-1)
    rows["disposed"] = rows["first_offence"] + rng.integers(0, TEST_DAYS + 1, len(rows))
    return rows


def _places(rng: Generator, people: pd.DataFrame, disposals: pd.DataFrame) -> pd.DataFrame:
    n = len(disposals)
    regions = np.array(list(a.REGIONS), dtype=object)
    elsewhere = regions[rng.integers(0, len(regions), n)]
    region = np.where(rng.random(n) < 0.93, people["region"].to_numpy()[disposals["person"]], elsewhere)
    grave = _NATURE[disposals["group"], 4] + 0.8 * (disposals["disposal"] == CUSTODY) > 1.9
    bench = np.where(grave, " Crown Court ", " Magistrates' Court ")
    court = region + bench + rng.integers(1, 7, n).astype(str).astype(object)
    at_court = ~disposals["disposal"].isin([_CODE["caution"], _CODE["positive_drug_test"]]).to_numpy()
    letter = np.where(disposals["male"], rng.integers(0, 20, n), rng.integers(20, 24, n))
    prison = np.array([f"HMP {chr(65 + i)}" for i in range(24)], dtype=object)[letter]
    return disposals.assign(region=region, court=np.where(at_court, court, None), prison=prison)


def _disposal_table(ids: NDArray, d: pd.DataFrame) -> pd.DataFrame:
    custody = (d["disposal"] == CUSTODY).to_numpy()
    days = d["sentence_days"].to_numpy()
    out = custody & (d["release"] <= np.minimum(day(a.DATA_END), d["leaves"])).to_numpy()
    return pd.DataFrame(
        {
            "disposal_id": d["disposal_id"],
            "person_id": ids[d["person"]],
            "disposal_date": to_dates(d["disposed"].to_numpy()),
            "disposal": np.array(a.DISPOSALS, dtype=object)[d["disposal"]],
            "sentence_days": pd.array(np.where(custody, days, 0), dtype="Int32"),
            "release_date": to_dates(np.where(out, d["release"], -1)),
            "establishment": np.where(custody, d["prison"], None),
            "region": d["region"],
            "court": d["court"],
        }
    ).assign(sentence_days=lambda t: t["sentence_days"].mask(~custody))



def _custody_table(rng: Generator, ids: NDArray, s: pd.DataFrame) -> pd.DataFrame:
    """Remand (recall, if on licence) up to the sentence, the sentence, and recalls without a new offence."""
    last_day = np.minimum(day(a.DATA_END), s["leaves"])
    licence_end = s["licence_end"].shift(1).where(s["person"] == s["person"].shift(1), -1)
    before = s[s["remand"] >= 0]
    on_licence = (before["remand"] < licence_end[s["remand"] >= 0]).to_numpy()
    remands = before.assign(start=before["remand"], end=before["disposed"], what=np.where(on_licence, "recall", "remand"))
    inside = s[s["disposal"] == CUSTODY]
    released = inside["release"] <= last_day[inside.index]
    end = np.where(released, inside["release"], -1)
    sentences = inside.assign(start=inside["disposed"], end=end, what="sentenced")
    sentences["how"] = np.where(released, np.array(RELEASE_TYPES, dtype=object)[inside["release_type"]], None)
    spells = pd.concat([remands.assign(how=None), sentences, _technical_recalls(rng, inside)], ignore_index=True)
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


def _technical_recalls(rng: Generator, inside: pd.DataFrame) -> pd.DataFrame:
    """Licences broken without a new offence; the next offence comes after the recall has ended."""
    until = np.where(inside["next_offence"] >= 0, inside["next_offence"], np.minimum(day(a.DATA_END), inside["leaves"]))
    until = np.minimum(until, inside["licence_end"])
    room = until - inside["release"] - 20
    rows = inside[(room > 60) & (rng.random(len(inside)) < a.SHARE_TECHNICAL_RECALL)]
    room = room[rows.index]
    start = rows["release"] + 20 + np.floor(rng.random(len(rows)) * (room - 30)).astype(np.int64)
    end = np.minimum(start + rng.integers(14, 120, len(rows)), rows["release"] + 19 + room)
    return rows.assign(start=start, end=end, what="recall", how="licence")


def remove_reoffending(
    tables: dict[str, pd.DataFrame], person_ids: pd.Series, after: pd.Series, until: pd.Series
) -> dict[str, pd.DataFrame]:
    """Take out what people did in a window, and all that followed from it alone.

    Offences with after < offence_date ≤ until go (penalty notices and breaches stay unless their disposal goes). A
    disposal that loses its last offence other than breaches goes too, with its breaches, its remand, sentence and recall
    spells, its assessment, and the drug test that was taken on that arrest.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables of a register; ``offence`` and ``disposal`` are needed, ``custody_spell`` and ``needs_assessment`` looked
        after if present, others passed on.
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
    return tables | {name: frame.reset_index(drop=True) for name, frame in left.items()}


def _tests_of(disposal: pd.DataFrame, gone: pd.DataFrame, stays: pd.DataFrame) -> set[int]:
    """Drug tests on arrest for an offence that is gone, unless one that stays explains them as well."""
    tests = disposal[(disposal["disposal"] == "positive_drug_test") & disposal["person_id"].isin(gone["person_id"])]

    def explained(offences: pd.DataFrame) -> set[int]:
        pairs = tests[["disposal_id", "person_id", "disposal_date"]].merge(offences[["person_id", "offence_date"]], on="person_id")
        wait = pd.to_datetime(pairs["disposal_date"]) - pd.to_datetime(pairs["offence_date"])
        return set(pairs.loc[wait.between(pd.Timedelta(0), pd.Timedelta(days=TEST_DAYS)), "disposal_id"])

    return explained(gone) - explained(stays)


def _without_spells(spells: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """Spells of the disposals lost: the sentence begins on the day of one, remand and recall end on it."""
    on = np.where(spells["kind"] == "sentenced", pd.to_datetime(spells["start"]), pd.to_datetime(spells["end"]))
    keys = pd.MultiIndex.from_arrays([spells["person_id"], pd.to_datetime(on)])
    return spells[~keys.isin(pd.MultiIndex.from_arrays([lost["person_id"], pd.to_datetime(lost["disposal_date"])]))]


def _without_assessments(needs: pd.DataFrame, lost: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Assessments made for the disposals lost: before a community sentence, or between sentence and release."""

    def made_for(disposals: pd.DataFrame) -> pd.Index:
        near = needs[["person_id", "assessed_on"]].reset_index().merge(
            disposals.loc[disposals["person_id"].isin(lost["person_id"]), ["person_id", "disposal_date", "release_date", "disposal"]],
            on="person_id",
        )
        near = near[near["disposal"].isin(["community_order", "suspended_sentence_order", "custody"])]
        made, sentenced = pd.to_datetime(near["assessed_on"]), pd.to_datetime(near["disposal_date"])
        custody = near["disposal"] == "custody"
        begins = sentenced.where(custody, sentenced - pd.Timedelta(days=REPORT_DAYS))
        ends = pd.to_datetime(near["release_date"]).fillna(pd.Timestamp.max.floor("s")).where(custody, sentenced)
        return pd.Index(near.loc[(made >= begins) & (made <= ends), "index"].unique())

    return needs.drop(index=made_for(lost).difference(made_for(kept)))
