"""`jdl bulletin`: the bulletin of one period, from every request of a lab to its published pages."""

from .leaks import check_bulletin
from .make import BULLETINS, MadeBulletin, bulletin_folder, make_bulletin
from .tables import last_before, reports_released

__all__ = [
    "BULLETINS",
    "MadeBulletin",
    "bulletin_folder",
    "check_bulletin",
    "last_before",
    "make_bulletin",
    "reports_released",
]
