"""Writing rows together with what was counted of them in `quality.rule_count_monthly`, which a later step makes whole.

A refused file stops its channel, and with it the step that makes the counter. Its part of the counter is therefore
written with the manifest that names it; what else was counted of the month stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from govbiz_assets.contracts.sql import quote_identifier
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import RULE_COUNT
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session
from govbiz_assets.warehouse.sql import table_path

_DEFECT = ["month", "channel", "defect"]


@dataclass(frozen=True)
class Counted:
    """Rows of a table, and what was counted of them.

    Attributes:
        rows: The rows.
        counts: Rows of `quality.rule_count_monthly`.
        defects: The defects that are counted here, found or not.
    """

    rows: pl.DataFrame
    counts: pl.DataFrame
    defects: tuple[str, ...]


def write_counted(
    session: Session, contract: TableContract, counted: Counted, months: Sequence[date]
) -> tuple[dict[date, int], list[date]]:
    """Writes rows and counts in one transaction.

    Returns:
        Rows written per month, and the months whose counter changed.
    """
    with session.transaction():
        with session.registered("incoming", counted.rows) as rows:
            written = replace_months(session, contract, rows, months)
        return written, _renew_counts(session, counted, months)


def _renew_counts(session: Session, counted: Counted, months: Sequence[date]) -> list[date]:
    """Renews the counter of the months that have one and of those in which something was kept out.

    All others get theirs whole in the same run; writing each twice would cost every run 30 ms.
    """
    session.ensure_table(RULE_COUNT)
    columns = ", ".join(quote_identifier(name) for name in RULE_COUNT.column_names)
    stored = session.connection.execute(
        f"SELECT {columns} FROM {table_path(RULE_COUNT)} WHERE month IN (SELECT unnest(?::DATE[]))", [list(months)]
    ).pl()
    own = pl.col("defect").is_in(counted.defects)
    counts = counted.counts.select(stored.columns).cast(stored.schema)
    kept_out = counts.filter(pl.col("action") == "quarantine", pl.col("found_count") > 0)
    changed = [
        month
        for month in sorted({*stored["month"], *kept_out["month"]})
        if not _of(stored.filter(own), month).equals(_of(counts, month))
    ]
    if changed:
        renewed = pl.concat([stored.filter(~own), counts]).filter(pl.col("month").is_in(changed))
        with session.registered("renewed_counts", renewed) as rows:
            replace_months(session, RULE_COUNT, rows, changed)
    return changed


def _of(counts: pl.DataFrame, month: date) -> pl.DataFrame:
    return counts.filter(pl.col("month") == month).sort(_DEFECT)
