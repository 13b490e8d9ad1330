"""The same linkage on Spark, for registers and uploads that are too large for one machine.

Candidates are found and compared on the cluster, by the conditions and with the parameters that DuckDB uses; what is
decided from them is decided here. The cluster needs no Python: only Spark, and the jar that Splink brings along.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ..errors import JDLError
from ..register import Register
from ..register.linkage_model import quiet_splink, splink_settings
from .candidates import entries_of, pairs_query, typed
from .scoring import side_of_pair
from .spark_dialect import define_functions, to_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_WITHOUT = "or take `linkage:` out of the data source, so that DuckDB does the work"


@dataclass(frozen=True)
class SparkEngine:
    """Find and compare candidates on Spark; called as `compare_in_duckdb` is.

    Parameters
    ----------
    master : str
        Address of the cluster as Spark writes it, such as ``spark://host:7077``; ``local[4]`` is this machine.
        Everything else about the cluster stands in its own ``spark-defaults.conf``.
    index : Path
        Where the Parquet copy of the register's linkage index is kept. Every machine of the cluster must see it there.

    Raises
    ------
    JDLError
        If pyspark or Java is not installed.
    """

    master: str
    index: Path

    def __post_init__(self) -> None:
        require_spark()

    def __call__(
        self, asked: pd.DataFrame, register: Register, parameters: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        copy_index(register, self.index)
        with open_session(self.master) as session:
            return compare_on_spark(session, self.index, asked, register, parameters)


def require_spark() -> None:
    """Raise a `JDLError` if pyspark or Java is not installed."""
    if importlib.util.find_spec("pyspark") is None:
        fix = f"install it with `pip install 'jdl-toolkit[spark]'`, {_WITHOUT}"
        raise JDLError("the data source asks for Spark, which is not installed", "parameters/data_sources.yml", fix)
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=str(Path(home) / "bin") if home else None):
        fix = f"install Java 17 or later (or correct JAVA_HOME), {_WITHOUT}"
        raise JDLError("Spark needs Java, which was not found", "parameters/data_sources.yml", fix)


def copy_index(register: Register, path: Path) -> None:
    """Write the register's linkage index as one Parquet file, unless a copy of the same content is there.

    The copy states the fingerprint of what it holds, takes the register's permissions, and appears whole or not at all.
    """
    fingerprint = register.sql("SELECT bit_xor(hash(e::VARCHAR))::VARCHAR AS hash FROM linkage_index e")["hash"].iloc[0]
    state = f"{register.digest} {fingerprint}"
    if path.is_file() and (pq.read_metadata(path).metadata or {}).get(b"register") == state.encode():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        quoted = temporary.replace("'", "''")
        register.sql(
            f"""COPY (SELECT * FROM linkage_index ORDER BY entry_id)
            TO '{quoted}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{register: '{state}'}})"""
        )
        shutil.copymode(register.path, temporary)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def open_session(master: str) -> Iterator[SparkSession]:
    """A Spark session that says nothing and leaves nothing behind: stopped at the end, its files deleted.

    Raises
    ------
    JDLError
        If Spark does not start or a step of it fails. The message names the kind of fault only, since Spark's own may
        hold values of a row.
    """
    from pyspark.sql import SparkSession

    if SparkSession.getActiveSession() is not None:
        raise JDLError("a Spark session is open already", "linkage on Spark", "stop it, or restart the kernel")
    with tempfile.TemporaryDirectory(prefix="jdl-spark-") as scratch, _telling_the_kind_only(master), _quietly():
        with _started(master, Path(scratch)) as session:
            yield session


@contextmanager
def _telling_the_kind_only(master: str) -> Iterator[None]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from splink.internals.exceptions import SplinkException

    try:
        yield
    except (PySparkException, Py4JError, SplinkException) as fault:
        fault = fault.__cause__ if isinstance(fault.__cause__, PySparkException) else fault
        kind = (fault.getCondition() if isinstance(fault, PySparkException) else None) or type(fault).__name__
        fix = "see that Java 17 or later is used and that the cluster answers and sees the linkage index"
        raise JDLError(f"Spark did not do its work ({kind})", f"Spark at {master}", fix) from None


@contextmanager
def _quietly() -> Iterator[None]:
    """pyspark warns of pandas 3, which is not used here, and logs a failed query with all that Spark says of it."""
    logger = logging.getLogger("SQLQueryContextLogger")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


@contextmanager
def _started(master: str, scratch: Path) -> Iterator[SparkSession]:
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    conf = SparkConf().setMaster(master).setAppName("jdl linkage").setAll(list(_settings(master, scratch).items()))
    gateway = launch_gateway(conf, {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
    try:
        session = SparkSession(SparkContext(conf=conf, gateway=gateway))
        try:
            session.conf.set("spark.sql.shuffle.partitions", str(session.sparkContext.defaultParallelism))
            yield session
        finally:
            session.stop()
    finally:
        # Stopping the session leaves Java running with some 500 MB; it ends when nobody talks to it any more
        SparkContext._gateway = SparkContext._jvm = None
        gateway.shutdown()
        if gateway.proc is not None:
            gateway.proc.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                gateway.proc.wait(timeout=30)


def _settings(master: str, scratch: Path) -> dict[str, str]:
    from splink.backends.spark import similarity_jar_location

    settings = {
        "spark.jars": similarity_jar_location(),
        # Nothing about anybody in logs, pages or histories; what is spilled to disk is encrypted and in one place
        "spark.log.level": "OFF",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
        "spark.io.encryption.enabled": "true",
        "spark.local.dir": str(scratch),
        "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={scratch}",
        "spark.sql.warehouse.dir": (scratch / "warehouse").as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def compare_on_spark(
    session: SparkSession, index: Path, asked: pd.DataFrame, register: Register, parameters: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the candidate pairs of an upload and compare them, in a Spark session.

    Parameters
    ----------
    session : SparkSession
    index : Path
        From `copy_index`.
    asked, register, parameters
        As in `compare_in_duckdb`.

    Returns
    -------
    compared, entries : DataFrame
        As from `compare_in_duckdb`.
    """
    from splink import Linker
    from splink.backends.spark import SparkAPI

    quiet_splink()
    api = SparkAPI(spark_session=session, break_lineage_method="persist", register_udfs_automatically=False)
    define_functions(session)
    _prepare_views(session, index, asked)
    sides = [api.register(f"{name}_compared", dataset_display_name=name) for name in ("asked", "entries")]
    settings, frequencies = _settings_on_spark(parameters)
    linker = Linker(sides, settings, log_level=None, validate_settings=False)
    for column in frequencies:
        same = session.sql(f"SELECT DISTINCT {column}, {column} AS tf_{column} FROM entries_compared")
        linker.table_management.register_term_frequency_lookup(api.register(same), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register("pairs_compared"))
    predicted = linker.inference.predict(warning_mode="never").as_spark_dataframe()
    weights = [c for c in predicted.columns if c.startswith(("gamma_", "mw_"))]
    compared = predicted.selectExpr("unique_id_l AS row", "unique_id_r AS entry_id", *weights).toArrow().to_pandas()
    session.catalog.clearCache()
    compared = compared.sort_values(["row", "entry_id"], ignore_index=True)
    return compared, entries_of(compared, register)


def _prepare_views(session: SparkSession, index: Path, asked: pd.DataFrame) -> None:
    """Find the pairs, and give Splink its three tables: asked_compared, entries_compared, pairs_compared."""
    session.read.parquet(index.resolve().as_uri()).createOrReplaceTempView("linkage_index")
    session.createDataFrame(typed(asked)).createOrReplaceTempView("asked")
    session.sql(to_spark(pairs_query())).persist().createOrReplaceTempView("pairs")
    # Where names agree exactly, the entry's frequencies are the record's, too
    side = side_of_pair(asked.assign(tf_forename=np.nan, tf_surname=np.nan), "row")
    session.createDataFrame(side).createOrReplaceTempView("asked_compared")
    columns = ", ".join(c for c in side.column_names if c != "unique_id")
    queries = {
        "entries_compared": f"""SELECT entry_id AS unique_id, {columns}
            FROM linkage_index LEFT SEMI JOIN pairs USING (entry_id)""",
        "pairs_compared": """SELECT concat('asked-__-', row) AS join_key_l,
            concat('entries-__-', entry_id) AS join_key_r, '0' AS match_key FROM pairs""",
    }
    for name, query in queries.items():
        session.sql(query).persist().createOrReplaceTempView(name)


def _settings_on_spark(parameters: pd.DataFrame) -> tuple[Any, list[str]]:
    """Splink's settings with the conditions in Spark's dialect, and the columns that hold frequencies.

    Splink looks the frequency of a name up by the name; here each entry brings its own. DuckDB takes the entry's column
    where Splink adds another of the same name; Spark refuses. So frequencies are looked up by themselves.
    """
    settings = splink_settings("link_only", parameters, retain_intermediate_calculation_columns=True)
    frequencies = []
    for level in (level for comparison in settings.comparisons for level in comparison["comparison_levels"]):
        if level["sql_condition"] != "ELSE":
            level["sql_condition"] = to_spark(level["sql_condition"])
        if "tf_adjustment_column" in level:
            level["tf_adjustment_column"] = f"tf_{level['tf_adjustment_column']}"
            frequencies.append(level["tf_adjustment_column"])
    return settings, frequencies
