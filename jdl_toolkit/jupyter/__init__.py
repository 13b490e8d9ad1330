"""JupyterLab at a request: copies of its notebooks to explore with, and the server that opens them.

What is made there is EXPLORATORY: it lies apart, says so in every print and cannot be released.
"""

from .copies import Prepared, prepare_notebooks
from .server import Server, start_server

__all__ = ["Prepared", "Server", "prepare_notebooks", "start_server"]
