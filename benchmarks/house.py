"""The house at work: layers of a range of months, through Dagster with the real IO manager, in one process.

Each layer is a run of its own, as `govbiz run` starts it, recorded by an instance that keeps its history on disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.compare import COMPARED
from benchmarks.measure import report_facts, timed

PSEUDONYM_KEY = "benchmark-key-0123456789abcdef01"
"""One key for the house and its peers, so that their pseudonyms can be compared."""
RAW, CLEANED, FEATURES = "raw", "cleaned", "features"
# What the peers make, and no more: identities, coverage and quality rules stand beside it, with times of their own.
_LOADED = ("quality.file_manifest",)
_CLEANED = (*(name for name in COMPARED if name.startswith("cleaned.")), "quality.row_account")


def _selection(layer: str) -> Any:
    import dagster as dg

    if layer == FEATURES:
        return dg.AssetSelection.groups(FEATURES)
    tables = _LOADED if layer == RAW else _CLEANED
    selection = dg.AssetSelection.assets(*(dg.AssetKey(name.split(".")) for name in tables))
    return selection | dg.AssetSelection.groups("reference", "raw") if layer == RAW else selection


def copy_folder(source: Path, target: Path) -> None:
    """Makes a data folder of its own from another one, and waits until it is on disk."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    os.sync()


def house_settings(data: Path, landing: Path) -> Any:
    """Returns the settings of a data folder, all others as a user has them."""
    from govbiz_assets.settings import Settings

    os.environ["GOVBIZ_PSEUDONYM_KEY"] = PSEUDONYM_KEY
    return Settings(data_dir=data, landing=landing)


def run_layer(settings: Any, layer: str, months: Sequence[date], *, has_checks: bool, publish: bool) -> float:
    """Runs one layer over months in this process, as `govbiz run` does, and returns the seconds it took.

    Args:
        settings: Profile and data folder.
        layer: raw, cleaned or features.
        months: Months of the one run.
        has_checks: Run the asset checks as well.
        publish: Write the snapshots for readers as well.

    Raises:
        RuntimeError: A step failed.
    """
    import dagster as dg
    import ibis

    from govbiz_assets.automation.jobs import slice_tags
    from govbiz_assets.automation.restatement import RunSlice
    from govbiz_assets.build import build_defs, build_warehouse
    from govbiz_assets.pipeline import PROGRESS_LOGGER, frozen_heap, open_instance, progress_logger

    warnings.simplefilter("ignore")
    # Ibis reads its dialects with the first connection; that is starting Python, which no peer's seconds hold.
    ibis.duckdb.connect().disconnect()
    selection = _selection(layer) if has_checks else _selection(layer).without_checks()
    job = dg.define_asset_job("benchmark", selection=selection)
    loggers = {PROGRESS_LOGGER: progress_logger(lambda _: None, lambda _: None)}
    warehouse = build_warehouse(settings, publish=publish)
    defs = build_defs(settings, loggers=loggers, resource_overrides={"warehouse": warehouse})
    defs = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
    with open_instance(settings) as instance, frozen_heap():
        seconds, result = timed(
            lambda: defs.resolve_job_def("benchmark").execute_in_process(
                instance=instance,
                tags=slice_tags(RunSlice(months[0], months[-1])),
                run_config={"loggers": {PROGRESS_LOGGER: {}}},
                raise_on_error=False,
            )
        )
    if not result.success:
        failed = [event.message for event in result.all_events if event.is_failure]
        raise RuntimeError(f"{layer}: {failed[:3]}")
    return float(seconds)


def stored_rows(data: Path, layers: Sequence[str]) -> dict[str, int]:
    """Returns the rows of each stored table of some layers."""
    from govbiz_assets.warehouse.engine import open_engine
    from govbiz_assets.warehouse.session import attach_databases
    from govbiz_assets.warehouse.vault import unlock_vault

    rows: dict[str, int] = {}
    with open_engine(data / "spill") as connection:
        attach_databases(connection, data, unlock_vault(data, None, print), read_only=True)
        tables = connection.execute(
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() "
            "WHERE list_contains(?, schema_name) ORDER BY ALL",
            [list(layers)],
        ).fetchall()
        for database, schema, table in tables:
            count = connection.execute(f'SELECT count(*) FROM {database}."{schema}"."{table}"').fetchone()
            rows[f"{schema}.{table}"] = count[0] if count else 0
    return rows


def main() -> None:
    """Runs layers of the house over months of a province, each layer in one run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--first", type=int, default=1, help="number of the first month")
    parser.add_argument("--last", type=int, required=True, help="number of the last month")
    parser.add_argument("--layers", nargs="+", default=[CLEANED, FEATURES], choices=[RAW, CLEANED, FEATURES])
    parser.add_argument("--checks", action="store_true")
    parser.add_argument("--publish", action="store_true")
    arguments = parser.parse_args()

    from benchmarks.province import province_months

    months = province_months(arguments.last)[arguments.first - 1 :]
    settings = house_settings(arguments.data, arguments.landing)
    os.environ["DAGSTER_HOME"] = ""
    extras = {"has_checks": arguments.checks, "publish": arguments.publish}
    parts = {layer: round(run_layer(settings, layer, months, **extras), 3) for layer in arguments.layers}
    report_facts(sum(parts.values()), parts=parts, tables=stored_rows(settings.data_folder, arguments.layers))


if __name__ == "__main__":
    main()
