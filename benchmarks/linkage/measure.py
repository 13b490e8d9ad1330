"""Link uploads of known truth by each method, and put the results beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pandas as pd

from jdl_toolkit.linkage import link
from jdl_toolkit.register import Register
from jdl_toolkit.spec import Linkage as Thresholds
from jdl_toolkit.spec import lab_resources, read_yaml

from .baselines import match_by_tiers, match_exactly
from .metrics import assess, calibration, recall_by
from .uploads import draw_upload

#: Thresholds as shipped.
SPEC = SimpleNamespace(linkage=Thresholds(**read_yaml(lab_resources() / "parameters" / "defaults.yml")["linkage"]))
METHODS = ["linkage", "exact matching", "tiers"]
ON_PERSON = "right person is on the register"


@dataclass(frozen=True)
class Measured:
    """Records of several uploads of one level beside their links.

    Parameters
    ----------
    records : DataFrame
        As `uploads.draw_upload` gives them, with status and posterior of the linkage, the tier, and a column of
        person_id for each of `METHODS`.
    candidates : DataFrame
        row, person_id and posterior of all likely candidates of the linkage; row is unique over the uploads.
    expected_wrong : float
        Wrong links that the linkage itself expects.
    """

    records: pd.DataFrame
    candidates: pd.DataFrame
    expected_wrong: float


def link_people(people: pd.DataFrame, register: Register):
    return link(SimpleNamespace(people=people), register, SPEC)


def measure_level(register: Register, level: str, n_records: int, seeds: Sequence[int]) -> Measured:
    """Link one upload of the level for each seed, by each method."""
    parts = [_measure_upload(draw_upload(register, level, seed, n_records), register) for seed in seeds]
    for place, part in enumerate(parts):
        for frame in (part.records, part.candidates):
            frame["row"] += place * (n_records + 2)
    return pool(parts)


def _measure_upload(people: pd.DataFrame, register: Register) -> Measured:
    ours = link_people(people, register)
    links = ours.links.rename(columns={"person_id": "linkage"})
    exact = match_exactly(people, register).rename(columns={"person_id": "exact matching"})
    tiers = match_by_tiers(people, register).rename(columns={"person_id": "tiers", "tier": "tier_number"})
    records = people
    for found in (links, exact, tiers):
        records = records.merge(found, on="row", how="left", validate="one_to_one")
    candidates = ours.candidates[["row", "person_id", "posterior"]].copy()
    return Measured(records.astype({m: "Int64" for m in METHODS}), candidates, ours.expected_wrong_links)


def pool(parts: list[Measured]) -> Measured:
    """Uploads taken together; rows must be distinct already."""
    records = pd.concat([p.records for p in parts], ignore_index=True)
    candidates = pd.concat([p.candidates for p in parts], ignore_index=True)
    return Measured(records, candidates, sum(p.expected_wrong for p in parts))


def pool_levels(measured: dict[str, Measured]) -> Measured:
    """All levels taken together, rows made distinct; ``level`` says which."""
    shifted, start = [], 0
    for level, part in measured.items():
        records = part.records.assign(row=part.records["row"] + start, level=level)
        candidates = part.candidates.assign(row=part.candidates["row"] + start)
        shifted.append(Measured(records, candidates, part.expected_wrong))
        start = int(records["row"].max()) + 1
    return pool(shifted)


def quality_table(measured: dict[str, Measured]) -> pd.DataFrame:
    """Precision, recall and F1 of each method at each level, with their intervals."""
    rows = []
    for level, part in measured.items():
        for method in METHODS:
            quality = assess(part.records["truth"], part.records[method])
            row = {"level": level, "method": method, "n_links": quality.n_links, "wrong": quality.n_wrong}
            if method == "linkage":
                row["expected_wrong"] = part.expected_wrong
                row["ambiguous"] = float((part.records["status"] == "ambiguous").mean())
            for name in ("precision", "recall", "f1"):
                share = getattr(quality, name)
                row |= {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}
            rows.append(row)
    return pd.DataFrame(rows)


def calibration_table(pooled: Measured) -> pd.DataFrame:
    """Calibration over all records (``people`` is "all") and over those whose person is on the register or resembles
    nobody there ("ordinary"): the model knows of chance, not of relatives and namesakes who were put among the records.
    """
    records, candidates = pooled.records, pooled.candidates
    ordinary = records.loc[records["likeness"].isin(["", "unrelated"]), "row"]
    groups = {"all": candidates, "ordinary": candidates[candidates["row"].isin(ordinary)]}
    truth = records.set_index("row")["truth"]
    return pd.concat([calibration(part, truth).assign(people=name) for name, part in groups.items()], ignore_index=True)


def recall_by_fault(pooled: Measured) -> pd.DataFrame:
    """Recall of people with exactly one thing wrong; `not_identified` is that of the linkage without an identifier."""
    records = pooled.records
    records = records.assign(fault=records["faults"].mask(records["faults"] == "", "nothing wrong"))
    records["fault"] = records["fault"].mask(records["recorded_twice"], "recorded twice on the register")
    single = records[~records["fault"].str.contains("; ", regex=False)]
    table = recall_by(single, "fault", METHODS)
    bare = single[single["pnc_id"].isna() & single["prison_number"].isna()]
    alone = recall_by(bare, "fault", METHODS[:1]).set_index("fault")
    table["n_without_identifier"] = table["fault"].map(alone["n"]).fillna(0).astype(int)
    table["without_identifier"] = table["fault"].map(alone[METHODS[0]])
    return table.sort_values(["linkage", "fault"], ascending=[False, True], kind="stable").reset_index(drop=True)


def recall_by_characteristic(pooled: Measured) -> pd.DataFrame:
    """Recall by sex and by ethnicity on the register."""
    records = pooled.records.assign(sex=pooled.records["sex"].map({"M": "men", "F": "women"}))
    parts = [recall_by(records, by, METHODS).rename(columns={by: "group"}) for by in ("sex", "ethnicity")]
    return pd.concat(parts, ignore_index=True)


def wrong_by_likeness(pooled: Measured) -> pd.DataFrame:
    """Wrong links by whom they concern: people who are not on the register, by likeness, and people who are."""
    records = pooled.records
    kind = records["likeness"].mask(records["likeness"] == "", ON_PERSON)
    wrong = {m: records[m].notna() & ~(records[m] == records["truth"]).fillna(False) for m in METHODS}
    table = pd.DataFrame(wrong).groupby(kind.to_numpy()).sum()
    table.insert(0, "n", kind.value_counts())
    return table.rename_axis("likeness").reset_index()


def by_tier(pooled: Measured) -> pd.DataFrame:
    """Links of the deterministic baseline by tier: tier, n_links, wrong."""
    linked = pooled.records[pooled.records["tiers"].notna()]
    wrong = ~(linked["tiers"] == linked["truth"]).fillna(False)
    table = wrong.groupby(linked["tier_number"].astype(int)).agg(["size", "sum"])
    return table.set_axis(["n_links", "wrong"], axis=1).rename_axis("tier").reset_index()
