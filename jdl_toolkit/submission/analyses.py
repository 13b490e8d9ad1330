"""Which analyses a request holds, and which of the submitted records belong to each."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd
from anyascii import anyascii

from ..errors import JDLError, Problem
from ..spec import Analysis, AnalysisChoice, RequestSpec


def analyses_of(spec: RequestSpec, people: pd.DataFrame) -> list[RequestSpec]:
    """The specification of every analysis of a request, in the order in which the request lists them.

    An entry with ``each`` becomes one analysis for each value of that column of the upload which at least
    ``intake.minimum_people`` records have, the most frequent first; capitals and spaces make no difference.

    Parameters
    ----------
    spec : RequestSpec
    people : DataFrame
        `Submission.people`.

    Returns
    -------
    list of RequestSpec
        The request's own (`main`) if it lists no analyses.

    Raises
    ------
    JDLError
        If an analysis asks for a column that the upload does not have, or for a value that nobody has.
    """
    if not spec.analyses:
        return [spec]
    found, problems = [], []
    for name, choice in spec.analyses.items():
        where = f"analyses.{name}"
        asked = [*choice.records, *([choice.each] if choice.each else [])]
        lacking = [column for column in asked if column not in people or people[column].isna().all()]
        if lacking:
            fix = "ask the organisation to fill in that column, or take the analysis out"
            names = " and no ".join(column.replace("_", " ") for column in lacking)
            problems.append(Problem(f"the upload has no {names}", where, fix))
            continue
        for analysis in _of_each(name, choice, people, spec.intake.minimum_people):
            if not is_in_analysis(people, analysis).any():
                fix = "use values that stand in the upload"
                problems.append(Problem("no record of the upload belongs to this analysis", where, fix))
            found.append(spec.for_analysis(analysis, choice))
    ids = [one.analysis.id for one in found]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        problems.append(Problem("two analyses get the same id", f"analyses.{twice}", "give one of them another name"))
    if not found and not problems:
        few = f"no value has the {spec.intake.minimum_people} records that an analysis needs"
        problems.append(Problem(few, "analyses", "list analyses by name instead of by `each`"))
    if problems:
        raise JDLError(problems)
    return found


def is_in_analysis(people: pd.DataFrame, analysis: Analysis) -> pd.Series:
    """Which records belong to an analysis: all, or those with one of its values in every column it names."""
    belongs = pd.Series(True, index=people.index)
    for column, values in analysis.records.items():
        belongs &= plain_values(people[column]).isin({plain_value(value) for value in values})
    return belongs


def plain_values(column: pd.Series) -> pd.Series:
    """Values of an upload's column as they are compared: without capitals, double spaces or punctuation."""
    return column.map(plain_value, na_action="ignore")


def plain_value(value: str) -> str:
    folded = unicodedata.normalize("NFKC", str(value)).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))


def _of_each(name: str, choice: AnalysisChoice, people: pd.DataFrame, least: int) -> list[Analysis]:
    title = choice.title or name.replace("-", " ").capitalize()
    if choice.each is None:
        return [Analysis(id=name, title=title, records=choice.records)]
    values = common_values(people[is_in_analysis(people, Analysis(records=choice.records))][choice.each])
    return [
        Analysis(
            id=f"{name}-{_slug(value)}"[:60].strip("-"),
            title=f"{choice.title}: {value}" if choice.title else value,
            records=choice.records | {choice.each: (value,)},
        )
        for value, n in values.items()
        if n >= least
    ]


def common_values(column: pd.Series) -> dict[str, int]:
    """Values of an upload's column with the number of records, the most frequent first, each as most often written."""
    given = column.dropna().astype(str)
    spelt = pd.DataFrame({"plain": plain_values(given), "given": given}).value_counts().reset_index(name="n")
    spelt = spelt[spelt["plain"] != ""].sort_values(["n", "given"], ascending=[False, True])
    written, total = spelt.groupby("plain")["given"].first(), spelt.groupby("plain")["n"].sum()
    order = pd.DataFrame({"given": written, "n": total}).sort_values(["n", "given"], ascending=[False, True])
    return dict(zip(order["given"], order["n"].astype(int), strict=True))


def _slug(value: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", anyascii(value).casefold())) or "other"
