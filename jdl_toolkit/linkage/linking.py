"""Find each person of a submission in the register."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..register import Register
from ..spec import RequestSpec
from .assignment import FLOOR, decide, one_row_per_person, weigh
from .candidates import normalise_records, prepare_records
from .characteristics import characteristics
from .given_identifiers import distrust_identifiers, judge_identifiers
from .hidden import check_by_hidden_identifiers
from .pictures import typical_pairs, weight_needed, weights_histogram, with_outcomes
from .result import Linkage
from .scoring import Engine, compare_in_duckdb, score_candidates


def link(submission: Any, register: Register, spec: RequestSpec, engine: Engine = compare_in_duckdb) -> Linkage:
    """Find each person of a submission in the register.

    In this order: candidates are found (blocking) and weighed by Splink with the register's parameters; identifiers
    that lead to somebody else are not trusted; pairs that look like twins or namesakes are ruled out; each row's
    candidates share one probability with "not on the register"; rows become matched, ambiguous or no match; several
    rows of one person stay matched only if they resemble each other. Then the records whose identifiers are trusted
    are decided again without them, as a check. Sentences are no evidence for a link.

    Parameters
    ----------
    submission : Submission
        Its `people`, one row per record, are read.
    spec : RequestSpec
        `linkage.match_probability`, `linkage.ambiguous_probability` and `linkage.margin`.
    engine : callable
        Where candidates are found and compared; the result is the same.

    References
    ----------
    Fellegi & Sunter (1969), Journal of the American Statistical Association 64, 1183-1210.
    """
    people, choice = submission.people, spec.linkage
    asked = normalise_records(prepare_records(people), register)
    parameters = register.sql("SELECT * FROM linkage_parameters ORDER BY comparison, position")
    compared, entries = engine(asked, register, parameters)
    scored, conflicting = distrust_identifiers(score_candidates(compared, entries))
    n_people = int(register.sql("SELECT count(*) AS n FROM person")["n"].iloc[0])
    candidates, share = weigh(scored, len(asked), n_people)
    links = decide(candidates, asked["row"], entries, choice)
    levels = characteristics(submission)
    check = check_by_hidden_identifiers(scored, conflicting, asked, entries, levels, register, share, n_people, choice)
    links = _with_unusable(one_row_per_person(links, asked, register), people)
    pairs = with_outcomes(scored, candidates, links)
    links = links.merge(judge_identifiers(people, levels, pairs, conflicting), on="row")
    matched = links["status"] == "matched"
    return Linkage(
        links=links,
        candidates=_likely(candidates),
        check=check,
        levels=levels,
        expected_wrong_links=float((1 - links.loc[matched, "posterior"]).sum()),
        expected_missed_links=float(
            candidates.loc[~candidates["row"].isin(links.loc[matched, "row"]), "posterior"].sum()
        ),
        share_on_register=share,
        n_identifiers_not_trusted=len(conflicting),
        n_candidates=len(scored),
        parameters=parameters.drop(columns="position"),
        weights_histogram=weights_histogram(pairs),
        weight_needed=weight_needed(share, n_people, choice.match_probability),
        typical_pairs=typical_pairs(pairs, weight_needed(share, n_people, 0.5)),
    )


def _likely(candidates: pd.DataFrame) -> pd.DataFrame:
    """Candidates that are not quite improbable, and owners of identifiers in conflict."""
    kept = candidates[(candidates["posterior"] >= FLOOR) | candidates["is_conflicting"].astype(bool)]
    return kept[["row", "person_id", "match_weight", "posterior"]].reset_index(drop=True)


def _with_unusable(links: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """All records, in the order of their rows; what only a match may state is emptied elsewhere."""
    links = people[["row"]].sort_values("row", kind="stable").merge(links, on="row", how="left")
    links["status"] = links["status"].fillna("unusable identifiers")
    links["person_id"] = links["person_id"].where(links["status"] == "matched")
    kept = links["status"].isin(["matched", "ambiguous"])
    links["tier"] = links["tier"].astype(object).where(kept & links["tier"].notna(), "")
    links["doubt"] = links["doubt"].fillna("")
    links = links.astype({"status": "str", "tier": "str", "doubt": "str"})
    for column in ("match_weight", "posterior"):
        links[column] = links[column].astype(float).where(kept)
    return links.reset_index(drop=True)
