"""Energy and the meters that measure it."""

from __future__ import annotations

from govbiz_assets.contracts.quality_rules.defect import (
    AT_SOURCE,
    BILLING,
    EVERY,
    ON_SITE,
    QualityRule,
    fix,
    flag,
    quarantine,
)

USAGE_RULES: tuple[QualityRule, ...] = (
    QualityRule(
        "D10",
        "Estimated readings",
        (
            fix("single_estimate", "meter_read", "one estimate, merged into this actual reading by days", "nothing"),
            flag("repeated_estimate", "meter_read", "two estimates in a row: energy of the span unknown", ON_SITE),
        ),
    ),
    QualityRule(
        "D11",
        "Readings that run backwards",
        (
            fix("roll_over", "meter_read", "the register rolled over and was carried on", "nothing"),
            fix("meter_changed", "meter_read", "the meter was changed; both meters are added", "nothing"),
            flag("backward_reading", "meter_read", "the reading lies below the last one, without a reason", ON_SITE),
            flag("stated_kwh", "meter_read", "the stated energy is not reading times multiplier", BILLING),
        ),
    ),
    QualityRule(
        "D12",
        "Multiplier changed",
        (
            fix("multiplier_split", "meter_read", "the multiplier changed and the reading was split there", "nothing"),
            flag(
                "multiplier_unsplit",
                "meter_read",
                "the multiplier changed without a reading on that day",
                "read the meter on the day of the change, or split the energy by hand",
            ),
        ),
    ),
    QualityRule(
        "D13",
        "Bands against total",
        (
            flag(
                "bands_differ",
                "usage",
                "the bands do not add up to the total; `expected` is the flat band that would",
                "have the registers checked",
            ),
        ),
    ),
    QualityRule(
        "D14",
        "Negative energy",
        (
            quarantine("energy_out_of_range", "usage", "daily energy is negative or beyond any customer", AT_SOURCE),
            flag("negative_normal", "bill", "an ordinary bill charges negative energy", BILLING),
            flag("positive_reversal", "bill", "a reversal or refund adds energy or money", BILLING),
        ),
    ),
    QualityRule(
        "D18",
        "0 or 1 as placeholder",
        (
            flag(
                "placeholder_days",
                "usage",
                "days of exactly 0 or 1 kWh within a live series; features treat up to 1 kWh as silent",
                "ask whether these days were read",
            ),
        ),
    ),
    QualityRule(
        "D19",
        "Twin series",
        (flag("twin_series", "usage", "two accounts with the same energy on every day of the month", ON_SITE),),
    ),
    QualityRule(
        "D20",
        "Nothing used for three cycles",
        (flag("three_zero_cycles", "usage", "nothing used in three months running with capacity on", ON_SITE),),
    ),
    QualityRule(
        "D21",
        "Jumps",
        (
            flag(
                "year_jump",
                "usage",
                "energy far from the same month of last year (months without Spring Festival)",
                "review before the next bill",
            ),
            flag("day_spike", "usage", "one day far above the other days of the month", "review before the next bill"),
        ),
    ),
    QualityRule(
        "D22",
        "Physical impossibilities",
        (
            flag("energy_above_capacity", "usage", "more energy in a day than the capacity can carry", ON_SITE),
            flag("demand_above_capacity", "bill", "the highest demand lies above 1.05 of the capacity", BILLING),
            flag("power_factor_impossible", "bill", "the power factor lies outside 0 to 1", BILLING),
            flag("run_above_contract", "account", "more capacity runs than is contracted", AT_SOURCE),
            quarantine("impossible_value", EVERY, "the value lies outside what can be", AT_SOURCE),
        ),
    ),
    QualityRule(
        "D27",
        "Enough history",
        (
            flag("short_baseline", "usage", "fewer than 329 of 365 days were read", "complete the readings"),
            flag("weather_gaps", "weather", "temperatures are missing on a tenth of the days", "complete the weather"),
        ),
    ),
)
