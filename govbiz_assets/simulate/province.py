"""The month loop: the province lives from month to month and delivers its files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from govbiz_assets.simulate import (
    billing,
    files,
    masters,
    meters,
    payments,
    population,
    products,
    service,
    truth,
    usage,
)
from govbiz_assets.simulate.billing import Bills
from govbiz_assets.simulate.churn import CAUSES, LEAD_MONTHS, no_plans, plan_month
from govbiz_assets.simulate.columns import appended
from govbiz_assets.simulate.dirt import DIRT_COLUMNS, TARGETS, Spoiler
from govbiz_assets.simulate.groups import GROUP_COLUMNS, change_groups, found_groups, group_truth
from govbiz_assets.simulate.identity import (
    IDENTITY_COLUMNS,
    Identities,
    change_identities,
    identity_truth,
    renamed,
)
from govbiz_assets.simulate.params import SimulationParams, SimulationSummary, month_start, stream, whole
from govbiz_assets.simulate.population import LADDER
from govbiz_assets.simulate.reference import SEEDS, Reference, load_reference
from govbiz_assets.simulate.weather import month_weather, weather_frame
from govbiz_assets.simulate.workdays import month_days

WARM_UP_MONTHS = LEAD_MONTHS + 2
EXTENSION_RATE, EXTENSION_GROWTH = 0.02, 0.08
"""Monthly share of fast growing customers whose accounts get more capacity, and what fast means (yearly log)."""
EXTENSION_LOAD = 1.12
"""Growth of the load that comes with more capacity (ratio)."""


def simulate_province(
    params: SimulationParams,
    landing: Path,
    *,
    on_month: Callable[[date, int], None] | None = None,
    seeds: Path = SEEDS,
) -> SimulationSummary:
    """Writes the deliveries of a sample province and the truth that was planted in them.

    Args:
        params: Everything that decides the content.
        landing: Folder to write to: one folder a month and `truth/`.
        on_month: Called after each month with its first day and the number of records written.
        seeds: Folder that holds the code lists.

    Returns:
        What was written.

    Raises:
        FileExistsError: If the folder holds months that this simulation would not write.
    """
    wanted = {f"{month_start(params.first + offset):%Y-%m}" for offset in range(params.months)}
    present = {path.name for path in landing.glob("*") if re.fullmatch(r"\d{4}-\d{2}", path.name)}
    if present - wanted:
        raise FileExistsError(f"{landing} holds other months ({min(present - wanted)} ...): choose an empty folder")
    province = Province(params, landing, load_reference(seeds))
    months = []
    for index in range(params.first, params.first + params.months):
        records = province.live(index)
        months.append(month_start(index))
        if on_month:
            on_month(months[-1], records)
    return SimulationSummary(
        landing=landing,
        months=tuple(months),
        rows=dict(province.rows),
        dirt=dict(province.dirt),
        customers=len(province.customers),
        accounts=len(province.accounts),
        events=province.events,
    )


class Province:
    """Customers, accounts and everything that is carried from one month to the next."""

    def __init__(self, params: SimulationParams, landing: Path, reference: Reference) -> None:
        self.params, self.landing, self.reference = params, landing, reference
        self.rows: Counter[str] = Counter()
        self.dirt: Counter[str] = Counter()
        self.events = 0
        truth.start_truth(landing / "truth", reference)
        before = params.first - 1
        self.customers, self.accounts = population.join(params, reference, before, params.customers, 0, 0)
        self.texts = masters.customer_texts(params, reference, before, self.customers, 0)
        self.holdings = products.take_up(params, reference, before, self.customers, 0)
        self.plans = no_plans(params.customers)
        self.identities = Identities.of(self.customers, self.accounts)
        self.groups = found_groups(params, self.customers)
        self.contract_kva = self.accounts.contract_kva.copy()
        self.queue = payments.no_payments()
        self.bills: Bills | None = None
        self.meters = meters.install(params.seed, before, self.accounts.base_kwh, 0)
        self._number()
        truth.customer_truth(landing / "truth", self.customers, 0)
        for index in range(params.first - WARM_UP_MONTHS, params.first):
            plan_month(params, self.customers, self.plans, index)
        for _ in self._usage(before):
            pass
        self.run_kva = self._running(before)

    def live(self, index: int) -> int:
        """Lets a month pass and writes its files.

        Args:
            index: Number of the month.

        Returns:
            Number of records written.
        """
        self._newcomers(index)
        plan_month(self.params, self.customers, self.plans, index, self.identities.is_settled)
        self._identities(index)
        self._groups(index)
        self._extensions(index)
        written = sum(self._write(index, channel, frames) for channel, frames in self._deliveries(index))
        self.run_kva = self._running(index)
        self.events += truth.event_truth(self.landing / "truth", self.customers, self.plans, index)
        return written

    def _deliveries(self, index: int) -> Iterator[tuple[str, Iterable[pl.DataFrame]]]:
        """Yields the channels of a month one by one: bills charge the month before, meters are read after the usage."""
        seed, plans, customers, reference = self.params.seed, self.plans, self.customers, self.reference
        is_shown = masters.shown_customers(index, customers, plans)
        yield (
            "customer",
            [
                masters.customer_frame(
                    customers, self.texts, self.groups.superior, is_shown & ~self.identities.is_gone, reference
                )
            ],
        )
        yield (
            "account",
            [
                masters.account_frame(
                    index,
                    self.accounts,
                    self.contract_kva,
                    customers,
                    plans,
                    is_shown,
                    self.identities.owner,
                    self.customer_numbers,
                    self.account_numbers,
                    reference,
                )
            ],
        )
        self.bills = billing.month_bills(
            seed, index, self.band_wh, self.is_supplied, self.run_kva, self.accounts, reference, self.bills
        )
        yield "bill", [billing.bill_frame(index, self.bills, self.account_numbers)]
        way = payments.ways_to_pay(self.bills, self.accounts, customers, plans, index)
        planned = payments.pay(self.bills, way, seed, index)
        paid, self.queue = payments.due_payments(appended(self.queue, planned), index)
        yield "payment", [payments.payment_frame(index, seed, paid, self.account_numbers)]
        is_active = is_shown & ~(plans.is_closure() & (plans.event < index))
        yield "ticket", [service.month_tickets(seed, index, customers, plans, is_active, self.account_numbers)]
        yield (
            "subscription",
            [
                products.subscription_frame(
                    index,
                    self.holdings,
                    customers,
                    self._closed(index),
                    self.customer_numbers,
                    reference,
                    self.identities.is_gone,
                )
            ],
        )
        yield "weather", [weather_frame(month_weather(seed, index, reference), month_days(index), reference)]
        yield "usage", self._usage(index)
        readings, self.meters = meters.read_meters(
            self.params, index, self.meters, self.band_wh.sum(axis=1), self.is_supplied, self.account_numbers
        )
        yield "meter_read", [readings]

    def _usage(self, index: int) -> Iterator[pl.DataFrame]:
        """Yields the daily usage of a month in blocks of accounts, and keeps what the next bills need."""
        count, days = len(self.accounts), month_days(index)
        weather = month_weather(self.params.seed, index, self.reference)
        factor, closed = self.plans.load_factor(index), self._closed(index)
        self.band_wh = np.zeros((count, 5), dtype=np.int64)
        self.is_supplied = np.zeros(count, dtype=bool)
        for start in range(0, count, self.params.chunk_accounts):
            block = slice(start, min(start + self.params.chunk_accounts, count))
            load = usage.month_load(
                self.params.seed, index, block, self.accounts, self.customers, factor, closed, days, weather
            )
            self.band_wh[block] = load.bands.sum(axis=1)
            self.is_supplied[block] = load.is_metered.any(axis=1)
            yield usage.usage_frame(self.params.seed, index, block, load, self.account_numbers, days)

    def _closed(self, index: int) -> np.ndarray:
        """Closing dates that are known by the end of a month."""
        return np.where(self.plans.event <= index, self.plans.closed_dates(), np.datetime64("NaT", "D"))

    def _running(self, index: int) -> np.ndarray:
        return masters.running_kva(self.contract_kva, self.accounts, self.plans.run_ratio(index))

    def _newcomers(self, index: int) -> None:
        """Lets as many customers join as are expected to close."""
        share = sum(cause.share for cause in CAUSES if cause.kind == "closure")
        rng = stream(self.params.seed, "newcomers", index)
        count = whole(self.params.event_rate * share * self.params.customers, rng)
        offset = len(self.customers)
        customers, accounts = population.join(self.params, self.reference, index, count, offset, len(self.accounts))
        texts = masters.customer_texts(self.params, self.reference, index, customers, offset)
        holdings = products.take_up(self.params, self.reference, index, customers, offset)
        truth.customer_truth(self.landing / "truth", customers, offset)
        self.customers, self.accounts = appended(self.customers, customers), appended(self.accounts, accounts)
        self.texts, self.holdings = pl.concat([self.texts, texts]), appended(self.holdings, holdings)
        self.plans = appended(self.plans, no_plans(count))
        self.identities = self.identities.extended(customers, accounts)
        self.groups = self.groups.extended(count)
        added = len(accounts)
        hung = meters.install(self.params.seed, index, accounts.base_kwh, len(self.accounts) - added)
        self.meters = appended(self.meters, hung)
        self.contract_kva = np.concatenate([self.contract_kva, accounts.contract_kva])
        self.run_kva = np.concatenate([self.run_kva, accounts.contract_kva])
        self.band_wh = np.concatenate([self.band_wh, np.zeros((added, 5), dtype=np.int64)])
        self.is_supplied = np.concatenate([self.is_supplied, np.zeros(added, dtype=bool)])
        self._number()

    def _identities(self, index: int) -> None:
        """Lets some customers change their name, give an account away, merge or split."""
        events = change_identities(self.params, self.customers, self.accounts, self.plans, self.identities, index)
        self.texts = renamed(self.texts, events, self.customers, self.reference)
        files.append_truth(self.landing / "truth" / "identity.csv", IDENTITY_COLUMNS, identity_truth(events, index))

    def _groups(self, index: int) -> None:
        """Lets an organisation change its group."""
        rows = group_truth(self.groups, change_groups(self.params, self.groups, index), index)
        files.append_truth(self.landing / "truth" / "groups.csv", GROUP_COLUMNS, rows)

    def _extensions(self, index: int) -> None:
        """Gives some fast growing customers more capacity, and the load that they wanted it for."""
        rng = stream(self.params.seed, "extensions", index)
        grows = (self.customers.growth > EXTENSION_GROWTH) & (self.plans.cause == 0)
        chosen = grows & (rng.random(len(self.customers)) < EXTENSION_RATE)
        who = np.flatnonzero(chosen[self.accounts.customer])
        larger = np.minimum(np.searchsorted(LADDER, self.contract_kva[who], side="right"), len(LADDER) - 1)
        self.contract_kva[who] = LADDER[larger]
        self.accounts.base_kwh[who] *= EXTENSION_LOAD

    def _number(self) -> None:
        self.customer_numbers = truth.numbers(len(self.customers), "customer")
        self.account_numbers = truth.numbers(len(self.accounts), "account")

    def _write(self, index: int, channel: str, frames: Iterable[pl.DataFrame]) -> int:
        month = month_start(index)
        folder, landed = self.landing / f"{month:%Y-%m}", month_start(index + 1) + timedelta(days=1)
        spoiler = Spoiler(self.params, channel, index) if channel in TARGETS else None
        if channel == "ticket":
            (frame,) = frames
            count = files.write_workbook(folder / f"95598工单_{month:%Y%m}.xlsx", frame, spoiler, landed)
        else:
            form = files.FORMATS[channel]
            count = files.write_text(folder / f"{form.name}_{month:%Y%m}.csv", form, frames, spoiler, landed)
        if spoiler:
            truth_file = self.landing / "truth" / "dirt.csv"
            files.append_truth(truth_file, DIRT_COLUMNS, spoiler.log)
            self.dirt.update(spoiler.counts)
        self.rows[channel] += count
        return count
