"""Writing classified records: what is kept goes to the cleaned table, the rest to where an auditor finds it.

The vault is written before the warehouse, because one DuckDB transaction writes one database. A kill in between shows
as an unbalanced row account that the next run completes. What is kept and what is set aside live in one file and change
in one transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import QUARANTINE, SET_ASIDE
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session

RECORDS_AT_ONCE = 3_000_000


@dataclass(frozen=True)
class Split:
    """The three ways of a classified record: exactly one of them for each."""

    kept: ibis.Table
    set_aside: ibis.Table
    quarantined: ibis.Table


@dataclass(frozen=True)
class Records:
    """Classified records of a channel, as a cleaned asset returns them.

    Attributes:
        channel: Name of the channel.
        raw: The records as received.
        parse: Gives one row per received record, with parsed values and the problem that was found.
        repeated: Finds, of the parsed rows of some months, those that are not kept because another one is.
        split: Divides the parsed rows of these months, given the repeated ones.
    """

    channel: str
    raw: ibis.Table
    parse: Callable[[ibis.Table], ibis.Table]
    repeated: Callable[[ibis.Table], ibis.Table]
    split: Callable[[ibis.Table, ibis.Table], Split]


def write_records(
    session: Session, contract: TableContract, records: Records, months: Sequence[date]
) -> dict[date, int]:
    """Writes classified records; each month is replaced whole in each of the three tables.

    Records are parsed once into a temporary table, for as many months at a time as stay below RECORDS_AT_ONCE: memory
    does not follow the window, and small months do not each pay for compiling the same statements. Repeated records
    are found once as well, because two of the three tables need them: 2 of 7 seconds for 3 million readings.

    Returns:
        Rows kept per month.
    """
    slice_values = {"channel": records.channel}
    counts: dict[date, int] = {}
    for batch in _batches(session, records, months):
        parsed = records.parse(records.raw.filter(records.raw.month.isin(batch)))
        with contextlib.ExitStack() as stack:
            staged = stack.enter_context(session.staged(f"parsed_{records.channel}", parsed))
            repeated = stack.enter_context(session.staged(f"repeated_{records.channel}", records.repeated(staged)))
            split = records.split(staged, repeated)
            replace_months(session, QUARANTINE, split.quarantined, batch, slice_values=slice_values)
            with session.transaction():
                replace_months(session, SET_ASIDE, split.set_aside, batch, slice_values=slice_values)
                counts |= replace_months(session, contract, split.kept, batch, is_sorted=False)
    return counts


def _batches(session: Session, records: Records, months: Sequence[date]) -> list[list[date]]:
    """Cuts the months into runs of at most RECORDS_AT_ONCE records, or single months where one has more."""
    counted = records.raw.group_by("month").aggregate(records=records.raw.count())
    sizes = dict(session.connection.execute(session.compile(counted)).fetchall())
    batches: list[list[date]] = []
    room = 0
    for month in months:
        size = sizes.get(month, 0)
        if not batches or size > room:
            batches.append([])
            room = RECORDS_AT_ONCE
        batches[-1].append(month)
        room -= size
    return batches
