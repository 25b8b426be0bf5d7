"""Records as received, divided by the transforms as the warehouse divides them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.contracts.tables_cleaned import CLEANED_BY_CHANNEL
from govbiz_assets.transforms.records import (
    kept_records,
    parse_records,
    quarantined_records,
    repeated_records,
    set_aside_records,
)
from govbiz_assets_tests.transforms.tables import raw

JANUARY = date(2024, 1, 1)
READING = {"account_no": "100", "usage_date": "2024-01-05", "kwh": "12.5", "read_type": "实抄"}
NO_OPTIONS = CleaningOptions()
Rows = list[dict[str, Any]]


def split(
    engine: Backend, channel: Channel, rows: Sequence[Mapping[str, Any]], options: CleaningOptions = NO_OPTIONS
) -> tuple[Rows, Rows, Rows]:
    """Returns the kept, set aside and quarantined records, in the order of their numbers."""
    records = parse_records(raw(channel, rows, JANUARY, **dict.fromkeys(options.attributes)), channel, options)
    parsed = ibis.memtable(engine.to_polars(records))
    contract = CLEANED_BY_CHANNEL[channel.name]
    repeated = repeated_records(parsed, channel, options.attributes)
    parts = (
        kept_records(parsed, repeated, contract),
        set_aside_records(repeated, channel),
        quarantined_records(parsed, channel),
    )
    kept, set_aside, quarantined = (engine.to_polars(part).sort("source_file", "row_no").to_dicts() for part in parts)
    return kept, set_aside, quarantined


def refusal(engine: Backend, channel: Channel, row: Mapping[str, Any], options: CleaningOptions = NO_OPTIONS) -> Any:
    """Returns (rule, field) of a single record, None where it is kept."""
    kept, set_aside, quarantined = split(engine, channel, [row], options)
    assert len(kept) + len(quarantined) == 1 and not set_aside
    return (quarantined[0]["rule"], quarantined[0]["field"]) if quarantined else None
