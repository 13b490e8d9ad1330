"""Every fault an upload can have: its code, how grave it is, what it is and what to do about it.

Messages name a place and a kind of value, never a value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

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

#: In the order in which a record's reason for being unusable is chosen.
FAULTS: dict[str, Fault] = {
    # people: who
    "forename_missing": _row(
        "there is no forename (empty, a placeholder, or no letters)", "Give the forename in full."
    ),
    "surname_missing": _row("there is no surname (empty, a placeholder, or no letters)", "Give the surname in full."),
    "forename_initials": _row("the forename is an initial", "Give it in full: initials cannot be looked for."),
    "surname_initials": _row("the surname is an initial", "Give it in full: initials cannot be looked for."),
    "dob_missing": _row("there is no date of birth", _DATE),
    "dob_not_a_date": _row("the date of birth is not a date", _DATE),
    "dob_impossible": _row("the date of birth is a day that does not exist", "Check it against your records."),
    "dob_recent": _row("the date of birth lies in the last year or in the future", "Check it against your records."),
    "dob_implausible": _row("the date of birth gives an age that is not possible", "Check it against your records."),
    "gender_missing": _row("there is no gender", "Give M or F."),
    "gender_code": _row("the gender is not one of the codes", "Give M or F, as recorded by the police or the court."),
    # people: when
    "service_start_not_a_date": _row("the service start is not a date", _DATE),
    "service_start_impossible": _row(
        "the service start is a day that does not exist", "Check it against your records."
    ),
    "service_dates_missing": _row(
        "there is neither a service start nor a service end", "Give at least one of the two."
    ),
    "end_before_start": _row("the service ends before it starts", "Check both dates."),
    "outside_data_period": _row(
        "the service lies outside the period for which reoffending data exist",
        "Check the date. If it is right, the record can be analysed once the data reach that far.",
        unusable=False,
    ),
    # people: remarks
    "service_end_not_a_date": _warns("the service end is not a date, and was left out", _DATE),
    "service_end_impossible": _warns("the service end is a day that does not exist, and was left out", "Check it."),
    "forename_initials_kept": _warns("the forename is an initial", "Give it in full: few such records can be found."),
    "surname_initials_kept": _warns("the surname is an initial", "Give it in full: few such records can be found."),
    "name_characters": _warns("a name holds digits or signs that names do not have", "Check the name."),
    "pnc_id_malformed": _warns("the PNC id has not the form of one, and was ignored", "Write YYYY/NNNNNNNX."),
    "pnc_id_check_letter": _warns(
        "the PNC id's last letter does not fit its digits, so it was ignored", "Check each digit."
    ),
    "pnc_id_changed": _warns(
        "the spreadsheet turned the PNC id into a date or a number, so it was ignored",
        "Format the column as text, then type the id again.",
    ),
    "prison_number_malformed": _warns("the prison number has not the form of one, and was ignored", "Write A9999AA."),
    "two_digit_year": _warns(
        "the year of a date has two digits, so its century was guessed", "Write years with four digits."
    ),
    "date_month_first": _warns(
        "a date was read with the month first, as it makes sense in no other way", "Write the day first."
    ),
    "date_ambiguous": _warns(
        "a date was read with the day first, but others in this column have the month first",
        "Check it and write the day first.",
    ),
    "date_as_number": _warns(
        "a date is stored as a bare number, and was read as the day it stands for", "Format the column as a date."
    ),
    "dates_maybe_swapped": _warns(
        "no true date in this column has a day above 12, and every date kept as text has: a spreadsheet set to "
        "American dates probably exchanged day and month",
        "Check some dates against your records, and send the column as text.",
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
    "not_a_record": _warns(
        "the row looks like a note, a total or a repeated heading, and was not read", "Take it out."
    ),
    "column_not_used": _warns("the column is not used, and was not kept", "Take it out, unless you need it yourself."),
    "heading_guessed": _warns("the heading was recognised by its likeness only", "Use the template's heading."),
    # the request
    "too_few_people": Fault(
        BLOCKS_REQUEST,
        "too few people have a record without a blocking fault",
        "Correct the blocked rows, or send more people.",
    ),
    "question_missing": Fault(
        BLOCKS_REQUEST, "the question is not on the sheet", "Add it, as the template asks it, and answer it."
    ),
    "question_unanswered": Fault(BLOCKS_REQUEST, "the question is not answered", "Answer it in the next cell."),
    "not_signed_off": Fault(
        BLOCKS_REQUEST,
        "the submission is not signed off inside the organisation",
        "Have it signed off, and say by which role.",
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
