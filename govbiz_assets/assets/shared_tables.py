"""Quality tables that several steps write: shown in the graph, made by none of its own."""

from collections.abc import Mapping, Sequence

import dagster as dg

from govbiz_assets.assets.table_asset import table_metadata
from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.own_channel import cleaned_table
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_source import CHECK_RESULT, QUARANTINE, SET_ASIDE


def shared_table_specs(
    channels: Sequence[Channel], contracts: Mapping[str, TableContract], partitions: dg.MonthlyPartitionsDefinition
) -> list[dg.AssetSpec]:
    """Returns the specs of quarantine, set-aside records and check results."""
    writers = [dg.AssetKey(contract.asset_key) for contract in map(cleaned_table, channels)]
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
