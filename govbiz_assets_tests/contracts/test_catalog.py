"""What holds for every column and every table of the house."""

from __future__ import annotations

import re

import pytest

from govbiz_assets.contracts.catalog import LAYERS, TABLE_BY_NAME, TABLES
from govbiz_assets.contracts.channel import CHANNELS, Channel
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import COLUMNS, TableContract

DTYPES = {"VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(18,3)"}
UNIT_OF_ENDING = {
    "_ratio": "ratio",
    "_months": "month",
    "_days": "day",
    "_seconds": "s",
    "_cny": "CNY",
    "_kwh": "kWh",
    "_kva": "kVA",
    "_kv": "kV",
}
COMPOUND = re.compile(r"_cny_(kwh|kva)$|^kwh_per_kva$|_degree_days$")

every_column = pytest.mark.parametrize("column", COLUMNS.values(), ids=lambda column: column.name)
every_table = pytest.mark.parametrize("contract", TABLES, ids=lambda contract: contract.full_name)


@every_column
def test_every_column_says_what_it_means(column: Column) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert column.dtype in DTYPES
    assert len(column.meaning) >= 5
    assert "\n" not in column.meaning
    assert column.meaning[-1] == "." or column.meaning.endswith("...")


@every_column
def test_every_number_has_a_unit_and_nothing_else_has_one(column: Column) -> None:
    assert bool(column.unit) == column.is_number


@every_column
def test_the_ending_of_a_name_tells_the_unit(column: Column) -> None:
    if column.is_number and not COMPOUND.search(column.name):
        units = {unit for ending, unit in UNIT_OF_ENDING.items() if column.name.endswith(ending)}
        assert units <= {column.unit}
    if column.unit == "CNY":
        assert column.dtype == "DECIMAL(18,2)"
    if column.dtype == "DECIMAL(18,3)":
        assert column.unit == "kWh"


@every_column
def test_a_flag_reads_as_a_yes_or_no(column: Column) -> None:
    is_named_as_flag = column.name.startswith(("is_", "has_")) or column.name == "passed"
    assert is_named_as_flag == (column.dtype == "BOOLEAN")


@every_table
def test_every_table_is_documented_and_owned(contract: TableContract) -> None:
    assert contract.meaning.endswith(".")
    assert contract.grain
    assert not contract.grain.endswith(".")
    assert contract.owner.startswith("team:")
    assert TABLE_BY_NAME[contract.full_name] is contract


@every_table
def test_month_comes_first_in_every_table_of_months(contract: TableContract) -> None:
    if contract.database == "warehouse":
        assert contract.is_monthly == (contract.column_names[0] == "month")
    assert contract.is_monthly == ("month" in contract.column_names)


@every_table
def test_key_and_rules_stand_on_columns_of_the_table(contract: TableContract) -> None:
    used = {*contract.key, *contract.required, *(name for rule in contract.rules for name in rule.columns)}
    assert used <= set(contract.column_names)
    assert len(set(contract.key)) == len(contract.key)
    for rule in contract.rules:
        assert rule.values or rule.low is not None or rule.high is not None, "a rule that nothing can break"


@every_table
def test_nothing_outside_the_vault_can_name_someone(contract: TableContract) -> None:
    identifying = {column.name for column in contract.columns if column.sensitivity == "identifying"}
    assert not identifying or contract.database == "vault"
    assert contract.layer != "raw" or contract.database == "vault"


def test_the_columns_that_name_someone_are_marked() -> None:
    marked = {column.name for column in COLUMNS.values() if column.sensitivity == "identifying"}
    assert marked == {
        *(
            "customer_no",
            "parent_customer_no",
            "account_no",
            "bill_no",
            "payment_no",
            "ticket_no",
            "credit_code",
            "customer_name",
        ),
        *("contact_name", "contact_phone", "address", "ticket_text", "extra_json", "record_json"),
        *("customer_no_l", "customer_no_r", "name_norm", "name_core", "name_head", "branch", "record_digest"),
        *("code_text", "unified_text", "organisation_code", "checked_code", "licence_no"),
        *("phone_norm", "address_norm", "address_street"),
        *("original_bill_no", "meter_no"),
    }


@every_table
def test_a_shared_column_is_the_same_in_every_table(contract: TableContract) -> None:
    for column in contract.columns:
        known = COLUMNS[column.name]
        # Raw tables hold every field as it was delivered, as text; the meaning stays.
        assert column.meaning == known.meaning
        assert contract.layer == "raw" or column == known


def test_every_column_of_the_dictionary_is_used() -> None:
    profile_named = {"outcome_label"}
    used = {name for contract in TABLES for name in contract.column_names}
    assert set(COLUMNS) - used <= profile_named


def test_no_table_is_declared_twice() -> None:
    assert len(TABLE_BY_NAME) == len(TABLES)
    assert LAYERS[:4] == ("reference", "quality", "raw", "cleaned")


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_a_channel_delivers_known_fields_and_needs_those_of_its_key(channel: Channel) -> None:
    fields = {field.name: field for field in channel.fields}
    assert len(fields) == len(channel.fields)
    assert set(fields) <= set(COLUMNS)
    assert channel.key
    assert all(fields[name].is_required for name in channel.key)
    assert channel.month_field is None or channel.month_field in fields
    headers = [header for field in channel.fields for header in field.headers]
    assert len(set(headers)) == len(headers), "a header that two fields claim"
