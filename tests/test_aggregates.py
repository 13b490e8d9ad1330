"""From results about people to aggregates: what is shown, joined and withheld."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from examples import spec
from reference_tables import cohort, made

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.balance import choose_caliper, measure_balance
from jdl_toolkit.findings import BalanceSummary
from jdl_toolkit.findings.aggregates import (
    _joined_name,
    balance_summary,
    matching_summary,
    profile_rows,
)
from jdl_toolkit.findings.counted import COUNTED
from jdl_toolkit.findings.digits import floored, rounded
from jdl_toolkit.findings.flow_counts import Flow, flows_and_linkage
from jdl_toolkit.findings.follow_up_rows import follow_up_rows, survival_rows
from jdl_toolkit.findings.outcome_rows import measure_rows
from jdl_toolkit.findings.overlaps import Overlaps, Shown, members
from jdl_toolkit.findings.subgroup_rows import known_sizes, subgroup_summary
from jdl_toolkit.inference.measures import MEASURES
from jdl_toolkit.matching import overlap_bins
from jdl_toolkit.spec import MeasureFamily


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
    assert rows.loc[("Sex", "Female"), ["pool", "control"]].tolist() == [0.33, 0.33]  # in whole per cent
    assert rows.loc["Age at index date"].sum().tolist() == pytest.approx([1, 1, 1], abs=0.015)
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


def test_where_the_treated_have_weights_picture_and_profile_weight_them(compared):
    """Half of the treated count three times as much as the others; who has no weight is in neither."""
    covariates, matched = compared
    units = matched.units
    heavy = units["is_treated"] & (units["unit_id"] % 2 == 0)
    weighted = units.assign(weight=units["weight"] * np.where(heavy, 1.5, np.where(units["is_treated"], 0.5, 1)))
    other = SimpleNamespace(**vars(matched) | {"units": weighted})
    rows = pd.DataFrame(profile_rows(covariates, other, 5)).set_index(["characteristic", "level"])
    treated = weighted[weighted["is_treated"] & (weighted["weight"] > 0)]
    is_young = treated["unit_id"] < 22
    expected = np.average(is_young, weights=treated["weight"])
    assert rows.loc[("Age at index date", "18 to 24"), "treatment"] == pytest.approx(expected) == pytest.approx(22 / 60)
    is_female = treated["unit_id"] % 3 == 0
    expected = np.average(is_female, weights=treated["weight"])
    assert rows.loc[("Sex", "Female"), "treatment"] == pytest.approx(expected)
    bins = pd.DataFrame(overlap_bins(other, 5))
    edges = [*bins["lower"], bins["upper"].iloc[-1]]
    shares = np.histogram(treated["logit"], edges, weights=treated["weight"])[0] / treated["weight"].sum()
    assert bins["treatment"].tolist() == pytest.approx(shares, abs=0.0051), "in whole per cent"
    unweighted = np.histogram(treated["logit"], edges)[0] / len(treated)
    assert np.abs(bins["treatment"] - unweighted).max() > 0.02


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


def balance_of(compared, u_female):
    """Balance of a sample of whom two were not matched, `u_female` of them women, and of the same without these two."""
    covariates, matched = compared
    units = matched.units.assign(sex=covariates.profile["sex"].astype(str), age=np.arange(len(matched.units)) % 37 + 18)
    units.loc[60:61, "sex"] = ["Female"] * u_female + ["Male"] * (2 - u_female)
    columns = pd.get_dummies(units["sex"]).assign(age=units["age"])[["age", "Female", "Male"]].to_numpy(float)
    is_treated, weight = units["is_treated"].to_numpy(bool), units["weight"].to_numpy(float)
    before, after = measure_balance(columns, is_treated, np.ones(len(units)), weight)
    rows = pd.DataFrame({"covariate": ["age", "sex", "sex"], "level": ["", "Female", "Male"], "light": "green"})
    rows["mean_treatment"], rows["mean_treatment_all"] = after["mean_treatment"], before["mean_treatment"]
    rows["mean_pool"], rows["var_ratio"] = before["mean_control"], after["var_ratio"]
    rows["smd_before"], rows["smd_after"] = before["smd_pooled"], after["smd_pooled"]
    result = SimpleNamespace(rows=rows, worst=after["smd_pooled"].abs().max(), passed=True)
    kept = is_treated & (weight > 0) | ~is_treated
    (alone,) = measure_balance(columns[kept], is_treated[kept], np.ones(kept.sum()))
    return balance_summary(result, covariates, matched, 5), alone["smd_pooled"], result


@pytest.mark.parametrize("u_female", [0, 1, 2])
def test_differences_before_matching_do_not_tell_how_many_were_not_matched(compared, u_female):
    """They are of the people compared: the only number that fits them is the one that is told."""
    found, of_compared, result = balance_of(compared, u_female)
    shown = {(r["covariate"], r["level"]): r["smd_before"] for r in found["rows"]}
    levels = [("Sex", "Female"), ("Sex", "Male")]
    assert [shown[level] for level in levels] == of_compared.iloc[1:].round(3).tolist()
    assert shown["age", ""] == pytest.approx(of_compared.iloc[0], abs=0.01)
    assert round(result.rows["smd_before"].iloc[1], 3) != shown["Sex", "Female"]
    assert found["worst"] == round(float(result.worst), 3)
    assert all(r["smd_after"] == round(r["smd_after"], 3) for r in found["rows"])


def test_squares_of_the_numbers_that_are_listed_stand_beside_the_rows():
    units = cohort(61).assign(lonely=lambda u: (np.arange(len(u)) == 5) * 1.0)
    given = made(units, age="Age", copas_rate="Rate")
    for denominator in ("pooled", "treated"):
        asked = spec(balance={"denominator": denominator, "interactions": [["age", "region"]]})
        matched, balance, tried = choose_caliper(given, asked)
        found = BalanceSummary(**balance_summary(balance, given, matched, 5))
        assert found.denominator == denominator
        assert [(r.covariate, r.level, r.kind) for r in found.squares] == [
            ("Age, squared", "", "square"),
            ("Rate, squared", "", "square"),
        ]
        after = balance.beside[balance.beside["kind"] == "square"]["smd_after"]
        assert [r.smd_after for r in found.squares] == after.round(3).tolist()
        assert (
            found.n_red + found.n_amber <= len(found.rows) + found.n_withheld and found.every[-1] == found.squares[-1]
        )
        if not matched.unmatched_treated:  # then nobody differs between before and compared
            listed = balance.rows.set_index(["covariate", "level"])["smd_before"]
            shown = {r.covariate: r.smd_before for r in found.rows if not r.level}
            assert shown["Age"] == pytest.approx(listed["age", ""], abs=5e-4)
        summary = matching_summary(matched, tried, False, asked)
        assert (summary["method"], summary["is_fallback"]) == ("radius", False)


def test_the_overlap_does_not_tell_how_many_were_not_matched(compared):
    _, matched = compared
    without = SimpleNamespace(units=matched.units[~matched.units["unit_id"].isin([60, 61])])
    assert overlap_bins(matched, 5, is_unmatched_hidden=True) == overlap_bins(without, 5)
    assert overlap_bins(matched, 5) != overlap_bins(without, 5)


def test_what_everybody_has_in_common_is_no_characteristic(compared):
    covariates, matched = compared
    disposal = pd.Categorical(["custody"] * len(covariates.profile), categories=["community order", "custody"])
    covariates.profile["disposal"] = disposal
    assert "disposal" not in {r["characteristic"] for r in profile_rows(covariates, matched, 5)}


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


PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")


def row(key, value, n=200, *, family="rate", unit="share", base="everyone", n_with=None, **changes):
    """A measure as the comparison gives it; of a share, those with it are counted."""
    n_with = round(value * n) if n_with is None else n_with
    values = {"key": key, "family": family, "label": key, "better": "lower", "unit": unit, "base": base}
    values |= {"n_treatment": n, "n_control": 5000, "n_treatment_with": n_with, "n_control_with": 1500}
    values |= {"treatment_value": value, "control_value": 0.3, "control_value_adjusted": 0.3, "holm_p": 0.5}
    values |= {f"{e}_{p}": 0.1 for e in ("headline", "classic", "check") for p in PARTS}
    return values | {"verdict": "inconclusive", "classic_verdict": "inconclusive", "why_not": None} | changes


def withheld_of(*rows, shown=None, place=0):
    found = measure_rows(SimpleNamespace(measures=pd.DataFrame(list(rows))), 30, 5, shown, place)
    return {r["key"]: r["why_not"] for r in found if r["why_not"] is not None}


def classes(*numbers, n_reoffenders=60):
    names = ("indictable", "either_way", "summary")
    shares = [row(f"first_{c}", k / 200, family="first_class") for c, k in zip(names, numbers, strict=True)]
    return [row("rate", n_reoffenders / 200), *shares]


def test_classes_add_up_to_the_reoffenders_so_a_small_one_takes_another_with_it():
    assert withheld_of(*classes(20, 15, 25)) == {}
    assert set(withheld_of(*classes(32, 25, 3))) == {"first_either_way", "first_summary"}
    assert set(withheld_of(*classes(35, 25, 0))) == {"first_either_way", "first_summary"}
    assert set(withheld_of(*classes(20, 15, 22))) == {"first_either_way"}  # three of no class: 18 with these
    assert withheld_of(*classes(32, 25, 3))["first_either_way"] == "another class could be worked out from it"
    assert set(withheld_of(*classes(20, 15, 17))) == set()  # eight of no class


def test_nearly_all_reoffenders_given_custody_are_not_told_of_in_either_version():
    rate, custody = row("rate", 40 / 200), {"family": "first_custody"}
    of_all = row("first_custody", 37 / 200, **custody)
    of_reoffenders = row("first_custody_reoffenders", 37 / 40, 40, base="reoffenders", **custody)
    assert set(withheld_of(rate, of_all, of_reoffenders)) == {"first_custody", "first_custody_reoffenders"}
    of_all = row("first_custody", 30 / 200, **custody)
    of_reoffenders = row("first_custody_reoffenders", 30 / 40, 40, base="reoffenders", **custody)
    assert withheld_of(rate, of_all, of_reoffenders) == {}


def test_a_mean_of_what_a_few_people_have_is_withheld():
    rate = row("rate", 40 / 200)
    sentences = {"family": "custodial_sentences", "unit": "count"}
    assert set(withheld_of(rate, row("custodial_sentences", 0.03, n_with=3, **sentences))) == {"custodial_sentences"}
    assert withheld_of(rate, row("custodial_sentences", 0.06, n_with=6, **sentences)) == {}
    work = {"family": "employment"}
    lost = [row("employed_any", 60 / 200, **work), row("employed_end", 57 / 200, **work)]
    assert set(withheld_of(rate, *lost)) == {"employed_end"}  # three had work and lost it


def test_no_family_is_published_of_which_it_is_not_known_of_whom_it_tells(monkeypatch):
    assert set(COUNTED) == set(MeasureFamily), "say in findings/counted.py of which people its measures tell"
    keys = {measure.key for measure in MEASURES if measure.base == "everyone"}
    assert {key for one in COUNTED.values() for key in (one.within, one.divides) if key} <= keys
    for planted in ("violence", "recalls"):
        with pytest.raises(LookupError, match=f"of the family {planted} tell is not said in findings/counted.py"):
            withheld_of(row("rate", 0.3), row("x", 0.1, family=planted))
    monkeypatch.delitem(COUNTED, MeasureFamily.days_in_custody)  # a family of the settings that was forgotten here
    with pytest.raises(LookupError, match="of the family days_in_custody tell"):
        withheld_of(row("rate", 0.3), row("days_in_custody", 20.0, unit="days", family="days_in_custody", why_not=RARE))


def test_every_family_that_lies_within_another_measure_is_held_against_it():
    """57 people have it of 60 who have the whole: of the three others nothing may be told."""
    for family, one in COUNTED.items():
        if one.within is None or family is MeasureFamily.rate:
            continue
        whole = [row("rate", 60 / 200)] + [row(one.within, 60 / 200, family=str(family))] * (one.within != "rate")
        assert set(withheld_of(*whole, row("part", 57 / 200, family=str(family)))) == {"part"}, family
        assert withheld_of(*whole, row("part", 40 / 200, family=str(family))) == {}, family


RARE = "it is too rare: fewer than 10 such people would be expected in one of the groups"


def rare(one, **changes):
    """As the comparison gives a class that is too rare: counted, but not compared."""
    nothing = dict.fromkeys(("treatment_value", "control_value", "control_value_adjusted", "holm_p"), np.nan)
    nothing |= {name: np.nan for name in one if name.startswith(("headline_", "classic_", "check_"))}
    return one | nothing | {"verdict": None, "classic_verdict": None, "why_not": RARE} | changes


def test_a_rare_class_that_is_not_small_takes_no_other_with_it():
    rate, indictable, either_way, summary = classes(11, 112, 27, n_reoffenders=150)
    assert withheld_of(rate, rare(indictable), either_way, summary) == {"first_indictable": RARE}
    of_few = rare(indictable, n_treatment_with=3)
    either_way["treatment_value"] = 120 / 200
    assert withheld_of(rate, of_few, either_way, summary) == {
        "first_indictable": RARE,
        "first_summary": "another class could be worked out from it",
    }
    rate, indictable, either_way, summary = classes(11, 112, 27, n_reoffenders=150)
    of_few_controls = rare(indictable, n_control_with=4)
    assert set(withheld_of(rate, of_few_controls, either_way, summary)) == {"first_indictable", "first_summary"}


def test_a_rare_class_that_follows_is_seen_beside_that_of_another_analysis():
    """11 of the nation and 8 of a region follow by subtraction, so three of the others would."""
    shown = beside(range(200), range(150))
    rate, indictable, *others = classes(11, 112, 27, n_reoffenders=150)
    assert set(withheld_of(rate, rare(indictable), *others, shown=shown)) == {"first_indictable"}
    part = [row("rate", 110 / 150, 150)]
    sizes = {"indictable": 8, "either_way": 82, "summary": 20}
    part += [row(f"first_{c}", k / 150, 150, family="first_class") for c, k in sizes.items()]
    found = withheld_of(part[0], rare(part[1]), *part[2:], shown=shown, place=1)
    assert found == {"first_indictable": RARE, "first_summary": "another class could be worked out from it"}


def test_few_controls_are_few_whatever_their_weights():
    rate, custody = row("rate", 40 / 200), {"family": "first_custody", "n_control_with": 3}
    assert set(withheld_of(rate, row("first_custody", 10 / 200, **custody))) == {"first_custody"}


def test_p_values_are_adjusted_over_the_measures_that_are_shown():
    p_values = {"rate": 0.01, "frequency": 0.02, "first_custody": 0.001}
    rows = [row(key, 40 / 200, headline_p_value=p) for key, p in p_values.items()]
    rows[1] |= {"unit": "count", "family": "frequency"}
    rows[2] |= {"family": "first_custody", "treatment_value": 3 / 200, "n_treatment_with": 3}
    found = measure_rows(SimpleNamespace(measures=pd.DataFrame(rows)), 30, 5)
    assert [r["holm_p"] for r in found] == [0.02, 0.02, None]  # not 0.03 times three


def beside(*groups):
    return Shown(Overlaps.of(members(groups), 5), 5)


def test_a_region_whose_complement_had_three_reoffenders_is_withheld():
    shown = beside(range(200), range(150))
    assert withheld_of(row("rate", 60 / 200), shown=shown) == {}
    why = withheld_of(
        row("rate", 57 / 150, 150), row("frequency", 0.9, 150, unit="count", n_with=57), shown=shown, place=1
    )
    assert set(why) == {"rate", "frequency"}
    assert why["rate"] == "beside another analysis of this request it would tell something of fewer than 5 people"
    shown = beside(range(200), range(150))
    assert withheld_of(row("rate", 60 / 200), shown=shown) == {}
    assert withheld_of(row("rate", 45 / 150, 150), shown=shown, place=1) == {}


def test_a_nation_less_the_regions_that_are_shown_is_no_few_people():
    """The third region's rate is withheld for itself; then the second's must be, else the third's would follow."""
    shown = beside(range(200), range(80), range(80, 160), range(160, 200))
    found = [
        withheld_of(row("rate", k / n, n), shown=shown, place=i)
        for i, (k, n) in enumerate([(60, 200), (30, 80), (27, 80), (3, 40)])
    ]
    assert [list(f) for f in found] == [[], [], ["rate"], ["rate"]]


def test_a_level_of_the_profile_that_a_region_leaves_few_people_of_is_joined(compared):
    covariates, matched = compared
    shown = beside(range(80), range(60))
    whole = pd.Series({"18 to 20": 5, "21 to 24": 22, "25 to 34": 38, "35 and over": 15})
    shown.levels["age_band"] = {0: whole}
    rows = pd.DataFrame(profile_rows(covariates, matched, 5, shown, 1))
    bands = list(rows.loc[rows["characteristic"] == "Age at index date", "level"])
    assert bands == ["18 to 24", "25 to 34", "35 and over"]  # of 21 to 24 alone, two would be left
    shown.levels["age_band"] = {0: pd.Series({"18 to 20": 2, "21 to 24": 22, "25 to 34": 31, "35 and over": 25})}
    rows = pd.DataFrame(profile_rows(covariates, matched, 5, shown, 1))
    ages = rows[rows["characteristic"] == "Age at index date"]
    assert len(ages) == 1 and ages[["treatment", "control", "pool"]].isna().all(axis=None)


def test_the_follow_up_tells_of_no_few_people():
    columns = ["key", "unit", "treatment", "control", "n_treatment_with", "n_control_with"]
    values = [("days_in_custody", "days", 7.0, 8.0, None, 250), ("returned_to_custody", "share", 0.1, 0.05, None, 250)]
    values += [("recalled", "share", 0.1, 0.05, 10, 150), ("days_at_risk", "days", 358.0, 357.0, 200, 5000)]
    values += [("reoffences_per_year_at_risk", "count", 1.1, 1.2, 60, 1500)]
    frame = pd.DataFrame(values, columns=columns).assign(label="x", n_treatment=200, n_control=5000)

    def told(n_treatment, n_control=250, shown=None, place=0):
        is_custody = frame["key"].isin(["days_in_custody", "returned_to_custody"])
        counted = {"n_treatment_with": n_treatment, "n_control_with": n_control}
        of = frame.assign(**{c: frame[c].mask(is_custody, n) for c, n in counted.items()})
        found = follow_up_rows(SimpleNamespace(follow_up=of), 5, shown, place)
        assert [r["control"] is None for r in found] == [r["treatment"] is None for r in found]
        return [r["key"] for r in found if r["treatment"] is not None]

    assert told(20) == list(frame["key"])
    assert told(4) == told(20, 4) == told(196) == told(20, 4996) == ["recalled"]  # 365 less days at risk are in custody
    assert told(13) == [key for key in frame["key"] if key != "recalled"]  # three were there for another reason
    shown = beside(range(230), range(200))
    shown.counts["days_in_custody"] = {0: (23, 230)}  # as the measure told; three in custody are not of the part
    assert told(20, shown=shown, place=1) == ["recalled"]


def test_no_step_of_a_curve_is_of_a_few_people_and_its_end_stays():
    frame = pd.DataFrame({"clock": "calendar", "day": [30, 60, 90, 120, 150]})
    frame["n_treatment_step"], frame["n_control_step"] = [6, 3, 4, 9, 2], [50, 40, 60, 80, 30]
    for column in ("treatment", "control"):
        for end in ("", "_low", "_high"):
            frame[column + end] = [0.971, 0.952, 0.933, 0.884, 0.876]
    curve = survival_rows(SimpleNamespace(survival=frame), 5)[0]
    assert [p["day"] for p in curve["points"]] == [30, 90, 150]
    assert [p["treatment"] for p in curve["points"]] == [0.97, 0.93, 0.88]


def test_curves_without_days_in_custody_are_withheld_with_these():
    rows = [{"clock": clock, "day": day} for clock in ("calendar", "at_risk") for day in (100, 200)]
    frame = pd.DataFrame(rows).assign(n_treatment_step=20, n_control_step=900)
    frame = frame.assign(**{f"{g}{end}": 0.8 for g in ("treatment", "control") for end in ("", "_low", "_high")})
    told = [{"key": key, "treatment": 3.1, "control": 4.2} for key in ("days_in_custody", "days_at_risk")]
    withheld = [told[0], told[1] | {"treatment": None, "control": None}]
    for follow_up, clocks in ((told, ["calendar", "at_risk"]), (withheld, ["calendar"]), ([], ["calendar"])):
        found = survival_rows(SimpleNamespace(survival=frame), 5, follow_up)
        assert [curve["clock"] for curve in found] == clocks


def test_the_same_people_by_other_rules_do_not_tell_of_a_few():
    """Two more have reoffended within two years than within one; where six more have, both may be shown."""
    for more, withheld in ((2, ["rate"]), (6, []), (0, [])):
        shown = beside(range(200), range(200))
        assert withheld_of(row("rate", 60 / 200), shown=shown) == {}
        assert list(withheld_of(row("rate", (60 + more) / 200), shown=shown, place=1)) == withheld


def subgroup_rows(by, *levels):
    rows = []
    for level, k, n, why in levels:
        one = {"by": by, "level": level, "n_treatment": n, "n_control": 3000, "treatment_value": k / n}
        one |= {"control_value": 0.3, "holm_p": 0.4, "worst": 0.05, "verdict": "inconclusive", "why_not": why}
        rows.append(one | {f"headline_{p}": 0.1 for p in PARTS})
    heterogeneity = pd.DataFrame({"by": [by], "q": [1.0], "df": [1], "p_value": [0.3]})
    return SimpleNamespace(rows=pd.DataFrame(rows), heterogeneity=heterogeneity, declared=(by,), n_tests=2, messages=())


def summary_of(subgroups, rate=60 / 200, shown=None, place=0):
    whole = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", rate)])), 30, 5)[0]
    return subgroup_summary(subgroups, whole, 30, 5, shown, place)


def test_subgroups_that_leave_few_people_of_the_whole_lose_the_numbers_of_the_smallest():
    levels = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 15, 50, None))
    assert [r["n_treatment"] for r in summary_of(levels)["rows"]] == [150, 50]
    levels = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 14, 48, None))  # two could not be matched
    found = summary_of(levels)["rows"]
    assert [(r["n_treatment"], r["treatment_value"]) for r in found] == [(150, 0.3), (None, None)]
    assert found[1]["headline"]["estimate"] == 0.1
    few = "fewer than 30 people could be matched"
    levels = subgroup_rows("age_band", ("a", 30, 100, None), ("b", 27, 88, None), ("c", 3, 12, few))
    assert [r["n_treatment"] for r in summary_of(levels)["rows"]] == [100, None, None]
    assert summary_of(levels, rate=3 / 200)["heterogeneity"] == []
    assert all(r["headline"] is None for r in summary_of(levels, rate=3 / 200)["rows"])


def test_a_level_that_lost_a_few_of_those_in_the_profile_loses_its_numbers():
    """The profile tells of 152 men exactly; that two had no comparable man would follow from 150."""
    levels = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 14, 48, None))
    levels.labels = {"sex": "Sex"}
    whole = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", 60 / 200)])), 30, 5)[0]
    for n_men, hidden in ((150, "Female"), (152, "Male"), (156, "Female")):
        profile = [{"characteristic": "Sex", "level": "Male", "treatment": n_men / 200}]
        known = known_sizes(profile, levels, SimpleNamespace(n_treatment_matched=200))
        assert known == {("sex", "Male"): n_men}
        found = subgroup_summary(levels, whole, 30, 5, known=known)["rows"]
        assert [r["level"] for r in found if r["n_treatment"] is None] == [hidden], n_men
        assert all(r["headline"] is not None for r in found)


def numbers_that_fit(headline):
    """Numbers of people whose t distribution gives the interval, given what is told of the standard error."""
    half, n = (headline["ci_high"] - headline["ci_low"]) / 2, np.arange(30, 400)
    digits = 1e-9 if headline["df"] is not None else 0.0005
    quantile = scipy.stats.t.ppf(0.975, n - 1)
    fits = (half + digits >= quantile * (headline["se"] - digits)) & (
        half - digits <= quantile * (headline["se"] + digits)
    )
    p = 2 * scipy.stats.t.sf(abs(headline["estimate"]) / headline["se"], n - 1)
    return n[fits & (np.abs(p - headline["p_value"]) < (1e-9 if headline["df"] is not None else 0.02))]


def test_the_estimate_of_a_level_does_not_tell_the_numbers_that_are_withheld():
    levels = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 14, 48, None))
    for i, n in enumerate((150, 48)):
        se, estimate = 0.0712345678, -0.1414213562
        half = scipy.stats.t.ppf(0.975, n - 1) * se
        values = {"estimate": estimate, "se": se, "ci_low": estimate - half, "ci_high": estimate + half, "df": n - 1.0}
        values["p_value"] = 2 * scipy.stats.t.sf(abs(estimate) / se, n - 1)
        for part, value in values.items():
            levels.rows.loc[i, f"headline_{part}"] = value
    levels.rows["worst"] = 0.0512345
    known, hidden = summary_of(levels)["rows"]
    assert (known["headline"]["df"], hidden["headline"]["df"]) == (149, None)
    assert list(numbers_that_fit(known["headline"])) == [150]
    fit = numbers_that_fit(hidden["headline"])
    assert {40, 46, 47, 48, 49, 50, 60} <= set(fit)
    assert (hidden["headline"]["estimate"], hidden["headline"]["se"], hidden["worst"]) == (-0.141, 0.071, 0.051)
    assert hidden["headline"]["p_value"] == 0.052 and hidden["headline"]["ci_high"] == 0.002


def test_rounded_bounds_stay_on_their_side_of_zero_and_of_a_limit():
    assert (rounded(-0.00012), rounded(0.00049), rounded(0.0), rounded(-0.0312)) == (-0.0004, 0.0004, 0.0, -0.031)
    assert (floored(0.04999), floored(0.05), floored(0.0004)) == (0.049, 0.05, 0.0)


def test_a_level_in_an_organisations_own_words_is_named_only_of_enough_people():
    few = "fewer than 30 people could be matched"
    levels = subgroup_rows("provider", ("A", 50, 150, None), ("B", 10, 31, few), ("C", 5, 12, few), ("D", 3, 7, few))
    assert [r["level"] for r in summary_of(levels)["rows"]] == ["A", "B", "all others"]


def test_a_subgroup_of_a_region_and_the_same_of_the_nation():
    shown = beside(range(200), range(150))
    nation = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 15, 50, None))
    region = subgroup_rows("sex", ("Male", 30, 110, None), ("Female", 12, 40, None))
    assert [r["n_treatment"] for r in summary_of(nation, shown=shown)["rows"]] == [150, 50]
    whole = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", 42 / 150, 150)])), 30, 5)[0]
    found = subgroup_summary(region, whole, 30, 5, shown, 1)["rows"]
    assert [r["n_treatment"] for r in found] == [None, None]  # three of the other ten women; women follow from men
    shown = beside(range(210), range(150))
    nation = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 20, 60, None))
    of_nation = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", 65 / 210, 210)])), 30, 5)[0]
    subgroup_summary(nation, of_nation, 30, 5, shown, 0)
    found = subgroup_summary(region, whole, 30, 5, shown, 1)["rows"]
    assert [r["n_treatment"] for r in found] == [110, 40]


def test_levels_by_which_a_request_is_divided_keep_their_estimates_alone():
    """Matched within an analysis of its own, a region has a few people more, or less, than as a subgroup."""
    levels = subgroup_rows("region", ("North", 45, 150, None), ("South", 15, 50, None))
    whole = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", 60 / 200)])), 30, 5)[0]
    assert [r["n_treatment"] for r in subgroup_summary(levels, whole, 30, 5)["rows"]] == [150, 50]
    found = subgroup_summary(levels, whole, 30, 5, divided={"region"})["rows"]
    assert [(r["n_treatment"], r["headline"]["df"], r["why_not"]) for r in found] == [(None, None, None)] * 2


def test_a_level_that_the_profile_counts_otherwise_goes_through_beside_other_analyses():
    levels = subgroup_rows("sex", ("Male", 45, 150, None), ("Female", 15, 50, None))
    whole = measure_rows(SimpleNamespace(measures=pd.DataFrame([row("rate", 60 / 200)])), 30, 5)[0]
    found = subgroup_summary(levels, whole, 30, 5, beside(range(200)), known={("sex", "Male"): 152})["rows"]
    assert [r["n_treatment"] for r in found] == [None, 50]


def levels_of_balance(*levels):
    """Balance of one covariate: level and people at it, of 60."""
    rows = pd.DataFrame(levels, columns=["level", "n"]).assign(covariate="age", smd_after=0.01, var_ratio=None)
    rows = rows.assign(mean_treatment=rows["n"] / 60, mean_pool=0.3, smd_before=0.1, light="green")
    return SimpleNamespace(rows=rows, worst=0.01, passed=True)


def listed(balance, profile=()):
    matched = SimpleNamespace(n_treatment=60, n_treatment_matched=60, n_pool=1000)
    found = balance_summary(balance, SimpleNamespace(labels={"age": "Age"}), matched, 5, profile=profile)
    return [r["level"] for r in found["rows"]]


def test_levels_left_out_of_the_balance_are_at_least_two_and_not_few_together():
    assert listed(levels_of_balance(("a", 20), ("b", 25), ("c", 15))) == ["a", "b", "c"]
    assert listed(levels_of_balance(("a", 20), ("b", 37), ("c", 3))) == ["b"]  # one alone would be the rest
    assert listed(levels_of_balance(("a", 20), ("b", 36), ("c", 2), ("d", 2))) == ["b"]  # two of four together, too
    assert listed(levels_of_balance(("a", 20), ("b", 35), ("c", 2), ("d", 3))) == ["a", "b"]
    assert listed(levels_of_balance(("a", 57), ("b", 3))) == []


def test_the_balance_lists_no_level_that_the_profile_joins_with_others():
    """Of 55 people "b or c", a difference that fits 52 at "b" would leave three."""
    profile = [{"characteristic": "Age", "level": level, "treatment": 0.5} for level in ("a", "b or c")]
    balance = levels_of_balance(("a", 15), ("b", 24), ("c", 21))
    assert listed(balance, profile) == ["a"]
    assert listed(balance, [profile[0] | {"level": "any", "treatment": None}]) == []
    assert listed(balance, [profile[0] | {"characteristic": "Sex"}]) == ["a", "b", "c"]
    rest = levels_of_balance(("a", 15), ("other levels", 45))
    assert listed(rest, profile) == ["a", "other levels"]
    rest = levels_of_balance(("a", 15), ("b", 24), ("other levels", 21))
    assert listed(rest, profile) == ["a"]


def test_a_day_of_the_curve_is_left_out_where_few_remain_beside_another_analysis():
    frame = pd.DataFrame({"clock": "calendar", "day": [30, 60, 90], "n_control_step": 50})
    frame = frame.assign(**{f"{g}{end}": 0.9 for g in ("treatment", "control") for end in ("", "_low", "_high")})

    def days(steps, shown, place, n):
        of = SimpleNamespace(survival=frame.assign(n_treatment_step=steps))
        found = survival_rows(of, 5, None, shown, place, n)
        return [point["day"] for curve in found for point in curve["points"]]

    shown = beside(range(100), range(60))
    assert days([10, 10, 12], shown, 0, 100) == [30, 60, 90]
    assert days([5, 9, 6], shown, 1, 60) == [30, 60, 90]
    shown = beside(range(100), range(60))
    days([10, 10, 12], shown, 0, 100)
    assert days([7, 7, 6], shown, 1, 60) == [60, 90]  # up to day 30, three of the others
    shown = beside(range(100), range(60))
    days([10, 10, 12], shown, 0, 100)
    assert days([5, 9, 16], shown, 1, 60) == [30, 60]
