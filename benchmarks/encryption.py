"""What the encrypted vault costs: the same work with it and without, in CPU seconds, in turns.

`python -m benchmarks.encryption --folder data/benchmarks/encryption`
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measure import report_facts, run_measured, timed

MONTH = date(2024, 1, 1)
KINDS = ("encrypted", "plain")
RUN, LOAD, READ = "run", "load", "read"


def without_encryption() -> None:
    """Makes this process open both files plainly, as the version before encryption did."""
    from govbiz_assets.warehouse import engine, session

    def attach_plainly(connection: Any, folder: Path, *_: object) -> None:
        for database in session.DATABASES:
            engine.attach_file(connection, folder / f"{database}.duckdb", database)

    engine.CONFIG["temp_file_encryption"] = False
    engine._load_openssl = lambda *_: None
    session.attach_databases = attach_plainly
    session.unlock_vault = lambda *_: ""


def do_run(folder: Path) -> None:
    """Makes every layer of the delivered months."""
    from govbiz_assets.pipeline import open_instance, run_months
    from govbiz_assets.settings import Settings
    from govbiz_assets.sources.landing import landing_months
    from govbiz_assets.sources.profile import load_profile

    settings = Settings(data_dir=folder, landing=folder.parent / "landing")
    months = landing_months(load_profile("sample", settings.profiles_folder), settings.landing_folder)
    with open_instance(settings) as instance:
        report = run_months(settings, months, instance)
    if report.errors:
        raise RuntimeError(report.errors[0])


def do_load(folder: Path, rows_wanted: int) -> None:
    """Writes a month of raw readings, every value as text."""
    from govbiz_assets.contracts.tables_source import RAW_TABLES
    from govbiz_assets.warehouse.months import replace_months
    from govbiz_assets.warehouse.session import open_session

    contract = RAW_TABLES["usage"]
    texts = [name for name in contract.column_names if name.startswith("kwh")]
    with open_session(folder, b"k", {"threads": 2, "memory_limit": "2500MB"}) as session:
        rows = session.backend.sql(
            f"SELECT DATE '{MONTH}' AS month, 'sample' AS source, 'usage.csv' AS source_file, n AS row_no, "
            "repeat('0', 64) AS file_sha256, TIMESTAMP '2024-02-01' AS loaded_at, "
            "format('{:010d}', n // 30) AS account_no, "
            f"strftime(DATE '{MONTH}' + (n % 30)::INTEGER, '%Y-%m-%d') AS usage_date, "
            + ", ".join(f"(hash(n + {i}) % 1000000)::VARCHAR || '.125' AS {name}" for i, name in enumerate(texts))
            + f" FROM range({rows_wanted}) AS numbers(n)"
        )
        replace_months(session, contract, rows, [MONTH])


def do_read(folder: Path) -> None:
    """Reads every value of the month."""
    from govbiz_assets.warehouse.session import open_session

    with open_session(folder, b"k", {"threads": 2, "memory_limit": "2500MB"}) as session:
        session.connection.execute("SELECT bit_xor(hash(COLUMNS(*))) FROM vault.raw.usage").fetchall()


def main() -> None:
    """Measures, or does one piece of work when told which."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--work", choices=(RUN, LOAD, READ))
    parser.add_argument("--kind", choices=KINDS)
    arguments = parser.parse_args()
    folder: Path = arguments.folder.resolve()
    if arguments.work:
        if arguments.kind == "plain":
            without_encryption()
        work = {RUN: do_run, LOAD: lambda data: do_load(data, arguments.rows), READ: do_read}[arguments.work]
        seconds, _ = timed(lambda: work(folder))
        report_facts(seconds)
        return

    from govbiz_assets.simulate import SimulationParams, simulate_province

    shutil.rmtree(folder, ignore_errors=True)
    simulate_province(SimulationParams(customers=arguments.customers, months=arguments.months), folder / "landing")
    os.environ["DAGSTER_HOME"] = ""
    cpu: dict[str, list[float]] = {}
    for _ in range(arguments.repeats):
        for work in (RUN, LOAD, READ):
            for kind in KINDS:
                data = folder / f"{RUN if work == RUN else LOAD}-{kind}"
                if work != READ:
                    shutil.rmtree(data, ignore_errors=True)
                options = ["--folder", data, "--work", work, "--kind", kind, "--rows", arguments.rows]
                taken = run_measured(f"{work} {kind}", "benchmarks.encryption", options)
                cpu.setdefault(f"{work} {kind}", []).append(taken.cpu_seconds)
    sizes = {kind: (folder / f"{LOAD}-{kind}" / "vault.duckdb").stat().st_size for kind in KINDS}
    for work in (RUN, LOAD, READ):
        with_it, without = (statistics.median(cpu[f"{work} {kind}"]) for kind in KINDS)
        print(f"{work}: {with_it:.1f} CPU s encrypted, {without:.1f} plain, ratio {with_it / without:.2f}")
    print(f"file: {sizes['encrypted'] / 1e6:.1f} MB encrypted, {sizes['plain'] / 1e6:.1f} plain")
    print(cpu)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
