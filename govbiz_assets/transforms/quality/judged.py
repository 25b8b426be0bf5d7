"""The framework of the rules: rows that were judged, and the findings that hold for some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import polars as pl

from govbiz_assets.transforms.stack import no_rows, stack

# What a finding may say beside its defect, and its type in `quality.flag_monthly`.
VALUES = {
    "value": "float64",
    "expected": "float64",
    "impact_kwh": "decimal(18, 3)",
    "impact_cny": "decimal(18, 2)",
    "other_id": "string",
}


@dataclass(frozen=True)
class Finding:
    """A defect and the rows that have it.

    Attributes:
        defect: Name of the defect.
        applies: True for the rows that have it; null is no.
        value: The value that is pointed out.
        expected: What it should be, or its bound.
        impact_kwh: Energy in doubt.
        impact_cny: Money in doubt.
        other_id: The other one concerned.
        needs: Column that a source may leave out; rows without it were not looked at.
    """

    defect: str
    applies: ir.BooleanValue
    value: ir.Value | None = None
    expected: ir.Value | None = None
    impact_kwh: ir.Value | None = None
    impact_cny: ir.Value | None = None
    other_id: ir.Value | None = None
    needs: str | None = None


@dataclass(frozen=True)
class Judged:
    """Rows of one subject that were looked at.

    Attributes:
        channel: Channel that the rows come from; None where they say it themselves.
        rows: The rows, with `month` and the columns named below.
        findings: What was found about them.
        subject_id: Column with the pseudonym of what is judged.
        subject_date: Column with the day or month that a row speaks of.
        account_id: Column with the account, if rows have one.
        customer_id: Column with the customer, if rows have one.
        looked_at: What to count as looked at: rows with `month`; without it, the kept records of the channel, which
            the row account has counted.
    """

    channel: str | None
    rows: ibis.Table
    findings: tuple[Finding, ...]
    subject_id: str
    subject_date: str = "month"
    account_id: str | None = None
    customer_id: str | None = None
    looked_at: ibis.Table | None = None

    @property
    def needs(self) -> list[str]:
        """The columns that a source may leave out, in the order of the findings."""
        return list(dict.fromkeys(finding.needs for finding in self.findings if finding.needs))


def marked_rows(subject: Judged) -> ibis.Table:
    """Returns the rows that have any of the defects: whom they are about, and per finding a mark and its values.

    One row may carry several findings. They are told apart after the engine has left out all other rows, by
    `counts.flags`: telling them apart here took the engine's compiler three times as long as all the rest.
    """
    rows = subject.rows
    about = {"channel": rows.channel if subject.channel is None else ibis.literal(subject.channel)}
    about |= {"subject_id": rows[subject.subject_id], "subject_date": rows[subject.subject_date].cast("date")}
    for name, column in (("account_id", subject.account_id), ("customer_id", subject.customer_id)):
        if column is not None:
            about[name] = rows[column]
    marks = {f"is_{place}": finding.applies for place, finding in enumerate(subject.findings)}
    values = {
        f"{name}_{place}": given.cast(dtype)
        for place, finding in enumerate(subject.findings)
        for name, dtype in VALUES.items()
        if (given := getattr(finding, name)) is not None
    }
    chosen = rows.select("month", **about, **marks, **values)
    return chosen.filter(reduce(or_, (chosen[mark] for mark in marks)))


def checked_counts(judged: Sequence[Judged]) -> ibis.Table:
    """Counts the rows that were looked at, of the subjects that the row account does not count.

    Returns:
        `month`, `channel`, `subject` (position), `checked_count`, and `needed_count_0` ... for those of the rows that
        have the first needed column, the second ...; null where a subject needs fewer.
    """
    width = max((len(subject.needs) for subject in judged), default=0)
    parts = []
    for position, subject in enumerate(judged):
        rows = subject.looked_at
        if rows is None:
            continue
        needed = {needed_count(place): rows[name].count() for place, name in enumerate(subject.needs)}
        key = ["month"] if subject.channel else ["month", "channel"]
        counted = rows.group_by(key).aggregate(checked_count=rows.count(), **needed)
        others = {needed_count(place): ibis.null("int64") for place in range(len(needed), width)}
        parts.append(
            counted.select(
                "month",
                "checked_count",
                *needed,
                channel=ibis.literal(subject.channel) if subject.channel else counted.channel,
                subject=ibis.literal(position, "int64"),
                **others,
            )
        )
    dtypes = {"month": pl.Date, "checked_count": pl.Int64, "channel": pl.String, "subject": pl.Int64}
    dtypes |= {needed_count(place): pl.Int64 for place in range(width)}
    return stack(parts) if parts else no_rows(dtypes)


def needed_count(place: int) -> str:
    """Name of the count of the rows that have the needed column of that place."""
    return f"needed_count_{place}"
