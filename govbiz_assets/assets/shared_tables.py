"""Quality tables that several steps write: shown in the graph, made by none of its own."""

from collections.abc import Mapping

import dagster as dg

from govbiz_assets.assets.table_asset import table_metadata
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import CLEANED_BY_CHANNEL
from govbiz_assets.contracts.tables_source import CHECK_RESULT, QUARANTINE, SET_ASIDE


def shared_table_specs(
    contracts: Mapping[str, TableContract], partitions: dg.MonthlyPartitionsDefinition
) -> list[dg.AssetSpec]:
    """Returns the specs of quarantine, set-aside records and check results."""
    writers = [dg.AssetKey(contract.asset_key) for contract in CLEANED_BY_CHANNEL.values()]
    deps = {QUARANTINE: writers, SET_ASIDE: writers, CHECK_RESULT: []}
    return [
        dg.AssetSpec(
            dg.AssetKey(contract.asset_key),
            deps=upstream,
            description=contract.meaning,
            metadata=table_metadata(contracts[contract.full_name]),
            group_name=contract.layer,
            owners=[contract.owner],
            kinds={"duckdb"},
            partitions_def=partitions,
        )
        for contract, upstream in deps.items()
    ]
