"""What is done with a lab before everything in it is searched: runs that end well, that are refused, that fail."""

from __future__ import annotations

from collections.abc import Callable

from . import ending_well, failing, refused
from .place import Place

#: The dearest last: a run that is stopped has tried most by then.
SCENES: dict[str, Callable[[Place], None]] = {
    "could not be answered": ending_well.unanswered,
    "failing functions": failing.failing_functions,
    "odd uploads": refused.checked,
    "people in settings and texts": refused.named,
    "printed in the report": failing.printed,
    "failing notebooks": failing.failing_notebooks,
    "prepared table": ending_well.table,
    "register with misplaced people": refused.register,
    "debugging": failing.debugging,
    "reported and released": ending_well.reported,
    "batch": ending_well.batch,
    "killed": failing.killed,
    "parts called like people": refused.parted,
    "explored": ending_well.explored,
    "several analyses": ending_well.several,
}
