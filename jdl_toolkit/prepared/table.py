"""An analysis-ready table, read and checked: one row per person, who was treated, covariates, outcomes.

Inside, a covariate goes by its place in the list (``⟦x01⟧``), and its own name is its label. So a column may have any
name, one that the toolkit uses itself included, and one that reads like an outcome (`prior_reoffences`): what happened
after the start is for the analyst to know, who chose the covariates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from ..covariates import Covariates
from ..document import Block, Figure, Table, Words
from ..errors import JDLError, Problem
from ..result import Result
from ..wording import listed, plain
from .columns import OutcomeType, cells_of, read_covariate, read_outcome, read_treatment
from .reading import nearest, read_columns
from .settings import TableSpec

_PLACE = re.compile("⟦[xy][0-9]+⟧")


class Missing(StrEnum):
    """What becomes of people of whom a covariate is not known."""

    indicator = "indicator"
    complete_cases = "complete-cases"
    refuse = "refuse"


@dataclass(frozen=True)
class Asked:
    """What a match is asked to do with a table.

    Parameters
    ----------
    treatment : str
        Column that says who was treated.
    covariates : tuple of str
    outcomes : tuple of str
        None, for balance alone; else the first is the one that tables and figures lead with.
    categorical : tuple of str
        Covariates that are categories although they look like numbers.
    outcome_type : OutcomeType, optional
        Default: as each outcome's values say.
    missing : Missing
    decimal : {".", ","}
        Of a CSV file.
    """

    treatment: str
    covariates: tuple[str, ...]
    outcomes: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    outcome_type: OutcomeType | None = None
    missing: Missing = Missing.indicator
    decimal: str = "."


@dataclass(frozen=True)
class PreparedTable(Result):
    """People of a table who can be compared, and what is known of them.

    Parameters
    ----------
    covariates : Covariates
        `units` (unit_id is the number of the row, from 1, below the header), with columns by place; `labels` has their
        names.
    outcomes : DataFrame
        unit_id and a column per outcome, by place, in the order of `covariates.units`.
    names : dict
        Place -> name, of covariates (``⟦x01⟧``) and outcomes (``⟦y1⟧``).
    types : dict
        Place of an outcome -> `OutcomeType`.
    n_rows : int
        Rows of the file.
    n_incomplete : int
        Rows left out because a value was missing.
    messages : tuple of str

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> table = examples.table()  # a file of your own: read_table(Path("people.csv"), Asked(…), table_spec())
    >>> table
    2,000 rows: 300 treated, 1,700 not; 3 covariates, outcome reoffended (share)
    >>> table.to_frame()[["label", "level", "treated", "pool", "smd"]].round(2)
                   label   level  treated   pool   smd
    0                age            35.03  39.31 -0.35
    1  previous_offences             4.61   3.87  0.35
    2                sex    male     0.84   0.85 -0.03
    3                sex  female     0.16   0.15  0.03
    """

    covariates: Covariates
    outcomes: pd.DataFrame
    names: dict[str, str]
    types: dict[str, str]
    n_rows: int
    n_incomplete: int
    messages: tuple[str, ...]

    def place_of(self, name: str) -> str:
        """The place of a covariate by its name."""
        return next(place for place, known in self.names.items() if known == name and _is_covariate(place))

    def in_names(self, text: str) -> str:
        """A text of the stages with names for places, and the command's words for a request's."""
        named = _PLACE.sub(lambda found: plain(self.names.get(found[0], found[0])), text)
        return named.replace("covariates.use", "--covariates")

    @contextmanager
    def faults_in_names(self) -> Iterator[None]:
        """Let errors of the stages name covariates as the table does."""
        try:
            yield
        except JDLError as fault:
            named = [Problem(*(self.in_names(text) for text in (p.what, p.where, p.fix))) for p in fault.problems]
            raise type(fault)(named) from None

    def summary(self) -> str:
        n = int(self.covariates.units["is_treated"].sum())
        n_left, n_named = len(self.outcomes), sum(map(_is_covariate, self.names))
        rows = f"{n_left:,} of {self.n_rows:,} rows" if self.n_incomplete else f"{n_left:,} rows"
        named = "1 covariate" if n_named == 1 else f"{n_named} covariates"
        return f"{rows}: {n:,} treated, {n_left - n:,} not; {named}, {self._outcomes_in_words()}"

    def _outcomes_in_words(self) -> str:
        kinds = [f"{plain(self.names[place])} ({kind})" for place, kind in self.types.items()]
        return f"outcome{'' if len(kinds) == 1 else 's'} {listed(kinds)}" if kinds else "no outcome"

    def to_frame(self) -> pd.DataFrame:
        """The groups before matching, as `Covariates.to_frame`; covariate is the table's own name. No outcome."""
        frame = self.covariates.to_frame()
        return frame.assign(covariate=[self.names.get(place, place) for place in frame["covariate"]])

    def table(self) -> Table:
        """The groups before matching, as of `Covariates`. No outcome."""
        return self.covariates.table()

    def plot(self) -> Figure | None:
        """How the groups differ before matching, the largest differences first."""
        return self.covariates.plot()

    def blocks(self) -> tuple[Block, ...]:
        """Summary, what became of missing values, table and picture."""
        said = [Words("\n".join(f"- {message}" for message in self.messages))] if self.messages else []
        first, *rest = super().blocks()
        return (first, *said, *rest)


def read_table(path: Path, asked: Asked, spec: TableSpec) -> PreparedTable:
    """Read a table and check all that is asked of it.

    Parameters
    ----------
    path : Path
        See `reading.read_columns`.
    asked : Asked
    spec : TableSpec
        The covariates that its settings name must be among those asked for.

    Raises
    ------
    JDLError
        With every fault: first those of the names, then those of the values.
    """
    path = Path(path)
    _check_names(asked, spec)
    options = {asked.treatment: "--treatment"} | dict.fromkeys(asked.covariates, "--covariates")
    options |= dict.fromkeys(asked.outcomes, "--outcome")
    columns = read_columns(path, options)
    if columns.num_rows == 0:
        raise JDLError("the table has a header and no rows", path.name, "name the file that holds the table")
    problems: list[Problem] = []

    def where(name: str) -> str:
        return f"{path.name}, column `{plain(name)}`"

    def cells(name: str):
        return cells_of(columns[name], asked.decimal, name in asked.categorical)

    is_treated = read_treatment(cells(asked.treatment), where(asked.treatment), problems)
    units = {"unit_id": np.arange(1, columns.num_rows + 1), "is_treated": is_treated}
    names: dict[str, str] = {}
    for place, name in _places("x", asked.covariates):
        names[place] = name
        units[place] = read_covariate(cells(name), name in asked.categorical, where(name), problems, name=name)
    outcomes, types = {"unit_id": units["unit_id"]}, {}
    leaves_out = asked.missing == Missing.complete_cases
    for place, name in _places("y", asked.outcomes):
        names[place] = name
        read = read_outcome(cells(name), asked.outcome_type, where(name), problems, may_be_empty=leaves_out)
        if read is not None:
            outcomes[place], types[place] = read[0], str(read[1])
    if problems:
        raise JDLError(problems)
    return _complete(path.name, asked, pd.DataFrame(units), pd.DataFrame(outcomes), names, types)


def _places(letter: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    digits = len(str(len(names)))
    return [(f"⟦{letter}{i:0{digits}}⟧", name) for i, name in enumerate(names, start=1)]


def _is_covariate(place: str) -> bool:
    return place.startswith("⟦x")


def _complete(
    file: str, asked: Asked, units: pd.DataFrame, outcomes: pd.DataFrame, names: dict[str, str], types: dict[str, str]
) -> PreparedTable:
    """The table with what is missing dealt with as asked."""
    covariates = [place for place in names if _is_covariate(place)]
    gaps = {place: int(n) for place, n in units[covariates].isna().sum().items() if n}
    n_rows = len(units)
    if gaps and asked.missing == Missing.refuse:
        fix = "complete them, or choose --missing indicator or complete-cases"
        raise JDLError(
            Problem(f"{n:,} values are missing", f"{file}, column `{plain(names[place])}`", fix)
            for place, n in gaps.items()
        )
    messages = []
    if asked.missing == Missing.complete_cases:
        whole = ~(units[covariates].isna().any(axis=1) | outcomes.isna().any(axis=1))
        units, outcomes = units[whole].reset_index(drop=True), outcomes[whole].reset_index(drop=True)
        if len(units) < n_rows:
            messages.append(f"{n_rows - len(units):,} of {n_rows:,} rows were left out: a value is missing in them.")
        if not units["is_treated"].any() or units["is_treated"].all():
            what = "without the rows in which a value is missing, one of the groups is empty"
            raise JDLError(what, file, "leave covariates with many gaps out, or choose --missing indicator")
    elif any(units[place].dtype != float for place in gaps):
        of = ", ".join(plain(names[place]) for place in gaps if units[place].dtype != float)
        messages.append(f"{of}: those of whom the level is not known are a level of their own.")
    labels = {place: plain(name) for place, name in names.items() if _is_covariate(place)}
    return PreparedTable(
        Covariates(units, units[["unit_id"]], labels),
        outcomes,
        names,
        types,
        n_rows,
        n_rows - len(units),
        tuple(messages),
    )


def _check_names(asked: Asked, spec: TableSpec) -> None:
    """Refuse a list of columns that contradicts itself, and settings that name what is no covariate."""
    problems = []
    if not asked.covariates:
        problems.append(Problem("no covariate is named", "--covariates", "name at least one column"))
    for option, names in (("--covariates", asked.covariates), ("--outcome", asked.outcomes)):
        twice = [name for name, n in Counter(names).items() if n > 1]
        problems += [Problem(f"`{plain(name)}` is named more than once", option, "name it once") for name in twice]
        if asked.treatment in names:
            what = f"`{plain(asked.treatment)}` is the treatment"
            problems.append(Problem(what, option, "take it out of this list"))
    for name in dict.fromkeys(set(asked.covariates) & set(asked.outcomes)):
        what = f"`{plain(name)}` is an outcome, and matching must not see outcomes"
        problems.append(Problem(what, "--covariates", "take it out of one of the lists"))
    named = {"categorical": asked.categorical} | spec.covariates_named
    for setting, names in named.items():
        for name in dict.fromkeys(n for n in names if n not in asked.covariates):
            what = f"`{plain(name)}` is none of the covariates"
            fix = nearest(name, list(asked.covariates)).replace("the table has", "the covariates are")
            problems.append(Problem(what, f"--{setting}", fix))
    if problems:
        raise JDLError(problems)
