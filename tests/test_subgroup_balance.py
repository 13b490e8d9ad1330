"""Balance within subgroups: what the match hands on, and which of it may be published."""

from types import SimpleNamespace

import examples
import invented
import numpy as np
import pandas as pd
import pytest
from examples import spec
from test_aggregates import beside
from test_subgroups import outcomes_of, world

from jdl_toolkit import plots
from jdl_toolkit.balance import choose_caliper
from jdl_toolkit.findings import SubgroupSummary
from jdl_toolkit.findings.subgroup_balance import subgroup_balance
from jdl_toolkit.subgroups import SubgroupSamples, compare_subgroups, match_subgroups
from jdl_toolkit.subgroups.matching import within_subgroup

ALL = {"n_matched": 60, "n_treated": 64, "n_pool": 900}


def row(covariate, level, k_matched, smd=0.0123456, light="green", **changes):
    """A level that many of everybody have, but `k_matched` of the treated people in the comparison."""
    values = {"by": "sex", "level": "women", "covariate": covariate, "covariate_level": level, "is_level": level != ""}
    values |= {"smd_after": smd, "light": light, "k_matched": k_matched, "k_treated": k_matched, "k_pool": 400}
    return values | ALL | changes


def published(*rows, shown=None, place=0, is_shown=True):
    subgroups = SimpleNamespace(balance=pd.DataFrame(rows))
    listed = [{"by": "sex", "level": "women", "headline": {} if is_shown else None, "n_treatment": 60}]
    return subgroup_balance(subgroups, listed, 5, shown, place)


def test_a_level_of_few_people_is_left_out_with_the_next_smallest_of_its_covariate():
    rows = [row("Region", level, k) for level, k in (("North", 4), ("South", 20), ("West", 9), ("East", 27))]
    (found,) = published(*rows, row("Age", "", 0, -0.05149, "amber"))
    assert [r["level"] for r in found["rows"]] == ["South", "East", ""]
    assert (found["by"], found["level"], found["n_withheld"]) == ("sex", "women", 2)
    assert found["rows"][-1] == {"covariate": "Age", "level": "", "smd_after": -0.051, "light": "amber"}


@pytest.mark.parametrize(
    ("changes", "n_withheld"),
    [({}, 0), ({"k_matched": 56}, 1), ({"k_treated": 4}, 1), ({"k_pool": 896}, 1), ({"smd_after": np.inf}, 1)]
    + [({"k_matched": 55, "k_treated": 59, "k_pool": 895}, 0)],
)
def test_people_with_a_level_and_without_it_must_be_enough_in_every_group(changes, n_withheld):
    (found,) = published(row("Employed", "yes", 30) | changes)
    assert found["n_withheld"] == n_withheld and len(found["rows"]) == 1 - n_withheld


def test_a_subgroup_whose_result_is_not_shown_has_no_balance():
    assert published(row("Employed", "yes", 30), is_shown=False) == []
    assert subgroup_balance(SimpleNamespace(), [], 5) == []


def test_the_same_subgroup_of_a_region_and_of_the_nation_must_not_leave_few_people_of_a_level():
    shown = beside(range(200), range(150))
    assert published(row("Employed", "yes", 30), shown=shown)[0]["n_withheld"] == 0
    fewer = {"n_matched": 50, "n_treated": 50}
    (found,) = published(row("Employed", "yes", 27, **fewer), shown=shown, place=1)
    assert found["n_withheld"] == 1, "three of the ten women outside the region were employed"


def test_what_a_match_within_a_subgroup_found_is_handed_on(tmp_path):
    submission, cohort, covariates = world(shift=0.1)
    asked = spec(subgroups=("region",))
    samples = match_subgroups(submission, cohort, covariates, asked)
    samples.save(tmp_path / "samples")
    samples = SubgroupSamples.load(tmp_path / "samples")
    compared = compare_subgroups(samples, outcomes_of(covariates), asked)
    own = compared.balance[compared.balance["level"] == "North"]
    levels = covariates.profile.assign(is_treated=covariates.units["is_treated"])
    matched, balance, _ = choose_caliper(within_subgroup(covariates, levels, "region", "North"), asked, distances=False)
    assert own["smd_after"].tolist() == balance.rows["smd_after"].tolist()
    assert own["light"].tolist() == balance.rows["light"].tolist()
    assert set(own["n_matched"]) == {matched.n_treatment_matched} and set(own["n_pool"]) == {375}
    weighted = matched.units[matched.units["is_treated"] & (matched.units["weight"] > 0)]
    employed = covariates.units.set_index("unit_id").loc[weighted["unit_id"], "employed"].sum()
    assert own.loc[own["covariate"] == "employed", "k_matched"].tolist() == [employed]


def test_the_picture_shows_every_subgroup_and_names_the_worst():
    rows = (("Region", "North", 0.031, "green"), ("Region", "South", -0.0849, "amber"))
    groups = [
        {"by": by, "level": level, "n_withheld": 0}
        | {"rows": [dict(zip(("covariate", "level", "smd_after", "light"), r, strict=True)) for r in cells]}
        for by, level, cells in (("sex", "men", rows), ("sex", "women", rows[:1]), ("age_band", "18 to 24", rows[:1]))
    ]
    summary = SubgroupSummary(**(invented.subgroups().model_dump() | {"balance": groups}))
    figure = plots.balance_strip(examples.analysis(subgroups=summary))
    assert figure.data[1] == {
        "Subgroup": "Sex: men", "Characteristic": "Region: South", "Difference after matching (per cent)": -8.5,
        "Light": "amber",
    }  # fmt: skip
    assert figure.alt == (
        "Grid of 3 subgroups by characteristics. Of the differences after matching, 3 are green, 1 amber and 0 red. "
        "The largest is 8.5 per cent of a standard deviation (Region: South, Sex: men)."
    )
    assert "Ringed: the largest difference, 8.5 per cent (Region: South, Sex: men)." in figure.note
    for name in ("men", "women", "18 to 24", "Region: North", "Region: South", "above 5%, up to 10%", "8.5", "4.1"):
        assert f">{name}<" in figure.svg
    assert "Worst: of all characteristics" in figure.note, "women: 4.1 per cent, of a level that is not shown"
    assert plots.balance_strip(examples.analysis()) is None
    assert plots.balance_strip(examples.analysis(subgroups=invented.subgroups())) is None


def test_dozens_of_subgroups_stand_on_one_page_and_too_many_lose_those_that_differ_least():
    ages = ("18 to 20", "21 to 24", "25 to 29", "30 to 34", "35 to 39", "40 to 44", "45 to 49", "50 and over")
    forty = {"region": tuple(f"Region {i}" for i in range(20)), "age_band": ages, "provider": tuple("ABCDEFGHIJKL")}
    figure = plots.balance_strip(invented.with_subgroup_balance(examples.analysis(), 0.03, **forty))
    assert all(f">{name}<" in figure.svg for names in forty.values() for name in names) and "further" not in figure.note
    assert float(figure.svg.split('viewBox="0 0 454 ')[1].split('"')[0]) < 630, "a page"
    many = forty | {"establishment": tuple(f"HMP {i}" for i in range(40))}
    figure = plots.balance_strip(invented.with_subgroup_balance(examples.analysis(), 0.03, **many))
    worst = {}
    for cell in figure.data:
        size = abs(cell["Difference after matching (per cent)"])
        worst[cell["Subgroup"]] = max(size, worst.get(cell["Subgroup"], 0))
    drawn = {name for name in worst if f">{name.partition(': ')[2]}<" in figure.svg}
    left = set(worst) - drawn
    assert f" {len(left)} further subgroups" in figure.note and 0 < len(left) < 45
    assert max(worst[name] for name in left) <= min(worst[name] for name in drawn)
