"""Whom the register holds: the result of linkage, shown as counts only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..result import Result

STATUSES = ("matched", "ambiguous", "no match", "unusable identifiers")


@dataclass(frozen=True)
class Linkage(Result):
    """Links between records and people on the register.

    Parameters
    ----------
    links : DataFrame
        One line per record: row, status (one of `STATUSES`), person_id (Int64; only where matched), tier (the
        readable reason, of the best candidate where ambiguous), match_weight (log2 of the Bayes factor), posterior.
    candidates : DataFrame
        row, person_id, match_weight, posterior of all candidates that are not quite improbable.
    expected_wrong_links : float
        Sum of 1 − posterior over the matched.
    share_on_register : float
        Share s of usable records whose person is on the register, by EM.
    n_identifiers_not_trusted : int
        Records whose PNC id or prison number belongs to somebody else by name and date of birth.
    n_candidates : int
        Pairs that were scored.
    parameters : DataFrame
        comparison, level, m, u of the model.
    weights_histogram : DataFrame
        weight (lower edge, in steps of 2), n_pairs.
    """

    links: pd.DataFrame
    candidates: pd.DataFrame
    expected_wrong_links: float
    share_on_register: float
    n_identifiers_not_trusted: int
    n_candidates: int
    parameters: pd.DataFrame
    weights_histogram: pd.DataFrame

    def by_status(self) -> dict[str, int]:
        """Records of each status; every status is there, and they add up to the records."""
        counts = self.links["status"].value_counts()
        return {status: int(counts.get(status, 0)) for status in STATUSES}

    def by_tier(self) -> pd.DataFrame:
        """Matched records by readable reason, most frequent first: tier, n_records."""
        tiers = self.links.loc[self.links["status"] == "matched", "tier"].value_counts()
        frame = tiers.rename_axis("tier").reset_index(name="n_records").astype({"n_records": "int64"})
        return frame.sort_values(["n_records", "tier"], ascending=[False, True], kind="stable").reset_index(drop=True)

    def by_characteristic(self, submission: Any) -> pd.DataFrame:
        """Match rate by sex, by identifiers given: characteristic, level, n_records, n_matched, match_rate.

        The rate is over all records of the level, unusable ones included.
        """
        people = submission.people[["row", "sex", "pnc_id", "prison_number"]].merge(
            self.links[["row", "status"]], on="row"
        )
        given = people["pnc_id"].notna() | people["prison_number"].notna()
        sex = people["sex"].map({"M": "men", "F": "women"}).fillna("not given")
        parts = []
        for characteristic, level in (("sex", sex), ("identifier", given.map({True: "given", False: "not given"}))):
            matched = (people["status"] == "matched").groupby(level).agg(["size", "sum"]).sort_index()
            part = matched.rename_axis("level").reset_index().rename(columns={"size": "n_records", "sum": "n_matched"})
            parts.append(part.assign(characteristic=characteristic))
        frame = pd.concat(parts, ignore_index=True)
        frame["match_rate"] = frame["n_matched"] / frame["n_records"]
        return frame[["characteristic", "level", "n_records", "n_matched", "match_rate"]]

    def to_frame(self) -> pd.DataFrame:
        """Records of each status: status, n_records."""
        return pd.DataFrame(list(self.by_status().items()), columns=["status", "n_records"])

    def summary(self) -> str:
        counts = self.by_status()
        n = sum(counts.values())
        rest = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES[1:])
        wrong = f"{self.expected_wrong_links:.1f} wrong links expected"
        return f"{counts['matched']:,} of {n:,} records matched ({rest}); {wrong}"
