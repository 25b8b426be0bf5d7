"""How a check is declared: a table, a measure that gives one value per month, and the limit it is held against.

The name says what is measured, never the limit: a tightened limit keeps the check's history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.contracts.month import add_months
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.session import Session


@dataclass(frozen=True)
class CheckTables:
    """The tables that a measure may look at.

    Attributes:
        session: The open warehouse.
        months: Months to measure, ascending.
        delivered: Channels that the profile delivers.
    """

    session: Session
    months: Sequence[date]
    delivered: frozenset[str]

    def rows(self, contract: TableContract, depth: int = 1) -> ibis.Table:
        """Returns the table's rows over the months to measure and `depth - 1` months before them."""
        if not contract.is_monthly:
            return self.session.stored(contract)
        return self.session.window(contract, add_months(self.months[0], 1 - depth), add_months(self.months[-1], 1))


Measure = Callable[[CheckTables], ibis.Table | Mapping[date, float | None]]
Findings = Callable[[CheckTables], Sequence[str]]


@dataclass(frozen=True)
class TableCheck:
    """A check of one table.

    Attributes:
        contract: The table.
        name: What is measured.
        meaning: One sentence.
        measure: Gives `month` and `value`, one row per month, or the values by month; a month without one has nothing
            to measure.
        low: Smallest value that passes.
        high: Largest value that passes.
        depth: Months that the measure looks at, the measured one included. Months that follow a changed one within
            the depth are measured again, so that the kept values do not depend on the order of runs.
        is_blocking: A failure keeps what depends on the table from running in the same run.
        absent_value: Value of a month without a row; None passes.
        reads: Further tables that the measure looks at and that must be made before it runs.
        is_warning: A failure is shown and does not make a run fail.
        findings: Says in words what fails in the months that it is given.
    """

    contract: TableContract
    name: str
    meaning: str
    measure: Measure
    low: float | None = None
    high: float | None = None
    depth: int = 1
    is_blocking: bool = False
    absent_value: float | None = None
    reads: tuple[TableContract, ...] = ()
    is_warning: bool = False
    findings: Findings | None = None

    @property
    def threshold(self) -> float | None:
        """The limit that is shown beside the value."""
        return self.high if self.high is not None else self.low

    def passes(self, value: float | None) -> bool:
        """True where the value lies within the limits, or there is nothing to measure."""
        if value is None:
            return True
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def by_month(rows: ibis.Table, value: ibis.Value) -> ibis.Table:
    """Returns `month` and an aggregate value."""
    return rows.group_by("month").aggregate(value=value.cast("float64"))


def share(rows: ibis.Table, condition: ibis.ir.BooleanValue) -> ibis.Table:
    """Returns by month the share of rows for which a condition holds."""
    return by_month(rows, condition.fill_null(False).ifelse(1.0, 0.0).mean())
