"""From a refused record to a kept one: listed, shown, handed out, mended, and the month run again."""

from __future__ import annotations

import csv
import json
import stat
from datetime import date
from pathlib import Path

import fastexcel
import pytest
import yaml

from govbiz_assets.cli.app import console
from govbiz_assets.pipeline import RunReport
from govbiz_assets_tests.cli.conftest import Govbiz
from govbiz_assets_tests.pipeline.broken_deliveries import ENCODINGS, deliver, name_of, profile_of, text_of
from govbiz_assets_tests.scenario import House

MONTH = date(2024, 4, 1)
USAGE_TABLES = ("quality.file_manifest", "raw.usage", "cleaned.usage_daily", "quality.row_account")
BILL_TABLES = ("quality.file_manifest", "raw.bill", "cleaned.bill", "quality.row_account")
PLACES = "SELECT received_count, kept_count, quarantined_count FROM warehouse.quality.row_account"
USAGE_FILE, BILL_FILE = name_of("usage", MONTH), name_of("bill", MONTH)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are not folded, whatever the terminal that the tests run in."""
    monkeypatch.setattr(console, "_width", 240)


@pytest.fixture
def house(made: tuple[House, RunReport], tmp_path: Path) -> House:
    return sound_house(made[0], tmp_path)


def sound_house(made: House, folder: Path) -> House:
    """The province with every reading and bill of the month sound and there once."""
    house = made.copy(folder, with_landing=True)
    for channel, file in (("usage", USAGE_FILE), ("bill", BILL_FILE)):
        dirty = made.read(
            f"SELECT row_no FROM vault.quality.quarantine WHERE source_file = '{file}' "
            f"UNION SELECT row_no FROM warehouse.quality.set_aside WHERE source_file = '{file}'"
        )
        lines = text_of(house.landing / file, channel).split("\n")
        kept = [line for number, line in enumerate(lines) if (number,) not in dirty]
        deliver(house.landing / file, "\n".join(kept).encode(ENCODINGS[channel]))
    return house


def account_of(house: House, file: str) -> tuple[int, int, int]:
    """Received, kept and quarantined records of a file, of which nothing is set aside."""
    ((received, kept, quarantined),) = house.read(f"{PLACES} WHERE source_file = '{file}'")
    assert received == kept + quarantined
    return received, kept, quarantined


def record_count(house: House, file: str, channel: str) -> int:
    return len(text_of(house.landing / file, channel).splitlines()) - 1


def spoil(house: House, channel: str, column: int, values: list[str], delimiter: str = ",") -> list[str]:
    """Puts other values into a column of the last records of a file; returns what stood there."""
    path = house.landing / name_of(channel, MONTH)
    *lines, end = text_of(path, channel).split("\n")
    before = []
    for at, value in zip(range(-len(values), 0), values, strict=True):
        cells = lines[at].split(delimiter)
        before.append(cells[column])
        cells[column] = value
        lines[at] = delimiter.join(cells)
    deliver(path, "\n".join([*lines, end]).encode(ENCODINGS[channel]))
    return before


def test_a_row_is_listed_shown_exported_mended_in_its_file_and_kept(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    govbiz = Govbiz(house.folder, monkeypatch)
    received = record_count(house, USAGE_FILE, "usage")
    sound = spoil(house, "usage", 2, ["abc", ""])
    assert house.run_tables([MONTH], USAGE_TABLES).success
    assert account_of(house, USAGE_FILE) == (received, received - 2, 2)

    groups = json.loads(govbiz("quarantine", "list", "--json", "--month", "2024-04", "--channel", "usage").stdout)
    facts = [(g["channel"], g["source_file"], g["rule"], g["field"], g["quarantined_count"]) for g in groups]
    assert facts == [
        ("usage", USAGE_FILE, "missing_value", "kwh", 1),
        ("usage", USAGE_FILE, "unparsable", "kwh", 1),
    ]
    assert groups[0]["quarantined_ratio"] == 1 / received
    assert groups[0]["reason"].startswith("kwh is required and blank; ")

    shown = govbiz("quarantine", "show", "2024-04", "--channel", "usage", "--rule", "unparsable")
    assert "abc" in shown.stdout
    assert str(received - 1) in shown.stdout
    assert "customers' data" in shown.stderr

    out = tmp_path / "refused.csv"
    exported = govbiz("quarantine", "export", "--month", "2024-04", "--channel", "usage", "--out", str(out))
    assert "govbiz run --months 2024-04" in exported.stdout
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    header = (house.landing / USAGE_FILE).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
    assert list(rows[0]) == ["source_file", "row_no", "rule", "field", "reason", *header]
    assert [(row["row_no"], row["总电量"]) for row in rows] == [(str(received - 1), "abc"), (str(received), "")]

    spoil(house, "usage", 2, sound)
    assert groups[0]["run_again"] == "govbiz run --months 2024-04"
    assert house.run_tables([MONTH], USAGE_TABLES).success  # as that command does, without the layers behind
    assert account_of(house, USAGE_FILE) == (received, received, 0)
    left = govbiz("quarantine", "list", "--month", "2024-04", "--channel", "usage")
    assert left.stdout == "No refused records (2024-04, usage).\n"


def test_a_row_is_kept_once_the_profile_says_what_its_value_means(house: House, tmp_path: Path) -> None:
    """A blank that is spelled -- and a code that is new: nothing in the file changes."""
    received = record_count(house, BILL_FILE, "bill")
    spoil(house, "bill", 5, ["--"], ";")
    assert house.run_tables([MONTH], BILL_TABLES).success
    assert account_of(house, BILL_FILE) == (received, received - 1, 1)

    profile = Path(profile_of(tmp_path / "profile", {}))
    document = yaml.safe_load(profile.read_text(encoding="utf-8"))
    document["channels"]["bill"]["nulls"] = ["--"]
    profile.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    mended = House(house.folder, house.landing, str(profile))
    assert mended.run_tables([MONTH], BILL_TABLES).success
    assert account_of(mended, BILL_FILE) == (received, received, 0)
    assert mended.read("SELECT count(*) FROM vault.quality.quarantine WHERE channel = 'bill'") == [(0,)]


@pytest.fixture(scope="module")
def spoiled(made: tuple[House, RunReport], tmp_path_factory: pytest.TempPathFactory) -> House:
    """A province with refused records in two channels, among them one that would be a formula."""
    house = sound_house(made[0], tmp_path_factory.mktemp("spoiled"))
    spoil(house, "usage", 2, ["=1+1", "-1.5", "@SUM(A1)"])
    spoil(house, "bill", 11, ["+1+1"], ";")
    assert house.run_tables([MONTH], {*USAGE_TABLES, *BILL_TABLES}).success
    return house


def test_the_list_counts_and_says_what_to_do(spoiled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Govbiz(spoiled.folder, monkeypatch)("quarantine", "list", "--month", "2024-04").stdout
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in listed.splitlines() if "2024-04 │" in line]
    ours = [row[:6] for row in cells if row[1] in ("bill", "usage")]
    assert ours == [
        ["2024-04", "bill", BILL_FILE, "unparsable", "total_cny", "1"],
        ["2024-04", "usage", USAGE_FILE, "out_of_range", "kwh", "1"],
        ["2024-04", "usage", USAGE_FILE, "unparsable", "kwh", "2"],
    ]
    assert f"{sum(int(row[5]) for row in cells)} refused records" in listed
    assert "govbiz run --months 2024-04" in listed


def test_an_excel_export_has_a_sheet_per_channel_and_no_formula(
    spoiled: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "refused.xlsx"
    assert (
        Govbiz(spoiled.folder, monkeypatch)("quarantine", "export", "--month", "2024-04", "--out", str(out)).exit_code
        == 0
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    book = fastexcel.read_excel(out)
    assert {"bill", "usage"} <= set(book.sheet_names)
    readings = book.load_sheet("usage", dtypes="string").to_polars()
    assert readings["总电量"].to_list() == ["=1+1", "-1.5", "@SUM(A1)"]  # a formula would have no text before it is run
    assert readings["rule"].to_list() == ["unparsable", "out_of_range", "unparsable"]


def test_a_csv_export_disarms_formulas_and_keeps_numbers(
    spoiled: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "refused.csv"
    govbiz = Govbiz(spoiled.folder, monkeypatch)
    assert "have different columns; add --channel" in govbiz.error("quarantine", "export", "--out", str(out))
    assert not out.exists()
    assert govbiz("quarantine", "export", "--file", USAGE_FILE, "--out", str(out)).exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["总电量"] for row in csv.DictReader(file)] == ["'=1+1", "-1.5", "'@SUM(A1)"]
    assert "is there already" in govbiz.error("quarantine", "export", "--channel", "usage", "--out", str(out))


def test_show_names_file_row_field_value_reason_and_remedy_and_its_limit(
    spoiled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    govbiz = Govbiz(spoiled.folder, monkeypatch)
    name = Path(USAGE_FILE).name
    shown = govbiz("quarantine", "show", "2024-04", "--file", name, "--limit", "1")
    (line,) = [line for line in shown.stdout.splitlines() if "=1+1" in line]
    cells = [cell.strip() for cell in line.split("│")[1:-1]]
    received = account_of(spoiled, USAGE_FILE)[0]
    assert cells == [
        *(USAGE_FILE, str(received - 2), "kwh", "=1+1", "kwh cannot be read"),
        "mend the value, or map its style in the profile",
    ]
    assert "1 of 3 records" in shown.stdout
    assert len(shown.stderr.splitlines()) == 1
    none = govbiz("quarantine", "show", "2024-03", "--rule", "nothing")
    assert (none.stdout, none.stderr) == ("No refused records (2024-03, nothing).\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--channel", "usages"], "'usages' is no channel; the channels are customer, account, usage"),
        (["list", "--month", "2024-13"], "'2024-13' is no month; write it as 2024-03"),
        (["show", "March"], "'March' is no month"),
        (["export", "--out", "refused.txt"], "refused.txt: the file's name must end with .xlsx or .csv"),
        (["export", "--out", "/nowhere/refused.csv"], "/nowhere: no such folder; make it first"),
        (["export", "--rule", "nothing", "--out", "none.csv"], "no refused record fits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_errors_of_the_quarantine_are_one_line(
    spoiled: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in Govbiz(spoiled.folder, monkeypatch).error("quarantine", *arguments)
    assert not list(tmp_path.iterdir())


def test_a_folder_where_nothing_was_made_stays_empty(govbiz: Govbiz) -> None:
    assert "nothing was made yet; run: govbiz run" in govbiz.error("quarantine", "list")
    assert not govbiz.data.exists()
