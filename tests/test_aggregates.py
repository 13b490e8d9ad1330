"""From results about people to aggregates: what is shown, joined and withheld."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from jdl_toolkit.aggregates import balance_summary, flow_and_linkage, measure_rows, overlap_bins, profile_rows
from jdl_toolkit.attrition import Ledger

FOUNDATION = [(1, 6), (2, 81), (3, 34), (4, 187), (5, 22), (6, 491), (10, 69), (11, 9), (12, 90)]


def ledger(received, excluded, people=None, details=None):
    """A ledger from (code, records) pairs; people are counted from code 3 on, and equal records from code 4 on."""
    built, details = Ledger.start("submission", "records received", received), details or {}
    after = received
    for code, n in excluded:
        after -= n
        n_people = after if code >= 4 else people if code == 3 else None
        built = built.exclude(code, n, n_people, details=details.get(code))
    return built


def linkage(**by_status):
    status = {"matched": 0, "ambiguous": 0, "no match": 0, "unusable identifiers": 0}
    status |= {k.replace("_", " "): n for k, n in by_status.items()}
    tiers = pd.DataFrame({"tier": ["exact"], "n_records": [status["matched"]]})
    return SimpleNamespace(by_status=lambda: status, by_tier=lambda: tiers, expected_wrong_links=2.5)


def flow(*args, **kwargs):
    found = flow_and_linkage(*args, **kwargs)
    return [(s["records_excluded"], s["records_after"]) for s in found["flow"]], found


def test_the_published_flow_is_printed_whole():
    """Source: "Justice Data Lab: the pilot year", worked example: 1,246 → 1,125 → 938 → 916 → 347 → 257."""
    kinds = {"custody": 240, "fine": 150, "caution": 101, "of which started within 6 months": 251}
    repeats = {"records of people who appear more than once": 355, "people who appear more than once": 168}
    one = ledger(1246, FOUNDATION, people=938, details={4: repeats, 6: kinds})
    link = linkage(matched=1159, no_match=70, ambiguous=11, unusable_identifiers=6)
    steps, found = flow(one, None, link, 257, 5)
    assert [left for left, _ in steps] == [0, 6, 81, 34, 187, 22, 491, 69, 9, 90, 0]
    assert [after for _, after in steps] == [1246, 1240, 1159, 1125, 938, 916, 425, 356, 347, 257, 257]
    assert [s["secondary"] for s in found["flow"]] == [[]] * 11
    assert [d["records"] for s in found["flow"] for d in s["details"]] == [355, 168, 240, 150, 101, 251]
    assert found["linkage"]["by_status"] == {
        "matched": 1159,
        "ambiguous": 11,
        "no match": 70,
        "unusable identifiers": 6,
    }
    assert found["is_unmatched_hidden"] is False


def test_a_few_without_a_comparable_control_cannot_be_worked_out():
    steps, found = flow(ledger(1246, FOUNDATION, people=938), None, None, 255, 5)
    assert steps[-1] == (None, 255)
    assert found["flow"][-1]["secondary"] == []  # "fewer than 5"
    assert steps[-2] == (None, None)
    assert found["flow"][-2]["secondary"] == ["records_excluded", "records_after", "people_after"]  # "withheld"
    assert found["is_unmatched_hidden"] is True
    assert steps[-3] == (9, 347)


def test_a_small_detail_takes_another_with_it_and_so_do_remarks():
    kinds = {"custody": 30, "fine": 20, "caution": 3}
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details == [(30, False), (None, True), (None, False)]
    kinds = {"custody": 30, "fine": 23, "of which started within 6 months": 51}  # two did not
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details == [(30, False), (23, False), (None, True)]
    kinds = {"custody": 30, "fine": 23, "of which started within 6 months": 40}
    kinds |= {"custody: started within 6 months": 28, "fine: started within 6 months": 12}  # two of custody did not
    _, found = flow(ledger(200, [(3, 0), (4, 0), (6, 53)], people=200, details={6: kinds}), None, None, 147, 5)
    details = [(d["records"], d["secondary"]) for s in found["flow"] if s["code"] == 6 for d in s["details"]]
    assert details[:2] == [(30, False), (23, False)]
    assert details[3] == (None, True)
    assert (details[2][0] is None) or (details[4][0] is None)  # else custody's part follows from the two


def test_parts_of_a_remark_are_protected_whatever_their_order():
    """As in the demonstration: kinds and, of each, those who started in time, sorted by name when read from a file."""
    kinds = {"absolute discharge": 6, "caution": 137, "fine": 348}
    within = {"absolute discharge": 3, "caution": 75, "fine": 173}
    details = kinds | {f"{kind}: started within 6 months": n for kind, n in within.items()}
    details = dict(sorted((details | {"of which started within 6 months": 251}).items()))
    one = ledger(1000, [(3, 0), (4, 0), (6, 491)], people=1000, details={6: details})
    _, found = flow(one, None, None, 509, 5)
    shown = {d["label"]: d["records"] for s in found["flow"] if s["code"] == 6 for d in s["details"]}
    assert list(shown) == [
        "fine",
        "caution",
        "absolute discharge",
        "of which started within 6 months",
        "fine: started within 6 months",
        "caution: started within 6 months",
        "absolute discharge: started within 6 months",
    ]
    assert shown["absolute discharge: started within 6 months"] is None
    parts = [shown[f"{kind}: started within 6 months"] for kind in ("fine", "caution")]
    assert None in [*parts, shown["of which started within 6 months"]]  # else 251 − 173 − 75 = 3
    assert (shown["fine"], shown["caution"]) == (348, 137)


def test_repeat_records_of_a_few_people_are_not_given_away_by_two_remarks():
    repeats = {"records of people who appear more than once": 8, "people who appear more than once": 3}
    one = ledger(200, [(3, 10), (4, 5), (5, 20)], people=185, details={4: repeats})
    steps, found = flow(one, None, None, 165, 5)
    details = [d["records"] for s in found["flow"] for d in s["details"]]
    assert details[1] is None
    assert details[0] is None or steps[2][0] is None


def test_a_few_records_in_the_linkage_are_protected_in_the_flow_too():
    one = ledger(
        200, [(1, 3), (2, 20), (3, 10), (4, 0), (5, 7)], people=167, details={2: {"no match": 14, "ambiguous": 6}}
    )
    link = linkage(matched=177, no_match=14, ambiguous=6, unusable_identifiers=3)
    steps, found = flow(one, None, link, 160, 5)
    shown = found["linkage"]["by_status"]
    assert shown["unusable identifiers"] is None
    assert steps[1][0] is None
    withheld = [k for k, n in shown.items() if n is None and k != "unusable identifiers"]
    assert withheld or found["linkage"]["records"] is None
    assert steps[-1][1] == 160


def test_fewer_than_five_people_left_are_not_counted_out():
    one = ledger(80, [(2, 20), (3, 0), (4, 0), (5, 57)], people=60)
    steps, _ = flow(one, None, None, None, 5)
    assert steps[-1][1] is None
    assert steps[0][1] is None or steps[-1][0] is None


def test_the_pool_has_its_own_flow():
    pool = Ledger.start("pool", "events", 5000, 4000).exclude(None, 1000, 4000, key="one_event", label="further events")
    pool = pool.exclude(None, 3, 3997, key="submitted", label="people who were submitted")
    found = flow_and_linkage(ledger(300, FOUNDATION[:0]), pool, None, None, 5)
    assert [s["records_after"] for s in found["pool_flow"]][-1] == 3997
    assert found["pool_flow"][-1]["records_excluded"] is None
    assert found["pool_flow"][-2]["records_after"] is None
    assert found["pool_flow"][-2]["records_excluded"] is None


# --- profile, overlap, balance ---------------------------------------------------------------------------------------


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
    assert list(rows.loc["Age at index date"].index) == ["18 to 20 or 21 to 24", "25 to 34", "35 and over"]
    assert rows.loc[("Age at index date", "18 to 20 or 21 to 24"), "treatment"] == pytest.approx(22 / 60)
    assert rows.loc[("Sex", "Female"), "pool"] == pytest.approx(1 / 3, abs=0.001)
    assert rows.loc[("Sex", "Female"), "control"] == pytest.approx(1 / 3, abs=0.001)
    assert rows.loc["Age at index date"].sum().tolist() == pytest.approx([1, 1, 1])
    assert rows.loc["Nationality"].isna().all(axis=None)
    assert list(rows.loc["Nationality"].index) == ["British or Other"]


def test_every_bin_of_the_overlap_holds_five_of_each_group(compared):
    _, matched = compared
    bins = pd.DataFrame(overlap_bins(matched, 5))
    assert bins[["treatment", "pool", "control"]].sum().tolist() == pytest.approx([1, 1, 1])
    assert (bins["treatment"] * 62 >= 5 - 1e-9).all() and (bins["pool"] * 3000 >= 5 - 1e-9).all()
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
