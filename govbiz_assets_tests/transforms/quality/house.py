"""A province with planted defects, cleaned in memory, and what the quality rules say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, CHANNELS
from govbiz_assets.contracts.month import add_months
from govbiz_assets.reports.quality_evaluation import planted_province
from govbiz_assets.resources import cleaning_options
from govbiz_assets.simulate.planting import Planted
from govbiz_assets.sources.landing import LandingFile
from govbiz_assets.sources.manifest import manifest_frame
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.sources.read import read_file
from govbiz_assets.sources.scan import FileScan, scan_channel
from govbiz_assets.transforms.account import row_account
from govbiz_assets.transforms.cleaned import monthly_usage
from govbiz_assets.transforms.identity.code import with_code_evidence
from govbiz_assets.transforms.metering import READ_DEPTH
from govbiz_assets.transforms.quality.counts import flags, rule_counts
from govbiz_assets.transforms.quality.deliveries import (
    MANIFEST_COLUMNS,
    field_kinds,
    file_counts,
    record_counts,
    refused_records,
    style_counts,
    styles,
)
from govbiz_assets.transforms.quality.judge import QualityInputs, judge_all
from govbiz_assets.transforms.quality.judged import checked_counts, marked_rows
from govbiz_assets.transforms.quality.params import QUALITY_DEPTH
from govbiz_assets.transforms.raw import record_month
from govbiz_assets.transforms.records import (
    kept_records,
    parse_records,
    quarantined_records,
    repeated_records,
    set_aside_records,
)
from govbiz_assets.transforms.reference import calendar_days
from govbiz_assets.transforms.stack import stack
from govbiz_assets_tests.transforms.tables import new_engine

SEEDS = Path(__file__).parents[3] / "seeds"
CLOSING_DAY = 10
# How far back each input reaches, as the asset declares it.
DEPTHS = {
    "customers": 1,
    "accounts": 2,
    "usage_daily": 1,
    "usage_monthly": QUALITY_DEPTH,
    "bills": QUALITY_DEPTH,
    "payments": QUALITY_DEPTH,
    "tickets": 1,
    "subscriptions": 1,
    "weather": 1,
    "meter_reads": READ_DEPTH,
    "identities": 1,
    "manifest": 1,
}


@dataclass(frozen=True)
class QualityHouse:
    """What a run over all months would see, and what was planted in it."""

    inputs: QualityInputs
    quarantine: ibis.Table
    row_account: ibis.Table
    months: tuple[date, ...]
    planted: list[Planted]
    explained: list[Planted]

    def judge(self, first: date, last: date) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Flags and counts of a run over these months, which sees no more than the asset declares."""
        given = _clipped(self.inputs, first, last)
        judged = judge_all(given, first, closing_day=CLOSING_DAY)
        found = flags(judged, [marked_rows(subject).to_polars() for subject in judged])
        account = _between(self.row_account, first, last).to_polars()
        delivered = [
            file_counts(given.manifest.select(*MANIFEST_COLUMNS).to_polars()),
            record_counts(
                account,
                refused_records(_between(self.quarantine, first, last)).to_polars(),
                field_kinds(CHANNELS, {}),
            ),
            style_counts(styles(given.raw).to_polars()),
        ]
        return found, rule_counts(judged, checked_counts(judged).to_polars(), account, found, delivered)


def build_house(folder: Path) -> QualityHouse:
    """Plants and cleans a province."""
    planted, explained, months = planted_province(folder / "landing")
    engine, profile = new_engine(), load_profile("sample", SEEDS / "profiles")
    scans = {
        name: scan_channel(profile, name, folder / "landing", months, folder / "work") for name in profile.channels
    }
    # People have decided nothing yet about who is one customer.
    parts = {name: _clean(engine, name, folder, found) for name, found in scans.items() if found}
    cleaned, raw = ({name: part[place] for name, part in parts.items()} for place in (0, 1))
    aside, quarantine = (
        engine.create_table(name, stack([part[place] for part in parts.values()]))
        for name, place in (("set_aside", 2), ("quarantine", 3))
    )
    calendar = engine.create_table("calendar", ibis.memtable(calendar_days()))
    inputs = QualityInputs(
        customers=cleaned["customer"],
        accounts=cleaned["account"],
        usage_daily=cleaned["usage"],
        usage_monthly=engine.create_table("usage_monthly", monthly_usage(cleaned["usage"], calendar)),
        bills=cleaned["bill"],
        payments=cleaned["payment"],
        tickets=cleaned["ticket"],
        subscriptions=cleaned["subscription"],
        weather=cleaned["weather"],
        meter_reads=cleaned["meter_read"],
        identities=_identities(engine),
        manifest=engine.create_table(
            "manifest", ibis.memtable(manifest_frame(chain(*scans.values()), profile, months))
        ),
        industries=_reference(engine, "industry"),
        divisions=_reference(engine, "division"),
        products=_reference(engine, "product"),
        tariffs=_reference(engine, "tariff"),
        raw=raw,
        not_kept=(aside, quarantine),
    )
    account = engine.create_table("row_account", row_account(raw, cleaned, aside, quarantine))
    return QualityHouse(inputs, quarantine, account, tuple(months), planted, explained)


def _clean(engine: Backend, name: str, folder: Path, scans: Sequence[FileScan]) -> tuple[ibis.Table, ...]:
    """Kept, raw, set aside and quarantined records of a channel."""
    profile = load_profile("sample", SEEDS / "profiles")
    source, channel, contract = profile.channels[name], CHANNEL_BY_NAME[name], tables.CLEANED_BY_CHANNEL[name]
    records = []
    for scan in scans:
        file = LandingFile(folder / "landing" / scan.source_file, scan.source_file, scan.channel, scan.month)
        rows = read_file(engine, scan, file, source, profile, folder / "work")
        records.append(record_month(rows, channel, scan.month, profile.months.first, profile.months.last))
    raw = engine.create_table(f"raw_{name}", stack(records))
    parsed = engine.create_table(f"parsed_{name}", parse_records(raw, channel, cleaning_options(source)))
    repeated = engine.create_table(f"repeated_{name}", repeated_records(parsed, channel, {}))
    kept = engine.create_table(f"cleaned_{name}", kept_records(parsed, repeated, contract))
    return kept, raw, set_aside_records(repeated, channel), quarantined_records(parsed, channel)


def _identities(engine: Backend) -> ibis.Table:
    """What `identity.source_record` says of the codes of the customers."""
    given = engine.table("parsed_customer").select("month", "source_file", "row_no", given_code="credit_code")
    return engine.create_table("identities", with_code_evidence(given, "given_code"))


def _reference(engine: Backend, name: str) -> ibis.Table:
    frame = pl.read_csv(SEEDS / "reference" / f"{name}.csv", infer_schema=False)
    numbers = [column for column in frame.columns if column.endswith(("_kwh", "_kva"))]
    return engine.create_table(name, ibis.memtable(frame.with_columns(pl.col(numbers).cast(pl.Float64))))


def _clipped(inputs: QualityInputs, first: date, last: date) -> QualityInputs:
    parts = {
        name: _between(getattr(inputs, name), add_months(first, 1 - depth), last) for name, depth in DEPTHS.items()
    }
    return replace(inputs, **parts, raw={name: _between(rows, first, last) for name, rows in inputs.raw.items()})


def _between(table: ibis.Table, first: date, last: date) -> ibis.Table:
    return table.filter(table.month >= first, table.month <= last)
