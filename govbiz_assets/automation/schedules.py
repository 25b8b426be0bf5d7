"""The monthly close."""

from __future__ import annotations

from typing import Any

import dagster as dg

# Deliveries of a month are due by the fifth of the next; the close runs the next morning.
CLOSE_DAY, CLOSE_HOUR = 6, 6


def build_monthly_close(everything: Any) -> Any:
    """Returns the schedule that runs last month; it is off until someone turns it on: the sensor comes first."""
    return dg.build_schedule_from_partitioned_job(
        everything,
        name="monthly_close",
        description="Makes last month from whatever was delivered by the closing day.",
        day_of_month=CLOSE_DAY,
        hour_of_day=CLOSE_HOUR,
        default_status=dg.DefaultScheduleStatus.STOPPED,
    )
