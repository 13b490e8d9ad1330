"""From weights to decisions: the posterior of each candidate of a row, one status per row, one row per person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..register import Register

#: Start of the share of rows whose person is on the register: published match rates are about 90 per cent.
FIRST_SHARE = 0.9

_FORENAME_ALIKE = """(a.canonical = b.canonical OR jaro_winkler_similarity(a.forename, b.forename) >= 0.88
    OR a.forename = b.middle_name OR a.middle_name = b.forename)"""
_SURNAME_ALIKE = """(jaro_winkler_similarity(a.surname, b.surname) >= 0.88
    OR contains(a.surname, b.surname) OR contains(b.surname, a.surname))"""
_DOB_ALIKE = "(damerau_levenshtein(a.dob_digits, b.dob_digits) <= 1 OR a.dob_swapped = b.dob)"
_SWAPPED = "(a.forename = b.surname AND a.surname = b.forename)"


def row_posteriors(
    row: np.ndarray, weight: np.ndarray, n_rows: int, n_people: int, tolerance: float = 1e-10
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

    Returns
    -------
    posterior : float array, shape (n_candidates,)
    share : float
    """
    if not len(row):
        return np.zeros(0), 0.0
    _, position = np.unique(row, return_inverse=True)
    likelihood = np.exp2(weight) / n_people
    total = np.bincount(position, weights=likelihood)
    share = FIRST_SHARE
    for _ in range(1000):
        # s = 1 would leave no room for a person who is not there
        updated = min((share * total / (share * total + 1 - share)).sum() / n_rows, 1 - 0.5 / n_rows)
        share, change = updated, abs(updated - share)
        if change < tolerance:
            break
    return share * likelihood / (share * total[position] + 1 - share), float(share)


def decide(candidates: pd.DataFrame, rows: pd.Series, match: float, ambiguous: float) -> pd.DataFrame:
    """One line per row: its best candidate and what becomes of it.

    Matched if the best candidate reaches `match`; ambiguous if all candidates together reach `ambiguous`, so that a
    person who is on the register twice is not taken for absent.

    Parameters
    ----------
    candidates : DataFrame with row, person_id, match_weight, posterior, tier
    rows : Series of int
        All rows that were looked for.

    Returns
    -------
    DataFrame with row, status, person_id, tier, match_weight, posterior
    """
    order = ["row", "posterior", "match_weight", "person_id"]
    best = candidates.sort_values(order, ascending=[True, False, False, True], kind="stable").drop_duplicates("row")
    links = pd.DataFrame({"row": rows.to_numpy()}).merge(best, on="row", how="left")
    together = candidates.groupby("row")["posterior"].sum().reindex(links["row"]).fillna(0.0).to_numpy()
    matched = (links["posterior"] >= match).to_numpy()
    links["status"] = np.select([matched, together >= ambiguous], ["matched", "ambiguous"], "no match")
    links["person_id"] = links["person_id"].astype("Int64")
    return links[["row", "status", "person_id", "tier", "match_weight", "posterior"]]


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
    columns = ["row", "forename", "middle_name", "surname", "canonical", "dob", "dob_digits", "dob_swapped", "pnc_id"]
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
    return links.assign(status=links["status"].mask(doubtful, "ambiguous"))
