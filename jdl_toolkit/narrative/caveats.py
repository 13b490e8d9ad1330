"""What a reader should bear in mind, and what the matching had to do otherwise."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings
from ..tables.people import links_in_words
from ..wording import Passage, capital, ended, plain
from .design import EITHER_GROUP, concerns_either_group, matched_again
from .events import large_gap
from .hidden_bias import failed_placebo
from .people import register_note


def caveats(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What a reader should bear in mind."""
    analysis = analysis if analysis is not None else next(iter(findings.analyses), None)
    passage = Passage()
    register_note(passage, findings)
    if analysis is None or analysis.matching is None:
        return passage.say("no_result", "There is no result, hence nothing to bear in mind about it.").words()
    what = failed_placebo(analysis)
    if what:
        passage.item(
            "placebo_failed",
            f"**A test on the past found a difference where there should be none**: in “{what}”, which the service"
            " cannot have changed. The groups may also differ in things that are not on record, and these may explain"
            " part of the result.",
        )
    _clock(passage, findings, analysis)
    passage.item(
        "unrecorded",
        "Only what is on record could be made alike in the two groups. People's motivation is not on record and may"
        " differ between them; so may health, housing or family ties, which often are not on record either.",
    )
    passage.item(
        "other_services", "People in either group may have received other services, which are not known to us."
    )
    passage.item(
        "selection",
        "How people were chosen for the service matters. If those most ready to change were chosen, the result would"
        " look better than it is; if those with the greatest difficulties, worse.",
    )
    if concerns_either_group(analysis):
        passage.item(
            "either_group",
            f"The result concerns {EITHER_GROUP}. Everybody who received the service, taken together, may have fared"
            " differently, and so may those who could not be analysed.",
        )
    else:
        passage.item(
            "attrition", "The result concerns those who could be analysed. The others may have fared differently."
        )
    again = matched_again(findings)
    if again:
        passage.item("matched_again", again[0])
    passage.item("proven_only", "Only offences that were proved are counted, and not every offence is.")
    _wrong_links(passage, findings)
    if any(m.base == "reoffenders" and m.headline for m in analysis.measures):
        passage.item(
            "conditional",
            "Measures among people who reoffended look only at them, and the service may have changed who they are.",
        )
    _circumstances(passage, analysis)
    if findings.setting("covariates", "use") and "needs" not in findings.setting("covariates", "use"):
        passage.item("no_needs", "Assessments of people's needs were not among the records used.")
    if analysis.robustness is None:
        passage.item("not_in_report", "A wider panel of other ways to make the comparison is not part of this report.")
    return passage.words()


def _circumstances(passage: Passage, analysis: Analysis) -> None:
    """What measures of custody, work and benefits rest on."""
    families = {m.family for m in analysis.measures if m.headline}
    if families & {"first_custody", "custodial_sentences", "days_in_custody"}:
        passage.item(
            "custody_by_courts",
            "Whether a reoffence led to custody depends on a person's record and on the court as well as on the"
            " offence.",
        )
    if families & {"employment", "benefits"}:
        passage.item(
            "work_on_record",
            "Only employment and benefits that are on record are counted; other work is not known to us.",
        )


def _wrong_links(passage: Passage, findings: Findings) -> None:
    if findings.linkage is None or findings.linkage.expected_wrong_links is None:
        return
    expected, n = findings.linkage.expected_wrong_links, findings.linkage.by_status.get("matched")
    found = f"{numbers.plural(n, 'record', 'records')} found" if n else "records found"
    printed = numbers.number(expected) if expected >= 1 else links_in_words(expected)
    least = f"about {printed}".replace("about fewer", "fewer")
    are = "is" if least == "about 1" else "are"
    passage.item(
        "wrong_links",
        "People were found by PNC id, prison number, name and date of birth, which can go wrong:"
        f" {least} of the {found} {are} expected to belong to somebody else by chance."
        " People who resemble each other, such as relatives, can add to that.",
    )


def _clock(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """A gap between the groups in how many reoffended before the (drawn) start, if it is large."""
    shares = large_gap(findings, analysis)
    if shares is None:
        return
    treated, pool = (numbers.value(share, "share") for share in shares)
    passage.item(
        "reoffended_first_gap",
        f"Of the people sent who met every condition before, {treated} left because they reoffended before the service"
        f" started; of the people who could have been compared with them, {pool} left because they reoffended before"
        " the start drawn for them. A gap as large as this may mean that people came to the service because they had"
        " reoffended, or that they were at higher risk than the records show, so that those who are left differ from"
        " the comparison group.",
    )


def technical_notes(findings: Findings, analysis: Analysis | None = None) -> Words:
    """What the matching, also of subgroups, had to merge, leave out or do otherwise, for statisticians."""
    analysis = analysis if analysis is not None else next(iter(findings.analyses), None)
    passage = Passage()
    messages = analysis.matching.messages if analysis is not None and analysis.matching is not None else ()
    of_subgroups = analysis.subgroups.messages if analysis is not None and analysis.subgroups is not None else ()
    for message in messages:
        passage.item("matching_message", capital(ended(plain(message))))
    for message in of_subgroups:
        passage.item("subgroup_message", f"Subgroups: {ended(plain(message))}")
    if not (messages or of_subgroups):
        passage.say("no_message", "Nothing had to be merged or left out.")
    return passage.words()
