"""What stands in `quality.quarantine`: grouped by what is wrong, and record by record.

The records lie in the vault; whoever calls this shows customer data.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis

from govbiz_assets.contracts.channel import Channel
from govbiz_assets.contracts.columns_source import PROVENANCE
from govbiz_assets.contracts.tables_source import QUARANTINE, raw_table
from govbiz_assets.warehouse.session import Session

_GROUP = ("month", "channel", "source_file", "rule", "field", "reason")
# Under this name the reader keeps a line that it could not divide into fields.
LINE = "line"


@dataclass(frozen=True)
class Selection:
    """Which refused records are looked at; what is None or empty narrows nothing.

    Attributes:
        months: Months of the records.
        channel: Channel of the records.
        rule: Rule that they broke.
        field: Field that broke it.
        file: Their file: its path below the landing folder, or its name.
    """

    months: tuple[date, ...] = ()
    channel: str | None = None
    rule: str | None = None
    field: str | None = None
    file: str | None = None

    def narrow(self, rows: ibis.Table) -> ibis.Table:
        """Returns the rows of `quality.quarantine` that are selected."""
        if self.months:
            rows = rows.filter(rows.month.isin(list(self.months)))
        for name, wanted in (("channel", self.channel), ("rule", self.rule), ("field", self.field)):
            if wanted is not None:
                rows = rows.filter(rows[name] == wanted)
        if self.file is not None:
            rows = rows.filter((rows.source_file == self.file) | rows.source_file.endswith(f"/{self.file}"))
        return rows


@dataclass(frozen=True)
class RefusedGroup:
    """Refused records of one file that broke the same rule in the same field.

    Attributes:
        month: Month of the records.
        channel: Their channel.
        source_file: Their file, relative to the landing folder.
        rule: Rule that they broke.
        field: Field that broke it, None where the whole record did.
        reason: What is wrong and what to do.
        quarantined_count: Records of the group.
        received_count: Records of the file in the month.
    """

    month: date
    channel: str
    source_file: str
    rule: str
    field: str | None
    reason: str
    quarantined_count: int
    received_count: int

    @property
    def quarantined_ratio(self) -> float:
        """Share of the file's records of the month."""
        return self.quarantined_count / self.received_count if self.received_count else 0.0


@dataclass(frozen=True)
class RefusedRecord:
    """A refused record.

    Attributes:
        month: Month of the record.
        channel: Its channel.
        source_file: Its file, relative to the landing folder.
        row_no: Number of the record in its file, from 1 after the header.
        rule: Rule that it broke.
        field: Field that broke it, None where the whole record did.
        reason: What is wrong and what to do.
        values: Delivered text by field; a field without a value is absent.
        extra: Delivered text by header of the columns that no field takes; of a record that could not be divided, its
            line under LINE alone.
    """

    month: date
    channel: str
    source_file: str
    row_no: int
    rule: str
    field: str | None
    reason: str
    values: Mapping[str, str] = dataclasses.field(repr=False)
    extra: Mapping[str, str] = dataclasses.field(repr=False)

    @property
    def delivered(self) -> str:
        """The delivered text that broke the rule: the field's, else the whole line."""
        return self.values.get(self.field, "") if self.field else self.extra.get(LINE, "")

    @property
    def fault_and_remedy(self) -> tuple[str, str]:
        """The reason in its two parts."""
        fault, _, remedy = self.reason.partition("; ")
        return fault, remedy


def read_groups(session: Session, selection: Selection, channels: Mapping[str, Channel]) -> list[RefusedGroup]:
    """Groups the selected records by month, channel, file, rule and field, in this order.

    Records received are counted in the raw layer: a blocking check that fails keeps `quality.row_account` from being
    made in its run.

    Args:
        session: The open warehouse.
        selection: Which records.
        channels: Channels of the profile by name; of one that it has no more, the received records are not counted.
    """
    rows = selection.narrow(session.stored(QUARANTINE))
    counted = rows.group_by(list(_GROUP)).aggregate(quarantined_count=rows.count()).order_by(list(_GROUP))
    found = session.backend.to_polars(counted).to_dicts()
    received: dict[tuple[str, date, str], int] = {}
    for name in sorted({row["channel"] for row in found} & set(channels)):
        received |= _received(session, channels[name], [row for row in found if row["channel"] == name])
    return [
        RefusedGroup(**row, received_count=received.get((row["channel"], row["month"], row["source_file"]), 0))
        for row in found
    ]


def count_records(session: Session, selection: Selection) -> int:
    """Returns how many records are selected."""
    return int(selection.narrow(session.stored(QUARANTINE)).count().to_pyarrow().as_py())


def read_records(session: Session, selection: Selection, limit: int | None = None) -> Iterator[RefusedRecord]:
    """Reads the selected records by month, channel, file and row.

    Args:
        session: The open warehouse.
        selection: Which records.
        limit: At most so many records.
    """
    rows = selection.narrow(session.stored(QUARANTINE))
    rows = rows.order_by("month", "channel", "source_file", "row_no", "rule")
    for row in session.backend.to_polars(rows if limit is None else rows.limit(limit)).iter_rows(named=True):
        values, extra = _delivered_values(row.pop("record_json"))
        yield RefusedRecord(**row, values=values, extra=extra)


def _received(session: Session, channel: Channel, groups: list[dict[str, Any]]) -> dict[tuple[str, date, str], int]:
    # The provenance is the same for every format; a typed format has other types in the fields.
    raw = session.stored(replace(raw_table(channel), columns=PROVENANCE))
    raw = raw.filter(
        raw.month.isin(sorted({group["month"] for group in groups})),
        raw.source_file.isin(sorted({group["source_file"] for group in groups})),
    )
    counted = raw.group_by(["month", "source_file"]).aggregate(records=raw.count())
    return {
        (channel.name, month, file): records for month, file, records in session.backend.to_polars(counted).iter_rows()
    }


def _delivered_values(record_json: str) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the delivered texts of a record by field, and those of further columns by header.

    The engine prints NaN and Infinity of typed formats as such. That is no strict JSON, but Python reads it.
    """
    record = json.loads(record_json)
    extra = json.loads(record.pop("extra_json", None) or "{}")
    return _texts(record), _texts(extra)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> str:
    # A typed format keeps numbers as floating point; 100.0 is 100 to the reader.
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{value:.0f}" if is_whole else str(value)
