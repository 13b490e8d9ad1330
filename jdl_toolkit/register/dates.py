"""Dates that came as text: ISO, or the day first, or the month first; decided for a column over all its values."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

_ISO = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d/%b/%Y")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", *_NAMED)
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", *_NAMED)


@dataclass(frozen=True)
class DateStyle:
    """How a column writes its dates.

    Parameters
    ----------
    column : str
    n_iso, n_day_first, n_month_first : int
        Values that can be read so; a value such as 04/05/2010 counts in both of the latter two.
    n_either : int
        Values that can be read in both of the latter ways.
    month_first : bool
        Which of the two is taken. ISO dates are read beside either.
    """

    column: str
    n_iso: int
    n_day_first: int
    n_month_first: int
    n_either: int
    month_first: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether no value tells the day from the month."""
        return 0 < self.n_day_first == self.n_month_first

    @property
    def words(self) -> str:
        """For people; empty if there is nothing to tell."""
        if not self.n_day_first and not self.n_month_first:
            return ""
        first, other = ("month", "day") if self.month_first else ("day", "month")
        said = f"dates are read {first} first"
        if self.is_ambiguous:
            said += f"; no value tells whether it is not the {other}"
        n_others = (self.n_day_first if self.month_first else self.n_month_first) - self.n_either
        if n_others:
            said += f"; {n_others:,} can only be read {other} first, so some that can be read both ways may be misread"
        return said + (f"; {self.n_iso:,} of them are ISO dates" if self.n_iso else "")


def day_of(text: str, month_first: bool = False) -> str:
    """SQL that reads the SQL expression `text` as a date, NULL if it is none; a time of day is dropped."""
    return _read(text, _ISO + (_MONTH_FIRST if month_first else _DAY_FIRST))


def decide_styles(con: duckdb.DuckDBPyConnection, source: str, texts: dict[str, str]) -> dict[str, DateStyle]:
    """How each column of `source` writes its dates.

    More values decide. Where no value tells the day from the month, the other columns of the table do, else the day
    is first.

    Parameters
    ----------
    texts : dict of str to str
        Column -> SQL of its text, over the row `jdl_source`.
    """
    if not texts:
        return {}
    counts = []
    for text in texts.values():
        iso, day, month = (_read(text, formats) for formats in (_ISO, _DAY_FIRST, _MONTH_FIRST))
        counts += [f"count({iso})", f"count({day})", f"count({month})"]
        counts.append(f"count(CASE WHEN ({day}) IS NOT NULL THEN {month} END)")
    found = con.execute(f"SELECT {', '.join(counts)} FROM {source} AS jdl_source").fetchone()
    styles = [DateStyle(column, *found[4 * i : 4 * i + 4]) for i, column in enumerate(texts)]
    lead = sum(s.n_month_first - s.n_day_first for s in styles)
    return {
        s.column: DateStyle(
            s.column,
            s.n_iso,
            s.n_day_first,
            s.n_month_first,
            s.n_either,
            lead > 0 if s.is_ambiguous else s.n_month_first > s.n_day_first,
        )
        for s in styles
    }


def _read(text: str, formats: tuple[str, ...]) -> str:
    day = f"CASE WHEN length({text}) > 10 THEN regexp_replace({text}, '[ T]\\d{{1,2}}:\\d\\d.*$', '') ELSE {text} END"
    read = f"try_strptime({day}, [{', '.join(repr(f) for f in formats)}])::DATE"
    # A year of two digits would be taken for one of the first century
    return f"CASE WHEN year({read}) >= 1000 THEN {read} END"
