"""Subgroups: who may be one, matched within itself, tested with care for the number of tests."""

import dataclasses
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from examples import spec
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from threadpoolctl import threadpool_limits

from jdl_toolkit.balance import choose_caliper
from jdl_toolkit.covariates import Covariates, read_codebook
from jdl_toolkit.errors import JDLError
from jdl_toolkit.inference import estimate, holm
from jdl_toolkit.subgroups import Subgroups, SubgroupSamples, cochran_q, compare_subgroups, match_subgroups
from jdl_toolkit.subgroups.characteristics import LABELS, OF_PEOPLE, intensity_bands, labels_of, levels_of
from jdl_toolkit.subgroups.forming import form_groups

NOT_RECORDED = "not recorded"
SMALL_REST = "with it, the results of fewer than 30 other people could be worked out"
WITH_ANOTHER = "with another subgroup, the results of fewer than 30 people could be worked out"
NOT_ALIKE = "the groups could not be made alike enough"


def levels(**by: list) -> pd.DataFrame:
    """Levels of treated people; the pool has one person, whose levels must not count."""
    n = len(next(iter(by.values())))
    frame = pd.DataFrame({"unit_id": range(n + 1), "is_treated": [True] * n + [False]})
    for name, values in by.items():
        order = list(dict.fromkeys([*values, NOT_RECORDED]))
        frame[name] = pd.Categorical([*values, values[0]], categories=order, ordered=True)
    return frame


def why_not(groups: pd.DataFrame) -> dict:
    return {(g.by, g.level): None if pd.isna(g.why_not) else g.why_not for g in groups.itertuples()}


def world(
    seed: int = 0, n_treatment: int = 240, n_pool: int = 1500, shift: float = 0.2
) -> tuple[SimpleNamespace, SimpleNamespace, Covariates]:
    """A submission, a cohort and covariates of invented people, a quarter of them in each of four regions."""
    rng = np.random.default_rng(seed)
    n = n_treatment + n_pool
    is_treated = np.arange(n) < n_treatment
    units = pd.DataFrame(
        {
            "unit_id": rng.permutation(n) + 1000,
            "is_treated": is_treated,
            "age": rng.normal(30 - shift * 6 * is_treated, 6).round(1),
            "copas_rate": rng.normal(shift * is_treated, 1),
            "employed": rng.binomial(1, np.where(is_treated, 0.3, 0.35)).astype(float),
            "region": np.array(["North", "East", "South", "West"])[np.arange(n) % 4],
        }
    )
    region = pd.Categorical(units["region"], categories=["North", "East", "South", "West"], ordered=True)
    profile = pd.DataFrame({"unit_id": units["unit_id"], "region": region})
    treated = units.loc[is_treated, "unit_id"].to_numpy()
    records = pd.DataFrame({"row": np.arange(n_treatment) + 2, "disposal_id": pd.array(treated, "Int64")})
    records["reason"] = pd.array([None] * n_treatment, "Int64")
    people = pd.DataFrame(
        {"row": records["row"], "provider": np.array(["Acme Trust", "Beta"])[np.arange(len(records)) % 2]}
    )
    covariates = Covariates(units, profile, {"region": "Region"})
    return SimpleNamespace(people=people), SimpleNamespace(records=records), covariates


def with_people(submission: SimpleNamespace, **columns) -> SimpleNamespace:
    return SimpleNamespace(people=submission.people.assign(**columns))


def outcomes_of(covariates: Covariates, seed: int = 1, rate=0.35) -> pd.DataFrame:
    drawn = np.random.default_rng(seed).random(len(covariates.units)) < rate
    return pd.DataFrame({"unit_id": covariates.units["unit_id"], "reoffended": drawn.astype(int)})


# -- forming --------------------------------------------------------------------------------------------------------


def test_thirty_people_are_a_group_and_twenty_nine_are_not():
    groups = form_groups(levels(sex=["F"] * 30 + ["M"] * 70), 30)
    assert groups[["level", "n_treatment", "n_complement"]].values.tolist() == [["F", 30, 70], ["M", 70, 30]]
    assert why_not(groups) == {("sex", "F"): None, ("sex", "M"): None}
    assert why_not(form_groups(levels(sex=["F"] * 29 + ["M"] * 71), 30)) == {
        ("sex", "F"): "fewer than 30 people in the treatment group belong to it",
        ("sex", "M"): "fewer than 30 people in the treatment group do not belong to it",
    }


def test_everybody_is_no_subgroup():
    assert why_not(form_groups(levels(sex=["M"] * 100), 30)) == {
        ("sex", "M"): "everybody in the treatment group belongs to it"
    }


def test_people_without_a_value_are_listed_and_count_among_the_others():
    groups = form_groups(levels(sex=["M"] * 60 + [NOT_RECORDED] * 35), 30)
    assert why_not(groups) == {
        ("sex", "M"): None,
        ("sex", NOT_RECORDED): "it is not recorded to which subgroup they belong",
    }
    assert groups["n_complement"].tolist() == [35, 60]


@pytest.mark.parametrize(
    ("sizes", "given_up"), [((60, 40, 10), "B"), ((60, 40, 29), "B"), ((60, 40, 30), None), ((40, 40, 10), "B")]
)
def test_the_smallest_subgroup_is_given_up_where_few_would_be_left_over(sizes, given_up):
    values = [level for level, n in zip("ABC", sizes, strict=True) for _ in range(n)]
    found = why_not(form_groups(levels(region=values), 30))
    assert [level for (_, level), why in found.items() if why == SMALL_REST] == ([given_up] if given_up else [])
    assert found["region", "A"] is None


def test_people_without_a_value_can_be_the_few_left_over():
    found = why_not(form_groups(levels(sex=["F"] * 40 + ["M"] * 60 + [NOT_RECORDED] * 3), 30))
    assert found["sex", "F"] == SMALL_REST and found["sex", "M"] is None


@pytest.mark.parametrize(
    ("n_more", "why"),
    [(0, None), (2, WITH_ANOTHER), (29, WITH_ANOTHER), (30, None)],
)
def test_a_subgroup_that_holds_an_earlier_one_and_few_others_is_given_up(n_more, why):
    sex = ["F"] * 60 + ["M"] * 140
    provider = ["A"] * (60 + n_more) + ["B"] * (140 - n_more)
    found = why_not(form_groups(levels(sex=sex, provider=provider), 30))
    assert found == {("sex", "F"): None, ("sex", "M"): None, ("provider", "A"): why, ("provider", "B"): why}


def test_a_subgroup_that_with_an_earlier_one_holds_nearly_everybody_is_given_up():
    sex = ["F"] * 60 + ["M"] * 100 + ["X"] * 40
    provider = ["A"] * 65 + ["B"] * 135  # with B, all but five people, F, are known
    found = why_not(form_groups(levels(sex=sex, provider=provider), 30))
    assert found["provider", "B"] == WITH_ANOTHER
    assert found["sex", "F"] is None and found["sex", "M"] is None and found["sex", "X"] is None


people_of = st.lists(
    st.tuples(st.sampled_from("aab"), st.sampled_from("ccdde"), st.booleans()), min_size=5, max_size=60
)


@settings(max_examples=100, deadline=None)
@given(people_of, st.integers(2, 12))
def test_nothing_can_be_worked_out_about_a_small_group(people, minimum):
    first, second, follows = zip(*people, strict=True)
    third = [
        f if same else s for f, s, same in zip(first, second, follows, strict=True)
    ]  # nearly another characteristic
    frame = levels(sex=list(first), region=list(second), provider=third)
    groups = form_groups(frame, minimum)
    treated, n = frame[frame["is_treated"]], len(people)
    formed = [(g.by, set(treated.index[treated[g.by] == g.level])) for g in groups.itertuples() if pd.isna(g.why_not)]
    known = [set(treated.index), *(members for _, members in formed)]
    for one, other in combinations(known, 2):
        differ = len(one ^ other)
        assert differ == 0 or differ >= minimum
        if other is not known[0] and one is not known[0]:
            assert n - differ == 0 or n - differ >= minimum
    for by in treated.columns[2:]:
        left_over = n - sum(len(members) for name, members in formed if name == by)
        assert left_over in (0, n) or left_over >= minimum


# -- levels ---------------------------------------------------------------------------------------------------------


def service_levels(column: str, values: list, **changes) -> pd.DataFrame:
    submission, cohort, covariates = world(n_treatment=len(values), n_pool=10)
    found, messages = levels_of(
        with_people(submission, **{column: values}), cohort, covariates, spec(subgroups=[column], **changes)
    )
    assert messages == () and found.loc[~found["is_treated"], column].isna().all()
    order = cohort.records["disposal_id"].tolist()
    return found.set_index("unit_id").loc[order, column]


def test_spelling_variants_are_one_level_by_its_commonest_spelling():
    found = service_levels(
        "provider", ["Acme Trust", "ACME  trust", "Acme Trust", "acme-trust", "Beta", None, "", "Not recorded", "–"]
    )
    assert found.tolist() == ["Acme Trust"] * 4 + ["Beta"] + [NOT_RECORDED] * 4
    assert found.cat.categories.tolist() == ["Acme Trust", "Beta", NOT_RECORDED]


def test_bands_of_intensity_as_declared():
    found = service_levels("intensity", [0.0, 4.99, 5.0, 9.5, 10.0, 300.0, np.nan], intensity_bands=[10, 5])
    low, middle, high = "under 5", "5 to under 10", "10 or more"
    assert found.tolist() == [low, low, middle, middle, high, high, NOT_RECORDED]
    assert found.cat.ordered and found.cat.categories.tolist() == [low, middle, high, NOT_RECORDED]


@pytest.mark.parametrize(
    ("values", "cut", "n_below"),
    [
        ([1, 2, 3, 4], 2.5, 2),
        ([1, 2, 3], 2.0, 1),
        ([1, 1, 1, 5], 5.0, 3),  # nobody lies below the median: those on it are the lower half
        ([1, 5, 5, 5, 5], 5.0, 1),
        ([1, 1, 3, 3, 3, 3, 9, 9, 9], 9.0, 6),  # six below nine is nearer to half than two below three
        ([7, 7], 7.0, 0),
    ],
)
def test_halves_of_intensity_with_ties(values, cut, n_below):
    bands = intensity_bands(pd.Series([*values, np.nan], dtype=float), ())
    assert bands == ((-np.inf, f"under {cut:g}"), (cut, f"{cut:g} or more"))
    assert sum(v < cut for v in values) == n_below


def test_characteristics_of_people_are_called_as_in_the_codebook():
    book = read_codebook()
    shipped = book.profile_labels | {str(name): entry.label for name, entry in book.covariates.items()}
    assert {by: LABELS[by] for by in OF_PEOPLE} == {by: shipped[by] for by in OF_PEOPLE}
    own = dataclasses.replace(world()[2], labels={"region": "Ardal"})
    assert labels_of(own)["region"] == "Ardal" and labels_of(own)["sex"] == "Sex"


def test_a_person_has_the_value_of_the_record_that_is_analysed():
    submission, cohort, covariates = world(n_treatment=2, n_pool=3)
    people = pd.DataFrame({"row": [2, 3, 4], "provider": ["A", "B", "C"]})
    twice = pd.DataFrame({"row": [2, 3, 4], "reason": pd.array([4, None, None], "Int64")})
    first, second = cohort.records["disposal_id"]
    twice["disposal_id"] = pd.array([first, first, second], "Int64")
    found, _ = levels_of(
        SimpleNamespace(people=people), SimpleNamespace(records=twice), covariates, spec(subgroups=["provider"])
    )
    assert found.set_index("unit_id")["provider"].dropna().to_dict() == {first: "B", second: "C"}


def test_what_nobody_has_makes_no_subgroups_and_is_said():
    submission, cohort, covariates = world(n_treatment=40, n_pool=100)
    empty = with_people(submission, provider=None, intensity=np.nan)
    found = match_subgroups(
        empty, cohort, covariates, spec(subgroups=["provider", "intensity", "establishment", "sex"])
    )
    assert found.groups.empty and found.samples == {}
    assert [text.split(":")[0] for text in found.messages] == [
        "Provider",
        "Amount of the service",
        "Establishment",
        "Sex",
    ]
    compared = compare_subgroups(found, outcomes_of(covariates), spec())
    assert compared.n_tests == 0 and compared.rows.empty and compared.heterogeneity.empty


# -- matching -------------------------------------------------------------------------------------------------------


def test_each_subgroup_is_matched_and_compared_as_if_it_were_the_whole():
    submission, cohort, covariates = world()
    asked = spec(subgroups=["region", "provider"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    assert samples.groups["level"].tolist() == ["North", "East", "South", "West", "Acme Trust", "Beta"]
    assert samples.groups["n_treatment"].tolist() == [60] * 4 + [120] * 2
    outcomes = outcomes_of(covariates)
    found = compare_subgroups(samples, outcomes, asked).rows.set_index("level")
    units = covariates.units
    of_service = dict(zip(cohort.records["disposal_id"], submission.people["provider"], strict=True))
    tested = samples.groups[samples.groups["why_not"].isna()]
    assert len(tested) >= 4 and {"region", "provider"} == set(tested["by"])
    for group in tested.itertuples():
        if group.by == "region":
            belongs = units["region"] == group.level
        else:
            belongs = ~units["is_treated"] | (units["unit_id"].map(of_service) == group.level)
        matched, balance, _ = choose_caliper(dataclasses.replace(covariates, units=units[belongs]), asked)
        y = matched.units.merge(outcomes, on="unit_id")["reoffended"].to_numpy(float)
        with threadpool_limits(1):
            direct = estimate(y, matched.design, matched, "share", asked)["headline"]
        row = found.loc[group.level]
        assert {k: row[f"headline_{k}"] for k in direct} == direct
        assert (row["n_treatment"], row["n_control"]) == (matched.n_treatment_matched, matched.n_control)
        assert (group.worst, group.caliper_sd) == (balance.worst, matched.caliper_sd)
        weight = matched.units["weight"].to_numpy()
        is_treated = matched.units["is_treated"].to_numpy()
        assert row["treatment_value"] == y[is_treated & (weight > 0)].mean()
        assert row["control_value"] == pytest.approx(np.average(y[~is_treated], weights=weight[~is_treated]), rel=1e-12)


def test_its_own_characteristic_drops_out_of_a_subgroup_and_is_said():
    samples = match_subgroups(*world(), spec(subgroups=["region"]))
    north = samples.samples["region: North"]
    assert [c for c in north.design if c.startswith("region")] == []
    assert "Region is left out: it is the same for everybody." in north.messages


def test_an_outcome_is_refused():
    submission, cohort, covariates = world(n_treatment=80, n_pool=300)
    leaky = dataclasses.replace(covariates, units=covariates.units.assign(reoffended=0))
    with pytest.raises(JDLError, match="matching must not see outcomes"):
        match_subgroups(submission, cohort, leaky, spec(subgroups=["provider"]))


def test_subgroups_that_cannot_be_matched_are_listed_and_not_tested():
    submission, cohort, covariates = world()
    units, treated = covariates.units.copy(), covariates.units["is_treated"]
    north, east, south = (units["region"] == name for name in ("North", "East", "South"))
    rng = np.random.default_rng(5)
    units.loc[north & treated, "age"] = 20.0  # all of the pool is older: nobody alike
    units.loc[north & ~treated, "age"] += 40.0
    lonely = (east & treated).to_numpy().nonzero()[0][:31]  # 29 of 60 are left
    units.loc[lonely, "copas_rate"] = 50 + np.arange(31) * 30.0
    pool_south = (south & ~treated).to_numpy().nonzero()[0]
    units = units.drop(index=rng.choice(pool_south, len(pool_south) - 20, replace=False))  # 20 controls
    profile = covariates.profile.loc[units.index]
    hard = dataclasses.replace(covariates, units=units, profile=profile)
    samples = match_subgroups(submission, cohort, hard, spec(subgroups=["region"]))
    assert why_not(samples.groups) == {
        ("region", "North"): NOT_ALIKE,
        ("region", "East"): "fewer than 30 people in the treatment group could be matched",
        ("region", "South"): "fewer than 30 comparable people were found",
        ("region", "West"): None,
    }
    assert list(samples.samples) == ["region: West"]
    assert samples.messages == ("Region, North: nobody in the pool can be compared with anybody treated.",)
    row = samples.groups.set_index("level")
    assert row.loc["East", "n_matched"] < 30 and pd.isna(row.loc["North", "n_matched"])
    compared = compare_subgroups(samples, outcomes_of(hard), spec())
    assert compared.n_tests == 1 and compared.heterogeneity.empty
    shown = compared.rows.set_index("level")
    assert shown.loc["North":"South", "verdict"].isna().all() and shown.loc["North":"South", "holm_p"].isna().all()
    assert shown["n_treatment"].tolist() == [60, 60, 60, samples.samples["region: West"].n_treatment_matched]


def test_a_red_balance_keeps_a_subgroup_from_being_tested():
    strict = {"green_up_to": 1e-6, "amber_up_to": 1e-6}
    asked = spec(subgroups=["region"], balance=strict, matching={"fallback": "none"})
    samples = match_subgroups(*world(), asked)
    assert set(samples.groups["why_not"]) == {NOT_ALIKE} and samples.samples == {}
    assert samples.groups["worst"].gt(1e-6).all() and samples.groups["n_matched"].ge(30).all()


def test_a_score_that_cannot_be_worked_out_is_no_error(monkeypatch):
    def fail(covariates, spec, **_):
        raise np.linalg.LinAlgError("singular matrix")

    monkeypatch.setattr("jdl_toolkit.subgroups.matching.choose_caliper", fail)
    samples = match_subgroups(*world(), spec(subgroups=["region"]))
    assert set(samples.groups["why_not"]) == {NOT_ALIKE}
    assert samples.messages[0] == "Region, North: the propensity score cannot be worked out for so few people."


def test_none_declared():
    samples = match_subgroups(*world(n_treatment=40, n_pool=100), spec())
    assert samples.summary() == "No subgroups were declared"
    compared = compare_subgroups(samples, outcomes_of(world(n_treatment=40, n_pool=100)[2]), spec())
    assert compared.summary() == "No subgroups were declared"
    assert compared.messages == () and compared.n_tests == 0


def test_the_order_of_rows_does_not_matter():
    submission, cohort, covariates = world()
    rng = np.random.default_rng(3)
    submission = with_people(submission, intensity=rng.integers(1, 9, len(submission.people)).astype(float))
    asked = spec(subgroups=["region", "provider", "intensity"])

    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=8)

    mixed = (
        SimpleNamespace(people=shuffled(submission.people)),
        SimpleNamespace(records=shuffled(cohort.records)),
        dataclasses.replace(covariates, units=shuffled(covariates.units), profile=shuffled(covariates.profile)),
    )
    plain, other = match_subgroups(submission, cohort, covariates, asked), match_subgroups(*mixed, asked)
    pd.testing.assert_frame_equal(plain.groups, other.groups, check_exact=True)
    outcomes = outcomes_of(covariates)
    compared = [compare_subgroups(*pair, asked) for pair in ((plain, outcomes), (other, shuffled(outcomes)))]
    pd.testing.assert_frame_equal(compared[0].rows, compared[1].rows, check_exact=True)
    pd.testing.assert_frame_equal(compared[0].heterogeneity, compared[1].heterogeneity, check_exact=True)


def test_saved_and_loaded_they_give_the_same(tmp_path):
    submission, cohort, covariates = world()
    asked = spec(subgroups=["region", "provider", "establishment"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    samples.save(tmp_path / "samples")
    loaded = SubgroupSamples.load(tmp_path / "samples")
    assert (loaded.declared, loaded.labels) == (samples.declared, samples.labels)
    assert loaded.messages == samples.messages
    assert list(loaded.samples) == list(samples.samples)
    outcomes = outcomes_of(covariates)
    compared = compare_subgroups(samples, outcomes, asked)
    again = compare_subgroups(loaded, outcomes, asked)
    pd.testing.assert_frame_equal(again.rows, compared.rows)
    compared.save(tmp_path / "compared")
    assert Subgroups.load(tmp_path / "compared").messages == compared.messages
    assert loaded.summary() == samples.summary()


def test_what_is_shown_holds_no_small_count():
    submission, cohort, covariates = world()
    few = with_people(submission, provider=["A"] * 4 + ["B"] * 5 + ["C"] * 100 + ["D"] * 131)
    samples = match_subgroups(few, cohort, covariates, spec(subgroups=["provider"]))
    table = samples.table()
    cells = {row[0]: row for row in table.rows}
    assert cells["A"][1] == "fewer than 5" and cells["B"][1] == "5" and cells["C"][1] == "100"
    assert cells["A"][3:6] == ("–", "–", "–") and table.groups == ("Provider",) * 4
    assert "declared by provider: 4 in the treatment group" in samples.summary()
    assert samples._repr_html_() == f"<p>{samples.summary()}</p>{table._repr_html_()}"


# -- comparing ------------------------------------------------------------------------------------------------------


def with_effects(samples: SubgroupSamples, covariates: Covariates, effect: dict[str, float]) -> pd.DataFrame:
    """Outcomes in which the treated of each region have a rate of their own, in equal steps rather than by chance."""
    units = covariates.units
    rate = np.where(units["is_treated"], 0.5 + units["region"].map(effect), 0.5)
    place = units.groupby(["region", "is_treated"]).cumcount()
    return pd.DataFrame({"unit_id": units["unit_id"], "reoffended": ((place * 0.6180339887) % 1 < rate).astype(int)})


def test_the_adjusted_p_value_decides_the_verdict():
    submission, cohort, covariates = world(seed=4)
    asked = spec(subgroups=["region"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    assert len(samples.samples) == 4
    outcomes = with_effects(samples, covariates, {"North": -0.45, "East": -0.15, "South": 0.0, "West": 0.3})
    found = compare_subgroups(samples, outcomes, asked)
    rows = found.rows.set_index("level")
    assert rows["holm_p"].to_numpy() == pytest.approx(holm(rows["headline_p_value"].to_numpy(float)), rel=1e-12)
    assert rows["verdict"].tolist() == ["reduction", "inconclusive", "inconclusive", "increase"]
    # East alone would have looked conclusive, and is the case the adjustment is for
    assert rows.loc["East", "headline_ci_high"] < 0 and rows.loc["East", "headline_p_value"] < 0.05
    assert rows.loc["East", "holm_p"] >= 0.05
    assert found.n_tests == 4
    assert found.summary() == (
        "Subgroups declared by region, before any outcome was known: 4 of 4 were tested. With p-values adjusted for "
        "that number (Holm), 2 conclusive; without, 3 would be"
    )


def test_a_single_test_needs_no_adjustment():
    submission, cohort, covariates = world(seed=4)
    lone = with_people(submission, provider=["A"] * 120 + [None] * 120)
    samples = match_subgroups(lone, cohort, covariates, spec(subgroups=["provider"]))
    found = compare_subgroups(samples, outcomes_of(covariates), spec())
    row = found.rows.set_index("level").loc["A"]
    assert found.n_tests == 1 and row["holm_p"] == row["headline_p_value"]
    assert found.heterogeneity.empty and found.messages == ()


def test_cochran_q_by_hand_and_against_statsmodels():
    # weights 1, 1/4: mean 0.8·1 + 0.2·3 = 1.4; Q = 1·0.16 + 0.25·2.56 = 0.8
    assert cochran_q(np.array([1.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx((0.8, 1, stats.chi2.sf(0.8, 1)))
    rng = np.random.default_rng(2)
    estimates, se = rng.normal(0, 0.1, 7), rng.uniform(0.02, 0.2, 7)
    theirs = combine_effects(estimates, se**2, method_re="dl")
    q, df, p = cochran_q(estimates, se)
    assert q == pytest.approx(theirs.q, rel=1e-12)
    assert (df, p) == (6, pytest.approx(stats.chi2.sf(theirs.q, 6), rel=1e-12))


def test_heterogeneity_is_by_characteristic_over_the_tested():
    submission, cohort, covariates = world(seed=4)
    asked = spec(subgroups=["region", "provider"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    outcomes = with_effects(samples, covariates, {"North": -0.45, "East": -0.1, "South": 0.0, "West": 0.3})
    found = compare_subgroups(samples, outcomes, asked)
    assert found.heterogeneity["by"].tolist() == ["region", "provider"]
    for row in found.heterogeneity.itertuples():
        own = found.rows[found.rows["by"] == row.by]
        expected = combine_effects(own["headline_estimate"].to_numpy(), own["headline_se"].to_numpy() ** 2)
        assert row.q == pytest.approx(expected.q, rel=1e-12) and row.df == len(own) - 1
    assert found.heterogeneity["p_value"].iloc[0] < 1e-6
    assert "share controls" in found.messages[-1]


def test_an_outcome_that_does_not_vary_is_not_tested():
    submission, cohort, covariates = world(seed=4)
    asked = spec(subgroups=["region"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    outcomes = outcomes_of(covariates)
    in_north = outcomes["unit_id"].isin(covariates.units.loc[covariates.units["region"] == "North", "unit_id"])
    outcomes.loc[in_north, "reoffended"] = 0
    found = compare_subgroups(samples, outcomes, asked)
    rows = found.rows.set_index("level")
    assert rows.loc["North", "why_not"] == "the outcome was the same for everybody"
    assert pd.isna(rows.loc["North", "verdict"]) and pd.isna(rows.loc["North", "treatment_value"])
    assert found.n_tests == len(samples.samples) - 1
    rest = rows.drop(index="North")
    assert rest["holm_p"].to_numpy() == pytest.approx(holm(rest["headline_p_value"].to_numpy(float)), rel=1e-12)


def test_outcomes_that_are_missing_or_doubled_are_refused():
    submission, cohort, covariates = world(seed=4)
    asked = spec(subgroups=["region"])
    samples = match_subgroups(submission, cohort, covariates, asked)
    outcomes = outcomes_of(covariates)
    served = samples.samples["region: North"].units["unit_id"].iloc[0]
    with pytest.raises(JDLError, match="1 people in the comparison have no outcome"):
        compare_subgroups(samples, outcomes[outcomes["unit_id"] != served], asked)
    with pytest.raises(JDLError, match="more than once"):
        compare_subgroups(samples, pd.concat([outcomes, outcomes.head(1)]), asked)


def test_without_any_effect_a_conclusive_subgroup_is_rare(monkeypatch):
    """The chance that at least one of eight subgroups looks conclusive, where the service does nothing.

    100 draws: a true chance of 5 % gives at most 11 % in all but 4 of 1,000 runs.
    """
    submission, cohort, covariates = world(seed=9, n_treatment=320, n_pool=1200)
    rng = np.random.default_rng(10)
    submission = with_people(submission, provider=rng.choice(list("ABCD"), 320))
    asked = spec(
        subgroups=["region", "provider"], covariates={"people_per_parameter": 400}
    )  # no outcome model: quicker
    samples = match_subgroups(submission, cohort, covariates, asked)
    assert len(samples.samples) == 8
    units = covariates.units
    monkeypatch.setattr("gc.collect", lambda: 0)  # statsmodels' adjustment collects at every call, which takes longest
    risk = 1 / (1 + np.exp(0.6 + 0.05 * (units["age"] - 30) - 0.5 * units["copas_rate"]))
    wrong, naive, differ = [], [], []
    for seed in range(100):
        found = compare_subgroups(samples, outcomes_of(covariates, seed, risk), asked)
        wrong.append((found.rows["verdict"] != "inconclusive").any())
        naive.append((found.rows["headline_p_value"] < 0.05).any())
        differ += (found.heterogeneity["p_value"] < 0.05).tolist()
    assert np.mean(wrong) <= 0.11
    assert np.mean(naive) > 0.2  # eight tests at 5 % each: the adjustment is needed
    assert np.mean(differ) <= 0.095
