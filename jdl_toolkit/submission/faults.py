"""Every fault an upload can have: its code, how grave it is, what it is and what to do about it.

Messages name a place and a kind of value, never a value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .fields import BY_KEY, PEOPLE

BLOCKS_REQUEST = "blocks the request"
BLOCKS_ROW = "blocks the row"
WARNS = "warns"
SEVERITIES = (BLOCKS_REQUEST, BLOCKS_ROW, WARNS)

ISSUE_COLUMNS = ("sheet", "row", "column", "code", "severity", "message")

NO_ISSUES = pd.DataFrame({name: pd.Series(dtype="Int64" if name == "row" else "str") for name in ISSUE_COLUMNS})


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Parameters
    ----------
    severity : str
        One of `SEVERITIES`.
    what, fix : str
        The fault, and what the organisation should do.
    unusable : bool
        Whether a record with this fault cannot be used to look for anybody.
    """

    severity: str
    what: str
    fix: str
    unusable: bool = False


def _row(what: str, fix: str, unusable: bool = True) -> Fault:
    return Fault(BLOCKS_ROW, what, fix, unusable)


def _warns(what: str, fix: str) -> Fault:
    return Fault(WARNS, what, fix)


_DATE = "Give day, month and year, as 16/05/1985."
_CHECK = "Check it against your records."

#: In the order in which a record's reason for being unusable is chosen.
FAULTS: dict[str, Fault] = {
    # people: who
    "forename_missing": _row(
        "there is no forename (empty, not known, a title alone, or no letters)", "Give the forename in full."
    ),
    "surname_missing": _row(
        "there is no surname (empty, not known, a title alone, or no letters)", "Give the surname in full."
    ),
    "forename_initials": _row("the forename is only an initial", "Give it in full: initials cannot be looked for."),
    "surname_initials": _row("the surname is only an initial", "Give it in full: initials cannot be looked for."),
    "dob_missing": _row("there is no date of birth", _DATE),
    "dob_stand_in": _row(
        "the date of birth is one that computers put where none is known, as 01/01/1900",
        "Give the true date of birth. If you do not know it, the person cannot be looked for.",
    ),
    "dob_not_a_date": _row("the date of birth cannot be read as a date", _DATE),
    "dob_impossible": _row("the date of birth is a day that does not exist", _CHECK),
    "dob_recent": _row("the date of birth lies in the last year or in the future", _CHECK),
    "dob_implausible": _row("the date of birth gives an age that is not possible", _CHECK),
    "gender_missing": _row("there is no gender", "Give M or F, as the police or the court recorded it."),
    "gender_code": _row(
        "the gender is not M or F",
        "The records that we search hold only M or F, which may not be how the person describes their gender. Give the "
        "one that the police or the court recorded, or we cannot look for the person.",
    ),
    # people: when
    "service_start_not_a_date": _row("the service start cannot be read as a date", _DATE),
    "service_start_impossible": _row("the service start is a day that does not exist", _CHECK),
    "service_dates_missing": _row(
        "there is neither a service start nor a service end", "Give at least one of the two."
    ),
    "end_before_start": _row("the service ends before it starts", "Check both dates."),
    "outside_data_period": _row(
        "the service lies outside the period for which we have data on reoffending",
        "Check the date. If it is right: a later record can be analysed in a later year, an earlier one cannot.",
        unusable=False,
    ),
    # people: remarks
    "service_end_not_a_date": _warns("the service end cannot be read as a date, and was left out", _DATE),
    "service_end_impossible": _warns("the service end is a day that does not exist, and was left out", _CHECK),
    "service_in_future": _warns("the service starts or ends after the day on which this upload was received", _CHECK),
    "service_stand_in": _warns(
        "the date is one that computers put where none is known, as 01/01/1900, and was left out",
        "Give the true date, or leave the cell empty.",
    ),
    "forename_initials_kept": _warns(
        "the forename is only an initial", "Give it in full: few people can be found by an initial."
    ),
    "surname_initials_kept": _warns(
        "the surname is only an initial", "Give it in full: few people can be found by an initial."
    ),
    "name_trimmed": _warns(
        "a title (Mr, Dr), an ending (Jnr, Snr) or words in brackets or quotation marks were left out of the name",
        "Nothing, if the rest is the name. A maiden or other name in brackets is not looked for.",
    ),
    "name_long": _warns(
        "the name is longer than names are, so there is probably more than a name in its cell",
        "Check it, and give the name alone.",
    ),
    "name_characters": _warns(
        "the name holds digits, signs or words that names do not have", "Check it, and give the name alone."
    ),
    "cell_characters": _warns(
        "the cell holds characters that belong to no text, such as control characters, which were left out",
        "Type the cell again, and check it against your records.",
    ),
    "name_garbled": _warns(
        "letters with accents were spoilt on the way into this file; we put them right where we could",
        "Check the name. Next time, send the list as .xlsx, or save the CSV file as “CSV UTF-8”.",
    ),
    "name_other_script": _warns(
        "the name is not in the Latin alphabet, in which police and courts record names",
        "Give it as it is written in English documents.",
    ),
    "pnc_id_malformed": _warns(
        "this is not a PNC id as the police write it, and was not used",
        "Write year, stroke, seven digits and a letter, as 1985/0012345L, or leave the cell empty.",
    ),
    "pnc_id_is_cro": _warns(
        "this looks like a CRO number, not a PNC id, and was not used", "Give the PNC id, or leave the cell empty."
    ),
    "pnc_id_check_letter": _warns(
        "the last letter of the PNC id does not fit its digits, so one of them is wrong, and the id was not used",
        "Check each digit and the letter.",
    ),
    "pnc_id_changed": _warns(
        "the spreadsheet program turned the PNC id into a date or a number, so it was not used",
        "Format the column as text, then type the id again.",
    ),
    "prison_number_malformed": _warns(
        "this is not a prison number as prisons write it, and was not used",
        "Write a letter, four digits and two letters, as A1234BC, or leave the cell empty.",
    ),
    "identifiers_exchanged": _warns(
        "PNC id and prison number stood in each other's column, and were read as what they are",
        "Put each into its own column.",
    ),
    "identifier_letters": _warns(
        "a letter (O, I or L) stood where a digit (0 or 1) belongs, and was read as that digit", _CHECK
    ),
    "ethnicity_code": _warns(
        "the ethnicity is none of White, Black, Asian, Mixed and Other, and was left out",
        "Choose one of them, or leave the cell empty.",
    ),
    "intensity_not_a_number": _warns(
        "the intensity is not a number of hours or sessions, and was left out",
        "Give the number alone, as 12 or 12.5, or leave the cell empty.",
    ),
    "intensity_impossible": _warns(
        "the intensity is below nought, or more hours than a year has, and was left out", _CHECK
    ),
    "intensity_units_mixed": _warns(
        "some cells of this column say hours and others sessions, which cannot be compared",
        "Give hours to everybody, or sessions to everybody.",
    ),
    "two_digit_year": _warns(
        "the year has two digits, so we guessed whether it is 19xx or 20xx", "Write years with four digits."
    ),
    "date_month_first": _warns(
        "the date was read with the month first, as it makes sense in no other way",
        "Check it, and write the day first, as 16/05/1985.",
    ),
    "date_column_month_first": _warns(
        "the date was read with the month first, as other dates in this column have it",
        "Check it, and write the day first, as 16/05/1985.",
    ),
    "date_ambiguous": _warns(
        "the date was read with the day first, but others in this column have the month first",
        "Check it, and write the day first, as 16/05/1985.",
    ),
    "date_as_number": _warns(
        "the date is stored as a bare number, and was read as the day it stands for",
        "Check it, and format the column as a date.",
    ),
    "dates_maybe_swapped": _warns(
        "a program set to American dates has probably exchanged day and month in this column: no date that the "
        "spreadsheet takes for one has a day above 12, and every date kept as text has",
        "Check some dates against your records, and send the column as text.",
    ),
    "dates_order_unclear": _warns(
        "no date in this column shows whether the day or the month comes first; they were read with the day first",
        "Check some dates against your records.",
    ),
    "dobs_on_new_years_day": _warns(
        "more dates of birth are 1 January than by chance",
        "If it stands for a person of whom only the year is known, give the true day: few can be found without it.",
    ),
    "duplicate_exact": _warns(
        "the same person and the same dates appear above", "Take one out, or tell us why there are two records."
    ),
    "duplicate_person": _warns(
        "the same person appears above", "Tell us why: if for another episode of the service, keep both."
    ),
    "duplicate_near": _warns(
        "nearly the same person appears above",
        "Check spelling and date of birth, or confirm that there are two people.",
    ),
    "identifier_shared": _warns(
        "a PNC id or prison number is shared with somebody of another name or date of birth", "Check both records."
    ),
    "example_row": _warns("the row is the template's example, and was not read", "You may delete it."),
    "example_mark": _warns(
        "the row is still marked as the example, but was changed, so it was read as a record",
        "Check every cell of the row, and put your own number, or nothing, under Record.",
    ),
    "hidden_row": _warns(
        "the row is hidden or filtered out in the workbook, and was read all the same",
        "If it should not be sent, delete it from the file.",
    ),
    "formula_without_value": _warns(
        "the row has a formula whose result is not stored in the file, so its cell was read as empty",
        "Open the file in a spreadsheet program, save it, and send that.",
    ),
    "merged_cells": _warns(
        "the row has merged cells, of which only the first holds a value, so the others were read as empty",
        "Take the merging out, and fill in what is missing.",
    ),
    "column_slipped": _warns(
        "the last row has this column alone, and a row above lacks it, so its cells have probably slipped down by one",
        "Check the column from that row on: each cell may stand beside the person above.",
    ),
    "column_unheaded": _warns(
        "the column has no heading, or one that is no text, and was not read",
        "If it is to be read, give it the template's heading; otherwise delete it.",
    ),
    "row_too_short": _warns(
        "the row has fewer cells than the row of headings, so what it lacks was read as empty, and the rest may stand "
        "under the wrong headings",
        "Check every cell of the row against your records, and save the list anew from a spreadsheet program.",
    ),
    "row_too_long": _warns(
        "the row has more cells than the row of headings, so its cells may stand under the wrong headings",
        "Check every cell of the row: a comma inside a name or an answer needs quotation marks around it.",
    ),
    "not_a_record": _warns(
        "the row looks like a note, a total or a repeated heading, and was not read",
        "Delete it; if it is a person, give forename and surname.",
    ),
    "column_not_used": _warns(
        "the column is not one that we use, and was not kept", "Delete it before you send: send no more than is asked."
    ),
    "column_second": _warns(
        "another column was read for the same thing, so this one was not kept",
        "If this is the one to read, give it the template's heading; delete the other.",
    ),
    "heading_guessed": _warns(
        "the heading was taken for that of the template which it resembles", "Use the template's heading."
    ),
    "names_split": _warns(
        "the column was read as surname and forename, parted at the comma", "Check that the surname comes first."
    ),
    "sheet_not_read": _warns(
        "another sheet looks like a list of people, and was not read", "Put all records on the sheet People."
    ),
    # the request
    "too_few_people": Fault(
        BLOCKS_REQUEST,
        "too few different people have a record without a fault that blocks it",
        "Correct the blocked rows, or send more people.",
    ),
    "service_missing": Fault(
        BLOCKS_REQUEST,
        "the answers about the service are missing",
        "Copy the sheet “Service” from the template, and answer its questions.",
    ),
    "question_missing": Fault(
        BLOCKS_REQUEST, "the question is not on the sheet", "Add it, as the template asks it, and answer it."
    ),
    "question_unanswered": Fault(
        BLOCKS_REQUEST, "the question is not answered", "Write the answer in the cell next to it."
    ),
    "question_left_open": _warns(
        "the question has no answer", "Answer it if you can: it helps readers to understand the result."
    ),
    "answer_is_example": _warns(
        "the answer is word for word the example of the template", "Write your own, or confirm that it is right."
    ),
    "not_signed_off": Fault(
        BLOCKS_REQUEST,
        "your organisation has not signed this request off",
        "Have it signed off, and say in which role, as “Yes, by the director of services”.",
    ),
}

UNUSABLE = tuple(code for code, fault in FAULTS.items() if fault.unusable)


def issues_of(
    code: str,
    sheet: str,
    rows: pd.Index | pd.Series | list[int | None],
    column: str | None,
    detail: pd.Series | list[str] | str = "",
) -> pd.DataFrame:
    """Issues of one kind, a row for each.

    Parameters
    ----------
    code : str
        A key of `FAULTS`.
    sheet : str
    rows : index of int or list
        Row numbers as the spreadsheet shows them; None for what concerns the whole column or sheet.
    column : str or None
        The template's heading.
    detail : Series of str or str
        More on the single cell (the kind of value found, the other row), in row order. Never a value.

    Returns
    -------
    DataFrame with `ISSUE_COLUMNS`
    """
    if len(rows) == 0:
        return NO_ISSUES
    fault = FAULTS[code]
    more = pd.Series(detail if not isinstance(detail, str) else [detail] * len(rows), dtype="str").reset_index(
        drop=True
    )
    message = fault.what + more.where(more == "", " (" + more + ")") + ". " + fault.fix
    frame = pd.DataFrame({"row": pd.array(list(rows), dtype="Int64"), "message": message})
    frame["column"] = pd.Series([column] * len(frame), dtype="str")
    return frame.assign(sheet=sheet, code=code, severity=fault.severity)[list(ISSUE_COLUMNS)]


def issues_at(code: str, where: pd.Series, key: str, detail: pd.Series | str = "") -> pd.DataFrame:
    """Issues of one kind in a column of the People sheet.

    Parameters
    ----------
    where : Series of bool
        By row number.
    key : str
        Key of the column in `fields.COLUMNS`.
    detail : Series of str, same index, or str
    """
    more = detail if isinstance(detail, str) else detail[where]
    return issues_of(code, PEOPLE, where.index[where], BY_KEY[key].heading, more)


def all_issues(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Issues of all kinds in one frame: the gravest first, then by sheet, row and the order of `FAULTS`."""
    joined = pd.concat([NO_ISSUES, *(frame for frame in frames if len(frame))], ignore_index=True)
    order = pd.DataFrame(
        {
            "severity": joined["severity"].map(SEVERITIES.index),
            "sheet": joined["sheet"],
            "row": joined["row"],
            "code": joined["code"].map(list(FAULTS).index),
        }
    )
    return joined.loc[order.sort_values(list(order), kind="stable", na_position="first").index].reset_index(drop=True)
