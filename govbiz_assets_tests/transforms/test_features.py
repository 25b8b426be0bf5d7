"""Features of one customer with two accounts, typed and computed by hand."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import Any

import pytest

from govbiz_assets_tests.transforms.scenario import NOW, Scenario, account, ago, bill, payment, ticket, usage

# Monthly energy of account a1, by months before NOW; a2 uses 10 kWh in each of the last three months and is younger.
KWH = {0: 300, 1: 200, 2: 100, 3: 390, 4: 0, 5: 390, 6: 100, 7: 100, 8: 100, 9: 100, 10: 100, 11: 100}
KWH |= {12: 200, 13: 100, 14: 100}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario()


@pytest.fixture(scope="module")
def used(scenario: Scenario) -> dict[str, Any]:
    rows = [usage(age, "a1", kwh) for age, kwh in KWH.items()] + [usage(age, "a2", 10) for age in range(3)]
    return scenario.row(usage=rows)


def test_energy_is_summed_over_the_accounts_and_compared_with_last_year(used: dict[str, Any]) -> None:
    assert [used[name] for name in ("kwh_month", "kwh_3m", "kwh_12m", "usage_months")] == [310, 630, 2010, 12]
    assert used["kwh_month_change_ratio"] == pytest.approx(310 / 210 - 1)
    assert used["kwh_year_change_ratio"] == pytest.approx(310 / 200 - 1)
    assert used["kwh_3m_year_change_ratio"] == pytest.approx(630 / 400 - 1)


def test_the_most_recent_of_two_equal_maxima_counts(used: dict[str, Any]) -> None:
    assert used["months_since_kwh_max"] == 3


def test_trend_and_variation_are_those_of_the_textbook(used: dict[str, Any]) -> None:
    energies = [KWH[age] + (10 if age < 3 else 0) for age in range(11, -1, -1)]
    mean = sum(energies) / 12
    variance = sum((kwh - mean) ** 2 for kwh in energies) / 12
    slope = sum((at - 5.5) * (kwh - mean) for at, kwh in enumerate(energies)) / sum((at - 5.5) ** 2 for at in range(12))
    assert used["kwh_variation_ratio"] == pytest.approx(variance**0.5 / mean, rel=1e-12)
    assert used["kwh_trend_ratio"] == pytest.approx(slope / mean, rel=1e-12)


def test_days_bands_and_seasons_are_shares(used: dict[str, Any]) -> None:
    assert used["silent_day_ratio"] == pytest.approx(3 / 60)
    assert used["estimated_day_ratio"] == pytest.approx(6 / 60)
    assert used["restday_workday_ratio"] == pytest.approx((0.2 / 10) / (0.8 / 20))
    assert used["spring_festival_ratio"] is None
    assert used["day_max_mean_ratio"] == pytest.approx(31 / (630 / 180))
    assert (used["peak_ratio"], used["flat_ratio"], used["valley_ratio"]) == pytest.approx((0.5, 0.2, 0.3))
    assert (used["sharp_ratio"], used["deep_ratio"]) == (None, None)
    assert used["peak_valley_ratio"] == pytest.approx(5 / 3)
    assert used["peak_year_change_ratio"] == pytest.approx(0, abs=1e-12)
    # July to September lie 5 to 3 months back, December to February 0, 11 and 10.
    assert used["kwh_summer_ratio"] == pytest.approx((390 + 0 + 390) / 2010)
    assert used["kwh_winter_ratio"] == pytest.approx((310 + 100 + 100) / 2010)


def test_use_that_never_changes_has_no_variation_and_no_trend(scenario: Scenario) -> None:
    row = scenario.row(usage=[usage(age, "a1", 1234567.891) for age in range(12)])
    assert (row["kwh_variation_ratio"], row["kwh_trend_ratio"], row["months_since_kwh_max"]) == (0, 0, 0)


def test_a_comparison_with_an_incomplete_quarter_is_unknown(scenario: Scenario) -> None:
    rows = [usage(age, "a1", 100) for age in (0, 1, 12, 13, 14)]
    row = scenario.row(usage=rows)
    assert (row["kwh_year_change_ratio"], row["kwh_3m_year_change_ratio"], row["peak_year_change_ratio"]) == (
        0,
        None,
        None,
    )
    none_used = scenario.row(usage=[usage(age, "a1", 0) for age in range(15)])
    assert [none_used[name] for name in ("kwh_year_change_ratio", "kwh_trend_ratio", "peak_ratio")] == [None] * 3


def test_accounts_and_capacity(scenario: Scenario) -> None:
    accounts = [account(age, "a1", run=40 if age < 2 else 100) for age in range(15)]
    accounts += [account(age, "a2") for age in range(4)]
    accounts += [account(age, "a3", closed_date=ago(4).replace(day=9) if age <= 4 else None) for age in range(2, 9)]
    row = scenario.row(accounts=accounts, usage=[usage(0, "a1", 280)])
    assert (row["account_count"], row["contract_kva"], row["run_kva"]) == (2, 200, 140)
    assert row["tenure_months"] == pytest.approx(1461 / 30.4375)
    assert row["contract_left_months"] == pytest.approx(30 / 30.4375)
    assert (row["voltage_max_kv"], row["is_two_part_tariff"], row["has_market_account"]) == (10, True, False)
    assert (row["run_contract_ratio"], row["run_contract_change_3m_ratio"]) == pytest.approx((0.7, -0.3))
    assert (row["capacity_cut_12m_count"], row["capacity_cut_age_months"], row["capacity_growth_12m_count"]) == (
        1,
        1,
        0,
    )
    assert row["closed_account_12m_count"] == 1
    assert row["kwh_per_kva"] == pytest.approx(2)
    assert row["load_factor_ratio"] == pytest.approx(2 / (24 * calendar.monthrange(2024, 12)[1]))


def test_an_account_whose_papers_came_late_counts_as_closed_once(scenario: Scenario) -> None:
    accounts = [account(age, "a1") for age in range(15)]
    # Closed five months ago; known four months ago.
    accounts += [account(age, "a2", closed_date=ago(5).replace(day=9) if age <= 4 else None) for age in range(2, 9)]
    assert scenario.row(accounts=accounts)["closed_account_12m_count"] == 1


def test_bills_debts_and_payments(scenario: Scenario) -> None:
    bills = [
        bill(0, 100, due=date(2025, 1, 20)),  # not due yet
        bill(1, 200),  # paid in parts, the second one late
        bill(2, 300),  # paid in time
        bill(5, 400),  # never paid
        bill(6, -50, bill_kind="退补"),  # paid out
        bill(12, 50),
    ]
    payments = [
        payment(1, "b1", ago(1).replace(day=15), 120),
        payment(2, "b1", NOW.replace(day=10), 80, payment_channel="柜台"),
        payment(3, "b2", ago(2).replace(day=20), 300),
        payment(4, "b6", ago(6).replace(day=25), -50),
        payment(5, None, ago(3).replace(day=2), 500, payment_kind="预收"),
    ]
    row = scenario.row(bills=bills, payments=payments)
    assert (row["billed_month_cny"], row["billed_12m_cny"]) == (100, 950)
    assert row["billed_year_change_ratio"] == pytest.approx(1)
    assert (row["unit_price_cny_kwh"], row["power_factor_charge_ratio"]) == pytest.approx((0.5, 0.1))
    assert (row["basic_charge_ratio"], row["bill_correction_12m_count"]) == (pytest.approx(0.1), 1)
    assert (row["late_3m_count"], row["late_12m_count"], row["partial_12m_count"]) == (1, 2, 1)
    assert (row["owed_cny"], row["owed_ratio"]) == (400, pytest.approx(400 / 950))
    assert row["days_to_pay"] == pytest.approx((10 + 35 + 15) / 3)
    assert (row["prepaid_12m_cny"], row["payment_channel_12m_count"], row["returned_payment_12m_count"]) == (500, 2, 1)


def test_a_number_that_stands_on_two_bills_is_paid_bill_by_bill(scenario: Scenario) -> None:
    bills = [bill(6, 300, bill_id="x"), bill(2, 100, bill_id="x")]
    payments = [
        payment(1, "x", ago(6).replace(day=15), 300),
        payment(2, "x", ago(2).replace(day=10), 60),
        payment(3, "x", ago(1).replace(day=1), 40),
    ]
    row = scenario.row(bills=bills, payments=payments)
    # The younger bill was paid in parts, the last one late; the elder one was paid in time and is paid once.
    assert (row["late_12m_count"], row["partial_12m_count"], row["owed_cny"]) == (1, 1, 0)
    unpaid = scenario.row(bills=bills, payments=payments[:1])
    assert (unpaid["late_12m_count"], unpaid["owed_cny"]) == (1, 100)


def test_tickets_and_products(scenario: Scenario) -> None:
    tickets = [
        ticket(1, datetime(2024, 12, 3, 9), "咨询", call_seconds=60, satisfaction_score=5),
        ticket(2, datetime(2024, 11, 3, 9), "投诉", call_seconds=120, satisfaction_score=2, is_repeated=True),
        ticket(3, datetime(2024, 5, 3, 9), "报修"),
        ticket(4, datetime(2023, 12, 31, 9), "举报"),  # older than twelve months
    ]
    held = {"month": NOW, "customer_id": "c1", "started_date": date(2024, 12, 1), "fee_cny": 10}
    subscriptions = [
        held | {"product_code": "P1"},
        held | {"product_code": "P2", "started_date": date(2023, 1, 1), "fee_cny": 5.5},
        held | {"product_code": "P3", "started_date": date(2025, 1, 1)},  # not begun
        held | {"product_code": "P4", "started_date": date(2023, 1, 1), "ended_date": date(2024, 12, 15)},
    ]
    row = scenario.row(tickets=tickets, subscriptions=subscriptions)
    counts = ("ticket_month", "ticket_3m", "ticket_12m", "complaint_3m", "complaint_12m", "repair_12m", "repeated_12m")
    assert [row[f"{name}_count"] for name in counts] == [1, 2, 3, 1, 1, 1, 1]
    assert (row["satisfaction_mean"], row["call_mean_seconds"], row["ticket_age_days"]) == (3.5, 90, 28)
    assert (row["product_count"], float(row["product_fee_cny"])) == (2, 15.5)
    assert (row["product_started_12m_count"], row["product_ended_12m_count"]) == (1, 1)
    silent = scenario.row()
    assert [silent[name] for name in ("ticket_12m_count", "product_count", "satisfaction_mean")] == [0, 0, None]


def test_degree_days_are_the_divisions_own_or_else_its_citys(scenario: Scenario) -> None:
    def days(division: str, *pairs: tuple[float, float]) -> list[dict[str, Any]]:
        given = {"month": NOW, "division_code": division}
        return [
            given | {"weather_date": NOW.replace(day=day), "temperature_max_c": high, "temperature_min_c": low}
            for day, (high, low) in enumerate(pairs, start=1)
        ]

    own = days("330110", (34, 28), (6, 2), (20, 10))
    city, other = days("330100", (40, 40)), days("330200", (-10, -10))
    row = scenario.row(weather=own + city + other)
    assert (row["cooling_degree_days"], row["heating_degree_days"]) == (5, 1)
    row = scenario.row(weather=city + other)
    assert (row["cooling_degree_days"], row["heating_degree_days"]) == (14, 0)
    row = scenario.row(weather=other)
    assert (row["cooling_degree_days"], row["heating_degree_days"]) == (None, None)


def test_attributes_are_the_last_known_ones_of_twelve_months(scenario: Scenario) -> None:
    def size(*ages: int) -> Any:
        rows = [{"month": ago(age), "customer_id": "c1", "attr_size": float(age)} for age in ages]
        return scenario.row(attributes=rows)["attr_size"]

    assert (size(2, 5, -1), size(11, 12), size(12)) == (2, 11, None)


def test_a_customer_without_an_open_account_has_no_row(scenario: Scenario) -> None:
    closed = [account(0, "a1", closed_date=NOW.replace(day=31)), account(0, "a2", account_status="已销户")]
    assert scenario.rows(accounts=closed) == []


def test_an_account_that_changed_hands_keeps_its_past_and_its_payments(scenario: Scenario) -> None:
    # a3 was owned by c2, who has left; a4 was owned by c1 and goes on under c2, who is not a customer of the month.
    accounts = [account(age, "a3", run=100, customer_id="c2") for age in (2, 1)] + [account(0, "a3", run=60)]
    accounts += [account(2, "a4"), account(1, "a4", customer_id="c2"), account(0, "a4", customer_id="c2")]
    bills = [bill(2, 500, account_id="a4", due=date(2024, 11, 20))]
    payments = [payment(1, "b2", date(2024, 11, 3), 500, account_id="a4")]
    row = scenario.row(accounts=accounts, bills=bills, payments=payments)
    assert (row["capacity_cut_12m_count"], row["capacity_cut_age_months"]) == (1, 0)
    assert (row["late_12m_count"], row["owed_cny"], row["days_to_pay"]) == (0, 0, 29)
    assert (row["billed_12m_cny"], row["prepaid_12m_cny"], row["payment_channel_12m_count"]) == (500, 0, 0)
