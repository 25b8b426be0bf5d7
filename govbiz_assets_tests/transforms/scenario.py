"""One customer as of December 2024, typed row by row, and its features."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import ibis

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.month import add_months
from govbiz_assets.transforms.features.customer import FeatureInputs, customer_features
from govbiz_assets_tests.transforms.tables import frame, new_engine

NOW = date(2024, 12, 1)
DELIVERED = frozenset({"customer", "account", "usage", "bill", "payment", "ticket", "subscription", "weather"})


def ago(count: int) -> date:
    """Returns the month that lies that many months before NOW."""
    return add_months(NOW, -count)


def usage(age: int, account: str, kwh: float, **values: Any) -> dict[str, Any]:
    given = {
        "month": ago(age),
        "account_id": account,
        "kwh": kwh,
        "kwh_peak": kwh / 2,
        "kwh_flat": kwh / 5,
        "kwh_valley": kwh * 3 / 10,
        "read_days": 30,
        "silent_days": 3 if account == "a1" else 0,
        "estimated_days": 6 if account == "a1" else 0,
        "workday_days": 20,
        "workday_kwh": kwh * 0.8,
        "restday_days": 10,
        "restday_kwh": kwh * 0.2,
        "spring_festival_days": 0,
        "spring_festival_kwh": 0,
        "day_max_kwh": kwh / 10,
    }
    return given | values


def account(age: int, name: str, run: float = 100, **values: Any) -> dict[str, Any]:
    given = {
        "month": ago(age),
        "account_id": name,
        "customer_id": "c1",
        "contract_kva": 100,
        "run_kva": run,
        "opened_date": date(2020, 12, 31) if name == "a1" else date(2024, 10, 1),
        "voltage_kv": 10 if name == "a1" else 0.4,
        "tariff_system": "两部制" if name == "a1" else "单一制",
        "is_market_traded": False,
        "contract_end_date": date(2025, 1, 30),
    }
    return given | values


def bill(age: int, total: float, due: date | None = None, **values: Any) -> dict[str, Any]:
    issued = ago(age).replace(day=5)
    given = {
        "month": ago(age),
        "bill_id": f"b{age}",
        "account_id": "a1",
        "bill_month": ago(age),
        "bill_kind": "正常",
        "kwh": total * 2,
        "energy_cny": total * 0.8,
        "basic_cny": total * 0.1,
        "power_factor_cny": total * 0.08,
        "total_cny": total,
        "issued_date": issued,
        "due_date": due or issued.replace(day=20),
    }
    return given | values


def payment(number: int, bill_id: str | None, paid: date, cny: float, **values: Any) -> dict[str, Any]:
    given = {"month": paid.replace(day=1), "payment_id": f"p{number}", "account_id": "a1", "bill_id": bill_id}
    return given | {"paid_date": paid, "paid_cny": cny, "payment_channel": "银行", "payment_kind": "电费"} | values


def ticket(number: int, handled: datetime, kind: str, **values: Any) -> dict[str, Any]:
    given = {"month": handled.date().replace(day=1), "ticket_id": f"t{number}", "account_id": "a1"}
    return given | {"handled_at": handled, "ticket_type": kind} | values


CONTRACTS = {
    "customers": tables.CUSTOMER_MONTHLY,
    "accounts": tables.ACCOUNT_MONTHLY,
    "usage": tables.USAGE_MONTHLY,
    "bills": tables.BILL,
    "payments": tables.PAYMENT,
    "tickets": tables.TICKET,
    "subscriptions": tables.SUBSCRIPTION_MONTHLY,
    "weather": tables.WEATHER_DAILY,
    "attributes": tables.ATTRIBUTE_MONTHLY.with_columns(Column("attr_size", "DOUBLE", "Size.")),
    "industries": tables.INDUSTRY,
}


class Scenario:
    """The features of one customer over typed rows; the expression is compiled once, which takes most of the time."""

    def __init__(self) -> None:
        self.engine = new_engine()
        given = {name: self._store(name, []) for name in CONTRACTS}
        rows = customer_features(
            FeatureInputs(**given), [NOW], delivered=DELIVERED, attributes={"attr_size": "attribute"}
        )
        self.sql = self.engine.compile(rows)

    def rows(self, **rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Returns the features; two open accounts stand there where nothing else is said."""
        customer = {"month": NOW, "customer_id": "c1", "division_code": "330110", "industry_code": "31"}
        accounts = [account(age, "a1") for age in range(15)] + [account(age, "a2") for age in range(3)]
        given = {"customers": [customer], "accounts": accounts} | rows
        for name in CONTRACTS:
            self._store(name, given.get(name, []))
        return self.engine.con.execute(self.sql).pl().to_dicts()

    def row(self, **rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Returns the features of the only customer."""
        (row,) = self.rows(**rows)
        return row

    def _store(self, name: str, rows: list[dict[str, Any]]) -> ibis.Table:
        delivered = frame(CONTRACTS[name].columns, rows)
        self.engine.con.register("delivered", delivered)
        self.engine.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM delivered")
        self.engine.con.unregister("delivered")
        return self.engine.table(name)
