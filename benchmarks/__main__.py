"""`python -m benchmarks`: every figure of benchmarks/README.md, or some of its parts."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.house import CLEANED, FEATURES
from benchmarks.measure import ROOT, Measurement, run_measured
from benchmarks.peers import SCRIPT, SPARK, Peers
from benchmarks.report import Ratio, median_run, ratio_table, stage_table

PARTS = ("location", "province", "peers", "spark", "months")
SCRIPT_LIMIT, SPARK_LIMIT, MONTH_LIMIT, LOCATION_LIMIT, MEMORY_LIMIT_MB = 1.3, 0.2, 1.2, 1.5, 4096
MONTHS_OF_MONTH_COST = 24


class Benchmarks:
    """The parts that can be measured, each by itself.

    Args:
        arguments: The command line.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._folder: Path = arguments.work
        self._repeats: int = arguments.repeats
        self._province = self._peers(arguments.accounts, arguments.months)
        self._small = self._peers(arguments.spark_accounts, arguments.spark_months)
        self._ratios: list[Ratio] = []
        self._peak_mb = 0.0

    def run(self, part: str) -> None:
        """Measures a part, prints its figures and keeps them beside the data."""
        parts: dict[str, Callable[[], list[Measurement]]] = {
            "location": self._location,
            "province": self._load,
            "peers": self._house_and_script,
            "spark": self._spark,
            "months": self._months,
        }
        print(f"\n## {part}\n", flush=True)
        found = parts[part]()
        kept = self._folder / "results" / f"{part}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([run.to_json() for run in found], ensure_ascii=False, indent=1), encoding="utf-8")

    def _location(self) -> list[Measurement]:
        run = run_measured("location", "benchmarks.location", [])
        print(run.facts["medians"])
        self._ratios.append(Ratio("loading the code location / an empty one", run.facts["ratio"], LOCATION_LIMIT))
        return [run]

    def _load(self) -> list[Measurement]:
        runs = self._province.load()
        rows = [run.facts.get("rows") or sum(run.facts["tables"].values()) for run in runs]
        print(stage_table(zip((run.name for run in runs), runs, rows, strict=True)))
        self._watch_memory(*runs)
        return runs

    def _house_and_script(self) -> list[Measurement]:
        self._province.load()
        runs: list[Measurement] = []
        for _ in range(self._repeats):
            runs += [*self._province.run_house(), self._province.run_script()]
        self._province.check(SCRIPT)
        published = self._province.run_house("--publish", "--checks")
        rows = self._province.rows()
        cleaned, features, script = (
            median_run([run for run in runs if run.name == name]) for name in (CLEANED, FEATURES, SCRIPT)
        )
        stages = [
            ("house: cleaned", cleaned, rows[CLEANED]),
            ("house: features", features, rows[FEATURES]),
            ("house: cleaned, published and checked", published[0], rows[CLEANED]),
            ("house: features, published and checked", published[1], rows[FEATURES]),
            ("script: cleaned + features", script, rows[CLEANED] + rows[FEATURES]),
        ]
        print(stage_table(stages))
        ratio = (cleaned.seconds + features.seconds) / script.seconds
        self._ratios.append(Ratio("house / script, cleaned + features", ratio, SCRIPT_LIMIT))
        self._watch_memory(*(run for run in (*runs, *published) if run.name != SCRIPT))
        return [*runs, *published]

    def _spark(self) -> list[Measurement]:
        self._small.load()
        house, script = self._small.run_house(), self._small.run_script()
        self._small.check(SCRIPT)
        spark = self._small.run_spark()
        self._small.check(SPARK)
        rows = sum(self._small.rows().values())
        own = sum(run.seconds for run in house)
        peak_mb = max(run.peak_mb for run in house)
        print("cleaned + features\n\n| by | seconds | rows/s | peak memory, MB |\n|---|--:|--:|--:|")
        for name, seconds, memory in (
            ("house", own, peak_mb),
            (SCRIPT, script.seconds, script.peak_mb),
            ("Spark", spark[-1].seconds, spark[-1].peak_mb),
        ):
            print(f"| {name} | {seconds:,.1f} | {rows / seconds:,.0f} | {memory:,.0f} |")
        self._ratios.append(Ratio("house / Spark, cleaned + features", own / spark[-1].seconds, SPARK_LIMIT))
        return [*house, script, *spark]

    def _months(self) -> list[Measurement]:
        self._province.load()
        where = ("--landing", self._province.landing, "--folder", self._folder / "months", "--repeats", self._repeats)
        run = run_measured("months", "benchmarks.month_cost", list(where))
        print(run.facts["medians"], run.facts["parts"])
        self._ratios.append(Ratio("adding month 24 / adding month 13", run.facts["ratio"], MONTH_LIMIT))
        return [run]

    def promises(self) -> list[Ratio]:
        """Returns the promised ratios of the parts that were run."""
        memory = Ratio(f"peak memory of the house / {MEMORY_LIMIT_MB} MB", self._peak_mb / MEMORY_LIMIT_MB, 1.0)
        return [*self._ratios, memory] if self._peak_mb else self._ratios

    def _watch_memory(self, *runs: Measurement) -> None:
        self._peak_mb = max(self._peak_mb, *(run.peak_mb for run in runs))

    def _peers(self, accounts: int, months: int) -> Peers:
        return Peers(self._folder / f"{accounts}x{months}", accounts, months)


def main() -> None:
    """Measures the parts and ends with the promised ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--spark-accounts", type=int, default=10_000, help="a province that Spark does in minutes")
    parser.add_argument("--spark-months", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--work", type=Path, default=ROOT / "data" / "benchmarks", help="needs 25 GB")
    parser.add_argument("--fresh", action="store_true", help="simulate and load again")
    arguments = parser.parse_args()
    if arguments.fresh:
        shutil.rmtree(arguments.work, ignore_errors=True)
    benchmarks = Benchmarks(arguments)
    for part in arguments.only:
        benchmarks.run(part)
    print(f"\n## promises\n\n{ratio_table(benchmarks.promises())}")


if __name__ == "__main__":
    main()
