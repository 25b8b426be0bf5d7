"""Which later months a changed month touches: exactly those whose windows cover it, table by table.

The reach of a table is the number of months by which a change of the raw layer moves into the future on its way to
it: each input adds its window, less the month itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

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
        Runs in the order of their months: changed months with all tables, the later months that exist already with
        the tables that still see the last changed month before them. Neighbours with the same tables share a run.
    """
    if not changed:
        return []
    reach = table_reach(assets)
    tables: dict[date, frozenset[str] | None] = {}
    for month in sorted(month for month in {*changed, *existing} if month >= min(changed)):
        if month in changed:
            tables[month], latest = None, month
        elif seen := _tables_reaching(reach, _distance(latest, month)):
            tables[month] = seen
    return [
        RunSlice(months[0], months[-1], wanted)
        for wanted, span in groupby(tables, key=lambda month: tables[month])
        for months in _contiguous(list(span))
    ]


def _distance(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _tables_reaching(reach: Mapping[str, int], distance: int) -> frozenset[str]:
    return frozenset(name for name, months in reach.items() if months >= distance)


def _contiguous(months: Sequence[date]) -> list[list[date]]:
    groups: list[list[date]] = []
    for month in months:
        if groups and add_months(groups[-1][-1], 1) == month:
            groups[-1].append(month)
        else:
            groups.append([month])
    return groups
