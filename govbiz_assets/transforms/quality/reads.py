"""Rules over meter readings: estimates (D10), roll-over and changed meters (D11), changed multipliers (D12)."""

from __future__ import annotations

from datetime import date

import ibis

from govbiz_assets.transforms.metering import resolved_reads
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.quality.params import PARAMS, QualityParams


def judge_reads(reads: ibis.Table, first: date, params: QualityParams = PARAMS) -> Judged:
    """Judges readings; the subject is meter and band.

    Args:
        reads: `cleaned.meter_read`, READ_DEPTH months up to each judged one.
        first: First judged month.
        params: Limits.
    """
    rows = resolved_reads(reads, params)
    rows = rows.filter(rows.month >= ibis.literal(first))
    rows = rows.mutate(subject_id=rows.meter_id + " " + rows.band)
    energy = rows.energy
    off = (rows.kwh - energy).abs().cast("float64")
    limit = ibis.greatest(ibis.literal(1.0), energy.abs().cast("float64") * params.stated_kwh_ratio)
    is_plain = ~rows.is_estimate & (rows.estimates_before == 0)
    is_other_factor = (rows.multiplier_before != rows.factor).fill_null(False)
    is_single = ~rows.is_estimate & (rows.estimates_before == 1)
    is_repeated = rows.is_estimate & (rows.estimates_before >= 1)
    findings = (
        Finding("single_estimate", is_single & ~rows.is_backward, energy, impact_kwh=energy),
        Finding("repeated_estimate", is_repeated, rows.kwh, impact_kwh=rows.kwh),
        Finding("roll_over", rows.is_roll_over, rows.this_read, rows.start, impact_kwh=energy),
        Finding("meter_changed", (rows.meter_count > 1) | rows.is_new_meter, energy, impact_kwh=energy),
        Finding("backward_reading", rows.is_backward, rows.this_read, rows.start, impact_kwh=rows.kwh),
        Finding("stated_kwh", is_plain & (off > limit), rows.kwh, energy, impact_kwh=rows.kwh - energy),
        Finding("multiplier_split", is_other_factor & rows.is_split, rows.factor, rows.multiplier_before),
        Finding("multiplier_unsplit", is_other_factor & ~rows.is_split, rows.factor, rows.multiplier_before),
    )
    return Judged("meter_read", rows, findings, "subject_id", "read_date", account_id="account_id")
