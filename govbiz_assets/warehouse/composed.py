"""Writing a table that is composed of parts, each computed once and one after the other.

One statement for all parts holds the hash tables of all of them in memory at once, and computes some parts once for
each use: the 83 feature columns of 1.5 million customer months took 84 s, part by part 41 s.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session


@dataclass(frozen=True)
class Composed:
    """Rows that need intermediate tables.

    Attributes:
        compose: Returns the rows; it is given a function that computes a named intermediate table once.
    """

    compose: Callable[[Callable[[str, ibis.Table], ibis.Table]], ibis.Table]


def write_composed(
    session: Session, contract: TableContract, composed: Composed, months: Sequence[date]
) -> dict[date, int]:
    """Writes the rows; the intermediate tables last until they are written.

    Returns:
        Rows written per month.
    """
    with contextlib.ExitStack() as stack:

        def keep(name: str, rows: ibis.Table) -> ibis.Table:
            kept = stack.enter_context(session.staged(f"{contract.full_name}/{name}", rows))
            # Sums of whole numbers are wider in the engine than Ibis takes them for.
            stored = kept.schema()
            return kept.cast({name: dtype for name, dtype in rows.schema().items() if stored[name] != dtype})

        return replace_months(session, contract, composed.compose(keep), months)
