"""The manifest of delivered files as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from govbiz_assets.sources.profile_model import Profile
from govbiz_assets.sources.scan import FileScan

MANIFEST: dict[str, pl.DataType | type[pl.DataType]] = {
    "month": pl.Date,
    "channel": pl.String,
    "source": pl.String,
    "source_file": pl.String,
    "file_sha256": pl.String,
    "byte_count": pl.Int64,
    "loaded_at": pl.Datetime("us"),
    "encoding": pl.String,
    "delimiter": pl.String,
    "record_count": pl.Int64,
    "has_many_months": pl.Boolean,
    "is_regular": pl.Boolean,
    "mapping_json": pl.String,
    "unmapped_headers": pl.String,
    "file_status": pl.String,
    "rule": pl.String,
    "reason": pl.String,
}


def manifest_frame(scans: Iterable[FileScan], profile: Profile, months: Sequence[date]) -> pl.DataFrame:
    """Returns one row per file and month; a file over many months stands in each of the months asked for.

    Args:
        scans: What was found out about each file.
        profile: The source landscape.
        months: Months asked for.
    """
    rows = [
        {
            "month": month,
            "channel": scan.channel,
            "source": profile.name,
            "source_file": scan.source_file,
            "file_sha256": scan.file_sha256,
            "byte_count": scan.byte_count,
            "loaded_at": scan.loaded_at,
            "encoding": scan.encoding,
            "delimiter": scan.delimiter,
            "record_count": scan.record_count,
            "has_many_months": scan.month is None,
            "is_regular": scan.is_regular,
            "mapping_json": json.dumps(scan.mapping, ensure_ascii=False, sort_keys=True),
            "unmapped_headers": ", ".join(scan.unmapped) or None,
            "file_status": scan.status,
            "rule": scan.rule,
            "reason": scan.reason,
        }
        for scan in scans
        for month in ([scan.month] if scan.month is not None else months)
    ]
    return pl.DataFrame(rows, schema=MANIFEST, orient="row")
