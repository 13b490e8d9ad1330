"""What linkage compares in two records, at which levels, and how likely each level is among true and chance pairs.

m is the share of a level among pairs of records of one person, u among pairs of different persons. m stands here by
hand, after published figures; u is what is expected, and is measured on each register (`linkage_model`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One level of agreement.

    Parameters
    ----------
    key : str
        Short name.
    words : str
        What the level says of the two, for readers.
    condition : str
        SQL over ``column_l`` (the upload) and ``column_r`` (the register).
    m : float
        Share among true pairs.
    u : float
        Share among chance pairs that is expected; the register's own takes its place, unless `fixed`.
    fixed : bool
        u stays as it is here.
    frequency : str, optional
        Column whose frequency replaces u: agreeing on Smith says less than agreeing on Featherstonehaugh.
    """

    key: str
    words: str
    condition: str
    m: float
    u: float
    fixed: bool = False
    frequency: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One thing compared: its levels in the order in which they are tried. `neutral` says when it is no evidence."""

    key: str
    words: str
    neutral: str
    levels: tuple[Level, ...]


_SWAPPED = """((forename_l = surname_r AND jaro_winkler_similarity(surname_l, forename_r) >= 0.9)
    OR (surname_l = forename_r AND jaro_winkler_similarity(forename_l, surname_r) >= 0.9))"""


def _one_letter(name: str) -> str:
    """One letter wrong, left out or added, or two neighbours exchanged; the latter is slow to see, so asked of few."""
    left, right = f"{name}_l", f"{name}_r"
    return f"""CASE WHEN levenshtein({left}, {right}) <= 1 THEN TRUE
        WHEN length({left}) <> length({right}) THEN FALSE
        WHEN length({left}) <= 4 OR jaro_winkler_similarity({left}, {right}) >= 0.9
        THEN damerau_levenshtein({left}, {right}) <= 1 ELSE FALSE END"""


def _begins(longer: str, shorter: str) -> str:
    """Long name cut short: Harp or Harps for Harpreet."""
    return f"""(length({shorter}) >= 3 AND starts_with({longer}, {shorter}))
        OR (length({shorter}) >= 5 AND length({longer}) > length({shorter})
            AND starts_with({longer}, left({shorter}, length({shorter}) - 1)))"""


_NAME_PARTS = " OR ".join(f"surname_{a}_l = surname_{b}_r" for a in ("first", "last") for b in ("first", "last"))
_MIDDLE_FOR_FORENAME = "(forename_l = middle_name_r OR middle_name_l = forename_r)"
_WRONG_DIGITS = "hamming(dob_digits_l, dob_digits_r)"
_SAME_DAY_AND_MONTH = "month(dob_l) = month(dob_r) AND day(dob_l) = day(dob_r)"
# Two neighbours exchanged count as one slip; asked only of the few dates with two wrong digits, since it is slow
_ONE_SLIP = f"""CASE WHEN {_WRONG_DIGITS} = 2 THEN damerau_levenshtein(dob_digits_l, dob_digits_r) <= 1
    ELSE {_WRONG_DIGITS} <= 1 END OR ({_SAME_DAY_AND_MONTH} AND (year(dob_l) - year(dob_r) = 10
        OR year(dob_r) - year(dob_l) = 10 OR year(dob_l) - year(dob_r) = 100 OR year(dob_r) - year(dob_l) = 100))"""

#: m and expected u: among true pairs exact name .88, close name .073, names swapped .002, date of birth exact .948, one
#: digit off .017; chance agreement of forename 4.3e-3, surname 7.9e-4, date of birth 6.3e-5 (figures of a real
#: person-matching service, see docs/data-model.md section 4). How the rest is divided among the levels is judgement.
COMPARISONS: tuple[Comparison, ...] = (
    Comparison(
        "forename",
        "forename",
        # An initial, where a request allows it, says no more than the surname does
        "forename_l IS NULL OR forename_r IS NULL OR (length(forename_l) = 1 AND forename_l = left(forename_r, 1))",
        (
            Level("exact", "the same", "forename_l = forename_r", 0.89, 4.3e-3, frequency="forename"),
            Level("swapped", "forename and surname swapped", _SWAPPED, 0.002, 3.4e-6, fixed=True),
            Level(
                "nickname",
                "short form or other form of the name",
                """canonical_l = canonical_r OR canonical_l = canonical_too_r OR canonical_too_l = canonical_r
                OR canonical_too_l = canonical_too_r""",
                0.030,
                5e-3,
            ),
            # A slip of the pen rarely makes another usual name, but people of such names are many: Dean and Sean
            Level(
                "slip",
                "one letter wrong",
                f"(usual_forename_l IS NULL OR usual_forename_r IS NULL) AND ({_one_letter('forename')})",
                0.034,
                5e-5,
            ),
            Level(
                "cut",
                "one is the beginning of the other",
                f"{_begins('forename_l', 'forename_r')} OR {_begins('forename_r', 'forename_l')}",
                0.008,
                5e-4,
            ),
            Level("usual", "one letter differs, but both are usual names", _one_letter("forename"), 0.005, 4e-4),
            Level("alike", "similar", "jaro_winkler_similarity(forename_l, forename_r) >= 0.9", 0.008, 4e-4),
            Level("middle", "the other's middle name", _MIDDLE_FOR_FORENAME, 0.006, 5e-3),
            # Short forms are made at will: Daro for Darren, Shaz for Sharon
            Level(
                "start",
                "another, with the same three first letters",
                "length(forename_l) >= 3 AND left(forename_l, 3) = left(forename_r, 3)",
                0.003,
                6e-3,
            ),
            Level(
                "initial", "another, with the same initial", "left(forename_l, 1) = left(forename_r, 1)", 0.003, 0.055
            ),
            Level("other", "another", "ELSE", 0.011, 0.92),
        ),
    ),
    Comparison(
        "middle",
        "middle name",
        f"middle_name_l IS NULL OR middle_name_r IS NULL OR {_MIDDLE_FOR_FORENAME}",
        (
            Level("exact", "the same", "middle_name_l = middle_name_r", 0.80, 1.2e-2),
            Level(
                "part",
                "the beginning of the other, or one letter wrong",
                """(length(middle_name_l) >= 3 AND starts_with(middle_name_r, middle_name_l))
                OR (length(middle_name_r) >= 3 AND starts_with(middle_name_l, middle_name_r))
                OR levenshtein(middle_name_l, middle_name_r) <= 1""",
                0.06,
                4e-3,
            ),
            Level("initial", "the same initial", "left(middle_name_l, 1) = left(middle_name_r, 1)", 0.06, 0.08),
            Level("other", "another", "ELSE", 0.08, 0.90),
        ),
    ),
    Comparison(
        "surname",
        "surname",
        f"surname_l IS NULL OR surname_r IS NULL OR {_SWAPPED}",
        (
            Level("exact", "the same", "surname_l = surname_r", 0.91, 7.9e-4, frequency="surname"),
            Level("slip", "one letter wrong", _one_letter("surname"), 0.055, 3e-4),
            Level("alike", "similar", "jaro_winkler_similarity(surname_l, surname_r) >= 0.92", 0.010, 2e-4),
            Level(
                "part",
                "one is part of the other",
                f"""{_NAME_PARTS} OR (least(length(surname_l), length(surname_r)) >= 4
                AND (contains(surname_l, surname_r) OR contains(surname_r, surname_l)))""",
                0.006,
                3e-4,
            ),
            Level("sound", "sounds the same", "sound_l = sound_r", 0.004, 3e-3),
            # Women take other surnames more often than men do
            Level("changed", "another, of a woman", "sex_r = 'F' AND coalesce(sex_l, 'F') = 'F'", 0.010, 0.25),
            Level("other", "another", "ELSE", 0.005, 0.74),
        ),
    ),
    Comparison(
        "dob",
        "date of birth",
        "dob_l IS NULL OR dob_r IS NULL",
        (
            Level("exact", "the same", "dob_l = dob_r", 0.944, 6.3e-5),
            Level(
                "day_month",
                "day and month swapped",
                "year(dob_l) = year(dob_r) AND month(dob_l) = day(dob_r) AND day(dob_l) = month(dob_r)",
                0.012,
                2.2e-5,
            ),
            Level("digit", "one digit differs", _ONE_SLIP, 0.022, 1.2e-3),
            Level(
                "january",
                "1 January of the same year",
                """year(dob_l) = year(dob_r)
                AND (month(dob_l) = 1 AND day(dob_l) = 1 OR month(dob_r) = 1 AND day(dob_r) = 1)""",
                0.004,
                1.5e-4,
            ),
            Level("month", "another month", "year(dob_l) = year(dob_r) AND day(dob_l) = day(dob_r)", 0.003, 5e-4),
            Level("day", "another day", "year(dob_l) = year(dob_r) AND month(dob_l) = month(dob_r)", 0.004, 1.2e-3),
            Level("day_and_month", "another year", _SAME_DAY_AND_MONTH, 0.004, 2.2e-3),
            Level("digits", "two digits differ", f"{_WRONG_DIGITS} = 2", 0.002, 1e-2),
            Level("year", "the same year only", "year(dob_l) = year(dob_r)", 0.002, 2e-2),
            Level("other", "altogether another", "ELSE", 0.003, 0.96),
        ),
    ),
    Comparison(
        "sex",
        "sex",
        "sex_l IS NULL OR sex_r IS NULL",
        (
            Level("exact", "the same", "sex_l = sex_r", 0.995, 0.7),
            Level("other", "the other", "ELSE", 0.005, 0.3),
        ),
    ),
    Comparison(
        "pnc",
        "PNC id",
        "pnc_id_l IS NULL OR pnc_id_r IS NULL",
        (
            Level("exact", "the same", "pnc_id_l = pnc_id_r", 0.97, 1e-7, fixed=True),
            Level("other", "another", "ELSE", 0.03, 1.0, fixed=True),
        ),
    ),
    Comparison(
        "prison",
        "prison number",
        "prison_number_l IS NULL OR prison_number_r IS NULL",
        # A person may have had several prison numbers, so a difference says little.
        (
            Level("exact", "the same", "prison_number_l = prison_number_r", 0.80, 1e-6, fixed=True),
            Level("other", "another", "ELSE", 0.20, 1.0, fixed=True),
        ),
    ),
)
