"""Checks of what was delivered: files, records read, the row account, and the share that was refused."""

from __future__ import annotations

from dataclasses import replace

import ibis

from govbiz_assets.checks.table_check import CheckTables, Measure, TableCheck, by_month
from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.columns_source import PROVENANCE
from govbiz_assets.contracts.tables_source import FILE_MANIFEST, ROW_ACCOUNT, raw_table

# A delivery with more refused records than this is mended at its source, not here.
QUARANTINE_HIGH = 0.02


def refused_files(tables: CheckTables) -> ibis.Table:
    """Files of the month that were refused."""
    rows = tables.rows(FILE_MANIFEST)
    return by_month(rows, rows.count(where=rows.file_status == "refused"))


def unread_records(channel: Channel) -> Measure:
    """Records that were counted in accepted files and do not stand in the raw table, or stand there twice.

    A file over many months has more records than the months that are stored so far, never fewer.
    """
    # The provenance is the same for every format; a typed format has other types in the fields.
    contract = replace(raw_table(channel), columns=PROVENANCE)

    def measure(tables: CheckTables) -> ibis.Table:
        manifest = tables.rows(FILE_MANIFEST)
        accepted = manifest.filter(manifest.channel == channel.name, manifest.file_status == "accepted")
        raw = tables.session.stored(contract)
        stored = raw.group_by("source_file").aggregate(stored=raw.count())
        files = accepted.left_join(stored, "source_file")
        missing = files.record_count - files.stored.fill_null(0)
        wrong = files.has_many_months.ifelse((missing < 0).ifelse(-missing, 0), missing.abs())
        return by_month(files, wrong.sum())

    return measure


def unread_check(channel: Channel) -> TableCheck:
    """Declares the check that every record of a channel's files was read."""
    return TableCheck(
        raw_table(channel),
        "unread_records",
        "Records counted in the files that do not stand in the raw table.",
        unread_records(channel),
        high=0,
        is_blocking=True,
    )


def unbalanced_records(tables: CheckTables) -> ibis.Table:
    """Received records that are neither kept, duplicate, superseded nor quarantined, or are so twice."""
    rows = tables.rows(ROW_ACCOUNT)
    placed = rows.kept_count + rows.duplicate_count + rows.superseded_count + rows.quarantined_count
    return by_month(rows, (rows.received_count - placed).abs().sum())


def quarantined_ratio(tables: CheckTables) -> ibis.Table:
    """Largest share of refused records among the channels of the month."""
    rows = tables.rows(ROW_ACCOUNT)
    channels = rows.group_by(["month", "channel"]).aggregate(
        received=rows.received_count.sum(), quarantined=rows.quarantined_count.sum()
    )
    channels = channels.filter(channels.received > 0)
    return by_month(channels, (channels.quarantined.cast("float64") / channels.received.cast("float64")).max())


DELIVERY_CHECKS: tuple[TableCheck, ...] = (
    TableCheck(FILE_MANIFEST, "refused_files", "Files that were refused.", refused_files, high=0),
    TableCheck(
        ROW_ACCOUNT,
        "unbalanced_records",
        "Records that are not in exactly one place.",
        unbalanced_records,
        high=0,
        is_blocking=True,
    ),
    TableCheck(
        ROW_ACCOUNT,
        "quarantined_ratio",
        "Largest share of refused records among the channels.",
        quarantined_ratio,
        high=QUARANTINE_HIGH,
    ),
)
