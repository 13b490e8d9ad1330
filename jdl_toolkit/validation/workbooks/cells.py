"""Damage to cells: dates, names and codes as spreadsheet programs and hurried hands leave them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from .files import NAME
from .kinds import Draw, Made, kind
from .sent import Rows, book, rows, saved

BORN, STARTED, ENDED = 4, 8, 9
_SERIAL_ZERO, _SERIAL_ZERO_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)


def _sheet(lines: Rows) -> Made:
    return NAME, saved(book(lines))


def _some(draw: Draw, change: Callable[[Any], Any], columns: tuple[int, ...], all_at_once: bool = True) -> Made:
    """Change the cells of one column, all of them or a few."""
    lines, column = rows(), draw(st.sampled_from(columns))
    few = draw(st.lists(st.integers(1, 66), min_size=1, max_size=12, unique=True))
    for at in range(1, 67) if all_at_once and draw(st.booleans()) else few:
        lines[at][column] = change(lines[at][column])
    return _sheet(lines)


_DATES = (BORN, STARTED, ENDED)
_FORMS = (
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%y",
    "%Y-%m-%d",
    "%Y%m%d",
    "%d%m%Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%A %d %b %Y",
    "%d/%m/%y",
    "%Y/%m/%d",
)
_FORMS += (
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %b",
    "%b-%y",
    "%Y",
    "'%d/%m/%Y",
    "%d\u2013%m\u2013%Y",
    " %d/%m/%Y\xa0",
)


@kind("cells", "dates as text")
def _date_text(draw: Draw) -> Made:
    form = draw(st.sampled_from(_FORMS))
    return _some(draw, lambda day: day.strftime(form), _DATES)


@kind("cells", "dates as the numbers of their days")
def _serial(draw: Draw) -> Made:
    return _some(
        draw,
        draw(st.sampled_from((lambda day: (day - _SERIAL_ZERO).days, lambda day: str((day - _SERIAL_ZERO).days)))),
        _DATES,
    )


@kind("cells", "a workbook that counts from 1904, its dates as numbers or dates")
def _from_1904(draw: Draw) -> Made:
    lines, made = rows(), book()
    as_numbers = draw(st.booleans())
    for line in lines[1:]:
        for at in _DATES:
            line[at] = (line[at] - _SERIAL_ZERO_1904).days if as_numbers else line[at]
    made = book(lines)
    made.epoch = dt.datetime(1904, 1, 1)
    return NAME, saved(made)


@kind("cells", "dates with a time of day")
def _times(draw: Draw) -> Made:
    at = draw(st.times())
    return _some(draw, lambda day: dt.datetime.combine(day, at.replace(microsecond=0)), _DATES)


@kind("cells", "times, durations and yes or no in place of dates")
def _no_dates(draw: Draw) -> Made:
    return _some(
        draw,
        lambda day: draw(st.sampled_from((dt.time(12, 30), dt.timedelta(days=3), True, 0, -5, 0.5, 1e300))),
        _DATES,
    )


@kind("cells", "dates that do not exist, or stand for none")
def _impossible(draw: Draw) -> Made:
    odd = (
        "31/02/1980",
        "29/02/1981",
        "00/00/0000",
        "01/01/1900",
        "99/99/9999",
        dt.date(1900, 1, 1),
        dt.date(9999, 12, 31),
        "0",
        "31/11/2010",
    )
    return _some(draw, lambda day: draw(st.sampled_from(odd)), _DATES)


@kind("cells", "dates out of all bounds")
def _bounds(draw: Draw) -> Made:
    odd = (2_958_466, 10**9, -1, 1e15, "16/05/19850", "16/05/085", "16/05/1085", "16/05/2985", dt.date(1904, 1, 1), 60)
    return _some(draw, lambda day: draw(st.sampled_from(odd)), _DATES)


@kind("cells", "words in place of dates")
def _words(draw: Draw) -> Made:
    column = draw(st.sampled_from(_DATES))
    # that a day is not known, or has not come yet, is an answer; a date of birth must be known
    of_birth = ("unknown", "ongoing", "TBC", "-") if column == BORN else ()
    odd = of_birth + (
        "c. 1985",
        "1985?",
        "16 May",
        "spring 2010",
        "see above",
        "16/05/1985 - 17/05/1985",
        "١٦/٠٥/١٩٨٥",
    )
    return _some(draw, lambda day: draw(st.sampled_from(odd)), (column,))


@kind("cells", "the day exchanged with the month by the program", undetectable=True)
def _exchanged(draw: Draw) -> Made:
    return _some(draw, lambda day: day.replace(day=day.month, month=min(day.day, 12)), _DATES)


@kind("cells", "formulas without a stored result")
def _formulas(draw: Draw) -> Made:
    made = book()
    for _ in range(draw(st.integers(1, 5))):
        place = f"{draw(st.sampled_from('BDEFGI'))}{draw(st.integers(2, 60))}"
        made["People"][place] = draw(
            st.sampled_from(
                (
                    "=1+1",
                    '=UPPER("x")',
                    "=NOW()",
                    '=HYPERLINK("http://127.0.0.1:9/","x")',
                    "=cmd|'/C calc'!A0",
                    "=A1048576",
                )
            )
        )
    return NAME, saved(made)


@kind("cells", "errors in place of values")
def _errors(draw: Draw) -> Made:
    made = book()
    for _ in range(draw(st.integers(1, 5))):
        cell = made["People"][f"{draw(st.sampled_from('BDEFGI'))}{draw(st.integers(2, 60))}"]
        cell.value, cell.data_type = (
            draw(st.sampled_from(("#N/A", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#ERROR!"))),
            "e",
        )
    return NAME, saved(made)


@kind("cells", "names with titles, brackets, endings and signs")
def _names(draw: Draw) -> Made:
    ways = (
        "Mr {}",
        "{} Jnr",
        "{} (Bob)",
        '{} "Bob"',
        "{}*",
        "{} 2",
        "{}, ",
        " {} ",
        "{}\xa0",
        "{}\n",
        "\u200b{}",
        "\u202e{}",
        "{}\t",
        "_{}",
        "{} / x",
    )
    way = draw(st.sampled_from(ways))
    return _some(draw, way.format, (1, 3))


@kind("cells", "names in other letters, composed otherwise, or of full width")
def _letters(draw: Draw) -> Made:
    ways = [
        str.upper,
        str.lower,
        str.swapcase,
        lambda n: "".join(chr(ord(c) + 0xFEE0) for c in n),
        lambda n: n.replace("o", "о"),
    ]
    ways += [lambda n: n[0] + ".", lambda n: n.replace("e", "Ã©"), lambda n: "王"]
    way = draw(st.sampled_from(ways))
    return _some(draw, way, (1, 3))


@kind("cells", "names missing, or words that stand for none")
def _no_names(draw: Draw) -> Made:
    return _some(
        draw,
        lambda name: draw(st.sampled_from((None, "", "n/a", "unknown", "-", "?", ".", 0, True, "Mr", "XXX"))),
        (1, 3),
        False,
    )


@kind("cells", "numbers, dates and yes or no in place of names")
def _not_names(draw: Draw) -> Made:
    return _some(
        draw,
        lambda name: draw(st.sampled_from((7, 1.5, dt.date(2010, 5, 6), False, dt.time(1, 2), "7"))),
        (1, 3),
        False,
    )


@kind("cells", "gender in other words, or none")
def _gender(draw: Draw) -> Made:
    own = {"M": ("Male", "m.", "Man", "Ｍ"), "F": ("FEMALE ", "f\u200b", "woman")}
    odd = (1, 2, True, "X", "non-binary", None, "M/F", "not stated")
    return _some(draw, lambda code: draw(st.sampled_from(own[code] + odd)), (5,))


@kind("cells", "identifiers mistyped, shortened, or turned into dates")
def _identifiers(draw: Draw) -> Made:
    ways = [
        str.lower,
        lambda i: i[2:],
        lambda i: i.replace("/", ""),
        lambda i: i.replace("0", "O"),
        lambda i: f"{i} ",
        lambda i: i[:-1],
        lambda i: i[:-2] + "9" + i[-1],
    ]
    ways += [
        lambda i: dt.date(1985, 5, 16),
        lambda i: 1.2345e10,
        lambda i: "CRO 12345/85X",
        lambda i: "n/a",
        lambda i: f"PNC: {i}",
        lambda i: i.replace("/", "-"),
    ]
    way = draw(st.sampled_from(ways))
    return _some(draw, way, (6, 7))


@kind("cells", "identifiers in each other's column")
def _crossed(draw: Draw) -> Made:
    lines = rows()
    for at in draw(st.lists(st.integers(1, 66), min_size=1, max_size=66, unique=True)):
        lines[at][6], lines[at][7] = lines[at][7], lines[at][6]
    return _sheet(lines)


@kind("cells", "identifiers of somebody else")
def _shared(draw: Draw) -> Made:
    lines, column = rows(), draw(st.sampled_from((6, 7)))
    one, two = draw(st.integers(1, 30)), draw(st.integers(31, 66))
    lines[one][column] = lines[two][column]
    made = _sheet(lines)
    return made


@kind("cells", "very long texts")
def _long(draw: Draw) -> Made:
    n, text = draw(st.sampled_from((256, 32_767))), draw(st.sampled_from(("x", "Ab ", "é", "\U0001f600", "ab\n")))
    return _some(draw, lambda cell: (text * n)[:n], (0, 1, 2, 3, 6, 7, 10, 11), False)


@kind("cells", "control characters, emoji and marks nobody sees")
def _odd_characters(draw: Draw) -> Made:
    text = draw(
        st.text(
            st.characters(
                codec="utf-8",
                exclude_categories=("Cs",),
                exclude_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])),
            ),
            min_size=1,
            max_size=40,
        )
    )
    return _some(draw, lambda cell: text, (0, 1, 2, 3, 6, 7, 10, 11), False)


@kind("cells", "any value in any cell", undetectable=True)
def _anything(draw: Draw) -> Made:
    values = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**12), 10**12),
        st.floats(allow_nan=False, allow_infinity=False),
        st.dates(dt.date(1900, 3, 1)),
        st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=20),
    )
    lines = rows()
    for _ in range(draw(st.integers(1, 40))):
        lines[draw(st.integers(1, 66))][draw(st.integers(0, 11))] = draw(values)
    made = book([lines[0]])
    for line in lines[1:]:
        made["People"].append([None] * 12)
        for cell, value in zip(made["People"][made["People"].max_row], line, strict=True):
            cell.value = value
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
    return NAME, saved(made)


@kind("cells", "numbers kept as text, and text as numbers")
def _kept(draw: Draw) -> Made:
    return _some(draw, lambda cell: None if cell is None else str(cell), (0, BORN, STARTED, ENDED))


@kind("cells", "dates before 1900")
def _before_1900(draw: Draw) -> Made:
    return _some(draw, lambda day: f"{day:%d/%m}/18{day.year % 100:02d}", _DATES)


@kind("cells", "the service ends before it starts, or in the future")
def _ends(draw: Draw) -> Made:
    return _some(
        draw,
        lambda day: draw(st.sampled_from((dt.date(2009, 1, 1), dt.date(2040, 1, 1), dt.date(1950, 2, 3)))),
        (ENDED, STARTED),
    )
