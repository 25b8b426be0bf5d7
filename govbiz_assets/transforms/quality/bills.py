"""Rules over bills: dates, cycles, signs, corrections, repetitions, arithmetic."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from govbiz_assets.transforms.features.panel import month_index, ratio
from govbiz_assets.transforms.lookup import looked_up
from govbiz_assets.transforms.quality.bill_periods import meter_findings, period_findings
from govbiz_assets.transforms.quality.judged import Finding, Judged
from govbiz_assets.transforms.quality.params import PARAMS, QUALITY_DEPTH, QualityParams

NORMAL = "正常"
_ADDING = ("追补",)
_REVERSAL = "红冲"
_MONEY = "decimal(18, 2)"
_PARTS = ("energy_cny", "basic_cny", "power_factor_cny", "fund_cny", "other_cny")
_BAND_PRICES = tuple(f"energy_{band}_cny_kwh" for band in ("sharp", "peak", "flat", "valley", "deep"))


def is_normal(bills: ibis.Table) -> ir.BooleanValue:
    """True for ordinary bills; without a kind a bill is one."""
    return bills.bill_kind.fill_null(NORMAL) == NORMAL


def judge_bills(
    bills: ibis.Table, accounts: ibis.Table, tariffs: ibis.Table, first: date, params: QualityParams = PARAMS
) -> Judged:
    """Judges bills in their month of issue: D7, D9, D14, D15, D16, D17 and D22.

    Args:
        bills: `cleaned.bill`, QUALITY_DEPTH months up to each judged one.
        accounts: `cleaned.account_monthly` of the judged months and the month before the first.
        tariffs: `reference.tariff`.
        first: First judged month.
        params: Limits.
    """
    known = _with_order(bills)
    issued = known.filter(known.month >= ibis.literal(first))
    rows = looked_up(
        issued,
        (_others(issued, known), ["month", "bill_id"]),
        (_originals(issued, known), ["month", "bill_id"]),
        (_covered_months(issued, known), ["month", "charge_month"]),
        *_capacities(accounts, tariffs),
    )
    findings = (
        Finding("unknown_account", rows.is_known.isnull(), impact_cny=rows.total_cny),
        *_date_findings(rows, params),
        *period_findings(rows, params),
        *meter_findings(rows, params),
        *_correction_findings(rows),
        *_arithmetic_findings(rows, params),
    )
    looked_at = bills.filter(bills.month >= ibis.literal(first))
    return Judged("bill", rows, findings, "bill_id", account_id="account_id", looked_at=looked_at)


def _with_order(bills: ibis.Table) -> ibis.Table:
    return bills.mutate(
        at=month_index(bills.month),
        charge_at=month_index(bills.charge_month),
        day=bills.issued_date.fill_null(bills.month),
        is_normal=is_normal(bills),
        kind=bills.bill_kind.fill_null(NORMAL),
    )


def _others(rows: ibis.Table, known: ibis.Table) -> ibis.Table:
    """Looks at the other bills of the same account that were issued in the same month or up to a year before."""
    names = (
        *("bill_id", "at", "charge_month", "charge_at", "day", "kind", "is_normal", "total_cny"),
        *("period_start", "period_end"),
    )
    others = known.select("account_id", **{f"other_{name}": known[name] for name in names})
    pairs = rows.select("account_id", "month", *names).join(others, "account_id")
    distance = pairs["at"] - pairs.other_at
    pairs = pairs.filter(distance >= 0, distance < QUALITY_DEPTH, pairs.other_bill_id != pairs.bill_id)
    is_later_day = (pairs.other_day < pairs.day) | (
        (pairs.other_day == pairs.day) & (pairs.other_bill_id < pairs.bill_id)
    )
    is_before = (pairs.other_at < pairs["at"]) | ((pairs.other_at == pairs["at"]) & is_later_day)
    same_total = pairs.other_total_cny == pairs.total_cny
    both_normal = pairs.is_normal & pairs.other_is_normal
    pairs = pairs.mutate(
        was_billed=is_before & (pairs.other_charge_month == pairs.charge_month),
        is_original=(pairs.other_charge_month == pairs.charge_month) & pairs.other_is_normal & ~pairs.is_normal,
        same_total=same_total,
        both_normal=both_normal,
        left=pairs.other_total_cny + pairs.total_cny,
        before=pairs.charge_at - pairs.other_charge_at,
        # Where a bill counts from reading to reading, the day of the reading is in both.
        shares_days=is_before
        & both_normal
        & (pairs.other_period_start < pairs.period_end)
        & (pairs.other_period_end > pairs.period_start),
        is_earlier_period=both_normal & (pairs.other_period_start < pairs.period_start),
    )
    other = pairs.other_bill_id
    return pairs.group_by(["month", "bill_id"]).aggregate(
        repeated_id=other.min(where=pairs.was_billed & pairs.same_total & (pairs.kind == pairs.other_kind)),
        overlap_id=other.min(where=pairs.was_billed & pairs.both_normal & ~pairs.same_total),
        reversals=pairs.count(where=pairs.was_billed & (pairs.other_kind == _REVERSAL)),
        exact_id=other.min(where=pairs.is_original & (pairs.left == 0)),
        covering_id=other.min(where=pairs.is_original & (pairs.left >= 0)),
        bills_before=pairs.count(where=pairs.both_normal & (pairs.before == 1)),
        bills_earlier=pairs.count(where=pairs.both_normal & pairs.before.between(2, 12)),
        period_overlap_id=other.min(where=pairs.shares_days),
        last_start=pairs.other_period_start.max(where=pairs.is_earlier_period),
        last_end=pairs.other_period_end.max(where=pairs.is_earlier_period),
    )


def _originals(rows: ibis.Table, known: ibis.Table) -> ibis.Table:
    """Finds the bills that corrections name."""
    names = rows.filter(rows.original_bill_id.notnull()).select("month", "bill_id", "at", "original_bill_id")
    others = known.select(named_id=known.bill_id, named_at=known["at"])
    found = names.join(others, names.original_bill_id == others.named_id)
    distance = found["at"] - found.named_at
    return found.filter(distance >= 0, distance < QUALITY_DEPTH).select("month", "bill_id", "named_id").distinct()


def _covered_months(rows: ibis.Table, known: ibis.Table) -> ibis.Table:
    """Says whether bills of the month of use are known at all; a young house has not got the older ones."""
    months = known.filter(known.is_normal).select(covered_month=known.charge_month, covered_at=known["at"]).distinct()
    asked = rows.select("month", "at", "charge_month").distinct()
    found = asked.join(months, asked.charge_month == months.covered_month)
    distance = found["at"] - found.covered_at
    found = found.filter(distance >= 0, distance < QUALITY_DEPTH).select("month", "charge_month").distinct()
    return found.mutate(is_covered=ibis.literal(True))


def _capacities(accounts: ibis.Table, tariffs: ibis.Table) -> tuple[tuple[ibis.Table, list[str]], ...]:
    """Returns capacity in the months of issue and of use, and the prices of the tariff, each with its key."""
    prices = tariffs.select(
        "price_code",
        "basic_cny_kva",
        low_price=ibis.least(*(tariffs[name] for name in _BAND_PRICES)),
        high_price=ibis.greatest(*(tariffs[name] for name in _BAND_PRICES)),
    )
    now = accounts.select(
        *("month", "account_id", "price_code", "run_kva", "contract_kva", "is_market_traded"),
        *("opened_date", "closed_date"),
        is_known=ibis.literal(True),
    )
    used = accounts.select(
        "account_id",
        charge_month=accounts.month,
        used_run_kva=accounts.run_kva,
        used_contract_kva=accounts.contract_kva,
    )
    return (now, ["month", "account_id"]), (used, ["account_id", "charge_month"]), (prices, ["price_code"])


def _date_findings(rows: ibis.Table, params: QualityParams) -> tuple[Finding, ...]:
    lag = month_index(rows.bill_month) - rows.charge_at
    was_reversed = rows.reversals.fill_null(0) > 0
    money = rows.total_cny
    return (
        Finding("due_before_issue", rows.due_date < rows.issued_date, impact_cny=money),
        Finding("off_cycle", rows.is_normal & ~lag.between(0, params.cycle_months), lag, impact_cny=money),
        Finding("charge_gap", rows.is_normal & (rows.bills_before == 0) & (rows.bills_earlier > 0)),
        Finding(
            "charge_overlap",
            rows.overlap_id.notnull() & rows.repeated_id.isnull() & ~was_reversed,
            impact_kwh=rows.kwh,
            impact_cny=money,
            other_id=rows.overlap_id,
        ),
        Finding(
            "bill_repeated",
            rows.repeated_id.notnull() & ~was_reversed,
            impact_kwh=rows.kwh,
            impact_cny=money,
            other_id=rows.repeated_id,
        ),
    )


def _correction_findings(rows: ibis.Table) -> tuple[Finding, ...]:
    is_negative = (rows.total_cny < 0) | (rows.kwh < 0)
    guessed = ibis.coalesce(rows.exact_id, rows.covering_id)
    original = rows.original_bill_id.notnull().ifelse(rows.named_id, guessed)
    adds = (rows.kwh > 0) | (rows.total_cny > 0)
    given = {"impact_kwh": rows.kwh, "impact_cny": rows.total_cny}
    return (
        Finding("negative_normal", rows.is_normal & (rows.kwh < 0), rows.kwh, ibis.literal(0), **given),
        Finding("positive_reversal", ~rows.is_normal & ~rows.kind.isin(_ADDING) & adds, rows.total_cny, **given),
        Finding("correction_paired", ~rows.is_normal & original.notnull(), **given, other_id=original),
        Finding(
            "correction_unpaired",
            ~rows.is_normal & is_negative & original.isnull() & rows.is_covered.fill_null(False),
            **given,
        ),
    )


def _arithmetic_findings(rows: ibis.Table, params: QualityParams) -> tuple[Finding, ...]:
    nothing = ibis.literal(0).cast(_MONEY)
    parts = sum((rows[name].fill_null(nothing) for name in _PARTS), nothing)
    has_parts = ibis.coalesce(*(rows[name] for name in _PARTS)).notnull()
    off = (parts - rows.total_cny).abs()
    price = ratio(rows.energy_cny, rows.kwh)
    below, above = rows.low_price * (1 - params.price_ratio), rows.high_price * (1 + params.price_ratio)
    is_priced = rows.is_normal & (rows.kwh > 0) & ~rows.is_market_traded.fill_null(False)
    # One kWh at the wrong side of a rounded fen says nothing about the price.
    is_outside = ~price.between(below, above) & (rows.energy_cny.abs() > 1)
    bound = (price < below).ifelse(rows.low_price, rows.high_price)
    basic = rows.basic_cny.cast("float64")
    capacities = (rows.run_kva, rows.contract_kva, rows.used_run_kva, rows.used_contract_kva)
    fits = [
        ((basic - kva * rows.basic_cny_kva).abs() <= (kva * rows.basic_cny_kva).abs() * params.basic_ratio).fill_null(
            False
        )
        for kva in capacities
    ]
    fee = ibis.coalesce(rows.used_run_kva, rows.run_kva) * rows.basic_cny_kva
    is_charged = rows.is_normal & (rows.basic_cny_kva > 0) & rows.basic_cny.notnull() & fee.notnull()
    ground = rows.energy_cny + rows.basic_cny.fill_null(nothing)
    adjustment = ratio(rows.power_factor_cny, ground)
    odd = ~adjustment.between(params.power_factor_low, params.power_factor_high) & (rows.power_factor_cny.abs() > 1)
    return (
        Finding(
            "parts_differ", has_parts & (off.cast("float64") > params.parts_cny), rows.total_cny, parts, impact_cny=off
        ),
        Finding(
            "price_outside_tariff",
            is_priced & is_outside,
            price,
            bound,
            impact_cny=rows.energy_cny.cast("float64") - rows.kwh.cast("float64") * bound,
        ),
        Finding(
            "basic_fee_differs",
            is_charged & ~(fits[0] | fits[1] | fits[2] | fits[3]),
            rows.basic_cny,
            fee,
            impact_cny=basic - fee,
        ),
        Finding(
            "power_factor_adjustment",
            rows.is_normal & (ground > 0) & odd,
            adjustment,
            (adjustment < 0).ifelse(params.power_factor_low, params.power_factor_high),
            impact_cny=rows.power_factor_cny,
        ),
    )
