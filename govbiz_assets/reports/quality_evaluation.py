"""What the quality rules find in a province with planted defects: found, missed, and false alarms on clean rows."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
from rich.console import Console
from rich.table import Column, Table

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.contracts.month import add_months, month_range
from govbiz_assets.contracts.quality_rules import DEFECT_BY_NAME, DEFECTS, RULE_BY_DEFECT
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_cleaned import CHARGE_MONTHLY, METER_USAGE_MONTHLY
from govbiz_assets.contracts.tables_source import FILE_MANIFEST, FLAG, RULE_COUNT
from govbiz_assets.pipeline import run_tables
from govbiz_assets.reports.published import scan_published
from govbiz_assets.settings import Settings
from govbiz_assets.simulate import DirtRates, SimulationParams, simulate_province
from govbiz_assets.simulate.planting import Planted
from govbiz_assets.simulate.quality_plants import plant_defects, plant_refused_files
from govbiz_assets.warehouse.pseudonym import load_key

MONTHS = 14
CUSTOMERS = 120
FIRST = date(2024, 3, 1)
"""The last of the 14 months must lie a year after another one without the Spring Festival."""
FALSE_ALARM_HIGH = 0.005
"""Largest share of clean rows that a rule may point out (ratio)."""
_NO_DIRT = DirtRates(*[0.0] * 10)
_PREFIXES = "abcmpt"
_KEY = ["month", "channel", "defect"]


@dataclass(frozen=True)
class DefectScore:
    """How one kind of defect was found.

    Attributes:
        defect: Name of the defect.
        planted: Defects that were planted.
        found: Those among them that were found.
        false_alarms: Findings that were neither planted nor follow from what was.
        clean_rows: Rows that were looked at and have no planted defect.
    """

    defect: str
    planted: int
    found: int
    false_alarms: int
    clean_rows: int

    @property
    def false_alarm_ratio(self) -> float:
        """Share of the clean rows that were pointed out."""
        return self.false_alarms / self.clean_rows if self.clean_rows else float(self.false_alarms > 0)

    @property
    def is_good(self) -> bool:
        """True where every planted defect was found and false alarms are rare."""
        return self.found == self.planted and self.false_alarm_ratio <= FALSE_ALARM_HIGH


def planted_province(
    landing: Path, *, customers: int = CUSTOMERS, seed: int = 11, first: date = FIRST
) -> tuple[list[Planted], list[Planted], list[date]]:
    """Simulates a clean province and plants defects in its files.

    Args:
        landing: Folder to write to.
        customers: Customers of the province.
        seed: Seed of the simulation.
        first: First of the 14 months.

    Returns:
        What was planted, what follows from it, and the months.
    """
    months = month_range(first, add_months(first, MONTHS - 1))
    params = SimulationParams(
        customers=customers,
        months=MONTHS,
        seed=seed,
        start=first,
        event_rate=0,
        decoy_rate=0,
        duplicate_customer_rate=0,
        identity_rate=0,
        estimate_rate=0,
        meter_change_rate=0,
        dirt=_NO_DIRT,
    )
    simulate_province(params, landing)
    return *plant_defects(landing, months), months


def evaluate_quality(folder: Path, *, customers: int = CUSTOMERS, seed: int = 11) -> list[DefectScore]:
    """Plants defects in the files of a clean province, makes its quality tables, and compares.

    Args:
        folder: Empty folder for landing and data.
        customers: Customers of the province.
        seed: Seed of the simulation.

    Raises:
        RuntimeError: A step of the run failed; its line says which and why.
    """
    landing = folder / "landing"
    planted, explained, months = planted_province(landing, customers=customers, seed=seed)
    settings = Settings(profile="sample", data_dir=folder / "data", landing=landing)
    with dg.DagsterInstance.ephemeral() as instance:
        report = run_tables(settings, months, _tables_behind((FLAG, CHARGE_MONTHLY, METER_USAGE_MONTHLY)), instance)
        refused_month = add_months(months[-1], 1)
        planted += plant_refused_files(landing, refused_month)
        refused = run_tables(settings, [refused_month], frozenset({FILE_MANIFEST.full_name}), instance)
    if report.errors or refused.errors:
        raise RuntimeError("; ".join([*report.errors, *refused.errors]))
    secret = settings.pseudonym_key
    key = load_key(settings.data_folder, secret.get_secret_value() if secret else None)
    flags, counts = (scan_published(settings.published_folder, table).collect() for table in (FLAG, RULE_COUNT))
    return score_defects(planted, explained, flags, counts, key)


def score_defects(
    planted: Sequence[Planted], explained: Sequence[Planted], flags: pl.DataFrame, counts: pl.DataFrame, key: bytes
) -> list[DefectScore]:
    """Compares what was planted with what the quality tables say, for each kind of defect that was planted.

    Args:
        planted: What was planted.
        explained: What follows from it; it is no false alarm.
        flags: `quality.flag_monthly`.
        counts: `quality.rule_count_monthly`.
        key: Key of the pseudonyms.
    """
    scores = []
    for name in (defect.name for defect in DEFECTS):
        mine = [item for item in planted if item.defect == name]
        known = [item for item in explained if item.defect == name]
        if not mine:
            continue
        channels = {item.channel for item in mine}
        counted = counts.filter(pl.col("defect") == name, pl.col("channel").is_in(channels))
        checked = int(counted["checked_count"].sum())
        if mine[0].subject:
            rows = flags.filter(pl.col("defect") == name, pl.col("channel").is_in(channels))
            said = set(rows.select("month", "channel", "subject_id").iter_rows())
            wanted, others = _subjects(mine, key), _subjects(known, key)
            found, false_alarms, expected = len(wanted & said), len(said - wanted - others), len(wanted)
        else:
            total, expected = int(counted["found_count"].sum()), len(mine)
            found, false_alarms = min(total, expected), max(total - expected - len(known), 0)
        scores.append(DefectScore(name, expected, found, false_alarms, checked - expected))
    return scores


def render_scores(scores: Sequence[DefectScore], console: Console) -> None:
    """Prints a line per kind of defect."""
    right = ("planted", "found", "false", "clean rows", "ratio")
    table = Table(
        "rule", Column("defect", no_wrap=True), "action", *(Column(name, justify="right") for name in right), box=None
    )
    for score in scores:
        color = "" if score.is_good else "[red]"
        table.add_row(
            RULE_BY_DEFECT[score.defect],
            f"{color}{score.defect}",
            DEFECT_BY_NAME[score.defect].action,
            *(f"{value:,}" for value in (score.planted, score.found, score.false_alarms, score.clean_rows)),
            f"{score.false_alarm_ratio:.2%}",
        )
    console.print(table)
    good = sum(score.is_good for score in scores)
    planted, found = (sum(getattr(score, name) for score in scores) for name in ("planted", "found"))
    console.print(
        f"{len(scores)} kinds of defects of {len({RULE_BY_DEFECT[score.defect] for score in scores})} rules; "
        f"{found:,} of {planted:,} planted found; {good} kinds found whole with at most "
        f"{FALSE_ALARM_HIGH:.1%} false alarms"
    )


def _subjects(items: Iterable[Planted], key: bytes) -> set[tuple[date, str, str]]:
    return {(item.month, item.channel, _subject_id(item, key)) for item in items}


def _subject_id(item: Planted, key: bytes) -> str:
    """The subject as the tables name it: a pseudonym is the HMAC of prefix and number, see `warehouse.pseudonym`."""
    prefix, colon, _ = item.subject.partition(":")
    if not colon or prefix not in _PREFIXES:
        return item.subject
    return prefix + hmac.new(key, item.subject.encode(), "sha256").hexdigest()[:20] + item.suffix


def _tables_behind(wanted: Collection[TableContract]) -> frozenset[str]:
    """Names the tables that some tables are made of, with these."""
    producers = {contract.full_name: asset for asset in table_assets() for contract in asset.contracts}
    names: set[str] = set()
    waiting = list(wanted)
    while waiting:
        asset = producers[waiting.pop().full_name]
        made = {contract.full_name for contract in asset.contracts}
        if not made <= names:
            names |= made
            waiting += [*(given.contract for given in asset.ins.values()), *asset.deps]
    return frozenset(names)
