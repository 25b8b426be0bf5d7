"""Features of accounts and capacity."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.features.panel import EXACT, Panel, exact_sum, month_end, month_index, ratio, trailing
from govbiz_assets.transforms.parse import month_start

# Twelve months of changes need the month before the first of them.
CAPACITY_DEPTH = 13
_CLOSED = "已销户"


def open_accounts(accounts: ibis.Table) -> ibis.Table:
    """Returns the accounts that are open at the end of their month."""
    return accounts.filter(is_open(accounts))


def is_open(accounts: ibis.Table) -> ir.BooleanValue:
    """True for an account that is open at the end of the month of its record."""
    stays = accounts.closed_date.isnull() | (accounts.closed_date > month_end(accounts.month))
    return cast("ir.BooleanValue", stays & (accounts.account_status.fill_null("") != _CLOSED))


def account_features(accounts: ibis.Table) -> ibis.Table:
    """Returns what the open accounts of the as-of month say: `cleaned.account_monthly` in, one row per customer out."""
    rows = open_accounts(accounts)
    ends = month_end(rows.month)
    grouped = rows.mutate(
        tenure=(ends.delta(rows.opened_date, unit="day")).cast("float64") / 30.4375,
        contract_left=(rows.contract_end_date.delta(ends, unit="day")).cast("float64") / 30.4375,
    ).group_by(["month", "customer_id"])
    return grouped.aggregate(
        account_count=lambda t: t.count(),
        tenure_months=lambda t: t.tenure.max(),
        voltage_max_kv=lambda t: t.voltage_kv.max(),
        is_two_part_tariff=lambda t: (t.tariff_system == "两部制").any(),
        has_market_account=lambda t: t.is_market_traded.any(),
        contract_left_months=lambda t: t.contract_left.min(),
        contract_kva=lambda t: exact_sum(t.contract_kva).cast("float64"),
        run_kva=lambda t: exact_sum(t.run_kva).cast("float64"),
    )


def customer_capacity(panel: Panel, accounts: ibis.Table) -> ibis.Table:
    """Sums capacity over the open accounts of a customer, and counts changes of running capacity.

    Args:
        panel: Customers and as-of months.
        accounts: `cleaned.account_monthly`, of all customers: an account keeps its past when it changes hands.

    Returns:
        `customer_number`, `at`, `contract_kva`, `run_kva` (exact), `cut`, `grown` (0 or 1), `closed_accounts`.
    """
    rows = accounts.mutate(at=month_index(accounts.month), is_open=is_open(accounts))
    by_account = ibis.window(group_by="account_id", order_by="at")
    rows = rows.mutate(
        before_at=rows["at"].lag().over(by_account),
        before_kva=rows.run_kva.lag().over(by_account),
        before_open=rows.is_open.lag().over(by_account),
    )
    # Only the month right before counts as "before": a wider gap would depend on how far the window reaches.
    follows = (rows.before_at == rows["at"] - 1).fill_null(False)
    step = follows.ifelse(rows.run_kva - rows.before_kva, ibis.null("float64"))
    # Papers come late: an account that was open in last month's archive closed now, whatever its date says.
    closes_now = (month_start(rows.closed_date) == rows.month).fill_null(False) | (follows & rows.before_open)
    rows = rows.mutate(
        just_closed=(~rows.is_open & closes_now).cast("int64"),
        cut=(step < 0).fill_null(False).cast("int64"),
        grown=(step > 0).fill_null(False).cast("int64"),
        open_contract_kva=rows.is_open.ifelse(rows.contract_kva, ibis.null("float64")),
        open_run_kva=rows.is_open.ifelse(rows.run_kva, ibis.null("float64")),
    )
    rows = panel.numbered(rows)
    return rows.group_by(["customer_number", "at"]).aggregate(
        contract_kva=exact_sum(rows.open_contract_kva).cast(EXACT),
        run_kva=exact_sum(rows.open_run_kva).cast(EXACT),
        cut=rows.cut.max(),
        grown=rows.grown.max(),
        closed_accounts=rows.just_closed.sum(),
    )


def capacity_features(panel: Panel, history: ibis.Table) -> ibis.Table:
    """Returns the capacity features that look back.

    Args:
        panel: Customers and as-of months.
        history: Result of `customer_capacity`.
    """
    rows = panel.timeline(history)
    year = trailing(12)
    totals = rows.select(
        "panel_key",
        "at",
        run_now=rows.run_kva,
        contract_now=rows.contract_kva,
        run_before=rows.run_kva.sum().over(trailing(1, back=3)),
        contract_before=rows.contract_kva.sum().over(trailing(1, back=3)),
        known_months=rows.run_kva.count().over(year),
        cuts=rows.cut.sum().over(year).cast("int64"),
        growths=rows.grown.sum().over(year).cast("int64"),
        cut_at=(rows.cut == 1).ifelse(rows["at"], ibis.null("int64")).max().over(year),
        closed=rows.closed_accounts.sum().over(year).cast("int64"),
    )
    totals = totals.filter(totals.panel_key.notnull())
    is_known = totals.known_months > 0
    none = ibis.null("int64")
    return totals.select(
        "panel_key",
        run_contract_ratio=ratio(totals.run_now, totals.contract_now),
        run_contract_change_3m_ratio=ratio(totals.run_now, totals.contract_now)
        - ratio(totals.run_before, totals.contract_before),
        capacity_cut_12m_count=is_known.ifelse(totals.cuts, none),
        capacity_growth_12m_count=is_known.ifelse(totals.growths, none),
        capacity_cut_age_months=(totals["at"] - totals.cut_at).cast("float64"),
        closed_account_12m_count=is_known.ifelse(totals.closed, none),
    )
