"""Score, match, balance and estimates on a prepared table, by the functions that a request's notebooks call."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..balance import Balance, assess_balance
from ..document import Block, Figure, Inset, Table, Words
from ..errors import CouldNotBeAnswered, JDLError
from ..inference import estimate_all
from ..inference.estimation import Kind
from ..matching import MatchedSample, match
from ..matching.propensity import fit_propensity
from ..result import Result
from ..spec import Method
from ..wording import listed, plain
from .few import few_people_told, said_of_few
from .remarks import remarks, warnings
from .settings import TableSpec
from .table import PreparedTable


@dataclass(frozen=True)
class PreparedMatch(Result):
    """A match on a prepared table, before any outcome is looked at.

    Parameters
    ----------
    matched : MatchedSample
        `units.unit_id` is the number of the row.
    balance : Balance
        Its rows have a column more: name (``age``, ``race=black``).
    messages : tuple of str
    warnings : tuple of str
        Those of the messages that say why the estimates should not be relied on.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.prepared import match_table, table_spec
    >>> table = examples.table()
    >>> found = match_table(table, table_spec())
    >>> found
    300 of 300 treated people compared with 1,698 of 1,700 in the pool (worth 1,204 equally weighted), by radius,
    caliper 0.2 SD of the logit. Balance passed: 4 green, 0 amber, 0 red; worst difference 2.9%
    >>> found.to_frame()[["name", "smd_before", "smd_after"]].round(3)
                    name  smd_before  smd_after
    0                age      -0.354     -0.019
    1  previous_offences       0.355     -0.006
    2         sex=female       0.025     -0.029
    3           sex=male      -0.025      0.029
    """

    matched: MatchedSample
    balance: Balance
    messages: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def summary(self) -> str:
        return f"{self.matched.summary()}. {self.balance.summary()}"

    def to_frame(self) -> pd.DataFrame:
        """Every covariate and level before and after matching.

        Returns
        -------
        DataFrame
            The columns of `Balance.rows`, and name (``age``, ``race=black``).
        """
        return self.balance.rows.copy()

    def table(self) -> Table:
        """Every covariate before and after matching."""
        from .shown import differences_table

        return differences_table(self.balance, self.matched.method)

    def plot(self) -> Figure | None:
        """The love plot; None where no difference is finite."""
        from .shown import differences_plot

        return differences_plot(self.balance, self.matched.method)

    def blocks(self) -> tuple[Block, ...]:
        """Summary, why the estimates should not be relied on, table, picture, and what else there is to know."""
        said = "\n".join(f"- {plain(text)}" for text in self.messages if text not in self.warnings)
        warned = "\n\n".join(map(plain, self.warnings))
        first, *rest = super().blocks()
        before = (Inset("warning", "Before you use these figures", warned),) if warned else ()
        return (first, *before, *rest, *((Words(said),) if said else ()))


@dataclass(frozen=True)
class PreparedEstimates(Result):
    """Differences in the outcomes of a prepared table.

    Parameters
    ----------
    measures : DataFrame
        One row per outcome, with columns of `inference.Outcomes.measures`: key (its place), label (its name), unit
        (share, count or mean), n_treatment, treatment_value, treatment_sd, ess_treatment; the same for the controls;
        headline_estimate and the like.
    estimates : DataFrame
        As `inference.estimate_all` gives them, with outcome before.
    messages : tuple of str
        Among them, why an estimate could not be had.
    confidence : float
        Of the intervals.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.prepared import estimate_outcomes, match_table, table_spec
    >>> table, spec = examples.table(), table_spec()
    >>> estimated = estimate_outcomes(table, match_table(table, spec), spec)
    >>> estimated
    reoffended: 26.3% in the treatment group, 38.5% in the comparison group. Difference (95% interval): −12.3 (−17.9
    to −6.7) percentage points.
    >>> estimated.of("reoffended").loc[["headline", "aipw"], ["estimate", "ci_low", "ci_high"]].round(3)
              estimate  ci_low  ci_high
    name
    headline    -0.123  -0.179   -0.067
    aipw        -0.127  -0.182   -0.071
    """

    measures: pd.DataFrame
    estimates: pd.DataFrame
    messages: tuple[str, ...]
    confidence: float = 0.95

    def summary(self) -> str:
        from .shown import headline_in_words, values_in_words

        return "\n".join(
            f"{values_in_words(row)} {headline_in_words(row, self.confidence)}" for row in self.measures.itertuples()
        )

    def to_frame(self) -> pd.DataFrame:
        """Every estimate of every outcome.

        Returns
        -------
        DataFrame
            name, label, explanation, scale (difference, ratio), estimate, se, df, ci_low, ci_high, p_value, why_not
            (missing where there is an estimate), outcome.
        """
        return self.estimates.copy()

    def table(self, outcome: str = "") -> Table:
        """Every estimate of one outcome. Default: the first."""
        from .shown import estimates_table

        row = self._measure(outcome)
        return estimates_table(row, self.of(row.label), self.confidence)

    def plot(self, outcome: str = "") -> Figure | None:
        """The main estimates of one outcome with their intervals. Default: the first."""
        from .shown import estimates_plot

        row = self._measure(outcome)
        return estimates_plot(row, self.of(row.label), self.confidence)

    def blocks(self) -> tuple[Block, ...]:
        """Summary; table and picture of each outcome; why an estimate could not be had."""
        shown = [block for name in self.measures["label"] for block in (self.table(name), self.plot(name)) if block]
        said = [Words("\n".join(f"- {text}" for text in self.messages))] if self.messages else []
        return (self.words(), *shown, *said)

    def _measure(self, outcome: str) -> Any:
        """The row of an outcome."""
        rows = {row.label: row for row in self.measures.itertuples()}
        if outcome and outcome not in rows:
            raise JDLError(f"there is no outcome `{plain(outcome)}`", "estimates", f"there are: {', '.join(rows)}")
        return rows[outcome or next(iter(rows))]

    def of(self, outcome: str) -> pd.DataFrame:
        """Estimates of one outcome, by their names."""
        return self.estimates[self.estimates["outcome"] == outcome].set_index("name")


def match_table(
    table: PreparedTable, spec: TableSpec, progress: Callable[[str], None] = lambda _: None
) -> PreparedMatch:
    """Fit the score, match, and compare the groups on every covariate.

    Parameters
    ----------
    table : PreparedTable
    spec : TableSpec
        matching.calipers: the widest is used. There is no ladder and no fallback, see `remarks`.

    Raises
    ------
    CouldNotBeAnswered
        If no treated person has a comparable control.
    JDLError
        If no score can be fitted.
    """
    inner = spec.renamed(table.place_of)
    with few_people_told(table), table.faults_in_names():
        progress("propensity score")
        fitted = fit_propensity(table.covariates, inner)
        progress("matching")
        matched = scaled_as_in_r(match(table.covariates, inner, propensity=fitted))
    if not matched.n_treatment_matched or not matched.n_control:
        fix = "look at the overlap of the scores; a wider --caliper, or fewer --exact covariates, may help"
        raise CouldNotBeAnswered("no treated person has a comparable control", "jdl match", fix)
    progress("balance")
    balance = _with_names(assess_balance(table.covariates, matched, inner), table)
    terms = [table.in_names(term) for term in matched.coefficients["term"]]
    matched = replace(matched, coefficients=matched.coefficients.assign(term=terms))
    said = [table.in_names(text) for text in matched.messages]
    messages = (*table.messages, *said_of_few(matched), *said, *remarks(matched, balance, spec))
    return PreparedMatch(matched, balance, messages, tuple(warnings(matched, balance, spec)))


def scaled_as_in_r(matched: MatchedSample) -> MatchedSample:
    """The sample with its controls weighing as much in all as in MatchIt and WeightIt.

    Of nearest neighbours and entropy balancing the mean weight is 1; inverse-odds weights add up to the odds, overlap
    weights to the scores (treated 1 - e, controls e); radius weights stay. Only a regression of both groups in one
    model (``gcomp``, ``lm_adj``) and ``psmatch2`` depend on it.
    """
    units = matched.units
    used = ~units["is_treated"] & (units["weight"] > 0)
    if matched.method in (Method.nearest, Method.ebal):
        in_all = float(used.sum())
    elif matched.method == Method.ipw:
        in_all = float((units["score"] / (1 - units["score"]))[used].sum())
    elif matched.method == Method.overlap:
        in_all = float(units.loc[used, "score"].sum())
    else:
        return matched
    factor = in_all / units.loc[used, "weight"].sum() if used.any() else 1.0
    return replace(matched, units=units.assign(weight=units["weight"].where(~used, units["weight"] * factor)))


def _with_names(balance: Balance, table: PreparedTable) -> Balance:
    """The balance with the name of each covariate and level, as R's results have it."""
    levels = zip(balance.rows["covariate"], balance.rows["level"], strict=True)
    names = [f"{table.names[c]}={level}" if level else table.names[c] for c, level in levels]
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        what = f"a covariate is named like a level of another: {listed([plain(name) for name in twice])}"
        raise JDLError(what, "--covariates", "rename the column")
    return replace(balance, rows=balance.rows.assign(name=names))


def estimate_outcomes(
    table: PreparedTable, found: PreparedMatch, spec: TableSpec, progress: Callable[[str], None] = lambda _: None
) -> PreparedEstimates:
    """Every estimate that a difference can be given, for each outcome of the table.

    An estimator that has no answer says why, in the messages; the others stand.
    """
    matched, inner = found.matched, spec.renamed(table.place_of)
    rows, frames, messages = [], [], []
    for place, kind in table.types.items():
        name, y = table.names[place], table.outcomes[place].to_numpy(float)
        progress(f"estimates of {name}")
        where = f"column `{plain(name)}`"
        with table.faults_in_names():
            estimates = estimate_all(
                y, matched.design, matched, Kind(kind), inner, covariates=table.covariates, where=where
            )
        rows.append(_measure(place, name, kind, y, matched) | _headline(estimates))
        frames.append(estimates.assign(outcome=name))
        for why_not, group in estimates.groupby("why_not", sort=False):
            messages.append(f"{plain(name)}: {listed(group['name'].tolist())}: not available, {why_not}.")
    return PreparedEstimates(
        pd.DataFrame(rows), pd.concat(frames, ignore_index=True), tuple(messages), spec.inference.confidence
    )


def _measure(place: str, name: str, kind: str, y: np.ndarray, matched: MatchedSample) -> dict[str, Any]:
    """What is known of an outcome without a model, by the names of `inference.Outcomes.measures`."""
    weight, is_treated = matched.units["weight"].to_numpy(float), matched.units["is_treated"].to_numpy(bool)
    row: dict[str, Any] = {"key": place, "label": name, "unit": kind, "why_not": None}
    for group, members in (("treatment", is_treated), ("control", ~is_treated)):
        members = members & (weight > 0)
        of, w, n = y[members], weight[members], int(members.sum())
        mean = float(np.average(of, weights=w))
        variance = float(np.average((of - mean) ** 2, weights=w)) * n / max(n - 1, 1)
        row |= {f"n_{group}": n, f"{group}_value": mean, f"{group}_sd": math.sqrt(variance)}
        row |= {f"ess_{group}": float(w.sum() ** 2 / (w**2).sum())}
    return row


def _headline(estimates: pd.DataFrame) -> dict[str, float]:
    row = estimates.set_index("name").loc["headline"]
    return {f"headline_{k}": row[k] for k in ("estimate", "se", "ci_low", "ci_high", "p_value", "df")}
