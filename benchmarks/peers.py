"""The same work by the house, by hand and by Spark: each in a process of its own, from the same loaded raw layer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.house import CLEANED, FEATURES, RAW, copy_folder, stored_rows
from benchmarks.measure import ROOT, Measurement, run_measured

HOUSE, SCRIPT, SPARK = "house", "script", "spark"


class Peers:
    """One simulated province and everything that is made of it.

    Args:
        folder: Where its files, data folders and results lie.
        accounts: Accounts of the province, about.
        months: Months of the province.
    """

    def __init__(self, folder: Path, accounts: int, months: int) -> None:
        self.folder, self.accounts, self.months = folder, accounts, months
        self.landing, self.loaded = folder / "landing", folder / "loaded"

    def load(self) -> list[Measurement]:
        """Simulates the province and loads its raw layer; nothing where both are there."""
        done = self.folder / "loaded.done"
        if done.exists():
            return []
        size = ("--accounts", self.accounts, "--months", self.months)
        found = [
            run_measured("simulate", "benchmarks.province", [*size, "--landing", self.landing]),
            self._house(RAW, self.loaded, RAW),
        ]
        done.touch()
        return found

    def run_house(self, *options: str) -> list[Measurement]:
        """Makes cleaned tables, then features with the house, in a fresh copy of the loaded data folder."""
        copy_folder(self.loaded, self.folder / HOUSE)
        return [self._house(layer, self.folder / HOUSE, layer, *options) for layer in (CLEANED, FEATURES)]

    def run_script(self) -> Measurement:
        """Makes the same with the hand-written script."""
        return run_measured(SCRIPT, "benchmarks.script", ["--data", self.loaded, "--out", self._script])

    def run_spark(self) -> list[Measurement]:
        """Copies the inputs to Parquet, then makes the same with Spark; the copy is not part of Spark's time."""
        inputs = self.folder / "inputs"
        return [
            run_measured("export", "benchmarks.export", ["--data", self.loaded, "--out", inputs]),
            run_measured(SPARK, "benchmarks.spark_job", ["--inputs", inputs, "--out", self.folder / SPARK]),
        ]

    def check(self, name: str) -> None:
        """Compares every cell of the house with those of a peer, in a process of its own.

        The kernel counts what a process has used as used by those that it starts; this one has to stay small.

        Raises:
            subprocess.CalledProcessError: Something differs; a time of different work says nothing.
        """
        made = self._script if name == SCRIPT else self.folder / SPARK
        command = [sys.executable, "-m", "benchmarks.compare", "--house", self.folder / HOUSE, f"--{name}", made]
        subprocess.run(command, cwd=ROOT, check=True)

    def rows(self) -> dict[str, int]:
        """Returns the records that cleaning reads, and the feature rows."""
        features = stored_rows(self.folder / HOUSE, [FEATURES])
        return {CLEANED: sum(stored_rows(self.loaded, [RAW]).values()), FEATURES: sum(features.values())}

    @property
    def _script(self) -> Path:
        return self.folder / "script.duckdb"

    def _house(self, name: str, data: Path, layer: str, *options: str) -> Measurement:
        where = ("--data", data, "--landing", self.landing, "--last", self.months)
        return run_measured(name, "benchmarks.house", [*where, "--layers", layer, *options])
