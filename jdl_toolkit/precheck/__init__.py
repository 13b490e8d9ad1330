"""What an organisation is told before anything is sent or linked: can it be submitted, what to expect, does it suit."""

from .check import Check, check_upload, faults_with_rows
from .forecast import Forecast, forecast_analysis
from .suitability import Suitability, judge_suitability

__all__ = [
    "Check", "Forecast", "Suitability", "check_upload", "faults_with_rows", "forecast_analysis", "judge_suitability",
]  # fmt: skip
