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
from datetime import date
from pathlib import Path

SEED = 20240101
MONTH = date(2024, 1, 1)
TARGET_SECONDS, TARGET_GB = 600, 6


def simulate(work: Path, records: int) -> None:
    """Writes records and truth as Parquet."""
    from govbiz_assets.simulate.source_records import source_records

    made = source_records(records, SEED)
    made.records.write_parquet(work / "records.parquet")
    made.truth.write_parquet(work / "truth.parquet")


def resolve(work: Path, memory_limit: str) -> dict[str, float]:
    """Resolves the records as a month of the house, in a session of its own, and returns the figures."""
    import ibis
    import polars as pl

    from govbiz_assets.assets.resolution import resolve_months
    from govbiz_assets.contracts.tables_identity import LINK, MEMBERSHIP, REVIEW
    from govbiz_assets.linkage.evaluation import pairwise
    from govbiz_assets.simulate.reference import SEEDS
    from govbiz_assets.transforms.identity.division import Divisions
    from govbiz_assets.transforms.identity.history import record_digest
    from govbiz_assets.transforms.organisation import with_identity_columns
    from govbiz_assets.warehouse.session import open_session

    lists = pl.read_csv(SEEDS / "reference" / "division.csv", infer_schema=False)
    divisions = Divisions.of_list(lists)
    nothing = ("member_l_id", "member_r_id", "decision", "source_file", "row_no")
    decisions = pl.DataFrame(schema={"month": pl.Date, **dict.fromkeys(nothing, pl.String)})
    config = {"threads": 2, "memory_limit": memory_limit}
    with open_session(work / "data", b"benchmark", config) as session:
        started = time.perf_counter()
        rows = with_identity_columns(session.backend.read_parquet(work / "records.parquet"), divisions)
        rows = rows.mutate(month=ibis.literal(MONTH), customer_no=rows.record_id, record_digest=record_digest(rows))
        records = session.kept("source_record", rows)
        normalised = time.perf_counter()
        found = resolve_months(session, records, decisions, [MONTH])
        finished = time.perf_counter()
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        members = found.table(session, MEMBERSHIP)
        clusters = members.select(record_id="customer_no", cluster_id="customer_id")
        quality = pairwise(clusters, session.backend.read_parquet(work / "truth.parquet"))
        sizes = {
            name: int(found.table(session, table).count().to_pyarrow().as_py())
            for name, table in (("links", LINK), ("review_pairs", REVIEW))
        }
        return {
            "normalise_seconds": round(normalised - started, 1),
            "link_seconds": round(finished - normalised, 1),
            "total_seconds": round(finished - started, 1),
            "peak_gb": round(peak_gb, 2),
            **sizes,
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
