"""Each subgroup matched anew within itself, before any outcome is opened.

A match made for everybody balances everybody: within a subgroup the groups may be as unlike as before. So the score is
fitted, the caliper chosen and balance judged for each subgroup alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from ..balance import choose_caliper
from ..balance.ladder import FELL_BACK
from ..document import Table
from ..errors import JDLError
from ..matching import MatchedSample
from ..matching.design import ordered_units
from ..numbers import MINIMUM_CELL, number, shown_count
from ..result import Result
from .characteristics import OF_PEOPLE, labels_of, levels_of
from .forming import GROUP_COLUMNS, form_groups

if TYPE_CHECKING:
    from ..balance import Balance
    from ..cohort import Cohort
    from ..covariates import Covariates
    from ..spec import RequestSpec
    from ..submission import Submission

NOT_ALIKE = "the groups could not be made alike enough"


@dataclass(frozen=True)
class SubgroupSamples(Result):
    """The declared subgroups and who is compared with whom in each, before any outcome is known.

    Parameters
    ----------
    samples : dict of str to MatchedSample
        By ``<by>: <level>`` (`name_of`), the subgroups that can be tested. They hold the people in the comparison
        alone: treated people without a comparable control and controls that serve nobody are left out.
    groups : DataFrame
        A row per level of each characteristic: by, level, n_treatment (treated people), n_complement (all other treated
        people), is_formed (large enough to be matched), n_matched, n_control (people in the comparison; missing if no
        match was found), worst (largest absolute standardised mean difference), caliper_sd, why_not (missing: it can be
        tested).
    balance : DataFrame
        A row per level of every covariate in each subgroup that can be tested: by, level; covariate (its label),
        covariate_level, is_level (else a number), smd_after (in standard deviations), light; n_matched, n_treated,
        n_pool: how many of the treated people in the comparison, of all treated people and of the pool are in the
        subgroup; k_matched, k_treated, k_pool: how many of them have the level.
    declared : tuple of str
        Characteristics that the request declares.
    labels : dict of str to str
        Characteristic -> label for readers.
    messages : tuple of str
    minimum_cell : int
        Smaller counts are not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> samples = examples.foundation().samples
    >>> len(samples.groups), len(samples.samples)
    (7, 2)
    >>> samples.to_frame()[["by", "level", "n_matched", "worst"]].dropna().round(3)
             by     level  n_matched  worst
    3  age_band  21 to 24         74  0.000
    4  age_band  25 to 34        128  0.044

    Each is a match of its own:

    >>> samples.samples["age_band: 25 to 34"].method
    'radius'
    """

    samples: dict[str, MatchedSample]
    groups: pd.DataFrame
    declared: tuple[str, ...]
    labels: dict[str, str]
    messages: tuple[str, ...]
    balance: pd.DataFrame = field(default_factory=pd.DataFrame)
    minimum_cell: int = MINIMUM_CELL

    def summary(self) -> str:
        if not self.declared:
            return "No subgroups were declared"
        declared = ", ".join(self.labels[by].lower() for by in self.declared)
        n_formed = int(self.groups["is_formed"].sum())
        return (
            f"Subgroups declared by {declared}: {len(self.groups)} in the treatment group, {n_formed} could be formed, "
            f"{len(self.samples)} can be tested"
        )

    def to_frame(self) -> pd.DataFrame:
        """What became of each subgroup: the columns of `groups`."""
        return self.groups.copy()

    def table(self) -> Table | None:
        """What became of each subgroup; None without any."""

        def count(n: int | None) -> str:
            return "–" if pd.isna(n) else shown_count(n, self.minimum_cell)

        rows = tuple(
            (
                g.level,
                *(count(n) for n in (g.n_treatment, g.n_complement, g.n_matched, g.n_control)),
                "–" if pd.isna(g.worst) else number(g.worst, 1, factor=100),
                g.why_not or "can be tested",
            )
            for g in self.groups.itertuples()
        )
        columns = ("Subgroup", "Treatment group", "Others", "Matched", "Controls", "Worst difference", "Result")
        note = "Worst difference: the largest standardised mean difference after matching, in per cent."
        caption = "Declared subgroups, before any outcome was known"
        groups = tuple(self.labels[by] for by in self.groups["by"])
        return Table("subgroups", caption, columns, rows, "lrrrrrl", note, groups) if rows else None


def name_of(by: str, level: str) -> str:
    """Name of a subgroup among `SubgroupSamples.samples`."""
    return f"{by}: {level}"


def match_subgroups(
    submission: Submission, cohort: Cohort, covariates: Covariates, spec: RequestSpec
) -> SubgroupSamples:
    """Form the subgroups that the request declares and match each of them within itself.

    Parameters
    ----------
    submission : Submission
        For characteristics of the service, by the record that each person is analysed by.
    cohort : Cohort
    covariates : Covariates
        Of everybody; a subgroup by a characteristic of people has controls of the same level, one by a characteristic
        of the service has the whole pool.
    spec : RequestSpec
        subgroups, intensity_bands, disclosure.minimum_group, and everything that matching and balance use.

    Raises
    ------
    JDLError
        If a covariate tells an outcome. That a subgroup cannot be matched is no error: it is listed with the reason.
    """
    declared = tuple(dict.fromkeys(map(str, spec.subgroups)))
    ordered_units(covariates.units)  # refuses outcomes, before a subgroup's failure could hide the refusal
    levels, messages = levels_of(submission, cohort, covariates, spec)
    labels = labels_of(covariates)
    groups = form_groups(levels, spec.disclosure.minimum_group)
    samples, rows, said, balances = {}, [], list(messages), []
    bar = tqdm(total=int(groups["why_not"].isna().sum()), desc="subgroups", disable=None, leave=False)
    for group in groups.assign(is_formed=groups["why_not"].isna()).to_dict("records"):
        if group["is_formed"]:
            within = within_subgroup(covariates, levels, group["by"], group["level"])
            found, sample, balance, fault = _match(within, spec)
            if balance is not None:
                balances.append(balance.assign(by=group["by"], level=str(group["level"])))
            name = name_of(group["by"], group["level"])
            samples |= {name: sample} if sample is not None else {}
            said += [f"{labels[group['by']]}, {group['level']}: {fault}."] if fault else []
            group |= found
            bar.update()
        rows.append(group)
    bar.close()
    balance = pd.concat(balances, ignore_index=True) if balances else pd.DataFrame()
    least = spec.disclosure.minimum_cell
    return SubgroupSamples(samples, _frame(rows), declared, labels, tuple(said), balance, least)


def within_subgroup(covariates: Covariates, levels: pd.DataFrame, by: str, level: str) -> Covariates:
    """The covariates of everybody who may be compared within one subgroup, their levels being as `levels_of` says."""
    belongs = (levels[by] == level).to_numpy()
    if by not in OF_PEOPLE:
        belongs = belongs | ~levels["is_treated"].to_numpy(bool)
    return dataclasses.replace(covariates, units=covariates.units[belongs].reset_index(drop=True))


def _match(
    covariates: Covariates, spec: RequestSpec
) -> tuple[dict, MatchedSample | None, pd.DataFrame | None, str | None]:
    """What a subgroup's row says of its match; the sample and its balance if it can be tested; what is to be said."""
    try:
        matched, balance, _ = choose_caliper(covariates, spec, distances=False)
    except (JDLError, np.linalg.LinAlgError) as fault:  # few people: no score, or nobody alike
        known = isinstance(fault, JDLError)
        what = fault.problems[0].what if known else "the propensity score cannot be worked out for so few people"
        return {"why_not": NOT_ALIKE}, None, None, what
    least = spec.disclosure.minimum_group
    found = {"n_matched": matched.n_treatment_matched, "n_control": matched.n_control}
    found |= {"worst": balance.worst, "caliper_sd": matched.caliper_sd}
    if matched.n_treatment_matched < least:
        return (
            found | {"why_not": f"fewer than {least} people in the treatment group could be matched"},
            None,
            None,
            None,
        )
    if matched.n_control < least:
        return found | {"why_not": f"fewer than {least} comparable people were found"}, None, None, None
    if not balance.passed:
        return found | {"why_not": NOT_ALIKE}, None, None, None
    fell_back = FELL_BACK.rstrip(".") if matched.method != spec.matching.method else None
    return found, _in_comparison(matched), _differences(balance, matched, covariates.labels), fell_back


def _differences(balance: Balance, matched: MatchedSample, labels: dict[str, str]) -> pd.DataFrame:
    """Differences after matching on every level, with the numbers of people that decide whether they can be shown."""
    rows = balance.rows
    sizes = {"matched": matched.n_treatment_matched, "treated": matched.n_treatment, "pool": matched.n_pool}
    shares = {"matched": "mean_treatment_matched", "treated": "mean_treatment_all", "pool": "mean_pool"}
    return pd.DataFrame(
        {
            "covariate": rows["covariate"].map(lambda c: labels.get(c, c)),
            "covariate_level": rows["level"],
            "is_level": (rows["level"] != "") | rows["var_ratio"].isna(),
            "smd_after": rows["smd_after"],
            "light": rows["light"],
        }
        | {f"n_{group}": n for group, n in sizes.items()}
        | {f"k_{group}": (rows[shares[group]] * n).round() for group, n in sizes.items()}
    )


def _in_comparison(matched: MatchedSample) -> MatchedSample:
    """The sample without people of no weight, its 0/1 columns in one byte: many subgroups may share a large pool."""
    served = (matched.units["weight"] > 0).to_numpy()
    units, design = (frame[served].reset_index(drop=True) for frame in (matched.units, matched.design))
    binary = [c for c in design if c != "unit_id" and design[c].isin([0.0, 1.0]).all()]
    return dataclasses.replace(matched, units=units, design=design.astype(dict.fromkeys(binary, "uint8")))


def _frame(rows: list[dict]) -> pd.DataFrame:
    *names, why_not = GROUP_COLUMNS
    columns = [*names, "is_formed", "n_matched", "n_control", "worst", "caliper_sd", why_not]
    counts = dict.fromkeys(["n_treatment", "n_complement", "n_matched", "n_control"], "Int64")
    types = {"by": object, "level": object, "worst": "float64", "caliper_sd": "float64", why_not: object}
    types |= counts | {"is_formed": bool}
    frame = pd.DataFrame(rows, columns=columns).astype(types)
    return frame.assign(why_not=frame[why_not].where(frame[why_not].notna(), None))
