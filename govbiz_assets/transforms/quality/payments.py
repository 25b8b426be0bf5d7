"""Rules over payments: what they pay, when, and how much of it (D7, D28)."""

from __future__ import annotations

from datetime import date

import ibis

from govbiz_assets.transforms.features.panel import month_index
from govbiz_assets.transforms.lookup import looked_up
from govbiz_assets.transforms.paid_bills import is_meant, with_next_month
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.quality.params import PARAMS, QUALITY_DEPTH, QualityParams

_FOR_ENERGY = "电费"
# A house that is younger does not know the older bills that are still paid.
_YOUNG_MONTHS = 3


def judge_payments(payments: ibis.Table, bills: ibis.Table, accounts: ibis.Table, first: date) -> Judged:
    """Judges single payments.

    Args:
        payments: `cleaned.payment` up to the last judged month.
        bills: `cleaned.bill`, QUALITY_DEPTH months up to each judged one.
        accounts: `cleaned.account_monthly` of the judged months.
        first: First judged month.
    """
    looked_at = payments.filter(payments.month >= ibis.literal(first))
    made = looked_at.mutate(at=month_index(looked_at.month))
    billed = with_next_month(bills.select("bill_id", "issued_date", bill_at=month_index(bills.month)))
    paired = made.select("payment_id", "bill_id", "at").join(billed, "bill_id")
    distance = paired["at"] - paired.bill_at
    paired = paired.filter(distance >= 0, distance < QUALITY_DEPTH, is_meant(paired, paired["at"]))
    paired = paired.select("payment_id", "at", "issued_date", is_billed=ibis.literal(True))
    ages = made.select("at").distinct().join(billed.select("bill_at").distinct(), [ibis.literal(True)])
    ages = ages.filter(ages["at"] - ages.bill_at == _YOUNG_MONTHS).select("at", has_history=ibis.literal(True))
    known = accounts.select("month", "account_id", is_known=ibis.literal(True))
    rows = looked_up(made, (paired, ["payment_id", "at"]), (ages, ["at"]), (known, ["month", "account_id"]))
    is_energy = rows.payment_kind.fill_null(_FOR_ENERGY) == _FOR_ENERGY
    names_bill = rows.bill_id.notnull() & rows.is_billed.isnull() & rows.has_history.fill_null(False)
    money = rows.paid_cny
    findings = (
        Finding("unknown_account", rows.is_known.isnull(), impact_cny=money),
        Finding("unknown_bill", names_bill & is_energy, impact_cny=money, other_id=rows.bill_id),
        Finding("payment_returned", money < 0, money, impact_cny=money, other_id=rows.bill_id),
        Finding(
            "paid_before_issue",
            is_energy & (rows.paid_date < rows.issued_date),
            impact_cny=money,
            other_id=rows.bill_id,
        ),
        Finding(
            "in_transit",
            month_index(rows.credited_date) > rows["at"],
            impact_cny=money,
            other_id=rows.bill_id,
            needs="credited_date",
        ),
    )
    return Judged("payment", rows, findings, "payment_id", "paid_date", account_id="account_id", looked_at=looked_at)


def judge_paid_bills(payments: ibis.Table, bills: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges bills by all that was paid for them up to the month.

    Args:
        payments: `cleaned.payment`, QUALITY_DEPTH months up to each judged one.
        bills: `cleaned.bill`, the same months.
        first: First judged month.
        params: Limits.
    """
    paying = payments.filter(payments.bill_id.notnull(), payments.payment_kind.fill_null(_FOR_ENERGY) == _FOR_ENERGY)
    looked_at = paying.filter(paying.month >= ibis.literal(first)).select("month", "bill_id").distinct()
    billed = with_next_month(bills.select("bill_id", "account_id", "total_cny", bill_at=month_index(bills.month)))
    paid = paying.select("month", "bill_id", "paid_cny", at=month_index(paying.month)).join(billed, "bill_id")
    distance = paid["at"] - paid.bill_at
    paid = paid.filter(distance >= 0, distance < QUALITY_DEPTH, is_meant(paid, paid["at"]))
    bill = ["bill_id", "bill_at", "account_id", "total_cny"]
    monthly = paid.group_by(["month", "at", *bill]).aggregate(month_cny=paid.paid_cny.sum().cast("decimal(18, 2)"))
    year = ibis.window(group_by=["bill_id", "bill_at"], order_by="at", range=(1 - QUALITY_DEPTH, 0))
    rows = monthly.mutate(paid_so_far=monthly.month_cny.sum().over(year).cast("decimal(18, 2)"))
    rows = rows.filter(rows.month >= ibis.literal(first))
    over = rows.paid_so_far - rows.total_cny
    is_over = (rows.total_cny > 0) & (rows.month_cny > 0) & (over.cast("float64") > params.parts_cny)
    finding = Finding("overpaid", is_over, rows.paid_so_far, rows.total_cny, impact_cny=over)
    return Judged("payment", rows, (finding,), "bill_id", account_id="account_id", looked_at=looked_at)
