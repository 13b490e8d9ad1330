"""A result that was published elsewhere: the columns of the file, a row, and the import that is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field

from ..spec import Model, Need, Sector, Setting
from .printed import Printed
from .words import Direction, Kind

SCHEMA_VERSION = "1.0"

#: Column of the file -> what belongs in it.
COLUMNS: dict[str, str] = {
    "id": "short name of the row, once in the file",
    "programme": "service or programme; NON-JDL: before it if another body evaluated it",
    "publication": "when it was published, as the source says: Dec 2013, 2 Jun 2015, 2013-14",
    "setting_or_subgroup": "whom the result is of",
    "n_submitted": "people submitted",
    "n_treatment": "people in the treatment group analysed",
    "n_control": "people in the control group",
    "outcome": "one-year proven reoffending rate, one-year proven reoffending frequency …",
    "unit": "percent, offences per 100 people, offences per person, days, direction",
    "treatment_value": "value of the treatment group",
    "control_value": "value of the control group",
    "effect_t_minus_c": "treatment less control; negative is a reduction; or words: lower",
    "ci95_low": "lower limit of the 95 per cent interval of the difference",
    "ci95_high": "upper limit",
    "p_value": "0.03, <0.01",
    "significant_as_published": "yes, no; with the direction, if stated: yes (lower)",
    "source_kind": "official report, press, blog …",
    "source_title": "title of the source",
    "source_address": "where it is",
    "notes": "anything else, in words",
    "organisation": "who ran it; if left out, the programme stands for it",
    "need": "one of: " + ", ".join(Need),
    "sector": "one of: " + ", ".join(Sector),
    "setting": "one of: " + ", ".join(Setting),
    "published": "day of publication: 2013-12-12 or 12/12/2013",
    "relative_change_pct": "100 (treatment - control) / control",
}
REQUIRED = ("id", "programme", "outcome", "unit", "source_title")
NUMBERS = (
    "n_submitted", "n_treatment", "n_control", "treatment_value", "control_value", "effect_t_minus_c", "ci95_low",
    "ci95_high", "p_value", "relative_change_pct",
)  # fmt: skip
#: Numbers of people: 1 or more.
COUNTS = ("n_submitted", "n_treatment", "n_control")
CHOICES: dict[str, type] = {"need": Need, "sector": Sector, "setting": Setting}
OTHER_BODY = "NON-JDL:"


class ResultRow(Model):
    """One published result, as far as it could be read.

    Parameters
    ----------
    id, programme, publication, subgroup, outcome, unit : str
    kind : Kind
    n_submitted, n_treatment, n_control, treatment, control, effect, ci_low, ci_high, p_value, relative : Printed
        In the published unit; None: not stated, or not a number.
    significant : bool or None
        As published.
    direction : Direction or None
        As published, in words.
    first_day, last_day : date or None
        Between them it was published.
    is_adjusted : bool
        The estimate rests on an outcome model, so that its interval may be narrower than the groups' own variance.
    is_jdl : bool
        Whether a Justice Data Lab made the analysis.
    as_published : dict
        The row's cells, as they stood in the file.
    unreadable : tuple of str
        Columns that hold something that is no number, though one belongs there.
    """

    id: str
    programme: str
    publication: str = ""
    subgroup: str = ""
    outcome: str
    unit: str
    kind: Kind
    n_submitted: Printed | None = None
    n_treatment: Printed | None = None
    n_control: Printed | None = None
    treatment: Printed | None = None
    control: Printed | None = None
    effect: Printed | None = None
    ci_low: Printed | None = None
    ci_high: Printed | None = None
    p_value: Printed | None = None
    relative: Printed | None = None
    significant: bool | None = None
    direction: Direction | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    notes: str = ""
    is_adjusted: bool = False
    is_jdl: bool = True
    organisation: str = ""
    need: Need | None = None
    sector: Sector | None = None
    setting: Setting | None = None
    source_title: str = ""
    as_published: dict[str, str] = {}
    unreadable: tuple[str, ...] = ()

    @property
    def published(self) -> dt.date | None:
        """Day of publication, or the first of its month; None if not even the month is known."""
        known = self.first_day and self.last_day and (self.last_day - self.first_day).days <= 31
        return self.first_day if known else None


class Remark(Model):
    """What the checker has to say of a row: the rule, the row, and in a sentence what does not fit."""

    rule: str
    row: str
    what: str


class Usable(Model):
    """Figures of a row for the portfolio, in percentage points; or why there are none.

    `derived`: how they follow from what was published; empty if they were published as they are.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    derived: str = ""
    why_not: str = ""


class Import(Model):
    """Results published elsewhere that were imported from one file, as kept in ``imported/<name>.json``.

    Parameters
    ----------
    name : str
    version : int
        From 1; each replacement has the next, and a reason.
    imported : date
    digest : str
        SHA-256 of the file.
    """

    schema_version: str = SCHEMA_VERSION
    name: str
    version: int = Field(1, ge=1)
    reason: str = ""
    imported: dt.date
    file: str
    digest: str
    toolkit_version: str
    rows: tuple[ResultRow, ...]
    remarks: tuple[Remark, ...]
    usable: dict[str, Usable]

    def remarks_on(self, row: str) -> tuple[Remark, ...]:
        """What the checker says of one row."""
        return tuple(remark for remark in self.remarks if remark.row == row)

    def to_values(self) -> dict[str, Any]:
        """As ``--json`` prints it: counts, and every remark."""
        used = [key for key, one in self.usable.items() if not one.why_not]
        return {
            "name": self.name,
            "version": self.version,
            "n_rows": len(self.rows),
            "n_used": len(used),
            "used": used,
            "listed_only": {key: one.why_not for key, one in self.usable.items() if one.why_not},
            "remarks": [remark.model_dump() for remark in self.remarks],
        }
