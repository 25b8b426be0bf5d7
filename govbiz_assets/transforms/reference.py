"""Reference data that is computed: the Chinese calendar, and where a division lies."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

# The national holiday decrees that the calendar library knows: 2004 to 2026.
FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2026, 12, 31)
HOLIDAY_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利70周年",
}


def calendar_days(first: date = FIRST_DAY, last: date = LAST_DAY) -> pl.DataFrame:
    """Returns the calendar from `first` to `last`, both included.

    Returns:
        calendar_date (Date), is_workday, is_holiday (Boolean), holiday_name (String, null on other days),
        is_spring_festival (Boolean).
    """
    import chinese_calendar

    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    names = [chinese_calendar.get_holiday_detail(day)[1] for day in days]
    works = [chinese_calendar.is_workday(day) for day in days]
    holidays = [None if works_today else name for works_today, name in zip(works, names, strict=True)]
    return pl.DataFrame(
        {
            "calendar_date": days,
            "is_workday": works,
            "is_holiday": [name is not None for name in holidays],
            "holiday_name": [HOLIDAY_NAMES.get(name, name) if name else None for name in holidays],
            "is_spring_festival": [name == "Spring Festival" for name in holidays],
        },
        schema_overrides={"calendar_date": pl.Date, "holiday_name": pl.String},
    )


def with_division_path(divisions: pl.DataFrame) -> pl.DataFrame:
    """Adds the province, city and county that each division lies in or is, as GB/T 2260 writes them into the code.

    Args:
        divisions: Rows with `division_code` (String, 6 digits).

    Returns:
        The rows with `province_code`, `prefecture_code` and `county_code` (String, null above the division's level).
    """
    code = pl.col("division_code")
    return divisions.with_columns(
        province_code=code.str.slice(0, 2) + "0000",
        prefecture_code=pl.when(code.str.slice(2, 2) != "00").then(code.str.slice(0, 4) + "00"),
        county_code=pl.when(code.str.slice(4, 2) != "00").then(code),
    )
