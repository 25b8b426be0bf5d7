"""Coverage of two cities, counted by hand."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import ibis
import polars as pl
import pytest

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.month import month_range
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.transforms.coverage import CHANNELS, DeliveryInputs, monthly_coverage, monthly_delivery
from govbiz_assets_tests.transforms.tables import frame, new_engine

MONTHS = month_range(date(2024, 1, 1), date(2024, 5, 1))
MAY = MONTHS[-1]
NANJING, WUXI = "320100", "320281"  # the second is a county of its city
CITIES = [
    {"division_code": "320100", "division_name": "南京市", "division_level": "市"},
    {"division_code": "320200", "division_name": "无锡市", "division_level": "市"},
    {"division_code": "320281", "division_name": "江阴市", "division_level": "县"},
]
CONTRACTS = {
    "customers": tables.CUSTOMER_MONTHLY,
    "accounts": tables.ACCOUNT_MONTHLY,
    "usage": tables.USAGE_MONTHLY,
    "bills": tables.BILL,
    "payments": tables.PAYMENT,
    "tickets": tables.TICKET,
    "subscriptions": tables.SUBSCRIPTION_MONTHLY,
    "weather": tables.WEATHER_DAILY,
    "divisions": tables.DIVISION,
}
Rows = list[dict[str, Any]]


def days(month: date) -> int:
    return monthrange(month.year, month.month)[1]


@dataclass(frozen=True)
class Given:
    """Rows of the cleaned tables by input; every account reads every day, is billed once and pays once."""

    rows: dict[str, Rows] = field(default_factory=dict)

    def without(self, name: str, matches: Callable[[dict[str, Any]], bool]) -> Given:
        return replace(self, rows=self.rows | {name: [row for row in self.rows[name] if not matches(row)]})

    def changed(self, name: str, matches: Callable[[dict[str, Any]], bool], **values: Any) -> Given:
        rows = [row | values if matches(row) else row for row in self.rows[name]]
        return replace(self, rows=self.rows | {name: rows})


def whole(first_city: int = 10) -> Given:
    """Accounts of Nanjing, as many as asked for, and ten of Wuxi."""
    rows: dict[str, Rows] = {name: [] for name in CONTRACTS}
    for month in MONTHS:
        for number in range(first_city + 10):
            place = NANJING if number < first_city else WUXI
            customer, account = f"c{number:02}", f"a{number:02}"
            who = {"month": month, "account_id": account}
            rows["customers"].append({"month": month, "customer_id": customer, "division_code": place})
            rows["accounts"].append(who | {"customer_id": customer, "opened_date": date(2020, 1, 1)})
            rows["usage"].append(who | {"read_days": days(month), "kwh": 1})
            rows["bills"].append(who | {"bill_id": f"b{month}{number}", "bill_month": month, "total_cny": 1})
            rows["payments"].append(who | {"payment_id": f"p{month}{number}", "paid_date": month, "paid_cny": 1})
            rows["tickets"] += [
                who | {"ticket_id": f"t{month}{number}{turn}", "handled_at": datetime(month.year, month.month, 3)}
                for turn in range(10)
            ]
            rows["subscriptions"].append({"month": month, "customer_id": customer, "product_code": "P01"})
        rows["weather"] += [
            {"month": month, "division_code": place, "weather_date": month.replace(day=day)}
            for place in ("320100", "320281")
            for day in range(1, days(month) + 1)
        ]
    rows["divisions"] = CITIES
    return Given(rows)


def promises(months: Sequence[date], channels: Sequence[str] = CHANNELS) -> tuple[tuple[date, str], ...]:
    return tuple((month, channel) for month in months for channel in channels)


Found = dict[tuple[str, str], dict[str, Any]]
Promised = tuple[tuple[date, str], ...]


class Tables:
    """The two tables over given rows; each expression is compiled once, which takes most of the time."""

    def __init__(self) -> None:
        self.engine = new_engine()
        self.sql: dict[tuple[str, Promised], str] = {}

    def delivery(self, given: Given, promised: Promised) -> pl.DataFrame:
        """Rows of `cleaned.delivery_monthly`."""
        for name, contract in CONTRACTS.items():
            self._store(name, frame(contract.columns, given.rows[name]))
        return self._rows(
            "delivery",
            promised,
            lambda: monthly_delivery(DeliveryInputs(**{name: self.engine.table(name) for name in CONTRACTS}), promised),
            tables.DELIVERY_MONTHLY,
        )

    def coverage(self, delivery: pl.DataFrame, promised: Promised) -> pl.DataFrame:
        """Rows of `cleaned.coverage_monthly`."""
        self._store("delivery", delivery)
        months = sorted({month for month, _ in promised})
        return self._rows(
            "coverage",
            promised,
            lambda: monthly_coverage(self.engine.table("delivery"), months, promised),
            tables.COVERAGE_MONTHLY,
        )

    def may(self, given: Given, promised: Promised | None = None) -> Found:
        """May's coverage by channel and group."""
        promised = promises(MONTHS) if promised is None else promised
        delivery = self.delivery(given, promised)
        found = self.coverage(delivery, tuple(at for at in promised if at[0] == MAY)).to_dicts()
        return {(row["channel"], row["customer_group"]): row for row in found}

    def _rows(
        self, name: str, promised: Promised, build: Callable[[], ibis.Table], contract: TableContract
    ) -> pl.DataFrame:
        if (name, promised) not in self.sql:
            rows = build()
            assert set(rows.columns) == set(contract.column_names)
            self.engine._run_pre_execute_hooks(rows)
            self.sql[name, promised] = self.engine.compile(rows.select(*contract.column_names))
        found = self.engine.con.execute(self.sql[name, promised]).pl().sort(*contract.key)
        assert not found.select(contract.key).is_duplicated().any()
        return found

    def _store(self, name: str, rows: pl.DataFrame) -> None:
        self.engine.con.register("given", rows)
        self.engine.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM given")
        self.engine.con.unregister("given")


@pytest.fixture(scope="module")
def house() -> Tables:
    return Tables()


def statuses(found: Found) -> dict[tuple[str, str], str]:
    """What is not ok."""
    return {at: row["coverage_status"] for at, row in found.items() if row["coverage_status"] != "ok"}


def test_due_and_received_are_counted_by_city(house: Tables) -> None:
    opened = whole().changed(
        "accounts", lambda row: row["account_id"] == "a00" and row["month"] == MAY, opened_date=date(2024, 5, 22)
    )
    closed = opened.changed(
        "accounts", lambda row: row["account_id"] == "a10" and row["month"] == MAY, closed_date=date(2024, 5, 5)
    )
    gone = closed.changed(
        "accounts", lambda row: row["account_id"] == "a11" and row["month"] == MAY, account_status="已销户"
    )
    rows = house.delivery(gone, promises([MAY])).to_dicts()
    counted = {(r["channel"], r["customer_group"]): (r["due_count"], r["received_count"]) for r in rows}
    # Nanjing: nine accounts of 31 days and one of ten; Wuxi: eight of 31, one of five, one closed by its status.
    assert counted["usage", "南京市"] == (9 * 31 + 10, 310)
    assert counted["usage", "无锡市"] == (8 * 31 + 5, 310)
    assert counted["usage", "all"] == (9 * 31 + 10 + 8 * 31 + 5, 620)
    assert counted["bill", "无锡市"] == (9, 10)
    assert counted["payment", "all"] == (20, 20)
    assert counted["ticket", "南京市"] == (None, 100)
    assert counted["weather", "无锡市"] == (None, 31)
    assert counted["customer", "all"] == (None, 20)
    assert set(counted) == {(channel, group) for channel in CHANNELS for group in ("all", "南京市", "无锡市")}


def test_a_whole_month_is_ok_and_says_what_was_expected(house: Tables) -> None:
    found = house.may(whole())
    assert statuses(found) == {}
    row = found["usage", "无锡市"]
    assert (row["expected_count"], row["received_count"], row["coverage_ratio"]) == (310, 310, 1.0)
    assert (row["history_months"], row["usual_coverage_ratio"], row["spread_coverage_ratio"]) == (4, 1.0, 0.0)
    # Ten accounts: share (10 + 1) / (10 + 2), three standard deviations of sqrt(share * (1 - share) / 10).
    share = 11 / 12
    assert row["low_coverage_ratio"] == pytest.approx(1 - 3 * (share * (1 - share) / 10) ** 0.5)
    # A level of its own: 200 tickets a month, of which chance takes three times a fourteenth.
    tickets = found["ticket", "all"]
    assert (tickets["expected_count"], tickets["usual_coverage_ratio"]) == (200, 1.0)
    assert tickets["low_coverage_ratio"] == pytest.approx(1 - 3 / 200**0.5)
    # Two stations, by the day, in a month of 31 after months of 29, 30 and 31.
    assert found["weather", "all"]["expected_count"] == 62


def test_a_channel_without_a_record_is_missing_everywhere(house: Tables) -> None:
    found = house.may(whole().without("usage", lambda row: row["month"] == MAY))
    assert statuses(found) == dict.fromkeys([("usage", "all"), ("usage", "南京市"), ("usage", "无锡市")], "missing")
    assert found["usage", "all"]["expected_count"] == 620
    for channel, name in (("ticket", "tickets"), ("weather", "weather"), ("payment", "payments")):
        gone = statuses(house.may(whole().without(name, lambda row: row["month"] == MAY)))
        assert gone[channel, "all"] == "missing"
        assert {at[0] for at in gone} == {channel}


def test_half_of_one_city_is_thin_there_alone(house: Tables) -> None:
    half = whole(first_city=50).changed(
        "usage", lambda row: row["month"] == MAY and row["account_id"] >= "a50", read_days=days(MAY) // 2
    )
    found = house.may(half)
    assert found["usage", "无锡市"]["coverage_ratio"] == 150 / 310
    assert found["usage", "all"]["coverage_ratio"] == 1700 / 1860
    assert statuses(found) == {("usage", "无锡市"): "thin"}


def test_a_channel_that_the_profile_does_not_deliver_is_absent(house: Tables) -> None:
    channels = [channel for channel in CHANNELS if channel not in ("ticket", "weather")]
    given = whole().without("tickets", lambda _: True).without("weather", lambda _: True)
    found = house.may(given, promises(MONTHS, channels))
    assert statuses(found) == {("ticket", "all"): "absent", ("weather", "all"): "absent"}
    assert found["ticket", "all"]["expected_count"] is None
    # A month for which the profile promises nothing, as beside a snapshot.
    nothing = house.engine.to_polars(monthly_coverage(house.engine.table("delivery"), [MAY], ()))
    assert dict(nothing.select("channel", "coverage_status").rows()) == dict.fromkeys(CHANNELS, "absent")


def test_without_an_archive_readings_are_held_against_their_own_level(house: Tables) -> None:
    """Accounts are then those with readings, so they cannot say what is due."""
    channels = ["usage"]
    found = house.may(whole(), promises(MONTHS, channels))
    assert (found["usage", "all"]["expected_count"], found["usage", "all"]["coverage_status"]) == (620, "ok")
    gone = whole().without("usage", lambda row: row["month"] == MAY)
    gone = gone.without("accounts", lambda row: row["month"] == MAY)
    found = house.may(gone.without("customers", lambda _: True), promises(MONTHS, channels))
    assert found["usage", "all"]["coverage_status"] == "missing"


def test_a_city_that_vanishes_from_the_archive_is_missing(house: Tables) -> None:
    found = house.may(whole().without("accounts", lambda row: row["month"] == MAY and row["account_id"] >= "a10"))
    assert found["account", "无锡市"]["coverage_status"] == "missing"
    assert found["account", "无锡市"]["expected_count"] == 10
    # Their readings came all the same, and nobody knows of whom.
    assert found["usage", "unknown"]["coverage_status"] == "unexpected"


def test_a_bad_month_in_the_history_does_not_lower_what_is_expected(house: Tables) -> None:
    earlier = whole().without("usage", lambda row: row["month"] == MONTHS[1])
    found = house.may(earlier.without("tickets", lambda row: row["month"] == MONTHS[1]))
    assert statuses(found) == {}
    assert found["usage", "all"]["usual_coverage_ratio"] == 1.0
    assert found["ticket", "all"]["expected_count"] == 200


def test_without_three_months_of_history_only_a_channel_that_was_due_can_be_missing(house: Tables) -> None:
    short = [month for month in MONTHS if month >= MONTHS[-3]]
    found = house.may(whole(), promises(short))
    assert {row["low_coverage_ratio"] for row in found.values()} == {None}
    assert statuses(found) == {}
    gone = whole().without("usage", lambda row: row["month"] == MAY).without("tickets", lambda _: True)
    assert set(statuses(house.may(gone, promises(short)))) == {("usage", "all"), *_cities("usage")}


def test_one_account_is_chance(house: Tables) -> None:
    few = whole()
    for name in ("accounts", "usage", "bills", "payments"):
        few = few.without(name, lambda row: row["account_id"] not in ("a00", "a10", "a11"))
    silent = few.without("usage", lambda row: row["month"] == MAY and row["account_id"] == "a00")
    assert statuses(house.may(silent)) == {}


def test_the_spread_of_the_history_widens_the_band(house: Tables) -> None:
    """Bills of Nanjing in the months before: 10, 8, 6 and 9 of 10; median 0.85, deviations 0.15, 0.05, 0.25, 0.05."""
    given = whole()
    for month, missing in zip(MONTHS, (0, 2, 4, 1), strict=False):
        late = [f"a{number:02}" for number in range(missing)]
        given = given.without("bills", lambda row, m=month, a=late: row["month"] == m and row["account_id"] in a)
    row = house.may(given)["bill", "南京市"]
    assert row["usual_coverage_ratio"] == pytest.approx(0.85)
    assert row["spread_coverage_ratio"] == pytest.approx(1.4826 * 0.1)
    share = (0.85 * 10 + 1) / 12
    assert row["low_coverage_ratio"] == pytest.approx(0.85 - 3 * max(1.4826 * 0.1, (share * (1 - share) / 10) ** 0.5))


def test_months_do_not_depend_on_the_width_of_the_window_or_on_later_months(house: Tables) -> None:
    delivery = house.delivery(whole(), promises(MONTHS))
    wide = house.coverage(delivery, promises(MONTHS))
    for month in MONTHS[2:4]:
        known = delivery.filter(pl.col("month") <= month)
        assert house.coverage(known, promises([month])).equals(wide.filter(pl.col("month") == month))
        assert house.delivery(whole(), promises([month])).equals(delivery.filter(pl.col("month") == month))


def _cities(channel: str) -> list[tuple[str, str]]:
    return [(channel, "南京市"), (channel, "无锡市")]
