"""What was due and what came, by channel and city, and how that compares with the months before.

The channels that come month by month are looked at. Attributes and labels describe customers and come as they come up.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir
import polars as pl

from govbiz_assets.transforms.features.capacity import is_open
from govbiz_assets.transforms.features.panel import month_end, month_index, ratio
from govbiz_assets.transforms.stack import stack

CHANNELS = ("customer", "account", "usage", "bill", "payment", "ticket", "subscription", "weather")
HISTORY_MONTHS = 12
# With fewer months before it, a month has no history to compare with.
MIN_HISTORY = 3
# Until there is a history, nothing received is an alarm only where at least so many accounts or bills were due.
MIN_UNITS = 5
# Coverage that is lower by a tenth than usual is thin however steady the channel is.
LEAST_DROP = 0.1
_SIGMAS = 3.0
_NORMAL_MAD = 1.4826  # median absolute deviations in one standard deviation of a normal distribution
_DAILY = ("usage", "weather")  # one record a day, so that long months expect more
_BY_ACCOUNT = ("usage", "bill")  # where it is due, each account brings it or not

ALL = "all"
UNKNOWN = "unknown"
_KEY = ["month", "channel", "customer_group"]

Deliveries = Collection[tuple[date, str]]
"""Month and channel of every delivery that the profile promises."""


@dataclass(frozen=True)
class DeliveryInputs:
    """Cleaned tables of the months to count, and the divisions."""

    customers: ibis.Table
    accounts: ibis.Table
    usage: ibis.Table
    bills: ibis.Table
    payments: ibis.Table
    tickets: ibis.Table
    subscriptions: ibis.Table
    weather: ibis.Table
    divisions: ibis.Table


def monthly_delivery(inputs: DeliveryInputs, promised: Deliveries) -> ibis.Table:
    """Counts what was due and what was received and kept.

    Due are: readings, one per account and day that it was open; bills, one per account that was open in the month;
    payments, one per bill of the month. Without an account archive, or without bills, nothing says what is due; the
    other channels are never due by an archive.

    Args:
        inputs: Cleaned tables.
        promised: What the profile delivers.

    Returns:
        Rows of `cleaned.delivery_monthly`: per month and promised channel the group `all` and every city that has a
        customer, an account or a record in the month.
    """
    channels = {channel for _, channel in promised}
    parts = stack(_parts(inputs, channels))
    cities = inputs.divisions.filter(inputs.divisions.division_level == "市")
    cities = cities.select(city_code="division_code", city_name="division_name")
    named = parts.left_join(cities, "city_code").mutate(
        customer_group=lambda t: ibis.coalesce(t.city_name, t.city_code, UNKNOWN)
    )
    named = named.select(*_KEY, "due", "received")
    whole = named.mutate(customer_group=ibis.literal(ALL))
    counted = stack([named, whole])
    counted = counted.group_by(_KEY).aggregate(due=counted.due.sum(), received=counted.received.sum())
    asked = _frame(promised)
    groups = stack(
        [counted.select("month", "customer_group"), asked.select("month", customer_group=ibis.literal(ALL))]
    ).distinct()
    rows = asked.join(groups, "month").left_join(counted, _KEY)
    rows = rows.select(*_KEY, due=rows.due.fill_null(0), received=rows.received.fill_null(0))
    return rows.select(
        *_KEY,
        due_count=_in_all(rows, rows.due > 0).ifelse(rows.due, ibis.null("int64")).cast("int64"),
        received_count=rows.received.cast("int64"),
    )


def monthly_coverage(delivery: ibis.Table, months: Collection[date], promised: Deliveries) -> ibis.Table:
    """Compares what came with what was expected, and the coverage with that of the twelve months before.

    Expected is what was due; where nothing says what is due, the median of what the channel brought in the months
    before, by the day for daily channels. The band begins below the median coverage of these months, at the largest
    of three distances: three of its spreads; three standard deviations of chance; a tenth. Chance is binomial where
    each account brings its readings or its bill or not (with one success and one failure added, as in Laplace's rule
    of succession), and Poisson where records are counted: a bill may be paid in parts. So one account of three that
    falls silent is chance, and twenty of a hundred are not.

    Args:
        delivery: `cleaned.delivery_monthly` of the months and the twelve before them.
        months: Months to compare.
        promised: What the profile delivers in them.

    Returns:
        Rows of `cleaned.coverage_monthly`; a channel that is not promised has one row, status `absent`.
    """
    base = _expected_groups(delivery, promised)
    base = base.mutate(at=month_index(base.month), days=_days(base.month, base.channel))
    history = _history(base, delivery)
    rows = base.left_join(history, _KEY).drop("month_right", "channel_right", "customer_group_right")
    rows = rows.mutate(
        history_months=rows.history_months.fill_null(0),
        expected_count=rows.is_due.ifelse(rows.due.cast("float64"), (rows.usual * rows.days + 0.5).floor()),
    )
    has_history = rows.history_months >= MIN_HISTORY
    unknown = ibis.null("float64")
    # A level of its own is what is usual by definition.
    rows = rows.mutate(
        expected_count=(rows.is_due | has_history).ifelse(rows.expected_count, unknown),
        usual_coverage_ratio=has_history.ifelse(rows.is_due.ifelse(rows.usual, ratio(rows.usual, rows.usual)), unknown),
        spread_coverage_ratio=has_history.ifelse(
            rows.is_due.ifelse(rows.spread, ratio(rows.spread, rows.usual)), unknown
        ),
    )
    rows = rows.mutate(coverage_ratio=ratio(rows.received, rows.expected_count), units=rows.expected_count / rows.days)
    drop = ibis.greatest(_SIGMAS * rows.spread_coverage_ratio, _SIGMAS * _chance(rows), LEAST_DROP)
    low = ibis.greatest(rows.usual_coverage_ratio - drop, 0.0)
    rows = rows.mutate(low_coverage_ratio=rows.usual_coverage_ratio.isnull().ifelse(unknown, low))
    absent = _frame([(month, name) for month in months for name in CHANNELS if (month, name) not in set(promised)])
    return stack([_with_status(rows), _absent(absent)])


def _parts(inputs: DeliveryInputs, channels: Collection[str]) -> list[ibis.Table]:
    """Counts each channel by month and city code: `due` and `received`."""
    customers = inputs.customers.select("month", "customer_id", home=inputs.customers.division_code)
    owned = inputs.accounts.left_join(customers, ["month", "customer_id"])
    accounts = owned.select(
        "month",
        "account_id",
        city_code=_city(ibis.coalesce(owned.division_code, owned.home)),
        open_days=_open_days(owned),
    )
    places = accounts.select("month", "account_id", "city_code")
    homes = customers.select("month", "customer_id", city_code=_city(customers.home))

    def received(channel: str, rows: ibis.Table, of: ibis.Table | None = None, key: str = "") -> ibis.Table:
        located = rows if of is None else rows.left_join(of, ["month", key])
        return _count(located, channel, received=located.count())

    read = inputs.usage.select("month", "account_id", "read_days").left_join(places, ["month", "account_id"])
    bills = received("bill", inputs.bills.select("month", "account_id"), places, "account_id")
    parts = [
        received("customer", homes),
        received("account", places),
        _count(read, "usage", received=read.read_days.sum()),
        bills,
        received("payment", inputs.payments.select("month", "account_id"), places, "account_id"),
        received("ticket", inputs.tickets.select("month", "account_id"), places, "account_id"),
        received("subscription", inputs.subscriptions.select("month", "customer_id"), homes, "customer_id"),
        received("weather", inputs.weather.select("month", city_code=_city(inputs.weather.division_code))),
    ]
    if "account" in channels:
        parts.append(_count(accounts, "usage", due=accounts.open_days.sum()))
        parts.append(_count(accounts, "bill", due=(accounts.open_days > 0).ifelse(1, 0).sum()))
    if "bill" in channels:
        payable = bills.select("month", "city_code", due="received", received=ibis.literal(0))
        parts.append(payable.mutate(channel=ibis.literal("payment")))
    return [
        part.select("month", "channel", "city_code", due=part.due.cast("int64"), received=part.received.cast("int64"))
        for part in parts
    ]


def _count(rows: ibis.Table, channel: str, **counted: ir.Value) -> ibis.Table:
    grouped = rows.group_by(["month", "city_code"]).aggregate(**counted)
    missing = {name: ibis.literal(0) for name in ("due", "received") if name not in counted}
    return grouped.mutate(channel=ibis.literal(channel), **missing)


def _city(division_code: ir.StringValue) -> ir.StringValue:
    """Code of the city: the first four digits of GB/T 2260."""
    return cast("ir.StringValue", division_code.substr(0, 4) + "00")


def _open_days(accounts: ibis.Table) -> ir.IntegerValue:
    """Days of the month on which the account was open; all of them where no date says otherwise."""
    ends = month_end(accounts.month)
    first = ibis.greatest(accounts.opened_date.fill_null(accounts.month), accounts.month)
    last = ibis.least(accounts.closed_date.fill_null(ends), ends)
    days = ibis.greatest(last.delta(first, unit="day") + 1, 0)
    # An archive without a date of closing says by the status alone that an account is closed.
    is_closed = accounts.closed_date.isnull() & ~is_open(accounts)
    return cast("ir.IntegerValue", is_closed.ifelse(0, days))


def _expected_groups(delivery: ibis.Table, promised: Deliveries) -> ibis.Table:
    """Returns what was due and came, per promised delivery and group seen in its month or the twelve before."""
    asked = _frame(promised)
    asked = asked.mutate(at=month_index(asked.month))
    seen = delivery.select("customer_group", seen_at=month_index(delivery.month)).distinct()
    reach = [seen.seen_at <= asked["at"], seen.seen_at >= asked["at"] - HISTORY_MONTHS]
    groups = asked.join(seen, reach).select(*_KEY).distinct()
    rows = groups.left_join(delivery, _KEY)
    rows = rows.select(*_KEY, "due_count", received=rows.received_count.fill_null(0))
    return rows.select(
        *_KEY, "received", is_due=_in_all(rows, rows.due_count.notnull()), due=rows.due_count.fill_null(0)
    )


def _in_all(rows: ibis.Table, holds: ir.BooleanValue) -> ir.BooleanValue:
    """True for every group of a month and channel where it holds for the group `all`.

    A window, because Ibis 12 takes the other side's column for its own where a table is joined with a part of itself.
    """
    found = ((rows.customer_group == ALL) & holds).ifelse(1, 0)
    return cast("ir.BooleanValue", found.max().over(ibis.window(group_by=["month", "channel"])) == 1)


def _history(base: ibis.Table, delivery: ibis.Table) -> ibis.Table:
    """Returns median, spread and number of what the twelve months before say: coverage, or records (by the day)."""
    past = delivery.select(
        "channel",
        "customer_group",
        "due_count",
        "received_count",
        past_at=month_index(delivery.month),
        past_days=_days(delivery.month, delivery.channel),
    )
    same = [
        base.channel == past.channel,
        base.customer_group == past.customer_group,
        past.past_at < base["at"],
        past.past_at >= base["at"] - HISTORY_MONTHS,
    ]
    pairs = base.select(*_KEY, "at", "is_due").join(past, same)
    pairs = pairs.select(
        *_KEY,
        value=pairs.is_due.ifelse(
            ratio(pairs.received_count, pairs.due_count), ratio(pairs.received_count, pairs.past_days)
        ),
    )
    known = pairs.filter(pairs.value.notnull())
    usual = known.group_by(_KEY).aggregate(usual=known.value.median(), history_months=known.count())
    beside = known.join(usual, _KEY)
    beside = beside.mutate(deviation=(beside.value - beside.usual).abs())
    return beside.group_by([*_KEY, "usual", "history_months"]).aggregate(spread=beside.deviation.median() * _NORMAL_MAD)


def _chance(rows: ibis.Table) -> ir.FloatingValue:
    """Standard deviation of coverage by chance alone, in a group of that size; the weather has none."""
    share = (ibis.least(rows.usual_coverage_ratio, 1.0) * rows.units + 1) / (rows.units + 2)
    binomial = ratio(share * (1 - share), rows.units).sqrt()
    poisson = ratio(rows.usual_coverage_ratio, rows.units).sqrt()
    chance = (rows.is_due & rows.channel.isin(_BY_ACCOUNT)).ifelse(binomial, poisson)
    return cast("ir.FloatingValue", (rows.channel == "weather").ifelse(0.0, chance).fill_null(0.0))


def _with_status(rows: ibis.Table) -> ibis.Table:
    nothing_came = rows.received == 0
    is_alarming = ibis.coalesce(rows.low_coverage_ratio > 0, rows.units >= MIN_UNITS)
    status = ibis.cases(
        (rows.expected_count.isnull(), "ok"),
        (rows.expected_count == 0, nothing_came.ifelse("ok", "unexpected")),
        (nothing_came & is_alarming, "missing"),
        (rows.coverage_ratio < rows.low_coverage_ratio, "thin"),
        else_="ok",
    )
    return rows.select(
        *_KEY,
        "coverage_ratio",
        "history_months",
        "usual_coverage_ratio",
        "spread_coverage_ratio",
        "low_coverage_ratio",
        expected_count=rows.expected_count.cast("int64"),
        received_count=rows.received.cast("int64"),
        coverage_status=status,
    )


def _absent(deliveries: ibis.Table) -> ibis.Table:
    ratios = ("coverage_ratio", "usual_coverage_ratio", "spread_coverage_ratio", "low_coverage_ratio")
    return deliveries.mutate(
        customer_group=ibis.literal(ALL),
        received_count=ibis.literal(0, "int64"),
        expected_count=ibis.null("int64"),
        history_months=ibis.null("int64"),
        coverage_status=ibis.literal("absent"),
        **{name: ibis.null("float64") for name in ratios},
    )


def _days(month: ir.DateValue, channel: ir.StringValue) -> ir.FloatingValue:
    """Days of the month for a daily channel, else 1."""
    days = month_end(month).day().cast("float64")
    return cast("ir.FloatingValue", channel.isin(_DAILY).ifelse(days, 1.0))


def _frame(deliveries: Deliveries) -> ibis.Table:
    months, channels = zip(*sorted(deliveries), strict=True) if deliveries else ((), ())
    return ibis.memtable(
        pl.DataFrame(
            {"month": list(months), "channel": list(channels)}, schema={"month": pl.Date, "channel": pl.String}
        )
    )
