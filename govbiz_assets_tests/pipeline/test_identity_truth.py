"""The sample province's planted twins and identity events, found again through the assets."""

from __future__ import annotations

import csv
from pathlib import Path

from govbiz_assets.simulate import DirtRates
from govbiz_assets_tests.pipeline.test_identity import make
from govbiz_assets_tests.scenario import FIRST, House, months_from, small_province


def truth(landing: Path, name: str) -> list[dict[str, str]]:
    with (landing / "truth" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_twins_are_one_and_events_are_those_that_were_planted(tmp_path: Path) -> None:
    landing = small_province(
        tmp_path / "landing",
        customers=200,
        months=2,
        duplicate_customer_rate=0.05,
        identity_rate=0.15,
        dirt=DirtRates(*[0.0] * 10),
    )
    house = House(tmp_path / "data", landing)
    months = months_from(FIRST, 2)
    make(house, months)
    twins = {tuple(sorted(row.values())) for row in truth(landing, "duplicates")}
    assert len(twins) >= 8
    for month in months:
        links = house.read(
            f"SELECT customer_no_l, customer_no_r FROM vault.identity.link_monthly WHERE month = '{month}'"
        )
        assert set(links) == twins
    # Numbers and pseudonyms side by side: outside the vault the events name nobody.
    numbers = dict(
        house.read("SELECT customer_id, min(customer_no) FROM vault.identity.membership_monthly GROUP BY customer_id")
    )
    accounts = dict(
        house.read(
            "SELECT DISTINCT account_id, account_no FROM warehouse.cleaned.account_monthly "
            "JOIN vault.raw.account USING (source_file, row_no)"
        )
    )
    events = house.read(
        "SELECT identity_event, customer_id, other_customer_id, account_id FROM warehouse.cleaned.identity_event"
    )
    found = {
        (kind, numbers[giver], numbers.get(taker, ""), "" if kind == "merge" else accounts.get(account, ""))
        for kind, giver, taker, account in events
    }
    planted = {
        (row["kind"], row["customer_no"], row["other_customer_no"], row["account_no"])
        for row in truth(landing, "identity")
    }
    assert {kind for kind, *_ in planted} == {"rename", "transfer", "merge", "split"}
    assert found == planted
