"""What the Data Upload Template asks for of each person: the columns of its People sheet.

Headings, like the questions of the Service sheet, are recognised by what they say, not by where they stand: capitals,
punctuation, brackets and the organisation's word for its people ("client", "service user") make no difference.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

PEOPLE = "People"
SERVICE = "Service"
#: Sheets that the marked copy adds, which are not for reading.
CORRECTIONS, REPEATS = "What to correct", "Possible repeats"

SHEET_ALIASES: dict[str, tuple[str, ...]] = {
    PEOPLE: ("people", "persons", "participants", "individuals", "clients", "service users", "offenders"),
    SERVICE: ("service", "the service", "service details", "about the service", "service information", "questions"),
}


@dataclass(frozen=True)
class Column:
    """A column of the People sheet.

    Parameters
    ----------
    key : str
        Its name in the toolkit (a column of `Submission.people`).
    heading : str
        Its heading in the template.
    help : str
        What belongs in it; printed in the template.
    example : str or date
        What might stand in it; printed in the template, for an invented person.
    aliases : tuple of str
        Other headings it is recognised by, as `plain` writes them.
    required : bool
    choices : tuple of str
        What the template offers to choose from.
    """

    key: str
    heading: str
    help: str
    example: str | dt.date
    aliases: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[str, ...] = ()


#: As the register has them.
ETHNICITIES = ("White", "Black", "Asian", "Mixed", "Other")
REGIONS = (
    "North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands", "East of England",
    "London", "South East", "South West", "Wales",
)  # fmt: skip

COLUMNS: tuple[Column, ...] = (
    Column(
        "record",
        "Record",
        "Your own number for the record, if you use one. It is not kept.",
        "Example",
        ("record number", "record no", "reference", "ref", "reference number", "id", "case number", "no", "row"),
    ),
    Column(
        "forename",
        "Forename",
        "In full: initials cannot be looked for. Without titles or nicknames.",
        "Alexandra",
        ("forenames", "forename s", "first name", "first names", "firstname", "given name", "given names"),
        required=True,
    ),
    Column(
        "middle_name",
        "Middle name",
        "If known.",
        "Jane",
        ("middle", "middle names", "middle name s", "middlename", "other names", "other name", "second forename"),
    ),
    Column(
        "surname",
        "Surname",
        "In full, as the police or the court would have it.",
        "Sample",
        ("surnames", "last name", "lastname", "family name", "second name"),
        required=True,
    ),
    Column(
        "dob",
        "Date of birth",
        "Day, month and year, the year with four digits. If you do not know it, leave it empty.",
        dt.date(1985, 5, 16),
        ("dob", "d o b", "birth date", "birthdate", "birthday", "date birth", "born"),
        required=True,
    ),
    Column(
        "sex",
        "Gender",
        "M or F, as the police or the court recorded it: records are found by it.",
        "F",
        ("sex", "m f", "gender sex", "sex gender"),
        required=True,
        choices=("M", "F"),
    ),
    Column(
        "pnc_id",
        "PNC id",
        "The Police National Computer id, if known. It helps most of all to find the right person.",
        "1985/0012345L",
        ("pnc", "pncid", "pnc number", "pnc no", "pnc id number", "pnc reference", "police national computer number"),
    ),
    Column(
        "prison_number",
        "Prison number",
        "If known: a letter, four digits, two letters.",
        "A1234BC",
        ("prison no", "prisoner number", "prisoner no", "noms", "noms id", "noms number", "noms no", "nomis",
         "nomis id", "nomis number", "nomis no"),
    ),
    Column(
        "service_start",
        "Service start",
        "The day the person started. This or the service end is needed; give both if you can.",
        dt.date(2012, 2, 1),
        (
            "service start date", "start date", "start", "start of service", "start date of service", "service started",
            "date started", "date service started", "date of start", "intervention start date", "intervention start",
            "programme start date", "programme start", "date of first contact",
        ),
    ),
    Column(
        "service_end",
        "Service end",
        "The day the person ended. Leave it empty if the service still goes on.",
        dt.date(2012, 8, 31),
        (
            "service end date", "end date", "end", "end of service", "end date of service", "service ended",
            "date ended", "date service ended", "date of end", "intervention end date", "intervention end",
            "programme end date", "programme end", "finish date", "completion date",
        ),
    ),
    Column(
        "region", "Region", "Where the service was received.", "North West", ("area", "government region"),
        choices=REGIONS,
    ),
    Column(
        "establishment",
        "Establishment",
        "The prison in which the service was received, if it was received in one.",
        "HMP Anywhere",
        ("establishment name", "prison", "prison name", "hmp"),
    ),
    Column(
        "ethnicity",
        "Ethnicity",
        "If you record it. It is used only to see whether some groups are harder to find than others.",
        "White",
        ("ethnic group", "ethnic origin", "ethnic background", "ethnicity code", "race"),
        choices=ETHNICITIES,
    ),
    Column(
        "provider",
        "Provider",
        "Who delivered the service to this person, if several did. Always write each provider in the same way.",
        "Any Town Project",
        ("providers", "provider name", "name of provider", "service provider", "provider organisation",
         "delivered by", "delivery partner", "delivery organisation", "delivery agency", "supplier", "supplier name",
         "contractor", "subcontractor", "sub contractor", "project", "project name"),
    ),
    Column(
        "intervention_type",
        "Intervention type",
        "Which part of the service the person received, if there are several. Always write each in the same way.",
        "Mentoring",
        ("intervention", "interventions", "intervention name", "type of intervention", "type of service",
         "service type", "type of support", "support type", "course", "course name", "course title", "programme",
         "program", "programme name", "programme type", "module", "module name", "strand", "work strand", "pathway"),
    ),
    Column(
        "intensity",
        "Intensity",
        "How much of the service the person received: hours or sessions, the same for everybody, as a number.",
        "12",
        ("dose", "dosage", "hours", "total hours", "number of hours", "no of hours", "hours received",
         "hours attended", "hours of contact", "contact hours", "sessions", "total sessions", "number of sessions",
         "no of sessions", "sessions received", "sessions attended", "number of contacts", "amount received"),
    ),
)  # fmt: skip

#: Columns that only matter if a service has several parts: of two that could be one of these, the first is read.
PARTS_OF_SERVICE = ("provider", "intervention_type", "intensity")

BY_KEY: dict[str, Column] = {c.key: c for c in COLUMNS}

#: Columns that say who somebody is or when the service was: a row with none of them filled is not a record.
TELLING = ("forename", "surname", "dob", "sex", "pnc_id", "prison_number", "service_start", "service_end")

#: What the template's example row says; it is no record as long as all of it stands there.
EXAMPLE: dict[str, str | dt.date] = {key: BY_KEY[key].example for key in ("record", "forename", "surname", "dob")}

GENDERS: dict[str, str] = {"m": "M", "male": "M", "man": "M", "f": "F", "female": "F", "woman": "F"}

#: What people write when they do not know. Surnames such as Na or Null are real, so they are not among these.
PLACEHOLDERS = frozenset(
    "unknown|unk|not known|don't know|not given|not provided|not recorded|not stated|not available|not applicable|n/a|"
    "n/k|nk|tbc|tba|tbd|anon|anonymous|redacted|withheld|refused|prefer not to say|missing|xx|xxx".split("|")
)


_OWN_WORDS = re.compile(
    r"\b(?:service users?|clients?|participants?|offenders?|customers?|learners?|persons?|your|their)(?: s)?\b"
)


def plain(text: object) -> str:
    """A heading, question or sheet name stripped to what it says: lower case, words only, nothing in brackets."""
    folded = unicodedata.normalize("NFKC", str(text)).casefold()
    words = " ".join(re.findall(r"[^\W_]+", re.sub(r"[(\[].*?[)\]]", " ", folded)))
    return " ".join(_OWN_WORDS.sub(" ", words).split()) or words


#: Every heading that is recognised -> key of its column.
ALIASES: dict[str, str] = {plain(name): c.key for c in COLUMNS for name in (c.heading, *c.aliases)}

#: Those that may be misspelt. Of the parts of a service only the template's own: "house" is near "hours".
GUESSABLE: dict[str, str] = {
    name: key for name, key in ALIASES.items() if key not in PARTS_OF_SERVICE or name == plain(BY_KEY[key].heading)
}
