"""DuckDB's SQL in Spark's words: the conditions of the linkage are written once and mean the same in both.

Spark and Splink's jar have functions of the same names as DuckDB's, but not of the same values: DuckDB compares bytes,
they compare characters; DuckDB's Jaro-Winkler counts whole transpositions, theirs half ones, too. Near a threshold that
decides. So Spark is given DuckDB's definitions, in SQL: no Python has to run on the cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import expressions as exp

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def _let(name: str, value: str, then: str) -> str:
    """SQL that works out `value` once and calls it `name` in `then`."""
    return f"element_at(transform(array({value}), {name} -> {then}), 1)"


def _bytes(text: str) -> str:
    """The text with a character for each of its bytes, so that what Spark counts are bytes."""
    return f"decode(encode({text}, 'UTF-8'), 'ISO-8859-1')"


# Letters agree that stand no further apart than this
_REACH = "CAST(greatest(greatest(length(a), length(b)) DIV 2 - 1, 0) AS INT)"
# Each letter of a takes the first free one of b within reach, whose place in b is then marked \0
_AGREEING = """aggregate(sequence(1, length(a)), named_struct('taken', '', 'rest', b), (state, i) ->
    aggregate(array(locate(substr(a, i, 1), left(state.rest, i + reach), greatest(i - reach, 1))), state, (state, j) ->
        CASE WHEN j = 0 THEN state ELSE named_struct('taken', concat(state.taken, substr(a, i, 1)),
            'rest', overlay(state.rest PLACING '\\u0000' FROM j FOR 1)) END))"""
# Of the m agreeing letters, half of those in another order, rounded down
_TRANSPOSED = """size(filter(arrays_zip(split(agreeing.taken, ''),
    filter(split(b, ''), (letter, i) -> substr(agreeing.rest, i + 1, 1) = '\\u0000')), two -> two['0'] <> two['1']))
    DIV 2"""
_JARO = f"CASE WHEN m = 0 THEN 0D ELSE (m / length(a) + m / length(b) + (m - {_TRANSPOSED}) / m) / 3 END"
# In DuckDB's order of working, for the last bit
_WINKLER = """CASE WHEN jaro <= 0.7D THEN jaro ELSE jaro + size(filter(sequence(1, least(4, length(a), length(b))),
    i -> left(a, i) = left(b, i))) * 0.1D * (1 - jaro) END"""
_SIMILARITY = _let("agreeing", _AGREEING, _let("m", "length(agreeing.taken)", _let("jaro", _JARO, _WINKLER)))
_SIMILARITY = _let("a", _bytes("a"), _let("b", _bytes("b"), _let("reach", _REACH, _SIMILARITY)))

#: DuckDB's function of two texts -> the type of its result and its definition on Spark.
_DEFINITIONS: dict[str, tuple[str, str]] = {
    "jaro_winkler_similarity": (
        "DOUBLE",
        f"CASE WHEN a = '' OR b = '' THEN 0D WHEN a = b THEN 1D WHEN a <> b THEN {_SIMILARITY} END",
    ),
    "levenshtein": ("INT", f"levenshtein({_bytes('a')}, {_bytes('b')})"),
    # The one of Splink's jar
    "damerau_levenshtein": ("INT", f"CAST(damerau_levenshtein({_bytes('a')}, {_bytes('b')}) AS INT)"),
    # Of texts of one length, as the digits of dates are
    "hamming": ("INT", "size(filter(sequence(1, length(a)), i -> substr(a, i, 1) <> substr(b, i, 1)))"),
}
#: What sqlglot makes of some of them.
_READ_AS = {exp.JarowinklerSimilarity: "jaro_winkler_similarity", exp.Levenshtein: "levenshtein"}


def define_functions(session: SparkSession) -> None:
    """Give a Spark session that has Splink's jar DuckDB's functions, under names that start with ``duck_``."""
    session.udf.registerJavaFunction("damerau_levenshtein", "uk.gov.moj.dash.linkage.LevDamerauDistance", "double")
    for name, (type_, body) in _DEFINITIONS.items():
        session.sql(
            f"CREATE OR REPLACE TEMPORARY FUNCTION duck_{name}(a STRING, b STRING) RETURNS {type_} RETURN {body}"
        )


def to_spark(sql: str) -> str:
    """Translate a query or condition from DuckDB's dialect."""
    return sqlglot.parse_one(sql, read="duckdb").transform(_renamed).sql("spark")


def _renamed(node: exp.Expression) -> exp.Expression:
    name = node.name.lower() if isinstance(node, exp.Anonymous) else _READ_AS.get(type(node))
    if name not in _DEFINITIONS:
        return node
    two = node.expressions or [node.this, node.expression]
    return exp.Anonymous(this=f"duck_{name}", expressions=two)
