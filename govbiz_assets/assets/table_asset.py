"""How an asset is declared: a contract, typed inputs with their windows, and a short body.

`@table_asset` only records the declaration. `build.py` turns it into a Dagster asset once the profile, and with it
the months and the extra columns, is known; nothing is decided when a module is imported.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.partitions import HISTORY_MONTHS, trailing_mapping
from govbiz_assets.warehouse.errors import values_kept_out

IO_MANAGER_KEY = "tables"


@dataclass(frozen=True)
class TableInput:
    """An upstream table and how many months of it, ending with the asset's own, an asset sees."""

    contract: TableContract
    months: int = 1

    def to_asset_in(self) -> dg.AssetIn:
        """Returns the input as Dagster knows it."""
        mapping = trailing_mapping(self.months) if self.contract.is_monthly and self.months > 1 else None
        return dg.AssetIn(
            key=dg.AssetKey(self.contract.asset_key), partition_mapping=mapping, input_manager_key=IO_MANAGER_KEY
        )


def same_month(contract: TableContract) -> TableInput:
    """The upstream rows of the asset's own month; a table without months is seen whole."""
    return TableInput(contract)


def trailing(contract: TableContract, months: int) -> TableInput:
    """The upstream rows of that many months, ending with the asset's own."""
    return TableInput(contract, months)


def history(contract: TableContract) -> TableInput:
    """The upstream rows of every month up to the asset's own."""
    return TableInput(contract, HISTORY_MONTHS)


@dataclass(frozen=True)
class TableAsset:
    """A declared asset that makes one table, or several that come out of one computation."""

    contracts: tuple[TableContract, ...]
    ins: Mapping[str, TableInput]
    body: Callable[..., Any]
    deps: tuple[TableContract, ...] = ()

    @property
    def name(self) -> str:
        """Name of the computation: the table's, or the function's where it makes several."""
        return self.contracts[0].name if len(self.contracts) == 1 else self.body.__name__

    def build(
        self, contracts: Mapping[str, TableContract], partitions: dg.MonthlyPartitionsDefinition
    ) -> dg.AssetsDefinition:
        """Returns the Dagster asset.

        Args:
            contracts: Contracts by `layer.table`, with the columns that the profile adds.
            partitions: Months of the profile.
        """
        ins = {name: given.to_asset_in() for name, given in self.ins.items()}
        deps = [dg.AssetKey(dep.asset_key) for dep in self.deps]
        own = [contracts[contract.full_name] for contract in self.contracts]
        return dg.multi_asset(
            name=f"{own[0].layer}__{self.name}",
            outs={contract.name: _asset_out(contract) for contract in own},
            ins=ins,
            deps=deps,
            partitions_def=partitions if own[0].is_monthly else None,
            backfill_policy=dg.BackfillPolicy.single_run(),
            group_name=own[0].layer,
        )(_guarded(self.body))


def _guarded(body: Callable[..., Any]) -> Callable[..., Any]:
    """Keeps delivered values out of the errors of a body, which Dagster keeps in its history."""

    @functools.wraps(body)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with values_kept_out():
            return body(*args, **kwargs)

    return guarded


def table_asset(
    *contracts: TableContract,
    ins: Mapping[str, TableInput] | None = None,
    deps: tuple[TableContract, ...] = (),
) -> Callable[[Callable[..., Any]], TableAsset]:
    """Declares the decorated function as the asset that makes a table.

    Args:
        contracts: The table; or several, in the order in which the function returns them.
        ins: Upstream table of each typed parameter.
        deps: Tables that must be there first but are not read through a parameter.
    """

    def declare(body: Callable[..., Any]) -> TableAsset:
        return TableAsset(contracts, ins or {}, body, deps)

    return declare


def _asset_out(contract: TableContract) -> dg.AssetOut:
    # Any: the IO manager itself says what it takes, and a body may return lazy, collected or classified rows.
    return dg.AssetOut(
        key=dg.AssetKey(contract.asset_key),
        io_manager_key=IO_MANAGER_KEY,
        dagster_type=dg.Any,
        description=contract.meaning,
        metadata=table_metadata(contract),
        owners=[contract.owner],
        kinds={"duckdb"},
    )


def table_metadata(contract: TableContract) -> dict[str, Any]:
    """Returns what Dagster shows of a table before its first run: schema, key, rules."""
    columns = [
        dg.TableColumn(
            column.name,
            column.dtype,
            description=f"{column.meaning} [{column.unit}]" if column.unit else column.meaning,
            constraints=dg.TableColumnConstraints(nullable=column.name not in contract.required),
        )
        for column in contract.columns
    ]
    key = [f"unique: {', '.join(contract.key)}"] if contract.key else []
    return {
        "dagster/column_schema": dg.TableSchema(columns, constraints=dg.TableConstraints(other=key)),
        "dagster/table_name": f"{contract.database}.{contract.full_name}",
        "grain": contract.grain,
    }
