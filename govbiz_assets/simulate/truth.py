"""The planted truth, written beside the data month by month; nothing here is delivered to the pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from govbiz_assets.simulate import patterns
from govbiz_assets.simulate.churn import CAUSES, CLOSURES, DECLINE, Plans, event_dates
from govbiz_assets.simulate.files import append_truth
from govbiz_assets.simulate.masters import account_number, customer_number
from govbiz_assets.simulate.params import month_start
from govbiz_assets.simulate.population import HABITS, Customers
from govbiz_assets.simulate.products import BACKGROUND, RULES
from govbiz_assets.simulate.reference import Reference

FILES = ("segments", "traits", "churn", "decoys", "associations", "duplicates", "identity", "groups", "dirt")


def start_truth(folder: Path, reference: Reference) -> None:
    """Begins the truth files anew and writes what does not depend on a month.

    Args:
        folder: Folder of the truth files.
        reference: The code lists.
    """
    for name in FILES:
        (folder / f"{name}.csv").unlink(missing_ok=True)
    codes = dict(zip(reference.product_names, reference.product_codes, strict=True))
    rows = [
        (
            "+".join(codes.get(item, item) for item in rule.antecedent),
            codes[rule.consequent],
            "+".join(rule.antecedent),
            rule.consequent,
            _confidence(rule.confidence, BACKGROUND[rule.consequent]),
            BACKGROUND[rule.consequent],
        )
        for rule in RULES
    ]
    header = ("antecedent", "consequent", "antecedent_name", "consequent_name", "planted_confidence", "background")
    append_truth(folder / "associations.csv", header, rows)


def _confidence(because: float, background: float) -> float:
    """Share that holds the consequent, for the rule's reason or for none."""
    return round(because + (1 - because) * background, 4)


def customer_truth(folder: Path, customers: Customers, offset: int) -> None:
    """Writes what the customers that join are.

    Args:
        folder: Folder of the truth files.
        customers: The customers that join.
        offset: Position of the first of them.
    """
    numbers = [customer_number(offset + at) for at in range(len(customers))]
    segment, pattern = patterns.table("segment")[customers.pattern], np.array(patterns.NAMES)[customers.pattern]
    append_truth(folder / "segments.csv", ("customer_no", "segment"), zip(numbers, segment, strict=True))
    habit = np.array(HABITS)[customers.habit]
    traits = zip(numbers, pattern, habit, customers.is_peak_heavy.astype(int), np.round(customers.size, 4), strict=True)
    header = ("customer_no", "shift_pattern", "payment_habit", "is_peak_heavy", "size_score")
    append_truth(folder / "traits.csv", header, traits)
    twins = [
        (numbers[at], customer_number(int(customers.twin_of[at]))) for at in np.flatnonzero(customers.twin_of >= 0)
    ]
    append_truth(folder / "duplicates.csv", ("customer_no", "duplicate_of"), twins)


def event_truth(folder: Path, customers: Customers, plans: Plans, index: int) -> int:
    """Writes the churn events of a month, one row per account, and the decoys that turn in it.

    Args:
        folder: Folder of the truth files.
        customers: The customers.
        plans: Their courses.
        index: Number of the month.

    Returns:
        Number of customers with an event.
    """
    who, dates = event_dates(plans, index)
    rows: list[tuple[object, ...]] = []
    for customer, day in zip(who.tolist(), dates, strict=True):
        cause, first = CAUSES[plans.cause[customer]], int(customers.first_account[customer])
        has_signs = int(plans.strength[customer] > 0)
        onset = month_start(int(plans.onset[customer]))
        for account in range(first, first + int(customers.account_count[customer])):
            number = customer_number(customer), account_number(account)
            rows.append((*number, cause.kind, cause.name, str(day), has_signs, onset.isoformat()))
    header = ("customer_no", "account_no", "kind", "cause", "event_date", "has_signs", "first_sign_month")
    append_truth(folder / "churn.csv", header, rows)
    is_decoy = (plans.cause > 0) & ~np.isin(plans.cause, (*CLOSURES, DECLINE)) & (plans.event == index)
    decoys = [
        (
            customer_number(at),
            CAUSES[plans.cause[at]].name,
            month_start(int(plans.onset[at])).isoformat(),
            month_start(int(plans.until[at]) - 1).isoformat(),
        )
        for at in np.flatnonzero(is_decoy).tolist()
    ]
    append_truth(folder / "decoys.csv", ("customer_no", "course", "first_month", "last_month"), decoys)
    return len(who)


def numbers(count: int, of: str) -> pl.Series:
    """Returns the numbers of all customers or accounts."""
    spell = customer_number if of == "customer" else account_number
    return pl.Series([spell(at) for at in range(count)], dtype=pl.String)
