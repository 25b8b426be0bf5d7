"""What was ever said of each customer number, as known by the end of a month.

A number is known by its latest record, and by earlier ones that the latest does not contradict: a new name does not cut
the links that the old name made, while a corrected credit code or another branch takes back what the wrong one said.
A number that left the master stays known, so that its organisation is found again under a new number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir
import polars as pl

from govbiz_assets.contracts.tables_identity import CONTENT

_SEPARATOR = "\x1f"


def record_digest(rows: ibis.Table) -> ir.StringValue:
    """Returns a digest of everything by which records are compared."""
    texts = [rows[name].fill_null("") for name in CONTENT]
    return cast("ir.StringValue", ibis.literal(_SEPARATOR).join(texts).hexdigest("md5"))


def known_versions(records: ibis.Table, months: Sequence[date]) -> ibis.Table:
    """Returns what is known of each customer number by the end of each month.

    Args:
        records: `identity.source_record`, every month up to the last of these.
        months: As-of months.

    Returns:
        One row per month, number and version: `record_id`, `month`, `customer_no`, `since` (first month of the
        version), `first_month` (of the number), `is_latest`, `is_present` (the number stands in the month's master)
        and the content.
    """
    asked = ibis.memtable(pl.DataFrame({"as_of": list(months)}, schema={"as_of": pl.Date}))
    seen = records.select("month", "customer_no", "record_digest").join(asked, [records.month <= asked.as_of])
    numbers = seen.group_by(["as_of", "customer_no"]).aggregate(
        first_month=seen.month.min(), last_month=seen.month.max()
    )
    last = records.select(
        last_month="month",
        customer_no="customer_no",
        last_digest="record_digest",
        last_code="checked_code",
        last_branch="branch",
    )
    numbers = numbers.join(last, ["last_month", "customer_no"])
    versions = seen.group_by(["as_of", "customer_no", "record_digest"]).aggregate(since=seen.month.min())
    versions = versions.join(numbers, ["as_of", "customer_no"])
    content = records.select("customer_no", *CONTENT, since="month")
    versions = versions.join(content, ["since", "customer_no"])
    is_latest = versions.record_digest == versions.last_digest
    has_same_code = (versions.checked_code == versions.last_code).fill_null(True)
    versions = versions.filter(is_latest | (has_same_code & (versions.branch == versions.last_branch)))
    return versions.select(
        "customer_no",
        "since",
        "first_month",
        *CONTENT,
        record_id=versions.as_of.strftime("%Y-%m")
        + "|"
        + versions.customer_no
        + "|"
        + versions.since.strftime("%Y-%m"),
        month=versions.as_of,
        is_latest=versions.record_digest == versions.last_digest,
        is_present=versions.last_month == versions.as_of,
    )


def same_number(versions: ibis.Table) -> ibis.Table:
    """Returns the pairs that tie the versions of a number together: `record_id_l`, `record_id_r`, `is_same`."""
    in_order = ibis.window(group_by=["month", "customer_no"], order_by="since")
    pairs = versions.select("record_id", record_id_l=versions.record_id.lag().over(in_order))
    return pairs.filter(pairs.record_id_l.notnull()).select(
        "record_id_l", record_id_r="record_id", is_same=ibis.literal(True)
    )
