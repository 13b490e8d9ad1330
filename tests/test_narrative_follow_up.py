"""The follow-up of both groups in words: time in custody, and how long people stayed free of reoffending."""

import invented
from examples import findings

from jdl_toolkit import narrative
from jdl_toolkit.narrative.follow_up import is_custody_withheld

OF_CUSTODY = ("days_in_custody", "returned_to_custody", "days_at_risk", "reoffences_per_year_at_risk")


def without_custody():
    """Findings whose time in custody is withheld, though a curve without it slipped through."""
    found = invented.whole_findings()
    first = found.analyses[0]
    nothing = {"treatment": None, "control": None}
    rows = tuple(r.model_copy(update=nothing) if r.key in OF_CUSTODY else r for r in first.follow_up)
    return found.model_copy(update={"analyses": (first.model_copy(update={"follow_up": rows}),)})


def test_what_custody_means_for_the_measures_and_the_curves():
    found = invented.whole_findings()
    words = narrative.follow_up(found)
    assert words.rules == ("custody_limits", "custody_in_measures", "custody_in_curves")
    assert "a person's clock stands still while they are in custody" in words.text
    without = found.analyses[0].model_copy(update={"survival": ()})
    assert "custody_in_curves" not in narrative.follow_up(found, without).rules
    assert narrative.follow_up(findings()) is None


def test_the_curve_without_days_in_custody_is_withheld_with_the_days_in_custody():
    found = without_custody()
    assert is_custody_withheld(found.analyses[0]) and not is_custody_withheld(invented.whole_findings().analyses[0])
    said = narrative.follow_up(found)
    assert said.rules == ("custody_limits", "custody_withheld", "custody_in_measures")
    curves = narrative.survival(found)
    assert "at risk" not in curves.text and "survival_withheld" in curves.rules
    assert not is_custody_withheld(findings().analyses[0]), "nothing was measured, nothing is withheld"


def test_curves_in_words():
    found = invented.whole_findings()
    said = narrative.survival(found)
    assert (
        "About half-way through, after 176 days, 79% of the people who received the service had not committed a proven"
        " reoffence, against 75% of the comparison group. After one year, 67% of"
    ) in said.text
    assert "If days in custody are not counted, then after one year at risk, 66% of" in said.text
    assert narrative.survival(findings()) is None
    few = "it would tell something of fewer than 5 people"
    hidden = tuple(r.model_copy(update={"estimate": None, "why_not": few}) for r in found.analyses[0].time_to_event)
    none = found.analyses[0].model_copy(update={"survival": (), "time_to_event": hidden})
    assert narrative.survival(found, none).text == f"This is not shown, because {few}."
    short = found.analyses[0].survival[0]
    short = short.model_copy(update={"points": short.points[-1:]})
    only = narrative.survival(found, found.analyses[0].model_copy(update={"survival": (short,)}))
    assert only.rules == ("survival", "survival_end", "survival_limits")
