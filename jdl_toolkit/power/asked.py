"""`jdl power`: a power table from figures given on the command line."""

from __future__ import annotations

import math
from typing import Any

from ..errors import JDLError, Problem
from .limits import LARGEST, MOST_IN_GROUP, MOST_ROWS, SMALLEST, power_faults
from .measures import common_sd, sd_of_count
from .table import UNIT_WORDS, PowerTable, power_table

_WHERE = "jdl power"
_HOW_SD_IS_GIVEN = {
    "share": "give --sd, or all of --rate-treatment, --rate-control and --n-treatment",
    "count": "give --sd, or --mean and, if it is known, --overdispersion",
    "days": "give --sd: of the days of those who reoffended",
}


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
) -> tuple[dict[str, Any], str]:
    """The table as an object for JSON, and in words.

    Returns
    -------
    answer : dict
        sd, rows and the floor, in the unit of `measure`: of a share ``reduction_pp`` and ``smallest_detectable_pp``,
        else ``reduction`` and ``smallest_detectable``; with `n_treatment` also what the group in hand detects; with
        `ess` the same again under ``effective``.
    words : str

    Raises
    ------
    JDLError
        With everything that is wrong.
    """
    given = {"mean": mean, "overdispersion": overdispersion, "rates": (rate_treatment, rate_control)}
    sd, faults = _standard_deviation(measure, sd, n_treatment, n_control, **given)
    sizes, fault = _reductions(reductions, measure)
    faults += fault
    # what was said of sd and reductions already is not said again
    checked = (n_control, sd or 1.0, 2 if n_treatment is None else n_treatment, alpha, wanted, sizes or [1.0])
    faults += power_faults(*checked, measure, ess)
    if faults:
        raise JDLError(faults)
    table = power_table(*checked, unit=measure, ess_control=ess)
    answer = {"sd": table.sd, **_answer(table, n_treatment is not None)}
    lines = _lines(table)
    if table.effective is not None:
        answer["effective"] = {"n_control": ess, **_answer(table.effective, n_treatment is not None)}
        lines += [f"Counting the {n_control:,} controls by what they are worth ({ess:,g}):", *_lines(table.effective)]
    return answer, "\n".join(lines)


def _standard_deviation(
    measure: str, sd: float | None, n_treatment: int | None, n_control: int, *, mean, overdispersion, rates
) -> tuple[float | None, list[Problem]]:
    """From what was given of it, and what is missing, contradicts itself or makes no sense."""
    known = {"share": rates, "count": (mean, overdispersion), "days": ()}
    has_other = any(x is not None for x in known[measure])
    has_stray = any(x is not None for of, values in known.items() if of != measure for x in values)
    fix = _HOW_SD_IS_GIVEN[measure]
    faults = [Problem("options that belong to another measure were given", _WHERE, fix)] if has_stray else []
    if sd is not None:
        faults += [Problem("the standard deviation is given twice", _WHERE, fix)] if has_other else []
        if SMALLEST <= sd <= LARGEST:
            return sd, faults
        what = f"must lie between {SMALLEST:g} and {LARGEST:g}" if 0 < sd < math.inf else "must be a number above 0"
        return None, [*faults, Problem(what, "--sd", fix)]
    found, more = None, [Problem("the standard deviation is not known", _WHERE, fix)]
    if measure == "share" and None not in (*rates, n_treatment):
        found, more = _of_rates(*rates, n_treatment, n_control)
    elif measure == "count" and mean is not None:
        found, more = _of_count(mean, 1.0 if overdispersion is None else overdispersion)
    return found, faults + more


def _of_rates(
    rate_treatment: float, rate_control: float, n_treatment: int, n_control: int
) -> tuple[float | None, list[Problem]]:
    rates = {"--rate-treatment": rate_treatment, "--rate-control": rate_control}
    wrong = [name for name, rate in rates.items() if not 0 <= rate <= 1]
    if (
        wrong or min(n_treatment, n_control) < 2 or max(n_treatment, n_control) > MOST_IN_GROUP
    ):  # sizes are checked with the rest
        return None, [Problem("a rate is a fraction between 0 and 1", name, "0.35 for 35 per cent") for name in wrong]
    sd = common_sd(rate_treatment, n_treatment, rate_control, n_control)
    return (sd, []) if sd else (None, [Problem("both rates are 0 or 1: nothing can be compared", _WHERE, "check them")])


def _of_count(mean: float, overdispersion: float) -> tuple[float | None, list[Problem]]:
    given = {"--mean": mean, "--overdispersion": overdispersion}
    wrong = [name for name, x in given.items() if not SMALLEST <= x <= LARGEST]
    if wrong:
        return None, [
            Problem(f"must be a number above 0, from {SMALLEST:g} to {LARGEST:g}", name, "correct the value")
            for name in wrong
        ]
    return sd_of_count(mean, overdispersion), []


def _reductions(text: str | None, measure: str) -> tuple[list[float], list[Problem]]:
    """The list asked for; an unreadable one is a fault."""
    if text is None and measure == "share":
        text = "1:10"
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
    fix = f"write 1:10 or 1,2.5,5 ({UNIT_WORDS[measure]}), numbers above 0, at most {MOST_ROWS:,}"
    return [], [Problem("not a list of reductions", "--reductions", fix)]


def _answer(table: PowerTable, is_in_hand: bool) -> dict[str, Any]:
    suffix = "_pp" if table.unit == "share" else ""
    rows = [
        {f"reduction{suffix}": r.reduction}
        | ({"infeasible": True} if r.infeasible else {"n_treated_exact": r.n_exact, "n_treated": int(r.n_treatment)})
        | ({"power_in_hand": r.power_in_hand} if is_in_hand else {})
        for r in table.rows.itertuples()
    ]
    in_hand = {f"detectable_in_hand{suffix}": table.detectable_in_hand} if is_in_hand else {}
    return {"rows": rows, f"smallest_detectable{suffix}": table.smallest_detectable} | in_hand


def _lines(table: PowerTable) -> list[str]:
    unit = UNIT_WORDS[table.unit]
    lines = [f"{f'Reduction ({unit})':>29}   {'Treatment group needed':>24}"]
    for r in table.rows.itertuples():
        needed = "no number is enough" if r.infeasible else f"{r.n_treatment:,}"
        lines.append(f"{r.reduction:>29g}   {needed:>24}")
    floor = f"{table.smallest_detectable:.3g} {unit}"
    return [*lines, f"Smallest reduction that any number of people could detect: {floor}."]
