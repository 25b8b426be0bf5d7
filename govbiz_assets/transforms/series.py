"""Time series for forecasting: monthly energy and money by level, and the daily load."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.parse import month_start
from govbiz_assets.transforms.stack import stack

PROVINCE = "province"


def monthly_series(usage: ibis.Table, bills: ibis.Table, accounts: ibis.Table) -> ibis.Table:
    """Sums monthly energy (by month of use) and money (by month of issue) over customers, industries and divisions.

    Args:
        usage: `cleaned.usage_monthly`.
        bills: `cleaned.bill`.
        accounts: `cleaned.account_monthly` of the same months.

    Returns:
        `month`, `level`, `series_id`, `measure` (`kwh` or `cny`), `value` (float).
    """
    owners = accounts.select("month", "account_id", "customer_id", "division_code", "industry_code")
    wide = "decimal(38, 3)"
    facts = stack(
        [
            usage.select("month", "account_id", measure=ibis.literal("kwh"), amount=usage.kwh.cast(wide)),
            bills.select("month", "account_id", measure=ibis.literal("cny"), amount=bills.total_cny.cast(wide)),
        ]
    )
    owned = facts.left_join(owners, ["month", "account_id"])
    levels = {
        "customer": owned.customer_id,
        "industry": owned.industry_code,
        "division": owned.division_code,
        PROVINCE: ibis.literal(PROVINCE),
    }
    parts = []
    for level, series_id in levels.items():
        rows = owned.mutate(level=ibis.literal(level), series_id=series_id)
        rows = rows.filter(rows.series_id.notnull())
        grouped = rows.group_by(["month", "level", "series_id", "measure"])
        parts.append(grouped.aggregate(value=rows.amount.sum().cast("float64")))
    return stack(parts)


def daily_load(usage: ibis.Table) -> ibis.Table:
    """Sums daily energy over the province: `usage_date`, `kwh` (float)."""
    return usage.group_by("usage_date").aggregate(kwh=usage.kwh.sum().cast("float64"))


def month_calendar(calendar: ibis.Table) -> ibis.Table:
    """Counts the days of each month by kind: `month`, `days`, `workdays`, `spring_festival_days`."""
    rows = calendar.mutate(month=month_start(calendar.calendar_date))
    return rows.group_by("month").aggregate(
        days=rows.count(),
        workdays=rows.count(where=rows.is_workday),
        spring_festival_days=rows.count(where=rows.is_spring_festival),
    )
