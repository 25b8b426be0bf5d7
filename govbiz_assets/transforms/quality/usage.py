"""Rules over metered energy: bands, placeholders, twins, silence, jumps, what capacity can carry, gaps."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.cleaned import BANDS
from govbiz_assets.transforms.features.panel import month_index, ratio
from govbiz_assets.transforms.lookup import looked_up
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.quality.params import PARAMS, QualityParams

_ENERGY = "decimal(18, 3)"
_NEXT_DAYS = 0.95
"""Of 20 to 31 days this quantile lies at the second largest or just below it."""
_ROBUST = 1.4826
"""Median absolute deviation to standard deviation, for normal values."""


def judge_days(usage: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges single days: do the bands add up to the total (D13).

    Args:
        usage: `cleaned.usage_daily` up to the last judged month.
        first: First judged month.
        params: Limits.
    """
    rows = usage.filter(usage.month >= ibis.literal(first))
    nothing = ibis.literal(0).cast(_ENERGY)
    bands = {name: rows[name].fill_null(nothing) for name in BANDS}
    others = sum((bands[name] for name in BANDS if name != "kwh_flat"), nothing)
    is_split = rows.kwh_peak.notnull() | rows.kwh_valley.notnull()
    difference = (others + bands["kwh_flat"] - rows.kwh).abs()
    limit = ibis.greatest(ibis.literal(params.bands_kwh), rows.kwh.cast("float64") * params.bands_ratio)
    differs = is_split & (difference.cast("float64") > limit)
    flat = Finding("bands_differ", differs, rows.kwh_flat, rows.kwh - others, impact_kwh=difference)
    return Judged("usage", rows, (flat,), "account_id", "usage_date", account_id="account_id")


def judge_series(usage: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges the days of an account in a month together: placeholders (D18), a twin elsewhere (D19), a spike (D21).

    A spike stands alone: it lies above the fence of the quartiles and far above the next largest days as well. By the
    fence alone the last day before a school's holidays was one.

    Two series are taken for equal where number, sum, sum of squares and two sums weighted by the day are equal; with
    decimals these sums are exact, so equal series always have equal sums.

    Args:
        usage: `cleaned.usage_daily` up to the last judged month.
        first: First judged month.
        params: Limits.
    """
    days = usage.filter(usage.month >= ibis.literal(first))
    day = days.usage_date.day().cast("int64")
    wh = (days.kwh * 1000).cast("decimal(38, 0)")
    series = days.group_by(["month", "account_id"]).aggregate(
        live_days=days.count(where=days.kwh > 1),
        placeholder_days=days.count(where=(days.kwh == 0) | (days.kwh == 1)),
        read_days=days.count(),
        sum_kwh=days.kwh.sum().cast(_ENERGY),
        day_sum=(wh * day).sum(),
        day_square_sum=(wh * day * day).sum(),
        max_kwh=days.kwh.max(),
        min_kwh=days.kwh.min(),
        quartile_1=days.kwh.cast("float64").quantile(0.25),
        quartile_3=days.kwh.cast("float64").quantile(0.75),
        next_kwh=days.kwh.cast("float64").quantile(_NEXT_DAYS),
    )
    same = ["month", "read_days", "sum_kwh", "day_sum", "day_square_sum", "max_kwh", "min_kwh"]
    live = series.filter(series.live_days >= params.twin_days)
    twins = live.group_by(same).having(live.count() > 1)
    twins = twins.aggregate(first_id=live.account_id.min(), last_id=live.account_id.max())
    rows = looked_up(series, (twins, same))
    is_twin = rows.first_id.notnull() & (rows.live_days >= params.twin_days)
    top = rows.max_kwh.cast("float64")
    fence = rows.quartile_3 + params.spike_iqrs * (rows.quartile_3 - rows.quartile_1)
    is_alone = top > params.spike_ratio * rows.next_kwh
    is_spike = (top > fence) & is_alone & (rows.read_days >= params.spike_days)
    other = (rows.account_id == rows.first_id).ifelse(rows.last_id, rows.first_id)
    findings = (
        Finding("placeholder_days", (rows.placeholder_days > 0) & (rows.live_days > 0), rows.placeholder_days),
        Finding("day_spike", is_spike, top, fence, impact_kwh=top - rows.quartile_3),
        Finding("twin_series", is_twin, rows.sum_kwh, impact_kwh=rows.sum_kwh, other_id=other),
    )
    looked_at = days.select("month", "account_id").distinct()
    return Judged("usage", rows, findings, "account_id", account_id="account_id", looked_at=looked_at)


def judge_months(usage: ibis.Table, accounts: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges the months of accounts: owner (D7), silence (D20), jumps (D21), capacity (D22), baseline (D27).

    Args:
        usage: `cleaned.usage_monthly`, QUALITY_DEPTH months up to each judged one.
        accounts: `cleaned.account_monthly` of the judged months.
        first: First judged month.
        params: Limits.
    """
    # A month of nothing is 0 on every day, or the placeholder 1; a small load that never exceeds 1 kWh is none.
    is_nothing = (usage.kwh == 0) | ((usage.day_max_kwh == 1) & (usage.kwh == usage.read_days))
    history = usage.mutate(at=month_index(usage.month), is_nothing=is_nothing.ifelse(1, 0))

    def back(start: int, end: int) -> ibis.expr.builders.LegacyWindowBuilder:
        return ibis.window(group_by="account_id", order_by="at", range=(-start, -end))

    history = history.mutate(
        zero_months=history.is_nothing.sum().over(back(params.zero_cycles - 1, 0)),
        year_days=history.read_days.sum().over(back(11, 0)),
        year_start=history["at"].min().over(back(11, 0)),
        year_ago_kwh=history.kwh.max().over(back(12, 12)),
        year_ago_festival_days=history.spring_festival_days.max().over(back(12, 12)),
    )
    months = history.filter(history.month >= ibis.literal(first))
    known = accounts.select("month", "account_id", "run_kva", "contract_kva", is_known=ibis.literal(True))
    rows = looked_up(months, (known, ["month", "account_id"]))
    rows = _with_jumps(rows)
    kwh = rows.kwh.cast("float64")
    jumps = (rows.change - rows.usual_change).abs() > params.jump_sds * rows.change_sd
    # The Spring Festival moves between January and February: factories halve in one of them, offices do not, and by
    # one spread over both 4% of a clean province's accounts jumped.
    is_ordinary = (rows.spring_festival_days == 0) & (rows.year_ago_festival_days == 0)
    is_jump = is_ordinary & jumps & _is_far(kwh, rows.year_ago_kwh, params)
    most = rows.contract_kva * 24
    findings = (
        Finding("unknown_account", rows.is_known.isnull(), impact_kwh=rows.kwh),
        Finding(
            "three_zero_cycles",
            (rows.zero_months >= params.zero_cycles) & (rows.run_kva.fill_null(1) > 0),
            rows.zero_months,
        ),
        Finding("year_jump", is_jump, kwh, rows.year_ago_kwh, impact_kwh=rows.kwh - rows.year_ago_kwh),
        Finding("energy_above_capacity", rows.day_max_kwh.cast("float64") > most, rows.day_max_kwh, most),
        Finding(
            "short_baseline",
            (rows.year_start == rows["at"] - 11) & (rows.year_days < params.baseline_days),
            rows.year_days,
            ibis.literal(params.baseline_days),
        ),
    )
    looked_at = usage.filter(usage.month >= ibis.literal(first))
    return Judged("usage", rows, findings, "account_id", account_id="account_id", looked_at=looked_at)


def judge_weather(weather: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges the months of divisions: is there a temperature on enough days (D27).

    Args:
        weather: `cleaned.weather_daily` up to the last judged month.
        first: First judged month.
        params: Limits.
    """
    days = weather.filter(weather.month >= ibis.literal(first))
    is_measured = days.temperature_max_c.notnull() & days.temperature_min_c.notnull()
    rows = days.group_by(["month", "division_code"]).aggregate(measured_days=days.count(where=is_measured))
    last_day = (rows.month + ibis.interval(months=1) - ibis.interval(days=1)).cast("date").day()
    covered = ratio(rows.measured_days, last_day)
    finding = Finding("weather_gaps", covered < params.weather_ratio, covered, ibis.literal(params.weather_ratio))
    return Judged("weather", rows, (finding,), "division_code", looked_at=rows)


def _with_jumps(rows: ibis.Table) -> ibis.Table:
    """Adds the log of the change against last year; of all accounts of the month its median and robust spread."""
    both = (rows.kwh > 1) & (rows.year_ago_kwh > 1)
    rows = rows.mutate(change=both.ifelse(ratio(rows.kwh, rows.year_ago_kwh).ln(), ibis.null("float64")))
    month = ibis.window(group_by="month")
    rows = rows.mutate(usual_change=rows.change.median().over(month))
    off = (rows.change - rows.usual_change).abs()
    return rows.mutate(change_sd=off.median().over(month) * _ROBUST)


def _is_far(now: ir.Value, before: ir.Value, params: QualityParams) -> ir.BooleanValue:
    return (ratio(now, before) - 1).abs() > params.jump_ratio
