"""R's results, value by value: compared, or named with the reason why not; nothing in the files is passed over."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...numbers import number
from .line import Line, Verdict, cannot
from .reference_own import TABLES, Recomputed

#: Relative to the larger of the value and `SMALL`: sums in another order, and two fits stopped at other steps.
CLOSE, SMALL = 1e-8, 1e-3
#: What the paths of some values allow instead, with the reason: (pattern, bound, floor of the value, reason).
LOOSER: tuple[tuple[str, float, float, str], ...] = (
    (r"ebal_att/|ebal_att$", 5e-4, SMALL, "WeightIt's entropy balancing stops at its own tolerance"),
    (
        r"matchit_\w+/(matchit_summary/distance|caliper_raw)/",
        1e-6, 1.0, "MatchIt fits a score of its own, to R's usual tolerance",
    ),
    (r"propensity/se/", 2e-6, SMALL, "R takes them from its last step but one"),
    (r"rosenbaum_wilcoxon/psens/\d+/", 5.1e-5, 1.0, "R printed four decimals"),
)  # fmt: skip
_HC3 = "a leverage of 1 leaves HC3 without a value: the toolkit says so, R divides one rounding error by another"
#: Why a value is not recomputed, by its path.
WHY_NOT: tuple[tuple[str, str], ...] = (
    (r"/lm_se_const$", "takes weights for inverse variances, which they are not: the toolkit does not offer it"),
    (r"/se_standard$", "Matching's error for a sample taken as fixed, which the toolkit does not offer"),
    (r"/OVL\.", "overlap of kernel densities, which the toolkit does not draw for a covariate"),
    (r"/hlsens_pr50/", "Hodges-Lehmann bounds, which the toolkit does not offer"),
    (r"rbounds_binarysens/", "known to be wrong by one case, P(X > a) for P(X ≥ a); see the line on it"),
    (r"matchit_mahal/estimates/lm_se_cluster", "its matched sets are not in R's file"),
    (r"matchit_(full|optimal)/pairs/", "optimal and full matching are not offered"),
    (r"_subclass$", "names of matched sets; the errors by set rest on them"),
    (r"/pairs/|^matchit_nn", "whom R takes among equal scores is arbitrary; distances are compared where they are not"),
    (r"/(gamma/\d+|Gamma|time)$", "a setting of R's run"),
    (r"^matchit_(subclass6|full|optimal|cem|mahal)$", "this way of matching is not offered; R's weights are taken"),
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_FAMILIES: tuple[tuple[str, str], ...] = (
    (r"info|propensity|ps$|logit_ps", "propensity score"),
    (r"unadjusted", "before matching"),
    (r"radius_", "radius matching"),
    (r"matchit_nn", "nearest neighbours"),
    (r"matchit_", "other matching, with R's weights"),
    (r"ipw_", "inverse-odds weights"),
    (r"ebal_", "entropy balancing"),
    (r"aipw_", "doubly robust"),
    (r"ai_match", "neighbours with Abadie and Imbens's error"),
    (r"cobalt_", "cobalt's balance"),
    (r"survival_", "time to reoffending and counts"),
    (r"rosenbaum_", "Rosenbaum bounds"),
)
_SECTIONS = {"balance": "balance", "matchit_summary": "MatchIt's own summary of balance", "estimates": "estimates"}
_BY = {
    "propensity score": "fit_propensity", "before matching": "measure_balance, estimate_all",
    "radius matching": "match_table, measure_balance, estimate_all", "nearest neighbours": "match_table, nearest_pairs",
    "other matching, with R's weights": "measure_balance, estimate_all", "inverse-odds weights": "match_table",
    "entropy balancing": "match_table", "doubly robust": "estimate_all", "cobalt's balance": "measure_balance",
    "neighbours with Abadie and Imbens's error": "nearest_neighbours", "Rosenbaum bounds": "hidden_bias",
    "time to reoffending and counts": "log_hazard_ratio, kaplan_meier, compare_times, estimate_all",
}  # fmt: skip
#: In a short run: the table without ties would take longer.
SHORT = {"lalonde": ("unadjusted", "radius_logit_02sd", "matchit_nn11_cal02", "ipw_att")}


def reference_lines(short: bool, progress: Callable[[str], None] = lambda _: None) -> Iterator[Line]:
    """R's results for both tables; in a short run, four blocks of one."""
    for name in SHORT if short else TABLES:
        progress(f"R's results for {name}")
        recomputed = Recomputed(name)
        blocks = SHORT[name] if short else None
        yield from values_compared(
            f"ref_{name}.json", _wanted(leaves(recomputed.r), blocks), dict(recomputed.figures(blocks))
        )
        yield from _people_compared(f"units_{name}.csv.gz", recomputed, blocks)
        if not short and "rosenbaum_mcnemar" in recomputed.r:
            yield _one_off(recomputed)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, float | None]]:
    """Every number of nested results with its path; null is one of them: R had none. Texts are none."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}/{key}" if path else key)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from leaves(part, f"{path}/{i}")
    elif not isinstance(value, str):
        yield path, value


def _wanted(values: Iterator[tuple[str, float | None]], blocks: tuple[str, ...] | None) -> dict[str, float | None]:
    return {path: value for path, value in values if blocks is None or path.split("/")[0] in blocks}


def values_compared(source: str, theirs: dict[str, float | None], ours: dict[str, float | None]) -> Iterator[Line]:
    """Lines for R's values by their paths: one for each kind that is compared, one for each reason why not."""
    groups: dict[tuple[str, ...], list[float | None]] = defaultdict(list)
    reasons: dict[str, int] = defaultdict(int)
    for path, value in theirs.items():
        if path not in ours:
            reasons[why_not(path)] += 1
        elif ours[path] is None and value is not None and path.endswith("HC3"):
            reasons[_HC3] += 1
        else:
            groups[_kind_of(path)].append(path)
    for kind, paths in groups.items():
        yield _line(source, kind, [(path, ours[path], theirs[path]) for path in paths])
    for why, n in reasons.items():
        yield cannot(source, f"{n:,} {'value' if n == 1 else 'values'}", "as filed", why, n)


def why_not(path: str) -> str:
    """The reason why the toolkit has no such value; empty, which fails the study's check, if none is known."""
    return next((why for pattern, why in WHY_NOT if re.search(pattern, path)), "")


def _kind_of(path: str) -> tuple[str, str, str]:
    """Family, section and what loosens the bound."""
    block, *rest = path.split("/")
    family = next(words for pattern, words in _FAMILIES if re.match(pattern, block))
    section = _SECTIONS.get(rest[0], "") if rest else ""
    return family, section, next((why for pattern, _, _, why in LOOSER if re.search(pattern, path)), "")


def bound(path: str) -> tuple[float, float]:
    """What is allowed of a value, and the floor of the value that it is relative to."""
    return next(((most, floor) for pattern, most, floor, _ in LOOSER if re.search(pattern, path)), (CLOSE, SMALL))


def apart(path: str, ours: float | None, theirs: float | None) -> float:
    """Relative difference; 0 where neither has a value, infinite where one alone has."""
    missing = [value is None or math.isnan(value) for value in (ours, theirs)]
    if any(missing):
        return 0.0 if all(missing) else math.inf
    return abs(ours - theirs) / max(abs(theirs), bound(path)[1])


def _line(source: str, kind: tuple[str, str, str], values: list[tuple[str, Any, Any]]) -> Line:
    family, section, looser = kind
    gaps = [apart(*value) for value in values]
    most = bound(values[0][0])[0]
    n, n_agree = len(gaps), sum(gap <= most for gap in gaps)
    worst = max(gaps)
    figure = f"{family}: {section}" if section else family
    return _agreeing(source, figure, n, n_agree, worst, most, _BY[family], looser)


def _agreeing(source: str, figure: str, n: int, n_agree: int, worst: float, most: float, by: str, why: str) -> Line:
    verdict = Verdict.agrees if n == n_agree else Verdict.differs
    told = f"{n_agree:,} of {n:,} within {power_of_ten(most)}"
    return Line(source, figure, f"{n:,} {'value' if n == 1 else 'values'}", told, verdict, by, why, n, n_agree, worst)


def power_of_ten(x: float) -> str:
    """A bound as readers write it: ``10⁻⁸``, ``5 × 10⁻⁴``."""
    if x in (0.0, math.inf):
        return number(x)
    exponent = math.floor(math.log10(x) + 1e-9)
    factor = x / 10.0**exponent
    times = "" if abs(factor - 1) < 0.005 else f"{number(factor, 1).removesuffix('.0')} × "
    return f"{times}10{str(exponent).translate(_RAISED)}"


def _people_compared(source: str, recomputed: Recomputed, blocks: tuple[str, ...] | None) -> Iterator[Line]:
    """R's file with a row per person: scores, weights, numbers of comparable controls."""
    ours = {name: (a, b) for name, a, b in recomputed.weights(blocks)}
    families: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in ours:
        families[_kind_of(name)].append(name)
    for kind, names in families.items():
        gaps, most = [], bound(names[0])[0]
        for name in names:
            a, b = ours[name]
            gaps.append(np.abs(a - b) / np.maximum(np.abs(b), SMALL))
        all_of = np.concatenate(gaps)
        figure = f"{kind[0]}: {'score' if 'score' in kind[0] else 'weight and number of controls'} of each person"
        yield _agreeing(
            source, figure, len(all_of), int((all_of <= most).sum()), float(all_of.max()), most, "match_table", kind[2]
        )
    if blocks is not None:
        return
    reasons: dict[str, int] = defaultdict(int)
    for column in recomputed.r_units.columns.drop("id"):
        if column not in ours:
            reasons[why_not(column)] += len(recomputed.r_units)
    for why, n in reasons.items():
        yield cannot(source, f"{n:,} values, one per person and column", "as filed", why, n)


def _one_off(recomputed: Recomputed) -> Line:
    """What rbounds returned: the bounds of one case more, which is how it is known to be wrong."""
    from ...hidden_bias import rosenbaum_mcnemar

    held = recomputed.r["rosenbaum_mcnemar"]
    rows = held["rbounds_binarysens"]
    up, down = held["treated_only"] + 1, held["control_only"] - 1
    found = rosenbaum_mcnemar(up, down, [row["Gamma"] for row in rows]).table
    gaps = [abs(ours - row["Upper bound"]) for ours, row in zip(found["p_upper_increase"], rows, strict=True)]
    gaps += [abs(ours - row["Lower bound"]) for ours, row in zip(found["p_lower_increase"], rows, strict=True)]
    why = (
        "with 13 and 8 in place of 12 and 9: so the package leaves the observed case out, and errs towards significance"
    )
    figure = "Rosenbaum bounds of the package rbounds, known to be wrong"
    n_agree = sum(gap <= 5e-6 for gap in gaps)
    return _agreeing("ref_syn_small.json", figure, len(gaps), n_agree, max(gaps), 5e-6, "rosenbaum_mcnemar", why)
