"""What a notebook holds: one stage of one request, or of one of its analyses; its inputs, saved results and gate."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import yaml

from . import exploratory
from .balance import Balance, Proposals
from .blinding import OPENED, MatchingLog, matched_again, plain_rows, record_name, sample_digest, saved_digest
from .cohort import Cohort, Cohorts
from .covariates import CODEBOOK_FILE, Codebook, Covariates, read_codebook
from .document import Inset, show
from .errors import GateClosed, JDLError, Problem, cut
from .explored import Explored, explored_before, faults_of_changes, record_explored
from .findings import AnalysisResults, Findings, Provenance, collect_findings, could_not_be_answered
from .inference import Outcomes
from .lab import MAIN, OF_ANALYSIS, RUNNING, STAGES, Lab, RequestFolder
from .linkage import Engine, Linkage, compare_in_duckdb
from .manifest import NOT_SHOWN, PACKAGES, REGISTER, UPLOAD, WITHHELD, Manifest, digests_of_inputs, file_digest, now
from .matching import MatchedSample
from .numbers import number
from .power import PowerTable
from .register import Register, require_as_prepared
from .result import Result, write_atomically
from .robustness import Robustness
from .spec import RequestSpec, differences, merge, of_results, read_yaml, settings_changed
from .subgroups import Subgroups, SubgroupSamples
from .submission import Submission, analyses_of

R = TypeVar("R", bound=Result)

#: Results that the outcome stage loads, in the order in which they came about.
STAGED: tuple[type[Result], ...] = (Cohort, Covariates, MatchedSample, Balance, SubgroupSamples)

#: What a stage's gate can say.
PASSED, UNANSWERED, CLOSED = "passed", "could not be answered", "closed"


def open_folder(lab: Lab, spec: RequestSpec, outputs: Path, is_under_way: bool = False) -> RequestFolder:
    """Open a request's folder, making it if it is new.

    `is_under_way`: a run has opened it already, and everything must be as it was then.

    Raises
    ------
    JDLError
        If the folder was made under another specification or from other inputs: names every key that changed. The
        earlier outputs stay untouched. Or if the register is not what it was prepared as.
    """
    folder = RequestFolder(Path(outputs) / spec.request)
    linkage_engine(lab, spec)
    inputs, is_invented = _inputs(lab, spec, Path(outputs))
    if not folder.manifest_file.exists():
        if folder.root.exists() and any(not path.name.startswith(".") for path in folder.root.iterdir()):
            fix = "choose another outputs folder with --outputs, or move what lies there"
            raise JDLError("the folder holds something else than a request's outputs", lab.short(folder.root), fix)
        manifest = Manifest.new(folder.manifest_file, spec.request, spec.digest, inputs, spec.seed)
        manifest.values["synthetic"] = is_invented
        manifest.write()  # first: a folder with a manifest is this request's, however early a run was killed
        _keep_settings(folder, spec.on_record())
        return folder
    manifest = Manifest.read(folder.manifest_file)
    if manifest.stage("intake").get("status") != "done" and not is_under_way:
        # nothing was finished: the folder takes what there is now
        _keep_settings(folder, spec.on_record())
        manifest.values |= {"spec_digest": spec.digest, "inputs": inputs, "seed": spec.seed}
        manifest.values["synthetic"] = is_invented
        manifest.values.pop(WITHHELD, None)
        manifest.write()
        return folder
    held, asked = _held(folder, lab), spec.on_record()
    if manifest.values.get(WITHHELD) and manifest.values["spec_digest"] == spec.digest:
        asked = held | {"report": asked["report"]}  # the same request, whose names the record does not keep
    changed = differences(of_results(held), of_results(asked))
    before = digests_of_inputs(manifest.values)
    changed += [f"the content of the {i['name']}" for i in inputs if before.get(i["name"]) != i["sha256"]]
    if changed and is_under_way:
        what = f"while it was run this was changed: {'; '.join(changed)}"
        fix = "run the same again, with --fresh if it says so; nothing was made of what was changed"
        raise JDLError(what, lab.short(folder.root), fix)
    if changed:
        what = f"this folder was made under another specification; changed since: {'; '.join(changed)}"
        fix = "add --fresh (the earlier outputs are archived), or choose another folder with --outputs"
        raise JDLError(what, lab.short(folder.root), fix)
    if held != asked and not is_under_way:  # the section `report`: its stage alone is made anew
        _keep_settings(folder, asked)
    return folder


def _inputs(lab: Lab, spec: RequestSpec, outputs: Path) -> tuple[list[dict[str, str]], bool]:
    """Name and digest of what a request is made from, as it is now, and whether its people are invented."""
    register, submission = lab.source(spec)
    with Register.open(register) as opened:
        require_as_prepared(opened, outputs)
        inputs = [
            {"name": UPLOAD, "sha256": file_digest(submission)},
            {"name": REGISTER, "sha256": opened.digest},
        ]
        return inputs, opened.meta.synthetic


def withhold(folder: RequestFolder, texts: Collection[str]) -> None:
    """Take texts that name somebody out of the settings that a folder keeps."""
    _keep_settings(folder, _without(read_yaml(folder.root / "spec.yml"), texts))


def _without(values: Any, texts: Collection[str]) -> Any:
    if isinstance(values, dict):
        return {key: _without(value, texts) for key, value in values.items()}
    if isinstance(values, list):
        return [_without(value, texts) for value in values]
    return NOT_SHOWN if isinstance(values, str) and values in texts else values


def _keep_settings(folder: RequestFolder, settings: dict[str, Any]) -> None:
    write_atomically(folder.root / "spec.yml", yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))


def _held(folder: RequestFolder, lab: Lab) -> dict[str, Any]:
    """The specification that a folder was made under.

    Raises
    ------
    JDLError
        If it is missing or spoilt.
    """
    try:
        return read_yaml(folder.root / "spec.yml")
    except JDLError:
        what = "the specification that this folder was made under is missing or unreadable"
        raise JDLError(what, lab.short(folder.root / "spec.yml"), "run the request again with --fresh") from None


def linkage_engine(lab: Lab, spec: RequestSpec) -> Engine:
    """What finds and compares candidates, as the request's data source says.

    Raises
    ------
    JDLError
        If that is Spark and it is not installed.
    """
    place = lab.data_source(spec)
    if place.linkage.engine == "duckdb":
        return compare_in_duckdb
    from .linkage.spark import SparkEngine  # an extra, like what it needs

    beside = Path(place.register_file).with_suffix(".linkage-index.parquet")
    return SparkEngine(place.linkage.master, lab.root / (place.linkage.index or beside))


class Stage:
    """One stage of one request, or of one of its analyses, as its notebook sees it.

    Parameters
    ----------
    name : str
        A key of `lab.STAGES`.
    lab : Lab
    request_spec : RequestSpec
        Of the whole request.
    folder : RequestFolder
    analysis : str
        Id of the analysis, for a stage that each analysis has of its own.
    is_exploring : bool, optional
        Whether somebody runs a notebook by hand, rather than `jdl run`. Default: as the environment says.
    changes : dict, optional
        What is set otherwise than requested, see `explore`.
    """

    def __init__(
        self,
        name: str,
        lab: Lab,
        request_spec: RequestSpec,
        folder: RequestFolder,
        analysis: str = MAIN,
        is_exploring: bool | None = None,
        changes: dict[str, Any] | None = None,
    ) -> None:
        self.name, self.lab, self.folder = name, lab, folder
        self.request_spec = request_spec
        self.analysis = analysis
        self.is_exploring = RUNNING not in os.environ if is_exploring is None else is_exploring
        self.register_file, self.submission_file = lab.source(request_spec)
        self.changes = changes or {}
        self.noted: dict[str, Any] = {}  # what closing records beside the gate
        self.saved: set[str] = set()  # results that this stage saved, by name

    def __repr__(self) -> str:
        of = f", analysis {self.analysis}" if self.analysis != MAIN else ""
        return f"stage {self.name} of request {self.request_spec.request}{of}"

    @cached_property
    def requested(self) -> RequestSpec:
        """What the request asks for here: the analysis's specification, or the request's before there are analyses.

        Raises
        ------
        JDLError
            If the request has no such analysis.
        """
        if self.name not in OF_ANALYSIS:
            return self.request_spec
        specs = {one.analysis.id: one for one in analyses_of(self.request_spec, self.load(Submission).people)}
        if self.analysis not in specs:
            what = f"there is no analysis `{self.analysis}`"
            raise JDLError(what, f"request {self.request_spec.request}", f"there are: {', '.join(specs)}")
        return specs[self.analysis]

    @cached_property
    def spec(self) -> RequestSpec:
        """What applies here: what is requested; while exploring marked EXPLORATORY, and with what was changed."""
        return self.requested.with_(**self.changes) if self.is_exploring else self.requested

    @property
    def changed(self) -> list[str]:
        """What is set otherwise than requested, in words."""
        found = differences(self.requested.to_dict(), self.spec.to_dict())
        return [one for one in found if not one.startswith("exploratory")]

    def explore(self, **changes: Any) -> Stage:
        """This stage with other settings than requested, for somebody exploring by hand; says what they are.

        What is made with them, saved and loaded by the stages after it carries them, and the mark EXPLORATORY.

        Parameters
        ----------
        **changes
            Sections and the keys to change in them: ``stage = stage.explore(matching={"calipers": [0.05]})``.

        Raises
        ------
        JDLError
            With all faults: unknown settings, or ones that an earlier stage was made with already.
        GateClosed
            If `jdl run` executes the notebook: what is published follows the request alone.
        """
        if not self.is_exploring:
            what, where = "settings are changed by hand alone, and `jdl run` executes this notebook", f"{self!r}"
            raise GateClosed(what, where, "write them into the request's file and run it with --fresh")
        faults = faults_of_changes(self.name, changes)
        if faults:
            raise JDLError(faults)
        known = (self.name, self.lab, self.request_spec, self.folder, self.analysis)
        other = Stage(*known, is_exploring=True, changes=merge(self.changes, changes))
        other.noted = self.noted
        show(other.settings())
        return other

    def settings(self, rests_on: Iterable[Explored] = ()) -> Inset:
        """What is set otherwise than requested, and which stages before this one were made by hand.

        `rests_on`: those stages.
        """
        before = [f"- {STAGES[one.stage]}, saved {one.saved[:16].replace('T', ' ')} UTC" for one in rests_on]
        text = ["It goes on from what was saved by hand:\n\n" + "\n".join(before)] if before else []
        text += ["\n".join(["Set otherwise than requested:", "", *(f"- {one}" for one in self.changed)])]
        text[-1:] = text[-1:] if self.changed else ["All settings are those of the request."]
        text += ["To go back to what jdl run made: stage.forget(), and open the stage again."] if before else []
        return Inset("warning", f"Exploring {self!r}", "\n\n".join(text))

    def forget(self) -> None:
        """Remove all that was saved by hand of this request, but for notebooks: stages open as `jdl run` left them."""
        kept = self.folder.by_hand()
        for path in self.folder.exploratory.glob("*"):
            if path != kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    @cached_property
    def register(self) -> Register:
        """The lab's register, opened read-only."""
        return Register.open(self.register_file)

    @cached_property
    def engine(self) -> Engine:
        """What linkage uses to find and compare candidates: DuckDB, or Spark."""
        return linkage_engine(self.lab, self.request_spec)

    @cached_property
    def codebook(self) -> Codebook:
        """What each covariate means: the toolkit's codebook, with the lab's own words laid over it."""
        return read_codebook(self.lab.root / CODEBOOK_FILE)

    @cached_property
    def manifest(self) -> Manifest:
        return Manifest.read(self.folder.manifest_file)

    @property
    def defaults(self) -> dict[str, Any]:
        """What applies where a request states nothing."""
        return read_yaml(self.lab.root / "parameters" / "defaults.yml")

    @property
    def data_period(self) -> tuple[dt.date, dt.date]:
        """First and last day for which reoffending data exist: the request's settings, else the register's days."""
        return self.spec.intake.data_period((self.register.meta.data_start, self.register.meta.data_end))

    @property
    def upload(self) -> str:
        """What messages call the upload: they are kept, and the file's name may be a client's."""
        return f"upload of {self.request_spec.request}"

    @property
    def marked_up_file(self) -> Path:
        """Where the organisation's workbook goes with its faults marked; it holds people, so it is restricted."""
        return self.folder.of_analysis(MAIN, self.is_exploring) / "marked-up.xlsx"

    @property
    def accepted(self) -> dict[str, str] | None:
        """Who accepted a balance of this analysis outside the limit, and why; None if nobody did."""
        return self.manifest.last_event("balance accepted", self.analysis)

    @property
    def log(self) -> MatchingLog:
        """What was tried, matched and opened of this request."""
        return MatchingLog(self.folder.restricted)

    def log_tries(self, rows: pd.DataFrame, spec: RequestSpec) -> None:
        """Put ways of matching that were tried on record, by `jdl run` or by hand.

        Parameters
        ----------
        rows : DataFrame
            `tried` of `choose_caliper`, or the rows of proposals. Nothing is logged of none.
        spec : RequestSpec
            What they were tried under.
        """
        if len(rows):
            self.log.add_tries(rows, self.analysis, self.by, self.requested, spec)

    @property
    def by(self) -> str:
        """Who runs the notebook, as the log says."""
        return "by hand" if self.is_exploring else "jdl run"

    def load(self, kind: type[R]) -> R:
        """The result of that kind an earlier stage saved; while exploring, one that was saved by hand comes first.

        What this stage, or a later one, saved by hand in another session is passed over: it may be of other settings.
        """
        name, own = kind.__name__.lower(), self.folder.of_analysis
        places = [own(self.analysis), self.folder.restricted]
        if self.is_exploring:
            by_hand = {made for one in explored_before(self.folder, self.name, self.analysis) for made in one.results}
            places[:0] = [own(a, exploring=True) for a in (self.analysis, MAIN)] if name in by_hand | self.saved else []
        return kind.load(next((p for p in places if (p / name).exists()), self.folder.restricted) / name)

    def save(self, *results: Result) -> None:
        """Save results of this stage, each whole or not at all; a cohort goes to its own analysis."""
        for result in results:
            place = self.folder.of_analysis(getattr(result, "analysis", self.analysis), self.is_exploring)
            result.save(place / type(result).__name__.lower())
            self.saved.add(type(result).__name__.lower())
        if self.is_exploring:
            record_explored(self.folder, self.name, self.analysis, self.changes, sorted(self.saved))

    def collect(self, *results: Result) -> Findings:
        """Findings of the request as far as it got: this analysis with what is given, the others as they were saved.

        While exploring, of this analysis alone.

        Parameters
        ----------
        *results : Result
            What this stage made: outcomes, power, subgroups, robustness. The rest is loaded.
        """
        made = {type(result): result for result in results}
        ended = {} if self.is_exploring else read_standing(self.folder)
        parts, submission = [], self.load(Submission)
        for spec in analyses_of(self.request_spec, submission.people):
            name = spec.analysis.id
            one = self
            if not self.is_exploring:
                one = Stage("outcomes", self.lab, self.request_spec, self.folder, name, is_exploring=False)
            if name == self.analysis and made:
                parts.append(_results(one, made))
            elif name in ended:
                reason = ended[name]["reason"] if ended[name]["gate"] == UNANSWERED else None
                parts.append(_results(one, {}, reason))
        return collect_findings(self._whole, submission, self.load(Linkage), parts, self.provenance())

    def write_findings(self, findings: Findings) -> None:
        """Write the findings once every analysis is in them.

        While exploring, they lie apart from those that the published report is drawn from, and are marked.
        """
        if self.is_exploring:
            findings.write(self.folder.of_analysis(self.analysis, exploring=True) / "findings.json")
        elif len(findings.analyses) == len(analyses_of(self.request_spec, self.load(Submission).people)):
            findings.write(self.folder.findings_file)

    @property
    def _whole(self) -> RequestSpec:
        """The specification of the whole request, with what was changed."""
        return self.request_spec.with_(**self.changes) if self.is_exploring else self.request_spec

    def provenance(self) -> Provenance:
        """Where the numbers come from: specification, inputs, versions, seed, extract."""
        manifest, meta, spec = self.manifest.values, self.register.meta, self._whole
        settings = spec.on_record()
        if self.is_exploring:  # what the request has in their place, for whoever reads the findings
            changed = settings_changed(self.request_spec.on_record(), settings)
            settings["requested"] = {place: asked for place, asked, _ in changed if place != "exploratory"}
        return Provenance(
            spec_digest=spec.digest,
            inputs=tuple(manifest["inputs"]),
            toolkit_version=manifest["toolkit_version"],
            toolkit_commit=manifest["toolkit_commit"],
            packages={name: manifest["packages"][name] for name in PACKAGES},
            seed=spec.seed,
            data_start=meta.data_start,
            data_end=meta.data_end,
            extract=meta.extract,
            register_note=meta.note,
            synthetic=meta.synthetic,
            matched_again=tuple(dict.fromkeys(event["reason"] for event in matched_again(self.manifest))),
            settings=settings,
        )

    def close(self, gate: str = PASSED, reason: str = "", analyses: dict[str, dict[str, str]] | None = None) -> Inset:
        """End the stage: record what its gate says, and show it.

        Parameters
        ----------
        gate : {"passed", "could not be answered", "closed"}
        reason : str
            Why, in words without any personal data.
        analyses : dict, optional
            ``gate`` and ``reason`` of each analysis, where the stage decides for all of them.
        """
        if self.is_exploring:
            words = "What this notebook saved lies apart. The stages after it, run by hand, go on from there; what is"
            words += " published is made by jdl run."
            return Inset("warning", f"Gate of this stage: {gate}", f"{reason}\n\n{words}".strip())
        said = {"gate": gate, "reason": reason} | ({"analyses": analyses} if analyses else {}) | self.noted
        write_atomically(self.folder.closing(self.name, self.analysis), json.dumps(said))
        tone = "note" if gate == PASSED else "warning"
        return Inset(tone, f"Gate of this stage: {gate}", reason or "Nothing stands in the way of the next stage.")

    def close_intake(self, submission: Submission) -> Inset:
        """Gate of the intake: enough people, and nothing that blocks the request.

        Raises
        ------
        JDLError
            With everything that the organisation must supply before the request can go on.
        """
        blockers = submission.request_blockers()
        few = [b for b in blockers if b.code == "too_few_people"]
        if len(few) < len(blockers):
            raise JDLError(Problem(b.message, f"{b.sheet} sheet", "ask the organisation for it") for b in blockers)
        if not few:
            analyses_of(self.spec, submission.people)  # a request for analyses that the upload cannot give ends here
        return self.close(UNANSWERED, few[0].message) if few else self.close()

    def close_cohorts(self, cohorts: Cohorts) -> Inset:
        """Gate of linkage and cohort: the minimum number of people, in each analysis; one that has them is enough."""
        what = "people could be included in the analysis"
        said = {c.analysis: self._minimum(len(c.treated), what) for c in cohorts}
        titles = {c.analysis: f"{cut(c.title)}: " if c.title and len(said) > 1 else "" for c in cohorts}
        few = [f"{titles[name]}{one['reason']}" for name, one in said.items() if one["gate"] != PASSED]
        return self.close(UNANSWERED if len(few) == len(said) else PASSED, "\n\n".join(few), said)

    def close_matching(
        self,
        matched: MatchedSample,
        balance: Balance,
        tried: pd.DataFrame,
        samples: SubgroupSamples,
        proposals: Proposals,
    ) -> Inset:
        """Gate of matching: enough matched people and no red covariate, unless an analyst accepted it with a reason.

        The stage's record gets what was tried and chosen, when, and the digest of the samples of the analysis and its
        subgroups: outcomes open with these samples alone.
        """
        digest = sample_digest(matched.units, *(sample.units for sample in samples.samples.values()))
        chosen = {"method": matched.method, "caliper_sd": matched.caliper_sd, "caliper_raw": matched.caliper_raw}
        self.noted = {"matched": now(), "sample": digest, "chosen": chosen, "tried": plain_rows(tried)}
        self.noted |= {"proposals": plain_rows(proposals.rows)} if len(proposals.rows) else {}
        n_matched = matched.n_treatment_matched
        enough = self._minimum(n_matched, "people could be matched")
        if enough["gate"] != PASSED:
            return self.close(**enough)
        if balance.passed:
            return self.close()
        if self.accepted:
            who, why = self.accepted["by"], self.accepted["reason"]
            return self.close(PASSED, f"Balance is outside the limit and was accepted by {who}: {why}")
        worst, limit = number(balance.worst, 1, factor=100), f"{100 * self.spec.balance.amber_up_to:g}"
        return self.close(CLOSED, f"the worst standardised mean difference is {worst}%, above the limit of {limit}%")

    def _minimum(self, n: int, what: str) -> dict[str, str]:
        """Gate of a minimum number of people; of several analyses no number is told, lest others be found by it."""
        minimum = self.spec.cohort.minimum_analysed
        if n >= minimum:
            return {"gate": PASSED, "reason": ""}
        told = f"fewer than {minimum}" if self.request_spec.analyses else n
        return {"gate": UNANSWERED, "reason": f"{told} {what}; at least {minimum} are needed"}


def _results(stage: Stage, made: dict[type[Result], Result], reason: str | None = None) -> AnalysisResults:
    """What became of one analysis: results just made, the others as saved; only the cohort if it was not answered."""
    cohort = stage.load(Cohort)
    if reason is not None:
        return AnalysisResults(spec=stage.spec, cohort=cohort, reason=reason)
    kinds = (Covariates, MatchedSample, Balance, Outcomes, PowerTable, Subgroups, Robustness)
    covariates, matched, balance, outcomes, power, subgroups, robustness = (
        made.get(kind) or stage.load(kind) for kind in kinds
    )
    return AnalysisResults(
        spec=stage.spec,
        cohort=cohort,
        covariates=covariates,
        matched=matched,
        balance=balance,
        outcomes=outcomes,
        power=power,
        subgroups=subgroups,
        robustness=robustness,
        accepted=stage.accepted,
    )


def unanswered_findings(lab: Lab, spec: RequestSpec, folder: RequestFolder, stage: str, reason: str) -> Findings:
    """Findings of a request of which no analysis could be answered: the flows as far as they went, and the reason."""
    opened = Stage(stage, lab, spec, folder, is_exploring=False)
    if read_standing(folder):
        return opened.collect()

    def saved(kind: type[R]) -> R | None:
        place = folder.restricted / kind.__name__.lower()
        return kind.load(place) if place.exists() else None

    return could_not_be_answered(spec, saved(Submission), saved(Linkage), None, reason, opened.provenance())


def open_stage(name: str, request: str, outputs: str = "outputs", analysis: str = MAIN) -> Stage:
    """Open a stage of a request: the first line of every notebook from 01 to 04.

    Parameters
    ----------
    name : {"intake", "linkage", "matching", "outcomes"}
    request : str
        Id of the request (its file stands in ``parameters/requests``) or path of its YAML file.
    outputs : str
        Folder of all outputs.
    analysis : str
        Which analysis of the request, for the stages that each has of its own (matching and outcomes).

    Raises
    ------
    JDLError
        If the request or its data are at fault, or its folder was made under another specification.
    GateClosed
        If an earlier stage has not been run, or its gate is not passed: outcomes stay closed until then.
    """
    lab = Lab.find()
    spec = lab.spec(request)
    folder = open_folder(lab, spec, lab.root / outputs, is_under_way=RUNNING in os.environ)
    stage = Stage(name, lab, spec, folder, analysis)
    for earlier in list(STAGES)[: list(STAGES).index(name)]:
        said = read_closing(folder, earlier, analysis if earlier in OF_ANALYSIS else MAIN)
        if said["gate"] == PASSED and name in OF_ANALYSIS:
            said = said.get("analyses", {}).get(stage.requested.analysis.id, said)
        if said["gate"] != PASSED:
            fix = "run the earlier stages first" if said["gate"] == "not run" else "see that stage's notebook"
            raise GateClosed(
                f"stage {earlier}: {said['gate']}. {said['reason']}".strip(), f"request {spec.request}", fix
            )
    rests_on = explored_before(folder, name, analysis) if stage.is_exploring else []
    if rests_on:
        stage.changes = rests_on[-1].changes
    if name == "outcomes":
        stage.noted = _open_outcomes(stage)
    if stage.is_exploring:
        exploratory.mark()
    else:
        folder.closing(name, analysis).unlink(missing_ok=True)
    from .tables import show_frames_as_tables  # here: it loads what draws figures, which only a notebook needs

    show_frames_as_tables()
    if rests_on:
        show(stage.settings(rests_on))
    return stage


def _open_outcomes(stage: Stage) -> dict[str, str]:
    """Put on record that outcomes are opened now, and with which sample.

    Raises
    ------
    GateClosed
        If the sample on disk is not the one that the matching stage recorded. Who explores may open another; that is
        logged, too.
    """
    folder, analysis = stage.folder, stage.analysis
    recorded = stage.manifest.stage(record_name("matching", analysis)).get("sample")
    sample = saved_digest(folder.of_analysis(analysis))
    if not stage.is_exploring and sample != recorded:
        what = "the matched sample is not the one that was recorded when it was matched; outcomes stay closed"
        fix = "match anew from the start, with --fresh (the earlier outputs are archived)"
        raise GateClosed(what, f"{stage!r}", fix)
    explored = folder.of_analysis(analysis, exploring=True)
    if stage.is_exploring and (explored / "matchedsample").exists():
        sample = saved_digest(explored)
    opened = {"opened": now(), "sample": sample}
    stage.log.add(OPENED, analysis, stage.by, sample=sample)
    return opened


def read_closing(folder: RequestFolder, stage: str, analysis: str = MAIN) -> dict[str, Any]:
    """What a stage said when it closed; gate ``not run`` if it never did."""
    try:
        said = json.loads(folder.closing(stage, analysis).read_text(encoding="utf-8"))
        return said if isinstance(said, dict) and "gate" in said else {"gate": "not run", "reason": ""}
    except (OSError, ValueError):
        return {"gate": "not run", "reason": ""}


def read_standing(folder: RequestFolder) -> dict[str, dict[str, str]]:
    """Analyses that came to their end: gate and reason of the stage that each ended at."""
    standing = {}
    for name, said in read_closing(folder, "linkage").get("analyses", {}).items():
        for stage in OF_ANALYSIS:
            said = read_closing(folder, stage, name) if said["gate"] == PASSED else said
        if said["gate"] in (PASSED, UNANSWERED):
            standing[name] = said
    return standing
