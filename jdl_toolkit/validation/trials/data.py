"""Two trials whose answers are published, and the ways in which their people can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...prepared import Asked, PreparedTable, TableSpec, read_table, table_spec

DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True)
class Trial:
    """A table, what is asked of it, and the right answer where one is known.

    Parameters
    ----------
    file, treatment, outcome : str
    covariates : tuple of str
    label : str
        For readers.
    unit : {"share", "mean"}
    truth : float or None
        What every way of comparing should find: 0 for an outcome from before the treatment.
    """

    file: str
    treatment: str
    covariates: tuple[str, ...]
    outcome: str
    label: str
    unit: str
    truth: float | None = None

    def table(self) -> PreparedTable:
        """The people, read as `jdl match` reads them."""
        return read_table(DATA / self.file, Asked(self.treatment, self.covariates, (self.outcome,)), table_spec())


_RELEASED = ("age", "race", "wexp", "mar", "paro")
_TRAINEES = ("age", "educ", "race", "married", "nodegree", "re74")

#: The effect of the training programme in its own trial, dollars of 1978, and its standard error (Dehejia & Wahba
#: 1999).
TRIAL_DOLLARS, TRIAL_SE = 1_794.0, 633.0
#: The effect of financial aid in its trial, percentage points, with its 95% interval, and the two shares (Rossi, Berk &
#: Lenihan 1980; the interval is Wald's).
AID = {"treated": 22.2, "control": 30.6, "difference": -8.3, "low": -16.6, "high": -0.1}

TRIALS = {
    "aid": Trial("rossi.csv", "fin", (*_RELEASED, "prio"), "arrest", "Arrest within a year of release", "share"),
    "aid, before": Trial("rossi.csv", "fin", _RELEASED, "prio", "Convictions before prison", "mean", 0.0),
    "training": Trial(
        "lalonde.csv", "treat", (*_TRAINEES, "re75"), "re78", "Earnings in 1978, dollars", "mean", TRIAL_DOLLARS
    ),
    "training, before": Trial("lalonde.csv", "treat", _TRAINEES, "re75", "Earnings in 1975, dollars", "mean", 0.0),
}

#: Ways of comparing -> settings of the match; None: nobody is matched.
WAYS: dict[str, dict | None] = {
    "Unadjusted": None,
    "Radius, caliper 0.2": {"calipers": [0.2]},
    "Radius, caliper 0.1": {"calipers": [0.1]},
    "Radius, caliper 0.05": {"calipers": [0.05]},
    "Radius, caliper 0.01": {"calipers": [0.01]},
    "Nearest 1:1, once each": {"method": "nearest"},
    "Nearest 1:1, with replacement": {"method": "nearest", "replace": True},
    "Nearest 1:5, with replacement": {"method": "nearest", "ratio": 5, "replace": True},
    "Inverse-odds weights": {"method": "ipw"},
    "Entropy balancing": {"method": "ebal"},
    "Overlap weights": {"method": "overlap"},
}
#: In the order of the ladder: the first that balances is what a request would publish, else the last.
LADDER = tuple(name for name in WAYS if name.startswith("Radius")) + ("Entropy balancing",)
PRIMARY = LADDER[0]


def spec_of(way: str) -> TableSpec:
    """The settings of a way of comparing."""
    return table_spec(matching=WAYS[way] or {})
