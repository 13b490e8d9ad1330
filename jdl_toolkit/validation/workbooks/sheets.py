"""Damage to sheets, rows and headings, as people and their programs really do it."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from openpyxl.chart import BarChart
from openpyxl.styles import Protection
from openpyxl.worksheet.table import Table

from .files import NAME
from .kinds import Draw, Made, kind
from .sent import ANSWERS, HEADINGS, Rows, book, rows, saved

_ROW = st.integers(1, 60)


def _people(lines: Rows, answers: Rows | None = ANSWERS) -> Made:
    return NAME, saved(book(lines, answers))


@kind("sheets", "sheets renamed")
def _renamed(draw: Draw) -> Made:
    titles = st.sampled_from(
        ("People", "people ", "Sheet1", "Clients", "Poeple", "Service", "<b>People", "=People", "人", "P" * 31)
    )
    one, two = draw(titles), draw(titles)
    return NAME, saved(book(names=(one, two if two != one else f"{two[:28]} 2")))


@kind("sheets", "sheets in another order, or more of them")
def _more(draw: Draw) -> Made:
    made = book()
    for i in range(draw(st.integers(1, 60))):
        made.create_sheet(f"Other {i}", draw(st.sampled_from((None, 0))))
    return NAME, saved(made)


@kind("sheets", "two lists of people")
def _two_lists(draw: Draw) -> Made:
    made = book()
    other = made.create_sheet(
        draw(st.sampled_from(("People (2)", "Clients", "Participants", "people2"))), draw(st.sampled_from((None, 0)))
    )
    for line in rows()[: draw(st.integers(1, 67))]:
        other.append(line)
    return NAME, saved(made)


@kind("sheets", "the list empty, or its headings alone")
def _empty_list(draw: Draw) -> Made:
    return _people(rows()[: draw(st.integers(0, 1))])


@kind("sheets", "no sheet of answers")
def _no_answers(draw: Draw) -> Made:
    return _people(rows(), None)


@kind("sheets", "answers in another place, or exchanged with their questions")
def _answers(draw: Draw) -> Made:
    changes = [
        lambda line: line[::-1],
        lambda line: [None, *line],
        lambda line: [line[0], None, line[1]],
        lambda line: [f"{line[0]}: {line[1]}"],
    ]
    change = draw(st.sampled_from(changes))
    return _people(rows(), [change(line) for line in ANSWERS])


@kind("sheets", "a sheet of pictures alone")
def _chart(draw: Draw) -> Made:
    made = book()
    made.create_chartsheet("Chart", 0).add_chart(BarChart())
    if draw(st.booleans()):
        del made["People"]
    return NAME, saved(made)


@kind("sheets", "the list on its side")
def _transposed(draw: Draw) -> Made:
    return _people([list(line) for line in zip(*rows(), strict=True)])


@kind("sheets", "hidden sheets, rows and columns")
def _hidden(draw: Draw) -> Made:
    made = book()
    sheet = made["People"]
    for row in draw(st.lists(st.integers(1, 67), min_size=1, max_size=5)):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions[draw(st.sampled_from("BDEFI"))].hidden = True
    if draw(st.booleans()):
        sheet.sheet_state = "hidden"
    return NAME, saved(made)


@kind("sheets", "cells merged")
def _merged(draw: Draw) -> Made:
    made = book()
    for _ in range(draw(st.integers(1, 4))):
        row, column = draw(_ROW), draw(st.integers(1, 10))
        made["People"].merge_cells(None, row, column, row + draw(st.integers(0, 3)), column + draw(st.integers(1, 3)))
    return NAME, saved(made)


@kind("sheets", "overlapping merged cells")
def _overlapping(draw: Draw) -> Made:
    made = book()
    made["People"].merge_cells("B3:D5")
    made["People"].merged_cells.add("C4:F6")
    return NAME, saved(made)


@kind("sheets", "two rows of headings")
def _two_headings(draw: Draw) -> Made:
    above = [None, "Person", None, None, None, None, "Identifiers", None, "Service", None, None, None]
    way = draw(st.sampled_from(("above", "below", "parted")))
    lines = rows()
    if way == "above":
        return _people([above, *lines])
    if way == "below":
        return _people([lines[0], above, *lines[1:]])
    parted = [heading.split(" ", 1) for heading in HEADINGS]
    return _people([[part[0] for part in parted], [part[1] if len(part) > 1 else None for part in parted], *lines[1:]])


@kind("sheets", "the headings again between the records")
def _repeated(draw: Draw) -> Made:
    lines = rows()
    for _ in range(draw(st.integers(1, 4))):
        lines.insert(draw(_ROW), list(HEADINGS))
    return _people(lines)


@kind("sheets", "the headings far down, or missing")
def _far_headings(draw: Draw) -> Made:
    lines = rows()
    n = draw(st.sampled_from((5, 28, 29, 30, 31, 200)))
    return _people(lines[1:] if draw(st.booleans()) else [["Our upload"], *([None] for _ in range(n)), *lines])


@kind("sheets", "headings misspelt")
def _misspelt(draw: Draw) -> Made:
    lines = rows()
    for at in draw(st.lists(st.integers(0, 11), min_size=1, max_size=12, unique=True)):
        heading = lines[0][at]
        i = draw(st.integers(0, len(heading) - 1))
        lines[0][at] = heading[:i] + draw(st.sampled_from(("", "x", heading[i] * 2))) + heading[i + 1 :]
    return _people(lines)


@kind("sheets", "headings with other capitals, spaces and signs")
def _written(draw: Draw) -> Made:
    ways = [
        str.upper,
        lambda h: f"  {h} *",
        lambda h: h.replace(" ", "\n"),
        lambda h: h.replace(" ", "\xa0"),
        lambda h: f"{h} (required)",
    ]
    ways += [lambda h: f"1. {h}:", lambda h: "\u200b".join(h), lambda h: h.replace(" ", "_"), lambda h: f"Client's {h}"]
    way = draw(st.sampled_from(ways))
    lines = rows()
    return _people([[way(heading) for heading in lines[0]], *lines[1:]])


@kind("sheets", "headings that are numbers, dates or nothing")
def _no_text(draw: Draw) -> Made:
    lines = rows()
    for at in draw(st.lists(st.integers(0, 11), min_size=1, max_size=5, unique=True)):
        lines[0][at] = draw(st.sampled_from((None, 7, dt.date(2013, 8, 12), True, 1.5, "", "\xa0")))
    return _people(lines)


@kind("sheets", "a column missing")
def _lost(draw: Draw) -> Made:
    at = draw(st.integers(0, 11))
    return _people([[*line[:at], *line[at + 1 :]] for line in rows()])


@kind("sheets", "a column twice")
def _doubled(draw: Draw) -> Made:
    at, other = draw(st.integers(1, 9)), draw(st.booleans())
    return _people([[*line, line[at] if other or i == 0 else None] for i, line in enumerate(rows())])


@kind("sheets", "columns in another order, with empty ones between")
def _ordered(draw: Draw) -> Made:
    order = draw(st.permutations([*range(12), -1, -1, -1]))
    return _people([[line[i] if i >= 0 else None for i in order] for line in rows()])


@kind("sheets", "columns that nobody asked for")
def _unasked(draw: Draw) -> Made:
    heads = draw(
        st.lists(
            st.sampled_from(("Notes", "=1+1", "Address", "NI number", "Dob of child", "x" * 300, "1985")),
            min_size=1,
            max_size=6,
        )
    )
    return _people([[*line, *(heads if i == 0 else ["Wilhelmgard"] * len(heads))] for i, line in enumerate(rows())])


@kind("sheets", "names in one column")
def _whole_names(draw: Draw) -> Made:
    sign = draw(st.sampled_from((", ", " ", ",", " / ")))
    lines = [[f"{line[3]}{sign}{line[1]}", *line[4:]] for line in rows()]
    lines[0][0] = draw(st.sampled_from(("Name", "Full name", "Surname, Forename", "Client name")))
    return _people(lines)


@kind("sheets", "forenames under Surname, surnames under Forename", undetectable=True)
def _swapped(draw: Draw) -> Made:
    return _people([rows()[0], *([line[0], line[3], line[2], line[1], *line[4:]] for line in rows()[1:])])


@kind("sheets", "empty rows between, above and below")
def _gaps(draw: Draw) -> Made:
    lines = rows()
    for _ in range(draw(st.integers(1, 8))):
        lines.insert(draw(_ROW), draw(st.sampled_from(([None], [""] * 12, [" "], [67]))))
    return _people([*lines, *([None] for _ in range(draw(st.integers(0, 500))))])


@kind("sheets", "notes, totals and signatures between the records")
def _notes(draw: Draw) -> Made:
    lines = rows()
    notes = [
        "Total",
        "n=66",
        "End of list",
        "see sheet 2 for the people of the year before last",
        "*",
        "Source: our database",
    ]
    lines.insert(
        draw(_ROW), [draw(st.sampled_from((None, draw(st.sampled_from(notes))))), draw(st.sampled_from(notes))]
    )
    return _people([*lines, ["Total", 66], [None, None, None, 66]])


@kind("sheets", "a record twice or more")
def _again(draw: Draw) -> Made:
    lines = rows()
    lines += [list(lines[draw(_ROW)]) for _ in range(draw(st.integers(1, 20)))]
    return _people(lines)


@kind("sheets", "a cell moved down by one")
def _slipped(draw: Draw) -> Made:
    lines, at, column = rows(), draw(st.integers(2, 50)), draw(st.sampled_from((1, 3, 4)))
    cells = [line[column] for line in lines[at:]]
    for line, cell in zip(lines[at:], [None, *cells], strict=False):
        line[column] = cell
    return _people([*lines, [None] * column + [cells[-1]]])


@kind("sheets", "protected, filtered, frozen, a table, with colours and comments")
def _decorated(draw: Draw) -> Made:
    from openpyxl.comments import Comment

    made = book()
    sheet = made["People"]
    sheet.protection.sheet = draw(st.booleans())
    sheet.auto_filter.ref = "A1:L67"
    sheet.freeze_panes = "C2"
    sheet["B5"].protection = Protection(locked=False, hidden=True)
    sheet["D7"].comment = Comment("=1+1 <b>" * draw(st.integers(1, 4000)), "somebody")
    sheet["D9"].hyperlink = draw(
        st.sampled_from(("http://127.0.0.1:9/", "file:///etc/passwd", "javascript:alert(1)", "\\\\x\\y"))
    )
    if draw(st.booleans()):
        sheet.auto_filter.ref = None
        sheet.add_table(Table(displayName="Tabelle1", ref="A1:L67"))
    return NAME, saved(made)


@kind("sheets", "the marked copy of an earlier check, sent in its place")
def _marked(draw: Draw) -> Made:
    made = book()
    made.create_sheet("What to correct", 0).append(["Sheet", "Row", draw(st.sampled_from(("Column", "Surname", "=1")))])
    made.create_sheet("Possible repeats", 1).append(list(HEADINGS))
    return NAME, saved(made)
