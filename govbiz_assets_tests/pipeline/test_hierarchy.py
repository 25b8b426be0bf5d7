"""The sample's planted groups, found again, and an independent roll-up of the stored tables, both on one shared run."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from govbiz_assets.pipeline import RunReport
from govbiz_assets.simulate.reference import SEEDS
from govbiz_assets.transforms.rollup import MEASURES
from govbiz_assets_tests.conftest import MONTHS
from govbiz_assets_tests.scenario import House

HIERARCHY, ROLLUP = "warehouse.cleaned.hierarchy_monthly", "warehouse.cleaned.rollup_monthly"
CODES = "division_code, industry_code"


def planted(landing: Path) -> list[dict[str, str]]:
    with (landing / "truth" / "groups.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_planted_groups_are_found_month_by_month(made: tuple[House, RunReport]) -> None:
    house, _ = made
    truth = planted(house.landing)
    assert len({row["group_customer_no"] for row in truth}) == 2
    assert len({row["month"] for row in truth}) == 2, "one organisation changes its group within the four months"
    number = dict(house.read("SELECT customer_id, customer_no FROM vault.identity.membership_monthly"))
    expected: dict[str, tuple[str, str, str]] = {}
    for month in MONTHS:
        for row in truth:
            if row["month"] == f"{month}":
                place = (row["parent_customer_no"], row["group_customer_no"], row["month"])
                expected[row["customer_no"]] = place
        found = house.read(
            "SELECT node_id, parent_id, group_id, valid_from, hierarchy_status "
            f"FROM {HIERARCHY} WHERE month = '{month}' AND node_level = 'organisation' AND node_id <> group_id"
        )
        assert {
            number[who]: (number[above], number[group], f"{since}") for who, above, group, since, _ in found
        } == expected
        assert {status for *_, status in found} == {"ok"}


def test_paths_lead_every_account_and_metering_point_to_its_organisation(made: tuple[House, RunReport]) -> None:
    house, _ = made
    counts = dict(house.read(f"SELECT node_level, count(*) FROM {HIERARCHY} GROUP BY 1"))
    accounts = house.read("SELECT count(*) FROM warehouse.cleaned.account_monthly")
    points = house.read("SELECT count(*) FROM (SELECT DISTINCT month, meter_id FROM warehouse.cleaned.meter_read)")
    assert [(counts["account"],), (counts["metering_point"],)] == [*accounts, *points]
    wrong = house.read(
        f"SELECT * FROM {HIERARCHY} h JOIN warehouse.cleaned.account_monthly a USING (month, account_id) "
        "WHERE h.customer_id IS DISTINCT FROM a.customer_id"
    )
    assert not wrong


def test_the_roll_up_is_what_is_summed_by_hand_from_the_tables_behind_it(made: tuple[House, RunReport]) -> None:
    house, _ = made
    with (SEEDS / "reference" / "industry.csv").open(encoding="utf-8") as file:
        section = {row["industry_code"]: row["section_code"] for row in csv.DictReader(file)}
    name = dict(house.read("SELECT customer_no, customer_id FROM vault.identity.membership_monthly"))
    groups: dict[tuple[date, str], str] = {}
    for month in MONTHS:
        for row in planted(house.landing):
            if row["month"] <= f"{month}":
                head = name[row["group_customer_no"]]
                groups |= {(month, name[row["customer_no"]]): head, (month, head): head}
    sums: dict[tuple[Any, ...], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

    def count(month: date, customer: str, place: str, trade: str, **values: Any) -> None:
        members = {
            ("group", "group"): groups.get((month, customer), "none"),
            ("division", "province"): "320000",
            ("division", "city"): f"{place[:4]}00",
            ("division", "county"): place,
            ("industry", "section"): section[trade],
            ("industry", "division"): trade,
        }
        for (dimension, level), member in members.items():
            for measure, value in values.items():
                sums[month, dimension, level, member][measure] += Decimal(str(value))

    for row in house.read(f"SELECT month, customer_id, {CODES} FROM warehouse.cleaned.customer_monthly"):
        count(*row, customer_count=1)
    owners = {}
    for *who, contract, run in house.read(
        f"SELECT month, account_id, customer_id, {CODES}, contract_kva, run_kva FROM warehouse.cleaned.account_monthly"
    ):
        owners[who[0], who[1]] = (who[0], *who[2:])
        count(*owners[who[0], who[1]], listed_account_count=1, contract_kva=contract, run_kva=run)
    for measure, value, table in (
        ("kwh", "sum(kwh)", "usage_daily"),
        ("total_cny", "sum(total_cny)", "bill"),
        ("metering_point_count", "count(DISTINCT meter_id)", "meter_read"),
    ):
        for month, account, total in house.read(
            f"SELECT month, account_id, {value} FROM warehouse.cleaned.{table} GROUP BY ALL"
        ):
            count(*owners[month, account], **{measure: total})
    rolled = house.read(f"SELECT month, dimension, level, member, {', '.join(MEASURES)} FROM {ROLLUP}")
    found = {
        key: {name: Decimal(str(value)) for name, value in zip(MEASURES, values, strict=True) if value}
        for key, values in ((row[:4], row[4:]) for row in rolled)
    }
    assert len(sums) > 4 * 20
    assert found == {key: {name: value for name, value in values.items() if value} for key, values in sums.items()}
