"""Which subgroups may be formed: large enough, and so that nothing can be worked out about a smaller group.

Results of the whole analysis are published, too. Whoever has them and those of a subgroup knows those of everybody else
by subtraction, so that a complement must be as large as a group; and so must whatever two published groups differ by.
"""

from __future__ import annotations

import pandas as pd

from ..covariates.profile import NOT_RECORDED

GROUP_COLUMNS = ["by", "level", "n_treatment", "n_complement", "why_not"]


def form_groups(levels: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """List every level of every characteristic, and say of each why no subgroup can be formed, if so.

    1. The level is recorded; it and all other treated people reach `minimum`. The others include those of whom the
       characteristic is not recorded, as subtraction from the whole would give the results of just these people.
    2. Within a characteristic, the treated people in no subgroup are none or at least `minimum`; else the smallest
       subgroup is given up (of equals, the last).
    3. Between characteristics, a subgroup and an earlier one, or the complement of an earlier one, hold the same
       treated people or differ by at least `minimum`; else the later one is given up.

    Parameters
    ----------
    levels : DataFrame
        From `levels_of`.
    minimum : int
        disclosure.minimum_group.

    Returns
    -------
    DataFrame
        by, level, n_treatment, n_complement (all other treated people), why_not (missing: the subgroup is formed); in
        the order of characteristics and their levels. Levels that no treated person has are not listed.
    """
    treated = levels[levels["is_treated"].to_numpy(bool)]
    rows = []
    for by in levels.columns[2:]:
        counts = treated[by].value_counts(sort=False)
        for level, n in counts[counts > 0].items():
            rest = len(treated) - int(n)
            rows.append((by, level, int(n), rest, _too_small(level, int(n), rest, minimum)))
    groups = pd.DataFrame(rows, columns=GROUP_COLUMNS)
    groups["why_not"] = groups["why_not"].astype(object)
    return _keep_apart(_leave_no_small_rest(groups, len(treated), minimum), treated, minimum)


def _too_small(level: str, n: int, rest: int, minimum: int) -> str | None:
    if level == NOT_RECORDED:
        return "it is not recorded to which subgroup they belong"
    if n < minimum:
        return f"fewer than {minimum} people in the treatment group belong to it"
    if not rest:
        return "everybody in the treatment group belongs to it"
    return f"fewer than {minimum} people in the treatment group do not belong to it" if rest < minimum else None


def _leave_no_small_rest(groups: pd.DataFrame, n_treated: int, minimum: int) -> pd.DataFrame:
    why_not = groups["why_not"].copy()
    for _, formed in groups[why_not.isna()].groupby("by", sort=False):
        if 0 < n_treated - formed["n_treatment"].sum() < minimum:
            smallest = formed.index[formed["n_treatment"] == formed["n_treatment"].min()][-1]
            why_not[smallest] = f"with it, the results of fewer than {minimum} other people could be worked out"
    return groups.assign(why_not=why_not)


def _keep_apart(groups: pd.DataFrame, treated: pd.DataFrame, minimum: int) -> pd.DataFrame:
    formed = groups.index[groups["why_not"].isna()]
    belongs = pd.DataFrame({i: treated[groups["by"][i]] == groups["level"][i] for i in formed}).to_numpy(float)
    shared = belongs.T @ belongs  # people in both, for every two groups
    size = groups.loc[formed, "n_treatment"].to_numpy(float)
    differ = size[:, None] + size[None, :] - 2 * shared
    small = ((differ > 0) & (differ < minimum)) | ((differ < len(treated)) & (differ > len(treated) - minimum))
    kept: list[int] = []
    why_not = groups["why_not"].copy()
    for place, i in enumerate(formed):
        if small[place, kept].any():
            why_not[i] = f"with another subgroup, the results of fewer than {minimum} people could be worked out"
        else:
            kept.append(place)
    return groups.assign(why_not=why_not)
