"""Everything known about everybody as at the index date, and nothing of what came after."""

from .build import Covariates, Facts, build_covariates, gather
from .lacking import lacking_covariates
from .meanings import CODEBOOK_FILE, Codebook, codebook, read_codebook

__all__ = [
    "CODEBOOK_FILE",
    "Codebook",
    "Covariates",
    "Facts",
    "build_covariates",
    "codebook",
    "gather",
    "lacking_covariates",
    "read_codebook",
]
