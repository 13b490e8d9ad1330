"""The lab's records: a DuckDB file over Parquet, its schema, and what the data period covers."""

from .build import build_register
from .schema import NEEDS, OFFENCE_GROUPS, SCHEMA_VERSION, TABLES
from .store import Meta, Register
from .unchanged import require_as_prepared

__all__ = [
    "NEEDS",
    "OFFENCE_GROUPS",
    "SCHEMA_VERSION",
    "TABLES",
    "Meta",
    "Register",
    "build_register",
    "require_as_prepared",
]
