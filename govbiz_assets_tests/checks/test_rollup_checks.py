"""The roll-up is held against the tables behind it, to the fen and the watt-hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import pytest

from govbiz_assets.checks.rollup_checks import unequal_totals
from govbiz_assets.checks.table_check import CheckTables
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.transforms.rollup import LEVELS
from govbiz_assets_tests.transforms.tables import new_engine, table

JAN = date(2024, 1, 1)
WHOLE = {"customer_count": 1, "listed_account_count": 2, "metering_point_count": 1, "contract_kva": 0.3, "kwh": "7.001"}


@dataclass(frozen=True)
class Given(CheckTables):
    """Tables that stand in no warehouse."""

    given: dict[str, ibis.Table] = field(default_factory=dict)

    def rows(self, contract: TableContract, depth: int = 1) -> ibis.Table:  # noqa: ARG002
        return self.given[contract.name]


@pytest.mark.parametrize(
    ("changes", "unequal"),
    [
        ({}, 0),
        ({"total_cny": "-0.01"}, 1),
        ({"kwh": "7.002", "listed_account_count": 1}, 2),
        ({"contract_kva": None}, 1),
        ({"run_kva": 0.1}, 1),
    ],
)
def test_each_measure_of_each_level_is_held_against_its_table(changes: dict[str, Any], unequal: int) -> None:
    whole = {"month": JAN, "total_cny": "0.00", **WHOLE}
    rolled = [{**whole, "dimension": dimension, "level": level, "member": "none"} for dimension, level in LEVELS]
    rolled[0] |= changes
    assert measured(rolled) == {JAN: unequal}


def test_a_month_that_was_not_rolled_up_fails() -> None:
    # Customers, accounts, metering points, capacity and energy of each level; the bills add up to nothing.
    assert measured([]) == {JAN: 5 * len(LEVELS)}


def test_a_level_that_was_left_out_fails() -> None:
    whole = {"month": JAN, "total_cny": "0.00", **WHOLE}
    rolled = [{**whole, "dimension": dimension, "level": level, "member": "none"} for dimension, level in LEVELS[1:]]
    assert measured(rolled) == {JAN: 5}


def measured(rolled: list[dict[str, Any]]) -> dict[date, float]:
    read = {"month": JAN, "account_id": "a", "meter_id": "m"}
    rows = {
        tables.CUSTOMER_MONTHLY: [{"month": JAN, "customer_id": "c"}],
        tables.ACCOUNT_MONTHLY: [
            {"month": JAN, "account_id": "a", "contract_kva": 0.1},
            {"month": JAN, "account_id": "b", "contract_kva": 0.2},
        ],
        tables.METER_READ: [{**read, "band": "总"}, {**read, "band": "峰"}],
        tables.USAGE_MONTHLY: [{"month": JAN, "account_id": "a", "kwh": "7.001"}],
        tables.BILL: [{"month": JAN, "total_cny": "5.00"}, {"month": JAN, "total_cny": "-5.00"}],
        tables.ROLLUP_MONTHLY: rolled,
    }
    given = {contract.name: table(contract, told) for contract, told in rows.items()}
    # Any: the tables here need no session.
    nothing: Any = None
    found = new_engine().to_polars(unequal_totals(Given(nothing, [JAN], frozenset(), given)))
    return dict(found.select("month", "value").rows())
