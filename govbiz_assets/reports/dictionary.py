"""The data dictionary, generated from the contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govbiz_assets.contracts.catalog import LAYERS, TABLES
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.reports.markdown import table_lines

_HEAD = """# Data dictionary

Generated from `govbiz_assets/contracts` by `govbiz dictionary`; do not edit. A profile may add `attr_` columns to
`raw.customer`, `raw.attribute`, `cleaned.customer_monthly`, `cleaned.attribute_monthly` and
`features.customer_monthly`, and channels of its own: `govbiz dictionary --profile P` writes them too.

Tables of the **vault** can name someone; everything else knows customers and accounts only by pseudonyms.
"""


def render_dictionary(contracts: Iterable[TableContract] = TABLES) -> str:
    """Returns the dictionary of these tables as Markdown."""
    tables = list(contracts)
    return "\n".join([_HEAD, *(line for layer in LAYERS for line in _layer(layer, tables))]) + "\n"


def _layer(layer: str, contracts: Iterable[TableContract]) -> Iterator[str]:
    yield f"## {layer}"
    yield ""
    for contract in contracts:
        if contract.layer == layer:
            yield from _table(contract)


def _table(contract: TableContract) -> Iterator[str]:
    yield f"### {contract.full_name}"
    yield ""
    yield contract.meaning
    yield ""
    yield f"- one row: {contract.grain}"
    yield f"- key: {', '.join(contract.key) or 'none'}"
    yield f"- file: {contract.database}.duckdb; partitioned by month: {'yes' if contract.is_monthly else 'no'}"
    yield f"- owner: {contract.owner.removeprefix('team:')}"
    if contract.rules:
        yield f"- refused unless: {'; '.join(rule.words for rule in contract.rules)}"
    yield ""
    yield from table_lines(
        ("column", "type", "unit", "null", "meaning"),
        (
            (
                f"`{column.name}`",
                column.dtype,
                column.unit or "-",
                "no" if column.name in contract.required else "yes",
                column.meaning,
            )
            for column in contract.columns
        ),
    )
