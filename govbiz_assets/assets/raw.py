"""Raw assets: the manifest of delivered files, and every record of every channel as received."""

from collections.abc import Sequence
from datetime import date

import dagster as dg
import ibis

from govbiz_assets.assets.table_asset import TableAsset, table_asset
from govbiz_assets.assets.window import run_months
from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.month import month_name
from govbiz_assets.contracts.tables_source import FILE_MANIFEST, raw_table
from govbiz_assets.resources import Deliveries
from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.landing import missing_channels
from govbiz_assets.sources.manifest import manifest_frame
from govbiz_assets.sources.profile_model import ChannelSource
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import FileScan, scan_unclaimed
from govbiz_assets.transforms.quality.counts import with_rules
from govbiz_assets.transforms.quality.deliveries import FILE_DEFECTS, file_counts
from govbiz_assets.transforms.raw import as_contracted, record_month
from govbiz_assets.transforms.stack import stack
from govbiz_assets.warehouse.counted import Counted
from govbiz_assets.warehouse.resource import Warehouse


@table_asset(FILE_MANIFEST)
def file_manifest(context: dg.AssetExecutionContext, deliveries: Deliveries) -> Counted:
    """Every delivered file with its hash, encoding, mapping and record count, broken and ignored ones included."""
    months = run_months(context)
    scans = [scan for channel in deliveries.profile.channels for scan in deliveries.scan(channel, months)]
    ignored = scan_unclaimed(deliveries.profile, deliveries.landing, months)
    if ignored:
        context.add_output_metadata({"ignored_files": [scan.source_file for scan in ignored]})
    manifest = manifest_frame([*scans, *ignored], deliveries.profile, months)
    return Counted(manifest, with_rules(file_counts(manifest)), FILE_DEFECTS)


def raw_assets(channels: Sequence[Channel]) -> tuple[TableAsset, ...]:
    """Declares the manifest and the raw asset of each channel."""
    return (file_manifest, *(_raw_asset(channel) for channel in channels))


def _raw_asset(channel: Channel) -> TableAsset:
    contract = raw_table(channel)

    def load(context: dg.AssetExecutionContext, deliveries: Deliveries, warehouse: Warehouse) -> ibis.Table:
        months = run_months(context)
        source = deliveries.source(channel.name)
        stored = warehouse.session.stored(deliveries.contract(contract))
        if source is None:
            context.add_output_metadata({"reason": f"channel_absent: {deliveries.profile.name} has no {channel.name}"})
            return stored.limit(0)
        scans = _accepted(deliveries, channel, months)
        tables = [_month_rows(scan, channel, source, deliveries, warehouse) for scan in scans]
        if not tables:
            context.add_output_metadata({"reason": f"no_file: nothing delivered for {channel.name} in these months"})
            return stored.limit(0)
        rows = stack(tables)
        return rows.filter(rows.month.isin(months))

    load.__name__ = channel.name
    return table_asset(contract, deps=(FILE_MANIFEST,))(load)


def _accepted(deliveries: Deliveries, channel: Channel, months: Sequence[date]) -> list[FileScan]:
    """Returns the scans of files to load, or refuses the delivery before anything is written.

    Raises:
        SourceError: A file is refused, or a month lacks a file that it must have.
    """
    scans = deliveries.scan(channel.name, months)
    refused = [scan for scan in scans if not scan.is_accepted and scan.rule != "duplicate_content"]
    if refused:
        others = f" (and {len(refused) - 1} more files)" if len(refused) > 1 else ""
        raise SourceError(f"{refused[0].rule}{others}", where=refused[0].source_file, remedy=refused[0].reason or "")
    missing = [
        month_name(month)
        for month, name in missing_channels(deliveries.profile, deliveries.landing, months)
        if name == channel.name
    ]
    if missing:
        raise SourceError(
            f"no file for channel {channel.name} in {', '.join(missing)}",
            where=str(deliveries.landing),
            remedy="deliver the files, or take these months out of the run",
        )
    return [scan for scan in scans if scan.is_accepted]


def _month_rows(
    scan: FileScan, channel: Channel, source: ChannelSource, deliveries: Deliveries, warehouse: Warehouse
) -> ibis.Table:
    file = deliveries.file(scan)
    rows = read_file(warehouse.session.backend, scan, file, source, deliveries.profile, deliveries.work)
    months = deliveries.profile.months
    dated = record_month(rows, channel, scan.month, months.first, months.last)
    return as_contracted(dated, deliveries.contract(raw_table(channel)))
