"""From weights to decisions: the posterior of each candidate of a row, one status per row, one row per person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..register import Register
from ..spec import Linkage as Choice
from .evidence import is_doubtful, is_other_person, reasons

#: Candidates less probable than this are nobody's likely counterpart, and stay in the control pool.
FLOOR = 0.01

TWICE = "on the register twice"
CLOSE = "two people on the register fit almost alike"
CONFLICT = "the identifier is somebody's of another name and date of birth"
WEAK = "could be a relative or somebody of a similar name"
UNCERTAIN = "not certain enough"
REPEAT = "another record fits this person better"

#: Start of the share of rows whose person is on the register: published match rates are about 90 per cent.
FIRST_SHARE = 0.9

_FORENAME_ALIKE = """(a.canonical = b.canonical OR a.canonical = b.canonical_too OR a.canonical_too = b.canonical
    OR jaro_winkler_similarity(a.forename, b.forename) >= 0.88
    OR a.forename = b.middle_name OR a.middle_name = b.forename)"""
_SURNAME_ALIKE = """(jaro_winkler_similarity(a.surname, b.surname) >= 0.88
    OR contains(a.surname, b.surname) OR contains(b.surname, a.surname))"""
_DOB_ALIKE = "(damerau_levenshtein(a.dob_digits, b.dob_digits) <= 1 OR a.dob_swapped = b.dob)"
_SWAPPED = "(a.forename = b.surname AND a.surname = b.forename)"


def row_posteriors(
    row: np.ndarray,
    weight: np.ndarray,
    n_rows: int,
    n_people: int,
    tolerance: float = 1e-10,
    share: float | None = None,
) -> tuple[np.ndarray, float]:
    """Probability of each candidate that it is the row's person; a row has at most one.

    p_j = s·(BF_j/N) / (s·Σ_k BF_k/N + 1 − s) with BF = 2^weight, N the people on the register and s the share of rows
    whose person is on it. s is found by EM: the mean over the rows of Σ_j p_j.

    Parameters
    ----------
    row : int array, shape (n_candidates,)
        Sorted. A person stands in a row once.
    weight : float array, shape (n_candidates,)
        log2 of the Bayes factor.
    n_rows : int
        Rows that were looked for, those without a candidate included.
    share : float, optional
        s, where it is known; it is then not sought.

    Returns
    -------
    posterior : float array, shape (n_candidates,)
    share : float
    """
    if not len(row):
        return np.zeros(0), share or 0.0
    _, position = np.unique(row, return_inverse=True)
    likelihood = np.exp2(weight) / n_people
    total = np.bincount(position, weights=likelihood)
    known, share = share is not None, FIRST_SHARE if share is None else share
    for _ in range(0 if known else 1000):
        # s = 1 would leave no room for a person who is not there
        updated = min((share * total / (share * total + 1 - share)).sum() / n_rows, 1 - 0.5 / n_rows)
        share, change = updated, abs(updated - share)
        if change < tolerance:
            break
    return share * likelihood / (share * total[position] + 1 - share), float(share)


def weigh(scored: pd.DataFrame, n_rows: int, n_people: int, share: float | None = None) -> tuple[pd.DataFrame, float]:
    """Best entry of each person in each row, with its posterior; and the share of rows on the register.

    Returns
    -------
    candidates : DataFrame
        The columns of `scored`, posterior, and is_doubtful (ambiguous at most).
    share : float
    """
    possible = scored[~is_other_person(scored)]
    order = ["row", "person_id", "match_weight", "entry_id"]
    best = possible.sort_values(order, ascending=[True, True, False, True], kind="stable")
    best = best.drop_duplicates(["row", "person_id"])
    posterior, share = row_posteriors(
        best["row"].to_numpy(), best["match_weight"].to_numpy(dtype=float), n_rows, n_people, share=share
    )
    doubtful = is_doubtful(best) | best["is_conflicting"].to_numpy(dtype=bool)
    return best.assign(posterior=posterior, is_doubtful=doubtful).reset_index(drop=True), share


def decide(candidates: pd.DataFrame, rows: pd.Series, entries: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    """One line per row: its best candidate and what becomes of it.

    Matched if the best candidate reaches `match_probability`, exceeds the next person by the `margin`, and is not
    doubtful; ambiguous if all candidates together reach `ambiguous_probability`, so that a person who is on the
    register twice is not taken for absent, or if an identifier leads to somebody else and nobody better is found.

    Parameters
    ----------
    candidates : DataFrame
        From `weigh`.
    rows : Series of int
        All rows that were looked for.
    entries : DataFrame
        The entries that the candidates refer to.
    choice : spec.Linkage

    Returns
    -------
    DataFrame with row, status, person_id, tier, doubt (why it is ambiguous, else empty), match_weight, posterior
    """
    order = ["row", "posterior", "match_weight", "person_id"]
    ranked = candidates.sort_values(order, ascending=[True, False, False, True], kind="stable")
    lead = ranked.groupby("row")["match_weight"].diff(-1)
    best = ranked.assign(lead=lead.fillna(np.inf)).drop_duplicates("row")
    best = best.assign(tier=reasons(best))
    links = pd.DataFrame({"row": rows.to_numpy()}).merge(best, on="row", how="left")
    together = candidates.groupby("row")["posterior"].sum().reindex(links["row"]).fillna(0.0).to_numpy()
    doubtful, clear = links["is_doubtful"].eq(True).to_numpy(), (links["lead"] >= choice.margin).to_numpy()
    matched = (links["posterior"] >= choice.match_probability).to_numpy() & clear & ~doubtful
    conflict = links["row"].isin(candidates.loc[candidates["is_conflicting"].astype(bool), "row"]).to_numpy()
    ambiguous = ~matched & ((together >= choice.ambiguous_probability) | conflict)
    links["status"] = np.select([matched, ambiguous], ["matched", "ambiguous"], "no match")
    twice = (
        links["row"].isin(_on_register_twice(ranked[ranked["posterior"] >= FLOOR], entries, choice.margin)).to_numpy()
    )
    doubt = np.select([twice, conflict, ~clear, doubtful], [TWICE, CONFLICT, CLOSE, WEAK], UNCERTAIN)
    links["doubt"] = np.where(ambiguous, doubt, "")
    links["person_id"] = links["person_id"].astype("Int64")
    return links[["row", "status", "person_id", "tier", "doubt", "match_weight", "posterior"]]


def _on_register_twice(ranked: pd.DataFrame, entries: pd.DataFrame, margin: float) -> pd.Series:
    """Rows of which all people that fit almost alike are one by name, date of birth, sex and PNC id."""
    best = ranked.drop_duplicates("row")[["row", "entry_id", "match_weight"]].rename(columns={"entry_id": "best"})
    rival = ranked.merge(best, on="row", suffixes=("", "_best"))
    rival = rival[(rival["entry_id"] != rival["best"]) & (rival["match_weight_best"] - rival["match_weight"] < margin)]
    known = entries.set_index("entry_id")[["canonical", "surname", "dob", "sex", "pnc_id"]]
    mine, theirs = (known.reindex(rival[c]).reset_index(drop=True) for c in ("entry_id", "best"))
    missing = mine.isna() | theirs.isna()
    same = (mine == theirs) | missing.assign(canonical=False, surname=False, dob=False)
    is_one = same.all(axis=1).groupby(rival["row"].to_numpy()).all()
    return pd.Series(is_one.index[is_one.to_numpy(dtype=bool)], dtype="int64")


def one_row_per_person(links: pd.DataFrame, asked: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Keep several rows of one register person only if they resemble each other: then they are repeat records.

    Otherwise the best of them keeps the person and the others become ambiguous.
    """
    matched = links[links["status"] == "matched"].sort_values(
        ["person_id", "posterior", "match_weight", "row"], ascending=[True, False, False, True], kind="stable"
    )
    matched = matched.assign(keeper=matched.groupby("person_id")["row"].transform("first"))
    others = matched.loc[matched["row"] != matched["keeper"], ["row", "keeper"]].astype("int64")
    if others.empty:
        return links
    columns = ["row", "forename", "middle_name", "surname", "canonical", "canonical_too", "dob", "dob_digits"]
    columns += ["dob_swapped", "pnc_id"]
    involved = asked.loc[asked["row"].isin([*others["row"], *others["keeper"]]), columns]
    alike = register.sql(
        f"""
        SELECT o.row FROM others o JOIN involved a ON a.row = o.row JOIN involved b ON b.row = o.keeper
        WHERE a.pnc_id = b.pnc_id OR ({_SWAPPED} AND {_DOB_ALIKE})
            OR ({_FORENAME_ALIKE} AND ({_SURNAME_ALIKE} OR {_DOB_ALIKE}))
        """,
        others=others,
        involved=involved,
    )
    doubtful = links["row"].isin(others["row"]) & ~links["row"].isin(alike["row"])
    return links.assign(status=links["status"].mask(doubtful, "ambiguous"), doubt=links["doubt"].mask(doubtful, REPEAT))
