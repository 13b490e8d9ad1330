"""How many of those submitted are likely to be analysed, and what that many could show; told before anything is linked.

From the shares of earlier requests (`forecast.analysed_shares`): nothing is known yet of whom the register holds.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import pandas as pd

from ..document import Table, Words
from ..numbers import number, per_cent, plural
from ..power import common_sd, detectable_difference, needed_treatment
from ..result import Result
from ..spec import RequestSpec
from ..wording import Passage

CASES = ("lowest", "median", "highest")


@dataclass(frozen=True)
class Forecast(Result):
    """What an organisation may expect of its upload.

    Parameters
    ----------
    n_people : int
        Distinct people with a record that nothing blocks.
    rows : DataFrame
        For the lowest, median and highest share of earlier requests: ``case``, ``share``, ``n_analysed``,
        ``detectable_pp`` (smallest change that is found with the wanted power, percentage points; missing below two
        people).
    rate : float
        Share of the comparison group that is expected to reoffend.
    n_control : int
        People expected in the comparison group.
    power : float
    minimum : int
        Fewest people that are analysed.
    asked_pp : float
        The reduction, in percentage points, for which it is said how many people it would take.
    n_needed : int or None
        People in the analysis that it takes to show a reduction of `asked_pp` points; None if no number is enough.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.precheck import forecast_analysis
    >>> forecast = forecast_analysis(1000, examples.foundation().spec)
    >>> forecast
    Of the 1,000 people without a blocking fault, 110 to 470 are likely to end in the analysis, most likely about
    190.
    >>> forecast.to_frame().round(3)
          case  share  n_analysed  detectable_pp
    0   lowest   0.11         110         16.422
    1   median   0.19         190         12.510
    2  highest   0.47         470          7.987
    >>> forecast.n_needed
    1226
    """

    n_people: int
    rows: pd.DataFrame
    rate: float
    n_control: int
    power: float
    minimum: int
    asked_pp: float
    n_needed: int | None

    def case(self, name: str) -> pd.Series:
        """The row of one of `CASES`."""
        return self.rows.set_index("case").loc[name]

    @property
    def result_unlikely(self) -> bool:
        """Whether, most likely, too few would end in the analysis."""
        return int(self.case("median")["n_analysed"]) < self.minimum

    def summary(self) -> str:
        low, middle, high = (int(self.case(name)["n_analysed"]) for name in CASES)
        return (
            f"Of the {self.n_people:,} people without a blocking fault, {low:,} to {high:,} are likely to end in the "
            f"analysis, most likely about {middle:,}."
        )

    def to_frame(self) -> pd.DataFrame:
        """The three cases: case, share (fraction), n_analysed (people), detectable_pp (percentage points)."""
        return self.rows.copy()

    def table(self) -> Table:
        """How many people may be analysed, and the smallest reduction that so many could show."""
        from .. import tables

        frame = self.rows.assign(per_cent=100 * self.rows["share"], case=self.rows["case"].str.capitalize())
        heads = {"case": "Share of earlier requests", "per_cent": "Analysed, of 100", "n_analysed": "People"}
        heads |= {"detectable_pp": "Smallest reduction shown reliably (percentage points)"}
        caption = "How many people may be analysed, and what they could show"
        return tables.plain_table(frame, caption, heads, key="forecast", note=self.note())

    def words(self) -> Words:
        """The forecast in plain sentences."""
        said = Passage()
        if not self.n_people:
            return said.say("nobody", "No record is without a blocking fault, so nothing can be forecast yet.").words()
        low, middle, high = (int(self.case(name)["n_analysed"]) for name in CASES)
        said.say("how_many", self._how_many(low, middle, high))
        least = f"the minimum of {self.minimum:,} for an analysis"
        if high < self.minimum:
            said.say("never_enough", f"**Even the highest of these is below {least}: expect no result.**")
        elif middle < self.minimum:
            said.say("rarely_enough", f"**Most likely that is below {least}, and there would be no result.**")
        elif low < self.minimum:
            said.say("perhaps_not_enough", f"The lowest of these is below {least}.")
        if high >= self.minimum:
            shown = middle if middle >= self.minimum else high
            self._say_detectable(said, "median" if middle >= self.minimum else "highest", shown)
            if not self.case("median")["detectable_pp"] <= self.asked_pp:
                self._say_needed(said)
        return said.words()

    def _how_many(self, low: int, middle: int, high: int) -> str:
        start = f"Of the {plural(self.n_people, 'person', 'people')} without a blocking fault, "
        if low == high:
            return start + f"about {middle:,} are likely to end in the analysis."
        least, most = (per_cent(self.case(name)["share"]) for name in ("lowest", "highest"))
        return start + (
            f"between {low:,} and {high:,} are likely to end in the analysis, most likely about {middle:,}: in earlier "
            f"requests {least} to {most} did."
        )

    def _say_detectable(self, said: Passage, case: str, n: int) -> None:
        points, rate = self.case(case)["detectable_pp"], 100 * self.rate
        if points >= rate:
            say = f"With {n:,} people no reduction could be shown reliably, however large: even if nobody reoffended, "
            said.say(
                "not_detectable", say + f"that would be {number(rate)} points, and {number(points, 1)} are needed."
            )
            return
        said.say(
            "detectable",
            f"{'With' if case == 'median' else 'Even with'} {n:,} people, the smallest reduction that would be shown "
            f"reliably is {number(points, 1)} percentage points: from {number(rate)} in every 100 people reoffending "
            f"to about {number(rate - points)}.",
        )

    def _say_needed(self, said: Passage) -> None:
        if self.n_needed is None:
            said.say("needed", f"A reduction of {self.asked_pp:g} points could not be shown with any number of people.")
            return
        to_send = math.ceil(self.n_needed / self.case("median")["share"])
        said.say(
            "needed",
            f"To show a reduction of {self.asked_pp:g} points it takes about {_round(self.n_needed):,} people in the "
            f"analysis, so about {_round(to_send):,} in the upload.",
        )

    def note(self) -> str:
        """What the forecast assumes, in one sentence; empty where nothing was said to be reliable."""
        if "reliably" not in self.words().text:
            return ""
        return (
            f"“Reliably” is a chance of {per_cent(self.power)}; compared with {self.n_control:,} people of whom "
            f"{per_cent(self.rate)} reoffend within a year."
        )


def forecast_analysis(n_people: int, spec: RequestSpec) -> Forecast:
    """Forecast attrition and power from the number of people alone.

    Parameters
    ----------
    n_people : int
        Distinct people with a record that nothing blocks (`Submission.n_people_ready`).
    spec : RequestSpec
        Its ``forecast``, ``power`` and ``cohort.minimum_analysed``.
    """
    asked, n = spec.forecast, int(n_people)
    shares = (min(asked.analysed_shares), statistics.median(asked.analysed_shares), max(asked.analysed_shares))
    rate, n_control = asked.reoffending_rate, asked.comparison_people
    rows = [
        {"case": case, "share": share, "n_analysed": math.floor(n * share + 0.5)}
        for case, share in zip(CASES, shares, strict=True)
    ]
    frame = pd.DataFrame(rows)
    frame["detectable_pp"] = [_detectable(m, spec) for m in frame["n_analysed"]]
    sd = common_sd(rate, n_control, rate, n_control)
    needed = needed_treatment(asked.asked_reduction_pp / 100, sd, n_control, spec.power.alpha, spec.power.power)
    return Forecast(
        n,
        frame,
        rate,
        n_control,
        spec.power.power,
        spec.cohort.minimum_analysed,
        asked.asked_reduction_pp,
        None if needed is None else round(needed),
    )


def _detectable(n: int, spec: RequestSpec) -> float:
    if n < 2:
        return math.nan
    rate, n_control = spec.forecast.reoffending_rate, spec.forecast.comparison_people
    sd = common_sd(rate, n_control, rate, n_control)
    return 100 * detectable_difference(n, n_control, sd, spec.power.alpha, spec.power.power)


def _round(n: int) -> int:
    """A whole number with two significant digits."""
    return round(n, -max(0, len(str(n)) - 2))
