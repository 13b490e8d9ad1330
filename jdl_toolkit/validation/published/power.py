"""Power and E-values: the published table with its standard deviation, R's vectors, R's E-values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from ...hidden_bias import EValue, e_value_hr, e_value_md, e_value_or, e_value_rd, e_value_rr
from ...numbers import number
from ...power import (
    PowerTable,
    cohen_h,
    common_sd,
    detectable_difference,
    needed_for_shares,
    needed_treatment,
    power_of_shares,
    power_of_t_test,
)
from .line import DATA, Line, Verdict, cannot, exact, follows
from .reference import power_of_ten

N_TREATMENT, N_CONTROL = 257, 33_111
#: People for 1 point, the first row of the published table.
N_FIRST = 240_648
#: The counts that give all ten rows; both print as published, 33 and 35 per cent.
N_REOFFENDED, N_CONTROL_REOFFENDED = 84, 11_543
LEVEL, POWER = 0.05, 0.95
_TABLE, _JSON, _VECTORS, _E_VALUES = "power_table.csv", "table1_foundation.json", "power_vectors.csv", "evalues.json"
Roots = Callable[[float], float]


def foundation_table() -> PowerTable:
    """The power table of the worked example."""
    rates = N_REOFFENDED / N_TREATMENT, N_CONTROL_REOFFENDED / N_CONTROL
    return PowerTable.for_rates(
        treatment=rates[0], n_treatment=N_TREATMENT, control=rates[1], n_control=N_CONTROL, alpha=LEVEL, power=POWER
    )


def power_lines() -> Iterator[Line]:
    """Everything in the four files."""
    yield from _table_before_rounding()
    yield from _standard_deviation()
    yield from _vectors()
    yield from _e_values()


def _table_before_rounding() -> Iterator[Line]:
    published, rows = pd.read_csv(DATA / _TABLE), foundation_table().rows
    for given, n, n_exact in zip(published.itertuples(), rows["n_treatment"], rows["n_exact"], strict=True):
        figure = f"people for {given.reduction_pp} {'point' if given.reduction_pp == 1 else 'points'}"
        yield exact(_TABLE, figure, given.min_treatment_n_published, n, "PowerTable")
        printed, half = given.n_from_formula_before_rounding, 0.5 if given.reduction_pp == 1 else 0.005
        # the file rounds; 828.785 stands on the border of two roundings, so the recomputed figure is shown in full
        agrees = abs(n_exact - printed) <= half + 1e-6
        told = number(printed, 0 if half == 0.5 else 2), number(n_exact, 4)
        verdict = Verdict.agrees if agrees else Verdict.differs
        yield Line(_TABLE, f"{figure}, before rounding", *told, verdict, "PowerTable", "", 1, int(agrees))
    held = _recipe()
    found = PowerTable(n_control=N_CONTROL, sd=held["best_recipe"]["sd"], power=POWER, alpha=LEVEL).rows["n_exact"]
    gaps = [abs(a - b) for a, b in zip(found, held["best_recipe"]["exact_n"], strict=True)]
    # five decimals are given; in the first row, near the floor, R's own root is good to 2e-9 of 240,648
    allowed = [max(6e-6, 3e-9 * b) for b in held["best_recipe"]["exact_n"]]
    n_agree = sum(gap <= most for gap, most in zip(gaps, allowed, strict=True))
    yield _counted(_JSON, "people needed with five decimals", 10, n_agree, "five decimals", "PowerTable")
    same = [a == b for a, b in zip(held["published"], foundation_table().rows["n_treatment"], strict=True)]
    yield _counted(_JSON, "people needed, rounded", 10, sum(same), "the whole number", "PowerTable")


def _recipe() -> dict[str, Any]:
    return json.loads((DATA / _JSON).read_text(encoding="utf-8"))


def _counted(
    source: str, figure: str, n: int, n_agree: int, to: str, by: str, apart: float = math.nan, why: str = ""
) -> Line:
    verdict = Verdict.agrees if n == n_agree else Verdict.differs
    told = f"{n_agree:,} of {n:,} to {to}"
    return Line(source, figure, f"{n:,} values", told, verdict, by, why, n, n_agree, apart)


def t_root(sides: int = 2) -> Roots:
    """Standard deviation at which exactly n treated people detect a difference of 1, by the t-test."""
    return lambda n: 1 / detectable_difference(n, N_CONTROL, 1.0, LEVEL, POWER, sides)


def normal_root() -> Roots:
    """The same by the normal distribution."""
    needed = 0.1 * math.sqrt(needed_for_shares(0.1, math.inf, LEVEL, POWER))
    return lambda n: 1 / (needed * math.sqrt(1 / n + 1 / N_CONTROL))


#: How a number of people is rounded -> the unrounded numbers that become n.
ROUNDINGS = {"nearest": (-0.5, 0.5), "up": (-1.0, 0.0), "down": (0.0, 1.0)}


def sd_window(root: Roots, rounding: str, rows: tuple[int, ...] | None = None) -> tuple[float, float]:
    """Standard deviations that give these rows (reductions in points) of the published table; empty if low > high."""
    held = _recipe()
    below, above = ROUNDINGS[rounding]
    pairs = [(d, n) for d, n in zip(held["delta_pp"], held["published"], strict=True) if rows is None or d in rows]
    return max(d / 100 * root(n + below) for d, n in pairs), min(d / 100 * root(n + above) for d, n in pairs)


def _standard_deviation() -> Iterator[Line]:
    held, by = _recipe(), "detectable_difference"
    recipe = held["best_recipe"]
    rates = N_REOFFENDED / N_TREATMENT, N_CONTROL_REOFFENDED / N_CONTROL
    sd = common_sd(rates[0], N_TREATMENT, rates[1], N_CONTROL)
    figure = "standard deviation from 84 of 257 and 11,543 of 33,111"
    yield exact(_JSON, figure, f"{recipe['sd']:.10f}", f"{sd:.10f}", "common_sd")
    for figure, told, rate in (("84 of 257", "32.685%", rates[0]), ("11,543 of 33,111", "34.861%", rates[1])):
        recomputed = f"{number(rate, 3, factor=100)}%"
        why = "" if told == recomputed else f"{number(rate, 5, factor=100)}%: the file cuts off what it should round"
        yield follows(_JSON, figure, told, recomputed, "number", why)
    window = sd_window(t_root(), "nearest")
    # R's root for row 1 is good to 3e-9 of 240,648 people, which is so much of a standard deviation
    most = 3e-9 * N_FIRST * (window[1] - window[0]) + 0.5e-10
    why = "R's own root for row 1 is good to 3 × 10⁻⁹, which moves the ends by one in the tenth decimal"
    for side, told, found in zip(("least", "largest"), held["sd_window_all_ten"], window, strict=True):
        agrees = abs(told - found) <= most
        verdict = Verdict.agrees if agrees else Verdict.differs
        figure = f"{side} standard deviation that gives all ten rows"
        yield Line(_JSON, figure, f"{told:.10f}", f"{found:.10f}", verdict, by, why, 1, int(agrees))
    figure = "standard deviations that give all ten rows by the t-test"
    yield exact(_JSON, f"{figure}, rounded up or down", "none", _none(t_root(), ("up", "down")), by)
    yield exact(_JSON, f"{figure}, one-sided, however rounded", "none", _none(t_root(1), tuple(ROUNDINGS)), by)
    yield exact(_JSON, "rows 1 and 9 contradict each other if rounded up", "yes", _contradict("up", 9), by)
    why = "they leave room; row 10 is what does not fit: no standard deviation gives all ten, as stated"
    yield follows(_JSON, "rows 1 and 9 contradict each other if rounded down", "yes", _contradict("down", 9), by, why)
    low, high = sd_window(normal_root(), "nearest", (1,))
    found = {round(needed_for_shares(0.02 / s, N_CONTROL, LEVEL, POWER)) for s in (low, (low + high) / 2, high)}
    told = "9,326" if "9,326" in held["excluded"]["normal_approximation_two_sided_round"] else "not in the file"
    figure = "row 2 by the normal distribution, wherever it gives row 1"
    yield exact(_JSON, figure, told, " or ".join(f"{n:,}" for n in sorted(found)), "needed_for_shares")
    low, high = sd_window(t_root(), "nearest", (1, 2, 3))
    told = "yes" if 0 < high - low < 1e-5 else "no"
    yield exact(_JSON, "rows 1 to 3 together leave less than 10⁻⁵ for one standard deviation", "yes", told, by)
    rounded = common_sd(0.33, math.inf, 0.35, math.inf)
    yield exact(_JSON, "standard deviation of 33% and 35%", "0.47360", f"{rounded:.5f}", "common_sd")
    table = PowerTable(n_control=N_CONTROL, sd=round(rounded, 5))
    by_normal = math.ceil(needed_for_shares(0.01 / round(rounded, 5), N_CONTROL, LEVEL, POWER))
    why = f"the file's own formula is the t-test's; the normal distribution, rounded up, gives {by_normal:,}"
    yield follows(_JSON, "people for 1 point with it", 243_445, table.needed_for(1), "PowerTable", why)
    alone = [math.sqrt(0.35 * 0.65), *(math.sqrt(k / 257 * (1 - k / 257)) for k in range(84, 88))]
    told = "no" if any(window[0] <= s <= window[1] for s in alone) else "yes"
    yield exact(_JSON, "35% alone, and 84 to 87 of 257 alone, give another table", "yes", told, by)
    pooled = 0.5 - math.sqrt(0.25 - (sum(window) / 2) ** 2)
    why = "of both groups together; of the controls alone it would be 33.88%"
    yield exact(_JSON, "rate that pooling would need", "33.87%", f"{number(pooled, 2, factor=100)}%", by, why)
    there = math.isfinite(power_of_t_test(1e4, 1e6, 0.2, LEVEL))
    why = "SciPy's noncentral t gave none; the toolkit sums it another way"
    figure = "power with 10,000 and 1,000,000 people, 0.2 standard deviations apart"
    yield exact(_JSON, figure, "a number is needed", "a number is needed" if there else "none", "power_of_t_test", why)
    yield cannot(
        _JSON,
        "chance of a recipe to hit whole numbers; recipes tried",
        "2.4%; about 20",
        "which recipes were tried is not in the file",
        2,
    )
    yield cannot(
        _JSON,
        "published rows on which statsmodels fails",
        "8 of 10",
        "of another package; the toolkit does not use that search",
    )


def _none(root: Roots, roundings: tuple[str, ...]) -> str:
    found = [name for name in roundings if (w := sd_window(root, name))[0] <= w[1]]
    return ", ".join(found) or "none"


def _contradict(rounding: str, row: int) -> str:
    low, high = sd_window(t_root(), rounding, (1, row))
    return "yes" if low > high else "no"


# --- R's vectors -----------------------------------------------------------------------------------------------------

#: Test and what is solved for -> (column of R's answer, bound, why it is what it is).
_SOLVED = {
    ("t2n", "n_treated"): ("n_treated", 5e-8, "R's root is good to about 10⁻⁸"),
    ("t2n", "power"): ("power", 2e-11, ""),
    ("t2n", "delta"): ("delta", 1e-10, ""),
    ("2p2n", "n_treated"): ("n_treated", 1e-10, ""),
    ("2p2n", "power"): ("power", 1e-10, ""),
}


def _vectors() -> Iterator[Line]:
    vectors = pd.read_csv(DATA / _VECTORS)
    for (test, solved), group in vectors.groupby(["test", "solve_for"], sort=False):
        column, most, why = _SOLVED[test, solved]
        words = f"{'t-test' if test == 't2n' else 'two shares'}, solved for {solved.replace('_', ' ')}"
        found = [_solve(v) for v in group.itertuples()]
        yield _against(words, found, group[column], most, why)
        if solved == "n_treated":  # beside R's more exact root, that of pwr itself
            why = "pwr's search stops at R's usual tolerance"
            yield _against(f"{words}: pwr's own", found, group["n_treated_pwr"], 1e-6, why)
    shares = vectors[vectors["test"] == "2p2n"]
    found = [abs(cohen_h(v.p_treated, v.p_control)) for v in shares.itertuples()]
    yield _against("Cohen's h", found, shares["effect_size"].abs(), 1e-12, "")
    t_tests = vectors[vectors["test"] == "t2n"]
    found = (t_tests["delta"] / t_tests["sd"]).tolist()
    yield _against("effect in standard deviations", found, t_tests["effect_size"], 1e-8, "")


def _against(words: str, ours: list[float | None], theirs: pd.Series, most: float, why: str) -> Line:
    gaps = []
    for a, b in zip(ours, theirs, strict=True):
        missing = [a is None, math.isnan(b)]
        gaps.append((0.0 if all(missing) else math.inf) if any(missing) else abs(a - b) / abs(b))
    n_infeasible = int(theirs.isna().sum())
    told = f" ({n_infeasible} that no number of people reaches)" if n_infeasible else ""
    n_agree = sum(gap <= most for gap in gaps)
    to = f"{power_of_ten(most)} of the value"
    return _counted(_VECTORS, words + told, len(gaps), n_agree, to, "power", max(gaps), why)


def _solve(v: Any) -> float | None:
    sides = 2 if v.alternative == "two.sided" else 1
    if v.test == "t2n":
        if v.solve_for == "n_treated":
            return needed_treatment(v.delta, v.sd, v.n_control, v.alpha, v.power, sides)
        if v.solve_for == "power":
            return power_of_t_test(v.n_treated, v.n_control, v.delta / v.sd, v.alpha, sides)
        return detectable_difference(v.n_treated, v.n_control, v.sd, v.alpha, v.power, sides)
    h = cohen_h(v.p_treated, v.p_control)
    if v.solve_for == "n_treated":
        return needed_for_shares(h, v.n_control, v.alpha, v.power, sides)
    return power_of_shares(v.n_treated, v.n_control, h, v.alpha, sides)


# --- E-values --------------------------------------------------------------------------------------------------------


def _e_values() -> Iterator[Line]:
    held = json.loads((DATA / _E_VALUES).read_text(encoding="utf-8"))
    makes: dict[str, tuple[str, Callable[[dict], EValue]]] = {
        "rr": ("risk ratios", lambda r: e_value_rr(r["rr"], r["lo"], r["hi"])),
        "or_common_sqrt": (
            "odds ratios, common outcome",
            lambda r: e_value_or(r["or"], r["lo"], r["hi"], is_rare=False),
        ),
        "or_rare": ("odds ratios, rare outcome", lambda r: e_value_or(r["or"], r["lo"], r["hi"], is_rare=True)),
        "hr_common": ("a hazard ratio", lambda r: e_value_hr(r["hr"], r["lo"], r["hi"], is_rare=False)),
        "md": ("a difference in standard deviations", lambda r: e_value_md(r["d"], r["se"])),
        "rd": ("a risk difference", lambda r: e_value_rd(r["n11"], r["n10"], r["n01"], r["n00"])),
    }
    for key, (words, make) in makes.items():
        pairs = []
        for row in held[key]:
            found = make(row)
            ours = {"e_point": found.point, "e_ci": found.limit, "rr_lo": found.ratio_low, "rr_hi": found.ratio_high}
            if key != "rr":
                ours["rr"] = found.ratio
            pairs += [(ours[name], row[name]) for name in ours if name in row]
        gaps = [abs(a - b) / b for a, b in pairs]
        n_agree = sum(gap <= 1e-6 for gap in gaps)
        why = "R printed seven digits"
        yield _counted(
            _E_VALUES, f"E-values of {words}", len(gaps), n_agree, "10⁻⁶ of the value", "hidden_bias", max(gaps), why
        )
    worked = e_value_rr(3.9, 1.8, 8.7)
    told = f"{number(worked.point, 2)} and {number(worked.limit, 1)}"
    yield exact(_E_VALUES, "VanderWeele and Ding's example, 3.9 (1.8 to 8.7)", "7.26 and 3.0", told, "e_value_rr")
