"""The robustness panel: each variant is what it says, nothing sees an outcome too early, and nothing ends it."""

import dataclasses
import json
from types import SimpleNamespace

import invented
import numpy as np
import pandas as pd
import pytest
from examples import spec
from scipy import stats

from jdl_toolkit.covariates import Covariates
from jdl_toolkit.errors import JDLError
from jdl_toolkit.findings import Findings
from jdl_toolkit.findings import Robustness as Published
from jdl_toolkit.findings.outcome_rows import measure_rows
from jdl_toolkit.findings.robustness_rows import estimator_rows, robustness_summary, time_rows
from jdl_toolkit.hidden_bias import e_value_for_difference, measured_confounders
from jdl_toolkit.inference import compare_measures, estimate
from jdl_toolkit.matching import match
from jdl_toolkit.robustness import Robustness, robustness_panel, variants
from jdl_toolkit.robustness.estimating import estimate_sample
from jdl_toolkit.robustness.placebo import placebo_outcome
from jdl_toolkit.robustness.variants import columns_telling, declare, families_of
from jdl_toolkit.spec import Method

PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")
CODEBOOK = pd.DataFrame(
    [
        ("age", "age", "as it is"),
        ("age_squared", "age_squared", "as it is"),
        ("region", "region", "one column for each level but the first"),
        ("previous_violence", "previous_by_group", "log(1 + number), a column for each kind"),
        ("previous_theft", "previous_by_group", "log(1 + number), a column for each kind"),
        ("offences_last_two_years", "offences_last_two_years", "log(1 + number)"),
        ("needs_drugs", "needs", "as it is"),
        ("needs_housing", "needs", "as it is"),
    ],
    columns=["column", "covariate", "enters"],
)


def people(seed: int = 0, n_treatment: int = 150, n_pool: int = 1500, hidden: float = 0.0) -> Covariates:
    """Invented people; `hidden` is how much a cause that nobody has on record brings people to the service."""
    rng = np.random.default_rng(seed)
    n = n_treatment + n_pool
    cause, age = rng.normal(size=n), rng.normal(32, 8, n)
    recent = rng.poisson(np.exp(0.3 + 0.5 * cause))
    lure = 0.03 * (age - 32) + hidden * cause + rng.gumbel(size=n)
    is_treated = np.zeros(n, bool)
    is_treated[np.argsort(-lure)[:n_treatment]] = True
    is_assessed = rng.random(n) < np.where(is_treated, 0.7, 0.5)
    units = pd.DataFrame({"unit_id": rng.permutation(n) + 1000, "is_treated": is_treated, "age": age.round(1)})
    units["age_squared"] = (units["age"] - units["age"].mean()) ** 2
    units["region"] = np.array(["North", "East", "South", "West"])[rng.integers(0, 4, n)]
    units["previous_violence"] = np.log1p(rng.poisson(1, n))
    units["previous_theft"] = np.log1p(rng.poisson(2, n))
    units["offences_last_two_years"] = np.log1p(recent)
    units["needs_drugs"] = np.where(is_assessed, rng.binomial(1, 0.4, n), 0.0)
    units["needs_housing"] = np.where(is_assessed, rng.binomial(1, 0.3, n), 0.0)
    units["needs_drugs_missing"] = (~is_assessed).astype(float)
    labels = {"age": "Age at index date (years)", "region": "Region", "needs_drugs": "Need: drugs"}
    labels |= {"offences_last_two_years": "Offences in the last two years (log of 1 + number)"}
    return Covariates(units, units[["unit_id"]], labels, codebook=CODEBOOK)


def outcomes(covariates: Covariates, seed: int = 0, effect: float = 0.0) -> pd.DataFrame:
    units, rng = covariates.units, np.random.default_rng(seed)
    p = 0.25 + 0.1 * units["offences_last_two_years"] + effect * units["is_treated"]
    reoffended = (rng.random(len(units)) < p.clip(0.02, 0.98)).astype(int)
    n = reoffended * (1 + rng.poisson(0.5, len(units)))
    days = np.where(reoffended == 1, rng.integers(1, 365, len(units)), np.nan)
    return pd.DataFrame(
        {"unit_id": units["unit_id"], "reoffended": reoffended, "n_reoffences": n, "days_to_first": days}
    )


def asked(**changes):
    """Settings under which radius matching at 0.2 is the main analysis."""
    changes = {"covariates": {"people_per_parameter": 5}} | changes
    return spec(**({"outcomes": {"measures": ["rate", "frequency", "days"]}} | changes))


def run(known=None, frame=None, **changes):
    covariates = people() if known is None else known
    settings = asked(**changes)
    matched = match(covariates, settings)
    frame = outcomes(covariates) if frame is None else frame
    comparison = compare_measures(frame, matched, settings)
    return covariates, matched, frame, comparison, settings


@pytest.fixture(scope="module")
def world():
    return run()


@pytest.fixture(scope="module")
def panel(world):
    return robustness_panel(*world)


def row(panel: Robustness, key: str) -> pd.Series:
    return panel.rows.set_index("key").loc[key]


# --- what is declared -------------------------------------------------------------------------------------------------


def test_every_declared_variant_has_a_row_and_the_main_analysis_only_one(panel):
    assert panel.rows["key"].tolist() == [
        "headline",
        "classic", "check", "lm_adj_HC3", "lm_lin_HC3", "gcomp", "abadie_imbens",
        "caliper_0.01", "caliper_0.05", "caliper_0.1", "caliper_0.5",
        "nearest_1", "nearest_5",
        "ipw", "overlap", "ebal",
        "needs_everyone_without", "needs_assessed_without", "needs_assessed_with",
        "left_out_age", "left_out_region", "left_out_previous_by_group", "left_out_offences_last_two_years",
        "left_out_needs",
    ]  # fmt: skip
    assert panel.why_not is None and panel.rows["why_not"].isna().all()


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        ({"matching": {"calipers": [0.05]}}, "caliper_0.05"),
        ({"matching": {"method": "ipw"}}, "ipw"),
        ({"matching": {"method": "nearest", "ratio": 5, "replace": True}}, "nearest_5"),
        ({"robustness": {"leave_one_out": False}}, "left_out_age"),
    ],
)
def test_what_is_the_main_analysis_itself_is_no_variant_of_it(settings, absent):
    covariates, chosen = people(), asked(**settings)
    keys = {v.key for v in declare(covariates, match(covariates, chosen), chosen)}
    assert absent not in keys
    if "matching" in settings:
        assert "caliper_0.01" in keys


def test_a_fallback_is_the_main_method_and_radius_matching_a_variant():
    covariates, chosen = people(), asked()
    fallen_back = match(covariates, variants.with_matching(chosen, method=Method.ebal))
    found = {v.key: v for v in declare(covariates, fallen_back, chosen)}
    assert "ebal" not in found and found["ipw"].spec.matching.method == "ipw"
    assert found["caliper_0.1"].spec.matching.method == "radius"
    assert found["left_out_age"].spec.matching.method == "ebal"


def test_covariates_are_left_out_whole_with_what_says_that_they_are_missing():
    covariates = people()
    families = families_of(covariates)
    assert families["age"] == ("Age", ("age", "age_squared"))
    assert families["previous_by_group"] == ("Previous offences by kind", ("previous_violence", "previous_theft"))
    assert families["needs"] == ("Needs assessment", ("needs_drugs", "needs_drugs_missing", "needs_housing"))
    assert families["offences_last_two_years"][0] == "Offences in the last two years"
    assert sorted(c for _, columns in families.values() for c in columns) == sorted(covariates.names)
    with_years = dataclasses.replace(covariates, units=covariates.units.assign(years_since_last_offence=1.0))
    assert columns_telling("offences_last_two_years", with_years) == (
        "offences_last_two_years", "years_since_last_offence",
    )  # fmt: skip
    assert "left_out_years_since_last_offence" not in {  # the same for everybody: nothing would be left out
        v.key for v in declare(with_years, match(with_years, asked()), asked())
    }


def test_without_a_codebook_each_column_is_left_out_by_itself():
    bare = dataclasses.replace(people(), codebook=pd.DataFrame())
    assert list(families_of(bare)) == [
        "age", "region", "previous_violence", "previous_theft", "offences_last_two_years", "needs_drugs",
        "needs_housing",
    ]  # fmt: skip


# --- each variant is what it says -------------------------------------------------------------------------------------


def by_hand(covariates, chosen, frame, **caliper):
    """A variant the long way round: everything fitted anew."""
    sample = match(covariates, chosen, **caliper)
    y = frame.set_index("unit_id")["reoffended"].reindex(sample.units["unit_id"]).to_numpy(float)
    return estimate(y, sample.design, sample, "share", chosen)["headline"]


@pytest.mark.parametrize(
    ("key", "matching", "caliper"),
    [
        ("caliper_0.05", {"calipers": (0.05,)}, 0.05),
        ("caliper_0.5", {"calipers": (0.5,)}, 0.5),
        ("nearest_5", {"method": "nearest", "ratio": 5, "replace": True}, 0.2),
        ("ipw", {"method": "ipw"}, None),
        ("overlap", {"method": "overlap"}, None),
        ("ebal", {"method": "ebal"}, None),
    ],
)
def test_a_variant_equals_the_same_analysis_made_anew(world, panel, key, matching, caliper):
    covariates, _, frame, _, settings = world
    direct = by_hand(covariates, settings.variant(matching=matching), frame, caliper_sd=caliper)
    found = row(panel, key)
    assert [found[part] for part in PARTS] == pytest.approx([direct[part] for part in PARTS], rel=1e-9)


def test_a_characteristic_left_out_is_left_out_of_the_score_and_the_outcome_model(world, panel):
    covariates, _, frame, _, settings = world
    without = dataclasses.replace(covariates, units=covariates.units.drop(columns=["age", "age_squared"]))
    direct, found = by_hand(without, settings, frame, caliper_sd=0.2), row(panel, "left_out_age")
    assert [found[part] for part in PARTS] == pytest.approx([direct[part] for part in PARTS], rel=1e-9)
    assert found["worst"] > row(panel, "headline")["worst"], "how unlike they are in it is told"


def test_what_is_named_by_a_setting_can_be_left_out_too():
    settings = {"covariates": {"people_per_parameter": 5, "splines": ["age"], "interactions": [["age", "region"]]}}
    found = robustness_panel(*run(**settings, matching={"exact": ["region"]}, robustness={"methods": []}))
    assert row(found, "left_out_region")["why_not"] is None and row(found, "left_out_age")["why_not"] is None


def test_needs_in_three_runs(world, panel):
    covariates, _, frame, _, settings = world
    units = covariates.units
    assessed = units["needs_drugs_missing"] == 0
    columns = ["needs_drugs", "needs_housing", "needs_drugs_missing"]
    runs = {
        "needs_everyone_without": units.drop(columns=columns),
        "needs_assessed_without": units[assessed].drop(columns=columns),
        "needs_assessed_with": units[assessed],
    }
    for key, of_run in runs.items():
        direct = by_hand(dataclasses.replace(covariates, units=of_run), settings, frame, caliper_sd=0.2)
        assert row(panel, key)["estimate"] == pytest.approx(direct["estimate"], rel=1e-9), key
    n = (units["is_treated"] & assessed).sum()
    assert n - 3 <= row(panel, "needs_assessed_with")["n_treatment"] <= n < row(panel, "headline")["n_treatment"]


def test_there_are_no_runs_by_needs_without_an_assessment():
    covariates = people()
    units = covariates.units.drop(columns=[c for c in covariates.units if c.startswith("needs_")])
    without = dataclasses.replace(covariates, units=units)
    assert not any(v.group == "needs" for v in declare(without, match(without, asked()), asked()))


def test_the_headline_of_a_sample_is_that_of_the_comparison(world, panel):
    covariates, matched, frame, comparison, settings = world
    y = frame.set_index("unit_id")["reoffended"].astype(float)
    found = estimate_sample(matched, y, "share", settings)
    first = comparison.measures.iloc[0]
    assert [found[part] for part in PARTS] == [first[f"headline_{part}"] for part in PARTS]
    assert found["ess_control"] == pytest.approx(matched.ess_control) and found["n_control"] == matched.n_control
    assert [row(panel, "headline")[part] for part in PARTS] == [first[f"headline_{part}"] for part in PARTS]
    check = row(panel, "check")
    assert [check[part] for part in PARTS] == [first[f"check_{part}"] for part in PARTS]


def test_how_alike_the_groups_are_does_not_depend_on_what_happened(world, panel):
    covariates, matched, _, _, settings = world
    frame = outcomes(covariates, seed=2, effect=-0.2)
    other = robustness_panel(covariates, matched, frame, compare_measures(frame, matched, settings), settings)
    sizes = ["key", "n_treatment", "n_control", "ess_control", "worst"]
    pd.testing.assert_frame_equal(other.rows[sizes], panel.rows[sizes])
    assert (other.rows["estimate"] < panel.rows["estimate"]).all()


def test_outcomes_among_the_covariates_are_refused_in_words(world):
    covariates, matched, frame, comparison, settings = world
    leaky = dataclasses.replace(covariates, units=covariates.units.assign(reoffended_before=1.0))
    with pytest.raises(JDLError, match="after the index date"):
        robustness_panel(leaky, matched, frame, comparison, settings)


# --- what cannot be done is said --------------------------------------------------------------------------------------


def test_a_caliper_that_drops_everybody_is_a_result_in_words():
    found = robustness_panel(*run(robustness={"calipers": [1e-9]}))
    dropped = row(found, "caliper_1e-09")
    assert dropped["why_not"] == "fewer than 30 people in the treatment group could be compared in this way"
    assert pd.isna(dropped["estimate"]) and pd.notna(row(found, "ipw")["estimate"])


@pytest.mark.parametrize("fault", [np.linalg.LinAlgError("singular"), ZeroDivisionError(), JDLError("No score fits")])
def test_what_one_variant_meets_does_not_stop_the_others(world, monkeypatch, fault):
    known = variants.match

    def fails_for_overlap(covariates, chosen, *args, **kwargs):
        if chosen.matching.method == "overlap":
            raise fault
        return known(covariates, chosen, *args, **kwargs)

    monkeypatch.setattr(variants, "match", fails_for_overlap)
    found = robustness_panel(*world)
    what = "no score fits" if isinstance(fault, JDLError) else "the calculation has no answer for these people"
    assert row(found, "overlap")["why_not"] == what
    assert found.rows["why_not"].notna().sum() == 1 and len(found.others) == len(found.rows) - 2


def test_a_result_that_is_withheld_has_no_panel():
    covariates = people()
    frame = outcomes(covariates).assign(reoffended=0, n_reoffences=0, days_to_first=np.nan)
    found = robustness_panel(*run(covariates, frame))
    assert found.why_not == "the outcome was the same for everybody" and not len(found.rows)
    assert found.summary() == "No robustness panel: the outcome was the same for everybody"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda u: u.assign(region=np.where(u["is_treated"], "North", u["region"])),
        lambda u: u.assign(age=np.where(u["is_treated"], u["age"] + 25, u["age"])),
        lambda u: u.assign(
            **dict.fromkeys(["age", "age_squared", "previous_theft", "previous_violence"], 1.0), region="North"
        ),
        lambda u: u[["unit_id", "is_treated", "offences_last_two_years"]],
    ],
    ids=["one region", "hardly any overlap", "next to nothing known", "one covariate"],
)
def test_no_number_is_missing_without_a_reason(spoil):
    covariates = people(hidden=0.5)
    found = robustness_panel(*run(dataclasses.replace(covariates, units=spoil(covariates.units))))
    has = found.rows["estimate"].notna()
    assert (found.rows.loc[has, list(PARTS)].map(np.isfinite)).all(axis=None)
    assert (has ^ found.rows["why_not"].notna()).all()
    assert "NaN" not in json.dumps([found.placebo, found.hidden]), "JSON for strict readers"


def test_the_panel_survives_being_saved(panel, tmp_path):
    panel.save(tmp_path / "robustness")
    again = Robustness.load(tmp_path / "robustness")
    pd.testing.assert_frame_equal(again.rows, panel.rows, check_dtype=False)
    assert again.hidden == panel.hidden and again.summary() == panel.summary()


# --- placebo ----------------------------------------------------------------------------------------------------------


def test_a_placebo_without_hidden_cause_holds_zero_and_one_with_does_not():
    settings = asked()
    for hidden, holds in ((0.0, True), (0.8, False)):
        covariates = people(seed=3, hidden=hidden)
        found = placebo_outcome(covariates, match(covariates, settings), settings)
        assert found["holds"] is holds and found["unit"] == "count", hidden
        assert found["left_out"] == ("Offences in the last two years",)
        recent = np.expm1(covariates.units.loc[covariates.units["is_treated"], "offences_last_two_years"])
        assert found["treatment_value"] == pytest.approx(recent.mean(), rel=0.05)


def test_a_placebo_that_is_in_the_match_shows_nothing_but_left_out_it_does():
    """Else the test would always be passed."""
    covariates, settings = people(seed=3, hidden=0.8), asked()
    matched = match(covariates, settings)
    y = covariates.units.set_index("unit_id")["offences_last_two_years"]
    inside = estimate_sample(matched, y, "days", settings)
    assert abs(inside["estimate"]) < 0.1 < placebo_outcome(covariates, matched, settings)["estimate"]


@pytest.mark.parametrize(
    ("name", "why_not"),
    [
        ("shoe_size", "it is not among the covariates, so that nothing is known of it here"),
        ("region", "it is a category, and only a number can be compared as if it were an outcome"),
    ],
)
def test_a_placebo_that_cannot_be_tried_says_why(name, why_not):
    covariates, settings = people(), asked(robustness={"placebo": name})
    found = placebo_outcome(covariates, match(covariates, settings), settings)
    assert found["why_not"] == why_not and found["estimate"] is None and found["holds"] is None


def test_no_placebo_is_tried_unless_it_is_declared():
    settings = asked(robustness={"placebo": None})
    assert placebo_outcome(people(), match(people(), settings), settings) is None


def test_filled_in_values_are_no_placebo():
    covariates = people()
    units = covariates.units.assign(employed=1.0, employed_missing=(np.arange(len(covariates.units)) % 2).astype(float))
    units.loc[(units["employed_missing"] == 0) & (units["age"] > 32), "employed"] = 0.0
    settings = asked(robustness={"placebo": "employed"})
    known = dataclasses.replace(covariates, units=units)
    found = placebo_outcome(known, match(known, settings), settings)
    n = int((units["is_treated"] & (units["employed_missing"] == 0)).sum())
    assert found["unit"] == "share" and n - 3 <= found["n_treatment"] <= n


# --- hidden bias ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clear():
    """A clear reduction."""
    covariates = people(seed=5)
    return (parts := run(covariates, outcomes(covariates, effect=-0.2))), robustness_panel(*parts)


def test_bounds_close_in_on_the_headline_where_there_is_no_hidden_bias(clear):
    _, panel = clear
    head, first = row(panel, "headline"), panel.hidden["weights"]["rows"][0]
    assert first["lambda_"] == 1.0
    assert (first["low"], first["high"]) == pytest.approx((head["estimate"], head["estimate"]), abs=1e-9)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx((head["ci_low"], head["ci_high"]), abs=1e-9)
    widths = [r["high"] - r["low"] for r in panel.hidden["weights"]["rows"]]
    assert widths == sorted(widths) and panel.hidden["weights"]["tipping_estimate"] > 1


def test_shift_and_e_values_are_those_of_the_headline(clear):
    (covariates, matched, frame, comparison, _), panel = clear
    head, first = row(panel, "headline"), comparison.measures.iloc[0]
    assert panel.hidden["confounder"]["to_zero"] == pytest.approx(head["estimate"])
    assert panel.hidden["confounder"]["to_include_zero"] == pytest.approx(head["ci_high"])
    direct = e_value_for_difference(first["treatment_value"], head["estimate"], head["ci_low"], head["ci_high"])
    assert panel.hidden["e_values"]["point"] == pytest.approx(direct.point) and direct.limit > 1
    design, units = matched.design.drop(columns="unit_id"), matched.units
    y = frame.set_index("unit_id")["reoffended"].reindex(units["unit_id"]).to_numpy(float)
    strongest = measured_confounders(design, units["is_treated"], y).iloc[0]
    assert panel.hidden["confounder"]["strongest_bias"] == pytest.approx(abs(strongest["bias"]))
    label = covariates.labels.get(strongest["name"], strongest["name"])
    assert panel.hidden["confounder"]["strongest"] == label


def test_pairs_are_bounded_exactly(clear):
    """At no hidden bias the bound is McNemar's exact test, one-sided, of the discordant pairs."""
    (covariates, matched, frame, _, settings), panel = clear
    found = panel.hidden["pairs"]
    assert found["direction"] == "decrease" and found["n_pairs"] <= matched.n_treatment
    p = found["rows"][0]["p_value"]
    sizes = range(10, found["n_pairs"] + 1)
    assert any(stats.binom.cdf(k, n, 0.5) == pytest.approx(p, abs=1e-12) for n in sizes for k in range(n + 1))
    ps = [r["p_value"] for r in found["rows"]]
    assert ps == sorted(ps) and found["tipping_gamma"] > 1


# --- what may be published --------------------------------------------------------------------------------------------


def published(panel, comparison, n_treatment=None):
    first = comparison.measures.iloc[0]
    head = {part: float(first[f"headline_{part}"]) for part in PARTS}
    rate = {"key": first["key"], "headline": head, "n_treatment": int(n_treatment or first["n_treatment"])}
    return robustness_summary(panel, rate, 5)


def test_no_size_of_a_group_follows_from_what_is_published(world, panel):
    found = published(panel, world[3])
    main, *others = found["rows"]
    assert main["estimate"]["df"] is not None and all(r["estimate"]["df"] is None for r in others)
    digits = [x for r in others for k, x in r["estimate"].items() if k != "df"] + [r["worst"] for r in others]
    assert all(x is None or x == round(x, 3) or abs(x) == 0.0004 for x in digits)
    told = {r["key"] for r in found["rows"] if r["n_treatment"] is not None}
    assert told <= {"headline", "needs_assessed_without", "needs_assessed_with"}
    sizes = sorted({r["n_treatment"] for r in found["rows"] if r["n_treatment"] is not None})
    assert all(b - a >= 5 for a, b in zip(sizes, sizes[1:], strict=False)), "none differ by a few people"
    text = json.dumps(found)
    assert not any(f'"{name}"' in text for name in ("n_pairs", "n_control", "ess_control"))
    assert Published.model_validate(found).main.estimate == main["estimate"]["estimate"]


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((100, 100), [100, 100]),
        ((100, 97), [100, None]),  # three people could be told of
        ((147, 147), [None, None]),  # nor the three who were not assessed
        ((150, 150), [150, 150]),
    ],
)
def test_sizes_that_differ_by_a_few_people_are_not_told(world, panel, sizes, told):
    rows = panel.rows.copy()
    is_needs = rows["key"].isin(["needs_assessed_without", "needs_assessed_with"])
    rows.loc[is_needs, "n_treatment"] = sizes
    found = published(dataclasses.replace(panel, rows=rows), world[3], n_treatment=150)
    assert [r["n_treatment"] for r in found["rows"] if r["key"] in rows.loc[is_needs, "key"].tolist()] == told


def test_nothing_is_published_where_the_first_measure_is_withheld(world, panel):
    assert robustness_summary(panel, {"key": panel.measure, "headline": None, "n_treatment": None}, 5) is None
    assert (
        robustness_summary(dataclasses.replace(panel, why_not="few"), {"headline": {}, "key": panel.measure}, 5) is None
    )


def test_estimators_without_an_answer_say_why(world):
    found = estimator_rows(world[3])
    assert {"headline", "aipw", "gcomp"} <= {r["name"] for r in found}
    assert all((r["estimate"] is None) == (r["why_not"] is not None) for r in found)
    assert all(r["estimate"]["df"] is None for r in found if r["estimate"])


def times(clocks=("calendar", "at_risk")):
    """Comparisons of times as a comparison holds them; 311 is the last day at risk, a matter of custody."""
    labels = {"rmst": "Mean days without one, of the first 311", "hazard": "Hazard ratio"}
    rows = [{"measure": m, "clock": c, "label": labels[m], "scale": "ratio"} for c in clocks for m in labels]
    figures = {"estimate": 1.1, "se": 0.2, "ci_low": 0.8, "ci_high": 1.5, "p_value": 0.5, "df": np.inf, "why_not": None}
    return SimpleNamespace(time_to_event=pd.DataFrame([row | figures for row in rows]))


CUSTODY = ({"key": "recalled", "treatment": None}, {"key": "days_at_risk", "treatment": 350.0, "control": 349.0})


@pytest.mark.parametrize(
    ("curves", "follow_up", "told"),
    [
        (("calendar", "at_risk"), CUSTODY, {"calendar", "at_risk"}),
        (("calendar",), CUSTODY, {"calendar"}),
        (("at_risk",), CUSTODY, {"at_risk"}),
        ((), CUSTODY, set()),
        (("calendar", "at_risk"), [{"key": "days_in_custody", "treatment": None, "control": None}], {"calendar"}),
        (("calendar", "at_risk"), [], {"calendar"}),
    ],
)
def test_times_are_withheld_with_their_curve_and_with_the_days_in_custody(curves, follow_up, told):
    rows = time_rows(times(), follow_up, [{"clock": clock} for clock in curves], 5)
    assert len(rows) == 4 and {r["clock"] for r in rows if r["estimate"]} == told
    for row in rows:
        assert (row["estimate"] is None) == (row["why_not"] == "it would tell something of fewer than 5 people")
        assert ("311" in row["label"]) == (row["clock"] in told and row["measure"] == "rmst")


def test_without_factors_there_is_no_table_of_bounds_and_there_are_tipping_factors(world, panel):
    covariates, matched, frame, comparison, settings = world
    none = settings.variant(robustness={"gammas": [], "methods": [], "leave_one_out": False})
    hidden = robustness_panel(covariates, matched, frame, comparison, none).hidden
    assert hidden["pairs"] == panel.hidden["pairs"] | {"rows": []}
    assert hidden["weights"] == panel.hidden["weights"] | {"rows": []}
    assert panel.hidden["weights"]["rows"] and panel.hidden["weights"]["tipping_estimate"] > 1
    published = Published.model_validate(robustness_summary(*_with_rate(world, none), 5))
    assert published.hidden.weights.rows == () and published.hidden.weights.tipping_estimate is not None


def _with_rate(world, settings):
    """The panel of a world under other settings, and the first measure as it is published."""
    covariates, matched, frame, comparison, _ = world
    return robustness_panel(covariates, matched, frame, comparison, settings), measure_rows(comparison, 30, 5)[0]


def test_where_weights_took_the_place_of_matching_the_nearest_have_no_caliper(world):
    """Within a caliper that did not balance they would be of fewer people than the main analysis."""
    covariates, _, frame, _, settings = world
    narrow = settings.variant(matching={"calipers": [0.0001], "method": "radius"})
    main = match(covariates, settings.variant(matching={"method": "ebal"}))
    declared = {v.key: v for v in declare(covariates, main, narrow)}
    for key, ratio in (("nearest_1", 1), ("nearest_5", 5)):
        sample = variants.match_variant(covariates, main, declared[key])
        assert sample.caliper_sd is None and sample.n_treatment_matched == main.n_treatment_matched
        free = {"method": "nearest", "ratio": ratio, "replace": True, "calipers": []}
        assert sample.units.equals(match(covariates, settings.variant(matching=free)).units)
    own = match(covariates, narrow)
    declared = {v.key: v for v in declare(covariates, own, narrow)}
    assert variants.match_variant(covariates, own, declared["nearest_1"]).caliper_sd == pytest.approx(0.0001)


def test_findings_of_before_still_read(tmp_path):
    known = json.loads(invented.findings().model_dump_json()) | {"schema_version": "2.0"}
    for analysis in known["analyses"]:
        for name in ("robustness", "estimators", "time_to_event"):
            del analysis[name]
    (tmp_path / "findings.json").write_text(json.dumps(known))
    found = Findings.read(tmp_path / "findings.json").analyses[0]
    assert found.robustness is None and found.estimators == () == found.time_to_event
