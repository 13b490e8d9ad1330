"""Find each person of a submission in the register."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..register import Register
from ..spec import RequestSpec
from .assignment import decide, one_row_per_person, row_posteriors
from .candidates import normalise_records, prepare_records
from .evidence import distrust_identifiers, is_other_person, reasons
from .result import Linkage
from .scoring import Engine, compare_in_duckdb, score_candidates

#: Candidates less probable than this are nobody's likely counterpart, and stay in the control pool.
FLOOR = 0.01


def link(submission: Any, register: Register, spec: RequestSpec, engine: Engine = compare_in_duckdb) -> Linkage:
    """Find each person of a submission in the register.

    In this order: identifiers are verified and, where they lead to somebody else, taken for not given; candidates are
    found (blocking) and weighed by Splink with the register's parameters; pairs that look like twins or namesakes are
    ruled out; each row's candidates share one probability with "not on the register"; rows become matched, ambiguous
    or no match; several rows of one person stay matched only if they resemble each other. Sentences are no evidence
    for a link.

    Parameters
    ----------
    submission : Submission
        Its `people`, one row per record, are read.
    spec : RequestSpec
        `linkage.match_probability` and `linkage.ambiguous_probability`.
    engine : callable
        Where candidates are found and compared; the result is the same.

    References
    ----------
    Fellegi & Sunter (1969), Journal of the American Statistical Association 64, 1183-1210.
    """
    people = submission.people
    asked = normalise_records(prepare_records(people), register)
    parameters = register.sql("SELECT * FROM linkage_parameters ORDER BY comparison, position")
    scored, doubted = distrust_identifiers(score_candidates(*engine(asked, register, parameters)))
    n_people = int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0])
    candidates, share = _candidates(scored, len(asked), n_people)
    choice = spec.linkage
    links = decide(candidates, asked["row"], choice.match_probability, choice.ambiguous_probability)
    links = _with_unusable(one_row_per_person(links, asked, register), people)
    likely = candidates.loc[candidates["posterior"] >= FLOOR, ["row", "person_id", "match_weight", "posterior"]]
    return Linkage(
        links=links,
        candidates=likely.reset_index(drop=True),
        expected_wrong_links=float((1 - links.loc[links["status"] == "matched", "posterior"]).sum()),
        share_on_register=share,
        n_identifiers_not_trusted=len(doubted),
        n_candidates=len(scored),
        parameters=parameters.drop(columns="position"),
        weights_histogram=_histogram(scored["match_weight"].to_numpy(dtype=float)),
    )


def _candidates(scored: pd.DataFrame, n_rows: int, n_people: int) -> tuple[pd.DataFrame, float]:
    """Best entry of each person in each row, with its posterior and reason; and the share of rows on the register."""
    possible = scored.assign(tier=reasons(scored))[~is_other_person(scored)]
    order = ["row", "person_id", "match_weight", "entry_id"]
    best = possible.sort_values(order, ascending=[True, True, False, True], kind="stable").drop_duplicates(
        ["row", "person_id"]
    )
    posterior, share = row_posteriors(
        best["row"].to_numpy(), best["match_weight"].to_numpy(dtype=float), n_rows, n_people
    )
    best = best.assign(posterior=posterior)
    return best[["row", "person_id", "match_weight", "posterior", "tier"]].reset_index(drop=True), share


def _with_unusable(links: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """All records, in the order of their rows; what only a match may state is emptied elsewhere."""
    links = people[["row"]].sort_values("row", kind="stable").merge(links, on="row", how="left")
    links["status"] = links["status"].fillna("unusable identifiers")
    links["person_id"] = links["person_id"].where(links["status"] == "matched")
    kept = links["status"].isin(["matched", "ambiguous"])
    links["tier"] = links["tier"].astype(object).where(kept & links["tier"].notna(), "")
    links = links.astype({"status": "str", "tier": "str"})
    for column in ("match_weight", "posterior"):
        links[column] = links[column].astype(float).where(kept)
    return links.reset_index(drop=True)


def _histogram(weights: np.ndarray, step: float = 2.0) -> pd.DataFrame:
    edges, counts = np.unique(np.floor(weights / step) * step, return_counts=True)
    return pd.DataFrame({"weight": edges.astype(float), "n_pairs": counts.astype(int)})
