"""Names of tables and of files, as the statements of the warehouse write them."""

from __future__ import annotations

from govbiz_assets.contracts.sql import quote_identifier, quote_literal
from govbiz_assets.contracts.table import TableContract


def quote_glob(folder: str, pattern: str) -> str:
    """Returns a literal for the files of a folder that match a pattern; the folder's own name is taken as it is."""
    escaped = "".join(f"[{character}]" if character in "*?[" else character for character in folder)
    return quote_literal(f"{escaped}/{pattern}")


def table_path(contract: TableContract) -> str:
    """Returns the quoted database, schema and table of a contract."""
    return ".".join(quote_identifier(part) for part in (contract.database, contract.layer, contract.name))
