"""Small invented requests, taken through `collect_findings` as a run would: a whole and its regions, or two follow-ups.

A person is a row: region, reason to leave in each analysis, sex, age, when and how they reoffended. Groups differ by a
few people wherever they can: unmatched, lost within their subgroup, without a region.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
from examples import provenance, spec
from requests_at_random import flow, linkage

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.balance import measure_balance
from jdl_toolkit.findings import AnalysisResults, Findings, collect_findings
from jdl_toolkit.findings.outcome_rows import ESTIMATE_PARTS
from jdl_toolkit.submission import analyses_of

REGIONS = {-1: "", 0: "North", 1: "South"}
AGES = ("18 to 24", "25 to 34", "35 and over")
#: Days up to which the curves are drawn; the last follow-up may be twice as long.
DAYS = (182, 365, 730)
LABELS = {"sex": "Sex", "age_band": "Age", "region": "Region"}
N_POOL = 400


def people_at_random(seed: int, n_records: int, n_regions: int, leaving: float) -> pd.DataFrame:
    """A row per record; `time` is the part of the follow-up in which they reoffended first, 0 for none, 3 for later."""
    rng = np.random.default_rng(seed)
    draw = {
        "region": rng.choice(
            [-1, 0, 1][: n_regions + 1], n_records, p=[[1.0], [0.15, 0.85], [0.08, 0.5, 0.42]][n_regions]
        ),
        "first_reason": np.where(rng.random(n_records) < leaving, rng.choice([1, 2, 5, 6, 10, 12], n_records), 0),
        "kind": rng.choice(["fine", "caution", "custody"], n_records, p=[0.6, 0.3, 0.1]),
        "female": rng.random(n_records) < rng.choice([0.1, 0.3, 0.5]),
        "age_band": rng.choice(3, n_records, p=[0.2, 0.7, 0.1]),
        "time": rng.choice(4, n_records, p=[0.6, 0.12, 0.23, 0.05]),
        "is_summary": rng.random(n_records) < 0.6,
        "custody": rng.random(n_records) < 0.3,
        "returned": rng.random(n_records) < 0.12,
    }
    frame = pd.DataFrame(draw).assign(row=np.arange(n_records))
    frame["person"] = np.where(frame["first_reason"].isin([1, 2]), -1, frame["row"])
    return frame


def findings_of(seed: int, n_records: int = 200, n_regions: int = 2, leaving: float = 0.25, longer: bool = False):
    """What is published of such a request; the records as they were, with the reason to leave each analysis; the pools.

    The pools are shares of each level, by analysis.
    """
    people = people_at_random(seed, n_records, n_regions, leaving)
    rng = np.random.default_rng(seed + 1)
    choices = {"whole": {}} | {f"r{r}": {"records": {"region": [REGIONS[r]]}} for r in range(n_regions)}
    choices |= {"longer": {"cohort": {"follow_up_months": 24}}} if longer else {}
    request = spec(analyses=choices, subgroups=["sex", "region"], covariates={"use": ["sex", "age"]})
    upload = pd.DataFrame({"row": people["row"], "region": people["region"].map(REGIONS)})
    results, pools = [], {}
    for asked in analyses_of(request, upload):
        records = asked.analysis.records
        take = np.ones(n_records, bool) if not records else upload["region"].isin(next(iter(records.values())))
        one = flow(people, np.asarray(take), people["first_reason"].to_numpy())
        own = _Analysis(asked, people, one, rng, 3 if asked.cohort.follow_up_months > 12 else 2)
        people[f"reason {asked.analysis.id}"], people[f"lost {asked.analysis.id}"] = own.reason, own.lost
        results.append(own.results())
        pool = {("Sex", name): own.pool["female"].eq(name == "Female").mean() for name in ("Female", "Male")}
        pool |= {("Age", name): own.pool["age_band"].eq(i).mean() for i, name in enumerate(AGES)}
        pools[asked.analysis.id] = pool
    links = linkage(people["first_reason"].to_numpy())
    n_matched = links.by_status()["matched"]
    people["tier"] = rng.choice(3, n_records, p=[0.7, 0.27, 0.03])
    held = (
        people.loc[~people["first_reason"].isin([1, 2]), "tier"].value_counts().reindex(range(3)).fillna(0).astype(int)
    )
    assert held.sum() == n_matched
    links.by_tier = lambda: pd.DataFrame({"tier": ["number", "name", "near name"], "n_records": held.to_numpy()})
    submission = SimpleNamespace(public_answers=dict, people=upload, ledger=Ledger.start("submission", "", n_records))
    found = collect_findings(request, submission, links, results, provenance())
    return Findings.model_validate_json(found.model_dump_json()), people, pools


class _Analysis:
    """Results of the stages of one analysis, as `collect_findings` wants them."""

    def __init__(self, asked, people, one, rng, last_time):
        self.asked, self.people, self.flow, self.last_time = asked, people, one, last_time
        left = one.records["reason"].fillna(99).to_numpy(int)
        fits = left == 99
        self.reason = np.where(fits & (rng.random(len(people)) < rng.choice([0, 0.02, 0.05])), 14, left)
        self.lost = (self.reason == 99) & (rng.random(len(people)) < rng.choice([0, 0.01, 0.04]))
        self.treated = people[fits].assign(is_matched=self.reason[fits] == 99, lost=self.lost[fits])
        self.pool = pd.DataFrame({"female": rng.random(N_POOL) < 0.3, "age_band": rng.choice(3, N_POOL)})
        self.pool["is_matched"] = rng.random(N_POOL) < 0.9

    def results(self) -> AnalysisResults:
        both = pd.concat([self.treated, self.pool], ignore_index=True)
        n, is_treated = len(both), np.arange(len(both)) < len(self.treated)
        unit = np.where(is_treated, both["row"].fillna(0), 10_000 + np.arange(n)).astype(int)
        is_matched = both["is_matched"].to_numpy(bool)
        n_matched, n_control = int((is_treated & is_matched).sum()), int((~is_treated & is_matched).sum())
        weight = np.where(is_matched, np.where(is_treated, 1.0, n_matched / n_control), 0.0)
        logit = np.random.default_rng(1).normal(-3, 1, n)
        units = pd.DataFrame({"unit_id": unit, "is_treated": is_treated, "weight": weight, "logit": logit})
        sizes = {"n_treatment": len(self.treated), "n_treatment_matched": n_matched}
        sizes |= {"n_pool": N_POOL, "n_control": n_control, "ess_control": float(n_control)}
        matched = SimpleNamespace(units=units, method="radius", caliper_sd=0.2, caliper_raw=0.1, messages=(), **sizes)
        sex = pd.Categorical(np.where(both["female"].astype(bool), "Female", "Male"))
        age = pd.Categorical(np.array(AGES)[both["age_band"].astype(int)], categories=AGES, ordered=True)
        profile = pd.DataFrame({"unit_id": unit, "sex": sex, "age_band": age})
        covariates = SimpleNamespace(profile=profile, units=profile[["unit_id", "sex"]], labels=LABELS)
        ledger = Ledger.start("pool", "events", N_POOL + 40, N_POOL + 20).exclude(
            None, 40, N_POOL, key="other_event", label="further events"
        )
        cohort = SimpleNamespace(
            analysis=self.asked.analysis.id, ledger=self.flow.ledger, pool_ledger=ledger, index_from=None, index_to=None
        )
        cohort.records = self.flow.records.assign(disposal_id=self.people["row"])
        cohort.treated = self.treated.assign(unit_id=self.treated["row"], person_id=self.treated["row"])
        stages = {"outcomes": self._outcomes(n_control), "balance": _balance(profile, is_treated, weight)}
        stages["subgroups"] = self._subgroups(n_control)
        reason = "too few" if n_matched < 30 else None
        return AnalysisResults(self.asked, cohort, covariates, matched, reason=reason, **stages)

    def _outcomes(self, n_control):
        compared = self.treated[self.treated["is_matched"]]
        time = compared["time"].where(compared["time"] <= self.last_time, 0)
        did = time > 0
        n, n_did = len(compared), int(did.sum())
        rows = []

        def add(key, family, has, among=None):
            size, k = (n, int(has.sum())) if among is None else (n_did, int((has & did).sum()))
            values = {"key": key, "family": family, "label": key, "unit": "share", "better": "lower"}
            values |= {"base": "everyone" if among is None else "reoffenders", "n_treatment": size, "why_not": None}
            values |= {"n_treatment_with": k, "treatment_value": k / size if size else 0.0, "n_control": n_control}
            values |= {"n_control_with": n_control // 3, "control_value": 1 / 3, "control_value_adjusted": 1 / 3}
            rows.append(
                values | {"holm_p": 0.5, "verdict": "inconclusive", "classic_verdict": "inconclusive"} | ESTIMATES
            )

        add("rate", "rate", did)
        for key, family, has in (
            ("first_summary", "first_class", compared["is_summary"]),
            ("first_either_way", "first_class", ~compared["is_summary"]),
            ("first_custody", "first_custody", compared["custody"]),
        ):
            add(key, family, has & did)
            add(f"{key}_reoffenders", family, has & did, did)
        measures = pd.DataFrame(rows)
        k = int(compared["returned"].sum())
        told = [("days_in_custody", "days", 7.0 * k / n), ("returned_to_custody", "share", k / n)]
        told += [("days_at_risk", "days", 365 - 7.0 * k / n)]
        follow_up = pd.DataFrame(told, columns=["key", "unit", "treatment"])
        follow_up = follow_up.assign(label="x", control=follow_up["treatment"], n_treatment=n, n_control=n_control)
        follow_up = follow_up.assign(n_treatment_with=k, n_control_with=n_control // 8)
        by_day = [int(((time > 0) & (time <= i)).sum()) for i in range(1, self.last_time + 1)]
        points = [
            {"clock": clock, "day": day, "n_treatment_step": k - before, "n_control_step": 60}
            | {f"{g}{end}": 1 - k / n for g in ("treatment", "control") for end in ("", "_low", "_high")}
            for clock in ("calendar", "at_risk")
            for day, k, before in zip(DAYS, by_day, [0, *by_day], strict=False)
        ]
        return SimpleNamespace(measures=measures, follow_up=follow_up, survival=pd.DataFrame(points))

    def _subgroups(self, n_control):
        kept = self.treated[self.treated["is_matched"] & ~self.treated["lost"]]
        named = {"sex": np.where(kept["female"], "Female", "Male"), "region": kept["region"].map(REGIONS).to_numpy()}
        did = (kept["time"] > 0) & (kept["time"] <= self.last_time)
        rows = []
        for by, of in named.items():
            for level in sorted(set(of) - {""}):
                n, k = int((of == level).sum()), int(did[of == level].sum())
                why = None if 30 <= n else "fewer than 30 people in it or outside it could be analysed"
                values = {"by": by, "level": level, "n_treatment": n, "n_control": n_control, "why_not": why}
                values |= {"treatment_value": k / n, "control_value": 1 / 3, "holm_p": 0.5, "verdict": "inconclusive"}
                rows.append(values | {"worst": 0.04} | {f"headline_{p}": 0.1 for p in ESTIMATE_PARTS})
        none = pd.DataFrame(columns=["by", "q", "df", "p_value"])
        return SimpleNamespace(
            declared=("sex", "region"),
            labels=LABELS,
            n_tests=2,
            rows=pd.DataFrame(rows),
            heterogeneity=none,
            messages=(),
        )


ESTIMATES = {f"{e}_{p}": 0.1 for e in ("headline", "classic", "check") for p in ESTIMATE_PARTS}


def _balance(profile, is_treated, weight):
    """Differences of every level, as the stage gives them."""
    parts = {(c, level): profile[c] == level for c in ("sex", "age_band") for level in profile[c].cat.categories}
    columns = np.column_stack([has.to_numpy(float) for has in parts.values()])
    before, after = measure_balance(columns, is_treated, np.ones(len(profile)), weight)
    rows = pd.DataFrame(parts.keys(), columns=["covariate", "level"]).assign(light="green", var_ratio=np.nan)
    rows["mean_treatment"], rows["mean_treatment_all"] = after["mean_treatment"], before["mean_treatment"]
    rows["mean_pool"], rows["smd_before"], rows["smd_after"] = (
        before["mean_control"],
        before["smd_pooled"],
        after["smd_pooled"],
    )
    return SimpleNamespace(rows=rows, worst=0.04, passed=True, beside=None, denominator="pooled")
