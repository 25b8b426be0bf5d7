"""Energy out of meter readings: roll-over, changed meters and multipliers, and estimates merged into actual readings.

A reading of month M may say something about the month before it: the actual reading that follows one estimate divides
the energy of both by days. Month M then holds a row for the earlier month of use; nothing of that month is rewritten.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from govbiz_assets.contracts.tables_cleaned import READ_METHODS
from govbiz_assets.transforms.features.panel import days_between, month_index
from govbiz_assets.transforms.lookup import looked_up
from govbiz_assets.transforms.quality.params import PARAMS, QualityParams
from govbiz_assets.transforms.stack import stack

READ_DEPTH = 3
"""Months of readings that a reading is judged by: its own, the estimate before it, the reading before that."""
ESTIMATED = "估抄"
_ENERGY = "decimal(18, 3)"
_WIDE = "decimal(38, 3)"
_FACTOR = "decimal(12, 3)"


def resolved_reads(reads: ibis.Table, params: QualityParams = PARAMS) -> ibis.Table:
    """Adds to each reading the energy that it says and how that was found out.

    Args:
        reads: `cleaned.meter_read`, READ_DEPTH months up to each month asked for.
        params: Limits of a roll-over.

    Returns:
        The readings with `at` (number of the month), `own_kwh` (null where the reading runs backwards without a
        reason), `is_roll_over`, `is_backward`, `is_estimate`, `estimates_before` (0, 1 or 2 in a row),
        `merged_kwh` (energy since before the one estimate), `before_days` and `own_days` (days it spans before and
        after the estimate), `before_month` (month of the estimate), `multiplier_before`, `is_split` (the reading
        before was in the same month), `meter_count` (meters read for the account and band in the month),
        `is_new_meter` (the account's reading before was another meter's).
    """
    rows = reads.mutate(
        at=month_index(reads.month),
        is_estimate=reads.read_type.fill_null("") == ESTIMATED,
        factor=reads.multiplier.fill_null(1.0).cast(_FACTOR),
    )
    series = ibis.window(group_by=["account_id", "meter_id", "band"], order_by="read_date")
    rows = rows.mutate(
        at_1=rows["at"].lag(1).over(series),
        at_2=rows["at"].lag(2).over(series),
        estimate_1=rows.is_estimate.lag(1).over(series),
        estimate_2=rows.is_estimate.lag(2).over(series),
        date_1=rows.read_date.lag(1).over(series),
        date_2=rows.read_date.lag(2).over(series),
        last_1=rows.last_read.lag(1).over(series),
        factor_1=rows.factor.lag(1).over(series),
        month_1=rows.month.lag(1).over(series),
    )
    # What lies further back than a single month's run can see must not matter in a wide run either.
    sees_1 = (rows["at"] - rows.at_1 < READ_DEPTH).fill_null(False)
    sees_2 = (rows["at"] - rows.at_2 < READ_DEPTH).fill_null(False)
    estimate_1 = sees_1 & rows.estimate_1.fill_null(False)
    estimate_2 = estimate_1 & sees_2 & rows.estimate_2.fill_null(False)
    rows = rows.mutate(
        estimates_before=estimate_1.ifelse(1, 0) + estimate_2.ifelse(1, 0),
        before_month=sees_1.ifelse(rows.month_1, ibis.null("date")),
        before_last=sees_1.ifelse(rows.last_1, ibis.null(_ENERGY)),
        multiplier_before=sees_1.ifelse(rows.factor_1, ibis.null(_FACTOR)),
        is_split=sees_1 & (rows.at_1 == rows["at"]),
        own_days=sees_1.ifelse(days_between(rows.date_1, rows.read_date), ibis.null("int64")),
        before_days=sees_2.ifelse(days_between(rows.date_2, rows.date_1), ibis.null("int64")),
    )
    rows = _with_meters(rows)
    merges = ~rows.is_estimate & (rows.estimates_before == 1)
    start = merges.ifelse(rows.before_last, rows.last_read)
    rows = rows.mutate(merges=merges, start=start, scale=_scale(rows.digits))
    step = (rows.this_read - rows.start).cast(_WIDE)
    wrapped = step + rows.scale
    is_near_end = rows.start.cast(_WIDE) > rows.scale * _decimal(params.roll_over_last_ratio)
    is_roll_over = (step < 0) & is_near_end & (wrapped <= rows.scale * _decimal(params.roll_over_step_ratio))
    rows = rows.mutate(is_roll_over=is_roll_over.fill_null(False), step=step, wrapped=wrapped)
    rows = rows.mutate(is_backward=(rows.step < 0) & ~rows.is_roll_over)
    moved = rows.is_roll_over.ifelse(rows.wrapped, rows.step).cast(_ENERGY)
    energy = (moved * rows.factor).cast(_ENERGY)
    rows = rows.mutate(energy=rows.is_backward.ifelse(ibis.null(_ENERGY), energy))
    nothing = ibis.null(_ENERGY)
    return rows.mutate(
        own_kwh=rows.merges.ifelse(nothing, rows.energy), merged_kwh=rows.merges.ifelse(rows.energy, nothing)
    )


def meter_usage(reads: ibis.Table, first: object, params: QualityParams = PARAMS) -> ibis.Table:
    """Returns the rows of `cleaned.meter_usage_monthly`.

    One estimate stands as it is until the next actual reading, which divides the energy of both by days. Of two
    estimates in a row, and of the reading that ends them, nothing is known month by month.

    Args:
        reads: `cleaned.meter_read`, READ_DEPTH months up to each month asked for.
        first: First month asked for.
        params: Limits of a roll-over.
    """
    rows = resolved_reads(reads, params)
    rows = rows.filter(rows.month >= ibis.literal(first))
    nothing = ibis.null(_ENERGY)
    is_lost = (rows.estimates_before == 2) | (rows.is_estimate & (rows.estimates_before == 1))
    # Where the day before the estimate is not known, the two cycles are taken for equally long.
    before_days = rows.before_days.fill_null(rows.own_days)
    share = before_days / (before_days + rows.own_days)
    rows = rows.mutate(is_lost=is_lost, earlier_kwh=(rows.merged_kwh.cast("float64") * share).round(3).cast(_ENERGY))
    own = rows.merges.ifelse(rows.merged_kwh - rows.earlier_kwh, rows.own_kwh)
    own = rows.is_lost.ifelse(nothing, own).cast(_ENERGY)
    parts = [_part(rows, rows.month, own, _own_method(rows))]
    restated = rows.filter(rows.merges | (rows.is_estimate & (rows.estimates_before == 1)))
    restated = restated.filter(restated.before_month < restated.month)
    earlier = restated.merges.ifelse(restated.earlier_kwh, nothing).cast(_ENERGY)
    method = earlier.isnull().ifelse(_rank("unknown"), _rank("merged"))
    parts.append(_part(restated, restated.before_month, earlier, method))
    known = stack(parts)
    grouped = known.group_by(["month", "account_id", "band", "usage_month"]).aggregate(
        total=known.kwh.sum(), unknown_parts=known.count(where=known.kwh.isnull()), rank=known.method.max()
    )
    is_known = grouped.unknown_parts == 0
    names = [(grouped["rank"] == rank, name) for rank, name in enumerate(READ_METHODS)]
    return grouped.select(
        "month",
        "account_id",
        "band",
        "usage_month",
        kwh=is_known.ifelse(grouped.total.cast(_ENERGY), nothing),
        read_method=is_known.ifelse(ibis.cases(*names, else_="unknown"), "unknown"),
    )


def _own_method(rows: ibis.Table) -> ir.IntegerValue:
    is_other_factor = (rows.multiplier_before != rows.factor).fill_null(False)
    return ibis.cases(
        (rows.is_lost | rows.is_backward, _rank("unknown")),
        (rows.merges, _rank("merged")),
        (rows.is_estimate, _rank("estimated")),
        (rows.meter_count > 1, _rank("meter_change")),
        (is_other_factor, _rank("multiplier_change")),
        (rows.is_roll_over, _rank("roll_over")),
        else_=_rank("plain"),
    )


def _rank(method: str) -> ir.IntegerScalar:
    return ibis.literal(READ_METHODS.index(method), "int64")


def _part(rows: ibis.Table, usage_month: ir.Value, kwh: ir.Value, method: ir.Value) -> ibis.Table:
    return rows.select("month", "account_id", "band", usage_month=usage_month, kwh=kwh, method=method)


def _with_meters(rows: ibis.Table) -> ibis.Table:
    """Adds the number of meters of the account and band in the month, and whether the month before had another one."""
    month = ["account_id", "band", "at"]
    meters = rows.group_by(month).aggregate(meter_count=rows.meter_id.nunique())
    before = rows.group_by(month).aggregate(meter_before=rows.meter_id.max()).mutate(at=lambda t: t["at"] + 1)
    rows = looked_up(rows, (meters, month), (before, month))
    return rows.mutate(is_new_meter=(rows.meter_before != rows.meter_id).fill_null(False))


def _scale(digits: ir.IntegerValue) -> ir.DecimalValue:
    powers = [(digits == count, ibis.literal(10**count).cast(_WIDE)) for count in range(3, 10)]
    return ibis.cases(*powers, else_=ibis.null(_WIDE))


def _decimal(value: float) -> ir.DecimalScalar:
    return ibis.literal(value).cast("decimal(9, 3)")
