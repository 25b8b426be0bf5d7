"""Identity resolution at scale: one million source records on two threads, with time, memory and quality.

    python -m benchmarks.identity --records 1000000 --work /tmp/identity

The records are simulated by one process and resolved by another, so that the memory reported is the linkage's own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

SEED = 20240101
TARGET_SECONDS, TARGET_GB = 600, 6


def simulate(work: Path, records: int) -> None:
    """Writes records and truth as Parquet."""
    from govbiz_assets.simulate.source_records import source_records

    made = source_records(records, SEED)
    made.records.write_parquet(work / "records.parquet")
    made.truth.write_parquet(work / "truth.parquet")


def resolve(work: Path, memory_limit: str) -> dict[str, float]:
    """Resolves the records and returns the figures."""
    import duckdb
    import ibis

    from govbiz_assets.linkage.evaluation import pairwise
    from govbiz_assets.linkage.organisations import ORGANISATIONS
    from govbiz_assets.linkage.resolve import resolved
    from govbiz_assets.simulate.reference import SEEDS
    from govbiz_assets.transforms.identity.division import Divisions
    from govbiz_assets.transforms.organisation import with_identity_columns

    config = {"threads": 2, "memory_limit": memory_limit, "temp_directory": str(work / "spill")}
    connection = duckdb.connect(":memory:", config=config)
    backend = ibis.duckdb.from_connection(connection)
    rows = connection.execute(
        "SELECT division_code, division_name FROM read_csv(?, all_varchar = true)",
        [str(SEEDS / "reference" / "division.csv")],
    ).fetchall()
    started = time.perf_counter()
    raw = backend.read_parquet(work / "records.parquet")
    records = backend.create_table("identity_columns", with_identity_columns(raw, Divisions.of(rows)), temp=True)
    normalised = time.perf_counter()
    with resolved(backend, records, ORGANISATIONS) as found:
        finished = time.perf_counter()
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        quality = pairwise(found.clusters, backend.read_parquet(work / "truth.parquet"))
        return {
            "normalise_seconds": round(normalised - started, 1),
            "link_seconds": round(finished - normalised, 1),
            "total_seconds": round(finished - started, 1),
            "peak_gb": round(peak_gb, 2),
            "pairs_compared": found.pair_count,
            "review_pairs": int(found.review.count().to_pyarrow().as_py()),
            "precision": round(quality.precision, 4),
            "recall": round(quality.recall, 4),
        }


def main() -> None:
    """Runs both steps in processes of their own and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--memory-limit", default="3GB", help="of DuckDB, before it spills")
    parser.add_argument("--step", choices=("simulate", "resolve"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.step == "simulate":
        simulate(options.work, options.records)
    elif options.step == "resolve":
        print(json.dumps(resolve(options.work, options.memory_limit)))
    else:
        for step in ("simulate", "resolve"):
            command = [sys.executable, "-m", "benchmarks.identity", *sys.argv[1:], "--step", step]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        figures = json.loads(done.stdout.splitlines()[-1])
        for name, value in figures.items():
            print(f"{name:20} {value:>14,}")
        is_met = figures["total_seconds"] <= TARGET_SECONDS and figures["peak_gb"] <= TARGET_GB
        print(f"target: {TARGET_SECONDS} s and {TARGET_GB} GB: {'met' if is_met else 'missed'}")


if __name__ == "__main__":
    main()
