"""All subjects that the rules judge, from the tables that a run sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import ibis

from govbiz_assets.transforms.quality.bills import judge_bills
from govbiz_assets.transforms.quality.deliveries import judge_files
from govbiz_assets.transforms.quality.judged import Judged
from govbiz_assets.transforms.quality.masters import (
    judge_accounts,
    judge_customers,
    judge_subscriptions,
    judge_tickets,
)
from govbiz_assets.transforms.quality.payments import judge_paid_bills, judge_payments
from govbiz_assets.transforms.quality.reads import judge_reads
from govbiz_assets.transforms.quality.usage import judge_days, judge_months, judge_series, judge_weather


@dataclass(frozen=True)
class QualityInputs:
    """The tables that the rules see; those of more than one month reach back as the asset declares.

    Attributes:
        customers: `cleaned.customer_monthly`.
        accounts: `cleaned.account_monthly`, 2 months.
        usage_daily: `cleaned.usage_daily`.
        usage_monthly: `cleaned.usage_monthly`, 13 months.
        bills: `cleaned.bill`, 13 months.
        payments: `cleaned.payment`, 13 months.
        tickets: `cleaned.ticket`.
        subscriptions: `cleaned.subscription_monthly`.
        weather: `cleaned.weather_daily`.
        meter_reads: `cleaned.meter_read`, 3 months.
        identities: `identity.source_record`.
        manifest: `quality.file_manifest`.
        industries: `reference.industry`.
        divisions: `reference.division`.
        products: `reference.product`.
        tariffs: `reference.tariff`.
        raw: Raw table of each delivered channel.
        not_kept: Tables that name the records which were not kept: `channel`, `source_file`, `row_no`.
    """

    customers: ibis.Table
    accounts: ibis.Table
    usage_daily: ibis.Table
    usage_monthly: ibis.Table
    bills: ibis.Table
    payments: ibis.Table
    tickets: ibis.Table
    subscriptions: ibis.Table
    weather: ibis.Table
    meter_reads: ibis.Table
    identities: ibis.Table
    manifest: ibis.Table
    industries: ibis.Table
    divisions: ibis.Table
    products: ibis.Table
    tariffs: ibis.Table
    raw: Mapping[str, ibis.Table]
    not_kept: tuple[ibis.Table, ...] = ()


def judge_all(given: QualityInputs, first: date, *, closing_day: int | None = None) -> list[Judged]:
    """Judges the rows of every delivered channel.

    Args:
        given: The tables.
        first: First month to judge; the tables end with the last one.
        closing_day: Day of the following month on which a month is closed; None where none is agreed.
    """
    codes = (given.industries, given.divisions)
    by_channel: dict[str, Callable[[], list[Judged]]] = {
        "customer": lambda: [judge_customers(_kept(given, "customer"), given.identities, *codes, first)],
        "account": lambda: [judge_accounts(given.accounts, given.customers, *codes, given.tariffs, first)],
        "usage": lambda: [
            judge_days(given.usage_daily, first),
            judge_series(given.usage_daily, first),
            judge_months(given.usage_monthly, given.accounts, first),
        ],
        "bill": lambda: [judge_bills(given.bills, given.accounts, given.tariffs, first)],
        "payment": lambda: [
            judge_payments(given.payments, given.bills, given.accounts, first),
            judge_paid_bills(given.payments, given.bills, first),
        ],
        "ticket": lambda: [judge_tickets(given.tickets, given.raw["ticket"], given.accounts, first)],
        "subscription": lambda: [judge_subscriptions(given.subscriptions, given.customers, given.products, first)],
        "weather": lambda: [judge_weather(given.weather, first)],
        "meter_read": lambda: [judge_reads(given.meter_reads, first)],
    }
    judged = [judge_files(given.manifest, first, closing_day)]
    for channel, judge in by_channel.items():
        if channel in given.raw:
            judged += judge()
    return judged


def _kept(given: QualityInputs, channel: str) -> ibis.Table:
    """Returns the raw records of a channel that were kept."""
    rows = given.raw[channel]
    for table in given.not_kept:
        rows = rows.anti_join(table.filter(table.channel == channel), ["month", "source_file", "row_no"])
    return rows
