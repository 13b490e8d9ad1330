"""The published figures that a synthetic register is laid beside, and how each one's counterpart is found.

The SQL is over the tables that `figures` makes: ``outcome`` (an event with what followed), ``sentence``, ``assessed``
and ``inside``. Published figures: statistics of the Ministry of Justice, of the year named; the custody comparison
group is that of one published request.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A published figure and how its counterpart is found: the ratio of two sums.

    Parameters
    ----------
    fact, source : str
    published : float
    value, of : str
        SQL: what is summed (as a share of the number of rows, unless `per` is given), and over which rows.
    slack : float
        Difference accepted beside Monte-Carlo error, in the unit of the figure.
    reason : str
        Why so much.
    per : str
        SQL: the denominator's summand.
    """

    fact: str
    source: str
    published: float
    value: str
    of: str
    slack: float
    reason: str
    per: str = "1"


def first_of_year(condition: str = "true", years: str = "2008 AND 2010") -> str:
    """Each person's first event of a calendar year among the events that meet the condition, as SQL."""
    return f"""(FROM outcome WHERE ({condition}) AND year BETWEEN {years}
        QUALIFY row_number() OVER (PARTITION BY person_id, year ORDER BY event_date, disposal_id) = 1)"""


_YEARS = "2005 AND 2010"
_COHORT = first_of_year()
_ORDERS = first_of_year("is_court_order AND is_adult", _YEARS)
_RELEASES = first_of_year("is_custody AND is_adult", _YEARS)
_SUPERVISED = first_of_year("(is_court_order OR is_custody) AND is_adult", _YEARS)
_RATE = "100.0 * reoffended::INT"
_MIX = "the mix of people is assumed, OGRS3 gives the rest"
_YEAR = "the figure is not of the cohort's year; " + _MIX
_DRAWN = "drawn with this chance; Monte-Carlo error only"


def _rate(fact: str, source: str, published: float, of: str, slack: float, reason: str) -> Figure:
    return Figure(f"reoffended within a year: {fact}, %", source, published, _RATE, of, slack, reason)


def _need(need: str, inside: float, outside: float) -> tuple[Figure, Figure]:
    where = (("custody", inside, "is_custody"), ("court orders", outside, "NOT is_custody"))
    return tuple(
        Figure(
            f"need for {need}: {name}, %",
            "October 2024",
            share,
            f"100.0 * {need}",
            f"(FROM assessed WHERE {rows})",
            2.0,
            "needs rise with OGRS3 around the published share",
        )
        for name, share, rows in where
    )


def _ethnicity(name: str, share: float) -> Figure:
    return Figure(
        f"ethnicity on court orders: {name}, %",
        "2020",
        share,
        f"100.0 * coalesce(ethnicity = '{name}', false)::INT",
        _ORDERS,
        0.5,
        "published in whole per cent; " + _DRAWN,
    )


FIGURES: tuple[Figure, ...] = (
    _rate("everybody", "2009", 26.3, _COHORT, 0.8, _MIX),
    _rate("no previous offence", "2011/12", 10.5, f"(FROM {_COHORT} WHERE n_previous = 0)", 1.5, _YEAR),
    _rate("11 or more previous offences", "2011/12", 47.0, f"(FROM {_COHORT} WHERE n_previous >= 11)", 3.0, _YEAR),
    _rate("women", "2013", 19.0, f"(FROM {_COHORT} WHERE sex = 'F')", 1.5, _YEAR),
    _rate("men", "2013", 29.0, f"(FROM {_COHORT} WHERE sex = 'M')", 1.5, _YEAR),
    _rate("adults on a court order or released", "2018-2023", 34.5, _SUPERVISED, 1.5, "33 to 36 over the years"),
    _rate(
        "adults released from less than a year",
        "2018-2023",
        60.0,
        f"(FROM {_RELEASES} WHERE sentence_days < 365)",
        4.0,
        "59 to 61, a decade after OGRS3 was fitted; where the two conflict, OGRS3 is kept",
    ),
    _rate(
        "adults released from custody",
        "custody comparison group",
        42.0,
        _RELEASES,
        5.0,
        "one comparison group of one request, not a statistic of all releases",
    ),
    Figure(
        "reoffences per reoffender: everybody",
        "no year given",
        2.85,
        "n_reoffences",
        f"(FROM {_COHORT} WHERE reoffended)",
        0.1,
        "2.8 to 2.9 over the years",
    ),
    Figure(
        "reoffences per reoffender: adults released",
        "custody comparison group",
        4.1,
        "n_reoffences",
        f"(FROM {_RELEASES} WHERE reoffended)",
        0.3,
        "one comparison group of one request",
    ),
    Figure(
        "days to first reoffence: adults released",
        "custody comparison group",
        122.0,
        "days_to_first",
        f"(FROM {_RELEASES} WHERE reoffended)",
        2.0,
        _DRAWN,
    ),
    Figure(
        "share of reoffences by people with 11 or more previous offences, %",
        "no year given",
        56.5,
        "100.0 * n_reoffences * (n_previous >= 11)::INT",
        _COHORT,
        6.0,
        "records begin in 1995, so fewer people can have 11 or more than where histories reach back for decades",
        per="n_reoffences",
    ),
    Figure(
        "share of reoffences that are serious, %",
        "no year given",
        0.7,
        "100.0 * n_serious",
        first_of_year("true", _YEARS),
        0.15,
        "read as severity 1, the most serious of eight",
        per="n_reoffences",
    ),
    Figure(
        "women among adults on court orders, %", "no year given", 15.0, "100.0 * (sex = 'F')::INT", _ORDERS, 1.5, _MIX
    ),
    Figure(
        "women in prison, % of days inside",
        "no year given",
        5.0,
        "100.0 * n_days * (sex = 'F')::INT",
        "(FROM inside)",
        1.0,
        _MIX,
        per="n_days",
    ),
    *(_ethnicity(*pair) for pair in (("White", 84), ("Black", 6), ("Asian", 5), ("Mixed", 3), ("Other", 1))),
    Figure(
        "employed in the month before sentence, %",
        "no year given",
        33.3,
        "100.0 * is_employed::INT",
        "(FROM sentence)",
        4.0,
        "published as about one third",
    ),
    Figure(
        "on out-of-work benefit in the month before sentence, %",
        "no year given",
        55.0,
        "100.0 * is_on_benefit::INT",
        "(FROM sentence)",
        5.0,
        "published as over half, read as 50 to 60",
    ),
    *_need("lifestyle", 89, 71),
    *_need("accommodation", 68, 39),
    *_need("alcohol", 22, 24),
)
