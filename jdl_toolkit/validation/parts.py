"""The parts of the validation study, in the order in which a reader meets them."""

from __future__ import annotations

from ..errors import JDLError
from . import drawing_rules, faults, hostile, leak_hunt, matching, published, trials, whole_line, workbooks
from .part import Part

PARTS: tuple[Part, ...] = (
    matching.PART,
    whole_line.PART,
    trials.PART,
    drawing_rules.PART,
    published.PART,
    faults.PART,
    workbooks.PART,
    hostile.PART,
    leak_hunt.PART,
)


def chosen(keys: tuple[str, ...], parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of these keys, in the order of the study; all of them if none is named.

    Raises
    ------
    JDLError
        If there is no part of a name, with those that there are.
    """
    known = {part.key: part for part in parts}
    if unknown := [key for key in keys if key not in known]:
        raise JDLError(f"there is no part {', '.join(unknown)}", "jdl validate", f"choose among {', '.join(known)}")
    return tuple(part for part in parts if not keys or part.key in keys)
