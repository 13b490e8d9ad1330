"""Linkage for its reviewer: what can be wrong, whom it finds less often, what the model believes. Counts only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from ..document import Table, Words
from ..numbers import number, plural
from ..register.comparisons import COMPARISONS
from .result import Linkage, expected

_NOT_SHOWN = "[c]"
_CHARACTERISTICS = {
    "sex": "Sex",
    "identifier": "PNC id or prison number",
    "remark": "Remarks of the intake",
    "birthday": "Date of birth",
    "middle_name": "Middle name",
    "ethnicity": "Ethnicity",
}
#: The records of a level, in words.
_GROUPS = {
    ("sex", "men"): "men",
    ("sex", "women"): "women",
    ("identifier", "given and verified"): "records with a verified identifier",
    ("identifier", "malformed"): "records with a malformed identifier",
    ("identifier", "not given"): "records without an identifier",
    ("remark", "none"): "records on which the intake remarked nothing",
    ("remark", "on a name or the date of birth"): "records with a remark on a name or the date of birth",
    ("birthday", "1 January"): "records with 1 January as date of birth",
    ("birthday", "another day"): "records with another day of birth",
    ("middle_name", "given"): "records with a middle name",
    ("middle_name", "not given"): "records without a middle name",
}


def mistakes(linkage: Linkage) -> Words:
    """How many links are wrong and how many people are missed, by the model and by the check of hidden identifiers."""
    counts, recall = linkage.by_status(), linkage.recall()
    model = (
        f"**By the model itself**: of {plural(counts['matched'], 'record', 'records')} matched, "
        f"{expected(linkage.expected_wrong_links)} are expected to be linked to the wrong person. Among the records "
        f"that were not matched, {expected(linkage.expected_missed_links)} are expected to have their person among "
        "the candidates all the same. Take both as lower bounds: the model knows how often strangers are alike by "
        "chance, but not relatives, nor people for whom it saw no candidate."
    )
    if not recall.n_known:
        return Words(f"{model}\n\nNo record has an identifier to check it by.", ("linkage_mistakes",))
    tally = linkage.check["outcome"].value_counts()
    check = (
        f"**By hidden identifiers**: the identifiers of {plural(recall.n_known, 'record', 'records')} lead to one "
        "person each, without conflict. Looked for again by names, date of birth and sex alone, "
        f"{recall.n_found:,} of them were found, {recall.n_wrong:,} linked to somebody else, "
        f"{tally.get('ambiguous', 0):,} ambiguous and {tally.get('missed', 0):,} missed: "
        f"{number(recall.recall, 1, factor=100)} of 100 found (95 % interval {number(recall.low, 1, factor=100)} to "
        f"{number(recall.high, 1, factor=100)}). If the other records are found as often, "
        f"{number(recall.n_missed)} people who are on the register ({number(recall.n_missed_low)} to "
        f"{number(recall.n_missed_high)}) are missing from the links of those records."
    )
    assumption = (
        "This takes an identifier that agrees with a name or the date of birth for the truth, and records without one "
        "to be written as carefully as records with one. If they are written less carefully, more are missed."
    )
    return Words(f"{model}\n\n{check}\n\n{assumption}", ("linkage_mistakes",))


def rates_table(rates: pd.DataFrame, minimum_cell: int, *, key: str = "match_rates", caption: str = "") -> Table:
    """Match rates with Wilson's 95 per cent intervals; of a handful of records nothing is said.

    Parameters
    ----------
    rates : DataFrame
        From `Linkage.by_characteristic` or `Linkage.recall_by_characteristic`.
    minimum_cell : int
    """
    rows = []
    for r, is_shown in zip(rates.to_dict("records"), _may_be_shown(rates, minimum_cell), strict=True):
        cells = (_NOT_SHOWN,) * 4
        if is_shown:
            low, high = proportion_confint(r["n_matched"], r["n_records"], method="wilson")
            between = f"{number(low, factor=100)} to {number(high, factor=100)}"
            cells = (f"{r['n_records']:,}", f"{r['n_matched']:,}", number(r["match_rate"], factor=100), between)
        rows.append((f"{_CHARACTERISTICS.get(r['characteristic'], r['characteristic'])}: {r['level']}", *cells))
    columns = ("Records", "Number", "Found", "Of 100", "95 % interval")
    note = f"{_NOT_SHOWN}: fewer than {minimum_cell} records."
    return Table(key, caption or "How often records are found", columns, tuple(rows), "lrrrr", note)


def unequal_links(rates: pd.DataFrame, minimum_cell: int) -> Words:
    """Each group set against the largest of its characteristic: who is found less often, and could that be chance?

    The interval of the difference is Newcombe's (1998, Statistics in Medicine 17, 873-890, method 10).
    """
    shown = rates[_may_be_shown(rates, minimum_cell)]
    lines = []
    for _, group in shown.groupby("characteristic", sort=False):
        group = group.sort_values(["n_records", "level"], ascending=[False, True], kind="stable")
        base, *others = group.to_dict("records")
        lines += [_compared(other, base) for other in others]
    text = "\n".join(f"- {line}" for line in lines) or "There are no two groups large enough to compare."
    return Words(text, ("unequal_links",))


def _compared(group: dict, base: dict) -> str:
    low, high = confint_proportions_2indep(
        group["n_matched"], group["n_records"], base["n_matched"], base["n_records"], method="newcomb"
    )
    here, there = (_group_words(r["characteristic"], r["level"]) for r in (group, base))
    rate, other = (number(r["match_rate"], factor=100) for r in (group, base))
    difference = group["match_rate"] - base["match_rate"]
    how = "as often as" if rate == other else "less often than" if difference < 0 else "more often than"
    chance = "could be chance" if low <= 0 <= high else "is hardly chance"
    between = f"{number(low, factor=100, sign=True)} to {number(high, factor=100, sign=True)} points"
    return (
        f"{here[0].upper()}{here[1:]} are found {how} {there}: {rate} of 100 against {other}; a difference of this "
        f"size {chance} (95 % interval {between})."
    )


def _group_words(characteristic: str, level: str) -> str:
    if (characteristic, level) in _GROUPS:
        return _GROUPS[characteristic, level]
    name = _CHARACTERISTICS.get(characteristic, characteristic).lower()
    return f"people whose {name} is {level}" if level.startswith("not ") else f"people recorded as {level}"


def _may_be_shown(rates: pd.DataFrame, minimum_cell: int) -> np.ndarray:
    """Levels with enough records to say something. The lab alone reads this: that few were missed is shown."""
    return (rates["n_records"] >= minimum_cell).to_numpy(dtype=bool)


def model_table(linkage: Linkage, *, key: str = "linkage_model", caption: str = "") -> Table:
    """What the model believes: how often each level of agreement occurs in records of one person and of two."""
    known = linkage.parameters.set_index(["comparison", "level"])
    rows = []
    for comparison in COMPARISONS:
        for level in comparison.levels:
            m, u = known.loc[(comparison.key, level.key), ["m", "u"]]
            weight = "by its frequency" if level.frequency else number(float(np.log2(m / u)), 1, sign=True)
            rows.append((f"{comparison.words}: {level.words}", _share(m), _share(u), weight))
    columns = ("Level of agreement", "Two records of one person (m)", "Of two people (u)", "Weight, bits")
    note = (
        "Weight is log2(m / u): by so many doublings the odds change. Where a name is the same its own frequency takes "
        "the place of u: a rare name says more. What is not given is no evidence."
    )
    return Table(key, caption or "What the model believes", columns, tuple(rows), "lrrr", note)


def _share(p: float) -> str:
    return f"{number(p, 1, factor=100)}%" if p >= 0.01 else f"1 in {float(f'{1 / p:.2g}'):,.0f}"
