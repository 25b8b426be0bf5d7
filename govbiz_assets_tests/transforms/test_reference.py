"""The Chinese calendar as the State Council decreed it."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from govbiz_assets.contracts.tables_cleaned import CALENDAR_DAY
from govbiz_assets.transforms.reference import FIRST_DAY, LAST_DAY, calendar_days


def days(first: date, last: date, column: str) -> set[date]:
    found = calendar_days(first, last)
    return set(found.filter(pl.col(column))["calendar_date"])


def test_spring_festival_2024_lasts_from_the_tenth_to_the_seventeenth_of_february() -> None:
    festival = {date(2024, 2, 10) + timedelta(offset) for offset in range(8)}
    assert days(date(2024, 1, 1), date(2024, 12, 31), "is_spring_festival") == festival
    names = calendar_days(date(2024, 2, 9), date(2024, 2, 18))["holiday_name"].to_list()
    assert names == [None, *["春节"] * 8, None]


def test_make_up_days_are_working_sundays_and_no_holidays() -> None:
    february = days(date(2024, 2, 1), date(2024, 2, 29), "is_workday")
    assert {date(2024, 2, 4), date(2024, 2, 18)} <= february
    assert not {date(2024, 2, 4), date(2024, 2, 18)} & days(date(2024, 2, 1), date(2024, 2, 29), "is_holiday")
    # 29 days, 8 weekend days, 5 festival days on weekdays, 2 weekend days worked for them.
    assert len(february) == 29 - 8 - 5 + 2


def test_ordinary_weekends_are_days_off_without_being_holidays() -> None:
    row = calendar_days(date(2024, 3, 2), date(2024, 3, 2)).row(0, named=True)
    assert (row["is_workday"], row["is_holiday"], row["holiday_name"]) == (False, False, None)


def test_every_day_of_the_calendar_stands_once_under_the_contracts_columns() -> None:
    calendar = calendar_days()
    assert len(calendar) == calendar["calendar_date"].n_unique() == (LAST_DAY - FIRST_DAY).days + 1
    assert set(calendar.columns) == set(CALENDAR_DAY.column_names)
    assert set(calendar["holiday_name"].drop_nulls()) <= {
        "元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节", "抗战胜利70周年",
    }  # fmt: skip
