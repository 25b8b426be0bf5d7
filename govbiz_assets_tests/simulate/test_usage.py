"""Daily energy follows the calendar, the shift pattern, the weather and the life of the account."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import numpy as np
import pytest

from govbiz_assets.simulate.workdays import HOLIDAY, WEEKEND, WORKDAY, month_days
from govbiz_assets_tests.simulate.delivered import Landing, number

BANDS = ("尖", "峰", "平", "谷", "深谷")
Daily = dict[str, dict[date, float]]


@pytest.fixture(scope="module")
def daily(long: Landing) -> Daily:
    """Clean energy per customer and day, of customers that no course disturbs."""
    disturbed = {row["customer_no"] for name in ("churn", "decoys") for row in long.truth(name)}
    owner = {row["户号"]: row["客户编号"] for row in long.rows("account", "2024-01")}
    energy: Daily = defaultdict(lambda: defaultdict(float))
    for month in long.months:
        for row in long.clean("usage", month):
            customer = owner.get(row["户号"])
            if customer and customer not in disturbed:
                energy[customer][date.fromisoformat(row["数据日期"])] += number(row["总电量"])
    assert len(energy) > 60
    return energy


def by_pattern(landing: Landing, daily: Daily) -> dict[str, list[dict[date, float]]]:
    patterns = defaultdict(list)
    for row in landing.truth("traits"):
        if row["customer_no"] in daily:
            patterns[row["shift_pattern"]].append(daily[row["customer_no"]])
    return patterns


def mean(series: dict[date, float], first: date, last: date) -> float:
    """Mean over the days that were delivered."""
    return float(np.mean([value for day, value in series.items() if first <= day <= last]))


def typical(load: list[dict[date, float]], window: tuple[date, date], base: tuple[date, date]) -> float:
    return median(mean(series, *window) / mean(series, *base) for series in load)


def test_the_calendar_knows_makeup_days_holidays_and_bands() -> None:
    february, july = month_days(2024 * 12 + 1), month_days(2024 * 12 + 6)
    assert february.kinds[3] == WORKDAY  # Sunday 4 February 2024 was worked for the Spring Festival
    assert february.kinds[9] == HOLIDAY
    assert february.kinds[16] == HOLIDAY
    assert february.kinds[17] == WORKDAY  # Sunday 18 February, worked too
    assert february.kinds[23] == WEEKEND
    assert february.festival[9] == 0
    assert not february.has_sharp
    assert july.has_sharp
    assert not july.is_deep.any()
    april = month_days(2024 * 12 + 3)
    assert [day + 1 for day in np.flatnonzero(april.is_deep)] == [4, 5, 6, 13, 14, 20, 21, 27]


def test_bands_add_up_to_the_total_exactly(long: Landing) -> None:
    for month in ("2024-01", "2024-02", "2024-07"):
        for row in long.clean("usage", month):
            total = Decimal(
                str(row["总电量"]).translate(str.maketrans("０１２３４５６７８９", "0123456789")).replace(",", "")
            )
            assert sum(Decimal(row[band]) for band in BANDS) == total
            assert total >= 0


def test_sharp_and_deep_bands_appear_only_in_their_season(long: Landing) -> None:
    def days_with(band: str, month: str) -> set[int]:
        return {int(row["数据日期"][8:]) for row in long.clean("usage", month) if float(row[band]) > 0}

    assert [month for month in long.months if days_with("尖", month)] == [
        "2024-01", "2024-07", "2024-08", "2024-12", "2025-01",
    ]  # fmt: skip
    assert days_with("深谷", "2024-03") == {2, 3, 9, 10, 16, 17, 23, 24, 30, 31}
    assert days_with("深谷", "2024-06") == {10}  # Dragon Boat Festival; its weekend is not in spring
    assert days_with("深谷", "2024-11") == set()


def test_factories_dip_at_the_spring_festival_and_recover(long: Landing, daily: Daily) -> None:
    patterns = by_pattern(long, daily)
    dip, base = (date(2024, 2, 9), date(2024, 2, 16)), (date(2024, 3, 11), date(2024, 4, 3))
    recovering, back = (date(2024, 2, 20), date(2024, 2, 24)), (date(2024, 3, 11), date(2024, 3, 17))
    for pattern in ("two_shift", "day_shift"):
        assert typical(patterns[pattern], dip, base) < 0.25
        assert typical(patterns[pattern], dip, base) < typical(patterns[pattern], recovering, base) < 0.9
        assert 0.85 < typical(patterns[pattern], back, base) < 1.15
    assert 0.65 < typical(patterns["continuous"], dip, base) < 0.95
    next_year = (date(2025, 1, 28), date(2025, 2, 3))
    assert typical(patterns["two_shift"], next_year, (date(2024, 11, 4), date(2024, 12, 1))) < 0.3


def test_weekends_separate_the_shift_patterns(long: Landing, daily: Daily) -> None:
    def ratio(series: dict[date, float]) -> float:
        weeks = [
            value
            for day, value in series.items()
            if date(2024, 10, 14) <= day <= date(2024, 11, 24) and day.weekday() < 5
        ]
        ends = [
            value
            for day, value in series.items()
            if date(2024, 10, 14) <= day <= date(2024, 11, 24) and day.weekday() >= 5
        ]
        return float(np.mean(ends) / np.mean(weeks))

    ratios = {name: median(map(ratio, load)) for name, load in by_pattern(long, daily).items()}
    assert ratios["office"] < ratios["day_shift"] < ratios["school"] < ratios["two_shift"] < ratios["hospital"]
    assert ratios["hospital"] < 1.0 < ratios["retail"]
    assert abs(ratios["continuous"] - 1) < 0.05


def test_makeup_days_are_worked(long: Landing, daily: Daily) -> None:
    """Saturday 12 October 2024 was worked in exchange for a day of the National Day week."""
    makeup, sunday = (date(2024, 10, 12), date(2024, 10, 12)), (date(2024, 10, 20), date(2024, 10, 20))
    base = (date(2024, 10, 14), date(2024, 10, 18))
    offices = by_pattern(long, daily)["office"]
    assert typical(offices, makeup, base) > 0.8
    assert typical(offices, sunday, base) < 0.5


def test_heat_and_holidays_shape_offices_and_schools(long: Landing, daily: Daily) -> None:
    patterns = by_pattern(long, daily)
    summer, autumn = (date(2024, 7, 15), date(2024, 8, 18)), (date(2024, 10, 14), date(2024, 11, 10))
    assert typical(patterns["office"], summer, autumn) > 1.15
    assert typical(patterns["school"], summer, autumn) < 0.75
    assert 0.85 < typical(patterns["continuous"], summer, autumn) < 1.15


def test_every_open_account_has_one_record_a_day(long: Landing) -> None:
    lost = {(row["month"][:7]): 0 for row in long.truth("dirt")}
    for row in long.truth("dirt"):
        lost[row["month"][:7]] += row["channel"] == "usage" and row["kind"] in (
            "unparsable_number", "blank_required", "impossible_date", "negative_kwh",
        )  # fmt: skip
    for month in ("2024-03", "2024-09"):
        first = date.fromisoformat(f"{month}-01")
        days = [first + timedelta(days=offset) for offset in range(30 if month == "2024-09" else 31)]
        expected = {
            (row["户号"], day.isoformat())
            for row in long.clean("account", month)
            for day in days
            if row["立户日期"] <= day.isoformat() and (not row["销户日期"] or day.isoformat() <= row["销户日期"])
        }
        found = [(row["户号"], row["数据日期"]) for row in long.clean("usage", month)]
        assert len(found) == len(set(found))
        assert set(found) <= expected
        assert len(expected) - len(found) == lost[month]


def test_load_is_concentrated_in_few_customers(broad: Landing) -> None:
    owner = {row["户号"]: row["客户编号"] for row in broad.rows("account", "2024-01")}
    energy: dict[str, float] = defaultdict(float)
    for row in broad.rows("usage", "2024-01"):
        energy[owner[row["户号"]]] += float(row["总电量"])
    ordered = sorted(energy.values(), reverse=True)
    assert 0.3 < sum(ordered[:25]) / sum(ordered) < 0.5
    accounts = np.unique(list(owner.values()), return_counts=True)[1]
    assert 0.65 < np.mean(accounts == 1) < 0.75
    assert 1.4 < accounts.mean() < 1.8
    assert 7 <= accounts.max() <= 12


def test_segments_are_apart_in_peak_and_valley_shares(broad: Landing) -> None:
    owner = {row["户号"]: row["客户编号"] for row in broad.rows("account", "2024-01")}
    bands: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(5))
    for row in broad.rows("usage", "2024-01"):
        bands[owner[row["户号"]]] += [float(row[band]) for band in BANDS]
    shares = defaultdict(list)
    for row in broad.truth("segments"):
        energy = bands[row["customer_no"]]
        shares[row["segment"]].append(((energy[0] + energy[1]) / energy.sum(), energy[3] / energy.sum()))
    centre = {name: np.median(np.array(values), axis=0) for name, values in shares.items()}
    spread = {name: np.std(np.array(values), axis=0).max() for name, values in shares.items()}
    assert len(centre) == 7
    names = sorted(centre)
    for one in names:
        for other in names[names.index(one) + 1 :]:
            apart = np.abs(centre[one] - centre[other]).max()
            assert apart > 1.5 * max(spread[one], spread[other]), (one, other)
