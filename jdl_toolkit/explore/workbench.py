"""The workbench: what if one analysis had been matched or estimated otherwise?

Nothing here draws a control or asks a question: a panel, a notebook's cell and a script use the same three verbs.
`look` matches and judges balance, `effect` compares once outcomes are open, `forest` lays effects beside each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..balance import assess_balance, choose_caliper
from ..balance.ladder import Rung, tried_table
from ..cohort import Cohort
from ..covariates import Covariates, build_covariates
from ..document import Figure
from ..errors import GateClosed, JDLError
from ..inference.comparison import why_withheld
from ..inference.estimators import estimate_all
from ..inference.measures import MEASURES, Measure, measures_asked
from ..inference.registry import ESTIMATORS
from ..inference.weighted_t import Group
from ..matching import WITH_CALIPER, match
from ..matching.propensity import Propensity, fit_propensity
from ..matching.score_bins import overlap_bins
from ..outcomes import measure_outcomes
from ..spec import Covariate, MeasureFamily
from ..subgroups.characteristics import OF_PEOPLE, labels_of, levels_of
from ..subgroups.forming import form_groups
from ..subgroups.matching import name_of, within_subgroup
from ..submission import Submission
from .looks import Effect, Look, forest
from .opening import InFolder, InMemory, Record

if TYPE_CHECKING:
    from ..covariates import Codebook
    from ..register import Register
    from ..spec import RequestSpec
    from ..stage import Stage

#: Told how far something is that takes a while: what is done now, steps done, steps in all.
Progress = Callable[[str, int, int], None]


def _silent(step: str, done: int, total: int) -> None:
    pass


class Workbench:
    """Other ways of matching and estimating one analysis, looked at by hand.

    Parameters
    ----------
    covariates : Covariates
        As the request asks for them.
    spec : RequestSpec
        As requested; every change is ``bench.spec.with_(…)``.
    submission : Submission, optional
        For subgroups by a characteristic of the service.
    cohort : Cohort, optional
    register : Register, optional
        With the cohort, for covariates that the request does not use and for outcomes.
    codebook : Codebook, optional
    record : Record, optional
        Where what was looked at and opened is put on record. Default: nowhere.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.explore import Workbench
    >>> found = examples.foundation()
    >>> bench = Workbench(found.covariates, found.spec, found.submission, found.cohort, found.register)
    >>> bench.look(bench.spec.with_(matching={"method": "overlap"})).passed
    True
    >>> bench.is_open
    False
    """

    def __init__(
        self,
        covariates: Covariates,
        spec: RequestSpec,
        submission: Submission | None = None,
        cohort: Cohort | None = None,
        register: Register | None = None,
        codebook: Codebook | None = None,
        record: Record | None = None,
    ) -> None:
        self.spec, self._covariates = spec, covariates
        self._submission, self._cohort, self._register, self._codebook = submission, cohort, register, codebook
        self._record = record or InMemory()
        self._scores: dict[str, tuple[Covariates, Propensity]] = {}
        self._said: set[str] = set()
        self._measured: pd.DataFrame | None = None
        self._measures: dict[str, Measure] = {}

    @classmethod
    def of(cls, stage: Stage) -> Workbench:
        """The workbench of a request's analysis, from what its stages saved; no outcome is loaded.

        Parameters
        ----------
        stage : Stage
            The matching stage, opened by hand.
        """
        cohort, submission, spec = stage.load(Cohort), stage.load(Submission), stage.spec
        try:
            covariates = stage.load(Covariates)
        except JDLError:  # linked, and not matched yet
            covariates = build_covariates(cohort, stage.register, spec, stage.codebook)
        return cls(covariates, spec, submission, cohort, stage.register, stage.codebook, InFolder(stage))

    def __repr__(self) -> str:
        return f"workbench of request {self.spec.request}, outcomes {'open' if self.is_open else 'closed'}"

    @property
    def stage(self) -> Stage | None:
        """The stage that it was made of; None if it was made from parts."""
        return getattr(self._record, "stage", None)

    @property
    def codebook(self) -> Codebook | None:
        """What each covariate means, where the lab has words of its own."""
        return self._codebook

    @property
    def labels(self) -> dict[str, str]:
        """Column of the covariates that the request uses -> label for readers."""
        return dict(self._covariates.labels)

    @property
    def covariates_available(self) -> list[str]:
        """Covariates that can be used: all that the register has; without one, those that were built."""
        if self._register is None or self._cohort is None:
            return [str(name) for name in self.spec.covariates.use]
        return [str(name) for name in Covariate]

    @property
    def exact_available(self) -> list[str]:
        """Covariates that people can be made to agree on exactly: the categories, and numbers of few values."""
        units = self._covariates.units
        return [n for n in self._covariates.names if units[n].dtype.kind not in "fiu" or units[n].nunique() <= 20]

    @property
    def subgroups(self) -> dict[str, str]:
        """Subgroups that are large enough -> label; those that the request declares first."""
        levels, declared = self._levels()
        labels, found = labels_of(self._covariates), {}
        least = self.spec.disclosure.minimum_group
        others = [by for by in levels.columns[2:] if by not in declared]
        for names in ([by for by in declared if by in levels], *([by] for by in others)):
            groups = form_groups(levels[["unit_id", "is_treated", *names]], least)
            for group in groups[groups["why_not"].isna()].itertuples():
                more = "" if group.by in declared else " (not declared)"
                found[name_of(group.by, group.level)] = f"{labels[group.by]}: {group.level}{more}"
        return found

    def look(self, spec: RequestSpec, subgroup: str | None = None, progress: Progress | None = None) -> Look:
        """Match, and judge how alike the groups are.

        Parameters
        ----------
        spec : RequestSpec
            The request's own, or a change of it: ``bench.spec.with_(matching={"calipers": [0.05]})``.
        subgroup : str, optional
            A key of `subgroups`: matched anew within itself.
        progress : callable, optional
            Told what is done meanwhile: ``progress(step, done, total)``.

        Returns
        -------
        Look

        Raises
        ------
        JDLError
            If these settings cannot be matched; the workbench stays as it was.

        Notes
        -----
        Several calipers are a ladder, with the request's fallback, as `choose_caliper` climbs it. One caliper, or a
        method without any, is matched as it is.
        """
        progress = progress or _silent
        covariates, fitted = self._score(spec, subgroup, progress)
        is_requested = (
            subgroup is None and spec.matching == self.spec.matching and self._key(spec) == self._key(self.spec)
        )
        if is_requested or (spec.matching.method in WITH_CALIPER and len(spec.matching.calipers) > 1):
            matched, balance, tried = choose_caliper(covariates, spec, distances=False)
        else:
            caliper = max(spec.matching.calipers, default=None)
            matched = match(covariates, spec, propensity=fitted)
            balance = assess_balance(covariates, matched, spec, distances=False)
            caliper = caliper if spec.matching.method in WITH_CALIPER else None
            rung = Rung(str(spec.matching.method), caliper, matched, balance.worst, balance.n_red)
            tried = tried_table([rung], 0)
        self._put_on_record(tried, spec, subgroup)
        bins = overlap_bins(matched, spec.disclosure.minimum_cell)
        label = _label(spec, matched, subgroup, is_requested)
        return Look(
            matched, balance.every, bins, balance.worst, balance.n_red, tried, spec, subgroup, is_requested, label
        )

    @property
    def is_open(self) -> bool:
        """Whether outcomes were opened in this workbench."""
        return self._measured is not None

    def open_outcomes(self, by: str, reason: str, progress: Progress | None = None) -> dict[str, str]:
        """Open the outcomes: put on record who did and why, then measure them once for everybody.

        Parameters
        ----------
        by, reason : str
        progress : callable, optional

        Returns
        -------
        dict
            The event as the manifest holds it.

        Raises
        ------
        GateClosed
            While the request's own matching has not passed its gate.
        JDLError
            If nobody is named or no reason is given, or a run of this request is under way.
        """
        progress = progress or _silent
        if self._register is None or self._cohort is None:
            fix = "give the workbench the cohort and the register"
            raise JDLError("there is nothing to measure outcomes by", "outcomes", fix)
        said = self._record.opened(by, reason)
        progress("measuring outcomes", 0, 1)
        spec = self.spec.variant(outcomes={"measures": [str(family) for family in MeasureFamily]})
        people = pd.concat([self._cohort.treated, self._cohort.pool])
        self._measured = measure_outcomes(people, self._register, spec).sort_values("unit_id", ignore_index=True)
        self._measures = {m.key: m for m in measures_asked(spec, self._measured)[0]}
        progress("measuring outcomes", 1, 1)
        return said

    @property
    def measures(self) -> dict[str, str]:
        """Outcome measures that the register has: key -> label, those that the request asks for first."""
        self._require_open()
        asked = [m.key for m in MEASURES if m.family in self.spec.outcomes.measures]
        ordered = [*(k for k in asked if k in self._measures), *(k for k in self._measures if k not in asked)]
        return {key: self._measures[key].label for key in ordered}

    @property
    def estimators(self) -> dict[str, str]:
        """Ways of estimating: name -> label, the headline first."""
        return {e.name: e.label for e in ESTIMATORS.values() if not e.on_request}

    def effect(self, look: Look, measure: str = "rate", estimator: str = "headline") -> Effect:
        """Compare the people of a look on one outcome measure, by one estimator.

        Parameters
        ----------
        look : Look
        measure : str
            A key of `measures`.
        estimator : str
            A key of `estimators`.

        Raises
        ------
        GateClosed
            Before `open_outcomes`.
        JDLError
            If there is no such measure or estimator.
        """
        self._require_open()
        _require_known(measure, self._measures, "measure")
        _require_known(estimator, self.estimators, "estimator")
        asked, spec, matched = self._measures[measure], look.spec, look.matched
        units = matched.units
        place = np.searchsorted(self._measured["unit_id"].to_numpy(), units["unit_id"].to_numpy())
        aligned = self._measured.iloc[place]
        y = asked.values(aligned)
        weight, is_treated = units["weight"].to_numpy(float), units["is_treated"].to_numpy(bool)
        is_among = aligned["reoffended"].to_numpy() == 1 if asked.base == "reoffenders" else np.ones(len(y), bool)
        served = is_among & (weight > 0)
        groups = [Group(y[served & g], weight[served & g]) for g in (is_treated, ~is_treated)]
        way, parts = ESTIMATORS[estimator], ("estimate", "se", "ci_low", "ci_high", "p_value")
        found = dict.fromkeys(parts, np.nan) | {"why_not": why_withheld(asked, *groups, spec)}
        if found["why_not"] is None:
            rows = estimate_all(y, matched.design, matched, asked.kind, spec, [estimator], subset=is_among)
            found = {name: rows[name].iloc[0] for name in (*parts, "why_not")}
        return Effect(
            f"{look.label}: {way.label.lower()}",
            measure,
            asked.label,
            estimator,
            str(asked.kind),
            way.scale,
            *(float(found[name]) for name in parts),
            *(group.n for group in groups),
            why_not=found["why_not"],
            confidence=spec.inference.confidence,
            is_requested=look.is_requested and estimator == "headline",
        )

    def forest(self, effects: Iterable[Effect]) -> Figure | None:
        """Forest plot of effects on one measure: the request's own first, then what was looked at."""
        return forest(tuple(effects))

    def _require_open(self) -> None:
        if not self.is_open:
            fix = "open them with open_outcomes(by, reason), once the match is chosen; that is put on record"
            raise GateClosed("the outcomes are closed", f"request {self.spec.request}", fix)

    def _key(self, spec: RequestSpec, subgroup: str | None = None) -> str:
        """What a score depends on."""
        stays = spec.matching.exact if spec.covariates.selection == "stepwise" else ()
        return f"{spec.covariates.model_dump_json()} {sorted(stays)} {subgroup}"

    def _score(self, spec: RequestSpec, subgroup: str | None, progress: Progress) -> tuple[Covariates, Propensity]:
        key = self._key(spec, subgroup)
        if key not in self._scores:
            covariates = self._covariates_of(spec, progress)
            if subgroup is not None:
                covariates = self._within(covariates, subgroup)
            progress("fitting the propensity score", 0, 1)
            self._scores[key] = covariates, fit_propensity(covariates, spec)
            progress("fitting the propensity score", 1, 1)
        return self._scores[key]

    def _covariates_of(self, spec: RequestSpec, progress: Progress) -> Covariates:
        if spec.covariates.use == self.spec.covariates.use:
            return self._covariates
        if self._register is None or self._cohort is None:
            fix = "give the workbench the cohort and the register"
            raise JDLError("other covariates cannot be built without the register", "covariates.use", fix)
        progress("building covariates", 0, 1)
        built = build_covariates(self._cohort, self._register, spec, self._codebook)
        progress("building covariates", 1, 1)
        return built

    def _levels(self) -> tuple[pd.DataFrame, list[str]]:
        declared = list(map(str, self.spec.subgroups))
        has_service = self._submission is not None and self._cohort is not None
        names = [n for n in labels_of(self._covariates) if has_service or n in OF_PEOPLE]
        ordered = [*(n for n in declared if n in names), *(n for n in names if n not in declared)]
        asked = self.spec.model_copy(update={"subgroups": tuple(ordered)})
        return levels_of(self._submission, self._cohort, self._covariates, asked)[0], declared

    def _within(self, covariates: Covariates, subgroup: str) -> Covariates:
        _require_known(subgroup, self.subgroups, "subgroup")
        by, _, level = subgroup.partition(": ")
        return within_subgroup(covariates, self._levels()[0], by, level)

    def _put_on_record(self, tried: pd.DataFrame, spec: RequestSpec, subgroup: str | None) -> None:
        said = f"{self._key(spec, subgroup)} {spec.matching.model_dump_json()} {spec.balance.model_dump_json()}"
        if said not in self._said:
            self._said.add(said)
            self._record.tried(tried if subgroup is None else tried.assign(subgroup=subgroup), spec)


def _require_known(name: str, known: Iterable[str], kind: str) -> None:
    if name not in known:
        raise JDLError(f"there is no {kind} `{name}`", kind, f"choose from {', '.join(known)}")


def _label(spec: RequestSpec, matched, subgroup: str | None, is_requested: bool) -> str:
    if is_requested:
        return "As requested"
    caliper = "" if matched.caliper_sd is None else f", caliper {matched.caliper_sd:g}"
    return f"{subgroup or 'Everybody'}: {matched.method}{caliper}"
