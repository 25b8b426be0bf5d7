"""Records that were read one by one, kept as Parquet in the work folder so that the engine reads them lazily.

The file has one text column per delivered column (c0, c1, ...), then row_no, read_problem and line. It is written in
batches: a file of any size takes the memory of one batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from govbiz_assets.sources.csv_records import RawRecord
from govbiz_assets.sources.text_file import replacing

_BATCH_CELLS = 200_000


class _Writer:
    """Collects records and plain lines and writes them in the order in which they came."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema, width: int, delimiter: str) -> None:
        self.writer = writer
        self.schema = schema
        self.width = width
        self.delimiter = delimiter
        self.batch_size = max(_BATCH_CELLS // max(width, 1), 100)
        self.batch: list[list[str | int | None]] = []
        self.row_no = 0

    def add(self, record: RawRecord) -> None:
        self.row_no += 1
        cells: list[str | None] = [None] * self.width if record.cells is None else list(record.cells)
        self.batch.append([*cells, self.row_no, record.problem, record.line])
        if len(self.batch) >= self.batch_size:
            self.flush()

    def add_lines(self, lines: list[str]) -> None:
        self.flush()
        names = self.schema.names[: self.width]
        data = "\n".join(lines).encode()
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            pa_csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False),
            pa_csv.ParseOptions(delimiter=self.delimiter, quote_char='"', double_quote=True, escape_char=False),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
        if len(table) != len(lines):
            raise AssertionError(f"{len(lines)} lines gave {len(table)} records")
        numbers = pa.array(range(self.row_no + 1, self.row_no + len(lines) + 1), pa.int64())
        blank = pa.nulls(len(lines), pa.string())
        columns = [column.combine_chunks() for column in table.columns]
        self.writer.write_table(pa.Table.from_arrays([*columns, numbers, blank, blank], schema=self.schema))
        self.row_no += len(lines)

    def flush(self) -> None:
        if self.batch:
            columns = zip(*self.batch, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self.schema, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self.batch = []


def write_records(records: Iterable[RawRecord | list[str]], width: int, delimiter: str, target: Path) -> None:
    """Writes records and runs of plain lines to the target.

    Args:
        records: Records in the order of the file.
        width: Number of delivered columns.
        delimiter: What divides the cells of plain lines.
        target: File to write, all or nothing.
    """
    names = [*(f"c{i}" for i in range(width)), "row_no", "read_problem", "line"]
    schema = pa.schema([(name, pa.int64() if name == "row_no" else pa.string()) for name in names])
    with replacing(target) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        collector = _Writer(writer, schema, width, delimiter)
        for record in records:
            if isinstance(record, RawRecord):
                collector.add(record)
            else:
                collector.add_lines(record)
        collector.flush()


def count_records(path: Path) -> tuple[int, int]:
    """How many whole and how many broken records a file of `write_records` holds."""
    problems = pq.read_table(path, columns=["read_problem"]).column(0)
    return problems.null_count, len(problems) - problems.null_count
