"""What to try where the gate is closed: changes of the request, each tried on covariates alone.

A proposal is no recommendation: what may be given up for a comparison is a judgement on the service.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..document import Table
from ..errors import JDLError
from ..matching import MatchedSample
from ..matching.design import expand_levels, ordered_units
from ..matching.propensity import Propensity, fit_propensity
from ..numbers import MINIMUM_CELL, number
from ..result import Result
from ..spec import Fallback, lab_resources, read_yaml
from .assessment import Balance
from .blocks import columns_of
from .changes import Change, possible_changes
from .ladder import climb
from .measures import spread_of, standardised, weighted_means


@dataclass(frozen=True)
class Proposals(Result):
    """Changes that were tried after the gate had closed.

    Parameters
    ----------
    rows : DataFrame
        what, passes, worst_smd, n_red (of the differences that can close the gate), n_matched (treated), ess (of the
        controls), method, caliper (missing where there is none), yaml (the sections that it changes, whole: they take
        the place of the request's), caution (what is given up), why_not (what was at fault where it could not be tried;
        numbers are missing then). Those that pass come first, and of them those without a caution; then whatever keeps
        most people, then the larger effective control size.
    minimum_cell : int
        Smaller counts are not shown.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.balance import choose_caliper, propose
    >>> example = examples.foundation()
    >>> propose(example.covariates, example.balance, example.spec)
    The gate is open: nothing is proposed

    With a wide caliper alone it would be closed:

    >>> wide = example.spec.with_(matching={"calipers": [1.0], "fallback": "none"})
    >>> _, balance, _ = choose_caliper(example.covariates, wide)
    >>> proposals = propose(example.covariates, balance, wide)
    >>> proposals
    14 changes were tried on covariates alone; the gate would open with 4 of them
    >>> proposals.to_frame()[["what", "n_matched", "worst_smd"]].head(2).round(3)
                                           what  n_matched  worst_smd
    0                         narrower calipers        257      0.051
    1  entropy balancing instead of matching            257        0.0
    """

    rows: pd.DataFrame
    minimum_cell: int = MINIMUM_CELL

    @property
    def passing(self) -> pd.DataFrame:
        """Those with which the gate would open."""
        return self.rows[self.rows["passes"]]

    def summary(self) -> str:
        if not len(self.rows):
            return "The gate is open: nothing is proposed"
        with_it = f"with {len(self.passing)} of them" if len(self.passing) else "with none of them"
        return f"{len(self.rows)} changes were tried on covariates alone; the gate would open {with_it}"

    def to_frame(self) -> pd.DataFrame:
        """What each change would give: the columns of `rows`."""
        return self.rows.copy()

    def table(self) -> Table | None:
        """The changes, the most promising first, with the lines for the request; None where nothing is proposed."""
        from ..tables import proposals_table

        return proposals_table(self.rows, self.minimum_cell)


class _Fewer(NamedTuple):
    """Covariates without some of their columns."""

    units: pd.DataFrame
    labels: dict[str, str]


def propose(covariates, balance: Balance, spec, defaults: dict[str, Any] | None = None) -> Proposals:
    """Try changes of the request that may make the groups alike; none where they are.

    Every change is tried alone, with the fallback off. No outcome is known.

    Parameters
    ----------
    covariates : Covariates
    balance : Balance
        Of the sample that the request's own choices gave.
    spec : RequestSpec
    defaults : dict, optional
        The lab's, so that the lines of a proposal hold what the request states otherwise. Default: the toolkit's.

    Returns
    -------
    Proposals
    """
    if balance.passed:
        return Proposals(_frame([]))
    base = spec.model_copy(update={"matching": spec.matching.model_copy(update={"fallback": Fallback.none})})
    fitted = fit_propensity(covariates, base)
    stated = stated_in(spec, defaults or read_yaml(lab_resources() / "parameters" / "defaults.yml"))
    changes = possible_changes(covariates, balance.rows, spec)
    found = [_tried(change, covariates, base, fitted, stated) for change in changes]
    rows = _frame([row for row in found if row is not None])
    rows["is_clear"] = rows["caution"] == ""
    passing = ["passes", "is_clear", "n_matched", "ess", "worst_smd"]
    rows = rows.sort_values(passing, ascending=[False] * 4 + [True], na_position="last", kind="stable")
    failing = rows[~rows["passes"]].sort_values(["n_red", "worst_smd"], na_position="last", kind="stable")
    ordered = pd.concat([rows[rows["passes"]], failing], ignore_index=True).drop(columns="is_clear")
    return Proposals(ordered, spec.disclosure.minimum_cell)


def stated_in(spec, defaults: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Section -> what a specification sets otherwise than the defaults.

    That is what its file states, but for keys that say what the defaults say, which may as well be left out.
    """
    held = spec.to_dict()
    sections = [name for name, keys in defaults.items() if isinstance(keys, dict) and isinstance(held.get(name), dict)]
    return {name: {k: v for k, v in held[name].items() if v != defaults[name].get(k)} for name in sections}


def _tried(change: Change, covariates, base, fitted: Propensity, stated: dict[str, Any]) -> dict[str, Any] | None:
    """A row of the proposals; None where a request may not say so."""
    row: dict[str, Any] = {"what": change.what, "passes": False, "caution": change.caution, "why_not": ""}
    row["yaml"] = change.yaml(stated)
    try:
        spec = base.variant(**change.settings)
    except JDLError:
        return None
    try:
        given = _Fewer(covariates.units.drop(columns=list(change.without)), covariates.labels)
        has_same_score = spec.covariates == base.covariates and not change.without
        rungs, chosen = climb(given, spec, fitted if has_same_score else fit_propensity(given, spec))
    except (JDLError, np.linalg.LinAlgError) as fault:
        known = isinstance(fault, JDLError)
        return row | {"why_not": fault.problems[0].what if known else "the score cannot be worked out"}
    rung = rungs[chosen]
    row |= {"method": rung.method, "caliper": rung.caliper, "worst_smd": rung.worst, "n_red": rung.n_red}
    row |= {"n_matched": rung.sample.n_treatment_matched, "ess": rung.sample.ess_control, "passes": rung.balances}
    if change.without:
        apart = _furthest(covariates, change.without, rung.sample, spec)
        row["caution"] = f"the groups then differ in it by {number(apart, 1, factor=100)}% and nothing corrects for it"
    return row


def _furthest(covariates, columns: tuple[str, ...], sample: MatchedSample, spec) -> float:
    """How far the groups of a sample lie apart, at worst, on columns that were left out of it."""
    units = ordered_units(covariates.units[["unit_id", "is_treated", *columns]])
    values, is_treated = columns_of(expand_levels(units, {})[0]), units["is_treated"].to_numpy(bool)
    means = weighted_means(values, is_treated, sample.units["weight"].to_numpy(float))
    by = spread_of(values, is_treated).of_gate(spec.balance.denominator)
    return float(np.abs(standardised(*means, by)).max())


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["what", "passes", "worst_smd", "n_red", "n_matched", "ess", "method", "caliper", "yaml", "caution"]
    types = {"passes": bool, "worst_smd": "Float64", "n_red": "Int64", "n_matched": "Int64", "ess": "Float64"}
    frame = pd.DataFrame(rows, columns=[*columns, "why_not"]).astype(types | {"caliper": "Float64"})
    return frame.assign(method=frame["method"].fillna(""))
