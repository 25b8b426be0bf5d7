"""Features of usage and of time-of-use bands."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.cleaned import BANDS
from govbiz_assets.transforms.features.panel import EXACT, Panel, change, exact_sum, month_index, ratio, trailing

# Three months of last year's same season need months 12 to 14 back.
USAGE_DEPTH = 15
_SUMMER, _WINTER = (7, 8, 9), (12, 1, 2)
# Months are counted from 1900 to 2099.
_FIRST_POSITION, _POSITIONS = 1900 * 12, 4096
_DAY_COUNTS = ("read_days", "silent_days", "estimated_days", "workday_days", "restday_days", "spring_festival_days")
_ENERGIES = ("kwh", *BANDS, "workday_kwh", "restday_kwh", "spring_festival_kwh")


def customer_usage(usage: ibis.Table, owners: ibis.Table) -> ibis.Table:
    """Sums monthly usage over the accounts of a customer.

    Args:
        usage: `cleaned.usage_monthly`.
        owners: `month`, `account_id`, `customer_number`.

    Returns:
        `customer_number`, `at`, `month_of_year`, energies, day counts and `day_max_kwh`.
    """
    owned = usage.join(owners, ["month", "account_id"])
    sums = {name: exact_sum(owned[name]).cast(EXACT) for name in _ENERGIES}
    counts = {name: owned[name].sum() for name in _DAY_COUNTS}
    # The customer's largest day is at most the sum of its accounts' largest days; most customers have one account.
    monthly = owned.group_by(["customer_number", "month"]).aggregate(
        **sums, **counts, day_max_kwh=exact_sum(owned.day_max_kwh).cast(EXACT)
    )
    return monthly.mutate(at=month_index(monthly.month), month_of_year=monthly.month.month()).drop("month")


def usage_features(panel: Panel, history: ibis.Table) -> ibis.Table:
    """Returns the usage and band features.

    Args:
        panel: Customers and as-of months.
        history: Result of `customer_usage`.
    """
    # DuckDB keeps a product of 18-digit decimals at 18 digits and stops when it overflows.
    wide_kwh = history.kwh.cast("decimal(38, 3)")
    none = ibis.null(EXACT)
    # Positions stay small, so that a position behind a customer's energy in Wh fits a whole number.
    position = history["at"] - _FIRST_POSITION
    rows = panel.timeline(
        history.mutate(
            position=position,
            position_square=position * position,
            kwh_square=wide_kwh * history.kwh,
            kwh_by_position=wide_kwh * position,
            # The largest month, the most recent one of equals: energy first, then the month.
            peak_order=(history.kwh.cast("float64") * 1000).cast("int64") * _POSITIONS + position,
            summer_kwh=history.month_of_year.isin(_SUMMER).ifelse(history.kwh, none),
            winter_kwh=history.month_of_year.isin(_WINTER).ifelse(history.kwh, none),
        )
    )
    quarter, year, last_year, whole = trailing(3), trailing(12), trailing(3, back=12), trailing(USAGE_DEPTH)

    def energy(name: str, window: Any) -> ir.Value:
        return rows[name].sum().over(window).cast(EXACT)

    def count(name: str, window: Any) -> ir.Value:
        return rows[name].sum().over(window).cast("int64")

    totals = rows.select(
        "panel_key",
        position=rows["at"] - _FIRST_POSITION,
        kwh_month=rows.kwh,
        kwh_before=energy("kwh", trailing(1, back=1)),
        kwh_year_ago=energy("kwh", trailing(1, back=12)),
        kwh_3m=energy("kwh", quarter),
        kwh_3m_year_ago=energy("kwh", last_year),
        months_year_ago=rows.read_days.count().over(last_year),
        months_3m=rows.read_days.count().over(quarter),
        known_months=rows.read_days.count().over(whole),
        kwh_12m=energy("kwh", year),
        kwh_squares=rows.kwh_square.sum().over(year),
        kwh_by_position=rows.kwh_by_position.sum().over(year),
        usage_months=rows.read_days.count().over(year),
        position_sum=count("position", year),
        position_squares=count("position_square", year),
        peak_order=rows.peak_order.max().over(year),
        silent_month=rows.silent_days,
        read_month=rows.read_days,
        estimated_month=rows.estimated_days,
        silent_3m=count("silent_days", quarter),
        read_3m=count("read_days", quarter),
        workday_kwh=energy("workday_kwh", quarter),
        workday_days=count("workday_days", quarter),
        restday_kwh=energy("restday_kwh", quarter),
        restday_days=count("restday_days", quarter),
        workday_kwh_12m=energy("workday_kwh", year),
        workday_days_12m=count("workday_days", year),
        festival_kwh=energy("spring_festival_kwh", year),
        festival_days=count("spring_festival_days", year),
        day_max_kwh=rows.day_max_kwh.max().over(quarter),
        summer_kwh=energy("summer_kwh", year),
        winter_kwh=energy("winter_kwh", year),
        **{f"{band}_3m": energy(band, quarter) for band in BANDS},
        **{f"{band}_ago": energy(band, last_year) for band in BANDS if band != "kwh_flat"},
    )
    return _named_features(totals.filter(totals.panel_key.notnull(), totals.known_months > 0))


def _named_features(totals: ibis.Table) -> ibis.Table:
    """Turns exact sums into the features of the dictionary."""
    n = totals.usage_months.cast("float64")
    mean = totals.kwh_12m.cast("float64") / n
    # Both differences are taken over exact numbers: a customer that never changes has no variation and no trend.
    wide_kwh = totals.kwh_12m.cast("decimal(38, 3)")
    deviation = (totals.usage_months * totals.kwh_squares - wide_kwh * wide_kwh).cast("float64")
    # Least squares over the positions of the months.
    spread = totals.usage_months * totals.position_squares - totals.position_sum * totals.position_sum
    covariance = (totals.usage_months * totals.kwh_by_position - totals.position_sum * wide_kwh).cast("float64")
    has_last_year = (totals.months_3m == 3) & (totals.months_year_ago == 3)
    unknown = ibis.null("float64")
    banded = totals.kwh_peak_3m.notnull() & (totals.kwh_3m > 0)
    peak, valley = _pair(totals, "3m")
    peak_ago, valley_ago = _pair(totals, "ago")
    return totals.select(
        "panel_key",
        "usage_months",
        kwh_month=totals.kwh_month.cast(EXACT),
        kwh_3m=totals.kwh_3m.cast(EXACT),
        kwh_12m=totals.kwh_12m.cast(EXACT),
        kwh_month_change_ratio=change(totals.kwh_month, totals.kwh_before),
        kwh_year_change_ratio=change(totals.kwh_month, totals.kwh_year_ago),
        kwh_3m_year_change_ratio=has_last_year.ifelse(change(totals.kwh_3m, totals.kwh_3m_year_ago), unknown),
        kwh_trend_ratio=ratio(ratio(covariance, spread), mean),
        kwh_variation_ratio=ratio(deviation.sqrt() / n, mean),
        months_since_kwh_max=(totals.position - totals.peak_order % _POSITIONS).cast("int64"),
        silent_day_ratio=ratio(totals.silent_month, totals.read_month),
        silent_day_3m_ratio=ratio(totals.silent_3m, totals.read_3m),
        estimated_day_ratio=ratio(totals.estimated_month, totals.read_month),
        restday_workday_ratio=ratio(
            ratio(totals.restday_kwh, totals.restday_days), ratio(totals.workday_kwh, totals.workday_days)
        ),
        spring_festival_ratio=ratio(
            ratio(totals.festival_kwh, totals.festival_days), ratio(totals.workday_kwh_12m, totals.workday_days_12m)
        ),
        day_max_mean_ratio=ratio(totals.day_max_kwh, ratio(totals.kwh_3m, totals.read_3m)),
        kwh_summer_ratio=ratio(totals.summer_kwh.fill_null(0), totals.kwh_12m),
        kwh_winter_ratio=ratio(totals.winter_kwh.fill_null(0), totals.kwh_12m),
        **{f"{band.removeprefix('kwh_')}_ratio": ratio(totals[f"{band}_3m"], totals.kwh_3m) for band in BANDS},
        peak_valley_ratio=banded.ifelse(ratio(peak, valley), unknown),
        peak_year_change_ratio=has_last_year.ifelse(
            ratio(peak, totals.kwh_3m) - ratio(peak_ago, totals.kwh_3m_year_ago), unknown
        ),
        valley_year_change_ratio=has_last_year.ifelse(
            ratio(valley, totals.kwh_3m) - ratio(valley_ago, totals.kwh_3m_year_ago), unknown
        ),
    )


def _pair(totals: ibis.Table, period: str) -> tuple[ir.Value, ir.Value]:
    """Energy of sharp and peak, and of valley and deep valley; a band that is not metered counts as none."""
    return (
        totals[f"kwh_peak_{period}"] + totals[f"kwh_sharp_{period}"].fill_null(0),
        totals[f"kwh_valley_{period}"] + totals[f"kwh_deep_{period}"].fill_null(0),
    )
