"""What the bulletin is, what its figures cannot tell, how they were made, who saw it before, and whom to ask."""

from __future__ import annotations

from ... import numbers
from ...document import Inset, Words
from ...portfolio.bulletin import Bulletin
from ...wording import Passage, capital, ended, plain
from ..terms import glossary


def what_this_is(bulletin: Bulletin) -> Words:
    """What a reader holds: whose it is, up to which day, and that results are published whatever they show."""
    passage = Passage()
    passage.say(
        "what_this_is",
        "These are official statistics of a justice data lab. Organisations that work with people who have offended"
        " send the lab details of those they worked with; the lab compares how many of them reoffended with how many"
        " would be expected of similar people who did not receive the service.",
        "Each result is published as a report of its own, whatever it shows. This bulletin brings them together, up to"
        f" {numbers.date(bulletin.until)}.",
    )
    if bulletin.version > 1:
        passage.say(
            "reissued",
            f"This is version {bulletin.version} of the bulletin, which takes the place of the one before:"
            f" {ended(plain(bulletin.reissue_reason))}",
            new=True,
        )
    return passage.words()


def cannot_tell(bulletin: Bulletin) -> Inset:
    """What nobody should read out of the figures."""
    passage = Passage()
    for rule, text in (
        (
            "not_a_sample",
            "They cannot tell how effective services are in general. Organisations come to the lab by their own choice,"
            " so these services are not a random sample of all.",
        ),
        (
            "no_comparison_of_needs",
            "They cannot tell which kind of service works best. Services for different needs work with different"
            " people, in different places and in groups of different size, so a comparison between needs or sectors is"
            " not a comparison of effectiveness.",
        ),
        (
            "inconclusive_is_open",
            "They cannot tell that a service has no effect. Inconclusive means that the analysis cannot say, mostly"
            " because too few people were analysed.",
        ),
        (
            "not_on_record",
            "They cannot rule out differences that are on no record. Similar means similar in what is recorded; people"
            " who seek a service may be more ready to change.",
        ),
        (
            "only_proven",
            "They count proven reoffending alone, and not what else a service may do for people.",
        ),
    ):
        passage.item(rule, text)
    return passage.inset("cannot", "What these figures do not show")


def next_publication(bulletin: Bulletin) -> Words:
    """When this bulletin and the next are published."""
    return (
        Passage()
        .say(
            "next_publication",
            f"This bulletin was published on {numbers.date(bulletin.published)}. The next one will be published on"
            f" **{numbers.date(bulletin.next_publication)}**.",
        )
        .words()
    )


def pre_release(bulletin: Bulletin) -> Words:
    """Who saw the bulletin before it was published, and how long before."""
    given, passage = bulletin.pre_release, Passage()
    if not given.people or not given.hours:
        said = "Nobody outside the team that makes it was given this bulletin before it was published."
        return passage.say("no_pre_release", said).words()
    hours = numbers.plural(given.hours, "hour", "hours")
    passage.say("pre_release", f"Up to {hours} before publication, this bulletin was open to the following persons:")
    for person in given.people:
        passage.item("pre_release_to", capital(plain(person)))
    return passage.words()


def contact(bulletin: Bulletin) -> Words:
    """Whom to ask."""
    said = f"Questions on these statistics, from the press and anybody else: {plain(bulletin.contact)}."
    return Passage().say("contact", said).words()


def made(bulletin: Bulletin) -> Words:
    """How the figures were made, in short."""
    passage = Passage()
    passage.say(
        "made_of_reports",
        "Every figure is taken from the published reports, in the version that stands: nothing is analysed anew. Each"
        " report says how its own result was made.",
    )
    passage.say(
        "made_rounding",
        "Differences are percentage points, treatment group less what is expected without the service, rounded each by"
        " itself; a negative one means that fewer people reoffended.",
    )
    passage.say(
        "made_verdicts",
        "A result is a reduction or an increase if its 95% confidence interval does not include zero, and inconclusive"
        " otherwise.",
    )
    if any(p.estimate_pp is not None for p in bulletin.pooled):
        passage.say(
            "made_pooled",
            "**Averages** are by a random-effects model: the variance of the true effects is estimated by the method of"
            " Paule and Mandel, the confidence interval is that of Hartung and Knapp, never narrower than without their"
            " adjustment, and the prediction interval that of Higgins, Thompson and Spiegelhalter. Heterogeneity is"
            " tested by Cochran's Q, and told as I²: the part of Q that goes beyond its degrees of freedom (one less"
            " than there are results), as a share of Q, and none where Q does not.",
            "Of each request only its first analysis enters an average, as others may be of the same people.",
            new=True,
        )
    if bulletin.multiplicity.n_tests > 1:
        passage.say(
            "made_adjusted",
            "**P-values** are adjusted over all results with a test, by Holm and by Benjamini and Hochberg.",
            new=True,
        )
    for remark in bulletin.remarks:
        passage.item("remark", ended(plain(remark)))
    return passage.words()


def words_used() -> Words:
    """The terms of the bulletin, of which those are shown that occur in it."""
    return glossary()
