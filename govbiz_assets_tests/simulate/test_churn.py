"""Closures and capacity cuts happen as planted, signs come first, and decoys stay."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from govbiz_assets.simulate.churn import CAUSES, no_plans, plan_month
from govbiz_assets.simulate.params import SimulationParams
from govbiz_assets.simulate.population import join
from govbiz_assets.simulate.reference import load_reference
from govbiz_assets_tests.simulate.delivered import Landing, number


@pytest.fixture(scope="module")
def archive(long: Landing) -> dict[str, dict[str, dict[str, str]]]:
    """Account archive: month, account, record."""
    return {month: {row["户号"]: row for row in long.clean("account", month)} for month in long.months}


@pytest.fixture(scope="module")
def monthly(long: Landing) -> dict[str, dict[str, float]]:
    """Mean daily energy: account, month."""
    energy: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for month in long.months:
        for row in long.clean("usage", month):
            energy[row["户号"]][month].append(number(row["总电量"]))
    return {
        account: {month: float(np.mean(values)) for month, values in months.items()}
        for account, months in energy.items()
    }


def run_ratio(archive: dict[str, dict[str, dict[str, str]]], month: str, accounts: set[str]) -> float | None:
    rows = [archive[month][account] for account in accounts if account in archive[month]]
    contract = sum(float(row["合同容量"]) for row in rows)
    return sum(float(row["运行容量"]) for row in rows) / contract if contract else None


def events(landing: Landing, kind: str) -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in landing.truth("churn"):
        if row["kind"] == kind:
            found[row["customer_no"]].append(row)
    return found


def test_a_closure_takes_every_account_and_leaves_two_months_later(long: Landing, archive: dict) -> None:
    closures = events(long, "closure")
    assert len(closures) > 20
    owned = defaultdict(set)
    for month in long.months:
        for row in archive[month].values():
            owned[row["客户编号"]].add(row["户号"])
    for customer, rows in closures.items():
        assert {row["account_no"] for row in rows} == owned[customer]
        event = rows[0]["event_date"]
        at = long.months.index(event[:7])
        for place, month in enumerate(long.months):
            for account in owned[customer]:
                record = archive[month].get(account)
                if place < at and record:
                    assert (record["用户状态"] != "已销户") and not record["销户日期"]
                elif at <= place <= at + 2:
                    assert record is not None
                    assert (record["用户状态"], record["销户日期"], record["运行容量"]) == ("已销户", event, "0")
                elif place > at + 2:
                    assert record is None


def test_every_account_closed_in_the_files_is_in_the_truth(long: Landing, archive: dict) -> None:
    closed = {
        account for month in long.months for account, row in archive[month].items() if row["用户状态"] == "已销户"
    }
    told = {row["account_no"] for row in long.truth("churn") if row["kind"] == "closure"}
    assert closed == told


def test_nothing_is_metered_or_subscribed_after_closing(long: Landing) -> None:
    closing = {row["account_no"]: row["event_date"] for row in long.truth("churn") if row["kind"] == "closure"}
    leaving = {row["customer_no"]: row["event_date"] for row in long.truth("churn") if row["kind"] == "closure"}
    last_day = defaultdict(str)
    for month in long.months:
        for row in long.clean("usage", month):
            if row["户号"] in closing:
                last_day[row["户号"]] = max(last_day[row["户号"]], row["数据日期"])
        for row in long.clean("subscription", month):
            if row["客户编号"] in leaving:
                assert month <= leaving[row["客户编号"]][:7]
    assert all(last_day[account] <= event for account, event in closing.items())
    assert np.mean([last_day[account] == event for account, event in closing.items()]) > 0.9


def test_a_capacity_cut_stays_below_half_for_three_months(long: Landing, archive: dict) -> None:
    cuts = events(long, "capacity_cut")
    assert len(cuts) > 10
    for rows in cuts.values():
        accounts, at = {row["account_no"] for row in rows}, long.months.index(rows[0]["event_date"][:7])
        if at:
            before = run_ratio(archive, long.months[at - 1], accounts)
            assert before is None or before > 0.99
        for month in long.months[at : at + 3]:
            ratio = run_ratio(archive, month, accounts)
            assert ratio is not None
            assert ratio < 0.5


def test_no_other_customer_stays_below_half_for_three_months(long: Landing, archive: dict) -> None:
    told = {row["customer_no"] for row in long.truth("churn")}
    accounts = defaultdict(set)
    for month in long.months:
        for row in archive[month].values():
            accounts[row["客户编号"]].add(row["户号"])
    suspended = 0
    for customer, own in accounts.items():
        low = [(run_ratio(archive, month, own) or 1.0) < 0.5 for month in long.months]
        runs = max(sum(low[place : place + 3]) for place in range(len(low) - 2))
        if customer not in told:
            suspended += runs > 0
            assert runs < 3, customer
    assert suspended > 0


def test_moving_customers_decline_before_they_close(long: Landing, monthly: dict) -> None:
    """Compared with the province's median account over the same months, so that seasons do not count."""
    told = {row["account_no"] for row in long.truth("churn")}
    ratios = []
    for row in long.truth("churn"):
        last = long.months.index(row["event_date"][:7]) - 1
        if row["cause"] != "relocation" or row["has_signs"] != "1" or row["first_sign_month"] < "2024-02":
            continue
        first = long.months.index(row["first_sign_month"][:7]) - 1
        changes = {
            account: energy[long.months[last]] / energy[long.months[first]]
            for account, energy in monthly.items()
            if {long.months[last], long.months[first]} <= set(energy)
        }
        usual = np.median([change for account, change in changes.items() if account not in told])
        if row["account_no"] in changes:
            ratios.append(changes[row["account_no"]] / usual)
    assert len(ratios) >= 10
    assert np.median(ratios) < 0.75


def test_complaints_precede_departures_over_the_price(long: Landing) -> None:
    owner = {row["户号"]: row["客户编号"] for month in long.months for row in long.rows("account", month)}
    unhappy = {
        row["customer_no"]: (row["first_sign_month"][:7], row["event_date"][:7])
        for row in long.truth("churn")
        if row["cause"] == "price" and row["has_signs"] == "1"
    }
    decoys = {row["customer_no"] for row in long.truth("decoys") if row["course"] == "complaints"}
    complaints: dict[str, int] = defaultdict(int)
    for month in long.months:
        for row in long.tickets(month).iter_rows(named=True):
            customer = owner.get(row["户号"])
            if row["业务类型"] == "投诉" and customer:
                first, last = unhappy.get(customer, ("", "9"))
                complaints[customer] += first <= month <= last
    others = [number for number in {*owner.values()} if number not in unhappy and number not in decoys]
    months_at_risk = sum(
        long.months.index(last) - (long.months.index(first) if first in long.months else 0) + 1
        for first, last in unhappy.values()
    )
    rate = sum(complaints[customer] for customer in unhappy) / months_at_risk
    usual = sum(complaints[customer] for customer in others) / len(others) / len(long.months)
    assert rate > 15 * usual
    assert sum(complaints[customer] > 0 for customer in decoys) > 0.3 * len(decoys)


def test_newcomers_replace_those_who_leave(long: Landing, archive: dict) -> None:
    first, last = archive[long.months[0]], archive[long.months[-1]]
    joined = {row["客户编号"] for row in last.values()} - {row["客户编号"] for row in first.values()}
    left = len(events(long, "closure"))
    assert 0.5 * left < len(joined) < 2 * left
    taken_over = {row["account_no"] for row in long.truth("identity")}
    for row in last.values():
        if row["客户编号"] in joined and row["户号"] not in taken_over:
            assert row["立户日期"] >= "2024-02-01"
            assert row["户号"] not in archive[long.months[long.months.index(row["立户日期"][:7]) - 1]]


def test_event_rate_and_causes_in_a_large_population() -> None:
    params = SimulationParams(customers=8000, start=date(2024, 1, 1))
    customers, _ = join(params, load_reference(), params.first - 1, params.customers, 0, 0)
    plans = no_plans(params.customers)
    for index in range(params.first - 8, params.first + 12):
        plan_month(params, customers, plans, index)
    kinds = np.array([cause.kind for cause in CAUSES])[plans.cause]
    is_event = np.isin(kinds, ["closure", "capacity_cut"])
    for offset in range(6):
        share = np.mean(is_event & (plans.event == params.first + offset))
        assert 0.007 < share < 0.013, offset
    names = np.array([cause.name for cause in CAUSES])[plans.cause]
    assert customers.is_peak_heavy[names == "price"].mean() > 1.5 * customers.is_peak_heavy.mean()
    assert np.isin(customers.habit[names == "arrears"], [2, 3]).mean() > 2 * np.isin(customers.habit, [2, 3]).mean()
    assert customers.growth[names == "decline"].mean() < customers.growth.mean() - 0.01
    assert 0.07 < np.mean(plans.strength[is_event] == 0) < 0.18
