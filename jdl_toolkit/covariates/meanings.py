"""The codebook: what every covariate means, read from `parameters/codebook/covariates.yml` and checked.

It is the one place for labels. `docs/codebook.md` is made of it; `codebook()` shows it as a table, with what a register
holds of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import Field

from ..cohort.index_disposal import in_words
from ..register import Register
from ..spec import Covariate, Model, lab_resources, merge, read_yaml, validate

Words = Annotated[str, Field(min_length=1)]

CODEBOOK_FILE = Path("parameters") / "codebook" / "covariates.yml"


class Entry(Model):
    """One covariate; the fields are described at the head of the file."""

    label: Words
    meaning: Words
    source: dict[str, tuple[str, ...]]
    values: Words
    enters: Words
    missing: Words
    missing_label: Words = "not recorded"
    columns: dict[str, Words] = {}
    profile: dict[str, Words] = {}


class OwnColumn(Model):
    """One column of a lab's own covariates."""

    label: Words
    meaning: str = ""
    values: str = ""


class Codebook(Model):
    """Every covariate by name, and the columns that a lab has described itself."""

    covariates: dict[Covariate, Entry]
    extra: dict[str, OwnColumn] = {}

    def columns(self, covariate: Covariate) -> dict[str, str]:
        """Columns that a covariate makes -> label; for `extra` those described."""
        if covariate is Covariate.extra:
            return {f"extra_{name}": own.label for name, own in self.extra.items()}
        entry = self.covariates[covariate]
        return entry.columns or {str(covariate): entry.label}

    def covariate(self, column: str) -> Covariate:
        """The covariate that a column belongs to; `extra` if it is none of the others'."""
        return next((name for name in self.covariates if column in self.columns(name)), Covariate.extra)

    def label(self, column: str) -> str:
        """Label of a covariate's column; one of a lab's own that is not described has its name in words."""
        label = self.columns(self.covariate(column)).get(column)
        return label or in_words(column.removeprefix("extra_")).capitalize()

    def missing_label(self, column: str) -> str:
        """What a missing number of this column means."""
        return self.covariates[self.covariate(column)].missing_label

    def entries(self, columns: list[str]) -> pd.DataFrame:
        """What is said of some columns, a row each: column, covariate, label, meaning, values, enters, missing."""
        rows = []
        for column in columns:
            name = self.covariate(column)
            entry = self.covariates[name].model_dump(include={"meaning", "values", "enters", "missing"})
            own = self.extra.get(column.removeprefix("extra_")) if name is Covariate.extra else None
            described = {key: value for key, value in own.model_dump().items() if value} if own else {}
            rows.append({"column": column, "covariate": str(name), "label": self.label(column)} | entry | described)
        return pd.DataFrame(rows, columns=["column", "covariate", "label", "meaning", "values", "enters", "missing"])

    @property
    def profile_labels(self) -> dict[str, str]:
        """Column of the profile -> label."""
        return {column: label for entry in self.covariates.values() for column, label in entry.profile.items()}


def read_codebook(own: Path | None = None) -> Codebook:
    """The codebook shipped with the toolkit, with a lab's own file laid over it if there is one.

    Parameters
    ----------
    own : Path, optional
        A lab's `CODEBOOK_FILE`. It may hold only what is new or different; no such file is no fault.

    Raises
    ------
    JDLError
        With every fault of the lab's file at once.
    """
    values = read_yaml(lab_resources() / CODEBOOK_FILE)
    where = str(CODEBOOK_FILE)
    if own is not None and Path(own).is_file():
        values, where = merge(values, read_yaml(Path(own))), str(own)
    return validate(values, where, Codebook)


def codebook(register: Register | None = None, book: Codebook | None = None) -> pd.DataFrame:
    """The codebook as a table: a row per covariate, and per own column that the lab has described.

    Parameters
    ----------
    register : Register, optional
        Adds `is_recorded`, whether the register has rows in every source table, and `since`, the first year from which
        all of them have dates (missing for people's own characteristics, which have none).
    book : Codebook, optional
        Default: the one shipped with the toolkit.

    Returns
    -------
    DataFrame
        covariate, label, meaning, source, values, enters, missing, n_columns.
    """
    book = book or read_codebook()
    rows = []
    for name, entry in book.covariates.items():
        source = "; ".join(f"{table}: {', '.join(columns)}" for table, columns in entry.source.items())
        words = {key: getattr(entry, key) for key in ("label", "meaning", "values", "enters", "missing")}
        rows.append({"covariate": str(name), **words, "source": source, "n_columns": len(book.columns(name))})
    as_extra = rows[[row["covariate"] for row in rows].index("extra")]
    for name, own in book.extra.items():
        rows.append(as_extra | own.model_dump() | {"covariate": f"extra_{name}", "n_columns": 1})
    columns = ["covariate", "label", "meaning", "source", "values", "enters", "missing", "n_columns"]
    table = pd.DataFrame(rows, columns=columns)
    if register is None:
        return table
    covered = register.coverage()
    first = covered[covered["n_rows"] > 0].groupby("table")["year"].min()
    sources = [book.covariates.get(name, book.covariates[Covariate.extra]).source for name in table["covariate"]]
    is_recorded = [all(register.has(name) for name in source) for source in sources]
    since = [first.reindex(list(source)).max() for source in sources]
    return table.assign(is_recorded=is_recorded, since=pd.Series(since).where(is_recorded).astype("Int64"))


_PAGE = """# Codebook: the covariates

Made of `parameters/codebook/covariates.yml` by `python -m jdl_toolkit.covariates > docs/codebook.md`; change it there.

Everything is as at the index date: the start of the sentence in the community, or the release from custody. Nothing
that happened later is used. A request names the covariates it matches on under `covariates.use`, by the names below. In
Python, `covariates.codebook(register)` gives the same table with what a register holds: whether it has such records,
and since when.

In the model, a missing category is a level of its own, and a missing number is the median of all who may be compared,
with a column beside it that says so. Levels with few treated people are joined (`covariates.merge_levels_below`).

| covariate | meaning | values | enters the model | if missing | from |
| --- | --- | --- | --- | --- | --- |
{rows}

## Covariates of more than one column

{several}

## A lab's own covariates

Every column of numbers or text in the register's table `extra_covariates` is a covariate. Its label is made of its
name. To give it a better one, describe it in the lab's own `parameters/codebook/covariates.yml`, which is laid over the
shipped file and may hold nothing else:

```yaml
extra:
  debts:
    label: Debts (log of 1 + pounds)
    meaning: Debts known to the probation service.
    values: pounds
```

The same file may give any covariate another label, in a lab's own words or language.
"""


def codebook_page() -> str:
    """`docs/codebook.md`, made of the shipped codebook."""
    book = read_codebook()
    rows = []
    for name, entry in book.covariates.items():
        source = "; ".join(f"{table} ({', '.join(columns)})" for table, columns in entry.source.items())
        cells = [f"**{entry.label}**<br>`{name}`", entry.meaning, entry.values, entry.enters, entry.missing, source]
        rows.append(f"| {' | '.join(cells)} |")
    several = [
        f"`{name}`:\n\n" + "\n".join(f"- `{column}`: {label}" for column, label in entry.columns.items())
        for name, entry in book.covariates.items()
        if entry.columns
    ]
    return _PAGE.format(rows="\n".join(rows), several="\n\n".join(several))
