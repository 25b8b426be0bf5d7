"""The same months from files and from a database: the same cleaned tables and accounts; no secret anywhere."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from govbiz_assets.automation.sensors import published_files
from govbiz_assets.cli import run, sources  # noqa: F401 - sources registers itself
from govbiz_assets.cli.app import app
from govbiz_assets.sources.errors import SourceError
from govbiz_assets_tests.automation.server import fast_folder
from govbiz_assets_tests.scenario import FIRST, House, failed_checks, months_from, small_province
from govbiz_assets_tests.sources.database.server import PASSWORD, READER, Server
from govbiz_assets_tests.sources.landscape import PROFILES

MONTHS = months_from(FIRST, 2)
VARIABLE = "GOVBIZ_DB_TRIAL"
CLEANED = ("cleaned.customer_monthly", "cleaned.bill")
REFERENCE = tuple(f"reference.{name}" for name in ("division", "industry", "product", "tariff", "calendar_day"))
DELIVERED = ("quality.file_manifest", "raw.customer", "raw.account", "raw.bill")
TABLES = (*REFERENCE, *DELIVERED, *CLEANED, "cleaned.account_monthly", "quality.row_account")
CUSTOMER_FILE, BILL_FILE = "客户档案", "电费账单"
NUMBERS = ("电量", "电度电费", "基本电费", "力调电费", "代征基金", "其他费用", "应收合计")
DATES = ("发行日期", "到期日")
# A later bill of a number that stands there already; a number and a date that cannot be read, NaN and infinity in the
# database.
ODD_BILLS = (
    "202401000000000;0300000001;202401;202312;正常;1;1;0;0;0;0;2.50;2024/1/3;2024/1/20;\n"
    "202401999999998;0300000001;202401;202312;正常;1;1;0;0;0;0;待定;2024/1/3;2024/1/20;\n"
    "202401999999999;0300000001;202401;202312;正常;1;1;0;0;0;0;1;待定;2024/1/20;\n"
)
EXTRA = '"装载年月" char(6), "更新时间" timestamptz'


@pytest.fixture(scope="module")
def folder(server: Server) -> Path:
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def landing(folder: Path, server: Server) -> Path:
    """A small province as files, whose customers and bills lie in the database too."""
    landing = small_province(folder / "landing", customers=40, months=len(MONTHS))
    with (landing / "2024-01" / f"{BILL_FILE}_202401.csv").open("a", encoding="utf-8", newline="") as bills:
        bills.write(ODD_BILLS)
    server.admin("CREATE SCHEMA province", f"GRANT USAGE ON SCHEMA province TO {READER}")
    load(server, landing, "province.customer", CUSTOMER_FILE, "gbk", ",")
    load(server, landing, "province.bill", BILL_FILE, "utf-8-sig", ";")
    return landing


@pytest.fixture(scope="module")
def houses(folder: Path, landing: Path, server: Server) -> tuple[House, House]:
    """Both months made from files, and from files and the database."""
    profile = yaml.safe_load((PROFILES / "sample.yaml").read_text(encoding="utf-8"))
    at = {"url_env": VARIABLE, "updated_column": "更新时间"}
    table = {"table": "province.bill", "month_column": "装载年月", "month_style": "yyyymm"}
    query = "SELECT * FROM province.customer WHERE \"装载年月\" = to_char(:month_start, 'YYYYMM')"
    profile["name"] = "sample"
    profile["months"] = {"first": "2024-01"}
    profile["channels"] |= {"customer": {"database": at | {"query": query}}, "bill": {"database": at | table}}
    path = folder / "mixed.yaml"
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    plain, mixed = House(folder / "plain", landing), House(folder / "mixed", landing, str(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, server.url())
        for house in (plain, mixed):
            result = house.run_tables(MONTHS, TABLES)
            assert result.success
            assert not {check for check in failed_checks(result) if "unread" in check or "unbalanced" in check}
    return plain, mixed


def load(server: Server, landing: Path, table: str, name: str, encoding: str, delimiter: str) -> None:
    """Puts the records of delivered files into a table: numbers and dates typed, in another order than delivered."""
    for month in MONTHS:
        path = landing / f"{month:%Y-%m}" / f"{name}_{month:%Y%m}.csv"
        header, *records = csv.reader(io.StringIO(path.read_text(encoding=encoding)), delimiter=delimiter)
        types = ["numeric" if h in NUMBERS else "date" if h in DATES else "text" for h in header]
        columns = ", ".join(f'"{h}" {dtype}' for h, dtype in zip(header, types, strict=True))
        moment = datetime.fromisoformat(f"{month:%Y-%m-%d}T12:00:00+08:00")
        rows = [
            [*map(typed, record, types), f"{month:%Y%m}", moment + timedelta(milliseconds=position)]
            for position, record in enumerate(records)
        ]
        places = ", ".join(["%s"] * (len(header) + 2))
        with psycopg.connect(server.url("admin")) as connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns}, {EXTRA})".encode())
            connection.execute(f"GRANT SELECT ON {table} TO {READER}".encode())
            connection.cursor().executemany(f"INSERT INTO {table} VALUES ({places})".encode(), rows[::-1])


def typed(text: str, dtype: str) -> object:
    """A delivered text as a database would hold it; a number that is none is NaN."""
    if dtype == "text":
        return text
    if not text:
        return None
    if dtype == "date":
        return "infinity" if text == "待定" else date(*(int(part) for part in text.split("/")))
    plain = unicodedata.normalize("NFKC", text).replace(",", "")
    return plain if all(sign.isdigit() or sign in "-." for sign in plain) else "NaN"


def rows_of(house: House, table: str) -> list[tuple[object, ...]]:
    """Rows of a table without the name of their file."""
    return house.read(f"SELECT * EXCLUDE (source_file) FROM warehouse.{table} ORDER BY ALL")


def test_cleaned_tables_are_those_of_the_files(houses: tuple[House, House]) -> None:
    plain, mixed = houses
    for table in CLEANED:
        assert rows_of(plain, table)
        # Row numbers are the same too: the order of the last change is that of the files.
        assert rows_of(plain, table) == rows_of(mixed, table)
    assert rows_of(plain, "quality.row_account") == rows_of(mixed, "quality.row_account")


def test_the_same_records_are_refused_and_set_aside(houses: tuple[House, House]) -> None:
    query = "SELECT month, channel, row_no, rule, field FROM vault.quality.quarantine ORDER BY ALL"
    aside = "SELECT month, channel, row_no, disposition, kept_row_no FROM warehouse.quality.set_aside ORDER BY ALL"
    plain, mixed = houses
    assert plain.read(query) == mixed.read(query)
    assert plain.read(aside) == mixed.read(aside)
    refused = mixed.read("SELECT row_no, field, record_json FROM vault.quality.quarantine ORDER BY row_no")[-2:]
    assert [row[1] for row in refused] == ["total_cny", "issued_date"]
    assert ["NaN" in refused[0][2], '"infinity"' in refused[1][2]] == [True, True]
    assert {"duplicate", "superseded"} == {row[3] for row in mixed.read(aside)}


def test_the_manifest_has_a_line_per_channel_and_month(houses: tuple[House, House]) -> None:
    query = (
        "SELECT source_file, file_status, record_count, loaded_at FROM warehouse.quality.file_manifest "
        "WHERE channel = 'bill' ORDER BY ALL"
    )
    found = houses[1].read(query)
    assert [row[:2] for row in found] == [(f"postgresql:bill/{month:%Y-%m}", "accepted") for month in MONTHS]
    assert [row[2] for row in found] == [row[2] for row in sorted(houses[0].read(query))]
    assert [row[3].date() for row in found] == list(MONTHS)
    # What the sensor compares with the landing folder are files only.
    files = published_files(houses[1].settings.published_folder, MONTHS[0])
    assert len(files) == 7
    assert not [name for name in files if name.startswith("postgresql:")]


def test_numbers_stay_numbers_in_the_raw_layer(houses: tuple[House, House]) -> None:
    types = dict(houses[1].read("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'bill'"))
    assert (types["total_cny"], types["bill_no"]) == ("DECIMAL(18,2)", "VARCHAR")
    described = houses[1].read("DESCRIBE vault.raw.bill")
    assert {row[0]: row[1] for row in described}["total_cny"] == "DOUBLE"


def test_a_run_without_the_database_leaves_the_month_and_no_secret(
    houses: tuple[House, House], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = "SELECT count(*), min(total_cny) FROM warehouse.cleaned.bill"
    tables = ("quality.file_manifest", "raw.bill", "cleaned.bill")
    lines = []
    with fast_folder() as folder:
        house = houses[1].copy(folder)
        (folder / "history").mkdir()
        with dg.DagsterInstance.local_temp(str(folder / "history")) as instance:
            for password in (PASSWORD, "wrong-word"):
                monkeypatch.setenv(VARIABLE, server.url(password=password))
                result = house.run_tables(MONTHS[:1], tables, instance)
                failures = [event.step_failure_data for event in result.all_events if event.is_step_failure]
                lines += [str(failure.error) for failure in failures]
        assert house.read(counted) == houses[1].read(counted)
        stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert any("postgresql:bill/2024-01: no_connection" in line and VARIABLE in line for line in lines), lines
    for secret in (PASSWORD, "wrong-word", f"127.0.0.1:{server.port}"):
        assert secret not in "".join(lines)
        assert secret.encode() not in stored


def govbiz(house: House, url: str, *arguments: str, months: str = "2024-01") -> Result:
    environment = {VARIABLE: url, "GOVBIZ_DATA_DIR": str(house.folder), "DAGSTER_HOME": ""}
    options = ["--profile", house.profile, "--landing", str(house.landing), "--months", months]
    return CliRunner().invoke(app, [*arguments, *options], env=environment)


def test_a_check_shows_a_sample_and_a_lost_database_in_one_line(
    houses: tuple[House, House], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOVBIZ_PROFILE", "GOVBIZ_LANDING"):
        monkeypatch.setenv(name, "")  # what the command exports is taken back
    shown = govbiz(houses[1], server.url(), "sources", "check")
    assert shown.exit_code == 0, shown.output
    for words in ("postgresql:bill/2024-01", "sample of", "应收合计", "not mapped: '装载年月'"):
        assert words in shown.output
    lost = govbiz(houses[1], server.url(password="wrong-word"), "sources", "check")  # noqa: S106 - a wrong one
    assert lost.exit_code == 1
    (line,) = [line for line in lost.output.splitlines() if line.startswith("error bill")]
    assert VARIABLE in lost.output
    assert "postgresql:bill/2024-01" in line
    for text in (shown.output, lost.output):
        assert not [secret for secret in (PASSWORD, "wrong-word", "postgresql://", "127.0.0.1") if secret in text]


def test_a_profile_without_files_is_run_for_named_months(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOVBIZ_PROFILE", "GOVBIZ_LANDING"):
        monkeypatch.setenv(name, "")
    wanted: list[date] = []

    def note_months(_: object, __: object, months: list[date]) -> None:
        wanted.extend(months)
        raise SourceError("noted")

    monkeypatch.setattr(run, "_run_with_progress", note_months)
    at = {"url_env": VARIABLE, "table": "province.bill", "month_column": "装载年月", "month_style": "yyyymm"}
    names = dict.fromkeys(("description", "origin", "obtain"), "A test.")
    profile = {"name": "bills", "months": {"first": "2024-01"}, "channels": {"bill": {"database": at}}} | names
    path = folder / "bills.yaml"
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")
    house = House(folder / "bills", folder / "no-landing", str(path))
    unnamed = CliRunner().invoke(app, ["run", "--profile", str(path)], env={"GOVBIZ_DATA_DIR": str(house.folder)})
    assert "name months with --months" in " ".join(unnamed.output.split())
    assert "noted" in govbiz(house, "", "run", months="2024-02").output
    assert wanted == [MONTHS[1]]
