"""What stays as it is while other ways of matching are looked at: one fitted score, and all that follows from it alone.

A look changes nothing but weights, so that it needs one pass over the columns; an effect changes nothing but outcomes
and weights, so that its model starts where the last one of the same outcome ended.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..balance.assessment import light_of
from ..balance.blocks import columns_of
from ..balance.measures import Spread, spread_of, standardised, weighted_means
from ..balance.terms import LEVEL, label_of, products, squares
from ..covariates import Covariates
from ..errors import JDLError
from ..inference.estimation import Expected
from ..matching import MatchedSample
from ..matching.design import expand_levels
from ..matching.newton import Start
from ..matching.propensity import Propensity
from ..matching.terms import as_matrix

#: Controls that are a smaller share of the pool than this are read by themselves.
_FEW = 0.25


class Standing:
    """A score that was fitted, and what is known of its people whatever their weights.

    Parameters
    ----------
    covariates : Covariates
    fitted : Propensity

    Attributes
    ----------
    expected : dict
        Outcome and people -> what is expected of the whole pool.
    starts : dict
        Outcome and people -> where the model of the last look ended.
    outcomes : dict
        Outcome -> of each person, in the order of the score's.
    """

    def __init__(self, covariates: Covariates, fitted: Propensity) -> None:
        self.covariates, self.fitted = covariates, fitted
        self.is_treated = fitted.units["is_treated"].to_numpy(bool)
        self.expected: dict[tuple, Expected] = {}
        self.starts: dict[tuple, Start] = {}
        self.outcomes: dict[str, np.ndarray] = {}
        self._differences: dict[str, Differences] = {}

    @property
    def x(self) -> np.ndarray:
        """The model's columns of everybody."""
        return self.fitted.matrix

    def differences(self, spec) -> Differences:
        """What balance is judged on, as `spec` wants it."""
        key = spec.balance.model_dump_json(include={"denominator", "squares", "interactions"})
        if key not in self._differences:
            found = Differences.of(self, spec)  # before the last one goes: what is refused changes nothing
            self._differences = {key: found}
        return self._differences[key]

    @property
    def n_bytes(self) -> int:
        """About how much memory it holds."""
        rest = sum(d.rest.nbytes for d in self._differences.values())
        frames = sum(int(f.memory_usage().sum()) for f in (self.covariates.units, self.fitted.design))
        return self.x.nbytes + rest + frames + sum(y.nbytes for y in self.outcomes.values())


class Differences:
    """Differences on every level, square and product: what is known before matching, and quickly after it.

    Parameters
    ----------
    before : DataFrame
        As `Look.differences`, without what comes of weights.
    spread : Spread
    by : array, shape (n_rows,)
        What differences are divided by.
    x, rest : array, shape (n_people, n_columns)
        The model's columns, and those that are no column of the model.
    places : array, shape (n_rows,)
        Column of each row: of `x`, then of `rest`.
    still : dict of int to array
        Rows on which nothing varies -> their values: whether means differ is then told from rounding column by column.
    is_treated : bool array, shape (n_people,)
    """

    def __init__(self, before, spread, by, x, rest, places, still, is_treated) -> None:
        self.before, self.spread, self.by, self.x, self.rest = before, spread, by, x, rest
        self.places, self.still, self.is_treated = places, still, is_treated
        self._treated = np.flatnonzero(is_treated)
        self._x_treated = np.hstack([x[self._treated], rest[self._treated]])[:, places]

    @classmethod
    def of(cls, standing: Standing, spec) -> Differences:
        """Work out what is known before matching; raises as `assess_balance` does."""
        fitted, labels = standing.fitted, standing.covariates.labels
        columns, terms = expand_levels(fitted.units, fitted.merged)
        more = [squares(columns, terms)] if spec.balance.squares else []
        more += [products(columns, terms, spec.balance.interactions)]
        named = [(LEVEL, *row) for row in terms.itertuples(index=False)] + [n for names, _ in more for n in names]
        beside = [values for _, several in more for values in several]
        values = columns_of(columns) + beside
        in_model = {name: j for j, name in enumerate(fitted.design.columns[1:])}
        own = [in_model.get(name, -1) for name in columns] + [-1] * len(beside)
        others = [i for i, j in enumerate(own) if j < 0]
        place = {i: len(in_model) + j for j, i in enumerate(others)}
        rest = as_matrix(
            pd.DataFrame({i: values[i] for i in others}, index=columns.index, copy=False),
            np.ones(len(columns), bool),
        )
        spread: Spread = spread_of(values, standing.is_treated)
        by = spread.of_gate(spec.balance.denominator)
        heads = [label_of(kind, covariate, labels) for kind, covariate, _ in named]
        before = pd.DataFrame(named, columns=["kind", "covariate", "level"])
        before["label"] = [f"{a}: {b}" if b else a for a, (_, _, b) in zip(heads, named, strict=True)]
        before["mean_treatment_all"], before["mean_pool"] = spread.mean_treatment, spread.mean_pool
        before["smd_before"] = standardised(spread.mean_treatment, spread.mean_pool, by)
        before["gates"] = before["kind"] == LEVEL
        places = np.array([place.get(i, j) for i, j in enumerate(own)])
        still = {int(i): values[i] for i in np.flatnonzero(~(by > 0))}
        return cls(before, spread, by, fitted.matrix, rest, places, still, standing.is_treated)

    def after(self, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weighted means of both groups, and the standardised difference, of each row.

        Raises
        ------
        JDLError
            If a group has no weight.
        """
        of_treated, of_controls = weight[self._treated], np.where(self.is_treated, 0.0, weight)
        for of_group, group in ((of_treated, "treated person"), (of_controls, "control")):
            if not of_group.sum() > 0:
                fix = "choose a wider caliper, or look at the overlap of the scores"
                raise JDLError(f"no {group} is comparable with anybody", "matching", fix)
        mean_treatment = of_treated / of_treated.sum() @ self._x_treated
        mean_control = self._means(of_controls / of_controls.sum())[self.places]
        for i, values in self.still.items():
            (mean_treatment[i],), (mean_control[i],) = weighted_means([values], self.is_treated, weight)
        return mean_treatment, mean_control, standardised(mean_treatment, mean_control, self.by)

    def _means(self, share: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(share)
        with threadpool_limits(1):  # it reads memory: a second thread would wait for it
            if len(rows) < _FEW * len(share):
                return np.concatenate([share[rows] @ self.x[rows], share[rows] @ self.rest[rows]])
            return np.concatenate([share @ self.x, share @ self.rest])

    def judge(self, sample: MatchedSample, spec) -> tuple[MatchedSample | None, float | None, int | None]:
        """The sample, its worst difference and how many are red, as `balance.ladder.climb` asks for them."""
        if not (sample.n_treatment_matched and sample.n_control):
            return None, None, None
        size = np.abs(self.after(sample.units["weight"].to_numpy(float))[2][self.before["gates"]])
        return sample, float(size.max()), int((size > spec.balance.amber_up_to).sum())

    def frame(self, weight: np.ndarray, spec) -> pd.DataFrame:
        """`Look.differences`."""
        mean_treatment, mean_control, after = self.after(weight)
        return self.before.assign(
            mean_treatment=mean_treatment,
            mean_control=mean_control,
            smd_after=after,
            light=light_of(np.abs(after), spec),
        )
