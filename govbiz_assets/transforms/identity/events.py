"""What happened to organisations from one month to the next: merges, splits, renames, renumberings, transfers.

Two things make an event: customer numbers that belong to another organisation than before, because what is known of
them changed, and accounts that the archive gives to another organisation. Evidence is in words and names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import cast

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.stack import stack

_COLUMNS = ("month", "identity_event", "customer_id", "other_customer_id", "account_id", "evidence")
_NAME = ("name_core", "form_class", "branch")


def identity_events(
    members: ibis.Table, records: ibis.Table, accounts: ibis.Table, months: Sequence[date]
) -> ibis.Table:
    """Returns the events of months, each against the month before it; a month without one before it has none.

    Args:
        members: `identity.membership_monthly` of these months and the one before.
        records: `identity.source_record` of the same months.
        accounts: `cleaned.account_monthly` of the same months.
        months: Months to look at.

    Returns:
        Rows of `cleaned.identity_event`. `merge`: `customer_id` went up in `other_customer_id`. `split`:
        `other_customer_id` came off `customer_id`. `transfer`: the account went from `customer_id` to
        `other_customer_id`. `rename` and `renumber`: `customer_id` goes on under another name or number.
    """
    numbers = _beside_before(
        members, ["customer_no"], ["customer_id", "is_present", "link_method", "member_count"], months
    )
    moved = numbers.filter(numbers.customer_id != numbers.customer_id_before)
    parts = [
        _number_moves(moved, members),
        _renames(numbers, records, months),
        _renumberings(numbers, members, months),
        _account_moves(moved, members, accounts, months),
    ]
    return stack(parts).select(*_COLUMNS).order_by(*_COLUMNS)


def _number_moves(moved: ibis.Table, members: ibis.Table) -> ibis.Table:
    """Merges and splits that the linkage found: numbers that are now another organisation's."""
    now = members.select("month", customer_id_before="customer_id").distinct().mutate(remains=ibis.literal(True))
    rows = moved.left_join(now, ["month", "customer_id_before"]).drop("month_right", "customer_id_before_right")
    remains = rows.remains.fill_null(False)
    rows = rows.select(
        "month",
        identity_event=remains.ifelse("split", "merge"),
        customer_id="customer_id_before",
        other_customer_id="customer_id",
        account_id=ibis.null("string"),
        evidence=remains.ifelse(
            ibis.literal("a customer number is linked no longer"),
            "a customer number is now linked: " + rows.link_method,
        ),
    )
    key = ["month", "identity_event", "customer_id", "other_customer_id", "account_id"]
    return rows.group_by(key).aggregate(evidence=rows.evidence.min())


def _renames(numbers: ibis.Table, records: ibis.Table, months: Sequence[date]) -> ibis.Table:
    """Numbers whose record names another organisation than the month before; spelling of the legal form is no name."""
    told = _beside_before(records, ["customer_no"], [*_NAME, "checked_code"], months)
    changed = [(told[name] != told[f"{name}_before"]).fill_null(False) for name in _NAME]
    told = told.filter(reduce(or_, changed))
    is_known = told.checked_code.notnull() & told.checked_code_before.notnull()
    code = ibis.cases(
        (~is_known, "code unknown"),
        (told.checked_code == told.checked_code_before, "code unchanged"),
        else_="code changed",
    )
    told = told.select("month", "customer_no", evidence="the name changed, " + code)
    rows = told.join(numbers.select("month", "customer_no", "customer_id"), ["month", "customer_no"])
    named = rows.group_by(["month", "customer_id"]).aggregate(evidence=rows.evidence.min())
    return _alone(named, "rename")


def _renumberings(numbers: ibis.Table, members: ibis.Table, months: Sequence[date]) -> ibis.Table:
    """New numbers of organisations that stand in the master under none of their numbers of the month before."""
    known = numbers.select("month", "customer_no")
    added = members.filter(members.month.isin(list(months)), members.is_present).anti_join(
        known, ["month", "customer_no"]
    )
    before = numbers.filter(numbers.is_present_before)
    gone = before.group_by(["month", "customer_id"]).aggregate(stays=before.is_present.cast("int64").sum())
    rows = added.join(gone.filter(gone.stays == 0), ["month", "customer_id"])
    rows = rows.group_by(["month", "customer_id"]).aggregate(
        evidence=("a new customer number, linked: " + rows.link_method).min()
    )
    return _alone(rows, "renumber")


def _account_moves(moved: ibis.Table, members: ibis.Table, accounts: ibis.Table, months: Sequence[date]) -> ibis.Table:
    """Accounts that went to another organisation, other than by a move of its customer number."""
    rows = _beside_before(accounts, ["account_id"], ["customer_id"], months)
    rows = rows.filter(rows.customer_id != rows.customer_id_before)
    rows = rows.anti_join(moved, ["month", "customer_id", "customer_id_before"])
    present = members.filter(members.is_present).select("month", "customer_id")
    there = ibis.union(present, accounts.select("month", "customer_id"), distinct=True).mutate(here=ibis.literal(True))
    for name, known in (
        ("giver_stays", there.rename(customer_id_before="customer_id")),
        ("taker_was", there.mutate(month=_next(there.month))),
    ):
        key = ["month", "customer_id_before" if name == "giver_stays" else "customer_id"]
        rows = rows.left_join(known, key).drop(*(f"{column}_right" for column in key))
        rows = rows.mutate(**{name: rows.here.fill_null(False)}).drop("here")
    kind = ibis.cases(
        (~rows.giver_stays & rows.taker_was, "merge"), (rows.giver_stays & ~rows.taker_was, "split"), else_="transfer"
    )
    evidence = {
        "merge": "an account went to another customer, and its owner left",
        "split": "an account went to a new customer, and its owner stays",
        "transfer": "an account went to another customer",
    }
    rows = rows.mutate(identity_event=kind)
    return rows.select(
        "month",
        "identity_event",
        customer_id="customer_id_before",
        other_customer_id="customer_id",
        account_id="account_id",
        evidence=rows.identity_event.cases(*evidence.items()),
    )


def _beside_before(rows: ibis.Table, key: Sequence[str], names: Sequence[str], months: Sequence[date]) -> ibis.Table:
    """Returns the rows of the months that stood in the month before too, with both values of each column."""
    now = rows.filter(rows.month.isin(list(months))).select("month", *key, *names)
    before = rows.select(*key, month=_next(rows.month), **{f"{name}_before": rows[name] for name in names})
    return now.join(before, ["month", *key])


def _next(month: ir.DateValue) -> ir.DateValue:
    return cast("ir.DateValue", (month + ibis.interval(months=1)).cast("date"))


def _alone(rows: ibis.Table, event: str) -> ibis.Table:
    return rows.select(
        "month",
        "customer_id",
        "evidence",
        identity_event=ibis.literal(event),
        other_customer_id=ibis.null("string"),
        account_id=ibis.null("string"),
    )
