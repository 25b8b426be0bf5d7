"""All tables of the house, in the order of the data's way through it."""

from __future__ import annotations

from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import CLEANED_TABLES, REFERENCE_TABLES
from govbiz_assets.contracts.tables_identity import IDENTITY_TABLES
from govbiz_assets.contracts.tables_model import MODEL_TABLES
from govbiz_assets.contracts.tables_source import QUALITY_TABLES, RAW_TABLES

TABLES: tuple[TableContract, ...] = (
    *REFERENCE_TABLES,
    *QUALITY_TABLES,
    *RAW_TABLES.values(),
    *CLEANED_TABLES,
    *IDENTITY_TABLES,
    *MODEL_TABLES,
)
TABLE_BY_NAME: dict[str, TableContract] = {contract.full_name: contract for contract in TABLES}
LAYERS: tuple[str, ...] = tuple(dict.fromkeys(contract.layer for contract in TABLES))
