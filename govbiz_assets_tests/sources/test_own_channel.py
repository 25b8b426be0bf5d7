"""A channel that a profile declares: what is refused, and that whatever is not refused makes sound contracts."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster._core.definitions.utils import DISALLOWED_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import govbiz_assets
from govbiz_assets.contracts import own_channel as contract
from govbiz_assets.contracts.catalog import TABLES
from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, CHANNELS
from govbiz_assets.contracts.columns_derived import QUALITY
from govbiz_assets.contracts.columns_source import PROVENANCE, PSEUDONYMS
from govbiz_assets.contracts.own_channel import cleaned_table
from govbiz_assets.contracts.table import COLUMNS
from govbiz_assets.contracts.tables_cleaned import CLEANED_BY_CHANNEL
from govbiz_assets.contracts.tables_source import raw_table
from govbiz_assets.sources.contracts import profile_contracts
from govbiz_assets.sources.errors import SourceError
from govbiz_assets.sources.profile import load_profile
from govbiz_assets.sources.profile_model import Profile
from govbiz_assets_tests.sources.landscape import PROFILES, make_profile

ROOT = Path(govbiz_assets.__file__).parent
FIELDS: dict[str, Any] = {
    "outage_no": {"kind": "text", "meaning": "Number of the outage", "headers": "停电编号"},
    "account_no": {},
    "started_at": {"kind": "timestamp", "meaning": "Begin."},
    "outage_minutes": {"kind": "number", "unit": "min", "meaning": "Length.", "range": [0, 44640]},
    "site_contact": {"kind": "text", "meaning": "Person on site.", "sensitive": True},
}
OWN: dict[str, Any] = {"meaning": "One outage", "key": ["outage_no", "account_no"], "month_field": "started_at"}


def declare(fields: dict[str, Any] | None = None, name: str = "outage", **changes: Any) -> Profile:
    """A profile whose own channel has these fields beside the usual ones."""
    own = OWN | {"fields": FIELDS | (fields or {})} | changes
    return make_profile({name: {"path": "{month}/o.csv", "format": "csv", "declare": own}})


def fault(fields: dict[str, Any] | None = None, **changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        declare(fields, **changes)
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")


def test_a_declared_channel_has_the_tables_that_it_says() -> None:
    profile = declare()
    channel = profile.known_channels["outage"]
    contracts = profile_contracts(profile)
    raw, cleaned = contracts["raw.outage"], contracts["cleaned.outage"]
    assert list(profile.known_channels) == [*CHANNEL_BY_NAME, "outage"]
    assert (raw, cleaned) == (raw_table(channel), cleaned_table(channel))
    assert raw.database == "vault"
    assert {c.name for c in raw.columns if c.sensitivity == "identifying"} >= {"account_no", "site_contact"}
    assert [(c.name, c.dtype, c.unit) for c in cleaned.columns] == [
        ("month", "DATE", ""),
        ("outage_no", "VARCHAR", ""),
        ("account_id", "VARCHAR", ""),
        ("started_at", "TIMESTAMP", ""),
        ("outage_minutes", "DOUBLE", "min"),
        ("source_file", "VARCHAR", ""),
        ("row_no", "BIGINT", "row"),
    ]
    assert cleaned.key == ("month", "outage_no", "account_id")
    assert cleaned.required == {"month", "outage_no", "account_id", "started_at", "source_file", "row_no"}
    assert [(rule.column, rule.low, rule.high) for rule in cleaned.rules] == [("outage_minutes", 0, 44640)]
    assert cleaned.withheld == {"account_no", "site_contact"}
    assert [field.name for field in channel.fields if field.is_required] == ["outage_no", "account_no", "started_at"]
    assert channel.field("account_no").headers == ("户号", "用电户号", "account_no")
    assert (channel.meaning, channel.field("outage_no").column.meaning) == ("One outage.", "Number of the outage.")


def test_a_standard_channel_keeps_its_tables() -> None:
    assert {channel.name: cleaned_table(channel) for channel in CHANNELS} == CLEANED_BY_CHANNEL
    standard = make_profile({"usage": {"path": "{month}/u.csv", "format": "csv"}})
    assert profile_contracts(standard) == {table.full_name: table for table in TABLES}


def test_a_column_of_the_dictionary_is_taken_as_it_is() -> None:
    profile = declare({"bill_month": {}, "kwh": {"headers": "损失电量"}, "account_status": {"sensitive": True}})
    channel = profile.known_channels["outage"]
    assert (channel.field("bill_month").kind, channel.field("kwh").kind) == ("month", "number")
    assert channel.field("kwh").column == COLUMNS["kwh"]
    assert channel.field("kwh").headers == ("损失电量", "kwh")
    assert channel.field("account_status").column.sensitivity == "identifying"
    assert {"kwh", "bill_month"} < set(cleaned_table(channel).column_names)
    assert "account_status" not in cleaned_table(channel).column_names


def test_a_number_that_is_sensitive_has_no_pseudonym_either() -> None:
    cleaned = cleaned_table(declare({"customer_no": {"sensitive": True}}).known_channels["outage"])
    assert {"customer_no", "customer_id"} <= cleaned.withheld
    assert "customer_id" not in cleaned.column_names


def test_delivered_units_are_scaled_to_the_declared_one() -> None:
    own = OWN | {"fields": FIELDS}
    source = {"path": "{month}/o.csv", "format": "csv", "declare": own, "units": {"outage_minutes": "小时"}}
    assert make_profile({"outage": source}).channels["outage"].scale("outage_minutes") == 60
    with pytest.raises(ValidationError, match=r"'kWh' is no unit that outage_minutes can be scaled from"):
        make_profile({"outage": source | {"units": {"outage_minutes": "kWh"}}})


NAME = "channels.outage.declare.fields."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kwh": {"kind": "number", "unit": "kW"}}, [f"{NAME}kwh.unit", "DECIMAL(18,3) in kWh", "as outage_kwh"]),
        ({"kwh": {"kind": "text"}}, [f"{NAME}kwh.kind", "DECIMAL(18,3) in kWh"]),
        ({"kwh": {"meaning": "Lost energy."}}, [f"{NAME}kwh.meaning", "Active energy"]),
        ({"month": {"kind": "month"}}, [f"{NAME}month: the house uses this name itself", "as outage_month"]),
        ({"record_json": {"kind": "text"}}, ["the house uses this name itself"]),
        ({"content": {"kind": "text"}}, ["the house uses this name itself"]),
        ({"attr_x": {"kind": "text"}}, ["as outage_x"]),
        ({"note_delivered": {"kind": "text"}}, ["as outage_note"]),
        ({"account_id": {"kind": "text"}}, ["the house uses this name itself"]),
        ({"end": {"kind": "timestamp"}}, ["the house uses this name itself", "as outage_end"]),
        ({"lift": {"kind": "number", "unit": "ratio"}}, ["the house makes a column of this name itself", "Confidence"]),
        ({"Note": {"kind": "text", "meaning": "m"}}, [f"{NAME}Note: 'Note' is no name for a column"]),
        ({"a__b": {"kind": "text", "meaning": "m"}}, ["is no name for a column", "single _"]),
        ({"a" * 61: {"kind": "text", "meaning": "m"}}, ["is no name for a column", "60 at most"]),
        ({"note": {"meaning": "m"}}, [f"{NAME}note.kind: is missing"]),
        ({"note": {"kind": "text"}}, [f"{NAME}note.meaning: is missing"]),
        ({"note": {"kind": "text", "meaning": " "}}, [f"{NAME}note.meaning: is missing"]),
        ({"note": {"kind": "flag", "meaning": "m"}}, ["call it is_note"]),
        ({"is_note": {"kind": "text", "meaning": "m"}}, [f"{NAME}is_note", "is a flag"]),
        ({"load": {"kind": "number", "meaning": "m"}}, [f"{NAME}load.unit: is missing; use one of kWh"]),
        ({"load": {"kind": "number", "unit": "MJ", "meaning": "m"}}, [f"{NAME}load.unit: 'MJ' is unknown"]),
        ({"load_kwh": {"kind": "number", "unit": "kW", "meaning": "m"}}, ["the name's ending says kWh"]),
        ({"note": {"kind": "text", "unit": "kWh", "meaning": "m"}}, [f"{NAME}note.unit: only numbers have one"]),
        ({"note": {"kind": "text", "meaning": "m", "range": [0, 1]}}, [f"{NAME}note.range: only numbers have one"]),
        ({"load": {"kind": "number", "unit": "kW", "meaning": "m", "range": [2, 1]}}, ["smallest value first"]),
        ({"note": {"kind": "text", "meaning": "m", "headers": [" "]}}, [f"{NAME}note.headers: names no header"]),
        ({"note": {"kind": "text", "meaning": "m", "headers": "户 号"}}, [f"{NAME}note.headers", "of account_no too"]),
        ({"outage_no": {"kind": "text", "meaning": "m", "required": False}}, ["key needs the field in every record"]),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], words: list[str]) -> None:
    message = fault(fields)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "usage"}, ["channels.usage.declare: usage is a standard channel"]),
        ({"name": "usage_daily"}, ["channels.usage_daily: a table of the house", "my_usage_daily"]),
        ({"name": "customer_monthly"}, ["a table of the house"]),
        ({"name": "select"}, ["channels.select: select is a reserved word"]),
        ({"name": "input"}, ["reserved word"]),
        ({"name": "import"}, ["reserved word"]),
        ({"name": "none"}, ["reserved word"]),
        ({"name": "停电"}, ["channels.停电: '停电' is no name for a table"]),
        ({"name": "usage__checks"}, ["is no name for a table"]),
        ({"meaning": " "}, ["channels.outage.declare.meaning: is empty"]),
        ({"key": ["outage_id"]}, ["declare.key: 'outage_id' is none of the fields; use one of outage_no"]),
        ({"key": ["outage_no", "outage_no"]}, ["declare.key: names a field twice"]),
        ({"key": "site_contact"}, ["declare.key: site_contact can name someone"]),
        ({"month_field": "begin"}, ["declare.month_field: 'begin' is none of the fields"]),
        ({"month_field": "outage_no"}, ["declare.month_field: outage_no is no date, month or timestamp"]),
    ],
)
def test_a_wrong_channel_is_named(changes: dict[str, Any], words: list[str]) -> None:
    message = fault(**changes)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_column_that_identifies_cannot_be_the_key_even_without_being_marked() -> None:
    assert "customer_name can name someone" in fault({"customer_name": {}}, key="customer_name")


def test_records_need_a_month_from_somewhere() -> None:
    own = OWN | {"fields": FIELDS, "month_field": None}
    with pytest.raises(ValidationError, match=r"month_field: nothing tells a record's month"):
        make_profile(
            {"outage": {"path": "o.csv", "format": "csv", "declare": own}},
            months={"first": "2024-01", "last": "2024-02"},
        )
    make_profile({"outage": {"path": "{month}/o.csv", "format": "csv", "declare": own}})


def test_a_database_says_the_month_of_its_records() -> None:
    own = OWN | {"fields": FIELDS, "month_field": None}
    at = {"url_env": "GOVBIZ_DB_OUTAGE", "table": "grid.outage", "month_column": "month", "month_style": "yyyymm"}
    profile = make_profile({"outage": {"database": at, "declare": own}})
    assert profile.known_channels["outage"].month_field is None


def test_two_channels_of_a_profile_share_a_name_only_with_its_meaning() -> None:
    def both(other: dict[str, Any]) -> Profile:
        second = {"meaning": "m", "key": "outage_no", "fields": {"outage_no": FIELDS["outage_no"] | other}}
        source = {"path": "{month}/o.csv", "format": "csv"}
        channels = {"outage": source | {"declare": OWN | {"fields": FIELDS}}, "repair": source | {"declare": second}}
        return make_profile(channels)

    assert {"raw.outage", "raw.repair"} < set(profile_contracts(both({"headers": "工单停电编号"})))
    with pytest.raises(ValidationError, match=r"channels.repair.declare.fields.outage_no: channels.outage declares"):
        both({"meaning": "Something else."})


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("fields: {a: {kind: numbr}}", ["channels.x.declare.fields.a.kind", "'number'", "'numbr'"]),
        ("fields: {a: {knd: text}}", ["channels.x.declare.fields.a.knd: unknown key"]),
        ("fields: {a: {range: [0]}}", ["channels.x.declare.fields.a.range"]),
        ("fields: {a: {range: [0, inf]}}", ["channels.x.declare.fields.a.range"]),
        ("fields: {}", ["channels.x.declare.fields"]),
        ("feilds: {}", ["channels.x.declare"]),
    ],
)
def test_a_wrong_shape_is_named_on_one_line(tmp_path: Path, block: str, words: list[str]) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "name: x\ndescription: d\norigin: o\nobtain: o\nmonths: {first: 2024-01}\nchannels:\n  x:\n"
        f"    path: '{{month}}/x'\n    format: csv\n    declare:\n      meaning: m\n      key: a\n      {block}\n",
        encoding="utf-8",
    )
    with pytest.raises(SourceError) as caught:
        load_profile(str(path), PROFILES)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


ODD_NAMES = ("end", "a__b", "month", "content", "x_right", "attr_a", "lift", "values", "count", "c1", "row")
NAMES = st.sampled_from(
    [*sorted(contract.DELIVERABLE)[::7], *PSEUDONYMS, "lost_kwh", "lost_kw", "note", "is_note", "has_gas", *ODD_NAMES]
) | st.text(string.ascii_lowercase + "_1A", min_size=1, max_size=6)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["text", "number", "date", "month", "timestamp", "flag"]),
    "unit": st.sampled_from([*contract.UNITS, "MJ", ""]),
    "meaning": st.sampled_from(["What it is", "停电时长。", "", COLUMNS["kwh"].meaning]),
    "headers": st.sampled_from(["户号", ["a", "b"], "ａ", " ", "停电"]),
    "required": st.booleans(),
    "sensitive": st.booleans(),
    "range": st.tuples(st.integers(-2, 9), st.integers(-2, 9)),
}
OWN_NAMES = ["lost_kwh", "note", "is_note", "values", "count", "c1", "row"]
ODDLY_DECLARED = st.fixed_dictionaries({}, optional=PARTS)


@st.composite
def declarations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Name and declaration of a channel, most of it sound, so that some declarations are so as a whole."""

    def is_odd() -> bool:
        return draw(st.integers(0, 9)) == 0

    fields: dict[str, Any] = {}
    for known in draw(st.lists(st.sampled_from(sorted(contract.DELIVERABLE)), max_size=3)):
        fields[known] = {"sensitive": True} if is_odd() else {}
    for name in draw(st.lists(st.sampled_from(OWN_NAMES), min_size=1, max_size=3)):
        kind = "flag" if name == "is_note" else "number" if name == "lost_kwh" else draw(PARTS["kind"])
        fields[name] = {"kind": kind, "meaning": "What it is"}
        if kind == "number":
            fields[name]["unit"] = "kWh" if name == "lost_kwh" else draw(st.sampled_from(contract.UNITS))
            fields[name]["range"] = (0, draw(st.integers(0, 9)))
    if is_odd():
        fields[draw(NAMES)] = draw(ODDLY_DECLARED)
    key = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True))
    dated = [name for name, declared in fields.items() if declared.get("kind") in ("date", "month", "timestamp")]
    month_field = draw(st.sampled_from(sorted(fields) if is_odd() else [None, *dated]))
    own = {"meaning": "One record", "key": key, "month_field": month_field, "fields": fields}
    return draw(NAMES) if is_odd() else draw(st.sampled_from(["outage", "inspection"])), own


@settings(max_examples=200, deadline=None)
@given(declaration=declarations())
def test_a_declaration_is_refused_or_makes_sound_contracts(declaration: tuple[str, dict[str, Any]]) -> None:
    name, own = declaration
    fields, key = own["fields"], own["key"]
    try:
        profile = make_profile({name: {"path": "{month}/x.csv", "format": "csv", "declare": own}})
    except ValidationError as error:
        for found in error.errors():
            place = ".".join(map(str, found["loc"])) + found["msg"].removeprefix("Value error, ")
            assert place.startswith(f"channels.{name}")
            assert "\n" not in found["msg"]
            # The model names the key by itself; a rule of the house says the remedy too.
            assert found["type"] != "value_error" or "; " in found["msg"]
        return
    channel = profile.known_channels[name]
    contracts = profile_contracts(profile)
    cleaned = contracts[f"cleaned.{name}"]
    assert name not in CHANNEL_BY_NAME
    assert name not in {table.name for table in TABLES}
    assert [field.name for field in channel.fields] == list(fields)
    for column in cleaned.columns:
        known = COLUMNS.get(column.name)
        assert known is None or column == known, "a name of the dictionary means what it means there"
        assert column.sensitivity != "identifying"
        assert bool(column.unit) == column.is_number
        assert column.meaning.endswith((".", "。"))
    assert not {field for field, declared in fields.items() if declared.get("sensitive")} & set(cleaned.column_names)
    assert not set(PSEUDONYMS) & set(cleaned.column_names)
    assert all(channel.field(field).is_required for field in key)
    assert contracts[f"raw.{name}"].database == "vault"


def test_the_reserved_words_are_those_of_the_engine_and_of_dagster() -> None:
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
        assert {word for (word,) in rows.fetchall()} == contract.SQL_WORDS
    assert {word for word in DISALLOWED_NAMES if word == word.lower()} <= contract.RESERVED_CHANNELS


@pytest.mark.parametrize("path", ["transforms/records.py", "transforms/pseudonym.py"])
def test_no_field_can_have_the_name_of_a_column_that_a_step_adds(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    steps = [call for call in calls if call.func.attr in ("mutate", "select", "aggregate")]  # type: ignore[attr-defined]
    added = {word.arg for call in steps for word in call.keywords if word.arg}
    house = {column.name for column in (*PROVENANCE, *QUALITY)}
    assert added, "the steps are looked for where they are"
    assert added <= contract.STEP_COLUMNS | house
    assert contract.STEP_COLUMNS | house <= contract.RESERVED_FIELDS


def test_no_field_can_have_the_name_of_a_column_that_a_question_of_its_table_adds() -> None:
    code = (ROOT / "warehouse" / "promises.py").read_text(encoding="utf-8")
    assert set(re.findall(r" AS (\w+), ", code)) == {"copies"} < contract.STEP_COLUMNS
