"""Features of bills and payments.

Every fact carries the months in which it became known, so that a wide window never lets an early month see a late
payment.
"""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.features.panel import EXACT, change, exact_sum, look_back, month_index, ratio
from govbiz_assets.transforms.stack import stack

PAYMENT_DEPTH = 13
# A payment is matched to bills issued up to nine months before it, so that the match lies inside any window.
_MATCH_MONTHS = 9
_NORMAL = "正常"
_PREPAID = "预收"


def payment_features(base: ibis.Table, bills: ibis.Table, payments: ibis.Table, owners: ibis.Table) -> ibis.Table:
    """Returns the billing and payment features.

    Args:
        base: `customer_id`, `month`, `as_of`.
        bills: `cleaned.bill`, PAYMENT_DEPTH months.
        payments: `cleaned.payment`, PAYMENT_DEPTH months.
        owners: `month`, `account_id`, `customer_id`.
    """
    owned_bills = bills.join(owners, ["month", "account_id"])
    owned_bills = owned_bills.mutate(at=month_index(owned_bills.month), due_at=month_index(owned_bills.due_date))
    owned_payments = payments.join(owners, ["month", "account_id"])
    owned_payments = owned_payments.mutate(at=month_index(owned_payments.month))
    matched = _matched(owned_bills, owned_payments)
    parts = (
        _billed(base, owned_bills),
        _settled(base, owned_bills, matched),
        _paid(base, owned_payments, matched),
    )
    features = base.select("month", "customer_id")
    for part in parts:
        features = features.left_join(part, ["month", "customer_id"]).drop("month_right", "customer_id_right")
    return features.mutate(
        owed_cny=features.owed_cny.cast("decimal(18, 2)"), owed_ratio=ratio(features.owed_cny, features.billed_12m_cny)
    )


def _matched(bills: ibis.Table, payments: ibis.Table) -> ibis.Table:
    """Pairs payments with the bills they pay, and numbers the payments of each bill by date."""
    facts = bills.select(
        "bill_id", "customer_id", "issued_date", "due_date", "due_at", "total_cny", bill_at=bills["at"]
    )
    paying = payments.select("bill_id", "payment_id", "paid_date", "paid_cny", pay_at=payments["at"])
    pairs = facts.join(paying, "bill_id")
    distance = pairs.pay_at - pairs.bill_at
    pairs = pairs.filter(distance >= -1, distance <= _MATCH_MONTHS)
    in_order = ibis.window(group_by="bill_id", order_by=["paid_date", "payment_id"])
    return pairs.mutate(turn=ibis.row_number().over(in_order))


def _billed(base: ibis.Table, bills: ibis.Table) -> ibis.Table:
    monthly = bills.group_by(["customer_id", "at"]).aggregate(
        total=bills.total_cny.sum().cast(EXACT),
        energy=exact_sum(bills.energy_cny).cast(EXACT),
        basic=exact_sum(bills.basic_cny).cast(EXACT),
        power_factor=exact_sum(bills.power_factor_cny).cast(EXACT),
        kwh=exact_sum(bills.kwh).cast(EXACT),
        corrections=bills.count(where=bills.bill_kind.fill_null(_NORMAL) != _NORMAL),
    )
    rows = look_back(base, monthly, PAYMENT_DEPTH)
    quarter, year = rows.age < 3, rows.age < 12
    totals = rows.group_by(["month", "customer_id"]).aggregate(
        now=rows.total.sum(where=rows.age == 0),
        year_ago=rows.total.sum(where=rows.age == 12),
        total_12m=rows.total.sum(where=year),
        total_3m=rows.total.sum(where=quarter),
        kwh_3m=rows.kwh.sum(where=quarter),
        energy_3m=rows.energy.sum(where=quarter),
        basic_3m=rows.basic.sum(where=quarter),
        power_factor_3m=rows.power_factor.sum(where=quarter),
        corrections=rows.corrections.sum(where=year),
    )
    return totals.select(
        "month",
        "customer_id",
        billed_month_cny=totals.now.cast("decimal(18, 2)"),
        billed_12m_cny=totals.total_12m.cast("decimal(18, 2)"),
        billed_year_change_ratio=change(totals.now, totals.year_ago),
        unit_price_cny_kwh=ratio(totals.total_3m, totals.kwh_3m),
        power_factor_charge_ratio=ratio(totals.power_factor_3m, totals.energy_3m),
        basic_charge_ratio=ratio(totals.basic_3m, totals.total_3m),
        bill_correction_12m_count=totals.corrections,
    )


def _settled(base: ibis.Table, bills: ibis.Table, matched: ibis.Table) -> ibis.Table:
    """Late bills and debt: a bill counts from the month of its due date, a payment from its own month."""
    in_time = matched.filter(matched.paid_date <= matched.due_date)
    paid_in_time = in_time.group_by("bill_id").aggregate(paid_in_time=in_time.paid_cny.sum())
    due = bills.filter(bills.due_at.notnull(), bills.total_cny > 0).left_join(paid_in_time, "bill_id")
    due = due.mutate(late=(due.paid_in_time.fill_null(0) < due.total_cny).cast("int64"))
    billed = due.group_by(["customer_id", "at", "due_at"]).aggregate(amount=due.total_cny.sum(), late=due.late.sum())
    paid = matched.filter(matched.due_at.notnull())
    received = paid.group_by(["customer_id", "bill_at", "due_at", "pay_at"]).aggregate(amount=paid.paid_cny.sum())
    ledger = billed.mutate(known_at=billed.due_at).select("customer_id", "at", "known_at", "amount", "late")
    credits_ = received.mutate(
        at=received.bill_at,
        known_at=(received.due_at > received.pay_at).ifelse(received.due_at, received.pay_at),
        amount=-received.amount,
        late=ibis.literal(0).cast("int64"),
    ).select("customer_id", "at", "known_at", "amount", "late")
    entries = stack(
        [
            rows.mutate(amount=rows.amount.cast("decimal(38, 2)"), late=rows.late.cast("int64"))
            for rows in (ledger, credits_)
        ]
    )
    rows = look_back(base.mutate(now=base.as_of), entries, 12)
    rows = rows.filter(rows.known_at <= rows.now)
    totals = rows.group_by(["month", "customer_id"]).aggregate(
        balance=rows.amount.sum(),
        late_3m_count=rows.late.sum(where=rows.age < 3),
        late_12m_count=rows.late.sum(),
    )
    return totals.select(
        "month",
        "customer_id",
        late_3m_count=totals.late_3m_count.fill_null(0),
        late_12m_count=totals.late_12m_count,
        owed_cny=(totals.balance > 0).ifelse(totals.balance, 0),
    )


def _paid(base: ibis.Table, payments: ibis.Table, matched: ibis.Table) -> ibis.Table:
    """Habits of paying, each payment counted in its own month."""
    second = matched.filter(matched.turn == 1)
    delays = matched.mutate(days=matched.paid_date.delta(matched.issued_date, unit="day").cast("int64"))
    facts = stack(
        [
            payments.select(
                "customer_id",
                "at",
                prepaid=(payments.payment_kind == _PREPAID).ifelse(payments.paid_cny, 0).cast(EXACT),
                returned=(payments.paid_cny < 0).cast("int64"),
                days=ibis.null("int64"),
                partial=ibis.literal(0).cast("int64"),
                channel=payments.payment_channel,
            ),
            delays.select(
                "customer_id",
                at=delays.pay_at,
                prepaid=ibis.literal(0).cast(EXACT),
                returned=ibis.literal(0).cast("int64"),
                days=delays.days,
                partial=ibis.literal(0).cast("int64"),
                channel=ibis.null("string"),
            ),
            second.select(
                "customer_id",
                at=second.pay_at,
                prepaid=ibis.literal(0).cast(EXACT),
                returned=ibis.literal(0).cast("int64"),
                days=ibis.null("int64"),
                partial=ibis.literal(1).cast("int64"),
                channel=ibis.null("string"),
            ),
        ]
    )
    monthly = facts.group_by(["customer_id", "at", "channel"]).aggregate(
        prepaid=facts.prepaid.sum().cast(EXACT),
        returned=facts.returned.sum(),
        day_sum=facts.days.sum(),
        day_count=facts.days.count(),
        partial=facts.partial.sum(),
    )
    rows = look_back(base, monthly, 12)
    totals = rows.group_by(["month", "customer_id"]).aggregate(
        day_sum=rows.day_sum.sum(where=rows.age < 3),
        day_count=rows.day_count.sum(where=rows.age < 3),
        partial=rows.partial.sum(),
        prepaid=rows.prepaid.sum(),
        channels=rows.channel.nunique(),
        returned=rows.returned.sum(),
    )
    return totals.select(
        "month",
        "customer_id",
        days_to_pay=ratio(totals.day_sum, totals.day_count),
        partial_12m_count=totals.partial,
        prepaid_12m_cny=totals.prepaid.cast("decimal(18, 2)"),
        payment_channel_12m_count=totals.channels,
        returned_payment_12m_count=totals.returned,
    )
