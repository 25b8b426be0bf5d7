"""A small simulated province, cleaned by the real transforms."""

from __future__ import annotations

import csv
import hmac
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME
from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.resources import cleaning_options
from govbiz_assets.simulate import SimulationParams, simulate_province
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import scan_channel
from govbiz_assets.transforms.cleaned import monthly_usage
from govbiz_assets.transforms.features.customer import ATTRIBUTE_DEPTH, FeatureInputs
from govbiz_assets.transforms.features.payment import PAYMENT_DEPTH
from govbiz_assets.transforms.features.service import SERVICE_DEPTH
from govbiz_assets.transforms.features.usage import USAGE_DEPTH
from govbiz_assets.transforms.raw import record_month
from govbiz_assets.transforms.records import kept_records, parse_records, repeated_records
from govbiz_assets.transforms.reference import calendar_days
from govbiz_assets.transforms.stack import stack
from govbiz_assets_tests.transforms.tables import PSEUDONYM_KEY, new_engine, table

SEEDS = Path(__file__).parents[2] / "seeds"
MONTHS = tuple(month_range(date(2024, 1, 1), date(2025, 6, 1)))
CHANNELS = ("customer", "account", "usage", "bill", "payment", "ticket", "subscription", "weather")
# How far back each input of the features reaches, as the asset declares it.
DEPTHS = {
    "customers": 1,
    "accounts": USAGE_DEPTH,
    "usage": USAGE_DEPTH,
    "bills": PAYMENT_DEPTH,
    "payments": PAYMENT_DEPTH,
    "tickets": SERVICE_DEPTH,
    "subscriptions": SERVICE_DEPTH,
    "weather": 1,
    "attributes": ATTRIBUTE_DEPTH,
}


@dataclass(frozen=True)
class Province:
    """Cleaned tables of a simulated province, and the truth that was planted in it."""

    engine: Backend
    landing: Path
    months: tuple[date, ...]
    inputs: FeatureInputs

    def truth(self, name: str) -> list[dict[str, str]]:
        """Returns a file of the planted truth."""
        with (self.landing / "truth" / f"{name}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))


def customer_id(number: str) -> str:
    """Returns a customer's pseudonym, computed apart from the engine."""
    return "c" + hmac.new(PSEUDONYM_KEY, f"c:{number}".encode(), "sha256").hexdigest()[:20]


def clipped(inputs: FeatureInputs, first: date, last: date) -> FeatureInputs:
    """Returns the inputs that the asset sees in a run over the months from `first` to `last`."""
    parts = {}
    for name, depth in DEPTHS.items():
        rows = getattr(inputs, name)
        parts[name] = rows.filter(rows.month >= add_months(first, 1 - depth), rows.month <= last)
    return replace(inputs, **parts)


def build_province(folder: Path) -> None:
    """Simulates a province and cleans it, channel by channel, into Parquet files."""
    landing = folder / "landing"
    params = SimulationParams(customers=80, months=len(MONTHS), event_rate=0.03)
    assert simulate_province(params, landing).months == MONTHS
    engine = new_engine()
    cleaned = {name: _clean(engine, name, landing, folder / "work") for name in CHANNELS}
    calendar = engine.create_table("calendar", ibis.memtable(calendar_days()))
    industry = pl.read_csv(SEEDS / "reference" / "industry.csv", infer_schema=False)
    made = {
        **cleaned,
        "usage_monthly": monthly_usage(cleaned["usage"], calendar),
        "industry": ibis.memtable(industry.with_columns(pl.col("is_high_energy") == "1")),
    }
    for name, rows in made.items():
        engine.to_parquet(rows, folder / f"{name}.parquet")


def open_province(folder: Path) -> Province:
    """Opens a province that was built, in an engine of its own."""
    engine = new_engine()
    made = {path.stem: engine.create_table(path.stem, engine.read_parquet(path)) for path in folder.glob("*.parquet")}
    inputs = FeatureInputs(
        customers=made["customer"],
        accounts=made["account"],
        usage=made["usage_monthly"],
        bills=made["bill"],
        payments=made["payment"],
        tickets=made["ticket"],
        subscriptions=made["subscription"],
        weather=made["weather"],
        attributes=table(tables.ATTRIBUTE_MONTHLY),
        industries=made["industry"],
    )
    return Province(engine, folder / "landing", MONTHS, inputs)


def _clean(engine: Backend, name: str, landing: Path, work: Path) -> ibis.Table:
    profile = load_profile("sample", SEEDS / "profiles")
    source, channel, contract = profile.channels[name], CHANNEL_BY_NAME[name], tables.CLEANED_BY_CHANNEL[name]
    records = []
    for scan in scan_channel(profile, name, landing, MONTHS, work):
        file = LandingFile(landing / scan.source_file, scan.source_file, scan.channel, scan.month)
        rows = read_file(engine, scan, file, source, profile, work)
        records.append(record_month(rows, channel, scan.month, profile.months.first, profile.months.last))
    parsed = engine.create_table(f"parsed_{name}", parse_records(stack(records), channel, cleaning_options(source)))
    kept = kept_records(parsed, repeated_records(parsed, channel, {}), contract)
    return engine.create_table(f"cleaned_{name}", _complete(kept, contract))


def _complete(rows: ibis.Table, contract: TableContract) -> ibis.Table:
    """Adds the columns of the contract that the channel does not carry, as the stored table has them."""
    assert set(rows.columns) == set(contract.column_names)
    return rows.select(*contract.column_names)
