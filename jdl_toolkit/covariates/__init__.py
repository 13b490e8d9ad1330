"""Everything known about everybody as at the index date, and nothing of what came after."""

from .build import Covariates, build_covariates
from .meanings import CODEBOOK_FILE, Codebook, codebook, read_codebook

__all__ = ["CODEBOOK_FILE", "Codebook", "Covariates", "build_covariates", "codebook", "read_codebook"]
