"""What a profile may say, and what the standard channels hold, on one page generated from model and contracts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from govbiz_assets.contracts.channel import CHANNELS, Channel, Field
from govbiz_assets.reports.markdown import table_lines
from govbiz_assets.sources.model import Texts
from govbiz_assets.sources.profile_model import (
    Attribute,
    ChannelSource,
    Identity,
    Label,
    Months,
    Profile,
    Unpivot,
    YearMonth,
)

_HEAD = """# Profiles

Generated from `govbiz_assets/sources/profile_model.py` and `govbiz_assets/contracts/channel.py` by `govbiz dictionary`;
do not edit.

A profile is one YAML file that says what a source landscape delivers, where it lies and how its columns are called; no
Python is needed. `govbiz sources check --profile mine.yaml --landing path/to/files` shows how every file would be read,
and names each fault of the profile by its key. A small one:

```yaml
EXAMPLE```

Headers that the export spells as [listed below](#channels) need no word in the profile. Numbers are read with thousands
separators, units and full-width digits, dates in every year-first style; what a profile must say is what a file
cannot: the unit, the order of day and month, what stands for "unknown" or for "nothing used". Day numbers of a
spreadsheet (45292) are read as dates where a column of a file holds more of them than of dates in other styles. Write
codes and placeholders in quotes: YAML takes 01 for a number.

A channel or field that is not delivered is null in the features, and the quality rules that need it look at nothing.
"""
EXAMPLE = """name: county
description: Bills and daily usage of one county.
origin: The county's billing system, exported every month.
obtain: Ask the billing office; one folder a month, for example 2024-01/bills_202401.csv.
months: {first: 2024-01}          # no last: deliveries go on
closing_day: 10                   # what lands after the 10th of the next month is late
required: [usage, bill]           # a month starts when these are there
channels:
  usage:
    path: "{month}/usage_*.csv"   # {month} is 2024-01, {yyyymm} is 202401
    format: csv
    units: {kwh: 万kWh}
    placeholders: {kwh: ["1"]}    # 1 stands for "nothing used"
  bill:
    path: "{month}/bills_{yyyymm}.csv"
    format: csv
    columns: {total_cny: 本期应收, due_date: [缴费截止日, 截止日]}
    codes: {bill_kind: {"01": 正常, "02": 红冲}}
    nulls: [未知, "-"]
    date_style: dmy               # 31/01/2024
"""
_MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("A profile", Profile),
    ("A channel", ChannelSource),
    ("Months", Months),
    ("Unpivot", Unpivot),
    ("Attribute", Attribute),
    ("Label", Label),
    ("Identity", Identity),
)
_PAGES = {
    "database": "[a database](database-sources.md)",
    "declare": "[a declaration](add-a-channel.md)",
}
_WORDS: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "number",
    Texts: "text or list",
    YearMonth: "2024-01",
}
_DESCRIBED = re.compile(r"^    (\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def render_profile_page() -> str:
    """Returns the page as Markdown."""
    lines = [_HEAD.replace("EXAMPLE", EXAMPLE)]
    for title, model in _MODELS:
        lines += _model(title, model)
    lines += ["## Channels", "", "The standard channels. A profile may [declare more](add-a-channel.md).", ""]
    for channel in CHANNELS:
        lines += _channel(channel)
    return "\n".join(lines) + "\n"


def describe_fields(model: type[BaseModel]) -> dict[str, str]:
    """Returns what the docstring of a model says of each of its fields, a sentence or more on one line."""
    _, _, attributes = (getdoc(model) or "").partition("Attributes:\n")
    return {name: " ".join(text.split()) for name, text in _DESCRIBED.findall(attributes)}


def _model(title: str, model: type[BaseModel]) -> Iterator[str]:
    described, hints = describe_fields(model), get_type_hints(model, include_extras=True)
    yield f"## {title}"
    yield ""
    yield from table_lines(
        ("key", "value", "needed", "meaning"),
        (
            (f"`{name}`", _PAGES.get(name) or _value(hints[name]), _yes(field.is_required()), described[name])
            for name, field in model.model_fields.items()
        ),
    )


def _value(hint: Any) -> str:
    """Returns in words what a key takes."""
    if hint in _WORDS:
        return _WORDS[hint]
    titles = {model: title for title, model in _MODELS}
    if hint in titles:
        return f"[{titles[hint].lower()}](#{titles[hint].lower().replace(' ', '-')})"
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(parts[0])
    if origin is Literal:
        return " / ".join(f"`{part}`" for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(_value(part) for part in parts if part is not NoneType)
    if origin is tuple:
        return f"list of {_value(parts[0])}"
    if origin is dict:
        return f"name: {_value(parts[1])}"
    raise TypeError(f"{hint}: has no words yet; add them to _WORDS")


def _channel(channel: Channel) -> Iterator[str]:
    yield f"### {channel.name}"
    yield ""
    yield channel.meaning
    yield ""
    yield f"- a record is known in its month by: {', '.join(f'`{name}`' for name in channel.key)}"
    month = f"`{channel.month_field}`" if channel.month_field else "its file: the channel is a snapshot"
    yield f"- its month: {month}"
    yield ""
    columns = ("field", "read as", "unit", "needed", "accepted", "headers", "meaning")
    yield from table_lines(columns, (_cells(field) for field in channel.fields))


def _cells(field: Field) -> Sequence[str]:
    accepted = "-" if field.low is None or field.high is None else f"{field.low:,.12g} to {field.high:,.12g}"
    headers, column = ", ".join(field.headers) or "-", field.column
    return f"`{field.name}`", field.kind, column.unit or "-", _yes(field.is_required), accepted, headers, column.meaning


def _yes(is_true: bool) -> str:
    return "yes" if is_true else "no"
