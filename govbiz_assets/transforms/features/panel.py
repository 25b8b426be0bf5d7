"""The as-of panel: every customer and month beside the months before it, and arithmetic that does not depend on order.

Sums are taken over decimals, which are exact; only the sums become floating point numbers. Sums of floating point
numbers would differ in their last bits with the order in which threads meet the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

EXACT = "decimal(18, 3)"
# More than the number of any month of the years 1900 to 2099.
_MONTH_NUMBERS = 65_536


def month_index(month: ir.DateValue) -> ir.IntegerValue:
    """Returns the number of a month, so that the difference of two is their distance in months."""
    return (month.year().cast("int64") * 12 + month.month().cast("int64")).cast("int64")


@dataclass(frozen=True)
class Panel:
    """Every active customer as of every month, each under one whole number.

    A look back copies a customer's history to all as-of months that see it, 15 times at most. Joining and grouping
    these rows by whole numbers instead of customer and month took 0.6 of the time for 62,500 customers and 24 months.

    Attributes:
        rows: `panel_key`, `month`, `customer_id`; one row per customer and as-of month.
        people: `customer_id`, `customer_number`; numbered in the order of the ids.
        first: Number of the first as-of month.
        last: Number of the last.
    """

    rows: ibis.Table
    people: ibis.Table
    first: int
    last: int

    def numbered(self, rows: ibis.Table) -> ibis.Table:
        """Returns the rows of customers of the panel, with their `customer_number` in place of `customer_id`."""
        return rows.join(self.people, "customer_id").drop("customer_id")

    def look_back(self, history: ibis.Table, depth: int) -> ibis.Table:
        """Shows to each as-of month a customer's history of that many months, the as-of month included.

        Args:
            history: `customer_number`, `at` (number of the month) and values.
            depth: Months to look back.

        Returns:
            `panel_key`, `as_of`, the history's values and `age`: 0 for the as-of month itself. Nothing later is
            shown. A month in which the customer is not active has a key as well, but no row of the panel.
        """
        at = history["at"]
        youngest = ibis.greatest(ibis.literal(0, "int64"), self.first - at)
        oldest = ibis.least(ibis.literal(depth - 1, "int64"), self.last - at)
        seen = history.mutate(age=ibis.range(youngest, oldest + 1).unnest())
        as_of = seen["at"] + seen.age
        return seen.mutate(as_of=as_of, panel_key=_panel_key(seen.customer_number, as_of)).drop("customer_number", "at")


def build_panel(active: ibis.Table, months: Sequence[date]) -> Panel:
    """Returns the panel of active customers.

    Args:
        active: `month`, `customer_id`; once each.
        months: As-of months.
    """
    people = active.select("customer_id").distinct()
    people = people.mutate(customer_number=ibis.row_number().over(ibis.window(order_by="customer_id")))
    rows = active.join(people, "customer_id")
    key = _panel_key(rows.customer_number, month_index(rows.month))
    numbers = [month.year * 12 + month.month for month in months]
    return Panel(rows.select("month", "customer_id", panel_key=key), people, min(numbers), max(numbers))


def _panel_key(customer_number: ir.IntegerValue, as_of: ir.IntegerValue) -> ir.IntegerValue:
    return cast("ir.IntegerValue", customer_number * _MONTH_NUMBERS + as_of)


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
