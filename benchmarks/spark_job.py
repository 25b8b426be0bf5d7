"""The peer on Spark: the project's own transforms, compiled for Spark in local mode, from Parquet to Parquet."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
from ibis.backends.pyspark import Backend

from benchmarks.house import PSEUDONYM_KEY
from benchmarks.measure import report_facts
from benchmarks.spark_engine import install_pseudonym, open_spark
from govbiz_assets.contracts import tables_cleaned as tables
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME
from govbiz_assets.contracts.table import TableContract
from govbiz_assets.contracts.tables_model import CUSTOMER_FEATURES
from govbiz_assets.contracts.tables_source import QUARANTINE, ROW_ACCOUNT, SET_ASIDE
from govbiz_assets.resources import cleaning_options
from govbiz_assets.settings import Settings
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.transforms import cleaned
from govbiz_assets.transforms.account import row_account
from govbiz_assets.transforms.features.customer import FeatureInputs, customer_features
from govbiz_assets.transforms.records import (
    kept_records,
    parse_records,
    quarantined_records,
    repeated_records,
    set_aside_records,
)


class SparkJob:
    """One pass over all months.

    Args:
        backend: Spark.
        inputs: Folder that `benchmarks.export` wrote.
        out: Folder of the tables that are made.
    """

    def __init__(self, backend: Backend, inputs: Path, out: Path) -> None:
        settings = Settings()
        self._backend, self._session = backend, backend._session
        self._inputs, self._out = inputs, out
        self._profile = load_profile(settings.profile, settings.profiles_folder)
        self._contracts = profile_contracts(self._profile)
        self._channels = [name for name in self._profile.channels if any((inputs / "raw" / name).glob("*.parquet"))]
        self.seconds: dict[str, float] = {}

    def run(self) -> None:
        """Makes the cleaned layer, then the features."""
        for name in self._channels:
            self._clean(name)
        self._write(
            tables.USAGE_MONTHLY,
            cleaned.monthly_usage(self._made(tables.USAGE_DAILY), self._given(tables.CALENDAR_DAY)),
        )
        self._write(ROW_ACCOUNT, self._row_account())
        self._write(CUSTOMER_FEATURES, self._features())

    def _clean(self, name: str) -> None:
        """Reads and divides the records of a channel; what was read is kept for the three ways of a record."""
        channel, contract = CHANNEL_BY_NAME[name], self._contracts[tables.CLEANED_BY_CHANNEL[name].full_name]
        options = cleaning_options(self._profile.channels[name])
        parsed = self._frame(parse_records(self._table("raw", name, self._inputs), channel, options)).persist()
        try:
            view = f"parsed_{name}"
            parsed.createOrReplaceTempView(view)
            rows = self._backend.table(view)
            repeated = repeated_records(rows, channel, options.attributes)
            self._write(contract, kept_records(rows, repeated, contract))
            self._write(SET_ASIDE, set_aside_records(repeated, channel), mode="append")
            self._write(QUARANTINE, quarantined_records(rows, channel), mode="append")
        finally:
            parsed.unpersist()

    def _row_account(self) -> ibis.Table:
        return row_account(
            raw={name: self._table("raw", name, self._inputs) for name in self._channels},
            cleaned={name: self._made(tables.CLEANED_BY_CHANNEL[name]) for name in self._channels},
            set_aside=self._made(SET_ASIDE),
            quarantine=self._made(QUARANTINE),
        )

    def _features(self) -> ibis.Table:
        customers = self._made(tables.CUSTOMER_MONTHLY)
        inputs = FeatureInputs(
            customers=customers,
            accounts=self._made(tables.ACCOUNT_MONTHLY),
            usage=self._made(tables.USAGE_MONTHLY),
            bills=self._made(tables.BILL),
            payments=self._made(tables.PAYMENT),
            tickets=self._made(tables.TICKET),
            subscriptions=self._made(tables.SUBSCRIPTION_MONTHLY),
            weather=self._made(tables.WEATHER_DAILY),
            attributes=customers,  # the sample has no attributes: nothing reads this
            industries=self._given(tables.INDUSTRY),
        )
        months = sorted(row[0] for row in self._frame(customers.select("month").distinct()).collect())
        return customer_features(inputs, months, delivered=frozenset(self._channels), attributes={})

    def _table(self, layer: str, name: str, folder: Path) -> ibis.Table:
        view = f"{layer}_{name}"
        self._session.read.parquet(str(folder / layer / name)).createOrReplaceTempView(view)
        return self._backend.table(view)

    def _made(self, contract: TableContract) -> ibis.Table:
        return self._table(contract.layer, contract.name, self._out)

    def _given(self, contract: TableContract) -> ibis.Table:
        return self._table(contract.layer, contract.name, self._inputs)

    def _frame(self, rows: ibis.Table) -> Any:
        return self._session.sql(self._backend.compile(rows))

    def _write(self, contract: TableContract, rows: ibis.Table, mode: str = "overwrite") -> None:
        started = time.perf_counter()
        self._frame(rows).write.mode(mode).parquet(str(self._out / contract.layer / contract.name))
        taken = self.seconds.get(contract.full_name, 0.0) + time.perf_counter() - started
        self.seconds[contract.full_name] = round(taken, 3)


def layer_seconds(seconds: Mapping[str, float]) -> dict[str, float]:
    """Adds up the tables of each layer; the quality accounts belong to cleaning."""
    features = seconds[CUSTOMER_FEATURES.full_name]
    return {"cleaned": round(sum(seconds.values()) - features, 3), "features": round(features, 3)}


def main() -> None:
    """Makes the cleaned tables and the features with Spark in local mode."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--memory", default="8g")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    started = time.perf_counter()
    backend = open_spark(arguments.out.with_suffix(".scratch"), arguments.threads, arguments.memory)
    install_pseudonym(backend, PSEUDONYM_KEY.encode())
    start_seconds = round(time.perf_counter() - started, 3)
    job = SparkJob(backend, arguments.inputs, arguments.out)
    started = time.perf_counter()
    job.run()
    # Starting Java is not the work.
    seconds = time.perf_counter() - started
    report_facts(seconds, parts=layer_seconds(job.seconds), sections=job.seconds, start_seconds=start_seconds)


if __name__ == "__main__":
    main()
