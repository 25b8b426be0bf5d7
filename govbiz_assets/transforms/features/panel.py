"""The as-of panel: every customer and month beside the months before it, and arithmetic that does not depend on order.

Sums are taken over decimals, which are exact; only the sums become floating point numbers. Sums of floating point
numbers would differ in their last bits with the order in which threads meet the rows.
"""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

EXACT = "decimal(18, 3)"


def month_index(month: ir.DateValue) -> ir.IntegerValue:
    """Returns the number of a month, so that the difference of two is their distance in months."""
    return (month.year().cast("int64") * 12 + month.month().cast("int64")).cast("int64")


def look_back(base: ibis.Table, history: ibis.Table, depth: int) -> ibis.Table:
    """Joins to each customer and as-of month the customer's history of that many months, the as-of month included.

    Args:
        base: `customer_id`, `month`, `as_of` (number of the month).
        history: `customer_id`, `at` (number of the month) and values.
        depth: Months to look back.

    Returns:
        `month`, `customer_id`, the history's values and `age`: 0 for the as-of month itself. Nothing later is joined.
    """
    joined = base.join(
        history,
        [base.customer_id == history.customer_id, history["at"] <= base.as_of, history["at"] > base.as_of - depth],
    )
    return joined.mutate(age=joined.as_of - joined["at"]).drop("as_of", "at", "customer_id_right")


def exact_sum(value: ir.Value, where: ir.BooleanValue | None = None) -> ir.Value:
    """Sum of decimals, null where nothing is known."""
    return value.cast(EXACT).sum(where=where)


def ratio(over: ir.Value, under: ir.Value) -> ir.FloatingValue:
    """Quotient as floating point; null where the divisor is zero or unknown."""
    divisor = under.cast("float64")
    return cast("ir.FloatingValue", (divisor != 0).ifelse(over.cast("float64") / divisor, ibis.null("float64")))


def change(now: ir.Value, before: ir.Value) -> ir.FloatingValue:
    """Relative change: now over before, less 1; null where before is zero or unknown."""
    return cast("ir.FloatingValue", ratio(now, before) - 1)


def month_end(month: ir.DateValue) -> ir.DateValue:
    """Last day of the month."""
    return cast("ir.DateValue", month + ibis.interval(months=1) - ibis.interval(days=1)).cast("date")
