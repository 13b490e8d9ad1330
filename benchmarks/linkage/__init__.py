"""How often linkage is right and how long it takes, beside exact matching and deterministic tiers on the same uploads.

`README.md` holds the measured results. Run as ``python -m benchmarks.linkage REGISTER.duckdb`` from the top folder.
"""
