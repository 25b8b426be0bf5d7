"""Daily weather by division: the yearly course, warm and cold spells that neighbours share, a little noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from govbiz_assets.simulate.params import month_start, stream
from govbiz_assets.simulate.reference import Reference
from govbiz_assets.simulate.workdays import MonthDays, month_days

SKIES = np.array(["晴", "多云", "阴", "小雨", "中雨", "雷阵雨", "小雪"])
WEEKDAYS = "一二三四五六日"
NORTHERN = ("3203", "3207", "3208", "3209", "3213")
"""Prefixes of the colder cities."""


@dataclass(frozen=True)
class MonthWeather:
    """Weather of one month, division by day.

    Attributes:
        high: Highest temperature (°C, whole degrees).
        low: Lowest temperature (°C, whole degrees).
        sky: Position in SKIES.
    """

    high: np.ndarray
    low: np.ndarray
    sky: np.ndarray

    @property
    def cooling(self) -> np.ndarray:
        """Degrees of the daily mean above 24 °C."""
        return np.asarray(np.maximum((self.high + self.low) / 2 - 24.0, 0.0))

    @property
    def heating(self) -> np.ndarray:
        """Degrees of the daily mean below 8 °C."""
        return np.asarray(np.maximum(8.0 - (self.high + self.low) / 2, 0.0))


def month_weather(seed: int, index: int, reference: Reference) -> MonthWeather:
    """Draws the weather of a month.

    Args:
        seed: Seed of the simulation.
        index: Number of the month.
        reference: The code lists.

    Returns:
        The weather of every division of the code list, in its order.
    """
    rng = stream(seed, "weather", index)
    days, divisions = month_days(index), len(reference.division_codes)
    day_of_year = (days.dates - np.datetime64(f"{month_start(index).year}-01-01")).astype(int)
    course = 16.3 - 13.2 * np.cos(2 * np.pi * (day_of_year - 22) / 365.25)
    is_north = np.array([code.startswith(NORTHERN) for code in reference.division_codes])
    spell, value = np.empty(len(days)), rng.normal(0, 2.6)
    for day in range(len(days)):
        spell[day] = value
        value = 0.75 * value + rng.normal(0, 1.7)
    local = rng.normal(0, 0.7, (divisions, len(days)))[reference.division_parents]
    mean = course + spell - np.where(is_north, 1.5, 0.0)[:, None] + local + rng.normal(0, 0.3, local.shape)
    half_range = rng.uniform(3.0, 6.0, len(days))
    wet = rng.choice([0, 1, 2, 3, 4, 5], p=[0.3, 0.28, 0.17, 0.15, 0.06, 0.04], size=(divisions, len(days)))
    sky = np.where((wet >= 3) & (mean < 0.5), 6, np.where((wet == 5) & (mean < 18), 3, wet))
    return MonthWeather(np.rint(mean + half_range).astype(int), np.rint(mean - half_range).astype(int), sky.astype(int))


def weather_frame(weather: MonthWeather, days: MonthDays, reference: Reference) -> pl.DataFrame:
    """Lays the weather out as the export does.

    Args:
        weather: Weather of the month.
        days: Days of the month.
        reference: The code lists.

    Returns:
        One text row per division and day.
    """
    divisions = len(reference.division_codes)
    weekday = (days.dates.astype("datetime64[D]").astype(int) + 3) % 7
    dates = [f"{day}星期{WEEKDAYS[number]}" for day, number in zip(days.iso, weekday, strict=True)]
    return pl.DataFrame(
        {
            "区划代码": np.repeat(np.array(reference.division_codes), len(days)),
            "日期": np.tile(np.array(dates), divisions),
            "最高气温": [f"{value}℃" for value in weather.high.ravel()],
            "最低气温": [f"{value}℃" for value in weather.low.ravel()],
            "天气": SKIES[weather.sky.ravel()],
        }
    )
