"""Every way an effect can be estimated from the same matched people: names, labels and what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from .abadie_imbens import nearest_neighbours
from .bootstrap import bootstrap
from .compared import Compared
from .doubly_robust import aipw, cross_fitted_aipw
from .estimation import Kind
from .interval import NotEstimable
from .sandwich import Linearised
from .weighted_t import psmatch2, t_test

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
    of_all : bool
        It concerns all treated people who have a score, matched or not.
    """

    name: str
    label: str
    explanation: str
    function: Callable[[Compared], dict]
    kinds: tuple[Kind, ...] = ALL
    scale: str = DIFFERENCE
    on_request: bool = False
    of_all: bool = False


def _one_of_three(people: Compared, name: str) -> dict:
    return people.three[name]


def _t(people: Compared, **choices: bool) -> dict:
    return t_test(*people.groups, people.spec.inference.confidence, **choices)


def _psmatch2(people: Compared) -> dict:
    return psmatch2(*people.groups, people.spec.inference.confidence)


def _robust(people: Compared, which: str, form: str, *, is_log: bool = False) -> dict:
    """From a difference, or the logarithm of a ratio, kept by `Compared`, with a robust standard error."""
    found: Linearised = getattr(people, which)
    return people.interval(found.value, found.standard_error(form), found.df, is_log=is_log)


def _by_set(people: Compared) -> dict:
    if people.sets is None:
        raise NotEstimable("there are no matched sets: each control may serve several people")
    se, n_sets = people.difference.clustered(np.asarray(people.sets)[people.people])
    return people.interval(people.difference.value, se, n_sets - 1)


def _doubly_robust(people: Compared, hajek: bool) -> dict:
    return aipw(people.y, people.x, people.matched, people.within, people.expected, people.spec, hajek=hajek)


def _cross_fitted(people: Compared) -> dict:
    return cross_fitted_aipw(people.y, people.x, people.matched, people.within, people.kind, people.spec)


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
#: name -> label, kind, what `Compared` keeps of it, how it is fitted.
_RATIOS = {
    "risk_ratio": ("Ratio of shares", Kind.share, "ratio", ""),
    "rate_ratio": ("Ratio of mean counts", Kind.count, "rate_ratio", "; fitted as in R"),
}


def _registry() -> Iterable[Estimator]:
    of = Estimator
    three, robust = partial(partial, _one_of_three), partial(partial, _robust)
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
        said = "Expected outcomes of the treated with and without it, one model fitted as in R; if separated, its limit"
        function = robust(which="standardised", form=form)
        yield of(name, f"{_G}, {form}", f"{said} ({form}).", function)
    said = "Ratio of the expected outcomes of the treated with and without treatment, from the same model."
    function = robust(which="standardised_ratio", form="HC0", is_log=True)
    yield of("gcomp_ratio", f"{_G}, ratio", said, function, (Kind.share, Kind.count), RATIO)
    for name, (label, kind, which, how) in _RATIOS.items():
        for suffix, form in (("", "HC0"), ("_HC3", "HC3")):
            said = f"Ratio of the weighted means of the groups, robust standard error {form} of its logarithm{how}."
            function = robust(which=which, form=form, is_log=True)
            yield of(f"{name}{suffix}", f"{label} ({form})", said, function, (kind,), RATIO)
    for name, label, hajek in (
        ("aipw", "Doubly robust (AIPW)", True),
        ("aipw_plain", "Doubly robust, not scaled", False),
    ):
        said = (
            f"Outcome model and odds weights over everybody with a score; weights {'' if hajek else 'not '}scaled to 1."
        )
        yield of(name, label, said, partial(_doubly_robust, hajek=hajek), of_all=True)
    said = (
        "The same, with each person's score and expected outcome from models fitted without their part of the people."
    )
    yield of("aipw_cross_fitted", "Doubly robust, cross-fitted", said, _cross_fitted, on_request=True, of_all=True)
    said = "The {} nearest on the logit of the score, with replacement and ties; standard error of Abadie and Imbens."
    near = partial(of, of_all=True)
    yield near("abadie_imbens", f"{_NN}, 1", said.format("one"), partial(_neighbours, n=1))
    yield near("abadie_imbens_5", f"{_NN}, 5", said.format("five"), partial(_neighbours, n=5))
    text = "The five nearest, with what differs in the covariates taken off by a regression in the matched controls."
    yield near("abadie_imbens_adjusted", f"{_NN}, 5, bias-adjusted", text, partial(_neighbours, n=5, adjust=True))
    text = "The one nearest within the caliper of the match; people without one are left out."
    yield near("abadie_imbens_caliper", f"{_NN}, 1 within the caliper", text, partial(_neighbours, n=1, caliper=True))
    said = "The headline with the scatter of draws that refit score and match as its standard error."
    yield of("bootstrap", "Headline, bootstrap", said, _bootstrap, on_request=True)


ESTIMATORS: dict[str, Estimator] = {e.name: e for e in _registry()}
