"""One published figure beside what the toolkit makes of it: a line of the table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd

from ...numbers import number, significant

#: What is recomputed, with its sources (README.md there): it travels with the toolkit.
DATA = Path(__file__).parent.parent / "data"


class Verdict(StrEnum):
    """What came of a published figure."""

    agrees = "agrees"
    #: Other published figures allow it without fixing it: nothing is recomputed to a number that could be compared.
    fits = "fits"
    #: Put into a sum, not the outcome of one: that it comes out again says nothing.
    given = "taken as given"
    #: The toolkit has another figure: a fault of the toolkit, until shown otherwise.
    differs = "differs"
    #: Published figures that do not fit each other, or that no arithmetic reaches: not the toolkit's doing.
    contradiction = "contradiction"
    #: Figures that call for caution, though both may be right.
    caution = "caution"
    not_recomputable = "not recomputable"


@dataclass(frozen=True)
class Line:
    """A published figure, or a block of reference results of one kind, and what became of it.

    Parameters
    ----------
    source : str
        Document or file.
    figure : str
        What it is a figure of.
    published, recomputed : str
        As printed; recomputed is empty where it could not be.
    verdict : Verdict
    by : str
        The function of the toolkit that recomputed it.
    why : str
        Where it does not agree or could not be recomputed: the reason.
    n : int
        Figures that the line stands for.
    n_agree : int
        Those of them that agree.
    apart : float
        The largest relative difference found among those that were compared; NaN for figures that are exact or rounded.
    """

    source: str
    figure: str
    published: str
    recomputed: str
    verdict: Verdict
    by: str = ""
    why: str = ""
    n: int = 1
    n_agree: int = 0
    apart: float = math.nan


def exact(source: str, figure: str, published: str | float, recomputed: str | float, by: str, why: str = "") -> Line:
    """Figures that must print alike; `why` is kept where they do not, or as a remark."""
    told = tuple(value if isinstance(value, str) else plain_number(value) for value in (published, recomputed))
    same = told[0] == told[1]
    return Line(source, figure, *told, Verdict.agrees if same else Verdict.differs, by, why, 1, int(same))


def follows(source: str, figure: str, published: str | float, recomputed: str | float, by: str, why: str = "") -> Line:
    """A published figure against others of the same publication: where it does not follow, they contradict it."""
    found = exact(source, figure, published, recomputed, by, why)
    if found.verdict is Verdict.differs:
        return Line(**asdict(found) | {"verdict": Verdict.contradiction})
    return found


def cannot(source: str, figure: str, published: str | float, why: str, n: int = 1) -> Line:
    """A figure that nothing here can recompute, and the reason."""
    told = published if isinstance(published, str) else plain_number(published)
    return Line(source, figure, told, "", Verdict.not_recomputable, "", why, n)


def given(source: str, figure: str, published: str | float, why: str, n: int = 1) -> Line:
    """A figure that others are computed from."""
    told = published if isinstance(published, str) else plain_number(published)
    return Line(source, figure, told, "", Verdict.given, "", why, n)


def plain_number(x: float) -> str:
    """A count with separators; another number with the digits it has."""
    return number(x) if float(x).is_integer() else (number(x, 10).rstrip("0") if abs(x) < 1e4 else significant(x, 10))


def to_frame(lines: Iterable[Line]) -> pd.DataFrame:
    """A row per line, with the fields of `Line`."""
    return pd.DataFrame([asdict(line) for line in lines])


def from_frame(frame: pd.DataFrame) -> list[Line]:
    """Lines as they were written."""
    return [Line(**row | {"verdict": Verdict(row["verdict"])}) for row in frame.to_dict("records")]
