"""From results about people to aggregates that may be published: profile, overlap, balance, measures, power.

Each function takes stage results and returns plain values for the models of `findings`, with disclosure control
applied. The flow and the linkage are in `flow_counts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..balance.terms import label_of
from ..disclosure import mask_small_counts, may_be_shown, merge_levels
from ..matching.design import OTHER_LEVELS
from ..matching.match import WITH_CALIPER
from .overlaps import Shown

# --- who is compared -------------------------------------------------------------------------------------------------


def profile_rows(
    covariates: Any, matched: Any, minimum_cell: int, shown: Shown | None = None, place: int = 0
) -> list[dict[str, Any]]:
    """Share of each level among the matched treated and controls, weighted as compared, and in the whole pool.

    Neighbouring levels are joined until each holds at least `minimum_cell` people of each group, and of those who
    remain when earlier analyses (`shown`) are set off against this one; where only one is left, the characteristic is
    named without figures. What the whole pool has in common with the treated, such as being released from custody, is
    left out. Shares of controls and of the pool are in whole per cent.
    """
    units = matched.units[["unit_id", "is_treated", "weight"]]
    profile = units.merge(covariates.profile, on="unit_id", how="left", validate="1:1")
    groups = {
        "treatment": profile["is_treated"] & (profile["weight"] > 0),
        "control": ~profile["is_treated"] & (profile["weight"] > 0),
        "pool": ~profile["is_treated"],
    }
    weights = {"treatment": profile["weight"], "control": profile["weight"], "pool": profile["weight"] * 0 + 1}
    rows = []
    for column in covariates.profile.columns.drop("unit_id"):
        level = profile[column].astype("category") if profile[column].dtype.name != "category" else profile[column]
        counts = pd.DataFrame({g: level[within].value_counts(sort=False) for g, within in groups.items()})
        counts = counts.reindex(level.cat.categories).fillna(0)
        if len(counts[counts.sum(axis=1) > 0]) == 1:  # so were all who could have been chosen: no characteristic
            continue
        label = covariates.labels.get(column, column)
        own = counts["treatment"]
        if shown is not None:
            counts = counts.join(shown.left_of_levels(place, column, own))
        joined = merge_levels(counts[counts.sum(axis=1) > 0], minimum_cell)
        if shown is not None and len(joined) > 1:
            shown.levels.setdefault(column, {})[place] = own
        for levels in joined:
            within_level = level.isin(levels)
            row = {"characteristic": label, "level": _joined_name(levels, len(joined))}
            for g, within in groups.items():
                share = float(weights[g][within & within_level].sum() / weights[g][within].sum())
                row[g] = None if len(joined) == 1 else share if g == "treatment" else round(share, 2)
            rows.append(row)
    return rows


#: A band as `covariates.profile` names it: "under 18", "18 to 20", "1 or 2", "6 to under 12 months", "45 and over".
_BAND = re.compile(
    r"(?:none|under (?P<under>\d+)|(?P<low>\d+)(?: (?:to|or) (?P<below>under )?(?P<high>\d+))?)"
    r"(?P<unit> months| years)?(?P<open> or more| and over)?"
)
_MOST_NAMED = 4  # joined levels that are named


def _joined_name(levels: list[Any], n_groups: int) -> str:
    """A name for levels that stand together: one band for neighbouring bands, else a list of what was joined."""
    names = [str(level) for level in levels]
    if len(names) > 1 and n_groups > 1:
        bands = [band for band in (_BAND.fullmatch(name) for name in names) if band]
        if len(bands) > 1:
            rest = [name for name in names if not _BAND.fullmatch(name)]
            return " or ".join([_joined_band(bands[0], bands[-1]), *rest])
        if len(names) > 2 or any(" or " in name for name in names):
            named = names if len(names) <= _MOST_NAMED else [*names[: _MOST_NAMED - 1], "less common ones"]
            return f"other ({'; '.join('all others' if name.lower() == 'other' else name for name in named)})"
    return " or ".join(names)


def _joined_band(first: re.Match[str], last: re.Match[str]) -> str:
    """From the beginning of the first band to the end of the last: "35 and over", "1 to under 4 years", "up to 2"."""
    low, unit = first["low"], last["unit"] or ""
    from_unit = "" if first["unit"] in (None, last["unit"]) else first["unit"]
    if last["open"]:
        return f"{low}{first['unit'] or ''}{last['open']}" if low else "any"
    high = last["high"] or last["low"]
    if high is None:  # bands that are not in order
        return f"{first[0]} or {last[0]}"
    if last["below"]:
        return f"{low}{from_unit} to under {high}{unit}" if low else f"under {high}{unit}"
    if low is None:
        return f"up to {high}{unit}"
    return f"{low} {'or' if int(high) == int(low) + 1 else 'to'} {high}{unit}"


def balance_summary(
    balance: Any,
    covariates: Any,
    matched: Any,
    minimum_cell: int,
    shown: Shown | None = None,
    place: int = 0,
    profile: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Standardised differences of every level that may be shown; the lights count them all.

    From the difference of a rare level the number of people with it could be worked out, so such rows are left out. If
    what is left out of a covariate is one level, or of few people together, so is its next smallest. A row without a
    finite difference is left out too. So is a level that the `profile` (rows as `profile_rows` gives them) joins with
    others: of 55 people "25 and over", a difference that fits 52 of "25 to 34" leaves three.

    Before as after matching, the treated are those compared. Beside their share, that of all who took part would tell
    how many had no comparable control, and what these few are like. Differences have three decimals; the lights are of
    unrounded ones.
    """
    rows = balance.rows.reset_index(drop=True)
    is_level = (rows["level"] != "") | rows["var_ratio"].isna()
    sizes = pd.DataFrame(
        {
            "matched": rows.get("mean_treatment_matched", rows["mean_treatment"]) * matched.n_treatment_matched,
            "treated": rows.get("mean_treatment_all", rows["mean_treatment"]) * matched.n_treatment,
            "pool": rows["mean_pool"] * matched.n_pool,
        }
    )
    n_people = {"matched": matched.n_treatment_matched, "treated": matched.n_treatment, "pool": matched.n_pool}
    fine = [[may_be_shown(round(k), n_people[g], minimum_cell) for k in sizes[g]] for g in sizes]
    names = rows["covariate"].map(lambda c: covariates.labels.get(c, c))
    is_fine = np.all(fine, axis=0) & ~_joined_in_profile(names, rows["level"], profile)
    if shown is not None:  # what earlier analyses leave of a level must not be few people either
        for i in np.flatnonzero(is_level & is_fine):
            key = f"balance {rows['covariate'][i]} {rows['level'][i]}"
            is_fine[i] = shown.allows(place, key, round(sizes["matched"][i]), matched.n_treatment_matched)
    hidden = (is_level & ~is_fine) | ~np.isfinite(rows[["smd_before", "smd_after"]]).all(axis=1)
    for _, of_covariate in rows[is_level].groupby("covariate", sort=False):
        while (is_out := hidden[of_covariate.index]).any() and not is_out.all():
            left = sizes["matched"][of_covariate.index[is_out]]
            if len(left) > 1 and round(left.sum()) >= minimum_cell:
                break
            hidden[sizes.loc[of_covariate.index[~is_out], "matched"].idxmin()] = True
    columns = ["covariate", "level", "smd_before", "smd_after", "light"]
    denominator = getattr(balance, "denominator", "pooled")
    smd = {"smd_before": _before(rows, is_level, denominator).round(3), "smd_after": rows["smd_after"].round(3)}
    shown_rows = rows.assign(covariate=names, **smd)[~hidden][columns].to_dict("records")
    shown_numbers = set(rows["covariate"][~is_level & ~hidden])
    return {
        "rows": shown_rows,
        "squares": _squares(balance, covariates, shown_numbers),
        "denominator": denominator,
        "n_withheld": int(hidden.sum()),
        "n_red": int((rows["light"] == "red").sum()),
        "n_amber": int((rows["light"] == "amber").sum()),
        "worst": round(float(balance.worst), 3),
        "passed": bool(balance.passed),
    }


def _joined_in_profile(names: pd.Series, levels: pd.Series, profile: Iterable[dict[str, Any]]) -> np.ndarray:
    """Levels of characteristics of the profile that stand there with others; mask over rows.

    Levels that were joined for matching are the rest, and no news where all others stand alone.
    """
    alone: dict[str, set[str]] = {}
    for row in profile:
        alone.setdefault(row["characteristic"], set()).update({row["level"]} if row["treatment"] is not None else ())
    is_joined = np.array(
        [name in alone and level not in alone[name] for name, level in zip(names, levels, strict=True)], dtype=bool
    )
    is_rest = (levels == OTHER_LEVELS).to_numpy(bool)
    others_joined = set(names[is_joined & ~is_rest])
    return is_joined & (~is_rest | names.isin(others_joined).to_numpy(bool))


def _squares(balance: Any, covariates: Any, shown_numbers: set[str]) -> list[dict[str, Any]]:
    """Differences of the squares of numbers that are listed themselves; like these they concern everybody."""
    beside = getattr(balance, "beside", None)
    if beside is None or not len(beside):
        return []
    rows = beside[(beside["kind"] == "square") & beside["covariate"].isin(shown_numbers)]
    before = _before(rows, pd.Series(False, index=rows.index), balance.denominator).round(3)
    names = [label_of("square", c, covariates.labels) for c in rows["covariate"]]
    rows = rows.assign(covariate=names, smd_before=before, smd_after=rows["smd_after"].round(3))
    rows = rows[np.isfinite(rows[["smd_before", "smd_after"]]).all(axis=1)]
    return rows[["covariate", "level", "smd_before", "smd_after", "light", "kind"]].to_dict("records")


def _before(rows: pd.DataFrame, is_level: pd.Series, denominator: str = "pooled") -> pd.Series:
    """Standardised difference of the people compared from the whole pool.

    Of a level, the spread is that of the people compared too. Of a number, whose means are published nowhere, it is the
    one that the difference of everybody was divided by.
    """
    p, q = rows.get("mean_treatment_matched", rows["mean_treatment"]), rows["mean_pool"]
    of_all = rows.get("mean_treatment_all", p) - q
    of_treated, of_both = p * (1 - p), (p * (1 - p) + q * (1 - q)) / 2
    variance = of_treated.where(of_treated > 0, of_both) if denominator == "treated" else of_both
    with np.errstate(divide="ignore", invalid="ignore"):
        of_level = (p - q) / np.sqrt(variance.clip(lower=0))
        of_number = (rows["smd_before"] * (p - q) / of_all).where(of_all != 0, rows["smd_before"])
    return of_level.where(is_level, of_number)


def matching_summary(
    matched: Any, tried: Any, is_unmatched_hidden: bool, spec: Any, is_balanced: bool = True
) -> dict[str, Any]:
    """Sizes of the groups, method and caliper, with what the analyst was told."""
    minimum_cell = spec.disclosure.minimum_cell
    return {
        "n_treatment": None if is_unmatched_hidden else matched.n_treatment,
        "n_treatment_matched": matched.n_treatment_matched,
        "n_pool": matched.n_pool,
        "n_control": matched.n_control,
        "ess_control": float(matched.ess_control),
        "method": str(matched.method),
        "is_fallback": str(matched.method) != str(spec.matching.method),
        "caliper_sd": None if matched.caliper_sd is None else float(matched.caliper_sd),
        "caliper_raw": None if matched.caliper_raw is None else round(float(matched.caliper_raw), 3),
        "calipers_tried": _calipers(tried, matched, is_balanced, spec),
        "messages": [mask_small_counts(m, minimum_cell) for m in matched.messages],
    }


def _calipers(tried: Any, matched: Any, is_balanced: bool, spec: Any) -> list[float]:
    """As handed over (a frame with a column caliper, or numbers), else the ladder down to the one that was used.

    All of the ladder where no caliper made the groups alike.
    """
    if tried is not None:
        return [float(c) for c in (tried["caliper"].dropna() if isinstance(tried, pd.DataFrame) else tried)]
    if spec.matching.method not in WITH_CALIPER:
        return []
    ladder, is_raw = sorted(map(float, spec.matching.calipers), reverse=True), spec.matching.caliper_unit == "raw"
    used = matched.caliper_raw if is_raw else matched.caliper_sd
    return ladder[: ladder.index(used) + 1] if is_balanced and used in ladder else ladder


# --- power -----------------------------------------------------------------------------------------------------------


def power_summary(power: Any, measures: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The power table, and how many people a reduction of the size observed would take (if there was one).

    None where the rate is withheld: it could be worked out from the standard deviation of the table.
    """
    rate = next((m for m in measures if m["unit"] == "share" and m["base"] == "everyone"), None)
    if rate is None or rate["headline"] is None:
        return None
    observed, worth = rate["headline"]["estimate"], power.effective
    return {name: float(getattr(power, name)) for name in ("sd", "alpha", "power")} | {
        "n_control": int(power.n_control),
        "n_treatment": int(power.n_treatment),
        **_power_answers(power, observed),
        "curve": [(int(n), float(pp)) for n, pp in power.curve[["n_treatment", "detectable"]].itertuples(index=False)],
        "effective": None if worth is None else {"n_control": worth.n_control, **_power_answers(worth, observed)},
    }


def _power_answers(power: Any, observed: float) -> dict[str, Any]:
    """What a power table of shares answers, for a count of controls that is its own."""
    rows = [
        {
            "reduction_pp": float(r["reduction"]),
            "n_treatment": None if pd.isna(r["n_treatment"]) else int(r["n_treatment"]),
            "infeasible": bool(r["infeasible"]),
        }
        for r in power.rows.to_dict("records")
    ]
    return {
        "rows": rows,
        "smallest_detectable_pp": float(power.smallest_detectable),
        "detectable_in_hand_pp": float(power.detectable_in_hand),
        "needed_for_observed": power.needed_for(100 * observed) if observed < 0 else None,
    }
