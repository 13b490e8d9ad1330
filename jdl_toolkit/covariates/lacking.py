"""Which covariates a register cannot give for the people of a cohort, and why."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..cohort import Cohort
from ..register import Register
from ..spec import Covariate, RequestSpec
from .build import Facts, gather, raw_columns
from .meanings import Codebook, read_codebook

NO_RECORDS, NO_VALUES, ALL_ALIKE = "the register has no such records", "nobody has a value", "the same for everybody"

#: So many of the pool show what the register can give; all treated people are looked at.
_A_FEW = 20_000


def lacking_covariates(
    cohort: Cohort, register: Register, spec: RequestSpec, codebook: Codebook | None = None, known: Facts | None = None
) -> dict[str, str]:
    """Covariates that say nothing about anybody -> why: no records, no values, or one value for all.

    Parameters
    ----------
    cohort : Cohort
    register : Register
    spec : RequestSpec
        covariates.needs_within_months.
    codebook : Codebook, optional
        Which tables each is made from. Default: the one shipped with the toolkit.
    known : Facts, optional
        As `gather` gives them for this cohort, where they were read already. Otherwise of a large pool some 20,000
        people are looked at, evenly spaced; the reason says so.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.covariates import lacking_covariates
    >>> found = examples.foundation()
    >>> lacking_covariates(found.cohort, found.register, found.spec)["release_type"]
    'nobody has a value'
    """
    sources = {name: entry.source for name, entry in (codebook or read_codebook()).covariates.items()}
    held = {table: register.has(table) for tables in sources.values() for table in tables}
    step = 1 if known else max(len(cohort.pool) // _A_FEW, 1)
    known = known or gather(replace(cohort, pool=cohort.pool.iloc[::step]), register)
    of_whom = f", of {len(known.people):,} people looked at" if step > 1 else ""
    lacking = {}
    for name in Covariate:
        if not all(held[table] for table in sources[name]):
            lacking[str(name)] = NO_RECORDS
        elif why := _why_not(name, known, register, spec):
            lacking[str(name)] = f"{why}{of_whom}"
    return lacking


def _why_not(name: Covariate, known: Facts, register: Register, spec: RequestSpec) -> str:
    """Why a covariate says nothing about these people; "" if it says something."""
    if name is Covariate.age_squared:
        name = Covariate.age
    columns, _ = raw_columns(name, known.of_each, known.people, register, spec)
    if columns.isna().all(axis=None):  # so are no columns at all
        return NO_VALUES
    return "" if any(_varies(columns[column]) for column in columns) else ALL_ALIKE


def _varies(values: pd.Series) -> bool:
    """Whether people differ in it; having no value is a difference, too."""
    return values.nunique(dropna=False) > 1
