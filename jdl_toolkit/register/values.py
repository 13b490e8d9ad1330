"""How a lab's column, of whatever type, is read as the contract's type; what cannot be read is NULL, never bent."""

from __future__ import annotations

from .dates import DateStyle, day_of
from .schema import Column

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_TRUE, _FALSE = "'true', 't', 'yes', 'y', '1'", "'false', 'f', 'no', 'n', '0'"
#: Above it a DOUBLE does not tell whole numbers apart.
_EXACT = 2**53


def text_of(name: str) -> str:
    """SQL: the text of a column of the row `jdl_source`; blanks are missing."""
    return f"nullif(trim(jdl_source.{quoted(name)}::VARCHAR), '')"


def is_text_date(c: Column, kind: str) -> bool:
    """Whether a column's dates must be read from text (or from numbers such as 20100504)."""
    return c.type == "DATE" and kind != "DATE" and not kind.startswith("TIMESTAMP")


def read_as(c: Column, kind: str, style: DateStyle | None = None) -> tuple[str, str | None]:
    """SQL of the value, and of whether one was given; the latter is None if every value can be read.

    Parameters
    ----------
    kind : str
        DuckDB type of the lab's column. Days of a TIMESTAMP WITH TIME ZONE are those of the connection's time zone.
    """
    raw, text = f"jdl_source.{quoted(c.name)}", text_of(c.name)
    fraction = kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")
    number = f"CASE WHEN isnan({raw}::DOUBLE) THEN NULL ELSE {raw} END" if fraction else raw
    if c.type == "VARCHAR":
        return text, None
    if kind == c.type:
        return number, None
    if c.type == "DATE":
        if is_text_date(c, kind):
            return day_of(text, style is not None and style.month_first), f"{text} IS NOT NULL"
        return f"TRY_CAST({raw} AS DATE)", f"{raw} IS NOT NULL"
    if c.type == "BOOLEAN":
        value = f"CASE WHEN lower({text}) IN ({_TRUE}) THEN true WHEN lower({text}) IN ({_FALSE}) THEN false END"
        return value, f"{text} IS NOT NULL"
    if c.type == "DOUBLE":
        given = number if fraction or kind in _WHOLE else text
        return f"TRY_CAST({given} AS DOUBLE)", f"({given}) IS NOT NULL"
    return _whole_number(c.type, kind, number, text, fraction)


def _whole_number(target: str, kind: str, number: str, text: str, fraction: bool) -> tuple[str, str]:
    if kind in _WHOLE or kind == "BOOLEAN":
        return f"TRY_CAST({number} AS {target})", f"{number} IS NOT NULL"
    if fraction:
        whole = f"({number}) = trunc({number}) AND abs({number}) <= {_EXACT}"
        return f"CASE WHEN {whole} THEN TRY_CAST(({number}) AS {target}) END", f"({number}) IS NOT NULL"
    value = f"CASE WHEN regexp_full_match({text}, '[+-]?\\d+(\\.0*)?') THEN TRY_CAST({text} AS {target}) END"
    return value, f"{text} IS NOT NULL"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
