"""Every way an effect can be estimated from the same matched people, each under a name of its own.

The headline answers the request. The others stand beside it: so that results can be laid beside earlier publications
and other packages, and so that a reader sees how much hangs on the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..errors import JDLError
from ..matching import MatchedSample
from .abadie_imbens import nearest_neighbours
from .bootstrap import bootstrap
from .compared import Compared, compared
from .doubly_robust import aipw, cross_fitted_aipw
from .estimation import Kind
from .interval import PARTS, NotEstimable
from .sandwich import Linearised
from .weighted_t import psmatch2, t_test

COLUMNS = ("name", "label", "explanation", "scale", *PARTS, "why_not")
DIFFERENCE, RATIO = "difference", "ratio"
ALL = tuple(Kind)


@dataclass(frozen=True)
class Estimator:
    """One way of estimating an effect.

    Parameters
    ----------
    name : str
        Fixed: other programs read it.
    label : str
        For readers.
    explanation : str
        What it is, in one sentence.
    function : callable
        From `Compared` to estimate, se, ci_low, ci_high, p_value, df; raises `NotEstimable` where it does not exist.
    kinds : tuple of Kind
        Outcomes it is for.
    scale : {"difference", "ratio"}
    on_request : bool
        Only where a setting or data beyond the sample ask for it.
    """

    name: str
    label: str
    explanation: str
    function: Callable[[Compared], dict]
    kinds: tuple[Kind, ...] = ALL
    scale: str = DIFFERENCE
    on_request: bool = False


def estimate_all(
    y,
    design,
    matched: MatchedSample,
    kind: str,
    spec,
    names: Iterable[str] | None = None,
    *,
    subset=None,
    sets=None,
    covariates=None,
    where: str = "outcome",
) -> pd.DataFrame:
    """Estimate one effect in every way that is valid for it.

    Parameters
    ----------
    y : array, shape (n_people,)
        Outcome, in the order of ``matched.units``. Needed of everybody with a weight; people without one and without an
        outcome are left out of the estimates that use the whole pool.
    design : DataFrame or array, shape (n_people, n_columns)
        Matching covariates in the same order; a column unit_id is ignored.
    matched : MatchedSample
    kind : {"share", "count", "days", "mean"}
    spec : RequestSpec
        inference, covariates.people_per_parameter, seed.
    names : iterable of str, optional
        Which estimators. Default: all that are for this kind of outcome; those made on request only where asked for.
    subset : bool array, shape (n_people,), optional
        Only these people.
    sets : array, shape (n_people,), optional
        Matched set of each person, for standard errors by set.
    covariates : Covariates, optional
        What the sample was matched on, for the bootstrap.
    where : str
        Name of the outcome's column, for messages.

    Returns
    -------
    DataFrame
        A row per estimator: name, label, explanation, scale; estimate, se, ci_low, ci_high, p_value, df; why_not.
        On the scale "difference" treatment − control, on "ratio" treatment / control with the standard error of the
        logarithm. df is infinite for normal intervals. Where `why_not` says why there is no estimate, the numbers are
        missing.

    Raises
    ------
    JDLError
        With every fault of outcome, weights and names at once.
    """
    unknown = [n for n in names or () if n not in ESTIMATORS]
    if unknown:
        raise JDLError(f"there is no estimator {', '.join(unknown)}", "names", f"choose from {', '.join(ESTIMATORS)}")
    people = compared(y, design, matched, kind, spec, subset=subset, sets=sets, covariates=covariates, where=where)
    if names is None:
        asked = [e for e in ESTIMATORS.values() if people.kind in e.kinds and _is_asked_for(e, people)]
    else:
        asked = [ESTIMATORS[n] for n in names]
    nothing = people.why_not
    with threadpool_limits(1):  # fits are small: on a busy machine threads would wait for each other
        rows = [_row(e, people, nothing) for e in asked]
    why_not = pd.Series([row["why_not"] for row in rows], dtype=object)  # None stays None
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(why_not=why_not)


def _is_asked_for(estimator: Estimator, people: Compared) -> bool:
    asked = {
        "lm_cluster": people.sets is not None,
        "aipw_cross_fitted": people.spec.inference.cross_fit_folds > 0,
        "bootstrap": people.spec.inference.bootstrap_draws > 0,
    }
    return asked.get(estimator.name, True)


def _row(estimator: Estimator, people: Compared, nothing: str | None) -> dict:
    row = {k: getattr(estimator, k) for k in ("name", "label", "explanation", "scale")}
    try:
        if nothing:
            raise NotEstimable(nothing)
        if people.kind not in estimator.kinds:
            raise NotEstimable(f"it is for {' and '.join(f'{k}s' for k in estimator.kinds)} only")
        found = {k: float(estimator.function(people)[k]) for k in PARTS}
        if not np.isfinite([found[k] for k in PARTS if k != "df"]).all():
            raise NotEstimable("the computation has no finite answer")
        if not found["se"] > 0:
            raise NotEstimable("its standard error is 0")
    except NotEstimable as fault:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": str(fault)}
    except JDLError as fault:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": fault.problems[0].what}
    except np.linalg.LinAlgError:
        return row | dict.fromkeys(PARTS, np.nan) | {"why_not": "its equations have no unique solution"}
    return row | found | {"why_not": None}


# -- the functions behind the names -----------------------------------------------------------------------------------


def _one_of_three(people: Compared, name: str) -> dict:
    return people.three[name]


def _t(people: Compared, **choices: bool) -> dict:
    return t_test(*people.groups, people.spec.inference.confidence, **choices)


def _psmatch2(people: Compared) -> dict:
    return psmatch2(*people.groups, people.spec.inference.confidence)


def _robust(people: Compared, which: str, form: str) -> dict:
    """From a difference kept by `Compared`, with a robust standard error."""
    return _with_error(people, getattr(people, which), form)


def _ratio(people: Compared, form: str) -> dict:
    return _with_error(people, people.ratio, form, is_log=True)


def _standardised(people: Compared, form: str) -> dict:
    return _with_error(people, people.standardised[0], form)


def _standardised_ratio(people: Compared) -> dict:
    ratio = people.standardised[1]
    if ratio is None:
        raise NotEstimable("an expected outcome is not positive, so that there is no ratio")
    return _with_error(people, ratio, "HC0", is_log=True)


def _with_error(people: Compared, found: Linearised, form: str, *, is_log: bool = False) -> dict:
    return people.interval(found.value, found.standard_error(form), found.df, is_log=is_log)


def _by_set(people: Compared) -> dict:
    if people.sets is None:
        raise NotEstimable("there are no matched sets: each control may serve several people")
    se, n_sets = people.difference.clustered(np.asarray(people.sets)[people.people])
    return people.interval(people.difference.value, se, n_sets - 1)


def _doubly_robust(people: Compared, function: Callable, **choices: bool) -> dict:
    return function(people.y, people.x, people.matched, people.within, people.kind, people.spec, **choices)


def _neighbours(people: Compared, n: int, *, adjust: bool = False, caliper: bool = False) -> dict:
    units, raw = people.matched.units, people.matched.caliper_raw
    if caliper and (raw is None or people.matched.scale != "logit"):
        raise NotEstimable("the match has no caliper on the logit of the score")
    logit, is_treated = units["logit"].to_numpy(float), units["is_treated"].to_numpy(bool)
    who = people.within & np.isfinite(logit)
    if min((who & is_treated).sum(), (who & ~is_treated).sum()) < 2:
        raise NotEstimable("fewer than two people with a score are left in one of the groups")
    x = people.x[who] if adjust else None
    reach = raw if caliper else None
    found = nearest_neighbours(people.y[who], is_treated[who], logit[who], n, caliper=reach, x=x)
    return people.interval(found.value, found.se, found.n_matched - 1)


def _bootstrap(people: Compared) -> dict:
    subset = None if people.within.all() else people.within
    return bootstrap(people.y, people.covariates, people.matched, people.kind, people.spec, subset)


_T, _MEANS = "t-test of weighted means", "Difference of weighted means"
_LM, _LIN = "Linear regression on the covariates", "Linear regression with interactions"
_G, _NN = "Standardised over the treated (g-computation)", "Nearest neighbours on the score"
_COUNTED = "controls counted as {} people and {}"
_CLASSIC, _ESS = "as many as there are", "as many as their weights are worth"
_OWN, _ONE = "a variance for each group", "one variance for both groups"
_RATIOS = {"risk_ratio": ("Ratio of shares", Kind.share), "rate_ratio": ("Ratio of mean counts", Kind.count)}


def _registry() -> Iterable[Estimator]:
    of = Estimator
    three, robust, standardised = (
        partial(partial, _one_of_three),
        partial(partial, _robust),
        partial(partial, _standardised),
    )
    yield of(
        "headline", "Headline", "Matching, with an outcome model of the controls on the matching covariates.",
        three(name="headline"),
    )  # fmt: skip
    yield of(
        "classic", "Classic", "Difference of weighted means with Welch's interval, controls counted as independent.",
        three(name="classic"),
    )  # fmt: skip
    yield of(
        "check", "Check", "Doubly robust: the same treated people against the whole pool, weighted by odds.",
        three(name="check"),
    )  # fmt: skip
    for name, effective in (("classic", False), ("ess", True)):
        for test, pooled in (("student", True), ("welch", False)):
            said = _COUNTED.format(_ESS if effective else _CLASSIC, _ONE if pooled else _OWN).capitalize() + "."
            label = f"{_T} ({test.capitalize()}{', effective size' if effective else ''})"
            yield of(f"t_{name}_{test}", label, said, partial(_t, effective=effective, pooled=pooled))
    said = (
        "Difference of weighted means with the standard error of Stata's psmatch2: plain variances, weights as given."
    )
    yield of("psmatch2", f"{_MEANS} (psmatch2)", said, _psmatch2)
    for form in ("HC0", "HC1", "HC2", "HC3"):
        said = f"Weighted regression on treatment alone, with the robust standard error {form}."
        yield of(f"lm_{form}", f"{_MEANS} ({form})", said, robust(which="difference", form=form))
    said = "Weighted regression on treatment alone; people of one matched set count as one."
    yield of("lm_cluster", f"{_MEANS} (by matched set)", said, _by_set, on_request=True)
    said = "Weighted means of a survey with unequal weights, drawn with replacement."
    yield of("svyglm", f"{_MEANS} (survey)", said, robust(which="difference", form="survey"))
    for form in ("HC1", "HC3"):
        said = f"Weighted regression on treatment and the matching covariates, robust standard error {form}."
        yield of(f"lm_adj_{form}", f"{_LM} ({form})", said, robust(which="linear", form=form))
    for form in ("HC1", "HC3"):
        said = f"The same with a slope of its own for each group, at the mean of the treated, standard error {form}."
        yield of(f"lm_lin_{form}", f"{_LIN} ({form})", said, robust(which="interacted", form=form))
    for name, form in (("gcomp", "HC0"), ("gcomp_HC3", "HC3")):
        said = f"Expected outcomes of the treated with and without treatment, from one weighted model ({form})."
        yield of(name, f"{_G}, {form}", said, standardised(form=form))
    said = "Ratio of the expected outcomes of the treated with and without treatment, from one weighted model."
    yield of("gcomp_ratio", f"{_G}, ratio", said, _standardised_ratio, (Kind.share, Kind.count), RATIO)
    for name, (label, kind) in _RATIOS.items():
        for suffix, form in (("", "HC0"), ("_HC3", "HC3")):
            said = f"Ratio of the weighted means of the groups, with the robust standard error {form} of its logarithm."
            yield of(f"{name}{suffix}", f"{label} ({form})", said, partial(_ratio, form=form), (kind,), RATIO)
    for name, label, hajek in (
        ("aipw", "Doubly robust (AIPW)", True),
        ("aipw_plain", "Doubly robust, not scaled", False),
    ):
        said = (
            f"Outcome model and odds weights over everybody with a score; weights {'' if hajek else 'not '}scaled to 1."
        )
        yield of(name, label, said, partial(_doubly_robust, function=aipw, hajek=hajek))
    said = (
        "The same, with each person's score and expected outcome from models fitted without their part of the people."
    )
    cross = partial(_doubly_robust, function=cross_fitted_aipw)
    yield of("aipw_cross_fitted", "Doubly robust, cross-fitted", said, cross, on_request=True)
    said = "The {} nearest on the logit of the score, with replacement and ties; standard error of Abadie and Imbens."
    yield of("abadie_imbens", f"{_NN}, 1", said.format("one"), partial(_neighbours, n=1))
    yield of("abadie_imbens_5", f"{_NN}, 5", said.format("five"), partial(_neighbours, n=5))
    text = "The five nearest, with what differs in the covariates taken off by a regression in the matched controls."
    yield of("abadie_imbens_adjusted", f"{_NN}, 5, bias-adjusted", text, partial(_neighbours, n=5, adjust=True))
    text = "The one nearest within the caliper of the match; people without one are left out."
    yield of("abadie_imbens_caliper", f"{_NN}, 1 within the caliper", text, partial(_neighbours, n=1, caliper=True))
    said = "The headline with the scatter of draws that refit score and match as its standard error."
    yield of("bootstrap", "Headline, bootstrap", said, _bootstrap, on_request=True)


ESTIMATORS: dict[str, Estimator] = {e.name: e for e in _registry()}
