"""Refused records by defect, also those of channels and attributes that a profile brings."""

from __future__ import annotations

from datetime import date

import polars as pl

from govbiz_assets.contracts.channel import CUSTOMER, USAGE, Channel, Field
from govbiz_assets.transforms.quality.deliveries import field_kinds, record_counts

MONTH = date(2024, 1, 1)
# The same name is a flag in one channel and a date in another.
OUTAGE = Channel(
    "outage",
    "Outages.",
    (Field("outage_no", "text"), Field("kwh", "timestamp"), Field("is_planned", "flag")),
    ("outage_no",),
)


def test_a_refused_value_is_named_by_how_its_own_channel_reads_it() -> None:
    kinds = field_kinds([USAGE, CUSTOMER, OUTAGE], {"customer": {"attr_since": "date", "attr_paid": "flag"}})
    refused = [
        ("usage", "kwh", "unreadable_number"),
        ("usage", "usage_date", "unreadable_date"),
        ("outage", "kwh", "unreadable_date"),
        ("outage", "is_planned", "unreadable_flag"),
        ("customer", "attr_since", "unreadable_date"),
        ("customer", "attr_paid", "unreadable_flag"),
    ]
    channels = ["usage", "outage", "customer"]
    account = pl.DataFrame(
        {
            "month": [MONTH] * 3, "channel": channels, "received_count": [10, 5, 4],
            "duplicate_count": [0] * 3, "superseded_count": [0] * 3,
        }
    )  # fmt: skip
    rows = [(MONTH, channel, "unparsable", field, 1) for channel, field, _ in refused]
    schema = ["month", "channel", "rule", "field", "record_count"]
    counts = record_counts(account, pl.DataFrame(rows, schema=schema, orient="row"), kinds)
    found = counts.filter(pl.col("found_count") > 0)
    expected = pl.DataFrame([(c, d) for c, _, d in refused], schema=["channel", "defect"], orient="row")
    expected = expected.group_by("channel", "defect").len("found_count").sort("channel", "defect")
    assert found.select("channel", "defect", "found_count").sort("channel", "defect").rows() == expected.rows()
    assert counts.filter(pl.col("channel") == "outage")["checked_count"].unique().to_list() == [5]
