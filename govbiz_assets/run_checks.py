"""From the check evaluations of a run to what is told of them: how many passed, which failed, which only warn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import dagster as dg


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed in a run."""

    table: str
    name: str
    description: str


@dataclass
class CheckOutcomes:
    """What the checks of one or more runs came to.

    Attributes:
        passed_count: Checks that passed.
        failed: Checks that failed.
        warnings: Checks that failed and only warn.
    """

    passed_count: int = 0
    failed: list[FailedCheck] = field(default_factory=list)
    warnings: list[FailedCheck] = field(default_factory=list)

    def add(self, evaluations: Iterable[dg.AssetCheckEvaluation]) -> None:
        """Adds the checks of a run, each by its last evaluation of the whole run where there is one."""
        last: dict[tuple[str, str], dg.AssetCheckEvaluation] = {}
        for evaluation in evaluations:
            key = (".".join(evaluation.asset_key.path), evaluation.check_name)
            if evaluation.partition is None or key not in last:
                last[key] = evaluation
        for (table, name), evaluation in last.items():
            if evaluation.passed:
                self.passed_count += 1
            else:
                is_warning = evaluation.severity == dg.AssetCheckSeverity.WARN
                check = FailedCheck(table, name, evaluation.description or "the check failed")
                (self.warnings if is_warning else self.failed).append(check)
