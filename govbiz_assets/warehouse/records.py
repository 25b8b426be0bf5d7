"""Writing classified records: what is kept goes to the cleaned table, the rest to where an auditor finds it.

The vault is written before the warehouse, because one DuckDB transaction writes one database. A kill in between shows
as an unbalanced row account that the next run completes. What is kept and what is set aside live in one file and change
in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import QUARANTINE, SET_ASIDE
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session


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
        parsed: One row per received record, with parsed values and the problem that was found.
        split: Divides the parsed rows of one month.
    """

    channel: str
    parsed: ibis.Table
    split: Callable[[ibis.Table], Split]


def write_records(
    session: Session, contract: TableContract, records: Records, months: Sequence[date]
) -> dict[date, int]:
    """Writes classified records month by month; each month is replaced whole in each of the three tables.

    Parsing happens once per month into a temporary table, so memory follows one month and not the window.

    Returns:
        Rows kept per month.
    """
    slice_values = {"channel": records.channel}
    counts: dict[date, int] = {}
    for month in months:
        parsed = records.parsed.filter(records.parsed.month == month)
        with session.staged(f"parsed_{records.channel}", parsed) as staged:
            split = records.split(staged)
            replace_months(session, QUARANTINE, split.quarantined, [month], slice_values=slice_values)
            with session.transaction():
                replace_months(session, SET_ASIDE, split.set_aside, [month], slice_values=slice_values)
                counts |= replace_months(session, contract, split.kept, [month], is_sorted=False)
    return counts
