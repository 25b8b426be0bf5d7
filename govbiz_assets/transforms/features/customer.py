"""`features.customer_monthly`: one row per customer that is active at the end of the month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.transforms.features.capacity import (
    account_features,
    capacity_features,
    customer_capacity,
    open_accounts,
)
from govbiz_assets.transforms.features.panel import (
    Keep,
    Panel,
    as_it_is,
    build_panel,
    exact_sum,
    month_end,
    month_index,
    ratio,
)
from govbiz_assets.transforms.features.payment import payment_features
from govbiz_assets.transforms.features.service import product_features, ticket_features
from govbiz_assets.transforms.features.usage import customer_usage, usage_features

ATTRIBUTE_DEPTH = 12
# Degree-day bases of the Chinese design code for the hot-summer cold-winter zone.
_COOLING_C, _HEATING_C = 26.0, 5.0
# Counts that are zero, not unknown, where the channel was delivered and the customer has no record in it.
_TICKET_COUNTS = (
    "ticket_month",
    "ticket_3m",
    "ticket_12m",
    "complaint_3m",
    "complaint_12m",
    "repair_12m",
    "repeated_12m",
)
# Without the payments every bill would seem unpaid.
_DEBTS = ("late_3m_count", "late_12m_count", "partial_12m_count", "owed_cny", "owed_ratio")
_PRODUCT_COUNTS = ("product_count", "product_started_12m_count", "product_ended_12m_count", "product_fee_cny")


@dataclass(frozen=True)
class FeatureInputs:
    """Cleaned tables, each over the months that its features look back."""

    customers: ibis.Table
    accounts: ibis.Table
    usage: ibis.Table
    bills: ibis.Table
    payments: ibis.Table
    tickets: ibis.Table
    subscriptions: ibis.Table
    weather: ibis.Table
    attributes: ibis.Table
    industries: ibis.Table


def customer_features(
    inputs: FeatureInputs,
    months: Sequence[date],
    *,
    delivered: frozenset[str],
    attributes: Mapping[str, str],
    keep: Keep = as_it_is,
) -> ibis.Table:
    """Returns the features of every active customer as of the end of each month.

    Args:
        inputs: Cleaned tables.
        months: As-of months.
        delivered: Channels that the profile delivers; features of other channels are null, not zero.
        attributes: Passed-through columns and the channel that brings each: `customer` or `attribute`.
        keep: Computes an intermediate table once and returns it, for an engine that would hold all of them in memory
            at once, or compute one anew for each use.
    """
    customers = inputs.customers.filter(inputs.customers.month.isin(list(months)))
    accounts = inputs.accounts.filter(inputs.accounts.month.isin(list(months)))
    active = open_accounts(accounts).select("month", "customer_id").distinct()
    rows = customers.semi_join(active, ["month", "customer_id"])
    rows = rows.drop("registered_date", "parent_customer_id", "source_file", "row_no")
    panel = build_panel(rows.select("month", "customer_id"), months, keep)
    known = inputs.accounts.select("month", "account_id", "customer_id")
    every_owner = known.left_join(panel.people, "customer_id").select("month", "account_id", "customer_number")
    every_owner = keep("owners", every_owner)
    owners = every_owner.filter(every_owner.customer_number.notnull())

    parts = {
        "usage": usage_features(panel, customer_usage(inputs.usage, owners)),
        "capacity": capacity_features(panel, customer_capacity(panel, inputs.accounts)),
        "payment": payment_features(panel, inputs.bills, inputs.payments, every_owner, keep),
        "ticket": ticket_features(panel, inputs.tickets, owners),
        "product": product_features(panel, inputs.subscriptions),
    }
    monthly = [name for name, channel in attributes.items() if channel == "attribute"]
    if monthly:
        parts["attribute"] = _latest_attributes(panel, inputs.attributes, monthly)
    rows = rows.join(panel.rows.select("month", "customer_id", "panel_key"), ["month", "customer_id"])
    for name, part in parts.items():
        rows = rows.left_join(keep(f"{name}_features", part), "panel_key").drop("panel_key_right")
    rows = rows.drop("panel_key")
    own = keep("account_features", account_features(accounts))
    rows = rows.left_join(own, ["month", "customer_id"]).drop("month_right", "customer_id_right")
    rows = _with_context(rows, inputs)
    hours = (month_end(rows.month).day() * 24).cast("float64")
    rows = rows.mutate(
        kwh_per_kva=ratio(rows.kwh_month, rows.run_kva),
        load_factor_ratio=ratio(rows.kwh_month, rows.run_kva * hours),
    )
    return _null_where_absent(_zero_where_delivered(rows, delivered), delivered)


def _with_context(rows: ibis.Table, inputs: FeatureInputs) -> ibis.Table:
    """Adds the industry's nature and the division's weather; a county without a station takes its city's."""
    industries = inputs.industries.select("industry_code", "is_high_energy")
    rows = rows.left_join(industries, "industry_code").drop("industry_code_right")
    weather = _degree_days(inputs.weather)
    rows = rows.mutate(city_code=rows.division_code.substr(0, 4) + "00")
    for name, on in (("own", "division_code"), ("city", "city_code")):
        station = (
            weather.rename({on: "division_code", f"{name}_cooling": "cooling", f"{name}_heating": "heating"})
            if (on != "division_code")
            else weather.rename({f"{name}_cooling": "cooling", f"{name}_heating": "heating"})
        )
        rows = rows.left_join(station, ["month", on]).drop("month_right", f"{on}_right")
    return rows.mutate(
        cooling_degree_days=ibis.coalesce(rows.own_cooling, rows.city_cooling),
        heating_degree_days=ibis.coalesce(rows.own_heating, rows.city_heating),
    ).drop("city_code", "own_cooling", "own_heating", "city_cooling", "city_heating")


def _degree_days(weather: ibis.Table) -> ibis.Table:
    mean = (weather.temperature_max_c + weather.temperature_min_c) / 2
    days = weather.mutate(
        warm=(mean > _COOLING_C).ifelse(mean - _COOLING_C, 0.0), cold=(mean < _HEATING_C).ifelse(_HEATING_C - mean, 0.0)
    )
    return days.group_by(["month", "division_code"]).aggregate(
        cooling=exact_sum(days.warm).cast("float64"), heating=exact_sum(days.cold).cast("float64")
    )


def _latest_attributes(panel: Panel, attributes: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """Returns the last known value of each monthly attribute within the trailing twelve months."""
    known = panel.numbered(attributes.select("month", "customer_id", *names))
    seen = panel.look_back(known.mutate(at=month_index(known.month)).drop("month"), ATTRIBUTE_DEPTH)
    latest = seen.mutate(turn=ibis.row_number().over(ibis.window(group_by="panel_key", order_by="age")))
    return latest.filter(latest.turn == 0).select("panel_key", *names)


def _zero_where_delivered(rows: ibis.Table, delivered: frozenset[str]) -> ibis.Table:
    counts: list[str] = []
    if "ticket" in delivered:
        counts += [f"{name}_count" for name in _TICKET_COUNTS]
    if "subscription" in delivered:
        counts += _PRODUCT_COUNTS
    return rows.mutate(**{name: rows[name].fill_null(0) for name in counts}) if counts else rows


def _null_where_absent(rows: ibis.Table, delivered: frozenset[str]) -> ibis.Table:
    if "payment" in delivered:
        return rows
    return rows.mutate(**{name: ibis.null(rows[name].type()) for name in _DEBTS})
