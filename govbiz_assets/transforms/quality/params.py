"""Limits of the quality rules."""

from __future__ import annotations

from dataclasses import dataclass

QUALITY_DEPTH = 13
"""Months that the rules look at, the judged month included: the same month of last year is the first of them."""


@dataclass(frozen=True)
class QualityParams:
    """Limits of the quality rules; the defaults are those of the domain's rule list.

    Attributes:
        bands_kwh: Difference of bands and total that is let pass (kWh).
        bands_ratio: The same as a share of the total; the larger of the two counts (ratio).
        zero_cycles: Months running without energy that are put on the work list.
        jump_sds: Robust standard deviations from which a change against last year is a jump.
        jump_ratio: Smallest relative change that is looked at (ratio).
        spike_iqrs: Interquartile ranges above the upper quartile of a month's days from which a day is a spike.
        spike_ratio: Times the next largest days that a spike reaches (ratio).
        spike_days: Days that must have been read to say so.
        twin_days: Days with energy that two equal series need.
        baseline_days: Days of 365 that must have been read.
        weather_ratio: Share of a month's days that must have a temperature (ratio).
        roll_over_last_ratio: Share of the register's range that the last reading must have reached (ratio).
        roll_over_step_ratio: Largest share of the range that a cycle may use (ratio).
        stated_kwh_ratio: Difference of stated energy that is let pass, at least 1 kWh (ratio).
        parts_cny: Difference of parts and total that is let pass (CNY).
        price_ratio: Deviation of the price per kWh from the tariff's bands that is let pass (ratio).
        basic_ratio: Deviation of the basic charge from capacity times price that is let pass (ratio).
        power_factor_low: Largest reward for a good power factor, of energy and basic charge (ratio).
        power_factor_high: Largest charge for a bad one (ratio).
        cycle_months: Months between use and issue of an ordinary bill, at most.
        period_days_low: Days that an ordinary bill charges, at least.
        period_days_high: Days that it charges, at most, where the bill before charged one month.
        double_period_days_high: Days that it charges, at most, where bills charge two months.
        demand_ratio: Highest demand over contracted capacity (kW/kVA, ratio).
    """

    bands_kwh: float = 1.0
    bands_ratio: float = 0.001
    zero_cycles: int = 3
    jump_sds: float = 3.0
    jump_ratio: float = 0.4
    spike_iqrs: float = 3.0
    spike_ratio: float = 3.0
    spike_days: int = 20
    twin_days: int = 10
    baseline_days: int = 329
    weather_ratio: float = 0.9
    roll_over_last_ratio: float = 0.9
    roll_over_step_ratio: float = 0.2
    stated_kwh_ratio: float = 0.001
    parts_cny: float = 0.02
    price_ratio: float = 0.01
    basic_ratio: float = 0.02
    power_factor_low: float = -0.02
    power_factor_high: float = 1.5
    cycle_months: int = 2
    period_days_low: int = 25
    period_days_high: int = 35
    double_period_days_high: int = 70
    demand_ratio: float = 1.05


PARAMS = QualityParams()
