"""Checks that follow from the contracts: what was refused at the write still holds, and months compare with history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis

from govbiz_assets.checks.history import HISTORY_DEPTH, null_share_rise, sum_ratio, volume_ratio
from govbiz_assets.checks.table_check import CheckTables, Measure, TableCheck, by_month
from govbiz_assets.contracts import tables_cleaned as cleaned
from govbiz_assets.contracts.catalog import TABLES
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, Channel
from govbiz_assets.contracts.own_channel import cleaned_table
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import CUSTOMER_FEATURES
from govbiz_assets.contracts.tables_source import CHECK_RESULT, QUARANTINE, RAW_TABLES, SET_ASIDE
from govbiz_assets.warehouse.promises import count_violations

# Written by several steps, so no single asset run stands for them.
SHARED_TABLES = (QUARANTINE, SET_ASIDE, CHECK_RESULT)
# A month with half or four times the rows of its history is a delivery fault before it is business.
VOLUME_LOW, VOLUME_HIGH = 0.5, 4.0
SUM_LOW, SUM_HIGH = 0.4, 2.5
NULL_RISE_HIGH = 0.3
_SUMS = ((cleaned.USAGE_MONTHLY, "kwh"), (cleaned.BILL, "total_cny"), (cleaned.PAYMENT, "paid_cny"))
_STEADY = (
    cleaned.CUSTOMER_MONTHLY,
    cleaned.ACCOUNT_MONTHLY,
    cleaned.USAGE_DAILY,
    cleaned.USAGE_MONTHLY,
    cleaned.BILL,
    cleaned.PAYMENT,
    cleaned.SUBSCRIPTION_MONTHLY,
    cleaned.WEATHER_DAILY,
    CUSTOMER_FEATURES,
)


def contract_violations(contract: TableContract) -> Measure:
    """Rows that break a row rule, plus repetitions of a key."""

    def measure(tables: CheckTables) -> Mapping[date, float | None]:
        counts = count_violations(tables.session, contract, tables.months)
        return counts if contract.is_monthly else dict.fromkeys(tables.months, counts.get(date.min))

    return measure


def row_count(contract: TableContract) -> Measure:
    """Rows of a table without months."""

    def measure(tables: CheckTables) -> ibis.Table:
        rows = tables.rows(contract).mutate(month=ibis.literal(tables.months[0]))
        return by_month(rows, rows.count())

    return measure


def _contract_check(contract: TableContract) -> TableCheck:
    return TableCheck(
        contract,
        "contract_violations",
        "Rows that break a rule or repeat a key of the contract.",
        contract_violations(contract),
        high=0,
        is_blocking=True,
    )


def own_channel_checks(channels: Sequence[Channel]) -> list[TableCheck]:
    """Declares the contract checks of the cleaned tables of own channels.

    Nothing is said of their volume: how many outages or inspections are usual, the house does not know.
    """
    return [_contract_check(cleaned_table(channel)) for channel in channels if channel.name not in CHANNEL_BY_NAME]


def _history_checks(contract: TableContract) -> list[TableCheck]:
    channel = next((name for name, table in cleaned.CLEANED_BY_CHANNEL.items() if table is contract), None)
    fields = {field.name for field in CHANNEL_BY_NAME[channel].fields} if channel else set(contract.column_names)
    nullable = [name for name in contract.column_names if name not in contract.required and name in fields and channel]
    checks = [
        TableCheck(
            contract,
            "volume_ratio",
            "Rows of the month over the median of the twelve months before.",
            volume_ratio(contract),
            low=VOLUME_LOW,
            high=VOLUME_HIGH,
            depth=HISTORY_DEPTH,
        )
    ]
    if nullable:
        checks.append(
            TableCheck(
                contract,
                "null_share_rise",
                "Largest rise of a column's share of nulls over its history.",
                null_share_rise(contract, nullable),
                high=NULL_RISE_HIGH,
                depth=HISTORY_DEPTH,
            )
        )
    return checks


CONTRACT_CHECKS: tuple[TableCheck, ...] = (
    *(
        _contract_check(contract)
        for contract in TABLES
        if contract not in SHARED_TABLES and contract.full_name not in {raw.full_name for raw in RAW_TABLES.values()}
    ),
    *(check for contract in _STEADY for check in _history_checks(contract)),
    *(
        TableCheck(
            contract,
            f"{column}_ratio",
            f"Sum of {column} over the median of the twelve months before.",
            sum_ratio(contract, column),
            low=SUM_LOW,
            high=SUM_HIGH,
            depth=HISTORY_DEPTH,
        )
        for contract, column in _SUMS
    ),
    *(
        TableCheck(
            contract, "row_count", "Rows of the table.", row_count(contract), low=1, is_blocking=True, absent_value=0
        )
        for contract in cleaned.REFERENCE_TABLES
    ),
)
