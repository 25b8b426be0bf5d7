"""What a profile says about values: unknowns, placeholders, codes, units, attributes; and files that have types."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import ibis
import polars as pl
from ibis.backends.duckdb import Backend

from govbiz_assets.contracts.channel import ATTRIBUTE, CUSTOMER, USAGE
from govbiz_assets.contracts.cleaning import CleaningOptions
from govbiz_assets.transforms.records import (
    parse_records,
)
from govbiz_assets_tests.transforms.splitting import JANUARY, NO_OPTIONS, READING, refusal, split
from govbiz_assets_tests.transforms.tables import raw


def test_the_profile_says_what_stands_for_unknown(engine: Backend) -> None:
    options = CleaningOptions(nulls=("MISSING", "--"))
    ((row,), _, _) = split(engine, USAGE, [READING | {"kwh_peak": " -- ", "read_type": "MISSING"}], options)
    assert (row["kwh_peak"], row["read_type"]) == (None, None)
    assert refusal(engine, USAGE, READING | {"kwh": "--"}, options) == ("missing_value", "kwh")
    assert refusal(engine, USAGE, READING | {"kwh": "?"}, options) == ("unparsable", "kwh")
    _, _, (refused,) = split(engine, USAGE, [READING | {"kwh": "--"}], options)
    assert json.loads(refused["record_json"])["kwh"] == "--"


def test_the_profile_says_which_text_stands_for_nothing_used(engine: Backend) -> None:
    options = CleaningOptions(placeholders={"kwh": ("1", "无")})
    kept, _, _ = split(
        engine,
        USAGE,
        [READING | {"account_no": a, "kwh": k} for a, k in zip("abc", ("1", " 无", "1.0"), strict=True)],
        options,
    )
    assert [row["kwh"] for row in kept] == [0, 0, 1]


def test_the_profile_maps_codes_and_units(engine: Backend) -> None:
    options = CleaningOptions(
        codes={"read_type": {"01": "实抄", "02": "估抄"}}, scales={"kwh": 1000.0, "kwh_peak": 0.001}
    )
    row = READING | {"read_type": " 02", "kwh": "1,2345.6789".replace(",", ""), "kwh_peak": "1234.5"}
    ((kept,), _, _) = split(engine, USAGE, [row], options)
    assert (kept["read_type"], kept["kwh"], kept["kwh_peak"]) == ("估抄", Decimal("12345678.9"), Decimal("1.235"))
    ((other,), _, _) = split(engine, USAGE, [row | {"read_type": "03"}], options)
    assert other["read_type"] == "03"
    for text in ("9" * 15, "9" * 24, "9" * 40, "1e30"):
        assert refusal(engine, USAGE, READING | {"kwh": text}, options) in {
            ("unparsable", "kwh"),
            ("out_of_range", "kwh"),
        }


def test_a_code_may_stand_for_a_flag(engine: Backend) -> None:
    options = CleaningOptions(codes={"is_government": {"G": "是", "X": ""}})
    rows = [{"customer_no": number, "is_government": code} for number, code in (("1", "G"), ("2", "X"), ("3", "否"))]
    kept, _, _ = split(engine, CUSTOMER, rows, options)
    assert [row["is_government"] for row in kept] == [True, None, False]
    assert refusal(engine, CUSTOMER, {"customer_no": "4", "is_government": "?"}, options) == (
        "unparsable",
        "is_government",
    )


def test_attributes_are_read_by_their_type(engine: Backend) -> None:
    options = CleaningOptions(
        attributes={"attr_n": "number", "attr_c": "category", "attr_f": "flag", "attr_d": "date"}, nulls=("MISSING",)
    )
    row = {
        "customer_no": "1",
        "attribute_month": "202401",
        "attr_n": "1,5",
        "attr_c": " a ",
        "attr_f": "是",
        "attr_d": "2024/1/5",
    }
    assert refusal(engine, ATTRIBUTE, row, options) == ("unparsable", "attr_n")
    assert refusal(engine, ATTRIBUTE, row | {"attr_n": "nan"}, options) == ("unparsable", "attr_n")
    records = raw(ATTRIBUTE, [row | {"attr_n": "-1.5"}, row | {"attr_n": "MISSING", "attr_c": "MISSING"}], JANUARY,
                  **dict.fromkeys(options.attributes))  # fmt: skip
    parsed = engine.to_polars(parse_records(records, ATTRIBUTE, options).order_by("row_no"))
    assert parsed.select(*options.attributes).rows() == [
        (-1.5, "a", True, date(2024, 1, 5)),
        (None, None, True, date(2024, 1, 5)),
    ]


def typed_readings(**values: list[object]) -> ibis.Table:
    """Readings as a typed file delivers them."""
    count = len(next(iter(values.values())))
    frame = pl.DataFrame(
        {
            "month": [JANUARY] * count,
            "source_file": ["a.parquet"] * count,
            "row_no": list(range(1, count + 1)),
            "loaded_at": [datetime(2024, 2, 1)] * count,
            **values,
        }
    )
    blank = {field.name: pl.lit(None, pl.String) for field in USAGE.fields if field.name not in frame.columns}
    blank |= {"read_problem": pl.lit(None, pl.String), "extra_json": pl.lit(None, pl.String)}
    return ibis.memtable(frame.with_columns(**blank))


def test_what_stands_for_unknown_may_be_a_number_of_a_typed_file(engine: Backend) -> None:
    options = CleaningOptions(nulls=("-999", "1900-01-01"))
    rows = typed_readings(
        account_no=["100", "101", "102", "103"],
        usage_date=[date(2024, 1, 5), date(2024, 1, 5), date(1900, 1, 1), date(2024, 1, 5)],
        kwh=[5.0, -999.0, 5.0, -99.0],
        kwh_peak=[Decimal("-999.000"), Decimal("1.500"), None, None],
        kwh_flat=[-999, 2, 2, 2],
    )
    parsed = engine.to_polars(parse_records(rows, USAGE, options).order_by("row_no"))
    assert parsed["problem"].to_list() == [
        None,
        "missing_value:kwh",
        "missing_value:usage_date",
        "out_of_range:kwh",
    ]
    assert parsed.select("kwh_peak", "kwh_flat").row(0) == (None, None)
    assert json.loads(parsed["record_json"][1])["kwh"] == -999.0


def test_typed_files_are_judged_like_text(engine: Backend) -> None:
    rows = typed_readings(
        account_no=[100.0, 100.0, None, 101.0],
        usage_date=[date(2024, 1, 5), date(2024, 2, 1), date(2024, 1, 5), date(2024, 1, 5)],
        kwh=[12.5, 1.0, 1.0, float("nan")],
    )
    parsed = engine.to_polars(parse_records(rows, USAGE, NO_OPTIONS).order_by("row_no"))
    assert parsed["problem"].to_list() == [None, "wrong_month:usage_date", "missing_value:account_no", "unparsable:kwh"]
    assert parsed["account_no"][0] == "100"
