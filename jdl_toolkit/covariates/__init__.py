"""Everything known about everybody as at the index date, and nothing of what came after."""

from .build import Covariates, build_covariates

__all__ = ["Covariates", "build_covariates"]
