"""Which analyses a request holds, and which of the submitted records belong to each."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import NamedTuple

import pandas as pd
from anyascii import anyascii

from ..errors import JDLError, Problem
from ..spec import Analysis, AnalysisChoice, RequestSpec
from .repeats import number_people

LONGEST_ID = 60
#: Values of an upload are named in messages if this many records have them, and at most so many: they are free text.
NAMED_FROM, NAMED_MOST = 5, 6


class Part(NamedTuple):
    """The records of a request that one analysis would take.

    Parameters
    ----------
    analysis : Analysis
    entry : str
        Of the request's `analyses`, that it comes from.
    n_records, n_people : int
        Distinct people by name and date of birth; where these are not at hand, every record counts.
    is_held : bool
        Whether the request holds it: false for a value of ``each`` that too few people have.
    """

    analysis: Analysis
    entry: str
    n_records: int
    n_people: int
    is_held: bool


def analyses_of(spec: RequestSpec, people: pd.DataFrame) -> list[RequestSpec]:
    """The specification of every analysis of a request, in the order in which the request lists them.

    An entry with ``each`` becomes one analysis for each value of that column of the upload which at least
    ``intake.minimum_people`` people have, the most frequent first; capitals, spaces and punctuation make no difference.

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
        If an analysis asks for a column that the upload does not have, or for a value that nobody has; with all such
        faults.
    """
    if not spec.analyses:
        return [spec]
    parts = [part for part in parts_of(spec, people) if part.is_held]
    problems = []
    ids = [part.analysis.id for part in parts]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        problems.append(Problem("two analyses get the same id", f"analyses.{twice}", "give one of them another name"))
    if not parts:
        few = f"no value has the {spec.intake.minimum_people} people that an analysis needs"
        problems.append(Problem(few, "analyses", "list analyses by name instead of by `each`"))
    if problems:
        raise JDLError(problems)
    return [spec.for_analysis(part.analysis, spec.analyses[part.entry]) for part in parts]


def parts_of(spec: RequestSpec, people: pd.DataFrame) -> list[Part]:
    """What each analysis of a request would take, with the values of ``each`` that too few people have.

    Parameters
    ----------
    spec : RequestSpec
    people : DataFrame
        `Submission.people`.

    Returns
    -------
    list of Part
        None if the request lists no analyses.

    Raises
    ------
    JDLError
        As `analyses_of`.
    """
    problems = [fault for name, choice in spec.analyses.items() for fault in _faults(name, choice, people)]
    if problems:
        raise JDLError(problems)
    named = {"forename", "surname", "dob"} <= set(people)
    person, parts = number_people(people) if named else people["row"], []
    for name, choice in spec.analyses.items():
        for analysis in _analyses(name, choice, people):
            belongs = is_in_analysis(people, analysis)
            n_people = person[belongs].nunique()
            is_held = choice.each is None or n_people >= spec.intake.minimum_people
            parts.append(Part(analysis, name, int(belongs.sum()), n_people, is_held))
    return parts


def is_in_analysis(people: pd.DataFrame, analysis: Analysis) -> pd.Series:
    """Which records belong to an analysis: all, or those with one of its values in every column it names."""
    belongs = pd.Series(True, index=people.index)
    for column, values in analysis.records.items():
        belongs &= plain_values(people[column]).isin({plain_value(value) for value in values} - {""})
    return belongs


def plain_values(column: pd.Series) -> pd.Series:
    """Values of an upload's column as they are compared: without capitals, double spaces or punctuation."""
    return column.map(plain_value, na_action="ignore")


def plain_value(value: object) -> str:
    """One value as it is compared; accents and the vowel signs of other scripts are kept."""
    folded = unicodedata.normalize("NFKC", str(value)).casefold()
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in folded)
    return " ".join("".join(kept).split())


def common_values(column: pd.Series) -> dict[str, int]:
    """Values of an upload's column with the number of records, the most frequent first, each as most often written."""
    given = column.dropna().astype(str)
    spelt = pd.DataFrame({"plain": plain_values(given), "given": given}).value_counts().reset_index(name="n")
    spelt = spelt[spelt["plain"] != ""].sort_values(["n", "given"], ascending=[False, True])
    written, total = spelt.groupby("plain")["given"].first(), spelt.groupby("plain")["n"].sum()
    order = pd.DataFrame({"given": written, "n": total}).sort_values(["n", "given"], ascending=[False, True])
    return dict(zip(order["given"], order["n"].astype(int), strict=True))


def _faults(name: str, choice: AnalysisChoice, people: pd.DataFrame) -> list[Problem]:
    """Columns and values that one analysis asks for and the upload does not have."""
    where = f"analyses.{name}"
    asked = dict.fromkeys([*choice.records, *([choice.each] if choice.each else [])])
    lacking = [column for column in asked if column not in people or people[column].isna().all()]
    if lacking:
        fix = "ask the organisation to fill in that column, or take the analysis out"
        return [Problem(f"the upload has no {' and no '.join(map(_words, lacking))}", where, fix)]
    unknown = [
        Problem(f"nobody in the upload has this {_words(column)}", f"{where}.records.{column}.{place}", fix)
        for column, values in choice.records.items()
        for place, fix in _unknown_values(values, people[column]).items()
    ]
    if unknown or is_in_analysis(people, Analysis(records=choice.records)).any():
        return unknown
    fix = "take one of its columns out, or use values that stand in the same record"
    return [Problem("no record of the upload belongs to this analysis", where, fix)]


def _unknown_values(values: tuple[str, ...], column: pd.Series) -> dict[int, str]:
    """Places of values that nobody has, each with what may have been meant; a value itself may be somebody's name."""
    common = common_values(column)
    known = {plain_value(value): value for value, n in common.items() if n >= NAMED_FROM}
    every, fixes = {plain_value(value) for value in common}, {}
    for place, value in enumerate(values):
        if plain_value(value) in every:
            continue
        near = difflib.get_close_matches(plain_value(value), known, n=1, cutoff=0.6)
        named = [f"“{written}”" for written, n in common.items() if n >= NAMED_FROM][:NAMED_MOST]
        others = f"use one that stands there: {', '.join(named)}" if named else "use one that stands there"
        fixes[place] = f"did you mean “{known[near[0]]}”?" if near else others
    return fixes


def _words(column: str) -> str:
    return column.replace("_", " ")


def _analyses(name: str, choice: AnalysisChoice, people: pd.DataFrame) -> list[Analysis]:
    """The analyses of one entry: itself, or one for each value of its column, the most frequent first."""
    title = choice.title or name.replace("-", " ").capitalize()
    if choice.each is None:
        return [Analysis(id=name, title=title, records=choice.records)]
    values = common_values(people[is_in_analysis(people, Analysis(records=choice.records))][choice.each])
    return [
        Analysis(
            id=one,
            title=f"{choice.title}: {value}" if choice.title else value,
            records=choice.records | {choice.each: (value,)},
        )
        for value, one in zip(values, _ids(name, list(values)), strict=True)
    ]


def _ids(name: str, values: list[str]) -> list[str]:
    """An id for each value; those that would get the same are numbered."""
    ids: list[str] = []
    endings = ["", *(f"-{number}" for number in range(2, len(values) + 1))]
    for value in values:
        slug = "-".join(re.findall(r"[a-z0-9]+", anyascii(value).casefold())) or "other"
        possible = (f"{name}-{slug}"[: LONGEST_ID - len(end)].strip("-") + end for end in endings)
        ids.append(next(one for one in possible if one not in ids))
    return ids
