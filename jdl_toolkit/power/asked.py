"""`jdl power`: a power table from figures given on the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import JDLError, Problem
from ..numbers import REDUCTION_WORDS
from .limits import LARGEST, MOST_ROWS, SMALLEST
from .table import PowerTable

_WHERE = "jdl power"
_HOW_SD_IS_GIVEN = {
    "share": "give --sd, or --rate-control and, if they are known, --rate-treatment and --n-treatment",
    "count": "give --sd, or --mean and, if it is known, --overdispersion",
    "days": "give --sd: of the days of those who reoffended",
}
#: Field of the question -> option, where it is not the same word.
_OPTIONS = {"control": "rate_control", "treatment": "rate_treatment", "ess_control": "ess"}


def asked_on_command_line(
    *,
    n_control: int,
    measure: str = "share",
    sd: float | None = None,
    rate_treatment: float | None = None,
    rate_control: float | None = None,
    n_treatment: int | None = None,
    mean: float | None = None,
    overdispersion: float | None = None,
    ess: float | None = None,
    reductions: str | None = None,
    alpha: float = 0.05,
    wanted: float = 0.95,
) -> PowerTable:
    """The table that was asked for.

    Raises
    ------
    JDLError
        With everything that is wrong.
    """
    asked = {"n_control": n_control, "n_treatment": n_treatment, "alpha": alpha, "power": wanted, "ess_control": ess}
    sizes, faults = _reductions(reductions, measure, is_optional=measure != "count" or mean is not None)
    if sizes is not None:
        asked["reductions"] = sizes
    spreads = {
        "share": {"control": rate_control, "treatment": rate_treatment},
        "count": {"mean": mean, "overdispersion": overdispersion},
        "days": {},
    }
    given = {of: {name: x for name, x in named.items() if x is not None} for of, named in spreads.items()}
    faults += _of_spread(measure, sd, given)
    own = given[measure]
    try:
        if sd is None and "control" in own:
            table = PowerTable.for_rates(**own, **asked)
        elif sd is None and "mean" in own:
            table = PowerTable.for_counts(**own, **asked)
        else:  # a standard deviation that is missing was told of already
            spread = {"sd": 1.0 if sd is None else sd}
            table = (
                PowerTable.for_days(**spread, **asked)
                if measure == "days"
                else PowerTable(**spread, **asked, unit=measure)
            )
    except JDLError as refused:
        faults += map(_as_option, refused.problems)
    if faults:
        raise JDLError(faults)
    return table


def answer(table: PowerTable) -> dict[str, Any]:
    """The table as an object for JSON.

    Returns
    -------
    dict
        sd, rows and the floor, in the unit of the table: of a share ``reduction_pp`` and ``smallest_detectable_pp``,
        else ``reduction`` and ``smallest_detectable``; with a group in hand also what it detects; with an effective
        control size the same again under ``effective``.
    """
    values = {"sd": table.sd, **_answers(table)}
    if table.effective is not None:
        values["effective"] = {"n_control": table.effective.n_control, **_answers(table.effective)}
    return values


def _of_spread(measure: str, sd: float | None, given: dict[str, dict[str, float]]) -> list[Problem]:
    """Whether the standard deviation can be had, once, from options of this measure."""
    faults, fix, own = [], _HOW_SD_IS_GIVEN[measure], given[measure]
    if any(values for of, values in given.items() if of != measure):
        faults.append(Problem("options that belong to another measure were given", _WHERE, fix))
    if sd is not None and own:
        faults.append(Problem("the standard deviation is given twice", _WHERE, fix))
    if sd is None and not own.keys() & {"control", "mean"}:
        faults.append(Problem("the standard deviation is not known", _WHERE, fix))
    return faults


def _as_option(problem: Problem) -> Problem:
    name = problem.where.removeprefix("power, ")
    return replace(problem, where=f"--{_OPTIONS.get(name, name)}".replace("_", "-"))


def _reductions(text: str | None, measure: str, *, is_optional: bool) -> tuple[list[float] | None, list[Problem]]:
    """The list asked for, None for the default; an unreadable one is a fault."""
    if text is None and is_optional:
        return None, []
    try:
        first, colon, last = (text or "").partition(":")
        if colon and int(last) - int(first) < MOST_ROWS:
            sizes = [float(n) for n in range(int(first), int(last) + 1)]
        else:
            sizes = [] if colon else [float(part) for part in first.split(",")]
    except ValueError:
        sizes = []
    if sizes and all(SMALLEST <= r <= LARGEST for r in sizes):
        return sizes, []
    fix = f"write 1:10 or 1,2.5,5 ({REDUCTION_WORDS[measure]}), numbers above 0, at most {MOST_ROWS:,}"
    return [1.0], [Problem("not a list of reductions", "--reductions", fix)]


def _answers(table: PowerTable) -> dict[str, Any]:
    suffix, has_group = "_pp" if table.unit == "share" else "", table.n_treatment is not None
    rows = [
        {f"reduction{suffix}": r.reduction}
        | ({"infeasible": True} if r.infeasible else {"n_treated_exact": r.n_exact, "n_treated": int(r.n_treatment)})
        | ({"power_in_hand": r.power_in_hand} if has_group else {})
        for r in table.rows.itertuples()
    ]
    in_hand = {f"detectable_in_hand{suffix}": table.detectable_in_hand} if has_group else {}
    return {"rows": rows, f"smallest_detectable{suffix}": table.smallest_detectable} | in_hand
