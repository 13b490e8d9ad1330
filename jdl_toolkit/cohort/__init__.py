"""Who is compared: index disposal, exclusions with their ledger, the clock, the control pool."""

from .build import Cohort, Cohorts, build_cohort, build_cohorts

__all__ = ["Cohort", "Cohorts", "build_cohort", "build_cohorts"]
