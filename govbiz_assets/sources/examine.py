"""Examines the content of a file by its format: headers, record count, and whether the engine may read it directly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.sources.csv_records import read_lines, split_header, split_records
from govbiz_assets.sources.csv_shape import measure_text
from govbiz_assets.sources.engine import (
    ROW_NUMBER,
    column_types,
    count_decoded,
    csv_relation,
    literal_path,
    parquet_relation,
)
from govbiz_assets.sources.engine import count_records as engine_count
from govbiz_assets.sources.headers import HeaderMap, map_headers
from govbiz_assets.sources.profile_model import ChannelSource
from govbiz_assets.sources.records_file import count_records, write_records
from govbiz_assets.sources.text_file import RefusedFileError, detect_encoding, open_delivered, text_path
from govbiz_assets.sources.xlsx import scan_sheet, sheet_name, sheet_records

DELIMITERS = (",", "\t", ";", "|")
_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = ("DOUBLE", "FLOAT", "DECIMAL", *_SIGNED, "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_PLAIN = (*_NUMBERS, "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


@dataclass(frozen=True)
class Examined:
    """What the content says; the attributes are those of `scan.FileScan`."""

    headers: tuple[str, ...]
    header_map: HeaderMap
    record_count: int
    is_regular: bool
    broken_count: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    types: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def examine_file(path: Path, sha256: str, channel: Channel, source: ChannelSource, work: Path) -> Examined:
    """Examines a file that is not empty.

    Raises:
        RefusedFileError: The file cannot be used as a whole.
        OSError: It cannot be read.
    """
    if source.format == "csv":
        return _examine_csv(path, sha256, channel, source, work)
    if source.format == "xlsx":
        return _examine_xlsx(path, sha256, channel, source, work)
    return _examine_parquet(path, sha256, channel, source, work)


def csv_records_path(text: Path, sha256: str, delimiter: str, width: int, work: Path) -> Path:
    """Parquet of the records of a text file, read one by one; made where it is not there yet."""
    target = work / f"{sha256}.{ord(delimiter)}.{width}.records.parquet"
    if not target.exists():
        lines = read_lines(text)
        split_header(lines, delimiter)
        write_records(split_records(lines, delimiter, width), width, delimiter, target)
    return target


def sheet_records_path(path: Path, sha256: str, sheet: str, work: Path) -> Path:
    """Parquet of the records of a sheet; made where it is not there yet."""
    target = work / f"{sha256}.{hashlib.sha256(sheet.encode()).hexdigest()[:16]}.records.parquet"
    if not target.exists():
        header, records = sheet_records(path, sheet, scan_sheet(path, sheet))
        write_records(records, len(header), "\t", target)
    return target


def _examine_csv(path: Path, sha256: str, channel: Channel, source: ChannelSource, work: Path) -> Examined:
    encoding = detect_encoding(path, source.encoding)
    text = text_path(path, encoding, sha256, work)
    delimiter, headers = _choose_delimiter(text, channel, source)
    header_map = _usable(map_headers(channel, source, headers))
    width = len(headers)
    shape = measure_text(text, delimiter, width)
    oddity = shape.oddity
    if not oddity and engine_count(csv_relation(text, width, delimiter)) != shape.record_count:
        oddity = "the engine counts other records"
    warnings = [header_map.warning] if header_map.warning else []
    whole, broken = shape.record_count, 0
    if oddity:
        whole, broken = count_records(csv_records_path(text, sha256, delimiter, width, work))
        warnings.append(f"read record by record because of {oddity}")
    return Examined(
        headers,
        header_map,
        record_count=whole * _records_per_row(source, header_map) + broken,
        is_regular=not oddity,
        broken_count=broken,
        encoding=encoding,
        delimiter=delimiter,
        warnings=tuple(warnings),
    )


def _examine_xlsx(path: Path, sha256: str, channel: Channel, source: ChannelSource, work: Path) -> Examined:
    sheet = sheet_name(path, source.sheet)
    facts = scan_sheet(path, sheet)
    if not facts.rows:
        raise RefusedFileError("empty_file", f"sheet {sheet!r} is empty; have it delivered again")
    headers = tuple(cell.strip() for cell in sheet_records(path, sheet, facts)[0])
    header_map = _usable(map_headers(channel, source, headers))
    whole, broken = count_records(sheet_records_path(path, sha256, sheet, work))
    warnings = [header_map.warning] if header_map.warning else []
    if facts.has_merged_cells:
        warnings.append("has merged cells, of which only the first holds the value; have them split")
    if whole + broken != len(facts.rows) - 1:
        reason = f"the sheet has {len(facts.rows) - 1} rows with values but {whole + broken} could be read"
        raise RefusedFileError("truncated", f"{reason}; have it saved again as .xlsx and delivered")
    return Examined(
        headers,
        header_map,
        record_count=whole * _records_per_row(source, header_map) + broken,
        is_regular=False,
        broken_count=broken,
        sheet=sheet,
        warnings=tuple(warnings),
    )


def _examine_parquet(path: Path, sha256: str, channel: Channel, source: ChannelSource, work: Path) -> Examined:
    with open_delivered(path) as stream:
        is_parquet = stream.read(4) == b"PAR1"
        try:
            with pq.ParquetFile(stream) as parquet:
                headers = tuple(str(name) for name in parquet.schema_arrow.names)
                row_count = int(parquet.metadata.num_rows)
        except (pa.ArrowException, OSError, ValueError) as error:
            rule, what = ("truncated", "is cut off or damaged") if is_parquet else ("not_parquet", "is no Parquet file")
            raise RefusedFileError(rule, f"{what}; have it delivered again") from error
    header_map = _usable(map_headers(channel, source, headers))
    if ROW_NUMBER in (name.lower() for name in headers):
        raise RefusedFileError("reserved_header", f"a column is named {ROW_NUMBER}; rename or drop it")
    relation = parquet_relation(literal_path(path, sha256, work), len(headers))
    if count_decoded(relation) != row_count:
        raise RefusedFileError("truncated", "some of its data cannot be decoded; have it delivered again")
    delivered = column_types(relation)
    types = {name: delivered[position] for name, position in header_map.positions.items()}
    _check_types(types, {name: headers[position] for name, position in header_map.positions.items()}, channel, source)
    return Examined(
        headers,
        header_map,
        record_count=row_count,
        is_regular=True,
        types=types,
        warnings=(header_map.warning,) if header_map.warning else (),
    )


def _check_types(types: dict[str, str], mapping: dict[str, str], channel: Channel, source: ChannelSource) -> None:
    """Refuses types that have no one reading: numbers as text, moments with a time zone, bytes, lists, structures."""
    numbers = {field.name for field in channel.fields if field.kind == "number"}
    numbers |= {name for name, attribute in source.attributes.items() if attribute.dtype == "number"}
    for name, dtype in types.items():
        known, wanted = (_NUMBERS, "a number") if name in numbers else (_PLAIN, "text, a number, or a local date")
        # "DECIMAL(18,2)" is a decimal, "DECIMAL(18,2)[]" is a list of them.
        if dtype.endswith("]") or dtype.partition("(")[0] not in known:
            reason = f"column {mapping[name]!r} has type {dtype}; have it delivered as {wanted}, or the file as CSV"
            raise RefusedFileError("wrong_type", reason)


def _choose_delimiter(text: Path, channel: Channel, source: ChannelSource) -> tuple[str, tuple[str, ...]]:
    """The declared delimiter, or the one whose header fits the channel best; with the header's cells."""
    best: tuple[tuple[int, int], str, tuple[str, ...]] | None = None
    problem = ""
    for delimiter in dict.fromkeys([*([source.delimiter] if source.delimiter else []), *DELIMITERS]):
        header = split_header(read_lines(text), delimiter)
        if header is None:
            raise RefusedFileError("empty_file", "the file holds blank lines only; have it delivered again")
        if header.cells is None:
            problem = header.problem or ""
            continue
        cells = tuple(cell.strip() for cell in header.cells)
        header_map = map_headers(channel, source, cells)
        score = (0 if header_map.rule else 1, len(cells))
        if best is None or score > best[0]:
            best = (score, delimiter, cells)
        if delimiter == source.delimiter:
            if len(cells) > 1:
                return delimiter, cells
            best = None
    if best is None or (source.delimiter is None and len(best[2]) == 1):
        if problem:
            raise RefusedFileError("broken_header", f"the header line breaks rule {problem}; have the header corrected")
        known = ", ".join(_NAMES.values())
        reason = f"the header is one column whichever delimiter is tried ({known})"
        raise RefusedFileError("wrong_delimiter", f"{reason}; name the delimiter in the profile")
    if source.delimiter is not None:
        shown = _NAMES.get(source.delimiter, repr(source.delimiter))
        hint = f"; {_NAMES[best[1]]} gives {len(best[2])}" if len(best[2]) > 1 else ""
        reason = f"the header is one column when divided by {shown}{hint}; correct `delimiter` in the profile"
        raise RefusedFileError("wrong_delimiter", reason)
    return best[1], best[2]


def _records_per_row(source: ChannelSource, header_map: HeaderMap) -> int:
    return len(header_map.melted) if source.unpivot is not None else 1


def _usable(header_map: HeaderMap) -> HeaderMap:
    if header_map.rule:
        raise RefusedFileError(header_map.rule, header_map.reason)
    return header_map
