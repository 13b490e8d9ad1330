"""The workbench: what if one analysis had been matched or estimated otherwise?

Nothing here draws a control or asks a question: a panel, a notebook's cell and a script use the same three verbs.
`look` matches and judges balance, `effect` compares once outcomes are open, `forest` lays effects beside each other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..balance.ladder import REPLACEABLE, climb, tried_table
from ..cohort import Cohort
from ..covariates import Covariates, build_covariates
from ..document import Figure
from ..errors import CouldNotBeAnswered, GateClosed, JDLError
from ..inference.measures import MEASURES, Measure, measures_asked
from ..inference.registry import ESTIMATORS
from ..matching import WITH_CALIPER
from ..matching.propensity import fit_propensity
from ..matching.score_bins import overlap_bins
from ..outcomes import measure_outcomes
from ..spec import Fallback, MeasureFamily, Selection
from ..submission import Submission
from .effects import effect_of
from .looks import Effect, Look, forest
from .opening import InFolder, InMemory, Record
from .people import People, Progress, require_known
from .standing import Standing
from .words import label_of

if TYPE_CHECKING:
    from ..covariates import Codebook
    from ..register import Register
    from ..spec import RequestSpec
    from ..stage import Stage

#: Beside the request's own score, so many bytes of others are kept, and at most so many looks.
_MOST_HELD, _MOST_LOOKS = 2_500_000_000, 6

#: Estimators that take longer than a look where there are many people: they fit regressions of their own, or search.
_SLOWER = ("lm_adj", "lm_lin", "gcomp", "aipw", "abadie_imbens")


def _what_to_loosen(spec: RequestSpec) -> str:
    """What can be done where nobody is left to compare."""
    own = spec.matching
    said = ["let people agree in less"] if own.exact else []
    said += ["trim less"] if own.trim else []
    said += ["choose a wider caliper"] if own.method in WITH_CALIPER and own.calipers else []
    return " or ".join(said) or "look at the overlap of the scores, and at which covariates set the group apart"


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
    measure : callable, optional
        Gives everybody's outcomes, as `measure_outcomes` does; it is called when outcomes are opened. Default: they are
        measured in the register.

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
        measure: Callable[[], pd.DataFrame] | None = None,
    ) -> None:
        self.spec, self._record = spec, record or InMemory()
        self._people = People(covariates, spec, submission, cohort, register, codebook)
        self._measure = measure
        self._standing: OrderedDict[str, Standing] = OrderedDict()
        self._looks: OrderedDict[str, Look] = OrderedDict()
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
        return self._people.codebook

    @property
    def labels(self) -> dict[str, str]:
        """Column of the covariates that the request uses -> label for readers."""
        return dict(self._people.covariates.labels)

    @property
    def covariates_available(self) -> list[str]:
        """Covariates that can be used: those that the register can give for these people."""
        return self._people.available

    @property
    def covariates_lacking(self) -> dict[str, str]:
        """The others -> why: the register has no such records, nobody has a value, or it is the same for everybody."""
        return dict(self._people.lacking)

    @property
    def exact_available(self) -> list[str]:
        """Covariates that people can be made to agree on exactly: categories, and numbers of few values."""
        return self._people.exact

    @property
    def subgroups(self) -> dict[str, str]:
        """Subgroups that are large enough -> label; those that the request declares first."""
        return self._people.subgroups

    def as_shown(self, spec: RequestSpec) -> RequestSpec:
        """What a look at `spec` is matched under: who changes the matching by hand sees that, and nothing in its place.

        So the fallback is off as soon as anything about matching is changed; a run under these settings gives the same.
        """
        own = spec.matching
        is_off = own == self.spec.matching or own.fallback is Fallback.none or own.method not in REPLACEABLE
        return spec if is_off else spec.with_(matching={"fallback": Fallback.none})

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
        It is matched as `choose_caliper` does under `Look.spec`, which is `as_shown(spec)`: the request's fallback is
        on only where nothing but covariates or the subgroup changes.
        """
        spec = self.as_shown(spec)
        place = f"{self._key(spec, subgroup)} {spec.matching.model_dump_json()} {spec.balance.model_dump_json()}"
        if place not in self._looks:
            try:
                look = self._look(spec, subgroup, progress or _silent)
            except np.linalg.LinAlgError:
                fix = "leave covariates out, or look at more people"
                raise JDLError("the equations of these settings have no solution", "covariates.use", fix) from None
            self._looks[place] = look
            if place not in self._said:
                self._said.add(place)
                self._record.tried(look.tried if subgroup is None else look.tried.assign(subgroup=subgroup), spec)
        self._looks.move_to_end(place)
        self._forget_looks()
        return self._looks[place]

    def _look(self, spec: RequestSpec, subgroup: str | None, progress: Progress) -> Look:
        standing = self._standing_of(spec, subgroup, progress)
        is_requested = spec.matching == self.spec.matching and self._key(spec, subgroup) == self._key(self.spec)
        differences = standing.differences(spec)
        try:
            rungs, chosen = climb(
                standing.covariates, spec, standing.fitted, lambda sample: differences.judge(sample, spec)
            )
        except CouldNotBeAnswered as fault:
            raise JDLError(fault.problems[0].what, fault.problems[0].where, _what_to_loosen(spec)) from None
        matched = rungs[chosen].sample
        frame = differences.frame(matched.units["weight"].to_numpy(float), spec)
        deciding = frame[frame["gates"]]
        worst, n_red = float(deciding["smd_after"].abs().max()), int((deciding["light"] == "red").sum())
        fell_back = str(matched.method) != str(spec.matching.method)
        label = label_of(self.spec, spec, self.subgroups[subgroup] if subgroup else None, self.labels, fell_back)
        bins = overlap_bins(matched, spec.disclosure.minimum_cell)
        said = (*standing.covariates.messages, *matched.messages)
        tried = tried_table(rungs, chosen)
        return Look(matched, frame, bins, worst, n_red, tried, spec, subgroup, is_requested, label, said)

    @property
    def is_open(self) -> bool:
        """Whether outcomes were opened in this workbench."""
        return self._measured is not None

    @property
    def openings(self) -> list[dict[str, str]]:
        """Whenever outcomes of this analysis were opened, here or elsewhere, as the matching log has it: at, by."""
        return self._record.openings()

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
        people, progress = self._people, progress or _silent
        if self._measure is None and not people.has_register:
            fix = "give the workbench the cohort and the register"
            raise JDLError("there is nothing to measure outcomes by", "outcomes", fix)
        said = self._record.opened(by, reason)
        progress("measuring outcomes", 0, 1)
        spec = self.spec.variant(outcomes={"measures": [str(family) for family in MeasureFamily]})
        everybody = None if self._measure else pd.concat([people.cohort.treated, people.cohort.pool])
        measured = self._measure() if self._measure else measure_outcomes(everybody, people.register, spec)
        self._measures = {m.key: m for m in measures_asked(spec, measured)[0]}
        self._measured = measured.sort_values("unit_id", ignore_index=True)
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

    def effect(
        self, look: Look, measure: str = "rate", estimator: str = "headline", progress: Progress | None = None
    ) -> Effect:
        """Compare the people of a look on one outcome measure, by one estimator.

        Parameters
        ----------
        look : Look
        measure : str
            A key of `measures`.
        estimator : str
            A key of `estimators`.
        progress : callable, optional
            Told of estimators that take longer than a look, and of a score that has to be fitted again.

        Raises
        ------
        GateClosed
            Before `open_outcomes`.
        JDLError
            If there is no such measure or estimator.
        """
        self._require_open()
        require_known(measure, self._measures, "measure")
        require_known(estimator, self.estimators, "estimator")
        progress = progress or _silent
        standing = self._standing_of(look.spec, look.subgroup, progress)
        told = f"estimating: {ESTIMATORS[estimator].label}"
        if estimator.startswith(_SLOWER):
            progress(told, 0, 1)
        found = effect_of(look, standing, self._measured, self._measures[measure], estimator)
        if estimator.startswith(_SLOWER):
            progress(told, 1, 1)
        return found

    def forest(self, effects: Iterable[Effect]) -> Figure | None:
        """Forest plot of effects on one measure: the request's own first, then what was looked at."""
        return forest(tuple(effects))

    def _require_open(self) -> None:
        if not self.is_open:
            fix = "open them with open_outcomes(by, reason), once the match is chosen; that is put on record"
            raise GateClosed("the outcomes are closed", f"request {self.spec.request}", fix)

    def _key(self, spec: RequestSpec, subgroup: str | None = None) -> str:
        """What a score depends on."""
        stays = sorted(spec.matching.exact) if spec.covariates.selection is Selection.stepwise else []
        return f"{spec.covariates.model_dump_json()} {stays} {subgroup}"

    def _standing_of(self, spec: RequestSpec, subgroup: str | None, progress: Progress) -> Standing:
        """The score of these settings, fitted if it does not stand."""
        key = self._key(spec, subgroup)
        if key not in self._standing:
            covariates = self._people.within(self._people.covariates_of(spec, progress), subgroup)
            progress("fitting the propensity score", 2, 4)
            standing = Standing(covariates, fit_propensity(covariates, spec))
            progress("working out what matching does not change", 3, 4)
            standing.differences(spec)
            self._standing[key] = standing
            self._forget_scores(keep=(key, self._key(self.spec)))
            progress("working out what matching does not change", 4, 4)
        self._standing.move_to_end(key)
        return self._standing[key]

    def _forget_scores(self, keep: tuple[str, ...]) -> None:
        """Give up scores that were not used for longest, as far as memory needs it."""
        others = [key for key in self._standing if key not in keep]
        while others and sum(self._standing[key].n_bytes for key in self._standing) > _MOST_HELD:
            del self._standing[others.pop(0)]

    def _forget_looks(self) -> None:
        """Give up looks that were not seen for longest, but the request's own."""
        others = [place for place, look in self._looks.items() if not look.is_requested]
        for place in others[:-_MOST_LOOKS]:
            del self._looks[place]
