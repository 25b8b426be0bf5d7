"""The Chinese calendar of a month, as the load sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import numpy as np
from chinese_calendar.constants import holidays

from govbiz_assets.simulate.params import month_start

WORKDAY, WEEKEND, HOLIDAY = 0, 1, 2


@dataclass(frozen=True)
class MonthDays:
    """The days of one month.

    Attributes:
        dates: The days, as numpy dates.
        kinds: WORKDAY (make-up workdays too), WEEKEND or HOLIDAY.
        festival: Days since the first day of the nearest Spring Festival holiday, negative before it.
        is_school_break: Summer or winter holidays of schools.
        is_deep: Days with a deep valley band: public holidays and weekends in spring.
        has_sharp: Whether the month has a sharp band (July, August, December, January).
    """

    dates: np.ndarray
    kinds: np.ndarray
    festival: np.ndarray
    is_school_break: np.ndarray
    is_deep: np.ndarray
    has_sharp: bool

    def __len__(self) -> int:
        """Returns the number of days."""
        return len(self.dates)

    @property
    def iso(self) -> list[str]:
        """The days as text, 2024-01-05."""
        return [str(day) for day in self.dates]


@cache
def spring_festival(year: int) -> date | None:
    """Returns the first day of the year's Spring Festival holiday, None where the calendar does not know it."""
    return min((day for day, name in holidays.items() if name == "Spring Festival" and day.year == year), default=None)


@cache
def month_days(index: int) -> MonthDays:
    """Describes the days of a month.

    Args:
        index: Number of the month, see `params.month_index`.

    Returns:
        The days.
    """
    first, after = month_start(index), month_start(index + 1)
    days = [first + timedelta(days=offset) for offset in range((after - first).days)]
    kinds = np.array([_kind(day) for day in days], dtype=np.int8)
    festival = np.array([_since_festival(day) for day in days])
    summer = np.array([(day.month == 7 and day.day > 5) or day.month == 8 for day in days])
    weekday = np.array([day.weekday() for day in days])
    return MonthDays(
        dates=np.array(days, dtype="datetime64[D]"),
        kinds=kinds,
        festival=festival,
        is_school_break=summer | ((festival >= -12) & (festival <= 17)),
        is_deep=(kinds == HOLIDAY) | ((weekday >= 5) & (kinds == WEEKEND) & (first.month in (3, 4, 5))),
        has_sharp=first.month in (7, 8, 12, 1),
    )


def _kind(day: date) -> int:
    if chinese_calendar.is_workday(day):
        return WORKDAY
    return HOLIDAY if day in holidays else WEEKEND


def _since_festival(day: date) -> int:
    starts = [start for year in (day.year - 1, day.year, day.year + 1) if (start := spring_festival(year))]
    return min(((day - start).days for start in starts), key=abs, default=-180)
