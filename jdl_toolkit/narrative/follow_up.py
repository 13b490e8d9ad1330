"""The follow-up of both groups in words: time at risk and in custody, and how long people did not reoffend."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, SurvivalCurve, SurvivalPoint, Unit
from ..wording import Passage, period, plain, within
from .events import event
from .ranges import chosen

_DAYS_OF_A_MONTH = 365.25 / 12
_WHOLE = 3  # days by which the last day of a curve may differ from the end of the follow-up, as months do


def follow_up(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """Time at risk and in custody in both groups, and what handles it; None where nothing is known of them."""
    analysis = chosen(findings, analysis)
    if not analysis.follow_up:
        return None
    passage = Passage()
    passage.say(
        "custody_limits",
        "Nobody can reoffend in the community while in prison, so time in custody leaves people less opportunity to"
        " reoffend. The days outside it are called days at risk.",
    )
    if is_custody_withheld(analysis):
        passage.say(
            "custody_withheld",
            "How much of the follow-up was spent in custody is not shown, nor what follows from it, as it would tell"
            " of too few people.",
        )
    passage.say(
        "custody_in_measures",
        "The reoffending rate and the frequency are counted over the whole follow-up, days in custody included, in both"
        " groups alike.",
    )
    if _curve(analysis, "at_risk") is not None:
        passage.say(
            "custody_in_curves",
            "Of the two curves of time to the first reoffence above, the first counts every day. The second counts only"
            " days at risk: a person's clock stands still while they are in custody. If both tell the same, time in"
            " custody is unlikely to explain the result. Neither is the only right one, as custody may itself follow"
            " from a reoffence.",
        )
    return passage.words()


#: Rows of the follow-up from which the days in custody follow.
_OF_CUSTODY = ("days_in_custody", "returned_to_custody", "days_at_risk", "reoffences_per_year_at_risk")


def is_custody_withheld(analysis: Analysis) -> bool:
    """Whether time in custody was measured and may not be shown, so that no curve may leave it out either."""
    rows = [row for row in analysis.follow_up if row.key in _OF_CUSTODY]
    return any(row.treatment is None or row.control is None for row in rows)


def _curve(analysis: Analysis, clock: str) -> SurvivalCurve | None:
    if clock == "at_risk" and is_custody_withheld(analysis):
        return None
    return next((c for c in analysis.survival if c.clock == clock and c.points), None)


def survival(findings: Findings, analysis: Analysis | None = None) -> Words | None:
    """How many stayed free of proven reoffending, half way and to the end, on both clocks; None without a curve."""
    analysis = chosen(findings, analysis)
    curve, passage = _curve(analysis, "calendar"), Passage()
    if curve is None:
        reasons = [row.why_not for row in analysis.time_to_event if row.estimate is None and row.why_not]
        if not reasons:
            return None
        because = plain(reasons[0]).rstrip(".")
        return passage.say("survival_not_shown", f"This is not shown, because {because}.").words()
    middle, last = _told_points(curve)
    passage.say(
        "survival",
        f"The curves show the share of people without a proven reoffence, day by day after the {event(analysis)}.",
    )
    if middle is not None:
        passage.say(
            "survival_half_way", f"About half-way through, after {numbers.count_(middle.day)} days, {_shares(middle)}."
        )
    passage.say("survival_end", f"After {_end(last, analysis, 'calendar')}, {_shares(last)}.")
    at_risk = _curve(analysis, "at_risk")
    if at_risk is not None:
        last = _told_points(at_risk)[1]
        passage.say(
            "survival_at_risk",
            f"If days in custody are not counted, then after {_end(last, analysis, 'at_risk')}, {_shares(last)}.",
        )
    elif is_custody_withheld(analysis):
        passage.say("survival_withheld", "A curve without the days in custody is not shown, as those days are not.")
    passage.say(
        "survival_limits",
        "The limits hold for each day by itself. The verdict of this report rests on the reoffending rate"
        f" {within(analysis.follow_up_months)}, not on the curves.",
    )
    return passage.words()


def _end(last: SurvivalPoint, analysis: Analysis, clock: str) -> str:
    """The last day of a curve: ``one year``, ``365 days at risk``."""
    at_risk = " at risk" if clock == "at_risk" else ""
    is_end = abs(last.day - analysis.follow_up_months * _DAYS_OF_A_MONTH) <= _WHOLE
    return f"{period(analysis.follow_up_months) if is_end else f'{numbers.count_(last.day)} days'}{at_risk}"


def _told_points(curve: SurvivalCurve) -> tuple[SurvivalPoint | None, SurvivalPoint]:
    """The point nearest to half of the time, if it lies before the last, and the last."""
    points = sorted(curve.points, key=lambda p: p.day)
    last = points[-1]
    middle = min(points, key=lambda p: abs(p.day - last.day / 2))
    return (middle if middle.day < last.day else None), last


def _shares(point: SurvivalPoint) -> str:
    treated, control = (numbers.value(x, Unit.share) for x in (point.treatment, point.control))
    return (
        f"{treated} of the people who received the service had not committed a proven reoffence, against {control} of"
        " the comparison group"
    )
