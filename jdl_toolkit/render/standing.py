"""Where a request stands, for its reviewer: what was run, decided and tried, from the manifest and the matching log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import lifecycle, numbers
from ..blinding import TRIED, MatchingLog, order_of_stages, record_name
from ..document import Table
from ..findings import Findings
from ..lab import OF_ANALYSIS, STAGES
from ..manifest import Manifest, digests_of_inputs
from ..spec import read_yaml
from ..stage import MAIN, PASSED, RequestFolder, read_closing
from ..tables.balance import METHODS, NOTHING

TITLES = {
    "intake": "Intake",
    "linkage": "Linkage and cohort",
    "matching": "Matching",
    "outcomes": "Outcomes",
    "report": "Report",
}
NOT_RUN = "not run"


@dataclass(frozen=True)
class Run:
    """What became of one stage.

    Parameters
    ----------
    stage, analysis, title : str
    status : str
        ``done``, ``failed``, ``running`` or ``not run``.
    gate, reason, error : str
        What the gate said; the class of what a failed stage ended with.
    ended : str
        Time of day with zone.
    seconds : float or None
    is_outdated : bool
        A stage that it rests on was run again after it.
    """

    stage: str
    analysis: str
    title: str
    status: str = NOT_RUN
    gate: str = ""
    reason: str = ""
    error: str = ""
    ended: str = ""
    seconds: float | None = None
    is_outdated: bool = False

    @property
    def when(self) -> str:
        """The time it ended, in words."""
        return in_words(self.ended) if self.ended else NOTHING

    @property
    def standing(self) -> str:
        """Its gate in words, or why there is none."""
        if self.status != "done":
            return {"failed": f"failed with {self.error}", "running": "broken off"}.get(self.status, self.status)
        return f"{self.gate}, of an earlier run" if self.is_outdated else self.gate

    @property
    def tone(self) -> str:
        """Of the box that tells it."""
        return "note" if self.status == "done" and self.gate == PASSED and not self.is_outdated else "warning"

    @property
    def words(self) -> str:
        """What a page says of it at its top."""
        if self.status == NOT_RUN:
            return "This stage has not been run."
        said = f"It ended on {self.when}." if self.ended else "The run was broken off before it ended."
        said += f" It took {numbers.number(self.seconds, 1)} seconds." if self.seconds is not None else ""
        said += " What is below is of an earlier run: a stage that it rests on was run again since." * self.is_outdated
        return "\n\n".join(part for part in (self.reason, said) if part)


@dataclass(frozen=True)
class Standing:
    """Everything that a reviewer is told beside the notebooks.

    Parameters
    ----------
    request, status : str
    exploratory, synthetic : bool
    runs : tuple of Run
    titles : dict of str to str
        By id, the title of each analysis.
    events : tuple of dict
        What people decided: event, analysis, by, reason, date; of a sign-off, whether it is ``of_these`` results.
    order : dict of str to str
        By analysis, whether the manifest proves that it was matched before outcomes were opened.
    tried : Table or None
        Every way of matching that was tried.
    made_from : tuple of (str, str)
    report : bool
        Whether there is a report.
    """

    request: str = ""
    status: str = ""
    exploratory: bool = False
    synthetic: bool = False
    runs: tuple[Run, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Mapping[str, Any], ...] = ()
    order: Mapping[str, str] = field(default_factory=dict)
    tried: Table | None = None
    made_from: tuple[tuple[str, str], ...] = ()
    report: bool = False

    def run(self, stage: str, analysis: str = MAIN) -> Run:
        """What became of that stage."""
        found = (one for one in self.runs if (one.stage, one.analysis) == (stage, analysis))
        return next(found, Run(stage, analysis, TITLES.get(stage, stage)))

    def title(self, analysis: str) -> str:
        return self.titles.get(analysis) or analysis


def standing_of(folder: RequestFolder) -> Standing:
    """Read where a request stands.

    Raises
    ------
    JDLError
        If its manifest or its specification cannot be read.
    """
    manifest, settings = Manifest.read(folder.manifest_file), read_yaml(folder.root / "spec.yml")
    values, findings = manifest.values, _findings(folder)
    titles = {name: str(one.get("title") or "") for name, one in settings.get("analyses", {}).items()}
    titles |= {one.id: one.title for one in (findings.analyses if findings else ()) if one.title}
    analyses = list(read_closing(folder, "linkage").get("analyses", {})) or [MAIN]
    return Standing(
        request=values["request"],
        status=values["status"],
        exploratory=bool(settings.get("exploratory")) or bool(findings and findings.exploratory),
        synthetic=bool(values.get("synthetic", findings and findings.synthetic)),
        runs=tuple(_runs(manifest, analyses)),
        titles=titles,
        events=tuple(_events(values["events"], findings)),
        order=order_of_stages(manifest),
        tried=tried_table(folder, titles),
        made_from=tuple(_made_from(values)),
        report=(folder.report / "report.html").exists(),
    )


def tried_table(folder: RequestFolder, titles: Mapping[str, str]) -> Table | None:
    """Every way of matching that was tried, by a run or by hand, in order; None before there is one."""
    rows, groups = [], []
    for entry in MatchingLog(folder.restricted).entries(TRIED):
        of = "" if entry["analysis"] == MAIN else f", {titles.get(entry['analysis']) or entry['analysis']}"
        opened = "; outcomes were open already" if entry.get("outcomes_were_open") else ""
        changed = f"; otherwise than requested: {', '.join(entry['changed'])}" if entry.get("changed") else ""
        for row in entry.get("tries", ()):
            rows.append(_try(row))
            groups.append(f"{in_words(entry['at'])}, {entry['by']}{of}{opened}{changed}")
    columns = ("What was tried", "Matched", "Effective controls", "Worst difference", "Red", "Result")
    note = "Worst difference: the largest standardised mean difference after matching, in per cent. Red: how many are."
    caption = "Every way of matching that was tried, in order"
    return Table("tried", caption, columns, tuple(rows), "lrrrrl", note, tuple(groups)) if rows else None


def in_words(time: str) -> str:
    """A time of day as records hold it: ``22 November 2026, 11:33 UTC``."""
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return time
    return f"{numbers.date(at)}, {at:%H:%M} {at.tzname() or ''}".strip()


def _runs(manifest: Manifest, analyses: list[str]) -> Iterable[Run]:
    """Each stage in order, of each analysis that has it; outdated if one that it rests on ended later."""
    ended: dict[str, str] = {}  # by analysis, when the last stage before ended
    for stage in STAGES:
        for analysis in analyses if stage in OF_ANALYSIS else [MAIN]:
            said = manifest.stage(record_name(stage, analysis))
            rests_on = [at for name, at in ended.items() if stage == "report" or name in (MAIN, analysis)]
            at = str(said.get("ended", ""))
            yield Run(
                stage,
                analysis,
                TITLES[stage],
                status=str(said.get("status", NOT_RUN)),
                gate=str(said.get("gate", "")),
                reason=str(said.get("reason", "")),
                error=str(said.get("error", "")),
                ended=at,
                seconds=said.get("seconds"),
                is_outdated=bool(at) and at < max(rests_on, default=""),
            )
            ended[analysis] = max(at, ended.get(analysis, ""))


def _events(events: list[dict[str, str]], findings: Findings | None) -> Iterable[dict[str, Any]]:
    digest = lifecycle.results_digest(findings) if findings else ""
    for event in events:
        yield event | {"of_these": event.get("of", digest) == digest}


def _made_from(values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "Specification", values["spec_digest"]
    yield from digests_of_inputs(values).items()
    yield "Toolkit", f"{values['toolkit_version']}, commit {values['toolkit_commit'] or 'not known'}"
    yield "Seed", str(values["seed"])


def _try(row: Mapping[str, Any]) -> tuple[str, ...]:
    caliper = "" if row.get("caliper") is None else f", caliper {row['caliper']:g}"
    what = row.get("what") or METHODS.get(row["method"], row["method"]) + caliper
    if "passes" in row:
        result = row.get("why_not") or ("the gate would open" if row["passes"] else "the gate would stay closed")
    else:
        result = f"{'used: ' if row.get('chosen') else ''}{row.get('why', '')}"
    figures = (("n_matched", 0, 1), ("ess", 0, 1), ("worst_smd", 1, 100), ("n_red", 0, 1))
    cells = (_figure(row.get(name), decimals, factor) for name, decimals, factor in figures)
    return what, *cells, result or NOTHING


def _figure(x: float | None, decimals: int, factor: int) -> str:
    return NOTHING if x is None else numbers.number(x, decimals, factor=factor)


def _findings(folder: RequestFolder) -> Findings | None:
    try:
        return Findings.read(folder.findings_file)
    except Exception:  # none yet, or of an earlier version: the notebooks are there to be reviewed all the same
        return None
