"""The follow-up of both groups in words: time at risk and in custody, and how long people did not reoffend."""

from __future__ import annotations

from .. import numbers
from ..document import Words
from ..findings import Analysis, Findings, FollowUpRow, SurvivalCurve, SurvivalPoint, Unit
from ..wording import Passage, period, within
from .events import event
from .ranges import chosen

#: What is told of a row of the follow-up: "… of the people who received the service", by its key.
_TOLD = {
    "days_in_custody": "spent {treatment} of the follow-up in custody on average, against {control}",
    "returned_to_custody": "{treatment} were in custody at least once during the follow-up, against {control}",
    "recalled": "{treatment} were recalled to custody, against {control}",
    "reoffences_per_year_at_risk": "committed {treatment} proven reoffences for each year at risk, against {control}",
}


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
    rows = {row.key: row for row in analysis.follow_up}
    for key in _TOLD:
        row = rows.get(key)
        if row is not None and row.treatment is not None and row.control is not None:
            passage.item(f"follow_up_{key}", _told(row))
    passage.say(
        "custody_in_measures",
        "The reoffending rate and the frequency are counted over the whole follow-up, days in custody included, in both"
        " groups alike.",
    )
    if any(curve.clock == "at_risk" for curve in analysis.survival):
        passage.say(
            "custody_in_curves",
            "Of the two curves of time to the first reoffence, the one under “How long did people stay free of"
            " reoffending?” counts every day. The one under “Time to the first reoffence without days in custody”"
            " counts only days at risk: a person's clock stands still while they are in custody. If both tell the same,"
            " time in custody is unlikely to explain the result. Neither is the only right one, as custody may itself"
            " follow from a reoffence.",
        )
    return passage.words()


def _told(row: FollowUpRow) -> str:
    values = {name: _value(getattr(row, name), row) for name in ("treatment", "control")}
    sentence = _TOLD[row.key].format(**values)
    who = "Of the people who received the service, " if row.unit is Unit.share else "People who received the service "
    return f"{who}{sentence} in the comparison group."


def _value(value: float, row: FollowUpRow) -> str:
    printed = numbers.value(value, row.unit)
    return printed if row.unit is not Unit.days else f"{printed} {'day' if printed == '1' else 'days'}"


def survival(findings: Findings, analysis: Analysis | None = None, clock: str = "calendar") -> Words | None:
    """How many stayed free of proven reoffending, half way and to the end; None without such a curve."""
    analysis = chosen(findings, analysis)
    curve = next((c for c in analysis.survival if c.clock == clock and c.points), None)
    if curve is None:
        return None
    passage = Passage()
    middle, last = _told_points(curve)
    days = "days" if clock == "calendar" else "days at risk"
    passage.say(
        "survival",
        f"The figure shows the share of people without a proven reoffence, day by day after the {event(analysis)}"
        f"{', as far as days were not spent in custody' if clock == 'at_risk' else ''}.",
    )
    if middle is not None:
        passage.say(
            "survival_half_way",
            f"About half-way through, after {numbers.count_(middle.day)} {days}, {_shares(middle)}.",
        )
    is_end = abs(last.day - analysis.follow_up_months * _DAYS_OF_A_MONTH) <= _WHOLE
    at_risk = " at risk" if clock == "at_risk" else ""
    end = f"{period(analysis.follow_up_months)}{at_risk}" if is_end else f"{numbers.count_(last.day)} {days}"
    passage.say("survival_end", f"After {end}, {_shares(last)}.")
    passage.say(
        "survival_limits",
        "The limits hold for each day by itself. The verdict of this report rests on the reoffending rate"
        f" {within(analysis.follow_up_months)}, not on the curves.",
    )
    return passage.words()


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
