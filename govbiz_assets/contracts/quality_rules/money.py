"""Bills and payments."""

from __future__ import annotations

from govbiz_assets.contracts.quality_rules.defect import AT_SOURCE, BILLING, QualityRule, fix, flag

MONEY_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "D9",
        "Order of dates, gaps and overlaps",
        (
            flag("due_before_issue", "bill", "the bill is due before it was issued", BILLING),
            flag("off_cycle", "bill", "the months of use and of issue lie apart or swapped", BILLING),
            flag("charge_gap", "bill", "no bill for the month of use before, though earlier ones were billed", BILLING),
            flag("charge_overlap", "bill", "the month of use was billed before by another amount", BILLING),
            flag("period_reversed", "bill", "the billed period ends before it starts", BILLING),
            flag("period_overlap", "bill", "days of the billed period were billed before", BILLING),
            flag("period_gap", "bill", "days since the billed period before were not billed", BILLING),
            flag(
                "period_off_cycle",
                "bill",
                "the billed period is no cycle: under 25 days, over 35 after a month, or over 70",
                BILLING,
            ),
            flag("closed_before_opened", "account", "the account was closed before it was opened", AT_SOURCE),
            flag("ended_before_started", "subscription", "the subscription ended before it started", AT_SOURCE),
        ),
    ),
    QualityRule(
        "D15",
        "Corrections of bills",
        (
            fix("correction_paired", "bill", "a correction, netted to the month of use of its bill", "nothing"),
            flag("correction_unpaired", "bill", "a negative correction of no bill that is known", BILLING),
        ),
    ),
    QualityRule(
        "D16",
        "Bills issued twice",
        (
            flag(
                "bill_repeated", "bill", "the same account, month of use, kind and amount were billed before", BILLING
            ),
            fix("bill_number_repeated", "bill", "one bill number with two contents; the later one is kept", BILLING),
        ),
    ),
    QualityRule(
        "D17",
        "Arithmetic of bills",
        (
            flag("parts_differ", "bill", "the parts do not add up to the total", BILLING),
            flag("price_outside_tariff", "bill", "the energy charge per kWh lies outside the tariff's bands", BILLING),
            flag("basic_fee_differs", "bill", "the basic charge is not capacity times its price", BILLING),
            flag("power_factor_adjustment", "bill", "no power factor leads to this adjustment", BILLING),
        ),
    ),
    QualityRule(
        "D28",
        "Payments against bills",
        (
            flag("payment_returned", "payment", "money went back", "look whether the bill is open again"),
            flag("paid_before_issue", "payment", "paid before the bill was issued, yet not as prepayment", AT_SOURCE),
            flag(
                "in_transit",
                "payment",
                "paid in the month, credited only after its end: in transit",
                "count it as cash of the month that credits it",
            ),
            flag("overpaid", "payment", "more was paid for the bill than it asks", "credit or return the difference"),
        ),
    ),
)
