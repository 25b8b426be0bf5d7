"""A profile that is wrong is refused on one line with file, key and remedy; the shipped ones are right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from govbiz_assets.contracts.channel import CHANNELS
from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.profile import load_profile
from govbiz_assets_tests.sources.landscape import PROFILES, make_profile

HEAD = {
    "name": "trial",
    "description": "d",
    "origin": "o",
    "obtain": "o",
    "months": {"first": "2024-01", "last": "2024-12"},
}


def load(folder: Path, **changes: Any) -> Any:
    path = folder / "trial.yaml"
    document = HEAD | {"channels": {"usage": {"path": "{month}/u.csv", "format": "csv"}}} | changes
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_profile(str(path), PROFILES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "../u.csv"}, ["channels.usage.path", "'..'", "below the landing folder"]),
        ({"path": "{month}/../../etc/*"}, ["channels.usage.path", "'..'"]),
        ({"path": "/etc/passwd"}, ["channels.usage.path", "absolute"]),
        ({"path": "C:/u.csv"}, ["channels.usage.path", "absolute"]),
        ({"path": "a\\..\\u.csv"}, ["channels.usage.path", "'..'"]),
        ({"path": "{year}/u.csv"}, ["channels.usage.path", "{month}", "{yyyymm}"]),
        ({"path": ""}, ["channels.usage.path", "empty"]),
        ({"format": "xls"}, ["channels.usage.format", "'xls'"]),
        ({"colums": {}}, ["channels.usage.colums", "unknown key"]),
        ({"columns": {"kwhh": "x"}}, ["channels.usage.columns.kwhh", "no such field", "kwh_peak"]),
        ({"columns": {"kwh": []}}, ["channels.usage.columns.kwh", "names no header"]),
        ({"constants": {"kwh": "1"}, "columns": {"kwh": "x"}}, ["constants.kwh", "keep one"]),
        ({"units": {"kwh": "MJ"}}, ["channels.usage.units.kwh", "'MJ'", "MWh"]),
        ({"units": {"read_type": "kWh"}}, ["channels.usage.units.read_type", "no unit"]),
        ({"codes": {"x": {}}}, ["channels.usage.codes.x", "no such field"]),
        ({"placeholders": {"read_type": ["1"]}}, ["placeholders.read_type", "nulls"]),
        ({"attributes": {"attr_a": {"column": "a", "dtype": "number", "meaning": "m"}}}, ["usage.attributes"]),
        ({"encoding": "utf-9"}, ["channels.usage.encoding", "gb18030"]),
        ({"delimiter": ",,"}, ["channels.usage.delimiter", "one character"]),
        ({"format": "parquet", "delimiter": ","}, ["channels.usage.delimiter", "only csv"]),
        ({"sheet": "x"}, ["channels.usage.sheet", "only xlsx"]),
        ({"month": "2024-1"}, ["channels.usage.month", "YYYY-MM"]),
        ({"month": "2024-01"}, ["channels.usage.month", "drop one"]),
        ({"path": "u.csv", "month": "2025-01"}, ["channels.usage.month", "outside"]),
        ({"unpivot": {"keep": ["d"], "name_to": "x", "value_to": "kwh"}}, ["unpivot.x", "no such field"]),
        ({"label": {"name": "left", "horizon_months": 3}}, ["channels.usage.label", "only channel label"]),
    ],
)
def test_a_wrong_channel_source_is_named(tmp_path: Path, change: dict[str, Any], words: list[str]) -> None:
    source = {"path": "{month}/u.csv", "format": "csv"} | change
    with pytest.raises(SourceError) as caught:
        load(tmp_path, channels={"usage": source})
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(tmp_path / "trial.yaml"))
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"channels": {"usages": {"path": "u", "format": "csv"}}}, ["channels.usages", "unknown channel", "usage"]),
        ({"channels": {}}, ["channels"]),
        ({"required": ["bill"]}, ["required", "'bill'"]),
        ({"months": {"first": "2024-05", "last": "2024-01"}}, ["months.last", "swap"]),
        ({"months": {"last": "2024-01"}}, ["months.first", "is missing"]),
        ({"name": "Bad Name"}, ["name"]),
        ({"channels": {"label": {"path": "u", "format": "csv"}}}, ["channels.label.label", "horizon_months"]),
        (
            {
                "months": {"first": "2024-01", "last": None},
                "channels": {"usage": {"path": "u.csv", "format": "csv"}},
            },
            ["channels.usage.path", "months.last"],
        ),
        (
            {
                "channels": {
                    "customer": {
                        "path": "{month}/c.csv",
                        "format": "csv",
                        "attributes": {"net": {"column": "n", "dtype": "number", "meaning": "m"}},
                    }
                }
            },
            ["channels.customer.attributes.net", "attr_net_margin"],
        ),
        (
            {
                "channels": {
                    "customer": {
                        "path": "{month}/c.csv",
                        "format": "csv",
                        "attributes": {"attr_n_delivered": {"column": "n", "dtype": "number", "meaning": "m"}},
                    }
                }
            },
            ["channels.customer.attributes.attr_n_delivered", "adds such a column itself"],
        ),
        (
            {
                "channels": {
                    "label": {
                        "path": "{month}/l.csv",
                        "format": "csv",
                        "label": {"name": "left", "horizon_months": 3, "group_by": ["attr_x"]},
                    }
                }
            },
            ["group_by", "attr_x"],
        ),
        (
            {
                "channels": {
                    "customer": {
                        "path": "{month}/c.csv",
                        "format": "csv",
                        "attributes": {"attr_sort": {"column": "s", "dtype": "category", "meaning": "m"}},
                    },
                    "label": {
                        "path": "{month}/l.csv",
                        "format": "csv",
                        "label": {"name": "left", "horizon_months": 3, "naive_attribute": "attr_sort"},
                    },
                }
            },
            ["naive_attribute", "attr_sort", "dtype number"],
        ),
    ],
)
def test_a_wrong_profile_is_named(tmp_path: Path, change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SourceError) as caught:
        load(tmp_path, **change)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: [1", ["no valid YAML"]),
        (b"- a", ["no mapping"]),
        (b"name: a\nname: b\n", ["line 2", "'name' stands twice"]),
        ("name: 样".encode("gbk"), ["UTF-8"]),
        (b"a: !!python/object/apply:os.system ['true']", ["no valid YAML"]),
    ],
)
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        load_profile(str(path), PROFILES)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_an_unknown_name_lists_the_shipped_profiles() -> None:
    with pytest.raises(SourceError, match=r"powerco, sample, tianchi"):
        load_profile("nobody", PROFILES)


def test_a_line_that_is_no_yaml_is_named_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\nurl_env: postgresql://reader:s3cret@db [: {\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        load_profile(str(path), PROFILES)
    assert "no valid YAML: line 2: " in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_yaml_does_not_guess_types(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "name: x\ndescription: d\norigin: o\nobtain: o\nmonths: {first: 2024-01, last: ~}\nchannels:\n"
        "  weather:\n    path: '{month}/w.csv'\n    format: csv\n    constants: {division_code: 011}\n"
        "    codes: {weather_text: {no: yes, 2024-01-05: 1_0}}\n    keep_unmapped: false\n",
        encoding="utf-8",
    )
    source = load_profile(str(path), PROFILES).channels["weather"]
    assert source.constants == {"division_code": "011"}
    assert source.code_map("weather_text") == {"no": "yes", "2024-01-05": "1_0"}
    assert source.keep_unmapped is False


def test_what_the_cleaning_step_asks_for() -> None:
    profile = make_profile(
        {
            "usage": {
                "path": "{month}/u.csv",
                "format": "csv",
                "units": {"kwh": "万kWh"},
                "codes": {"read_type": {"A": "实抄"}},
                "nulls": "MISSING",
                "placeholders": {"kwh": ["1"]},
            }
        }
    )
    source = profile.channels["usage"]
    assert (source.scale("kwh"), source.scale("kwh_peak")) == (Decimal(10_000), Decimal(1))
    assert (source.code_map("read_type"), source.code_map("kwh")) == ({"A": "实抄"}, {})
    assert (source.nulls, source.placeholder_texts("kwh"), source.placeholder_texts("kwh_peak")) == (
        ("MISSING",),
        ("1",),
        (),
    )


def test_the_shipped_profiles_load() -> None:
    sample, tianchi, powerco = (load_profile(name, PROFILES) for name in ("sample", "tianchi", "powerco"))
    by_month = [channel.name for channel in CHANNELS if channel.name not in ("attribute", "label")]
    assert set(sample.channels) == set(by_month)
    optional = set(sample.channels) - set(sample.required)
    assert optional == {"decision", "meter_read"}, "people decide now and then, readings of meters are optional"
    assert (sample.months.first, sample.months.last) == (date(2024, 1, 1), None)
    assert tianchi.channels["weather"].constants == {"division_code": "321182"}
    assert tianchi.channels["usage"].placeholder_texts("kwh") == ("1",)
    assert len(powerco.channels["customer"].attributes) == 24
    assert all(profile.obtain and profile.origin for profile in (sample, tianchi, powerco))
    assert len(tianchi.months.between(date(2016, 8, 1))) == 20
