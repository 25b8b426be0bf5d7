"""Every kind of broken delivery ends with a name, through the whole chain: files, assets, checks, stored tables.

A file that cannot be used ends as one line with file, rule and remedy, and the month stays as it was. A record that
cannot be kept ends in quarantine with its file, row and rule. An oddity that does no harm changes no cleaned table.
Many kinds share a run, for channels and months fail independently; each kind is then looked at by itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govbiz_assets.pipeline import RunReport
from govbiz_assets.sources.errors import SourceError
from govbiz_assets_tests.pipeline.broken_deliveries import (
    BROKEN_MONTH,
    DECLARED,
    FILE_KINDS,
    TABLES,
    BrokenFile,
    deliver,
    let_files_grow,
    name_of,
    profile_of,
)
from govbiz_assets_tests.pipeline.broken_outcome import CLEANED, Outcome, Values, cleaned_values, outcome_of
from govbiz_assets_tests.pipeline.broken_records import (
    ACCOUNT_COPY,
    COPIED,
    COPY_MONTH,
    KEPT_LINE,
    ODD_KINDS,
    ODD_MONTH,
    RECORD_KINDS,
    RECORD_MONTH,
    SQL_HEADER,
    SQL_VALUE,
    WILD_NAME,
    BrokenRecord,
    OddFile,
    add_broken_records,
    records_before,
)
from govbiz_assets_tests.scenario import Digest, House, connect


@pytest.fixture(scope="module")
def before(made: tuple[House, RunReport]) -> Digest:
    return made[0].digest()


@pytest.fixture(scope="module")
def refusing(
    made: tuple[House, RunReport], before: Digest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Outcome]:
    """Runs a batch of broken files over the good province, once."""
    clean, known = made[0], dict[str, Outcome]()

    def run(batch: str) -> Outcome:
        if batch in known:
            return known[batch]
        folder = tmp_path_factory.mktemp(batch)
        house = clean.copy(folder, with_landing=True)
        if batch == "declared":
            house = House(house.folder, house.landing, profile_of(folder, DECLARED))
        for broken in FILE_KINDS[batch]:
            broken.spoil(house.landing / name_of(broken.channel, BROKEN_MONTH))
        with pytest.MonkeyPatch.context() as patch:
            if batch == "second":
                let_files_grow(patch, house.landing)
            result = house.run_tables([BROKEN_MONTH], TABLES)
        known[batch] = outcome_of(house, clean, before, result)
        return known[batch]

    return run


@pytest.mark.parametrize(
    ("batch", "broken"),
    [pytest.param(batch, broken, id=broken.kind) for batch, kinds in FILE_KINDS.items() for broken in kinds],
)
def test_a_broken_file_is_one_line_with_file_rule_and_remedy_and_the_month_stays(
    batch: str, broken: BrokenFile, refusing: Callable[[str], Outcome]
) -> None:
    outcome = refusing(batch)
    kind, line = outcome.errors[f"raw.{broken.channel}"]
    stem = name_of(broken.channel, BROKEN_MONTH).rpartition(".")[0]
    where, _, what = line.partition(": ")
    assert kind == "SourceError"
    assert where.startswith(stem) or where == str(outcome.house.landing)
    assert what.startswith(broken.line)
    assert line.endswith(broken.remedy)
    if broken.rule:
        row = outcome.manifest[where]
        assert (row["file_status"], row["rule"]) == ("refused", broken.rule)
        assert broken.remedy in row["reason"]
    assert not {f"vault.raw.{broken.channel}", f"warehouse.cleaned.{CLEANED[broken.channel]}"} & set(outcome.changed)


@pytest.mark.parametrize("batch", FILE_KINDS)
def test_broken_files_fail_their_own_channel_and_leave_every_month_as_it_was(
    batch: str, refusing: Callable[[str], Outcome]
) -> None:
    outcome = refusing(batch)
    month = f"{BROKEN_MONTH:%Y-%m}"
    assert set(outcome.errors) == {f"raw.{broken.channel}" for broken in FILE_KINDS[batch]}
    assert outcome.failed == {"quality.file_manifest refused_files"}
    assert outcome.changed == {
        "warehouse.quality.file_manifest": {month},
        "warehouse.quality.check_result": {month},
        "warehouse.quality.rule_count_monthly": {month},
    }


FILE_DEFECTS = {
    "undecodable": "undecodable_file",
    **dict.fromkeys(("missing_column", "ambiguous_header", "duplicate_header", "broken_header"), "unusable_header"),
}


@pytest.mark.parametrize("batch", FILE_KINDS)
def test_refused_files_are_counted_beside_all_other_defects(batch: str, refusing: Callable[[str], Outcome]) -> None:
    """The channel stops before the step that makes the counter, so the step of the manifest counts the files."""
    outcome = refusing(batch)
    refused = [broken for broken in FILE_KINDS[batch] if broken.rule]
    expected = {(broken.channel, FILE_DEFECTS.get(broken.rule or "", "broken_file")) for broken in refused}
    files = "defect IN ('undecodable_file', 'unusable_header', 'broken_file', 'duplicate_file', 'decoded_file')"
    counter = f"FROM warehouse.quality.rule_count_monthly WHERE month = DATE '{BROKEN_MONTH}' AND"
    rows = outcome.house.read(
        f"SELECT channel, defect, found_count {counter} {files} AND found_count > 0 AND defect <> 'decoded_file'"
    )
    assert sorted(rows) == sorted((*place, 1) for place in expected)
    others = f"SELECT * {counter} NOT {files} ORDER BY ALL"
    assert outcome.house.read(others) == outcome.clean.read(others)


def test_a_file_named_for_another_month_is_named_in_the_manifest(refusing: Callable[[str], Outcome]) -> None:
    row = refusing("second").manifest["2024-02/天气_202403.csv"]
    assert (row["channel"], row["file_status"], row["rule"]) == ("none", "ignored", "no_channel")
    assert "rename or remove it" in row["reason"]


@pytest.fixture(scope="module")
def odd(made: tuple[House, RunReport], before: Digest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run over a month of odd files, a month of broken records, and a month of copied and misnamed files."""
    folder, clean = tmp_path_factory.mktemp("odd"), made[0]
    house = clean.copy(folder, with_landing=True)
    house = House(house.folder, house.landing, profile_of(folder, COPIED))
    for kind in ODD_KINDS:
        kind.change(house.landing / name_of(kind.channel, kind.month))
    add_broken_records(house.landing)
    result = house.run_tables([ODD_MONTH, COPY_MONTH], TABLES)
    return outcome_of(house, clean, before, result)


def test_odd_files_and_broken_records_fail_no_step_and_change_no_other_table(odd: Outcome) -> None:
    february, march, april = "2024-02", "2024-03", "2024-04"
    assert odd.errors == {}
    assert odd.failed == {"quality.file_manifest refused_files", "quality.row_account quarantined_ratio"}
    every = {february, march, april}
    assert odd.changed == {
        **dict.fromkeys(("vault.raw.customer", "vault.raw.account", "vault.raw.usage", "vault.raw.bill"), every),
        "vault.raw.weather": every,
        "vault.raw.payment": {february, march},
        "vault.raw.subscription": {february, march},
        "vault.raw.ticket": {february, march},
        "vault.quality.quarantine": {march},
        "warehouse.quality.set_aside": {march, april},
        "warehouse.quality.row_account": {march, april},
        "warehouse.quality.file_manifest": every,
        "warehouse.quality.check_result": {march, april},
        # How many files were decoded, or came twice.
        "warehouse.quality.rule_count_monthly": {february, april},
        # Only which row and which file they came from.
        "warehouse.cleaned.payment": {march},
        "warehouse.cleaned.weather_daily": {april},
    }


@pytest.fixture(scope="module")
def kept(odd: Outcome) -> tuple[Values, Values]:
    """What the cleaned tables say of the three months after the run, and in the clean province."""
    months = [ODD_MONTH, RECORD_MONTH, COPY_MONTH]
    return cleaned_values(odd.house, months), cleaned_values(odd.clean, months)


@pytest.fixture(scope="module")
def quarantine(odd: Outcome) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Channel, rule, field, reason and record of what stands in quarantine, by file and row."""
    columns = "source_file, row_no, channel, rule, field, reason, record_json"
    with connect(odd.house.folder) as connection:
        rows = connection.execute(f"SELECT {columns} FROM vault.quality.quarantine").fetchall()
    assert len({row[:2] for row in rows}) == len(rows)
    return {row[:2]: row[2:] for row in rows}


@pytest.mark.parametrize("channel", CLEANED)
def test_broken_records_leave_the_other_records_of_their_month_as_they_were(
    channel: str, kept: tuple[Values, Values]
) -> None:
    after, clean = kept
    assert after[channel, RECORD_MONTH] == clean[channel, RECORD_MONTH]
    assert after[channel, RECORD_MONTH]


@pytest.mark.parametrize("kind", ODD_KINDS, ids=lambda kind: kind.kind)
def test_an_oddity_is_noted_and_the_cleaned_table_stays(
    kind: OddFile, odd: Outcome, kept: tuple[Values, Values]
) -> None:
    row = odd.manifest[kind.source_file]
    assert {name: row[name] for name in kind.noted} == kind.noted
    after, clean = kept
    assert after[kind.channel, kind.month] == clean[kind.channel, kind.month]
    assert after[kind.channel, kind.month]


def test_the_second_of_two_equal_files_is_named_with_the_first_and_a_remedy(odd: Outcome) -> None:
    for first, second in (
        ("2024-04/收费记录_202404.csv", "2024-04/重发/收费记录_202404.csv"),
        ("2024-04/增值服务_202404.csv", "2024-04/增值服务_202404_2.csv"),
    ):
        reason = odd.manifest[second]["reason"]
        assert reason == f"has the same content as {first}, which is kept; remove one of the two"
        assert odd.manifest[first]["file_status"] == "accepted"


@pytest.mark.parametrize("record", RECORD_KINDS, ids=lambda record: record.kind)
def test_a_broken_record_is_in_quarantine_with_file_row_rule_and_remedy(
    record: BrokenRecord, odd: Outcome, quarantine: dict[tuple[str, int], tuple[Any, ...]]
) -> None:
    own = [other for other in RECORD_KINDS if other.channel == record.channel]
    row_no = records_before(odd.clean.landing, record.channel, RECORD_MONTH) + own.index(record) + 1
    channel, rule, field, reason, stored = quarantine[name_of(record.channel, RECORD_MONTH), row_no]
    assert (channel, rule, field) == (record.channel, record.rule, record.field)
    said, _, remedy = reason.partition("; ")
    assert said.startswith(f"{record.field} " if record.field else f"the record could not be read ({record.rule})")
    assert remedy.startswith(("mend ", "complete ", "deliver "))
    values = json.loads(stored)
    if record.field:
        assert set(record.cells) <= {value or "" for value in values.values()}
    else:
        assert json.loads(values["extra_json"]) == {"line": record.text[:KEPT_LINE]}


def test_records_that_are_written_in_another_way_are_kept(odd: Outcome) -> None:
    """Full-width digits, two further styles of dates in one column, blanks and a unit."""
    raw = odd.house.read("SELECT usage_date, kwh FROM vault.raw.usage WHERE month = '2024-03-01' AND row_no <= 4")
    assert any("．" in kwh for _, kwh in raw)
    assert {day for day, _ in raw} >= {"2024/3/2", "20240303"}
    assert any(kwh.endswith("kWh ") for _, kwh in raw)
    same = "SELECT * FROM warehouse.cleaned.usage_daily WHERE month = '2024-03-01' AND row_no <= 4 ORDER BY row_no"
    assert len(odd.house.read(same)) == 4
    assert odd.house.read(same) == odd.clean.read(same)


def test_sql_in_a_value_or_a_header_is_stored_as_text(odd: Outcome) -> None:
    name = "SELECT customer_name FROM vault.raw.customer WHERE month = '2024-03-01' AND row_no = 1"
    assert odd.house.read(name) == [(SQL_VALUE,)]
    extra = "SELECT DISTINCT json_keys(extra_json) FROM vault.raw.weather WHERE month = '2024-02-01'"
    assert odd.house.read(extra) == [([SQL_HEADER],)]


def test_repeated_records_are_set_aside_and_point_at_the_kept_one(odd: Outcome) -> None:
    columns = "row_no, disposition, kept_source_file, kept_row_no"
    payments, accounts = name_of("payment", RECORD_MONTH), name_of("account", COPY_MONTH)
    count = records_before(odd.clean.landing, "account", COPY_MONTH)
    expected = {
        payments: [(1, "superseded", payments, 3), (2, "duplicate", payments, 4)],
        ACCOUNT_COPY: [(row, "duplicate", accounts, row) for row in range(1, count + 1)],
    }
    for file, rows in expected.items():
        query = f"SELECT {columns} FROM warehouse.quality.set_aside WHERE source_file = '{file}' ORDER BY row_no"
        assert odd.house.read(query) == rows


def test_the_row_accounts_balance_to_the_record(odd: Outcome) -> None:
    accounts = (
        "SELECT source_file, received_count, kept_count, duplicate_count, superseded_count, quarantined_count "
        "FROM warehouse.quality.row_account WHERE month >= '2024-02-01'"
    )
    expected = {row[0]: list(row[1:]) for row in odd.clean.read(accounts)}
    further = Counter(record.channel for record in RECORD_KINDS)
    for channel, count in further.items():
        received, *places, quarantined = expected[name_of(channel, RECORD_MONTH)]
        expected[name_of(channel, RECORD_MONTH)] = [received + count, *places, quarantined + count]
    received, kept, duplicate, superseded, quarantined = expected[name_of("payment", RECORD_MONTH)]
    expected[name_of("payment", RECORD_MONTH)] = [received + 2, kept, duplicate + 1, superseded + 1, quarantined]
    copied = records_before(odd.clean.landing, "account", COPY_MONTH)
    expected[ACCOUNT_COPY] = [copied, 0, copied, 0, 0]
    expected[f"2024-04/{WILD_NAME}"] = expected.pop(name_of("weather", COPY_MONTH))
    found = {row[0]: list(row[1:]) for row in odd.house.read(accounts)}
    assert found == expected
    assert all(received == sum(places) for received, *places in found.values())


def test_an_unknown_code_and_a_header_without_records_fail_a_check_that_names_the_month(
    made: tuple[House, RunReport], before: Digest, tmp_path: Path
) -> None:
    """The fourth month has enough history to be compared with."""
    house = made[0].copy(tmp_path, with_landing=True)
    usage, products = (house.landing / name_of(channel, COPY_MONTH) for channel in ("usage", "subscription"))
    deliver(usage, usage.read_bytes().partition(b"\n")[0] + b"\n")
    deliver(products, products.read_bytes() + b"7000000001,P99,2024-03-01,,1.00\n")
    result = house.run_tables(
        [COPY_MONTH], ["quality.file_manifest", *(name for name in TABLES if "usage" in name or "subscription" in name)]
    )
    outcome = outcome_of(house, made[0], before, result)
    assert outcome.failed == {
        "cleaned.subscription_monthly orphan_product_code_ratio",
        "cleaned.usage_daily volume_ratio",
        "cleaned.usage_monthly volume_ratio",
    }
    row = outcome.manifest[name_of("usage", COPY_MONTH)]
    assert (row["file_status"], row["rule"], row["record_count"]) == ("accepted", "header_only", 0)
    assert "ask the source whether the month is truly empty" in row["reason"]
    failing = house.read("SELECT DISTINCT month FROM warehouse.quality.check_result WHERE NOT passed")
    assert failing == [(COPY_MONTH,)]
    assert set().union(*outcome.changed.values()) == {"2024-04"}


@pytest.mark.parametrize(
    "path", ["../{month}/天气.csv", "{month}/../../天气.csv", "/{month}/天气.csv", "~/{month}.csv"]
)
def test_a_profile_that_leaves_the_landing_folder_is_refused_before_anything_is_made(
    path: str, landing: Path, tmp_path: Path
) -> None:
    house = House(tmp_path / "data", landing, profile_of(tmp_path, {"weather": {"path": path}}))
    with pytest.raises(SourceError, match=r"sample\.yaml: channels\.weather\.path: .*landing folder") as caught:
        house.run_tables([ODD_MONTH], ["raw.weather"])
    assert "\n" not in str(caught.value)
    assert not house.folder.exists()
