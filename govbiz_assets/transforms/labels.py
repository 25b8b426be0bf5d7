"""Churn labels: hard contractual facts, each known in the month in which it becomes certain.

As of month t, features end; month t+1 is a gap; the outcome is looked for in t+2 .. t+1+horizon; it is certain one
month later, because closing papers come late. So a label of as-of month t belongs to month t + horizon + 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.contracts.month import add_months
from govbiz_assets.transforms.features.capacity import is_open, open_accounts
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
_PASSED_ON = "过户|更名|并户|分户"
_EVENTS = {"month": "date", "identity_event": "string", "customer_id": "string", "account_id": "string"}


def as_of_month(month: date, horizon: int) -> date:
    """Returns the as-of month whose outcome becomes certain in `month`."""
    return add_months(month, -(horizon + GAP_MONTHS + LATE_MONTHS))


def churn_labels(accounts: ibis.Table, months: Sequence[date], events: ibis.Table | None = None) -> ibis.Table:
    """Returns the labels that become certain in the given months.

    A customer is at risk when, at the as-of month, it has an open account and at least half of its contracted capacity
    in use, and did not leave in the gap. It churns by closure (its last account closes) or by a capacity cut (less than
    half of the contracted capacity for three months running; the third of them is the month of the event). What passes
    into other hands does not close: an account whose status says 过户, 更名, 并户 or 分户, or that an identity event
    gives to another customer, and a customer that merges into another one.

    Args:
        accounts: `cleaned.account_monthly`, LABEL_DEPTH months up to each of the months.
        months: Months in which labels become certain.
        events: `cleaned.identity_event` of the months of the accounts; None where nothing is known to pass on.

    Returns:
        Rows of `churn.label_monthly`.
    """
    open_rows = open_accounts(accounts)
    capacity = open_rows.group_by(["customer_id", "month"]).aggregate(
        used=ratio(exact_sum(open_rows.run_kva), exact_sum(open_rows.contract_kva))
    )
    capacity = capacity.mutate(at=month_index(capacity.month), is_low=(capacity.used < CUT_RATIO).fill_null(False))
    records = _leaving_records(accounts)
    cuts = _cut_months(capacity)
    passed_on = _passed_on(events if events is not None else ibis.memtable([], schema=_EVENTS))
    return stack([_labels_of(capacity, records, passed_on, cuts, months, horizon) for horizon in HORIZONS])


def _passed_on(events: ibis.Table) -> ibis.Table:
    """Returns who gave an account, or itself, into other hands, and when."""
    rows = events.filter(events.identity_event.isin(("merge", "split", "transfer")))
    is_merge = rows.identity_event == "merge"
    return rows.select("customer_id", "account_id", passed_at=month_index(rows.month), is_merge=is_merge)


def _leaving_records(accounts: ibis.Table) -> ibis.Table:
    """Returns the archive of the customers with a closed account; the few that can have left."""
    has_other_owner = accounts.account_status.re_search(_PASSED_ON).fill_null(False)
    rows = accounts.select(
        "customer_id",
        "account_id",
        "month",
        "closed_date",
        at=month_index(accounts.month),
        is_open=is_open(accounts) | has_other_owner,
    )
    return rows.semi_join(rows.filter(~rows.is_open), "customer_id")


def _cut_months(capacity: ibis.Table) -> ibis.Table:
    """Returns every month that is a customer's third in a row, or a later one, below the cut ratio.

    Whoever is at risk is not low at the as-of month, so a run that ends later lies wholly behind it.
    """
    low = capacity.filter(capacity.is_low)
    before = low["at"].lag(CUT_MONTHS - 1).over(ibis.window(group_by="customer_id", order_by="at"))
    low = low.mutate(before=before)
    return low.filter(low["at"] - low.before == CUT_MONTHS - 1).select("customer_id", cut_at="at", cut_month="month")


def _labels_of(
    capacity: ibis.Table,
    records: ibis.Table,
    passed_on: ibis.Table,
    cuts: ibis.Table,
    months: Sequence[date],
    horizon: int,
) -> ibis.Table:
    known_after = horizon + GAP_MONTHS + LATE_MONTHS
    starts = capacity.filter(capacity.month.isin([as_of_month(month, horizon) for month in months]), ~capacity.is_low)
    at_risk = starts.select("customer_id", as_of_month=starts.month, as_of=starts["at"])
    closings = _closings(at_risk, records, passed_on, known_after)
    later_cuts = at_risk.join(cuts, "customer_id")
    age = later_cuts.cut_at - later_cuts.as_of
    later_cuts = later_cuts.filter(age > 0, age <= known_after)
    first_cuts = later_cuts.group_by(["customer_id", "as_of_month"]).aggregate(cut_month=later_cuts.cut_month.min())

    rows = at_risk
    for facts in (closings, first_cuts):
        rows = rows.left_join(facts, ["customer_id", "as_of_month"]).drop("customer_id_right", "as_of_month_right")
    first, last = _later(rows.as_of_month, GAP_MONTHS + 1), _later(rows.as_of_month, GAP_MONTHS + horizon)
    rows = rows.filter(rows.closing_month.isnull() | (rows.closing_month >= first))
    closes = rows.closing_month.between(first, last).fill_null(False)
    cuts_in_time = rows.cut_month.between(first, last).fill_null(False)
    is_closure = closes & (~cuts_in_time | (rows.closing_month <= rows.cut_month))
    return rows.select(
        "customer_id",
        "as_of_month",
        month=_later(rows.as_of_month, known_after),
        label=ibis.literal(LABEL),
        horizon_months=ibis.literal(horizon).cast("int64"),
        is_event=closes | cuts_in_time,
        event_kind=ibis.cases((is_closure, "closure"), (cuts_in_time, "capacity_cut"), else_=ibis.null("string")),
        event_month=ibis.cases(
            (is_closure, rows.closing_month), (cuts_in_time, rows.cut_month), else_=ibis.null("date")
        ),
    )


def _closings(at_risk: ibis.Table, records: ibis.Table, passed_on: ibis.Table, known_after: int) -> ibis.Table:
    """Returns who has no open account left, by the last record of each account that is known when labels are certain.

    The last record decides, because papers come late: an account closed in May may still stand open in May's archive.
    An account that leaves the archive without a closing date, as when it passes to another owner, is not closed.
    """
    given = at_risk.join(passed_on, "customer_id")
    given = given.filter(given.passed_at > given.as_of, given.passed_at <= given.as_of + known_after)
    accounts_given = (
        given.select("customer_id", "as_of_month", "account_id").distinct().mutate(is_given=ibis.literal(True))
    )
    merged = given.filter(given.is_merge).select("customer_id", "as_of_month").distinct()
    seen = at_risk.join(records, "customer_id")
    seen = seen.filter(seen["at"] >= seen.as_of, seen["at"] <= seen.as_of + known_after)
    by_account = seen.group_by(["customer_id", "as_of_month", "account_id"]).aggregate(
        open_at=seen["at"].max(where=seen.is_open),
        closed_at=seen["at"].max(where=~seen.is_open),
        closed_date=seen.closed_date.max(where=~seen.is_open),
        first_seen_closed=seen.month.min(where=~seen.is_open),
    )
    key = ["customer_id", "as_of_month", "account_id"]
    by_account = by_account.left_join(accounts_given, key).drop(*(f"{name}_right" for name in key))
    by_account = by_account.mutate(
        remains=by_account.closed_at.isnull()
        | (by_account.open_at > by_account.closed_at).fill_null(False)
        | by_account.is_given.fill_null(False),
        closing_month=ibis.coalesce(month_start(by_account.closed_date), by_account.first_seen_closed),
    )
    closed = by_account.group_by(["customer_id", "as_of_month"]).aggregate(
        closing_month=by_account.closing_month.max(), remaining=by_account.remains.cast("int64").sum()
    )
    closed = closed.filter(closed.remaining == 0).drop("remaining")
    return closed.anti_join(merged, ["customer_id", "as_of_month"])


def _later(month: ir.DateValue, count: int) -> ir.DateValue:
    return cast("ir.DateValue", (month + ibis.interval(months=count)).cast("date"))


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
