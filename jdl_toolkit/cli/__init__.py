"""The command line: `jdl init`, `synth`, `register build`, `check`, `run`, `lab`, `record`, `diff`, `status`, `match` …

Every command has `--help` with an example, and `--json` for one JSON object on standard output; messages and progress
go to standard error. Exit status: 0 done; 2 the input is wrong; 3 the request could not be answered; 4 a gate is
closed; 1 a fault of the toolkit.
"""

from . import exploring, many, outside, products, requests, setting_up, validating  # noqa: F401  (each adds its commands)
from .frame import main

__all__ = ["main"]
