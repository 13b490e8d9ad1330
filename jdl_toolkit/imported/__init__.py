"""Results that were published elsewhere: read, checked against themselves, kept, and put beside the lab's own."""

from .consistency import RULES, check_rows
from .figures import usable_figures
from .reading import read_results
from .schema import COLUMNS, Import, Remark, ResultRow, Usable
from .store import import_results, read_imported, read_imports

__all__ = [
    "COLUMNS", "Import", "RULES", "Remark", "ResultRow", "Usable", "check_rows", "import_results", "read_imported",
    "read_imports", "read_results", "usable_figures",
]  # fmt: skip
