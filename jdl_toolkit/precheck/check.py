"""An upload checked whole: what it holds, whether it can be submitted, what to expect and what to do next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..numbers import plural
from ..spec import RequestSpec
from ..submission import Submission, read_submission
from ..submission.faults import BLOCKS_REQUEST, BLOCKS_ROW, FAULTS, WARNS
from ..submission.fields import PEOPLE
from ..submission.repeats import EPISODES
from ..wording import Passage, capital, plain
from .forecast import Forecast, forecast_analysis
from .planned import Planned, plan_analyses
from .suitability import Suitability, judge_suitability

#: Faults with a place of their own in what is told: groups of records, and headings.
REPEATS = ("duplicate_exact", "duplicate_person", "duplicate_near", "identifier_shared")
HEADINGS = ("column_not_used", "heading_guessed", "names_split")
#: Remarks that concern no record, told one by one in their own words.
ALONE = ("sheet_not_read",)
#: How a column was recognised when nobody need look at it again.
PLAIN_HEADINGS = ("exactly", "by another name")

READY, BLOCKED, TOO_FEW = "can be submitted", "cannot be submitted yet", "too few people"
_EXIT = {READY: 0, BLOCKED: 2, TOO_FEW: 3}


@dataclass(frozen=True)
class Check:
    """What an organisation is told of its upload.

    Parameters
    ----------
    name : str
        Of the file, fit to be printed.
    submission : Submission
    forecast : Forecast
    suitability : Suitability
    planned : Planned
        The analyses that the request lists.
    minimum : int
        People a submission needs.
    data_period : (date, date) or None
        What the dates were held against; None: they were not.
    """

    name: str
    submission: Submission
    forecast: Forecast
    suitability: Suitability
    planned: Planned
    minimum: int
    data_period: tuple[dt.date, dt.date] | None

    @property
    def verdict(self) -> str:
        """`READY`, `BLOCKED` or `TOO_FEW`."""
        codes = {blocker.code for blocker in self.submission.request_blockers()}
        return READY if not codes else TOO_FEW if codes == {"too_few_people"} else BLOCKED

    @property
    def exit_status(self) -> int:
        """0 could be submitted; 2 blocked; 3 blocked by the number of people alone."""
        return _EXIT[self.verdict]

    @property
    def n_blocked(self) -> int:
        """Records left out unless they are corrected."""
        issues = self.submission.issues
        return int(issues.loc[issues["severity"] == BLOCKS_ROW, "row"].nunique())

    @property
    def title(self) -> str:
        return {
            READY: "This upload can be submitted.",
            BLOCKED: "This upload cannot be submitted yet.",
            TOO_FEW: "This upload has too few people to be submitted.",
        }[self.verdict]

    def explanation(self) -> str:
        """Why the verdict is what it is, in two or three sentences."""
        ready, said = self.submission.n_people_ready, Passage()
        n_gaps = sum(b.code != "too_few_people" for b in self.submission.request_blockers())
        if n_gaps:
            said.say("gaps", f"{plural(n_gaps, 'thing', 'things')} about the service must be put right first.")
        enough = f"{plural(ready, 'person has', 'people have')} a record without a blocking fault"
        said.say("minimum", f"{enough}; at least {self.minimum:,} are needed.")
        if self.verdict == READY and self.forecast.result_unlikely:
            said.say("unlikely", "But with so few, a result is not likely: see what to expect.")
        if not self.n_blocked:
            return said.text
        out = "is left out unless it is" if self.n_blocked == 1 else "are left out unless they are"
        said.say("left_out", f"{plural(self.n_blocked, 'record', 'records')} {out} corrected.")
        if ready < self.minimum <= self.submission.n_people:
            said.say("would_do", "With them there would be enough.")
        return said.text

    def blockers(self) -> list[tuple[str, str]]:
        """What blocks the request as a whole: place and message. The number of people stands in `explanation`."""
        issues = self.submission.issues
        return self._told((issues["severity"] == BLOCKS_REQUEST) & (issues["code"] != "too_few_people"))

    def remarks(self) -> list[tuple[str, str]]:
        """Warnings on the answers about the service, and on sheets: place and message."""
        issues = self.submission.issues
        alone = (issues["sheet"] != PEOPLE) | issues["code"].isin(ALONE)
        return self._told((issues["severity"] == WARNS) & alone)

    def _told(self, which: pd.Series) -> list[tuple[str, str]]:
        found = self.submission.issues[which]
        return [
            (
                "Sheets" if code in ALONE else f"{sheet} sheet" + ("" if pd.isna(row) else f", row {row}"),
                plain(message),
            )
            for sheet, row, code, message in zip(*(found[c] for c in ("sheet", "row", "code", "message")), strict=True)
        ]

    def faults(self, severity: str) -> pd.DataFrame:
        """Faults of records by kind, without those that have a place of their own; see `faults_with_rows`."""
        found = faults_with_rows(self.submission)
        return found[(found["severity"] == severity) & ~found["code"].isin(REPEATS + HEADINGS + ALONE)].reset_index(
            drop=True
        )

    def headings(self) -> tuple[list[tuple[str, str, str]], list[str]]:
        """Headings that are used, as (found, meaning, how recognised), and those that are not."""
        columns = self.submission.columns
        used = columns[columns["heading"].notna()]
        known = [(plain(f), h, r) for f, h, r in zip(used["found"], used["heading"], used["recognised"], strict=True)]
        return known, [plain(found) for found in columns.loc[columns["heading"].isna(), "found"]]

    def next_steps(self) -> list[str]:
        """What to do now, in order."""
        steps = []
        if self.submission.n_people_ready < self.minimum:
            steps.append(f"Bring the people without a blocking fault to at least {self.minimum:,}: correct, or add.")
        elif self.forecast.result_unlikely:
            steps.append("Add people if you can: with so few, a result is not likely.")
        if self.planned.faults:
            steps.append("Settle with the lab which analyses the request holds: it asks for some that cannot be made.")
        elif self.planned.n_doubtful:
            steps.append("Look at the analyses without a likely result: send more people, or do without them.")
        if self.verdict == BLOCKED:
            steps.append("Answer or put right what blocks the request.")
        if self.n_blocked:
            steps.append("Correct the blocked records in the marked-up copy; each is explained in its cell.")
        if len(self.faults(WARNS)):
            steps.append("Look through the warnings: each may hide a person who cannot be found.")
        if self.submission.repeats["kind"].ne(EPISODES).any():
            steps.append(
                "Look through the possible repeats: correct slips, take out records that are there twice, and keep one "
                "for each time somebody was worked with."
            )
        if len(self.submission.repeats) and "repeats" not in self.submission.answers:
            steps.append("Say on the Service sheet why people appear more than once.")
        if len(self.suitability.advice):
            steps.append("Talk to the lab about what was noticed on the method before you submit.")
        send = "the file by the lab's secure channel, never by e-mail."
        return [*steps, "Check the corrected file again.", f"Then send {send}"] if steps else [f"Send {send}"]


def check_upload(path: Path, spec: RequestSpec, data_period: tuple[dt.date, dt.date] | None = None) -> Check:
    """Read an upload and say everything that can be said of it without a register.

    Parameters
    ----------
    path : Path
    spec : RequestSpec
    data_period : (date, date), optional
        First and last day for which reoffending data exist.

    Raises
    ------
    JDLError
        If the file cannot be read as an upload; with all its structural faults.
    """
    submission = read_submission(path, spec, data_period)
    forecast = forecast_analysis(submission.n_people_ready, spec)
    advice, planned = judge_suitability(submission, spec), plan_analyses(submission, spec)
    name = plain(Path(path).name)
    return Check(name, submission, forecast, advice, planned, spec.intake.minimum_people, data_period)


def faults_with_rows(submission: Submission) -> pd.DataFrame:
    """Faults of records by kind: severity, code, column, what, fix, n (records), rows (their numbers, in order).

    The gravest and most frequent come first. What concerns the request as a whole, or the answers, is not among them.
    """
    issues = submission.issues
    found = issues[(issues["severity"] != BLOCKS_REQUEST) & (issues["sheet"] == PEOPLE)]
    by = found.groupby(["severity", "code", "column"], dropna=False, sort=False)["row"]
    kinds = by.agg(n="size", rows=lambda rows: sorted(int(row) for row in rows.dropna().unique())).reset_index()
    kinds["what"] = [FAULTS[code].what for code in kinds["code"]]
    kinds["fix"] = [FAULTS[code].fix for code in kinds["code"]]
    order = kinds["severity"].eq(WARNS)
    kinds = kinds.assign(order=order).sort_values(["order", "n"], ascending=[True, False], kind="stable")
    return kinds.drop(columns="order").reset_index(drop=True)


def faults_in_words(check: Check) -> list[str]:
    """What the request's analyses ask for and the upload cannot give, a line for each."""
    told = [f"{capital(fault.what)} ({fault.where}). {capital(fault.fix)}" for fault in check.planned.faults]
    return [plain(text if text.endswith("?") else f"{text}.") for text in told]


def rows_in_words(rows: list[int], most: int = 6) -> str:
    """Row numbers as a reader wants them: ``row 5``, ``rows 5, 19 and 44``, ``rows 5, 19, … and 30 more``."""
    if not rows:
        return "the whole column"
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = [str(row) for row in rows[:most]]
    if len(rows) > most:
        return f"rows {', '.join(shown)} and {len(rows) - most:,} more"
    return f"rows {', '.join(shown[:-1])} and {shown[-1]}"


def cut(text: str, longest: int = 80) -> str:
    """Text of one line, cut to a fit length with a sign that it was."""
    return text if len(text) <= longest else f"{text[:longest].rstrip()}…"
