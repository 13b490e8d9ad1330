"""JupyterLab at a request: copies of its notebooks to explore with, and the server that opens them.

What is made there is EXPLORATORY: it lies apart, says so in every print and cannot be released.
"""

from .copies import BroughtOver, Prepared, bring_over, prepare_notebooks
from .server import Server, start_server
from .serving import Serving, serving_of

__all__ = ["BroughtOver", "Prepared", "Server", "Serving", "bring_over", "prepare_notebooks", "serving_of"]
__all__ += ["start_server"]
