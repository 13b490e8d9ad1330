"""Which level of each declared characteristic everybody has.

Characteristics of people are the register's, known of treatment group and pool alike. Those of the service are the
organisation's, and only people it worked with have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..covariates.profile import NOT_RECORDED, banded
from ..spec import Subgroup
from ..submission import common_values, plain_values

if TYPE_CHECKING:
    from ..cohort import Cohort
    from ..covariates import Covariates
    from ..spec import RequestSpec
    from ..submission import Submission

#: Characteristic -> label for readers; the codebook's label takes its place where there is one.
LABELS: dict[str, str] = {
    Subgroup.sex: "Sex",
    Subgroup.age_band: "Age at index date",
    Subgroup.ethnicity: "Ethnicity",
    Subgroup.region: "Region",
    Subgroup.establishment: "Establishment",
    Subgroup.provider: "Provider",
    Subgroup.intervention_type: "Type of intervention",
    Subgroup.intensity: "Amount of the service",
}
#: Characteristics that the pool has, too.
OF_PEOPLE = (Subgroup.sex, Subgroup.age_band, Subgroup.ethnicity, Subgroup.region)


def labels_of(covariates: Covariates) -> dict[str, str]:
    """Label of every characteristic, in the words of the lab's codebook."""
    return {str(by): covariates.labels.get(by, label) for by, label in LABELS.items()}


def levels_of(
    submission: Submission, cohort: Cohort, covariates: Covariates, spec: RequestSpec
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The level of every declared characteristic for everybody who may be compared.

    Returns
    -------
    levels : DataFrame
        unit_id, is_treated, and an ordered category for each declared characteristic, in the order of
        ``covariates.units``. "not recorded" where a value is missing; characteristics of the service are missing for
        the pool.
    messages : tuple of str
        Characteristics of which nothing is recorded; they have no column.
    """
    units = covariates.units[["unit_id", "is_treated"]].reset_index(drop=True)
    labels = labels_of(covariates)
    levels, messages = units.copy(), []
    for by in dict.fromkeys(map(str, spec.subgroups)):
        if by in OF_PEOPLE:
            source = covariates.profile
            values = _by_unit(units, source["unit_id"], source[by]) if by in source else None
        else:
            values = _of_service(by, units, submission, cohort, spec)
        if values is None:
            messages.append(f"{labels[by]}: it is not recorded of anybody, so that there are no subgroups by it.")
        else:
            levels[by] = values
    return levels, tuple(messages)


def intensity_bands(values: pd.Series, lower_ends: tuple[float, ...]) -> tuple[tuple[float, str], ...]:
    """Bands of the amount of the service, as lowest value and name.

    Parameters
    ----------
    values : Series of float
        Of the people analysed, in whatever unit the organisation counts; missing values play no part.
    lower_ends : tuple of float
        Lower ends of the bands above the lowest. Empty: two halves at the median; people who have just that value
        belong to the upper half, or to the lower one if the halves are then more even.
    """
    ends = sorted(set(lower_ends)) or [_even_cut(values.dropna().to_numpy(float))]
    between = [f"{low:.10g} to under {high:.10g}" for low, high in zip(ends[:-1], ends[1:], strict=True)]
    names = [f"under {ends[0]:.10g}", *between, f"{ends[-1]:.10g} or more"]
    return tuple(zip((-np.inf, *ends), names, strict=True))


def _even_cut(values: np.ndarray) -> float:
    median = float(np.median(values))
    cuts = [median, *np.unique(values[values > median])[:1].tolist()]
    return min(cuts, key=lambda cut: abs(2 * int((values < cut).sum()) - len(values)))


def _of_service(
    by: str, units: pd.DataFrame, submission: Submission, cohort: Cohort, spec: RequestSpec
) -> pd.Series | None:
    """What the submission says of the record that each treated person is analysed by; None if it says nothing."""
    if by not in submission.people:
        return None
    analysed = cohort.records.loc[cohort.records["reason"].isna(), ["row", "disposal_id"]]
    given = analysed.merge(submission.people[["row", by]], on="row", how="left", validate="one_to_one")
    values = _by_unit(units, given["disposal_id"].astype("int64"), given[by])
    is_treated = units["is_treated"].to_numpy(bool)
    values = values[is_treated]
    if by == Subgroup.intensity:
        recorded = values.astype("float64")
        levels = banded(recorded, intensity_bands(recorded, spec.intensity_bands)) if recorded.notna().any() else None
    else:
        levels = _spelt_alike(values)
    return None if levels is None else levels.reindex(units.index)


def _spelt_alike(values: pd.Series) -> pd.Series | None:
    """Text as levels, the most frequent first, "not recorded" last; None if there is no text."""
    plain = plain_values(values.astype(object))
    missing = plain.isna() | plain.isin(["", NOT_RECORDED])
    written = common_values(values.mask(missing))
    names = dict(zip(plain_values(pd.Series(list(written), dtype=object)), written, strict=True))
    if not names:
        return None
    text = plain.mask(missing).map(names).where(~missing, NOT_RECORDED)
    return pd.Series(pd.Categorical(text, [*names.values(), NOT_RECORDED], ordered=True), index=values.index)


def _by_unit(units: pd.DataFrame, unit_id: pd.Series, values: pd.Series) -> pd.Series:
    """Values in the order of `units`; missing for units that have none."""
    found = pd.DataFrame({"unit_id": unit_id.to_numpy(), "value": values.array})
    return units[["unit_id"]].merge(found, on="unit_id", how="left", validate="one_to_one")["value"]
