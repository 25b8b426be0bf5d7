"""The IO manager that reads and writes every table.

An asset says by its annotations how it wants its inputs: `ibis.Table` arrives lazy, `polars.DataFrame` collected, both
narrowed to the partition window of the input's mapping. It returns either, classified `Records`, `Composed` rows, or
rows with what was `Counted` of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
import ibis
import polars as pl

from govbiz_assets.contracts.month import month_name, months_between
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import QUARANTINE, RULE_COUNT, SET_ASIDE
from govbiz_assets.warehouse.composed import Composed, write_composed
from govbiz_assets.warehouse.counted import Counted, write_counted
from govbiz_assets.warehouse.errors import values_kept_out
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.publish import publish_months
from govbiz_assets.warehouse.records import Records, write_records
from govbiz_assets.warehouse.resource import Warehouse


class TableIOManager(dg.IOManager):
    """Moves tables between assets and the warehouse.

    Args:
        warehouse: The open warehouse of the run.
        contracts: Contracts by `layer.table`, extended by what the profile passes through.
    """

    def __init__(self, warehouse: Warehouse, contracts: Mapping[str, TableContract]) -> None:
        self._warehouse = warehouse
        self._contracts = contracts
        self._told: set[tuple[str, date]] = set()

    @values_kept_out()
    def load_input(self, context: dg.InputContext) -> ibis.Table | pl.DataFrame:
        """Returns the upstream table, narrowed to the input's partition window."""
        contract = self._contracts[".".join(context.asset_key.path)]
        session = self._warehouse.session
        if contract.is_monthly and context.has_asset_partitions:
            window = context.asset_partitions_time_window
            rows = session.window(contract, window.start.date(), window.end.date())
        else:
            rows = session.stored(contract)
        if context.dagster_type.typing_type is not pl.DataFrame:
            return rows
        return rows.order_by(list(contract.key)).to_polars() if contract.key else rows.to_polars()

    @values_kept_out()
    def handle_output(
        self, context: dg.OutputContext, obj: ibis.Table | pl.DataFrame | Records | Composed | Counted
    ) -> None:
        """Replaces the months of the partition window in one transaction each, then publishes them."""
        contract = self._contracts[".".join(context.asset_key.path)]
        session = self._warehouse.session
        months: Sequence[date] = []
        if contract.is_monthly:
            window = context.asset_partitions_time_window
            months = months_between(window.start.date(), window.end.date())
        if isinstance(obj, Records):
            counts = write_records(session, contract, obj, months)
            self._tell_shared(context, months)
            self._publish(SET_ASIDE, months)
        elif isinstance(obj, Composed):
            counts = write_composed(session, contract, obj, months)
        elif isinstance(obj, Counted):
            counts, renewed = write_counted(session, contract, obj, months)
            self._publish(RULE_COUNT, renewed)
        elif isinstance(obj, pl.DataFrame):
            with session.registered("incoming", obj) as rows:
                counts = replace_months(session, contract, rows, months)
        else:
            counts = replace_months(session, contract, obj, months)
        self._publish(contract, months)
        context.add_output_metadata(_row_counts(contract, counts, months))

    def _tell_shared(self, context: dg.OutputContext, months: Sequence[date]) -> None:
        """Tells Dagster once per run that the tables which several steps write have these months."""
        for shared in (QUARANTINE, SET_ASIDE):
            for month in months:
                if (shared.name, month) not in self._told:
                    self._told.add((shared.name, month))
                    context.log_event(dg.AssetMaterialization(shared.asset_key, partition=month_name(month)))

    def _publish(self, contract: TableContract, months: Sequence[date]) -> None:
        if self._warehouse.publish:
            publish_months(self._warehouse.session, contract, months, self._warehouse.published_folder)


def _row_counts(contract: TableContract, counts: Mapping[date, int], months: Sequence[date]) -> dict[str, Any]:
    total = sum(counts.values())
    if not contract.is_monthly:
        return {"dagster/row_count": total}
    by_month = {month_name(month): counts.get(month, 0) for month in months}
    return {"dagster/partition_row_count": total} if len(months) == 1 else {"rows": total, "rows_by_month": by_month}


def table_io_manager(contracts: Mapping[str, TableContract]) -> dg.IOManagerDefinition:
    """Returns the IO manager as a resource that shares the run's `warehouse`."""

    @dg.io_manager(required_resource_keys={"warehouse"}, description="Reads and writes every table of the house.")
    def tables(context: dg.InitResourceContext) -> TableIOManager:
        return TableIOManager(context.resources.warehouse, contracts)

    return tables
