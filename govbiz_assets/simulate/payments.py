"""Payments: how each bill is paid, by habit and by course; payments of later months wait in a queue."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from govbiz_assets.simulate.billing import NORMAL, Bills
from govbiz_assets.simulate.churn import ARREARS, LATE_PAYMENT, Plans
from govbiz_assets.simulate.columns import appended
from govbiz_assets.simulate.params import month_start, stream
from govbiz_assets.simulate.population import Accounts, Customers
from govbiz_assets.simulate.text import fixed, pick, spelled

CHANNELS = ("银行代扣", "网上国网", "对公转账", "营业厅", "银行柜台")
KINDS = ("电费", "预收", "违约金")
PROMPT, ORDINARY, LATE, PARTIAL, PREPAID, UNPAID, BROKEN = range(7)
"""Ways to pay a bill: the first five are the habits of `population.HABITS`; BROKEN pays a part and no more."""
PENALTY_PER_DAY = 0.001
SYMBOL_SHARE = 0.04
"""Share of the amounts that are spelled like ￥1,234.50."""


@dataclass(frozen=True)
class Payments:
    """Payments made or planned; one array per attribute.

    Attributes:
        account: Position of the account.
        bill: Number of the bill, 0 for money in advance.
        fen: Amount (fen).
        paid: Date.
        channel: Position in CHANNELS.
        kind: Position in KINDS.
    """

    account: np.ndarray
    bill: np.ndarray
    fen: np.ndarray
    paid: np.ndarray
    channel: np.ndarray
    kind: np.ndarray

    def __len__(self) -> int:
        """Returns the number of payments."""
        return len(self.account)

    def where(self, mask: np.ndarray) -> Payments:
        """Returns some of the payments."""
        return Payments(**{field.name: getattr(self, field.name)[mask] for field in fields(self)})


def no_payments() -> Payments:
    """Returns an empty queue."""
    empty = np.zeros(0, dtype=np.int64)
    return Payments(empty, empty, empty, empty.astype("datetime64[D]"), empty, empty)


def due_payments(queue: Payments, index: int) -> tuple[Payments, Payments]:
    """Splits a queue into the payments of a month and those that come later."""
    is_now = queue.paid < np.datetime64(month_start(index + 1))
    now = queue.where(is_now)
    return now.where(np.argsort(now.paid, kind="stable")), queue.where(~is_now)


def ways_to_pay(bills: Bills, accounts: Accounts, customers: Customers, plans: Plans, index: int) -> np.ndarray:
    """Says how each bill of a month is going to be paid.

    Args:
        bills: The bills.
        accounts: The accounts.
        customers: The customers, with their habits.
        plans: The courses of the customers.
        index: Number of the month of issue.

    Returns:
        One way per bill.
    """
    owner = accounts.customer[bills.account]
    onset, event, cause = plans.onset[owner], plans.event[owner], plans.cause[owner]
    way = customers.habit[owner].copy()
    signs = (cause == ARREARS) & (plans.strength[owner] > 0) & (index >= onset)
    way[signs & (index == onset)] = LATE
    way[signs & (index > onset)] = BROKEN
    way[signs & (index >= event - 1)] = UNPAID
    way[(cause == ARREARS) & (index > event)] = UNPAID
    way[(cause == LATE_PAYMENT) & (index >= onset) & (index < plans.until[owner])] = LATE
    way[bills.kind != NORMAL] = ORDINARY
    return np.asarray(way)


def pay(bills: Bills, way: np.ndarray, seed: int, index: int) -> Payments:
    """Plans the payments of the bills of a month.

    Args:
        bills: The bills.
        way: How each is paid, see `ways_to_pay`.
        seed: Seed of the simulation.
        index: Number of the month of issue.

    Returns:
        Payments of this month and of later ones.
    """
    rng = stream(seed, "payments", index)
    count, total = len(bills), bills.total
    slips = rng.random(count) < 0.03
    way = np.where(slips & np.isin(way, (PROMPT, ORDINARY)), LATE, way)
    share, wait = rng.uniform(0.3, 0.7, count), rng.integers(2, 36, count)
    day_of_grace = (bills.due - bills.issued).astype(int)
    soon, later = rng.integers(0, 4, count), (rng.uniform(0.2, 1, count) * day_of_grace).astype(int)
    month = np.datetime64(month_start(index))
    advance = (total * rng.uniform(0.7, 0.98, count) // 10_000).astype(np.int64) * 10_000
    advance = np.where(way == PREPAID, np.maximum(advance, 0), 0)
    first = np.select(
        [way == LATE, np.isin(way, (PARTIAL, BROKEN)), way == UNPAID],
        [total, (total * share).astype(np.int64), np.zeros(count, dtype=np.int64)],
        total - advance,
    )
    first_day = np.select(
        [way == LATE, np.isin(way, (PARTIAL, BROKEN)), way == ORDINARY],
        [bills.due + wait, bills.due - 2 + wait // 6, bills.issued + later],
        bills.issued + soon,
    )
    rest = np.where(way == PARTIAL, total - first, 0)
    rest_day = bills.due + 6 + wait
    late_days = np.maximum((np.where(way == PARTIAL, rest_day, first_day) - bills.due).astype(int), 0)
    owed_late = np.select([way == LATE, way == PARTIAL], [first, rest], 0)
    penalty = np.maximum(owed_late * PENALTY_PER_DAY * late_days, 0).astype(np.int64)
    penalty = np.where(penalty >= 100, penalty, 0)
    penalty_day = np.where(way == PARTIAL, rest_day, first_day)
    channel = np.where(way == PROMPT, 0, rng.integers(1, len(CHANNELS), count))
    planned = [
        Payments(
            bills.account, np.zeros(count, dtype=np.int64), advance, month + soon // 2, channel, np.full(count, 1)
        ),
        Payments(bills.account, bills.number, first, first_day, channel, np.full(count, 0)),
        Payments(bills.account, bills.number, rest, rest_day, channel, np.full(count, 0)),
        Payments(bills.account, bills.number, penalty, penalty_day, channel, np.full(count, 2)),
    ]
    together = appended(appended(planned[0], planned[1]), appended(planned[2], planned[3]))
    return together.where(together.fen != 0)


def payment_frame(index: int, seed: int, payments: Payments, account_numbers: pl.Series) -> pl.DataFrame:
    """Lays payments out as the export does.

    Args:
        index: Number of the month.
        seed: Seed of the simulation.
        payments: Payments of the month.
        account_numbers: Account numbers of all accounts.

    Returns:
        One text row per payment.
    """
    rng = stream(seed, "payment_frame", index)
    serial = int(f"{month_start(index):%Y%m}") * 10**9 + np.arange(1, len(payments) + 1)
    bill = pl.Series(payments.bill).cast(pl.String)
    plain = fixed(payments.fen, 2)
    has_symbol = pl.Series((rng.random(len(payments)) < SYMBOL_SHARE) & (payments.fen > 0))
    pretty = pl.Series([f"￥{fen / 100:,.2f}" for fen in payments.fen[has_symbol.to_numpy()].tolist()], dtype=pl.String)
    amount = plain.scatter(has_symbol.arg_true(), pretty) if len(pretty) else plain
    return pl.DataFrame(
        {
            "收费流水号": pl.Series(serial).cast(pl.String),
            "户号": account_numbers.gather(payments.account),
            "账单号": pl.select(pl.when(bill == "0").then(pl.lit("")).otherwise(bill)).to_series(),
            "收费日期": spelled(payments.paid, "%Y%m%d"),
            "收费金额": amount,
            "缴费渠道": pick(CHANNELS, payments.channel),
            "款项类型": pick(KINDS, payments.kind),
        }
    )
