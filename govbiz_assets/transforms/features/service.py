"""Features of 95598 tickets and of the products that a customer holds."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.features.panel import Panel, exact_sum, month_end, month_index, ratio
from govbiz_assets.transforms.parse import month_start

SERVICE_DEPTH = 12
_COMPLAINTS = ("投诉", "举报")
_REPAIR = "报修"


def ticket_features(panel: Panel, tickets: ibis.Table, owners: ibis.Table) -> ibis.Table:
    """Returns the features of tickets.

    Args:
        panel: Customers and as-of months.
        tickets: `cleaned.ticket`, SERVICE_DEPTH months.
        owners: `month`, `account_id`, `customer_number`.
    """
    owned = tickets.join(owners, ["month", "account_id"])
    owned = owned.mutate(at=month_index(owned.month))
    monthly = owned.group_by(["customer_number", "at"]).aggregate(
        tickets=owned.count(),
        complaints=owned.count(where=owned.ticket_type.isin(_COMPLAINTS)),
        repairs=owned.count(where=owned.ticket_type == _REPAIR),
        repeated=owned.count(where=owned.is_repeated.fill_null(False)),
        score_sum=exact_sum(owned.satisfaction_score),
        score_count=owned.satisfaction_score.count(),
        second_sum=exact_sum(owned.call_seconds),
        second_count=owned.call_seconds.count(),
        last_day=owned.handled_at.max().cast("date"),
    )
    rows = panel.look_back(monthly, SERVICE_DEPTH)
    quarter = rows.age < 3
    totals = rows.group_by("panel_key").aggregate(
        ticket_month_count=rows.tickets.sum(where=rows.age == 0).fill_null(0),
        ticket_3m_count=rows.tickets.sum(where=quarter).fill_null(0),
        ticket_12m_count=rows.tickets.sum(),
        complaint_3m_count=rows.complaints.sum(where=quarter).fill_null(0),
        complaint_12m_count=rows.complaints.sum(),
        repair_12m_count=rows.repairs.sum(),
        repeated_12m_count=rows.repeated.sum(),
        score_sum=rows.score_sum.sum(),
        score_count=rows.score_count.sum(),
        second_sum=rows.second_sum.sum(),
        second_count=rows.second_count.sum(),
        last_day=rows.last_day.max(),
    )
    totals = totals.join(panel.rows.select("panel_key", "month"), "panel_key")
    age_days = month_end(totals.month).delta(totals.last_day, unit="day")
    return totals.mutate(
        satisfaction_mean=ratio(totals.score_sum, totals.score_count),
        call_mean_seconds=ratio(totals.second_sum, totals.second_count),
        ticket_age_days=age_days.cast("float64"),
    ).drop("month", "score_sum", "score_count", "second_sum", "second_count", "last_day")


def product_features(panel: Panel, subscriptions: ibis.Table) -> ibis.Table:
    """Returns the features of products held.

    Args:
        panel: Customers and as-of months.
        subscriptions: `cleaned.subscription_monthly`, SERVICE_DEPTH months.
    """
    held = is_held(subscriptions)
    rows = panel.numbered(subscriptions.mutate(is_held=held, at=month_index(subscriptions.month)))
    monthly = rows.group_by(["customer_number", "at"]).aggregate(
        products=rows.count(where=rows.is_held),
        fees=rows.fee_cny.sum(where=rows.is_held),
        started=rows.count(where=month_start(rows.started_date) == rows.month),
        ended=rows.count(where=month_start(rows.ended_date) == rows.month),
    )
    seen = panel.look_back(monthly, SERVICE_DEPTH)
    return seen.group_by("panel_key").aggregate(
        product_count=seen.products.sum(where=seen.age == 0),
        product_fee_cny=seen.fees.sum(where=seen.age == 0).cast("decimal(18, 2)"),
        product_started_12m_count=seen.started.sum(),
        product_ended_12m_count=seen.ended.sum(),
    )


def held_products(subscriptions: ibis.Table) -> ibis.Table:
    """Returns the subscriptions that run at the end of their month."""
    return subscriptions.filter(is_held(subscriptions))


def is_held(subscriptions: ibis.Table) -> ir.BooleanValue:
    """True for a subscription that runs at the end of the month of its record."""
    ends = month_end(subscriptions.month)
    has_started = subscriptions.started_date.isnull() | (subscriptions.started_date <= ends)
    return cast(
        "ir.BooleanValue", has_started & (subscriptions.ended_date.isnull() | (subscriptions.ended_date > ends))
    )
