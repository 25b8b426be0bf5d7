"""Cleaned tables that are made from other cleaned tables: monthly usage, and master data where none is delivered."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

ENERGY = "decimal(18, 3)"
BANDS = ("kwh_sharp", "kwh_peak", "kwh_flat", "kwh_valley", "kwh_deep")
# A day at or below this is silent: meters in standby and placeholders of exports read up to 1 kWh.
SILENT_KWH = 1


def monthly_usage(usage: ibis.Table, calendar: ibis.Table) -> ibis.Table:
    """Sums daily energy per account and month, with the day counts that features need.

    Args:
        usage: `cleaned.usage_daily`.
        calendar: `reference.calendar_day`; days beyond it count as working days from Monday to Friday.

    Returns:
        Rows of `cleaned.usage_monthly`.
    """
    days = usage.left_join(calendar, usage.usage_date == calendar.calendar_date)
    is_weekday = days.usage_date.day_of_week.index() < 5
    days = days.mutate(
        works=days.is_workday.fill_null(is_weekday),
        festive=days.is_spring_festival.fill_null(False),
        estimated=days.read_type.fill_null("") == "估抄",
    )
    return days.group_by(["month", "account_id"]).aggregate(
        kwh=_sum(days.kwh),
        **{band: _sum(days[band]) for band in BANDS},
        read_days=days.count(),
        silent_days=_count(days, days.kwh <= SILENT_KWH),
        estimated_days=_count(days, days.estimated),
        workday_days=_count(days, days.works),
        workday_kwh=_sum(days.kwh, days.works),
        restday_days=_count(days, ~days.works),
        restday_kwh=_sum(days.kwh, ~days.works),
        spring_festival_days=_count(days, days.festive),
        spring_festival_kwh=_sum(days.kwh, days.festive),
        day_max_kwh=days.kwh.max(),
    )


def accounts_from_usage(usage: ibis.Table) -> ibis.Table:
    """Makes an account, and a customer of its own, of every account number with readings in the month.

    For sources that deliver readings but no account archive.
    """
    accounts = usage.select("month", "account_id").distinct()
    # A pseudonym is its prefix and a hash; the customer takes the account's hash under the customer's prefix.
    return accounts.mutate(customer_id=ibis.literal("c") + accounts.account_id.substr(1))


def accounts_from_customers(customers: ibis.Table) -> ibis.Table:
    """Makes one account of every customer, for sources that deliver a customer master and nothing below it."""
    rows = customers.select("month", "customer_id", "division_code", "industry_code")
    return rows.mutate(account_id=ibis.literal("a") + rows.customer_id.substr(1))


def customers_from_accounts(accounts: ibis.Table) -> ibis.Table:
    """Makes a customer record of every customer that owns an account, where no customer master is delivered.

    Division and industry, where the accounts say them, are those of the customer's first account by its pseudonym.
    """
    first = ibis.window(group_by=["month", "customer_id"], order_by="account_id")
    ranked = accounts.mutate(position=ibis.row_number().over(first))
    known = [name for name in ("division_code", "industry_code") if name in accounts.columns]
    return ranked.filter(ranked.position == 0).select("month", "customer_id", *known)


def _sum(value: ir.NumericColumn, where: ir.BooleanValue | None = None) -> ir.NumericScalar:
    """Exact sum of decimals; 0 where a condition holds for no row, null where no value is known."""
    total = value.sum(where=where).cast(ENERGY)
    return total if where is None else total.fill_null(ibis.literal(0).cast(ENERGY))


def _count(rows: ibis.Table, where: ir.BooleanValue) -> ir.IntegerScalar:
    return rows.count(where=where)
