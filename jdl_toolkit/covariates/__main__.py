"""Print the page that describes the covariates: `python -m jdl_toolkit.covariates > docs/codebook.md`."""

import sys

from .meanings import codebook_page

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(codebook_page())
