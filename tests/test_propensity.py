"""The propensity score: R's scores to the digit, rare levels, who is set aside, and what is left out."""

import numpy as np
import pandas as pd
import pytest
from examples import spec
from reference_tables import TABLES, cohort, covariates, made, r_units, reference, spec_as_r

from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import match
from jdl_toolkit.matching.design import comparable, merge_rare_levels
from jdl_toolkit.matching.propensity import fit_propensity

# R's fit stops at a relative change of the deviance of 1e-14; both stay within 1e-9 of the exact maximum.
R_SCORE = 5e-9


@pytest.mark.parametrize("table", TABLES)
def test_score_against_r(table):
    fitted, r = fit_propensity(covariates(table), spec_as_r()), reference(table)["propensity"]
    coefficients = dict(
        zip(fitted.coefficients["term"].str.replace("=", ""), fitted.coefficients["estimate"], strict=True)
    )
    assert list(coefficients) == list(r["coef"])
    assert coefficients == pytest.approx(r["coef"], rel=1e-8)
    assert np.abs(fitted.logit - r_units(table)["logit_ps"]).max() < R_SCORE
    assert fitted.score == pytest.approx(r_units(table)["ps"].to_numpy(), rel=R_SCORE)
    assert fitted.messages == ()


# -- rare levels --------------------------------------------------------------------------------------------------


def levels(**n_treated: int) -> pd.DataFrame:
    treated = [name for name, n in n_treated.items() for _ in range(n)]
    pool = [name for name in n_treated for _ in range(40)]
    frame = pd.DataFrame({"region": treated + pool})
    return frame.assign(unit_id=range(len(frame)), is_treated=[True] * len(treated) + [False] * len(pool))


@pytest.mark.parametrize(
    ("n_treated", "people_per_parameter", "joined"),
    [
        ({"A": 40, "B": 30, "C": 20}, 5, []),  # nothing is rare
        ({"A": 40, "B": 6, "C": 5, "D": 20}, 5, ["B", "C"]),  # rare levels join each other
        ({"A": 40, "B": 20, "C": 4}, 5, ["B", "C"]),  # one rare level takes the next rarest with it
        ({"A": 40, "B": 4, "C": 3}, 5, ["B", "C"]),  # still few together: the category is kept all the same
        ({"A": 40, "B": 1}, 5, []),  # two levels always stay
        ({"A": 40, "B": 20, "C": 6, "D": 5, "E": 0}, 5, ["C", "D"]),  # no treated people: not comparable, so apart
        ({"A": 12, "B": 11, "C": 13, "D": 14}, 20, ["A", "B"]),  # 50 people, 2 columns at most
        ({"A": 12, "B": 11, "C": 13, "D": 14}, 30, ["A", "B", "C"]),
    ],
)
def test_rare_levels_join(n_treated, people_per_parameter, joined):
    assert merge_rare_levels(levels(**n_treated), 10, people_per_parameter).get("region", []) == joined


def test_the_rarest_level_of_all_categories_joins_first():
    units = levels(A=20, B=15, C=12).assign(group="x")
    units.loc[units.index % 3 == 0, "group"] = "y"
    units.loc[units.index % 10 == 0, "group"] = "z"  # rarer than region B, the next to join there
    assert set(merge_rare_levels(units, 0, 47 / 3)) == {"group"}


def test_joined_levels_are_in_the_model_and_said():
    units = cohort(8).assign(nationality="British")
    for first, nationality in [(0, "Other"), (30, "Irish"), (36, "Polish")]:  # 30, 6 and 6 of the 60 treated
        units.loc[first : first + (29 if first == 0 else 5), "nationality"] = nationality
        units.loc[100 + 5 * first : 199 + 5 * first, "nationality"] = nationality
    sample = match(made(units, nationality="Nationality"), spec())
    assert sample.merged == {"nationality": ["Irish", "Polish"]}
    assert {"nationality=Other", "nationality=other levels"} <= set(sample.design.columns)
    assert any("were joined as “other levels”: Nationality (Irish and Polish)" in m for m in sample.messages)


# -- columns that cannot be estimated -------------------------------------------------------------------------------


def test_collinear_and_constant_columns_leave_with_a_message():
    units = cohort(9)
    units["age_months"] = 12 * units["age"]
    units["both"] = units["age"] + units["copas_rate"]
    units["court"] = "Crown"
    sample = match(made(units, age="Age", age_months="Age in months", both="Both", court="Court"), spec())
    assert list(sample.design.columns[1:]) == ["age", "copas_rate", "employed", "region=North", "region=South"]
    assert "Age in months is left out: it follows from Age." in sample.messages
    assert "Both is left out: it follows from Age and copas_rate." in sample.messages
    assert "Court is left out: it is the same for everybody." in sample.messages
    plain = match(made(cohort(9)), spec())
    assert sample.units["logit"].to_numpy() == pytest.approx(plain.units["logit"].to_numpy(), abs=1e-12)


def test_level_nobody_treated_has_is_set_aside():
    units = cohort(10)
    alone = ~units["is_treated"] & (np.arange(len(units)) % 7 == 0)
    units.loc[alone, "region"] = "Wales"
    sample = match(made(units, region="Region"), spec())
    rows = sample.units.set_index("unit_id").loc[units.loc[alone, "unit_id"]]
    assert (rows["weight"] == 0).all() and (rows["score"] == 0).all() and rows["logit"].isna().all()
    assert any("set aside, because of: Region" in m for m in sample.messages)
    # maximum likelihood tends to just this: the others' scores are those of a fit without these people
    without = match(made(units[~alone]), spec())
    pd.testing.assert_frame_equal(
        sample.units[~sample.units["unit_id"].isin(units.loc[alone, "unit_id"])].reset_index(drop=True), without.units
    )


def test_treated_whom_nobody_in_the_pool_resembles_are_set_aside():
    units = cohort(11)
    units["hostel"] = (units["is_treated"] & (units.index < 5)).astype(int)
    sample = match(made(units), spec())
    assert set(units.loc[units["hostel"] == 1, "unit_id"]) <= set(sample.unmatched_treated)
    assert "hostel" not in sample.design.columns


def test_setting_aside_is_repeated():
    # nobody treated has a = 1; among those left nobody treated has b = 1
    x = np.array([[0, 0], [0, 0], [0, 0], [1, 0], [0, 1], [1, 1]], float)
    seen = comparable(pd.DataFrame(x, columns=["a", "b"]), np.array([True, True, False, False, False, False]))
    assert seen.within.tolist() == [True, True, True, False, False, False]
    assert seen.apart == [0, 1]
    assert seen.varies.tolist() == [False, False]


def test_covariate_that_tells_the_groups_apart_is_an_error():
    units = cohort(12).assign(on_programme=lambda u: u["is_treated"].astype(int))
    with pytest.raises(JDLError, match="On the programme"):
        match(made(units, on_programme="On the programme"), spec())
    with pytest.raises(JDLError, match="one of the groups is empty"):
        match(made(cohort(12)[lambda u: u["is_treated"]]), spec())


def test_separation_by_a_combination_takes_firths_penalty():
    units = cohort(13, n_treatment=40)
    n = len(units)
    a, b = np.arange(n) % 2, np.arange(n) % 3 == 0
    units["a"] = np.where(units["is_treated"], a, a & ~b)
    units["b"] = np.where(units["is_treated"], np.where(a == 1, b, 1), (1 - a) & b)  # treated a + b ≥ 1, pool ≤ 1
    sample = match(made(units), spec())
    assert any("Firth" in m for m in sample.messages)
    assert sample.coefficients["estimate"].abs().max() < 50
    assert sample.units["logit"].notna().all()
    assert sample.n_treatment_matched > 0
    assert not any("Firth" in m for m in match(made(cohort(13, n_treatment=40)), spec()).messages)


def test_unknown_numbers_get_the_mean_and_a_column():
    units = cohort(14)
    units.loc[units.index % 9 == 0, "copas_rate"] = np.nan
    sample = match(made(units, copas_rate="Copas rate"), spec())
    assert "copas_rate=not known" in sample.design.columns
    assert any(m.startswith("Copas rate: where not known") for m in sample.messages)
    filled = sample.design.loc[sample.design["copas_rate=not known"] == 1, "copas_rate"]
    assert filled.to_numpy() == pytest.approx(units["copas_rate"].mean())


def test_few_treated_people_per_column_is_said():
    units = cohort(15, n_treatment=12)
    assert any("fewer than 5 treated people" in m for m in match(made(units), spec()).messages)
