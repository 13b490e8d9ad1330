"""From results about people to aggregates: what is shown, joined and withheld."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.findings.aggregates import _joined_name, balance_summary, overlap_bins, profile_rows
from jdl_toolkit.findings.flow_counts import Flow, flows_and_linkage
from jdl_toolkit.findings.outcome_rows import measure_rows


@pytest.fixture
def compared():
    """60 matched treated, 2 unmatched, 3,000 of a pool of whom 2,000 serve as controls."""
    rng = np.random.default_rng(3)
    n_t, n_c = 62, 3000
    is_treated = np.arange(n_t + n_c) < n_t
    weight = np.where(is_treated, 1.0, 0.0)
    weight[60:62] = 0
    weight[n_t : n_t + 2000] = 60 / 2000
    logit = np.where(is_treated, rng.normal(-3, 0.7, n_t + n_c), rng.normal(-4, 1, n_t + n_c))
    units = pd.DataFrame({"unit_id": np.arange(n_t + n_c), "is_treated": is_treated, "weight": weight, "logit": logit})
    sex = np.where(np.arange(n_t + n_c) % 3 == 0, "Female", "Male")
    bands = ["18 to 20", "21 to 24", "25 to 34", "35 and over"]
    age = np.array(bands)[np.r_[[0] * 2, [1] * 20, [2] * 30, [3] * 10, rng.integers(0, 4, n_c)]]
    british = np.where(is_treated, "British", np.where(np.arange(n_t + n_c) % 9 == 0, "Other", "British"))
    profile = pd.DataFrame(
        {"unit_id": units["unit_id"], "sex": pd.Categorical(sex), "nationality": pd.Categorical(british)}
    )
    profile["age_band"] = pd.Categorical(age, categories=bands, ordered=True)
    labels = {"sex": "Sex", "age_band": "Age at index date", "nationality": "Nationality"}
    matched = SimpleNamespace(units=units, n_treatment=n_t, n_treatment_matched=60, n_pool=n_c, n_control=2000)
    return SimpleNamespace(profile=profile, labels=labels), matched


def test_the_profile_joins_rare_levels_and_withholds_what_all_share(compared):
    covariates, matched = compared
    rows = pd.DataFrame(profile_rows(covariates, matched, 5)).set_index(["characteristic", "level"])
    assert list(rows.loc["Age at index date"].index) == ["18 to 24", "25 to 34", "35 and over"]
    assert rows.loc[("Age at index date", "18 to 24"), "treatment"] == pytest.approx(22 / 60)
    assert rows.loc[("Sex", "Female"), "pool"] == pytest.approx(1 / 3, abs=0.001)
    assert rows.loc[("Sex", "Female"), "control"] == pytest.approx(1 / 3, abs=0.001)
    assert rows.loc["Age at index date"].sum().tolist() == pytest.approx([1, 1, 1])
    assert rows.loc["Nationality"].isna().all(axis=None)
    assert list(rows.loc["Nationality"].index) == ["British or Other"]


@pytest.mark.parametrize(
    ("levels", "name"),
    [
        (["35 to 44", "45 and over"], "35 and over"),
        (["under 18", "18 to 20"], "up to 20"),
        (["2 to 5", "6 or more"], "2 or more"),
        (["1", "2 to 5", "6 or more"], "1 or more"),
        (["none", "1 or 2"], "up to 2"),
        (["1", "2 to 5"], "1 to 5"),
        (["under 6 months", "6 to under 12 months"], "under 12 months"),
        (["6 to under 12 months", "1 to under 2 years"], "6 months to under 2 years"),
        (["1 to under 2 years", "2 to under 4 years"], "1 to under 4 years"),
        (["2 to under 4 years", "4 years or more", "not recorded"], "2 years or more or not recorded"),
        (["2004", "2005"], "2004 or 2005"),
        (["2004", "2005", "2006"], "2004 to 2006"),
        (["Other", "not recorded"], "Other or not recorded"),
        (["soliciting", "drug import or production"], "other (soliciting; drug import or production)"),
        (["fraud", "soliciting", "other"], "other (fraud; soliciting; all others)"),
        (["a", "b", "c", "d", "e"], "other (a; b; c; less common ones)"),
        (["Wales"], "Wales"),
    ],
)  # fmt: skip
def test_levels_that_stand_together_have_one_name(levels, name):
    assert _joined_name(levels, n_groups=2) == name


def test_every_bin_of_the_overlap_holds_five_of_each_group(compared):
    _, matched = compared
    bins = pd.DataFrame(overlap_bins(matched, 5))
    assert bins[["treatment", "pool", "control"]].sum().tolist() == pytest.approx([1, 1, 1], abs=0.05)
    percent = 100 * bins[["treatment", "pool", "control"]]
    assert np.allclose(percent, percent.round())
    edges = np.array([*bins["lower"], bins["upper"].iloc[-1]])
    treated = matched.units.loc[matched.units["is_treated"], "logit"]
    assert (np.histogram(treated, edges)[0] >= 5).all()
    assert (bins["lower"].iloc[1:].to_numpy() == bins["upper"].iloc[:-1].to_numpy()).all()
    assert bins["lower"].iloc[0] == int(bins["lower"].iloc[0])


def test_rows_of_balance_that_tell_of_a_few_people_are_counted_but_not_listed(compared):
    covariates, matched = compared
    rows = pd.DataFrame(
        [
            ("age", "", 33.1, 33.2, 36.0, -0.3, 0.01, 1.1, "green"),
            ("region", "North", 0.5, 0.5, 0.4, 0.2, 0.02, None, "green"),
            ("region", "South", 26 / 60, 26 / 62, 0.4, 0.1, 0.03, None, "green"),
            ("region", "Wales", 4 / 60, 4 / 62, 0.2, -0.4, 0.12, None, "red"),
            ("sex", "Male", 1.0, 1.0, 0.9, 0.4, 0.0, None, "green"),
        ],
        columns=["covariate", "level", "mean_treatment", "mean_treatment_all", "mean_pool"]
        + ["smd_before", "smd_after", "var_ratio", "light"],
    )
    balance = SimpleNamespace(rows=rows, worst=0.12, passed=False)
    found = balance_summary(balance, SimpleNamespace(labels={"age": "Age", "region": "Region"}), matched, 5)
    # Wales is small; South goes with it, as Wales would follow from the other two; all are men
    assert [(r["covariate"], r["level"]) for r in found["rows"]] == [("Age", ""), ("Region", "North")]
    assert (found["n_withheld"], found["n_red"], found["n_amber"], found["passed"]) == (3, 1, 0, False)


# --- ways of finding a record ----------------------------------------------------------------------------------------


def ways(*sizes):
    tiers = pd.DataFrame({"tier": [f"way {i}" for i in range(len(sizes))], "n_records": sizes})
    status = {"matched": sum(sizes), "ambiguous": 0, "no match": 10, "unusable identifiers": 0}
    linkage = SimpleNamespace(by_status=lambda: status, by_tier=lambda: tiers, expected_wrong_links=0.2)
    ledger = Ledger.start("submission", "records received", sum(sizes) + 10)
    shown = flows_and_linkage([Flow(ledger)], linkage, 5)["linkage"]["by_tier"]
    return [(tier["label"], tier["records"], tier["secondary"]) for tier in shown]


def test_rare_ways_of_finding_a_record_stand_together():
    shown = [("way 0", 672, False), ("way 1", 403, False), ("way 2", 73, False)]
    assert ways(672, 403, 73, 7, 3, 1) == [*shown, ("other ways", 11, False)]
    assert ways(672, 403, 73, 3, 3) == [*shown, ("other ways", 6, False)]
    assert ways(672, 403, 73) == shown
    assert ways(672, 403, 73, 5) == [*shown, ("way 3", 5, False)]
    assert ways(20, 1) == [("other ways", 21, False)]
    assert ways(2) == [("way 0", None, False)]


# --- measures --------------------------------------------------------------------------------------------------------


def measures(n_reoffenders, n=60, rate_control=0.3, why_days=None):
    parts = {
        f"{e}_{p}": 0.1
        for e in ("headline", "classic", "check")
        for p in ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
    }
    common = {"n_control": 2000, "control_value": rate_control, "control_value_adjusted": 0.2, "holm_p": 0.1}
    common |= {"verdict": "increase", "classic_verdict": "inconclusive", "why_not": None} | parts
    rate = {
        "key": "rate",
        "label": "Rate",
        "unit": "share",
        "base": "everyone",
        "n_treatment": n,
        "treatment_value": n_reoffenders / n,
    }
    freq = rate | {"key": "frequency", "unit": "count", "treatment_value": 0.4}
    days = rate | {
        "key": "days",
        "unit": "days",
        "base": "reoffenders",
        "n_treatment": n_reoffenders,
        "treatment_value": 100.0,
    }
    if why_days:
        parts = dict.fromkeys([*parts, "control_value", "control_value_adjusted", "holm_p", "treatment_value"], np.nan)
        days |= parts | {"why_not": why_days}
    frame = pd.DataFrame([common | rate, common | freq, common | days | ({"holm_p": np.nan} if why_days else {})])
    return measure_rows(SimpleNamespace(measures=frame), 30, 5)


def test_measures_are_shown_with_their_estimates():
    rate, frequency, days = measures(30)
    assert (rate["treatment_value"], rate["n_treatment"], rate["verdict"]) == (0.5, 60, "increase")
    assert rate["headline"] == dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "p_value", "df"), 0.1)
    assert (rate["why_not"], frequency["why_not"], days["why_not"]) == (None, None, None)


@pytest.mark.parametrize("n_reoffenders", [1, 4, 56, 60])
def test_nothing_is_shown_when_a_few_or_all_but_a_few_reoffended(n_reoffenders):
    for row in measures(n_reoffenders):
        assert "fewer than 5" in row["why_not"]
        assert row["headline"] is None and row["n_treatment"] is None and row["treatment_value"] is None


def test_a_measure_withheld_by_inference_keeps_its_reason_and_loses_its_numbers():
    rate, _, days = measures(10, why_days="fewer than 30 people in the treatment group reoffended")
    assert rate["why_not"] is None
    assert days["why_not"] == "fewer than 30 people in the treatment group reoffended"
    assert days["n_treatment"] is None and days["holm_p"] is None


def test_a_rate_of_nearly_none_of_the_controls_is_withheld():
    rate, frequency, _ = measures(10, rate_control=0.001, why_days="fewer than 30 people reoffended")
    assert rate["why_not"] == "it would tell something of fewer than 5 people"
    assert frequency["why_not"] is None
