"""Which later months a changed month touches: exactly those whose windows cover it, table by table.

The reach of a table is the number of months by which a change of the raw layer moves into the future on its way to
it: each input adds its window, less the month itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from govbiz_assets.assets.table_asset import TableAsset
from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.contracts.table import TableContract


@dataclass(frozen=True)
class RunSlice:
    """One run: a contiguous range of months and the tables to make; None means all tables."""

    first: date
    last: date
    tables: frozenset[str] | None = None

    @property
    def months(self) -> list[date]:
        """The months of the slice."""
        return month_range(self.first, self.last)


def table_reach(assets: Sequence[TableAsset]) -> dict[str, int]:
    """Returns by `layer.table` how many months later than a change of raw data a table still changes.

    Tables that do not depend on raw data are absent.

    Args:
        assets: All assets, upstream ones first or not.
    """
    producers = {contract.full_name: asset for asset in assets for contract in asset.contracts}
    reach: dict[str, int | None] = {}

    def reach_of(contract: TableContract) -> int | None:
        name = contract.full_name
        if name not in reach:
            asset = producers.get(name)
            if contract.layer == "raw" or asset is None:
                reach[name] = 0 if contract.layer == "raw" else None
            else:
                known = [
                    found + given.months - 1
                    for given in asset.ins.values()
                    if (found := reach_of(given.contract)) is not None
                ]
                reach[name] = max(known, default=None)
        return reach[name]

    for asset in assets:
        for contract in asset.contracts:
            reach_of(contract)
    return {name: months for name, months in reach.items() if months is not None}


def plan_runs(changed: Collection[date], existing: Collection[date], assets: Sequence[TableAsset]) -> list[RunSlice]:
    """Returns the runs that bring the warehouse up to date after months changed.

    Args:
        changed: Months whose deliveries are new or changed.
        existing: Months that were made before.
        assets: All assets.

    Returns:
        Runs in their order: each contiguous range of changed months with all tables, then the later months that
        exist already with the tables that still reach them.
    """
    reach = table_reach(assets)
    slices: list[RunSlice] = []
    for group in _contiguous(sorted(set(changed))):
        slices.append(RunSlice(group[0], group[-1]))
        nearer = 0
        for distance in sorted(set(reach.values()) - {0}):
            later = [
                month
                for month in month_range(add_months(group[-1], nearer + 1), add_months(group[-1], distance))
                if month in existing
            ]
            tables = frozenset(name for name, months in reach.items() if months >= distance)
            slices.extend(RunSlice(part[0], part[-1], tables) for part in _contiguous(later))
            nearer = distance
    return slices


def _contiguous(months: Sequence[date]) -> list[list[date]]:
    groups: list[list[date]] = []
    for month in months:
        if groups and add_months(groups[-1][-1], 1) == month:
            groups[-1].append(month)
        else:
            groups.append([month])
    return groups
