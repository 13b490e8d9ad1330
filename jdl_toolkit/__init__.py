"""Matched-cohort evaluation for a Justice Data Lab: from an organisation's workbook to its report."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("jdl-toolkit")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0"
