"""The page on profiles: every key is described, every header that is read is listed, and its example is a profile."""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from pydantic import BaseModel

from govbiz_assets.contracts.channel import CHANNELS
from govbiz_assets.reports.profile_page import EXAMPLE, describe_fields, render_profile_page
from govbiz_assets.sources.profile_model import Attribute, ChannelSource, Identity, Label, Months, Profile, Unpivot


@pytest.mark.parametrize("model", [Profile, ChannelSource, Months, Unpivot, Attribute, Label, Identity])
def test_the_docstring_of_a_model_describes_exactly_its_keys(model: type[BaseModel]) -> None:
    assert list(describe_fields(model)) == list(model.model_fields)


def test_a_description_of_several_lines_is_one_sentence() -> None:
    described = describe_fields(ChannelSource)["path"]
    assert described.startswith("Glob below the landing folder; `{month}` stands for 2024-01")
    assert described.endswith("A channel has either path and format, or database.")


def test_the_example_is_a_profile() -> None:
    profile = Profile.model_validate(yaml.safe_load(EXAMPLE))
    assert profile.months.first == date(2024, 1, 1)
    assert profile.channels["usage"].scale("kwh") == 10_000
    assert profile.channels["bill"].columns["due_date"] == ("缴费截止日", "截止日")


def test_the_page_says_what_a_key_takes_and_whether_it_is_needed() -> None:
    page = render_profile_page()
    assert "| `closing_day` | number | no | Day of the following month on which a month is closed;" in page
    assert "| `format` | `csv` / `xlsx` / `parquet` | no |" in page
    assert "| `channels` | name: [a channel](#a-channel) | yes |" in page
    assert "| `refit_months` | list of 2024-01 | no |" in page


def test_every_channel_field_and_header_is_listed() -> None:
    lines = render_profile_page().splitlines()
    for channel in CHANNELS:
        start = lines.index(f"### {channel.name}")
        section = lines[start + 1 : next((i for i in range(start + 1, len(lines)) if lines[i][:1] == "#"), None)]
        for field in channel.fields:
            (row,) = (line for line in section if line.startswith(f"| `{field.name}` |"))
            assert f"| {', '.join(field.headers) or '-'} |" in row
            assert ("| yes |" in row) == field.is_required
    assert "| `contract_kva` | number | kVA | no | 0 to 5,000,000 | 合同容量 |" in render_profile_page()
