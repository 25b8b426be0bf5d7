"""Which bill a payment pays, where the number of a bill stands again in a later month."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.lookup import looked_up


def with_next_month(bills: ibis.Table) -> ibis.Table:
    """Adds `next_at`, the month in which the same number stands again; null for nearly every bill.

    Args:
        bills: `bill_id` and `bill_at`, the number of the bill's month, and other columns; each of both once.
    """
    key = ["bill_id", "bill_at"]
    # Numbers that stand twice are few or none, so that only they are put in order.
    reused = bills.group_by("bill_id").having(bills.count() > 1).aggregate(month_count=bills.count())
    again = bills.select(key).semi_join(reused, "bill_id")
    in_order = ibis.window(group_by="bill_id", order_by="bill_at")
    return looked_up(bills, (again.mutate(next_at=again.bill_at.lead().over(in_order)), key))


def is_meant(pairs: ibis.Table, paid_at: ir.IntegerValue) -> ir.BooleanValue:
    """True where a payment means this bill of the number and not one that came between the two.

    A later bill than the payment is no rival of an earlier one: what was paid must not depend on what comes after.

    Args:
        pairs: Payments joined by `bill_id` with bills of `with_next_month`.
        paid_at: Number of the payment's month.
    """
    return cast("ir.BooleanValue", (pairs.bill_at > paid_at) | pairs.next_at.isnull() | (pairs.next_at > paid_at))
