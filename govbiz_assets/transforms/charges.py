"""Two views of what was billed: energy by the month of use, money by the month of issue."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.quality.bills import is_normal


def charges(bills: ibis.Table) -> ibis.Table:
    """Sums bills by month of issue, account and month of use: the rows of `cleaned.charge_monthly`.

    Of a bill without a month of use the month of issue stands for it.

    Args:
        bills: `cleaned.bill`.
    """
    rows = bills.mutate(charge_month=bills.charge_month.fill_null(bills.month), corrects=~is_normal(bills))
    return rows.group_by(["month", "account_id", "charge_month"]).aggregate(
        bill_count=rows.count(),
        correction_count=rows.count(where=rows.corrects),
        kwh=rows.kwh.sum().cast("decimal(18, 3)"),
        correction_kwh=rows.kwh.sum(where=rows.corrects).cast("decimal(18, 3)"),
        total_cny=rows.total_cny.sum().cast("decimal(18, 2)"),
        correction_cny=rows.total_cny.sum(where=rows.corrects).fill_null(0).cast("decimal(18, 2)"),
    )


def net_usage(charged: ibis.Table) -> ibis.Table:
    """Nets energy and money to the month of use: `account_id`, `charge_month`, `kwh`, `total_cny`.

    Args:
        charged: `cleaned.charge_monthly` up to the month as of which is asked.
    """
    return _view(charged, "charge_month")


def cash(charged: ibis.Table) -> ibis.Table:
    """Keeps energy and money in the month of issue: `account_id`, `month`, `kwh`, `total_cny`."""
    return _view(charged, "month")


def _view(charged: ibis.Table, month: str) -> ibis.Table:
    return charged.group_by(["account_id", month]).aggregate(
        kwh=charged.kwh.sum().cast("decimal(18, 3)"), total_cny=charged.total_cny.sum().cast("decimal(18, 2)")
    )
