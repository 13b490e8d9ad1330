"""Which changes of a request may make the groups alike, by what keeps them apart now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd
import yaml

from ..matching.design import covariate_columns
from ..matching.match import WITH_CALIPER
from ..spec import CommonSupport, Covariate, Fallback, Method, Selection
from .ladder import REPLACEABLE

#: How many of the covariates that are too far apart get proposals of their own.
WORST = 2

#: Calipers below the narrowest, as shares of it.
NARROWER = (0.5, 0.1)

#: Share of the probability below which, and above one less which, people are left out.
TRIMMED = 0.01

METHODS = {
    Method.nearest: "compare each person with the nearest one, not with everybody within the caliper",
    Method.radius: "compare each person with everybody within the caliper, not with the nearest",
    Method.ipw: "weight people by the odds of the score instead of matching",
    Method.ebal: "entropy balancing instead of matching",
    Method.overlap: "overlap weights instead of matching",
}

#: Covariates of several columns, as readers know them.
OF_SEVERAL = {
    Covariate.age: "Age",
    Covariate.previous_by_group: "Previous offences by kind",
    Covariate.previous_by_each_group: "Previous offences by each kind",
    Covariate.needs: "Needs assessment",
    Covariate.extra: "All columns of the lab's own",
}

OTHER_PEOPLE = "the result then concerns people who might be in either group, no longer all the treated"


class Change(NamedTuple):
    """One change of a request.

    Parameters
    ----------
    what : str
        In words.
    settings : dict
        Section -> key -> value, as in the request's YAML.
    caution : str
        What is given up by it; empty if nothing but people.
    without : tuple of str
        Columns of the covariates that are left out altogether.
    """

    what: str
    settings: dict[str, dict[str, Any]]
    caution: str = ""
    without: tuple[str, ...] = ()

    def yaml(self, stated: dict[str, dict[str, Any]] | None = None) -> str:
        """The sections that it changes, whole, as lines of a request: ``matching: {calipers: [0.1], exact: [sex]}``.

        Parameters
        ----------
        stated : dict, optional
            What the request states in each section now, which stays but for what is changed. Default: nothing.
        """
        return "\n".join(
            yaml.safe_dump(
                {section: (stated or {}).get(section, {}) | keys},
                default_flow_style=True,
                width=10_000,
                allow_unicode=True,
                sort_keys=False,
            ).strip()[1:-1]
            for section, keys in self.settings.items()
        )


def possible_changes(covariates, rows: pd.DataFrame, spec) -> list[Change]:
    """Changes worth a try, given the rows of a balance that has not passed.

    Narrower calipers; exact agreement on the categories that are furthest apart; a curve or the square for the numbers
    that are; the product of the two worst covariates; nobody outside the common support; other methods; and leaving out
    a covariate.
    """
    units, labels = covariates.units, covariates.labels
    worst, red = _worst_first(rows), _worst_first(rows[rows["light"] == "red"])
    found = [
        *_narrower(spec),
        *(c for column in red[:WORST] for c in _of_column(column, units[column], labels.get(column, column), spec)),
        *_together(worst[:2], labels, spec),
        *_all_enter(spec),
        *_within_support(spec),
        *_other_methods(spec),
        *(c for column in red[:WORST] for c in _leaving_out(column, units, labels.get(column, column), spec)),
    ]
    return list({change.yaml(): change for change in found}.values())


def _worst_first(rows: pd.DataFrame) -> list[str]:
    order = rows["smd_after"].abs().sort_values(ascending=False, kind="stable").index
    return list(dict.fromkeys(rows.loc[order, "covariate"]))


def _narrower(spec) -> Iterator[Change]:
    asked = spec.matching
    if asked.method in WITH_CALIPER and asked.calipers:
        more = [float(f"{min(asked.calipers) * share:g}") for share in NARROWER]
        yield Change("narrower calipers", {"matching": {"calipers": [*asked.calipers, *more]}})


def _of_column(column: str, values: pd.Series, label: str, spec) -> Iterator[Change]:
    """For a category or a yes and no: agreement; for a number: a curve, or its square."""
    if not pd.api.types.is_numeric_dtype(values) or values.dropna().isin([0, 1]).all():
        if column not in spec.matching.exact:
            exact = [*map(str, spec.matching.exact), column]
            yield Change(f"compare only people who agree in: {label}", {"matching": {"exact": exact}})
        return
    if column not in spec.covariates.splines:
        curve = {"covariates": {"splines": [*map(str, spec.covariates.splines), column]}}
        yield Change(f"let the score follow a curve in: {label}", curve)
        yield from _pair([column, column], f"let the score know the square of: {label}", spec)


def _together(worst: list[str], labels: dict[str, str], spec) -> Iterator[Change]:
    if len(worst) == 2:
        names = "; ".join(labels.get(column, column) for column in worst)
        yield from _pair(worst, f"let the score know the product of: {names}", spec)


def _pair(pair: list[str], words: str, spec) -> Iterator[Change]:
    pairs = [list(map(str, one)) for one in spec.covariates.interactions]
    if not any(sorted(pair) == sorted(one) for one in pairs):
        yield Change(words, {"covariates": {"interactions": [*pairs, pair]}})


def _all_enter(spec) -> Iterator[Change]:
    if spec.covariates.selection is not Selection.all:
        words = "let the score know all covariates, not only those that a test selects"
        yield Change(words, {"covariates": {"selection": str(Selection.all)}})


def _within_support(spec) -> Iterator[Change]:
    if spec.matching.common_support is CommonSupport.none:
        words = "leave out people whose score lies beyond all of the other group"
        yield Change(words, {"matching": {"common_support": str(CommonSupport.range)}})
    if spec.matching.trim < TRIMMED:
        words = f"leave out people whose probability is below {TRIMMED:g} or above {1 - TRIMMED:g}"
        yield Change(words, {"matching": {"trim": TRIMMED}})


def _other_methods(spec) -> Iterator[Change]:
    asked = spec.matching
    is_tried = asked.fallback is Fallback.ebal and asked.method in REPLACEABLE  # it was the last rung of the ladder
    for method, words in METHODS.items():
        if method is asked.method or (method is Method.radius and not asked.calipers):
            continue
        if method is not Method.ebal or not is_tried:
            caution = OTHER_PEOPLE if method is Method.overlap else ""
            yield Change(words, {"matching": {"method": str(method)}}, caution)


def _leaving_out(column: str, units: pd.DataFrame, label: str, spec) -> Iterator[Change]:
    setting = setting_of(column)
    if setting in spec.covariates.use and len(spec.covariates.use) > 1:
        use = [str(c) for c in spec.covariates.use if c != setting]
        columns = tuple(c for c in covariate_columns(units) if setting_of(c) == setting)
        named = len([c for c in columns if not c.endswith("_missing")]) > 1
        label = OF_SEVERAL.get(setting, label) if named else label
        yield Change(f"leave out of the covariates: {label}", {"covariates": {"use": use}}, "", columns)


def setting_of(column: str) -> str:
    """The entry of covariates.use that a column of the covariates comes of; empty if there is none."""
    plain = column.removesuffix("_missing")
    if plain in set(Covariate):
        return plain
    starts = {"previous_each_": Covariate.previous_by_each_group, "previous_": Covariate.previous_by_group}
    starts |= {"needs_": Covariate.needs, "extra_": Covariate.extra}
    return str(next((setting for start, setting in starts.items() if plain.startswith(start)), ""))
