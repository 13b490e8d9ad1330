"""Dates as people write them: in digits, with the month in words, the year first or last."""

from __future__ import annotations

import datetime as dt
import re

MONTHS = {name: i for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
MONTHS |= {name: i for i, name in enumerate("ion chw maw ebr mai meh gor aws med hyd tac rha".split(), 1)}  # Welsh

#: Every PDF names this vocabulary in its metadata; the date in its address is nobody's date of birth.
_RDF = "1999/02/22-rdf-syntax-ns"
#: What stands before a date: no digit, and no decimal point after one.
_START = r"(?<!\d)(?<!\d\.)"
_ISO = re.compile(rf"{_START}(\d{{4}})([-/.:_\\]?)(\d{{2}})\2(\d{{2}})(?![\d.]\d|\d)")
_YEAR_FIRST = re.compile(rf"{_START}(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}})(?!\d)")
_CLOSED = re.compile(rf"{_START}(\d{{2}})(\d{{2}})((?:19|20)\d{{2}})(?![\d.]\d|\d)")
_DAY_FIRST = re.compile(rf"{_START}(\d{{1,2}})(\.| ?[-/] ?)(\d{{1,2}})\2(\d{{4}}|\d{{2}})(?!\d)")
#: Signs that stand between figures as well: only with a year of four digits.
_OTHER_SIGNS = re.compile(rf"{_START}(\d{{1,2}})(\. |[:_|\\])(\d{{1,2}})\2((?:19|20)\d{{2}})(?!\d)")
_SPACED = re.compile(r"(?<![\d.,] )(?<![\d.,])(\d{2}) (\d{2}) ((?:19|20)\d{2})(?![\d.,]| \d)")
_YEAR_SPACED = re.compile(r"(?<![\d.,] )(?<![\d.,])((?:19|20)\d{2}) (\d{2}) (\d{2})(?![\d.,%]| \d)")
#: Three figures with spaces between are a date only where nothing else stands in their line, or birth is spoken of.
_ALONE = re.compile(
    r"(?:(?:^|[\n\f])[ \t]*|(?:\bborn(?: on)?|\bdob|\bd\.o\.b\.?|\bbirth)[ :]+)"
    r"(\d{1,2}) (\d{1,2}) ((?:19|20)\d{2})[ \t]*(?=$|[\n\f])"
)
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)?"
_LONG = re.compile(
    rf"(?<!\d){_ORDINAL}[\s,./(-]*(?:day\s+)?(?:of\s+)?([a-z]{{3}})[a-z]*\.?[\s,./’')-]*(\d{{4}}|\d{{2}})(?!\d)"
)
_MONTH_FIRST = re.compile(rf"\b([a-z]{{3}})[a-z]*\.?[\s/-]+{_ORDINAL}(?:[,\s/-]+(\d{{4}})|,?\s*[’'‘](\d{{2}}))(?!\d)")
_YEAR_MONTH = re.compile(rf"(?<!\d)((?:19|20)\d{{2}})[ /.,-]{{1,2}}([a-z]{{3}})[a-z]*\.?[ /.-]{{1,2}}{_ORDINAL}(?!\d)")


def dates_in(text: str) -> set[dt.date]:
    """Every date that a text may mean, in any of the forms above."""
    text = text.lower().replace(_RDF, "")
    found = {_date(y, m, d) for pattern in (_ISO, _YEAR_FIRST) for y, _, m, d in pattern.findall(text)}
    found |= {_date(*parts) for parts in _YEAR_SPACED.findall(text)}
    found |= {_date(y, m, d) for d, _, m, y in _OTHER_SIGNS.findall(text)}
    in_digits = [(d, m, y, sign.strip() in "/-") for d, sign, m, y in _DAY_FIRST.findall(text)]
    in_digits += [(*found, False) for pattern in (_CLOSED, _SPACED, _ALONE) for found in pattern.findall(text)]
    for first, second, year, is_either in in_digits:  # the month comes first in America
        orders = ((first, second), (second, first)) if is_either else ((first, second),)
        found |= {_date(y, m, d) for y in _years(year) for d, m in orders}
    for day, month, year in _LONG.findall(text):
        found |= {_date(y, MONTHS.get(month, 0), day) for y in _years(year)}
    for month, day, long, short in _MONTH_FIRST.findall(text):
        found |= {_date(y, MONTHS.get(month, 0), day) for y in _years(long or short)}
    found |= {_date(y, MONTHS.get(m, 0), d) for y, m, d in _YEAR_MONTH.findall(text)}
    return found - {None}


def _years(year: str) -> list[str]:
    return [year] if len(year) == 4 else [f"19{year}", f"20{year}"]


def _date(year: str, month: str | int, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
