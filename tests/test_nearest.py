"""Nearest neighbours: R's matches; the definition, person by person; ties that depend on nothing but the data."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import cohort, covariates, made, people, r_units, reference, spec_as_r

from jdl_toolkit.errors import JDLError
from jdl_toolkit.matching import match, nearest_pairs, nearest_weights, radius_weights
from jdl_toolkit.matching.propensity import fit_propensity

#: run in the reference -> settings of the section matching; MatchIt's caliper is 0.2 SD of the logit
RUNS = {
    "matchit_nn11": {"calipers": []},
    "matchit_nn11_replace": {"calipers": [], "replace": True},
    "matchit_nn11_cal02": {"calipers": [0.2]},
    "matchit_nn11_cal02_replace": {"calipers": [0.2], "replace": True},
    "matchit_nn13": {"calipers": [], "ratio": 3},
    "matchit_nn15_cal02_replace": {"calipers": [0.2], "ratio": 5, "replace": True},
    "matchit_nn11_closest": {"calipers": [], "order": "closest"},
    "matchit_nn11_exact": {"calipers": []},
}
EXACT = {"lalonde": "race", "syn_small": "sex"}


def asked(table: str, run: str, **changes):
    exact = [EXACT[table]] if run.endswith("_exact") else []
    spec = spec_as_r(matching={"method": "nearest"} | RUNS[run] | changes)
    # a request may name only its own covariates; this table's are others
    return spec.model_copy(update={"matching": spec.matching.model_copy(update={"exact": tuple(exact)})})


@pytest.mark.parametrize("run", RUNS)
def test_matches_against_r_where_no_scores_are_equal(run):
    sample, r = match(covariates("syn_small"), asked("syn_small", run)), r_units("syn_small")[run].to_numpy()
    weight, is_control = sample.units["weight"].to_numpy(copy=True), ~sample.units["is_treated"].to_numpy()
    # MatchIt's weights average 1 among the controls that are used
    weight[is_control] *= (weight[is_control] > 0).sum() / weight[is_control].sum()
    assert np.abs(weight - r).max() < 1e-14
    assert sample.n_control == reference("syn_small")[run]["pairs"]["n_distinct_controls"]
    assert sample.ess_control == pytest.approx(reference("syn_small")[run]["estimates"]["ess_control"], rel=1e-12)


@pytest.mark.parametrize("run", RUNS)
def test_distances_against_r_where_scores_are_equal(run):
    given, spec = covariates("lalonde"), asked("lalonde", run)
    fitted, r = fit_propensity(given, spec), reference("lalonde")[run]
    sample = match(given, spec, propensity=fitted)
    is_treated, weight = sample.units["is_treated"].to_numpy(), sample.units["weight"].to_numpy()
    assert weight[is_treated].sum() == pytest.approx(r["estimates"]["n_treated"], rel=1e-12)
    strata = pd.factorize(people("lalonde")["race"])[0] if run == "matchit_nn11_exact" else None
    m = spec.matching
    t, c, share = nearest_pairs(fitted.logit, is_treated, m.ratio, m.replace, sample.caliper_raw, strata, str(m.order))
    assert np.bincount(t, share, len(weight))[is_treated] == pytest.approx(weight[is_treated], abs=1e-12)
    assert np.bincount(c, share, len(weight))[~is_treated] == pytest.approx(weight[~is_treated], abs=1e-12)
    if m.ratio == 1:  # with more, R counts every place as one, and a share is divided by the person's places
        distance = np.abs(fitted.logit[t] - fitted.logit[c])
        assert distance @ share == pytest.approx(r["pairs"]["total_abs_logit"], rel=1e-9)
        assert distance.max() == pytest.approx(r["pairs"]["max_abs_logit"], rel=1e-9)
    if not m.replace:
        assert sample.n_control >= r["pairs"]["n_distinct_controls"]  # equal controls share a place


# -- the definition -----------------------------------------------------------------------------------------------

# Treated and controls with ties, and no two controls equally far from a treated person on either side.
apart_treated = st.sampled_from([0.0, 1.0, 2.0])
apart_pool = st.sampled_from([-0.31, 0.12, 0.45, 1.13, 1.62, 2.27, 2.27])
small = st.tuples(
    st.lists(apart_treated, min_size=1, max_size=4).filter(lambda s: max(map(s.count, s)) <= 3),
    st.lists(apart_pool, min_size=1, max_size=6),
)


def one_after_another(treated, pool, ratio, caliper, order, tie_orders):
    """Greedy matching of people as they stand, in rounds; `tie_orders` holds an order of the treated for each round."""
    free, mine = set(range(len(pool))), [[] for _ in treated]
    for r in range(ratio):
        waiting = [t for t in tie_orders[r] if len(mine[t]) == r]
        while waiting:
            near = {t: min((abs(treated[t] - pool[c]), c) for c in free) for t in waiting} if free else {}
            waiting = [t for t in waiting if t in near and near[t][0] <= caliper]
            if not waiting:
                break
            by = {"largest": [-s for s in treated], "smallest": treated, "closest": {t: near[t][0] for t in waiting}}
            who = min(waiting, key=by[order].__getitem__)  # the first in tie_orders among equals
            mine[who].append(near[who][1])
            free.remove(near[who][1])
            waiting.remove(who)
    return mine


def expected_over_ties(treated, pool, ratio, caliper, order):
    """Weights averaged over every order of equal treated people in every round, and within equal controls."""
    same = [[t for t in range(len(treated)) if treated[t] == s] for s in sorted(set(treated))]
    orders = [sum(map(list, o), []) for o in itertools.product(*(itertools.permutations(g) for g in same))]
    of_treated, of_pool, n = np.zeros(len(treated)), np.zeros(len(pool)), 0
    for tie_orders in itertools.product(orders, repeat=ratio):
        n += 1
        for t, controls in enumerate(one_after_another(treated, pool, ratio, caliper, order, tie_orders)):
            of_treated[t] += bool(controls)
            of_pool[controls] += 1 / max(len(controls), 1)
    averaged = pd.Series(of_pool).groupby(np.array(pool)).transform("mean").to_numpy()
    return of_treated / n, averaged / n


@settings(max_examples=150, deadline=None)
@given(
    small,
    st.integers(1, 2),
    st.sampled_from([0.2, 0.4, 1.0, np.inf]),
    st.sampled_from(["largest", "smallest", "closest"]),
)
def test_without_replacement_it_is_the_mean_over_ties_broken_at_random(scores, ratio, caliper, order):
    treated, pool = scores
    score, is_treated = np.array(treated + pool), np.arange(len(treated + pool)) < len(treated)
    weight, _ = nearest_weights(score, is_treated, ratio, False, None if caliper == np.inf else caliper, None, order)
    of_treated, of_pool = expected_over_ties(treated, pool, ratio, caliper, order)
    assert weight[is_treated] == pytest.approx(of_treated, abs=1e-12)
    assert weight[~is_treated] == pytest.approx(of_pool, abs=1e-12)


tenths = st.integers(-12, 12).map(lambda i: i / 10)  # many ties, many equal distances on either side
groups = st.lists(st.tuples(tenths | st.just(float("nan")), st.booleans(), st.integers(0, 2)), min_size=2, max_size=40)
calipers = st.sampled_from([None, 0.0, 0.15, 0.45, 2.05])
ratios = st.sampled_from([1, 2, 3, 50])


def slow_with_replacement(score, is_treated, ratio, caliper, strata):
    weight, n_matches = np.zeros(len(score)), np.zeros(len(score), dtype=int)
    for t in np.flatnonzero(is_treated & ~np.isnan(score)):
        pool = np.flatnonzero(~is_treated & (strata == strata[t]) & ~np.isnan(score))
        distance = np.round(np.abs(score[pool] - score[t]), 9)
        pool, distance = (a[distance <= (np.inf if caliper is None else caliper)] for a in (pool, distance))
        k = min(ratio, len(pool))
        if not k:
            continue
        last = np.sort(distance)[k - 1]
        nearer, equal = pool[distance < last], pool[distance == last]
        weight[t], n_matches[t] = 1, len(nearer) + len(equal)
        weight[nearer] += 1 / k
        weight[equal] += (k - len(nearer)) / len(equal) / k
        n_matches[[*nearer, *equal]] += 1
    return weight, n_matches


@settings(max_examples=200, deadline=None)
@given(groups, ratios, calipers)
def test_with_replacement_it_is_the_definition(rows, ratio, caliper):
    score, is_treated, strata = (np.array(column) for column in zip(*rows, strict=True))
    weight, n_matches = nearest_weights(score, is_treated, ratio, True, caliper, strata)
    slow, slow_n = slow_with_replacement(score, is_treated, ratio, caliper, strata)
    assert weight == pytest.approx(slow, abs=1e-12)
    assert np.array_equal(n_matches, slow_n)


def slow_by_stock(score, is_treated, ratio, caliper, strata, order):
    """Equal treated people as one, controls one by one with what is left of each; equally near share in proportion."""
    caliper = np.inf if caliper is None else caliper
    free = np.where(is_treated | np.isnan(score), 0.0, 1.0)
    known = [t for t in np.flatnonzero(is_treated) if not np.isnan(score[t])]
    asking = {key: [t for t in known if (score[t], strata[t]) == key] for key in {(score[t], strata[t]) for t in known}}
    taken = {key: [] for key in asking}  # per round: places of each control

    def nearest(key):
        pool = np.flatnonzero(~is_treated & (strata == key[1]) & (free > 1e-9))
        distance = np.round(np.abs(score[pool] - key[0]), 9)
        low = distance.min(initial=np.inf)
        return low, pool[distance == low]

    for r in range(ratio):
        wanted = {k: float(len(who)) for k, who in asking.items() if r == 0 or sum(taken[k][-1]) > len(who) - 1e-9}
        for k in asking:
            taken[k].append(np.zeros(len(score)))
        while wanted:
            first = {
                "largest": lambda k: -k[0],
                "smallest": lambda k: k[0],
                "closest": lambda k: (nearest(k)[0], -k[0]),
            }
            key = min(wanted, key=first[order])
            distance, pool = nearest(key)
            if distance > caliper or not len(pool):
                del wanted[key]
                continue
            amount = min(wanted[key], free[pool].sum()) * free[pool] / free[pool].sum()
            free[pool] -= amount
            taken[key][r][pool] += amount
            wanted[key] -= amount.sum()
            if wanted[key] < 1e-9:
                del wanted[key]
    weight = np.zeros(len(score))
    for key, rounds in taken.items():
        m = len(asking[key])
        filled = [places.sum() / m for places in rounds]
        k = sum(f > 1 - 1e-9 for f in filled)
        q = filled[k] if k < len(filled) else 0.0
        weight[asking[key]] = 1.0 if k else q
        for r, places in enumerate(rounds):
            weight += places * ((1 - q) / k + q / (k + 1) if r < k else 1 / (k + 1))
    return weight


@settings(max_examples=200, deadline=None)
@given(groups, st.sampled_from([1, 2, 4]), calipers, st.sampled_from(["largest", "smallest", "closest"]))
def test_without_replacement_it_is_the_rule_for_ties_on_either_side(rows, ratio, caliper, order):
    score, is_treated, strata = (np.array(column) for column in zip(*rows, strict=True))
    weight, _ = nearest_weights(score, is_treated, ratio, False, caliper, strata, order)
    assert weight == pytest.approx(slow_by_stock(score, is_treated, ratio, caliper, strata, order), abs=1e-9)


# -- what holds of every match --------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(groups, ratios, calipers, st.booleans(), st.sampled_from(["largest", "smallest", "closest"]), st.randoms())
def test_weights_balance_and_the_order_of_rows_does_not_matter(rows, ratio, caliper, replace, order, chance):
    shuffled = chance.sample(range(len(rows)), len(rows))
    score, is_treated, strata = (np.array(column) for column in zip(*rows, strict=True))
    weight, n_matches = nearest_weights(score, is_treated, ratio, replace, caliper, strata, order)
    again, n_again = nearest_weights(
        score[shuffled], is_treated[shuffled], ratio, replace, caliper, strata[shuffled], order
    )
    assert again == pytest.approx(weight[shuffled], abs=1e-9)
    assert np.array_equal(n_again, n_matches[shuffled])
    assert weight[~is_treated].sum() == pytest.approx(weight[is_treated].sum(), abs=1e-9)
    assert weight.min() >= 0 and weight[is_treated].max(initial=0) <= 1
    assert np.array_equal(weight > 0, n_matches > 0)
    assert n_matches[is_treated].sum() == n_matches[~is_treated].sum()
    assert replace or weight.max() <= 1 + 1e-12  # a control serves once
    t, c, share = nearest_pairs(score, is_treated, ratio, replace, caliper, strata, order)
    assert is_treated[t].all() and not is_treated[c].any() and np.array_equal(strata[t], strata[c])
    assert len(set(zip(t, c, strict=True))) == len(t)
    assert np.bincount(t, share, len(score)) + np.bincount(c, share, len(score)) == pytest.approx(weight, abs=1e-9)
    assert (np.bincount(t, minlength=len(score)) + np.bincount(c, minlength=len(score)) == n_matches).all()


@settings(max_examples=60, deadline=None)
@given(groups)
def test_a_wider_caliper_never_loses_anybody_with_replacement(rows):
    score, is_treated, strata = (np.array(column) for column in zip(*rows, strict=True))
    for weigh in (radius_weights, lambda s, t, c, g: nearest_weights(s, t, 3, True, c, g)):
        served = [weigh(score, is_treated, c, strata)[0][is_treated] > 0 for c in (0.0, 0.15, 0.45, 1.05, 9.0)]
        assert all((narrow <= wide).all() for narrow, wide in itertools.pairwise(served))


def test_as_many_neighbours_as_controls_is_radius_matching_without_bounds():
    rng = np.random.default_rng(1)
    score, is_treated = rng.normal(size=60), np.arange(60) < 12
    everybody, n = nearest_weights(score, is_treated, 1000, True)
    unbounded, n_unbounded = radius_weights(score, is_treated, np.inf)
    assert everybody == pytest.approx(unbounded, abs=1e-12) and np.array_equal(n, n_unbounded)
    assert everybody[~is_treated] == pytest.approx(np.full(48, 12 / 48))  # uniform


@pytest.mark.parametrize("codes", [range(256), range(300), [-7, 3, 70_000, 2**40]])
def test_many_strata_are_as_many_matches(codes):
    rng = np.random.default_rng(2)
    score, is_treated, strata = rng.normal(size=4000), rng.random(4000) < 0.1, rng.choice(codes, 4000)
    ways = (
        lambda s, t, g: radius_weights(s, t, 0.2, g),
        lambda s, t, g: nearest_weights(s, t, 2, True, 0.5, g),
        lambda s, t, g: nearest_weights(s, t, 2, False, None, g),
    )
    for way in ways:
        weight, n_matches = way(score, is_treated, strata)
        for code in codes:
            own = strata == code
            alone, n_alone = way(score[own], is_treated[own], None)
            assert weight[own] == pytest.approx(alone, abs=1e-12) and np.array_equal(n_matches[own], n_alone)


def test_equal_people_share():
    # three treated and two controls, all equal: two matches, of which each treated person has two thirds
    weight, n = nearest_weights(np.zeros(5), np.array([True, True, True, False, False]))
    assert weight == pytest.approx([2 / 3] * 3 + [1, 1]) and n.tolist() == [2, 2, 2, 3, 3]
    # one treated person between two controls at the same distance, though 0.1 + 0.2 is not 0.3 in binary
    weight, _ = nearest_weights(np.array([0.1 + 0.2, 0.2, 0.4, 9.0]), np.array([True, False, False, False]))
    assert weight.tolist() == [1, 0.5, 0.5, 0]
    # rounds: of two equal treated people and three controls one has two, the other one
    weight, _ = nearest_weights(np.array([0, 0, 1.0, 1.0, 1.0]), np.arange(5) < 2, ratio=2)
    assert weight == pytest.approx([1, 1, 2 / 3, 2 / 3, 2 / 3])


def test_rounds_give_everybody_one_before_anybody_has_two():
    score = np.array([3.0, 2.0, 2.9, 2.8, 1.0])
    weight, _ = nearest_weights(score, np.arange(5) < 2, ratio=2)
    # round 1: 3.0 takes 2.9, 2.0 takes 2.8; round 2: 3.0 takes 1.0, and nothing is left
    assert weight == pytest.approx([1, 1, 0.5, 1.0, 0.5])


# -- through match() ------------------------------------------------------------------------------------------------


def tied_cohort(seed: int) -> pd.DataFrame:
    """People of whom many have the same covariates, so that many scores are equal."""
    rng = np.random.default_rng(seed)
    n, is_treated = 340, np.arange(340) < 60
    age = np.clip(np.round(rng.normal(np.where(is_treated, 27, 30), 3)), 20, 40)
    sex = rng.choice(["F", "M"], n, p=[0.4, 0.6])
    region = rng.choice(["Mid", "North", "South"], n)
    frame = {"unit_id": rng.permutation(n), "is_treated": is_treated, "age": age, "sex": sex, "region": region}
    return pd.DataFrame(frame)


EVERY_WAY = [
    {"method": "radius"},
    {"method": "radius", "exact": ["sex"], "scale": "odds"},
    {"method": "nearest"},
    {"method": "nearest", "ratio": 3, "order": "closest", "exact": ["region"]},
    {"method": "nearest", "ratio": 2, "order": "smallest", "calipers": []},
    {"method": "nearest", "ratio": 5, "replace": True, "scale": "probability"},
    {"method": "ipw", "common_support": "range"},
    {"method": "overlap", "exact": ["sex", "region"]},
    {"method": "ebal", "trim": 0.02},
]


@pytest.mark.parametrize("choices", EVERY_WAY, ids=lambda c: "-".join(str(v) for v in c.values()))
@pytest.mark.parametrize("seed", [1, 2])
def test_neither_the_order_of_rows_nor_names_of_units_matter(choices, seed):
    units, spec = tied_cohort(seed), spec_as_r(matching=choices)
    rng = np.random.default_rng(seed)
    weight = match(made(units), spec).units.set_index("unit_id")["weight"]
    shuffled = match(made(units.sample(frac=1, random_state=seed)), spec).units.set_index("unit_id")["weight"]
    pd.testing.assert_series_equal(weight, shuffled, check_exact=True)
    new = rng.permutation(len(units)) + 5000
    dealt = match(made(units.assign(unit_id=new)), spec).units.set_index("unit_id")["weight"]
    assert dealt.loc[new].to_numpy() == pytest.approx(weight.loc[units["unit_id"]].to_numpy(), abs=1e-8)
    alike = units.groupby(["is_treated", "age", "sex", "region"])["unit_id"].apply(lambda ids: weight[ids].std(ddof=0))
    assert alike.max() < 1e-12  # equal people have equal weights


@pytest.mark.parametrize("choices", EVERY_WAY, ids=lambda c: "-".join(str(v) for v in c.values()))
def test_every_sample_says_who_is_left_out_and_why(choices):
    sample = match(made(tied_cohort(3)), spec_as_r(matching=choices))
    units = sample.units
    treated, pool = units[units["is_treated"]], units[~units["is_treated"]]
    assert pool["weight"].sum() == pytest.approx(treated["weight"].sum(), rel=1e-9)
    assert ((units["weight"] == 0) == (units["why"] != "")).all()
    assert ((units["weight"] == 0) == (units["n_matches"] == 0)).all()
    assert sample.dropped["n"].sum() == (units["weight"] == 0).sum()
    assert 0 < sample.ess_control <= sample.n_control + 1e-9 and 0 < sample.ess_treatment <= sample.n_treatment + 1e-9
    assert sample.method == choices["method"] and (sample.caliper_raw is None) == (
        choices["method"] not in ("radius", "nearest") or choices.get("calipers") == []
    )


def test_people_left_without_a_control_are_told_apart():
    units = cohort(4, n_treatment=10, n_pool=6).drop(columns="region")
    sample = match(made(units), spec_as_r(matching={"method": "nearest", "calipers": []}))
    assert sample.dropped.values.tolist() == [["treatment", "none_left", 4]]
    assert "Some treated people found every comparable control taken by others and are not analysed." in sample.messages
    assert sample.ess_treatment == sample.n_treatment_matched == 6
    units.loc[0, "copas_rate"] = 50.0
    narrow = match(made(units), spec_as_r(matching={"method": "nearest"}), caliper_raw=3.0)
    assert narrow.units.set_index("unit_id")["why"][units.loc[0, "unit_id"]] == "outside_caliper"


def test_treated_who_share_are_said():
    sample = match(made(tied_cohort(1)), spec_as_r(matching={"method": "nearest", "calipers": [0.01]}))
    treated = sample.units.loc[sample.units["is_treated"], "weight"]
    assert ((treated > 0) & (treated < 1)).any()
    assert treated.sum() == pytest.approx(round(treated.sum()), abs=1e-9) and treated.sum() < (treated > 0).sum()
    assert sample.n_treatment_matched == (treated > 0).sum()
    assert any("count in part" in m for m in sample.messages)


@pytest.mark.parametrize("method", ["radius", "nearest"])
def test_a_caliper_may_leave_nobody(method):
    units = cohort(5)
    sample = match(made(units), spec_as_r(matching={"method": method}), caliper_raw=1e-13)
    assert sample.n_treatment_matched == sample.n_control == 0
    assert sample.ess_control == sample.ess_treatment == 0
    assert set(sample.dropped["reason"]) == {"outside_caliper", "not_chosen"}


@pytest.mark.parametrize("choices", [{"method": m} for m in ("radius", "nearest", "ipw", "overlap", "ebal")])
@pytest.mark.parametrize(("n_treatment", "n_pool"), [(1, 40), (40, 1), (1, 1)])
def test_one_person_in_a_group(choices, n_treatment, n_pool):
    units = cohort(6, n_treatment, n_pool)[["unit_id", "is_treated"]].assign(age=30)
    sample = match(made(units), spec_as_r(matching=choices))
    weight = sample.units["weight"].to_numpy()
    assert np.isfinite(weight).all()
    assert weight[sample.units["is_treated"]].sum() == pytest.approx(weight[~sample.units["is_treated"]].sum())
    # with one score for all, everybody counts alike
    assert np.ptp(weight[sample.units["is_treated"]]) == pytest.approx(0, abs=1e-12)
    assert np.ptp(weight[~sample.units["is_treated"]]) == pytest.approx(0, abs=1e-12)
    if choices["method"] == "radius":
        assert sample.caliper_raw == sample.caliper_sd * 0 == 0 and sample.n_control == n_pool


def test_exact_names_the_nearest_covariate():
    spec = spec_as_r(matching={"method": "nearest"})
    spec = spec.model_copy(update={"matching": spec.matching.model_copy(update={"exact": ("regoin",)})})
    with pytest.raises(JDLError, match="did you mean region"):
        match(made(cohort(7)), spec)


def test_the_caliper_may_be_on_the_scores_own_scale():
    given = made(cohort(8))
    for scale in ("logit", "probability", "odds"):
        raw = match(given, spec_as_r(matching={"caliper_unit": "raw", "calipers": [0.05, 0.01], "scale": scale}))
        assert raw.caliper_raw == 0.05
        same = match(given, spec_as_r(matching={"scale": scale}), raw.caliper_sd)
        assert same.caliper_raw == pytest.approx(0.05) and np.array_equal(same.units["weight"], raw.units["weight"])
