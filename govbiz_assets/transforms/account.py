"""The row account: received = kept + duplicate + superseded + quarantined, counted from what is stored."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from govbiz_assets.transforms.stack import stack

_FILE = ["month", "source_file"]


def row_account(
    raw: Mapping[str, ibis.Table],
    cleaned: Mapping[str, ibis.Table],
    set_aside: ibis.Table,
    quarantine: ibis.Table,
) -> ibis.Table:
    """Counts every record of every file in each of the places it may be.

    Args:
        raw: Raw table by channel.
        cleaned: Cleaned table with provenance by channel, the same channels.
        set_aside: `quality.set_aside`; what stands there of other channels, which the profile no longer has, is not
            counted.
        quarantine: `quality.quarantine`, likewise.

    Returns:
        Rows of `quality.row_account`.
    """
    set_aside, quarantine = (rows.filter(rows.channel.isin(list(raw))) for rows in (set_aside, quarantine))
    places = [
        *(_count(table, "received", channel) for channel, table in raw.items()),
        *(_count(table.filter(table.source_file.notnull()), "kept", channel) for channel, table in cleaned.items()),
        _count(set_aside.filter(set_aside.disposition == "duplicate"), "duplicate"),
        _count(set_aside.filter(set_aside.disposition.isin(("superseded", "merged"))), "superseded"),
        _count(quarantine, "quarantined"),
    ]
    counted = stack(places)
    totals = {
        f"{place}_count": counted.records.sum(where=counted.place == place).fill_null(0).cast("int64")
        for place in ("received", "kept", "duplicate", "superseded", "quarantined")
    }
    return counted.group_by(["month", "channel", "source_file"]).aggregate(**totals)


def _count(rows: ibis.Table, place: str, channel: str | None = None) -> ibis.Table:
    if channel is not None:
        rows = rows.select(*_FILE).mutate(channel=ibis.literal(channel))
    counted = rows.group_by(["month", "channel", "source_file"]).aggregate(records=rows.count())
    return counted.mutate(place=ibis.literal(place)).select("month", "channel", "source_file", "place", "records")
