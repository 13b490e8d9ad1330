"""`jdl match`: from its options to an answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import JDLError
from .analysis import PreparedEstimates, PreparedMatch, estimate_outcomes, match_table
from .answer import answer
from .beside import Section, beside_sections, look_beside
from .columns import OutcomeType
from .page import page_sections
from .settings import TableSpec, table_spec, without_use
from .table import Asked, Missing, PreparedTable, read_table

_SCALES = {"logit": "logit", "ps": "probability", "odds": "odds"}


@dataclass(frozen=True)
class Compared:
    """A table, matched and compared, with the specification it was done by.

    Parameters
    ----------
    values : dict
        The answer, see `answer.answer`.
    more : tuple of (str, list of Block)
        Sections of a page beyond those of every match.
    """

    spec: TableSpec
    table: PreparedTable
    found: PreparedMatch
    estimated: PreparedEstimates | None
    values: dict[str, Any]
    more: tuple[Section, ...]

    def sections(self, bins: list[dict[str, float]]) -> list[Section]:
        """What a page shows; `bins` is the histogram of the score."""
        return page_sections(self.table, self.found, self.estimated, self.spec, bins, list(self.more))


def compare_table(path: Path, options: dict[str, Any], progress: Callable[[str], None]) -> Compared:
    """Read a table, match, and estimate the difference in every outcome, as the options of `jdl match` say.

    Raises
    ------
    JDLError
        See `read_table`, `match_table` and `estimate_outcomes`.
    CouldNotBeAnswered
        If no treated person has a comparable control.
    """
    spec = spec_of(options)
    progress("reading the table")
    table = read_table(path, asked_of(options), spec)
    found = match_table(table, spec, progress)
    unused = without_use(spec.matching.method, options)
    found = replace(found, messages=(*unused, *found.messages))
    if not table.types:
        return Compared(spec, table, found, None, answer(table, found, None), ())
    estimated = estimate_outcomes(table, found, spec, progress)
    beside = look_beside(table, found, estimated, spec, panel=options["panel"], progress=progress)
    estimated = replace(estimated, messages=(*estimated.messages, *beside.messages))
    values = answer(table, found, estimated, **beside.values())
    sections = tuple(beside_sections(beside, estimated, spec.inference.confidence))
    return Compared(spec, table, found, estimated, values, sections)


def spec_of(options: dict[str, Any]) -> TableSpec:
    """The specification that the options stand for: over a file of settings, over the defaults."""
    if options["caliper"] is not None and not math.isfinite(options["caliper"]):
        raise JDLError("a caliper is a number above 0", "--caliper", "leave it out for nearest neighbours without one")
    given = {
        "seed": options["seed"],
        "covariates": {"splines": list(options["splines"]), "interactions": _pairs(options["interactions"])},
        "matching": {
            "method": options["method"],
            "scale": _SCALES.get(options["score"]),
            "calipers": [] if options["caliper"] is None else [options["caliper"]],
            "caliper_unit": options["caliper_unit"],
            "ratio": options["ratio"],
            "replace": options["replace"] or None,
            "order": options["order"],
            "exact": list(options["exact"]),
            "common_support": "range" if options["common_support"] else None,
            "trim": options["trim"],
        },
        "inference": {"bootstrap_draws": options["bootstrap"]},
    }
    return table_spec(options["settings"], **_only_given(given))


def asked_of(options: dict[str, Any]) -> Asked:
    """The columns that the options name, and how they are to be read."""
    kind = options["outcome_type"]
    return Asked(
        options["treatment"].strip(),
        options["covariates"],
        options["outcome"],
        options["categorical"],
        None if kind is None else OutcomeType(kind),
        Missing(options["missing"]),
        options["decimal"],
    )


def _pairs(names: tuple[str, ...]) -> list[list[str]]:
    pairs = [[part.strip() for part in name.split(":")] for name in names]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise JDLError("not a list of pairs", "--interactions", "write A:B,C:D")
    return pairs


def _only_given(values: dict[str, Any]) -> dict[str, Any]:
    """Without options that were not given, and sections in which none was."""
    inner = {k: _only_given(v) if isinstance(v, dict) else v for k, v in values.items()}
    return {k: v for k, v in inner.items() if v is not None and v != {} and v != []}
