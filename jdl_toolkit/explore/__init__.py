"""What if? Other ways of matching, other people and other estimates of one analysis, looked at by hand."""

from .looks import Effect, Look
from .panel import ExplorePanel
from .workbench import Workbench

__all__ = ["Effect", "ExplorePanel", "Look", "Workbench"]
