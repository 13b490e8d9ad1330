"""A check of linkage by itself: records whose identifier names the person are looked for without it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ..register import Register
from ..spec import Linkage as Choice
from .assignment import decide, weigh
from .candidates import IDENTIFIER_RULES, RULES, typed
from .evidence import is_identified
from .given_identifiers import trusted_owners, without_identifier

#: What became of a record whose person is known.
OUTCOMES = ("found", "somebody else", "ambiguous", "missed")


def check_by_hidden_identifiers(
    scored: pd.DataFrame,
    conflicting: set[int],
    asked: pd.DataFrame,
    entries: pd.DataFrame,
    levels: pd.DataFrame,
    register: Register,
    share: float,
    n_people: int,
    choice: Choice,
) -> pd.DataFrame:
    """Decide records with a trusted identifier again by names, date of birth and sex alone.

    The person to whom the identifier leads is taken for the truth. Pairs that only an identifier found are left out,
    as is what identifiers weigh; the share of records on the register stays what all records gave.

    Parameters
    ----------
    scored : DataFrame
        From `distrust_identifiers`.
    conflicting : set of int
        Rows with an identifier in conflict; they are no part of the check.
    levels : DataFrame
        From `characteristics`.

    Returns
    -------
    DataFrame with row, outcome (one of `OUTCOMES`), sex, ethnicity (the register's), remark, birthday, middle_name
    """
    truth = trusted_owners(scored)
    truth = truth[~truth["row"].isin(conflicting)].sort_values("row", ignore_index=True)
    known = scored[scored["row"].isin(truth["row"])]
    only = known.loc[is_identified(known), ["row", "entry_id"]]
    found_by_name = _found_by_name(only, asked, entries, register)
    keys = pd.MultiIndex.from_frame(known[["row", "entry_id"]])
    dropped = keys.isin(pd.MultiIndex.from_frame(only)) & ~keys.isin(pd.MultiIndex.from_frame(found_by_name))
    hidden = without_identifier(without_identifier(known[~dropped], "pnc"), "prison")
    candidates, _ = weigh(hidden.reset_index(drop=True), len(truth), n_people, share)
    links = decide(candidates, truth["row"], entries, choice)
    right = (links["person_id"] == truth["person_id"]).to_numpy(dtype=bool, na_value=False)
    is_matched, is_ambiguous = (links["status"] == "matched"), (links["status"] == "ambiguous")
    outcome = np.select([is_matched & right, is_matched, is_ambiguous], OUTCOMES[:3], OUTCOMES[3])
    people = register.sql(
        "SELECT row, coalesce(ethnicity, 'not recorded') AS ethnicity FROM truth JOIN person USING (person_id)",
        truth=truth,
    )
    described = levels.drop(columns=["identifier", "ethnicity"]).merge(people.astype({"ethnicity": "str"}), on="row")
    return pd.DataFrame({"row": truth["row"], "outcome": outcome}).astype({"outcome": "str"}).merge(described, on="row")


def _found_by_name(pairs: pd.DataFrame, asked: pd.DataFrame, entries: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Those of the pairs that some other rule than an identifier's finds, too: row, entry_id."""
    rules = " OR ".join(f"({rule})" for key, rule in RULES.items() if key not in IDENTIFIER_RULES)
    return register.sql(
        f"""
        SELECT row, entry_id FROM pairs JOIN asked a USING (row) JOIN entries e USING (entry_id) WHERE {rules}
        ORDER BY row, entry_id
        """,
        pairs=pairs,
        asked=typed(asked[asked["row"].isin(pairs["row"])]),
        entries=entries[entries["entry_id"].isin(pairs["entry_id"])],
    )


class Recall(NamedTuple):
    """How many of those who are on the register are found without an identifier; shares with a 95 per cent interval.

    Parameters
    ----------
    n_known, n_found, n_wrong : int
        Records whose person is known; found again; linked to somebody else.
    recall, low, high : float
        NaN if there is no such record.
    n_missed, n_missed_low, n_missed_high : float
        People on the register among the records without a trusted identifier who were not found, by that share.
    """

    n_known: int
    n_found: int
    n_wrong: int
    recall: float
    low: float
    high: float
    n_missed: float
    n_missed_low: float
    n_missed_high: float


def estimate_recall(check: pd.DataFrame, n_matched: int) -> Recall:
    """Share of people found without an identifier, with Wilson's interval, and what it means for the other records.

    If m of the other records were matched and the share is r, m (1 − r) / r people on the register were not found.
    Records with identifiers may be better kept than others: then more were missed than this says.

    Parameters
    ----------
    check : DataFrame
        From `check_by_hidden_identifiers`.
    n_matched : int
        Records without a trusted identifier that were matched.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    n, found = len(check), int((check["outcome"] == "found").sum())
    wrong = int((check["outcome"] == "somebody else").sum())
    if not n:
        return Recall(0, 0, 0, *[float("nan")] * 6)
    low, high = (float(limit) for limit in proportion_confint(found, n, method="wilson"))
    missed = [n_matched * (1 - share) / share if share else float("inf") for share in (found / n, high, low)]
    return Recall(n, found, wrong, found / n, low, high, *missed)
