"""What the Data Upload Template asks for: the columns of its People sheet, the questions of its Service sheet.

Headings and questions are recognised by what they say, not by where they stand: capitals, punctuation, brackets and
the organisation's word for its people ("client", "service user") make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

PEOPLE = "People"
SERVICE = "Service"

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
    aliases : tuple of str
        Other headings it is recognised by, as `plain` writes them.
    required : bool
    """

    key: str
    heading: str
    help: str
    aliases: tuple[str, ...] = ()
    required: bool = False


COLUMNS: tuple[Column, ...] = (
    Column(
        "record",
        "Record",
        "Your own number for the record, if you use one. It is not kept.",
        ("record number", "record no", "reference", "ref", "reference number", "id", "case number", "no", "row"),
    ),
    Column(
        "forename",
        "Forename",
        "In full; initials cannot be looked for.",
        ("forenames", "forename s", "first name", "first names", "firstname", "given name", "given names"),
        required=True,
    ),
    Column(
        "middle_name",
        "Middle name",
        "If known.",
        ("middle names", "middle name s", "middlename", "other names", "other name", "second forename"),
    ),
    Column(
        "surname",
        "Surname",
        "In full.",
        ("surnames", "last name", "lastname", "family name", "second name"),
        required=True,
    ),
    Column(
        "dob",
        "Date of birth",
        "Day, month, year: 16/05/1985.",
        ("dob", "d o b", "birth date", "birthdate", "birthday", "date birth", "born"),
        required=True,
    ),
    Column("sex", "Gender", "M or F.", ("sex", "m f", "gender sex", "sex gender"), required=True),
    Column(
        "pnc_id",
        "PNC id",
        "Police National Computer id, if known: YYYY/NNNNNNNX.",
        ("pnc", "pncid", "pnc number", "pnc no", "pnc id number", "pnc reference", "police national computer number"),
    ),
    Column(
        "prison_number",
        "Prison number",
        "If known: A9999AA.",
        ("prison no", "prisoner number", "prisoner no", "noms", "noms id", "noms number", "nomis", "nomis id"),
    ),
    Column(
        "service_start",
        "Service start",
        "The day the service started: 01/02/2013.",
        (
            "service start date", "start date", "start", "start of service", "start date of service", "service started",
            "date started", "date service started", "date of start", "intervention start date", "intervention start",
            "programme start date", "programme start", "date of first contact",
        ),
    ),
    Column(
        "service_end",
        "Service end",
        "The day it ended; empty if it goes on.",
        (
            "service end date", "end date", "end", "end of service", "end date of service", "service ended",
            "date ended",
            "date service ended", "date of end", "intervention end date", "intervention end", "programme end date",
            "programme end", "finish date", "completion date",
        ),
    ),
    Column("region", "Region", "Where the service was received.", ("area", "government region")),
    Column(
        "establishment",
        "Establishment",
        "The prison in which the service was received, if it was.",
        ("establishment name", "prison", "prison name", "hmp"),
    ),
)  # fmt: skip

BY_KEY: dict[str, Column] = {c.key: c for c in COLUMNS}

#: Columns that say who somebody is or when the service was: a row with none of them filled is not a record.
TELLING = ("forename", "surname", "dob", "sex", "pnc_id", "prison_number", "service_start", "service_end")

GENDERS: dict[str, str] = {"m": "M", "male": "M", "man": "M", "f": "F", "female": "F", "woman": "F"}

#: What people write when they do not know. Surnames such as Na or Null are real, so they are not among these.
PLACEHOLDERS = frozenset(
    "unknown|not known|not given|not provided|not recorded|not stated|n/a|n/k|nk|tbc|tba|anon|anonymous|redacted|"
    "withheld|missing|xx|xxx".split("|")
)


@dataclass(frozen=True)
class Question:
    """A question of the Service sheet.

    Parameters
    ----------
    key : str
        Its name in `Submission.answers`.
    text : str
        As the template asks it.
    keywords : tuple of tuple of str
        The question is recognised if all words of one of these begin a word of what was asked.
    exact : tuple of str
        Or if it says exactly this, as `plain` writes it.
    required : bool
    may_be_published : bool
        False where the answer may name a person.
    """

    key: str
    text: str
    keywords: tuple[tuple[str, ...], ...]
    exact: tuple[str, ...] = ()
    required: bool = True
    may_be_published: bool = True


QUESTIONS: tuple[Question, ...] = (
    Question(
        "date_meaning",
        "What the service start date means",
        (("date", "mean"), ("date", "represent"), ("date", "refer", "to")),
    ),
    Question(
        "second_contact",
        "Second contact in the organisation",
        (("second", "contact"), ("other", "contact"), ("deputy",)),
        may_be_published=False,
    ),
    Question(
        "sign_off",
        "Internal sign-off of this submission",
        (("sign", "off"), ("signed",), ("signoff",), ("approved",)),
        may_be_published=False,
    ),
    Question("selection", "How participants were selected", (("select",), ("chosen",), ("how", "chose"))),
    Question(
        "referral_route",
        "Referral route (in custody, at court, on licence, self-referral, …)",
        (("referral",), ("referred",), ("route",)),
    ),
    Question(
        "repeats",
        "Why the same person appears more than once",
        (("more", "than", "once"), ("twice",), ("duplicat",)),
        required=False,
        may_be_published=False,
    ),
    Question(
        "where_received", "Where the service was received (custody, community, both)", (("where",),), ("setting",)
    ),
    Question("need", "Main need addressed", (("need",),), required=False),
    Question("sector", "Sector", (("sector",),), required=False),
    Question(
        "contact",
        "Contact in the organisation",
        (("first", "contact"), ("main", "contact"), ("contact", "organisation")),
        ("contact",),
        required=False,
        may_be_published=False,
    ),
    Question(
        "organisation",
        "Organisation",
        (),
        ("organisation", "organisation name", "name of organisation"),
        required=False,
    ),
    Question("service_name", "Name of the service", (("name", "service"),), required=False),
    Question(
        "service_description",
        "Description of the service",
        (("descri", "service"), ("what", "service")),
        ("service", "description", "the service"),
    ),
)

QUESTION_BY_KEY: dict[str, Question] = {q.key: q for q in QUESTIONS}

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


def question_of(asked: object) -> Question | None:
    """The template's question that `asked` puts, or None."""
    said = plain(asked)
    words = said.split()
    for question in QUESTIONS:
        if said in question.exact or any(
            all(any(word.startswith(start) for word in words) for start in keywords) for keywords in question.keywords
        ):
            return question
    return None
