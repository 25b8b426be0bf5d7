"""What is read from quarantine, and how it is laid out for those who mend it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import ibis
import polars as pl
import pytest

from govbiz_assets.contracts.channel import CHANNEL_BY_NAME, Channel, Field
from govbiz_assets.contracts.column import Column
from govbiz_assets.contracts.tables_source import QUARANTINE, raw_table
from govbiz_assets.quarantine.export import ExportError, build_sheets, render_csv, render_xlsx
from govbiz_assets.quarantine.refused import RefusedRecord, Selection, count_records, read_groups, read_records
from govbiz_assets.warehouse.months import replace_months
from govbiz_assets.warehouse.session import Session, open_session

MARCH, APRIL = date(2024, 3, 1), date(2024, 4, 1)
USAGE, BILL, OUTAGE = "2024-03/usage.csv", "2024-03/bill.csv", "2024-03/outage.csv"
# A channel that a profile declares.
OWN = Channel(
    "outage",
    "Outages.",
    (
        Field("feeder_no", "text", is_required=True, own_column=Column("feeder_no", "VARCHAR", "Feeder.")),
        Field("minutes", "number", own_column=Column("minutes", "DOUBLE", "Length.", "min")),
    ),
    key=("feeder_no",),
)
CHANNELS = {**CHANNEL_BY_NAME, OWN.name: OWN}


def refused(row_no: int, record_json: str, **values: Any) -> dict[str, Any]:
    given = {"month": MARCH, "channel": "usage", "source_file": USAGE, "rule": "unparsable", "field": "kwh"}
    return (
        given | {"row_no": row_no, "reason": "kwh cannot be read; mend the value", "record_json": record_json} | values
    )


ROWS = [
    refused(7, '{"account_no":"01","kwh":NaN,"kwh_peak":Infinity,"kwh_flat":100.0,"kwh_deep":1e308,"extra_json":null}'),
    refused(3, '{"account_no":"=1+1","kwh":"x","extra_json":"{\\"备注\\":\\"@cmd\\",\\"空\\":null}"}'),
    refused(
        5,
        '{"account_no":null,"kwh":null,"extra_json":"{\\"line\\":\\"03,one field\\"}"}',
        rule="wrong_field_count",
        field=None,
        reason="the record could not be read (wrong_field_count); mend the line in the file",
    ),
    refused(1, '{"bill_no":"b","extra_json":null}', channel="bill", source_file=BILL, month=APRIL),
]
PROVENANCE = {"source": "trial", "file_sha256": "0", "loaded_at": MARCH}
HEADERS = {(MARCH, "usage", USAGE): {"account_no": "户号", "kwh": "总电量"}}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A vault with refused records in two channels and the raw records around them."""
    with open_session(tmp_path_factory.mktemp("vault"), b"key") as session:
        write(session, QUARANTINE, ROWS)
        raw = [{"month": MARCH, "source_file": USAGE, "row_no": number, **PROVENANCE} for number in range(8)]
        write(session, raw_table(CHANNELS["usage"]), raw)
        yield session


def test_a_channel_of_the_profile_is_like_any_other(tmp_path: Path) -> None:
    row = refused(2, '{"minutes":"x","feeder_no":"F1"}', channel="outage", source_file=OUTAGE, field="minutes")
    raw = [{"month": MARCH, "source_file": OUTAGE, "row_no": number, **PROVENANCE} for number in (1, 2)]
    with open_session(tmp_path, b"key") as session:
        write(session, raw_table(OWN), raw)
        write(session, QUARANTINE, [row])
        (group,) = read_groups(session, Selection(), CHANNELS)
        # The profile may have lost the channel since.
        (lost,) = read_groups(session, Selection(), CHANNEL_BY_NAME)
        found = list(read_records(session, Selection()))
    assert (group.quarantined_ratio, lost.quarantined_count, lost.received_count) == (0.5, 1, 0)
    assert build_sheets(found, {}, CHANNELS)[0].headers == ["feeder_no", "minutes"]
    assert build_sheets(found, {}, CHANNEL_BY_NAME)[0].headers == ["minutes", "feeder_no"]


def write(session: Session, contract: Any, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows).with_columns(pl.col(pl.Date).cast(pl.Date))
    if "loaded_at" in frame.columns:
        frame = frame.with_columns(pl.col("loaded_at").cast(pl.Datetime("us")))
    replace_months(session, contract, ibis.memtable(frame), [MARCH, APRIL])


def test_groups_count_their_records_and_those_of_the_file(session: Session) -> None:
    groups = read_groups(session, Selection((MARCH,)), CHANNELS)
    assert [(group.rule, group.field, group.quarantined_count, group.received_count) for group in groups] == [
        ("unparsable", "kwh", 2, 8),
        ("wrong_field_count", None, 1, 8),
    ]
    assert groups[0].quarantined_ratio == 0.25
    (lonely,) = read_groups(session, Selection(channel="bill"), CHANNELS)
    assert (lonely.quarantined_count, lonely.received_count, lonely.quarantined_ratio) == (1, 0, 0.0)


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        (Selection(), [3, 5, 7, 1]),
        (Selection((APRIL,)), [1]),
        (Selection(rule="unparsable", channel="usage"), [3, 7]),
        (Selection(field="kwh", file="usage.csv"), [3, 7]),
        (Selection(file=BILL), [1]),
        (Selection(file="age.csv"), []),
    ],
)
def test_records_are_selected_and_come_in_the_order_of_their_files(
    session: Session, selection: Selection, rows: list[int]
) -> None:
    assert [record.row_no for record in read_records(session, selection)] == rows
    assert [record.row_no for record in read_records(session, selection, 1)] == rows[:1]
    assert count_records(session, selection) == len(rows)


def records(session: Session) -> dict[int, RefusedRecord]:
    return {record.row_no: record for record in read_records(session, Selection((MARCH,)))}


def test_what_was_delivered_is_read_whatever_its_format(session: Session) -> None:
    found = records(session)
    assert found[7].values == {
        "account_no": "01",
        "kwh": "nan",
        "kwh_peak": "inf",
        "kwh_flat": "100",
        "kwh_deep": "1e+308",
    }
    assert (found[3].delivered, found[3].extra) == ("x", {"备注": "@cmd"})
    assert (found[5].delivered, found[5].values) == ("03,one field", {})
    assert found[3].fault_and_remedy == ("kwh cannot be read", "mend the value")


def test_a_sheet_has_the_delivered_headers_and_every_value_as_text(session: Session) -> None:
    (sheet,) = build_sheets(records(session).values(), HEADERS, CHANNELS)
    assert sheet.headers == ["户号", "总电量", "kwh_peak", "kwh_flat", "kwh_deep", "备注", "line"]
    page = fastexcel.read_excel(render_xlsx([sheet])).load_sheet(0, dtypes="string").to_polars()
    assert page.columns == ["source_file", "row_no", "rule", "field", "reason", *sheet.headers]
    assert page["row_no"].to_list() == ["3", "5", "7"]
    assert page["户号"].to_list() == ["=1+1", None, "01"]
    assert page["line"].to_list() == [None, "03,one field", None]


def test_csv_starts_no_formula_and_can_be_delivered_again(session: Session) -> None:
    (sheet,) = build_sheets(records(session).values(), HEADERS, CHANNELS)
    rows = list(csv.DictReader(io.StringIO(render_csv([sheet]).decode("utf-8-sig"))))
    assert [row["户号"] for row in rows] == ["'=1+1", "", "01"]
    assert rows[0]["备注"] == "'@cmd"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *[(text, f"'{text}") for text in ("=1", "+x", "-2+3", "@a", " =1", "\t=1", "\r=1", "＝1", "-", "+86 511")],
        *[(text, text) for text in ("-1.5", "+3", "0", "a=1", "'=1", "")],
    ],
)
def test_only_what_a_spreadsheet_would_compute_is_disarmed(value: str, written: str) -> None:
    record = RefusedRecord(MARCH, "usage", USAGE, 1, "unparsable", "kwh", "", {"kwh": value}, {})
    text = render_csv(build_sheets([record], {}, CHANNELS)).decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text, newline="")))["kwh"] == written


def test_a_sheet_has_the_name_of_its_channel_as_far_as_excel_allows() -> None:
    names = ["usage", "readings_of_the_charging_stations_by_hour", "readings_of_the_charging_stations_by_day"]
    records = [RefusedRecord(MARCH, name, USAGE, 1, "unparsable", "kwh", "", {"kwh": "?"}, {}) for name in names]
    book = fastexcel.read_excel(render_xlsx(build_sheets(records, {}, CHANNELS)))
    assert book.sheet_names == ["usage", "readings_of_the_charging_statio", "readings_of_the_charging_stat_2"]


def test_what_excel_cannot_hold_is_said_and_not_cut(tmp_path: Path) -> None:
    record = RefusedRecord(MARCH, "usage", USAGE, 4, "unparsable", "kwh", "", {"kwh": "9" * 40_000}, {})
    sheets = build_sheets([record], {}, CHANNELS)
    with pytest.raises(ExportError, match=r"usage\.csv row 4 column kwh: 40,000 characters .* write \.csv"):
        render_xlsx(sheets)
    assert "9" * 40_000 in render_csv(sheets).decode("utf-8-sig")
