"""How a run shows that it moves: bars in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from time import monotonic
from types import TracebackType

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from govbiz_assets.assets.catalog import table_assets
from govbiz_assets.automation.restatement import RunSlice
from govbiz_assets.checks.catalog import table_checks
from govbiz_assets.contracts.channel import CHANNELS, Channel
from govbiz_assets.pipeline import describe_slice


def count_steps(run: RunSlice, channels: Sequence[Channel] = CHANNELS) -> int:
    """Returns how many steps a run has: one per computation, and one per table for its checks."""

    def is_made(name: str) -> bool:
        return run.tables is None or name in run.tables

    assets = sum(any(is_made(contract.full_name) for contract in asset.contracts) for asset in table_assets(channels))
    return assets + len({name for check in table_checks(channels) if is_made(name := check.contract.full_name)})


class RunProgress(AbstractContextManager["RunProgress"]):
    """Shows the planned runs and the step that is being made.

    Args:
        console: Where it is shown; one that is no terminal gets a line when a run begins, one when it ends, and one for
            each layer that it reaches in between.
        channels: Channels of the profile.
    """

    def __init__(self, console: Console, channels: Sequence[Channel]) -> None:
        self._console = console
        self._channels = channels
        columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal)
        self._tasks: dict[RunSlice, TaskID] = {}
        self._started: dict[RunSlice, float] = {}
        self._reached: set[tuple[RunSlice, str]] = set()

    def __enter__(self) -> RunProgress:
        """Starts the display."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the display."""
        self._bars.stop()

    def on_plan(self, runs: Sequence[RunSlice]) -> None:
        """Shows the runs before the first starts."""
        for run in runs:
            name = describe_slice(run)
            self._tasks[run] = self._bars.add_task(name, total=count_steps(run, self._channels), start=False)

    def on_event(self, run: RunSlice, event: dg.DagsterEvent) -> None:
        """Moves on with a run."""
        name, task = describe_slice(run), self._tasks[run]
        if run not in self._started:
            self._started[run] = monotonic()
            self._bars.start_task(task)
            self._say(f"running {name}")
        if event.is_step_start and event.step_key:
            layer, _, step = event.step_key.partition("__")
            self._bars.update(task, description=f"{name}  {layer}.{step.replace('__', '.')}")
            if (run, layer) not in self._reached:
                self._reached.add((run, layer))
                self._say(f"{monotonic() - self._started[run]:5.0f} s  {layer}")
        if event.is_step_success:
            self._bars.advance(task)
        if event.event_type in (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE):
            word = "failed" if event.is_failure else "finished"
            self._bars.update(task, description=name)
            self._say(f"{word} {name} in {monotonic() - self._started[run]:.0f} s")

    def on_message(self, text: str) -> None:
        """Shows what a run says in words, above the bars."""
        self._console.print(escape(text), soft_wrap=True)

    def _say(self, line: str) -> None:
        if not self._console.is_terminal:
            self._console.print(line, soft_wrap=True)
