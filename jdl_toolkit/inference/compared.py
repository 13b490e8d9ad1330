"""One outcome of the people compared, with the fits that several estimators share made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from ..matching import MatchedSample
from .estimation import Comparison, Expected, Kind, as_array, estimate_among, prepare
from .interval import interval
from .sandwich import Linearised, Regression, difference_of_means, fit_regression, ratio_of_means
from .standardisation import standardised_difference, standardised_ratio
from .weighted_t import Group


@dataclass(frozen=True)
class Compared:
    """An outcome and the people it is compared among; built by `compared`.

    Parameters
    ----------
    y : array, shape (n_people,)
        In the order of ``matched.units``; NaN for people outside the comparison whose outcome is not known.
    x : array, shape (n_people, n_columns)
        Matching covariates.
    matched : MatchedSample
    kind : Kind
    spec : RequestSpec
    within : bool array, shape (n_people,)
        Who takes part at all: the subset, less people outside the comparison whose outcome is not known.
    sets : array of shape (n_people,) or None
        Matched set of each person.
    covariates : Covariates or None
    made : dict or None
        What `estimate_among` made of the same outcome.
    """

    y: np.ndarray
    x: np.ndarray
    matched: MatchedSample
    kind: Kind
    spec: object
    within: np.ndarray
    sets: np.ndarray | None = None
    covariates: object | None = None
    made: dict | None = None

    @cached_property
    def treated(self) -> np.ndarray:
        """Positions of the matched treated people."""
        return np.flatnonzero(self._served & self._is_treated)

    @cached_property
    def control(self) -> np.ndarray:
        """Positions of the matched controls."""
        return np.flatnonzero(self._served & ~self._is_treated)

    @cached_property
    def people(self) -> np.ndarray:
        """Positions of everybody matched: the treated first."""
        return np.concatenate([self.treated, self.control])

    @property
    def groups(self) -> tuple[Group, Group]:
        weight = self.matched.units["weight"].to_numpy(float)
        return tuple(Group(self.y[who], weight[who]) for who in (self.treated, self.control))

    @cached_property
    def comparison(self) -> Comparison:
        return prepare(self.x, self.matched, self.within)

    @cached_property
    def three(self) -> dict:
        """Headline, classic and check."""
        return self.made or estimate_among(self.comparison, self.y, self.kind, self.spec)

    @property
    def expected(self) -> Expected:
        """m₀ from the whole pool."""
        return self.three["expected"]

    @cached_property
    def difference(self) -> Linearised:
        return difference_of_means(*self.groups)

    @cached_property
    def ratio(self) -> Linearised:
        return ratio_of_means(*self.groups)

    @cached_property
    def rate_ratio(self) -> Linearised:
        """Logarithm of the ratio of mean counts from quasi-Poisson regression on treatment alone, as R fits it."""
        _ = self.ratio  # says so where there is none
        nothing = np.empty((len(self.people), 0))
        y, weight = self.y[self.people], self._weight[self.people]
        return fit_regression(self._dummy, nothing, y, weight, Kind.count.link).difference

    @cached_property
    def linear(self) -> Linearised:
        """Linear regression on treatment and covariates."""
        return self._regression(Kind.mean).difference

    @cached_property
    def interacted(self) -> Linearised:
        """Linear regression on treatment, covariates about their mean among the treated, and their products.

        References
        ----------
        Lin (2013), Annals of Applied Statistics 7, 295-318.
        """
        n, x, weight = len(self.treated), self.x[self.people], self._weight[self.people]
        k = x.shape[1]
        columns = np.zeros((len(x), 2 * k))
        columns[:, :k] = x - np.average(x[:n], axis=0, weights=weight[:n])
        columns[:n, k:] = columns[:n, :k]
        return fit_regression(self._dummy, columns, self.y[self.people], weight, Kind.mean.link).difference

    @cached_property
    def _model(self) -> Regression:
        """Regression on treatment and covariates with the link of the outcome's kind."""
        return self._regression(self.kind)

    @cached_property
    def standardised(self) -> Linearised:
        """Difference standardised over the treated."""
        return standardised_difference(self._model, self._dummy)

    @cached_property
    def standardised_ratio(self) -> Linearised:
        """Logarithm of the ratio standardised over the treated."""
        return standardised_ratio(self._model, self._dummy)

    def interval(self, value: float, se: float, df: float, *, is_log: bool = False) -> dict:
        return interval(value, se, df, self.spec.inference.confidence, is_log=is_log)

    def _regression(self, kind: Kind) -> Regression:
        x, y, weight = self.x[self.people], self.y[self.people], self._weight[self.people]
        return fit_regression(self._dummy, x, y, weight, kind.link)

    @property
    def _dummy(self) -> np.ndarray:
        return np.arange(len(self.people)) < len(self.treated)

    @property
    def _weight(self) -> np.ndarray:
        return self.matched.units["weight"].to_numpy(float)

    @property
    def _is_treated(self) -> np.ndarray:
        return self.matched.units["is_treated"].to_numpy(bool)

    @property
    def _served(self) -> np.ndarray:
        return self.within & (self._weight > 0)

    @property
    def why_not(self) -> str | None:
        """Why nothing at all can be estimated; None where something can."""
        for who, words in ((self.treated, "treatment"), (self.control, "control")):
            if len(who) < 2:
                return f"{('nobody is', 'only one person is')[len(who)]} left in the {words} group"
        treated, control = (g.y for g in self.groups)
        if min(np.ptp(treated), np.ptp(control)) == np.ptp(np.concatenate([treated, control])) == 0:
            return "the outcome was the same for everybody"
        if np.ptp(treated) == 0 and np.ptp(control) == 0:
            return "the outcome was the same for everybody within each group"
        return None


def compared(
    y,
    design,
    matched: MatchedSample,
    kind: str,
    spec,
    *,
    subset=None,
    sets=None,
    covariates=None,
    made: dict | None = None,
    where: str = "outcome",
) -> Compared:
    """Check an outcome and put together whom it is compared among; parameters as for `estimators.estimate_all`.

    Raises
    ------
    JDLError
        With every fault at once.
    """
    units, n = matched.units, len(matched.units)
    x, weight = as_array(design), units["weight"].to_numpy(float)
    y = _numbers(y, where)
    within = np.ones(n, bool) if subset is None else np.asarray(subset, bool)
    again = "match the people again"
    problems = [
        Problem(f"{words} for {len(values):,} people, while {n:,} were matched", where, again)
        for words, values in (("there are outcomes", y), ("there are covariates", x), ("a subset is given", within))
        if len(values) != n
    ]
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        problems.append(Problem("some weights are missing, infinite or negative", "weight", again))
    if not problems:
        problems = _faults(y[within & (weight > 0)], y[within], Kind(kind), where)
    if problems:
        raise JDLError(problems)
    return Compared(y, x, matched, Kind(kind), spec, within & np.isfinite(y), sets, covariates, made)


def _numbers(y, where: str) -> np.ndarray:
    try:
        return np.asarray(pd.Series(y).to_numpy(float, na_value=np.nan))
    except (TypeError, ValueError):
        raise JDLError("the outcome is not a number", where, "give 0 and 1, a count or an amount") from None


def _faults(y: np.ndarray, of_pool: np.ndarray, kind: Kind, where: str) -> list[Problem]:
    """Faults of the outcome of those compared, and of everybody."""
    found = []
    if np.isnan(y).any():
        what = f"the outcome is missing for {int(np.isnan(y).sum()):,} people in the comparison"
        found.append(Problem(what, where, "complete it, or leave these people out before matching"))
    if np.isinf(of_pool).any():
        found.append(Problem(f"{int(np.isinf(of_pool).sum()):,} values are infinite", where, "correct them"))
    known = of_pool[np.isfinite(of_pool)]
    if kind == Kind.share and not np.isin(known, (0, 1)).all():
        found.append(Problem("a share needs 0 or 1 for each person", where, "correct it, or compare means"))
    if kind == Kind.count and (known < 0).any():
        found.append(Problem("a count cannot be negative", where, "correct it, or compare means"))
    return found
