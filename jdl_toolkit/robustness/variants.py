"""The declared variants: what each does otherwise than the main analysis, and who is compared with whom in it.

Everything here is done from covariates alone. A variant is declared by the settings before any outcome is known; that
one cannot be made (nobody within a narrow caliper, a score that cannot be fitted) is one of its results.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..balance.changes import OF_SEVERAL
from ..errors import JDLError
from ..matching import MatchedSample, match
from ..matching.design import ordered_units
from ..matching.newton import Start
from ..matching.propensity import Propensity
from ..matching.starts import start_of_score
from ..spec import CaliperUnit, Covariate, Method

if TYPE_CHECKING:
    from ..covariates import Covariates
    from ..spec import RequestSpec

#: Groups of variants, in the order in which they are shown.
CALIPER, NEAREST, WEIGHTS, LEFT_OUT, NEEDS = "caliper", "nearest", "weights", "left_out", "needs"

_WEIGHTS = {
    Method.ipw: "Inverse-odds weights",
    Method.overlap: "Overlap weights",
    Method.ebal: "Entropy balancing",
}

#: What tells the same about a person: covariate -> others that are left out with it.
TELLS_THE_SAME: dict[str, tuple[str, ...]] = {
    Covariate.age: (Covariate.age_squared,),
    Covariate.offences_last_two_years: (Covariate.years_since_last_offence,),
    Covariate.years_since_last_offence: (Covariate.offences_last_two_years,),
    Covariate.previous_by_group: (Covariate.previous_by_each_group,),
    Covariate.previous_by_each_group: (Covariate.previous_by_group,),
    Covariate.employed: (Covariate.employed_share,),
    Covariate.employed_share: (Covariate.employed,),
    Covariate.on_benefit: (Covariate.benefit_share,),
    Covariate.benefit_share: (Covariate.on_benefit,),
}


@dataclass(frozen=True)
class Variant:
    """One analysis that differs from the main one.

    Parameters
    ----------
    group, key, label : str
        `label` is for readers.
    spec : RequestSpec
    left_out : tuple of str
        Columns of the covariates that are left out, the score being fitted anew.
    people : bool array, shape (n_people,), optional
        In the order of ``covariates.units``: only these are in it, the score being fitted anew among them.
    """

    group: str
    key: str
    label: str
    spec: RequestSpec
    left_out: tuple[str, ...] = ()
    people: np.ndarray | None = None


def declare(covariates: Covariates, matched: MatchedSample, spec: RequestSpec) -> list[Variant]:
    """The variants that the settings declare, but for those that are the main analysis itself.

    Parameters
    ----------
    covariates : Covariates
    matched : MatchedSample
        The main analysis; a fallback to another method makes that one the main method.
    spec : RequestSpec
        robustness, matching.
    """
    main = with_matching(spec, method=Method(matched.method))
    found = [*_calipers(matched, main), *_nearest(matched, main), *_weights(main), *_needs(covariates, main)]
    if spec.robustness.leave_one_out:
        families = families_of(covariates)
        found += [
            Variant(LEFT_OUT, f"left_out_{name}", label, main, columns)
            for name, (label, columns) in families.items()
            if any(covariates.units[c].nunique() > 1 for c in columns)  # else nothing is left out
        ]
    return found


def match_variants(
    covariates: Covariates, matched: MatchedSample, variants: list[Variant]
) -> Iterator[tuple[Variant, MatchedSample | str]]:
    """Match each variant in turn: the sample, or why there is none.

    One without other covariates or other people shares the score of the main analysis.
    """
    fitted = score_of(covariates, matched)
    n_scores = sum(bool(variant.left_out) or variant.people is not None for variant in variants)
    start = start_of_score(fitted) if n_scores > 1 else None  # it takes as long as a fit
    for variant in variants:
        try:
            yield variant, match_variant(covariates, matched, variant, fitted, start)
        except (JDLError, ArithmeticError, ValueError) as fault:  # LinAlgError is a ValueError
            yield variant, in_words(fault)


def match_variant(
    covariates: Covariates,
    matched: MatchedSample,
    variant: Variant,
    fitted: Propensity | None = None,
    start: Start | None = None,
) -> MatchedSample:
    """Match one variant, within the caliper of the main analysis unless the variant has its own.

    Raises
    ------
    JDLError
        As `matching.match`.
    """
    if variant.left_out or variant.people is not None:
        covariates, fitted = _without(covariates, variant), None
    spec = _without_names(variant.spec, variant.left_out)
    return match(covariates, spec, propensity=fitted, start=start, **_caliper(matched, variant))


def in_words(fault: Exception) -> str:
    """What was at fault, as the end of a sentence."""
    what = fault.problems[0].what if isinstance(fault, JDLError) else "the calculation has no answer for these people"
    return what[:1].lower() + what[1:]


def score_of(covariates: Covariates, matched: MatchedSample) -> Propensity:
    """The score of the main analysis, as it was fitted."""
    units, sample = ordered_units(covariates.units), matched.units
    logit, score = (sample[name].to_numpy(float) for name in ("logit", "score"))
    return Propensity(units, matched.design, logit, score, matched.coefficients, matched.merged, matched.messages)


def families_of(covariates: Covariates) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Covariate -> label for readers, and all columns that are left out with it; one's own columns each by itself.

    A column that says that another is missing goes with that one.
    """
    columns = [c for c in covariates.units if c not in ("unit_id", "is_treated")]
    book = covariates.codebook
    covariate_of = dict(zip(book["column"], book["covariate"], strict=True)) if len(book) else {}
    bases = [c for c in columns if not _is_indicator(c, columns)]
    members: dict[str, list[str]] = {}
    for column in bases:
        name = str(covariate_of.get(column, column))
        members.setdefault(column if name == Covariate.extra else name, []).append(column)
    if Covariate.age in members and Covariate.age_squared in members:
        members[Covariate.age] += members.pop(Covariate.age_squared)
    return {name: (_label(name, own, covariates), _with_indicators(own, columns)) for name, own in members.items()}


def columns_telling(name: str, covariates: Covariates) -> tuple[str, ...]:
    """The columns of a covariate, and of all that tell the same (`TELLS_THE_SAME`)."""
    families = families_of(covariates)
    names = [name, *map(str, TELLS_THE_SAME.get(name, ()))]
    own = dict.fromkeys(c for n in names if n in families for c in families[n][1])
    return tuple(own) or _with_indicators([name], [c for c in covariates.units if c not in ("unit_id", "is_treated")])


def with_matching(spec: RequestSpec, **changes) -> RequestSpec:
    """A copy with other choices of matching. They are declared settings, so nothing is validated again."""
    return spec.model_copy(update={"matching": spec.matching.model_copy(update=changes)})


def _calipers(matched: MatchedSample, main: RequestSpec) -> Iterator[Variant]:
    is_raw = main.matching.caliper_unit is CaliperUnit.raw
    used = matched.caliper_raw if is_raw else matched.caliper_sd
    is_radius = main.matching.method is Method.radius
    what = f"on the {main.matching.scale}" if is_raw else "standard deviations"
    for caliper in sorted(set(main.robustness.calipers)):
        if not (is_radius and used is not None and np.isclose(caliper, used, rtol=1e-9)):
            spec = with_matching(main, method=Method.radius, calipers=(caliper,))
            yield Variant(CALIPER, f"caliper_{caliper:g}", f"Within {caliper:g} {what}", spec)


def _nearest(matched: MatchedSample, main: RequestSpec) -> Iterator[Variant]:
    own = main.matching
    for ratio in dict.fromkeys(main.robustness.nearest_ratios):
        if own.method is Method.nearest and own.replace and own.ratio == ratio:
            continue
        label = "The nearest person" if ratio == 1 else f"The {ratio} nearest people"
        calipers = () if matched.caliper_sd is None else own.calipers
        spec = with_matching(main, method=Method.nearest, ratio=ratio, replace=True, calipers=calipers)
        yield Variant(NEAREST, f"nearest_{ratio}", label, spec)


def _weights(main: RequestSpec) -> Iterator[Variant]:
    for method in dict.fromkeys(main.robustness.methods):
        if method in _WEIGHTS and method is not main.matching.method:
            yield Variant(WEIGHTS, str(method), _WEIGHTS[method], with_matching(main, method=method))


def _needs(covariates: Covariates, main: RequestSpec) -> Iterator[Variant]:
    """Three runs: without the needs assessment; among people who have one without it; among the same with it."""
    columns = tuple(c for c in covariates.units if c.startswith("needs_"))
    if not columns:
        return
    missing = [c for c in columns if _is_indicator(c, columns)]
    assessed = np.ones(len(covariates.units), bool)
    if missing:  # somebody assessed has at least one answer
        assessed = ~(covariates.units[missing] == 1).all(axis=1).to_numpy(bool)
    yield Variant(NEEDS, "needs_everyone_without", "Everyone, without the assessment", main, columns)
    yield Variant(NEEDS, "needs_assessed_without", "People assessed, without it", main, columns, assessed)
    yield Variant(NEEDS, "needs_assessed_with", "The same people, with it", main, (), assessed)


def _caliper(matched: MatchedSample, variant: Variant) -> dict[str, float]:
    """The caliper to match within: the variant's own, else that of the main analysis.

    A main analysis that weights everybody has none, and neither have its nearest neighbours: within a caliper of the
    ladder that did not balance, they would be of other, fewer people than it.
    """
    own = variant.spec.matching
    name = "caliper_raw" if own.caliper_unit is CaliperUnit.raw else "caliper_sd"
    used = own.calipers[0] if variant.group == CALIPER else getattr(matched, name)
    if own.method not in (Method.radius, Method.nearest):
        return {}
    return {} if used is None else {name: float(used)}


def _without(covariates: Covariates, variant: Variant) -> Covariates:
    units = covariates.units.drop(columns=list(variant.left_out))
    if variant.people is not None:
        units = units[variant.people].reset_index(drop=True)
    return dataclasses.replace(covariates, units=units)


def _without_names(spec: RequestSpec, left_out: tuple[str, ...]) -> RequestSpec:
    """The settings without what names a column that is left out."""
    if not left_out:
        return spec
    model = spec.covariates
    kept = {"splines": tuple(name for name in model.splines if name not in left_out)}
    kept |= {"interactions": tuple(pair for pair in model.interactions if not set(pair) & set(left_out))}
    spec = spec.model_copy(update={"covariates": model.model_copy(update=kept)})
    return with_matching(spec, exact=tuple(name for name in spec.matching.exact if name not in left_out))


def _is_indicator(column: str, columns) -> bool:
    return column.endswith("_missing") and column.removesuffix("_missing") in columns


def _with_indicators(own: list[str], columns: list[str]) -> tuple[str, ...]:
    return tuple(c for name in own for c in (name, f"{name}_missing") if c in columns)


def _label(name: str, own: list[str], covariates: Covariates) -> str:
    label = OF_SEVERAL.get(name) if len(own) > 1 else None
    return label or re.sub(r" \([^()]*\)$", "", covariates.labels.get(own[0], own[0]))  # without its unit


def is_missing(column: str, units: pd.DataFrame) -> np.ndarray:
    """Whose value of a column was filled in, as far as a column beside it says so."""
    beside = f"{column}_missing"
    return units[beside].to_numpy() == 1 if beside in units else np.zeros(len(units), bool)
