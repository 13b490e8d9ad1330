"""The calendar of the method, stated once: intervals in calendar months, proven reoffences, seeded draws.

Every stage that asks "how long after?" or "is this a proven reoffence?" uses the rules below, so that the treatment
group, the control pool and the outcomes cannot drift apart.

Rules (method, section 6; [S4], footnote 1)
-------------------------------------------
- Intervals are calendar months: 10 January + 12 months = 10 January; 29 February + 12 months = 28 February.
- A proven reoffence: ``index_date < offence_date <= index_date + follow_up_months`` and ``proven_date <= index_date +
  follow_up_months + proving_months``. Penalty notices and breaches do not count. Without a proven date, or with one
  before the offence, nothing is proven.
- Reoffended before the service: ``index_date < offence_date < service_start``, proven by the same date. An offence on
  the day the service starts counts as after it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib

import numpy as np

from ..spec import Period, RequestSpec

#: Length of a year, where days are told in years.
DAYS_OF_YEAR = 365.25

#: SQL over an ``offence`` row named ``o``: the kinds of offence that count as offending at all.
COUNTS_AS_OFFENCE = "NOT coalesce(o.is_penalty_notice, false) AND NOT coalesce(o.is_breach, false)"


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month `months` later (or earlier), or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_after(column: str, months: int) -> str:
    """SQL for `add_months` over a date column."""
    return f"({column} + INTERVAL ({int(months)}) MONTH)::DATE"


def last_index_date(data_end: dt.date, months: int) -> dt.date:
    """The last day from which `months` later is still within the data."""
    day = add_months(data_end, -months)
    # Eighteen months after 29, 30 and 31 August is the end of February each time.
    while add_months(day + dt.timedelta(days=1), months) <= data_end:
        day += dt.timedelta(days=1)
    return day


def period_start(day: dt.date, period: Period = Period.quarter) -> dt.date:
    """First day of the calendar quarter or year that holds `day`."""
    return dt.date(day.year, 1 if period is Period.year else 3 * ((day.month - 1) // 3) + 1, 1)


def period_end(day: dt.date, period: Period = Period.quarter) -> dt.date:
    """Last day of the calendar quarter or year that holds `day`."""
    months = 12 if period is Period.year else 3
    return add_months(period_start(day, period), months) - dt.timedelta(days=1)


def season(day: dt.date) -> str:
    """The season that holds `day`, with its year: ``spring 2015``, ``winter 2014/15`` (December to February)."""
    if day.month in (12, 1, 2):
        first = day.year - (day.month < 3)
        return f"winter {first}/{(first + 1) % 100:02d}"
    return f"{('spring', 'summer', 'autumn')[(day.month - 3) // 3]} {day.year}"


def proving_months(spec: RequestSpec) -> int:
    """Months from the index date until a reoffence must be proven: follow-up and waiting period together."""
    return spec.cohort.follow_up_months + spec.cohort.proving_months


def is_proven_reoffence(spec: RequestSpec) -> str:
    """SQL condition over ``u`` (person_id, index_date) joined to ``o`` (offence): a proven reoffence."""
    end = months_after("u.index_date", spec.cohort.follow_up_months)
    return f"o.offence_date > u.index_date AND o.offence_date <= {end} AND {_is_proven_in_time(spec)}"


def is_reoffence_before_service(spec: RequestSpec) -> str:
    """SQL condition over ``u`` (with service_start) joined to ``o``: reoffended before the service started."""
    return f"o.offence_date > u.index_date AND o.offence_date < u.service_start AND {_is_proven_in_time(spec)}"


def _is_proven_in_time(spec: RequestSpec) -> str:
    until = months_after("u.index_date", proving_months(spec))
    return f"o.proven_date BETWEEN o.offence_date AND {until} AND {COUNTS_AS_OFFENCE}"


def seeded_uniform(ids: np.ndarray, seed: int, purpose: str) -> np.ndarray:
    """A number in [0, 1) for each id, that depends on id, seed and purpose alone: never on the order of rows.

    Parameters
    ----------
    ids : int array, shape (n,)
    seed : int
        The request's seed.
    purpose : str
        What is drawn; draws for different purposes are independent.

    References
    ----------
    The finaliser of SplitMix64 (Steele, Lea & Flood, 2014, OOPSLA), which any language and version repeats.
    """
    salt = int.from_bytes(hashlib.sha256(f"{seed}:{purpose}".encode()).digest()[:8], "little")
    with np.errstate(over="ignore"):
        x = np.asarray(ids, dtype=np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(11)).astype(np.float64) / float(1 << 53)
