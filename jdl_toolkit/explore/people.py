"""Whose covariates are looked at: everybody's or a subgroup's, as the request uses them or others of the register."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from ..covariates import Covariates, Facts, build_covariates, gather, lacking_covariates
from ..errors import JDLError
from ..spec import Covariate
from ..subgroups.characteristics import OF_PEOPLE, labels_of, levels_of
from ..subgroups.forming import form_groups
from ..subgroups.matching import name_of, within_subgroup

if TYPE_CHECKING:
    from ..cohort import Cohort
    from ..covariates import Codebook
    from ..register import Register
    from ..spec import RequestSpec
    from ..submission import Submission

#: Told how far something is that takes a while: what is done now, steps done, steps in all.
Progress = Callable[[str, int, int], None]

#: Numbers of no more values than this can be agreed on exactly.
_FEW_VALUES = 20


class People:
    """The people of one analysis, and what is known of them; parameters as of `Workbench`."""

    def __init__(
        self,
        covariates: Covariates,
        spec: RequestSpec,
        submission: Submission | None,
        cohort: Cohort | None,
        register: Register | None,
        codebook: Codebook | None,
    ) -> None:
        self.covariates, self.spec, self.codebook = covariates, spec, codebook
        self.submission, self.cohort, self.register = submission, cohort, register
        self._facts: Facts | None = None

    @property
    def has_register(self) -> bool:
        return self.register is not None and self.cohort is not None

    @cached_property
    def available(self) -> list[str]:
        """Covariates that can be used: those that the register can give; without one, those that were built."""
        if not self.has_register:
            return [str(name) for name in self.spec.covariates.use]
        return [str(name) for name in Covariate if str(name) not in self.lacking]

    @cached_property
    def lacking(self) -> dict[str, str]:
        """Covariates that the register cannot give for these people -> why."""
        if not self.has_register:
            return {}
        return lacking_covariates(self.cohort, self.register, self.spec, self.codebook, self._facts)

    @cached_property
    def exact(self) -> list[str]:
        """What people can agree on exactly: categories, whole numbers of few values, and what the request asks for."""
        units, own = self.covariates.units, self.spec.matching.exact
        return [name for name in self.covariates.names if name in own or _can_be_agreed_on(units[name])]

    def covariates_of(self, spec: RequestSpec, progress: Progress) -> Covariates:
        """Everybody's covariates as `spec` wants them.

        Raises
        ------
        JDLError
            If they are others than those that were built, and there is no register.
        """
        own, asked = self.spec.covariates, spec.covariates
        if (asked.use, asked.needs_within_months) == (own.use, own.needs_within_months):
            return self.covariates
        if not self.has_register:
            fix = "give the workbench the cohort and the register"
            raise JDLError("other covariates cannot be built without the register", "covariates.use", fix)
        if self._facts is None:
            progress("reading what was known of everybody", 0, 4)
            self._facts = gather(self.cohort, self.register)
        progress("building covariates", 1, 4)
        return build_covariates(self.cohort, self.register, spec, self.codebook, self._facts)

    @cached_property
    def subgroups(self) -> dict[str, str]:
        """Subgroups that are large enough -> label; those that the request declares first."""
        declared, labels, found = list(map(str, self.spec.subgroups)), labels_of(self.covariates), {}
        levels = self._levels
        others = [by for by in levels.columns[2:] if by not in declared]
        for names in ([by for by in declared if by in levels], *([by] for by in others)):
            groups = form_groups(levels[["unit_id", "is_treated", *names]], self.spec.disclosure.minimum_group)
            for group in groups[groups["why_not"].isna()].itertuples():
                more = "" if group.by in declared else " (not declared)"
                found[name_of(group.by, group.level)] = f"{labels[group.by]}: {group.level}{more}"
        return found

    def within(self, covariates: Covariates, subgroup: str | None) -> Covariates:
        """The covariates of those who are compared within a subgroup; of everybody if none is named."""
        if subgroup is None:
            return covariates
        require_known(subgroup, self.subgroups, "subgroup")
        by, _, level = subgroup.partition(": ")
        return within_subgroup(covariates, self._levels, by, level)

    @cached_property
    def _levels(self) -> pd.DataFrame:
        """The level of every characteristic that is known, declared or not."""
        names, declared = list(labels_of(self.covariates)), list(map(str, self.spec.subgroups))
        if self.submission is None or self.cohort is None:
            names = [name for name in names if name in OF_PEOPLE]
        ordered = [*(n for n in declared if n in names), *(n for n in names if n not in declared)]
        asked = self.spec.model_copy(update={"subgroups": tuple(ordered)})
        return levels_of(self.submission, self.cohort, self.covariates, asked)[0]


def _can_be_agreed_on(values: pd.Series) -> bool:
    """Whether it is a category, or a whole number of few values: a logarithm of a number tells a reader nothing."""
    if values.dtype.kind not in "fiu":
        return True
    found = values.dropna().unique()
    return len(found) <= _FEW_VALUES and bool((found == found.round()).all())


def require_known(name: str, known: Iterable[str], kind: str) -> None:
    """Refuse a name that is none of those known."""
    if name not in known:
        raise JDLError(f"there is no {kind} `{name}`", kind, f"choose from {', '.join(known) or 'nothing'}")
