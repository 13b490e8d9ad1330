"""Splink weighs each candidate pair: how much likelier it is that two records of one person look like this."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from ..register import Register
from ..register.comparisons import COMPARISONS
from ..register.linkage_model import memory_connection, quiet_splink, splink_settings
from .candidates import find_candidates

_TEXT = (
    "forename",
    "middle_name",
    "surname",
    "surname_first",
    "surname_last",
    "usual_forename",
    "canonical",
    "canonical_too",
    "sound",
    "dob_digits",
    "sex",
    "pnc_id",
    "prison_number",
)


#: What finds candidate pairs and has Splink compare them: called and answering as `compare_in_duckdb`.
Engine = Callable[[pd.DataFrame, Register, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]


def compare_in_duckdb(
    asked: pd.DataFrame, register: Register, parameters: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the candidate pairs of an upload and compare them, on this machine.

    Parameters
    ----------
    asked : DataFrame
        From `normalise_records`.
    parameters : DataFrame with comparison, level, m, u

    Returns
    -------
    compared : DataFrame
        A line per pair: row, entry_id, and of each comparison Splink's ``gamma_…`` (level), ``mw_…`` and
        ``mw_tf_adj_…`` (log2 of the Bayes factor).
    entries : DataFrame with the columns of `linkage_index`
        Those that stand in a pair.
    """
    pairs, entries = find_candidates(asked, register)
    return (_splink_scores(asked, pairs, entries, parameters) if len(pairs) else pairs), entries


def score_candidates(compared: pd.DataFrame, entries: pd.DataFrame) -> pd.DataFrame:
    """What each candidate pair weighs, and at which level it agrees on what.

    Parameters
    ----------
    compared, entries : DataFrame
        From an engine, such as `compare_in_duckdb`.

    Returns
    -------
    DataFrame with row, entry_id, person_id, is_alias, match_weight (log2 of the Bayes factor, without a prior), one
    column per comparison with the key of its level (``no evidence`` if it has none) and one, such as pnc_weight, with
    its part of match_weight; sorted by row, entry_id
    """
    if compared.empty:
        columns = ["row", "entry_id", "person_id", "is_alias", "match_weight", *(c.key for c in COMPARISONS)]
        columns += [f"{c.key}_weight" for c in COMPARISONS]
        return pd.DataFrame({c: pd.Series(dtype="float64" if "weight" in c else "int64") for c in columns})
    levels = pd.DataFrame({c.key: _level_keys(c, compared[f"gamma_{c.key}"].to_numpy()) for c in COMPARISONS})
    parts = pd.DataFrame(
        {
            f"{c.key}_weight": compared[[w for w in (f"mw_{c.key}", f"mw_tf_adj_{c.key}") if w in compared]].sum(axis=1)
            for c in COMPARISONS
        }
    )
    result = compared[["row", "entry_id"]].assign(match_weight=parts.sum(axis=1))
    result = pd.concat([result, levels, parts], axis=1)
    result = result.merge(entries[["entry_id", "person_id", "is_alias"]], on="entry_id")
    return result.sort_values(["row", "entry_id"], kind="stable").reset_index(drop=True)


def _splink_scores(
    asked: pd.DataFrame, pairs: pd.DataFrame, entries: pd.DataFrame, parameters: pd.DataFrame
) -> pd.DataFrame:
    from splink import DuckDBAPI, Linker

    quiet_splink()
    kept = {"retain_matching_columns": True, "retain_intermediate_calculation_columns": True}
    settings = splink_settings("link_only", parameters, **kept)
    # Where names agree exactly, the entry's frequencies are the record's, too
    asked = asked.assign(tf_forename=np.nan, tf_surname=np.nan)
    with memory_connection(threads=2) as con:
        for name, frame, key in (("asked", asked, "row"), ("entries", entries, "entry_id")):
            con.register("frame", side_of_pair(frame, key))
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
            con.unregister("frame")
        con.register("pair_frame", pairs)
        con.execute(
            """CREATE TABLE pairs AS
            SELECT 'asked-__-' || row AS join_key_l, 'entries-__-' || entry_id AS join_key_r, '0' AS match_key
            FROM pair_frame"""
        )
        api = DuckDBAPI(con)
        sides = [api.register(name, dataset_display_name=name) for name in ("asked", "entries")]
        linker = Linker(sides, settings, log_level=None, validate_settings=False)
        linker.table_management.register_blocked_pairs_for_predict(api.register("pairs"))
        predicted = linker.inference.predict(warning_mode="never")
        return con.execute(
            f"""
            SELECT unique_id_l AS row, unique_id_r AS entry_id, COLUMNS(c -> c[:6] = 'gamma_' OR c[:3] = 'mw_')
            FROM {predicted.physical_name} ORDER BY row, entry_id
            """
        ).df()


def side_of_pair(frame: pd.DataFrame, key: str) -> pa.Table:
    """What Splink is given of one side, with declared types: unique_id (from `key`) and what is compared."""
    columns = {"unique_id": pa.Array.from_pandas(frame[key], type=pa.int64())}
    columns |= {c: pa.Array.from_pandas(frame[c], type=pa.string()) for c in _TEXT}
    columns |= {"dob": pa.Array.from_pandas(frame["dob"], type=pa.date32())}
    columns |= {c: pa.Array.from_pandas(frame[c], type=pa.float64()) for c in ("tf_forename", "tf_surname")}
    return pa.table(columns)


def _level_keys(comparison, gamma: np.ndarray) -> np.ndarray:
    # Splink counts levels from the last (0) to the first; -1 is no evidence, which the last place of the array serves
    keys = [level.key for level in reversed(comparison.levels)] + ["no evidence"]
    return np.array(keys, dtype=object)[gamma]
