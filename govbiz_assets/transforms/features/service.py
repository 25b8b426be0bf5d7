"""Features of 95598 tickets and of the products that a customer holds."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.features.panel import exact_sum, look_back, month_end, month_index, ratio
from govbiz_assets.transforms.parse import month_start

SERVICE_DEPTH = 12
_COMPLAINTS = ("投诉", "举报")
_REPAIR = "报修"


def ticket_features(base: ibis.Table, tickets: ibis.Table, owners: ibis.Table) -> ibis.Table:
    """Returns the features of tickets.

    Args:
        base: `customer_id`, `month`, `as_of`.
        tickets: `cleaned.ticket`, SERVICE_DEPTH months.
        owners: `month`, `account_id`, `customer_id`.
    """
    owned = tickets.join(owners, ["month", "account_id"])
    owned = owned.mutate(at=month_index(owned.month))
    monthly = owned.group_by(["customer_id", "at"]).aggregate(
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
    rows = look_back(base, monthly, SERVICE_DEPTH)
    quarter = rows.age < 3
    totals = rows.group_by(["month", "customer_id"]).aggregate(
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
    age_days = month_end(totals.month).delta(totals.last_day, unit="day")
    return totals.mutate(
        satisfaction_mean=ratio(totals.score_sum, totals.score_count),
        call_mean_seconds=ratio(totals.second_sum, totals.second_count),
        ticket_age_days=age_days.cast("float64"),
    ).drop("score_sum", "score_count", "second_sum", "second_count", "last_day")


def product_features(base: ibis.Table, subscriptions: ibis.Table) -> ibis.Table:
    """Returns the features of products held.

    Args:
        base: `customer_id`, `month`, `as_of`.
        subscriptions: `cleaned.subscription_monthly`, SERVICE_DEPTH months.
    """
    held = held_products(subscriptions)
    held_now = held.group_by(["month", "customer_id"]).aggregate(
        product_count=held.count(), product_fee_cny=held.fee_cny.sum().cast("decimal(18, 2)")
    )
    rows = subscriptions.mutate(at=month_index(subscriptions.month))
    changes = rows.group_by(["customer_id", "at"]).aggregate(
        started=rows.count(where=month_start(rows.started_date) == rows.month),
        ended=rows.count(where=month_start(rows.ended_date) == rows.month),
    )
    seen = look_back(base, changes, SERVICE_DEPTH)
    totals = seen.group_by(["month", "customer_id"]).aggregate(
        product_started_12m_count=seen.started.sum(), product_ended_12m_count=seen.ended.sum()
    )
    return totals.left_join(held_now, ["month", "customer_id"]).drop("month_right", "customer_id_right")


def held_products(subscriptions: ibis.Table) -> ibis.Table:
    """Returns the subscriptions that run at the end of their month."""
    ends = month_end(subscriptions.month)
    started = subscriptions.started_date.isnull() | (subscriptions.started_date <= ends)
    return subscriptions.filter(started, subscriptions.ended_date.isnull() | (subscriptions.ended_date > ends))
