"""What the cohort, the covariates and the outcomes of a request cost as the register grows, beside plain pandas.

`README.md` holds the measured results. Run as ``python -m benchmarks.cohort REGISTER.duckdb …`` from the top folder.
"""
