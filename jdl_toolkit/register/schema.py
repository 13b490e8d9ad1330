"""The contract of the register: which tables and columns a lab brings, of which types, keys, codes and order of dates.

`docs/bring-your-own-register.md` describes the same tables for people; `build_register` checks every rule below.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..spec import Disposal

#: Raised when the prepared file changes in a way that an older toolkit could not read.
SCHEMA_VERSION = "4"

#: The twenty offence groups of OGRS3 (Howard and others, 2009, Ministry of Justice Research Summary 7/09).
OFFENCE_GROUPS = (
    "violence", "robbery", "public_order", "sexual_adult", "sexual_child", "soliciting", "domestic_burglary",
    "other_burglary", "theft", "handling", "fraud", "absconding_bail", "taking_driving", "theft_from_vehicle",
    "other_motoring", "drink_driving", "criminal_damage", "drug_import_production", "drug_possession_supply", "other",
)  # fmt: skip
NEEDS = (
    "accommodation", "employability", "finance", "relationships", "lifestyle", "drugs", "alcohol", "wellbeing",
    "thinking", "attitudes",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: its DuckDB type and what its values may be.

    Parameters
    ----------
    required : bool
        The column must be there and hold no missing value.
    may_be_null : bool
        A required column may hold missing values all the same.
    codes : tuple of str
        The only values allowed; empty for free text.
    low, high : int or str, optional
        Range of a number, or of a date as SQL.
    default : str
        SQL literal used when an optional column is absent or empty.
    instead : str
        SQL that takes the place of a value that is wrong.
    costs_row : bool
        A wrong value sets the row aside although the column may be empty: the row would say something else without.
    """

    name: str
    type: str = "VARCHAR"
    required: bool = False
    may_be_null: bool = False
    codes: tuple[str, ...] = ()
    low: int | str | None = None
    high: int | str | None = None
    default: str = "NULL"
    instead: str = "NULL"
    costs_row: bool = False

    @property
    def sets_aside(self) -> bool:
        """Whether a row is of no use without a good value here."""
        return self.costs_row or (self.required and not self.may_be_null)


@dataclass(frozen=True)
class Rule:
    """A condition that no row may meet, in SQL over the row `this` and the rows it refers to, named as their tables.

    `blames` is the column whose value is then left out; without one the row is set aside.
    """

    broken: str
    what: str
    fix: str
    blames: str = ""


@dataclass(frozen=True)
class Table:
    """One table of the register.

    Parameters
    ----------
    key : tuple of str
        Columns that together occur once only; empty if a row needs no identity.
    refers : dict of str to str
        Column -> table in which the same column is the key.
    order : tuple of str
        Sort order in the file: a total order where the key is unique.
    open : bool
        Further columns are kept as they are (a lab's own covariates).
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    refers: tuple[tuple[str, str], ...] = ()
    order: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    needed: bool = False
    open: bool = False


def _id(name: str) -> Column:
    return Column(name, "BIGINT", required=True)


def _day(name: str, required: bool = True) -> Column:
    return Column(name, "DATE", required=required)


def _not_before(later: str, earlier: str, blames: str = "") -> Rule:
    return Rule(f'this."{later}" < this."{earlier}"', f"{later} before {earlier}", "correct the dates", blames)


def _not_before_birth(day: str) -> Rule:
    fix = "correct the date, or the person's date of birth, or leave the latter empty"
    return Rule(f'this."{day}" < person.dob', f"{day} before the person was born", fix)


_PERSON = (("person_id", "person"),)
_SPELL_ORDER = ("person_id", "start", "end", "kind")


def _spell(name: str, kinds: tuple[str, ...], *more: Column) -> Table:
    # Without its end, a spell would last for ever: rather no spell
    end = Column("end", "DATE", costs_row=True)
    columns = (_id("person_id"), _day("start"), end, Column("kind", required=True, codes=kinds), *more)
    order = _SPELL_ORDER + tuple(c.name for c in more)
    rules = (_not_before("end", "start"), _not_before_birth("start"))
    return Table(name, columns, refers=_PERSON, order=order, rules=rules)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "meta",
            (
                _day("data_start"),
                _day("data_end"),
                Column("extract", required=True),
                Column("synthetic", "BOOLEAN", default="false"),
                Column("note"),
                *(Column(f"n_{table}s", "BIGINT", low=0) for table in ("person", "disposal", "offence")),
            ),
            order=("extract",),
            rules=(_not_before("data_end", "data_start"),),
            needed=True,
        ),
        Table(
            "person",
            (
                _id("person_id"),
                Column("pnc_id"),
                Column("prison_number"),
                Column("cro"),
                Column("forename", required=True, may_be_null=True),
                Column("middle_name"),
                Column("surname", required=True, may_be_null=True),
                Column(
                    "dob", "DATE", True, True, low="DATE '1900-01-01'", high="(SELECT max(data_end) FROM register.meta)"
                ),
                Column("sex", required=True, may_be_null=True, codes=("M", "F")),
                Column("ethnicity", codes=("White", "Black", "Asian", "Mixed", "Other")),
                Column("nationality"),
                # Left empty, the person would count as seen to the end
                Column("observed_until", "DATE", instead="(SELECT min(data_start) FROM register.meta)"),
            ),
            key=("person_id",),
            order=("person_id",),
            rules=(_not_before("observed_until", "dob", blames="observed_until"),),
            needed=True,
        ),
        Table(
            "person_alias",
            (
                _id("person_id"),
                Column("kind", required=True, codes=("maiden", "alias", "nickname", "spelling")),
                Column("forename"),
                Column("surname"),
                Column("dob", "DATE"),
            ),
            refers=_PERSON,
            order=("person_id", "kind", "forename", "surname", "dob"),
            rules=(
                Rule(
                    "coalesce(this.forename, this.surname, this.dob::VARCHAR) IS NULL",
                    "no forename, surname or dob",
                    "leave such rows out",
                ),
            ),
        ),
        Table(
            "disposal",
            (
                _id("disposal_id"),
                _id("person_id"),
                _day("disposal_date"),
                Column("disposal", required=True, codes=tuple(Disposal)),
                Column("sentence_days", "INTEGER", low=0),
                _day("release_date", False),
                Column("establishment"),
                Column("region"),
                Column("court"),
            ),
            key=("disposal_id",),
            refers=_PERSON,
            order=("person_id", "disposal_date", "disposal_id"),
            rules=(
                _not_before("release_date", "disposal_date", blames="release_date"),
                _not_before_birth("disposal_date"),
            ),
            needed=True,
        ),
        Table(
            "offence",
            (
                _id("offence_id"),
                Column("disposal_id", "BIGINT", required=True, may_be_null=True),
                _id("person_id"),
                _day("offence_date"),
                # Empty while the case is pending; an unreadable date is no pending case
                Column("proven_date", "DATE", required=True, may_be_null=True, costs_row=True),
                Column("offence_group", required=True, codes=OFFENCE_GROUPS),
                Column("offence_class", required=True, codes=("indictable", "either_way", "summary")),
                Column("severity", "INTEGER", required=True, low=1, high=8),
                Column("is_penalty_notice", "BOOLEAN", default="false", instead="false"),
                Column("is_breach", "BOOLEAN", default="false", instead="false"),
            ),
            key=("offence_id",),
            refers=(*_PERSON, ("disposal_id", "disposal")),
            order=("person_id", "offence_date", "offence_id"),
            rules=(
                _not_before("proven_date", "offence_date"),
                _not_before_birth("offence_date"),
                Rule(
                    "disposal.person_id <> this.person_id",
                    "disposal_id of another person",
                    "an offence and its disposal must name the same person_id",
                ),
            ),
            needed=True,
        ),
        _spell(
            "custody_spell",
            ("remand", "sentenced", "recall"),
            Column("establishment"),
            Column("release_type", codes=("licence", "hdc", "approved_premises", "unconditional")),
        ),
        _spell("employment_spell", ("employed",)),
        _spell("benefit_spell", ("out_of_work", "other")),
        Table(
            "needs_assessment",
            (
                _id("person_id"),
                _day("assessed_on"),
                *(Column(need, "INTEGER", low=0, high=1) for need in NEEDS),
                Column("ogrs3", "DOUBLE"),
            ),
            key=("person_id", "assessed_on"),
            refers=_PERSON,
            order=("person_id", "assessed_on"),
            rules=(_not_before_birth("assessed_on"),),
        ),
        Table(
            "extra_covariates",
            (_id("person_id"), _day("as_of")),
            key=("person_id", "as_of"),
            refers=_PERSON,
            order=("person_id", "as_of"),
            open=True,
        ),
    )
}
