"""Features of usage and of time-of-use bands."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.cleaned import BANDS
from govbiz_assets.transforms.features.panel import EXACT, Panel, change, exact_sum, month_index, ratio

# Three months of last year's same season need months 12 to 14 back.
USAGE_DEPTH = 15
_SUMMER, _WINTER = (7, 8, 9), (12, 1, 2)
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
    rows = panel.look_back(history, USAGE_DEPTH)
    year, quarter, last_year = rows.age < 12, rows.age < 3, rows.age >= 12
    # The largest month, the most recent one of equals: energy in Wh first, then the age, in one whole number.
    peak_order = (rows.kwh.cast("float64") * 1000).cast("int64") * 100 + (99 - rows.age)
    # DuckDB keeps a product of 18-digit decimals at 18 digits and stops when it overflows.
    wide_kwh = rows.kwh.cast("decimal(38, 3)")
    totals = rows.group_by("panel_key").aggregate(
        kwh_month=rows.kwh.sum(where=rows.age == 0),
        kwh_before=rows.kwh.sum(where=rows.age == 1),
        kwh_year_ago=rows.kwh.sum(where=rows.age == 12),
        kwh_3m=rows.kwh.sum(where=quarter),
        kwh_3m_year_ago=rows.kwh.sum(where=last_year),
        months_year_ago=rows.count(where=last_year),
        months_3m=rows.count(where=quarter),
        kwh_12m=rows.kwh.sum(where=year),
        kwh_squares=(wide_kwh * rows.kwh).sum(where=year),
        kwh_by_age=(wide_kwh * rows.age).sum(where=year),
        usage_months=rows.count(where=year),
        age_sum=rows.age.sum(where=year),
        age_squares=(rows.age * rows.age).sum(where=year),
        peak_order=peak_order.max(where=year),
        silent_month=rows.silent_days.sum(where=rows.age == 0),
        read_month=rows.read_days.sum(where=rows.age == 0),
        estimated_month=rows.estimated_days.sum(where=rows.age == 0),
        silent_3m=rows.silent_days.sum(where=quarter),
        read_3m=rows.read_days.sum(where=quarter),
        workday_kwh=rows.workday_kwh.sum(where=quarter),
        workday_days=rows.workday_days.sum(where=quarter),
        restday_kwh=rows.restday_kwh.sum(where=quarter),
        restday_days=rows.restday_days.sum(where=quarter),
        workday_kwh_12m=rows.workday_kwh.sum(where=year),
        workday_days_12m=rows.workday_days.sum(where=year),
        festival_kwh=rows.spring_festival_kwh.sum(where=year),
        festival_days=rows.spring_festival_days.sum(where=year),
        day_max_kwh=rows.day_max_kwh.max(where=quarter),
        summer_kwh=rows.kwh.sum(where=year & rows.month_of_year.isin(_SUMMER)),
        winter_kwh=rows.kwh.sum(where=year & rows.month_of_year.isin(_WINTER)),
        **{f"{band}_3m": rows[band].sum(where=quarter) for band in BANDS},
        **{f"{band}_ago": rows[band].sum(where=last_year) for band in BANDS},
    )
    return _named_features(totals)


def _named_features(totals: ibis.Table) -> ibis.Table:
    """Turns exact sums into the features of the dictionary."""
    n = totals.usage_months.cast("float64")
    mean = totals.kwh_12m.cast("float64") / n
    # Both differences are taken over exact numbers: a customer that never changes has no variation and no trend.
    wide_kwh = totals.kwh_12m.cast("decimal(38, 3)")
    deviation = (totals.usage_months * totals.kwh_squares - wide_kwh * wide_kwh).cast("float64")
    # Least squares on position = -age: the slope's sign is that of time.
    spread = totals.usage_months * totals.age_squares - totals.age_sum * totals.age_sum
    covariance = (totals.age_sum * wide_kwh - totals.usage_months * totals.kwh_by_age).cast("float64")
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
        months_since_kwh_max=(99 - totals.peak_order % 100).cast("int64"),
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
