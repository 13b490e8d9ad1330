"""The Fellegi-Sunter model: what is compared, at which levels, how likely each is among true and chance pairs.

m is the share of a level among pairs of records of one person, u among pairs of different persons. u is measured on
each register by Splink, once, when it is built. m stands here by hand, after published figures: a register holds too
few records twice to learn from, and twins among them would teach that forenames differ. Levels that no sample can
show (identifiers, swapped names) have both set by hand; left to itself, EM would give "identifier differs" a weight
that no other evidence could outweigh.
"""

from __future__ import annotations

import logging

import duckdb
import pandas as pd
import pyarrow as pa

from .comparisons import COMPARISONS, Comparison

#: People sampled to measure u; their pairs grow with the square.
SAMPLE = 1500
#: The expected u counts as so many pairs beside the measured ones, so that a level never seen has a u all the same.
EXPECTED_PAIRS = 20_000


def train_linkage_model(con: duckdb.DuckDBPyConnection) -> None:
    """Measure u on the register in use and write the table `linkage_parameters`: comparison, position, level, m, u."""
    sample = con.execute(
        f"""
        SELECT entry_id AS unique_id, * EXCLUDE (entry_id, person_id, is_alias, tf_forename, tf_surname)
        FROM linkage_index WHERE NOT is_alias
        ORDER BY md5(person_id::VARCHAR), person_id LIMIT {SAMPLE}
        """
    ).to_arrow_table()
    parameters = _measured(sample)
    con.register("measured", parameters)
    con.execute("CREATE OR REPLACE TABLE linkage_parameters AS SELECT * FROM measured ORDER BY comparison, position")
    con.unregister("measured")


def _measured(sample: pa.Table) -> pd.DataFrame:
    """Parameters with u shrunk from the expected to what Splink finds among all pairs of the sample."""
    n_pairs = len(sample) * (len(sample) - 1) // 2
    found = _u_among_pairs(sample) if n_pairs else {}
    rows = []
    for comparison in COMPARISONS:
        for position, level in enumerate(comparison.levels):
            u = level.u
            if not level.fixed:
                seen = found.get((comparison.key, level.key), 0.0)
                u = (seen * n_pairs + level.u * EXPECTED_PAIRS) / (n_pairs + EXPECTED_PAIRS)
            rows.append((comparison.key, position, level.key, level.m, u))
    return pd.DataFrame(rows, columns=["comparison", "position", "level", "m", "u"])


def _u_among_pairs(sample: pa.Table) -> dict[tuple[str, str], float]:
    from splink import DuckDBAPI, Linker

    quiet_splink()
    with memory_connection(threads=2) as con:
        con.register("sample_frame", sample)
        con.execute("CREATE TABLE people AS SELECT * FROM sample_frame ORDER BY unique_id")
        api = DuckDBAPI(con)
        linker = Linker(api.register("people"), splink_settings("dedupe_only"), log_level=None, validate_settings=False)
        # More pairs than there are: Splink then takes all of them, in place of a random part.
        linker.training.estimate_u_using_random_sampling(max_pairs=1e12, min_count_per_level=None, num_chunks=1)
        trained = linker.misc.save_model_to_json()
    found = {}
    for comparison, described in zip(COMPARISONS, trained["comparisons"], strict=True):
        measured = [
            level.get("u_probability") for level in described["comparison_levels"] if not level.get("is_null_level")
        ]
        for level, u in zip(comparison.levels, measured, strict=True):
            found[comparison.key, level.key] = float(u) if isinstance(u, int | float) else 0.0
    return found


def splink_settings(link_type: str, parameters: pd.DataFrame | None = None, **more):
    """The model as Splink's settings, with m and u from `parameters`, or without them for training."""
    from splink import SettingsCreator

    values = {} if parameters is None else parameters.set_index(["comparison", "level"])[["m", "u"]].to_dict("index")
    return SettingsCreator(
        link_type=link_type, comparisons=[_splink_comparison(c, values) for c in COMPARISONS], **more
    )


def _splink_comparison(comparison: Comparison, values: dict) -> dict:
    null = {"sql_condition": comparison.neutral, "label_for_charts": "no evidence", "is_null_level": True}
    levels = [null]
    for level in comparison.levels:
        described = {"sql_condition": level.condition, "label_for_charts": level.key}
        if values:
            known = values[comparison.key, level.key]
            described |= {"m_probability": known["m"], "u_probability": known["u"]}
            if level.frequency:
                described |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
        levels.append(described)
    return {"output_column_name": comparison.key, "comparison_levels": levels}


def quiet_splink() -> None:
    """Splink explains itself at length on the console; the notebook says what matters."""
    logging.getLogger("splink").setLevel(logging.ERROR)


def memory_connection(threads: int) -> duckdb.DuckDBPyConnection:
    """A scratch database in memory that draws no progress bar."""
    con = duckdb.connect(":memory:", config={"threads": threads})
    con.execute("PRAGMA disable_progress_bar")
    return con
