"""Figures as Markdown: what each stage took, and the ratios that are promised."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measure import Measurement


@dataclass(frozen=True)
class Ratio:
    """One promised ratio.

    Attributes:
        what: What is set against what.
        value: The ratio that was measured.
        limit: The largest that is promised.
    """

    what: str
    value: float
    limit: float


def median_run(runs: Sequence[Measurement]) -> Measurement:
    """Returns the run of median time; of an even number, the slower one in the middle."""
    middle = statistics.median_high(run.seconds for run in runs)
    return next(run for run in runs if run.seconds == middle)


def stage_table(stages: Iterable[tuple[str, Measurement, int | None]]) -> str:
    """Returns a row per stage: name, its median run, and the rows that it read or made."""
    lines = ["| stage | seconds | CPU seconds | rows | rows/s | peak memory, MB |", "|---|--:|--:|--:|--:|--:|"]
    for name, run, rows in stages:
        counted = f"{rows:,} | {rows / run.seconds:,.0f}" if rows else " | "
        lines.append(f"| {name} | {run.seconds:,.1f} | {run.cpu_seconds:,.0f} | {counted} | {run.peak_mb:,.0f} |")
    return "\n".join(lines)


def ratio_table(ratios: Iterable[Ratio]) -> str:
    """Returns a row per promise."""
    lines = ["| what | measured | at most | kept |", "|---|--:|--:|---|"]
    for ratio in ratios:
        kept = "yes" if ratio.value <= ratio.limit else "NO"
        lines.append(f"| {ratio.what} | {ratio.value:.2f} | {ratio.limit:.2f} | {kept} |")
    return "\n".join(lines)
