"""Which analyses a request will hold, how many people each has, and whether a result is likely."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..errors import JDLError, Problem
from ..numbers import plural
from ..spec import RequestSpec
from ..submission import Part, Submission, is_in_analysis, parts_of
from ..submission.faults import BLOCKS_ROW
from ..submission.repeats import number_people
from ..wording import plain
from .forecast import forecast_analysis

LIKELY, UNLIKELY, HOPELESS, NOT_MADE = "likely", "not likely", "not to be expected", "not made"
COLUMNS = ("analysis", "title", "n_records", "n_people", "n_expected", "outlook", "said")


@dataclass(frozen=True)
class Planned:
    """The analyses of a request, as far as its upload shows.

    Parameters
    ----------
    rows : DataFrame
        A row for each, in the request's order: ``analysis`` (its id), ``title``, ``n_records``, ``n_people`` (distinct,
        with a record that nothing blocks), ``n_expected`` (in the analysis, by the median share of earlier requests),
        ``outlook`` (of a result: `LIKELY`, `UNLIKELY`, `HOPELESS`, or `NOT_MADE`), ``said`` (all that, in words). No
        rows: the request lists no analyses.
    faults : tuple of Problem
        What the request asks for and the upload cannot give; there are no rows then.
    """

    rows: pd.DataFrame
    faults: tuple[Problem, ...] = ()

    @property
    def n_doubtful(self) -> int:
        """Analyses without a likely result."""
        return int(self.rows["outlook"].ne(LIKELY).sum())


def plan_analyses(submission: Submission, spec: RequestSpec) -> Planned:
    """Say what each analysis of a request would take, and forecast it by the number of its people."""
    try:
        parts = parts_of(spec, submission.people)
    except JDLError as fault:
        return Planned(pd.DataFrame(columns=list(COLUMNS)), tuple(fault.problems))
    issues = submission.issues
    is_ready = ~submission.people["row"].isin(issues.loc[issues["severity"] == BLOCKS_ROW, "row"])
    person = number_people(submission.people).where(is_ready)
    rows = [_planned(part, person[is_in_analysis(submission.people, part.analysis)], spec) for part in parts]
    return Planned(pd.DataFrame(rows, columns=list(COLUMNS)))


def _planned(part: Part, person: pd.Series, spec: RequestSpec) -> dict[str, object]:
    n_people = int(person.nunique())
    of_part = spec.for_analysis(part.analysis, spec.analyses[part.entry])
    forecast = forecast_analysis(n_people, of_part)
    expected, most = (int(forecast.case(name)["n_analysed"]) for name in ("median", "highest"))
    minimum = of_part.cohort.minimum_analysed
    outlook = LIKELY if expected >= minimum else UNLIKELY if most >= minimum else HOPELESS
    said = f"{plural(n_people, 'person', 'people')} in {plural(part.n_records, 'record', 'records')}"
    if not part.is_held:
        outlook, expected = NOT_MADE, 0
        said += f"; not made, as it takes {spec.intake.minimum_people:,} people"
    else:
        said += f"; most likely about {expected:,} in the analysis"
        said += "" if outlook == LIKELY else f", and {minimum:,} are needed: a result is {outlook}"
    title = plain(part.analysis.title)
    values = (part.analysis.id, title, part.n_records, n_people, expected, outlook, said)
    return dict(zip(COLUMNS, values, strict=True))
