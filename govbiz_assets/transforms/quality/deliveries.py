"""What reading and cleaning did, counted by the same defects: files, styles, refused and repeated records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir
import polars as pl

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, Channel, FieldKind
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.stack import no_rows, stack

_UTF8 = ("utf-8", "utf-8-sig")
_HEADER_RULES = ("broken_header", "reserved_header", "ambiguous_header", "duplicate_header", "missing_column")
FILE_DEFECTS = ("decoded_file", "undecodable_file", "unusable_header", "broken_file", "duplicate_file")
_RECORD_DEFECTS = (
    *("broken_record", "blank_required", "unreadable_date", "unreadable_number", "unreadable_flag"),
    *("impossible_value", "other_month"),
)
MANIFEST_COLUMNS = ("month", "channel", "file_status", "rule", "encoding")
"""What the counts need of the manifest."""
_STYLED: tuple[FieldKind, ...] = ("date", "number")
_GROUP = ["month", "channel"]
_KEY = [*_GROUP, "defect"]
_NONE = ibis.null("int64")


def judge_files(manifest: ibis.Table, first: date, closing_day: int | None) -> Judged:
    """Judges the accepted files: columns that nothing takes (D4), landed after the month was closed (D26).

    Args:
        manifest: `quality.file_manifest` up to the last judged month.
        first: First judged month.
        closing_day: Day of the following month on which a month is closed; None where none is agreed.
    """
    rows = manifest.filter(manifest.month >= ibis.literal(first), manifest.file_status == "accepted")
    findings = [Finding("unmapped_header", rows.unmapped_headers.notnull())]
    if closing_day is not None:
        closing = (rows.month + ibis.interval(months=1) + ibis.interval(days=closing_day)).cast("date")
        landed = rows.loaded_at.cast("date")
        # The whole of the closing day is in time.
        findings.append(Finding("late_file", landed >= closing, landed.delta(closing, unit="day") + 1))
    return Judged(None, rows, tuple(findings), "source_file", looked_at=rows)


def file_counts(manifest: pl.DataFrame) -> pl.DataFrame:
    """Counts the files that were decoded on the way, or refused whole, out of all that a channel reads.

    Args:
        manifest: The MANIFEST_COLUMNS of `quality.file_manifest`.

    Returns:
        `month`, `channel`, `defect`, `checked_count`, `found_count`.
    """
    rule, is_refused = pl.col("rule"), pl.col("file_status") == "refused"
    encoding = pl.col("encoding").fill_null(_UTF8[0])
    defect = (
        pl.when(is_refused & (rule == "undecodable"))
        .then(pl.lit("undecodable_file"))
        .when(is_refused & rule.is_in(_HEADER_RULES))
        .then(pl.lit("unusable_header"))
        .when(is_refused & (rule == "duplicate_content"))
        .then(pl.lit("duplicate_file"))
        .when(is_refused)
        .then(pl.lit("broken_file"))
        .when(~encoding.is_in(_UTF8))
        .then(pl.lit("decoded_file"))
    )
    files = manifest.filter(pl.col("file_status") != "ignored").with_columns(defect=defect)
    return _with_found(files.group_by(_GROUP).agg(checked_count=pl.len()), files.group_by(_KEY).len(), FILE_DEFECTS)


def field_kinds(channels: Iterable[Channel], attributes: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    """Returns how each field is read: `channel`, `field`, `kind`.

    Args:
        channels: Channels of the profile.
        attributes: Per channel, attributes that the profile passes through and how each is read.
    """
    kinds: list[tuple[str, str, str]] = [
        (channel.name, field.name, field.kind) for channel in channels for field in channel.fields
    ]
    kinds += [(channel, name, kind) for channel, passed in attributes.items() for name, kind in passed.items()]
    return pl.DataFrame(kinds, schema={"channel": pl.String, "field": pl.String, "kind": pl.String}, orient="row")


def record_counts(row_account: pl.DataFrame, refused: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """Counts the records that were repeated, or refused one by one, out of all that were received.

    Args:
        row_account: `quality.row_account`.
        refused: Rows of `refused_records`, of the same months.
        kinds: How each field is read, as `field_kinds` gives it.

    Returns:
        `month`, `channel`, `defect`, `checked_count`, `found_count`.
    """
    received = row_account.group_by(_GROUP).agg(
        checked_count=pl.col("received_count").sum(),
        duplicates=pl.col("duplicate_count").sum(),
        superseded=pl.col("superseded_count").sum(),
    )
    is_bill = pl.col("channel") == "bill"
    repeated = (
        (received, "duplicate_record", "duplicates"),
        (received.filter(~is_bill), "superseded_record", "superseded"),
        (received.filter(is_bill), "bill_number_repeated", "superseded"),
    )
    refused = refused.join(kinds, on=["channel", "field"], how="left").with_columns(defect=_record_defect())
    found = refused.group_by(_KEY).agg(len=pl.col("record_count").sum())
    usage = received.filter(pl.col("channel") == "usage")
    return pl.concat(
        [
            *(
                rows.select(*_GROUP, pl.lit(defect).alias("defect"), "checked_count", found_count=count)
                for rows, defect, count in repeated
            ),
            _with_found(received, found, _RECORD_DEFECTS),
            _with_found(usage, found, ("energy_out_of_range",)),
        ],
        how="vertical_relaxed",
    )


def refused_records(quarantine: ibis.Table) -> ibis.Table:
    """Counts the refused records: `month`, `channel`, `rule`, `field`, `record_count`."""
    return quarantine.group_by([*_GROUP, "rule", "field"]).aggregate(record_count=quarantine.count())


def style_counts(found: pl.DataFrame) -> pl.DataFrame:
    """Counts the values that the engine itself would not have read.

    Args:
        found: Rows of `styles`.

    Returns:
        `month`, `channel`, `defect`, `checked_count`, `found_count`.
    """
    parts = [
        found.select(
            *_GROUP,
            pl.lit(f"{kind}_style").alias("defect"),
            pl.col(f"{kind}_count").alias("checked_count"),
            (pl.col(f"{kind}_count") - pl.col(f"plain_{kind}_count")).alias("found_count"),
        )
        for kind in _STYLED
    ]
    return pl.concat(parts).drop_nulls("checked_count")


def styles(raw: Mapping[str, ibis.Table]) -> ibis.Table:
    """Counts values of text formats, in one pass per channel, and those of them that the engine itself reads.

    The others were then read by their style, or refused; the refused ones are counted by their own defects as well.

    Args:
        raw: Raw table of each delivered channel, of the same months.

    Returns:
        `month`, `channel`, and for dates and numbers `..._count` and `plain_..._count`; null where a channel has none.
    """
    parts = []
    for name, rows in raw.items():
        fields = [field for field in CHANNEL_BY_NAME[name].fields if rows[field.name].type().is_string()]
        # Blank text costs a look at each value; a cell that holds nothing is empty.
        given = {kind: [rows[field.name].nullif("") for field in fields if field.kind == kind] for kind in _STYLED}
        if not any(given.values()):
            continue
        counts = {}
        for kind, values in given.items():
            plain = [_plain_count(kind, value) for value in values]
            counts[f"{kind}_count"] = reduce(add, (value.count() for value in values)) if values else _NONE
            counts[f"plain_{kind}_count"] = reduce(add, plain) if values else _NONE
        known = {count: value for count, value in counts.items() if value is not _NONE}
        counted = rows.group_by("month").aggregate(**known)
        parts.append(
            counted.select(
                "month",
                channel=ibis.literal(name),
                **{count: counted[count] if count in known else _NONE for count in counts},
            )
        )
    dtypes = {"month": pl.Date, "channel": pl.String}
    dtypes |= {f"{plain}{kind}_count": pl.Int64 for kind in _STYLED for plain in ("", "plain_")}
    return stack(parts) if parts else no_rows(dtypes)


def _plain_count(kind: str, value: ir.StringValue) -> ir.IntegerScalar:
    if kind == "number":
        return value.try_cast("float64").count()
    return value.count(where=value.try_cast("date").cast("string") == value)


def _record_defect() -> pl.Expr:
    rule, kind = pl.col("rule"), pl.col("kind")
    return (
        pl.when(rule == "missing_value")
        .then(pl.lit("blank_required"))
        .when((rule == "unparsable") & kind.is_in(["date", "month", "timestamp"]))
        .then(pl.lit("unreadable_date"))
        .when((rule == "unparsable") & (kind == "flag"))
        .then(pl.lit("unreadable_flag"))
        .when(rule == "unparsable")
        .then(pl.lit("unreadable_number"))
        .when((rule == "out_of_range") & (pl.col("channel") == "usage"))
        .then(pl.lit("energy_out_of_range"))
        .when(rule == "out_of_range")
        .then(pl.lit("impossible_value"))
        .when(rule == "wrong_month")
        .then(pl.lit("other_month"))
        .otherwise(pl.lit("broken_record"))
    )


def _with_found(checked: pl.DataFrame, found: pl.DataFrame, defects: Sequence[str]) -> pl.DataFrame:
    """Counts defects beside what was looked at, 0 where none was found."""
    asked = checked.select(*_GROUP, "checked_count").join(pl.DataFrame({"defect": list(defects)}), how="cross")
    rows = asked.join(found.rename({"len": "found_count"}), on=_KEY, how="left")
    return rows.with_columns(pl.col("found_count").fill_null(0)).select(*_KEY, "checked_count", "found_count")
