"""Read an organisation's upload, and check it whole: every fault is found before anything is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..attrition import Ledger
from ..document import Table
from ..errors import JDLError, Problem
from ..numbers import plural
from ..result import Result
from ..spec import RequestSpec
from .answers import read_answers
from .archive import dates_from_1904, row_states
from .faults import BLOCKS_REQUEST, BLOCKS_ROW, FAULTS, WARNS, all_issues, issues_of
from .fields import PEOPLE, SERVICE
from .headings import find_columns, heading_issues, other_lists
from .questions import QUESTIONS
from .records import find_records
from .repeats import check_repeats, count_groups, number_people
from .rules import check_people
from .sheets import Grid, find_sheet, is_blank, nearest_sheet, read_sheets


class Blocker(NamedTuple):
    """What keeps a whole request from going on."""

    sheet: str
    row: int | None
    code: str
    message: str


@dataclass(frozen=True)
class Submission(Result):
    """What an organisation sent, read and checked. Rows about people: restricted.

    Parameters
    ----------
    people : DataFrame
        One row per record: ``row`` (as the spreadsheet shows it), ``forename``, ``middle_name``, ``surname``, ``dob``,
        ``sex``, ``pnc_id``, ``prison_number`` (both in their normal form, missing if malformed), ``service_start``,
        ``service_end``, ``region``, ``establishment``, ``ethnicity``, ``provider``, ``intervention_type``,
        ``intensity`` (hours or sessions), ``usable`` (one can look for the person), ``why_unusable``. What was not sent
        is missing.
    issues : DataFrame
        ``sheet``, ``row``, ``column`` (the template's heading), ``code``, ``severity``, ``message``; no personal value.
    columns : DataFrame
        How the organisation's headings were understood; see `headings.find_columns`.
    answers : dict of str to str
        Of the Service sheet, by key of `fields.QUESTIONS`.
    repeats : DataFrame
        Records that may be of one person, in groups: ``group``, ``row``, ``kind``, ``episode``; see
        `repeats.check_repeats`. Every record is kept.
    ledger : Ledger
        Opened with the records received; excludes nobody yet.
    n_people, n_people_ready : int
        Distinct people received, and those with a record that nothing blocks.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> submission = examples.foundation().submission
    >>> submission
    1,246 records of 1,059 distinct people; 1,240 can be used for linkage, 6 have a fault that blocks them. Nothing
    blocks the request.
    >>> submission.n_people_ready
    1053
    >>> submission.to_frame()[["severity", "column", "n"]].head(3)
             severity         column  n
    0  blocks the row  Date of birth  2
    1  blocks the row  Date of birth  1
    2  blocks the row  Date of birth  1
    >>> submission.request_blockers()
    ()
    """

    people: pd.DataFrame
    issues: pd.DataFrame
    columns: pd.DataFrame
    answers: dict[str, str]
    repeats: pd.DataFrame
    ledger: Ledger
    n_people: int
    n_people_ready: int

    def request_blockers(self) -> tuple[Blocker, ...]:
        """What blocks the request as a whole; empty if it can go on."""
        found = self.issues[self.issues["severity"] == BLOCKS_REQUEST]
        rows = [None if pd.isna(row) else int(row) for row in found["row"]]
        return tuple(map(Blocker, found["sheet"], rows, found["code"], found["message"]))

    def public_answers(self) -> dict[str, str]:
        """Answers that a report may quote: to the template's questions, but for those that name somebody."""
        asked = {q.key for q in QUESTIONS if q.may_be_published}
        return {key: answer for key, answer in self.answers.items() if key in asked}

    def faults_by_kind(self) -> pd.DataFrame:
        """Faults counted by kind, the gravest and most frequent first: severity, column, code, what, fix, n."""
        counts = self.issues.groupby(["severity", "column", "code"], dropna=False).size().rename("n").reset_index()
        counts["column"] = counts["column"].fillna("")
        counts["what"] = [FAULTS[code].what for code in counts["code"]]
        counts["fix"] = [FAULTS[code].fix for code in counts["code"]]
        order = counts["severity"].map({BLOCKS_REQUEST: 0, BLOCKS_ROW: 1, WARNS: 2})
        counts = counts.assign(order=order).sort_values(["order", "n", "code"], ascending=[True, False, True])
        return counts[["severity", "column", "code", "what", "fix", "n"]].reset_index(drop=True)

    def summary(self) -> str:
        blocked = self.issues.loc[self.issues["severity"] == BLOCKS_ROW, "row"].nunique()
        usable, blockers = int(self.people["usable"].sum()), len(self.request_blockers())
        gate = (
            "Nothing blocks the request."
            if not blockers
            else f"{blockers} {'thing blocks' if blockers == 1 else 'things block'} the request."
        )
        return (
            f"{plural(len(self.people), 'record', 'records')} of {plural(self.n_people, 'person', 'distinct people')}; "
            f"{usable:,} can be used for linkage, {blocked:,} {'has' if blocked == 1 else 'have'} a fault that blocks "
            f"{'it' if blocked == 1 else 'them'}. {gate}"
        )

    def to_frame(self) -> pd.DataFrame:
        """The faults by kind: the only frame of a submission without rows about people.

        Returns
        -------
        DataFrame
            severity, column (heading of the template), code, what, fix, n (how often), the gravest first.
        """
        return self.faults_by_kind()

    def table(self) -> Table:
        """The faults by kind, with what to do about each."""
        from .. import tables

        heads = {"what": "What", "column": "Column", "n": "How often", "fix": "What to do"}
        return tables.plain_table(self.to_frame(), "Faults by kind", heads, key="faults", groups="severity")

    def headings_table(self) -> Table:
        """Which heading of the upload was taken for which column of the template."""
        from .. import tables

        heads = {"heading": "Column", "found": "Heading in the upload", "recognised": "Recognised", "sheet": "Sheet"}
        return tables.plain_table(self.columns, "Which heading was taken for what", heads, key="headings")

    def repeats_table(self) -> Table:
        """Groups of records that may be of one person, counted by what they share."""
        from .. import tables

        heads = {"kind": "What they share", "n_groups": "Groups", "n_records": "Records"}
        heads |= {"largest": "Records in the largest group"}
        caption = "Groups of records that may be of one person"
        return tables.plain_table(count_groups(self.repeats), caption, heads, key="repeats")

    def answers_table(self) -> Table:
        """What the organisation said of its service; answers that name somebody (contacts, sign-off) are left out."""
        from .. import tables

        asked = {q.key: q.text for q in QUESTIONS}
        answers = {asked[key]: answer for key, answer in self.public_answers().items()}
        frame = pd.DataFrame({"question": list(answers), "answer": list(answers.values())}, dtype="str")
        heads = {"question": "Question", "answer": "Answer"}
        return tables.plain_table(frame, "What the organisation answered", heads, key="answers")


def read_submission(
    path: Path, spec: RequestSpec, data_period: tuple[dt.date, dt.date] | None = None, called: str = ""
) -> Submission:
    """Read a Data Upload Template (.xlsx, .ods; or .csv with its Service answers in ``<name>-service.csv``).

    Parameters
    ----------
    path : Path
    spec : RequestSpec
        For the limits of intake, and the day the request was received.
    data_period : (date, date), optional
        First and last day of the register's data; without it no date is held against them.
    called : str, optional
        What messages call the file, where they are kept: its name may be a client's. Default: its name.

    Returns
    -------
    Submission
        With every fault of every row; faulty rows are kept and marked.

    Raises
    ------
    JDLError
        If the file cannot be read as an upload; with all its structural faults (no workbook, sheet, column or record).
    """
    path = Path(path)
    try:
        return _read(path, spec, data_period)
    except JDLError as fault:
        if not called:
            raise
        raise fault.calling(path.name, called) from None


def _read(path: Path, spec: RequestSpec, data_period: tuple[dt.date, dt.date] | None) -> Submission:
    sheets = read_sheets(path)
    people_grid, service_grid, header, columns = _structure(sheets, path)
    used = find_sheet(sheets, PEOPLE)
    cells, notes = find_records(people_grid, header, columns, row_states(path, used))
    if cells.empty:
        where = f"{path.name}, sheet “{PEOPLE}”"
        nobody = Problem("there are no records below the headings", where, "send the sheet with its records")
        raise JDLError([nobody, *_unanswered(sheets, service_grid, path)])
    people, issues = check_people(cells, spec, data_period, dates_from_1904(path))
    repeats, doubled = check_repeats(people)
    answers, gaps = read_answers(service_grid) if service_grid is not None else ({}, _no_service(sheets, path))
    blocked = set(issues.loc[issues["severity"] == BLOCKS_ROW, "row"])
    person = number_people(people)
    n_ready = person[~people["row"].isin(blocked)].nunique()
    found = [
        issues,
        *doubled,
        gaps,
        notes,
        *heading_issues(columns, header + 1),
        *other_lists(sheets, used),
        _too_few(n_ready, spec),
    ]
    ledger = Ledger.start("submission", "records received", len(people))
    return Submission(people, all_issues(found), columns, answers, repeats, ledger, int(person.nunique()), int(n_ready))


def _structure(sheets: dict[str, Grid], path: Path) -> tuple[Grid, Grid | None, int, pd.DataFrame]:
    """The sheets People and (if it is there) Service, the row of headings, the columns; or every structural fault."""
    found = {name: find_sheet(sheets, name) for name in (PEOPLE, SERVICE)}
    people, service = (sheets[found[name]] if found[name] is not None else None for name in (PEOPLE, SERVICE))
    header, columns = 0, pd.DataFrame()
    if people is None:
        problems = [Problem(f"there is no sheet “{PEOPLE}”", path.name, nearest_sheet(sheets, PEOPLE))]
    elif not any(not is_blank(cell) for row in people for cell in row):
        problems = [Problem("the sheet is empty", f"{path.name}, sheet “{PEOPLE}”", "send the sheet with its records")]
    else:
        header, columns, problems = find_columns(people, path.name)
    if problems:
        raise JDLError([*problems, *_unanswered(sheets, service, path)])
    return people, service, header, columns


def _unanswered(sheets: dict[str, Grid], service: Grid | None, path: Path) -> list[Problem]:
    """What blocks the request on the Service sheet, to be told along with what keeps the file from being read."""
    gaps = read_answers(service)[1] if service is not None else _no_service(sheets, path)
    blocking = gaps[gaps["severity"] == BLOCKS_REQUEST]
    return [
        Problem(
            message.removesuffix(f". {FAULTS[code].fix}"),
            f"{path.name}, sheet “{SERVICE}”" + ("" if pd.isna(row) else f", row {row}"),
            FAULTS[code].fix,
        )
        for row, code, message in zip(blocking["row"], blocking["code"], blocking["message"], strict=True)
    ]


def _no_service(sheets: dict[str, Grid], path: Path) -> pd.DataFrame:
    """That the answers about the service are missing, which need not keep the people from being checked."""
    is_csv = path.suffix.lower() == ".csv"
    same = "a file of the same name with -service.csv at its end"  # the name itself may be a client's
    where = f"{same}, beside it" if is_csv else nearest_sheet(sheets, SERVICE)
    return issues_of("service_missing", SERVICE, [None], None, [where])


def _too_few(n_ready: int, spec: RequestSpec) -> pd.DataFrame:
    minimum = spec.intake.minimum_people
    rows = [None] if n_ready < minimum else []
    return issues_of("too_few_people", PEOPLE, rows, None, [f"{n_ready}; at least {minimum} are needed"] * len(rows))
