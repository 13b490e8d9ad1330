"""Whom the register holds: the result of linkage, shown as counts only."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..document import Figure, Table
from ..numbers import number
from ..result import Result
from .given_identifiers import IDENTIFIERS
from .hidden import Recall, estimate_recall

#: Why records without candidates were not linked.
_WHY_NOT = {
    "no match": "nobody on the register fits",
    "unusable identifiers": "what people are found by is missing or cannot be used",
}
STATUSES = ("matched", "ambiguous", "no match", "unusable identifiers")


@dataclass(frozen=True)
class Linkage(Result):
    """Links between records and people on the register.

    Parameters
    ----------
    links : DataFrame
        One line per record: row, status (one of `STATUSES`), person_id (Int64; only where matched), tier (the
        readable reason, of the best candidate where ambiguous), doubt (why it is ambiguous), match_weight (log2 of the
        Bayes factor), posterior, identifier (what became of the PNC id and prison number, one of `IDENTIFIERS`).
    candidates : DataFrame
        row, person_id, match_weight, posterior of all candidates that are not quite improbable, and of the owners of
        identifiers in conflict.
    check : DataFrame
        Records decided again without their identifier; see `hidden.check_by_hidden_identifiers`.
    levels : DataFrame
        Characteristics of each record; see `characteristics.characteristics`.
    expected_wrong_links : float
        Sum of 1 − posterior over the matched.
    expected_missed_links : float
        Sum of the posteriors of all candidates of the records that were not matched.
    share_on_register : float
        Share s of usable records whose person is on the register, by EM.
    n_identifiers_not_trusted : int
        Records whose PNC id or prison number belongs to somebody else by name and date of birth.
    n_candidates : int
        Pairs that were scored.
    parameters : DataFrame
        comparison, level, m, u of the model.
    weights_histogram : DataFrame
        weight (lower edge, in steps of 2), outcome, n_pairs; see `pictures.weights_histogram`.
    weight_needed : float
        Match weight at which a record's only candidate reaches `linkage.match_probability`.
    typical_pairs : DataFrame
        The evidence in a few pairs, masked; see `pictures.typical_pairs`.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> linkage = examples.foundation().linkage
    >>> linkage
    1,159 of 1,246 records matched (0 ambiguous, 81 no match, 6 unusable identifiers); wrong links expected by
    chance alone: fewer than 0.1
    >>> linkage.by_status()
    {'matched': 1159, 'ambiguous': 0, 'no match': 81, 'unusable identifiers': 6}
    >>> linkage.to_frame()[["status", "n_records", "share"]].round(3)
                     status  n_records  share
    0               matched        655  0.526
    1               matched        402  0.323
    2               matched         76  0.061
    3               matched         13  0.010
    4               matched          7  0.006
    5               matched          6  0.005
    6              no match         81  0.065
    7  unusable identifiers          6  0.005
    >>> round(linkage.recall().recall, 3)  # of people whose identifier was hidden, how many are found all the same
    0.981
    """

    links: pd.DataFrame
    candidates: pd.DataFrame
    check: pd.DataFrame
    levels: pd.DataFrame
    expected_wrong_links: float
    expected_missed_links: float
    share_on_register: float
    n_identifiers_not_trusted: int
    n_candidates: int
    parameters: pd.DataFrame
    weights_histogram: pd.DataFrame
    weight_needed: float
    typical_pairs: pd.DataFrame

    def by_status(self) -> dict[str, int]:
        """Records of each status; every status is there, and they add up to the records."""
        counts = self.links["status"].value_counts()
        return {status: int(counts.get(status, 0)) for status in STATUSES}

    def by_tier(self) -> pd.DataFrame:
        """Matched records by readable reason, most frequent first: tier, n_records."""
        return _counted(self.links.loc[self.links["status"] == "matched", "tier"])

    def by_doubt(self) -> pd.DataFrame:
        """Ambiguous records by what is doubtful, most frequent first: doubt, n_records."""
        return _counted(self.links.loc[self.links["status"] == "ambiguous", "doubt"])

    def by_identifier(self) -> pd.DataFrame:
        """Records by what became of their identifiers, and how many of them were matched: identifier, n_records,
        n_matched; every kind is there."""
        matched = (self.links["status"] == "matched").groupby(self.links["identifier"]).agg(["size", "sum"])
        counts = matched.reindex(IDENTIFIERS, fill_value=0).rename_axis("identifier").reset_index()
        return counts.set_axis(["identifier", "n_records", "n_matched"], axis=1)

    def by_characteristic(self) -> pd.DataFrame:
        """Match rate by characteristics of the records: characteristic, level, n_records, n_matched, match_rate.

        The rate is over all records of the level, unusable ones included.
        """
        records = self.levels.merge(self.links[["row", "status"]], on="row")
        return rates(records.drop(columns=["row", "status"]), records["status"] == "matched")

    def recall(self) -> Recall:
        """Share of people found without an identifier, as the check by hidden identifiers estimates it."""
        others = ~self.links["row"].isin(self.check["row"]) & (self.links["identifier"] != "agrees")
        return estimate_recall(self.check, int((others & (self.links["status"] == "matched")).sum()))

    def recall_by_characteristic(self) -> pd.DataFrame:
        """Share found without an identifier by characteristics (ethnicity as the register has it): as
        `by_characteristic`, of the records of the check."""
        return rates(self.check.drop(columns=["row", "outcome"]), self.check["outcome"] == "found")

    def to_frame(self) -> pd.DataFrame:
        """Records by status and, where they were found or are in doubt, by what.

        Returns
        -------
        DataFrame
            status (one of `STATUSES`, those that occur), by (the reason of a link, or what is doubtful), n_records,
            share (of all records).
        """
        counts = self.by_status()
        plain = {status: pd.DataFrame({"by": [why], "n_records": [counts[status]]}) for status, why in _WHY_NOT.items()}
        parts = {"matched": self.by_tier(), "ambiguous": self.by_doubt()} | plain
        named = [part.set_axis(["by", "n_records"], axis=1).assign(status=status) for status, part in parts.items()]
        frame = pd.concat(named, ignore_index=True)
        frame = frame[frame["n_records"] > 0].assign(share=frame["n_records"] / max(len(self.links), 1))
        return frame[["status", "by", "n_records", "share"]].reset_index(drop=True)

    def table(self) -> Table:
        """How records were found, and why others were not."""
        from .. import tables

        frame = self.to_frame()
        frame["per_cent"] = 100 * frame["share"]
        frame["status"] = frame["status"].str.capitalize()
        heads = {"by": "By what, or why not", "n_records": "Records", "per_cent": "Of 100"}
        caption = "How records were found, and why others were not"
        return tables.plain_table(frame, caption, heads, key="linkage", groups="status")

    def plot(self) -> Figure:
        """The match weights of all pairs that were compared, with the weight that a link needs."""
        from .. import plots

        return plots.weights_plot(self.weights_histogram, self.weight_needed)

    def typical_pairs_plot(self) -> Figure | None:
        """What the evidence adds up to in a few typical pairs, masked; None if there is no pair."""
        from .. import plots

        return plots.waterfall(self.typical_pairs)

    def identifiers_table(self) -> Table:
        """What became of the identifiers that were given."""
        from .. import tables

        heads = {"identifier": "The identifier", "n_records": "Records", "n_matched": "Of them matched"}
        return tables.plain_table(self.by_identifier(), "What became of the identifiers", heads, key="identifiers")

    def summary(self) -> str:
        counts = self.by_status()
        n = sum(counts.values())
        rest = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES[1:])
        wrong = f"wrong links expected by chance alone: {expected(self.expected_wrong_links)}"
        return f"{counts['matched']:,} of {n:,} records matched ({rest}); {wrong}"


def expected(n: float) -> str:
    """An expected number of records as people say it: a small one is not none."""
    return "fewer than 0.1" if n < 0.1 else number(n, 1)


def rates(levels: pd.DataFrame, is_found: pd.Series) -> pd.DataFrame:
    """How many are found at each level of each characteristic: characteristic, level, n_records, n_matched, match_rate.

    Parameters
    ----------
    levels : DataFrame
        A column for each characteristic.
    is_found : Series of bool, same index
    """
    parts = []
    for characteristic in levels:
        counts = is_found.groupby(levels[characteristic]).agg(["size", "sum"]).sort_index()
        counts = counts.rename_axis("level").reset_index().set_axis(["level", "n_records", "n_matched"], axis=1)
        parts.append(counts.assign(characteristic=characteristic))
    frame = pd.concat(parts, ignore_index=True).astype({"n_records": "int64", "n_matched": "int64"})
    frame["match_rate"] = frame["n_matched"] / frame["n_records"]
    return frame[["characteristic", "level", "n_records", "n_matched", "match_rate"]]


def _counted(values: pd.Series) -> pd.DataFrame:
    frame = values.value_counts().rename_axis(values.name).reset_index(name="n_records").astype({"n_records": "int64"})
    order = ["n_records", values.name]
    return frame.sort_values(order, ascending=[False, True], kind="stable").reset_index(drop=True)
