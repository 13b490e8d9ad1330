"""Who is compared: index disposal, exclusions with their ledger, the clock, the control pool."""

from .build import Cohort, build_cohort

__all__ = ["Cohort", "build_cohort"]
