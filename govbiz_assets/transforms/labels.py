"""Churn labels: hard contractual facts, each known in the month in which it becomes certain.

As of month t, features end; month t+1 is a gap; the outcome is looked for in t+2 .. t+1+horizon; it is certain one
month later, because closing papers come late. So a label of as-of month t belongs to month t + horizon + 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from govbiz_assets.contracts.month import add_months
from govbiz_assets.transforms.features.capacity import open_accounts
from govbiz_assets.transforms.features.panel import exact_sum, month_index, ratio
from govbiz_assets.transforms.parse import month_start
from govbiz_assets.transforms.stack import stack

LABEL = "churn"
HORIZONS = (3, 6)
GAP_MONTHS = 1
LATE_MONTHS = 1
# Months of the account archive that the longest horizon needs, the as-of month included.
LABEL_DEPTH = max(HORIZONS) + GAP_MONTHS + LATE_MONTHS + 1
# Below this share of its contracted capacity for three months running a customer counts as having cut capacity.
CUT_RATIO = 0.5
CUT_MONTHS = 3


def as_of_month(month: date, horizon: int) -> date:
    """Returns the as-of month whose outcome becomes certain in `month`."""
    return add_months(month, -(horizon + GAP_MONTHS + LATE_MONTHS))


def churn_labels(accounts: ibis.Table, months: Sequence[date]) -> ibis.Table:
    """Returns the labels that become certain in the given months.

    A customer is at risk when it has an open account and more than half of its capacity in use at the as-of month,
    and did not leave in the gap. It churns by closure (its last account closes) or by a capacity cut (three months
    running at or below half of the contracted capacity).

    Args:
        accounts: `cleaned.account_monthly`, LABEL_DEPTH months up to each of the months.
        months: Months in which labels become certain.

    Returns:
        Rows of `churn.label_monthly`.
    """
    open_rows = open_accounts(accounts)
    capacity = open_rows.group_by(["customer_id", "month"]).aggregate(
        used=ratio(exact_sum(open_rows.run_kva), exact_sum(open_rows.contract_kva))
    )
    capacity = capacity.mutate(at=month_index(capacity.month), low=(capacity.used < CUT_RATIO).fill_null(False))
    closures = accounts.filter(accounts.closed_date.notnull())
    parts = [_labels_of(capacity, closures, month, horizon) for month in months for horizon in HORIZONS]
    return stack(parts)


def _labels_of(capacity: ibis.Table, closures: ibis.Table, month: date, horizon: int) -> ibis.Table:
    start = as_of_month(month, horizon)
    first, last = add_months(start, GAP_MONTHS + 1), add_months(start, GAP_MONTHS + horizon)
    at_risk = capacity.filter(capacity.month == start, ~capacity.low).select("customer_id")

    # A customer with an open account in a later month has not left before that month.
    later = capacity.filter(capacity.month > start, capacity.month <= month)
    still_open = later.group_by("customer_id").aggregate(last_open=later.month.max())
    known = closures.filter(closures.month > start, closures.month <= month)
    closing = known.group_by("customer_id").aggregate(closing_month=month_start(known.closed_date.max()))

    low = later.filter(later.low)
    low = low.select("customer_id", "at", "month")
    runs = low.join(low.select("customer_id", earlier="at"), "customer_id")
    runs = runs.filter(runs["at"] >= runs.earlier, runs["at"] - runs.earlier < CUT_MONTHS)
    full = runs.group_by(["customer_id", "month"]).aggregate(low_months=runs.count())
    full = full.filter(full.low_months == CUT_MONTHS)
    cuts = full.group_by("customer_id").aggregate(cut_month=full.month.min())

    rows = at_risk.left_join(still_open, "customer_id").drop("customer_id_right")
    rows = rows.left_join(closing, "customer_id").drop("customer_id_right")
    rows = rows.left_join(cuts, "customer_id").drop("customer_id_right")
    closed = rows.closing_month.notnull() & (rows.last_open.isnull() | (rows.last_open < rows.closing_month))
    rows = rows.mutate(closing_month=closed.ifelse(rows.closing_month, ibis.null("date")))
    rows = rows.filter(rows.closing_month.isnull() | (rows.closing_month >= first))
    closes = rows.closing_month.between(first, last).fill_null(False)
    cuts_in_time = rows.cut_month.between(first, last).fill_null(False)
    is_closure = closes & (~cuts_in_time | (rows.closing_month <= rows.cut_month))
    kind = ibis.cases((is_closure, "closure"), (cuts_in_time, "capacity_cut"), else_=ibis.null("string"))
    event_month = ibis.cases((is_closure, rows.closing_month), (cuts_in_time, rows.cut_month), else_=ibis.null("date"))
    return rows.select(
        "customer_id",
        month=ibis.literal(month),
        as_of_month=ibis.literal(start),
        label=ibis.literal(LABEL),
        horizon_months=ibis.literal(horizon).cast("int64"),
        is_event=closes | cuts_in_time,
        event_kind=kind,
        event_month=event_month,
    )


def outcome_labels(outcomes: ibis.Table, label: str, horizon: int) -> ibis.Table:
    """Returns outcomes that the source delivers as labels of their own month.

    Args:
        outcomes: `cleaned.outcome_monthly`.
        label: Name of the outcome in the profile.
        horizon: Months in which the source looked for the outcome.
    """
    return outcomes.select(
        "month",
        "customer_id",
        "is_event",
        as_of_month=outcomes.month,
        label=ibis.literal(label),
        horizon_months=ibis.literal(horizon).cast("int64"),
    )
