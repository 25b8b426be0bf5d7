"""Features of bills and payments.

Every fact carries the months in which it became known, so that a wide window never lets an early month see a late
payment.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.features.panel import (
    EXACT,
    MONEY,
    Keep,
    Panel,
    as_it_is,
    change,
    exact_sum,
    month_index,
    ratio,
    trailing,
)
from govbiz_assets.transforms.paid_bills import is_meant, with_next_month
from govbiz_assets.transforms.stack import stack

PAYMENT_DEPTH = 13
# A payment is matched to bills issued up to nine months before it, so that the match lies inside any window.
_MATCH_MONTHS = 9
_NORMAL = "正常"
_PREPAID = "预收"
# After the number of any month.
_NEVER = 100_000


def payment_features(
    panel: Panel, bills: ibis.Table, payments: ibis.Table, owners: ibis.Table, keep: Keep = as_it_is
) -> ibis.Table:
    """Returns the billing and payment features.

    Args:
        panel: Customers and as-of months.
        bills: `cleaned.bill`, PAYMENT_DEPTH months.
        payments: `cleaned.payment`, PAYMENT_DEPTH months.
        owners: `month`, `account_id`, `customer_number`; null for a customer outside the panel, because a bill is
            paid whoever owns the account by then.
        keep: Computes an intermediate table once.
    """
    owned_bills = bills.join(owners, ["month", "account_id"])
    owned_bills = owned_bills.filter(owned_bills.customer_number.notnull())
    owned_bills = owned_bills.mutate(at=month_index(owned_bills.month), due_at=month_index(owned_bills.due_date))
    owned_payments = payments.join(owners, ["month", "account_id"])
    owned_payments = owned_payments.mutate(at=month_index(owned_payments.month))
    matched = keep("matched", _matched(owned_bills, owned_payments))
    features = panel.rows.select("panel_key")
    for part in (
        keep("billed", _billed(panel, owned_bills)),
        keep("settled", _settled(panel, owned_bills, matched)),
        keep("paid", _paid(panel, owned_payments.filter(owned_payments.customer_number.notnull()), matched)),
    ):
        features = features.left_join(part, "panel_key").drop("panel_key_right")
    return features.mutate(
        owed_cny=features.owed_cny.cast(MONEY), owed_ratio=ratio(features.owed_cny, features.billed_12m_cny)
    )


def _matched(bills: ibis.Table, payments: ibis.Table) -> ibis.Table:
    """Pairs payments with the bills they pay."""
    names = ("bill_id", "customer_number", "issued_date", "due_date", "due_at", "total_cny")
    facts = with_next_month(bills.select(*names, bill_at=bills["at"]))
    paying = payments.select("bill_id", "payment_id", "paid_date", "paid_cny", pay_at=payments["at"])
    pairs = facts.join(paying, "bill_id")
    distance = pairs.pay_at - pairs.bill_at
    return pairs.filter(distance >= -1, distance <= _MATCH_MONTHS, is_meant(pairs, pairs.pay_at)).drop("next_at")


def _billed(panel: Panel, bills: ibis.Table) -> ibis.Table:
    monthly = bills.group_by(["customer_number", "at"]).aggregate(
        total=bills.total_cny.sum().cast(MONEY),
        energy=bills.energy_cny.sum().cast(MONEY),
        basic=bills.basic_cny.sum().cast(MONEY),
        power_factor=bills.power_factor_cny.sum().cast(MONEY),
        kwh=exact_sum(bills.kwh).cast(EXACT),
        corrections=bills.count(where=bills.bill_kind.fill_null(_NORMAL) != _NORMAL),
    )
    rows = panel.timeline(monthly)
    quarter, year = trailing(3), trailing(12)
    totals = rows.select(
        "panel_key",
        now=rows.total,
        year_ago=rows.total.sum().over(trailing(1, back=12)),
        total_12m=rows.total.sum().over(year).cast(MONEY),
        total_3m=rows.total.sum().over(quarter),
        kwh_3m=rows.kwh.sum().over(quarter),
        energy_3m=rows.energy.sum().over(quarter),
        basic_3m=rows.basic.sum().over(quarter),
        power_factor_3m=rows.power_factor.sum().over(quarter),
        corrections=rows.corrections.sum().over(year).cast("int64"),
    )
    totals = totals.filter(totals.panel_key.notnull())
    return totals.select(
        "panel_key",
        billed_month_cny=totals.now,
        billed_12m_cny=totals.total_12m,
        billed_year_change_ratio=change(totals.now, totals.year_ago),
        unit_price_cny_kwh=ratio(totals.total_3m, totals.kwh_3m),
        power_factor_charge_ratio=ratio(totals.power_factor_3m, totals.energy_3m),
        basic_charge_ratio=ratio(totals.basic_3m, totals.total_3m),
        bill_correction_12m_count=totals.corrections,
    )


def _settled(panel: Panel, bills: ibis.Table, matched: ibis.Table) -> ibis.Table:
    """Late bills and debt: a bill counts from the month of its due date, a payment from its own month."""
    in_time = matched.filter(matched.paid_date <= matched.due_date)
    bill = ["bill_id", "bill_at"]
    paid_in_time = in_time.group_by(bill).aggregate(paid_in_time=in_time.paid_cny.sum())
    # Negative bills are part of the balance: they take back an earlier bill, or are paid out by a negative payment.
    due = bills.filter(bills.due_at.notnull())
    due = due.left_join(paid_in_time, [due.bill_id == paid_in_time.bill_id, due["at"] == paid_in_time.bill_at])
    is_late = (due.total_cny > 0) & (due.paid_in_time.fill_null(0) < due.total_cny)
    due = due.mutate(late=is_late.cast("int64"))
    received = matched.filter(matched.due_at.notnull())
    credit_at = (received.due_at > received.pay_at).ifelse(received.due_at, received.pay_at)
    in_order = ibis.window(group_by=bill, order_by=["paid_date", "payment_id"])
    parts = matched.filter(matched.paid_cny > 0)
    parts = parts.mutate(turn=ibis.row_number().over(in_order))
    second = parts.filter(parts.turn == 1)
    entries = stack(
        [
            _entries(due, at=due["at"], known_at=due.due_at, amount=due.total_cny, late=due.late),
            _entries(received, at=received.bill_at, known_at=credit_at, amount=-received.paid_cny),
            _entries(second, at=second.bill_at, known_at=second.pay_at, part=ibis.literal(1)),
        ]
    )
    monthly = entries.group_by(["customer_number", "at", "known_at"]).aggregate(
        amount=entries.amount.sum().cast("decimal(38, 2)"), late=entries.late.sum(), part=entries.part.sum()
    )
    # An entry is seen from the month in which it is known to the last month whose trailing year holds its bill.
    rows = panel.spread(monthly, since=ibis.greatest(monthly["at"], monthly.known_at), until=monthly["at"] + 12)
    totals = rows.group_by("panel_key").aggregate(
        balance=rows.amount.sum(),
        late_3m_count=rows.late.sum(where=rows.as_of - rows["at"] < 3),
        late_12m_count=rows.late.sum(),
        partial_12m_count=rows.part.sum(),
    )
    return totals.select(
        "panel_key",
        "late_12m_count",
        "partial_12m_count",
        late_3m_count=totals.late_3m_count.fill_null(0),
        owed_cny=(totals.balance > 0).ifelse(totals.balance, 0),
    )


def _entries(rows: ibis.Table, **values: ir.Value) -> ibis.Table:
    """Returns entries of the bills' ledger: month of the bill, month from which the entry is known, what it says."""
    zero = ibis.literal(0)
    return rows.select(
        "customer_number",
        at=values["at"],
        known_at=values["known_at"],
        amount=values.get("amount", zero).cast("decimal(38, 2)"),
        late=values.get("late", zero).cast("int64"),
        part=values.get("part", zero).cast("int64"),
    )


def _paid(panel: Panel, payments: ibis.Table, matched: ibis.Table) -> ibis.Table:
    """Habits of paying, each payment counted in its own month."""
    zero = ibis.literal(0)
    facts = stack(
        [
            payments.select(
                "customer_number",
                "at",
                prepaid=(payments.payment_kind == _PREPAID).ifelse(payments.paid_cny, 0).cast(MONEY),
                returned=(payments.paid_cny < 0).cast("int64"),
                days=ibis.null("int64"),
            ),
            matched.select(
                "customer_number",
                at=matched.pay_at,
                prepaid=zero.cast(MONEY),
                returned=zero.cast("int64"),
                days=matched.paid_date.delta(matched.issued_date, unit="day").cast("int64"),
            ),
        ]
    )
    monthly = facts.group_by(["customer_number", "at"]).aggregate(
        prepaid=facts.prepaid.sum().cast(MONEY),
        returned=facts.returned.sum().cast("int64"),
        day_sum=facts.days.sum().cast("int64"),
        day_count=facts.days.count(),
    )
    rows = panel.timeline(monthly)
    quarter, year = trailing(3), trailing(12)
    totals = rows.select(
        "panel_key",
        prepaid_12m_cny=rows.prepaid.sum().over(year).cast(MONEY),
        returned_payment_12m_count=rows.returned.sum().over(year).cast("int64"),
        days_to_pay=ratio(rows.day_sum.sum().over(quarter), rows.day_count.sum().over(quarter)),
    )
    totals = totals.filter(totals.panel_key.notnull(), totals.returned_payment_12m_count.notnull())
    features = totals.left_join(_channels(panel, payments), "panel_key").drop("panel_key_right")
    return features.mutate(payment_channel_12m_count=features.payment_channel_12m_count.fill_null(0))


def _channels(panel: Panel, payments: ibis.Table) -> ibis.Table:
    """Counts the payment channels of the trailing year: each from its use to the next, or for a year."""
    used = payments.filter(payments.payment_channel.notnull())
    used = used.select("customer_number", "at", "payment_channel").distinct()
    in_order = ibis.window(group_by=["customer_number", "payment_channel"], order_by="at")
    used = used.mutate(next_at=used["at"].lead().over(in_order))
    rows = panel.spread(used, since=used["at"], until=ibis.least(used["at"] + 12, used.next_at.fill_null(_NEVER)))
    return rows.group_by("panel_key").aggregate(payment_channel_12m_count=rows.count())
