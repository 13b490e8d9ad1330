"""Weighted sums over columns of any type, a block of rows at a time: no copy of the whole matrix is made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

#: Numbers in one block: two of them, and the weights, stay in a processor's cache.
BLOCK = 1 << 17

#: Rows from whose middle value distances are taken, so that sums of squares lose no digits.
SAMPLED = 101


def columns_of(x: np.ndarray | pd.DataFrame) -> list[np.ndarray]:
    """The columns of a matrix or a frame, of whatever type each is (0/1 columns may be bytes)."""
    if isinstance(x, pd.DataFrame):
        return [x.iloc[:, j].to_numpy() for j in range(x.shape[1])]
    return list(np.asarray(x).T)


def weighted_sums(columns: list[np.ndarray], weights: np.ndarray, centre: np.ndarray | None = None) -> np.ndarray:
    """Σ w x of every column under several weightings.

    Rows that none of the weightings counts are not read where they are most.

    Parameters
    ----------
    columns : list of array, shape (n_people,)
    weights : array, shape (n_weightings, n_people)
    centre : array, shape (n_columns,), optional
        Taken from each column first.

    Returns
    -------
    array, shape (n_columns, n_weightings)
    """
    columns, weights = _counted(columns, weights)
    total = np.zeros((len(columns), len(weights)))
    for rows, block in _blocks(columns, centre):
        total += block @ weights[:, rows].T
    return total


def weighted_squares(columns: list[np.ndarray], weights: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Σ w (x − centre)² of every column under several weightings; shapes as in `weighted_sums`."""
    columns, weights = _counted(columns, weights)
    total = np.zeros((len(columns), len(weights)))
    for rows, block in _blocks(columns, centre):
        total += np.square(block, out=block) @ weights[:, rows].T
    return total


def middles(columns: list[np.ndarray]) -> np.ndarray:
    """A value of each column from the middle of its first rows. From a constant column it leaves exactly zero."""
    first = [np.sort(column[:SAMPLED]) for column in columns]
    return np.array([values[len(values) // 2] for values in first], float)


def is_binary(column: np.ndarray) -> bool:
    """Whether a column holds nothing but 0 and 1; numbers show that they do not in their first rows."""
    return all(((part == 0) | (part == 1)).all() for part in (column[:BLOCK], column[BLOCK:]))


def _counted(columns: list[np.ndarray], weights: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    rows = np.flatnonzero(weights.any(axis=0))
    if 4 * len(rows) > weights.shape[1]:
        return columns, weights
    return [column[rows] for column in columns], weights[:, rows]


def _blocks(columns: list[np.ndarray], centre: np.ndarray | None) -> Iterator[tuple[slice, np.ndarray]]:
    n, size = len(columns[0]) if columns else 0, max(BLOCK // max(len(columns), 1), 256)
    buffer = np.empty((len(columns), size))
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        block = buffer[:, : rows.stop - start]
        for values, column in zip(block, columns, strict=True):
            values[:] = column[rows]
        if centre is not None:
            block -= centre[:, None]
        yield rows, block
