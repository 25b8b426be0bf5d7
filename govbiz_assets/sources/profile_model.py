"""The typed model of a source profile: where each channel's files lie and how their columns map to the contract.

What a profile means is checked in `profile_rules`; reading the YAML file is done in `profile`. The raw layer
applies `columns`, `constants`, `unpivot` and `attributes`; `units`, `codes`, `nulls`, `placeholders` and `date_style`
are for the cleaning step, which asks for them through the methods of `ChannelSource`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, Channel
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.table import COLUMNS
from govbiz_assets.sources.database.source import DatabaseEntry
from govbiz_assets.sources.model import STRICT, Texts
from govbiz_assets.sources.own_channel import OwnChannel
from govbiz_assets.sources.profile_rules import profile_faults
from govbiz_assets.sources.units import unit_factor

FileFormat = Literal["csv", "xlsx", "parquet"]
AttributeType = Literal["number", "category", "flag", "date"]
DateStyle = Literal["ymd", "dmy", "mdy"]

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_DUCKDB_TYPE = {"number": "DOUBLE", "category": "VARCHAR", "flag": "BOOLEAN", "date": "DATE"}


def _parse_month(value: Any) -> Any:
    if isinstance(value, str):
        match = _MONTH.fullmatch(value)
        if match is None:
            raise ValueError(f"{value!r} is no month; write it as YYYY-MM, for example 2024-01")
        return date(int(match[1]), int(match[2]), 1)
    return value


YearMonth = Annotated[date, BeforeValidator(_parse_month)]


class _Model(BaseModel):
    model_config = STRICT


class Months(_Model):
    """The months that a landscape covers.

    Attributes:
        first: The first month.
        last: The last one; left out where deliveries go on.
    """

    first: YearMonth
    last: YearMonth | None = None

    def __contains__(self, month: date) -> bool:
        return self.first <= month and (self.last is None or month <= self.last)

    def between(self, last: date) -> list[date]:
        """Every month from the first to `last`, both included."""
        count = (last.year - self.first.year) * 12 + last.month - self.first.month + 1
        start = self.first.year * 12 + self.first.month - 1
        return [date((start + i) // 12, (start + i) % 12 + 1, 1) for i in range(count)]


class Unpivot(_Model):
    """Wide to long: every column that is not kept becomes one record per row.

    Attributes:
        keep: Headers that every record of the row carries.
        name_to: Field that gets the header of the column.
        value_to: Field that gets its value.
    """

    keep: Texts
    name_to: str
    value_to: str


class Attribute(_Model):
    """A column of the source that no contract names, kept under a name `attr_...` up to the features.

    Attributes:
        column: Delivered header.
        dtype: How it is read.
        meaning: One sentence for the data dictionary.
        unit: Unit of a number.
    """

    column: str
    dtype: AttributeType
    meaning: str
    unit: str = ""

    def declare(self, name: str, *, is_raw: bool) -> Column:
        """The column for a table contract: text in the raw layer, its own type after cleaning."""
        return Column(name, "VARCHAR" if is_raw else _DUCKDB_TYPE[self.dtype], self.meaning, self.unit)


class Label(_Model):
    """What the event of the label channel is, and how long after the month it may happen.

    Attributes:
        name: Name of the event.
        horizon_months: Months after the month in which it may happen.
        group_by: Attributes that customers who belong together share; cross-validation keeps them in one fold.
        naive_attribute: Attribute of the one-line rule that models are compared with.
        naive_direction: End of that attribute that is at risk.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    horizon_months: Annotated[int, Field(ge=1, le=24)]
    group_by: Texts = ()
    naive_attribute: str | None = None
    naive_direction: Literal["low", "high"] = "low"


class Identity(_Model):
    """How organisations are told apart.

    Attributes:
        refit_months: Months on whose records the model of the linkage is learnt anew; it is learnt on the first month
            and kept otherwise, so that a month never depends on a later one.
    """

    refit_months: tuple[YearMonth, ...] = ()


class ChannelSource(_Model):
    """How one channel is delivered.

    Attributes:
        path: Glob below the landing folder; `{month}` stands for 2024-01 and `{yyyymm}` for 202401. A channel
            has either path and format, or database.
        format: Format of the files; a packed one (gzip) is unpacked while it is read.
        database: Where the channel lies in a database.
        month: Month of a snapshot whose path names none.
        encoding: Encoding of text files; left out, it is found out (BOM, then strict UTF-8, then GB18030).
        delimiter: Delimiter of text files; left out, the header tells it.
        sheet: Sheet of an Excel file; left out, the first is taken.
        columns: Delivered header (or headers, the first present wins) of a field; others go by the contract.
        constants: Value of a field that the files do not carry.
        unpivot: Wide to long.
        units: Delivered unit of a field where it is not the contract's.
        codes: Delivered code to contract code, by field.
        nulls: Texts that stand for "unknown" in any field.
        placeholders: Values of a number that stand for "nothing used".
        date_style: Order of the parts of dates that do not begin with the year.
        attributes: Further columns to keep, only for channels customer and attribute.
        label: Only for channel label.
        keep_unmapped: Keep delivered columns that nothing maps in `extra_json`.
        declare: Fields, key and meaning of a channel that is no standard one.
    """

    path: str = ""
    format: FileFormat | None = None
    database: DatabaseEntry | None = None
    month: YearMonth | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    columns: dict[str, Texts] = {}
    constants: dict[str, str] = {}
    unpivot: Unpivot | None = None
    units: dict[str, str] = {}
    codes: dict[str, dict[str, str]] = {}
    nulls: Texts = ()
    placeholders: dict[str, Texts] = {}
    date_style: DateStyle = "ymd"
    attributes: dict[str, Attribute] = {}
    label: Label | None = None
    keep_unmapped: bool = True
    declare: OwnChannel | None = None

    @property
    def names_month(self) -> bool:
        """True where the path says which month a file belongs to."""
        return "{month}" in self.path or "{yyyymm}" in self.path

    @property
    def has_types(self) -> bool:
        """True where numbers are delivered as numbers."""
        return self.format == "parquet" or self.database is not None

    def scale(self, field: str) -> Decimal:
        """Number that values of the field are multiplied by to reach the contract's unit; 1 where nothing is said."""
        return unit_factor(self.column(field), self.units[field]) if field in self.units else Decimal(1)

    def column(self, field: str) -> Column:
        """Dtype, unit and meaning of a field."""
        return self.declare.column(field) if self.declare is not None else COLUMNS[field]

    def code_map(self, field: str) -> dict[str, str]:
        """Delivered code to contract code of the field; empty where nothing is said."""
        return dict(self.codes.get(field, {}))

    def placeholder_texts(self, field: str) -> tuple[str, ...]:
        """Values of the field that stand for "nothing used"."""
        return self.placeholders.get(field, ())

    def attribute_columns(self, *, is_raw: bool) -> tuple[Column, ...]:
        """Columns of the attributes in the order of the profile, for `TableContract.with_columns`."""
        return tuple(attribute.declare(name, is_raw=is_raw) for name, attribute in self.attributes.items())


class Profile(_Model):
    """One source landscape.

    Attributes:
        name: Name of the profile; stands in the `source` column of every record.
        description: What the landscape is.
        origin: Who made the data, and under which licence.
        obtain: Where to get the data and which files go where in the landing folder.
        months: Months that the landscape covers.
        closing_day: Day of the following month on which a month is closed; what lands later is late. Left out
            where no such day is agreed.
        channels: Channels that it delivers.
        required: Channels that every month must deliver.
        identity: How organisations are told apart.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: str
    origin: str
    obtain: str
    months: Months
    closing_day: Annotated[int, Field(ge=1, le=28)] | None = None
    channels: Annotated[dict[str, ChannelSource], Field(min_length=1)]
    required: Texts = ()
    identity: Identity = Identity()

    @model_validator(mode="after")
    def _check_meaning(self) -> Profile:
        for fault in profile_faults(self):
            raise ValueError(fault)
        return self

    @cached_property
    def known_channels(self) -> dict[str, Channel]:
        """Every channel by name: the standard ones, delivered or not, then those that the profile declares."""
        own = {name: source.declare.channel(name) for name, source in self.channels.items() if source.declare}
        return {**CHANNEL_BY_NAME, **own}

    @property
    def required_files(self) -> tuple[str, ...]:
        """Required channels that are delivered as files; months without them can be told by looking at the folder."""
        return tuple(name for name in self.required if self.channels[name].database is None)

    @property
    def database_channels(self) -> tuple[str, ...]:
        """Channels that lie in a database."""
        return tuple(name for name, source in self.channels.items() if source.database is not None)

    def delivers(self, channel: str) -> bool:
        """True where the landscape has that channel."""
        return channel in self.channels
