"""A small invented request, worked through in memory: for docstrings, the tour and the tutorials.

Every part is made when it is first asked for, by the functions that the notebooks call, and then kept.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
import weakref
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from . import __version__
from .balance import Balance, choose_caliper
from .cohort import Cohort, Cohorts, build_cohorts
from .covariates import Covariates, build_covariates
from .findings import AnalysisResults, Findings, Provenance, collect_findings
from .inference import Outcomes, compare_measures
from .lab import Lab, lay_out
from .linkage import Linkage, link
from .manifest import file_digest, package_versions, toolkit_commit
from .matching import MatchedSample
from .outcomes import measure_outcomes
from .power import PowerTable, power_for_rate
from .prepared import Asked, PreparedTable, read_table, table_spec
from .register import Register
from .robustness import Robustness, robustness_panel
from .spec import RequestSpec
from .subgroups import Subgroups, SubgroupSamples, compare_subgroups, match_subgroups
from .submission import Submission, read_submission
from .synthetic.demonstration import synthesise

PERSONS, SEED = 20_000, 2013


@cache
def foundation(persons: int = PERSONS, seed: int = SEED) -> Example:
    """The demonstration request `foundation-2013` on an invented register; about ten seconds for 20,000 people.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> examples.foundation().cohort.treated.shape[0]
    257
    """
    return Example(persons, seed)


@cache
def table() -> PreparedTable:
    """An analysis-ready table as `jdl match` reads it: 2,000 invented people, 300 treated, of whom fewer reoffend.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> examples.table()
    2,000 rows: 300 treated, 1,700 not; 3 covariates, outcome reoffended (share)
    """
    rng, n = np.random.default_rng(SEED), 2000
    people = pd.DataFrame({"age": rng.integers(18, 60, n), "previous_offences": rng.poisson(4, n)})
    people["sex"] = rng.choice(["female", "male"], n, p=[0.15, 0.85])
    inclined = 0.15 * people["previous_offences"] - 0.03 * people["age"] + rng.gumbel(size=n)
    people["supported"] = (inclined.rank() > n - 300).astype(int)
    risk = 0.55 + 0.03 * people["previous_offences"] - 0.008 * people["age"] - 0.12 * people["supported"]
    people["reoffended"] = (rng.random(n) < risk).astype(int)
    with tempfile.TemporaryDirectory(prefix="jdl-example.") as folder:
        path = Path(folder) / "people.csv"
        people.to_csv(path, index=False)
        asked = Asked("supported", ("age", "previous_offences", "sex"), ("reoffended",))
        return read_table(path, asked, table_spec())


class Example:
    """One invented request from upload to results, each part made on first use.

    Parameters
    ----------
    persons : int
        People on the register, 20,000 or more.
    seed : int
    """

    def __init__(self, persons: int, seed: int) -> None:
        self.persons, self.seed = persons, seed

    def __repr__(self) -> str:
        return f"the demonstration request on an invented register of {self.persons:,} people"

    @cached_property
    def lab(self) -> Lab:
        """A lab in a temporary folder, which is removed when this example is no longer used."""
        root = Path(tempfile.mkdtemp(prefix="jdl-example."))
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        lab = lay_out(root / "lab")
        synthesise(lab.root / "data" / "demo", self.persons, self.seed)
        return lab

    @cached_property
    def spec(self) -> RequestSpec:
        """As the request asks, with two subgroups declared, so that there are some to look at."""
        return self.lab.spec("foundation-2013").variant(subgroups=["sex", "age_band"])

    @cached_property
    def register(self) -> Register:
        return Register.open(self.lab.register_file(self.spec))

    @property
    def upload(self) -> Path:
        """The workbook that the organisation sent."""
        return self.lab.source(self.spec)[1]

    @property
    def data_period(self) -> tuple[dt.date, dt.date]:
        """First and last day for which reoffending is known."""
        return self.register.meta.data_start, self.register.meta.data_end

    @cached_property
    def submission(self) -> Submission:
        return read_submission(self.upload, self.spec, self.data_period)

    @cached_property
    def linkage(self) -> Linkage:
        return link(self.submission, self.register, self.spec)

    @cached_property
    def cohorts(self) -> Cohorts:
        return build_cohorts(self.submission, self.linkage, self.register, self.spec)

    @cached_property
    def cohort(self) -> Cohort:
        return next(iter(self.cohorts))

    @cached_property
    def covariates(self) -> Covariates:
        return build_covariates(self.cohort, self.register, self.spec)

    @cached_property
    def _matching(self) -> tuple[MatchedSample, Balance, pd.DataFrame]:
        return choose_caliper(self.covariates, self.spec)

    @property
    def matched(self) -> MatchedSample:
        return self._matching[0]

    @property
    def balance(self) -> Balance:
        return self._matching[1]

    @cached_property
    def samples(self) -> SubgroupSamples:
        return match_subgroups(self.submission, self.cohort, self.covariates, self.spec)

    @property
    def everybody(self) -> pd.DataFrame:
        """Treated people and the control pool: rows about (invented) people."""
        return pd.concat([self.cohort.treated, self.cohort.pool])

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Outcomes of everybody, as `measure_outcomes` gives them: rows about (invented) people."""
        return measure_outcomes(self.everybody, self.register, self.spec)

    @cached_property
    def outcomes(self) -> Outcomes:
        return compare_measures(self.measured, self.matched, self.spec, self.covariates)

    @cached_property
    def power(self) -> PowerTable:
        return power_for_rate(self.outcomes, self.spec)

    @cached_property
    def subgroups(self) -> Subgroups:
        return compare_subgroups(self.samples, self.measured, self.spec)

    @cached_property
    def robustness(self) -> Robustness:
        return robustness_panel(self.covariates, self.matched, self.measured, self.outcomes, self.spec)

    @cached_property
    def findings(self) -> Findings:
        """The aggregates that a report is drawn from, after disclosure control."""
        parts = ("cohort", "covariates", "matched", "balance", "outcomes", "power", "subgroups", "robustness")
        results = AnalysisResults(self.spec, **{name: getattr(self, name) for name in parts})
        return collect_findings(self.spec, self.submission, self.linkage, [results], self._provenance())

    @property
    def truth(self) -> dict[str, Any]:
        """What was planted: effect_pp, the true effect in percentage points, and what became of it."""
        return json.loads((self.lab.root / "data" / "demo" / "truth.json").read_text())

    def _provenance(self) -> Provenance:
        meta, upload = self.register.meta, self.upload
        return Provenance(
            spec_digest=self.spec.digest,
            inputs=(
                {"name": "upload", "sha256": file_digest(upload)},
                {"name": "register", "sha256": self.register.digest},
            ),
            toolkit_version=__version__,
            toolkit_commit=toolkit_commit(),
            packages=package_versions(),
            seed=self.spec.seed,
            data_start=meta.data_start,
            data_end=meta.data_end,
            extract=meta.extract,
            register_note=meta.note,
            synthetic=meta.synthetic,
            settings=self.spec.on_record(),
        )
