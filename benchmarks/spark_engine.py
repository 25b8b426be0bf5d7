"""Spark in local mode as an engine of the project's transforms: its settings, and where its SQL says it differently."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

# Settings under which Spark answers as DuckDB does: moments without a time zone, null where a number does not exist,
# nulls kept in JSON.
_SAME_ANSWERS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.jsonGenerator.ignoreNullFields": "false",
}


class SparkCompiler(PySparkCompiler):
    """Ibis' compiler for Spark, with what the transforms use and it does not say, or says for another engine."""

    SIMPLE_OPS = {ops.BitOr: "bit_or"}  # noqa: RUF012 - Ibis reads it once per class

    def visit_RegexReplace(self, op: ops.RegexReplace, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: ARG002, N802
        r"""Names groups as Java does: `$1`, where others say `\1`."""
        return self.f.regexp_replace(arg, pattern, sge.Literal.string(replacement.this.replace("\\", "$")))


def open_spark(scratch: Path, threads: int, memory: str) -> Backend:
    """Starts Spark in local mode and returns its Ibis backend.

    Args:
        scratch: Folder for shuffles and spills.
        threads: Threads, as many as DuckDB has.
        memory: Heap of the Java process.
    """
    from pyspark.sql import SparkSession

    settings = {
        **_SAME_ANSWERS,
        "spark.driver.memory": memory,
        "spark.local.dir": str(scratch / "local"),
        "spark.sql.warehouse.dir": str(scratch / "tables"),
        # The default of 200 is for clusters: on one machine each partition is a task to start and a file to write.
        "spark.sql.shuffle.partitions": str(4 * threads),
        "spark.sql.adaptive.enabled": "true",
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.ui.enabled": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    builder: Any = SparkSession.builder.master(f"local[{threads}]").appName("govbiz-benchmark")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    backend = ibis.pyspark.connect(session)
    backend.compiler = SparkCompiler()
    return backend


def install_pseudonym(backend: Backend, key: bytes) -> None:
    """Gives the session the function that the transforms call `pseudonym`; keys of up to 64 bytes."""
    block = key.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block).hex() for pad in (0x36, 0x5C))
    text = "encode(concat(prefix, ':', number), 'UTF-8')"
    digest = f"sha2(concat(unhex('{outer}'), unhex(sha2(concat(unhex('{inner}'), {text}), 256))), 256)"
    backend.raw_sql(
        "CREATE OR REPLACE TEMPORARY FUNCTION pseudonym(prefix STRING, number STRING) RETURNS STRING "
        f"RETURN concat(prefix, substr({digest}, 1, 20))"
    )
