"""What the Data Upload Template asks about the service, and how a question is recognised by its words."""

from __future__ import annotations

from dataclasses import dataclass

from .faults import BLOCKS_REQUEST, WARNS
from .fields import plain


@dataclass(frozen=True)
class Question:
    """A question of the Service sheet.

    Parameters
    ----------
    key : str
        Its name in `Submission.answers`.
    text : str
        As the template asks it.
    help : str
        What an answer should say; printed in the template.
    keywords : tuple of tuple of str
        The question is recognised if all words of one of these begin a word of what was asked.
    example : str
        An answer as it might be; printed in the template.
    if_missing : str or None
        How grave it is if it has no answer; None if it may be left out.
    exact : tuple of str
        Or it is recognised if it says exactly this, as `plain` writes it.
    choices : tuple of str
        Answers the template offers; others are taken as well.
    may_be_published : bool
        False where the answer may name a person.
    """

    key: str
    text: str
    help: str
    keywords: tuple[tuple[str, ...], ...]
    example: str
    if_missing: str | None = BLOCKS_REQUEST
    exact: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    may_be_published: bool = True


#: In the order in which they are tried: the first whose words fit is the one that was meant.
QUESTIONS: tuple[Question, ...] = (
    Question(
        "date_meaning",
        "What the service start and end dates mean",
        "What happened on each of the two days. The comparison counts from them.",
        (("date", "mean"), ("date", "represent"), ("date", "refer", "to")),
        "Start: the first meeting with the coach. End: the last one.",
    ),
    Question(
        "second_contact",
        "Second contact in the organisation",
        "Somebody we can ask when the first contact is away.",
        (("second", "contact"), ("other", "contact"), ("deputy",)),
        "Head of evaluation; telephone number and e-mail address",
        may_be_published=False,
    ),
    Question(
        "sign_off",
        "Internal sign-off of this submission",
        "Who in your organisation agreed that these data are sent; give the role.",
        (("sign", "off"), ("signed",), ("signoff",), ("approved",)),
        "Yes, by the director of services",
        choices=("Yes, by the chief executive", "Yes, by a director", "Yes, by the head of service", "No, not yet"),
        may_be_published=False,
    ),
    Question(
        "selection",
        "How participants were selected",
        "Who could take part, who chose, and on what grounds. Were some refused, or did some refuse?",
        (("select",), ("chosen",), ("how", "chose")),
        "Everybody who was referred and looking for work; 1 in 10 was refused for lack of places.",
    ),
    Question(
        "referral_route",
        "Referral route (in custody, at court, on licence, self-referral, …)",
        "How people came to the service.",
        (("referral",), ("referred",), ("route",)),
        "On licence, by the probation service; a few came by themselves",
        choices=("In custody", "At court", "On licence", "Community sentence", "Self-referral", "Several of these"),
    ),
    Question(
        "sentence_point",
        "When in the sentence people start",
        "Where in their sentence people are when they start: it decides whom they can be compared with.",
        (("when", "sentence"), ("point", "sentence"), ("stage", "sentence")),
        "During a community sentence, mostly within two months of its start",
        if_missing=WARNS,
        choices=(
            "In custody, before release", "At release", "At the start of a community sentence",
            "During a community sentence or licence", "After the sentence has ended", "It varies",
        ),
    ),
    Question(
        "contact_length",
        "How long people usually take part",
        "The usual length, and how much it varies.",
        (("how", "long"), ("usual", "length"), ("length", "contact"), ("length", "service"), ("duration",)),
        "6 months; nearly all between 3 and 9",
        if_missing=WARNS,
    ),
    Question(
        "repeats",
        "Why the same person appears more than once",
        "Only if somebody has more than one row.",
        (("more", "than", "once"), ("twice",), ("duplicat",)),
        "People who came back have a record for each time they took part.",
        if_missing=None,
        may_be_published=False,
    ),
    Question(
        "where_received",
        "Where the service was received (custody, community, both)",
        "In custody, in the community, or both.",
        (("where",),),
        "Community",
        exact=("setting",),
        choices=("Custody", "Community", "Both"),
    ),
    Question(
        "need",
        "Main need addressed",
        "The need that the service addresses first of all.",
        (("need",),),
        "Work and training",
        if_missing=None,
        choices=(
            "Accommodation", "Work and training", "Drugs or alcohol", "Health", "Money and debt",
            "Children and families", "Thinking and behaviour", "Several of these", "Other",
        ),
    ),
    Question(
        "sector",
        "Sector",
        "The kind of organisation you are.",
        (("sector",),),
        "Voluntary and community",
        if_missing=None,
        choices=("Voluntary and community", "Public", "Private"),
    ),
    Question(
        "contact",
        "Contact in the organisation",
        "Whom we may ask about this file.",
        (("first", "contact"), ("main", "contact"), ("contact", "organisation")),
        "Data manager; telephone number and e-mail address",
        if_missing=None,
        exact=("contact",),
        may_be_published=False,
    ),
    Question(
        "organisation",
        "Organisation",
        "Its name, as it should stand in the report.",
        (),
        "The name under which the result will be published",
        if_missing=None,
        exact=("organisation", "organisation name", "name of organisation"),
    ),
    Question("service_name", "Name of the service",
        "As it should stand in the report.", (("name", "service"),), "Job coaching", if_missing=None),
    Question(
        "service_description",
        "Description of the service",
        "In a few sentences: what is done, by whom, how often. The report quotes it.",
        (("descri", "service"), ("what", "service")),
        "A coach meets each person every week and helps to find work and to keep it.",
        exact=("service", "description", "the service"),
    ),
)  # fmt: skip

QUESTION_BY_KEY: dict[str, Question] = {q.key: q for q in QUESTIONS}


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
