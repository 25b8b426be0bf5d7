"""Rules over what a bill prints of its period (D9) and of its meter (D22); a source may leave them out."""

from __future__ import annotations

import ibis

from govbiz_assets.transforms.features.panel import days_between
from govbiz_assets.transforms.quality.judged import Finding
from govbiz_assets.transforms.quality.params import QualityParams


def period_findings(rows: ibis.Table, params: QualityParams) -> tuple[Finding, ...]:
    """Judges the billed period against itself and against the ordinary bills of the account that came before."""
    start, end = rows.period_start, rows.period_end
    days, last_days = days_between(start, end) + 1, days_between(rows.last_start, rows.last_end) + 1
    missing = days_between(rows.last_end, start) - 1
    was_reversed = rows.reversals.fill_null(0) > 0
    # The first and the last bill of an account are as long as they are.
    is_cut = rows.opened_date.between(start, end) | rows.closed_date.between(start, end)
    is_short = days.between(1, params.period_days_low - 1) & ~is_cut.fill_null(False)
    is_long = (days > params.period_days_high) & (last_days <= params.period_days_high)
    bound = ibis.cases(
        (is_short, params.period_days_low),
        (is_long, params.period_days_high),
        else_=params.double_period_days_high,
    )
    given = {"impact_kwh": rows.kwh, "impact_cny": rows.total_cny, "needs": "period_start"}
    return (
        Finding("period_reversed", end < start, days, **given),
        Finding(
            "period_overlap", rows.period_overlap_id.notnull() & ~was_reversed, other_id=rows.period_overlap_id, **given
        ),
        Finding("period_gap", rows.is_normal & (missing > 0), missing, ibis.literal(0), needs="period_start"),
        Finding(
            "period_off_cycle",
            rows.is_normal & (is_short | is_long | (days > params.double_period_days_high)),
            days,
            bound,
            **given,
        ),
    )


def meter_findings(rows: ibis.Table, params: QualityParams) -> tuple[Finding, ...]:
    """Judges the demand and the power factor that a bill prints; without a capacity no demand is too high."""
    # The larger of the two is allowed, and the one that is known where the other is not.
    capacity = ibis.greatest(rows.contract_kva, rows.used_contract_kva)
    most = capacity * params.demand_ratio
    factor = rows.power_factor_ratio
    return (
        Finding(
            "demand_above_capacity",
            rows.max_demand_kw > most,
            rows.max_demand_kw,
            most,
            impact_cny=rows.basic_cny,
            needs="max_demand_kw",
        ),
        Finding(
            "power_factor_impossible",
            ~factor.between(0, 1),
            factor,
            impact_cny=rows.power_factor_cny,
            needs="power_factor_ratio",
        ),
    )
